// SPDX-License-Identifier: GPL-2.0
/*
 * A backend's create() that fails, takes its time, is interrupted, or is raced for; and what
 * was set before it.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "mock.h"
#include "zs.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

FIXTURE(create) { };

FIXTURE_SETUP(create)
{
	ASSERT_EQ(0, mock_reset());
	ASSERT_EQ(0, mock_register('a', 10));
}

FIXTURE_TEARDOWN(create)
{
	EXPECT_EQ(0, mock_reset());
}

/* ---- fails ---- */

/* Calls that differ in how they come to dispatch, and in what they do with its errno. */
static int call_bind(int fd)
{
	union zs_addr addr;

	return bind(fd, &addr.sa, zs_loopback(&addr, AF_INET, 0)) ? -errno : 0;
}

static int call_setsockopt(int fd)
{
	return zs_setint(fd, IPPROTO_IP, IP_TTL, 7) ? -errno : 0;
}

static int call_getsockopt(int fd)
{
	int value;
	socklen_t len = sizeof(value);

	return getsockopt(fd, IPPROTO_IP, IP_TTL, &value, &len) ? -errno : 0;
}

/* At SOL_SOCKET, and for the inner socket alone. The descriptor is no BPF program. */
static int call_reuseport_bpf(int fd)
{
	return zs_setint(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, fd) ? -errno : 0;
}

static int call_recv(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int call_ioctl(int fd)
{
	int n;

	return ioctl(fd, FIONREAD, &n) ? -errno : 0;
}

static const struct failing_call {
	const char *name;
	int (*call)(int fd);
	int good;		/* what it returns when create() succeeds */
} failing_calls[] = {
	{ "bind", call_bind, 0 },
	{ "setsockopt", call_setsockopt, 0 },
	{ "getsockopt", call_getsockopt, 0 },
	{ "SO_ATTACH_REUSEPORT_EBPF", call_reuseport_bpf, -EINVAL },
	{ "recv", call_recv, -EAGAIN },
	{ "getsockname", mock_first_call, 0 },
	{ "ioctl", call_ioctl, 0 },
};

static void fails_then_works(struct __test_metadata *_metadata, const struct failing_call *c,
			     int err)
{
	int fd = zs_socket(AF_INET, SOCK_DGRAM, 0);

	mock_forget('a');
	mock_set('a', "fail", err);
	EXPECT_EQ(-err, c->call(fd)) {
		TH_LOG("%s when create() says %s", c->name, strerror(err));
	}
	EXPECT_FALSE(zs_dispatched(fd));
	EXPECT_EQ(-err, c->call(fd));
	EXPECT_EQ(2, mock_creates('a'));
	mock_set('a', "fail", 0);
	EXPECT_EQ(c->good, c->call(fd)) {
		TH_LOG("%s after create() said %s", c->name, strerror(err));
	}
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(3, mock_creates('a'));
	close(fd);
}

/* The caller gets it, whatever it is; nothing else is tried; the next call tries again. */
TEST_F(create, fails_with_each_errno)
{
	int err;

	/* ENETDOWN and EAFNOSUPPORT are what dispatch itself says, too. */
	for (err = 1; err <= EHWPOISON; err++)
		fails_then_works(_metadata, &failing_calls[0], err);
}

TEST_F(create, fails_in_each_way)
{
	static const int errnos[] = {
		EPERM, EINTR, EAGAIN, ENOMEM, EACCES, EBUSY, EINVAL, EMFILE, ENOPROTOOPT,
		EOPNOTSUPP, EAFNOSUPPORT, ENETDOWN, ENOBUFS, EISCONN, EINPROGRESS, ETIMEDOUT,
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(failing_calls); i++)
		for (j = 0; j < ARRAY_SIZE(errnos); j++)
			fails_then_works(_metadata, &failing_calls[i], errnos[j]);
}

/* It is counted. */
TEST_F(create, failures_are_counted)
{
	char line[64];
	int fd;

	ASSERT_EQ(0, zs_new_netns());
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	mock_set('a', "fail", EIO);
	EXPECT_EQ(-EIO, mock_first_call(fd));
	EXPECT_EQ(-EIO, mock_first_call(fd));
	EXPECT_EQ(-EIO, mock_first_call(fd));
	mock_set('a', "fail", 0);
	EXPECT_EQ(0, mock_first_call(fd));
	snprintf(line, sizeof(line), "DispatchFailed 3");
	EXPECT_LE(0, zs_file_has("/proc/net/zsock_stat", line));
	EXPECT_LE(0, zs_file_has("/proc/net/zsock_stat", "Dispatched 1"));
	close(fd);
}

/* No other backend stands in for one that failed. */
TEST_F(create, no_substitute)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, mock_register('b', 20));
	mock_set('a', "fail", EIO);
	EXPECT_EQ(-EIO, mock_first_call(fd));
	EXPECT_EQ(0, mock_creates('b'));
	EXPECT_EQ(1, mock_creates('a'));
	/* A failed create() holds nothing. */
	EXPECT_EQ(0, mock_unregister('a'));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_B, mock_backend_of(fd));
	close(fd);
}

