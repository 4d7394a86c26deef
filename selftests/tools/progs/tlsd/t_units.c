// SPDX-License-Identifier: GPL-2.0
/*
 * Parts that can be asked questions: keys, lists, identities, messages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "alpn.h"
#include "ciphers.h"
#include "config.h"
#include "kdf.h"
#include "late.h"
#include "session.h"
#include "t.h"
#include "timer.h"
#include "verify.h"
#include "wire.h"

/* ---- keys ---- */

static void unhex(const char *hex, uint8_t *out)
{
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		*out++ = byte;
}

/* RFC 8448, 3: a traffic secret, and the key and IV that it makes. */
static void vector(const char *who, const char *secret, const char *key,
		   const char *iv)
{
	const struct prf_label for_key = { { "tls13 ", 6 }, { "key", 3 }, { NULL, 0 } };
	const struct prf_label for_iv = { { "tls13 ", 6 }, { "iv", 2 }, { NULL, 0 } };
	uint8_t s[32], k[16], v[12], out[16];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = prf_digest("SHA2-256");
	struct prf_part from = { s, sizeof(s) };

	t_begin("keys: RFC 8448, application traffic of the %s", who);
	unhex(secret, s);
	unhex(key, k);
	unhex(iv, v);
	CHECK(prf_expand(ctx, md, from, &for_key, out, sizeof(k)));
	CHECK(!memcmp(out, k, sizeof(k)));
	CHECK(prf_expand(ctx, md, from, &for_iv, out, sizeof(v)));
	CHECK(!memcmp(out, v, sizeof(v)));
	EVP_MD_CTX_free(ctx);
	t_end();
}

/* The same by OpenSSL's own provider. */
static bool by_openssl(const char *name, const OSSL_PARAM *params, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, "provider=default");
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool ok = EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

/* As libssl asks: by its properties, all in one call. */
static bool by_ours(const char *name, const OSSL_PARAM *params, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, KDF_PROPERTIES);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool ok = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;

	CHECK(!strcmp(OSSL_PROVIDER_get0_name(EVP_KDF_get0_provider(kdf)), "zsock-tlsd"));
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

static void same(const char *name, const OSSL_PARAM *params, size_t len)
{
	uint8_t a[300] = { 0 }, b[300] = { 1 };

	CHECK(by_openssl(name, params, a, len));
	CHECK(by_ours(name, params, b, len));
	CHECK(!memcmp(a, b, len));
}

#define OCTETS(key, p, n) OSSL_PARAM_construct_octet_string(key, (void *)(p), n)

static void prf_of_tls12(const char *md, const uint8_t *bytes)
{
	static const size_t secrets[] = { 1, 48, 63, 64, 65, 128, 129, 256 };
	static const size_t sizes[] = { 1, 12, 32, 48, 49, 56, 88, 200 };
	size_t i;

	t_begin("keys: TLS 1.2's PRF is OpenSSL's, %s", md);
	for (i = 0; i < 8; i++) {
		const OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string("digest", (char *)md, 0),
			OCTETS("secret", bytes, secrets[i]),
			OCTETS("seed", "key expansion", 13),
			OCTETS("seed", bytes + 20, 32),
			OCTETS("seed", bytes + 90, 32),
			OSSL_PARAM_construct_end(),
		};

		same("TLS1-PRF", params, sizes[i]);
	}
	t_end();
}

static void schedule_of_tls13(const char *md, const uint8_t *bytes, size_t size)
{
	int mode, given;

	t_begin("keys: TLS 1.3's key schedule is OpenSSL's, %s", md);
	for (given = 0; given < 8; given++) {
		OSSL_PARAM params[8], *p = params;

		mode = given & 4 ? EVP_KDF_HKDF_MODE_EXTRACT_ONLY : EVP_KDF_HKDF_MODE_EXPAND_ONLY;
		*p++ = OSSL_PARAM_construct_int("mode", &mode);
		*p++ = OSSL_PARAM_construct_utf8_string("digest", (char *)md, 0);
		*p++ = OCTETS("prefix", "tls13 ", 6);
		*p++ = OCTETS("label", "derived", 7);
		if (given & 1 || !(given & 4))
			*p++ = OCTETS("key", bytes, size);
		if (given & 2)
			*p++ = given & 4 ? OCTETS("salt", bytes + 7, size) :
					   OCTETS("data", bytes + 9, size);
		*p = OSSL_PARAM_construct_end();
		same("TLS13-KDF", params, given & 4 ? size : size - given);
	}
	t_end();
}

