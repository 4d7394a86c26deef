// SPDX-License-Identifier: GPL-2.0
/* The in-kernel API: its calls and their errors. */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/pkt_sched.h>
#include <linux/sched/signal.h>
#include <linux/tcp.h>
#include <net/tcp.h>
#include <net/inet_sock.h>

#include <asm/ioctls.h>
#include <linux/sockios.h>

#include "kpi.h"

/* ---- making ---- */

static int kpi_try(int domain, int type, int protocol)
{
	struct zsock_socket *so;
	int err;

	err = zsock_socket(&init_net, domain, type, protocol, NULL, NULL, &so);
	if (!err)
		zsock_close(so);
	return err;
}

static void kpi_socket(struct kunit *test)
{
	struct zsock_socket *so;
	int domain, type, protocol;

	KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT, kpi_try(-1, SOCK_STREAM, 0));
	KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT, kpi_try(AF_MAX, SOCK_STREAM, 0));
	KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT, kpi_try(AF_UNIX, SOCK_STREAM, 0));
	KUNIT_EXPECT_EQ(test, -ESOCKTNOSUPPORT, kpi_try(0, SOCK_RDM, 0));
	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT, kpi_try(0, SOCK_STREAM, 4711));
	KUNIT_EXPECT_EQ(test, -EINVAL, kpi_try(0, SOCK_STREAM, -1));
	KUNIT_EXPECT_EQ(test, -EINVAL, kpi_try(0, SOCK_STREAM, 65536));
	KUNIT_EXPECT_EQ(test, 0, kpi_try(AF_INET6, SOCK_DGRAM, 0));

	so = kpi_open(test, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	KUNIT_EXPECT_TRUE(test, zsock_isnonblocking(so));
	KUNIT_EXPECT_TRUE(test, zsock_iskernel(so));
	KUNIT_EXPECT_FALSE(test, zsock_isconnected(so));
	KUNIT_EXPECT_EQ(test, 0, zsock_gettype(so, &domain, &type, &protocol));
	KUNIT_EXPECT_EQ(test, AF_INET, domain);
	KUNIT_EXPECT_EQ(test, SOCK_STREAM, type);
	KUNIT_EXPECT_EQ(test, IPPROTO_TCP, protocol);
	KUNIT_EXPECT_EQ(test, 0, zsock_gettype(so, NULL, NULL, NULL));
	zsock_close(NULL);
}

static void kpi_retain(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	char c;

	zsock_retain(pair.server);
	kpi_close(test, pair.server);
	/* It is open. */
	KUNIT_EXPECT_EQ(test, 1, kpi_send(pair.server, "x", 1, 0));
	KUNIT_EXPECT_EQ(test, 1, kpi_receive(pair.client, &c, 1, 0));
	zsock_release(pair.server);
	KUNIT_EXPECT_EQ(test, 0, kpi_receive(pair.client, &c, 1, 0));
}

/* A descriptor for a socket that a test made. */
static int kpi_fd(struct kunit *test, int family)
{
	struct socket *sock;
	struct file *file;
	int fd;

	KUNIT_ASSERT_EQ(test, 0, __sock_create(&init_net, family, SOCK_STREAM,
					       0, &sock, 0));
	file = sock_alloc_file(sock, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	fd = get_unused_fd_flags(0);
	KUNIT_ASSERT_GE(test, fd, 0);
	fd_install(fd, file);
	return fd;
}

static void kpi_from_fd(struct kunit *test)
{
	struct zsock_socket *so = NULL, *c, *s;
	struct sockaddr_in addr;
	int fd;

	KUNIT_EXPECT_EQ(test, -EBADF, zsock_socket_from_fd(-1, &so));
	fd = kpi_fd(test, AF_INET);
	KUNIT_EXPECT_EQ(test, -EAFNOSUPPORT, zsock_socket_from_fd(fd, &so));
	close_fd(fd);

	fd = kpi_fd(test, zsock_family());
	KUNIT_ASSERT_EQ(test, 0, zsock_socket_from_fd(fd, &so));
	KUNIT_EXPECT_FALSE(test, zsock_iskernel(so));
	KUNIT_EXPECT_FALSE(test, zsock_isnonblocking(so));
	/* The program is done with it. */
	close_fd(fd);
	addr = kpi_bind(test, so);
	KUNIT_EXPECT_EQ(test, 0, zsock_listen(so, 1));
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(so, NULL, 0, 0, NULL, NULL, &s));
	KUNIT_EXPECT_FALSE(test, zsock_iskernel(s));
	zsock_close(s);
	zsock_release(so);
	flush_delayed_fput();
	/* Nobody listens there any more. */
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED, kpi_connect(c, &addr, 0));
}

/* ---- names ---- */

