// SPDX-License-Identifier: GPL-2.0
/*
 * The calls without prefix, on request: a program that uses them and nothing of
 * Zephyr's names, on sockets of the module, on its own, and on other descriptors.
 */
#define CONFIG_POSIX_API 1

#include <zephyr/net/socket.h>

#include <sys/stat.h>
#include <zsock/zsock.h>

#include "kselftest_harness.h"

/* Words of a program that are those of calls: they stay what they are. */
struct ops {
	int (*close)(int fd);
	int send;
};

static ssize_t own_recvfrom(void *obj, void *buf, size_t len, int flags,
			    struct sockaddr *from, socklen_t *fromlen)
{
	(void)obj;
	(void)flags;
	(void)from;
	(void)fromlen;
	memset(buf, 'r', len);
	return len;
}

static ssize_t own_read(void *obj, void *buf, size_t len)
{
	return own_recvfrom(obj, buf, len, 0, NULL, NULL);
}

static ssize_t own_write(void *obj, const void *buf, size_t len)
{
	(void)obj;
	(void)buf;
	return len + 100;
}

static int own_close(void *obj)
{
	*(int *)obj = 1;
	return 0;
}

static int own_ioctl(void *obj, unsigned int request, va_list ap)
{
	struct pollfd *p;

	(void)obj;
	if (request == ZFD_IOCTL_POLL_OFFLOAD) {
		p = va_arg(ap, struct pollfd *);
		p->revents = p->events;
		return 1;
	}
	return request == F_SETFL ? va_arg(ap, int) : (int)request;
}

static const struct socket_op_vtable own_table = {
	.fd_vtable = { { own_read }, { own_write }, { own_close }, own_ioctl },
	.recvfrom = own_recvfrom,
};

static bool is_ours(int fd)
{
	struct zsock_info info;

	return zsk_info(fd, &info) == 0;
}

