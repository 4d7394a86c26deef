// SPDX-License-Identifier: GPL-2.0
/* The address of a first call: every domain, type, family and length. */
#include <linux/in.h>
#include <linux/in6.h>
#include <net/ipv6.h>

#include "suites.h"

#define MIN4	((int)sizeof(struct sockaddr_in))
#define MIN6	((int)SIN6_LEN_RFC2133)
#define FAMILY	((int)sizeof(sa_family_t))

static int zsock_judge(int domain, int type, int family, int len, int *got)
{
	struct sockaddr_storage addr = { .ss_family = family };
	struct socket sock = { .type = type };
	struct zsock_sock zs = { .sock = &sock, .domain = domain };

	*got = -1;
	return zsock_first_address(&zs, &addr, len, got);
}

/* One of domain 0 is what the address says, where that is whole. */
static void zsock_address_settles(struct kunit *test)
{
	int len, err, got;

	for (len = 0; len <= (int)sizeof(struct sockaddr_storage); len++) {
		err = zsock_judge(0, SOCK_STREAM, AF_INET, len, &got);
		KUNIT_EXPECT_EQ(test, len < MIN4 ? -EINVAL : 0, err);
		KUNIT_EXPECT_EQ(test, len < MIN4 ? AF_UNSPEC : AF_INET, got);
		err = zsock_judge(0, SOCK_DGRAM, AF_INET6, len, &got);
		KUNIT_EXPECT_EQ(test, len < MIN6 ? -EINVAL : 0, err);
		KUNIT_EXPECT_EQ(test, len < MIN6 ? AF_UNSPEC : AF_INET6, got);
		/* connect(AF_UNSPEC) means: disconnect. */
		err = zsock_judge(0, SOCK_DGRAM, AF_UNSPEC, len, &got);
		KUNIT_EXPECT_EQ(test, len < FAMILY ? -EINVAL : 0, err);
		KUNIT_EXPECT_EQ(test, AF_UNSPEC, got);
	}
}

static void zsock_address_of_no_family(struct kunit *test)
{
	int family, got;

	for (family = 0; family < AF_MAX + 3; family++) {
		if (family == AF_UNSPEC || family == AF_INET ||
		    family == AF_INET6)
			continue;
		KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT,
				zsock_judge(0, SOCK_STREAM, family, 128, &got));
		KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT,
				zsock_judge(AF_INET, SOCK_STREAM, family, 128,
					    &got));
		KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT,
				zsock_judge(AF_INET6, SOCK_DGRAM, family, 128,
					    &got));
	}
}

/* A domain's own addresses, whole or not; the family is known already. */
static void zsock_address_of_domain(struct kunit *test)
{
	int type, len, got;

	for (type = SOCK_STREAM; type <= SOCK_DGRAM; type++)
		for (len = 0; len <= 128; len++) {
			KUNIT_EXPECT_EQ(test, len < MIN4 ? -EINVAL : 0,
					zsock_judge(AF_INET, type, AF_INET, len,
						    &got));
			KUNIT_EXPECT_EQ(test, AF_UNSPEC, got);
			KUNIT_EXPECT_EQ(test, len < MIN6 ? -EINVAL : 0,
					zsock_judge(AF_INET6, type, AF_INET6,
						    len, &got));
			KUNIT_EXPECT_EQ(test, AF_UNSPEC, got);
		}
}

/* The other one's: too short for ours comes before wrong. */
static void zsock_address_of_other_domain(struct kunit *test)
{
	int len, got;

	for (len = 0; len <= 128; len++) {
		KUNIT_EXPECT_EQ(test, len < MIN4 ? -EINVAL : -EAFNOSUPPORT,
				zsock_judge(AF_INET, SOCK_STREAM, AF_INET6, len,
					    &got));
		KUNIT_EXPECT_EQ(test, len < MIN4 ? -EINVAL : -EAFNOSUPPORT,
				zsock_judge(AF_INET, SOCK_DGRAM, AF_INET6, len,
					    &got));
		KUNIT_EXPECT_EQ(test, len < MIN6 ? -EINVAL : -EAFNOSUPPORT,
				zsock_judge(AF_INET6, SOCK_STREAM, AF_INET, len,
					    &got));
	}
	/* UDP over IPv6 speaks to IPv4 addresses, too. */
	KUNIT_EXPECT_EQ(test, 0, zsock_judge(AF_INET6, SOCK_DGRAM, AF_INET,
					     MIN4, &got));
	KUNIT_EXPECT_EQ(test, 0, zsock_judge(AF_INET, SOCK_STREAM, AF_UNSPEC,
					     MIN4, &got));
	KUNIT_EXPECT_EQ(test, 0, zsock_judge(AF_INET6, SOCK_DGRAM, AF_UNSPEC,
					     MIN6, &got));
}

/* What a handler's own domain takes for an address is its own affair. */
static void zsock_address_of_own_domain(struct kunit *test)
{
	int len, got;

	for (len = 0; len <= 128; len++)
		KUNIT_EXPECT_EQ(test, len < FAMILY ? -EINVAL : 0,
				zsock_judge(AF_VSOCK, SOCK_STREAM, AF_VSOCK,
					    len, &got));
}

static void zsock_levels(struct kunit *test)
{
	static const struct {
		int level;
		int family;
	} levels[] = {
		{ SOL_IP, AF_INET }, { SOL_IPV6, AF_INET6 },
		{ SOL_ICMPV6, AF_INET6 }, { SOL_TCP, AF_UNSPEC },
		{ SOL_UDP, AF_UNSPEC }, { SOL_SOCKET, AF_UNSPEC },
		{ SOL_RAW, AF_UNSPEC }, { -1, AF_UNSPEC }, { 4711, AF_UNSPEC },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(levels); i++)
		KUNIT_EXPECT_EQ_MSG(test, levels[i].family,
				    zsock_option_family(levels[i].level),
				    "level %d", levels[i].level);
}

static struct kunit_case zsock_address_cases[] = {
	KUNIT_CASE(zsock_address_settles),
	KUNIT_CASE(zsock_address_of_no_family),
	KUNIT_CASE(zsock_address_of_domain),
	KUNIT_CASE(zsock_address_of_other_domain),
	KUNIT_CASE(zsock_address_of_own_domain),
	KUNIT_CASE(zsock_levels),
	{ }
};

struct kunit_suite zsock_address_suite = {
	.name		= "zsock_address",
	.test_cases	= zsock_address_cases,
};
