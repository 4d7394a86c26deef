// SPDX-License-Identifier: GPL-2.0
/*
 * What ends under traffic: the module, which must refuse, and network namespaces, whose
 * sockets are in every state there is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "race.h"
#include "zs.h"

#define STORM_MS	3000
#define WORKERS		3

static void short_life(void)
{
	union zs_addr addr;
	int listener = zs_listener(AF_INET, AF_INET, &addr);
	int fd = zs_tcp_connect(AF_INET, &addr);
	int child = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	int fresh = zs_socket(0, SOCK_DGRAM, 0);

	send(fd, "t", 1, MSG_NOSIGNAL);
	close(fresh);
	close(child);
	close(fd);
	close(listener);
}

/* Traffic from somebody who holds a socket all the time. Ends with its parent. */
static pid_t start_traffic(void)
{
	pid_t pid = fork();
	int held;

	if (pid)
		return pid;
	held = zs_socket(AF_INET, SOCK_STREAM, 0);
	while (getppid() != 1 && held >= 0)
		short_life();
	_exit(0);
}

/* From somebody who holds none for some time, so that there is no socket at all at times. */
static pid_t start_visits(unsigned long *visits)
{
	pid_t pid = fork();
	union zs_addr addr;

	if (pid)
		return pid;
	while (getppid() != 1) {
		int fd = zs_udp_bound(AF_INET, AF_INET, &addr);

		if (fd >= 0)
			__atomic_add_fetch(visits, 1, __ATOMIC_RELAXED);
		close(fd);
		zs_sleep_ms(4);
	}
	_exit(0);
}