/* Of both families, the second is tried only where there is none of the first. */
TEST_F(create, fails_with_no_family)
{
	int fd = zs_socket(0, SOCK_STREAM, 0);

	mock_set('a', "fail", ENOMEM);
	EXPECT_EQ(-ENOMEM, mock_first_call(fd));
	EXPECT_EQ(1, mock_creates('a'));
	mock_set('a', "fail", EAFNOSUPPORT);
	EXPECT_EQ(-EAFNOSUPPORT, mock_first_call(fd));
	EXPECT_EQ(3, mock_creates('a'));
	EXPECT_STREQ("family=2 type=1 protocol=6 outer=6 kern=0 uid=0", mock_last('a'));
	close(fd);
}

/* ---- what was set before ---- */

static const struct kept_option {
	int name;
	int value;
} kept_options[] = {
	{ SO_RCVBUF, 20000 },
	{ SO_SNDBUF, 30000 },
	{ SO_KEEPALIVE, 1 },
	{ SO_REUSEADDR, 1 },
	{ SO_REUSEPORT, 1 },
	{ SO_BROADCAST, 1 },
	{ SO_PRIORITY, 5 },
	{ SO_OOBINLINE, 1 },
	{ SO_RCVLOWAT, 10 },
	{ SO_DONTROUTE, 1 },
	{ SO_TIMESTAMP, 1 },
	{ SO_MARK, 77 },
	{ SO_BUSY_POLL, 3 },
	{ SO_INCOMING_CPU, 0 },
};

static void set_all(struct __test_metadata *_metadata, int fd)
{
	struct linger linger = { 1, 3 };
	struct timeval tv = { 2, 500000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kept_options); i++)
		EXPECT_EQ(0, zs_setint(fd, SOL_SOCKET, kept_options[i].name,
				       kept_options[i].value)) {
			TH_LOG("option %d", kept_options[i].name);
		}
	EXPECT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	EXPECT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	tv.tv_sec = 7;
	EXPECT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
}

static void same_options(struct __test_metadata *_metadata, int ref, int fd)
{
	static const int structs[] = { SO_LINGER, SO_RCVTIMEO, SO_SNDTIMEO };
	char a[64], b[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kept_options); i++)
		EXPECT_EQ(zs_getint(ref, SOL_SOCKET, kept_options[i].name),
			  zs_getint(fd, SOL_SOCKET, kept_options[i].name)) {
			TH_LOG("option %d", kept_options[i].name);
		}
	for (i = 0; i < ARRAY_SIZE(structs); i++) {
		socklen_t la = sizeof(a), lb = sizeof(b);

		EXPECT_EQ(0, getsockopt(ref, SOL_SOCKET, structs[i], a, &la));
		EXPECT_EQ(0, getsockopt(fd, SOL_SOCKET, structs[i], b, &lb));
		EXPECT_EQ(la, lb);
		EXPECT_EQ(0, memcmp(a, b, la)) TH_LOG("option %d", structs[i]);
	}
}

