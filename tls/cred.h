/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS credentials: what the parts of the store share.
 *
 *	cred_netlink.c	commands, who may give them
 *	cred_parse.c	is it what it is said to be?
 *	cred_pem.c cred_der.c cred_x509.c cred_pkey.c
 *			the encodings, as far as that question needs them
 *	cred_key.c	the bytes themselves, in the kernel's key service
 *	cred.c		tags: who owns what, and who may use it
 */
#ifndef _ZSOCK_TLS_CRED_H
#define _ZSOCK_TLS_CRED_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>
#include <linux/zsock.h>
#include <net/netlink.h>

struct cred;
struct genl_info;
struct key;
struct net;
struct netlink_callback;
struct sk_buff;

/* ---- DER: cred_der.c ---- */

#define ZSOCK_DER_INTEGER	0x02
#define ZSOCK_DER_BITS		0x03
#define ZSOCK_DER_OCTETS	0x04
#define ZSOCK_DER_OID		0x06
#define ZSOCK_DER_UTC_TIME	0x17
#define ZSOCK_DER_TIME		0x18
#define ZSOCK_DER_SEQUENCE	0x30
#define ZSOCK_DER_CONTEXT(n)	(0x80 | (n))
#define ZSOCK_DER_NESTED(n)	(0xa0 | (n))

/* Bytes that are not ours. A reader takes elements from the beginning. */
struct zsock_der {
	const u8	*p;
	size_t		len;
};

bool zsock_der_take(struct zsock_der *der, u8 tag, struct zsock_der *value);
bool zsock_der_skip(struct zsock_der *der);
bool zsock_der_uint(struct zsock_der *der, struct zsock_der *value);
bool zsock_der_bits(struct zsock_der *der, u8 tag, struct zsock_der *value);
bool zsock_der_is(const struct zsock_der *der, const void *bytes, size_t len);

static inline u8 zsock_der_tag(const struct zsock_der *der)
{
	return der->len ? der->p[0] : 0;
}

/* ---- PEM: cred_pem.c ---- */

enum zsock_pem_label {
	ZSOCK_PEM_CERTIFICATE,
	ZSOCK_PEM_KEY,
	ZSOCK_PEM_EC_PARAMETERS,
	ZSOCK_PEM_ENCRYPTED,
	ZSOCK_PEM_OTHER,
};

bool zsock_pem_is(const void *data, size_t len);
int zsock_pem_next(struct zsock_der *text, enum zsock_pem_label *label,
		   u8 *out, size_t *outlen);

/* ---- public keys and what has them: cred_x509.c, cred_pkey.c ---- */

enum zsock_pub_alg {
	ZSOCK_PUB_NONE,		/* not told */
	ZSOCK_PUB_RSA,
	ZSOCK_PUB_P256,
	ZSOCK_PUB_P384,
	ZSOCK_PUB_ED25519,
	ZSOCK_PUB_OTHER,	/* none of these */
};

/* An RSA modulus of 16384 bits, an exponent of 64, and what frames them. */
#define ZSOCK_PUB_MAX		(4 + 2049 + 2 + 9)

/**
 * struct zsock_pub - a public key, in a form that can be compared
 * @alg: kind of key; may be known where the key itself is not
 * @len: of @bytes, 0 where it is not known
 * @bytes: RSA: modulus and exponent, in DER. Elliptic curves: the compressed
 *	point. Ed25519: the key
 */
struct zsock_pub {
	enum zsock_pub_alg	alg;
	unsigned int		len;
	u8			bytes[ZSOCK_PUB_MAX];
};

bool zsock_pub_rsa(struct zsock_der *numbers, struct zsock_pub *pub);
enum zsock_pub_alg zsock_pub_alg(const struct zsock_der *algorithm);
enum zsock_pub_alg zsock_pub_curve(const struct zsock_der *oid);
unsigned int zsock_pub_size(enum zsock_pub_alg alg);
bool zsock_pub_bits(const struct zsock_der *bits, struct zsock_pub *pub);
bool zsock_pub_spki(struct zsock_der *der, struct zsock_pub *pub);
bool zsock_x509(struct zsock_der *der, struct zsock_pub *pub);
bool zsock_pkey(struct zsock_der *der, struct zsock_pub *pub);

/* ---- cred_parse.c ---- */

/**
 * struct zsock_cred_new - a credential that is to be added
 * @tag: where
 * @type: ZSOCK_CRED_*
 * @replace: even if there is one
 * @data: the bytes as given
 * @len: how many
 * @spki: public key that was told with a private one, or nothing
 * @format: found out: ZSOCK_CRED_FORMAT_*
 * @pub: found out: public key of the first certificate, or of the private key
 * @why: an error in words
 */
