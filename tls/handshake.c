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

/* The connection's events wake the agent, too. Under the lock of its queue. */
static int zsock_handshake_event(struct wait_queue_entry *wait,
				 unsigned int mode, int sync, void *key)
{
	struct zsock_handshake *hs = container_of(wait, struct zsock_handshake,
						  wait);

	wake_up_interruptible_poll(&hs->wq, key ? key_to_poll(key) :
						  EPOLLIN | EPOLLOUT);
	return 0;
}

/*
 * A handshake of the sk that is in @pot, on behalf of @sock. Unless that fails
 * a server's @pot is taken over, and closed with it. The caller holds @tls'
 * ->lock.
 */
struct zsock_handshake *
zsock_handshake_new(struct socket *sock, struct zsock_tls *tls,
		    struct socket *pot, u8 role)
{
	const struct zsock_sock *zs = zsock_sk(sock);
	struct sock *sk = pot->sk;
	struct zsock_handshake *hs;
	int err;

	hs = kzalloc(struct_size(hs, creds,
				 tls->conf->ntags * ZSOCK_CRED_TYPE_MAX),
		     GFP_KERNEL_ACCOUNT);
	if (!hs)
		return ERR_PTR(-ENOMEM);
	hs->net = sock_net(sk);
	hs->uid = sock->sk->sk_uid;
	hs->share = zsock_share_get(hs->net, hs->uid);
	if (!hs->share) {
		kfree(hs);
		return ERR_PTR(-ENOMEM);
	}
	hs->conf = zsock_tls_conf_get(tls->conf);
	err = zsock_handshake_collect_all(hs, zsock_handshake_cred(sock));
	if (err) {
		zsock_handshake_forget(hs);
		zsock_tls_conf_put(hs->conf);
		zsock_share_put(hs->net, hs->share);
		kfree(hs);
		return ERR_PTR(err);
	}
	refcount_set(&hs->ref, 1);
	INIT_LIST_HEAD(&hs->list);
	INIT_LIST_HEAD(&hs->owned);
	mutex_init(&hs->lock);
	init_completion(&hs->finished);
	init_waitqueue_head(&hs->wq);
	init_waitqueue_func_entry(&hs->wait, zsock_handshake_event);
	INIT_DELAYED_WORK(&hs->tick, zsock_handshake_tick);
	hs->id = atomic64_inc_return(&zsock_handshake_ids);
	hs->role = role;
	hs->version = zs->protocol == IPPROTO_TLS_1_3 ? ZSOCK_TLS_1_3 :
							ZSOCK_TLS_1_2;
	hs->begun = jiffies;
	hs->result.alert = -1;
	hs->sk = sk;
	sock_hold(sk);
	hs->pot = pot;
	hs->home = role == TLS_DTLS_ROLE_CLIENT ? sock : pot;
	hs->tls = zsock_tls_get(tls);
	return hs;
}

