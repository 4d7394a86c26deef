// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets that the program itself implements: who is asked for one, that every
 * call gets to its table, and that nothing is taken away from below a call.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include <zephyr/kernel.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/socket_offload.h>
#include <zsock/zsock.h>

#include "kselftest_harness.h"

/* Protocols that the module has not: whose the socket is says the number. */
#define PROTO_EARLY	200
#define PROTO_LATE	201
#define PROTO_BOTH	202
#define PROTO_FAILS	203
#define PROTO_EMPTY	204
#define PROTO_POLLED	205

struct box {
	_Atomic int closed;
	_Atomic int inside;	/* calls under way */
	const char *maker;
	const char *last;
	char data[16];
	size_t len;
	bool nonblock;
	short ready;
	int asked;		/* through poll */
	int asked_with;		/* so many at once */
};

static struct box boxes[8], accepted;
static int nboxes;
static _Atomic int used_after_close;
/* A recv() of all waits for its end. */
static _Atomic bool held;

static struct box *enter(void *obj, const char *call)
{
	struct box *b = obj;

	b->inside++;
	if (b->closed)
		used_after_close++;
	b->last = call;
	return b;
}

#define LEAVE(b, ret) do { (b)->inside--; return ret; } while (0)

static const struct socket_op_vtable table, other_table;

static int new_fd(struct box *b, const struct socket_op_vtable *vtable)
{
	int fd = zvfs_reserve_fd();

	if (fd >= 0)
		zvfs_finalize_typed_fd(fd, b, &vtable->fd_vtable, ZVFS_MODE_IFSOCK);
	return fd;
}

static ssize_t box_read(void *obj, void *buf, size_t size)
{
	struct box *b = enter(obj, "read");

	(void)buf;
	LEAVE(b, (ssize_t)size);
}

static ssize_t box_write(void *obj, const void *buf, size_t size)
{
	struct box *b = enter(obj, "write");

	(void)buf;
	LEAVE(b, (ssize_t)size);
}

static int box_close(void *obj)
{
	struct box *b = obj;

	if (b->inside)
		used_after_close++;
	b->closed++;
	b->last = "close";
	errno = EIO;
	return b->data[0] == 'E' ? -1 : 0;
}

static int box_poll(struct box *b, struct zsock_pollfd *fds, int n)
{
	int ready = 0;

	b->asked++;
	b->asked_with = n;
	for (int i = 0; i < n; i++) {
		struct box *its = zvfs_get_fd_obj(fds[i].fd, NULL, 0);

		fds[i].revents = its ? its->ready & fds[i].events : POLLNVAL;
		ready += fds[i].revents != 0;
	}
	return ready;
}

static int box_ioctl(void *obj, unsigned int request, va_list args)
{
	struct box *b = enter(obj, "ioctl");
	struct zsock_pollfd *fds;
	int n, ms;

	switch (request) {
	case F_GETFL:
		LEAVE(b, b->nonblock ? O_NONBLOCK : 0);
	case F_SETFL:
		b->nonblock = va_arg(args, int) & O_NONBLOCK;
		LEAVE(b, 0);
	case ZFD_IOCTL_FIONREAD:
		*va_arg(args, int *) = b->len;
		LEAVE(b, 0);
	case ZFD_IOCTL_POLL_OFFLOAD:
		fds = va_arg(args, struct zsock_pollfd *);
		n = va_arg(args, int);
		ms = va_arg(args, int);
		if (!box_poll(b, fds, n) && ms > 0) {
			k_msleep(ms);
			box_poll(b, fds, n);
		}
		LEAVE(b, 0);
	}
	errno = ENOTTY;
	LEAVE(b, -1);
}

static int box_shutdown(void *obj, int how)
{
	LEAVE(enter(obj, "shutdown"), how == SHUT_RDWR ? 0 : -1);
}

static int box_bind(void *obj, const struct sockaddr *addr, socklen_t len)
{
	LEAVE(enter(obj, "bind"), addr && len == 3 ? 0 : -1);
}

static int box_connect(void *obj, const struct sockaddr *addr, socklen_t len)
{
	LEAVE(enter(obj, "connect"), addr && len == 3 ? 0 : -1);
}

