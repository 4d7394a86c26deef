// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners of secure sockets: connections come, are served and taken by several threads, while
 * the listener is shut down, closed, told other options, or has no room. No connection is lost
 * that accept() could have had, and none outlives the listener.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "race.h"
#include "zs.h"

#define ROUNDS_MS	500
/* TCP says again what found no place after 1, 3, 7 seconds. */
#define LOST_MS		25000
#define CLIENTS		4

struct round {
	struct agent agent[2];		/* with threads of their own */
	int fd;				/* the listener */
	union zs_addr addr;
	int client[CLIENTS];		/* TCP */
	int taken[CLIENTS];		/* what accept() gave */
	atomic_uint ntaken;
	int pass[2];
	atomic_bool over;		/* a storm */
	unsigned long served, lost;
	char what[128];
};

static void complain(struct round *r, const char *what)
{
	if (!r->what[0])
		snprintf(r->what, sizeof(r->what), "%s: %s", what, strerror(errno));
}

static void close_at(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int tls_listener(union zs_addr *addr, int backlog)
{
	int fd = socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC,
			ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
	socklen_t len = zs_loopback(addr, AF_INET, 0);

	if (bind(fd, &addr->sa, len) || listen(fd, backlog) || getsockname(fd, &addr->sa, &len))
		return -1;
	return fd;
}

static int dial(const union zs_addr *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, &addr->sa, sizeof(addr->in)))
		close_at(&fd);
	return fd;
}

/* ---- rounds ---- */

static void listening(void *arg)
{
	struct round *r = arg;

	r->ntaken = 0;
	for (int i = 0; i < CLIENTS; i++)
		r->client[i] = r->taken[i] = -1;
	r->fd = tls_listener(&r->addr, CLIENTS);
	if (r->fd < 0)
		complain(r, "listen");
}

static void with_clients(void *arg)
{
	struct round *r = arg;

	listening(r);
	for (int i = 0; i < CLIENTS; i++) {
		r->client[i] = dial(&r->addr);
		if (r->client[i] < 0)
			complain(r, "connect");
	}
}

/* Closed once the clients are there, and nobody waits for them. */
static void to_be_closed(void *arg)
{
	struct round *r = arg;

	with_clients(r);
	zs_nonblock(r->fd, true);
}

static void keep(struct round *r, int fd)
{
	unsigned int at = atomic_fetch_add(&r->ntaken, 1);

	if (at < CLIENTS)
		r->taken[at] = fd;
	else
		complain(r, "more connections than clients");
}

/* One each, whoever gets which. */
static void take_one(void *arg)
{
	struct round *r = arg;
	int fd = accept(r->fd, NULL, NULL);

	if (fd >= 0)
		keep(r, fd);
	else if (errno != EINVAL)
		complain(r, "accept");
}

static void take_all(void *arg)
{
	struct round *r = arg;
	int fd, idle = 0;

	while (idle < 200) {
		fd = accept4(r->fd, NULL, NULL, SOCK_NONBLOCK);
		if (fd >= 0)
			keep(r, fd);
		else if (errno != EAGAIN)
			return;
		else
			idle++;
	}
}

static void close_it(void *arg)
{
	struct round *r = arg;

	close_at(&r->fd);
}

static void shut_it(void *arg)
{
	struct round *r = arg;

	if (shutdown(r->fd, SHUT_RDWR) && errno != ENOTCONN)
		complain(r, "shutdown");
}

static void shut_and_listen(void *arg)
{
	struct round *r = arg;

	shut_it(r);
	if (listen(r->fd, CLIENTS) && errno != EINVAL)
		complain(r, "listen again");
	shut_it(r);
}

static void poll_it(void *arg)
{
	struct round *r = arg;

	zs_poll(r->fd, POLLIN, 10);
}

static void dial_one(void *arg)
{
	struct round *r = arg;
	int fd = dial(&r->addr);

	zs_poll(fd, POLLIN, 1);
	close_at(&fd);
}

