// SPDX-License-Identifier: GPL-2.0
/*
 * The control plane: generic netlink family "zsock".
 * Documentation/netlink/zsock.yaml specifies it.
 */
#include <linux/can.h>
#include <linux/if_packet.h>
#include <linux/inet.h>
#include <net/genetlink.h>

#include "agent/request.h"
#include "names/resolve_netlink.h"
#include "netlink.h"
#include "offload/remote_netlink.h"
#include "offload/vsock.h"
#include "tls/handshake_netlink.h"
#include "zsock_int.h"

static void *zsock_nl_put_header(struct sk_buff *skb,
				 struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &zsock_genl, NLM_F_MULTI, cmd);
}

/* End the message at @hdr, or take it back for the next buffer. */
static int zsock_nl_finish(struct sk_buff *skb, void *hdr, int err)
{
	if (err) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static const char *zsock_nl_module(const struct module *owner)
{
	return owner ? owner->name : "kernel";
}

/* ---- ZSOCK_CMD_INFO_GET ---- */

static int zsock_nl_put_info(struct sk_buff *skb, struct net *net)
{
	return nla_put_string(skb, ZSOCK_A_INFO_VERSION, THIS_MODULE->version) ?:
	       nla_put_u32(skb, ZSOCK_A_INFO_FAMILY, zsock_family()) ?:
	       nla_put_u32(skb, ZSOCK_A_INFO_ACCESS,
			   READ_ONCE(zsock_net(net)->access));
}

static int zsock_nl_info_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &zsock_genl, 0, ZSOCK_CMD_INFO_GET);
	err = hdr ? zsock_nl_put_info(msg, genl_info_net(info)) : -EMSGSIZE;
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* ---- dumps of registered things: cb->args[0] is how many were sent ---- */

struct zsock_nl_walk {
	struct sk_buff		*skb;
	struct netlink_callback	*cb;
	long			at;
};

/* Whether the entry that a walk has come to was sent before. */
static bool zsock_nl_skip(struct zsock_nl_walk *walk)
{
	return walk->at++ < walk->cb->args[0];
}

static int zsock_nl_put_id(struct sk_buff *skb, const struct zsock_proto *proto,
			   const struct zsock_proto_id *id)
{
	const int *d;

	if (nla_put_u32(skb, ZSOCK_A_PROTO_ID_TYPE, id->type) ||
	    nla_put_u32(skb, ZSOCK_A_PROTO_ID_NUMBER, id->protocol))
		return -EMSGSIZE;
	if (id->last && nla_put_u32(skb, ZSOCK_A_PROTO_ID_LAST, id->last))
		return -EMSGSIZE;
	for (d = zsock_proto_domains(proto); *d; d++)
		if ((!id->domain || id->domain == *d) &&
		    nla_put_u32(skb, ZSOCK_A_PROTO_ID_DOMAIN, *d))
			return -EMSGSIZE;
	return 0;
}

static int zsock_nl_put_proto(struct sk_buff *skb,
			      const struct zsock_handler *handler)
{
	const struct zsock_proto *proto = handler->proto;
	struct nlattr *nest;
	unsigned int i;

	for (i = 0; i < proto->nids; i++) {
		nest = nla_nest_start(skb, ZSOCK_A_PROTO_ID);
		if (!nest || zsock_nl_put_id(skb, proto, &proto->ids[i]))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return nla_put_string(skb, ZSOCK_A_PROTO_NAME, proto->name) ?:
	       nla_put_string(skb, ZSOCK_A_PROTO_MODULE,
			      zsock_nl_module(proto->owner)) ?:
	       nla_put_u32(skb, ZSOCK_A_PROTO_SOCKETS,
			   zsock_pin_users(&handler->pin));
}

static int zsock_nl_proto(struct zsock_handler *handler, void *arg)
{
	struct zsock_nl_walk *walk = arg;
	void *hdr;
	int err;

	if (zsock_nl_skip(walk))
		return 0;
	hdr = zsock_nl_put_header(walk->skb, walk->cb, ZSOCK_CMD_PROTO_GET);
	if (!hdr)
		return -EMSGSIZE;
	err = zsock_nl_finish(walk->skb, hdr,
			      zsock_nl_put_proto(walk->skb, handler));
	if (!err)
		walk->cb->args[0]++;
	return err;
}

static int zsock_nl_proto_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct zsock_nl_walk walk = { .skb = skb, .cb = cb };

	zsock_handlers_walk(zsock_nl_proto, &walk);
	return skb->len;
}

