/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of "zsockctl backend" share. */
#ifndef ZSOCKCTL_BACKEND_H
#define ZSOCKCTL_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/zsock.h>

/* How to get to the other side. */
enum pipe_kind { PIPE_NONE, PIPE_UNIX, PIPE_VSOCK, PIPE_TCP, PIPE_FD, PIPE_TTY };

struct pipe_spec {
	enum pipe_kind kind;
	char label[ZSOCK_BACKEND_LABEL_MAX];	/* what it is called */
	char path[4096];			/* unix, tty; a host's name */
	char port[32];				/* tcp */
	unsigned int cid, number;		/* vsock */
	int fd;
	int baud;				/* tty: 0 leaves it as it is */
};

/* backend_pipe.c */
int pipe_parse(struct pipe_spec *pipe, enum pipe_kind kind, const char *text);
int pipe_open(const struct pipe_spec *pipe);
const char *pipe_advice(const struct pipe_spec *pipe, int error);

/* backend_net.c */
int net_outer_begin(void);
void net_outer_end(int home);
bool net_deserted(void);

/* backend_tty.c */
bool tty_baud_known(int baud);
int tty_open(const char *device, int baud);
int tty_pipe(const struct pipe_spec *pipe);

/* backend_add.c, backend_keep.c, backend_monitor.c */
struct backend {
	char name[ZSOCK_NAME_MAX];
	char netdev[32];
	bool has_priority;
	int32_t priority;
	bool reconnect;
	struct pipe_spec pipe;
};

int backend_add(int argc, char **argv);
int backend_del(int argc, char **argv);
int backend_give(const struct backend *backend, bool again, int fd);
struct zsk_monitor *backend_events(void);
int backend_keep(const struct backend *backend);
int backend_monitor(int argc, char **argv);

#endif /* ZSOCKCTL_BACKEND_H */
