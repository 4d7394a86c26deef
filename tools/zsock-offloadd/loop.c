// SPDX-License-Identifier: GPL-2.0
/*
 * The loop: one process, and nothing in it waits but this.
 *
 * Events are edge-triggered: what they said is kept where it belongs, and epoll
 * is not told anything but once for each descriptor.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "listen.h"
#include "log.h"
#include "loop.h"
#include "pipe.h"

#define EVENTS	512
#define TICK	1000	/* ms, at most */

static int epoll_fd = -1, signal_fd = -1;
static struct watch signals = { .kind = WATCH_SIGNALS };
static bool stop;

static void update_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	pipe_now = (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool loop_add(int fd, uint32_t events, struct watch *watch)
{
	struct epoll_event ev = { .events = events, .data.ptr = watch };

	return !epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

bool loop_change(int fd, uint32_t events, struct watch *watch)
{
	struct epoll_event ev = { .events = events, .data.ptr = watch };

	return !epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &ev);
}

/* Closing it does not do that where somebody else has the file open, too. */
void loop_forget(int fd)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/**
 * loop_open() - before anything can be watched
 *
 * Return: 0 or -errno.
 */
int loop_open(void)
{
	sigset_t set;

	update_now();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (epoll_fd < 0 || signal_fd < 0 ||
	    !loop_add(signal_fd, EPOLLIN, &signals))
		return -errno;
	return 0;
}

/* ---- events ---- */

static void log_pipes(void)
{
	struct pipe *p;

	TAILQ_FOREACH(p, &pipes, next)
		log_say(LOG_INFO, "pipe %u (%s, \"%s\"): %u sockets, %zu bytes wait for the client",
			p->number, p->from, p->name, p->nsocks - p->nfailed,
			p->out.bytes);
}

static void take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			log_pipes();
		else
			stop = true;
	}
}

static void pipe_event(struct pipe *p, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		p->readable = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		p->hung = true;
	if (events & EPOLLOUT)
		pipe_writable(p);
}

static void sock_event(struct sock *s, uint32_t events)
{
	if (s->dead)
		return;
	if (events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP))
		s->readable = true;
	if (events & EPOLLPRI)
		s->urgent.pending = true;
	if (events & (EPOLLRDHUP | EPOLLHUP))
		s->hung = true;
	if (events & EPOLLOUT)
		s->writable = true;
	if (events & EPOLLERR)
		s->failed = true;
	sock_ready(s);
}

static void take(const struct epoll_event *ev)
{
	struct watch *watch = ev->data.ptr;

	switch (watch->kind) {
	case WATCH_SIGNALS:
		take_signals();
		break;
	case WATCH_LISTENER:
		listen_accept((struct listener *)watch);
		break;
	case WATCH_PIPE:
		pipe_event((struct pipe *)watch, ev->events);
		break;
	case WATCH_SOCK:
		sock_event((struct sock *)watch, ev->events);
		break;
	}
}

/* ---- running ---- */

static bool run_pipes(void)
{
	struct pipe *p, *next;
	bool busy = false;

	for (p = TAILQ_FIRST(&pipes); p; p = next) {
		next = TAILQ_NEXT(p, next);
		busy |= pipe_run(p);
	}
	return busy;
}

/* Clients that are soon taken for dead, and take others so, need more. */
static unsigned int period(void)
{
	unsigned int ms = TICK;
	struct pipe *p;

	TAILQ_FOREACH(p, &pipes, next)
		if (p->silence && p->silence / 8 < ms)
			ms = p->silence / 8;
	return ms;
}

static void tick(uint64_t *next)
{
	struct pipe *p;

	if (pipe_now < *next)
		return;
	TAILQ_FOREACH(p, &pipes, next)
		pipe_tick(p);
	*next = pipe_now + period();
}

static int wait_for(bool busy, uint64_t next)
{
	if (busy)
		return 0;
	if (TAILQ_EMPTY(&pipes))
		return -1;
	return next > pipe_now ? next - pipe_now : 0;
}

/**
 * loop_run() - until somebody wants it to end
 * @until_no_pipe: or until there is no pipe left
 *
 * Return: 0 or -errno.
 */
int loop_run(bool until_no_pipe)
{
	struct epoll_event events[EVENTS];
	uint64_t next = pipe_now;
	bool busy = true;
	int i, n;

	while (!stop) {
		n = epoll_wait(epoll_fd, events, EVENTS, wait_for(busy, next));
		if (n < 0 && errno != EINTR)
			return -errno;
		update_now();
		for (i = 0; i < n; i++)
			take(&events[i]);
		tick(&next);
		busy = run_pipes();
		busy |= pipe_reap();
		sock_bury();
		if (until_no_pipe && TAILQ_EMPTY(&pipes) && !busy)
			break;
	}
	return 0;
}
