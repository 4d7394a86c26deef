// SPDX-License-Identifier: GPL-2.0
/*
 * Data over secure sockets: that it behaves as over TCP, however it is sent,
 * received and waited for. With ZSOCK_TEST_FAMILY=inet it is TCP.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <linux/sockios.h>
#include <linux/tls.h>

#include "kselftest_harness.h"
#include "tls.h"

#define MEG (1 << 20)

static char out[2 * MEG], in[2 * MEG];

FIXTURE(io) { int fd[2]; };
FIXTURE_VARIANT(io) { int domain, family, cipher; };
FIXTURE_VARIANT_ADD(io, v13) {
	.domain = AF_INET, .family = AF_INET, .cipher = TLS13_AES_128_GCM,
};
FIXTURE_VARIANT_ADD(io, v12) {
	.domain = 0, .family = AF_INET6, .cipher = TLS12_AES_128_GCM,
};

FIXTURE_SETUP(io)
{
	zs_auto_family = variant->family;
	ASSERT_EQ(0, tls_pair(variant->domain, variant->family, variant->cipher, self->fd));
}

FIXTURE_TEARDOWN(io)
{
	close(self->fd[0]);
	close(self->fd[1]);
}

/* One that writes the pattern, in pieces, while the test reads. */
static int writer(int fd, size_t total, size_t piece)
{
	size_t done, n;
	int pid = fork();

	if (pid)
		return pid;
	for (done = 0; done < total; done += n) {
		n = total - done < piece ? total - done : piece;
		tls_pattern(out, done, n);
		if (send(fd, out, n, 0) != n)
			_exit(1);
	}
	_exit(0);
}

/* So many bytes of it, in reads of so many, are right. */
static bool reads(int fd, size_t total, size_t piece)
{
	size_t done;
	ssize_t n;

	for (done = 0; done < total; done += n) {
		n = recv(fd, in, total - done < piece ? total - done : piece, 0);
		if (n <= 0 || tls_pattern_wrong(in, done, n) >= 0)
			return false;
	}
	return true;
}

/* ---- amounts ---- */

TEST_F(io, sizes_of_writes)
{
	static const struct { size_t total, piece, reads; } cases[] = {
		{ 300, 1, 1 }, { 300, 1, MEG }, { 3000, 7, 100 }, { 40000, 16383, 1000 },
		{ 40000, 16384, MEG }, { 40000, 16385, MEG }, { 400000, 100000, 16384 },
		{ 2 * MEG, MEG, MEG },
	};
	unsigned int i, way;
	int pid;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		for (way = 0; way < 2; way++) {
			pid = writer(self->fd[way], cases[i].total, cases[i].piece);
			EXPECT_TRUE(reads(self->fd[!way], cases[i].total, cases[i].reads)) {
				TH_LOG("case %u, way %u", i, way);
			}
			EXPECT_EQ(0, zs_wait(pid));
		}
}

TEST_F(io, both_ways_at_once)
{
	int a = writer(self->fd[0], 2 * MEG, 100000);
	int b = writer(self->fd[1], 2 * MEG, 10000);
	int c = fork();

	if (!c)
		_exit(!reads(self->fd[0], 2 * MEG, 65536));
	EXPECT_TRUE(reads(self->fd[1], 2 * MEG, 5000));
	EXPECT_EQ(0, zs_wait(a));
	EXPECT_EQ(0, zs_wait(b));
	EXPECT_EQ(0, zs_wait(c));
}

