/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The TLS cases of zbench: connections whose records are done by OpenSSL in
 * the program, by kTLS for OpenSSL, by bare kTLS, or by AF_ZSOCK.
 */
#ifndef ZBENCH_TLS_H
#define ZBENCH_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <openssl/ssl.h>

#include "zbench.h"

/* OpenSSL (tls_lib.c) */

/* What certificates there are; the number is the tag that AF_ZSOCK has it by. */
enum tls_key {
	KEY_ECDSA = 1,
	KEY_RSA = 2,
};

struct lib_conf {
	int version;		/* TLS1_2_VERSION, TLS1_3_VERSION: this and no other */
	enum tls_key key;
	bool server;
	bool ktls;		/* SSL_OP_ENABLE_KTLS */
	bool tickets;
	bool release;		/* SSL_MODE_RELEASE_BUFFERS */
};

/* "<opt.keys>/ecdsa.crt"; the string is overwritten by the next call. */
const char *lib_key_file(enum tls_key key, const char *suffix);
SSL_CTX *lib_ctx(const struct lib_conf *conf);
SSL *lib_new(SSL_CTX *ctx, int fd);
void lib_die(const char *what) __attribute__((noreturn));
/* Ends the program unless version and cipher are what was asked for. */
void lib_verify(const SSL *ssl, int version);
/* Both ends of a connection in turn, in one thread. */
void lib_handshake(SSL *client, SSL *server);
void set_blocking(int fd, bool blocking);

/* AF_ZSOCK with TLS (tls_zsock.c) */

/* Loads modules and credentials, and starts the agent; once. */
void tls_prepare(void);
/* A socket of family @fam that speaks @version and no other. */
struct fam tls_fam(const struct fam *fam, int version);
void zsock_options(int fd, int version, enum tls_key key, bool server,
		   bool tickets);
void zsock_verify(int fd, int version);

/* connections (tls_pair.c) */

struct tls_end {
	int fd;
	SSL *ssl;		/* or NULL: the kernel does the records */
};

struct tls_pair {
	struct tls_end client, server;
};

/* Makes pairs of one kind. */
struct tls_maker {
	struct fam fam;
	int version;
	int buffers;		/* bytes, or 0 */
	bool release;
	int listener;
	struct addr addr;
	SSL_CTX *client, *server;
};

void tls_maker_open(struct tls_maker *m, const struct fam *fam);
void tls_pair_make(const struct tls_maker *m, struct tls_pair *pair);
void tls_pair_close(struct tls_pair *pair);
void tls_maker_close(struct tls_maker *m);
/* All of it, or the program ends. */
void tls_send(const struct tls_end *end, const void *data, size_t size);
void tls_recv(const struct tls_end *end, void *data, size_t size);

#endif
