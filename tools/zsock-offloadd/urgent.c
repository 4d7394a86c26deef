// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data of a stream's peer: told to the client as soon as it is here, with
 * its place, and sent to it in that place, its mark.
 *
 * A read that begins at the mark passes it, and one that does not stops there. So
 * nothing is read that may begin at a mark which nobody has seen yet: bytes that are
 * there while no mark is before them are safe, as whatever is urgent after that is
 * behind them. The stack is asked for their number when they are used up.
 */
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include "pipe.h"
#include "sock.h"

#define HDR	sizeof(struct zoff_hdr)

/**
 * urgent_has() - whether it may have urgent data
 */
bool urgent_has(const struct sock *s)
{
	return s->pipe->features & ZOFF_F_URGENT && !s->dgram && !s->tls &&
	       !sock_internal(s);
}

static int ask(const struct sock *s, unsigned long what)
{
	int n = 0;

	return ioctl(s->fd, what, &n) ? 0 : n;
}

/* The client has to know its place before it reads on. */
static void tell(struct sock *s)
{
	struct zoff_urgent body = {
		.ahead = htole32(ask(s, SIOCINQ)),
		.byte = s->urgent.byte,
	};

	memcpy(out_message(s->pipe, ZOFF_URGENT, s->id, 0, sizeof(body)), &body,
	       sizeof(body));
	s->urgent.ahead = true;
}

enum found { FOUND_NEW, FOUND_NO_NEW, FOUND_LATE };

/* Whether there is urgent data that was not told, or will be in a moment. */
static enum found find(struct sock *s)
{
	ssize_t n = recv(s->fd, &s->urgent.byte, 1, MSG_OOB);

	if (n == 1) {
		tell(s);
		return FOUND_NEW;
	}
	if (n < 0 && errno == EINVAL)
		return FOUND_NO_NEW;
	/* The one before is none any more. */
	s->urgent.ahead = false;
	return FOUND_LATE;
}

/**
 * urgent_notice() - epoll said that there is some
 */
void urgent_notice(struct sock *s)
{
	s->urgent.pending = false;
	find(s);
}

static void send_mark(struct sock *s)
{
	uint16_t flags = htole16(ZOFF_DATA_URGENT);
	char *at = out_message(s->pipe, ZOFF_DATA, s->id, 0, 1);

	*at = s->urgent.byte;
	memcpy(at - HDR + offsetof(struct zoff_hdr, flags), &flags,
	       sizeof(flags));
	s->credit--;
	s->urgent.ahead = false;
}

/* Nothing is there before a mark. Bytes that may be read all the same. */
static size_t nothing_before(struct sock *s)
{
	bool mark = ask(s, SIOCATMARK);
	ssize_t n;
	char c;

	/* A new one may be further on by now. */
	if (mark && find(s) == FOUND_NEW)
		return 0;
	if (mark && s->urgent.ahead) {
		send_mark(s);
		return 0;
	}
	/* This passes none. */
	n = recv(s->fd, &c, 1, MSG_PEEK);
	if (n <= 0) {
		serve_nothing(s, n);
		return 0;
	}
	/* What is behind a mark that was sent, if there was no other meanwhile. */
	if (!mark || find(s) != FOUND_NO_NEW)
		return 0;
	s->urgent.sure = 1;
	return SIZE_MAX;
}

/**
 * urgent_before() - how much can be read without passing a mark
 * @s: a connected stream that is readable, with credit
 *
 * Return: a limit; 0 if nothing is to be read now.
 */
size_t urgent_before(struct sock *s)
{
	if (!urgent_has(s))
		return SIZE_MAX;
	if (!s->urgent.sure)
		s->urgent.sure = ask(s, SIOCINQ);
	if (!s->urgent.sure)
		return nothing_before(s);
	return s->urgent.ahead ? s->urgent.sure : SIZE_MAX;
}

/**
 * urgent_took() - so much was read
 */
void urgent_took(struct sock *s, size_t n)
{
	s->urgent.sure -= MIN(n, s->urgent.sure);
}
