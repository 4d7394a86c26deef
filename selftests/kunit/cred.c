// SPDX-License-Identifier: GPL-2.0
/* What is a certificate, and what is a key. */
#include <linux/slab.h>

#include "cred_data.h"
#include "suites.h"

struct zsock_cred_case {
	const char		*name;
	u32			type;
	const u8		*data;
	size_t			len;
	enum zsock_pub_alg	alg;
	bool			told;	/* it has the public key in it */
};

#define GOOD(bytes, of, kind, tells)					\
	{								\
		.name = #bytes, .type = ZSOCK_CRED_##of,		\
		.data = (bytes), .len = sizeof(bytes),			\
		.alg = ZSOCK_PUB_##kind, .told = (tells),		\
	}

static const struct zsock_cred_case zsock_cred_good[] = {
	GOOD(rsa_cert, CERT, RSA, true),
	GOOD(p256_cert, CERT, P256, true),
	GOOD(p384_cert, CERT, P384, true),
	GOOD(ed25519_cert, CERT, ED25519, true),
	GOOD(p521_cert, CA, OTHER, false),
	GOOD(rsa_key, KEY, RSA, true),
	GOOD(rsa_pkcs1, KEY, RSA, true),
	GOOD(p256_key, KEY, P256, true),
	GOOD(p256_sec1, KEY, P256, true),
	GOOD(p256_bare, KEY, P256, false),
	GOOD(p384_key, KEY, P384, true),
	GOOD(ed25519_key, KEY, ED25519, false),
};

