// SPDX-License-Identifier: GPL-2.0
/*
 * socketpair(): connected, in both directions, from the start; and collected when it can no
 * longer be reached.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "zs.h"

FIXTURE(pair) {
	int fd[2];
};

FIXTURE_VARIANT(pair) {
	int domain;
	int type;
};

FIXTURE_VARIANT_ADD(pair, stream) { 0, SOCK_STREAM };
FIXTURE_VARIANT_ADD(pair, stream4) { AF_INET, SOCK_STREAM };
FIXTURE_VARIANT_ADD(pair, stream6) { AF_INET6, SOCK_STREAM };
FIXTURE_VARIANT_ADD(pair, dgram) { 0, SOCK_DGRAM };
FIXTURE_VARIANT_ADD(pair, dgram4) { AF_INET, SOCK_DGRAM };

FIXTURE_SETUP(pair)
{
	if (!zs_is_zsock())
		SKIP(return, "AF_INET has no socketpair()");
	ASSERT_EQ(0, socketpair(zs_family, variant->type | SOCK_CLOEXEC,
				ZSOCK_PROTO(variant->domain, 0), self->fd));
}

FIXTURE_TEARDOWN(pair)
{
}

TEST_F(pair, both_ways)
{
	struct iovec iov = { "two", 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	char buf[8];

	EXPECT_EQ(3, send(self->fd[0], "one", 3, 0));
	EXPECT_EQ(3, recv(self->fd[1], buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "one", 3));
	EXPECT_EQ(3, sendmsg(self->fd[1], &msg, 0));
	EXPECT_EQ(POLLIN, zs_poll(self->fd[0], POLLIN, 5000));
	EXPECT_EQ(3, read(self->fd[0], buf, sizeof(buf)));
	EXPECT_EQ(-1, recv(self->fd[0], buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(fcntl(self->fd[0], F_GETFD) & FD_CLOEXEC);
}

TEST_F(pair, boundaries)
{
	char buf[8];

	ASSERT_EQ(2, send(self->fd[0], "ab", 2, 0));
	ASSERT_EQ(2, send(self->fd[0], "cd", 2, 0));
	EXPECT_EQ(variant->type == SOCK_STREAM ? 4 : 2, recv(self->fd[1], buf, sizeof(buf), 0));
}

TEST_F(pair, end_of_one)
{
	char buf[8];

	if (variant->type == SOCK_STREAM) {
		ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
		EXPECT_EQ(0, recv(self->fd[1], buf, sizeof(buf), 0));
	}
	ASSERT_EQ(0, close(self->fd[1]));
	EXPECT_EQ(-1, send(self->fd[0], "x", 1, 0));
	EXPECT_TRUE(errno == EPIPE || errno == ECONNREFUSED || errno == ECONNRESET);
}

TEST_F(pair, info)
{
	struct zsock_info info;
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, zs_get_info(self->fd[i], &info));
		EXPECT_EQ(ZSOCK_STATE_DISPATCHED, info.state);
		EXPECT_EQ(ZSOCK_INFO_F_PAIR, info.flags & ZSOCK_INFO_F_PAIR);
		EXPECT_EQ(variant->type, info.type);
		EXPECT_EQ(variant->domain, info.domain);
	}
}

TEST_F(pair, calls_for_the_connected)
{
	union zs_addr a;
	socklen_t len = sizeof(a);
	int i, type = -1;

	EXPECT_EQ(0, getsockname(self->fd[0], &a.sa, &len));
	len = sizeof(a);
	EXPECT_EQ(0, getpeername(self->fd[0], &a.sa, &len));
	len = sizeof(type);
	EXPECT_EQ(0, getsockopt(self->fd[0], SOL_SOCKET, SO_TYPE, &type, &len));
	EXPECT_EQ(variant->type, type);
	/* Whatever these say, nothing falls over, and data still passes. */
	zs_loopback(&a, AF_INET, 1);
	for (i = 0; i < 3; i++) {
		connect(self->fd[0], &a.sa, zs_len(AF_INET));
		bind(self->fd[0], &a.sa, i);
		setsockopt(self->fd[0], IPPROTO_TCP, i, &type, sizeof(type));
		setsockopt(self->fd[0], IPPROTO_IP, i, &type, sizeof(type));
	}
	EXPECT_EQ(1, send(self->fd[1], "x", 1, 0));
}

TEST_F(pair, passing_is_not_through_it)
{
	int fd = dup(0), got;

	/* If it can pass descriptors they arrive whole; if not, it says so. Nothing is lost. */
	if (zs_send_fd(self->fd[0], fd))
		return;
	got = zs_recv_fd(self->fd[1]);
	if (got >= 0)
		EXPECT_EQ(0, close(got));
}

/* Each end sent over the other, then closed: nobody can reach them. AF_UNIX collects such. */
TEST_F(pair, cycle_is_collected)
{
	int lines, tries, trigger[2];

	if (zs_send_fd(self->fd[0], self->fd[0]) || zs_send_fd(self->fd[1], self->fd[1]))
		SKIP(return, "this pair passes no descriptors");
	close(self->fd[0]);
	close(self->fd[1]);
	/* The collector runs when sockets of the kind are closed. */
	for (tries = 0; tries < 100; tries++) {
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, trigger));
		close(trigger[0]);
		close(trigger[1]);
		lines = zs_count_lines("/proc/net/zsock");
		if (lines == 1)
			break;
		zs_sleep_ms(20);
	}
	EXPECT_EQ(1, lines);
}

TEST(refused)
{
	int fd[2], *volatile nowhere = NULL;

	if (!zs_is_zsock())
		SKIP(return, "AF_INET has no socketpair()");
	EXPECT_EQ(-1, socketpair(zs_family, SOCK_SEQPACKET, 0, fd));
	EXPECT_EQ(ESOCKTNOSUPPORT, errno);
	EXPECT_EQ(-1, socketpair(zs_family, SOCK_STREAM, ZSOCK_PROTO(0, IPPROTO_UDP), fd));
	EXPECT_EQ(EPROTONOSUPPORT, errno);
	EXPECT_EQ(-1, socketpair(zs_family, SOCK_STREAM, ZSOCK_PROTO(77, 0), fd));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_EQ(-1, socketpair(zs_family, SOCK_STREAM, 0, nowhere));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(1, zs_count_lines("/proc/net/zsock"));
}

TEST_HARNESS_MAIN
