/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_PSK_H
#define TLSD_PSK_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "creds.h"

struct psk {
	uint8_t id[ZSOCK_CRED_PSK_ID_MAX + 1];	/* with a NUL, for OpenSSL */
	size_t id_len;
	uint8_t key[ZSOCK_CRED_PSK_MAX];
	size_t key_len;
};

/**
 * struct psks - the pre-shared keys of a configuration
 * @all: in the order of the tags; a client uses the first
 * @n: how many
 * @suite: TLS 1.3 cipher suite that says which hash they go with, or 0
 */
struct psks {
	struct psk all[ZSOCK_TLS_TAGS_MAX];
	size_t n;
	uint16_t suite;
};

struct psks *psks_new(const struct cred_set *set);
void psks_free(struct psks *psks);
void psks_use(const struct psks *psks, SSL_CTX *ctx, bool server);
bool psk_init(void);
bool psk_is_external(const SSL *ssl);
void psk_unmark(SSL_SESSION *session);
bool psk_used(const SSL *ssl);

#endif /* TLSD_PSK_H */
