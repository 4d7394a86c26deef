// SPDX-License-Identifier: GPL-2.0
/*
 * From the stack to the client: what epoll said of a socket is looked after in
 * the socket's turn, and no turn takes longer than others'.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/param.h>
#include <sys/socket.h>

#include "config.h"
#include "internal.h"
#include "log.h"
#include "pipe.h"
#include "sock.h"

#define HDR		sizeof(struct zoff_hdr)
#define DGRAM_HDR	(HDR + sizeof(struct zoff_addr))
#define DGRAM_MAX	65535
#define DGRAMS		32	/* in one turn, and so many accept()s */

/* ---- connect ---- */

static int pending_error(struct sock *s)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		return errno;
	return error;
}

static void connected(struct sock *s)
{
	static const struct sockaddr none = { .sa_family = AF_UNSPEC };
	int error = pending_error(s);

	if (!error && !s->writable)
		return;
	s->failed = false;
	/* Without this the next connect() would tell of this failure again. */
	if (error)
		connect(s->fd, &none, sizeof(none));
	request_connected(s, error);
}

/* ---- streams ---- */

static void stream_end(struct sock *s)
{
	s->readable = false;
	if (s->error) {
		sock_fail(s, s->error);
		return;
	}
	if (s->ended)
		return;
	s->ended = true;
	out_message(s->pipe, ZOFF_END, s->id, 0, 0);
}

/* Nothing can be read; an error may be behind what was. */
static void stream_dry(struct sock *s, int error)
{
	if (error == EAGAIN && !s->error) {
		s->readable = false;
		return;
	}
	if (!s->error)
		s->error = error;
	stream_end(s);
}

/**
 * serve_nothing() - a read of a stream gave no data
 * @n: what it returned
 */
void serve_nothing(struct sock *s, ssize_t n)
{
	if (n == 0)
		stream_end(s);
	else if (errno != EINTR)
		stream_dry(s, errno);
}

static void read_stream(struct sock *s, size_t quantum)
{
	size_t want = MIN(MIN(quantum, s->credit), ZOFF_DATA_MAX);
	size_t room;
	char *at;
	ssize_t n;

	want = MIN(want, urgent_before(s));
	if (!want)
		return;
	at = out_reserve(s->pipe, HDR + MIN(want, OUT_PART), &room);
	want = MIN(want, room - HDR);
	n = recv(s->fd, at + HDR, want, 0);
	if (n > 0) {
		out_header(at, ZOFF_DATA, s->id, 0, n);
		out_commit(s->pipe, HDR + n);
		s->credit -= n;
		urgent_took(s, n);
		/* With kTLS less may be told than there is. */
		if ((size_t)n < want && !s->hung && !s->tls &&
		    !s->urgent.ahead && !s->urgent.pending)
			s->readable = false;
		s->urgent.pending = false;
	} else {
		serve_nothing(s, n);
	}
}

/* A reset must not wait for a client that does not read. */
static void stream_lost(struct sock *s)
{
	if (!s->error)
		s->error = pending_error(s);
	s->failed = false;
	if (s->error)
		stream_end(s);
}

/* What is around a mark goes together: before it, it, and behind it. */
static void read_streams(struct sock *s, size_t quantum)
{
	int i, reads = s->urgent.ahead ? 3 : 1;

	for (i = 0; i < reads && s->readable && s->credit && !s->ended; i++)
		read_stream(s, quantum);
}

static void serve_stream(struct sock *s, size_t quantum)
{
	if (sock_internal(s)) {
		internal_serve(s, quantum);
		return;
	}
	if (s->urgent.pending && urgent_has(s) && !s->ended)
		urgent_notice(s);
	read_streams(s, quantum);
	if (s->state == SOCK_CONNECTED && (s->failed || s->error) &&
	    (!s->readable || !s->credit || s->ended))
		stream_lost(s);
}

/* ---- datagrams ---- */

static bool affordable(struct sock *s, size_t len)
{
	return s->credit >= len + ZOFF_DGRAM_COST;
}

/* It is read, and has to wait. One that can never be sent is dropped. */
static void hold(struct sock *s, const union addr *from, const char *data,
		 size_t len)
{
	struct chunk *c;

	if (len + ZOFF_DGRAM_COST > s->pipe->window)
		return;
	c = malloc(sizeof(*c) + len);
	if (!c)
		return;		/* as a datagram may be lost anywhere */
	c->to = *from;
	c->end = len;
	memcpy(c->data, data, len);
	s->held = c;
}

static bool deliver_held(struct sock *s)
{
	struct chunk *c = s->held;
	char *at;

	if (!c)
		return true;
	if (!affordable(s, c->end))
		return false;
	at = out_message(s->pipe, ZOFF_DGRAM, s->id, 0,
			 sizeof(struct zoff_addr) + c->end);
	addr_build(&c->to, at);
	memcpy(at + sizeof(struct zoff_addr), c->data, c->end);
	s->credit -= c->end + ZOFF_DGRAM_COST;
	s->held = NULL;
	free(c);
	return true;
}

