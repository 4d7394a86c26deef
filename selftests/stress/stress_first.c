// SPDX-License-Identifier: GPL-2.0
/*
 * First calls that race: whichever dispatches the socket, each call has the effect that it
 * has on a socket which was never anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "race.h"
#include "zs.h"

#define ROUNDS_MS	700

/* What the contestants of a round work on, and what became of them. */
struct round {
	int domain;
	int type;
	int fd;
	int listener;
	union zs_addr to;
	socklen_t tolen;
	int ret[RACE_MAX];
	int err[RACE_MAX];
	uint64_t cookie;
	unsigned long effects;
	char what[128];
};

static void record(struct round *r, int who, long ret)
{
	r->ret[who] = ret;
	r->err[who] = ret < 0 ? errno : 0;
}

static void fresh(void *arg)
{
	struct round *r = arg;

	memset(r->ret, 0, sizeof(r->ret));
	memset(r->err, 0, sizeof(r->err));
	r->fd = zs_socket(r->domain, r->type, 0);
}

static bool complain(struct round *r, const char *what)
{
	snprintf(r->what, sizeof(r->what), "%s (ret %d %d, errno %d %d)", what, r->ret[0], r->ret[1],
		 r->err[0], r->err[1]);
	return false;
}

/* ---- every pair of calls ---- */

static long call_connect(struct round *r)
{
	return connect(r->fd, &r->to.sa, r->tolen);
}

static long call_bind(struct round *r)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);

	return bind(r->fd, &addr.sa, len);
}

static long call_listen(struct round *r)
{
	return listen(r->fd, 1);
}

static long call_accept(struct round *r)
{
	/* Would wait for good on a listener. */
	zs_nonblock(r->fd, true);
	return accept(r->fd, NULL, NULL);
}

