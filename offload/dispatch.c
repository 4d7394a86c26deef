// SPDX-License-Identifier: GPL-2.0
/* The dispatcher: who carries a socket is decided at its first call. */
#include <linux/cgroup.h>
#include <linux/ipv6.h>
#include <net/ipv6.h>

#include "../names/naming.h"
#include "../trace.h"
#include "dispatch.h"

/* The inner socket for one of @handler with @domain, which may be 0. */
void zsock_spec_init(struct zsock_spec *spec,
		     const struct zsock_handler *handler, struct net *net,
		     int type, int domain, int protocol, int kern)
{
	const struct zsock_proto *proto = handler->proto;

	spec->net = net;
	spec->family = domain;
	spec->type = type;
	spec->protocol = proto->protocol;
	spec->outer_protocol = protocol;
	spec->whole = 0;
	spec->kern = kern;
	spec->native = proto->native;
	if (!domain && proto->domains)
		spec->family = proto->domains[0];
	if (proto->inner)
		proto->inner(spec);
}

static void zsock_spec_of(const struct zsock_sock *zs, int family,
			  struct zsock_spec *spec)
{
	const struct sock *sk = &zs->fresh->sk;

	zsock_spec_init(spec, zs->handler, sock_net(sk), zs->sock->type,
			zs->domain ?: family, zs->protocol,
			sk->sk_kern_sock);
	/* TLS is with the target, not with the proxy. */
	if (zs->handler->proto->whole && !zsock_socks5_on(zs) &&
	    zs->handler->proto->may_whole(zs->sock))
		spec->whole = zs->protocol;
}

/*
 * Who carries @zs, pinned, or NULL. A rule (@ruled, which may be empty), a name
 * and an offloaded device each leave one backend, and the device none while it
 * is down; a plain device those that are on the kernel's devices.
 */
static struct zsock_carrier *zsock_choose(const struct zsock_sock *zs,
					  const struct zsock_spec *spec,
					  const char *ruled, u32 features)
{
	int ifindex = READ_ONCE(zs->fresh->sk.sk_bound_dev_if);
	const struct zsock_carrier *only = NULL;
	const char *name = zs->fresh->backend;

	if (ruled[0]) {
		if (name[0] && strcmp(name, ruled))
			return NULL;
		name = ruled;
	}
	if (ifindex) {
		only = zsock_netdev_carrier(spec->net, ifindex);
		if (!only)
			features |= ZSOCK_BACKEND_F_PLAIN_NETDEV;
		else if (!zsock_netdev_up(spec->net, ifindex))
			return NULL;
	}
	return zsock_carrier_pick(spec, name, only, features);
}

/* Permission is the opener's matter, whoever makes the first call. */
static int zsock_make(const struct zsock_sock *zs,
		      const struct zsock_carrier *carrier,
		      const struct zsock_spec *spec, struct socket **res)
{
	const struct zsock_backend *backend = carrier->backend;
	const struct file *file = zs->sock->file;
	unsigned int used = current->flags & PF_SUPERPRIV;
	const struct cred *old;
	int err;

	/* A socket without a file is the kernel's own. */
	if (!file)
		return backend->create(backend, spec, res);
	old = override_creds(file->f_cred);
	err = backend->create(backend, spec, res);
	revert_creds(old);
	/* It was not this task's privilege that was used, if any was. */
	if (!used)
		current->flags &= ~PF_SUPERPRIV;
	return err;
}

/* Have @made->inner be as the program wants its socket. */
static int zsock_prepare(struct zsock_sock *zs, struct zsock_made *made)
{
	int err;

	made->options = zs->fresh->noptions;
	err = zsock_options_replay(zs->fresh, made->inner);
	if (!err && made->whole)
		err = zs->handler->proto->hand_over(zs->sock, made->inner);
	return err;
}

/* Calls, graft. On failure @made is as it was. */
static int zsock_install(struct zsock_sock *zs, struct zsock_made *made)
{
	struct socket *inner = made->inner;
	const struct zsock_table *table;

	table = zsock_table_on(made->handler, made->carrier->backend,
			       inner->ops, made->dual,
			       test_bit(SOCK_CUSTOM_SOCKOPT, &inner->flags),
			       zsock_naming_wants_calls(zs));
	if (table && zsock_socks5_on(zs))
		table = zsock_table_via(made->handler, table, ZSOCK_VIA_PROXY);
	if (!table)
		return -ENOMEM;
	zs->family = made->spec.family;
	if (made->dual)
		WRITE_ONCE(zs->flags, zs->flags | ZSOCK_INFO_F_DUAL);
	/* Cannot fail any more: who calls now meets this one. */
	if (made->whole)
		WRITE_ONCE(zs->handler, made->handler);
	zsock_graft(zs, inner, made->carrier, table);
	made->inner = NULL;
	return 0;
}

/* No socket comes of it. Under the dispatch lock. */
void zsock_dispatch_drop(struct zsock_sock *zs, struct zsock_made *made)
{
	if (made->inner) {
		/* That of the outer socket, if it has had one. */
		made->inner->file = NULL;
		sock_release(made->inner);
	}
	made->inner = NULL;
	if (made->whole)
		zsock_pin_put(&made->handler->pin);
	zsock_pin_put(&made->carrier->pin);
}

