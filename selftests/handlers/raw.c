// SPDX-License-Identifier: GPL-2.0
/*
 * Raw IP sockets. What is not marked as AF_ZSOCK's own holds of AF_INET and AF_INET6 as well,
 * and is run over these, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <linux/icmp.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "raw.h"

#define EXPERIMENT	253	/* a protocol that nothing answers */

#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL	36
#endif

FIXTURE(raw) { union zs_addr lo; socklen_t len; int icmp; bool header; };
ZS_VARIANTS(raw);

FIXTURE_SETUP(raw)
{
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	zs_auto_family = variant->family;
	self->len = zs_loopback(&self->lo, variant->family, 0);
	self->icmp = variant->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	self->header = variant->family == AF_INET;
}

FIXTURE_TEARDOWN(raw) { }

static int ask_echo(FIXTURE_DATA(raw) *self, int fd, uint16_t id, uint16_t seq)
{
	char buf[64];
	size_t len = raw_echo(self->lo.sa.sa_family, buf, id, seq);

	return sendto(fd, buf, len, 0, &self->lo.sa, self->len) != (ssize_t)len;
}

static uint8_t reply_of(int family)
{
	return family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
}

TEST_F(raw, asks_for_an_echo)
{
	int fd = zs_socket(variant->domain, SOCK_RAW, self->icmp);
	union zs_addr from;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ask_echo(self, fd, 77, 1));
	ASSERT_EQ(0, raw_await(fd, self->header, reply_of(variant->family), 77, 1, &from));
	EXPECT_EQ(variant->family, from.sa.sa_family);
	EXPECT_TRUE(variant->family == AF_INET ?
		    from.in.sin_addr.s_addr == htonl(INADDR_LOOPBACK) :
		    IN6_IS_ADDR_LOOPBACK(&from.in6.sin6_addr));
}

/* What comes before anybody has called the socket is for it: traceroute counts on that. */
TEST_F(raw, received_from_the_first_moment)
{
	int fd = zs_socket(variant->domain ? variant->domain : variant->family, SOCK_RAW,
			   self->icmp);
	int other = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);
	int asks = zs_socket(variant->domain, SOCK_RAW, self->icmp);
	union zs_addr from;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, asks);
	ASSERT_EQ(0, ask_echo(self, asks, 78, 2));
	EXPECT_EQ(POLLIN, zs_poll(fd, POLLIN, 10000));
	EXPECT_EQ(0, raw_await(fd, self->header, reply_of(variant->family), 78, 2, &from));
	/* And nothing is for one of another protocol. */
	EXPECT_EQ(0, zs_poll(other, POLLIN, 0));
}