/* The order of the options, the choice and failures does not matter. */
TEST_F(create, options_are_carried_over)
{
	int ref = socket(AF_INET, SOCK_STREAM, 0);
	int order;

	set_all(_metadata, ref);
	for (order = 0; order < 4; order++) {
		int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

		if (order & 1)
			EXPECT_EQ(0, mock_choose(fd, MOCK_A));
		set_all(_metadata, fd);
		if (!(order & 1))
			EXPECT_EQ(0, mock_choose(fd, MOCK_A));
		if (order & 2) {
			mock_set('a', "fail", ENOMEM);
			EXPECT_EQ(-ENOMEM, mock_first_call(fd));
			mock_set('a', "fail", 0);
		}
		same_options(_metadata, ref, fd);
		EXPECT_FALSE(zs_dispatched(fd));
		EXPECT_EQ(0, mock_first_call(fd));
		EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
		same_options(_metadata, ref, fd);
		close(fd);
	}
	close(ref);
}

/* Of several settings the last counts, also where it is the default again. */
TEST_F(create, last_value_counts)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	int i;

	for (i = 1; i <= 1000; i++)
		ASSERT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_PRIORITY, i % 7));
	ASSERT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	ASSERT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_KEEPALIVE, 0));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_EQ(1000 % 7, zs_getint(fd, SOL_SOCKET, SO_PRIORITY));
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_KEEPALIVE));
	close(fd);
}

/* An inner socket that handles SOL_SOCKET options itself is given them, too. */
TEST_F(create, options_of_a_custom_socket)
{
	int ref = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	int i;

	if (ref < 0)
		SKIP(return, "no MPTCP");
	mock_set('a', "protocol", IPPROTO_MPTCP);
	for (i = 0; i < 2; i++) {
		int s = i ? fd : ref;

		ASSERT_EQ(0, zs_setint(s, SOL_SOCKET, SO_PRIORITY, 4));
		ASSERT_EQ(0, zs_setint(s, SOL_SOCKET, SO_RCVBUF, 23456));
		ASSERT_EQ(0, zs_setint(s, SOL_SOCKET, SO_KEEPALIVE, 1));
	}
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_EQ(IPPROTO_MPTCP, zs_getint(fd, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(4, zs_getint(fd, SOL_SOCKET, SO_PRIORITY));
	EXPECT_EQ(zs_getint(ref, SOL_SOCKET, SO_RCVBUF), zs_getint(fd, SOL_SOCKET, SO_RCVBUF));
	EXPECT_EQ(1, zs_getint(fd, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_PRIORITY, 2));
	EXPECT_EQ(2, zs_getint(fd, SOL_SOCKET, SO_PRIORITY));
	close(ref);
	close(fd);
}

/*
 * And goes on to work: options replayed on such a socket may have made it things of its own
 * (MPTCP's first subflow), which must not hang on to the socket that was thrown away.
 */
TEST_F(create, traffic_of_a_custom_socket)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);
	char buf[8];
	int ref = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	int l, c, s;

	if (ref < 0)
		SKIP(return, "no MPTCP");
	close(ref);
	mock_set('a', "protocol", IPPROTO_MPTCP);
	l = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(l, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, zs_setint(l, SOL_SOCKET, SO_REUSEPORT, 1));
	ASSERT_EQ(0, bind(l, &addr.sa, len));
	ASSERT_EQ(0, listen(l, 1));
	ASSERT_EQ(0, getsockname(l, &addr.sa, &len));
	c = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(c, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, connect(c, &addr.sa, len));
	ASSERT_EQ(POLLIN, zs_poll(l, POLLIN, 5000));
	s = accept(l, NULL, NULL);
	ASSERT_LE(0, s);
	EXPECT_EQ(4, send(c, "ping", 4, 0));
	EXPECT_EQ(POLLIN, zs_poll(s, POLLIN, 5000));
	EXPECT_EQ(4, recv(s, buf, sizeof(buf), 0));
	EXPECT_EQ(4, send(s, "pong", 4, 0));
	EXPECT_EQ(POLLIN, zs_poll(c, POLLIN, 5000));
	EXPECT_EQ(4, recv(c, buf, sizeof(buf), 0));
	close(s);
	close(c);
	close(l);
}

