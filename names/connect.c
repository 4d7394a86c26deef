// SPDX-License-Identifier: GPL-2.0
/*
 * connect() to a host by its name: the agent is asked, then a worker connects.
 * Whoever calls connect() waits for it, or does not.
 */
#include <linux/cred.h>
#include <net/inet_sock.h>

#include "../trace.h"
#include "names.h"
#include "naming.h"

/* ---- the end ---- */

/* Those who wait for the socket look again; its poll() answers otherwise now. */
static void zsock_naming_wake(struct socket *sock, int band)
{
	wake_up_interruptible_all(&sock->wq.wait);
	rcu_read_lock();
	sk_wake_async(sock->sk, SOCK_WAKE_IO, band);
	rcu_read_unlock();
}

/* What was asked is of no interest any more. Under the dispatch lock. */
static void zsock_naming_drop_request(struct zsock_naming *n)
{
	if (!n->res)
		return;
	zsock_request_cancel(&n->res->rq);
	zsock_request_put(&n->res->rq);
	n->res = NULL;
}

/* There is no connection, because of @err. Under the dispatch lock. */
void zsock_naming_give_up(struct zsock_naming *n, int err)
{
	struct socket *sock = n->zs->sock;

	zsock_naming_drop_request(n);
	zsock_race_end(n);
	zsock_walk_end(n);
	zsock_stat_inc(n->zs->zn, CONNECT_FAILED);
	trace_zsock_connect(n->zs, err);
	WRITE_ONCE(sock->sk->sk_err, -err);
	zsock_naming_set(n, ZSOCK_NAMING_FAILED);
	zsock_naming_wake(sock, POLL_ERR);
}

/*
 * An address did not do. Of several reasons, that it cannot be reached from here
 * at all tells the least.
 */
void zsock_naming_note(struct zsock_naming *n, int err)
{
	switch (err) {
	case -ENETUNREACH:
	case -EHOSTUNREACH:
	case -EADDRNOTAVAIL:
	case -EAFNOSUPPORT:
		if (n->err != -EHOSTUNREACH)
			return;
	}
	n->err = err;
}

/* There is one, and the socket has it. Under the dispatch lock. */
void zsock_naming_connected(struct zsock_naming *n)
{
	trace_zsock_connect(n->zs, 0);
	zsock_naming_set(n, ZSOCK_NAMING_DONE);
	zsock_naming_wake(n->zs->sock, POLL_OUT);
}

/*
 * Stop what is under way; with @err it has failed, without it was never begun.
 * Returns whether there was anything.
 */
bool zsock_naming_stop(struct zsock_sock *zs, int err)
{
	struct zsock_naming *n = zsock_naming_of(zs);
	bool busy;

	if (!n)
		return false;
	mutex_lock(&zs->fresh->lock);
	busy = zsock_naming_busy(zs);
	if (busy)
		zsock_naming_give_up(n, err ?: -ECONNABORTED);
	if (!err && zsock_naming_state(n) != ZSOCK_NAMING_IDLE) {
		if (zsock_naming_state(n) == ZSOCK_NAMING_FAILED)
			sock_error(zs->sock->sk);
		zsock_naming_set(n, ZSOCK_NAMING_IDLE);
	}
	mutex_unlock(&zs->fresh->lock);
	return busy;
}

/*
 * connect() is about to be called below, with an address, or with a name that is
 * a proxy's matter: who checks certificates is told. To no address at all, as to
 * forget a connection, stops what a name has begun.
 */
int zsock_naming_passes(struct zsock_sock *zs, const void *addr, int len)
{
	const struct zsock_proto *proto = zs->handler->proto;
	const struct sockaddr *sa = addr;
	char name[ZSOCK_HOST_MAX + 1];
	__be16 port;
	int err;

	if (len >= (int)sizeof(sa->sa_family) && sa->sa_family == AF_UNSPEC)
		zsock_naming_stop(zs, 0);
	else if (zsock_naming_busy(zs))
		return -EALREADY;
	if (!proto->to_host)
		return 0;
	if (!zsock_is_name(addr, len))
		return proto->to_host(zs->sock, NULL);
	err = zsock_naming_target(zs, addr, len, name, &port);
	return err ?: proto->to_host(zs->sock, name);
}

/* ---- the worker ---- */