static void bad_derivations(void)
{
	const OSSL_PARAM unknown[] = {
		OSSL_PARAM_construct_utf8_string("digest", "SHA256", 0),
		OCTETS("secret", "x", 1), OCTETS("seed", "y", 1), OCTETS("what", "z", 1),
		OSSL_PARAM_construct_end(),
	};
	const OSSL_PARAM digest[] = {
		OSSL_PARAM_construct_utf8_string("digest", "MD5", 0),
		OCTETS("secret", "x", 1), OCTETS("seed", "y", 1),
		OSSL_PARAM_construct_end(),
	};
	uint8_t out[64];

	t_begin("keys: what is not understood is refused");
	CHECK(!by_ours("TLS1-PRF", unknown, out, 12));
	CHECK(!by_ours("TLS1-PRF", digest, out, 12));
	CHECK(by_ours("TLS1-PRF", unknown + 4, out, 12) == false);
	CHECK(!by_ours("TLS13-KDF", digest, out, 12));
	t_end();
}

static void keys(void)
{
	uint8_t bytes[300];
	size_t i;

	vector("server",
	       "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
	       "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984");
	vector("client",
	       "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
	       "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9");
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * i + 3;
	prf_of_tls12("SHA256", bytes);
	prf_of_tls12("SHA384", bytes);
	schedule_of_tls13("SHA256", bytes, 32);
	schedule_of_tls13("SHA384", bytes, 48);
	bad_derivations();
}

/* A stream that is cut at any places; other records do not count. */
static void wire(void)
{
	static const uint8_t stream[] = {
		22, 3, 3, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
		20, 3, 3, 0, 1, 1,
		22, 3, 3, 0, 10, 9, 9, 9, 9, 9, 9, 9, 0xff, 1, 2,
		21, 3, 3, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	static const uint8_t next[] = { 9, 9, 9, 9, 9, 9, 10, 0 };
	uint8_t nonce[WIRE_NONCE];
	size_t step, at, n;

	t_begin("wire: the nonce after that of the last handshake record");
	for (step = 1; step <= sizeof(stream); step++) {
		struct wire w = { 0 };

		for (at = 0; at < sizeof(stream); at += n) {
			n = sizeof(stream) - at;
			n = n < step ? n : step;
			wire_see(&w, stream + at, n);
		}
		wire_next_nonce(&w, nonce);
		CHECK(!memcmp(nonce, next, sizeof(next)));
	}
	t_end();
}

/* ---- lists ---- */

static bool choose(struct cipher_choice *c, bool psk, uint32_t version,
		   const uint16_t *list, size_t n)
{
	return ciphers_choose(list, n, psk, version, c);
}

#define LIST(...) (const uint16_t[]){ __VA_ARGS__ }, \
		  sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t)