/* ---- is held ---- */

struct caller {
	pthread_t thread;
	int fd;
	int (*call)(int fd);
	int ret;
	atomic_int tid;
};

static void *caller_run(void *arg)
{
	struct caller *c = arg;

	atomic_store(&c->tid, gettid());
	c->ret = c->call(c->fd);
	return NULL;
}

static void caller_start(struct caller *c, int fd, int (*call)(int fd))
{
	c->fd = fd;
	c->call = call;
	atomic_init(&c->tid, 0);
	pthread_create(&c->thread, NULL, caller_run, c);
}

/* It is in the call, and can be nowhere but there. */
static bool caller_asleep(struct caller *c)
{
	while (!atomic_load(&c->tid))
		zs_sleep_ms(1);
	return zs_asleep(atomic_load(&c->tid));
}

static int caller_wait(struct caller *c)
{
	pthread_join(c->thread, NULL);
	return c->ret;
}

/* create() has been called that often, and is held. */
static int wait_creates(int n)
{
	int i;

	for (i = 0; i < 4000; i++) {
		if (mock_creates('a') >= n)
			return 0;
		zs_sleep_ms(5);
	}
	return -1;
}

TEST_F(create, held_while_others_make_their_first_call)
{
	static int (*const calls[])(int) = {
		mock_first_call, call_bind, call_setsockopt, call_getsockopt, call_ioctl,
		mock_first_call, call_setsockopt, call_getsockopt,
	};
	struct caller c[ARRAY_SIZE(calls)];
	int fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	unsigned int i;

	mock_set('a', "hold", 1);
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		caller_start(&c[i], fd, calls[i]);
	/* All of them are in it: one holds, the others wait for that. */
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		EXPECT_TRUE(caller_asleep(&c[i]));
	mock_set('a', "hold", 0);
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		EXPECT_EQ(0, caller_wait(&c[i]));
	EXPECT_EQ(1, mock_creates('a'));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(7, zs_getint(fd, IPPROTO_IP, IP_TTL));
	close(fd);
}

/* The one fails, the other tries anew. */
TEST_F(create, fails_while_another_waits)
{
	struct caller first, second;
	int fd = zs_socket(AF_INET, SOCK_DGRAM, 0);

	mock_set('a', "hold", 1);
	mock_set('a', "fail", EIO);
	caller_start(&first, fd, mock_first_call);
	ASSERT_EQ(0, wait_creates(1));
	caller_start(&second, fd, mock_first_call);
	EXPECT_TRUE(caller_asleep(&second));
	/* The first goes on, the second does not yet. */
	mock_set('a', "hold", 2);
	EXPECT_EQ(-EIO, caller_wait(&first));
	ASSERT_EQ(0, wait_creates(2));
	mock_set('a', "fail", 0);
	mock_set('a', "hold", 0);
	EXPECT_EQ(0, caller_wait(&second));
	EXPECT_EQ(2, mock_creates('a'));
	close(fd);
}

/* What needs no inner socket does not wait for one: here, it would wait for ever. */
TEST_F(create, held_while_others_do_other_things)
{
	struct zsock_info info;
	struct caller c;
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	int other = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, mock_register('b', 20));
	mock_set('a', "hold", 1);
	caller_start(&c, fd, mock_first_call);
	ASSERT_EQ(0, wait_creates(1));
	/* Polling it, asking what it is, listing it, dispatching another one. */
	EXPECT_LE(0, zs_poll(fd, POLLIN, 0));
	EXPECT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(ZSOCK_STATE_FRESH, info.state);
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_LE(0, zs_file_has("/proc/net/zsock", "FRESH"));
	EXPECT_EQ(0, mock_choose(other, MOCK_B));
	EXPECT_EQ(0, mock_first_call(other));
	mock_set('a', "hold", 0);
	EXPECT_EQ(0, caller_wait(&c));
	close(fd);
	close(other);
}

