// SPDX-License-Identifier: GPL-2.0
/* Sending behind a pipe: what streams and datagrams have in common. */
#include "remote.h"

/* Up to @most bytes of credit, or none where there are less than @least. */
u32 zsock_rsk_claim(struct zsock_rsk *rs, u32 least, u32 most)
{
	u32 got = 0;

	spin_lock(&rs->lock);
	if (rs->tx_credit >= least)
		got = min(most, rs->tx_credit);
	WRITE_ONCE(rs->tx_credit, rs->tx_credit - got);
	spin_unlock(&rs->lock);
	return got;
}

/* Nothing was sent for it. */
void zsock_rsk_unclaim(struct zsock_rsk *rs, u32 n)
{
	spin_lock(&rs->lock);
	WRITE_ONCE(rs->tx_credit, rs->tx_credit + n);
	spin_unlock(&rs->lock);
	rs->sk.sk_write_space(&rs->sk);
}

/* Somebody is to be told when there is room. Look again afterwards. */
void zsock_rsk_want_room(struct sock *sk)
{
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
}

/*
 * Control messages: those at SOL_SOCKET are judged as on an IP socket. What
 * others ask of the far side's IP layer cannot be carried: a datagram that is
 * to leave from another address does not leave from this one instead.
 */
int zsock_rsk_control(struct zsock_rsk *rs, struct msghdr *msg)
{
	bool dgram = rs->sk.sk_type == SOCK_DGRAM;
	struct sockcm_cookie sockc = { };
	struct cmsghdr *cmsg;
	int err = 0;

	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if (cmsg->cmsg_level == SOL_SOCKET)
			err = __sock_cmsg_send(&rs->sk, cmsg, &sockc);
		else if (dgram && (cmsg->cmsg_level == SOL_IP ||
				   cmsg->cmsg_level == SOL_IPV6 ||
				   cmsg->cmsg_level == SOL_UDP))
			err = -EINVAL;
		if (err)
			return err;
	}
	return 0;
}

/*
 * The next @len bytes of @msg, the first @head of them in one piece, with room
 * for @before bytes in front of them. Or an errno.
 */
struct sk_buff *zsock_rsk_skb(struct zsock_rsk *rs, struct msghdr *msg,
			      size_t before, size_t head, size_t len)
{
	struct sk_buff *skb;
	int err;

	skb = sock_alloc_send_pskb(&rs->sk, before + head, len - head,
				   msg->msg_flags & MSG_DONTWAIT, &err,
				   PAGE_ALLOC_COSTLY_ORDER);
	if (!skb)
		return ERR_PTR(err);
	skb_reserve(skb, before);
	skb_put(skb, head);
	skb->data_len = len - head;
	skb->len = len;
	err = skb_copy_datagram_from_iter(skb, 0, &msg->msg_iter, len);
	if (err) {
		kfree_skb(skb);
		return ERR_PTR(err);
	}
	return skb;
}
