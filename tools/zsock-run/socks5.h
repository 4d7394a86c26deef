/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A SOCKS5 proxy: as zsock-run is told of it, and as sockets are.
 */
#ifndef ZSOCK_RUN_SOCKS5_H
#define ZSOCK_RUN_SOCKS5_H

#include <netinet/in.h>
#include <stddef.h>

#include <linux/zsock.h>

#define SOCKS5_PORT	"1080"		/* where none is named */

struct socks5_settings {
	socklen_t len;			/* 0: no proxy */
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} addr;
	struct zsock_socks5_auth auth;	/* user_len 0: none */
};

/* socks5.c: what is in the environment; no errors but nonsense: -1 */
int socks5_parse(struct socks5_settings *s5, const char *proxy,
		 const char *auth);
int socks5_apply(const struct socks5_settings *s5, int fd);
void socks5_remove(int fd);

/* socks5_words.c: from the command line; the words, or NULL and *why */
const char *socks5_resolve(const char *arg, const char **why);
const char *socks5_read_auth(const char *path, const char **why);

#endif /* ZSOCK_RUN_SOCKS5_H */
