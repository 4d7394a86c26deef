// SPDX-License-Identifier: GPL-2.0
/* In-kernel sockets: listening, and the connections that come of it. */
#include <linux/slab.h>

#include "kpi.h"

/**
 * zsock_listen - have a socket wait for connections
 * @so: socket
 * @backlog: how many may wait for zsock_accept(); net.core.somaxconn at most
 *
 * Return: 0; -EADDRINUSE, -EINVAL, -EOPNOTSUPP, ... as listen(); -ESHUTDOWN.
 */
int zsock_listen(struct zsock_socket *so, int backlog)
{
	struct socket *sock = so->sock;
	struct zsock_call call;
	int err, max;

	err = zsock_enter(so, &call);
	if (err)
		return err;
	max = READ_ONCE(sock_net(sock->sk)->core.sysctl_somaxconn);
	if (backlog < 0 || backlog > max)
		backlog = max;
	err = READ_ONCE(sock->ops)->listen(sock, backlog);
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_listen);

/* A connection in a struct socket of its own: as do_accept(), without a file. */
static int zsock_take(struct socket *sock, bool nonblock, struct socket **res)
{
	const struct proto_ops *ops = READ_ONCE(sock->ops);
	struct socket *newsock;
	int err;

	newsock = sock_alloc();
	if (!newsock)
		return -ENFILE;
	newsock->type = sock->type;
	newsock->ops = ops;
	__module_get(ops->owner);
	err = zsock_accept_kernel(ops, sock, newsock, nonblock);
	if (err) {
		sock_release(newsock);
		return err;
	}
	*res = newsock;
	return 0;
}

/*
 * Whether the attach function has something against it. If not, what it set may
 * have closed the socket by now.
 */
static int zsock_attach(struct zsock_socket *so, struct zsock_socket *listener)
{
	zsock_attach_t attach;
	void *cookie;
	int err;

	spin_lock_irq(&listener->lock);
	attach = listener->attach;
	cookie = listener->attach_cookie;
	spin_unlock_irq(&listener->lock);
	if (!attach)
		return 0;
	WRITE_ONCE(so->listener, listener);
	err = attach(so, cookie);
	WRITE_ONCE(so->listener, NULL);
	return err;
}

/* Options that belong to this API: as the listener has them. */
static void zsock_inherit_flags(struct zsock_socket *so,
				const struct zsock_socket *listener)
{
	so->flags = READ_ONCE(listener->flags) &
		    (BIT(ZSOCK_KPI_NONBLOCK) | BIT(ZSOCK_KPI_PRIV) |
		     BIT(ZSOCK_KPI_NOINTR) | BIT(ZSOCK_KPI_USER));
	so->tclass = READ_ONCE(listener->tclass);
	so->mgt = READ_ONCE(listener->mgt);
}

/* With another reference on the memory, beside that of who gets the socket. */
static int zsock_accept_one(struct zsock_socket *listener, int flags,
			    struct zsock_socket **res)
{
	struct zsock_socket *so;
	struct socket *newsock;
	int err;

	/* First, so that no connection is lost for want of memory. */
	so = zsock_kpi_alloc(NULL);
	if (!so)
		return -ENOMEM;
	err = zsock_take(listener->sock, zsock_dontwait(listener, flags),
			 &newsock);
	if (err) {
		zsock_kpi_free(so);
		return err;
	}
	so->sock = newsock;
	zsock_inherit_flags(so, listener);
	refcount_inc(&so->ref);
	zsock_kpi_open(so);
	err = zsock_attach(so, listener);
	if (err) {
		zsock_close(so);
		zsock_kpi_put(so);
		return err;
	}
	*res = so;
	return 0;
}

/**
 * zsock_accept - take a connection that a listener has
 * @so: listener
 * @from: where the peer's address goes, or NULL
 * @fromlen: room there; what is longer is cut off
 * @flags: MSG_DONTWAIT, MSG_USEUPCALL, or 0
 * @callback: for reading and writing, or NULL
 * @cookie: passed to @callback
 * @new_so: the new socket, with a reference that zsock_close() gives back
 *
 * With MSG_USEUPCALL the new socket has all upcalls of the listener, with their
 * cookies, instead of @callback. What zsock_ioctl(FIONBIO), zsock_setpriv()
 * and zsock_nointerrupt() said of the listener holds for it, too.
 *
 * What has come by then is told as if it came just now: the first upcall may
 * run before this has returned.
 *
 * Return: 0; -EAGAIN where it was not to wait; -EINVAL for other flags, and if
 * it does not listen; -ENOMEM, -ENFILE: the connection remains to be accepted;
 * what the attach function said; -EINTR or -ERESTARTSYS for a signal;
 * -ESHUTDOWN.
 */
int zsock_accept(struct zsock_socket *so, struct sockaddr *from, int fromlen,
		 int flags, zsock_upcall_t callback, void *cookie,
		 struct zsock_socket **new_so)
{
	struct zsock_socket *child;
	struct zsock_call call;
	int err;

	if (flags & ~(MSG_DONTWAIT | MSG_USEUPCALL))
		return -EINVAL;
	err = zsock_enter(so, &call);
	if (err)
		return err;
	err = zsock_accept_one(so, flags, &child);
	if (err)
		goto out;
	/* It may have been reset by now; that is the connection's to tell. */
	if (from && zsock_getpeername(child, from, fromlen))
		memset(from, 0, max(fromlen, 0));
	*new_so = child;
	if (flags & MSG_USEUPCALL)
		zsock_upcalls_inherit(child, so);
	else if (callback)
		zsock_setupcall(child, callback, cookie);
	zsock_kpi_put(child);
out:
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_accept);

/**
 * zsock_setattach - have a function look at connections as they are accepted
 * @so: listener
 * @attach: the function, or NULL
 * @cookie: passed to it
 *
 * In place of a socket filter's sf_attach, in which XNU's sock_getlistener()
 * is to be used.
 *
 * Context: any.
 * Return: 0, or -ESHUTDOWN.
 */
int zsock_setattach(struct zsock_socket *so, zsock_attach_t attach,
		    void *cookie)
{
	unsigned long flags;

	if (zsock_ended(so))
		return -ESHUTDOWN;
	spin_lock_irqsave(&so->lock, flags);
	so->attach = attach;
	so->attach_cookie = cookie;
	spin_unlock_irqrestore(&so->lock, flags);
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_setattach);

/**
 * zsock_getlistener - whose connection a socket is
 * @so: socket
 *
 * Context: an attach function, see zsock_setattach(); the listener stays at
 * least until that returns. It may be retained.
 * Return: the listener; NULL anywhere else.
 */
struct zsock_socket *zsock_getlistener(struct zsock_socket *so)
{
	return READ_ONCE(so->listener);
}
EXPORT_SYMBOL_GPL(zsock_getlistener);
