// SPDX-License-Identifier: GPL-2.0
/*
 * Large data for a pipe that copies what it is given, and not to pages of ours
 * before: from the program's own, while nothing else is to be written.
 *
 * References to these are taken first. A program may take any time to have them
 * there, and nobody is to wait for that with the pipe in hand.
 */
#include <linux/file.h>
#include <linux/pagemap.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <net/af_vsock.h>

#include "remote.h"

/* Room comes soon, or the other side does not read. */
#define ZSOCK_DIRECT_PATIENCE	(HZ / 50L)
#define ZSOCK_DIRECT_PAGES	(ZOFF_DATA_MAX / PAGE_SIZE + 1)

/**
 * struct zsock_direct - a message on its way
 * @pages: of the program's
 * @npages: how many
 * @vec: what waited for it, its header, and what is in them
 * @first: of @vec that counts
 * @bytes: in all of these
 * @len: of the program's
 * @flags: ZOFF_DATA_*
 * @file: the pipe's, held by who waits for room: it may end meanwhile; or NULL
 */
struct zsock_direct {
	struct page	*pages[ZSOCK_DIRECT_PAGES];
	unsigned int	npages;
	struct bio_vec	vec[ZSOCK_DIRECT_PAGES + 2];
	unsigned int	first;
	size_t		bytes;
	u32		len;
	u16		flags;
	struct file	*file;
};

/* AF_UNIX and TCP keep pages of ours, and would those, which may change. */
static bool zsock_direct_suits(const struct zsock_pipe *pipe,
			       const struct iov_iter *from, u32 len)
{
	return pipe->vsock && len >= ZSOCK_TX_PAGES && user_backed_iter(from);
}

static void zsock_direct_vec(struct zsock_direct *d, size_t off, u32 len)
{
	unsigned int i;
	size_t n;

	for (i = 0; i < d->npages; i++) {
		n = min_t(size_t, len, PAGE_SIZE - off);
		bvec_set_page(&d->vec[i + 2], d->pages[i], n, off);
		len -= n;
		off = 0;
	}
}

/* All @len bytes, if they are in one piece: @from is behind them then. */
static bool zsock_direct_get(struct zsock_direct *d, struct iov_iter *from,
			     u32 len)
{
	struct page **pages = d->pages;
	ssize_t got;
	size_t off;

	got = iov_iter_get_pages2(from, pages, len, ZSOCK_DIRECT_PAGES, &off);
	if (got <= 0)
		return false;
	d->npages = DIV_ROUND_UP(off + got, PAGE_SIZE);
	if (got < len) {
		release_pages(d->pages, d->npages);
		iov_iter_revert(from, got);
		return false;
	}
	zsock_direct_vec(d, off, len);
	return true;
}

static void zsock_direct_iter(const struct zsock_direct *d, size_t written,
			      struct iov_iter *iter)
{
	iov_iter_bvec(iter, ITER_SOURCE, d->vec + d->first,
		      d->npages + 2 - d->first, d->bytes);
	iov_iter_advance(iter, written);
}

/* Under pipe->tx: what comes before the program's bytes. */
static void zsock_direct_head(struct zsock_rsk *rs, struct zsock_direct *d)
{
	struct zsock_pipe *pipe = rs->pipe;
	struct zsock_cork *cork = &pipe->cork;

	zsock_hdr_init(&pipe->direct, d->len, ZOFF_DATA, rs->id, 0);
	pipe->direct.flags = cpu_to_le16(d->flags);
	bvec_set_virt(&d->vec[1], &pipe->direct, sizeof(pipe->direct));
	d->bytes = sizeof(pipe->direct) + d->len;
	d->first = !cork->n;
	if (!cork->n)
		return;
	bvec_set_virt(&d->vec[0], cork->data, cork->n);
	d->bytes += cork->n;
}

/* What the pipe has not taken goes the usual way, before all else. */
static void zsock_direct_rest(struct zsock_rsk *rs, struct zsock_direct *d,
			      size_t written)
{
	size_t len = d->bytes - written;
	struct iov_iter iter;
	struct sk_buff *skb;
	int err;

	skb = alloc_skb_with_frags(0, len, PAGE_ALLOC_COSTLY_ORDER, &err,
				   GFP_KERNEL);
	if (!skb) {
		/* It cannot be taken back. */
		zsock_pipe_break(rs->pipe, ENOMEM, NULL);
		return;
	}
	skb->len = len;
	skb->data_len = len;
	zsock_direct_iter(d, written, &iter);
	if (skb_copy_datagram_from_iter(skb, 0, &iter, len)) {
		kfree_skb(skb);
		zsock_pipe_break(rs->pipe, EFAULT, NULL);
		return;
	}
	skb_set_owner_w(skb, &rs->sk);
	zsock_tx_rest(rs->pipe, skb);
}

/* All of it was written that should be at once; @rest comes with the next. */
static void zsock_direct_cork(struct zsock_pipe *pipe,
			      const struct zsock_direct *d, size_t rest)
{
	struct iov_iter iter;

	zsock_direct_iter(d, d->bytes - rest, &iter);
	zsock_cork_keep(pipe, &iter, rest);
}

