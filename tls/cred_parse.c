// SPDX-License-Identifier: GPL-2.0
/*
 * Is a credential what it is said to be? As much as a kernel should ask: that
 * it is built like one, of a kind that sockets will be able to use, and
 * whose key it has. What needs arithmetic is for the one who adds it.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cred.h"

static const size_t zsock_cred_max[ZSOCK_CRED_TYPES] = {
	[ZSOCK_CRED_CA]		= ZSOCK_CRED_LEN_MAX,
	[ZSOCK_CRED_CERT]	= ZSOCK_CRED_LEN_MAX,
	[ZSOCK_CRED_KEY]	= ZSOCK_CRED_LEN_MAX,
	[ZSOCK_CRED_PSK]	= ZSOCK_CRED_PSK_MAX,
	[ZSOCK_CRED_PSK_ID]	= ZSOCK_CRED_PSK_ID_MAX,
};

bool zsock_cred_type_ok(u32 type)
{
	return type > ZSOCK_CRED_NONE && type <= ZSOCK_CRED_TYPE_MAX;
}

static int zsock_cred_bad(struct zsock_cred_new *new, const char *why)
{
	new->why = why;
	return -EINVAL;
}

/* Take the blocks of @text, put what is in them behind each other. */
static int zsock_cred_unarmour(struct zsock_cred_new *new,
			       enum zsock_pem_label want, struct zsock_der *der)
{
	struct zsock_der text = { new->data, new->len };
	u8 *out = (u8 *)der->p;
	enum zsock_pem_label label;
	size_t n;
	int ret;

	while ((ret = zsock_pem_next(&text, &label, out, &n)) > 0) {
		if (label == ZSOCK_PEM_ENCRYPTED)
			return zsock_cred_bad(new, "the key is encrypted, and has to be plain");
		if (label == ZSOCK_PEM_EC_PARAMETERS && want == ZSOCK_PEM_KEY)
			continue;
		if (label != want)
			return zsock_cred_bad(new, "there is something else in the PEM file, too");
		out += n;
	}
	der->len = out - der->p;
	return ret < 0 ? zsock_cred_bad(new, "malformed PEM") : 0;
}

static bool zsock_cred_alg_ok(enum zsock_pub_alg alg)
{
	return alg != ZSOCK_PUB_NONE && alg != ZSOCK_PUB_OTHER;
}

/* One or more; the first of a server's is its own. */
static int zsock_cred_certs(struct zsock_cred_new *new, struct zsock_der der)
{
	struct zsock_pub *pub = &new->pub, *rest;
	int ret = 0;

	if (!zsock_x509(&der, pub))
		return zsock_cred_bad(new, "not a certificate");
	if (new->type == ZSOCK_CRED_CERT && !zsock_cred_alg_ok(pub->alg))
		return zsock_cred_bad(new, "its key is not RSA, P-256, P-384 or Ed25519");
	if (!der.len)
		return 0;
	rest = kmalloc(sizeof(*rest), GFP_KERNEL);
	if (!rest)
		return -ENOMEM;
	while (der.len && !ret)
		if (!zsock_x509(&der, rest))
			ret = zsock_cred_bad(new, "what follows the certificate is none");
	kfree(rest);
	return ret;
}

/* What was told of the public key has to agree with what is known. */
static int zsock_cred_told(struct zsock_cred_new *new)
{
	struct zsock_der spki = new->spki;
	struct zsock_pub *told;
	int ret = 0;

	told = kmalloc(sizeof(*told), GFP_KERNEL);
	if (!told)
		return -ENOMEM;
	if (!zsock_pub_spki(&spki, told) || spki.len)
		ret = zsock_cred_bad(new, "malformed public key");
	else if (told->alg != new->pub.alg ||
		 (new->pub.len && (new->pub.len != told->len ||
				   memcmp(new->pub.bytes, told->bytes, told->len))))
		ret = zsock_cred_bad(new, "the public key is not that of the private one");
	else
		new->pub = *told;
	kfree(told);
	return ret;
}

static int zsock_cred_one_key(struct zsock_cred_new *new, struct zsock_der der)
{
	if (!zsock_pkey(&der, &new->pub))
		return zsock_cred_bad(new, "not a private key");
	if (der.len)
		return zsock_cred_bad(new, "there is more than one private key");
	if (!zsock_cred_alg_ok(new->pub.alg))
		return zsock_cred_bad(new, "the key is not RSA, P-256, P-384 or Ed25519");
	return new->spki.p ? zsock_cred_told(new) : 0;
}

static int zsock_cred_der(struct zsock_cred_new *new, struct zsock_der der)
{
	return new->type == ZSOCK_CRED_KEY ? zsock_cred_one_key(new, der) :
					     zsock_cred_certs(new, der);
}

static int zsock_cred_pem(struct zsock_cred_new *new)
{
	enum zsock_pem_label want = new->type == ZSOCK_CRED_KEY ?
				    ZSOCK_PEM_KEY : ZSOCK_PEM_CERTIFICATE;
	struct zsock_der der = { .len = 0 };
	u8 *out;
	int ret;

	/* What is decoded is shorter than its armour. */
	out = kvmalloc(new->len, GFP_KERNEL);
	if (!out)
		return -ENOMEM;
	der.p = out;
	ret = zsock_cred_unarmour(new, want, &der) ?: zsock_cred_der(new, der);
	kvfree_sensitive(out, new->len);
	return ret;
}

/* An identity is a string to those who use it. */
static int zsock_cred_psk(struct zsock_cred_new *new)
{
	new->format = ZSOCK_CRED_FORMAT_RAW;
	if (new->type == ZSOCK_CRED_PSK_ID && memchr(new->data, 0, new->len))
		return zsock_cred_bad(new, "a PSK identity has no byte 0");
	return 0;
}

/**
 * zsock_cred_parse - judge a credential
 * @new: it; format, public key and the reason of a refusal are filled in
 *
 * Return: 0, -EINVAL if it is not what it is said to be, -EFBIG, -ENOMEM.
 */
int zsock_cred_parse(struct zsock_cred_new *new)
{
	new->pub.alg = ZSOCK_PUB_NONE;
	new->pub.len = 0;
	if (!zsock_cred_type_ok(new->type))
		return zsock_cred_bad(new, "no such type of credential");
	if (!new->len)
		return zsock_cred_bad(new, "there is nothing in it");
	if (new->len > zsock_cred_max[new->type])
		return -EFBIG;
	if (new->spki.p && new->type != ZSOCK_CRED_KEY)
		return zsock_cred_bad(new, "a public key goes with a private key alone");
	if (new->type == ZSOCK_CRED_PSK || new->type == ZSOCK_CRED_PSK_ID)
		return zsock_cred_psk(new);
	if (zsock_pem_is(new->data, new->len)) {
		new->format = ZSOCK_CRED_FORMAT_PEM;
		return zsock_cred_pem(new);
	}
	new->format = ZSOCK_CRED_FORMAT_DER;
	return zsock_cred_der(new, (struct zsock_der){ new->data, new->len });
}
