// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: a line to the user, from inside somebody else's program.
 *
 * A program may close descriptor 2, and get it again as something else: a file
 * of its own, or a connection. So it has to be what it was at the beginning.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload.h"

static struct stat began;
static bool usable;

/* A service that inetd started has its peer there; systemd's has the journal. */
static bool is_peer(void)
{
	socklen_t len = sizeof(int);
	int domain;

	return !syscall(SYS_getsockopt, STDERR_FILENO, SOL_SOCKET, SO_DOMAIN,
			&domain, &len) && domain != AF_UNIX;
}

void say_setup(void)
{
	usable = !fstat(STDERR_FILENO, &began) && !is_peer();
}

/**
 * say() - tell the user
 * @text: what
 * @more: put behind it, may be NULL
 */
void say(const char *text, const char *more)
{
	char line[512];
	struct stat now;
	char *p;

	if (!usable || fstat(STDERR_FILENO, &now) ||
	    now.st_dev != began.st_dev || now.st_ino != began.st_ino)
		return;
	if (strlen(text) + (more ? strlen(more) : 0) > sizeof(line) - 16)
		return;
	p = stpcpy(stpcpy(line, "zsock-run: "), text);
	if (more)
		p = stpcpy(p, more);
	*p++ = '\n';
	/* Nobody to tell that it failed. */
	(void)!syscall(SYS_write, STDERR_FILENO, line, p - line);
}
