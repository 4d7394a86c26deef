// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to an agent, from the beginning to the end.
 *
 * A request waits with its user's until an agent accepts it, then in the
 * namespace's accepted ones. It ends once: by the agent's word, by its time
 * limit, because no agent is there, because the agent died, or because its
 * owner gave it up. Whoever takes it out of its list ends it.
 */
#include "../netlink.h"
#include "request.h"

struct workqueue_struct *zsock_agent_wq __ro_after_init;

static atomic64_t zsock_request_ids = ATOMIC64_INIT(0);

/* ---- beginning ---- */

static void zsock_request_tick(struct work_struct *work);

/*
 * One in @net for @uid, with a reference: 0, -ENOMEM, or -ESHUTDOWN where @net
 * goes. It holds @net: sockets of the kernel's own do not, and an agent may keep
 * a descriptor of one that is gone.
 */
int zsock_request_init(struct zsock_request *rq,
		       const struct zsock_request_type *type,
		       struct zsock_requests *all, struct net *net, kuid_t uid)
{
	rq->type = type;
	rq->all = all;
	rq->net = net;
	rq->uid = uid;
	if (!maybe_get_net(net))
		return -ESHUTDOWN;
	rq->share = zsock_share_get(all, net, uid);
	if (!rq->share) {
		put_net(net);
		return -ENOMEM;
	}
	refcount_set(&rq->ref, 1);
	INIT_LIST_HEAD(&rq->list);
	init_completion(&rq->finished);
	INIT_DELAYED_WORK(&rq->tick, zsock_request_tick);
	rq->id = atomic64_inc_return(&zsock_request_ids);
	rq->begun = jiffies;
	return 0;
}

/* What zsock_request_init() took; @net may go after it. */
void zsock_request_exit(struct zsock_request *rq)
{
	zsock_share_put(rq->all, rq->share);
	put_net(rq->net);
}

void zsock_request_put(struct zsock_request *rq)
{
	if (refcount_dec_and_test(&rq->ref))
		rq->type->free(rq);
}

/* How long to wait before looking again. */
static unsigned long zsock_request_next_tick(const struct zsock_request *rq)
{
	unsigned long grace, left;

	grace = msecs_to_jiffies(READ_ONCE(rq->all->grace));
	left = time_before(jiffies, rq->deadline) ? rq->deadline - jiffies : 0;
	return rq->portid ? left : min(left, grace);
}

/* How long its agent has for it, in ms. */
unsigned int zsock_request_left(const struct zsock_request *rq)
{
	return time_before(jiffies, rq->deadline) ?
	       jiffies_to_msecs(rq->deadline - jiffies) : 0;
}

/* There is something for the agents to accept. */
static void zsock_request_tell(const struct zsock_request_type *type,
			       struct zsock_requests *all, struct net *net)
{
	int err = zsock_nl_ready(net, type->ready, type->group);
	/* An agent that has no room for it right now is there all the same. */
	bool nobody = err == -ESRCH && xa_empty(&all->agents);

	if (nobody && !READ_ONCE(all->nobody))
		WRITE_ONCE(all->nobody_since, jiffies);
	WRITE_ONCE(all->nobody, nobody);
	WRITE_ONCE(all->untold, err && err != -ESRCH);
}

/* Who listens at all is known of all namespaces together. */
static bool zsock_request_agents(const struct zsock_request *rq)
{
	return !READ_ONCE(rq->all->nobody) &&
	       zsock_nl_listeners(rq->net, rq->type->group);
}

/*
 * Ask the agent. The type's @end is called if this returns 0, from process
 * context and perhaps before it does.
 */
int zsock_request_submit(struct zsock_request *rq)
{
	const struct zsock_request_type *type = rq->type;
	struct zsock_requests *all = rq->all;
	/* Once it is in the list it may end, and be gone. */
	struct net *net = rq->net;
	bool first = false;
	int err = 0;

	rq->deadline = jiffies + msecs_to_jiffies(READ_ONCE(all->timeout));
	rq->asked = jiffies;
	rq->lonely = !zsock_request_agents(rq);

	spin_lock(&all->lock);
	if (!zsock_share_take(all, rq->share)) {
		err = -ENOBUFS;
	} else {
		first = list_empty(&all->pending) || READ_ONCE(all->untold);
		rq->state = ZSOCK_REQUEST_PENDING;
		zsock_share_enqueue(rq, false);
		/* The list's, and the timer's. */
		zsock_request_get(rq);
		zsock_request_get(rq);
	}
	if (!err)
		queue_delayed_work(zsock_agent_wq, &rq->tick,
				   zsock_request_next_tick(rq));
	spin_unlock(&all->lock);
	/* Otherwise the agents have been told, and are at it. */
	if (!err && first)
		zsock_request_tell(type, all, net);
	return err;
}

