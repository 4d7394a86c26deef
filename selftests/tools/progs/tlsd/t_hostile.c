// SPDX-License-Identifier: GPL-2.0
/*
 * Peers that do not behave, and moments that are easy to get wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "t.h"

/* A server of ours with nobody of OpenSSL's at the other end. */
static int raw(struct side *s, uint32_t role)
{
	const struct tag own = { .own = pki.p256 };
	int fds[2];

	side_init(s, role);
	side_tag(s, 1, &own);
	tcp_pair(fds);
	CHECK(side_start(s, fds[0]));
	CHECK_EQ(hs_step(s->hs), HS_READ);
	return fds[1];
}

static enum hs_state step_on(struct side *s)
{
	int i;

	for (i = 0; i < 50 && s->hs->state != HS_OVER; i++) {
		usleep(1000);
		hs_step(s->hs);
	}
	return s->hs->state;
}

static void send_to(const char *title, uint32_t role, const void *data,
		    size_t len, int alert)
{
	struct side s;
	int fd;

	t_begin("%s: %s", role ? "server" : "client", title);
	fd = raw(&s, role);
	CHECK_EQ(send(fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
	CHECK_EQ(step_on(&s), HS_OVER);
	CHECK_EQ(s.hs->out.error, ECONNABORTED);
	CHECK_EQ(s.hs->out.alert, alert);
	CHECK(!s.hs->out.alert_received);
	side_free(&s);
	close(fd);
	t_end();
}

static void garbage(void)
{
	static uint8_t big[20000];

	send_to("plain HTTP", 1, "GET / HTTP/1.0\r\n\r\n", 18, -1);
	send_to("plain HTTP", 0, "HTTP/1.0 400 Bad Request\r\n\r\n", 28, -1);
	send_to("a record of 16385 bytes and more", 1,
		memcpy(big, "\x16\x03\x01\x4f\xff", 5), sizeof(big),
		SSL_AD_RECORD_OVERFLOW);
	send_to("a hello of 16 MiB", 1, "\x16\x03\x01\x00\x04\x01\xff\xff\xff",
		9, SSL_AD_ILLEGAL_PARAMETER);
	send_to("application data first", 1, "\x17\x03\x03\x00\x01x", 6,
		SSL_AD_UNEXPECTED_MESSAGE);
}

static void random_bytes(void)
{
	uint8_t buf[512];
	struct side s;
	int fd, i;
	size_t j;

	t_begin("500 servers, and random bytes behind the head of a record");
	srand(7);
	for (i = 0; i < 500; i++) {
		for (j = 0; j < sizeof(buf); j++)
			buf[j] = rand();
		memcpy(buf, "\x16\x03\x01\x01\xfb", 5);
		if (i & 1)
			memcpy(buf + 5, "\x01\x00\x01\xf7\x03\x03", 6);
		fd = raw(&s, TLS_DTLS_ROLE_SERVER);
		send(fd, buf, sizeof(buf), MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		CHECK_EQ(step_on(&s), HS_OVER);
		CHECK(s.hs->out.error == ECONNABORTED ||
		      s.hs->out.error == ECONNRESET);
		side_free(&s);
		close(fd);
	}
	t_end();
}

static void ends(uint32_t role, bool reset)
{
	const struct linger now = { 1, 0 };
	struct side s;
	int fd;

	t_begin("%s: the peer %s in the middle", role ? "server" : "client",
		reset ? "resets" : "ends");
	fd = raw(&s, role);
	send(fd, "\x16\x03\x01", 3, MSG_NOSIGNAL);
	usleep(1000);
	CHECK_EQ(hs_step(s.hs), HS_READ);
	if (reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
	CHECK_EQ(step_on(&s), HS_OVER);
	CHECK_EQ(s.hs->out.error, ECONNRESET);
	CHECK_EQ(s.hs->out.alert, -1);
	side_free(&s);
	t_end();
}

static void alert(void)
{
	struct side s;
	int fd;

	t_begin("client: an alert comes");
	fd = raw(&s, TLS_DTLS_ROLE_CLIENT);
	send(fd, "\x15\x03\x03\x00\x02\x02\x28", 7, MSG_NOSIGNAL);
	CHECK_EQ(step_on(&s), HS_OVER);
	CHECK_EQ(s.hs->out.error, ECONNRESET);
	CHECK_EQ(s.hs->out.alert, SSL_AD_HANDSHAKE_FAILURE);
	CHECK(s.hs->out.alert_received);
	side_free(&s);
	close(fd);
	t_end();
}

static void open_pair(struct side *s, struct peer *p, uint32_t role,
		      uint16_t version)
{
	const struct tag own = { .own = pki.rsa }, ca = { .ca = pki.ca->cert };

	side_init(s, role);
	side_tag(s, 1, role ? &own : &ca);
	peer_init(p, !role);
	if (!role)
		peer_use(p, pki.rsa);
	SSL_CTX_set_max_proto_version(p->ctx, version);
}

/* A client that does not trust us says so. */
static void refused_by_client(uint16_t version)
{
	struct side s;
	struct peer p;

	t_begin("server: the client refuses our certificate, TLS 1.%d",
		version - 0x0301);
	open_pair(&s, &p, TLS_DTLS_ROLE_SERVER, version);
	SSL_CTX_set_cert_store(p.ctx, X509_STORE_new());
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, ECONNRESET);
	CHECK_EQ(s.hs->out.alert, SSL_AD_UNKNOWN_CA);
	CHECK(s.hs->out.alert_received);
	CHECK(!s.attached);
	t_close(&s, &p);
	t_end();
}

/* A byte at a time. */
static void slow(uint32_t role, uint16_t version)
{
	struct side s;
	struct peer p;

	t_begin("%s: single bytes, TLS 1.%d", role ? "server" : "client",
		version - 0x0301);
	open_pair(&s, &p, role, version);
	p.chunk = 1;
	t_connect(&s, &p);
	CHECK(p.done);
	CHECK_EQ(s.hs->out.error, 0);
	p.chunk = 0;
	t_talk(&s, &p);
	t_close(&s, &p);
	t_end();
}

/*
 * A client is done when it has sent its last message, and what it has to say
 * may be in the same packet, and its end, too. All of that is kTLS's to read.
 */
static void hasty(bool close_it)
{
	uint8_t data[64], type = 0;
	struct side s;
	struct peer p;
	int fds[2], i;
	ssize_t n;

	t_begin("server: data%s right behind the last message",
		close_it ? " and the end" : "");
	open_pair(&s, &p, TLS_DTLS_ROLE_SERVER, TLS1_3_VERSION);
	tcp_pair(fds);
	CHECK(side_start(&s, fds[1]));
	peer_start(&p, fds[0]);
	for (i = 0; i < 100 && !p.done; i++) {
		peer_pump(&p);
		if (!p.done)
			hs_step(s.hs);
		usleep(500);
	}
	CHECK(p.done);
	peer_write(&p, "hello");
	if (close_it) {
		SSL_shutdown(p.ssl);
		peer_pump(&p);
		shutdown(p.fd, SHUT_WR);
	}
	CHECK_EQ(step_on(&s), HS_OVER);
	CHECK_EQ(s.hs->out.error, 0);
	n = record_receive(&s, &type, data, sizeof(data));
	CHECK(n == 5 && !memcmp(data, "hello", 5) &&
	      type == SSL3_RT_APPLICATION_DATA);
	if (close_it) {
		n = record_receive(&s, &type, data, sizeof(data));
		CHECK(n == 2 && type == SSL3_RT_ALERT && !data[1]);
	}
	t_close(&s, &p);
	t_end();
}

/*
 * A client of TLS 1.3 may have sent data before its certificate is refused. That
 * these are not read must not reset the connection before it sees the alert.
 */
static void refused_with_data(void)
{
	const struct tag ca = { .ca = pki.other_ca->cert };
	struct side s;
	struct peer p;
	int fds[2], i;
	char byte;

	t_begin("server: a client that sent data is told that it is refused");
	open_pair(&s, &p, TLS_DTLS_ROLE_SERVER, TLS1_3_VERSION);
	s.rq.verify = TLS_PEER_VERIFY_REQUIRED;
	side_tag(&s, 2, &ca);
	peer_use(&p, pki.client);
	tcp_pair(fds);
	CHECK(side_start(&s, fds[1]));
	peer_start(&p, fds[0]);
	for (i = 0; i < 100 && !p.done; i++) {
		peer_pump(&p);
		if (!p.done)
			hs_step(s.hs);
		usleep(500);
	}
	peer_write(&p, "hello");
	CHECK_EQ(step_on(&s), HS_OVER);
	CHECK_EQ(s.hs->out.error, ECONNABORTED);
	side_free(&s);
	usleep(1000);
	peer_pump(&p);
	CHECK_EQ(recv(p.fd, &byte, 1, 0), 0);	/* the end, and no reset */
	peer_pump(&p);
	CHECK_EQ(p.alert_received, SSL_AD_UNKNOWN_CA);
	peer_free(&p);
	t_end();
}

/* More certificates than we read, and fewer than OpenSSL would. */
static void long_chain(uint32_t role)
{
	struct cert_spec spec = { .cn = "padding", .ca = true };
	struct pair *pad[290];
	struct side s;
	struct peer p;
	int i;

	t_begin("%s: a chain that is too long", role ? "server" : "client");
	open_pair(&s, &p, role, TLS1_3_VERSION);
	if (role) {
		const struct tag ca = { .ca = pki.ca->cert };

		s.rq.verify = TLS_PEER_VERIFY_REQUIRED;
		side_tag(&s, 2, &ca);
		peer_use(&p, pki.client);
	}
	for (i = 0; i < 290; i++) {
		pad[i] = cert_make(&spec, pki.ca);
		SSL_CTX_add1_chain_cert(p.ctx, pad[i]->cert);
	}
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, ECONNABORTED);
	CHECK_EQ(s.hs->out.alert, SSL_AD_ILLEGAL_PARAMETER);
	t_close(&s, &p);
	for (i = 0; i < 290; i++)
		cert_free(pad[i]);
	t_end();
}

/* kTLS sends records of 16 KiB, whatever was agreed. */
static void short_records(void)
{
	struct side s;
	struct peer p;

	t_begin("server: a client that takes short records only");
	open_pair(&s, &p, TLS_DTLS_ROLE_SERVER, TLS1_3_VERSION);
	SSL_CTX_set_tlsext_max_fragment_length(p.ctx,
					       TLSEXT_max_fragment_length_512);
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, ECONNABORTED);
	CHECK_EQ(p.alert_received, SSL_AD_HANDSHAKE_FAILURE);
	CHECK(strstr(s.hs->why, "max_fragment_length"));
	t_close(&s, &p);
	t_end();
}

static void no_ktls(void)
{
	struct side s;
	struct peer p;

	t_begin("keys that the kernel does not take");
	open_pair(&s, &p, TLS_DTLS_ROLE_CLIENT, TLS1_3_VERSION);
	s.refuse_attach = true;
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, EOPNOTSUPP);
	CHECK(strstr(s.hs->why, "kTLS"));
	t_close(&s, &p);
	t_end();
}

