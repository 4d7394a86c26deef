// SPDX-License-Identifier: GPL-2.0
/* Handshakes: what such a request to the agent has, and how it ends. */
#include <linux/slab.h>
#include <linux/socket.h>

#include "../netlink.h"
#include "../trace.h"
#include "tls.h"

struct workqueue_struct *zsock_tls_wq __ro_after_init;

static const struct zsock_request_type zsock_handshake_type;

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

	err = zsock_cred_get_tag(hs->rq.net, tag, cred, refs);
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

/*
 * The connection's events are the agent's; a program that connects hears of the
 * end alone, see zsock_watch(). Under the lock of its queue.
 */
static int zsock_handshake_event(struct wait_queue_entry *wait,
				 unsigned int mode, int sync, void *key)
{
	struct zsock_handshake *hs = container_of(wait, struct zsock_handshake,
						  wait);

	wake_up_interruptible_poll(&hs->wq, key ? key_to_poll(key) :
						  EPOLLIN | EPOLLOUT);
	return -1;
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
	err = zsock_request_init(&hs->rq, &zsock_handshake_type,
				 &zsock_net(sock_net(sk))->handshakes,
				 sock_net(sk), sock->sk->sk_uid);
	if (err) {
		kfree(hs);
		return ERR_PTR(err);
	}
	hs->conf = zsock_tls_conf_for(tls, role);
	err = hs->conf ? zsock_handshake_collect_all(hs,
						     zsock_handshake_cred(sock)) :
			 -ENOMEM;
	if (err) {
		zsock_handshake_forget(hs);
		if (hs->conf)
			zsock_tls_conf_put(hs->conf);
		zsock_request_exit(&hs->rq);
		kfree(hs);
		return ERR_PTR(err);
	}
	INIT_LIST_HEAD(&hs->owned);
	mutex_init(&hs->lock);
	init_waitqueue_head(&hs->wq);
	init_waitqueue_func_entry(&hs->wait, zsock_handshake_event);
	hs->role = role;
	hs->version = zs->protocol == IPPROTO_TLS_1_3 ? ZSOCK_TLS_1_3 :
							ZSOCK_TLS_1_2;
	hs->result.alert = -1;
	hs->sk = sk;
	sock_hold(sk);
	hs->pot = pot;
	hs->home = role == TLS_DTLS_ROLE_CLIENT ? sock : pot;
	hs->tls = zsock_tls_get(tls);
	return hs;
}

static void zsock_handshake_free(struct zsock_request *rq)
{
	struct zsock_handshake *hs = zsock_handshake_of(rq);

	zsock_handshake_forget(hs);
	/* Closes the connection if it has not gone elsewhere. */
	if (hs->role == TLS_DTLS_ROLE_SERVER)
		sock_release(hs->pot);
	sock_put(hs->sk);
	zsock_tls_conf_put(hs->conf);
	zsock_tls_put(hs->tls);
	zsock_request_exit(rq);
	mutex_destroy(&hs->lock);
	kfree(hs);
}

/* The connection's events are the program's again, unless it has said else. */
static void zsock_handshake_unhook(struct zsock_handshake *hs)
{
	remove_wait_queue(&hs->home->wq.wait, &hs->wait);
	cmpxchg(&hs->sk->sk_rcvlowat, 1, hs->rcvlowat);
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
	int err;

	hs->done = done;
	hs->owner = owner;
	/* What a program waits for says nothing about messages of a handshake. */
	hs->rcvlowat = xchg(&hs->sk->sk_rcvlowat, 1);
	hs->wait.flags |= WQ_FLAG_PRIORITY;
	add_wait_queue(&hs->home->wq.wait, &hs->wait);
	err = zsock_request_submit(&hs->rq);
	if (err)
		zsock_handshake_unhook(hs);
	return err;
}

/* ---- the end ---- */

/* From here on the agent's descriptor leads nowhere. */
static void zsock_handshake_detach(struct zsock_request *rq)
{
	struct zsock_handshake *hs = zsock_handshake_of(rq);

	mutex_lock(&hs->lock);
	hs->detached = true;
	mutex_unlock(&hs->lock);
	zsock_handshake_unhook(hs);
	wake_up_interruptible_poll(&hs->wq, EPOLLHUP | EPOLLERR);
	zsock_handshake_forget(hs);
}

static void zsock_handshake_count(struct zsock_handshake *hs, int err)
{
	struct zsock_net *zn = zsock_net(hs->rq.net);

	hs->result.error = -err;
	if (err)
		zsock_stat_inc(zn, HANDSHAKE_FAILED);
	else if (hs->result.resumed)
		zsock_stat_inc(zn, HANDSHAKE_RESUMED);
	else
		zsock_stat_inc(zn, HANDSHAKES);
	trace_zsock_handshake(hs, err);
}

static void zsock_handshake_end(struct zsock_request *rq, int err,
				bool cancelled)
{
	struct zsock_handshake *hs = zsock_handshake_of(rq);

	if (!err && !zsock_tls_attached(hs->sk))
		err = -EPROTO;
	if (!err)
		zsock_tls_meet(READ_ONCE(hs->pot->ops));
	zsock_handshake_count(hs, err);
	if (!cancelled)
		hs->done(hs, err);
}

static const struct zsock_request_type zsock_handshake_type = {
	.ready	= ZSOCK_CMD_HANDSHAKE_READY,
	.group	= ZSOCK_NL_GROUP_HANDSHAKE,
	.detach	= zsock_handshake_detach,
	.end	= zsock_handshake_end,
	.free	= zsock_handshake_free,
};

/* ---- the agent's side: as zsock_request_*() ---- */

struct zsock_handshake *zsock_handshake_next(struct net *net, u32 portid)
{
	struct zsock_request *rq;

	rq = zsock_request_next(&zsock_net(net)->handshakes, portid);
	return rq ? zsock_handshake_of(rq) : NULL;
}

struct zsock_handshake *zsock_handshake_find(struct net *net, u64 id,
					     u32 portid)
{
	struct zsock_request *rq;

	rq = zsock_request_find(&zsock_net(net)->handshakes, id, portid);
	return rq ? zsock_handshake_of(rq) : NULL;
}

/* ---- loading, unloading ---- */

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
	destroy_workqueue(zsock_tls_wq);
	proto_unregister(&zsock_wire_prot);
}
