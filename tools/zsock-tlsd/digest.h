/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SHA-256 of several things, so that no two different lists of things have the
 * same: each is preceded by its length.
 */
#ifndef TLSD_DIGEST_H
#define TLSD_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "prf.h"
#include "request.h"

/* Room for all that a request has, were each of its numbers a thing. */
#define DIGEST_MAX	(1024 + REQUEST_CREDS_MAX * 4 * 16 +		\
			 ZSOCK_TLS_ALPN_MAX + ZSOCK_TLS_HOSTNAME_MAX +	\
			 ZSOCK_TLS_CIPHERS_MAX * 2)

struct digest {
	size_t len;
	bool ok;
	uint8_t all[DIGEST_MAX];
};

static inline void digest_begin(struct digest *d)
{
	d->len = 0;
	d->ok = true;
}

static inline void digest_add(struct digest *d, const void *data, size_t len)
{
	uint64_t n = len;

	d->ok = d->ok && len <= sizeof(d->all) - sizeof(n) &&
		d->len <= sizeof(d->all) - sizeof(n) - len;
	if (!d->ok)
		return;
	memcpy(d->all + d->len, &n, sizeof(n));
	memcpy(d->all + d->len + sizeof(n), data, len);
	d->len += sizeof(n) + len;
}

static inline void digest_number(struct digest *d, uint64_t n)
{
	digest_add(d, &n, sizeof(n));
}

static inline bool digest_same(const struct digest *a, const struct digest *b)
{
	return a->ok && b->ok && a->len == b->len &&
	       !memcmp(a->all, b->all, a->len);
}

static inline bool digest_end(const struct digest *d, uint8_t out[32])
{
	return d->ok && EVP_Digest(d->all, d->len, out, NULL,
				   prf_digest("SHA2-256"), NULL);
}

#endif /* TLSD_DIGEST_H */