/* OpenSSL's secrets are not left behind in a handshake that is over. */
static void wiped(int version)
{
	struct handshake zero = { 0 };
	struct side s;
	struct peer p;

	t_begin("traffic secrets are gone when a handshake is over, TLS %s",
		version == TLS1_3_VERSION ? "1.3" : "1.2");
	open_pair(&s, &p, TLS_DTLS_ROLE_SERVER, version);
	t_connect(&s, &p);
	CHECK_EQ(s.hs->out.error, 0);
	CHECK(!memcmp(&s.hs->client, &zero.client, sizeof(zero.client)));
	CHECK(!memcmp(&s.hs->server, &zero.server, sizeof(zero.server)));
	CHECK(!memcmp(s.hs->block, zero.block, sizeof(zero.block)));
	t_close(&s, &p);
	t_end();
}

void t_hostile(void)
{
	uint32_t role;

	garbage();
	random_bytes();
	for (role = 0; role < 2; role++) {
		ends(role, false);
		ends(role, true);
		slow(role, TLS1_2_VERSION);
		slow(role, TLS1_3_VERSION);
		long_chain(role);
	}
	alert();
	refused_by_client(TLS1_2_VERSION);
	refused_by_client(TLS1_3_VERSION);
	hasty(false);
	hasty(true);
	refused_with_data();
	short_records();
	no_ktls();
	wiped(TLS1_2_VERSION);
	wiped(TLS1_3_VERSION);
}
