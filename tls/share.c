// SPDX-License-Identifier: GPL-2.0
/*
 * How many handshakes of a namespace are whose. Each user leaves as many free as
 * he has: one alone has half of all, the next a quarter, and there is always
 * something for another. Who is root of the namespace may have what there is.
 */
#include <linux/hash.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "tls.h"

/**
 * struct zsock_share - a user's handshakes
 * @node: in the namespace's table
 * @uid: whose
 * @root: the namespace's root is not bounded by it
 * @refs: handshakes that refer to it, begun or not
 * @count: that are under way or wait
 *
 * All under the lock of struct zsock_handshakes.
 */
struct zsock_share {
	struct hlist_node	node;
	kuid_t			uid;
	bool			root;
	unsigned int		refs;
	int			count;
};

static struct hlist_head *zsock_share_head(struct zsock_handshakes *all,
					   kuid_t uid)
{
	return &all->shares[hash_32(__kuid_val(uid), ZSOCK_SHARE_BITS)];
}

/* Under the lock. */
static struct zsock_share *zsock_share_find(struct zsock_handshakes *all,
					    kuid_t uid)
{
	struct zsock_share *share;

	hlist_for_each_entry(share, zsock_share_head(all, uid), node)
		if (uid_eq(share->uid, uid))
			return share;
	return NULL;
}

/* @uid's, which is made if he has none; NULL if there is no memory. */
struct zsock_share *zsock_share_get(const struct net *net, kuid_t uid)
{
	struct zsock_handshakes *all = &zsock_net(net)->handshakes;
	struct zsock_share *share, *made = NULL;

	spin_lock(&all->lock);
	share = zsock_share_find(all, uid);
	if (!share) {
		spin_unlock(&all->lock);
		made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
		if (!made)
			return NULL;
		made->uid = uid;
		made->root = uid_eq(uid, make_kuid(net->user_ns, 0));
		spin_lock(&all->lock);
		share = zsock_share_find(all, uid);
	}
	if (!share) {
		share = made;
		made = NULL;
		hlist_add_head(&share->node, zsock_share_head(all, uid));
	}
	share->refs++;
	spin_unlock(&all->lock);
	kfree(made);
	return share;
}

void zsock_share_put(const struct net *net, struct zsock_share *share)
{
	struct zsock_handshakes *all = &zsock_net(net)->handshakes;
	bool last;

	spin_lock(&all->lock);
	last = !--share->refs;
	if (last)
		hlist_del(&share->node);
	spin_unlock(&all->lock);
	if (last)
		kfree(share);
}

static bool zsock_share_ends(const struct zsock_handshakes *all,
			     const struct zsock_share *share)
{
	int mine = share && !share->root ? share->count : 0;

	return all->count + mine >= READ_ONCE(all->max);
}

/* One more of @share's, or false. Under the lock. */
bool zsock_share_take(struct zsock_handshakes *all, struct zsock_share *share)
{
	if (zsock_share_ends(all, share))
		return false;
	all->count++;
	share->count++;
	return true;
}

/* Under the lock. */
void zsock_share_give(struct zsock_handshakes *all, struct zsock_share *share)
{
	all->count--;
	share->count--;
}

/* Whether another of @uid's would be refused. */
bool zsock_handshakes_full(const struct net *net, kuid_t uid)
{
	struct zsock_handshakes *all = &zsock_net(net)->handshakes;
	bool full;

	spin_lock(&all->lock);
	full = zsock_share_ends(all, zsock_share_find(all, uid));
	spin_unlock(&all->lock);
	return full;
}
