// SPDX-License-Identifier: GPL-2.0
/*
 * Both families on one socket: IPV6_V6ONLY, v4-mapped addresses, IPV6_ADDRFORM, domain 0.
 */
#include <errno.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "kselftest_harness.h"
#include "zs.h"

#ifndef IPV6_ADDRFORM
#define IPV6_ADDRFORM 1
#endif

static socklen_t mapped(union zs_addr *addr, int port)
{
	socklen_t len = zs_any(addr, AF_INET6, port);

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &addr->in6.sin6_addr);
	return len;
}

/* An AF_INET6 listener on the wildcard address. */
static int any_listener(struct __test_metadata *_metadata, int v6only, int *port)
{
	union zs_addr addr;
	socklen_t len = zs_any(&addr, AF_INET6, 0);
	int l = zs_socket(AF_INET6, SOCK_STREAM, 0);

	ASSERT_GE(l, 0);
	ASSERT_EQ(0, zs_setint(l, IPPROTO_IPV6, IPV6_V6ONLY, v6only));
	ASSERT_EQ(v6only, zs_getint(l, IPPROTO_IPV6, IPV6_V6ONLY));
	ASSERT_EQ(0, bind(l, &addr.sa, len));
	ASSERT_EQ(0, listen(l, 8));
	ASSERT_EQ(0, getsockname(l, &addr.sa, &len));
	*port = zs_port(&addr);
	return l;
}

TEST(v6only_refuses_v4)
{
	union zs_addr to;
	int port, c;

	any_listener(_metadata, 1, &port);
	c = zs_socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_EQ(-1, connect(c, &to.sa, zs_loopback(&to, AF_INET, port)));
	EXPECT_EQ(ECONNREFUSED, errno);
}

/* domain AF_INET6 was asked for: mapped addresses stay as AF_INET6 shows them. */
TEST(dual_stack_takes_v4)
{
	union zs_addr to, from, expected;
	socklen_t len = sizeof(from);
	int l, port, c;

	l = any_listener(_metadata, 0, &port);
	c = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, connect(c, &to.sa, zs_loopback(&to, AF_INET, port)));
	ASSERT_GE(accept(l, &from.sa, &len), 0);
	mapped(&expected, zs_port(&from));
	EXPECT_TRUE(zs_same(&expected, &from));
	EXPECT_EQ(sizeof(struct sockaddr_in6), len);
}

TEST(v4_address_on_v6_socket)
{
	union zs_addr srv;
	int c, l = zs_listener(AF_INET, AF_INET, &srv);

	ASSERT_GE(l, 0);
	c = zs_socket(AF_INET6, SOCK_STREAM, 0);
	EXPECT_EQ(-1, connect(c, &srv.sa, sizeof(srv.in)));
	/* A sockaddr_in is shorter than what an IPv6 socket wants. */
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, bind(c, &srv.sa, sizeof(srv.ss)));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_EQ(0, connect(c, &srv.sa, mapped(&srv, zs_port(&srv))));
}

