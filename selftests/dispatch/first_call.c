// SPDX-License-Identifier: GPL-2.0
/*
 * Each call as the first one on a socket: exactly one dispatch, by the backend whose turn it
 * is, and the result that an AF_INET or AF_INET6 socket gives. And what does not dispatch.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#ifdef HAVE_LIBURING
#include <liburing.h>
#endif

#include "kselftest_harness.h"
#include "mock.h"
#include "zs.h"

FIXTURE(first_call) { };
ZS_VARIANTS(first_call);

FIXTURE_SETUP(first_call)
{
	zs_auto_family = variant->family;
	ASSERT_EQ(0, mock_reset());
	ASSERT_EQ(0, mock_register('a', 10));
	ASSERT_EQ(0, mock_register('b', 20));
}

FIXTURE_TEARDOWN(first_call)
{
	EXPECT_EQ(0, mock_reset());
}

/* ---- the calls: what each returns, or -errno ---- */

#define RESULT(call) ({ long ret_ = (call); ret_ < 0 ? -errno : ret_; })

static char buf[64] = "some bytes to be sent";

/* Nobody is there; what is sent or connected to goes nowhere. */
static union zs_addr nowhere;
static socklen_t nowhere_len;

static long do_bind(int fd)
{
	union zs_addr addr;

	return RESULT(bind(fd, &addr.sa, zs_loopback(&addr, nowhere.sa.sa_family, 0)));
}

static long do_connect(int fd)
{
	zs_nonblock(fd, false);
	return RESULT(connect(fd, &nowhere.sa, nowhere_len));
}

static long do_connect_unspec(int fd)
{
	struct sockaddr_storage unspec = { .ss_family = AF_UNSPEC };

	return RESULT(connect(fd, (struct sockaddr *)&unspec, nowhere_len));
}

static long do_listen(int fd)
{
	return RESULT(listen(fd, 4));
}

static long do_accept(int fd)
{
	return RESULT(accept(fd, NULL, NULL));
}

