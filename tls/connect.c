// SPDX-License-Identifier: GPL-2.0
/*
 * Clients: connect() is TCP's connect() and a handshake after it, which goes on
 * by itself where connect() does not wait.
 */
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/inet_common.h>
#include <net/tls.h>

#include "tls.h"

/* ---- kTLS ---- */

/* Whether kTLS has @sk, in both directions. */
bool zsock_tls_attached(const struct sock *sk)
{
	const struct tcp_ulp_ops *ulp = inet_csk(sk)->icsk_ulp_ops;
	const struct tls_context *ctx = tls_get_ctx(sk);

	return ulp && !strcmp(ulp->name, "tls") && ctx &&
	       ctx->tx_conf != TLS_BASE && ctx->rx_conf != TLS_BASE;
}

/* What kTLS has for poll(), as far as it was met: its calls are known by that. */
static void *zsock_ktls_poll;

/* @ops are those of a socket that kTLS has. */
void zsock_tls_meet(const struct proto_ops *ops)
{
	WRITE_ONCE(zsock_ktls_poll, ops->poll);
}

bool zsock_tls_is_ktls(const struct proto_ops *ops)
{
	return ops->poll == READ_ONCE(zsock_ktls_poll);
}

/*
 * A socket's pot, which stays as long as the socket: who found it in
 * sk->sk_socket may look at it for a while.
 */
static struct socket *zsock_tls_pot(struct socket *sock)
{
	const struct zsock_table *table = zsock_table(zsock_sk(sock));
	struct zsock_fresh *fresh = zsock_sk(sock)->fresh;
	struct socket *pot = fresh->pot;

	if (pot) {
		pot->ops = &table->orig;
		return pot;
	}
	pot = sock_alloc();
	if (!pot)
		return NULL;
	pot->type = sock->type;
	pot->state = SS_CONNECTED;
	SOCK_INODE(pot)->i_uid = SOCK_INODE(sock)->i_uid;
	SOCK_INODE(pot)->i_gid = SOCK_INODE(sock)->i_gid;
	/* kTLS copies these the first time that it meets any. */
	pot->ops = &table->orig;
	__module_get(table->orig.owner);
	pot->sk = sock->sk;
	fresh->pot = pot;
	return pot;
}

/* The socket is being closed: its sk is no business of the pot's. */
void zsock_tls_pot_empty(struct socket *sock)
{
	struct zsock_fresh *fresh = zsock_sk(sock)->fresh;

	if (fresh && fresh->pot && fresh->pot->sk == sock->sk)
		fresh->pot->sk = NULL;
}

/* ---- watching for TCP's part to end ---- */

static bool zsock_tls_settled(const void *arg)
{
	u8 state = zsock_tls_state(arg);

	return state != ZSOCK_TLS_CONNECTING && state != ZSOCK_TLS_HANDSHAKING;
}

/*
 * The connection is closed in an orderly way after a handshake that failed, and
 * the peer may answer with a reset: what went wrong is something else. Nobody is
 * told of it by SO_ERROR; but where there was an error, and is none, it was read.
 * Under the queue's lock.
 */
static void zsock_tls_keep_error(struct zsock_tls *tls)
{
	struct sock *sk = tls->sock->sk;

	if (!READ_ONCE(sk->sk_err))
		tls->err_told = true;
	else
		WRITE_ONCE(sk->sk_err, tls->told || tls->err_told ?
				       0 : tls->result.error);
}

/* What a call other than connect() says of it: why, to who comes first. */
int zsock_tls_failure(struct zsock_tls *tls)
{
	spinlock_t *lock = &tls->sock->wq.wait.lock;
	unsigned long flags;
	int err;

	spin_lock_irqsave(lock, flags);
	err = sock_error(tls->sock->sk);
	if (tls->told || tls->err_told)
		err = 0;
	else if (err)
		err = -tls->result.error;
	tls->err_told = true;
	spin_unlock_irqrestore(lock, flags);
	return err ?: -ENOTCONN;
}

/*
 * Whether events are TCP's, and there is nothing to be told of: nobody is in its
 * connect(), and no proxy waits for them. A listener's are its own.
 */
static bool zsock_tls_alone(const struct zsock_tls *tls)
{
	return READ_ONCE(tls->state) == ZSOCK_TLS_CONNECTING &&
	       !READ_ONCE(tls->callers) &&
	       !zsock_socks5_copies(zsock_sk(tls->sock));
}

static int zsock_tls_event(struct wait_queue_entry *wait, unsigned int mode,
			   int sync, void *key)
{
	struct zsock_tls *tls = container_of(wait, struct zsock_tls,
					     watch.entry);

	/* Under the queue's lock: @tls does not go. */
	if (READ_ONCE(tls->state) == ZSOCK_TLS_FAILED) {
		zsock_tls_keep_error(tls);
		return 0;
	}
	mod_delayed_work(zsock_tls_wq, &tls->work, 0);
	return zsock_tls_alone(tls) ? -1 : 0;
}

