// SPDX-License-Identifier: GPL-2.0
/* In-kernel sockets: making them, references, the end. */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/tcp.h>

#include "kpi.h"

struct workqueue_struct *zsock_kpi_wq;
static const struct cred *zsock_kpi_cred;

/* ---- calls ---- */

void zsock_enter_more(struct zsock_socket *so, struct zsock_call *call)
{
	sigset_t blocked;

	if (test_bit(ZSOCK_KPI_PRIV, &so->flags))
		call->cred = override_creds(zsock_kpi_cred);
	if (test_bit(ZSOCK_KPI_NOINTR, &so->flags)) {
		siginitsetinv(&blocked, sigmask(SIGKILL));
		sigprocmask(SIG_SETMASK, &blocked, &call->blocked);
		call->masked = true;
	}
}

void zsock_leave_more(struct zsock_call *call)
{
	if (call->masked)
		sigprocmask(SIG_SETMASK, &call->blocked, NULL);
	if (call->cred)
		revert_creds(call->cred);
}

/* The last of those that zsock_end() waits for may be this one. */
void zsock_leave_ended(struct zsock_socket *so)
{
	refcount_inc(&so->ref);
	atomic_dec(&so->calls);
	wake_up_all(&so->idle);
	zsock_kpi_put(so);
}

/* EPOLLERR may be of what is in the error queue, which tells nobody here. */
static bool zsock_ready(struct zsock_socket *so, __poll_t want)
{
	__poll_t mask = zsock_poll(so) & want;

	return mask & ~EPOLLERR ||
	       (mask && READ_ONCE(so->sock->sk->sk_err));
}

/*
 * Until the socket's poll() says one of @want, or for *@timeo jiffies, which
 * are taken off. Return: 0, -EAGAIN, -ESHUTDOWN, or what a signal makes of it.
 */
int zsock_await(struct zsock_socket *so, __poll_t want, long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct socket *sock = so->sock;
	int err = 0;

	add_wait_queue(&sock->wq.wait, &wait);
	/* As sock_poll_wait() has it, which is asked for nothing here. */
	smp_mb();
	while (!zsock_ready(so, want)) {
		if (zsock_ended(so))
			err = -ESHUTDOWN;
		else if (!*timeo)
			err = -EAGAIN;
		else if (signal_pending(current))
			err = sock_intr_errno(*timeo);
		if (err)
			break;
		*timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, *timeo);
	}
	remove_wait_queue(&sock->wq.wait, &wait);
	return err;
}

/* ---- making ---- */

struct zsock_socket *zsock_kpi_alloc(struct socket *sock)
{
	struct zsock_socket *so = kzalloc(sizeof(*so), GFP_KERNEL_ACCOUNT);

	if (!so)
		return NULL;
	so->sock = sock;
	INIT_LIST_HEAD(&so->list);
	refcount_set(&so->holds, 1);
	refcount_set(&so->ref, 1);
	init_waitqueue_head(&so->idle);
	spin_lock_init(&so->lock);
	mutex_init(&so->connecting);
	zsock_upcalls_init(so);
	return so;
}

/* One that nobody else has seen, without its socket. */
void zsock_kpi_free(struct zsock_socket *so)
{
	kfree(so->target);
	kfree(so);
}

void zsock_kpi_put(struct zsock_socket *so)
{
	if (refcount_dec_and_test(&so->ref))
		zsock_kpi_free(so);
}

/* A program's socket holds the namespace; ours do not, and end with it. */
void zsock_kpi_open(struct zsock_socket *so)
{
	so->zn = zsock_sk(so->sock)->zn;
	if (so->file)
		return;
	spin_lock(&so->zn->kpi_lock);
	list_add_tail(&so->list, &so->zn->kpi);
	spin_unlock(&so->zn->kpi_lock);
}

static void zsock_kpi_unlist(struct zsock_socket *so)
{
	spin_lock(&so->zn->kpi_lock);
	list_del_init(&so->list);
	spin_unlock(&so->zn->kpi_lock);
}

/**
 * zsock_socket - open a socket
 * @net: its namespace. No reference is held: the socket becomes defunct when
 *	the namespace goes. The caller has one while it calls this
 * @domain: AF_INET, AF_INET6, or 0: settled by the first address
 * @type: SOCK_STREAM or SOCK_DGRAM, perhaps with SOCK_NONBLOCK
 * @protocol: IPPROTO_TCP, IPPROTO_UDP, IPPROTO_TLS_1_2, ..., or 0
 * @callback: for reading and writing, or NULL
 * @cookie: passed to @callback
 * @new_so: the new socket, with a reference that zsock_close() gives back
 *
 * net.zsock.access does not apply to the kernel's own sockets.
 *
 * Context: process, may sleep.
 * Return: 0; -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EINVAL,
 * -ENOMEM as socket().
 */
int zsock_socket(struct net *net, int domain, int type, int protocol,
		 zsock_upcall_t callback, void *cookie,
		 struct zsock_socket **new_so)
{
	struct zsock_socket *so;
	struct socket *sock;
	int err;

