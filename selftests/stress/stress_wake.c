// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever waits on a socket from before its dispatch is woken by what happens after it:
 * poll(), epoll, SIGIO, each against a dispatch at the very same time.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "race.h"
#include "zs.h"

#define ROUNDS_MS	1500
/* Far longer than any wake-up takes, also in a slow guest. */
#define LOST_MS		20000

struct wake {
	int domain;
	int fd;
	int sender;
	int epoll;
	int got;
	int failed;
	unsigned long waited;
};

static void fresh(void *arg)
{
	struct wake *w = arg;

	w->fd = zs_socket(w->domain, SOCK_DGRAM, 0);
	w->got = w->failed = 0;
}

/* The first call; then a datagram comes. */
static void bind_and_send(void *arg)
{
	struct wake *w = arg;
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);

	if (bind(w->fd, &addr.sa, len) || getsockname(w->fd, &addr.sa, &len) ||
	    sendto(w->sender, "w", 1, 0, &addr.sa, len) != 1)
		w->failed = errno;
}

static void bind_only(void *arg)
{
	struct wake *w = arg;
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);

	if (bind(w->fd, &addr.sa, len))
		w->failed = errno;
}

FIXTURE(wake) { struct wake w; };

FIXTURE_VARIANT(wake) { int domain; };
FIXTURE_VARIANT_ADD(wake, inet) { .domain = AF_INET };
FIXTURE_VARIANT_ADD(wake, any) { .domain = 0 };

FIXTURE_SETUP(wake)
{
	zs_auto_family = AF_INET;
	ASSERT_EQ(zs_new_netns(), 0);
	self->w.domain = variant->domain;
	self->w.sender = socket(AF_INET, SOCK_DGRAM, 0);
	self->w.epoll = epoll_create1(0);
	ASSERT_GE(self->w.sender, 0);
}

FIXTURE_TEARDOWN(wake)
{
	close(self->w.sender);
	close(self->w.epoll);
	if (zs_is_zsock())
		EXPECT_TRUE(race_all_gone());
}

static void wait_by_poll(void *arg)
{
	struct wake *w = arg;
	long long start = zs_now_ms();

	w->got = zs_poll(w->fd, POLLIN, LOST_MS);
	w->waited += zs_now_ms() - start > LOST_MS / 2;
}

static bool was_readable(void *arg)
{
	struct wake *w = arg;
	char byte = 0;
	bool good = !w->failed && w->got & POLLIN && recv(w->fd, &byte, 1, MSG_DONTWAIT) == 1;

	close(w->fd);
	return good;
}

TEST_F(wake, poll)
{
	struct race race = { fresh, { wait_by_poll, bind_and_send }, was_readable, &self->w,
			     .more_than = 50 };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 50);
	EXPECT_EQ(self->w.failed, 0);
	EXPECT_EQ(self->w.got & POLLIN, POLLIN);
	EXPECT_EQ(self->w.waited, 0);
}

/* Two wait, one dispatches, by another call than the one that makes it readable. */
TEST_F(wake, two_polls)
{
	struct race race = { fresh, { wait_by_poll, bind_and_send, wait_by_poll }, was_readable,
			     &self->w, .more_than = 50 };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 50);
	EXPECT_EQ(self->w.failed, 0);
	EXPECT_EQ(self->w.got & POLLIN, POLLIN);
	EXPECT_EQ(self->w.waited, 0);
}

static void wait_by_epoll(void *arg)
{
	struct wake *w = arg;
	struct epoll_event ev = { EPOLLIN | EPOLLET, { 0 } };

	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->fd, &ev))
		w->failed = errno;
	w->got = epoll_wait(w->epoll, &ev, 1, LOST_MS) == 1 ? (int)ev.events : 0;
}

TEST_F(wake, epoll_edge)
{
	struct race race = { fresh, { wait_by_epoll, bind_and_send }, was_readable, &self->w,
			     .more_than = 50 };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 50);
	EXPECT_EQ(self->w.failed, 0);
	EXPECT_EQ(self->w.got & EPOLLIN, EPOLLIN);
}

/* ---- SIGIO ---- */

/*
 * F_SETFL sets a flag on the sk that it found, under that sk's lock; the dispatch puts another
 * sk in its place. The flag is lost, if at all, when F_SETFL comes in the few instructions
 * around that. Where there is one CPU, two threads that start at once seldom meet there: one
 * runs to its end before the other does anything. So it is bind() that gives way to whoever
 * wakes up, and in most rounds F_SETFL sleeps a part of the time that a bind() takes.
 */
struct sigio {
	struct wake w;
	sigset_t set;
	unsigned long rounds;
	long bind_ns;
	long delay_ns;
	bool early;
};

static long ns_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000000000 + now.tv_nsec - start->tv_nsec;
}

static void fresh_sigio(void *arg)
{
	struct sigio *s = arg;

	fresh(&s->w);
	/* One round in four without: there F_SETFL may be the first. */
	s->delay_ns = s->bind_ns && s->rounds++ % 4 ? random() % s->bind_ns : 0;
}

static void ask_for_sigio(void *arg)
{
	struct sigio *s = arg;
	struct timespec delay = { s->delay_ns / 1000000000, s->delay_ns % 1000000000 };

	/* Else every sleep is 50 us longer. */
	prctl(PR_SET_TIMERSLACK, 1);
	if (s->delay_ns)
		nanosleep(&delay, NULL);
	if (fcntl(s->w.fd, F_SETOWN, getpid()) ||
	    fcntl(s->w.fd, F_SETFL, O_ASYNC | O_NONBLOCK))
		s->w.failed = errno;
}

static void bind_giving_way(void *arg)
{
	struct sched_param param = { 0 };
	struct sigio *s = arg;
	struct timespec start;

	if (sched_setscheduler(0, SCHED_IDLE, &param))
		s->w.failed = errno;
	clock_gettime(CLOCK_MONOTONIC, &start);
	bind_only(&s->w);
	s->bind_ns = ns_since(&start);
}

static bool sends_sigio(void *arg)
{
	struct timespec limit = { LOST_MS / 1000, 0 }, none = { 0, 0 };
	struct sigio *s = arg;
	struct wake *w = &s->w;
	union zs_addr addr;
	socklen_t len = sizeof(addr);

	/* One that is there already would stand in for one that is lost. */
	s->early = sigtimedwait(&s->set, NULL, &none) == SIGIO;
	if (getsockname(w->fd, &addr.sa, &len) ||
	    sendto(w->sender, "s", 1, 0, &addr.sa, len) != 1)
		w->failed = errno;
	w->got = sigtimedwait(&s->set, NULL, &limit) == SIGIO;
	/* Without a datagram, it was not the signal that was lost. */
	if (zs_poll(w->fd, POLLIN, 0) != POLLIN && !w->failed)
		w->failed = ENOMSG;
	close(w->fd);
	return w->got && !s->early && !w->failed;
}

TEST_F(wake, sigio)
{
	struct sigio s = { .w = self->w };
	struct race race = { fresh_sigio, { ask_for_sigio, bind_giving_way }, sends_sigio, &s,
			     .more_than = 50 };

	sigemptyset(&s.set);
	sigaddset(&s.set, SIGIO);
	sigprocmask(SIG_BLOCK, &s.set, NULL);
	EXPECT_GT(race_run(&race, 2 * ROUNDS_MS), 50);
	EXPECT_EQ(s.w.failed, 0);
	EXPECT_FALSE(s.early);
	EXPECT_EQ(s.w.got, 1);
}

TEST_HARNESS_MAIN
