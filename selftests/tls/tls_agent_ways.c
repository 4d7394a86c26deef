// SPDX-License-Identifier: GPL-2.0
/*
 * What a secure socket makes of an agent that succeeds, fails, stalls, lies, dies or is not
 * there, and of one that means harm.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "zs.h"

FIXTURE(ways) {
	struct agent agent;
	bool running;
	int fd;
	int listener, peer;	/* TCP */
	union zs_addr addr;
};

FIXTURE_VARIANT(ways) { int domain; };
FIXTURE_VARIANT_ADD(ways, ipv4) { .domain = AF_INET };
FIXTURE_VARIANT_ADD(ways, dual) { .domain = 0 };

static int tls_socket(int domain)
{
	return socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC,
		      ZSOCK_PROTO(domain, IPPROTO_TLS_1_2));
}

static void sysctl_set(const char *name, const char *value)
{
	char path[100];

	snprintf(path, sizeof(path), "/proc/sys/net/zsock/%s", name);
	if (zs_write_file(path, value))
		perror(path);
}

FIXTURE_SETUP(ways)
{
	socklen_t len = zs_loopback(&self->addr, AF_INET, 0);

	self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, bind(self->listener, &self->addr.sa, len));
	ASSERT_EQ(0, listen(self->listener, 100));
	ASSERT_EQ(0, getsockname(self->listener, &self->addr.sa, &len));
	self->fd = tls_socket(variant->domain);
	ASSERT_LE(0, self->fd);
	self->peer = -1;
	self->agent = (struct agent){ .alert = -1 };
	/* Longer than a busy machine makes anything wait: who is to see their end sets them. */
	sysctl_set("handshake_timeout", "60000");
	sysctl_set("handshake_grace", "60000");
}

FIXTURE_TEARDOWN(ways)
{
	close(self->fd);
	close(self->listener);
	if (self->peer >= 0)
		close(self->peer);
	if (self->running)
		agent_stop(&self->agent);
	sysctl_set("handshake_timeout", "10000");
	sysctl_set("handshake_grace", "2000");
}

#define START(...)							\
do {									\
	self->agent = (struct agent){ __VA_ARGS__ };			\
	if (!self->agent.alert)						\
		self->agent.alert = -1;					\
	ASSERT_EQ(0, agent_start(&self->agent));			\
	self->running = true;						\
} while (0)

#define CONNECT() connect(self->fd, &self->addr.sa, sizeof(self->addr.in))

static int error_of(int fd)
{
	return zs_getint(fd, SOL_SOCKET, SO_ERROR);
}

/* ---- clients ---- */

TEST_F(ways, connect)
{
	struct zsock_info info;
	char c;

	START(.mode = AGENT_GOOD);
	ASSERT_EQ(0, CONNECT());
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(EISCONN, errno);
	EXPECT_EQ(0, error_of(self->fd));
	ASSERT_EQ(0, zs_get_info(self->fd, &info));
	EXPECT_STREQ("tls", info.handler);
	EXPECT_STREQ("", info.alpn);
	EXPECT_EQ(0, self->agent.role);
	EXPECT_EQ(0x0303, self->agent.min_version);
	EXPECT_EQ(TLS_PEER_VERIFY_REQUIRED, self->agent.verify);
	EXPECT_EQ(1, self->agent.accepted);
	self->peer = accept(self->listener, NULL, NULL);
	ASSERT_EQ(0, agent_ktls(self->peer, 0x0304));
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	EXPECT_EQ(1, recv(self->fd, &c, 1, 0));
}

TEST_F(ways, what_is_asked)
{
	START(.mode = AGENT_GOOD, .alpn = "b");
	ASSERT_EQ(0, setsockopt(self->fd, SOL_TLS, TLS_HOSTNAME, "a.test", 6));
	ASSERT_EQ(0, setsockopt(self->fd, SOL_TLS, TLS_ALPN_LIST, "a\0b", 4));
	ASSERT_EQ(0, zs_setint(self->fd, SOL_TLS, TLS_PEER_VERIFY, 1));
	ASSERT_EQ(0, zs_setint(self->fd, SOL_TLS, TLS_SESSION_CACHE, 1));
	ASSERT_EQ(0, CONNECT());
	EXPECT_STREQ("a.test", self->agent.hostname);
	EXPECT_FALSE(self->agent.no_name_check);
	EXPECT_TRUE(self->agent.cache);
	EXPECT_EQ(1, self->agent.verify);

	struct zsock_info info;

	ASSERT_EQ(0, zs_get_info(self->fd, &info));
	EXPECT_STREQ("b", info.alpn);
	EXPECT_EQ(0x1301, zs_getint(self->fd, SOL_TLS, TLS_CIPHERSUITE_USED));
}

