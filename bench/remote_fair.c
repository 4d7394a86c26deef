// SPDX-License-Identifier: GPL-2.0
/*
 * remote-fair-rx, remote-fair-tx: a thousand sockets of one backend are all as
 * busy as they can be, and each has its share of the pipe. What is compared is
 * bytes, so no clock matters.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "remote.h"

#define SOCKETS		1000
#define PIECE		(64 * 1024)
/* Of each: what the windows take at first is nobody's share yet. */
#define BEFORE		(512 * 1024.0)
#define SHARE		(4 * 1024 * 1024.0)
#define EVENTS		64

struct fair {
	struct remote remote;
	int epoll;
	int fd[SOCKETS];
	double bytes[SOCKETS];
	char data[PIECE];
};

static void watch(struct fair *f, unsigned int i, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.u32 = i };

	if (epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->fd[i], &ev))
		die_errno("epoll_ctl");
}

static struct fair *start(unsigned int port, unsigned int events)
{
	struct fair *f = calloc(1, sizeof(*f));
	unsigned int i;

	if (!f)
		die("out of memory");
	allow_descriptors(SOCKETS + 100);
	remote_start(&f->remote, REMOTE_UNIX);
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < SOCKETS; i++) {
		f->fd[i] = remote_connect(&f->remote, port);
		watch(f, i, events);
	}
	return f;
}

static void stop(struct fair *f)
{
	unsigned int i;

	for (i = 0; i < SOCKETS; i++)
		close(f->fd[i]);
	close(f->epoll);
	remote_stop(&f->remote);
	free(f);
}

/* One piece, as far as it goes: the program treats all alike. */
static ssize_t one_piece(struct fair *f, unsigned int i, bool sends)
{
	ssize_t n;

	if (sends)
		n = send(f->fd[i], f->data, PIECE, MSG_DONTWAIT);
	else
		n = recv(f->fd[i], f->data, PIECE, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		die_errno("remote-fair: socket %u", i);
	return n;
}

static void busy(struct fair *f, bool sends, double each)
{
	struct epoll_event ev[EVENTS];
	double left = each * SOCKETS;
	int i, n;

	while (left > 0) {
		n = epoll_wait(f->epoll, ev, EVENTS, 10000);
		if (n <= 0)
			die("remote-fair: nothing for ten seconds");
		for (i = 0; i < n; i++) {
			ssize_t done = one_piece(f, ev[i].data.u32, sends);

			f->bytes[ev[i].data.u32] += done;
			left -= done;
		}
	}
}

static void tell(const char *name, const char *what, const struct fair *f)
{
	double least = f->bytes[0], most = f->bytes[0], sum = 0;
	unsigned int i;

	for (i = 0; i < SOCKETS; i++) {
		least = f->bytes[i] < least ? f->bytes[i] : least;
		most = f->bytes[i] > most ? f->bytes[i] : most;
		sum += f->bytes[i];
	}
	printf("%-26s %-12s %12.0f B each, %.0f to %.0f: x %.4f\n", name,
	       "zsock", sum / SOCKETS, least, most, most / least);
	json_open(name, '{');
	json_string("what", what);
	json_open("zsock", '{');
	json_number("each", sum / SOCKETS);
	json_number("least", least);
	json_number("most", most);
	json_number("fairness", least ? most / least : 1e9);
	json_close('}');
	json_close('}');
}

static void run_fair(const char *name, const char *what, unsigned int port,
		     bool sends)
{
	struct fair *f = start(port, sends ? EPOLLOUT : EPOLLIN);
	unsigned int i;

	busy(f, sends, BEFORE);
	for (i = 0; i < SOCKETS; i++)
		f->bytes[i] = 0;
	busy(f, sends, SHARE);
	tell(name, what, f);
	stop(f);
}

#define RX	"1,000 sockets that receive"
#define TX	"1,000 sockets that send"

static void run_rx(void)
{
	run_fair("remote-fair-rx", RX, REMOTE_CHARGEN, false);
}

static void run_tx(void)
{
	run_fair("remote-fair-tx", TX, REMOTE_DISCARD, true);
}

static const struct bench fair_benches[] = {
	{ .name = "remote-fair-rx", .what = RX, .whole = run_rx },
	{ .name = "remote-fair-tx", .what = TX, .whole = run_tx },
	{ 0 }
};
BENCH_CASES(fair_benches);
