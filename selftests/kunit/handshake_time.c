// SPDX-License-Identifier: GPL-2.0
/* Handshakes that nobody takes, or nobody brings to an end. */
#include <linux/delay.h>

#include "shake.h"

#define PORTID	0x70000001

/* Ticks of a slow machine, and what else it has to do: it may stand still for seconds. */
#define SLACK	8000

/* How long the end took, ms; 0 where it did not come. */
static unsigned int zsock_time_of(struct zsock_shake *shake)
{
	unsigned long begun = shake->hs->rq.begun;

	if (!wait_for_completion_timeout(&shake->over, 20 * HZ))
		return 0;
	return jiffies_to_msecs(jiffies - begun);
}

static void zsock_expect(struct kunit *test, struct zsock_shake *shake, int err,
			 unsigned int from, unsigned int to)
{
	unsigned int ms = zsock_time_of(shake);

	KUNIT_EXPECT_EQ(test, 1, shake->calls);
	KUNIT_EXPECT_EQ(test, err, shake->err);
	/* A tick may be counted in part. */
	KUNIT_EXPECT_GE(test, ms + 20, from);
	KUNIT_EXPECT_LE(test, ms, to + SLACK);
}

static void zsock_limits(int timeout, int grace)
{
	zsock_shakes()->timeout = timeout;
	zsock_shakes()->grace = grace;
}

static void zsock_time_limit(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_handshake *hs;
	struct zsock_shake *a, *b;
	u32 portid;

	zsock_limits(300, 50);
	zsock_shake_agent(test, &portid);
	a = zsock_shake_begun(test, sock);
	b = zsock_shake_begun(test, sock);
	hs = zsock_handshake_next(&init_net, portid);
	KUNIT_ASSERT_PTR_EQ(test, a->hs, hs);
	zsock_handshake_put(hs);
	/* Whether it was accepted or not. */
	zsock_expect(test, a, -ETIMEDOUT, 300, 300);
	zsock_expect(test, b, -ETIMEDOUT, 300, 300);
}

static void zsock_nobody_there(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);

	zsock_limits(10000, 200);
	zsock_expect(test, zsock_shake_begun(test, sock), -ESRCH, 200, 200);
	/* The time limit is one in any case. */
	zsock_limits(100, 5000);
	zsock_expect(test, zsock_shake_begun(test, sock), -ETIMEDOUT, 100, 100);
	zsock_limits(1, 1);
	zsock_expect(test, zsock_shake_begun(test, sock), -ETIMEDOUT, 1, 1);
}

/* One that restarts finds what waits for it. */
static void zsock_agent_returns(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_handshake *hs;
	struct zsock_shake *s;
	struct socket *agent;
	u32 portid;

	zsock_limits(60000, 1000);
	s = zsock_shake_begun(test, sock);
	msleep(20);
	agent = zsock_shake_agent(test, &portid);
	msleep(2200);
	KUNIT_EXPECT_EQ(test, 0, s->calls);
	/* It goes without having accepted: another grace period. */
	zsock_shake_agent_leaves(test, agent);
	msleep(20);
	KUNIT_EXPECT_EQ(test, 0, s->calls);
	zsock_shake_agent(test, &portid);
	hs = zsock_handshake_next(&init_net, portid);
	KUNIT_ASSERT_PTR_EQ(test, s->hs, hs);
	zsock_handshake_put(hs);
	msleep(2200);
	KUNIT_EXPECT_EQ(test, 0, s->calls);
	KUNIT_EXPECT_TRUE(test, zsock_handshake_cancel(s->hs));
}

static void zsock_agent_leaves(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *s;
	struct socket *agent;
	unsigned long left;
	u32 portid;

	zsock_limits(60000, 200);
	agent = zsock_shake_agent(test, &portid);
	s = zsock_shake_begun(test, sock);
	msleep(400);
	KUNIT_EXPECT_EQ(test, 0, s->calls);
	left = jiffies;
	zsock_shake_agent_leaves(test, agent);
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&s->over, 20 * HZ));
	KUNIT_EXPECT_EQ(test, -ESRCH, s->err);
	/* A whole period without one, which begins when that is noticed. */
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - left) + 20, 200);
	KUNIT_EXPECT_LE(test, jiffies_to_msecs(jiffies - left), 400 + SLACK);
}