/*
 * Whatever net.ipv6.bindv6only says: both families were asked for. By way of
 * the option, since what carries the traffic may be in another sk yet, or be no
 * IPv6 socket at all.
 */
static int zsock_take_both(struct socket *inner)
{
	int off = 0;
	int err;

	if (!READ_ONCE(sock_net(inner->sk)->ipv6.sysctl.bindv6only) ||
	    !inner->ops->setsockopt)
		return 0;
	err = inner->ops->setsockopt(inner, SOL_IPV6, IPV6_V6ONLY,
				     KERNEL_SOCKPTR(&off), sizeof(off));
	return err == -ENOPROTOOPT ? 0 : err;
}

static int zsock_dispatch_to(struct zsock_sock *zs, struct zsock_made *made,
			     bool dual)
{
	struct zsock_spec spec = made->spec;
	int err;

	if (made->whole)
		spec.protocol = spec.whole;
	err = zsock_make(zs, made->carrier, &spec, &made->inner);
	if (err) {
		made->inner = NULL;
		return err;
	}
	if (WARN_ON_ONCE(!made->inner->sk || !made->inner->ops))
		return -EPROTO;
	made->dual = dual && spec.family == AF_INET6;
	return (made->dual ? zsock_take_both(made->inner) : 0) ?:
	       zsock_prepare(zs, made);
}

static int zsock_dispatch_by(struct zsock_sock *zs, const char *ruled,
			     bool dual, struct zsock_made *made)
{
	int err = -ENETDOWN;

	made->inner = NULL;
	made->handler = zs->handler;
	made->carrier = zsock_choose(zs, &made->spec, ruled, 0);
	if (!made->carrier)
		return -ENETDOWN;
	made->whole = made->spec.whole &&
		      made->carrier->backend->features & ZSOCK_BACKEND_F_TLS;
	if (made->whole)
		made->handler = zsock_handler_get(zs->handler->proto->whole);
	if (made->handler)
		err = zsock_dispatch_to(zs, made, dual);
	else
		made->whole = false;
	if (err)
		zsock_dispatch_drop(zs, made);
	return err;
}

/* What is asked about @zs. Under the dispatch lock: the graft swaps cgroups. */
static void zsock_ask_init(const struct zsock_sock *zs, struct zsock_ask *ask,
			   const void *addr, int len)
{
	const struct zsock_proto *proto = zs->handler->proto;
	const struct sock *sk = &zs->fresh->sk;

	memset(ask, 0, sizeof(*ask));
	ask->protocol = zs->protocol;
	ask->no_protocol = proto->named;
	ask->no_port = proto->no_ports;
	ask->uid = READ_ONCE(sk->sk_uid);
#ifdef CONFIG_SOCK_CGROUP_DATA
	ask->cgroup = sock_cgroup_ptr((struct sock_cgroup_data *)
				      &sk->sk_cgrp_data);
#endif
	if (addr)
		zsock_ask_address(ask, addr, len);
}

/*
 * With the family settled, or with both. A rule's backend that is not there is
 * an error, unless the rule leaves another way: then the next rule is asked,
 * and the priorities after the last.
 */
static int zsock_dispatch_family(struct zsock_sock *zs, struct zsock_ask *ask,
				 int family, bool dual,
				 struct zsock_made *made)
{
	struct zsock_policy *policy = &zs->zn->policy;
	struct zsock_ruling ruling = { };
	int err;

	zsock_spec_of(zs, family, &made->spec);
	do {
		if (unlikely(!zsock_policy_empty(policy)))
			zsock_policy_ask(policy, ask, &ruling);
		else
			memset(&ruling, 0, sizeof(ruling));
		if (ruling.id)
			trace_zsock_policy(zs, &ruling);
		if (ruling.flags & ZSOCK_RULE_REJECT)
			return -EACCES;
		err = zsock_dispatch_by(zs, ruling.backend, dual, made);
	} while (err == -ENETDOWN && ruling.flags & ZSOCK_RULE_OR_ELSE);
	return err;
}

/* Nothing says which family: IPv6 for both, IPv4 where there is no IPv6. */
static int zsock_dispatch_any(struct zsock_sock *zs, struct zsock_ask *ask,
			      struct zsock_made *made)
{
	int err = -EAFNOSUPPORT;

	if (zs->domain || zs->handler->proto->domains)
		return zsock_dispatch_family(zs, ask, AF_UNSPEC, false, made);
	/* Of one family, or of the other. */
	if (zs->handler->proto->at_once)
		return -EAFNOSUPPORT;
	if (ipv6_mod_enabled()) {
		err = zsock_dispatch_family(zs, ask, AF_INET6, true, made);
		/* It is one socket, whatever it becomes. */
		ask->counted = true;
	}
	if (err == -EAFNOSUPPORT || err == -ENETDOWN)
		err = zsock_dispatch_family(zs, ask, AF_INET, false, made);
	return err;
}

