// SPDX-License-Identifier: GPL-2.0
/* The in-kernel API: data of secure sockets in sk_buffs. */
#include <linux/skbuff.h>

#include "kpi_tls.h"

/* More than two records, and no multiple of anything. */
#define KPI_TLS_LEN	40003

static u8 kpi_tls_byte(size_t at)
{
	return at * 7 + at / 251;
}

/* The next @len bytes of the pattern, in pages or in what kmalloc() gives. */
static struct sk_buff *kpi_tls_part(struct kunit *test, size_t at, size_t len,
				    bool pages)
{
	u8 *data = kmalloc(len, GFP_KERNEL);
	struct sk_buff *skb;
	size_t i;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, data);
	for (i = 0; i < len; i++)
		data[i] = kpi_tls_byte(at + i);
	skb = alloc_skb_with_frags(pages ? 0 : len, pages ? len : 0, 0, &err,
				   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	if (pages) {
		skb->len = len;
		skb->data_len = len;
	} else {
		skb_put(skb, len);
	}
	KUNIT_EXPECT_EQ(test, 0, skb_store_bits(skb, 0, data, len));
	kfree(data);
	return skb;
}

static struct sk_buff *kpi_tls_chain(struct kunit *test)
{
	struct sk_buff *first = NULL, **last = &first;
	size_t at = 0, len;
	int i;

	for (i = 0; at < KPI_TLS_LEN; i++) {
		len = min_t(size_t, i % 2 ? 9001 : 777, KPI_TLS_LEN - at);
		*last = kpi_tls_part(test, at, len, i % 2);
		last = &(*last)->next;
		at += len;
	}
	return first;
}

/* Where the first wrong byte is, or how many there are. */
static size_t kpi_tls_right(const struct sk_buff *skb)
{
	size_t at = 0;
	int i;
	u8 byte;

	for (; skb; skb = skb->next) {
		for (i = 0; i < skb->len; i++, at++)
			if (skb_copy_bits(skb, i, &byte, 1) ||
			    byte != kpi_tls_byte(at))
				return at;
	}
	return at;
}

static int kpi_tls_sendmbuf(struct zsock_socket *so, struct sk_buff *skb,
			    int flags)
{
	size_t sent = 4711;
	int err = zsock_sendmbuf(so, NULL, skb, flags, &sent);

	return err ?: sent;
}

static int kpi_tls_receivembuf(struct zsock_socket *so, struct sk_buff **skb,
			       size_t len, int flags)
{
	int err = zsock_receivembuf(so, NULL, skb, flags, &len);

	return err ?: len;
}

/* There, and what came back again: what is shared with kTLS is only read. */
static void kpi_tls_echo(struct kunit *test, int version, int cipher)
{
	struct kpi_pair pair = kpi_tls_pair(test, version, cipher);
	struct sk_buff *skb = kpi_tls_chain(test);

	KUNIT_EXPECT_EQ(test, KPI_TLS_LEN, kpi_tls_sendmbuf(pair.client, skb,
							    0));
	KUNIT_EXPECT_EQ(test, KPI_TLS_LEN,
			kpi_tls_receivembuf(pair.server, &skb, KPI_TLS_LEN,
					    MSG_WAITALL));
	KUNIT_EXPECT_EQ(test, KPI_TLS_LEN, kpi_tls_right(skb));
	KUNIT_EXPECT_EQ(test, KPI_TLS_LEN, kpi_tls_sendmbuf(pair.server, skb,
							    0));
	KUNIT_EXPECT_EQ(test, KPI_TLS_LEN,
			kpi_tls_receivembuf(pair.client, &skb, KPI_TLS_LEN,
					    MSG_WAITALL));
	KUNIT_EXPECT_EQ(test, KPI_TLS_LEN, kpi_tls_right(skb));
	kfree_skb_list(skb);
}

static void kpi_tls_echo_12(struct kunit *test)
{
	kpi_tls_echo(test, IPPROTO_TLS_1_2, KPI_TLS_1_2_SUITE);
}

static void kpi_tls_echo_13(struct kunit *test)
{
	kpi_tls_echo(test, IPPROTO_TLS_1_3, KPI_TLS_1_3_SUITE);
}

/* A record by parts, by both ways to receive; what is given out stays. */
static void kpi_tls_parts(struct kunit *test)
{
	struct kpi_pair pair = kpi_tls_pair(test, IPPROTO_TLS_1_3, 0);
	struct sk_buff *one, *two, *skb;
	char buf[8] = { };

	KUNIT_EXPECT_EQ(test, -EAGAIN,
			kpi_tls_receivembuf(pair.server, &skb, 10,
					    MSG_DONTWAIT));
	KUNIT_EXPECT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			kpi_tls_receivembuf(pair.server, &skb, 10, MSG_PEEK));
	KUNIT_EXPECT_EQ(test, 8, kpi_send(pair.client, "abcdefgh", 8, 0));
	KUNIT_ASSERT_EQ(test, 3, kpi_tls_receivembuf(pair.server, &one, 3, 0));
	KUNIT_EXPECT_EQ(test, 2, kpi_receive(pair.server, buf, 2, 0));
	KUNIT_EXPECT_STREQ(test, "de", (char *)buf);
	KUNIT_ASSERT_EQ(test, 3, kpi_tls_receivembuf(pair.server, &two, 9, 0));
	/* Of two records at most what is there, the second's next. */
	KUNIT_EXPECT_EQ(test, 2, kpi_send(pair.client, "ij", 2, 0));
	KUNIT_EXPECT_EQ(test, 2, kpi_send(pair.client, "kl", 2, 0));
	KUNIT_ASSERT_EQ(test, 3, kpi_tls_receivembuf(pair.server, &skb, 3,
						     MSG_WAITALL));
	kfree_skb_list(skb);
	KUNIT_EXPECT_EQ(test, 1, kpi_receive(pair.server, buf, 8, 0));
	KUNIT_EXPECT_EQ(test, 'l', buf[0]);
	KUNIT_EXPECT_EQ(test, 0, skb_copy_bits(one, 0, buf, 3));
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, "abc", 3));
	KUNIT_EXPECT_EQ(test, 0, skb_copy_bits(two, 0, buf, 3));
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, "fgh", 3));
	kfree_skb_list(one);
	/* One that outlives the socket. */
	kpi_close(test, pair.server);
	KUNIT_EXPECT_EQ(test, 0, skb_copy_bits(two, 0, buf, 3));
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, "fgh", 3));
	kfree_skb_list(two);
}