static void cipher_lists(void)
{
	struct cipher_choice c;

	t_begin("ciphers: as listed, in that order, each once");
	CHECK(choose(&c, false, 0x0303, LIST(0xc030, 0x1303, 0xc02f, 0x1301,
					     0xc030)));
	CHECK(!strcmp(c.tls12, "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"));
	CHECK(!strcmp(c.tls13, "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"));
	CHECK_EQ(c.min, 0x0303);
	CHECK_EQ(c.max, 0x0304);
	t_end();

	t_begin("ciphers: CBC, CCM_8, AES-256-CCM and nonsense are left out");
	CHECK(choose(&c, false, 0x0303, LIST(0x002f, 0xc027, 0xc0ae, 0x1305,
					     0xc0ad, 0xffff, 0x1304)));
	CHECK(!strcmp(c.tls12, ""));
	CHECK(!strcmp(c.tls13, "TLS_AES_128_CCM_SHA256"));
	CHECK_EQ(c.min, 0x0304);
	CHECK(!choose(&c, false, 0x0303, LIST(0x002f, 0x1305)));
	t_end();

	t_begin("ciphers: versions are those that have a suite");
	CHECK(choose(&c, false, 0x0303, LIST(0xc02b)));
	CHECK_EQ(c.max, 0x0303);
	CHECK(!choose(&c, false, 0x0304, LIST(0xc02b)));
	CHECK(choose(&c, false, 0x0304, LIST(0xc02b, 0x1302)));
	CHECK_EQ(c.min, 0x0304);
	CHECK(!choose(&c, false, 0x0305, NULL, 0));
	CHECK(choose(&c, false, 0x0301, NULL, 0));
	CHECK_EQ(c.min, 0x0303);
	t_end();

	t_begin("ciphers: by default no plain RSA, and PSK only with a key");
	CHECK(choose(&c, false, 0x0303, NULL, 0));
	CHECK(!strstr(c.tls12, "PSK"));
	CHECK(strncmp(c.tls12, "AES", 3) && !strstr(c.tls12, ":AES"));
	CHECK(choose(&c, true, 0x0303, NULL, 0));
	CHECK(strstr(c.tls12, "ECDHE-PSK-CHACHA20-POLY1305"));
	CHECK_EQ(c.psk13, 0x1301);
	CHECK(choose(&c, true, 0x0303, LIST(0x1302, 0x1303)));
	CHECK_EQ(c.psk13, 0x1303);
	t_end();
}

static void alpn(void)
{
	static const char names[] = "h2\0http/1.1";	/* and its own NUL */
	static const unsigned char want[] = "\2h2\10http/1.1";
	static const unsigned char theirs[] = "\3foo\10http/1.1\2h2";
	unsigned char wire_form[1024];
	char name[300];
	size_t len;

	t_begin("ALPN: from strings to the wire, and bad ones");
	CHECK(alpn_wire(names, sizeof(names), wire_form, &len));
	CHECK_EQ(len, sizeof(want) - 1);
	CHECK(!memcmp(wire_form, want, len));
	CHECK(alpn_wire("", 0, wire_form, &len) && !len);
	CHECK(!alpn_wire("a\0\0b", 5, wire_form, &len));
	CHECK(!alpn_wire("ab", 2, wire_form, &len));
	memset(name, 'a', sizeof(name));
	name[256] = '\0';
	CHECK(!alpn_wire(name, 257, wire_form, &len));
	name[255] = '\0';
	CHECK(alpn_wire(name, 256, wire_form, &len));
	t_end();

	t_begin("ALPN: the first of ours that is one of theirs");
	CHECK(alpn_choose(want, sizeof(want) - 1, theirs, sizeof(theirs) - 1) ==
	      theirs + 13);
	CHECK(!alpn_choose(want, 3, theirs, 13));
	CHECK(!alpn_choose(want, sizeof(want) - 1, NULL, 0));
	/* A list that is cut off is not read beyond its end. */
	CHECK(!alpn_find(theirs, 12, (const unsigned char *)"http/1.1", 8));
	t_end();
}

/* ---- deadlines ---- */

static bool in_order(struct timer_heap *heap)
{
	uint64_t last = 0;
	struct timer *t;

	while ((t = timer_first(heap))) {
		if (t->when < last)
			return false;
		last = t->when;
		timer_cancel(heap, t);
	}
	return true;
}

static void timers(void)
{
	static struct timer all[1000];
	struct timer_heap heap = { 0 };
	size_t i, set = 0;

	t_begin("timers: in the order of their deadlines, whichever is cancelled");
	srand(1);
	for (i = 0; i < 1000; i++)
		CHECK(timer_set(&heap, &all[i], rand() % 500));
	for (i = 0; i < 1000; i++)
		if (rand() % 3)
			timer_cancel(&heap, &all[i]);
		else
			set++;
	CHECK_EQ(heap.n, set);
	CHECK(in_order(&heap));
	CHECK_EQ(heap.n, 0);
	timer_cancel(&heap, &all[0]);	/* not set: no harm */
	timer_heap_free(&heap);
	t_end();
}

