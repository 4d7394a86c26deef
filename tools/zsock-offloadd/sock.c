// SPDX-License-Identifier: GPL-2.0
/*
 * The sockets of a client: finding them, and their end.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "config.h"
#include "log.h"
#include "loop.h"
#include "pipe.h"
#include "sock.h"

/* Events of this turn of the loop may still point at them. */
static struct sock *graveyard;

/* The salt is odd and nobody's to know: a client cannot choose a bad row. */
static struct sock **bucket(struct pipe *p, uint32_t id)
{
	uint32_t hash = id * p->salt;

	return &p->table[(hash ^ hash >> 16) & (pipe_buckets() - 1)];
}

struct sock *sock_find(struct pipe *p, uint32_t id)
{
	struct sock *s;

	for (s = *bucket(p, id); s; s = s->hash_next)
		if (s->id == id)
			return s;
	return NULL;
}

/**
 * sock_new() - a number is in use
 *
 * Return: NULL if there is no memory.
 */
struct sock *sock_new(struct pipe *p, uint32_t id)
{
	struct sock **at = bucket(p, id);
	struct sock *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->watch.kind = WATCH_SOCK;
	s->pipe = p;
	s->fd = -1;
	s->id = id;
	s->window = config.window;
	TAILQ_INIT(&s->queue);
	s->hash_next = *at;
	*at = s;
	p->nsocks++;
	return s;
}

static void unhash(struct sock *s)
{
	struct sock **at = bucket(s->pipe, s->id);

	while (*at != s)
		at = &(*at)->hash_next;
	*at = s->hash_next;
}

bool sock_watch(struct sock *s)
{
	s->watched = loop_add(s->fd, EPOLLIN | EPOLLPRI | EPOLLOUT |
			      EPOLLRDHUP | EPOLLET, &s->watch);
	return s->watched;
}

/**
 * sock_ready() - there is something to be done for it, in its turn
 */
void sock_ready(struct sock *s)
{
	if (s->ready)
		return;
	s->ready = true;
	s->pipe->nready++;
	TAILQ_INSERT_TAIL(&s->pipe->ready, s, ready_next);
}

void sock_unready(struct sock *s)
{
	if (!s->ready)
		return;
	s->ready = false;
	s->pipe->nready--;
	TAILQ_REMOVE(&s->pipe->ready, s, ready_next);
}

/**
 * sock_fail() - something happened that nobody asked for
 */
void sock_fail(struct sock *s, int error)
{
	out_error(s->pipe, s->id, error);
	if (s->dgram)
		return;
	s->state = SOCK_GONE;
	data_drop(s);
}

/**
 * sock_closed() - the client is told that its number is free
 */
void sock_closed(struct sock *s)
{
	out_reply(s->pipe, s->id, s->seq, 0);
	sock_free(s, false);
}

/**
 * sock_close() - the client wants no more of it
 */
void sock_close(struct sock *s, uint32_t seq, bool reset)
{
	if (s->state == SOCK_CONNECTING)
		out_reply(s->pipe, s->id, s->seq, ECONNABORTED);
	s->seq = seq;
	if (s->state == SOCK_CONNECTED && s->queued && !reset &&
	    !sock_internal(s)) {
		s->state = SOCK_CLOSING;
		s->since = pipe_now;
		return;
	}
	out_reply(s->pipe, s->id, seq, 0);
	sock_free(s, reset);
}

/**
 * sock_free() - the end of it
 * @s: is not to be used any more, other than by who still has an event
 * @reset: tell its peer that what it got is not all
 */
void sock_free(struct sock *s, bool reset)
{
	static const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	sock_unready(s);
	unhash(s);
	s->pipe->nsocks--;
	if (s->state == SOCK_FAILED)
		s->pipe->nfailed--;
	data_drop(s);
	s->pipe->grown -= s->window - config.window;
	if (s->fd >= 0) {
		if (reset && !s->dgram)
			setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now,
				   sizeof(now));
		close(s->fd);
	}
	s->fd = -1;
	s->dead = true;
	s->hash_next = graveyard;
	graveyard = s;
}

/**
 * sock_bury() - forget those that no event can point at any more
 */
void sock_bury(void)
{
	struct sock *s;

	while ((s = graveyard)) {
		graveyard = s->hash_next;
		free(s);
	}
}
