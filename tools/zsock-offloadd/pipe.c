// SPDX-License-Identifier: GPL-2.0
/*
 * Pipes: each is a client, with all its sockets.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "config.h"
#include "log.h"
#include "loop.h"
#include "pipe.h"

#define HELLO_WITHIN	10000	/* ms */
#define CLOSE_WITHIN	60000	/* without progress */
#define BATCH		(128 << 10)	/* from sockets, before it is sent */
#define TURNS		1024	/* of sockets, however little they had */
#define SWEEP		256	/* sockets that are closed at a time */
#define QUANTUM		ZOFF_DATA_MAX	/* of a socket, if there are few */
#define MANY		16
#define PINGS_MAX	16	/* that were not answered */
#define WATCHED		(EPOLLIN | EPOLLRDHUP | EPOLLET)

uint64_t pipe_now;
struct pipe_list pipes = TAILQ_HEAD_INITIALIZER(pipes);

static struct pipe_list dying = TAILQ_HEAD_INITIALIZER(dying);
static unsigned int npipes;

/* Twice as many numbers as sockets may be in use, some of them in vain. */
unsigned int pipe_buckets(void)
{
	static unsigned int n;

	if (!n)
		for (n = 64; n < config.sockets; n *= 2)
			;
	return n;
}

/* ---- the beginning ---- */

static bool is_socket(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode);
}

static int domain(int fd)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len) ? -1 : value;
}

/* Bytes as they are. Whoever opened it has chosen its speed. */
static void make_raw(int fd)
{
	struct termios t;

	if (!isatty(fd) || tcgetattr(fd, &t))
		return;
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
}

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->in = malloc(PIPE_IN);
	p->table = calloc(pipe_buckets(), sizeof(struct sock *));
	if (p->in && p->table &&
	    getrandom(&p->salt, sizeof(p->salt), 0) == sizeof(p->salt)) {
		p->salt |= 1;
		return p;
	}
	free(p->in);
	free(p->table);
	free(p);
	return NULL;
}

/**
 * pipe_new() - a client
 * @fd: of its pipe; closed at the end
 * @from: where it came from, for the log
 */
bool pipe_new(int fd, const char *from)
{
	static unsigned int number;
	static struct log_limit limit;
	struct pipe *p = npipes < config.pipes ? pipe_alloc() : NULL;

	if (!p || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)) {
		log_limited(&limit, LOG_WARNING, "refused a pipe (%s): %s",
			    from, npipes < config.pipes ? strerror(errno) :
			    "there are as many as may be");
		close(fd);
		return false;
	}
	p->watch.kind = WATCH_PIPE;
	p->fd = fd;
	p->number = ++number;
	snprintf(p->from, sizeof(p->from), "%s", from);
	p->is_socket = is_socket(fd);
	p->packets = domain(fd) == AF_VSOCK;
	if (!p->is_socket)
		make_raw(fd);
	TAILQ_INIT(&p->ready);
	p->began = pipe_now;
	p->heard = pipe_now;
	p->writable = true;
	TAILQ_INSERT_TAIL(&pipes, p, next);
	npipes++;
	hello_send(p);
	if (!loop_add(fd, WATCHED, &p->watch))
		pipe_break(p, "cannot watch it: %s", strerror(errno));
	return true;
}

/* ---- the end ---- */

/**
 * pipe_break() - the client broke the protocol
 * @p: is dropped at the end of its turn
 * @fmt: as printf() has it: which rule
 */
void pipe_break(struct pipe *p, const char *fmt, ...)
{
	static struct log_limit limit;
	char why[160];
	va_list args;

	if (p->broken)
		return;
	p->broken = true;
	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	log_limited(&limit, LOG_WARNING, "pipe %u (%s) dropped: %s", p->number,
		    p->from, why);
}

/**
 * pipe_end() - the client has gone
 * @error: how it was noticed, or 0
 */
void pipe_end(struct pipe *p, int error)
{
	static struct log_limit limit;

	if (p->broken)
		return;
	p->broken = true;
	log_limited(&limit, LOG_INFO, "pipe %u (%s) ended%s%s", p->number,
		    p->from, error ? ": " : "", error ? strerror(error) : "");
}

