// SPDX-License-Identifier: GPL-2.0
/*
 * Reading from a pipe: one task. Data is kept in the buffer that it came in where
 * that is worth it; where the pipe has none, what is not there yet goes straight
 * to where it is to be.
 */
#include <linux/kthread.h>

#include "remote.h"

/* ---- data ---- */

static int zsock_rx_pieces(struct sk_buff *skb, struct kvec *vec)
{
	int i, n = 0;

	if (skb_headlen(skb)) {
		vec[n].iov_base = skb->data;
		vec[n++].iov_len = skb_headlen(skb);
	}
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		vec[n].iov_base = skb_frag_address(&skb_shinfo(skb)->frags[i]);
		vec[n++].iov_len = skb_frag_size(&skb_shinfo(skb)->frags[i]);
	}
	return n;
}

/*
 * Up to @left bytes from the pipe to @to, and with them what comes behind them,
 * to the buffer, which is the end of @to.
 */
static int zsock_rx_direct(struct zsock_pipe *pipe, struct iov_iter *to,
			   size_t left)
{
	struct zsock_rx *rx = &pipe->rx;
	int ret, n;

	rx->head = 0;
	rx->tail = 0;
	ret = zsock_source_read(pipe, to, 0);
	if (ret <= 0)
		return ret ?: -ECONNRESET;
	n = min_t(size_t, ret, left);
	rx->tail = ret - n;
	iov_iter_advance(to, n);
	return n;
}

/* What is there, and the rest as it comes. */
static int zsock_rx_fill(struct zsock_pipe *pipe, struct sk_buff *skb)
{
	struct kvec pieces[MAX_SKB_FRAGS + 2];
	struct zsock_rx *rx = &pipe->rx;
	size_t left = skb->len, n;
	struct iov_iter to;
	int k, ret;

	k = zsock_rx_pieces(skb, pieces);
	pieces[k].iov_base = rx->buf;
	pieces[k].iov_len = ZSOCK_RX_BUFFER;
	iov_iter_kvec(&to, ITER_DEST, pieces, k + 1, left + ZSOCK_RX_BUFFER);
	while (left) {
		n = min(left, zsock_rx_have(rx));
		if (n) {
			ret = zsock_source_copy(rx, &to, n);
		} else if (rx->copying) {
			zsock_source_drop(rx);
			ret = zsock_rx_direct(pipe, &to, left);
			n = max(ret, 0);
		} else {
			ret = zsock_source_more(pipe);
		}
		if (ret < 0)
			return ret;
		left -= n;
	}
	return 0;
}

static struct sk_buff *zsock_rx_alloc(struct sock *sk, size_t len, gfp_t gfp)
{
	size_t head = min_t(size_t, len, SKB_MAX_HEAD(0));
	size_t room = head;
	struct sk_buff *skb;
	int err;

	/* Something may follow that fits in, too. */
	if (len <= ZSOCK_RX_SMALL && sk->sk_type == SOCK_STREAM)
		room = 2 * ZSOCK_RX_SMALL;
	skb = alloc_skb_with_frags(room, len - head, PAGE_ALLOC_COSTLY_ORDER,
				   &err, gfp);
	if (!skb)
		return NULL;
	skb_put(skb, head);
	skb->data_len = len - head;
	skb->len = len;
	memset(skb->cb, 0, sizeof(skb->cb));
	ZSOCK_RX_CB(skb)->end = len;
	return skb;
}

/*
 * Whose owner pays, if there is something left of what his memory cgroup may have.
 * Else nobody does, for as much as the window at most: the others on the pipe do
 * not wait until he is let have more.
 */
static struct sk_buff *zsock_rx_alloc_for(struct sock *sk, size_t len)
{
	struct mem_cgroup *old;
	struct sk_buff *skb;

	old = zsock_memcg_enter(sk);
	skb = zsock_rx_alloc(sk, len, (GFP_KERNEL_ACCOUNT | __GFP_NOWARN) &
				      ~__GFP_DIRECT_RECLAIM);
	zsock_memcg_leave(old);
	return skb ?: zsock_rx_alloc(sk, len, GFP_KERNEL);
}

