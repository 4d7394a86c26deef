// SPDX-License-Identifier: GPL-2.0
/* Rules: whether one is about a socket, and a list of them. */
#include <linux/cgroup.h>
#include <linux/inet.h>
#include <net/ipv6.h>

#include "suites.h"

/* ---- one rule ---- */

/* IPv4 addresses come to a rule mapped. */
static struct in6_addr zsock_in6(const char *text)
{
	struct in6_addr addr;
	u8 four[4];

	if (in4_pton(text, -1, four, -1, NULL))
		ipv6_addr_set_v4mapped(*(__be32 *)four, &addr);
	else
		in6_pton(text, -1, addr.s6_addr, -1, NULL);
	return addr;
}

static struct zsock_ask zsock_ask_to(const char *text, u16 port)
{
	struct zsock_ask ask = { .protocol = IPPROTO_TCP, .dport = port };

	ask.dst = zsock_in6(text);
	ask.family = ipv6_addr_v4mapped(&ask.dst) ? AF_INET : AF_INET6;
	ask.uid = KUIDT_INIT(1000);
	return ask;
}

static struct zsock_rule zsock_rule_to(const char *text, u8 prefix)
{
	struct zsock_rule rule = { .flags = ZSOCK_RULE_DST };

	rule.dst = zsock_in6(text);
	rule.family = ipv6_addr_v4mapped(&rule.dst) ? AF_INET : AF_INET6;
	rule.prefix = prefix + (rule.family == AF_INET ? 96 : 0);
	return rule;
}

static bool zsock_reaches(const char *prefix, u8 len, const char *addr)
{
	struct zsock_rule rule = zsock_rule_to(prefix, len);
	struct zsock_ask ask = zsock_ask_to(addr, 80);

	return zsock_rule_matches(&rule, &ask);
}

static void zsock_rule_empty(struct kunit *test)
{
	struct zsock_rule rule = { .flags = ZSOCK_RULE_REJECT };
	struct zsock_ask ask = { };

	KUNIT_EXPECT_TRUE(test, zsock_rule_matches(&rule, &ask));
	ask = zsock_ask_to("10.0.0.1", 1);
	KUNIT_EXPECT_TRUE(test, zsock_rule_matches(&rule, &ask));
}

static void zsock_rule_uid(struct kunit *test)
{
	struct zsock_rule rule = {
		.flags	= ZSOCK_RULE_UID,
		.uid	= KUIDT_INIT(1000),
	};
	struct zsock_ask ask = { .uid = KUIDT_INIT(1000) };

	KUNIT_EXPECT_TRUE(test, zsock_rule_matches(&rule, &ask));
	ask.uid = KUIDT_INIT(1001);
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
	ask.uid = GLOBAL_ROOT_UID;
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
}

static void zsock_rule_dst(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, zsock_reaches("10.0.0.0", 8, "10.255.1.2"));
	KUNIT_EXPECT_FALSE(test, zsock_reaches("10.0.0.0", 8, "11.0.0.0"));
	KUNIT_EXPECT_TRUE(test, zsock_reaches("10.1.2.2", 31, "10.1.2.3"));
	KUNIT_EXPECT_FALSE(test, zsock_reaches("10.1.2.2", 31, "10.1.2.4"));
	KUNIT_EXPECT_TRUE(test, zsock_reaches("10.1.2.3", 32, "10.1.2.3"));
	KUNIT_EXPECT_FALSE(test, zsock_reaches("10.1.2.3", 32, "10.1.2.2"));
	KUNIT_EXPECT_TRUE(test, zsock_reaches("0.0.0.0", 0, "255.255.255.255"));
	KUNIT_EXPECT_TRUE(test, zsock_reaches("2001:db8::", 32, "2001:db8::1"));
	KUNIT_EXPECT_FALSE(test, zsock_reaches("2001:db8::", 32, "2001:db9::"));
	KUNIT_EXPECT_TRUE(test, zsock_reaches("::1", 128, "::1"));
	KUNIT_EXPECT_FALSE(test, zsock_reaches("::1", 128, "::2"));
	KUNIT_EXPECT_TRUE(test, zsock_reaches("::", 0, "fe80::1"));
	/* All of one family is none of the other. */
	KUNIT_EXPECT_FALSE(test, zsock_reaches("::", 0, "10.0.0.1"));
	KUNIT_EXPECT_FALSE(test, zsock_reaches("0.0.0.0", 0, "::1"));
}