/* Under the lock. */
void zsock_tls_watch(struct zsock_tls *tls)
{
	zsock_watch(&tls->watch, tls->sock, zsock_tls_event);
}

/* ---- the handshake ---- */

/* No connection comes of it. Under the lock. */
static void zsock_tls_fail(struct zsock_tls *tls, int err)
{
	struct socket *sock = tls->sock;
	spinlock_t *lock = &sock->wq.wait.lock;
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	tls->result.error = -err;
	tls->err_told = false;
	WRITE_ONCE(sock->sk->sk_err, -err);
	zsock_tls_set_state(tls, ZSOCK_TLS_FAILED);
	spin_unlock_irqrestore(lock, flags);
	zsock_tls_watch(tls);
	/* The agent's alert is to arrive: no reset of ours. */
	zsock_inner_ops(sock)->shutdown(sock, SHUT_RDWR);
}

/* kTLS's calls, with ours on top, become the socket's. Under the lock. */
static int zsock_tls_open(struct zsock_tls *tls, struct zsock_handshake *hs)
{
	const struct proto_ops *ops = READ_ONCE(hs->pot->ops);
	struct zsock_sock *zs = zsock_sk(tls->sock);
	const struct zsock_table *table, *old;
	int err;

	old = zsock_retable_begin(zs);
	table = zsock_table_get(zs->handler, zs->carrier->backend, ops,
				old->dual, false);
	if (table && old->via)
		table = zsock_table_via(zs->handler, table, old->via);
	/* Read by who has these calls. */
	if (table) {
		tls->id = hs->rq.id;
		tls->agent = hs->rq.portid;
	}
	err = zsock_retable_end(zs, table);
	if (err)
		return err;
	zsock_tls_set_state(tls, ZSOCK_TLS_OPEN);
	return 0;
}

static void zsock_tls_connected(struct zsock_handshake *hs, int err)
{
	struct zsock_tls *tls = hs->owner;

	mutex_lock(&tls->lock);
	tls->result = hs->result;
	if (!err)
		err = zsock_tls_open(tls, hs);
	if (err)
		zsock_tls_fail(tls, err);
	tls->handshake = NULL;
	/* Under the lock: close() takes it, and finds nothing to wait for. */
	zsock_wake(tls->sock);
	mutex_unlock(&tls->lock);
	/* The connection's own reference. */
	zsock_handshake_put(hs);
}

static int zsock_tls_ask(struct zsock_tls *tls, struct socket *pot)
{
	struct zsock_handshake *hs;
	int err;

	hs = zsock_handshake_new(tls->sock, tls, pot, TLS_DTLS_ROLE_CLIENT);
	if (IS_ERR(hs))
		return PTR_ERR(hs);
	zsock_unwatch(&tls->watch);
	WARN_ON_ONCE(tls->handshake);
	tls->handshake = hs;
	zsock_tls_set_state(tls, ZSOCK_TLS_HANDSHAKING);
	/* zsock_tls_connected() has to wait for the lock. */
	err = zsock_handshake_submit(hs, zsock_tls_connected, tls);
	if (err) {
		tls->handshake = NULL;
		zsock_handshake_put(hs);
	}
	return err;
}

/* TCP is connected. Under the lock. */
static void zsock_tls_begin(struct zsock_tls *tls)
{
	struct socket *pot;
	int err = -EOPNOTSUPP;

	/* Only the kernel's own TCP has kTLS. */
	if (!sk_is_tcp(tls->sock->sk))
		goto out;
	err = -ENFILE;
	pot = zsock_tls_pot(tls->sock);
	if (pot)
		err = zsock_tls_ask(tls, pot);
out:
	if (!err)
		return;
	zsock_tls_fail(tls, err);
}

/* See how far TCP, or a proxy, is, unless somebody is in its connect(). Under the lock. */
static void zsock_tls_check(struct zsock_tls *tls)
{
	if (tls->state != ZSOCK_TLS_CONNECTING || tls->callers)
		return;
	switch (zsock_connect_state(tls->sock)) {
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		break;
	case TCP_CLOSE:
		zsock_unwatch(&tls->watch);
		zsock_tls_set_state(tls, ZSOCK_TLS_IDLE);
		break;
	default:
		zsock_tls_begin(tls);
		break;
	}
}

void zsock_tls_connect_work(struct zsock_tls *tls)
{
	bool settled;
	u8 before;

	/* Who has it may wait for the sk, and that for the program. */
	if (!mutex_trylock(&tls->lock)) {
		mod_delayed_work(zsock_tls_wq, &tls->work, HZ / 50);
		return;
	}
	before = tls->state;
	zsock_tls_check(tls);
	settled = before != tls->state && zsock_tls_settled(tls);
	mutex_unlock(&tls->lock);
	if (settled)
		zsock_wake(tls->sock);
}

