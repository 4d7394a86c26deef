// SPDX-License-Identifier: GPL-2.0
/*
 * Records that peers seldom send, and bytes that are none: on top of what
 * tls_records.c has of the usual ones. The peer is a TCP socket with kTLS of
 * its own, or without it, the agent that of agent.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "tls.h"

#define ALERT		21
#define HANDSHAKE	22
#define DATA		23

#define WARNING		1
#define FATAL		2
#define CLOSE_NOTIFY	0
#define UNEXPECTED_MESSAGE 10
#define USER_CANCELED	90

static char buf[20000];

FIXTURE(kinds) {
	struct agent agent;
	int zsock, peer;
};
FIXTURE_VARIANT(kinds) { int version; bool server; };
FIXTURE_VARIANT_ADD(kinds, client_v13) { .version = 0x0304 };
FIXTURE_VARIANT_ADD(kinds, client_v12) { .version = 0x0303 };
FIXTURE_VARIANT_ADD(kinds, server_v13) { .version = 0x0304, .server = true };
FIXTURE_VARIANT_ADD(kinds, server_v12) { .version = 0x0303, .server = true };

/* The socket under test connects to the peer, or the peer to a listener. */
static int connect_pair(bool server, int *zsock, int *peer)
{
	int z = tls_socket(AF_INET, IPPROTO_TLS_1_2);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int l = server ? z : tcp, from = server ? tcp : z, to;
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);

	if (z < 0 || tcp < 0 || bind(l, &addr.sa, len) || listen(l, 5) ||
	    getsockname(l, &addr.sa, &len) || connect(from, &addr.sa, len))
		return errno;
	to = accept(l, NULL, NULL);
	close(l);
	*zsock = server ? to : from;
	*peer = server ? from : to;
	return to < 0 ? errno : zs_setint(*peer, SOL_TCP, TCP_NODELAY, 1);
}

#define START()									\
do {										\
	if (!zs_is_zsock())							\
		SKIP(return, "means nothing on AF_INET");			\
	ASSERT_EQ(0, zs_new_netns());						\
	self->agent = (struct agent){ .version = variant->version, .alert = -1 }; \
	ASSERT_EQ(0, agent_start(&self->agent));				\
	ASSERT_EQ(0, connect_pair(variant->server, &self->zsock, &self->peer));	\
} while (0)

FIXTURE_SETUP(kinds)
{
	START();
	ASSERT_EQ(0, agent_ktls(self->peer, variant->version));
}

FIXTURE_TEARDOWN(kinds)
{
	/* Whatever happened, it can be closed. */
	EXPECT_EQ(0, close(self->zsock));
	agent_stop(&self->agent);
}

static int recv_errno(int fd)
{
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	return n < 0 ? errno : n ? -(int)n : 0;
}

static int send_alert(int fd, int level, int alert)
{
	unsigned char data[2] = { level, alert };

	return agent_send_record(fd, ALERT, data, 2);
}

/* The alert that comes next: level << 8 | alert, or what there is instead. */
static int get_alert(int fd)
{
	unsigned char data[100];
	int len = sizeof(data), type = agent_recv_record(fd, data, &len);

	if (type != ALERT)
		return len ? -1000 - type : 0;
	return len == 2 ? data[0] << 8 | data[1] : -2000;
}

#define EXPECT_ALERT(level, alert) \
	EXPECT_EQ((level) << 8 | (alert), get_alert(self->peer))

static struct zsock_handshake_error why(int fd)
{
	struct zsock_handshake_error err;

	tls_handshake_error(fd, &err);
	return err;
}

#define EXPECT_WHY(_error, _alert, _flags) do {				\
	struct zsock_handshake_error _e = why(self->zsock);		\
	EXPECT_EQ(_error, _e.error);					\
	EXPECT_EQ(_alert, _e.alert);					\
	EXPECT_EQ(_flags, _e.flags);					\
} while (0)

/* ---- data ---- */

