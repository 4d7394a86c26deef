// SPDX-License-Identifier: GPL-2.0
/* The kernel itself as a user of such sockets. */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/uio.h>
#include <net/tcp_states.h>

#include "suites.h"

static const struct sockaddr_in zsock_localhost = {
	.sin_family	= AF_INET,
	.sin_addr	= { cpu_to_be32(INADDR_LOOPBACK) },
};

static int zsock_send(struct socket *sock, const void *data, size_t len,
		      struct sockaddr_in *to)
{
	struct kvec vec = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = { .msg_name = to,
			      .msg_namelen = to ? sizeof(*to) : 0 };

	return kernel_sendmsg(sock, &msg, &vec, 1, len);
}

static int zsock_receive(struct socket *sock, void *data, size_t len,
			 struct sockaddr_storage *from)
{
	struct kvec vec = { .iov_base = data, .iov_len = len };
	struct msghdr msg = { .msg_name = from };

	return kernel_recvmsg(sock, &msg, &vec, 1, len, 0);
}

/* Bound to a port of the loop-back address, which is returned. */
static struct sockaddr_in zsock_bound(struct kunit *test, struct socket *sock)
{
	struct sockaddr_storage got = { };
	struct sockaddr_in addr = zsock_localhost;

	KUNIT_ASSERT_EQ(test, 0, kernel_bind(sock, (struct zsock_addr *)&addr,
					     sizeof(addr)));
	KUNIT_ASSERT_EQ(test, (int)sizeof(addr),
			kernel_getsockname(sock, (struct sockaddr *)&got));
	memcpy(&addr, &got, sizeof(addr));
	KUNIT_EXPECT_NE(test, 0, addr.sin_port);
	return addr;
}

static void zsock_kernel_stream(struct kunit *test, int domain)
{
	struct socket *l, *c, *s = NULL;
	struct sockaddr_storage peer = { };
	struct sockaddr_in addr;
	char buf[16];

	l = zsock_kunit_socket(test, &init_net, SOCK_STREAM, domain, 0);
	addr = zsock_bound(test, l);
	KUNIT_ASSERT_EQ(test, 0, kernel_listen(l, 4));
	KUNIT_EXPECT_EQ(test, -EAGAIN, kernel_accept(l, &s, O_NONBLOCK));
	c = zsock_kunit_socket(test, &init_net, SOCK_STREAM, domain, 0);
	KUNIT_ASSERT_EQ(test, 0, kernel_connect(c, (struct zsock_addr *)&addr,
						sizeof(addr), 0));
	KUNIT_ASSERT_EQ(test, 0, kernel_accept(l, &s, O_NONBLOCK));
	KUNIT_EXPECT_EQ(test, 5, zsock_send(c, "hello", 5, NULL));
	KUNIT_EXPECT_EQ(test, 5, zsock_receive(s, buf, sizeof(buf), NULL));
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, "hello", 5));
	KUNIT_EXPECT_EQ(test, (int)sizeof(struct sockaddr_in),
			kernel_getpeername(s, (struct sockaddr *)&peer));
	KUNIT_EXPECT_EQ(test, AF_INET, peer.ss_family);
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(s, SHUT_RDWR));
	KUNIT_EXPECT_EQ(test, 0, zsock_receive(c, buf, sizeof(buf), NULL));
	sock_release(s);
}

static void zsock_kernel_stream_inet(struct kunit *test)
{
	zsock_kernel_stream(test, AF_INET);
}

static void zsock_kernel_stream_any(struct kunit *test)
{
	zsock_kernel_stream(test, 0);
}

static void zsock_kernel_dgram(struct kunit *test)
{
	struct sockaddr_storage from = { };
	struct sockaddr_in addr, back;
	struct socket *a, *b;
	char buf[16];

	a = zsock_kunit_socket(test, &init_net, SOCK_DGRAM, AF_INET, 0);
	b = zsock_kunit_socket(test, &init_net, SOCK_DGRAM, 0, 0);
	addr = zsock_bound(test, a);
	KUNIT_ASSERT_EQ(test, 4, zsock_send(b, "ping", 4, &addr));
	KUNIT_EXPECT_EQ(test, 4, zsock_receive(a, buf, sizeof(buf), &from));
	KUNIT_EXPECT_EQ(test, AF_INET, from.ss_family);
	memcpy(&back, &from, sizeof(back));
	KUNIT_EXPECT_EQ(test, 4, zsock_send(a, "pong", 4, &back));
	KUNIT_EXPECT_EQ(test, 4, zsock_receive(b, buf, sizeof(buf), NULL));
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, "pong", 4));
}

