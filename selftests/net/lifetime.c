// SPDX-License-Identifier: GPL-2.0
/*
 * Who holds a socket and for how long: fork, dup, passing, threads, close and shutdown under a
 * call in progress, first calls that race, descriptors that run out.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <netinet/tcp.h>

#include "kselftest_harness.h"
#include "zs.h"

ZS_FIXTURE(life);

/* The child's first call on the inherited descriptor dispatches for both. */
TEST_F(life, fork_shares)
{
	union zs_addr srv;
	char buf[8];
	int l, c, s, pid;

	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	pid = fork();
	if (!pid)
		_exit(connect(c, &srv.sa, zs_len(variant->family)) ? 1 : 0);
	ASSERT_EQ(0, zs_wait(pid));
	s = accept(l, NULL, NULL);
	ASSERT_EQ(2, send(c, "hi", 2, 0));
	EXPECT_EQ(2, recv(s, buf, 8, 0));
	/* Accepted here, used and closed there, and still open here. */
	pid = fork();
	if (!pid) {
		if (send(s, "yo", 2, 0) != 2)
			_exit(1);
		close(s);
		_exit(0);
	}
	ASSERT_EQ(0, zs_wait(pid));
	EXPECT_EQ(2, recv(c, buf, 8, 0));
	EXPECT_EQ(-1, recv(c, buf, 8, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, close(s));
	EXPECT_EQ(0, recv(c, buf, 8, 0));
}

TEST_F(life, dup_keeps_open)
{
	union zs_addr srv;
	char buf[8];
	int l, c, d, s;

	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	d = dup(c);
	ASSERT_EQ(0, close(c));
	ASSERT_EQ(0, connect(d, &srv.sa, zs_len(variant->family)));
	s = accept(l, NULL, NULL);
	c = dup(d);
	EXPECT_EQ(zs_inode(c), zs_inode(d));
	ASSERT_EQ(0, close(d));
	EXPECT_EQ(1, send(c, "x", 1, 0));
	EXPECT_EQ(1, recv(s, buf, 8, 0));
	ASSERT_EQ(0, close(c));
	EXPECT_EQ(0, recv(s, buf, 8, 0));
}

/* Passed over a Unix socket fresh, connected, and while in flight closed by the sender. */
TEST_F(life, scm_rights)
{
	union zs_addr srv;
	int l, c, s, got, un[2];
	char buf[8];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, un));
	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_send_fd(un[0], c));
	ASSERT_EQ(0, close(c));
	got = zs_recv_fd(un[1]);
	ASSERT_GE(got, 0);
	ASSERT_EQ(0, connect(got, &srv.sa, zs_len(variant->family)));
	s = accept(l, NULL, NULL);
	ASSERT_EQ(0, zs_send_fd(un[0], s));
	ASSERT_EQ(0, close(s));
	EXPECT_EQ(1, send(got, "x", 1, 0));
	s = zs_recv_fd(un[1]);
	ASSERT_GE(s, 0);
	EXPECT_EQ(1, recv(s, buf, 8, 0));
	/* Left in flight when the Unix sockets go. */
	ASSERT_EQ(0, zs_send_fd(un[0], s));
	close(s);
	close(un[0]);
	close(un[1]);
	/* What is lost in flight is closed, by a worker: the peer sees the end. */
	EXPECT_EQ(POLLIN, zs_poll(got, POLLIN, 10000));
	EXPECT_LE(recv(got, buf, 8, 0), 0);
}

/* A call that sits and waits in a thread of its own. */
struct waiter {
	pthread_t thread;
	int (*call)(int fd);
	int fd;
	int ret;
	int err;
	atomic_int tid;
	atomic_bool done;
};

static void *wait_in_call(void *arg)
{
	struct waiter *w = arg;

	atomic_store(&w->tid, gettid());
	w->ret = w->call(w->fd);
	w->err = errno;
	atomic_store(&w->done, true);
	return NULL;
}