TEST_F(io, nothing)
{
	EXPECT_EQ(0, send(self->fd[0], "", 0, 0));
	EXPECT_EQ(0, zs_poll(self->fd[1], POLLIN, 20));
	EXPECT_EQ(-1, recv(self->fd[1], in, 0, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, send(self->fd[0], "x", 1, 0));
	ASSERT_EQ(POLLIN, zs_poll(self->fd[1], POLLIN, 20000));
	EXPECT_EQ(0, recv(self->fd[1], in, 0, 0));
	EXPECT_EQ(1, recv(self->fd[1], in, 10, 0));
}

/* Until no more goes in; all of it comes out, and then there is room again. */
TEST_F(io, full)
{
	size_t sent = 0;
	ssize_t n;

	ASSERT_EQ(0, zs_setint(self->fd[0], SOL_SOCKET, SO_SNDBUF, 50000));
	ASSERT_EQ(0, zs_nonblock(self->fd[0], true));
	/* What is acknowledged late makes room once more. */
	do {
		tls_pattern(out, sent, 10000);
		n = send(self->fd[0], out, 10000, 0);
		if (n > 0)
			sent += n;
		else
			ASSERT_EQ(EAGAIN, errno);
	} while (n > 0 || zs_poll(self->fd[0], POLLOUT, 300));
	EXPECT_EQ(0, zs_poll(self->fd[0], POLLOUT, 0));
	EXPECT_TRUE(reads(self->fd[1], sent, 65536));
	EXPECT_EQ(0, zs_poll(self->fd[1], POLLIN, 50));
	EXPECT_EQ(POLLOUT, zs_poll(self->fd[0], POLLOUT, 20000));
	tls_pattern(out, sent, 10);
	EXPECT_EQ(10, send(self->fd[0], out, 10, 0));
	EXPECT_EQ(10, recv(self->fd[1], in, 10, MSG_WAITALL));
	EXPECT_EQ(-1, tls_pattern_wrong(in, sent, 10));
}

/* ---- flags ---- */

TEST_F(io, peek)
{
	ASSERT_EQ(6, send(self->fd[0], "abcdef", 6, 0));
	EXPECT_EQ(3, recv(self->fd[1], in, 3, MSG_PEEK));
	EXPECT_EQ(0, memcmp(in, "abc", 3));
	EXPECT_EQ(6, recv(self->fd[1], in, 100, MSG_PEEK));
	EXPECT_EQ(0, memcmp(in, "abcdef", 6));
	EXPECT_EQ(2, recv(self->fd[1], in, 2, 0));
	EXPECT_EQ(4, recv(self->fd[1], in, 100, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_EQ(0, memcmp(in, "cdef", 4));
	EXPECT_EQ(4, recv(self->fd[1], in, 100, 0));
	EXPECT_EQ(0, memcmp(in, "cdef", 4));
	EXPECT_EQ(-1, recv(self->fd[1], in, 1, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(io, waitall)
{
	int pid = fork();

	if (!pid) {
		for (int i = 0; i < 10; i++) {
			tls_pattern(out, i * 1000, 1000);
			if (send(self->fd[0], out, 1000, 0) != 1000)
				_exit(1);
			zs_sleep_ms(5);
		}
		_exit(0);
	}
	EXPECT_EQ(9500, recv(self->fd[1], in, 9500, MSG_WAITALL));
	EXPECT_EQ(-1, tls_pattern_wrong(in, 0, 9500));
	EXPECT_EQ(500, recv(self->fd[1], in, 500, MSG_WAITALL));
	EXPECT_EQ(0, zs_wait(pid));
	/* The end comes first. */
	ASSERT_EQ(3, send(self->fd[0], "end", 3, 0));
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	EXPECT_EQ(3, recv(self->fd[1], in, 100, MSG_WAITALL));
	EXPECT_EQ(0, recv(self->fd[1], in, 100, MSG_WAITALL));
}

TEST_F(io, dontwait)
{
	EXPECT_EQ(-1, recv(self->fd[1], in, 1, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, send(self->fd[0], "x", 1, MSG_DONTWAIT));
	ASSERT_EQ(POLLIN, zs_poll(self->fd[1], POLLIN, 20000));
	EXPECT_EQ(1, recv(self->fd[1], in, 10, MSG_DONTWAIT));
	EXPECT_EQ(-1, recv(self->fd[1], in, 10, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(io, rcvtimeo)
{
	struct timeval tv = { 0, 100000 };
	long long began;

	ASSERT_EQ(0, setsockopt(self->fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	began = zs_now_ms();
	EXPECT_EQ(-1, recv(self->fd[1], in, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_GE(zs_now_ms() - began, 70);
	EXPECT_LT(zs_now_ms() - began, 20000);
	/* What has come by then is given to who wanted more. */
	ASSERT_EQ(3, send(self->fd[0], "abc", 3, 0));
	EXPECT_EQ(3, recv(self->fd[1], in, 10, MSG_WAITALL));
}

TEST_F(io, out_of_band)
{
	ZS_SKIP_UNLESS_ZSOCK();
	EXPECT_EQ(-1, recv(self->fd[1], in, 1, MSG_OOB));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, send(self->fd[0], "x", 1, MSG_OOB));
	EXPECT_TRUE(errno == EINVAL || errno == EOPNOTSUPP);
	EXPECT_EQ(0, zs_poll(self->fd[1], POLLIN | POLLPRI, 50));
}

TEST_F(io, more)
{
	ASSERT_EQ(3, send(self->fd[0], "abc", 3, MSG_MORE));
	EXPECT_EQ(0, zs_poll(self->fd[1], POLLIN, 20));
	ASSERT_EQ(3, send(self->fd[0], "def", 3, 0));
	EXPECT_EQ(6, recv(self->fd[1], in, 6, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(in, "abcdef", 6));
	/* What is held back goes when that is over: by the end. */
	ASSERT_EQ(3, send(self->fd[0], "ghi", 3, MSG_MORE));
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	EXPECT_EQ(3, recv(self->fd[1], in, 100, MSG_WAITALL));
	EXPECT_EQ(0, recv(self->fd[1], in, 100, 0));
}

/* Flags that TCP takes and does little about. */
TEST_F(io, idle_flags)
{
	static const int flags[] = { MSG_NOSIGNAL, MSG_CONFIRM, MSG_DONTROUTE, MSG_EOR };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(1, send(self->fd[0], "x", 1, flags[i])) {
			TH_LOG("flag %#x: %s", flags[i], strerror(errno));
		}
		EXPECT_EQ(1, recv(self->fd[1], in, 1, 0));
	}
	EXPECT_EQ(-1, recv(self->fd[1], in, 1, MSG_ERRQUEUE));
	EXPECT_EQ(EAGAIN, errno);
}

/* ---- vectors and messages ---- */

TEST_F(io, vectors)
{
	char a[3] = "abc", b[4] = "defg", c[5], d[2];
	struct iovec to[3] = { { a, 3 }, { NULL, 0 }, { b, 4 } };
	struct iovec from[2] = { { c, 5 }, { d, 2 } };

	EXPECT_EQ(7, writev(self->fd[0], to, 3));
	EXPECT_EQ(7, readv(self->fd[1], from, 2));
	EXPECT_EQ(0, memcmp(c, "abcde", 5));
	EXPECT_EQ(0, memcmp(d, "fg", 2));
	/* As many as there may be, over many records. */
	struct iovec many[1024];
	int i, pid;

	for (i = 0; i < 1024; i++)
		many[i] = (struct iovec){ out + i * 100, 100 };
	tls_pattern(out, 0, 102400);
	pid = fork();
	if (!pid)
		_exit(writev(self->fd[0], many, 1024) != 102400);
	EXPECT_TRUE(reads(self->fd[1], 102400, 65536));
	EXPECT_EQ(0, zs_wait(pid));
}

TEST_F(io, bad_pointers)
{
	EXPECT_EQ(-1, send(self->fd[0], (void *)8, 10, 0));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(3, send(self->fd[0], "abc", 3, 0));
	EXPECT_EQ(-1, recv(self->fd[1], (void *)8, 3, 0));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(io, several_messages)
{
	struct iovec iov[3] = { { "ab", 2 }, { "cd", 2 }, { "ef", 2 } };
	struct mmsghdr msgs[3] = { };
	int i;

	for (i = 0; i < 3; i++)
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	EXPECT_EQ(3, sendmmsg(self->fd[0], msgs, 3, 0));
	EXPECT_EQ(6, recv(self->fd[1], in, 6, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(in, "abcdef", 6));
}

/* The type of a record is none of the program's business, nor its choice. */
TEST_F(io, record_types)
{
	char control[CMSG_SPACE(1)] = { }, got[100];
	struct iovec iov = { "ab", 2 }, iov_in = { in, 100 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	ZS_SKIP_UNLESS_ZSOCK();
	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(cmsg) = 21;
	/* Two bytes that would be a fatal alert: refused, or data. */
	if (sendmsg(self->fd[0], &msg, 0) == 2) {
		EXPECT_EQ(2, recv(self->fd[1], in, 2, 0));
	}
	ASSERT_EQ(2, send(self->fd[0], "cd", 2, 0));
	msg = (struct msghdr){
		.msg_iov = &iov_in, .msg_iovlen = 1,
		.msg_control = got, .msg_controllen = sizeof(got),
	};
	EXPECT_EQ(2, recvmsg(self->fd[1], &msg, 0));
	EXPECT_EQ(0, msg.msg_controllen);
	EXPECT_EQ(0, msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC | MSG_EOR));
	EXPECT_EQ(0, memcmp(in, "cd", 2));
}

/* ---- waiting ---- */

/* What was decrypted and not read is as readable as what comes in. */
TEST_F(io, poll_on_the_rest_of_a_record)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0), i;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd[1], &ev));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	ASSERT_EQ(10, send(self->fd[0], "0123456789", 10, 0));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 20000)) {
			TH_LOG("after %d bytes", i);
		}
		EXPECT_EQ(POLLIN, zs_poll(self->fd[1], POLLIN, 0));
		EXPECT_EQ(1, recv(self->fd[1], in, 1, 0));
		EXPECT_EQ('0' + i, in[0]);
	}
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	EXPECT_EQ(0, zs_poll(self->fd[1], POLLIN, 0));
}

TEST_F(io, epoll_edges)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0), i;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd[1], &ev));
	while (epoll_wait(ep, &ev, 1, 0) == 1)
		EXPECT_EQ(0, ev.events & EPOLLIN);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(3, send(self->fd[0], "abc", 3, 0));
		ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 20000));
		EXPECT_TRUE(ev.events & EPOLLIN);
		/* All of it, as it is to be done with edges. */
		while (recv(self->fd[1], in, 2, MSG_DONTWAIT) > 0)
			;
	}
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 20000));
	EXPECT_TRUE(ev.events & EPOLLIN);
	EXPECT_EQ(0, recv(self->fd[1], in, 1, 0));
}