static int call_priority(int fd)
{
	return zs_setint(fd, SOL_SOCKET, SO_PRIORITY, 6) ? -errno : 0;
}

static int call_choose_native(int fd)
{
	return mock_choose(fd, "native");
}

static int call_choose_mock(int fd)
{
	return mock_choose(fd, MOCK_A);
}

/* An option set meanwhile, which waits for that, is in force afterwards. */
TEST_F(create, held_while_options_are_set)
{
	struct caller c, sets;
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	mock_set('a', "hold", 1);
	caller_start(&c, fd, mock_first_call);
	ASSERT_EQ(0, wait_creates(1));
	caller_start(&sets, fd, call_priority);
	EXPECT_TRUE(caller_asleep(&sets));
	mock_set('a', "hold", 0);
	EXPECT_EQ(0, caller_wait(&c));
	EXPECT_EQ(0, caller_wait(&sets));
	EXPECT_EQ(6, zs_getint(fd, SOL_SOCKET, SO_PRIORITY));
	close(fd);
}

/* A choice that comes too late says so; it does not stand there unheeded. */
TEST_F(create, held_while_the_backend_is_chosen)
{
	struct caller c, native, mock;
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	mock_set('a', "hold", 1);
	caller_start(&c, fd, mock_first_call);
	ASSERT_EQ(0, wait_creates(1));
	caller_start(&native, fd, call_choose_native);
	caller_start(&mock, fd, call_choose_mock);
	EXPECT_TRUE(caller_asleep(&native));
	EXPECT_TRUE(caller_asleep(&mock));
	mock_set('a', "hold", 0);
	EXPECT_EQ(0, caller_wait(&c));
	EXPECT_EQ(-EBUSY, caller_wait(&native));
	EXPECT_EQ(0, caller_wait(&mock));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
}

/* The backend cannot go while it makes a socket. */
TEST_F(create, held_while_the_backend_is_removed)
{
	struct caller c;
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	mock_set('a', "hold", 1);
	caller_start(&c, fd, mock_first_call);
	ASSERT_EQ(0, wait_creates(1));
	EXPECT_EQ(-EBUSY, mock_unregister('a'));
	EXPECT_EQ(-EAGAIN, mock_rmmod("zsock_mock"));
	mock_set('a', "hold", 0);
	EXPECT_EQ(0, caller_wait(&c));
	close(fd);
}

static void close_while(struct __test_metadata *_metadata, int (*call)(int fd), int want)
{
	struct caller c;
	int low = zs_socket(AF_INET, SOCK_DGRAM, 0);
	/* No other file gets this number once it is closed. */
	int fd = fcntl(low, F_DUPFD, 100);

	close(low);
	mock_forget('a');
	mock_set('a', "hold", 1);
	caller_start(&c, fd, call);
	EXPECT_EQ(0, wait_creates(1));
	/* That does not wait for it. */
	EXPECT_EQ(0, close(fd));
	mock_set('a', "hold", 0);
	/* The call goes on with the socket that it has. */
	EXPECT_EQ(want, caller_wait(&c));
	EXPECT_EQ(1, mock_creates('a'));
	/* And with it the socket goes. */
	EXPECT_EQ(0, mock_unregister('a'));
	EXPECT_EQ(-1, zs_file_has("/proc/net/zsock", MOCK_A));
	EXPECT_EQ(0, mock_register('a', 10));
}

TEST_F(create, held_while_the_socket_is_closed)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(failing_calls); i++)
		close_while(_metadata, failing_calls[i].call,
			    failing_calls[i].call == call_reuseport_bpf ? -EBADF :
			    failing_calls[i].good);
}

/* ---- signals ---- */

static volatile int alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void alarms_begin(int flags)
{
	struct sigaction act = { .sa_handler = on_alarm, .sa_flags = flags };

	alarms = 0;
	sigaction(SIGALRM, &act, NULL);
}

