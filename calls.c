// SPDX-License-Identifier: GPL-2.0
/* The calls of a dispatched socket that are not the inner socket's own. */
#include <linux/seq_file.h>

#include "names/naming.h"
#include "trace.h"
#include "zsock_int.h"

/* Also serves a socket whose accept() failed: it has nothing of ours. */
static int zsock_release(struct socket *sock)
{
	struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_table *table;
	struct module *owner;

	if (!zs)
		return 0;
	trace_zsock_release(zs);
	zsock_naming_close(zs);
	zsock_unlist(zs);
	zsock_stat_inc(zs->zn, CLOSED);
	if (unlikely(test_bit(ZSOCK_BUSY_ULP, &zs->busy)))
		zsock_ulp_vacate(sock->sk);
	zsock_socks5_close(zs);
	if (zs->handler->proto->close)
		zs->handler->proto->close(sock);
	/* It may be another by now. */
	table = zsock_table(zs);
	owner = table->orig.owner;
	table->next.release(sock);
	sock->sk = NULL;
	module_put(owner);
	zsock_sock_free(zs);
	return 0;
}

static int zsock_connect(struct socket *sock, struct zsock_addr *addr, int len,
			 int flags)
{
	struct zsock_sock *zs = zsock_sk(sock);
	int err;

	/* A proxy is told the name. */
	if (zsock_is_name(addr, len) && !zsock_socks5_on(zs)) {
		err = zsock_name_connect(sock, addr, len, flags);
		if (err != ZSOCK_NAME_PROXIED)
			return err;
	}
	err = zsock_naming_passes(zs, addr, len);
	if (err)
		return err;
	err = zsock_table(zs)->next.connect(sock, addr, len, flags);
	zsock_stat_inc(zs->zn, CONNECTS);
	if (err && err != -EINPROGRESS)
		zsock_stat_inc(zs->zn, CONNECT_FAILED);
	trace_zsock_connect(zs, err);
	return err;
}

/*
 * The inner accept() may have given @newsock other calls than the listener's,
 * as MPTCP does when the peer spoke plain TCP.
 */
static const struct zsock_table *
zsock_child_table(struct zsock_sock *child, const struct zsock_table *table,
		  struct socket *newsock)
{
	const struct proto_ops *ops = READ_ONCE(newsock->ops);

	if (!ops || zsock_ops_ours(ops))
		return table;
	return zsock_table_get(child->handler, child->carrier->backend, ops,
			       table->dual,
			       test_bit(SOCK_CUSTOM_SOCKOPT, &newsock->flags));
}

/* No memory for the calls of the new connection: it is lost. */
static int zsock_accept_undo(struct zsock_sock *child, struct socket *newsock,
			     const struct zsock_table *table)
{
	newsock->ops->release(newsock);
	newsock->sk = NULL;
	newsock->ops = &table->ops;
	zsock_child_free(child);
	return -ENOMEM;
}

/* As the handler does it, or else the inner socket. */
static int zsock_accept_from(struct socket *sock, struct socket *newsock,
			     struct zsock_sock *child, ZSOCK_ACCEPT_ARGS)
{
	const struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_proto *proto = zs->handler->proto;

	if (proto->accept)
		return proto->accept(sock, newsock, ZSOCK_ACCEPT_FLAGS &
				     O_NONBLOCK, &child->priv);
	return zsock_table(zs)->next.accept(sock, newsock, ZSOCK_ACCEPT_PASS);
}

/* The child is made first: a connection once taken from the queue is kept. */
static int zsock_accept(struct socket *sock, struct socket *newsock,
			ZSOCK_ACCEPT_ARGS)
{
	struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_table *table = zsock_table(zs);
	const struct zsock_table *child_table;
	struct zsock_sock *child;
	int err;

	child = zsock_child_alloc(zs);
	if (!child)
		return -ENOMEM;
	err = zsock_accept_from(sock, newsock, child, ZSOCK_ACCEPT_PASS);
	if (err) {
		zsock_child_free(child);
		trace_zsock_accept(zs, NULL, err);
		return err;
	}
	child_table = zsock_child_table(child, table, newsock);
	if (!child_table)
		return zsock_accept_undo(child, newsock, table);
	zsock_child_attach(child, newsock, child_table);
	/* As one that socket() made. Who cannot do without a copy makes it. */
	set_bit(SOCK_SUPPORT_ZC, &newsock->flags);
	zsock_stat_inc(zs->zn, ACCEPTED);
	trace_zsock_accept(zs, child, 0);
	return 0;
}

static void zsock_show_fdinfo(struct seq_file *m, struct socket *sock)
{
	struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_table *table = zsock_table(zs);

	seq_printf(m, "zsock-handler:\t%s\n", zs->handler->proto->name);
	seq_printf(m, "zsock-backend:\t%s\n", zs->carrier->backend->name);
	if (table->next.show_fdinfo)
		table->next.show_fdinfo(m, sock);
}

/*
 * The generic code may have taken sk from sock->sk before the graft, and these
 * calls from sock->ops after it: then sk is the placeholder.
 */
static int zsock_set_rcvlowat(struct sock *sk, int val)
{
	if (sk->sk_prot != &zsock_prot)
		return zsock_table(zsock_sk(sk->sk_socket))->next.set_rcvlowat(sk, val);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	return 0;
}

static int zsock_set_peek_off(struct sock *sk, int val)
{
	if (sk->sk_prot != &zsock_prot)
		return zsock_table(zsock_sk(sk->sk_socket))->next.set_peek_off(sk, val);
	WRITE_ONCE(sk->sk_peek_off, val);
	return 0;
}

/*
 * Put the core's calls on top of the inner socket's and the handler's. The
 * family stays the inner one, as the sk is: the collector of AF_UNIX sockets in
 * flight looks at it.
 */
void zsock_calls_override(struct proto_ops *ops)
{
	ops->owner = THIS_MODULE;
	ops->release = zsock_release;
	ops->connect = zsock_connect;
	if (ops->accept != sock_no_accept)
		ops->accept = zsock_accept;
	ops->setsockopt = zsock_call_setsockopt;
	ops->getsockopt = zsock_call_getsockopt;
	ops->show_fdinfo = zsock_show_fdinfo;
	if (ops->set_rcvlowat)
		ops->set_rcvlowat = zsock_set_rcvlowat;
	if (ops->set_peek_off)
		ops->set_peek_off = zsock_set_peek_off;
}
