// SPDX-License-Identifier: GPL-2.0
/*
 * Handshakes, from the request to its end.
 *
 * A request waits in its namespace's pending list until an agent accepts it,
 * then in the accepted one. It ends once: by the agent's word, by its time
 * limit, because no agent is there, because the agent died, or because its
 * owner gave it up. Whoever takes it out of its list ends it.
 */
#include <linux/completion.h>
#include <linux/slab.h>
#include <linux/socket.h>

#include "../trace.h"
#include "tls.h"

struct workqueue_struct *zsock_tls_wq __ro_after_init;

static atomic64_t zsock_handshake_ids = ATOMIC64_INIT(0);

static struct zsock_handshakes *zsock_handshakes(const struct net *net)
{
	return &zsock_net(net)->handshakes;
}

/* ---- beginning ---- */

static void zsock_handshake_forget(struct zsock_handshake *hs)
{
	while (hs->ncreds)
		zsock_cred_put(&hs->creds[--hs->ncreds].ref);
}

/* All that a tag has; judged by who opened the socket. */
static int zsock_handshake_collect(struct zsock_handshake *hs, int tag,
				   const struct cred *cred)
{
	struct zsock_cred_ref refs[ZSOCK_CRED_TYPES] = { };
	struct zsock_handshake_cred *one;
	int type, err;

	err = zsock_cred_get_tag(hs->net, tag, cred, refs);
	if (err)
		return err;
	for (type = 0; type < ZSOCK_CRED_TYPES; type++) {
		if (!refs[type].key)
			continue;
		one = &hs->creds[hs->ncreds++];
		one->tag = tag;
		one->type = type;
		one->ref = refs[type];
	}
	return 0;
}

static int zsock_handshake_collect_all(struct zsock_handshake *hs,
				       const struct cred *cred)
{
	unsigned int i, j;
	int err = 0;

	for (i = 0; i < hs->conf->ntags && !err; i++) {
		for (j = 0; j < i; j++)
			if (hs->conf->tags[j] == hs->conf->tags[i])
				break;
		if (j == i)
			err = zsock_handshake_collect(hs, hs->conf->tags[i],
						      cred);
	}
	return err;
}

/* The opener's, as far as it is known: a kernel socket has no file. */
static const struct cred *zsock_handshake_cred(const struct socket *sock)
{
	return sock->file ? sock->file->f_cred : current_cred();
}

static void zsock_handshake_tick(struct work_struct *work);

/*
 * A handshake of @sk on behalf of @sock. Takes over @pot, which is closed with
 * it, unless that fails. The caller holds @sock's ->lock.
 */
struct zsock_handshake *
zsock_handshake_new(struct socket *sock, struct zsock_tls *tls,
		    struct socket *pot, struct sock *sk, u8 role)
{
	const struct zsock_sock *zs = zsock_sk(sock);
	struct zsock_handshake *hs;
	int err;

	hs = kzalloc(struct_size(hs, creds,
				 tls->conf->ntags * ZSOCK_CRED_TYPE_MAX),
		     GFP_KERNEL_ACCOUNT);
	if (!hs)
		return ERR_PTR(-ENOMEM);
	hs->net = sock_net(sk);
	hs->conf = zsock_tls_conf_get(tls->conf);
	err = zsock_handshake_collect_all(hs, zsock_handshake_cred(sock));
	if (err) {
		zsock_handshake_forget(hs);
		zsock_tls_conf_put(hs->conf);
		kfree(hs);
		return ERR_PTR(err);
	}
	refcount_set(&hs->ref, 1);
	INIT_LIST_HEAD(&hs->list);
	INIT_LIST_HEAD(&hs->owned);
	mutex_init(&hs->lock);
	init_completion(&hs->finished);
	INIT_DELAYED_WORK(&hs->tick, zsock_handshake_tick);
	hs->id = atomic64_inc_return(&zsock_handshake_ids);
	hs->role = role;
	hs->version = zs->protocol == IPPROTO_TLS_1_3 ? ZSOCK_TLS_1_3 :
							ZSOCK_TLS_1_2;
	hs->uid = sock->sk->sk_uid;
	hs->begun = jiffies;
	hs->result.alert = -1;
	hs->sk = sk;
	sock_hold(sk);
	hs->pot = pot;
	hs->tls = zsock_tls_get(tls);
	return hs;
}

