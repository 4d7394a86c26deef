// SPDX-License-Identifier: GPL-2.0
/* Hosts' names: which are, what an agent's addresses come to, its requests. */
#include <linux/delay.h>
#include <linux/inet.h>

#include "../../names/names.h"
#include "suites.h"

/* Portids that no socket has. */
#define ONE	0x70000011
#define OTHER	0x70000012

/* ---- names ---- */

static void zsock_names_check(struct kunit *test)
{
	char name[ZSOCK_HOST_MAX + 2];
	int c;

	memset(name, 'a', sizeof(name));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_name_check(name, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_name_check(name, 1));
	KUNIT_EXPECT_EQ(test, 0, zsock_name_check(name, ZSOCK_HOST_MAX));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_name_check(name, ZSOCK_HOST_MAX + 1));
	for (c = 0; c < 256; c++) {
		name[1] = c;
		KUNIT_EXPECT_EQ_MSG(test, c > 0x20 && c < 0x7f ? 0 : -EINVAL,
				    zsock_name_check(name, 3), "%#x", c);
	}
}

static void zsock_names_of_address(struct kunit *test)
{
	struct sockaddr_zs zs = { .zs_port = htons(443) };
	char name[ZSOCK_HOST_MAX + 1];
	__be16 port;
	int len;

	memset(zs.zs_name, 'x', sizeof(zs.zs_name));
	for (len = 0; len <= (int)sizeof(zs) + 1; len++) {
		port = 0;
		if (len < 4 || len > (int)sizeof(zs)) {
			KUNIT_EXPECT_EQ(test, -EINVAL,
					zsock_name_of(&zs, len, name, &port));
			continue;
		}
		KUNIT_EXPECT_EQ(test, 0, zsock_name_of(&zs, len, name, &port));
		KUNIT_EXPECT_EQ(test, len - 4, (int)strlen(name));
		KUNIT_EXPECT_EQ(test, 443, ntohs(port));
	}
	/* What is behind the NUL is of no interest. */
	strscpy(zs.zs_name, "host", 5);
	zs.zs_name[5] = '\n';
	KUNIT_EXPECT_EQ(test, 0, zsock_name_of(&zs, sizeof(zs), name, &port));
	KUNIT_EXPECT_STREQ(test, "host", name);
	zs.zs_name[2] = '\n';
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_name_of(&zs, sizeof(zs), name, &port));
}

static void zsock_names_numeric(struct kunit *test)
{
	static const struct {
		const char *name;
		int ret, family;
	} all[] = {
		{ "192.0.2.1", 1, AF_INET },
		{ "255.255.255.255", 1, AF_INET },
		{ "0.0.0.0", 1, AF_INET },
		{ "::1", 1, AF_INET6 },
		{ "::", 1, AF_INET6 },
		{ "2001:db8::1", 1, AF_INET6 },
		{ "::ffff:192.0.2.1", 1, AF_INET6 },
		{ "fe80::1%lo", 1, AF_INET6 },
		{ "fe80::1%1", 1, AF_INET6 },
		{ "fe80::1%", -EINVAL },
		{ "fe80::1%nosuch", -EINVAL },
		{ "2001:db8::1%lo", -EINVAL },
		{ "::1%lo", -EINVAL },
		{ "[::1]", -EINVAL },
		{ "::1]", -EINVAL },
		{ ":::", -EINVAL },
		{ "host:80", -EINVAL },
		{ "192.0.2.01", -EINVAL },
		{ "192.0.2.256", -EINVAL },
		{ "192.0.2.1.", -EINVAL },
		{ "192.0.2", -EINVAL },
		{ "192.0.2.1.5", -EINVAL },
		{ "127.1", -EINVAL },
		{ "1", -EINVAL },
		{ "0x7f000001", -EINVAL },
		{ "0x7f.1", -EINVAL },
		{ "127.0.0.0x1", -EINVAL },
		{ "a.0X", -EINVAL },
		{ "host.0", -EINVAL },
		{ "host", 0 },
		{ "0.host", 0 },
		{ "192.0.2.a1", 0 },
		{ "1a", 0 },
		{ "host.", 0 },
		{ "host..", 0 },
		{ ".", 0 },
		{ "a%lo", 0 },
	};
	union zsock_ip ip;
	int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		KUNIT_EXPECT_EQ_MSG(test, all[i].ret,
				    zsock_name_numeric(&init_net, all[i].name,
						       &ip),
				    "%s", all[i].name);
		if (all[i].ret == 1)
			KUNIT_EXPECT_EQ(test, all[i].family, ip.sa.sa_family);
	}
	zsock_name_numeric(&init_net, "192.0.2.1", &ip);
	KUNIT_EXPECT_EQ(test, htonl(0xc0000201), ip.in.sin_addr.s_addr);
	KUNIT_EXPECT_EQ(test, 0, ip.in.sin_port);
	zsock_name_numeric(&init_net, "fe80::1%1", &ip);
	KUNIT_EXPECT_EQ(test, 1, ip.in6.sin6_scope_id);
}