/* What was not offered is not agreed. */
TEST_F(ways, wrong_alpn)
{
	START(.mode = AGENT_GOOD, .alpn = "c");
	ASSERT_EQ(0, setsockopt(self->fd, SOL_TLS, TLS_ALPN_LIST, "a\0b", 4));
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(ECONNABORTED, errno);
}

/* What an agent that stalls has left undone. */
static int finish(struct agent *agent)
{
	while (agent->fd < 0)
		zs_sleep_ms(10);
	if (agent_ktls(agent->fd, 0x0304))
		return errno;
	return agent_done(agent, agent->id, 0);
}

TEST_F(ways, not_blocking)
{
	char c;

	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(EALREADY, errno);
	EXPECT_EQ(0, zs_poll(self->fd, POLLIN | POLLOUT, 50));
	EXPECT_EQ(-1, recv(self->fd, &c, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, send(self->fd, &c, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, error_of(self->fd));
	ASSERT_EQ(0, finish(&self->agent));
	EXPECT_EQ(POLLOUT, zs_poll(self->fd, POLLIN | POLLOUT, 20000));
	EXPECT_EQ(0, error_of(self->fd));
	EXPECT_EQ(0, CONNECT());
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(EISCONN, errno);
	EXPECT_EQ(1, send(self->fd, "x", 1, 0));
}

/* Whoever comes before the handshake is done waits for it, and no byte goes in the clear. */
static void *sender(void *arg)
{
	return (void *)(long)send(*(int *)arg, "hello", 5, 0);
}

TEST_F(ways, send_waits)
{
	pthread_t thread;
	char buf[10];
	void *ret;

	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	zs_nonblock(self->fd, false);
	ASSERT_EQ(0, pthread_create(&thread, NULL, sender, &self->fd));
	self->peer = accept(self->listener, NULL, NULL);
	EXPECT_EQ(0, zs_poll(self->peer, POLLIN, 100));
	ASSERT_EQ(0, finish(&self->agent));
	pthread_join(thread, &ret);
	EXPECT_EQ(5, (long)ret);
	ASSERT_EQ(0, agent_ktls(self->peer, 0x0304));
	EXPECT_EQ(5, recv(self->peer, buf, sizeof(buf), 0));
}

TEST_F(ways, epoll_edge)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	/* A socket that is not connected is hung up. */
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 0));
	ASSERT_EQ(-1, CONNECT());
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 100));
	ASSERT_EQ(0, finish(&self->agent));
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 20000));
	EXPECT_EQ(EPOLLOUT, ev.events);
	self->peer = accept(self->listener, NULL, NULL);
	ASSERT_EQ(0, agent_ktls(self->peer, 0x0304));
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 20000));
	EXPECT_EQ(EPOLLIN | EPOLLOUT, ev.events);
	close(ep);
}

TEST_F(ways, refused)
{
	union zs_addr nobody;

	START(.mode = AGENT_GOOD);
	zs_closed_port(AF_INET, SOCK_STREAM, &nobody);
	EXPECT_EQ(-1, connect(self->fd, &nobody.sa, sizeof(nobody.in)));
	EXPECT_EQ(ECONNREFUSED, errno);
	/* And then another. */
	ASSERT_EQ(0, CONNECT());
	EXPECT_EQ(1, self->agent.accepted);
}

