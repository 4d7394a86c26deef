// SPDX-License-Identifier: GPL-2.0
/* The agent of resolver.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "resolver.h"

struct request {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	char attrs[4096];
};

static void begin(struct resolver *r, struct request *req, int type, int cmd)
{
	memset(req, 0, sizeof(*req));
	req->nlh.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	req->nlh.nlmsg_type = type;
	req->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	req->nlh.nlmsg_seq = ++r->seq;
	req->genl.cmd = cmd;
	req->genl.version = 1;
}

static void put(struct request *req, int attr, const void *data, int len)
{
	struct nlattr *nla = (struct nlattr *)((char *)req + NLMSG_ALIGN(req->nlh.nlmsg_len));

	nla->nla_type = attr;
	nla->nla_len = NLA_HDRLEN + len;
	memcpy((char *)nla + NLA_HDRLEN, data, len);
	req->nlh.nlmsg_len = NLMSG_ALIGN(req->nlh.nlmsg_len) + NLA_ALIGN(nla->nla_len);
}

#define each_attr(attr, p, end)								\
	for (; (p) + NLA_HDRLEN <= (end) && ((attr) = (const struct nlattr *)(p));	\
	     (p) += NLA_ALIGN((attr)->nla_len))

static void note(const struct nlmsghdr *nlh, struct resolver_query *query)
{
	const char *p = (const char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const struct nlattr *attr;

	memset(query, 0, sizeof(*query));
	each_attr(attr, p, end) {
		const char *data = p + NLA_HDRLEN;
		int len = attr->nla_len - NLA_HDRLEN;

		switch (attr->nla_type & NLA_TYPE_MASK) {
		case ZSOCK_A_RESOLVE_ID:
			memcpy(&query->id, data, 8);
			break;
		case ZSOCK_A_RESOLVE_FAMILY:
			memcpy(&query->family, data, 4);
			break;
		case ZSOCK_A_RESOLVE_UID:
			memcpy(&query->uid, data, 4);
			break;
		case ZSOCK_A_RESOLVE_TIMEOUT:
			memcpy(&query->timeout, data, 4);
			break;
		case ZSOCK_A_RESOLVE_NAME:
			snprintf(query->name, sizeof(query->name), "%.*s", len, data);
			break;
		}
	}
}

/* Send it, and wait for the acknowledgement. */
static int talk(struct resolver *r, struct request *req, struct resolver_query *query)
{
	struct nlmsghdr *nlh;
	char buf[8192];
	int len;

	if (send(r->nl, req, req->nlh.nlmsg_len, 0) < 0)
		return errno;
	for (;;) {
		len = recv(r->nl, buf, sizeof(buf), 0);
		if (len < 0)
			return errno;
		for (nlh = (void *)buf; NLMSG_OK(nlh, (unsigned int)len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_seq != r->seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR)
				return -((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
			if (query)
				note(nlh, query);
		}
	}
}

int resolver_accept(struct resolver *r, struct resolver_query *query)
{
	struct request req;
	int err;

	begin(r, &req, r->family, ZSOCK_CMD_RESOLVE_ACCEPT);
	err = talk(r, &req, query);
	if (!err)
		r->asked++;
	return err;
}

int resolver_await(struct resolver *r, struct resolver_query *query)
{
	long long end = zs_now_ms() + 2000;
	int err;

	while ((err = resolver_accept(r, query)) == EAGAIN && zs_now_ms() < end)
		zs_sleep_ms(5);
	return err;
}

int resolver_done(struct resolver *r, uint64_t id, const struct resolver_answer *answer)
{
	uint32_t error = answer->error;
	struct request req;
	unsigned int i;

	begin(r, &req, r->family, ZSOCK_CMD_RESOLVE_DONE);
	put(&req, ZSOCK_A_RESOLVE_ID, &id, sizeof(id));
	put(&req, ZSOCK_A_RESOLVE_ERROR, &error, sizeof(error));
	for (i = 0; i < answer->n; i++)
		put(&req, ZSOCK_A_RESOLVE_ADDRESS, answer->addr[i].data, answer->addr[i].len);
	return talk(r, &req, NULL);
}

void resolver_add(struct resolver_answer *answer, const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(answer->addr[answer->n].data, &in, sizeof(in));
		answer->addr[answer->n++].len = sizeof(in);
	} else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
		memcpy(answer->addr[answer->n].data, &in6, sizeof(in6));
		answer->addr[answer->n++].len = sizeof(in6);
	}
}