static long do_accept4(int fd)
{
	return RESULT(accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

static long do_getsockname(int fd)
{
	union zs_addr addr;
	socklen_t len = sizeof(addr);

	return RESULT(getsockname(fd, &addr.sa, &len));
}

static long do_getpeername(int fd)
{
	union zs_addr addr;
	socklen_t len = sizeof(addr);

	return RESULT(getpeername(fd, &addr.sa, &len));
}

static long do_send(int fd)
{
	return RESULT(send(fd, buf, 10, 0));
}

static long do_send_nothing(int fd)
{
	return RESULT(send(fd, buf, 0, MSG_NOSIGNAL));
}

static long do_sendto(int fd)
{
	return RESULT(sendto(fd, buf, 10, MSG_NOSIGNAL, &nowhere.sa, nowhere_len));
}

static long do_fastopen(int fd)
{
	zs_nonblock(fd, false);
	return RESULT(sendto(fd, buf, 10, MSG_FASTOPEN | MSG_NOSIGNAL, &nowhere.sa,
			     nowhere_len));
}

static long do_sendmsg(int fd)
{
	struct iovec iov = { buf, 10 };
	struct msghdr msg = {
		.msg_name = &nowhere, .msg_namelen = nowhere_len,
		.msg_iov = &iov, .msg_iovlen = 1,
	};

	return RESULT(sendmsg(fd, &msg, 0));
}

static long do_sendmmsg(int fd)
{
	struct iovec iov = { buf, 10 };
	struct mmsghdr msg[2] = {
		{ .msg_hdr = { .msg_name = &nowhere, .msg_namelen = nowhere_len,
			       .msg_iov = &iov, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_name = &nowhere, .msg_namelen = nowhere_len,
			       .msg_iov = &iov, .msg_iovlen = 1 } },
	};

	return RESULT(sendmmsg(fd, msg, 2, 0));
}

static long do_write(int fd)
{
	return RESULT(write(fd, buf, 10));
}

static long do_writev(int fd)
{
	struct iovec iov[2] = { { buf, 3 }, { buf, 4 } };

	return RESULT(writev(fd, iov, 2));
}

static long do_recv(int fd)
{
	return RESULT(recv(fd, buf, 10, MSG_DONTWAIT));
}

static long do_recv_errqueue(int fd)
{
	return RESULT(recv(fd, buf, 10, MSG_ERRQUEUE));
}

static long do_recvfrom(int fd)
{
	union zs_addr addr;
	socklen_t len = sizeof(addr);

	return RESULT(recvfrom(fd, buf, 10, MSG_PEEK, &addr.sa, &len));
}

static long do_recvmsg(int fd)
{
	struct iovec iov = { buf, 10 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return RESULT(recvmsg(fd, &msg, 0));
}

static long do_recvmmsg(int fd)
{
	struct iovec iov = { buf, 10 };
	struct mmsghdr msg = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

	return RESULT(recvmmsg(fd, &msg, 1, 0, NULL));
}

static long do_read(int fd)
{
	return RESULT(read(fd, buf, 10));
}

static long do_readv(int fd)
{
	struct iovec iov[2] = { { buf, 3 }, { buf, 4 } };

	return RESULT(readv(fd, iov, 2));
}

static long do_preadv2(int fd)
{
	struct iovec iov = { buf, 3 };

	return RESULT(preadv2(fd, &iov, 1, -1, RWF_NOWAIT));
}

static long do_shutdown(int fd)
{
	return RESULT(shutdown(fd, SHUT_RDWR));
}

static long do_shutdown_bad(int fd)
{
	return RESULT(shutdown(fd, 17));
}

static long do_splice_out(int fd)
{
	int p[2], ret;

	if (pipe(p))
		return -errno;
	ret = RESULT(splice(fd, NULL, p[1], NULL, 10, SPLICE_F_NONBLOCK));
	close(p[0]);
	close(p[1]);
	return ret;
}

static long do_splice_in(int fd)
{
	int p[2], ret;

	if (pipe(p) || write(p[1], buf, 10) != 10)
		return -errno;
	ret = RESULT(splice(p[0], NULL, fd, NULL, 10, 0));
	close(p[0]);
	close(p[1]);
	return ret;
}

static long do_sendfile(int fd)
{
	int file = open("/proc/self/exe", O_RDONLY);
	off_t offset = 0;
	int ret;

	ret = RESULT(sendfile(fd, file, &offset, 100));
	close(file);
	return ret;
}

static long do_mmap(int fd)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, 4096);
	return 0;
}

static long do_aio(int fd)
{
	struct iocb cb = {
		.aio_fildes = fd, .aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_buf = (unsigned long)buf, .aio_nbytes = 10,
	};
	struct iocb *list = &cb;
	struct io_event event = { };
	aio_context_t ctx = 0;
	long ret;

	ret = RESULT(syscall(SYS_io_setup, 1, &ctx));
	if (ret)
		return ret;
	ret = RESULT(syscall(SYS_io_submit, ctx, 1, &list));
	if (ret == 1 && syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL) == 1)
		ret = event.res;
	syscall(SYS_io_destroy, ctx);
	return ret;
}

static long ioctl_int(int fd, unsigned long cmd)
{
	int value = 0;

	return RESULT(ioctl(fd, cmd, &value));
}

static long do_fionread(int fd)
{
	return ioctl_int(fd, FIONREAD);
}

static long do_siocoutq(int fd)
{
	return ioctl_int(fd, SIOCOUTQ);
}

static long do_siocatmark(int fd)
{
	return ioctl_int(fd, SIOCATMARK);
}

static long do_ioctl_unknown(int fd)
{
	return ioctl_int(fd, 0x4711);
}

static long do_siocgifindex(int fd)
{
	struct ifreq ifr = { .ifr_name = "lo" };

	return RESULT(ioctl(fd, SIOCGIFINDEX, &ifr));
}

static long do_siocgstamp(int fd)
{
	struct timeval tv;

	return RESULT(ioctl(fd, SIOCGSTAMP, &tv));
}

