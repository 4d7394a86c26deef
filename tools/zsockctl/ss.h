/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCKCTL_SS_H
#define ZSOCKCTL_SS_H

#include <stdbool.h>

#include <zsock/zsock.h>

/* Kinds of sockets. */
#define SS_STREAM	1
#define SS_DGRAM	2
#define SS_RAW		4
#define SS_PACKET	8

/* What is wanted. NULL, 0 and false want no more than the rest does. */
struct ss_filter {
	bool all, listening;
	unsigned int kinds;		/* SS_* */
	bool ipv4, ipv6;
	bool processes, no_header;
	const char *state, *handler, *backend;
};

/* ss_filter.c */
int ss_parse(int argc, char **argv, struct ss_filter *f);
bool ss_wanted(const struct ss_filter *f, const struct zsk_sock *s);
const char *ss_state(const struct zsk_sock *s);

#endif /* ZSOCKCTL_SS_H */
