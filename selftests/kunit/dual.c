// SPDX-License-Identifier: GPL-2.0
/* IPv4 addresses in IPv6 sockets: in, out, and there and back. */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inet.h>
#include <net/ipv6.h>

#include "suites.h"

static const struct sockaddr_in zsock_four = {
	.sin_family	= AF_INET,
	.sin_port	= cpu_to_be16(4711),
	.sin_addr	= { cpu_to_be32(0xc0a80105) },
};

static void zsock_map_four(struct kunit *test)
{
	static const u8 want[16] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 1, 5,
	};
	struct sockaddr_in6 out;

	memset(&out, 0xa5, sizeof(out));
	KUNIT_ASSERT_TRUE(test, zsock_map(&zsock_four, sizeof(zsock_four), &out));
	KUNIT_EXPECT_EQ(test, AF_INET6, out.sin6_family);
	KUNIT_EXPECT_EQ(test, 4711, be16_to_cpu(out.sin6_port));
	KUNIT_EXPECT_EQ(test, 0, memcmp(&out.sin6_addr, want, 16));
	KUNIT_EXPECT_EQ(test, 0, out.sin6_scope_id);
	KUNIT_EXPECT_EQ(test, 0, out.sin6_flowinfo);
}

/* Any address: 0.0.0.0 is the IPv4 any, not the IPv6 one. */
static void zsock_map_any(struct kunit *test)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 out;

	KUNIT_ASSERT_TRUE(test, zsock_map(&in, sizeof(in), &out));
	KUNIT_EXPECT_TRUE(test, ipv6_addr_v4mapped(&out.sin6_addr));
	KUNIT_EXPECT_FALSE(test, ipv6_addr_any(&out.sin6_addr));
}

/* What is no whole IPv4 address is left to whom it is for. */
static void zsock_map_not(struct kunit *test)
{
	struct sockaddr_storage in;
	struct sockaddr_in6 out;
	int len, family;

	memcpy(&in, &zsock_four, sizeof(zsock_four));
	for (len = 0; len <= 128; len++)
		KUNIT_EXPECT_EQ(test, len >= (int)sizeof(zsock_four),
				zsock_map(&in, len, &out));
	KUNIT_EXPECT_FALSE(test, zsock_map(&in, -1, &out));
	KUNIT_EXPECT_FALSE(test, zsock_map(NULL, 0, &out));
	KUNIT_EXPECT_FALSE(test, zsock_map(NULL, 16, &out));
	for (family = 0; family < AF_MAX; family++) {
		in.ss_family = family;
		KUNIT_EXPECT_EQ(test, family == AF_INET,
				zsock_map(&in, sizeof(in), &out));
	}
}

static void zsock_unmap_four(struct kunit *test)
{
	struct sockaddr_storage addr;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&addr;

	memset(&addr, 0xa5, sizeof(addr));
	KUNIT_ASSERT_TRUE(test, zsock_map(&zsock_four, sizeof(zsock_four), sin6));
	KUNIT_EXPECT_EQ(test, (int)sizeof(zsock_four),
			zsock_unmap(&addr, sizeof(*sin6)));
	/* There and back, the padding clean. */
	KUNIT_EXPECT_EQ(test, 0, memcmp(&addr, &zsock_four, sizeof(zsock_four)));
}

static void zsock_unmap_not(struct kunit *test)
{
	static const char * const plain[] = {
		"::", "::1", "2001:db8::1", "fe80::1", "::192.168.1.5",
		"::fffe:192.168.1.5", "64:ff9b::192.168.1.5",
	};
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 }, copy;
	int i, len;

	for (i = 0; i < ARRAY_SIZE(plain); i++) {
		KUNIT_ASSERT_EQ(test, 1,
				in6_pton(plain[i], -1,
					 (u8 *)&sin6.sin6_addr, -1, NULL));
		copy = sin6;
		KUNIT_EXPECT_EQ(test, (int)sizeof(sin6),
				zsock_unmap(&sin6, sizeof(sin6)));
		KUNIT_EXPECT_EQ(test, 0, memcmp(&sin6, &copy, sizeof(sin6)));
	}
	/* Cut short by the caller's buffer, of another family, an errno. */
	KUNIT_ASSERT_TRUE(test, zsock_map(&zsock_four, sizeof(zsock_four), &sin6));
	copy = sin6;
	for (len = -EIO; len < (int)sizeof(sin6); len++)
		KUNIT_EXPECT_EQ(test, len, zsock_unmap(&sin6, len));
	KUNIT_EXPECT_EQ(test, 0, memcmp(&sin6, &copy, sizeof(sin6)));
	sin6.sin6_family = AF_INET;
	KUNIT_EXPECT_EQ(test, (int)sizeof(sin6),
			zsock_unmap(&sin6, sizeof(sin6)));
}

static struct kunit_case zsock_dual_cases[] = {
	KUNIT_CASE(zsock_map_four),
	KUNIT_CASE(zsock_map_any),
	KUNIT_CASE(zsock_map_not),
	KUNIT_CASE(zsock_unmap_four),
	KUNIT_CASE(zsock_unmap_not),
	{ }
};

struct kunit_suite zsock_dual_suite = {
	.name		= "zsock_dual",
	.test_cases	= zsock_dual_cases,
};
