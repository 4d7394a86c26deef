// SPDX-License-Identifier: GPL-2.0
/* The in-kernel API: data in sk_buffs. */
#include <linux/skbuff.h>

#include "kpi.h"

/* An sk_buff of a test's, to which it has a reference of its own. */
static struct sk_buff *kpi_skb_hold(struct kunit *test, struct sk_buff *skb)
{
	KUNIT_ASSERT_NOT_NULL(test, skb);
	return skb_get(skb);
}

/* Whether the other reference is gone; then this one goes, too. */
static bool kpi_skb_freed(struct sk_buff *skb)
{
	bool freed = refcount_read(&skb->users) == 1;

	kfree_skb(skb);
	return freed;
}

/* kmalloc()ed bytes. */
static struct sk_buff *kpi_skb_linear(struct kunit *test, const void *data,
				      size_t len)
{
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_data(skb, data, len);
	return skb;
}

/* A page, filled with @c, of which the test has a reference. */
static struct sk_buff *kpi_skb_page(struct kunit *test, char c, size_t len,
				    struct page **page)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);

	*page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_NOT_NULL(test, *page);
	memset(page_address(*page), c, PAGE_SIZE);
	get_page(*page);
	skb_add_rx_frag(skb, 0, *page, 0, len, PAGE_SIZE);
	return skb;
}

static int kpi_sendmbuf(struct zsock_socket *so, struct sk_buff *skb, int flags)
{
	size_t sent = 4711;
	int err = zsock_sendmbuf(so, NULL, skb, flags, &sent);

	return err ?: sent;
}

/* Bytes in all of a chain. */
static size_t kpi_chain_len(const struct sk_buff *skb)
{
	size_t len = 0;

	for (; skb; skb = skb->next)
		len += skb->len;
	return len;
}

/* ---- sending ---- */

/* Chains of every kind: kmalloc(), pages, a frag_list, several. */
static void kpi_send_kinds(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct sk_buff *a = kpi_skb_linear(test, "one", 3);
	struct page *page, *more;
	struct sk_buff *b = kpi_skb_page(test, 'p', 5, &page);
	struct sk_buff *c = kpi_skb_page(test, 'q', 4, &more);
	struct sk_buff *held[3];
	char buf[32] = { };

	a->next = b;
	skb_shinfo(b)->frag_list = c;
	b->len += c->len;
	b->data_len += c->len;
	held[0] = kpi_skb_hold(test, a);
	held[1] = kpi_skb_hold(test, b);
	held[2] = kpi_skb_hold(test, c);
	KUNIT_EXPECT_EQ(test, 12, kpi_sendmbuf(pair.client, a, 0));
	KUNIT_EXPECT_EQ(test, 12, kpi_receive(pair.server, buf, 12,
					      MSG_WAITALL));
	KUNIT_EXPECT_STREQ(test, "onepppppqqqq", (char *)buf);
	KUNIT_EXPECT_TRUE(test, kpi_skb_freed(held[0]));
	KUNIT_EXPECT_TRUE(test, kpi_skb_freed(held[1]));
	KUNIT_EXPECT_TRUE(test, kpi_skb_freed(held[2]));
	put_page(page);
	put_page(more);
}

/* More parts than one call takes. */
static void kpi_send_many(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct sk_buff *first = NULL, **last = &first;
	struct page *page;
	char buf[300];
	int i;

	for (i = 0; i < 100; i++) {
		*last = i % 3 ? kpi_skb_page(test, 'a', 3, &page) :
				kpi_skb_linear(test, "aaa", 3);
		if (i % 3)
			put_page(page);
		last = &(*last)->next;
	}
	KUNIT_EXPECT_EQ(test, 300, kpi_sendmbuf(pair.client, first, 0));
	KUNIT_EXPECT_EQ(test, 300, kpi_receive(pair.server, buf, 300,
					       MSG_WAITALL));
	for (i = 0; i < 300 && buf[i] == 'a'; i++)
		;
	KUNIT_EXPECT_EQ(test, 300, i);
}

