// SPDX-License-Identifier: GPL-2.0
/*
 * Storms: accept() with the listener closed under it, IPV6_ADDRFORM under other threads' calls,
 * listings of sockets that come, dispatch and go.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "race.h"
#include "zs.h"

#define STORM_MS	3000

FIXTURE(traffic) { int family; };
ZS_VARIANTS(traffic);

/* Threads of a storm share these; no lock, as in a program that has a bug. */
static int domain, family;
static int listener;
static union zs_addr listening;
static unsigned long done[4], odd;
static int odd_errno;

static int set_up(int sockets, int addresses)
{
	domain = sockets;
	zs_auto_family = family = addresses;
	memset(done, 0, sizeof(done));
	odd = odd_errno = 0;
	listener = -1;
	signal(SIGPIPE, SIG_IGN);
	return zs_new_netns();
}

FIXTURE_SETUP(traffic)
{
	ASSERT_EQ(set_up(variant->domain, variant->family), 0);
}

FIXTURE_TEARDOWN(traffic)
{
	if (zs_is_zsock())
		EXPECT_TRUE(race_all_gone());
}

static void count_odd(int err)
{
	odd_errno = err;
	__atomic_add_fetch(&odd, 1, __ATOMIC_RELAXED);
}

static void count_done(int what)
{
	__atomic_add_fetch(&done[what], 1, __ATOMIC_RELAXED);
}

/* Until there was more of the first than so much, and of the other: a busy machine is slow. */
static void storm_until(void (*const fn[])(void *), unsigned int n, int what, unsigned long least,
			int other, unsigned long other_least)
{
	for (int i = 0; i < 10 && (done[what] <= least || done[other] <= other_least); i++)
		race_storm(fn, n, NULL, STORM_MS);
}

/* ---- accept() and the listener's end ---- */

static void renew_listener(void *arg)
{
	union zs_addr addr;
	int fd = zs_listener(domain, family, &addr), old;

	(void)arg;
	zs_nonblock(fd, true);
	listening = addr;
	old = __atomic_exchange_n(&listener, fd, __ATOMIC_SEQ_CST);
	zs_sleep_ms(20);
	/* Wakes who waits in it, as close() alone does not. */
	if (old >= 0 && done[3] & 1)
		shutdown(old, SHUT_RDWR);
	close(old);
	count_done(3);
}

static void accept_one(void *arg)
{
	int fd = accept(__atomic_load_n(&listener, __ATOMIC_SEQ_CST), NULL, NULL);
	struct timeval limit = { 0, 200000 };
	char byte = 0;
	ssize_t got;

	(void)arg;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EBADF && errno != EINVAL && errno != ECONNABORTED)
			count_odd(errno);
		zs_sleep_ms(1);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	got = recv(fd, &byte, 1, 0);
	if (got == 1 && byte != 'a')
		count_odd(EBADMSG);
	if (got == 1)
		count_done(0);
	close(fd);
}

static void connect_one(void *arg)
{
	union zs_addr to = listening;
	struct linger linger = { 1, 0 };
	int fd = zs_socket(domain, SOCK_STREAM, 0);

	(void)arg;
	if (!connect(fd, &to.sa, zs_len(family))) {
		count_done(1);
		send(fd, "a", 1, MSG_NOSIGNAL);
		/* A reset, half of the time. */
		if (done[1] & 1)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	} else if (errno != ECONNREFUSED && errno != ECONNRESET && errno != EADDRNOTAVAIL &&
		   errno != ETIMEDOUT) {
		count_odd(errno);
	}
	close(fd);
}

