// SPDX-License-Identifier: GPL-2.0
/* Datagrams behind a pipe: sending, receiving, polling. */
#include <linux/poll.h>
#include <net/tcp_states.h>
#include <net/udp.h>

#include "remote.h"

/* As much as an IP packet takes, which the far side would refuse, too. */
#define ZSOCK_DGRAM_MAX		65507
#define ZSOCK_DGRAM_MAX6	65527

/* The error of a socket that is gone stays. */
static int zsock_dgram_error(struct zsock_rsk *rs)
{
	int err = sock_error(&rs->sk);

	return err ?: READ_ONCE(rs->dead) ? -ECONNRESET : 0;
}

/* ---- sending ---- */

/* What an IP stack would say at once; other broadcasts only the far side knows. */
static int zsock_dgram_may(const struct zsock_rsk *rs,
			   const struct zoff_addr *to)
{
	static const u8 all[4] = { 255, 255, 255, 255 };

	if (rs->family == AF_INET && !memcmp(to->addr, all, sizeof(all)) &&
	    !sock_flag(&rs->sk, SOCK_BROADCAST))
		return -EACCES;
	return 0;
}

/* To UDP over IPv4 an address of AF_UNSPEC is one of AF_INET. */
static int zsock_dgram_name(struct zsock_rsk *rs, const struct msghdr *msg,
			    struct zoff_addr *to)
{
	const struct sockaddr_in *sin = msg->msg_name;
	struct sockaddr_in in;
	int err;

	if (rs->family == AF_INET && msg->msg_namelen >= (int)sizeof(in) &&
	    sin->sin_family == AF_UNSPEC) {
		in = *sin;
		in.sin_family = AF_INET;
		err = zsock_zoff_addr(rs, &in, sizeof(in), to);
	} else {
		err = zsock_zoff_addr(rs, sin, msg->msg_namelen, to);
	}
	if (!err && !to->port && rs->family == AF_INET)
		err = -EINVAL;
	return err ?: zsock_dgram_may(rs, to);
}

static int zsock_dgram_to(struct zsock_rsk *rs, const struct msghdr *msg,
			  struct zoff_addr *to)
{
	memset(to, 0, sizeof(*to));
	if (msg->msg_name)
		return zsock_dgram_name(rs, msg, to);
	return READ_ONCE(rs->sk.sk_state) == TCP_ESTABLISHED ? 0 :
	       -EDESTADDRREQ;
}

static bool zsock_dgram_sendable(struct zsock_rsk *rs, size_t cost)
{
	struct sock *sk = &rs->sk;

	return READ_ONCE(sk->sk_err) || READ_ONCE(rs->dead) ||
	       READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN ||
	       READ_ONCE(rs->tx_credit) >= cost;
}

/* Credit for one datagram, which is waited for. */
static int zsock_dgram_credit(struct zsock_rsk *rs, u32 cost, int flags)
{
	struct sock *sk = &rs->sk;
	long timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	int err;

	for (;;) {
		err = zsock_dgram_error(rs);
		if (!err && READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
			err = -EPIPE;
		if (err || zsock_rsk_claim(rs, cost, cost))
			return err;
		zsock_rsk_want_room(sk);
		err = zsock_rsk_wait(rs, &timeo, false, zsock_dgram_sendable,
				     cost);
		if (err)
			return err;
	}
}

static int zsock_dgram_send(struct zsock_rsk *rs, struct msghdr *msg,
			    size_t size, const struct zoff_addr *to)
{
	size_t before = sizeof(struct zoff_hdr) + sizeof(*to);
	size_t head = min_t(size_t, size, SKB_MAX_HEAD(before));
	struct sk_buff *skb;

	skb = zsock_rsk_skb(rs, msg, before, head, size);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	memcpy(skb_push(skb, sizeof(*to)), to, sizeof(*to));
	zsock_message_seal(skb, ZOFF_DGRAM, rs->id, 0);
	return zsock_tx_sock(rs, skb);
}

static int zsock_dgram_sendmsg(struct socket *sock, struct msghdr *msg,
			       size_t size)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	u32 cost = size + ZOFF_DGRAM_COST;
	struct zoff_addr to;
	int err;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (size > (rs->family == AF_INET ? ZSOCK_DGRAM_MAX :
					    ZSOCK_DGRAM_MAX6) ||
	    cost > rs->pipe->window)
		return -EMSGSIZE;
	err = zsock_dgram_to(rs, msg, &to);
	if (!err && msg->msg_controllen)
		err = zsock_rsk_control(rs, msg);
	/* To UDP that is all there is to be probed. */
	if (!err && msg->msg_flags & MSG_PROBE)
		return size;
	if (!err)
		err = zsock_dgram_credit(rs, cost, msg->msg_flags);
	if (err)
		return err;
	err = zsock_dgram_send(rs, msg, size, &to);
	if (err) {
		zsock_rsk_unclaim(rs, cost);
		return err;
	}
	zsock_remote_netdev_tx(&rs->pipe->remote->netdev, size);
	return size;
}

