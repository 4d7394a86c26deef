// SPDX-License-Identifier: GPL-2.0
/*
 * What one user's secure sockets may take from others: handshakes, memory that a control group
 * accounts for, and the lock of a TCP socket that the agent is to have.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "zs.h"

#define USER_A	12345
#define USER_B	12346

/* A mount of our own: where, and whether, the system has one does not matter. */
#define MNT	"/tmp/zsock-test-cgroup"
#define GROUP	MNT "/limited"

FIXTURE(limits) {
	struct agent agent;	/* accepts nothing by itself */
	int tcp;		/* where clients connect */
	union zs_addr addr;
};

static int tls_socket(void)
{
	return socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
}

static int listen_on(int fd, union zs_addr *addr)
{
	socklen_t len = zs_loopback(addr, AF_INET, 0);

	if (bind(fd, &addr->sa, len) || listen(fd, 100))
		return -1;
	return getsockname(fd, &addr->sa, &len);
}

FIXTURE_SETUP(limits)
{
	ASSERT_EQ(0, zs_new_netns());
	self->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, listen_on(self->tcp, &self->addr));
	self->agent.alert = -1;
	ASSERT_EQ(0, agent_open(&self->agent));
}

FIXTURE_TEARDOWN(limits)
{
	agent_close(&self->agent);
	close(self->tcp);
}

/* ---- handshakes ---- */

/* Of so many that are begun, how many are under way. */
static int begin(const union zs_addr *addr, int n)
{
	int fd[8], i, good = 0;

	for (i = 0; i < n; i++) {
		fd[i] = tls_socket();
		if (fd[i] < 0 ||
		    (connect(fd[i], &addr->sa, sizeof(addr->in)) && errno != EINPROGRESS))
			return -1;
		zs_poll(fd[i], POLLOUT, 50);
	}
	/* Whoever is refused is told within that time, also on a machine that is busy. */
	zs_sleep_ms(1000);
	for (i = 0; i < n; i++) {
		if (!zs_poll(fd[i], POLLOUT, 0))
			good++;
		else if (zs_getint(fd[i], SOL_SOCKET, SO_ERROR) != ENOBUFS)
			return -2;
	}
	return good;
}

/* A user who begins so many, and keeps what he got. */
static pid_t user(uid_t uid, const union zs_addr *addr, int n, int *good)
{
	pid_t pid;
	int p[2];

	if (pipe(p))
		return -1;
	pid = fork();
	if (!pid) {
		if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
			_exit(1);
		n = begin(addr, n);
		if (write(p[1], &n, sizeof(n)) != sizeof(n))
			_exit(1);
		pause();
	}
	if (read(p[0], good, sizeof(*good)) != sizeof(*good))
		*good = -3;
	close(p[0]);
	close(p[1]);
	return pid;
}

static void leave(pid_t pid)
{
	kill(pid, SIGKILL);
	zs_wait(pid);
}

/* Each leaves as many free as he has; all are there for who owns the namespace. */
TEST_F(limits, each_user_has_a_share)
{
	pid_t a, b;
	int good;

	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/handshake_max", "8"));
	a = user(USER_A, &self->addr, 6, &good);
	EXPECT_EQ(4, good);
	b = user(USER_B, &self->addr, 4, &good);
	EXPECT_EQ(2, good);
	EXPECT_EQ(2, begin(&self->addr, 3));
	leave(b);
	leave(a);
	/* Whatever has ended counts no more. */
	a = user(USER_A, &self->addr, 4, &good);
	EXPECT_EQ(3, good);
	leave(a);
}

/* A listener's, too; its clients wait in TCP's queue, and are served when they can be. */
TEST_F(limits, a_listener_has_its_opener_s_share)
{
	int client[4], wire[4], listener, p[2];
	union zs_addr addr;
	socklen_t len = sizeof(addr.in);
	uint64_t id[4];
	pid_t pid;

	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/handshake_max", "4"));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	pid = fork();
	if (!pid) {
		if (setresuid(USER_A, USER_A, USER_A))
			_exit(1);
		listener = tls_socket();
		_exit(listen_on(listener, &addr) || zs_send_fd(p[0], listener) ? 2 : 0);
	}
	listener = zs_recv_fd(p[1]);
	ASSERT_EQ(0, zs_wait(pid));
	ASSERT_EQ(0, getsockname(listener, &addr.sa, &len));
	for (int i = 0; i < 4; i++) {
		client[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ASSERT_EQ(0, connect(client[i], &addr.sa, len));
	}
	for (int i = 0; i < 2; i++)
		EXPECT_LE(0, wire[i] = agent_await(&self->agent, &id[i]));
	zs_sleep_ms(300);
	EXPECT_EQ(-1, agent_accept(&self->agent, &id[2]));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, agent_done(&self->agent, id[0], ECONNABORTED));
	EXPECT_EQ(0, agent_done(&self->agent, id[1], ECONNABORTED));
	for (int i = 0; i < 2; i++)
		EXPECT_LE(0, wire[i] = agent_await(&self->agent, &id[i]));
}

/* ---- memory ---- */

/* A control group of ours that accounts for memory. 0, or -1. */
static int make_group(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	mkdir(MNT, 0755);
	if (mount("zsock-test", MNT, "cgroup2", 0, NULL))
		return -1;
	if (zs_write_file(MNT "/cgroup.subtree_control", "+memory"))
		return -1;
	return mkdir(GROUP, 0755) && errno != EEXIST ? -1 : 0;
}

