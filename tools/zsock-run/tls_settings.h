/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is wanted of TLS: the words of the command line, which are those of the
 * environment, and what they come to.
 */
#ifndef ZSOCK_RUN_TLS_SETTINGS_H
#define ZSOCK_RUN_TLS_SETTINGS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/zsock.h>

#define TLS_PORTS_MAX	64

/* NULL where an option was not given. */
struct tls_words {
	const char *role;
	const char *tags;
	const char *ports;
	const char *alpn;
	const char *verify;
	const char *hostname;
	const char *wrong;		/* the one that is */
};

struct tls_settings {
	bool client, server;
	int verify;			/* TLS_PEER_VERIFY_*, -1: not given */
	int tags[ZSOCK_TLS_TAGS_MAX];
	int ntags;
	uint16_t ports[TLS_PORTS_MAX];
	int nports;			/* 0: all */
	char alpn[ZSOCK_TLS_ALPN_MAX];
	size_t alpn_len;
	char hostname[ZSOCK_TLS_HOSTNAME_MAX + 1];
	bool has_hostname;
};

const char *tls_settings_parse(struct tls_settings *tls,
			       struct tls_words *words);
bool tls_port_chosen(const struct tls_settings *tls, uint16_t port);
const char *tls_settings_apply(const struct tls_settings *tls, int fd);
int tls_set_hostname(int fd, const char *name);

#endif /* ZSOCK_RUN_TLS_SETTINGS_H */
