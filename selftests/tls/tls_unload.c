// SPDX-License-Identifier: GPL-2.0
/*
 * The module and secure sockets: it is not to be unloaded under a socket, an agent's descriptor
 * or one over which a program is asked, in whatever state a handshake is; and is, at once, when
 * they are gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "race.h"
#include "zs.h"

#define MODPROBE	"/proc/sys/kernel/modprobe"

FIXTURE(unload) {
	int module;		/* its file */
	struct agent agent;
	int tcp;		/* where clients connect */
	union zs_addr addr;
	int fd, wire;
	uint64_t id;
};

static int tls_socket(void)
{
	return socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
}

static void sysctl_set(const char *name, const char *value)
{
	char path[100];

	snprintf(path, sizeof(path), "/proc/sys/net/zsock/%s", name);
	if (zs_write_file(path, value))
		perror(path);
}

FIXTURE_SETUP(unload)
{
	const char *dir = getenv("ZSOCK_MODULE_DIR");
	socklen_t len = zs_loopback(&self->addr, AF_INET, 0);
	char path[PATH_MAX];

	self->module = self->fd = self->wire = -1;
	if (!dir)
		SKIP(return, "needs ZSOCK_MODULE_DIR");
	snprintf(path, sizeof(path), "%s/zsock.ko", dir);
	self->module = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->module);
	ASSERT_EQ(0, zs_new_netns());
	self->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, bind(self->tcp, &self->addr.sa, len));
	ASSERT_EQ(0, listen(self->tcp, 1000));
	ASSERT_EQ(0, getsockname(self->tcp, &self->addr.sa, &len));
	self->agent.alert = -1;
	ASSERT_EQ(0, agent_open(&self->agent));
}

/* It is there for whoever comes next, also when the test failed. */
FIXTURE_TEARDOWN(unload)
{
	if (self->module >= 0 && race_module_refs() < 0)
		syscall(SYS_finit_module, self->module, "", 0);
}

static bool refused(void)
{
	return syscall(SYS_delete_module, "zsock", O_NONBLOCK) == -1 &&
	       (errno == EWOULDBLOCK || errno == EBUSY);
}

/* The last descriptor's file is put by a task of its own: give that a moment. */
static bool unloaded(void)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (!syscall(SYS_delete_module, "zsock", O_NONBLOCK))
			return true;
		zs_sleep_ms(20);
	}
	return false;
}

/* And back. */
#define EXPECT_UNLOADS()							\
do {										\
	EXPECT_TRUE(unloaded())							\
		TH_LOG("%ld references", race_module_refs());			\
	EXPECT_EQ(0, syscall(SYS_finit_module, self->module, "", 0));		\
} while (0)

static int begin(FIXTURE_DATA(unload) *self)
{
	self->fd = tls_socket();
	connect(self->fd, &self->addr.sa, sizeof(self->addr.in));
	self->wire = agent_await(&self->agent, &self->id);
	return self->wire < 0 ? -1 : 0;
}

TEST_F(unload, nothing_there)
{
	EXPECT_UNLOADS();
}

/* An agent in the group is one of the module's listeners, and holds nothing. */
TEST_F(unload, agent)
{
	uint64_t id;

	EXPECT_UNLOADS();
	/* It is in no group now, and may know another number of the family's. */
	EXPECT_EQ(-1, agent_accept(&self->agent, &id));
	agent_close(&self->agent);
	self->agent = (struct agent){ .alert = -1 };
	ASSERT_EQ(0, agent_open(&self->agent));
	ASSERT_EQ(0, begin(self));
	EXPECT_TRUE(refused());
}

TEST_F(unload, pending)
{
	self->fd = tls_socket();
	connect(self->fd, &self->addr.sa, sizeof(self->addr.in));
	EXPECT_TRUE(refused());
	close(self->fd);
	EXPECT_UNLOADS();
}

TEST_F(unload, accepted)
{
	ASSERT_EQ(0, begin(self));
	close(self->wire);
	EXPECT_TRUE(refused());
	close(self->fd);
	EXPECT_UNLOADS();
}