/* Who calls nobody meets no rule about whom. */
static void zsock_rule_no_address(struct kunit *test)
{
	struct zsock_rule rule = zsock_rule_to("0.0.0.0", 0);
	struct zsock_ask ask = { };

	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
	rule = zsock_rule_to("::", 0);
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
	rule.flags = ZSOCK_RULE_DPORT;
	rule.dport[1] = U16_MAX;
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
	ask.family = AF_INET;
	KUNIT_EXPECT_TRUE(test, zsock_rule_matches(&rule, &ask));
}

static void zsock_rule_ranges(struct kunit *test)
{
	struct zsock_rule rule = { .dport = { 80, 90 }, .proto = { 256, 259 } };
	struct zsock_ask ask = zsock_ask_to("10.0.0.1", 80);
	static const struct {
		u16	value;
		bool	dport, proto;
	} cases[] = {
		{ 0 }, { 79 }, { 80, true }, { 85, true }, { 90, true },
		{ 91 }, { 255 }, { 256, false, true }, { 259, false, true },
		{ 260 }, { U16_MAX },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ask.dport = cases[i].value;
		ask.protocol = cases[i].value;
		rule.flags = ZSOCK_RULE_DPORT;
		KUNIT_EXPECT_EQ(test, cases[i].dport,
				zsock_rule_matches(&rule, &ask));
		rule.flags = ZSOCK_RULE_PROTO;
		KUNIT_EXPECT_EQ(test, cases[i].proto,
				zsock_rule_matches(&rule, &ask));
	}
}

/* A cgroup, its parent and the root, with numbers 30, 20 and 1. */
static struct cgroup *zsock_fake_cgroups(struct kunit *test)
{
	static const u64 ids[] = { 1, 20, 30 };
	struct cgroup *cgroup[ARRAY_SIZE(ids)];
	struct kernfs_node *kn;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		cgroup[i] = kunit_kzalloc(test, struct_size(cgroup[i], ancestors,
							    ARRAY_SIZE(ids)),
					  GFP_KERNEL);
		kn = kunit_kzalloc(test, sizeof(*kn), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, cgroup[i]);
		KUNIT_ASSERT_NOT_NULL(test, kn);
		kn->id = ids[i];
		cgroup[i]->kn = kn;
		cgroup[i]->level = i;
		for (j = 0; j <= i; j++)
			cgroup[i]->ancestors[j] = cgroup[j];
	}
	return cgroup[ARRAY_SIZE(ids) - 1];
}

static void zsock_rule_in_cgroup(struct kunit *test)
{
	struct zsock_rule rule = { .flags = ZSOCK_RULE_CGROUP, .cgroup = 30 };
	struct cgroup *leaf = zsock_fake_cgroups(test);
	struct zsock_ask ask = { .cgroup = leaf };

	KUNIT_EXPECT_TRUE(test, zsock_rule_matches(&rule, &ask));
	rule.cgroup = 20;
	KUNIT_EXPECT_TRUE(test, zsock_rule_matches(&rule, &ask));
	rule.cgroup = 1;
	KUNIT_EXPECT_TRUE(test, zsock_rule_matches(&rule, &ask));
	rule.cgroup = 40;
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
	/* A child's is not its parent's. */
	rule.cgroup = 30;
	ask.cgroup = leaf->ancestors[1];
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
	ask.cgroup = NULL;
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
}

