// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel sockets: receiving sk_buffs. TCP's and kTLS's queue is read where
 * it is, and the sk_buffs that are given out share its data; UDP's are taken
 * out of it. What another protocol has is copied into new ones.
 */
#include <linux/udp.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <net/udp.h>

#include "../tls/tls.h"
#include "kpi.h"

/* At once, of what has to be copied. */
#define ZSOCK_COPY_SKB	SZ_64K

/**
 * struct zsock_chain - sk_buffs that were received
 * @first: the first
 * @last: where the next is to be put
 * @len: bytes in all of them
 * @max: and at most
 */
struct zsock_chain {
	struct sk_buff	*first;
	struct sk_buff	**last;
	size_t		len;
	size_t		max;
};

static void zsock_chain_add(struct zsock_chain *chain, struct sk_buff *skb)
{
	*chain->last = skb;
	chain->last = &skb->next;
	chain->len += skb->len;
}

/* ---- streams ---- */

/* Of @skb only @len bytes from @offset on, in an sk_buff that shares them. */
static struct sk_buff *zsock_share(struct sk_buff *skb, unsigned int offset,
				   unsigned int len)
{
	struct sk_buff *clone = skb_clone(skb, GFP_KERNEL);

	if (!clone)
		return NULL;
	clone->next = NULL;
	clone->dev = NULL;
	skb_dst_drop(clone);
	memset(clone->cb, 0, sizeof(clone->cb));
	if (!pskb_pull(clone, offset) || pskb_trim(clone, len)) {
		kfree_skb(clone);
		return NULL;
	}
	return clone;
}

/* With the sk locked. */
static int zsock_chain_actor(read_descriptor_t *desc, struct sk_buff *skb,
			     unsigned int offset, size_t len)
{
	struct zsock_chain *chain = desc->arg.data;
	struct sk_buff *part;

	len = min(len, desc->count);
	if (!len)
		return 0;
	part = zsock_share(skb, offset, len);
	if (!part)
		return -ENOMEM;
	zsock_chain_add(chain, part);
	desc->count -= len;
	return len;
}

/* As recvmsg(): what is to be told where there is no data. */
static int zsock_tcp_nothing(struct sock *sk)
{
	if (sock_flag(sk, SOCK_DONE))
		return 0;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	return sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN ?
	       -ENOTCONN : -EAGAIN;
}

static int zsock_tcp_read(struct socket *sock, read_descriptor_t *desc)
{
	struct sock *sk = sock->sk;
	int ret;

	lock_sock(sk);
	ret = tcp_read_sock(sk, desc, zsock_chain_actor);
	if (!ret)
		ret = zsock_tcp_nothing(sk);
	release_sock(sk);
	return ret;
}

/* ---- what has to be copied ---- */

/* Its pages, as a place for recvmsg(). */
static unsigned int zsock_skb_bvec(struct sk_buff *skb, struct bio_vec *vec)
{
	unsigned int i;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		bvec_set_page(&vec[i], skb_frag_page(frag),
			      skb_frag_size(frag), skb_frag_off(frag));
	}
	return i;
}

static int zsock_copy_read(struct socket *sock, struct msghdr *msg, int flags,
			   struct zsock_chain *chain)
{
	size_t room = min_t(size_t, chain->max - chain->len, ZSOCK_COPY_SKB);
	struct bio_vec vec[MAX_SKB_FRAGS];
	struct sk_buff *skb;
	int ret = -ENOMEM;
	unsigned int n;

	skb = alloc_skb_with_frags(0, room, PAGE_ALLOC_COSTLY_ORDER, &ret,
				   GFP_KERNEL);
	if (!skb)
		return ret;
	skb->data_len = room;
	skb->len = room;
	n = zsock_skb_bvec(skb, vec);
	iov_iter_bvec(&msg->msg_iter, ITER_DEST, vec, n, room);
	msg->msg_flags = 0;
	ret = sock_recvmsg(sock, msg, flags);
	/* An empty datagram is one all the same. */
	if (ret < 0 || (!ret && sock->type == SOCK_STREAM) ||
	    pskb_trim(skb, min_t(size_t, ret, room)))
		goto out;
	zsock_chain_add(chain, skb);
	return ret;
out:
	kfree_skb(skb);
	return ret;
}

