// SPDX-License-Identifier: GPL-2.0
/*
 * A backend behind a pipe, against the same bytes through such a pipe alone.
 * The far end of a socket is zsock-offloadd itself: echo, discard and chargen
 * at an address that is nobody's. That of a bare pipe, and of TCP for scale, is
 * a process that does the same.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/zsock.h>

#include "remote.h"

#define PIECE	(64 * 1024)

struct ctx {
	int fd;
	pid_t pid;		/* of the far end */
	struct remote remote;
	char data[PIECE];
};

static void expect(ssize_t got, ssize_t want, const char *call)
{
	if (got < 0)
		die_errno("%s", call);
	if (got != want)
		die("%s: %zd bytes of %zd", call, got, want);
}

/* ---- far ends that are processes ---- */

static void far_echo(int fd, char *data)
{
	ssize_t n;

	while ((n = recv(fd, data, PIECE, 0)) > 0)
		send(fd, data, n, MSG_NOSIGNAL);
}

static void far_discard(int fd, char *data)
{
	while (recv(fd, data, PIECE, 0) > 0)
		;
}

static void far_chargen(int fd, char *data)
{
	while (send(fd, data, PIECE, MSG_NOSIGNAL) > 0)
		;
}

static void far_end(int fd, unsigned int port, char *data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	switch (port) {
	case REMOTE_ECHO:
		far_echo(fd, data);
		break;
	case REMOTE_DISCARD:
		far_discard(fd, data);
		break;
	default:
		far_chargen(fd, data);
		break;
	}
	_exit(0);
}

static void start_far_end(struct ctx *c, const int fd[2], unsigned int port)
{
	fflush(stdout);
	c->pid = fork();
	if (c->pid < 0)
		die_errno("fork");
	if (!c->pid) {
		close(fd[0]);
		far_end(fd[1], port, c->data);
	}
	close(fd[1]);
	c->fd = fd[0];
}

/* ---- setting up ---- */

/* The control is the bare pipe once more: it is what all is compared with. */
static void bare_pair(const struct fam *fam, enum remote_pipe kind, int fd[2])
{
	if (fam->id != FAM_INET) {
		remote_pipe(kind, fd);
		return;
	}
	fam_stream_pair(fam, fd);
	set_nodelay(fam, fd[0]);
	set_nodelay(fam, fd[1]);
}

static void *setup(const struct fam *fam, enum remote_pipe kind,
		   unsigned int port)
{
	struct ctx *c = calloc(1, sizeof(*c));
	int fd[2];

	if (!c)
		die("out of memory");
	memset(c->data, 'z', sizeof(c->data));
	if (fam->id == FAM_ZSOCK) {
		remote_start(&c->remote, kind);
		c->fd = remote_connect(&c->remote, port);
		return c;
	}
	bare_pair(fam, kind, fd);
	start_far_end(c, fd, port);
	return c;
}

static void teardown(void *arg)
{
	struct ctx *c = arg;

	close(c->fd);
	if (c->pid) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	} else {
		remote_stop(&c->remote);
	}
	free(c);
}

/* ---- the cases ---- */

static void *rr_setup(const struct fam *fam)
{
	return setup(fam, REMOTE_UNIX, REMOTE_ECHO);
}

static void *vsock_rr_setup(const struct fam *fam)
{
	return setup(fam, REMOTE_VSOCK, REMOTE_ECHO);
}

static void rr_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;
	char byte = 'z';

	while (ops--) {
		expect(send(c->fd, &byte, 1, 0), 1, "send");
		expect(recv(c->fd, &byte, 1, 0), 1, "recv");
	}
}

static void *tx_setup(const struct fam *fam)
{
	return setup(fam, REMOTE_UNIX, REMOTE_DISCARD);
}

static void *vsock_tx_setup(const struct fam *fam)
{
	return setup(fam, REMOTE_VSOCK, REMOTE_DISCARD);
}

static void tx_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;

	while (ops--)
		expect(send(c->fd, c->data, PIECE, 0), PIECE, "send");
}

static void *rx_setup(const struct fam *fam)
{
	return setup(fam, REMOTE_UNIX, REMOTE_CHARGEN);
}

static void *vsock_rx_setup(const struct fam *fam)
{
	return setup(fam, REMOTE_VSOCK, REMOTE_CHARGEN);
}

static void rx_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;

	while (ops--)
		expect(recv(c->fd, c->data, PIECE, MSG_WAITALL), PIECE, "recv");
}

/*
 * Passes of bulk are so long that what is on its way when they begin and end,
 * and is another's work then, is less than a hundredth of them.
 */
#define BULK	10

static const struct bench remote_benches[] = {
	{ "remote-rr", "1 byte echoed by a backend's server",
	  .batch = 1, .longer = 1, .more = 1, .versus_pipe = true,
	  .setup = rr_setup, .run = rr_run, .teardown = teardown },
	{ "remote-tx", "64 KiB to a backend's server",
	  .batch = 1, .longer = BULK, .more = FEWEST, .versus_pipe = true,
	  .setup = tx_setup, .run = tx_run, .teardown = teardown },
	{ "remote-rx", "64 KiB from a backend's server",
	  .batch = 1, .longer = BULK, .more = FEWEST, .versus_pipe = true,
	  .setup = rx_setup, .run = rx_run, .teardown = teardown },
	{ "remote-vsock-rr", "1 byte echoed, by way of vsock",
	  .batch = 1, .longer = 1, .more = 1, .versus_pipe = true,
	  .missing = remote_no_vsock,
	  .setup = vsock_rr_setup, .run = rr_run, .teardown = teardown },
	{ "remote-vsock-tx", "64 KiB to the server, by way of vsock",
	  .batch = 1, .longer = BULK, .more = FEWEST, .versus_pipe = true,
	  .missing = remote_no_vsock,
	  .setup = vsock_tx_setup, .run = tx_run, .teardown = teardown },
	{ "remote-vsock-rx", "64 KiB from the server, by way of vsock",
	  .batch = 1, .longer = BULK, .more = FEWEST, .versus_pipe = true,
	  .missing = remote_no_vsock,
	  .setup = vsock_rx_setup, .run = rx_run, .teardown = teardown },
	{ 0 }
};
BENCH_CASES(remote_benches);
