// SPDX-License-Identifier: GPL-2.0
/*
 * The other end: OpenSSL, between which and the connection every byte is moved
 * by hand.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "t.h"

#define ROUNDS	200000

/* ---- a connection ---- */

static void set_up_fd(int fd)
{
	int one = 1;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* Always from the same port: sessions are kept by the peer's address. */
void tcp_pair(int fds[2])
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	static int listener = -1;
	socklen_t len = sizeof(sin);

	if (listener < 0) {
		listener = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(listener, (struct sockaddr *)&sin, sizeof(sin)) ||
		    listen(listener, 5))
			abort();
	}
	getsockname(listener, (struct sockaddr *)&sin, &len);
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fds[0], (struct sockaddr *)&sin, sizeof(sin)))
		abort();
	fds[1] = accept(listener, NULL, NULL);
	set_up_fd(fds[0]);
	set_up_fd(fds[1]);
}

/* ---- the peer ---- */

static void watch(int sent, int version, int type, const void *buf, size_t len,
		  SSL *ssl, void *arg)
{
	const unsigned char *alert = buf;
	struct peer *p = arg;

	(void)version;
	(void)ssl;
	if (type != SSL3_RT_ALERT || len != 2)
		return;
	if (sent)
		p->alert_sent = alert[1];
	else
		p->alert_received = alert[1];
}

void peer_init(struct peer *p, bool server)
{
	memset(p, 0, sizeof(*p));
	p->fd = -1;
	p->alert_sent = -1;
	p->alert_received = -1;
	p->ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	SSL_CTX_set_dh_auto(p->ctx, 1);
	SSL_CTX_set_msg_callback(p->ctx, watch);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(p->ctx), pki.ca->cert);
	if (!server)
		SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
}

void peer_use(struct peer *p, const struct pair *pair)
{
	if (SSL_CTX_use_cert_and_key(p->ctx, pair->cert, pair->key, NULL, 1) != 1)
		abort();
}

/* May be called again, for another connection with the same context. */
bool peer_start(struct peer *p, int fd)
{
	/* So that its session may be resumed. */
	if (p->ssl)
		SSL_set_shutdown(p->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(p->ssl);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = fd;
	p->done = false;
	p->failed = false;
	p->got_len = 0;
	memset(&p->seen, 0, sizeof(p->seen));
	p->ssl = SSL_new(p->ctx);
	p->in = BIO_new(BIO_s_mem());
	p->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(p->in, -1);
	SSL_set_bio(p->ssl, p->in, p->out);
	SSL_set_msg_callback_arg(p->ssl, p);
	if (SSL_CTX_get_ssl_method(p->ctx) == TLS_server_method())
		SSL_set_accept_state(p->ssl);
	else
		SSL_set_connect_state(p->ssl);
	return true;
}

static bool move_out(struct peer *p)
{
	size_t room = p->chunk ? p->chunk : 4096;
	char *data;
	long len = BIO_get_mem_data(p->out, &data);
	char buf[4096];
	ssize_t n;

	if (!len)
		return false;
	if ((size_t)len < room)
		room = len;
	n = send(p->fd, data, room, MSG_NOSIGNAL);
	if (n > 0)
		BIO_read(p->out, buf, n);
	else if (errno != EAGAIN)
		BIO_reset(p->out);
	return n > 0;
}

static bool move_in(struct peer *p)
{
	char buf[4096];
	ssize_t n = recv(p->fd, buf, p->chunk ? p->chunk : sizeof(buf), 0);

	if (n <= 0)
		return false;
	wire_see(&p->seen, (uint8_t *)buf, n);
	BIO_write(p->in, buf, n);
	return true;
}

/* One turn; returns whether anything happened. */
bool peer_pump(struct peer *p)
{
	bool moved = move_in(p);
	int ret;

	ERR_clear_error();
	if (!p->done && !p->failed) {
		ret = SSL_do_handshake(p->ssl);
		p->done = ret == 1;
		if (SSL_get_error(p->ssl, ret) == SSL_ERROR_SSL)
			p->failed = true;
	} else if (p->got_len < sizeof(p->got)) {
		ret = SSL_read(p->ssl, p->got + p->got_len,
			       sizeof(p->got) - p->got_len);
		if (ret > 0)
			p->got_len += ret;
		moved |= ret > 0;
	}
	moved |= move_out(p);
	ERR_clear_error();
	return moved;
}

void peer_write(struct peer *p, const char *text)
{
	SSL_write(p->ssl, text, strlen(text));
	while (move_out(p))
		;
}

/* Wait for @text to come. */
bool peer_read(struct peer *p, const char *text)
{
	size_t len = strlen(text);
	int i;

	for (i = 0; i < 1000 && p->got_len < len; i++)
		if (!peer_pump(p))
			usleep(1000);
	if (p->got_len != len || memcmp(p->got, text, len))
		return false;
	p->got_len = 0;
	return true;
}

void peer_free(struct peer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	if (p->fd >= 0)
		close(p->fd);
	memset(p, 0, sizeof(*p));
	p->fd = -1;
}

/* ---- both ---- */

/* Until nothing moves any more. */
void t_run(struct side *s, struct peer *p)
{
	int idle = 0, i;
	bool moved;

	for (i = 0; i < ROUNDS && idle < 20; i++) {
		moved = peer_pump(p);
		if (s->hs->state == HS_READ || s->hs->state == HS_WRITE)
			hs_step(s->hs);
		idle = moved ? 0 : idle + 1;
		if (idle)
			usleep(200);
		if (s->hs->state == HS_OVER && (p->done || p->failed) && idle > 2)
			return;
	}
}

/* A whole handshake, which may fail. */
void t_connect(struct side *s, struct peer *p)
{
	int fds[2];

	tcp_pair(fds);
	/* Clients of ours connect; those that connect to us do. */
	if (s->rq.role == TLS_DTLS_ROLE_SERVER) {
		int swap = fds[0];

		fds[0] = fds[1];
		fds[1] = swap;
	}
	if (!CHECK(side_start(s, fds[0]))) {
		close(fds[0]);
		close(fds[1]);
		s->fd = -1;
		return;
	}
	peer_start(p, fds[1]);
	t_run(s, p);
}

/* Data each way, in several records. */
void t_talk(struct side *s, struct peer *p)
{
	uint8_t data[2048], type;
	char text[32];
	ssize_t n;
	int i;

	if (!CHECK(s->attached)) {
		t_check(false, s->hs->why, s->hs->out.error, "that is why");
		return;
	}
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "from us, %d", i);
		CHECK(record_send(s, SSL3_RT_APPLICATION_DATA, text,
				  strlen(text)));
		CHECK(peer_read(p, text));
		snprintf(text, sizeof(text), "from the peer, %d", i);
		peer_write(p, text);
		do	/* tickets come first */
			n = record_receive(s, &type, data, sizeof(data));
		while (n > 0 && type == SSL3_RT_HANDSHAKE);
		CHECK_EQ(n, (ssize_t)strlen(text));
		CHECK(n > 0 && !memcmp(data, text, n));
	}
}

void t_close(struct side *s, struct peer *p)
{
	side_free(s);
	peer_free(p);
}
