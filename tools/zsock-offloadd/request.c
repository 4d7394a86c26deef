// SPDX-License-Identifier: GPL-2.0
/*
 * What the client asks for, but for its data.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/param.h>
#include <sys/socket.h>

#include <linux/zsock.h>

#include "config.h"
#include "internal.h"
#include "log.h"
#include "pipe.h"
#include "rules.h"
#include "sock.h"

#define VALUE_MAX	4096	/* of an option; the largest has 1024 */

/* ---- replies ---- */

static void reply_name(struct sock *s, uint32_t seq)
{
	union addr name = { 0 };
	socklen_t len = sizeof(name);
	uint32_t none = 0;
	char *at;

	if (sock_internal(s)) {
		internal_name(s, &name);
	} else if (getsockname(s->fd, &name.sa, &len)) {
		out_reply(s->pipe, s->id, seq, errno);
		return;
	}
	at = out_message(s->pipe, ZOFF_REPLY, s->id, seq,
			 sizeof(none) + sizeof(struct zoff_addr));
	memcpy(at, &none, sizeof(none));
	addr_build(&name, at + sizeof(none));
}

static void reply(struct sock *s, uint32_t seq, int error)
{
	out_reply(s->pipe, s->id, seq, error);
}

static void reply_or_name(struct sock *s, uint32_t seq, int error)
{
	if (error)
		reply(s, seq, error);
	else
		reply_name(s, seq);
}

/* ---- open ---- */

/* By what was agreed on, not by what this host could do. */
static int open_fd(const struct pipe *p, const struct zoff_open *open, int *fd)
{
	int family = le16toh(open->family), type = le16toh(open->type);
	unsigned int protocol = le32toh(open->protocol);
	bool dgram = type == ZOFF_DATAGRAM;
	bool tls = protocol >= IPPROTO_TLS_1_0 && protocol <= IPPROTO_TLS_1_3;
	int domain = family == ZOFF_AF_INET ? AF_INET : AF_INET6;

	if (family == ZOFF_AF_INET6 && !(p->features & ZOFF_F_INET6))
		return EAFNOSUPPORT;
	if (!(p->features & (dgram ? ZOFF_F_DGRAM : ZOFF_F_STREAM)))
		return ESOCKTNOSUPPORT;
	if (tls && (dgram || !(p->features & ZOFF_F_TLS)))
		return EPROTONOSUPPORT;
	if (!tls && protocol != (dgram ? IPPROTO_UDP : IPPROTO_TCP))
		return EPROTONOSUPPORT;
	/* This one is counted already. */
	if (p->nsocks - p->nfailed > config.sockets)
		return EMFILE;
	if (tls) {
		protocol = ZSOCK_PROTO(domain, protocol);
		domain = config.tls_family;
	}
	*fd = socket(domain, (dgram ? SOCK_DGRAM : SOCK_STREAM) |
		     SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	return *fd < 0 ? errno : 0;
}

static int set_up(struct sock *s, const struct zoff_open *open)
{
	const int off = 0;
	int error = open_fd(s->pipe, open, &s->fd);

	if (error)
		return error;
	/* Whatever bindv6only says here. */
	if (s->family == ZOFF_AF_INET6 &&
	    setsockopt(s->fd, SOL_IPV6, IPV6_V6ONLY, &off, sizeof(off)))
		return errno;
	/* Streams are watched once they can have something to say. */
	if (s->dgram && !sock_watch(s))
		return errno;
	return 0;
}

static void open_failed(struct sock *s, int error)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->state = SOCK_FAILED;
	s->error = error;
	s->pipe->nfailed++;
}

static void do_open(struct pipe *p, uint32_t id, uint32_t seq,
		    const char *body)
{
	struct zoff_open open;
	struct sock *s;
	int error;

	memcpy(&open, body, sizeof(open));
	if (le16toh(open.family) != ZOFF_AF_INET &&
	    le16toh(open.family) != ZOFF_AF_INET6) {
		pipe_break(p, "OPEN with an unknown family");
		return;
	}
	if (le16toh(open.type) != ZOFF_STREAM &&
	    le16toh(open.type) != ZOFF_DATAGRAM) {
		pipe_break(p, "OPEN with an unknown type");
		return;
	}
	if (p->nsocks >= 2 * config.sockets) {
		pipe_break(p, "OPEN of too many sockets");
		return;
	}
	s = sock_new(p, id);
	if (!s) {
		pipe_break(p, "no memory");
		return;
	}
	s->state = SOCK_OPEN;
	s->family = le16toh(open.family);
	s->dgram = le16toh(open.type) == ZOFF_DATAGRAM;
	s->tls = le32toh(open.protocol) >= IPPROTO_TLS_1_0;
	s->credit = p->window;
	s->room = s->window;
	error = set_up(s, &open);
	if (error)
		open_failed(s, error);
	log_debug("pipe %u: socket %u opened: %s", p->number, id,
		  strerror(error));
	reply(s, seq, error);
}

