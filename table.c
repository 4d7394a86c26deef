// SPDX-License-Identifier: GPL-2.0
/*
 * The call tables of dispatched sockets.
 *
 * A dispatched socket's sock->ops is a copy of the inner socket's proto_ops in
 * which only what AF_ZSOCK changes is replaced: every other call goes where it
 * would go on the inner socket, at the same cost. There is one table for each
 * kind of inner socket that a handler has met.
 */
#include <linux/slab.h>

#include "names/naming.h"
#include "zsock_int.h"

static DEFINE_MUTEX(zsock_table_lock);

/* Whether @ops is of this file's making, or zsock_fresh_ops. */
bool zsock_ops_ours(const struct proto_ops *ops)
{
	return ops->setsockopt == zsock_call_setsockopt;
}

/*
 * Compares contents, not the address: the module that @inner or the backend
 * belongs to may have been unloaded and another loaded in its place.
 */
static const struct zsock_table *
zsock_table_find(struct zsock_handler *handler, const struct proto_ops *inner,
		 const struct proto_ops *base, bool dual, bool custom,
		 enum zsock_via via, bool named)
{
	const struct zsock_table *t;

	list_for_each_entry_rcu(t, &handler->tables, list,
				lockdep_is_held(&zsock_table_lock))
		if (t->dual == dual && t->custom == custom && t->via == via &&
		    t->named == named &&
		    !memcmp(&t->orig, inner, sizeof(t->orig)) &&
		    !memcmp(&t->base, base, sizeof(t->base)))
			return t;
	return NULL;
}

static struct zsock_table *zsock_table_make(struct zsock_handler *handler,
					    const struct proto_ops *inner,
					    const struct proto_ops *base,
					    bool dual, bool custom,
					    enum zsock_via via, bool named)
{
	struct zsock_table *t;

	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return NULL;
	t->dual = dual;
	t->custom = custom;
	t->via = via;
	t->named = named;
	/* Padding too, for zsock_table_find(). */
	memcpy(&t->orig, inner, sizeof(t->orig));
	memcpy(&t->base, base, sizeof(t->base));

	t->lower = t->base;
	zsock_drop_getsockopt_iter(&t->lower);
	if (dual)
		zsock_dual_override(&t->lower);

	t->inner = t->lower;
	zsock_socks5_override(&t->inner, via);

	t->next = t->inner;
	if (handler->proto->override)
		handler->proto->override(&t->next);

	t->ops = t->next;
	zsock_calls_override(&t->ops);
	if (named)
		zsock_naming_override(&t->ops);
	return t;
}

/* As zsock_table_get(), with the backend's calls in @base. */
static const struct zsock_table *
zsock_table_of(struct zsock_handler *handler, const struct proto_ops *inner,
	       const struct proto_ops *base, bool dual, bool custom,
	       enum zsock_via via, bool named)
{
	const struct zsock_table *t;
	struct zsock_table *new;

	rcu_read_lock();
	t = zsock_table_find(handler, inner, base, dual, custom, via, named);
	rcu_read_unlock();
	if (t)
		return t;

	mutex_lock(&zsock_table_lock);
	t = zsock_table_find(handler, inner, base, dual, custom, via, named);
	if (!t) {
		new = zsock_table_make(handler, inner, base, dual, custom, via,
				       named);
		if (new)
			list_add_rcu(&new->list, &handler->tables);
		t = new;
	}
	mutex_unlock(&zsock_table_lock);
	return t;
}

/*
 * The table for sockets of @handler on @backend with @inner inside, or NULL
 * where there is no memory. The caller holds pins on both.
 */
const struct zsock_table *zsock_table_on(struct zsock_handler *handler,
					 const struct zsock_backend *backend,
					 const struct proto_ops *inner,
					 bool dual, bool custom, bool named)
{
	struct proto_ops base;

	if (!backend->override)
		return zsock_table_of(handler, inner, inner, dual, custom,
				      ZSOCK_VIA_NONE, named);
	memcpy(&base, inner, sizeof(base));
	backend->override(backend, &base);
	return zsock_table_of(handler, inner, &base, dual, custom,
			      ZSOCK_VIA_NONE, named);
}

/* Likewise, for those that use no names. */
const struct zsock_table *zsock_table_get(struct zsock_handler *handler,
					  const struct zsock_backend *backend,
					  const struct proto_ops *inner,
					  bool dual, bool custom)
{
	return zsock_table_on(handler, backend, inner, dual, custom, false);
}

/* The table that differs from @like in @via alone, or NULL likewise. */
const struct zsock_table *zsock_table_via(struct zsock_handler *handler,
					  const struct zsock_table *like,
					  enum zsock_via via)
{
	return zsock_table_of(handler, &like->orig, &like->base, like->dual,
			      like->custom, via, like->named);
}

/* No socket uses @handler any more. */
void zsock_tables_free(struct zsock_handler *handler)
{
	struct zsock_table *t, *tmp;

	list_for_each_entry_safe(t, tmp, &handler->tables, list) {
		list_del(&t->list);
		kfree(t);
	}
}

/**
 * zsock_inner_ops - the calls of the inner socket
 * @sock: a dispatched AF_ZSOCK socket
 *
 * For a handler's own calls (struct zsock_proto, @override) to go on to what
 * they replaced. To be called with the outer socket, and with addresses as the
 * program gives and takes them.
 *
 * Context: any.
 * Return: the calls, valid while @sock is.
 */
const struct proto_ops *zsock_inner_ops(const struct socket *sock)
{
	return __zsock_inner_ops(sock);
}
EXPORT_SYMBOL_GPL(zsock_inner_ops);

/**
 * zsock_backend_ops - the calls of the inner socket, as the backend made it
 * @sock: a dispatched AF_ZSOCK socket
 *
 * For a backend's own calls (struct zsock_backend, @override) to go on to what
 * they replaced. To be called with the outer socket.
 *
 * Context: any.
 * Return: the calls, valid while @sock is.
 */
const struct proto_ops *zsock_backend_ops(const struct socket *sock)
{
	return &zsock_table(zsock_sk(sock))->orig;
}
EXPORT_SYMBOL_GPL(zsock_backend_ops);

/**
 * zsock_priv - what the handler keeps of a socket
 * @sock: an AF_ZSOCK socket of the handler
 *
 * Context: any.
 * Return: what its @open or @accept (struct zsock_proto) said, or NULL.
 */
void *zsock_priv(const struct socket *sock)
{
	return __zsock_priv(sock);
}
EXPORT_SYMBOL_GPL(zsock_priv);