static void no_op(int sig __attribute__((unused)))
{
}

/* The thread is in the call and sleeps there, twice in a row; or it is done already. */
static bool asleep(struct waiter *w)
{
	char path[64], state = 0;
	FILE *f;
	int i;

	for (i = 0; i < 2 && !atomic_load(&w->done); i++) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", atomic_load(&w->tid));
		f = fopen(path, "re");
		if (!f)
			return false;
		if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(f);
		if (state != 'S')
			return false;
		zs_sleep_ms(5);
	}
	return true;
}

static void start(struct __test_metadata *_metadata, struct waiter *w, int (*call)(int), int fd)
{
	struct sigaction sa = { .sa_handler = no_op };

	sigaction(SIGUSR1, &sa, NULL);
	*w = (struct waiter){ .call = call, .fd = fd };
	ASSERT_EQ(0, pthread_create(&w->thread, NULL, wait_in_call, w));
	while (!asleep(w))
		zs_sleep_ms(2);
	ASSERT_FALSE(atomic_load(&w->done));
}

/* The call's end, helped by a signal where it may wait for ever, as with AF_INET. */
static void finish(struct __test_metadata *_metadata, struct waiter *w, bool interrupt)
{
	int i;

	for (i = 0; i < 2000 && !atomic_load(&w->done); i++) {
		if (interrupt)
			pthread_kill(w->thread, SIGUSR1);
		zs_sleep_ms(10);
	}
	ASSERT_TRUE(atomic_load(&w->done));
	pthread_join(w->thread, NULL);
}

static int do_recv(int fd)
{
	char buf[8];

	return recv(fd, buf, sizeof(buf), 0);
}

static int do_accept(int fd)
{
	return accept(fd, NULL, NULL);
}

static int do_poll(int fd)
{
	return zs_poll(fd, POLLIN, 20000);
}

static int do_send_all(int fd)
{
	static char buf[65536];
	int n;

	while ((n = send(fd, buf, sizeof(buf), 0)) > 0)
		;
	return n;
}

TEST_F(life, shutdown_wakes_reader)
{
	struct waiter w;
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	start(_metadata, &w, do_recv, fd[0]);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_RD));
	finish(_metadata, &w, false);
	EXPECT_EQ(0, w.ret);
}

TEST_F(life, shutdown_wakes_writer)
{
	struct waiter w;
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	start(_metadata, &w, do_send_all, fd[0]);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	finish(_metadata, &w, false);
	EXPECT_EQ(-1, w.ret);
	EXPECT_EQ(EPIPE, w.err);
}

TEST_F(life, shutdown_wakes_accept)
{
	struct waiter w;
	union zs_addr srv;
	int l = zs_listener(variant->domain, variant->family, &srv);

	start(_metadata, &w, do_accept, l);
	ASSERT_EQ(0, shutdown(l, SHUT_RDWR));
	finish(_metadata, &w, false);
	EXPECT_EQ(-1, w.ret);
	EXPECT_EQ(EINVAL, w.err);
}

TEST_F(life, shutdown_wakes_poll)
{
	struct waiter w;
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	start(_metadata, &w, do_poll, fd[0]);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_RD));
	finish(_metadata, &w, false);
	EXPECT_EQ(POLLIN, w.ret);
}

TEST_F(life, shutdown_wakes_datagram_reader)
{
	struct waiter w;
	int fd[2];

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	start(_metadata, &w, do_recv, fd[0]);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_RD));
	finish(_metadata, &w, false);
	EXPECT_EQ(0, w.ret);
}

TEST_F(life, poll_sees_connection)
{
	struct waiter w;
	union zs_addr srv;
	int l = zs_listener(variant->domain, variant->family, &srv);

	start(_metadata, &w, do_poll, l);
	ASSERT_GE(zs_tcp_connect(variant->domain, &srv), 0);
	finish(_metadata, &w, false);
	EXPECT_EQ(POLLIN, w.ret);
}