static int box_listen(void *obj, int backlog)
{
	LEAVE(enter(obj, "listen"), backlog == 9 ? 0 : -1);
}

static int box_accept(void *obj, struct sockaddr *addr, socklen_t *len)
{
	(void)addr;
	(void)len;
	memset(&accepted, 0, sizeof(accepted));
	LEAVE(enter(obj, "accept"), new_fd(&accepted, &table));
}

static ssize_t box_sendto(void *obj, const void *buf, size_t len, int flags,
			  const struct sockaddr *to, socklen_t tolen)
{
	struct box *b = enter(obj, to ? "sendto" : "send");

	(void)flags;
	(void)tolen;
	b->len = MIN(len, sizeof(b->data));
	memcpy(b->data, buf, b->len);
	LEAVE(b, (ssize_t)b->len);
}

static ssize_t box_recvfrom(void *obj, void *buf, size_t len, int flags,
			    struct sockaddr *from, socklen_t *fromlen)
{
	struct box *b = enter(obj, from ? "recvfrom" : "recv");

	(void)fromlen;
	if (flags & MSG_WAITALL)
		do
			k_msleep(1);
		while (held);
	len = MIN(len, b->len);
	memcpy(buf, b->data, len);
	LEAVE(b, (ssize_t)len);
}

static int box_getsockopt(void *obj, int level, int name, void *val, socklen_t *len)
{
	(void)val;
	(void)len;
	LEAVE(enter(obj, "getsockopt"), level == 1 && name == SO_SOCKS5 ? 0 : -1);
}

static int box_setsockopt(void *obj, int level, int name, const void *val, socklen_t len)
{
	(void)val;
	LEAVE(enter(obj, "setsockopt"), level == 1 && name == SO_SOCKS5 && len == 4 ? 0 : -1);
}

static ssize_t box_sendmsg(void *obj, const struct msghdr *msg, int flags)
{
	(void)flags;
	LEAVE(enter(obj, "sendmsg"), (ssize_t)msg->msg_iovlen);
}

static ssize_t box_recvmsg(void *obj, struct msghdr *msg, int flags)
{
	(void)flags;
	LEAVE(enter(obj, "recvmsg"), (ssize_t)msg->msg_iovlen);
}

static int box_getpeername(void *obj, struct sockaddr *addr, socklen_t *len)
{
	(void)addr;
	(void)len;
	LEAVE(enter(obj, "getpeername"), 0);
}

static int box_getsockname(void *obj, struct sockaddr *addr, socklen_t *len)
{
	(void)addr;
	(void)len;
	LEAVE(enter(obj, "getsockname"), 0);
}

#define CALLS								\
	.fd_vtable = { { box_read }, { box_write }, { box_close }, box_ioctl }, \
	.shutdown = box_shutdown, .bind = box_bind, .connect = box_connect,	\
	.listen = box_listen, .accept = box_accept, .sendto = box_sendto,	\
	.recvfrom = box_recvfrom, .getsockopt = box_getsockopt,		\
	.setsockopt = box_setsockopt, .sendmsg = box_sendmsg,		\
	.recvmsg = box_recvmsg, .getpeername = box_getpeername,		\
	.getsockname = box_getsockname

static const struct socket_op_vtable table = { CALLS };
static const struct socket_op_vtable other_table = { CALLS };
static const struct socket_op_vtable empty_table;

static int make(const char *maker, int proto)
{
	struct box *b = &boxes[nboxes++ % ARRAY_SIZE(boxes)];

	if (proto == PROTO_FAILS) {
		errno = EMFILE;
		return -1;
	}
	memset(b, 0, sizeof(*b));
	b->maker = maker;
	return new_fd(b, proto == PROTO_EMPTY ? &empty_table :
			 proto == PROTO_POLLED ? &other_table : &table);
}

static int early_make(int family, int type, int proto)
{
	(void)family;
	(void)type;
	return make("early", proto);
}

static int second_make(int family, int type, int proto)
{
	(void)family;
	(void)type;
	return make("second", proto);
}

