/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel asks an agent in user space to do: handshakes, and names to
 * be resolved.
 */
#ifndef _ZSOCK_AGENT_REQUEST_H
#define _ZSOCK_AGENT_REQUEST_H

#include <linux/completion.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>

#include "../zsock_int.h"

enum zsock_request_state {
	ZSOCK_REQUEST_NEW,
	ZSOCK_REQUEST_PENDING,	/* no agent has it */
	ZSOCK_REQUEST_ACCEPTED,
	ZSOCK_REQUEST_FINISHED,
};

struct zsock_request;

/**
 * struct zsock_request_type - what differs between kinds of requests
 * @ready: ZSOCK_CMD_*_READY: the event that tells agents that there is one
 * @group: ZSOCK_NL_GROUP_*: who listens to that can accept one
 * @detach: it is being ended: the agent has no hold on it any more
 * @end: it has ended with @err, 0 or negative, or its owner has cancelled it.
 *	Process context, no locks held
 * @free: the last reference is gone
 * @again: one whose agent has died is for the next agent
 */
struct zsock_request_type {
	u8 ready;
	unsigned int group;
	void (*detach)(struct zsock_request *rq);
	void (*end)(struct zsock_request *rq, int err, bool cancelled);
	void (*free)(struct zsock_request *rq);
	bool again;
};

/**
 * struct zsock_request - a request to the agent
 * @ref: its owner, its timer, the list it is in, what the agent was given
 * @list: in its user's pending ones, or the namespace's accepted ones, under
 *	their lock
 * @type: what it is about
 * @all: the namespace's, of this kind
 * @state: enum zsock_request_state, under the lock of @all
 * @lonely: no agent was there when the timer ran last
 * @last: none waited behind it when it was accepted
 * @portid: the agent's that accepted it
 * @id: told to the agent
 * @net: namespace, held
 * @uid: whose socket it is
 * @share: what he has of the namespace's requests
 * @begun: jiffies
 * @asked: jiffies, when the agents were told
 * @deadline: jiffies
 * @tick: time limit and grace
 * @finished: @type->end has returned
 */
struct zsock_request {
	refcount_t			ref;
	struct list_head		list;
	const struct zsock_request_type	*type;
	struct zsock_requests		*all;
	u8				state;
	bool				lonely;
	bool				last;
	u32				portid;
	u64				id;
	struct net			*net;
	kuid_t				uid;
	struct zsock_share		*share;
	unsigned long			begun;
	unsigned long			asked;
	unsigned long			deadline;
	struct delayed_work		tick;
	struct completion		finished;
};

/* request.c */
extern struct workqueue_struct *zsock_agent_wq;

int zsock_request_init(struct zsock_request *rq,
		       const struct zsock_request_type *type,
		       struct zsock_requests *all, struct net *net,
		       kuid_t uid);
void zsock_request_exit(struct zsock_request *rq);
void zsock_request_put(struct zsock_request *rq);
int zsock_request_submit(struct zsock_request *rq);
bool zsock_request_finish(struct zsock_request *rq, int err);
bool zsock_request_cancel(struct zsock_request *rq);
int zsock_requests_agent_here(struct zsock_requests *all, u32 portid);
struct zsock_request *zsock_request_next(struct zsock_requests *all,
					 u32 portid);
void zsock_request_give_back(struct zsock_request *rq);
struct zsock_request *zsock_request_find(struct zsock_requests *all, u64 id,
					 u32 portid);
void zsock_requests_agent_gone(struct zsock_requests *all, u32 portid);
unsigned int zsock_request_left(const struct zsock_request *rq);
void zsock_requests_init(struct zsock_requests *all);
void zsock_requests_free(struct zsock_requests *all);
int zsock_agent_init(void);
void zsock_agent_exit(void);

static inline void zsock_request_get(struct zsock_request *rq)
{
	refcount_inc(&rq->ref);
}

/**
 * struct zsock_share - a user's requests
 * @node: in the namespace's table
 * @turn: in the namespace's list of those who have some that wait
 * @pending: those, the oldest first
 * @uid: whose
 * @root: the namespace's root is not bounded by it
 * @refs: requests that refer to it, begun or not
 * @count: that are under way or wait
 *
 * All under the lock of struct zsock_requests.
 */
struct zsock_share {
	struct hlist_node	node;
	struct list_head	turn;
	struct list_head	pending;
	kuid_t			uid;
	bool			root;
	unsigned int		refs;
	int			count;
};

/* share.c */
void zsock_share_enqueue(struct zsock_request *rq, bool first);
void zsock_share_dequeue(struct zsock_request *rq);
struct zsock_request *zsock_share_first(struct zsock_requests *all);
void zsock_share_take_first(struct zsock_request *rq);
struct zsock_share *zsock_share_get(struct zsock_requests *all,
				    const struct net *net, kuid_t uid);
void zsock_share_put(struct zsock_requests *all, struct zsock_share *share);
bool zsock_share_take(struct zsock_requests *all, struct zsock_share *share);
void zsock_share_give(struct zsock_requests *all, struct zsock_share *share);
bool zsock_requests_full(struct zsock_requests *all, kuid_t uid);

#endif /* _ZSOCK_AGENT_REQUEST_H */
