// SPDX-License-Identifier: GPL-2.0
/*
 * What is said to a SOCKS5 proxy, from when TCP has begun to connect.
 *
 * A work says it, which the socket's events and the time limit start: nobody
 * has to be in connect(). Of each answer exactly its bytes are read, so that
 * what the target sends right behind the last one is the program's.
 */
#include <linux/tcp.h>
#include <linux/uio.h>
#include <net/inet_sock.h>
#include <net/tcp.h>

#include "../trace.h"
#include "socks5.h"

static struct workqueue_struct *zsock_socks5_wq;

/* Events that a program holds back, with SO_RCVLOWAT, are looked for. */
#define ZSOCK_SOCKS5_LOOK	(HZ / 50)

/* ---- the wire; nothing here waits ---- */

/* 0 when all of @s5->out is sent, -EAGAIN, or an error. */
static int zsock_socks5_send(struct zsock_socks5 *s5)
{
	struct socket *sock = s5->sock;
	int n;

	while (s5->out_done < s5->out_len) {
		struct kvec vec = {
			.iov_base	= s5->out + s5->out_done,
			.iov_len	= s5->out_len - s5->out_done,
		};
		struct msghdr msg = {
			.msg_flags	= MSG_DONTWAIT | MSG_NOSIGNAL,
		};

		iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, vec.iov_len);
		n = zsock_socks5_lower(sock)->sendmsg(sock, &msg, vec.iov_len);
		/* A SYN with data in it (TCP_FASTOPEN_CONNECT) is on its way. */
		if (n == -EINPROGRESS)
			return -EAGAIN;
		if (n < 0)
			return n;
		s5->out_done += n;
	}
	/* There was a password in it. */
	memzero_explicit(s5->out, s5->out_len);
	return 0;
}

/* Bytes, 0 at the end, -EAGAIN, or an error. */
static int zsock_socks5_recv(struct zsock_socks5 *s5, void *buf, size_t len,
			     int flags)
{
	struct socket *sock = s5->sock;
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = { };

	flags |= MSG_DONTWAIT;
	msg.msg_flags = flags;
	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, len);
	return zsock_socks5_lower(sock)->recvmsg(sock, &msg, len, flags);
}

/* Who speaks before being asked is no proxy, or a lying one. */
static bool zsock_socks5_early(struct zsock_socks5 *s5)
{
	u8 byte;

	return zsock_socks5_recv(s5, &byte, 1, MSG_PEEK) > 0;
}

/* ---- one step ---- */

/* @len bytes of @s5->out are to be sent, @answer bytes are expected. */
static int zsock_socks5_ask(struct zsock_socks5 *s5, u8 state, u32 stage,
			    size_t len, unsigned int answer)
{
	if (zsock_socks5_early(s5)) {
		memzero_explicit(s5->out, len);
		return -EPROTO;
	}
	s5->out_len = len;
	s5->out_done = 0;
	s5->in_len = answer;
	s5->in_done = 0;
	WRITE_ONCE(s5->stage, stage);
	zsock_socks5_set_state(s5, state);
	return 0;
}

static int zsock_socks5_ask_method(struct zsock_socks5 *s5)
{
	size_t len = zsock_socks5_put_methods(s5->out, s5->auth.user_len);

	return zsock_socks5_ask(s5, ZSOCK_S5_METHOD,
				ZSOCK_SOCKS5_STAGE_METHOD, len,
				ZSOCK_SOCKS5_METHOD_LEN);
}

static int zsock_socks5_ask_auth(struct zsock_socks5 *s5)
{
	size_t len = zsock_socks5_put_auth(s5->out, &s5->auth);

	return zsock_socks5_ask(s5, ZSOCK_S5_AUTH, ZSOCK_SOCKS5_STAGE_AUTH,
				len, ZSOCK_SOCKS5_STATUS_LEN);
}