TEST_F(traffic, accept_storm)
{
	void (*const fn[])(void *) = { renew_listener, accept_one, accept_one, accept_one,
				       connect_one, connect_one };

	renew_listener(NULL);
	storm_until(fn, 6, 0, 10, 3, 5);
	close(listener);
	EXPECT_EQ(odd, 0)
		TH_LOG("errno %d", odd_errno);
	EXPECT_GT(done[0], 10);
	EXPECT_GT(done[1], 10);
	EXPECT_GT(done[3], 5);
	TH_LOG("%lu connections, %lu accepted with data, %lu listeners", done[1], done[0],
	       done[3]);
}

/* ---- IPV6_ADDRFORM ---- */

static int shared_fd = -1;

/* A connection to a v4-mapped address, and then an IPv4 one, while others use it. */
static void addrform_one(void *arg)
{
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, 0xff, 127, 0, 0, 1 } };
	int fd = zs_socket(AF_INET6, SOCK_STREAM, 0), to = AF_INET;
	union zs_addr addr;
	int old, child;

	(void)arg;
	zs_loopback(&addr, AF_INET6, zs_port(&listening));
	addr.in6.sin6_addr = mapped;
	if (connect(fd, &addr.sa, sizeof(addr.in6)))
		count_odd(errno);
	old = __atomic_exchange_n(&shared_fd, fd, __ATOMIC_SEQ_CST);
	if (setsockopt(fd, SOL_IPV6, IPV6_ADDRFORM, &to, sizeof(to)))
		count_odd(errno);
	else
		count_done(0);
	if (zs_getint(fd, SOL_SOCKET, SO_DOMAIN) != AF_INET)
		count_odd(EPROTO);
	child = accept(listener, NULL, NULL);
	close(child);
	close(old);
}

