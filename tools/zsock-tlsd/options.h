/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_OPTIONS_H
#define TLSD_OPTIONS_H

#include <stdbool.h>

enum {
	EXIT_OK = 0,
	EXIT_USAGE = 1,		/* what was asked for makes no sense */
	EXIT_KERNEL = 2,	/* the kernel said no, or has no zsock */
};

struct options {
	bool foreground, no_system_ca, no_resolve;
	unsigned int workers;		/* 0: as many as CPUs */
	unsigned int resolvers;
	const char *user;
	const char *ca_file, *keylog, *pid_file;
};

#define WORKERS_MAX	256

void options_parse(int argc, char **argv, struct options *opt);

#endif /* TLSD_OPTIONS_H */