static void set_options(void *arg)
{
	struct round *r = arg;

	for (int i = 0; i < 20; i++) {
		setsockopt(r->fd, SOL_TLS, TLS_ALPN_LIST, "a\0b", i & 1 ? 4 : 2);
		setsockopt(r->fd, SOL_TLS, TLS_HOSTNAME, "a.test", i & 1 ? 6 : 0);
		close(zs_getint(r->fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK));
	}
}

/* What was accepted carries data; what was not is closed with the listener. */
static bool check_taken(struct round *r)
{
	char c;

	for (int i = 0; i < CLIENTS; i++) {
		if (r->taken[i] < 0)
			continue;
		r->served++;
		/* Those who call during a round may have gone. */
		if ((send(r->taken[i], "x", 1, MSG_NOSIGNAL) != 1 ||
		     shutdown(r->taken[i], SHUT_WR)) && r->client[0] >= 0)
			complain(r, "send");
		close_at(&r->taken[i]);
	}
	close_at(&r->fd);
	/* The listener's end is everybody's: each client sees something. */
	for (int i = 0; i < CLIENTS; i++) {
		if (r->client[i] < 0)
			continue;
		if (!(zs_poll(r->client[i], POLLIN, LOST_MS) & POLLIN))
			complain(r, "a client that was forgotten");
		if (recv(r->client[i], &c, 1, MSG_DONTWAIT) <= 0)
			r->lost++;
		close_at(&r->client[i]);
	}
	return !r->what[0];
}

static bool all_taken(void *arg)
{
	struct round *r = arg;

	if (r->ntaken != CLIENTS)
		complain(r, "a connection that nobody got");
	return check_taken(r);
}

static bool some_taken(void *arg)
{
	return check_taken(arg);
}

FIXTURE(serve) {
	struct round r;
	long refs;
};

FIXTURE_SETUP(serve)
{
	ASSERT_EQ(zs_new_netns(), 0);
	self->refs = race_module_refs();
	for (int i = 0; i < 2; i++) {
		self->r.agent[i].alert = -1;
		ASSERT_EQ(0, agent_start(&self->r.agent[i]));
	}
}

FIXTURE_TEARDOWN(serve)
{
	uint64_t id;

	EXPECT_TRUE(race_all_gone());
	/* Nobody waits for an agent any more. */
	EXPECT_EQ(-1, agent_accept(&self->r.agent[0], &id));
	EXPECT_EQ(EAGAIN, errno);
	agent_stop(&self->r.agent[0]);
	agent_stop(&self->r.agent[1]);
	EXPECT_EQ(self->refs, race_module_settled(self->refs));
}

#define RACE(...)								\
do {										\
	RACE_ROUNDS(&self->r, ROUNDS_MS, __VA_ARGS__);				\
	TH_LOG("%lu served, %lu lost", self->r.served, self->r.lost);			\
} while (0)

/* As many threads as connections: each has one, and none is woken for nothing for ever. */
TEST_F(serve, a_thread_each)
{
	RACE(with_clients, all_taken, take_one, take_one, take_one, take_one);
	EXPECT_EQ(0, self->r.lost);
}

TEST_F(serve, accept_and_close)
{
	RACE(to_be_closed, some_taken, take_all, take_all, close_it, poll_it);
}

TEST_F(serve, accept_and_shutdown)
{
	RACE(with_clients, some_taken, take_one, take_one, take_one, shut_it, poll_it);
}

TEST_F(serve, clients_and_close)
{
	RACE(listening, some_taken, dial_one, dial_one, dial_one, close_it);
}

TEST_F(serve, clients_and_shutdown)
{
	RACE(listening, some_taken, dial_one, dial_one, take_one, shut_it);
}

TEST_F(serve, shutdown_and_listen)
{
	RACE(with_clients, some_taken, shut_and_listen, shut_and_listen, take_all, poll_it);
}

TEST_F(serve, options)
{
	RACE(with_clients, all_taken, take_one, take_one, take_one, take_one, set_options,
	     set_options);
}

/* Agents that fail: nothing of that is to be seen but that there are fewer. */
static void agents_fail(struct round *r, enum agent_mode mode)
{
	for (int i = 0; i < 2; i++) {
		r->agent[i].error = ECONNABORTED;
		r->agent[i].mode = mode;
	}
}

