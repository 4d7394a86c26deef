// SPDX-License-Identifier: GPL-2.0
/*
 * Every call of <zephyr/net/socket.h> over AF_ZSOCK: that it does what the call of
 * that name does, and how it fails. What the module does with a socket is tested
 * elsewhere; here it is that libzsock passes everything on, and what it changes.
 */
#include <zephyr/kernel.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/ethernet.h>
#include <zsock/zsock.h>

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest_harness.h"

static socklen_t loopback(struct sockaddr_storage *to, int family, int port)
{
	struct sockaddr_in6 *in6 = net_sin6((struct sockaddr *)to);
	struct sockaddr_in *in = net_sin((struct sockaddr *)to);

	memset(to, 0, sizeof(*to));
	to->ss_family = family;
	in->sin_port = htons(port);
	if (family == AF_INET) {
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*in);
	}
	in6->sin6_addr = in6addr_loopback;
	return sizeof(*in6);
}

/* Whether the module made it. */
static bool is_ours(int fd)
{
	struct zsock_info info;

	return zsk_info(fd, &info) == 0;
}

static int getint(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return zsock_getsockopt(fd, level, name, &value, &len) ? -1 : value;
}

/* ---- making them ---- */

TEST(socket_kinds)
{
	static const struct { int family, type, proto; } kinds[] = {
		{ AF_INET, SOCK_STREAM, 0 },
		{ AF_INET, SOCK_STREAM, IPPROTO_TCP },
		{ AF_INET6, SOCK_STREAM, IPPROTO_TCP },
		{ AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP },
		{ AF_INET, SOCK_DGRAM, 0 },
		{ AF_INET6, SOCK_DGRAM, IPPROTO_UDP },
		{ NET_AF_INET, NET_SOCK_STREAM, NET_IPPROTO_TLS_1_2 },
		{ AF_INET6, SOCK_STREAM, IPPROTO_TLS_1_3 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		int fd = zsock_socket(kinds[i].family, kinds[i].type, kinds[i].proto);

		ASSERT_LE(0, fd) {
			TH_LOG("kind %u: %m", i);
		}
		EXPECT_TRUE(is_ours(fd));
		EXPECT_EQ(kinds[i].type, getint(fd, SOL_SOCKET, SO_TYPE));
		EXPECT_EQ(0, zsock_close(fd));
	}
}

TEST(socket_errors)
{
	static const struct { int family, type, proto, err; } bad[] = {
		{ AF_INET, SOCK_STREAM, 9999, EPROTONOSUPPORT },
		{ AF_INET, SOCK_STREAM, -1, EPROTONOSUPPORT },
		{ AF_INET, SOCK_STREAM, 0x10000, EPROTONOSUPPORT },
		{ AF_INET, SOCK_STREAM, IPPROTO_UDP, EPROTONOSUPPORT },
		{ AF_INET, SOCK_RDM, 0, ESOCKTNOSUPPORT },
		{ AF_UNIX, SOCK_STREAM, 0, EAFNOSUPPORT },
		{ 40, SOCK_STREAM, 0, EAFNOSUPPORT },
		{ -1, SOCK_STREAM, 0, EAFNOSUPPORT },
		{ AF_INET, 12345, 0, EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		errno = 0;
		EXPECT_EQ(-1, zsock_socket(bad[i].family, bad[i].type, bad[i].proto));
		EXPECT_EQ(bad[i].err, errno) {
			TH_LOG("case %u", i);
		}
	}
}

/* SO_DOMAIN and SO_PROTOCOL say what was asked for, before and after dispatch. */
TEST(asked_for)
{
	static const struct { int family, type, proto, reads; } kinds[] = {
		{ AF_INET, SOCK_STREAM, 0, IPPROTO_TCP },
		{ AF_INET6, SOCK_STREAM, IPPROTO_TCP, IPPROTO_TCP },
		{ AF_INET, SOCK_DGRAM, 0, IPPROTO_UDP },
		{ AF_INET, SOCK_STREAM, IPPROTO_TLS_1_2, IPPROTO_TLS_1_2 },
		{ AF_INET6, SOCK_STREAM, IPPROTO_TLS_1_3, IPPROTO_TLS_1_3 },
	};
	struct sockaddr_storage addr;
	socklen_t len;
	char small[2];

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		int fd = zsock_socket(kinds[i].family, kinds[i].type, kinds[i].proto);

		ASSERT_LE(0, fd);
		for (int bound = 0; bound < 2; bound++) {
			EXPECT_EQ(kinds[i].family, getint(fd, SOL_SOCKET, SO_DOMAIN));
			EXPECT_EQ(kinds[i].reads, getint(fd, SOL_SOCKET, SO_PROTOCOL));
			len = loopback(&addr, kinds[i].family, 0);
			if (!bound)
				ASSERT_EQ(0, zsock_bind(fd, net_sad(&addr), len));
		}
		len = sizeof(small);
		EXPECT_EQ(0, zsock_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, small, &len));
		EXPECT_EQ(2, len);
		EXPECT_EQ(kinds[i].family, small[0]);
		len = -1;
		EXPECT_EQ(-1, zsock_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, small, &len));
		EXPECT_EQ(EINVAL, errno);
		zsock_close(fd);
	}
	EXPECT_EQ(-1, getint(-1, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(EBADF, errno);
}

TEST(pairs)
{
	char buf[8];
	int sv[2];

	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		ASSERT_EQ(0, zsock_socketpair(AF_UNIX, type, 0, sv));
		EXPECT_TRUE(is_ours(sv[0]));
		EXPECT_EQ(AF_UNIX, getint(sv[0], SOL_SOCKET, SO_DOMAIN));
		EXPECT_EQ(3, zsock_send(sv[0], "abc", 3, 0));
		EXPECT_EQ(3, zsock_recv(sv[1], buf, sizeof(buf), 0));
		EXPECT_EQ(0, memcmp(buf, "abc", 3));
		EXPECT_EQ(0, zsock_close(sv[0]));
		EXPECT_EQ(0, zsock_close(sv[1]));
	}
	EXPECT_EQ(-1, zsock_socketpair(AF_UNIX, SOCK_STREAM, 5, sv));
	EXPECT_EQ(EPROTONOSUPPORT, errno);
	EXPECT_EQ(-1, zsock_socketpair(AF_UNIX, SOCK_RDM, 0, sv));
	EXPECT_EQ(ESOCKTNOSUPPORT, errno);
	EXPECT_EQ(-1, zsock_socketpair(AF_INET, SOCK_STREAM, IPPROTO_TLS_1_2, sv));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, zsock_socketpair(40, SOCK_STREAM, 0, sv));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_EQ(-1, zsock_socketpair(AF_UNIX, SOCK_STREAM, 0, NULL));
	EXPECT_EQ(EFAULT, errno);
}

