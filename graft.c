// SPDX-License-Identifier: GPL-2.0
/*
 * Grafting: the inner socket's sk becomes the outer socket's.
 *
 * The inner struct socket is only a pot in which the backend raised the sk.
 * Nothing in a protocol family looks at more than sock->sk, ->state, ->type,
 * ->flags, ->file and ->wq, so the sk lives on in the outer struct socket, as
 * an accepted sk does in its own, and the pot is thrown away.
 */
#include <linux/smp.h>
#include <linux/wait_bit.h>

#include "zsock_int.h"

/*
 * A cookie is made when it is first asked for. Who asks at the time of the
 * graft may ask the placeholder or the inner sk: let it be there already.
 */
static void zsock_make_cookie(struct socket *sock)
{
	int len = sizeof(u64);
	u64 cookie;

	do_sock_getsockopt(sock, true, SOL_SOCKET, SO_COOKIE,
			   KERNEL_SOCKPTR(&cookie), KERNEL_SOCKPTR(&len));
}

/* What belongs to whoever opened the outer socket, not to who dispatched it. */
static void zsock_inherit(struct sock *sk, struct sock *opener)
{
	swap(sk->sk_cgrp_data, opener->sk_cgrp_data);
	zsock_swap_memcg(sk, opener);
	zsock_make_cookie(opener->sk_socket);
	atomic64_set(&sk->sk_cookie, atomic64_read(&opener->sk_cookie));
}

/*
 * sock_fasync() may have read sock->sk before the graft and have set its flag
 * on the placeholder after it: runs as that unlocks the placeholder, with its
 * spinlock held. The inner sk may be in another task's hands then; what such a
 * task does to sk_flags is short, so an atomic bit is all but sure to stay.
 */
void zsock_release_cb(struct sock *placeholder)
{
	struct zsock_sock *zs = &zsock_fresh(placeholder)->zs;
	struct sock *sk = zs->sock->sk;

	/* Not zsock_table(): it is published after this lock was let go. */
	if (likely(!sock_flag(placeholder, SOCK_FASYNC)) || sk == placeholder)
		return;
	bh_lock_sock(sk);
	set_bit(SOCK_FASYNC, &sk->sk_flags);
	bh_unlock_sock(sk);
	sock_reset_flag(placeholder, SOCK_FASYNC);
}

/*
 * Not sock_graft(): it would have the security module relabel the sk, which
 * carries the label of its own creation.
 */
static void zsock_adopt(struct socket *sock, struct socket *inner)
{
	struct zsock_fresh *fresh = zsock_sk(sock)->fresh;
	struct sock *sk = inner->sk;

	lock_sock(&fresh->sk);
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(sk->sk_wq, &sock->wq);
	sk_set_socket(sk, sock);
	sk->sk_uid = fresh->sk.sk_uid;
	write_unlock_bh(&sk->sk_callback_lock);
	/* F_SETFL O_ASYNC set it on the placeholder, under this lock. */
	if (sock_flag(&fresh->sk, SOCK_FASYNC))
		sock_set_flag(sk, SOCK_FASYNC);
	sock->state = inner->state;
	WRITE_ONCE(sock->sk, sk);
	release_sock(&fresh->sk);
}

/*
 * sock->sk was written before; now the calls that expect it. A reader takes
 * sock->ops, jumps, and then takes sock->sk: with total store order it cannot
 * see the new calls with the old sk. Elsewhere an interrupt on every CPU puts
 * the two writes in order for all of them.
 */
static void zsock_publish(struct zsock_sock *zs,
			  const struct zsock_table *table)
{
	if (!IS_ENABLED(CONFIG_X86) && !IS_ENABLED(CONFIG_UML))
		kick_all_cpus_sync();
	/* Pairs with zsock_table(). */
	smp_store_release(&zs->table, table);
	/* Pairs with the READ_ONCE() of sock->ops in net/socket.c, see above. */
	smp_store_release(&zs->sock->ops, &table->ops);
}

/*
 * Move the sk of @inner into @zs's socket and give up @inner. Cannot fail.
 * Takes over the pin on @carrier. Under the dispatch lock.
 */
void zsock_graft(struct zsock_sock *zs, struct socket *inner,
		 struct zsock_carrier *carrier,
		 const struct zsock_table *table)
{
	struct zsock_fresh *fresh = zs->fresh;

	zsock_inherit(inner->sk, &fresh->sk);
	zsock_options_free(fresh);
	zs->carrier = carrier;
	zsock_adopt(zs->sock, inner);
	zsock_publish(zs, table);

	/* One socket is in use, not two; zsock_sock_free() evens it out. */
	if (!fresh->sk.sk_kern_sock)
		sock_inuse_add(sock_net(&fresh->sk), -1);
	/* The reference to inner->ops->owner is @zs's from now on. */
	inner->sk = NULL;
	inner->ops = NULL;
	/* One that connected in the outer socket's name had its file, too. */
	inner->file = NULL;
	/*
	 * A protocol that sets options itself may have made sks of its own for
	 * them, as MPTCP does, and have tied these to the pot.
	 */
	if (table->custom)
		fresh->pot = inner;
	else
		sock_release(inner);
}

/*
 * The table of a dispatched socket, whose sk is where it is to be, is to be
 * replaced by one that differs from it in some respect: nobody else does so
 * until zsock_retable_end(). Those who do hold locks of their own, names the
 * dispatch lock, a proxy and TLS theirs, and nothing but a look for a table
 * comes between the two. Sleeps.
 */
const struct zsock_table *zsock_retable_begin(struct zsock_sock *zs)
{
	wait_on_bit_lock(&zs->busy, ZSOCK_BUSY_TABLE, TASK_UNINTERRUPTIBLE);
	return zsock_table(zs);
}

/* Put @table there: 0; leave it as it was where that is NULL: -ENOMEM. */
int zsock_retable_end(struct zsock_sock *zs, const struct zsock_table *table)
{
	const struct zsock_table *old = zsock_table(zs);

	if (table) {
		__module_get(table->orig.owner);
		module_put(old->orig.owner);
		zsock_publish(zs, table);
	}
	clear_and_wake_up_bit(ZSOCK_BUSY_TABLE, &zs->busy);
	return table ? 0 : -ENOMEM;
}

/*
 * A call into the inner protocol has put another proto_ops in place of ours, as
 * setsockopt(IPV6_ADDRFORM) does. Put ours around the new one. The caller made
 * sure that there is a table for it, and is alone in this.
 */
void zsock_rewrap(struct socket *sock)
{
	struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_table *old = zsock_retable_begin(zs);
	const struct zsock_table *table;

	table = zsock_table_get(zs->handler, zs->carrier->backend,
				READ_ONCE(sock->ops), false, old->custom);
	if (!WARN_ON_ONCE(!table))
		WRITE_ONCE(zs->flags, zs->flags & ~ZSOCK_INFO_F_DUAL);
	zsock_retable_end(zs, table);
}
