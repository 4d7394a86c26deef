// SPDX-License-Identifier: GPL-2.0
/*
 * The known traps of the design, by their numbers. (8 is in lifetime.c, 9 in netns.c and
 * rmmod.sh, the rest of 11 in tcp.c, udp.c, io.c and uring.c; 10 is for the bench to show.)
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>

#include "kselftest_harness.h"
#include "snapshot.h"
#include "zs.h"

ZS_FIXTURE(trap);

/* ---- 1: epoll before dispatch ---- */

static int epoll_with(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	return ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) ? -1 : ep;
}

static unsigned int epoll_next(int ep, int ms)
{
	struct epoll_event ev;

	return epoll_wait(ep, &ev, 1, ms) == 1 ? ev.events : 0;
}

static void epoll_stream(struct __test_metadata *_metadata, int domain, int family, int edge)
{
	union zs_addr srv;
	char buf[4];
	int l, c, s, ep;

	l = zs_listener(domain, family, &srv);
	c = zs_socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ep = epoll_with(c, EPOLLIN | EPOLLOUT | EPOLLRDHUP | edge);
	ASSERT_GE(ep, 0);
	/* That is what a TCP socket without connection says. */
	EXPECT_EQ(EPOLLOUT | EPOLLHUP, epoll_next(ep, 0));
	EXPECT_EQ(-1, connect(c, &srv.sa, zs_len(family)));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(EPOLLOUT, epoll_next(ep, 5000));
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(edge ? 0 : EPOLLOUT, epoll_next(ep, 0));
	ASSERT_EQ(1, send(s, "x", 1, 0));
	/* A level-triggered set is never silent here: what counts is that EPOLLIN comes. */
	while (!edge && epoll_next(ep, 5000) == EPOLLOUT)
		;
	EXPECT_EQ(edge ? EPOLLIN | EPOLLOUT : EPOLLIN | EPOLLOUT, epoll_next(ep, 5000));
	EXPECT_EQ(1, recv(c, buf, 4, 0));
	ASSERT_EQ(0, shutdown(s, SHUT_WR));
	while (!edge && epoll_next(ep, 5000) == EPOLLOUT)
		;
	EXPECT_EQ(EPOLLIN | EPOLLOUT | EPOLLRDHUP, epoll_next(ep, 5000));
}

TEST_F(trap, trap01_epoll_before_dispatch)
{
	epoll_stream(_metadata, variant->domain, variant->family, 0);
}

TEST_F(trap, trap01_epoll_edge_before_dispatch)
{
	epoll_stream(_metadata, variant->domain, variant->family, EPOLLET);
}

/* Nothing else wakes the waiter than the event itself: it sleeps when it comes. */
TEST_F(trap, trap01_sleeping_in_epoll)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, variant->family, 0);
	int fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	int ep = epoll_with(fd, EPOLLIN | EPOLLET), pid;

	ASSERT_GE(ep, 0);
	ASSERT_EQ(0, bind(fd, &addr.sa, len));
	ASSERT_EQ(0, getsockname(fd, &addr.sa, &len));
	pid = fork();
	if (!pid) {
		int c = zs_socket(variant->domain, SOCK_DGRAM, 0);

		zs_sleep_ms(50);
		_exit(sendto(c, "x", 1, 0, &addr.sa, len) != 1);
	}
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 5000));
	EXPECT_EQ(0, zs_wait(pid));
}

TEST_F(trap, trap01_listener_in_epoll_first)
{
	union zs_addr srv;
	socklen_t len = zs_loopback(&srv, variant->family, 0);
	int l = zs_socket(variant->domain, SOCK_STREAM, 0);
	int ep = epoll_with(l, EPOLLIN | EPOLLET), pid;

	ASSERT_GE(ep, 0);
	ASSERT_EQ(0, bind(l, &srv.sa, len));
	ASSERT_EQ(0, listen(l, 8));
	ASSERT_EQ(0, getsockname(l, &srv.sa, &len));
	while (epoll_next(ep, 0))
		;
	pid = fork();
	if (!pid) {
		zs_sleep_ms(50);
		_exit(zs_tcp_connect(variant->domain, &srv) < 0);
	}
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 5000));
	EXPECT_EQ(0, zs_wait(pid));
}

/* ---- 2: SOL_SOCKET is true before dispatch and after ---- */

static int dispatch(int fd, int family)
{
	union zs_addr addr;

	return bind(fd, &addr.sa, zs_loopback(&addr, family, 0));
}

