// SPDX-License-Identifier: GPL-2.0
/*
 * connect() by way of a SOCKS5 proxy, which keeps to RFC 1928, or does not.
 */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <linux/sockios.h>

#include "kselftest_harness.h"
#include "socks5.h"
#ifdef HAVE_LIBURING
#include "ring.h"
#endif

#define SOON		15000	/* ms: where there is nothing to wait for, on a slow machine */
#define TIMEOUT		"/proc/sys/net/zsock/socks5_timeout"

static long stat_of(const char *name)
{
	char line[128], key[64];
	long value, found = -1;
	FILE *f = fopen("/proc/net/zsock_stat", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld", key, &value) == 2 && !strcmp(key, name))
			found = value;
	if (f)
		fclose(f);
	return found;
}

/* ---- that works ---- */

FIXTURE(via) {
	struct proxy proxy;
};
FIXTURE_VARIANT(via) {
	int domain, proxy, target;
};
FIXTURE_VARIANT_ADD(via, any_4_4) { .domain = 0, .proxy = AF_INET, .target = AF_INET };
FIXTURE_VARIANT_ADD(via, any_4_6) { .domain = 0, .proxy = AF_INET, .target = AF_INET6 };
FIXTURE_VARIANT_ADD(via, any_6_4) { .domain = 0, .proxy = AF_INET6, .target = AF_INET };
FIXTURE_VARIANT_ADD(via, any_6_6) { .domain = 0, .proxy = AF_INET6, .target = AF_INET6 };
FIXTURE_VARIANT_ADD(via, inet) { .domain = AF_INET, .proxy = AF_INET, .target = AF_INET };
FIXTURE_VARIANT_ADD(via, inet6) { .domain = AF_INET6, .proxy = AF_INET6, .target = AF_INET6 };
FIXTURE_VARIANT_ADD(via, inet6_4) { .domain = AF_INET6, .proxy = AF_INET, .target = AF_INET6 };

static const struct proxy_step reply_by_family[2][6] = {
	{ GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO },
	{ GET(ASK), PUT(OPEN), GET(REQUEST4 + 12), PUT(GRANTED), ECHO },
};

FIXTURE_SETUP(via)
{
	ASSERT_EQ(0, proxy_start(&self->proxy, variant->proxy,
				 reply_by_family[variant->target == AF_INET6]));
}

FIXTURE_TEARDOWN(via)
{
	proxy_stop(&self->proxy);
}

/* The request, byte for byte. */
static bool asked_for(const struct proxy *p, const union zs_addr *to)
{
	static const uint8_t head[] = { 5, 1, 0, 5, 1, 0 };
	const uint8_t *q = p->got + sizeof(head);
	bool v4 = to->sa.sa_family == AF_INET;

	return p->ngot == (v4 ? 13 : 25) && !memcmp(p->got, head, sizeof(head)) &&
	       q[0] == (v4 ? 1 : 4) &&
	       !memcmp(q + 1, v4 ? (void *)&to->in.sin_addr : (void *)&to->in6.sin6_addr,
		       v4 ? 4 : 16) &&
	       !memcmp(q + (v4 ? 5 : 17), &to->in.sin_port, 2);
}

TEST_F(via, connect)
{
	long up = stat_of("Socks5Tunnels");
	union zs_addr to, name, proxy;
	struct zsock_info info;
	socklen_t len;
	int fd;

	fd = client(&self->proxy, variant->domain);
	ASSERT_GE(fd, 0);
	EXPECT_FALSE(zs_dispatched(fd));
	len = target(&to, variant->target);
	ASSERT_EQ(0, connect(fd, &to.sa, len));
	EXPECT_TRUE(echoes(fd));
	EXPECT_TRUE(asked_for(&self->proxy, &to));
	len = sizeof(name);
	ASSERT_EQ(0, getpeername(fd, &name.sa, &len));
	EXPECT_EQ(zs_len(variant->target), len);
	EXPECT_TRUE(zs_same(&to, &name));
	len = sizeof(name);
	ASSERT_EQ(0, getsockname(fd, &name.sa, &len));
	EXPECT_NE(0, zs_port(&name));
	len = sizeof(proxy);
	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, &proxy, &len));
	EXPECT_EQ(zs_len(variant->proxy), len);
	EXPECT_TRUE(zs_same(&proxy, &self->proxy.addr));
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_TRUE(info.flags & ZSOCK_INFO_F_SOCKS5);
	EXPECT_EQ(variant->domain ?: variant->proxy, info.inner_family);
	EXPECT_EQ(ZSOCK_SOCKS5_STAGE_UP, failure(fd).stage);
	EXPECT_EQ(0, failure(fd).error);
	EXPECT_EQ(-1, failure(fd).reply);
	EXPECT_EQ(up + 1, stat_of("Socks5Tunnels"));
	EXPECT_EQ(-1, connect(fd, &to.sa, zs_len(variant->target)));
	EXPECT_EQ(EISCONN, errno);
	EXPECT_EQ(-1, set_proxy(fd, &self->proxy));
	EXPECT_EQ(EISCONN, errno);
}