void zsock_handshake_put(struct zsock_handshake *hs)
{
	if (!refcount_dec_and_test(&hs->ref))
		return;
	zsock_handshake_forget(hs);
	/* Closes the connection if it has not gone elsewhere. */
	sock_release(hs->pot);
	sock_put(hs->sk);
	zsock_tls_conf_put(hs->conf);
	zsock_tls_put(hs->tls);
	mutex_destroy(&hs->lock);
	kfree(hs);
}

/* How long to wait before looking again. */
static unsigned long zsock_handshake_next_tick(const struct zsock_handshake *hs)
{
	unsigned long grace, left;

	grace = msecs_to_jiffies(READ_ONCE(zsock_handshakes(hs->net)->grace));
	left = time_before(jiffies, hs->deadline) ? hs->deadline - jiffies : 0;
	return hs->portid ? left : min(left, grace);
}

/*
 * Ask the agent. @done is called once if this returns 0, from process context
 * and perhaps before it does; after zsock_handshake_cancel() returned true it
 * is not.
 */
int zsock_handshake_submit(struct zsock_handshake *hs,
			   void (*done)(struct zsock_handshake *hs, int err),
			   void *owner)
{
	struct zsock_handshakes *all = zsock_handshakes(hs->net);
	int err = 0;

	hs->done = done;
	hs->owner = owner;
	hs->deadline = jiffies + msecs_to_jiffies(READ_ONCE(all->timeout));
	hs->lonely = !zsock_handshake_nl_agents(hs->net);

	spin_lock(&all->lock);
	if (all->count >= READ_ONCE(all->max)) {
		err = -ENOBUFS;
	} else {
		all->count++;
		hs->state = ZSOCK_HANDSHAKE_PENDING;
		list_add_tail(&hs->list, &all->pending);
		/* The list's, and the timer's. */
		zsock_handshake_get(hs);
		zsock_handshake_get(hs);
	}
	spin_unlock(&all->lock);
	if (err)
		return err;
	queue_delayed_work(zsock_tls_wq, &hs->tick,
			   zsock_handshake_next_tick(hs));
	zsock_handshake_nl_ready(hs->net);
	return 0;
}

/* ---- the end ---- */

/* Whether the caller is who ends it. */
static bool zsock_handshake_claim(struct zsock_handshake *hs)
{
	struct zsock_handshakes *all = zsock_handshakes(hs->net);
	bool mine;

	spin_lock(&all->lock);
	mine = hs->state == ZSOCK_HANDSHAKE_PENDING ||
	       hs->state == ZSOCK_HANDSHAKE_ACCEPTED;
	if (mine) {
		list_del_init(&hs->list);
		hs->state = ZSOCK_HANDSHAKE_FINISHED;
		all->count--;
	}
	spin_unlock(&all->lock);
	return mine;
}

/* From here on the agent's descriptor leads nowhere. */
static void zsock_handshake_detach(struct zsock_handshake *hs)
{
	mutex_lock(&hs->lock);
	hs->detached = true;
	mutex_unlock(&hs->lock);
	wake_up_interruptible_all(&hs->pot->wq.wait);
	if (cancel_delayed_work(&hs->tick))
		zsock_handshake_put(hs);
	zsock_handshake_forget(hs);
}

static void zsock_handshake_count(struct zsock_handshake *hs, int err)
{
	struct zsock_net *zn = zsock_net(hs->net);

	hs->result.error = -err;
	if (err)
		zsock_stat_inc(zn, HANDSHAKE_FAILED);
	else if (hs->result.resumed)
		zsock_stat_inc(zn, HANDSHAKE_RESUMED);
	else
		zsock_stat_inc(zn, HANDSHAKES);
	trace_zsock_handshake(hs, err);
}

/*
 * End it with @err, 0 or negative. Returns whether this is what ended it. May
 * sleep; the caller has a reference.
 */
bool zsock_handshake_finish(struct zsock_handshake *hs, int err)
{
	if (!zsock_handshake_claim(hs))
		return false;
	zsock_handshake_detach(hs);
	if (!err && !zsock_tls_attached(hs->sk))
		err = -EPROTO;
	zsock_handshake_count(hs, err);
	hs->done(hs, err);
	complete_all(&hs->finished);
	zsock_handshake_put(hs);
	return true;
}

/*
 * The owner gives it up. False says that it ended by itself; @done has returned
 * then. No lock that @done takes may be held.
 */
bool zsock_handshake_cancel(struct zsock_handshake *hs)
{
	if (!zsock_handshake_claim(hs)) {
		wait_for_completion(&hs->finished);
		return false;
	}
	zsock_handshake_detach(hs);
	zsock_handshake_count(hs, -ECANCELED);
	complete_all(&hs->finished);
	zsock_handshake_put(hs);
	return true;
}

