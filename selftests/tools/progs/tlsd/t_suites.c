// SPDX-License-Identifier: GPL-2.0
/*
 * Each cipher suite in each role, with data both ways afterwards; versions,
 * kinds of keys, application protocols.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "alpn.h"
#include "t.h"

struct suite {
	uint16_t id;
	const char *name;
	bool tls13, psk, rsa;
};

static const struct suite suites[] = {
	{ 0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256", false, false, false },
	{ 0xc02f, "ECDHE-RSA-AES128-GCM-SHA256", false, false, true },
	{ 0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384", false, false, false },
	{ 0xc030, "ECDHE-RSA-AES256-GCM-SHA384", false, false, true },
	{ 0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305", false, false, false },
	{ 0xcca8, "ECDHE-RSA-CHACHA20-POLY1305", false, false, true },
	{ 0xc0ac, "ECDHE-ECDSA-AES128-CCM", false, false, false },
	{ 0x009e, "DHE-RSA-AES128-GCM-SHA256", false, false, true },
	{ 0x009f, "DHE-RSA-AES256-GCM-SHA384", false, false, true },
	{ 0xccaa, "DHE-RSA-CHACHA20-POLY1305", false, false, true },
	{ 0xc09e, "DHE-RSA-AES128-CCM", false, false, true },
	{ 0x009c, "AES128-GCM-SHA256", false, false, true },
	{ 0x009d, "AES256-GCM-SHA384", false, false, true },
	{ 0xc09c, "AES128-CCM", false, false, true },
	{ 0xccac, "ECDHE-PSK-CHACHA20-POLY1305", false, true, false },
	{ 0x00aa, "DHE-PSK-AES128-GCM-SHA256", false, true, false },
	{ 0x00ab, "DHE-PSK-AES256-GCM-SHA384", false, true, false },
	{ 0xccad, "DHE-PSK-CHACHA20-POLY1305", false, true, false },
	{ 0xc0a6, "DHE-PSK-AES128-CCM", false, true, false },
	{ 0x00a8, "PSK-AES128-GCM-SHA256", false, true, false },
	{ 0x00a9, "PSK-AES256-GCM-SHA384", false, true, false },
	{ 0xccab, "PSK-CHACHA20-POLY1305", false, true, false },
	{ 0xc0a4, "PSK-AES128-CCM", false, true, false },
	{ 0x1301, "TLS_AES_128_GCM_SHA256", true, false, false },
	{ 0x1302, "TLS_AES_256_GCM_SHA384", true, false, false },
	{ 0x1303, "TLS_CHACHA20_POLY1305_SHA256", true, false, false },
	{ 0x1304, "TLS_AES_128_CCM_SHA256", true, false, false },
};

static unsigned int psk_client(SSL *ssl, const char *hint, char *id,
			       unsigned int id_room, unsigned char *psk,
			       unsigned int room)
{
	(void)ssl;
	(void)hint;
	(void)id_room;
	(void)room;
	strcpy(id, "someone");
	memcpy(psk, "secretsecretsecret", 18);
	return 18;
}

static unsigned int psk_server(SSL *ssl, const char *id, unsigned char *psk,
			       unsigned int room)
{
	(void)ssl;
	(void)id;
	(void)room;
	memcpy(psk, "secretsecretsecret", 18);
	return 18;
}

/* The peer takes everything, so that it is our list that decides. */
static void open_peer(struct peer *p, bool server, const struct suite *suite)
{
	peer_init(p, server);
	SSL_CTX_set_cipher_list(p->ctx, "ALL");
	SSL_CTX_set_ciphersuites(p->ctx, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
	if (suite->psk && server)
		SSL_CTX_set_psk_server_callback(p->ctx, psk_server);
	else if (suite->psk)
		SSL_CTX_set_psk_client_callback(p->ctx, psk_client);
	else if (server)
		peer_use(p, suite->rsa ? pki.rsa : pki.p256);
}

/* The nonce that kTLS begins with is the next one after that of the Finished. */
static void check_nonce(const struct side *s, const struct peer *p)
{
	uint8_t next[WIRE_NONCE];

	if (s->keys.version != TLS1_2_VERSION ||
	    s->keys.aead == AEAD_CHACHA20_POLY1305)
		return;
	wire_next_nonce(&p->seen, next);
	CHECK(!memcmp(s->keys.tx.iv + KEYS_IV - WIRE_NONCE, next, WIRE_NONCE));
}

static void suite_in_role(const struct suite *suite, uint32_t role)
{
	const struct tag psk = { .psk = "secretsecretsecret", .psk_id = "someone" };
	const struct tag ca = { .ca = pki.ca->cert };
	struct tag own = { .own = suite->rsa ? pki.rsa : pki.p256 };
	bool server = role == TLS_DTLS_ROLE_SERVER;
	struct side s;
	struct peer p;

	t_begin("suite %s as a %s", suite->name, server ? "server" : "client");
	side_init(&s, role);
	s.rq.ciphers[0] = suite->id;
	s.rq.nciphers = 1;
	side_tag(&s, 1, suite->psk ? &psk : server ? &own : &ca);
	open_peer(&p, !server, suite);
	t_connect(&s, &p);
	CHECK(p.done);
	if (CHECK(s.hs && s.hs->state == HS_OVER && !s.hs->out.error)) {
		CHECK_EQ(s.hs->out.cipher, suite->id);
		CHECK_EQ(s.hs->out.version, suite->tls13 ? 0x0304 : 0x0303);
		CHECK_EQ(s.hs->out.verify,
			 suite->psk || !server ? 0 : ZSOCK_VERIFY_SKIPPED);
		CHECK_EQ(s.keys.tx.seq, suite->tls13 ? 0 : 1);
		check_nonce(&s, &p);
		t_talk(&s, &p);
	}
	t_close(&s, &p);
	t_end();
}

/* ---- kinds of keys ---- */

static void key_kind(const char *name, const struct pair *pair, bool der,
		     uint16_t version)
{
	const struct tag own = { .own = pair, .der = der, .chain = pki.ca->cert };
	struct side s;
	struct peer p;

	t_begin("a server's %s key in %s, TLS 1.%d", name, der ? "DER" : "PEM",
		version - 0x0301);
	side_init(&s, TLS_DTLS_ROLE_SERVER);
	side_tag(&s, 1, &own);
	peer_init(&p, false);
	SSL_CTX_set_max_proto_version(p.ctx, version);
	t_connect(&s, &p);
	CHECK(p.done && !s.hs->out.error);
	CHECK_EQ(s.hs->out.version, version);
	CHECK_EQ(sk_X509_num(SSL_get_peer_cert_chain(p.ssl)), 2);
	t_talk(&s, &p);
	t_close(&s, &p);
	t_end();
}

static void keys_by_kind(void)
{
	static const uint16_t versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	int i;

	for (i = 0; i < 2; i++) {
		key_kind("RSA", pki.rsa, i, versions[i]);
		key_kind("P-256", pki.p256, !i, versions[i]);
		key_kind("P-384", pki.p384, i, versions[i]);
		key_kind("Ed25519", pki.ed25519, !i, versions[i]);
	}
}

/* A server with several: each client is shown what it can verify. */
static void several_keys(void)
{
	const struct tag rsa = { .own = pki.rsa }, ec = { .own = pki.p256 };
	static const char *const want[] = { "RSA", "EC" };
	static const char *const algs[] = { "RSA-PSS+SHA256:RSA+SHA256", "ECDSA+SHA256" };
	struct side s;
	struct peer p;
	X509 *cert;
	int i;

	for (i = 0; i < 2; i++) {
		t_begin("a server with two keys, a client that wants %s", want[i]);
		side_init(&s, TLS_DTLS_ROLE_SERVER);
		side_tag(&s, 1, &rsa);
		side_tag(&s, 2, &ec);
		peer_init(&p, false);
		SSL_CTX_set1_sigalgs_list(p.ctx, algs[i]);
		SSL_CTX_set_verify(p.ctx, SSL_VERIFY_NONE, NULL);
		t_connect(&s, &p);
		cert = SSL_get0_peer_certificate(p.ssl);
		CHECK(cert && EVP_PKEY_is_a(X509_get0_pubkey(cert), want[i]));
		t_close(&s, &p);
		t_end();
	}
}

/* ---- application protocols ---- */

static int first_of_client(SSL *ssl, const unsigned char **out,
			   unsigned char *len, const unsigned char *in,
			   unsigned int in_len, void *arg)
{
	const char *want = arg;
	const unsigned char *found = alpn_find(in, in_len,
					       (const unsigned char *)want,
					       strlen(want));

	(void)ssl;
	*out = found ? found + 1 : (const unsigned char *)want;
	*len = strlen(want);
	return SSL_TLSEXT_ERR_OK;
}

/* @want: what is agreed, or NULL if it fails with @error. */
static void alpn_client(const char *title, const char *server, const char *want,
			int error)
{
	const struct tag ca = { .ca = pki.ca->cert };
	struct side s;
	struct peer p;

	t_begin("ALPN, client: %s", title);
	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	side_tag(&s, 1, &ca);
	memcpy(s.rq.alpn, "h2\0http/1.1", 12);
	s.rq.alpn_len = 12;
	peer_init(&p, true);
	peer_use(&p, pki.p256);
	if (server)
		SSL_CTX_set_alpn_select_cb(p.ctx, first_of_client,
					   (void *)server);
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, error);
	CHECK(!strcmp(s.hs->out.alpn, want));
	t_close(&s, &p);
	t_end();
}

