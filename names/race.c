// SPDX-License-Identifier: GPL-2.0
/*
 * Several addresses at a time, as RFC 8305 has it: the next one is tried when
 * one fails, or when it has taken its time. Each has an inner socket, made by the
 * dispatcher as for that address alone; the first that connects becomes the
 * outer socket's, and the others are closed. All under the dispatch lock.
 */
#include <linux/cred.h>
#include <net/inet_common.h>

#include "../tls/tls.h"
#include "names.h"
#include "naming.h"

/* ---- one of them ---- */

static int zsock_attempt_event(struct wait_queue_entry *wait,
			       unsigned int mode, int sync, void *key)
{
	struct zsock_attempt *a = container_of(wait, struct zsock_attempt,
					       wait);

	mod_delayed_work(zsock_agent_wq, &a->naming->work, 0);
	return 0;
}

/*
 * What sends and receives before the graft does so in the opener's name: BPF
 * programs of his cgroup, the owner match of netfilter.
 */
static bool zsock_attempt_lend(struct zsock_sock *zs, struct socket *inner)
{
	zsock_share_cgroup(inner->sk, &zs->fresh->sk);
	inner->file = zs->sock->file;
	return zsock_tls_charge(&zs->fresh->sk, inner->sk);
}

/* Close it. A connection that is none's is not waited for. */
static void zsock_attempt_end(struct zsock_attempt *a)
{
	struct zsock_naming *n = a->naming;
	struct sock *sk = a->made.inner->sk;

	remove_wait_queue(&a->made.inner->wq.wait, &a->wait);
	lock_sock(sk);
	if (sk->sk_lingertime)
		sock_reset_flag(sk, SOCK_LINGER);
	release_sock(sk);
	zsock_dispatch_drop(n->zs, &a->made);
	n->live--;
}

/* It becomes the outer socket's. */
static int zsock_attempt_take(struct zsock_attempt *a)
{
	struct zsock_naming *n = a->naming;
	struct zsock_sock *zs = n->zs;

	remove_wait_queue(&a->made.inner->wq.wait, &a->wait);
	n->live--;
	if (!a->made.whole && zs->handler->proto->host_connected)
		zs->handler->proto->host_connected(zs->sock);
	return zsock_dispatch_take(zs, &a->made);
}

/* ---- beginning one ---- */

static int zsock_attempt_connect(struct zsock_attempt *a,
				 const union zsock_ip *ip)
{
	struct socket *inner = a->made.inner;
	const struct cred *old;
	int err;

	old = override_creds(a->naming->cred);
	err = inner->ops->connect(inner, (struct zsock_addr *)ip,
				  zsock_ip_len(ip), O_NONBLOCK);
	revert_creds(old);
	return err;
}

#define ZSOCK_ATTEMPT_ALONE	1

/*
 * 0: it is connected, and the outer socket's. ZSOCK_ATTEMPT_ALONE: it is the
 * outer socket's, since its backend cannot have several; walk.c connects it.
 * -EINPROGRESS, or why it is of no use.
 */
static int zsock_attempt_begin(struct zsock_naming *n, unsigned int i)
{
	struct zsock_attempt *a = &n->attempts[i];
	union zsock_ip *ip = &n->answer.ip[i];
	struct zsock_sock *zs = n->zs;
	int err;

	zsock_ip_set_port(ip, n->port);
	a->naming = n;
	err = zsock_dispatch_make(zs, ip->sa.sa_family, ip, zsock_ip_len(ip),
				  &a->made);
	if (err)
		return err;
	if (!a->made.carrier->backend->several) {
		n->walking = zs->sock->type == SOCK_STREAM;
		err = zsock_dispatch_take(zs, &a->made);
		n->walking = n->walking && !err;
		return err ?: ZSOCK_ATTEMPT_ALONE;
	}
	init_waitqueue_func_entry(&a->wait, zsock_attempt_event);
	add_wait_queue(&a->made.inner->wq.wait, &a->wait);
	n->live++;
	err = zsock_attempt_lend(zs, a->made.inner) ?
	      zsock_attempt_connect(a, ip) : -ENOMEM;
	if (!err)
		return zsock_attempt_take(a);
	if (err != -EINPROGRESS)
		zsock_attempt_end(a);
	return err;
}

/* ---- the race ---- */

/* 0 for one that is connected, -EINPROGRESS, or why it is none. */
static int zsock_attempt_look(struct zsock_attempt *a)
{
	struct socket *inner = a->made.inner;
	__poll_t mask = inner->ops->poll(NULL, inner, NULL);

	if (mask & (EPOLLERR | EPOLLHUP))
		return sock_error(inner->sk) ?: -ECONNABORTED;
	return mask & EPOLLOUT ? 0 : -EINPROGRESS;
}

/* With the socket, or without: no other is wanted. */
static void zsock_race_won(struct zsock_naming *n, int err)
{
	zsock_race_end(n);
	if (err < 0)
		zsock_naming_give_up(n, err);
	else if (!err)
		zsock_naming_connected(n);
}

/* Whether one has won. Of those that have failed the next is due. */
static bool zsock_race_look(struct zsock_naming *n)
{
	struct zsock_attempt *a;
	int err;

	for (a = n->attempts; a < n->attempts + n->next; a++) {
		if (!a->made.inner)
			continue;
		err = zsock_attempt_look(a);
		if (err == -EINPROGRESS)
			continue;
		if (!err) {
			zsock_race_won(n, zsock_attempt_take(a));
			return true;
		}
		zsock_attempt_end(a);
		zsock_naming_note(n, err);
		n->next_at = jiffies;
	}
	return false;
}

/* Begin those that are due. Whether one has won at once. */
static bool zsock_race_begin(struct zsock_naming *n)
{
	unsigned int delay = READ_ONCE(n->zs->zn->connect_delay);
	int err;

	while (n->next < n->answer.n && !time_before(jiffies, n->next_at)) {
		err = zsock_attempt_begin(n, n->next);
		if (err >= 0) {
			zsock_race_won(n, err);
			return true;
		}
		n->next++;
		if (err == -EINPROGRESS)
			n->next_at = jiffies + msecs_to_jiffies(delay);
		else
			zsock_naming_note(n, err);
	}
	return false;
}

/* See how far they are, and go on. */
void zsock_race(struct zsock_naming *n)
{
	if (zsock_race_look(n) || zsock_race_begin(n))
		return;
	/* Unless an event wants it at once. */
	if (n->next < n->answer.n)
		queue_delayed_work(zsock_agent_wq, &n->work,
				   n->next_at - jiffies);
	else if (!n->live)
		zsock_naming_give_up(n, n->err);
}

/* Whoever is in it yet is closed. */
void zsock_race_end(struct zsock_naming *n)
{
	struct zsock_attempt *a;

	if (!n->live)
		return;
	for (a = n->attempts; a < n->attempts + ARRAY_SIZE(n->attempts); a++)
		if (a->made.inner)
			zsock_attempt_end(a);
}
