// SPDX-License-Identifier: GPL-2.0
/* In-kernel sockets: addresses, and connecting to them. */
#include <linux/slab.h>

#include "kpi.h"

/* Calls may write to what they are given: a copy, for the length of a call. */
static int zsock_copy_addr(struct sockaddr_storage *copy,
			   const struct sockaddr *addr, int len)
{
	if (len < 0 || len > (int)sizeof(*copy))
		return -EINVAL;
	memcpy(copy, addr, len);
	return 0;
}

/**
 * zsock_bind - give a socket an address
 * @so: socket
 * @to: address
 * @len: of it
 *
 * Whether a port below 1024 may be had is asked of the caller's credentials:
 * see zsock_setpriv().
 *
 * Return: 0; -EINVAL, -EAFNOSUPPORT, -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, ...
 * as bind(); -ESHUTDOWN.
 */
int zsock_bind(struct zsock_socket *so, const struct sockaddr *to, int len)
{
	struct sockaddr_storage addr;
	struct zsock_call call;
	int err;

	err = zsock_copy_addr(&addr, to, len);
	if (!err)
		err = zsock_enter(so, &call);
	if (err)
		return err;
	err = READ_ONCE(so->sock->ops)->bind(so->sock,
					     (struct zsock_addr *)&addr, len);
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_bind);

/*
 * How an attempt went is asked by another ->connect, which would be the first
 * of a next one if somebody else had asked meanwhile, or if it came before that
 * of who begins. So calls that do not wait come one by one, by so->connecting.
 */

/* So that zsock_connectwait() can ask how it went. */
static int zsock_target_set(struct zsock_socket *so,
			    const struct sockaddr_storage *addr, int len)
{
	struct sockaddr_storage *target;

	target = kmemdup(addr, sizeof(*addr), GFP_KERNEL_ACCOUNT);
	if (!target)
		return -ENOMEM;
	spin_lock_irq(&so->lock);
	swap(so->target, target);
	so->target_len = len;
	spin_unlock_irq(&so->lock);
	kfree(target);
	return 0;
}

static void zsock_target_drop(struct zsock_socket *so)
{
	struct sockaddr_storage *target = NULL;

	spin_lock_irq(&so->lock);
	swap(so->target, target);
	spin_unlock_irq(&so->lock);
	kfree(target);
}

/* Where to, or 0. */
static int zsock_target_get(struct zsock_socket *so,
			    struct sockaddr_storage *addr)
{
	int len = 0;

	spin_lock_irq(&so->lock);
	if (so->target) {
		memcpy(addr, so->target, sizeof(*addr));
		len = so->target_len;
	}
	spin_unlock_irq(&so->lock);
	return len;
}

/* ->connect, which may say -EINPROGRESS. */
static int zsock_do_connect(struct zsock_socket *so,
			    struct sockaddr_storage *addr, int len, int flags)
{
	struct sockaddr_storage copy = *addr;
	struct socket *sock = so->sock;
	int err;

	set_bit(ZSOCK_KPI_CONNECTING, &so->flags);
	err = READ_ONCE(sock->ops)->connect(sock, (struct zsock_addr *)&copy,
					    len, flags);
	/* It goes on where a signal came, too. */
	if (err == -EINPROGRESS || err == -EALREADY || err == -EINTR ||
	    err == -ERESTARTSYS)
		return err;
	if (err)
		clear_bit(ZSOCK_KPI_CONNECTING, &so->flags);
	zsock_target_drop(so);
	/* Where nothing had to be waited for there was no wake-up. */
	if (!err && test_bit(ZSOCK_KPI_WAITING, &so->flags))
		zsock_upcalls_look(so, EPOLLOUT, 0);
	return err;
}

static int zsock_connect_begin(struct zsock_socket *so,
			       struct sockaddr_storage *addr, int len,
			       bool dontwait)
{
	int err;

	if (!dontwait)
		return zsock_target_set(so, addr, len) ?:
		       zsock_do_connect(so, addr, len, 0);
	mutex_lock(&so->connecting);
	err = zsock_target_set(so, addr, len);
	if (!err)
		err = zsock_do_connect(so, addr, len, O_NONBLOCK);
	mutex_unlock(&so->connecting);
	return err;
}

/**
 * zsock_connect - connect a socket
 * @so: socket
 * @to: address
 * @len: of it
 * @flags: MSG_DONTWAIT, or 0
 *
 * A secure socket is connected when its handshake has succeeded, which takes
 * the agent. With MSG_DONTWAIT, or on a socket that is not to wait, an upcall
 * comes when it has ended, and zsock_connectwait() tells how.
 *
 * Return: 0; -EINPROGRESS, -EALREADY; -EISCONN, -ECONNREFUSED, -ETIMEDOUT, ...
 * as connect(); -EINVAL for other flags; -ENOMEM; -ESHUTDOWN.
 */
int zsock_connect(struct zsock_socket *so, const struct sockaddr *to, int len,
		  int flags)
{
	struct sockaddr_storage addr = { };
	struct zsock_call call;
	int err;

	if (flags & ~MSG_DONTWAIT)
		return -EINVAL;
	err = zsock_copy_addr(&addr, to, len);
	if (!err)
		err = zsock_enter(so, &call);
	if (err)
		return err;
	err = zsock_connect_begin(so, &addr, len, zsock_dontwait(so, flags));
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_connect);

/* Another thread may have asked before, and has been told. */
static int zsock_connect_outcome(struct zsock_socket *so)
{
	struct sockaddr_storage addr;
	int err = -EISCONN;
	int len;

	mutex_lock(&so->connecting);
	len = zsock_target_get(so, &addr);
	if (len)
		err = zsock_do_connect(so, &addr, len, O_NONBLOCK);
	mutex_unlock(&so->connecting);
	if (err == -EISCONN)
		err = zsock_sock_connected(so->sock) ? 0 : -ENOTCONN;
	return err == -EALREADY ? -EINPROGRESS : err;
}

/**
 * zsock_connectwait - wait until a socket is connected
 * @so: socket, after a zsock_connect() that did not wait
 * @timeout: for how long at most, in jiffies; MAX_SCHEDULE_TIMEOUT for ever, 0
 *	to ask
 *
 * Return: 0 if it is connected; -EINPROGRESS if it is not in that time; why it
 * could not be, which is told once; -ENOTCONN if nothing is under way; -EINTR
 * for a signal; -ESHUTDOWN.
 */
int zsock_connectwait(struct zsock_socket *so, long timeout)
{
	struct sockaddr_storage addr;
	struct zsock_call call;
	int err;

	if (timeout < 0)
		return -EINVAL;
	err = zsock_enter(so, &call);
	if (err)
		return err;
	if (zsock_target_get(so, &addr))
		err = zsock_await(so, EPOLLOUT | EPOLLHUP | EPOLLERR, &timeout);
	if (!err)
		err = zsock_connect_outcome(so);
	else if (err == -EAGAIN)
		err = -EINPROGRESS;
	else if (err == -ERESTARTSYS)
		err = -EINTR;
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_connectwait);

/**
 * zsock_shutdown - end one direction of a connection, or both
 * @so: socket
 * @how: SHUT_RD, SHUT_WR, SHUT_RDWR
 *
 * Return: 0; -ENOTCONN, -EINVAL as shutdown(); -ESHUTDOWN.
 */
int zsock_shutdown(struct zsock_socket *so, int how)
{
	struct zsock_call call;
	int err;

	err = zsock_enter(so, &call);
	if (err)
		return err;
	err = READ_ONCE(so->sock->ops)->shutdown(so->sock, how);
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_shutdown);
