/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other side of a pipe, scripted: it says what a test has it say, byte by byte. Every
 * test has a backend in a network namespace of its own.
 */
#ifndef FAR_H
#define FAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/zsock_offload.h>

/* A message that came, with numbers as this machine has them. */
struct far_msg {
	uint32_t len, sock, seq;
	uint16_t type, flags;
	unsigned char body[ZOFF_LENGTH_MAX];
};

#define FAR_WINDOW	65536

/* A hello that is right, with those features. */
extern uint32_t far_features;
void far_hello(struct zoff_hello *hello);
/* Say it; and how a message begins. All ignore that nobody listens any more. */
void far_say(int fd, int type, uint32_t sock, uint32_t seq, const void *body, size_t len);
void far_say_raw(int fd, const void *bytes, size_t len);
void far_header(struct zoff_hdr *hdr, uint32_t len, int type, uint32_t sock, uint32_t seq);

/* Pairs are of AF_VSOCK from now on, not of AF_UNIX. */
extern bool far_vsock;
/* Bytes of their buffers; 0 leaves them as they are. */
extern uint64_t far_vsock_buffer;
/*
 * Give the kernel one end of a new pair, into whose other end "first" was written; that is
 * *fd then, or closed on failure. 0 or a positive errno.
 */
int far_add_with(const char *name, const char *netdev, const void *first, size_t len, int *fd);
/* With a hello; and the kernel's has been read. */
int far_add(const char *name, int *fd);
int far_pipe(const char *name, int *fd);
/* Give it this pair, which someone else reads. */
int far_give(int cmd, const char *name, const char *netdev, int fd);
int far_del(const char *name, bool force);
/* ZSOCK_BACKEND_STATE_*, or 0 where there is none of that name. */
int far_state(const char *name);
bool far_is(const char *name, int state, int ms);

/* The next message: 1; 0 at the end of the pipe; -1 if nothing comes in ms milliseconds. */
int far_get(int fd, struct far_msg *m, int ms);
/* Drop what comes until one of that type does. false if none does. */
bool far_get_type(int fd, struct far_msg *m, int type);
/* Whether the other side hangs up in that time, whatever else it says. */
bool far_hung_up(int fd, int ms);
void far_reply(int fd, const struct far_msg *m, int error);
/* With a name. */
void far_reply_name(int fd, const struct far_msg *m);
/* As it should be answered; data come back. Whether something was said. */
bool far_serve_one(int fd, const struct far_msg *m);
/* Until the end of the pipe. */
void far_serve(int fd);

/* A socket for that backend, which was not asked for anything yet. */
int far_socket(const char *name, int type);
void far_address(struct zoff_addr *addr, int port);

#endif