/* ---- connections ---- */

FIXTURE(tcp) {
	struct sockaddr_storage addr;
	socklen_t len;
	int listener, client, server;
};
FIXTURE_VARIANT(tcp) { int family; };
FIXTURE_VARIANT_ADD(tcp, ipv4) { .family = AF_INET };
FIXTURE_VARIANT_ADD(tcp, ipv6) { .family = AF_INET6 };

FIXTURE_SETUP(tcp)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	int one = 1;

	self->listener = zsock_socket(variant->family, SOCK_STREAM, IPPROTO_TCP);
	ASSERT_LE(0, self->listener);
	ASSERT_EQ(0, zsock_setsockopt(self->listener, SOL_SOCKET, SO_REUSEADDR, &one, 4));
	self->len = loopback(&self->addr, variant->family, 0);
	ASSERT_EQ(0, zsock_bind(self->listener, net_sad(&self->addr), self->len));
	ASSERT_EQ(0, zsock_listen(self->listener, 5));
	ASSERT_EQ(0, zsock_getsockname(self->listener, net_sad(&self->addr), &self->len));
	self->client = zsock_socket(variant->family, SOCK_STREAM, 0);
	ASSERT_LE(0, self->client);
	ASSERT_EQ(0, zsock_connect(self->client, net_sad(&self->addr), self->len));
	self->server = zsock_accept(self->listener, net_sad(&peer), &len);
	ASSERT_LE(0, self->server);
	EXPECT_EQ(self->len, len);
	EXPECT_EQ(variant->family, peer.ss_family);
	EXPECT_TRUE(is_ours(self->server));
}

