// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel sockets: upcalls and events.
 *
 * An entry in the socket's wait queue takes the wake-ups, as epoll's does: the
 * queue is the same for the whole life of a socket, and every protocol and
 * backend wakes it. The functions in struct sock, which other users of
 * in-kernel sockets replace, belong to whoever carries the socket: kTLS has
 * replaced them, and a psock may.
 *
 * What was woken is looked at in a work, which may sleep and thus poll() the
 * socket; one at a time for a socket. Only locked upcalls are made by the
 * wake-up itself.
 */
#include <linux/slab.h>

#include "kpi.h"

#define ZSOCK_POLL_IN	(EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR)
#define ZSOCK_POLL_OUT	(EPOLLOUT | EPOLLHUP | EPOLLERR)
/* Both upcalls are told of these. */
#define ZSOCK_EV_BOTH	(ZSOCK_EV_CONNECTED | ZSOCK_EV_DISCONNECTED | \
			 ZSOCK_EV_DEFUNCT)

static bool zsock_upcalls_any(const struct zsock_upcalls *up)
{
	return up->read || up->write || up->event;
}

/* ---- events ---- */

static u32 zsock_error_event(int err)
{
	switch (err) {
	case ECONNRESET:
	case EPIPE:
		return ZSOCK_EV_CONNRESET;
	case ETIMEDOUT:
		return ZSOCK_EV_TIMEOUT;
	case EADDRNOTAVAIL:
		return ZSOCK_EV_NOSRCADDR;
	default:
		return 0;
	}
}

/* Whether an attempt to connect has come to nothing. */
static bool zsock_connect_failed(const struct zsock_socket *so,
				 const struct sock *sk)
{
	return test_bit(ZSOCK_KPI_CONNECTING, &so->flags) &&
	       (READ_ONCE(sk->sk_err) ||
		(READ_ONCE(sk->sk_state) == TCP_CLOSE &&
		 READ_ONCE(sk->sk_shutdown) == SHUTDOWN_MASK));
}

/* What is true of the socket. Any context; under the lock. */
static u32 zsock_events_now(const struct zsock_socket *so)
{
	const struct sock *sk = READ_ONCE(so->sock->sk);
	u8 shutdown = READ_ONCE(sk->sk_shutdown);
	u32 now = zsock_error_event(READ_ONCE(sk->sk_err));

	if (shutdown & RCV_SHUTDOWN)
		now |= ZSOCK_EV_CANTRCVMORE;
	if (shutdown & SEND_SHUTDOWN)
		now |= ZSOCK_EV_CANTSENDMORE;
	if (zsock_sock_connected(so->sock))
		now |= ZSOCK_EV_CONNECTED;
	else if (so->seen & (ZSOCK_EV_CONNECTED | ZSOCK_EV_DISCONNECTED) ||
		 zsock_connect_failed(so, sk))
		now |= ZSOCK_EV_DISCONNECTED;
	return now;
}

/* What has become true is to be told. Under the lock. */
static void zsock_events_collect(struct zsock_socket *so)
{
	u32 now = zsock_events_now(so);

	so->events |= now & ~so->seen;
	so->seen = now;
	if (now & (ZSOCK_EV_CONNECTED | ZSOCK_EV_DISCONNECTED))
		clear_bit(ZSOCK_KPI_CONNECTING, &so->flags);
}

/* ---- making upcalls ---- */

/* Whether @up is to be told at all, and by which functions. */
static void zsock_upcalls_pick(struct zsock_upcalls *up, u32 key, __poll_t mask,
			       u32 events)
{
	bool both = events & ZSOCK_EV_BOTH;

	if (!both && !((__force u32)mask & key & (__force u32)ZSOCK_POLL_IN))
		up->read = NULL;
	if (!both && !((__force u32)mask & key & (__force u32)ZSOCK_POLL_OUT))
		up->write = NULL;
	/* One for both purposes is told once. */
	if (up->write == up->read && up->write_cookie == up->read_cookie)
		up->write = NULL;
	up->mask &= events;
	if (!up->mask)
		up->event = NULL;
}

/* Whether the upcalls have not been ended, such as by the one before. */
static bool zsock_upcalls_on(const struct zsock_socket *so, unsigned int stops)
{
	return READ_ONCE(so->stops) == stops;
}

