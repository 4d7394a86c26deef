// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data of streams behind a pipe, as TCP has it: one byte at a time, which a
 * newer one makes ordinary. It is announced as soon as the far side has it, with its
 * place in the stream, and comes in that place, too.
 *
 * In the queue it is a buffer of its own, where reading stops. It does not count as
 * something to be read, unless it is in line.
 *
 * Such a buffer costs some thousand times as much memory as credit. So there are few:
 * one that was passed goes when a newer one comes, and where too much memory waits to be
 * read no byte is urgent.
 */
#include <linux/net.h>

#include "remote.h"

/* Memory that waits to be read, to the window: other data never takes so much. */
#define ZSOCK_URGENT_SHARE	8

/* Under rs->lock. */
bool zsock_urgent_in_line(const struct zsock_rsk *rs)
{
	return sock_flag(&rs->sk, SOCK_URGINLINE);
}

/* Whether @skb is in the queue, and not to be read. Under rs->lock. */
bool zsock_urgent_passed_over(const struct zsock_rsk *rs,
			      const struct sk_buff *skb)
{
	return skb == rs->urg.mark && !zsock_urgent_in_line(rs);
}

/* Whether the mark is @where bytes behind the first that was not read. */
bool zsock_urgent_at(struct zsock_rsk *rs, size_t where)
{
	bool at;

	spin_lock(&rs->lock);
	at = rs->urg.state && rs->urg.left == where;
	spin_unlock(&rs->lock);
	return at;
}

/* Under rs->lock. */
static void zsock_urgent_forget(struct zsock_rsk *rs)
{
	WRITE_ONCE(rs->urg.state, ZSOCK_URGENT_NONE);
	rs->urg.coming = false;
	rs->urg.mark = NULL;
}

/*
 * @n bytes of @skb are read: what is before it and was not to be is put into @done,
 * and how much that is told. Under rs->lock.
 */
u32 zsock_urgent_consume(struct zsock_rsk *rs, struct sk_buff *skb, u32 n,
			 struct sk_buff_head *done)
{
	struct sk_buff_head *queue = &rs->sk.sk_receive_queue;
	struct sk_buff *first;
	u32 passed = 0;

	while ((first = skb_peek(queue)) != skb) {
		if (first == rs->urg.mark)
			zsock_urgent_forget(rs);
		skb_unlink(first, queue);
		__skb_queue_tail(done, first);
		passed++;
	}
	if (skb == rs->urg.mark)
		zsock_urgent_forget(rs);
	else if (rs->urg.state)
		rs->urg.left -= min(n, rs->urg.left);
	return passed;
}

/* ---- what comes ---- */

/*
 * A newer one comes: where the program has read up to this one, it is taken away, for
 * the caller to free; else it is as other bytes are, and the result NULL. Nobody reads
 * what is not in line. Under rs->lock.
 */
static struct sk_buff *zsock_urgent_supersede(struct zsock_rsk *rs)
{
	struct sk_buff *mark = rs->urg.mark, *passed = NULL;

	if (mark && !zsock_urgent_in_line(rs)) {
		if (rs->urg.left) {
			rs->rx_queued++;
		} else {
			skb_unlink(mark, &rs->sk.sk_receive_queue);
			passed = mark;
		}
	}
	zsock_urgent_forget(rs);
	return passed;
}

/* Under rs->lock. */
static bool zsock_urgent_afford(const struct zsock_rsk *rs)
{
	return sk_rmem_alloc_get(&rs->sk) <=
	       ZSOCK_URGENT_SHARE * (int)rs->rx_window;
}

/* It comes, whether it is to be one or not. Under rs->lock. */
static void zsock_urgent_expect(struct zsock_rsk *rs, u8 byte, u32 ahead)
{
	rs->urg.byte = byte;
	rs->urg.ahead = ahead;
	rs->urg.left = rs->rx_queued + ahead;
	WRITE_ONCE(rs->urg.coming, true);
	if (zsock_urgent_afford(rs))
		WRITE_ONCE(rs->urg.state, ZSOCK_URGENT_VALID);
}

