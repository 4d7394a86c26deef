// SPDX-License-Identifier: GPL-2.0
/*
 * Tags. Each network namespace has its own; a tag belongs to the user who made
 * it, and is there as long as there is a credential in it.
 *
 * Changes are made under a mutex. Who wants to use or list credentials reads
 * under RCU: a key is freed a grace period after its last user is gone.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/key.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "cred.h"
#include "../zsock_int.h"

/**
 * struct zsock_cred_allowed - who else may use a tag; never changes
 * @rcu: for freeing
 * @n: how many
 * @uid: them
 */
struct zsock_cred_allowed {
	struct rcu_head	rcu;
	unsigned int	n;
	kuid_t		uid[];
};

/**
 * struct zsock_cred_tag - a tag
 * @rcu: for freeing
 * @tag: its number
 * @owner: who made it
 * @allowed: who else may use it, or NULL
 * @keys: by type
 */
struct zsock_cred_tag {
	struct rcu_head				rcu;
	int					tag;
	kuid_t					owner;
	struct zsock_cred_allowed __rcu		*allowed;
	struct key __rcu			*keys[ZSOCK_CRED_TYPES];
};

/* So that negative ones come first. */
static unsigned long zsock_cred_index(int tag)
{
	return (u32)tag ^ BIT(31);
}

#define zsock_cred_locked(creds, p)					\
	rcu_dereference_protected(p, lockdep_is_held(&(creds)->lock))

/* ---- who may ---- */

static bool zsock_cred_may_own(const struct zsock_cred_tag *t,
			       const struct zsock_cred_who *who)
{
	return who->admin || uid_eq(who->uid, t->owner);
}

/* Under RCU */
static bool zsock_cred_may_use(const struct zsock_cred_tag *t,
			       const struct zsock_cred_who *who)
{
	const struct zsock_cred_allowed *allowed;
	unsigned int i;

	if (zsock_cred_may_own(t, who))
		return true;
	allowed = rcu_dereference(t->allowed);
	for (i = 0; allowed && i < allowed->n; i++)
		if (uid_eq(who->uid, allowed->uid[i]))
			return true;
	return false;
}

/* ---- tags that come and go, under the lock ---- */

/* One's own tag, or an error. */
static struct zsock_cred_tag *zsock_cred_own(struct zsock_creds *creds,
					     const struct zsock_cred_who *who,
					     int tag)
{
	struct zsock_cred_tag *t = xa_load(&creds->tags, zsock_cred_index(tag));

	if (!t)
		return ERR_PTR(-ENOENT);
	return zsock_cred_may_own(t, who) ? t : ERR_PTR(-EACCES);
}

static struct zsock_cred_tag *zsock_cred_make(struct zsock_creds *creds,
					      const struct zsock_cred_who *who,
					      int tag)
{
	struct zsock_cred_tag *t;
	int err;

	/* What users fill must not keep an administrator out. */
	if (creds->count >= ZSOCK_CRED_TAGS_MAX && !who->admin)
		return ERR_PTR(-ENOSPC);
	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		return ERR_PTR(-ENOMEM);
	t->tag = tag;
	t->owner = who->uid;
	err = xa_insert(&creds->tags, zsock_cred_index(tag), t,
			GFP_KERNEL_ACCOUNT);
	if (err) {
		kfree(t);
		return ERR_PTR(err);
	}
	creds->count++;
	return t;
}

static bool zsock_cred_empty(struct zsock_creds *creds,
			     const struct zsock_cred_tag *t)
{
	int type;

	for (type = 0; type < ZSOCK_CRED_TYPES; type++)
		if (zsock_cred_locked(creds, t->keys[type]))
			return false;
	return true;
}

static void zsock_cred_reap(struct zsock_creds *creds, struct zsock_cred_tag *t)
{
	struct zsock_cred_allowed *allowed;

	if (!zsock_cred_empty(creds, t))
		return;
	xa_erase(&creds->tags, zsock_cred_index(t->tag));
	creds->count--;
	allowed = zsock_cred_locked(creds, t->allowed);
	if (allowed)
		kfree_rcu(allowed, rcu);
	kfree_rcu(t, rcu);
}

/* ---- adding ---- */

/* Whether a private key and a certificate can be a pair. */
static bool zsock_cred_pair(const struct zsock_cred_payload *other,
			    const struct zsock_pub *pub)
{
	if (other->alg != pub->alg)
		return false;
	if (!other->publen || !pub->len)
		return true;		/* nobody told the key's public half */
	return other->publen == pub->len &&
	       !memcmp(other->data + other->len, pub->bytes, pub->len);
}

