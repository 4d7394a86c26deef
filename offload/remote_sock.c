// SPDX-License-Identifier: GPL-2.0
/*
 * Life of a socket behind a pipe. It is in the pipe's table, which holds it, from
 * ZOFF_OPEN to the reply to ZOFF_CLOSE, or until the pipe breaks; the program
 * holds it until close().
 */
#include <linux/memcontrol.h>
#include <linux/slab.h>
#include <net/tcp_states.h>

#include "remote.h"

struct proto zsock_remote_prot = {
	.name		= "ZSOCK-REMOTE",
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct zsock_rsk),
};

static void zsock_rsk_destruct(struct sock *sk)
{
	struct zsock_rsk *rs = zsock_rsk(sk);

	WARN_ON_ONCE(!list_empty(&rs->ready) || !list_empty(&rs->children));
	__skb_queue_purge(&sk->sk_receive_queue);
	skb_queue_purge(&sk->sk_error_queue);
	__skb_queue_purge(&rs->txq);
	kfree_skb(rs->last);
	kfree(rs->call.data);
	mutex_destroy(&rs->call_lock);
	atomic_long_sub(rs->rx_window - ZSOCK_PIPE_WINDOW, &rs->pipe->grown);
	zsock_pipe_put(rs->pipe);
}

/* ---- the table of a pipe ---- */

/* Held, or NULL. */
struct zsock_rsk *zsock_rsk_get(struct zsock_pipe *pipe, u32 id)
{
	struct zsock_rsk *rs;

	xa_lock(&pipe->socks);
	rs = xa_load(&pipe->socks, id);
	if (rs)
		sock_hold(&rs->sk);
	xa_unlock(&pipe->socks);
	return rs;
}

/* Out of the table, if it is there. */
void zsock_rsk_forget(struct zsock_rsk *rs)
{
	struct zsock_pipe *pipe = rs->pipe;

	if (xa_cmpxchg(&pipe->socks, rs->id, rs, NULL, 0) != rs)
		return;
	atomic_dec(&pipe->count);
	sock_put(&rs->sk);
}

/* With an id of this side's, or rs->id where the other side chose one. */
static int zsock_rsk_list(struct zsock_rsk *rs)
{
	struct zsock_pipe *pipe = rs->pipe;
	u32 limit = pipe->limit;
	int err;

	/* Those of both sides cross; each side counts its own before it asks. */
	if (rs->id)
		limit *= 2;
	if (atomic_inc_return(&pipe->count) > limit) {
		atomic_dec(&pipe->count);
		return -EMFILE;
	}
	sock_hold(&rs->sk);
	if (rs->id)
		err = xa_insert(&pipe->socks, rs->id, rs, GFP_KERNEL);
	else
		err = xa_alloc_cyclic(&pipe->socks, &rs->id, rs,
				      XA_LIMIT(1, ZOFF_SOCK_SERVER - 1),
				      &pipe->next, GFP_KERNEL);
	if (err < 0) {
		atomic_dec(&pipe->count);
		sock_put(&rs->sk);
		return err;
	}
	/* Pairs with who breaks it and looks at the table then. */
	smp_mb();
	if (READ_ONCE(pipe->broken)) {
		zsock_rsk_forget(rs);
		return -ENETDOWN;
	}
	return 0;
}

/* ---- its end ---- */

static void zsock_rsk_wake(struct zsock_rsk *rs)
{
	struct sock *sk = &rs->sk;

	wake_up_all(&rs->call_wait);
	sk->sk_state_change(sk);
	sk_error_report(sk);
}

/*
 * The connection is gone, or the whole pipe: every call says so, those that wait
 * at once. What came before it can still be read.
 */
