// SPDX-License-Identifier: GPL-2.0
/*
 * Secure sockets with an agent that attaches known keys: the test is the peer, on a plain TCP
 * socket with kTLS of its own, and sends records of every kind.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "zs.h"

#define ALERT		21
#define HANDSHAKE	22
#define DATA		23

FIXTURE(records) {
	struct agent agent;
	int fd;			/* the secure socket */
	int peer;		/* TCP, with kTLS of the test's own */
};

FIXTURE_VARIANT(records) {
	int version;
	bool server;		/* the secure socket was accepted */
};
FIXTURE_VARIANT_ADD(records, client_1_2) { .version = 0x0303 };
FIXTURE_VARIANT_ADD(records, client_1_3) { .version = 0x0304 };
FIXTURE_VARIANT_ADD(records, server_1_2) { .version = 0x0303, .server = true };
FIXTURE_VARIANT_ADD(records, server_1_3) { .version = 0x0304, .server = true };

static int tls_socket(void)
{
	return socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC, ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
}

static int tcp_listener(union zs_addr *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = zs_loopback(addr, AF_INET, 0);

	if (fd < 0 || bind(fd, &addr->sa, len) || listen(fd, 10) ||
	    getsockname(fd, &addr->sa, &len))
		return -1;
	return fd;
}

static int as_client(int *fd, int *peer)
{
	union zs_addr addr;
	int listener = tcp_listener(&addr);

	*fd = tls_socket();
	if (listener < 0 || *fd < 0 || connect(*fd, &addr.sa, sizeof(addr.in)))
		return -1;
	*peer = accept(listener, NULL, NULL);
	close(listener);
	return *peer < 0 ? -1 : 0;
}

static int as_server(int *fd, int *peer)
{
	int listener = tls_socket();
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);

	*peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, &addr.sa, len) || listen(listener, 10) ||
	    getsockname(listener, &addr.sa, &len) || connect(*peer, &addr.sa, len))
		return -1;
	*fd = accept(listener, NULL, NULL);
	close(listener);
	return *fd < 0 ? -1 : 0;
}

FIXTURE_SETUP(records)
{
	self->agent = (struct agent){ .version = variant->version, .alert = -1 };
	ASSERT_EQ(0, agent_start(&self->agent));
	ASSERT_EQ(0, variant->server ? as_server(&self->fd, &self->peer) :
				       as_client(&self->fd, &self->peer))
		TH_LOG("%s", strerror(errno));
	ASSERT_EQ(0, agent_ktls(self->peer, variant->version));
}

FIXTURE_TEARDOWN(records)
{
	close(self->fd);
	close(self->peer);
	agent_stop(&self->agent);
}

static int handshake_error(int fd, struct zsock_handshake_error *error)
{
	socklen_t len = sizeof(*error);

	return getsockopt(fd, SOL_ZSOCK, ZSOCK_HANDSHAKE_ERROR, error, &len);
}

