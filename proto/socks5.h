/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connecting by way of a SOCKS5 proxy: what its parts share.
 *
 *	socks5_wire.c	what is on the wire
 *	socks5_opt.c	options
 *	socks5.c	what is said to the proxy, by a work, from when TCP has
 *			begun to connect until there is a tunnel or none
 *	socks5_calls.c	calls of a socket that has a proxy, between those of the
 *			handler and those of the inner socket
 *
 * From when a socket has a proxy until there is a tunnel it has a call table of
 * kind ZSOCK_VIA_PROXY, with which no byte passes between the program and the
 * proxy. Once the tunnel is up it has one of kind ZSOCK_VIA_TUNNEL: sending and
 * receiving is the inner socket's.
 */
#ifndef _ZSOCK_SOCKS5_H
#define _ZSOCK_SOCKS5_H

#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "../zsock_int.h"
#include "socks5_wire.h"

enum zsock_socks5_state {
	ZSOCK_S5_IDLE,	/* not connected */
	ZSOCK_S5_DIAL,	/* TCP's part, to the proxy */
	ZSOCK_S5_METHOD,	/* which method? */
	ZSOCK_S5_AUTH,	/* user and password */
	ZSOCK_S5_REQUEST,	/* where to */
	ZSOCK_S5_UP,	/* there is a tunnel */
	ZSOCK_S5_FAILED,	/* there is none */
	ZSOCK_S5_CLOSED,	/* the socket is being closed */
};

/**
 * struct zsock_socks5 - a socket's proxy
 * @sock: the outer socket
 * @lock: for all of it; taken inside the dispatch lock and a secure socket's
 * @state: enum zsock_socks5_state; read without @lock
 * @told: connect() has said how it ended
 * @proxy_len: bytes of @proxy, 0 where there is none
 * @peer_len: bytes of @peer
 * @reply: what the proxy refused with, or -1
 * @error: errno of the last connect(), 0 if it did not fail
 * @stage: how far that came: enum zsock_socks5_stage
 * @deadline: jiffies, for all that the proxy has to say
 * @watch: the outer socket's events, while it connects
 * @work: what they lead to
 * @out_len: bytes of @out
 * @out_done: sent of them
 * @in_len: bytes of @in that are to come
 * @in_done: come of them
 * @proxy: its address
 * @peer: what the program asked for
 * @auth: user and password; @auth.user_len is 0 where there are none
 * @target: @peer, as the proxy is told
 * @out: is being sent
 * @in: is being received
 *
 * Made when the first option is set, freed with the socket.
 */
struct zsock_socks5 {
	struct socket			*sock;
	struct mutex			lock;
	u8				state;
	bool				told;
	int				proxy_len;
	int				peer_len;
	int				reply;
	int				error;
	u32				stage;
	unsigned long			deadline;
	struct zsock_watch		watch;
	struct delayed_work		work;
	u16				out_len;
	u16				out_done;
	u16				in_len;
	u16				in_done;
	struct sockaddr_storage		proxy;
	struct sockaddr_storage		peer;
	struct zsock_socks5_auth	auth;
	struct zsock_socks5_target	target;
	u8				out[ZSOCK_SOCKS5_OUT_MAX];
	u8				in[ZSOCK_SOCKS5_IN_MAX];
};

/* The state, and with it all that was written before it. */
static inline u8 zsock_socks5_state(const struct zsock_socks5 *s5)
{
	/* Pairs with zsock_socks5_set_state(). */
	return smp_load_acquire(&s5->state);
}

static inline void zsock_socks5_set_state(struct zsock_socks5 *s5, u8 state)
{
	/* Pairs with zsock_socks5_state(). */
	smp_store_release(&s5->state, state);
}

/* Whether a connect() goes on by itself. */
static inline bool zsock_socks5_busy(u8 state)
{
	return state >= ZSOCK_S5_DIAL && state <= ZSOCK_S5_REQUEST;
}

static inline struct zsock_socks5 *zsock_socks5(const struct socket *sock)
{
	/* Pairs with the cmpxchg() in socks5_opt.c. */
	return smp_load_acquire(&zsock_sk(sock)->socks5);
}

/* The calls below those of socks5_calls.c. */
static inline const struct proto_ops *
zsock_socks5_lower(const struct socket *sock)
{
	return &zsock_table(zsock_sk(sock))->lower;
}

/* socks5_opt.c */
int zsock_socks5_length(int family);

/* socks5_calls.c */
int zsock_socks5_reset(struct zsock_socks5 *s5);

/* socks5.c */
int zsock_socks5_begin(struct zsock_socks5 *s5);
void zsock_socks5_drop(struct zsock_socks5 *s5, int err);
void zsock_socks5_kick(struct zsock_socks5 *s5);
void zsock_socks5_work(struct work_struct *work);
int zsock_socks5_via(struct zsock_socks5 *s5, enum zsock_via via);

#endif /* _ZSOCK_SOCKS5_H */
