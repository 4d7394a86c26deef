// SPDX-License-Identifier: GPL-2.0
/* The cases that cost so and so much an operation. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "zbench.h"

struct ctx {
	const struct fam *fam;
	int fd[2];
	struct addr addr;
	char *buf;
};

static struct ctx *new_ctx(const struct fam *fam)
{
	struct ctx *c = calloc(1, sizeof(*c));

	if (!c)
		die("out of memory");
	c->fam = fam;
	return c;
}

static void close_pair(void *arg)
{
	struct ctx *c = arg;

	close(c->fd[0]);
	close(c->fd[1]);
	free(c->buf);
	free(c);
}

static void expect(ssize_t got, ssize_t want, const char *call)
{
	if (got < 0)
		die_errno("%s", call);
	if (got != want)
		die("%s: %zd bytes of %zd", call, got, want);
}

/* tcp-rr: one byte there and back on one connection. */

static void *tcp_rr_setup(const struct fam *fam)
{
	struct ctx *c = new_ctx(fam);

	fam_stream_pair(fam, c->fd);
	set_nodelay(fam, c->fd[0]);
	set_nodelay(fam, c->fd[1]);
	return c;
}

static void tcp_rr_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;
	char byte = 'z';

	while (ops--) {
		expect(send(c->fd[0], &byte, 1, 0), 1, "send");
		expect(recv(c->fd[1], &byte, 1, 0), 1, "recv");
		expect(send(c->fd[1], &byte, 1, 0), 1, "send");
		expect(recv(c->fd[0], &byte, 1, 0), 1, "recv");
	}
}

/* udp-rr: a connected client; a server that answers whoever asked. */

static void *udp_rr_setup(const struct fam *fam)
{
	struct ctx *c = new_ctx(fam);
	struct addr client;

	c->fd[0] = fam_bound_dgram(fam, &client);
	c->fd[1] = fam_bound_dgram(fam, &c->addr);
	if (connect(c->fd[0], (void *)&c->addr.ss, c->addr.len))
		die_errno("%s: connect", fam->name);
	fam_verify(fam, c->fd[0], true);
	fam_verify(fam, c->fd[1], true);
	return c;
}

static void udp_rr_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;
	struct addr from;
	char byte = 'z';

	while (ops--) {
		from.len = sizeof(from.ss);
		expect(send(c->fd[0], &byte, 1, 0), 1, "send");
		expect(recvfrom(c->fd[1], &byte, 1, 0, (void *)&from.ss,
				&from.len), 1, "recvfrom");
		expect(sendto(c->fd[1], &byte, 1, 0, (void *)&from.ss,
			      from.len), 1, "sendto");
		expect(recv(c->fd[0], &byte, 1, 0), 1, "recv");
	}
}

/* conn: socket, connect, accept and an ordinary close of both ends. */

static void conn_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;
	int fd[2];

	while (ops--) {
		fam_pair(c->fam, c->fd[0], &c->addr, fd);
		close(fd[0]);
		close(fd[1]);
	}
}

static void *conn_setup(const struct fam *fam)
{
	struct ctx *c = new_ctx(fam);
	int fd[2];

	c->fd[0] = fam_listen(fam, 1, &c->addr);
	c->fd[1] = -1;
	fam_pair(fam, c->fd[0], &c->addr, fd);
	fam_verify(fam, fd[0], true);
	fam_verify(fam, fd[1], true);
	close(fd[0]);
	close(fd[1]);
	return c;
}

/* sock: socket and close, nothing between. */

static void sock_run_type(struct ctx *c, int type, unsigned int ops)
{
	while (ops--)
		close(fam_socket(c->fam, type));
}

static void sock_run(void *arg, unsigned int ops)
{
	sock_run_type(arg, SOCK_STREAM, ops);
}

static void sock_dgram_run(void *arg, unsigned int ops)
{
	sock_run_type(arg, SOCK_DGRAM, ops);
}

static void *sock_setup(const struct fam *fam)
{
	struct ctx *c = new_ctx(fam);
	int i;

	for (i = 0; i < 2; i++) {
		int fd = fam_socket(fam, i ? SOCK_DGRAM : SOCK_STREAM);

		fam_verify(fam, fd, false);
		close(fd);
		c->fd[i] = -1;
	}
	return c;
}

/*
 * epoll-echo: a server that waits for 100 connections in one epoll set, and
 * their clients in another. An operation is one byte echoed.
 */

#define ECHO_CONNS	100

struct echo {
	int server_ep, client_ep;
	int fd[ECHO_CONNS][2];
};

static void echo_watch(int ep, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		die_errno("EPOLL_CTL_ADD");
}

static void *echo_setup(const struct fam *fam)
{
	struct echo *e = calloc(1, sizeof(*e));
	struct addr addr;
	int i, listener;

	if (!e)
		die("out of memory");
	e->server_ep = epoll_create1(0);
	e->client_ep = epoll_create1(0);
	listener = fam_listen(fam, 1, &addr);
	for (i = 0; i < ECHO_CONNS; i++) {
		fam_pair(fam, listener, &addr, e->fd[i]);
		fam_verify(fam, e->fd[i][0], true);
		fam_verify(fam, e->fd[i][1], true);
		set_nodelay(fam, e->fd[i][0]);
		set_nodelay(fam, e->fd[i][1]);
		echo_watch(e->client_ep, e->fd[i][0]);
		echo_watch(e->server_ep, e->fd[i][1]);
	}
	close(listener);
	return e;
}

