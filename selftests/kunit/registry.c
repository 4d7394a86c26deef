// SPDX-License-Identifier: GPL-2.0
/* The registries of backends and of handlers. */
#include <linux/delay.h>

#include "suites.h"

/* ---- backends ---- */

static int zsock_try_backend(const struct zsock_backend *backend)
{
	int err = zsock_register_backend(backend);

	if (!err)
		err = zsock_unregister_backend(backend);
	return err;
}

struct zsock_order {
	const char	*names[16];
	int		n;
};

static int zsock_order_note(struct zsock_carrier *carrier, void *arg)
{
	struct zsock_order *order = arg;

	if (order->n < ARRAY_SIZE(order->names))
		order->names[order->n++] = carrier->backend->name;
	return 0;
}

static void zsock_expect_order(struct kunit *test, const char * const *names,
			       int n)
{
	struct zsock_order order = { };
	int i;

	KUNIT_EXPECT_EQ(test, 0, zsock_carriers_walk(zsock_order_note, &order));
	KUNIT_ASSERT_EQ(test, n, order.n);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_STREQ(test, names[i], order.names[i]);
}

static void zsock_backend_order(struct kunit *test)
{
	static const char * const want[] = {
		"k-min", "k-50a", "k-50b", "k-50c", "native", "k-100",
		"mptcp", "smc", "vsock", "k-max",
	};
	static const char * const own[] = { "native", "mptcp", "smc", "vsock" };
	struct zsock_backend b[] = {
		zsock_kunit_backend("k-100", 100),
		zsock_kunit_backend("k-50a", 50),
		zsock_kunit_backend("k-max", INT_MAX),
		zsock_kunit_backend("k-50b", 50),
		zsock_kunit_backend("k-min", INT_MIN),
		zsock_kunit_backend("k-50c", 50),
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(b); i++)
		KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b[i]));
	zsock_expect_order(test, want, ARRAY_SIZE(want));
	for (i = 0; i < ARRAY_SIZE(b); i++)
		KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b[i]));
	zsock_expect_order(test, own, ARRAY_SIZE(own));
}

static int zsock_order_stop(struct zsock_carrier *carrier, void *arg)
{
	return ++*(int *)arg == 2 ? 4711 : 0;
}

static void zsock_walk_stops(struct kunit *test)
{
	struct zsock_backend b[] = {
		zsock_kunit_backend("k-1", 1),
		zsock_kunit_backend("k-2", 2),
	};
	int n = 0;

	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b[0]));
	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b[1]));
	KUNIT_EXPECT_EQ(test, 4711, zsock_carriers_walk(zsock_order_stop, &n));
	KUNIT_EXPECT_EQ(test, 2, n);
	zsock_unregister_backend(&b[0]);
	zsock_unregister_backend(&b[1]);
}

static int zsock_no_pair(const struct zsock_backend *backend,
			 const struct zsock_spec *spec, struct socket *res[2])
{
	return -EIO;
}

/* Each rule of the table broken alone. */
static void zsock_backend_bad(struct kunit *test)
{
	struct zsock_backend b = zsock_kunit_backend("k-bad", 1);
	const struct zsock_backend good = b;

	b.name = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_backend(&b));
	b.name = "";
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_backend(&b));
	b.name = "two words";
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_backend(&b));
	b.name = "sixteen-letters-";
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_backend(&b));
	b = good;
	b.family = -1;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_backend(&b));
	b.family = AF_MAX;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_backend(&b));
	b = good;
	b.is_supported = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_backend(&b));
	b = good;
	b.create = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_backend(&b));
	b = good;
	b.features = ZSOCK_BACKEND_F_PAIR;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_backend(&b));
	b.socketpair = zsock_no_pair;
	KUNIT_EXPECT_EQ(test, 0, zsock_try_backend(&b));
	KUNIT_EXPECT_EQ(test, 0, zsock_try_backend(&good));
}