static void kpi_names(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in got = { };
	struct sockaddr *addr;

	KUNIT_EXPECT_EQ(test, -ENOTCONN,
			zsock_getpeername(so, (struct sockaddr *)&got,
					  sizeof(got)));
	KUNIT_EXPECT_EQ(test, -ENOTCONN, zsock_getaddr(so, &addr, true));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_getsockname(so, (struct sockaddr *)&got, -1));
	KUNIT_EXPECT_EQ(test, 0,
			zsock_getpeername(pair.client, (struct sockaddr *)&got,
					  sizeof(got)));
	KUNIT_EXPECT_EQ(test, 0, memcmp(&got, &pair.addr, sizeof(got)));
	/* What does not fit is cut off. */
	memset(&got, 0xa5, sizeof(got));
	KUNIT_EXPECT_EQ(test, 0,
			zsock_getpeername(pair.client, (struct sockaddr *)&got,
					  2));
	KUNIT_EXPECT_EQ(test, AF_INET, got.sin_family);
	KUNIT_EXPECT_EQ(test, 0xa5a5, (__force u16)got.sin_port);
	KUNIT_ASSERT_EQ(test, 0, zsock_getaddr(pair.server, &addr, false));
	KUNIT_EXPECT_EQ(test, 0, memcmp(addr, &pair.addr, sizeof(got)));
	zsock_freeaddr(addr);
	zsock_freeaddr(NULL);
}

/* ---- connecting ---- */

static void kpi_bind_errors(struct kunit *test)
{
	struct zsock_socket *a = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	struct zsock_socket *b = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in addr = kpi_bind(test, a);
	struct sockaddr *to = (struct sockaddr *)&addr;

	KUNIT_EXPECT_EQ(test, -EADDRINUSE, zsock_bind(b, to, sizeof(addr)));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_bind(b, to, -1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_bind(b, to, 4096));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_bind(b, to, 3));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_bind(a, to, sizeof(addr)));
}

static void kpi_connect_ways(struct kunit *test)
{
	struct zsock_socket *l, *so;
	struct sockaddr_in addr;

	l = kpi_listen(test, 4, &addr);
	so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, kpi_connect(so, &addr, MSG_PEEK));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_connect(so, (struct sockaddr *)&addr, -1, 0));
	KUNIT_EXPECT_EQ(test, -ENOTCONN, zsock_connectwait(so, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_connectwait(so, -1));
	KUNIT_EXPECT_EQ(test, -EINPROGRESS,
			kpi_connect(so, &addr, MSG_DONTWAIT));
	KUNIT_EXPECT_EQ(test, 0, zsock_connectwait(so, 20 * HZ));
	KUNIT_EXPECT_TRUE(test, zsock_isconnected(so));
	/* It is, for whoever asks later. */
	KUNIT_EXPECT_EQ(test, 0, zsock_connectwait(so, 0));
	KUNIT_EXPECT_EQ(test, -EISCONN, kpi_connect(so, &addr, 0));

	kpi_close(test, l);
	so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS,
			kpi_connect(so, &addr, MSG_DONTWAIT));
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED, zsock_connectwait(so, 20 * HZ));
	KUNIT_EXPECT_EQ(test, -ENOTCONN, zsock_connectwait(so, 0));
	so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED, kpi_connect(so, &addr, 0));
}

/* Nobody answers where the listener's queue is full. */
static void kpi_connectwait_time(struct kunit *test)
{
	struct zsock_socket *so[3];
	struct sockaddr_in addr;
	unsigned long begun;
	int i;

	kpi_listen(test, 0, &addr);
	for (i = 0; i < ARRAY_SIZE(so); i++) {
		so[i] = kpi_open(test, AF_INET, SOCK_STREAM, 0);
		kpi_connect(so[i], &addr, MSG_DONTWAIT);
	}
	begun = jiffies;
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, zsock_connectwait(so[2], HZ / 5));
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, begun + HZ / 5));
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, zsock_connectwait(so[2], 0));
	KUNIT_EXPECT_EQ(test, -EALREADY, kpi_connect(so[2], &addr,
						     MSG_DONTWAIT));
}

static int kpi_refuse(struct zsock_socket *so, void *cookie)
{
	struct zsock_socket **listener = cookie;

	*listener = zsock_getlistener(so);
	return -EPERM;
}

static int kpi_attach(struct zsock_socket *so, void *cookie)
{
	struct zsock_socket **listener = cookie;

	*listener = zsock_getlistener(so);
	return 0;
}

struct kpi_asker {
	struct zsock_socket	*so;
	bool			begun;
	int			ret;
};

static int kpi_ask(void *data)
{
	struct kpi_asker *asker = data;

	WRITE_ONCE(asker->begun, true);
	asker->ret = zsock_connectwait(asker->so, 20 * HZ);
	return 0;
}

/* Of several who ask one is told why, and none has it connect once more. */
static void kpi_connectwait_many(struct kunit *test)
{
	struct task_struct *task[4];
	struct kpi_asker asker[4];
	struct sockaddr_in addr;
	struct zsock_socket *so;
	int i, round, told;

	so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	addr = kpi_bind(test, so);
	for (round = 0; round < 10; round++) {
		so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
		KUNIT_EXPECT_EQ(test, -EINPROGRESS,
				kpi_connect(so, &addr, MSG_DONTWAIT));
		for (i = 0; i < ARRAY_SIZE(task); i++) {
			asker[i].so = so;
			asker[i].begun = false;
			task[i] = kthread_create(kpi_ask, &asker[i], "kpi_ask");
			KUNIT_ASSERT_FALSE(test, IS_ERR(task[i]));
			get_task_struct(task[i]);
			wake_up_process(task[i]);
		}
		for (told = 0, i = 0; i < ARRAY_SIZE(task); i++) {
			/* One that has not begun would not be run. */
			while (!READ_ONCE(asker[i].begun))
				usleep_range(1000, 2000);
			kthread_stop_put(task[i]);
			told += asker[i].ret == -ECONNREFUSED;
			if (asker[i].ret != -ECONNREFUSED)
				KUNIT_EXPECT_EQ(test, -ENOTCONN, asker[i].ret);
		}
		KUNIT_EXPECT_EQ(test, 1, told);
		KUNIT_EXPECT_EQ(test, -ENOTCONN, zsock_connectwait(so, 0));
		kpi_close(test, so);
	}
}

