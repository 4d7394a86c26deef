// SPDX-License-Identifier: GPL-2.0
/*
 * Several records of one call go to TCP together. kTLS pushes each by itself,
 * and each is then a way of its own through all of TCP, and packets, which a
 * corked socket has but once. What is full is sent at once all the same; what
 * waits for the end of the call is less than one segment.
 */
#include <linux/tcp.h>
#include <net/tcp.h>
#include <net/tls.h>

#include "tls.h"

/* What can be sent before the sender would have to wait. */
static size_t zsock_tls_tx_room(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	s64 unsent = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_nxt);
	s64 room = min_t(s64, sk_stream_wspace(sk),
			 tcp_notsent_lowat(tp) - unsent);

	return max_t(s64, room, 0);
}

/*
 * Not with %MSG_MORE, which kTLS tells TCP. Not where the program has corked the
 * socket, or is sending in another thread: there is one at most whose cork it
 * is, and whom nobody waits behind. And not where the sender might have to wait
 * for room, with what should make room held by the cork. (Should memory run out
 * in the midst of it, then TCP's timer sends what is held.)
 */
static bool zsock_tls_tx_together(const struct sock *sk,
				  const struct zsock_tls *tls,
				  const struct msghdr *msg, size_t size)
{
	if (msg->msg_flags & MSG_MORE || atomic_read(&tls->senders) != 1)
		return false;
	/* Bits; one that is changed meanwhile zsock_tls_uncork() sees to. */
	if (data_race(tcp_sk(sk)->nonagle & TCP_NAGLE_CORK))
		return false;
	return size + size / 4 < zsock_tls_tx_room(sk);
}

/* Another thread may have set TCP_CORK meanwhile, or be about to. */
static void zsock_tls_uncork(struct sock *sk, struct zsock_tls *tls)
{
	bool cork;

	do {
		cork = READ_ONCE(tls->cork);
		tcp_sock_set_cork(sk, cork);
	} while (cork != READ_ONCE(tls->cork));
}

/* kTLS's sendmsg() of more than a record, by one of @tls->senders. */
int zsock_tls_tx_several(struct socket *sock, struct zsock_tls *tls,
			 struct msghdr *msg, size_t size)
{
	bool together = zsock_tls_tx_together(sock->sk, tls, msg, size);
	int ret;

	if (together)
		tcp_sock_set_cork(sock->sk, true);
	ret = zsock_inner_ops(sock)->sendmsg(sock, msg, size);
	if (together)
		zsock_tls_uncork(sock->sk, tls);
	return ret;
}

int zsock_tls_pass_setsockopt(struct socket *sock, int level, int optname,
			      sockptr_t optval, unsigned int optlen)
{
	struct zsock_tls *tls = zsock_priv(sock);
	int cork;

	if (level != SOL_TCP || optname != TCP_CORK)
		return zsock_inner_ops(sock)->setsockopt(sock, level, optname,
							 optval, optlen);
	if (optlen < sizeof(cork))
		return -EINVAL;
	if (copy_from_sockptr(&cork, optval, sizeof(cork)))
		return -EFAULT;
	/* First here: see zsock_tls_uncork(). */
	WRITE_ONCE(tls->cork, !!cork);
	return zsock_inner_ops(sock)->setsockopt(sock, level, optname,
						 KERNEL_SOCKPTR(&cork),
						 sizeof(cork));
}
