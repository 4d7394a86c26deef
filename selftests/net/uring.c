// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring: every operation on sockets, also as the first one on a fresh socket.
 */
#include "kselftest_harness.h"
#include "zs.h"

#ifdef HAVE_LIBURING
#include <errno.h>

#include "ring.h"

FIXTURE(uring) {
	struct io_uring ring;
};
ZS_VARIANTS(uring);

FIXTURE_SETUP(uring)
{
	int ret = io_uring_queue_init(16, &self->ring, 0);

	zs_auto_family = variant->family;
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring");
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN(uring)
{
	io_uring_queue_exit(&self->ring);
}

static struct io_uring_sqe *sqe(FIXTURE_DATA(uring) *self)
{
	return io_uring_get_sqe(&self->ring);
}

TEST_F(uring, connect_accept_send_recv)
{
	union zs_addr srv, peer;
	socklen_t len = sizeof(peer);
	int l, c, s, i, res[2];
	struct io_uring_cqe *cqe;
	char buf[16];

	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	io_uring_prep_accept(sqe(self), l, &peer.sa, &len, SOCK_CLOEXEC);
	struct io_uring_sqe *q = sqe(self);

	io_uring_prep_connect(q, c, &srv.sa, zs_len(variant->family));
	io_uring_sqe_set_data64(q, 1);
	io_uring_submit(&self->ring);
	for (i = 0; i < 2; i++) {
		struct __kernel_timespec ts = { 10, 0 };

		ASSERT_EQ(0, io_uring_wait_cqe_timeout(&self->ring, &cqe, &ts));
		res[cqe->user_data == 1] = cqe->res;
		io_uring_cqe_seen(&self->ring, cqe);
	}
	EXPECT_EQ(0, res[1]);
	s = res[0];
	ASSERT_GE(s, 0);
	EXPECT_EQ(variant->family, peer.sa.sa_family);

	io_uring_prep_send(sqe(self), c, "ring", 4, 0);
	EXPECT_EQ(4, ring_finish(&self->ring, NULL));
	io_uring_prep_recv(sqe(self), s, buf, sizeof(buf), 0);
	EXPECT_EQ(4, ring_finish(&self->ring, NULL));
	io_uring_prep_write(sqe(self), s, "back", 4, 0);
	EXPECT_EQ(4, ring_finish(&self->ring, NULL));
	io_uring_prep_read(sqe(self), c, buf, sizeof(buf), 0);
	EXPECT_EQ(4, ring_finish(&self->ring, NULL));
	io_uring_prep_shutdown(sqe(self), c, SHUT_WR);
	EXPECT_EQ(0, ring_finish(&self->ring, NULL));
	io_uring_prep_recv(sqe(self), s, buf, sizeof(buf), 0);
	EXPECT_EQ(0, ring_finish(&self->ring, NULL));
	io_uring_prep_close(sqe(self), c);
	EXPECT_EQ(0, ring_finish(&self->ring, NULL));
}

/* An event may come while there is no connection yet: the request waits on. */
TEST_F(uring, connect_often)
{
	union zs_addr srv;
	int l = zs_listener(variant->domain, variant->family, &srv), c, s, i;

	for (i = 0; i < 60; i++) {
		c = zs_socket(variant->domain, SOCK_STREAM, 0);
		io_uring_prep_connect(sqe(self), c, &srv.sa, zs_len(variant->family));
		ASSERT_EQ(0, ring_finish(&self->ring, NULL));
		s = accept(l, NULL, NULL);
		ASSERT_LE(0, s);
		close(c);
		close(s);
	}
}

TEST_F(uring, connect_refused)
{
	union zs_addr to;
	int c = zs_socket(variant->domain, SOCK_STREAM, 0);

	zs_closed_port(variant->family, SOCK_STREAM, &to);
	io_uring_prep_connect(sqe(self), c, &to.sa, zs_len(variant->family));
	EXPECT_EQ(-ECONNREFUSED, ring_finish(&self->ring, NULL));
}

/* A receive that has to wait is armed on the socket's wait queue. */
TEST_F(uring, recv_waits)
{
	char buf[4];
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	io_uring_prep_recv(sqe(self), fd[1], buf, 4, 0);
	io_uring_submit(&self->ring);
	zs_sleep_ms(10);
	ASSERT_EQ(2, send(fd[0], "ok", 2, 0));
	EXPECT_EQ(2, ring_finish(&self->ring, NULL));
}

TEST_F(uring, poll)
{
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	io_uring_prep_poll_add(sqe(self), fd[1], POLLIN);
	io_uring_submit(&self->ring);
	zs_sleep_ms(5);
	ASSERT_EQ(1, send(fd[0], "x", 1, 0));
	EXPECT_TRUE(ring_finish(&self->ring, NULL) & POLLIN);
}

/* Armed on a fresh socket, which is dispatched afterwards. */
TEST_F(uring, poll_before_dispatch)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, variant->family, 0);
	int fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	int c = zs_socket(variant->domain, SOCK_DGRAM, 0);

	io_uring_prep_poll_add(sqe(self), fd, POLLIN);
	io_uring_submit(&self->ring);
	ASSERT_EQ(0, bind(fd, &addr.sa, len));
	ASSERT_EQ(0, getsockname(fd, &addr.sa, &len));
	ASSERT_EQ(1, sendto(c, "x", 1, 0, &addr.sa, len));
	EXPECT_TRUE(ring_finish(&self->ring, NULL) & POLLIN);
}

