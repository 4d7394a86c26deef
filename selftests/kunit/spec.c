// SPDX-License-Identifier: GPL-2.0
/* What is asked of a backend. */
#include "suites.h"

static struct zsock_spec zsock_spec_for(const struct zsock_proto *proto,
					int domain, int protocol, int kern)
{
	struct zsock_handler handler = { .proto = proto };
	struct zsock_spec spec;

	/* Nothing of what was there before is to survive. */
	memset(&spec, 0xa5, sizeof(spec));
	zsock_spec_init(&spec, &handler, &init_net, SOCK_STREAM, domain,
			protocol, kern);
	return spec;
}

static void zsock_spec_plain(struct kunit *test)
{
	static const struct zsock_proto proto = { .protocol = IPPROTO_TCP };
	struct zsock_spec spec;

	spec = zsock_spec_for(&proto, AF_INET6, IPPROTO_TCP, 0);
	KUNIT_EXPECT_PTR_EQ(test, &init_net, spec.net);
	KUNIT_EXPECT_EQ(test, AF_INET6, spec.family);
	KUNIT_EXPECT_EQ(test, SOCK_STREAM, spec.type);
	KUNIT_EXPECT_EQ(test, IPPROTO_TCP, spec.protocol);
	KUNIT_EXPECT_EQ(test, IPPROTO_TCP, spec.outer_protocol);
	KUNIT_EXPECT_EQ(test, 0, spec.kern);
	spec = zsock_spec_for(&proto, 0, IPPROTO_TCP, 1);
	KUNIT_EXPECT_EQ(test, AF_UNSPEC, spec.family);
	KUNIT_EXPECT_EQ(test, 1, spec.kern);
}

/* The first of a handler's own domains stands for none. */
static void zsock_spec_domains(struct kunit *test)
{
	static const int domains[] = { AF_CAN, AF_VSOCK, 0 };
	static const struct zsock_proto proto = { .domains = domains };

	KUNIT_EXPECT_EQ(test, AF_CAN, zsock_spec_for(&proto, 0, 5, 0).family);
	KUNIT_EXPECT_EQ(test, AF_CAN,
			zsock_spec_for(&proto, AF_CAN, 5, 0).family);
	KUNIT_EXPECT_EQ(test, AF_VSOCK,
			zsock_spec_for(&proto, AF_VSOCK, 5, 0).family);
}

static void zsock_spec_change(struct zsock_spec *spec)
{
	spec->type = spec->family == AF_INET ? SOCK_SEQPACKET : SOCK_RDM;
	spec->protocol++;
}

/* The handler has the last word, and is told what is known before. */
static void zsock_spec_inner(struct kunit *test)
{
	static const struct zsock_proto proto = {
		.protocol	= 131,
		.inner		= zsock_spec_change,
	};
	struct zsock_spec spec = zsock_spec_for(&proto, AF_INET, 4000, 0);

	KUNIT_EXPECT_EQ(test, SOCK_SEQPACKET, spec.type);
	KUNIT_EXPECT_EQ(test, 132, spec.protocol);
	KUNIT_EXPECT_EQ(test, 4000, spec.outer_protocol);
	KUNIT_EXPECT_EQ(test, SOCK_RDM,
			zsock_spec_for(&proto, 0, 4000, 0).type);
}

static struct kunit_case zsock_spec_cases[] = {
	KUNIT_CASE(zsock_spec_plain),
	KUNIT_CASE(zsock_spec_domains),
	KUNIT_CASE(zsock_spec_inner),
	{ }
};

struct kunit_suite zsock_spec_suite = {
	.name		= "zsock_spec",
	.test_cases	= zsock_spec_cases,
};
