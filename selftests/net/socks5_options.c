// SPDX-License-Identifier: GPL-2.0
/*
 * SOCKS5 proxies: the options, and what else a program may say; what is refused, and that
 * nothing goes past the proxy.
 */
#include <fcntl.h>
#include <netinet/tcp.h>

#include "kselftest_harness.h"
#include "socks5.h"

static const struct proxy_step plain[] = {
	GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO,
};

FIXTURE(socks5) {
	struct proxy proxy;
	bool started;
};

FIXTURE_SETUP(socks5)
{
	self->started = false;
}

FIXTURE_TEARDOWN(socks5)
{
	if (self->started)
		proxy_stop(&self->proxy);
}

TEST_F(socks5, options)
{
	struct sockaddr_storage addr = { .ss_family = AF_UNIX };
	struct zsock_socks5_auth auth = { .user_len = 1, .password_len = 0 };
	socklen_t len = sizeof(addr);
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = zs_socket(0, SOCK_STREAM, 0);

	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, &addr, &len));
	EXPECT_EQ(0, len);
#define REFUSES(err_, name_, value_, len_)					\
do {										\
	EXPECT_EQ(-1, setsockopt(fd, SOL_ZSOCK, name_, value_, len_));		\
	EXPECT_EQ(err_, errno);							\
} while (0)
	REFUSES(EAFNOSUPPORT, ZSOCK_SOCKS5, &addr, sizeof(addr));
	REFUSES(EINVAL, ZSOCK_SOCKS5, &addr, 1);
	REFUSES(EINVAL, ZSOCK_SOCKS5, &in, 15);
	/* Without a port. */
	REFUSES(EINVAL, ZSOCK_SOCKS5, &in, 16);
	REFUSES(EINVAL, ZSOCK_SOCKS5, &addr, sizeof(addr) + 1);
	REFUSES(EFAULT, ZSOCK_SOCKS5, (void *)1, 16);
	REFUSES(EINVAL, ZSOCK_SOCKS5_AUTH, &auth, sizeof(auth));
	auth.password_len = 1;
	REFUSES(EINVAL, ZSOCK_SOCKS5_AUTH, &auth, sizeof(auth) - 1);
	REFUSES(EINVAL, ZSOCK_SOCKS5_AUTH, &auth, sizeof(auth) + 1);
	REFUSES(EFAULT, ZSOCK_SOCKS5_AUTH, (void *)1, sizeof(auth));
	auth.user_len = 0;
	REFUSES(EINVAL, ZSOCK_SOCKS5_AUTH, &auth, sizeof(auth));
	REFUSES(ENOPROTOOPT, ZSOCK_SOCKS5_ERROR, &auth, sizeof(auth));
	len = sizeof(auth);
	EXPECT_EQ(-1, getsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5_AUTH, &auth, &len));
	EXPECT_EQ(ENOPROTOOPT, errno);
	EXPECT_EQ(0, failure(fd).error);
	EXPECT_EQ(0, failure(fd).stage);
	close(fd);

	/* An IPv4 socket does not get to an IPv6 proxy. */
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	((struct sockaddr_in6 *)&addr)->sin6_port = htons(1080);
	addr.ss_family = AF_INET6;
	REFUSES(EAFNOSUPPORT, ZSOCK_SOCKS5, &addr, sizeof(struct sockaddr_in6));
	in.sin_port = htons(1080);
	EXPECT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, &in, sizeof(in)));
	EXPECT_FALSE(zs_dispatched(fd));
	close(fd);
	fd = zs_socket(0, SOCK_DGRAM, 0);
	REFUSES(EOPNOTSUPP, ZSOCK_SOCKS5, &in, sizeof(in));
	close(fd);
}

TEST_F(socks5, listeners_and_what_they_accept)
{
	union zs_addr addr;
	int l, c, s, fd;

	SCRIPT(END);
	l = zs_listener(AF_INET, AF_INET, &addr);
	EXPECT_EQ(-1, set_proxy(l, &self->proxy));
	EXPECT_EQ(EINVAL, errno);
	c = zs_tcp_connect(AF_INET, &addr);
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(-1, set_proxy(c, &self->proxy));
	EXPECT_EQ(EISCONN, errno);
	EXPECT_EQ(-1, set_proxy(s, &self->proxy));
	EXPECT_EQ(EISCONN, errno);

	fd = client(&self->proxy, AF_INET);
	EXPECT_EQ(-1, listen(fd, 1));
	EXPECT_EQ(EOPNOTSUPP, errno);
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, "", 0));
	EXPECT_EQ(0, listen(fd, 1));
}

/* Nothing goes past the proxy. */
TEST_F(socks5, fast_open)
{
	union zs_addr to;
	socklen_t len;
	int fd, i;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO);
	for (i = 0; i < 2; i++) {
		fd = client(&self->proxy, AF_INET);
		if (i)
			ASSERT_EQ(0, zs_setint(fd, SOL_TCP, TCP_NODELAY, 1));
		len = target4(&to);
		EXPECT_EQ(-1, sendto(fd, "x", 1, MSG_FASTOPEN, &to.sa, len));
		EXPECT_EQ(EOPNOTSUPP, errno);
		EXPECT_EQ(i, zs_dispatched(fd));
		close(fd);
	}
	fd = client(&self->proxy, AF_INET);
	ASSERT_EQ(0, zs_setint(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, 1));
	ASSERT_EQ(0, go4(fd));
	EXPECT_TRUE(echoes(fd));
	EXPECT_EQ(13, self->proxy.ngot);
}