static int zsock_cred_match(struct zsock_creds *creds, struct zsock_cred_tag *t,
			    struct zsock_cred_new *new)
{
	const struct key *other;

	if (new->type == ZSOCK_CRED_KEY)
		other = zsock_cred_locked(creds, t->keys[ZSOCK_CRED_CERT]);
	else if (new->type == ZSOCK_CRED_CERT)
		other = zsock_cred_locked(creds, t->keys[ZSOCK_CRED_KEY]);
	else
		return 0;
	if (!other || zsock_cred_pair(zsock_cred_payload(other), &new->pub))
		return 0;
	new->why = "private key and certificate of the tag do not match";
	return -EINVAL;
}

static int zsock_cred_put_in(struct zsock_creds *creds, struct zsock_cred_tag *t,
			     struct zsock_cred_new *new)
{
	struct key *key, *old;
	int err;

	old = zsock_cred_locked(creds, t->keys[new->type]);
	if (old && !new->replace)
		return -EEXIST;
	err = zsock_cred_match(creds, t, new);
	if (err)
		return err;
	/* An administrator's addition is still the owner's burden. */
	key = zsock_cred_key(t->owner, new);
	if (IS_ERR(key))
		return PTR_ERR(key);
	rcu_assign_pointer(t->keys[new->type], key);
	key_put(old);
	WRITE_ONCE(creds->changes, creds->changes + 1);
	return 0;
}

static int zsock_cred_add_locked(struct zsock_creds *creds,
				 const struct zsock_cred_who *who,
				 struct zsock_cred_new *new)
{
	struct zsock_cred_tag *t = zsock_cred_own(creds, who, new->tag);
	int err;

	if (t == ERR_PTR(-ENOENT))
		t = zsock_cred_make(creds, who, new->tag);
	if (IS_ERR(t))
		return PTR_ERR(t);
	err = zsock_cred_put_in(creds, t, new);
	if (err)
		zsock_cred_reap(creds, t);
	return err;
}

/**
 * zsock_cred_add - add a credential that was parsed
 * @creds: where
 * @who: for whom
 * @new: it
 *
 * Return: 0 or an error; a failure changes nothing.
 */
int zsock_cred_add(struct zsock_creds *creds, const struct zsock_cred_who *who,
		   struct zsock_cred_new *new)
{
	int err;

	if (mutex_lock_killable(&creds->lock))
		return -EINTR;
	err = zsock_cred_add_locked(creds, who, new);
	mutex_unlock(&creds->lock);
	return err;
}

/* ---- deleting ---- */

static int zsock_cred_drop(struct zsock_creds *creds, struct zsock_cred_tag *t,
			   u32 type)
{
	struct key *key = zsock_cred_locked(creds, t->keys[type]);

	if (!key)
		return -ENOENT;
	RCU_INIT_POINTER(t->keys[type], NULL);
	key_put(key);
	WRITE_ONCE(creds->changes, creds->changes + 1);
	return 0;
}

/* The credential of that type, or with ZSOCK_CRED_NONE all of the tag. */
int zsock_cred_del(struct zsock_creds *creds, const struct zsock_cred_who *who,
		   int tag, u32 type)
{
	struct zsock_cred_tag *t;
	int i, err = 0;

	if (mutex_lock_killable(&creds->lock))
		return -EINTR;
	t = zsock_cred_own(creds, who, tag);
	if (IS_ERR(t)) {
		err = PTR_ERR(t);
		goto out;
	}
	if (type)
		err = zsock_cred_drop(creds, t, type);
	else
		for (i = 0; i < ZSOCK_CRED_TYPES; i++)
			zsock_cred_drop(creds, t, i);
	zsock_cred_reap(creds, t);
out:
	mutex_unlock(&creds->lock);
	return err;
}

/* ---- allowing ---- */

static int zsock_cred_find(const struct zsock_cred_allowed *allowed, kuid_t uid)
{
	int i;

	for (i = 0; allowed && i < allowed->n; i++)
		if (uid_eq(allowed->uid[i], uid))
			return i;
	return -ENOENT;
}

/* @old with @uid added, or if it is there and @without, without it. */
static struct zsock_cred_allowed *
zsock_cred_changed(const struct zsock_cred_allowed *old, kuid_t uid,
		   bool without)
{
	unsigned int i, n = old ? old->n : 0;
	struct zsock_cred_allowed *allowed;

	allowed = kmalloc(struct_size(allowed, uid, n + 1), GFP_KERNEL_ACCOUNT);
	if (!allowed)
		return NULL;
	allowed->n = 0;
	for (i = 0; i < n; i++)
		if (!without || !uid_eq(old->uid[i], uid))
			allowed->uid[allowed->n++] = old->uid[i];
	if (!without)
		allowed->uid[allowed->n++] = uid;
	return allowed;
}