/* ---- addresses ---- */

static int zsock_names_add(struct zsock_answer *answer, const char *text,
			   int family, int type)
{
	union zsock_ip ip = { };

	if (in4_pton(text, -1, (u8 *)&ip.in.sin_addr, -1, NULL)) {
		ip.in.sin_family = AF_INET;
		/* Nothing but the address counts. */
		ip.in.sin_port = htons(1);
		ip.in.sin_zero[0] = 1;
	} else {
		in6_pton(text, -1, (u8 *)&ip.in6.sin6_addr, -1, NULL);
		ip.in6.sin6_family = AF_INET6;
		ip.in6.sin6_port = htons(1);
		ip.in6.sin6_flowinfo = htonl(1);
		ip.in6.sin6_scope_id = 7;
	}
	return zsock_answer_add(answer, &ip, zsock_ip_len(&ip), family, type);
}

static void zsock_names_lengths(struct kunit *test)
{
	struct zsock_answer answer = { };
	union zsock_ip ip = { };
	int family, len, good;

	for (family = 0; family < 64; family++)
		for (len = 0; len <= (int)sizeof(ip); len++) {
			memset(&ip, 1, sizeof(ip));
			ip.sa.sa_family = family;
			good = family == AF_INET ? sizeof(ip.in) :
			       family == AF_INET6 ? sizeof(ip.in6) : -1;
			KUNIT_EXPECT_EQ(test, len == good ? 0 : -EINVAL,
					zsock_answer_add(&answer, &ip, len, 0,
							 SOCK_STREAM));
		}
	KUNIT_EXPECT_EQ(test, 2, answer.n);
	KUNIT_EXPECT_EQ(test, 0, answer.ip[0].in.sin_port);
	KUNIT_EXPECT_EQ(test, 0, answer.ip[1].in6.sin6_scope_id);
}

static void zsock_names_useless(struct kunit *test)
{
	static const char * const streams[] = {
		"0.0.0.0", "::", "224.0.0.1", "239.1.1.1", "255.255.255.255",
		"ff02::1", "::ffff:0.0.0.0", "::ffff:224.0.0.1",
	};
	struct zsock_answer answer = { };
	int i;

	for (i = 0; i < ARRAY_SIZE(streams); i++)
		KUNIT_EXPECT_EQ(test, 0, zsock_names_add(&answer, streams[i],
							 0, SOCK_STREAM));
	KUNIT_EXPECT_EQ(test, 0, answer.n);
	for (i = 0; i < ARRAY_SIZE(streams); i++)
		zsock_names_add(&answer, streams[i], 0, SOCK_DGRAM);
	KUNIT_EXPECT_EQ(test, 4, answer.n);
	/* Of the family that is not wanted. */
	memset(&answer, 0, sizeof(answer));
	zsock_names_add(&answer, "192.0.2.1", AF_INET6, SOCK_STREAM);
	zsock_names_add(&answer, "::ffff:192.0.2.1", AF_INET6, SOCK_STREAM);
	zsock_names_add(&answer, "2001:db8::1", AF_INET, SOCK_STREAM);
	KUNIT_EXPECT_EQ(test, 0, answer.n);
}

