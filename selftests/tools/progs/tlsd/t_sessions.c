// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions that are resumed, and those that must not be.
 */
#include <string.h>
#include <time.h>

#include "late.h"
#include "session.h"
#include "t.h"
#include "ticket_key.h"

/* ---- our clients ---- */

static struct late_list late;
static uint64_t next_id = 100;

/* What the kernel does with tickets: hand them to the agent. */
static int take_tickets(struct side *s, uint64_t id, bool hand_on)
{
	uint8_t type, msg[4096];
	ssize_t n;
	int taken = 0;

	while (taken < 2) {
		n = record_receive(s, &type, msg, sizeof(msg));
		if (n <= 0 || !CHECK_EQ(type, SSL3_RT_HANDSHAKE))
			break;
		if (hand_on)
			CHECK(late_message(&late, id, msg, n));
		taken++;
	}
	return taken;
}

struct again {
	uint32_t uid;
	const char *host;
	bool no_name_check, cache;
	uint32_t verify;
};

static const struct again usual = { 1000, "localhost", false, true, 2 };

/* One connection; returns whether it was resumed. */
static bool client(struct peer *p, const struct again *how, bool tickets)
{
	const struct tag ca = { .ca = pki.ca->cert };
	struct side s;
	bool resumed;

	side_init(&s, TLS_DTLS_ROLE_CLIENT);
	s.rq.id = ++next_id;
	s.rq.uid = how->uid;
	s.rq.verify = how->verify;
	s.rq.cache = how->cache;
	s.rq.no_name_check = how->no_name_check;
	strcpy(s.rq.hostname, how->host);
	side_tag(&s, 1, &ca);
	t_connect(&s, p);
	CHECK(p->done);
	CHECK_EQ(s.hs->out.error, 0);
	CHECK_EQ(s.hs->out.verify, how->verify ? 0 : ZSOCK_VERIFY_SKIPPED);
	resumed = s.hs->out.resumed;
	CHECK_EQ(resumed, SSL_session_reused(p->ssl));
	if (s.hs->out.version == TLS1_3_VERSION) {
		late_add(&late, s.hs);
		take_tickets(&s, s.rq.id, tickets);
	}
	t_talk(&s, p);
	side_free(&s);
	return resumed;
}

static void open_server(struct peer *p, uint16_t version)
{
	peer_init(p, true);
	peer_use(p, pki.p256);
	SSL_CTX_set_max_proto_version(p->ctx, version);
	SSL_CTX_set_num_tickets(p->ctx, 2);
}

static void clients(const char *title, uint16_t version, bool tickets)
{
	struct again other;
	struct peer p;

	t_begin("resumption, client: %s", title);
	sessions_clear();
	open_server(&p, version);
	if (!tickets)
		SSL_CTX_set_options(p.ctx, SSL_OP_NO_TICKET);
	CHECK(!client(&p, &usual, true));
	CHECK(client(&p, &usual, true));
	CHECK(client(&p, &usual, true));
	t_end();

	t_begin("no resumption, client: %s: another user, name, way to verify, or none",
		title);
	other = usual;
	other.uid = 1001;
	CHECK(!client(&p, &other, true));
	other = usual;
	other.host = "127.0.0.1";
	CHECK(!client(&p, &other, true));
	other = usual;
	other.no_name_check = true;
	CHECK(!client(&p, &other, true));
	other = usual;
	other.verify = 0;
	CHECK(!client(&p, &other, true));
	CHECK(client(&p, &other, true));	/* and is still "skipped" */
	other = usual;
	other.cache = false;
	CHECK(!client(&p, &other, false));
	CHECK(client(&p, &usual, true));	/* is still there */
	sessions_purge(1000);
	CHECK(!client(&p, &usual, true));
	peer_free(&p);
	t_end();
}

