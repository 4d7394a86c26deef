// SPDX-License-Identifier: GPL-2.0
/* ZSOCK_CMD_POLICY_*: adding, deleting and listing rules. */
#include <net/genetlink.h>
#include <net/ipv6.h>

#include "../zsock_int.h"

static const struct netlink_range_validation zsock_16_bits = {
	.max	= U16_MAX,
};

/* A u32 that fits into 16 bits. */
#define ZSOCK_U16	NLA_POLICY_FULL_RANGE(NLA_U32, &zsock_16_bits)

const struct nla_policy zsock_policy_attrs[ZSOCK_A_POLICY_MAX + 1] = {
	[ZSOCK_A_POLICY_ID]		= { .type = NLA_U32 },
	[ZSOCK_A_POLICY_BEFORE]		= { .type = NLA_U32 },
	[ZSOCK_A_POLICY_UID]		= { .type = NLA_U32 },
	[ZSOCK_A_POLICY_CGROUP]		= { .type = NLA_U64 },
	[ZSOCK_A_POLICY_DST]		= { .type = NLA_BINARY,
					    .len = sizeof(struct in6_addr) },
	[ZSOCK_A_POLICY_DST_LEN]	= NLA_POLICY_MAX(NLA_U32, 128),
	[ZSOCK_A_POLICY_DPORT]		= ZSOCK_U16,
	[ZSOCK_A_POLICY_DPORT_LAST]	= ZSOCK_U16,
	[ZSOCK_A_POLICY_PROTO]		= ZSOCK_U16,
	[ZSOCK_A_POLICY_PROTO_LAST]	= ZSOCK_U16,
	[ZSOCK_A_POLICY_BACKEND]	= { .type = NLA_NUL_STRING,
					    .len = ZSOCK_NAME_MAX - 1 },
	[ZSOCK_A_POLICY_REJECT]		= { .type = NLA_FLAG },
	[ZSOCK_A_POLICY_OR_ELSE]	= { .type = NLA_FLAG },
};

static struct zsock_policy *zsock_policy_of(const struct net *net)
{
	return &zsock_net(net)->policy;
}

/* ---- ZSOCK_CMD_POLICY_ADD ---- */

static int zsock_policy_refuse(struct genl_info *info, int attr,
			       const char *why)
{
	NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	NL_SET_ERR_MSG_FMT(info->extack, "%s", why);
	return -EINVAL;
}

/* A number, or two: @attr and behind it the last one. */
static int zsock_policy_range(struct genl_info *info, int attr, u16 flag,
			      struct zsock_rule *rule, u16 range[2])
{
	const struct nlattr *first = info->attrs[attr];
	const struct nlattr *last = info->attrs[attr + 1];

	BUILD_BUG_ON(ZSOCK_A_POLICY_DPORT_LAST - ZSOCK_A_POLICY_DPORT - 1);
	BUILD_BUG_ON(ZSOCK_A_POLICY_PROTO_LAST - ZSOCK_A_POLICY_PROTO - 1);
	if (!first)
		return last ? zsock_policy_refuse(info, attr + 1,
						  "a range has a first number") : 0;
	range[0] = nla_get_u32(first);
	range[1] = last ? nla_get_u32(last) : range[0];
	if (range[0] > range[1])
		return zsock_policy_refuse(info, attr + 1,
					   "the last of a range is before the first");
	rule->flags |= flag;
	return 0;
}

/* As many bits as count, the others 0; IPv4 mapped, whoever mapped it. */
static int zsock_policy_dst(struct genl_info *info, struct zsock_rule *rule)
{
	const struct nlattr *dst = info->attrs[ZSOCK_A_POLICY_DST];
	const struct nlattr *len = info->attrs[ZSOCK_A_POLICY_DST_LEN];
	struct in6_addr prefix;
	int bits;

	if (!dst)
		return len ? zsock_policy_refuse(info, ZSOCK_A_POLICY_DST_LEN,
						 "a length without a prefix") : 0;
	switch (nla_len(dst)) {
	case sizeof(struct in_addr):
		ipv6_addr_set_v4mapped(nla_get_in_addr(dst), &rule->dst);
		bits = len ? 96 + nla_get_u32(len) : 128;
		break;
	case sizeof(struct in6_addr):
		rule->dst = nla_get_in6_addr(dst);
		bits = len ? nla_get_u32(len) : 128;
		break;
	default:
		return zsock_policy_refuse(info, ZSOCK_A_POLICY_DST,
					   "neither an IPv4 nor an IPv6 address");
	}
	if (bits > 128)
		return zsock_policy_refuse(info, ZSOCK_A_POLICY_DST_LEN,
					   "longer than the address");
	ipv6_addr_prefix(&prefix, &rule->dst, bits);
	if (!ipv6_addr_equal(&prefix, &rule->dst))
		return zsock_policy_refuse(info, ZSOCK_A_POLICY_DST,
					   "bits beyond the length of the prefix");
	rule->prefix = bits;
	rule->family = ipv6_addr_v4mapped(&rule->dst) ? AF_INET : AF_INET6;
	rule->flags |= ZSOCK_RULE_DST;
	return 0;
}