TEST_F(socks5, wrong_targets)
{
	struct sockaddr_zs name = { .zs_port = htons(1) };
	union zs_addr to;
	int fd;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO);
	fd = client(&self->proxy, AF_INET);
#define NO_WAY(err_, addr_, len_)						\
do {										\
	EXPECT_EQ(-1, connect(fd, (void *)(addr_), len_));			\
	EXPECT_EQ(err_, errno);							\
} while (0)
	target6(&to);
	NO_WAY(EAFNOSUPPORT, &to, sizeof(to.in6));
	target4(&to);
	NO_WAY(EINVAL, &to, 15);
	NO_WAY(EINVAL, &to, 1);
	name.zs_family = zs_family;
	NO_WAY(EINVAL, &name, 3);
	NO_WAY(EDESTADDRREQ, &name, 4);
	strcpy(name.zs_name, "a b");
	NO_WAY(EINVAL, &name, sizeof(name));
	EXPECT_FALSE(zs_dispatched(fd));
	EXPECT_EQ(0, go4(fd));
	EXPECT_EQ(1, self->proxy.nconns);
}

/* v4-mapped addresses mean nothing to others. */
TEST_F(socks5, mapped_target)
{
	union zs_addr to = { .in6 = { .sin6_family = AF_INET6, .sin6_port = htons(80) } };
	int fd;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), ECHO);
	inet_pton(AF_INET6, "::ffff:198.51.100.7", &to.in6.sin6_addr);
	fd = client(&self->proxy, AF_INET6);
	ASSERT_EQ(0, connect(fd, &to.sa, sizeof(to.in6)));
	EXPECT_EQ(0, memcmp(self->proxy.got + 3, "\x05\x01\x00\x01\xc6\x33\x64\x07\x00\x50", 10));
}

struct talker {
	pthread_t send, recv;
	int fd;
	bool over;
	int heard;
};

static void *talk_send(void *arg)
{
	struct talker *t = arg;

	while (!t->over)
		send(t->fd, "???", 3, MSG_NOSIGNAL | MSG_DONTWAIT);
	return NULL;
}

static void *talk_recv(void *arg)
{
	struct talker *t = arg;
	char c;

	while (!t->over)
		if (recv(t->fd, &c, 1, MSG_DONTWAIT) > 0)
			t->heard++;
	return NULL;
}

/* Whoever sends and receives meanwhile: no byte gets to the proxy, and none from it. */
TEST_F(socks5, talking_too_soon)
{
	struct talker t = { .over = false };
	int i;

	SCRIPT(GET(ASK), PUT(OPEN), GET(REQUEST4), PUT(GRANTED), HOLD);
	for (i = 0; i < 40; i++) {
		t.fd = client(&self->proxy, 0);
		ASSERT_EQ(0, zs_setint(t.fd, SOL_TCP, TCP_NODELAY, 1));
		t.over = false;
		ASSERT_EQ(0, pthread_create(&t.send, NULL, talk_send, &t));
		ASSERT_EQ(0, pthread_create(&t.recv, NULL, talk_recv, &t));
		EXPECT_EQ(0, go4(t.fd));
		t.over = true;
		pthread_join(t.send, NULL);
		pthread_join(t.recv, NULL);
		close(t.fd);
		ASSERT_EQ(0, memcmp(self->proxy.got, "\x05\x01\x00\x05\x01\x00", 6));
	}
	EXPECT_EQ(0, t.heard);
}

TEST_F(socks5, unprivileged)
{
	int pid = fork();

	if (!pid) {
		struct proxy p;
		int fd;

		if (zs_drop_root() || proxy_start(&p, AF_INET, plain))
			_exit(1);
		fd = client(&p, 0);
		_exit(go4(fd) || !echoes(fd) ? 2 : 0);
	}
	EXPECT_EQ(0, zs_wait(pid));
}

/* One that the address has no room for; before there is an inner socket, and after. */
TEST_F(socks5, host_option)
{
	struct sockaddr_zs to = { .zs_port = htons(443) }, name;
	char host[253], head[] = "\x05\x01\x00\x03\xfd";
	socklen_t len = sizeof(name);
	int fd, i;

	SCRIPT(GET(ASK), PUT(OPEN), GET(4 + 1 + 253 + 2), PUT(GRANTED), ECHO);
	to.zs_family = zs_family;
	memset(host, 'h', sizeof(host));
	for (i = 0; i < 2; i++) {
		fd = client(&self->proxy, 0);
		if (i)
			ASSERT_EQ(0, zs_setint(fd, SOL_TCP, TCP_NODELAY, 1));
		ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, host, sizeof(host)));
		EXPECT_EQ(i, zs_dispatched(fd));
		ASSERT_EQ(0, connect(fd, (void *)&to, i ? sizeof(to) : 4));
		EXPECT_TRUE(echoes(fd));
		EXPECT_EQ(0, memcmp(head, self->proxy.got + 3, 5));
		EXPECT_EQ(0, memcmp(host, self->proxy.got + 3 + 5, sizeof(host)));
		EXPECT_EQ(0, memcmp("\x01\xbb", self->proxy.got + 3 + 5 + sizeof(host), 2));
		ASSERT_EQ(0, getpeername(fd, (void *)&name, &len));
		EXPECT_EQ(0, memcmp(&to, &name, sizeof(to)));
		EXPECT_EQ(EISCONN, connect(fd, (void *)&to, sizeof(to)) ? errno : 0);
		close(fd);
	}
}

TEST_HARNESS_MAIN
