// SPDX-License-Identifier: GPL-2.0
/*
 * Where what is read from a pipe comes from: its own buffers, taken over whole,
 * where it can hand them over, or a buffer of ours that is copied to.
 *
 * A buffer that was read in part has to be copied to its end: what is handed
 * over does not say where the rest begins. So reading begins with copying, and
 * goes over to buffers when a read got less than there was room for: then
 * nothing is left of the last.
 */
#include <linux/kthread.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <net/af_vsock.h>

#include "remote.h"

/* ---- buffers of the pipe's ---- */

/* Only what was seen to: TCP's does not tell the peer that there is room. */
static bool zsock_source_whole(struct socket *sock)
{
	if (!READ_ONCE(sock->ops)->read_skb)
		return false;
	return sock->sk->sk_family == AF_UNIX || sock->sk->sk_family == AF_VSOCK;
}

/* In the reader, of what it reads; the buffer is its own now. */
static int zsock_source_got(struct sock *sk, struct sk_buff *skb)
{
	struct zsock_pipe *pipe = kthread_data(current);

	__skb_queue_tail(&pipe->rx.skbs, skb);
	return skb->len;
}

/* Not all transports have it, and af_vsock.c does not ask. */
static void zsock_source_pull_vsock(struct socket *sock)
{
	struct sock *sk = sock->sk;
	const struct vsock_transport *transport;

	lock_sock(sk);
	transport = vsock_sk(sk)->transport;
	if (transport && transport->read_skb)
		READ_ONCE(sock->ops)->read_skb(sk, zsock_source_got);
	release_sock(sk);
}

static void zsock_source_pull(struct socket *sock)
{
	if (sock->sk->sk_family == AF_VSOCK)
		zsock_source_pull_vsock(sock);
	else
		READ_ONCE(sock->ops)->read_skb(sock->sk, zsock_source_got);
}

/* Memory that is not free as long as @skb is: pages may be large ones. */
static u32 zsock_source_size(const struct sk_buff *skb)
{
	size_t size = SKB_TRUESIZE(skb_end_offset(skb));
	struct page *page;
	int i;

	/* Not made by what is asked here. */
	if (skb_has_frag_list(skb))
		return U32_MAX;
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		page = skb_frag_page(&skb_shinfo(skb)->frags[i]);
		size += page_size(compound_head(page));
	}
	return min_t(size_t, size, U32_MAX);
}

/*
 * A buffer that was handed over is not its sender's any more: a program that does
 * not read what is in it holds up nobody who writes to the pipe. Pages that the
 * sender waits for the end of are copied, for the same reason.
 */
static int zsock_source_adopt(struct zsock_rx *rx, struct sk_buff *skb)
{
	skb_orphan(skb);
	if (skb_orphan_frags_rx(skb, GFP_KERNEL)) {
		kfree_skb(skb);
		return -ENOMEM;
	}
	rx->skb = skb;
	rx->off = 0;
	rx->size = zsock_source_size(skb);
	return 0;
}

/* Whether there is one: 1, 0 or an errno. */
static int zsock_source_next(struct zsock_pipe *pipe)
{
	struct zsock_rx *rx = &pipe->rx;
	struct sk_buff *skb;

	for (;;) {
		if (skb_queue_empty(&rx->skbs))
			zsock_source_pull(pipe->sock);
		skb = __skb_dequeue(&rx->skbs);
		if (!skb)
			return 0;
		WRITE_ONCE(pipe->heard, jiffies);
		if (skb->len)
			return zsock_source_adopt(rx, skb) ?: 1;
		kfree_skb(skb);
	}
}

#define ZSOCK_SOURCE_EVENTS	(EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)

static bool zsock_source_ready(struct zsock_pipe *pipe)
{
	struct socket *sock = pipe->sock;

	return READ_ONCE(pipe->broken) ||
	       READ_ONCE(sock->ops)->poll(pipe->file, sock, NULL) &
	       ZSOCK_SOURCE_EVENTS;
}

/* That there is room to write is not for who reads. */
static int zsock_source_wake(struct wait_queue_entry *wait, unsigned int mode,
			     int sync, void *key)
{
	__poll_t events = key_to_poll(key);

	if (events && !(events & ZSOCK_SOURCE_EVENTS))
		return 0;
	return woken_wake_function(wait, mode, sync, key);
}