static void kpi_accept(struct kunit *test)
{
	struct zsock_socket *l, *c, *s = NULL, *seen = NULL;
	struct sockaddr_in addr, from = { };
	char b;

	l = kpi_listen(test, 4, &addr);
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_accept(c, NULL, 0, MSG_DONTWAIT, NULL, NULL, &s));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_accept(l, NULL, 0, MSG_PEEK, NULL, NULL, &s));
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			zsock_accept(l, NULL, 0, MSG_DONTWAIT, NULL, NULL, &s));
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	KUNIT_ASSERT_EQ(test, 0,
			zsock_accept(l, (struct sockaddr *)&from, sizeof(from),
				     MSG_DONTWAIT, NULL, NULL, &s));
	kpi_own(test, s);
	KUNIT_EXPECT_EQ(test, AF_INET, from.sin_family);
	KUNIT_EXPECT_NE(test, 0, from.sin_port);
	KUNIT_EXPECT_TRUE(test, zsock_isconnected(s));
	KUNIT_EXPECT_TRUE(test, zsock_iskernel(s));
	KUNIT_EXPECT_NULL(test, zsock_getlistener(s));

	/* An attach function sees whose it is, and may be against it. */
	KUNIT_EXPECT_EQ(test, 0, zsock_setattach(l, kpi_attach, &seen));
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(l, NULL, 0, 0, NULL, NULL, &s));
	kpi_own(test, s);
	KUNIT_EXPECT_PTR_EQ(test, l, seen);
	KUNIT_EXPECT_NULL(test, zsock_getlistener(s));
	seen = NULL;
	KUNIT_EXPECT_EQ(test, 0, zsock_setattach(l, kpi_refuse, &seen));
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	KUNIT_EXPECT_EQ(test, -EPERM,
			zsock_accept(l, NULL, 0, 0, NULL, NULL, &s));
	KUNIT_EXPECT_PTR_EQ(test, l, seen);
	KUNIT_EXPECT_EQ(test, 0, kpi_receive(c, &b, 1, 0));
}

static void kpi_shutdown(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	char c;

	KUNIT_EXPECT_EQ(test, -ENOTCONN, zsock_shutdown(so, SHUT_RDWR));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_shutdown(pair.client, 5));
	KUNIT_EXPECT_EQ(test, 0, zsock_shutdown(pair.client, SHUT_WR));
	KUNIT_EXPECT_EQ(test, -EPIPE, kpi_send(pair.client, "x", 1, 0));
	KUNIT_EXPECT_EQ(test, 0, kpi_receive(pair.server, &c, 1, 0));
	/* The other direction is open. */
	KUNIT_EXPECT_EQ(test, 1, kpi_send(pair.server, "y", 1, 0));
	KUNIT_EXPECT_EQ(test, 1, kpi_receive(pair.client, &c, 1, 0));
	KUNIT_EXPECT_TRUE(test, zsock_isconnected(pair.client));
}

/* ---- data ---- */

static void kpi_stream(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	char buf[8];
	size_t n;

	KUNIT_EXPECT_EQ(test, -EAGAIN,
			kpi_receive(pair.server, buf, 8, MSG_DONTWAIT));
	KUNIT_EXPECT_EQ(test, 5, kpi_send(pair.client, "hello", 5, 0));
	KUNIT_EXPECT_EQ(test, 5, kpi_receive(pair.server, buf, 8, MSG_PEEK));
	KUNIT_EXPECT_EQ(test, 5, kpi_receive(pair.server, buf, 8, 0));
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, "hello", 5));
	n = kpi_fill(test, pair.client);
	KUNIT_EXPECT_EQ(test, n, kpi_drain(test, pair.server, n));
	kpi_close(test, pair.client);
	KUNIT_EXPECT_EQ(test, 0, kpi_receive(pair.server, buf, 8, 0));
}