/* Dual-stack inside, IPv4 outside. */
static void zsock_kernel_dual(struct kunit *test)
{
	struct sockaddr_storage got = { };
	struct sockaddr_in addr;
	struct socket *l, *c;

	l = zsock_kunit_socket(test, &init_net, SOCK_STREAM, 0, 0);
	KUNIT_ASSERT_EQ(test, 0, kernel_listen(l, 4));
	KUNIT_EXPECT_EQ(test, AF_INET6, l->sk->sk_family);
	KUNIT_ASSERT_EQ(test, (int)sizeof(struct sockaddr_in6),
			kernel_getsockname(l, (struct sockaddr *)&got));
	addr = zsock_localhost;
	addr.sin_port = ((struct sockaddr_in6 *)&got)->sin6_port;
	c = zsock_kunit_socket(test, &init_net, SOCK_STREAM, 0, 0);
	/* The name of one that nothing settled, then an IPv4 peer. */
	KUNIT_ASSERT_LT(test, 0,
			kernel_getsockname(c, (struct sockaddr *)&got));
	KUNIT_ASSERT_EQ(test, 0, kernel_connect(c, (struct zsock_addr *)&addr,
						sizeof(addr), 0));
	KUNIT_EXPECT_EQ(test, (int)sizeof(struct sockaddr_in),
			kernel_getpeername(c, (struct sockaddr *)&got));
	KUNIT_EXPECT_EQ(test, AF_INET, got.ss_family);
	KUNIT_EXPECT_EQ(test, (int)sizeof(struct sockaddr_in),
			kernel_getsockname(c, (struct sockaddr *)&got));
	KUNIT_EXPECT_EQ(test, AF_INET, got.ss_family);
}

static void zsock_kernel_refused(struct kunit *test)
{
	struct sockaddr_in addr;
	struct socket *c, *l;

	l = zsock_kunit_socket(test, &init_net, SOCK_STREAM, AF_INET, 0);
	addr = zsock_bound(test, l);
	zsock_kunit_release(test, l);
	c = zsock_kunit_socket(test, &init_net, SOCK_STREAM, AF_INET, 0);
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED,
			kernel_connect(c, (struct zsock_addr *)&addr,
				       sizeof(addr), 0));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			kernel_connect(c, (struct zsock_addr *)&addr, 1, 0));
}

/* What the kernel opened is not the user's: no reference on the namespace. */
static void zsock_kernel_is_kernel(struct kunit *test)
{
	struct sockaddr_storage addr;
	struct socket *sock;

	sock = zsock_kunit_socket(test, &init_net, SOCK_STREAM, AF_INET, 0);
	KUNIT_EXPECT_FALSE(test, sock->sk->sk_net_refcnt);
	KUNIT_EXPECT_EQ(test, AF_ZSOCK, sock->sk->sk_family);
	kernel_getsockname(sock, (struct sockaddr *)&addr);
	KUNIT_EXPECT_EQ(test, AF_INET, sock->sk->sk_family);
	KUNIT_EXPECT_FALSE(test, sock->sk->sk_net_refcnt);
}

/* Released fresh, dispatched, bound, listening with a connection waiting. */
static void zsock_kernel_release(struct kunit *test)
{
	struct sockaddr_in addr;
	struct socket *sock, *c;

	sock = zsock_kunit_socket(test, &init_net, SOCK_STREAM, 0, 0);
	zsock_kunit_release(test, sock);
	sock = zsock_kunit_socket(test, &init_net, SOCK_DGRAM, AF_INET, 0);
	zsock_bound(test, sock);
	zsock_kunit_release(test, sock);
	sock = zsock_kunit_socket(test, &init_net, SOCK_STREAM, AF_INET, 0);
	addr = zsock_bound(test, sock);
	KUNIT_ASSERT_EQ(test, 0, kernel_listen(sock, 1));
	c = zsock_kunit_socket(test, &init_net, SOCK_STREAM, AF_INET, 0);
	KUNIT_ASSERT_EQ(test, 0, kernel_connect(c, (struct zsock_addr *)&addr,
						sizeof(addr), 0));
	zsock_kunit_release(test, sock);
	KUNIT_EXPECT_EQ(test, TCP_CLOSE, c->sk->sk_state);
}

static void zsock_kernel_errors(struct kunit *test)
{
	struct socket *sock;
	int family = zsock_family();

	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
			sock_create_kern(&init_net, family, SOCK_STREAM, 4711,
					 &sock));
	KUNIT_EXPECT_EQ(test, -ESOCKTNOSUPPORT,
			sock_create_kern(&init_net, family, SOCK_RDM, 0, &sock));
	KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT,
			sock_create_kern(&init_net, family, SOCK_STREAM,
					 ZSOCK_PROTO(AF_CAN, 0), &sock));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			sock_create_kern(&init_net, family, SOCK_STREAM, -1,
					 &sock));
}

static struct kunit_case zsock_kernel_cases[] = {
	KUNIT_CASE(zsock_kernel_stream_inet),
	KUNIT_CASE(zsock_kernel_stream_any),
	KUNIT_CASE(zsock_kernel_dgram),
	KUNIT_CASE(zsock_kernel_dual),
	KUNIT_CASE(zsock_kernel_refused),
	KUNIT_CASE(zsock_kernel_is_kernel),
	KUNIT_CASE(zsock_kernel_release),
	KUNIT_CASE(zsock_kernel_errors),
	{ }
};

struct kunit_suite zsock_kernel_suite = {
	.name		= "zsock_kernel",
	.test_cases	= zsock_kernel_cases,
};