static int late_make(int family, int type, int proto)
{
	(void)family;
	(void)type;
	return make("late", proto);
}

static bool early_takes(int family, int type, int proto)
{
	return family == AF_INET && type == SOCK_DGRAM && proto >= PROTO_EARLY &&
	       proto <= PROTO_POLLED && proto != PROTO_LATE;
}

/* Whatever it is: but it is asked last. */
static bool late_takes(int family, int type, int proto)
{
	(void)proto;
	(void)type;
	return family == AF_INET;
}

NET_SOCKET_OFFLOAD_REGISTER(early, 10, AF_INET, early_takes, early_make);
NET_SOCKET_REGISTER(second, 10, AF_UNSPEC, early_takes, second_make);
NET_SOCKET_OFFLOAD_REGISTER(late, 60, AF_INET, late_takes, late_make);

static struct box *box_of(int fd)
{
	return zvfs_get_fd_obj(fd, NULL, 0);
}

static int open_box(int proto)
{
	return zsock_socket(AF_INET, SOCK_DGRAM, proto);
}

TEST(order)
{
	struct zsock_info info;
	int fd = open_box(PROTO_BOTH);

	/* The lower number first, and of equals the first that registered. */
	ASSERT_LE(0, fd);
	EXPECT_STREQ("early", box_of(fd)->maker);
	EXPECT_EQ(0, zsock_close(fd));
	/* The module first, then who comes after it. */
	fd = zsock_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	ASSERT_LE(0, fd);
	EXPECT_EQ(NULL, box_of(fd));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(0, zsk_info(fd, &info));
	zsock_close(fd);
	fd = open_box(PROTO_LATE);
	ASSERT_LE(0, fd);
	EXPECT_STREQ("late", box_of(fd)->maker);
	zsock_close(fd);
	/* A failure of who takes it is the answer. */
	EXPECT_EQ(-1, open_box(PROTO_FAILS));
	EXPECT_EQ(EMFILE, errno);
	/* Nobody: the module's error. */
	EXPECT_EQ(-1, zsock_socket(AF_INET6, SOCK_DGRAM, PROTO_LATE));
	EXPECT_EQ(EPROTONOSUPPORT, errno);
	EXPECT_EQ(-1, zsock_socket(41, SOCK_DGRAM, 0));
	EXPECT_EQ(EAFNOSUPPORT, errno);
}

TEST(registering)
{
	static struct net_socket_register again = {
		.name = "again", .prio = 99, .family = 41,
		.is_supported = late_takes, .handler = late_make,
	};
	struct net_socket_register bad = { .name = "bad" };

	EXPECT_EQ(-EINVAL, zsk_socket_register(NULL));
	EXPECT_EQ(-EINVAL, zsk_socket_register(&bad));
	EXPECT_EQ(0, zsk_socket_register(&again));
	EXPECT_EQ(-EALREADY, zsk_socket_register(&again));
}

static int call_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	int ret;

	va_start(ap, request);
	ret = zsock_ioctl(fd, request, ap);
	va_end(ap);
	return ret;
}