/* The chain is gone whatever happens. */
static void kpi_send_consumes(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	struct sk_buff *skb;
	size_t n, sent;

	skb = kpi_skb_linear(test, "x", 1);
	kpi_skb_hold(test, skb);
	KUNIT_EXPECT_EQ(test, -EPIPE, kpi_sendmbuf(so, skb, 0));
	KUNIT_EXPECT_TRUE(test, kpi_skb_freed(skb));

	n = kpi_fill(test, pair.client);
	skb = kpi_skb_linear(test, "x", 1);
	kpi_skb_hold(test, skb);
	sent = 4711;
	KUNIT_EXPECT_EQ(test, -EAGAIN, zsock_sendmbuf(pair.client, NULL, skb,
						      MSG_DONTWAIT, &sent));
	KUNIT_EXPECT_EQ(test, 0, sent);
	KUNIT_EXPECT_TRUE(test, kpi_skb_freed(skb));
	KUNIT_EXPECT_EQ(test, n, kpi_drain(test, pair.server, n));

	zsock_defunct(pair.client);
	skb = kpi_skb_linear(test, "x", 1);
	kpi_skb_hold(test, skb);
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, kpi_sendmbuf(pair.client, skb, 0));
	KUNIT_EXPECT_TRUE(test, kpi_skb_freed(skb));
	KUNIT_EXPECT_EQ(test, 0, kpi_sendmbuf(pair.server, NULL, 0));
}

/* ---- both ---- */

/* The page that is sent is the page that comes. */
static void kpi_no_copy(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct sk_buff *skb;
	struct page *page;
	size_t len = SZ_64K;

	skb = kpi_skb_page(test, 'z', PAGE_SIZE, &page);
	KUNIT_EXPECT_EQ(test, (int)PAGE_SIZE, kpi_sendmbuf(pair.client, skb, 0));
	KUNIT_ASSERT_EQ(test, 0, zsock_receivembuf(pair.server, NULL, &skb, 0,
						   &len));
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, PAGE_SIZE, len);
	KUNIT_EXPECT_EQ(test, PAGE_SIZE, kpi_chain_len(skb));
	KUNIT_ASSERT_EQ(test, 1, skb_shinfo(skb)->nr_frags);
	KUNIT_EXPECT_PTR_EQ(test, page,
			    skb_frag_page(&skb_shinfo(skb)->frags[0]));
	/* And back again, as an echo server does. */
	KUNIT_EXPECT_EQ(test, (int)PAGE_SIZE, kpi_sendmbuf(pair.server, skb, 0));
	len = SZ_64K;
	KUNIT_ASSERT_EQ(test, 0, zsock_receivembuf(pair.client, NULL, &skb, 0,
						   &len));
	KUNIT_EXPECT_PTR_EQ(test, page,
			    skb_frag_page(&skb_shinfo(skb)->frags[0]));
	kfree_skb_list(skb);
	put_page(page);
}

/* ---- receiving ---- */

static void kpi_receive_parts(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct sk_buff *skb;
	char buf[8] = { };
	size_t len = 3;

	KUNIT_EXPECT_EQ(test, 8, kpi_send(pair.client, "abcdefgh", 8, 0));
	KUNIT_ASSERT_EQ(test, 0, zsock_receivembuf(pair.server, NULL, &skb, 0,
						   &len));
	KUNIT_EXPECT_EQ(test, 3, len);
	KUNIT_EXPECT_EQ(test, 3, kpi_chain_len(skb));
	KUNIT_EXPECT_EQ(test, 0, skb_copy_bits(skb, 0, buf, 3));
	KUNIT_EXPECT_STREQ(test, "abc", (char *)buf);
	kfree_skb_list(skb);
	/* What was left begins in the middle of TCP's. */
	len = 100;
	KUNIT_ASSERT_EQ(test, 0, zsock_receivembuf(pair.server, NULL, &skb, 0,
						   &len));
	KUNIT_EXPECT_EQ(test, 5, len);
	KUNIT_EXPECT_EQ(test, 0, skb_copy_bits(skb, 0, buf, 5));
	KUNIT_EXPECT_STREQ(test, "defgh", (char *)buf);
	kfree_skb_list(skb);

	len = 100;
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			zsock_receivembuf(pair.server, NULL, &skb, MSG_DONTWAIT,
					  &len));
	KUNIT_EXPECT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, 0, len);
}

