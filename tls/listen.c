// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners: TCP's connections are taken as they come, as many as the backlog
 * allows, and each has its handshake beside the others. accept() is given those
 * that are done.
 */
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>

#include "tls.h"

/* How long a handshake is left alone while new connections wait for its place. */
#define ZSOCK_TLS_STALLED	HZ

/**
 * struct zsock_tls_listener - connections that no accept() has taken yet
 * @lock: for all of it
 * @busy: handshakes under way, the oldest first
 * @ready: handshakes that succeeded, in order
 * @nbusy: how many
 * @nready: how many
 * @stopped: takes no more
 */
struct zsock_tls_listener {
	spinlock_t		lock;
	struct list_head	busy;
	struct list_head	ready;
	unsigned int		nbusy;
	unsigned int		nready;
	bool			stopped;
};

/* ---- a handshake of a listener's ends ---- */

/*
 * The connection is closed now, even if the agent keeps its descriptor. The
 * handshake has ended; it was the listener's.
 */
static void zsock_tls_drop(struct zsock_handshake *hs)
{
	struct socket *pot = hs->pot;

	/* How long close() may take is said to the program's, not to this. */
	lock_sock(hs->sk);
	if (hs->sk->sk_lingertime)
		sock_reset_flag(hs->sk, SOCK_LINGER);
	release_sock(hs->sk);
	pot->ops->release(pot);
	pot->sk = NULL;
	zsock_handshake_put(hs);
}

/*
 * Once the listener has stopped nobody looks for ready ones, and the socket may
 * go at any time: all that needs it is done under the lock.
 */
static void zsock_tls_served(struct zsock_handshake *hs, int err)
{
	struct zsock_tls *tls = hs->owner;
	struct zsock_tls_listener *l = tls->listener;
	bool ready;

	spin_lock(&l->lock);
	ready = !err && !l->stopped;
	l->nbusy--;
	list_del_init(&hs->owned);
	if (ready) {
		list_add_tail(&hs->owned, &l->ready);
		l->nready++;
		tls->sock->sk->sk_data_ready(tls->sock->sk);
	}
	/* There is a place for another. */
	if (!l->stopped)
		mod_delayed_work(zsock_tls_wq, &tls->work, 0);
	spin_unlock(&l->lock);
	if (!ready)
		zsock_tls_drop(hs);
}

/* ---- taking TCP's connections ---- */

static unsigned int zsock_tls_backlog(const struct zsock_tls *tls)
{
	return max(READ_ONCE(tls->sock->sk->sk_max_ack_backlog), 1U);
}

/* The one that has been at it for too long, if all places are taken. */
static struct zsock_handshake *zsock_tls_stalled(struct zsock_tls *tls,
						 unsigned long *left)
{
	struct zsock_tls_listener *l = tls->listener;
	struct zsock_handshake *hs;
	unsigned long until;

	*left = 0;
	spin_lock(&l->lock);
	hs = list_first_entry_or_null(&l->busy, struct zsock_handshake, owned);
	if (hs) {
		until = hs->rq.begun + ZSOCK_TLS_STALLED;
		if (time_before(jiffies, until)) {
			*left = until - jiffies;
			hs = NULL;
		} else {
			zsock_handshake_get(hs);
		}
	}
	spin_unlock(&l->lock);
	return hs;
}

/* Whether there is a place for one more connection, perhaps made just now. */
static bool zsock_tls_room(struct zsock_tls *tls)
{
	struct zsock_tls_listener *l = tls->listener;
	struct zsock_requests *all;
	struct zsock_handshake *hs;
	unsigned long left;
	bool room;

	/* The sk's lock may not be had for long: see zsock_tls_leave(). */
	if (READ_ONCE(tls->callers))
		return false;
	spin_lock(&l->lock);
	room = !l->stopped && l->nbusy + l->nready < zsock_tls_backlog(tls);
	spin_unlock(&l->lock);
	/* They wait in TCP's queue meanwhile. */
	all = &zsock_net(sock_net(tls->sock->sk))->handshakes;
	if (room && zsock_requests_full(all, tls->sock->sk->sk_uid)) {
		queue_delayed_work(zsock_tls_wq, &tls->work, HZ / 10);
		return false;
	}
	if (room || l->stopped || l->nready >= zsock_tls_backlog(tls))
		return room;
	if (reqsk_queue_empty(&inet_csk(tls->sock->sk)->icsk_accept_queue))
		return false;
	hs = zsock_tls_stalled(tls, &left);
	if (hs) {
		room = zsock_handshake_finish(hs, -ETIMEDOUT);
		zsock_handshake_put(hs);
	} else if (left) {
		queue_delayed_work(zsock_tls_wq, &tls->work, left);
	}
	return room;
}

/* One of TCP's connections in a struct socket of its own, or an error. */
static struct socket *zsock_tls_take(struct zsock_tls *tls)
{
	const struct zsock_table *table = zsock_table(zsock_sk(tls->sock));
	struct sock *sk = tls->sock->sk;
	struct socket *pot;
	int err;