/* Each of them alone is enough for no. */
static void zsock_rule_all(struct kunit *test)
{
	struct zsock_rule rule = zsock_rule_to("10.0.0.0", 8);
	const struct zsock_ask good = zsock_ask_to("10.1.1.1", 443);
	struct zsock_ask ask = good;

	rule.flags |= ZSOCK_RULE_UID | ZSOCK_RULE_DPORT | ZSOCK_RULE_PROTO;
	rule.uid = KUIDT_INIT(1000);
	rule.dport[0] = 443;
	rule.dport[1] = 443;
	rule.proto[0] = IPPROTO_TCP;
	rule.proto[1] = IPPROTO_TCP;
	KUNIT_EXPECT_TRUE(test, zsock_rule_matches(&rule, &ask));
	ask.uid = GLOBAL_ROOT_UID;
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
	ask = good;
	ask.dport++;
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
	ask = good;
	ask.protocol++;
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
	ask = good;
	ask.dst = zsock_in6("11.1.1.1");
	KUNIT_EXPECT_FALSE(test, zsock_rule_matches(&rule, &ask));
}

/* ---- what is asked: the address of a call ---- */

static void zsock_expect_ask(struct kunit *test, const char *to, u16 port,
			     const void *addr, int len)
{
	struct zsock_ask want = zsock_ask_to(to, port);
	struct zsock_ask ask = { };

	zsock_ask_address(&ask, addr, len);
	KUNIT_EXPECT_EQ(test, want.family, ask.family);
	KUNIT_EXPECT_EQ(test, port, ask.dport);
	KUNIT_EXPECT_MEMEQ(test, &want.dst, &ask.dst, sizeof(ask.dst));
}

static void zsock_ask_addresses(struct kunit *test)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(80) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(81) };

	in.sin_addr.s_addr = htonl(0x0a010203);
	zsock_expect_ask(test, "10.1.2.3", 80, &in, sizeof(in));
	zsock_expect_ask(test, "10.1.2.3", 80, &in, sizeof(in) + 100);
	in6.sin6_addr = zsock_in6("2001:db8::7");
	zsock_expect_ask(test, "2001:db8::7", 81, &in6, sizeof(in6));
	zsock_expect_ask(test, "2001:db8::7", 81, &in6, SIN6_LEN_RFC2133);
	in6.sin6_addr = zsock_in6("10.1.2.3");
	zsock_expect_ask(test, "10.1.2.3", 81, &in6, sizeof(in6));
	/* To nowhere is to this host. */
	in.sin_addr.s_addr = htonl(INADDR_ANY);
	zsock_expect_ask(test, "127.0.0.1", 80, &in, sizeof(in));
	in6.sin6_addr = in6addr_any;
	zsock_expect_ask(test, "::1", 81, &in6, sizeof(in6));
	in6.sin6_addr = zsock_in6("0.0.0.0");
	zsock_expect_ask(test, "127.0.0.1", 81, &in6, sizeof(in6));
}

static void zsock_ask_nothing(struct kunit *test)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct zsock_ask ask = { };

	zsock_ask_address(&ask, &in, -1);
	zsock_ask_address(&ask, &in, 0);
	zsock_ask_address(&ask, &in, sizeof(in) - 1);
	zsock_ask_address(&ask, &in6, SIN6_LEN_RFC2133 - 1);
	in.sin_family = AF_UNSPEC;
	zsock_ask_address(&ask, &in, sizeof(in));
	in.sin_family = AF_UNIX;
	zsock_ask_address(&ask, &in, sizeof(in));
	KUNIT_EXPECT_EQ(test, 0, ask.family);
}

static struct kunit_case zsock_policy_cases[] = {
	KUNIT_CASE(zsock_rule_empty),
	KUNIT_CASE(zsock_rule_uid),
	KUNIT_CASE(zsock_rule_dst),
	KUNIT_CASE(zsock_rule_no_address),
	KUNIT_CASE(zsock_rule_ranges),
	KUNIT_CASE(zsock_rule_in_cgroup),
	KUNIT_CASE(zsock_rule_all),
	KUNIT_CASE(zsock_ask_addresses),
	KUNIT_CASE(zsock_ask_nothing),
	{ }
};

struct kunit_suite zsock_policy_suite = {
	.name		= "zsock_policy",
	.test_cases	= zsock_policy_cases,
};

/* ---- many rules ---- */

