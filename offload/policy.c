// SPDX-License-Identifier: GPL-2.0
/*
 * Policy: rules that say, before any priority does, which backend a socket
 * gets. Looked at once in a socket's life, at dispatch: in order, and the first
 * that matches counts.
 *
 * Rules are in one array that does not change: readers have RCU and no lock,
 * who changes something makes another array.
 */
#include <linux/cgroup.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <net/ipv6.h>

#include "../zsock_int.h"

/* ---- whether a rule is about a socket ---- */

/* By number: a rule does not keep a cgroup from being removed. */
static bool zsock_rule_cgroup(const struct zsock_rule *rule,
			      const struct cgroup *cgroup)
{
#ifdef CONFIG_SOCK_CGROUP_DATA
	int level;

	for (level = cgroup ? cgroup->level : -1; level >= 0; level--)
		if (cgroup_id(cgroup_ancestor((struct cgroup *)cgroup,
					      level)) == rule->cgroup)
			return true;
#endif
	return false;
}

static bool zsock_in_range(const u16 range[2], u16 value)
{
	return value >= range[0] && value <= range[1];
}

VISIBLE_IF_KUNIT
bool zsock_rule_matches(const struct zsock_rule *rule,
			const struct zsock_ask *ask)
{
	u16 flags = rule->flags;

	if (flags & ZSOCK_RULE_UID && !uid_eq(rule->uid, ask->uid))
		return false;
	if (flags & ZSOCK_RULE_PROTO &&
	    (ask->no_protocol || !zsock_in_range(rule->proto, ask->protocol)))
		return false;
	if (flags & ZSOCK_RULE_DPORT &&
	    (!ask->family || ask->no_port ||
	     !zsock_in_range(rule->dport, ask->dport)))
		return false;
	if (flags & ZSOCK_RULE_DST &&
	    (ask->family != rule->family ||
	     !ipv6_prefix_equal(&ask->dst, &rule->dst, rule->prefix)))
		return false;
	return !(flags & ZSOCK_RULE_CGROUP) ||
	       zsock_rule_cgroup(rule, ask->cgroup);
}

/* ---- what is asked ---- */

static void zsock_ask_in(struct zsock_ask *ask, __be32 addr)
{
	/* connect() takes it for this host, and so shall a rule. */
	if (addr == htonl(INADDR_ANY))
		addr = htonl(INADDR_LOOPBACK);
	ask->family = AF_INET;
	ipv6_addr_set_v4mapped(addr, &ask->dst);
}

/* @addr is where to, if it is an address at all. */
void zsock_ask_address(struct zsock_ask *ask, const void *addr, int len)
{
	const struct sockaddr_in6 *sin6 = addr;
	const struct sockaddr_in *sin = addr;

	if (len < (int)sizeof(*sin))
		return;
	/* Both have the port in the same place. */
	ask->dport = ntohs(sin->sin_port);
	if (sin->sin_family == AF_INET) {
		zsock_ask_in(ask, sin->sin_addr.s_addr);
	} else if (sin->sin_family == AF_INET6 && len >= SIN6_LEN_RFC2133) {
		if (ipv6_addr_v4mapped(&sin6->sin6_addr)) {
			zsock_ask_in(ask, sin6->sin6_addr.s6_addr32[3]);
			return;
		}
		ask->family = AF_INET6;
		ask->dst = sin6->sin6_addr;
		if (ipv6_addr_any(&ask->dst))
			ask->dst = in6addr_loopback;
	}
}

/*
 * Go on from @ruling->next on: what the first rule says that matches, or that
 * there is none. Where the rules change meanwhile, one may be asked twice, or
 * not at all.
 */
void zsock_policy_ask(struct zsock_policy *policy, struct zsock_ask *ask,
		      struct zsock_ruling *ruling)
{
	const struct zsock_rules *rules;
	const struct zsock_rule *rule;
	unsigned int i;

	ruling->id = 0;
	ruling->flags = 0;
	ruling->backend[0] = '\0';
	rcu_read_lock();
	rules = rcu_dereference(policy->rules);
	for (i = ruling->next; rules && i < rules->n; i++) {
		rule = &rules->rule[i];
		if (!zsock_rule_matches(rule, ask))
			continue;
		if (!ask->counted)
			this_cpu_inc(*rule->hits);
		ruling->id = rule->id;
		ruling->flags = rule->flags;
		memcpy(ruling->backend, rule->backend, ZSOCK_NAME_MAX);
		ruling->next = i + 1;
		break;
	}
	rcu_read_unlock();
}

/* ---- changing them ---- */

u64 zsock_rule_hits(const struct zsock_rule *rule)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(rule->hits, cpu));
	return sum;
}

static struct zsock_rules *zsock_rules_now(struct zsock_policy *policy)
{
	return rcu_dereference_protected(policy->rules,
					 lockdep_is_held(&policy->lock));
}