TEST_F(raw, names_and_peers)
{
	int fd = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);
	union zs_addr name;
	socklen_t len = sizeof(name);
	char buf[100];
	ssize_t n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bind(fd, &self->lo.sa, self->len));
	ASSERT_EQ(0, getsockname(fd, &name.sa, &len));
	EXPECT_EQ(self->len, len);
	EXPECT_EQ(variant->family, name.sa.sa_family);
	EXPECT_EQ(-1, send(fd, "x", 1, 0));
	EXPECT_EQ(EDESTADDRREQ, errno);
	EXPECT_EQ(0, connect(fd, &self->lo.sa, self->len));
	/* What is at the place of a port is of no use but for that. */
	len = sizeof(name);
	EXPECT_EQ(-1, getpeername(fd, &name.sa, &len));
	EXPECT_EQ(ENOTCONN, errno);
	self->lo.in.sin_port = htons(1);
	EXPECT_EQ(0, connect(fd, &self->lo.sa, self->len));
	EXPECT_EQ(0, getpeername(fd, &name.sa, &len));
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	EXPECT_EQ(POLLIN, zs_poll(fd, POLLIN, 10000));
	n = recv(fd, buf, sizeof(buf), 0);
	ASSERT_EQ(self->header ? 25 : 5, n);
	EXPECT_EQ(0, memcmp(buf + n - 5, "hello", 5));
	EXPECT_EQ(-1, listen(fd, 5));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, accept(fd, NULL, NULL));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(SOCK_RAW, zs_getint(fd, SOL_SOCKET, SO_TYPE));
	EXPECT_EQ(EXPERIMENT, zs_getint(fd, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(variant->family, zs_getint(fd, SOL_SOCKET, SO_DOMAIN));
}

TEST_F(raw, icmp_filter)
{
	int fd = zs_socket(variant->domain, SOCK_RAW, self->icmp);
	struct icmp_filter no4 = { 1 << ICMP_ECHO };
	struct icmp6_filter no6, back6;
	union zs_addr from;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bind(fd, &self->lo.sa, self->len));
	if (variant->family == AF_INET) {
		ASSERT_EQ(0, setsockopt(fd, SOL_RAW, ICMP_FILTER, &no4, sizeof(no4)));
		EXPECT_EQ(1 << ICMP_ECHO, zs_getint(fd, SOL_RAW, ICMP_FILTER));
	} else {
		socklen_t len = sizeof(back6);

		ICMP6_FILTER_SETPASSALL(&no6);
		ICMP6_FILTER_SETBLOCK(ICMP6_ECHO_REQUEST, &no6);
		ASSERT_EQ(0, setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &no6, sizeof(no6)));
		ASSERT_EQ(0, getsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &back6, &len));
		EXPECT_EQ(0, memcmp(&no6, &back6, sizeof(no6)));
	}
	/* The request, which comes by here first, is not to be seen; the answer is. */
	ASSERT_EQ(0, ask_echo(self, fd, 79, 3));
	EXPECT_EQ(0, raw_await(fd, self->header, reply_of(variant->family), 79, 3, &from));
	EXPECT_EQ(0, zs_poll(fd, POLLIN, 0));
}

TEST_F(raw, bpf_filter)
{
	int fd = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);
	char buf[100];
	int head = self->header ? 20 : 0;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bind(fd, &self->lo.sa, self->len));
	ASSERT_EQ(0, raw_take_length(fd, head + 7));
	ASSERT_EQ(6, sendto(fd, "no one", 6, 0, &self->lo.sa, self->len));
	ASSERT_EQ(7, sendto(fd, "this is", 7, 0, &self->lo.sa, self->len));
	ASSERT_EQ(POLLIN, zs_poll(fd, POLLIN, 10000));
	EXPECT_EQ(head + 7, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(-1, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(raw, peek_and_truncate)
{
	int fd = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);
	int head = self->header ? 20 : 0;
	char buf[100];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bind(fd, &self->lo.sa, self->len));
	ASSERT_EQ(9, sendto(fd, "some data", 9, 0, &self->lo.sa, self->len));
	ASSERT_EQ(POLLIN, zs_poll(fd, POLLIN, 10000));
	EXPECT_EQ(head + 9, recv(fd, buf, sizeof(buf), MSG_PEEK));
	EXPECT_EQ(4, recv(fd, buf, 4, MSG_PEEK));
	EXPECT_EQ(head + 9, recv(fd, buf, 4, MSG_TRUNC));
	EXPECT_EQ(0, zs_poll(fd, POLLIN, 0));
}

