// SPDX-License-Identifier: GPL-2.0
/*
 * What came through a pipe. Nothing of it is believed: a message that could not
 * come at this time drops the pipe. Each function returns why, or NULL.
 */
#include <linux/in.h>
#include <linux/slab.h>
#include <net/tcp_states.h>

#include "remote.h"

#define ZSOCK_BAD_LENGTH	"a message has a wrong length"
#define ZSOCK_BAD_SOCK		"a message is about no socket of this pipe"
#define ZSOCK_BAD_STATE		"a message came for a socket that it does not suit"
#define ZSOCK_BAD_CREDIT	"more came than there was credit for"
#define ZSOCK_BAD_REPLY		"a reply came that nobody waits for"
#define ZSOCK_BAD_ADDR		"an address makes no sense"
#define ZSOCK_BAD_END		"it ended in the middle of a message"
#define ZSOCK_BAD_TYPE		"a message is of a type that is not known"
#define ZSOCK_BAD_MEMORY	"there is no memory for what came"

static int zsock_error_ok(u32 error)
{
	return error && error <= MAX_ERRNO ? error : EIO;
}

/* ---- data ---- */

/* Whether @len more may come for @rs; *@drop where nobody will read it. */
static const char *zsock_rx_room(struct zsock_rsk *rs, u32 cost, bool *drop)
{
	struct sock *sk = &rs->sk;
	const char *why = NULL;

	spin_lock(&rs->lock);
	*drop = rs->dead || rs->closed ||
		READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN;
	if (rs->ended || (sk->sk_type == SOCK_STREAM && !*drop &&
			  sk->sk_state != TCP_ESTABLISHED))
		why = ZSOCK_BAD_STATE;
	else if (cost > rs->rx_room)
		why = ZSOCK_BAD_CREDIT;
	else
		rs->rx_room -= cost;
	spin_unlock(&rs->lock);
	return why;
}

static const char *zsock_rx_drop(struct zsock_pipe *pipe, struct zsock_rsk *rs,
				 u32 len, u32 cost)
{
	if (zsock_rx_skip(pipe, len))
		return ZSOCK_BAD_END;
	zsock_rsk_taken(rs, cost);
	return NULL;
}

/* Whether @len bytes go into what came last. Under rs->lock. */
static struct sk_buff *zsock_rx_last(struct zsock_rsk *rs, u32 len)
{
	struct sk_buff *skb = skb_peek_tail(&rs->sk.sk_receive_queue);

	if (!skb || ZSOCK_RX_CB(skb)->held || skb_is_nonlinear(skb) ||
	    skb == rs->urg.mark || skb_tailroom(skb) < len)
		return NULL;
	return skb;
}

static const char *zsock_rx_no_skb(const struct sk_buff *skb)
{
	return PTR_ERR(skb) == -ENOMEM ? ZSOCK_BAD_MEMORY : ZSOCK_BAD_END;
}

/* A few bytes: without this each would take a buffer of its own. */
static bool zsock_rx_append(struct zsock_rsk *rs, const void *data, u32 len)
{
	struct sk_buff *skb;

	spin_lock(&rs->lock);
	skb = zsock_rx_last(rs, len);
	if (skb) {
		skb_put_data(skb, data, len);
		ZSOCK_RX_CB(skb)->end += len;
		rs->rx_queued += len;
	}
	spin_unlock(&rs->lock);
	return skb;
}

/* @len bytes for the program to read. */
static void zsock_rx_queue(struct zsock_rsk *rs, struct sk_buff *skb, u32 len)
{
	struct sock *sk = &rs->sk;

	__net_timestamp(skb);
	zsock_rx_own(skb, sk);
	spin_lock(&rs->lock);
	skb_queue_tail(&sk->sk_receive_queue, skb);
	rs->rx_queued += len;
	spin_unlock(&rs->lock);
}