	err = sock_create_lite(sk->sk_family, sk->sk_type, sk->sk_protocol,
			       &pot);
	if (err)
		return ERR_PTR(err);
	SOCK_INODE(pot)->i_uid = SOCK_INODE(tls->sock)->i_uid;
	SOCK_INODE(pot)->i_gid = SOCK_INODE(tls->sock)->i_gid;
	err = zsock_accept_now(&table->inner, tls->sock, pot);
	if (err) {
		pot->ops = NULL;
		sock_release(pot);
		return ERR_PTR(err);
	}
	/* kTLS copies these the first time that it meets any. */
	if (!pot->ops)
		pot->ops = &table->orig;
	__module_get(pot->ops->owner);
	if (!zsock_tls_charge(sk, pot->sk)) {
		sock_release(pot);
		return ERR_PTR(-ENOMEM);
	}
	return pot;
}

/* Begin with @pot; where that cannot be, the connection is closed. */
static int zsock_tls_serve(struct zsock_tls *tls, struct socket *pot)
{
	struct zsock_tls_listener *l = tls->listener;
	struct zsock_handshake *hs;
	int err = -EOPNOTSUPP;

	if (!sk_is_tcp(pot->sk)) {
		sock_release(pot);
		return err;
	}
	mutex_lock(&tls->lock);
	hs = zsock_handshake_new(tls->sock, tls, pot, TLS_DTLS_ROLE_SERVER);
	mutex_unlock(&tls->lock);
	if (IS_ERR(hs)) {
		sock_release(pot);
		return PTR_ERR(hs);
	}
	spin_lock(&l->lock);
	list_add_tail(&hs->owned, &l->busy);
	l->nbusy++;
	spin_unlock(&l->lock);
	err = zsock_handshake_submit(hs, zsock_tls_served, tls);
	if (!err)
		return 0;
	spin_lock(&l->lock);
	list_del_init(&hs->owned);
	l->nbusy--;
	spin_unlock(&l->lock);
	zsock_handshake_put(hs);
	return err;
}

static void zsock_tls_take_all(struct zsock_tls *tls)
{
	struct zsock_net *zn = zsock_sk(tls->sock)->zn;
	struct socket *pot;
	int err;

	while (zsock_tls_room(tls)) {
		pot = zsock_tls_take(tls);
		if (IS_ERR(pot)) {
			/* No memory: there may be some soon. */
			if (pot != ERR_PTR(-EAGAIN) && pot != ERR_PTR(-EINVAL))
				queue_delayed_work(zsock_tls_wq, &tls->work,
						   HZ / 10);
			return;
		}
		err = zsock_tls_serve(tls, pot);
		if (err)
			zsock_stat_inc(zn, HANDSHAKE_FAILED);
		cond_resched();
	}
}

void zsock_tls_listen_work(struct zsock_tls *tls)
{
	struct mem_cgroup *old = zsock_memcg_enter(tls->sock->sk);

	zsock_tls_take_all(tls);
	zsock_memcg_leave(old);
}

/* ---- listen() ---- */

static int zsock_tls_listener_make(struct zsock_tls *tls)
{
	struct zsock_tls_listener *l = tls->listener;

	if (!l) {
		l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
		if (!l)
			return -ENOMEM;
		spin_lock_init(&l->lock);
		INIT_LIST_HEAD(&l->busy);
		INIT_LIST_HEAD(&l->ready);
		tls->listener = l;
	}
	l->stopped = false;
	return 0;
}

/* Once more is only another backlog. */
int zsock_tls_listen(struct socket *sock, int backlog)
{
	struct zsock_tls *tls = zsock_priv(sock);
	int err = -EINVAL;

	mutex_lock(&tls->listening);
	mutex_lock(&tls->lock);
	if (tls->state != ZSOCK_TLS_IDLE && tls->state != ZSOCK_TLS_LISTEN)
		goto out;
	err = zsock_tls_listener_make(tls);
	if (err)
		goto out;
	/* Before the first connection comes. */
	zsock_tls_watch(tls);
	err = zsock_inner_ops(sock)->listen(sock, backlog);
	if (!err)
		zsock_tls_set_state(tls, ZSOCK_TLS_LISTEN);
	else if (tls->state != ZSOCK_TLS_LISTEN)
		zsock_unwatch(&tls->watch);
out:
	mutex_unlock(&tls->lock);
	if (!err)
		mod_delayed_work(zsock_tls_wq, &tls->work, 0);
	mutex_unlock(&tls->listening);
	return err;
}

/* ---- the end of listening ---- */

static struct zsock_handshake *zsock_tls_busy(struct zsock_tls_listener *l)
{
	struct zsock_handshake *hs;

	spin_lock(&l->lock);
	hs = list_first_entry_or_null(&l->busy, struct zsock_handshake, owned);
	if (hs)
		zsock_handshake_get(hs);
	spin_unlock(&l->lock);
	return hs;
}