void zsock_rsk_fail(struct zsock_rsk *rs, int error)
{
	struct sock *sk = &rs->sk;

	spin_lock(&rs->lock);
	if (!rs->dead) {
		rs->dead = true;
		if (!rs->closed)
			WRITE_ONCE(sk->sk_err, error);
		WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
		WRITE_ONCE(sk->sk_state, TCP_CLOSE);
	}
	if (READ_ONCE(rs->pipe->broken)) {
		rs->close_seq = 0;
		if (rs->call.seq && !rs->call.done) {
			rs->call.error = error;
			WRITE_ONCE(rs->call.done, true);
		}
	}
	spin_unlock(&rs->lock);
	zsock_rsk_wake(rs);
}

/* Say ZOFF_CLOSE. Nobody else uses the socket any more. */
void zsock_rsk_close(struct zsock_rsk *rs, bool abort)
{
	struct zoff_hdr *hdr = (struct zoff_hdr *)rs->last->data;
	struct sk_buff *skb = rs->last;
	u32 seq = zsock_pipe_seq(rs->pipe);

	rs->last = NULL;
	hdr->seq = cpu_to_le32(seq);
	hdr->flags = cpu_to_le16(abort ? ZOFF_CLOSE_ABORT : 0);
	spin_lock(&rs->lock);
	WRITE_ONCE(rs->closed, true);
	rs->close_seq = seq;
	spin_unlock(&rs->lock);
	zsock_tx_sock(rs, skb);
}

/* Connections that nobody accepted. Whether more come is the caller's matter. */
void zsock_rsk_drop_children(struct zsock_rsk *rs)
{
	struct zsock_rsk *child, *tmp;
	LIST_HEAD(children);

	spin_lock(&rs->lock);
	list_splice_init(&rs->children, &children);
	spin_unlock(&rs->lock);
	list_for_each_entry_safe(child, tmp, &children, child) {
		list_del_init(&child->child);
		sk_acceptq_removed(&rs->sk);
		zsock_rsk_close(child, true);
		sock_put(&child->sk);
		zsock_rsk_taken(rs, 1);
	}
}

/* As TCP: data that nobody read, or a lingering of no time, is a reset. */
static bool zsock_rsk_aborts(const struct sock *sk)
{
	if (sk->sk_type != SOCK_STREAM)
		return false;
	return !skb_queue_empty_lockless(&sk->sk_receive_queue) ||
	       (sock_flag(sk, SOCK_LINGER) && !READ_ONCE(sk->sk_lingertime));
}

static bool zsock_rsk_sent(struct zsock_rsk *rs)
{
	return !READ_ONCE(rs->close_seq) || READ_ONCE(rs->pipe->broken);
}

static void zsock_rsk_linger(struct zsock_rsk *rs)
{
	struct sock *sk = &rs->sk;

	if (sock_flag(sk, SOCK_LINGER) && !(current->flags & PF_EXITING))
		wait_event_interruptible_timeout(rs->call_wait,
						 zsock_rsk_sent(rs),
						 READ_ONCE(sk->sk_lingertime));
}

int zsock_remote_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct zsock_rsk *rs;
	bool abort;

	if (!sk)
		return 0;
	rs = zsock_rsk(sk);
	abort = zsock_rsk_aborts(sk);
	zsock_rsk_close(rs, abort);
	zsock_rsk_drop_children(rs);
	if (!abort)
		zsock_rsk_linger(rs);
	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	sock_orphan(sk);
	release_sock(sk);
	sock->sk = NULL;
	sock_put(sk);
	return 0;
}

struct zsock_rsk_waiter {
	struct wait_queue_entry	wait;
	struct zsock_rsk	*rs;
	bool			(*cond)(struct zsock_rsk *rs, size_t arg);
	size_t			arg;
};

/* Who waits for more than there is yet is left alone. */
static int zsock_rsk_wake_waiter(struct wait_queue_entry *wait,
				 unsigned int mode, int sync, void *key)
{
	struct zsock_rsk_waiter *waiter =
		container_of(wait, struct zsock_rsk_waiter, wait);

	if (!waiter->cond(waiter->rs, waiter->arg))
		return 0;
	return woken_wake_function(wait, mode, sync, key);
}

