// SPDX-License-Identifier: GPL-2.0
/*
 * The other side of a pipe breaks the rules, falls silent, hangs up in the middle, or dies:
 * the pipe is dropped, every socket on it says so at once, and nobody hangs.
 */
#include <endian.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "far.h"
#include "genl.h"
#include "zs.h"

#define NAME	"far0"
/*
 * ms: within that, on a slow machine, is at once; a pipe that says nothing is given up after 10 s,
 * or 15.
 */
#define SOON	9000

/* ---- hello ---- */

struct first {
	struct zoff_hdr hdr;
	struct zoff_hello hello;
};

static void good(struct first *f)
{
	far_header(&f->hdr, sizeof(f->hello), ZOFF_HELLO, 0, 0);
	far_hello(&f->hello);
}

static void bad_magic(struct first *f) { f->hello.magic[7] = 'F'; }
static void bad_version(struct first *f) { f->hello.version = 0; }
static void bad_reserved(struct first *f) { f->hello.reserved = htole32(1); }
static void bad_small(struct first *f) { f->hello.window = htole32(ZOFF_WINDOW_MIN - 1); }
static void bad_large(struct first *f) { f->hello.window = htole32(ZOFF_WINDOW_MAX + 1); }
static void bad_silence(struct first *f) { f->hello.silence = htole32(999); }
static void bad_long(struct first *f) { f->hello.silence = htole32(600001); }
static void bad_name(struct first *f) { f->hello.name[1] = '\n'; }
static void bad_padding(struct first *f) { f->hello.name[31] = 'x'; }
static void bad_features(struct first *f) { f->hello.features = htole32(ZOFF_F_INET6); }
static void bad_length(struct first *f) { f->hdr.length = htole32(sizeof(f->hello) - 1); }
static void bad_longer(struct first *f) { f->hdr.length = htole32(ZOFF_LENGTH_MAX + 1); }
static void bad_flags(struct first *f) { f->hdr.flags = htole16(1); }
static void bad_sock(struct first *f) { f->hdr.sock = htole32(1); }
static void bad_seq(struct first *f) { f->hdr.seq = htole32(1); }
static void bad_type(struct first *f) { f->hdr.type = htole16(ZOFF_PING); }
static void bad_data(struct first *f) { f->hdr.type = htole16(ZOFF_DATA); }
static void newer(struct first *f) { f->hello.version = htole32(7); f->hello.features |= htole32(1u << 30); }

FIXTURE(hello) { };
FIXTURE_SETUP(hello) { ASSERT_EQ(0, zs_new_netns()); }
FIXTURE_TEARDOWN(hello) { }

TEST_F(hello, wrong)
{
	static void (* const wrong[])(struct first *) = {
		bad_magic, bad_version, bad_reserved, bad_small, bad_large, bad_silence,
		bad_long, bad_name, bad_padding, bad_features, bad_length, bad_longer,
		bad_flags, bad_sock, bad_seq, bad_type, bad_data,
	};
	struct first f;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		good(&f);
		wrong[i](&f);
		EXPECT_EQ(EPROTO, far_add_with(NAME, "modem0", &f, sizeof(f), &fd))
			TH_LOG("number %zu", i);
		EXPECT_EQ(0, far_state(NAME));
		EXPECT_EQ(0, if_nametoindex("modem0"));
	}
	good(&f);
	newer(&f);
	EXPECT_EQ(0, far_add_with(NAME, NULL, &f, sizeof(f), &fd));
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
	EXPECT_EQ(EEXIST, far_add_with(NAME, NULL, &f, sizeof(f), &fd));
	EXPECT_EQ(0, far_del(NAME, false));
}

/* Cut after every byte of it. */
TEST_F(hello, cut)
{
	struct first f;
	int sv[2], err;
	size_t n;

	good(&f);
	for (n = 0; n < sizeof(f); n += n < 16 ? 1 : 9) {
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
		far_say_raw(sv[0], &f, n);
		shutdown(sv[0], SHUT_WR);
		err = far_give(ZSOCK_CMD_BACKEND_ADD, NAME, NULL, sv[1]);
		EXPECT_TRUE(err == ECONNRESET || err == EPROTO) TH_LOG("%zu bytes: %d", n, err);
		EXPECT_EQ(0, far_state(NAME));
		close(sv[0]);
		close(sv[1]);
	}
}

TEST_F_TIMEOUT(hello, silent, 60)
{
	long long began = zs_now_ms();
	int fd;

	EXPECT_EQ(ETIMEDOUT, far_add_with(NAME, NULL, NULL, 0, &fd));
	EXPECT_GE(zs_now_ms() - began, 9500);
	EXPECT_LE(zs_now_ms() - began, 25000);
	EXPECT_EQ(0, far_state(NAME));
}

