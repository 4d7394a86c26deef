// SPDX-License-Identifier: GPL-2.0
/* What an agent is asked about names, and what it answers. */
#include <net/genetlink.h>

#include "../netlink.h"
#include "names.h"
#include "resolve_netlink.h"

const struct nla_policy zsock_resolve_policy[ZSOCK_A_RESOLVE_MAX + 1] = {
	[ZSOCK_A_RESOLVE_ID]		= { .type = NLA_U64 },
	[ZSOCK_A_RESOLVE_ERROR]		= { .type = NLA_U32 },
	/* Each of them is looked at by itself. */
	[ZSOCK_A_RESOLVE_ADDRESS]	= { .type = NLA_BINARY },
};

/* ---- ZSOCK_CMD_RESOLVE_ACCEPT ---- */

static int zsock_nl_put_resolve(struct sk_buff *skb,
				const struct zsock_resolve *res)
{
	const struct zsock_request *rq = &res->rq;

	/* Not nla_put_u64_64bit(): the agent does not mind alignment. */
	return nla_put(skb, ZSOCK_A_RESOLVE_ID, sizeof(rq->id), &rq->id) ?:
	       nla_put_string(skb, ZSOCK_A_RESOLVE_NAME, res->name) ?:
	       nla_put_u32(skb, ZSOCK_A_RESOLVE_FAMILY, res->family) ?:
	       nla_put_u32(skb, ZSOCK_A_RESOLVE_UID,
			   from_kuid_munged(rq->net->user_ns, rq->uid)) ?:
	       nla_put_u32(skb, ZSOCK_A_RESOLVE_TIMEOUT,
			   zsock_request_left(rq));
}

static int zsock_nl_give_resolve(const struct zsock_resolve *res,
				 struct genl_info *info)
{
	struct sk_buff *skb;
	void *hdr;

	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &zsock_genl, 0,
				ZSOCK_CMD_RESOLVE_ACCEPT);
	if (!hdr || zsock_nl_put_resolve(skb, res)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

int zsock_resolve_nl_accept(struct sk_buff *skb, struct genl_info *info)
{
	struct zsock_requests *all = &zsock_net(genl_info_net(info))->names;
	struct zsock_request *rq;
	int err;

	err = zsock_requests_agent_here(all, info->snd_portid);
	if (err)
		return err;
	rq = zsock_request_next(all, info->snd_portid);
	if (!rq)
		return -EAGAIN;
	err = zsock_nl_give_resolve(zsock_resolve_of(rq), info);
	if (err)
		zsock_request_give_back(rq);
	zsock_request_put(rq);
	return err;
}

/* ---- ZSOCK_CMD_RESOLVE_DONE ---- */

/* What a program may be told; the rest is a server that did not do its part. */
static int zsock_nl_resolve_error(const struct nlattr *error)
{
	u32 value = error ? nla_get_u32(error) : EREMOTEIO;

	switch (value) {
	case 0:
	case ENOENT:
	case ENODATA:
		return -(int)value;
	default:
		return -EREMOTEIO;
	}
}

static int zsock_nl_addresses(const struct genl_info *info,
			      const struct zsock_resolve *res,
			      struct zsock_answer *answer)
{
	const struct nlattr *attr;
	unsigned int n = 0;
	int err = 0, rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != ZSOCK_A_RESOLVE_ADDRESS)
			continue;
		if (++n > ARRAY_SIZE(answer->ip))
			return -EINVAL;
		err = zsock_answer_add(answer, nla_data(attr), nla_len(attr),
				       res->family, res->type);
		if (err)
			return err;
	}
	return 0;
}

/* What makes no sense ends it, too: there will be nothing better. */
static int zsock_nl_resolved(struct zsock_resolve *res,
			     const struct genl_info *info)
{
	struct zsock_answer answer = { };
	int err, bad;

	err = zsock_nl_resolve_error(info->attrs[ZSOCK_A_RESOLVE_ERROR]);
	bad = zsock_nl_addresses(info, res, &answer);
	if (bad) {
		zsock_request_finish(&res->rq, -EREMOTEIO);
		return bad;
	}
	spin_lock(&res->lock);
	if (!res->detached)
		res->answer = answer;
	spin_unlock(&res->lock);
	return zsock_request_finish(&res->rq, err) ? 0 : -ENOENT;
}

int zsock_resolve_nl_done(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *id = info->attrs[ZSOCK_A_RESOLVE_ID];
	struct zsock_request *rq;
	int err;

	if (!id)
		return -EINVAL;
	rq = zsock_request_find(&zsock_net(genl_info_net(info))->names,
				nla_get_u64(id), info->snd_portid);
	if (!rq)
		return -ENOENT;
	err = zsock_nl_resolved(zsock_resolve_of(rq), info);
	zsock_request_put(rq);
	return err;
}
