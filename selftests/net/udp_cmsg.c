// SPDX-License-Identifier: GPL-2.0
/*
 * What travels beside the data of a datagram: control messages, the error queue, timestamps,
 * segmentation offload.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <netinet/udp.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>

#include "kselftest_harness.h"
#include "zs.h"

#define SOL_UDP_LEVEL 17

FIXTURE(cmsg) {
	int fd[2];
	bool v4;
	/* What the last receive() gave. */
	struct msghdr msg;
	struct iovec iov;
	char data[256];
	char control[1024] __attribute__((aligned(8)));
	union zs_addr name;
};
ZS_VARIANTS(cmsg);

FIXTURE_SETUP(cmsg)
{
	zs_auto_family = variant->family;
	self->v4 = variant->family == AF_INET;
	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, self->fd));
}

FIXTURE_TEARDOWN(cmsg)
{
	close(self->fd[0]);
	close(self->fd[1]);
}

static ssize_t receive(FIXTURE_DATA(cmsg) *self, int fd, int flags)
{
	self->iov = (struct iovec){ self->data, sizeof(self->data) };
	memset(self->control, 0, sizeof(self->control));
	self->msg = (struct msghdr){
		.msg_name = &self->name, .msg_namelen = sizeof(self->name),
		.msg_iov = &self->iov, .msg_iovlen = 1,
		.msg_control = self->control, .msg_controllen = sizeof(self->control),
	};
	return recvmsg(fd, &self->msg, flags);
}

/* Data of the control message, NULL where there is none. */
static void *find(FIXTURE_DATA(cmsg) *self, int level, int type)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(&self->msg); c; c = CMSG_NXTHDR(&self->msg, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return CMSG_DATA(c);
	return NULL;
}