static int zsock_nl_put_netdevs(struct sk_buff *skb, struct net *net,
				const struct zsock_carrier *carrier)
{
	unsigned int n;
	int ifindex;

	for (n = 0; (ifindex = zsock_netdev_ifindex(net, carrier, n)); n++)
		if (nla_put_u32(skb, ZSOCK_A_BACKEND_IFINDEX, ifindex))
			return -EMSGSIZE;
	return 0;
}

static int zsock_nl_put_backend(struct sk_buff *skb, struct net *net,
				const struct zsock_carrier *carrier)
{
	const struct zsock_backend *backend = carrier->backend;

	return nla_put_string(skb, ZSOCK_A_BACKEND_NAME, backend->name) ?:
	       nla_put_s32(skb, ZSOCK_A_BACKEND_PRIORITY, backend->priority) ?:
	       nla_put_u32(skb, ZSOCK_A_BACKEND_FAMILY, backend->family) ?:
	       nla_put_u32(skb, ZSOCK_A_BACKEND_FEATURES, backend->features) ?:
	       nla_put_string(skb, ZSOCK_A_BACKEND_MODULE,
			      zsock_nl_module(backend->owner)) ?:
	       nla_put_u32(skb, ZSOCK_A_BACKEND_SOCKETS,
			   zsock_pin_users(&carrier->pin)) ?:
	       zsock_nl_put_netdevs(skb, net, carrier) ?:
	       zsock_remote_nl_fill(skb, backend);
}

static int zsock_nl_backend(struct zsock_carrier *carrier, void *arg)
{
	struct zsock_nl_walk *walk = arg;
	struct net *net = sock_net(walk->skb->sk);
	void *hdr;
	int err;

	if (!zsock_backend_in(carrier->backend, net) || zsock_nl_skip(walk))
		return 0;
	hdr = zsock_nl_put_header(walk->skb, walk->cb, ZSOCK_CMD_BACKEND_GET);
	if (!hdr)
		return -EMSGSIZE;
	err = zsock_nl_finish(walk->skb, hdr,
			      zsock_nl_put_backend(walk->skb, net, carrier));
	if (!err)
		walk->cb->args[0]++;
	return err;
}

static int zsock_nl_backend_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	struct zsock_nl_walk walk = { .skb = skb, .cb = cb };

	zsock_carriers_walk(zsock_nl_backend, &walk);
	return skb->len;
}

/* ---- ZSOCK_CMD_SOCK_GET: cb->args are the bucket and the place in it ---- */

static int zsock_nl_put_address(struct sk_buff *skb, int attr,
				const struct sockaddr_storage *addr)
{
	switch (addr->ss_family) {
	case AF_INET:
		return nla_put(skb, attr, sizeof(struct sockaddr_in), addr);
	case AF_INET6:
		return nla_put(skb, attr, sizeof(struct sockaddr_in6), addr);
	case AF_PACKET:
		return nla_put(skb, attr, sizeof(struct sockaddr_ll), addr);
	case AF_CAN:
		return nla_put(skb, attr, sizeof(struct sockaddr_can), addr);
	default:
		return 0;
	}
}

static int zsock_nl_put_sock(struct sk_buff *skb, struct user_namespace *ns,
			     const struct zsock_sock *zs)
{
	struct zsock_view view;

	zsock_view_fill(zs, &view);
	return nla_put_u32(skb, ZSOCK_A_SOCK_INODE, view.inode) ?:
	       nla_put_u32(skb, ZSOCK_A_SOCK_UID,
			   from_kuid_munged(ns, view.uid)) ?:
	       nla_put(skb, ZSOCK_A_SOCK_INFO,
		       offsetof(struct zsock_info, alpn), &view.info) ?:
	       nla_put_u32(skb, ZSOCK_A_SOCK_STATE, view.state) ?:
	       nla_put_u32(skb, ZSOCK_A_SOCK_RXQ, view.rxq) ?:
	       nla_put_u32(skb, ZSOCK_A_SOCK_TXQ, view.txq) ?:
	       zsock_nl_put_address(skb, ZSOCK_A_SOCK_LOCAL, &view.local) ?:
	       zsock_nl_put_address(skb, ZSOCK_A_SOCK_REMOTE, &view.remote);
}