static void zsock_names_most(struct kunit *test)
{
	struct zsock_answer answer = { };
	char text[16];
	int i;

	for (i = 0; i < ZSOCK_RESOLVE_ADDRESSES_MAX; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		KUNIT_EXPECT_EQ(test, 0, zsock_names_add(&answer, text, 0,
							 SOCK_STREAM));
		zsock_names_add(&answer, text, 0, SOCK_STREAM);
	}
	KUNIT_EXPECT_EQ(test, ZSOCK_RESOLVE_ADDRESSES_MAX, answer.n);
	KUNIT_EXPECT_EQ(test, 0, zsock_names_add(&answer, "192.0.2.0", 0,
						 SOCK_STREAM));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_names_add(&answer, "192.0.3.0", 0,
						       SOCK_STREAM));
}

/* By the last number of each; IPv6 addresses are those above 100. */
static void zsock_names_mixed(struct kunit *test, const int *in,
			      const int *out, int n)
{
	struct zsock_answer answer = { };
	const union zsock_ip *ip;
	char text[32];
	int i, last;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), in[i] > 100 ? "2001:db8::%x" :
			 "192.0.2.%d", in[i]);
		zsock_names_add(&answer, text, 0, SOCK_STREAM);
	}
	zsock_answer_mix(&answer);
	KUNIT_EXPECT_EQ(test, n, answer.n);
	for (i = 0; i < n; i++) {
		ip = &answer.ip[i];
		last = ip->sa.sa_family == AF_INET ?
		       ntohl(ip->in.sin_addr.s_addr) & 0xff :
		       ntohs(ip->in6.sin6_addr.s6_addr16[7]);
		KUNIT_EXPECT_EQ_MSG(test, out[i], last, "place %d", i);
	}
}

static void zsock_names_take_turns(struct kunit *test)
{
	static const int one[] = { 1 };
	static const int same[] = { 3, 2, 1 };
	static const int in[] = { 101, 102, 103, 1, 2 };
	static const int out[] = { 101, 1, 102, 2, 103 };
	static const int in4[] = { 1, 101, 2, 3, 4, 102 };
	static const int out4[] = { 1, 101, 2, 102, 3, 4 };

	zsock_names_mixed(test, one, one, 1);
	zsock_names_mixed(test, same, same, 3);
	zsock_names_mixed(test, in, out, 5);
	zsock_names_mixed(test, in4, out4, 6);
}

/* ---- requests ---- */

struct zsock_names_asked {
	struct zsock_resolve	*res;
	int			calls;
	int			err;
};

static void zsock_names_told(struct zsock_resolve *res, int err)
{
	struct zsock_names_asked *asked = res->owner;

	asked->calls++;
	asked->err = err;
}

static void zsock_names_ask(struct kunit *test, struct zsock_names_asked *asked,
			    const char *name)
{
	struct socket *sock = zsock_kunit_socket(test, &init_net, SOCK_STREAM,
						 0, 0);

	memset(asked, 0, sizeof(*asked));
	asked->res = zsock_resolve_new(sock->sk, name, 0, SOCK_STREAM,
				       zsock_names_told, asked);
	KUNIT_ASSERT_FALSE(test, IS_ERR(asked->res));
	KUNIT_ASSERT_EQ(test, 0, zsock_request_submit(&asked->res->rq));
}

