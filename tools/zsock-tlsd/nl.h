/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_NL_H
#define TLSD_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "request.h"

struct mnl_socket;
struct nlmsghdr;
struct nl;

/**
 * struct nl_events - who is told what the kernel says unasked
 * @ready: there may be something to be accepted
 * @ticket: a message came on a connection
 * @purge: the sessions of a user are to be forgotten
 *
 * They may be called in the middle of any request, and must not make one. Of
 * names only @ready is told.
 */
struct nl_events {
	void (*ready)(void *arg);
	void (*ticket)(void *arg, uint64_t id, const uint8_t *msg, size_t len);
	void (*purge)(void *arg, uint32_t uid);
};

/**
 * struct nl - a worker's own line to the kernel
 * @sock: for requests, and for tickets: it is the one that accepts handshakes
 * @multicast: for what all agents are told. A flood of that, which any user can
 *	bring about, is not to cost answers
 * @group: of its multicast groups that is heard
 * @family: number of the generic-netlink family, 0 while it is not there
 * @seq: of the last request
 * @buf: what was received last
 * @events: who is told
 * @arg: for @events
 * @why: the kernel's own words about an error
 */
struct nl {
	struct mnl_socket *sock, *multicast;
	const char *group;
	uint16_t family;
	uint32_t seq;
	char *buf;
	const struct nl_events *events;
	void *arg;
	char why[128];
};

int nl_open(struct nl *nl, const char *group, const struct nl_events *events,
	    void *arg);
void nl_close(struct nl *nl);
int nl_read(struct nl *nl);

/* nl_handshake.c: what a worker asks for */
int nl_accept(struct nl *nl, struct request *rq);
int nl_done(struct nl *nl, uint64_t id, const struct outcome *out);

/* A name that the kernel wants to have resolved. */
struct name_request {
	uint64_t id;
	uint32_t family, uid;
	char name[ZSOCK_HOST_MAX + 1];
};

/* What was found: addresses, the best first, or an errno. */
struct name_answer {
	uint32_t error;
	unsigned int n;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} addr[ZSOCK_RESOLVE_ADDRESSES_MAX];
};

/* nl_resolve.c: likewise, of names */
int nl_accept_name(struct nl *nl, struct name_request *rq);
int nl_resolved(struct nl *nl, uint64_t id, const struct name_answer *answer);

/* for these */
#define NL_BUFFER	65536	/* a ticket may have 32 KiB */

typedef int (*nl_reply_fn)(const struct nlmsghdr *nlh, void *arg);

struct nlmsghdr *nl_request(struct nl *nl, char *buf, uint8_t cmd);
int nl_send(struct nl *nl, struct nlmsghdr *req);
int nl_ask(struct nl *nl, struct nlmsghdr *req, nl_reply_fn reply, void *arg);

#endif /* TLSD_NL_H */