static void end_traffic(const pid_t *pid)
{
	for (int i = 0; i < WORKERS; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
}

static bool module_idle(void)
{
	for (int tries = 0; tries < 600; tries++) {
		if (!race_module_refs())
			return true;
		zs_sleep_ms(50);
	}
	return false;
}

FIXTURE(module) { pid_t worker[WORKERS]; int file; };

FIXTURE_SETUP(module)
{
	const char *dir = getenv("ZSOCK_MODULE_DIR");
	char path[PATH_MAX];

	ASSERT_EQ(zs_new_netns(), 0);
	self->file = -1;
	if (!zs_is_zsock() || !dir)
		return;
	snprintf(path, sizeof(path), "%s/zsock.ko", dir);
	self->file = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(self->file, 0);
}

/* The module is there for whoever comes next, also when the test failed. */
FIXTURE_TEARDOWN(module)
{
	if (self->file < 0)
		return;
	if (race_module_refs() < 0)
		syscall(SYS_finit_module, self->file, "", 0);
	EXPECT_EQ(race_module_refs(), 0);
}

/* Each worker holds a socket: there never is a moment at which it could go. */
TEST_F(module, removal_refused)
{
	long long end = zs_now_ms() + STORM_MS;
	unsigned long tries = 0;
	int held;

	if (self->file < 0)
		SKIP(return, "needs AF_ZSOCK and ZSOCK_MODULE_DIR");
	held = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_GE(held, 0);
	for (int i = 0; i < WORKERS; i++)
		self->worker[i] = start_traffic();
	for (; zs_now_ms() < end || (tries <= 100 && zs_now_ms() < end + 10 * STORM_MS); tries++) {
		ASSERT_EQ(syscall(SYS_delete_module, "zsock", O_NONBLOCK), -1);
		ASSERT_TRUE(errno == EWOULDBLOCK || errno == EBUSY)
			TH_LOG("%s", strerror(errno));
	}
	EXPECT_GT(tries, 100);
	close(held);
	end_traffic(self->worker);
	EXPECT_TRUE(module_idle());
}

/* Nobody holds it all the time: it comes and goes while sockets are made. */
TEST_F(module, comes_and_goes)
{
	long long end = zs_now_ms() + STORM_MS;
	unsigned long removed = 0, refused = 0, *visits;

	if (self->file < 0)
		SKIP(return, "needs AF_ZSOCK and ZSOCK_MODULE_DIR");
	visits = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(visits, MAP_FAILED);
	for (int i = 0; i < WORKERS; i++)
		self->worker[i] = start_visits(visits);
	/* A busy machine takes longer to come to it. */
	while (zs_now_ms() < end || ((!removed || !*visits) && zs_now_ms() < end + 10 * STORM_MS)) {
		if (syscall(SYS_delete_module, "zsock", O_NONBLOCK)) {
			ASSERT_TRUE(errno == EWOULDBLOCK || errno == EBUSY);
			refused++;
			continue;
		}
		removed++;
		zs_sleep_ms(2);
		ASSERT_EQ(syscall(SYS_finit_module, self->file, "", 0), 0);
		/* Let them have some sockets. */
		zs_sleep_ms(removed & 7);
	}
	end_traffic(self->worker);
	TH_LOG("%lu removed, %lu refused, %lu visits", removed, refused, *visits);
	/* That it is refused where it has to be is the other test's matter. */
	EXPECT_GT(removed, 0);
	EXPECT_GT(*visits, 0);
	EXPECT_TRUE(module_idle());
}

/* ---- namespaces ---- */

/* A passed end in the queue of its own pair: for the collector. */
static void leave_cycle(void)
{
	int pair[2];

	if (socketpair(zs_is_zsock() ? zs_family : AF_UNIX, SOCK_STREAM, 0, pair))
		return;
	zs_send_fd(pair[0], pair[0]);
	zs_send_fd(pair[0], pair[1]);
	close(pair[0]);
	close(pair[1]);
}

/* Sockets in every state; the process ends, and so does the namespace. */
static void leave_sockets(int domain, int family)
{
	union zs_addr addr, away;
	int listener, fd, udp[2];
	socklen_t len;

	if (zs_new_netns())
		_exit(1);
	zs_auto_family = family;
	zs_socket(domain, SOCK_STREAM, 0);
	zs_setint(zs_socket(domain, SOCK_DGRAM, 0), SOL_SOCKET, SO_KEEPALIVE, 1);
	listener = zs_listener(domain, family, &addr);
	/* One stays in the queue with data in it, one is reset, one is half closed. */
	fd = zs_tcp_connect(domain, &addr);
	send(fd, "q", 1, MSG_NOSIGNAL);
	fd = zs_tcp_connect(domain, &addr);
	accept(listener, NULL, NULL);
	shutdown(fd, SHUT_WR);
	if (zs_udp_pair(domain, family, udp) || send(udp[0], "u", 1, 0) != 1)
		_exit(2);
	/* An answer that never comes. */
	len = zs_loopback(&away, family, 9);
	if (family == AF_INET)
		away.in.sin_addr.s_addr = htonl(0x7f010203);
	fd = zs_socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connect(fd, &away.sa, len);
	leave_cycle();
	if (zs_is_zsock() && zs_count_lines("/proc/self/net/zsock") < 10)
		_exit(3);
	_exit(0);
}

FIXTURE(namespace) { int dummy; };
ZS_VARIANTS(namespace);

FIXTURE_SETUP(namespace)
{
	self->dummy = 0;
}

FIXTURE_TEARDOWN(namespace)
{
}

TEST_F(namespace, exits_with_sockets)
{
	long long end = zs_now_ms() + STORM_MS / 2;
	unsigned long n = 0;

	for (; n < 3 || zs_now_ms() < end; n++) {
		pid_t pid = fork();

		if (!pid)
			leave_sockets(variant->domain, variant->family);
		ASSERT_EQ(zs_wait(pid), 0);
	}
	TH_LOG("%lu namespaces", n);
	if (!zs_is_zsock())
		return;
	/* The collector of Unix sockets is set to work by a close. */
	close(socket(AF_UNIX, SOCK_STREAM, 0));
	EXPECT_TRUE(module_idle())
		TH_LOG("%ld still hold the module", race_module_refs());
}

TEST_HARNESS_MAIN