static void zsock_upcalls_make(struct zsock_socket *so,
			       const struct zsock_upcalls *up,
			       unsigned int stops)
{
	bool may_sleep = !up->locked;

	if (up->event)
		up->event(so, up->event_cookie, up->mask |
			  (up->locked ? ZSOCK_EV_LOCKED : 0));
	if (up->read && zsock_upcalls_on(so, stops))
		up->read(so, up->read_cookie, may_sleep);
	if (up->write && zsock_upcalls_on(so, stops))
		up->write(so, up->write_cookie, may_sleep);
}

/*
 * Under @so->calling. Whoever ended the upcalls after @up was taken either had
 * that lock before, which is seen here, or waits for it. It is a lock, for with
 * PREEMPT_RT who is in here may be preempted by who waits, and has to go on.
 */
static void zsock_upcalls_locked(struct zsock_socket *so,
				 struct zsock_upcalls *up, u32 key, u32 events,
				 unsigned int stops)
{
	if (!zsock_upcalls_on(so, stops))
		return;
	/* For zsock_upcall_later(). */
	WRITE_ONCE(so->caller, current);
	/* What poll() would say is not known here. */
	zsock_upcalls_pick(up, key, (__force __poll_t)~0, events);
	zsock_upcalls_make(so, up, stops);
	WRITE_ONCE(so->caller, NULL);
}

/* ---- in the work ---- */

/* What poll() says; of one that is defunct, that there is nothing to wait for. */
static __poll_t zsock_upcall_poll(struct zsock_socket *so, u32 *events)
{
	struct zsock_call call;
	__poll_t mask;

	if (zsock_enter(so, &call))
		return EPOLLHUP;
	if (test_and_clear_bit(ZSOCK_KPI_MGT, &so->flags))
		zsock_mgt_apply(so);
	mask = zsock_poll(so);
	/* What poll() found in the socket may have ended the connection. */
	spin_lock_irq(&so->lock);
	zsock_events_collect(so);
	*events |= so->events;
	so->events = 0;
	spin_unlock_irq(&so->lock);
	zsock_leave(so, &call);
	return mask;
}

/* Begin: who is to be told. False if nobody is any more. */
static bool zsock_upcalls_begin(struct zsock_socket *so,
				struct zsock_upcalls *up, u32 *key,
				unsigned int *stops)
{
	bool gone;

	spin_lock_irq(&so->lock);
	*up = so->up;
	*key = so->key;
	*stops = so->stops;
	so->key = 0;
	/*
	 * Nothing else wakes locked ones of a socket that is defunct. As long
	 * as it is only about to be, its queue may, on another CPU; the store
	 * of NULL comes after the entry was taken out.
	 */
	gone = !smp_load_acquire(&so->sock);
	if (zsock_upcalls_any(up) && (!up->locked || gone)) {
		WRITE_ONCE(so->running, current);
		so->begun = so->stops;
	}
	spin_unlock_irq(&so->lock);
	return so->running == current;
}

static void zsock_upcalls_done(struct zsock_socket *so)
{
	spin_lock_irq(&so->lock);
	/* Pairs with zsock_upcalls_stop(): what the upcall did comes first. */
	smp_store_release(&so->running, NULL);
	spin_unlock_irq(&so->lock);
	wake_up_all(&so->idle);
}

static void zsock_upcalls_run(struct zsock_socket *so)
{
	struct zsock_upcalls up;
	unsigned int stops;
	__poll_t mask;
	u32 key, events = 0;

	if (!zsock_upcalls_begin(so, &up, &key, &stops))
		return;
	mask = zsock_upcall_poll(so, &events);
	if (mask == EPOLLHUP && zsock_ended(so)) {
		spin_lock_irq(&so->lock);
		events |= so->events;
		so->events = 0;
		spin_unlock_irq(&so->lock);
	}
	if (up.locked) {
		spin_lock_irq(&so->calling);
		zsock_upcalls_locked(so, &up, key, events, stops);
		spin_unlock_irq(&so->calling);
	} else {
		zsock_upcalls_pick(&up, key, mask, events);
		zsock_upcalls_make(so, &up, stops);
	}
	zsock_upcalls_done(so);
}