static void compare_fresh(struct __test_metadata *_metadata, int domain, int family, int type)
{
	int ref = socket(family, type, 0);
	int fd = zs_socket(domain, type, 0);

	EXPECT_EQ(0, zs_snapshot_diff(ref, fd, true, stderr));
	if (zs_is_zsock())
		EXPECT_FALSE(zs_dispatched(fd));
	ASSERT_EQ(0, dispatch(ref, family));
	ASSERT_EQ(0, dispatch(fd, family));
	EXPECT_EQ(0, zs_snapshot_diff(ref, fd, false, stderr));
}

TEST_F(trap, trap02_reads_stream)
{
	compare_fresh(_metadata, variant->domain, variant->family, SOCK_STREAM);
}

TEST_F(trap, trap02_reads_datagram)
{
	compare_fresh(_metadata, variant->domain, variant->family, SOCK_DGRAM);
}

TEST_F(trap, trap02_acceptconn)
{
	int ref = socket(variant->family, SOCK_STREAM, 0);
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);

	ASSERT_EQ(0, dispatch(ref, variant->family) | dispatch(fd, variant->family));
	ASSERT_EQ(0, listen(ref, 3) | listen(fd, 3));
	EXPECT_EQ(0, zs_snapshot_diff(ref, fd, false, stderr));
}

static const struct { int option, value; } int_settings[] = {
	{ SO_DEBUG, 1 }, { SO_REUSEADDR, 1 }, { SO_DONTROUTE, 1 }, { SO_BROADCAST, 1 },
	{ SO_SNDBUF, 30000 }, { SO_RCVBUF, 31000 }, { SO_SNDBUFFORCE, 3000000 },
	{ SO_RCVBUFFORCE, 3100000 }, { SO_KEEPALIVE, 1 }, { SO_OOBINLINE, 1 },
	{ SO_NO_CHECK, 1 }, { SO_PRIORITY, 5 }, { SO_REUSEPORT, 1 }, { SO_PASSCRED, 1 },
	{ SO_RCVLOWAT, 5 }, { SO_TIMESTAMP, 1 }, { SO_TIMESTAMPNS, 1 },
	{ SO_TIMESTAMP_NEW, 1 }, { SO_TIMESTAMPNS_NEW, 1 },
	{ SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE },
	{ SO_TIMESTAMPING_NEW, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE },
	{ SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID },
	{ SO_PASSSEC, 1 }, { SO_MARK, 7 }, { SO_RXQ_OVFL, 1 }, { SO_PEEK_OFF, 3 },
	{ SO_NOFCS, 1 }, { SO_LOCK_FILTER, 1 }, { SO_SELECT_ERR_QUEUE, 1 },
	{ SO_BUSY_POLL, 50 }, { SO_PREFER_BUSY_POLL, 1 }, { SO_BUSY_POLL_BUDGET, 16 },
	{ SO_MAX_PACING_RATE, 100000 }, { SO_INCOMING_CPU, 0 }, { SO_CNX_ADVICE, 1 },
	{ SO_ZEROCOPY, 1 }, { 74 /* SO_TXREHASH */, 0 }, { SO_BUF_LOCK, 3 },
	{ SO_BUF_LOCK, 1 }, { 73 /* SO_RESERVE_MEM */, 8192 }, { 75 /* SO_RCVMARK */, 1 },
	{ 76 /* SO_PASSPIDFD */, 1 }, { SO_BINDTOIFINDEX, 1 }, { SO_WIFI_STATUS, 1 },
	{ SO_BSDCOMPAT, 1 }, { SO_DETACH_FILTER, 0 }, { SO_DETACH_REUSEPORT_BPF, 0 },
	{ SO_TYPE, 1 }, { SO_ERROR, 1 }, { SO_ACCEPTCONN, 1 }, { SO_SNDLOWAT, 2 },
};

/*
 * Some options are not the placeholder's to judge and dispatch (filters, what belongs to a
 * protocol): then a domain-0 socket is an IPv6 one from there on.
 */
static bool became_dual(int fd, int domain)
{
	return zs_is_zsock() && !domain && zs_dispatched(fd);
}