/**
 * zsock_rsk_wait - wait in a call
 * @rs: the socket
 * @timeo: jiffies left; what is left of them afterwards
 * @locked: the caller has the sk locked, and has it again afterwards
 * @cond: until when; looked at whenever something has happened to the socket,
 *	by who made it happen, too: it takes no lock
 * @arg: for @cond
 *
 * Return: 0; -EAGAIN where the time is over; -ERESTARTSYS or -EINTR where a
 * signal came.
 */
int zsock_rsk_wait(struct zsock_rsk *rs, long *timeo, bool locked,
		   bool (*cond)(struct zsock_rsk *rs, size_t arg), size_t arg)
{
	struct zsock_rsk_waiter waiter = {
		.rs = rs, .cond = cond, .arg = arg,
	};
	struct sock *sk = &rs->sk;
	int err = 0;

	init_waitqueue_func_entry(&waiter.wait, zsock_rsk_wake_waiter);
	waiter.wait.private = current;
	add_wait_queue(sk_sleep(sk), &waiter.wait);
	/*
	 * Who makes @cond true does so without the sk locked, and looks without
	 * the queue's lock whether anybody waits: see skwq_has_sleeper().
	 */
	smp_mb();
	while (!cond(rs, arg)) {
		if (!*timeo)
			err = -EAGAIN;
		else if (signal_pending(current))
			err = sock_intr_errno(*timeo);
		if (err)
			break;
		if (locked)
			release_sock(sk);
		*timeo = wait_woken(&waiter.wait, TASK_INTERRUPTIBLE, *timeo);
		if (locked)
			lock_sock(sk);
	}
	remove_wait_queue(sk_sleep(sk), &waiter.wait);
	return err;
}

/* ---- its beginning ---- */

/* It is locked with a placeholder locked, which is of the same family. */
static struct lock_class_key zsock_rsk_lock_key;
static struct lock_class_key zsock_rsk_slock_key;

static void zsock_rsk_init(struct zsock_rsk *rs, struct zsock_pipe *pipe,
			   int family, int protocol)
{
	struct sock *sk = &rs->sk;

	sock_lock_init_class_and_name(sk, "slock-ZSOCK-REMOTE",
				      &zsock_rsk_slock_key,
				      "sk_lock-ZSOCK-REMOTE",
				      &zsock_rsk_lock_key);
	refcount_inc(&pipe->ref);
	rs->pipe = pipe;
	rs->family = family;
	rs->protocol = protocol;
	spin_lock_init(&rs->lock);
	INIT_LIST_HEAD(&rs->children);
	INIT_LIST_HEAD(&rs->child);
	INIT_LIST_HEAD(&rs->ready);
	__skb_queue_head_init(&rs->txq);
	mutex_init(&rs->call_lock);
	init_waitqueue_head(&rs->call_wait);
	rs->tx_credit = pipe->window;
	rs->rx_room = ZSOCK_PIPE_WINDOW;
	rs->rx_window = ZSOCK_PIPE_WINDOW;
	rs->sk.sk_destruct = zsock_rsk_destruct;
	rs->sk.sk_state = TCP_CLOSE;
	rs->sk.sk_allocation = GFP_KERNEL_ACCOUNT;
}

/* Into the table, with what its end will need. */
static int zsock_rsk_enter(struct zsock_rsk *rs)
{
	int err = zsock_rsk_list(rs);

	if (err)
		return err;
	rs->last = zsock_message(ZOFF_CLOSE, rs->id, 0, NULL, 0, NULL, 0);
	if (rs->last)
		return 0;
	zsock_rsk_forget(rs);
	return -ENOMEM;
}

static int zsock_rsk_open(struct zsock_rsk *rs, const struct zsock_spec *spec)
{
	struct zoff_open open = {
		.family	  = cpu_to_le16(spec->family == AF_INET6 ?
					ZOFF_AF_INET6 : ZOFF_AF_INET),
		.type	  = cpu_to_le16(spec->type == SOCK_STREAM ?
					ZOFF_STREAM : ZOFF_DATAGRAM),
		.protocol = cpu_to_le32(spec->protocol),
	};
	struct sk_buff *skb;

	rs->open_seq = zsock_pipe_seq(rs->pipe);
	skb = zsock_message(ZOFF_OPEN, rs->id, rs->open_seq, &open,
			    sizeof(open), NULL, 0);
	if (!skb) {
		zsock_rsk_forget(rs);
		return -ENOMEM;
	}
	return zsock_tx_sock(rs, skb) ? -ENETDOWN : 0;
}

