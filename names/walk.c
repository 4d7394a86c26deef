// SPDX-License-Identifier: GPL-2.0
/*
 * A socket that has its inner socket before it connects: bound, or with options
 * of TCP's own, or on a backend that cannot have several. There is one sk to
 * connect with, so the addresses are tried one after the other, and each but the
 * last has a limited time. All under the dispatch lock.
 */
#include <linux/cred.h>

#include "names.h"
#include "naming.h"

/* So many times the delay from one address to the next in a race. */
#define ZSOCK_WALK_PATIENCE	8

/*
 * Of a stream that connects nobody else is to hear: its calls wait for the
 * outcome, of which zsock_naming_wake() tells.
 */
static int zsock_walk_event(struct wait_queue_entry *wait, unsigned int mode,
			    int sync, void *key)
{
	struct zsock_naming *n = container_of(wait, struct zsock_naming,
					      watch.entry);

	mod_delayed_work(zsock_agent_wq, &n->work, 0);
	return n->zs->sock->type == SOCK_STREAM ? -1 : 0;
}

/* The inner socket's own connect(), not that of TLS. */
static int zsock_walk_connect(struct zsock_naming *n, const void *addr,
			      int len)
{
	struct socket *sock = n->zs->sock;
	const struct cred *old;
	int err;

	old = override_creds(n->cred);
	err = zsock_inner_ops(sock)->connect(sock, (struct zsock_addr *)addr,
					     len, O_NONBLOCK);
	revert_creds(old);
	return err;
}

/* TCP forgets what it has begun, and what went wrong. */
static void zsock_walk_forget(struct zsock_naming *n)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (n->trying)
		zsock_walk_connect(n, &none, sizeof(none));
	n->trying = false;
	sock_error(n->zs->sock->sk);
}

/*
 * As of the address that is being tried: 0, -EINPROGRESS, or why not. A failure
 * is told by the inner connect(), which is ready for another one then.
 */
static int zsock_walk_look(struct zsock_naming *n)
{
	struct socket *sock = n->zs->sock;
	const union zsock_ip *ip = &n->answer.ip[n->next];
	__poll_t mask = zsock_inner_ops(sock)->poll(NULL, sock, NULL);
	int err;

	if (!(mask & (EPOLLERR | EPOLLHUP)))
		return mask & EPOLLOUT ? 0 : -EINPROGRESS;
	err = zsock_walk_connect(n, ip, zsock_ip_len(ip));
	return err == -EALREADY ? -EINPROGRESS : err;
}

static int zsock_walk_begin(struct zsock_naming *n)
{
	unsigned int delay = READ_ONCE(n->zs->zn->connect_delay);
	union zsock_ip *ip = &n->answer.ip[n->next];

	n->next_at = jiffies + msecs_to_jiffies(delay * ZSOCK_WALK_PATIENCE);
	zsock_ip_set_port(ip, n->port);
	n->trying = true;
	return zsock_walk_connect(n, ip, zsock_ip_len(ip));
}

static void zsock_walk_won(struct zsock_naming *n)
{
	struct zsock_sock *zs = n->zs;

	zsock_unwatch(&n->watch);
	n->trying = false;
	if (zs->handler->proto->host_connected)
		zs->handler->proto->host_connected(zs->sock);
	/* Where that fails the calls of names stay, which do no harm. */
	zsock_naming_walking(n, false);
	zsock_naming_connected(n);
}

/* See how far it is, and go on. */
void zsock_walk(struct zsock_naming *n)
{
	int err;

	zsock_watch(&n->watch, n->zs->sock, zsock_walk_event);
	while (n->next < n->answer.n) {
		err = n->trying ? zsock_walk_look(n) : zsock_walk_begin(n);
		if (!err) {
			zsock_walk_won(n);
			return;
		}
		if (err == -EINPROGRESS) {
			if (n->next + 1 == n->answer.n)
				return;
			if (time_before(jiffies, n->next_at)) {
				/* Unless an event wants it at once. */
				queue_delayed_work(zsock_agent_wq, &n->work,
						   n->next_at - jiffies);
				return;
			}
			err = -ETIMEDOUT;
		} else {
			n->trying = false;
		}
		zsock_naming_note(n, err);
		zsock_walk_forget(n);
		n->next++;
	}
	zsock_naming_give_up(n, n->err);
}

/* Nothing of it is left. */
void zsock_walk_end(struct zsock_naming *n)
{
	if (!n->zs->table)
		return;
	zsock_unwatch(&n->watch);
	if (n->trying)
		zsock_walk_forget(n);
	zsock_naming_walking(n, false);
}