TEST_F(via, dispatched_before)
{
	union zs_addr to, any;
	socklen_t len;
	int fd;

	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(fd, &any.sa, zs_any(&any, variant->domain ?: variant->proxy, 0)));
	ASSERT_EQ(0, set_proxy(fd, &self->proxy));
	len = target(&to, variant->target);
	ASSERT_EQ(0, connect(fd, &to.sa, len));
	EXPECT_TRUE(echoes(fd));
	EXPECT_TRUE(asked_for(&self->proxy, &to));
}

/* An option that says nothing of the family makes a dual-stack socket. */
TEST_F(via, dual_stack)
{
	union zs_addr to, name;
	socklen_t len;
	int fd;

	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(fd, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, set_proxy(fd, &self->proxy));
	len = target(&to, variant->target);
	ASSERT_EQ(0, connect(fd, &to.sa, len));
	EXPECT_TRUE(echoes(fd));
	len = sizeof(name);
	ASSERT_EQ(0, getpeername(fd, &name.sa, &len));
	EXPECT_TRUE(zs_same(&to, &name));
}

/* ---- with one proxy that the test scripts ---- */

FIXTURE(socks5) {
	struct proxy proxy;
	bool started;
};

FIXTURE_SETUP(socks5)
{
	ASSERT_EQ(0, zs_write_file(TIMEOUT, "30000"));
}

FIXTURE_TEARDOWN(socks5)
{
	if (self->started)
		proxy_stop(&self->proxy);
	zs_write_file(TIMEOUT, "30000");
}

/* connect() fails with that errno, and the socket tells why; it can be used again. */
#define FAILS(errno_, stage_, reply_)						\
do {										\
	struct zsock_socks5_error err_;						\
	int fd_ = client(&self->proxy, 0);					\
										\
	ASSERT_GE(fd_, 0);							\
	EXPECT_EQ(errno_, go4(fd_));						\
	err_ = failure(fd_);							\
	EXPECT_EQ(errno_, err_.error);						\
	EXPECT_EQ(ZSOCK_SOCKS5_STAGE_##stage_, err_.stage);			\
	EXPECT_EQ(reply_, err_.reply);						\
	EXPECT_EQ(0, so_error(fd_));						\
	EXPECT_EQ(-1, recv(fd_, &err_, 1, MSG_DONTWAIT));			\
	close(fd_);								\
} while (0)

TEST_F(socks5, password)
{
	static const char want[] = "\x05\x02\x00\x02" "\x01\x04user\x06secret";
	int fd;

	SCRIPT(GET(4), PUT(WITH_PASSWORD), GET(13), PUT("\x01\x00"), GET(REQUEST4), PUT(GRANTED),
	       ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, set_auth(fd, "user", 4, "secret", 6));
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	EXPECT_EQ(0, memcmp(want, self->proxy.got, sizeof(want) - 1));
}

TEST_F(socks5, longest_password)
{
	char user[255], password[255];
	int fd;

	memset(user, 'u', sizeof(user));
	memset(password, 0xff, sizeof(password));
	SCRIPT(GET(4), PUT(WITH_PASSWORD), GET(513), PUT("\x01\x00"), GET(REQUEST4), PUT(GRANTED),
	       ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, set_auth(fd, user, 255, password, 255));
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	EXPECT_EQ(0, memcmp(self->proxy.got + 4 + 2, user, 255));
	EXPECT_EQ(255, self->proxy.got[4 + 2 + 255]);
	EXPECT_EQ(0, memcmp(self->proxy.got + 4 + 3 + 255, password, 255));
}

/* It is offered, and not asked for. */
TEST_F(socks5, password_not_needed)
{
	int fd;

	SCRIPT(GET(4), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, set_auth(fd, "user", 4, "secret", 6));
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	EXPECT_EQ(14, self->proxy.ngot);
}

TEST_F(socks5, password_taken_back)
{
	int fd;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, set_auth(fd, "user", 4, "secret", 6));
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5_AUTH, "", 0));
	ASSERT_EQ(0, go4(fd));
	EXPECT_EQ(1, self->proxy.got[1]);
}