FIXTURE_TEARDOWN(tcp)
{
	zsock_close(self->listener);
	zsock_close(self->client);
	zsock_close(self->server);
}

TEST_F(tcp, names)
{
	struct sockaddr_storage a, b;
	socklen_t alen = sizeof(a), blen = sizeof(b);

	ASSERT_EQ(0, zsock_getpeername(self->client, net_sad(&a), &alen));
	EXPECT_EQ(self->len, alen);
	EXPECT_EQ(0, memcmp(&a, &self->addr, alen));
	alen = sizeof(a);
	ASSERT_EQ(0, zsock_getsockname(self->client, net_sad(&a), &alen));
	ASSERT_EQ(0, zsock_getpeername(self->server, net_sad(&b), &blen));
	EXPECT_EQ(alen, blen);
	EXPECT_EQ(0, memcmp(&a, &b, alen));
	EXPECT_EQ(-1, zsock_getpeername(self->listener, net_sad(&b), &blen));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(variant->family, getint(self->server, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(IPPROTO_TCP, getint(self->server, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(1, getint(self->listener, SOL_SOCKET, SO_ACCEPTCONN));
}

TEST_F(tcp, send_and_recv)
{
	struct net_iovec iov[2] = { { (void *)"ab", 2 }, { (void *)"cde", 3 } };
	struct net_msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	char buf[16], other[4];

	EXPECT_EQ(5, zsock_send(self->client, "hello", 5, 0));
	EXPECT_EQ(2, zsock_recv(self->server, buf, 2, ZSOCK_MSG_PEEK));
	EXPECT_EQ(5, zsock_recv(self->server, buf, 5, ZSOCK_MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_EQ(-1, zsock_recv(self->server, buf, 1, ZSOCK_MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(2, zsock_sendto(self->server, "to", 2, 0, NULL, 0));
	EXPECT_EQ(2, zsock_recvfrom(self->client, buf, 2, 0, NULL, NULL));
	EXPECT_EQ(5, zsock_sendmsg(self->client, &msg, 0));
	iov[0].iov_base = buf;
	iov[0].iov_len = 4;
	iov[1].iov_base = other;
	iov[1].iov_len = 4;
	EXPECT_EQ(5, zsock_recvmsg(self->server, &msg, 0));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	EXPECT_EQ('e', other[0]);
	EXPECT_EQ(-1, zsock_recv(self->server, NULL, 5, ZSOCK_MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(tcp, shutdown)
{
	char c;

	EXPECT_EQ(-1, zsock_shutdown(self->client, 7));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, zsock_shutdown(self->client, ZSOCK_SHUT_WR));
	EXPECT_EQ(0, zsock_recv(self->server, &c, 1, 0));
	EXPECT_EQ(-1, zsock_send(self->client, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(1, zsock_send(self->server, "x", 1, 0));
	EXPECT_EQ(1, zsock_recv(self->client, &c, 1, 0));
}

TEST_F(tcp, fcntl)
{
	int flags = zsock_fcntl(self->client, F_GETFL, 0);
	char c;

	EXPECT_EQ(0, flags & O_NONBLOCK);
	EXPECT_EQ(0, zsock_fcntl(self->client, F_SETFL, flags | O_NONBLOCK));
	EXPECT_EQ(O_NONBLOCK, zsock_fcntl(self->client, F_GETFL, 0) & O_NONBLOCK);
	EXPECT_EQ(-1, zsock_recv(self->client, &c, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, zsock_fcntl(self->client, 0x7777, 0));
	EXPECT_EQ(EINVAL, errno);
}

static int call_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	int ret;

	va_start(ap, request);
	ret = zsock_ioctl(fd, request, ap);
	va_end(ap);
	return ret;
}

TEST_F(tcp, ioctl)
{
	int n = -1, one = 1;
	char c;

	ASSERT_EQ(3, zsock_send(self->client, "abc", 3, 0));
	ASSERT_EQ(1, zsock_recv(self->server, &c, 1, 0));
	EXPECT_EQ(0, call_ioctl(self->server, ZFD_IOCTL_FIONREAD, &n));
	EXPECT_EQ(2, n);
	EXPECT_EQ(0, call_ioctl(self->client, ZFD_IOCTL_FIONBIO, &one));
	EXPECT_EQ(O_NONBLOCK, zsock_fcntl(self->client, F_GETFL, 0) & O_NONBLOCK);
	EXPECT_EQ(-1, call_ioctl(self->client, 0x5477, NULL));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_F(tcp, poll)
{
	struct zsock_pollfd fds[3] = {
		{ .fd = self->server, .events = ZSOCK_POLLIN },
		{ .fd = self->client, .events = ZSOCK_POLLOUT },
		{ .fd = -1, .events = ZSOCK_POLLIN },
	};

	EXPECT_EQ(0, zsock_poll(fds, 1, 20));
	EXPECT_EQ(1, zsock_poll(fds, 3, 1000));
	EXPECT_EQ(ZSOCK_POLLOUT, fds[1].revents);
	ASSERT_EQ(1, zsock_send(self->client, "x", 1, 0));
	EXPECT_EQ(1, zsock_poll(fds, 1, -1));
	EXPECT_EQ(ZSOCK_POLLIN, fds[0].revents);
	zsock_close(self->client);
	fds[1].revents = 0;
	EXPECT_EQ(2, zsock_poll(fds, 2, 1000));
	EXPECT_EQ(ZSOCK_POLLNVAL, fds[1].revents);
	EXPECT_EQ(-1, zsock_poll(fds, -1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, zsock_poll(NULL, 0, 1));
}

TEST_F(tcp, select)
{
	struct zsock_timeval tv = { 0, 30000 };
	int64_t begin = k_uptime_get();
	zsock_fd_set r, w;
	int top = MAX(self->client, self->server) + 1;

	ZSOCK_FD_ZERO(&r);
	ZSOCK_FD_ZERO(&w);
	ZSOCK_FD_SET(self->server, &r);
	EXPECT_EQ(0, zsock_select(top, &r, NULL, NULL, &tv));
	EXPECT_LE(29, k_uptime_get() - begin);
	/* Other than with Linux's, the time is as it was. */
	EXPECT_EQ(30000, tv.tv_usec);
	EXPECT_FALSE(ZSOCK_FD_ISSET(self->server, &r));
	ASSERT_EQ(1, zsock_send(self->client, "x", 1, 0));
	ZSOCK_FD_SET(self->server, &r);
	ZSOCK_FD_SET(self->client, &r);
	ZSOCK_FD_SET(self->client, &w);
	tv.tv_sec = 5;
	EXPECT_EQ(2, zsock_select(top, &r, &w, NULL, &tv));
	EXPECT_TRUE(ZSOCK_FD_ISSET(self->server, &r));
	EXPECT_FALSE(ZSOCK_FD_ISSET(self->client, &r));
	EXPECT_TRUE(ZSOCK_FD_ISSET(self->client, &w));
	zsock_close(self->client);
	EXPECT_EQ(-1, zsock_select(top, NULL, &w, NULL, &tv));
	EXPECT_EQ(EBADF, errno);
}

TEST(fd_sets)
{
	zsock_fd_set set;
	fd_set libc;

	ZSOCK_FD_ZERO(&set);
	for (int fd = 0; fd < ZSOCK_FD_SETSIZE; fd += 7) {
		EXPECT_FALSE(ZSOCK_FD_ISSET(fd, &set));
		ZSOCK_FD_SET(fd, &set);
		EXPECT_TRUE(ZSOCK_FD_ISSET(fd, &set));
		memcpy(&libc, &set, sizeof(libc));
		EXPECT_TRUE(FD_ISSET(fd, &libc));
		EXPECT_FALSE(ZSOCK_FD_ISSET(fd + 1, &set));
	}
	ZSOCK_FD_CLR(7, &set);
	EXPECT_FALSE(ZSOCK_FD_ISSET(7, &set));
	EXPECT_TRUE(ZSOCK_FD_ISSET(14, &set));
	/* Outside there is nothing to be hit. */
	ZSOCK_FD_SET(-1, &set);
	ZSOCK_FD_SET(ZSOCK_FD_SETSIZE, &set);
	ZSOCK_FD_CLR(ZSOCK_FD_SETSIZE, &set);
	EXPECT_FALSE(ZSOCK_FD_ISSET(-1, &set));
	EXPECT_FALSE(ZSOCK_FD_ISSET(ZSOCK_FD_SETSIZE, &set));
}

TEST_F(tcp, close)
{
	int fd = self->client;
	char c;

	EXPECT_EQ(0, zsock_close(fd));
	EXPECT_EQ(0, zsock_recv(self->server, &c, 1, 0));
	EXPECT_EQ(-1, zsock_close(fd));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, zsock_send(fd, "x", 1, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, zsock_close(-1));
	EXPECT_EQ(EBADF, errno);
}

/* Each call on something that is no descriptor. */
TEST(bad_descriptor)
{
	struct net_msghdr msg = { 0 };
	struct sockaddr_storage addr;
	socklen_t len = loopback(&addr, AF_INET, 1), room = sizeof(addr);
	int value = 0;
	char c = 0;

#define BAD(call) do { errno = 0; EXPECT_EQ(-1, call); EXPECT_EQ(EBADF, errno); } while (0)
	BAD(zsock_close(-1));
	BAD(zsock_shutdown(-1, 0));
	BAD(zsock_bind(-1, net_sad(&addr), len));
	BAD(zsock_connect(-1, net_sad(&addr), len));
	BAD(zsock_listen(-1, 1));
	BAD(zsock_accept(-1, NULL, NULL));
	BAD(zsock_send(-1, &c, 1, 0));
	BAD(zsock_sendto(-1, &c, 1, 0, NULL, 0));
	BAD(zsock_sendmsg(-1, &msg, 0));
	BAD(zsock_recv(-1, &c, 1, 0));
	BAD(zsock_recvfrom(-1, &c, 1, 0, NULL, NULL));
	BAD(zsock_recvmsg(-1, &msg, 0));
	BAD(zsock_fcntl(-1, F_GETFL, 0));
	BAD(call_ioctl(-1, FIONREAD, &value));
	BAD(zsock_getsockopt(-1, SOL_SOCKET, SO_TYPE, &value, &room));
	BAD(zsock_setsockopt(-1, SOL_SOCKET, SO_REUSEADDR, &value, 4));
	BAD(zsock_getpeername(-1, net_sad(&addr), &room));
	BAD(zsock_getsockname(-1, net_sad(&addr), &room));
	EXPECT_EQ(NULL, zsock_get_context_object(-1));
}

TEST_F(tcp, errors)
{
	struct sockaddr_storage addr = self->addr;

	EXPECT_EQ(-1, zsock_connect(self->client, net_sad(&addr), self->len));
	EXPECT_EQ(EISCONN, errno);
	EXPECT_EQ(-1, zsock_bind(self->client, net_sad(&addr), 3));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, zsock_accept(self->client, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, zsock_listen(self->client, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, zsock_recv(self->listener, &addr, 1, 0));
	EXPECT_EQ(ENOTCONN, errno);
}

TEST(refused)
{
	struct sockaddr_storage addr;
	socklen_t len = loopback(&addr, AF_INET, 1);
	int fd = zsock_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	EXPECT_EQ(-1, zsock_connect(fd, net_sad(&addr), len));
	EXPECT_EQ(ECONNREFUSED, errno);
	zsock_close(fd);
}

TEST(datagrams)
{
	struct sockaddr_storage addr, from;
	socklen_t len = loopback(&addr, AF_INET, 0), flen = sizeof(from);
	int a = zsock_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	int b = zsock_socket(AF_INET, SOCK_DGRAM, 0);
	struct zsock_timeval tv = { 0, 50000 };
	char buf[4];

	ASSERT_EQ(0, zsock_bind(a, net_sad(&addr), len));
	ASSERT_EQ(0, zsock_getsockname(a, net_sad(&addr), &len));
	EXPECT_EQ(6, zsock_sendto(b, "abcdef", 6, 0, net_sad(&addr), len));
	EXPECT_EQ(6, zsock_recvfrom(a, buf, 4, ZSOCK_MSG_TRUNC, net_sad(&from), &flen));
	EXPECT_EQ(sizeof(struct sockaddr_in), flen);
	EXPECT_EQ(AF_INET, from.ss_family);
	EXPECT_EQ(2, zsock_sendto(a, "re", 2, 0, net_sad(&from), flen));
	EXPECT_EQ(2, zsock_recv(b, buf, 4, 0));
	EXPECT_EQ(0, zsock_setsockopt(b, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(-1, zsock_recv(b, buf, 4, 0));
	EXPECT_EQ(EAGAIN, errno);
	zsock_close(a);
	zsock_close(b);
}

/* ---- options ---- */

TEST(options)
{
	struct ifreq lo = { .ifr_name = "lo" }, none = { .ifr_name = "nothere" };
	int fd = zsock_socket(AF_INET, SOCK_STREAM, 0), value = 1;
	uint8_t small = 5;
	uint16_t two = 6;

	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, 4));
	EXPECT_EQ(1, getint(fd, ZSOCK_SOL_SOCKET, ZSOCK_SO_KEEPALIVE));
	value = 77;
	EXPECT_EQ(0, zsock_setsockopt(fd, IPPROTO_TCP, ZSOCK_TCP_KEEPIDLE, &value, 4));
	EXPECT_EQ(77, getint(fd, IPPROTO_TCP, TCP_KEEPIDLE));
	/* Zephyr has it in a byte. */
	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &small, 1));
	EXPECT_EQ(5, getint(fd, SOL_SOCKET, SO_PRIORITY));
	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &two, 2));
	EXPECT_EQ(6, getint(fd, SOL_SOCKET, SO_PRIORITY));
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_SOCKET, SO_PRIORITY, NULL, 1));
	EXPECT_NE(0, errno);
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, &none, sizeof(none)));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, &lo, sizeof(lo)));
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_SOCKET, 7777, &value, 4));
	EXPECT_EQ(ENOPROTOOPT, errno);
	EXPECT_EQ(-1, getint(fd, SOL_SOCKET, 7777));
	EXPECT_EQ(ENOPROTOOPT, errno);
	zsock_close(fd);
}

TEST(txtime)
{
	int fd = zsock_socket(AF_INET, SOCK_DGRAM, 0);
	struct sock_txtime txtime = { 0 };
	socklen_t len = sizeof(txtime);
	bool on = true, off = false;

	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_SOCKET, SO_TXTIME, &on, sizeof(on)));
	EXPECT_EQ(0, zsock_getsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime, &len));
	EXPECT_EQ(CLOCK_TAI, txtime.clockid);
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_SOCKET, SO_TXTIME, &off, sizeof(off)));
	EXPECT_EQ(EINVAL, errno);
	txtime.clockid = CLOCK_MONOTONIC;
	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)));
	zsock_close(fd);
}