static int zsock_rules_init(struct kunit *test)
{
	struct zsock_policy *policy;

	policy = kunit_kzalloc(test, sizeof(*policy), GFP_KERNEL);
	if (!policy)
		return -ENOMEM;
	zsock_policy_init(policy);
	test->priv = policy;
	return 0;
}

static void zsock_rules_exit(struct kunit *test)
{
	if (test->priv)
		zsock_policy_free(test->priv);
}

/* One for this user; its id, or -errno. */
static int zsock_rule_add(struct kunit *test, u32 uid, u32 before)
{
	struct zsock_rule rule = { .flags = ZSOCK_RULE_UID };
	int err;

	rule.uid = KUIDT_INIT(uid);
	snprintf(rule.backend, sizeof(rule.backend), "b%u", uid);
	err = zsock_policy_add(test->priv, &rule, before);
	return err ?: rule.id;
}

/* The rule that a user's socket gets from @next on: its id, or 0. */
static u32 zsock_rule_for(struct kunit *test, u32 uid, unsigned int next,
			  struct zsock_ruling *ruling)
{
	struct zsock_ask ask = { .uid = KUIDT_INIT(uid) };

	memset(ruling, 0xa5, sizeof(*ruling));
	ruling->next = next;
	zsock_policy_ask(test->priv, &ask, ruling);
	return ruling->id;
}

static void zsock_rules_order(struct kunit *test)
{
	struct zsock_ruling ruling;

	KUNIT_EXPECT_EQ(test, 0, zsock_rule_for(test, 5, 0, &ruling));
	KUNIT_EXPECT_STREQ(test, "", ruling.backend);
	KUNIT_EXPECT_EQ(test, 0, ruling.flags);
	KUNIT_EXPECT_EQ(test, 1, zsock_rule_add(test, 5, 0));
	KUNIT_EXPECT_EQ(test, 2, zsock_rule_add(test, 6, 0));
	KUNIT_EXPECT_EQ(test, 3, zsock_rule_add(test, 5, 0));
	KUNIT_EXPECT_EQ(test, 1, zsock_rule_for(test, 5, 0, &ruling));
	KUNIT_EXPECT_STREQ(test, "b5", ruling.backend);
	KUNIT_EXPECT_EQ(test, 2, zsock_rule_for(test, 6, 0, &ruling));
	KUNIT_EXPECT_STREQ(test, "b6", ruling.backend);
	KUNIT_EXPECT_EQ(test, 0, zsock_rule_for(test, 7, 0, &ruling));
	/* First, in the middle, and not where there is none. */
	KUNIT_EXPECT_EQ(test, 4, zsock_rule_add(test, 5, 1));
	KUNIT_EXPECT_EQ(test, 5, zsock_rule_add(test, 7, 3));
	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_rule_add(test, 7, 77));
	KUNIT_EXPECT_EQ(test, 4, zsock_rule_for(test, 5, 0, &ruling));
	/* And on from there. */
	KUNIT_EXPECT_EQ(test, 1, zsock_rule_for(test, 5, ruling.next, &ruling));
	KUNIT_EXPECT_EQ(test, 3, zsock_rule_for(test, 5, 2, &ruling));
	KUNIT_EXPECT_EQ(test, 5, ruling.next);
	KUNIT_EXPECT_EQ(test, 0, zsock_rule_for(test, 5, ruling.next, &ruling));
	KUNIT_EXPECT_EQ(test, 0, zsock_rule_for(test, 5, 1000, &ruling));
}