TEST_F(records, exchange)
{
	struct zsock_info info;
	char buf[100];

	ASSERT_EQ(0, zs_get_info(self->fd, &info));
	EXPECT_EQ(variant->version, info.tls_version);
	EXPECT_EQ(variant->version == 0x0304 ? 0x1301 : 0xc02f, info.tls_cipher);
	EXPECT_EQ(ZSOCK_INFO_F_TLS_TX | ZSOCK_INFO_F_TLS_RX,
		  info.flags & (ZSOCK_INFO_F_TLS_TX | ZSOCK_INFO_F_TLS_RX));
	ASSERT_EQ(5, send(self->fd, "hello", 5, 0));
	ASSERT_EQ(5, recv(self->peer, buf, sizeof(buf), 0));
	ASSERT_EQ(5, send(self->peer, "world", 5, 0));
	ASSERT_EQ(5, recv(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "world", 5));
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

/* As on TCP: no control message, no flag that says that one was lost, no end of a record. */
TEST_F(records, recvmsg)
{
	char buf[100], control[100];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	ASSERT_EQ(1, recvmsg(self->fd, &msg, 0));
	EXPECT_EQ(0, msg.msg_controllen);
	EXPECT_EQ(0, msg.msg_flags);
	EXPECT_EQ(-1, recv(self->fd, buf, 1, MSG_OOB));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(records, peek_waitall)
{
	char buf[100];
	int n;

	ASSERT_EQ(3, send(self->peer, "abc", 3, 0));
	ASSERT_EQ(3, send(self->peer, "def", 3, 0));
	ASSERT_EQ(2, recv(self->fd, buf, 2, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "ab", 2));
	/* Both records. */
	EXPECT_EQ(0, ioctl(self->fd, FIONREAD, &n));
	EXPECT_EQ(6, n);
	ASSERT_EQ(6, recv(self->fd, buf, 6, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));
	EXPECT_EQ(0, ioctl(self->fd, FIONREAD, &n));
	EXPECT_EQ(0, n);
}

/* A ticket is the client's, and nothing to a program. */
static const unsigned char ticket[] = { 4, 0, 0, 5, 1, 2, 3, 4, 5 };

TEST_F(records, ticket)
{
	struct zsock_handshake_error error;
	char buf[100];

	ASSERT_EQ(1, send(self->peer, "a", 1, 0));
	ASSERT_EQ(0, agent_send_record(self->peer, HANDSHAKE, ticket, sizeof(ticket)));
	ASSERT_EQ(0, agent_send_record(self->peer, HANDSHAKE, ticket, sizeof(ticket)));
	ASSERT_EQ(2, send(self->peer, "bc", 2, 0));
	ASSERT_EQ(1, recv(self->fd, buf, 1, 0));
	if (variant->server || variant->version == 0x0303) {
		EXPECT_EQ(-1, recv(self->fd, buf, 2, MSG_WAITALL));
		EXPECT_EQ(EPROTO, errno);
		ASSERT_EQ(0, handshake_error(self->fd, &error));
		EXPECT_EQ(EPROTO, error.error);
		EXPECT_EQ(10, error.alert);
		return;
	}
	ASSERT_EQ(2, recv(self->fd, buf, 2, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "bc", 2));
	/* Not asked for. */
	EXPECT_EQ(0, self->agent.tickets);
}

/* One that comes in pieces, before any data, does not wake the program. */
TEST_F(records, ticket_in_pieces)
{
	char buf[100];

	if (variant->server || variant->version == 0x0303)
		SKIP(return, "no tickets there");
	for (unsigned int i = 0; i < sizeof(ticket); i++)
		ASSERT_EQ(0, agent_send_record(self->peer, HANDSHAKE, ticket + i, 1));
	EXPECT_EQ(0, zs_poll(self->fd, POLLIN, 100));
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, send(self->peer, "z", 1, 0));
	EXPECT_EQ(POLLIN, zs_poll(self->fd, POLLIN, 20000));
	EXPECT_EQ(1, recv(self->fd, buf, sizeof(buf), 0));
}

/* Unread tickets do not turn the end of a connection into a reset. */
TEST_F(records, close_with_tickets)
{
	char buf[100];
	int len = sizeof(buf);

	if (variant->server || variant->version == 0x0303)
		SKIP(return, "no tickets there");
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, agent_send_record(self->peer, HANDSHAKE, ticket, sizeof(ticket)));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(ALERT, agent_recv_record(self->peer, buf, &len));
	EXPECT_EQ(0, recv(self->peer, buf, sizeof(buf), 0));
}

/* They reach the agent of a socket that wants them kept, within bounds. */
TEST_F(records, tickets_for_the_agent)
{
	char buf[100];

	if (variant->server || variant->version == 0x0303)
		SKIP(return, "no tickets there");
	ASSERT_EQ(0, zs_setint(self->fd, SOL_TLS, TLS_SESSION_CACHE, 1));
	for (int i = 0; i < 10; i++)
		ASSERT_EQ(0, agent_send_record(self->peer, HANDSHAKE, ticket, sizeof(ticket)));
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	ASSERT_EQ(1, recv(self->fd, buf, sizeof(buf), 0));
	for (int i = 0; i < 2000 && self->agent.tickets < 4; i++)
		zs_sleep_ms(10);
	zs_sleep_ms(50);
	EXPECT_EQ(4, self->agent.tickets);
	EXPECT_EQ(sizeof(ticket), self->agent.ticket_len);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_TLS, TLS_SESSION_CACHE_PURGE, NULL, 0));
	for (int i = 0; i < 2000 && !self->agent.purges; i++)
		zs_sleep_ms(10);
	EXPECT_EQ(1, self->agent.purges);
}

