// SPDX-License-Identifier: GPL-2.0
/* SOL_SOCKET options kept until dispatch. */
#include <linux/net_tstamp.h>

#include "suites.h"

static int zsock_options_test_init(struct kunit *test)
{
	test->priv = zsock_kunit_socket(test, &init_net, SOCK_STREAM, AF_INET,
					0);
	return 0;
}

static int zsock_set(struct socket *sock, int name, void *value, int len)
{
	return sock->ops->setsockopt(sock, SOL_SOCKET, name,
				     KERNEL_SOCKPTR(value), len);
}

static int zsock_set_int(struct socket *sock, int name, int value)
{
	return zsock_set(sock, name, &value, sizeof(value));
}

static struct zsock_option *zsock_kept(struct socket *sock, int name)
{
	struct zsock_option *opt;

	list_for_each_entry(opt, &zsock_sk(sock)->fresh->options, list)
		if (opt->name == name)
			return opt;
	return NULL;
}

static int zsock_kept_count(struct socket *sock)
{
	struct list_head *at;
	int n = 0;

	list_for_each(at, &zsock_sk(sock)->fresh->options)
		n++;
	return n;
}

/* As much is kept of a value as matters, whatever was given. */
static void zsock_option_sizes(struct kunit *test)
{
	static const struct {
		int name;
		int kept;
		unsigned int len;
	} sizes[] = {
		{ SO_KEEPALIVE, SO_KEEPALIVE, sizeof(int) },
		{ SO_MARK, SO_MARK, sizeof(int) },
		{ SO_LINGER, SO_LINGER, sizeof(struct linger) },
		{ SO_RCVTIMEO_NEW, SO_RCVTIMEO_NEW, 16 },
		{ SO_SNDTIMEO_NEW, SO_SNDTIMEO_NEW, 16 },
		{ SO_RCVTIMEO_OLD, SO_RCVTIMEO_NEW, 16 },
		{ SO_TXTIME, SO_TXTIME, sizeof(struct sock_txtime) },
		{ SO_MAX_PACING_RATE, SO_MAX_PACING_RATE, sizeof(long) },
		{ SO_TIMESTAMPING_NEW, SO_TIMESTAMPING_NEW,
		  sizeof(struct so_timestamping) },
		{ SO_BINDTOIFINDEX, SO_BINDTOIFINDEX, sizeof(int) },
	};
	struct socket *sock = test->priv;
	struct zsock_option *opt;
	char value[64] = { };
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ_MSG(test, 0, zsock_set(sock, sizes[i].name,
						       value, sizeof(value)),
				    "option %d", sizes[i].name);
		opt = zsock_kept(sock, sizes[i].kept);
		KUNIT_ASSERT_NOT_NULL(test, opt);
		KUNIT_EXPECT_EQ_MSG(test, sizes[i].len, opt->len, "option %d",
				    sizes[i].name);
		KUNIT_EXPECT_LE(test, opt->len, sizeof(opt->value));
	}
}

/* What is refused is not kept, and what was kept stands. */
static void zsock_option_refused(struct kunit *test)
{
	struct socket *sock = test->priv;
	struct zsock_option *opt;
	u16 half = 7;

	KUNIT_EXPECT_EQ(test, 0, zsock_set_int(sock, SO_PRIORITY, 3));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, SO_PRIORITY, &half, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, SO_KEEPALIVE, &half, 0));
	KUNIT_EXPECT_EQ(test, -ENOPROTOOPT, zsock_set_int(sock, 4711, 1));
	KUNIT_EXPECT_EQ(test, -ENOPROTOOPT, zsock_set_int(sock, SO_TYPE, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set_int(sock, SO_BUSY_POLL, -1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set_int(sock, SO_BINDTOIFINDEX, -1));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			zsock_set(sock, SO_BINDTODEVICE, "nodev", 6));
	KUNIT_EXPECT_EQ(test, 1, zsock_kept_count(sock));
	opt = zsock_kept(sock, SO_PRIORITY);
	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_EXPECT_EQ(test, 3, *(int *)opt->value);
}