/* @len bytes that are to be treated as one piece. */
static const char *zsock_rx_run_of(struct zsock_pipe *pipe,
				   struct zsock_rsk *rs, u32 len)
{
	struct sk_buff *skb;
	const void *few;

	if (len <= ZSOCK_RX_SMALL) {
		few = zsock_rx_see(pipe, len);
		if (!few)
			return ZSOCK_BAD_END;
		if (zsock_rx_append(rs, few, len))
			return NULL;
		skb = zsock_rx_skb_of(&rs->sk, few, len);
	} else {
		skb = zsock_rx_keep(pipe, len) ?:
		      zsock_rx_skb(pipe, &rs->sk, len);
	}
	if (IS_ERR(skb))
		return zsock_rx_no_skb(skb);
	zsock_rx_queue(rs, skb, len);
	return NULL;
}

static const char *zsock_rx_stream(struct zsock_pipe *pipe,
				   struct zsock_rsk *rs, u32 len)
{
	const char *why = NULL;
	int n;

	while (len && !why) {
		n = zsock_rx_run(pipe, len);
		if (n < 0)
			return n == -ENOMEM ? ZSOCK_BAD_MEMORY : ZSOCK_BAD_END;
		why = zsock_rx_run_of(pipe, rs, n);
		len -= n;
	}
	return why;
}

static const char *zsock_rx_data(struct zsock_pipe *pipe, struct zsock_rsk *rs,
				 u32 len)
{
	const char *why;
	bool drop;

	if (rs->sk.sk_type != SOCK_STREAM)
		return ZSOCK_BAD_STATE;
	if (!len || len > ZOFF_DATA_MAX)
		return ZSOCK_BAD_LENGTH;
	why = zsock_rx_room(rs, len, &drop);
	if (why)
		return why;
	if (drop)
		return zsock_rx_drop(pipe, rs, len, len);
	zsock_urgent_ordinary(rs, len);
	why = zsock_rx_stream(pipe, rs, len);
	if (why)
		return why;
	zsock_remote_netdev_rx(&pipe->remote->netdev, len);
	rs->sk.sk_data_ready(&rs->sk);
	return NULL;
}

/* One byte that reading stops at. */
static const char *zsock_rx_mark(struct zsock_pipe *pipe, struct zsock_rsk *rs)
{
	struct sk_buff *skb;
	u8 byte;

	if (zsock_rx_take(pipe, &byte, sizeof(byte)))
		return ZSOCK_BAD_END;
	skb = zsock_rx_skb_of(&rs->sk, &byte, sizeof(byte));
	if (IS_ERR(skb))
		return ZSOCK_BAD_MEMORY;
	__net_timestamp(skb);
	zsock_rx_own(skb, &rs->sk);
	spin_lock(&rs->lock);
	skb_queue_tail(&rs->sk.sk_receive_queue, skb);
	zsock_urgent_queue(rs, skb);
	spin_unlock(&rs->lock);
	return NULL;
}

/* The byte that was announced, in its place. */
static const char *zsock_rx_urgent_data(struct zsock_pipe *pipe,
					struct zsock_rsk *rs, u32 len)
{
	const char *why;
	bool drop;

	if (rs->sk.sk_type != SOCK_STREAM)
		return ZSOCK_BAD_STATE;
	if (len != 1)
		return ZSOCK_BAD_LENGTH;
	why = zsock_rx_room(rs, len, &drop);
	if (why)
		return why;
	if (drop)
		return zsock_rx_drop(pipe, rs, len, len);
	if (!zsock_urgent_due(rs))
		return ZSOCK_BAD_STATE;
	why = zsock_urgent_refused(rs) ? zsock_rx_stream(pipe, rs, len) :
					 zsock_rx_mark(pipe, rs);
	if (why)
		return why;
	zsock_remote_netdev_rx(&pipe->remote->netdev, len);
	rs->sk.sk_data_ready(&rs->sk);
	return NULL;
}