/* Bytes that are not urgent: one that should have been among them is no more. */
void zsock_urgent_ordinary(struct zsock_rsk *rs, u32 len)
{
	if (!READ_ONCE(rs->urg.coming))
		return;
	spin_lock(&rs->lock);
	if (len > rs->urg.ahead)
		zsock_urgent_forget(rs);
	else
		rs->urg.ahead -= len;
	spin_unlock(&rs->lock);
}

/* The socket's file may be about to go. */
static void zsock_urgent_signal(struct sock *sk)
{
	read_lock_bh(&sk->sk_callback_lock);
	sk_send_sigurg(sk);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* Returns why the pipe is to be dropped, or NULL. */
const char *zsock_urgent_notice(struct zsock_rsk *rs,
				const struct zoff_urgent *urgent)
{
	u32 ahead = le32_to_cpu(urgent->ahead);
	struct sk_buff *passed = NULL;
	bool drop;

	if (ahead > INT_MAX || memchr_inv(urgent->reserved, 0,
					  sizeof(urgent->reserved)))
		return "a mark makes no sense";
	spin_lock(&rs->lock);
	drop = rs->dead || rs->closed;
	if (!drop) {
		passed = zsock_urgent_supersede(rs);
		zsock_urgent_expect(rs, urgent->byte, ahead);
	}
	spin_unlock(&rs->lock);
	if (passed) {
		kfree_skb(passed);
		zsock_rsk_taken(rs, 1);
	}
	if (drop)
		return NULL;
	if (READ_ONCE(rs->urg.state))
		zsock_urgent_signal(&rs->sk);
	rs->sk.sk_data_ready(&rs->sk);
	return NULL;
}

/* Whether the urgent byte can come now. */
bool zsock_urgent_due(struct zsock_rsk *rs)
{
	bool due;

	spin_lock(&rs->lock);
	due = rs->urg.coming && !rs->urg.ahead;
	spin_unlock(&rs->lock);
	return due;
}

/* It was too much to be one: whether it is as other bytes are. */
bool zsock_urgent_refused(struct zsock_rsk *rs)
{
	bool refused;

	spin_lock(&rs->lock);
	refused = !rs->urg.state;
	if (refused)
		rs->urg.coming = false;
	spin_unlock(&rs->lock);
	return refused;
}

/* It is in the queue, under rs->lock. */
void zsock_urgent_queue(struct zsock_rsk *rs, struct sk_buff *skb)
{
	rs->urg.coming = false;
	rs->urg.mark = skb;
	if (zsock_urgent_in_line(rs))
		rs->rx_queued++;
}

/* ---- what the program asks for ---- */

/* recvmsg() with MSG_OOB. */
int zsock_urgent_recv(struct zsock_rsk *rs, struct msghdr *msg, size_t size,
		      int flags)
{
	bool there;
	u8 byte;

	spin_lock(&rs->lock);
	there = rs->urg.state == ZSOCK_URGENT_VALID &&
		!zsock_urgent_in_line(rs);
	byte = rs->urg.byte;
	if (there && !(flags & MSG_PEEK))
		WRITE_ONCE(rs->urg.state, ZSOCK_URGENT_READ);
	spin_unlock(&rs->lock);
	if (!there)
		return -EINVAL;
	msg->msg_flags |= MSG_OOB;
	if (!size) {
		msg->msg_flags |= MSG_TRUNC;
		return 0;
	}
	if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &byte, 1))
		return -EFAULT;
	return 1;
}

/* SO_OOBINLINE: what is in the queue counts from now on, or does not. */
void zsock_urgent_set_inline(struct zsock_rsk *rs, bool on)
{
	struct sock *sk = &rs->sk;

	lock_sock(sk);
	spin_lock(&rs->lock);
	if (rs->urg.mark && on != zsock_urgent_in_line(rs))
		rs->rx_queued += on ? 1 : -1;
	sock_valbool_flag(sk, SOCK_URGINLINE, on);
	spin_unlock(&rs->lock);
	release_sock(sk);
	if (on)
		sk->sk_data_ready(sk);
}
