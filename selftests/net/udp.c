// SPDX-License-Identifier: GPL-2.0
/*
 * Datagram sockets: sending, receiving, connecting, sharing ports, multicast, broadcast.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <netinet/udp.h>
#include <linux/sockios.h>

#include "kselftest_harness.h"
#include "zs.h"

ZS_FIXTURE(udp);

TEST_F(udp, echo)
{
	union zs_addr srv, from, name;
	socklen_t len = sizeof(from);
	char buf[16];
	int s, c;

	s = zs_udp_bound(variant->domain, variant->family, &srv);
	ASSERT_GE(s, 0);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	/* The first call on c, which is bound by it. */
	ASSERT_EQ(4, sendto(c, "ping", 4, 0, &srv.sa, zs_len(variant->family)));
	ASSERT_EQ(4, recvfrom(s, buf, sizeof(buf), 0, &from.sa, &len));
	EXPECT_EQ(zs_len(variant->family), len);
	EXPECT_EQ(variant->family, from.sa.sa_family);
	ASSERT_EQ(6, sendto(s, "answer", 6, 0, &from.sa, len));
	len = sizeof(from);
	ASSERT_EQ(6, recvfrom(c, buf, sizeof(buf), 0, &from.sa, &len));
	EXPECT_TRUE(zs_same(&from, &srv));
	len = sizeof(name);
	ASSERT_EQ(0, getsockname(c, &name.sa, &len));
	EXPECT_NE(0, zs_port(&name));
	EXPECT_EQ(-1, getpeername(c, &name.sa, &len));
	EXPECT_EQ(ENOTCONN, errno);
}