TEST(every_call)
{
	struct iovec iov[2] = { { 0 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	struct sockaddr_storage ss = { 0 };
	struct sockaddr *sa = net_sad(&ss);
	int fd = open_box(PROTO_EARLY), n = 0, other;
	struct box *b = box_of(fd);
	socklen_t len = 4;
	char buf[8];

	ASSERT_LE(0, fd);
#define CALL(ret, name, call) do {						\
		EXPECT_EQ(ret, call);						\
		EXPECT_STREQ(name, b->last);					\
	} while (0)
	CALL(0, "bind", zsock_bind(fd, sa, 3));
	CALL(0, "connect", zsock_connect(fd, sa, 3));
	CALL(0, "listen", zsock_listen(fd, 9));
	CALL(5, "send", zsock_send(fd, "hello", 5, 0));
	CALL(5, "recv", zsock_recv(fd, buf, 8, 0));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	CALL(2, "sendto", zsock_sendto(fd, "xy", 2, 0, sa, 3));
	CALL(2, "recvfrom", zsock_recvfrom(fd, buf, 8, 0, sa, &len));
	CALL(2, "sendmsg", zsock_sendmsg(fd, &msg, 0));
	CALL(2, "recvmsg", zsock_recvmsg(fd, &msg, 0));
	CALL(0, "getsockopt", zsock_getsockopt(fd, SOL_SOCKET, SO_SOCKS5, buf, &len));
	CALL(0, "setsockopt", zsock_setsockopt(fd, SOL_SOCKET, SO_SOCKS5, buf, 4));
	CALL(0, "getpeername", zsock_getpeername(fd, sa, &len));
	CALL(0, "getsockname", zsock_getsockname(fd, sa, &len));
	CALL(0, "shutdown", zsock_shutdown(fd, SHUT_RDWR));
	CALL(0, "ioctl", zsock_fcntl(fd, F_SETFL, O_NONBLOCK));
	CALL(O_NONBLOCK, "ioctl", zsock_fcntl(fd, F_GETFL, 0));
	CALL(0, "ioctl", call_ioctl(fd, ZFD_IOCTL_FIONREAD, &n));
	EXPECT_EQ(2, n);
	EXPECT_EQ(-1, call_ioctl(fd, 12345, &n));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(b, zsock_get_context_object(fd));
	other = zsock_accept(fd, NULL, NULL);
	EXPECT_STREQ("accept", b->last);
	ASSERT_LE(0, other);
	EXPECT_EQ(&accepted, box_of(other));
	EXPECT_EQ(0, zsock_close(other));
	EXPECT_EQ(1, accepted.closed);
	EXPECT_EQ(0, zsock_close(fd));
	EXPECT_EQ(1, b->closed);
	EXPECT_EQ(-1, zsock_close(fd));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(1, b->closed);
}

/* What close() of the table says is what the caller gets. */
TEST(close_fails)
{
	int fd = open_box(PROTO_EARLY);

	box_of(fd)->data[0] = 'E';
	EXPECT_EQ(-1, zsock_close(fd));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, zsock_close(fd));
	EXPECT_EQ(EBADF, errno);
}

TEST(what_the_table_lacks)
{
	struct zsock_pollfd p;
	int fd = open_box(PROTO_EMPTY);
	struct msghdr msg = { 0 };
	socklen_t len = 0;
	char c = 0;

	ASSERT_LE(0, fd);
#define LACKS(call) do { errno = 0; EXPECT_EQ(-1, call); EXPECT_EQ(EOPNOTSUPP, errno); } while (0)
	LACKS(zsock_shutdown(fd, 0));
	LACKS(zsock_bind(fd, NULL, 0));
	LACKS(zsock_connect(fd, NULL, 0));
	LACKS(zsock_listen(fd, 1));
	LACKS(zsock_accept(fd, NULL, NULL));
	LACKS(zsock_send(fd, &c, 1, 0));
	LACKS(zsock_sendto(fd, &c, 1, 0, NULL, 0));
	LACKS(zsock_sendmsg(fd, &msg, 0));
	LACKS(zsock_recv(fd, &c, 1, 0));
	LACKS(zsock_recvfrom(fd, &c, 1, 0, NULL, NULL));
	LACKS(zsock_recvmsg(fd, &msg, 0));
	LACKS(zsock_getsockopt(fd, 1, 1, &c, &len));
	LACKS(zsock_setsockopt(fd, 1, 1, &c, 1));
	LACKS(zsock_getpeername(fd, NULL, NULL));
	LACKS(zsock_getsockname(fd, NULL, NULL));
	LACKS(zsock_fcntl(fd, F_GETFL, 0));
	LACKS(call_ioctl(fd, FIONREAD, &c));
	p.fd = fd;
	p.events = POLLIN;
	EXPECT_EQ(1, zsock_poll(&p, 1, 0));
	EXPECT_EQ(POLLNVAL, p.revents);
	EXPECT_EQ(0, zsock_close(fd));
}

/* ---- descriptors ---- */