static void kpi_dgram(struct kunit *test)
{
	struct zsock_socket *a = kpi_open(test, AF_INET, SOCK_DGRAM, 0);
	struct zsock_socket *b = kpi_open(test, AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in addr = kpi_bind(test, a);
	struct sockaddr_storage from = { };
	char buf[4] = "ping";
	struct kvec vec = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr msg = { .msg_name = &addr, .msg_namelen = sizeof(addr) };
	size_t n;

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, 4);
	KUNIT_EXPECT_EQ(test, 0, zsock_send(b, &msg, 0, NULL));
	vec.iov_len = 2;
	msg.msg_name = &from;
	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, 2);
	KUNIT_EXPECT_EQ(test, 0, zsock_receive(a, &msg, 0, &n));
	KUNIT_EXPECT_EQ(test, 2, n);
	KUNIT_EXPECT_TRUE(test, msg.msg_flags & MSG_TRUNC);
	KUNIT_EXPECT_EQ(test, AF_INET, from.ss_family);
	KUNIT_EXPECT_EQ(test, (int)sizeof(addr), msg.msg_namelen);
	/* To nobody. */
	KUNIT_EXPECT_EQ(test, -EDESTADDRREQ, kpi_send(b, "x", 1, 0));
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(b, &addr, 0));
	KUNIT_EXPECT_TRUE(test, zsock_isconnected(b));
	KUNIT_EXPECT_EQ(test, 1, kpi_send(b, "x", 1, 0));
}

/* ---- options ---- */

static int kpi_get(struct zsock_socket *so, int level, int optname)
{
	int value = -1, len = sizeof(value);
	int err = zsock_getsockopt(so, level, optname, &value, &len);

	return err ?: value;
}

static int kpi_set(struct zsock_socket *so, int level, int optname, int value)
{
	return zsock_setsockopt(so, level, optname, &value, sizeof(value));
}

static void kpi_options(struct kunit *test)
{
	struct zsock_socket *so = kpi_open(test, AF_INET6, SOCK_STREAM, 0);
	struct zsock_socket *udp = kpi_open(test, AF_INET, SOCK_DGRAM, 0);
	struct tcp_info info = { };
	static const struct {
		int level, name, value;
	} set[] = {
		{ SOL_SOCKET, SO_REUSEADDR, 1 }, { SOL_SOCKET, SO_MARK, 7 },
		{ SOL_SOCKET, SO_PRIORITY, 3 },	{ SOL_TCP, TCP_NODELAY, 1 },
		{ SOL_TCP, TCP_CORK, 1 },	{ SOL_TCP, TCP_KEEPIDLE, 11 },
		{ SOL_TCP, TCP_KEEPINTVL, 12 },	{ SOL_TCP, TCP_KEEPCNT, 13 },
		{ SOL_TCP, TCP_USER_TIMEOUT, 14000 },
		{ SOL_TCP, TCP_WINDOW_CLAMP, SZ_64K },
		{ SOL_TCP, TCP_SYNCNT, 5 },	{ SOL_TCP, TCP_LINGER2, 15 },
		{ SOL_TCP, TCP_NOTSENT_LOWAT, 16000 },
		{ SOL_TCP, TCP_INQ, 1 },
		{ SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1 },
		{ SOL_TCP, TCP_FASTOPEN_CONNECT, 1 },
		{ SOL_IP, IP_TOS, 8 },		{ SOL_IP, IP_TTL, 33 },
		{ SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO },
		{ SOL_IPV6, IPV6_V6ONLY, 1 },	{ SOL_IPV6, IPV6_TCLASS, 16 },
		{ SOL_IPV6, IPV6_UNICAST_HOPS, 44 },
		{ SOL_IP, IP_MINTTL, 3 },
		{ SOL_IP, IP_PKTINFO, 1 },	{ SOL_IP, IP_RECVTTL, 1 },
		{ SOL_IP, IP_RECVTOS, 1 },	{ SOL_IP, IP_RECVERR, 1 },
		{ SOL_IP, IP_FREEBIND, 1 },	{ SOL_IP, IP_TRANSPARENT, 1 },
		{ SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1 },
		{ SOL_IP, IP_LOCAL_PORT_RANGE, 40000 << 16 | 30000 },
		{ SOL_IP, IP_RECVOPTS, 1 },	{ SOL_IP, IP_RETOPTS, 1 },
		{ SOL_IP, IP_RECVORIGDSTADDR, 1 },
		{ SOL_IP, IP_MULTICAST_ALL, 0 },
		{ SOL_IPV6, IPV6_RECVERR, 1 },	{ SOL_IPV6, IPV6_FREEBIND, 0 },
		{ SOL_IPV6, IPV6_RECVPKTINFO, 1 },
		{ SOL_IPV6, IPV6_RECVHOPLIMIT, 1 },
		{ SOL_IPV6, IPV6_RECVTCLASS, 1 },
		{ SOL_IPV6, IPV6_MINHOPCOUNT, 2 },
		{ SOL_IPV6, IPV6_DONTFRAG, 1 },
		{ SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO },
		{ SOL_IPV6, IPV6_MULTICAST_ALL, 0 },
	};
	int i, len = sizeof(info);

	for (i = 0; i < ARRAY_SIZE(set); i++) {
		KUNIT_EXPECT_EQ_MSG(test, 0, kpi_set(so, set[i].level,
						     set[i].name, set[i].value),
				    "set %d %d", set[i].level, set[i].name);
		KUNIT_EXPECT_EQ_MSG(test, set[i].value,
				    kpi_get(so, set[i].level, set[i].name),
				    "get %d %d", set[i].level, set[i].name);
	}
	KUNIT_EXPECT_LT(test, 0, kpi_get(so, SOL_TCP, TCP_MAXSEG));
	KUNIT_EXPECT_LE(test, 0, kpi_get(so, SOL_TCP, TCP_QUICKACK));
	KUNIT_EXPECT_EQ(test, 64, kpi_get(udp, SOL_IP, IP_TTL));
	KUNIT_EXPECT_EQ(test, 0, zsock_getsockopt(so, SOL_TCP, TCP_INFO, &info,
						  &len));
	KUNIT_EXPECT_EQ(test, TCP_CLOSE, info.tcpi_state);

	/* Others, and sockets that have none of these. */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, kpi_get(so, SOL_TCP, TCP_ULP));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, kpi_get(so, SOL_IP, IP_OPTIONS));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			kpi_get(so, SOL_IPV6, IPV6_PATHMTU));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, kpi_get(udp, SOL_TCP, TCP_NODELAY));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, kpi_get(udp, SOL_IPV6, IPV6_TCLASS));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, kpi_get(so, SOL_RAW, 1));
	KUNIT_EXPECT_EQ(test, -ENOPROTOOPT, kpi_get(so, SOL_SOCKET, 4711));
	KUNIT_EXPECT_EQ(test, -ENOPROTOOPT, kpi_set(so, SOL_SOCKET, 4711, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_setsockopt(so, SOL_SOCKET,
							SO_MARK, &i, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_setsockopt(so, SOL_SOCKET,
							SO_MARK, &i, -1));
	len = -1;
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_getsockopt(so, SOL_TCP,
							TCP_NODELAY, &i, &len));
}