TEST_F(hello, no_pipe)
{
	int sv[2], fd;

	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	EXPECT_EQ(ENOTCONN, far_give(ZSOCK_CMD_BACKEND_ADD, NAME, NULL, fd));
	EXPECT_EQ(EBADF, far_give(ZSOCK_CMD_BACKEND_ADD, NAME, NULL, 999));
	EXPECT_EQ(ENOTSOCK, far_give(ZSOCK_CMD_BACKEND_ADD, NAME, NULL, 0));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	EXPECT_EQ(EINVAL, far_give(ZSOCK_CMD_BACKEND_ADD, NAME, NULL, sv[0]));
	EXPECT_EQ(ENOENT, far_give(ZSOCK_CMD_BACKEND_PIPE, NAME, NULL, fd));
	EXPECT_EQ(ENOENT, far_del(NAME, true));
	EXPECT_EQ(EPERM, far_del("native", true));
}

/* How many backends can be added until it is refused; -1 where that is for another reason. */
static int add_many(void)
{
	char name[16];
	int n, fd, err = 0;

	for (n = 0; !err && n < 200; n++) {
		snprintf(name, sizeof(name), "b%d", n);
		err = far_add(name, &fd);
	}
	return err == EDQUOT ? n - 1 : -1;
}

static bool be_root_alone(void)
{
	return !unshare(CLONE_NEWUSER | CLONE_NEWNET) && !genl_open();
}

/* An ordinary user has the system's threads for no more of them, in all of his namespaces. */
static int as_a_user(void)
{
	int fd, pid, go[2];

	if (zs_drop_root() || pipe(go))
		return 253;
	pid = fork();
	if (!pid) {
		char c;

		if (read(go[0], &c, 1) != 1 || !be_root_alone())
			_exit(1);
		_exit(far_add(NAME, &fd) != EDQUOT);
	}
	if (!be_root_alone())
		return 253;
	if (add_many() != 64)
		return 1;
	if (write(go[1], "", 1) != 1 || zs_wait(pid))
		return 2;
	if (far_del("b7", true) || far_add(NAME, &fd))
		return 3;
	return far_add("more", &fd) == EDQUOT ? 0 : 4;
}

TEST_F_TIMEOUT(hello, a_users, 60)
{
	struct first f;
	int pid, fd, ret;

	pid = fork();
	if (!pid)
		_exit(as_a_user());
	ret = zs_wait(pid);
	if (ret == 253)
		SKIP(return, "no user namespaces for the unprivileged here");
	EXPECT_EQ(0, ret);
	/* It is no matter of an administrator's. */
	good(&f);
	for (ret = 0; ret < 70; ret++) {
		char name[16];

		snprintf(name, sizeof(name), "b%d", ret);
		ASSERT_EQ(0, far_add_with(name, NULL, &f, sizeof(f), &fd)) TH_LOG("%d", ret);
	}
}

/* ---- a backend with sockets in every state ---- */

FIXTURE(pipe)
{
	int far;		/* the other side's end */
	int stream, listener, dgram, connecting;
	uint32_t stream_id, listener_id, dgram_id, connecting_id, connecting_seq;
};

/* Answer what the call of a child needs; the number of the socket. */
static uint32_t answer(int far, int type)
{
	static struct far_msg m;

	do {
		if (far_get(far, &m, SOON) != 1)
			return 0;
		if (m.type != type || type != ZOFF_CONNECT)
			far_serve_one(far, &m);
	} while (m.type != type);
	if (type == ZOFF_CONNECT)
		far_reply_name(far, &m);
	return m.sock;
}

/* A blocking call, by a child that shares the descriptor. */
static int in_child(int (*call)(int), int fd)
{
	int pid = fork();

	if (!pid)
		_exit(call(fd) ? errno : 0);
	return pid;
}

static int do_connect(int fd)
{
	union zs_addr to;

	return connect(fd, &to.sa, zs_loopback(&to, AF_INET, 80));
}

static int do_listen(int fd) { return listen(fd, 4); }

static int do_bind(int fd)
{
	union zs_addr to;

	return bind(fd, &to.sa, zs_loopback(&to, AF_INET, 0));
}

/* A stream that is connected. */
static int connected(int far, uint32_t *id)
{
	int fd = far_socket(NAME, SOCK_STREAM);

	zs_nonblock(fd, true);
	if (fd < 0 || !do_connect(fd) || errno != EINPROGRESS)
		return -1;
	*id = answer(far, ZOFF_CONNECT);
	if (zs_poll(fd, POLLOUT, SOON) != POLLOUT || do_connect(fd))
		return -1;
	return fd;
}