/* A reader that is asleep wakes up for each record. */
TEST_F(io, readers_wake_up)
{
	int pid = fork(), i;

	if (!pid) {
		for (i = 0; i < 50; i++)
			if (recv(self->fd[1], in, 1, 0) != 1 || send(self->fd[1], in, 1, 0) != 1)
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(1, send(self->fd[0], &i, 1, 0));
		ASSERT_EQ(POLLIN, zs_poll(self->fd[0], POLLIN, 20000));
		ASSERT_EQ(1, recv(self->fd[0], in, 1, 0));
		ASSERT_EQ(i, in[0]);
	}
	EXPECT_EQ(0, zs_wait(pid));
}

static int readable(int fd)
{
	int n = -1;

	return ioctl(fd, FIONREAD, &n) ? -errno : n;
}

TEST_F(io, fionread)
{
	EXPECT_EQ(0, readable(self->fd[1]));
	ASSERT_EQ(7, send(self->fd[0], "1234567", 7, 0));
	ASSERT_EQ(POLLIN, zs_poll(self->fd[1], POLLIN, 20000));
	EXPECT_EQ(7, readable(self->fd[1]));
	EXPECT_EQ(2, recv(self->fd[1], in, 2, 0));
	EXPECT_EQ(5, readable(self->fd[1]));
	EXPECT_EQ(5, recv(self->fd[1], in, 7, 0));
	EXPECT_EQ(0, memcmp(in, "34567", 5));
	EXPECT_EQ(0, readable(self->fd[1]));
	/* Of what is there, never more. */
	ASSERT_EQ(10000, send(self->fd[0], out, 10000, 0));
	ASSERT_EQ(10000, send(self->fd[0], out, 10000, 0));
	ASSERT_EQ(POLLIN, zs_poll(self->fd[1], POLLIN, 20000));
	EXPECT_GT(readable(self->fd[1]), 0);
	EXPECT_LE(readable(self->fd[1]), 20000);
	EXPECT_EQ(20000, recv(self->fd[1], in, 20000, MSG_WAITALL));
	EXPECT_EQ(0, readable(self->fd[1]));
}

