// SPDX-License-Identifier: GPL-2.0
/*
 * How TLS makes secrets out of secrets: the PRF of TLS 1.2 (RFC 5246, 5), and
 * the key schedule of TLS 1.3 (RFC 8446, 7.1). It is all HMAC, of which one
 * digest context is enough.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "prf.h"

#define BLOCK_MAX	144	/* of any hash of OpenSSL's */
#define INFO_MAX	512	/* struct HkdfLabel: two strings of 255 at most */

/* Those that a cipher suite may name. To look them up each time takes longer. */
static EVP_MD *digests[2];

bool prf_init(void)
{
	digests[0] = EVP_MD_fetch(NULL, "SHA256", NULL);
	digests[1] = EVP_MD_fetch(NULL, "SHA384", NULL);
	return digests[0] && digests[1];
}

void prf_exit(void)
{
	EVP_MD_free(digests[0]);
	EVP_MD_free(digests[1]);
}

/* OpenSSL's name of one of them, or another that it goes by. */
const EVP_MD *prf_digest(const char *name)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (!strcmp(EVP_MD_get0_name(digests[i]), name))
			return digests[i];
	for (i = 0; i < 2; i++)
		if (EVP_MD_is_a(digests[i], name))
			return digests[i];
	return NULL;
}

/* ---- HMAC: RFC 2104 ---- */

static bool begin(EVP_MD_CTX *ctx, const EVP_MD *md, struct prf_part key,
		  uint8_t with)
{
	const uint8_t *bytes = key.p;
	uint8_t pad[BLOCK_MAX];
	size_t i;
	bool ok;

	memset(pad, with, sizeof(pad));
	for (i = 0; i < key.len; i++)
		pad[i] ^= bytes[i];
	ok = EVP_DigestInit_ex(ctx, md, NULL) &&
	     EVP_DigestUpdate(ctx, pad, EVP_MD_get_block_size(md));
	OPENSSL_cleanse(pad, sizeof(pad));
	return ok;
}

static bool hmac(EVP_MD_CTX *ctx, const EVP_MD *md, struct prf_part key,
		 const struct prf_part *parts, size_t n, uint8_t *out)
{
	size_t i, size = EVP_MD_get_size(md);
	bool ok = begin(ctx, md, key, 0x36);

	for (i = 0; i < n && ok; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].len);
	return ok && EVP_DigestFinal_ex(ctx, out, NULL) &&
	       begin(ctx, md, key, 0x5c) && EVP_DigestUpdate(ctx, out, size) &&
	       EVP_DigestFinal_ex(ctx, out, NULL);
}

/* A key that is longer than a block is its hash. */
static bool shorten(EVP_MD_CTX *ctx, const EVP_MD *md, struct prf_part *key,
		    uint8_t *buf)
{
	if (key->len <= (size_t)EVP_MD_get_block_size(md))
		return true;
	if (!EVP_DigestInit_ex(ctx, md, NULL) ||
	    !EVP_DigestUpdate(ctx, key->p, key->len) ||
	    !EVP_DigestFinal_ex(ctx, buf, NULL))
		return false;
	key->p = buf;
	key->len = EVP_MD_get_size(md);
	return true;
}

/* ---- TLS 1.2 ---- */

/* HMAC again and again with one key: how it begins is kept. */
struct mac {
	EVP_MD_CTX *ctx, *inner, *outer;
	size_t size;
};

static bool mac_open(struct mac *m, EVP_MD_CTX *ctx, const EVP_MD *md,
		     struct prf_part key)
{
	m->ctx = ctx;
	m->size = EVP_MD_get_size(md);
	m->inner = EVP_MD_CTX_new();
	m->outer = EVP_MD_CTX_new();
	return m->inner && m->outer && begin(m->inner, md, key, 0x36) &&
	       begin(m->outer, md, key, 0x5c);
}

static void mac_close(struct mac *m)
{
	EVP_MD_CTX_free(m->inner);
	EVP_MD_CTX_free(m->outer);
}

static bool mac(const struct mac *m, const struct prf_part *parts, size_t n,
		uint8_t *out)
{
	bool ok = EVP_MD_CTX_copy_ex(m->ctx, m->inner);
	size_t i;

	for (i = 0; i < n && ok; i++)
		ok = EVP_DigestUpdate(m->ctx, parts[i].p, parts[i].len);
	return ok && EVP_DigestFinal_ex(m->ctx, out, NULL) &&
	       EVP_MD_CTX_copy_ex(m->ctx, m->outer) &&
	       EVP_DigestUpdate(m->ctx, out, m->size) &&
	       EVP_DigestFinal_ex(m->ctx, out, NULL);
}