/* The same option set on both, then everything compared: fresh, and after dispatch. */
static void set_and_compare(struct __test_metadata *_metadata, int domain, int family, int type,
			    int option, const void *value, socklen_t len)
{
	int ref = socket(family, type, 0);
	int fd = zs_socket(domain, type, 0);
	int r1, r2, e1, e2;
	bool dual;

	r1 = setsockopt(ref, SOL_SOCKET, option, value, len);
	e1 = r1 ? errno : 0;
	r2 = setsockopt(fd, SOL_SOCKET, option, value, len);
	e2 = r2 ? errno : 0;
	EXPECT_EQ(e1, e2) {
		TH_LOG("setting %s, type %d", zs_option_name(option), type);
	}
	EXPECT_EQ(0, zs_snapshot_diff(ref, fd, true, stderr)) {
		TH_LOG("fresh, with %s, type %d", zs_option_name(option), type);
	}
	dual = became_dual(fd, domain);
	r1 = dispatch(ref, family);
	r2 = dispatch(fd, family);
	EXPECT_EQ(r1, r2);
	EXPECT_EQ(0, zs_snapshot_diff(ref, fd, dual, stderr)) {
		TH_LOG("dispatched, with %s, type %d", zs_option_name(option), type);
	}
	close(ref);
	close(fd);
}

TEST_F(trap, trap02_int_options_kept)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(int_settings); i++) {
		set_and_compare(_metadata, variant->domain, variant->family, SOCK_STREAM,
				int_settings[i].option, &int_settings[i].value, sizeof(int));
		set_and_compare(_metadata, variant->domain, variant->family, SOCK_DGRAM,
				int_settings[i].option, &int_settings[i].value, sizeof(int));
	}
}

static struct sock_filter drop_all[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
static const struct sock_fprog drop_prog = { 1, drop_all };

TEST_F(trap, trap02_struct_options_kept)
{
	struct { int clock; unsigned int flags; } txtime = { CLOCK_MONOTONIC, 0 };
	struct linger lin = { 1, 9 };
	struct timeval tv = { 3, 20000 };
	unsigned long long rate = 0x123456789ULL;
	int type;

	for (type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
#define SET(option, value) set_and_compare(_metadata, variant->domain, variant->family, type, \
					   option, &(value), sizeof(value))
		SET(SO_LINGER, lin);
		SET(SO_RCVTIMEO, tv);
		SET(SO_SNDTIMEO, tv);
		SET(SO_RCVTIMEO_NEW, tv);
		SET(SO_SNDTIMEO_NEW, tv);
		SET(SO_TXTIME, txtime);
		SET(SO_MAX_PACING_RATE, rate);
		SET(SO_ATTACH_FILTER, drop_prog);
		SET(SO_BINDTODEVICE, "lo");
#undef SET
	}
}

/* Several at once, and some taken back. */
TEST_F(trap, trap02_many_options)
{
	int ref = socket(variant->family, SOCK_STREAM, 0);
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	unsigned int round, i;
	bool dual;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(int_settings); i++) {
			int value = round ? 0 : int_settings[i].value;

			if (round && i % 3)
				continue;
			zs_setint(ref, SOL_SOCKET, int_settings[i].option, value);
			zs_setint(fd, SOL_SOCKET, int_settings[i].option, value);
		}
	}
	EXPECT_EQ(0, zs_snapshot_diff(ref, fd, true, stderr));
	dual = became_dual(fd, variant->domain);
	ASSERT_EQ(0, dispatch(ref, variant->family) | dispatch(fd, variant->family));
	EXPECT_EQ(0, zs_snapshot_diff(ref, fd, dual, stderr));
}

TEST_F(trap, trap02_error_told_once)
{
	union zs_addr to;
	int fd = zs_socket(variant->domain, SOCK_STREAM | SOCK_NONBLOCK, 0);

	zs_closed_port(variant->family, SOCK_STREAM, &to);
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(-1, connect(fd, &to.sa, zs_len(variant->family)));
	EXPECT_NE(0, zs_poll(fd, POLLOUT, 5000));
	EXPECT_EQ(ECONNREFUSED, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	/* And not again by another way. */
	EXPECT_FALSE(zs_poll(fd, POLLIN, 0) & POLLERR);
}

TEST_F(trap, trap02_filter_set_first)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, variant->family, 0);
	int fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	int c = zs_socket(variant->domain, SOCK_DGRAM, 0);

	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &drop_prog, sizeof(drop_prog)));
	ASSERT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_LOCK_FILTER, 1));
	ASSERT_EQ(0, bind(fd, &addr.sa, len));
	ASSERT_EQ(0, getsockname(fd, &addr.sa, &len));
	ASSERT_EQ(1, sendto(c, "x", 1, 0, &addr.sa, len));
	EXPECT_EQ(0, zs_poll(fd, POLLIN, 30));
	EXPECT_EQ(-1, zs_setint(fd, SOL_SOCKET, SO_DETACH_FILTER, 0));
	EXPECT_EQ(EPERM, errno);
}

