// SPDX-License-Identifier: GPL-2.0
/* Calls that move data. */
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fuzz.h"

#ifndef MSG_SPLICE_PAGES
#define MSG_SPLICE_PAGES	0x8000000
#endif
#define SEND_FLAGS	(MSG_OOB | MSG_DONTROUTE | MSG_DONTWAIT | MSG_EOR | MSG_NOSIGNAL | \
			 MSG_MORE | MSG_CONFIRM | MSG_FASTOPEN | MSG_ZEROCOPY)
#define RECV_FLAGS	(MSG_OOB | MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_WAITALL | \
			 MSG_ERRQUEUE | MSG_CMSG_CLOEXEC | MSG_WAITFORONE)

static unsigned int wait_flag(struct rng *r)
{
	return rng_one_in(r, 4) ? 0 : MSG_DONTWAIT;
}

void run_sendto(struct rng *r)
{
	struct slot *s = pool_slot(r);
	size_t len = memory_length(r);
	void *buf = memory_pointer(r, len);
	unsigned int flags = rng_flags(r, SEND_FLAGS) | wait_flag(r);
	union zs_addr addr;
	socklen_t alen;

	if (rng_one_in(r, 2)) {
		count(CALL_sendto, send(s->fd, buf, len, flags));
		return;
	}
	alen = addr_any(r, &addr, s->domain, s->type);
	count(CALL_sendto, sendto(s->fd, buf, len, flags,
				  rng_one_in(r, 20) ? memory_pointer(r, alen) : &addr.sa, alen));
}

void run_recvfrom(struct rng *r)
{
	int fd = pool_fd(r);
	size_t len = memory_length(r);
	void *buf = memory_pointer(r, len);
	unsigned int flags = rng_flags(r, RECV_FLAGS) | wait_flag(r);
	socklen_t alen = rng_one_in(r, 3) ? (socklen_t)rng_int(r) : 128;

	if (rng_one_in(r, 2))
		count(CALL_recvfrom, recv(fd, buf, len, flags));
	else
		count(CALL_recvfrom, recvfrom(fd, buf, len, flags, memory_pointer(r, 128), &alen));
}

static size_t random_iov(struct rng *r, struct iovec *iov, unsigned int max)
{
	unsigned int n = rng_below(r, max + 1);

	for (unsigned int i = 0; i < n; i++) {
		iov[i].iov_len = memory_length(r);
		if (!rng_one_in(r, 10))
			iov[i].iov_len &= 0x3fff;
		iov[i].iov_base = memory_pointer(r, iov[i].iov_len);
	}
	return rng_one_in(r, 60) ? (unsigned int)rng_int(r) : n;
}

/* One control message, which may be any. SCM_RIGHTS has a call of its own. */
static size_t random_control(struct rng *r, char *buf)
{
	static const struct { int level, type, len; } known[] = {
		{ SOL_IP, IP_PKTINFO, sizeof(struct in_pktinfo) }, { SOL_IP, IP_TOS, 4 },
		{ SOL_IP, IP_TTL, 4 }, { SOL_IPV6, IPV6_PKTINFO, sizeof(struct in6_pktinfo) },
		{ SOL_IPV6, IPV6_TCLASS, 4 }, { SOL_IPV6, IPV6_HOPLIMIT, 4 },
		{ SOL_UDP, UDP_SEGMENT, 2 }, { SOL_SOCKET, SO_TIMESTAMPING, 4 },
		{ SOL_SOCKET, SO_MARK, 4 }, { SOL_SOCKET, SO_TXTIME, 8 },
		{ SOL_SOCKET, SCM_CREDENTIALS, 12 }, { SOL_IPV6, IPV6_RTHDR, 24 },
		{ SOL_IPV6, IPV6_HOPOPTS, 8 },
	};
	struct cmsghdr *cmsg = (struct cmsghdr *)buf;
	unsigned int which = rng_below(r, sizeof(known) / sizeof(known[0]));

	memset(buf, rng_one_in(r, 4) ? 0xff : 0, 64);
	cmsg->cmsg_level = known[which].level;
	cmsg->cmsg_type = known[which].type;
	cmsg->cmsg_len = CMSG_LEN(known[which].len);
	*(int *)CMSG_DATA(cmsg) = rng_int(r);
	if (rng_one_in(r, 10)) {
		cmsg->cmsg_level = rng_int(r);
		cmsg->cmsg_type = rng_int(r) | 1 << 8;
	}
	if (rng_one_in(r, 10))
		cmsg->cmsg_len = (size_t)rng_int(r);
	return rng_one_in(r, 10) ? rng_below(r, 65) : CMSG_SPACE(known[which].len);
}