static void zsock_cred_case_name(const struct zsock_cred_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(zsock_cred_good, zsock_cred_good, zsock_cred_case_name);

/* A copy with nothing behind it, so that KASAN sees who reads on. */
static int zsock_judge(struct kunit *test, struct zsock_cred_new *new, u32 type,
		       const void *data, size_t len)
{
	u8 *copy = kmemdup(data, len, GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	new->type = type;
	new->data = copy;
	new->len = len;
	err = zsock_cred_parse(new);
	kfree(copy);
	return err;
}

static struct zsock_cred_new *zsock_new(struct kunit *test)
{
	struct zsock_cred_new *new;

	new = kunit_kzalloc(test, sizeof(*new), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, new);
	return new;
}

#define JUDGE(type, data, len)						\
	zsock_judge(test, zsock_new(test), ZSOCK_CRED_##type, data, len)

/* ---- armour ---- */

static char *zsock_base64(char *out, const u8 *p, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;
	u32 bits;

	for (i = 0; i < len; i += 3) {
		bits = p[i] << 16 | (i + 1 < len ? p[i + 1] << 8 : 0) |
		       (i + 2 < len ? p[i + 2] : 0);
		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		*out++ = i + 2 < len ? digits[bits & 63] : '=';
		if (i % 48 == 45)
			*out++ = '\n';
	}
	return out;
}

static char *zsock_pem(struct kunit *test, const char *label, const u8 *p,
		       size_t len)
{
	char *pem = kunit_kzalloc(test, 2 * len + 200, GFP_KERNEL), *out;

	KUNIT_ASSERT_NOT_NULL(test, pem);
	out = pem + sprintf(pem, "-----BEGIN %s-----\n", label);
	out = zsock_base64(out, p, len);
	sprintf(out, "\n-----END %s-----\n", label);
	return pem;
}

/* Up to three pieces, one behind the other. */
static char *zsock_join(struct kunit *test, const char *a, const char *b,
			const char *c)
{
	size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
	char *all = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, all);
	snprintf(all, size, "%s%s%s", a, b, c);
	return all;
}

static char *zsock_pem_of(struct kunit *test, const struct zsock_cred_case *c)
{
	return zsock_pem(test, c->type == ZSOCK_CRED_KEY ? "PRIVATE KEY" :
							   "CERTIFICATE",
			 c->data, c->len);
}

/* ---- what is right ---- */

static void zsock_cred_is_taken(struct kunit *test)
{
	const struct zsock_cred_case *c = test->param_value;
	struct zsock_cred_new *new = zsock_new(test);
	const char *pem = zsock_pem_of(test, c);

	KUNIT_EXPECT_EQ(test, 0,
			zsock_judge(test, new, c->type, c->data, c->len));
	KUNIT_EXPECT_EQ(test, ZSOCK_CRED_FORMAT_DER, new->format);
	KUNIT_EXPECT_EQ(test, c->alg, new->pub.alg);
	KUNIT_EXPECT_EQ(test, c->told, new->pub.len > 0);
	KUNIT_EXPECT_EQ(test, 0,
			zsock_judge(test, new, c->type, pem, strlen(pem)));
	KUNIT_EXPECT_EQ(test, ZSOCK_CRED_FORMAT_PEM, new->format);
	KUNIT_EXPECT_EQ(test, c->alg, new->pub.alg);
	KUNIT_EXPECT_EQ(test, c->told, new->pub.len > 0);
}

/* The public key is the same wherever it was found. */
static void zsock_cred_pairs(struct kunit *test)
{
	static const struct {
		const u8 *cert, *key;
		size_t clen, klen;
	} pairs[] = {
		{ rsa_cert, rsa_key, sizeof(rsa_cert), sizeof(rsa_key) },
		{ rsa_cert, rsa_pkcs1, sizeof(rsa_cert), sizeof(rsa_pkcs1) },
		{ p256_cert, p256_key, sizeof(p256_cert), sizeof(p256_key) },
		{ p256_cert, p256_sec1, sizeof(p256_cert), sizeof(p256_sec1) },
		{ p384_cert, p384_key, sizeof(p384_cert), sizeof(p384_key) },
	};
	struct zsock_cred_new *cert = zsock_new(test), *key = zsock_new(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		KUNIT_EXPECT_EQ(test, 0,
				zsock_judge(test, cert, ZSOCK_CRED_CERT,
					    pairs[i].cert, pairs[i].clen));
		KUNIT_EXPECT_EQ(test, 0,
				zsock_judge(test, key, ZSOCK_CRED_KEY,
					    pairs[i].key, pairs[i].klen));
		KUNIT_ASSERT_EQ(test, cert->pub.len, key->pub.len);
		KUNIT_EXPECT_MEMEQ(test, cert->pub.bytes, key->pub.bytes,
				   key->pub.len);
	}
}

static int zsock_judge_told(struct kunit *test, u32 type, const u8 *data,
			    size_t len, const u8 *spki, size_t n)
{
	struct zsock_cred_new *new = zsock_new(test);

	new->spki = (struct zsock_der){ spki, n };
	return zsock_judge(test, new, type, data, len);
}

#define TOLD(type, data, spki)						\
	zsock_judge_told(test, ZSOCK_CRED_##type, data, sizeof(data),	\
			 spki, sizeof(spki))

static void zsock_cred_told_public(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, TOLD(KEY, ed25519_key, ed25519_public));
	KUNIT_EXPECT_EQ(test, 0, TOLD(KEY, p256_bare, p256_public));
	KUNIT_EXPECT_EQ(test, 0, TOLD(KEY, p256_key, p256_public));
	KUNIT_EXPECT_EQ(test, 0, TOLD(KEY, p256_key, p256_compressed));
	/* Of another kind, contradicting, of a certificate, malformed. */
	KUNIT_EXPECT_EQ(test, -EINVAL, TOLD(KEY, ed25519_key, p256_public));
	KUNIT_EXPECT_EQ(test, -EINVAL, TOLD(KEY, p384_key, p256_public));
	KUNIT_EXPECT_EQ(test, -EINVAL, TOLD(CERT, p256_cert, p256_public));
	KUNIT_EXPECT_EQ(test, -EINVAL, TOLD(KEY, p256_key, p256_cert));
}

static void zsock_cred_told_lie(struct kunit *test)
{
	u8 spki[sizeof(p256_public)];

	memcpy(spki, p256_public, sizeof(spki));
	spki[sizeof(spki) - 40] ^= 1;
	KUNIT_EXPECT_EQ(test, -EINVAL, TOLD(KEY, p256_key, spki));
}

static void zsock_cred_chains(struct kunit *test)
{
	size_t len = sizeof(p256_cert) + sizeof(p521_cert);
	u8 *chain = kunit_kzalloc(test, len + 1, GFP_KERNEL);
	struct zsock_cred_new *new = zsock_new(test);

	KUNIT_ASSERT_NOT_NULL(test, chain);
	memcpy(chain, p256_cert, sizeof(p256_cert));
	memcpy(chain + sizeof(p256_cert), p521_cert, sizeof(p521_cert));
	KUNIT_EXPECT_EQ(test, 0, zsock_judge(test, new, ZSOCK_CRED_CERT, chain, len));
	/* The first one's key it is. */
	KUNIT_EXPECT_EQ(test, ZSOCK_PUB_P256, new->pub.alg);
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(CERT, chain, len + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(CERT, chain, len - 1));
}

/* ---- what is wrong ---- */

static void zsock_cred_truncated(struct kunit *test)
{
	const struct zsock_cred_case *c = test->param_value;
	struct zsock_cred_new *new = zsock_new(test);
	const char *pem = zsock_pem_of(test, c);
	size_t n;

	for (n = 0; n < c->len; n++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    zsock_judge(test, new, c->type, c->data, n),
				    "%zu bytes", n);
	/* It is whole without its last newline. */
	for (n = 0; n < strlen(pem) - 1; n++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    zsock_judge(test, new, c->type, pem, n),
				    "%zu characters", n);
}

/* Whatever is made of it, nothing is read that is not there. */
static void zsock_cred_damaged(struct kunit *test)
{
	static const u8 to[] = { 0x00, 0x7f, 0x80, 0x82, 0xff };
	const struct zsock_cred_case *c = test->param_value;
	struct zsock_cred_new *new = zsock_new(test);
	u8 *copy = kunit_kzalloc(test, c->len, GFP_KERNEL);
	int err, refused = 0;
	size_t n, i;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, c->data, c->len);
	for (n = 0; n < c->len; n++) {
		for (i = 0; i < ARRAY_SIZE(to); i++) {
			copy[n] = to[i];
			err = zsock_judge(test, new, c->type, copy, c->len);
			KUNIT_EXPECT_TRUE(test, !err || err == -EINVAL);
			refused += !!err;
		}
		copy[n] = c->data[n];
	}
	KUNIT_EXPECT_GT(test, refused, 20);
}

