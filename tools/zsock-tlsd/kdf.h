/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_KDF_H
#define TLSD_KDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prf.h"

/* What an SSL_CTX is made with, so that OpenSSL derives its secrets by kdf.c. */
#define KDF_PROPERTIES	"?provider=zsock-tlsd"

/**
 * struct kdf_derived - a secret that OpenSSL has derived in a handshake
 * @label: what for: "s ap traffic", "key", "key expansion" ...
 * @from: out of which
 * @out: it, to be forgotten when it was looked at
 * @len: bytes of @out
 */
struct kdf_derived {
	struct prf_part label, from;
	const uint8_t *out;
	size_t len;
};

bool kdf_init(void (*tell)(const struct kdf_derived *derived));
void kdf_exit(void);

#endif /* TLSD_KDF_H */
