// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that runs out: each sequence of calls is made again and again, with the first, the
 * second, the third ... allocation (page, user copy) in it failing, until none is left to fail.
 * Nothing may crash, leak or hang, and what fails says why in an errno that makes sense.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <netinet/tcp.h>

#include "kselftest_harness.h"
#include "faults.h"
#include "trace.h"
#include "zs.h"

static int strange;

/* What a call may say when memory, or a copy, failed under it, or an earlier call did. */
static int check(long ret)
{
	static const int fine[] = {
		ENOMEM, ENOBUFS, EFAULT, EAGAIN, EINPROGRESS, EINVAL, EBADF, ENOTCONN, EPIPE,
		ECONNREFUSED, ECONNRESET, EDESTADDRREQ, EADDRINUSE, ENFILE, EISCONN, EALREADY,
		ENOENT, ENETUNREACH, ENODEV, EADDRNOTAVAIL, ECONNABORTED,
	};
	unsigned int i;

	if (ret >= 0)
		return ret;
	for (i = 0; i < ARRAY_SIZE(fine); i++)
		if (errno == fine[i])
			return ret;
	strange = errno;
	return ret;
}

static void close_all(const int *fd, int n)
{
	while (n--)
		if (fd[n] >= 0)
			close(fd[n]);
}

static void some_options(int fd)
{
	struct linger lin = { 1, 0 };
	char name[ZSOCK_NAME_MAX] = "";
	struct zsock_info info;
	socklen_t len = sizeof(name);

	check(zs_setint(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin)));
	check(zs_setint(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	check(setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", 7));
	check(getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, &len));
	check(zs_get_info(fd, &info));
}

/* The sequences. All are non-blocking: a failure must not become a wait. */

static void stream(int domain, int family)
{
	int fd[3] = { -1, -1, -1 };
	socklen_t len;
	union zs_addr a;
	char buf[8];

	fd[0] = check(zs_socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0));
	some_options(fd[0]);
	check(bind(fd[0], &a.sa, zs_loopback(&a, family, 0)));
	check(listen(fd[0], 4));
	len = sizeof(a);
	if (check(getsockname(fd[0], &a.sa, &len)) || a.sa.sa_family != family)
		zs_loopback(&a, family, 9);
	fd[1] = check(zs_socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0));
	some_options(fd[1]);
	check(connect(fd[1], &a.sa, zs_len(family)));
	zs_poll(fd[0], POLLIN, 10);
	len = sizeof(a);
	fd[2] = check(accept4(fd[0], &a.sa, &len, SOCK_NONBLOCK));
	check(zs_setint(fd[1], IPPROTO_TCP, TCP_NODELAY, 1));
	check(send(fd[1], "data", 4, MSG_NOSIGNAL));
	check(recv(fd[2], buf, sizeof(buf), 0));
	close_all(fd, 3);
}

static void datagram(int domain, int family)
{
	int fd = check(zs_socket(domain, SOCK_DGRAM | SOCK_NONBLOCK, 0));
	socklen_t len = sizeof(union zs_addr);
	union zs_addr a;
	char buf[8];

	some_options(fd);
	check(bind(fd, &a.sa, zs_loopback(&a, family, 0)));
	if (check(getsockname(fd, &a.sa, &len)))
		zs_loopback(&a, family, 9);
	check(sendto(fd, "data", 4, 0, &a.sa, zs_len(family)));
	check(recvfrom(fd, buf, sizeof(buf), 0, &a.sa, &len));
	check(connect(fd, &a.sa, zs_len(family)));
	close_all(&fd, 1);
}

/* Domain 0 with nothing to settle it. */
static void unsettled(int domain __attribute__((unused)), int family)
{
	int fd[2] = { check(zs_socket(0, SOCK_STREAM | SOCK_NONBLOCK, 0)), -1 };
	socklen_t len = sizeof(union zs_addr);
	union zs_addr a;

	check(listen(fd[0], 4));
	if (!check(getsockname(fd[0], &a.sa, &len))) {
		fd[1] = check(zs_socket(0, SOCK_STREAM | SOCK_NONBLOCK, 0));
		check(zs_setint(fd[1], IPPROTO_TCP, TCP_NODELAY, 1));
		check(connect(fd[1], &a.sa, zs_loopback(&a, family, zs_port(&a))));
	}
	close_all(fd, 2);
}