/* P_hash: @parts[0] is A(i), the seed is behind it. */
static bool p_hash(const struct mac *m, struct prf_part *parts, size_t n,
		   uint8_t *out, size_t len)
{
	uint8_t a[EVP_MAX_MD_SIZE], block[EVP_MAX_MD_SIZE];
	bool ok = mac(m, parts + 1, n - 1, a);
	size_t take;

	parts[0] = (struct prf_part){ a, m->size };
	while (ok && len) {
		take = len < m->size ? len : m->size;
		ok = mac(m, parts, n, block);
		memcpy(out, block, take);
		out += take;
		len -= take;
		if (ok && len)
			ok = mac(m, parts, 1, a);
	}
	OPENSSL_cleanse(a, sizeof(a));
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}

/**
 * prf_tls12() - PRF(secret, label, seed)
 * @ctx: to work with
 * @md: of the cipher suite
 * @secret: of any length
 * @seeds: the label, and the seed
 * @n: of @seeds, fewer than PRF_PARTS
 * @out: filled in
 * @len: of @out
 *
 * Return: whether that worked.
 */
bool prf_tls12(EVP_MD_CTX *ctx, const EVP_MD *md, struct prf_part secret,
	       const struct prf_part *seeds, size_t n, uint8_t *out, size_t len)
{
	struct prf_part parts[PRF_PARTS];
	uint8_t buf[EVP_MAX_MD_SIZE];
	struct mac m = { 0 };
	bool ok;

	if (n >= PRF_PARTS)
		return false;
	memcpy(parts + 1, seeds, n * sizeof(*seeds));
	ok = shorten(ctx, md, &secret, buf) && mac_open(&m, ctx, md, secret) &&
	     p_hash(&m, parts, n + 1, out, len);
	mac_close(&m);
	OPENSSL_cleanse(buf, sizeof(buf));
	return ok;
}

/* ---- TLS 1.3 ---- */

/* struct HkdfLabel, and the number of the only block; 0 where it is too long. */
static size_t make_info(const struct prf_label *l, size_t len, uint8_t *info)
{
	size_t n = l->prefix.len + l->label.len;
	uint8_t *p = info;

	if (n > 255 || l->context.len > 255 - 16)
		return 0;
	*p++ = len >> 8;
	*p++ = len;
	*p++ = n;
	p = memcpy(p, l->prefix.p, l->prefix.len);
	p = memcpy(p + l->prefix.len, l->label.p, l->label.len);
	p += l->label.len;
	*p++ = l->context.len;
	if (l->context.len)
		memcpy(p, l->context.p, l->context.len);
	p += l->context.len;
	*p++ = 1;
	return p - info;
}

/**
 * prf_expand() - HKDF-Expand-Label(secret, label, context)
 * @ctx: to work with
 * @md: of the cipher suite
 * @secret: no longer than a block of its
 * @label: what for
 * @out: filled in
 * @len: of @out; TLS never wants more than a hash is long
 *
 * Return: whether that worked.
 */
bool prf_expand(EVP_MD_CTX *ctx, const EVP_MD *md, struct prf_part secret,
		const struct prf_label *label, uint8_t *out, size_t len)
{
	uint8_t info[INFO_MAX], block[EVP_MAX_MD_SIZE];
	struct prf_part part = { info, make_info(label, len, info) };
	bool ok = part.len && len <= (size_t)EVP_MD_get_size(md) &&
		  secret.len <= (size_t)EVP_MD_get_block_size(md) &&
		  hmac(ctx, md, secret, &part, 1, block);

	if (ok)
		memcpy(out, block, len);
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}

/**
 * prf_extract() - the next stage's secret: HKDF-Extract(derived, secret)
 * @ctx: to work with
 * @md: of the cipher suite
 * @salt: the secret of the stage before, of which the salt is derived; its p is
 *	NULL where there is none
 * @secret: what comes in; its p is NULL where nothing does
 * @label: "derived"; its context is not looked at
 * @out: filled in
 * @len: of @out: as long as a hash
 *
 * Return: whether that worked.
 */
bool prf_extract(EVP_MD_CTX *ctx, const EVP_MD *md, struct prf_part salt,
		 struct prf_part secret, const struct prf_label *label,
		 uint8_t *out, size_t len)
{
	static const uint8_t zeros[EVP_MAX_MD_SIZE];
	uint8_t derived[EVP_MAX_MD_SIZE], empty[EVP_MAX_MD_SIZE];
	size_t size = EVP_MD_get_size(md);
	struct prf_label l = *label;
	bool ok = len == size;

	if (!secret.p)
		secret = (struct prf_part){ zeros, size };
	if (ok && salt.p) {
		l.context = (struct prf_part){ empty, size };
		ok = EVP_DigestInit_ex(ctx, md, NULL) &&
		     EVP_DigestFinal_ex(ctx, empty, NULL) &&
		     prf_expand(ctx, md, salt, &l, derived, size);
		salt = (struct prf_part){ derived, size };
	}
	ok = ok && hmac(ctx, md, salt, &secret, 1, out);
	OPENSSL_cleanse(derived, sizeof(derived));
	return ok;
}
