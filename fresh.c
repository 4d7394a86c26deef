// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of a socket that has no inner socket yet: each makes one and goes
 * on to it. By the time that dispatch returns 0 there is a table, whoever won.
 */
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/splice.h>

#include "names/naming.h"
#include "trace.h"
#include "zsock_int.h"

/* Not sock->ops, which is written after the table that dispatch looks at. */
static const struct proto_ops *zsock_ops(const struct socket *sock)
{
	return &zsock_table(zsock_sk(sock))->ops;
}

static int zsock_fresh_release(struct socket *sock)
{
	struct zsock_sock *zs = zsock_sk(sock);

	if (!zs)
		return 0;
	zsock_naming_close(zs);
	/* A name's worker may have had a connection for it until then. */
	if (zsock_table(zs))
		return zsock_ops(sock)->release(sock);
	trace_zsock_release(zs);
	zsock_unlist(zs);
	zsock_stat_inc(zs->zn, CLOSED);
	if (zs->handler->proto->close)
		zs->handler->proto->close(sock);
	sock->sk = NULL;
	zsock_sock_free(zs);
	return 0;
}

static int zsock_fresh_bind(struct socket *sock, struct zsock_addr *addr,
			    int len)
{
	struct zsock_sock *zs = zsock_sk(sock);
	int family;
	int err;

	err = zsock_first_address(zs, addr, len, &family);
	if (err)
		return err;
	/* Binding to AF_UNSPEC is an old way to say INADDR_ANY. */
	if (!zs->domain && !zs->handler->proto->domains && !family)
		family = AF_INET;
	err = zsock_dispatch(sock, family);
	return err ?: zsock_ops(sock)->bind(sock, addr, len);
}

static int zsock_fresh_connect(struct socket *sock, struct zsock_addr *addr,
			       int len, int flags)
{
	struct zsock_sock *zs = zsock_sk(sock);
	int family;
	int err;

	if (zsock_is_name(addr, len) && !zsock_socks5_on(zs)) {
		err = zsock_name_connect(sock, addr, len, flags);
		if (err != ZSOCK_NAME_PROXIED)
			return err;
	}
	if (zsock_socks5_on(zs))
		err = zsock_naming_passes(zs, addr, len) ?:
		      zsock_socks5_dispatch(sock, addr, len);
	else
		err = zsock_first_address(zs, addr, len, &family) ?:
		      zsock_naming_passes(zs, addr, len) ?:
		      zsock_dispatch_addr(sock, family, addr, len);
	return err ?: zsock_ops(sock)->connect(sock, addr, len, flags);
}

static int zsock_fresh_accept(struct socket *sock, struct socket *newsock,
			      ZSOCK_ACCEPT_ARGS)
{
	int err = zsock_dispatch(sock, AF_UNSPEC);

	return err ?: zsock_ops(sock)->accept(sock, newsock, ZSOCK_ACCEPT_PASS);
}

/* There is no peer; asking for one, as SO_PEERNAME does, settles nothing. */
static int zsock_fresh_getname(struct socket *sock, struct sockaddr *addr,
			       int peer)
{
	int err;

	if (peer && !zsock_table(zsock_sk(sock)))
		return -ENOTCONN;
	err = zsock_dispatch(sock, AF_UNSPEC);
	return err ?: zsock_ops(sock)->getname(sock, addr, peer);
}

/*
 * Does not dispatch: the answer is known, and the wait queue is the outer
 * socket's for good. A stream socket that is neither connected
 * nor listening is hung up.
 */
static __poll_t zsock_fresh_poll(struct file *file, struct socket *sock,
				 struct poll_table_struct *wait)
{
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	sock_poll_wait(file, sock, wait);
	/* Dispatched before that: an event may have come before it, too. */
	if (zsock_naming_busy(zsock_sk(sock)))
		return 0;
	if (zsock_table(zsock_sk(sock)))
		return zsock_ops(sock)->poll(file, sock, NULL);
	/* No connection came of it. */
	if (READ_ONCE(sock->sk->sk_err))
		mask |= EPOLLERR | EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (sock->type == SOCK_STREAM)
		mask |= EPOLLHUP;
	else
		mask |= EPOLLWRBAND;
	return mask;
}

static int zsock_fresh_ioctl(struct socket *sock, unsigned int cmd,
			     unsigned long arg)
{
	int err = zsock_dispatch(sock, AF_UNSPEC);

	return err ?: zsock_ops(sock)->ioctl(sock, cmd, arg);
}

#ifdef CONFIG_COMPAT
static int zsock_fresh_compat_ioctl(struct socket *sock, unsigned int cmd,
				    unsigned long arg)
{
	int err = zsock_dispatch(sock, AF_UNSPEC);

	if (err)
		return err;
	if (!zsock_ops(sock)->compat_ioctl)
		return -ENOIOCTLCMD;
	return zsock_ops(sock)->compat_ioctl(sock, cmd, arg);
}
#endif

static int zsock_fresh_gettstamp(struct socket *sock, void __user *userstamp,
				 bool timeval, bool time32)
{
	int err = zsock_dispatch(sock, AF_UNSPEC);

	if (err)
		return err;
	if (!zsock_ops(sock)->gettstamp)
		return -ENOIOCTLCMD;
	return zsock_ops(sock)->gettstamp(sock, userstamp, timeval, time32);
}

static int zsock_fresh_listen(struct socket *sock, int backlog)
{
	int err = zsock_dispatch(sock, AF_UNSPEC);

	return err ?: zsock_ops(sock)->listen(sock, backlog);
}