static void zsock_backend_twice(struct kunit *test)
{
	struct zsock_backend one = zsock_kunit_backend("k-one", 1);
	struct zsock_backend same = zsock_kunit_backend("k-one", 2);
	struct zsock_backend native = zsock_kunit_backend("native", 3);

	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&one));
	KUNIT_EXPECT_EQ(test, -EEXIST, zsock_register_backend(&same));
	KUNIT_EXPECT_EQ(test, -EEXIST, zsock_register_backend(&one));
	KUNIT_EXPECT_EQ(test, -EEXIST, zsock_register_backend(&native));
	/* Of two with a name, the one that was registered goes. */
	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_unregister_backend(&same));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&one));
	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_unregister_backend(&one));
	KUNIT_EXPECT_EQ(test, 0, zsock_register_backend(&same));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&same));
}

static void zsock_backend_lookup(struct kunit *test)
{
	struct zsock_backend b = zsock_kunit_backend("k-look", 1);
	struct zsock_carrier *carrier;

	KUNIT_EXPECT_FALSE(test, zsock_carrier_known(&init_net, "k-look"));
	KUNIT_EXPECT_NULL(test, zsock_carrier_of(&b));
	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b));
	KUNIT_EXPECT_TRUE(test, zsock_carrier_known(&init_net, "k-look"));
	KUNIT_EXPECT_TRUE(test, zsock_carrier_known(&init_net, "native"));
	KUNIT_EXPECT_FALSE(test, zsock_carrier_known(&init_net, "k-loo"));
	KUNIT_EXPECT_FALSE(test, zsock_carrier_known(&init_net, "k-look2"));
	KUNIT_EXPECT_FALSE(test, zsock_carrier_known(&init_net, ""));
	carrier = zsock_carrier_of(&b);
	KUNIT_ASSERT_NOT_NULL(test, carrier);
	KUNIT_EXPECT_PTR_EQ(test, &b, (struct zsock_backend *)carrier->backend);
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b));
	KUNIT_EXPECT_FALSE(test, zsock_carrier_known(&init_net, "k-look"));
}

static struct zsock_carrier *zsock_pick(const struct zsock_spec *spec,
					const char *name,
					const struct zsock_carrier *only,
					u32 features)
{
	struct zsock_carrier *carrier;

	carrier = zsock_carrier_pick(spec, name, only, features);
	if (carrier)
		zsock_pin_put(&carrier->pin);
	return carrier;
}

static void zsock_backend_pick(struct kunit *test)
{
	struct zsock_spec inet = { .net = &init_net, .family = AF_INET,
				   .type = SOCK_STREAM };
	struct zsock_spec inet6 = { .net = &init_net, .family = AF_INET6,
				    .type = SOCK_STREAM };
	struct zsock_spec any = { .net = &init_net, .type = SOCK_STREAM };
	struct zsock_backend b4 = zsock_kunit_backend("k-four", 1);
	struct zsock_backend b = zsock_kunit_backend("k-any", 2);
	struct zsock_carrier *c4, *c;

	b4.family = AF_INET;
	b4.features = ZSOCK_BACKEND_F_STREAM;
	b.features = ZSOCK_BACKEND_F_STREAM | ZSOCK_BACKEND_F_PLAIN_NETDEV;
	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b));
	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b4));
	c4 = zsock_carrier_of(&b4);
	c = zsock_carrier_of(&b);

	KUNIT_EXPECT_PTR_EQ(test, c4, zsock_pick(&inet, "", NULL, 0));
	KUNIT_EXPECT_PTR_EQ(test, c, zsock_pick(&inet6, "", NULL, 0));
	KUNIT_EXPECT_PTR_EQ(test, c4, zsock_pick(&any, "", NULL, 0));
	KUNIT_EXPECT_PTR_EQ(test, c,
			    zsock_pick(&inet, "", NULL,
				       ZSOCK_BACKEND_F_PLAIN_NETDEV));
	KUNIT_EXPECT_PTR_EQ(test, c,
			    zsock_pick(&inet, "", NULL, ZSOCK_BACKEND_F_STREAM |
				       ZSOCK_BACKEND_F_PLAIN_NETDEV));
	KUNIT_EXPECT_PTR_EQ(test, c, zsock_pick(&inet, "k-any", NULL, 0));
	KUNIT_EXPECT_NULL(test, zsock_pick(&inet6, "k-four", NULL, 0));
	KUNIT_EXPECT_NULL(test, zsock_pick(&inet, "k-none", NULL, 0));
	KUNIT_EXPECT_PTR_EQ(test, c, zsock_pick(&inet, "", c, 0));
	KUNIT_EXPECT_PTR_EQ(test, c, zsock_pick(&inet, "k-any", c, 0));
	KUNIT_EXPECT_NULL(test, zsock_pick(&inet, "k-four", c, 0));
	KUNIT_EXPECT_NULL(test, zsock_pick(&inet6, "", c4, 0));
	KUNIT_EXPECT_NULL(test, zsock_pick(&inet, "k-four", NULL,
					   ZSOCK_BACKEND_F_TLS));
	/* Nobody was left pinned. */
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b4));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b));
}

