// SPDX-License-Identifier: GPL-2.0
/*
 * Pre-shared keys, found by their identity; and in TLS 1.3.
 */
#include <errno.h>
#include <string.h>

#include "t.h"

static const char *peer_id = "bob", *peer_key = "bobs key bobs key";

static unsigned int client12(SSL *ssl, const char *hint, char *id,
			     unsigned int id_room, unsigned char *psk,
			     unsigned int room)
{
	(void)ssl;
	(void)hint;
	(void)id_room;
	(void)room;
	strcpy(id, peer_id);
	memcpy(psk, peer_key, strlen(peer_key));
	return strlen(peer_key);
}

static unsigned int server12(SSL *ssl, const char *id, unsigned char *psk,
			     unsigned int room)
{
	(void)ssl;
	(void)room;
	if (strcmp(id, peer_id))
		return 0;
	memcpy(psk, peer_key, strlen(peer_key));
	return strlen(peer_key);
}

static void open_peer(struct peer *p, bool server, uint16_t version)
{
	peer_init(p, server);
	SSL_CTX_set_max_proto_version(p->ctx, version);
	if (server)
		SSL_CTX_set_psk_server_callback(p->ctx, server12);
	else
		SSL_CTX_set_psk_client_callback(p->ctx, client12);
}

static void run(struct side *s, uint32_t role, struct peer *p, uint16_t version)
{
	const struct tag alice = { .psk = "alices key alices", .psk_id = "alice" };
	const struct tag bob = { .psk = "bobs key bobs key", .psk_id = "bob" };

	side_init(s, role);
	if (role == TLS_DTLS_ROLE_SERVER)
		side_tag(s, 1, &alice);
	side_tag(s, 2, &bob);
	open_peer(p, role == TLS_DTLS_ROLE_CLIENT, version);
	t_connect(s, p);
}

static void good(uint32_t role, uint16_t version)
{
	struct side s;
	struct peer p;

	t_begin("PSK, %s, TLS 1.%d: by default, without a certificate",
		role ? "server" : "client", version - 0x0301);
	run(&s, role, &p, version);
	CHECK(p.done);
	CHECK_EQ(s.hs->out.error, 0);
	CHECK_EQ(s.hs->out.version, version);
	CHECK_EQ(s.hs->out.verify, 0);
	CHECK(!s.hs->out.resumed);	/* though OpenSSL calls it that */
	t_talk(&s, &p);
	t_close(&s, &p);
	t_end();
}

static void unknown(uint32_t role, uint16_t version)
{
	struct side s;
	struct peer p;

	t_begin("PSK, %s, TLS 1.%d: an identity that is not known",
		role ? "server" : "client", version - 0x0301);
	peer_id = "mallory";
	run(&s, role, &p, version);
	peer_id = "bob";
	CHECK(!p.done && !s.attached);
	CHECK_EQ(s.hs->out.error, role ? ECONNABORTED : ECONNRESET);
	CHECK_EQ(s.hs->out.alert_received, !role);
	CHECK(s.hs->out.alert >= 0);
	t_close(&s, &p);
	t_end();
}

static void wrong_key(uint32_t role, uint16_t version)
{
	struct side s;
	struct peer p;

	t_begin("PSK, %s, TLS 1.%d: the right identity, another key",
		role ? "server" : "client", version - 0x0301);
	peer_key = "not bobs key at all";
	run(&s, role, &p, version);
	peer_key = "bobs key bobs key";
	CHECK(!s.attached);
	CHECK(s.hs->state == HS_OVER && s.hs->out.error);
	t_close(&s, &p);
	t_end();
}

/* A client without the key is shown the certificate. */
static void beside_certificate(void)
{
	const struct tag both = {
		.own = pki.p256, .psk = "bobs key bobs key", .psk_id = "bob",
	};
	uint16_t version;
	struct side s;
	struct peer p;

	for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		t_begin("PSK beside a certificate, a client without it, TLS 1.%d",
			version - 0x0301);
		side_init(&s, TLS_DTLS_ROLE_SERVER);
		side_tag(&s, 1, &both);
		peer_init(&p, false);
		SSL_CTX_set_max_proto_version(p.ctx, version);
		t_connect(&s, &p);
		CHECK(p.done && !s.hs->out.error);
		CHECK(SSL_get0_peer_certificate(p.ssl));
		t_talk(&s, &p);
		t_close(&s, &p);
		t_end();
	}
}

/* Identity and key as long as they may be. */
static void long_ones(uint16_t version)
{
	static char id[ZSOCK_CRED_PSK_ID_MAX + 1], key[ZSOCK_CRED_PSK_MAX + 1];
	const struct tag tag = { .psk = key, .psk_id = id };
	struct side s;
	struct peer p;

	memset(id, 'i', sizeof(id) - 1);
	memset(key, 'k', sizeof(key) - 1);
	t_begin("PSK of 512 bytes, identity of 256, TLS 1.%d", version - 0x0301);
	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	side_tag(&s, 1, &tag);
	peer_id = id;
	peer_key = key;
	open_peer(&p, true, version);
	t_connect(&s, &p);
	peer_id = "bob";
	peer_key = "bobs key bobs key";
	CHECK(p.done);
	CHECK_EQ(s.hs->out.error, 0);
	t_talk(&s, &p);
	t_close(&s, &p);
	t_end();
}

/* The hash of the PSK is not that of the only suite: it goes without. */
static void other_hash(void)
{
	const struct tag tag = {
		.ca = pki.ca->cert, .psk = "bobs key bobs key", .psk_id = "bob",
	};
	struct side s;
	struct peer p;

	t_begin("PSK, client: of no use with SHA-384, and the hello is sent again");
	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	s.rq.ciphers[0] = 0x1302;
	s.rq.nciphers = 1;
	side_tag(&s, 1, &tag);
	open_peer(&p, true, TLS1_3_VERSION);
	peer_use(&p, pki.p256);
	SSL_CTX_set1_groups_list(p.ctx, "P-384");
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, 0);
	CHECK_EQ(s.hs->out.cipher, 0x1302);
	t_talk(&s, &p);
	t_close(&s, &p);
	t_end();
}

void t_psk(void)
{
	uint16_t v;

	for (v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		good(TLS_DTLS_ROLE_CLIENT, v);
		good(TLS_DTLS_ROLE_SERVER, v);
		unknown(TLS_DTLS_ROLE_CLIENT, v);
		unknown(TLS_DTLS_ROLE_SERVER, v);
		wrong_key(TLS_DTLS_ROLE_CLIENT, v);
		wrong_key(TLS_DTLS_ROLE_SERVER, v);
		long_ones(v);
	}
	beside_certificate();
	other_hash();
}
