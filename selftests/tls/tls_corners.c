// SPDX-License-Identifier: GPL-2.0
/*
 * Secure sockets in corners: calls that plain TCP answers at once, options that reach past the
 * records, agents and programs that get into each other's way.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/tcp.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "zs.h"

#define HANDSHAKE	22
#define PAGE		4096

FIXTURE(corners) {
	struct agent agent;
	int listener;		/* TCP */
	union zs_addr addr;
	int fd, peer;
};

static int tls_socket(void)
{
	return socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC,
		      ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
}

FIXTURE_SETUP(corners)
{
	socklen_t len = zs_loopback(&self->addr, AF_INET, 0);

	signal(SIGPIPE, SIG_IGN);
	self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, bind(self->listener, &self->addr.sa, len));
	ASSERT_EQ(0, listen(self->listener, 100));
	ASSERT_EQ(0, getsockname(self->listener, &self->addr.sa, &len));
	self->fd = tls_socket();
	ASSERT_LE(0, self->fd);
	self->peer = -1;
	self->agent = (struct agent){ .alert = -1 };
	ASSERT_EQ(0, agent_start(&self->agent));
}

FIXTURE_TEARDOWN(corners)
{
	close(self->fd);
	close(self->peer);
	close(self->listener);
	agent_stop(&self->agent);
}

static int dial(int fd, const union zs_addr *addr)
{
	return connect(fd, &addr->sa, sizeof(addr->in));
}

/* A connection, and the peer's end with the agent's keys. */
static int open_both(FIXTURE_DATA(corners) *self)
{
	if (dial(self->fd, &self->addr))
		return -1;
	self->peer = accept(self->listener, NULL, NULL);
	return agent_ktls(self->peer, 0x0304);
}

static int serve(int *fd, union zs_addr *addr, int backlog)
{
	socklen_t len = zs_loopback(addr, AF_INET, 0);

	*fd = tls_socket();
	if (bind(*fd, &addr->sa, len) || listen(*fd, backlog))
		return -1;
	return getsockname(*fd, &addr->sa, &len);
}

static void await_wire(struct agent *agent)
{
	while (agent->fd < 0)
		zs_sleep_ms(5);
}

/* ---- what TCP says ---- */

TEST_F(corners, accepted_is_connected)
{
	union zs_addr addr;
	int listener, tcp, fd;

	ASSERT_EQ(0, serve(&listener, &addr, 10));
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, dial(tcp, &addr));
	fd = accept(listener, NULL, NULL);
	ASSERT_LE(0, fd);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(-1, dial(fd, &self->addr));
		EXPECT_EQ(EISCONN, errno);
	}
	close(fd);
	close(tcp);
	close(listener);
}

static void *reset_all(void *arg)
{
	struct linger linger = { 1, 0 };
	int fd;

	while ((fd = accept(*(int *)arg, NULL, NULL)) >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		close(fd);
	}
	return NULL;
}

/* A peer that resets as soon as it has accepted: no word of a connection that there is. */
TEST_F(corners, reset_at_once)
{
	pthread_t thread;
	int odd = 0;

	ASSERT_EQ(0, pthread_create(&thread, NULL, reset_all, &self->listener));
	for (int i = 0; i < 300 && !odd; i++) {
		int fd = tls_socket();

		if (dial(fd, &self->addr) && errno != ECONNRESET && errno != ECONNABORTED &&
		    errno != EOPNOTSUPP)
			odd = errno;
		close(fd);
	}
	EXPECT_EQ(0, odd) {
		TH_LOG("%s", strerror(odd));
	}
	shutdown(self->listener, SHUT_RDWR);
	pthread_join(thread, NULL);
}

struct sender {
	int fd;
	atomic_bool over;
};

static void *send_all(void *arg)
{
	static char data[100000];
	struct sender *s = arg;

	while (send(s->fd, data, sizeof(data), MSG_NOSIGNAL) > 0)
		;
	s->over = true;
	return NULL;
}

static void *shut(void *arg)
{
	struct sender *s = arg;

	shutdown(s->fd, SHUT_RDWR);
	s->over = true;
	return NULL;
}

static bool soon_over(struct sender *s)
{
	for (int i = 0; i < 1000 && !s->over; i++)
		zs_sleep_ms(20);
	return s->over;
}