static void alpn_server(const char *title, const char *client, size_t len,
			const char *want, int error, int alert)
{
	const struct tag own = { .own = pki.p256 };
	struct side s;
	struct peer p;

	t_begin("ALPN, server: %s", title);
	side_init(&s, TLS_DTLS_ROLE_SERVER);
	side_tag(&s, 1, &own);
	memcpy(s.rq.alpn, "h2\0http/1.1", 12);
	s.rq.alpn_len = 12;
	peer_init(&p, false);
	if (len)
		SSL_CTX_set_alpn_protos(p.ctx, (const unsigned char *)client, len);
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, error);
	CHECK_EQ(s.hs->out.alert, alert);
	CHECK_EQ(p.alert_received, alert);
	CHECK(!strcmp(s.hs->out.alpn, want));
	t_close(&s, &p);
	t_end();
}

static void protocols(void)
{
	alpn_client("the server's choice", "http/1.1", "http/1.1", 0);
	alpn_client("a server that knows none", NULL, "", 0);
	alpn_client("a server that makes one up", "spdy/1", "", ECONNABORTED);
	alpn_server("our order, not the client's", "\10http/1.1\2h2", 12, "h2",
		    0, -1);
	alpn_server("a client that knows none", NULL, 0, "", 0, -1);
	alpn_server("nothing in common", "\6spdy/1", 7, "", ECONNABORTED, 120);
}