/* Takes a byte from each of ECHO_CONNS ready sockets; a server returns it. */
static void echo_serve(int ep, bool reply)
{
	struct epoll_event ev[ECHO_CONNS];
	int left = ECHO_CONNS;
	char byte;

	while (left > 0) {
		int i, ready = epoll_wait(ep, ev, ECHO_CONNS, 10000);

		if (ready <= 0)
			die_errno("epoll_wait: %d, %d left", ready, left);
		for (i = 0; i < ready; i++) {
			int fd = ev[i].data.fd;

			expect(recv(fd, &byte, 1, MSG_DONTWAIT), 1, "recv");
			if (reply)
				expect(send(fd, &byte, 1, 0), 1, "send");
		}
		left -= ready;
	}
}

static void echo_run(void *arg, unsigned int ops)
{
	struct echo *e = arg;
	int i;

	for (; ops; ops -= ECHO_CONNS) {
		for (i = 0; i < ECHO_CONNS; i++)
			expect(send(e->fd[i][0], "z", 1, 0), 1, "send");
		echo_serve(e->server_ep, true);
		echo_serve(e->client_ep, false);
	}
}

static void echo_teardown(void *arg)
{
	struct echo *e = arg;
	int i;

	for (i = 0; i < ECHO_CONNS; i++) {
		close(e->fd[i][0]);
		close(e->fd[i][1]);
	}
	close(e->server_ep);
	close(e->client_ep);
	free(e);
}

/*
 * stream: 64 KiB are written and read back. The buffers hold a whole write,
 * so that one task can do both without ever waiting.
 */

#define STREAM_BYTES	(64 * 1024)
#define STREAM_BUFFER	(4 * 1024 * 1024)

static void *stream_setup(const struct fam *fam)
{
	struct ctx *c = new_ctx(fam);
	int i, listener = fam_listen(fam, 1, &c->addr);

	c->buf = malloc(STREAM_BYTES);
	if (!c->buf)
		die("out of memory");
	memset(c->buf, 'z', STREAM_BYTES);
	set_buffers(listener, STREAM_BUFFER);
	fam_pair(fam, listener, &c->addr, c->fd);
	close(listener);
	for (i = 0; i < 2; i++) {
		struct timeval limit = { .tv_sec = 10 };

		fam_verify(fam, c->fd[i], true);
		set_buffers(c->fd[i], STREAM_BUFFER);
		set_nodelay(fam, c->fd[i]);
		setsockopt(c->fd[i], SOL_SOCKET, SO_SNDTIMEO, &limit,
			   sizeof(limit));
		setsockopt(c->fd[i], SOL_SOCKET, SO_RCVTIMEO, &limit,
			   sizeof(limit));
	}
	return c;
}

static void stream_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;

	while (ops--) {
		ssize_t left = STREAM_BYTES;

		expect(write(c->fd[0], c->buf, STREAM_BYTES), STREAM_BYTES,
		       "write");
		while (left > 0) {
			ssize_t got = read(c->fd[1], c->buf, STREAM_BYTES);

			if (got <= 0)
				die_errno("read: %zd, %zd left", got, left);
			left -= got;
		}
	}
}

#define CASE(_setup, _run, _teardown) \
	.setup = _setup, .run = _run, .teardown = _teardown

static const struct bench percall_benches[] = {
	{ .name = "tcp-rr", .what = "TCP round trip of 1 byte",
	  .batch = 1, .longer = 1, .more = 1,
	  CASE(tcp_rr_setup, tcp_rr_run, close_pair) },
	{ .name = "udp-rr", .what = "UDP round trip of 1 byte",
	  .batch = 1, .longer = 1, .more = 1,
	  CASE(udp_rr_setup, udp_rr_run, close_pair) },
	{ .name = "conn", .what = "socket, connect, accept, close, close",
	  .batch = 1, .longer = LONGER, .more = 1,
	  CASE(conn_setup, conn_run, close_pair) },
	{ .name = "sock", .what = "socket(SOCK_STREAM), close",
	  .batch = 1, .longer = 2, .more = MORE,
	  CASE(sock_setup, sock_run, close_pair) },
	{ .name = "sock-dgram", .what = "socket(SOCK_DGRAM), close",
	  .batch = 1, .longer = 2, .more = MORE,
	  CASE(sock_setup, sock_dgram_run, close_pair) },
	{ .name = "epoll-echo", .what = "1 byte echoed, 100 connections in epoll",
	  .batch = ECHO_CONNS, .longer = LONGER, .more = 1,
	  CASE(echo_setup, echo_run, echo_teardown) },
	{ .name = "stream", .what = "64 KiB written and read",
	  .batch = 1, .longer = 1, .more = 1,
	  CASE(stream_setup, stream_run, close_pair) },
	{ 0 }
};
BENCH_CASES(percall_benches);