static int all_kinds(FIXTURE_DATA(pipe) *self)
{
	static struct far_msg m;
	int pid;

	self->stream = connected(self->far, &self->stream_id);
	self->listener = far_socket(NAME, SOCK_STREAM);
	pid = in_child(do_listen, self->listener);
	do {
		if (far_get(self->far, &m, SOON) != 1)
			return -1;
		if (m.type != ZOFF_LISTEN)
			far_serve_one(self->far, &m);
	} while (m.type != ZOFF_LISTEN);
	self->listener_id = m.sock;
	far_reply_name(self->far, &m);
	if (zs_wait(pid))
		return -1;
	zs_nonblock(self->listener, true);
	self->dgram = far_socket(NAME, SOCK_DGRAM);
	pid = in_child(do_bind, self->dgram);
	self->dgram_id = answer(self->far, ZOFF_BIND);
	if (zs_wait(pid))
		return -1;
	zs_nonblock(self->dgram, true);
	self->connecting = far_socket(NAME, SOCK_STREAM);
	zs_nonblock(self->connecting, true);
	if (!do_connect(self->connecting) || errno != EINPROGRESS)
		return -1;
	do {
		if (far_get(self->far, &m, SOON) != 1)
			return -1;
		if (m.type != ZOFF_CONNECT)
			far_serve_one(self->far, &m);
	} while (m.type != ZOFF_CONNECT);
	self->connecting_id = m.sock;
	self->connecting_seq = m.seq;
	return self->stream < 0 ? -1 : 0;
}

FIXTURE_SETUP(pipe)
{
	ASSERT_EQ(0, zs_new_netns());
	ASSERT_EQ(0, far_add(NAME, &self->far));
	ASSERT_EQ(0, all_kinds(self));
}

static void close_all(FIXTURE_DATA(pipe) *self)
{
	close(self->stream);
	close(self->listener);
	close(self->dgram);
	close(self->connecting);
}

FIXTURE_TEARDOWN(pipe)
{
	close_all(self);
	close(self->far);
	far_del(NAME, true);
	EXPECT_EQ(0, far_state(NAME));
}

static int error_of(int fd) { return zs_getint(fd, SOL_SOCKET, SO_ERROR); }