TEST(tcp_by_posix_names)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	}, peer;
	socklen_t len = sizeof(addr), plen = sizeof(peer);
	int l = socket(AF_INET, SOCK_STREAM, 0), c, s, n, sv[2];
	struct iovec iov = { (void *)"iov", 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct timeval tv = { 1, 0 };
	struct pollfd p;
	fd_set set;
	char buf[8];

	ASSERT_LE(0, l);
	EXPECT_TRUE(is_ours(l));
	ASSERT_EQ(0, bind(l, (struct sockaddr *)&addr, len));
	ASSERT_EQ(0, listen(l, 1));
	ASSERT_EQ(0, getsockname(l, (struct sockaddr *)&addr, &len));
	c = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, connect(c, (struct sockaddr *)&addr, len));
	s = accept(l, (struct sockaddr *)&peer, &plen);
	ASSERT_LE(0, s);
	EXPECT_EQ(0, getpeername(c, (struct sockaddr *)&peer, &plen));
	EXPECT_EQ(addr.sin_port, peer.sin_port);
	EXPECT_EQ(2, write(c, "ab", 2));
	EXPECT_EQ(2, read(s, buf, 8));
	EXPECT_EQ(3, send(c, "abc", 3, 0));
	EXPECT_EQ(0, ioctl(s, FIONREAD, &n));
	EXPECT_EQ(3, recv(s, buf, 8, 0));
	EXPECT_EQ(1, sendto(c, "x", 1, 0, NULL, 0));
	EXPECT_EQ(1, recvfrom(s, buf, 8, 0, NULL, NULL));
	EXPECT_EQ(3, sendmsg(c, &msg, 0));
	iov.iov_base = buf;
	EXPECT_EQ(3, recvmsg(s, &msg, 0));
	p.fd = c;
	p.events = POLLOUT;
	EXPECT_EQ(1, poll(&p, 1, 1000));
	FD_ZERO(&set);
	FD_SET(c, &set);
	EXPECT_EQ(1, select(c + 1, NULL, &set, NULL, &tv));
	EXPECT_TRUE(FD_ISSET(c, &set));
	EXPECT_EQ(0, fcntl(c, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, recv(c, buf, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	n = 1;
	EXPECT_EQ(0, setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &n, sizeof(n)));
	len = sizeof(n);
	EXPECT_EQ(0, getsockopt(c, SOL_SOCKET, SO_DOMAIN, &n, &len));
	EXPECT_EQ(AF_INET, n);
	EXPECT_EQ(0, shutdown(c, SHUT_RDWR));
	EXPECT_EQ(0, close(c));
	EXPECT_EQ(0, close(s));
	EXPECT_EQ(0, close(l));
	EXPECT_EQ(-1, close(l));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_TRUE(is_ours(sv[0]));
}

TEST(names_by_posix_names)
{
	struct addrinfo hints = { .ai_protocol = IPPROTO_TLS_1_2, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *res;
	struct in_addr in;
	char buf[64];

	ASSERT_EQ(0, getaddrinfo("127.0.0.1", NULL, &hints, &res));
	EXPECT_EQ(IPPROTO_TLS_1_2, res->ai_protocol);
	EXPECT_EQ(0, getnameinfo(res->ai_addr, res->ai_addrlen, buf, sizeof(buf), NULL, 0,
				 NI_NUMERICHOST));
	freeaddrinfo(res);
	EXPECT_EQ(1, inet_pton(AF_INET, buf, &in));
	EXPECT_STREQ("127.0.0.1", inet_ntop(AF_INET, &in, buf, sizeof(buf)));
	EXPECT_EQ(0, gethostname(buf, sizeof(buf)));
	EXPECT_NE(NULL, gai_strerror(EAI_FAIL));
}

/* They reach what the program implements, and pointers to them do, too. */
TEST(own_by_posix_names)
{
	int closed = 0, fd = zvfs_alloc_fd(&closed, &own_table.fd_vtable);
	struct timeval tv = { 1, 0 };
	struct ops ops = { .close = close, .send = 5 };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	fd_set set;
	char buf[4];

	ASSERT_LE(0, fd);
	EXPECT_EQ(4, read(fd, buf, 4));
	EXPECT_EQ('r', buf[3]);
	EXPECT_EQ(104, write(fd, buf, 4));
	EXPECT_EQ(4, recv(fd, buf, 4, 0));
	EXPECT_EQ(77, fcntl(fd, F_SETFL, 77));
	EXPECT_EQ(F_GETFL, fcntl(fd, F_GETFL));
	EXPECT_EQ(0x1234, ioctl(fd, 0x1234, NULL));
	EXPECT_EQ(1, poll(&p, 1, 0));
	FD_ZERO(&set);
	FD_SET(fd, &set);
	EXPECT_EQ(1, select(fd + 1, &set, NULL, NULL, &tv));
	EXPECT_EQ(0, ops.close(fd));
	EXPECT_EQ(1, closed);
	EXPECT_EQ(5, ops.send);
}

TEST(other_descriptors)
{
	struct flock lock = { .l_type = F_WRLCK };
	char name[] = "/tmp/zephyr_posix.XXXXXX", c;
	int fd = mkstemp(name), p[2];
	struct stat st;

	ASSERT_LE(0, fd);
	unlink(name);
	EXPECT_EQ(1, write(fd, "x", 1));
	EXPECT_EQ(0, fcntl(fd, F_SETLK, &lock));
	EXPECT_EQ(0, fcntl(fd, F_SETFD, FD_CLOEXEC));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(1, st.st_size);
	EXPECT_EQ(0, close(fd));
	ASSERT_EQ(0, pipe(p));
	EXPECT_EQ(1, write(p[1], "y", 1));
	EXPECT_EQ(1, read(p[0], &c, 1));
	EXPECT_EQ('y', c);
	EXPECT_EQ(-1, recv(p[0], &c, 1, 0));
	EXPECT_EQ(ENOTSOCK, errno);
}

TEST_HARNESS_MAIN