TEST(v6_address_on_v4_socket)
{
	union zs_addr addr;
	int c = zs_socket(AF_INET, SOCK_STREAM, 0);

	EXPECT_EQ(-1, connect(c, &addr.sa, zs_loopback(&addr, AF_INET6, 1)));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_EQ(-1, bind(c, &addr.sa, zs_loopback(&addr, AF_INET6, 0)));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_EQ(-1, zs_setint(c, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	EXPECT_EQ(ENOPROTOOPT, errno);
}

/*
 * IPV6_ADDRFORM turns a connected v4-mapped socket into an IPv4 one, and swaps the socket's
 * operations for IPv4's as it does: the socket must still be ours afterwards.
 */
static void addrform(struct __test_metadata *_metadata, int domain, int type)
{
	union zs_addr srv, name;
	struct zsock_info info;
	socklen_t len = sizeof(name);
	int s, c;

	s = type == SOCK_STREAM ? zs_listener(AF_INET, AF_INET, &srv) :
				  zs_udp_bound(AF_INET, AF_INET, &srv);
	ASSERT_GE(s, 0);
	c = zs_socket(domain, type, 0);
	ASSERT_GE(c, 0);
	/* Domain 0: settle it for IPv6 first. */
	ASSERT_EQ(0, zs_setint(c, IPPROTO_IPV6, IPV6_V6ONLY, 0));
	ASSERT_EQ(0, connect(c, &srv.sa, mapped(&srv, zs_port(&srv))));
	ASSERT_EQ(0, zs_setint(c, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET));
	ASSERT_EQ(0, getsockname(c, &name.sa, &len));
	EXPECT_EQ(AF_INET, name.sa.sa_family);
	EXPECT_EQ(sizeof(name.in), len);
	EXPECT_EQ(0, zs_setint(c, IPPROTO_IP, IP_TOS, 0x10));
	EXPECT_EQ(0x10, zs_getint(c, IPPROTO_IP, IP_TOS));
	if (zs_is_zsock()) {
		ASSERT_EQ(0, zs_get_info(c, &info));
		EXPECT_EQ(ZSOCK_STATE_DISPATCHED, info.state);
		EXPECT_EQ(type, info.type);
	}
	EXPECT_EQ(2, send(c, "ok", 2, 0));
	EXPECT_TRUE(zs_poll(s, POLLIN, 5000) & POLLIN);
	if (type == SOCK_STREAM) {
		char buf[4];

		s = accept(s, NULL, NULL);
		ASSERT_GE(s, 0);
		EXPECT_EQ(2, recv(s, buf, sizeof(buf), 0));
		EXPECT_EQ(3, send(s, "yes", 3, 0));
		EXPECT_EQ(POLLIN, zs_poll(c, POLLIN, 5000));
		EXPECT_EQ(3, recv(c, buf, sizeof(buf), 0));
	}
	EXPECT_EQ(0, close(c));
	EXPECT_EQ(0, close(s));
}

TEST(addrform_tcp) { addrform(_metadata, AF_INET6, SOCK_STREAM); }
TEST(addrform_udp) { addrform(_metadata, AF_INET6, SOCK_DGRAM); }

/* Domain 0 has no AF_INET counterpart: what follows is what the design promises. */

TEST(domain0_address_settles)
{
	union zs_addr a4, a6, srv;
	int fd, l;

	ZS_SKIP_UNLESS_ZSOCK();
	zs_loopback(&a4, AF_INET, 0);
	zs_loopback(&a6, AF_INET6, 0);
	fd = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(fd, &a4.sa, sizeof(a4.in)));
	EXPECT_EQ(AF_INET, zs_getint(fd, SOL_SOCKET, SO_DOMAIN));
	l = zs_listener(AF_INET6, AF_INET6, &srv);
	ASSERT_GE(l, 0);
	EXPECT_EQ(-1, connect(fd, &srv.sa, sizeof(srv.in6)));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	fd = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(fd, &a6.sa, sizeof(a6.in6)));
	EXPECT_EQ(AF_INET6, zs_getint(fd, SOL_SOCKET, SO_DOMAIN));
}

TEST(domain0_option_settles)
{
	union zs_addr srv;
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	fd = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(fd, IPPROTO_IP, IP_TTL, 9));
	EXPECT_EQ(9, zs_getint(fd, IPPROTO_IP, IP_TTL));
	EXPECT_EQ(AF_INET, zs_getint(fd, SOL_SOCKET, SO_DOMAIN));
	zs_listener(AF_INET, AF_INET, &srv);
	EXPECT_EQ(0, connect(fd, &srv.sa, sizeof(srv.in)));
	fd = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9));
	EXPECT_EQ(AF_INET6, zs_getint(fd, SOL_SOCKET, SO_DOMAIN));
}

/* Nothing settled it: IPv6 inside, but who only ever uses IPv4 sees IPv4. */
TEST(domain0_dual_stack)
{
	union zs_addr to, from, name;
	socklen_t len = sizeof(name);
	struct zsock_info info;
	int l, c, s, port;

	ZS_SKIP_UNLESS_ZSOCK();
	l = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, listen(l, 8));
	ASSERT_EQ(0, zs_get_info(l, &info));
	EXPECT_EQ(ZSOCK_INFO_F_DUAL, info.flags & ZSOCK_INFO_F_DUAL);
	EXPECT_EQ(AF_INET6, info.inner_family);
	ASSERT_EQ(0, getsockname(l, &name.sa, &len));
	port = zs_port(&name);

	c = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, connect(c, &to.sa, zs_loopback(&to, AF_INET, port)));
	len = sizeof(from);
	s = accept(l, &from.sa, &len);
	ASSERT_GE(s, 0);
	EXPECT_EQ(AF_INET, from.sa.sa_family);
	EXPECT_EQ(sizeof(from.in), len);
	len = sizeof(name);
	ASSERT_EQ(0, getsockname(s, &name.sa, &len));
	EXPECT_EQ(AF_INET, name.sa.sa_family);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), name.in.sin_addr.s_addr);

	c = socket(AF_INET6, SOCK_STREAM, 0);
	ASSERT_EQ(0, connect(c, &to.sa, zs_loopback(&to, AF_INET6, port)));
	len = sizeof(from);
	ASSERT_GE(accept(l, &from.sa, &len), 0);
	EXPECT_EQ(AF_INET6, from.sa.sa_family);
}

