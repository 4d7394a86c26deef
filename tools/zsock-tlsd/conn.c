// SPDX-License-Identifier: GPL-2.0
/*
 * A handshake of a worker's: what it waits for, how long, and who is told how
 * it ended.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "cache.h"
#include "conn.h"
#include "log.h"
#include "stats.h"
#include "worker.h"

#define TIMEOUT_MAX	(10 * 60 * 1000)	/* ms, whatever the kernel says */

/* ---- the end ---- */

static void report(struct worker *w, uint64_t id, const struct outcome *out)
{
	stats_count(out);
	/* The kernel gave it up, and knows. */
	if (out->error != ESHUTDOWN)
		nl_done(&w->nl, id, out);
}

static void log_end(const struct handshake *hs)
{
	static struct log_limit no_ktls;
	const struct outcome *out = &hs->out;

	if (out->error == EOPNOTSUPP)
		log_limited(&no_ktls, LOG_ERR, "%s (try 'modprobe tls')",
			    hs->why);
	else if (out->error)
		log_debug("handshake %llu failed: %s (error %d, alert %d%s, verify 0x%x)",
			  (unsigned long long)hs->id, hs->why, out->error,
			  out->alert, out->alert_received ? " received" : "",
			  out->verify);
	else
		log_debug("handshake %llu done: version 0x%x, suite 0x%x, verify 0x%x%s",
			  (unsigned long long)hs->id, out->version, out->cipher,
			  out->verify, out->resumed ? ", resumed" : "");
}

/* Closing alone would not do: others may have the same file. */
static void wait_no_more(struct worker *w, struct watch *watch)
{
	if (watch->added)
		epoll_ctl(w->epfd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->added = false;
}

/*
 * Events that epoll has told already may still be about it, so it is freed
 * later; its descriptors are closed now, as somebody waits for that.
 */
static void finish(struct worker *w, struct conn *conn)
{
	struct handshake *hs = conn->hs;

	log_end(hs);
	report(w, hs->id, &hs->out);
	wait_no_more(w, &conn->watch);
	wait_no_more(w, &conn->ask_watch);
	late_add(&w->late, hs);
	hs_free(hs);
	conn->hs = NULL;
	close(conn->fd);
	timer_cancel(&w->timers, &conn->timer);
	*conn->prev = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	w->n--;
	conn->dead = true;
	conn->next = w->dead;
	w->dead = conn;
}

/* Free those of which no event can come any more. */
void conn_bury(struct worker *w)
{
	struct conn *conn;

	while ((conn = w->dead)) {
		w->dead = conn->next;
		free(conn);
	}
}

/* ---- waiting ---- */

static int wait_for(struct worker *w, struct watch *watch, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = watch };

	if (watch->added && watch->events == events)
		return 0;
	if (epoll_ctl(w->epfd, watch->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
		      watch->fd, &ev))
		return -1;
	watch->added = true;
	watch->events = events;
	return 0;
}

/* While the program is asked, nothing but its end is heard of the connection. */
static int wait_state(struct worker *w, struct conn *conn, enum hs_state state)
{
	switch (state) {
	case HS_READ:
		return wait_for(w, &conn->watch, EPOLLIN);
	case HS_WRITE:
		return wait_for(w, &conn->watch, EPOLLOUT);
	case HS_ASK_WRITE:
	case HS_ASK_READ:
		conn->ask_watch.fd = conn->hs->ask->fd;
		return wait_for(w, &conn->watch, 0) ||
		       wait_for(w, &conn->ask_watch, state == HS_ASK_READ ?
				EPOLLIN : EPOLLOUT);
	default:
		return 0;
	}
}

/* The program is not asked a second time: what it does then is of no interest. */
static void forget_program(struct worker *w, struct conn *conn)
{
	if (conn->ask_watch.added && conn->hs->ask->state == ASK_OVER)
		wait_no_more(w, &conn->ask_watch);
}

static void step(struct worker *w, struct conn *conn)
{
	enum hs_state state = hs_step(conn->hs);

	forget_program(w, conn);
	if (state != HS_OVER && wait_state(w, conn, state))
		hs_cancel(conn->hs, errno);
	if (conn->hs->state == HS_OVER)
		finish(w, conn);
}