static void zsock_backend_picked_stays(struct kunit *test)
{
	struct zsock_spec spec = { .net = &init_net, .family = AF_INET,
				   .type = SOCK_STREAM };
	struct zsock_backend b = zsock_kunit_backend("k-stays", 1);
	struct zsock_carrier *carrier;

	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b));
	carrier = zsock_carrier_pick(&spec, "k-stays", NULL, 0);
	KUNIT_ASSERT_NOT_NULL(test, carrier);
	KUNIT_EXPECT_EQ(test, -EBUSY, zsock_unregister_backend(&b));
	KUNIT_EXPECT_TRUE(test, zsock_carrier_known(&init_net, "k-stays"));
	zsock_pin_put(&carrier->pin);
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b));
}

static int zsock_kunit_released;

static void zsock_kunit_gone(const struct zsock_backend *backend)
{
	WRITE_ONCE(zsock_kunit_released, backend->priority);
}

/* Nobody may have a new socket; the one there is keeps it. */
static void zsock_backend_retired(struct kunit *test)
{
	struct zsock_spec spec = { .net = &init_net, .family = AF_INET,
				   .type = SOCK_STREAM };
	struct zsock_backend b = zsock_kunit_backend("k-old", 77);
	struct zsock_backend next = zsock_kunit_backend("k-old", 78);
	struct zsock_carrier *carrier;
	int i;

	zsock_kunit_released = 0;
	KUNIT_EXPECT_EQ(test, -ENOENT,
			zsock_retire_backend(&b, zsock_kunit_gone));
	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b));
	carrier = zsock_carrier_pick(&spec, "k-old", NULL, 0);
	KUNIT_ASSERT_NOT_NULL(test, carrier);
	KUNIT_EXPECT_EQ(test, 0, zsock_retire_backend(&b, zsock_kunit_gone));
	KUNIT_EXPECT_FALSE(test, zsock_carrier_known(&init_net, "k-old"));
	KUNIT_EXPECT_EQ(test, 0, zsock_register_backend(&next));
	msleep(1200);
	KUNIT_EXPECT_EQ(test, 0, READ_ONCE(zsock_kunit_released));
	zsock_pin_put(&carrier->pin);
	for (i = 0; i < 400 && !READ_ONCE(zsock_kunit_released); i++)
		msleep(50);
	KUNIT_EXPECT_EQ(test, 77, READ_ONCE(zsock_kunit_released));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&next));
}

/* One for a namespace is nothing to the others. */
static void zsock_backend_of_net(struct kunit *test)
{
	static struct net other;
	struct zsock_spec spec = { .net = &init_net, .family = AF_INET,
				   .type = SOCK_STREAM };
	struct zsock_backend b = zsock_kunit_backend("k-net", 1);
	struct zsock_backend b2 = zsock_kunit_backend("k-net", 1);
	struct zsock_backend all = zsock_kunit_backend("k-net", 1);

	b.net = &other;
	b2.net = &init_net;
	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b));
	KUNIT_EXPECT_EQ(test, -EEXIST, zsock_register_backend(&all));
	KUNIT_EXPECT_FALSE(test, zsock_carrier_known(&init_net, "k-net"));
	KUNIT_EXPECT_NULL(test, zsock_pick(&spec, "k-net", NULL, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_register_backend(&b2));
	KUNIT_EXPECT_NOT_NULL(test, zsock_pick(&spec, "k-net", NULL, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b2));
}

static bool zsock_never(const struct zsock_backend *backend,
			const struct zsock_spec *spec)
{
	return false;
}