/* Who sends a signal to who is held in create(), and lets go of whatever is held then. */
struct poker {
	pthread_t thread, to;
	int until;	/* let go when create() was called that often; 0: not at all */
};

static void *poker_run(void *arg)
{
	struct poker *p = arg;

	if (wait_creates(1))
		return NULL;
	pthread_kill(p->to, SIGALRM);
	if (!p->until)
		return NULL;
	wait_creates(p->until);
	/* It has time to do the wrong thing. */
	zs_sleep_ms(50);
	mock_set('a', "hold", 0);
	return NULL;
}

static void poker_start(struct poker *p, int until)
{
	p->to = pthread_self();
	p->until = until;
	pthread_create(&p->thread, NULL, poker_run, p);
}

/* A backend that does not look at signals is not disturbed by one. */
TEST_F(create, held_through_a_signal)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	struct poker p;

	mock_set('a', "hold", 1);
	alarms_begin(0);
	poker_start(&p, 1);
	EXPECT_EQ(0, mock_first_call(fd));
	pthread_join(p.thread, NULL);
	EXPECT_EQ(1, alarms);
	EXPECT_EQ(1, mock_creates('a'));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
}

/* One that does ends the call, and the next one tries again. */
TEST_F(create, interrupted)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	struct poker p;

	mock_set('a', "hold", 1);
	mock_set('a', "interruptible", 1);
	alarms_begin(0);
	poker_start(&p, 0);
	EXPECT_EQ(-EINTR, mock_first_call(fd));
	pthread_join(p.thread, NULL);
	EXPECT_EQ(1, alarms);
	EXPECT_FALSE(zs_dispatched(fd));
	mock_set('a', "hold", 0);
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_EQ(2, mock_creates('a'));
	close(fd);
}

TEST_F(create, interrupted_and_restarted)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	struct poker p;

	mock_set('a', "hold", 1);
	mock_set('a', "interruptible", 1);
	alarms_begin(SA_RESTART);
	poker_start(&p, 2);
	EXPECT_EQ(0, mock_first_call(fd));
	pthread_join(p.thread, NULL);
	EXPECT_EQ(1, alarms);
	EXPECT_EQ(2, mock_creates('a'));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
}

/* Who only waits for another's create() can be killed, and harms nothing. */
TEST_F(create, waiter_is_killed)
{
	struct caller c;
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	int pid;

	mock_set('a', "hold", 1);
	caller_start(&c, fd, mock_first_call);
	ASSERT_EQ(0, wait_creates(1));
	pid = fork();
	if (!pid)
		_exit(mock_first_call(fd));
	EXPECT_TRUE(zs_asleep(pid));
	kill(pid, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, zs_wait(pid));
	mock_set('a', "hold", 0);
	EXPECT_EQ(0, caller_wait(&c));
	EXPECT_EQ(1, mock_creates('a'));
	close(fd);
}

/* Any other signal leaves it waiting: the call is not one that may be interrupted. */
TEST_F(create, waiter_gets_a_signal)
{
	struct caller c;
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	int pid;

	mock_set('a', "hold", 1);
	alarms_begin(0);
	caller_start(&c, fd, mock_first_call);
	ASSERT_EQ(0, wait_creates(1));
	pid = fork();
	if (!pid)
		_exit(mock_first_call(fd) || alarms != 1);
	EXPECT_TRUE(zs_asleep(pid));
	kill(pid, SIGALRM);
	zs_sleep_ms(50);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	mock_set('a', "hold", 0);
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_EQ(0, caller_wait(&c));
	EXPECT_EQ(1, mock_creates('a'));
	close(fd);
}

/* Nobody is left who waits for it. */
TEST_F(create, maker_is_killed)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	int pid;

	mock_set('a', "hold", 1);
	mock_set('a', "interruptible", 1);
	pid = fork();
	if (!pid)
		_exit(mock_first_call(fd));
	ASSERT_EQ(0, wait_creates(1));
	kill(pid, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, zs_wait(pid));
	EXPECT_FALSE(zs_dispatched(fd));
	mock_set('a', "hold", 0);
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
}

TEST_HARNESS_MAIN