/* ---- bind, connect, listen ---- */

/* An IPv6 socket that is bound to :: has all IPv4 addresses, too. */
static bool both_allowed(const struct sock *s, const union addr *addr)
{
	union addr any = { .in.sin_family = AF_INET };
	socklen_t len = sizeof(int);
	int only = 0;

	if (!rules_allow(RULES_AT, addr))
		return false;
	if (addr->sa.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr))
		return true;
	if (!getsockopt(s->fd, SOL_IPV6, IPV6_V6ONLY, &only, &len) && only)
		return true;
	any.in.sin_port = addr->in6.sin6_port;
	return rules_allow(RULES_AT, &any);
}

static int do_bind(struct sock *s, const union addr *addr)
{
	if (sock_other_family(s, addr))
		return EAFNOSUPPORT;
	/* What port it will get is nobody's choice, so it is no claim. */
	if (addr_port(addr) && !both_allowed(s, addr))
		return EACCES;
	return bind(s->fd, &addr->sa, addr_len(addr)) ? errno : 0;
}

/* It becomes a listener where it is bound to, or wherever the stack says. */
static int judge_listen(struct sock *s)
{
	union addr name = { 0 };
	socklen_t len = sizeof(name);

	if (getsockname(s->fd, &name.sa, &len))
		return errno;
	if (!addr_port(&name)) {
		if (bind(s->fd, &name.sa, addr_len(&name)))
			return errno;
		len = sizeof(name);
		if (getsockname(s->fd, &name.sa, &len))
			return errno;
	}
	return both_allowed(s, &name) ? 0 : EACCES;
}

static int do_listen(struct sock *s, uint32_t backlog)
{
	bool again = s->state == SOCK_LISTENING;
	int error = 0;

	if (!backlog)
		backlog = 1;
	if (backlog > INT32_MAX)
		backlog = INT32_MAX;
	if (s->dgram)
		return EOPNOTSUPP;
	if (s->state != SOCK_OPEN && !again)
		return EINVAL;
	if (!again)
		error = judge_listen(s);
	if (error)
		return error;
	if (listen(s->fd, backlog))
		return errno;
	if (!s->watched && !sock_watch(s))
		return errno;
	if (!s->backlog)
		s->credit = 0;
	if (backlog > s->backlog) {
		s->credit += MIN(backlog - s->backlog, INT32_MAX - s->credit);
		s->backlog = backlog;
	}
	s->state = SOCK_LISTENING;
	s->readable = true;
	if (again)
		sock_ready(s);
	return 0;
}

static int begin_connect(struct sock *s, const union addr *addr)
{
	union addr to = *addr;

	if (s->state == SOCK_CONNECTING)
		return EALREADY;
	/* The stack has not told its result yet, and would do so now. */
	if (s->state == SOCK_CONNECTED || s->state == SOCK_GONE)
		return EISCONN;
	/* Its credit is not bytes. */
	if (s->backlog)
		return EISCONN;
	if (to.sa.sa_family == AF_UNSPEC && !s->dgram)
		return EAFNOSUPPORT;
	if (to.sa.sa_family != AF_UNSPEC) {
		if (sock_other_family(s, &to))
			return EAFNOSUPPORT;
		addr_settle(&to);
		if (!rules_allow(RULES_TO, &to))
			return EPERM;
	}
	return connect(s->fd, &to.sa, addr_len(&to)) ? errno : 0;
}

/* What was said of it before is about another connection. */
static void forget_events(struct sock *s)
{
	s->readable = false;
	s->writable = false;
	s->hung = false;
	s->failed = false;
	memset(&s->urgent, 0, sizeof(s->urgent));
}

static void connect_internal(struct sock *s, uint32_t seq,
			     const union addr *addr)
{
	int error = internal_connect(s, addr);

	if (!error && !s->dgram)
		s->state = SOCK_CONNECTED;
	if (!error)
		sock_ready(s);
	reply_or_name(s, seq, error);
}

static void do_connect(struct sock *s, uint32_t seq, const union addr *addr)
{
	int error;

	if (internal_is(addr)) {
		connect_internal(s, seq, addr);
		return;
	}
	error = begin_connect(s, addr);
	if (s->dgram && !error)
		s->internal.sa.sa_family = AF_UNSPEC;
	if (s->dgram || (error && error != EINPROGRESS)) {
		reply_or_name(s, seq, error);
		return;
	}
	forget_events(s);
	s->state = SOCK_CONNECTING;
	s->seq = seq;
	if (!s->watched && !sock_watch(s))
		request_connected(s, errno);
	else if (!error)
		request_connected(s, 0);
}