TEST_F(ways, refused_not_blocking)
{
	union zs_addr nobody;

	START(.mode = AGENT_GOOD);
	zs_closed_port(AF_INET, SOCK_STREAM, &nobody);
	zs_nonblock(self->fd, true);
	if (connect(self->fd, &nobody.sa, sizeof(nobody.in)) && errno == EINPROGRESS) {
		EXPECT_EQ(POLLERR | POLLHUP, zs_poll(self->fd, 0, 20000));
		EXPECT_EQ(ECONNREFUSED, error_of(self->fd));
	}
	zs_nonblock(self->fd, false);
	if (CONNECT())
		ASSERT_EQ(0, CONNECT());
}

TEST_F(ways, fails)
{
	struct zsock_handshake_error error;
	socklen_t len = sizeof(error);
	char c;

	START(.mode = AGENT_FAILS, .error = ECONNRESET, .alert = 40, .received = true);
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(ECONNRESET, errno);
	ASSERT_EQ(0, getsockopt(self->fd, SOL_ZSOCK, ZSOCK_HANDSHAKE_ERROR, &error, &len));
	EXPECT_EQ(ECONNRESET, error.error);
	EXPECT_EQ(40, error.alert);
	EXPECT_EQ(ZSOCK_HANDSHAKE_ERROR_F_RECEIVED, error.flags);
	EXPECT_EQ(-1, send(self->fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(-1, recv(self->fd, &c, 1, 0));
	EXPECT_EQ(ENOTCONN, errno);
	/* The connection is closed, in an orderly way. */
	self->peer = accept(self->listener, NULL, NULL);
	EXPECT_EQ(0, recv(self->peer, &c, 1, 0));
	close(self->peer);
	/* Once more, with better luck. */
	self->agent.mode = AGENT_GOOD;
	EXPECT_EQ(0, CONNECT());
	self->peer = accept(self->listener, NULL, NULL);
}

TEST_F(ways, fails_not_blocking)
{
	START(.mode = AGENT_FAILS, .error = ECONNABORTED, .delay_ms = 50);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	EXPECT_EQ(POLLERR | POLLHUP, zs_poll(self->fd, POLLOUT, 20000) & (POLLERR | POLLHUP));
	EXPECT_EQ(ECONNABORTED, error_of(self->fd));
	EXPECT_EQ(0, error_of(self->fd));
}

/* The peer resets a connection of which the program knows that it failed. */
static void reset_by_peer(int listener)
{
	struct linger now = { .l_onoff = 1 };
	int peer = accept(listener, NULL, NULL);

	setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(peer);
	zs_sleep_ms(20);
}

TEST_F(ways, recv_tells_why_once)
{
	char c;

	START(.mode = AGENT_FAILS, .error = ECONNABORTED, .delay_ms = 50);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	EXPECT_LT(0, zs_poll(self->fd, POLLOUT, 20000));
	EXPECT_EQ(-1, recv(self->fd, &c, 1, 0));
	EXPECT_EQ(ECONNABORTED, errno);
	reset_by_peer(self->listener);
	EXPECT_EQ(-1, recv(self->fd, &c, 1, 0));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(0, error_of(self->fd));
}

/* Where something happens in between: the kernel does not say who reads SO_ERROR. */
TEST_F(ways, so_error_tells_why_once)
{
	START(.mode = AGENT_FAILS, .error = ECONNABORTED, .delay_ms = 50);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	EXPECT_LT(0, zs_poll(self->fd, POLLOUT, 20000));
	EXPECT_EQ(ECONNABORTED, error_of(self->fd));
	shutdown(self->fd, SHUT_RDWR);
	reset_by_peer(self->listener);
	EXPECT_EQ(0, error_of(self->fd));
}

/* A reset that comes before anybody asked does not take its place. */
TEST_F(ways, so_error_after_a_reset)
{
	START(.mode = AGENT_FAILS, .error = ECONNABORTED, .delay_ms = 50);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	EXPECT_LT(0, zs_poll(self->fd, POLLOUT, 20000));
	reset_by_peer(self->listener);
	EXPECT_EQ(ECONNABORTED, error_of(self->fd));
	EXPECT_EQ(0, error_of(self->fd));
	/* And the next one that fails is told like the first. */
	CONNECT();
	CONNECT();
	EXPECT_LT(0, zs_poll(self->fd, POLLOUT, 20000));
	EXPECT_EQ(ECONNABORTED, error_of(self->fd));
}

TEST_F(ways, odd_error)
{
	START(.mode = AGENT_FAILS, .error = 4711);
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(ECONNABORTED, errno);
}

/* Nothing is sent in the clear because somebody said that all is well. */
TEST_F(ways, lies)
{
	START(.mode = AGENT_LIES);
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(EPROTO, errno);
}

TEST_F(ways, stalls)
{
	long long begin = zs_now_ms();

	sysctl_set("handshake_timeout", "1500");
	START(.mode = AGENT_STALLS);
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(ETIMEDOUT, errno);
	EXPECT_LE(1400, zs_now_ms() - begin);
	EXPECT_GE(20000, zs_now_ms() - begin);
	/* Too late. */
	EXPECT_EQ(ENOENT, agent_done(&self->agent, self->agent.id, 0));
}

TEST_F(ways, nobody)
{
	long long begin = zs_now_ms();

	sysctl_set("handshake_grace", "300");
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(ESRCH, errno);
	EXPECT_LE(250, zs_now_ms() - begin);
	EXPECT_GE(20000, zs_now_ms() - begin);
}

static void *later(void *arg)
{
	zs_sleep_ms(150);
	return (void *)(long)agent_start(arg);
}

TEST_F(ways, comes_later)
{
	pthread_t thread;
	void *ret;

	self->agent.mode = AGENT_GOOD;
	ASSERT_EQ(0, pthread_create(&thread, NULL, later, &self->agent));
	EXPECT_EQ(0, CONNECT());
	pthread_join(thread, &ret);
	EXPECT_EQ(0, (long)ret);
	self->running = true;
}

TEST_F(ways, dies)
{
	char c;

	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	while (!self->agent.accepted)
		zs_sleep_ms(10);
	zs_sleep_ms(50);
	agent_stop(&self->agent);
	self->running = false;
	EXPECT_NE(0, zs_poll(self->fd, POLLOUT, 20000));
	EXPECT_EQ(ECONNABORTED, error_of(self->fd));
	self->peer = accept(self->listener, NULL, NULL);
	EXPECT_GE(0, recv(self->peer, &c, 1, 0));
}

/* A waiting request goes to the next agent. */
TEST_F(ways, another_agent)
{
	struct agent second = { .mode = AGENT_GOOD, .alert = -1 };

	START(.mode = AGENT_IGNORES);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	zs_sleep_ms(100);
	agent_stop(&self->agent);
	self->running = false;
	ASSERT_EQ(0, agent_start(&second));
	EXPECT_EQ(POLLOUT, zs_poll(self->fd, POLLOUT, 20000));
	agent_stop(&second);
}

TEST_F(ways, close_cancels)
{
	char c;

	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	while (self->agent.fd < 0)
		zs_sleep_ms(10);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(POLLHUP, zs_poll(self->agent.fd, 0, 20000) & POLLHUP);
	EXPECT_EQ(-1, recv(self->agent.fd, &c, 1, 0));
	EXPECT_EQ(ESHUTDOWN, errno);
	EXPECT_EQ(ENOENT, agent_done(&self->agent, self->agent.id, 0));
}

TEST_F(ways, shutdown_cancels)
{
	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	while (self->agent.fd < 0)
		zs_sleep_ms(10);
	shutdown(self->fd, SHUT_RDWR);
	EXPECT_EQ(ECONNABORTED, error_of(self->fd));
}

static void on_alarm(int sig) { (void)sig; }

TEST_F(ways, signal)
{
	struct sigaction act = { .sa_handler = on_alarm };

	START(.mode = AGENT_STALLS);
	sigaction(SIGUSR1, &act, NULL);
	pid_t pid = fork();

	if (!pid) {
		/* In connect(), and nothing else here waits. */
		if (!zs_asleep(getppid()))
			_exit(1);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(EINTR, errno);
	EXPECT_EQ(0, zs_wait(pid));
	/* It went on meanwhile. */
	ASSERT_EQ(0, finish(&self->agent));
	EXPECT_EQ(POLLOUT, zs_poll(self->fd, POLLOUT, 20000));
	EXPECT_EQ(0, CONNECT());
}

TEST_F(ways, send_timeout)
{
	struct timeval tv = { 0, 100000 };

	START(.mode = AGENT_STALLS);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(EINPROGRESS, errno);
}

TEST_F(ways, no_such_credential)
{
	int tag = 12345;

	START(.mode = AGENT_GOOD);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_TLS, TLS_SEC_TAG_LIST, &tag, sizeof(tag)));
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(ways, too_many)
{
	START(.mode = AGENT_GOOD);
	sysctl_set("handshake_max", "0");
	EXPECT_EQ(-1, CONNECT());
	EXPECT_EQ(ENOBUFS, errno);
	sysctl_set("handshake_max", "4096");
	EXPECT_EQ(0, CONNECT());
}

/* An agent of another namespace is none of this one's: that is told as soon. */
TEST_F(ways, agent_elsewhere)
{
	pid_t pid;

	START(.mode = AGENT_GOOD);
	pid = fork();
	if (!pid) {
		union zs_addr addr;
		long long begun;
		int l, fd;

		if (zs_new_netns())
			_exit(10);
		sysctl_set("handshake_timeout", "60000");
		sysctl_set("handshake_grace", "500");
		l = zs_listener(AF_INET, AF_INET, &addr);
		fd = zs_socket(AF_INET, SOCK_STREAM, IPPROTO_TLS_1_2);
		if (l < 0 || fd < 0)
			_exit(11);
		begun = zs_now_ms();
		if (!connect(fd, &addr.sa, sizeof(addr.in)))
			_exit(12);
		if (errno != ESRCH)
			_exit(13);
		_exit(zs_now_ms() - begun > 20000 ? 14 : zs_now_ms() - begun < 400 ? 15 : 0);
	}
	EXPECT_EQ(0, zs_wait(pid));
}

/* What the program waits for does not keep the peer's messages from the agent. */
TEST_F(ways, rcvlowat_set_first)
{
	struct pollfd pfd = { .events = POLLIN };
	char buf[100];

	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(0, zs_setint(self->fd, SOL_SOCKET, SO_RCVLOWAT, 5000));
	ASSERT_EQ(-1, CONNECT());
	while (self->agent.fd < 0)
		zs_sleep_ms(10);
	self->peer = accept(self->listener, NULL, NULL);
	ASSERT_EQ(4, send(self->peer, "defg", 4, 0));
	pfd.fd = self->agent.fd;
	EXPECT_EQ(1, poll(&pfd, 1, 20000));
	EXPECT_EQ(4, recv(pfd.fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, agent_ktls(pfd.fd, 0x0304));
	EXPECT_EQ(0, agent_done(&self->agent, self->agent.id, 0));
	EXPECT_EQ(POLLOUT, zs_poll(self->fd, POLLOUT, 20000));
	EXPECT_EQ(5000, zs_getint(self->fd, SOL_SOCKET, SO_RCVLOWAT));
}

/* An agent need not ask again where it was told that none waits. */
TEST_F(ways, last_is_told)
{
	int fd[3], wire[3], i;
	uint64_t id;

	ASSERT_EQ(0, agent_open(&self->agent));
	for (i = 0; i < 3; i++) {
		fd[i] = zs_socket(AF_INET, SOCK_STREAM, IPPROTO_TLS_1_2);
		ASSERT_GE(fd[i], 0);
		zs_nonblock(fd[i], true);
		ASSERT_EQ(-1, connect(fd[i], &self->addr.sa, sizeof(self->addr.in)));
		ASSERT_EQ(EINPROGRESS, errno);
	}
	/* All three are to be there before the first is taken. */
	zs_sleep_ms(500);
	for (i = 0; i < 3; i++) {
		wire[i] = agent_accept(&self->agent, &id);
		ASSERT_GE(wire[i], 0);
		EXPECT_EQ(i == 2, self->agent.last);
	}
	for (i = 0; i < 3; i++) {
		close(wire[i]);
		close(fd[i]);
	}
	agent_close(&self->agent);
}

TEST_F(ways, options_refused)
{
	START(.mode = AGENT_GOOD);
	EXPECT_EQ(-1, setsockopt(self->fd, IPPROTO_TCP, TCP_ULP, "tls", 4));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, zs_setint(self->fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, sendto(self->fd, "x", 1, MSG_FASTOPEN, &self->addr.sa,
			     sizeof(self->addr.in)));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(0, zs_setint(self->fd, IPPROTO_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, CONNECT());
	EXPECT_EQ(1, zs_getint(self->fd, IPPROTO_TCP, TCP_NODELAY));
	int pair[2];

	EXPECT_EQ(-1, socketpair(zs_family, SOCK_STREAM, IPPROTO_TLS_1_2, pair));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

/* ---- an agent that means harm ---- */

TEST_F(ways, wire)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };
	struct pollfd pfd = { .events = POLLIN };
	int fd, one = 1;
	char buf[100];

	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	while (self->agent.fd < 0)
		zs_sleep_ms(10);
	self->peer = accept(self->listener, NULL, NULL);
	fd = self->agent.fd;
	/* It does not wait, whatever it is told. */
	fcntl(fd, F_SETFL, 0);
	EXPECT_EQ(-1, recv(fd, buf, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, recv(fd, buf, 1, MSG_OOB));
	EXPECT_EQ(-1, connect(fd, &sa, sizeof(sa)));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, listen(fd, 1));
	EXPECT_EQ(-1, bind(fd, &self->addr.sa, sizeof(self->addr.in)));
	EXPECT_EQ(-1, accept(fd, NULL, NULL));
	EXPECT_EQ(-1, shutdown(fd, SHUT_RDWR));
	EXPECT_EQ(-1, setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	EXPECT_EQ(-1, setsockopt(fd, IPPROTO_IPV6, 1 /* ADDRFORM */, &one, sizeof(one)));
	EXPECT_EQ(-1, setsockopt(fd, IPPROTO_TCP, TCP_ULP, "smc", 4));
	EXPECT_EQ(-1, setsockopt(fd, IPPROTO_TCP, TCP_ULP, "mptcp", 6));
	EXPECT_EQ(-1, setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &one, sizeof(one)));
	EXPECT_EQ(-1, ioctl(fd, FIONREAD, &one));
	/* What it is for. */
	EXPECT_EQ(3, send(fd, "abc", 3, 0));
	EXPECT_EQ(3, recv(self->peer, buf, sizeof(buf), 0));
	ASSERT_EQ(4, send(self->peer, "defg", 4, 0));
	pfd.fd = fd;
	EXPECT_EQ(1, poll(&pfd, 1, 20000));
	EXPECT_EQ(4, recv(fd, buf, sizeof(buf), 0));
	socklen_t len = sizeof(self->addr);

	EXPECT_EQ(0, getpeername(fd, &self->addr.sa, &len));
	EXPECT_EQ(0, agent_ktls(fd, 0x0304));
	EXPECT_EQ(0, agent_done(&self->agent, self->agent.id, 0));
	EXPECT_EQ(POLLOUT, zs_poll(self->fd, POLLOUT, 20000));
	/* It is over. */
	EXPECT_EQ(-1, send(fd, "abc", 3, MSG_NOSIGNAL));
	EXPECT_EQ(ESHUTDOWN, errno);
	EXPECT_EQ(-1, agent_ktls(fd, 0x0304));
	EXPECT_EQ(ENOENT, agent_done(&self->agent, self->agent.id, 0));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-1, recv(fd, buf, sizeof(buf), 0));
}

/* Another's handshake is not to be had by its number. */
TEST_F(ways, another_s)
{
	struct agent second = { .mode = AGENT_IGNORES, .alert = -1 };

	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	while (self->agent.fd < 0)
		zs_sleep_ms(10);
	ASSERT_EQ(0, agent_start(&second));
	EXPECT_EQ(ENOENT, agent_done(&second, self->agent.id, ECONNABORTED));
	EXPECT_EQ(ENOENT, agent_done(&self->agent, self->agent.id + 1, ECONNABORTED));
	EXPECT_EQ(0, agent_done(&self->agent, self->agent.id, ECONNABORTED));
	agent_stop(&second);
}

static int as_nobody(void)
{
	struct agent agent = { .mode = AGENT_IGNORES, .alert = -1 };

	if (zs_drop_root())
		return 10;
	/* To join the group is refused, and so is every command. */
	if (!agent_start(&agent))
		return 11;
	if (errno != EPERM)
		return 12;
	if (agent_done(&agent, 1, 0) != EPERM)
		return 13;
	return 0;
}

TEST_F(ways, nobody_is_no_agent)
{
	pid_t pid = fork();

	if (!pid)
		_exit(as_nobody());
	EXPECT_EQ(0, zs_wait(pid));
}

/* ---- listeners ---- */

struct served {
	int fd;
	union zs_addr addr;
};

static int serve(struct served *s, int domain, int backlog)
{
	socklen_t len = zs_loopback(&s->addr, AF_INET, 0);

	s->fd = tls_socket(domain);
	if (s->fd < 0 || bind(s->fd, &s->addr.sa, len) || listen(s->fd, backlog))
		return -1;
	return getsockname(s->fd, &s->addr.sa, &len);
}

static int client(const struct served *s)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, &s->addr.sa, sizeof(s->addr.in))) {
		close(fd);
		return -1;
	}
	return fd;
}