/* -EMSGSIZE when the buffer is full, cb->args[1] then says where to go on. */
static int zsock_nl_bucket(struct sk_buff *skb, struct netlink_callback *cb,
			   struct zsock_bucket *bucket)
{
	struct user_namespace *ns = sk_user_ns(NETLINK_CB(cb->skb).sk);
	const struct zsock_sock *zs;
	long at = 0;
	void *hdr;
	int err = 0;

	spin_lock(&bucket->lock);
	hlist_for_each_entry(zs, &bucket->head, node) {
		if (at++ < cb->args[1])
			continue;
		hdr = zsock_nl_put_header(skb, cb, ZSOCK_CMD_SOCK_GET);
		err = hdr ? zsock_nl_finish(skb, hdr,
					    zsock_nl_put_sock(skb, ns, zs)) :
			    -EMSGSIZE;
		if (err)
			break;
		cb->args[1]++;
	}
	spin_unlock(&bucket->lock);
	return err;
}

static int zsock_nl_sock_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct zsock_net *zn = zsock_net(sock_net(skb->sk));

	for (; cb->args[0] < ZSOCK_BUCKETS; cb->args[0]++, cb->args[1] = 0)
		if (zsock_nl_bucket(skb, cb, &zn->buckets[cb->args[0]]))
			break;
	return skb->len;
}

#define ZSOCK_NL_CRED(command, name) {					\
	.cmd		= ZSOCK_CMD_CRED_##command,			\
	.policy		= zsock_cred_policy,				\
	.maxattr	= ZSOCK_A_CRED_MAX,				\
	.doit		= zsock_cred_nl_##name,				\
}

/* For who may administer the namespace: an agent sees keys. */
#define ZSOCK_NL_HANDSHAKE(command, name) {				\
	.cmd		= ZSOCK_CMD_HANDSHAKE_##command,		\
	.flags		= GENL_UNS_ADMIN_PERM,				\
	.policy		= zsock_handshake_policy,			\
	.maxattr	= ZSOCK_A_HANDSHAKE_MAX,			\
	.doit		= zsock_handshake_nl_##name,			\
}

/* Likewise: an agent says where connections go. */
#define ZSOCK_NL_RESOLVE(command, name) {				\
	.cmd		= ZSOCK_CMD_RESOLVE_##command,			\
	.flags		= GENL_UNS_ADMIN_PERM,				\
	.policy		= zsock_resolve_policy,				\
	.maxattr	= ZSOCK_A_RESOLVE_MAX,				\
	.doit		= zsock_resolve_nl_##name,			\
}

/* For who may administer the namespace: a backend is where its data go. */
#define ZSOCK_NL_BACKEND(command, name) {				\
	.cmd		= ZSOCK_CMD_BACKEND_##command,			\
	.flags		= GENL_UNS_ADMIN_PERM,				\
	.policy		= zsock_remote_policy,				\
	.maxattr	= ZSOCK_A_BACKEND_MAX,				\
	.doit		= zsock_remote_nl_##name,			\
}

/* For who may administer the namespace: it opens a way out of it. */
#define ZSOCK_NL_VSOCK(command, name) {					\
	.cmd		= ZSOCK_CMD_VSOCK_##command,			\
	.flags		= GENL_UNS_ADMIN_PERM,				\
	.policy		= zsock_vsock_policy,				\
	.maxattr	= ZSOCK_A_VSOCK_MAX,				\
	.doit		= zsock_vsock_nl_##name,			\
}

/* A change of what goes where is for who may administer the namespace. */
#define ZSOCK_NL_POLICY(command, name) {				\
	.cmd		= ZSOCK_CMD_POLICY_##command,			\
	.flags		= GENL_UNS_ADMIN_PERM,				\
	.policy		= zsock_policy_attrs,				\
	.maxattr	= ZSOCK_A_POLICY_MAX,				\
	.doit		= zsock_policy_nl_##name,			\
}