/* Kernels differ in who may filter a TCP socket: the answer is AF_INET's. */
TEST_F(trap, trap02_filter_unprivileged)
{
	int type;

	if (!geteuid())
		ASSERT_EQ(0, zs_drop_root());
	for (type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		int ref = socket(variant->family, type, 0), fd = zs_socket(variant->domain, type, 0);
		int r = setsockopt(ref, SOL_SOCKET, SO_ATTACH_FILTER, &drop_prog, sizeof(drop_prog));
		int e = r ? errno : 0;

		EXPECT_EQ(r, setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &drop_prog,
					sizeof(drop_prog)));
		EXPECT_EQ(e, r ? errno : 0);
	}
}

TEST_F(trap, trap02_filter_detached_first)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, variant->family, 0);
	int fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	int c = zs_socket(variant->domain, SOCK_DGRAM, 0);

	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &drop_prog, sizeof(drop_prog)));
	ASSERT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_DETACH_FILTER, 0));
	EXPECT_EQ(-1, zs_setint(fd, SOL_SOCKET, SO_DETACH_FILTER, 0));
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(0, bind(fd, &addr.sa, len));
	ASSERT_EQ(0, getsockname(fd, &addr.sa, &len));
	ASSERT_EQ(1, sendto(c, "x", 1, 0, &addr.sa, len));
	EXPECT_EQ(POLLIN, zs_poll(fd, POLLIN, 5000));
}

/* ---- 3: the inner socket is the program's, not the kernel's ---- */

TEST_F(trap, trap03_stays_in_its_netns)
{
	unsigned long long before = 0, after = 0;
	socklen_t len = sizeof(before);
	union zs_addr srv;
	int l, c, stranger;

	if (geteuid())
		SKIP(return, "needs root");
	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, getsockopt(c, SOL_SOCKET, SO_NETNS_COOKIE, &before, &len));
	ASSERT_EQ(0, zs_new_netns());
	stranger = zs_socket(variant->domain, SOCK_STREAM, 0);
	EXPECT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	EXPECT_GE(accept(l, NULL, NULL), 0);
	ASSERT_EQ(0, getsockopt(c, SOL_SOCKET, SO_NETNS_COOKIE, &after, &len));
	EXPECT_EQ(before, after);
	EXPECT_EQ(-1, connect(stranger, &srv.sa, zs_len(variant->family)));
	EXPECT_EQ(ECONNREFUSED, errno);
	ASSERT_EQ(0, getsockopt(stranger, SOL_SOCKET, SO_NETNS_COOKIE, &after, &len));
	EXPECT_NE(before, after);
}

/* The first number after a word of the line that begins with what. */
static int sockstat(const char *what, const char *word)
{
	FILE *f = fopen("/proc/net/sockstat", "re");
	char line[256];
	int n = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, what, strlen(what)))
			sscanf(strstr(line, word) + strlen(word), " %d", &n);
	if (f)
		fclose(f);
	return n;
}

/* Counted as sockets of the namespace as often as AF_INET's: once each. */
TEST_F(trap, trap03_counted_once)
{
	int i, used, fds[20];

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	used = sockstat("sockets:", "used");
	ASSERT_GE(used, 0);
	for (i = 0; i < 20; i++)
		fds[i] = zs_socket(variant->domain, SOCK_DGRAM, 0);
	EXPECT_EQ(used + 20, sockstat("sockets:", "used"));
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, dispatch(fds[i], variant->family));
	EXPECT_EQ(used + 20, sockstat("sockets:", "used"));
	for (i = 0; i < 20; i++)
		close(fds[i]);
	EXPECT_EQ(used, sockstat("sockets:", "used"));
}

/* ---- 4: dispatch in another task, with other credentials ---- */

/* The uid that /proc/net/tcp or tcp6 shows for the inode, -1 if it shows none. */
static int proc_uid(unsigned long inode, int family)
{
	FILE *f = fopen(family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6", "re");
	unsigned long ino;
	char line[512];
	int uid, found = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %d %*s %lu", &uid, &ino) == 2 &&
		    ino == inode)
			found = uid;
	if (f)
		fclose(f);
	return found;
}

static int bind_and_listen(int fd, int family)
{
	return dispatch(fd, family) || listen(fd, 1) ? 1 : 0;
}

