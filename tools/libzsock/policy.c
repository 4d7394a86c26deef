// SPDX-License-Identifier: GPL-2.0
/* Rules that say which backend a socket gets. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define KNOWN	(ZSK_POLICY_UID | ZSK_POLICY_CGROUP | ZSK_POLICY_DST | \
		 ZSK_POLICY_DPORT | ZSK_POLICY_PROTO | ZSK_POLICY_REJECT | \
		 ZSK_POLICY_OR_ELSE)

static void put_range(struct nlmsghdr *req, int attr, const uint16_t range[2])
{
	mnl_attr_put_u32(req, attr, range[0]);
	mnl_attr_put_u32(req, attr + 1, range[1]);
}

static void put(struct nlmsghdr *req, const struct zsk_policy *p)
{
	if (p->flags & ZSK_POLICY_UID)
		mnl_attr_put_u32(req, ZSOCK_A_POLICY_UID, p->uid);
	if (p->flags & ZSK_POLICY_CGROUP)
		mnl_attr_put_u64(req, ZSOCK_A_POLICY_CGROUP, p->cgroup);
	if (p->flags & ZSK_POLICY_DST) {
		mnl_attr_put(req, ZSOCK_A_POLICY_DST, p->dst_size, p->dst);
		mnl_attr_put_u32(req, ZSOCK_A_POLICY_DST_LEN, p->dst_len);
	}
	if (p->flags & ZSK_POLICY_DPORT)
		put_range(req, ZSOCK_A_POLICY_DPORT, p->dport);
	if (p->flags & ZSK_POLICY_PROTO)
		put_range(req, ZSOCK_A_POLICY_PROTO, p->proto);
	if (p->backend)
		mnl_attr_put_strz(req, ZSOCK_A_POLICY_BACKEND, p->backend);
	if (p->flags & ZSK_POLICY_REJECT)
		mnl_attr_put(req, ZSOCK_A_POLICY_REJECT, 0, NULL);
	if (p->flags & ZSK_POLICY_OR_ELSE)
		mnl_attr_put(req, ZSOCK_A_POLICY_OR_ELSE, 0, NULL);
	if (p->before)
		mnl_attr_put_u32(req, ZSOCK_A_POLICY_BEFORE, p->before);
}

static int read_id(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_POLICY_MAX + 1];

	zsk__attrs(nlh, tb, ZSOCK_A_POLICY_MAX);
	*(uint32_t *)arg = zsk__u32(tb[ZSOCK_A_POLICY_ID]);
	return 0;
}

/* What would not fit into the message, or would be left out of it. */
static int check(struct zsk *z, const struct zsk_policy *p)
{
	if (p->flags & ~KNOWN)
		return zsk__refuse(z, -EINVAL, "a flag that is unknown here");
	if (p->flags & ZSK_POLICY_DST && p->dst_size != 4 && p->dst_size != 16)
		return zsk__refuse(z, -EINVAL,
				   "neither an IPv4 nor an IPv6 address");
	if (p->backend && !zsk__name_ok(p->backend, ZSOCK_NAME_MAX))
		return zsk__refuse(z, -EINVAL, "no backend can have that name");
	return 0;
}

int zsk_policy_add(struct zsk *z, const struct zsk_policy *policy, uint32_t *id)
{
	struct zsk__answer a = { 0 };
	struct nlmsghdr *req;
	struct zsk_policy p;
	int ret;

	ret = zsk__take(&p, sizeof(p), policy);
	if (ret)
		return zsk__refuse(z, ret, "");
	ret = check(z, &p);
	if (ret)
		return ret;
	req = zsk__request(z, ZSOCK_CMD_POLICY_ADD, 256);
	if (req)
		put(req, &p);
	ret = zsk__ask(z, req, &a);
	if (!ret && id)
		zsk__each(&a, read_id, id);
	free(a.msgs);
	return ret;
}

static int delete(struct zsk *z, uint32_t id)
{
	struct nlmsghdr *req = zsk__request(z, ZSOCK_CMD_POLICY_DEL, 16);

	if (req && id)
		mnl_attr_put_u32(req, ZSOCK_A_POLICY_ID, id);
	return zsk__do(z, req);
}

int zsk_policy_delete(struct zsk *z, uint32_t id)
{
	/* Without one the module takes all of them away. */
	return id ? delete(z, id) : zsk__refuse(z, -ENOENT, "");
}

int zsk_policy_flush(struct zsk *z)
{
	return delete(z, 0);
}

/* ---- list ---- */

struct reader {
	zsk_policy_fn fn;
	void *arg;
};

static uint32_t flags_of(const struct nlattr **tb)
{
	static const struct {
		int attr;
		uint32_t flag;
	} flags[] = {
		{ ZSOCK_A_POLICY_UID, ZSK_POLICY_UID },
		{ ZSOCK_A_POLICY_CGROUP, ZSK_POLICY_CGROUP },
		{ ZSOCK_A_POLICY_DST, ZSK_POLICY_DST },
		{ ZSOCK_A_POLICY_DPORT, ZSK_POLICY_DPORT },
		{ ZSOCK_A_POLICY_PROTO, ZSK_POLICY_PROTO },
		{ ZSOCK_A_POLICY_REJECT, ZSK_POLICY_REJECT },
		{ ZSOCK_A_POLICY_OR_ELSE, ZSK_POLICY_OR_ELSE },
	};
	uint32_t set = 0;
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (tb[flags[i].attr])
			set |= flags[i].flag;
	return set;
}

static int read_one(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_POLICY_MAX + 1];
	struct zsk_policy p = { .size = sizeof(p) };
	const struct reader *r = arg;

	zsk__attrs(nlh, tb, ZSOCK_A_POLICY_MAX);
	p.flags = flags_of(tb);
	p.id = zsk__u32(tb[ZSOCK_A_POLICY_ID]);
	p.uid = zsk__u32(tb[ZSOCK_A_POLICY_UID]);
	p.cgroup = zsk__u64(tb[ZSOCK_A_POLICY_CGROUP]);
	p.dst_size = zsk__copy(p.dst, sizeof(p.dst), tb[ZSOCK_A_POLICY_DST]);
	p.dst_len = zsk__u32(tb[ZSOCK_A_POLICY_DST_LEN]);
	p.dport[0] = zsk__u32(tb[ZSOCK_A_POLICY_DPORT]);
	p.dport[1] = zsk__u32(tb[ZSOCK_A_POLICY_DPORT_LAST]);
	p.proto[0] = zsk__u32(tb[ZSOCK_A_POLICY_PROTO]);
	p.proto[1] = zsk__u32(tb[ZSOCK_A_POLICY_PROTO_LAST]);
	if (tb[ZSOCK_A_POLICY_BACKEND])
		p.backend = zsk__str(tb[ZSOCK_A_POLICY_BACKEND]);
	p.hits = zsk__u64(tb[ZSOCK_A_POLICY_HITS]);
	return r->fn(&p, r->arg);
}

int zsk_policy_list(struct zsk *z, zsk_policy_fn fn, void *arg)
{
	struct reader r = { fn, arg };

	return zsk__list(z, ZSOCK_CMD_POLICY_GET, read_one, &r);
}