TEST_F(socks5, name)
{
	struct sockaddr_zs to = { .zs_port = htons(443) }, name;
	static const char want[] = "\x05\x01\x00\x03\x0chost.example\x01\xbb";
	socklen_t len = sizeof(name);
	int fd;

	SCRIPT(GET(ASK), PUT(OPEN), GET(sizeof(want) - 1), PUT(GRANTED), ECHO);
	to.zs_family = zs_family;
	strcpy(to.zs_name, "host.example");
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, connect(fd, (void *)&to, sizeof(to)));
	EXPECT_TRUE(echoes(fd));
	EXPECT_EQ(0, memcmp(want, self->proxy.got + 3, sizeof(want) - 1));
	ASSERT_EQ(0, getpeername(fd, (void *)&name, &len));
	EXPECT_EQ(sizeof(name), len);
	EXPECT_EQ(0, memcmp(&to, &name, sizeof(to)));
}

/* What the proxy says of its own address is of no interest, whatever its kind. */
TEST_F(socks5, replies_of_each_kind)
{
	int fd;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4),
	       PUT("\x05\x00\x00\x04" "0123456789abcdef" "\x01\x02"), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	close(fd);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4),
		    PUT("\x05\x00\x00\x03\x07" "a.proxy" "\x01\x02"), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	close(fd);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT("\x05\x00\x77\x03\x00\x01\x02"), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	close(fd);
}

/* What the target says at once comes with the proxy's last words, and is not lost. */
TEST_F(socks5, server_speaks_first)
{
	char buf[32];
	int fd;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED "220 ready"), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, go4(fd));
	EXPECT_EQ(9, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "220 ready", 9));
	EXPECT_TRUE(echoes(fd));
}

/* The same for who waits in recv(), with nothing of the proxy's. */
TEST_F(socks5, reader_waits)
{
	struct pollfd pfd;
	char buf[32];
	int fd, n;

	self->proxy.held = true;
	SCRIPT(GET(ASK), PAUSE, DRIP(OPEN, 20), GET(REQUEST4), DRIP(GRANTED, 20), PUT("hello"),
	       ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, zs_nonblock(fd, true));
	ASSERT_EQ(EINPROGRESS, go4(fd));
	pfd = (struct pollfd){ .fd = fd, .events = POLLIN };
	EXPECT_EQ(-1, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, send(fd, "x", 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, ioctl(fd, SIOCINQ, &n));
	EXPECT_EQ(0, n);
	ASSERT_EQ(0, zs_nonblock(fd, false));
	self->proxy.held = false;
	EXPECT_EQ(5, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	EXPECT_EQ(0, go4(fd));
	EXPECT_EQ(EISCONN, go4(fd));
	EXPECT_TRUE(echoes(fd));
}

TEST_F(socks5, drips)
{
	int fd;

	SCRIPT(GET(4), DRIP(WITH_PASSWORD, 5), GET(13), DRIP("\x01\x00", 5), GET(REQUEST4),
	       DRIP(GRANTED, 5), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, set_auth(fd, "user", 4, "secret", 6));
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
}

/* ---- refusals ---- */

TEST_F(socks5, refusals)
{
	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x01")));
	FAILS(ECONNABORTED, REQUEST, 1);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x02")));
	FAILS(EACCES, REQUEST, 2);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x03")));
	FAILS(ENETUNREACH, REQUEST, 3);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x04")));
	FAILS(EHOSTUNREACH, REQUEST, 4);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x05")));
	FAILS(ECONNREFUSED, REQUEST, 5);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x06")));
	FAILS(ETIMEDOUT, REQUEST, 6);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x07")));
	FAILS(EOPNOTSUPP, REQUEST, 7);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x08")));
	FAILS(EAFNOSUPPORT, REQUEST, 8);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x09")));
	FAILS(EPROTO, REQUEST, 9);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\xff")));
	FAILS(EPROTO, REQUEST, 255);
	/* Some say no more than they have to. */
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT("\x05\x05"));
	FAILS(ECONNREFUSED, REQUEST, 5);
}

TEST_F(socks5, refused_methods)
{
	int fd;

	SCRIPT(GET(ASK), PUT("\x05\xff"), HOLD);
	FAILS(EACCES, METHOD, 255);
	/* Not offered. */
	NEXT_SCRIPT(GET(ASK), PUT(WITH_PASSWORD), HOLD);
	FAILS(EPROTO, METHOD, 2);
	EXPECT_EQ(ASK, self->proxy.ngot);
	NEXT_SCRIPT(GET(ASK), PUT("\x05\x01"), HOLD);
	FAILS(EPROTO, METHOD, 1);
	NEXT_SCRIPT(GET(4), PUT(WITH_PASSWORD), GET(13), PUT("\x01\x07"), HOLD);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, set_auth(fd, "user", 4, "secret", 6));
	EXPECT_EQ(EACCES, go4(fd));
	EXPECT_EQ(ZSOCK_SOCKS5_STAGE_AUTH, failure(fd).stage);
	EXPECT_EQ(7, failure(fd).reply);
}

