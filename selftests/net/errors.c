// SPDX-License-Identifier: GPL-2.0
/*
 * Bad input: every row of the design's error table, addresses of every length, pointers that
 * lead nowhere, options that do not exist. What goes wrong must leave everything as it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <netinet/tcp.h>

#include "kselftest_harness.h"
#include "zs.h"

#define SOL_TLS_LEVEL 282

static int errno_of(long ret)
{
	return ret < 0 ? errno : 0;
}

/* ---- socket() ---- */

#define EXPECT_SOCKET(error, type, proto)					\
do {										\
	int fd_ = socket(zs_family, type, proto);				\
	int err_ = errno_of(fd_);						\
										\
	EXPECT_EQ(error, err_) {						\
		TH_LOG("socket(%d, %#x)", type, proto);				\
	}									\
	if (fd_ >= 0)								\
		close(fd_);							\
} while (0)

TEST(socket_types)
{
	ZS_SKIP_UNLESS_ZSOCK();
	EXPECT_SOCKET(ESOCKTNOSUPPORT, SOCK_SEQPACKET, 0);
	EXPECT_SOCKET(ESOCKTNOSUPPORT, SOCK_RDM, 0);
	EXPECT_SOCKET(ESOCKTNOSUPPORT, SOCK_DCCP, 0);
	EXPECT_SOCKET(ESOCKTNOSUPPORT, 9, 0);
	EXPECT_SOCKET(ESOCKTNOSUPPORT, SOCK_SEQPACKET, ZSOCK_PROTO(AF_INET, IPPROTO_SCTP));
	EXPECT_SOCKET(ESOCKTNOSUPPORT, SOCK_PACKET, ZSOCK_PROTO(AF_PACKET, 0x300));
	/* Those are refused before the family is asked. */
	EXPECT_SOCKET(EINVAL, 11, 0);
	EXPECT_SOCKET(EINVAL, -1, 0);
	EXPECT_SOCKET(EINVAL, SOCK_STREAM | 0x10000, 0);
	EXPECT_SOCKET(0, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

TEST(socket_protocols)
{
	static const int domains[] = { 0, AF_INET, AF_INET6 };
	unsigned int i;

	ZS_SKIP_UNLESS_ZSOCK();
	for (i = 0; i < ARRAY_SIZE(domains); i++) {
		int d = domains[i];

		EXPECT_SOCKET(0, SOCK_STREAM, ZSOCK_PROTO(d, 0));
		EXPECT_SOCKET(0, SOCK_STREAM, ZSOCK_PROTO(d, IPPROTO_TCP));
		EXPECT_SOCKET(0, SOCK_DGRAM, ZSOCK_PROTO(d, 0));
		EXPECT_SOCKET(0, SOCK_DGRAM, ZSOCK_PROTO(d, IPPROTO_UDP));
		EXPECT_SOCKET(EPROTONOSUPPORT, SOCK_STREAM, ZSOCK_PROTO(d, IPPROTO_UDP));
		EXPECT_SOCKET(EPROTONOSUPPORT, SOCK_DGRAM, ZSOCK_PROTO(d, IPPROTO_TCP));
		EXPECT_SOCKET(EPROTONOSUPPORT, SOCK_STREAM, ZSOCK_PROTO(d, IPPROTO_SCTP));
		EXPECT_SOCKET(EPROTONOSUPPORT, SOCK_DGRAM, ZSOCK_PROTO(d, IPPROTO_SCTP));
		EXPECT_SOCKET(EPROTONOSUPPORT, SOCK_STREAM, ZSOCK_PROTO(d, 0xffff));
		EXPECT_SOCKET(EPROTONOSUPPORT, SOCK_STREAM, ZSOCK_PROTO(d, 255));
	}
}

TEST(socket_domains)
{
	int d;

	ZS_SKIP_UNLESS_ZSOCK();
	/* A module could add each of these: not to be asked for a hundred that do not exist. */
	if (!geteuid())
		ASSERT_EQ(0, zs_no_modprobe());
	for (d = 1; d < 0x8000; d += d < 64 ? 1 : 997) {
		if (d == AF_INET || d == AF_INET6)
			continue;
		EXPECT_SOCKET(EAFNOSUPPORT, SOCK_STREAM, ZSOCK_PROTO(d, 0));
		/* These two have other protocols of the same numbers, or none. */
		if (d == AF_PACKET || d == AF_CAN)
			continue;
		EXPECT_SOCKET(EAFNOSUPPORT, SOCK_DGRAM, ZSOCK_PROTO(d, IPPROTO_UDP));
	}
	/* A negative number has a domain as little as any. */
	EXPECT_NE(0, errno_of(socket(zs_family, SOCK_STREAM, -1)));
	EXPECT_NE(0, errno_of(socket(zs_family, SOCK_STREAM, INT_MIN)));
	EXPECT_NE(0, errno_of(socket(zs_family, SOCK_STREAM, INT_MAX)));
	if (!geteuid())
		EXPECT_EQ(0, zs_modprobe_again());
}

/* ---- addresses ---- */

ZS_FIXTURE(errors);

enum address_call { BIND, CONNECT, SENDTO, ADDRESS_CALLS };

static int call_with_length(int fd, enum address_call call, union zs_addr *a, socklen_t len)
{
	switch (call) {
	case BIND:
		return errno_of(bind(fd, &a->sa, len));
	case CONNECT:
		return errno_of(connect(fd, &a->sa, len));
	default:
		return errno_of(sendto(fd, "x", 1, 0, &a->sa, len));
	}
}

/* Length by length, on a fresh socket each, of the socket's own family and the other one. */
static void every_length(struct __test_metadata *_metadata, int domain, int family, int type)
{
	enum address_call call;
	union zs_addr to, a;
	int len, other;

	/* Nobody is there: a connect that gets so far is refused later. */
	zs_closed_port(family, type, &to);
	for (call = 0; call < ADDRESS_CALLS; call++) {
		for (len = 0; len <= 129; len += len < 33 ? 1 : 8) {
			for (other = 0; other < 2; other++) {
				int t = type | SOCK_NONBLOCK;
				int ref = socket(family, t, 0), fd = zs_socket(domain, t, 0);
				int e1, e2;

				a = to;
				if (call == BIND)
					a.in.sin_port = 0;
				if (other)
					a.sa.sa_family = family == AF_INET ? AF_INET6 : AF_INET;
				e1 = call_with_length(ref, call, &a, len);
				e2 = call_with_length(fd, call, &a, len);
				EXPECT_EQ(e1, e2) {
					TH_LOG("call %d, length %d, other family: %d",
					       call, len, other);
				}
				close(ref);
				close(fd);
			}
		}
	}
}

TEST_F(errors, address_lengths_stream)
{
	if (!variant->domain)
		SKIP(return, "no counterpart: see domain0_address_lengths");
	every_length(_metadata, variant->domain, variant->family, SOCK_STREAM);
}

TEST_F(errors, address_lengths_datagram)
{
	if (!variant->domain)
		SKIP(return, "no counterpart: see domain0_address_lengths");
	every_length(_metadata, variant->domain, variant->family, SOCK_DGRAM);
}

TEST_F(errors, domain0_address_lengths)
{
	int len, type, shortest = variant->family == AF_INET ? 16 : 24;
	enum address_call call;

	ZS_SKIP_UNLESS_ZSOCK();
	if (variant->domain)
		SKIP(return, "for domain 0");
	for (type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		for (call = 0; call < (type == SOCK_DGRAM ? ADDRESS_CALLS : SENDTO); call++) {
			for (len = 0; len < shortest; len++) {
				int fd = zs_socket(0, type | SOCK_NONBLOCK, 0);
				union zs_addr a;

				zs_loopback(&a, variant->family, call == BIND ? 0 : 9);
				EXPECT_EQ(EINVAL, call_with_length(fd, call, &a, len)) {
					TH_LOG("type %d, call %d, length %d", type, call, len);
				}
				close(fd);
			}
		}
	}
}

/* After an address that was refused, the family is as unsettled as before. */
TEST_F(errors, refused_address_changes_nothing)
{
	union zs_addr a;
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);

	ZS_SKIP_UNLESS_ZSOCK();
	zs_loopback(&a, variant->family, 0);
	EXPECT_EQ(EINVAL, errno_of(bind(fd, &a.sa, 4)));
	a.sa.sa_family = AF_UNIX;
	EXPECT_EQ(EAFNOSUPPORT, errno_of(bind(fd, &a.sa, sizeof(a))));
	EXPECT_EQ(EAFNOSUPPORT, errno_of(connect(fd, &a.sa, sizeof(a))));
	EXPECT_EQ(EFAULT, errno_of(bind(fd, (void *)8, 16)));
	EXPECT_FALSE(zs_dispatched(fd));
	zs_loopback(&a, variant->family, 0);
	EXPECT_EQ(0, bind(fd, &a.sa, zs_len(variant->family)));
}

/* ---- options ---- */

TEST_F(errors, option_values)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	struct timeval tv;
	socklen_t len = sizeof(tv);
	int round;

	/* Fresh, then dispatched. */
	for (round = 0; round < 2; round++) {
		union zs_addr a;

		ASSERT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
		tv = (struct timeval){ 5, 0 };
		ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
		EXPECT_EQ(EINVAL, errno_of(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, "", 1)));
		EXPECT_EQ(EINVAL, errno_of(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, "", -1)));
		EXPECT_EQ(EFAULT, errno_of(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, (void *)8, 4)));
		EXPECT_EQ(EFAULT, errno_of(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, NULL, 4)));
		EXPECT_EQ(EINVAL, errno_of(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, 7)));
		tv.tv_usec = 2000000;
		EXPECT_EQ(EDOM, errno_of(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv))));
		EXPECT_EQ(EINVAL, errno_of(setsockopt(fd, SOL_SOCKET, SO_LINGER, "", 4)));
		EXPECT_EQ(ENOPROTOOPT, errno_of(zs_setint(fd, SOL_SOCKET, 999, 1)));
		EXPECT_EQ(ENODEV, errno_of(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nosuch", 7)));
		EXPECT_EQ(EINVAL, errno_of(zs_setint(fd, SOL_SOCKET, SO_BINDTOIFINDEX, -1)));
		/* All as it was. */
		EXPECT_EQ(1, zs_getint(fd, SOL_SOCKET, SO_KEEPALIVE));
		ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
		EXPECT_EQ(5, tv.tv_sec);
		EXPECT_EQ(0, tv.tv_usec);
		EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
		EXPECT_EQ(EFAULT, errno_of(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &round, NULL)));
		EXPECT_EQ(EFAULT, errno_of(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, NULL, &len)));
		len = -1;
		EXPECT_EQ(EINVAL, errno_of(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &round, &len)));
		len = sizeof(tv);
		ASSERT_EQ(0, bind(fd, &a.sa, zs_any(&a, variant->family, 0)) && !round);
	}
}

