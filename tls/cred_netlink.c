// SPDX-License-Identifier: GPL-2.0
/*
 * ZSOCK_CMD_CRED_*: adding, deleting, reading, listing and sharing credentials.
 */
#include <linux/fs.h>
#include <linux/key.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "cred.h"
#include "../zsock_int.h"

/* Lengths are judged by type, with errors of our own. */
const struct nla_policy zsock_cred_policy[ZSOCK_A_CRED_MAX + 1] = {
	[ZSOCK_A_CRED_TAG]	= { .type = NLA_S32 },
	[ZSOCK_A_CRED_TYPE]	= { .type = NLA_U32 },
	[ZSOCK_A_CRED_DATA]	= { .type = NLA_BINARY },
	[ZSOCK_A_CRED_REPLACE]	= { .type = NLA_FLAG },
	[ZSOCK_A_CRED_PUBLIC]	= { .type = NLA_BINARY },
	[ZSOCK_A_CRED_ROOM]	= { .type = NLA_U32 },
	[ZSOCK_A_CRED_UID]	= { .type = NLA_U32 },
};

static struct zsock_creds *zsock_cred_store(struct net *net)
{
	return &zsock_net(net)->creds;
}

/* ---- who asks ---- */

/*
 * Who sends a message may have been given the socket, and may not know what it
 * is good for: its opener has to be the same user.
 */
static int zsock_cred_asks(struct sk_buff *skb, struct net *net,
			   struct zsock_cred_who *who)
{
	const struct sock *sk = NETLINK_CB(skb).sk;
	int err = zsock_may_create(net, 0);

	if (err)
		return err;
	who->uid = current_euid();
	if (!sk->sk_socket || !sk->sk_socket->file ||
	    !uid_eq(sk->sk_socket->file->f_cred->euid, who->uid))
		return -EACCES;
	who->admin = netlink_ns_capable(skb, net->user_ns, CAP_NET_ADMIN);
	return 0;
}

static struct user_namespace *zsock_cred_ns(struct sk_buff *skb)
{
	return sk_user_ns(NETLINK_CB(skb).sk);
}

/* ---- what is asked for ---- */

static int zsock_cred_tag(struct genl_info *info, int *tag)
{
	if (GENL_REQ_ATTR_CHECK(info, ZSOCK_A_CRED_TAG))
		return -EINVAL;
	*tag = nla_get_s32(info->attrs[ZSOCK_A_CRED_TAG]);
	return 0;
}

static int zsock_cred_type(struct genl_info *info, u32 *type)
{
	if (GENL_REQ_ATTR_CHECK(info, ZSOCK_A_CRED_TYPE))
		return -EINVAL;
	*type = nla_get_u32(info->attrs[ZSOCK_A_CRED_TYPE]);
	if (zsock_cred_type_ok(*type))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[ZSOCK_A_CRED_TYPE],
			    "no such type of credential");
	return -EINVAL;
}

/* ---- ZSOCK_CMD_CRED_ADD ---- */

static int zsock_cred_wanted(struct genl_info *info, struct zsock_cred_new *new)
{
	const struct nlattr *data = info->attrs[ZSOCK_A_CRED_DATA];
	const struct nlattr *public = info->attrs[ZSOCK_A_CRED_PUBLIC];
	int err;

	err = zsock_cred_tag(info, &new->tag) ?:
	      zsock_cred_type(info, &new->type);
	if (err)
		return err;
	if (GENL_REQ_ATTR_CHECK(info, ZSOCK_A_CRED_DATA))
		return -EINVAL;
	new->data = nla_data(data);
	new->len = nla_len(data);
	new->replace = nla_get_flag(info->attrs[ZSOCK_A_CRED_REPLACE]);
	if (public) {
		new->spki.p = nla_data(public);
		new->spki.len = nla_len(public);
	}
	return 0;
}

static int zsock_cred_do_add(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct zsock_cred_who who;
	struct zsock_cred_new *new;
	int err;

	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	err = zsock_cred_asks(skb, net, &who) ?: zsock_cred_wanted(info, new) ?:
	      zsock_cred_parse(new) ?:
	      zsock_cred_add(zsock_cred_store(net), &who, new);
	if (err && new->why)
		NL_SET_ERR_MSG_FMT(info->extack, "%s", new->why);
	kfree(new);
	return err;
}

/* A message's memory is not wiped when it is freed: all attributes, here. */
int zsock_cred_nl_add(struct sk_buff *skb, struct genl_info *info)
{
	int err = zsock_cred_do_add(skb, info);

	memzero_explicit(nlmsg_attrdata(info->nlhdr, GENL_HDRLEN),
			 nlmsg_attrlen(info->nlhdr, GENL_HDRLEN));
	return err;
}

/* ---- ZSOCK_CMD_CRED_DEL ---- */

int zsock_cred_nl_del(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	u32 type = ZSOCK_CRED_NONE;
	struct zsock_cred_who who;
	int tag, err;

	err = zsock_cred_asks(skb, net, &who) ?: zsock_cred_tag(info, &tag);
	if (!err && info->attrs[ZSOCK_A_CRED_TYPE])
		err = zsock_cred_type(info, &type);
	return err ?: zsock_cred_del(zsock_cred_store(net), &who, tag, type);
}

/* ---- ZSOCK_CMD_CRED_ALLOW, ZSOCK_CMD_CRED_DENY ---- */