TEST_F(trap, trap04_uid_is_the_openers)
{
	int fd, un[2], pid;

	if (geteuid())
		SKIP(return, "needs root");
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	pid = fork();
	if (!pid)
		_exit(zs_drop_root() || bind_and_listen(fd, variant->family));
	ASSERT_EQ(0, zs_wait(pid));
	EXPECT_EQ(0, proc_uid(zs_inode(fd), variant->family));

	/* Opened by nobody, dispatched by root. */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, un));
	pid = fork();
	if (!pid)
		_exit(zs_drop_root() ||
		      zs_send_fd(un[0], zs_socket(variant->domain, SOCK_STREAM, 0)));
	ASSERT_EQ(0, zs_wait(pid));
	fd = zs_recv_fd(un[1]);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, bind_and_listen(fd, variant->family));
	EXPECT_EQ(65534, proc_uid(zs_inode(fd), variant->family));
}

/* What root set stays set when somebody without the right to set it makes the first call. */
TEST_F(trap, trap04_privileged_options_survive)
{
	static const struct { int option, value; } set[] = {
		{ SO_MARK, 7 }, { SO_PRIORITY, 7 }, { SO_SNDBUFFORCE, 5000000 },
		{ SO_RCVBUFFORCE, 5100000 }, { SO_DEBUG, 1 }, { SO_BUSY_POLL, 70 },
		{ SO_PREFER_BUSY_POLL, 1 }, { SO_BUSY_POLL_BUDGET, 99 }, { SO_BINDTOIFINDEX, 1 },
	};
	int fd, ref, pid;
	unsigned int i;

	if (geteuid())
		SKIP(return, "needs root");
	fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ref = socket(variant->family, SOCK_DGRAM, 0);
	for (i = 0; i < ARRAY_SIZE(set); i++) {
		int r = zs_setint(ref, SOL_SOCKET, set[i].option, set[i].value);

		EXPECT_EQ(r, zs_setint(fd, SOL_SOCKET, set[i].option, set[i].value));
	}
	pid = fork();
	if (!pid)
		_exit(zs_drop_root() || dispatch(fd, variant->family));
	ASSERT_EQ(0, zs_wait(pid));
	ASSERT_EQ(0, dispatch(ref, variant->family));
	EXPECT_EQ(0, zs_snapshot_diff(ref, fd, false, stderr));
}

/* Each of these by somebody who may not, on a fresh socket opened by root. */
TEST_F(trap, trap04_unprivileged_setter)
{
	static const struct { int option, value; } set[] = {
		{ SO_MARK, 7 }, { SO_PRIORITY, 7 }, { SO_SNDBUFFORCE, 5000000 },
		{ SO_RCVBUFFORCE, 5100000 }, { SO_DEBUG, 1 }, { SO_BUSY_POLL, 70 },
		{ SO_PREFER_BUSY_POLL, 1 }, { SO_BUSY_POLL_BUDGET, 99 },
		{ SO_BINDTOIFINDEX, 1 }, { SO_BINDTOIFINDEX, 0 }, { SO_NO_CHECK, 1 },
	};
	int fd, ref;
	unsigned int i;

	if (geteuid())
		SKIP(return, "needs root");
	fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ref = socket(variant->family, SOCK_DGRAM, 0);
	ASSERT_EQ(0, zs_drop_root());
	for (i = 0; i < ARRAY_SIZE(set); i++) {
		int r = zs_setint(ref, SOL_SOCKET, set[i].option, set[i].value);
		int e = errno;

		EXPECT_EQ(r, zs_setint(fd, SOL_SOCKET, set[i].option, set[i].value)) {
			TH_LOG("%s", zs_option_name(set[i].option));
		}
		if (r)
			EXPECT_EQ(e, errno);
	}
	EXPECT_EQ(0, zs_snapshot_diff(ref, fd, true, stderr));
}

/* Status that a child exits with: the errno of its attempt. */
static int try_bind(int fd, int family, int port)
{
	union zs_addr addr;
	int pid = fork();

	if (!pid) {
		if (zs_drop_root())
			_exit(255);
		_exit(bind(fd, &addr.sa, zs_loopback(&addr, family, port)) ? errno : 0);
	}
	return zs_wait(pid);
}

/* AF_INET judges a bind to a low port by who binds: so do we, on a socket root opened. */
TEST_F(trap, trap04_low_port_is_judged_by_the_caller)
{
	int fd, ref;

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	ref = socket(variant->family, SOCK_STREAM, 0);
	EXPECT_EQ(EACCES, try_bind(ref, variant->family, 80));
	EXPECT_EQ(EACCES, try_bind(fd, variant->family, 80));
	EXPECT_EQ(0, try_bind(fd, variant->family, 8080));
}

static int enter_cgroup(const char *path)
{
	char file[512];

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	return zs_write_file(file, "0");
}

