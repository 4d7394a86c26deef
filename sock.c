// SPDX-License-Identifier: GPL-2.0
/* Making and freeing what the module keeps of a socket. */
#include <linux/slab.h>

#include "zsock_int.h"

static struct kmem_cache *zsock_child_cache __ro_after_init;

static void zsock_fresh_destruct(struct sock *sk)
{
	struct zsock_fresh *fresh = zsock_fresh(sk);

	zsock_options_free(fresh);
	mutex_destroy(&fresh->lock);
}

static void zsock_sk_init(struct sock *sk, struct net *net,
			  const struct zsock_proto *proto, u16 protocol)
{
	sk->sk_destruct = zsock_fresh_destruct;
	/*
	 * BPF helpers take any full socket with IPPROTO_TCP for a struct
	 * tcp_sock, whatever its family; the placeholder must not pass for one.
	 */
	sk->sk_protocol = protocol == IPPROTO_TCP ? 0 : protocol;
	sk->sk_txrehash = READ_ONCE(net->core.sysctl_txrehash);
	if (proto->init_sk)
		proto->init_sk(sk);
}

/*
 * Give @sock a placeholder. Takes over the caller's pin on @handler in any
 * case.
 */
int zsock_fresh_create(struct net *net, struct socket *sock,
		       struct zsock_handler *handler, u16 domain, u16 protocol,
		       int kern)
{
	struct zsock_fresh *fresh;
	struct zsock_sock *zs;
	struct sock *sk;
	int err;

	sk = sk_alloc(net, zsock_family(), GFP_KERNEL, &zsock_prot, kern);
	if (!sk) {
		zsock_pin_put(&handler->pin);
		return -ENOMEM;
	}

	fresh = zsock_fresh(sk);
	mutex_init(&fresh->lock);
	INIT_LIST_HEAD(&fresh->options);

	zs = &fresh->zs;
	zs->sock = sock;
	zs->handler = handler;
	zs->opener = handler;
	zs->fresh = fresh;
	zs->zn = zsock_net(net);
	zs->domain = domain;
	zs->protocol = protocol;

	sock->state = SS_UNCONNECTED;
	sock->ops = &zsock_fresh_ops;
	sock_init_data(sock, sk);
	zsock_sk_init(sk, net, handler->proto, protocol);
	/* SOL_SOCKET options steer dispatch; io_uring asks about zero copy. */
	sock->flags |= BIT(SOCK_CUSTOM_SOCKOPT) | BIT(SOCK_SUPPORT_ZC);

	SOCK_INODE(sock)->i_private = zs;
	if (handler->proto->open) {
		err = handler->proto->open(sock, &zs->priv);
		if (err)
			goto out;
	}
	zsock_list(zs);
	return 0;
out:
	sock->sk = NULL;
	sock->ops = NULL;
	zsock_sock_free(zs);
	return err;
}

/* What a connection accepted from @parent will be; not yet a socket. */
struct zsock_sock *zsock_child_alloc(struct zsock_sock *parent)
{
	struct zsock_sock *zs;

	zs = kmem_cache_zalloc(zsock_child_cache, GFP_KERNEL_ACCOUNT);
	if (!zs)
		return NULL;
	zs->handler = parent->handler;
	zs->opener = parent->handler;
	zs->carrier = parent->carrier;
	zs->zn = parent->zn;
	zs->family = parent->family;
	zs->domain = parent->domain;
	zs->protocol = parent->protocol;
	zs->flags = (parent->flags & ZSOCK_INFO_F_DUAL) | ZSOCK_INFO_F_ACCEPTED;
	zsock_pin_dup(&zs->handler->pin);
	zsock_pin_dup(&zs->carrier->pin);
	return zs;
}

/* @sock, which has its inner sk already, becomes @zs's. */
void zsock_child_attach(struct zsock_sock *zs, struct socket *sock,
			const struct zsock_table *table)
{
	zs->sock = sock;
	zs->table = table;
	__module_get(table->orig.owner);
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
	SOCK_INODE(sock)->i_private = zs;
	WRITE_ONCE(sock->ops, &table->ops);
	zsock_list(zs);
}

static void zsock_unpin(struct zsock_sock *zs)
{
	if (zs->priv)
		zs->opener->proto->free(zs->priv);
	zsock_socks5_free(zs);
	if (zs->opener != zs->handler)
		zsock_pin_put(&zs->opener->pin);
	if (zs->carrier)
		zsock_pin_put(&zs->carrier->pin);
	zsock_pin_put(&zs->handler->pin);
}

/* For a child that did not come to be. */
void zsock_child_free(struct zsock_sock *zs)
{
	zsock_unpin(zs);
	kmem_cache_free(zsock_child_cache, zs);
}

/*
 * As sock_orphan() does, without the lock: the placeholder was in no table in
 * which anybody could have found it.
 */
static void zsock_fresh_orphan(struct sock *sk)
{
	sock_set_flag(sk, SOCK_DEAD);
	sk_set_socket(sk, NULL);
	RCU_INIT_POINTER(sk->sk_wq, NULL);
}

/* The end of a socket, after its inner sk is released. */
void zsock_sock_free(struct zsock_sock *zs)
{
	struct zsock_fresh *fresh = zs->fresh;

	SOCK_INODE(zs->sock)->i_private = NULL;
	if (!fresh) {
		zsock_child_free(zs);
		return;
	}
	zsock_unpin(zs);
	if (fresh->pot)
		sock_release(fresh->pot);
	if (zs->table && !fresh->sk.sk_kern_sock)
		sock_inuse_add(sock_net(&fresh->sk), 1);
	zsock_fresh_orphan(&fresh->sk);
	sock_put(&fresh->sk);
}

int __init zsock_sock_init(void)
{
	zsock_child_cache = KMEM_CACHE(zsock_sock, SLAB_ACCOUNT);
	return zsock_child_cache ? 0 : -ENOMEM;
}

void zsock_sock_exit(void)
{
	kmem_cache_destroy(zsock_child_cache);
}