static int connection_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) && error)
		return error;
	return ECONNRESET;
}

/**
 * conn_event() - something happened to what a handshake waits for
 * @w: whose it is
 * @watch: what
 * @events: EPOLL*
 *
 * While the program is being asked nothing is read from the connection, and so
 * nothing else would notice that it is gone.
 */
void conn_event(struct worker *w, struct watch *watch, uint32_t events)
{
	struct conn *conn = watch->conn;

	if (conn->dead)
		return;
	if (watch == &conn->watch && !watch->events &&
	    (events & (EPOLLHUP | EPOLLERR)))
		hs_cancel(conn->hs, connection_error(conn->fd));
	step(w, conn);
}

/* Its time is over. */
void conn_late(struct worker *w, struct timer *timer)
{
	struct conn *conn = (struct conn *)((char *)timer -
					    offsetof(struct conn, timer));

	hs_cancel(conn->hs, ETIMEDOUT);
	finish(w, conn);
}

/* The agent ends: the kernel learns that from the line being closed. */
void conn_end_all(struct worker *w)
{
	while (w->conns) {
		hs_cancel(w->conns->hs, ESHUTDOWN);
		finish(w, w->conns);
	}
}

/* ---- the beginning ---- */

/* A credential, from the kernel's keys to this memory and nowhere else. */
static int fetch(void *arg, const struct request_cred *cred, uint8_t **data,
		 size_t *len)
{
	const struct request *rq = arg;
	size_t room = cred->length;
	socklen_t size;
	int error;

	if (room < sizeof(cred->serial))
		room = sizeof(cred->serial);
	*data = OPENSSL_malloc(room);
	if (!*data)
		return -ENOMEM;
	memcpy(*data, &cred->serial, sizeof(cred->serial));
	size = room;
	if (!getsockopt(rq->fd, SOL_ZSOCK, ZSOCK_HANDSHAKE_CRED, *data, &size)) {
		*len = size;
		return 0;
	}
	error = errno;
	log_debug("handshake %llu: no credential: %s",
		  (unsigned long long)rq->id, strerror(error));
	OPENSSL_clear_free(*data, room);
	return -error;
}

static void refuse(struct worker *w, struct request *rq, int error,
		   const char *why)
{
	static struct log_limit limit;
	struct outcome out = { .error = error, .alert = -1 };

	log_limited(&limit, LOG_WARNING, "a handshake of uid %u is refused: %s",
		    rq->uid, why);
	report(w, rq->id, &out);
	request_close(rq);
}

static struct conn *conn_new(struct worker *w, struct handshake *hs,
			     const struct request *rq)
{
	uint32_t ms = rq->timeout < TIMEOUT_MAX ? rq->timeout : TIMEOUT_MAX;
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn || !timer_set(&w->timers, &conn->timer, timer_now() + ms)) {
		free(conn);
		return NULL;
	}
	conn->hs = hs;
	conn->fd = rq->fd;
	conn->watch = (struct watch){ WATCH_CONN, conn, rq->fd, 0, false };
	conn->ask_watch = (struct watch){ WATCH_CONN, conn, -1, 0, false };
	conn->prev = &w->conns;
	conn->next = w->conns;
	if (conn->next)
		conn->next->prev = &conn->next;
	w->conns = conn;
	w->n++;
	return conn;
}

/**
 * conn_begin() - begin a handshake
 * @w: who does it
 * @rq: which; its descriptors are taken over
 */
void conn_begin(struct worker *w, struct request *rq)
{
	const struct cred_source source = { fetch, rq };
	struct handshake *hs;
	struct config *config;
	struct conn *conn;
	const char *why;

	config = cache_get(rq, &source, &why);
	if (!config) {
		refuse(w, rq, ECONNABORTED, why);
		return;
	}
	hs = hs_new(config, rq, &hs_ktls_ops);
	conn = hs ? conn_new(w, hs, rq) : NULL;
	if (!conn) {
		hs_free(hs);
		refuse(w, rq, ENOMEM, "out of memory");
		return;
	}
	step(w, conn);
}