/* What is Linux's SO_ZEROCOPY stays that, and SO_SOCKS5 does not become it. */
TEST(socks5_is_another)
{
	int fd = zsock_socket(AF_INET, SOCK_STREAM, 0), one = 1;

	EXPECT_NE(SO_ZEROCOPY, SO_SOCKS5);
	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, 4));
	EXPECT_EQ(1, getint(fd, SOL_SOCKET, SO_ZEROCOPY));
	/* An int is no address of a proxy: 1 is not its family. */
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_SOCKET, SO_SOCKS5, &one, 4));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	zsock_close(fd);
}

/* Nobody is the proxy, so connect() goes there and not to the listener. */
TEST_F(tcp, socks5)
{
	struct sockaddr_storage proxy, got;
	socklen_t len = loopback(&proxy, variant->family, 1), glen = sizeof(got);
	int fd = zsock_socket(variant->family, SOCK_STREAM, IPPROTO_TCP);

	ASSERT_EQ(0, zsock_setsockopt(fd, SOL_SOCKET, SO_SOCKS5, &proxy, len));
	EXPECT_EQ(0, zsock_getsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, &got, &glen));
	EXPECT_EQ(0, memcmp(&got, &proxy, sizeof(struct sockaddr_in)));
	EXPECT_EQ(-1, zsock_connect(fd, net_sad(&self->addr), self->len));
	EXPECT_EQ(ECONNREFUSED, errno);
	zsock_close(fd);
}