/* Of a handshake that is over, of a socket that is closed, of an agent that is gone. */
TEST_F(unload, wire)
{
	ASSERT_EQ(0, begin(self));
	close(self->fd);
	EXPECT_TRUE(refused());
	agent_close(&self->agent);
	EXPECT_TRUE(refused());
	close(self->wire);
	EXPECT_UNLOADS();
}

TEST_F(unload, wire_in_flight)
{
	int un[2];

	ASSERT_EQ(0, begin(self));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, un));
	ASSERT_EQ(0, zs_send_fd(un[0], self->wire));
	close(self->wire);
	close(self->fd);
	EXPECT_TRUE(refused());
	close(un[0]);
	close(un[1]);
	EXPECT_UNLOADS();
}

TEST_F(unload, program_s_question)
{
	int program;

	self->fd = tls_socket();
	program = zs_getint(self->fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK);
	ASSERT_LE(0, program);
	close(self->fd);
	EXPECT_TRUE(refused());
	close(program);
	EXPECT_UNLOADS();
}

TEST_F(unload, agent_s_question)
{
	struct zsock_verify_request request = { .result = 1 };
	int program, verify;

	self->fd = tls_socket();
	program = zs_getint(self->fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK);
	connect(self->fd, &self->addr.sa, sizeof(self->addr.in));
	self->wire = agent_await(&self->agent, &self->id);
	ASSERT_LE(0, self->wire);
	verify = self->agent.verify_fd;
	self->agent.verify_fd = -1;
	ASSERT_EQ(sizeof(request), write(verify, &request, sizeof(request)));
	close(self->fd);
	close(self->wire);
	close(program);
	EXPECT_TRUE(refused());
	close(verify);
	EXPECT_UNLOADS();
}

TEST_F(unload, open_connection)
{
	int peer;

	ASSERT_EQ(0, begin(self));
	peer = accept(self->tcp, NULL, NULL);
	ASSERT_EQ(0, agent_ktls(self->wire, 0x0304));
	ASSERT_EQ(0, agent_ktls(peer, 0x0304));
	ASSERT_EQ(0, agent_done(&self->agent, self->id, 0));
	close(self->wire);
	ASSERT_EQ(5, send(self->fd, "hello", 5, 0));
	EXPECT_TRUE(refused());
	/* The peer has not read it yet, and TCP has not let go. */
	close(self->fd);
	EXPECT_UNLOADS();
	close(peer);
}

/* Connections of a listener's in each state, at once. */
TEST_F(unload, listener)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);
	int clients[6], listener = tls_socket(), wires[4];
	uint64_t id;

	ASSERT_EQ(0, bind(listener, &addr.sa, len));
	ASSERT_EQ(0, listen(listener, 10));
	ASSERT_EQ(0, getsockname(listener, &addr.sa, &len));
	for (int i = 0; i < 6; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ASSERT_EQ(0, connect(clients[i], &addr.sa, len));
	}
	for (int i = 0; i < 4; i++) {
		while ((wires[i] = agent_accept(&self->agent, &id)) < 0)
			ASSERT_EQ(EAGAIN, errno);
		if (i >= 2)
			continue;
		ASSERT_EQ(0, agent_ktls(wires[i], 0x0304));
		ASSERT_EQ(0, agent_done(&self->agent, id, 0));
	}
	ASSERT_EQ(POLLIN, zs_poll(listener, POLLIN, 20000));
	EXPECT_TRUE(refused());
	close(listener);
	EXPECT_TRUE(refused());
	for (int i = 0; i < 4; i++)
		close(wires[i]);
	EXPECT_UNLOADS();
	for (int i = 0; i < 6; i++)
		close(clients[i]);
}

/* Timers that have run out just now, or are about to. */
TEST_F(unload, timers)
{
	int fd[50];

	for (int round = 0; round < 4; round++) {
		sysctl_set("handshake_timeout", "30");
		sysctl_set("handshake_grace", "20");
		for (int i = 0; i < 50; i++) {
			fd[i] = tls_socket();
			connect(fd[i], &self->addr.sa, sizeof(self->addr.in));
		}
		zs_sleep_ms(round * 10);
		for (int i = 0; i < 50; i++)
			close(fd[i]);
		EXPECT_UNLOADS();
	}
}