	if (domain < 0 || domain >= AF_MAX)
		return -EAFNOSUPPORT;
	if (protocol < 0 || protocol > U16_MAX)
		return -EINVAL;
	err = sock_create_kern(net, zsock_family(), type & ~SOCK_NONBLOCK,
			       ZSOCK_PROTO(domain, protocol), &sock);
	if (err)
		return err;
	so = zsock_kpi_alloc(sock);
	if (!so) {
		sock_release(sock);
		return -ENOMEM;
	}
	if (type & SOCK_NONBLOCK)
		set_bit(ZSOCK_KPI_NONBLOCK, &so->flags);
	zsock_kpi_open(so);
	*new_so = so;
	if (callback)
		zsock_setupcall(so, callback, cookie);
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_socket);

/**
 * zsock_socket_from_fd - use a program's socket
 * @fd: descriptor of an AF_ZSOCK socket, of the calling task
 * @new_so: the socket, with a reference that zsock_release(), or
 *	zsock_close(), gives back
 *
 * The socket stays open until then, whatever the program does with its
 * descriptor. Several calls for one socket give independent results: each has
 * upcalls of its own.
 *
 * Context: process, of the program; may sleep.
 * Return: 0; -EBADF, -ENOTSOCK; -EAFNOSUPPORT if it is of another family;
 * -ENOMEM.
 */
int zsock_socket_from_fd(int fd, struct zsock_socket **new_so)
{
	struct zsock_socket *so;
	struct socket *sock;
	int err;

	sock = sockfd_lookup(fd, &err);
	if (!sock)
		return err;
	err = -EAFNOSUPPORT;
	if (!zsock_ops_ours(READ_ONCE(sock->ops)))
		goto out;
	err = -ENOMEM;
	so = zsock_kpi_alloc(sock);
	if (!so)
		goto out;
	so->file = sock->file;
	set_bit(ZSOCK_KPI_USER, &so->flags);
	zsock_kpi_open(so);
	*new_so = so;
	return 0;
out:
	sockfd_put(sock);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_socket_from_fd);

/* ---- the end ---- */

/* What waits in the socket is woken, and finds that it is over. */
static void zsock_kick(struct zsock_socket *so, bool reset)
{
	struct socket *sock = so->sock;

	if (zsock_table(zsock_sk(sock))) {
		/* The peer is not to take it for a proper end. */
		if (reset && sk_is_tcp(sock->sk))
			tcp_abort(sock->sk, ECONNABORTED);
		kernel_sock_shutdown(sock, SHUT_RDWR);
	}
	wake_up_interruptible_all(&sock->wq.wait);
}

/* A reset instead of a proper end: nothing of it stays behind. */
static void zsock_linger_none(struct sock *sk)
{
	lock_sock(sk);
	sock_set_flag(sk, SOCK_LINGER);
	WRITE_ONCE(sk->sk_lingertime, 0);
	release_sock(sk);
}

/*
 * A connection outlives its socket while the peer has not acknowledged the
 * end. TCP does without its timers where the namespace might go meanwhile; so
 * that becomes the connection's to hold. If it is going already there is nobody
 * left to talk to.
 */
static void zsock_release_sock(struct socket *sock, bool reset)
{
	struct net *net = maybe_get_net(sock_net(sock->sk));
	struct sock *sk = sock->sk;

	if (zsock_table(zsock_sk(sock)) && sk_is_tcp(sk)) {
		if (reset || !net)
			zsock_linger_none(sk);
		else
			zsock_hold_net(sk);
	}
	sock_release(sock);
	if (net)
		put_net(net);
}

static void zsock_drain(struct zsock_socket *so, bool kick, bool reset)
{
	/* Who waits without an end, such as for memory, is asked again. */
	while (!wait_event_timeout(so->idle,
				   atomic_read(&so->calls) == INT_MIN, HZ / 10))
		if (kick)
			zsock_kick(so, reset);
}

/*
 * The end of the socket; the rest stays as long as anybody refers to it. Who
 * comes second waits for the first. Not for the sake of upcalls: the caller may
 * be one.
 */
static void zsock_end(struct zsock_socket *so, bool reset)
{
	struct socket *sock = so->sock;
	bool kick = !so->file || reset;

	if (test_and_set_bit(ZSOCK_KPI_GONE, &so->flags)) {
		/* Pairs with the store below. */
		wait_event(so->idle, !smp_load_acquire(&so->sock));
		return;
	}
	/* Fully ordered: who leaves sees it, or this sees that it has left. */
	if (atomic_add_return(INT_MIN, &so->calls) != INT_MIN && kick)
		zsock_kick(so, reset);
	zsock_drain(so, kick, reset);
	zsock_upcalls_end(so);
	if (so->file && reset)
		zsock_kick(so, true);
	if (so->file) {
		fput(so->file);
	} else {
		zsock_release_sock(sock, reset);
		zsock_kpi_unlist(so);
	}
	/* Who waits for this may free the namespace next. */
	smp_store_release(&so->sock, NULL);
	wake_up_all(&so->idle);
}