static ssize_t send_with(int fd, int level, int type, const void *data, size_t len)
{
	char control[256] __attribute__((aligned(8))) = "";
	struct iovec iov = { "data", 4 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = CMSG_SPACE(len),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return sendmsg(fd, &msg, 0);
}

TEST_F(cmsg, pktinfo)
{
	struct in_pktinfo *pi4;
	struct in6_pktinfo *pi6;

	if (self->v4) {
		struct in_pktinfo src = { .ipi_spec_dst.s_addr = htonl(0x7f000001) };

		ASSERT_EQ(0, zs_setint(self->fd[1], IPPROTO_IP, IP_PKTINFO, 1));
		ASSERT_EQ(4, send_with(self->fd[0], IPPROTO_IP, IP_PKTINFO, &src, sizeof(src)));
		ASSERT_EQ(4, receive(self, self->fd[1], 0));
		pi4 = find(self, IPPROTO_IP, IP_PKTINFO);
		ASSERT_NE(NULL, pi4);
		EXPECT_EQ(if_nametoindex("lo"), pi4->ipi_ifindex);
		EXPECT_EQ(htonl(INADDR_LOOPBACK), pi4->ipi_addr.s_addr);
	} else {
		struct in6_pktinfo src = { .ipi6_addr = in6addr_loopback };

		ASSERT_EQ(0, zs_setint(self->fd[1], IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
		ASSERT_EQ(4, send_with(self->fd[0], IPPROTO_IPV6, IPV6_PKTINFO, &src,
				       sizeof(src)));
		ASSERT_EQ(4, receive(self, self->fd[1], 0));
		pi6 = find(self, IPPROTO_IPV6, IPV6_PKTINFO);
		ASSERT_NE(NULL, pi6);
		EXPECT_EQ(if_nametoindex("lo"), pi6->ipi6_ifindex);
		EXPECT_EQ(0, memcmp(&pi6->ipi6_addr, &in6addr_loopback, 16));
	}
	EXPECT_EQ(variant->family, self->name.sa.sa_family);
}

TEST_F(cmsg, tos_and_ttl)
{
	int level = self->v4 ? IPPROTO_IP : IPPROTO_IPV6;
	int tos = 0x20, ttl = 33;
	unsigned char *got_tos;
	int *got_ttl;

	ASSERT_EQ(0, zs_setint(self->fd[1], level, self->v4 ? IP_RECVTOS : IPV6_RECVTCLASS, 1));
	ASSERT_EQ(0, zs_setint(self->fd[1], level, self->v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1));
	ASSERT_EQ(4, send_with(self->fd[0], level, self->v4 ? IP_TOS : IPV6_TCLASS, &tos, 4));
	ASSERT_EQ(4, receive(self, self->fd[1], 0));
	got_tos = find(self, level, self->v4 ? IP_TOS : IPV6_TCLASS);
	ASSERT_NE(NULL, got_tos);
	EXPECT_EQ(0x20, *got_tos);
	ASSERT_EQ(4, send_with(self->fd[0], level, self->v4 ? IP_TTL : IPV6_HOPLIMIT, &ttl, 4));
	ASSERT_EQ(4, receive(self, self->fd[1], 0));
	got_ttl = find(self, level, self->v4 ? IP_TTL : IPV6_HOPLIMIT);
	ASSERT_NE(NULL, got_ttl);
	EXPECT_EQ(33, *got_ttl);
}

TEST_F(cmsg, original_destination)
{
	int level = self->v4 ? IPPROTO_IP : IPPROTO_IPV6;
	union zs_addr local;
	socklen_t len = sizeof(local);
	void *dst;

	ASSERT_EQ(0, getsockname(self->fd[1], &local.sa, &len));
	ASSERT_EQ(0, zs_setint(self->fd[1], level,
			       self->v4 ? IP_RECVORIGDSTADDR : IPV6_RECVORIGDSTADDR, 1));
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	ASSERT_EQ(1, receive(self, self->fd[1], 0));
	dst = find(self, level, self->v4 ? IP_ORIGDSTADDR : IPV6_ORIGDSTADDR);
	ASSERT_NE(NULL, dst);
	EXPECT_TRUE(zs_same(dst, &local));
}

TEST_F(cmsg, wrong_ones)
{
	int tos = 300;

	/* IPv6 passes over those of IPv4. */
	EXPECT_EQ(self->v4 ? -1 : 4, send_with(self->fd[0], IPPROTO_IP, 9999, &tos, 4));
	EXPECT_EQ(-1, send_with(self->fd[0], SOL_SOCKET, SCM_RIGHTS + 9999, &tos, 4));
	EXPECT_EQ(EINVAL, errno);
	if (!self->v4) {
		EXPECT_EQ(-1, send_with(self->fd[0], IPPROTO_IPV6, IPV6_TCLASS, &tos, 4));
		EXPECT_EQ(EINVAL, errno);
	}
}

TEST_F(cmsg, truncated_control)
{
	struct iovec iov = { self->data, sizeof(self->data) };
	char tiny[4];
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = tiny, .msg_controllen = sizeof(tiny),
	};

	ASSERT_EQ(0, zs_setint(self->fd[1], SOL_SOCKET, SO_TIMESTAMP, 1));
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	ASSERT_EQ(1, recvmsg(self->fd[1], &msg, 0));
	EXPECT_EQ(MSG_CTRUNC, msg.msg_flags & MSG_CTRUNC);
}

TEST_F(cmsg, error_queue)
{
	int level = self->v4 ? IPPROTO_IP : IPPROTO_IPV6;
	struct sock_extended_err *ee;
	union zs_addr to;
	int fd;

	zs_closed_port(variant->family, SOCK_DGRAM, &to);
	fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	/* The first call, and for domain 0 the one that settles the family. */
	ASSERT_EQ(0, zs_setint(fd, level, self->v4 ? IP_RECVERR : IPV6_RECVERR, 1));
	EXPECT_EQ(-1, receive(self, fd, MSG_ERRQUEUE));
	EXPECT_EQ(EAGAIN, errno);
	/* Not connected: errors come all the same when asked for. */
	ASSERT_EQ(4, sendto(fd, "lost", 4, 0, &to.sa, zs_len(variant->family)));
	EXPECT_TRUE(zs_poll(fd, POLLIN, 5000) & POLLERR);
	ASSERT_EQ(4, receive(self, fd, MSG_ERRQUEUE));
	EXPECT_EQ(MSG_ERRQUEUE, self->msg.msg_flags & MSG_ERRQUEUE);
	EXPECT_EQ(0, memcmp(self->data, "lost", 4));
	EXPECT_TRUE(zs_same(&self->name, &to));
	ee = find(self, level, self->v4 ? IP_RECVERR : IPV6_RECVERR);
	ASSERT_NE(NULL, ee);
	EXPECT_EQ(ECONNREFUSED, ee->ee_errno);
	EXPECT_EQ(self->v4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6, ee->ee_origin);
	EXPECT_EQ(variant->family, SO_EE_OFFENDER(ee)->sa_family);
}

TEST_F(cmsg, timestamp)
{
	struct timeval *tv;
	struct timespec *ts, now;

	ASSERT_EQ(0, zs_setint(self->fd[1], SOL_SOCKET, SO_TIMESTAMP, 1));
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	ASSERT_EQ(1, receive(self, self->fd[1], 0));
	tv = find(self, SOL_SOCKET, SCM_TIMESTAMP);
	ASSERT_NE(NULL, tv);
	clock_gettime(CLOCK_REALTIME, &now);
	EXPECT_LE(now.tv_sec - tv->tv_sec, 5);
	EXPECT_GE(now.tv_sec - tv->tv_sec, 0);
	ASSERT_EQ(0, zs_setint(self->fd[1], SOL_SOCKET, SO_TIMESTAMPNS, 1));
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	ASSERT_EQ(1, receive(self, self->fd[1], 0));
	ts = find(self, SOL_SOCKET, SCM_TIMESTAMPNS);
	ASSERT_NE(NULL, ts);
	clock_gettime(CLOCK_REALTIME, &now);
	EXPECT_LE(now.tv_sec - ts->tv_sec, 5);
}

/* The options are set on sockets that have no inner socket yet. */
TEST_F(cmsg, timestamp_set_first)
{
	union zs_addr addr;
	int s = zs_socket(variant->domain, SOCK_DGRAM, 0);
	socklen_t len = zs_loopback(&addr, variant->family, 0);

	ASSERT_EQ(0, zs_setint(s, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	ASSERT_EQ(0, bind(s, &addr.sa, len));
	ASSERT_EQ(0, getsockname(s, &addr.sa, &len));
	EXPECT_EQ(1, zs_getint(s, SOL_SOCKET, SO_TIMESTAMPNS));
	ASSERT_EQ(0, connect(self->fd[0], &addr.sa, len));
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	ASSERT_EQ(1, receive(self, s, 0));
	EXPECT_NE(NULL, find(self, SOL_SOCKET, SCM_TIMESTAMPNS));
}

TEST_F(cmsg, gstamp)
{
	struct timespec ts = { };
	struct timeval tv = { };
	int fresh = zs_socket(variant->domain, SOCK_DGRAM, 0);

	/* Asking the first time turns timestamps on. */
	EXPECT_EQ(-1, ioctl(fresh, SIOCGSTAMP, &tv));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, ioctl(self->fd[1], SIOCGSTAMPNS, &ts));
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	ASSERT_EQ(1, receive(self, self->fd[1], 0));
	EXPECT_EQ(0, ioctl(self->fd[1], SIOCGSTAMP, &tv));
	EXPECT_GT(tv.tv_sec, 0);
	EXPECT_EQ(0, ioctl(self->fd[1], SIOCGSTAMPNS, &ts));
	EXPECT_EQ(tv.tv_sec, ts.tv_sec);
}

static void check_timestamping(struct __test_metadata *_metadata, FIXTURE_DATA(cmsg) *self,
			       int tx, int rx)
{
	struct scm_timestamping *st = NULL;
	struct sock_extended_err *ee;
	int tries;

	/* The first to ask for stamps gets them some time later: a worker turns them on. */
	for (tries = 0; !st && tries < 200; tries++) {
		zs_sleep_ms(tries ? 10 : 0);
		ASSERT_EQ(4, send(tx, "time", 4, 0));
		ASSERT_EQ(4, receive(self, rx, 0));
		st = find(self, SOL_SOCKET, SCM_TIMESTAMPING);
	}
	ASSERT_NE(NULL, st);
	EXPECT_NE(0, st->ts[0].tv_sec);
	EXPECT_TRUE(zs_poll(tx, POLLERR, 5000) & POLLERR);
	ASSERT_GE(receive(self, tx, MSG_ERRQUEUE), 4);
	st = find(self, SOL_SOCKET, SCM_TIMESTAMPING);
	ASSERT_NE(NULL, st);
	EXPECT_NE(0, st->ts[0].tv_sec);
	ee = find(self, self->v4 ? IPPROTO_IP : IPPROTO_IPV6, self->v4 ? IP_RECVERR : IPV6_RECVERR);
	ASSERT_NE(NULL, ee);
	EXPECT_EQ(SO_EE_ORIGIN_TIMESTAMPING, ee->ee_origin);
	EXPECT_EQ(0, ee->ee_data);
}

#define RX_STAMPS (SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE)
#define TX_STAMPS (SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID)

TEST_F(cmsg, timestamping)
{
	ASSERT_EQ(0, zs_setint(self->fd[1], SOL_SOCKET, SO_TIMESTAMPING, RX_STAMPS));
	ASSERT_EQ(0, zs_setint(self->fd[0], SOL_SOCKET, SO_TIMESTAMPING, TX_STAMPS));
	check_timestamping(_metadata, self, self->fd[0], self->fd[1]);
}

TEST_F(cmsg, timestamping_set_first)
{
	union zs_addr addr;
	int tx = zs_socket(variant->domain, SOCK_DGRAM, 0);
	int rx = zs_socket(variant->domain, SOCK_DGRAM, 0);
	socklen_t len = zs_loopback(&addr, variant->family, 0);

	ASSERT_EQ(0, zs_setint(rx, SOL_SOCKET, SO_TIMESTAMPING, RX_STAMPS));
	ASSERT_EQ(0, zs_setint(tx, SOL_SOCKET, SO_TIMESTAMPING, TX_STAMPS));
	ASSERT_EQ(0, bind(rx, &addr.sa, len));
	ASSERT_EQ(0, getsockname(rx, &addr.sa, &len));
	ASSERT_EQ(0, connect(tx, &addr.sa, len));
	check_timestamping(_metadata, self, tx, rx);
}

TEST_F(cmsg, drops_counted)
{
	static char big[1000];
	unsigned int *drops = NULL;
	int i;

	ASSERT_EQ(0, zs_setint(self->fd[1], SOL_SOCKET, SO_RXQ_OVFL, 1));
	ASSERT_EQ(0, zs_setint(self->fd[1], SOL_SOCKET, SO_RCVBUF, 4000));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(1000, send(self->fd[0], big, 1000, 0));
	while (receive(self, self->fd[1], MSG_DONTWAIT) >= 0)
		;
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	ASSERT_EQ(1, receive(self, self->fd[1], 0));
	drops = find(self, SOL_SOCKET, SO_RXQ_OVFL);
	ASSERT_NE(NULL, drops);
	EXPECT_GT(*drops, 0);
}

TEST_F(cmsg, segmentation)
{
	unsigned short gso = 100;
	static char big[950];
	int i;

	ASSERT_EQ(0, zs_setint(self->fd[0], SOL_UDP_LEVEL, UDP_SEGMENT, 100));
	EXPECT_EQ(100, zs_getint(self->fd[0], SOL_UDP_LEVEL, UDP_SEGMENT));
	ASSERT_EQ(950, send(self->fd[0], big, 950, 0));
	for (i = 0; i < 9; i++)
		ASSERT_EQ(100, receive(self, self->fd[1], 0));
	EXPECT_EQ(50, receive(self, self->fd[1], 0));
	ASSERT_EQ(0, zs_setint(self->fd[0], SOL_UDP_LEVEL, UDP_SEGMENT, 0));
	/* And as a control message; 4 bytes make one segment. */
	ASSERT_EQ(4, send_with(self->fd[0], SOL_UDP_LEVEL, UDP_SEGMENT, &gso, sizeof(gso)));
	EXPECT_EQ(4, receive(self, self->fd[1], 0));
}

TEST_F(cmsg, coalescing)
{
	char big[950], got[2048];
	struct iovec iov = { got, sizeof(got) };
	int *size;

	memset(big, 'g', sizeof(big));
	ASSERT_EQ(0, zs_setint(self->fd[0], SOL_UDP_LEVEL, UDP_SEGMENT, 100));
	ASSERT_EQ(0, zs_setint(self->fd[1], SOL_UDP_LEVEL, UDP_GRO, 1));
	ASSERT_EQ(950, send(self->fd[0], big, 950, 0));
	self->msg = (struct msghdr){
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = self->control, .msg_controllen = sizeof(self->control),
	};
	/* lo does not split what the receiver takes whole. */
	ASSERT_EQ(950, recvmsg(self->fd[1], &self->msg, 0));
	size = find(self, SOL_UDP_LEVEL, UDP_GRO);
	ASSERT_NE(NULL, size);
	EXPECT_EQ(100, *size);
}

TEST_HARNESS_MAIN