TEST(descriptors)
{
	static int obj;
	int fd = zvfs_reserve_fd(), other;
	struct rlimit limit = { 0, 0 };
	char c;

	/* It is a number of the process, with which the kernel does nothing. */
	ASSERT_LE(0, fd);
	EXPECT_NE(-1, fcntl(fd, F_GETFD));
	EXPECT_EQ(-1, read(fd, &c, 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(NULL, zvfs_get_fd_obj(fd, NULL, 0));
	EXPECT_EQ(-1, zsock_close(fd));
	EXPECT_EQ(EBADF, errno);
	zvfs_finalize_fd(fd, &obj, &table.fd_vtable);
	/* Once only. */
	zvfs_finalize_fd(fd, &limit, &other_table.fd_vtable);
	EXPECT_EQ(&obj, zvfs_get_fd_obj(fd, NULL, 0));
	EXPECT_EQ(&obj, zvfs_get_fd_obj(fd, &table.fd_vtable, EPERM));
	EXPECT_EQ(NULL, zvfs_get_fd_obj(fd, &other_table.fd_vtable, EPERM));
	EXPECT_EQ(EPERM, errno);
	/* Given back, not closed: nobody asks the table. */
	zvfs_free_fd(fd);
	EXPECT_EQ(NULL, zvfs_get_fd_obj(fd, NULL, 0));
	EXPECT_EQ(-1, fcntl(fd, F_GETFD));
	other = zvfs_reserve_fd();
	EXPECT_EQ(fd, other);
	/* One that was closed past the library is not given out again. */
	close(other);
	other = zvfs_reserve_fd();
	EXPECT_EQ(fd + 1, other);
	zvfs_free_fd(other);
	EXPECT_EQ(-1, fcntl(other, F_GETFD));
	EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-1, zvfs_reserve_fd());
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(-1, zvfs_alloc_fd(&obj, &table.fd_vtable));
}

/* ---- waiting ---- */

TEST(poll_one_table)
{
	struct zsock_pollfd fds[3] = {
		{ .fd = open_box(PROTO_EARLY), .events = POLLIN },
		{ .fd = -1 },
		{ .fd = open_box(PROTO_EARLY), .events = POLLOUT },
	};
	struct box *a = box_of(fds[0].fd), *b = box_of(fds[2].fd);
	int64_t begin = k_uptime_get();

	/* It waits by itself. */
	EXPECT_EQ(0, zsock_poll(fds, 1, 30));
	EXPECT_LE(30, k_uptime_get() - begin);
	EXPECT_EQ(2, a->asked);
	b->ready = POLLOUT;
	a->asked = 0;
	EXPECT_EQ(1, zsock_poll(fds, 3, 1000));
	EXPECT_EQ(0, fds[0].revents);
	EXPECT_EQ(0, fds[1].revents);
	EXPECT_EQ(POLLOUT, fds[2].revents);
	/* Both at once. */
	EXPECT_EQ(2, a->asked_with);
	EXPECT_EQ(0, b->asked);
	zsock_close(fds[0].fd);
	zsock_close(fds[2].fd);
}

static void *make_ready(void *arg)
{
	struct box *b = arg;

	k_msleep(50);
	b->ready = POLLIN;
	return NULL;
}

static void *write_one(void *arg)
{
	k_msleep(50);
	zsock_send(*(int *)arg, "x", 1, 0);
	return NULL;
}

TEST(poll_mixture)
{
	struct zsock_pollfd fds[40];
	int64_t begin = k_uptime_get();
	pthread_t thread;
	int sv[2], ret;

	ASSERT_EQ(0, zsock_socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = (struct zsock_pollfd) { .fd = -1 };
	fds[3] = (struct zsock_pollfd) { .fd = open_box(PROTO_EARLY), .events = POLLIN };
	fds[5] = (struct zsock_pollfd) { .fd = sv[0], .events = POLLIN };
	fds[7] = (struct zsock_pollfd) { .fd = open_box(PROTO_POLLED), .events = POLLIN };
	/* Few and many. */
	for (int n = 8; n <= 40; n += 32) {
		begin = k_uptime_get();
		EXPECT_EQ(0, zsock_poll(fds, n, 0));
		EXPECT_EQ(0, zsock_poll(fds, n, 40));
		EXPECT_LE(40, k_uptime_get() - begin);
		pthread_create(&thread, NULL, make_ready, box_of(fds[7].fd));
		ret = zsock_poll(fds, n, -1);
		EXPECT_EQ(1, ret);
		EXPECT_EQ(POLLIN, fds[7].revents);
		EXPECT_EQ(0, fds[3].revents);
		EXPECT_EQ(0, fds[5].revents);
		pthread_join(thread, NULL);
		box_of(fds[7].fd)->ready = 0;
		pthread_create(&thread, NULL, write_one, &sv[1]);
		ret = zsock_poll(fds, n, 60000);
		EXPECT_EQ(1, ret);
		EXPECT_EQ(POLLIN, fds[5].revents);
		EXPECT_EQ(0, fds[7].revents);
		pthread_join(thread, NULL);
		EXPECT_EQ(1, zsock_recv(sv[0], &ret, 1, 0));
	}
	box_of(fds[3].fd)->ready = POLLIN;
	zsock_send(sv[1], "x", 1, 0);
	EXPECT_EQ(2, zsock_poll(fds, 8, -1));
	/* With an own socket around, others still are as ever. */
	fds[3].fd = -1;
	fds[7].fd = 12345;
	EXPECT_EQ(2, zsock_poll(fds, 8, -1));
	EXPECT_EQ(POLLNVAL, fds[7].revents);
}

TEST(select_with_own)
{
	struct zsock_timeval tv = { 0, 20000 }, bad = { 0, -1 };
	int fd = open_box(PROTO_EARLY), sv[2];
	zsock_fd_set r, w;

	ASSERT_EQ(0, zsock_socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ZSOCK_FD_ZERO(&r);
	ZSOCK_FD_ZERO(&w);
	ZSOCK_FD_SET(fd, &r);
	ZSOCK_FD_SET(sv[0], &r);
	EXPECT_EQ(0, zsock_select(sv[1] + 1, &r, NULL, NULL, &tv));
	EXPECT_EQ(20000, tv.tv_usec);
	EXPECT_FALSE(ZSOCK_FD_ISSET(fd, &r));
	ZSOCK_FD_SET(fd, &r);
	ZSOCK_FD_SET(sv[1], &w);
	box_of(fd)->ready = POLLIN;
	EXPECT_EQ(2, zsock_select(sv[1] + 1, &r, &w, NULL, NULL));
	EXPECT_TRUE(ZSOCK_FD_ISSET(fd, &r));
	EXPECT_TRUE(ZSOCK_FD_ISSET(sv[1], &w));
	ZSOCK_FD_SET(900, &r);
	EXPECT_EQ(-1, zsock_select(901, &r, NULL, NULL, NULL));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, zsock_select(5, &r, NULL, NULL, &bad));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, zsock_select(ZSOCK_FD_SETSIZE + 1, &r, NULL, NULL, &tv));
	EXPECT_EQ(EINVAL, errno);
}

/* ---- threads ---- */

struct run {
	_Atomic int fd;
	_Atomic bool stop;
	_Atomic long closes, calls;
};

static void *caller(void *arg)
{
	struct run *run = arg;
	char buf[8];

	while (!run->stop) {
		struct zsock_pollfd p = { .fd = run->fd, .events = POLLIN };

		zsock_send(run->fd, "abc", 3, 0);
		zsock_recv(run->fd, buf, 1, MSG_WAITALL);
		zsock_poll(&p, 1, 0);
		run->calls++;
	}
	return NULL;
}

static void *closer(void *arg)
{
	struct run *run = arg;

	while (!run->stop) {
		if (!zsock_close(run->fd))
			run->closes++;
		k_usleep(200);
	}
	return NULL;
}

/*
 * Calls, closes and new sockets at once. No box is used after its close() or
 * closed twice, however many try. (A late close() may hit a number that is not yet
 * the next socket, as with every other descriptor: then there are more of them.)
 */
TEST(races)
{
	struct run run = { .fd = -1 };
	pthread_t threads[6];
	long opened = 0, ended = 0;
	static struct box all[4000];
	int64_t end = k_uptime_get() + 2000;
	struct rlimit files = { ARRAY_SIZE(all) + 100, ARRAY_SIZE(all) + 100 };

	/* Those that close them need not keep up. */
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	for (int i = 0; i < 6; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, i < 4 ? caller : closer, &run));
	/* Not on a machine that stood still all the time. */
	while ((k_uptime_get() < end || run.closes < 50 || run.calls < 50) &&
	       opened < (long)ARRAY_SIZE(all)) {
		int fd = new_fd(&all[opened], &table);

		/* Such a close() came while it was looked for. */
		if (fd < 0) {
			ASSERT_EQ(EBADF, errno);
			continue;
		}
		opened++;
		run.fd = fd;
		k_usleep(300);
	}
	run.stop = true;
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	for (long i = 0; i < opened; i++) {
		EXPECT_GE(1, all[i].closed);
		ended += all[i].closed;
	}
	EXPECT_EQ(0, used_after_close);
	EXPECT_GE(run.closes, ended);
	EXPECT_LT(10, ended);
	EXPECT_LT(10, run.calls);
}

