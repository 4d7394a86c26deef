/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What zsock-run and the library that it preloads agree on.
 */
#ifndef ZSOCK_RUN_H
#define ZSOCK_RUN_H

#include <linux/zsock.h>

/* zsock-run tells its library, and the children's, by environment. */
#define ENV_FAMILY	"ZSOCK_RUN_FAMILY"	/* the family's number */
#define ENV_BACKEND	"ZSOCK_RUN_BACKEND"	/* a backend's name */
#define ENV_ONLY	"ZSOCK_RUN_ONLY"	/* "stream" or "dgram" */
#define ENV_DOMAIN	"ZSOCK_RUN_DOMAIN"	/* "4" or "6" */
#define ENV_FALLBACK	"ZSOCK_RUN_FALLBACK"	/* "1": AF_INET is good enough */

#define FAMILY_FILE	"/sys/module/zsock/parameters/family"
#define LIBRARY_NAME	"libzsock-run.so"

/* As env(1), nice(1) and timeout(1) have them. */
enum {
	EXIT_OWN_FAILURE = 125,
	EXIT_CANNOT_EXEC = 126,
	EXIT_NOT_FOUND = 127,
};

struct run_options {
	const char *backend;
	const char *only;
	const char *domain;
	int fallback;
};

/* family.c, used by both */
int zsock_family_parse(const char *text);
int zsock_family_read(void);

/* probe.c */
int probe_family(const struct run_options *opt, char *why, size_t size);

/* find.c */
int find_program(const char *name, char *path, size_t size);
int find_library(char *path, size_t size);

/* preloadable.c */
int preloadable(const char *path, char *why, size_t size);

#endif /* ZSOCK_RUN_H */
