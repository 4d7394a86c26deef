// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP datagram sockets: ping without privilege. What is not marked as AF_ZSOCK's own holds of
 * AF_INET and AF_INET6 as well, and is run over these, too.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "kselftest_harness.h"
#include "raw.h"

#define RANGE	"/proc/sys/net/ipv4/ping_group_range"

FIXTURE(icmp) { union zs_addr lo; socklen_t len; int proto; };
ZS_VARIANTS(icmp);

FIXTURE_SETUP(icmp)
{
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	zs_auto_family = variant->family;
	self->len = zs_loopback(&self->lo, variant->family, 0);
	self->proto = variant->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	ASSERT_EQ(0, zs_write_file(RANGE, "0 2000000"));
}

FIXTURE_TEARDOWN(icmp) { }

static int ping(FIXTURE_DATA(icmp) *self, int fd, int seq)
{
	int family = self->lo.sa.sa_family;
	union zs_addr from, name;
	socklen_t len = sizeof(name);
	char buf[64];
	size_t n = raw_echo(family, buf, 0, seq);

	if (sendto(fd, buf, n, 0, &self->lo.sa, self->len) != (ssize_t)n)
		return errno;
	/* The identity is the kernel's, and the socket's port. */
	if (getsockname(fd, &name.sa, &len) || !zs_port(&name))
		return 254;
	if (raw_await(fd, false, family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY,
		      zs_port(&name), seq, &from))
		return errno;
	return from.sa.sa_family == family ? 0 : 255;
}

static int open_and_ping(void *arg)
{
	FIXTURE_DATA(icmp) *self = arg;
	int fd = zs_socket(self->lo.sa.sa_family, SOCK_DGRAM, self->proto);

	return fd < 0 ? errno : ping(self, fd, 1);
}

TEST_F(icmp, echo)
{
	int fd = zs_socket(variant->domain, SOCK_DGRAM, self->proto);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ping(self, fd, 5));
	EXPECT_EQ(0, ping(self, fd, 6));
	EXPECT_EQ(variant->family, zs_getint(fd, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(self->proto, zs_getint(fd, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(SOCK_DGRAM, zs_getint(fd, SOL_SOCKET, SO_TYPE));
}

TEST_F(icmp, without_privilege)
{
	EXPECT_EQ(0, raw_as(RAW_NOBODY, open_and_ping, self));
}

TEST_F(icmp, group_range)
{
	EXPECT_EQ(0, zs_write_file(RANGE, "1 0"));
	EXPECT_EQ(EACCES, raw_as(RAW_NOBODY, open_and_ping, self));
	/* No capability helps. */
	EXPECT_EQ(-1, zs_socket(variant->domain, SOCK_DGRAM, self->proto));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, zs_write_file(RANGE, "0 0"));
	EXPECT_EQ(EACCES, raw_as(RAW_NOBODY, open_and_ping, self));
	EXPECT_EQ(0, open_and_ping(self));
}

static int ping_given(void *arg)
{
	FIXTURE_DATA(icmp) **self = arg;

	return ping(*self, (long)self[1], 9);
}

TEST_F(icmp, permission_is_the_openers)
{
	void *arg[2] = { self, (void *)(long)zs_socket(variant->domain, SOCK_DGRAM, self->proto) };

	EXPECT_EQ(0, zs_write_file(RANGE, "1 0"));
	EXPECT_EQ(0, raw_as(RAW_NOBODY, ping_given, arg));
}

TEST_F(icmp, identity_by_bind)
{
	int fd = zs_socket(variant->domain, SOCK_DGRAM, self->proto);
	int other = zs_socket(variant->domain, SOCK_DGRAM, self->proto);
	union zs_addr name;
	socklen_t len = zs_loopback(&name, variant->family, 777);

	ASSERT_EQ(0, bind(fd, &name.sa, len));
	EXPECT_EQ(0, ping(self, fd, 1));
	ASSERT_EQ(0, getsockname(fd, &name.sa, &len));
	EXPECT_EQ(777, zs_port(&name));
	/* One identity may be many sockets'. */
	EXPECT_EQ(0, bind(other, &name.sa, len));
}

TEST_F(icmp, nothing_but_echo_requests)
{
	int fd = zs_socket(variant->domain, SOCK_DGRAM, self->proto);
	char buf[64];
	size_t n = raw_echo(variant->family, buf, 1, 1);

	buf[0] = variant->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	EXPECT_EQ(-1, sendto(fd, buf, n, 0, &self->lo.sa, self->len));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sendto(fd, buf, 4, 0, &self->lo.sa, self->len));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(icmp, connected)
{
	int fd = zs_socket(variant->domain, SOCK_DGRAM, self->proto);
	char buf[64];
	size_t n = raw_echo(variant->family, buf, 0, 3);

	ASSERT_EQ(0, connect(fd, &self->lo.sa, self->len));
	ASSERT_EQ((ssize_t)n, send(fd, buf, n, 0));
	ASSERT_EQ(POLLIN, zs_poll(fd, POLLIN, 10000));
	EXPECT_EQ((ssize_t)n, recv(fd, buf, sizeof(buf), 0));
}


TEST_F(icmp, of_the_other_family)
{
	int domain = variant->family == AF_INET ? AF_INET6 : AF_INET;

	EXPECT_EQ(-1, zs_socket(domain, SOCK_DGRAM, self->proto));
	EXPECT_EQ(EPROTONOSUPPORT, errno);
}

/* AF_ZSOCK's own */
TEST_F(icmp, listed)
{
	struct zsock_info info;
	char want[100];
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	fd = zs_socket(variant->domain, SOCK_DGRAM, self->proto);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(variant->family, info.domain);
	EXPECT_EQ(variant->family, info.inner_family);
	EXPECT_STREQ("icmp", info.handler);
	EXPECT_EQ(0, info.flags);
	snprintf(want, sizeof(want), "dgram %d %s CLOSE icmp native %lu", self->proto,
		 variant->family == AF_INET ? "inet" : "inet6", zs_inode(fd));
	EXPECT_LE(0, zs_file_has("/proc/self/net/zsock", want));
}

TEST_HARNESS_MAIN