/* ---- datagrams ---- */

static int zsock_udp_name4(const struct sk_buff *skb, struct sockaddr_in *in)
{
	*in = (struct sockaddr_in){
		.sin_family		= AF_INET,
		.sin_port		= udp_hdr(skb)->source,
		.sin_addr.s_addr	= ip_hdr(skb)->saddr,
	};
	return sizeof(*in);
}

static int zsock_udp_name6(const struct sk_buff *skb, struct sockaddr_in6 *in6)
{
	*in6 = (struct sockaddr_in6){
		.sin6_family	= AF_INET6,
		.sin6_port	= udp_hdr(skb)->source,
	};
	if (skb->protocol == htons(ETH_P_IP)) {
		ipv6_addr_set_v4mapped(ip_hdr(skb)->saddr, &in6->sin6_addr);
		return sizeof(*in6);
	}
	in6->sin6_addr = ipv6_hdr(skb)->saddr;
	in6->sin6_scope_id = ipv6_iface_scope_id(&in6->sin6_addr,
						 inet6_iif(skb));
	return sizeof(*in6);
}

/* Whom it is from, as recvmsg() says it of such a socket. */
static void zsock_udp_name(const struct socket *sock, const struct sk_buff *skb,
			   struct msghdr *msg)
{
	bool dual = READ_ONCE(zsock_sk(sock)->flags) & ZSOCK_INFO_F_DUAL;

	if (!msg->msg_name)
		return;
	if (sock->sk->sk_family == AF_INET ||
	    (dual && skb->protocol == htons(ETH_P_IP)))
		msg->msg_namelen = zsock_udp_name4(skb, msg->msg_name);
	else
		msg->msg_namelen = zsock_udp_name6(skb, msg->msg_name);
}

