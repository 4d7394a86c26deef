// SPDX-License-Identifier: GPL-2.0
/*
 * Writing to a pipe. Each socket has a queue, and those that have something in
 * it take turns. Whoever adds to a queue writes, without waiting, unless somebody
 * is at it; where the pipe takes no more, a task waits for it.
 */
#include <linux/kthread.h>

#include "remote.h"

/* Batches that a program writes, maybe for others, before the task does. */
#define ZSOCK_TX_BATCHES	4

/* ---- messages ---- */

void zsock_hdr_init(struct zoff_hdr *hdr, u32 len, u16 type, u32 id, u32 seq)
{
	hdr->length = cpu_to_le32(len);
	hdr->type = cpu_to_le16(type);
	hdr->flags = 0;
	hdr->sock = cpu_to_le32(id);
	hdr->seq = cpu_to_le32(seq);
}

/* Put the header before what @skb has. */
void zsock_message_seal(struct sk_buff *skb, u16 type, u32 id, u32 seq)
{
	u32 len = skb->len;

	zsock_hdr_init(skb_push(skb, sizeof(struct zoff_hdr)), len, type, id,
		       seq);
}

/* A message of @body and @more, or NULL where there is no memory. */
struct sk_buff *zsock_message(u16 type, u32 id, u32 seq, const void *body,
			      size_t len, const void *more, size_t morelen)
{
	struct sk_buff *skb;

	skb = alloc_skb(sizeof(struct zoff_hdr) + len + morelen,
			GFP_KERNEL_ACCOUNT);
	if (!skb)
		return NULL;
	skb_reserve(skb, sizeof(struct zoff_hdr));
	skb_put_data(skb, body, len);
	if (morelen)
		skb_put_data(skb, more, morelen);
	zsock_message_seal(skb, type, id, seq);
	return skb;
}

/* ---- a batch: under pipe->tx ---- */

static void zsock_batch_add(struct zsock_batch *batch, void *data, size_t len)
{
	if (!len)
		return;
	batch->linear |= BIT_ULL(batch->nvec);
	bvec_set_virt(&batch->vec[batch->nvec++], data, len);
	batch->bytes += len;
}

/* Data of a program, which was copied there and stays as it is. */
static void zsock_batch_frag(struct zsock_batch *batch, const skb_frag_t *frag)
{
	bvec_set_page(&batch->vec[batch->nvec++], skb_frag_page(frag),
		      skb_frag_size(frag), skb_frag_off(frag));
	batch->bytes += skb_frag_size(frag);
	batch->paged += skb_frag_size(frag);
}

