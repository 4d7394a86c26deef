// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of a secure socket that kTLS carries. Its records are data but for a
 * few, which kTLS will not give to a reader who has no place for their type;
 * it says so by -EIO, or -EINVAL to splice(), and control.c takes them.
 */
#include <linux/fs.h>
#include <linux/splice.h>
#include <net/tcp.h>
#include <net/tls.h>
#include <net/tls_prot.h>

#include <asm/ioctls.h>

#include "tls.h"

/* ---- receiving ---- */

/*
 * Nothing more came. An end that the peer did not announce may be anybody's
 * doing.
 */
static int zsock_tls_rx_eof(struct socket *sock, struct zsock_tls *tls)
{
	if (READ_ONCE(tls->rx_end))
		return READ_ONCE(tls->rx_error);
	if (READ_ONCE(tls->rx_shut))
		return 0;
	return zsock_tls_rx_broken(tls, -ECONNRESET);
}

/* What to do about an error of kTLS: 0 to try again, or what to return. */
static int zsock_tls_rx_error(struct socket *sock, struct zsock_tls *tls,
			      int err, bool *again)
{
	*again = false;
	switch (err) {
	case -EIO:
		err = zsock_tls_control(sock, tls);
		*again = err == ZSOCK_TLS_AGAIN || err == ZSOCK_TLS_NOTHING;
		return *again ? 0 : err;
	case -EBADMSG:
		return zsock_tls_fatal(sock, tls, TLS_ALERT_DESC_BAD_RECORD_MAC,
				       err);
	case -EMSGSIZE:
		return zsock_tls_fatal(sock, tls,
				       TLS_ALERT_DESC_RECORD_OVERFLOW, err);
	default:
		return err;
	}
}

/* kTLS's recvmsg() without a place for a record's type. */
static int zsock_tls_rx(struct socket *sock, struct msghdr *msg, size_t size,
			int flags)
{
	void *control = msg->msg_control;
	size_t controllen = msg->msg_controllen;
	int ret;

	msg->msg_control = NULL;
	msg->msg_controllen = 0;
	ret = zsock_inner_ops(sock)->recvmsg(sock, msg, size, flags);
	msg->msg_control = control;
	msg->msg_controllen = controllen;
	/* The type found no place; records are nothing to a stream. */
	msg->msg_flags &= ~(MSG_CTRUNC | MSG_EOR);
	return ret;
}

/* Data, the end, or an error; a record of another kind is taken care of. */
static int zsock_tls_rx_some(struct socket *sock, struct zsock_tls *tls,
			     struct msghdr *msg, size_t size, int flags)
{
	bool again;
	int ret;

	do {
		if (unlikely(READ_ONCE(tls->rx_end)))
			return READ_ONCE(tls->rx_error);
		ret = zsock_tls_rx(sock, msg, size, flags);
		if (likely(ret > 0)) {
			if (unlikely(!tls->rx_data || tls->ncontrol)) {
				WRITE_ONCE(tls->rx_data, true);
				WRITE_ONCE(tls->ncontrol, 0);
			}
			return ret;
		}
		if (!ret)
			return size ? zsock_tls_rx_eof(sock, tls) : 0;
		ret = zsock_tls_rx_error(sock, tls, ret, &again);
	} while (again);
	return ret;
}

static int zsock_tls_recvmsg(struct socket *sock, struct msghdr *msg,
			     size_t size, int flags)
{
	struct zsock_tls *tls = zsock_priv(sock);
	size_t copied;
	int ret;

	if (unlikely(flags & MSG_ERRQUEUE))
		return zsock_inner_ops(sock)->recvmsg(sock, msg, size, flags);
	if (unlikely(flags & MSG_OOB))
		return -EINVAL;
	ret = zsock_tls_rx_some(sock, tls, msg, size, flags);
	if (likely(!(flags & MSG_WAITALL)) || ret <= 0 || flags & MSG_PEEK)
		return ret;
	/* It stops at every record that is no data. */
	for (copied = ret; copied < size; copied += ret) {
		if (sock_flag(sock->sk, SOCK_DONE) || signal_pending(current))
			break;
		ret = zsock_tls_rx_some(sock, tls, msg, size - copied, flags);
		if (ret <= 0)
			break;
	}
	return copied;
}