/* Under pipe->tx, where nothing else is to be written. Whether it was begun. */
static bool zsock_direct_write(struct zsock_rsk *rs, struct zsock_direct *d)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct zsock_pipe *pipe = rs->pipe;
	struct socket *sock = pipe->sock;
	size_t rest;
	int ret;

	zsock_direct_iter(d, 0, &msg.msg_iter);
	rest = zsock_cork_rest(d->bytes);
	iov_iter_truncate(&msg.msg_iter, d->bytes - rest);
	ret = READ_ONCE(sock->ops)->sendmsg(sock, &msg, d->bytes - rest);
	if (ret <= 0)
		return false;
	WRITE_ONCE(pipe->said, jiffies);
	if (ret == d->bytes - rest) {
		zsock_direct_cork(pipe, d, rest);
	} else {
		zsock_direct_rest(rs, d, ret);
		zsock_cork_take(pipe);
	}
	return true;
}

/* ---- when ---- */

enum zsock_direct_try {
	ZSOCK_DIRECT_DONE,
	ZSOCK_DIRECT_FULL,
	ZSOCK_DIRECT_NOT,
};

/* Whether the pipe takes all of it now: the rest would be copied. */
static bool zsock_direct_fits(const struct zsock_pipe *pipe, size_t bytes)
{
	const struct vsock_transport *transport;
	struct sock *sk = pipe->sock->sk;
	bool fits;

	lock_sock(sk);
	transport = vsock_sk(sk)->transport;
	fits = transport && transport->stream_has_space(vsock_sk(sk)) >=
			    (s64)bytes;
	release_sock(sk);
	return fits;
}

static enum zsock_direct_try zsock_direct_try(struct zsock_rsk *rs,
					      struct zsock_direct *d)
{
	enum zsock_direct_try res = ZSOCK_DIRECT_NOT;
	struct zsock_pipe *pipe = rs->pipe;

	if (!mutex_trylock(&pipe->tx))
		return ZSOCK_DIRECT_NOT;
	/* A pipe that is not broken keeps its file until pipe->tx is let go. */
	if (zsock_tx_idle(rs)) {
		zsock_direct_head(rs, d);
		if (!zsock_direct_fits(pipe, d->bytes))
			res = ZSOCK_DIRECT_FULL;
		else if (zsock_direct_write(rs, d))
			res = ZSOCK_DIRECT_DONE;
		if (res == ZSOCK_DIRECT_DONE)
			WRITE_ONCE(pipe->tight, false);
		if (res == ZSOCK_DIRECT_FULL && !d->file)
			d->file = get_file(pipe->file);
	}
	mutex_unlock(&pipe->tx);
	zsock_tx_again_if_due(pipe);
	return res;
}

static int zsock_direct_wake(struct wait_queue_entry *wait, unsigned int mode,
			     int sync, void *key)
{
	__poll_t events = key_to_poll(key);

	if (events && !(events & (EPOLLOUT | EPOLLHUP | EPOLLERR)))
		return 0;
	return woken_wake_function(wait, mode, sync, key);
}

/*
 * Wait for room, though not long: what the pipe does not take then is copied, and
 * is a task's business. Who is woken goes first, one at a time.
 */
static enum zsock_direct_try zsock_direct_retry(struct zsock_rsk *rs,
						struct zsock_direct *d,
						long timeo)
{
	wait_queue_head_t *head = sk_sleep(sock_from_file(d->file)->sk);
	DEFINE_WAIT_FUNC(wait, zsock_direct_wake);
	enum zsock_direct_try res;

	timeo = min(timeo, ZSOCK_DIRECT_PATIENCE);
	add_wait_queue_exclusive(head, &wait);
	for (;;) {
		res = zsock_direct_try(rs, d);
		if (res != ZSOCK_DIRECT_FULL || !timeo ||
		    signal_pending(current))
			break;
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
	}
	remove_wait_queue(head, &wait);
	/* Its buffers may be too small for that ever to be worth it. */
	if (res == ZSOCK_DIRECT_FULL && !timeo)
		WRITE_ONCE(rs->pipe->tight, true);
	return res;
}

/**
 * zsock_tx_direct - write a stream's data without a copy of it
 * @rs: the stream
 * @from: the data; behind it afterwards, if it was written
 * @len: of it, at most ZOFF_DATA_MAX, for which there is credit
 * @flags: ZOFF_DATA_*
 * @timeo: jiffies that the caller may wait
 *
 * Return: whether it was written. If not it is to be queued, and what is wrong,
 * if anything is, will show there.
 */
bool zsock_tx_direct(struct zsock_rsk *rs, struct iov_iter *from, u32 len,
		     u16 flags, long timeo)
{
	enum zsock_direct_try res;
	struct zsock_direct d;

	d.len = len;
	d.flags = flags;
	d.file = NULL;
	if (!zsock_direct_suits(rs->pipe, from, len) ||
	    !zsock_direct_get(&d, from, len))
		return false;
	res = zsock_direct_try(rs, &d);
	if (res == ZSOCK_DIRECT_FULL && timeo && !READ_ONCE(rs->pipe->tight))
		res = zsock_direct_retry(rs, &d, timeo);
	if (d.file)
		fput(d.file);
	release_pages(d.pages, d.npages);
	if (res == ZSOCK_DIRECT_DONE)
		return true;
	iov_iter_revert(from, len);
	return false;
}
