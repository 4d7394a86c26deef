/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_OUT_H
#define OFFLOADD_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/zsock_offload.h>

/* What many sockets send at a time, and 8 of that: each has a whole turn. */
#define OUT_PART	(16 << 10)
#define OUT_SEGMENT	(8 * (sizeof(struct zoff_hdr) + OUT_PART))
/* With so much waiting for the client to read, nothing is done for it. */
#define OUT_FULL	(512 << 10)

struct out_segment {
	struct out_segment *next;
	const char *from;	/* its own @data, or something that stays */
	uint32_t head, tail;	/* sent up to, filled up to */
	uint32_t size;		/* of @data */
	char data[];
};

/* What is on its way to the client, in segments: no message is in two. */
struct out {
	struct out_segment *first, *last;
	size_t bytes;
};

struct pipe;

void *out_reserve(struct pipe *p, size_t need, size_t *room);
void out_commit(struct pipe *p, size_t len);
void *out_message(struct pipe *p, unsigned int type, uint32_t sock,
		  uint32_t seq, size_t len);
void out_reply(struct pipe *p, uint32_t sock, uint32_t seq, int error);
void out_error(struct pipe *p, uint32_t sock, int error);
void out_credit(struct pipe *p, uint32_t sock, uint32_t more);
void out_constant(struct pipe *p, unsigned int type, uint32_t sock,
		  const void *data, size_t len);
void out_header(void *to, unsigned int type, uint32_t sock, uint32_t seq,
		size_t len);
void out_send(struct pipe *p, bool more);
void out_free(struct out *out);
bool out_full(const struct out *out);

#endif /* OFFLOADD_OUT_H */
