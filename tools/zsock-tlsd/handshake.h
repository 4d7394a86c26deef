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

/**
 * struct traffic - what one side sends with after the handshake, TLS 1.3
 * @secret: of which the rest is derived
 * @secret_len: 0 while it is not known
 * @side: but for its sequence number
 * @key_len: of what is in @side
 * @iv_len: likewise
 */
struct traffic {
	uint8_t secret[EVP_MAX_MD_SIZE];
	size_t secret_len;
	struct keys_side side;
	size_t key_len, iv_len;
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
 * @client: of what the client sends, TLS 1.3
 * @server: and of what the server sends
 * @block: keys and IVs of both, TLS 1.2
 * @block_len: bytes of it that are known
 * @sent: records that were sent with the keys which kTLS will have
 * @wire: what is looked up of what was sent, TLS 1.2
 * @keys: what kTLS was given
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
	bool nameless, judged;
	uint32_t verify;
	int verify_error;
	struct traffic client, server;
	uint8_t block[2 * (KEYS_KEY_MAX + KEYS_IV)];
	size_t block_len;
	uint64_t sent;
	struct wire wire;
	struct keys keys;
	char why[128];
};

bool hs_init(void);
void hs_exit(void);
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

/* hs_keys.c: what kTLS will need */
bool hs_keys_init(void);
int hs_drive(struct handshake *hs);
bool hs_keys_make(struct handshake *hs);
void hs_keys_forget(struct handshake *hs);

/* hs_end.c: how it ends */
void hs_succeed(struct handshake *hs);
void hs_fail(struct handshake *hs, int ret);
void hs_give_up(struct handshake *hs, int error, const char *why);

#endif /* TLSD_HANDSHAKE_H */
