// SPDX-License-Identifier: GPL-2.0
/*
 * Random messages of the other side, some of them right, while programs make random calls.
 * Nothing may hang, and the kernel has nothing to complain about.
 *
 *	remote_fuzz [-t SECONDS] [-s SEED]
 */
#include <endian.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "far.h"
#include "zs.h"

#define NAME	"far0"
#define CALLERS	3

static unsigned int rnd(unsigned int n) { return random() % n; }

/* ---- the programs ---- */

static void call(int fd)
{
	static char buf[70000];
	union zs_addr to;
	socklen_t len = zs_loopback(&to, AF_INET, 1 + rnd(100)), optlen = 4;
	int got, flags = rnd(4) ? MSG_DONTWAIT : 0;

	switch (rnd(18)) {
	case 0:
		connect(fd, &to.sa, len);
		break;
	case 1:
		bind(fd, &to.sa, len);
		break;
	case 2:
		listen(fd, rnd(5));
		break;
	case 3:
		got = accept(fd, NULL, NULL);
		if (got >= 0) {
			send(got, buf, rnd(100), MSG_NOSIGNAL | MSG_DONTWAIT);
			close(got);
		}
		break;
	case 4:
	case 5:
		send(fd, buf, rnd(sizeof(buf)), flags | MSG_NOSIGNAL);
		break;
	case 6:
		sendto(fd, buf, rnd(2000), flags | MSG_NOSIGNAL, &to.sa, len);
		break;
	case 7:
	case 8:
		recv(fd, buf, rnd(sizeof(buf)), flags | (rnd(3) ? 0 : MSG_PEEK));
		break;
	case 9:
		shutdown(fd, rnd(3));
		break;
	case 10:
		getsockname(fd, &to.sa, &len);
		break;
	case 11:
		getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, buf, &optlen);
		break;
	case 12:
		zs_poll(fd, POLLIN | POLLOUT | POLLPRI, rnd(5));
		break;
	case 13:
		send(fd, buf, rnd(3), flags | MSG_OOB | MSG_NOSIGNAL | (rnd(2) ? MSG_MORE : 0));
		break;
	case 14:
		recv(fd, buf, rnd(3), MSG_OOB | (rnd(2) ? MSG_PEEK : 0));
		break;
	case 15:
		zs_setint(fd, SOL_SOCKET, SO_OOBINLINE, rnd(2));
		break;
	case 16:
		ioctl(fd, rnd(2) ? SIOCATMARK : FIONREAD, &got);
		break;
	default:
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, buf, 4);
	}
}

