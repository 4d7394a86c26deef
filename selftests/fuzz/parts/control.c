// SPDX-License-Identifier: GPL-2.0
/* ioctl(), fcntl(), waiting, io_uring. */
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>
#ifdef HAVE_LIBURING
#include <liburing.h>
#endif

#include "fuzz.h"

static const unsigned long harmless[] = {
	FIONREAD, FIONBIO, FIOASYNC, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK, SIOCGSTAMP, SIOCGSTAMPNS,
	SIOCGSTAMP_NEW, SIOCGSTAMPNS_NEW, SIOCGIFCONF, SIOCGIFNAME, SIOCGIFFLAGS, SIOCGIFADDR,
	SIOCGIFINDEX, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGSKNS, SIOCGARP, SIOCETHTOOL, SIOCGPGRP,
	0x89e0 /* SIOCPROTOPRIVATE, SIOCUNIXFILE, SIOCKCMATTACH */, 0x5401 /* TCGETS */, 0,
};

/* Any other, but for those that change devices or send signals to whomever. */
static unsigned long random_ioctl(struct rng *r)
{
	unsigned long cmd = harmless[rng_below(r, sizeof(harmless) / sizeof(harmless[0]))];

	if (rng_one_in(r, 8))
		cmd = (unsigned int)rng_next(r);
	if (rng_one_in(r, 6))
		cmd = 0x8900 + rng_below(r, 256);
	if (cmd == FIOSETOWN || cmd == SIOCSPGRP)
		return FIOGETOWN;
	if ((cmd >> 8) == 0x89 && !in_private_net)
		return harmless[cmd % (sizeof(harmless) / sizeof(harmless[0]))];
	return cmd;
}

void run_ioctl(struct rng *r)
{
	unsigned long cmd = random_ioctl(r);
	int fd = pool_fd(r);
	struct ifreq *ifr = memory_tail(sizeof(*ifr));
	int *word = memory_pointer(r, sizeof(int));
	int ret;

	memset(ifr, 0, sizeof(*ifr));
	strcpy(ifr->ifr_name, "lo");
	ifr->ifr_ifindex = rng_one_in(r, 2) ? 1 : rng_int(r);
	if (cmd == SIOCGIFCONF)
		memset(ifr, 0, sizeof(struct ifconf));
	ret = ioctl(fd, cmd, rng_one_in(r, 3) ? (void *)word : (void *)ifr);
	if (cmd == SIOCGSKNS && ret >= 0)
		pool_put(r, ret, 0, 0);
	count(CALL_ioctl, ret);
}

/* Signals go to this process alone. */
static long random_fcntl(struct rng *r, int fd)
{
	static const int sigs[] = { 0, SIGIO, SIGURG };

	switch (rng_below(r, 9)) {
	case 0:
		return fcntl(fd, F_SETFL, rng_flags(r, O_NONBLOCK | O_ASYNC | O_APPEND));
	case 1:
		return fcntl(fd, F_SETFL, rng_one_in(r, 2) ? O_ASYNC : O_ASYNC | O_NONBLOCK);
	case 2:
		return fcntl(fd, F_SETOWN, getpid());
	case 3:
		return fcntl(fd, F_SETSIG, rng_one_in(r, 3) ? SIGRTMIN + 1 :
			     sigs[rng_below(r, 3)]);
	case 4:
		return fcntl(fd, F_GETFL);
	case 5:
		return fcntl(fd, F_SETPIPE_SZ, 4096);
	case 6:
		return fcntl(fd, F_SETLEASE, F_UNLCK);
	case 7:
		return fcntl(fd, F_ADD_SEALS, 1);
	default:
		return fcntl(fd, F_SETFD, rng_below(r, 2));
	}
}

void run_fcntl(struct rng *r)
{
	count(CALL_fcntl, random_fcntl(r, pool_fd(r)));
}

void run_poll(struct rng *r)
{
	struct pollfd pfd[SLOTS];
	unsigned int n = rng_below(r, SLOTS);

	for (unsigned int i = 0; i < n; i++)
		pfd[i] = (struct pollfd){ pool_fd(r), rng_one_in(r, 4) ? rng_int(r) :
					  POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0 };
	count(CALL_poll, poll(pfd, n, rng_below(r, 10)));
}