/* For @sock; the caller has a reference to @pipe of its own. */
static int zsock_rsk_make(struct zsock_pipe *pipe, struct socket *sock,
			  const struct zsock_spec *spec)
{
	struct zsock_rsk *rs;
	struct sock *sk;
	int err;

	sk = sk_alloc(spec->net, zsock_family(), GFP_KERNEL,
		      &zsock_remote_prot, spec->kern);
	if (!sk)
		return -ENOMEM;
	sock_init_data(sock, sk);
	rs = zsock_rsk(sk);
	zsock_rsk_init(rs, pipe, spec->family, spec->protocol);
	/* See zsock_sk_init(): what has IPPROTO_TCP passes for a tcp_sock. */
	sk->sk_protocol = spec->protocol == IPPROTO_TCP ? 0 : spec->protocol;
	err = zsock_rsk_enter(rs);
	if (!err)
		err = zsock_rsk_open(rs, spec);
	if (err) {
		sock_orphan(sk);
		sock->sk = NULL;
		sock_put(sk);
	}
	return err;
}

/* struct zsock_backend's create. Waits for nobody: a refusal comes later. */
int zsock_remote_create(const struct zsock_backend *backend,
			const struct zsock_spec *spec, struct socket **res)
{
	struct zsock_remote *remote = zsock_remote_of(backend);
	struct zsock_pipe *pipe;
	struct socket *sock;
	int err;

	pipe = zsock_remote_pipe_get(remote);
	if (!pipe)
		return -ENETDOWN;
	err = sock_create_lite(zsock_family(), spec->type, spec->protocol,
			       &sock);
	if (err)
		goto out;
	err = zsock_rsk_make(pipe, sock, spec);
	if (err) {
		sock_release(sock);
		goto out;
	}
	__module_get(THIS_MODULE);
	sock->ops = spec->type == SOCK_STREAM ? &zsock_remote_stream_ops :
						&zsock_remote_dgram_ops;
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
	*res = sock;
out:
	zsock_pipe_put(pipe);
	return err;
}

/* ---- connections that a listener took ---- */