/* Empty ones are legal, and no end of file. */
TEST_F(kinds, empty_data)
{
	int i;

	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, agent_send_record(self->peer, DATA, "", 0));
	zs_sleep_ms(50);
	EXPECT_EQ(-1, recv(self->zsock, buf, 10, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	EXPECT_EQ(-1, recv_errno(self->zsock));
}

/* ---- the end ---- */

/* Nothing that comes after it counts. */
TEST_F(kinds, data_after_close_notify)
{
	ASSERT_EQ(0, send_alert(self->peer, WARNING, CLOSE_NOTIFY));
	ASSERT_EQ(4, send(self->peer, "more", 4, 0));
	zs_sleep_ms(20);
	EXPECT_EQ(0, recv_errno(self->zsock));
	EXPECT_EQ(0, recv_errno(self->zsock));
	EXPECT_EQ(0, recv(self->zsock, buf, 10, MSG_PEEK | MSG_DONTWAIT));
}

TEST_F(kinds, close_notify_while_asleep)
{
	int pid = fork();

	if (!pid)
		_exit(recv_errno(self->zsock));
	zs_sleep_ms(30);
	ASSERT_EQ(0, send_alert(self->peer, WARNING, CLOSE_NOTIFY));
	EXPECT_EQ(0, zs_wait(pid));
}

TEST_F(kinds, truncated_under_waitall)
{
	ASSERT_EQ(4, send(self->peer, "half", 4, 0));
	ASSERT_EQ(0, close(self->peer));
	EXPECT_EQ(4, recv(self->zsock, buf, 100, MSG_WAITALL));
	EXPECT_EQ(-1, recv(self->zsock, buf, 100, MSG_WAITALL));
	EXPECT_EQ(ECONNRESET, errno);
}

TEST_F(kinds, truncated_under_splice)
{
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, close(self->peer));
	EXPECT_EQ(-1, splice(self->zsock, NULL, p[1], NULL, 100, 0));
	EXPECT_EQ(ECONNRESET, errno);
}

/* Even when the peer takes no more: there is room for it. */
TEST_F(kinds, close_notify_of_a_full_socket)
{
	static char block[100000];
	ssize_t n, sent = 0, got = 0;
	int type, len;

	ASSERT_EQ(0, zs_nonblock(self->zsock, true));
	while ((n = send(self->zsock, block, sizeof(block), 0)) > 0)
		sent += n;
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, close(self->zsock));
	self->zsock = dup(0);
	while (len = sizeof(buf), (type = agent_recv_record(self->peer, buf, &len)) == DATA)
		got += len;
	EXPECT_EQ(sent, got);
	EXPECT_EQ(ALERT, type);
	EXPECT_EQ(2, len);
	EXPECT_EQ(CLOSE_NOTIFY, buf[1]);
}

/* ---- alerts ---- */

/* TLS 1.3 has no warnings but two: what is called one is an error all the same. */
TEST_F(kinds, warning)
{
	ASSERT_EQ(0, send_alert(self->peer, WARNING, 41));
	ASSERT_EQ(3, send(self->peer, "abc", 3, 0));
	if (variant->version == 0x0303) {
		EXPECT_EQ(-3, recv_errno(self->zsock));
		return;
	}
	EXPECT_EQ(ECONNRESET, recv_errno(self->zsock));
	EXPECT_WHY(ECONNRESET, 41, ZSOCK_HANDSHAKE_ERROR_F_RECEIVED);
}

TEST_F(kinds, user_canceled)
{
	ASSERT_EQ(0, send_alert(self->peer, WARNING, USER_CANCELED));
	ASSERT_EQ(3, send(self->peer, "abc", 3, 0));
	EXPECT_EQ(-3, recv_errno(self->zsock));
	ASSERT_EQ(0, send_alert(self->peer, WARNING, CLOSE_NOTIFY));
	EXPECT_EQ(0, recv_errno(self->zsock));
}

TEST_F(kinds, half_an_alert)
{
	ASSERT_EQ(0, agent_send_record(self->peer, ALERT, "\2", 1));
	EXPECT_EQ(EPROTO, recv_errno(self->zsock));
}

