// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of a secure socket that kTLS does not carry yet: no byte of a program's
 * goes to TCP, and none of TCP's to the program.
 */
#include <linux/fs.h>
#include <linux/splice.h>
#include <net/inet_common.h>
#include <net/tcp.h>

#include <asm/ioctls.h>

#include "tls.h"

/*
 * The calls that the socket has by now. They are others than this file's when
 * the state says that it is open.
 */
static const struct proto_ops *zsock_tls_now(const struct socket *sock)
{
	return READ_ONCE(sock->ops);
}

/* Until there is a connection: 0, or why there is none. */
static int zsock_tls_await_open(struct zsock_tls *tls, long timeo)
{
	int err = zsock_tls_wait(tls, &timeo);

	if (err)
		return err;
	switch (zsock_tls_state(tls)) {
	case ZSOCK_TLS_OPEN:
		return 0;
	case ZSOCK_TLS_FAILED:
		return zsock_tls_failure(tls);
	default:
		return -ENOTCONN;
	}
}

static int zsock_tls_wait_sendmsg(struct socket *sock, struct msghdr *msg,
				  size_t size)
{
	struct zsock_tls *tls = zsock_priv(sock);
	struct sock *sk = sock->sk;
	int err;

	if (msg->msg_flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	err = zsock_tls_await_open(tls, sock_sndtimeo(sk, msg->msg_flags &
						      MSG_DONTWAIT));
	if (!err)
		return zsock_tls_now(sock)->sendmsg(sock, msg, size);
	/* TCP says so, and sends a signal with it. */
	return err == -ENOTCONN ? sk_stream_error(sk, msg->msg_flags, -EPIPE) :
				  err;
}

static int zsock_tls_wait_recvmsg(struct socket *sock, struct msghdr *msg,
				  size_t size, int flags)
{
	struct zsock_tls *tls = zsock_priv(sock);
	struct sock *sk = sock->sk;
	int err;

	if (flags & MSG_ERRQUEUE)
		return zsock_inner_ops(sock)->recvmsg(sock, msg, size, flags);
	err = zsock_tls_await_open(tls, sock_rcvtimeo(sk, flags &
						      MSG_DONTWAIT));
	return err ?: zsock_tls_now(sock)->recvmsg(sock, msg, size, flags);
}

static ssize_t zsock_tls_wait_splice_read(struct socket *sock, loff_t *ppos,
					  struct pipe_inode_info *pipe,
					  size_t len, unsigned int flags)
{
	struct zsock_tls *tls = zsock_priv(sock);
	bool nonblock = flags & SPLICE_F_NONBLOCK ||
			(sock->file && sock->file->f_flags & O_NONBLOCK);
	int err;

	err = zsock_tls_await_open(tls, sock_rcvtimeo(sock->sk, nonblock));
	return err ?: zsock_tls_now(sock)->splice_read(sock, ppos, pipe, len,
						       flags);
}

/* A connection that is not there yet is ready for nothing. */
static __poll_t zsock_tls_wait_poll(struct file *file, struct socket *sock,
				    struct poll_table_struct *wait)
{
	struct zsock_tls *tls = zsock_priv(sock);

	sock_poll_wait(file, sock, wait);
	switch (zsock_tls_state(tls)) {
	case ZSOCK_TLS_OPEN:
		return zsock_tls_now(sock)->poll(file, sock, NULL);
	case ZSOCK_TLS_HANDSHAKING:
		return 0;
	case ZSOCK_TLS_CONNECTING:
		/* Its failure is TCP's to tell, its success is not. */
		if (inet_sk_state_load(sock->sk) != TCP_CLOSE)
			return 0;
		break;
	case ZSOCK_TLS_LISTEN:
		if (inet_sk_state_load(sock->sk) != TCP_LISTEN)
			break;
		return zsock_tls_acceptable(tls) ? EPOLLIN | EPOLLRDNORM : 0;
	}
	return zsock_inner_ops(sock)->poll(file, sock, NULL);
}

static int zsock_tls_wait_shutdown(struct socket *sock, int how)
{
	struct zsock_tls *tls = zsock_priv(sock);
	int err;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	zsock_tls_abandon(tls, -ECONNABORTED);
	if (zsock_tls_state(tls) == ZSOCK_TLS_OPEN)
		return zsock_tls_now(sock)->shutdown(sock, how);
	err = zsock_inner_ops(sock)->shutdown(sock, how);
	/* One that began in between has nothing left to talk over. */
	zsock_tls_abandon(tls, -ECONNABORTED);
	if (!err && zsock_tls_state(tls) == ZSOCK_TLS_LISTEN &&
	    inet_sk_state_load(sock->sk) != TCP_LISTEN) {
		zsock_tls_listen_stop(tls);
		mutex_lock(&tls->lock);
		/* Unless another thread has it listen again. */
		if (inet_sk_state_load(sock->sk) != TCP_LISTEN)
			zsock_tls_set_state(tls, ZSOCK_TLS_IDLE);
		mutex_unlock(&tls->lock);
	}
	return err;
}

/* TCP's count is of what the handshake reads. */
static int zsock_tls_wait_ioctl(struct socket *sock, unsigned int cmd,
				unsigned long arg)
{
	struct zsock_tls *tls = zsock_priv(sock);

	if (zsock_tls_state(tls) == ZSOCK_TLS_OPEN)
		return zsock_tls_now(sock)->ioctl(sock, cmd, arg);
	if (cmd == SIOCINQ && zsock_tls_state(tls) == ZSOCK_TLS_HANDSHAKING)
		return put_user(0, (int __user *)arg);
	return zsock_inner_ops(sock)->ioctl(sock, cmd, arg);
}

void zsock_tls_override_waiting(struct proto_ops *ops)
{
	ops->connect = zsock_tls_connect;
	ops->listen = zsock_tls_listen;
	ops->setsockopt = zsock_tls_pass_setsockopt;
	ops->getsockopt = zsock_tls_pass_getsockopt;
	ops->poll = zsock_tls_wait_poll;
	ops->ioctl = zsock_tls_wait_ioctl;
	ops->shutdown = zsock_tls_wait_shutdown;
	ops->sendmsg = zsock_tls_wait_sendmsg;
	ops->recvmsg = zsock_tls_wait_recvmsg;
	ops->splice_read = zsock_tls_wait_splice_read;
	/* What goes past all that. */
	ops->mmap = sock_no_mmap;
	ops->splice_eof = NULL;
	ops->sendmsg_locked = NULL;
	ops->read_sock = NULL;
	ops->read_skb = NULL;
	ops->peek_len = NULL;
}