/* ---- identities ---- */

static void fill(struct request *rq)
{
	request_init(rq);
	rq->id = 1;
	rq->role = TLS_DTLS_ROLE_CLIENT;
	rq->version = 0x0303;
	rq->uid = 1;
	rq->ncreds = 1;
	rq->creds[0] = (struct request_cred){ 1, ZSOCK_CRED_CA, 1, 10, 5 };
}

static bool differs(const struct request *a, const struct request *b)
{
	uint8_t x[CONFIG_ID], y[CONFIG_ID];

	return config_identity(a, x) && config_identity(b, y) &&
	       memcmp(x, y, sizeof(x));
}

#define CHANGES(field, value) do { \
		struct request other; \
		fill(&other); \
		other.field = (value); \
		CHECK(differs(&rq, &other)); \
	} while (0)

static void identity(void)
{
	struct request rq, same;

	t_begin("identity: all that matters for trust is part of it");
	fill(&rq);
	fill(&same);
	same.id = 2;
	same.fd = 9;
	same.timeout = 5;
	strcpy(same.hostname, "elsewhere");	/* a session's, not a context's */
	CHECK(!differs(&rq, &same));
	CHANGES(role, TLS_DTLS_ROLE_SERVER);
	CHANGES(version, 0x0304);
	CHANGES(verify, 2);
	CHANGES(cache, true);
	CHANGES(uid, 2);
	CHANGES(verify_fd, 3);
	CHANGES(nciphers, 1);
	CHANGES(alpn_len, 3);
	CHANGES(ncreds, 2);
	CHANGES(creds[0].tag, 2);
	CHANGES(creds[0].type, ZSOCK_CRED_CERT);
	CHANGES(creds[0].serial, 6);
	t_end();
}

static SSL_SESSION *session(uint16_t version)
{
	SSL_SESSION *s = SSL_SESSION_new();

	SSL_SESSION_set1_id(s, (const unsigned char *)"0123456789", 10);
	SSL_SESSION_set_protocol_version(s, version);
	SSL_SESSION_set_timeout(s, 1000);
	return s;
}

static struct session_owner owner(uint8_t n, uint32_t uid)
{
	struct session_owner o = { .uid = uid };

	memset(o.key, n, sizeof(o.key));
	return o;
}

static int take_all(const struct session_owner *o, int most)
{
	SSL_SESSION *s;
	int n;

	for (n = 0; n < most && (s = sessions_take(o)); n++)
		SSL_SESSION_free(s);
	return n;
}

static void session_cache(void)
{
	struct session_owner a = owner(1, 10), b = owner(2, 20), many;
	SSL_SESSION *s;
	uint32_t mask;
	int i;

	t_begin("sessions: TLS 1.2 again and again, TLS 1.3 once each");
	CHECK(sessions_put(&a, session(TLS1_2_VERSION)));
	CHECK(sessions_put(&a, session(TLS1_2_VERSION)));
	CHECK_EQ(sessions_count(), 1);
	CHECK_EQ(take_all(&a, 5), 5);
	CHECK_EQ(take_all(&b, 5), 0);
	for (i = 0; i < 9; i++)
		CHECK(sessions_put(&b, session(TLS1_3_VERSION)));
	CHECK_EQ(take_all(&b, 20), 4);
	t_end();

	t_begin("sessions: a user's are forgotten, others' are not");
	CHECK(sessions_put(&b, session(TLS1_3_VERSION)));
	sessions_purge(10);
	CHECK_EQ(take_all(&a, 1), 0);
	CHECK_EQ(take_all(&b, 1), 1);
	t_end();

	t_begin("sessions: bounded, and over when they are old");
	for (i = 0; i < 2000; i++) {
		many = owner(i % 251, 30);
		memcpy(many.key + 1, &i, sizeof(i));
		CHECK(sessions_put(&many, session(TLS1_3_VERSION)));
	}
	CHECK(sessions_count() <= 1024);
	sessions_expire(time(NULL) + 900);
	CHECK(sessions_count() > 0);
	sessions_expire(time(NULL) + 1001);
	CHECK_EQ(sessions_count(), 0);
	s = SSL_SESSION_new();		/* no ID, no ticket */
	CHECK(!sessions_put(&a, s));
	CHECK(!session_get_verify(s, &mask));
	CHECK(session_set_verify(s, 0x1234));
	CHECK(session_get_verify(s, &mask) && mask == 0x1234);
	SSL_SESSION_free(s);
	t_end();
}

