// SPDX-License-Identifier: GPL-2.0
/*
 * Open connections: several threads read, splice, poll and send while data, tickets and alerts
 * come in any order. No byte is lost or comes twice, everybody sees the same end, nobody sleeps
 * through it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "race.h"
#include "zs.h"

#define ROUNDS_MS	300
#define LOST_S		20
#define MESSAGES	12

#define ALERT		21
#define HANDSHAKE	22

enum end { CLOSE_NOTIFY, FATAL, TRUNCATED, RESET, GARBAGE };

struct round {
	int listener;			/* TCP */
	union zs_addr addr;
	struct agent agent;
	int fd, peer;
	int version;
	enum end end;
	atomic_ulong got, sent;		/* bytes, from the peer */
	atomic_ulong heard, said;	/* bytes, to the peer */
	atomic_bool shut, was_shut;	/* the program is at it; is done */
	unsigned int seed;
	unsigned long ends;
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

/* ---- rounds ---- */

static void limit_waits(int fd)
{
	struct timeval tv = { LOST_S, 0 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static void opened(void *arg)
{
	struct round *r = arg;
	uint64_t id;
	int wire;

	r->got = r->sent = r->heard = r->said = 0;
	r->shut = r->was_shut = false;
	r->seed++;
	r->fd = socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC,
		       ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
	zs_setint(r->fd, SOL_TLS, TLS_SESSION_CACHE, 1);
	zs_nonblock(r->fd, true);
	connect(r->fd, &r->addr.sa, sizeof(r->addr.in));
	r->peer = accept(r->listener, NULL, NULL);
	wire = agent_await(&r->agent, &id);
	if (wire < 0 || agent_ktls(wire, r->version) || agent_ktls(r->peer, r->version) ||
	    agent_done(&r->agent, id, 0))
		complain(r, "handshake");
	close_at(&wire);
	zs_nonblock(r->fd, false);
	limit_waits(r->fd);
	limit_waits(r->peer);
}

static void unread(void *arg)
{
	struct round *r = arg;

	opened(r);
	/* As little as there can be, so that a writer is soon stuck. */
	zs_setint(r->peer, SOL_SOCKET, SO_RCVBUF, 4096);
	zs_setint(r->fd, SOL_SOCKET, SO_SNDBUF, 4096);
}

static bool all_there(void *arg)
{
	struct round *r = arg;

	if (r->got != r->sent)
		complain(r, "data");
	if (r->heard != r->said && (r->end == CLOSE_NOTIFY || r->end == TRUNCATED))
		complain(r, "data sent");
	close_at(&r->fd);
	close_at(&r->peer);
	return !r->what[0];
}

static bool whatever(void *arg)
{
	struct round *r = arg;

	close_at(&r->fd);
	close_at(&r->peer);
	return !r->what[0];
}

/* ---- the peer ---- */

static unsigned int draw(struct round *r, unsigned int n)
{
	r->seed = r->seed * 1664525 + 1013904223;
	return (r->seed >> 16) % n;
}

/* In as many records as it happens. TLS 1.2's come in the handshake only. */
static void send_ticket(struct round *r)
{
	static const unsigned char ticket[] = { 4, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
	int at, len;

	if (r->version == 0x0303) {
		/* A warning, then, that is none of the program's. */
		if (agent_send_record(r->peer, ALERT, "\1\132", 2))
			complain(r, "warning");
		return;
	}
	for (at = 0; at < (int)sizeof(ticket); at += len) {
		len = 1 + draw(r, sizeof(ticket) - at);
		if (agent_send_record(r->peer, HANDSHAKE, ticket + at, len))
			complain(r, "ticket");
	}
}

static void end_it(struct round *r)
{
	struct linger linger = { 1, 0 };

	switch (r->end) {
	case CLOSE_NOTIFY:
		agent_send_record(r->peer, ALERT, "\1\0", 2);
		break;
	case FATAL:
		agent_send_record(r->peer, ALERT, "\2\52", 2);
		break;
	case GARBAGE:
		agent_send_record(r->peer, 99, "?", 1);
		break;
	case RESET:
		/* What was not read yet may be lost. */
		r->sent = r->got;
		setsockopt(r->peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		close_at(&r->peer);
		break;
	case TRUNCATED:
		shutdown(r->peer, SHUT_WR);
	}
}

static void peer_talks(void *arg)
{
	static const char data[5000];
	struct round *r = arg;

	for (int i = 0; i < MESSAGES; i++) {
		int len = 1 + draw(r, draw(r, 2) ? 20 : sizeof(data));

		r->sent += len;
		if (send(r->peer, data, len, MSG_NOSIGNAL) != len)
			complain(r, "the peer's data");
		if (!draw(r, 3))
			send_ticket(r);
	}
	end_it(r);
}

static void peer_listens(void *arg)
{
	struct round *r = arg;
	char buf[5000];
	ssize_t n;

	while ((n = recv(r->peer, buf, sizeof(buf), 0)) > 0)
		r->heard += n;
}

static void peer_leaves(void *arg)
{
	struct round *r = arg;

	for (int i = 0; i < 4000 && !r->was_shut; i++)
		zs_sleep_ms(5);
	if (!r->was_shut)
		complain(r, "shutdown waits for the peer");
	close_at(&r->peer);
}

/* ---- the program ---- */

static int end_error(const struct round *r)
{
	switch (r->end) {
	case CLOSE_NOTIFY:
		return 0;
	case GARBAGE:
		return EPROTO;
	default:
		return ECONNRESET;
	}
}

/* What a reader may be told that is not data. */
static void saw_end(struct round *r, ssize_t n, const char *what)
{
	int err = n < 0 ? errno : 0;

	if (err != end_error(r) && !r->shut && r->end != RESET)
		complain(r, what);
}

static void reads(void *arg)
{
	struct round *r = arg;
	char buf[3000];
	ssize_t n;

	while ((n = recv(r->fd, buf, sizeof(buf), 0)) > 0)
		r->got += n;
	saw_end(r, n, "recv");
}

static void reads_all(void *arg)
{
	struct round *r = arg;
	char buf[700];
	ssize_t n;

	while ((n = recv(r->fd, buf, sizeof(buf), MSG_WAITALL)) > 0)
		r->got += n;
	saw_end(r, n, "recv MSG_WAITALL");
}

/* Edges are not missed, also where others read what they are of. */
static void reads_when_told(void *arg)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP };
	struct round *r = arg;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	char buf[3000];
	ssize_t n = -1;

	epoll_ctl(ep, EPOLL_CTL_ADD, r->fd, &ev);
	do {
		if (epoll_wait(ep, &ev, 1, LOST_S * 1000) != 1)
			complain(r, "epoll_wait");
		n = recv(r->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0)
			r->got += n;
	} while (!r->what[0] && (n > 0 || (n < 0 && errno == EAGAIN)));
	saw_end(r, n, "recv MSG_DONTWAIT");
	close(ep);
}

static void splices(void *arg)
{
	struct round *r = arg;
	char buf[8192];
	ssize_t n;
	int p[2];

	if (pipe(p))
		return;
	while ((n = splice(r->fd, NULL, p[1], NULL, sizeof(buf), 0)) > 0)
		r->got += read(p[0], buf, n);
	saw_end(r, n, "splice");
	close(p[0]);
	close(p[1]);
}

static void looks(void *arg)
{
	struct round *r = arg;
	char buf[100];
	ssize_t n;
	int left;

	do {
		n = recv(r->fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT);
		if (!ioctl(r->fd, FIONREAD, &left) && left < 0)
			complain(r, "FIONREAD");
		zs_poll(r->fd, POLLIN, 1);
	} while (n > 0 || (n < 0 && errno == EAGAIN));
	saw_end(r, n, "recv MSG_PEEK");
}

static void waits_for_end(void *arg)
{
	struct round *r = arg;

	/* POLLRDHUP is asked for alone: data does not end it. */
	if (zs_poll(r->fd, POLLRDHUP, LOST_S * 1000) <= 0)
		complain(r, "poll");
}

static void writes(void *arg)
{
	static const char data[2000];
	struct round *r = arg;

	for (int i = 0; i < MESSAGES; i++) {
		ssize_t n = send(r->fd, data, 1 + i * 150, MSG_NOSIGNAL);

		if (n < 0)
			break;
		r->said += n;
	}
	shutdown(r->fd, SHUT_WR);
}

static void writes_on(void *arg)
{
	static const char data[50000];
	struct round *r = arg;

	while (send(r->fd, data, sizeof(data), MSG_NOSIGNAL) > 0)
		;
}

static void shuts_down(void *arg)
{
	struct round *r = arg;

	r->shut = true;
	shutdown(r->fd, SHUT_RDWR);
	r->was_shut = true;
}

/* Not before the writers are stuck. */
static void shuts_down_late(void *arg)
{
	zs_sleep_ms(40);
	shuts_down(arg);
}

static void shuts_reading(void *arg)
{
	struct round *r = arg;

	r->shut = true;
	shutdown(r->fd, SHUT_RD);
}

FIXTURE(records) {
	struct round r;
	long refs;
};

FIXTURE_VARIANT(records) { int version; };
FIXTURE_VARIANT_ADD(records, tls_1_2) { .version = 0x0303 };
FIXTURE_VARIANT_ADD(records, tls_1_3) { .version = 0x0304 };

FIXTURE_SETUP(records)
{
	socklen_t len = zs_loopback(&self->r.addr, AF_INET, 0);

	ASSERT_EQ(zs_new_netns(), 0);
	self->refs = race_module_refs();
	self->r.version = variant->version;
	self->r.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, bind(self->r.listener, &self->r.addr.sa, len));
	ASSERT_EQ(0, listen(self->r.listener, 100));
	ASSERT_EQ(0, getsockname(self->r.listener, &self->r.addr.sa, &len));
	self->r.agent.alert = -1;
	self->r.agent.version = variant->version;
	ASSERT_EQ(0, agent_open(&self->r.agent));
}

FIXTURE_TEARDOWN(records)
{
	close(self->r.listener);
	agent_close(&self->r.agent);
	EXPECT_TRUE(race_all_gone());
	EXPECT_EQ(self->refs, race_module_settled(self->refs));
}

#define RACE(end_, ...)								\
do {										\
	self->r.end = end_;							\
	RACE_ROUNDS(&self->r, ROUNDS_MS, __VA_ARGS__);				\
} while (0)

TEST_F(records, one_reader)
{
	RACE(CLOSE_NOTIFY, opened, all_there, peer_talks, reads, waits_for_end);
}

TEST_F(records, readers)
{
	RACE(CLOSE_NOTIFY, opened, all_there, peer_talks, reads, reads, reads_all,
	     reads_when_told, waits_for_end);
}

TEST_F(records, splicers)
{
	RACE(CLOSE_NOTIFY, opened, all_there, peer_talks, splices, splices, waits_for_end);
}

TEST_F(records, readers_and_splicers)
{
	RACE(CLOSE_NOTIFY, opened, all_there, peer_talks, reads, splices, reads_when_told);
}

TEST_F(records, onlookers)
{
	RACE(CLOSE_NOTIFY, opened, all_there, peer_talks, reads, looks, looks, waits_for_end);
}

TEST_F(records, both_ways)
{
	RACE(CLOSE_NOTIFY, opened, all_there, peer_talks, peer_listens, reads, reads_when_told,
	     writes);
}

TEST_F(records, fatal_alert)
{
	RACE(FATAL, opened, all_there, peer_talks, reads, reads_all, splices, reads_when_told,
	     waits_for_end);
}

TEST_F(records, truncated)
{
	RACE(TRUNCATED, opened, all_there, peer_talks, reads, reads, splices, reads_when_told);
}

TEST_F(records, unknown_record)
{
	RACE(GARBAGE, opened, all_there, peer_talks, reads, reads, splices, reads_when_told);
}

TEST_F(records, reset)
{
	RACE(RESET, opened, whatever, peer_talks, reads, reads, splices, waits_for_end, writes);
}

TEST_F(records, shut_down)
{
	RACE(CLOSE_NOTIFY, opened, whatever, reads, reads, splices, reads_when_told, shuts_down,
	     peer_listens);
}

TEST_F(records, shut_reading)
{
	RACE(CLOSE_NOTIFY, opened, whatever, reads, reads_all, splices, shuts_reading, writes,
	     peer_listens);
}

/* Stuck writers do not keep others from ending it. */
TEST_F(records, stuck_writers)
{
	RACE(CLOSE_NOTIFY, unread, whatever, writes_on, writes_on, reads, shuts_down_late,
	     peer_leaves);
}

TEST_HARNESS_MAIN