TEST_F(records, key_update)
{
	static const unsigned char update[] = { 24, 0, 0, 1, 0 };
	struct zsock_handshake_error error;
	char buf[100];

	ASSERT_EQ(0, agent_send_record(self->peer, HANDSHAKE, update, sizeof(update)));
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(variant->version == 0x0304 ? EKEYEXPIRED : EPROTO, errno);
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
	ASSERT_EQ(0, handshake_error(self->fd, &error));
	EXPECT_EQ(variant->version == 0x0304 ? EKEYEXPIRED : EPROTO, error.error);
}

/* TLS 1.2 alone has it, and it is declined. */
TEST_F(records, renegotiation)
{
	unsigned char hello[] = { variant->server, 0, 0, 0 };
	unsigned char alert[10];
	int len = sizeof(alert);
	char buf[100];

	ASSERT_EQ(0, agent_send_record(self->peer, HANDSHAKE, hello, sizeof(hello)));
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	if (variant->version == 0x0304) {
		EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
		EXPECT_EQ(EPROTO, errno);
		return;
	}
	EXPECT_EQ(1, recv(self->fd, buf, sizeof(buf), 0));
	ASSERT_EQ(ALERT, agent_recv_record(self->peer, alert, &len));
	ASSERT_EQ(2, len);
	EXPECT_EQ(1, alert[0]);
	EXPECT_EQ(100, alert[1]);
}