TEST_F(errors, backend_names)
{
	char name[64] = "keep", letters[64];
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	socklen_t len = sizeof(name);
	unsigned int i;

	ZS_SKIP_UNLESS_ZSOCK();
	memset(letters, 'x', sizeof(letters));
	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, &len));
	EXPECT_STREQ("", name);
	EXPECT_EQ(ENODEV, errno_of(setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "nosuch", 7)));
	/* Terminated or not, the name is what counts. */
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", 7));
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", 6));
	EXPECT_EQ(ENODEV, errno_of(setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", 5)));
	for (i = ZSOCK_NAME_MAX + 1; i < sizeof(letters); i += 9)
		EXPECT_NE(0, errno_of(setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, letters, i)));
	EXPECT_EQ(ENODEV, errno_of(setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, letters, 15)));
	EXPECT_EQ(EFAULT, errno_of(setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, (void *)8, 7)));
	EXPECT_EQ(EINVAL, errno_of(setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", -1)));
	EXPECT_EQ(EINVAL, errno_of(setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", INT_MIN)));
	EXPECT_NE(0, errno_of(setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", INT_MAX)));
	/* What was chosen is chosen still. */
	len = sizeof(name);
	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, &len));
	EXPECT_STREQ("native", name);
	EXPECT_EQ(7, len);
	EXPECT_FALSE(zs_dispatched(fd));
}

TEST_F(errors, backend_read_lengths)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	char name[32];
	socklen_t len;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", 7));
	for (len = 0; len < 32; len++) {
		socklen_t l = len;
		int ret;

		memset(name, 'z', sizeof(name));
		ret = getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, &l);
		/* Nothing is written past what was offered, whether that is an error or not. */
		if (len < sizeof(name))
			EXPECT_EQ('z', name[len > 7 ? len : (len < 7 ? len : 7)]);
		if (len >= 7) {
			EXPECT_EQ(0, ret);
			EXPECT_EQ(7, l);
		}
	}
	len = -1;
	EXPECT_EQ(EINVAL, errno_of(getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, &len)));
	len = 8;
	EXPECT_EQ(EFAULT, errno_of(getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, (void *)8, &len)));
	EXPECT_EQ(EFAULT, errno_of(getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, NULL)));
}

