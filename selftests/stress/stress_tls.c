// SPDX-License-Identifier: GPL-2.0
/*
 * Clients' handshakes against everything that may happen at the same time: the program closes,
 * shuts down, disconnects, connects again, waits, changes its mind; the agent succeeds, fails,
 * dies, plays with its descriptor; the time limit passes. Whoever wins, a handshake has one end,
 * and nothing of it is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "race.h"
#include "zs.h"

#define ROUNDS_MS	300
/* Far longer than anything takes, also in a slow guest. */
#define LOST_MS		20000
#define WIRES		4

struct round {
	int listener;			/* TCP */
	union zs_addr addr;
	struct agent agent;
	int fd, peer;
	int wire[WIRES];		/* each a descriptor of the same one */
	uint64_t id;
	int done;			/* what the kernel answered to the agent */
	long ret[RACE_MAX];
	int err[RACE_MAX];
	int pass[2];
	unsigned long good, bad;
	char what[128];
};

static bool complain(struct round *r, const char *what)
{
	if (!r->what[0])
		snprintf(r->what, sizeof(r->what), "%s: %s; done %d", what, strerror(errno),
			 r->done);
	return false;
}

static void note(struct round *r, int who, long ret)
{
	r->ret[who] = ret;
	r->err[who] = ret < 0 ? errno : 0;
}

static int tls_socket(void)
{
	return socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC,
		      ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
}

static int dial(const struct round *r)
{
	return connect(r->fd, &r->addr.sa, sizeof(r->addr.in));
}

static int undial(int fd)
{
	struct sockaddr_in none = { .sin_family = AF_UNSPEC };

	return connect(fd, (struct sockaddr *)&none, sizeof(none));
}

