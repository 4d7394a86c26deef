/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_CONFIG_H
#define TLSD_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <openssl/ssl.h>

#include "creds.h"
#include "psk.h"
#include "request.h"

#define CONFIG_ID	32

/**
 * struct config - what handshakes with the same options and credentials share
 * @refs: who uses it; the cache is one
 * @id: hash of all that makes it what it is
 * @ctx: OpenSSL's part
 * @server: for that role
 * @asks: the program is asked about certificates
 * @cache: sessions are kept
 * @verify: TLS_PEER_VERIFY_*
 * @psks: pre-shared keys, or NULL
 * @alpn: protocols, the best first, as on the wire
 * @alpn_len: bytes of that
 * @used: when it was asked for last; the cache's
 * @next: the cache's
 */
struct config {
	atomic_uint refs;
	uint8_t id[CONFIG_ID];
	SSL_CTX *ctx;
	bool server, asks, cache;
	uint32_t verify;
	struct psks *psks;
	unsigned char alpn[ZSOCK_TLS_ALPN_MAX];
	size_t alpn_len;
	time_t used;
	struct config *next;
};

bool config_identity(const struct request *rq, uint8_t id[CONFIG_ID]);
struct config *config_new(const struct request *rq, const uint8_t *id,
			  const struct cred_source *source, const char **why);
struct config *config_get(struct config *config);
void config_put(struct config *config);

#endif /* TLSD_CONFIG_H */