/* Whoever has accepted one is an agent, in the group or not. */
static void zsock_accepted_is_not_alone(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_handshake *hs;
	struct zsock_shake *s;

	zsock_limits(400, 50);
	s = zsock_shake_begun(test, sock);
	hs = zsock_handshake_next(&init_net, PORTID);
	KUNIT_ASSERT_PTR_EQ(test, s->hs, hs);
	zsock_handshake_put(hs);
	zsock_expect(test, s, -ETIMEDOUT, 400, 400);
}

/* An event may have been lost: of the oldest, and once in a grace period. */
static void zsock_agents_reminded(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	unsigned long begun = jiffies;
	struct socket *agent;
	u32 portid;
	int events;

	zsock_limits(60000, 200);
	agent = zsock_shake_agent(test, &portid);
	zsock_shake_begun(test, sock);
	zsock_shake_begun(test, sock);
	zsock_shake_begun(test, sock);
	KUNIT_EXPECT_EQ(test, 1, zsock_shake_events(agent));
	msleep(500);
	events = zsock_shake_events(agent);
	KUNIT_EXPECT_GE(test, events, 1);
	KUNIT_EXPECT_LE(test, events,
			jiffies_to_msecs(jiffies - begun) / 200 + 1);
}

/* Nobody could be told of the first one: all are told of the next. */
static void zsock_agents_untold(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct socket *agent;
	u32 portid;

	zsock_limits(60000, 60000);
	agent = zsock_shake_agent(test, &portid);
	zsock_shake_begun(test, sock);
	KUNIT_EXPECT_EQ(test, 1, zsock_shake_events(agent));
	zsock_shake_begun(test, sock);
	KUNIT_EXPECT_EQ(test, 0, zsock_shake_events(agent));
	zsock_shakes()->untold = true;
	zsock_shake_begun(test, sock);
	KUNIT_EXPECT_EQ(test, 1, zsock_shake_events(agent));
	KUNIT_EXPECT_FALSE(test, zsock_shakes()->untold);
	zsock_shake_begun(test, sock);
	KUNIT_EXPECT_EQ(test, 0, zsock_shake_events(agent));
}

/* The time limit is that of the beginning. */
static void zsock_limit_changes(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *s;
	u32 portid;

	zsock_shake_agent(test, &portid);
	zsock_limits(300, 50);
	s = zsock_shake_begun(test, sock);
	zsock_limits(60000, 50);
	zsock_expect(test, s, -ETIMEDOUT, 300, 300);
}

/* What ended leaves no timer, and the timer no reference. */
static void zsock_timer_ends(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *s[8];
	int i;

	zsock_limits(30, 10);
	for (i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = zsock_shake_begun(test, sock);
	for (i = 0; i < ARRAY_SIZE(s); i++)
		KUNIT_EXPECT_NE(test, 0, zsock_time_of(s[i]));
	flush_workqueue(zsock_agent_wq);
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		KUNIT_EXPECT_FALSE(test, delayed_work_pending(&s[i]->hs->rq.tick));
		KUNIT_EXPECT_EQ(test, 1, refcount_read(&s[i]->hs->rq.ref));
		zsock_shake_drop(test, s[i]);
	}
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(s), zsock_shake_closed());
	KUNIT_EXPECT_EQ(test, 0, zsock_shakes()->count);
}

static struct kunit_case zsock_handshake_time_cases[] = {
	KUNIT_CASE_SLOW(zsock_time_limit),
	KUNIT_CASE_SLOW(zsock_nobody_there),
	KUNIT_CASE_SLOW(zsock_agent_returns),
	KUNIT_CASE_SLOW(zsock_agent_leaves),
	KUNIT_CASE_SLOW(zsock_accepted_is_not_alone),
	KUNIT_CASE_SLOW(zsock_agents_reminded),
	KUNIT_CASE(zsock_agents_untold),
	KUNIT_CASE_SLOW(zsock_limit_changes),
	KUNIT_CASE_SLOW(zsock_timer_ends),
	{ }
};

struct kunit_suite zsock_handshake_time_suite = {
	.name		= "zsock_handshake_time",
	.init		= zsock_shake_init,
	.exit		= zsock_shake_exit,
	.test_cases	= zsock_handshake_time_cases,
};