/* Bytes, by a name in memory.stat, or all. */
static long charged(const char *name)
{
	FILE *f = fopen(name ? GROUP "/memory.stat" : GROUP "/memory.current", "re");
	long value, found = -1;
	char key[64];

	if (f && !name && fscanf(f, "%ld", &found) != 1)
		found = -1;
	while (f && name && fscanf(f, "%63s %ld", key, &value) == 2)
		if (!strcmp(key, name))
			found = value;
	if (f)
		fclose(f);
	return found;
}

#define MANY	2000

/* What a socket keeps is its owner's. */
TEST_F(limits, lists_are_charged)
{
	struct rlimit limit = { MANY + 100, MANY + 100 };
	static int fd[MANY];
	char alpn[1024];
	long before;

	ASSERT_EQ(0, make_group());
	ASSERT_EQ(0, zs_write_file(GROUP "/cgroup.procs", "0"));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	for (int i = 0; i < MANY; i++) {
		fd[i] = tls_socket();
		ASSERT_LE(0, fd[i]);
	}
	memset(alpn, 'x', sizeof(alpn));
	for (int i = 1; i <= 4; i++)
		alpn[i * 256 - 1] = '\0';
	before = charged(NULL);
	ASSERT_LT(0, before);
	for (int i = 0; i < MANY; i++)
		ASSERT_EQ(0, setsockopt(fd[i], SOL_TLS, TLS_ALPN_LIST, alpn, sizeof(alpn)));
	TH_LOG("%ld KiB, then %ld KiB", before / 1024, charged(NULL) / 1024);
	EXPECT_LT(before + MANY * 1024 / 2, charged(NULL));
	for (int i = 0; i < MANY; i++)
		close(fd[i]);
}

static void fill(int fd)
{
	static const char data[100000];

	zs_nonblock(fd, true);
	for (int i = 0; i < 20; i++)
		send(fd, data, sizeof(data), MSG_NOSIGNAL);
}

/* Connections that a listener has taken, and what came over them. */
TEST_F(limits, connections_are_charged)
{
	union zs_addr addr;
	int client[8], go[2], p[2];
	socklen_t len = sizeof(addr.in);
	long sock = 0;
	pid_t pid;
	char c;

	ASSERT_EQ(0, make_group());
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		if (zs_write_file(GROUP "/cgroup.procs", "0") ||
		    listen_on(tls_socket(), &addr) ||
		    write(p[1], &addr, sizeof(addr)) != sizeof(addr))
			_exit(1);
		_exit(read(go[0], &c, 1) == 1 ? 0 : 1);
	}
	ASSERT_EQ(sizeof(addr), read(p[0], &addr, sizeof(addr)));
	for (int i = 0; i < 8; i++) {
		client[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		/* Some have sent before they are taken. */
		ASSERT_EQ(0, connect(client[i], &addr.sa, len));
		fill(client[i]);
	}
	/* The figures are brought together every two seconds. */
	for (int i = 0; i < 300 && sock < 8 * 32768; i++) {
		zs_sleep_ms(100);
		/* There was no more room before they were taken. */
		for (int j = 0; j < 8; j++)
			fill(client[j]);
		sock = charged("sock");
	}
	TH_LOG("%ld KiB", sock / 1024);
	EXPECT_LE(8 * 32768, sock);
	EXPECT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(0, zs_wait(pid));
	for (int i = 0; i < 8; i++)
		close(client[i]);
	/* And nothing is left of it. */
	for (int i = 0; i < 300 && sock; i++) {
		zs_sleep_ms(100);
		sock = charged("sock");
	}
	EXPECT_EQ(0, sock);
	EXPECT_EQ(0, rmdir(GROUP));
}

/* ---- the lock ---- */

/* Memory that nobody will ever give a page to. */
static void *nowhere(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC);
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	reg.range.start = (unsigned long)p;
	reg.range.len = 4096;
	if (fd < 0 || p == MAP_FAILED || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg))
		return NULL;
	return p;
}

struct call {
	int fd;
	void *value;
};

static void *set_option(void *arg)
{
	struct call *call = arg;

	setsockopt(call->fd, IPPROTO_IP, IP_OPTIONS, call->value, 8);
	return NULL;
}

/* An option whose value never comes: the handshake goes on beside it. */
TEST_F(limits, option_that_never_comes)
{
	char buf[10];
	uint64_t id;
	int fd, wire = -1;
	struct call call = { .value = nowhere() };
	pthread_t thread;

	if (!call.value)
		SKIP(return, "no userfaultfd here");
	call.fd = fd = tls_socket();
	ASSERT_EQ(0, zs_setint(fd, IPPROTO_IP, IP_TTL, 60));
	ASSERT_EQ(0, pthread_create(&thread, NULL, set_option, &call));
	zs_sleep_ms(100);
	alarm(60);
	EXPECT_EQ(-1, connect(fd, &self->addr.sa, sizeof(self->addr.in)));
	EXPECT_EQ(EINPROGRESS, errno);
	for (int i = 0; i < 2000 && wire < 0; i++) {
		wire = agent_accept(&self->agent, &id);
		zs_sleep_ms(10);
	}
	ASSERT_LE(0, wire);
	EXPECT_EQ(-1, recv(wire, buf, sizeof(buf), 0));
	EXPECT_EQ(EAGAIN, errno);
	/* The thread ends with the process. */
}

TEST_HARNESS_MAIN
