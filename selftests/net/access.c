// SPDX-License-Identifier: GPL-2.0
/*
 * net.zsock.access: who may open sockets. 0 is nobody, 1 who has CAP_NET_ADMIN in the namespace,
 * 2 everybody. Each network namespace has its own; the initial one's limits all.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "kselftest_harness.h"
#include "zs.h"

#define ACCESS "/proc/sys/net/zsock/access"

FIXTURE(access) { int initial; };
FIXTURE_SETUP(access)
{
	if (!zs_is_zsock())
		SKIP(return, "means nothing on AF_INET");
	if (geteuid())
		SKIP(return, "needs root");
	/* To change the initial namespace's value from within another one. */
	self->initial = open(ACCESS, O_RDWR | O_CLOEXEC);
	ASSERT_GE(self->initial, 0);
	ASSERT_EQ(0, zs_new_netns());
}

FIXTURE_TEARDOWN(access)
{
	/* Those that gave up root have not changed it. */
	if (self->initial > 0 && !geteuid() && pwrite(self->initial, "2", 1, 0) != 1)
		TH_LOG("cannot restore %s", ACCESS);
}

static int try_socket(void)
{
	int pair[2];
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0), err = fd < 0 ? errno : 0;
	int p = socketpair(zs_family, SOCK_STREAM, 0, pair), perr = p ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (!p) {
		close(pair[0]);
		close(pair[1]);
	}
	/* One rule for both. */
	return err == perr ? err : 255;
}

/* The same by somebody who is not root. */
static int try_unprivileged(void)
{
	int pid = fork();

	if (!pid)
		_exit(zs_drop_root() ? 254 : try_socket());
	return zs_wait(pid);
}

TEST_F(access, everybody_by_default)
{
	EXPECT_EQ(0, zs_file_has(ACCESS, "2"));
	EXPECT_EQ(0, try_socket());
	EXPECT_EQ(0, try_unprivileged());
}

TEST_F(access, nobody)
{
	ASSERT_EQ(0, zs_write_file(ACCESS, "0"));
	EXPECT_EQ(EACCES, try_socket());
	EXPECT_EQ(EACCES, try_unprivileged());
	ASSERT_EQ(0, zs_write_file(ACCESS, "2"));
	EXPECT_EQ(0, try_socket());
}

TEST_F(access, administrators)
{
	ASSERT_EQ(0, zs_write_file(ACCESS, "1"));
	EXPECT_EQ(0, try_socket());
	EXPECT_EQ(EPERM, try_unprivileged());
}

TEST_F(access, denials_are_counted)
{
	ASSERT_EQ(0, zs_write_file(ACCESS, "0"));
	EXPECT_GE(zs_file_has("/proc/net/zsock_stat", "SocketsDenied 0"), 0);
	EXPECT_EQ(EACCES, try_socket());
	EXPECT_GE(zs_file_has("/proc/net/zsock_stat", "SocketsDenied 2"), 0);
}

/* Only opening is gated. */
TEST_F(access, open_sockets_go_on)
{
	union zs_addr srv;
	int c, l = zs_listener(AF_INET, AF_INET, &srv);
	int fresh = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_GE(l, 0);
	ASSERT_EQ(0, zs_write_file(ACCESS, "0"));
	EXPECT_EQ(0, connect(fresh, &srv.sa, sizeof(srv.in)));
	c = accept(l, NULL, NULL);
	EXPECT_GE(c, 0);
	EXPECT_EQ(1, send(c, "x", 1, 0));
}

TEST_F(access, namespaces_are_apart)
{
	int pid;

	ASSERT_EQ(0, zs_write_file(ACCESS, "0"));
	pid = fork();
	if (!pid)
		_exit(zs_new_netns() ? 254 : try_socket());
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_EQ(EACCES, try_socket());
}

/* A namespace of one's own is no way round what the administrator says. */
TEST_F(access, initial_namespace_limits_all)
{
	ASSERT_EQ(1, pwrite(self->initial, "0", 1, 0));
	EXPECT_EQ(EACCES, try_socket());
	ASSERT_EQ(1, pwrite(self->initial, "1", 1, 0));
	EXPECT_EQ(0, try_socket());
	EXPECT_EQ(EPERM, try_unprivileged());
	ASSERT_EQ(1, pwrite(self->initial, "2", 1, 0));
	EXPECT_EQ(0, try_unprivileged());
}

static int in_user_namespace(const char *value)
{
	int pid = fork();

	if (pid)
		return zs_wait(pid);
	if (zs_drop_root() || unshare(CLONE_NEWUSER | CLONE_NEWNET))
		_exit(253);
	/* What was inherited from a namespace that says less is not ours to widen. */
	if (value && zs_write_file(ACCESS, value))
		_exit(252);
	_exit(try_socket());
}

TEST_F(access, user_namespace)
{
	int ret = in_user_namespace(NULL);

	if (ret == 253)
		SKIP(return, "no user namespaces for the unprivileged here");
	EXPECT_EQ(0, ret);
	/* Its owner has CAP_NET_ADMIN there. Whether the sysctl is writable is sysctl's affair. */
	ret = in_user_namespace("1");
	EXPECT_TRUE(ret == 0 || ret == 252);
	ASSERT_EQ(1, pwrite(self->initial, "1", 1, 0));
	EXPECT_EQ(EPERM, in_user_namespace(NULL));
	ASSERT_EQ(1, pwrite(self->initial, "0", 1, 0));
	EXPECT_EQ(EACCES, in_user_namespace(NULL));
}

TEST_F(access, values)
{
	static const char * const bad[] = { "3", "-1", "x", "99999999999", "2x" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, zs_write_file(ACCESS, bad[i])) {
			TH_LOG("%s", bad[i]);
		}
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, zs_file_has(ACCESS, "2"));
	ASSERT_EQ(0, zs_drop_root());
	EXPECT_EQ(-1, zs_write_file(ACCESS, "1"));
	EXPECT_EQ(EACCES, errno);
}

TEST_HARNESS_MAIN
