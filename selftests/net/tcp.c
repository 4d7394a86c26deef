// SPDX-License-Identifier: GPL-2.0
/*
 * Stream sockets: connecting, accepting, sending, receiving, closing.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <netinet/tcp.h>
#include <linux/sockios.h>

#include "kselftest_harness.h"
#include "zs.h"

ZS_FIXTURE(tcp);

TEST_F(tcp, connect_accept_echo)
{
	union zs_addr srv, local, peer, from;
	socklen_t len = sizeof(from);
	char buf[16];
	int l, c, s;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	EXPECT_EQ(variant->family, srv.sa.sa_family);
	EXPECT_NE(0, zs_port(&srv));
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	s = accept(l, &from.sa, &len);
	ASSERT_GE(s, 0);
	EXPECT_EQ(zs_len(variant->family), len);

	len = sizeof(local);
	ASSERT_EQ(0, getsockname(c, &local.sa, &len));
	EXPECT_EQ(zs_len(variant->family), len);
	EXPECT_TRUE(zs_same(&from, &local));
	len = sizeof(peer);
	ASSERT_EQ(0, getpeername(c, &peer.sa, &len));
	EXPECT_TRUE(zs_same(&peer, &srv));
	len = sizeof(peer);
	ASSERT_EQ(0, getpeername(s, &peer.sa, &len));
	EXPECT_TRUE(zs_same(&peer, &local));
	len = sizeof(local);
	ASSERT_EQ(0, getsockname(s, &local.sa, &len));
	EXPECT_TRUE(zs_same(&local, &srv));

	EXPECT_EQ(5, send(c, "hello", 5, 0));
	EXPECT_EQ(5, recv(s, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_EQ(3, write(s, "abc", 3));
	EXPECT_EQ(3, read(c, buf, sizeof(buf)));
	EXPECT_EQ(0, close(c));
	EXPECT_EQ(0, read(s, buf, sizeof(buf)));
	EXPECT_EQ(0, close(s));
	EXPECT_EQ(0, close(l));
}

TEST_F(tcp, addresses_truncate)
{
	union zs_addr srv, got;
	socklen_t len = 4;
	int l, c, s;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	memset(&got, 0xee, sizeof(got));
	s = accept(l, &got.sa, &len);
	ASSERT_GE(s, 0);
	EXPECT_EQ(zs_len(variant->family), len);
	EXPECT_EQ(variant->family, got.sa.sa_family);
	EXPECT_EQ(0xee, ((unsigned char *)&got)[4]);
	len = 0;
	EXPECT_EQ(0, getpeername(s, &got.sa, &len));
	EXPECT_EQ(zs_len(variant->family), len);
}

TEST_F(tcp, nonblocking_connect)
{
	union zs_addr srv;
	socklen_t len = zs_loopback(&srv, variant->family, 0);
	int l, c;

	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASSERT_GE(c, 0);
	EXPECT_EQ(-1, connect(c, &srv.sa, len));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(POLLOUT, zs_poll(c, POLLOUT, 5000));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, connect(c, &srv.sa, len));
	EXPECT_EQ(-1, connect(c, &srv.sa, len));
	EXPECT_EQ(EISCONN, errno);
	EXPECT_GE(accept(l, NULL, NULL), 0);
}

TEST_F(tcp, nonblocking_connect_refused)
{
	union zs_addr to;
	int c, err;

	zs_closed_port(variant->family, SOCK_STREAM, &to);
	c = zs_socket(variant->domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASSERT_GE(c, 0);
	EXPECT_EQ(-1, connect(c, &to.sa, zs_len(variant->family)));
	EXPECT_EQ(EINPROGRESS, errno);
	err = zs_poll(c, POLLIN | POLLOUT, 5000);
	EXPECT_EQ(POLLIN | POLLOUT | POLLERR | POLLHUP, err);
	/* Told once. */
	EXPECT_EQ(ECONNREFUSED, zs_getint(c, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
}

TEST_F(tcp, refused_by_second_connect)
{
	union zs_addr to;
	int c;

	zs_closed_port(variant->family, SOCK_STREAM, &to);
	c = zs_socket(variant->domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASSERT_GE(c, 0);
	EXPECT_EQ(-1, connect(c, &to.sa, zs_len(variant->family)));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_NE(0, zs_poll(c, POLLOUT, 5000));
	EXPECT_EQ(-1, connect(c, &to.sa, zs_len(variant->family)));
	EXPECT_EQ(ECONNREFUSED, errno);
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
}

TEST_F(tcp, blocking_refused_then_reused)
{
	union zs_addr to, srv;
	int c, l;

	zs_closed_port(variant->family, SOCK_STREAM, &to);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_GE(c, 0);
	EXPECT_EQ(-1, connect(c, &to.sa, zs_len(variant->family)));
	EXPECT_EQ(ECONNREFUSED, errno);
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
	l = zs_listener(variant->domain, variant->family, &srv);
	EXPECT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	EXPECT_GE(accept(l, NULL, NULL), 0);
}

TEST_F(tcp, connect_unspec_disconnects)
{
	union zs_addr srv, unspec = { .sa = { .sa_family = AF_UNSPEC } };
	socklen_t len = sizeof(srv);
	int c, l;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	EXPECT_EQ(0, connect(c, &unspec.sa, sizeof(unspec.sa)));
	EXPECT_EQ(-1, getpeername(c, &unspec.sa, &len));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(1, send(c, "x", 1, 0));
}

TEST_F(tcp, would_block)
{
	int fd[2], n = 0, part;
	static char buf[65536];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	EXPECT_EQ(-1, recv(fd[0], buf, 1, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, zs_nonblock(fd[0], true));
	EXPECT_EQ(-1, read(fd[0], buf, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(POLLOUT, zs_poll(fd[0], POLLIN | POLLOUT, 0));
	/*
	 * What was put off may be acknowledged meanwhile, and makes room; and behind a pipe
	 * it moves on from host to host, until all their buffers are full.
	 */
	do {
		while ((part = write(fd[0], buf, sizeof(buf))) > 0)
			n += part;
		ASSERT_EQ(EAGAIN, errno);
	} while (zs_poll(fd[0], POLLOUT, 200) == POLLOUT);
	EXPECT_GT(n, 0);
	while (n > 0) {
		part = read(fd[1], buf, sizeof(buf));
		ASSERT_GT(part, 0);
		n -= part;
	}
	EXPECT_EQ(0, n);
	EXPECT_EQ(POLLOUT, zs_poll(fd[0], POLLOUT, 5000));
}

TEST_F(tcp, accept_would_block)
{
	struct timeval tv = { 0, 50000 };
	union zs_addr srv;
	int l, c, s;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	EXPECT_EQ(0, setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(-1, accept(l, NULL, NULL));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, zs_nonblock(l, true));
	EXPECT_EQ(-1, accept(l, NULL, NULL));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, zs_poll(l, POLLIN, 0));
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	EXPECT_EQ(POLLIN, zs_poll(l, POLLIN, 5000));
	s = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_GE(s, 0);
	EXPECT_TRUE(fcntl(s, F_GETFL) & O_NONBLOCK);
	EXPECT_TRUE(fcntl(s, F_GETFD) & FD_CLOEXEC);
	EXPECT_EQ(-1, accept4(l, NULL, NULL, 0x40));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(tcp, accept_needs_listener)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);

	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(-1, accept(fd, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, listen(fd, 1));
	EXPECT_EQ(1, zs_getint(fd, SOL_SOCKET, SO_ACCEPTCONN));
}

TEST_F(tcp, listen_binds_itself)
{
	union zs_addr addr;
	socklen_t len = sizeof(addr);
	int l = zs_socket(variant->domain, SOCK_STREAM, 0);
	int c;

	ASSERT_EQ(0, listen(l, 4));
	ASSERT_EQ(0, getsockname(l, &addr.sa, &len));
	EXPECT_NE(0, zs_port(&addr));
	/* With domain 0 nothing has settled the family yet: both reach it. */
	zs_loopback(&addr, variant->family, zs_port(&addr));
	c = zs_tcp_connect(variant->domain, &addr);
	EXPECT_GE(c, 0);
	len = sizeof(addr);
	EXPECT_GE(accept(l, &addr.sa, &len), 0);
	EXPECT_EQ(variant->family, addr.sa.sa_family);
	EXPECT_EQ(zs_len(variant->family), len);
}

TEST_F(tcp, peek_and_trunc)
{
	char buf[8] = "";
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(6, send(fd[0], "abcdef", 6, 0));
	EXPECT_EQ(3, recv(fd[1], buf, 3, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "abc", 3));
	EXPECT_EQ(6, recv(fd[1], buf, 8, MSG_PEEK));
	/* For TCP, MSG_TRUNC throws the bytes away. */
	buf[0] = 'z';
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_TRUNC));
	EXPECT_EQ('z', buf[0]);
	EXPECT_EQ(4, recv(fd[1], buf, 8, 0));
	EXPECT_EQ(0, memcmp(buf, "cdef", 4));
}

TEST_F(tcp, peek_off)
{
	char buf[8];
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	EXPECT_EQ(-1, zs_getint(fd[1], SOL_SOCKET, SO_PEEK_OFF));
	ASSERT_EQ(0, zs_setint(fd[1], SOL_SOCKET, SO_PEEK_OFF, 0));
	ASSERT_EQ(6, send(fd[0], "abcdef", 6, 0));
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_PEEK));
	EXPECT_EQ('a', buf[0]);
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_PEEK));
	EXPECT_EQ('c', buf[0]);
	EXPECT_EQ(4, zs_getint(fd[1], SOL_SOCKET, SO_PEEK_OFF));
	EXPECT_EQ(3, recv(fd[1], buf, 3, 0));
	EXPECT_EQ('a', buf[0]);
	EXPECT_EQ(1, zs_getint(fd[1], SOL_SOCKET, SO_PEEK_OFF));
}

