/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What zsock-run, its helper and the library that it preloads agree on.
 */
#ifndef ZSOCK_RUN_H
#define ZSOCK_RUN_H

#include <stddef.h>

#include <linux/zsock.h>

/* zsock-run tells its library, and the children's, by environment. */
#define ENV_FAMILY	"ZSOCK_RUN_FAMILY"	/* the family's number */
#define ENV_BACKEND	"ZSOCK_RUN_BACKEND"	/* a backend's name */
#define ENV_ONLY	"ZSOCK_RUN_ONLY"	/* "stream" or "dgram" */
#define ENV_DOMAIN	"ZSOCK_RUN_DOMAIN"	/* "4" or "6" */
#define ENV_RAW		"ZSOCK_RUN_RAW"		/* "1": raw and packet ones, too */
#define ENV_FALLBACK	"ZSOCK_RUN_FALLBACK"	/* "1": AF_INET is good enough */
#define ENV_SOCKS5	"ZSOCK_RUN_SOCKS5"	/* "ADDRESS PORT" of a proxy */
#define ENV_SOCKS5_AUTH	"ZSOCK_RUN_SOCKS5_AUTH"	/* "USER:PASSWORD" */
/* The words of the options, see tls_settings.c. */
#define ENV_TLS		"ZSOCK_RUN_TLS"		/* "client", "server", "both" */
#define ENV_TLS_TAGS	"ZSOCK_RUN_TLS_TAGS"
#define ENV_TLS_PORTS	"ZSOCK_RUN_TLS_PORTS"
#define ENV_TLS_ALPN	"ZSOCK_RUN_TLS_ALPN"
#define ENV_TLS_VERIFY	"ZSOCK_RUN_TLS_VERIFY"
#define ENV_TLS_HOSTNAME "ZSOCK_RUN_TLS_HOSTNAME" /* empty: any name will do */

#define SOCKET_TYPE_MASK 0xf	/* of socket()'s type; flags are above */

#define FAMILY_FILE	"/sys/module/zsock/parameters/family"
#define LIBRARY_NAME	"libzsock-run.so"
#define HELPER_NAME	"zsock-run-creds"

/* As env(1), nice(1) and timeout(1) have them. */
enum {
	EXIT_OWN_FAILURE = 125,
	EXIT_CANNOT_EXEC = 126,
	EXIT_NOT_FOUND = 127,
};

/* How a program's calls of socket() are reached. */
enum reach { AS_FITS, BY_PRELOAD, BY_SECCOMP, OUT_OF_REACH };

struct run_options {
	enum reach reach;
	const char *backend;
	const char *only;
	const char *domain;
	int raw;
	int fallback;
	/* words for the library, as socks5_parse() takes them */
	const char *socks5;
	const char *socks5_auth;
	/* words for the library, judged by tls_settings_parse() */
	int tls_client;
	int tls_server;
	const char *tags;
	const char *ports;
	const char *alpn;
	const char *verify;
	const char *hostname;
	/* files, to be loaded for the run */
	const char *ca;
	const char *cert;
	const char *key;
};

/* zsock-run.c */
void complain(const char *what, const char *why);

/* options.c */
void parse_options(int argc, char **argv, struct run_options *opt);

/* family.c, also the library's */
int zsock_family_parse(const char *text);
int zsock_family_read(void);

/* probe.c */
int probe_family(const struct run_options *opt, char *why, size_t size);

/* load.c */
int load_credentials(struct run_options *opt);

/* find.c */
int find_program(const char *name, char *path, size_t size);
int find_beside(const char *name, char *path, size_t size);

/* reachable.c */
enum reach reachable(const char *path, char *why, size_t size);

/* supervise.c */
int supervise(char **argv);

#endif /* ZSOCK_RUN_H */