/**
 * zsock_retain - take another reference
 * @so: socket
 *
 * zsock_close() leaves the socket open then: zsock_release() closes it.
 *
 * Context: any.
 */
void zsock_retain(struct zsock_socket *so)
{
	refcount_inc(&so->holds);
}
EXPORT_SYMBOL_GPL(zsock_retain);

/**
 * zsock_release - give a reference back
 * @so: socket, not to be used any more by who had the reference
 *
 * The last one ends the upcalls, as zsock_close() does, and closes the socket.
 *
 * Context: process, may sleep; or a locked upcall of this socket, where it is
 * done afterwards.
 */
void zsock_release(struct zsock_socket *so)
{
	if (zsock_upcall_later(so, false))
		return;
	might_sleep();
	if (!refcount_dec_and_test(&so->holds))
		return;
	zsock_upcalls_stop(so);
	zsock_end(so, false);
	zsock_kpi_put(so);
}
EXPORT_SYMBOL_GPL(zsock_release);

/**
 * zsock_close - close a socket
 * @so: socket, or NULL; not to be used any more by who opened it
 *
 * Ends the upcalls: none is running when this returns, and none will come,
 * but for the one that calls this itself. Two upcalls that close each other's
 * sockets would wait for each other. Calls of other threads on the socket are
 * woken, and have returned by then.
 *
 * Then the reference is given back; the socket stays open if it was retained,
 * and who did may set upcalls again.
 *
 * Context: process, may sleep: upcalls of this socket included. Also a locked
 * upcall of this socket, where it is done afterwards.
 */
void zsock_close(struct zsock_socket *so)
{
	if (!so || zsock_upcall_later(so, true))
		return;
	might_sleep();
	zsock_upcalls_stop(so);
	zsock_release(so);
}
EXPORT_SYMBOL_GPL(zsock_close);

/**
 * zsock_defunct - end a socket that others may be using
 * @so: socket
 *
 * Its connection is reset, calls on it return, and from now on say -ESHUTDOWN.
 * The upcalls come once more; event upcalls say ZSOCK_EV_DEFUNCT. It remains
 * to be closed by who has it. A program's socket is reset, too, and
 * stays the program's.
 *
 * Context: process, may sleep.
 * Return: 0, or -ESHUTDOWN if it was defunct already.
 */
int zsock_defunct(struct zsock_socket *so)
{
	might_sleep();
	if (test_bit(ZSOCK_KPI_GONE, &so->flags))
		return -ESHUTDOWN;
	zsock_end(so, true);
	zsock_upcalls_look(so, EPOLLHUP,
			   ZSOCK_EV_DEFUNCT | ZSOCK_EV_DISCONNECTED);
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_defunct);

/**
 * zsock_upcall_barrier - wait until upcalls have returned
 *
 * All that run when it is called, of all sockets. For a module whose upcalls
 * close the sockets that they are about: after the last is closed, before its
 * code goes.
 *
 * Context: process, may sleep. Not in an upcall.
 */
void zsock_upcall_barrier(void)
{
	flush_workqueue(zsock_kpi_wq);
}
EXPORT_SYMBOL_GPL(zsock_upcall_barrier);

/* ---- namespaces ---- */

static struct zsock_socket *zsock_kpi_first(struct zsock_net *zn)
{
	struct zsock_socket *so;

	spin_lock(&zn->kpi_lock);
	so = list_first_entry_or_null(&zn->kpi, struct zsock_socket, list);
	/* In the list it has not been freed. */
	if (so)
		refcount_inc(&so->ref);
	spin_unlock(&zn->kpi_lock);
	return so;
}

/* The namespace goes; who opened sockets in it still has them, defunct. */
void zsock_kpi_net_exit(struct zsock_net *zn)
{
	struct zsock_socket *so;

	while ((so = zsock_kpi_first(zn))) {
		/* If it is being closed just now, that is waited for. */
		if (zsock_defunct(so))
			zsock_end(so, true);
		zsock_kpi_put(so);
	}
}

void zsock_kpi_net_init(struct zsock_net *zn)
{
	spin_lock_init(&zn->kpi_lock);
	INIT_LIST_HEAD(&zn->kpi);
}

int __init zsock_kpi_init(void)
{
	zsock_kpi_cred = prepare_kernel_cred(&init_task);
	if (!zsock_kpi_cred)
		return -ENOMEM;
	zsock_kpi_wq = alloc_workqueue("zsock_kpi", 0, WQ_MAX_ACTIVE);
	if (zsock_kpi_wq)
		return 0;
	put_cred(zsock_kpi_cred);
	return -ENOMEM;
}

/* Whoever had a socket had this module. */
void zsock_kpi_exit(void)
{
	destroy_workqueue(zsock_kpi_wq);
	put_cred(zsock_kpi_cred);
}
