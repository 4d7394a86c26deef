// SPDX-License-Identifier: GPL-2.0
/*
 * From the pipe: many messages with one read. Nothing of what they say is
 * believed.
 *
 * DATA is passed on as it comes, also parts of a message: it is not copied
 * here, and consecutive messages for one socket make one write.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/param.h>
#include <sys/socket.h>

#include "config.h"
#include "pipe.h"
#include "sock.h"

struct message {
	uint32_t len, sock, seq;
	unsigned int type, flags;
	const char *body;
};

/* ---- what a message must look like ---- */

struct shape {
	const char *name;
	unsigned short min, max;
	bool request, pipe;	/* has a seq; is not about a socket */
};

#define MIN_MAX(t, lo, hi)	.name = #t, .min = (lo), .max = (hi)
#define FIXED(t, n)		MIN_MAX(t, n, n)
#define ADDR_LEN		sizeof(struct zoff_addr)
#define OPT_LEN			sizeof(struct zoff_opt)

static const struct shape shapes[] = {
	[ZOFF_HELLO] = { FIXED(HELLO, sizeof(struct zoff_hello)),
			 .pipe = true },
	[ZOFF_PING] = { FIXED(PING, 0), .pipe = true, .request = true },
	[ZOFF_PONG] = { FIXED(PONG, 0), .pipe = true, .request = true },
	[ZOFF_OPEN] = { FIXED(OPEN, sizeof(struct zoff_open)),
			.request = true },
	[ZOFF_BIND] = { FIXED(BIND, ADDR_LEN), .request = true },
	[ZOFF_CONNECT] = { FIXED(CONNECT, ADDR_LEN), .request = true },
	[ZOFF_LISTEN] = { FIXED(LISTEN, sizeof(struct zoff_listen)),
			  .request = true },
	[ZOFF_SHUTDOWN] = { FIXED(SHUTDOWN, sizeof(struct zoff_shutdown)),
			    .request = true },
	[ZOFF_SETOPT] = { MIN_MAX(SETOPT, OPT_LEN, OPT_LEN + 4096),
			  .request = true },
	[ZOFF_GETOPT] = { FIXED(GETOPT, OPT_LEN + 4), .request = true },
	[ZOFF_NAME] = { FIXED(NAME, 0), .request = true },
	[ZOFF_CLOSE] = { FIXED(CLOSE, 0), .request = true },
	[ZOFF_DGRAM] = { MIN_MAX(DGRAM, ADDR_LEN, ADDR_LEN + 65507) },
	[ZOFF_CREDIT] = { FIXED(CREDIT, sizeof(struct zoff_credit)) },
};

#define DGRAM_MAX_INET6	65527

static const struct shape *shape_of(unsigned int type)
{
	if (type >= sizeof(shapes) / sizeof(shapes[0]) || !shapes[type].name)
		return NULL;
	return &shapes[type];
}

static bool length_right(const struct shape *shape, const struct message *m)
{
	size_t max = shape->max;

	if (m->type == ZOFF_DGRAM)
		max = ADDR_LEN + DGRAM_MAX_INET6;
	return m->len >= shape->min && m->len <= max;
}

/* Returns NULL, or what is wrong. */
static const char *header_wrong(const struct pipe *p, const struct message *m)
{
	const struct shape *shape = shape_of(m->type);

	if (!shape)
		return "a type that is not known, or not the client's";
	if (!p->greeted != (m->type == ZOFF_HELLO))
		return p->greeted ? "HELLO again" : "no HELLO at first";
	if (!length_right(shape, m))
		return "a length that the type does not have";
	if (m->flags & ~(m->type == ZOFF_CLOSE ? ZOFF_CLOSE_ABORT : 0))
		return "flags that are not known";
	if (!m->seq == shape->request)
		return m->seq ? "a seq, and no request" : "a request without seq";
	if (shape->pipe && m->sock)
		return "a socket, where there is none";
	return NULL;
}

/* ---- data ---- */

