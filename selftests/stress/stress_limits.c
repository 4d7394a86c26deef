// SPDX-License-Identifier: GPL-2.0
/* Descriptors and memory that run out, for a short while: nothing is lost, nothing is left. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "race.h"
#include "zs.h"

FIXTURE(limits) { int family; };
ZS_VARIANTS(limits);

FIXTURE_SETUP(limits)
{
	zs_auto_family = self->family = variant->family;
	ASSERT_EQ(zs_new_netns(), 0);
	signal(SIGPIPE, SIG_IGN);
}

FIXTURE_TEARDOWN(limits)
{
	if (zs_is_zsock())
		EXPECT_TRUE(race_all_gone());
}

static void limit_files(rlim_t more)
{
	struct rlimit limit = { 0 };
	int highest = dup(0);

	close(highest);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = highest + more;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void unlimit_files(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* socket() and socketpair() without a descriptor left, and with one too few. */
TEST_F(limits, no_descriptor_for_socket)
{
	int pair[2];

	for (int i = 0; i < 200; i++) {
		limit_files(0);
		ASSERT_EQ(zs_socket(variant->domain, SOCK_STREAM, 0), -1);
		ASSERT_EQ(errno, EMFILE);
		if (zs_is_zsock()) {
			limit_files(1);
			ASSERT_EQ(socketpair(zs_family, SOCK_STREAM, 0, pair), -1);
			ASSERT_EQ(errno, EMFILE);
		}
		unlimit_files();
	}
}

/* A connection that finds no descriptor waits on. */
TEST_F(limits, no_descriptor_for_accept)
{
	union zs_addr addr;
	int listener = zs_listener(variant->domain, variant->family, &addr);
	char byte = 0;
	int fd, child;

	ASSERT_GE(listener, 0);
	for (int i = 0; i < 100; i++) {
		fd = zs_tcp_connect(variant->domain, &addr);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(send(fd, "m", 1, 0), 1);
		limit_files(0);
		ASSERT_EQ(accept(listener, NULL, NULL), -1);
		ASSERT_EQ(errno, EMFILE);
		unlimit_files();
		child = accept(listener, NULL, NULL);
		ASSERT_GE(child, 0);
		ASSERT_EQ(recv(child, &byte, 1, 0), 1);
		ASSERT_EQ(byte, 'm');
		close(child);
		close(fd);
	}
	close(listener);
}

/* A passed descriptor for which there is no room is closed, not lost. */
TEST_F(limits, no_descriptor_for_rights)
{
	int pair[2], fd;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (int i = 0; i < 100; i++) {
		fd = zs_socket(variant->domain, SOCK_STREAM, 0);
		ASSERT_EQ(zs_send_fd(pair[0], fd), 0);
		close(fd);
		limit_files(0);
		EXPECT_EQ(zs_recv_fd(pair[1]), -1);
		unlimit_files();
	}
	close(pair[0]);
	close(pair[1]);
}

/* ---- memory ---- */

#define GROUP		"zsock-stress"

/* A cgroup2 mount, wherever one is or can be. */
static const char *cgroup_root(void)
{
	static const char * const known[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	static char own[] = "/tmp/zsock-cgroup-XXXXXX";

	for (int i = 0; i < 2; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/cgroup.controllers", known[i]);
		if (!access(path, R_OK))
			return known[i];
	}
	if (!mkdtemp(own) || mount("none", own, "cgroup2", 0, NULL))
		return NULL;
	return own;
}

static int write_in(const char *dir, const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return zs_write_file(path, text);
}

/* Make sockets of every kind until something gives, then let all go, time and again. */
static int fill_memory(int domain, int family)
{
	static int fd[3000];
	unsigned long failures = 0;

	for (int round = 0; round < 3; round++) {
		union zs_addr addr;
		socklen_t len = zs_loopback(&addr, family, 0);
		int n = 0;

		while (n < 3000) {
			fd[n] = zs_socket(domain, n & 1 ? SOCK_DGRAM : SOCK_STREAM, 0);
			if (fd[n] < 0) {
				failures++;
				break;
			}
			zs_setint(fd[n], SOL_SOCKET, SO_KEEPALIVE, 1);
			if (bind(fd[n++], &addr.sa, len))
				failures++;
		}
		while (n)
			close(fd[--n]);
	}
	return failures ? 3 : 0;
}

static void raise_files(void)
{
	struct rlimit limit = { 8192, 8192 };

	setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_F_TIMEOUT(limits, small_memory_cgroup, 90)
{
	const char *root = cgroup_root();
	char group[128];
	int status;
	pid_t pid;

	if (!root || (write_in(root, "cgroup.subtree_control", "+memory") && errno != EBUSY))
		SKIP(return, "no memory controller on cgroup2 here");
	snprintf(group, sizeof(group), "%s/" GROUP "-%d", root, getpid());
	ASSERT_EQ(mkdir(group, 0755), 0);
	if (write_in(group, "memory.max", "6M")) {
		rmdir(group);
		SKIP(return, "no memory controller on cgroup2 here");
	}
	write_in(group, "memory.swap.max", "0");
	pid = fork();
	if (!pid) {
		raise_files();
		/* 0 is who writes. */
		if (write_in(group, "cgroup.procs", "0"))
			_exit(1);
		_exit(fill_memory(variant->domain, variant->family));
	}
	status = zs_wait(pid);
	TH_LOG("status %d: 3 is errors, 137 is killed for memory", status);
	/* Neither of both would say that the memory was not small. */
	EXPECT_TRUE(status == 3 || status == 128 + SIGKILL);
	for (int tries = 0; tries < 300 && rmdir(group); tries++)
		zs_sleep_ms(100);
	EXPECT_NE(access(group, F_OK), 0);
}

TEST_HARNESS_MAIN