TEST_F(errors, info_lengths)
{
	int fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	unsigned char buf[sizeof(struct zsock_info) + 64];
	struct zsock_info *info = (void *)buf;
	socklen_t len;
	int n;

	ZS_SKIP_UNLESS_ZSOCK();
	for (n = 4; n < sizeof(buf); n += n < 90 ? 1 : 31) {
		unsigned int filled;

		memset(buf, 0xee, sizeof(buf));
		len = n;
		ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, buf, &len));
		filled = n < sizeof(*info) ? n : sizeof(*info);
		EXPECT_EQ(filled, len);
		/* How much there is, not how much was given. */
		EXPECT_EQ(sizeof(*info), info->size);
		EXPECT_EQ(0xee, buf[filled]);
	}
	len = sizeof(buf);
	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, buf, &len));
	EXPECT_EQ(ZSOCK_STATE_FRESH, info->state);
	EXPECT_EQ(SOCK_DGRAM, info->type);
	EXPECT_EQ(variant->domain, info->domain);
	EXPECT_EQ(IPPROTO_UDP, info->protocol);
	EXPECT_EQ(0, info->inner_family);
	EXPECT_EQ(0, info->reserved);
	EXPECT_EQ(0, info->flags);
	EXPECT_STREQ("udp", info->handler);
	EXPECT_STREQ("", info->backend);
	len = -5;
	EXPECT_EQ(EINVAL, errno_of(getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, buf, &len)));
	len = sizeof(buf);
	EXPECT_EQ(EFAULT, errno_of(getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, (void *)8, &len)));
	EXPECT_EQ(ENOPROTOOPT, errno_of(setsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, buf, 64)));
	EXPECT_FALSE(zs_dispatched(fd));
}