static void drop(struct pipe *p)
{
	TAILQ_REMOVE(&pipes, p, next);
	TAILQ_INSERT_TAIL(&dying, p, next);
	loop_forget(p->fd);
	close(p->fd);
	p->fd = -1;
	out_free(&p->out);
}

/* Returns false while there is more to do. */
static bool sweep(struct pipe *p)
{
	unsigned int n = 0;

	for (; p->sweep < pipe_buckets(); p->sweep++) {
		while (p->table[p->sweep]) {
			if (n++ == SWEEP)
				return false;
			sock_free(p->table[p->sweep], true);
		}
	}
	return true;
}

/**
 * pipe_reap() - a part of what there is to do after the end of pipes
 *
 * Others do not wait for thousands of sockets to be closed.
 *
 * Return: whether there is more of it.
 */
bool pipe_reap(void)
{
	struct pipe *p = TAILQ_FIRST(&dying);

	if (!p)
		return false;
	if (sweep(p)) {
		TAILQ_REMOVE(&dying, p, next);
		npipes--;
		free(p->in);
		free(p->table);
		free(p);
	}
	return !TAILQ_EMPTY(&dying);
}

/* ---- whether it can be written to ---- */

/**
 * pipe_full() - it takes no more for now
 *
 * Only from now on does it matter when it does. Asked to, epoll would wake us
 * whenever the client has read anything.
 */
void pipe_full(struct pipe *p)
{
	p->writable = false;
	if (!loop_change(p->fd, WATCHED | EPOLLOUT, &p->watch))
		pipe_break(p, "cannot watch it: %s", strerror(errno));
}

void pipe_writable(struct pipe *p)
{
	p->writable = true;
	if (!loop_change(p->fd, WATCHED, &p->watch))
		pipe_break(p, "cannot watch it: %s", strerror(errno));
}

/* ---- what it does ---- */

/* In turns. Each has the same part of what the pipe takes. */
static void serve_ready(struct pipe *p)
{
	size_t quantum = p->nready > MANY ? OUT_PART : QUANTUM;
	size_t until = p->out.bytes + BATCH;
	struct sock *s;
	int turns;

	for (turns = 0; turns < TURNS && !p->broken; turns++) {
		s = TAILQ_FIRST(&p->ready);
		if (!s || p->out.bytes >= until || out_full(&p->out))
			return;
		sock_unready(s);
		if (serve(s, quantum))
			sock_ready(s);
	}
}

static bool wants_more(const struct pipe *p)
{
	return !out_full(&p->out) &&
	       (p->readable || p->behind || !TAILQ_EMPTY(&p->ready));
}

/**
 * pipe_run() - a pipe's turn
 *
 * Return: whether it wants another one.
 */
bool pipe_run(struct pipe *p)
{
	if (!p->broken)
		input(p);
	if (!p->broken)
		serve_ready(p);
	if (!p->broken)
		out_send(p, wants_more(p));
	if (p->broken) {
		drop(p);
		return true;
	}
	return wants_more(p);
}

/* ---- time ---- */

static void tick_sock(struct sock *s)
{
	if (s->state == SOCK_LISTENING && (s->hung || s->readable)) {
		s->readable = true;
		s->hung = false;
		sock_ready(s);
	}
	if (s->state == SOCK_CLOSING && pipe_now - s->since > CLOSE_WITHIN) {
		s->error = ETIMEDOUT;
		sock_ready(s);
	}
}

static void say_something(struct pipe *p)
{
	if (!p->greeted || !p->silence || pipe_now - p->said < p->silence / 6)
		return;
	if (p->pings - p->pongs < PINGS_MAX)
		out_message(p, ZOFF_PING, 0, ++p->pings, 0);
}

/**
 * pipe_tick() - once a second, or more often
 */
void pipe_tick(struct pipe *p)
{
	unsigned int i;
	struct sock *s;

	if (!p->greeted && pipe_now - p->began > HELLO_WITHIN)
		pipe_break(p, "no HELLO within ten seconds");
	if (config.silence && pipe_now - p->heard > config.silence)
		pipe_break(p, "nothing was heard for %u ms", config.silence);
	if (p->broken)
		return;
	say_something(p);
	for (i = 0; p->nsocks && i < pipe_buckets(); i++)
		for (s = p->table[i]; s; s = s->hash_next)
			tick_sock(s);
}