static void zsock_option_last_wins(struct kunit *test)
{
	struct socket *sock = test->priv;
	int i;

	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, 0, zsock_set_int(sock, SO_PRIORITY, i % 7));
		KUNIT_ASSERT_EQ(test, 0, zsock_set_int(sock, SO_KEEPALIVE, i & 1));
	}
	KUNIT_EXPECT_EQ(test, 2, zsock_kept_count(sock));
	KUNIT_EXPECT_EQ(test, 99 % 7,
			*(int *)zsock_kept(sock, SO_PRIORITY)->value);
	KUNIT_EXPECT_EQ(test, 1, *(int *)zsock_kept(sock, SO_KEEPALIVE)->value);
	/* In the order of their last setting. */
	KUNIT_ASSERT_EQ(test, 0, zsock_set_int(sock, SO_PRIORITY, 5));
	KUNIT_EXPECT_PTR_EQ(test, zsock_kept(sock, SO_PRIORITY),
			    list_last_entry(&zsock_sk(sock)->fresh->options,
					    struct zsock_option, list));
}

/* Those that act on the inner socket, and so have it made. */
static bool zsock_dispatches(int name)
{
	switch (name) {
	case SO_ATTACH_FILTER:
	case SO_ATTACH_BPF:
	case SO_DETACH_FILTER:
	case SO_LOCK_FILTER:
	case SO_ATTACH_REUSEPORT_CBPF:
	case SO_ATTACH_REUSEPORT_EBPF:
	case SO_DETACH_REUSEPORT_BPF:
	case SO_RESERVE_MEM:
#ifdef SO_DEVMEM_DONTNEED
	case SO_DEVMEM_DONTNEED:
#endif
		return true;
	}
	return false;
}

/* Every number there is, over and over: no more are kept than there are. */
static void zsock_option_bounded(struct kunit *test)
{
	struct socket *sock = test->priv;
	char value[32] = { };
	int round, name, n = 0;

	for (round = 0; round < 5; round++) {
		for (name = 0; name < 200; name++)
			if (!zsock_dispatches(name))
				zsock_set(sock, name, value, sizeof(value));
		if (!round)
			n = zsock_kept_count(sock);
		KUNIT_EXPECT_EQ(test, n, zsock_kept_count(sock));
	}
	KUNIT_EXPECT_NULL(test, (void *)zsock_table(zsock_sk(sock)));
	KUNIT_EXPECT_GT(test, n, 20);
	KUNIT_EXPECT_LT(test, n, 60);
}

/* The form that replay understands, whoever replays. */
static void zsock_option_timeouts(struct kunit *test)
{
	struct __kernel_old_timeval old = { .tv_sec = 5, .tv_usec = 250000 };
	struct __kernel_sock_timeval new;
	struct socket *sock = test->priv;
	struct zsock_option *opt;

	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, SO_RCVTIMEO_OLD, &old,
					   sizeof(old)));
	KUNIT_EXPECT_NULL(test, zsock_kept(sock, SO_RCVTIMEO_OLD));
	opt = zsock_kept(sock, SO_RCVTIMEO_NEW);
	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_ASSERT_EQ(test, sizeof(new), opt->len);
	memcpy(&new, opt->value, sizeof(new));
	KUNIT_EXPECT_EQ(test, 5, new.tv_sec);
	KUNIT_EXPECT_EQ(test, 250000, new.tv_usec);

	/* Old and new are one option, of which the last value counts. */
	new.tv_sec = 9;
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, SO_RCVTIMEO_NEW, &new,
					   sizeof(new)));
	KUNIT_EXPECT_EQ(test, 1, zsock_kept_count(sock));
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, SO_SNDTIMEO_OLD, &old,
					   sizeof(old)));
	KUNIT_EXPECT_NOT_NULL(test, zsock_kept(sock, SO_SNDTIMEO_NEW));
	KUNIT_EXPECT_EQ(test, 2, zsock_kept_count(sock));
}