static int zsock_socks5_ask_request(struct zsock_socks5 *s5)
{
	size_t len = zsock_socks5_put_request(s5->out, &s5->target);

	return zsock_socks5_ask(s5, ZSOCK_S5_REQUEST,
				ZSOCK_SOCKS5_STAGE_REQUEST, len,
				ZSOCK_SOCKS5_REPLY_HEAD);
}

/* TCP's part. 0 when there is a connection to the proxy. */
static int zsock_socks5_dial(struct zsock_socks5 *s5)
{
	const struct zsock_net *zn = zsock_sk(s5->sock)->zn;
	struct sock *sk = s5->sock->sk;
	int timeout = READ_ONCE(zn->socks5_timeout);

	switch (inet_sk_state_load(sk)) {
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		/* The SYN waits for something to send. */
		if (!sk_is_tcp(sk) || !inet_test_bit(DEFER_CONNECT, sk))
			return -EAGAIN;
		break;
	case TCP_CLOSE:
		return -READ_ONCE(sk->sk_err) ?: -ECONNABORTED;
	}
	WRITE_ONCE(s5->stage, ZSOCK_SOCKS5_STAGE_METHOD);
	s5->deadline = jiffies + msecs_to_jiffies(timeout) + 1;
	return zsock_socks5_ask_method(s5);
}

static int zsock_socks5_method_came(struct zsock_socks5 *s5)
{
	int method = zsock_socks5_get_method(s5->in, s5->auth.user_len);

	if (method < 0) {
		s5->reply = s5->in[1];
		return method;
	}
	return method == ZSOCK_SOCKS5_PASSWORD ? zsock_socks5_ask_auth(s5) :
						 zsock_socks5_ask_request(s5);
}

static int zsock_socks5_status_came(struct zsock_socks5 *s5)
{
	int err = zsock_socks5_get_status(s5->in);

	if (err) {
		s5->reply = s5->in[1];
		return err;
	}
	return zsock_socks5_ask_request(s5);
}

/*
 * Called for each piece of it: of a refusal two bytes are enough, and some
 * proxies send no more. 0 when the proxy has agreed and all of it is read.
 */
static int zsock_socks5_reply_came(struct zsock_socks5 *s5)
{
	int len = zsock_socks5_get_reply(s5->in, s5->in_done);

	if (len < 0) {
		if (s5->in[1])
			s5->reply = s5->in[1];
		return len;
	}
	s5->in_len = len;
	return s5->in_done == len ? 0 : -EAGAIN;
}

/* 0 when the answer is there as far as it is known, -EAGAIN, or an error. */
static int zsock_socks5_hear(struct zsock_socks5 *s5)
{
	int n;

	n = zsock_socks5_recv(s5, s5->in + s5->in_done,
			      s5->in_len - s5->in_done, 0);
	if (!n)
		return -ECONNRESET;
	if (n < 0)
		return n;
	s5->in_done += n;
	return 0;
}

/* 0 for one more, 1 when there is a tunnel, -EAGAIN, or an error. */
static int zsock_socks5_answer(struct zsock_socks5 *s5)
{
	int err = zsock_socks5_hear(s5);

	if (err)
		return err;
	if (s5->state == ZSOCK_S5_REQUEST) {
		err = zsock_socks5_reply_came(s5);
		if (err == -EAGAIN)
			return 0;
		return err ?: 1;
	}
	if (s5->in_done < s5->in_len)
		return 0;
	return s5->state == ZSOCK_S5_METHOD ? zsock_socks5_method_came(s5) :
						  zsock_socks5_status_came(s5);
}

/* As far as it goes now: 1 when there is a tunnel, -EAGAIN, or an error. */
static int zsock_socks5_step(struct zsock_socks5 *s5)
{
	int err = 0;

	if (s5->state == ZSOCK_S5_DIAL)
		err = zsock_socks5_dial(s5);
	while (!err) {
		err = zsock_socks5_send(s5);
		if (!err)
			err = zsock_socks5_answer(s5);
	}
	/* The proxy has hung up, whatever was noticed first. */
	if (err == -EPIPE)
		err = -ECONNRESET;
	if (err == -EAGAIN && s5->state != ZSOCK_S5_DIAL &&
	    time_after_eq(jiffies, s5->deadline))
		err = -ETIMEDOUT;
	return err;
}