/* Returns what it took, or -1 if there is nothing more for now. */
static ssize_t read_dgram(struct sock *s)
{
	union addr from = { 0 };
	socklen_t salen = sizeof(from);
	size_t room;
	char *at = out_reserve(s->pipe, DGRAM_HDR + DGRAM_MAX, &room);
	ssize_t n = recvfrom(s->fd, at + DGRAM_HDR, DGRAM_MAX, 0, &from.sa,
			     &salen);

	if (n < 0) {
		s->readable = errno != EAGAIN;
		if (errno != EAGAIN && errno != EINTR)
			sock_fail(s, errno);
		return s->readable ? 0 : -1;
	}
	if (!affordable(s, n)) {
		hold(s, &from, at + DGRAM_HDR, n);
		return s->held ? -1 : 0;
	}
	out_header(at, ZOFF_DGRAM, s->id, 0, sizeof(struct zoff_addr) + n);
	addr_build(&from, at + HDR);
	out_commit(s->pipe, DGRAM_HDR + n);
	s->credit -= n + ZOFF_DGRAM_COST;
	return n;
}

static void serve_dgrams(struct sock *s, size_t quantum)
{
	size_t done = 0;
	ssize_t n;
	int error, i;

	if (s->failed) {
		error = pending_error(s);
		s->failed = false;
		if (error)
			sock_fail(s, error);
	}
	if (!deliver_held(s))
		return;
	for (i = 0; i < DGRAMS && s->readable && done < quantum; i++) {
		if (s->credit <= ZOFF_DGRAM_COST)
			return;
		n = read_dgram(s);
		if (n < 0)
			return;
		done += n + ZOFF_DGRAM_COST;
	}
}

/* ---- listeners ---- */

static uint32_t free_id(struct pipe *p)
{
	do {
		p->next_id = (p->next_id + 1) | ZOFF_SOCK_SERVER;
	} while (sock_find(p, p->next_id));
	return p->next_id;
}

static void announce(struct sock *listener, struct sock *s,
		     const union addr *peer)
{
	struct zoff_incoming in = { .sock = htole32(s->id) };
	union addr name = { 0 };
	socklen_t len = sizeof(name);
	char *at = out_message(s->pipe, ZOFF_INCOMING, listener->id, 0,
			       sizeof(in));

	getsockname(s->fd, &name.sa, &len);
	addr_build(&name, &in.name);
	addr_build(peer, &in.peer);
	memcpy(at, &in, sizeof(in));
}

static void incoming(struct sock *listener, int fd, const union addr *peer)
{
	struct pipe *p = listener->pipe;
	struct sock *s = sock_new(p, free_id(p));

	if (!s) {
		close(fd);
		return;
	}
	s->fd = fd;
	s->family = listener->family;
	s->tls = listener->tls;
	s->state = SOCK_CONNECTED;
	s->credit = p->window;
	s->room = s->window;
	if (!sock_watch(s)) {
		sock_free(s, true);
		return;
	}
	listener->credit--;
	announce(listener, s, peer);
}

/* Not a lack that another connection would meet, too. */
static bool accept_goes_on(int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EAGAIN:
	case EINVAL:
		return false;
	default:
		return true;
	}
}

static void serve_listener(struct sock *s)
{
	static struct log_limit limit;
	union addr peer;
	socklen_t len;
	int fd, i;

	for (i = 0; i < DGRAMS && s->readable && s->credit; i++) {
		if (s->pipe->nsocks - s->pipe->nfailed >= config.sockets)
			return;		/* pipe_tick() tries again */
		len = sizeof(peer);
		memset(&peer, 0, sizeof(peer));
		fd = accept4(s->fd, &peer.sa, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			incoming(s, fd, &peer);
		} else if (!accept_goes_on(errno)) {
			s->readable = false;
			s->hung = errno != EAGAIN && errno != EINVAL;
			if (s->hung)
				log_limited(&limit, LOG_WARNING,
					    "cannot accept a connection: %s",
					    strerror(errno));
			return;
		}
	}
}

/* ---- all ---- */

/* Whether another turn would do more, as far as is known. */
static bool more(const struct sock *s)
{
	switch (s->state) {
	case SOCK_OPEN:
	case SOCK_CONNECTED:
		if (s->dgram)
			return s->readable && !s->held &&
			       s->credit > ZOFF_DGRAM_COST;
		return s->state == SOCK_CONNECTED && s->readable &&
		       s->credit && !s->ended;
	case SOCK_LISTENING:
		return s->readable && s->credit &&
		       s->pipe->nsocks - s->pipe->nfailed < config.sockets;
	default:
		return false;
	}
}

static void serve_flush(struct sock *s)
{
	if (!s->writable || sock_internal(s))
		return;
	s->writable = false;
	if (!TAILQ_EMPTY(&s->queue))
		data_flush(s);
}

/* What is left to be sent goes first; then the number is free. */
static void serve_closing(struct sock *s)
{
	serve_flush(s);
	if (s->failed || s->error)
		data_drop(s);
	if (!s->queued)
		sock_closed(s);
}

/**
 * serve() - a socket's turn
 * @s: may be gone after it
 * @quantum: bytes that it may send to the client
 *
 * Return: whether it wants another one.
 */
bool serve(struct sock *s, size_t quantum)
{
	if (s->state == SOCK_CLOSING) {
		serve_closing(s);
		return false;
	}
	if (s->state == SOCK_CONNECTING)
		connected(s);
	if (s->state == SOCK_LISTENING) {
		serve_listener(s);
		return more(s);
	}
	if (s->dgram && s->state != SOCK_FAILED) {
		serve_flush(s);
		serve_dgrams(s, quantum);
	} else if (s->state == SOCK_CONNECTED) {
		serve_flush(s);
		serve_stream(s, quantum);
	}
	return more(s);
}