void run_select(struct rng *r)
{
	struct timeval tv = { 0, rng_below(r, 5000) };
	fd_set set[3];
	int max = 0;

	for (int i = 0; i < 3; i++) {
		FD_ZERO(&set[i]);
		for (unsigned int n = rng_below(r, 4); n; n--) {
			int fd = pool_slot(r)->fd;

			if (fd < 0 || fd >= FD_SETSIZE)
				continue;
			FD_SET(fd, &set[i]);
			max = fd > max ? fd : max;
		}
	}
	count(CALL_select, select(max + 1, &set[0], &set[1], &set[2], &tv));
}

/* One set for all threads of a generation: sockets stay in it across whatever happens. */
static int epoll_set(void)
{
	static int set = -1;
	int fd = __atomic_load_n(&set, __ATOMIC_SEQ_CST), none = -1;

	if (fd >= 0)
		return fd;
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd >= 0 && !__atomic_compare_exchange_n(&set, &none, fd, false, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST)) {
		close(fd);
		fd = none;
	}
	return fd;
}

void run_epoll(struct rng *r)
{
	struct epoll_event ev = { rng_one_in(r, 4) ? (uint32_t)rng_next(r) : EPOLLIN | EPOLLOUT |
				  EPOLLRDHUP | (rng_one_in(r, 2) ? EPOLLET : 0), { 0 } };
	struct epoll_event got[16];
	int ops[] = { EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL };

	if (rng_one_in(r, 3))
		count(CALL_epoll, epoll_wait(epoll_set(), got, 16, rng_below(r, 10)));
	else
		count(CALL_epoll, epoll_ctl(epoll_set(), ops[rng_below(r, 4)], pool_fd(r), &ev));
}

#ifdef HAVE_LIBURING
static void random_sqe(struct rng *r, struct io_uring_sqe *sqe)
{
	int fd = pool_slot(r)->fd;
	union zs_addr *addr = memory_tail(sizeof(*addr));
	size_t len = rng_below(r, 8192);

	switch (rng_below(r, 9)) {
	case 0:
		io_uring_prep_accept(sqe, fd, NULL, NULL, 0);
		break;
	case 1:
		io_uring_prep_connect(sqe, fd, &addr->sa, addr_peer(r, addr, 0));
		break;
	case 2:
		io_uring_prep_send_zc(sqe, fd, memory_scratch(), len, 0, 0);
		break;
	case 3:
		io_uring_prep_recv(sqe, fd, memory_scratch(), len, 0);
		break;
	case 4:
		io_uring_prep_poll_multishot(sqe, fd, POLLIN | POLLOUT);
		break;
	case 5:
		io_uring_prep_shutdown(sqe, fd, rng_below(r, 3));
		break;
	case 6:
		/* The socket commands: SIOCINQ, SIOCOUTQ, GETSOCKOPT, SETSOCKOPT. */
		io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
		sqe->off = rng_below(r, 5);
		break;
	case 7:
		io_uring_prep_splice(sqe, fd, -1, pool_slot(r)->fd, -1, len, 0);
		break;
	default:
		io_uring_prep_send(sqe, fd, memory_scratch(), len, MSG_NOSIGNAL);
	}
	if (rng_one_in(r, 4))
		sqe->flags |= IOSQE_ASYNC;
}

/* What is under way when the ring ends is cancelled. */
void run_uring(struct rng *r)
{
	struct __kernel_timespec ts = { 0, 5 * 1000 * 1000 };
	struct io_uring ring;
	struct io_uring_cqe *cqe;
	int fixed = pool_slot(r)->fd;
	int ret;

	ret = io_uring_queue_init(8, &ring, 0);
	if (ret) {
		count(CALL_uring, -1);
		return;
	}
	if (rng_one_in(r, 2))
		io_uring_register_files(&ring, &fixed, 1);
	for (unsigned int n = 1 + rng_below(r, 6); n; n--)
		random_sqe(r, io_uring_get_sqe(&ring));
	ret = io_uring_submit(&ring);
	if (ret > 0)
		ret = io_uring_wait_cqe_timeout(&ring, &cqe, &ts);
	while (!io_uring_peek_cqe(&ring, &cqe))
		io_uring_cqe_seen(&ring, cqe);
	count(CALL_uring, ret);
	io_uring_queue_exit(&ring);
}
#else
void run_uring(struct rng *r)
{
	(void)r;
}
#endif
