/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_SOCK_H
#define OFFLOADD_SOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/queue.h>
#include <sys/uio.h>

#include "addr.h"
#include "watch.h"

struct pipe;

enum sock_state {
	SOCK_FAILED,		/* OPEN did not succeed: @error */
	SOCK_OPEN,		/* not connected; or for datagrams */
	SOCK_CONNECTING,	/* @seq waits for a reply */
	SOCK_CONNECTED,
	SOCK_LISTENING,
	SOCK_GONE,		/* reset, and the client was told */
	SOCK_CLOSING,		/* @seq waits until the queue is empty */
};

/* Data that the stack would not take yet, or one datagram. */
struct chunk {
	TAILQ_ENTRY(chunk) next;
	union addr to;			/* AF_UNSPEC: the connected peer */
	uint32_t at, end, room;
	char data[];
};

TAILQ_HEAD(chunk_list, chunk);

/* What the peer of a stream sent as urgent. */
struct urgent {
	bool pending;		/* epoll said so: a read stops there */
	bool ahead;		/* the client was told, and not sent it yet */
	unsigned char byte;
	size_t sure;		/* bytes that are there, and before it */
};

struct sock {
	struct watch watch;
	struct pipe *pipe;
	struct sock *hash_next;		/* or the next dead one */
	TAILQ_ENTRY(sock) ready_next;

	int fd;
	uint32_t id;
	uint8_t state, family;		/* enum sock_state; ZOFF_AF_* */
	bool dgram, tls;
	bool watched;			/* epoll knows it */
	bool ready;			/* is in the pipe's list */
	bool readable, writable, hung, failed;	/* what epoll said */
	bool shut, fin;			/* SHUTDOWN came; the FIN is out */
	bool ended;			/* END was sent */
	bool more;			/* follows what the client sent last */
	bool dead;

	int error;			/* SOCK_FAILED; to be told at the end */
	uint32_t seq;
	uint32_t credit;		/* for us: bytes, or connections */
	uint32_t room;			/* the client may send */
	struct urgent urgent;
	uint32_t owed;			/* of what it sent, not given back */
	uint32_t window;		/* the most that @room may be */
	uint32_t backlog;
	uint64_t since;			/* SOCK_CLOSING: no progress since */
	union addr internal;		/* service of ours, or AF_UNSPEC */

	struct chunk_list queue;
	size_t queued;
	size_t urgent_to;		/* of it, the last is urgent; or 0 */
	struct chunk *held;		/* datagram for which credit lacks */
};

struct sock *sock_find(struct pipe *p, uint32_t id);
struct sock *sock_new(struct pipe *p, uint32_t id);
bool sock_watch(struct sock *s);
void sock_ready(struct sock *s);
void sock_unready(struct sock *s);
void sock_fail(struct sock *s, int error);
void sock_close(struct sock *s, uint32_t seq, bool abort);
void sock_closed(struct sock *s);
void sock_free(struct sock *s, bool reset);
void sock_bury(void);

/* data.c: to the stack */
void data_send(struct sock *s, struct iovec *vec, int n, size_t len,
	       bool more);
void data_push(struct sock *s);
void data_dgram(struct sock *s, const union addr *to, const char *data,
		size_t len);
void data_flush(struct sock *s);
void data_drop(struct sock *s);
void data_taken(struct sock *s, uint32_t n);
void data_keep(struct sock *s, const struct iovec *vec, int n, size_t done);
void data_sent(struct sock *s, size_t n);
void data_fin(struct sock *s);

static inline bool sock_internal(const struct sock *s)
{
	return s->internal.sa.sa_family != AF_UNSPEC;
}

static inline bool sock_other_family(const struct sock *s,
				     const union addr *addr)
{
	return addr->sa.sa_family !=
	       (s->family == ZOFF_AF_INET ? AF_INET : AF_INET6);
}

void data_urgent(struct sock *s, char byte);

/* urgent.c */
bool urgent_has(const struct sock *s);
size_t urgent_before(struct sock *s);
void urgent_took(struct sock *s, size_t n);
void urgent_notice(struct sock *s);

/* serve.c: from it */
bool serve(struct sock *s, size_t quantum);
void serve_nothing(struct sock *s, ssize_t n);

#endif /* OFFLOADD_SOCK_H */