/* What only some sockets have, and what is no number. */
static void kpi_more_options(struct kunit *test)
{
	struct zsock_socket *udp = kpi_open(test, AF_INET, SOCK_DGRAM, 0);
	struct zsock_socket *udp6 = kpi_open(test, AF_INET6, SOCK_DGRAM, 0);
	struct kpi_pair pair = kpi_pair(test);
	char name[TCP_CA_NAME_MAX] = { };
	int len = sizeof(name);

	KUNIT_EXPECT_EQ(test, 0, kpi_set(udp, SOL_IP, IP_MULTICAST_TTL, 9));
	KUNIT_EXPECT_EQ(test, 9, kpi_get(udp, SOL_IP, IP_MULTICAST_TTL));
	KUNIT_EXPECT_EQ(test, 1, kpi_get(udp, SOL_IP, IP_MULTICAST_LOOP));
	KUNIT_EXPECT_EQ(test, 0, kpi_set(udp, SOL_IP, IP_MULTICAST_LOOP, 0));
	KUNIT_EXPECT_EQ(test, 0, kpi_get(udp, SOL_IP, IP_MULTICAST_LOOP));
	KUNIT_EXPECT_EQ(test, -ENOTCONN, kpi_get(udp, SOL_IP, IP_MTU));
	KUNIT_EXPECT_EQ(test, 0, kpi_set(udp6, SOL_IPV6, IPV6_MULTICAST_HOPS,
					 9));
	KUNIT_EXPECT_EQ(test, 9, kpi_get(udp6, SOL_IPV6, IPV6_MULTICAST_HOPS));
	KUNIT_EXPECT_EQ(test, 0, kpi_set(udp6, SOL_IPV6, IPV6_MULTICAST_LOOP,
					 0));
	KUNIT_EXPECT_EQ(test, 0, kpi_get(udp6, SOL_IPV6, IPV6_MULTICAST_LOOP));
	KUNIT_EXPECT_EQ(test, 0, kpi_get(udp6, SOL_IPV6, IPV6_MULTICAST_IF));
	KUNIT_EXPECT_EQ(test, -ENOTCONN, kpi_get(udp6, SOL_IPV6, IPV6_MTU));
	KUNIT_EXPECT_EQ(test, 0, kpi_set(udp, SOL_IP, IP_RECVFRAGSIZE, 1));
	KUNIT_EXPECT_EQ(test, 1, kpi_get(udp, SOL_IP, IP_RECVFRAGSIZE));
	/* lo's, but no packet is longer. */
	KUNIT_EXPECT_EQ(test, 65535, kpi_get(pair.client, SOL_IP, IP_MTU));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			kpi_get(pair.client, SOL_IPV6, IPV6_MTU));
	KUNIT_EXPECT_EQ(test, 0, kpi_set(pair.listener, SOL_TCP, TCP_FASTOPEN,
					 5));
	KUNIT_EXPECT_EQ(test, 5, kpi_get(pair.listener, SOL_TCP, TCP_FASTOPEN));
	KUNIT_EXPECT_EQ(test, 0, zsock_getsockopt(pair.client, SOL_TCP,
						  TCP_CONGESTION, name, &len));
	KUNIT_EXPECT_EQ(test, TCP_CA_NAME_MAX, len);
	KUNIT_EXPECT_GT(test, strnlen(name, sizeof(name)), 0);
}

