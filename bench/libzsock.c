// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-rr: poll, a byte there and back, over AF_ZSOCK. In the place of
 * AF_INET, and of the control, are the direct calls; in that of AF_ZSOCK those of
 * libzsock, out of the shared library.
 */
#include <dlfcn.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "zbench.h"

#define LIBRARY	"/../lib/libzsock.so.1"

struct calls {
	int (*poll)(struct pollfd *fds, int nfds, int timeout);
	ssize_t (*send)(int fd, const void *buf, size_t len, int flags);
	ssize_t (*recv)(int fd, void *buf, size_t len, int flags);
};

struct ctx {
	struct calls calls;
	int fd[2];
};

static int direct_poll(struct pollfd *fds, int nfds, int timeout)
{
	return poll(fds, nfds, timeout);
}

static const struct calls direct = { direct_poll, send, recv };

static void *library(void)
{
	static void *handle;
	char path[4096];

	snprintf(path, sizeof(path), "%s" LIBRARY, opt.tools);
	if (!handle)
		handle = dlopen(path, RTLD_NOW);
	return handle;
}

static void *named(const char *name)
{
	void *call = dlsym(library(), name);

	if (!call)
		die("libzsock has no %s", name);
	return call;
}

static const char *missing(void)
{
	return library() ? NULL : "libzsock is not built (make tools)";
}

static void *setup(const struct fam *fam)
{
	const struct fam *zsock = fam_get(FAM_ZSOCK);
	struct ctx *c;

	if (fam->id == FAM_UNIX || !opt.fam[FAM_ZSOCK])
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		die("out of memory");
	c->calls = direct;
	if (fam->id == FAM_ZSOCK) {
		c->calls.poll = named("zsock_poll");
		c->calls.send = named("zsock_send");
		c->calls.recv = named("zsock_recv");
	}
	fam_stream_pair(zsock, c->fd);
	set_nodelay(zsock, c->fd[0]);
	set_nodelay(zsock, c->fd[1]);
	return c;
}

static void pass_byte(const struct calls *calls, int from, int to)
{
	struct pollfd p = { .fd = to, .events = POLLIN };
	char byte = 'z';

	if (calls->send(from, &byte, 1, 0) != 1)
		die_errno("send");
	if (calls->poll(&p, 1, -1) != 1)
		die_errno("poll");
	if (calls->recv(to, &byte, 1, 0) != 1)
		die_errno("recv");
}

static void run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;

	while (ops--) {
		pass_byte(&c->calls, c->fd[0], c->fd[1]);
		pass_byte(&c->calls, c->fd[1], c->fd[0]);
	}
}

static void teardown(void *arg)
{
	struct ctx *c = arg;

	close(c->fd[0]);
	close(c->fd[1]);
	free(c);
}

static const struct bench libzsock_cases[] = {
	{ .name = "libzsock-rr", .what = "poll and a byte, there and back",
	  .batch = 1, .longer = 1, .more = 1, .missing = missing,
	  .setup = setup, .run = run, .teardown = teardown },
	{ 0 },
};

BENCH_CASES(libzsock_cases);