/* The next @len bytes of the pipe, for @sk. Or an errno. */
struct sk_buff *zsock_rx_skb(struct zsock_pipe *pipe, struct sock *sk,
			     size_t len)
{
	struct sk_buff *skb;
	int err;

	skb = zsock_rx_alloc_for(sk, len);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	err = zsock_rx_fill(pipe, skb);
	if (err) {
		kfree_skb(skb);
		return ERR_PTR(err);
	}
	return skb;
}

/* Bytes that were taken from the pipe already. */
struct sk_buff *zsock_rx_skb_of(struct sock *sk, const void *data, size_t len)
{
	struct sk_buff *skb;

	skb = zsock_rx_alloc_for(sk, len);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	memcpy(skb->data, data, len);
	return skb;
}

/* ---- data that stays where it is ---- */

/*
 * How many of the next @len bytes come in one piece, and are to be treated so; or
 * an errno. Where they are copied it does not matter.
 */
int zsock_rx_run(struct zsock_pipe *pipe, u32 len)
{
	struct zsock_rx *rx = &pipe->rx;
	int err;

	if (!zsock_rx_have(rx) && !rx->copying) {
		err = zsock_source_more(pipe);
		if (err)
			return err;
	}
	return rx->copying ? len : min_t(size_t, len, zsock_rx_have(rx));
}

/*
 * The next @len bytes in the pipe's own buffer, or NULL where they would keep
 * too much memory from being free, and a copy is better.
 */
struct sk_buff *zsock_rx_keep(struct zsock_pipe *pipe, u32 len)
{
	struct zsock_rx *rx = &pipe->rx;
	struct sk_buff *skb = rx->skb;

	if (!skb || rx->size / ZSOCK_RX_PART > len ||
	    atomic_long_read(&pipe->held) > ZSOCK_RX_HELD - (long)rx->size)
		return NULL;
	if (rx->off + len < skb->len) {
		skb = skb_clone(skb, GFP_KERNEL);
		if (!skb)
			return NULL;
	} else {
		rx->skb = NULL;
	}
	memset(skb->cb, 0, sizeof(skb->cb));
	ZSOCK_RX_CB(skb)->taken = rx->off;
	ZSOCK_RX_CB(skb)->end = rx->off + len;
	ZSOCK_RX_CB(skb)->held = rx->size;
	atomic_long_add(rx->size, &pipe->held);
	rx->off += len;
	return skb;
}

static void zsock_rx_free(struct sk_buff *skb)
{
	struct zsock_pipe *pipe = zsock_rsk(skb->sk)->pipe;

	atomic_long_sub(ZSOCK_RX_CB(skb)->held, &pipe->held);
	sock_rfree(skb);
}

/* It waits to be read from @sk. */
void zsock_rx_own(struct sk_buff *skb, struct sock *sk)
{
	skb_set_owner_r(skb, sk);
	if (ZSOCK_RX_CB(skb)->held)
		skb->destructor = zsock_rx_free;
}

/* ---- the task ---- */

static int zsock_rx_one(struct zsock_pipe *pipe, const char **why)
{
	struct zoff_hdr hdr;
	int err;

	err = zsock_rx_take(pipe, &hdr, sizeof(hdr));
	if (err)
		return err;
	*why = "a message is too long";
	if (le32_to_cpu(hdr.length) > ZOFF_LENGTH_MAX)
		return -EPROTO;
	*why = zsock_rx_message(pipe, &hdr);
	return *why ? -EPROTO : 0;
}

int zsock_rx_work(void *data)
{
	struct zsock_pipe *pipe = data;
	const char *why = NULL;
	int err = 0;

	while (!err && !kthread_should_stop()) {
		err = zsock_rx_one(pipe, &why);
		cond_resched();
	}
	if (err)
		zsock_pipe_break(pipe, -err, err == -EPROTO ? why : NULL);
	/* Until somebody collects it. */
	for (;;) {
		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}