/* ---- lies ---- */

TEST_F(socks5, wrong_versions)
{
	int fd;

	SCRIPT(GET(ASK), PUT("\x04\x00"), HOLD);
	FAILS(EPROTO, METHOD, 0);
	NEXT_SCRIPT(GET(ASK), PUT("HTTP/1.1 400 Bad Request\r\n\r\n"), HOLD);
	FAILS(EPROTO, METHOD, 'T');
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT("\x00\x00\x00\x01\x0a\x00\x00\x01\x04\x38"));
	FAILS(EPROTO, REQUEST, -1);
	NEXT_SCRIPT(GET(4), PUT(WITH_PASSWORD), GET(13), PUT("\x05\x00"), HOLD);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, set_auth(fd, "user", 4, "secret", 6));
	EXPECT_EQ(EPROTO, go4(fd));
}

TEST_F(socks5, wrong_address_kinds)
{
	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT("\x05\x00\x00\x02\x00\x00\x00\x00\x00\x00"), HOLD);
	FAILS(EPROTO, REQUEST, -1);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT("\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00"), HOLD);
	FAILS(EPROTO, REQUEST, -1);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT("\x05\x00\x00\xff\xff\x00\x00\x00\x00\x00"), HOLD);
	FAILS(EPROTO, REQUEST, -1);
}

/* Who answers before being asked. */
TEST_F(socks5, speaks_early)
{
	SCRIPT(PUT(OPEN GRANTED), HOLD);
	/* May be there after the first question, or before it. */
	FAILS(EPROTO, METHOD, -1);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN GRANTED "HTTP/1.1 200 OK"), HOLD);
	FAILS(EPROTO, METHOD, -1);
	EXPECT_EQ(ASK, self->proxy.ngot);
}

TEST_F(socks5, hangs_up)
{
	SCRIPT(END);
	FAILS(ECONNRESET, METHOD, -1);
	NEXT_SCRIPT(GET(ASK), END);
	FAILS(ECONNRESET, METHOD, -1);
	NEXT_SCRIPT(GET(ASK), PUT("\x05"), END);
	FAILS(ECONNRESET, METHOD, -1);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), END);
	FAILS(ECONNRESET, REQUEST, -1);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT("\x05\x00\x00\x01\x0a\x00\x00\x01\x04"), END);
	FAILS(ECONNRESET, REQUEST, -1);
	NEXT_SCRIPT(GET(ASK), RESET);
	FAILS(ECONNRESET, METHOD, -1);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), RESET);
	FAILS(ECONNRESET, REQUEST, -1);
}