TEST_F(records, fatal_alert)
{
	struct zsock_handshake_error error;
	char buf[100];

	ASSERT_EQ(0, agent_send_record(self->peer, ALERT, "\2\52", 2));
	EXPECT_EQ(POLLIN, zs_poll(self->fd, POLLIN, 20000) & POLLIN);
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(ECONNRESET, errno);
	ASSERT_EQ(0, handshake_error(self->fd, &error));
	EXPECT_EQ(ECONNRESET, error.error);
	EXPECT_EQ(42, error.alert);
	EXPECT_EQ(ZSOCK_HANDSHAKE_ERROR_F_RECEIVED, error.flags);
	EXPECT_EQ(-1, send(self->fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
}

TEST_F(records, bad_alert)
{
	char buf[100];

	ASSERT_EQ(0, agent_send_record(self->peer, ALERT, "\2", 1));
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(EPROTO, errno);
}

TEST_F(records, unknown_type)
{
	unsigned char alert[10];
	int len = sizeof(alert);
	char buf[100];

	ASSERT_EQ(0, agent_send_record(self->peer, 99, "?", 1));
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(EPROTO, errno);
	ASSERT_EQ(ALERT, agent_recv_record(self->peer, alert, &len));
	EXPECT_EQ(2, alert[0]);
	EXPECT_EQ(10, alert[1]);
}

TEST_F(records, warnings_without_end)
{
	char buf[100];
	int i;

	for (i = 0; i < 100; i++)
		if (agent_send_record(self->peer, ALERT, "\1\132", 2))
			break;
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(EPROTO, errno);
}

/* The end of the peer's data, said so: the other direction goes on. */
TEST_F(records, close_notify)
{
	char buf[100];

	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	ASSERT_EQ(0, agent_send_record(self->peer, ALERT, "\1\0", 2));
	EXPECT_EQ(1, recv(self->fd, buf, 1, 0));
	EXPECT_EQ(0, recv(self->fd, buf, 1, 0));
	EXPECT_EQ(0, recv(self->fd, buf, 1, 0));
	EXPECT_EQ(POLLIN, zs_poll(self->fd, POLLIN, 20000));
	ASSERT_EQ(3, send(self->fd, "yes", 3, 0));
	EXPECT_EQ(3, recv(self->peer, buf, sizeof(buf), 0));
}

TEST_F(records, truncated)
{
	char buf[100];

	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	shutdown(self->peer, SHUT_WR);
	EXPECT_EQ(1, recv(self->fd, buf, 1, 0));
	EXPECT_EQ(-1, recv(self->fd, buf, 1, 0));
	EXPECT_EQ(ECONNRESET, errno);
}

TEST_F(records, shutdown_says_so)
{
	char buf[100];
	int len = sizeof(buf);

	ASSERT_EQ(1, send(self->fd, "x", 1, 0));
	ASSERT_EQ(0, shutdown(self->fd, SHUT_WR));
	ASSERT_EQ(DATA, agent_recv_record(self->peer, buf, &len));
	len = sizeof(buf);
	ASSERT_EQ(ALERT, agent_recv_record(self->peer, buf, &len));
	EXPECT_EQ(0, memcmp(buf, "\1\0", 2));
	EXPECT_EQ(0, recv(self->peer, buf, sizeof(buf), 0));
	EXPECT_EQ(-1, send(self->fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	ASSERT_EQ(1, send(self->peer, "y", 1, 0));
	EXPECT_EQ(1, recv(self->fd, buf, sizeof(buf), 0));
	ASSERT_EQ(0, shutdown(self->fd, SHUT_RD));
	EXPECT_EQ(0, recv(self->fd, buf, sizeof(buf), 0));
}

/* Also where there was no room left for it. */
TEST_F(records, close_says_so)
{
	static char buf[100000];
	int len, type;

	fcntl(self->fd, F_SETFL, O_NONBLOCK);
	while (send(self->fd, buf, sizeof(buf), 0) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
	close(self->fd);
	self->fd = -1;
	do {
		len = sizeof(buf);
		type = agent_recv_record(self->peer, buf, &len);
	} while (type == DATA && len > 0);
	ASSERT_EQ(ALERT, type);
	EXPECT_EQ(0, memcmp(buf, "\1\0", 2));
}

TEST_F(records, splice)
{
	char buf[100];
	int p[2];

	ASSERT_EQ(0, pipe(p));
	if (!variant->server && variant->version == 0x0304)
		ASSERT_EQ(0, agent_send_record(self->peer, HANDSHAKE, ticket, sizeof(ticket)));
	ASSERT_EQ(4, send(self->peer, "abcd", 4, 0));
	ASSERT_EQ(4, splice(self->fd, NULL, p[1], NULL, 100, 0));
	ASSERT_EQ(4, read(p[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	fcntl(self->fd, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(-1, splice(self->fd, NULL, p[1], NULL, 100, 0));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, agent_send_record(self->peer, ALERT, "\1\0", 2));
	EXPECT_EQ(0, splice(self->fd, NULL, p[1], NULL, 100, 0));
	ASSERT_EQ(2, write(p[1], "xy", 2));
	ASSERT_EQ(2, splice(p[0], NULL, self->fd, NULL, 2, 0));
	ASSERT_EQ(2, recv(self->peer, buf, sizeof(buf), 0));
	close(p[0]);
	close(p[1]);
}

/* A record that was tampered with: an error, and never data. */
TEST_F(records, garbage)
{
	static const char record[100] = "\27\3\3\0\120junk";
	unsigned char alert[10];
	int len = sizeof(alert);
	char buf[100];
	int raw = self->peer;

	/* Past the peer's kTLS there is no way: a second connection without. */
	close(self->fd);
	close(self->peer);
	ASSERT_EQ(0, variant->server ? as_server(&self->fd, &self->peer) :
				       as_client(&self->fd, &self->peer));
	raw = self->peer;
	ASSERT_EQ(85, send(raw, record, 85, 0));
	ASSERT_EQ(0, agent_ktls(raw, variant->version));
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(EBADMSG, errno);
	ASSERT_EQ(ALERT, agent_recv_record(raw, alert, &len));
	EXPECT_EQ(20, alert[1]);
}

TEST_F(records, too_large)
{
	/* As much as kTLS wants to see of one, with TLS 1.2's nonce. */
	static const char record[13] = "\27\3\3\177\377";
	char buf[100];

	close(self->fd);
	close(self->peer);
	ASSERT_EQ(0, variant->server ? as_server(&self->fd, &self->peer) :
				       as_client(&self->fd, &self->peer));
	ASSERT_EQ(13, send(self->peer, record, sizeof(record), 0));
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(EMSGSIZE, errno);
}

/* Another thread is in recv(): it sees the end as it would on TCP. */
static void *receive(void *arg)
{
	char c;

	return (void *)(long)recv(*(int *)arg, &c, 1, 0);
}

TEST_F(records, shutdown_wakes)
{
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &self->fd));
	zs_sleep_ms(100);
	ASSERT_EQ(0, shutdown(self->fd, SHUT_RDWR));
	pthread_join(thread, &ret);
	EXPECT_EQ(0, (long)ret);
}

/* Types of record are the module's, as are numbers of options that are kTLS's. */
TEST_F(records, not_ktls)
{
	char buf[100];
	int len = sizeof(buf);

	ASSERT_EQ(0, agent_send_record(self->fd, ALERT, "no", 2));
	ASSERT_EQ(DATA, agent_recv_record(self->peer, buf, &len));
	EXPECT_EQ(-1, setsockopt(self->fd, IPPROTO_TCP, 31 /* TCP_ULP */, "tls", 4));
	EXPECT_EQ(ENOENT, errno);
}

TEST_HARNESS_MAIN
