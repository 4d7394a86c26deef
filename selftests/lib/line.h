/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests' agents have in common: a socket that is told of requests, and messages to the
 * kernel. Those of genl.h are for requests that are wrong on purpose.
 */
#ifndef LINE_H
#define LINE_H

#include <stdint.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

struct line_message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	char attrs[4096];
};

/* In the namespace of the caller, in that group of the family; it waits for so long. 0 or -1. */
int line_open(const char *group, int ms, int *nl, int *family);
void line_begin(struct line_message *m, int type, int cmd, unsigned int seq);
void line_put(struct line_message *m, int attr, const void *data, int len);

/* The attributes of a message begin there, and end at *end. */
const char *line_attrs(const struct nlmsghdr *nlh, const char **end);

#define line_each(attr, p, end)								\
	for (; (p) + NLA_HDRLEN <= (end) && ((attr) = (const struct nlattr *)(p));	\
	     (p) += NLA_ALIGN((attr)->nla_len))

#endif
