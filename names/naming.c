// SPDX-License-Identifier: GPL-2.0
/*
 * What is kept of a socket that uses hosts' names, and its calls while a
 * connection to one is being made. TCP's sk is not there yet, or is one of
 * several: the calls wait as TCP's do, or say EALREADY.
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/splice.h>

#include "names.h"
#include "naming.h"

/* ---- making and freeing ---- */

/*
 * Whether a socket that is dispatched has the calls of this file: one that sends
 * datagrams, from when it uses a name; a stream while it tries addresses.
 */
static bool zsock_naming_calls(const struct zsock_sock *zs,
			       const struct zsock_naming *n)
{
	return n && (n->walking || zs->sock->type == SOCK_DGRAM);
}

/* Whether @zs, which is being dispatched, will have them. */
bool zsock_naming_wants_calls(const struct zsock_sock *zs)
{
	return zsock_naming_calls(zs, zsock_naming_of(zs));
}

/*
 * A dispatched datagram socket gets the calls that take names. Under the
 * dispatch lock; the bit keeps setsockopt(IPV6_ADDRFORM) away.
 */
static int zsock_naming_retable(struct zsock_sock *zs, struct zsock_naming *n)
{
	const struct zsock_table *table, *old;
	int err;

	if (test_and_set_bit_lock(ZSOCK_BUSY_ADDRFORM, &zs->busy))
		return -EBUSY;
	old = zsock_retable_begin(zs);
	table = zsock_table_on(zs->handler, zs->carrier->backend, &old->orig,
			       old->dual, old->custom,
			       zsock_naming_calls(zs, n));
	if (table && old->via)
		table = zsock_table_via(zs->handler, table, old->via);
	err = zsock_retable_end(zs, table);
	clear_bit_unlock(ZSOCK_BUSY_ADDRFORM, &zs->busy);
	return err;
}

/* What is kept of @zs, made if need be. Under the dispatch lock. */
struct zsock_naming *zsock_naming_get(struct zsock_sock *zs)
{
	struct zsock_naming *n = zs->fresh->naming;
	int err;

	if (n)
		return n;
	n = kzalloc(sizeof(*n), GFP_KERNEL_ACCOUNT);
	if (!n)
		return ERR_PTR(-ENOMEM);
	n->zs = zs;
	INIT_DELAYED_WORK(&n->work, zsock_naming_work);
	if (zs->table && zsock_naming_calls(zs, n)) {
		err = zsock_naming_retable(zs, n);
		if (err) {
			kfree(n);
			return ERR_PTR(err);
		}
	}
	/* Pairs with zsock_naming_of(). */
	smp_store_release(&zs->fresh->naming, n);
	return n;
}

/*
 * The calls of a stream that tries one address after the other, while it does.
 * A secure socket keeps them until it has others.
 */
int zsock_naming_walking(struct zsock_naming *n, bool walking)
{
	struct zsock_sock *zs = n->zs;
	int err = 0;

	if (n->walking == walking || zs->sock->type != SOCK_STREAM)
		return 0;
	if (!walking && zs->handler->proto->host_connected)
		return 0;
	n->walking = walking;
	if (zs->table)
		err = zsock_naming_retable(zs, n);
	if (err)
		n->walking = !walking;
	return err;
}

/* The socket is being closed: nobody else has it. */
void zsock_naming_close(struct zsock_sock *zs)
{
	struct zsock_naming *n = zsock_naming_of(zs);

	if (!n)
		return;
	zsock_naming_stop(zs, 0);
	cancel_delayed_work_sync(&n->work);
	zsock_lookup_drop(&n->lookup);
	if (n->cred)
		put_cred(n->cred);
	kfree(n->host);
	kfree(n);
	zs->fresh->naming = NULL;
}

/* ---- ZSOCK_HOST ---- */

/* From here on, a datagram socket takes names at any time. */
static int zsock_naming_keep_host(struct zsock_sock *zs, char *host)
{
	struct zsock_naming *n;
	int err = 0;

	mutex_lock(&zs->fresh->lock);
	n = zsock_naming_get(zs);
	if (IS_ERR(n))
		err = PTR_ERR(n);
	else
		swap(n->host, host);
	mutex_unlock(&zs->fresh->lock);
	kfree(host);
	return err;
}

/* With or without the NUL; the empty one takes it back. */
int zsock_naming_set_host(struct zsock_sock *zs, sockptr_t optval,
			  unsigned int optlen)
{
	char name[ZSOCK_HOST_MAX + 1];
	char *host = NULL;
	int err;

	if (!zs->fresh)
		return -EOPNOTSUPP;
	if (optlen > sizeof(name))
		return -EINVAL;
	if (copy_from_sockptr(name, optval, optlen))
		return -EFAULT;
	if (optlen && !name[optlen - 1])
		optlen--;
	if (optlen) {
		err = zsock_name_check(name, optlen);
		if (err)
			return err;
		host = kmemdup_nul(name, optlen, GFP_KERNEL_ACCOUNT);
		if (!host)
			return -ENOMEM;
	}
	return zsock_naming_keep_host(zs, host);
}

int zsock_naming_get_host(struct zsock_sock *zs, sockptr_t optval,
			  sockptr_t optlen)
{
	struct zsock_naming *n = zsock_naming_of(zs);
	char name[ZSOCK_HOST_MAX + 1] = "";

	if (n) {
		mutex_lock(&zs->fresh->lock);
		if (n->host)
			strscpy(name, n->host, sizeof(name));
		mutex_unlock(&zs->fresh->lock);
	}
	return zsock_put_option(optval, optlen, name, strlen(name) + 1);
}

/*
 * Where a call goes to that was given @addr: 0 and @name, of ZSOCK_HOST_MAX + 1
 * bytes, and *@port.
 */