static void gather_flush(struct pipe *p)
{
	if (!p->nvec)
		return;
	data_send(p->gather, p->vec, p->nvec, p->gathered, p->gathered_more);
	p->nvec = 0;
	p->gathered = 0;
}

static void gather(struct pipe *p, struct sock *s, const char *data, size_t len)
{
	if (p->nvec && (p->gather != s || p->nvec == PIPE_GATHER))
		gather_flush(p);
	p->gather = s;
	p->vec[p->nvec].iov_base = (char *)data;
	p->vec[p->nvec++].iov_len = len;
	p->gathered += len;
	p->gathered_more = p->data_more;
}

/* The part of a DATA that is there. */
static void data_part(struct pipe *p)
{
	size_t len = MIN(p->end - p->at, p->data_left);

	if (p->data_urgent) {
		gather_flush(p);
		data_urgent(p->data, p->in[p->at]);
	} else {
		gather(p, p->data, p->in + p->at, len);
	}
	p->at += len;
	p->data_left -= len;
}

static bool spend(struct pipe *p, struct sock *s, uint32_t cost)
{
	if (cost > s->room) {
		pipe_break(p, "more data than credit for socket %u", s->id);
		return false;
	}
	s->room -= cost;
	return true;
}

/* What only a client that knows it may send: more follows, and no bytes. */
static bool data_wrong(const struct pipe *p, const struct message *m)
{
	bool knows = p->features & ZOFF_F_MORE;

	if (m->len > ZOFF_DATA_MAX || m->seq)
		return true;
	if (m->flags == ZOFF_DATA_URGENT && p->features & ZOFF_F_URGENT)
		return m->len != 1;
	if (!m->len)
		return !knows || m->flags;
	return m->flags & ~(knows ? ZOFF_DATA_MORE : 0);
}

static void data_begin(struct pipe *p, const struct message *m)
{
	struct sock *s = sock_find(p, m->sock);

	if (!p->greeted)
		pipe_break(p, "no HELLO at first");
	else if (data_wrong(p, m))
		pipe_break(p, "a length, flags or seq that DATA does not have");
	else if (!s || s->state == SOCK_CLOSING)
		pipe_break(p, "DATA for no socket");
	else if (m->flags == ZOFF_DATA_URGENT && s->tls)
		pipe_break(p, "urgent DATA for TLS");
	else if ((s->state != SOCK_CONNECTED && s->state != SOCK_GONE) ||
		 s->shut)
		pipe_break(p, "DATA for socket %u, which takes none", s->id);
	else if (spend(p, s, m->len)) {
		p->data = s;
		p->data_left = m->len;
		p->data_more = m->flags & ZOFF_DATA_MORE;
		p->data_urgent = m->flags & ZOFF_DATA_URGENT;
		if (!m->len) {
			gather_flush(p);
			data_push(s);
		}
	}
}

static void dgram(struct pipe *p, struct sock *s, const struct message *m)
{
	size_t len = m->len - ADDR_LEN;
	union addr to;

	if (!s->dgram)
		pipe_break(p, "DGRAM for a stream");
	else if (s->family == ZOFF_AF_INET && m->len > shapes[m->type].max)
		pipe_break(p, "a length that DGRAM does not have");
	else if (!addr_parse(m->body, &to))
		pipe_break(p, "an address that is none");
	else if (spend(p, s, len + ZOFF_DGRAM_COST))
		data_dgram(s, &to, m->body + ADDR_LEN, len);
}

static void credit(struct pipe *p, struct sock *s, const struct message *m)
{
	struct zoff_credit more;
	uint32_t n;

	memcpy(&more, m->body, sizeof(more));
	n = le32toh(more.more);
	if (n > INT32_MAX - s->credit) {
		pipe_break(p, "too much credit for socket %u", s->id);
		return;
	}
	s->credit += n;
	sock_ready(s);
}

/* ---- messages ---- */

static void about_pipe(struct pipe *p, const struct message *m)
{
	if (m->type == ZOFF_HELLO) {
		hello_take(p, m->body);
	} else if (m->type == ZOFF_PING) {
		out_message(p, ZOFF_PONG, 0, m->seq, 0);
	} else if (p->pongs == p->pings || m->seq != p->pongs + 1) {
		pipe_break(p, "PONG that nobody waits for");
	} else {
		p->pongs++;
	}
}

