/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SHA-256 of several things, so that no two different lists of things have the
 * same: each is preceded by its length.
 */
#ifndef TLSD_DIGEST_H
#define TLSD_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

struct digest {
	EVP_MD_CTX *ctx;
	bool ok;
};

static inline void digest_begin(struct digest *d)
{
	d->ctx = EVP_MD_CTX_new();
	d->ok = d->ctx && EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL);
}

static inline void digest_add(struct digest *d, const void *data, size_t len)
{
	uint64_t n = len;

	d->ok = d->ok && EVP_DigestUpdate(d->ctx, &n, sizeof(n)) &&
		EVP_DigestUpdate(d->ctx, data, len);
}

static inline void digest_number(struct digest *d, uint64_t n)
{
	digest_add(d, &n, sizeof(n));
}

static inline bool digest_end(struct digest *d, uint8_t out[32])
{
	d->ok = d->ok && EVP_DigestFinal_ex(d->ctx, out, NULL);
	EVP_MD_CTX_free(d->ctx);
	return d->ok;
}

#endif /* TLSD_DIGEST_H */
