/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs that share these files agree on.
 */
#ifndef ZSOCK_TOOL_H
#define ZSOCK_TOOL_H

/* How far something got; what zsockctl exits with, as ip(8) does. */
enum {
	EXIT_OK = 0,
	EXIT_USAGE = 1,		/* what was asked for makes no sense */
	EXIT_KERNEL = 2,	/* the kernel said no, or has no zsock */
};

/* In front of every complaint. Each program has its own. */
extern const char tool_name[];

#endif /* ZSOCK_TOOL_H */