TEST_F(ways, accept_finished_only)
{
	struct served s;
	int fd, tcp;

	START(.mode = AGENT_STALLS);
	ASSERT_EQ(0, serve(&s, variant->domain, 10));
	zs_nonblock(s.fd, true);
	EXPECT_EQ(0, zs_poll(s.fd, POLLIN, 0));
	tcp = client(&s);
	EXPECT_EQ(-1, accept(s.fd, NULL, NULL));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, zs_poll(s.fd, POLLIN, 50));
	ASSERT_EQ(0, finish(&self->agent));
	EXPECT_EQ(POLLIN, zs_poll(s.fd, POLLIN, 20000));
	fd = accept(s.fd, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, self->agent.role);
	EXPECT_EQ(TLS_PEER_VERIFY_NONE, self->agent.verify);
	EXPECT_EQ(0, zs_poll(s.fd, POLLIN, 0));
	ASSERT_EQ(0, agent_ktls(tcp, 0x0304));
	ASSERT_EQ(2, send(tcp, "hi", 2, 0));
	EXPECT_EQ(POLLIN, zs_poll(fd, POLLIN, 20000));
	EXPECT_EQ(1, zs_getint(s.fd, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ACCEPTCONN));
	close(fd);
	close(tcp);
	close(s.fd);
}