/* Every one of them was reset, and nothing new begins. */
static void all_reset(struct __test_metadata *_metadata, FIXTURE_DATA(pipe) *self)
{
	union zs_addr to;
	socklen_t len = zs_loopback(&to, AF_INET, 80);
	char c;
	int fd;

	EXPECT_TRUE(zs_poll(self->stream, POLLIN, SOON) > 0);
	EXPECT_EQ(-1, recv(self->stream, &c, 1, MSG_DONTWAIT));
	EXPECT_EQ(ECONNRESET, errno);
	EXPECT_EQ(0, recv(self->stream, &c, 1, MSG_DONTWAIT));
	EXPECT_EQ(-1, send(self->stream, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_TRUE(zs_poll(self->listener, POLLIN, SOON) > 0);
	EXPECT_EQ(-1, accept(self->listener, NULL, NULL));
	EXPECT_TRUE(errno == ECONNRESET || errno == EINVAL) TH_LOG("accept: %d", errno);
	EXPECT_TRUE(zs_poll(self->connecting, POLLOUT, SOON) > 0);
	EXPECT_EQ(ECONNRESET, error_of(self->connecting));
	EXPECT_TRUE(zs_poll(self->dgram, POLLIN, SOON) > 0);
	EXPECT_EQ(ECONNRESET, error_of(self->dgram));
	EXPECT_EQ(-1, sendto(self->dgram, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT, &to.sa, len));
	fd = far_socket(NAME, SOCK_STREAM);
	EXPECT_EQ(-1, do_connect(fd));
	EXPECT_EQ(ENETDOWN, errno);
	close(fd);
}

/* ---- messages that break the rules ---- */

/* What is said, about whom. */
enum who { NOBODY, STREAM, LISTENER, DGRAM, CONNECTING, UNKNOWN, SERVERS };

static const struct bad {
	const char *what;
	int type;
	enum who who;
	uint32_t seq;
	uint32_t len;
	unsigned char fill;	/* of the body */
} bad[] = {
	{ "type 0", 0, NOBODY, 0, 0, 0 },
	{ "a type that is not known", 4, NOBODY, 0, 0, 0 },
	{ "one behind the requests", 25, STREAM, 1, 0, 0 },
	{ "URGENT that was not agreed on", ZOFF_URGENT, STREAM, 0, sizeof(struct zoff_urgent), 0 },
	{ "one behind the server's", 37, STREAM, 0, 0, 0 },
	{ "one behind data", 51, STREAM, 0, 4, 0 },
	{ "the largest type", 65535, STREAM, 0, 4, 0 },
	{ "a client's OPEN", ZOFF_OPEN, UNKNOWN, 1, 8, 1 },
	{ "a client's CLOSE", ZOFF_CLOSE, STREAM, 1, 0, 0 },
	{ "a client's CONNECT", ZOFF_CONNECT, STREAM, 1, sizeof(struct zoff_addr), 0 },
	{ "hello twice", ZOFF_HELLO, NOBODY, 0, sizeof(struct zoff_hello), 0 },
	{ "PING without a number", ZOFF_PING, NOBODY, 0, 0, 0 },
	{ "PING with a body", ZOFF_PING, NOBODY, 1, 1, 0 },
	{ "PING about a socket", ZOFF_PING, STREAM, 1, 0, 0 },
	{ "PONG that nobody waits for", ZOFF_PONG, NOBODY, 1, 0, 0 },
	{ "DATA for no socket", ZOFF_DATA, UNKNOWN, 0, 1, 0 },
	{ "DATA for socket 0", ZOFF_DATA, NOBODY, 0, 1, 0 },
	{ "DATA for a socket not accepted", ZOFF_DATA, SERVERS, 0, 1, 0 },
	{ "DATA without data", ZOFF_DATA, STREAM, 0, 0, 0 },
	{ "DATA that is too long", ZOFF_DATA, STREAM, 0, ZOFF_DATA_MAX + 1, 7 },
	{ "DATA with a number", ZOFF_DATA, STREAM, 1, 1, 0 },
	{ "DATA for a listener", ZOFF_DATA, LISTENER, 0, 1, 0 },
	{ "DATA for one that connects", ZOFF_DATA, CONNECTING, 0, 1, 0 },
	{ "DATA for a datagram socket", ZOFF_DATA, DGRAM, 0, 1, 0 },
	{ "DGRAM for a stream", ZOFF_DGRAM, STREAM, 0, sizeof(struct zoff_addr), 0 },
	{ "DGRAM without an address", ZOFF_DGRAM, DGRAM, 0, sizeof(struct zoff_addr) - 1, 0 },
	{ "DGRAM with a bad address", ZOFF_DGRAM, DGRAM, 0, sizeof(struct zoff_addr) + 1, 9 },
	{ "DGRAM from nobody", ZOFF_DGRAM, DGRAM, 0, sizeof(struct zoff_addr) + 1, 0 },
	{ "DGRAM that is too long", ZOFF_DGRAM, DGRAM, 0,
	  sizeof(struct zoff_addr) + ZOFF_DATA_MAX + 1, 0 },
	{ "END with a body", ZOFF_END, STREAM, 0, 1, 0 },
	{ "END of a datagram socket", ZOFF_END, DGRAM, 0, 0, 0 },
	{ "END of a listener", ZOFF_END, LISTENER, 0, 0, 0 },
	{ "END of one that connects", ZOFF_END, CONNECTING, 0, 0, 0 },
	{ "ERROR without an errno", ZOFF_ERROR, STREAM, 0, 0, 0 },
	{ "ERROR that is longer", ZOFF_ERROR, STREAM, 0, 5, 1 },
	{ "CREDIT that is short", ZOFF_CREDIT, STREAM, 0, 3, 0 },
	{ "CREDIT that is too much", ZOFF_CREDIT, STREAM, 0, 4, 0xff },
	{ "CREDIT for a listener", ZOFF_CREDIT, LISTENER, 0, 4, 0 },
	{ "REPLY without a number", ZOFF_REPLY, STREAM, 0, 4, 0 },
	{ "REPLY that nobody waits for", ZOFF_REPLY, STREAM, 0x7fffffff, 4, 0 },
	{ "REPLY that is short", ZOFF_REPLY, STREAM, 1, 3, 0 },
	{ "REPLY to no socket", ZOFF_REPLY, NOBODY, 1, 4, 0 },
	{ "INCOMING for a stream", ZOFF_INCOMING, STREAM, 0, sizeof(struct zoff_incoming), 0 },
	{ "INCOMING that is short", ZOFF_INCOMING, LISTENER, 0,
	  sizeof(struct zoff_incoming) - 1, 0x80 },
	{ "INCOMING with a client's number", ZOFF_INCOMING, LISTENER, 0,
	  sizeof(struct zoff_incoming), 4 },
	{ "INCOMING with bad addresses", ZOFF_INCOMING, LISTENER, 0,
	  sizeof(struct zoff_incoming), 0x84 },
};

static void say_bad(FIXTURE_DATA(pipe) *self, const struct bad *b)
{
	static unsigned char body[ZOFF_LENGTH_MAX];
	const uint32_t socks[] = {
		[NOBODY] = 0, [STREAM] = self->stream_id, [LISTENER] = self->listener_id,
		[DGRAM] = self->dgram_id, [CONNECTING] = self->connecting_id,
		[UNKNOWN] = 0x7ffffff0, [SERVERS] = 0x80000123,
	};

	memset(body, b->fill, b->len);
	far_say(self->far, b->type, socks[b->who], b->seq, body, b->len);
}

TEST_F_TIMEOUT(pipe, rules, 180)
{
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		say_bad(self, &bad[i]);
		EXPECT_TRUE(far_hung_up(self->far, SOON)) TH_LOG("%s", bad[i].what);
		EXPECT_TRUE(far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, SOON));
		all_reset(_metadata, self);
		close_all(self);
		close(self->far);
		ASSERT_EQ(0, far_pipe(NAME, &self->far)) TH_LOG("after %s", bad[i].what);
		ASSERT_EQ(0, all_kinds(self)) TH_LOG("after %s", bad[i].what);
	}
}