static void zsock_dispatch_failed(struct zsock_sock *zs, int err)
{
	zsock_stat_inc(zs->zn, DISPATCH_FAILED);
	trace_zsock_error(zs, "dispatch", err);
}

/*
 * An inner socket for @zs, which has none: 0 and *@made. Nobody sees it but the
 * caller, who has zsock_dispatch_take() or zsock_dispatch_drop() called. The
 * arguments are those of zsock_dispatch_addr(). Under the dispatch lock.
 */
int zsock_dispatch_make(struct zsock_sock *zs, int family, const void *to,
			int len, struct zsock_made *made)
{
	struct zsock_ask ask;
	int err;

	zsock_ask_init(zs, &ask, to, len);
	err = family ?
	      zsock_dispatch_family(zs, &ask, family, false, made) :
	      zsock_dispatch_any(zs, &ask, made);
	if (err)
		zsock_dispatch_failed(zs, err);
	return err;
}

/*
 * @made becomes @zs's, or else is gone. Options that were set since are set on
 * it, too. Under the dispatch lock.
 */
int zsock_dispatch_take(struct zsock_sock *zs, struct zsock_made *made)
{
	int err = 0;

	if (made->options != zs->fresh->noptions)
		err = zsock_options_replay(zs->fresh, made->inner);
	if (!err)
		err = zsock_install(zs, made);
	if (err) {
		zsock_dispatch_drop(zs, made);
		zsock_dispatch_failed(zs, err);
		return err;
	}
	trace_zsock_dispatch(zs, &made->spec);
	zsock_stat_inc(zs->zn, DISPATCHED);
	return 0;
}

/*
 * See that @sock has its inner socket. @family is what the call tells of the
 * family, or AF_UNSPEC; @to is where the call goes to, as many bytes as @len
 * says, or NULL. One of several first calls makes the inner socket, the
 * others wait for it and use it. On failure the socket is as it was, and the
 * next call tries again.
 */
int zsock_dispatch_addr(struct socket *sock, int family, const void *to,
			int len)
{
	struct zsock_sock *zs = zsock_sk(sock);
	struct zsock_made made;
	int err = 0;

	if (zsock_table(zs))
		return 0;
	if (mutex_lock_killable(&zs->fresh->lock))
		return -EINTR;
	if (zs->table)
		goto out;
	/* Which socket it will be is not known before one has connected. */
	err = zsock_naming_busy(zs) ? -EALREADY :
	      zsock_dispatch_make(zs, family, to, len, &made) ?:
	      zsock_dispatch_take(zs, &made);
out:
	mutex_unlock(&zs->fresh->lock);
	return err;
}

/* One end. On failure @inner is gone, but not the pin. */
static int zsock_install_end(struct zsock_sock *zs, struct socket *inner,
			     struct zsock_carrier *carrier,
			     const struct zsock_spec *spec)
{
	struct zsock_made made = {
		.inner		= inner,
		.carrier	= carrier,
		.handler	= zs->handler,
		.spec		= *spec,
	};
	int err;

	err = zsock_prepare(zs, &made) ?: zsock_install(zs, &made);
	if (err)
		sock_release(inner);
	return err;
}

/*
 * Both ends from the backend of the first; nobody else has them yet. Takes over
 * the pin on @carrier in any case. An end that was installed goes with its
 * socket, which the caller of ->socketpair closes on failure.
 */
static int zsock_make_pair(struct zsock_sock *a, struct zsock_sock *b,
			   struct zsock_carrier *carrier,
			   const struct zsock_spec *spec)
{
	struct socket *inner[2];
	int err;

	err = carrier->backend->socketpair(carrier->backend, spec, inner);
	if (err)
		goto out;
	a->flags |= ZSOCK_INFO_F_PAIR;
	b->flags |= ZSOCK_INFO_F_PAIR;
	err = zsock_install_end(a, inner[0], carrier, spec);
	if (err) {
		sock_release(inner[1]);
		goto out;
	}
	/* The first end has the caller's pin now. */
	zsock_pin_dup(&carrier->pin);
	err = zsock_install_end(b, inner[1], carrier, spec);
	if (!err)
		return 0;
out:
	zsock_pin_put(&carrier->pin);
	return err;
}

/*
 * ->socketpair: both ends are fresh, and no descriptor shows them yet. What
 * goes from one to the other goes nowhere else: no rule is asked.
 */
int zsock_dispatch_pair(struct socket *a, struct socket *b)
{
	struct zsock_sock *zs = zsock_sk(a);
	struct zsock_carrier *carrier;
	struct zsock_spec spec;
	int err;

	if (zs->handler->proto->no_pair)
		return -EOPNOTSUPP;
	zsock_spec_of(zs, zs->domain, &spec);
	carrier = zsock_choose(zs, &spec, "", ZSOCK_BACKEND_F_PAIR);
	if (!carrier)
		return -EOPNOTSUPP;
	err = zsock_make_pair(zs, zsock_sk(b), carrier, &spec);
	if (err) {
		zsock_dispatch_failed(zs, err);
		return err;
	}
	zsock_stat_inc(zs->zn, PAIRS);
	return 0;
}