int zsock_naming_target(struct zsock_sock *zs, const void *addr, int len,
			char *name, __be16 *port)
{
	struct zsock_naming *n = zsock_naming_of(zs);
	int err;

	if (!zs->fresh)
		return -EOPNOTSUPP;
	if (zs->sock->type != SOCK_STREAM && zs->sock->type != SOCK_DGRAM)
		return -EAFNOSUPPORT;
	err = zsock_name_of(addr, len, name, port);
	if (err || name[0])
		return err;
	if (!n)
		return -EDESTADDRREQ;
	mutex_lock(&zs->fresh->lock);
	if (n->host)
		strscpy(name, n->host, ZSOCK_HOST_MAX + 1);
	mutex_unlock(&zs->fresh->lock);
	return name[0] ? 0 : -EDESTADDRREQ;
}

/* The family that addresses have to be of, 0 for both, or -EAFNOSUPPORT. */
int zsock_naming_family(const struct zsock_sock *zs)
{
	int family = zs->domain;

	if (zs->handler->proto->domains)
		return -EAFNOSUPPORT;
	if (zsock_table(zs))
		family = zs->flags & ZSOCK_INFO_F_DUAL ? 0 : zs->family;
	return family == 0 || family == AF_INET || family == AF_INET6 ?
	       family : -EAFNOSUPPORT;
}

/* ---- waiting ---- */

static bool zsock_naming_is_busy(const struct zsock_naming *n)
{
	u8 state = zsock_naming_state(n);

	return state == ZSOCK_NAMING_RESOLVING ||
	       state == ZSOCK_NAMING_CONNECTING;
}

/* Whether a connection by name is being made. */
bool zsock_naming_busy(const struct zsock_sock *zs)
{
	const struct zsock_naming *n = zsock_naming_of(zs);

	return n && zsock_naming_is_busy(n);
}

/*
 * Until a connection by name has come off, or not, at most @timeo jiffies: 0,
 * -EAGAIN, what a signal makes of it, or why there is none.
 */
int zsock_naming_await(struct zsock_sock *zs, long timeo)
{
	struct zsock_naming *n = zsock_naming_of(zs);
	struct socket *sock = zs->sock;
	long left;

	if (!n || !zsock_naming_is_busy(n))
		return 0;
	if (!timeo)
		return -EAGAIN;
	left = wait_event_interruptible_timeout(sock->wq.wait,
						!zsock_naming_is_busy(n),
						timeo);
	if (left < 0)
		return sock_intr_errno(timeo);
	if (!left)
		return -EAGAIN;
	/* Of a dispatched one the inner call tells it. */
	return zsock_table(zs) ? 0 : sock_error(sock->sk);
}

/* ---- calls of dispatched sockets that use names ---- */

static const struct proto_ops *zsock_naming_next(const struct socket *sock)
{
	return &zsock_table(zsock_sk(sock))->next;
}

static __poll_t zsock_naming_poll(struct file *file, struct socket *sock,
				  struct poll_table_struct *wait)
{
	if (!zsock_naming_busy(zsock_sk(sock)))
		return zsock_naming_next(sock)->poll(file, sock, wait);
	sock_poll_wait(file, sock, wait);
	return zsock_naming_busy(zsock_sk(sock)) ? 0 :
	       zsock_naming_next(sock)->poll(file, sock, NULL);
}

static int zsock_naming_sendmsg(struct socket *sock, struct msghdr *msg,
				size_t size)
{
	long timeo = sock_sndtimeo(sock->sk, msg->msg_flags & MSG_DONTWAIT);
	int err = 0;

	if (sock->type == SOCK_STREAM)
		err = zsock_naming_await(zsock_sk(sock), timeo);
	else if (msg->msg_name &&
		 zsock_is_name(msg->msg_name, msg->msg_namelen))
		return zsock_name_sendmsg(sock, msg);
	return err ?: zsock_naming_next(sock)->sendmsg(sock, msg, size);
}

static int zsock_naming_recvmsg(struct socket *sock, struct msghdr *msg,
				size_t size, int flags)
{
	long timeo = sock_rcvtimeo(sock->sk, flags & MSG_DONTWAIT);
	int err = 0;

	if (sock->type == SOCK_STREAM)
		err = zsock_naming_await(zsock_sk(sock), timeo);
	return err ?: zsock_naming_next(sock)->recvmsg(sock, msg, size, flags);
}

static ssize_t zsock_naming_splice_read(struct socket *sock, loff_t *ppos,
					struct pipe_inode_info *pipe,
					size_t len, unsigned int flags)
{
	bool nonblock = flags & SPLICE_F_NONBLOCK ||
			(sock->file && sock->file->f_flags & O_NONBLOCK);
	int err;

	err = zsock_naming_await(zsock_sk(sock),
				 sock_rcvtimeo(sock->sk, nonblock));
	return err ?: zsock_naming_next(sock)->splice_read(sock, ppos, pipe,
							   len, flags);
}

static int zsock_naming_shutdown(struct socket *sock, int how)
{
	if (how >= SHUT_RD && how <= SHUT_RDWR &&
	    zsock_naming_stop(zsock_sk(sock), -ECONNRESET))
		return 0;
	return zsock_naming_next(sock)->shutdown(sock, how);
}

/* On top of everything. */
void zsock_naming_override(struct proto_ops *ops)
{
	ops->poll = zsock_naming_poll;
	ops->sendmsg = zsock_naming_sendmsg;
	ops->recvmsg = zsock_naming_recvmsg;
	if (ops->splice_read)
		ops->splice_read = zsock_naming_splice_read;
	ops->shutdown = zsock_naming_shutdown;
}
