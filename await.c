// SPDX-License-Identifier: GPL-2.0
/*
 * connect()s that go on by themselves, and those who wait for them: what the
 * handshakes of secure sockets and proxies share.
 */
#include "zsock_int.h"

/*
 * @func is called for each event of @sock, under the lock of its wait queue, and
 * before those who came otherwise: with a negative value it keeps the event from
 * them. io_uring makes a connect() again at each event, and takes -EALREADY for
 * its end: it must hear of none before that.
 */
void zsock_watch(struct zsock_watch *watch, struct socket *sock,
		 wait_queue_func_t func)
{
	if (watch->sock)
		return;
	watch->sock = sock;
	init_waitqueue_func_entry(&watch->entry, func);
	watch->entry.flags |= WQ_FLAG_PRIORITY;
	add_wait_queue(&sock->wq.wait, &watch->entry);
}

/* From here on @func is not called, and is not under way. */
void zsock_unwatch(struct zsock_watch *watch)
{
	if (!watch->sock)
		return;
	remove_wait_queue(&watch->sock->wq.wait, &watch->entry);
	watch->sock = NULL;
}

/* Those who wait for the socket look again; its poll() answers otherwise now. */
void zsock_wake(struct socket *sock)
{
	struct sock *sk = sock->sk;

	wake_up_interruptible_all(&sock->wq.wait);
	rcu_read_lock();
	sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	rcu_read_unlock();
}

/*
 * Until @settled(@arg), or for *@timeo jiffies, which are taken off.
 * Return: 0 if it is, -EAGAIN, or what a signal makes of it.
 */
int zsock_wait_settled(struct socket *sock, bool (*settled)(const void *arg),
		       const void *arg, long *timeo)
{
	long left;

	if (settled(arg))
		return 0;
	if (!*timeo)
		return -EAGAIN;
	left = wait_event_interruptible_timeout(sock->wq.wait, settled(arg),
						*timeo);
	if (left < 0)
		return sock_intr_errno(*timeo);
	*timeo = left;
	return settled(arg) ? 0 : -EAGAIN;
}

/* What is left of @timeo, of which some was used since @begun. */
long zsock_time_left(long timeo, unsigned long begun)
{
	long used = jiffies - begun;

	if (!timeo || timeo == MAX_SCHEDULE_TIMEOUT)
		return timeo;
	return max(timeo - used, 1L);
}