TEST_F(udp, sendmsg_first)
{
	struct iovec iov[2] = { { "ab", 2 }, { "cd", 2 } };
	union zs_addr srv;
	struct msghdr msg = {
		.msg_name = &srv, .msg_namelen = zs_len(variant->family),
		.msg_iov = iov, .msg_iovlen = 2,
	};
	char buf[8];
	int s, c;

	s = zs_udp_bound(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ASSERT_EQ(4, sendmsg(c, &msg, 0));
	EXPECT_EQ(4, recv(s, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
}

TEST_F(udp, needs_destination)
{
	int c = zs_socket(variant->domain, SOCK_DGRAM, 0);

	EXPECT_EQ(-1, send(c, "x", 1, 0));
	EXPECT_EQ(EDESTADDRREQ, errno);
	EXPECT_EQ(-1, write(c, "x", 1));
	EXPECT_EQ(EDESTADDRREQ, errno);
}

TEST_F(udp, receive_first)
{
	struct timeval tv = { 0, 50000 };
	char buf[4];
	int c = zs_socket(variant->domain, SOCK_DGRAM, 0);

	EXPECT_EQ(-1, recv(c, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	c = zs_socket(variant->domain, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	EXPECT_EQ(-1, read(c, buf, sizeof(buf)));
	EXPECT_EQ(EAGAIN, errno);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	EXPECT_EQ(0, setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(-1, recv(c, buf, sizeof(buf), 0));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(udp, connected_hears_one_peer)
{
	union zs_addr srv, name, unspec = { .sa = { .sa_family = AF_UNSPEC } };
	socklen_t len = sizeof(name);
	char buf[8];
	int s, c, other;

	s = zs_udp_bound(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ASSERT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	ASSERT_EQ(0, getpeername(c, &name.sa, &len));
	EXPECT_TRUE(zs_same(&name, &srv));
	len = sizeof(name);
	ASSERT_EQ(0, getsockname(c, &name.sa, &len));
	EXPECT_EQ(zs_len(variant->family), len);

	other = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ASSERT_EQ(1, sendto(other, "n", 1, 0, &name.sa, len) < 0 ? errno == ECONNREFUSED : 1);
	ASSERT_EQ(1, sendto(s, "y", 1, 0, &name.sa, len));
	ASSERT_EQ(1, recv(c, buf, sizeof(buf), 0));
	EXPECT_EQ('y', buf[0]);

	ASSERT_EQ(0, connect(c, &unspec.sa, sizeof(unspec.sa)));
	EXPECT_EQ(-1, getpeername(c, &name.sa, &len));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(-1, send(c, "x", 1, 0));
	EXPECT_EQ(EDESTADDRREQ, errno);
}

TEST_F(udp, reconnect)
{
	union zs_addr a, b;
	char buf[4];
	int s1, s2, c;

	s1 = zs_udp_bound(variant->domain, variant->family, &a);
	s2 = zs_udp_bound(variant->domain, variant->family, &b);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ASSERT_EQ(0, connect(c, &a.sa, zs_len(variant->family)));
	ASSERT_EQ(1, send(c, "1", 1, 0));
	ASSERT_EQ(0, connect(c, &b.sa, zs_len(variant->family)));
	ASSERT_EQ(1, send(c, "2", 1, 0));
	EXPECT_EQ(1, recv(s1, buf, 4, 0));
	EXPECT_EQ('1', buf[0]);
	EXPECT_EQ(1, recv(s2, buf, 4, 0));
	EXPECT_EQ('2', buf[0]);
}

TEST_F(udp, sizes)
{
	static char big[70000];
	char buf[8];
	struct iovec iov = { buf, 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, send(fd[0], "", 0, 0));
	EXPECT_EQ(POLLIN, zs_poll(fd[1], POLLIN, 5000));
	EXPECT_EQ(0, recv(fd[1], buf, sizeof(buf), 0));
	ASSERT_EQ(6, send(fd[0], "abcdef", 6, 0));
	EXPECT_EQ(3, recv(fd[1], buf, 3, MSG_PEEK));
	EXPECT_EQ(6, recv(fd[1], buf, 3, MSG_PEEK | MSG_TRUNC));
	EXPECT_EQ(3, recvmsg(fd[1], &msg, 0));
	EXPECT_EQ(MSG_TRUNC, msg.msg_flags & MSG_TRUNC);
	EXPECT_EQ(-1, recv(fd[1], buf, 3, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, send(fd[0], big, sizeof(big), 0));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(60000, send(fd[0], big, 60000, 0));
	EXPECT_EQ(60000, recv(fd[1], big, sizeof(big), 0));
}

TEST_F(udp, refused_once)
{
	union zs_addr to;
	char buf[4];
	int c;

	zs_closed_port(variant->family, SOCK_DGRAM, &to);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ASSERT_EQ(0, connect(c, &to.sa, zs_len(variant->family)));
	ASSERT_EQ(1, send(c, "x", 1, 0));
	EXPECT_TRUE(zs_poll(c, POLLIN, 5000) & POLLERR);
	EXPECT_EQ(ECONNREFUSED, zs_getint(c, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
	ASSERT_EQ(1, send(c, "x", 1, 0));
	EXPECT_EQ(-1, recv(c, buf, sizeof(buf), 0));
	EXPECT_EQ(ECONNREFUSED, errno);
	EXPECT_EQ(-1, recv(c, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, send(c, "x", 1, 0));
	EXPECT_EQ(-1, send(c, "x", 1, 0));
	EXPECT_EQ(ECONNREFUSED, errno);
}

TEST_F(udp, stream_calls)
{
	int c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	bool v4;

	EXPECT_EQ(-1, listen(c, 1));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, accept(c, NULL, NULL));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, shutdown(c, SHUT_RD));
	EXPECT_EQ(ENOTCONN, errno);
	/* IPv6, which is what a domain-0 socket is by now, does not look at it. */
	EXPECT_EQ(-1, send(c, "x", 1, MSG_OOB));
	v4 = variant->family == AF_INET && (variant->domain || !zs_is_zsock());
	EXPECT_EQ(v4 ? EOPNOTSUPP : EDESTADDRREQ, errno);
}

TEST_F(udp, shutdown_ends_reading)
{
	int fd[2];
	char buf[4];

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	EXPECT_EQ(0, shutdown(fd[0], SHUT_RD));
	EXPECT_EQ(0, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_TRUE(zs_poll(fd[0], POLLIN | POLLRDHUP, 1000) & POLLRDHUP);
	EXPECT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(-1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(EPIPE, errno);
}

TEST_F(udp, more_and_cork)
{
	char buf[16];
	int fd[2];

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(2, send(fd[0], "ab", 2, MSG_MORE));
	ASSERT_EQ(2, send(fd[0], "cd", 2, 0));
	EXPECT_EQ(4, recv(fd[1], buf, sizeof(buf), 0));
	ASSERT_EQ(0, zs_setint(fd[0], IPPROTO_UDP, UDP_CORK, 1));
	ASSERT_EQ(2, send(fd[0], "ef", 2, 0));
	ASSERT_EQ(2, send(fd[0], "gh", 2, 0));
	EXPECT_EQ(0, zs_poll(fd[1], POLLIN, 10));
	ASSERT_EQ(0, zs_setint(fd[0], IPPROTO_UDP, UDP_CORK, 0));
	EXPECT_EQ(4, recv(fd[1], buf, sizeof(buf), 0));
}

TEST_F(udp, queue_ioctls)
{
	int fd[2], n = -1;

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	EXPECT_EQ(0, ioctl(fd[1], SIOCINQ, &n));
	EXPECT_EQ(0, n);
	ASSERT_EQ(5, send(fd[0], "hello", 5, 0));
	ASSERT_EQ(3, send(fd[0], "abc", 3, 0));
	/* The next datagram, not the sum. */
	EXPECT_EQ(0, ioctl(fd[1], SIOCINQ, &n));
	EXPECT_EQ(5, n);
	EXPECT_EQ(0, ioctl(fd[0], SIOCOUTQ, &n));
}

TEST_F(udp, peek_off)
{
	char buf[8];
	int fd[2];

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, zs_setint(fd[1], SOL_SOCKET, SO_PEEK_OFF, 2));
	ASSERT_EQ(6, send(fd[0], "abcdef", 6, 0));
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_PEEK));
	EXPECT_EQ('c', buf[0]);
	EXPECT_EQ(2, recv(fd[1], buf, 2, MSG_PEEK));
	EXPECT_EQ('e', buf[0]);
	EXPECT_EQ(6, recv(fd[1], buf, 8, 0));
}

TEST_F(udp, mmsg)
{
	char data[3][4] = { "one", "two", "six" };
	struct mmsghdr out[3] = { }, in[4] = { };
	struct iovec oiov[3], iiov[4];
	struct timespec ts = { 1, 0 };
	char buf[4][8];
	int fd[2], i;

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	for (i = 0; i < 4; i++) {
		iiov[i] = (struct iovec){ buf[i], 8 };
		in[i].msg_hdr.msg_iov = &iiov[i];
		in[i].msg_hdr.msg_iovlen = 1;
		if (i == 3)
			break;
		oiov[i] = (struct iovec){ data[i], i + 1 };
		out[i].msg_hdr.msg_iov = &oiov[i];
		out[i].msg_hdr.msg_iovlen = 1;
	}
	EXPECT_EQ(3, sendmmsg(fd[0], out, 3, 0));
	EXPECT_EQ(2, out[1].msg_len);
	EXPECT_EQ(3, recvmmsg(fd[1], in, 4, MSG_WAITFORONE, &ts));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(i + 1, in[i].msg_len);
		EXPECT_EQ(data[i][0], buf[i][0]);
	}
}

TEST_F(udp, mmsg_first)
{
	union zs_addr srv;
	struct iovec iov = { "x", 1 };
	struct mmsghdr out[2] = { };
	int s, c, i;

	s = zs_udp_bound(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	for (i = 0; i < 2; i++)
		out[i].msg_hdr = (struct msghdr){
			.msg_name = &srv, .msg_namelen = zs_len(variant->family),
			.msg_iov = &iov, .msg_iovlen = 1,
		};
	EXPECT_EQ(2, sendmmsg(c, out, 2, 0));
	EXPECT_EQ(POLLIN, zs_poll(s, POLLIN, 5000));
}

TEST_F(udp, reuseport_spreads)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, variant->family, 0);
	int s[2], i, got[2] = { 0, 0 };
	char buf[4];

	for (i = 0; i < 2; i++) {
		s[i] = zs_socket(variant->domain, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		ASSERT_EQ(0, zs_setint(s[i], SOL_SOCKET, SO_REUSEPORT, 1));
		ASSERT_EQ(0, bind(s[i], &addr.sa, len));
		ASSERT_EQ(0, getsockname(s[i], &addr.sa, &len));
	}
	for (i = 0; i < 40; i++) {
		int c = zs_socket(variant->domain, SOCK_DGRAM, 0);

		ASSERT_EQ(1, sendto(c, "x", 1, 0, &addr.sa, len));
	}
	for (i = 0; i < 2; i++)
		while (recv(s[i], buf, sizeof(buf), 0) == 1)
			got[i]++;
	EXPECT_EQ(40, got[0] + got[1]);
	EXPECT_GT(got[0], 0);
	EXPECT_GT(got[1], 0);
}

TEST_F(udp, address_in_use)
{
	union zs_addr srv;
	int fd;

	ASSERT_GE(zs_udp_bound(variant->domain, variant->family, &srv), 0);
	fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	EXPECT_EQ(-1, bind(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(EADDRINUSE, errno);
	zs_loopback(&srv, variant->family, 0);
	if (variant->family == AF_INET)
		srv.in.sin_addr.s_addr = htonl(0xc0000201);	/* 192.0.2.1 */
	else
		inet_pton(AF_INET6, "2001:db8::1", &srv.in6.sin6_addr);
	EXPECT_EQ(-1, bind(fd, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(EADDRNOTAVAIL, errno);
}

TEST_F(udp, multicast)
{
	int level = variant->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	struct group_req req = { .gr_interface = if_nametoindex("lo") };
	int s, c, lo = req.gr_interface;
	struct ip_mreqn out = { .imr_ifindex = lo };
	union zs_addr group;
	socklen_t len = zs_any(&group, variant->family, 0);
	char buf[8];

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	/* lo has no route for IPv6 multicast by itself. */
	ASSERT_EQ(0, system("ip -6 route add local ff15::/16 dev lo"));
	s = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ASSERT_EQ(0, zs_setint(s, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, bind(s, &group.sa, len));
	ASSERT_EQ(0, getsockname(s, &group.sa, &len));
	if (variant->family == AF_INET)
		group.in.sin_addr.s_addr = htonl(0xe8010203);	/* 232.1.2.3 */
	else
		inet_pton(AF_INET6, "ff15::1234", &group.in6.sin6_addr);
	memcpy(&req.gr_group, &group, sizeof(group));
	ASSERT_EQ(0, setsockopt(s, level, MCAST_JOIN_GROUP, &req, sizeof(req)));

	/* Choosing the interface is the first call on c: for domain 0 it settles the family. */
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	if (variant->family == AF_INET) {
		ASSERT_EQ(0, setsockopt(c, level, IP_MULTICAST_IF, &out, sizeof(out)));
	} else {
		ASSERT_EQ(0, setsockopt(c, level, IPV6_MULTICAST_IF, &lo, sizeof(lo)));
	}
	ASSERT_EQ(5, sendto(c, "group", 5, 0, &group.sa, len));
	ASSERT_EQ(POLLIN, zs_poll(s, POLLIN, 5000));
	EXPECT_EQ(5, recv(s, buf, sizeof(buf), 0));
	ASSERT_EQ(0, setsockopt(s, level, MCAST_LEAVE_GROUP, &req, sizeof(req)));
	EXPECT_EQ(-1, setsockopt(s, level, MCAST_LEAVE_GROUP, &req, sizeof(req)));
	EXPECT_EQ(EADDRNOTAVAIL, errno);
	ASSERT_EQ(5, sendto(c, "group", 5, 0, &group.sa, len));
	EXPECT_EQ(0, zs_poll(s, POLLIN, 20));
}

/* Broadcast is asked for before the socket is dispatched, and after. */
TEST_F(udp, broadcast_permission)
{
	union zs_addr to;
	int s, c;

	if (variant->family != AF_INET)
		SKIP(return, "IPv6 has no broadcast");
	s = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ASSERT_EQ(0, bind(s, &to.sa, zs_any(&to, AF_INET, 0)));
	ASSERT_EQ(0, getsockname(s, &to.sa, &(socklen_t){ sizeof(to) }));
	to.in.sin_addr.s_addr = htonl(0x7fffffff);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	EXPECT_EQ(-1, sendto(c, "x", 1, 0, &to.sa, sizeof(to.in)));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, zs_setint(c, SOL_SOCKET, SO_BROADCAST, 1));
	EXPECT_EQ(1, sendto(c, "x", 1, 0, &to.sa, sizeof(to.in)));
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	EXPECT_EQ(0, zs_setint(c, SOL_SOCKET, SO_BROADCAST, 1));
	EXPECT_EQ(1, sendto(c, "x", 1, 0, &to.sa, sizeof(to.in)));
	EXPECT_EQ(POLLIN, zs_poll(s, POLLIN, 5000));
}

TEST_F(udp, bind_to_device)
{
	union zs_addr srv;
	char name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);
	char buf[4];
	int s, c;

	s = zs_udp_bound(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ASSERT_EQ(0, setsockopt(c, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ASSERT_EQ(0, getsockopt(c, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EXPECT_STREQ("lo", name);
	EXPECT_EQ(1, sendto(c, "x", 1, 0, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(1, recv(s, buf, sizeof(buf), 0));
	EXPECT_EQ(if_nametoindex("lo"), zs_getint(c, SOL_SOCKET, SO_BINDTOIFINDEX));
	EXPECT_EQ(0, setsockopt(c, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_BINDTOIFINDEX));
}

TEST_F(udp, receive_buffer_is_charged)
{
	static char buf[1000];
	int fd[2], n = 0, i;

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, zs_setint(fd[1], SOL_SOCKET, SO_RCVBUF, 8000));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(1000, send(fd[0], buf, 1000, 0));
	while (recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT) == 1000)
		n++;
	EXPECT_GT(n, 0);
	EXPECT_LT(n, 50);
}

TEST_HARNESS_MAIN