/* Nothing comes behind a stream's end: no data, and not another end. */
TEST_F(pipe, behind_the_end)
{
	int i;

	for (i = 0; i < 2; i++) {
		far_say(self->far, ZOFF_END, self->stream_id, 0, NULL, 0);
		far_say(self->far, i ? ZOFF_END : ZOFF_DATA, self->stream_id, 0, "x", !i);
		EXPECT_TRUE(far_hung_up(self->far, SOON));
		EXPECT_TRUE(far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, SOON));
		close_all(self);
		close(self->far);
		ASSERT_EQ(0, far_pipe(NAME, &self->far));
		ASSERT_EQ(0, all_kinds(self));
	}
}

/* What the rules allow, however odd, leaves it up. */
TEST_F(pipe, odd_but_right)
{
	struct zoff_credit none = { 0 }, all = { .more = htole32(INT32_MAX - FAR_WINDOW) };
	struct zoff_reply odd = { .error = htole32(0xdeadbeef) };
	struct far_msg m;
	char buf[8];

	far_say(self->far, ZOFF_CREDIT, self->stream_id, 0, &none, sizeof(none));
	far_say(self->far, ZOFF_CREDIT, self->stream_id, 0, &all, sizeof(all));
	far_say(self->far, ZOFF_DATA, self->stream_id, 0, "12", 2);
	far_say(self->far, ZOFF_DATA, self->stream_id, 0, "3", 1);
	far_say(self->far, ZOFF_ERROR, self->dgram_id, 0, &odd, sizeof(odd));
	far_say(self->far, ZOFF_ERROR, self->connecting_id, 0, &odd, sizeof(odd));
	far_say(self->far, ZOFF_PING, 0, 77, NULL, 0);
	EXPECT_TRUE(far_get_type(self->far, &m, ZOFF_PONG));
	EXPECT_EQ(77, m.seq);
	EXPECT_EQ(3, recv(self->stream, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EIO, error_of(self->dgram));
	EXPECT_EQ(EIO, error_of(self->connecting));
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
}

/* More than it has credit for, in streams and in datagrams. */
TEST_F(pipe, flood)
{
	static char block[ZOFF_DATA_MAX];
	char c;
	int i;

	for (i = 0; i < 64; i++)
		far_say(self->far, ZOFF_DATA, self->stream_id, 0, block, sizeof(block));
	EXPECT_TRUE(far_hung_up(self->far, SOON));
	EXPECT_TRUE(far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, SOON));
	/* What came before it can be read, and then the reset. */
	EXPECT_EQ(1, recv(self->stream, &c, 1, MSG_DONTWAIT));
}

/* ---- the end of the pipe ---- */

static int do_recv(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) < 0 ? -1 : 0;
}

static int do_send(int fd)
{
	static char block[65536];

	for (;;)
		if (send(fd, block, sizeof(block), MSG_NOSIGNAL) < 0)
			return -1;
}

static int do_accept(int fd)
{
	int got = accept(fd, NULL, NULL);

	if (got < 0 && errno == EINVAL)
		errno = ECONNRESET;
	return got;
}

static int do_option(int fd)
{
	errno = 0;
	return zs_getint(fd, IPPROTO_TCP, TCP_NODELAY) < 0 ? -1 : 0;
}

static int do_poll(int fd)
{
	if (zs_poll(fd, POLLIN, -1) <= 0)
		return 0;
	errno = error_of(fd);
	return -1;
}

static int do_epoll(int fd)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0);

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) || epoll_wait(ep, &ev, 1, -1) != 1)
		return 0;
	errno = ev.events & (EPOLLERR | EPOLLHUP) ? ECONNRESET : 0;
	return -1;
}