static void __attribute__((noreturn)) program(unsigned int seed)
{
	struct timeval tv = { .tv_usec = 50000 };
	int fds[8], i;

	srandom(seed);
	memset(fds, -1, sizeof(fds));
	for (;;) {
		i = rnd(8);
		if (fds[i] < 0 || !rnd(12)) {
			close(fds[i]);
			fds[i] = far_socket(NAME, rnd(3) ? SOCK_STREAM : SOCK_DGRAM);
			setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
			setsockopt(fds[i], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
			if (fds[i] >= 0 && rnd(2))
				zs_nonblock(fds[i], true);
		}
		if (fds[i] >= 0)
			call(fds[i]);
	}
}

/* ---- the other side ---- */

static uint32_t socks[16];
static unsigned int nsocks;

static uint32_t some_sock(void)
{
	if (nsocks && rnd(30))
		return socks[rnd(nsocks < 16 ? nsocks : 16)];
	return rnd(2) ? rnd(100) : ZOFF_SOCK_SERVER + rnd(50);
}

/* Something that could be right, with a few bits that are not. */
static void lie(int far)
{
	static const int types[] = { 2, 3, 32, 33, 34, 35, 36, 36, 36, 48, 48, 48, 48, 49, 50, 50 };
	static unsigned char message[sizeof(struct zoff_hdr) + 1024];
	unsigned char *body = message + sizeof(struct zoff_hdr);
	int type = types[rnd(16)], flags = 0;
	uint32_t len, seq = 0;
	size_t i;

	switch (type) {
	case ZOFF_PING:
	case ZOFF_PONG:
	case ZOFF_END:
		len = 0;
		seq = type != ZOFF_END;
		break;
	case ZOFF_REPLY:
		len = rnd(2) ? 4 : 4 + sizeof(struct zoff_addr);
		seq = rnd(300);
		break;
	case ZOFF_INCOMING:
		len = sizeof(struct zoff_incoming);
		break;
	case ZOFF_ERROR:
	case ZOFF_CREDIT:
		len = 4;
		break;
	case ZOFF_URGENT:
		len = sizeof(struct zoff_urgent);
		break;
	case ZOFF_DATA:
		flags = rnd(2) ? ZOFF_DATA_URGENT : 0;
		len = flags ? 1 : 1 + rnd(900);
		break;
	default:
		len = sizeof(struct zoff_addr) + rnd(900);
	}
	memset(body, 0, len);
	if (type == ZOFF_DGRAM)
		far_address((struct zoff_addr *)body, rnd(65536));
	if (type == ZOFF_INCOMING) {
		struct zoff_incoming *in = (struct zoff_incoming *)body;

		in->sock = htole32(ZOFF_SOCK_SERVER + rnd(1 << 20));
		far_address(&in->name, 1);
		far_address(&in->peer, 2);
	}
	if (type == ZOFF_ERROR || type == ZOFF_CREDIT)
		body[0] = rnd(256);
	if (type == ZOFF_URGENT)
		body[0] = rnd(3) ? 0 : rnd(256);
	far_header((struct zoff_hdr *)message, len, type, type < 16 ? 0 : some_sock(), seq);
	((struct zoff_hdr *)message)->flags = htole16(flags);
	len += sizeof(struct zoff_hdr);
	for (i = rnd(8) ? 0 : 1 + rnd(3); i; i--)
		message[rnd(len)] ^= 1 << rnd(8);
	far_say_raw(far, message, rnd(200) ? len : rnd(len));
}

/* Until the pipe is dropped. How many messages were said. */
static unsigned long serve(int far, long long end)
{
	static struct far_msg m;
	unsigned long n = 0;
	int ret = 1, calm = 1 + rnd(60);

	nsocks = 0;
	while (ret && zs_now_ms() < end) {
		ret = far_get(far, &m, 2);
		if (ret == 1 && m.type == ZOFF_OPEN)
			socks[nsocks++ % 16] = m.sock;
		if (ret == 1 && rnd(50))
			n += far_serve_one(far, &m);
		else if (ret == 1 && m.seq)
			far_reply(far, &m, rnd(200));
		if (!rnd(calm)) {
			lie(far);
			n++;
		}
		if (!rnd(2000))
			break;
	}
	return n;
}

static int options(int argc, char **argv, long *seconds, unsigned int *seed)
{
	int c;

	while ((c = getopt(argc, argv, "t:s:")) >= 0) {
		if (c == 't')
			*seconds = atol(optarg);
		else if (c == 's')
			*seed = strtoul(optarg, NULL, 0);
		else
			return -1;
	}
	return 0;
}

/* All has to come to an end when they are killed. */
static int reap(const int *pids)
{
	int i, status, bad = 0;

	for (i = 0; i < CALLERS; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < CALLERS; i++) {
		status = zs_wait(pids[i]);
		if (status != 128 + SIGKILL) {
			printf("# a program ended by itself: %d\n", status);
			bad = 1;
		}
	}
	return bad;
}

int main(int argc, char **argv)
{
	unsigned int seed = getpid() ^ zs_now_ms();
	unsigned long said = 0, pipes = 0;
	int pids[CALLERS], far, i, err, bad;
	long seconds = 20;
	long long end;

	if (options(argc, argv, &seconds, &seed))
		return 1;
	printf("TAP version 13\n1..1\n# seed %u\n", seed);
	fflush(stdout);
	srandom(seed);
	far_features |= ZOFF_F_MORE | ZOFF_F_URGENT;
	if (zs_new_netns() || far_add(NAME, &far)) {
		printf("not ok 1 a backend\n");
		return 1;
	}
	for (i = 0; i < CALLERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			program(seed + i);
	}
	end = zs_now_ms() + seconds * 1000;
	do {
		said += serve(far, end);
		pipes++;
		close(far);
		if (!far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, 15000)) {
			printf("# the pipe is not down after 15 s\n");
			break;
		}
		err = far_pipe(NAME, &far);
		if (err) {
			printf("# another pipe: %s\n", strerror(err));
			break;
		}
	} while (zs_now_ms() < end);
	bad = reap(pids) || zs_now_ms() < end || far_del(NAME, true);
	printf("# %lu messages over %lu pipes\n%sok 1 random messages\n", said, pipes,
	       bad ? "not " : "");
	return bad;
}