/* ---- the end; under the lock ---- */

static void zsock_socks5_wipe(struct zsock_socks5 *s5)
{
	memzero_explicit(s5->out, sizeof(s5->out));
	memset(s5->in, 0, sizeof(s5->in));
	s5->out_len = 0;
	s5->out_done = 0;
}

/* The calls that the socket has by now, of kind @via: 0, or -ENOMEM. */
int zsock_socks5_via(struct zsock_socks5 *s5, enum zsock_via via)
{
	struct zsock_sock *zs = zsock_sk(s5->sock);
	const struct zsock_table *table = zsock_retable_begin(zs);

	if (table->via != via)
		table = zsock_table_via(zs->handler, table, via);
	return zsock_retable_end(zs, table);
}

/* As if it were TCP's own connection that did not come to be. */
static void zsock_socks5_abort(struct zsock_socks5 *s5, int err)
{
	struct socket *sock = s5->sock;
	struct sock *sk = sock->sk;

	if (inet_sk_state_load(sk) != TCP_CLOSE) {
		if (sk_is_tcp(sk) && !tcp_abort(sk, -err))
			return;
		zsock_socks5_lower(sock)->shutdown(sock, SHUT_RDWR);
	} else if (s5->state == ZSOCK_S5_DIAL) {
		/* TCP has said why. */
		return;
	}
	/* What recvmsg() tells is told once: it is the program's to hear. */
	WRITE_ONCE(sk->sk_err, -err);
}

/* No connection comes of it, or none any more. */
void zsock_socks5_drop(struct zsock_socks5 *s5, int err)
{
	struct zsock_sock *zs = zsock_sk(s5->sock);

	zsock_unwatch(&s5->watch);
	WRITE_ONCE(s5->error, -err);
	zsock_socks5_abort(s5, err);
	zsock_socks5_wipe(s5);
	zsock_stat_inc(zs->zn, SOCKS5_FAILED);
	trace_zsock_error(zs, "socks5", err);
	zsock_socks5_set_state(s5, ZSOCK_S5_FAILED);
}

static void zsock_socks5_succeed(struct zsock_socks5 *s5)
{
	struct socket *sock = s5->sock;
	int err;

	err = zsock_socks5_via(s5, ZSOCK_VIA_TUNNEL);
	if (err) {
		zsock_socks5_drop(s5, err);
		return;
	}
	zsock_unwatch(&s5->watch);
	/* To TCP it was a connect() that did not wait: the second one ends it. */
	zsock_socks5_lower(sock)->connect(sock,
					  (struct zsock_addr *)&s5->proxy,
					  s5->proxy_len, O_NONBLOCK);
	zsock_socks5_wipe(s5);
	WRITE_ONCE(s5->stage, ZSOCK_SOCKS5_STAGE_UP);
	zsock_stat_inc(zsock_sk(sock)->zn, SOCKS5_TUNNELS);
	zsock_socks5_set_state(s5, ZSOCK_S5_UP);
}

/* ---- the work ---- */

void zsock_socks5_kick(struct zsock_socks5 *s5)
{
	mod_delayed_work(zsock_socks5_wq, &s5->work, 0);
}

static int zsock_socks5_event(struct wait_queue_entry *wait, unsigned int mode,
			      int sync, void *key)
{
	struct zsock_socks5 *s5 = container_of(wait, struct zsock_socks5,
					       watch.entry);

	/* Under the queue's lock: the socket does not go. */
	zsock_socks5_kick(s5);
	/* TCP's events are nobody else's, until there is an outcome. */
	return zsock_socks5_busy(zsock_socks5_state(s5)) ? -1 : 0;
}

