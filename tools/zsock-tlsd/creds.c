// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials: from the bytes that the kernel keeps to what OpenSSL works with.
 * The kernel has looked at how they are built; here they have to be understood.
 */
#include <errno.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "creds.h"

/* ---- fetching ---- */

/**
 * creds_fetch() - get the bytes of all credentials of a handshake
 * @rq: the handshake
 * @source: where they come from
 * @set: filled in; creds_wipe() it, also where this fails
 *
 * Return: 0 or -errno.
 */
int creds_fetch(const struct request *rq, const struct cred_source *source,
		struct cred_set *set)
{
	struct cred_data *cd;
	int ret;

	set->n = 0;
	while (set->n < rq->ncreds) {
		cd = &set->all[set->n];
		cd->cred = &rq->creds[set->n];
		ret = source->fetch(source->arg, cd->cred, &cd->data, &cd->len);
		if (ret)
			return ret;
		set->n++;
	}
	return 0;
}

/* No key stays in memory longer than it takes OpenSSL to understand it. */
void creds_wipe(struct cred_set *set)
{
	while (set->n) {
		struct cred_data *cd = &set->all[--set->n];

		OPENSSL_clear_free(cd->data, cd->len);
		cd->data = NULL;
	}
}

const struct cred_data *creds_find(const struct cred_set *set, int32_t tag,
				   uint32_t type)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->all[i].cred->tag == tag &&
		    set->all[i].cred->type == type)
			return &set->all[i];
	return NULL;
}

/* ---- understanding ---- */

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static bool push(STACK_OF(X509) *certs, X509 *cert)
{
	if (cert && sk_X509_push(certs, cert))
		return true;
	X509_free(cert);
	return false;
}

static bool read_pem(const struct cred_data *cd, STACK_OF(X509) *certs)
{
	BIO *bio = BIO_new_mem_buf(cd->data, cd->len);

	while (bio && push(certs, PEM_read_bio_X509(bio, NULL, no_passphrase,
						    NULL)))
		;
	BIO_free(bio);
	/* How a file ends, and how it breaks. */
	return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static bool read_der(const struct cred_data *cd, STACK_OF(X509) *certs)
{
	const unsigned char *p = cd->data, *end = p + cd->len;

	while (p < end)
		if (!push(certs, d2i_X509(NULL, &p, end - p)))
			return false;
	return true;
}

static void free_certs(STACK_OF(X509) *certs)
{
	sk_X509_pop_free(certs, X509_free);
}

/* All certificates of a credential, in order, or NULL. */
static STACK_OF(X509) *read_certs(const struct cred_data *cd)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	bool ok;

	ERR_clear_error();
	if (cd->cred->format == ZSOCK_CRED_FORMAT_PEM)
		ok = certs && read_pem(cd, certs);
	else
		ok = certs && read_der(cd, certs);
	if (ok && sk_X509_num(certs) > 0) {
		ERR_clear_error();
		return certs;
	}
	free_certs(certs);
	return NULL;
}

static EVP_PKEY *read_key(const struct cred_data *cd)
{
	const unsigned char *p = cd->data;
	EVP_PKEY *key;
	BIO *bio;

	if (cd->cred->format != ZSOCK_CRED_FORMAT_PEM)
		return d2i_AutoPrivateKey(NULL, &p, cd->len);
	bio = BIO_new_mem_buf(cd->data, cd->len);
	key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	BIO_free(bio);
	return key;
}

/* ---- whom we trust ---- */

/* A server tells clients whom it trusts, so that they choose a certificate. */
static bool trust(X509_STORE *store, SSL_CTX *ctx, bool server, X509 *cert)
{
	return X509_STORE_add_cert(store, cert) == 1 &&
	       (!server || SSL_CTX_add_client_CA(ctx, cert) == 1);
}

static bool trust_all(const struct cred_data *cd, X509_STORE *store,
		      SSL_CTX *ctx, bool server)
{
	STACK_OF(X509) *certs = read_certs(cd);
	bool ok = !!certs;
	int i;

	for (i = 0; ok && i < sk_X509_num(certs); i++)
		ok = trust(store, ctx, server, sk_X509_value(certs, i));
	free_certs(certs);
	return ok;
}

/**
 * creds_use_ca() - trust the CA certificates of all tags
 * @set: credentials
 * @ctx: to be told
 * @server: it is a server's
 * @any: told whether there were any
 *
 * Each of them is trusted by itself, also an intermediate one or a server's
 * own: who put it there meant that.
 *
 * Return: NULL, or what is wrong.
 */
const char *creds_use_ca(const struct cred_set *set, SSL_CTX *ctx, bool server,
			 bool *any)
{
	X509_STORE *store = X509_STORE_new();
	bool ok = !!store;
	size_t i;

	*any = false;
	for (i = 0; ok && i < set->n; i++) {
		if (set->all[i].cred->type != ZSOCK_CRED_CA)
			continue;
		*any = true;
		ok = trust_all(&set->all[i], store, ctx, server);
	}
	if (ok && *any) {
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
		SSL_CTX_set1_cert_store(ctx, store);
	}
	X509_STORE_free(store);
	return ok ? NULL : "a CA certificate cannot be used";
}

/* ---- who we are ---- */

/* One of each kind of key: of two tags that have the same, the first. */
static bool is_duplicate(void)
{
	return ERR_GET_REASON(ERR_peek_last_error()) ==
	       SSL_R_NOT_REPLACING_CERTIFICATE;
}

static const char *use_pair(SSL_CTX *ctx, const struct cred_data *cert,
			    const struct cred_data *key)
{
	STACK_OF(X509) *chain = read_certs(cert);
	EVP_PKEY *pkey = read_key(key);
	const char *why = NULL;
	X509 *own;

	if (!chain) {
		why = "a certificate cannot be used";
	} else if (!pkey) {
		why = "a private key cannot be used";
	} else {
		own = sk_X509_shift(chain);
		if (SSL_CTX_use_cert_and_key(ctx, own, pkey, chain, 0) != 1 &&
		    !is_duplicate())
			why = "a certificate cannot be used with its key";
		X509_free(own);
	}
	EVP_PKEY_free(pkey);
	free_certs(chain);
	return why;
}

/**
 * creds_use_own() - use the certificates and keys of all tags
 * @set: credentials
 * @ctx: to be told
 * @any: told whether there was a pair
 *
 * A certificate without a key, or a key without a certificate, is of no use,
 * and left alone.
 *
 * Return: NULL, or what is wrong.
 */
const char *creds_use_own(const struct cred_set *set, SSL_CTX *ctx, bool *any)
{
	const struct cred_data *cert, *key;
	const char *why;
	size_t i;

	*any = false;
	for (i = 0; i < set->n; i++) {
		cert = &set->all[i];
		if (cert->cred->type != ZSOCK_CRED_CERT)
			continue;
		key = creds_find(set, cert->cred->tag, ZSOCK_CRED_KEY);
		if (!key)
			continue;
		why = use_pair(ctx, cert, key);
		if (why)
			return why;
		*any = true;
	}
	return NULL;
}