/* A poll that began on a fresh socket sees what comes in after dispatch. */
TEST_F(life, poll_before_dispatch)
{
	struct waiter w;
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, variant->family, 0);
	int fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	int c = zs_socket(variant->domain, SOCK_DGRAM, 0);

	start(_metadata, &w, do_poll, fd);
	ASSERT_EQ(0, bind(fd, &addr.sa, len));
	ASSERT_EQ(0, getsockname(fd, &addr.sa, &len));
	ASSERT_EQ(1, sendto(c, "x", 1, 0, &addr.sa, len));
	finish(_metadata, &w, false);
	EXPECT_EQ(POLLIN, w.ret);
}

/* close() under a call in progress ends neither: the call holds the file. */
TEST_F(life, close_under_recv)
{
	struct waiter w;
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	start(_metadata, &w, do_recv, fd[0]);
	ASSERT_EQ(0, close(fd[0]));
	ASSERT_EQ(3, send(fd[1], "end", 3, 0));
	finish(_metadata, &w, false);
	EXPECT_EQ(3, w.ret);
	/* Now it is gone. */
	EXPECT_EQ(POLLIN, zs_poll(fd[1], POLLIN, 5000));
}

TEST_F(life, close_under_accept)
{
	struct waiter w;
	union zs_addr srv;
	int l = zs_listener(variant->domain, variant->family, &srv);

	start(_metadata, &w, do_accept, l);
	ASSERT_EQ(0, close(l));
	ASSERT_GE(zs_tcp_connect(variant->domain, &srv), 0);
	finish(_metadata, &w, false);
	EXPECT_GE(w.ret, 0);
}

TEST_F(life, close_under_poll)
{
	struct waiter w;
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	start(_metadata, &w, do_poll, fd[0]);
	ASSERT_EQ(0, close(fd[0]));
	ASSERT_EQ(1, send(fd[1], "x", 1, 0));
	finish(_metadata, &w, false);
	/* Woken, poll looks the descriptor up again. */
	EXPECT_EQ(POLLNVAL, w.ret);
}

TEST_F(life, close_under_first_recv)
{
	struct waiter w;
	int fd = zs_socket(variant->domain, SOCK_DGRAM, 0);

	start(_metadata, &w, do_recv, fd);
	ASSERT_EQ(0, close(fd));
	finish(_metadata, &w, true);
	EXPECT_EQ(-1, w.ret);
	EXPECT_EQ(EINTR, w.err);
}

static union zs_addr blackhole;

static int do_connect(int fd)
{
	return connect(fd, &blackhole.sa, zs_len(blackhole.sa.sa_family));
}

/*
 * A connect that cannot finish: the accept queue of a listener with backlog 0 is full, so the
 * third connection's SYN is dropped.
 */
static int full_listener(int domain, int family)
{
	socklen_t len = zs_loopback(&blackhole, family, 0);
	int l = zs_socket(domain, SOCK_STREAM, 0), i;

	if (bind(l, &blackhole.sa, len) || listen(l, 0) || getsockname(l, &blackhole.sa, &len))
		return -1;
	for (i = 0; i < 2; i++) {
		int c = zs_socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0);

		connect(c, &blackhole.sa, len);
		zs_poll(c, POLLOUT, 100);
	}
	return l;
}

TEST_F(life, close_under_connect)
{
	struct waiter w;
	int fd;

	ASSERT_GE(full_listener(variant->domain, variant->family), 0);
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	start(_metadata, &w, do_connect, fd);
	ASSERT_EQ(0, close(fd));
	finish(_metadata, &w, true);
	EXPECT_EQ(-1, w.ret);
	EXPECT_EQ(EINTR, w.err);
}

