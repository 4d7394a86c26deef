// SPDX-License-Identifier: GPL-2.0
/* SOCKS5 on the wire: what is said, and what answers are believed. */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inet.h>

#include "../../proto/socks5_wire.h"
#include "suites.h"

#define EXPECT_BYTES(test, want, got, n)					\
do {										\
	KUNIT_ASSERT_EQ(test, sizeof(want) - 1, (size_t)(n));			\
	KUNIT_EXPECT_MEMEQ(test, (const void *)(want), (const void *)(got),	\
			   sizeof(want) - 1);					\
} while (0)

/* What is put does not go beyond what it is said to be. */
static u8 *zsock_s5_out(struct kunit *test)
{
	u8 *out = kunit_kmalloc(test, ZSOCK_SOCKS5_OUT_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, out);
	memset(out, 0xa5, ZSOCK_SOCKS5_OUT_MAX);
	return out;
}

static void zsock_s5_put_methods(struct kunit *test)
{
	u8 *out = zsock_s5_out(test);

	EXPECT_BYTES(test, "\x05\x01\x00", out,
		     zsock_socks5_put_methods(out, false));
	EXPECT_BYTES(test, "\x05\x02\x00\x02", out,
		     zsock_socks5_put_methods(out, true));
}

/* Of all answers the two that are asked for, and none of another version. */
static void zsock_s5_get_method(struct kunit *test)
{
	unsigned int version, method, password;
	int want;

	for (version = 0; version < 256; version++)
		for (method = 0; method < 256; method++)
			for (password = 0; password < 2; password++) {
				u8 in[2] = { version, method };

				if (version != 5)
					want = -EPROTO;
				else if (method == 0xff)
					want = -EACCES;
				else if (!method || (method == 2 && password))
					want = method;
				else
					want = -EPROTO;
				KUNIT_ASSERT_EQ(test, want,
						zsock_socks5_get_method(in, password));
			}
}

static void zsock_s5_put_auth(struct kunit *test)
{
	struct zsock_socks5_auth auth = { .user_len = 1, .password_len = 2 };
	u8 *out = zsock_s5_out(test);

	auth.user[0] = 'u';
	auth.password[0] = 'p';
	auth.password[1] = 0;
	EXPECT_BYTES(test, "\x01\x01u\x02p\x00", out,
		     zsock_socks5_put_auth(out, &auth));
	KUNIT_EXPECT_EQ(test, 0xa5, out[6]);
}

static void zsock_s5_put_auth_largest(struct kunit *test)
{
	struct zsock_socks5_auth *auth;
	u8 *out = zsock_s5_out(test);

	auth = kunit_kzalloc(test, sizeof(*auth), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, auth);
	auth->user_len = 255;
	auth->password_len = 255;
	memset(auth->user, 1, 255);
	memset(auth->password, 2, 255);
	KUNIT_ASSERT_EQ(test, (size_t)ZSOCK_SOCKS5_OUT_MAX,
			zsock_socks5_put_auth(out, auth));
	KUNIT_EXPECT_EQ(test, 255, out[1]);
	KUNIT_EXPECT_EQ(test, 1, out[2]);
	KUNIT_EXPECT_EQ(test, 1, out[256]);
	KUNIT_EXPECT_EQ(test, 255, out[257]);
	KUNIT_EXPECT_EQ(test, 2, out[258]);
	KUNIT_EXPECT_EQ(test, 2, out[512]);
}

static void zsock_s5_get_status(struct kunit *test)
{
	unsigned int version, status;
	int want;

	for (version = 0; version < 256; version++)
		for (status = 0; status < 256; status++) {
			u8 in[2] = { version, status };

			want = version != 1 ? -EPROTO : status ? -EACCES : 0;
			KUNIT_ASSERT_EQ(test, want, zsock_socks5_get_status(in));
		}
}

static void zsock_s5_request_in(struct kunit *test)
{
	struct sockaddr_in sin = {
		.sin_family	= AF_INET,
		.sin_port	= cpu_to_be16(443),
		.sin_addr	= { cpu_to_be32(0xc0000201) },
	};
	struct zsock_socks5_target target;
	u8 *out = zsock_s5_out(test);

	KUNIT_ASSERT_EQ(test, 0,
			zsock_socks5_target_set(&target, &sin, sizeof(sin)));
	EXPECT_BYTES(test, "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb", out,
		     zsock_socks5_put_request(out, &target));
}

static void zsock_s5_request_in6(struct kunit *test)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family	= AF_INET6,
		.sin6_port	= cpu_to_be16(443),
	};
	struct zsock_socks5_target target;
	u8 *out = zsock_s5_out(test);

	in6_pton("2001:db8::1", -1, (u8 *)&sin6.sin6_addr, -1, NULL);
	KUNIT_ASSERT_EQ(test, 0,
			zsock_socks5_target_set(&target, &sin6, sizeof(sin6)));
	EXPECT_BYTES(test,
		     "\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb",
		     out, zsock_socks5_put_request(out, &target));
	/* As others know it. */
	in6_pton("::ffff:192.0.2.1", -1, (u8 *)&sin6.sin6_addr, -1, NULL);
	KUNIT_ASSERT_EQ(test, 0,
			zsock_socks5_target_set(&target, &sin6, sizeof(sin6)));
	EXPECT_BYTES(test, "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb", out,
		     zsock_socks5_put_request(out, &target));
}