static long set(int fd, int level, int name, int value)
{
	return RESULT(zs_setint(fd, level, name, value));
}

static long get(int fd, int level, int name)
{
	char value[256];
	socklen_t len = sizeof(value);

	return RESULT(getsockopt(fd, level, name, value, &len));
}

static long do_set_tcp(int fd)
{
	return set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

static long do_get_tcp(int fd)
{
	return get(fd, IPPROTO_TCP, TCP_INFO);
}

static long do_set_udp(int fd)
{
	return set(fd, IPPROTO_UDP, UDP_CORK, 1);
}

static long do_get_udp(int fd)
{
	return get(fd, IPPROTO_UDP, UDP_SEGMENT);
}

static long do_set_own_level(int fd)
{
	return nowhere.sa.sa_family == AF_INET ? set(fd, IPPROTO_IP, IP_TOS, 8) :
						 set(fd, IPPROTO_IPV6, IPV6_TCLASS, 8);
}

static long do_get_own_level(int fd)
{
	return nowhere.sa.sa_family == AF_INET ? get(fd, IPPROTO_IP, IP_TTL) :
						 get(fd, IPPROTO_IPV6, IPV6_V6ONLY);
}

static long do_set_bad_value(int fd)
{
	return set(fd, IPPROTO_IP, IP_TTL, 4711);
}

static long do_get_unknown_level(int fd)
{
	return get(fd, 4711, 1);
}

static long do_set_unknown_level(int fd)
{
	return set(fd, 4711, 1, 1);
}

#ifdef HAVE_LIBURING
static long uring_one(int fd, int connecting)
{
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	long ret;

	ret = io_uring_queue_init(2, &ring, 0);
	if (ret)
		return ret;
	sqe = io_uring_get_sqe(&ring);
	if (connecting)
		io_uring_prep_connect(sqe, fd, &nowhere.sa, nowhere_len);
	else
		io_uring_prep_recv(sqe, fd, buf, 10, MSG_DONTWAIT);
	ret = io_uring_submit_and_wait(&ring, 1);
	if (ret == 1 && !io_uring_wait_cqe(&ring, &cqe))
		ret = cqe->res;
	io_uring_queue_exit(&ring);
	return ret;
}

static long do_uring_recv(int fd)
{
	return uring_one(fd, 0);
}

static long do_uring_connect(int fd)
{
	zs_nonblock(fd, false);
	return uring_one(fd, 1);
}
#endif

#define CALL(name) { #name, do_##name }

static const struct {
	const char *name;
	long (*call)(int fd);
} calls[] = {
	CALL(bind), CALL(connect), CALL(connect_unspec), CALL(listen), CALL(accept),
	CALL(accept4), CALL(getsockname), CALL(send), CALL(send_nothing),
	CALL(sendto), CALL(fastopen), CALL(sendmsg), CALL(sendmmsg), CALL(write), CALL(writev),
	CALL(recv), CALL(recv_errqueue), CALL(recvfrom), CALL(recvmsg), CALL(recvmmsg),
	CALL(read), CALL(readv), CALL(preadv2), CALL(shutdown), CALL(shutdown_bad),
	CALL(splice_out), CALL(splice_in), CALL(sendfile), CALL(aio),
	CALL(fionread), CALL(siocoutq), CALL(siocatmark), CALL(ioctl_unknown),
	CALL(siocgifindex), CALL(siocgstamp), CALL(set_tcp), CALL(get_tcp), CALL(set_udp),
	CALL(get_udp), CALL(set_own_level), CALL(get_own_level), CALL(set_bad_value),
	CALL(get_unknown_level), CALL(set_unknown_level),
#ifdef HAVE_LIBURING
	CALL(uring_recv), CALL(uring_connect),
#endif
};

/* The answer to these is of the inner family, which no address has settled. */
static bool of_inner_family(long (*call)(int))
{
	return call == do_get_tcp || call == do_get_udp || call == do_get_unknown_level;
}

static void all_calls(struct __test_metadata *_metadata, int domain, int family, int type)
{
	unsigned int i;

	zs_closed_port(family, type, &nowhere);
	nowhere_len = zs_len(family);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		int fd = zs_socket(domain, type | SOCK_NONBLOCK, 0);
		bool dual = !domain && of_inner_family(calls[i].call);
		int ref = socket(dual ? AF_INET6 : family, type | SOCK_NONBLOCK, 0);
		long want, got;

		mock_forget('a');
		mock_forget('b');
		want = calls[i].call(ref);
		got = calls[i].call(fd);
		EXPECT_EQ(want, got) {
			TH_LOG("%s as first call", calls[i].name);
		}
		EXPECT_EQ(1, mock_creates('a')) {
			TH_LOG("%s as first call", calls[i].name);
		}
		EXPECT_EQ(0, mock_creates('b'));
		EXPECT_TRUE(zs_dispatched(fd));
		EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
		/* The second one is not the first. */
		mock_first_call(fd);
		EXPECT_EQ(1, mock_creates('a'));
		close(ref);
		close(fd);
	}
}