/* Takes the connect down; kernels differ in what it says then. */
TEST_F(life, shutdown_under_connect)
{
	struct waiter w, ref;
	int fd, inet;

	ASSERT_GE(full_listener(variant->domain, variant->family), 0);
	inet = socket(variant->family, SOCK_STREAM, 0);
	start(_metadata, &ref, do_connect, inet);
	ASSERT_EQ(0, shutdown(inet, SHUT_RDWR));
	finish(_metadata, &ref, false);
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	start(_metadata, &w, do_connect, fd);
	ASSERT_EQ(0, shutdown(fd, SHUT_RDWR));
	finish(_metadata, &w, false);
	EXPECT_EQ(-1, w.ret);
	EXPECT_EQ(ref.err, w.err);
}

/* While one thread sits in connect(), others are served: options, names, poll. */
TEST_F(life, calls_beside_connect)
{
	struct waiter w;
	union zs_addr name;
	socklen_t len = sizeof(name);
	int fd;

	ASSERT_GE(full_listener(variant->domain, variant->family), 0);
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	start(_metadata, &w, do_connect, fd);
	EXPECT_EQ(0, zs_setint(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	EXPECT_EQ(1, zs_getint(fd, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(0, getsockname(fd, &name.sa, &len));
	EXPECT_EQ(0, zs_poll(fd, POLLOUT, 0));
	EXPECT_EQ(-1, listen(fd, 1));
	EXPECT_EQ(EINVAL, errno);
	finish(_metadata, &w, true);
	EXPECT_EQ(EINTR, w.err);
}

/* Many threads make a call at the same instant on a socket that has no inner socket yet. */
#define RACERS 6

struct race {
	pthread_barrier_t start;
	union zs_addr to;
	int family;
	int fd;
	atomic_int bad;
	atomic_int port;
};

static void race_name(struct race *r)
{
	union zs_addr name;
	socklen_t len = sizeof(name);

	if (getsockname(r->fd, &name.sa, &len))
		atomic_fetch_add(&r->bad, 1);
}

static void *racer(void *arg)
{
	struct { struct race *r; int id; } *a = arg;
	struct race *r = a->r;
	char buf[4];

	pthread_barrier_wait(&r->start);
	switch (a->id % 6) {
	case 0:
		if (connect(r->fd, &r->to.sa, zs_len(r->family)))
			atomic_fetch_add(&r->bad, 1);
		break;
	case 1:
		race_name(r);
		break;
	case 2:
		if (zs_setint(r->fd, SOL_SOCKET, SO_PRIORITY, 3))
			atomic_fetch_add(&r->bad, 1);
		break;
	case 3:
		if (zs_setint(r->fd, SOL_SOCKET, SO_SNDBUF, 30000))
			atomic_fetch_add(&r->bad, 1);
		break;
	case 4:
		/* Refused, answered with EAGAIN or with data: never anything else. */
		if (recv(r->fd, buf, sizeof(buf), MSG_DONTWAIT) < 0 &&
		    errno != EAGAIN && errno != ENOTCONN)
			atomic_fetch_add(&r->bad, 1);
		break;
	case 5:
		zs_poll(r->fd, POLLIN | POLLOUT, 0);
		break;
	}
	return NULL;
}

static void first_calls_race(struct __test_metadata *_metadata, int domain, int family, int type)
{
	struct race r = { .family = family };
	struct { struct race *r; int id; } arg[RACERS];
	pthread_t thread[RACERS];
	int round, i, l;

	l = type == SOCK_STREAM ? zs_listener(domain, family, &r.to) :
				  zs_udp_bound(domain, family, &r.to);
	ASSERT_GE(l, 0);
	pthread_barrier_init(&r.start, NULL, RACERS);
	for (round = 0; round < 40; round++) {
		r.fd = zs_socket(domain, type, 0);
		ASSERT_GE(r.fd, 0);
		for (i = 0; i < RACERS; i++) {
			arg[i].r = &r;
			arg[i].id = i + round;
			ASSERT_EQ(0, pthread_create(&thread[i], NULL, racer, &arg[i]));
		}
		for (i = 0; i < RACERS; i++)
			pthread_join(thread[i], NULL);
		EXPECT_EQ(0, atomic_load(&r.bad));
		/* Whoever won, the options are set and the socket is connected. */
		EXPECT_EQ(3, zs_getint(r.fd, SOL_SOCKET, SO_PRIORITY));
		EXPECT_EQ(60000, zs_getint(r.fd, SOL_SOCKET, SO_SNDBUF));
		EXPECT_EQ(1, send(r.fd, "x", 1, 0));
		close(r.fd);
		if (type == SOCK_STREAM) {
			i = accept(l, NULL, NULL);
			EXPECT_GE(i, 0);
			close(i);
		}
	}
}

TEST_F(life, first_calls_race_stream)
{
	/* With domain 0, a getsockname that wins makes the socket dual-stack: all fine. */
	first_calls_race(_metadata, variant->domain, variant->family, SOCK_STREAM);
}

TEST_F(life, first_calls_race_datagram)
{
	first_calls_race(_metadata, variant->domain, variant->family, SOCK_DGRAM);
}

static void *dispatcher(void *arg)
{
	struct race *r = arg;

	pthread_barrier_wait(&r->start);
	if (bind(r->fd, &r->to.sa, zs_len(r->family)))
		atomic_fetch_add(&r->bad, 1);
	return NULL;
}

/* An option set while dispatch runs is neither lost nor half there. */
TEST_F(life, setsockopt_races_dispatch)
{
	struct race r = { .family = variant->family };
	struct linger lin, set;
	socklen_t len = sizeof(lin);
	pthread_t thread;
	int round;

	zs_loopback(&r.to, variant->family, 0);
	pthread_barrier_init(&r.start, NULL, 2);
	for (round = 0; round < 60; round++) {
		r.fd = zs_socket(variant->domain, SOCK_STREAM, 0);
		ASSERT_EQ(0, pthread_create(&thread, NULL, dispatcher, &r));
		pthread_barrier_wait(&r.start);
		set = (struct linger){ 1, round + 1 };
		EXPECT_EQ(0, setsockopt(r.fd, SOL_SOCKET, SO_LINGER, &set, sizeof(set)));
		EXPECT_EQ(0, zs_setint(r.fd, SOL_SOCKET, SO_KEEPALIVE, 1));
		EXPECT_EQ(0, zs_setint(r.fd, SOL_SOCKET, SO_OOBINLINE, 1));
		pthread_join(thread, NULL);
		EXPECT_EQ(0, getsockopt(r.fd, SOL_SOCKET, SO_LINGER, &lin, &len));
		EXPECT_EQ(round + 1, lin.l_linger);
		EXPECT_EQ(1, lin.l_onoff);
		EXPECT_EQ(1, zs_getint(r.fd, SOL_SOCKET, SO_KEEPALIVE));
		EXPECT_EQ(1, zs_getint(r.fd, SOL_SOCKET, SO_OOBINLINE));
		close(r.fd);
	}
	EXPECT_EQ(0, atomic_load(&r.bad));
}

static void *closer(void *arg)
{
	struct race *r = arg;

	pthread_barrier_wait(&r->start);
	close(r->fd);
	return NULL;
}

TEST_F(life, close_races_dispatch)
{
	struct race r = { .family = variant->family };
	pthread_t thread;
	int round;

	zs_loopback(&r.to, variant->family, 0);
	pthread_barrier_init(&r.start, NULL, 2);
	for (round = 0; round < 60; round++) {
		r.fd = zs_socket(variant->domain, SOCK_STREAM, 0);
		ASSERT_EQ(0, pthread_create(&thread, NULL, closer, &r));
		pthread_barrier_wait(&r.start);
		/* Done or EBADF; the kernel's checks are what this is for. */
		if (bind(r.fd, &r.to.sa, zs_len(r.family)))
			EXPECT_EQ(EBADF, errno);
		pthread_join(thread, NULL);
	}
}

TEST_F(life, accept_without_descriptors)
{
	struct rlimit lim, none;
	union zs_addr srv;
	int l, c, s;

	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &lim));
	none = (struct rlimit){ 0, lim.rlim_max };
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-1, accept(l, NULL, NULL));
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(-1, zs_socket(variant->domain, SOCK_STREAM, 0));
	EXPECT_EQ(EMFILE, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &lim));
	/* The connection was not lost. (AF_SMC's may be there later than connect() returns.) */
	EXPECT_EQ(POLLIN, zs_poll(l, POLLIN, 5000));
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(1, send(c, "x", 1, 0));
	EXPECT_EQ(POLLIN, zs_poll(s, POLLIN, 5000));
}