static void *accepter(void *arg)
{
	return (void *)(long)accept(*(int *)arg, NULL, NULL);
}

TEST_F(ways, accept_in_threads)
{
	pthread_t thread[3];
	struct served s;
	int tcp[3];
	void *fd;

	START(.mode = AGENT_GOOD, .delay_ms = 50);
	ASSERT_EQ(0, serve(&s, variant->domain, 10));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, accepter, &s.fd));
	for (int i = 0; i < 3; i++)
		tcp[i] = client(&s);
	for (int i = 0; i < 3; i++) {
		pthread_join(thread[i], &fd);
		EXPECT_LT(0, (long)fd);
		close((long)fd);
		close(tcp[i]);
	}
	close(s.fd);
}

/* A failed one does not surface. */
TEST_F(ways, failed_is_not_accepted)
{
	struct served s;
	int tcp;
	char c;

	START(.mode = AGENT_FAILS, .error = ECONNABORTED);
	ASSERT_EQ(0, serve(&s, variant->domain, 10));
	tcp = client(&s);
	EXPECT_EQ(0, recv(tcp, &c, 1, 0));
	EXPECT_EQ(0, zs_poll(s.fd, POLLIN, 0));
	close(tcp);
	self->agent.mode = AGENT_GOOD;
	tcp = client(&s);
	EXPECT_EQ(POLLIN, zs_poll(s.fd, POLLIN, 20000));
	close(tcp);
	close(s.fd);
}