/* This module's own levels. */
static void kpi_own_options(struct kunit *test)
{
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_STREAM,
					   IPPROTO_TLS_1_2);
	struct zsock_socket *tcp = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	int tags[] = { 3, 4 }, got[4], len = sizeof(got);
	struct zsock_handshake_error error;
	char name[ZSOCK_NAME_MAX];
	struct zsock_info info;

	KUNIT_EXPECT_EQ(test, 0, zsock_setsockopt(so, SOL_TLS, TLS_SEC_TAG_LIST,
						  tags, sizeof(tags)));
	KUNIT_EXPECT_EQ(test, 0, zsock_getsockopt(so, SOL_TLS, TLS_SEC_TAG_LIST,
						  got, &len));
	KUNIT_EXPECT_EQ(test, (int)sizeof(tags), len);
	KUNIT_EXPECT_EQ(test, 0, memcmp(tags, got, sizeof(tags)));
	len = sizeof(int);
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_getsockopt(so, SOL_TLS,
							TLS_SEC_TAG_LIST, got,
							&len));
	KUNIT_EXPECT_EQ(test, 0, zsock_setsockopt(so, SOL_TLS, TLS_HOSTNAME,
						  "a.example", 9));
	KUNIT_EXPECT_EQ(test, -ENOTCONN, kpi_get(so, SOL_TLS,
						 TLS_CIPHERSUITE_USED));
	/* A descriptor is nothing for the kernel. */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, kpi_get(so, SOL_TLS,
						   TLS_CERT_VERIFY_CALLBACK));
	KUNIT_EXPECT_EQ(test, -ENOPROTOOPT, kpi_get(tcp, SOL_TLS,
						    TLS_SEC_TAG_LIST));
	len = sizeof(error);
	KUNIT_EXPECT_EQ(test, 0, zsock_getsockopt(so, SOL_ZSOCK,
						  ZSOCK_HANDSHAKE_ERROR, &error,
						  &len));
	len = sizeof(info);
	KUNIT_EXPECT_EQ(test, 0, zsock_getsockopt(so, SOL_ZSOCK, ZSOCK_INFO,
						  &info, &len));
	KUNIT_EXPECT_EQ(test, (int)sizeof(info), len);
	KUNIT_EXPECT_EQ(test, -ENODEV, zsock_setsockopt(so, SOL_ZSOCK,
							ZSOCK_BACKEND, "none",
							4));
	KUNIT_EXPECT_EQ(test, 0, zsock_setsockopt(so, SOL_ZSOCK, ZSOCK_BACKEND,
						  "native", 6));
	kpi_bind(test, so);
	len = sizeof(name);
	KUNIT_EXPECT_EQ(test, 0, zsock_getsockopt(so, SOL_ZSOCK, ZSOCK_BACKEND,
						  name, &len));
	KUNIT_EXPECT_STREQ(test, "native", name);
}

static int kpi_count(struct zsock_socket *so, unsigned int request)
{
	int n = -1, err = zsock_ioctl(so, request, &n);

	return err ?: n;
}

static void kpi_ioctl(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct zsock_socket *tls = kpi_open(test, AF_INET, SOCK_STREAM,
					    IPPROTO_TLS_1_2);
	struct zsock_socket *udp = kpi_open(test, AF_INET, SOCK_DGRAM, 0);
	int on = 1;
	char c;

	KUNIT_EXPECT_EQ(test, 0, kpi_count(pair.server, FIONREAD));
	KUNIT_EXPECT_EQ(test, 3, kpi_send(pair.client, "abc", 3, 0));
	KUNIT_EXPECT_EQ(test, 3, kpi_count(pair.server, FIONREAD));
	KUNIT_EXPECT_LE(test, 0, kpi_count(pair.client, SIOCOUTQ));
	KUNIT_EXPECT_EQ(test, 0, kpi_count(pair.client, SIOCOUTQNSD));
	KUNIT_EXPECT_EQ(test, 0, kpi_count(pair.server, SIOCATMARK));
	KUNIT_EXPECT_EQ(test, 0, kpi_count(tls, SIOCINQ));
	KUNIT_EXPECT_EQ(test, -EINVAL, kpi_count(pair.listener, SIOCINQ));
	KUNIT_EXPECT_EQ(test, -ENOTTY, kpi_count(pair.server, SIOCGIFINDEX));
	/* What the protocol does not know is no other error. */
	KUNIT_EXPECT_EQ(test, 0, kpi_count(udp, SIOCOUTQ));
	KUNIT_EXPECT_EQ(test, -ENOTTY, kpi_count(udp, SIOCATMARK));

	KUNIT_EXPECT_EQ(test, 0, zsock_ioctl(pair.client, FIONBIO, &on));
	KUNIT_EXPECT_TRUE(test, zsock_isnonblocking(pair.client));
	KUNIT_EXPECT_EQ(test, -EAGAIN, kpi_receive(pair.client, &c, 1, 0));
	on = 0;
	KUNIT_EXPECT_EQ(test, 0, zsock_ioctl(pair.client, FIONBIO, &on));
	KUNIT_EXPECT_FALSE(test, zsock_isnonblocking(pair.client));
	/* What accept() gives is as the listener. */
	on = 1;
	zsock_ioctl(pair.listener, FIONBIO, &on);
	tls = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(tls, &pair.addr, 0));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(pair.listener, NULL, 0, 0, NULL,
					      NULL, &pair.server));
	kpi_own(test, pair.server);
	KUNIT_EXPECT_TRUE(test, zsock_isnonblocking(pair.server));
}

static int kpi_class(struct zsock_socket *so, int tclass)
{
	return zsock_settclassopt(so, &tclass, sizeof(tclass));
}

