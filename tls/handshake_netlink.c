// SPDX-License-Identifier: GPL-2.0
/* The agent's commands, and what it is told of its own accord. */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/netlink.h>
#include <net/genetlink.h>

#include "../netlink.h"
#include "handshake_netlink.h"
#include "tls.h"

static const struct netlink_range_validation zsock_nl_u16 = {
	.max	= U16_MAX,
};

const struct nla_policy zsock_handshake_policy[ZSOCK_A_HANDSHAKE_MAX + 1] = {
	[ZSOCK_A_HANDSHAKE_ID]		= { .type = NLA_U64 },
	[ZSOCK_A_HANDSHAKE_VERSION]	= NLA_POLICY_FULL_RANGE(NLA_U32,
								&zsock_nl_u16),
	[ZSOCK_A_HANDSHAKE_ALPN]	= { .type = NLA_NUL_STRING, .len = 255 },
	[ZSOCK_A_HANDSHAKE_ERROR]	= { .type = NLA_U32 },
	[ZSOCK_A_HANDSHAKE_ALERT]	= NLA_POLICY_MAX(NLA_U32, 255),
	[ZSOCK_A_HANDSHAKE_ALERT_RECEIVED] = { .type = NLA_FLAG },
	[ZSOCK_A_HANDSHAKE_CIPHER]	= NLA_POLICY_FULL_RANGE(NLA_U32,
								&zsock_nl_u16),
	[ZSOCK_A_HANDSHAKE_VERIFY_RESULT] = { .type = NLA_U32 },
	[ZSOCK_A_HANDSHAKE_RESUMED]	= { .type = NLA_FLAG },
};

/* Not nla_put_u64_64bit(): the agent does not mind alignment. */
static int zsock_nl_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put(skb, attr, sizeof(value), &value);
}

/* ---- events ---- */

static void zsock_nl_send_purge(struct net *net, kuid_t uid)
{
	struct sk_buff *skb;
	void *hdr;

	skb = zsock_nl_event(ZSOCK_CMD_HANDSHAKE_PURGE, nla_total_size(4),
			     &hdr);
	if (!skb)
		return;
	if (nla_put_u32(skb, ZSOCK_A_HANDSHAKE_UID,
			from_kuid_munged(net->user_ns, uid))) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&zsock_genl, net, skb, 0,
				ZSOCK_NL_GROUP_HANDSHAKE,
				GFP_KERNEL);
}

/*
 * All agents forget what they keep for the sockets of user @uid. Not too often:
 * their queues are for others' handshakes, too.
 */
int zsock_handshake_nl_purge(struct net *net, kuid_t uid)
{
	struct mutex *lock = &zsock_net(net)->purge;

	if (mutex_lock_interruptible(lock))
		return -ERESTARTSYS;
	zsock_nl_send_purge(net, uid);
	fsleep(10 * USEC_PER_MSEC);
	mutex_unlock(lock);
	return 0;
}

/*
 * A ticket more or less: where there is no room for it, it is lost. So it is
 * where the agent is gone; its portid may be anybody's then.
 */