static int zsock_cred_change(struct zsock_creds *creds,
			     struct zsock_cred_tag *t, kuid_t uid, bool without)
{
	struct zsock_cred_allowed *allowed, *old;
	bool there;

	old = zsock_cred_locked(creds, t->allowed);
	there = zsock_cred_find(old, uid) >= 0;
	if (there != without)
		return without ? -ENOENT : 0;
	if (!without && old && old->n >= ZSOCK_CRED_ALLOWED_MAX)
		return -ENOSPC;
	allowed = zsock_cred_changed(old, uid, without);
	if (!allowed)
		return -ENOMEM;
	rcu_assign_pointer(t->allowed, allowed);
	if (old)
		kfree_rcu(old, rcu);
	WRITE_ONCE(creds->changes, creds->changes + 1);
	return 0;
}

static int zsock_cred_permit(struct zsock_creds *creds,
			     const struct zsock_cred_who *who, int tag,
			     kuid_t uid, bool without)
{
	struct zsock_cred_tag *t;
	int err;

	if (mutex_lock_killable(&creds->lock))
		return -EINTR;
	t = zsock_cred_own(creds, who, tag);
	err = IS_ERR(t) ? PTR_ERR(t) :
			  zsock_cred_change(creds, t, uid, without);
	mutex_unlock(&creds->lock);
	return err;
}

/* Allowing twice is allowing once. */
int zsock_cred_allow(struct zsock_creds *creds,
		     const struct zsock_cred_who *who, int tag, kuid_t uid)
{
	return zsock_cred_permit(creds, who, tag, uid, false);
}

int zsock_cred_deny(struct zsock_creds *creds,
		    const struct zsock_cred_who *who, int tag, kuid_t uid)
{
	return zsock_cred_permit(creds, who, tag, uid, true);
}

/* ---- using ---- */

/* Under RCU, which keeps a key's memory but not the key. */
static int zsock_cred_hold(const struct zsock_cred_tag *t, u32 type,
			   struct zsock_cred_ref *ref)
{
	const struct zsock_cred_payload *payload;
	struct key *key = rcu_dereference(t->keys[type]);

	if (!key || !refcount_inc_not_zero(&key->usage))
		return -ENOENT;
	payload = zsock_cred_payload(key);
	ref->key = key;
	ref->data = payload->data;
	ref->len = payload->len;
	ref->format = payload->format;
	ref->serial = payload->serial;
	return 0;
}

/* Whom @cred stands for in @net. */
static struct zsock_cred_who zsock_cred_who_of(struct net *net,
					       const struct cred *cred)
{
	struct zsock_cred_who who = { .uid = cred->euid };
	const struct cred *mine = override_creds(cred);

	who.admin = ns_capable_noaudit(net->user_ns, CAP_NET_ADMIN);
	revert_creds(mine);
	return who;
}

static void zsock_cred_put_all(struct zsock_cred_ref refs[ZSOCK_CRED_TYPES])
{
	int type;

	for (type = 0; type < ZSOCK_CRED_TYPES; type++)
		if (refs[type].key)
			zsock_cred_put(&refs[type]);
}

/* Under RCU. -EAGAIN where a key went at this moment. */
static int zsock_cred_hold_all(const struct zsock_cred_tag *t,
			       struct zsock_cred_ref refs[ZSOCK_CRED_TYPES])
{
	int type, n = 0;

	for (type = 0; type < ZSOCK_CRED_TYPES; type++) {
		if (!rcu_access_pointer(t->keys[type]))
			continue;
		if (zsock_cred_hold(t, type, &refs[type]))
			return -EAGAIN;
		n++;
	}
	return n ? 0 : -ENOENT;
}

/**
 * zsock_cred_get_tag - take hold of all that a tag has, to use it
 * @net: network namespace
 * @tag: tag
 * @cred: of whose socket it is
 * @refs: one for each type, filled in where there is one; each of these to be
 *	given to zsock_cred_put()
 *
 * They belong together: a change that comes in between is waited for.
 *
 * Context: process.
 * Return: 0; -ENOENT if the tag has none; -EACCES if it belongs to somebody
 * else, who did not allow it.
 */
int zsock_cred_get_tag(struct net *net, int tag, const struct cred *cred,
		       struct zsock_cred_ref refs[ZSOCK_CRED_TYPES])
{
	struct zsock_creds *creds = &zsock_net(net)->creds;
	struct zsock_cred_who who = zsock_cred_who_of(net, cred);
	struct zsock_cred_tag *t;
	unsigned int changes;
	int err;

