// SPDX-License-Identifier: GPL-2.0
/*
 * ZSOCK_CMD_RESOLVE_*: names that the kernel asks about.
 */
#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "nl.h"

#define ROOM	2048	/* for an answer with all the addresses that fit */

static int take_name(const struct nlattr *attr, struct name_request *rq)
{
	size_t len = mnl_attr_get_payload_len(attr);
	const char *name = mnl_attr_get_payload(attr);

	if (len && !name[len - 1])
		len--;
	if (!len || len >= sizeof(rq->name) || memchr(name, 0, len))
		return -1;
	memcpy(rq->name, name, len);
	rq->name[len] = '\0';
	return 0;
}

static int take(const struct nlattr *attr, struct name_request *rq)
{
	size_t len = mnl_attr_get_payload_len(attr);

	switch (mnl_attr_get_type(attr)) {
	case ZSOCK_A_RESOLVE_ID:
		if (len != sizeof(uint64_t))
			return -1;
		rq->id = mnl_attr_get_u64(attr);
		return 0;
	case ZSOCK_A_RESOLVE_NAME:
		return take_name(attr, rq);
	case ZSOCK_A_RESOLVE_FAMILY:
		if (len != sizeof(uint32_t))
			return -1;
		rq->family = mnl_attr_get_u32(attr);
		return 0;
	case ZSOCK_A_RESOLVE_UID:
		if (len != sizeof(uint32_t))
			return -1;
		rq->uid = mnl_attr_get_u32(attr);
		return 0;
	default:
		return 0;
	}
}

/* What makes no sense is left to its time limit. */
static int read_name(const struct nlmsghdr *nlh, void *arg)
{
	struct name_request *rq = arg;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (take(attr, rq))
			return -EPROTO;
	return rq->name[0] ? 0 : -EPROTO;
}

/**
 * nl_accept_name() - take a name that waits
 * @nl: the line
 * @rq: filled in
 *
 * Return: 0, -EAGAIN where none waits, or another error.
 */
int nl_accept_name(struct nl *nl, struct name_request *rq)
{
	char buf[ROOM];

	memset(rq, 0, sizeof(*rq));
	return nl_ask(nl, nl_request(nl, buf, ZSOCK_CMD_RESOLVE_ACCEPT),
		      read_name, rq);
}

/**
 * nl_resolved() - tell what was found
 * @nl: the line that accepted it
 * @id: which
 * @answer: what
 *
 * Return: 0 or -errno.
 */
int nl_resolved(struct nl *nl, uint64_t id, const struct name_answer *answer)
{
	char buf[ROOM];
	struct nlmsghdr *req = nl_request(nl, buf, ZSOCK_CMD_RESOLVE_DONE);
	unsigned int i;

	mnl_attr_put_u64(req, ZSOCK_A_RESOLVE_ID, id);
	mnl_attr_put_u32(req, ZSOCK_A_RESOLVE_ERROR, answer->error);
	for (i = 0; i < answer->n; i++)
		mnl_attr_put(req, ZSOCK_A_RESOLVE_ADDRESS,
			     answer->addr[i].sa.sa_family == AF_INET ?
			     sizeof(answer->addr[i].in) :
			     sizeof(answer->addr[i].in6), &answer->addr[i]);
	return nl_send(nl, req);
}
