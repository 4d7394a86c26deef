/* SPDX-License-Identifier: GPL-2.0 */
/* Backends behind a pipe, with a zsock-offloadd each. */
#ifndef ZBENCH_REMOTE_H
#define ZBENCH_REMOTE_H

#include <sys/types.h>

#include "zbench.h"

/* Ports of what zsock-offloadd answers itself. */
#define REMOTE_ECHO	7
#define REMOTE_DISCARD	9
#define REMOTE_CHARGEN	19

struct remote {
	char name[16];
	pid_t pid;		/* of zsock-offloadd */
};

/* What a pipe is made of. */
enum remote_pipe {
	REMOTE_UNIX,
	REMOTE_VSOCK,		/* over loopback */
};

/* Both ends of one. */
void remote_pipe(enum remote_pipe kind, int fd[2]);
/* Why the kernel has no such pipe, or NULL. */
const char *remote_no_vsock(void);
void remote_start(struct remote *r, enum remote_pipe kind);
void remote_stop(struct remote *r);
/* A stream to @port of zsock-offloadd's own address. */
int remote_connect(const struct remote *r, unsigned int port);

#endif
