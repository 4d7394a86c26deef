// SPDX-License-Identifier: GPL-2.0
/*
 * accept() charges a connection to the memory cgroup of who calls it. That is a
 * worker of the kernel's here, and nobody's: the listener's opener pays instead.
 */
#include <linux/memcontrol.h>

#include "tls.h"

/*
 * Once more, for the cgroup, and once less, for nobody: TCP's own account is
 * what it was. Under the sk's lock.
 */
static bool zsock_tls_move_charge(struct sock *sk, struct mem_cgroup *memcg,
				  int bytes)
{
	zsock_set_memcg(sk, memcg);
	if (!bytes)
		return true;
	if (!__sk_mem_schedule(sk, bytes, SK_MEM_RECV)) {
		zsock_set_memcg(sk, NULL);
		return false;
	}
	zsock_set_memcg(sk, NULL);
	__sk_mem_reclaim(sk, bytes);
	zsock_set_memcg(sk, memcg);
	return true;
}

/*
 * @sk, which was just taken, becomes that of @listener's memory cgroup, with all
 * that it has received by now. False if that is more than the cgroup may have.
 */
bool zsock_tls_charge(const struct sock *listener, struct sock *sk)
{
	struct mem_cgroup *memcg = zsock_memcg(listener);
	bool ok = true;
	int pages;

	if (!memcg)
		return true;
	lock_sock(sk);
	if (zsock_memcg(sk) || !mem_cgroup_tryget(memcg))
		goto out;
	/* Nothing was sent yet. */
	pages = sk_mem_pages(sk->sk_forward_alloc +
			     atomic_read(&sk->sk_rmem_alloc));
	ok = zsock_tls_move_charge(sk, memcg, pages << PAGE_SHIFT);
	if (!ok)
		mem_cgroup_put(memcg);
out:
	release_sock(sk);
	return ok;
}