static int kpi_late_sender(void *so)
{
	msleep(30);
	kpi_send(so, "1234", 4, 0);
	msleep(30);
	kpi_send(so, "5678", 4, 0);
	return 0;
}

static void kpi_receive_waits(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct task_struct *task;
	struct sk_buff *skb;
	size_t len = 8;

	task = kthread_create(kpi_late_sender, pair.client, "kpi_sender");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	wake_up_process(task);
	KUNIT_EXPECT_EQ(test, 0, zsock_receivembuf(pair.server, NULL, &skb,
						   MSG_WAITALL, &len));
	KUNIT_EXPECT_EQ(test, 8, len);
	KUNIT_EXPECT_EQ(test, 8, kpi_chain_len(skb));
	kfree_skb_list(skb);
	/* The end of the stream, and of who sent what came before it. */
	kthread_stop_put(task);
	kpi_close(test, pair.client);
	len = 8;
	KUNIT_EXPECT_EQ(test, 0, zsock_receivembuf(pair.server, NULL, &skb, 0,
						   &len));
	KUNIT_EXPECT_EQ(test, 0, len);
	KUNIT_EXPECT_NULL(test, skb);
}

static void kpi_receive_errors(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	struct sk_buff *skb = (void *)1;
	size_t len = 0;

	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_receivembuf(pair.server, NULL,
							 &skb, 0, &len));
	KUNIT_EXPECT_NULL(test, skb);
	len = 1;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			zsock_receivembuf(pair.server, NULL, &skb, MSG_PEEK,
					  &len));
	len = 1;
	KUNIT_EXPECT_EQ(test, -ENOTCONN,
			zsock_receivembuf(so, NULL, &skb, MSG_DONTWAIT, &len));
	len = 1;
	KUNIT_EXPECT_EQ(test, -ENOTCONN,
			zsock_receivembuf(pair.listener, NULL, &skb,
					  MSG_DONTWAIT, &len));
	zsock_defunct(pair.client);
	len = 1;
	KUNIT_EXPECT_EQ(test, -ECONNRESET,
			zsock_receivembuf(pair.server, NULL, &skb, 0, &len));
	/* Told once. */
	len = 1;
	KUNIT_EXPECT_EQ(test, 0,
			zsock_receivembuf(pair.server, NULL, &skb, 0, &len));
	KUNIT_EXPECT_EQ(test, 0, len);
}

static void kpi_waits_in_time(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct __kernel_sock_timeval tv = { .tv_usec = 50000 };
	unsigned long begun = jiffies;
	struct sk_buff *skb;
	size_t len = 8;

	KUNIT_ASSERT_EQ(test, 0, zsock_setsockopt(pair.client, SOL_SOCKET,
						  SO_RCVTIMEO_NEW, &tv,
						  sizeof(tv)));
	KUNIT_EXPECT_EQ(test, -EAGAIN, zsock_receivembuf(pair.client, NULL,
							 &skb, 0, &len));
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, begun + HZ / 50));
}

/* ---- datagrams ---- */

