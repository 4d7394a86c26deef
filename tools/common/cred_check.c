// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel does not judge of certificates and keys. It looks at how they
 * are built; here they are understood, and the public half of a private key is
 * computed, with which the kernel can compare pairs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <linux/zsock.h>

#include "cred.h"
#include "tool.h"

static int refuse(const struct cred *c, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", tool_name, c->path, why);
	ERR_clear_error();
	return EXIT_USAGE;
}

/* As the kernel tells them apart: text has no byte 0. */
bool cred_is_pem(const struct cred *c)
{
	return !memchr(c->data, 0, c->len) &&
	       memmem(c->data, c->len, "-----BEGIN ", 11);
}

/* Nobody is asked for a passphrase: the kernel could not ask, either. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* ---- certificates ---- */

static int pem_certificates(const struct cred *c)
{
	BIO *bio = BIO_new_mem_buf(c->data, c->len);
	X509 *cert;
	int n = 0;

	while (bio && (cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
		X509_free(cert);
		n++;
	}
	BIO_free(bio);
	/* How a file ends, and how it breaks. */
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return -1;
	return n;
}

static int der_certificates(const struct cred *c)
{
	const unsigned char *p = c->data;
	const unsigned char *end = p + c->len;
	X509 *cert;
	int n = 0;

	for (; p < end; n++) {
		cert = d2i_X509(NULL, &p, end - p);
		if (!cert)
			return -1;
		X509_free(cert);
	}
	return n;
}

static int check_certificates(const struct cred *c)
{
	int n = cred_is_pem(c) ? pem_certificates(c) : der_certificates(c);

	if (n <= 0)
		return refuse(c, "not a certificate, or something after one is none");
	ERR_clear_error();
	return EXIT_OK;
}

/* ---- private keys ---- */

static EVP_PKEY *load_key(const struct cred *c)
{
	const unsigned char *p = c->data;
	EVP_PKEY *key;
	BIO *bio;

	if (!cred_is_pem(c)) {
		key = d2i_AutoPrivateKey(NULL, &p, c->len);
		if (key && p == c->data + c->len)
			return key;
		EVP_PKEY_free(key);
		return NULL;
	}
	bio = BIO_new_mem_buf(c->data, c->len);
	key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	BIO_free(bio);
	return key;
}

static bool sound(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx && EVP_PKEY_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static int check_key(struct cred *c)
{
	EVP_PKEY *key = load_key(c);	/* libcrypto wipes what it frees */
	unsigned char *spki = NULL;
	int ret = EXIT_OK, len;

	if (!key)
		return refuse(c, "not a private key, or one with a passphrase");
	if (!sound(key))
		ret = refuse(c, "the private key is not consistent in itself");
	len = ret == EXIT_OK ? i2d_PUBKEY(key, &spki) : 0;
	if (len > 0) {
		c->spki = malloc(len);
		c->spki_len = len;
	}
	if (c->spki)
		memcpy(c->spki, spki, len);
	else if (ret == EXIT_OK)
		ret = refuse(c, "the private key has no public half");
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ret;
}

/**
 * cred_check() - whether a credential is what it is said to be
 * @c: the credential; of a private key its spki is filled in
 *
 * Return: an exit status; complaints have been made.
 */
int cred_check(struct cred *c)
{
	if (!c->len)
		return refuse(c, "the file is empty");
	switch (c->type) {
	case ZSOCK_CRED_CA:
	case ZSOCK_CRED_CERT:
		return check_certificates(c);
	case ZSOCK_CRED_KEY:
		return check_key(c);
	default:
		return EXIT_OK;		/* the kernel knows how long they may be */
	}
}