/* ---- the end ---- */

/* Whether the caller is who ends it. */
static bool zsock_request_claim(struct zsock_request *rq)
{
	struct zsock_requests *all = rq->all;
	bool mine;

	spin_lock(&all->lock);
	mine = rq->state == ZSOCK_REQUEST_PENDING ||
	       rq->state == ZSOCK_REQUEST_ACCEPTED;
	if (rq->state == ZSOCK_REQUEST_PENDING)
		zsock_share_dequeue(rq);
	if (mine) {
		list_del_init(&rq->list);
		rq->state = ZSOCK_REQUEST_FINISHED;
		zsock_share_give(all, rq->share);
	}
	spin_unlock(&all->lock);
	return mine;
}

static void zsock_request_over(struct zsock_request *rq, int err,
			       bool cancelled)
{
	if (rq->type->detach)
		rq->type->detach(rq);
	if (cancel_delayed_work(&rq->tick))
		zsock_request_put(rq);
	rq->type->end(rq, err, cancelled);
	complete_all(&rq->finished);
	zsock_request_put(rq);
}

/*
 * End it with @err, 0 or negative. Returns whether this is what ended it. May
 * sleep; the caller has a reference.
 */
bool zsock_request_finish(struct zsock_request *rq, int err)
{
	if (!zsock_request_claim(rq))
		return false;
	zsock_request_over(rq, err, false);
	return true;
}

/*
 * The owner gives it up. False says that it ended by itself; the type's @end
 * has returned then. No lock that this takes may be held.
 */
bool zsock_request_cancel(struct zsock_request *rq)
{
	if (!zsock_request_claim(rq)) {
		wait_for_completion(&rq->finished);
		return false;
	}
	zsock_request_over(rq, -ECANCELED, true);
	return true;
}

/* Whether nobody was there when they were told of @rq, or since. */
static bool zsock_request_forsaken(const struct zsock_request *rq)
{
	return READ_ONCE(rq->all->nobody) &&
	       time_before(READ_ONCE(rq->all->nobody_since),
			   rq->asked + HZ / 10);
}

/* Whether no agent has come for a whole grace period. */
static bool zsock_request_alone(struct zsock_request *rq)
{
	bool agents = zsock_request_agents(rq);
	bool alone;

	spin_lock(&rq->all->lock);
	if (zsock_request_forsaken(rq))
		rq->lonely = true;
	alone = rq->state == ZSOCK_REQUEST_PENDING && !agents;
	swap(rq->lonely, alone);
	alone = alone && rq->lonely;
	spin_unlock(&rq->all->lock);
	return alone;
}

/* Whether the timer was set again. Who ends it stops that, or comes before. */
static bool zsock_request_wait(struct zsock_request *rq)
{
	bool again;

	spin_lock(&rq->all->lock);
	again = rq->state != ZSOCK_REQUEST_FINISHED &&
		queue_delayed_work(zsock_agent_wq, &rq->tick,
				   zsock_request_next_tick(rq));
	spin_unlock(&rq->all->lock);
	return again;
}

/*
 * An event may be lost for want of memory, also on the agents' side: they are
 * told again, of the one that is the next.
 */
static void zsock_request_remind(struct zsock_request *rq)
{
	struct zsock_requests *all = rq->all;
	bool next;

	spin_lock(&all->lock);
	next = rq == zsock_share_first(all);
	spin_unlock(&all->lock);
	if (next)
		zsock_request_tell(rq->type, all, rq->net);
}

static void zsock_request_tick(struct work_struct *work)
{
	struct zsock_request *rq = container_of(to_delayed_work(work),
						struct zsock_request, tick);

	if (!time_before(jiffies, rq->deadline)) {
		zsock_request_finish(rq, -ETIMEDOUT);
	} else {
		/* Which also tells whether anybody is there. */
		zsock_request_remind(rq);
		if (zsock_request_alone(rq))
			zsock_request_finish(rq, -ESRCH);
		else if (zsock_request_wait(rq))
			return;
	}
	zsock_request_put(rq);
}

