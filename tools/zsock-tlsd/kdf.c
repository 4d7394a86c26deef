// SPDX-License-Identifier: GPL-2.0
/*
 * The two key derivations of TLS as a provider of OpenSSL's, for libssl to use
 * instead of OpenSSL's own.
 *
 * kTLS has to be told what OpenSSL derives for itself, and will not tell: the
 * keys and IVs of both directions. There is SSL_CTX_set_keylog_callback(), but
 * not for TLS 1.2, and the secrets come as text, each byte by sprintf(), also
 * those that nobody wants; the keys would have to be derived of them once more.
 * A quarter of a resumed handshake went into that. Here all that is derived
 * comes by, and it comes by quicker: libssl tells all that is wanted in one
 * call, so that nothing of a context is kept, copied, or looked up.
 */
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "kdf.h"

#define NAME	"zsock-tlsd"

static void (*tell_derived)(const struct kdf_derived *derived);
static OSSL_PROVIDER *theirs, *ours;

/* ---- what libssl asks for ---- */

struct asked {
	const EVP_MD *md;
	int mode;
	struct prf_part key, salt, seeds[PRF_PARTS];
	size_t nseeds;
	struct prf_label label;
};

static struct prf_part part_of(const OSSL_PARAM *p)
{
	return (struct prf_part){ p->data, p->data_size };
}

static bool take(struct asked *a, const OSSL_PARAM *p)
{
	if (!strcmp(p->key, OSSL_KDF_PARAM_DIGEST))
		a->md = prf_digest(p->data);
	else if (!strcmp(p->key, OSSL_KDF_PARAM_MODE))
		return OSSL_PARAM_get_int(p, &a->mode);
	else if (!strcmp(p->key, OSSL_KDF_PARAM_KEY) ||
		 !strcmp(p->key, OSSL_KDF_PARAM_SECRET))
		a->key = part_of(p);
	else if (!strcmp(p->key, OSSL_KDF_PARAM_SALT))
		a->salt = part_of(p);
	else if (!strcmp(p->key, OSSL_KDF_PARAM_PREFIX))
		a->label.prefix = part_of(p);
	else if (!strcmp(p->key, OSSL_KDF_PARAM_LABEL))
		a->label.label = part_of(p);
	else if (!strcmp(p->key, OSSL_KDF_PARAM_DATA))
		a->label.context = part_of(p);
	else if (!strcmp(p->key, OSSL_KDF_PARAM_SEED) &&
		 a->nseeds < PRF_PARTS - 1)
		a->seeds[a->nseeds++] = part_of(p);
	else
		return false;
	return true;
}

/* What is not understood is refused: it would mean something. */
static bool read_params(struct asked *a, const OSSL_PARAM *p)
{
	for (; p && p->key; p++)
		if (p->data && !take(a, p))
			return false;
	return a->md;
}

static void tell_it(struct prf_part label, struct prf_part from,
		    const uint8_t *out, size_t len)
{
	const struct kdf_derived derived = { label, from, out, len };

	tell_derived(&derived);
}

/* ---- TLS 1.3 ---- */

static int derive_13(void *ctx, unsigned char *out, size_t len,
		     const OSSL_PARAM params[])
{
	struct asked a = { .mode = -1 };

	if (!read_params(&a, params))
		return 0;
	if (a.mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY)
		return prf_extract(ctx, a.md, a.salt, a.key, &a.label, out, len);
	if (a.mode != EVP_KDF_HKDF_MODE_EXPAND_ONLY || !a.key.p ||
	    !prf_expand(ctx, a.md, a.key, &a.label, out, len))
		return 0;
	tell_it(a.label.label, a.key, out, len);
	return 1;
}

/* ---- TLS 1.2 ---- */

static int derive_12(void *ctx, unsigned char *out, size_t len,
		     const OSSL_PARAM params[])
{
	struct asked a = { 0 };

	if (!read_params(&a, params) || !a.key.p || !a.nseeds ||
	    !prf_tls12(ctx, a.md, a.key, a.seeds, a.nseeds, out, len))
		return 0;
	tell_it(a.seeds[0], a.key, out, len);
	return 1;
}

/* ---- the provider ---- */

/* There is nothing else to a derivation than what is asked in one call. */
static void *new_ctx(void *provider)
{
	(void)provider;
	return EVP_MD_CTX_new();
}

static void free_ctx(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

typedef void (*fn)(void);

static const OSSL_DISPATCH tls13_kdf[] = {
	{ OSSL_FUNC_KDF_NEWCTX, (fn)new_ctx },
	{ OSSL_FUNC_KDF_FREECTX, (fn)free_ctx },
	{ OSSL_FUNC_KDF_DERIVE, (fn)derive_13 },
	{ 0, NULL }
};

static const OSSL_DISPATCH tls1_prf[] = {
	{ OSSL_FUNC_KDF_NEWCTX, (fn)new_ctx },
	{ OSSL_FUNC_KDF_FREECTX, (fn)free_ctx },
	{ OSSL_FUNC_KDF_DERIVE, (fn)derive_12 },
	{ 0, NULL }
};

static const OSSL_ALGORITHM kdfs[] = {
	{ "TLS13-KDF", "provider=" NAME, tls13_kdf, NULL },
	{ "TLS1-PRF", "provider=" NAME, tls1_prf, NULL },
	{ NULL, NULL, NULL, NULL }
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_store)
{
	(void)provider;
	*no_store = 0;
	return operation == OSSL_OP_KDF ? kdfs : NULL;
}

static const OSSL_DISPATCH provider[] = {
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (fn)query },
	{ 0, NULL }
};

static int provider_init(const OSSL_CORE_HANDLE *core,
			 const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
			 void **ctx)
{
	(void)in;
	*out = provider;
	*ctx = (void *)core;
	return 1;
}

/**
 * kdf_init() - have OpenSSL derive its secrets here, once
 * @tell: called with each that is derived, in the thread that does a handshake
 *
 * To load a provider is to say which; the default is then none by itself.
 *
 * Return: false if OpenSSL does not want to.
 */
bool kdf_init(void (*tell)(const struct kdf_derived *derived))
{
	tell_derived = tell;
	if (!prf_init() ||
	    !OSSL_PROVIDER_add_builtin(NULL, NAME, provider_init))
		return false;
	theirs = OSSL_PROVIDER_load(NULL, "default");
	ours = OSSL_PROVIDER_load(NULL, NAME);
	return theirs && ours;
}

/* When the last SSL_CTX has gone. */
void kdf_exit(void)
{
	if (ours)
		OSSL_PROVIDER_unload(ours);
	if (theirs)
		OSSL_PROVIDER_unload(theirs);
	prf_exit();
}