/* When to look without an event: at the time limit, or before. */
static void zsock_socks5_again(struct zsock_socks5 *s5)
{
	const struct sock *sk = s5->sock->sk;
	long left = MAX_SCHEDULE_TIMEOUT;

	if (s5->state != ZSOCK_S5_DIAL) {
		left = s5->deadline - jiffies;
		left = max(left, 1L);
		if (READ_ONCE(sk->sk_rcvlowat) > 1)
			left = min_t(long, left, ZSOCK_SOCKS5_LOOK);
	}
	/* An event that came meanwhile has it run at once: that stays. */
	if (left != MAX_SCHEDULE_TIMEOUT)
		queue_delayed_work(zsock_socks5_wq, &s5->work, left);
}

static void zsock_socks5_go_on(struct zsock_socks5 *s5)
{
	int err = zsock_socks5_step(s5);

	if (err == -EAGAIN)
		zsock_socks5_again(s5);
	else if (err < 0)
		zsock_socks5_drop(s5, err);
	else
		zsock_socks5_succeed(s5);
}

void zsock_socks5_work(struct work_struct *work)
{
	struct zsock_socks5 *s5 = container_of(to_delayed_work(work),
					       struct zsock_socks5, work);
	bool settled = false;

	/*
	 * Who has the lock, or the sk, may be waiting for the program's memory:
	 * that is no reason to hold up others' works.
	 */
	if (sock_owned_by_user_nocheck(s5->sock->sk) ||
	    !mutex_trylock(&s5->lock)) {
		queue_delayed_work(zsock_socks5_wq, &s5->work, HZ / 50);
		return;
	}
	if (zsock_socks5_busy(s5->state)) {
		zsock_socks5_go_on(s5);
		settled = !zsock_socks5_busy(s5->state);
	}
	mutex_unlock(&s5->lock);
	if (settled)
		zsock_wake(s5->sock);
}

/*
 * Have TCP connect to the proxy, and the work go on from there: -EINPROGRESS,
 * or why it has not begun. Under the lock, @s5->target is set.
 */
int zsock_socks5_begin(struct zsock_socks5 *s5)
{
	struct socket *sock = s5->sock;
	/* A BPF program may change it: a copy. */
	struct sockaddr_storage proxy = s5->proxy;
	int len = s5->proxy_len;
	int err;

	/* To an IPv6 socket a proxy with an IPv4 address is a v4-mapped one. */
	if (zsock_sk(sock)->family == AF_INET6 &&
	    zsock_map(&s5->proxy, len, (struct sockaddr_in6 *)&proxy))
		len = sizeof(struct sockaddr_in6);
	s5->told = false;
	s5->reply = -1;
	WRITE_ONCE(s5->error, 0);
	WRITE_ONCE(s5->stage, ZSOCK_SOCKS5_STAGE_PROXY);
	zsock_watch(&s5->watch, sock, zsock_socks5_event);
	zsock_socks5_set_state(s5, ZSOCK_S5_DIAL);
	err = zsock_socks5_lower(sock)->connect(sock,
						(struct zsock_addr *)&proxy,
						len, O_NONBLOCK);
	if (!err || err == -EINPROGRESS)
		return -EINPROGRESS;
	zsock_unwatch(&s5->watch);
	WRITE_ONCE(s5->error, -err);
	zsock_stat_inc(zsock_sk(sock)->zn, SOCKS5_FAILED);
	zsock_socks5_set_state(s5, ZSOCK_S5_IDLE);
	return err;
}

int __init zsock_socks5_init(void)
{
	zsock_socks5_wq = alloc_workqueue("zsock_socks5", WQ_UNBOUND, 0);
	return zsock_socks5_wq ? 0 : -ENOMEM;
}

void zsock_socks5_exit(void)
{
	destroy_workqueue(zsock_socks5_wq);
}