void zsock_handshake_nl_ticket(struct net *net, u32 portid, u64 id,
			       const void *data, unsigned int len)
{
	struct sk_buff *skb;
	void *hdr;

	if (!xa_load(&zsock_net(net)->handshakes.agents, portid))
		return;
	skb = zsock_nl_event(ZSOCK_CMD_HANDSHAKE_TICKET,
			     nla_total_size(len) + nla_total_size(sizeof(id)),
			     &hdr);
	if (!skb)
		return;
	if (zsock_nl_put_u64(skb, ZSOCK_A_HANDSHAKE_ID, id) ||
	    nla_put(skb, ZSOCK_A_HANDSHAKE_DATA, len, data)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_unicast(net, skb, portid);
}

/* ---- ZSOCK_CMD_HANDSHAKE_ACCEPT ---- */

static int zsock_nl_put_creds(struct sk_buff *skb,
			      const struct zsock_handshake *hs)
{
	const struct zsock_handshake_cred *one = hs->creds;
	struct nlattr *nest;

	for (; one < hs->creds + hs->ncreds; one++) {
		nest = nla_nest_start(skb, ZSOCK_A_HANDSHAKE_CRED);
		if (!nest ||
		    nla_put_s32(skb, ZSOCK_A_HANDSHAKE_CRED_TAG, one->tag) ||
		    nla_put_u32(skb, ZSOCK_A_HANDSHAKE_CRED_TYPE, one->type) ||
		    nla_put_u32(skb, ZSOCK_A_HANDSHAKE_CRED_FORMAT,
				one->ref.format) ||
		    nla_put_u32(skb, ZSOCK_A_HANDSHAKE_CRED_LENGTH,
				one->ref.len) ||
		    zsock_nl_put_u64(skb, ZSOCK_A_HANDSHAKE_CRED_SERIAL,
				     one->ref.serial))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

static int zsock_nl_put_conf(struct sk_buff *skb,
			     const struct zsock_handshake *hs)
{
	const struct zsock_tls_conf *conf = hs->conf;
	u32 verify = conf->verify;

	if (conf->verify < 0)
		verify = hs->role == TLS_DTLS_ROLE_CLIENT ?
			 TLS_PEER_VERIFY_REQUIRED : TLS_PEER_VERIFY_NONE;
	if ((conf->hostname &&
	     nla_put_string(skb, ZSOCK_A_HANDSHAKE_HOSTNAME, conf->hostname)) ||
	    (conf->no_name_check &&
	     nla_put_flag(skb, ZSOCK_A_HANDSHAKE_NO_NAME_CHECK)) ||
	    (conf->nciphers &&
	     nla_put(skb, ZSOCK_A_HANDSHAKE_CIPHERS,
		     conf->nciphers * sizeof(*conf->ciphers), conf->ciphers)) ||
	    (conf->alpn_len &&
	     nla_put(skb, ZSOCK_A_HANDSHAKE_ALPN, conf->alpn_len,
		     conf->alpn)) ||
	    (conf->cache && nla_put_flag(skb, ZSOCK_A_HANDSHAKE_CACHE)))
		return -EMSGSIZE;
	return nla_put_u32(skb, ZSOCK_A_HANDSHAKE_VERIFY, verify);
}

static int zsock_nl_put_handshake(struct sk_buff *skb,
				  const struct zsock_handshake *hs)
{
	return zsock_nl_put_u64(skb, ZSOCK_A_HANDSHAKE_ID, hs->rq.id) ?:
	       nla_put_u32(skb, ZSOCK_A_HANDSHAKE_ROLE, hs->role) ?:
	       nla_put_u32(skb, ZSOCK_A_HANDSHAKE_VERSION, hs->version) ?:
	       nla_put_u32(skb, ZSOCK_A_HANDSHAKE_TIMEOUT,
			   zsock_request_left(&hs->rq)) ?:
	       nla_put_u32(skb, ZSOCK_A_HANDSHAKE_UID,
			   from_kuid_munged(hs->rq.net->user_ns, hs->rq.uid)) ?:
	       (hs->rq.last ? nla_put_flag(skb, ZSOCK_A_HANDSHAKE_LAST) : 0) ?:
	       zsock_nl_put_conf(skb, hs) ?: zsock_nl_put_creds(skb, hs);
}

/* Descriptors that the agent is given: the wire, and the program's verdict. */
struct zsock_nl_fd {
	struct file	*file;
	int		fd;
};

/* @file is taken over, in any case. */
static int zsock_nl_fd_reserve(struct zsock_nl_fd *one, struct file *file)
{
	int fd;

	if (IS_ERR_OR_NULL(file))
		return PTR_ERR_OR_ZERO(file);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		fput(file);
		return fd;
	}
	one->file = file;
	one->fd = fd;
	return 0;
}

static void zsock_nl_fd_drop(struct zsock_nl_fd *one)
{
	if (!one->file)
		return;
	put_unused_fd(one->fd);
	fput(one->file);
}

static void zsock_nl_fd_give(struct zsock_nl_fd *one)
{
	if (one->file)
		fd_install(one->fd, one->file);
}

static int zsock_nl_fds(struct zsock_handshake *hs, struct zsock_nl_fd *wire,
			struct zsock_nl_fd *verify)
{
	int err = zsock_nl_fd_reserve(wire, zsock_wire_open(hs));

	if (!err && hs->conf->verifier)
		err = zsock_nl_fd_reserve(verify,
					  zsock_verifier_ask(hs->conf->verifier,
							     hs->rq.id));
	return err;
}

#define ZSOCK_NL_HANDSHAKE_ROOM						\
	(512 + ZSOCK_TLS_HOSTNAME_MAX + ZSOCK_TLS_ALPN_MAX +		\
	 ZSOCK_TLS_CIPHERS_MAX * 2 +					\
	 ZSOCK_TLS_TAGS_MAX * ZSOCK_CRED_TYPE_MAX * 56)

static int zsock_nl_give(struct zsock_handshake *hs, struct genl_info *info)
{
	struct zsock_nl_fd wire = { }, verify = { };
	struct sk_buff *skb;
	void *hdr;
	int err;

	skb = genlmsg_new(ZSOCK_NL_HANDSHAKE_ROOM, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	err = zsock_nl_fds(hs, &wire, &verify);
	if (err)
		goto out;
	hdr = genlmsg_put_reply(skb, info, &zsock_genl, 0,
				ZSOCK_CMD_HANDSHAKE_ACCEPT);
	if (!hdr || zsock_nl_put_handshake(skb, hs) ||
	    nla_put_s32(skb, ZSOCK_A_HANDSHAKE_FD, wire.fd) ||
	    (verify.file &&
	     nla_put_s32(skb, ZSOCK_A_HANDSHAKE_VERIFY_FD, verify.fd))) {
		err = -EMSGSIZE;
		goto out;
	}
	genlmsg_end(skb, hdr);
	err = genlmsg_reply(skb, info);
	skb = NULL;
	if (err)
		goto out;
	zsock_nl_fd_give(&wire);
	zsock_nl_fd_give(&verify);
	return 0;
out:
	nlmsg_free(skb);
	zsock_nl_fd_drop(&wire);
	zsock_nl_fd_drop(&verify);
	return err;
}

int zsock_handshake_nl_accept(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	u32 portid = info->snd_portid;
	struct zsock_handshake *hs;
	int err;

	err = zsock_requests_agent_here(&zsock_net(net)->handshakes, portid);
	if (err)
		return err;
	hs = zsock_handshake_next(net, portid);
	if (!hs)
		return -EAGAIN;
	err = zsock_nl_give(hs, info);
	if (err)
		zsock_request_give_back(&hs->rq);
	zsock_handshake_put(hs);
	return err;
}

/* The handshake that a command of its agent's is about. */
static struct zsock_handshake *zsock_nl_find(struct genl_info *info)
{
	struct nlattr *id = info->attrs[ZSOCK_A_HANDSHAKE_ID];

	if (!id)
		return ERR_PTR(-EINVAL);
	return zsock_handshake_find(genl_info_net(info), nla_get_u64(id),
				    info->snd_portid) ?: ERR_PTR(-ENOENT);
}

/* ---- ZSOCK_CMD_HANDSHAKE_DONE ---- */

static u32 zsock_nl_u32(const struct genl_info *info, int attr, u32 none)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : none;
}

/* What a program may be told; the rest is a handshake that failed. */
static int zsock_nl_error(u32 error)
{
	switch (error) {
	case 0:
	case ECONNRESET:
	case ETIMEDOUT:
	case EOPNOTSUPP:
		return -(int)error;
	default:
		return -ECONNABORTED;
	}
}

/* Whether @alpn is one of those that were offered, or none. */
static bool zsock_nl_offered(const struct zsock_tls_conf *conf,
			     const char *alpn)
{
	const char *p = conf->alpn;

	if (!*alpn)
		return true;
	for (; p && p < conf->alpn + conf->alpn_len; p += strlen(p) + 1)
		if (!strcmp(p, alpn))
			return true;
	return false;
}

static int zsock_nl_result(struct zsock_handshake *hs,
			   const struct genl_info *info,
			   struct zsock_tls_result *result)
{
	if (info->attrs[ZSOCK_A_HANDSHAKE_ALPN])
		nla_strscpy(result->alpn, info->attrs[ZSOCK_A_HANDSHAKE_ALPN],
			    sizeof(result->alpn));
	result->version = zsock_nl_u32(info, ZSOCK_A_HANDSHAKE_VERSION, 0);
	result->cipher = zsock_nl_u32(info, ZSOCK_A_HANDSHAKE_CIPHER, 0);
	result->alert = zsock_nl_u32(info, ZSOCK_A_HANDSHAKE_ALERT, -1);
	result->verify = zsock_nl_u32(info, ZSOCK_A_HANDSHAKE_VERIFY_RESULT, 0);
	result->resumed = info->attrs[ZSOCK_A_HANDSHAKE_RESUMED];
	if (info->attrs[ZSOCK_A_HANDSHAKE_ALERT_RECEIVED])
		result->flags = ZSOCK_HANDSHAKE_ERROR_F_RECEIVED;
	return zsock_nl_offered(hs->conf, result->alpn) ? 0 : -EINVAL;
}

int zsock_handshake_nl_done(struct sk_buff *skb, struct genl_info *info)
{
	struct zsock_tls_result result = { };
	struct zsock_handshake *hs;
	int err;

	hs = zsock_nl_find(info);
	if (IS_ERR(hs))
		return PTR_ERR(hs);
	err = zsock_nl_result(hs, info, &result);
	if (err) {
		/* It makes no sense, and there will be no better one. */
		zsock_handshake_finish(hs, -ECONNABORTED);
		goto out;
	}
	err = zsock_nl_error(zsock_nl_u32(info, ZSOCK_A_HANDSHAKE_ERROR,
					  ECONNABORTED));
	/* Nobody reads it before it is finished, by this or by another. */
	mutex_lock(&hs->lock);
	if (!hs->detached)
		hs->result = result;
	mutex_unlock(&hs->lock);
	err = zsock_handshake_finish(hs, err) ? 0 : -ENOENT;
out:
	zsock_handshake_put(hs);
	return err;
}