static const struct genl_ops zsock_nl_ops[] = {
	{
		.cmd	= ZSOCK_CMD_INFO_GET,
		.doit	= zsock_nl_info_doit,
	},
	{
		.cmd	= ZSOCK_CMD_PROTO_GET,
		.dumpit	= zsock_nl_proto_dumpit,
	},
	{
		.cmd	= ZSOCK_CMD_BACKEND_GET,
		.dumpit	= zsock_nl_backend_dumpit,
	},
	{
		.cmd	= ZSOCK_CMD_SOCK_GET,
		.dumpit	= zsock_nl_sock_dumpit,
	},
	ZSOCK_NL_CRED(ADD, add),
	ZSOCK_NL_CRED(DEL, del),
	ZSOCK_NL_CRED(ALLOW, allow),
	ZSOCK_NL_CRED(DENY, deny),
	ZSOCK_NL_HANDSHAKE(ACCEPT, accept),
	ZSOCK_NL_HANDSHAKE(DONE, done),
	ZSOCK_NL_RESOLVE(ACCEPT, accept),
	ZSOCK_NL_RESOLVE(DONE, done),
	ZSOCK_NL_BACKEND(ADD, add),
	ZSOCK_NL_BACKEND(PIPE, pipe),
	ZSOCK_NL_BACKEND(DEL, del),
	ZSOCK_NL_VSOCK(ADD, add),
	ZSOCK_NL_VSOCK(DEL, del),
	{
		.cmd	= ZSOCK_CMD_VSOCK_GET,
		.dumpit	= zsock_vsock_nl_dump,
	},
	{
		.cmd		= ZSOCK_CMD_CRED_GET,
		.policy		= zsock_cred_policy,
		.maxattr	= ZSOCK_A_CRED_MAX,
		.doit		= zsock_cred_nl_get,
		.start		= zsock_cred_nl_start,
		.dumpit		= zsock_cred_nl_dump,
	},
	ZSOCK_NL_POLICY(ADD, add),
	ZSOCK_NL_POLICY(DEL, del),
	{
		.cmd		= ZSOCK_CMD_POLICY_GET,
		.dumpit		= zsock_policy_nl_dump,
	},
};

static const struct genl_multicast_group zsock_nl_groups[] = {
	[ZSOCK_NL_GROUP_HANDSHAKE] = {
		.name	= ZSOCK_GENL_HANDSHAKE,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
	[ZSOCK_NL_GROUP_BACKEND] = {
		.name	= ZSOCK_GENL_BACKEND,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
	[ZSOCK_NL_GROUP_RESOLVE] = {
		.name	= ZSOCK_GENL_RESOLVE,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

/* The other commands take no attribute. */
static const struct nla_policy zsock_nl_policy[] = {
	[0] = { .type = NLA_REJECT },
};

struct genl_family zsock_genl __ro_after_init = {
	.name		= ZSOCK_GENL_NAME,
	.version	= ZSOCK_GENL_VERSION,
	.maxattr	= ARRAY_SIZE(zsock_nl_policy) - 1,
	.policy		= zsock_nl_policy,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.mcgrps		= zsock_nl_groups,
	.n_mcgrps	= ARRAY_SIZE(zsock_nl_groups),
	.ops		= zsock_nl_ops,
	.n_ops		= ARRAY_SIZE(zsock_nl_ops),
	.resv_start_op	= ZSOCK_CMD_SOCK_GET + 1,
};

/* ---- an agent that dies ---- */

static int zsock_nl_event_release(struct notifier_block *nb,
				  unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct zsock_net *zn;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	zn = zsock_net(notify->net);
	zsock_requests_agent_gone(&zn->handshakes, notify->portid);
	zsock_requests_agent_gone(&zn->names, notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block zsock_nl_notifier = {
	.notifier_call	= zsock_nl_event_release,
};

int __init zsock_netlink_init(void)
{
	int err = genl_register_family(&zsock_genl);

	if (err)
		return err;
	err = netlink_register_notifier(&zsock_nl_notifier);
	if (err)
		genl_unregister_family(&zsock_genl);
	return err;
}

void zsock_netlink_exit(void)
{
	netlink_unregister_notifier(&zsock_nl_notifier);
	genl_unregister_family(&zsock_genl);
}