/* A writer is stuck: shutdown() ends that, and is not stuck behind it. */
TEST_F(corners, shutdown_frees_writer)
{
	pthread_t thread[2];

	ASSERT_EQ(0, open_both(self));

	struct sender a = { .fd = self->fd }, b = { .fd = self->fd };

	ASSERT_EQ(0, pthread_create(&thread[0], NULL, send_all, &a));
	zs_sleep_ms(300);
	ASSERT_FALSE(a.over);
	ASSERT_EQ(0, pthread_create(&thread[1], NULL, shut, &b));
	EXPECT_TRUE(soon_over(&b));
	EXPECT_TRUE(soon_over(&a));
	/* Whatever came of it: the peer goes, and both end. */
	close(self->peer);
	self->peer = -1;
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
}

static void *nonblocking_read(void *arg)
{
	struct sender *s = arg;
	char c;

	zs_poll(s->fd, POLLIN, 20000);
	recv(s->fd, &c, 1, MSG_DONTWAIT);
	s->over = true;
	return NULL;
}

/* A writer is stuck, and the peer sends what is answered by an alert: no reader waits for that. */
TEST_F(corners, alert_waits_for_nobody)
{
	pthread_t thread[2];

	ASSERT_EQ(0, open_both(self));

	struct sender a = { .fd = self->fd }, b = { .fd = self->fd };

	ASSERT_EQ(0, pthread_create(&thread[0], NULL, send_all, &a));
	zs_sleep_ms(300);
	ASSERT_FALSE(a.over);
	ASSERT_EQ(0, agent_send_record(self->peer, 99, "?", 1));
	ASSERT_EQ(0, pthread_create(&thread[1], NULL, nonblocking_read, &b));
	EXPECT_TRUE(soon_over(&b));
	close(self->peer);
	self->peer = -1;
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
}

/* ---- past the records ---- */

/* What is read by an option are TCP's bytes, which are none of the program's. */
TEST_F(corners, zerocopy_receive)
{
	char *buf = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct tcp_zerocopy_receive zc = {
		.address = (unsigned long)buf,
		.length = PAGE,
		.copybuf_address = (unsigned long)buf,
		.copybuf_len = PAGE,
	};
	socklen_t len = sizeof(zc);
	char data[10];

	ASSERT_NE(MAP_FAILED, buf);
	ASSERT_EQ(0, open_both(self));
	/* After the first data poll() looks at no record any more. */
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	ASSERT_EQ(1, recv(self->fd, data, sizeof(data), 0));
	ASSERT_EQ(5, send(self->peer, "hello", 5, 0));
	EXPECT_EQ(POLLIN, zs_poll(self->fd, POLLIN, 20000));
	if (!getsockopt(self->fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &zc, &len))
		EXPECT_EQ(0, zc.copybuf_len);
	EXPECT_EQ(0, buf[0]);
	EXPECT_EQ(5, recv(self->fd, data, sizeof(data), MSG_DONTWAIT));
	munmap(buf, PAGE);
}

TEST_F(corners, zerocopy_receive_during_handshake)
{
	char *buf = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct tcp_zerocopy_receive zc = {
		.address = (unsigned long)buf,
		.length = PAGE,
		.copybuf_address = (unsigned long)buf,
		.copybuf_len = PAGE,
	};
	socklen_t len = sizeof(zc);

	ASSERT_NE(MAP_FAILED, buf);
	self->agent.mode = AGENT_STALLS;
	zs_nonblock(self->fd, true);
	ASSERT_EQ(-1, dial(self->fd, &self->addr));
	self->peer = accept(self->listener, NULL, NULL);
	await_wire(&self->agent);
	ASSERT_EQ(5, send(self->peer, "hello", 5, 0));
	EXPECT_EQ(POLLIN, zs_poll(self->agent.fd, POLLIN, 20000));
	if (!getsockopt(self->fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &zc, &len))
		EXPECT_EQ(0, zc.copybuf_len);
	EXPECT_EQ(0, buf[0]);
	EXPECT_EQ(5, recv(self->agent.fd, buf, PAGE, 0));
	munmap(buf, PAGE);
}

/* ---- agents and programs ---- */