static void zsock_cred_wrong_type(struct kunit *test)
{
	const struct zsock_cred_case *c = test->param_value;
	struct zsock_cred_new *new = zsock_new(test);
	u32 other = c->type == ZSOCK_CRED_KEY ? ZSOCK_CRED_CERT : ZSOCK_CRED_KEY;

	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_judge(test, new, other, c->data, c->len));
	KUNIT_EXPECT_NOT_NULL(test, new->why);
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_judge(test, new, 0, c->data, c->len));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_judge(test, new, ZSOCK_CRED_TYPE_MAX + 1, c->data, c->len));
}

static void zsock_cred_wrong_kind(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(CERT, p521_cert, sizeof(p521_cert)));
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(KEY, p521_key, sizeof(p521_key)));
}

static void zsock_cred_der_lengths(struct kunit *test)
{
	static const u8 bad[][6] = {
		{ 0x30, 0x80, 0x00, 0x00, 0x00, 0x00 },	/* indefinite */
		{ 0x30, 0x81, 0x03, 0x02, 0x01, 0x00 },	/* not the shortest */
		{ 0x30, 0x82, 0x00, 0x02, 0x05, 0x00 },
		{ 0x30, 0x84, 0xff, 0xff, 0xff, 0xff },	/* more than there is */
		{ 0x30, 0x82, 0xff, 0xff, 0x05, 0x00 },
		{ 0x30, 0x05, 0x05, 0x00, 0x00, 0x00 },
		{ 0x3f, 0x04, 0x05, 0x00, 0x05, 0x00 },	/* a tag of two bytes */
		{ 0x30, 0xff, 0x05, 0x00, 0x05, 0x00 },
	};
	struct zsock_der der, value;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		der = (struct zsock_der){ bad[i], sizeof(bad[i]) };
		KUNIT_EXPECT_FALSE_MSG(test, zsock_der_take(&der, bad[i][0], &value),
				       "case %d", i);
	}
}

static void zsock_cred_nested(struct kunit *test)
{
	size_t len = ZSOCK_CRED_LEN_MAX, n;
	u8 *deep = kvmalloc(len + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, deep);
	for (n = 0; n + 4 <= len; n += 4) {
		deep[n] = 0x30;
		deep[n + 1] = 0x82;
		deep[n + 2] = (len - n - 4) >> 8;
		deep[n + 3] = len - n - 4;
	}
	deep[len] = 0;
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(CA, deep, len));
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(KEY, deep, len));
	KUNIT_EXPECT_EQ(test, -EFBIG, JUDGE(CA, deep, len + 1));
	KUNIT_EXPECT_EQ(test, -EFBIG, JUDGE(KEY, deep, len + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(KEY, deep, 0));
	kvfree(deep);
}