static void zsock_s5_request_name(struct kunit *test)
{
	struct zsock_socks5_target target;
	u8 *out = zsock_s5_out(test);
	char name[256];
	size_t len;

	KUNIT_ASSERT_EQ(test, 0,
			zsock_socks5_target_name(&target, "a.b", 3,
						 cpu_to_be16(80)));
	EXPECT_BYTES(test, "\x05\x01\x00\x03\003a.b\x00\x50", out,
		     zsock_socks5_put_request(out, &target));

	memset(name, 'x', sizeof(name));
	for (len = 0; len <= sizeof(name); len++)
		KUNIT_EXPECT_EQ(test, !len || len > 255 ? -EINVAL : 0,
				zsock_socks5_target_name(&target, name, len,
							 0));
	KUNIT_ASSERT_EQ(test, 0,
			zsock_socks5_target_name(&target, name, 255, 0));
	KUNIT_EXPECT_EQ(test, (size_t)(5 + 255 + 2),
			zsock_socks5_put_request(out, &target));
	KUNIT_EXPECT_EQ(test, 255, out[4]);
	/* It ends where it is said to end. */
	name[7] = 0;
	KUNIT_EXPECT_EQ(test, 0,
			zsock_socks5_target_name(&target, name, 7, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_socks5_target_name(&target, name, 8, 0));
}

static void zsock_s5_no_target(struct kunit *test)
{
	struct zsock_socks5_target target;
	struct sockaddr_storage addr = { };
	int family, len, need;

	for (family = 0; family < AF_MAX; family++) {
		addr.ss_family = family;
		need = family == AF_INET ? 16 : family == AF_INET6 ? 24 : 2;
		for (len = -1; len < need; len++)
			KUNIT_EXPECT_EQ(test, -EINVAL,
					zsock_socks5_target_set(&target, &addr,
								len));
		KUNIT_EXPECT_EQ(test, need > 2 ? 0 : -EAFNOSUPPORT,
				zsock_socks5_target_set(&target, &addr,
							sizeof(addr)));
	}
}

static void zsock_s5_refusals(struct kunit *test)
{
	static const int want[] = {
		[1] = -ECONNABORTED, [2] = -EACCES, [3] = -ENETUNREACH,
		[4] = -EHOSTUNREACH, [5] = -ECONNREFUSED, [6] = -ETIMEDOUT,
		[7] = -EOPNOTSUPP, [8] = -EAFNOSUPPORT,
	};
	unsigned int reply, len;

	for (reply = 1; reply < 256; reply++) {
		u8 in[10] = { 5, reply };

		/* From the first byte that says so, whatever comes. */
		for (len = 2; len <= sizeof(in); len++)
			KUNIT_ASSERT_EQ(test, reply < ARRAY_SIZE(want) ?
					want[reply] : -EPROTO,
					zsock_socks5_get_reply(in, len));
	}
}

/* Every first five bytes: a length within bounds, or an error, and nothing else. */
static void zsock_s5_replies(struct kunit *test)
{
	unsigned int version, kind, len;
	int want;

	for (version = 0; version < 256; version++)
		for (kind = 0; kind < 256; kind++)
			for (len = 0; len < 256; len++) {
				u8 in[5] = { version, 0, len, kind, len };

				if (version != 5)
					want = -EPROTO;
				else if (kind == 1)
					want = 10;
				else if (kind == 3)
					want = 7 + len;
				else if (kind == 4)
					want = 22;
				else
					want = -EPROTO;
				KUNIT_ASSERT_EQ(test, want,
						zsock_socks5_get_reply(in, 5));
				KUNIT_ASSERT_LE(test, want,
						ZSOCK_SOCKS5_IN_MAX);
			}
}

/* It is not looked at before it is there. */
static void zsock_s5_replies_in_part(struct kunit *test)
{
	static const u8 junk[5] = { 5, 0, 0xff, 0xff, 0xff };
	static const u8 wrong[5] = { 4, 5, 0xff, 0xff, 0xff };
	unsigned int len;

	for (len = 0; len < 5; len++)
		KUNIT_EXPECT_EQ(test, ZSOCK_SOCKS5_REPLY_HEAD,
				zsock_socks5_get_reply(junk, len));
	for (len = 0; len <= 5; len++)
		KUNIT_EXPECT_EQ(test, len < 2 ? ZSOCK_SOCKS5_REPLY_HEAD : -EPROTO,
				zsock_socks5_get_reply(wrong, len));
}

static struct kunit_case zsock_socks5_cases[] = {
	KUNIT_CASE(zsock_s5_put_methods),
	KUNIT_CASE(zsock_s5_get_method),
	KUNIT_CASE(zsock_s5_put_auth),
	KUNIT_CASE(zsock_s5_put_auth_largest),
	KUNIT_CASE(zsock_s5_get_status),
	KUNIT_CASE(zsock_s5_request_in),
	KUNIT_CASE(zsock_s5_request_in6),
	KUNIT_CASE(zsock_s5_request_name),
	KUNIT_CASE(zsock_s5_no_target),
	KUNIT_CASE(zsock_s5_refusals),
	KUNIT_CASE(zsock_s5_replies),
	KUNIT_CASE(zsock_s5_replies_in_part),
	{ }
};

struct kunit_suite zsock_socks5_suite = {
	.name		= "zsock_socks5",
	.test_cases	= zsock_socks5_cases,
};
