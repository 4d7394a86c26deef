// SPDX-License-Identifier: GPL-2.0
/* The tables of calls: one for each kind of inner socket, and what is in them. */
#include <net/inet_common.h>

#include "suites.h"

static int zsock_overrides;
static int zsock_belows;

static int zsock_kunit_getname(struct socket *sock, struct sockaddr *addr,
			       int peer)
{
	return -EIO;
}

static void zsock_kunit_override(struct proto_ops *ops)
{
	zsock_overrides++;
	ops->getname = zsock_kunit_getname;
}

static void zsock_kunit_below(const struct zsock_backend *backend,
			      struct proto_ops *ops)
{
	zsock_belows++;
	ops->getname = zsock_kunit_getname;
	ops->listen = sock_no_listen;
}

static const struct zsock_backend zsock_kunit_none = { .name = "k-none" };
static const struct zsock_backend zsock_kunit_under = {
	.name		= "k-under",
	.override	= zsock_kunit_below,
};

static const struct zsock_proto zsock_kunit_plain = { .name = "k-plain" };
static const struct zsock_proto zsock_kunit_over = {
	.name		= "k-over",
	.override	= zsock_kunit_override,
};

static int zsock_table_test_init(struct kunit *test)
{
	struct zsock_handler *handler;

	handler = kunit_kzalloc(test, sizeof(*handler), GFP_KERNEL);
	if (!handler)
		return -ENOMEM;
	handler->proto = &zsock_kunit_plain;
	INIT_LIST_HEAD(&handler->tables);
	zsock_overrides = 0;
	zsock_belows = 0;
	test->priv = handler;
	return 0;
}

static void zsock_table_test_exit(struct kunit *test)
{
	if (test->priv)
		zsock_tables_free(test->priv);
}

static int zsock_tables(const struct zsock_handler *handler)
{
	struct list_head *at;
	int n = 0;

	list_for_each(at, &handler->tables)
		n++;
	return n;
}

static void zsock_table_same(struct kunit *test)
{
	struct zsock_handler *handler = test->priv;
	const struct zsock_table *t, *u;

	t = zsock_table_get(handler, &zsock_kunit_none, &inet_stream_ops, false, false);
	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_EXPECT_PTR_EQ(test, t, zsock_table_get(handler, &zsock_kunit_none, &inet_stream_ops,
						     false, false));
	/* Other calls, or the same with other flags, are another kind. */
	u = zsock_table_get(handler, &zsock_kunit_none, &inet_dgram_ops, false, false);
	KUNIT_EXPECT_PTR_NE(test, t, u);
	KUNIT_EXPECT_PTR_NE(test, t, zsock_table_get(handler, &zsock_kunit_none, &inet_stream_ops,
						     true, false));
	KUNIT_EXPECT_PTR_NE(test, t, zsock_table_get(handler, &zsock_kunit_none, &inet_stream_ops,
						     false, true));
	KUNIT_EXPECT_EQ(test, 4, zsock_tables(handler));
	KUNIT_EXPECT_PTR_EQ(test, u, zsock_table_get(handler, &zsock_kunit_none, &inet_dgram_ops,
						     false, false));
	KUNIT_EXPECT_EQ(test, 4, zsock_tables(handler));
}

/* By what is in it, not where it is: modules come and go. */
static void zsock_table_by_contents(struct kunit *test)
{
	struct zsock_handler *handler = test->priv;
	const struct zsock_table *t;
	struct proto_ops *ops;

	ops = kunit_kmalloc(test, sizeof(*ops), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ops);
	*ops = inet_stream_ops;
	t = zsock_table_get(handler, &zsock_kunit_none, &inet_stream_ops, false, false);
	KUNIT_EXPECT_PTR_EQ(test, t, zsock_table_get(handler, &zsock_kunit_none,
						     ops, false, false));
	ops->getname = zsock_kunit_getname;
	KUNIT_EXPECT_PTR_NE(test, t, zsock_table_get(handler, &zsock_kunit_none,
						     ops, false, false));
	ops->getname = inet_stream_ops.getname;
	KUNIT_EXPECT_PTR_EQ(test, t, zsock_table_get(handler, &zsock_kunit_none,
						     ops, false, false));
	/* An owner of the same functions that came anew is another one. */
	ops->owner = ERR_PTR(-1);
	KUNIT_EXPECT_PTR_NE(test, t, zsock_table_get(handler, &zsock_kunit_none,
						     ops, false, false));
}

