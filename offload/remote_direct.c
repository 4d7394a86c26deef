// SPDX-License-Identifier: GPL-2.0
/*
 * Large data for a pipe that copies what it is given, and not to pages of ours
 * before: from the program's own, while nothing else is to be written.
 *
 * These are pinned first. A program may take any time to have them there, and
 * nobody is to wait for that with the pipe in hand.
 */
#include <linux/mm.h>

#include "remote.h"

#define ZSOCK_DIRECT_PAGES	(ZOFF_DATA_MAX / PAGE_SIZE + 1)

/**
 * struct zsock_direct - a message on its way
 * @pages: of the program's
 * @npages: how many
 * @vec: its header, and what is in them
 * @bytes: in all of these
 */
struct zsock_direct {
	struct page	*pages[ZSOCK_DIRECT_PAGES];
	unsigned int	npages;
	struct bio_vec	vec[ZSOCK_DIRECT_PAGES + 1];
	size_t		bytes;
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
		bvec_set_page(&d->vec[i + 1], d->pages[i], n, off);
		len -= n;
		off = 0;
	}
}

/* All @len bytes, if they are in one piece: @from is behind them then. */
static bool zsock_direct_pin(struct zsock_direct *d, struct iov_iter *from,
			     u32 len)
{
	struct page **pages = d->pages;
	ssize_t got;
	size_t off;

	got = iov_iter_extract_pages(from, &pages, len, ZSOCK_DIRECT_PAGES, 0,
				     &off);
	if (got <= 0)
		return false;
	d->npages = DIV_ROUND_UP(off + got, PAGE_SIZE);
	if (got < len) {
		unpin_user_pages(d->pages, d->npages);
		iov_iter_revert(from, got);
		return false;
	}
	zsock_direct_vec(d, off, len);
	return true;
}

static void zsock_direct_iter(const struct zsock_direct *d, size_t written,
			      struct iov_iter *iter)
{
	iov_iter_bvec(iter, ITER_SOURCE, d->vec, d->npages + 1, d->bytes);
	iov_iter_advance(iter, written);
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

/* Under pipe->tx, where nothing else is to be written. Whether it was begun. */
static bool zsock_direct_write(struct zsock_rsk *rs, struct zsock_direct *d,
			       u32 len, u16 flags)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct zsock_pipe *pipe = rs->pipe;
	struct socket *sock = pipe->sock;
	int ret;

	zsock_hdr_init(&pipe->direct, len, ZOFF_DATA, rs->id, 0);
	pipe->direct.flags = cpu_to_le16(flags);
	bvec_set_virt(&d->vec[0], &pipe->direct, sizeof(pipe->direct));
	d->bytes = sizeof(pipe->direct) + len;
	zsock_direct_iter(d, 0, &msg.msg_iter);
	ret = READ_ONCE(sock->ops)->sendmsg(sock, &msg, d->bytes);
	if (ret <= 0)
		return false;
	WRITE_ONCE(pipe->said, jiffies);
	if (ret < d->bytes)
		zsock_direct_rest(rs, d, ret);
	return true;
}

/**
 * zsock_tx_direct - write a stream's data without a copy of it
 * @rs: the stream
 * @from: the data; behind it afterwards, if it was written
 * @len: of it, at most ZOFF_DATA_MAX, for which there is credit
 * @flags: ZOFF_DATA_*
 *
 * Return: whether it was written. If not it is to be queued, and what is wrong,
 * if anything is, will show there.
 */
bool zsock_tx_direct(struct zsock_rsk *rs, struct iov_iter *from, u32 len,
		     u16 flags)
{
	struct zsock_pipe *pipe = rs->pipe;
	struct zsock_direct d;
	bool done = false;

	if (!zsock_direct_suits(pipe, from, len) ||
	    !zsock_direct_pin(&d, from, len))
		return false;
	if (mutex_trylock(&pipe->tx)) {
		if (zsock_tx_idle(rs))
			done = zsock_direct_write(rs, &d, len, flags);
		mutex_unlock(&pipe->tx);
		zsock_tx_again_if_due(pipe);
	}
	unpin_user_pages(d.pages, d.npages);
	if (!done)
		iov_iter_revert(from, len);
	return done;
}
