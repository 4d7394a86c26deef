// SPDX-License-Identifier: GPL-2.0
/*
 * Reading from a pipe: one task, into a small buffer ahead of what it looks at.
 * Data that is not there yet goes straight to where it is to be.
 */
#include <linux/kthread.h>

#include "remote.h"

static size_t zsock_rx_have(const struct zsock_rx *rx)
{
	return rx->tail - rx->head;
}

/*
 * Read into @to, at least something: bytes or an errno; 0 is the end. Whatever
 * time-out somebody has set on the pipe, there is none here.
 */
static int zsock_rx_read(struct zsock_pipe *pipe, const struct iov_iter *to)
{
	struct socket *sock = pipe->sock;
	struct msghdr msg = {};
	int ret;

	do {
		if (READ_ONCE(pipe->broken))
			return -ECONNRESET;
		msg.msg_iter = *to;
		ret = READ_ONCE(sock->ops)->recvmsg(sock, &msg,
						    iov_iter_count(to), 0);
	} while (ret == -EAGAIN || ret == -EINTR || ret == -ERESTARTSYS);
	if (ret > 0)
		WRITE_ONCE(pipe->heard, jiffies);
	return ret;
}

/* Have more in the buffer. 0, or the errno of a pipe that ended. */
static int zsock_rx_more(struct zsock_pipe *pipe)
{
	struct zsock_rx *rx = &pipe->rx;
	struct iov_iter to;
	struct kvec vec;
	int ret;

	if (rx->head) {
		memmove(rx->buf, rx->buf + rx->head, zsock_rx_have(rx));
		rx->tail -= rx->head;
		rx->head = 0;
	}
	vec.iov_base = rx->buf + rx->tail;
	vec.iov_len = ZSOCK_RX_BUFFER - rx->tail;
	iov_iter_kvec(&to, ITER_DEST, &vec, 1, vec.iov_len);
	ret = zsock_rx_read(pipe, &to);
	if (ret <= 0)
		return ret ?: -ECONNRESET;
	rx->tail += ret;
	return 0;
}

/* Have @len bytes in the buffer, which has room for them. */
static int zsock_rx_need(struct zsock_pipe *pipe, size_t len)
{
	int err = 0;

	while (!err && zsock_rx_have(&pipe->rx) < len)
		err = zsock_rx_more(pipe);
	return err;
}

/* The next @len bytes, no more than the buffer has room for. */
int zsock_rx_take(struct zsock_pipe *pipe, void *to, size_t len)
{
	struct zsock_rx *rx = &pipe->rx;
	int err = zsock_rx_need(pipe, len);

	if (err)
		return err;
	memcpy(to, rx->buf + rx->head, len);
	rx->head += len;
	return 0;
}

/* The next @len bytes, where they are until the next call; or NULL. */
const void *zsock_rx_see(struct zsock_pipe *pipe, size_t len)
{
	struct zsock_rx *rx = &pipe->rx;

	if (zsock_rx_need(pipe, len))
		return NULL;
	rx->head += len;
	return rx->buf + rx->head - len;
}

int zsock_rx_skip(struct zsock_pipe *pipe, size_t len)
{
	struct zsock_rx *rx = &pipe->rx;
	size_t n;
	int err;

	while (len) {
		n = min(len, zsock_rx_have(rx));
		rx->head += n;
		len -= n;
		if (!len)
			break;
		err = zsock_rx_more(pipe);
		if (err)
			return err;
	}
	return 0;
}

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

/* From the buffer, the rest from the pipe, and with it what comes behind it. */
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
	n = min(left, zsock_rx_have(rx));
	if (copy_to_iter(rx->buf + rx->head, n, &to) != n)
		return -EFAULT;
	rx->head += n;
	left -= n;
	while (left) {
		/* The buffer is empty now. */
		rx->head = 0;
		rx->tail = 0;
		ret = zsock_rx_read(pipe, &to);
		if (ret <= 0)
			return ret ?: -ECONNRESET;
		n = min_t(size_t, ret, left);
		rx->tail = ret - n;
		left -= n;
		iov_iter_advance(&to, n);
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

	while (!err && !kthread_should_stop())
		err = zsock_rx_one(pipe, &why);
	if (err)
		zsock_pipe_break(pipe, -err, err == -EPROTO ? why : NULL);
	/* Until somebody collects it. */
	while (!kthread_should_stop())
		schedule_timeout_idle(HZ);
	return 0;
}
