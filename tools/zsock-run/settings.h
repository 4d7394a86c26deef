/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zsock-run's wishes, as its library and its supervisor have them, and what they
 * come to for a socket.
 */
#ifndef ZSOCK_RUN_SETTINGS_H
#define ZSOCK_RUN_SETTINGS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "socks5.h"
#include "tls_settings.h"
#include "zsock-run.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

/* Written once: before main(), or before the first socket is asked for. */
struct settings {
	int family;
	int only_type;			/* 0: both; not of raw ones */
	int only_domain;		/* 0: both */
	bool raw;			/* raw and packet sockets, too */
	bool fallback;
	char backend[4 * ZSOCK_NAME_MAX];
	struct socks5_settings socks5;
	bool nonsense;			/* about TLS, a proxy: better no socket */
	struct tls_settings tls;
};

extern struct settings settings;

/* settings.c */
void settings_read(void);

/* wanted.c */
bool wanted(int domain, int type, int protocol);
bool wanted_may_stay(int err);
bool wanted_secure(int type, int protocol);
int wanted_furnish(int fd, int domain, int type, bool tls);

#endif /* ZSOCK_RUN_SETTINGS_H */
