// SPDX-License-Identifier: GPL-2.0
/*
 * X.509: whether it is built like a certificate, and whose key it certifies.
 * Names, dates, extensions and the signature are for those who verify it.
 *
 * The kernel's own parser is declared in no header that a module can have, and
 * does not take Ed25519.
 */
#include <linux/string.h>

#include "cred.h"

static const u8 zsock_oid_rsa[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01
};

static const u8 zsock_oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const u8 zsock_oid_p256[] = {
	0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07
};

static const u8 zsock_oid_p384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const u8 zsock_oid_ed25519[] = { 0x2b, 0x65, 0x70 };

/* Bytes of a number of that kind, and of an Ed25519 key. */
unsigned int zsock_pub_size(enum zsock_pub_alg alg)
{
	return alg == ZSOCK_PUB_P384 ? 48 : 32;
}

enum zsock_pub_alg zsock_pub_curve(const struct zsock_der *oid)
{
	if (zsock_der_is(oid, zsock_oid_p256, sizeof(zsock_oid_p256)))
		return ZSOCK_PUB_P256;
	if (zsock_der_is(oid, zsock_oid_p384, sizeof(zsock_oid_p384)))
		return ZSOCK_PUB_P384;
	return ZSOCK_PUB_OTHER;
}

/* What kind of key an AlgorithmIdentifier tells of; _NONE: it is malformed. */
enum zsock_pub_alg zsock_pub_alg(const struct zsock_der *algorithm)
{
	struct zsock_der in = *algorithm, oid, curve;

	if (!zsock_der_take(&in, ZSOCK_DER_OID, &oid))
		return ZSOCK_PUB_NONE;
	if (zsock_der_is(&oid, zsock_oid_ed25519, sizeof(zsock_oid_ed25519)))
		return in.len ? ZSOCK_PUB_NONE : ZSOCK_PUB_ED25519;
	if (zsock_der_is(&oid, zsock_oid_rsa, sizeof(zsock_oid_rsa)))
		return !in.len || zsock_der_is(&in, "\x05\x00", 2) ?
			ZSOCK_PUB_RSA : ZSOCK_PUB_NONE;
	if (!zsock_der_is(&oid, zsock_oid_ec, sizeof(zsock_oid_ec)))
		return ZSOCK_PUB_OTHER;
	if (zsock_der_tag(&in) != ZSOCK_DER_OID)
		return ZSOCK_PUB_OTHER;		/* a curve of one's own */
	if (!zsock_der_take(&in, ZSOCK_DER_OID, &curve) || in.len)
		return ZSOCK_PUB_NONE;
	return zsock_pub_curve(&curve);
}

static bool zsock_pub_store(struct zsock_pub *pub, const u8 *p, size_t len)
{
	if (len > sizeof(pub->bytes))
		return false;
	memcpy(pub->bytes, p, len);
	pub->len = len;
	return true;
}

/* The modulus and exponent that @numbers begins with, here and in PKCS #1. */
bool zsock_pub_rsa(struct zsock_der *numbers, struct zsock_pub *pub)
{
	const u8 *begin = numbers->p;
	struct zsock_der n, e;
	size_t bytes;

	if (!zsock_der_uint(numbers, &n) || !zsock_der_uint(numbers, &e))
		return false;
	/* 512 to 16384 bits behind the byte for the sign, and both odd. */
	bytes = n.len - !n.p[0];
	if (bytes < 64 || bytes > 2048 || !(n.p[n.len - 1] & 1) ||
	    e.len > 9 || !(e.p[e.len - 1] & 1))
		return false;
	pub->alg = ZSOCK_PUB_RSA;
	return zsock_pub_store(pub, begin, numbers->p - begin);
}

/* A point, compressed if it is not yet. */
static bool zsock_pub_point(const struct zsock_der *bits, struct zsock_pub *pub)
{
	size_t size = zsock_pub_size(pub->alg);

	if (bits->len == 1 + size && (bits->p[0] == 2 || bits->p[0] == 3))
		return zsock_pub_store(pub, bits->p, bits->len);
	if (bits->len != 1 + 2 * size || bits->p[0] != 4)
		return false;
	zsock_pub_store(pub, bits->p, 1 + size);
	pub->bytes[0] = 2 + (bits->p[2 * size] & 1);
	return true;
}