/* A socket belongs to the control group that it was opened in. ss finds that out. */
TEST_F(trap, trap04_cgroup_is_the_openers)
{
	char dir[] = "/tmp/zs-cgroup-XXXXXX", cmd[400], out[64] = "";
	union zs_addr addr;
	socklen_t len = sizeof(addr);
	FILE *ss;
	int fd;

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_NE(NULL, mkdtemp(dir));
	snprintf(cmd, sizeof(cmd),
		 "mount -t cgroup2 none %s && mkdir -p %s/zs_a %s/zs_b", dir, dir, dir);
	if (system(cmd))
		SKIP(return, "no cgroup2 here");
	snprintf(cmd, sizeof(cmd), "%s/zs_a", dir);
	ASSERT_EQ(0, enter_cgroup(cmd));
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	snprintf(cmd, sizeof(cmd), "%s/zs_b", dir);
	ASSERT_EQ(0, enter_cgroup(cmd));
	ASSERT_EQ(0, bind_and_listen(fd, variant->family));
	ASSERT_EQ(0, getsockname(fd, &addr.sa, &len));
	snprintf(cmd, sizeof(cmd),
		 "ss -Hltn --cgroup 'sport = :%d' | grep -o 'cgroup:[^ ]*'", zs_port(&addr));
	ss = popen(cmd, "r");
	ASSERT_NE(NULL, ss);
	if (!fgets(out, sizeof(out), ss))
		out[0] = '\0';
	pclose(ss);
	ASSERT_EQ(0, enter_cgroup(dir));
	snprintf(cmd, sizeof(cmd), "rmdir %s/zs_a %s/zs_b; umount -l %s; rmdir %s", dir, dir,
		 dir, dir);
	if (system(cmd))
		TH_LOG("could not clean up %s", dir);
	EXPECT_STREQ("cgroup:/zs_a\n", out);
}

/* ---- 5: splice looks at the file's flags ---- */