/* An agent dies, a socket is closed, the module goes: each in its turn, without a breath. */
TEST_F(unload, all_at_once)
{
	for (int round = 0; round < 4; round++) {
		agent_close(&self->agent);
		self->agent = (struct agent){ .alert = -1 };
		ASSERT_EQ(0, agent_open(&self->agent));
		ASSERT_EQ(0, begin(self));
		ASSERT_EQ(0, agent_ktls(self->wire, 0x0304));
		close(self->agent.nl);
		close(self->fd);
		close(self->wire);
		EXPECT_UNLOADS();
		self->agent.nl = -1;
	}
}

/* ---- while it is in use, and not, and in use ---- */

/* Somebody who has a handshake for a moment, and none for another. */
static pid_t start_visits(const union zs_addr *addr, unsigned long *visits)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	while (getppid() != 1) {
		int fd = tls_socket();

		if (fd >= 0) {
			connect(fd, &addr->sa, sizeof(addr->in));
			__atomic_add_fetch(visits, 1, __ATOMIC_RELAXED);
			zs_sleep_ms(8);
		}
		close(fd);
		zs_sleep_ms(4);
	}
	_exit(0);
}

/* An agent that has to find the family again and again. */
static pid_t start_agents(unsigned long *accepted)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	while (getppid() != 1) {
		struct agent agent = { .alert = -1, .patience_ms = 100 };
		uint64_t id;
		int fd;

		if (!agent_open(&agent)) {
			for (int i = 0; i < 5; i++) {
				fd = agent_accept(&agent, &id);
				if (fd < 0)
					continue;
				__atomic_add_fetch(accepted, 1, __ATOMIC_RELAXED);
				agent_done(&agent, id, ECONNABORTED);
				close(fd);
			}
		}
		agent_close(&agent);
		zs_sleep_ms(3);
	}
	_exit(0);
}

TEST_F(unload, comes_and_goes)
{
	unsigned long removed = 0, refused = 0, *seen;
	long long end = zs_now_ms() + 2000;
	char helper[PATH_MAX] = "";
	FILE *f = fopen(MODPROBE, "re");
	pid_t pid[3];

	/* Nobody else is to load anything: that takes longer than all the rest. */
	ASSERT_NE(NULL, f);
	ASSERT_EQ(1, fscanf(f, "%4095s", helper));
	fclose(f);
	ASSERT_EQ(0, zs_write_file(MODPROBE, "\n"));

	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, seen);
	agent_close(&self->agent);
	pid[0] = start_visits(&self->addr, &seen[0]);
	pid[1] = start_visits(&self->addr, &seen[0]);
	pid[2] = start_agents(&seen[1]);
	/* A busy machine needs longer until something of each kind was there. */
	while (zs_now_ms() < end || ((!seen[0] || !seen[1] || !removed || !refused) &&
				     zs_now_ms() < end + 15000)) {
		if (syscall(SYS_delete_module, "zsock", O_NONBLOCK)) {
			refused++;
			usleep(500);
			continue;
		}
		removed++;
		if (syscall(SYS_finit_module, self->module, "", 0))
			break;
		zs_sleep_ms(20);
	}
	for (int i = 0; i < 3; i++) {
		kill(pid[i], SIGKILL);
		zs_wait(pid[i]);
	}
	ASSERT_EQ(0, zs_write_file(MODPROBE, helper));
	TH_LOG("%lu times removed, %lu refused; %lu sockets, %lu handshakes", removed, refused,
	       seen[0], seen[1]);
	EXPECT_LT(0, removed);
	EXPECT_LT(0, refused);
	EXPECT_LT(0, seen[0]);
	EXPECT_LT(0, seen[1]);
	EXPECT_UNLOADS();
}

TEST_HARNESS_MAIN