TEST_F(socks5, stalls)
{
	long long begun;

	ASSERT_EQ(0, zs_write_file(TIMEOUT, "200"));
	SCRIPT(HOLD);
	begun = zs_now_ms();
	FAILS(ETIMEDOUT, METHOD, -1);
	/* By another clock, which may be some ticks ahead. */
	EXPECT_GE(zs_now_ms() - begun, 150);
	/* Not the 30 s of other tests. */
	EXPECT_LT(zs_now_ms() - begun, SOON);
	/* The proxy has time for what it does say. */
	ASSERT_EQ(0, zs_write_file(TIMEOUT, "1000"));
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), HOLD);
	FAILS(ETIMEDOUT, REQUEST, -1);
	/* Each byte in good time, but not all of them. */
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT("\x05\x00\x00\x03\xff"),
		    DRIP("0123456789012345678901234567890123456789", 400), HOLD);
	begun = zs_now_ms();
	FAILS(ETIMEDOUT, REQUEST, -1);
	EXPECT_LT(zs_now_ms() - begun, SOON);
}

TEST_F(socks5, no_proxy_there)
{
	union zs_addr to;
	int fd = zs_socket(0, SOCK_STREAM, 0);

	zs_closed_port(AF_INET, SOCK_STREAM, &to);
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, &to, sizeof(to.in)));
	EXPECT_EQ(ECONNREFUSED, go4(fd));
	EXPECT_EQ(ZSOCK_SOCKS5_STAGE_PROXY, failure(fd).stage);
	EXPECT_EQ(ECONNREFUSED, failure(fd).error);
}

/* ---- connect() that does not wait ---- */

TEST_F(socks5, nonblocking)
{
	union zs_addr name;
	socklen_t len = sizeof(name);
	int fd;

	self->proxy.held = true;
	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PAUSE, PUT(GRANTED), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, zs_nonblock(fd, true));
	ASSERT_EQ(EINPROGRESS, go4(fd));
	EXPECT_EQ(EALREADY, go4(fd));
	EXPECT_EQ(0, zs_poll(fd, POLLIN | POLLOUT, 30));
	EXPECT_EQ(0, so_error(fd));
	EXPECT_EQ(-1, getpeername(fd, &name.sa, &len));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(-1, set_proxy(fd, &self->proxy));
	EXPECT_EQ(EISCONN, errno);
	self->proxy.held = false;
	EXPECT_EQ(POLLOUT, zs_poll(fd, POLLIN | POLLOUT, SOON));
	EXPECT_EQ(0, so_error(fd));
	EXPECT_EQ(0, go4(fd));
	EXPECT_EQ(EISCONN, go4(fd));
	ASSERT_EQ(0, zs_nonblock(fd, false));
	EXPECT_TRUE(echoes(fd));
}

TEST_F(socks5, nonblocking_refused)
{
	char byte;
	int fd;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x05") "and more"), HOLD);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, zs_nonblock(fd, true));
	ASSERT_EQ(EINPROGRESS, go4(fd));
	EXPECT_EQ(POLLOUT | POLLIN | POLLERR | POLLHUP, zs_poll(fd, POLLIN | POLLOUT, SOON));
	EXPECT_EQ(ECONNREFUSED, so_error(fd));
	EXPECT_EQ(0, so_error(fd));
	/* Nothing of the proxy's is the program's. */
	EXPECT_EQ(0, recv(fd, &byte, 1, 0));
	EXPECT_EQ(-1, send(fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	/* As TCP has it where the error was taken otherwise. */
	EXPECT_EQ(ECONNABORTED, go4(fd));
	/* And it is a socket like any other. */
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO);
	ASSERT_EQ(0, set_proxy(fd, &self->proxy));
	ASSERT_EQ(0, zs_nonblock(fd, false));
	EXPECT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
}

/* Another proxy, or none, after one that failed: what that one said is gone. */
TEST_F(socks5, without_it_after_all)
{
	union zs_addr to;
	char byte;
	int fd, l;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x05") "and more"), HOLD);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, zs_nonblock(fd, true));
	ASSERT_EQ(EINPROGRESS, go4(fd));
	EXPECT_TRUE(zs_poll(fd, POLLOUT, SOON) & POLLERR);
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, "", 0));
	EXPECT_EQ(-1, recv(fd, &byte, 1, 0));
	EXPECT_EQ(ENOTCONN, errno);
	l = zs_listener(AF_INET, AF_INET, &to);
	ASSERT_EQ(0, zs_nonblock(fd, false));
	EXPECT_EQ(0, connect(fd, &to.sa, sizeof(to.in)));
	EXPECT_GE(accept(l, NULL, NULL), 0);
}