TEST_F(trap, trap05_splice_nonblock)
{
	struct timeval tv = { 0, 100000 };
	int fd[2], p[2], i;

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	for (i = 0; i < 2; i++) {
		long long t0;

		ASSERT_EQ(0, zs_nonblock(fd[i], true));
		EXPECT_EQ(-1, splice(fd[i], NULL, p[1], NULL, 10, 0));
		EXPECT_EQ(EAGAIN, errno);
		ASSERT_EQ(0, zs_nonblock(fd[i], false));
		ASSERT_EQ(0, setsockopt(fd[i], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
		t0 = zs_now_ms();
		EXPECT_EQ(-1, splice(fd[i], NULL, p[1], NULL, 10, 0));
		EXPECT_EQ(EAGAIN, errno);
		/* By another clock, which may be some ticks ahead. */
		EXPECT_GE(zs_now_ms() - t0, 50);
	}
}

TEST_F(trap, trap05_nonblock_before_dispatch)
{
	union zs_addr srv;
	int l, c, p[2];

	ASSERT_EQ(0, pipe(p));
	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connect(c, &srv.sa, zs_len(variant->family));
	ASSERT_EQ(POLLOUT, zs_poll(c, POLLOUT, 5000));
	ASSERT_GE(accept(l, NULL, NULL), 0);
	EXPECT_EQ(-1, splice(c, NULL, p[1], NULL, 10, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, recv(c, p, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
}

/* ---- 6: SIGIO ---- */

static int ask_for_signal(int fd, int sig)
{
	if (fcntl(fd, F_SETOWN, getpid()) || fcntl(fd, F_SETSIG, sig))
		return -1;
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
}

/* The descriptor that the signal is about, 0 if none comes. */
static int wait_signal(int sig, int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, &info, &ts) == sig ? info.si_fd : 0;
}

static void block_signal(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* No more are pending. */
static void drain_signals(int sig)
{
	while (wait_signal(sig, 20))
		;
}

TEST_F(trap, trap06_sigio_before_dispatch)
{
	int sig = SIGRTMIN + 1, l, c, s;
	union zs_addr srv;
	char buf[4];

	block_signal(sig);
	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, ask_for_signal(c, sig));
	ASSERT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	s = accept(l, NULL, NULL);
	drain_signals(sig);
	ASSERT_EQ(1, send(s, "x", 1, 0));
	EXPECT_EQ(c, wait_signal(sig, 5000));
	ASSERT_EQ(1, recv(c, buf, 4, 0));
	/* Turned off, it stays quiet. */
	ASSERT_EQ(0, fcntl(c, F_SETFL, fcntl(c, F_GETFL) & ~O_ASYNC));
	drain_signals(sig);
	ASSERT_EQ(1, send(s, "x", 1, 0));
	EXPECT_EQ(0, wait_signal(sig, 30));
}

TEST_F(trap, trap06_sigio_after_dispatch)
{
	int sig = SIGRTMIN + 1, fd[2], i;

	block_signal(sig);
	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, ask_for_signal(fd[i], sig));
		drain_signals(sig);
		ASSERT_EQ(1, send(fd[!i], "x", 1, 0));
		EXPECT_EQ(fd[i], wait_signal(sig, 5000));
		ASSERT_EQ(0, fcntl(fd[i], F_SETFL, 0));
	}
}

TEST_F(trap, trap06_sigio_listener_set_first)
{
	int sig = SIGRTMIN + 1, l = zs_socket(variant->domain, SOCK_STREAM, 0), on = 1;
	union zs_addr srv;
	socklen_t len = zs_loopback(&srv, variant->family, 0);

	block_signal(sig);
	ASSERT_EQ(0, fcntl(l, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(l, F_SETSIG, sig));
	ASSERT_EQ(0, ioctl(l, FIOASYNC, &on));
	ASSERT_EQ(0, bind(l, &srv.sa, len));
	ASSERT_EQ(0, getsockname(l, &srv.sa, &len));
	ASSERT_EQ(0, listen(l, 1));
	drain_signals(sig);
	ASSERT_GE(zs_tcp_connect(variant->domain, &srv), 0);
	EXPECT_EQ(l, wait_signal(sig, 5000));
}

TEST_F(trap, trap06_sigurg)
{
	int l, c, s, fd;
	union zs_addr srv;
	struct timespec ts = { 5, 0 };
	sigset_t set;

	block_signal(SIGURG);
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	/* The owner is set before there is an inner socket. */
	ASSERT_EQ(0, fcntl(c, F_SETOWN, getpid()));
	EXPECT_EQ(getpid(), fcntl(c, F_GETOWN));
	ASSERT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	s = accept(l, NULL, NULL);
	fd = send(s, "!", 1, MSG_OOB);
	ASSERT_EQ(1, fd);
	EXPECT_EQ(SIGURG, sigtimedwait(&set, NULL, &ts));
}

/* ---- 7: accept hands on what the listener had ---- */

static int configured_listener(int domain, int family, bool inet, union zs_addr *srv)
{
	int l = inet ? socket(family, SOCK_STREAM, 0) : zs_socket(domain, SOCK_STREAM, 0);
	struct timeval tv = { 4, 0 };
	socklen_t len = zs_loopback(srv, family, 0);
	unsigned int i;

	setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	for (i = 0; i < ARRAY_SIZE(int_settings); i++)
		if (int_settings[i].option != SO_RCVLOWAT)
			zs_setint(l, SOL_SOCKET, int_settings[i].option, int_settings[i].value);
	if (bind(l, &srv->sa, len) || getsockname(l, &srv->sa, &len) || listen(l, 4))
		return -1;
	return l;
}

TEST_F(trap, trap07_accepted_has_the_listeners_options)
{
	union zs_addr a, b;
	int ref, l, s1, s2;

	ref = configured_listener(variant->domain, variant->family, true, &a);
	l = configured_listener(variant->domain, variant->family, false, &b);
	ASSERT_GE(ref, 0);
	ASSERT_GE(l, 0);
	ASSERT_GE(zs_tcp_connect(variant->domain, &a), 0);
	ASSERT_GE(zs_tcp_connect(variant->domain, &b), 0);
	s1 = accept(ref, NULL, NULL);
	s2 = accept(l, NULL, NULL);
	ASSERT_GE(s1, 0);
	ASSERT_GE(s2, 0);
	/* The listener's options made a domain-0 socket an IPv6 one: SO_DOMAIN says so. */
	EXPECT_EQ(0, zs_snapshot_diff(s1, s2, !variant->domain, stderr));
}

TEST_F(trap, trap07_accepted_has_handler_and_backend)
{
	struct zsock_info a, b;
	union zs_addr srv;
	int l, s;

	ZS_SKIP_UNLESS_ZSOCK();
	l = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, setsockopt(l, SOL_ZSOCK, ZSOCK_BACKEND, "native", 6));
	ASSERT_EQ(0, bind(l, &srv.sa, zs_loopback(&srv, variant->family, 0)));
	ASSERT_EQ(0, listen(l, 1));
	ASSERT_EQ(0, getsockname(l, &srv.sa, &(socklen_t){ sizeof(srv) }));
	ASSERT_GE(zs_tcp_connect(variant->domain, &srv), 0);
	s = accept(l, NULL, NULL);
	ASSERT_EQ(0, zs_get_info(l, &a));
	ASSERT_EQ(0, zs_get_info(s, &b));
	EXPECT_STREQ(a.handler, b.handler);
	EXPECT_STREQ(a.backend, b.backend);
	EXPECT_EQ(a.domain, b.domain);
	EXPECT_EQ(a.inner_family, b.inner_family);
	EXPECT_EQ(a.inner_protocol, b.inner_protocol);
	/* The accepted one is an AF_ZSOCK socket in full: its own accept, options, close. */
	EXPECT_EQ(-1, setsockopt(s, SOL_ZSOCK, ZSOCK_BACKEND, "nosuch", 6));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, accept(s, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, zs_file_has("/proc/net/zsock", "native") > 0);
}

/* ---- 11: 32-bit callers ---- */

#ifdef __x86_64__
/* A system call as a 32-bit program makes it. Pointers must lie below 4 GiB. */
static int call32(int nr, long a, long b, long c, long d, long e)
{
	int ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

#define NR32_ioctl	54
#define NR32_getsockopt	365
#define NR32_setsockopt	366
#define NR32_sendmsg	370
#define NR32_recvmsg	372

struct msghdr32 {
	unsigned int name, namelen, iov, iovlen, control, controllen, flags;
};

static bool has_32bit_calls(void)
{
	int pid = fork();

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		/* 32-bit getpid is 20, 64-bit 20 is writev. */
		_exit(call32(20, 0, 0, 0, 0, 0) == getpid() ? 0 : 1);
	}
	return !zs_wait(pid) && zs_file_has("/proc/cpuinfo", "User") < 0;
}

static void compat_message(struct __test_metadata *_metadata, char *low, int tx, int rx)
{
	unsigned int *iov = (void *)low;
	struct msghdr32 *msg = (void *)(low + 64);
	char *data = low + 128;

	iov[0] = (unsigned long)data;
	iov[1] = 6;
	memset(msg, 0, sizeof(*msg));
	msg->iov = (unsigned long)iov;
	msg->iovlen = 1;
	memcpy(data, "compat", 6);
	EXPECT_EQ(6, call32(NR32_sendmsg, tx, (long)msg, 0, 0, 0));
	memset(data, 0, 6);
	msg->control = (unsigned long)low + 512;
	msg->controllen = 256;
	EXPECT_EQ(6, call32(NR32_recvmsg, rx, (long)msg, 0, 0, 0));
	EXPECT_EQ(0, memcmp(data, "compat", 6));
	/* A 32-bit cmsg: 12 bytes of header and an 8-byte timeval. */
	EXPECT_EQ(20, msg->controllen);
}

TEST_F(trap, trap11_compat)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int *p = (void *)low;
	struct timeval tv;
	socklen_t len = sizeof(tv);
	int fresh, fd[2];

	if (!has_32bit_calls())
		SKIP(return, "the kernel takes no 32-bit calls");
	ASSERT_NE(MAP_FAILED, low);
	/* Options with a 32-bit layout, kept for a fresh socket. */
	fresh = zs_socket(variant->domain, SOCK_DGRAM, 0);
	p[0] = 3;
	p[1] = 20000;
	ASSERT_EQ(0, call32(NR32_setsockopt, fresh, SOL_SOCKET, SO_RCVTIMEO, (long)p, 8));
	ASSERT_EQ(0, dispatch(fresh, variant->family));
	ASSERT_EQ(0, getsockopt(fresh, SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	EXPECT_EQ(3, tv.tv_sec);
	EXPECT_EQ(20000, tv.tv_usec);
	p[0] = p[1] = 0;
	p[2] = 8;
	ASSERT_EQ(0, call32(NR32_getsockopt, fresh, SOL_SOCKET, SO_RCVTIMEO, (long)p, (long)&p[2]));
	EXPECT_EQ(8, p[2]);
	EXPECT_EQ(3, p[0]);

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	ASSERT_EQ(0, zs_setint(fd[1], SOL_SOCKET, SO_TIMESTAMP, 1));
	compat_message(_metadata, low, fd[0], fd[1]);
	ASSERT_EQ(1, send(fd[0], "x", 1, 0));
	p[0] = -1;
	EXPECT_EQ(0, call32(NR32_ioctl, fd[1], FIONREAD, (long)p, 0, 0));
	EXPECT_EQ(1, p[0]);
	fresh = zs_socket(variant->domain, SOCK_STREAM, 0);
	EXPECT_EQ(-ENOTTY, call32(NR32_ioctl, fresh, 0x1234, (long)p, 0, 0));
}
#endif

TEST_HARNESS_MAIN