/* Everybody who waits is woken, at once, whoever ended it. */
static void woken(struct __test_metadata *_metadata, FIXTURE_DATA(pipe) *self, void (*end)(int))
{
	static int (* const calls[])(int) = {
		do_recv, do_send, do_poll, do_epoll, do_option,
	};
	const size_t n = sizeof(calls) / sizeof(calls[0]);
	int pids[16], fds[16], extra, far = self->far, status;
	uint32_t id;
	size_t i;
	long long began;

	for (i = 0; i < n; i++) {
		fds[i] = connected(far, &id);
		ASSERT_GE(fds[i], 0);
		zs_nonblock(fds[i], false);
		pids[i] = in_child(calls[i], fds[i]);
	}
	zs_nonblock(self->listener, false);
	pids[i++] = in_child(do_accept, self->listener);
	extra = far_socket(NAME, SOCK_STREAM);
	pids[i++] = in_child(do_connect, extra);
	for (i = 0; i < n + 2; i++)
		EXPECT_TRUE(zs_asleep(pids[i])) TH_LOG("call %zu", i);
	began = zs_now_ms();
	end(far);
	while (i--) {
		status = zs_wait(pids[i]);
		EXPECT_EQ(ECONNRESET, status) TH_LOG("call %zu", i);
	}
	EXPECT_LE(zs_now_ms() - began, SOON);
	all_reset(_metadata, self);
	for (i = 0; i < n; i++)
		close(fds[i]);
	close(extra);
}

static void by_closing(int fd)
{
	shutdown(fd, SHUT_RDWR);
}

static void by_lying(int fd)
{
	far_say(fd, 999, 0, 0, NULL, 0);
}

static void by_half(int fd)
{
	struct zoff_hdr hdr;

	far_header(&hdr, 4, ZOFF_CREDIT, 1, 0);
	far_say_raw(fd, &hdr, 9);
	shutdown(fd, SHUT_WR);
}

TEST_F(pipe, woken_when_closed) { woken(_metadata, self, by_closing); }
TEST_F(pipe, woken_when_dropped) { woken(_metadata, self, by_lying); }
TEST_F(pipe, woken_in_the_middle) { woken(_metadata, self, by_half); }