/**
 * request_connected() - the end of a CONNECT
 * @s: whose @seq is waited for
 * @error: why it failed, or 0
 */
void request_connected(struct sock *s, int error)
{
	s->state = error ? SOCK_OPEN : SOCK_CONNECTED;
	reply_or_name(s, s->seq, error);
}

/* ---- the rest ---- */

static int do_shutdown(struct sock *s, uint32_t how)
{
	if (sock_internal(s) && s->dgram)
		return 0;
	if (s->dgram || s->state != SOCK_CONNECTED) {
		if (s->state == SOCK_GONE)
			return ENOTCONN;
		if (shutdown(s->fd, how - 1))
			return errno;
		if (s->state == SOCK_LISTENING && how & ZOFF_SHUT_RD)
			s->state = SOCK_OPEN;
		return 0;
	}
	if (how & ZOFF_SHUT_RD && !sock_internal(s) && shutdown(s->fd, SHUT_RD))
		return errno;
	if (how & ZOFF_SHUT_WR) {
		s->shut = true;
		data_fin(s);
	}
	return 0;
}

static void do_getopt(struct sock *s, uint32_t seq, const struct zoff_opt *opt,
		      uint32_t room)
{
	char value[VALUE_MAX];
	size_t len = room < sizeof(value) ? room : sizeof(value);
	uint32_t none = 0;
	int error = opt_get(s, le32toh(opt->level), le32toh(opt->name), value,
			    &len);
	char *at;

	if (error) {
		reply(s, seq, error);
		return;
	}
	at = out_message(s->pipe, ZOFF_REPLY, s->id, seq, sizeof(none) + len);
	memcpy(at, &none, sizeof(none));
	memcpy(at + sizeof(none), value, len);
}

static uint32_t le32_at(const char *body)
{
	uint32_t le;

	memcpy(&le, body, sizeof(le));
	return le32toh(le);
}

static void with_address(struct sock *s, unsigned int type, uint32_t seq,
			 const char *body)
{
	union addr addr;

	if (!addr_parse(body, &addr)) {
		pipe_break(s->pipe, "an address that is none");
		return;
	}
	if (s->state == SOCK_FAILED)
		reply(s, seq, s->error);
	else if (type == ZOFF_BIND)
		reply_or_name(s, seq, do_bind(s, &addr));
	else
		do_connect(s, seq, &addr);
}

static void with_option(struct sock *s, unsigned int type, uint32_t seq,
			const char *body, size_t len)
{
	struct zoff_opt opt;

	memcpy(&opt, body, sizeof(opt));
	body += sizeof(opt);
	len -= sizeof(opt);
	if (type == ZOFF_GETOPT)
		do_getopt(s, seq, &opt, le32_at(body));
	else
		reply(s, seq, opt_set(s, le32toh(opt.level),
				      le32toh(opt.name), body, len));
}

static bool bad_shutdown(unsigned int type, const char *body)
{
	uint32_t how;

	if (type != ZOFF_SHUTDOWN)
		return false;
	how = le32_at(body);
	return !how || how > (ZOFF_SHUT_RD | ZOFF_SHUT_WR);
}

/**
 * request() - carry one out
 * @p: whose
 * @type: of the request, which the client may send, and whose length is right
 * @flags: of CLOSE
 * @s: which it is about; NULL: OPEN
 * @id: of the socket
 * @seq: to be repeated in the reply
 * @body: what it has
 * @len: of @body
 */
void request(struct pipe *p, unsigned int type, unsigned int flags,
	     struct sock *s, uint32_t id, uint32_t seq, const char *body,
	     size_t len)
{
	if (type == ZOFF_OPEN) {
		do_open(p, id, seq, body);
		return;
	}
	if (type == ZOFF_CLOSE) {
		sock_close(s, seq, flags & ZOFF_CLOSE_ABORT);
		return;
	}
	if (bad_shutdown(type, body)) {
		pipe_break(p, "SHUTDOWN of nothing");
		return;
	}
	if (type == ZOFF_BIND || type == ZOFF_CONNECT) {
		with_address(s, type, seq, body);
		return;
	}
	if (s->state == SOCK_FAILED) {
		reply(s, seq, s->error);
		return;
	}
	if (type == ZOFF_SETOPT || type == ZOFF_GETOPT)
		with_option(s, type, seq, body, len);
	else if (type == ZOFF_LISTEN)
		reply_or_name(s, seq, do_listen(s, le32_at(body)));
	else if (type == ZOFF_SHUTDOWN)
		reply(s, seq, do_shutdown(s, le32_at(body)));
	else
		reply_name(s, seq);
}