/* As UDP does, drop what does not fit into the buffer that was asked for. */
static bool zsock_rx_full(struct sock *sk)
{
	if (sk_rmem_alloc_get(sk) < READ_ONCE(sk->sk_rcvbuf))
		return false;
	atomic_inc(&sk->sk_drops);
	return true;
}

static const char *zsock_rx_dgram(struct zsock_pipe *pipe,
				  struct zsock_rsk *rs, u32 len)
{
	struct zoff_addr from;
	struct sk_buff *skb;
	const char *why;
	bool drop;

	if (rs->sk.sk_type != SOCK_DGRAM)
		return ZSOCK_BAD_STATE;
	if (len < sizeof(from) || len > sizeof(from) + ZOFF_DATA_MAX)
		return ZSOCK_BAD_LENGTH;
	if (zsock_rx_take(pipe, &from, sizeof(from)))
		return ZSOCK_BAD_END;
	if (!zsock_zoff_ok(&from, false))
		return ZSOCK_BAD_ADDR;
	len -= sizeof(from);
	why = zsock_rx_room(rs, len + ZOFF_DGRAM_COST, &drop);
	if (why)
		return why;
	if (drop)
		return zsock_rx_drop(pipe, rs, len, len + ZOFF_DGRAM_COST);
	skb = zsock_rx_skb(pipe, &rs->sk, len);
	if (IS_ERR(skb))
		return zsock_rx_no_skb(skb);
	if (zsock_rx_full(&rs->sk)) {
		kfree_skb(skb);
		zsock_rsk_taken(rs, len + ZOFF_DGRAM_COST);
		return NULL;
	}
	ZSOCK_RX_CB(skb)->from = from;
	zsock_remote_netdev_rx(&pipe->remote->netdev, len);
	zsock_rx_queue(rs, skb, len);
	rs->sk.sk_data_ready(&rs->sk);
	return NULL;
}

/* ---- the others: short, and taken whole ---- */

static const char *zsock_rx_credit(struct zsock_rsk *rs,
				   const struct zoff_credit *credit, u32 len)
{
	u32 more = le32_to_cpu(credit->more);
	const char *why = NULL;

	if (len != sizeof(*credit))
		return ZSOCK_BAD_LENGTH;
	spin_lock(&rs->lock);
	if (more > INT_MAX - rs->tx_credit || rs->sk.sk_state == TCP_LISTEN)
		why = ZSOCK_BAD_CREDIT;
	else
		WRITE_ONCE(rs->tx_credit, rs->tx_credit + more);
	spin_unlock(&rs->lock);
	if (!why)
		rs->sk.sk_write_space(&rs->sk);
	return why;
}

static const char *zsock_rx_end(struct zsock_rsk *rs, u32 len)
{
	struct sock *sk = &rs->sk;
	const char *why = NULL;

	if (len)
		return ZSOCK_BAD_LENGTH;
	spin_lock(&rs->lock);
	if (sk->sk_type != SOCK_STREAM || rs->ended ||
	    (sk->sk_state != TCP_ESTABLISHED && !rs->dead && !rs->closed))
		why = ZSOCK_BAD_STATE;
	else
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	WRITE_ONCE(rs->ended, true);
	spin_unlock(&rs->lock);
	if (why)
		return why;
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
	return NULL;
}

static const char *zsock_rx_urgent(struct zsock_rsk *rs,
				   const struct zoff_urgent *urgent, u32 len)
{
	if (!(rs->pipe->features & ZOFF_F_URGENT))
		return ZSOCK_BAD_TYPE;
	if (len != sizeof(*urgent))
		return ZSOCK_BAD_LENGTH;
	if (rs->protocol != IPPROTO_TCP || READ_ONCE(rs->ended) ||
	    (READ_ONCE(rs->sk.sk_state) != TCP_ESTABLISHED &&
	     !READ_ONCE(rs->dead) && !READ_ONCE(rs->closed)))
		return ZSOCK_BAD_STATE;
	return zsock_urgent_notice(rs, urgent);
}