/* Ours on top, everything else the very function of the inner socket. */
static void zsock_table_contents(struct kunit *test)
{
	const struct proto_ops *inner = &inet_stream_ops;
	const struct proto_ops *ops;
	const struct zsock_table *t;

	t = zsock_table_get(test->priv, &zsock_kunit_none, inner, false, false);
	KUNIT_ASSERT_NOT_NULL(test, t);
	ops = &t->ops;
	KUNIT_EXPECT_TRUE(test, zsock_ops_ours(ops));
	KUNIT_EXPECT_FALSE(test, zsock_ops_ours(inner));
	KUNIT_EXPECT_FALSE(test, zsock_ops_ours(&t->orig));
	KUNIT_EXPECT_EQ(test, 0, memcmp(&t->orig, inner, sizeof(*inner)));

	KUNIT_EXPECT_TRUE(test, ops->release != inner->release);
	KUNIT_EXPECT_TRUE(test, ops->connect != inner->connect);
	KUNIT_EXPECT_TRUE(test, ops->accept != inner->accept);
	KUNIT_EXPECT_TRUE(test, ops->setsockopt != inner->setsockopt);
	KUNIT_EXPECT_TRUE(test, ops->getsockopt != inner->getsockopt);
	KUNIT_EXPECT_NOT_NULL(test, (void *)ops->show_fdinfo);

	KUNIT_EXPECT_TRUE(test, ops->bind == inner->bind);
	KUNIT_EXPECT_TRUE(test, ops->getname == inner->getname);
	KUNIT_EXPECT_TRUE(test, ops->poll == inner->poll);
	KUNIT_EXPECT_TRUE(test, ops->ioctl == inner->ioctl);
	KUNIT_EXPECT_TRUE(test, ops->gettstamp == inner->gettstamp);
	KUNIT_EXPECT_TRUE(test, ops->listen == inner->listen);
	KUNIT_EXPECT_TRUE(test, ops->shutdown == inner->shutdown);
	KUNIT_EXPECT_TRUE(test, ops->sendmsg == inner->sendmsg);
	KUNIT_EXPECT_TRUE(test, ops->recvmsg == inner->recvmsg);
	KUNIT_EXPECT_TRUE(test, ops->mmap == inner->mmap);
	KUNIT_EXPECT_TRUE(test, ops->splice_read == inner->splice_read);
	KUNIT_EXPECT_TRUE(test, ops->splice_eof == inner->splice_eof);
	KUNIT_EXPECT_TRUE(test, ops->peek_len == inner->peek_len);
	KUNIT_EXPECT_TRUE(test, ops->read_sock == inner->read_sock);
	KUNIT_EXPECT_TRUE(test, ops->read_skb == inner->read_skb);
	KUNIT_EXPECT_TRUE(test, ops->sendmsg_locked == inner->sendmsg_locked);
}

/* Addresses are mapped in both directions, and nothing else changes. */
static void zsock_table_dual(struct kunit *test)
{
	const struct proto_ops *inner = &inet_stream_ops;
	const struct proto_ops *ops;

	ops = &zsock_table_get(test->priv, &zsock_kunit_none, inner, true, false)->ops;
	KUNIT_EXPECT_TRUE(test, ops->bind != inner->bind);
	KUNIT_EXPECT_TRUE(test, ops->getname != inner->getname);
	KUNIT_EXPECT_TRUE(test, ops->sendmsg != inner->sendmsg);
	KUNIT_EXPECT_TRUE(test, ops->recvmsg != inner->recvmsg);
	KUNIT_EXPECT_TRUE(test, ops->poll == inner->poll);
	KUNIT_EXPECT_TRUE(test, ops->listen == inner->listen);
}

