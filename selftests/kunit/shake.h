/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites about handshakes share: handshakes without any TLS in them. */
#ifndef _ZSOCK_KUNIT_SHAKE_H
#define _ZSOCK_KUNIT_SHAKE_H

#include "suites.h"
#include "../../tls/tls.h"

/**
 * struct zsock_shake - a handshake of a test's, and what became of it
 * @hs: with the test's own reference
 * @calls: how often its end was told
 * @err: as it was told
 * @over: once it was
 */
struct zsock_shake {
	struct zsock_handshake	*hs;
	int			calls;
	int			err;
	struct completion	over;
};

/* Of the initial namespace. */
struct zsock_requests *zsock_shakes(void);
/* To be a suite's; the limits are put back, and nothing may be left. */
int zsock_shake_init(struct kunit *test);
void zsock_shake_exit(struct kunit *test);

/* A secure socket, which is to be a listener. */
struct socket *zsock_shake_listener(struct kunit *test);
/* Of a connection that it took; not submitted, and submitted. */
struct zsock_shake *zsock_shake_new(struct kunit *test, struct socket *sock);
int zsock_shake_submit(struct zsock_shake *shake);
struct zsock_shake *zsock_shake_begun(struct kunit *test, struct socket *sock);
/* The test's reference is put now. */
void zsock_shake_drop(struct kunit *test, struct zsock_shake *shake);
/* Connections that were closed with their handshakes, since the test began. */
int zsock_shake_closed(void);

/* A netlink socket in the agents' group. */
struct socket *zsock_shake_agent(struct kunit *test, u32 *portid);
/* How often it was told that there is something to accept, since this was asked. */
int zsock_shake_events(struct socket *agent);
void zsock_shake_agent_leaves(struct kunit *test, struct socket *agent);

#endif /* _ZSOCK_KUNIT_SHAKE_H */