static const char *zsock_rx_error(struct zsock_rsk *rs,
				  const struct zoff_reply *reply, u32 len)
{
	struct sock *sk = &rs->sk;
	int error = zsock_error_ok(le32_to_cpu(reply->error));

	if (len != sizeof(*reply))
		return ZSOCK_BAD_LENGTH;
	if (sk->sk_type == SOCK_STREAM) {
		zsock_rsk_fail(rs, error);
		return NULL;
	}
	WRITE_ONCE(sk->sk_err, error);
	sk_error_report(sk);
	return NULL;
}

static const char *zsock_rx_incoming(struct zsock_rsk *rs,
				     const struct zoff_incoming *in, u32 len)
{
	int err;

	if (len != sizeof(*in))
		return ZSOCK_BAD_LENGTH;
	if (!(le32_to_cpu(in->sock) & ZOFF_SOCK_SERVER))
		return ZSOCK_BAD_SOCK;
	if (!zsock_zoff_ok(&in->name, false) || !zsock_zoff_ok(&in->peer, false))
		return ZSOCK_BAD_ADDR;
	spin_lock(&rs->lock);
	/* One that does not listen any more may have some on their way. */
	if (!rs->listens) {
		spin_unlock(&rs->lock);
		return ZSOCK_BAD_STATE;
	}
	if (!rs->rx_room) {
		spin_unlock(&rs->lock);
		return ZSOCK_BAD_CREDIT;
	}
	rs->rx_room--;
	spin_unlock(&rs->lock);
	err = zsock_rsk_child(rs, in);
	if (!err)
		return NULL;
	return err == -ENOMEM ? ZSOCK_BAD_MEMORY : ZSOCK_BAD_SOCK;
}

/* ---- replies ---- */

static void zsock_rx_connected(struct zsock_rsk *rs, int error,
			       const struct zoff_addr *name)
{
	struct sock *sk = &rs->sk;

	spin_lock(&rs->lock);
	if (sk->sk_state == TCP_SYN_SENT) {
		WRITE_ONCE(sk->sk_state, error ? TCP_CLOSE : TCP_ESTABLISHED);
		if (error) {
			WRITE_ONCE(sk->sk_err, error);
			WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
		} else {
			rs->name = *name;
		}
	}
	spin_unlock(&rs->lock);
	sk->sk_state_change(sk);
	if (error)
		sk_error_report(sk);
	else
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
}

/* The socket was never there: every call on it says so. */
static void zsock_rx_not_opened(struct zsock_rsk *rs, int error)
{
	if (error)
		zsock_rsk_fail(rs, error);
}

enum zsock_answered {
	ZSOCK_ANSWERED_NONE,
	ZSOCK_ANSWERED_OPEN,
	ZSOCK_ANSWERED_CONNECT,
	ZSOCK_ANSWERED_SHUTDOWN,
	ZSOCK_ANSWERED_CLOSE,
};

/* Which of @rs's requests has the number @seq; it has been answered now. */
static enum zsock_answered zsock_rx_answered(struct zsock_rsk *rs, u32 seq)
{
	u32 *seqs[] = {
		[ZSOCK_ANSWERED_OPEN]		= &rs->open_seq,
		[ZSOCK_ANSWERED_CONNECT]	= &rs->connect_seq,
		[ZSOCK_ANSWERED_SHUTDOWN]	= &rs->shut_seq,
		[ZSOCK_ANSWERED_CLOSE]		= &rs->close_seq,
	};
	int i;

	spin_lock(&rs->lock);
	for (i = ZSOCK_ANSWERED_OPEN; i <= ZSOCK_ANSWERED_CLOSE; i++)
		if (*seqs[i] == seq)
			break;
	if (i <= ZSOCK_ANSWERED_CLOSE)
		*seqs[i] = 0;
	else
		i = ZSOCK_ANSWERED_NONE;
	spin_unlock(&rs->lock);
	return i;
}

