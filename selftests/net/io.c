// SPDX-License-Identifier: GPL-2.0
/*
 * Other ways to move data and to wait for it: splice and its kin, zero-copy sends, select,
 * poll, epoll.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <linux/errqueue.h>

#include "kselftest_harness.h"
#include "zs.h"

FIXTURE(io) {
	int fd[2];
	int pipe[2];
};
ZS_VARIANTS(io);

FIXTURE_SETUP(io)
{
	zs_auto_family = variant->family;
	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, self->fd));
	ASSERT_EQ(0, pipe(self->pipe));
}

FIXTURE_TEARDOWN(io)
{
	close(self->fd[0]);
	close(self->fd[1]);
}

TEST_F(io, sendfile)
{
	static char data[300000], got[300000];
	int file = memfd_create("data", 0), pid;
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i ^ (i >> 8);
	ASSERT_EQ(sizeof(data), write(file, data, sizeof(data)));
	pid = fork();
	if (!pid) {
		off_t pos = 0;

		while (pos < sizeof(data))
			if (sendfile(self->fd[0], file, &pos, sizeof(data) - pos) <= 0)
				_exit(1);
		_exit(0);
	}
	EXPECT_EQ(sizeof(got), recv(self->fd[1], got, sizeof(got), MSG_WAITALL));
	EXPECT_EQ(0, memcmp(data, got, sizeof(got)));
	EXPECT_EQ(0, zs_wait(pid));
}

TEST_F(io, sendfile_datagram)
{
	int file = memfd_create("data", 0), fd[2];
	char buf[16];
	off_t pos = 1;
	/* Asked for more than there is, the end is told by splice_eof(); IPv6 never sends then. */
	size_t count = variant->family == AF_INET ? 100 : 5;

	ASSERT_EQ(6, write(file, "abcdef", 6));
	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	EXPECT_EQ(5, sendfile(fd[0], file, &pos, count));
	EXPECT_EQ(5, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ('b', buf[0]);
}

TEST_F(io, splice_both_ways)
{
	char buf[16];

	ASSERT_EQ(6, write(self->pipe[1], "abcdef", 6));
	EXPECT_EQ(6, splice(self->pipe[0], NULL, self->fd[0], NULL, 6, 0));
	ASSERT_EQ(POLLIN, zs_poll(self->fd[1], POLLIN, 5000));
	EXPECT_EQ(4, splice(self->fd[1], NULL, self->pipe[1], NULL, 4, 0));
	EXPECT_EQ(2, splice(self->fd[1], NULL, self->pipe[1], NULL, 100, SPLICE_F_MOVE));
	EXPECT_EQ(6, read(self->pipe[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));
	/* SPLICE_F_NONBLOCK is about the pipe, the file's O_NONBLOCK about the socket. */
	ASSERT_EQ(0, zs_nonblock(self->fd[1], true));
	EXPECT_EQ(-1, splice(self->fd[1], NULL, self->pipe[1], NULL, 4, 0));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, zs_nonblock(self->fd[1], false));
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	EXPECT_EQ(0, splice(self->fd[1], NULL, self->pipe[1], NULL, 4, 0));
}

static bool splice_more(void *arg)
{
	FIXTURE_DATA(io) *self = arg;
	int before, all;
	char buf[16];

	if (write(self->pipe[1], "abc", 3) != 3 ||
	    splice(self->pipe[0], NULL, self->fd[0], NULL, 3, SPLICE_F_MORE) != 3)
		return false;
	before = zs_poll(self->fd[1], POLLIN, 20);
	if (write(self->pipe[1], "def", 3) != 3 ||
	    splice(self->pipe[0], NULL, self->fd[0], NULL, 3, 0) != 3)
		return false;
	all = recv(self->fd[1], buf, 6, 0);
	if (all > 0 && all < 6)
		recv(self->fd[1], buf, 6 - all, MSG_WAITALL);
	return !before && all == 6;
}

/* It is held back for 200 ms at most. */
TEST_F(io, splice_more_is_flushed)
{
	EXPECT_TRUE(zs_in_time(splice_more, self, 150));
}

