// SPDX-License-Identifier: GPL-2.0
/*
 * The two modules of samples/, which handlers.rst and backends.rst quote, do what they say.
 * Wants zsock_nodelay.ko and zsock_background.ko loaded.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "zs.h"

#define NODELAY	201
#define TOS	4

static int nodelay_socket(int domain)
{
	return socket(zs_family, SOCK_STREAM, ZSOCK_PROTO(domain, NODELAY));
}

static int background_socket(int domain, int type)
{
	int fd = zs_socket(domain, type, 0);

	return setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "background", 10) ? -1 : fd;
}

ZS_FIXTURE(samples);

TEST_F(samples, nodelay_at_both_ends)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, variant->family, 0);
	int l, c, s;

	l = nodelay_socket(variant->domain);
	ASSERT_GE(l, 0);
	ASSERT_EQ(0, bind(l, &addr.sa, len));
	ASSERT_EQ(0, listen(l, 1));
	ASSERT_EQ(0, getsockname(l, &addr.sa, &len));
	c = nodelay_socket(variant->domain);
	ASSERT_EQ(0, connect(c, &addr.sa, len));
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(1, zs_getint(c, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(1, zs_getint(s, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(-1, zs_setint(s, IPPROTO_TCP, TCP_NODELAY, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(0, zs_setint(s, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(IPPROTO_TCP, zs_getint(c, SOL_SOCKET, SO_PROTOCOL));
}

/* Its connect() has to go on to calls that know of both families. */
TEST_F(samples, nodelay_dual)
{
	struct zsock_info info;
	union zs_addr srv;
	int fd = nodelay_socket(0);

	ASSERT_GE(zs_listener(variant->domain, variant->family, &srv), 0);
	ASSERT_EQ(0, zs_getint(fd, IPPROTO_TCP, TCP_NODELAY));
	ASSERT_EQ(0, zs_get_info(fd, &info));
	ASSERT_TRUE(info.flags & ZSOCK_INFO_F_DUAL);
	EXPECT_EQ(0, connect(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(1, zs_getint(fd, IPPROTO_TCP, TCP_NODELAY));
}

TEST_F(samples, nodelay_before_dispatch)
{
	int fd = nodelay_socket(variant->domain);
	int ref = zs_socket(variant->domain, SOCK_STREAM, 0);

	EXPECT_EQ(-1, zs_setint(fd, IPPROTO_TCP, TCP_NODELAY, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(zs_getint(ref, SOL_SOCKET, SO_SNDBUF), zs_getint(fd, SOL_SOCKET, SO_SNDBUF));
	EXPECT_FALSE(zs_dispatched(fd));
}

/* AF_UNIX inside: what is done to a TCP socket must not be done to it. */
TEST_F(samples, nodelay_pair)
{
	union zs_addr addr;
	char c = 'x';
	int fd[2];

	ASSERT_EQ(0, socketpair(zs_family, SOCK_STREAM, ZSOCK_PROTO(variant->domain, NODELAY), fd));
	EXPECT_EQ(1, write(fd[0], &c, 1));
	EXPECT_EQ(1, read(fd[1], &c, 1));
	EXPECT_EQ(-1, connect(fd[0], &addr.sa, zs_loopback(&addr, variant->family, 9)));
}

TEST_F(samples, background_marks_its_packets)
{
	int type;

	for (type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		union zs_addr addr;
		int fd = background_socket(variant->domain, type);

		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, bind(fd, &addr.sa, zs_loopback(&addr, variant->family, 0)));
		EXPECT_EQ(TOS, zs_getint(fd, IPPROTO_IP, IP_TOS));
		if (variant->family == AF_INET6)
			EXPECT_EQ(TOS, zs_getint(fd, IPPROTO_IPV6, IPV6_TCLASS));
	}
}

TEST_F(samples, background_is_for_who_asks)
{
	union zs_addr addr;
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	char name[ZSOCK_NAME_MAX];
	socklen_t len = sizeof(name);

	ASSERT_EQ(0, bind(fd, &addr.sa, zs_loopback(&addr, variant->family, 0)));
	EXPECT_EQ(0, zs_getint(fd, IPPROTO_IP, IP_TOS));
	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, &len));
	EXPECT_STREQ("native", name);
}

TEST_HARNESS_MAIN