/* All places are taken by those who do nothing: they give way. */
TEST_F(ways, stalled_give_way)
{
	struct served s;
	int tcp[4];

	START(.mode = AGENT_STALLS);
	ASSERT_EQ(0, serve(&s, variant->domain, 3));
	for (int i = 0; i < 3; i++)
		tcp[i] = client(&s);
	while (self->agent.accepted < 3)
		zs_sleep_ms(10);
	self->agent.mode = AGENT_GOOD;
	tcp[3] = client(&s);
	EXPECT_EQ(POLLIN, zs_poll(s.fd, POLLIN, 20000));
	for (int i = 0; i < 4; i++)
		close(tcp[i]);
	close(s.fd);
}

TEST_F(ways, close_listener)
{
	struct served s;
	int tcp[8];

	START(.mode = AGENT_STALLS);
	ASSERT_EQ(0, serve(&s, variant->domain, 10));
	for (int i = 0; i < 8; i++) {
		if (i == 4) {
			while (self->agent.accepted < 4)
				zs_sleep_ms(10);
			self->agent.mode = AGENT_GOOD;
		}
		tcp[i] = client(&s);
	}
	EXPECT_EQ(POLLIN, zs_poll(s.fd, POLLIN, 20000));
	close(s.fd);
	for (int i = 0; i < 8; i++) {
		EXPECT_EQ(POLLIN, zs_poll(tcp[i], POLLIN, 20000) & POLLIN);
		close(tcp[i]);
	}
	EXPECT_EQ(POLLHUP, zs_poll(self->agent.fd, 0, 20000) & POLLHUP);
}

