// SPDX-License-Identifier: GPL-2.0
/*
 * From the client to the stack: straight out of what was read from the pipe, as
 * long as the stack takes it. What it does not take waits in a queue, which
 * credit keeps short.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/param.h>
#include <sys/socket.h>

#include "config.h"
#include "internal.h"
#include "pipe.h"
#include "rules.h"
#include "sock.h"

#define CHUNK_MIN	4096	/* so that single bytes do not cost much more */
#define VECTORS		16

/* ---- credit ---- */

/* More than before, for a stream of which nothing waits here. */
static uint32_t grow(struct sock *s)
{
	if (s->dgram || s->queued ||
	    s->window > config.window * (WINDOW_GROWTH - 1) ||
	    s->pipe->grown + config.window > GROWN_MAX)
		return 0;
	s->window += config.window;
	s->pipe->grown += config.window;
	return config.window;
}

/**
 * data_taken() - the client may send as much again
 *
 * It is told in few messages, and early enough that it never waits.
 */
void data_taken(struct sock *s, uint32_t n)
{
	/* A datagram, of which there is no part, has to fit in what is left. */
	uint32_t most = s->dgram ? s->window / 4 : s->window / 2;

	s->owed += n;
	if (s->owed < most)
		return;
	s->owed += grow(s);
	s->room += s->owed;
	out_credit(s->pipe, s->id, s->owed);
	s->owed = 0;
}

/* ---- the queue ---- */

static struct chunk *chunk_new(struct sock *s, size_t room)
{
	struct chunk *c = malloc(sizeof(*c) + room);

	if (!c) {
		pipe_break(s->pipe, "no memory");
		return NULL;
	}
	c->at = 0;
	c->end = 0;
	c->room = room;
	TAILQ_INSERT_TAIL(&s->queue, c, next);
	return c;
}

static void keep(struct sock *s, const char *data, size_t len)
{
	struct chunk *c = TAILQ_LAST(&s->queue, chunk_list);
	size_t part;

	s->queued += len;
	while (len) {
		if (!c || c->end == c->room)
			c = chunk_new(s, MAX(len, CHUNK_MIN));
		if (!c)
			return;
		part = MIN(len, c->room - c->end);
		memcpy(c->data + c->end, data, part);
		c->end += part;
		data += part;
		len -= part;
	}
}

/**
 * data_keep() - what has to wait
 * @done: bytes of it that need not
 */
void data_keep(struct sock *s, const struct iovec *vec, int n, size_t done)
{
	for (; n; n--, vec++) {
		if (done >= vec->iov_len) {
			done -= vec->iov_len;
			continue;
		}
		keep(s, (char *)vec->iov_base + done, vec->iov_len - done);
		done = 0;
	}
}

/**
 * data_drop() - nobody is to get what was not sent
 */
void data_drop(struct sock *s)
{
	struct chunk *c;

	while ((c = TAILQ_FIRST(&s->queue))) {
		TAILQ_REMOVE(&s->queue, c, next);
		free(c);
	}
	s->queued = 0;
	s->urgent_to = 0;
	free(s->held);
	s->held = NULL;
}

/* ---- streams ---- */

/* What the peer sent before it went is read first: serve() tells the error. */
static void broke(struct sock *s, int error)
{
	s->error = error;
	data_drop(s);
	s->readable = true;
	s->hung = true;
	sock_ready(s);
}

static ssize_t give(struct sock *s, struct iovec *vec, int n)
{
	struct msghdr msg = { .msg_iov = vec, .msg_iovlen = n };
	/* A record of TLS would wait for what follows as long as it takes. */
	int flags = MSG_NOSIGNAL | (s->more && !s->tls ? MSG_MORE : 0);
	ssize_t done;

	do {
		if (n == 1)
			done = send(s->fd, vec->iov_base, vec->iov_len,
				    flags);
		else
			done = sendmsg(s->fd, &msg, flags);
	} while (done < 0 && errno == EINTR);
	if (done < 0 && errno == EAGAIN)
		return 0;
	if (done < 0)
		broke(s, errno);
	return done;
}

/**
 * data_send() - data of a stream
 * @s: which is connected, or was
 * @vec: the data; changed
 * @n: of @vec
 * @len: of the data
 * @more: follows soon, the client says; see data_push()
 */
void data_send(struct sock *s, struct iovec *vec, int n, size_t len, bool more)
{
	ssize_t done = 0;

	if (s->state != SOCK_CONNECTED || s->error)
		return;
	if (sock_internal(s)) {
		internal_take(s, vec, n, len);
		return;
	}
	s->more = more;
	if (!s->queued) {
		done = give(s, vec, n);
		if (done < 0)
			return;
		data_taken(s, done);
	}
	if ((size_t)done < len)
		data_keep(s, vec, n, done);
}

static ssize_t give_urgent(struct sock *s, const char *byte)
{
	ssize_t done;

	do {
		done = send(s->fd, byte, 1, MSG_NOSIGNAL | MSG_OOB);
	} while (done < 0 && errno == EINTR);
	if (done < 0 && errno == EAGAIN)
		return 0;
	if (done < 0)
		broke(s, errno);
	return done;
}

/**
 * data_urgent() - a byte that is urgent
 *
 * One that waits is so no more when there is another.
 */