/* A kind of socket that cannot accept says so itself, without a child made. */
static void zsock_table_no_accept(struct kunit *test)
{
	const struct zsock_table *t;

	t = zsock_table_get(test->priv, &zsock_kunit_none, &inet_dgram_ops, false, false);
	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_EXPECT_TRUE(test, t->ops.accept == sock_no_accept);
}

static void zsock_table_override(struct kunit *test)
{
	struct zsock_handler *handler = test->priv;
	const struct zsock_table *t;
	int i;

	handler->proto = &zsock_kunit_over;
	for (i = 0; i < 3; i++)
		t = zsock_table_get(handler, &zsock_kunit_none, &inet_stream_ops, false, false);
	KUNIT_EXPECT_EQ(test, 1, zsock_overrides);
	KUNIT_EXPECT_TRUE(test, t->ops.getname == zsock_kunit_getname);
	KUNIT_EXPECT_TRUE(test, t->orig.getname == inet_stream_ops.getname);
	zsock_table_get(handler, &zsock_kunit_none, &inet_dgram_ops, false, false);
	KUNIT_EXPECT_EQ(test, 2, zsock_overrides);
}

/* A backend's calls are below the handler's and what maps addresses. */
static void zsock_table_backend(struct kunit *test)
{
	struct zsock_handler *handler = test->priv;
	const struct proto_ops *inner = &inet_stream_ops;
	const struct zsock_table *t, *u;

	t = zsock_table_get(handler, &zsock_kunit_under, inner, false, false);
	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_EXPECT_GT(test, zsock_belows, 0);
	KUNIT_EXPECT_TRUE(test, t->orig.getname == inner->getname);
	KUNIT_EXPECT_TRUE(test, t->base.getname == zsock_kunit_getname);
	KUNIT_EXPECT_TRUE(test, t->inner.getname == zsock_kunit_getname);
	KUNIT_EXPECT_TRUE(test, t->ops.listen == sock_no_listen);
	KUNIT_EXPECT_TRUE(test, t->ops.bind == inner->bind);

	u = zsock_table_get(handler, &zsock_kunit_under, inner, true, false);
	KUNIT_ASSERT_NOT_NULL(test, u);
	KUNIT_EXPECT_TRUE(test, u->base.getname == zsock_kunit_getname);
	KUNIT_EXPECT_TRUE(test, u->inner.getname != zsock_kunit_getname);
	KUNIT_EXPECT_TRUE(test, u->ops.listen == sock_no_listen);
}

/* The same inner socket from two backends, and one's table found again. */
static void zsock_table_backends(struct kunit *test)
{
	struct zsock_handler *handler = test->priv;
	const struct proto_ops *inner = &inet_stream_ops;
	const struct zsock_table *t, *u;

	t = zsock_table_get(handler, &zsock_kunit_none, inner, false, false);
	u = zsock_table_get(handler, &zsock_kunit_under, inner, false, false);
	KUNIT_EXPECT_PTR_NE(test, t, u);
	KUNIT_EXPECT_PTR_EQ(test, u, zsock_table_get(handler, &zsock_kunit_under,
						     inner, false, false));
	KUNIT_EXPECT_PTR_EQ(test, t, zsock_table_get(handler, &zsock_kunit_none,
						     inner, false, false));
	KUNIT_EXPECT_EQ(test, 2, zsock_tables(handler));
	KUNIT_EXPECT_TRUE(test, t->base.getname == inner->getname);
}

/* The tables of one handler are not another's. */
static void zsock_table_of_handler(struct kunit *test)
{
	struct zsock_handler other = { .proto = &zsock_kunit_over };
	const struct zsock_table *t, *u;

	INIT_LIST_HEAD(&other.tables);
	t = zsock_table_get(test->priv, &zsock_kunit_none, &inet_stream_ops, false, false);
	u = zsock_table_get(&other, &zsock_kunit_none, &inet_stream_ops, false, false);
	KUNIT_EXPECT_PTR_NE(test, t, u);
	zsock_tables_free(&other);
	KUNIT_EXPECT_TRUE(test, list_empty(&other.tables));
}

