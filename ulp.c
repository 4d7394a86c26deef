// SPDX-License-Identifier: GPL-2.0
/*
 * An upper-layer protocol that does nothing.
 *
 * A TCP socket has room for one ULP, and one that comes later (kTLS, espintcp)
 * would put its own calls into sock->ops, where ours have to stay. Where a
 * program could slip one past zsock_call_setsockopt(), the room is taken first.
 */
#include <net/inet_connection_sock.h>
#include <net/tcp.h>

#include "zsock_int.h"

/* A connection accepted later is another socket: it has its room free. */
static void zsock_ulp_clone(const struct request_sock *req, struct sock *newsk,
			    const gfp_t priority)
{
	inet_csk(newsk)->icsk_ulp_ops = NULL;
}

static const struct tcp_ulp_ops zsock_ulp_ops = {
	.name	= "zsock",
	.owner	= THIS_MODULE,
	.clone	= zsock_ulp_clone,
};

/*
 * Whether it was free. An sk may outlive its socket by minutes, and would hold
 * the module: close() has to vacate it.
 */
bool zsock_ulp_occupy(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	bool occupy;

	lock_sock(sk);
	occupy = !icsk->icsk_ulp_ops;
	if (occupy) {
		__module_get(THIS_MODULE);
		icsk->icsk_ulp_ops = &zsock_ulp_ops;
	}
	release_sock(sk);
	return occupy;
}

/* Undo it. */
void zsock_ulp_vacate(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	bool ours;

	lock_sock(sk);
	ours = icsk->icsk_ulp_ops == &zsock_ulp_ops;
	if (ours)
		icsk->icsk_ulp_ops = NULL;
	release_sock(sk);
	if (ours)
		module_put(THIS_MODULE);
}
