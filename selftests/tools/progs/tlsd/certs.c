// SPDX-License-Identifier: GPL-2.0
/*
 * Certificates for tests: as they should be, and as they should not.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "t.h"

#define DAY	86400

struct pki pki;

static EVP_PKEY *make_key(const char *kind)
{
	if (!strcmp(kind, "rsa"))
		return EVP_RSA_gen(2048);
	if (!strcmp(kind, "rsa1024"))
		return EVP_RSA_gen(1024);
	if (!strcmp(kind, "p256"))
		return EVP_EC_gen("P-256");
	if (!strcmp(kind, "p384"))
		return EVP_EC_gen("P-384");
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!ext)
		abort();
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

struct pair *cert_make(const struct cert_spec *spec, const struct pair *issuer)
{
	struct pair *p = calloc(1, sizeof(*p));
	const EVP_MD *md = EVP_sha256();
	static long serial = 1000;
	X509 *from;
	EVP_PKEY *key;

	p->key = make_key(spec->key ? spec->key : "p256");
	p->cert = X509_new();
	from = issuer ? issuer->cert : p->cert;
	key = issuer ? issuer->key : p->key;
	X509_set_version(p->cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(p->cert), serial++);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(p->cert), "CN",
				   MBSTRING_ASC, (unsigned char *)spec->cn, -1,
				   -1, 0);
	X509_set_issuer_name(p->cert, X509_get_subject_name(from));
	X509_gmtime_adj(X509_getm_notBefore(p->cert), spec->from * DAY - 60);
	X509_gmtime_adj(X509_getm_notAfter(p->cert),
			(spec->from + (spec->days ? spec->days : 30)) * DAY);
	X509_set_pubkey(p->cert, p->key);
	extend(p->cert, from, NID_basic_constraints,
	       spec->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	extend(p->cert, from, NID_key_usage,
	       spec->ca ? "critical,keyCertSign,cRLSign" : spec->ku);
	extend(p->cert, from, NID_ext_key_usage, spec->eku);
	extend(p->cert, from, NID_subject_alt_name, spec->san);
	if (EVP_PKEY_is_a(key, "ED25519"))
		md = NULL;
	if (!X509_sign(p->cert, key, md))
		abort();
	return p;
}

void cert_free(struct pair *pair)
{
	if (!pair)
		return;
	X509_free(pair->cert);
	EVP_PKEY_free(pair->key);
	free(pair);
}

static struct pair *server(const char *key)
{
	const struct cert_spec spec = {
		.cn = "localhost", .key = key, .eku = "serverAuth",
		.san = "DNS:localhost,DNS:*.example.org,IP:127.0.0.1,IP:::1",
	};

	return cert_make(&spec, pki.ca);
}

void pki_make(void)
{
	const struct cert_spec ca = { .cn = "Test CA", .ca = true };
	const struct cert_spec other = { .cn = "Other CA", .ca = true };
	const struct cert_spec client = {
		.cn = "client", .eku = "clientAuth",
	};

	pki.ca = cert_make(&ca, NULL);
	pki.other_ca = cert_make(&other, NULL);
	pki.client = cert_make(&client, pki.ca);
	pki.rsa = server("rsa");
	pki.p256 = server("p256");
	pki.p384 = server("p384");
	pki.ed25519 = server("ed25519");
}

void pki_free(void)
{
	cert_free(pki.ca);
	cert_free(pki.other_ca);
	cert_free(pki.client);
	cert_free(pki.rsa);
	cert_free(pki.p256);
	cert_free(pki.p384);
	cert_free(pki.ed25519);
}
