// SPDX-License-Identifier: GPL-2.0
/*
 * Certificates as they should not be, and what is done about them.
 */
#include <errno.h>
#include <string.h>

#include "t.h"

/* ---- of servers, seen by a client ---- */

struct look {
	const char *title;
	const char *host;	/* "": none */
	uint32_t verify;
	bool no_name_check, other_ca;
	uint32_t want;		/* ZSOCK_VERIFY_* */
	int alert;		/* -1: it succeeds */
};

static void look_at(const struct look *l, const struct pair *pair, X509 *chain,
		    uint16_t version)
{
	const struct tag tag = {
		.ca = l->other_ca ? pki.other_ca->cert : pki.ca->cert,
	};
	struct side s;
	struct peer p;

	t_begin("verify, TLS 1.%d: %s", version - 0x0301, l->title);
	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	strcpy(s.rq.hostname, l->host);
	s.rq.verify = l->verify;
	s.rq.no_name_check = l->no_name_check;
	side_tag(&s, 1, &tag);
	peer_init(&p, true);
	/* What we refuse, the peer must be able to offer. */
	SSL_CTX_set_security_level(p.ctx, 0);
	peer_use(&p, pair);
	if (chain)
		SSL_CTX_add1_chain_cert(p.ctx, chain);
	SSL_CTX_set_max_proto_version(p.ctx, version);
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, l->alert < 0 ? 0 : ECONNABORTED);
	CHECK_EQ(s.hs->out.alert, l->alert);
	CHECK_EQ(p.alert_received, l->alert);
	CHECK(!s.hs->out.alert_received);
	CHECK_EQ(s.hs->out.verify, l->want);
	CHECK_EQ(s.attached, l->alert < 0);
	if (l->alert < 0)
		t_talk(&s, &p);
	t_close(&s, &p);
	t_end();
}

static void both(const struct look *l, const struct pair *pair, X509 *chain)
{
	look_at(l, pair, chain, TLS1_2_VERSION);
	look_at(l, pair, chain, TLS1_3_VERSION);
}

static void names(void)
{
	static const struct look looks[] = {
		{ "the right name", "localhost", 2, false, false, 0, -1 },
		{ "the right name, with a dot at its end", "localhost.", 2,
		  false, false, 0, -1 },
		{ "a wildcard", "www.example.org", 2, false, false, 0, -1 },
		{ "a wildcard, two levels below", "a.b.example.org", 2, false,
		  false, ZSOCK_VERIFY_CN_MISMATCH, SSL_AD_BAD_CERTIFICATE },
		{ "another name", "elsewhere", 2, false, false,
		  ZSOCK_VERIFY_CN_MISMATCH, SSL_AD_BAD_CERTIFICATE },
		{ "another name, not checked", "elsewhere", 2, true, false, 0,
		  -1 },
		{ "no name", "", 2, false, false, ZSOCK_VERIFY_CN_MISMATCH,
		  SSL_AD_BAD_CERTIFICATE },
		{ "no name, not checked", "", 2, true, false, 0, -1 },
		{ "an address", "127.0.0.1", 2, false, false, 0, -1 },
		{ "an IPv6 address", "::1", 2, false, false, 0, -1 },
		{ "another address", "127.0.0.2", 2, false, false,
		  ZSOCK_VERIFY_CN_MISMATCH, SSL_AD_BAD_CERTIFICATE },
		{ "another name, optional", "elsewhere", 1, false, false,
		  ZSOCK_VERIFY_CN_MISMATCH, -1 },
		{ "another name, nobody looks", "elsewhere", 0, false, false,
		  ZSOCK_VERIFY_SKIPPED, -1 },
		{ "another CA", "localhost", 2, false, true,
		  ZSOCK_VERIFY_NOT_TRUSTED, SSL_AD_UNKNOWN_CA },
		{ "another CA and name", "elsewhere", 2, false, true,
		  ZSOCK_VERIFY_NOT_TRUSTED | ZSOCK_VERIFY_CN_MISMATCH,
		  SSL_AD_UNKNOWN_CA },
		{ "another CA and name, optional", "elsewhere", 1, false, true,
		  ZSOCK_VERIFY_NOT_TRUSTED | ZSOCK_VERIFY_CN_MISMATCH, -1 },
	};
	size_t i;

	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		both(&looks[i], pki.rsa, NULL);
}