static void zsock_backend_any(struct kunit *test)
{
	struct zsock_spec spec = { .net = &init_net, .family = AF_CAN,
				   .type = SOCK_RAW };
	struct zsock_backend b = zsock_kunit_backend("k-can", 1);

	KUNIT_EXPECT_FALSE(test, zsock_carrier_any(&spec));
	b.is_supported = zsock_never;
	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b));
	KUNIT_EXPECT_FALSE(test, zsock_carrier_any(&spec));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b));
	b = zsock_kunit_backend("k-can", 1);
	b.family = AF_CAN;
	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b));
	KUNIT_EXPECT_TRUE(test, zsock_carrier_any(&spec));
	spec.family = AF_BLUETOOTH;
	KUNIT_EXPECT_FALSE(test, zsock_carrier_any(&spec));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b));
}

/* ---- handlers ---- */

static const struct zsock_proto_id zsock_kunit_ids[] = {
	{ SOCK_STREAM, 9001 }, { SOCK_DGRAM, 9002 },
};

static const struct zsock_proto zsock_kunit_good = {
	.name		= "k-proto",
	.owner		= THIS_MODULE,
	.ids		= zsock_kunit_ids,
	.nids		= ARRAY_SIZE(zsock_kunit_ids),
	.protocol	= 9001,
};

/* As socket() asks; what a 0 stands for goes to *@domain and *@number. */
static struct zsock_handler *zsock_find(int type, int *domain, int *number)
{
	struct zsock_handler *handler;

	handler = zsock_handler_find(type, domain, number);
	if (!IS_ERR(handler))
		zsock_pin_put(&handler->pin);
	return handler;
}

/* The name of who serves it, or the errno. */
static const char *zsock_server(int type, int domain, int number)
{
	struct zsock_handler *handler = zsock_find(type, &domain, &number);

	return IS_ERR(handler) ? ERR_CAST(handler) : handler->proto->name;
}

static long zsock_find_error(int type, int domain, int number)
{
	return PTR_ERR_OR_ZERO(zsock_find(type, &domain, &number));
}

static void zsock_handler_lookup(struct kunit *test)
{
	int domain = AF_INET, number = 9002;
	struct zsock_handler *handler;

	KUNIT_ASSERT_EQ(test, 0, zsock_register_proto(&zsock_kunit_good));
	handler = zsock_handler_find(SOCK_DGRAM, &domain, &number);
	KUNIT_ASSERT_FALSE(test, IS_ERR(handler));
	KUNIT_EXPECT_PTR_EQ(test, &zsock_kunit_good, handler->proto);
	KUNIT_EXPECT_EQ(test, 9002, number);
	KUNIT_EXPECT_EQ(test, AF_INET, domain);
	KUNIT_EXPECT_EQ(test, -EBUSY, zsock_unregister_proto(&zsock_kunit_good));
	zsock_pin_put(&handler->pin);
	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
			zsock_find_error(SOCK_STREAM, 0, 9002));
	KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT,
			zsock_find_error(SOCK_DGRAM, AF_UNIX, 9002));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_proto(&zsock_kunit_good));
	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
			zsock_find_error(SOCK_DGRAM, 0, 9002));
	KUNIT_EXPECT_EQ(test, -ESOCKTNOSUPPORT,
			zsock_find_error(SOCK_RDM, 0, 0));
	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_unregister_proto(&zsock_kunit_good));
}

/* A protocol of 0 is the type's default, and says what that is. */
static void zsock_handler_default(struct kunit *test)
{
	struct zsock_handler *handler;
	int domain = 0, number = 0;

	handler = zsock_find(SOCK_STREAM, &domain, &number);
	KUNIT_ASSERT_FALSE(test, IS_ERR(handler));
	KUNIT_EXPECT_STREQ(test, "tcp", handler->proto->name);
	KUNIT_EXPECT_EQ(test, IPPROTO_TCP, number);
	KUNIT_EXPECT_EQ(test, 0, domain);
	number = 0;
	handler = zsock_find(SOCK_DGRAM, &domain, &number);
	KUNIT_ASSERT_FALSE(test, IS_ERR(handler));
	KUNIT_EXPECT_STREQ(test, "udp", handler->proto->name);
	KUNIT_EXPECT_EQ(test, IPPROTO_UDP, number);
	/* One that is one domain's alone says which. */
	number = IPPROTO_ICMPV6;
	handler = zsock_find(SOCK_DGRAM, &domain, &number);
	KUNIT_ASSERT_FALSE(test, IS_ERR(handler));
	KUNIT_EXPECT_STREQ(test, "icmp", handler->proto->name);
	KUNIT_EXPECT_EQ(test, AF_INET6, domain);
}