/* Two tickets are good for two connections. */
static void once_each(void)
{
	struct peer p;

	t_begin("resumption, client: each ticket of TLS 1.3 once");
	sessions_clear();
	open_server(&p, TLS1_3_VERSION);
	CHECK(!client(&p, &usual, true));
	late_clear(&late);	/* sessions outlive it */
	CHECK(client(&p, &usual, false));
	CHECK(client(&p, &usual, false));
	CHECK(!client(&p, &usual, false));
	peer_free(&p);
	t_end();
}

static void late_ones(void)
{
	uint8_t bad[64] = { 4, 0, 0, 60 };
	struct peer p;

	t_begin("tickets: of connections that nobody knows, garbage, bounded, purged");
	late_clear(&late);
	sessions_clear();
	open_server(&p, TLS1_3_VERSION);
	CHECK(!client(&p, &usual, false));
	CHECK_EQ(late.n, 1);
	CHECK(!late_message(&late, 1, bad, sizeof(bad)));
	CHECK(!late_message(&late, next_id, bad, 2));
	bad[0] = 24;				/* KeyUpdate: not for us */
	CHECK(!late_message(&late, next_id, bad, sizeof(bad)));
	CHECK_EQ(late.n, 1);
	bad[0] = 4;
	CHECK(!late_message(&late, next_id, bad, sizeof(bad)));
	CHECK_EQ(late.n, 0);
	CHECK_EQ(sessions_count(), 0);
	CHECK(!client(&p, &usual, false));
	late_purge(&late, 999);
	CHECK_EQ(late.n, 1);
	late_purge(&late, 1000);
	CHECK_EQ(late.n, 0);
	CHECK(!client(&p, &usual, false));
	late_expire(&late, time(NULL) + LATE_SECONDS - 2);
	CHECK_EQ(late.n, 1);
	late_expire(&late, time(NULL) + LATE_SECONDS + 1);
	CHECK_EQ(late.n, 0);
	peer_free(&p);
	t_end();
}

/* ---- our servers ---- */

struct server {
	uint32_t uid, verify;
	bool cache;
};

static SSL_SESSION *kept;

/* One connection of a client that wants to resume; whether it did. */
static bool server(struct peer *p, const struct server *how, uint32_t want)
{
	const struct tag own = { .own = pki.p256 }, ca = { .ca = pki.ca->cert };
	SSL_SESSION *session;
	bool resumed = false;
	struct side s;
	int fds[2];

	side_init(&s, TLS_DTLS_ROLE_SERVER);
	s.rq.uid = how->uid;
	s.rq.verify = how->verify;
	s.rq.cache = how->cache;
	side_tag(&s, 1, &own);
	side_tag(&s, 2, &ca);
	tcp_pair(fds);
	if (!CHECK(side_start(&s, fds[1])))
		return false;
	peer_start(p, fds[0]);
	if (kept)
		SSL_set_session(p->ssl, kept);
	t_run(&s, p);
	CHECK(p->done);
	CHECK_EQ(s.hs->out.error, 0);
	CHECK_EQ(s.hs->out.verify, want);
	resumed = s.hs->out.resumed;
	CHECK_EQ(resumed, SSL_session_reused(p->ssl));
	if (s.hs->out.version == TLS1_3_VERSION)
		CHECK_EQ(s.keys.tx.seq, !how->cache ? 0 : resumed ? 1 : 2);
	t_talk(&s, p);
	session = SSL_get1_session(p->ssl);
	SSL_SESSION_free(kept);
	kept = session;
	side_free(&s);
	return resumed;
}

static void forget(void)
{
	SSL_SESSION_free(kept);
	kept = NULL;
}

static void open_client(struct peer *p, uint16_t version, bool tickets)
{
	peer_init(p, false);
	SSL_CTX_set_max_proto_version(p->ctx, version);
	if (!tickets)
		SSL_CTX_set_options(p->ctx, SSL_OP_NO_TICKET);
}