/* The agent has answered. Under the dispatch lock. */
static void zsock_naming_resolved(struct zsock_naming *n)
{
	struct zsock_resolve *res = n->res;
	int err = res->err;

	n->answer = res->answer;
	/* Also waits for zsock_naming_told(), which may be about to queue @n->work. */
	zsock_naming_drop_request(n);
	if (err) {
		zsock_naming_give_up(n, err);
		return;
	}
	zsock_answer_mix(&n->answer);
	n->next_at = jiffies;
	zsock_naming_set(n, ZSOCK_NAMING_CONNECTING);
}

void zsock_naming_work(struct work_struct *work)
{
	struct zsock_naming *n = container_of(to_delayed_work(work),
					      struct zsock_naming, work);
	struct mutex *lock = &n->zs->fresh->lock;

	mutex_lock(lock);
	/* Pairs with zsock_naming_told(). */
	if (n->state == ZSOCK_NAMING_RESOLVING && smp_load_acquire(&n->resolved))
		zsock_naming_resolved(n);
	if (n->state == ZSOCK_NAMING_CONNECTING && !n->zs->table)
		zsock_race(n);
	if (n->state == ZSOCK_NAMING_CONNECTING && n->zs->table)
		zsock_walk(n);
	mutex_unlock(lock);
}

/* By whoever ended the request; takes no lock that its canceller may have. */
static void zsock_naming_told(struct zsock_resolve *res, int err)
{
	struct zsock_naming *n = res->owner;

	/* Pairs with zsock_naming_work(). */
	smp_store_release(&n->resolved, true);
	mod_delayed_work(zsock_agent_wq, &n->work, 0);
}

/* ---- beginning ---- */

static int zsock_naming_ask(struct zsock_naming *n, const char *name,
			    int family)
{
	struct socket *sock = n->zs->sock;
	struct zsock_resolve *res;
	int err;

	res = zsock_resolve_new(sock->sk, name, family, sock->type,
				zsock_naming_told, n);
	if (IS_ERR(res))
		return PTR_ERR(res);
	n->res = res;
	zsock_naming_set(n, ZSOCK_NAMING_RESOLVING);
	err = zsock_request_submit(&res->rq);
	if (err) {
		n->res = NULL;
		zsock_naming_set(n, ZSOCK_NAMING_IDLE);
		zsock_request_put(&res->rq);
	}
	return err;
}

/* @name is an address: 1 where it can be connected to, 0 where it is none. */
static int zsock_naming_numeric(struct zsock_naming *n, const char *name,
				int family)
{
	union zsock_ip ip;
	int ret;

	ret = zsock_name_numeric(sock_net(n->zs->sock->sk), name, &ip);
	if (ret <= 0)
		return ret;
	if (family && ip.sa.sa_family != family)
		return -EAFNOSUPPORT;
	n->answer.n = 1;
	n->answer.ip[0] = ip;
	return 1;
}

/* Under the dispatch lock. */
static int zsock_naming_begin(struct zsock_naming *n, const char *name,
			      __be16 port)
{
	struct zsock_sock *zs = n->zs;
	int family = zsock_naming_family(zs);
	int ret, err;

	if (family < 0)
		return family;
	ret = zsock_naming_numeric(n, name, family);
	if (ret < 0)
		return ret;
	if (zs->handler->proto->to_host &&
	    zs->handler->proto->to_host(zs->sock, name))
		return -ENOMEM;
	if (n->cred)
		put_cred(n->cred);
	n->cred = get_current_cred();
	n->port = port;
	n->next = 0;
	n->err = -EHOSTUNREACH;
	n->next_at = jiffies;
	n->resolved = false;
	err = zs->table ? zsock_naming_walking(n, true) : 0;
	if (!err && !ret) {
		err = zsock_naming_ask(n, name, family);
	} else if (!err) {
		zsock_naming_set(n, ZSOCK_NAMING_CONNECTING);
		mod_delayed_work(zsock_agent_wq, &n->work, 0);
	}
	if (err)
		zsock_naming_walking(n, false);
	else
		zsock_stat_inc(zs->zn, CONNECTS);
	return err;
}

/* ---- connect() ---- */

#define ZSOCK_NAME_PASS	1	/* the inner socket says it */

/* Whether the inner socket is one that can be connected. */
static bool zsock_name_may_begin(const struct zsock_sock *zs)
{
	const struct socket *sock = zs->sock;

	if (!zs->table || sock->type == SOCK_DGRAM)
		return true;
	return sock->state == SS_UNCONNECTED &&
	       inet_sk_state_load(sock->sk) != TCP_LISTEN;
}