/* Users as the one who asks calls them. */
static int zsock_policy_who(struct sk_buff *skb, struct genl_info *info,
			    struct zsock_rule *rule)
{
	const struct nlattr *uid = info->attrs[ZSOCK_A_POLICY_UID];
	const struct nlattr *cgroup = info->attrs[ZSOCK_A_POLICY_CGROUP];

	if (uid) {
		rule->uid = make_kuid(sk_user_ns(NETLINK_CB(skb).sk),
				      nla_get_u32(uid));
		if (!uid_valid(rule->uid))
			return zsock_policy_refuse(info, ZSOCK_A_POLICY_UID,
						   "no such user");
		rule->flags |= ZSOCK_RULE_UID;
	}
	if (cgroup) {
		rule->cgroup = nla_get_u64(cgroup);
		rule->flags |= ZSOCK_RULE_CGROUP;
	}
	return 0;
}

static int zsock_policy_verdict(struct genl_info *info, struct zsock_rule *rule)
{
	const struct nlattr *backend = info->attrs[ZSOCK_A_POLICY_BACKEND];
	bool reject = nla_get_flag(info->attrs[ZSOCK_A_POLICY_REJECT]);
	bool or_else = nla_get_flag(info->attrs[ZSOCK_A_POLICY_OR_ELSE]);

	if (!backend == !reject) {
		NL_SET_ERR_MSG(info->extack, "a rule has a backend, or rejects");
		return -EINVAL;
	}
	if (reject && or_else)
		return zsock_policy_refuse(info, ZSOCK_A_POLICY_OR_ELSE,
					   "what rejects has no other way");
	if (backend) {
		nla_strscpy(rule->backend, backend, sizeof(rule->backend));
		if (!zsock_name_ok(rule->backend))
			return zsock_policy_refuse(info, ZSOCK_A_POLICY_BACKEND,
						   "no backend can have that name");
	}
	if (reject)
		rule->flags |= ZSOCK_RULE_REJECT;
	if (or_else)
		rule->flags |= ZSOCK_RULE_OR_ELSE;
	return 0;
}