static struct zsock_rules *zsock_rules_alloc(unsigned int n)
{
	struct zsock_rules *rules;

	rules = kvmalloc(struct_size(rules, rule, n), GFP_KERNEL_ACCOUNT);
	if (rules)
		rules->n = n;
	return rules;
}

static void zsock_rules_copy(struct zsock_rules *to, unsigned int at,
			     const struct zsock_rules *from, unsigned int first,
			     unsigned int end)
{
	unsigned int i;

	for (i = first; i < end; i++)
		to->rule[at++] = from->rule[i];
}

static void zsock_policy_set(struct zsock_policy *policy,
			     struct zsock_rules *rules)
{
	rcu_assign_pointer(policy->rules, rules);
	WRITE_ONCE(policy->changes, policy->changes + 1);
}

/* Where rule @id is, or how many there are. */
static unsigned int zsock_rules_find(const struct zsock_rules *rules, u32 id)
{
	unsigned int i;

	for (i = 0; i < rules->n; i++)
		if (rules->rule[i].id == id)
			break;
	return i;
}

static int zsock_policy_insert(struct zsock_policy *policy,
			       struct zsock_rule *rule, u32 before)
{
	struct zsock_rules *old = zsock_rules_now(policy);
	unsigned int n = old ? old->n : 0, at = n;
	struct zsock_rules *new;

	if (before) {
		at = old ? zsock_rules_find(old, before) : n;
		if (at == n)
			return -ENOENT;
	}
	if (n >= ZSOCK_POLICY_RULES_MAX || policy->next_id == U32_MAX)
		return -ENOSPC;
	new = zsock_rules_alloc(n + 1);
	if (!new)
		return -ENOMEM;
	rule->id = ++policy->next_id;
	if (old) {
		zsock_rules_copy(new, 0, old, 0, at);
		zsock_rules_copy(new, at + 1, old, at, n);
	}
	new->rule[at] = *rule;
	zsock_policy_set(policy, new);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/*
 * Put @rule before that of id @before, or behind all where that is 0, and tell
 * its id in @rule->id. -ENOENT where @before is not there, -ENOSPC, -ENOMEM.
 */
int zsock_policy_add(struct zsock_policy *policy, struct zsock_rule *rule,
		     u32 before)
{
	int err;

	rule->hits = alloc_percpu_gfp(u64, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!rule->hits)
		return -ENOMEM;
	mutex_lock(&policy->lock);
	err = zsock_policy_insert(policy, rule, before);
	mutex_unlock(&policy->lock);
	if (err)
		free_percpu(rule->hits);
	return err;
}

/* Take out rule @at; the others have another array. */
static int zsock_policy_remove(struct zsock_policy *policy, unsigned int at)
{
	struct zsock_rules *old = zsock_rules_now(policy);
	struct zsock_rules *new = NULL;

	if (old->n > 1) {
		new = zsock_rules_alloc(old->n - 1);
		if (!new)
			return -ENOMEM;
		zsock_rules_copy(new, 0, old, 0, at);
		zsock_rules_copy(new, at, old, at + 1, old->n);
	}
	zsock_policy_set(policy, new);
	/* Somebody may be about to count. */
	synchronize_rcu();
	free_percpu(old->rule[at].hits);
	kvfree(old);
	return 0;
}

/* -ENOENT, -ENOMEM. */
int zsock_policy_del(struct zsock_policy *policy, u32 id)
{
	struct zsock_rules *rules;
	unsigned int at;
	int err = -ENOENT;

	mutex_lock(&policy->lock);
	rules = zsock_rules_now(policy);
	if (rules) {
		at = zsock_rules_find(rules, id);
		if (at < rules->n)
			err = zsock_policy_remove(policy, at);
	}
	mutex_unlock(&policy->lock);
	return err;
}

static void zsock_rules_free(struct zsock_rules *rules)
{
	unsigned int i;

	for (i = 0; i < rules->n; i++)
		free_percpu(rules->rule[i].hits);
	kvfree(rules);
}

void zsock_policy_flush(struct zsock_policy *policy)
{
	struct zsock_rules *old;

	mutex_lock(&policy->lock);
	old = zsock_rules_now(policy);
	if (old)
		zsock_policy_set(policy, NULL);
	mutex_unlock(&policy->lock);
	if (!old)
		return;
	synchronize_rcu();
	zsock_rules_free(old);
}

void zsock_policy_init(struct zsock_policy *policy)
{
	mutex_init(&policy->lock);
}

/* The namespace goes: nobody asks any more. */
void zsock_policy_free(struct zsock_policy *policy)
{
	struct zsock_rules *rules = rcu_dereference_protected(policy->rules,
							      true);

	if (rules)
		zsock_rules_free(rules);
	mutex_destroy(&policy->lock);
}