/* To be bound to a device is asked of a raw socket as of another. */
TEST_F(raw, bound_to_a_device)
{
	int fd = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ASSERT_EQ(1, sendto(fd, "x", 1, 0, &self->lo.sa, self->len));
	EXPECT_EQ(POLLIN, zs_poll(fd, POLLIN, 10000));
	EXPECT_EQ((int)if_nametoindex("lo"), zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
}

/* ---- headers of one's own ---- */

static int own_header(int domain, int family, int protocol)
{
	int fd = zs_socket(domain, SOCK_RAW, protocol);

	if (family == AF_INET)
		return zs_setint(fd, IPPROTO_IP, IP_HDRINCL, 1) ? -1 : fd;
	return zs_setint(fd, IPPROTO_IPV6, IPV6_HDRINCL, 1) ? -1 : fd;
}

/* The packet that is sent, with a header of ours; returns its length. */
static size_t own_packet(int family, void *buf)
{
	struct ip6_hdr { uint8_t first[4]; uint16_t len; uint8_t next, hops; struct in6_addr a[2]; }
		h6 = { { 0x60 }, htons(4), EXPERIMENT, 9,
		       { IN6ADDR_LOOPBACK_INIT, IN6ADDR_LOOPBACK_INIT } };

	if (family == AF_INET)
		return raw_packet(buf, EXPERIMENT, "mine", 4);
	memcpy(buf, &h6, sizeof(h6));
	memcpy((char *)buf + sizeof(h6), "mine", 4);
	return sizeof(h6) + 4;
}

static void sends_own_header(struct __test_metadata *_metadata, FIXTURE_DATA(raw) *self, int fd)
{
	int family = self->lo.sa.sa_family;
	int takes = zs_socket(family, SOCK_RAW, EXPERIMENT);
	union zs_addr from;
	socklen_t len = sizeof(from);
	char buf[100];
	size_t n;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, takes);
	n = own_packet(family, buf);
	ASSERT_EQ((ssize_t)n, sendto(fd, buf, n, 0, &self->lo.sa, self->len));
	ASSERT_EQ(POLLIN, zs_poll(takes, POLLIN, 10000));
	n = recvfrom(takes, buf, sizeof(buf), 0, &from.sa, &len);
	ASSERT_EQ(self->header ? 24 : 4, n);
	EXPECT_EQ(0, memcmp(buf + n - 4, "mine", 4));
	/* The header was ours: so is the address in it. */
	if (family == AF_INET) {
		EXPECT_EQ(htonl(0x7f000005), from.in.sin_addr.s_addr);
	}
	close(takes);
}

TEST_F(raw, header_included)
{
	int fd = own_header(variant->domain, variant->family, EXPERIMENT);

	sends_own_header(_metadata, self, fd);
}

/* IPPROTO_RAW is that from the beginning, and receives nothing. */
TEST_F(raw, ipproto_raw)
{
	int fd = zs_socket(variant->domain, SOCK_RAW, IPPROTO_RAW);

	sends_own_header(_metadata, self, fd);
	EXPECT_EQ(0, zs_poll(fd, POLLIN, 0));
	EXPECT_EQ(IPPROTO_RAW, zs_getint(fd, SOL_SOCKET, SO_PROTOCOL));
	if (variant->family == AF_INET) {
		EXPECT_EQ(1, zs_getint(fd, IPPROTO_IP, IP_HDRINCL));
	}
}

/* ---- IPv6's checksums ---- */

TEST_F(raw, ipv6_checksum)
{
	unsigned char out[8] = { 1, 2, 0, 0, 5, 6, 7, 8 }, in[100];
	int fd, plain, off = 2;

	if (variant->family != AF_INET6)
		SKIP(return, "IPv6 only");
	fd = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);
	plain = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, zs_getint(fd, IPPROTO_IPV6, IPV6_CHECKSUM));
	EXPECT_EQ(-1, zs_setint(fd, IPPROTO_IPV6, IPV6_CHECKSUM, 3));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &off, sizeof(off)));
	EXPECT_EQ(2, zs_getint(fd, IPPROTO_IPV6, IPV6_CHECKSUM));
	ASSERT_EQ(0, bind(plain, &self->lo.sa, self->len));

	/* The kernel puts it in, and checks it. */
	ASSERT_EQ(8, sendto(fd, out, 8, 0, &self->lo.sa, self->len));
	ASSERT_EQ(POLLIN, zs_poll(fd, POLLIN, 10000));
	ASSERT_EQ(8, recv(fd, in, sizeof(in), 0));
	EXPECT_TRUE(in[2] || in[3]);
	ASSERT_EQ(8, recv(plain, in, sizeof(in), 0));
	/* One that is wrong comes to whom does not look, alone. */
	ASSERT_EQ(8, sendto(plain, out, 8, 0, &self->lo.sa, self->len));
	EXPECT_EQ(POLLIN, zs_poll(plain, POLLIN, 10000));
	EXPECT_EQ(0, zs_poll(fd, POLLIN, 50));
	/* ICMPv6's is not to be moved. */
	close(fd);
	fd = zs_socket(variant->domain, SOCK_RAW, IPPROTO_ICMPV6);
	EXPECT_EQ(-1, zs_setint(fd, IPPROTO_IPV6, IPV6_CHECKSUM, 4));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(2, zs_getint(fd, IPPROTO_IPV6, IPV6_CHECKSUM));
}