TEST_F(first_call, stream)
{
	all_calls(_metadata, variant->domain, variant->family, SOCK_STREAM);
}

TEST_F(first_call, dgram)
{
	all_calls(_metadata, variant->domain, variant->family, SOCK_DGRAM);
}

/* SOL_SOCKET options that act on more than the socket. */
TEST_F(first_call, options_for_the_inner_socket)
{
	static const int names[] = { SO_ATTACH_REUSEPORT_CBPF, SO_ATTACH_REUSEPORT_EBPF };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
		int ref = socket(variant->family, SOCK_STREAM, 0);

		mock_forget('a');
		EXPECT_EQ(set(ref, SOL_SOCKET, names[i], -1), set(fd, SOL_SOCKET, names[i], -1));
		EXPECT_EQ(1, mock_creates('a')) TH_LOG("option %d", names[i]);
		close(ref);
		close(fd);
	}
}

/* ---- what does not dispatch ---- */

static void still_fresh(struct __test_metadata *_metadata, int fd, const char *after)
{
	EXPECT_FALSE(zs_dispatched(fd)) {
		TH_LOG("%s dispatches", after);
	}
	EXPECT_EQ(0, mock_creates('a')) {
		TH_LOG("%s makes an inner socket", after);
	}
}

/* Two calls whose answer is known. */
static void answered(struct __test_metadata *_metadata, int domain, int family, int type)
{
	int fd = zs_socket(domain, type, 0);
	int ref = socket(family, type, 0);

	EXPECT_EQ(do_getpeername(ref), do_getpeername(fd));
	still_fresh(_metadata, fd, "getpeername");
	/* TCP's succeeds and is of use once connected; there is none of UDP's. */
	EXPECT_EQ(do_mmap(ref), do_mmap(fd));
	still_fresh(_metadata, fd, "mmap");
	close(ref);
	close(fd);
}

TEST_F(first_call, answered_stream)
{
	answered(_metadata, variant->domain, variant->family, SOCK_STREAM);
}

TEST_F(first_call, answered_dgram)
{
	answered(_metadata, variant->domain, variant->family, SOCK_DGRAM);
}

TEST_F(first_call, waiting)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	struct epoll_event ev = { .events = EPOLLIN };
	struct timeval tv = { };
	int ep = epoll_create1(0);
	fd_set set;

	ASSERT_GE(fd, 0);
	EXPECT_EQ(POLLOUT | POLLHUP, zs_poll(fd, POLLIN | POLLOUT, 0));
	still_fresh(_metadata, fd, "poll");
	FD_ZERO(&set);
	FD_SET(fd, &set);
	EXPECT_EQ(1, select(fd + 1, &set, NULL, NULL, &tv));
	still_fresh(_metadata, fd, "select");
	EXPECT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 0));
	still_fresh(_metadata, fd, "epoll");
	close(ep);
	close(fd);
}

