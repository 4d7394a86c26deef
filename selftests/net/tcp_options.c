// SPDX-License-Identifier: GPL-2.0
/*
 * TCP's own options: each as the first call on a socket, and what they do to a connection.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <netinet/tcp.h>

#include "kselftest_harness.h"
#include "zs.h"

#ifndef TCPI_OPT_SYN_DATA
#define TCPI_OPT_SYN_DATA 32
#endif

ZS_FIXTURE(tcp_options);

static const struct int_option {
	const char *name;
	int option;
	int value;
} int_options[] = {
	{ "TCP_NODELAY", TCP_NODELAY, 1 },
	{ "TCP_CORK", TCP_CORK, 1 },
	{ "TCP_MAXSEG", TCP_MAXSEG, 1000 },
	{ "TCP_KEEPIDLE", TCP_KEEPIDLE, 55 },
	{ "TCP_KEEPINTVL", TCP_KEEPINTVL, 11 },
	{ "TCP_KEEPCNT", TCP_KEEPCNT, 3 },
	{ "TCP_SYNCNT", TCP_SYNCNT, 4 },
	{ "TCP_LINGER2", TCP_LINGER2, 9 },
	{ "TCP_WINDOW_CLAMP", TCP_WINDOW_CLAMP, 30000 },
	{ "TCP_QUICKACK", TCP_QUICKACK, 0 },
	{ "TCP_USER_TIMEOUT", TCP_USER_TIMEOUT, 1234 },
	{ "TCP_NOTSENT_LOWAT", TCP_NOTSENT_LOWAT, 4096 },
	{ "TCP_DEFER_ACCEPT", TCP_DEFER_ACCEPT, 7 },
	{ "TCP_THIN_LINEAR_TIMEOUTS", TCP_THIN_LINEAR_TIMEOUTS, 1 },
	{ "TCP_SAVE_SYN", TCP_SAVE_SYN, 1 },
	{ "TCP_FASTOPEN_CONNECT", TCP_FASTOPEN_CONNECT, 1 },
	{ "TCP_FASTOPEN_NO_COOKIE", TCP_FASTOPEN_NO_COOKIE, 1 },
	{ "TCP_INQ", TCP_INQ, 1 },
	{ "TCP_TX_DELAY", TCP_TX_DELAY, 1000 },
};

/* Set as the first call; what reads back then is what an AF_INET socket reads back. */
TEST_F(tcp_options, first_call)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(int_options); i++) {
		const struct int_option *o = &int_options[i];
		int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
		int ref = socket(variant->family, SOCK_STREAM, 0);

		EXPECT_EQ(zs_getint(ref, IPPROTO_TCP, o->option),
			  zs_getint(fd, IPPROTO_TCP, o->option)) {
			TH_LOG("%s on a fresh socket", o->name);
		}
		close(fd);
		fd = zs_socket(variant->domain, SOCK_STREAM, 0);
		EXPECT_EQ(0, zs_setint(ref, IPPROTO_TCP, o->option, o->value));
		EXPECT_EQ(0, zs_setint(fd, IPPROTO_TCP, o->option, o->value));
		EXPECT_EQ(zs_getint(ref, IPPROTO_TCP, o->option),
			  zs_getint(fd, IPPROTO_TCP, o->option)) {
			TH_LOG("%s after it was set", o->name);
		}
		close(ref);
		close(fd);
	}
}

TEST_F(tcp_options, kept_by_connect)
{
	union zs_addr srv;
	int l, c;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(c, IPPROTO_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, zs_setint(c, IPPROTO_TCP, TCP_KEEPINTVL, 13));
	ASSERT_EQ(0, zs_setint(c, IPPROTO_TCP, TCP_USER_TIMEOUT, 4321));
	/* With domain 0 an IPv4 address after a TCP option: a dual-stack socket carries it. */
	ASSERT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(1, zs_getint(c, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(13, zs_getint(c, IPPROTO_TCP, TCP_KEEPINTVL));
	EXPECT_EQ(4321, zs_getint(c, IPPROTO_TCP, TCP_USER_TIMEOUT));
}

TEST_F(tcp_options, congestion)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	char name[16] = "", old[16] = "";
	socklen_t len = sizeof(old);

	ASSERT_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, old, &len));
	EXPECT_EQ(-1, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	len = sizeof(name);
	EXPECT_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	EXPECT_STREQ("reno", name);
}