/* ---- files and pipes ---- */

TEST_F(io, sendfile)
{
	int file = memfd_create("data", 0), pid;

	tls_pattern(out, 0, MEG);
	ASSERT_EQ(MEG, write(file, out, MEG));
	pid = fork();
	if (!pid) {
		off_t pos = 0;

		while (pos < MEG)
			if (sendfile(self->fd[0], file, &pos, MEG - pos) <= 0)
				_exit(1);
		_exit(0);
	}
	EXPECT_TRUE(reads(self->fd[1], MEG, 100000));
	EXPECT_EQ(0, zs_wait(pid));
}

/* More than there is; a few bytes out of the middle. */
TEST_F(io, sendfile_at_the_end)
{
	int file = memfd_create("data", 0);
	off_t pos = 3;

	ASSERT_EQ(10, write(file, "0123456789", 10));
	EXPECT_EQ(7, sendfile(self->fd[0], file, &pos, 1000));
	EXPECT_EQ(0, sendfile(self->fd[0], file, &pos, 1000));
	EXPECT_EQ(7, recv(self->fd[1], in, 7, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(in, "3456789", 7));
	pos = 4;
	EXPECT_EQ(2, sendfile(self->fd[0], file, &pos, 2));
	ASSERT_EQ(POLLIN, zs_poll(self->fd[1], POLLIN, 20000));
	EXPECT_EQ(2, recv(self->fd[1], in, 100, 0));
	EXPECT_EQ(0, memcmp(in, "45", 2));
}

TEST_F(io, splice)
{
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(6, write(p[1], "abcdef", 6));
	EXPECT_EQ(6, splice(p[0], NULL, self->fd[0], NULL, 6, 0));
	ASSERT_EQ(POLLIN, zs_poll(self->fd[1], POLLIN, 20000));
	EXPECT_EQ(4, splice(self->fd[1], NULL, p[1], NULL, 4, 0));
	EXPECT_EQ(2, splice(self->fd[1], NULL, p[1], NULL, 100, 0));
	EXPECT_EQ(6, read(p[0], in, 100));
	EXPECT_EQ(0, memcmp(in, "abcdef", 6));
	ASSERT_EQ(0, zs_nonblock(self->fd[1], true));
	EXPECT_EQ(-1, splice(self->fd[1], NULL, p[1], NULL, 4, 0));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, zs_nonblock(self->fd[1], false));
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	EXPECT_EQ(0, splice(self->fd[1], NULL, p[1], NULL, 4, 0));
}