void zsock_handshake_put(struct zsock_handshake *hs)
{
	if (!refcount_dec_and_test(&hs->ref))
		return;
	zsock_handshake_forget(hs);
	/* Closes the connection if it has not gone elsewhere. */
	if (hs->role == TLS_DTLS_ROLE_SERVER)
		sock_release(hs->pot);
	/* Before the sk, which holds the namespace. */
	zsock_share_put(hs->net, hs->share);
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

/* There is something for the agents to accept. */
static void zsock_handshake_tell(struct net *net)
{
	bool told = zsock_handshake_nl_ready(net);

	WRITE_ONCE(zsock_handshakes(net)->untold, !told);
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
	/* Once it is in the list it may end, and be gone. */
	struct net *net = hs->net;
	bool first = false;
	int err = 0;

	hs->done = done;
	hs->owner = owner;
	hs->deadline = jiffies + msecs_to_jiffies(READ_ONCE(all->timeout));
	hs->lonely = !zsock_handshake_nl_agents(hs->net);

	add_wait_queue(&hs->home->wq.wait, &hs->wait);
	spin_lock(&all->lock);
	if (!zsock_share_take(all, hs->share)) {
		err = -ENOBUFS;
	} else {
		first = list_empty(&all->pending) || READ_ONCE(all->untold);
		hs->state = ZSOCK_HANDSHAKE_PENDING;
		list_add_tail(&hs->list, &all->pending);
		/* The list's, and the timer's. */
		zsock_handshake_get(hs);
		zsock_handshake_get(hs);
	}
	if (!err)
		queue_delayed_work(zsock_tls_wq, &hs->tick,
				   zsock_handshake_next_tick(hs));
	spin_unlock(&all->lock);
	if (err)
		remove_wait_queue(&hs->home->wq.wait, &hs->wait);
	/* Otherwise the agents have been told, and are at it. */
	else if (first)
		zsock_handshake_tell(net);
	return err;
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
		zsock_share_give(all, hs->share);
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
	remove_wait_queue(&hs->home->wq.wait, &hs->wait);
	wake_up_interruptible_poll(&hs->wq, EPOLLHUP | EPOLLERR);
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
	if (!err)
		zsock_tls_meet(READ_ONCE(hs->pot->ops));
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

/* Whether the timer was set again. Who ends it stops that, or comes before. */
static bool zsock_handshake_wait(struct zsock_handshake *hs)
{
	struct zsock_handshakes *all = zsock_handshakes(hs->net);
	bool again;

	spin_lock(&all->lock);
	again = hs->state != ZSOCK_HANDSHAKE_FINISHED &&
		queue_delayed_work(zsock_tls_wq, &hs->tick,
				   zsock_handshake_next_tick(hs));
	spin_unlock(&all->lock);
	return again;
}

/*
 * An event may be lost for want of memory, also on the agents' side: they are
 * told again, of the one that has been waiting for longest.
 */
static void zsock_handshake_remind(struct zsock_handshake *hs)
{
	struct zsock_handshakes *all = zsock_handshakes(hs->net);
	bool oldest;

	spin_lock(&all->lock);
	oldest = hs == list_first_entry_or_null(&all->pending,
						struct zsock_handshake, list);
	spin_unlock(&all->lock);
	if (oldest)
		zsock_handshake_tell(hs->net);
}

static void zsock_handshake_tick(struct work_struct *work)
{
	struct zsock_handshake *hs = container_of(to_delayed_work(work),
						  struct zsock_handshake, tick);

	if (!time_before(jiffies, hs->deadline)) {
		zsock_handshake_finish(hs, -ETIMEDOUT);
	} else if (zsock_handshake_alone(hs)) {
		zsock_handshake_finish(hs, -ESRCH);
	} else {
		zsock_handshake_remind(hs);
		if (zsock_handshake_wait(hs))
			return;
	}
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
		hs->last = list_empty(&all->pending);
		zsock_handshake_get(hs);
	}
	spin_unlock(&all->lock);
	return hs;
}

/* The agent could not be given it: it is the next one's, the first of all. */
void zsock_handshake_give_back(struct zsock_handshake *hs)
{
	struct zsock_handshakes *all = zsock_handshakes(hs->net);

	spin_lock(&all->lock);
	if (hs->state == ZSOCK_HANDSHAKE_ACCEPTED) {
		hs->state = ZSOCK_HANDSHAKE_PENDING;
		hs->portid = 0;
		list_move(&hs->list, &all->pending);
	}
	spin_unlock(&all->lock);
	zsock_handshake_tell(hs->net);
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

	xa_erase(&all->agents, portid);
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
	xa_init(&all->agents);
	mutex_init(&all->purge);
	all->max = ZSOCK_HANDSHAKE_MAX;
	all->timeout = ZSOCK_HANDSHAKE_TIMEOUT;
	all->grace = ZSOCK_HANDSHAKE_GRACE;
}

void zsock_handshakes_free(struct zsock_handshakes *all)
{
	xa_destroy(&all->agents);
	mutex_destroy(&all->purge);
}

int __init zsock_tls_init(void)
{
	int err = proto_register(&zsock_wire_prot, 0);

	if (err)
		return err;
	zsock_tls_wq = alloc_workqueue("zsock_tls", WQ_UNBOUND, 0);
	if (!zsock_tls_wq) {
		proto_unregister(&zsock_wire_prot);
		return -ENOMEM;
	}
	return 0;
}

void zsock_tls_exit(void)
{
	/* Timers of handshakes that ended hold nothing but themselves. */
	destroy_workqueue(zsock_tls_wq);
	proto_unregister(&zsock_wire_prot);
}