void zsock_tls_work(struct work_struct *work)
{
	struct zsock_tls *tls = container_of(to_delayed_work(work),
					     struct zsock_tls, work);

	if (zsock_tls_state(tls) == ZSOCK_TLS_LISTEN)
		zsock_tls_listen_work(tls);
	else
		zsock_tls_connect_work(tls);
}

/* Give up a handshake that is under way, if one is. */
void zsock_tls_abandon(struct zsock_tls *tls, int err)
{
	struct zsock_handshake *hs;

	mutex_lock(&tls->lock);
	hs = tls->handshake;
	if (hs)
		zsock_handshake_get(hs);
	mutex_unlock(&tls->lock);
	if (!hs)
		return;
	/* If it ended by itself, or by another, that is who puts it away. */
	if (zsock_handshake_cancel(hs)) {
		mutex_lock(&tls->lock);
		zsock_tls_fail(tls, err);
		tls->handshake = NULL;
		zsock_wake(tls->sock);
		mutex_unlock(&tls->lock);
		zsock_handshake_put(hs);
	}
	zsock_handshake_put(hs);
}

/* ---- waiting ---- */

/* Until the handshake has ended: as zsock_wait_settled(). */
int zsock_tls_wait(struct zsock_tls *tls, long *timeo)
{
	return zsock_wait_settled(tls->sock, zsock_tls_settled, tls, timeo);
}

/* ---- connect() ---- */

/*
 * kTLS does not let go of a connection, but where it was not given a key it has
 * changed nothing about it.
 */
static int zsock_tls_take_down(struct sock *sk)
{
	const struct tcp_ulp_ops *ulp = inet_csk(sk)->icsk_ulp_ops;
	const struct tls_context *ctx = tls_get_ctx(sk);
	struct proto *prot = READ_ONCE(sk->sk_prot);

	if (ulp && !strcmp(ulp->name, "tls") && ctx &&
	    ctx->tx_conf == TLS_BASE && ctx->rx_conf == TLS_BASE)
		prot = ctx->sk_proto;
	return prot->disconnect(sk, O_NONBLOCK);
}

/* A connection that failed makes room for another. Under the lock. */
static int zsock_tls_reset(struct zsock_tls *tls)
{
	struct socket *sock = tls->sock;
	struct sock *sk = sock->sk;
	int err;

	lock_sock(sk);
	err = zsock_tls_take_down(sk);
	if (!err) {
		sock->state = SS_UNCONNECTED;
		sk->sk_err = 0;
	}
	release_sock(sk);
	if (err)
		return -ECONNABORTED;
	zsock_tls_set_state(tls, ZSOCK_TLS_IDLE);
	return 0;
}

/* Whether TCP is to be asked, which is said by 0. Under the lock. */
static int zsock_tls_may_connect(struct zsock_tls *tls)
{
	int err = 0;

	if ((tls->state == ZSOCK_TLS_OPEN || tls->state == ZSOCK_TLS_FAILED) &&
	    !tls->told)
		/* It has ended just now, and that is to be told. */
		return -EALREADY;
	if (tls->state == ZSOCK_TLS_FAILED)
		err = zsock_tls_reset(tls);
	if (err)
		return err;
	switch (tls->state) {
	case ZSOCK_TLS_IDLE:
		tls->told = false;
		memset(&tls->result, 0, sizeof(tls->result));
		tls->result.alert = -1;
		zsock_tls_watch(tls);
		zsock_tls_set_state(tls, ZSOCK_TLS_CONNECTING);
		return 0;
	case ZSOCK_TLS_CONNECTING:
		return 0;
	case ZSOCK_TLS_HANDSHAKING:
		return -EALREADY;
	default:
		return -EISCONN;
	}
}

/* TCP's connect(), and where it has succeeded, the beginning of the rest. */
static int zsock_tls_connect_tcp(struct zsock_tls *tls, struct zsock_addr *addr,
				 int len, int flags)
{
	struct socket *sock = tls->sock;
	int err;

	mutex_lock(&tls->lock);
	err = zsock_tls_may_connect(tls);
	if (!err)
		tls->callers++;
	mutex_unlock(&tls->lock);
	if (err)
		return err;

	err = zsock_inner_ops(sock)->connect(sock, addr, len, flags);

	mutex_lock(&tls->lock);
	tls->callers--;
	zsock_tls_check(tls);
	mutex_unlock(&tls->lock);
	return err;
}