/* Through a pipe and on: one socket into another. */
TEST_F(io, splice_much)
{
	int p[2], a = writer(self->fd[0], MEG, 50000), b = fork();

	if (!b) {
		size_t done = 0;
		ssize_t n, m;

		if (pipe(p))
			_exit(1);
		while (done < MEG) {
			n = splice(self->fd[1], NULL, p[1], NULL, 65536, 0);
			if (n <= 0)
				_exit(2);
			for (done += n; n; n -= m) {
				m = splice(p[0], NULL, self->fd[1], NULL, n, 0);
				if (m <= 0)
					_exit(3);
			}
		}
		_exit(0);
	}
	EXPECT_TRUE(reads(self->fd[0], MEG, 65536));
	EXPECT_EQ(0, zs_wait(a));
	EXPECT_EQ(0, zs_wait(b));
}

/* Read and spliced in turns: none is lost between the two. */
TEST_F(io, splice_and_recv)
{
	int p[2], pid = writer(self->fd[0], 60000, 999);
	size_t done;
	ssize_t n;

	ASSERT_EQ(0, pipe(p));
	for (done = 0; done < 60000; done += n) {
		if (done & 1) {
			n = recv(self->fd[1], in, 501, 0);
		} else {
			n = splice(self->fd[1], NULL, p[1], NULL, 501, 0);
			if (n > 0)
				n = read(p[0], in, n);
		}
		ASSERT_GT(n, 0);
		ASSERT_EQ(-1, tls_pattern_wrong(in, done, n));
	}
	EXPECT_EQ(0, zs_wait(pid));
}