/* A bad address pointer costs the connection's descriptor, as with AF_INET, and no more. */
TEST_F(life, accept_with_bad_pointer)
{
	union zs_addr srv;
	socklen_t len = sizeof(srv);
	int l;

	l = zs_listener(variant->domain, variant->family, &srv);
	ASSERT_GE(zs_tcp_connect(variant->domain, &srv), 0);
	EXPECT_EQ(-1, accept(l, (void *)1, &len));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, zs_poll(l, POLLIN, 0));
	ASSERT_GE(zs_tcp_connect(variant->domain, &srv), 0);
	EXPECT_GE(accept(l, NULL, NULL), 0);
}

TEST_F(life, accept_after_peer_reset)
{
	struct linger lin = { 1, 0 };
	union zs_addr srv, name, peer;
	socklen_t len = sizeof(name);
	char buf[4];
	int l, c, s;

	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_EQ(0, getsockname(c, &name.sa, &len));
	ASSERT_EQ(0, setsockopt(c, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin)));
	ASSERT_EQ(0, close(c));
	/* Where that is told by somebody else it has time to come. */
	zs_sleep_ms(50);
	/* Who it was is known all the same. */
	len = sizeof(peer);
	s = accept(l, &peer.sa, &len);
	ASSERT_GE(s, 0);
	EXPECT_TRUE(zs_same(&name, &peer));
	EXPECT_EQ(-1, recv(s, buf, 4, 0));
	EXPECT_EQ(ECONNRESET, errno);
}