TEST_F(ways, shutdown_listener)
{
	pthread_t thread;
	struct served s;
	void *fd;
	int tcp;

	START(.mode = AGENT_GOOD);
	ASSERT_EQ(0, serve(&s, variant->domain, 10));
	ASSERT_EQ(0, pthread_create(&thread, NULL, accepter, &s.fd));
	zs_sleep_ms(100);
	ASSERT_EQ(0, shutdown(s.fd, SHUT_RD));
	pthread_join(thread, &fd);
	EXPECT_EQ(-1, (long)fd);
	/* And again, on another port: this one was nobody's choice. */
	socklen_t len = sizeof(s.addr);

	ASSERT_EQ(0, listen(s.fd, 10));
	ASSERT_EQ(0, getsockname(s.fd, &s.addr.sa, &len));
	tcp = client(&s);
	ASSERT_LE(0, tcp);
	EXPECT_EQ(POLLIN, zs_poll(s.fd, POLLIN, 20000));
	close(tcp);
	close(s.fd);
}

TEST_F(ways, listener_inherits)
{
	struct served s;
	struct zsock_info info;
	int tcp, fd;

	START(.mode = AGENT_GOOD, .alpn = "x");
	ASSERT_EQ(0, serve(&s, variant->domain, 10));
	ASSERT_EQ(0, setsockopt(s.fd, SOL_TLS, TLS_ALPN_LIST, "x", 2));
	ASSERT_EQ(0, zs_setint(s.fd, IPPROTO_TCP, TCP_NODELAY, 1));
	tcp = client(&s);
	fd = accept(s.fd, NULL, NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_STREQ("x", info.alpn);
	EXPECT_STREQ("tls", info.handler);
	EXPECT_EQ(0x0304, info.tls_version);
	EXPECT_EQ(1, zs_getint(fd, IPPROTO_TCP, TCP_NODELAY));
	/* What the listener is told from now on is nothing to it. */
	ASSERT_EQ(0, setsockopt(s.fd, SOL_TLS, TLS_ALPN_LIST, "yy", 3));
	char alpn[10];
	socklen_t len = sizeof(alpn);

	ASSERT_EQ(0, getsockopt(fd, SOL_TLS, TLS_ALPN_LIST, alpn, &len));
	EXPECT_EQ(2, len);
	close(fd);
	close(tcp);
	close(s.fd);
}

/* A descriptor of a handshake that is over holds the module, and nothing else. */
TEST_F(ways, wire_outlives_all)
{
	union zs_addr addr;
	socklen_t len = sizeof(addr);

	START(.mode = AGENT_STALLS);
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, CONNECT());
	while (self->agent.fd < 0)
		zs_sleep_ms(10);
	close(self->fd);
	self->fd = -1;
	for (int i = 0; i < 100; i++) {
		EXPECT_EQ(-1, getpeername(self->agent.fd, &addr.sa, &len));
		EXPECT_EQ(ESHUTDOWN, errno);
	}
	EXPECT_EQ(1, zs_getint(self->agent.fd, SOL_SOCKET, SO_TYPE));
}

TEST_HARNESS_MAIN
