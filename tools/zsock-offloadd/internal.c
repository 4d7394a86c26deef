// SPDX-License-Identifier: GPL-2.0
/*
 * An address that is nobody's: what is sent there the server answers itself, by
 * echo, discard or chargen, as the small services of old did. That tells what
 * the pipe and this program cost, without any stack behind them.
 */
#include <errno.h>
#include <string.h>

#include <arpa/inet.h>
#include <sys/param.h>

#include "internal.h"
#include "pipe.h"
#include "sock.h"

#define ECHO		7
#define DISCARD		9
#define CHARGEN		19

#define HDR		sizeof(struct zoff_hdr)
#define CHARGEN_DGRAM	512

static union addr address;	/* its port does not count */
static char characters[ZOFF_DATA_MAX];	/* what chargen says */

static void chargen(char *to, size_t n)
{
	size_t i;

	/* 95 characters that can be printed, over and over. */
	for (i = 0; i < MIN(n, 95); i++)
		to[i] = ' ' + i;
	for (; i < n; i += MIN(i, n - i))
		memcpy(to + i, to, MIN(i, n - i));
}

/**
 * internal_set() - from now on there is one
 */
bool internal_set(const char *text)
{
	memset(&address, 0, sizeof(address));
	chargen(characters, sizeof(characters));
	if (inet_pton(AF_INET, text, &address.in.sin_addr) == 1)
		address.sa.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &address.in6.sin6_addr) == 1)
		address.sa.sa_family = AF_INET6;
	return address.sa.sa_family != AF_UNSPEC;
}

bool internal_is(const union addr *addr)
{
	union addr plain;

	addr_unmap(addr, &plain);
	if (plain.sa.sa_family != address.sa.sa_family)
		return false;
	if (plain.sa.sa_family == AF_INET)
		return plain.in.sin_addr.s_addr == address.in.sin_addr.s_addr;
	return plain.sa.sa_family == AF_INET6 &&
	       IN6_ARE_ADDR_EQUAL(&plain.in6.sin6_addr,
				  &address.in6.sin6_addr);
}

static bool answers(unsigned int port)
{
	return port == ECHO || port == DISCARD || port == CHARGEN;
}

static bool is_echo(const struct sock *s)
{
	return addr_port(&s->internal) == ECHO;
}

int internal_connect(struct sock *s, const union addr *addr)
{
	if (s->state != SOCK_OPEN)
		return EISCONN;
	if (!answers(addr_port(addr)))
		return ECONNREFUSED;
	s->internal = *addr;
	s->readable = addr_port(addr) == CHARGEN;
	return 0;
}

/* One that cannot be mistaken for another's. */
void internal_name(const struct sock *s, union addr *name)
{
	*name = s->internal;
	name->in.sin_port = htons(1024 + s->id % 64000);
}

/* ---- streams ---- */

/* A FIN is answered by a FIN, behind what is to be sent back. */
void internal_fin(struct sock *s)
{
	s->fin = true;
	s->readable = true;
	sock_ready(s);
}

/**
 * internal_take() - data of a stream
 */
void internal_take(struct sock *s, const struct iovec *vec, int n, size_t len)
{
	if (!is_echo(s)) {
		data_taken(s, len);
		return;
	}
	data_keep(s, vec, n, 0);
	s->readable = true;
	sock_ready(s);
}

static size_t echo(struct sock *s, char *to, size_t room)
{
	struct chunk *c;
	size_t n = 0, part;

	while (n < room && (c = TAILQ_FIRST(&s->queue))) {
		part = MIN(room - n, c->end - c->at);
		memcpy(to + n, c->data + c->at, part);
		data_sent(s, part);
		n += part;
	}
	return n;
}

/**
 * internal_serve() - a stream's turn
 */
void internal_serve(struct sock *s, size_t quantum)
{
	size_t want = MIN(MIN(quantum, s->credit), ZOFF_DATA_MAX);
	bool dry = is_echo(s) ? !s->queued : s->fin;
	size_t room;
	char *at;

	if (dry) {
		s->readable = false;
		if (s->fin && !s->ended) {
			s->ended = true;
			out_message(s->pipe, ZOFF_END, s->id, 0, 0);
		}
		return;
	}
	if (!want || !s->readable || s->ended)
		return;
	if (!is_echo(s)) {
		out_constant(s->pipe, ZOFF_DATA, s->id, characters, want);
		s->credit -= want;
		return;
	}
	at = out_reserve(s->pipe, HDR + MIN(want, OUT_PART), &room);
	want = MIN(want, room - HDR);
	want = echo(s, at + HDR, want);
	out_header(at, ZOFF_DATA, s->id, 0, want);
	out_commit(s->pipe, HDR + want);
	s->credit -= want;
	data_taken(s, want);
}

/* ---- datagrams ---- */

/**
 * internal_dgram() - one that is for the address
 * @s: any datagram socket
 * @to: says which service
 * @data: what it has
 * @len: of @data
 *
 * An answer that the client has no credit for is lost.
 */
void internal_dgram(struct sock *s, const union addr *to, const char *data,
		    size_t len)
{
	size_t back = addr_port(to) == CHARGEN ? CHARGEN_DGRAM : len;
	char *at;

	data_taken(s, len + ZOFF_DGRAM_COST);
	if (!answers(addr_port(to))) {
		sock_fail(s, ECONNREFUSED);
		return;
	}
	if (addr_port(to) == DISCARD || s->credit < back + ZOFF_DGRAM_COST)
		return;
	at = out_message(s->pipe, ZOFF_DGRAM, s->id, 0,
			 sizeof(struct zoff_addr) + back);
	addr_build(to, at);
	at += sizeof(struct zoff_addr);
	memcpy(at, addr_port(to) == CHARGEN ? characters : data, back);
	s->credit -= back + ZOFF_DGRAM_COST;
}