static void zsock_batch_skb(struct zsock_batch *batch, struct sk_buff *skb)
{
	int i;

	__skb_queue_tail(&batch->skbs, skb);
	zsock_batch_add(batch, skb->data, skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		zsock_batch_frag(batch, &skb_shinfo(skb)->frags[i]);
}

static void zsock_batch_credit(struct zsock_batch *batch, u32 id, u32 more)
{
	struct zsock_credit_message *m = &batch->credits[batch->ncredits++];

	zsock_hdr_init(&m->hdr, sizeof(m->credit), ZOFF_CREDIT, id, 0);
	m->credit.more = cpu_to_le32(more);
	zsock_batch_add(batch, m, sizeof(*m));
}

/* Whether one more message of any kind has a place. */
static bool zsock_batch_room(const struct zsock_batch *batch)
{
	return batch->nvec + MAX_SKB_FRAGS + 2 <= ZSOCK_TX_PIECES &&
	       batch->ncredits < ZSOCK_TX_CREDITS &&
	       batch->bytes < ZSOCK_TX_TURN;
}

static void zsock_batch_done(struct zsock_batch *batch)
{
	__skb_queue_purge(&batch->skbs);
	batch->nvec = 0;
	batch->ncredits = 0;
	batch->bytes = 0;
	batch->written = 0;
	batch->paged = 0;
	batch->linear = 0;
	batch->splice = false;
}

/*
 * Where most of it is in pages, the pipe can have these: one copy less. Then the
 * rest, headers and what is short, has to be in such a page, too: what comes
 * from kmalloc() cannot be kept. The pages before are the pipe's by now, or
 * free.
 */
static void zsock_batch_splice(struct zsock_batch *batch)
{
	size_t rest = batch->bytes - batch->paged;
	struct page_frag *frag = &batch->frag;
	struct bio_vec *vec = batch->vec;
	u64 linear = batch->linear;

	if (batch->paged < ZSOCK_TX_PAGES || rest > PAGE_SIZE ||
	    !skb_page_frag_refill(rest, frag, GFP_KERNEL))
		return;
	for (; linear; linear >>= 1, vec++) {
		if (!(linear & 1))
			continue;
		memcpy(page_address(frag->page) + frag->offset,
		       bvec_virt(vec), vec->bv_len);
		bvec_set_page(vec, frag->page, vec->bv_len, frag->offset);
		frag->offset += vec->bv_len;
	}
	batch->splice = true;
}

/*
 * What @rs has, as far as its turn goes. Under pipe->lock, too. Whether nothing
 * is left of it.
 */
static bool zsock_batch_turn(struct zsock_batch *batch, struct zsock_rsk *rs)
{
	size_t turn = 0;
	struct sk_buff *skb;

	if (rs->credit) {
		zsock_batch_credit(batch, rs->id, rs->credit);
		rs->credit = 0;
	}
	while (turn < ZSOCK_TX_TURN && zsock_batch_room(batch)) {
		skb = __skb_dequeue(&rs->txq);
		if (!skb)
			break;
		turn += skb->len;
		zsock_batch_skb(batch, skb);
	}
	return skb_queue_empty(&rs->txq);
}

/* Under pipe->lock, too. The socket whose reference is to be put, or NULL. */
static struct zsock_rsk *zsock_batch_next(struct zsock_pipe *pipe)
{
	struct zsock_rsk *rs;

	rs = list_first_entry(&pipe->ready, struct zsock_rsk, ready);
	if (!zsock_batch_turn(&pipe->batch, rs)) {
		list_move_tail(&rs->ready, &pipe->ready);
		return NULL;
	}
	list_del_init(&rs->ready);
	return rs;
}

/* Whether there is anything to be written. */
static bool zsock_batch_fill(struct zsock_pipe *pipe)
{
	struct zsock_batch *batch = &pipe->batch;
	struct zsock_rsk *rs;
	struct sk_buff *skb;

	zsock_batch_add(batch, pipe->cork.data, zsock_cork_take(pipe));
	spin_lock(&pipe->lock);
	while (zsock_batch_room(batch)) {
		skb = __skb_dequeue(&pipe->urgent);
		if (!skb)
			break;
		zsock_batch_skb(batch, skb);
	}
	while (zsock_batch_room(batch) && !list_empty(&pipe->ready)) {
		rs = zsock_batch_next(pipe);
		if (!rs)
			continue;
		spin_unlock(&pipe->lock);
		sock_put(&rs->sk);
		spin_lock(&pipe->lock);
	}
	spin_unlock(&pipe->lock);
	zsock_batch_splice(batch);
	return batch->bytes;
}

/* Write what is in the batch: 0, or the errno that stopped it. */
static int zsock_batch_write(struct zsock_pipe *pipe, int flags)
{
	struct zsock_batch *batch = &pipe->batch;
	struct socket *sock = pipe->sock;
	struct msghdr msg = { .msg_flags = flags | MSG_NOSIGNAL };
	int ret;

	/* A pipe that cannot keep pages copies what is in them. */
	if (batch->splice)
		msg.msg_flags |= MSG_SPLICE_PAGES;
	while (batch->written < batch->bytes) {
		iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, batch->vec,
			      batch->nvec, batch->bytes);
		iov_iter_advance(&msg.msg_iter, batch->written);
		/* The program's own label has no say about the pipe. */
		ret = READ_ONCE(sock->ops)->sendmsg(sock, &msg,
						    msg_data_left(&msg));
		if (ret <= 0)
			return ret ?: -EPIPE;
		batch->written += ret;
		WRITE_ONCE(pipe->said, jiffies);
	}
	zsock_batch_done(batch);
	return 0;
}