static void use_one(void *arg)
{
	int fd = __atomic_load_n(&shared_fd, __ATOMIC_SEQ_CST);
	union zs_addr addr;
	socklen_t len = sizeof(addr);
	int ret = 0;

	(void)arg;
	switch (__atomic_add_fetch(&done[1], 1, __ATOMIC_RELAXED) % 6) {
	case 0:
		ret = getsockname(fd, &addr.sa, &len);
		if (!ret && addr.sa.sa_family != AF_INET && addr.sa.sa_family != AF_INET6)
			count_odd(EPROTO);
		break;
	case 1:
		ret = zs_setint(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
		break;
	case 2:
		ret = zs_setint(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		break;
	case 3:
		if (accept(fd, NULL, NULL) >= 0 || (errno != EINVAL && errno != EBADF))
			count_odd(errno);
		return;
	case 4:
		/* kTLS would put its calls where the module's are. */
		if (zs_is_zsock() && !setsockopt(fd, IPPROTO_TCP, 31 /* TCP_ULP */, "tls", 3))
			count_odd(ETXTBSY);
		return;
	default:
		ret = zs_poll(fd, POLLOUT, 0) < 0 ? -1 : 0;
	}
	/* The number may be another's by now: of another such socket, at worst. */
	if (ret && errno != EBADF && errno != ENOTCONN && errno != ENOTSOCK)
		count_odd(errno);
}

TEST(addrform_storm)
{
	void (*const fn[])(void *) = { addrform_one, use_one, use_one, use_one };

	ASSERT_EQ(set_up(0, AF_INET), 0);
	listener = zs_listener(0, AF_INET, &listening);
	ASSERT_GE(listener, 0);
	storm_until(fn, 4, 0, 20, 0, 20);
	close(shared_fd);
	shared_fd = -1;
	close(listener);
	EXPECT_EQ(odd, 0)
		TH_LOG("errno %d", odd_errno);
	EXPECT_GT(done[0], 20);
	TH_LOG("%lu ADDRFORM, %lu other calls", done[0], done[1]);
	if (zs_is_zsock())
		EXPECT_TRUE(race_all_gone());
}

/* ---- listings ---- */

static void come_and_go(void *arg)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, family, 0);
	int fd[8];

	(void)arg;
	for (int i = 0; i < 8; i++) {
		fd[i] = zs_socket(domain, i & 1 ? SOCK_DGRAM : SOCK_STREAM, 0);
		if (i & 2)
			bind(fd[i], &addr.sa, len);
		if ((i & 3) == 2)
			listen(fd[i], 1);
	}
	for (int i = 0; i < 8; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	count_done(0);
}

static int words(const char *line)
{
	int n = 0;

	while (*line) {
		line += strspn(line, " \n");
		n += *line != '\0';
		line += strcspn(line, " \n");
	}
	return n;
}

static void read_listing(void *arg)
{
	FILE *f = fopen("/proc/self/net/zsock", "re");
	char line[512];

	(void)arg;
	if (!f) {
		count_odd(errno);
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		if (words(line) != 12)
			count_odd(EBADMSG);
		else
			count_done(1);
	}
	fclose(f);
}

struct request {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	struct nlattr nla;
	char name[8];
};

/* The generic-netlink family's number. */
static int genl_family(int fd)
{
	struct request req = {
		.nlh = { sizeof(req), GENL_ID_CTRL, NLM_F_REQUEST, 1, 0 },
		.genl = { CTRL_CMD_GETFAMILY, 1, 0 },
		.nla = { NLA_HDRLEN + 6, CTRL_ATTR_FAMILY_NAME },
		.name = "zsock",
	};
	char buf[4096];
	struct nlattr *nla = (struct nlattr *)(buf + NLMSG_HDRLEN + GENL_HDRLEN);
	ssize_t got;

	if (send(fd, &req, sizeof(req), 0) < 0)
		return -1;
	got = recv(fd, buf, sizeof(buf), 0);
	while ((char *)nla + NLA_HDRLEN <= buf + got && nla->nla_len) {
		if (nla->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(uint16_t *)((char *)nla + NLA_HDRLEN);
		nla = (struct nlattr *)((char *)nla + NLMSG_ALIGN(nla->nla_len));
	}
	return -1;
}

static void dump_sockets(void *arg)
{
	struct request req = {
		.nlh = { NLMSG_HDRLEN + GENL_HDRLEN, 0, NLM_F_REQUEST | NLM_F_DUMP, 2, 0 },
		.genl = { ZSOCK_CMD_SOCK_GET, 1, 0 },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	char buf[32768];
	ssize_t got;

	(void)arg;
	req.nlh.nlmsg_type = genl_family(fd);
	if (send(fd, &req, req.nlh.nlmsg_len, 0) < 0)
		count_odd(errno);
	while ((got = recv(fd, buf, sizeof(buf), 0)) > 0) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)buf;

		if (nlh->nlmsg_type == NLMSG_DONE)
			break;
		if (nlh->nlmsg_type != req.nlh.nlmsg_type)
			count_odd(EPROTO);
		count_done(2);
	}
	close(fd);
}

static void read_fdinfo(void *arg)
{
	int fd = zs_socket(domain, SOCK_STREAM, 0);
	char path[64];

	(void)arg;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (zs_file_has(path, "zsock-handler: tcp") < 0)
		count_odd(errno);
	close(fd);
}

TEST_F(traffic, listing_storm)
{
	void (*const fn[])(void *) = { come_and_go, come_and_go, come_and_go, read_listing,
				       read_listing, dump_sockets, read_fdinfo };
	int held;

	ZS_SKIP_UNLESS_ZSOCK();
	/* So that there always is something to be listed. */
	held = zs_udp_bound(domain, family, &listening);
	ASSERT_GE(held, 0);
	storm_until(fn, 7, 0, 10, 2, 5);
	close(held);
	EXPECT_EQ(odd, 0)
		TH_LOG("errno %d", odd_errno);
	EXPECT_GT(done[0], 10);
	EXPECT_GT(done[1], 10);
	EXPECT_GT(done[2], 5);
	TH_LOG("%lu times 8 sockets, %lu lines, %lu messages", done[0], done[1], done[2]);
}

TEST_HARNESS_MAIN
