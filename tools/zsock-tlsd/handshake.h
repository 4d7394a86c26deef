/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One handshake, over any TCP connection. Nothing here knows of netlink.
 */
#ifndef TLSD_HANDSHAKE_H
#define TLSD_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "ask.h"
#include "config.h"
#include "keys.h"
#include "request.h"
#include "session.h"
#include "wire.h"

/* What a handshake waits for. */
enum hs_state {
	HS_READ,	/* the connection to be readable */
	HS_WRITE,	/* the connection to be writable */
	HS_ASK_WRITE,	/* the program: until it can be asked */
	HS_ASK_READ,	/* the program: until it answers */
	HS_OVER,	/* nothing: @out tells how it ended */
};

/**
 * struct hs_ops - what is done to the connection
 * @prepare: before the handshake; returns 0 or -errno
 * @attach: with the keys, after it; returns 0 or -errno
 */
struct hs_ops {
	int (*prepare)(int fd);
	int (*attach)(int fd, const struct keys *keys);
};

extern const struct hs_ops hs_ktls_ops;

struct secret {
	uint8_t bytes[EVP_MAX_MD_SIZE];
	size_t len;
};

/**
 * struct handshake - a handshake
 * @ssl: OpenSSL's part of it
 * @config: its configuration
 * @ops: what is done to the connection
 * @fd: the connection; not of this object
 * @id: what the kernel calls it
 * @state: what it waits for
 * @out: how it ended, once it did
 * @ask: how the program is asked about certificates, or NULL
 * @owner: who may resume the session, or NULL if nobody
 * @nameless: the peer's name should be checked, and there is none
 * @judged: the peer's certificate was looked at
 * @verify: ZSOCK_VERIFY_* found
 * @verify_error: X509_V_*, the first that was found
 * @client_secret: traffic secret of what the client sends, TLS 1.3
 * @server_secret: and of what the server sends
 * @sent: records that were sent with the keys which kTLS will have
 * @wire: what is looked up of what was sent, TLS 1.2
 * @keys: what kTLS was given
 * @nodelay: TCP_NODELAY was set for the handshake
 * @why: an error in words
 */
struct handshake {
	SSL *ssl;
	struct config *config;
	const struct hs_ops *ops;
	int fd;
	uint64_t id;
	enum hs_state state;
	struct outcome out;
	struct ask *ask;
	struct session_owner *owner;
	bool nameless, judged, nodelay;
	uint32_t verify;
	int verify_error;
	struct secret client_secret, server_secret;
	uint64_t sent;
	struct wire wire;
	struct keys keys;
	char why[128];
};

bool hs_init(void);
struct handshake *hs_new(struct config *config, struct request *rq,
			 const struct hs_ops *ops);
enum hs_state hs_step(struct handshake *hs);
void hs_cancel(struct handshake *hs, int error);
void hs_free(struct handshake *hs);

/* hs_callback.c: what OpenSSL tells and asks */
struct handshake *hs_of(const SSL *ssl);
bool hs_bind(SSL *ssl, struct handshake *hs, struct session_owner *owner);
void hs_use(SSL_CTX *ctx, bool server);
int hs_new_session(SSL *ssl, SSL_SESSION *session);
int hs_choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		   const unsigned char *in, unsigned int in_len, void *arg);

/* hs_end.c: how it ends */
void hs_succeed(struct handshake *hs);
void hs_fail(struct handshake *hs, int ret);
void hs_give_up(struct handshake *hs, int error, const char *why);

#endif /* TLSD_HANDSHAKE_H */