/* ---- replacing one ---- */

struct zsock_retabler {
	struct work_struct	work;
	struct completion	done;
	struct zsock_sock	*zs;
};

/* As names do it: other calls, and what else is true of the table stays so. */
static void zsock_retabler_work(struct work_struct *work)
{
	struct zsock_retabler *r = container_of(work, struct zsock_retabler,
						work);
	const struct zsock_table *old = zsock_retable_begin(r->zs);

	zsock_retable_end(r->zs, zsock_table_via(r->zs->handler, old, old->via));
	complete(&r->done);
}

/* Two at once, which hold different locks: the second finds what the first has put there. */
static void zsock_table_replaced(struct kunit *test)
{
	struct zsock_handler *handler = test->priv;
	struct socket *sock = kunit_kzalloc(test, sizeof(*sock), GFP_KERNEL);
	struct zsock_sock *zs = kunit_kzalloc(test, sizeof(*zs), GFP_KERNEL);
	const struct zsock_table *none, *tunnel;
	struct zsock_retabler r = { .zs = zs };

	KUNIT_ASSERT_NOT_NULL(test, sock);
	KUNIT_ASSERT_NOT_NULL(test, zs);
	none = zsock_table_get(handler, &zsock_kunit_none, &inet_stream_ops, false, false);
	KUNIT_ASSERT_NOT_NULL(test, none);
	zs->handler = handler;
	zs->sock = sock;
	zs->table = none;

	INIT_WORK_ONSTACK(&r.work, zsock_retabler_work);
	init_completion(&r.done);
	KUNIT_EXPECT_PTR_EQ(test, none, zsock_retable_begin(zs));
	schedule_work(&r.work);
	KUNIT_EXPECT_EQ(test, 0, wait_for_completion_timeout(&r.done, HZ / 10));
	tunnel = zsock_table_via(handler, none, ZSOCK_VIA_TUNNEL);
	KUNIT_EXPECT_PTR_NE(test, none, tunnel);
	KUNIT_EXPECT_EQ(test, 0, zsock_retable_end(zs, tunnel));
	flush_work(&r.work);
	destroy_work_on_stack(&r.work);
	KUNIT_EXPECT_PTR_EQ(test, tunnel, zs->table);
	KUNIT_EXPECT_PTR_EQ(test, &tunnel->ops, sock->ops);

	/* No memory: as it was, and nobody is kept out. */
	KUNIT_EXPECT_PTR_EQ(test, tunnel, zsock_retable_begin(zs));
	KUNIT_EXPECT_EQ(test, -ENOMEM, zsock_retable_end(zs, NULL));
	KUNIT_EXPECT_PTR_EQ(test, tunnel, zs->table);
	KUNIT_EXPECT_PTR_EQ(test, tunnel, zsock_retable_begin(zs));
	KUNIT_EXPECT_EQ(test, 0, zsock_retable_end(zs, none));
	KUNIT_EXPECT_PTR_EQ(test, none, zs->table);
}

static struct kunit_case zsock_table_cases[] = {
	KUNIT_CASE(zsock_table_same),
	KUNIT_CASE(zsock_table_by_contents),
	KUNIT_CASE(zsock_table_contents),
	KUNIT_CASE(zsock_table_dual),
	KUNIT_CASE(zsock_table_backend),
	KUNIT_CASE(zsock_table_backends),
	KUNIT_CASE(zsock_table_no_accept),
	KUNIT_CASE(zsock_table_override),
	KUNIT_CASE(zsock_table_of_handler),
	KUNIT_CASE(zsock_table_replaced),
	{ }
};

struct kunit_suite zsock_table_suite = {
	.name		= "zsock_table",
	.init		= zsock_table_test_init,
	.exit		= zsock_table_test_exit,
	.test_cases	= zsock_table_cases,
};
