// SPDX-License-Identifier: GPL-2.0
/*
 * Private keys: PKCS #8, PKCS #1 and SEC 1. Whether it is built like one, and
 * the public key, as far as the encoding tells that. Nothing is computed.
 */
#include "cred.h"

/* RSAPrivateKey, behind its version: n e d p q dp dq qinv */
static bool zsock_pkey_rsa(struct zsock_der *in, struct zsock_pub *pub)
{
	struct zsock_der number;
	int i;

	if (!zsock_pub_rsa(in, pub))
		return false;
	for (i = 0; i < 6; i++)
		if (!zsock_der_uint(in, &number) ||
		    zsock_der_is(&number, "", 1))
			return false;		/* none of them is 0 */
	return !in->len;
}

/* The curve's name, [0], which PKCS #8 has told already. */
static bool zsock_pkey_curve(struct zsock_der *in, struct zsock_pub *pub)
{
	struct zsock_der named, oid;
	enum zsock_pub_alg alg;

	if (zsock_der_tag(in) != ZSOCK_DER_NESTED(0))
		return pub->alg != ZSOCK_PUB_NONE;
	if (!zsock_der_take(in, ZSOCK_DER_NESTED(0), &named) ||
	    !zsock_der_take(&named, ZSOCK_DER_OID, &oid) || named.len)
		return false;
	alg = zsock_pub_curve(&oid);
	if (pub->alg == ZSOCK_PUB_NONE)
		pub->alg = alg;
	return pub->alg == alg;
}

/* ECPrivateKey, behind its version */
static bool zsock_pkey_ec(struct zsock_der *in, struct zsock_pub *pub)
{
	struct zsock_der number, wrapped, point;

	if (!zsock_der_take(in, ZSOCK_DER_OCTETS, &number) || !number.len ||
	    !zsock_pkey_curve(in, pub))
		return false;
	if (pub->alg == ZSOCK_PUB_OTHER)
		return true;
	if (number.len > zsock_pub_size(pub->alg))
		return false;
	if (zsock_der_tag(in) == ZSOCK_DER_NESTED(1) &&
	    (!zsock_der_take(in, ZSOCK_DER_NESTED(1), &wrapped) ||
	     !zsock_der_bits(&wrapped, ZSOCK_DER_BITS, &point) || wrapped.len ||
	     !zsock_pub_bits(&point, pub)))
		return false;
	return !in->len;
}

static bool zsock_pkey_version(struct zsock_der *in, u8 *version)
{
	struct zsock_der number;

	if (!zsock_der_uint(in, &number) || number.len != 1)
		return false;
	*version = number.p[0];
	return true;
}

/* What PKCS #8 has around, by kind of key. */
static bool zsock_pkey_inner(struct zsock_der in, struct zsock_pub *pub)
{
	struct zsock_der key;
	u8 version;

	switch (pub->alg) {
	case ZSOCK_PUB_RSA:
		return zsock_der_take(&in, ZSOCK_DER_SEQUENCE, &key) &&
		       !in.len && zsock_pkey_version(&key, &version) &&
		       !version && zsock_pkey_rsa(&key, pub);
	case ZSOCK_PUB_P256:
	case ZSOCK_PUB_P384:
		return zsock_der_take(&in, ZSOCK_DER_SEQUENCE, &key) &&
		       !in.len && zsock_pkey_version(&key, &version) &&
		       version == 1 && zsock_pkey_ec(&key, pub);
	case ZSOCK_PUB_ED25519:
		return zsock_der_take(&in, ZSOCK_DER_OCTETS, &key) &&
		       !in.len && key.len == zsock_pub_size(pub->alg);
	case ZSOCK_PUB_OTHER:
		return true;
	default:
		return false;
	}
}

/*
 * Attributes, [0], and in version 2 the public key, [1]: where the private key
 * has not told it itself.
 */
static bool zsock_pkey_rest(struct zsock_der *in, u8 version,
			    struct zsock_pub *pub)
{
	struct zsock_der bits;

	if (zsock_der_tag(in) == ZSOCK_DER_NESTED(0) && !zsock_der_skip(in))
		return false;
	if (version && zsock_der_tag(in) == ZSOCK_DER_CONTEXT(1) &&
	    (!zsock_der_bits(in, ZSOCK_DER_CONTEXT(1), &bits) ||
	     (!pub->len && !zsock_pub_bits(&bits, pub))))
		return false;
	return !in->len;
}

static bool zsock_pkey_pkcs8(struct zsock_der *in, u8 version,
			     struct zsock_pub *pub)
{
	struct zsock_der algorithm, key;

	if (version > 1 ||
	    !zsock_der_take(in, ZSOCK_DER_SEQUENCE, &algorithm) ||
	    !zsock_der_take(in, ZSOCK_DER_OCTETS, &key))
		return false;
	pub->alg = zsock_pub_alg(&algorithm);
	return zsock_pkey_inner(key, pub) && zsock_pkey_rest(in, version, pub);
}

/**
 * zsock_pkey - take a private key
 * @der: where it begins; afterwards, what is behind it
 * @pub: its kind, and its public key if that is told
 *
 * Return: whether it is one.
 */
bool zsock_pkey(struct zsock_der *der, struct zsock_pub *pub)
{
	struct zsock_der in;
	u8 version;

	pub->alg = ZSOCK_PUB_NONE;
	pub->len = 0;
	if (!zsock_der_take(der, ZSOCK_DER_SEQUENCE, &in) ||
	    !zsock_pkey_version(&in, &version))
		return false;
	switch (zsock_der_tag(&in)) {
	case ZSOCK_DER_SEQUENCE:
		return zsock_pkey_pkcs8(&in, version, pub);
	case ZSOCK_DER_INTEGER:
		return !version && zsock_pkey_rsa(&in, pub);
	case ZSOCK_DER_OCTETS:
		return version == 1 && zsock_pkey_ec(&in, pub);
	default:
		return false;
	}
}