/* References that were given back where the socket could not be closed. */
static void zsock_upcalls_late(struct zsock_socket *so)
{
	unsigned int later;

	spin_lock_irq(&so->lock);
	later = so->later;
	so->later = 0;
	spin_unlock_irq(&so->lock);
	while (later--)
		zsock_release(so);
}

static void zsock_upcall_work(struct work_struct *work)
{
	struct zsock_socket *so = container_of(work, struct zsock_socket, work);
	struct zsock_call call;

	/* Locked upcalls leave this to us. */
	if (test_bit(ZSOCK_KPI_MGT, &so->flags) && !zsock_enter(so, &call)) {
		if (test_and_clear_bit(ZSOCK_KPI_MGT, &so->flags))
			zsock_mgt_apply(so);
		zsock_leave(so, &call);
	}
	zsock_upcalls_run(so);
	zsock_upcalls_late(so);
	zsock_kpi_put(so);
}

/* The work has a reference on the memory while it is queued. */
static void zsock_upcall_queue(struct zsock_socket *so)
{
	refcount_inc(&so->ref);
	/* Its own, and the caller has one: not the last. */
	if (!queue_work(zsock_kpi_wq, &so->work))
		WARN_ON_ONCE(refcount_dec_and_test(&so->ref));
}

/* ---- in the wake-up ---- */

/* Under the lock of the queue, with interrupts off but for PREEMPT_RT. */
static int zsock_upcall_wake(wait_queue_entry_t *wait, unsigned int mode,
			     int sync, void *poll_key)
{
	struct zsock_socket *so = container_of(wait, struct zsock_socket, wait);
	u32 key = (__force u32)key_to_poll(poll_key) ?: ~0U;
	struct zsock_upcalls up = { };
	unsigned int stops;
	u32 events = 0;

	spin_lock(&so->lock);
	stops = so->stops;
	if (zsock_upcalls_any(&so->up)) {
		zsock_events_collect(so);
		if (so->up.locked) {
			up = so->up;
			events = so->events;
			so->events = 0;
		} else {
			so->key |= key;
			zsock_upcall_queue(so);
		}
	}
	spin_unlock(&so->lock);
	if (up.locked) {
		spin_lock(&so->calling);
		zsock_upcalls_locked(so, &up, key, events, stops);
		spin_unlock(&so->calling);
	}
	return 0;
}

/*
 * Whether the caller is a locked upcall of @so, which cannot close it: then the
 * work gives the reference back.
 */
bool zsock_upcall_later(struct zsock_socket *so, bool close)
{
	/* Nobody else is the task that it interrupted, or that it runs in. */
	if (READ_ONCE(so->caller) != current)
		return false;
	spin_lock(&so->lock);
	if (close) {
		memset(&so->up, 0, sizeof(so->up));
		so->stops++;
	}
	so->later++;
	zsock_upcall_queue(so);
	spin_unlock(&so->lock);
	return true;
}

/* ---- setting and ending ---- */

void zsock_upcalls_init(struct zsock_socket *so)
{
	spin_lock_init(&so->calling);
	init_waitqueue_func_entry(&so->wait, zsock_upcall_wake);
	INIT_WORK(&so->work, zsock_upcall_work);
}

/* Something about @so that no wake-up told. */
void zsock_upcalls_look(struct zsock_socket *so, __poll_t key, u32 events)
{
	unsigned long flags;

	spin_lock_irqsave(&so->lock, flags);
	so->key |= (__force u32)key;
	so->events |= events;
	zsock_upcall_queue(so);
	spin_unlock_irqrestore(&so->lock, flags);
}

/* No upcall runs, or will, but for the caller itself. */
void zsock_upcalls_stop(struct zsock_socket *so)
{
	bool self;

	spin_lock_irq(&so->lock);
	memset(&so->up, 0, sizeof(so->up));
	so->stops++;
	self = so->running == current;
	spin_unlock_irq(&so->lock);
	/* Locked ones end soon, or find that they are over; the caller is none. */
	spin_lock_irq(&so->calling);
	spin_unlock_irq(&so->calling);
	if (self)
		return;
	/* Pairs with zsock_upcalls_done(). */
	wait_event(so->idle, !smp_load_acquire(&so->running));
}