/* What is left of the network's in it goes; what is too long is cut off. */
static int zsock_udp_strip(struct sk_buff *skb, struct msghdr *msg, size_t max)
{
	skb_orphan(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	skb->dev = NULL;
	skb->next = NULL;
	memset(skb->cb, 0, sizeof(skb->cb));
	if (skb->len <= max)
		return 0;
	msg->msg_flags |= MSG_TRUNC;
	return pskb_trim(skb, max);
}

/* One whose checksum is wrong has not come. */
static struct sk_buff *zsock_udp_take(struct sock *sk, int flags, int *err)
{
	struct sk_buff *skb;

	for (;;) {
		skb = skb_recv_udp(sk, flags, err);
		if (!skb || !udp_lib_checksum_complete(skb))
			return skb;
		__UDP_INC_STATS(sock_net(sk), UDP_MIB_CSUMERRORS,
				IS_UDPLITE(sk));
		__UDP_INC_STATS(sock_net(sk), UDP_MIB_INERRORS,
				IS_UDPLITE(sk));
		kfree_skb(skb);
	}
}

static int zsock_udp_read(struct socket *sock, struct msghdr *msg, int flags,
			  struct zsock_chain *chain)
{
	struct sk_buff *skb;
	int err;

	skb = zsock_udp_take(sock->sk, flags, &err);
	if (!skb)
		return err;
	msg->msg_flags = 0;
	zsock_udp_name(sock, skb, msg);
	err = zsock_udp_strip(skb, msg, chain->max);
	if (err) {
		kfree_skb(skb);
		return err;
	}
	zsock_chain_add(chain, skb);
	return skb->len;
}

/* ---- all of them ---- */

/* Whether kTLS carries it. */
static bool zsock_ktls_carries(const struct socket *sock)
{
	return zsock_tls_is(sock) &&
	       zsock_tls_state(__zsock_priv(sock)) == ZSOCK_TLS_OPEN;
}

/* Some of a stream, without waiting: bytes, 0 at its end, or an error. */
static int zsock_stream_read(struct socket *sock, struct msghdr *msg,
			     struct zsock_chain *chain)
{
	read_descriptor_t desc = {
		.arg.data	= chain,
		.count		= chain->max - chain->len,
	};
	int ret = -EOPNOTSUPP;

	if (zsock_ktls_carries(sock))
		ret = zsock_tls_read_sock(sock, &desc, zsock_chain_actor);
	else if (READ_ONCE(sock->ops)->read_sock == tcp_read_sock)
		return zsock_tcp_read(sock, &desc);
	if (ret != -EOPNOTSUPP)
		return ret;
	return zsock_copy_read(sock, msg, MSG_DONTWAIT, chain);
}

/* Until there is something, or with MSG_WAITALL until it is full. */
static int zsock_receive_stream(struct zsock_socket *so, struct msghdr *msg,
				int flags, struct zsock_chain *chain)
{
	long timeo = sock_rcvtimeo(so->sock->sk, flags & MSG_DONTWAIT);
	int ret;

	do {
		cond_resched();
		ret = zsock_stream_read(so->sock, msg, chain);
		if (ret == -EAGAIN)
			ret = zsock_await(so, EPOLLIN | EPOLLRDHUP | EPOLLHUP |
					  EPOLLERR, &timeo) ?: -EAGAIN;
		else if (ret <= 0)
			break;
		/* Something is there now, or it is not to wait any longer. */
		if (ret == -EAGAIN && timeo)
			continue;
		if (ret < 0)
			break;
	} while (!chain->len ||
		 (flags & MSG_WAITALL && chain->len < chain->max));
	return chain->len ? 0 : min(ret, 0);
}

static int zsock_receive_chain(struct zsock_socket *so, struct msghdr *msg,
			       int flags, struct zsock_chain *chain)
{
	struct socket *sock = so->sock;
	int err;

	err = zsock_dispatch(sock, AF_UNSPEC);
	if (err)
		return err;
	if (sock->type == SOCK_STREAM)
		return zsock_receive_stream(so, msg, flags, chain);
	if (sk_is_udp(sock->sk))
		return min(zsock_udp_read(sock, msg, flags, chain), 0);
	return min(zsock_copy_read(sock, msg, flags, chain), 0);
}

/**
 * zsock_receivembuf - receive sk_buffs
 * @so: socket
 * @msg: as with zsock_receive(), or NULL; its msg_iter is not used
 * @data: the sk_buffs, chained by their next; NULL if nothing came. The
 *	caller frees them, with kfree_skb_list()
 * @flags: MSG_DONTWAIT; MSG_WAITALL of a stream
 * @recvlen: how many bytes are wanted at most; how many came, 0 at the end of a
 *	stream
 *
 * Nothing is copied where TCP, kTLS or UDP of this kernel carry the socket. The
 * sk_buffs of a stream share their data with TCP, and may be non-linear: the
 * caller must not write to them. A datagram is one; it need not hold bytes.
 *
 * Return: 0; -EAGAIN where it was not to wait; -EOPNOTSUPP for other flags;
 * -EINVAL if *@recvlen is 0; -ENOMEM: the data remains to be received; as
 * zsock_receive() else; -ESHUTDOWN.
 */
int zsock_receivembuf(struct zsock_socket *so, struct msghdr *msg,
		      struct sk_buff **data, int flags, size_t *recvlen)
{
	struct zsock_chain chain = {
		.max	= min_t(size_t, *recvlen, INT_MAX),
	};
	struct msghdr none = { };
	struct zsock_call call;
	int err;

	*data = NULL;
	*recvlen = 0;
	if (flags & ~(MSG_DONTWAIT | MSG_WAITALL))
		return -EOPNOTSUPP;
	if (!chain.max)
		return -EINVAL;
	chain.last = &chain.first;
	err = zsock_enter(so, &call);
	if (err)
		return err;
	err = zsock_receive_chain(so, msg ?: &none,
				  flags | zsock_dontwait(so, flags), &chain);
	zsock_leave(so, &call);
	*data = chain.first;
	*recvlen = chain.len;
	return err;
}
EXPORT_SYMBOL_GPL(zsock_receivembuf);
