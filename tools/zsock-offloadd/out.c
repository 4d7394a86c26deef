// SPDX-License-Identifier: GPL-2.0
/*
 * Messages to the client, and getting them into the pipe.
 *
 * Data is read from a socket to where it is sent from: it is copied by the
 * kernel alone, and many messages make one write.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/param.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "out.h"
#include "pipe.h"

#define SPARE_MAX	16	/* segments that are kept for the next use */
#define VECTORS		16

/* The last one used is the first one taken: it is in the CPU's cache. */
static struct out_segment *spare;
static unsigned int nspare;

/* Where messages go that there is no memory for; the pipe is dropped then. */
static char nowhere[OUT_SEGMENT];

static struct out_segment *segment_get(size_t size)
{
	struct out_segment *seg = size == OUT_SEGMENT ? spare : NULL;

	if (seg) {
		spare = seg->next;
		nspare--;
	} else {
		seg = malloc(sizeof(*seg) + size);
		if (!seg)
			return NULL;
	}
	seg->next = NULL;
	seg->from = seg->data;
	seg->head = 0;
	seg->tail = 0;
	seg->size = size;
	return seg;
}

static void segment_put(struct out_segment *seg)
{
	if (seg->size != OUT_SEGMENT || nspare == SPARE_MAX) {
		free(seg);
		return;
	}
	seg->next = spare;
	spare = seg;
	nspare++;
}

static struct out_segment *segment_add(struct pipe *p, size_t size)
{
	struct out_segment *seg = segment_get(size);

	if (!seg) {
		pipe_break(p, "no memory");
		return NULL;
	}
	if (p->out.last)
		p->out.last->next = seg;
	else
		p->out.first = seg;
	p->out.last = seg;
	return seg;
}

/**
 * out_reserve() - where the next message is to be written
 * @p: whose
 * @need: bytes that it has at least, not more than a segment's
 * @room: set to how many there are
 *
 * Nothing is sent of it before out_commit() says how long it has become.
 */
void *out_reserve(struct pipe *p, size_t need, size_t *room)
{
	struct out_segment *seg = p->out.last;

	if (!seg || seg->from != seg->data || seg->size - seg->tail < need)
		seg = segment_add(p, OUT_SEGMENT);
	if (!seg) {
		*room = OUT_SEGMENT;
		return nowhere;
	}
	*room = seg->size - seg->tail;
	return seg->data + seg->tail;
}

void out_commit(struct pipe *p, size_t len)
{
	if (p->broken)
		return;
	p->out.last->tail += len;
	p->out.bytes += len;
}

void out_header(void *to, unsigned int type, uint32_t sock, uint32_t seq,
		size_t len)
{
	struct zoff_hdr hdr = {
		.length = htole32(len),
		.type = htole16(type),
		.sock = htole32(sock),
		.seq = htole32(seq),
	};

	memcpy(to, &hdr, sizeof(hdr));
}

/**
 * out_message() - a message whose length is known
 *
 * Return: where its @len bytes are to be put, at any alignment.
 */
void *out_message(struct pipe *p, unsigned int type, uint32_t sock,
		  uint32_t seq, size_t len)
{
	size_t room;
	char *at = out_reserve(p, sizeof(struct zoff_hdr) + len, &room);

	out_header(at, type, sock, seq, len);
	out_commit(p, sizeof(struct zoff_hdr) + len);
	return at + sizeof(struct zoff_hdr);
}

/**
 * out_constant() - a message about data that stays as it is, and is not copied
 */
void out_constant(struct pipe *p, unsigned int type, uint32_t sock,
		  const void *data, size_t len)
{
	struct out_segment *seg = segment_add(p, sizeof(struct zoff_hdr));

	if (!seg)
		return;
	out_header(seg->data, type, sock, 0, len);
	out_commit(p, sizeof(struct zoff_hdr));
	seg = segment_add(p, 0);
	if (!seg)
		return;
	seg->from = data;
	out_commit(p, len);
}

static void out_le32(struct pipe *p, unsigned int type, uint32_t sock,
		     uint32_t seq, uint32_t value)
{
	uint32_t le = htole32(value);

	memcpy(out_message(p, type, sock, seq, sizeof(le)), &le, sizeof(le));
}

void out_reply(struct pipe *p, uint32_t sock, uint32_t seq, int error)
{
	out_le32(p, ZOFF_REPLY, sock, seq, error);
}

void out_error(struct pipe *p, uint32_t sock, int error)
{
	out_le32(p, ZOFF_ERROR, sock, 0, error);
}

void out_credit(struct pipe *p, uint32_t sock, uint32_t more)
{
	out_le32(p, ZOFF_CREDIT, sock, 0, more);
}

/* Up to @most bytes of what there is. */
static int gather(const struct out *out, struct iovec *vec, size_t most)
{
	struct out_segment *seg;
	int n = 0;

	for (seg = out->first; seg && n < VECTORS && most; seg = seg->next) {
		vec[n].iov_base = (char *)seg->from + seg->head;
		vec[n].iov_len = MIN(seg->tail - seg->head, most);
		most -= vec[n].iov_len;
		n += seg->tail != seg->head;
	}
	return n;
}

static void sent(struct out *out, size_t n)
{
	struct out_segment *seg;

	out->bytes -= n;
	while (n || (out->first && out->first->head == out->first->tail)) {
		size_t part;

		seg = out->first;
		part = seg->tail - seg->head;
		if (part > n) {
			seg->head += n;
			return;
		}
		n -= part;
		out->first = seg->next;
		if (!out->first)
			out->last = NULL;
		segment_put(seg);
	}
}

static ssize_t write_out(struct pipe *p, struct iovec *vec, int n)
{
	struct msghdr msg = { .msg_iov = vec, .msg_iovlen = n };

	if (p->is_socket && n == 1)
		return send(p->fd, vec->iov_base, vec->iov_len, MSG_NOSIGNAL);
	if (p->is_socket)
		return sendmsg(p->fd, &msg, MSG_NOSIGNAL);
	return writev(p->fd, vec, n);
}

/*
 * Where packets are filled, what is behind the last whole one of a turn goes with
 * the next turn's.
 */
static size_t to_keep(const struct pipe *p, bool more)
{
	if (!more || !p->packets || p->out.bytes < PIPE_PACKET)
		return 0;
	return p->out.bytes % PIPE_PACKET;
}

/**
 * out_send() - as much as the pipe takes
 * @more: there will be another turn at once
 */
void out_send(struct pipe *p, bool more)
{
	size_t keep = to_keep(p, more);
	struct iovec vec[VECTORS];
	ssize_t done;
	int n;

	while (p->writable && p->out.bytes > keep && !p->broken) {
		n = gather(&p->out, vec, p->out.bytes - keep);
		done = write_out(p, vec, n);
		if (done >= 0) {
			p->said = pipe_now;
			sent(&p->out, done);
		} else if (errno == EAGAIN) {
			pipe_full(p);
		} else if (errno != EINTR) {
			pipe_end(p, errno);
		}
	}
}

void out_free(struct out *out)
{
	struct out_segment *seg;

	while ((seg = out->first)) {
		out->first = seg->next;
		segment_put(seg);
	}
	out->last = NULL;
	out->bytes = 0;
}

bool out_full(const struct out *out)
{
	return out->bytes >= OUT_FULL;
}