/* The socket goes. No call is under way. */
void zsock_upcalls_end(struct zsock_socket *so)
{
	if (test_bit(ZSOCK_KPI_WAITING, &so->flags))
		remove_wait_queue(&so->sock->wq.wait, &so->wait);
}

/*
 * Before the functions are. A locked upcall comes by here with the lock of the
 * queue, and finds that its socket is in there.
 */
static void zsock_upcalls_watch(struct zsock_socket *so)
{
	struct wait_queue_head *queue = &so->sock->wq.wait;
	unsigned long flags;

	if (test_bit_acquire(ZSOCK_KPI_WAITING, &so->flags))
		return;
	spin_lock_irqsave(&queue->lock, flags);
	if (!test_bit(ZSOCK_KPI_WAITING, &so->flags)) {
		__add_wait_queue(queue, &so->wait);
		/* Who wakes looks without the lock whether anybody is there. */
		smp_mb();
		/* What is true by now is no news. */
		spin_lock(&so->lock);
		so->seen = zsock_events_now(so);
		spin_unlock(&so->lock);
		/* For those who see it the entry is in the queue. */
		smp_mb__before_atomic();
		set_bit(ZSOCK_KPI_WAITING, &so->flags);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
}

/* Whether the caller is an upcall that has been ended meanwhile. Locked. */
static bool zsock_upcall_over(const struct zsock_socket *so)
{
	return so->running == current && so->begun != so->stops;
}

/* Which functions are set; the others stay. */
#define ZSOCK_SET_DATA	BIT(0)
#define ZSOCK_SET_EVENT	BIT(1)

static void zsock_upcalls_copy(struct zsock_upcalls *to,
			       const struct zsock_upcalls *from,
			       unsigned int what)
{
	if (what & ZSOCK_SET_DATA) {
		to->read = from->read;
		to->read_cookie = from->read_cookie;
		to->write = from->write;
		to->write_cookie = from->write_cookie;
		to->locked = from->locked;
	}
	if (what & ZSOCK_SET_EVENT) {
		to->event = from->event;
		to->event_cookie = from->event_cookie;
		to->mask = from->mask;
	}
}

/* As a call: an upcall that closes the socket waits until they all are set. */
static int zsock_upcalls_set(struct zsock_socket *so,
			     const struct zsock_upcalls *up, unsigned int what)
{
	unsigned long flags;
	bool over;

	if (!zsock_enter_count(so))
		return -ESHUTDOWN;
	zsock_upcalls_watch(so);
	spin_lock_irqsave(&so->lock, flags);
	over = zsock_upcall_over(so);
	if (!over)
		zsock_upcalls_copy(&so->up, up, what);
	spin_unlock_irqrestore(&so->lock, flags);
	/* What there is already is told, if anybody waits for it. */
	if (!over && !up->locked && (up->read || up->write))
		zsock_upcalls_look(so, ZSOCK_POLL_IN & ~EPOLLHUP, 0);
	zsock_leave_count(so);
	return over ? -ESHUTDOWN : 0;
}

/* @so, which was accepted just now, gets what @listener has. */
void zsock_upcalls_inherit(struct zsock_socket *so,
			   struct zsock_socket *listener)
{
	struct zsock_upcalls up;

	spin_lock_irq(&listener->lock);
	up = listener->up;
	spin_unlock_irq(&listener->lock);
	zsock_upcalls_set(so, &up, ZSOCK_SET_DATA | ZSOCK_SET_EVENT);
}

/**
 * zsock_setupcalls - have two functions called when something can be done
 * @so: socket
 * @read_callback: when there is something to read or to accept, or NULL
 * @read_cookie: passed to it
 * @write_callback: when there is space, or NULL
 * @write_cookie: passed to it
 *
 * Both are called when the socket has been connected, could not be, has been
 * disconnected, or is defunct. What is there to be read already is told, too.
 * They may sleep, use the socket, close it, and set other upcalls. One that is
 * being made is not affected by another setting: see zsock_close().
 *
 * Context: any.
 * Return: 0, or -ESHUTDOWN.
 */
int zsock_setupcalls(struct zsock_socket *so, zsock_upcall_t read_callback,
		     void *read_cookie, zsock_upcall_t write_callback,
		     void *write_cookie)
{
	const struct zsock_upcalls up = {
		.read		= read_callback,
		.read_cookie	= read_cookie,
		.write		= write_callback,
		.write_cookie	= write_cookie,
	};

	return zsock_upcalls_set(so, &up, ZSOCK_SET_DATA);
}
EXPORT_SYMBOL_GPL(zsock_setupcalls);

/**
 * zsock_setupcall - have a function called when something can be done
 * @so: socket
 * @callback: for reading and writing, or NULL for no more upcalls
 * @cookie: passed to it
 *
 * As zsock_setupcalls() with the same function twice.
 *
 * Context: any.
 * Return: 0, or -ESHUTDOWN.
 */
int zsock_setupcall(struct zsock_socket *so, zsock_upcall_t callback,
		    void *cookie)
{
	return zsock_setupcalls(so, callback, cookie, callback, cookie);
}
EXPORT_SYMBOL_GPL(zsock_setupcall);

/**
 * zsock_setupcalls_locked - have functions called by who makes it possible
 * @so: socket
 * @read_callback: as with zsock_setupcalls()
 * @read_cookie: passed to it
 * @write_callback: likewise
 * @write_cookie: passed to it
 * @locked: make the upcalls, event upcalls included, at once
 *
 * With @locked they come in whatever context the event is in, mostly softirq,
 * with the lock of the socket's wait queue held and interrupts off (with
 * PREEMPT_RT they are on, and it may take a spinlock_t all the same), perhaps
 * on several CPUs one after the other, and also where it turns out that there
 * was nothing. All that one may do with its socket is what kpi.rst lists for
 * them: zsock_retain(), zsock_release(), zsock_close(), zsock_isconnected(),
 * zsock_isnonblocking(), zsock_iskernel(), and the functions whose names end in
 * _locked; beside that, wake its own threads and queue its own works. What is
 * there already is not told.
 *
 * Context: any, such an upcall included.
 */
void zsock_setupcalls_locked(struct zsock_socket *so,
			     zsock_upcall_t read_callback, void *read_cookie,
			     zsock_upcall_t write_callback, void *write_cookie,
			     bool locked)
{
	const struct zsock_upcalls up = {
		.read		= read_callback,
		.read_cookie	= read_cookie,
		.write		= write_callback,
		.write_cookie	= write_cookie,
		.locked		= locked,
	};

	zsock_upcalls_set(so, &up, ZSOCK_SET_DATA);
}
EXPORT_SYMBOL_GPL(zsock_setupcalls_locked);

/**
 * zsock_catchevents - have a function called when something happens
 * @so: socket
 * @callback: the function, or NULL for no more
 * @cookie: passed to it
 * @mask: ZSOCK_EV_* bits, of which it is told
 *
 * Each is told when it becomes true of the socket, before the other upcalls of
 * that time; several may come in one. It may do what other upcalls may.
 *
 * Context: any.
 * Return: 0; -EINVAL if @mask has unknown bits; -ESHUTDOWN.
 */
int zsock_catchevents(struct zsock_socket *so, zsock_evupcall_t callback,
		      void *cookie, u32 mask)
{
	const struct zsock_upcalls up = {
		.event		= callback,
		.event_cookie	= cookie,
		.mask		= mask & ZSOCK_EV_ALL,
	};

	if (mask & ~(ZSOCK_EV_ALL | ZSOCK_EV_LOCKED))
		return -EINVAL;
	return zsock_upcalls_set(so, &up, ZSOCK_SET_EVENT);
}
EXPORT_SYMBOL_GPL(zsock_catchevents);

/**
 * zsock_catchevents_locked - zsock_catchevents() for a locked upcall
 * @so: socket
 * @callback: as there
 * @cookie: as there
 * @mask: as there; nothing is changed if it has unknown bits
 *
 * Whether event upcalls are locked is what zsock_setupcalls_locked() said last.
 *
 * Context: any, such an upcall included.
 */
void zsock_catchevents_locked(struct zsock_socket *so,
			      zsock_evupcall_t callback, void *cookie, u32 mask)
{
	zsock_catchevents(so, callback, cookie, mask);
}
EXPORT_SYMBOL_GPL(zsock_catchevents_locked);
