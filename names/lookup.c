// SPDX-License-Identifier: GPL-2.0
/*
 * A datagram to a host by its name. The agent is asked for each, unless it has
 * answered this very question a moment ago: so a call that does not wait finds,
 * when it is made again, what the one before it has asked for.
 */
#include "names.h"
#include "naming.h"

#define ZSOCK_LOOKUP_SERVES	HZ

/* Under the dispatch lock, or where nobody else has the socket. */
void zsock_lookup_drop(struct zsock_lookup *lookup)
{
	if (!lookup->res)
		return;
	zsock_request_cancel(&lookup->res->rq);
	zsock_request_put(&lookup->res->rq);
	lookup->res = NULL;
}

/* As zsock_naming_told(). */
static void zsock_lookup_told(struct zsock_resolve *res, int err)
{
	struct zsock_naming *n = res->owner;

	/* Pairs with zsock_lookup_over(). */
	smp_store_release(&n->lookup.over, true);
	wake_up_interruptible_all(&n->zs->sock->wq.wait);
}

static bool zsock_lookup_over(const struct zsock_lookup *lookup)
{
	/* Pairs with zsock_lookup_told(). */
	return smp_load_acquire(&lookup->over);
}

/*
 * Nobody is being asked. Others may wait for what was given up for this: each
 * asks for itself.
 */
static void zsock_lookup_none(struct zsock_naming *n)
{
	/* Pairs with zsock_lookup_over(). */
	smp_store_release(&n->lookup.over, true);
	wake_up_interruptible_all(&n->zs->sock->wq.wait);
}

static int zsock_lookup_begin(struct zsock_naming *n, const char *name,
			      int family)
{
	struct zsock_lookup *lookup = &n->lookup;
	struct socket *sock = n->zs->sock;
	struct zsock_resolve *res;
	int err;

	zsock_lookup_drop(lookup);
	lookup->over = false;
	lookup->until = 0;
	res = zsock_resolve_new(sock->sk, name, family, sock->type,
				zsock_lookup_told, n);
	if (IS_ERR(res)) {
		zsock_lookup_none(n);
		return PTR_ERR(res);
	}
	lookup->res = res;
	err = zsock_request_submit(&res->rq);
	if (!err)
		return -EAGAIN;
	zsock_request_put(&res->rq);
	lookup->res = NULL;
	zsock_lookup_none(n);
	return err;
}

/* 0 and *@answer, -EAGAIN while there is none, or why. Under the lock. */
static int zsock_lookup_step(struct zsock_naming *n, const char *name,
			     int family, struct zsock_answer *answer)
{
	struct zsock_lookup *lookup = &n->lookup;
	struct zsock_resolve *res = lookup->res;

	if (!res)
		return zsock_lookup_begin(n, name, family);
	if (!zsock_lookup_over(lookup))
		return -EAGAIN;
	if (!lookup->until)
		lookup->until = (jiffies + ZSOCK_LOOKUP_SERVES) | 1;
	if (strcmp(res->name, name) || res->family != family ||
	    !time_before(jiffies, lookup->until))
		return zsock_lookup_begin(n, name, family);
	*answer = res->answer;
	return res->err;
}

/* The name may be an address. Whatever it is, more of them may come. */
static int zsock_lookup_try(struct zsock_sock *zs, const char *name,
			    int family, struct zsock_answer *answer)
{
	struct zsock_naming *n;
	int err;

	if (mutex_lock_killable(&zs->fresh->lock))
		return -EINTR;
	n = zsock_naming_get(zs);
	err = PTR_ERR_OR_ZERO(n) ?:
	      zsock_name_numeric(sock_net(zs->sock->sk), name, &answer->ip[0]);
	answer->n = 1;
	if (err > 0)
		err = family && answer->ip[0].sa.sa_family != family ?
		      -EAFNOSUPPORT : 0;
	else if (!err)
		err = zsock_lookup_step(n, name, family, answer);
	mutex_unlock(&zs->fresh->lock);
	return err;
}

/* The addresses of @name, waiting for them for *@timeo at the most. */
static int zsock_lookup(struct zsock_sock *zs, const char *name, int family,
			long timeo, struct zsock_answer *answer)
{
	struct socket *sock = zs->sock;
	struct zsock_naming *n;
	long left = timeo;
	int err;

	for (;;) {
		err = zsock_lookup_try(zs, name, family, answer);
		if (err != -EAGAIN || !left)
			return err;
		n = zsock_naming_of(zs);
		left = wait_event_interruptible_timeout(sock->wq.wait,
							zsock_lookup_over(&n->lookup),
							left);
		if (left < 0)
			return sock_intr_errno(timeo);
	}
}

/*
 * As the call would go with that address, but for a domain that is not settled:
 * a name may have addresses of both families, now or the next time. By way of
 * sock_sendmsg(), which has security modules judge the address: they have seen a
 * name up to now.
 */
static int zsock_lookup_send(struct socket *sock, struct msghdr *msg,
			     union zsock_ip *ip)
{
	const struct zsock_proto *proto = zsock_sk(sock)->handler->proto;
	int err;

	msg->msg_name = ip;
	msg->msg_namelen = zsock_ip_len(ip);
	err = zsock_dispatch_addr(sock, proto->at_once ? ip->sa.sa_family :
							 AF_UNSPEC,
				  ip, zsock_ip_len(ip));
	return err ?: sock_sendmsg(sock, msg);
}

/* Whether another address may do better. */
static bool zsock_lookup_next(int err)
{
	return err == -ENETUNREACH || err == -EHOSTUNREACH ||
	       err == -EADDRNOTAVAIL || err == -EAFNOSUPPORT;
}

/* To the first of its addresses that it can be sent to. */
static int zsock_lookup_send_any(struct socket *sock, struct msghdr *msg,
				 struct zsock_answer *answer, __be16 port)
{
	struct iov_iter begin = msg->msg_iter;
	int err = -EHOSTUNREACH;
	unsigned int i;

	for (i = 0; i < answer->n; i++) {
		zsock_ip_set_port(&answer->ip[i], port);
		err = zsock_lookup_send(sock, msg, &answer->ip[i]);
		if (!zsock_lookup_next(err))
			break;
		msg->msg_iter = begin;
	}
	return err;
}

/* sendmsg() of a datagram socket, to a struct sockaddr_zs. */
int zsock_name_sendmsg(struct socket *sock, struct msghdr *msg)
{
	long timeo = sock_sndtimeo(sock->sk, msg->msg_flags & MSG_DONTWAIT);
	struct zsock_sock *zs = zsock_sk(sock);
	char name[ZSOCK_HOST_MAX + 1];
	struct zsock_answer answer;
	int len = msg->msg_namelen;
	void *addr = msg->msg_name;
	int family, err;
	__be16 port;

	family = zsock_naming_family(zs);
	if (family < 0)
		return family;
	err = zsock_naming_target(zs, addr, len, name, &port);
	if (!err)
		err = zsock_lookup(zs, name, family, timeo, &answer);
	if (err)
		return err;
	err = zsock_lookup_send_any(sock, msg, &answer, port);
	msg->msg_name = addr;
	msg->msg_namelen = len;
	return err;
}