/* As a read would: a pipe's end wakes who sleeps so, and no other. */
static void zsock_source_wait(struct zsock_pipe *pipe)
{
	wait_queue_head_t *head = sk_sleep(pipe->sock->sk);
	DEFINE_WAIT_FUNC(wait, zsock_source_wake);

	add_wait_queue(head, &wait);
	/* As sock_poll_wait() has it, which is asked for nothing here. */
	smp_mb();
	while (!zsock_source_ready(pipe))
		wait_woken(&wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	remove_wait_queue(head, &wait);
}

/* ---- copies ---- */

/*
 * Read into @to, at least something: bytes or an errno; 0 is the end. Whatever
 * time-out somebody has set on the pipe, there is none here, but for -EAGAIN
 * where @flags has MSG_DONTWAIT.
 */
int zsock_source_read(struct zsock_pipe *pipe, const struct iov_iter *to,
		      int flags)
{
	size_t count = iov_iter_count(to);
	struct socket *sock = pipe->sock;
	struct msghdr msg = {};
	int ret;

	do {
		if (READ_ONCE(pipe->broken))
			return -ECONNRESET;
		msg.msg_iter = *to;
		ret = READ_ONCE(sock->ops)->recvmsg(sock, &msg, count, flags);
	} while (ret == -EINTR || ret == -ERESTARTSYS ||
		 (ret == -EAGAIN && !(flags & MSG_DONTWAIT)));
	if (ret > 0) {
		WRITE_ONCE(pipe->heard, jiffies);
		pipe->rx.copying = !pipe->rx.whole || ret == count;
	}
	return ret;
}

/* Have more in the buffer, which is empty. */
static int zsock_source_fill(struct zsock_pipe *pipe, int flags)
{
	struct zsock_rx *rx = &pipe->rx;
	struct iov_iter to;
	struct kvec vec;
	int ret;

	rx->head = 0;
	rx->tail = 0;
	vec.iov_base = rx->buf;
	vec.iov_len = ZSOCK_RX_BUFFER;
	iov_iter_kvec(&to, ITER_DEST, &vec, 1, vec.iov_len);
	ret = zsock_source_read(pipe, &to, flags);
	if (ret <= 0)
		return ret ?: -ECONNRESET;
	rx->tail = ret;
	return 0;
}

/* ---- either ---- */

/* What was looked at is done with. */
void zsock_source_drop(struct zsock_rx *rx)
{
	consume_skb(rx->skb);
	rx->skb = NULL;
}

/*
 * Have more, where there is nothing left. 0, or the errno of a pipe that ended:
 * which it is only a read tells.
 */
int zsock_source_more(struct zsock_pipe *pipe)
{
	struct zsock_rx *rx = &pipe->rx;
	int ret;

	zsock_source_drop(rx);
	while (!rx->copying) {
		ret = zsock_source_next(pipe);
		if (ret)
			return min(ret, 0);
		zsock_source_wait(pipe);
		ret = zsock_source_next(pipe);
		if (ret)
			return min(ret, 0);
		ret = zsock_source_fill(pipe, MSG_DONTWAIT);
		if (ret != -EAGAIN)
			return ret;
	}
	return zsock_source_fill(pipe, 0);
}

/* @n bytes of those that there are. */
int zsock_source_copy(struct zsock_rx *rx, struct iov_iter *to, size_t n)
{
	int err = 0;

	if (rx->skb) {
		err = skb_copy_datagram_iter(rx->skb, rx->off, to, n);
		rx->off += n;
	} else {
		if (copy_to_iter(rx->buf + rx->head, n, to) != n)
			err = -EFAULT;
		rx->head += n;
	}
	return err;
}

/* The next @len bytes. */
int zsock_rx_take(struct zsock_pipe *pipe, void *to, size_t len)
{
	struct kvec vec = { .iov_base = to, .iov_len = len };
	struct zsock_rx *rx = &pipe->rx;
	struct iov_iter iter;
	int err = 0;
	size_t n;

	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, len);
	while (len && !err) {
		n = min(len, zsock_rx_have(rx));
		if (n)
			err = zsock_source_copy(rx, &iter, n);
		else
			err = zsock_source_more(pipe);
		len -= n;
	}
	return err;
}

/* The next @len bytes, if they are in one piece, or NULL. */
static const void *zsock_rx_piece(struct zsock_rx *rx, size_t len)
{
	if (!rx->skb) {
		if (rx->tail - rx->head < len)
			return NULL;
		rx->head += len;
		return rx->buf + rx->head - len;
	}
	if (rx->off + len > skb_headlen(rx->skb))
		return NULL;
	rx->off += len;
	return rx->skb->data + rx->off - len;
}

/*
 * The next @len bytes, at most ZSOCK_RX_SMALL, where they are until the next
 * call; or NULL.
 */
const void *zsock_rx_see(struct zsock_pipe *pipe, size_t len)
{
	const void *piece = zsock_rx_piece(&pipe->rx, len);

	if (piece)
		return piece;
	return zsock_rx_take(pipe, pipe->rx.few, len) ? NULL : pipe->rx.few;
}

int zsock_rx_skip(struct zsock_pipe *pipe, size_t len)
{
	struct zsock_rx *rx = &pipe->rx;
	int err = 0;
	size_t n;

	while (len && !err) {
		n = min(len, zsock_rx_have(rx));
		if (rx->skb)
			rx->off += n;
		else
			rx->head += n;
		if (!n)
			err = zsock_source_more(pipe);
		len -= n;
	}
	return err;
}

/* ---- beginning and end ---- */

int zsock_source_init(struct zsock_pipe *pipe)
{
	struct zsock_rx *rx = &pipe->rx;

	__skb_queue_head_init(&rx->skbs);
	rx->whole = zsock_source_whole(pipe->sock);
	rx->copying = true;
	rx->buf = kvmalloc(ZSOCK_RX_BUFFER + ZSOCK_RX_SMALL,
			   GFP_KERNEL_ACCOUNT);
	if (!rx->buf)
		return -ENOMEM;
	rx->few = rx->buf + ZSOCK_RX_BUFFER;
	return 0;
}

void zsock_source_free(struct zsock_pipe *pipe)
{
	struct zsock_rx *rx = &pipe->rx;

	if (!rx->buf)
		return;
	zsock_source_drop(rx);
	__skb_queue_purge(&rx->skbs);
	kvfree(rx->buf);
	rx->buf = NULL;
}
