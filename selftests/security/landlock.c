// SPDX-License-Identifier: GPL-2.0
/*
 * What Documentation/security.rst says of Landlock and seccomp: Landlock judges
 * the calls of a dispatched socket as those of any TCP socket, and not the call
 * that dispatches it; a seccomp filter on socket() keeps the family away.
 *
 * Every test restricts its own process, and the harness gives each test one.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "zs.h"

/* Newer than Debian 12's linux/landlock.h. */
#define NET_BIND_TCP	(1ULL << 0)
#define NET_CONNECT_TCP	(1ULL << 1)
#define RULE_NET_PORT	2
#define NET_ABI		4

struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
};

struct net_port_attr {
	uint64_t allowed_access;
	uint64_t port;
};

/*
 * From now on this process may connect() to TCP port @port and to no other, and
 * bind() to none at all. @port 0 allows nothing. 0 or -1.
 */
static int restrict_tcp(int port)
{
	struct ruleset_attr attr = {
		.handled_access_net = NET_BIND_TCP | NET_CONNECT_TCP,
	};
	struct net_port_attr rule = {
		.allowed_access = NET_CONNECT_TCP,
		.port = port,
	};
	int fd, ret = -1;

	fd = syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return -1;
	if (port && syscall(__NR_landlock_add_rule, fd, RULE_NET_PORT, &rule, 0))
		goto out;
	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		ret = syscall(__NR_landlock_restrict_self, fd, 0);
out:
	close(fd);
	return ret;
}

static bool have_landlock_net(void)
{
	return syscall(__NR_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION) >= NET_ABI;
}

/* A listener that was there before the restriction, and addresses. */
FIXTURE(landlock) {
	union zs_addr srv;
	union zs_addr mapped;
	union zs_addr any;
	socklen_t len;
	socklen_t any_len;
	int listener;
};

FIXTURE_VARIANT(landlock) {
	int domain;
};

FIXTURE_VARIANT_ADD(landlock, ipv4) { .domain = AF_INET };
FIXTURE_VARIANT_ADD(landlock, any) { .domain = 0 };

FIXTURE_SETUP(landlock)
{
	ZS_SKIP_UNLESS_ZSOCK();
	if (!have_landlock_net())
		SKIP(return, "no Landlock with TCP rules in this kernel");
	self->listener = zs_listener(AF_INET, AF_INET, &self->srv);
	ASSERT_GE(self->listener, 0);
	self->len = zs_len(AF_INET);
	self->any_len = zs_loopback(&self->any, AF_INET, 0);

	memset(&self->mapped, 0, sizeof(self->mapped));
	self->mapped.in6.sin6_family = AF_INET6;
	self->mapped.in6.sin6_port = self->srv.in.sin_port;
	self->mapped.in6.sin6_addr.s6_addr[10] = 0xff;
	self->mapped.in6.sin6_addr.s6_addr[11] = 0xff;
	memcpy(self->mapped.in6.sin6_addr.s6_addr + 12,
	       &self->srv.in.sin_addr, 4);
}

FIXTURE_TEARDOWN(landlock)
{
}

/* Without this the tests below would show nothing. */
TEST_F(landlock, plain_socket_is_refused)
{
	int fd;

	ASSERT_EQ(0, restrict_tcp(0));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-1, bind(fd, &self->any.sa, self->any_len));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, connect(fd, &self->srv.sa, self->len));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(landlock, first_connect_is_not_judged)
{
	int fd;

	ASSERT_EQ(0, restrict_tcp(0));
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	ASSERT_FALSE(zs_dispatched(fd));
	EXPECT_EQ(0, connect(fd, &self->srv.sa, self->len));
}

TEST_F(landlock, first_bind_is_not_judged)
{
	int fd;

	ASSERT_EQ(0, restrict_tcp(0));
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, bind(fd, &self->any.sa, self->any_len));
}

TEST_F(landlock, first_fastopen_is_not_judged)
{
	int fd;

	ASSERT_EQ(0, restrict_tcp(0));
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(1, sendto(fd, "x", 1, MSG_FASTOPEN, &self->srv.sa, self->len));
}

TEST_F(landlock, connect_after_bind_is_refused)
{
	int fd;

	ASSERT_EQ(0, restrict_tcp(0));
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, bind(fd, &self->any.sa, self->any_len));
	EXPECT_EQ(-1, connect(fd, &self->srv.sa, self->len));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(landlock, second_connect_is_refused)
{
	union zs_addr closed;
	int fd;

	zs_closed_port(AF_INET, SOCK_STREAM, &closed);
	ASSERT_EQ(0, restrict_tcp(0));
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(-1, connect(fd, &closed.sa, self->len));
	ASSERT_EQ(ECONNREFUSED, errno);
	EXPECT_EQ(-1, connect(fd, &self->srv.sa, self->len));
	EXPECT_EQ(EACCES, errno);
}

/* Any call that dispatches will do, and a socket from before the restriction. */
TEST_F(landlock, dispatched_socket_is_judged)
{
	socklen_t len = sizeof(union zs_addr);
	union zs_addr name;
	int fd;

	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, getsockname(fd, &name.sa, &len));
	ASSERT_TRUE(zs_dispatched(fd));
	ASSERT_EQ(0, restrict_tcp(0));
	EXPECT_EQ(-1, bind(fd, &self->any.sa, self->any_len));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, connect(fd, &self->srv.sa, self->len));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(landlock, dispatched_socket_is_allowed)
{
	socklen_t len = sizeof(union zs_addr);
	union zs_addr name;
	int fd;

	ASSERT_EQ(0, restrict_tcp(zs_port(&self->srv)));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, getsockname(fd, &name.sa, &len));
	EXPECT_EQ(0, connect(fd, &self->srv.sa, self->len));
}

/* Landlock compares the address's family with that of the sk: IPv6 here. */
TEST_F(landlock, dual_socket_needs_mapped_addresses)
{
	socklen_t len = sizeof(union zs_addr);
	union zs_addr name;
	int fd;

	ASSERT_EQ(0, restrict_tcp(zs_port(&self->srv)));
	fd = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, getsockname(fd, &name.sa, &len));
	EXPECT_EQ(-1, connect(fd, &self->srv.sa, self->len));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, connect(fd, &self->mapped.sa, sizeof(self->mapped.in6)));
}

/* Let socket() fail with EACCES for the family @family. 0 or -1. */
static int forbid_family(int family)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, family, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = ARRAY_SIZE(code),
		.filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

TEST(seccomp_keeps_the_family_away)
{
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	close(fd);
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		SKIP(return, "no seccomp in this kernel");
	ASSERT_EQ(0, forbid_family(zs_family));
	EXPECT_EQ(-1, zs_socket(AF_INET, SOCK_STREAM, 0));
	EXPECT_EQ(EACCES, errno);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_GE(fd, 0);
}

TEST_HARNESS_MAIN