TEST_F(tcp, waitall)
{
	char buf[8];
	int fd[2], pid;

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	pid = fork();
	if (!pid) {
		send(fd[0], "abc", 3, 0);
		zs_sleep_ms(30);
		send(fd[0], "defgh", 5, 0);
		_exit(0);
	}
	EXPECT_EQ(8, recv(fd[1], buf, 8, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "abcdefgh", 8));
	EXPECT_EQ(0, zs_wait(pid));
}

static bool hold_back(void *arg)
{
	const FIXTURE_VARIANT(tcp) *variant = arg;
	char buf[16];
	int fd[2] = { -1, -1 };
	bool ok;

	ok = !zs_tcp_pair(variant->domain, variant->family, fd) &&
	     send(fd[0], "ab", 2, MSG_MORE) == 2 && zs_poll(fd[1], POLLIN, 20) == 0 &&
	     send(fd[0], "cd", 2, 0) == 2 && recv(fd[1], buf, sizeof(buf), 0) == 4;
	close(fd[0]);
	close(fd[1]);
	return ok;
}

/* For 200 ms at most. */
TEST_F(tcp, more_is_held_back)
{
	EXPECT_TRUE(zs_in_time(hold_back, (void *)variant, 150));
}

TEST_F(tcp, scattered)
{
	char a[3], b[4], c[5];
	struct iovec out[2] = { { "abcdef", 6 }, { "ghi", 3 } };
	struct iovec in[3] = { { a, 3 }, { b, 4 }, { c, 5 } };
	struct msghdr msg = { .msg_iov = out, .msg_iovlen = 2 };
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	EXPECT_EQ(9, sendmsg(fd[0], &msg, 0));
	EXPECT_EQ(9, readv(fd[1], in, 3));
	EXPECT_EQ(0, memcmp(a, "abc", 3));
	EXPECT_EQ(0, memcmp(b, "defg", 4));
	EXPECT_EQ(0, memcmp(c, "hi", 2));
}