TEST(domain0_dual_datagrams)
{
	union zs_addr to, from, peer4, peer6;
	socklen_t len = sizeof(from);
	char buf[8];
	int fd, s4, s6;

	ZS_SKIP_UNLESS_ZSOCK();
	s4 = zs_udp_bound(AF_INET, AF_INET, &peer4);
	s6 = zs_udp_bound(AF_INET6, AF_INET6, &peer6);
	fd = zs_socket(0, SOCK_DGRAM, 0);
	/* A non-blocking receive settles nothing and dispatches. */
	EXPECT_EQ(-1, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, sendto(fd, "4", 1, 0, &peer4.sa, sizeof(peer4.in)));
	ASSERT_EQ(1, sendto(fd, "6", 1, 0, &peer6.sa, sizeof(peer6.in6)));
	ASSERT_EQ(1, recvfrom(s4, buf, 8, 0, &to.sa, &len));
	ASSERT_EQ(2, sendto(s4, "re", 2, 0, &to.sa, len));
	len = sizeof(from);
	ASSERT_EQ(2, recvfrom(fd, buf, 8, 0, &from.sa, &len));
	EXPECT_EQ(sizeof(from.in), len);
	EXPECT_TRUE(zs_same(&from, &peer4));
	len = sizeof(to);
	ASSERT_EQ(1, recvfrom(s6, buf, 8, 0, &to.sa, &len));
	ASSERT_EQ(2, sendto(s6, "re", 2, 0, &to.sa, len));
	len = sizeof(from);
	ASSERT_EQ(2, recvfrom(fd, buf, 8, 0, &from.sa, &len));
	EXPECT_TRUE(zs_same(&from, &peer6));
	/* A zero-length msg_name in sendmsg, an odd one in recvfrom. */
	len = 5;
	ASSERT_EQ(2, sendto(s6, "re", 2, 0, &to.sa, sizeof(to.in6)));
	EXPECT_EQ(2, recvfrom(fd, buf, 8, 0, &from.sa, &len));
	EXPECT_EQ(sizeof(from.in6), len);
}

/* A TCP option first makes the socket dual; an IPv4 connect then works and shows IPv4. */
TEST(domain0_dual_then_v4_connect)
{
	union zs_addr srv, name;
	socklen_t len = sizeof(name);
	int fd, l;

	ZS_SKIP_UNLESS_ZSOCK();
	l = zs_listener(AF_INET, AF_INET, &srv);
	ASSERT_GE(l, 0);
	fd = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, bind(fd, &name.sa, zs_loopback(&name, AF_INET, 0)));
	ASSERT_EQ(0, connect(fd, &srv.sa, sizeof(srv.in)));
	ASSERT_EQ(0, getpeername(fd, &name.sa, &len));
	EXPECT_TRUE(zs_same(&name, &srv));
	EXPECT_EQ(sizeof(name.in), len);
}

TEST(domain0_ipv6_off)
{
	struct zsock_info info;
	union zs_addr to, name;
	socklen_t len = sizeof(name);
	int l, c;

	ZS_SKIP_UNLESS_ZSOCK();
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"));
	l = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, listen(l, 8));
	ASSERT_EQ(0, getsockname(l, &name.sa, &len));
	c = zs_socket(0, SOCK_STREAM, 0);
	EXPECT_EQ(0, connect(c, &to.sa, zs_loopback(&to, AF_INET, zs_port(&name))));
	EXPECT_EQ(0, zs_get_info(l, &info));
	EXPECT_GE(accept(l, NULL, NULL), 0);
}

TEST_HARNESS_MAIN
