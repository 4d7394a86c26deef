/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCKCTL_SS_H
#define ZSOCKCTL_SS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/zsock.h>

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* A socket, as the module tells of it. */
struct zsocket {
	struct zsock_info info;
	union address local, remote;	/* sa_family 0 if there is none */
	uint32_t inode, uid, state, rxq, txq;
};

/* What is wanted. NULL, 0 and false want no more than the rest does. */
struct ss_filter {
	bool all, listening;
	bool stream, dgram;
	bool ipv4, ipv6;
	bool processes, no_header;
	const char *state, *handler, *backend;
};

/* ss_filter.c */
int ss_parse(int argc, char **argv, struct ss_filter *f);
bool ss_wanted(const struct ss_filter *f, const struct zsocket *s);
const char *ss_state(const struct zsocket *s);

#endif /* ZSOCKCTL_SS_H */