/* ---- the agent's side ---- */

/* @portid accepts requests: 0 or -ENOMEM. May sleep. */
int zsock_requests_agent_here(struct zsock_requests *all, u32 portid)
{
	int err = xa_err(xa_store(&all->agents, portid, xa_mk_value(1),
				  GFP_KERNEL));

	if (!err)
		WRITE_ONCE(all->nobody, false);
	return err;
}

/* One that waits becomes @portid's. With a reference, or NULL. */
struct zsock_request *zsock_request_next(struct zsock_requests *all,
					 u32 portid)
{
	struct zsock_request *rq;

	spin_lock(&all->lock);
	rq = zsock_share_first(all);
	if (rq) {
		rq->state = ZSOCK_REQUEST_ACCEPTED;
		rq->portid = portid;
		zsock_share_take_first(rq);
		list_add_tail(&rq->list, &all->accepted);
		rq->last = list_empty(&all->pending);
		zsock_request_get(rq);
	}
	spin_unlock(&all->lock);
	return rq;
}

/* The agent could not be given it: it is the next one's, the first of all. */
void zsock_request_give_back(struct zsock_request *rq)
{
	struct zsock_requests *all = rq->all;

	spin_lock(&all->lock);
	if (rq->state == ZSOCK_REQUEST_ACCEPTED) {
		rq->state = ZSOCK_REQUEST_PENDING;
		rq->portid = 0;
		list_del(&rq->list);
		zsock_share_enqueue(rq, true);
		/* Its timer was set for one that an agent has. */
		if (mod_delayed_work(zsock_agent_wq, &rq->tick,
				     zsock_request_next_tick(rq)))
			goto out;
		/* It ran out just now, and puts what it had. */
		zsock_request_get(rq);
	}
out:
	spin_unlock(&all->lock);
	zsock_request_tell(rq->type, all, rq->net);
}

/* One that @portid accepted and that has not ended. With a reference. */
struct zsock_request *zsock_request_find(struct zsock_requests *all, u64 id,
					 u32 portid)
{
	struct zsock_request *rq;

	spin_lock(&all->lock);
	list_for_each_entry(rq, &all->accepted, list)
		if (rq->id == id && rq->portid == portid) {
			zsock_request_get(rq);
			spin_unlock(&all->lock);
			return rq;
		}
	spin_unlock(&all->lock);
	return NULL;
}

static struct zsock_request *zsock_request_of(struct zsock_requests *all,
					      u32 portid)
{
	struct zsock_request *rq;

	spin_lock(&all->lock);
	list_for_each_entry(rq, &all->accepted, list)
		if (rq->portid == portid) {
			zsock_request_get(rq);
			spin_unlock(&all->lock);
			return rq;
		}
	spin_unlock(&all->lock);
	return NULL;
}

/*
 * What waits goes to another agent, or its successor. What it had accepted is
 * lost, unless another can do it from the beginning.
 */
void zsock_requests_agent_gone(struct zsock_requests *all, u32 portid)
{
	struct zsock_request *rq;

	xa_erase(&all->agents, portid);
	while ((rq = zsock_request_of(all, portid))) {
		if (rq->type->again)
			zsock_request_give_back(rq);
		else
			zsock_request_finish(rq, -ECONNABORTED);
		zsock_request_put(rq);
	}
}

/* ---- what there is in a namespace, and in all ---- */

void zsock_requests_init(struct zsock_requests *all)
{
	spin_lock_init(&all->lock);
	INIT_LIST_HEAD(&all->pending);
	INIT_LIST_HEAD(&all->accepted);
	xa_init(&all->agents);
	all->max = ZSOCK_REQUEST_MAX;
	all->timeout = ZSOCK_REQUEST_TIMEOUT;
	all->grace = ZSOCK_REQUEST_GRACE;
}

void zsock_requests_free(struct zsock_requests *all)
{
	xa_destroy(&all->agents);
}

int __init zsock_agent_init(void)
{
	zsock_agent_wq = alloc_workqueue("zsock_agent", WQ_UNBOUND, 0);
	return zsock_agent_wq ? 0 : -ENOMEM;
}

void zsock_agent_exit(void)
{
	/* Timers of requests that ended hold nothing but themselves. */
	destroy_workqueue(zsock_agent_wq);
}