static void close_at(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void sysctl_set(const char *name, const char *value)
{
	char path[100];

	snprintf(path, sizeof(path), "/proc/sys/net/zsock/%s", name);
	if (zs_write_file(path, value))
		perror(path);
}

/* ---- a round's beginning ---- */

static void fresh(void *arg)
{
	struct round *r = arg;

	memset(r->ret, 0, sizeof(r->ret));
	memset(r->err, 0, sizeof(r->err));
	r->done = -1;
	r->peer = -1;
	for (int i = 0; i < WIRES; i++)
		r->wire[i] = -1;
	r->fd = tls_socket();
	if (r->fd < 0)
		complain(r, "socket");
	zs_nonblock(r->fd, true);
}

static void share_wire(struct round *r)
{
	for (int i = 1; i < WIRES; i++)
		r->wire[i] = dup(r->wire[0]);
}

/*
 * connect() did not wait, and segments that come to a busy processor are its softirq thread's:
 * what comes of them is not there at once.
 */
static int accept_soon(const struct round *r)
{
	zs_poll(r->listener, POLLIN, LOST_MS);
	return accept(r->listener, NULL, NULL);
}

/* TCP is connected, and the agent has its descriptor. */
static void in_handshake(void *arg)
{
	struct round *r = arg;

	fresh(r);
	if (!dial(r) || errno != EINPROGRESS)
		complain(r, "connect");
	r->peer = accept_soon(r);
	r->wire[0] = agent_await(&r->agent, &r->id);
	if (r->wire[0] < 0)
		complain(r, "agent_accept");
	share_wire(r);
	/* Half of the time what is left to be done is quick. */
	if (r->id & 1)
		agent_ktls(r->wire[0], 0x0304);
}

/* ---- a round's end ---- */

static void drop_peers(struct round *r)
{
	int fd;

	close_at(&r->peer);
	while ((fd = accept(r->listener, NULL, NULL)) >= 0)
		close(fd);
}

/* What was begun by a socket that is closed has ended, and nobody can be found waiting. */
static bool nothing_left(struct round *r)
{
	uint64_t id;
	int fd;

	close_at(&r->fd);
	drop_peers(r);
	fd = agent_accept(&r->agent, &id);
	if (fd >= 0) {
		close(fd);
		return complain(r, "a handshake of a socket that is closed");
	}
	return errno == EAGAIN ? true : complain(r, "agent_accept");
}

/* It has ended: the wires lead nowhere, and nobody can end it again. */
static bool ended(void *arg)
{
	struct round *r = arg;
	bool good = !r->what[0];
	char c;

	for (int i = 0; i < WIRES; i++) {
		if (r->wire[i] < 0)
			continue;
		if (recv(r->wire[i], &c, 1, 0) >= 0 || errno != ESHUTDOWN)
			good = complain(r, "recv of a wire");
		close_at(&r->wire[i]);
	}
	if (agent_done(&r->agent, r->id, 0) != ENOENT)
		good = complain(r, "a second end");
	if (r->done && r->done != ENOENT)
		good = complain(r, "done");
	*(r->done ? &r->bad : &r->good) += 1;
	return nothing_left(r) && good;
}

/* ---- contestants ---- */

static void do_close(void *arg)
{
	struct round *r = arg;

	close_at(&r->fd);
}

static void do_shutdown(void *arg)
{
	struct round *r = arg;

	note(r, 1, shutdown(r->fd, SHUT_RDWR));
}

static void do_undial(void *arg)
{
	struct round *r = arg;

	note(r, 1, undial(r->fd));
}

static void do_dial(void *arg)
{
	struct round *r = arg;

	note(r, 2, dial(r));
}

static void do_dial_too(void *arg)
{
	struct round *r = arg;

	note(r, 3, dial(r));
}

static void do_done(void *arg)
{
	struct round *r = arg;
	bool open = r->id & 1 || !agent_ktls(r->wire[0], 0x0304);

	r->done = agent_done(&r->agent, r->id, open ? 0 : ECONNABORTED);
}

static void do_fail(void *arg)
{
	struct round *r = arg;

	r->done = agent_done(&r->agent, r->id, ECONNABORTED);
}

static void do_poll(void *arg)
{
	struct round *r = arg;

	zs_poll(r->fd, POLLIN | POLLOUT, 5);
}

static void do_epoll(void *arg)
{
	struct round *r = arg;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(ep, EPOLL_CTL_ADD, r->fd, &ev);
	epoll_ctl(ep, EPOLL_CTL_ADD, r->wire[1], &ev);
	epoll_wait(ep, &ev, 1, 5);
	close(ep);
}

static void do_reset(void *arg)
{
	struct linger linger = { 1, 0 };
	struct round *r = arg;

	setsockopt(r->peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close_at(&r->peer);
}

FIXTURE(tls) {
	struct round r;
	long refs;
};

FIXTURE_SETUP(tls)
{
	socklen_t len = zs_loopback(&self->r.addr, AF_INET, 0);

	ASSERT_EQ(zs_new_netns(), 0);
	self->refs = race_module_refs();
	self->r.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, bind(self->r.listener, &self->r.addr.sa, len));
	ASSERT_EQ(0, listen(self->r.listener, 100));
	ASSERT_EQ(0, getsockname(self->r.listener, &self->r.addr.sa, &len));
	self->r.agent.alert = -1;
	ASSERT_EQ(0, agent_open(&self->r.agent));
	sysctl_set("handshake_grace", "300");
}

FIXTURE_TEARDOWN(tls)
{
	close(self->r.listener);
	agent_close(&self->r.agent);
	EXPECT_TRUE(race_all_gone());
	EXPECT_EQ(self->refs, race_module_settled(self->refs));
}

#define RACE(...)								\
do {										\
	RACE_ROUNDS(&self->r, ROUNDS_MS, __VA_ARGS__);				\
	TH_LOG("%lu good, %lu bad", self->r.good, self->r.bad);			\
} while (0)

TEST_F(tls, close_and_done)
{
	RACE(in_handshake, ended, do_close, do_done);
}

TEST_F(tls, close_and_failure)
{
	RACE(in_handshake, ended, do_close, do_fail);
}

TEST_F(tls, reset_and_done)
{
	RACE(in_handshake, ended, do_reset, do_done, do_poll, do_epoll);
}

/* Whichever was first, nothing can be sent any more. */
static bool is_shut(void *arg)
{
	struct round *r = arg;

	if (r->ret[1] && r->err[1] != ENOTCONN)
		complain(r, "shutdown");
	if (send(r->fd, "x", 1, MSG_NOSIGNAL) >= 0 ||
	    (errno != EPIPE && errno != ECONNABORTED))
		complain(r, "send after shutdown");
	return ended(r);
}

TEST_F(tls, shutdown_and_done)
{
	RACE(in_handshake, is_shut, do_shutdown, do_done, do_poll, do_epoll);
}

TEST_F(tls, shutdown_and_failure)
{
	RACE(in_handshake, is_shut, do_shutdown, do_fail, do_poll);
}

TEST_F(tls, two_shutdowns_and_done)
{
	RACE(in_handshake, is_shut, do_shutdown, do_shutdown, do_done, do_poll);
}

/* ---- another connection on the same socket ---- */

/* One that was given up can be used again: told that it failed, perhaps, and then it works. */
static bool works_again(void *arg)
{
	struct round *r = arg;
	int tries = 3;
	/* kTLS, where it was attached, does not let go. */
	bool open = r->id & 1;

	while (!open && dial(r) && errno != EINPROGRESS && tries)
		if (!--tries || (errno != ECONNABORTED && errno != EISCONN))
			return complain(r, "connect again");
	return ended(r);
}

TEST_F(tls, disconnect_and_failure)
{
	RACE(in_handshake, works_again, do_undial, do_fail, do_poll);
}

TEST_F(tls, disconnect_and_done)
{
	RACE(in_handshake, ended, do_undial, do_done, do_poll, do_dial);
}

static bool left_alone(void *arg)
{
	struct round *r = arg;

	return nothing_left(r) && !r->what[0];
}

/* Connecting, in two threads, and disconnecting: one socket has one handshake at a time. */
TEST_F(tls, connect_and_disconnect)
{
	RACE(fresh, left_alone, do_dial, do_undial, do_dial_too, do_poll);
}

TEST_F(tls, connect_and_shutdown)
{
	RACE(fresh, left_alone, do_dial, do_shutdown, do_dial_too, do_poll);
}

/* ---- those who wait ---- */

static void waiting(void *arg)
{
	struct timeval tv = { LOST_MS / 1000, 0 };
	struct round *r = arg;

	in_handshake(r);
	zs_nonblock(r->fd, false);
	setsockopt(r->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(r->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static void wait_to_send(void *arg)
{
	struct round *r = arg;

	note(r, 0, send(r->fd, "hello", 5, MSG_NOSIGNAL));
}

static void wait_to_receive(void *arg)
{
	struct round *r = arg;
	char c;

	note(r, 1, recv(r->fd, &c, 1, 0));
}

static void wait_to_connect(void *arg)
{
	struct round *r = arg;

	note(r, 2, dial(r));
}

static void wait_by_poll(void *arg)
{
	struct round *r = arg;

	note(r, 3, zs_poll(r->fd, POLLOUT, LOST_MS));
}

/* And then the peer says something. */
static void done_and_data(void *arg)
{
	struct round *r = arg;

	do_done(r);
	if (agent_ktls(r->peer, 0x0304) || send(r->peer, "x", 1, MSG_NOSIGNAL) != 1)
		complain(r, "peer");
}

static bool all_succeeded(void *arg)
{
	struct round *r = arg;
	char buf[10];

	char what[80];

	snprintf(what, sizeof(what), "a wait that should have ended well: %ld %ld %ld %#lx",
		 r->ret[0], r->ret[1], r->ret[2], r->ret[3]);
	if (r->done || r->ret[0] != 5 || r->ret[1] != 1 || r->ret[2] || r->ret[3] != POLLOUT)
		complain(r, what);
	if (recv(r->peer, buf, sizeof(buf), 0) != 5 || memcmp(buf, "hello", 5))
		complain(r, "what was sent");
	return ended(r);
}

TEST_F(tls, waits_and_done)
{
	RACE(waiting, all_succeeded, wait_to_send, wait_to_receive, wait_to_connect,
	     wait_by_poll, done_and_data);
}

static bool one_of(int err, int a, int b)
{
	return err == a || err == b;
}

static bool all_failed(void *arg)
{
	struct round *r = arg;

	char what[80];

	snprintf(what, sizeof(what), "a wait that should have failed: %d %d %#lx", r->err[0],
		 r->err[1], r->ret[3]);
	if (r->done || !one_of(r->err[0], ECONNABORTED, EPIPE) ||
	    !one_of(r->err[1], ECONNABORTED, ENOTCONN) || r->ret[3] <= 0)
		complain(r, what);
	return ended(r);
}

TEST_F(tls, waits_and_failure)
{
	RACE(waiting, all_failed, wait_to_send, wait_to_receive, wait_by_poll, do_fail);
}

/* ---- the program changes its mind ---- */

static void set_alpn(void *arg)
{
	struct round *r = arg;

	for (int i = 0; i < 10; i++)
		if (setsockopt(r->fd, SOL_TLS, TLS_ALPN_LIST, i & 1 ? "a\0b" : "c", i & 1 ? 4 : 2))
			complain(r, "TLS_ALPN_LIST");
}

static void set_tags(void *arg)
{
	struct round *r = arg;
	int tags[16] = { 0 };

	for (int i = 0; i < 10; i++)
		if (setsockopt(r->fd, SOL_TLS, TLS_SEC_TAG_LIST, tags, i * sizeof(int)))
			complain(r, "TLS_SEC_TAG_LIST");
}

static void get_options(void *arg)
{
	struct round *r = arg;

	for (int i = 0; i < 10; i++) {
		char buf[64];
		socklen_t len = sizeof(buf);

		if (getsockopt(r->fd, SOL_TLS, TLS_ALPN_LIST, buf, &len) ||
		    (len && len != 2 && len != 4))
			complain(r, "TLS_ALPN_LIST");
	}
}

static void get_verifier(void *arg)
{
	struct round *r = arg;
	int fd = zs_getint(r->fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK);

	if (fd < 0)
		complain(r, "TLS_CERT_VERIFY_CALLBACK");
	close(fd);
}

TEST_F(tls, options_and_done)
{
	RACE(in_handshake, ended, set_alpn, set_tags, get_options, get_verifier, do_done);
}

TEST_F(tls, options_and_connect)
{
	RACE(fresh, left_alone, set_alpn, get_options, get_verifier, do_dial);
}

/* ---- the agent's descriptor in many hands ---- */

static void wire_data(void *arg)
{
	struct round *r = arg;
	char c;

	for (int i = 0; i < 5; i++) {
		if (send(r->wire[1], "wire", 4, MSG_NOSIGNAL) < 0 && errno == ENOTSOCK)
			complain(r, "send");
		recv(r->wire[1], &c, 1, 0);
	}
	shutdown(r->wire[1], SHUT_WR);
}

static void wire_names(void *arg)
{
	struct round *r = arg;
	union zs_addr addr;

	for (int i = 0; i < 5; i++) {
		socklen_t len = sizeof(addr);

		if (getpeername(r->wire[2], &addr.sa, &len) && !one_of(errno, ESHUTDOWN, ENOTCONN))
			complain(r, "getpeername");
		zs_poll(r->wire[2], POLLIN | POLLOUT, 0);
	}
}

static void wire_ktls(void *arg)
{
	struct round *r = arg;

	agent_ktls(r->wire[3], 0x0303);
}

static void wire_close(void *arg)
{
	struct round *r = arg;

	close_at(&r->wire[1]);
	close_at(&r->wire[2]);
}

TEST_F(tls, wire_and_done)
{
	RACE(in_handshake, ended, wire_data, wire_names, wire_ktls, do_done, do_poll);
}

TEST_F(tls, wire_and_close)
{
	RACE(in_handshake, ended, wire_data, wire_names, wire_ktls, do_done, do_close);
}

TEST_F(tls, wire_closed_and_close)
{
	RACE(in_handshake, ended, wire_close, wire_ktls, do_fail, do_close);
}

/* ---- time ---- */

/* The agent may come too late itself. */
static void in_short_handshake(void *arg)
{
	struct round *r = arg;
	int tries = 100;

	fresh(r);
	dial(r);
	r->peer = accept(r->listener, NULL, NULL);
	while ((r->wire[0] = agent_accept(&r->agent, &r->id)) < 0 && errno == EAGAIN && --tries) {
		close_at(&r->fd);
		close_at(&r->peer);
		fresh(r);
		dial(r);
		r->peer = accept(r->listener, NULL, NULL);
	}
	if (r->wire[0] < 0)
		complain(r, "agent_accept");
	share_wire(r);
	if (r->id & 1)
		agent_ktls(r->wire[0], 0x0304);
}

static void done_late(void *arg)
{
	struct round *r = arg;

	usleep(10000 + r->id % 7 * 3000);
	do_done(r);
}

static void wait_for_end(void *arg)
{
	struct round *r = arg;

	note(r, 3, zs_poll(r->fd, POLLOUT, LOST_MS));
}

static bool in_time_or_not(void *arg)
{
	struct round *r = arg;
	int err = zs_getint(r->fd, SOL_SOCKET, SO_ERROR);

	if (err != (r->done ? ETIMEDOUT : 0) || !(r->ret[3] & POLLOUT))
		complain(r, "SO_ERROR");
	return ended(r);
}

TEST_F(tls, time_limit_and_done)
{
	sysctl_set("handshake_timeout", "20");
	RACE(in_short_handshake, in_time_or_not, done_late, wait_for_end);
}

/* ---- agents ---- */

/* A round's agent is another than the one that looks afterwards what is left. */
static void in_mortal_hands(void *arg)
{
	struct round *r = arg;
	static struct agent mortal;

	r->pass[0] = -1;
	mortal = (struct agent){ .alert = -1 };
	if (agent_open(&mortal))
		complain(r, "agent_open");
	fresh(r);
	dial(r);
	r->peer = accept_soon(r);
	r->wire[0] = agent_await(&mortal, &r->id);
	share_wire(r);
	r->pass[0] = mortal.nl;
}

static void do_kill(void *arg)
{
	struct round *r = arg;

	close_at(&r->pass[0]);
}

static bool died(void *arg)
{
	struct round *r = arg;

	if (!one_of(zs_getint(r->fd, SOL_SOCKET, SO_ERROR), ECONNABORTED, 0))
		complain(r, "SO_ERROR");
	r->done = 0;
	return ended(r);
}

TEST_F(tls, agent_dies)
{
	RACE(in_mortal_hands, died, do_kill, wait_for_end, wire_data, wire_ktls);
}

TEST_F(tls, agent_dies_and_shutdown)
{
	RACE(in_mortal_hands, died, do_kill, do_shutdown, wire_names);
}

#define PEERS	64

static atomic_int peers[PEERS];
static atomic_uint connected;

/* Perhaps another's: it has to stay for as long as that needs it. */
static void keep_peer(int fd)
{
	static atomic_uint at;

	close(atomic_exchange(&peers[atomic_fetch_add(&at, 1) % PEERS], fd));
}

static void one_client(void *arg)
{
	struct round r = *(struct round *)arg;

	r.fd = tls_socket();
	if (dial(&r))
		complain(arg, "connect");
	else
		atomic_fetch_add(&connected, 1);
	keep_peer(accept(r.listener, NULL, NULL));
	close(r.fd);
}

/* Two agents, with a thread each: every request is answered by one of them. */
TEST_F(tls, two_agents)
{
	void (*const fn[])(void *) = { one_client, one_client, one_client };
	struct agent agent[2] = { { .alert = -1 }, { .alert = -1 } };

	for (int i = 0; i < PEERS; i++)
		peers[i] = -1;
	ASSERT_EQ(0, agent_start(&agent[0]));
	ASSERT_EQ(0, agent_start(&agent[1]));
	EXPECT_GT(race_storm(fn, 3, &self->r, 3 * ROUNDS_MS), 5);
	/* Which of them is the first to wake up is the scheduler's affair. */
	for (int i = 0; i < 30 && (!agent[0].accepted || !agent[1].accepted); i++)
		race_storm(fn, 3, &self->r, ROUNDS_MS);
	agent_stop(&agent[0]);
	agent_stop(&agent[1]);
	EXPECT_STREQ("", self->r.what);
	EXPECT_EQ(connected, agent[0].accepted + agent[1].accepted);
	TH_LOG("%d and %d", agent[0].accepted, agent[1].accepted);
	EXPECT_LT(0, agent[0].accepted);
	EXPECT_LT(0, agent[1].accepted);
	for (int i = 0; i < PEERS; i++)
		close(peers[i]);
}

/* ---- other processes ---- */

static void passing(void *arg)
{
	struct round *r = arg;

	in_handshake(r);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, r->pass))
		complain(r, "socketpair");
}

static void pass_away(void *arg)
{
	struct round *r = arg;

	zs_send_fd(r->pass[0], r->fd);
	close_at(&r->fd);
	zs_send_fd(r->pass[0], r->wire[1]);
	close_at(&r->wire[1]);
	close_at(&r->pass[0]);
}

static void receive_all(void *arg)
{
	struct round *r = arg;
	int fd, n;

	for (n = 0; (fd = zs_recv_fd(r->pass[1])) >= 0; n++) {
		zs_poll(fd, POLLIN | POLLOUT, 1);
		close(fd);
	}
	if (n != 2)
		complain(r, "what was passed");
	close_at(&r->pass[1]);
}

TEST_F(tls, passed_on)
{
	RACE(passing, ended, pass_away, receive_all, do_done);
}

/* In flight when the last descriptor goes: the collector closes them. */
static void never_received(void *arg)
{
	struct round *r = arg;

	close_at(&r->pass[1]);
}

TEST_F(tls, passed_to_nobody)
{
	RACE(passing, ended, pass_away, never_received, do_done);
}

static void in_child(void *arg)
{
	struct round *r = arg;
	pid_t pid = fork();

	if (!pid) {
		send(r->fd, "child", 5, MSG_NOSIGNAL);
		_exit(0);
	}
	if (pid < 0 || zs_wait(pid))
		complain(r, "fork");
}

TEST_F(tls, inherited)
{
	RACE(in_handshake, ended, in_child, do_close, do_done);
}

TEST_HARNESS_MAIN