static void pairs(int domain, int family __attribute__((unused)))
{
	int fd[2] = { -1, -1 };
	char buf[4];

	if (check(socketpair(zs_family, SOCK_STREAM, ZSOCK_PROTO(domain, 0), fd)))
		return;
	check(send(fd[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	check(recv(fd[1], buf, 4, MSG_DONTWAIT));
	close_all(fd, 2);
}

/* Every kind of call as the first. */
static void first_calls(int domain, int family)
{
	int i;

	for (i = 0; i < 7; i++) {
		int fd = check(zs_socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0));
		struct epoll_event ev = { .events = EPOLLIN };
		union zs_addr a;
		socklen_t len = sizeof(a);
		int ep = -1;
		char buf[4];

		switch (i) {
		case 0:
			check(recv(fd, buf, 4, 0));
			break;
		case 1:
			ep = check(epoll_create1(0));
			check(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
			check(listen(fd, 1));
			break;
		case 2:
			check(getsockname(fd, &a.sa, &len));
			break;
		case 3:
			check(zs_setint(fd, IPPROTO_TCP, TCP_KEEPIDLE, 5));
			break;
		case 4:
			check(send(fd, "x", 1, MSG_NOSIGNAL));
			break;
		case 5:
			check(fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK));
			check(connect(fd, &a.sa, zs_loopback(&a, family, 9)));
			break;
		case 6:
			check(shutdown(fd, SHUT_RDWR));
			break;
		}
		close_all(&ep, 1);
		close_all(&fd, 1);
	}
}

static void listings(int domain, int family __attribute__((unused)))
{
	static const char * const files[] = {
		"/proc/net/zsock", "/proc/net/zsock_stat", "/proc/net/zsock_protocols",
	};
	int fd = check(zs_socket(domain, SOCK_STREAM, 0));
	unsigned int i;
	char buf[512];

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		int file = check(open(files[i], O_RDONLY));

		if (file < 0)
			continue;
		while (check(read(file, buf, sizeof(buf))) > 0)
			;
		close(file);
	}
	close_all(&fd, 1);
}

ZS_FIXTURE(failslab);

static void walk(struct __test_metadata *_metadata, int domain, int family,
		 void (*sequence)(int, int))
{
	int nth, left = 0;

	ZS_SKIP_UNLESS_ZSOCK();
	if (geteuid())
		SKIP(return, "needs root");
	if (!faults_ready())
		SKIP(return, "the kernel injects no faults");
	/* Once without: caches are filled, modules loaded. */
	sequence(domain, family);
	ASSERT_EQ(0, strange);
	for (nth = 1; nth < 1000 && !left; nth++) {
		faults_at(nth);
		sequence(domain, family);
		left = faults_left();
		faults_at(0);
		EXPECT_EQ(0, strange) {
			TH_LOG("failure %d: %s", nth, strerror(strange));
		}
		strange = 0;
	}
	TH_LOG("%d failures", nth - 2);
	EXPECT_GT(left, 0);
	EXPECT_GT(nth, 5);
	EXPECT_EQ(1, zs_count_lines("/proc/net/zsock"));
	/* And all works as before. */
	sequence(domain, family);
	EXPECT_EQ(0, strange);
}

TEST_F(failslab, stream)
{
	walk(_metadata, variant->domain, variant->family, stream);
}

TEST_F(failslab, datagram)
{
	walk(_metadata, variant->domain, variant->family, datagram);
}

TEST_F(failslab, unsettled)
{
	if (variant->domain)
		SKIP(return, "for domain 0");
	walk(_metadata, variant->domain, variant->family, unsettled);
}

TEST_F(failslab, socketpair)
{
	if (variant->domain)
		SKIP(return, "the domain does not matter to a pair");
	walk(_metadata, variant->domain, variant->family, pairs);
}

TEST_F(failslab, first_calls)
{
	walk(_metadata, variant->domain, variant->family, first_calls);
}

TEST_F(failslab, listings)
{
	if (variant->domain)
		SKIP(return, "the domain does not matter to a listing");
	walk(_metadata, variant->domain, variant->family, listings);
}

/* A dispatch that fails is told to who traces, and counted. */
TEST_F(failslab, error_is_traced)
{
	ZS_SKIP_UNLESS_ZSOCK();
	if (!zs_trace_ready() || !faults_ready())
		SKIP(return, "the kernel has no tracefs, or injects no faults");
	ASSERT_EQ(0, zs_trace_clear());
	ASSERT_EQ(0, zs_trace_enable("error", true));
	walk(_metadata, variant->domain, variant->family, datagram);
	ASSERT_EQ(0, zs_trace_enable("error", false));
	EXPECT_GT(zs_trace_count("error", 0), 0);
	EXPECT_LT(zs_file_has("/proc/net/zsock_stat", "DispatchFailed 0"), 0);
}

TEST_HARNESS_MAIN