TEST_F(tcp_options, info)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);
	int fd[2], fresh;

	fresh = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, getsockopt(fresh, IPPROTO_TCP, TCP_INFO, &ti, &len));
	EXPECT_EQ(TCP_CLOSE, ti.tcpi_state);
	ASSERT_EQ(0, listen(fresh, 5));
	ASSERT_EQ(0, getsockopt(fresh, IPPROTO_TCP, TCP_INFO, &ti, &len));
	EXPECT_EQ(TCP_LISTEN, ti.tcpi_state);
	/* A listener tells its backlog here. */
	EXPECT_EQ(5, ti.tcpi_sacked);
	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, getsockopt(fd[0], IPPROTO_TCP, TCP_INFO, &ti, &len));
	EXPECT_EQ(TCP_ESTABLISHED, ti.tcpi_state);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	ASSERT_EQ(0, getsockopt(fd[0], IPPROTO_TCP, TCP_INFO, &ti, &len));
	/* The peer may still put off its acknowledgement. */
	EXPECT_TRUE(ti.tcpi_state == TCP_FIN_WAIT2 || ti.tcpi_state == TCP_FIN_WAIT1);
	ASSERT_EQ(0, getsockopt(fd[1], IPPROTO_TCP, TCP_INFO, &ti, &len));
	EXPECT_EQ(TCP_CLOSE_WAIT, ti.tcpi_state);
}

static bool cork(void *arg)
{
	const FIXTURE_VARIANT(tcp_options) *variant = arg;
	char buf[8];
	int fd[2] = { -1, -1 };
	bool ok;

	ok = !zs_tcp_pair(variant->domain, variant->family, fd) &&
	     !zs_setint(fd[0], IPPROTO_TCP, TCP_CORK, 1) && send(fd[0], "ab", 2, 0) == 2 &&
	     zs_poll(fd[1], POLLIN, 30) == 0 && !zs_setint(fd[0], IPPROTO_TCP, TCP_CORK, 0) &&
	     zs_poll(fd[1], POLLIN, 5000) == POLLIN && recv(fd[1], buf, 8, 0) == 2;
	close(fd[0]);
	close(fd[1]);
	return ok;
}

/* For 200 ms at most. */
TEST_F(tcp_options, cork)
{
	EXPECT_TRUE(zs_in_time(cork, (void *)variant, 150));
}

TEST_F(tcp_options, inq)
{
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } u;
	char data[2];
	struct iovec iov = { data, 2 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &u, .msg_controllen = sizeof(u),
	};
	struct cmsghdr *cmsg;
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, zs_setint(fd[1], IPPROTO_TCP, TCP_INQ, 1));
	ASSERT_EQ(5, send(fd[0], "abcde", 5, 0));
	ASSERT_EQ(2, recvmsg(fd[1], &msg, 0));
	cmsg = CMSG_FIRSTHDR(&msg);
	ASSERT_NE(NULL, cmsg);
	EXPECT_EQ(IPPROTO_TCP, cmsg->cmsg_level);
	EXPECT_EQ(TCP_INQ, cmsg->cmsg_type);
	EXPECT_EQ(3, *(int *)CMSG_DATA(cmsg));
}

TEST_F(tcp_options, defer_accept)
{
	union zs_addr srv;
	int l, c;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	ASSERT_EQ(0, zs_setint(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5));
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	EXPECT_EQ(0, zs_poll(l, POLLIN, 50));
	ASSERT_EQ(1, send(c, "x", 1, 0));
	EXPECT_EQ(POLLIN, zs_poll(l, POLLIN, 5000));
	EXPECT_GE(accept(l, NULL, NULL), 0);
}

TEST_F(tcp_options, ulp_is_the_modules_own)
{
	int fd[2], fresh = zs_socket(variant->domain, SOCK_STREAM, 0);

	ZS_SKIP_UNLESS_ZSOCK();
	EXPECT_EQ(-1, setsockopt(fresh, IPPROTO_TCP, TCP_ULP, "tls", 3));
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	EXPECT_EQ(-1, setsockopt(fd[0], IPPROTO_TCP, TCP_ULP, "tls", 3));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, setsockopt(fd[0], IPPROTO_TCP, TCP_ULP, "espintcp", 8));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
}

/* Fast open, both ways of asking, without cookies: in a namespace whose sysctl is ours. */
static int fastopen_listener(int domain, int family, union zs_addr *srv)
{
	int l;

	if (zs_new_netns() || zs_write_file("/proc/sys/net/ipv4/tcp_fastopen", "1543"))
		return -1;
	l = zs_listener(domain, family, srv);
	if (l < 0 || zs_setint(l, IPPROTO_TCP, TCP_FASTOPEN, 5))
		return -1;
	return l;
}

static bool syn_had_data(int fd)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	return !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len) &&
	       ti.tcpi_options & TCPI_OPT_SYN_DATA;
}

