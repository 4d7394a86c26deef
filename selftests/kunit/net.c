// SPDX-License-Identifier: GPL-2.0
/* What the module keeps for a network namespace is that namespace's. */
#include <linux/delay.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/umh.h>
#include <net/zsock_kpi.h>

#include "../../agent/request.h"
#include "suites.h"

/* ---- a second namespace: that of a program which sleeps in it ---- */

static int zsock_note_pid(struct subprocess_info *info, struct cred *new)
{
	*(pid_t *)info->data = task_pid_nr(current);
	return 0;
}

static pid_t zsock_sleeper(void)
{
	static char *argv[] = { "/usr/bin/unshare", "--net", "/bin/sleep", "120",
				NULL };
	static char *envp[] = { "PATH=/usr/bin:/bin", NULL };
	struct subprocess_info *info;
	pid_t pid = 0;
	int err;

	info = call_usermodehelper_setup(argv[0], argv, envp, GFP_KERNEL,
					 zsock_note_pid, NULL, &pid);
	if (!info)
		return -ENOMEM;
	/* Back when it was executed, or could not be. */
	err = call_usermodehelper_exec(info, UMH_WAIT_EXEC);
	return err ?: pid;
}

/* The program takes a moment to get there. */
static struct net *zsock_net_of(pid_t pid)
{
	struct net *net;
	int i;

	for (i = 0; i < 500; i++) {
		net = get_net_ns_by_pid(pid);
		if (IS_ERR(net) || !net_eq(net, &init_net))
			return net;
		put_net(net);
		msleep(20);
	}
	return ERR_PTR(-ETIMEDOUT);
}

struct zsock_other {
	pid_t		pid;
	struct net	*net;
};

static int zsock_net_test_init(struct kunit *test)
{
	struct zsock_other *other;

	other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	if (!other)
		return -ENOMEM;
	test->priv = other;
	other->pid = zsock_sleeper();
	if (other->pid < 0)
		return other->pid;
	other->net = zsock_net_of(other->pid);
	return PTR_ERR_OR_ZERO(other->net);
}

static void zsock_net_end(struct zsock_other *other)
{
	struct pid *pid;

	if (!other || other->pid <= 0)
		return;
	pid = find_get_pid(other->pid);
	kill_pid(pid, SIGKILL, 1);
	put_pid(pid);
	if (!IS_ERR_OR_NULL(other->net))
		put_net(other->net);
	other->pid = 0;
}

static void zsock_net_test_exit(struct kunit *test)
{
	zsock_net_end(test->priv);
}

/* ---- the tests ---- */

static u64 zsock_count(const struct net *net, enum zsock_stat which)
{
	return zsock_stat_read(zsock_net(net), which);
}

static unsigned int zsock_listed(const struct net *net)
{
	struct zsock_net *zn = zsock_net(net);
	struct hlist_node *node;
	unsigned int i, n = 0;

	for (i = 0; i < ZSOCK_BUCKETS; i++) {
		spin_lock(&zn->buckets[i].lock);
		hlist_for_each(node, &zn->buckets[i].head)
			n++;
		spin_unlock(&zn->buckets[i].lock);
	}
	return n;
}

static void zsock_net_stats(struct kunit *test)
{
	struct zsock_other *other = test->priv;
	struct sockaddr_storage addr;
	u64 before[__ZSOCK_STAT_MAX];
	struct socket *sock;
	int i;

	for (i = 0; i < __ZSOCK_STAT_MAX; i++) {
		before[i] = zsock_count(&init_net, i);
		KUNIT_EXPECT_EQ_MSG(test, 0, zsock_count(other->net, i),
				    "counter %d", i);
	}
	sock = zsock_kunit_socket(test, other->net, SOCK_STREAM, AF_INET, 0);
	KUNIT_EXPECT_EQ(test, 1, zsock_count(other->net, ZSOCK_STAT_CREATED));
	KUNIT_EXPECT_EQ(test, 0, zsock_count(other->net, ZSOCK_STAT_DISPATCHED));
	kernel_getsockname(sock, (struct sockaddr *)&addr);
	KUNIT_EXPECT_EQ(test, 1, zsock_count(other->net, ZSOCK_STAT_DISPATCHED));
	zsock_kunit_release(test, sock);
	KUNIT_EXPECT_EQ(test, 1, zsock_count(other->net, ZSOCK_STAT_CLOSED));
	for (i = 0; i < __ZSOCK_STAT_MAX; i++)
		KUNIT_EXPECT_EQ_MSG(test, before[i], zsock_count(&init_net, i),
				    "counter %d", i);
}

static void zsock_net_lists(struct kunit *test)
{
	struct zsock_other *other = test->priv;
	unsigned int before = zsock_listed(&init_net);
	struct socket *a, *b;

	KUNIT_EXPECT_EQ(test, 0, zsock_listed(other->net));
	a = zsock_kunit_socket(test, other->net, SOCK_STREAM, AF_INET, 0);
	b = zsock_kunit_socket(test, other->net, SOCK_DGRAM, 0, 0);
	KUNIT_EXPECT_EQ(test, 2, zsock_listed(other->net));
	KUNIT_EXPECT_EQ(test, before, zsock_listed(&init_net));
	zsock_kunit_release(test, a);
	KUNIT_EXPECT_EQ(test, 1, zsock_listed(other->net));
	zsock_kunit_release(test, b);
	KUNIT_EXPECT_EQ(test, 0, zsock_listed(other->net));
}

