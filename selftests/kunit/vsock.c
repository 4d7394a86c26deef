// SPDX-License-Identifier: GPL-2.0
/* The map of the backend "vsock": addresses to contexts, and back. */
#include <net/ipv6.h>

#include "../../offload/vsock.h"
#include "suites.h"

static struct zsock_vsock_entry zsock_entry4(u32 ip, u32 bits, u32 first,
					     u32 last, u32 cid, u32 port)
{
	struct zsock_vsock_entry e = {
		.bits	= 96 + bits,
		.first	= first,
		.last	= last,
		.cid	= cid,
		.port	= port,
	};

	ipv6_addr_set_v4mapped(htonl(ip), &e.addr);
	return e;
}

static struct zsock_vsock_name zsock_name4(u32 ip, u16 port)
{
	struct zsock_vsock_name name = { .port = port };

	ipv6_addr_set_v4mapped(htonl(ip), &name.ip);
	return name;
}

static int zsock_vsock_test_init(struct kunit *test)
{
	struct zsock_vsock_map *map;

	map = kunit_kzalloc(test, sizeof(*map), GFP_KERNEL);
	if (!map)
		return -ENOMEM;
	zsock_vsock_map_init(map);
	test->priv = map;
	return 0;
}

static void zsock_vsock_test_exit(struct kunit *test)
{
	zsock_vsock_map_free(test->priv);
}

static int zsock_put(struct kunit *test, struct zsock_vsock_entry e)
{
	return zsock_vsock_map_add(test->priv, &e);
}

static void zsock_expect_to(struct kunit *test, u32 ip, u16 port, u32 cid,
			    u32 cid_port)
{
	struct zsock_vsock_name name = zsock_name4(ip, port);
	struct sockaddr_vm svm;

	KUNIT_EXPECT_TRUE(test, zsock_vsock_to(test->priv, &name, &svm));
	KUNIT_EXPECT_EQ(test, AF_VSOCK, svm.svm_family);
	KUNIT_EXPECT_EQ(test, cid, svm.svm_cid);
	KUNIT_EXPECT_EQ(test, cid_port, svm.svm_port);
}

static void zsock_expect_from(struct kunit *test, u32 cid, u32 cid_port,
			      u32 ip, u16 port)
{
	struct sockaddr_vm svm = {
		.svm_family	= AF_VSOCK,
		.svm_cid	= cid,
		.svm_port	= cid_port,
	};
	struct zsock_vsock_name name;

	zsock_vsock_from(test->priv, &svm, true, &name);
	KUNIT_EXPECT_TRUE(test, ipv6_addr_v4mapped(&name.ip));
	KUNIT_EXPECT_EQ(test, ip, ntohl(name.ip.s6_addr32[3]));
	KUNIT_EXPECT_EQ(test, port, name.port);
}

/* Longer prefixes first, then fewer ports, whatever was added first. */
static void zsock_vsock_order(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, zsock_put(test, zsock_entry4(0x0a000000, 8, 1, 65535, 3, 1)));
	KUNIT_ASSERT_EQ(test, 0, zsock_put(test, zsock_entry4(0x0a010000, 16, 1, 65535, 4, 1)));
	KUNIT_ASSERT_EQ(test, 0, zsock_put(test, zsock_entry4(0x0a000000, 8, 80, 89, 5, 8080)));
	zsock_expect_to(test, 0x0a000001, 22, 3, 22);
	zsock_expect_to(test, 0x0a010001, 80, 4, 80);
	zsock_expect_to(test, 0x0a000001, 80, 5, 8080);
	zsock_expect_to(test, 0x0a000001, 89, 5, 8089);
	zsock_expect_to(test, 0x0a000001, 90, 3, 90);
}

static void zsock_vsock_unmapped(struct kunit *test)
{
	struct zsock_vsock_name name = zsock_name4(0x0b000001, 80);
	struct sockaddr_vm svm;

	KUNIT_EXPECT_FALSE(test, zsock_vsock_map_used(test->priv));
	KUNIT_EXPECT_FALSE(test, zsock_vsock_to(test->priv, &name, &svm));
	KUNIT_ASSERT_EQ(test, 0, zsock_put(test, zsock_entry4(0x0a000000, 8, 1, 65535, 3, 1)));
	KUNIT_EXPECT_TRUE(test, zsock_vsock_map_used(test->priv));
	KUNIT_EXPECT_FALSE(test, zsock_vsock_to(test->priv, &name, &svm));
	/* 28 bits of the context and 16 of the port: documented so. */
	zsock_expect_from(test, 9, 80, 0xf0000009, 80);
	zsock_expect_from(test, 0x12345678, 0x12345, 0xf2345678, 0x2345);
}

/* The wildcard: no entry takes it but one that says so. */
static void zsock_vsock_wildcard(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, zsock_put(test, zsock_entry4(0, 0, 1, 65535, 2, 1)));
	zsock_expect_to(test, 0, 80, VMADDR_CID_ANY, 80);
	zsock_expect_to(test, 1, 80, 2, 80);
	KUNIT_ASSERT_EQ(test, 0, zsock_put(test, zsock_entry4(0, 0, 80, 80,
							      VMADDR_CID_ANY, 8080)));
	zsock_expect_to(test, 0, 80, VMADDR_CID_ANY, 8080);
	zsock_expect_to(test, 1, 80, 2, 80);
	zsock_expect_from(test, VMADDR_CID_ANY, 8080, 0, 80);
	zsock_expect_from(test, VMADDR_CID_ANY, VMADDR_PORT_ANY, 0, 0);
}