/* With data in between there may be any number. */
TEST_F(kinds, many_warnings)
{
	int i;

	for (i = 0; i < 300; i++) {
		ASSERT_EQ(0, send_alert(self->peer, WARNING, USER_CANCELED));
		ASSERT_EQ(1, send(self->peer, "x", 1, 0));
		ASSERT_EQ(-1, recv_errno(self->zsock));
	}
}

/* ---- handshake messages ---- */

static int send_message(int fd, int type, size_t len)
{
	static char message[20000];

	message[0] = type;
	message[1] = len >> 16;
	message[2] = len >> 8;
	message[3] = len;
	memset(message + 4, 'm', len);
	return agent_send_record(fd, HANDSHAKE, message, len + 4);
}

TEST_F(kinds, tickets_do_not_wake_a_poller)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0);

	if (variant->version == 0x0303 || variant->server)
		return;
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->zsock, &ev));
	ASSERT_EQ(0, send_message(self->peer, 4, 200));
	ASSERT_EQ(0, send_message(self->peer, 4, 200));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 100));
	EXPECT_EQ(0, zs_poll(self->zsock, POLLIN, 0));
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 20000));
	EXPECT_EQ(-1, recv_errno(self->zsock));
}

/* A message that never ends, and one that says it never will. */
TEST_F(kinds, endless_message)
{
	int i, err = 0;

	memset(buf, 0, sizeof(buf));
	memcpy(buf, "\4\xff\xff\xff", 4);
	for (i = 0; i < 50 && !err; i++)
		err = agent_send_record(self->peer, HANDSHAKE, buf, 16000);
	EXPECT_EQ(EPROTO, recv_errno(self->zsock));
	EXPECT_EQ(EPROTO, recv_errno(self->zsock));
}

/* A message in pieces, with data in between, is nothing that TLS knows. */
TEST_F(kinds, data_inside_a_message)
{
	if (variant->version == 0x0303 || variant->server)
		return;
	ASSERT_EQ(0, agent_send_record(self->peer, HANDSHAKE, "\4\0\0\2a", 5));
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	EXPECT_NE(0, recv_errno(self->zsock));
}

/* Every type of message: the connection ends, or goes on, and never hangs. */
TEST_F(kinds, unexpected_messages)
{
	static const int types[] = { 2, 8, 11, 13, 15, 16, 20, 25, 254 };
	int type = types[(getpid() + variant->version) % ARRAY_SIZE(types)];

	ASSERT_EQ(0, send_message(self->peer, type, 50));
	EXPECT_EQ(EPROTO, recv_errno(self->zsock));
	EXPECT_WHY(EPROTO, UNEXPECTED_MESSAGE, 0);
	EXPECT_ALERT(FATAL, UNEXPECTED_MESSAGE);
}

/* ---- what is no data, for those who wait in other ways ---- */

TEST_F(kinds, waitall_goes_past_an_alert)
{
	ASSERT_EQ(3, send(self->peer, "abc", 3, 0));
	ASSERT_EQ(0, send_alert(self->peer, WARNING, USER_CANCELED));
	ASSERT_EQ(3, send(self->peer, "def", 3, 0));
	EXPECT_EQ(6, recv(self->zsock, buf, 6, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));
}

TEST_F(kinds, peek_meets_an_alert)
{
	ASSERT_EQ(0, send_alert(self->peer, WARNING, USER_CANCELED));
	ASSERT_EQ(3, send(self->peer, "abc", 3, 0));
	EXPECT_EQ(3, recv(self->zsock, buf, 3, MSG_PEEK));
	EXPECT_EQ(3, recv(self->zsock, buf, 3, MSG_PEEK));
	EXPECT_EQ(-3, recv_errno(self->zsock));
	ASSERT_EQ(0, send_alert(self->peer, WARNING, CLOSE_NOTIFY));
	EXPECT_EQ(0, recv(self->zsock, buf, 3, MSG_PEEK));
	EXPECT_EQ(0, recv_errno(self->zsock));
}

TEST_F(kinds, fionread_meets_an_alert)
{
	int n = -1;

	ASSERT_EQ(0, send_alert(self->peer, WARNING, CLOSE_NOTIFY));
	ASSERT_TRUE(zs_poll(self->zsock, POLLIN, 20000) & POLLIN);
	EXPECT_EQ(0, ioctl(self->zsock, FIONREAD, &n));
	EXPECT_EQ(0, n);
	EXPECT_EQ(0, recv_errno(self->zsock));
}

