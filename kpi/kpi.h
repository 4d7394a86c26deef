/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In-kernel sockets: what the files in kpi/ share.
 *
 *	socket.c	making, references, the end
 *	upcall.c	upcalls and events
 *	connect.c accept.c name.c io.c option.c getsockopt.c getsockopt_ip.c
 *	class.c		calls, by what they are about
 *	receive_skb.c send_skb.c
 *			data in sk_buffs
 *
 * Each call on a socket is counted while it runs. The end of a socket closes
 * the door to new calls, wakes those inside, and waits for the last to leave;
 * so so->sock is valid in between zsock_enter() and zsock_leave().
 *
 * An upcall is not a call: it may end the socket that it is about.
 */
#ifndef _ZSOCK_KPI_KPI_H
#define _ZSOCK_KPI_KPI_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/signal.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/zsock_kpi.h>

#include "../zsock_int.h"

/**
 * struct zsock_upcalls - whom to tell
 * @read: that there is something to be read
 * @read_cookie: its
 * @write: that there is space
 * @write_cookie: its
 * @event: that something happened
 * @event_cookie: its
 * @mask: ZSOCK_EV_*, of these
 * @locked: all of these where they become known, by who has the queue's lock
 */
struct zsock_upcalls {
	zsock_upcall_t		read;
	void			*read_cookie;
	zsock_upcall_t		write;
	void			*write_cookie;
	zsock_evupcall_t	event;
	void			*event_cookie;
	u32			mask;
	bool			locked;
};

/**
 * struct zsock_socket - a socket that the kernel uses
 * @sock: the socket; NULL once it is defunct
 * @file: it is a program's, whose file this is; NULL for one of our own
 * @zn: whose list it is in
 * @list: in the namespace's sockets, under the namespace's lock
 * @holds: by who opened, accepted, or retained it; the last ends the socket
 * @ref: on the memory: all of @holds together, the work, who walks the list
 * @calls: under way; negative once no more may begin
 * @flags: ZSOCK_KPI_*
 * @idle: where to wait for @calls, @running, and @sock to go
 * @lock: guards what follows. Inside the lock of the socket's wait queue
 * @up: upcalls
 * @key: what the wake-ups since the last upcall were about: EPOLL* bits
 * @events: ZSOCK_EV_* to be told
 * @seen: ZSOCK_EV_* that are true of the socket
 * @running: who is in an upcall
 * @stops: how often the upcalls were ended
 * @begun: what that was when @running began
 * @later: references that an upcall under the queue's lock gave back
 * @calling: held for locked upcalls. Inside the lock of the queue; @lock is
 *	inside it
 * @caller: who is in such an upcall, or was interrupted for it. Set under
 *	@calling
 * @wait: in the socket's wait queue, from the first upcall on
 * @work: makes upcalls
 * @listener: whose connection it is, while the attach function looks at it
 * @attach: looks at connections
 * @attach_cookie: its
 * @connecting: held for a connect() that does not wait
 * @target: where such a connect() goes
 * @target_len: of it
 * @tclass: ZSOCK_TC_*
 * @mgt: ZSOCK_TRAFFIC_MGT_*
 */
struct zsock_socket {
	struct socket		*sock;
	struct file		*file;
	struct zsock_net	*zn;
	struct list_head	list;
	refcount_t		holds;
	refcount_t		ref;
	atomic_t		calls;
	unsigned long		flags;
	wait_queue_head_t	idle;

	spinlock_t		lock;
	struct zsock_upcalls	up;
	u32			key;
	u32			events;
	u32			seen;
	struct task_struct	*running;
	unsigned int		stops;
	unsigned int		begun;
	unsigned int		later;
	spinlock_t		calling;
	struct task_struct	*caller;
	wait_queue_entry_t	wait;
	struct work_struct	work;

	struct zsock_socket	*listener;
	zsock_attach_t		attach;
	void			*attach_cookie;
	struct mutex		connecting;
	struct sockaddr_storage	*target;
	int			target_len;
	int			tclass;
	u8			mgt;
};

