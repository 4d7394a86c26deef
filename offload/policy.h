/* SPDX-License-Identifier: GPL-2.0 */
/* Rules that an administrator gave: who carries which sockets. */
#ifndef _ZSOCK_POLICY_H
#define _ZSOCK_POLICY_H

#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/uidgid.h>
#include <uapi/linux/zsock.h>

struct cgroup;
struct net;
struct zsock_sock;

/* struct zsock_rule: what it asks about, and what it says. */
#define ZSOCK_RULE_UID		BIT(0)
#define ZSOCK_RULE_CGROUP	BIT(1)
#define ZSOCK_RULE_DST		BIT(2)
#define ZSOCK_RULE_DPORT	BIT(3)
#define ZSOCK_RULE_PROTO	BIT(4)
#define ZSOCK_RULE_REJECT	BIT(8)
#define ZSOCK_RULE_OR_ELSE	BIT(9)

/**
 * struct zsock_rule - one of them
 * @flags: ZSOCK_RULE_*; what a rule does not ask about may be anything
 * @prefix: bits of @dst that count
 * @family: of @dst, AF_INET or AF_INET6
 * @dport: first and last port
 * @proto: first and last protocol number, as given to socket()
 * @id: never used again in the namespace
 * @uid: of the socket
 * @cgroup: id of a cgroup that the socket is in, or in one below
 * @dst: IPv4 addresses are mapped
 * @backend: by name; empty with ZSOCK_RULE_REJECT
 * @hits: how many sockets it was found for, a counter a CPU
 */
struct zsock_rule {
	u16		flags;
	u8		prefix;
	u8		family;
	u16		dport[2];
	u16		proto[2];
	u32		id;
	kuid_t		uid;
	u64		cgroup;
	struct in6_addr	dst;
	char		backend[ZSOCK_NAME_MAX];
	u64 __percpu	*hits;
};

/**
 * struct zsock_rules - all of a namespace
 * @rcu: for freeing
 * @n: how many
 * @rule: in order; never changes, but for the counters
 */
struct zsock_rules {
	struct rcu_head		rcu;
	unsigned int		n;
	struct zsock_rule	rule[] __counted_by(n);
};

/**
 * struct zsock_policy - a namespace's
 * @rules: NULL where there are none; read under RCU
 * @lock: who changes them
 * @next_id: of the next rule. Under @lock
 * @changes: how often they were changed; written under @lock
 */
struct zsock_policy {
	struct zsock_rules __rcu	*rules;
	struct mutex			lock;
	u32				next_id;
	u32				changes;
};

/**
 * struct zsock_ask - what rules are asked about a socket
 * @protocol: as given to socket(), 0 replaced by the default
 * @family: of @dst: AF_INET, AF_INET6, or 0 where the call tells no address
 * @dport: port of the address
 * @uid: of the socket
 * @cgroup: that it was opened in, or NULL
 * @dst: IPv4 addresses are mapped
 * @counted: this is not the first time
 * @no_protocol: @protocol is not a number that rules are about
 * @no_port: @dport is none
 */
struct zsock_ask {
	u16			protocol;
	u8			family;
	u16			dport;
	kuid_t			uid;
	const struct cgroup	*cgroup;
	struct in6_addr		dst;
	bool			counted;
	bool			no_protocol;
	bool			no_port;
};

/**
 * struct zsock_ruling - what the rules say of a socket
 * @next: where to go on, if what they say cannot be done
 * @id: of the rule, 0 where none matched
 * @flags: of the rule
 * @backend: of the rule, empty where none matched
 */
struct zsock_ruling {
	unsigned int	next;
	u32		id;
	u16		flags;
	char		backend[ZSOCK_NAME_MAX];
};

void zsock_policy_init(struct zsock_policy *policy);
void zsock_policy_free(struct zsock_policy *policy);
void zsock_policy_ask(struct zsock_policy *policy, struct zsock_ask *ask,
		      struct zsock_ruling *ruling);
int zsock_policy_add(struct zsock_policy *policy, struct zsock_rule *rule,
		     u32 before);
int zsock_policy_del(struct zsock_policy *policy, u32 id);
void zsock_policy_flush(struct zsock_policy *policy);
u64 zsock_rule_hits(const struct zsock_rule *rule);
#if IS_ENABLED(CONFIG_KUNIT)
bool zsock_rule_matches(const struct zsock_rule *rule,
			const struct zsock_ask *ask);
#endif
void zsock_ask_address(struct zsock_ask *ask, const void *addr, int len);

/* For nothing but a look: whether there are any. */
static inline bool zsock_policy_empty(const struct zsock_policy *policy)
{
	return !rcu_access_pointer(policy->rules);
}

/* policy_netlink.c */
struct genl_info;
struct netlink_callback;
struct nla_policy;
struct sk_buff;

extern const struct nla_policy zsock_policy_attrs[];
int zsock_policy_nl_add(struct sk_buff *skb, struct genl_info *info);
int zsock_policy_nl_del(struct sk_buff *skb, struct genl_info *info);
int zsock_policy_nl_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _ZSOCK_POLICY_H */