static void zsock_names_request(struct kunit *test)
{
	struct zsock_requests *all = &zsock_net(&init_net)->names;
	struct zsock_names_asked a, b;
	struct zsock_request *rq;

	zsock_names_ask(test, &a, "a.test");
	zsock_names_ask(test, &b, "b.test");
	KUNIT_EXPECT_EQ(test, 2, all->count);
	rq = zsock_request_next(all, ONE);
	KUNIT_ASSERT_PTR_EQ(test, rq, &a.res->rq);
	KUNIT_EXPECT_NULL(test, zsock_request_find(all, rq->id, OTHER));
	/* Its agent dies: it is the next one's, before what came later. */
	zsock_requests_agent_gone(all, ONE);
	zsock_request_put(rq);
	KUNIT_EXPECT_EQ(test, 0, a.calls);
	rq = zsock_request_next(all, OTHER);
	KUNIT_ASSERT_PTR_EQ(test, rq, &a.res->rq);
	/* Nothing was found. */
	KUNIT_EXPECT_TRUE(test, zsock_request_finish(rq, 0));
	KUNIT_EXPECT_FALSE(test, zsock_request_finish(rq, 0));
	KUNIT_EXPECT_FALSE(test, zsock_request_cancel(rq));
	KUNIT_EXPECT_EQ(test, 1, a.calls);
	KUNIT_EXPECT_EQ(test, -ENODATA, a.err);
	zsock_request_put(rq);
	KUNIT_EXPECT_TRUE(test, zsock_request_cancel(&b.res->rq));
	KUNIT_EXPECT_EQ(test, 0, b.calls);
	KUNIT_EXPECT_NULL(test, zsock_request_next(all, ONE));
	KUNIT_EXPECT_EQ(test, 0, all->count);
	flush_workqueue(zsock_agent_wq);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&a.res->rq.ref));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&b.res->rq.ref));
	zsock_request_put(&a.res->rq);
	zsock_request_put(&b.res->rq);
}

static bool zsock_names_over(const struct zsock_names_asked *asked)
{
	int i;

	for (i = 0; i < 2000 && !READ_ONCE(asked->calls); i++)
		msleep(20);
	return asked->calls == 1;
}

/* Nobody there: after the grace; somebody who does not answer: after the limit. */
static void zsock_names_time(struct kunit *test)
{
	struct zsock_requests *all = &zsock_net(&init_net)->names;
	int grace = all->grace, timeout = all->timeout;
	struct zsock_names_asked a, b;
	unsigned long begun = jiffies;
	struct zsock_request *rq;

	all->grace = 500;
	all->timeout = 1500;
	zsock_names_ask(test, &a, "a.test");
	rq = zsock_request_next(all, ONE);
	KUNIT_ASSERT_PTR_EQ(test, rq, &a.res->rq);
	all->timeout = 60000;
	zsock_names_ask(test, &b, "b.test");
	KUNIT_EXPECT_TRUE(test, zsock_names_over(&b));
	KUNIT_EXPECT_EQ(test, -ESRCH, b.err);
	KUNIT_EXPECT_TRUE(test, zsock_names_over(&a));
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, a.err);
	/* A tick may be counted in part. */
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - begun) + 20, 1500);
	/* One that was given back is nobody's, too. */
	zsock_request_put(rq);
	zsock_request_put(&a.res->rq);
	zsock_request_put(&b.res->rq);
	zsock_names_ask(test, &a, "a.test");
	rq = zsock_request_next(all, ONE);
	KUNIT_ASSERT_PTR_EQ(test, rq, &a.res->rq);
	zsock_request_give_back(rq);
	zsock_request_put(rq);
	KUNIT_EXPECT_TRUE(test, zsock_names_over(&a));
	KUNIT_EXPECT_EQ(test, -ESRCH, a.err);
	zsock_request_put(&a.res->rq);
	all->grace = grace;
	all->timeout = timeout;
}

static struct kunit_case zsock_names_cases[] = {
	KUNIT_CASE(zsock_names_check),
	KUNIT_CASE(zsock_names_of_address),
	KUNIT_CASE(zsock_names_numeric),
	KUNIT_CASE(zsock_names_lengths),
	KUNIT_CASE(zsock_names_useless),
	KUNIT_CASE(zsock_names_most),
	KUNIT_CASE(zsock_names_take_turns),
	KUNIT_CASE(zsock_names_request),
	KUNIT_CASE(zsock_names_time),
	{ }
};

struct kunit_suite zsock_names_suite = {
	.name = "zsock_names",
	.test_cases = zsock_names_cases,
};