/* ---- who writes ---- */

static bool zsock_tx_pending(struct zsock_pipe *pipe)
{
	bool pending;

	spin_lock(&pipe->lock);
	pending = !pipe->broken && (!list_empty(&pipe->ready) ||
				    !skb_queue_empty(&pipe->urgent));
	spin_unlock(&pipe->lock);
	return pending;
}

/*
 * Up to @max batches. Under pipe->tx. 0, -EAGAIN where more is to be done, or
 * the errno that the pipe is to be broken with.
 */
static int zsock_tx_some(struct zsock_pipe *pipe, int max, int flags)
{
	int err;

	while (max--) {
		if (!pipe->batch.bytes && !zsock_batch_fill(pipe))
			return 0;
		err = zsock_batch_write(pipe, flags);
		if (err)
			return err;
	}
	return -EAGAIN;
}

static bool zsock_tx_again(int err)
{
	return err == -EAGAIN || err == -EINTR || err == -ERESTARTSYS ||
	       err == -ENOBUFS || err == -ENOMEM;
}

/* Write without waiting, or see that somebody does. */
static void zsock_tx(struct zsock_pipe *pipe)
{
	int err;

	do {
		/* Who holds it looks again after having let it go. */
		if (!mutex_trylock(&pipe->tx))
			return;
		err = zsock_tx_some(pipe, ZSOCK_TX_BATCHES, MSG_DONTWAIT);
		mutex_unlock(&pipe->tx);
		if (zsock_tx_again(err)) {
			wake_up(&pipe->wait);
			return;
		}
		if (err) {
			zsock_pipe_break(pipe, -err, NULL);
			return;
		}
	} while (zsock_tx_pending(pipe));
}

/* Where the task has something to do: bytes are only read under pipe->tx. */
static bool zsock_tx_due(struct zsock_pipe *pipe)
{
	return READ_ONCE(pipe->batch.bytes) || READ_ONCE(pipe->cork.due) ||
	       zsock_tx_pending(pipe);
}

/* ---- who writes beside the queues ---- */

/*
 * Under pipe->tx. Whether @rs may write a message of a stream now: it is nobody's
 * turn, and nothing that it has queued, or told the other side, comes before.
 */
bool zsock_tx_idle(struct zsock_rsk *rs)
{
	struct zsock_pipe *pipe = rs->pipe;
	bool idle;

	spin_lock(&pipe->lock);
	idle = !pipe->broken && !pipe->batch.bytes &&
	       list_empty(&pipe->ready) && skb_queue_empty(&pipe->urgent) &&
	       !(READ_ONCE(rs->sk.sk_shutdown) & SEND_SHUTDOWN);
	spin_unlock(&pipe->lock);
	return idle;
}

/* Under pipe->tx, after that: what is left of the message. */
void zsock_tx_rest(struct zsock_pipe *pipe, struct sk_buff *skb)
{
	zsock_batch_skb(&pipe->batch, skb);
}

/* After pipe->tx was let go: others may have left what they have to it. */
void zsock_tx_again_if_due(struct zsock_pipe *pipe)
{
	if (zsock_tx_due(pipe))
		zsock_tx(pipe);
}

/* What waits for more shall not: a program waits for what comes of it. */
void zsock_tx_push(struct zsock_pipe *pipe)
{
	if (READ_ONCE(pipe->cork.n))
		zsock_tx(pipe);
}

/* ---- the task ---- */

/* It waits for the pipe with pipe->tx held: all others just queue. */
int zsock_tx_work(void *data)
{
	struct zsock_pipe *pipe = data;
	int err = 0;

	while (!kthread_should_stop()) {
		if (READ_ONCE(pipe->broken)) {
			wait_event_idle(pipe->wait, kthread_should_stop());
			break;
		}
		wait_event_idle(pipe->wait, zsock_tx_due(pipe) ||
				READ_ONCE(pipe->broken) ||
				kthread_should_stop());
		mutex_lock(&pipe->tx);
		err = READ_ONCE(pipe->broken) ? 0 :
		      zsock_tx_some(pipe, ZSOCK_TX_BATCHES, 0);
		mutex_unlock(&pipe->tx);
		if (err == -ENOBUFS || err == -ENOMEM)
			schedule_timeout_idle(HZ / 50);
		else if (err && !zsock_tx_again(err))
			zsock_pipe_break(pipe, -err, NULL);
	}
	return 0;
}