/* The inner socket is in the namespace of the outer one. */
static void zsock_net_of_the_inner(struct kunit *test)
{
	struct zsock_other *other = test->priv;
	struct sockaddr_storage addr;
	struct socket *sock;

	sock = zsock_kunit_socket(test, other->net, SOCK_STREAM, AF_INET, 0);
	KUNIT_EXPECT_PTR_EQ(test, other->net, sock_net(sock->sk));
	kernel_getsockname(sock, (struct sockaddr *)&addr);
	KUNIT_EXPECT_EQ(test, AF_INET, sock->sk->sk_family);
	KUNIT_EXPECT_PTR_EQ(test, other->net, sock_net(sock->sk));
	zsock_kunit_release(test, sock);
}

/* Who may have sockets is said for each; the kernel always may. */
static void zsock_net_access(struct kunit *test)
{
	struct zsock_other *other = test->priv;
	struct socket *sock;

	KUNIT_EXPECT_EQ(test, ZSOCK_ACCESS_ALL, zsock_net(other->net)->access);
	zsock_net(other->net)->access = ZSOCK_ACCESS_NOBODY;
	sock = zsock_kunit_socket(test, other->net, SOCK_STREAM, AF_INET, 0);
	zsock_kunit_release(test, sock);
	KUNIT_EXPECT_EQ(test, ZSOCK_ACCESS_ALL, zsock_net(&init_net)->access);
}

static void zsock_net_event(struct zsock_socket *so, void *cookie, u32 event)
{
	*(u32 *)cookie |= event;
}

/* The namespace goes while the kernel has sockets in it, open ones. */
static void zsock_net_kpi(struct kunit *test)
{
	struct zsock_other *other = test->priv;
	struct zsock_socket *so[3];
	u32 events = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(so); i++)
		KUNIT_ASSERT_EQ(test, 0,
				zsock_socket(other->net, AF_INET, i ?
					     SOCK_STREAM : SOCK_DGRAM, 0, NULL,
					     NULL, &so[i]));
	KUNIT_EXPECT_EQ(test, 0, zsock_listen(so[1], 4));
	zsock_catchevents(so[1], zsock_net_event, &events, ZSOCK_EV_ALL);
	/* One of them before it goes. */
	zsock_close(so[2]);
	zsock_net_end(other);
	/* Calls are refused first, and then it is told. */
	for (i = 0; i < 500; i++) {
		if (READ_ONCE(events) & ZSOCK_EV_DEFUNCT)
			break;
		msleep(20);
	}
	KUNIT_EXPECT_EQ(test, ZSOCK_EV_DEFUNCT, events & ZSOCK_EV_DEFUNCT);
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_listen(so[1], 4));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_shutdown(so[1], SHUT_RD));
	zsock_close(so[0]);
	zsock_close(so[1]);
}

static bool zsock_net_defunct(struct zsock_socket *so, int tries)
{
	while (tries-- && zsock_setupcall(so, NULL, NULL) != -ESHUTDOWN)
		msleep(20);
	return tries >= 0;
}

/*
 * What an agent was given may be kept by anybody, also by who is in another
 * namespace: it is put away while that of the socket is there yet.
 */
static void zsock_net_request(struct kunit *test)
{
	struct sockaddr_zs to = { .zs_port = htons(9), .zs_name = "host.test" };
	struct zsock_other *other = test->priv;
	struct zsock_request *rq;
	struct zsock_socket *so;

	to.zs_family = zsock_family();
	KUNIT_ASSERT_EQ(test, 0,
			zsock_socket(other->net, AF_INET, SOCK_STREAM, 0, NULL,
				     NULL, &so));
	KUNIT_EXPECT_EQ(test, -EINPROGRESS,
			zsock_connect(so, (struct sockaddr *)&to, sizeof(to),
				      MSG_DONTWAIT));
	rq = zsock_request_next(&zsock_net(other->net)->names, 0x70000001);
	KUNIT_EXPECT_NOT_NULL(test, rq);
	zsock_net_end(other);
	KUNIT_EXPECT_FALSE(test, zsock_net_defunct(so, 50));
	if (rq) {
		zsock_request_finish(rq, -ETIMEDOUT);
		zsock_request_put(rq);
	}
	KUNIT_EXPECT_TRUE(test, zsock_net_defunct(so, 500));
	zsock_close(so);
}

static struct kunit_case zsock_net_cases[] = {
	KUNIT_CASE_SLOW(zsock_net_stats),
	KUNIT_CASE_SLOW(zsock_net_lists),
	KUNIT_CASE_SLOW(zsock_net_of_the_inner),
	KUNIT_CASE_SLOW(zsock_net_access),
	KUNIT_CASE(zsock_net_kpi),
	KUNIT_CASE_SLOW(zsock_net_request),
	{ }
};

struct kunit_suite zsock_net_suite = {
	.name		= "zsock_net",
	.init		= zsock_net_test_init,
	.exit		= zsock_net_test_exit,
	.test_cases	= zsock_net_cases,
};