/* ---- versions, and whose order it is ---- */

static void refused_version(void)
{
	const struct tag own = { .own = pki.p256 };
	struct side s;
	struct peer p;

	t_begin("TLS 1.3 at least, and a client that has 1.2");
	side_init(&s, TLS_DTLS_ROLE_SERVER);
	s.rq.version = TLS1_3_VERSION;
	side_tag(&s, 1, &own);
	peer_init(&p, false);
	SSL_CTX_set_max_proto_version(p.ctx, TLS1_2_VERSION);
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, ECONNABORTED);
	CHECK_EQ(s.hs->out.alert, SSL_AD_PROTOCOL_VERSION);
	CHECK(!s.hs->out.alert_received);
	CHECK(!s.attached);
	t_close(&s, &p);
	t_end();
}

static void server_order(void)
{
	static const uint16_t order[] = { 0x1303, 0x1301, 0x1302 };
	const struct tag own = { .own = pki.p256 };
	struct side s;
	struct peer p;

	t_begin("the server's order of suites counts");
	side_init(&s, TLS_DTLS_ROLE_SERVER);
	memcpy(s.rq.ciphers, order, sizeof(order));
	s.rq.nciphers = 3;
	side_tag(&s, 1, &own);
	peer_init(&p, false);
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.cipher, 0x1303);
	t_close(&s, &p);
	t_end();
}

static void no_configuration(void)
{
	const struct tag ca = { .ca = pki.ca->cert };
	struct side s;

	t_begin("no usable suite, no certificate, a broken one");
	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	s.rq.ciphers[0] = 0x002f;
	s.rq.nciphers = 1;
	CHECK(!side_start(&s, -1) && strstr(s.why, "suites"));
	side_init(&s, TLS_DTLS_ROLE_SERVER);
	side_tag(&s, 1, &ca);
	CHECK(!side_start(&s, -1) && strstr(s.why, "needs a certificate"));
	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	side_tag(&s, 1, &ca);
	s.rq.creds[0].format = ZSOCK_CRED_FORMAT_DER;	/* it is PEM */
	CHECK(!side_start(&s, -1) && strstr(s.why, "CA certificate"));
	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	side_tag(&s, 1, &ca);
	s.rq.creds[0].serial = 99999;
	CHECK(!side_start(&s, -1) && strstr(s.why, "kernel"));
	t_end();
}

void t_suites(void)
{
	size_t i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		suite_in_role(&suites[i], TLS_DTLS_ROLE_CLIENT);
		suite_in_role(&suites[i], TLS_DTLS_ROLE_SERVER);
	}
	keys_by_kind();
	several_keys();
	protocols();
	refused_version();
	server_order();
	no_configuration();
}
