// SPDX-License-Identifier: GPL-2.0
/* The agent of resolver.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "resolver.h"

static void note(const struct nlmsghdr *nlh, struct resolver_query *query)
{
	const char *end, *p = line_attrs(nlh, &end);
	const struct nlattr *attr;

	memset(query, 0, sizeof(*query));
	line_each(attr, p, end) {
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
static int talk(struct resolver *r, struct line_message *req, struct resolver_query *query)
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
	struct line_message req;
	int err;

	line_begin(&req, r->family, ZSOCK_CMD_RESOLVE_ACCEPT, ++r->seq);
	err = talk(r, &req, query);
	if (!err)
		r->asked++;
	return err;
}

int resolver_await(struct resolver *r, struct resolver_query *query)
{
	long long end = zs_now_ms() + 20000;
	int err;

	while ((err = resolver_accept(r, query)) == EAGAIN && zs_now_ms() < end)
		zs_sleep_ms(5);
	return err;
}

int resolver_done(struct resolver *r, uint64_t id, const struct resolver_answer *answer)
{
	uint32_t error = answer->error;
	struct line_message req;
	unsigned int i;

	line_begin(&req, r->family, ZSOCK_CMD_RESOLVE_DONE, ++r->seq);
	line_put(&req, ZSOCK_A_RESOLVE_ID, &id, sizeof(id));
	line_put(&req, ZSOCK_A_RESOLVE_ERROR, &error, sizeof(error));
	for (i = 0; i < answer->n; i++)
		line_put(&req, ZSOCK_A_RESOLVE_ADDRESS, answer->addr[i].data, answer->addr[i].len);
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

int resolver_open(struct resolver *r)
{
	return line_open(ZSOCK_GENL_RESOLVE, 10000, &r->nl, &r->family);
}

void resolver_close(struct resolver *r)
{
	close(r->nl);
}

/* ---- a thread that answers ---- */

static void serve(struct resolver *r, const struct resolver_query *query)
{
	struct pollfd stop = { r->stop[0], POLLIN, 0 };
	struct resolver_answer answer = { 0 };

	while (r->held && !poll(&stop, 1, 2))
		;
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