static void zsock_rules_del(struct kunit *test)
{
	struct zsock_ruling ruling;
	int i;

	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_policy_del(test->priv, 1));
	zsock_policy_flush(test->priv);
	for (i = 1; i <= 4; i++)
		KUNIT_ASSERT_EQ(test, i, zsock_rule_add(test, i, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_policy_del(test->priv, 2));
	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_policy_del(test->priv, 2));
	KUNIT_EXPECT_EQ(test, 1, zsock_rule_for(test, 1, 0, &ruling));
	KUNIT_EXPECT_EQ(test, 0, zsock_rule_for(test, 2, 0, &ruling));
	KUNIT_EXPECT_EQ(test, 3, zsock_rule_for(test, 3, 0, &ruling));
	KUNIT_EXPECT_EQ(test, 0, zsock_policy_del(test->priv, 1));
	KUNIT_EXPECT_EQ(test, 0, zsock_policy_del(test->priv, 4));
	KUNIT_EXPECT_EQ(test, 3, zsock_rule_for(test, 3, 0, &ruling));
	KUNIT_EXPECT_EQ(test, 0, zsock_policy_del(test->priv, 3));
	KUNIT_EXPECT_TRUE(test, zsock_policy_empty(test->priv));
	/* Numbers are not used again. */
	KUNIT_EXPECT_EQ(test, 5, zsock_rule_add(test, 1, 0));
	zsock_policy_flush(test->priv);
	KUNIT_EXPECT_TRUE(test, zsock_policy_empty(test->priv));
	KUNIT_EXPECT_EQ(test, 6, zsock_rule_add(test, 1, 0));
}

static u64 zsock_hits_of_first(struct kunit *test)
{
	struct zsock_policy *policy = test->priv;
	u64 hits;

	rcu_read_lock();
	hits = zsock_rule_hits(&rcu_dereference(policy->rules)->rule[0]);
	rcu_read_unlock();
	return hits;
}

/* Counters outlive other rules, and are 0 at the beginning. */
static void zsock_rules_count(struct kunit *test)
{
	struct zsock_ask again = { .uid = KUIDT_INIT(5), .counted = true };
	struct zsock_ruling ruling;

	zsock_rule_add(test, 5, 0);
	KUNIT_EXPECT_EQ(test, 0, zsock_hits_of_first(test));
	zsock_rule_for(test, 5, 0, &ruling);
	zsock_rule_for(test, 6, 0, &ruling);
	KUNIT_EXPECT_EQ(test, 1, zsock_hits_of_first(test));
	zsock_rule_add(test, 6, 0);
	zsock_rule_for(test, 5, 0, &ruling);
	KUNIT_EXPECT_EQ(test, 0, zsock_policy_del(test->priv, 2));
	KUNIT_EXPECT_EQ(test, 2, zsock_hits_of_first(test));
	ruling.next = 0;
	zsock_policy_ask(test->priv, &again, &ruling);
	KUNIT_EXPECT_EQ(test, 1, ruling.id);
	KUNIT_EXPECT_EQ(test, 2, zsock_hits_of_first(test));
}

static void zsock_rules_bound(struct kunit *test)
{
	struct zsock_policy *policy = test->priv;
	struct zsock_ruling ruling;
	u32 i;

	for (i = 1; i <= ZSOCK_POLICY_RULES_MAX; i++)
		KUNIT_ASSERT_EQ(test, i, zsock_rule_add(test, i, 0));
	KUNIT_EXPECT_EQ(test, -ENOSPC, zsock_rule_add(test, 1, 0));
	KUNIT_EXPECT_EQ(test, ZSOCK_POLICY_RULES_MAX,
			zsock_rule_for(test, ZSOCK_POLICY_RULES_MAX, 0,
				       &ruling));
	KUNIT_EXPECT_EQ(test, 0, zsock_policy_del(policy, 7));
	KUNIT_EXPECT_EQ(test, ZSOCK_POLICY_RULES_MAX + 1,
			zsock_rule_add(test, 1, 0));
	zsock_policy_flush(policy);
	policy->next_id = U32_MAX;
	KUNIT_EXPECT_EQ(test, -ENOSPC, zsock_rule_add(test, 1, 0));
}

static struct kunit_case zsock_rules_cases[] = {
	KUNIT_CASE(zsock_rules_order),
	KUNIT_CASE(zsock_rules_del),
	KUNIT_CASE(zsock_rules_count),
	KUNIT_CASE(zsock_rules_bound),
	{ }
};

struct kunit_suite zsock_rules_suite = {
	.name		= "zsock_rules",
	.init		= zsock_rules_init,
	.exit		= zsock_rules_exit,
	.test_cases	= zsock_rules_cases,
};
