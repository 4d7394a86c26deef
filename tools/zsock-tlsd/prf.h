/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_PRF_H
#define TLSD_PRF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#define PRF_PARTS	8

/* Some bytes, and several of these one behind the other. */
struct prf_part {
	const void *p;
	size_t len;
};

/**
 * struct prf_label - what a secret of TLS 1.3 is derived for
 * @prefix: "tls13 "
 * @label: such as "key"
 * @context: a transcript's hash, or nothing
 */
struct prf_label {
	struct prf_part prefix, label, context;
};

bool prf_init(void);
void prf_exit(void);
const EVP_MD *prf_digest(const char *name);
bool prf_tls12(EVP_MD_CTX *ctx, const EVP_MD *md, struct prf_part secret,
	       const struct prf_part *seeds, size_t n, uint8_t *out,
	       size_t len);
bool prf_expand(EVP_MD_CTX *ctx, const EVP_MD *md, struct prf_part secret,
		const struct prf_label *label, uint8_t *out, size_t len);
bool prf_extract(EVP_MD_CTX *ctx, const EVP_MD *md, struct prf_part salt,
		 struct prf_part secret, const struct prf_label *label,
		 uint8_t *out, size_t len);

#endif /* TLSD_PRF_H */