TEST_F(socks5, edge_triggered)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int fd, ep = epoll_create1(0);

	self->proxy.held = true;
	SCRIPT(GET(ASK), DRIP(OPEN, 10), GET(REQUEST4), DRIP(GRANTED, 10), PAUSE, PUT("hi"),
	       ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, zs_nonblock(fd, true));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	/* One that is not connected is hung up. */
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, SOON));
	EXPECT_TRUE(ev.events & EPOLLHUP);
	ASSERT_EQ(EINPROGRESS, go4(fd));
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, SOON));
	EXPECT_EQ(EPOLLOUT, ev.events);
	self->proxy.held = false;
	/* What the proxy said last may be told of once more, when all is known already. */
	do {
		ASSERT_EQ(1, epoll_wait(ep, &ev, 1, SOON));
		ASSERT_TRUE(ev.events & EPOLLOUT);
	} while (ev.events == EPOLLOUT);
	EXPECT_EQ(EPOLLOUT | EPOLLIN, ev.events);
}

/* SO_RCVLOWAT holds back events, not the proxy's words. */
TEST_F(socks5, low_water_mark)
{
	char buf[8];
	int fd;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_RCVLOWAT, 1000));
	ASSERT_EQ(0, go4(fd));
	ASSERT_EQ(4, send(fd, "ping", 4, 0));
	EXPECT_EQ(0, zs_poll(fd, POLLIN, 100));
	ASSERT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_RCVLOWAT, 1));
	EXPECT_EQ(4, recv(fd, buf, 4, 0));
}

/* ---- waiting, and not for ever ---- */

TEST_F(socks5, sndtimeo)
{
	struct timeval tv = { .tv_usec = 100000 };
	int fd;

	self->proxy.held = true;
	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PAUSE, PUT(GRANTED), ECHO);
	fd = client(&self->proxy, 0);
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(EINPROGRESS, go4(fd));
	self->proxy.held = false;
	tv = (struct timeval){ .tv_sec = SOON / 1000 };
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	/* It has gone on meanwhile. */
	EXPECT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
}

static struct proxy *freed_by_alarm;
static int alarms;

/* The proxy goes on after a few. */
static void on_alarm(int sig __attribute__((unused)))
{
	if (++alarms == 3 && freed_by_alarm)
		freed_by_alarm->held = false;
}

/* Again and again: the first may come before the call. */
static int connect_with_alarm(int fd, int flags)
{
	struct itimerval often = { { 0, 50000 }, { 0, 50000 } }, never = { 0 };
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };
	int err;

	alarms = 0;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	err = go4(fd);
	setitimer(ITIMER_REAL, &never, NULL);
	return err;
}

TEST_F(socks5, signals)
{
	int fd;

	self->proxy.held = true;
	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PAUSE, PUT(GRANTED), ECHO);
	fd = client(&self->proxy, 0);
	EXPECT_EQ(EINTR, connect_with_alarm(fd, 0));
	self->proxy.held = false;
	EXPECT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	close(fd);
	self->proxy.held = true;
	freed_by_alarm = &self->proxy;
	fd = client(&self->proxy, 0);
	EXPECT_EQ(0, connect_with_alarm(fd, SA_RESTART));
	EXPECT_LE(3, alarms);
	EXPECT_TRUE(echoes(fd));
}

struct connecter {
	pthread_t thread;
	atomic_int tid;
	int fd, err;
};

static void *connecter_run(void *arg)
{
	struct connecter *c = arg;

	c->tid = gettid();
	c->err = go4(c->fd);
	return NULL;
}

/* Until it waits in connect(). */
static bool connecter_waits(struct connecter *c)
{
	while (!c->tid)
		zs_sleep_ms(1);
	return zs_asleep(c->tid);
}

TEST_F(socks5, two_threads)
{
	struct connecter c[2] = { 0 };
	int i;

	self->proxy.held = true;
	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PAUSE, PUT(GRANTED), ECHO);
	c[0].fd = client(&self->proxy, 0);
	c[1].fd = c[0].fd;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&c[i].thread, NULL, connecter_run, &c[i]));
	for (i = 0; i < 2; i++)
		EXPECT_TRUE(connecter_waits(&c[i]));
	self->proxy.held = false;
	for (i = 0; i < 2; i++)
		pthread_join(c[i].thread, NULL);
	EXPECT_EQ(0, c[0].err);
	EXPECT_EQ(0, c[1].err);
	EXPECT_TRUE(echoes(c[0].fd));
	EXPECT_EQ(1, self->proxy.nconns);
}

