/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCKCTL_SS_H
#define ZSOCKCTL_SS_H

#include <stdbool.h>

#include <zsock/zsock.h>

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
bool ss_wanted(const struct ss_filter *f, const struct zsk_sock *s);
const char *ss_state(const struct zsk_sock *s);

#endif /* ZSOCKCTL_SS_H */
