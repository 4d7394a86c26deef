// SPDX-License-Identifier: GPL-2.0
/*
 * The table of numbers: every one there and back, no two of a kind the same, and
 * those that the two sides are known to differ in.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/net/socket.h>
#include <zephyr/net/zsk_numbers.h>

#include "kselftest_harness.h"

static const struct zsk_number *find(const char *name, enum zsk_number_kind kind)
{
	const struct zsk_number *n;
	size_t count;

	for (n = zsk_numbers(&count); count; n++, count--)
		if (n->kind == kind && !strcmp(n->name, name))
			return n;
	return NULL;
}

TEST(there_and_back)
{
	const struct zsk_number *n;
	size_t count, i;
	int got;

	n = zsk_numbers(&count);
	EXPECT_LT(100, count);
	for (i = 0; i < count; i++) {
		got = -12345;
		EXPECT_EQ(0, zsk_number_to_linux(n[i].kind, n[i].zephyr, &got));
		EXPECT_EQ(n[i].linux_, got) {
			TH_LOG("%s", n[i].name);
		}
		EXPECT_EQ(0, zsk_number_to_zephyr(n[i].kind, got, &got));
		EXPECT_EQ(n[i].zephyr, got) {
			TH_LOG("%s", n[i].name);
		}
	}
}

TEST(no_two_are_the_same)
{
	const struct zsk_number *n;
	size_t count, i, j;

	n = zsk_numbers(&count);
	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++) {
			if (n[i].kind != n[j].kind)
				continue;
			EXPECT_NE(n[i].zephyr, n[j].zephyr) {
				TH_LOG("%s and %s", n[i].name, n[j].name);
			}
			EXPECT_NE(n[i].linux_, n[j].linux_) {
				TH_LOG("%s and %s", n[i].name, n[j].name);
			}
			EXPECT_STRNE(n[i].name, n[j].name);
		}
}

TEST(those_that_differ)
{
	static const struct { enum zsk_number_kind kind; const char *name; int zephyr; int ours; } d[] = {
		{ ZSK_FAMILY, "AF_INET", 1, 2 },
		{ ZSK_FAMILY, "AF_INET6", 2, 10 },
		{ ZSK_FAMILY, "AF_PACKET", 3, 17 },
		{ ZSK_FAMILY, "AF_CAN", 4, 29 },
		{ ZSK_FAMILY, "AF_UNIX", 6, 1 },
		{ ZSK_OPTION_TCP, "TCP_KEEPIDLE", 2, 4 },
		{ ZSK_OPTION_TCP, "TCP_KEEPINTVL", 3, 5 },
		{ ZSK_OPTION_TCP, "TCP_KEEPCNT", 4, 6 },
		{ ZSK_OPTION_SOCKET, "SO_SOCKS5", 60, (SOL_ZSOCK << 16) | 5 },
		{ ZSK_STAMP, "SOF_TIMESTAMPING_RX_HARDWARE", 1, 4 },
		{ ZSK_STAMP, "SOF_TIMESTAMPING_TX_HARDWARE", 2, 1 },
	};
	const struct zsk_number *n;
	size_t count, i, differ = 0;

	for (i = 0; i < ARRAY_SIZE(d); i++) {
		n = find(d[i].name, d[i].kind);
		ASSERT_NE(NULL, n);
		EXPECT_EQ(d[i].zephyr, n->zephyr);
		EXPECT_EQ(d[i].ours, n->linux_);
	}
	/* And no others; the test is to be changed with the table. */
	n = zsk_numbers(&count);
	for (i = 0; i < count; i++)
		differ += n[i].zephyr != n[i].linux_;
	EXPECT_EQ(ARRAY_SIZE(d), differ);
}

TEST(masks)
{
	int got = -1;

	EXPECT_EQ(0, zsk_number_to_linux(ZSK_STAMP, 3, &got));
	EXPECT_EQ(SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_TX_HARDWARE, got);
	EXPECT_EQ(0, zsk_number_to_zephyr(ZSK_MSG, MSG_PEEK | MSG_DONTWAIT, &got));
	EXPECT_EQ(0x42, got);
	EXPECT_EQ(0, zsk_number_to_linux(ZSK_POLL, 0, &got));
	EXPECT_EQ(0, got);
	got = 77;
	EXPECT_EQ(-ENOENT, zsk_number_to_zephyr(ZSK_MSG, MSG_PEEK | MSG_NOSIGNAL, &got));
	EXPECT_EQ(-ENOENT, zsk_number_to_linux(ZSK_FAMILY, 99, &got));
	EXPECT_EQ(-ENOENT, zsk_number_to_linux((enum zsk_number_kind)999, 1, &got));
	EXPECT_EQ(-ENOENT, zsk_number_to_linux(ZSK_AI, -1, &got));
	EXPECT_EQ(77, got);
}

TEST_HARNESS_MAIN
