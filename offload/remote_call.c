// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that a task waits for: one at a time for a socket. A reply comes soon,
 * or the other side is broken.
 */
#include <linux/slab.h>

#include "remote.h"

static bool zsock_call_done(struct zsock_rsk *rs)
{
	return READ_ONCE(rs->call.done);
}

/*
 * Whether the request is still behind what others write, and the pipe takes
 * that: the other side has not seen it, and is not to blame.
 */
static bool zsock_call_queued(struct zsock_rsk *rs)
{
	struct zsock_pipe *pipe = rs->pipe;
	bool queued;

	spin_lock(&pipe->lock);
	queued = !skb_queue_empty(&rs->txq);
	spin_unlock(&pipe->lock);
	return queued && time_before(jiffies, READ_ONCE(pipe->said) +
				     ZSOCK_PIPE_PATIENCE);
}

/* 0; -EINTR where the task is being killed; -ETIMEDOUT. */
static int zsock_call_wait(struct zsock_rsk *rs)
{
	bool queued;
	long left;

	do {
		queued = zsock_call_queued(rs);
		left = wait_event_killable_timeout(rs->call_wait,
						   zsock_call_done(rs),
						   ZSOCK_PIPE_PATIENCE);
	} while (!left && queued);
	if (left > 0)
		return 0;
	if (left < 0)
		return -EINTR;
	zsock_pipe_break(rs->pipe, ETIMEDOUT, "a request was not answered");
	return -ETIMEDOUT;
}

/* What the reply had: 0, or its errno. At most *@got bytes into @reply. */
static int zsock_call_finish(struct zsock_rsk *rs, void *reply, size_t *got)
{
	struct zsock_call call;

	spin_lock(&rs->lock);
	call = rs->call;
	memset(&rs->call, 0, sizeof(rs->call));
	spin_unlock(&rs->lock);
	if (!call.error && got) {
		*got = min(*got, call.len);
		if (*got)
			memcpy(reply, call.data, *got);
	}
	kfree(call.data);
	return -call.error;
}

/* Somebody was killed while waiting: the reply is still to come. */
static int zsock_call_settle(struct zsock_rsk *rs)
{
	int err;

	if (!rs->call.seq)
		return 0;
	err = zsock_call_wait(rs);
	if (!err)
		zsock_call_finish(rs, NULL, NULL);
	return err;
}

static int zsock_call_send(struct zsock_rsk *rs, u16 type, const void *body,
			   size_t len, const void *more, size_t morelen)
{
	u32 seq = zsock_pipe_seq(rs->pipe);
	struct sk_buff *skb;
	int err;

	skb = zsock_message(type, rs->id, seq, body, len, more, morelen);
	if (!skb)
		return -ENOMEM;
	spin_lock(&rs->lock);
	rs->call.seq = seq;
	spin_unlock(&rs->lock);
	err = zsock_tx_sock(rs, skb);
	if (err) {
		spin_lock(&rs->lock);
		rs->call.seq = 0;
		rs->call.done = false;
		spin_unlock(&rs->lock);
	}
	return err;
}

/**
 * zsock_rsk_call - make a request and wait for its reply
 * @rs: the socket
 * @type: ZOFF_*
 * @body: what it says
 * @len: bytes of that
 * @more: and behind that
 * @morelen: bytes of that
 * @reply: for what the reply has beside the errno, or NULL
 * @got: room in @reply; then, bytes that came. NULL with @reply NULL
 *
 * Context: process, sleeps for ten seconds or until the pipe has taken what is
 * to be written before, and as long again; not with the sk locked.
 * Return: 0; the errno of the other side; -ECONNRESET where the pipe broke.
 */
int zsock_rsk_call(struct zsock_rsk *rs, u16 type, const void *body, size_t len,
		   const void *more, size_t morelen, void *reply, size_t *got)
{
	int err;

	if (mutex_lock_killable(&rs->call_lock))
		return -EINTR;
	err = zsock_call_settle(rs);
	if (!err)
		err = zsock_call_send(rs, type, body, len, more, morelen);
	if (!err)
		err = zsock_call_wait(rs);
	if (!err)
		err = zsock_call_finish(rs, reply, got);
	mutex_unlock(&rs->call_lock);
	return err;
}

/* One whose reply is the socket's name, which is kept. */
int zsock_rsk_name_call(struct zsock_rsk *rs, u16 type, const void *body,
			size_t len)
{
	struct zoff_addr name;
	size_t got = sizeof(name);
	int err;

	err = zsock_rsk_call(rs, type, body, len, NULL, 0, &name, &got);
	if (err)
		return err;
	if (got != sizeof(name) || !zsock_zoff_ok(&name, true)) {
		zsock_pipe_break(rs->pipe, EPROTO, "a name makes no sense");
		return -ECONNRESET;
	}
	spin_lock(&rs->lock);
	rs->name = name;
	spin_unlock(&rs->lock);
	return 0;
}

/* The reply came. Takes *@data if somebody waits for it; whether one does. */
bool zsock_rsk_reply(struct zsock_rsk *rs, u32 seq, int error, void **data,
		     size_t len)
{
	bool waited;

	spin_lock(&rs->lock);
	waited = rs->call.seq == seq && !rs->call.done;
	if (waited) {
		rs->call.error = error;
		rs->call.len = len;
		swap(rs->call.data, *data);
		WRITE_ONCE(rs->call.done, true);
	}
	spin_unlock(&rs->lock);
	if (waited)
		wake_up_all(&rs->call_wait);
	return waited;
}