struct zsock_cred_new {
	int			tag;
	u32			type;
	bool			replace;
	const u8		*data;
	size_t			len;
	struct zsock_der	spki;
	u32			format;
	struct zsock_pub	pub;
	const char		*why;
};

int zsock_cred_parse(struct zsock_cred_new *new);
bool zsock_cred_type_ok(u32 type);

/* ---- cred_key.c ---- */

/**
 * struct zsock_cred_payload - what a key holds; never changes
 * @serial: no other credential's
 * @format: ZSOCK_CRED_FORMAT_*
 * @alg: of the public key
 * @publen: bytes of it, behind @data
 * @len: of @data
 * @data: as it was given
 */
struct zsock_cred_payload {
	u64	serial;
	u32	format;
	u32	alg;
	u32	publen;
	u32	len;
	u8	data[];
};

struct key *zsock_cred_key(kuid_t owner, const struct zsock_cred_new *new);
const struct zsock_cred_payload *zsock_cred_payload(const struct key *key);
int zsock_cred_key_init(void);
void zsock_cred_key_exit(void);

/* ---- cred.c ---- */

#define ZSOCK_CRED_TYPES	(ZSOCK_CRED_TYPE_MAX + 1)

/**
 * struct zsock_creds - a network namespace's tags
 * @lock: held by who changes something
 * @tags: struct zsock_cred_tag; read under RCU
 * @count: how many
 * @changes: counted, so that a list knows
 */
struct zsock_creds {
	struct mutex	lock;
	struct xarray	tags;
	unsigned int	count;
	unsigned int	changes;
};

/* On whose behalf something is done. */
struct zsock_cred_who {
	kuid_t	uid;
	bool	admin;
};

/**
 * struct zsock_cred_ref - a credential in use
 * @key: held
 * @data: the bytes as they were given
 * @len: how many
 * @format: ZSOCK_CRED_FORMAT_*
 * @serial: of these very bytes, never used again
 *
 * Replacing or deleting the credential does not touch it.
 */
struct zsock_cred_ref {
	struct key	*key;
	const u8	*data;
	u32		len;
	u32		format;
	u64		serial;
};

/**
 * struct zsock_cred_view - what listings show of a credential
 * @tag: where it is
 * @type: ZSOCK_CRED_*
 * @format: ZSOCK_CRED_FORMAT_*
 * @len: bytes
 * @owner: of the tag
 * @nallowed: how many others may use the tag
 * @allowed: them
 */
struct zsock_cred_view {
	int	tag;
	u32	type;
	u32	format;
	u32	len;
	kuid_t	owner;
	u32	nallowed;
	kuid_t	allowed[ZSOCK_CRED_ALLOWED_MAX];
};

int zsock_cred_get_tag(struct net *net, int tag, const struct cred *cred,
		       struct zsock_cred_ref refs[ZSOCK_CRED_TYPES]);
void zsock_cred_put(struct zsock_cred_ref *ref);

int zsock_cred_add(struct zsock_creds *creds, const struct zsock_cred_who *who,
		   struct zsock_cred_new *new);
int zsock_cred_del(struct zsock_creds *creds, const struct zsock_cred_who *who,
		   int tag, u32 type);
int zsock_cred_read(struct zsock_creds *creds, const struct zsock_cred_who *who,
		    int tag, u32 type, struct zsock_cred_ref *ref,
		    struct zsock_cred_view *view);
int zsock_cred_allow(struct zsock_creds *creds,
		     const struct zsock_cred_who *who, int tag, kuid_t uid);
int zsock_cred_deny(struct zsock_creds *creds,
		    const struct zsock_cred_who *who, int tag, kuid_t uid);
bool zsock_cred_next(struct zsock_creds *creds,
		     const struct zsock_cred_who *who, u64 *at,
		     struct zsock_cred_view *view);
void zsock_creds_init(struct zsock_creds *creds);
void zsock_creds_free(struct zsock_creds *creds);

/* ---- cred_netlink.c ---- */

extern const struct nla_policy zsock_cred_policy[ZSOCK_A_CRED_MAX + 1];

int zsock_cred_nl_add(struct sk_buff *skb, struct genl_info *info);
int zsock_cred_nl_del(struct sk_buff *skb, struct genl_info *info);
int zsock_cred_nl_get(struct sk_buff *skb, struct genl_info *info);
int zsock_cred_nl_allow(struct sk_buff *skb, struct genl_info *info);
int zsock_cred_nl_deny(struct sk_buff *skb, struct genl_info *info);
int zsock_cred_nl_start(struct netlink_callback *cb);
int zsock_cred_nl_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _ZSOCK_TLS_CRED_H */