/* ---- the end ---- */

TEST_F(io, shutdown_of_one_way)
{
	ASSERT_EQ(4, send(self->fd[0], "last", 4, 0));
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	EXPECT_EQ(4, recv(self->fd[1], in, 100, 0));
	EXPECT_EQ(0, recv(self->fd[1], in, 100, 0));
	EXPECT_EQ(0, recv(self->fd[1], in, 100, 0));
	EXPECT_TRUE(zs_poll(self->fd[1], POLLIN | POLLRDHUP, 0) & POLLRDHUP);
	EXPECT_EQ(-1, send(self->fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	/* The other way goes on. */
	EXPECT_EQ(5, send(self->fd[1], "reply", 5, 0));
	EXPECT_EQ(5, recv(self->fd[0], in, 5, MSG_WAITALL));
	ASSERT_EQ(0, shutdown(self->fd[1], SHUT_WR));
	EXPECT_EQ(0, recv(self->fd[0], in, 5, 0));
	EXPECT_TRUE(zs_poll(self->fd[0], POLLIN, 0) & POLLHUP);
	/* Twice is no error, or TCP's. */
	EXPECT_EQ(-1, shutdown(self->fd[0], SHUT_WR));
	EXPECT_EQ(ENOTCONN, errno);
}

TEST_F(io, close_is_the_end)
{
	tls_pattern(out, 0, 100000);
	ASSERT_EQ(100000, send(self->fd[0], out, 100000, 0));
	ASSERT_EQ(0, close(self->fd[0]));
	EXPECT_TRUE(reads(self->fd[1], 100000, 30000));
	EXPECT_EQ(0, recv(self->fd[1], in, 100, 0));
	EXPECT_EQ(0, zs_getint(self->fd[1], SOL_SOCKET, SO_ERROR));
}

/* Both tell each other at the same time. */
TEST_F(io, close_of_both)
{
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	ASSERT_EQ(0, shutdown(self->fd[1], SHUT_WR));
	EXPECT_EQ(0, recv(self->fd[0], in, 100, 0));
	EXPECT_EQ(0, recv(self->fd[1], in, 100, 0));
}

TEST_F(io, exit_is_the_end)
{
	int pid = fork();

	if (!pid) {
		send(self->fd[0], "bye", 3, 0);
		kill(getpid(), SIGKILL);
	}
	EXPECT_EQ(128 + SIGKILL, zs_wait(pid));
	/* The parent has it as well. */
	EXPECT_EQ(3, recv(self->fd[1], in, 100, 0));
	EXPECT_EQ(0, zs_poll(self->fd[1], POLLIN, 50));
	ASSERT_EQ(0, close(self->fd[0]));
	EXPECT_EQ(0, recv(self->fd[1], in, 100, 0));
}

TEST_F(io, reset)
{
	struct linger hard = { 1, 0 };

	ASSERT_EQ(0, setsockopt(self->fd[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	ASSERT_EQ(0, close(self->fd[0]));
	EXPECT_TRUE(zs_poll(self->fd[1], POLLIN, 20000) & POLLIN);
	EXPECT_EQ(-1, recv(self->fd[1], in, 100, 0));
	EXPECT_EQ(ECONNRESET, errno);
	EXPECT_EQ(-1, send(self->fd[1], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
}

static volatile sig_atomic_t pipes;

static void on_pipe(int sig __attribute__((unused)))
{
	pipes++;
}

TEST_F(io, sigpipe)
{
	signal(SIGPIPE, on_pipe);
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	EXPECT_EQ(-1, send(self->fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(0, pipes);
	EXPECT_EQ(-1, send(self->fd[0], "x", 1, 0));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(1, pipes);
}

TEST_F(io, shut_for_reading)
{
	ASSERT_EQ(0, shutdown(self->fd[1], SHUT_RD));
	EXPECT_EQ(0, recv(self->fd[1], in, 100, 0));
	/* Sending still works. */
	EXPECT_EQ(1, send(self->fd[1], "x", 1, 0));
	EXPECT_EQ(1, recv(self->fd[0], in, 100, 0));
}

/* ---- several holders ---- */

static atomic_int tid;

static void *recv_in_thread(void *arg)
{
	ssize_t n;

	tid = gettid();
	n = recv(*(int *)arg, in, 100, 0);
	return (void *)(n < 0 ? -(long)errno : (long)n);
}

TEST_F(io, shutdown_wakes_a_reader)
{
	pthread_t thread;
	void *got;

	ASSERT_EQ(0, pthread_create(&thread, NULL, recv_in_thread, &self->fd[1]));
	zs_sleep_ms(50);
	ASSERT_EQ(0, shutdown(self->fd[1], SHUT_RDWR));
	ASSERT_EQ(0, pthread_join(thread, &got));
	EXPECT_EQ(0, (long)got);
}

/* The reader has the file as well: it goes on until the peer says something. */
TEST_F(io, close_under_a_reader)
{
	pthread_t thread;
	void *got;
	int fd = self->fd[1];

	tid = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, recv_in_thread, &fd));
	while (!tid)
		zs_sleep_ms(5);
	ASSERT_TRUE(zs_asleep(tid));
	ASSERT_EQ(0, close(fd));
	self->fd[1] = -1;
	ASSERT_EQ(2, send(self->fd[0], "hi", 2, 0));
	ASSERT_EQ(0, pthread_join(thread, &got));
	EXPECT_EQ(2, (long)got);
	EXPECT_EQ(0, recv(self->fd[0], in, 1, 0));
}

TEST_F(io, readers_share)
{
	pthread_t thread[2];
	void *got[2];
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, recv_in_thread, &self->fd[1]));
	zs_sleep_ms(20);
	ASSERT_EQ(1, send(self->fd[0], "a", 1, 0));
	zs_sleep_ms(20);
	ASSERT_EQ(0, shutdown(self->fd[0], SHUT_WR));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_join(thread[i], &got[i]));
	EXPECT_EQ(1, (long)got[0] + (long)got[1]);
}

/* Each write of theirs is whole, whichever comes first. */
TEST_F(io, writers_share)
{
	int pid[3], i, j, n[3] = { };

	for (i = 0; i < 3; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			memset(out, 'a' + i, 1000);
			for (j = 0; j < 50; j++)
				if (send(self->fd[0], out, 1000, 0) != 1000)
					_exit(1);
			_exit(0);
		}
	}
	for (i = 0; i < 150; i++) {
		ASSERT_EQ(1000, recv(self->fd[1], in, 1000, MSG_WAITALL));
		for (j = 1; j < 1000; j++)
			ASSERT_EQ(in[0], in[j]);
		n[in[0] - 'a']++;
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, zs_wait(pid[i]));
		EXPECT_EQ(50, n[i]);
	}
}

TEST_F(io, fork_and_dup)
{
	int copy = dup(self->fd[0]), pid;

	ASSERT_EQ(0, close(self->fd[0]));
	self->fd[0] = copy;
	pid = fork();
	if (!pid)
		_exit(send(copy, "child", 5, 0) != 5 || recv(copy, in, 3, MSG_WAITALL) != 3);
	EXPECT_EQ(5, recv(self->fd[1], in, 5, MSG_WAITALL));
	EXPECT_EQ(3, send(self->fd[1], "yes", 3, 0));
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_EQ(6, send(copy, "parent", 6, 0));
	EXPECT_EQ(6, recv(self->fd[1], in, 6, MSG_WAITALL));
}

TEST_F(io, passed_to_another)
{
	int pair[2], pid, fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = fork();
	if (!pid) {
		close(self->fd[0]);
		fd = zs_recv_fd(pair[1]);
		if (zs_drop_root())
			_exit(2);
		_exit(send(fd, "passed", 6, 0) != 6);
	}
	ASSERT_EQ(0, zs_send_fd(pair[0], self->fd[0]));
	ASSERT_EQ(0, close(self->fd[0]));
	self->fd[0] = -1;
	EXPECT_EQ(6, recv(self->fd[1], in, 6, MSG_WAITALL));
	EXPECT_EQ(0, zs_wait(pid));
	/* Its last holder has gone. */
	EXPECT_EQ(0, recv(self->fd[1], in, 6, 0));
}

/* ---- io_uring ---- */

#ifdef HAVE_LIBURING
#include "ring.h"

TEST_F(io, uring)
{
	struct io_uring ring;
	int ret = io_uring_queue_init(8, &ring, 0);

	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring");
	ASSERT_EQ(0, ret);
	io_uring_prep_send(io_uring_get_sqe(&ring), self->fd[0], "ring", 4, 0);
	EXPECT_EQ(4, ring_finish(&ring, NULL));
	io_uring_prep_recv(io_uring_get_sqe(&ring), self->fd[1], in, 100, 0);
	EXPECT_EQ(4, ring_finish(&ring, NULL));
	EXPECT_EQ(0, memcmp(in, "ring", 4));
	/* One that waits, while the data comes. */
	io_uring_prep_recv(io_uring_get_sqe(&ring), self->fd[1], in, 100, 0);
	io_uring_submit(&ring);
	ASSERT_EQ(3, send(self->fd[0], "abc", 3, 0));
	EXPECT_EQ(3, ring_finish(&ring, NULL));
	io_uring_prep_poll_add(io_uring_get_sqe(&ring), self->fd[1], POLLIN);
	io_uring_submit(&ring);
	ASSERT_EQ(3, send(self->fd[0], "def", 3, 0));
	EXPECT_TRUE(ring_finish(&ring, NULL) & POLLIN);
	io_uring_prep_shutdown(io_uring_get_sqe(&ring), self->fd[0], SHUT_WR);
	EXPECT_EQ(0, ring_finish(&ring, NULL));
	io_uring_prep_recv(io_uring_get_sqe(&ring), self->fd[1], in, 100, MSG_WAITALL);
	EXPECT_EQ(3, ring_finish(&ring, NULL));
	io_uring_prep_recv(io_uring_get_sqe(&ring), self->fd[1], in, 100, 0);
	EXPECT_EQ(0, ring_finish(&ring, NULL));
	io_uring_queue_exit(&ring);
}
#endif

int main(int argc, char **argv)
{
	return tls_main(argc, argv, test_harness_run);
}