/* ---- what was found wrong ---- */

static void bits(void)
{
	const struct cert_spec client = { .cn = "c", .eku = "clientAuth" };
	const struct cert_spec usage = {
		.cn = "c", .eku = "serverAuth", .ku = "keyCertSign",
	};
	struct pair *c = cert_make(&client, NULL), *u = cert_make(&usage, NULL);

	t_begin("verify: OpenSSL's errors and Zephyr's bits");
	CHECK_EQ(verify_bits(X509_V_OK, NULL, true), 0);
	CHECK_EQ(verify_bits(X509_V_ERR_CERT_HAS_EXPIRED, NULL, true),
		 ZSOCK_VERIFY_EXPIRED);
	CHECK_EQ(verify_bits(X509_V_ERR_CERT_NOT_YET_VALID, NULL, true),
		 ZSOCK_VERIFY_FUTURE);
	CHECK_EQ(verify_bits(X509_V_ERR_IP_ADDRESS_MISMATCH, NULL, true),
		 ZSOCK_VERIFY_CN_MISMATCH);
	CHECK_EQ(verify_bits(X509_V_ERR_CA_MD_TOO_WEAK, NULL, true),
		 ZSOCK_VERIFY_BAD_MD);
	CHECK_EQ(verify_bits(X509_V_ERR_EE_KEY_TOO_SMALL, NULL, true),
		 ZSOCK_VERIFY_BAD_KEY);
	CHECK_EQ(verify_bits(X509_V_ERR_INVALID_PURPOSE, c->cert, true),
		 ZSOCK_VERIFY_EXT_KEY_USAGE);
	CHECK_EQ(verify_bits(X509_V_ERR_INVALID_PURPOSE, u->cert, true),
		 ZSOCK_VERIFY_KEY_USAGE);
	CHECK_EQ(verify_bits(X509_V_ERR_OUT_OF_MEM, NULL, true),
		 ZSOCK_VERIFY_OTHER);
	t_end();
	cert_free(c);
	cert_free(u);
}

/* ---- messages ---- */

static struct nlmsghdr *message(char *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u64(nlh, ZSOCK_A_HANDSHAKE_ID, 0x1122334455667788);
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_FD, 1000001);
	return nlh;
}

static void put_cred(struct nlmsghdr *nlh, uint32_t length)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, ZSOCK_A_HANDSHAKE_CRED);

	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_CRED_TAG, (uint32_t)-5);
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_CRED_TYPE, ZSOCK_CRED_KEY);
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_CRED_FORMAT, 2);
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_CRED_LENGTH, length);
	mnl_attr_put_u64(nlh, ZSOCK_A_HANDSHAKE_CRED_SERIAL, 42);
	mnl_attr_nest_end(nlh, nest);
}

