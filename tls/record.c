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

#include <asm/ioctls.h>

#include "tls.h"

/* ---- receiving ---- */

/*
 * kTLS says 0 at TCP's end of file, and for records without data: look what
 * comes next. Return: whether to try again, else *@ret is the answer. An end
 * that the peer did not announce may be anybody's doing.
 */
static bool zsock_tls_rx_eof(struct socket *sock, struct zsock_tls *tls,
			     int *ret)
{
	struct sock *sk = sock->sk;

	*ret = zsock_tls_control(sock, tls);
	if (*ret == ZSOCK_TLS_AGAIN || *ret == ZSOCK_TLS_DATA)
		return true;
	if (*ret != ZSOCK_TLS_NOTHING)
		return false;
	if (!(READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) &&
	    !sock_flag(sk, SOCK_DONE))
		return true;
	*ret = READ_ONCE(tls->rx_shut) ? 0 :
					 zsock_tls_rx_broken(tls, -ECONNRESET);
	return false;
}

/* kTLS said *@ret, an error. Return: whether to try again. */
static bool zsock_tls_rx_error(struct socket *sock, struct zsock_tls *tls,
			       int *ret)
{
	if (*ret != -EIO) {
		*ret = zsock_tls_rx_fault(sock, tls, *ret);
		return false;
	}
	*ret = zsock_tls_control(sock, tls);
	return *ret > 0;
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
	ret = __zsock_inner_ops(sock)->recvmsg(sock, msg, size, flags);
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
		if (unlikely(zsock_tls_rx_ended(tls)))
			return tls->rx_error;
		ret = zsock_tls_rx(sock, msg, size, flags);
		if (likely(ret > 0)) {
			if (unlikely(!tls->rx_data || tls->ncontrol)) {
				WRITE_ONCE(tls->rx_data, true);
				WRITE_ONCE(tls->ncontrol, 0);
			}
			return ret;
		}
		again = ret ? zsock_tls_rx_error(sock, tls, &ret) :
			      zsock_tls_rx_eof(sock, tls, &ret);
	} while (again);
	return ret;
}

/* No bytes are wanted, but TCP waits for one to be there all the same. */
static int zsock_tls_rx_nothing(struct socket *sock, struct zsock_tls *tls,
				int flags)
{
	struct msghdr msg = { };
	struct kvec vec;
	u8 byte;
	int ret;

	vec.iov_base = &byte;
	vec.iov_len = 1;
	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, 1);
	ret = zsock_tls_rx_some(sock, tls, &msg, 1,
				(flags & MSG_DONTWAIT) | MSG_PEEK);
	return min(ret, 0);
}

