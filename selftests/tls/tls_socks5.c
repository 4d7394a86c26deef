// SPDX-License-Identifier: GPL-2.0
/*
 * Secure sockets through a SOCKS5 proxy: the handshake is with the target, and goes through the
 * tunnel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "proxy.h"
#ifdef HAVE_LIBURING
#include "ring.h"
#endif
#include "tls.h"

#define OPEN		"\x05\x00"
#define GRANTED		"\x05\x00\x00\x01\x0a\x00\x00\x01\x04\x38"
#define REFUSED		"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"

FIXTURE(via) {
	struct proxy proxy;
	union zs_addr addr;
	int l;
};

FIXTURE_SETUP(via)
{
	self->l = tls_listener(AF_INET, AF_INET, &self->addr);
	ASSERT_GE(self->l, 0);
	self->proxy.to = self->addr;
}

FIXTURE_TEARDOWN(via)
{
	tls_agent_resume();
	proxy_stop(&self->proxy);
	close(self->l);
}

#define SCRIPT(...)								\
do {										\
	static const struct proxy_step script_[] = { __VA_ARGS__, END };	\
										\
	ASSERT_EQ(0, proxy_start(&self->proxy, AF_INET, script_));		\
} while (0)

static int client(const struct proxy *p)
{
	int fd = tls_socket(0, IPPROTO_TLS_1_2);

	if (fd >= 0 && (tls_setup_client(fd) ||
			setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, &p->addr, sizeof(p->addr.in))))
		return tls_close_keep_errno(fd);
	return fd;
}

static int do_connect(int fd, const union zs_addr *addr)
{
	return connect(fd, &addr->sa, zs_len(addr->sa.sa_family)) ? errno : 0;
}

TEST_F(via, connect)
{
	struct zsock_info info;
	union zs_addr name;
	socklen_t len = sizeof(name);
	int c, s;

	SCRIPT(GET(3), PUT(OPEN), GET(10), PUT(GRANTED), RELAY);
	c = client(&self->proxy);
	ASSERT_EQ(0, do_connect(c, &self->addr));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_TRUE(tls_can_talk(c, s));
	ASSERT_EQ(0, zs_get_info(c, &info));
	EXPECT_EQ(ZSOCK_INFO_F_TLS_TX | ZSOCK_INFO_F_TLS_RX | ZSOCK_INFO_F_SOCKS5, info.flags);
	ASSERT_EQ(0, getpeername(c, &name.sa, &len));
	EXPECT_TRUE(zs_same(&name, &self->addr));
	EXPECT_EQ(EISCONN, do_connect(c, &self->addr));
	/* And the end of it is TLS's. */
	ASSERT_EQ(0, close(s));
	EXPECT_EQ(0, recv(c, &name, 1, 0));
	close(c);
}

TEST_F(via, nonblocking)
{
	int c, s;

	SCRIPT(GET(3), DRIP(OPEN, 20), GET(10), DRIP(GRANTED, 10), RELAY);
	c = client(&self->proxy);
	tls_agent_pause();
	ASSERT_EQ(0, zs_nonblock(c, true));
	ASSERT_EQ(EINPROGRESS, do_connect(c, &self->addr));
	EXPECT_EQ(EALREADY, do_connect(c, &self->addr));
	EXPECT_EQ(0, zs_poll(c, POLLIN | POLLOUT, 50));
	/* The tunnel is there by now, TLS is not. */
	zs_sleep_ms(300);
	EXPECT_EQ(0, zs_poll(c, POLLIN | POLLOUT, 0));
	EXPECT_EQ(EALREADY, do_connect(c, &self->addr));
	tls_agent_resume();
	EXPECT_EQ(POLLOUT, zs_poll(c, POLLIN | POLLOUT, 20000));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, do_connect(c, &self->addr));
	EXPECT_EQ(EISCONN, do_connect(c, &self->addr));
	ASSERT_EQ(0, zs_nonblock(c, false));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_TRUE(tls_can_talk(c, s));
	close(c);
	close(s);
}