/* A call that is under way has its socket to the end; the last one closes it. */
static void *long_recv(void *arg)
{
	char buf[100];

	zsock_recv(*(int *)arg, buf, 100, MSG_WAITALL);
	return NULL;
}

TEST(close_waits_for_calls)
{
	int fd = open_box(PROTO_EARLY);
	struct box *b = box_of(fd);
	pthread_t thread;

	held = true;
	ASSERT_EQ(0, pthread_create(&thread, NULL, long_recv, &fd));
	while (!b->inside)
		k_usleep(100);
	EXPECT_EQ(0, zsock_close(fd));
	EXPECT_EQ(0, b->closed);
	EXPECT_EQ(-1, zsock_send(fd, "x", 1, 0));
	EXPECT_EQ(EBADF, errno);
	held = false;
	pthread_join(thread, NULL);
	EXPECT_EQ(1, b->closed);
	EXPECT_EQ(0, used_after_close);
	EXPECT_EQ(-1, fcntl(fd, F_GETFD));
}

/* ---- a resolver ---- */

static int freed;

static int own_getaddrinfo(const char *node, const char *service,
			   const struct zsock_addrinfo *hints, struct zsock_addrinfo **res)
{
	static struct zsock_addrinfo answer;

	(void)service;
	(void)hints;
	*res = &answer;
	return strcmp(node, "known") ? EAI_NONAME : 0;
}

