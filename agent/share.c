// SPDX-License-Identifier: GPL-2.0
/*
 * How many requests of a namespace, of one kind, are whose. Each user leaves as
 * many free as he has: one alone has half of all, the next a quarter, and there
 * is always something for another. Who is root of the namespace may have what
 * there is. Of those that wait, the users' take turns.
 */
#include <linux/hash.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "request.h"

static struct hlist_head *zsock_share_head(struct zsock_requests *all,
					   kuid_t uid)
{
	return &all->shares[hash_32(__kuid_val(uid), ZSOCK_SHARE_BITS)];
}

/* Under the lock. */
static struct zsock_share *zsock_share_find(struct zsock_requests *all,
					    kuid_t uid)
{
	struct zsock_share *share;

	hlist_for_each_entry(share, zsock_share_head(all, uid), node)
		if (uid_eq(share->uid, uid))
			return share;
	return NULL;
}

/* @uid's, which is made if he has none; NULL if there is no memory. */
struct zsock_share *zsock_share_get(struct zsock_requests *all,
				    const struct net *net, kuid_t uid)
{
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
		INIT_LIST_HEAD(&made->pending);
		INIT_LIST_HEAD(&made->turn);
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

void zsock_share_put(struct zsock_requests *all, struct zsock_share *share)
{
	bool last;

	spin_lock(&all->lock);
	last = !--share->refs;
	if (last)
		hlist_del(&share->node);
	spin_unlock(&all->lock);
	if (last)
		kfree(share);
}

static bool zsock_share_ends(const struct zsock_requests *all,
			     const struct zsock_share *share)
{
	int mine = share && !share->root ? share->count : 0;

	return all->count + mine >= READ_ONCE(all->max);
}

/* One more of @share's, or false. Under the lock. */
bool zsock_share_take(struct zsock_requests *all, struct zsock_share *share)
{
	if (zsock_share_ends(all, share))
		return false;
	all->count++;
	share->count++;
	return true;
}

/* Under the lock. */
void zsock_share_give(struct zsock_requests *all, struct zsock_share *share)
{
	all->count--;
	share->count--;
}

/* @rq waits, behind the others of its user, or the @first of all. Under the lock. */
void zsock_share_enqueue(struct zsock_request *rq, bool first)
{
	struct zsock_requests *all = rq->all;
	struct zsock_share *share = rq->share;

	if (first) {
		list_add(&rq->list, &share->pending);
		list_move(&share->turn, &all->pending);
		return;
	}
	if (list_empty(&share->pending))
		list_add_tail(&share->turn, &all->pending);
	list_add_tail(&rq->list, &share->pending);
}

/* It waits no more. Under the lock. */
void zsock_share_dequeue(struct zsock_request *rq)
{
	list_del_init(&rq->list);
	if (list_empty(&rq->share->pending))
		list_del_init(&rq->share->turn);
}

/* The one that is to be accepted next, or NULL. Under the lock. */
struct zsock_request *zsock_share_first(struct zsock_requests *all)
{
	struct zsock_share *share;

	share = list_first_entry_or_null(&all->pending, struct zsock_share,
					 turn);
	return share ? list_first_entry(&share->pending, struct zsock_request,
					list) : NULL;
}

/* It is taken out, and its user's turn is over. Under the lock. */
void zsock_share_take_first(struct zsock_request *rq)
{
	list_move_tail(&rq->share->turn, &rq->all->pending);
	zsock_share_dequeue(rq);
}

/* Whether another of @uid's would be refused. */
bool zsock_requests_full(struct zsock_requests *all, kuid_t uid)
{
	bool full;

	spin_lock(&all->lock);
	full = zsock_share_ends(all, zsock_share_find(all, uid));
	spin_unlock(&all->lock);
	return full;
}