static const char *zsock_rx_call(struct zsock_rsk *rs, u32 seq, int error,
				 const void *body, u32 len)
{
	void *data = NULL;
	bool waited;

	if (len && !error) {
		data = kmemdup(body, len, GFP_KERNEL);
		if (!data)
			error = ENOMEM;
	}
	waited = zsock_rsk_reply(rs, seq, error, &data, data ? len : 0);
	kfree(data);
	return waited ? NULL : ZSOCK_BAD_REPLY;
}

static const char *zsock_rx_reply(struct zsock_rsk *rs, u32 seq,
				  const struct zoff_reply *reply, u32 len)
{
	const struct zoff_addr *name = (const void *)(reply + 1);
	int error;

	if (len < sizeof(*reply) || !seq)
		return ZSOCK_BAD_LENGTH;
	error = le32_to_cpu(reply->error);
	if (error)
		error = zsock_error_ok(error);
	len -= sizeof(*reply);
	switch (zsock_rx_answered(rs, seq)) {
	case ZSOCK_ANSWERED_OPEN:
		zsock_rx_not_opened(rs, error);
		return len ? ZSOCK_BAD_LENGTH : NULL;
	case ZSOCK_ANSWERED_CONNECT:
		if (!error && len != sizeof(*name))
			return ZSOCK_BAD_LENGTH;
		if (!error && !zsock_zoff_ok(name, false))
			return ZSOCK_BAD_ADDR;
		zsock_rx_connected(rs, error, name);
		return NULL;
	case ZSOCK_ANSWERED_SHUTDOWN:
		return len ? ZSOCK_BAD_LENGTH : NULL;
	case ZSOCK_ANSWERED_CLOSE:
		zsock_rsk_forget(rs);
		wake_up_all(&rs->call_wait);
		return len ? ZSOCK_BAD_LENGTH : NULL;
	case ZSOCK_ANSWERED_NONE:
		break;
	}
	return zsock_rx_call(rs, seq, error, reply + 1, len);
}

/* ---- about the pipe ---- */

static const char *zsock_rx_hello(struct zsock_pipe *pipe, const void *body,
				  u32 len)
{
	if (completion_done(&pipe->hello))
		return "it said hello twice";
	if (len != sizeof(struct zoff_hello))
		return ZSOCK_BAD_LENGTH;
	return zsock_pipe_hello(pipe, body) ? "its hello makes no sense" : NULL;
}

static const char *zsock_rx_ping(struct zsock_pipe *pipe, u32 seq, u32 len)
{
	struct sk_buff *pong;

	if (len || !seq)
		return ZSOCK_BAD_LENGTH;
	if (READ_ONCE(pipe->urgent.qlen) > 256)
		return "it asks, and does not read the answers";
	pong = zsock_message(ZOFF_PONG, 0, seq, NULL, 0, NULL, 0);
	if (pong)
		zsock_tx_urgent(pipe, pong);
	return NULL;
}

static const char *zsock_rx_pong(struct zsock_pipe *pipe, u32 seq, u32 len)
{
	if (len || !seq)
		return ZSOCK_BAD_LENGTH;
	return atomic_dec_if_positive(&pipe->pings) < 0 ? ZSOCK_BAD_REPLY : NULL;
}

static const char *zsock_rx_pipe(struct zsock_pipe *pipe,
				 const struct zoff_hdr *hdr, const void *body,
				 u32 len)
{
	u32 seq = le32_to_cpu(hdr->seq);

	if (hdr->sock)
		return ZSOCK_BAD_SOCK;
	switch (le16_to_cpu(hdr->type)) {
	case ZOFF_HELLO:
		return seq ? ZSOCK_BAD_REPLY : zsock_rx_hello(pipe, body, len);
	case ZOFF_PING:
		return zsock_rx_ping(pipe, seq, len);
	default:
		return zsock_rx_pong(pipe, seq, len);
	}
}

/* ---- all of them ---- */