static void good_message(void)
{
	const uint16_t ciphers[] = { 0x1301, 0xc02b };
	char buf[8192];
	struct nlmsghdr *nlh = message(buf);
	struct request rq;

	t_begin("request: every attribute is read");
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_ROLE, TLS_DTLS_ROLE_SERVER);
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_VERSION, 0x0304);
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_TIMEOUT, 1234);
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_VERIFY, 1);
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_UID, 77);
	mnl_attr_put_strz(nlh, ZSOCK_A_HANDSHAKE_HOSTNAME, "a.example");
	mnl_attr_put(nlh, ZSOCK_A_HANDSHAKE_CIPHERS, sizeof(ciphers), ciphers);
	mnl_attr_put(nlh, ZSOCK_A_HANDSHAKE_ALPN, 6, "h2\0h3");
	mnl_attr_put(nlh, ZSOCK_A_HANDSHAKE_CACHE, 0, NULL);
	mnl_attr_put(nlh, ZSOCK_A_HANDSHAKE_NO_NAME_CHECK, 0, NULL);
	mnl_attr_put_u32(nlh, ZSOCK_A_HANDSHAKE_VERIFY_FD, 1000002);
	put_cred(nlh, 99);
	mnl_attr_put_u32(nlh, 4000, 1);		/* unknown: no harm */
	CHECK_EQ(request_parse(nlh, &rq), 0);
	CHECK_EQ(rq.id, 0x1122334455667788);
	CHECK_EQ(rq.fd, 1000001);
	CHECK_EQ(rq.verify_fd, 1000002);
	CHECK_EQ(rq.role, TLS_DTLS_ROLE_SERVER);
	CHECK_EQ(rq.version, 0x0304);
	CHECK_EQ(rq.timeout, 1234);
	CHECK_EQ(rq.verify, 1);
	CHECK_EQ(rq.uid, 77);
	CHECK(rq.cache && rq.no_name_check);
	CHECK(!strcmp(rq.hostname, "a.example"));
	CHECK(rq.nciphers == 2 && rq.ciphers[1] == 0xc02b);
	CHECK(rq.alpn_len == 6 && !memcmp(rq.alpn, "h2\0h3", 6));
	CHECK(rq.ncreds == 1 && rq.creds[0].tag == -5 &&
	      rq.creds[0].type == ZSOCK_CRED_KEY &&
	      rq.creds[0].serial == 42 && rq.creds[0].length == 99);
	t_end();
}

/* One attribute too long, or wrong otherwise, in a message that was good. */
static void bad(uint16_t type, size_t len, const void *data)
{
	static char buf[131072];
	struct nlmsghdr *nlh = message(buf);
	struct request rq;

	mnl_attr_put(nlh, type, len, data);
	CHECK_EQ(request_parse(nlh, &rq), -71 /* EPROTO */);
	CHECK_EQ(rq.id, 0x1122334455667788);	/* to be reported */
	CHECK_EQ(rq.fd, 1000001);		/* to be closed */
}

static void bad_messages(void)
{
	static char big[4096];
	static char buf[131072];
	const uint32_t three = 3;
	struct nlmsghdr *nlh;
	struct request rq;
	int i;

	t_begin("request: what does not fit is refused, and its id known");
	memset(big, 'x', sizeof(big));
	bad(ZSOCK_A_HANDSHAKE_HOSTNAME, 257, big);
	bad(ZSOCK_A_HANDSHAKE_HOSTNAME, 3, "a\0b");
	bad(ZSOCK_A_HANDSHAKE_CIPHERS, 3, big);
	bad(ZSOCK_A_HANDSHAKE_CIPHERS, 130, big);
	bad(ZSOCK_A_HANDSHAKE_ALPN, 1025, big);
	bad(ZSOCK_A_HANDSHAKE_ALPN, 3, "abc");
	bad(ZSOCK_A_HANDSHAKE_UID, 3, big);
	bad(ZSOCK_A_HANDSHAKE_ROLE, 4, &three);
	bad(ZSOCK_A_HANDSHAKE_VERIFY, 4, &three);
	bad(ZSOCK_A_HANDSHAKE_FD, 4, &three);	/* a second one */
	nlh = message(buf);
	put_cred(nlh, ZSOCK_CRED_LEN_MAX + 1);
	CHECK_EQ(request_parse(nlh, &rq), -71);
	nlh = message(buf);
	for (i = 0; i <= REQUEST_CREDS_MAX; i++)
		put_cred(nlh, 1);
	CHECK_EQ(request_parse(nlh, &rq), -71);
	nlh = message(buf);
	CHECK_EQ(request_parse(nlh, &rq), 0);
	CHECK_EQ(rq.verify, TLS_PEER_VERIFY_REQUIRED);	/* told or not */
	t_end();
}

void t_units(void)
{
	keys();
	wire();
	cipher_lists();
	alpn();
	timers();
	identity();
	session_cache();
	bits();
	good_message();
	bad_messages();
}
