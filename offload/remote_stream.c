// SPDX-License-Identifier: GPL-2.0
/* Streams behind a pipe: sending, receiving, polling. */
#include <linux/in.h>
#include <linux/poll.h>
#include <linux/tcp.h>
#include <net/tcp_states.h>

#include "remote.h"

/* ---- sending ---- */

/* What may be sent at once: 0 or a negative errno while there is a reason. */
static int zsock_stream_may_send(struct zsock_rsk *rs)
{
	struct sock *sk = &rs->sk;

	if (READ_ONCE(sk->sk_err))
		return sock_error(sk) ?: -EPIPE;
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		return -EPIPE;
	switch (READ_ONCE(sk->sk_state)) {
	case TCP_ESTABLISHED:
	case TCP_SYN_SENT:
		return 0;
	default:
		return -EPIPE;
	}
}

static bool zsock_stream_sendable(struct zsock_rsk *rs, size_t arg)
{
	struct sock *sk = &rs->sk;

	if (READ_ONCE(sk->sk_err) || READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		return true;
	if (READ_ONCE(sk->sk_state) == TCP_SYN_SENT)
		return false;
	return READ_ONCE(sk->sk_state) != TCP_ESTABLISHED ||
	       READ_ONCE(rs->tx_credit);
}

/* One message: a small one in a piece, of a large one the data in pages. */
static struct sk_buff *zsock_stream_skb(struct zsock_rsk *rs,
					struct msghdr *msg, u32 len)
{
	size_t before = sizeof(struct zoff_hdr);
	size_t head = 0;

	if (len < ZSOCK_TX_PAGES)
		head = min_t(size_t, len, SKB_MAX_HEAD(before));
	return zsock_rsk_skb(rs, msg, before, head, len);
}

/* @n bytes, for which there is credit: 0 or an errno. */
static int zsock_stream_queue(struct zsock_rsk *rs, struct msghdr *msg, u32 n,
			      u16 flags)
{
	struct sk_buff *skb;
	int err;

	skb = zsock_stream_skb(rs, msg, n);
	if (IS_ERR(skb)) {
		zsock_rsk_unclaim(rs, n);
		return PTR_ERR(skb);
	}
	zsock_message_seal(skb, ZOFF_DATA, rs->id, 0);
	((struct zoff_hdr *)skb->data)->flags = cpu_to_le16(flags);
	err = zsock_tx_data(rs, skb);
	return err == -EPIPE ? zsock_stream_may_send(rs) ?: err : err;
}

/* What the next ZOFF_DATA of @msg says, if the other side knows it. */
static u16 zsock_stream_flags(struct zsock_rsk *rs, struct msghdr *msg)
{
	bool urgent = msg->msg_flags & MSG_OOB && msg_data_left(msg) == 1;
	bool more = msg->msg_flags & MSG_MORE && !urgent &&
		    rs->pipe->features & ZOFF_F_MORE;

	if (more != READ_ONCE(rs->held))
		WRITE_ONCE(rs->held, more);
	if (urgent)
		return ZOFF_DATA_URGENT;
	return more ? ZOFF_DATA_MORE : 0;
}

/* Bytes that go together: of urgent data the last is one alone. */
static size_t zsock_stream_left(struct msghdr *msg)
{
	size_t left = msg_data_left(msg);

	return msg->msg_flags & MSG_OOB && left > 1 ? left - 1 : left;
}

static bool zsock_stream_may_urge(const struct zsock_rsk *rs)
{
	return rs->pipe->features & ZOFF_F_URGENT &&
	       rs->protocol == IPPROTO_TCP;
}

/* As much as goes into one message: bytes, 0 to wait for credit, an errno. */
static int zsock_stream_send(struct zsock_rsk *rs, struct msghdr *msg,
			     long timeo)
{
	struct sock *sk = &rs->sk;
	u16 flags;
	u32 n;
	int err;

	err = zsock_stream_may_send(rs);
	if (err)
		return err;
	if (READ_ONCE(sk->sk_state) == TCP_SYN_SENT)
		return 0;
	n = min_t(size_t, zsock_stream_left(msg), ZOFF_DATA_MAX);
	n = min_t(u32, n, max(READ_ONCE(sk->sk_sndbuf) / 2, 2048));
	n = zsock_rsk_claim(rs, 1, n);
	if (!n)
		return 0;
	flags = zsock_stream_flags(rs, msg);
	if (!zsock_tx_direct(rs, &msg->msg_iter, n, flags, timeo))
		err = zsock_stream_queue(rs, msg, n, flags);
	if (err)
		return err;
	zsock_remote_netdev_tx(&rs->pipe->remote->netdev, n);
	return n;
}

static int zsock_stream_wait_credit(struct zsock_rsk *rs, long *timeo)
{
	zsock_rsk_want_room(&rs->sk);
	return zsock_rsk_wait(rs, timeo, false, zsock_stream_sendable, 0);
}

/* What has to be right before anything is sent, in TCP's order. */
static int zsock_stream_check(struct zsock_rsk *rs, struct msghdr *msg)
{
	int err;

	if (msg->msg_flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	err = zsock_stream_may_send(rs);
	if (!err && msg->msg_flags & MSG_OOB && !zsock_stream_may_urge(rs))
		err = -EOPNOTSUPP;
	if (!err && msg->msg_controllen)
		err = zsock_rsk_control(rs, msg);
	return err;
}

/* Not with the sk locked: who receives is not held up, nor is close(). */
static int zsock_stream_sendmsg(struct socket *sock, struct msghdr *msg,
				size_t size)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	long timeo = sock_sndtimeo(sock->sk, msg->msg_flags & MSG_DONTWAIT);
	size_t sent = 0;
	int ret;

	ret = zsock_stream_check(rs, msg);
	while (ret >= 0 && msg_data_left(msg)) {
		ret = zsock_stream_send(rs, msg, timeo);
		if (ret > 0)
			sent += ret;
		else if (!ret)
			ret = zsock_stream_wait_credit(rs, &timeo);
	}
	if (sent)
		return sent;
	if (ret == -EPIPE && !(msg->msg_flags & MSG_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	return min(ret, 0);
}

/* More was to follow, and does not. A stream that has none of it has no held. */
static void zsock_stream_splice_eof(struct socket *sock)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct sk_buff *skb;

	if (!READ_ONCE(rs->held))
		return;
	WRITE_ONCE(rs->held, false);
	skb = zsock_message(ZOFF_DATA, rs->id, 0, NULL, 0, NULL, 0);
	if (skb)
		zsock_tx_data(rs, skb);
}

/* ---- receiving: with the sk locked ---- */

/**
 * struct zsock_stream_recv - a call of recvmsg()
 * @msg: where to
 * @flags: MSG_*
 * @size: bytes wanted
 * @copied: bytes done
 * @peeked: bytes passed over or peeked at, from the first on
 */
struct zsock_stream_recv {
	struct msghdr	*msg;
	int		flags;
	size_t		size;
	size_t		copied;
	size_t		peeked;
};

/* What is @skip bytes behind the first that was not read, or NULL. */
static struct sk_buff *zsock_stream_at(struct zsock_rsk *rs, size_t skip,
				       u32 *off, u32 *have)
{
	struct sk_buff *skb;

	spin_lock(&rs->lock);
	skb_queue_walk(&rs->sk.sk_receive_queue, skb) {
		if (zsock_urgent_passed_over(rs, skb))
			continue;
		*off = ZSOCK_RX_CB(skb)->taken;
		*have = ZSOCK_RX_CB(skb)->end - *off;
		if (skip < *have) {
			*off += skip;
			*have -= skip;
			spin_unlock(&rs->lock);
			return skb;
		}
		skip -= *have;
	}
	spin_unlock(&rs->lock);
	return NULL;
}

/* @n bytes of the first @skb were read. More may come to its end meanwhile. */
static void zsock_stream_consume(struct zsock_rsk *rs, struct sk_buff *skb,
				 u32 n)
{
	struct sk_buff_head done;
	u32 passed;
	bool empty;

	__skb_queue_head_init(&done);
	spin_lock(&rs->lock);
	passed = zsock_urgent_consume(rs, skb, n, &done);
	ZSOCK_RX_CB(skb)->taken += n;
	rs->rx_queued -= n;
	empty = ZSOCK_RX_CB(skb)->taken == ZSOCK_RX_CB(skb)->end;
	if (empty)
		skb_unlink(skb, &rs->sk.sk_receive_queue);
	spin_unlock(&rs->lock);
	if (empty)
		consume_skb(skb);
	__skb_queue_purge(&done);
	zsock_rsk_taken(rs, n + passed);
}

/* 1 where something was copied, 0 where there is nothing, or an errno. */
static int zsock_stream_copy(struct zsock_rsk *rs, struct zsock_stream_recv *r)
{
	struct sk_buff *skb;
	u32 off, have, n;
	int err = 0;

	skb = zsock_stream_at(rs, r->peeked, &off, &have);
	if (!skb)
		return 0;
	n = min_t(size_t, have, r->size - r->copied);
	if (!r->copied)
		sock_recv_timestamp(r->msg, &rs->sk, skb);
	if (!(r->flags & MSG_TRUNC))
		err = skb_copy_datagram_msg(skb, off, r->msg, n);
	if (err)
		return err;
	r->copied += n;
	if (r->flags & MSG_PEEK)
		r->peeked += n;
	else if (n)
		zsock_stream_consume(rs, skb, n);
	return 1;
}

static bool zsock_stream_ended(const struct sock *sk)
{
	return READ_ONCE(sk->sk_err) ||
	       READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN ||
	       (READ_ONCE(sk->sk_state) != TCP_ESTABLISHED &&
		READ_ONCE(sk->sk_state) != TCP_SYN_SENT);
}

static bool zsock_stream_readable(struct zsock_rsk *rs, size_t bytes)
{
	return READ_ONCE(rs->rx_queued) >= bytes || zsock_stream_ended(&rs->sk);
}

/*
 * How much has to be there for @target to be met; or a part of it: so much comes
 * before anything of it is taken.
 */
static size_t zsock_stream_need(const struct zsock_stream_recv *r,
				size_t target)
{
	return r->peeked + min_t(size_t, target - r->copied,
				 ZSOCK_PIPE_WINDOW / 2);
}

/* What recv() says where nothing will come: 0 for an end of file. */
static int zsock_stream_end(struct sock *sk)
{
	int err = sock_error(sk);

	if (err || READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		return err;
	return -ENOTCONN;
}

/* Who wants no bytes waits for them like anybody else, as with TCP. */
static int zsock_stream_recv_some(struct zsock_rsk *rs,
				  struct zsock_stream_recv *r)
{
	struct sock *sk = &rs->sk;
	long timeo = sock_rcvtimeo(sk, r->flags & MSG_DONTWAIT);
	size_t target = sock_rcvlowat(sk, r->flags & MSG_WAITALL, r->size);
	int ret, over = 0;

	do {
		/* Reading stops at a mark, and begins there. */
		if (r->copied && READ_ONCE(rs->urg.state) &&
		    zsock_urgent_at(rs, r->peeked))
			break;
		ret = zsock_stream_copy(rs, r);
		if (ret < 0)
			return ret;
		if (ret)
			continue;
		if (r->copied >= target)
			break;
		if (zsock_stream_ended(sk))
			return r->copied ? 0 : zsock_stream_end(sk);
		/* What has come until then is taken. */
		if (over)
			return over;
		zsock_tx_push(rs->pipe);
		over = zsock_rsk_wait(rs, &timeo, true, zsock_stream_readable,
				      zsock_stream_need(r, target));
	} while (r->copied < r->size);
	return over;
}

/* What TCP_INQ asks for: as TCP, something where only the end is left. */
static void zsock_stream_tell_inq(struct zsock_rsk *rs, struct msghdr *msg)
{
	int n = zsock_remote_inq(rs);

	if (!n && READ_ONCE(rs->ended))
		n = 1;
	put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(n), &n);
}

static int zsock_stream_recvmsg(struct socket *sock, struct msghdr *msg,
				size_t size, int flags)
{
	struct zsock_stream_recv r = {
		.msg = msg, .flags = flags, .size = size,
	};
	struct sock *sk = sock->sk;
	int err;

	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;
	lock_sock(sk);
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN) {
		err = -ENOTCONN;
		goto out;
	}
	if (flags & MSG_OOB) {
		err = zsock_urgent_recv(zsock_rsk(sk), msg, size, flags);
		goto out;
	}
	if (flags & MSG_PEEK)
		r.peeked = max(sk_peek_offset(sk, flags), 0);
	err = zsock_stream_recv_some(zsock_rsk(sk), &r);
	if (r.copied) {
		if (flags & MSG_PEEK)
			sk_peek_offset_fwd(sk, r.copied);
		else
			sk_peek_offset_bwd(sk, r.copied);
		err = r.copied;
	}
out:
	release_sock(sk);
	if (err >= 0 && READ_ONCE(zsock_rsk(sk)->inq))
		zsock_stream_tell_inq(zsock_rsk(sk), msg);
	return err;
}

/* ---- poll ---- */

static __poll_t zsock_stream_poll_listener(struct zsock_rsk *rs)
{
	return list_empty_careful(&rs->children) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static __poll_t zsock_stream_poll_in(struct zsock_rsk *rs)
{
	struct sock *sk = &rs->sk;

	if (READ_ONCE(rs->rx_queued) >= sock_rcvlowat(sk, 0, INT_MAX) ||
	    READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		return EPOLLIN | EPOLLRDNORM;
	zsock_tx_push(rs->pipe);
	return 0;
}

static __poll_t zsock_stream_poll_out(struct zsock_rsk *rs)
{
	struct sock *sk = &rs->sk;

	if (READ_ONCE(sk->sk_state) == TCP_SYN_SENT)
		return 0;
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		return EPOLLOUT | EPOLLWRNORM;
	if (READ_ONCE(rs->tx_credit) && sock_writeable(sk))
		return EPOLLOUT | EPOLLWRNORM;
	zsock_rsk_want_room(sk);
	/* It may have come before these were set. */
	smp_mb__after_atomic();
	if (READ_ONCE(rs->tx_credit) && sock_writeable(sk))
		return EPOLLOUT | EPOLLWRNORM;
	return 0;
}

static __poll_t zsock_stream_poll(struct file *file, struct socket *sock,
				  struct poll_table_struct *wait)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct sock *sk = sock->sk;
	__poll_t mask;
	int state;

	sock_poll_wait(file, sock, wait);
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return zsock_stream_poll_listener(rs);
	mask = zsock_stream_poll_in(rs) | zsock_stream_poll_out(rs);
	if (READ_ONCE(rs->urg.state) == ZSOCK_URGENT_VALID)
		mask |= EPOLLPRI;
	state = READ_ONCE(sk->sk_state);
	if (READ_ONCE(sk->sk_shutdown) == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		mask |= EPOLLRDHUP;
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	return mask;
}

static int zsock_stream_accept(struct socket *sock, struct socket *newsock,
			       ZSOCK_ACCEPT_ARGS)
{
	return zsock_remote_accept(sock, newsock,
				   ZSOCK_ACCEPT_FLAGS & O_NONBLOCK);
}

/* What is not given back until it is read has to fit in the window. */
static int zsock_stream_set_rcvlowat(struct sock *sk, int val)
{
	WRITE_ONCE(sk->sk_rcvlowat, min(val, ZSOCK_PIPE_WINDOW / 2) ?: 1);
	/* What is there may be enough now for who polls already. */
	sk->sk_data_ready(sk);
	return 0;
}

const struct proto_ops zsock_remote_stream_ops = {
	.family		= PF_ZSOCK,
	.owner		= THIS_MODULE,
	.release	= zsock_remote_release,
	.bind		= zsock_remote_bind,
	.connect	= zsock_remote_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= zsock_stream_accept,
	.getname	= zsock_remote_getname,
	.poll		= zsock_stream_poll,
	.ioctl		= zsock_remote_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= zsock_remote_listen,
	.shutdown	= zsock_remote_shutdown,
	.setsockopt	= zsock_remote_setsockopt,
	.getsockopt	= zsock_remote_getsockopt,
	.sendmsg	= zsock_stream_sendmsg,
	.recvmsg	= zsock_stream_recvmsg,
	.splice_eof	= zsock_stream_splice_eof,
	.mmap		= sock_no_mmap,
	.set_peek_off	= sk_set_peek_off,
	.set_rcvlowat	= zsock_stream_set_rcvlowat,
};