/* The proxy's no is connect()'s, and there is no handshake. */
TEST_F(via, refused)
{
	struct zsock_handshake_error err;
	int c;

	SCRIPT(GET(3), PUT(OPEN), GET(10), PUT(REFUSED), HOLD);
	c = client(&self->proxy);
	EXPECT_EQ(ECONNREFUSED, do_connect(c, &self->addr));
	ASSERT_EQ(0, tls_handshake_error(c, &err));
	EXPECT_EQ(0, err.error);
	close(c);
	c = client(&self->proxy);
	ASSERT_EQ(0, zs_nonblock(c, true));
	ASSERT_EQ(EINPROGRESS, do_connect(c, &self->addr));
	EXPECT_TRUE(zs_poll(c, POLLIN | POLLOUT, 20000) & POLLERR);
	EXPECT_EQ(ECONNREFUSED, zs_getint(c, SOL_SOCKET, SO_ERROR));
	close(c);
}

/* A handshake that failed leaves a socket that can be connected again. */
TEST_F(via, handshake_fails)
{
	int c, s;

	SCRIPT(GET(3), PUT(OPEN), GET(10), PUT(GRANTED), RELAY);
	c = client(&self->proxy);
	ASSERT_EQ(0, tls_set_hostname(c, "wrong.test"));
	EXPECT_EQ(ECONNABORTED, do_connect(c, &self->addr));
	ASSERT_EQ(0, tls_set_hostname(c, TLS_NAME));
	ASSERT_EQ(0, do_connect(c, &self->addr));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_TRUE(tls_can_talk(c, s));
	EXPECT_EQ(2, self->proxy.nconns);
	close(c);
	close(s);
}

TEST_F(via, shutdown_and_close_in_the_middle)
{
	int c, i;

	SCRIPT(GET(3), DRIP(OPEN, 2), GET(10), DRIP(GRANTED, 2), RELAY);
	for (i = 0; i < 20; i++) {
		c = client(&self->proxy);
		ASSERT_EQ(0, zs_nonblock(c, true));
		ASSERT_EQ(EINPROGRESS, do_connect(c, &self->addr));
		zs_sleep_ms(2 * i);
		if (i & 1) {
			EXPECT_EQ(0, shutdown(c, SHUT_RDWR));
			EXPECT_TRUE(zs_poll(c, POLLIN | POLLOUT, 20000) & POLLHUP);
		}
		ASSERT_EQ(0, close(c));
	}
}

/* A listener goes by no proxy. */
TEST_F(via, no_listener)
{
	int fd;

	SCRIPT(END);
	fd = client(&self->proxy);
	EXPECT_EQ(-1, listen(fd, 1));
	EXPECT_EQ(EOPNOTSUPP, errno);
	close(fd);
	EXPECT_EQ(-1, setsockopt(self->l, SOL_ZSOCK, ZSOCK_SOCKS5, &self->proxy.addr,
				 sizeof(self->proxy.addr.in)));
	EXPECT_EQ(EINVAL, errno);
}

#ifdef HAVE_LIBURING
static int uring_connect(struct io_uring *ring, int fd, const union zs_addr *addr)
{
	io_uring_prep_connect(io_uring_get_sqe(ring), fd, &addr->sa,
			      zs_len(addr->sa.sa_family));
	return ring_finish(ring, NULL);
}

/*
 * io_uring takes an event for the end of connect(): it hears of none of TCP's, of the proxy's, or
 * of the handshake's, in a network that takes its time.
 */
TEST_F(via, uring_slow)
{
	struct io_uring ring;
	int i, c, s, ret;

	ret = io_uring_queue_init(4, &ring, 0);
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring");
	ASSERT_EQ(0, ret);
	if (system("tc qdisc add dev lo root netem delay 20ms 2>/dev/null"))
		SKIP(return, "the kernel delays no packets");
	SCRIPT(GET(3), PUT(OPEN), GET(10), PUT(GRANTED), RELAY);
	for (i = 0; i < 4; i++) {
		c = i & 1 ? client(&self->proxy) : tls_socket(0, IPPROTO_TLS_1_2);
		if (!(i & 1))
			ASSERT_EQ(0, tls_setup_client(c));
		if (i & 2)
			ASSERT_EQ(0, tls_set_hostname(c, "wrong.test"));
		EXPECT_EQ(i & 2 ? -ECONNABORTED : 0, uring_connect(&ring, c, &self->addr)) {
			TH_LOG("%d", i);
		}
		if (!(i & 2)) {
			s = accept(self->l, NULL, NULL);
			EXPECT_TRUE(tls_can_talk(c, s));
			close(s);
		}
		close(c);
	}
	EXPECT_EQ(0, system("tc qdisc del dev lo root"));
	io_uring_queue_exit(&ring);
}
#endif

int main(int argc, char **argv)
{
	return tls_main(argc, argv, test_harness_run);
}