static void one(const char *title, const struct cert_spec *spec,
		const struct pair *issuer, uint32_t want, int alert)
{
	const struct look l = { title, "localhost", 2, false, false, want, alert };
	struct pair *pair = cert_make(spec, issuer);

	both(&l, pair, NULL);
	cert_free(pair);
}

static void certificates(void)
{
	const struct cert_spec expired = {
		.cn = "localhost", .san = "DNS:localhost", .from = -20, .days = 10,
	};
	const struct cert_spec future = {
		.cn = "localhost", .san = "DNS:localhost", .from = 10, .days = 10,
	};
	const struct cert_spec client = {
		.cn = "localhost", .san = "DNS:localhost", .eku = "clientAuth",
	};
	const struct cert_spec weak = {
		.cn = "localhost", .san = "DNS:localhost", .key = "rsa1024",
	};
	const struct cert_spec plain = {
		.cn = "localhost", .san = "DNS:localhost",
	};

	one("expired", &expired, pki.ca, ZSOCK_VERIFY_EXPIRED,
	    SSL_AD_CERTIFICATE_EXPIRED);
	one("not yet valid", &future, pki.ca, ZSOCK_VERIFY_FUTURE,
	    SSL_AD_BAD_CERTIFICATE);
	one("a client's", &client, pki.ca, ZSOCK_VERIFY_EXT_KEY_USAGE,
	    SSL_AD_UNSUPPORTED_CERTIFICATE);
	one("a weak key", &weak, pki.ca, ZSOCK_VERIFY_BAD_KEY,
	    SSL_AD_BAD_CERTIFICATE);
	one("self-signed", &plain, NULL, ZSOCK_VERIFY_NOT_TRUSTED,
	    SSL_AD_UNKNOWN_CA);
	one("signed by what is no CA", &plain, pki.rsa,
	    ZSOCK_VERIFY_NOT_TRUSTED, SSL_AD_UNKNOWN_CA);
}

/* One that has no right to sign in between; and one that has. */
static void chains(void)
{
	const struct cert_spec inter = { .cn = "Inter", .ca = true };
	const struct cert_spec plain = {
		.cn = "localhost", .san = "DNS:localhost",
	};
	const struct look good = { "an intermediate CA", "localhost", 2, false,
				   false, 0, -1 };
	const struct look bad = { "signed by a server", "localhost", 2, false,
				  false, ZSOCK_VERIFY_NOT_TRUSTED |
				  ZSOCK_VERIFY_KEY_USAGE, SSL_AD_UNKNOWN_CA };
	struct pair *between = cert_make(&inter, pki.ca);
	struct pair *leaf = cert_make(&plain, between);
	struct pair *rogue = cert_make(&plain, pki.rsa);

	both(&good, leaf, between->cert);
	both(&bad, rogue, pki.rsa->cert);
	cert_free(rogue);
	cert_free(leaf);
	cert_free(between);
}

/* ---- of clients, seen by a server ---- */