/* What connect() says of a handshake that has ended, perhaps while it waited. */
static int zsock_tls_outcome(struct zsock_tls *tls, bool waited)
{
	int err = -EISCONN;

	mutex_lock(&tls->lock);
	if (tls->state == ZSOCK_TLS_IDLE) {
		err = sock_error(tls->sock->sk) ?: -ECONNABORTED;
	} else if (tls->state == ZSOCK_TLS_FAILED) {
		tls->told = true;
		sock_error(tls->sock->sk);
		err = -tls->result.error;
	} else if (tls->state == ZSOCK_TLS_OPEN &&
		   (waited || !tls->told)) {
		tls->told = true;
		err = 0;
	}
	mutex_unlock(&tls->lock);
	return err;
}

/*
 * To no address: TCP forgets the connection, or stops listening. kTLS does not
 * let go of one.
 */
static int zsock_tls_disconnect(struct zsock_tls *tls, struct zsock_addr *addr,
				int len, int flags)
{
	struct socket *sock = tls->sock;
	int err;

	zsock_tls_listen_stop(tls);
	do {
		zsock_tls_abandon(tls, -ECONNABORTED);
		mutex_lock(&tls->lock);
		err = -EAGAIN;
		/* Another thread may have begun anew. */
		if (!tls->handshake) {
			err = zsock_inner_ops(sock)->connect(sock, addr, len,
							     flags);
			if (!err)
				zsock_tls_set_state(tls, ZSOCK_TLS_IDLE);
		}
		mutex_unlock(&tls->lock);
	} while (err == -EAGAIN);
	return err;
}

/* ---- to a host by its name: see names/ ---- */

/* connect() was called with @name, or, NULL, with an address. */
int zsock_tls_named(struct socket *sock, const char *name)
{
	struct zsock_tls *tls = zsock_priv(sock);
	char *copy = name ? kstrdup(name, GFP_KERNEL_ACCOUNT) : NULL;

	if (name && !copy)
		return -ENOMEM;
	mutex_lock(&tls->lock);
	swap(tls->name, copy);
	mutex_unlock(&tls->lock);
	kfree(copy);
	return 0;
}

/*
 * What a handshake of @tls' asks for. A client expects the host that the program
 * has named, if it has not said whom else, or that it does not matter. Under the
 * lock; NULL if there is no memory.
 */
struct zsock_tls_conf *zsock_tls_conf_for(struct zsock_tls *tls, u8 role)
{
	struct zsock_tls_conf *conf = tls->conf;

	if (role != TLS_DTLS_ROLE_CLIENT || !tls->name || conf->hostname ||
	    conf->no_name_check)
		return zsock_tls_conf_get(conf);
	conf = zsock_tls_conf_copy(conf);
	if (!conf)
		return NULL;
	conf->hostname = kstrdup(tls->name, GFP_KERNEL_ACCOUNT);
	if (conf->hostname)
		return conf;
	zsock_tls_conf_put(conf);
	return NULL;
}

/* As connect() does it after a handshake that has failed, and was told. */
int zsock_tls_again(struct socket *sock)
{
	struct zsock_tls *tls = zsock_priv(sock);
	int err = 0;

	mutex_lock(&tls->lock);
	if (tls->state == ZSOCK_TLS_FAILED && tls->told)
		err = zsock_tls_reset(tls);
	mutex_unlock(&tls->lock);
	return err;
}

/* As connect(), of which TCP's part was done; an event makes it go on. */
void zsock_tls_connected_by(struct socket *sock)
{
	struct zsock_tls *tls = zsock_priv(sock);

	mutex_lock(&tls->lock);
	if (tls->state == ZSOCK_TLS_IDLE)
		zsock_tls_may_connect(tls);
	mutex_unlock(&tls->lock);
}

int zsock_tls_connect(struct socket *sock, struct zsock_addr *addr, int len,
		      int flags)
{
	struct zsock_tls *tls = zsock_priv(sock);
	long timeo = sock_sndtimeo(sock->sk, flags & O_NONBLOCK);
	unsigned long begun = jiffies;
	int err, waited;

	if (len >= (int)sizeof(sa_family_t) &&
	    ((struct sockaddr *)addr)->sa_family == AF_UNSPEC)
		return zsock_tls_disconnect(tls, addr, len, flags);
	/* What an earlier, non-blocking one began may have ended. */
	if (zsock_tls_state(tls) == ZSOCK_TLS_OPEN ||
	    (zsock_tls_state(tls) == ZSOCK_TLS_FAILED && !READ_ONCE(tls->told)))
		return zsock_tls_outcome(tls, false);

	err = zsock_tls_connect_tcp(tls, addr, len, flags);
	if (err && err != -EALREADY)
		return err;
	if (err && !timeo && !zsock_tls_settled(tls))
		return err;
	timeo = zsock_time_left(timeo, begun);
	waited = zsock_tls_wait(tls, &timeo);
	if (waited == -EAGAIN)
		return -EINPROGRESS;
	return waited ?: zsock_tls_outcome(tls, true);
}