/* How long the agent is held up by the end of a handshake, ms. */
static long long time_of_failure(struct agent *agent)
{
	static char data[100000];
	long long begin;

	/* There is something that the peer does not take. */
	while (send(agent->fd, data, sizeof(data), MSG_NOSIGNAL) > 0)
		;
	begin = zs_now_ms();
	agent_done(agent, agent->id, ECONNABORTED);
	return zs_now_ms() - begin;
}

/* That a program wishes to wait for its data to be sent is nothing to the agent. */
TEST_F(corners, linger_is_the_program_s)
{
	struct linger linger = { 1, 60 };
	union zs_addr addr;
	int listener, tcp;

	self->agent.mode = AGENT_STALLS;
	ASSERT_EQ(0, serve(&listener, &addr, 10));
	ASSERT_EQ(0, setsockopt(listener, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, dial(tcp, &addr));
	await_wire(&self->agent);
	EXPECT_GT(20000, time_of_failure(&self->agent));
	close(tcp);
	close(listener);
}

/* A listener's close() does not wait for each of its handshakes, as TCP's does not. */
TEST_F(corners, linger_at_the_listener_s_end)
{
	struct linger linger = { 1, 60 };
	static char data[100000];
	union zs_addr addr;
	long long begin;
	int listener, tcp;

	self->agent.mode = AGENT_STALLS;
	ASSERT_EQ(0, serve(&listener, &addr, 10));
	ASSERT_EQ(0, setsockopt(listener, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, dial(tcp, &addr));
	await_wire(&self->agent);
	while (send(self->agent.fd, data, sizeof(data), MSG_NOSIGNAL) > 0)
		;
	begin = zs_now_ms();
	close(listener);
	EXPECT_GT(20000, zs_now_ms() - begin);
	close(tcp);
}

static void *purge(void *arg)
{
	struct sender *s = arg;

	while (!s->over)
		setsockopt(s->fd, SOL_TLS, TLS_SESSION_CACHE_PURGE, NULL, 0);
	return NULL;
}

/* Events that an agent has no time for do not cost others their handshakes. */
TEST_F(corners, flood_of_events)
{
	struct sender s = { .fd = tls_socket() };
	pthread_t thread;
	int failed = 0;

	ASSERT_EQ(0, pthread_create(&thread, NULL, purge, &s));
	for (int i = 0; i < 50; i++) {
		int fd = tls_socket();

		if (dial(fd, &self->addr)) {
			TH_LOG("%s", strerror(errno));
			failed++;
		}
		close(fd);
	}
	s.over = true;
	pthread_join(thread, NULL);
	close(s.fd);
	EXPECT_EQ(0, failed);
}

/* ---- SIGIO ---- */

static atomic_int sigios;

static void on_sigio(int sig)
{
	(void)sig;
	sigios++;
}

/* What an agent does with its own descriptor does not change what the program asked for. */
TEST_F(corners, sigio_is_the_program_s)
{
	struct sigaction act = { .sa_handler = on_sigio, .sa_flags = SA_RESTART };

	sigaction(SIGIO, &act, NULL);
	self->agent.mode = AGENT_STALLS;
	ASSERT_EQ(0, fcntl(self->fd, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_ASYNC | O_NONBLOCK));
	ASSERT_EQ(-1, dial(self->fd, &self->addr));
	self->peer = accept(self->listener, NULL, NULL);
	await_wire(&self->agent);
	ASSERT_EQ(0, fcntl(self->agent.fd, F_SETFL, O_ASYNC));
	ASSERT_EQ(0, fcntl(self->agent.fd, F_SETFL, 0));
	ASSERT_EQ(0, agent_ktls(self->agent.fd, 0x0304));
	ASSERT_EQ(0, agent_done(&self->agent, self->agent.id, 0));
	EXPECT_EQ(POLLOUT, zs_poll(self->fd, POLLOUT, 20000));
	ASSERT_EQ(0, agent_ktls(self->peer, 0x0304));
	sigios = 0;
	ASSERT_EQ(1, send(self->peer, "x", 1, 0));
	for (int i = 0; i < 2000 && !sigios; i++)
		zs_sleep_ms(10);
	EXPECT_LT(0, sigios);
}

TEST_HARNESS_MAIN