static long call_nodelay(struct round *r)
{
	return zs_setint(r->fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

static long call_keepalive(struct round *r)
{
	return zs_setint(r->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static long call_device(struct round *r)
{
	return setsockopt(r->fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2);
}

static long call_tcp_info(struct round *r)
{
	char info[64];
	socklen_t len = sizeof(info);

	return getsockopt(r->fd, IPPROTO_TCP, TCP_INFO, info, &len);
}

static long call_domain(struct round *r)
{
	int domain = zs_getint(r->fd, SOL_SOCKET, SO_DOMAIN);

	errno = EPROTO;
	return domain == zs_family || domain == AF_INET || domain == AF_INET6 ? 0 : -1;
}

static long call_info(struct round *r)
{
	struct zsock_info info;

	return zs_get_info(r->fd, &info);
}

static long call_backend(struct round *r)
{
	return setsockopt(r->fd, SOL_ZSOCK, ZSOCK_BACKEND, "native", 7);
}

static long call_getsockname(struct round *r)
{
	union zs_addr addr;
	socklen_t len = sizeof(addr);

	return getsockname(r->fd, &addr.sa, &len);
}

static long call_poll(struct round *r)
{
	return zs_poll(r->fd, POLLIN | POLLOUT, 0) < 0 ? -1 : 0;
}

static long call_send(struct round *r)
{
	return send(r->fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static long call_recv(struct round *r)
{
	char byte;

	return recv(r->fd, &byte, 1, MSG_DONTWAIT);
}

static long call_shutdown(struct round *r)
{
	return shutdown(r->fd, SHUT_RDWR);
}

static long call_ioctl(struct round *r)
{
	int n;

	return ioctl(r->fd, FIONREAD, &n);
}

static long call_async(struct round *r)
{
	return fcntl(r->fd, F_SETFL, O_ASYNC | O_NONBLOCK);
}

static long call_mmap(struct round *r)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, r->fd, 0);

	return p == MAP_FAILED ? -1 : munmap(p, 4096);
}

static const struct pair_call {
	const char *name;
	long (*call)(struct round *r);
} pair_calls[] = {
	{ "connect", call_connect }, { "bind", call_bind }, { "listen", call_listen },
	{ "accept", call_accept }, { "TCP_NODELAY", call_nodelay },
	{ "SO_KEEPALIVE", call_keepalive }, { "SO_BINDTODEVICE", call_device },
	{ "TCP_INFO", call_tcp_info }, { "SO_DOMAIN", call_domain }, { "ZSOCK_INFO", call_info },
	{ "ZSOCK_BACKEND", call_backend }, { "getsockname", call_getsockname },
	{ "poll", call_poll }, { "send", call_send }, { "recv", call_recv },
	{ "shutdown", call_shutdown }, { "FIONREAD", call_ioctl }, { "O_ASYNC", call_async },
	{ "mmap", call_mmap },
};

#define PAIR_CALLS	(sizeof(pair_calls) / sizeof(pair_calls[0]))

static unsigned int first, second;

static void run_first(void *arg)
{
	record(arg, 0, pair_calls[first].call(arg));
}

static void run_second(void *arg)
{
	record(arg, 1, pair_calls[second].call(arg));
}

/* What none of these calls says, in whatever order they come. */
static bool absurd(int err)
{
	switch (err) {
	case EFAULT:
	case EINTR:
	case ENETDOWN:
	case ENOPROTOOPT:
	case EBADF:
	case ENOMEM:
	case EAFNOSUPPORT:
	case EPROTO:
	case ENODEV:
	case EBUSY:
		return true;
	}
	return false;
}

static bool check_pair(void *arg)
{
	struct round *r = arg;
	bool good = !absurd(r->err[0]) && !absurd(r->err[1]);
	int fd;

	r->effects += !r->err[0] || !r->err[1];
	close(r->fd);
	/* Connections that were made. */
	while ((fd = accept(r->listener, NULL, NULL)) >= 0)
		close(fd);
	if (good)
		return true;
	return complain(r, pair_calls[first].name);
}

FIXTURE(first) { struct round r; };

FIXTURE_VARIANT(first) { int domain; };
FIXTURE_VARIANT_ADD(first, inet) { .domain = AF_INET };
FIXTURE_VARIANT_ADD(first, any) { .domain = 0 };

FIXTURE_SETUP(first)
{
	zs_auto_family = AF_INET;
	ASSERT_EQ(zs_new_netns(), 0);
	self->r.domain = variant->domain;
	self->r.type = SOCK_STREAM;
	self->r.listener = zs_listener(AF_INET, AF_INET, &self->r.to);
	ASSERT_GE(self->r.listener, 0);
	zs_nonblock(self->r.listener, true);
	self->r.tolen = sizeof(self->r.to.in);
}

FIXTURE_TEARDOWN(first)
{
	close(self->r.listener);
	if (zs_is_zsock())
		EXPECT_TRUE(race_all_gone());
}

TEST_F_TIMEOUT(first, pairs, 120)
{
	unsigned long rounds = 0;

	for (first = 0; first < PAIR_CALLS; first++) {
		for (second = first; second < PAIR_CALLS; second++) {
			struct race race = { fresh, { run_first, run_second }, check_pair, &self->r };

			if (!zs_is_zsock() && (first == 9 || first == 10 || second == 9 ||
					       second == 10))
				continue;
			rounds += race_run(&race, 25);
			ASSERT_STREQ(self->r.what, "")
				TH_LOG("%s / %s", pair_calls[first].name, pair_calls[second].name);
		}
	}
	TH_LOG("%lu rounds", rounds);
	EXPECT_GT(rounds, PAIR_CALLS * PAIR_CALLS / 4);
	EXPECT_GT(self->r.effects, rounds / 4);
}

/* ---- two that exclude each other ---- */

static void connect_0(void *arg)
{
	record(arg, 0, call_connect(arg));
}

static void connect_1(void *arg)
{
	record(arg, 1, call_connect(arg));
}

static bool check_connect(void *arg)
{
	struct round *r = arg;
	int child, second_child;
	bool good = false;
	char byte = 0;

	/* The last of the three segments may still be on another processor's queue. */
	zs_poll(r->listener, POLLIN, r->ret[0] && r->ret[1] ? 0 : 20000);
	child = accept(r->listener, NULL, NULL);
	second_child = accept(r->listener, NULL, NULL);
	/* Who comes while the other waits for the answer waits with him, and succeeds, too. */
	if (r->ret[0] && r->ret[1])
		complain(r, "neither connected");
	else if (r->err[0] + r->err[1] != EISCONN && r->err[0] + r->err[1])
		complain(r, "the other is not told EISCONN");
	else if (child < 0 || second_child >= 0)
		complain(r, "not exactly one connection");
	else if (send(r->fd, "c", 1, 0) != 1 || recv(child, &byte, 1, 0) != 1 || byte != 'c')
		complain(r, "no data");
	else
		good = true;
	close(child);
	close(r->fd);
	return good;
}

TEST_F(first, connect_connect)
{
	struct race race = { fresh, { connect_0, connect_1 }, check_connect, &self->r,
			     .more_than = 3 };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 3);
	EXPECT_STREQ(self->r.what, "");
}

static void bind_0(void *arg)
{
	record(arg, 0, call_bind(arg));
}

static void listen_1(void *arg)
{
	record(arg, 1, call_listen(arg));
}

/* listen() binds where nothing did; then bind() is late. */
static bool check_bind_listen(void *arg)
{
	struct round *r = arg;
	int listens = zs_getint(r->fd, SOL_SOCKET, SO_ACCEPTCONN);
	bool good = false;

	if (r->ret[1] || listens != 1)
		complain(r, "listen() failed");
	else if (r->ret[0] && r->err[0] != EINVAL)
		complain(r, "bind() failed otherwise than by coming late");
	else
		good = true;
	close(r->fd);
	return good;
}

TEST_F(first, bind_listen)
{
	struct race race = { fresh, { bind_0, listen_1 }, check_bind_listen, &self->r,
			     .more_than = 3 };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 3);
	EXPECT_STREQ(self->r.what, "");
}

/* ---- an option that was set is set ---- */

static void options_0(void *arg)
{
	struct round *r = arg;
	struct linger linger = { 1, 7 };
	long ret = zs_setint(r->fd, SOL_SOCKET, SO_KEEPALIVE, 1);

	ret |= zs_setint(r->fd, SOL_SOCKET, SO_PRIORITY, 3);
	ret |= zs_setint(r->fd, SOL_SOCKET, SO_RCVLOWAT, 5);
	ret |= setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	ret |= zs_setint(r->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	record(r, 0, ret);
}

static bool check_options(void *arg)
{
	struct round *r = arg;
	struct linger linger = { 0 };
	socklen_t len = sizeof(linger);
	bool good = false;

	getsockopt(r->fd, SOL_SOCKET, SO_LINGER, &linger, &len);
	if (r->ret[0] || r->ret[1])
		complain(r, "a call failed");
	else if (zs_getint(r->fd, SOL_SOCKET, SO_KEEPALIVE) != 1)
		complain(r, "SO_KEEPALIVE was lost");
	else if (zs_getint(r->fd, SOL_SOCKET, SO_PRIORITY) != 3)
		complain(r, "SO_PRIORITY was lost");
	else if (zs_getint(r->fd, SOL_SOCKET, SO_RCVLOWAT) != 5)
		complain(r, "SO_RCVLOWAT was lost");
	else if (!linger.l_onoff || linger.l_linger != 7)
		complain(r, "SO_LINGER was lost");
	else if (zs_getint(r->fd, IPPROTO_TCP, TCP_NODELAY) != 1)
		complain(r, "TCP_NODELAY was lost");
	else
		good = true;
	close(r->fd);
	close(accept(r->listener, NULL, NULL));
	return good;
}

TEST_F(first, setsockopt_connect)
{
	struct race race = { fresh, { options_0, connect_1 }, check_options, &self->r,
			     .more_than = 3 };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 3);
	EXPECT_STREQ(self->r.what, "");
}

static void filter_0(void *arg)
{
	struct sock_filter code = { BPF_RET | BPF_K, 0, 0, 0xffffffff };
	struct sock_fprog prog = { 1, &code };
	struct round *r = arg;

	record(r, 0, setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
}

static bool check_filter(void *arg)
{
	struct round *r = arg;
	struct sock_filter code[4];
	/* Counted in instructions. */
	socklen_t len = 4;
	bool good = !r->ret[0] && !r->ret[1] &&
		    !getsockopt(r->fd, SOL_SOCKET, SO_GET_FILTER, code, &len) && len == 1;

	close(r->fd);
	close(accept(r->listener, NULL, NULL));
	return good ? true : complain(r, "the filter was lost");
}

TEST_F(first, filter_connect)
{
	struct race race = { fresh, { filter_0, connect_1 }, check_filter, &self->r,
			     .more_than = 3 };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 3);
	EXPECT_STREQ(self->r.what, "");
}

/* ---- what is read while it dispatches ---- */

static void read_0(void *arg)
{
	struct round *r = arg;
	socklen_t len = sizeof(r->cookie);
	int domain, type;

	r->ret[0] = getsockopt(r->fd, SOL_SOCKET, SO_COOKIE, &r->cookie, &len);
	domain = zs_getint(r->fd, SOL_SOCKET, SO_DOMAIN);
	type = zs_getint(r->fd, SOL_SOCKET, SO_TYPE);
	if (type != r->type || (domain != zs_family && domain != AF_INET))
		record(r, 0, -1);
}

static bool check_cookie(void *arg)
{
	struct round *r = arg;
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	bool good;

	getsockopt(r->fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	good = !r->ret[0] && !r->ret[1] && cookie == r->cookie;
	close(r->fd);
	close(accept(r->listener, NULL, NULL));
	return good ? true : complain(r, "the socket's cookie changed");
}

TEST_F(first, cookie_connect)
{
	struct race race = { fresh, { read_0, connect_1 }, check_cookie, &self->r,
			     .more_than = 3 };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 3);
	EXPECT_STREQ(self->r.what, "");
}

/* ---- closing ---- */

static void close_0(void *arg)
{
	record(arg, 0, close(((struct round *)arg)->fd));
}

static bool check_close(void *arg)
{
	struct round *r = arg;

	close(accept(r->listener, NULL, NULL));
	if (r->ret[0])
		return complain(r, "close() failed");
	if (r->ret[1] && r->err[1] != EBADF)
		return complain(r, "connect() failed otherwise than by EBADF");
	r->effects += r->ret[1] == 0;
	return true;
}

TEST_F(first, close_connect)
{
	struct race race = { fresh, { close_0, connect_1 }, check_close, &self->r,
			     .more_than = 3 };

	EXPECT_GT(race_run(&race, ROUNDS_MS), 3);
	EXPECT_STREQ(self->r.what, "");
}

TEST_HARNESS_MAIN