TEST_F(socks5, shutdown_in_the_middle)
{
	struct connecter c;
	int how;

	SCRIPT(GET(ASK), PUT(OPEN), HOLD);
	for (how = SHUT_RD; how <= SHUT_RDWR; how++) {
		c.fd = client(&self->proxy, 0);
		c.tid = 0;
		ASSERT_EQ(0, pthread_create(&c.thread, NULL, connecter_run, &c));
		EXPECT_TRUE(connecter_waits(&c));
		EXPECT_EQ(0, shutdown(c.fd, how));
		pthread_join(c.thread, NULL);
		EXPECT_EQ(ECONNRESET, c.err);
		close(c.fd);
	}
}

TEST_F(socks5, close_in_the_middle)
{
	int i, fd;

	SCRIPT(GET(ASK), DRIP(OPEN, 2), GET(REQUEST4), DRIP(GRANTED, 2), ECHO);
	for (i = 0; i < 20; i++) {
		fd = client(&self->proxy, 0);
		ASSERT_EQ(0, zs_nonblock(fd, true));
		ASSERT_EQ(EINPROGRESS, go4(fd));
		zs_sleep_ms(i);
		ASSERT_EQ(0, close(fd));
	}
}

TEST_F(socks5, disconnect)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	char byte;
	int fd;

	self->proxy.held = true;
	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PAUSE, PUT(GRANTED), ECHO);
	fd = client(&self->proxy, 0);
	/* In the middle, and once it is up. */
	ASSERT_EQ(0, zs_nonblock(fd, true));
	ASSERT_EQ(EINPROGRESS, go4(fd));
	EXPECT_EQ(0, connect(fd, &none, sizeof(none)));
	self->proxy.held = false;
	ASSERT_EQ(0, zs_nonblock(fd, false));
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	EXPECT_EQ(0, connect(fd, &none, sizeof(none)));
	/* As TCP says it. */
	EXPECT_EQ(ECONNRESET, so_error(fd));
	EXPECT_EQ(-1, recv(fd, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ(ENOTCONN, errno);
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	EXPECT_EQ(3, self->proxy.nconns);
}

#ifdef HAVE_LIBURING
static int uring_connect(struct io_uring *ring, int fd)
{
	union zs_addr to;
	socklen_t len = target4(&to);

	io_uring_prep_connect(io_uring_get_sqe(ring), fd, &to.sa, len);
	return ring_finish(ring, NULL);
}

TEST_F(socks5, uring)
{
	struct io_uring ring;
	int fd, ret;

	ret = io_uring_queue_init(4, &ring, 0);
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring");
	ASSERT_EQ(0, ret);
	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), WAIT(50), PUT(GRANTED), ECHO);
	fd = client(&self->proxy, 0);
	EXPECT_EQ(0, uring_connect(&ring, fd));
	EXPECT_TRUE(echoes(fd));
	close(fd);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), WAIT(50), PUT(REFUSED("\x05")), HOLD);
	fd = client(&self->proxy, 0);
	EXPECT_EQ(-ECONNREFUSED, uring_connect(&ring, fd));
	io_uring_queue_exit(&ring);
}

/* TCP's events are not the connection's: a network that takes its time. */
TEST_F(socks5, uring_slow)
{
	struct io_uring ring;
	int fd, ret;

	ret = io_uring_queue_init(4, &ring, 0);
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, zs_new_netns());
	if (system("tc qdisc add dev lo root netem delay 20ms 2>/dev/null"))
		SKIP(return, "the kernel delays no packets");
	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO);
	fd = client(&self->proxy, 0);
	EXPECT_EQ(0, uring_connect(&ring, fd));
	EXPECT_TRUE(echoes(fd));
	close(fd);
	NEXT_SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(REFUSED("\x05")), HOLD);
	fd = client(&self->proxy, 0);
	EXPECT_EQ(-ECONNREFUSED, uring_connect(&ring, fd));
	close(fd);
	NEXT_SCRIPT(GET(ASK), RESET);
	fd = client(&self->proxy, 0);
	EXPECT_EQ(-ECONNRESET, uring_connect(&ring, fd));
	close(fd);
	io_uring_queue_exit(&ring);
}
#endif

TEST_HARNESS_MAIN