/* Whether no agent has come for a whole grace period. */
static bool zsock_handshake_alone(struct zsock_handshake *hs)
{
	struct zsock_handshakes *all = zsock_handshakes(hs->net);
	bool agents = zsock_handshake_nl_agents(hs->net);
	bool alone;

	spin_lock(&all->lock);
	alone = hs->state == ZSOCK_HANDSHAKE_PENDING && !agents;
	swap(hs->lonely, alone);
	alone = alone && hs->lonely;
	spin_unlock(&all->lock);
	return alone;
}

/* Whether the timer was set again. Who ended it may have come too early. */
static bool zsock_handshake_wait(struct zsock_handshake *hs)
{
	queue_delayed_work(zsock_tls_wq, &hs->tick,
			   zsock_handshake_next_tick(hs));
	return READ_ONCE(hs->state) != ZSOCK_HANDSHAKE_FINISHED ||
	       !cancel_delayed_work(&hs->tick);
}

static void zsock_handshake_tick(struct work_struct *work)
{
	struct zsock_handshake *hs = container_of(to_delayed_work(work),
						  struct zsock_handshake, tick);

	if (!time_before(jiffies, hs->deadline))
		zsock_handshake_finish(hs, -ETIMEDOUT);
	else if (zsock_handshake_alone(hs))
		zsock_handshake_finish(hs, -ESRCH);
	else if (zsock_handshake_wait(hs))
		return;
	zsock_handshake_put(hs);
}

/* ---- the agent's side ---- */

/* The oldest one that waits becomes @portid's. With a reference, or NULL. */
struct zsock_handshake *zsock_handshake_next(struct net *net, u32 portid)
{
	struct zsock_handshakes *all = zsock_handshakes(net);
	struct zsock_handshake *hs;

	spin_lock(&all->lock);
	hs = list_first_entry_or_null(&all->pending, struct zsock_handshake,
				      list);
	if (hs) {
		hs->state = ZSOCK_HANDSHAKE_ACCEPTED;
		hs->portid = portid;
		list_move_tail(&hs->list, &all->accepted);
		zsock_handshake_get(hs);
	}
	spin_unlock(&all->lock);
	return hs;
}

/* One that @portid accepted and that has not ended. With a reference. */
struct zsock_handshake *zsock_handshake_find(struct net *net, u64 id,
					     u32 portid)
{
	struct zsock_handshakes *all = zsock_handshakes(net);
	struct zsock_handshake *hs;

	spin_lock(&all->lock);
	list_for_each_entry(hs, &all->accepted, list)
		if (hs->id == id && hs->portid == portid) {
			zsock_handshake_get(hs);
			spin_unlock(&all->lock);
			return hs;
		}
	spin_unlock(&all->lock);
	return NULL;
}

static struct zsock_handshake *zsock_handshake_of(struct zsock_handshakes *all,
						  u32 portid)
{
	struct zsock_handshake *hs;

	spin_lock(&all->lock);
	list_for_each_entry(hs, &all->accepted, list)
		if (hs->portid == portid) {
			zsock_handshake_get(hs);
			spin_unlock(&all->lock);
			return hs;
		}
	spin_unlock(&all->lock);
	return NULL;
}

/* What it had accepted is lost; what waits goes to another, or its successor. */
void zsock_handshake_agent_gone(struct net *net, u32 portid)
{
	struct zsock_handshakes *all = zsock_handshakes(net);
	struct zsock_handshake *hs;

	while ((hs = zsock_handshake_of(all, portid))) {
		zsock_handshake_finish(hs, -ECONNABORTED);
		zsock_handshake_put(hs);
	}
}

/* ---- what there is in a namespace, and in all ---- */

void zsock_handshakes_init(struct zsock_handshakes *all)
{
	spin_lock_init(&all->lock);
	INIT_LIST_HEAD(&all->pending);
	INIT_LIST_HEAD(&all->accepted);
	all->max = ZSOCK_HANDSHAKE_MAX;
	all->timeout = ZSOCK_HANDSHAKE_TIMEOUT;
	all->grace = ZSOCK_HANDSHAKE_GRACE;
}

int __init zsock_tls_init(void)
{
	zsock_tls_wq = alloc_workqueue("zsock_tls", WQ_UNBOUND, 0);
	return zsock_tls_wq ? 0 : -ENOMEM;
}

void zsock_tls_exit(void)
{
	/* Timers of handshakes that ended hold nothing but themselves. */
	destroy_workqueue(zsock_tls_wq);
}