static int zsock_cred_permit(struct sk_buff *skb, struct genl_info *info,
			     int (*change)(struct zsock_creds *,
					   const struct zsock_cred_who *,
					   int, kuid_t))
{
	struct net *net = genl_info_net(info);
	struct zsock_cred_who who;
	kuid_t uid;
	int tag, err;

	err = zsock_cred_asks(skb, net, &who) ?: zsock_cred_tag(info, &tag);
	if (err)
		return err;
	if (GENL_REQ_ATTR_CHECK(info, ZSOCK_A_CRED_UID))
		return -EINVAL;
	uid = make_kuid(zsock_cred_ns(skb),
			nla_get_u32(info->attrs[ZSOCK_A_CRED_UID]));
	if (!uid_valid(uid))
		return -EINVAL;
	return change(zsock_cred_store(net), &who, tag, uid);
}

int zsock_cred_nl_allow(struct sk_buff *skb, struct genl_info *info)
{
	return zsock_cred_permit(skb, info, zsock_cred_allow);
}

int zsock_cred_nl_deny(struct sk_buff *skb, struct genl_info *info)
{
	return zsock_cred_permit(skb, info, zsock_cred_deny);
}

/* ---- ZSOCK_CMD_CRED_GET ---- */

static int zsock_cred_put_view(struct sk_buff *skb, struct user_namespace *ns,
			       const struct zsock_cred_view *view)
{
	u32 i;

	for (i = 0; i < view->nallowed; i++)
		if (nla_put_u32(skb, ZSOCK_A_CRED_UID,
				from_kuid_munged(ns, view->allowed[i])))
			return -EMSGSIZE;
	return nla_put_s32(skb, ZSOCK_A_CRED_TAG, view->tag) ?:
	       nla_put_u32(skb, ZSOCK_A_CRED_TYPE, view->type) ?:
	       nla_put_u32(skb, ZSOCK_A_CRED_FORMAT, view->format) ?:
	       nla_put_u32(skb, ZSOCK_A_CRED_LENGTH, view->len) ?:
	       nla_put_u32(skb, ZSOCK_A_CRED_OWNER,
			   from_kuid_munged(ns, view->owner));
}

static int zsock_cred_reply(struct sk_buff *skb, struct genl_info *info,
			    const struct zsock_cred_ref *ref,
			    const struct zsock_cred_view *view)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	/* All of the view fits into what is the default for a message. */
	BUILD_BUG_ON(ZSOCK_CRED_ALLOWED_MAX * 8 + 128 > NLMSG_DEFAULT_SIZE);
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE + nla_total_size(ref->len),
			  GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, info->family, 0, ZSOCK_CMD_CRED_GET);
	err = hdr ? zsock_cred_put_view(msg, zsock_cred_ns(skb), view) ?:
		    nla_put(msg, ZSOCK_A_CRED_DATA, ref->len, ref->data) :
		    -EMSGSIZE;
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* Private keys and PSKs are not handed back, whoever asks. */
static bool zsock_cred_secret(u32 type)
{
	return type == ZSOCK_CRED_KEY || type == ZSOCK_CRED_PSK;
}

static int zsock_cred_do_get(struct sk_buff *skb, struct genl_info *info,
			     struct zsock_cred_view *view)
{
	const struct nlattr *room = info->attrs[ZSOCK_A_CRED_ROOM];
	struct net *net = genl_info_net(info);
	struct zsock_cred_who who;
	struct zsock_cred_ref ref;
	int tag, err;
	u32 type;

	err = zsock_cred_asks(skb, net, &who) ?: zsock_cred_tag(info, &tag) ?:
	      zsock_cred_type(info, &type) ?:
	      zsock_cred_read(zsock_cred_store(net), &who, tag, type, &ref,
			      view);
	if (err)
		return err;
	if (zsock_cred_secret(type)) {
		NL_SET_ERR_MSG(info->extack, "private keys and PSKs are not handed back");
		err = -EACCES;
	} else if (room && nla_get_u32(room) < ref.len) {
		err = -EFBIG;
	} else {
		err = zsock_cred_reply(skb, info, &ref, view);
	}
	zsock_cred_put(&ref);
	return err;
}

int zsock_cred_nl_get(struct sk_buff *skb, struct genl_info *info)
{
	struct zsock_cred_view *view = kmalloc(sizeof(*view), GFP_KERNEL);
	int err = view ? zsock_cred_do_get(skb, info, view) : -ENOMEM;

	kfree(view);
	return err;
}

/* ---- listing ---- */

/* What a list keeps between two messages. */
struct zsock_cred_list {
	struct zsock_cred_who	who;
	u64			at;
};

/* The rest of a list may be fetched by somebody else: who asked counts. */
int zsock_cred_nl_start(struct netlink_callback *cb)
{
	struct zsock_cred_list *list = (void *)cb->ctx;

	BUILD_BUG_ON(sizeof(*list) > sizeof(cb->ctx));
	list->at = 0;
	return zsock_cred_asks(cb->skb, sock_net(NETLINK_CB(cb->skb).sk),
			       &list->who);
}

static int zsock_cred_put_one(struct sk_buff *skb, struct netlink_callback *cb,
			      const struct zsock_cred_view *view)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  genl_info_dump(cb)->family, NLM_F_MULTI,
			  ZSOCK_CMD_CRED_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (zsock_cred_put_view(skb, zsock_cred_ns(cb->skb), view)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int zsock_cred_nl_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct zsock_creds *creds = zsock_cred_store(sock_net(skb->sk));
	struct zsock_cred_list *list = (void *)cb->ctx;
	struct zsock_cred_view *view;
	u64 at = list->at;

	view = kmalloc(sizeof(*view), GFP_KERNEL);
	if (!view)
		return -ENOMEM;
	/* A list that has not changed since it was begun is a whole one. */
	cb->seq = READ_ONCE(creds->changes) + 1;
	while (zsock_cred_next(creds, &list->who, &at, view) &&
	       !zsock_cred_put_one(skb, cb, view))
		list->at = at;
	kfree(view);
	return skb->len;
}