/* A device is kept by its number. */
static void zsock_option_device(struct kunit *test)
{
	struct socket *sock = test->priv;
	struct zsock_option *opt;
	char name[] = "lo";

	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, SO_BINDTODEVICE, name, 3));
	KUNIT_EXPECT_NULL(test, zsock_kept(sock, SO_BINDTODEVICE));
	opt = zsock_kept(sock, SO_BINDTOIFINDEX);
	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_EXPECT_EQ(test, 1, *(int *)opt->value);
	KUNIT_EXPECT_EQ(test, 1, sock->sk->sk_bound_dev_if);
	/* Bound to nothing, which is kept, too. */
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, SO_BINDTODEVICE, "", 0));
	KUNIT_EXPECT_EQ(test, 1, zsock_kept_count(sock));
	KUNIT_EXPECT_EQ(test, 0,
			*(int *)zsock_kept(sock, SO_BINDTOIFINDEX)->value);
}

/* Set before, in force after; the placeholder keeps nothing. */
static void zsock_option_replay(struct kunit *test)
{
	struct __kernel_sock_timeval tv = { .tv_sec = 3 };
	struct linger linger = { .l_onoff = 1, .l_linger = 4 };
	struct socket *sock = test->priv;
	struct sockaddr_storage addr;
	struct sock *sk;

	KUNIT_ASSERT_EQ(test, 0, zsock_set_int(sock, SO_PRIORITY, 6));
	KUNIT_ASSERT_EQ(test, 0, zsock_set_int(sock, SO_MARK, 77));
	KUNIT_ASSERT_EQ(test, 0, zsock_set_int(sock, SO_RCVBUF, 10000));
	KUNIT_ASSERT_EQ(test, 0, zsock_set_int(sock, SO_REUSEPORT, 1));
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, SO_RCVTIMEO_NEW, &tv,
					   sizeof(tv)));
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, SO_LINGER, &linger,
					   sizeof(linger)));
	sk = sock->sk;
	KUNIT_ASSERT_LT(test, 0,
			kernel_getsockname(sock, (struct sockaddr *)&addr));
	KUNIT_EXPECT_PTR_NE(test, sk, sock->sk);
	sk = sock->sk;
	KUNIT_EXPECT_EQ(test, 6, sk->sk_priority);
	KUNIT_EXPECT_EQ(test, 77, sk->sk_mark);
	KUNIT_EXPECT_EQ(test, 20000, sk->sk_rcvbuf);
	KUNIT_EXPECT_TRUE(test, sk->sk_userlocks & SOCK_RCVBUF_LOCK);
	KUNIT_EXPECT_TRUE(test, sk->sk_reuseport);
	KUNIT_EXPECT_EQ(test, 3 * HZ, sk->sk_rcvtimeo);
	KUNIT_EXPECT_TRUE(test, sock_flag(sk, SOCK_LINGER));
	KUNIT_EXPECT_EQ(test, 4 * HZ, sk->sk_lingertime);
	KUNIT_EXPECT_EQ(test, 0, zsock_kept_count(sock));
}

static struct kunit_case zsock_options_cases[] = {
	KUNIT_CASE(zsock_option_sizes),
	KUNIT_CASE(zsock_option_refused),
	KUNIT_CASE(zsock_option_last_wins),
	KUNIT_CASE(zsock_option_bounded),
	KUNIT_CASE(zsock_option_timeouts),
	KUNIT_CASE(zsock_option_device),
	KUNIT_CASE(zsock_option_replay),
	{ }
};

struct kunit_suite zsock_options_suite = {
	.name		= "zsock_options",
	.init		= zsock_options_test_init,
	.test_cases	= zsock_options_cases,
};