TEST_F(pipe, woken_by_force)
{
	char c;

	EXPECT_EQ(EBUSY, far_del(NAME, false));
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
	EXPECT_EQ(0, far_del(NAME, true));
	EXPECT_EQ(0, far_state(NAME));
	EXPECT_EQ(-1, recv(self->stream, &c, 1, 0));
	EXPECT_EQ(ECONNRESET, errno);
	EXPECT_TRUE(far_hung_up(self->far, SOON));
	/* The name is free, and the old sockets stay dead. */
	close(self->far);
	ASSERT_EQ(0, far_add(NAME, &self->far));
	EXPECT_EQ(-1, send(self->stream, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, far_del(NAME, false));
}

/* ---- a program's whole life, cut at every message, and in the middle of one ---- */

/* Every call may fail, but none may hang; a child's. */
static int life(int unused __attribute__((unused)))
{
	int fd = far_socket(NAME, SOCK_STREAM), got;
	struct timeval tv = { .tv_sec = 30 };
	char buf[64];

	alarm(40);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (!do_connect(fd)) {
		send(fd, "hello", 5, MSG_NOSIGNAL);
		recv(fd, buf, 5, MSG_WAITALL);
		zs_getint(fd, IPPROTO_TCP, TCP_NODELAY);
		shutdown(fd, SHUT_WR);
	}
	close(fd);
	fd = far_socket(NAME, SOCK_STREAM);
	if (!do_bind(fd) && !listen(fd, 2)) {
		got = accept(fd, NULL, NULL);
		if (got >= 0)
			send(got, "x", 1, MSG_NOSIGNAL);
		close(got);
	}
	close(fd);
	fd = far_socket(NAME, SOCK_DGRAM);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (!do_connect(fd)) {
		send(fd, "d", 1, MSG_NOSIGNAL);
		recv(fd, buf, sizeof(buf), 0);
	}
	close(fd);
	return 0;
}

/* Whether it has ended; it is still to be waited for. */
static bool has_ended(int pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

/* The next message of the child's, 1; or 0 where it has ended, and all that it left was read. */
static int next_of(int far, int pid, struct far_msg *m)
{
	int ret;

	do {
		bool over = has_ended(pid);

		ret = far_get(far, m, over ? 500 : 50);
		if (over && ret < 0)
			return 0;
	} while (ret < 0);
	return ret;
}

/* Answer "messages" of what comes, half of the next, and hang up. How many there were. */
static int serve_some(int far, int pid, int messages, int half)
{
	static const char part[3] = { 4, 0, 0 };
	static struct far_msg m;
	int n = 0;

	while (n < messages && next_of(far, pid, &m) == 1)
		n += far_serve_one(far, &m);
	if (half)
		far_say_raw(far, part, sizeof(part));
	shutdown(far, SHUT_RDWR);
	return n;
}

FIXTURE(cut) { };
FIXTURE_SETUP(cut) { ASSERT_EQ(0, zs_new_netns()); }
FIXTURE_TEARDOWN(cut) { far_del(NAME, true); }

TEST_F_TIMEOUT(cut, everywhere, 240)
{
	int far, pid, at, half, n = 0;

	ASSERT_EQ(0, far_add(NAME, &far));
	for (at = 0; n >= at; at++) {
		for (half = 0; half < 2; half++) {
			pid = in_child(life, 0);
			/* Fewer than asked for are all that there are. */
			n = serve_some(far, pid, at + 1, half);
			EXPECT_EQ(0, zs_wait(pid)) TH_LOG("cut after %d messages", at);
			EXPECT_TRUE(far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, SOON));
			close(far);
			ASSERT_EQ(0, far_pipe(NAME, &far));
		}
	}
	TH_LOG("cut after each of %d messages, and in the middle of the next", n);
	/* Open, connect, data, option, shutdown, close; and the others'. */
	EXPECT_GE(n, 15);
	close(far);
}

/* The server dies with the connections of a program that goes on with others. */
TEST_F(cut, killed)
{
	int sv[2], pid, fd;
	struct first f;
	char c;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	pid = fork();
	if (!pid) {
		close(sv[1]);
		good(&f);
		far_say_raw(sv[0], &f, sizeof(f));
		far_serve(sv[0]);
		_exit(0);
	}
	close(sv[0]);
	ASSERT_EQ(0, far_give(ZSOCK_CMD_BACKEND_ADD, NAME, "modem0", sv[1]));
	close(sv[1]);
	fd = far_socket(NAME, SOCK_STREAM);
	ASSERT_EQ(0, do_connect(fd));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	ASSERT_EQ(1, recv(fd, &c, 1, 0));
	kill(pid, SIGKILL);
	EXPECT_EQ(-1, recv(fd, &c, 1, 0));
	EXPECT_EQ(ECONNRESET, errno);
	EXPECT_EQ(128 + SIGKILL, zs_wait(pid));
	close(fd);
	fd = far_socket(NAME, SOCK_STREAM);
	EXPECT_EQ(-1, do_connect(fd));
	EXPECT_EQ(ENETDOWN, errno);
	close(fd);
}

/* A server of many sockets, in a process of its own. */
static int serve_in_child(int *pid)
{
	struct first f;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return errno;
	*pid = fork();
	if (!*pid) {
		close(sv[1]);
		good(&f);
		far_say_raw(sv[0], &f, sizeof(f));
		far_serve(sv[0]);
		_exit(0);
	}
	close(sv[0]);
	return far_give(ZSOCK_CMD_BACKEND_ADD, NAME, NULL, sv[1]) ?: close(sv[1]);
}

#define MANY	2000

TEST_F_TIMEOUT(cut, many, 120)
{
	struct rlimit limit = { 4096, 4096 };
	static int fds[MANY];
	long long began;
	int i, pid;
	char c;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, serve_in_child(&pid));
	for (i = 0; i < MANY; i++) {
		fds[i] = far_socket(NAME, SOCK_STREAM);
		ASSERT_EQ(0, do_connect(fds[i])) TH_LOG("socket %d: %d", i, errno);
	}
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(1, send(fds[i], "x", 1, 0));
	for (i = 0; i < MANY; i += 7)
		ASSERT_EQ(1, recv(fds[i], &c, 1, 0));
	kill(pid, SIGKILL);
	zs_wait(pid);
	began = zs_now_ms();
	EXPECT_TRUE(far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, SOON));
	for (i = 0; i < MANY; i++) {
		int got = recv(fds[i], &c, 1, MSG_DONTWAIT);

		/* Its byte may have come back before. */
		if (i % 7 && got == 1)
			got = recv(fds[i], &c, 1, MSG_DONTWAIT);
		EXPECT_EQ(-1, got);
		EXPECT_EQ(ECONNRESET, errno) TH_LOG("socket %d", i);
		close(fds[i]);
	}
	TH_LOG("%d sockets were reset in %lld ms", MANY, zs_now_ms() - began);
}

/* ---- what one socket does is no other's business ---- */