static bool is_own_option(int option)
{
	static const int own[] = { ZSOCK_BACKEND, ZSOCK_INFO, ZSOCK_HANDSHAKE_ERROR, ZSOCK_SOCKS5,
				   ZSOCK_SOCKS5_AUTH, ZSOCK_HOST, ZSOCK_SOCKS5_ERROR };

	for (unsigned int i = 0; i < ARRAY_SIZE(own); i++)
		if (option == own[i])
			return true;
	return false;
}

TEST_F(errors, unknown_own_options)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0), option;

	ZS_SKIP_UNLESS_ZSOCK();
	for (option = -2; option < 64; option++) {
		int value = 0;
		socklen_t len = sizeof(value);

		if (is_own_option(option))
			continue;
		EXPECT_EQ(ENOPROTOOPT, errno_of(zs_setint(fd, SOL_ZSOCK, option, 1)));
		EXPECT_EQ(ENOPROTOOPT, errno_of(getsockopt(fd, SOL_ZSOCK, option, &value, &len)));
		/* kTLS's own options must not be reached from here. */
		EXPECT_EQ(ENOPROTOOPT, errno_of(zs_setint(fd, SOL_TLS_LEVEL, option, 1)));
		EXPECT_EQ(ENOPROTOOPT,
			  errno_of(getsockopt(fd, SOL_TLS_LEVEL, option, &value, &len)));
	}
}

/* ---- any level, any number, any length: what AF_INET says ---- */

/* What sets something that the next calls then meet, or depends on the host's modules. */
static bool own_level(int level, int option)
{
	if (level == SOL_ZSOCK || level == SOL_TLS_LEVEL)
		return true;
	if (level == IPPROTO_TCP && option == TCP_ULP)
		return true;
	/* Told apart before dispatch: the placeholder is neither AF_INET nor TCP. */
	return level == SOL_SOCKET;
}