static void servers(const char *title, uint16_t version, bool tickets)
{
	const struct server how = { 1, 0, true }, other = { 2, 0, true };
	const struct server none = { 1, 0, false };
	struct peer p;

	t_begin("resumption, server: %s", title);
	open_client(&p, version, tickets);
	CHECK(!server(&p, &how, ZSOCK_VERIFY_SKIPPED));
	CHECK(server(&p, &how, ZSOCK_VERIFY_SKIPPED));
	CHECK(server(&p, &how, ZSOCK_VERIFY_SKIPPED));
	t_end();

	t_begin("no resumption, server: %s: another configuration, or no cache",
		title);
	CHECK(!server(&p, &other, ZSOCK_VERIFY_SKIPPED));
	CHECK(!server(&p, &none, ZSOCK_VERIFY_SKIPPED));
	CHECK(!server(&p, &none, ZSOCK_VERIFY_SKIPPED));
	forget();
	peer_free(&p);
	t_end();
}

/* What was wrong with the client's certificate is so in the second one, too. */
static void server_verify(const char *title, uint16_t version, bool tickets)
{
	const struct cert_spec spec = {
		.cn = "client", .eku = "clientAuth", .from = -20, .days = 5,
	};
	const struct server optional = { 1, 1, true }, required = { 1, 2, true };
	struct pair *old = cert_make(&spec, pki.ca);
	struct peer p;

	t_begin("resumption, server: %s: what was found is kept", title);
	open_client(&p, version, tickets);
	CHECK(!server(&p, &optional, ZSOCK_VERIFY_MISSING));
	CHECK(server(&p, &optional, ZSOCK_VERIFY_MISSING));
	forget();
	peer_use(&p, old);
	CHECK(!server(&p, &optional, ZSOCK_VERIFY_EXPIRED));
	CHECK(server(&p, &optional, ZSOCK_VERIFY_EXPIRED));
	forget();
	peer_use(&p, pki.client);
	CHECK(!server(&p, &required, 0));
	CHECK(server(&p, &required, 0));
	forget();
	peer_free(&p);
	cert_free(old);
	t_end();
}

static void rotation(uint16_t version)
{
	const struct server how = { 1, 0, true };
	time_t now = time(NULL);
	struct peer p;

	t_begin("resumption, server: keys of tickets are replaced, TLS 1.%d",
		version - 0x0301);
	open_client(&p, version, true);
	ticket_key_rotate(now + 1000000);
	CHECK(!server(&p, &how, ZSOCK_VERIFY_SKIPPED));
	ticket_key_rotate(now + 1000001);	/* too early */
	CHECK(server(&p, &how, ZSOCK_VERIFY_SKIPPED));
	ticket_key_rotate(now + 2000000);	/* the previous one is accepted */
	CHECK(server(&p, &how, ZSOCK_VERIFY_SKIPPED));
	CHECK(server(&p, &how, ZSOCK_VERIFY_SKIPPED));
	ticket_key_rotate(now + 3000000);
	ticket_key_rotate(now + 4000000);
	CHECK(!server(&p, &how, ZSOCK_VERIFY_SKIPPED));
	forget();
	peer_free(&p);
	t_end();
}

void t_sessions(void)
{
	clients("TLS 1.2, tickets", TLS1_2_VERSION, true);
	clients("TLS 1.2, IDs", TLS1_2_VERSION, false);
	clients("TLS 1.3", TLS1_3_VERSION, true);
	once_each();
	late_ones();
	servers("TLS 1.2, tickets", TLS1_2_VERSION, true);
	servers("TLS 1.2, IDs", TLS1_2_VERSION, false);
	servers("TLS 1.3", TLS1_3_VERSION, true);
	server_verify("TLS 1.2, tickets", TLS1_2_VERSION, true);
	server_verify("TLS 1.2, IDs", TLS1_2_VERSION, false);
	server_verify("TLS 1.3", TLS1_3_VERSION, true);
	rotation(TLS1_2_VERSION);
	rotation(TLS1_3_VERSION);
	late_clear(&late);
}