static ssize_t zsock_tls_splice_read(struct socket *sock, loff_t *ppos,
				     struct pipe_inode_info *pipe, size_t len,
				     unsigned int flags)
{
	struct zsock_tls *tls = zsock_priv(sock);
	ssize_t ret;
	int control;

	if (sock->file && sock->file->f_flags & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	for (;;) {
		if (READ_ONCE(tls->rx_end))
			return READ_ONCE(tls->rx_error);
		ret = zsock_inner_ops(sock)->splice_read(sock, ppos, pipe, len,
							 flags);
		if (ret > 0)
			return ret;
		if (!ret)
			return len ? zsock_tls_rx_eof(sock, tls) : 0;
		if (ret != -EINVAL)
			return ret;
		control = zsock_tls_control(sock, tls);
		if (control == ZSOCK_TLS_NOTHING)
			return ret;
		if (control != ZSOCK_TLS_AGAIN)
			return control;
	}
}

static __poll_t zsock_tls_poll(struct file *file, struct socket *sock,
			       struct poll_table_struct *wait)
{
	struct zsock_tls *tls = zsock_priv(sock);
	__poll_t mask = zsock_inner_ops(sock)->poll(file, sock, wait);

	while (mask & EPOLLIN && zsock_tls_rx_expects(tls)) {
		if (zsock_tls_control(sock, tls) != ZSOCK_TLS_AGAIN)
			break;
		mask = zsock_inner_ops(sock)->poll(file, sock, NULL);
	}
	if (READ_ONCE(tls->rx_end))
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	return mask;
}

/* ---- sending ---- */

/*
 * No record types of a program's own, and none of the flags that TCP takes and
 * does nothing about.
 */
static int zsock_tls_sendmsg(struct socket *sock, struct msghdr *msg,
			     size_t size)
{
	struct sock *sk = sock->sk;

	/* kTLS would take it, and fail later. */
	if (unlikely(READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN))
		return sk_stream_error(sk, msg->msg_flags, -EPIPE);
	if (unlikely(msg->msg_controllen))
		msg->msg_controllen = 0;
	msg->msg_flags &= ~(MSG_CONFIRM | MSG_DONTROUTE);
	if (unlikely(msg->msg_flags & MSG_ZEROCOPY) &&
	    !sock_flag(sk, SOCK_ZEROCOPY))
		msg->msg_flags &= ~MSG_ZEROCOPY;
	return zsock_inner_ops(sock)->sendmsg(sock, msg, size);
}

static int zsock_tls_shutdown(struct socket *sock, int how)
{
	struct zsock_tls *tls = zsock_priv(sock);

	if (how == SHUT_WR || how == SHUT_RDWR)
		zsock_tls_send_close(sock, tls);
	if (how == SHUT_RD || how == SHUT_RDWR)
		WRITE_ONCE(tls->rx_shut, true);
	return zsock_inner_ops(sock)->shutdown(sock, how);
}

/* ---- the rest ---- */

/* How much can be read without waiting, as far as one record goes. */
static int zsock_tls_readable(struct socket *sock)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_len = TLS_MAX_PAYLOAD_SIZE };
	int ret;

	vec.iov_base = kvmalloc(vec.iov_len, GFP_KERNEL);
	if (!vec.iov_base)
		return -ENOMEM;
	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, vec.iov_len);
	ret = zsock_tls_recvmsg(sock, &msg, vec.iov_len,
				MSG_PEEK | MSG_DONTWAIT);
	kvfree_sensitive(vec.iov_base, vec.iov_len);
	return max(ret, 0);
}

static int zsock_tls_ioctl(struct socket *sock, unsigned int cmd,
			   unsigned long arg)
{
	int n;

	if (cmd != SIOCINQ)
		return zsock_inner_ops(sock)->ioctl(sock, cmd, arg);
	n = zsock_tls_readable(sock);
	return n < 0 ? n : put_user(n, (int __user *)arg);
}

void zsock_tls_override_records(struct proto_ops *ops)
{
	ops->connect = zsock_tls_connect;
	ops->poll = zsock_tls_poll;
	ops->ioctl = zsock_tls_ioctl;
	ops->shutdown = zsock_tls_shutdown;
	ops->sendmsg = zsock_tls_sendmsg;
	ops->recvmsg = zsock_tls_recvmsg;
	ops->splice_read = zsock_tls_splice_read;
	/* kTLS leaves these TCP's own, which would be of ciphertext. */
	ops->mmap = sock_no_mmap;
	ops->sendmsg_locked = NULL;
	ops->read_sock = NULL;
	ops->read_skb = NULL;
	ops->peek_len = NULL;
}