TEST_F(io, splice_first_call)
{
	int fresh = zs_socket(variant->domain, SOCK_STREAM, 0);
	int ref = socket(variant->family, SOCK_STREAM, 0);
	int expected;

	ASSERT_EQ(3, write(self->pipe[1], "abc", 3));
	EXPECT_EQ(-1, splice(ref, NULL, self->pipe[1], NULL, 4, 0));
	expected = errno;
	EXPECT_EQ(-1, splice(fresh, NULL, self->pipe[1], NULL, 4, 0));
	EXPECT_EQ(expected, errno);
	EXPECT_EQ(-1, splice(self->pipe[0], NULL, ref, NULL, 3, 0));
	expected = errno;
	fresh = zs_socket(variant->domain, SOCK_STREAM, 0);
	EXPECT_EQ(-1, splice(self->pipe[0], NULL, fresh, NULL, 3, 0));
	EXPECT_EQ(expected, errno);
}

TEST_F(io, splice_datagram)
{
	char buf[16];
	int fd[2];

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(3, write(self->pipe[1], "abc", 3));
	EXPECT_EQ(3, splice(self->pipe[0], NULL, fd[0], NULL, 3, 0));
	ASSERT_EQ(POLLIN, zs_poll(fd[1], POLLIN, 5000));
	EXPECT_EQ(3, splice(fd[1], NULL, self->pipe[1], NULL, 100, 0));
	EXPECT_EQ(3, read(self->pipe[0], buf, sizeof(buf)));
}

TEST_F(io, tee_and_vmsplice)
{
	struct iovec iov = { "vmspliced", 9 };
	char buf[16];
	int copy[2];

	ASSERT_EQ(0, pipe(copy));
	ASSERT_EQ(9, vmsplice(self->pipe[1], &iov, 1, 0));
	ASSERT_EQ(9, tee(self->pipe[0], copy[1], 100, 0));
	EXPECT_EQ(9, splice(self->pipe[0], NULL, self->fd[0], NULL, 9, 0));
	EXPECT_EQ(9, splice(copy[0], NULL, self->fd[0], NULL, 9, 0));
	EXPECT_EQ(9, recv(self->fd[1], buf, 9, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "vmspliced", 9));
	EXPECT_EQ(9, recv(self->fd[1], buf, 9, MSG_WAITALL));
}

/* One completion for each zero-copy send, numbered from 0, on the error queue. */
static void check_zerocopy(struct __test_metadata *_metadata, int tx, int rx, bool v4)
{
	char control[256] __attribute__((aligned(8)));
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err *ee;
	static char data[20000];
	int seen = -1;

	ASSERT_EQ(20000, send(tx, data, 20000, MSG_ZEROCOPY));
	ASSERT_EQ(20000, send(tx, data, 20000, MSG_ZEROCOPY));
	ASSERT_EQ(20000, recv(rx, data, 20000, MSG_WAITALL));
	ASSERT_EQ(20000, recv(rx, data, 20000, MSG_WAITALL));
	while (seen < 1) {
		struct cmsghdr *c;

		ASSERT_TRUE(zs_poll(tx, POLLERR, 5000) & POLLERR);
		msg.msg_controllen = sizeof(control);
		ASSERT_EQ(0, recvmsg(tx, &msg, MSG_ERRQUEUE));
		c = CMSG_FIRSTHDR(&msg);
		ASSERT_NE(NULL, c);
		EXPECT_EQ(v4 ? IPPROTO_IP : IPPROTO_IPV6, c->cmsg_level);
		ee = (void *)CMSG_DATA(c);
		EXPECT_EQ(SO_EE_ORIGIN_ZEROCOPY, ee->ee_origin);
		EXPECT_EQ(0, ee->ee_errno);
		EXPECT_EQ(seen + 1, ee->ee_info);
		seen = ee->ee_data;
	}
	EXPECT_EQ(1, seen);
}

TEST_F(io, zerocopy)
{
	ASSERT_EQ(0, zs_setint(self->fd[0], SOL_SOCKET, SO_ZEROCOPY, 1));
	check_zerocopy(_metadata, self->fd[0], self->fd[1], variant->family == AF_INET);
}

TEST_F(io, zerocopy_set_first)
{
	union zs_addr srv;
	int l, c, s;

	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(c, SOL_SOCKET, SO_ZEROCOPY, 1));
	ASSERT_EQ(1, zs_getint(c, SOL_SOCKET, SO_ZEROCOPY));
	ASSERT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	ASSERT_EQ(1, zs_getint(c, SOL_SOCKET, SO_ZEROCOPY));
	s = accept(l, NULL, NULL);
	check_zerocopy(_metadata, c, s, variant->family == AF_INET);
}

TEST_F(io, zerocopy_datagram)
{
	int fd[2];

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, zs_setint(fd[0], SOL_SOCKET, SO_ZEROCOPY, 1));
	check_zerocopy(_metadata, fd[0], fd[1], variant->family == AF_INET);
}