static void *recv_thread(void *arg)
{
	char byte;

	return (void *)(long)recv(*(int *)arg, &byte, 1, 0);
}

/* Two readers, and records that are no data: each is taken by one of them. */
TEST_F(kinds, readers_and_alerts)
{
	pthread_t thread[2];
	long sum = 0;
	void *got;
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, recv_thread, &self->zsock));
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, send_alert(self->peer, WARNING, USER_CANCELED));
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, send_alert(self->peer, WARNING, USER_CANCELED));
	ASSERT_EQ(0, send_alert(self->peer, WARNING, CLOSE_NOTIFY));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], &got));
		sum += (long)got;
	}
	EXPECT_EQ(1, sum);
}

/* ---- records that are none ---- */

/*
 * Bytes that nobody encrypted, by a peer who has lost its keys, or somebody in
 * between.
 */
FIXTURE(forged) {
	struct agent agent;
	int zsock, peer;
};
FIXTURE_VARIANT(forged) { int version; bool server; };
FIXTURE_VARIANT_ADD(forged, v13) { .version = 0x0304 };
FIXTURE_VARIANT_ADD(forged, v12) { .version = 0x0303, .server = true };

FIXTURE_SETUP(forged)
{
	START();
}

FIXTURE_TEARDOWN(forged)
{
	EXPECT_EQ(0, close(self->zsock));
	agent_stop(&self->agent);
}

TEST_F(forged, plaintext_alert)
{
	/* As it would be without encryption: nobody is to believe it. */
	ASSERT_EQ(7, send(self->peer, "\x15\3\3\0\2\1\0", 7, 0));
	/* TLS 1.2: kTLS looks at it when there are 13 bytes, or no more. */
	ASSERT_EQ(0, shutdown(self->peer, SHUT_WR));
	EXPECT_LT(0, recv_errno(self->zsock));
	EXPECT_LT(0, recv_errno(self->zsock));
}

TEST_F(forged, plaintext_data)
{
	ASSERT_EQ(5 + 20, send(self->peer, "\x17\3\3\0\x14" "GET / HTTP/1.0\r\n\r\n..", 25, 0));
	EXPECT_EQ(EBADMSG, recv_errno(self->zsock));
}

TEST_F(forged, too_short)
{
	ASSERT_EQ(26, send(self->peer, "\x17\3\3\0\1x\x17\3\3\0\x0f...............", 26, 0));
	EXPECT_EQ(EBADMSG, recv_errno(self->zsock));
}

TEST_F(forged, wrong_version)
{
	ASSERT_EQ(69, send(self->peer, "\x17\2\0\0\x40" "................................"
			   "................................", 69, 0));
	EXPECT_LT(0, recv_errno(self->zsock));
}

TEST_F(forged, no_tls_at_all)
{
	ASSERT_EQ(18, send(self->peer, "HTTP/1.1 400 Bad\r\n", 18, 0));
	EXPECT_LT(0, recv_errno(self->zsock));
	EXPECT_LT(0, recv_errno(self->zsock));
}

/* The first part of a record, and then no more. */
TEST_F(forged, half_a_record)
{
	struct timeval tv = { 0, 100000 };

	memset(buf, 0, 100);
	memcpy(buf, "\x17\3\3\0\x40", 5);
	ASSERT_EQ(0, setsockopt(self->zsock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	ASSERT_EQ(3, send(self->peer, buf, 3, 0));
	EXPECT_EQ(EAGAIN, recv_errno(self->zsock));
	ASSERT_EQ(30, send(self->peer, buf + 3, 30, 0));
	EXPECT_EQ(EAGAIN, recv_errno(self->zsock));
	EXPECT_EQ(0, zs_poll(self->zsock, POLLIN, 0));
	ASSERT_EQ(0, shutdown(self->peer, SHUT_WR));
	EXPECT_EQ(ECONNRESET, recv_errno(self->zsock));
}

TEST_HARNESS_MAIN