#define ZSOCK_KPI_NONBLOCK	0	/* FIONBIO */
#define ZSOCK_KPI_PRIV		1	/* zsock_setpriv() */
#define ZSOCK_KPI_NOINTR	2	/* zsock_nointerrupt() */
#define ZSOCK_KPI_WAITING	3	/* @wait is in the queue */
#define ZSOCK_KPI_GONE		4	/* @sock is going, or has gone */
#define ZSOCK_KPI_CONNECTING	5	/* a connect() has not ended */
#define ZSOCK_KPI_MGT		6	/* @mgt has changed */
#define ZSOCK_KPI_USER		7	/* a program opened it */

/**
 * struct zsock_call - what a call has to undo when it leaves
 * @cred: the caller's credentials, or NULL
 * @masked: @blocked is to be restored
 * @blocked: the caller's signal mask
 */
struct zsock_call {
	const struct cred	*cred;
	bool			masked;
	sigset_t		blocked;
};

void zsock_enter_more(struct zsock_socket *so, struct zsock_call *call);
void zsock_leave_more(struct zsock_call *call);
void zsock_leave_ended(struct zsock_socket *so);

/* Only the count, for what is judged by nobody's credentials. */
static inline bool zsock_enter_count(struct zsock_socket *so)
{
	return atomic_inc_unless_negative(&so->calls);
}

/* Once the end has begun, @so may be freed as soon as the count says so. */
static inline void zsock_leave_count(struct zsock_socket *so)
{
	if (unlikely(atomic_dec_if_positive(&so->calls) < 0))
		zsock_leave_ended(so);
}

/* Begin a call: 0 or -ESHUTDOWN. */
static inline int zsock_enter(struct zsock_socket *so, struct zsock_call *call)
{
	if (unlikely(!zsock_enter_count(so)))
		return -ESHUTDOWN;
	call->cred = NULL;
	call->masked = false;
	if (unlikely(READ_ONCE(so->flags) &
		     (BIT(ZSOCK_KPI_PRIV) | BIT(ZSOCK_KPI_NOINTR))))
		zsock_enter_more(so, call);
	return 0;
}

static inline void zsock_leave(struct zsock_socket *so, struct zsock_call *call)
{
	if (unlikely(call->cred || call->masked))
		zsock_leave_more(call);
	zsock_leave_count(so);
}

static inline bool zsock_ended(const struct zsock_socket *so)
{
	return atomic_read(&so->calls) < 0;
}

/* MSG_DONTWAIT where the socket, or the flags, say so. */
static inline int zsock_dontwait(struct zsock_socket *so, int flags)
{
	if (flags & MSG_DONTWAIT || zsock_isnonblocking(so))
		return MSG_DONTWAIT;
	return 0;
}

static inline __poll_t zsock_poll(struct zsock_socket *so)
{
	return READ_ONCE(so->sock->ops)->poll(so->file, so->sock, NULL);
}

/* socket.c */
extern struct workqueue_struct *zsock_kpi_wq;
struct zsock_socket *zsock_kpi_alloc(struct socket *sock);
void zsock_kpi_free(struct zsock_socket *so);
void zsock_kpi_open(struct zsock_socket *so);
void zsock_kpi_put(struct zsock_socket *so);
int zsock_await(struct zsock_socket *so, __poll_t want, long *timeo);
bool zsock_sock_connected(const struct socket *sock);

/* upcall.c */
void zsock_upcalls_init(struct zsock_socket *so);
void zsock_upcalls_stop(struct zsock_socket *so);
void zsock_upcalls_end(struct zsock_socket *so);
void zsock_upcalls_look(struct zsock_socket *so, __poll_t key, u32 events);
void zsock_upcalls_inherit(struct zsock_socket *so,
			   struct zsock_socket *listener);
bool zsock_upcall_later(struct zsock_socket *so, bool close);

/* getsockopt_ip.c */
/* An option that is none of those that can be read here. */
#define ZSOCK_NO_OPTION	1
int zsock_get_ip(struct sock *sk, int level, int optname, sockptr_t optval,
		 sockptr_t optlen);

/* class.c */
void zsock_mgt_apply(struct zsock_socket *so);

#endif /* _ZSOCK_KPI_KPI_H */