TEST_F(io, select)
{
	struct timeval tv = { 0, 10000 };
	fd_set r, w;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(self->fd[1], &r);
	EXPECT_EQ(0, select(self->fd[1] + 1, &r, NULL, NULL, &tv));
	FD_SET(self->fd[1], &w);
	FD_SET(self->fd[1], &r);
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	ASSERT_EQ(POLLIN, zs_poll(self->fd[1], POLLIN, 5000));
	EXPECT_EQ(2, select(self->fd[1] + 1, &r, &w, NULL, NULL));
}

/* What poll says of a socket that nothing was done with. */
TEST_F(io, poll_fresh)
{
	int type;

	for (type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		int fd = zs_socket(variant->domain, type, 0);
		int ref = socket(variant->family, type, 0);
		short all = POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM |
			    POLLRDBAND | POLLWRBAND;

		EXPECT_EQ(zs_poll(ref, all, 0), zs_poll(fd, all, 0));
		close(fd);
		close(ref);
	}
}

static int epoll_with(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		return -1;
	return ep;
}

/* Events of the one descriptor in the set, 0 on timeout. */
static unsigned int epoll_next(int ep, int ms)
{
	struct epoll_event ev;

	return epoll_wait(ep, &ev, 1, ms) == 1 ? ev.events : 0;
}

TEST_F(io, epoll_level)
{
	int ep = epoll_with(self->fd[1], EPOLLIN | EPOLLRDHUP);
	char buf[4];

	ASSERT_GE(ep, 0);
	EXPECT_EQ(0, epoll_next(ep, 0));
	ASSERT_EQ(2, send(self->fd[0], "ab", 2, 0));
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 5000));
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 0));
	ASSERT_EQ(2, recv(self->fd[1], buf, 4, 0));
	EXPECT_EQ(0, epoll_next(ep, 0));
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP, epoll_next(ep, 5000));
}

TEST_F(io, epoll_edge)
{
	int ep = epoll_with(self->fd[1], EPOLLIN | EPOLLOUT | EPOLLET);
	char buf[4];

	ASSERT_GE(ep, 0);
	EXPECT_EQ(EPOLLOUT, epoll_next(ep, 0));
	EXPECT_EQ(0, epoll_next(ep, 0));
	ASSERT_EQ(1, send(self->fd[0], "a", 1, 0));
	EXPECT_EQ(EPOLLIN | EPOLLOUT, epoll_next(ep, 5000));
	EXPECT_EQ(0, epoll_next(ep, 0));
	ASSERT_EQ(1, send(self->fd[0], "b", 1, 0));
	EXPECT_EQ(EPOLLIN | EPOLLOUT, epoll_next(ep, 5000));
	ASSERT_EQ(2, recv(self->fd[1], buf, 4, 0));
	EXPECT_EQ(0, epoll_next(ep, 20));
}

TEST_F(io, epoll_oneshot)
{
	int ep = epoll_with(self->fd[1], EPOLLIN | EPOLLONESHOT);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT };

	ASSERT_EQ(1, send(self->fd[0], "a", 1, 0));
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 5000));
	EXPECT_EQ(0, epoll_next(ep, 0));
	EXPECT_EQ(0, epoll_ctl(ep, EPOLL_CTL_MOD, self->fd[1], &ev));
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 0));
}

/* Of two sets that wait exclusively, one connection wakes at least one and loses none. */
TEST_F(io, epoll_exclusive)
{
	union zs_addr srv;
	int l, a, b, n = 0;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_EQ(0, zs_nonblock(l, true));
	a = epoll_with(l, EPOLLIN | EPOLLEXCLUSIVE);
	b = epoll_with(l, EPOLLIN | EPOLLEXCLUSIVE);
	ASSERT_GE(a, 0);
	ASSERT_GE(b, 0);
	ASSERT_GE(zs_tcp_connect(variant->domain, &srv), 0);
	n += epoll_next(a, 100) == EPOLLIN;
	n += epoll_next(b, 100) == EPOLLIN;
	EXPECT_GE(n, 1);
	EXPECT_GE(accept(l, NULL, NULL), 0);
}

TEST_F(io, epoll_forgets_closed)
{
	int ep = epoll_with(self->fd[1], EPOLLIN);

	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 5000));
	close(self->fd[1]);
	EXPECT_EQ(0, epoll_next(ep, 0));
}

TEST_HARNESS_MAIN