/* ---- names ---- */

TEST(text_of_addresses)
{
	static const char *const not_addresses[] = {
		"", "x", "1.2.3", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:8x", "[::1", "[::1]x",
		"[::1]:", "[1.2.3.4]:5", "::g", ":", "1.2.3.4:-1",
	};
	struct sockaddr_storage ss;
	struct sockaddr *sa = net_sad(&ss);
	struct in6_addr in6;
	struct in_addr in;
	char buf[NET_IPV6_ADDR_LEN];

	EXPECT_EQ(1, zsock_inet_pton(AF_INET, "192.0.2.7", &in));
	EXPECT_EQ(htonl(0xc0000207), in.s_addr);
	EXPECT_EQ(0, zsock_inet_pton(AF_INET, "192.0.2", &in));
	EXPECT_EQ(-1, zsock_inet_pton(77, "192.0.2.7", &in));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_STREQ("192.0.2.7", zsock_inet_ntop(AF_INET, &in, buf, sizeof(buf)));
	EXPECT_EQ(NULL, zsock_inet_ntop(AF_INET, &in, buf, 5));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(0, net_addr_pton(AF_INET6, "2001:db8::1", &in6));
	EXPECT_EQ(-EINVAL, net_addr_pton(AF_INET6, "2001:db8::g", &in6));
	EXPECT_STREQ("2001:db8::1", net_addr_ntop(AF_INET6, &in6, buf, sizeof(buf)));

#define PARSE(text) (memset(&ss, 0, sizeof(ss)), net_ipaddr_parse(text, strlen(text), sa))
	EXPECT_TRUE(PARSE("192.0.2.1"));
	EXPECT_EQ(AF_INET, sa->sa_family);
	EXPECT_EQ(0, net_port_set_default(sa, 99));
	EXPECT_EQ(htons(99), net_sin(sa)->sin_port);
	EXPECT_TRUE(PARSE("192.0.2.1:80"));
	EXPECT_EQ(0, net_port_set_default(sa, 99));
	EXPECT_EQ(htons(80), net_sin(sa)->sin_port);
	EXPECT_TRUE(PARSE("2001:db8::1"));
	EXPECT_EQ(AF_INET6, sa->sa_family);
	EXPECT_TRUE(PARSE("[2001:db8::1]:443"));
	EXPECT_EQ(htons(443), net_sin6(sa)->sin6_port);
	EXPECT_TRUE(PARSE("[::1]"));
	for (unsigned int i = 0; i < ARRAY_SIZE(not_addresses); i++) {
		EXPECT_FALSE(PARSE(not_addresses[i])) {
			TH_LOG("\"%s\"", not_addresses[i]);
		}
	}
	sa->sa_family = AF_UNIX;
	EXPECT_EQ(-EINVAL, net_port_set_default(sa, 1));
	EXPECT_STREQ("AF_INET6", net_family2str(AF_INET6));
	EXPECT_EQ(NULL, net_family2str(99));
}

TEST(resolving)
{
	struct zsock_addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TLS_1_2,
	}, *res, *ai;
	char host[NI_MAXHOST], serv[32];

	ASSERT_EQ(0, zsock_getaddrinfo("127.0.0.1", "443", &hints, &res));
	for (ai = res; ai; ai = ai->ai_next) {
		EXPECT_EQ(IPPROTO_TLS_1_2, ai->ai_protocol);
		EXPECT_EQ(SOCK_STREAM, ai->ai_socktype);
	}
	EXPECT_EQ(0, zsock_getnameinfo(res->ai_addr, res->ai_addrlen, host, sizeof(host), serv,
				       sizeof(serv), NI_NUMERICHOST | NI_NUMERICSERV));
	EXPECT_STREQ("127.0.0.1", host);
	EXPECT_STREQ("443", serv);
	EXPECT_EQ(EAI_OVERFLOW, zsock_getnameinfo(res->ai_addr, res->ai_addrlen, host, 2, NULL, 0,
						  NI_NUMERICHOST));
	zsock_freeaddrinfo(res);
	hints.ai_socktype = SOCK_DGRAM;
	EXPECT_EQ(EAI_SOCKTYPE, zsock_getaddrinfo("127.0.0.1", "443", &hints, &res));
	hints.ai_protocol = IPPROTO_DTLS_1_2;
	ASSERT_EQ(0, zsock_getaddrinfo("127.0.0.1", "443", &hints, &res));
	EXPECT_EQ(IPPROTO_DTLS_1_2, res->ai_protocol);
	zsock_freeaddrinfo(res);
	hints.ai_protocol = 0;
	EXPECT_EQ(EAI_NONAME, zsock_getaddrinfo("no address", "443", &hints, &res));
	EXPECT_EQ(DNS_EAI_NONAME, zsock_getaddrinfo("127.0.0.1", "http", &hints, &res));
	hints.ai_flags = AI_EXTFLAGS;
	EXPECT_EQ(EAI_BADFLAGS, zsock_getaddrinfo("127.0.0.1", "443", &hints, &res));
	ASSERT_EQ(0, zsock_getaddrinfo(NULL, "80", NULL, &res));
	zsock_freeaddrinfo(res);
	zsock_freeaddrinfo(NULL);
	EXPECT_STREQ(gai_strerror(EAI_AGAIN), zsock_gai_strerror(EAI_AGAIN));
	EXPECT_EQ(0, zsock_gethostname(host, sizeof(host)));
	gethostname(serv, sizeof(serv));
	EXPECT_STREQ(serv, host);
	EXPECT_EQ(-1, zsock_gethostname(host, 1));
}