/* Data before the end, then the end, by close_notify and by a reset. */
static void kpi_tls_ends(struct kunit *test)
{
	struct kpi_pair pair = kpi_tls_pair(test, IPPROTO_TLS_1_2, 0);
	struct sk_buff *skb;

	KUNIT_EXPECT_EQ(test, 3, kpi_send(pair.client, "end", 3, 0));
	kpi_close(test, pair.client);
	KUNIT_EXPECT_EQ(test, 3, kpi_tls_receivembuf(pair.server, &skb, 100,
						     MSG_WAITALL));
	kfree_skb_list(skb);
	KUNIT_EXPECT_EQ(test, 0, kpi_tls_receivembuf(pair.server, &skb, 100,
						     0));
	KUNIT_EXPECT_NULL(test, skb);

	pair = kpi_tls_pair(test, IPPROTO_TLS_1_2, 0);
	zsock_defunct(pair.client);
	KUNIT_EXPECT_EQ(test, -ECONNRESET,
			kpi_tls_receivembuf(pair.server, &skb, 100, 0));
	skb = kpi_tls_part(test, 0, 5, false);
	KUNIT_EXPECT_EQ(test, -EPIPE, kpi_tls_sendmbuf(pair.server, skb, 0));
}

/* Before the handshake there is nothing, and nothing is sent in clear. */
static void kpi_tls_before(struct kunit *test)
{
	struct zsock_socket *l, *c, *s;
	struct sockaddr_in addr;
	struct sk_buff *skb;
	char buf[64];

	l = kpi_listen(test, 4, &addr);
	c = kpi_tls_client(test, IPPROTO_TLS_1_2, KPI_TAG_CA, 0);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, kpi_connect(c, &addr, MSG_DONTWAIT));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(l, NULL, 0, 0, NULL, NULL, &s));
	kpi_own(test, s);
	/* The first byte of a ClientHello's record. */
	KUNIT_EXPECT_LT(test, 0, kpi_receive(s, buf, sizeof(buf), 0));
	KUNIT_EXPECT_EQ(test, 22, buf[0]);
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			kpi_tls_receivembuf(c, &skb, 10, MSG_DONTWAIT));
	skb = skb_get(kpi_tls_part(test, 0, 5, true));
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			kpi_tls_sendmbuf(c, skb, MSG_DONTWAIT));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&skb->users));
	kfree_skb(skb);
	while (kpi_receive(s, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	KUNIT_EXPECT_EQ(test, 5, kpi_send(s, "plain", 5, 0));
	KUNIT_EXPECT_GT(test, 0, zsock_connectwait(c, KPI_TLS_TIME));
	KUNIT_EXPECT_GE(test, 0, kpi_tls_receivembuf(c, &skb, 10,
						     MSG_DONTWAIT));
	KUNIT_EXPECT_NULL(test, skb);
}

/* Without waiting, until there is no space; and all of what was taken comes. */
static void kpi_tls_full(struct kunit *test)
{
	struct kpi_pair pair = kpi_tls_pair(test, IPPROTO_TLS_1_3, 0);
	size_t sum = 0, got = 0, sent;
	struct sk_buff *skb;
	int err, n;

	do {
		skb = kpi_tls_part(test, 0, 3000, true);
		err = zsock_sendmbuf(pair.client, NULL, skb, MSG_DONTWAIT,
				     &sent);
		sum += sent;
	} while (!err && sum < SZ_64M);
	KUNIT_EXPECT_EQ(test, -EAGAIN, err);
	zsock_shutdown(pair.client, SHUT_WR);
	while ((n = kpi_tls_receivembuf(pair.server, &skb, SZ_64K, 0)) > 0) {
		kfree_skb_list(skb);
		got += n;
	}
	KUNIT_EXPECT_EQ(test, 0, n);
	KUNIT_EXPECT_EQ(test, sum, got);
}

static struct kunit_case kpi_tls_skb_cases[] = {
	KUNIT_CASE(kpi_tls_echo_12),
	KUNIT_CASE(kpi_tls_echo_13),
	KUNIT_CASE(kpi_tls_parts),
	KUNIT_CASE(kpi_tls_ends),
	KUNIT_CASE(kpi_tls_before),
	KUNIT_CASE(kpi_tls_full),
	{ }
};

struct kunit_suite zsock_kpi_tls_skb_suite = {
	.name		= "zsock_kpi_tls_skb",
	.test_cases	= kpi_tls_skb_cases,
};
