// SPDX-License-Identifier: GPL-2.0
/* Handshakes without any TLS in them. */
#include <kunit/resource.h>
#include <linux/netlink.h>
#include <net/genetlink.h>
#include <net/inet_common.h>

#include "shake.h"
#include "../../netlink.h"

struct zsock_requests *zsock_shakes(void)
{
	return &zsock_net(&init_net)->handshakes;
}

/* ---- a test's beginning and end ---- */

struct zsock_shake_limits {
	int	max;
	int	timeout;
	int	grace;
};

static atomic_t zsock_shake_releases;
static struct proto_ops zsock_shake_ops;

/* The last thing that happens to a connection of nobody's. */
static int zsock_shake_release(struct socket *sock)
{
	atomic_inc(&zsock_shake_releases);
	return inet_release(sock);
}

int zsock_shake_closed(void)
{
	return atomic_read(&zsock_shake_releases);
}

int zsock_shake_init(struct kunit *test)
{
	struct zsock_requests *all = zsock_shakes();
	struct zsock_shake_limits *limits;

	limits = kunit_kzalloc(test, sizeof(*limits), GFP_KERNEL);
	if (!limits)
		return -ENOMEM;
	*limits = (struct zsock_shake_limits){
		.max		= all->max,
		.timeout	= all->timeout,
		.grace		= all->grace,
	};
	test->priv = limits;
	/* What the test before has left to its timers. */
	flush_workqueue(zsock_agent_wq);
	zsock_shake_ops = inet_stream_ops;
	zsock_shake_ops.release = zsock_shake_release;
	atomic_set(&zsock_shake_releases, 0);
	return 0;
}

void zsock_shake_exit(struct kunit *test)
{
	const struct zsock_shake_limits *limits = test->priv;
	struct zsock_requests *all = zsock_shakes();

	if (!limits)
		return;
	all->max = limits->max;
	all->timeout = limits->timeout;
	all->grace = limits->grace;
}

/* ---- handshakes ---- */

struct socket *zsock_shake_listener(struct kunit *test)
{
	return zsock_kunit_socket(test, &init_net, SOCK_STREAM, AF_INET,
				  IPPROTO_TLS_1_2);
}

static void zsock_shake_over(struct zsock_handshake *hs, int err)
{
	struct zsock_shake *shake = hs->owner;

	shake->calls++;
	shake->err = err;
	complete(&shake->over);
}

static void zsock_shake_put(void *arg)
{
	struct zsock_shake *shake = arg;

	if (shake->hs->rq.state != ZSOCK_REQUEST_NEW)
		zsock_handshake_cancel(shake->hs);
	zsock_handshake_put(shake->hs);
}

struct zsock_shake *zsock_shake_new(struct kunit *test, struct socket *sock)
{
	struct zsock_tls *tls = zsock_priv(sock);
	struct zsock_shake *shake;
	struct socket *pot;

	shake = kunit_kzalloc(test, sizeof(*shake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, shake);
	init_completion(&shake->over);
	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, AF_INET,
						  SOCK_STREAM, IPPROTO_TCP,
						  &pot));
	pot->ops = &zsock_shake_ops;
	mutex_lock(&tls->lock);
	shake->hs = zsock_handshake_new(sock, tls, pot, TLS_DTLS_ROLE_SERVER);
	mutex_unlock(&tls->lock);
	if (IS_ERR(shake->hs))
		sock_release(pot);
	KUNIT_ASSERT_FALSE(test, IS_ERR(shake->hs));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   zsock_shake_put,
							   shake));
	return shake;
}

int zsock_shake_submit(struct zsock_shake *shake)
{
	return zsock_handshake_submit(shake->hs, zsock_shake_over, shake);
}

struct zsock_shake *zsock_shake_begun(struct kunit *test, struct socket *sock)
{
	struct zsock_shake *shake = zsock_shake_new(test, sock);

	KUNIT_ASSERT_EQ(test, 0, zsock_shake_submit(shake));
	return shake;
}

void zsock_shake_drop(struct kunit *test, struct zsock_shake *shake)
{
	kunit_release_action(test, zsock_shake_put, shake);
}

/* ---- agents ---- */

static void zsock_shake_agent_release(void *agent)
{
	sock_release(agent);
}

struct socket *zsock_shake_agent(struct kunit *test, u32 *portid)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct sockaddr_storage name = { };
	unsigned int group = zsock_genl.mcgrp_offset;
	struct socket *agent;

	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, AF_NETLINK,
						  SOCK_RAW, NETLINK_GENERIC,
						  &agent));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test,
						  zsock_shake_agent_release,
						  agent));
	KUNIT_ASSERT_EQ(test, 0, kernel_bind(agent, (struct zsock_addr *)&addr,
					     sizeof(addr)));
	KUNIT_ASSERT_EQ(test, 0, agent->ops->setsockopt(agent, SOL_NETLINK,
							NETLINK_ADD_MEMBERSHIP,
							KERNEL_SOCKPTR(&group),
							sizeof(group)));
	kernel_getsockname(agent, (struct sockaddr *)&name);
	*portid = ((struct sockaddr_nl *)&name)->nl_pid;
	KUNIT_ASSERT_NE(test, 0, *portid);
	return agent;
}

void zsock_shake_agent_leaves(struct kunit *test, struct socket *agent)
{
	kunit_release_action(test, zsock_shake_agent_release, agent);
}

int zsock_shake_events(struct socket *agent)
{
	struct {
		struct nlmsghdr nlh;
		struct genlmsghdr genl;
	} event;
	struct kvec vec = { &event, sizeof(event) };
	struct msghdr msg = { };
	int n = 0;

	while (kernel_recvmsg(agent, &msg, &vec, 1, sizeof(event),
			      MSG_DONTWAIT) >= (int)sizeof(event))
		n += event.genl.cmd == ZSOCK_CMD_HANDSHAKE_READY;
	return n;
}