TEST_F(life, listener_closed_with_pending)
{
	union zs_addr srv;
	char buf[4];
	int l, c;

	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	ASSERT_EQ(0, close(l));
	EXPECT_EQ(-1, recv(c, buf, 4, 0));
	EXPECT_EQ(ECONNRESET, errno);
}

/* Ten thousand, by somebody who is not root: no limit of the module's own, nothing left. */
TEST_F_TIMEOUT(life, ten_thousand_unprivileged, 120)
{
	struct rlimit lim = { 10100, 10100 };
	static int fds[10000];
	union zs_addr any;
	int i;

	if (variant->domain != AF_INET)
		SKIP(return, "once is enough");
	if (setrlimit(RLIMIT_NOFILE, &lim))
		SKIP(return, "cannot raise RLIMIT_NOFILE");
	if (!geteuid())
		ASSERT_EQ(0, zs_drop_root());
	for (i = 0; i < 10000; i++) {
		fds[i] = zs_socket(variant->domain, i & 1 ? SOCK_STREAM : SOCK_DGRAM, 0);
		ASSERT_GE(fds[i], 0);
		/* Every seventh is dispatched. */
		if (i % 7 == 0)
			ASSERT_EQ(0, bind(fds[i], &any.sa, zs_any(&any, AF_INET, 0)));
	}
	if (zs_is_zsock())
		EXPECT_EQ(10001, zs_count_lines("/proc/net/zsock"));
	for (i = 0; i < 10000; i++)
		close(fds[i]);
	/* A socket is gone when close() has returned. */
	if (zs_is_zsock())
		EXPECT_EQ(1, zs_count_lines("/proc/net/zsock"));
}

TEST_HARNESS_MAIN
