// SPDX-License-Identifier: GPL-2.0
/* Names to be resolved: what such a request to the agent has. */
#include <linux/slab.h>

#include "../netlink.h"
#include "../trace.h"
#include "names.h"

/* From here on nobody writes the answer. */
static void zsock_resolve_detach(struct zsock_request *rq)
{
	struct zsock_resolve *res = zsock_resolve_of(rq);

	spin_lock(&res->lock);
	res->detached = true;
	spin_unlock(&res->lock);
}

static void zsock_resolve_end(struct zsock_request *rq, int err,
			      bool cancelled)
{
	struct zsock_resolve *res = zsock_resolve_of(rq);

	if (!err && !res->answer.n)
		err = -ENODATA;
	res->err = err;
	if (err)
		zsock_stat_inc(zsock_net(rq->net), RESOLVE_FAILED);
	else
		zsock_stat_inc(zsock_net(rq->net), RESOLVED);
	trace_zsock_resolve(res, err);
	if (!cancelled)
		res->done(res, err);
}

static void zsock_resolve_free(struct zsock_request *rq)
{
	struct zsock_resolve *res = zsock_resolve_of(rq);

	sock_put(res->sk);
	zsock_request_exit(rq);
	kfree(res);
}

static const struct zsock_request_type zsock_resolve_type = {
	.ready	= ZSOCK_CMD_RESOLVE_READY,
	.group	= ZSOCK_NL_GROUP_RESOLVE,
	.detach	= zsock_resolve_detach,
	.end	= zsock_resolve_end,
	.free	= zsock_resolve_free,
	/* Whoever has asked the same before. */
	.again	= true,
};

/*
 * What @sk wants to know: @name, which zsock_name_check() has let pass, in
 * @family, for a socket of @type.
 */
struct zsock_resolve *
zsock_resolve_new(struct sock *sk, const char *name, int family, int type,
		  void (*done)(struct zsock_resolve *res, int err),
		  void *owner)
{
	struct net *net = sock_net(sk);
	struct zsock_resolve *res;
	int err;

	res = kzalloc(sizeof(*res), GFP_KERNEL_ACCOUNT);
	if (!res)
		return ERR_PTR(-ENOMEM);
	err = zsock_request_init(&res->rq, &zsock_resolve_type,
				 &zsock_net(net)->names, net, sk->sk_uid);
	if (err) {
		kfree(res);
		return ERR_PTR(err);
	}
	spin_lock_init(&res->lock);
	res->sk = sk;
	sock_hold(sk);
	res->family = family;
	res->type = type;
	res->done = done;
	res->owner = owner;
	strscpy(res->name, name, sizeof(res->name));
	return res;
}