static void random_msg(struct rng *r, struct msghdr *msg, struct iovec *iov, char *control,
		       bool sends)
{
	struct slot *s = pool_slot(r);

	memset(msg, 0, sizeof(*msg));
	msg->msg_iov = rng_one_in(r, 60) ? memory_pointer(r, 64) : iov;
	msg->msg_iovlen = random_iov(r, iov, 4);
	if (rng_one_in(r, 3)) {
		msg->msg_name = memory_pointer(r, sizeof(union zs_addr));
		msg->msg_namelen = rng_one_in(r, 6) ? (socklen_t)rng_int(r) :
				   sizeof(union zs_addr);
	}
	if (sends && rng_one_in(r, 3)) {
		msg->msg_name = memory_tail(sizeof(union zs_addr));
		msg->msg_namelen = addr_any(r, msg->msg_name, s->domain, s->type);
	}
	if (rng_one_in(r, 3)) {
		msg->msg_control = control;
		msg->msg_controllen = sends ? random_control(r, control) : rng_below(r, 1024);
	}
	if (rng_one_in(r, 60))
		msg->msg_control = memory_pointer(r, 64);
}

void run_sendmsg(struct rng *r)
{
	char control[1024] __attribute__((aligned(8)));
	struct iovec iov[4];
	struct msghdr msg;

	random_msg(r, &msg, iov, control, true);
	count(CALL_sendmsg, sendmsg(pool_fd(r), &msg, rng_flags(r, SEND_FLAGS) | wait_flag(r)));
}

/* Descriptors that came with it are the pool's. */
static void keep_rights(struct rng *r, struct msghdr *msg)
{
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		int *fd = (int *)CMSG_DATA(cmsg);

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int); n; n--)
			pool_put(r, *fd++, AF_INET, SOCK_STREAM);
	}
}

void run_recvmsg(struct rng *r)
{
	char control[1024] __attribute__((aligned(8)));
	struct iovec iov[4];
	struct msghdr msg;
	ssize_t ret;

	random_msg(r, &msg, iov, control, false);
	ret = recvmsg(pool_fd(r), &msg, rng_flags(r, RECV_FLAGS) | wait_flag(r));
	count(CALL_recvmsg, ret);
	if (ret >= 0 && msg.msg_control == control)
		keep_rights(r, &msg);
}

void run_mmsg(struct rng *r)
{
	struct timespec ts = { 0, rng_below(r, 2) ? 1000000 : 0 };
	char control[4][1024] __attribute__((aligned(8)));
	struct mmsghdr mmsg[4];
	struct iovec iov[4][4];
	bool sends = rng_one_in(r, 2);
	unsigned int n = rng_one_in(r, 20) ? (unsigned int)rng_int(r) : rng_below(r, 5);

	for (int i = 0; i < 4; i++)
		random_msg(r, &mmsg[i].msg_hdr, iov[i], control[i], sends);
	/* More than there are: what lies behind them is not theirs. */
	if (n > 4)
		n = 4;
	if (sends)
		count(CALL_mmsg, sendmmsg(pool_fd(r), mmsg, n, rng_flags(r, SEND_FLAGS)));
	else
		count(CALL_mmsg, recvmmsg(pool_fd(r), mmsg, n,
					  rng_flags(r, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT |
						    MSG_WAITFORONE), &ts));
}

