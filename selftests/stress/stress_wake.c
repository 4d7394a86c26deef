// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever waits on a socket from before its dispatch is woken by what happens after it:
 * poll(), epoll, SIGIO, each against a dispatch at the very same time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "race.h"
#include "zs.h"

#define ROUNDS_MS	1500
/* Far longer than any wake-up takes, also in a slow guest. */
#define LOST_MS		5000

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
	struct race race = { fresh, { wait_by_poll, bind_and_send }, was_readable, &self->w };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 50);
	EXPECT_EQ(self->w.failed, 0);
	EXPECT_EQ(self->w.got & POLLIN, POLLIN);
	EXPECT_EQ(self->w.waited, 0);
}

/* Two wait, one dispatches, by another call than the one that makes it readable. */
TEST_F(wake, two_polls)
{
	struct race race = { fresh, { wait_by_poll, bind_and_send, wait_by_poll }, was_readable,
			     &self->w };

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
	struct race race = { fresh, { wait_by_epoll, bind_and_send }, was_readable, &self->w };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 50);
	EXPECT_EQ(self->w.failed, 0);
	EXPECT_EQ(self->w.got & EPOLLIN, EPOLLIN);
}

/* ---- SIGIO ---- */

static void ask_for_sigio(void *arg)
{
	struct wake *w = arg;

	if (fcntl(w->fd, F_SETOWN, getpid()) || fcntl(w->fd, F_SETFL, O_ASYNC | O_NONBLOCK))
		w->failed = errno;
}

static bool sends_sigio(void *arg)
{
	struct timespec limit = { LOST_MS / 1000, 0 };
	struct wake *w = arg;
	union zs_addr addr;
	socklen_t len = sizeof(addr);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	if (getsockname(w->fd, &addr.sa, &len) ||
	    sendto(w->sender, "s", 1, 0, &addr.sa, len) != 1)
		w->failed = errno;
	w->got = sigtimedwait(&set, NULL, &limit) == SIGIO;
	close(w->fd);
	return w->got && !w->failed;
}

TEST_F(wake, sigio)
{
	struct race race = { fresh, { ask_for_sigio, bind_only }, sends_sigio, &self->w };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	EXPECT_GT(race_run(&race, 2 * ROUNDS_MS), 50);
	EXPECT_EQ(self->w.failed, 0);
	EXPECT_EQ(self->w.got, 1);
}

TEST_HARNESS_MAIN