/* ---- what is to be written ---- */

/* A message of the pipe's own. Takes @skb: 0, or the errno of a broken pipe. */
int zsock_tx_urgent(struct zsock_pipe *pipe, struct sk_buff *skb)
{
	spin_lock(&pipe->lock);
	if (pipe->broken) {
		spin_unlock(&pipe->lock);
		kfree_skb(skb);
		return -ECONNRESET;
	}
	__skb_queue_tail(&pipe->urgent, skb);
	spin_unlock(&pipe->lock);
	zsock_tx(pipe);
	return 0;
}

/* Under pipe->lock. */
static void zsock_tx_ready(struct zsock_pipe *pipe, struct zsock_rsk *rs)
{
	if (!list_empty(&rs->ready))
		return;
	sock_hold(&rs->sk);
	list_add_tail(&rs->ready, &pipe->ready);
}

/* 0, or why @skb was dropped: -EPIPE if sk_shutdown has any of @shut. */
static int zsock_tx_queue(struct zsock_rsk *rs, struct sk_buff *skb, int shut)
{
	struct zsock_pipe *pipe = rs->pipe;
	int err = 0;

	spin_lock(&pipe->lock);
	if (pipe->broken)
		err = -ECONNRESET;
	else if (READ_ONCE(rs->sk.sk_shutdown) & shut)
		err = -EPIPE;
	if (!err) {
		__skb_queue_tail(&rs->txq, skb);
		zsock_tx_ready(pipe, rs);
	}
	spin_unlock(&pipe->lock);
	if (err)
		kfree_skb(skb);
	else
		zsock_tx(pipe);
	return err;
}

/* A message of @rs's. Takes @skb: 0, or the errno of a broken pipe. */
int zsock_tx_sock(struct zsock_rsk *rs, struct sk_buff *skb)
{
	return zsock_tx_queue(rs, skb, 0);
}

/*
 * A stream's data. -EPIPE where shutdown() was called meanwhile: that sets
 * sk_shutdown before it queues its message.
 */
int zsock_tx_data(struct zsock_rsk *rs, struct sk_buff *skb)
{
	return zsock_tx_queue(rs, skb, SEND_SHUTDOWN);
}

/* Let the other side send @more, unless nothing may follow a ZOFF_CLOSE. */
void zsock_tx_credit(struct zsock_rsk *rs, u32 more)
{
	struct zsock_pipe *pipe = rs->pipe;

	spin_lock(&pipe->lock);
	if (!pipe->broken && !READ_ONCE(rs->closed)) {
		rs->credit += more;
		zsock_tx_ready(pipe, rs);
	}
	spin_unlock(&pipe->lock);
	zsock_tx(pipe);
}

/* The pipe is broken: nothing of this will be written. */
void zsock_tx_purge(struct zsock_pipe *pipe)
{
	struct zsock_rsk *rs;

	mutex_lock(&pipe->tx);
	zsock_batch_done(&pipe->batch);
	zsock_cork_take(pipe);
	spin_lock(&pipe->lock);
	__skb_queue_purge(&pipe->urgent);
	while (!list_empty(&pipe->ready)) {
		rs = list_first_entry(&pipe->ready, struct zsock_rsk, ready);
		list_del_init(&rs->ready);
		__skb_queue_purge(&rs->txq);
		spin_unlock(&pipe->lock);
		sock_put(&rs->sk);
		spin_lock(&pipe->lock);
	}
	spin_unlock(&pipe->lock);
	mutex_unlock(&pipe->tx);
	zsock_cork_stop(pipe);
}

/* Nobody writes any more. */
void zsock_tx_free(struct zsock_pipe *pipe)
{
	zsock_tx_purge(pipe);
	if (pipe->batch.frag.page)
		put_page(pipe->batch.frag.page);
}