static int zsock_tls_recvmsg(struct socket *sock, struct msghdr *msg,
			     size_t size, int flags)
{
	struct zsock_tls *tls = __zsock_priv(sock);
	size_t copied;
	int ret;

	if (unlikely(flags & MSG_ERRQUEUE))
		return zsock_inner_ops(sock)->recvmsg(sock, msg, size, flags);
	if (unlikely(flags & MSG_OOB))
		return -EINVAL;
	if (unlikely(!size))
		return zsock_tls_rx_nothing(sock, tls, flags);
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

/* As zsock_tls_rx_error(), but kTLS says -EINVAL here. */
static bool zsock_tls_splice_error(struct socket *sock, struct zsock_tls *tls,
				   int *ret)
{
	if (*ret == -EINVAL)
		*ret = -EIO;
	return zsock_tls_rx_error(sock, tls, ret);
}

static ssize_t zsock_tls_splice_read(struct socket *sock, loff_t *ppos,
				     struct pipe_inode_info *pipe, size_t len,
				     unsigned int flags)
{
	struct zsock_tls *tls = zsock_priv(sock);
	ssize_t spliced;
	bool again;
	int ret;

	if (!len)
		return 0;
	if (sock->file && sock->file->f_flags & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	do {
		if (zsock_tls_rx_ended(tls))
			return tls->rx_error;
		spliced = zsock_inner_ops(sock)->splice_read(sock, ppos, pipe,
							     len, flags);
		if (spliced > 0)
			return spliced;
		ret = spliced;
		again = ret ? zsock_tls_splice_error(sock, tls, &ret) :
			      zsock_tls_rx_eof(sock, tls, &ret);
	} while (again);
	return ret;
}

/*
 * Without a copy, and without waiting: @actor gets decrypted sk_buffs. What it
 * could not be given that way, -EOPNOTSUPP, zsock_tls_recvmsg() has.
 */
int zsock_tls_read_sock(struct socket *sock, read_descriptor_t *desc,
			sk_read_actor_t actor)
{
	struct zsock_tls *tls = zsock_priv(sock);
	const struct proto_ops *ops = zsock_inner_ops(sock);
	struct sock *sk = sock->sk;
	bool again;
	int ret;

	if (!ops->read_sock)
		return -EOPNOTSUPP;
	do {
		if (zsock_tls_rx_ended(tls))
			return tls->rx_error;
		lock_sock(sk);
		ret = ops->read_sock(sk, desc, actor);
		release_sock(sk);
		if (ret > 0) {
			WRITE_ONCE(tls->rx_data, true);
			WRITE_ONCE(tls->ncontrol, 0);
			return ret;
		}
		/* A record that is no data, or a psock. */
		if (ret == -EINVAL) {
			ret = zsock_tls_control(sock, tls);
			if (ret == ZSOCK_TLS_DATA || ret == ZSOCK_TLS_NOTHING)
				return -EOPNOTSUPP;
			again = ret > 0;
		} else {
			again = ret ? zsock_tls_rx_error(sock, tls, &ret) :
				      zsock_tls_rx_eof(sock, tls, &ret);
		}
	} while (again);
	return ret;
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
	if (zsock_tls_rx_ended(tls))
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	return mask;
}

/* ---- sending ---- */

/*
 * Whoever ends the sending has to know whether somebody is at it, and may be for
 * long. Either this sees the end, or the end sees this.
 */
static bool zsock_tls_tx_enter(struct zsock_tls *tls)
{
	atomic_inc(&tls->senders);
	/* Pairs with test_and_set_bit() in zsock_tls_send_last(). */
	smp_mb__after_atomic();
	return !test_bit(0, &tls->tx_end);
}

static void zsock_tls_tx_leave(struct zsock_tls *tls)
{
	atomic_dec(&tls->senders);
}

/* What kTLS knows; it refuses others that TCP takes and does nothing about. */
#define ZSOCK_TLS_TX_FLAGS						\
	(MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_CMSG_COMPAT |	\
	 MSG_SPLICE_PAGES | MSG_EOR | MSG_SENDPAGE_NOPOLICY)

/* No record types of a program's own. */
static int zsock_tls_sendmsg(struct socket *sock, struct msghdr *msg,
			     size_t size)
{
	struct zsock_tls *tls = __zsock_priv(sock);
	struct sock *sk = sock->sk;
	int ret;

	if (unlikely(msg->msg_controllen))
		msg->msg_controllen = 0;
	if (unlikely(msg->msg_flags & MSG_OOB ||
		     (msg->msg_flags & MSG_ZEROCOPY &&
		      sock_flag(sk, SOCK_ZEROCOPY))))
		return -EOPNOTSUPP;
	msg->msg_flags &= ZSOCK_TLS_TX_FLAGS;
	/* kTLS would take what comes too late, and fail afterwards. */
	if (zsock_tls_tx_enter(tls) &&
	    likely(!(READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)))
		ret = size > TLS_MAX_PAYLOAD_SIZE ?
		      zsock_tls_tx_several(sock, tls, msg, size) :
		      __zsock_inner_ops(sock)->sendmsg(sock, msg, size);
	else
		ret = sk_stream_error(sk, msg->msg_flags, -EPIPE);
	zsock_tls_tx_leave(tls);
	return ret;
}

static void zsock_tls_splice_eof(struct socket *sock)
{
	struct zsock_tls *tls = zsock_priv(sock);

	if (zsock_tls_tx_enter(tls))
		zsock_inner_ops(sock)->splice_eof(sock);
	zsock_tls_tx_leave(tls);
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
int zsock_tls_readable(struct socket *sock)
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
	ops->setsockopt = zsock_tls_pass_setsockopt;
	ops->getsockopt = zsock_tls_pass_getsockopt;
	ops->poll = zsock_tls_poll;
	ops->ioctl = zsock_tls_ioctl;
	ops->shutdown = zsock_tls_shutdown;
	ops->sendmsg = zsock_tls_sendmsg;
	ops->recvmsg = zsock_tls_recvmsg;
	ops->splice_read = zsock_tls_splice_read;
	if (ops->splice_eof)
		ops->splice_eof = zsock_tls_splice_eof;
	/* kTLS leaves these TCP's own, which would be of ciphertext. */
	ops->mmap = sock_no_mmap;
	ops->sendmsg_locked = NULL;
	ops->read_sock = NULL;
	ops->read_skb = NULL;
	ops->peek_len = NULL;
}