TEST_F(tcp_options, fastopen_sendto)
{
	union zs_addr srv;
	char buf[8];
	int l, c, s;

	if (geteuid())
		SKIP(return, "needs root");
	l = fastopen_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	/* Dispatches a socket and connects it: the address settles the family. */
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(4, sendto(c, "fast", 4, MSG_FASTOPEN, &srv.sa, zs_len(variant->family)));
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(4, recv(s, buf, sizeof(buf), 0));
	EXPECT_TRUE(syn_had_data(c));
}

TEST_F(tcp_options, fastopen_connect)
{
	union zs_addr srv;
	char buf[8];
	int l, c, s;

	if (geteuid())
		SKIP(return, "needs root");
	l = fastopen_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(l, 0);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(c, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1));
	ASSERT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	ASSERT_EQ(4, write(c, "fast", 4));
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(4, recv(s, buf, sizeof(buf), 0));
	EXPECT_TRUE(syn_had_data(c));
}

#define ZC_TOTAL (12 * 4096)

static char zc_byte(size_t i)
{
	return i * 7 + (i >> 12);
}

/* Whole pages in every segment (12 bytes go to the timestamp), so that pages can be mapped. */
static int page_sized_pair(int domain, int family, int fd[2])
{
	union zs_addr srv;
	socklen_t len = zs_loopback(&srv, family, 0);
	int l = zs_socket(domain, SOCK_STREAM, 0);

	fd[0] = zs_socket(domain, SOCK_STREAM, 0);
	if (bind(l, &srv.sa, len) || getsockname(l, &srv.sa, &len) ||
	    zs_setint(l, IPPROTO_TCP, TCP_MAXSEG, 4 * 4096 + 12) ||
	    zs_setint(fd[0], IPPROTO_TCP, TCP_MAXSEG, 4 * 4096 + 12) ||
	    listen(l, 1) || connect(fd[0], &srv.sa, len))
		return -1;
	fd[1] = accept(l, NULL, NULL);
	return fd[1] < 0 ? -1 : close(l);
}

/*
 * Pages of files, of programs, and compound ones cannot be mapped. What MSG_ZEROCOPY sends over
 * lo is copied into plain pages of the kernel's when it is received.
 */
static int send_pages(int fd)
{
	char *data = aligned_alloc(4096, ZC_TOTAL);
	size_t i;

	for (i = 0; i < ZC_TOTAL; i++)
		data[i] = zc_byte(i);
	if (zs_setint(fd, SOL_SOCKET, SO_ZEROCOPY, 1))
		return -1;
	return send(fd, data, ZC_TOTAL, MSG_ZEROCOPY) == ZC_TOTAL ? 0 : -1;
}

/*
 * Zero-copy receive maps the pages of the receive queue, and tells how much is to be copied
 * because it is no whole page: both together must be what was sent.
 */
TEST_F(tcp_options, zerocopy_receive)
{
	size_t got = 0, mapped = 0, i;
	struct tcp_zerocopy_receive zc;
	char *area, *copy;
	int fd[2];

	ASSERT_EQ(0, page_sized_pair(variant->domain, variant->family, fd));
	copy = malloc(ZC_TOTAL);
	area = mmap(NULL, ZC_TOTAL, PROT_READ, MAP_SHARED, fd[1], 0);
	ASSERT_NE(MAP_FAILED, area);
	/* It all fits into the receive queue, and is there before the first page is asked for. */
	ASSERT_EQ(0, send_pages(fd[0]));
	while (got < ZC_TOTAL) {
		socklen_t len = sizeof(zc);
		ssize_t n;

		ASSERT_TRUE(zs_poll(fd[1], POLLIN, 5000) & POLLIN);
		memset(&zc, 0, sizeof(zc));
		zc.address = (unsigned long)area;
		zc.length = ZC_TOTAL - got;
		ASSERT_EQ(0, getsockopt(fd[1], IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &zc, &len));
		memcpy(copy + got, area, zc.length);
		got += zc.length;
		mapped += zc.length;
		if (!zc.recv_skip_hint)
			continue;
		n = recv(fd[1], copy + got, zc.recv_skip_hint, 0);
		ASSERT_GT(n, 0);
		got += n;
	}
	for (i = 0; i < ZC_TOTAL; i++)
		if (copy[i] != zc_byte(i))
			break;
	EXPECT_EQ(ZC_TOTAL, i);
	EXPECT_GT(mapped, 0);
}

TEST_F(tcp_options, mmap_needs_tcp)
{
	int fd = zs_socket(variant->domain, SOCK_DGRAM, 0);

	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(ENODEV, errno);
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	EXPECT_EQ(EPERM, errno);
}

TEST_HARNESS_MAIN