static void client_cert(const char *title, uint32_t verify,
			const struct pair *pair, uint16_t version,
			uint32_t want, int alert)
{
	const struct tag own = { .own = pki.p256 }, ca = { .ca = pki.ca->cert };
	struct side s;
	struct peer p;

	t_begin("a client's certificate, TLS 1.%d: %s", version - 0x0301, title);
	side_init(&s, TLS_DTLS_ROLE_SERVER);
	s.rq.verify = verify;
	side_tag(&s, 1, &own);
	side_tag(&s, 2, &ca);
	peer_init(&p, false);
	SSL_CTX_set_max_proto_version(p.ctx, version);
	if (pair)
		peer_use(&p, pair);
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, alert < 0 ? 0 : ECONNABORTED);
	CHECK_EQ(s.hs->out.alert, alert);
	CHECK_EQ(s.hs->out.verify, want);
	CHECK_EQ(s.attached, alert < 0);
	if (alert < 0) {
		t_talk(&s, &p);
	} else {
		/* In TLS 1.3 the client was done before. */
		peer_pump(&p);
		CHECK_EQ(p.alert_received, alert);
	}
	t_close(&s, &p);
	t_end();
}

static void clients(uint16_t v)
{
	const struct cert_spec spec = {
		.cn = "client", .eku = "clientAuth", .from = -20, .days = 5,
	};
	struct pair *old = cert_make(&spec, pki.ca);
	struct pair *self = cert_make(&spec, NULL);
	int missing = v == TLS1_3_VERSION ? SSL_AD_CERTIFICATE_REQUIRED :
					    SSL_AD_HANDSHAKE_FAILURE;

	client_cert("not asked for", 0, pki.client, v, ZSOCK_VERIFY_SKIPPED, -1);
	client_cert("good, required", 2, pki.client, v, 0, -1);
	client_cert("good, optional", 1, pki.client, v, 0, -1);
	client_cert("none, required", 2, NULL, v, ZSOCK_VERIFY_MISSING, missing);
	client_cert("none, optional", 1, NULL, v, ZSOCK_VERIFY_MISSING, -1);
	client_cert("expired, required", 2, old, v, ZSOCK_VERIFY_EXPIRED,
		    SSL_AD_CERTIFICATE_EXPIRED);
	client_cert("expired, optional", 1, old, v, ZSOCK_VERIFY_EXPIRED, -1);
	client_cert("a server's, required", 2, pki.rsa, v,
		    ZSOCK_VERIFY_EXT_KEY_USAGE, SSL_AD_UNSUPPORTED_CERTIFICATE);
	client_cert("self-signed and expired, optional", 1, self, v,
		    ZSOCK_VERIFY_EXPIRED | ZSOCK_VERIFY_NOT_TRUSTED, -1);
	cert_free(old);
	cert_free(self);
}

/* Ours, shown to a server that asks. */
static void our_client_cert(uint16_t version)
{
	const struct tag tag = { .ca = pki.ca->cert, .own = pki.client };
	struct side s;
	struct peer p;

	t_begin("our own certificate as a client, TLS 1.%d", version - 0x0301);
	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	side_tag(&s, 1, &tag);
	peer_init(&p, true);
	peer_use(&p, pki.p256);
	SSL_CTX_set_max_proto_version(p.ctx, version);
	SSL_CTX_set_verify(p.ctx, SSL_VERIFY_PEER |
			   SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	t_connect(&s, &p);
	CHECK(p.done && !s.hs->out.error);
	CHECK(!X509_cmp(SSL_get0_peer_certificate(p.ssl), pki.client->cert));
	t_talk(&s, &p);
	t_close(&s, &p);
	t_end();
}

/* Without a CA the system's store counts, which the test has emptied. */
static void no_ca(void)
{
	struct side s;
	struct peer p;

	t_begin("no CA among the credentials");
	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	peer_init(&p, true);
	peer_use(&p, pki.p256);
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, ECONNABORTED);
	CHECK_EQ(s.hs->out.verify, ZSOCK_VERIFY_NOT_TRUSTED);
	t_close(&s, &p);
	t_end();
}

void t_verify(void)
{
	names();
	certificates();
	chains();
	clients(TLS1_2_VERSION);
	clients(TLS1_3_VERSION);
	our_client_cert(TLS1_2_VERSION);
	our_client_cert(TLS1_3_VERSION);
	no_ca();
}