/* A receive as the first call, which has to wait; the socket is bound meanwhile. */
TEST_F(uring, recv_before_bind)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, variant->family, 0);
	int fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	int c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	char buf[4];

	io_uring_prep_recv(sqe(self), fd, buf, 4, 0);
	io_uring_submit(&self->ring);
	ASSERT_EQ(0, bind(fd, &addr.sa, len));
	ASSERT_EQ(0, getsockname(fd, &addr.sa, &len));
	ASSERT_EQ(1, sendto(c, "x", 1, 0, &addr.sa, len));
	EXPECT_EQ(1, ring_finish(&self->ring, NULL));
}

TEST_F(uring, datagrams)
{
	union zs_addr srv, from;
	struct iovec iov = { "dgram", 5 }, in;
	char buf[16];
	struct msghdr out = {
		.msg_name = &srv, .msg_namelen = zs_len(variant->family),
		.msg_iov = &iov, .msg_iovlen = 1,
	}, msg = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &in, .msg_iovlen = 1,
	};
	int s, c;

	in = (struct iovec){ buf, sizeof(buf) };
	s = zs_udp_bound(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_DGRAM, 0);
	io_uring_prep_sendmsg(sqe(self), c, &out, 0);
	EXPECT_EQ(5, ring_finish(&self->ring, NULL));
	io_uring_prep_recvmsg(sqe(self), s, &msg, 0);
	EXPECT_EQ(5, ring_finish(&self->ring, NULL));
	EXPECT_EQ(variant->family, from.sa.sa_family);
	EXPECT_EQ(zs_len(variant->family), msg.msg_namelen);
}

/* A zero-copy send: the result, then a notification that the pages are free again. */
static void send_zc(struct __test_metadata *_metadata, FIXTURE_DATA(uring) *self, int tx, int rx)
{
	static char data[16384];
	unsigned int flags = 0;
	int ret;

	io_uring_prep_send_zc(sqe(self), tx, data, sizeof(data), 0, 0);
	ret = ring_finish(&self->ring, &flags);
	ASSERT_EQ(sizeof(data), ret);
	EXPECT_TRUE(flags & IORING_CQE_F_MORE);
	EXPECT_EQ(sizeof(data), recv(rx, data, sizeof(data), MSG_WAITALL));
	EXPECT_GE(ring_finish(&self->ring, &flags), 0);
	EXPECT_TRUE(flags & IORING_CQE_F_NOTIF);
}

TEST_F(uring, send_zc_stream)
{
	int fd[2];

	ASSERT_EQ(0, zs_tcp_pair(variant->domain, variant->family, fd));
	send_zc(_metadata, self, fd[0], fd[1]);
	send_zc(_metadata, self, fd[1], fd[0]);
}

TEST_F(uring, send_zc_datagram)
{
	int fd[2];

	ASSERT_EQ(0, zs_udp_pair(variant->domain, variant->family, fd));
	send_zc(_metadata, self, fd[0], fd[1]);
}

TEST_F(uring, send_zc_first)
{
	int c = zs_socket(variant->domain, SOCK_STREAM, 0);
	int ref = socket(variant->family, SOCK_STREAM, 0);
	unsigned int flags = 0;
	int expected;

	io_uring_prep_send_zc(sqe(self), ref, "x", 1, 0, 0);
	expected = ring_finish(&self->ring, &flags);
	if (flags & IORING_CQE_F_MORE)
		ring_finish(&self->ring, NULL);
	io_uring_prep_send_zc(sqe(self), c, "x", 1, 0, 0);
	EXPECT_EQ(expected, ring_finish(&self->ring, NULL));
}

TEST_F(uring, socket)
{
	int fd;

	io_uring_prep_socket(sqe(self), zs_family, SOCK_STREAM,
			     zs_is_zsock() ? ZSOCK_PROTO(variant->domain, 0) : 0, 0);
	fd = ring_finish(&self->ring, NULL);
	if (fd == -EINVAL)
		SKIP(return, "the kernel's io_uring makes no sockets");
	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, listen(fd, 1));
	EXPECT_EQ(1, zs_getint(fd, SOL_SOCKET, SO_ACCEPTCONN));
}

TEST_F(uring, multishot_accept)
{
	union zs_addr srv;
	unsigned int flags;
	int l, i;

	l = zs_listener(variant->domain, variant->family, &srv);
	io_uring_prep_multishot_accept(sqe(self), l, NULL, NULL, 0);
	io_uring_submit(&self->ring);
	for (i = 0; i < 3; i++) {
		ASSERT_GE(zs_tcp_connect(variant->domain, &srv), 0);
		EXPECT_GE(ring_finish(&self->ring, &flags), 0);
		EXPECT_TRUE(flags & IORING_CQE_F_MORE);
	}
}
#else
TEST(uring)
{
	SKIP(return, "built without liburing");
}
#endif

TEST_HARNESS_MAIN
