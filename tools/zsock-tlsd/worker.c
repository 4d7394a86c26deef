// SPDX-License-Identifier: GPL-2.0
/*
 * A worker: one thread, one line to the kernel, one epoll loop. No worker waits
 * for another, and none for a peer or a program.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <libmnl/libmnl.h>
#include <openssl/async.h>
#include <openssl/crypto.h>

#include "log.h"
#include "session.h"
#include "worker.h"

#define EVENTS		64
#define RETRY_MS	500	/* after an error of accept */
#define REJOIN_MS	5000	/* while the module is not loaded */
#define IDLE_MS		10000	/* between looks at what has expired */

static const struct watch watch_stop = { .kind = WATCH_STOP };
static const struct watch watch_nl = { .kind = WATCH_NL };

/* ---- what the kernel says unasked ---- */

static void on_ready(void *arg)
{
	struct worker *w = arg;

	w->more = true;
	w->retry = 0;
}

static void on_ticket(void *arg, uint64_t id, const uint8_t *msg, size_t len)
{
	struct worker *w = arg;

	if (!late_message(&w->late, id, msg, len))
		log_debug("a ticket on connection %llu is of no use",
			  (unsigned long long)id);
}

static void on_purge(void *arg, uint32_t uid)
{
	struct worker *w = arg;

	late_purge(&w->late, uid);
	sessions_purge(uid);
}

static const struct nl_events events = { on_ready, on_ticket, on_purge };

/* ---- accepting ---- */

/*
 * An error other than "none waits" passes when a descriptor or some memory is
 * given back; until then to ask again and again helps nobody.
 */
static void accept_failed(struct worker *w, int error)
{
	static struct log_limit limit;

	if (error == EAGAIN)
		return;
	if (error == ENOBUFS) {
		w->more = true;		/* the answer was lost */
		return;
	}
	w->retry = timer_now() + (error == ENOENT ? REJOIN_MS : RETRY_MS);
	if (error == ENOENT)
		w->nl.family = 0;
	else
		log_limited(&limit, LOG_ERR, "cannot accept a handshake: %s%s%s",
			    strerror(error), w->nl.why[0] ? ": " : "",
			    w->nl.why);
}

/* The answer made no sense, but the handshake is ours now, and waits. */
static void accept_nonsense(struct worker *w, struct request *rq)
{
	struct outcome out = { .error = ECONNABORTED, .alert = -1 };
	static struct log_limit limit;

	log_limited(&limit, LOG_ERR,
		    "the kernel asks for a handshake that makes no sense: do the versions of module and agent differ?");
	if (rq->id)
		nl_done(&w->nl, rq->id, &out);
	request_close(rq);
}

/* One only: what others wait for comes first, and other workers get theirs. */
static void accept_one(struct worker *w)
{
	struct request rq;
	int ret;

	/* It comes back with an event, but events can be lost. */
	if (!w->nl.family)
		nl_read(&w->nl);
	/* An event that comes before the answer may be of one after it. */
	w->more = false;
	ret = nl_accept(&w->nl, &rq);
	if ((!ret && !rq.last) || ret == -EPROTO)
		w->more = true;
	if (!ret)
		conn_begin(w, &rq);
	else if (ret == -EPROTO)
		accept_nonsense(w, &rq);
	else
		accept_failed(w, -ret);
}

/* ---- the loop ---- */

static bool may_accept(struct worker *w)
{
	if (w->retry && timer_now() >= w->retry) {
		w->retry = 0;
		w->more = true;
	}
	return w->more && w->n < w->max;
}

static int time_to_wait(const struct worker *w)
{
	const struct timer *first = timer_first(&w->timers);
	uint64_t now = timer_now(), until = now + IDLE_MS;

	if (first && first->when < until)
		until = first->when;
	if (w->retry && w->retry < until)
		until = w->retry;
	if (!w->late.n && !first && !w->retry)
		return -1;
	return until > now ? (int)(until - now) : 0;
}

static void run_timers(struct worker *w)
{
	uint64_t now = timer_now();
	struct timer *first;

	while ((first = timer_first(&w->timers)) && first->when <= now)
		conn_late(w, first);
	if (w->late.n)
		late_expire(&w->late, time(NULL));
}

/* Returns whether to go on. */
static bool on_event(struct worker *w, const struct epoll_event *ev)
{
	struct watch *watch = ev->data.ptr;
	int ret;

	switch (watch->kind) {
	case WATCH_CONN:
		conn_event(w, watch, ev->events);
		return true;
	case WATCH_NL:
		ret = nl_read(&w->nl);
		if (!ret)
			return true;
		log_say(LOG_CRIT, "lost the kernel: %s", strerror(-ret));
		w->failed = true;
		kill(getpid(), SIGTERM);
		return false;
	default:
		return false;
	}
}

static bool turn(struct worker *w)
{
	struct epoll_event evs[EVENTS];
	bool go_on = true;
	int i, n;

	n = epoll_wait(w->epfd, evs, EVENTS,
		       may_accept(w) ? 0 : time_to_wait(w));
	for (i = 0; i < n && go_on; i++)
		go_on = on_event(w, &evs[i]);
	if (go_on && may_accept(w))
		accept_one(w);
	run_timers(w);
	conn_bury(w);
	return go_on;
}

static void *run(void *arg)
{
	struct worker *w = arg;

	while (turn(w))
		;
	conn_end_all(w);
	conn_bury(w);
	late_clear(&w->late);
	ASYNC_cleanup_thread();
	OPENSSL_thread_stop();
	return NULL;
}

/* ---- from outside ---- */

static int add(struct worker *w, int fd, const struct watch *watch)
{
	struct epoll_event ev = {
		.events = EPOLLIN, .data.ptr = (void *)watch,
	};

	return epoll_ctl(w->epfd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

/**
 * worker_open() - get what a worker needs; from then on the kernel has an agent
 * @w: the worker; worker_close() it, also where this fails
 * @number: from 0
 * @max: handshakes at a time
 *
 * Return: 0 or -errno, as nl_open().
 */
int worker_open(struct worker *w, unsigned int number, unsigned int max)
{
	int ret;

	memset(w, 0, sizeof(*w));
	w->number = number;
	w->max = max;
	w->epfd = epoll_create1(EPOLL_CLOEXEC);
	w->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epfd < 0 || w->stop < 0)
		return -errno;
	ret = nl_open(&w->nl, ZSOCK_GENL_HANDSHAKE, &events, w);
	if (!ret)
		ret = add(w, mnl_socket_get_fd(w->nl.sock), &watch_nl);
	if (!ret)
		ret = add(w, mnl_socket_get_fd(w->nl.multicast), &watch_nl);
	if (!ret)
		ret = add(w, w->stop, &watch_stop);
	return ret;
}

int worker_start(struct worker *w)
{
	return -pthread_create(&w->thread, NULL, run, w);
}

/* Let it end what it does and come back. */
void worker_stop(struct worker *w)
{
	uint64_t one = 1;

	if (write(w->stop, &one, sizeof(one)) == sizeof(one))
		pthread_join(w->thread, NULL);
}

void worker_close(struct worker *w)
{
	nl_close(&w->nl);
	timer_heap_free(&w->timers);
	if (w->epfd >= 0)
		close(w->epfd);
	if (w->stop >= 0)
		close(w->stop);
}