/* ---- what there is, and what not ---- */

TEST_F(raw, protocols)
{
	int p, fd;

	for (p = 1; p <= 255; p++) {
		fd = zs_socket(variant->domain, SOCK_RAW, p);
		EXPECT_LE(0, fd) {
			TH_LOG("protocol %d: %s", p, strerror(errno));
		}
		close(fd);
	}
	EXPECT_EQ(-1, zs_socket(variant->domain, SOCK_RAW, 0));
	EXPECT_EQ(EPROTONOSUPPORT, errno);
	if (zs_is_zsock()) {
		EXPECT_EQ(-1, zs_socket(variant->domain, SOCK_RAW, 256));
		EXPECT_EQ(EPROTONOSUPPORT, errno);
		EXPECT_EQ(-1, zs_socket(variant->domain, SOCK_RAW, IPPROTO_TLS_1_2));
		EXPECT_EQ(EPROTONOSUPPORT, errno);
		EXPECT_EQ(-1, zs_socket(AF_UNIX, SOCK_RAW, 1));
		EXPECT_EQ(EAFNOSUPPORT, errno);
	}
}

TEST_F(raw, no_pairs)
{
	int fd[2];

	EXPECT_EQ(-1, socketpair(zs_family, SOCK_RAW, zs_is_zsock() ?
				 ZSOCK_PROTO(variant->domain, EXPERIMENT) : EXPERIMENT, fd));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

/* AF_ZSOCK's own: a raw socket is of one family. */
TEST_F(raw, nothing_says_which)
{
	struct zsock_info info;
	union zs_addr name;
	socklen_t len = sizeof(name);
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	if (variant->domain)
		SKIP(return, "domain 0 only");
	fd = zs_socket(0, SOCK_RAW, EXPERIMENT);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, getsockname(fd, &name.sa, &len));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_EQ(-1, send(fd, "x", 1, 0));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_EQ(-1, recv(fd, &name, 1, MSG_DONTWAIT));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_EQ(-1, raw_take_length(fd, 1));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(ZSOCK_STATE_FRESH, info.state);
	EXPECT_STREQ("raw", info.handler);
	/* That did no harm. */
	EXPECT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_RCVBUF, 20000));
	EXPECT_EQ(1, sendto(fd, "x", 1, 0, &self->lo.sa, self->len));
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(variant->family, info.inner_family);
	EXPECT_EQ(EXPERIMENT, info.inner_protocol);
	EXPECT_EQ(EXPERIMENT, info.protocol);
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(40000, zs_getint(fd, SOL_SOCKET, SO_RCVBUF));
	/* Options of a family are one of its signs. */
	close(fd);
	fd = zs_socket(0, SOCK_RAW, EXPERIMENT);
	EXPECT_EQ(0, variant->family == AF_INET ? zs_setint(fd, IPPROTO_IP, IP_TTL, 3) :
		  zs_setint(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 3));
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(variant->family, info.inner_family);
}

/* AF_ZSOCK's own: nobody else makes raw sockets. */
TEST_F(raw, other_backends_refuse)
{
	static const char * const others[] = { "mptcp", "smc", "vsock" };
	unsigned int i;
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		fd = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);
		/* Dispatched at socket(), or at the first call. */
		if (variant->domain) {
			EXPECT_EQ(-1, setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, others[i], 6));
			EXPECT_EQ(EBUSY, errno);
			EXPECT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", 6));
		} else {
			EXPECT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, others[i],
						strlen(others[i])));
			EXPECT_EQ(-1, bind(fd, &self->lo.sa, self->len));
			EXPECT_EQ(ENETDOWN, errno);
		}
		close(fd);
	}
}