TEST_F(pipe, stalled)
{
	static char block[32768];
	uint32_t other_id;
	int other, i;
	char c;

	other = connected(self->far, &other_id);
	ASSERT_GE(other, 0);
	/* Nobody reads the first, whose window is full; nor may it send. */
	for (i = 0; i < 8; i++)
		far_say(self->far, ZOFF_DATA, self->stream_id, 0, block, sizeof(block));
	while (send(self->stream, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
	for (i = 0; i < 100; i++) {
		struct far_msg m;

		ASSERT_EQ(1, send(other, "a", 1, 0));
		do {
			ASSERT_EQ(1, far_get(self->far, &m, SOON));
		} while (m.sock != other_id);
		EXPECT_EQ(ZOFF_DATA, m.type);
		far_say(self->far, ZOFF_DATA, other_id, 0, "b", 1);
		ASSERT_EQ(POLLIN, zs_poll(other, POLLIN, SOON));
		ASSERT_EQ(1, recv(other, &c, 1, 0));
	}
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
	close(other);
}

/* A connection that was on its way when the program stopped to listen. */
TEST_F(pipe, late_connection)
{
	struct zoff_incoming in = { .sock = htole32(ZOFF_SOCK_SERVER + 5) };
	struct far_msg m;

	far_address(&in.name, 1);
	far_address(&in.peer, 2);
	ASSERT_EQ(0, shutdown(self->listener, SHUT_RD));
	far_say(self->far, ZOFF_INCOMING, self->listener_id, 0, &in, sizeof(in));
	/* It is closed, and nobody else suffers. */
	EXPECT_TRUE(far_get_type(self->far, &m, ZOFF_CLOSE));
	EXPECT_EQ(ZOFF_SOCK_SERVER + 5, m.sock);
	EXPECT_EQ(ZOFF_CLOSE_ABORT, m.flags);
	far_reply(self->far, &m, 0);
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
}

/* A listen() that fails leaves a socket that can connect, and receive as any other. */
TEST_F(pipe, listen_fails)
{
	static char block[32768];
	int fd = far_socket(NAME, SOCK_STREAM), pid;
	struct far_msg m;
	uint32_t id;

	pid = in_child(do_listen, fd);
	do {
		ASSERT_EQ(1, far_get(self->far, &m, SOON));
		if (m.type != ZOFF_LISTEN)
			far_serve_one(self->far, &m);
	} while (m.type != ZOFF_LISTEN);
	far_reply(self->far, &m, EADDRINUSE);
	EXPECT_EQ(EADDRINUSE, zs_wait(pid));
	zs_nonblock(fd, true);
	EXPECT_EQ(-1, do_connect(fd));
	EXPECT_EQ(EINPROGRESS, errno);
	id = answer(self->far, ZOFF_CONNECT);
	EXPECT_EQ(m.sock, id);
	far_say(self->far, ZOFF_DATA, id, 0, block, sizeof(block));
	EXPECT_EQ(POLLIN, zs_poll(fd, POLLIN, SOON));
	EXPECT_EQ(sizeof(block), recv(fd, block, sizeof(block), MSG_WAITALL));
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
	close(fd);
}

/* No data behind the end, whoever sends while another shuts down. */
TEST_F_TIMEOUT(pipe, shutdown_while_sending, 60)
{
	struct far_msg m;
	int i, fd, pid;
	uint32_t id;

	for (i = 0; i < 40; i++) {
		bool shut = false;

		fd = connected(self->far, &id);
		ASSERT_GE(fd, 0);
		zs_nonblock(fd, false);
		pid = fork();
		if (!pid) {
			while (send(fd, "y", 1, MSG_NOSIGNAL) == 1)
				;
			_exit(0);
		}
		zs_sleep_ms(1 + i % 5);
		ASSERT_EQ(0, shutdown(fd, SHUT_WR));
		ASSERT_EQ(0, zs_wait(pid));
		close(fd);
		do {
			ASSERT_EQ(1, far_get(self->far, &m, SOON));
			EXPECT_FALSE(shut && m.type == ZOFF_DATA) TH_LOG("round %d", i);
			shut = shut || m.type == ZOFF_SHUTDOWN;
			if (m.seq)
				far_reply(self->far, &m, 0);
		} while (m.type != ZOFF_CLOSE);
		EXPECT_TRUE(shut);
	}
}

/* ---- the namespace ends, with the backend ---- */

TEST_F(cut, namespace_ends)
{
	struct first f;
	int sv[2], pid;

	/* Made here: a socket holds the namespace that it is of. */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	good(&f);
	far_say_raw(sv[0], &f, sizeof(f));
	pid = fork();
	if (!pid) {
		int err = zs_new_netns() ?: far_give(ZSOCK_CMD_BACKEND_ADD, NAME, "modem0", sv[1]);

		close(sv[0]);
		_exit(err || !if_nametoindex("modem0"));
	}
	close(sv[1]);
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_TRUE(far_hung_up(sv[0], 25000));
	close(sv[0]);
}

/* Another backend's pipe is a socket of the namespace itself, which ends all the same. */
TEST_F(cut, own_pipe_holds_no_namespace)
{
	int sv[2], own[2], pid;
	struct first f;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	good(&f);
	far_say_raw(sv[0], &f, sizeof(f));
	pid = fork();
	if (!pid) {
		int err = zs_new_netns() ?:
			  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, own);

		close(sv[0]);
		far_say_raw(own[0], &f, sizeof(f));
		err = err ?: far_give(ZSOCK_CMD_BACKEND_ADD, "own", "", own[1]) ?:
		      far_give(ZSOCK_CMD_BACKEND_ADD, NAME, "", sv[1]);
		_exit(!!err);
	}
	close(sv[1]);
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_TRUE(far_hung_up(sv[0], 25000));
	close(sv[0]);
}

TEST_HARNESS_MAIN