static unsigned int seed = 1;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static void random_options(struct __test_metadata *_metadata, int domain, int family, int type,
			   int rounds)
{
	static const int levels[] = {
		IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_RAW, IPPROTO_ICMP,
		IPPROTO_ICMPV6, IPPROTO_UDPLITE, 132, 263, 270, 283, 284, 285, 286, -1, INT_MAX,
	};
	static const int lengths[] = { 0, 1, 2, 3, 4, 5, 8, 12, 16, 64, 128, 136, -1, INT_MIN, INT_MAX };
	unsigned char value[256];

	while (rounds--) {
		int t = type | SOCK_NONBLOCK;
		int ref = socket(family, t, 0), fd = zs_socket(domain, t, 0);
		int level = levels[pick(ARRAY_SIZE(levels))], len = lengths[pick(ARRAY_SIZE(lengths))];
		int option = pick(8) ? pick(130) : (int)pick(INT_MAX), e1, e2, g1, g2;
		socklen_t l1 = len, l2 = len;

		memset(value, 0, sizeof(value));
		value[0] = pick(3);
		if (own_level(level, option) || len == INT_MAX)
			goto next;
		e1 = errno_of(setsockopt(ref, level, option, value, len));
		e2 = errno_of(setsockopt(fd, level, option, value, len));
		g1 = errno_of(getsockopt(ref, level, option, value, &l1));
		g2 = errno_of(getsockopt(fd, level, option, value, &l2));
		EXPECT_EQ(e1, e2) {
			TH_LOG("type %d: set level %d option %d length %d", type, level, option, len);
		}
		EXPECT_EQ(g1, g2) {
			TH_LOG("type %d: get level %d option %d length %d", type, level, option, len);
		}
		EXPECT_EQ(l1, l2);
next:
		close(ref);
		close(fd);
	}
}

TEST_F(errors, random_options)
{
	if (!variant->domain)
		SKIP(return, "an option settles the family: no counterpart");
	random_options(_metadata, variant->domain, variant->family, SOCK_STREAM, 400);
	random_options(_metadata, variant->domain, variant->family, SOCK_DGRAM, 400);
}

/* A domain-0 socket asked for options of the wrong kind does not fall over. */
TEST_F(errors, random_options_unsettled)
{
	int i;

	for (i = 0; i < 400; i++) {
		int fd = zs_socket(variant->domain, 1 + pick(2), 0);
		unsigned char value[64] = { pick(4) };
		socklen_t len = pick(sizeof(value));
		int level = pick(4) ? (int)pick(60) : (int)pick(70000), option = pick(140);

		setsockopt(fd, level, option, value, len);
		getsockopt(fd, level, option, value, &len);
		EXPECT_EQ(0, close(fd));
	}
}

/* ---- pointers ---- */

TEST_F(errors, pointers)
{
	/* One byte before a page that is not there: whatever is longer runs into it. */
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *edge = page + 4095;
	struct iovec iov = { edge, 10 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct sockaddr *sa = (void *)edge;
	int fd[2], l;
	socklen_t len = 16;

	ASSERT_EQ(0, munmap(page + 4096, 4096));
	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	l = zs_socket(variant->domain, SOCK_STREAM, 0);
	EXPECT_EQ(EFAULT, errno_of(bind(l, sa, 16)));
	EXPECT_EQ(EFAULT, errno_of(connect(l, sa, 28)));
	EXPECT_EQ(EFAULT, errno_of(sendto(l, "x", 1, 0, sa, 28)));
	EXPECT_EQ(EFAULT, errno_of(getsockname(fd[0], sa, &len)));
	EXPECT_EQ(EFAULT, errno_of(getpeername(fd[0], sa, &len)));
	EXPECT_EQ(EFAULT, errno_of(getsockname(fd[0], NULL, &len)));
	EXPECT_EQ(EFAULT, errno_of(setsockopt(l, SOL_SOCKET, SO_RCVBUF, edge, 4)));
	EXPECT_EQ(EFAULT, errno_of(setsockopt(l, IPPROTO_TCP, TCP_NODELAY, edge, 4)));
	EXPECT_EQ(EFAULT, errno_of(getsockopt(l, SOL_SOCKET, SO_RCVBUF, edge, &len)));
	EXPECT_EQ(EFAULT, errno_of(recvmsg(fd[0], (void *)edge, MSG_DONTWAIT)));
	EXPECT_EQ(EFAULT, errno_of(sendmsg(fd[0], (void *)edge, 0)));
	EXPECT_EQ(EFAULT, errno_of(ioctl(fd[0], FIONREAD, edge)));
	EXPECT_EQ(EFAULT, errno_of(send(fd[0], (void *)8, 10, 0)));
	/* Part of it can be read: nothing is sent, or the part. */
	EXPECT_LE(sendmsg(fd[0], &msg, 0), 1);
	ASSERT_EQ(3, send(fd[1], "abc", 3, 0));
	ASSERT_EQ(POLLIN, zs_poll(fd[0], POLLIN, 5000));
	EXPECT_EQ(EFAULT, errno_of(recv(fd[0], (void *)8, 3, 0)));
	/* The data is there still. */
	EXPECT_EQ(3, recv(fd[0], page, 3, 0));
}

TEST_HARNESS_MAIN