/* ---- opening ---- */

static int group_of(const char *p, const char *end, const char *name)
{
	const struct nlattr *nest, *attr;

	each_attr(nest, p, end) {
		const char *q = p + NLA_HDRLEN, *stop = p + nest->nla_len;
		bool ours = false;
		int id = 0;

		each_attr(attr, q, stop) {
			if (attr->nla_type == CTRL_ATTR_MCAST_GRP_ID)
				memcpy(&id, q + NLA_HDRLEN, 4);
			else if (attr->nla_type == CTRL_ATTR_MCAST_GRP_NAME)
				ours = !strcmp(q + NLA_HDRLEN, name);
		}
		if (ours)
			return id;
	}
	return 0;
}

static int join(struct resolver *r)
{
	const struct nlattr *attr;
	const char *p, *end;
	struct request req;
	char buf[8192];
	int len, group = 0;

	begin(r, &req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	put(&req, CTRL_ATTR_FAMILY_NAME, ZSOCK_GENL_NAME, sizeof(ZSOCK_GENL_NAME));
	if (send(r->nl, &req, req.nlh.nlmsg_len, 0) < 0)
		return -1;
	len = recv(r->nl, buf, sizeof(buf), 0);
	if (len < (int)(NLMSG_HDRLEN + GENL_HDRLEN))
		return -1;
	p = buf + NLMSG_HDRLEN + GENL_HDRLEN;
	end = buf + ((struct nlmsghdr *)buf)->nlmsg_len;
	each_attr(attr, p, end) {
		if ((attr->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_FAMILY_ID)
			r->family = *(const uint16_t *)(p + NLA_HDRLEN);
		if ((attr->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_MCAST_GROUPS)
			group = group_of(p + NLA_HDRLEN, p + attr->nla_len, ZSOCK_GENL_RESOLVE);
	}
	recv(r->nl, buf, sizeof(buf), 0);
	return setsockopt(r->nl, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

int resolver_open(struct resolver *r)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct timeval tv = { .tv_sec = 10 };
	int one = 1;

	r->nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (r->nl < 0 || bind(r->nl, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	setsockopt(r->nl, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(r->nl, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return join(r);
}

void resolver_close(struct resolver *r)
{
	close(r->nl);
}

/* ---- a thread that answers ---- */

static void serve(struct resolver *r, const struct resolver_query *query)
{
	struct resolver_answer answer = { 0 };

	if (r->answer(query, &answer) && resolver_done(r, query->id, &answer))
		r->refused++;
}

/* What came meanwhile may be an event that talk() has thrown away: look anyway. */
static void *serve_all(void *arg)
{
	struct resolver *r = arg;
	struct pollfd pfd[2] = { { r->nl, POLLIN, 0 }, { r->stop[0], POLLIN, 0 } };
	struct resolver_query query;
	char buf[8192];

	for (;;) {
		while (!resolver_accept(r, &query))
			serve(r, &query);
		poll(pfd, 2, 20);
		if (pfd[1].revents)
			return NULL;
		recv(r->nl, buf, sizeof(buf), MSG_DONTWAIT);
	}
}

int resolver_start(struct resolver *r)
{
	if (resolver_open(r) || pipe(r->stop))
		return -1;
	return pthread_create(&r->thread, NULL, serve_all, r) ? -1 : 0;
}

void resolver_stop(struct resolver *r)
{
	if (write(r->stop[1], "", 1) != 1)
		perror("resolver: stop");
	pthread_join(r->thread, NULL);
	close(r->stop[0]);
	close(r->stop[1]);
	resolver_close(r);
}

socklen_t zs_name(struct sockaddr_zs *addr, const char *name, int port)
{
	memset(addr, 0, sizeof(*addr));
	addr->zs_family = zs_family;
	addr->zs_port = htons(port);
	memcpy(addr->zs_name, name, strnlen(name, sizeof(addr->zs_name)));
	return sizeof(*addr);
}