/* The same numbers are other things in other domains. */
static void zsock_handler_ranges(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, "raw", zsock_server(SOCK_RAW, 0, 1));
	KUNIT_EXPECT_STREQ(test, "raw", zsock_server(SOCK_RAW, AF_INET6, 255));
	KUNIT_EXPECT_STREQ(test, "packet",
			   zsock_server(SOCK_RAW, AF_PACKET, 1));
	KUNIT_EXPECT_STREQ(test, "packet",
			   zsock_server(SOCK_RAW, AF_PACKET, 0));
	KUNIT_EXPECT_STREQ(test, "packet",
			   zsock_server(SOCK_DGRAM, AF_PACKET, 0xffff));
	KUNIT_EXPECT_STREQ(test, "can", zsock_server(SOCK_RAW, AF_CAN, 1));
	KUNIT_EXPECT_STREQ(test, "can", zsock_server(SOCK_DGRAM, AF_CAN, 7));
	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
			zsock_find_error(SOCK_RAW, AF_INET, 0));
	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
			zsock_find_error(SOCK_RAW, 0, 256));
	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
			zsock_find_error(SOCK_RAW, AF_CAN, 8));
	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
			zsock_find_error(SOCK_DGRAM, AF_INET6, IPPROTO_ICMP));
	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
			zsock_find_error(SOCK_DGRAM, AF_INET, IPPROTO_ICMPV6));
	KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT,
			zsock_find_error(SOCK_RAW, AF_UNIX, 1));
	KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT,
			zsock_find_error(SOCK_STREAM, AF_PACKET, 0));
}

static int zsock_try_proto(const struct zsock_proto *proto)
{
	int err = zsock_register_proto(proto);

	if (!err)
		err = zsock_unregister_proto(proto);
	return err;
}

static int zsock_try_id(int type, int protocol)
{
	struct zsock_proto_id ids[] = { { SOCK_STREAM, 9001 },
					{ type, protocol } };
	struct zsock_proto proto = zsock_kunit_good;

	proto.ids = ids;
	return zsock_try_proto(&proto);
}

static void zsock_handler_bad(struct kunit *test)
{
	struct zsock_proto proto = zsock_kunit_good;

	proto.name = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_proto(&proto));
	proto.name = "a\nb";
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_proto(&proto));
	proto = zsock_kunit_good;
	proto.nids = 0;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_proto(&proto));
	proto = zsock_kunit_good;
	proto.ids = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_proto(&proto));
	/* One that no socket() finds, and one that a backend may take whole. */
	proto.nids = 0;
	KUNIT_EXPECT_EQ(test, 0, zsock_try_proto(&proto));
	proto.whole = &zsock_kunit_good;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_proto(&proto));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_id(0, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_id(-1, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_id(SOCK_MAX, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_try_id(SOCK_RAW, -1));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_try_id(SOCK_RAW, ZSOCK_PROTO_MASK + 1));
	KUNIT_EXPECT_EQ(test, 0, zsock_try_id(SOCK_RDM, ZSOCK_PROTO_MASK));
	KUNIT_EXPECT_EQ(test, 0, zsock_try_id(SOCK_PACKET, 0));
}

/* One id in common is one too many. */
static void zsock_handler_clash(struct kunit *test)
{
	struct zsock_proto proto = zsock_kunit_good;

	KUNIT_EXPECT_EQ(test, -EEXIST, zsock_try_id(SOCK_STREAM, IPPROTO_TCP));
	KUNIT_EXPECT_EQ(test, -EEXIST, zsock_try_id(SOCK_DGRAM, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_try_id(SOCK_DGRAM, IPPROTO_TCP));
	proto.name = "tcp";
	KUNIT_EXPECT_EQ(test, -EEXIST, zsock_try_proto(&proto));
	KUNIT_ASSERT_EQ(test, 0, zsock_register_proto(&zsock_kunit_good));
	proto.name = "k-other";
	KUNIT_EXPECT_EQ(test, -EEXIST, zsock_try_proto(&proto));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_proto(&zsock_kunit_good));
	KUNIT_EXPECT_EQ(test, 0, zsock_try_proto(&proto));
}