static void zsock_tls_drop_busy(struct zsock_tls_listener *l)
{
	struct zsock_handshake *hs;

	while ((hs = zsock_tls_busy(l))) {
		if (zsock_handshake_cancel(hs)) {
			spin_lock(&l->lock);
			list_del_init(&hs->owned);
			l->nbusy--;
			spin_unlock(&l->lock);
			zsock_tls_drop(hs);
		}
		zsock_handshake_put(hs);
	}
}

static struct zsock_handshake *zsock_tls_finished(struct zsock_tls_listener *l)
{
	struct zsock_handshake *hs;

	spin_lock(&l->lock);
	hs = list_first_entry_or_null(&l->ready, struct zsock_handshake, owned);
	if (hs) {
		list_del_init(&hs->owned);
		l->nready--;
	}
	spin_unlock(&l->lock);
	return hs;
}

/*
 * The listener is closed, or shut down. No lock is held. Nobody begins to listen
 * meanwhile: a handshake that the work is about to begin has no end to wait for.
 */
void zsock_tls_listen_stop(struct zsock_tls *tls)
{
	struct zsock_tls_listener *l;
	struct zsock_handshake *hs;

	mutex_lock(&tls->listening);
	l = tls->listener;
	if (!l)
		goto out;
	mutex_lock(&tls->lock);
	zsock_unwatch(&tls->watch);
	mutex_unlock(&tls->lock);
	spin_lock(&l->lock);
	l->stopped = true;
	spin_unlock(&l->lock);
	cancel_delayed_work_sync(&tls->work);
	zsock_tls_drop_busy(l);
	while ((hs = zsock_tls_finished(l)))
		zsock_tls_drop(hs);
out:
	mutex_unlock(&tls->listening);
}

void zsock_tls_listener_free(struct zsock_tls_listener *listener)
{
	kfree(listener);
}

/* ---- accept() ---- */

bool zsock_tls_acceptable(struct zsock_tls *tls)
{
	return !list_empty_careful(&tls->listener->ready);
}

/* The next finished handshake; each comer has it to itself. */
static struct zsock_handshake *zsock_tls_await(struct zsock_tls *tls,
					       long timeo)
{
	struct sock *sk = tls->sock->sk;
	struct zsock_handshake *hs;
	DEFINE_WAIT(wait);
	int err;

	for (;;) {
		prepare_to_wait_exclusive(&tls->sock->wq.wait, &wait,
					  TASK_INTERRUPTIBLE);
		hs = zsock_tls_finished(tls->listener);
		if (hs)
			break;
		err = -EINVAL;
		if (inet_sk_state_load(sk) != TCP_LISTEN)
			break;
		err = -EAGAIN;
		if (!timeo)
			break;
		err = sock_intr_errno(timeo);
		if (signal_pending(current))
			break;
		timeo = schedule_timeout(timeo);
	}
	finish_wait(&tls->sock->wq.wait, &wait);
	/* It may have been this one that was woken, for what another can take. */
	if (!hs && zsock_tls_acceptable(tls))
		wake_up_interruptible_poll(&tls->sock->wq.wait, EPOLLIN);
	return hs ?: ERR_PTR(err);
}

static struct zsock_tls *zsock_tls_child(struct zsock_handshake *hs)
{
	struct zsock_tls *tls = zsock_tls_new(hs->conf);

	if (!tls)
		return NULL;
	tls->result = hs->result;
	tls->id = hs->rq.id;
	tls->agent = hs->rq.portid;
	tls->server = true;
	tls->told = true;
	tls->state = ZSOCK_TLS_OPEN;
	return tls;
}

/* The connection's sk and calls go from its pot to @newsock. */
static void zsock_tls_hand_over(struct zsock_handshake *hs,
				struct socket *newsock)
{
	struct sock *sk = hs->sk;

	lock_sock(sk);
	hs->pot->sk = NULL;
	sock_graft(sk, newsock);
	release_sock(sk);
	newsock->ops = hs->pot->ops;
	newsock->state = SS_CONNECTED;
}

int zsock_tls_accept(struct socket *sock, struct socket *newsock, bool nonblock,
		     void **priv)
{
	struct zsock_tls *tls = zsock_priv(sock);
	struct zsock_handshake *hs;
	struct zsock_tls *child;

	if (zsock_tls_state(tls) != ZSOCK_TLS_LISTEN)
		return -EINVAL;
	hs = zsock_tls_await(tls, sock_rcvtimeo(sock->sk, nonblock));
	if (IS_ERR(hs))
		return PTR_ERR(hs);
	/* There is a place in the backlog again. */
	mod_delayed_work(zsock_tls_wq, &tls->work, 0);
	child = zsock_tls_child(hs);
	if (!child) {
		zsock_tls_drop(hs);
		return -ENOMEM;
	}
	zsock_tls_hand_over(hs, newsock);
	zsock_handshake_put(hs);
	child->sock = newsock;
	*priv = child;
	return 0;
}