TEST_F(serve, failure_and_close)
{
	agents_fail(&self->r, AGENT_FAILS);
	RACE(to_be_closed, some_taken, take_all, close_it, poll_it, dial_one);
	EXPECT_EQ(0, self->r.served);
}

TEST_F(serve, stalled_and_close)
{
	agents_fail(&self->r, AGENT_STALLS);
	RACE(to_be_closed, some_taken, take_all, close_it, poll_it, dial_one);
	EXPECT_EQ(0, self->r.served);
}

TEST_F(serve, lies_and_shutdown)
{
	agents_fail(&self->r, AGENT_LIES);
	RACE(with_clients, some_taken, take_one, take_one, shut_it, poll_it);
	EXPECT_EQ(0, self->r.served);
}

/* ---- a storm ---- */

static atomic_uint storm_served, storm_accepted;

/* A client that waits for the server's answer, which ends with its being closed. */
static void storm_client(void *arg)
{
	struct round *r = arg;
	int fd = dial(&r->addr);
	char c;

	if (fd < 0) {
		complain(r, "connect");
		return;
	}
	if (zs_poll(fd, POLLIN, LOST_MS) & POLLIN) {
		if (recv(fd, &c, 1, MSG_DONTWAIT) == 1)
			storm_served++;
	} else {
		complain(r, "a client that was forgotten");
	}
	close(fd);
}

/* Longer than the storm: the last clients, too, are to be served. */
static void *server_main(void *arg)
{
	struct round *r = arg;
	int fd;

	while (!r->over) {
		if (!zs_poll(r->fd, POLLIN, 20))
			continue;
		fd = accept4(r->fd, NULL, NULL, SOCK_NONBLOCK);
		if (fd < 0)
			continue;
		storm_accepted++;
		if (send(fd, "answer", 6, MSG_NOSIGNAL) != 6 && errno != EPIPE &&
		    errno != ECONNRESET)
			complain(r, "send");
		close(fd);
	}
	return NULL;
}

static void storm_hasty(void *arg)
{
	struct linger linger = { 1, 0 };
	struct round *r = arg;
	int fd = dial(&r->addr);

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

static void storm(struct __test_metadata *_metadata, struct round *r, int backlog,
		  void (*const fn[])(void *), unsigned int n)
{
	pthread_t server[2];

	r->fd = tls_listener(&r->addr, backlog);
	ASSERT_LE(0, r->fd);
	zs_nonblock(r->fd, true);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&server[i], NULL, server_main, r));
	EXPECT_GT(race_storm(fn, n, r, 2 * ROUNDS_MS), 5);
	/* A busy machine may need longer for the first one. */
	for (int i = 0; i < 10 && !storm_served; i++)
		race_storm(fn, n, r, 2 * ROUNDS_MS);
	r->over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(server[i], NULL);
	TH_LOG("%u served, %u accepted", storm_served, storm_accepted);
	EXPECT_STREQ("", r->what);
	EXPECT_LT(0, storm_served);
	close(r->fd);
}

/* More clients than places, and some who go at once: those who stay are served. */
TEST_F_TIMEOUT(serve, storm, 120)
{
	void (*const fn[])(void *) = { storm_client, storm_client, storm_client, storm_hasty };

	storm(_metadata, &self->r, 2, fn, 4);
}

/* Agents come and go all the time; a client is served or sees the end. */
static void storm_agent(void *arg)
{
	struct agent agent = { .alert = -1 };
	struct round *r = arg;

	if (agent_start(&agent)) {
		complain(r, "agent_start");
		return;
	}
	zs_sleep_ms(5);
	agent_stop(&agent);
}

TEST_F_TIMEOUT(serve, storm_of_agents, 120)
{
	void (*const fn[])(void *) = { storm_client, storm_client, storm_agent, storm_agent };

	agents_fail(&self->r, AGENT_IGNORES);
	/* Those whose agent was the last one to come. */
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/handshake_timeout", "1500"));
	storm(_metadata, &self->r, 10, fn, 4);
}

TEST_HARNESS_MAIN