static void kpi_skb_dgram(struct kunit *test, int domain)
{
	struct zsock_socket *a = kpi_open(test, domain, SOCK_DGRAM, 0);
	struct zsock_socket *b = kpi_open(test, AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in addr = kpi_bind(test, a), own;
	struct sockaddr_storage from = { };
	struct msghdr to = { .msg_name = &addr, .msg_namelen = sizeof(addr) };
	struct msghdr msg = { .msg_name = &from };
	struct sk_buff *skb, *held;
	struct page *page;
	size_t len = 100, sent;
	char buf[8] = { };

	/* A chain is one datagram. */
	own = kpi_bind(test, b);
	skb = kpi_skb_linear(test, "ab", 2);
	skb->next = kpi_skb_page(test, 'c', 3, &page);
	held = kpi_skb_hold(test, skb);
	KUNIT_EXPECT_EQ(test, 0, zsock_sendmbuf(b, &to, skb, 0, &sent));
	KUNIT_EXPECT_EQ(test, 5, sent);
	KUNIT_EXPECT_TRUE(test, kpi_skb_freed(held));
	put_page(page);
	KUNIT_ASSERT_EQ(test, 0, zsock_receivembuf(a, &msg, &skb, 0, &len));
	KUNIT_EXPECT_EQ(test, 5, len);
	KUNIT_EXPECT_EQ(test, 5, skb->len);
	KUNIT_EXPECT_NULL(test, skb->next);
	KUNIT_EXPECT_NULL(test, skb->dev);
	KUNIT_EXPECT_EQ(test, 0, skb_copy_bits(skb, 0, buf, 5));
	KUNIT_EXPECT_STREQ(test, "abccc", (char *)buf);
	kfree_skb_list(skb);
	KUNIT_EXPECT_EQ(test, (int)sizeof(own), msg.msg_namelen);
	KUNIT_EXPECT_EQ(test, 0, memcmp(&own, &from, sizeof(own)));

	/* An empty one; then one that is longer than what is wanted. */
	KUNIT_EXPECT_EQ(test, 0, zsock_sendmbuf(b, &to,
						kpi_skb_linear(test, "", 0), 0,
						&sent));
	len = 100;
	KUNIT_ASSERT_EQ(test, 0, zsock_receivembuf(a, NULL, &skb, MSG_DONTWAIT,
						   &len));
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, 0, len);
	kfree_skb_list(skb);
	KUNIT_EXPECT_EQ(test, 0, zsock_sendmbuf(b, &to,
						kpi_skb_linear(test, "abc", 3),
						0, NULL));
	len = 2;
	KUNIT_ASSERT_EQ(test, 0, zsock_receivembuf(a, &msg, &skb, 0, &len));
	KUNIT_EXPECT_EQ(test, 2, len);
	KUNIT_EXPECT_TRUE(test, msg.msg_flags & MSG_TRUNC);
	kfree_skb_list(skb);
	len = 2;
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			zsock_receivembuf(a, &msg, &skb, MSG_DONTWAIT, &len));
}

static void kpi_skb_dgram_inet(struct kunit *test)
{
	kpi_skb_dgram(test, AF_INET);
}

static void kpi_skb_dgram_any(struct kunit *test)
{
	kpi_skb_dgram(test, 0);
}

static void kpi_skb_dgram_errors(struct kunit *test)
{
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_DGRAM, 0);
	struct sk_buff *skb = NULL, **last = &skb;
	struct page *page;
	int i;

	for (i = 0; i < 17; i++) {
		*last = kpi_skb_page(test, 'x', PAGE_SIZE, &page);
		put_page(page);
		last = &(*last)->next;
	}
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, kpi_sendmbuf(so, skb, 0));
	KUNIT_EXPECT_EQ(test, -EDESTADDRREQ,
			kpi_sendmbuf(so, kpi_skb_linear(test, "x", 1), 0));
}

static struct kunit_case kpi_skb_cases[] = {
	KUNIT_CASE(kpi_send_kinds),
	KUNIT_CASE(kpi_send_many),
	KUNIT_CASE(kpi_send_consumes),
	KUNIT_CASE(kpi_no_copy),
	KUNIT_CASE(kpi_receive_parts),
	KUNIT_CASE(kpi_receive_waits),
	KUNIT_CASE(kpi_receive_errors),
	KUNIT_CASE(kpi_waits_in_time),
	KUNIT_CASE(kpi_skb_dgram_inet),
	KUNIT_CASE(kpi_skb_dgram_any),
	KUNIT_CASE(kpi_skb_dgram_errors),
	{ }
};

struct kunit_suite zsock_kpi_skb_suite = {
	.name		= "zsock_kpi_skb",
	.test_cases	= kpi_skb_cases,
};
