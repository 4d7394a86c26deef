/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_PIPE_H
#define OFFLOADD_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/queue.h>
#include <sys/uio.h>

#include "out.h"
#include "sock.h"
#include "watch.h"

#define PIPE_IN		(256 << 10)	/* read from the pipe at a time */
#define PIPE_PACKET	65536		/* AF_VSOCK's largest */
#define PIPE_GATHER	64		/* DATA in a row that make one write */

TAILQ_HEAD(sock_list, sock);

struct pipe {
	struct watch watch;
	TAILQ_ENTRY(pipe) next;
	int fd;
	unsigned int number;
	char from[64];			/* whose it is, for the log */
	char name[33];			/* what its HELLO said */
	bool is_socket;
	bool packets;			/* writes make packets of PIPE_PACKET */
	bool readable, writable, hung;	/* what epoll said */
	bool greeted;			/* its HELLO has come */
	bool broken;			/* to be dropped; the log has why */
	bool behind;			/* whole messages are in @in */

	/* What both agreed on, and what the client takes for each socket. */
	uint32_t features, window;
	uint32_t silence;		/* ms; 0: it never minds */
	uint64_t began, heard, said;	/* ms */
	uint32_t pings, pongs;		/* seq of the last of each */

	char *in;
	size_t at, end;			/* what is not looked at yet of it */
	struct sock *data;		/* whose DATA it is in the middle of */
	uint32_t data_left;
	bool data_more;			/* that says that more follows */
	bool data_urgent;		/* that is urgent */
	struct sock *gather;		/* whose DATA @vec points at */
	struct iovec vec[PIPE_GATHER];
	int nvec;
	size_t gathered;
	bool gathered_more;		/* follows the last of them */

	struct out out;

	struct sock **table;
	uint32_t salt, next_id;
	unsigned int nsocks, nfailed, nready;
	size_t grown;			/* windows of sockets, beyond the usual */
	struct sock_list ready;
	unsigned int sweep;		/* dying: where in @table */
};

TAILQ_HEAD(pipe_list, pipe);

/* ms, of the current turn of the loop */
extern uint64_t pipe_now;
extern struct pipe_list pipes;

bool pipe_new(int fd, const char *from);
void pipe_break(struct pipe *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void pipe_end(struct pipe *p, int error);
void pipe_full(struct pipe *p);
void pipe_writable(struct pipe *p);
bool pipe_run(struct pipe *p);
void pipe_tick(struct pipe *p);
bool pipe_reap(void);
unsigned int pipe_buckets(void);

/* input.c */
void input(struct pipe *p);

/* hello.c */
void hello_send(struct pipe *p);
void hello_take(struct pipe *p, const char *body);

/* request.c */
void request(struct pipe *p, unsigned int type, unsigned int flags,
	     struct sock *s, uint32_t id, uint32_t seq, const char *body,
	     size_t len);
void request_connected(struct sock *s, int error);

/* opt.c */
int opt_set(struct sock *s, uint32_t level, uint32_t name, const void *value,
	    size_t len);
int opt_get(struct sock *s, uint32_t level, uint32_t name, void *value,
	    size_t *len);

#endif /* OFFLOADD_PIPE_H */
