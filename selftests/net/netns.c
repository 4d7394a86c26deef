// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces: sockets belong to one, keep it alive, and go with it.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>

#include "kselftest_harness.h"
#include "zs.h"

FIXTURE(netns) { int family; };
ZS_VARIANTS(netns);
FIXTURE_SETUP(netns)
{
	zs_auto_family = self->family = variant->family;
	if (geteuid())
		SKIP(return, "needs root");
}

FIXTURE_TEARDOWN(netns)
{
}

TEST_F(netns, listed_where_they_belong)
{
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, zs_new_netns());
	EXPECT_EQ(1, zs_count_lines("/proc/self/net/zsock"));
	EXPECT_GE(zs_file_has("/proc/self/net/zsock_stat", "SocketsCreated 0"), 0);
	fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	EXPECT_EQ(2, zs_count_lines("/proc/self/net/zsock"));
	EXPECT_GE(zs_file_has("/proc/self/net/zsock_stat", "SocketsCreated 1"), 0);
	close(fd);
	EXPECT_EQ(1, zs_count_lines("/proc/self/net/zsock"));
	EXPECT_GE(zs_file_has("/proc/self/net/zsock_stat", "SocketsClosed 1"), 0);
}

/* Everything that a socket can be in the middle of. */
static int sockets_in_flight(int domain, int family, int *keep)
{
	static char data[50000];
	union zs_addr srv;
	int l, c, s, i, fd[2];

	l = zs_listener(domain, family, &srv);
	if (l < 0)
		return -1;
	/* Connections that nobody takes, with data in them. */
	for (i = 0; i < 3; i++) {
		c = zs_tcp_connect(domain, &srv);
		if (c < 0 || send(c, data, sizeof(data), 0) < 0)
			return -1;
	}
	/* One in use, one in the middle of connecting, one fresh, datagrams unread. */
	s = accept(l, NULL, NULL);
	c = zs_socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connect(c, &srv.sa, zs_len(family));
	zs_socket(domain, SOCK_STREAM, 0);
	if (s < 0 || zs_udp_pair(domain, family, fd) || send(fd[0], data, 5000, 0) != 5000)
		return -1;
	*keep = s;
	return 0;
}

TEST_F(netns, exit_with_sockets_in_flight)
{
	int i;

	for (i = 0; i < 5; i++) {
		int pid = fork(), keep;

		if (!pid)
			_exit(zs_new_netns() ||
			      sockets_in_flight(variant->domain, variant->family, &keep));
		EXPECT_EQ(0, zs_wait(pid));
	}
}

/* The namespace's last process is gone; a socket that was passed out of it holds it. */
TEST_F(netns, held_by_a_passed_socket)
{
	int un[2], fd, keep, pid;
	char buf[16];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, un));
	pid = fork();
	if (!pid)
		_exit(zs_new_netns() ||
		      sockets_in_flight(variant->domain, variant->family, &keep) ||
		      zs_send_fd(un[0], keep));
	ASSERT_EQ(0, zs_wait(pid));
	fd = zs_recv_fd(un[1]);
	ASSERT_GE(fd, 0);
	zs_sleep_ms(50);
	EXPECT_EQ(sizeof(buf), recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, close(fd));
}

/* Passed out fresh: its first call, made here, is about a namespace that has no process. */
TEST_F(netns, dispatched_after_its_processes)
{
	union zs_addr srv;
	int un[2], fd, pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, un));
	pid = fork();
	if (!pid)
		_exit(zs_new_netns() ||
		      zs_send_fd(un[0], zs_socket(variant->domain, SOCK_STREAM, 0)));
	ASSERT_EQ(0, zs_wait(pid));
	fd = zs_recv_fd(un[1]);
	ASSERT_GE(fd, 0);
	ASSERT_GE(zs_listener(variant->domain, variant->family, &srv), 0);
	EXPECT_EQ(-1, connect(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(ECONNREFUSED, errno);
	EXPECT_EQ(0, close(fd));
}

TEST_F(netns, killed_while_blocked)
{
	int i, pids[5];

	for (i = 0; i < 5; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			union zs_addr srv;
			int l;

			if (zs_new_netns())
				_exit(1);
			l = zs_listener(variant->domain, variant->family, &srv);
			accept(l, NULL, NULL);
			_exit(2);
		}
	}
	zs_sleep_ms(200);
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0, kill(pids[i], SIGKILL));
		EXPECT_EQ(128 + SIGKILL, zs_wait(pids[i]));
	}
}

/* A namespace of one's own, as a user without rights. */
TEST_F(netns, unprivileged)
{
	int keep, pid = fork(), ret;

	if (!pid) {
		if (zs_drop_root() || unshare(CLONE_NEWUSER))
			_exit(253);
		_exit(zs_new_netns() ||
		      sockets_in_flight(variant->domain, variant->family, &keep));
	}
	ret = zs_wait(pid);
	if (ret == 253)
		SKIP(return, "no user namespaces for the unprivileged here");
	EXPECT_EQ(0, ret);
}

TEST_HARNESS_MAIN