/* By the port, else by the context; with all bits of the address. */
static void zsock_vsock_names(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, zsock_put(test, zsock_entry4(0x0a000007, 8, 80, 89, 3, 8080)));
	KUNIT_ASSERT_EQ(test, 0, zsock_put(test, zsock_entry4(0x0b000001, 8, 90, 90, 3, 9090)));
	zsock_expect_from(test, 3, 8085, 0x0a000007, 85);
	zsock_expect_from(test, 3, 9090, 0x0b000001, 90);
	zsock_expect_from(test, 3, 40000, 0x0b000001, 40000);
	zsock_expect_from(test, 3, 8079, 0x0b000001, 8079);
	zsock_expect_from(test, 3, 8090, 0x0b000001, 8090);
}

/* A socket with IPv4 addresses is not told one of IPv6. */
static void zsock_vsock_families(struct kunit *test)
{
	struct zsock_vsock_entry e = {
		.addr	= IN6ADDR_LOOPBACK_INIT,
		.bits	= 128,
		.first	= 1,
		.last	= 65535,
		.cid	= 1,
		.port	= 1,
	};
	struct sockaddr_vm svm = { .svm_cid = 1, .svm_port = 80 };
	struct zsock_vsock_name name;

	KUNIT_ASSERT_EQ(test, 0, zsock_vsock_map_add(test->priv, &e));
	zsock_vsock_from(test->priv, &svm, false, &name);
	KUNIT_EXPECT_TRUE(test, ipv6_addr_loopback(&name.ip));
	zsock_expect_from(test, 1, 80, 0xf0000001, 80);
	svm.svm_cid = 7;
	zsock_vsock_from(test->priv, &svm, false, &name);
	KUNIT_EXPECT_EQ(test, 0xfd76736f, ntohl(name.ip.s6_addr32[0]));
	KUNIT_EXPECT_EQ(test, 0x636b0000, ntohl(name.ip.s6_addr32[1]));
	KUNIT_EXPECT_EQ(test, 7, ntohl(name.ip.s6_addr32[3]));
}

static void zsock_vsock_add_del(struct kunit *test)
{
	struct zsock_vsock_entry e = zsock_entry4(0x0a000001, 8, 80, 89, 3, 80);
	struct zsock_vsock_entry same = zsock_entry4(0x0a000002, 8, 80, 89, 4, 1);

	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_vsock_map_del(test->priv, &e));
	KUNIT_EXPECT_EQ(test, 0, zsock_vsock_map_add(test->priv, &e));
	KUNIT_EXPECT_EQ(test, -EEXIST, zsock_vsock_map_add(test->priv, &same));
	same.last = 90;
	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_vsock_map_del(test->priv, &same));
	same.last = 89;
	KUNIT_EXPECT_EQ(test, 0, zsock_vsock_map_del(test->priv, &same));
	KUNIT_EXPECT_FALSE(test, zsock_vsock_map_used(test->priv));
}

static void zsock_vsock_limits(struct kunit *test)
{
	int i;

	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_put(test, zsock_entry4(0, 33, 1, 1, 3, 1)));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_put(test, zsock_entry4(0, 8, 2, 1, 3, 1)));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_put(test, zsock_entry4(0, 8, 1, 65536, 3, 1)));
	/* Not even the last port may be the one that stands for any. */
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_put(test, zsock_entry4(0, 8, 1, 2, 3, U32_MAX - 1)));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_put(test, zsock_entry4(0, 8, 1, 1, 3, U32_MAX)));
	KUNIT_EXPECT_EQ(test, 0, zsock_put(test, zsock_entry4(0, 8, 1, 2, 3, U32_MAX - 2)));
	for (i = 1; i < ZSOCK_VSOCK_MAP_MAX; i++)
		KUNIT_ASSERT_EQ(test, 0, zsock_put(test, zsock_entry4(i, 32, 1, 1, 3, 1)));
	KUNIT_EXPECT_EQ(test, -ENOSPC, zsock_put(test, zsock_entry4(i, 32, 1, 1, 3, 1)));
}

static struct kunit_case zsock_vsock_cases[] = {
	KUNIT_CASE(zsock_vsock_order),
	KUNIT_CASE(zsock_vsock_unmapped),
	KUNIT_CASE(zsock_vsock_wildcard),
	KUNIT_CASE(zsock_vsock_names),
	KUNIT_CASE(zsock_vsock_families),
	KUNIT_CASE(zsock_vsock_add_del),
	KUNIT_CASE(zsock_vsock_limits),
	{ }
};

struct kunit_suite zsock_vsock_suite = {
	.name		= "zsock_vsock",
	.init		= zsock_vsock_test_init,
	.exit		= zsock_vsock_test_exit,
	.test_cases	= zsock_vsock_cases,
};