static void own_freeaddrinfo(struct zsock_addrinfo *res)
{
	freed += res != NULL;
}

TEST(resolver)
{
	static const struct socket_dns_offload ops = { own_getaddrinfo, own_freeaddrinfo }, other;
	struct zsock_addrinfo *res;

	EXPECT_FALSE(socket_offload_dns_is_enabled());
	EXPECT_EQ(-EINVAL, socket_offload_dns_deregister(&ops));
	socket_offload_dns_register(&ops);
	EXPECT_TRUE(socket_offload_dns_is_enabled());
	EXPECT_EQ(0, zsock_getaddrinfo("known", NULL, NULL, &res));
	zsock_freeaddrinfo(res);
	EXPECT_EQ(1, freed);
	EXPECT_EQ(EAI_NONAME, zsock_getaddrinfo("127.0.0.1", NULL, NULL, &res));
	socket_offload_dns_enable(false);
	EXPECT_FALSE(socket_offload_dns_is_enabled());
	EXPECT_EQ(0, zsock_getaddrinfo("127.0.0.1", NULL, NULL, &res));
	zsock_freeaddrinfo(res);
	EXPECT_EQ(1, freed);
	socket_offload_dns_enable(true);
	EXPECT_EQ(-EINVAL, socket_offload_dns_deregister(&other));
	EXPECT_EQ(-EINVAL, socket_offload_dns_deregister(NULL));
	EXPECT_EQ(0, socket_offload_dns_deregister(&ops));
	EXPECT_FALSE(socket_offload_dns_is_enabled());
}

TEST_HARNESS_MAIN