static int zsock_policy_reply(struct genl_info *info, struct sk_buff *msg,
			      const struct zsock_rule *rule)
{
	void *hdr = genlmsg_put_reply(msg, info, info->family, 0,
				      ZSOCK_CMD_POLICY_ADD);

	if (!hdr || nla_put_u32(msg, ZSOCK_A_POLICY_ID, rule->id)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int zsock_policy_nl_add(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *before = info->attrs[ZSOCK_A_POLICY_BEFORE];
	struct zsock_rule rule = { };
	struct sk_buff *msg;
	int err;

	err = zsock_policy_verdict(info, &rule) ?:
	      zsock_policy_who(skb, info, &rule) ?:
	      zsock_policy_dst(info, &rule) ?:
	      zsock_policy_range(info, ZSOCK_A_POLICY_DPORT, ZSOCK_RULE_DPORT,
				 &rule, rule.dport) ?:
	      zsock_policy_range(info, ZSOCK_A_POLICY_PROTO, ZSOCK_RULE_PROTO,
				 &rule, rule.proto);
	if (err)
		return err;
	/* Before the rule is there: from then on nothing may fail. */
	msg = genlmsg_new(nla_total_size(sizeof(u32)), GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	err = zsock_policy_add(zsock_policy_of(genl_info_net(info)), &rule,
			       before ? nla_get_u32(before) : 0);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	zsock_policy_reply(info, msg, &rule);
	return 0;
}

/* ---- ZSOCK_CMD_POLICY_DEL ---- */

int zsock_policy_nl_del(struct sk_buff *skb, struct genl_info *info)
{
	struct zsock_policy *policy = zsock_policy_of(genl_info_net(info));
	const struct nlattr *id = info->attrs[ZSOCK_A_POLICY_ID];

	if (id)
		return zsock_policy_del(policy, nla_get_u32(id));
	zsock_policy_flush(policy);
	return 0;
}

/* ---- ZSOCK_CMD_POLICY_GET ---- */

static int zsock_policy_put_dst(struct sk_buff *skb,
				const struct zsock_rule *rule)
{
	if (rule->family == AF_INET)
		return nla_put_in_addr(skb, ZSOCK_A_POLICY_DST,
				       rule->dst.s6_addr32[3]) ?:
		       nla_put_u32(skb, ZSOCK_A_POLICY_DST_LEN,
				   rule->prefix - 96);
	return nla_put_in6_addr(skb, ZSOCK_A_POLICY_DST, &rule->dst) ?:
	       nla_put_u32(skb, ZSOCK_A_POLICY_DST_LEN, rule->prefix);
}

static int zsock_policy_put_range(struct sk_buff *skb, int attr,
				  const u16 range[2])
{
	return nla_put_u32(skb, attr, range[0]) ?:
	       nla_put_u32(skb, attr + 1, range[1]);
}

/* What the rule is about. Not nla_put_u64_64bit(): nobody minds alignment. */
static int zsock_policy_put_match(struct sk_buff *skb,
				  struct user_namespace *ns,
				  const struct zsock_rule *rule)
{
	int err = 0;

	if (rule->flags & ZSOCK_RULE_UID)
		err = nla_put_u32(skb, ZSOCK_A_POLICY_UID,
				  from_kuid_munged(ns, rule->uid));
	if (!err && rule->flags & ZSOCK_RULE_CGROUP)
		err = nla_put(skb, ZSOCK_A_POLICY_CGROUP, sizeof(rule->cgroup),
			      &rule->cgroup);
	if (!err && rule->flags & ZSOCK_RULE_DST)
		err = zsock_policy_put_dst(skb, rule);
	if (!err && rule->flags & ZSOCK_RULE_DPORT)
		err = zsock_policy_put_range(skb, ZSOCK_A_POLICY_DPORT,
					     rule->dport);
	if (!err && rule->flags & ZSOCK_RULE_PROTO)
		err = zsock_policy_put_range(skb, ZSOCK_A_POLICY_PROTO,
					     rule->proto);
	return err;
}

static int zsock_policy_put(struct sk_buff *skb, struct user_namespace *ns,
			    const struct zsock_rule *rule)
{
	u64 hits = zsock_rule_hits(rule);
	int err;

	err = nla_put_u32(skb, ZSOCK_A_POLICY_ID, rule->id) ?:
	      nla_put(skb, ZSOCK_A_POLICY_HITS, sizeof(hits), &hits) ?:
	      zsock_policy_put_match(skb, ns, rule);
	if (!err && rule->flags & ZSOCK_RULE_REJECT)
		err = nla_put_flag(skb, ZSOCK_A_POLICY_REJECT);
	else if (!err)
		err = nla_put_string(skb, ZSOCK_A_POLICY_BACKEND,
				     rule->backend);
	if (!err && rule->flags & ZSOCK_RULE_OR_ELSE)
		err = nla_put_flag(skb, ZSOCK_A_POLICY_OR_ELSE);
	return err;
}

static int zsock_policy_put_one(struct sk_buff *skb,
				struct netlink_callback *cb,
				const struct zsock_rule *rule)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  genl_info_dump(cb)->family, NLM_F_MULTI,
			  ZSOCK_CMD_POLICY_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (zsock_policy_put(skb, sk_user_ns(NETLINK_CB(cb->skb).sk), rule)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* cb->args[0] is how many were sent. */
int zsock_policy_nl_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct zsock_policy *policy = zsock_policy_of(sock_net(skb->sk));
	const struct zsock_rules *rules;

	rcu_read_lock();
	/* A list that has not changed since it was begun is a whole one. */
	cb->seq = READ_ONCE(policy->changes) + 1;
	rules = rcu_dereference(policy->rules);
	while (rules && cb->args[0] < rules->n &&
	       !zsock_policy_put_one(skb, cb, &rules->rule[cb->args[0]]))
		cb->args[0]++;
	rcu_read_unlock();
	return skb->len;
}