static int zsock_try_range(int first, int last, int domain,
			   const int *domains, bool named)
{
	struct zsock_proto_id ids[] = {
		{ SOCK_RAW, first, last, domain },
	};
	struct zsock_proto proto = zsock_kunit_good;

	proto.ids = ids;
	proto.nids = 1;
	proto.domains = domains;
	proto.named = named;
	return zsock_try_proto(&proto);
}

/* What is taken is taken in a domain, and 0 is one. */
static void zsock_handler_clash_ranges(struct kunit *test)
{
	static const int vsock[] = { AF_VSOCK, 0 }, can[] = { AF_CAN, 0 };
	static const struct {
		int err;
		int first;
		int last;
		int domain;
		const int *domains;
		bool named;
	} tries[] = {
		{ -EINVAL, 300, 299 },
		{ -EINVAL, 300, ZSOCK_PROTO_MASK + 1 },
		{ -EINVAL, 300, 0, AF_UNIX },
		{ 0, 300, 0, AF_INET },
		{ 0, 256, ZSOCK_PROTO_MASK },
		{ -EEXIST, 255, 300 },
		{ -EEXIST, 0, 1 },
		{ -EEXIST, 7, 0, 0, NULL, true },
		{ -EEXIST, 7, 0, 0, vsock },
		{ 0, 7, 0, 0, vsock, true },
		{ 0, 0, 0, 0, can, true },
		{ -EEXIST, 7, 9, 0, can, true },
		{ -EEXIST, 7, 9, AF_CAN, can, true },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(tries); i++)
		KUNIT_EXPECT_EQ_MSG(test, tries[i].err,
				    zsock_try_range(tries[i].first,
						    tries[i].last,
						    tries[i].domain,
						    tries[i].domains,
						    tries[i].named),
				    "try %d", i);
}

static void zsock_handler_domains(struct kunit *test)
{
	static const int domains[] = { AF_CAN, AF_VSOCK, 0 };
	struct zsock_proto proto = { };
	struct zsock_handler handler = { .proto = &proto };

	KUNIT_EXPECT_TRUE(test, zsock_handler_takes(&handler, 0));
	KUNIT_EXPECT_TRUE(test, zsock_handler_takes(&handler, AF_INET));
	KUNIT_EXPECT_TRUE(test, zsock_handler_takes(&handler, AF_INET6));
	KUNIT_EXPECT_FALSE(test, zsock_handler_takes(&handler, AF_UNIX));
	KUNIT_EXPECT_FALSE(test, zsock_handler_takes(&handler, AF_MAX));
	KUNIT_EXPECT_FALSE(test, zsock_handler_takes(&handler, 0x7fff));
	proto.domains = domains;
	KUNIT_EXPECT_TRUE(test, zsock_handler_takes(&handler, 0));
	KUNIT_EXPECT_TRUE(test, zsock_handler_takes(&handler, AF_CAN));
	KUNIT_EXPECT_TRUE(test, zsock_handler_takes(&handler, AF_VSOCK));
	KUNIT_EXPECT_FALSE(test, zsock_handler_takes(&handler, AF_INET));
	KUNIT_EXPECT_FALSE(test, zsock_handler_takes(&handler, AF_INET6));
}

static struct kunit_case zsock_registry_cases[] = {
	KUNIT_CASE(zsock_backend_order),
	KUNIT_CASE(zsock_walk_stops),
	KUNIT_CASE(zsock_backend_bad),
	KUNIT_CASE(zsock_backend_twice),
	KUNIT_CASE(zsock_backend_lookup),
	KUNIT_CASE(zsock_backend_pick),
	KUNIT_CASE(zsock_backend_picked_stays),
	KUNIT_CASE_SLOW(zsock_backend_retired),
	KUNIT_CASE(zsock_backend_of_net),
	KUNIT_CASE(zsock_backend_any),
	KUNIT_CASE(zsock_handler_lookup),
	KUNIT_CASE(zsock_handler_default),
	KUNIT_CASE(zsock_handler_ranges),
	KUNIT_CASE(zsock_handler_bad),
	KUNIT_CASE(zsock_handler_clash),
	KUNIT_CASE(zsock_handler_clash_ranges),
	KUNIT_CASE(zsock_handler_domains),
	{ }
};

struct kunit_suite zsock_registry_suite = {
	.name		= "zsock_registry",
	.test_cases	= zsock_registry_cases,
};