	do {
		/* Before the keys are looked at. */
		changes = smp_load_acquire(&creds->changes);
		err = -ENOENT;
		rcu_read_lock();
		t = xa_load(&creds->tags, zsock_cred_index(tag));
		if (t)
			err = zsock_cred_may_use(t, &who) ?
				zsock_cred_hold_all(t, refs) : -EACCES;
		rcu_read_unlock();
		/* Pairs with the change's counting itself last. */
		smp_rmb();
		if (err == -EAGAIN || READ_ONCE(creds->changes) != changes) {
			zsock_cred_put_all(refs);
			err = -EAGAIN;
			cond_resched();
		}
	} while (err == -EAGAIN);
	return err;
}

void zsock_cred_put(struct zsock_cred_ref *ref)
{
	key_put(ref->key);
	memset(ref, 0, sizeof(*ref));
}

/* ---- reading and listing ---- */

/* Under RCU */
static void zsock_cred_show(const struct zsock_cred_tag *t, u32 type,
			    const struct zsock_cred_payload *payload,
			    struct zsock_cred_view *view)
{
	const struct zsock_cred_allowed *allowed = rcu_dereference(t->allowed);

	view->tag = t->tag;
	view->type = type;
	view->format = payload->format;
	view->len = payload->len;
	view->owner = t->owner;
	view->nallowed = allowed ? allowed->n : 0;
	if (allowed)
		memcpy(view->allowed, allowed->uid,
		       flex_array_size(allowed, uid, allowed->n));
}

/* For its owner; what is secret is no business of this function's. */
int zsock_cred_read(struct zsock_creds *creds, const struct zsock_cred_who *who,
		    int tag, u32 type, struct zsock_cred_ref *ref,
		    struct zsock_cred_view *view)
{
	struct zsock_cred_tag *t;
	int err = -ENOENT;

	rcu_read_lock();
	t = xa_load(&creds->tags, zsock_cred_index(tag));
	if (t)
		err = zsock_cred_may_own(t, who) ?
			zsock_cred_hold(t, type, ref) : -EACCES;
	if (!err)
		zsock_cred_show(t, type, zsock_cred_payload(ref->key), view);
	rcu_read_unlock();
	return err;
}

/* A place in a list is a tag's index and a type, perhaps one beyond the last. */
#define ZSOCK_CRED_AT_SHIFT	3
static_assert(BIT(ZSOCK_CRED_AT_SHIFT) > ZSOCK_CRED_TYPES);

/**
 * zsock_cred_next - list what one may use
 * @creds: the store
 * @who: for whom
 * @at: where to begin, 0 at first; afterwards where to go on
 * @view: filled in
 *
 * Return: whether there was one more.
 */
bool zsock_cred_next(struct zsock_creds *creds,
		     const struct zsock_cred_who *who, u64 *at,
		     struct zsock_cred_view *view)
{
	const unsigned long begin = *at >> ZSOCK_CRED_AT_SHIFT;
	u32 type = *at & (BIT(ZSOCK_CRED_AT_SHIFT) - 1);
	unsigned long index;
	struct zsock_cred_tag *t;
	const struct key *key;
	bool found = false;

	rcu_read_lock();
	xa_for_each_start(&creds->tags, index, t, begin) {
		if (index != begin)
			type = 0;
		if (!zsock_cred_may_use(t, who))
			continue;
		for (; type < ZSOCK_CRED_TYPES && !found; type++) {
			key = rcu_dereference(t->keys[type]);
			if (!key)
				continue;
			zsock_cred_show(t, type, zsock_cred_payload(key), view);
			found = true;
		}
		if (found)
			break;
	}
	*at = (u64)index << ZSOCK_CRED_AT_SHIFT | type;
	rcu_read_unlock();
	return found;
}

/* ---- a namespace's beginning and end ---- */

void zsock_creds_init(struct zsock_creds *creds)
{
	mutex_init(&creds->lock);
	xa_init_flags(&creds->tags, XA_FLAGS_ACCOUNT);
	creds->count = 0;
	creds->changes = 0;
}

/* Nobody else has the namespace any more; holders of references have them. */
void zsock_creds_free(struct zsock_creds *creds)
{
	struct zsock_cred_tag *t;
	unsigned long index;
	int type;

	mutex_lock(&creds->lock);
	xa_for_each(&creds->tags, index, t) {
		for (type = 0; type < ZSOCK_CRED_TYPES; type++)
			zsock_cred_drop(creds, t, type);
		zsock_cred_reap(creds, t);
	}
	mutex_unlock(&creds->lock);
	xa_destroy(&creds->tags);
	mutex_destroy(&creds->lock);
}