static void kpi_tclass(struct kunit *test)
{
	struct zsock_socket *so = kpi_open(test, 0, SOCK_STREAM, 0);
	int value = 5;
	size_t len = 1;

	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_gettclassopt(so, &value, &len));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_settclassopt(so, &value, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, kpi_class(so, 1));
	KUNIT_EXPECT_EQ(test, 0, kpi_class(so, ZSOCK_TC_VO));
	KUNIT_EXPECT_EQ(test, 46 << 2, kpi_get(so, SOL_IPV6, IPV6_TCLASS));
	KUNIT_EXPECT_EQ(test, 46 << 2, kpi_get(so, SOL_IP, IP_TOS));
	KUNIT_EXPECT_EQ(test, TC_PRIO_INTERACTIVE,
			kpi_get(so, SOL_SOCKET, SO_PRIORITY));
	len = 8;
	KUNIT_EXPECT_EQ(test, 0, zsock_gettclassopt(so, &value, &len));
	KUNIT_EXPECT_EQ(test, ZSOCK_TC_VO, value);
	KUNIT_EXPECT_EQ(test, sizeof(value), len);

	/* What gives way does so whatever its class is. */
	zsock_set_traffic_mgt_flags(so, ZSOCK_TRAFFIC_MGT_SO_BACKGROUND |
					ZSOCK_TRAFFIC_MGT_TCP_RECVBG);
	KUNIT_EXPECT_EQ(test, 1 << 2, kpi_get(so, SOL_IP, IP_TOS));
	KUNIT_EXPECT_EQ(test, SZ_32K, kpi_get(so, SOL_TCP, TCP_WINDOW_CLAMP));
	KUNIT_EXPECT_EQ(test, 0, kpi_class(so, ZSOCK_TC_VI));
	KUNIT_EXPECT_EQ(test, 1 << 2, kpi_get(so, SOL_IP, IP_TOS));
	zsock_clear_traffic_mgt_flags(so, ZSOCK_TRAFFIC_MGT_SO_BACKGROUND |
					  ZSOCK_TRAFFIC_MGT_TCP_RECVBG);
	KUNIT_EXPECT_EQ(test, 34 << 2, kpi_get(so, SOL_IP, IP_TOS));
	KUNIT_EXPECT_LT(test, SZ_32K, kpi_get(so, SOL_TCP, TCP_WINDOW_CLAMP));
	/* A little later, where it is not to sleep. */
	zsock_set_traffic_mgt_flags_locked(so, ZSOCK_TRAFFIC_MGT_SO_BACKGROUND);
	zsock_upcall_barrier();
	KUNIT_EXPECT_EQ(test, 1 << 2, kpi_get(so, SOL_IP, IP_TOS));
	zsock_clear_traffic_mgt_flags_locked(so,
					     ZSOCK_TRAFFIC_MGT_SO_BACKGROUND);
	zsock_upcall_barrier();
	KUNIT_EXPECT_EQ(test, 34 << 2, kpi_get(so, SOL_IP, IP_TOS));
}

/* ---- whose calls they are, and what interrupts them ---- */

static int kpi_bind_80(struct zsock_socket *so)
{
	struct sockaddr_in addr = {
		.sin_family	= AF_INET,
		.sin_port	= htons(80),
	};

	return zsock_bind(so, (struct sockaddr *)&addr, sizeof(addr));
}

static void kpi_setpriv(struct kunit *test)
{
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	struct cred *nobody = prepare_creds();
	const struct cred *old;
	int class, refused, bound;

	KUNIT_ASSERT_NOT_NULL(test, nobody);
	cap_clear(nobody->cap_effective);
	old = override_creds(nobody);
	class = kpi_class(so, ZSOCK_TC_CTL);
	refused = kpi_bind_80(so);
	KUNIT_EXPECT_EQ(test, 0, zsock_setpriv(so, true));
	bound = kpi_bind_80(so);
	KUNIT_EXPECT_EQ(test, 0, kpi_class(so, ZSOCK_TC_CTL));
	KUNIT_EXPECT_EQ(test, 0, zsock_setpriv(so, false));
	KUNIT_EXPECT_EQ(test, -EPERM, kpi_set(so, SOL_SOCKET, SO_MARK, 1));
	KUNIT_EXPECT_PTR_EQ(test, (const struct cred *)nobody, current_cred());
	revert_creds(old);
	put_cred(nobody);
	KUNIT_EXPECT_EQ(test, -EPERM, class);
	KUNIT_EXPECT_EQ(test, -EACCES, refused);
	KUNIT_EXPECT_EQ(test, 0, bound);
}

static void kpi_nointerrupt(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct __kernel_sock_timeval tv = { .tv_usec = 50000 };
	int ret;
	char c;

	KUNIT_ASSERT_EQ(test, 0, zsock_setsockopt(pair.client, SOL_SOCKET,
						  SO_RCVTIMEO_NEW, &tv,
						  sizeof(tv)));
	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 1);
	ret = kpi_receive(pair.client, &c, 1, 0);
	KUNIT_EXPECT_TRUE(test, ret == -EINTR || ret == -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, 0, zsock_nointerrupt(pair.client, true));
	KUNIT_EXPECT_EQ(test, -EAGAIN, kpi_receive(pair.client, &c, 1, 0));
	/* It is there still. */
	KUNIT_EXPECT_TRUE(test, signal_pending(current));
	KUNIT_EXPECT_EQ(test, 0, zsock_nointerrupt(pair.client, false));
	ret = kpi_receive(pair.client, &c, 1, 0);
	KUNIT_EXPECT_TRUE(test, ret == -EINTR || ret == -ERESTARTSYS);
	kernel_dequeue_signal();
	disallow_signal(SIGUSR1);
}

