/* SPDX-License-Identifier: GPL-2.0 */
/* The servers of tls_handshake.c, each a process of its own. */
#ifndef ZBENCH_TLS_SERVER_H
#define ZBENCH_TLS_SERVER_H

#include <sys/types.h>

#include "tls.h"

struct tls_server {
	int version;
	enum tls_key key;
	bool tickets;
	struct addr addr;
	int listener;
	pid_t pid;
};

/* AF_ZSOCK where @fam says so, otherwise OpenSSL over AF_INET. */
void tls_server_start(struct tls_server *s, const struct fam *fam);
void tls_server_stop(struct tls_server *s);

#endif