void run_readwrite(struct rng *r)
{
	int fd = pool_fd(r);
	size_t len = memory_length(r);
	struct iovec iov[4];

	switch (rng_below(r, 6)) {
	case 0:
		count(CALL_readwrite, read(fd, memory_pointer(r, len), len));
		break;
	case 1:
		count(CALL_readwrite, readv(fd, iov, random_iov(r, iov, 4)));
		break;
	case 2:
		count(CALL_readwrite, writev(fd, iov, random_iov(r, iov, 4)));
		break;
	case 3:
		count(CALL_readwrite, pwrite(fd, memory_pointer(r, len), len, rng_int(r)));
		break;
	default:
		count(CALL_readwrite, write(fd, memory_pointer(r, len), len));
	}
}

#define SPLICE_FLAGS	(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE)

/* Through a pipe, in either direction, and copied on the way at times. */
void run_splice(struct rng *r)
{
	size_t len = rng_below(r, 70000);
	int in[2], out[2], fd = pool_fd(r);
	ssize_t ret;

	if (pipe2(in, O_NONBLOCK))
		return;
	if (rng_one_in(r, 2)) {
		ret = splice(fd, NULL, in[1], NULL, len,
			     rng_flags(r, SPLICE_FLAGS) | SPLICE_F_NONBLOCK);
	} else {
		if (write(in[1], memory_scratch(), 1 + rng_below(r, 8000)) < 0)
			len = 0;
		ret = splice(in[0], NULL, fd, NULL, len, rng_flags(r, SPLICE_FLAGS));
	}
	count(CALL_splice, ret);
	if (rng_one_in(r, 3) && !pipe2(out, O_NONBLOCK)) {
		if (tee(in[0], out[1], len, SPLICE_F_NONBLOCK) > 0)
			splice(out[0], NULL, pool_fd(r), NULL, len, SPLICE_F_NONBLOCK);
		close(out[0]);
		close(out[1]);
	}
	close(in[0]);
	close(in[1]);
}

void run_sendfile(struct rng *r)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	off_t at = rng_one_in(r, 10) ? rng_int(r) : 0;

	count(CALL_sendfile, sendfile(pool_fd(r), rng_one_in(r, 8) ? pool_fd(r) : file,
				      rng_one_in(r, 3) ? NULL : &at, rng_below(r, 70000)));
	if (file >= 0)
		close(file);
}

void run_vmsplice(struct rng *r)
{
	struct iovec iov = { memory_scratch() + 4096, 4096 * (1 + rng_below(r, 4)) };
	int p[2];
	ssize_t ret;

	if (pipe2(p, O_NONBLOCK))
		return;
	ret = vmsplice(p[1], &iov, 1, rng_flags(r, SPLICE_FLAGS) | SPLICE_F_NONBLOCK);
	if (ret > 0)
		ret = splice(p[0], NULL, pool_fd(r), NULL, ret, SPLICE_F_NONBLOCK);
	count(CALL_vmsplice, ret);
	close(p[0]);
	close(p[1]);
}

#define MAPS	8

static void *maps[MAPS];

void run_mmap(struct rng *r)
{
	static const int prots[] = { PROT_READ, PROT_READ, PROT_NONE, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_EXEC };
	size_t len = 4096 * (1 + rng_below(r, 16));
	void *p = mmap(NULL, len, prots[rng_below(r, 5)],
		       rng_one_in(r, 3) ? MAP_PRIVATE : MAP_SHARED, pool_fd(r),
		       rng_one_in(r, 6) ? 4096L * rng_below(r, 100) : 0);
	void *old;

	count(CALL_mmap, p == MAP_FAILED ? -1 : 0);
	if (p == MAP_FAILED)
		return;
	old = __atomic_exchange_n(&maps[rng_below(r, MAPS)], p, __ATOMIC_SEQ_CST);
	/* What is longer stays mapped until the process ends. */
	if (old)
		munmap(old, 4096);
}

void run_munmap(struct rng *r)
{
	void *p = __atomic_exchange_n(&maps[rng_below(r, MAPS)], NULL, __ATOMIC_SEQ_CST);

	if (p && rng_one_in(r, 3))
		madvise(p, 4096, MADV_DONTNEED);
	count(CALL_munmap, p ? munmap(p, 4096) : -1);
}