static const char *zsock_rx_sock(struct zsock_rsk *rs,
				 const struct zoff_hdr *hdr, const void *body,
				 u32 len)
{
	u16 type = le16_to_cpu(hdr->type);

	if (type == ZOFF_REPLY)
		return zsock_rx_reply(rs, le32_to_cpu(hdr->seq), body, len);
	if (hdr->seq)
		return ZSOCK_BAD_REPLY;
	switch (type) {
	case ZOFF_CREDIT:
		return zsock_rx_credit(rs, body, len);
	case ZOFF_END:
		return zsock_rx_end(rs, len);
	case ZOFF_ERROR:
		return zsock_rx_error(rs, body, len);
	case ZOFF_URGENT:
		return zsock_rx_urgent(rs, body, len);
	case ZOFF_INCOMING:
		return zsock_rx_incoming(rs, body, len);
	default:
		return ZSOCK_BAD_TYPE;
	}
}

static const char *zsock_rx_short(struct zsock_pipe *pipe,
				  struct zsock_rsk *rs,
				  const struct zoff_hdr *hdr, u32 len)
{
	u8 body[64] __aligned(8);
	const char *why;
	void *big;

	if (len <= sizeof(body)) {
		if (zsock_rx_take(pipe, body, len))
			return ZSOCK_BAD_END;
		return rs ? zsock_rx_sock(rs, hdr, body, len) :
			    zsock_rx_pipe(pipe, hdr, body, len);
	}
	if (len > ZSOCK_MESSAGE_MAX)
		return ZSOCK_BAD_LENGTH;
	big = kmalloc(len, GFP_KERNEL);
	if (!big)
		return ZSOCK_BAD_MEMORY;
	if (zsock_rx_take(pipe, big, len))
		why = ZSOCK_BAD_END;
	else if (rs)
		why = zsock_rx_sock(rs, hdr, big, len);
	else
		why = zsock_rx_pipe(pipe, hdr, big, len);
	kfree(big);
	return why;
}

static bool zsock_rx_is_urgent_data(const struct zsock_pipe *pipe,
				    const struct zoff_hdr *hdr)
{
	return hdr->type == cpu_to_le16(ZOFF_DATA) &&
	       hdr->flags == cpu_to_le16(ZOFF_DATA_URGENT) &&
	       pipe->features & ZOFF_F_URGENT;
}

/*
 * The message that begins with @hdr, whose length was looked at. The first has
 * to be a hello. Returns why the pipe is to be dropped, or NULL.
 */
const char *zsock_rx_message(struct zsock_pipe *pipe,
			     const struct zoff_hdr *hdr)
{
	u32 len = le32_to_cpu(hdr->length);
	u16 type = le16_to_cpu(hdr->type);
	struct zsock_rsk *rs;
	const char *why;

	if (hdr->flags && !zsock_rx_is_urgent_data(pipe, hdr))
		return ZSOCK_BAD_TYPE;
	if (type != ZOFF_HELLO && !completion_done(&pipe->hello))
		return "it did not say hello";
	if (type < ZOFF_OPEN)
		return type >= ZOFF_HELLO && type <= ZOFF_PONG ?
		       zsock_rx_short(pipe, NULL, hdr, len) : ZSOCK_BAD_TYPE;

	rs = zsock_rsk_get(pipe, le32_to_cpu(hdr->sock));
	if (!rs)
		return ZSOCK_BAD_SOCK;
	if (hdr->flags)
		why = hdr->seq ? ZSOCK_BAD_REPLY :
				 zsock_rx_urgent_data(pipe, rs, len);
	else if (type == ZOFF_DATA)
		why = hdr->seq ? ZSOCK_BAD_REPLY : zsock_rx_data(pipe, rs, len);
	else if (type == ZOFF_DGRAM)
		why = hdr->seq ? ZSOCK_BAD_REPLY : zsock_rx_dgram(pipe, rs, len);
	else
		why = zsock_rx_short(pipe, rs, hdr, len);
	sock_put(&rs->sk);
	return why;
}