TEST(context_object)
{
	int a = zsock_socket(AF_INET, SOCK_STREAM, 0);
	int b = zsock_socket(AF_INET, SOCK_STREAM, 0);
	int c = dup(a), file = open("/dev/null", O_RDONLY);

	EXPECT_NE(NULL, zsock_get_context_object(a));
	EXPECT_NE(zsock_get_context_object(a), zsock_get_context_object(b));
	EXPECT_EQ(zsock_get_context_object(a), zsock_get_context_object(c));
	EXPECT_EQ(NULL, zsock_get_context_object(file));
	k_object_access_grant(zsock_get_context_object(a), NULL);
	close(file);
	zsock_close(a);
	zsock_close(b);
	zsock_close(c);
}

/* ---- what comes with them ---- */

static void nothing(int sig)
{
	(void)sig;
}

TEST(kernel)
{
	struct sigaction sa = { .sa_handler = nothing };
	int64_t begin = k_uptime_get(), ref = begin;
	int pid;

	EXPECT_EQ(0, k_msleep(20));
	EXPECT_LE(20, k_uptime_get() - begin);
	EXPECT_EQ(0, k_sleep(K_MSEC(5)));
	EXPECT_EQ(0, k_usleep(500));
	EXPECT_EQ(0, k_sleep(K_NO_WAIT));
	EXPECT_LE(25, k_uptime_delta(&ref));
	EXPECT_LE(begin, ref);
	begin = k_cycle_get_64();
	k_busy_wait(1000);
	EXPECT_LE(1000000, (int64_t)k_cycle_get_64() - begin);
	EXPECT_TRUE(K_TIMEOUT_EQ(K_SECONDS(60), K_MINUTES(1)));
	EXPECT_TRUE(K_TIMEOUT_EQ(K_FOREVER, K_FOREVER));
	/* A signal ends it, and says how much was left. */
	sigaction(SIGUSR1, &sa, NULL);
	pid = fork();
	/* Again and again: the first may come before the call. */
	while (!pid) {
		k_msleep(50);
		if (kill(getppid(), SIGUSR1))
			_exit(0);
	}
	EXPECT_LT(10000, k_msleep(60000));
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

TEST_HARNESS_MAIN