/* What accept() hands on, as TCP does by copying the whole sk. */
static void zsock_rsk_inherit(struct sock *sk, const struct sock *from)
{
	static const enum sock_flags flags[] = {
		SOCK_LINGER, SOCK_KEEPOPEN, SOCK_URGINLINE, SOCK_RCVTSTAMP,
		SOCK_RCVTSTAMPNS, SOCK_TSTAMP_NEW, SOCK_BROADCAST, SOCK_DBG,
		SOCK_LOCALROUTE, SOCK_RXQ_OVFL, SOCK_WIFI_STATUS, SOCK_NOFCS,
		SOCK_SELECT_ERR_QUEUE, SOCK_FILTER_LOCKED, SOCK_RCVMARK,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		sock_valbool_flag(sk, flags[i], sock_flag(from, flags[i]));
	sk->sk_protocol = from->sk_protocol;
	sk->sk_userlocks = from->sk_userlocks;
	sk->sk_rcvbuf = READ_ONCE(from->sk_rcvbuf);
	sk->sk_sndbuf = READ_ONCE(from->sk_sndbuf);
	sk->sk_rcvlowat = READ_ONCE(from->sk_rcvlowat);
	sk->sk_rcvtimeo = READ_ONCE(from->sk_rcvtimeo);
	sk->sk_sndtimeo = READ_ONCE(from->sk_sndtimeo);
	sk->sk_lingertime = READ_ONCE(from->sk_lingertime);
	sk->sk_priority = READ_ONCE(from->sk_priority);
	sk->sk_mark = READ_ONCE(from->sk_mark);
	sk->sk_reuse = from->sk_reuse;
	sk->sk_reuseport = from->sk_reuseport;
	sk->sk_peek_off = READ_ONCE(from->sk_peek_off);
	sk->sk_bound_dev_if = READ_ONCE(from->sk_bound_dev_if);
}

/* A kernel task makes it, which is charged to nobody: as the listener is. */
static void zsock_rsk_charge(struct sock *sk, const struct sock *from)
{
	struct mem_cgroup *memcg = zsock_memcg(from);

	if (memcg && !zsock_memcg(sk) && mem_cgroup_tryget(memcg))
		zsock_set_memcg(sk, memcg);
}

static struct zsock_rsk *zsock_rsk_child_make(struct zsock_rsk *listener,
					      const struct zoff_incoming *in)
{
	struct sock *from = &listener->sk;
	struct zsock_rsk *rs;
	struct sock *sk;
	int err;

	sk = sk_alloc(sock_net(from), zsock_family(), GFP_KERNEL,
		      &zsock_remote_prot, 0);
	if (!sk)
		return ERR_PTR(-ENOMEM);
	sock_init_data(NULL, sk);
	sk->sk_type = from->sk_type;
	zsock_rsk_charge(sk, from);
	zsock_rsk_inherit(sk, from);
	rs = zsock_rsk(sk);
	zsock_rsk_init(rs, listener->pipe, listener->family,
		       listener->protocol);
	rs->id = le32_to_cpu(in->sock);
	rs->name = in->name;
	rs->peer = in->peer;
	rs->inq = READ_ONCE(listener->inq);
	sk->sk_state = TCP_ESTABLISHED;
	err = zsock_rsk_enter(rs);
	if (!err)
		return rs;
	sock_put(sk);
	return ERR_PTR(err);
}

/* A new connection, put where accept() finds it; closed if nobody will. */
int zsock_rsk_child(struct zsock_rsk *listener,
		    const struct zoff_incoming *in)
{
	struct sock *sk = &listener->sk;
	struct zsock_rsk *rs = zsock_rsk_child_make(listener, in);
	bool late;

	if (IS_ERR(rs))
		return PTR_ERR(rs);
	spin_lock(&listener->lock);
	late = listener->closed || sk->sk_state != TCP_LISTEN;
	if (!late) {
		list_add_tail(&rs->child, &listener->children);
		sk_acceptq_added(sk);
	}
	spin_unlock(&listener->lock);
	if (late) {
		zsock_rsk_close(rs, true);
		sock_put(&rs->sk);
		zsock_rsk_taken(listener, 1);
	} else {
		sk->sk_data_ready(sk);
	}
	return 0;
}

/*
 * A larger window, as long as the program keeps up with what comes: that costs
 * fewer messages. Bytes more. Under rs->lock.
 */
static u32 zsock_rsk_grow(struct zsock_rsk *rs)
{
	struct zsock_pipe *pipe = rs->pipe;
	u32 more = rs->rx_window;

	if (rs->listens || rs->sk.sk_type != SOCK_STREAM ||
	    rs->rx_window >= ZSOCK_PIPE_WINDOW_MAX ||
	    rs->rx_queued > rs->rx_window / 2)
		return 0;
	if (atomic_long_add_return(more, &pipe->grown) >
	    ZSOCK_PIPE_GROWN_MAX) {
		atomic_long_sub(more, &pipe->grown);
		return 0;
	}
	rs->rx_window += more;
	return more;
}

/* The program, or nobody, took @n of what the other side may send. */
void zsock_rsk_taken(struct zsock_rsk *rs, u32 n)
{
	u32 more = 0;

	spin_lock(&rs->lock);
	rs->rx_taken += n;
	if (rs->listens || rs->rx_taken >= rs->rx_window / 2) {
		more = rs->rx_taken + zsock_rsk_grow(rs);
		rs->rx_taken = 0;
		rs->rx_room += more;
	}
	spin_unlock(&rs->lock);
	if (more)
		zsock_tx_credit(rs, more);
}