static void about_socket(struct pipe *p, const struct message *m)
{
	struct sock *s = sock_find(p, m->sock);

	if (m->type == ZOFF_OPEN) {
		if (s)
			pipe_break(p, "OPEN of socket %u, which is in use",
				   m->sock);
		else if (!m->sock || m->sock >= ZOFF_SOCK_SERVER)
			pipe_break(p, "OPEN of a number that is not the client's");
		else
			request(p, m->type, 0, NULL, m->sock, m->seq, m->body,
				m->len);
		return;
	}
	if (!s || s->state == SOCK_CLOSING) {
		pipe_break(p, "%s for no socket", shapes[m->type].name);
		return;
	}
	if (m->type == ZOFF_DGRAM)
		dgram(p, s, m);
	else if (m->type == ZOFF_CREDIT)
		credit(p, s, m);
	else
		request(p, m->type, m->flags, s, s->id, m->seq, m->body,
			m->len);
}

static void read_header(const char *from, struct message *m)
{
	struct zoff_hdr hdr;

	memcpy(&hdr, from, sizeof(hdr));
	m->len = le32toh(hdr.length);
	m->type = le16toh(hdr.type);
	m->flags = le16toh(hdr.flags);
	m->sock = le32toh(hdr.sock);
	m->seq = le32toh(hdr.seq);
	m->body = from + sizeof(hdr);
}

/* Returns false where the rest of a message is missing. */
static bool one(struct pipe *p)
{
	size_t have = p->end - p->at;
	const char *wrong;
	struct message m;

	if (p->data_left) {
		data_part(p);
		return p->at < p->end;
	}
	if (have < sizeof(struct zoff_hdr))
		return false;
	read_header(p->in + p->at, &m);
	if (m.type == ZOFF_DATA) {
		p->at += sizeof(struct zoff_hdr);
		data_begin(p, &m);
		return p->at < p->end;
	}
	gather_flush(p);
	wrong = header_wrong(p, &m);
	if (wrong) {
		pipe_break(p, "%s (type %u, length %u)", wrong, m.type, m.len);
		return false;
	}
	if (have < sizeof(struct zoff_hdr) + m.len)
		return false;
	p->at += sizeof(struct zoff_hdr) + m.len;
	if (shapes[m.type].pipe)
		about_pipe(p, &m);
	else
		about_socket(p, &m);
	return p->at < p->end;
}

static void parse(struct pipe *p)
{
	p->behind = true;
	while (!p->broken && !out_full(&p->out)) {
		if (!one(p)) {
			p->behind = false;
			break;
		}
	}
	gather_flush(p);
	if (p->behind || !p->at)
		return;
	/* Less than one message is left. */
	p->end -= p->at;
	memmove(p->in, p->in + p->at, p->end);
	p->at = 0;
}

/* Returns false if there is nothing. */
static bool fill(struct pipe *p)
{
	size_t room = PIPE_IN - p->end;
	ssize_t n;

	if (p->is_socket)
		n = recv(p->fd, p->in + p->end, room, 0);
	else
		n = read(p->fd, p->in + p->end, room);
	if (n < 0) {
		if (errno == EAGAIN)
			p->readable = false;
		else if (errno != EINTR)
			pipe_end(p, errno);
		return false;
	}
	if (n == 0) {
		pipe_end(p, 0);
		return false;
	}
	/* What comes after this makes an event of its own. */
	if (p->is_socket && (size_t)n < room && !p->hung)
		p->readable = false;
	p->heard = pipe_now;
	p->end += n;
	return true;
}

/**
 * input() - a pipe's turn to be read
 *
 * Not while much waits for the client to read: it has to do that first.
 */
void input(struct pipe *p)
{
	if (out_full(&p->out))
		return;
	if (p->behind) {
		parse(p);
		return;
	}
	if (p->readable && fill(p))
		parse(p);
}