/* What stands for a key of the kind @pub->alg in a string of bits. */
bool zsock_pub_bits(const struct zsock_der *bits, struct zsock_pub *pub)
{
	struct zsock_der in = *bits, numbers;

	switch (pub->alg) {
	case ZSOCK_PUB_RSA:
		return zsock_der_take(&in, ZSOCK_DER_SEQUENCE, &numbers) &&
		       !in.len && zsock_pub_rsa(&numbers, pub) && !numbers.len;
	case ZSOCK_PUB_P256:
	case ZSOCK_PUB_P384:
		return zsock_pub_point(bits, pub);
	case ZSOCK_PUB_ED25519:
		return bits->len == zsock_pub_size(pub->alg) &&
		       zsock_pub_store(pub, bits->p, bits->len);
	case ZSOCK_PUB_OTHER:
		return bits->len;
	default:
		return false;
	}
}

/* SubjectPublicKeyInfo */
bool zsock_pub_spki(struct zsock_der *der, struct zsock_pub *pub)
{
	struct zsock_der spki, algorithm, bits;

	if (!zsock_der_take(der, ZSOCK_DER_SEQUENCE, &spki) ||
	    !zsock_der_take(&spki, ZSOCK_DER_SEQUENCE, &algorithm) ||
	    !zsock_der_bits(&spki, ZSOCK_DER_BITS, &bits) || spki.len)
		return false;
	pub->alg = zsock_pub_alg(&algorithm);
	pub->len = 0;
	return zsock_pub_bits(&bits, pub);
}

static bool zsock_x509_version(struct zsock_der *tbs)
{
	struct zsock_der in, version;

	if (zsock_der_tag(tbs) != ZSOCK_DER_NESTED(0))
		return true;			/* version 1 */
	return zsock_der_take(tbs, ZSOCK_DER_NESTED(0), &in) &&
	       zsock_der_uint(&in, &version) && !in.len &&
	       version.len == 1 && version.p[0] <= 2;
}

static bool zsock_x509_validity(struct zsock_der *tbs)
{
	struct zsock_der in, time;
	int i;

	if (!zsock_der_take(tbs, ZSOCK_DER_SEQUENCE, &in))
		return false;
	for (i = 0; i < 2; i++)
		if (!zsock_der_take(&in, ZSOCK_DER_UTC_TIME, &time) &&
		    !zsock_der_take(&in, ZSOCK_DER_TIME, &time))
			return false;
	return !in.len;
}

/* Unique identifiers of issuer and subject, extensions: each may be missing. */
static bool zsock_x509_rest(struct zsock_der *tbs)
{
	static const u8 tags[] = {
		ZSOCK_DER_CONTEXT(1), ZSOCK_DER_CONTEXT(2), ZSOCK_DER_NESTED(3)
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(tags); i++)
		if (zsock_der_tag(tbs) == tags[i] && !zsock_der_skip(tbs))
			return false;
	return !tbs->len;
}

static bool zsock_x509_tbs(struct zsock_der *tbs,
			   const struct zsock_der *algorithm,
			   struct zsock_pub *pub)
{
	struct zsock_der serial, in;

	return zsock_x509_version(tbs) &&
	       zsock_der_take(tbs, ZSOCK_DER_INTEGER, &serial) && serial.len &&
	       zsock_der_take(tbs, ZSOCK_DER_SEQUENCE, &in) &&
	       zsock_der_is(&in, algorithm->p, algorithm->len) &&
	       zsock_der_take(tbs, ZSOCK_DER_SEQUENCE, &in) &&	/* issuer */
	       zsock_x509_validity(tbs) &&
	       zsock_der_take(tbs, ZSOCK_DER_SEQUENCE, &in) &&	/* subject */
	       zsock_pub_spki(tbs, pub) &&
	       zsock_x509_rest(tbs);
}

/**
 * zsock_x509 - take a certificate
 * @der: where it begins; afterwards, what is behind it
 * @pub: the key that it certifies
 *
 * Return: whether it is one.
 */
bool zsock_x509(struct zsock_der *der, struct zsock_pub *pub)
{
	struct zsock_der cert, tbs, algorithm, signature;

	return zsock_der_take(der, ZSOCK_DER_SEQUENCE, &cert) &&
	       zsock_der_take(&cert, ZSOCK_DER_SEQUENCE, &tbs) &&
	       zsock_der_take(&cert, ZSOCK_DER_SEQUENCE, &algorithm) &&
	       zsock_der_bits(&cert, ZSOCK_DER_BITS, &signature) &&
	       signature.len && !cert.len &&
	       zsock_x509_tbs(&tbs, &algorithm, pub);
}