/* ---- receiving ---- */

static void zsock_dgram_give(struct zsock_rsk *rs, struct msghdr *msg,
			     const struct sk_buff *skb)
{
	DECLARE_SOCKADDR(struct sockaddr_storage *, name, msg->msg_name);

	if (name)
		msg->msg_namelen = zsock_zoff_sockaddr(rs,
						       &ZSOCK_RX_CB(skb)->from,
						       name);
}

static int zsock_dgram_copy(struct zsock_rsk *rs, struct msghdr *msg,
			    size_t size, int flags, struct sk_buff *skb,
			    int off)
{
	size_t have = skb->len - off;
	size_t n = min(size, have);
	int err;

	err = skb_copy_datagram_msg(skb, off, msg, n);
	if (err)
		return err;
	if (n < have)
		msg->msg_flags |= MSG_TRUNC;
	sock_recv_cmsgs(msg, &rs->sk, skb);
	zsock_dgram_give(rs, msg, skb);
	if (flags & MSG_PEEK)
		sk_peek_offset_fwd(&rs->sk, n);
	else
		sk_peek_offset_bwd(&rs->sk, skb->len);
	return flags & MSG_TRUNC ? have : n;
}

static void zsock_dgram_done(struct zsock_rsk *rs, struct sk_buff *skb,
			     int flags)
{
	u32 len = skb->len;

	if (!(flags & MSG_PEEK)) {
		spin_lock(&rs->lock);
		rs->rx_queued -= len;
		spin_unlock(&rs->lock);
		zsock_rsk_taken(rs, len + ZOFF_DGRAM_COST);
	}
	skb_free_datagram(&rs->sk, skb);
}

static int zsock_dgram_recvmsg(struct socket *sock, struct msghdr *msg,
			       size_t size, int flags)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct sock *sk = sock->sk;
	struct sk_buff *skb;
	int off, ret;

	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;
	off = sk_peek_offset(sk, flags);
	skb = __skb_recv_datagram(sk, &sk->sk_receive_queue, flags, &off, &ret);
	if (!skb)
		return ret ?: zsock_dgram_error(rs);
	ret = zsock_dgram_copy(rs, msg, size, flags, skb, off);
	zsock_dgram_done(rs, skb, flags);
	return ret;
}

/* ---- poll ---- */

static bool zsock_dgram_writeable(struct zsock_rsk *rs)
{
	return sock_writeable(&rs->sk) &&
	       READ_ONCE(rs->tx_credit) >= min(ZOFF_DATA_MAX + ZOFF_DGRAM_COST,
					       (int)rs->pipe->window / 4);
}

static __poll_t zsock_dgram_poll(struct file *file, struct socket *sock,
				 struct poll_table_struct *wait)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct sock *sk = sock->sk;
	__poll_t mask = 0;

	sock_poll_wait(file, sock, wait);
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(sk->sk_shutdown) == SHUTDOWN_MASK)
		mask |= EPOLLHUP;
	if (!skb_queue_empty_lockless(&sk->sk_receive_queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (!zsock_dgram_writeable(rs)) {
		zsock_rsk_want_room(sk);
		/* It may have come before these were set. */
		smp_mb__after_atomic();
	}
	if (zsock_dgram_writeable(rs))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}

const struct proto_ops zsock_remote_dgram_ops = {
	.family		= PF_ZSOCK,
	.owner		= THIS_MODULE,
	.release	= zsock_remote_release,
	.bind		= zsock_remote_bind,
	.connect	= zsock_remote_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= sock_no_accept,
	.getname	= zsock_remote_getname,
	.poll		= zsock_dgram_poll,
	.ioctl		= zsock_remote_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= sock_no_listen,
	.shutdown	= zsock_remote_shutdown,
	.setsockopt	= zsock_remote_setsockopt,
	.getsockopt	= zsock_remote_getsockopt,
	.sendmsg	= zsock_dgram_sendmsg,
	.recvmsg	= zsock_dgram_recvmsg,
	.mmap		= sock_no_mmap,
	.set_peek_off	= sk_set_peek_off,
};