/* 0 where a connection can begin now, ZSOCK_NAME_PASS, or a negative errno. */
static int zsock_name_again(struct zsock_sock *zs)
{
	const struct zsock_proto *proto = zs->handler->proto;
	int err = 0;

	if (zs->table && proto->host_again)
		err = proto->host_again(zs->sock);
	if (err)
		return err;
	return zsock_name_may_begin(zs) ? 0 : ZSOCK_NAME_PASS;
}

/* As TCP's states have it; 0: there is an outcome. Under the dispatch lock. */
static int zsock_name_step(struct zsock_sock *zs, const char *name,
			   __be16 port)
{
	struct zsock_naming *n = zsock_naming_get(zs);
	int err;

	if (IS_ERR(n))
		return PTR_ERR(n);
	switch (n->state) {
	case ZSOCK_NAMING_RESOLVING:
	case ZSOCK_NAMING_CONNECTING:
		return -EALREADY;
	case ZSOCK_NAMING_IDLE:
		err = zsock_name_again(zs);
		if (err)
			return err;
		return zsock_naming_begin(n, name, port) ?: -EINPROGRESS;
	default:
		return 0;
	}
}

/* What is to be told, once: 0 or why there is no connection. */
static int zsock_name_outcome(struct zsock_sock *zs)
{
	struct zsock_naming *n = zsock_naming_of(zs);
	int err;

	mutex_lock(&zs->fresh->lock);
	switch (n->state) {
	case ZSOCK_NAMING_FAILED:
		err = sock_error(zs->sock->sk) ?: -ECONNABORTED;
		break;
	case ZSOCK_NAMING_DONE:
		err = 0;
		break;
	case ZSOCK_NAMING_IDLE:
		/* Another thread was told. */
		err = zs->table ? 0 : -ECONNABORTED;
		break;
	default:
		/* Another thread has begun anew. */
		err = -EALREADY;
	}
	if (err != -EALREADY)
		zsock_naming_set(n, ZSOCK_NAMING_IDLE);
	mutex_unlock(&zs->fresh->lock);
	return err;
}

/*
 * The inner connect() has its part in it: TCP's tells the struct socket that it
 * is connected, and TLS has a handshake to wait for.
 */
static int zsock_name_join(struct socket *sock, const void *addr, int len,
			   int flags)
{
	const struct zsock_table *table = zsock_table(zsock_sk(sock));
	int err;

	if (sock->type == SOCK_DGRAM)
		return 0;
	err = table->next.connect(sock, (struct zsock_addr *)addr, len, flags);
	return err == -EISCONN ? 0 : err;
}

/*
 * connect() with a struct sockaddr_zs. With ZSOCK_NAME_PROXIED nothing was done:
 * the caller is to go by way of the proxy.
 */
int zsock_name_connect(struct socket *sock, const void *addr, int len,
		       int flags)
{
	long timeo = sock_sndtimeo(sock->sk, flags & O_NONBLOCK);
	struct zsock_sock *zs = zsock_sk(sock);
	char name[ZSOCK_HOST_MAX + 1];
	__be16 port;
	long left;
	int err;

	err = zsock_naming_target(zs, addr, len, name, &port);
	if (err)
		return err;
	if (mutex_lock_killable(&zs->fresh->lock))
		return -EINTR;
	/* Another thread may have set one: here it stays, or is not set any more. */
	err = zsock_socks5_on(zs) ? ZSOCK_NAME_PROXIED :
				    zsock_name_step(zs, name, port);
	mutex_unlock(&zs->fresh->lock);
	if (err == ZSOCK_NAME_PROXIED)
		return err;
	if (err == ZSOCK_NAME_PASS)
		return zsock_table(zs)->next.connect(sock,
						     (struct zsock_addr *)addr,
						     len, flags);
	if (err == -EINPROGRESS || err == -EALREADY) {
		if (!timeo)
			return err;
		left = wait_event_interruptible_timeout(sock->wq.wait,
							!zsock_naming_busy(zs),
							timeo);
		if (left < 0)
			return sock_intr_errno(timeo);
		err = left ? 0 : -EINPROGRESS;
	}
	return err ?: zsock_name_outcome(zs) ?:
	       zsock_name_join(sock, addr, len, flags);
}