/* ---- the end ---- */

struct kpi_reader {
	struct zsock_socket	*so;
	int			ret;
	struct completion	begun;
};

static int kpi_reader(void *data)
{
	struct kpi_reader *r = data;
	char c;

	complete(&r->begun);
	r->ret = kpi_receive(r->so, &c, 1, 0);
	return 0;
}

static struct task_struct *kpi_read_in(struct kunit *test,
				       struct kpi_reader *r)
{
	struct task_struct *task;

	init_completion(&r->begun);
	task = kthread_run(kpi_reader, r, "kpi_reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	wait_for_completion(&r->begun);
	msleep(50);
	return task;
}

static void kpi_read_over(struct task_struct *task)
{
	kthread_stop(task);
	put_task_struct(task);
}

/* Who waits in it is woken, and all calls say so from then on. */
static void kpi_defunct(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_reader r = { .so = pair.server, .ret = 4711 };
	struct sockaddr_in addr = pair.addr;
	struct zsock_socket *so = pair.server;
	struct sk_buff *skb = NULL;
	struct task_struct *task;
	struct sockaddr *name;
	size_t len = 1;
	int value = 1;
	char c;

	task = kpi_read_in(test, &r);
	KUNIT_EXPECT_EQ(test, 0, zsock_defunct(so));
	kpi_read_over(task);
	KUNIT_EXPECT_EQ(test, -ECONNABORTED, r.ret);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, kpi_receive(pair.client, &c, 1, 0));

	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_defunct(so));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, kpi_send(so, "x", 1, 0));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, kpi_receive(so, &c, 1, 0));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, kpi_connect(so, &addr, 0));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_connectwait(so, 1));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_shutdown(so, SHUT_RD));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_listen(so, 1));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, kpi_bind_80(so));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_getaddr(so, &name, false));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN,
			zsock_accept(so, NULL, 0, 0, NULL, NULL, &so));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN,
			zsock_gettype(so, &value, NULL, NULL));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, kpi_set(so, SOL_SOCKET, SO_MARK, 1));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, kpi_get(so, SOL_SOCKET, SO_MARK));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, kpi_count(so, SIOCINQ));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, kpi_class(so, ZSOCK_TC_BK));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_setpriv(so, true));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_nointerrupt(so, true));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_setattach(so, NULL, NULL));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, zsock_setupcall(so, NULL, NULL));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN,
			zsock_catchevents(so, NULL, NULL, 0));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN,
			zsock_receivembuf(so, NULL, &skb, 0, &len));
	KUNIT_EXPECT_FALSE(test, zsock_isconnected(so));
	zsock_set_traffic_mgt_flags(so, 1);
	zsock_setupcalls_locked(so, NULL, NULL, NULL, NULL, true);
}

/* close() wakes who waits in the socket, and waits for it. */
static void kpi_close_wakes(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_reader r = { .so = pair.server, .ret = 4711 };
	struct task_struct *task = kpi_read_in(test, &r);

	kpi_close(test, pair.server);
	KUNIT_EXPECT_EQ(test, 0, r.ret);
	kpi_read_over(task);
}

/* A connection that is closed does not go before its end was acknowledged. */
static void kpi_close_holds_net(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	size_t n = kpi_fill(test, pair.server);

	kpi_close(test, pair.server);
	KUNIT_EXPECT_EQ(test, n, kpi_drain(test, pair.client, n + 1));
}

static struct kunit_case kpi_cases[] = {
	KUNIT_CASE(kpi_socket),
	KUNIT_CASE(kpi_retain),
	KUNIT_CASE(kpi_from_fd),
	KUNIT_CASE(kpi_names),
	KUNIT_CASE(kpi_bind_errors),
	KUNIT_CASE(kpi_connect_ways),
	KUNIT_CASE(kpi_connectwait_time),
	KUNIT_CASE(kpi_connectwait_many),
	KUNIT_CASE(kpi_accept),
	KUNIT_CASE(kpi_shutdown),
	KUNIT_CASE(kpi_stream),
	KUNIT_CASE(kpi_dgram),
	KUNIT_CASE(kpi_options),
	KUNIT_CASE(kpi_more_options),
	KUNIT_CASE(kpi_own_options),
	KUNIT_CASE(kpi_ioctl),
	KUNIT_CASE(kpi_tclass),
	KUNIT_CASE(kpi_setpriv),
	KUNIT_CASE(kpi_nointerrupt),
	KUNIT_CASE(kpi_defunct),
	KUNIT_CASE(kpi_close_wakes),
	KUNIT_CASE(kpi_close_holds_net),
	{ }
};

struct kunit_suite zsock_kpi_suite = {
	.name		= "zsock_kpi",
	.test_cases	= kpi_cases,
};