TEST_F(raw, listed)
{
	char want[100];
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	fd = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, connect(fd, &self->lo.sa, self->len));
	snprintf(want, sizeof(want), "raw 253 %s raw native %lu",
		 !variant->domain ? "any" : variant->domain == AF_INET ? "inet" : "inet6",
		 zs_inode(fd));
	EXPECT_LE(0, zs_file_has("/proc/self/net/zsock", want));
	EXPECT_LE(0, zs_file_has("/proc/self/net/zsock_protocols", "raw 1-255 inet,inet6"));
}

/* ---- permission ---- */

static int open_raw(void *arg)
{
	const int *what = arg;
	int fd = zs_socket(what[0], SOCK_RAW, what[1]);

	return fd < 0 ? errno : 0;
}

TEST_F(raw, privilege)
{
	int what[2] = { variant->domain, EXPERIMENT };
	int ret;

	EXPECT_EQ(EPERM, raw_as(RAW_NOBODY, open_raw, what));
	what[1] = IPPROTO_RAW;
	EXPECT_EQ(EPERM, raw_as(RAW_NOBODY, open_raw, what));
	what[1] = 0;
	EXPECT_EQ(EPROTONOSUPPORT, raw_as(RAW_NOBODY, open_raw, what));
	/* To be root in a user namespace is nothing in somebody else's network. */
	what[1] = EXPERIMENT;
	ret = raw_as(RAW_OWN_USER_NS, open_raw, what);
	if (ret == 250)
		SKIP(return, "no user namespaces for the unprivileged here");
	EXPECT_EQ(EPERM, ret);
	EXPECT_EQ(0, raw_as(RAW_OWN_NET_NS, open_raw, what));
}

struct given {
	FIXTURE_DATA(raw) *self;
	int fd;
	int sock;
};

/* First calls by somebody who may not even open one. 0 if all is well. */
static int use_given(void *arg)
{
	struct given *g = arg;
	char buf[100];

	if (g->sock >= 0)
		g->fd = zs_recv_fd(g->sock);
	/* Giving up root was a use of a privilege; a child has used none yet. */
	if (fork())
		return 0;
	if (raw_superpriv())
		_exit(2);
	if (bind(g->fd, &g->self->lo.sa, g->self->len))
		_exit(3);
	if (sendto(g->fd, "x", 1, 0, &g->self->lo.sa, g->self->len) != 1)
		_exit(4);
	if (recv(g->fd, buf, sizeof(buf), 0) <= 0)
		_exit(5);
	/* The privilege was the opener's, and it is who used it. */
	if (raw_superpriv())
		_exit(6);
	_exit(0);
}

static int given_to_a_child(void *arg)
{
	int status;

	if (use_given(arg))
		return 7;
	return wait(&status) < 0 || !WIFEXITED(status) ? 8 : WEXITSTATUS(status);
}

TEST_F(raw, opened_before_root_was_given_up)
{
	struct given g = { self, zs_socket(variant->domain, SOCK_RAW, EXPERIMENT), -1 };

	ASSERT_LE(0, g.fd);
	EXPECT_EQ(0, raw_as(RAW_NOBODY, given_to_a_child, &g));
}

TEST_F(raw, passed_to_the_unprivileged)
{
	struct given g = { .self = self };
	int sv[2], fd = zs_socket(variant->domain, SOCK_RAW, EXPERIMENT);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ASSERT_EQ(0, zs_send_fd(sv[0], fd));
	g.sock = sv[1];
	EXPECT_EQ(0, raw_as(RAW_NOBODY, given_to_a_child, &g));
	close(fd);
}

TEST_HARNESS_MAIN