TEST_F(first_call, descriptor_calls)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	struct stat st;
	int copy, on = 1;

	EXPECT_EQ(0, zs_nonblock(fd, true));
	EXPECT_EQ(0, fcntl(fd, F_SETOWN, getpid()));
	EXPECT_EQ(getpid(), fcntl(fd, F_GETOWN));
	EXPECT_EQ(0, fcntl(fd, F_SETFL, O_ASYNC));
	EXPECT_EQ(0, ioctl(fd, FIONBIO, &on));
	EXPECT_EQ(0, ioctl(fd, FIOASYNC, &on));
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_CUR));
	copy = dup(fd);
	still_fresh(_metadata, fd, "a call on the descriptor");
	close(fd);
	still_fresh(_metadata, copy, "close of a duplicate");
	close(copy);
	EXPECT_EQ(0, mock_creates('a'));
}

TEST_F(first_call, socket_options)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	int name;

	/* SO_PEEK_OFF, SO_INCOMING_NAPI_ID, ...: all that there are. */
	for (name = 0; name < 100; name++) {
		get(fd, SOL_SOCKET, name);
		still_fresh(_metadata, fd, "getsockopt(SOL_SOCKET)");
	}
	EXPECT_EQ(0, set(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	EXPECT_EQ(0, set(fd, SOL_SOCKET, SO_RCVBUF, 10000));
	EXPECT_EQ(0, set(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	EXPECT_EQ(0, set(fd, SOL_SOCKET, SO_BINDTOIFINDEX, 1));
	EXPECT_EQ(0, set(fd, SOL_SOCKET, SO_BINDTOIFINDEX, 0));
	EXPECT_EQ(-ENOPROTOOPT, set(fd, SOL_SOCKET, 4711, 1));
	still_fresh(_metadata, fd, "setsockopt(SOL_SOCKET)");
	EXPECT_EQ(0, mock_choose(fd, MOCK_B));
	EXPECT_EQ(-ENOPROTOOPT, set(fd, SOL_ZSOCK, 4711, 1));
	EXPECT_EQ(-ENOPROTOOPT, get(fd, SOL_ZSOCK, 4711));
	still_fresh(_metadata, fd, "an option at SOL_ZSOCK");
	close(fd);
}

/* Listings look at it and leave it as it is. */
TEST_F(first_call, listings)
{
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	EXPECT_LE(0, zs_file_has(path, "tcp"));
	snprintf(path, sizeof(path), "%lu", zs_inode(fd));
	EXPECT_LE(0, zs_file_has("/proc/net/zsock", path));
	still_fresh(_metadata, fd, "a listing");
	close(fd);
}

/* An address that no socket of the domain could take. */
TEST_F(first_call, bad_addresses)
{
	struct sockaddr_storage strange = { .ss_family = AF_APPLETALK };
	union zs_addr addr;
	int type, len;

	for (type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		int fd = zs_socket(variant->domain, type, 0);

		zs_loopback(&addr, variant->family, 9);
		for (len = 0; len < (variant->family == AF_INET ? 16 : 24); len++) {
			EXPECT_EQ(-1, bind(fd, &addr.sa, len));
			EXPECT_EQ(EINVAL, errno) TH_LOG("bind of %d bytes", len);
			EXPECT_EQ(-1, connect(fd, &addr.sa, len));
			EXPECT_EQ(EINVAL, errno) TH_LOG("connect of %d bytes", len);
		}
		EXPECT_EQ(-1, bind(fd, (struct sockaddr *)&strange, sizeof(strange)));
		EXPECT_EQ(EAFNOSUPPORT, errno);
		EXPECT_EQ(-1, connect(fd, (struct sockaddr *)&strange, sizeof(strange)));
		EXPECT_EQ(EAFNOSUPPORT, errno);
		EXPECT_EQ(-1, connect(fd, (struct sockaddr *)8, 16));
		EXPECT_EQ(EFAULT, errno);
		still_fresh(_metadata, fd, "a bad address");
		/* And is as good as new. */
		EXPECT_EQ(0, bind(fd, &addr.sa, zs_loopback(&addr, variant->family, 0)));
		EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
		mock_forget('a');
		close(fd);
	}
}

TEST_HARNESS_MAIN
