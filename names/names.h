/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hosts by their names: what the parts of it share.
 *
 *	name.c			what is a name, and names that are addresses
 *	answer.c		addresses that an agent told
 *	resolve.c		requests to the agent: see agent/
 *	resolve_netlink.c	the agent's commands
 *	naming.c		what is kept of a socket that uses names
 *	connect.c		connect()
 *	race.c			several addresses, the first that answers
 *	walk.c			one address after the other
 *	lookup.c		a datagram to a name
 */
#ifndef _ZSOCK_NAMES_H
#define _ZSOCK_NAMES_H

#include <linux/in.h>
#include <linux/in6.h>

#include "../agent/request.h"
#include "../offload/dispatch.h"

/* ---- name.c, answer.c ---- */

union zsock_ip {
	struct sockaddr		sa;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
};

static inline int zsock_ip_len(const union zsock_ip *ip)
{
	return ip->sa.sa_family == AF_INET ? sizeof(ip->in) : sizeof(ip->in6);
}

/**
 * struct zsock_answer - the addresses of a name
 * @n: how many
 * @ip: the best first; without a port
 */
struct zsock_answer {
	unsigned int	n;
	union zsock_ip	ip[ZSOCK_RESOLVE_ADDRESSES_MAX];
};

int zsock_name_check(const char *name, size_t len);
int zsock_name_of(const void *addr, int len, char *name, __be16 *port);
int zsock_name_numeric(struct net *net, const char *name, union zsock_ip *ip);
int zsock_answer_add(struct zsock_answer *answer, const void *addr, int len,
		     int family, int type);
void zsock_answer_mix(struct zsock_answer *answer);
void zsock_ip_set_port(union zsock_ip *ip, __be16 port);

/* ---- resolve.c ---- */

/**
 * struct zsock_resolve - a name that an agent is asked about
 * @rq: what it has of every request
 * @sk: whose it is; holds the namespace
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for both
 * @type: SOCK_STREAM, ...
 * @done: called once, unless the owner cancelled; takes no lock
 * @owner: @done's own
 * @lock: for @answer, until @detached
 * @detached: nobody writes @answer any more
 * @err: how it ended
 * @answer: what the agent told
 * @name: what it was asked
 */
struct zsock_resolve {
	struct zsock_request	rq;
	struct sock		*sk;
	int			family;
	int			type;
	void			(*done)(struct zsock_resolve *res, int err);
	void			*owner;
	spinlock_t		lock;
	bool			detached;
	int			err;
	struct zsock_answer	answer;
	char			name[ZSOCK_HOST_MAX + 1];
};

static inline struct zsock_resolve *zsock_resolve_of(struct zsock_request *rq)
{
	return container_of(rq, struct zsock_resolve, rq);
}

struct zsock_resolve *
zsock_resolve_new(struct sock *sk, const char *name, int family, int type,
		  void (*done)(struct zsock_resolve *res, int err),
		  void *owner);

/* resolve_netlink.c */

/* ---- naming.c ---- */

enum zsock_naming_state {
	ZSOCK_NAMING_IDLE,
	ZSOCK_NAMING_RESOLVING,
	ZSOCK_NAMING_CONNECTING,
	ZSOCK_NAMING_FAILED,	/* and nobody was told by connect() */
	ZSOCK_NAMING_DONE,	/* likewise */
};

/**
 * struct zsock_attempt - one address that is tried
 * @naming: whose
 * @made: an inner socket; of a dispatched socket, none
 * @wait: in its wait queue
 */
struct zsock_attempt {
	struct zsock_naming	*naming;
	struct zsock_made	made;
	struct wait_queue_entry	wait;
};

/**
 * struct zsock_lookup - where datagrams to a name go
 * @res: the agent is being asked, or was
 * @over: it has answered; written without the lock
 * @until: jiffies until which the answer serves
 */
struct zsock_lookup {
	struct zsock_resolve	*res;
	bool			over;
	unsigned long		until;
};

/**
 * struct zsock_naming - what is kept of a socket that uses names
 * @zs: the socket
 * @state: enum zsock_naming_state; read without the lock
 * @resolved: the agent has answered; written without the lock
 * @host: ZSOCK_HOST, or NULL
 * @cred: of who called connect()
 * @res: the request
 * @port: of the connection
 * @answer: the addresses that are tried
 * @next: the next of them
 * @live: how many of @attempts are
 * @err: why there is no connection, the most telling reason so far
 * @next_at: jiffies when @next is due
 * @work: goes on with it
 * @walking: a dispatched stream tries one address after the other
 * @trying: it is at it
 * @watch: the outer socket's events, meanwhile
 * @lookup: of datagrams
 * @attempts: inner sockets that are connecting, by the address' place
 *
 * All under the dispatch lock but what says otherwise.
 */
struct zsock_naming {
	struct zsock_sock	*zs;
	u8			state;
	bool			resolved;
	char			*host;
	const struct cred	*cred;
	struct zsock_resolve	*res;
	__be16			port;
	struct zsock_answer	answer;
	unsigned int		next;
	unsigned int		live;
	int			err;
	unsigned long		next_at;
	struct delayed_work	work;
	bool			walking;
	bool			trying;
	struct zsock_watch	watch;
	struct zsock_lookup	lookup;
	struct zsock_attempt	attempts[ZSOCK_RESOLVE_ADDRESSES_MAX];
};

static inline u8 zsock_naming_state(const struct zsock_naming *n)
{
	/* Pairs with zsock_naming_set(). */
	return smp_load_acquire(&n->state);
}

static inline void zsock_naming_set(struct zsock_naming *n, u8 state)
{
	/* Pairs with zsock_naming_state(). */
	smp_store_release(&n->state, state);
}

struct zsock_naming *zsock_naming_get(struct zsock_sock *zs);
int zsock_naming_family(const struct zsock_sock *zs);

int zsock_naming_walking(struct zsock_naming *n, bool walking);

/* connect.c */
void zsock_naming_work(struct work_struct *work);
void zsock_naming_give_up(struct zsock_naming *n, int err);
void zsock_naming_connected(struct zsock_naming *n);
void zsock_naming_note(struct zsock_naming *n, int err);

/* race.c */
void zsock_race(struct zsock_naming *n);
void zsock_race_end(struct zsock_naming *n);

/* walk.c */
void zsock_walk(struct zsock_naming *n);
void zsock_walk_end(struct zsock_naming *n);

/* lookup.c */
void zsock_lookup_drop(struct zsock_lookup *lookup);

#endif /* _ZSOCK_NAMES_H */