static void zsock_cred_bad_pem(struct kunit *test)
{
	static const char * const bad[] = {
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMA==\n-----END X509 CRL-----\n",
		"-----BEGIN CERTIFICATE-----\nMA\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nM===\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMA=A\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMA==MA==\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMB==\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nM*==\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMA==",
		"-----BEGIN CERTIFICATE-----",
		"-----BEGIN -----\n", "-----BEGIN ----------END -----",
		"\n\n\n", "-----", "hello",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    JUDGE(CA, bad[i], strlen(bad[i])), "case %d", i);
}

/* What else is in a file must not come to be readable as a certificate. */
static void zsock_cred_mixed_pem(struct kunit *test)
{
	const char *cert = zsock_pem(test, "CERTIFICATE", p256_cert, sizeof(p256_cert));
	const char *key = zsock_pem(test, "PRIVATE KEY", p256_key, sizeof(p256_key));
	struct zsock_cred_new *new = zsock_new(test);
	char *both;

	both = zsock_join(test, cert, key, "");
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(CERT, both, strlen(both)));
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(KEY, both, strlen(both)));
	both = zsock_join(test, key, key, "");
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(KEY, both, strlen(both)));
	/* Two certificates, and what people write around them, are fine. */
	both = zsock_join(test, "0 s:CN = a\r\n", cert,
			  zsock_join(test, "\n # b\n", cert, "."));
	KUNIT_EXPECT_EQ(test, 0, JUDGE(CERT, both, strlen(both)));
	both = zsock_join(test, "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n",
			  "-----END EC PARAMETERS-----\n", key);
	KUNIT_EXPECT_EQ(test, 0, JUDGE(KEY, both, strlen(both)));
	/* Nobody here can be asked for a passphrase. */
	both = zsock_pem(test, "ENCRYPTED PRIVATE KEY", p256_key, sizeof(p256_key));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_judge(test, new, ZSOCK_CRED_KEY, both, strlen(both)));
	KUNIT_EXPECT_NOT_NULL(test, strstr(new->why, "encrypted"));
}

static void zsock_cred_psks(struct kunit *test)
{
	static const u8 bytes[ZSOCK_CRED_PSK_MAX + 1];
	char id[ZSOCK_CRED_PSK_ID_MAX + 2];

	memset(id, 'x', sizeof(id));
	KUNIT_EXPECT_EQ(test, 0, JUDGE(PSK, bytes, 1));
	KUNIT_EXPECT_EQ(test, 0, JUDGE(PSK, bytes, ZSOCK_CRED_PSK_MAX));
	KUNIT_EXPECT_EQ(test, -EFBIG, JUDGE(PSK, bytes, ZSOCK_CRED_PSK_MAX + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(PSK, bytes, 0));
	KUNIT_EXPECT_EQ(test, 0, JUDGE(PSK_ID, id, ZSOCK_CRED_PSK_ID_MAX));
	KUNIT_EXPECT_EQ(test, -EFBIG, JUDGE(PSK_ID, id, ZSOCK_CRED_PSK_ID_MAX + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, JUDGE(PSK_ID, bytes, 1));
}

static struct kunit_case zsock_cred_cases[] = {
	KUNIT_CASE_PARAM(zsock_cred_is_taken, zsock_cred_good_gen_params),
	KUNIT_CASE_PARAM(zsock_cred_truncated, zsock_cred_good_gen_params),
	KUNIT_CASE_PARAM(zsock_cred_damaged, zsock_cred_good_gen_params),
	KUNIT_CASE_PARAM(zsock_cred_wrong_type, zsock_cred_good_gen_params),
	KUNIT_CASE(zsock_cred_pairs),
	KUNIT_CASE(zsock_cred_told_public),
	KUNIT_CASE(zsock_cred_told_lie),
	KUNIT_CASE(zsock_cred_chains),
	KUNIT_CASE(zsock_cred_wrong_kind),
	KUNIT_CASE(zsock_cred_der_lengths),
	KUNIT_CASE(zsock_cred_nested),
	KUNIT_CASE(zsock_cred_bad_pem),
	KUNIT_CASE(zsock_cred_mixed_pem),
	KUNIT_CASE(zsock_cred_psks),
	{ }
};

struct kunit_suite zsock_cred_suite = {
	.name		= "zsock_cred",
	.test_cases	= zsock_cred_cases,
};