static int zsock_fresh_shutdown(struct socket *sock, int how)
{
	int err;

	if (how >= SHUT_RD && how <= SHUT_RDWR &&
	    zsock_naming_stop(zsock_sk(sock), -ECONNRESET))
		return 0;
	err = zsock_dispatch(sock, AF_UNSPEC);
	return err ?: zsock_ops(sock)->shutdown(sock, how);
}

/* Data has to wait for a connection that is being made to a host by its name. */
static int zsock_fresh_await(struct zsock_sock *zs, bool nonblock, bool send)
{
	const struct sock *sk = zs->sock->sk;

	if (zs->sock->type != SOCK_STREAM)
		return 0;
	return zsock_naming_await(zs, send ? sock_sndtimeo(sk, nonblock) :
					     sock_rcvtimeo(sk, nonblock));
}

/* Only a datagram's address says anything; a stream's is for fast open. */
static int zsock_fresh_sendmsg(struct socket *sock, struct msghdr *msg,
			       size_t size)
{
	struct zsock_sock *zs = zsock_sk(sock);
	int family = AF_UNSPEC;
	void *to = NULL;
	int err;

	if (sock->type != SOCK_STREAM || msg->msg_flags & MSG_FASTOPEN)
		to = msg->msg_name;
	/* It would go past the proxy. */
	if (msg->msg_flags & MSG_FASTOPEN && zsock_socks5_on(zs))
		return -EOPNOTSUPP;
	if (to && zsock_is_name(to, msg->msg_namelen))
		return sock->type == SOCK_DGRAM ?
		       zsock_name_sendmsg(sock, msg) : -EOPNOTSUPP;
	err = zsock_fresh_await(zs, msg->msg_flags & MSG_DONTWAIT, true);
	if (!err && to)
		err = zsock_first_address(zs, to, msg->msg_namelen, &family);
	if (!err)
		err = zsock_dispatch_addr(sock, family, to, msg->msg_namelen);
	return err ?: zsock_ops(sock)->sendmsg(sock, msg, size);
}

static int zsock_fresh_recvmsg(struct socket *sock, struct msghdr *msg,
			       size_t size, int flags)
{
	int err = zsock_fresh_await(zsock_sk(sock), flags & MSG_DONTWAIT,
				    false) ?:
		  zsock_dispatch(sock, AF_UNSPEC);

	return err ?: zsock_ops(sock)->recvmsg(sock, msg, size, flags);
}

/*
 * Under mmap_lock, inside which no sk may be locked: no dispatch. The handler
 * may know an answer all the same.
 */
static int zsock_fresh_mmap(struct file *file, struct socket *sock,
			    struct vm_area_struct *vma)
{
	struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_proto *proto = zs->handler->proto;

	if (zsock_table(zs))
		return zsock_ops(sock)->mmap(file, sock, vma);
	return proto->mmap ? proto->mmap(file, sock, vma) : -ENODEV;
}

static ssize_t zsock_fresh_splice_read(struct socket *sock, loff_t *ppos,
				       struct pipe_inode_info *pipe, size_t len,
				       unsigned int flags)
{
	bool nonblock = flags & SPLICE_F_NONBLOCK ||
			(sock->file && sock->file->f_flags & O_NONBLOCK);
	int err = zsock_fresh_await(zsock_sk(sock), nonblock, false) ?:
		  zsock_dispatch(sock, AF_UNSPEC);

	if (err)
		return err;
	if (!zsock_ops(sock)->splice_read)
		return copy_splice_read(sock->file, ppos, pipe, len, flags);
	return zsock_ops(sock)->splice_read(sock, ppos, pipe, len, flags);
}

/* Called on the placeholder, and on the inner sk by whoever came too late. */
static int zsock_fresh_set_peek_off(struct sock *sk, int val)
{
	WRITE_ONCE(sk->sk_peek_off, val);
	return 0;
}

static void zsock_fresh_show_fdinfo(struct seq_file *m, struct socket *sock)
{
	seq_printf(m, "zsock-handler:\t%s\n",
		   zsock_sk(sock)->handler->proto->name);
}

/*
 * Calls that the kernel makes with the sk locked (read_sock, sendmsg_locked,
 * ...) have nothing to act on before dispatch and are left out.
 */
const struct proto_ops zsock_fresh_ops = {
	.family		= PF_ZSOCK,
	.owner		= THIS_MODULE,
	.release	= zsock_fresh_release,
	.bind		= zsock_fresh_bind,
	.connect	= zsock_fresh_connect,
	.socketpair	= zsock_dispatch_pair,
	.accept		= zsock_fresh_accept,
	.getname	= zsock_fresh_getname,
	.poll		= zsock_fresh_poll,
	.ioctl		= zsock_fresh_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= zsock_fresh_compat_ioctl,
#endif
	.gettstamp	= zsock_fresh_gettstamp,
	.listen		= zsock_fresh_listen,
	.shutdown	= zsock_fresh_shutdown,
	.setsockopt	= zsock_call_setsockopt,
	.getsockopt	= zsock_call_getsockopt,
	.show_fdinfo	= zsock_fresh_show_fdinfo,
	.sendmsg	= zsock_fresh_sendmsg,
	.recvmsg	= zsock_fresh_recvmsg,
	.mmap		= zsock_fresh_mmap,
	.splice_read	= zsock_fresh_splice_read,
	.set_peek_off	= zsock_fresh_set_peek_off,
};