void data_urgent(struct sock *s, char byte)
{
	struct iovec vec = { .iov_base = &byte, .iov_len = 1 };
	ssize_t done = 0;

	if (s->state != SOCK_CONNECTED || s->error)
		return;
	if (sock_internal(s)) {
		internal_take(s, &vec, 1, 1);
		return;
	}
	s->more = false;
	if (!s->queued) {
		done = give_urgent(s, &byte);
		if (done > 0)
			data_taken(s, done);
	}
	if (!done) {
		data_keep(s, &vec, 1, 0);
		s->urgent_to = s->queued;
	}
}

/**
 * data_push() - nothing follows what the stack may hold back for that
 *
 * It lets go of it when it is told not to cork, which it may have been told to.
 */
void data_push(struct sock *s)
{
	socklen_t len = sizeof(int);
	int cork = 0;

	if (!s->more)
		return;
	s->more = false;
	if (s->queued || s->tls || s->state != SOCK_CONNECTED ||
	    getsockopt(s->fd, IPPROTO_TCP, TCP_CORK, &cork, &len) || cork)
		return;
	setsockopt(s->fd, IPPROTO_TCP, TCP_CORK, &cork, sizeof(cork));
}

/**
 * data_fin() - the FIN, once nothing is before it
 */
void data_fin(struct sock *s)
{
	if (!s->shut || s->fin)
		return;
	if (sock_internal(s)) {
		internal_fin(s);
		return;
	}
	if (s->queued)
		return;
	s->fin = true;
	shutdown(s->fd, SHUT_WR);
}

/**
 * data_sent() - so much of the queue is not needed any more
 */
void data_sent(struct sock *s, size_t n)
{
	struct chunk *c;

	s->queued -= n;
	s->urgent_to -= MIN(n, s->urgent_to);
	while (n) {
		c = TAILQ_FIRST(&s->queue);
		if (n < c->end - c->at) {
			c->at += n;
			return;
		}
		n -= c->end - c->at;
		TAILQ_REMOVE(&s->queue, c, next);
		free(c);
	}
}

/* As much of the queue as goes at once: not what is urgent, and that alone. */
static ssize_t give_queue(struct sock *s)
{
	size_t left = s->urgent_to ? s->urgent_to - 1 : s->queued;
	struct iovec vec[VECTORS];
	struct chunk *c;
	int n = 0;

	if (s->urgent_to == 1) {
		c = TAILQ_FIRST(&s->queue);
		return give_urgent(s, c->data + c->at);
	}
	TAILQ_FOREACH(c, &s->queue, next) {
		vec[n].iov_base = c->data + c->at;
		vec[n].iov_len = MIN(left, c->end - c->at);
		left -= vec[n++].iov_len;
		if (n == VECTORS || !left)
			break;
	}
	return give(s, vec, n);
}

static void flush_stream(struct sock *s)
{
	ssize_t done;

	while (s->queued) {
		done = give_queue(s);
		if (done <= 0)
			return;
		s->since = pipe_now;
		data_sent(s, done);
		if (s->state != SOCK_CLOSING)
			data_taken(s, done);
	}
	data_fin(s);
}

/* ---- datagrams ---- */

/* Returns false if it has to wait. */
static bool give_dgram(struct sock *s, const union addr *to, const char *data,
		       size_t len)
{
	const struct sockaddr *sa = NULL;
	socklen_t salen = 0;

	if (to->sa.sa_family != AF_UNSPEC) {
		sa = &to->sa;
		salen = addr_len(to);
	}
	while (sendto(s->fd, data, len, MSG_NOSIGNAL, sa, salen) < 0) {
		if (errno == EAGAIN)
			return false;
		if (errno == EINTR)
			continue;
		sock_fail(s, errno);
		break;
	}
	data_taken(s, len + ZOFF_DGRAM_COST);
	return true;
}

/* Returns 0 also for what goes nowhere but to ourselves. */
static int judge(const struct sock *s, union addr *to)
{
	if (to->sa.sa_family == AF_UNSPEC)
		*to = s->internal;
	if (to->sa.sa_family == AF_UNSPEC || internal_is(to))
		return 0;
	if (sock_other_family(s, to))
		return EAFNOSUPPORT;
	addr_settle(to);
	return rules_allow(RULES_TO, to) ? 0 : EPERM;
}

/**
 * data_dgram() - a datagram
 * @s: of a datagram socket, maybe one whose OPEN failed
 * @where: whom it is for; AF_UNSPEC: the peer
 * @data: what it has
 * @len: of @data
 */
void data_dgram(struct sock *s, const union addr *where, const char *data,
		size_t len)
{
	union addr to = *where;
	struct chunk *c;
	int error;

	if (s->state == SOCK_FAILED)
		return;
	error = judge(s, &to);
	if (error) {
		sock_fail(s, error);
		data_taken(s, len + ZOFF_DGRAM_COST);
		return;
	}
	if (internal_is(&to)) {
		internal_dgram(s, &to, data, len);
		return;
	}
	if (TAILQ_EMPTY(&s->queue) && give_dgram(s, &to, data, len))
		return;
	c = chunk_new(s, len);
	if (!c)
		return;
	c->to = to;
	memcpy(c->data, data, len);
	c->end = len;
}

static void flush_dgrams(struct sock *s)
{
	struct chunk *c;

	while ((c = TAILQ_FIRST(&s->queue))) {
		if (!give_dgram(s, &c->to, c->data, c->end))
			return;
		TAILQ_REMOVE(&s->queue, c, next);
		free(c);
	}
}

/**
 * data_flush() - the stack may take more
 */
void data_flush(struct sock *s)
{
	if (s->dgram)
		flush_dgrams(s);
	else
		flush_stream(s);
}