TEST_F(tcp, urgent)
{
	int fd[2], mark = -1;
	char buf[16];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	EXPECT_EQ(-1, recv(fd[1], buf, 1, MSG_OOB));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(3, send(fd[0], "abX", 3, MSG_OOB));
	ASSERT_EQ(2, send(fd[0], "cd", 2, 0));
	EXPECT_TRUE(zs_poll(fd[1], POLLPRI, 5000) & POLLPRI);
	EXPECT_EQ(0, ioctl(fd[1], SIOCATMARK, &mark));
	EXPECT_EQ(0, mark);
	EXPECT_EQ(2, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ(0, ioctl(fd[1], SIOCATMARK, &mark));
	EXPECT_EQ(1, mark);
	EXPECT_EQ(1, recv(fd[1], buf, sizeof(buf), MSG_OOB));
	EXPECT_EQ('X', buf[0]);
	EXPECT_EQ(2, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ('c', buf[0]);
}

TEST_F(tcp, urgent_inline)
{
	int fd[2];
	char buf[16];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, zs_setint(fd[1], SOL_SOCKET, SO_OOBINLINE, 1));
	ASSERT_EQ(3, send(fd[0], "abX", 3, MSG_OOB));
	ASSERT_EQ(2, send(fd[0], "cd", 2, 0));
	EXPECT_TRUE(zs_poll(fd[1], POLLPRI, 5000) & POLLPRI);
	EXPECT_EQ(2, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ(-1, recv(fd[1], buf, 1, MSG_OOB));
	EXPECT_EQ(EINVAL, errno);
	/* Behind a pipe what is behind the mark may come later. */
	EXPECT_EQ(3, recv(fd[1], buf, 3, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "Xcd", 3));
	EXPECT_EQ(0, zs_poll(fd[1], POLLIN, 0));
}

TEST_F(tcp, half_close)
{
	int fd[2];
	char buf[16];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(-1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(POLLIN | POLLRDHUP, zs_poll(fd[1], POLLIN | POLLRDHUP, 5000));
	EXPECT_EQ(0, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ(2, send(fd[1], "ok", 2, 0));
	EXPECT_EQ(2, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_EQ(-1, shutdown(fd[0], 3));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, shutdown(fd[0], SHUT_RD));
	EXPECT_EQ(0, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_EQ(0, shutdown(fd[1], SHUT_WR));
	EXPECT_TRUE(zs_poll(fd[1], 0, 5000) & POLLHUP);
	EXPECT_EQ(-1, shutdown(fd[1], SHUT_RDWR));
	EXPECT_EQ(ENOTCONN, errno);
}

TEST_F(tcp, shutdown_needs_connection)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);

	EXPECT_EQ(-1, shutdown(fd, SHUT_RDWR));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(0, listen(fd, 1));
	EXPECT_EQ(0, shutdown(fd, SHUT_RDWR));
	EXPECT_EQ(-1, accept(fd, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, listen(fd, 1));
}

TEST_F(tcp, linger_zero_resets)
{
	struct linger l = { 1, 0 };
	char buf[4];
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	ASSERT_EQ(0, close(fd[0]));
	EXPECT_EQ(POLLIN | POLLERR | POLLHUP | POLLRDHUP,
		  zs_poll(fd[1], POLLIN | POLLRDHUP, 5000));
	EXPECT_EQ(-1, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ(ECONNRESET, errno);
	EXPECT_EQ(0, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ(0, zs_getint(fd[1], SOL_SOCKET, SO_ERROR));
}

TEST_F(tcp, linger_waits)
{
	struct linger l = { 1, 5 };
	char buf[4];
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	ASSERT_EQ(3, send(fd[0], "end", 3, 0));
	ASSERT_EQ(0, close(fd[0]));
	EXPECT_EQ(3, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ(0, recv(fd[1], buf, sizeof(buf), 0));
}

TEST_F(tcp, unread_data_resets)
{
	char buf[4];
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(1, send(fd[0], "x", 1, 0));
	ASSERT_EQ(POLLIN, zs_poll(fd[1], POLLIN, 5000));
	ASSERT_EQ(0, close(fd[1]));
	EXPECT_EQ(-1, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_EQ(ECONNRESET, errno);
}

static volatile sig_atomic_t sigpipes;

static void count_sigpipe(int sig __attribute__((unused)))
{
	sigpipes++;
}

TEST_F(tcp, sigpipe)
{
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	signal(SIGPIPE, count_sigpipe);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(-1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(0, sigpipes);
	EXPECT_EQ(-1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(1, sigpipes);
	EXPECT_EQ(-1, write(fd[0], "x", 1));
	EXPECT_EQ(2, sigpipes);
}

/* Timeouts set before the socket is dispatched, and after. */
static void set_timeouts(struct __test_metadata *_metadata, int fd)
{
	struct timeval tv = { 0, 100000 };

	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
}

static void check_timeouts(struct __test_metadata *_metadata, int fd)
{
	static char buf[65536];
	long long t0 = zs_now_ms();
	ssize_t n;

	EXPECT_EQ(-1, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(EAGAIN, errno);
	/* By another clock, which may be some ticks ahead. */
	EXPECT_GE(zs_now_ms() - t0, 50);
	EXPECT_LT(zs_now_ms() - t0, 5000);
	while (send(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	/* How long this waits is not so sure: short of memory, TCP takes random naps. */
	do {
		/* On a busy machine what was sent may go on its way only now. */
		t0 = zs_now_ms();
		n = send(fd, buf, sizeof(buf), 0);
	} while (n > 0);
	EXPECT_EQ(-1, n);
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_LT(zs_now_ms() - t0, 5000);
}

TEST_F(tcp, timeouts)
{
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	set_timeouts(_metadata, fd[0]);
	check_timeouts(_metadata, fd[0]);
}

TEST_F(tcp, timeouts_set_first)
{
	union zs_addr srv;
	int l, c;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	set_timeouts(_metadata, c);
	ASSERT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	check_timeouts(_metadata, c);
}

TEST_F(tcp, queue_ioctls)
{
	char buf[8];
	int fd[2], n = -1;

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(5, send(fd[0], "hello", 5, 0));
	ASSERT_EQ(POLLIN, zs_poll(fd[1], POLLIN, 5000));
	EXPECT_EQ(0, ioctl(fd[1], FIONREAD, &n));
	EXPECT_EQ(5, n);
	EXPECT_EQ(5, recv(fd[1], buf, 8, 0));
	EXPECT_EQ(0, ioctl(fd[1], SIOCINQ, &n));
	EXPECT_EQ(0, n);
	EXPECT_EQ(0, ioctl(fd[0], SIOCOUTQ, &n));
	EXPECT_EQ(0, n);
	EXPECT_EQ(0, ioctl(fd[0], SIOCOUTQNSD, &n));
	EXPECT_EQ(0, n);
	EXPECT_EQ(-1, ioctl(fd[0], 0x7fff, &n));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_F(tcp, rcvlowat)
{
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, zs_setint(fd[1], SOL_SOCKET, SO_RCVLOWAT, 4));
	ASSERT_EQ(3, send(fd[0], "abc", 3, 0));
	EXPECT_EQ(0, zs_poll(fd[1], POLLIN, 30));
	ASSERT_EQ(1, send(fd[0], "d", 1, 0));
	EXPECT_EQ(POLLIN, zs_poll(fd[1], POLLIN, 5000));
}

/* A pattern that no part of shifts onto another. */
static unsigned char pattern(unsigned int i)
{
	return i ^ (i >> 8) * 31 ^ (i >> 16) * 7;
}

static int send_pattern(int fd, unsigned int total)
{
	unsigned char buf[7001];
	unsigned int pos = 0;

	while (pos < total) {
		unsigned int i, n = total - pos < sizeof(buf) ? total - pos : sizeof(buf);
		ssize_t sent;

		for (i = 0; i < n; i++)
			buf[i] = pattern(pos + i);
		sent = send(fd, buf, n, 0);
		if (sent <= 0)
			return -1;
		pos += sent;
	}
	return shutdown(fd, SHUT_WR);
}

static int check_pattern(int fd, unsigned int total)
{
	unsigned char buf[9001];
	unsigned int pos = 0;
	ssize_t n, i;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		for (i = 0; i < n; i++)
			if (buf[i] != pattern(pos++))
				return -1;
	return n == 0 && pos == total ? 0 : -1;
}

TEST_F(tcp, both_directions)
{
	const unsigned int total = 1000001;
	int fd[2], a, b;

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	a = fork();
	if (!a)
		_exit(send_pattern(fd[0], total) ? 1 : 0);
	b = fork();
	if (!b)
		_exit(send_pattern(fd[1], total) ? 1 : 0);
	EXPECT_EQ(0, check_pattern(fd[1], total));
	EXPECT_EQ(0, check_pattern(fd[0], total));
	EXPECT_EQ(0, zs_wait(a));
	EXPECT_EQ(0, zs_wait(b));
}

TEST_F(tcp, address_in_use)
{
	union zs_addr srv;
	int l, fd;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	EXPECT_EQ(-1, bind(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(EADDRINUSE, errno);
	EXPECT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	EXPECT_EQ(-1, bind(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(EADDRINUSE, errno);
	EXPECT_EQ(0, close(l));
	EXPECT_EQ(0, bind(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(-1, bind(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(tcp, reuseaddr_over_time_wait)
{
	union zs_addr srv;
	socklen_t len = zs_loopback(&srv, variant->family, 0);
	int l, c, s, fd;

	l = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(l, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, bind(l, &srv.sa, len));
	ASSERT_EQ(0, listen(l, 1));
	ASSERT_EQ(0, getsockname(l, &srv.sa, &len));
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	s = accept(l, NULL, NULL);
	close(l);
	close(s);
	close(c);
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	EXPECT_EQ(-1, bind(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(EADDRINUSE, errno);
	EXPECT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	EXPECT_EQ(0, bind(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(0, listen(fd, 1));
}

TEST_F(tcp, reuseport_spreads)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, variant->family, 0);
	int l[2], i, got[2] = { 0, 0 };

	for (i = 0; i < 2; i++) {
		l[i] = zs_socket(variant->domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
		ASSERT_EQ(0, zs_setint(l[i], SOL_SOCKET, SO_REUSEPORT, 1));
		ASSERT_EQ(0, bind(l[i], &addr.sa, len));
		ASSERT_EQ(0, getsockname(l[i], &addr.sa, &len));
		ASSERT_EQ(0, listen(l[i], 64));
	}
	for (i = 0; i < 40; i++)
		ASSERT_GE(zs_tcp_connect(variant->domain, &addr), 0);
	for (i = 0; i < 2; i++)
		while (accept(l[i], NULL, NULL) >= 0)
			got[i]++;
	EXPECT_EQ(40, got[0] + got[1]);
	EXPECT_GT(got[0], 0);
	EXPECT_GT(got[1], 0);
}

TEST_F(tcp, accepted_inherits)
{
	struct linger lin = { 1, 7 }, got;
	socklen_t len = sizeof(got);
	union zs_addr srv;
	int l, c, s;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	EXPECT_EQ(0, zs_setint(l, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(0, zs_setint(l, IPPROTO_TCP, TCP_KEEPIDLE, 77));
	EXPECT_EQ(0, zs_setint(l, SOL_SOCKET, SO_KEEPALIVE, 1));
	EXPECT_EQ(0, zs_setint(l, SOL_SOCKET, SO_OOBINLINE, 1));
	EXPECT_EQ(0, zs_setint(l, SOL_SOCKET, SO_RCVBUF, 20000));
	EXPECT_EQ(0, setsockopt(l, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin)));
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(1, zs_getint(s, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(77, zs_getint(s, IPPROTO_TCP, TCP_KEEPIDLE));
	EXPECT_EQ(1, zs_getint(s, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(1, zs_getint(s, SOL_SOCKET, SO_OOBINLINE));
	EXPECT_EQ(40000, zs_getint(s, SOL_SOCKET, SO_RCVBUF));
	EXPECT_EQ(0, zs_getint(s, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(0, getsockopt(s, SOL_SOCKET, SO_LINGER, &got, &len));
	EXPECT_EQ(7, got.l_linger);
}

TEST_F(tcp, accepted_answers_info)
{
	struct zsock_info info;
	union zs_addr srv;
	int l, c, s;

	ZS_SKIP_UNLESS_ZSOCK();
	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	ASSERT_EQ(0, zs_get_info(s, &info));
	EXPECT_EQ(ZSOCK_STATE_DISPATCHED, info.state);
	EXPECT_EQ(ZSOCK_INFO_F_ACCEPTED, info.flags & ZSOCK_INFO_F_ACCEPTED);
	EXPECT_EQ(SOCK_STREAM, info.type);
	EXPECT_EQ(IPPROTO_TCP, info.protocol);
	EXPECT_EQ(variant->family, info.inner_family);
	EXPECT_STREQ("tcp", info.handler);
	EXPECT_STREQ("native", info.backend);
	ASSERT_EQ(0, zs_get_info(c, &info));
	EXPECT_EQ(0, info.flags & ZSOCK_INFO_F_ACCEPTED);
}

TEST_HARNESS_MAIN
