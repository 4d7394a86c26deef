// SPDX-License-Identifier: GPL-2.0
/* ZSOCK_CMD_VSOCK_*: the map of a namespace. */
#include <net/ipv6.h>

#include "../netlink.h"
#include "vsock.h"

const struct nla_policy zsock_vsock_policy[ZSOCK_A_VSOCK_MAX + 1] = {
	[ZSOCK_A_VSOCK_ADDRESS]		= NLA_POLICY_MIN_LEN(sizeof(struct in_addr)),
	[ZSOCK_A_VSOCK_BITS]		= NLA_POLICY_MAX(NLA_U32, 128),
	[ZSOCK_A_VSOCK_PORT_FIRST]	= NLA_POLICY_MIN(NLA_U16, 1),
	[ZSOCK_A_VSOCK_PORT_LAST]	= NLA_POLICY_MIN(NLA_U16, 1),
	[ZSOCK_A_VSOCK_CID]		= { .type = NLA_U32 },
	[ZSOCK_A_VSOCK_CID_PORT]	= { .type = NLA_U32 },
};

static int zsock_vsock_nl_bad(struct genl_info *info, const char *why)
{
	NL_SET_ERR_MSG_FMT(info->extack, "%s", why);
	return -EINVAL;
}

/* The whole address; IPv4 is v4-mapped. */
static int zsock_vsock_nl_prefix(struct genl_info *info,
				 struct zsock_vsock_entry *e)
{
	const struct nlattr *addr = info->attrs[ZSOCK_A_VSOCK_ADDRESS];
	u32 bits;

	if (GENL_REQ_ATTR_CHECK(info, ZSOCK_A_VSOCK_ADDRESS) ||
	    GENL_REQ_ATTR_CHECK(info, ZSOCK_A_VSOCK_BITS))
		return -EINVAL;
	bits = nla_get_u32(info->attrs[ZSOCK_A_VSOCK_BITS]);
	if (nla_len(addr) == sizeof(struct in_addr)) {
		if (bits > 32)
			return zsock_vsock_nl_bad(info, "a prefix of IPv4 has at most 32 bits");
		ipv6_addr_set_v4mapped(nla_get_in_addr(addr), &e->addr);
		e->bits = 96 + bits;
		return 0;
	}
	if (nla_len(addr) != sizeof(struct in6_addr))
		return zsock_vsock_nl_bad(info, "an address has 4 or 16 bytes");
	e->addr = nla_get_in6_addr(addr);
	e->bits = bits;
	return 0;
}

/* Without ports all of them are meant, and 0 stands for none. */
static void zsock_vsock_nl_ports(struct genl_info *info,
				 struct zsock_vsock_entry *e)
{
	const struct nlattr *first = info->attrs[ZSOCK_A_VSOCK_PORT_FIRST];
	const struct nlattr *last = info->attrs[ZSOCK_A_VSOCK_PORT_LAST];

	e->first = first ? nla_get_u16(first) : 1;
	e->last = last ? nla_get_u16(last) : first ? e->first : U16_MAX;
}

static int zsock_vsock_nl_read(struct genl_info *info,
			       struct zsock_vsock_entry *e)
{
	int err;

	memset(e, 0, sizeof(*e));
	err = zsock_vsock_nl_prefix(info, e);
	if (err)
		return err;
	zsock_vsock_nl_ports(info, e);
	if (e->first > e->last)
		return zsock_vsock_nl_bad(info, "the last port is before the first");
	return 0;
}

/* ---- ZSOCK_CMD_VSOCK_ADD, ZSOCK_CMD_VSOCK_DEL ---- */

int zsock_vsock_nl_add(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *port = info->attrs[ZSOCK_A_VSOCK_CID_PORT];
	struct zsock_vsock_entry e;
	int err;

	err = zsock_vsock_nl_read(info, &e);
	if (err)
		return err;
	if (GENL_REQ_ATTR_CHECK(info, ZSOCK_A_VSOCK_CID))
		return -EINVAL;
	e.cid = nla_get_u32(info->attrs[ZSOCK_A_VSOCK_CID]);
	if (port && !info->attrs[ZSOCK_A_VSOCK_PORT_FIRST])
		return zsock_vsock_nl_bad(info, "a port of the context needs one of the address");
	e.port = port ? nla_get_u32(port) : e.first;
	return zsock_vsock_map_add(&zsock_net(genl_info_net(info))->vsock, &e);
}

int zsock_vsock_nl_del(struct sk_buff *skb, struct genl_info *info)
{
	struct zsock_vsock_entry e;

	return zsock_vsock_nl_read(info, &e) ?:
	       zsock_vsock_map_del(&zsock_net(genl_info_net(info))->vsock, &e);
}

/* ---- ZSOCK_CMD_VSOCK_GET: cb->args[0] is how many were sent ---- */

struct zsock_vsock_walk {
	struct sk_buff		*skb;
	struct netlink_callback	*cb;
	long			at;
};

static int zsock_vsock_nl_put_prefix(struct sk_buff *skb,
				     const struct zsock_vsock_entry *e)
{
	if (e->bits >= 96 && ipv6_addr_v4mapped(&e->addr))
		return nla_put_in_addr(skb, ZSOCK_A_VSOCK_ADDRESS,
				       e->addr.s6_addr32[3]) ?:
		       nla_put_u32(skb, ZSOCK_A_VSOCK_BITS, e->bits - 96);
	return nla_put_in6_addr(skb, ZSOCK_A_VSOCK_ADDRESS, &e->addr) ?:
	       nla_put_u32(skb, ZSOCK_A_VSOCK_BITS, e->bits);
}

static int zsock_vsock_nl_put(struct sk_buff *skb,
			      const struct zsock_vsock_entry *e)
{
	return zsock_vsock_nl_put_prefix(skb, e) ?:
	       nla_put_u16(skb, ZSOCK_A_VSOCK_PORT_FIRST, e->first) ?:
	       nla_put_u16(skb, ZSOCK_A_VSOCK_PORT_LAST, e->last) ?:
	       nla_put_u32(skb, ZSOCK_A_VSOCK_CID, e->cid) ?:
	       nla_put_u32(skb, ZSOCK_A_VSOCK_CID_PORT, e->port);
}

static int zsock_vsock_nl_one(const struct zsock_vsock_entry *e, void *arg)
{
	struct zsock_vsock_walk *walk = arg;
	void *hdr;

	if (walk->at++ < walk->cb->args[0])
		return 0;
	hdr = genlmsg_put(walk->skb, NETLINK_CB(walk->cb->skb).portid,
			  walk->cb->nlh->nlmsg_seq, &zsock_genl, NLM_F_MULTI,
			  ZSOCK_CMD_VSOCK_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (zsock_vsock_nl_put(walk->skb, e)) {
		genlmsg_cancel(walk->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(walk->skb, hdr);
	walk->cb->args[0]++;
	return 0;
}

int zsock_vsock_nl_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct zsock_vsock_walk walk = { .skb = skb, .cb = cb };

	zsock_vsock_map_walk(&zsock_net(sock_net(skb->sk))->vsock,
			     zsock_vsock_nl_one, &walk);
	return skb->len;
}
