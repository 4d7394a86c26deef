// SPDX-License-Identifier: GPL-2.0
/*
 * mptcp, smc: a byte there and back over the kernel's own other transports,
 * of the family that is opened directly, and of AF_ZSOCK on the backend that
 * makes sockets of that family.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/mptcp.h>
#include <linux/zsock.h>

#include "zbench.h"

#ifndef SOL_MPTCP
#define SOL_MPTCP	284
#endif

#define SOCKETS_FILE	"/proc/net/zsock"

struct transport {
	const char *backend;
	int domain, protocol;		/* of a socket that is opened directly */
	bool (*fell_back)(const struct fam *fam, int fd);
	int fallback;			/* of all families alike: 0, 1 */
	bool seen;			/* fallback is known */
};

struct ctx {
	struct fam fam;
	int fd[2];
};

/* ---- what carries a connection ---- */

static bool mptcp_fell_back(const struct fam *fam, int fd)
{
	struct mptcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_MPTCP, MPTCP_INFO, &info, &len))
		die_errno("%s: MPTCP_INFO", fam->name);
	return info.mptcpi_flags & MPTCP_INFO_FLAG_FALLBACK;
}

/* AF_SMC then gives the file the TCP socket that it has inside. */
static bool smc_fell_back(const struct fam *fam, int fd)
{
	socklen_t len = sizeof(int);
	int protocol;

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len))
		die_errno("%s: SO_PROTOCOL", fam->name);
	return protocol == IPPROTO_TCP;
}

static struct transport transport_mptcp = {
	.backend = "mptcp", .domain = AF_INET, .protocol = IPPROTO_MPTCP,
	.fell_back = mptcp_fell_back,
};

/* Protocol 0 is SMC over IPv4. */
static struct transport transport_smc = {
	.backend = "smc", .domain = AF_SMC, .protocol = 0,
	.fell_back = smc_fell_back,
};

/* ---- that a socket is what it is said to be ---- */

/*
 * Of a socket that is bound. One that AF_SMC has connected does not answer
 * any more, see smc_fell_back().
 */
static void verify_bound(const struct transport *t, const struct fam *fam,
			 int fd)
{
	struct zsock_info info = { 0 };
	socklen_t len = sizeof(info);
	int domain = -1;

	if (fam->id == FAM_ZSOCK) {
		if (getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len))
			die_errno("%s: ZSOCK_INFO", fam->name);
		if (info.state != ZSOCK_STATE_DISPATCHED ||
		    strcmp(info.backend, t->backend) ||
		    info.inner_family != t->domain)
			die("%s: state %u, backend '%s', family %u inside",
			    fam->name, info.state, info.backend,
			    info.inner_family);
		return;
	}
	if (!getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len))
		die("%s: answers ZSOCK_INFO: it is an AF_ZSOCK socket",
		    fam->name);
	len = sizeof(domain);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) ||
	    domain != t->domain)
		die("%s: SO_DOMAIN is %d", fam->name, domain);
}

/* Sockets of AF_ZSOCK on the backend of @t, by the module's own list. */
static int count_sockets(const struct transport *t)
{
	FILE *file = fopen(SOCKETS_FILE, "r");
	char line[512], backend[32];
	int count = 0;

	if (!file)
		return 0;	/* no module, none of its sockets */
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %*s %*s %*s %31s", backend) == 1 &&
		    !strcmp(backend, t->backend))
			count++;
	fclose(file);
	return count;
}

/* What is compared has to be carried by the same. */
static void verify_carried(struct transport *t, const struct fam *fam, int fd)
{
	int fallback = t->fell_back(fam, fd);

	if (t->seen && fallback != t->fallback)
		die("%s %s: falls back where others do not, or not where they do",
		    fam->name, t->backend);
	t->fallback = fallback;
	t->seen = true;
}

/* ---- the case ---- */

static int open_bound(struct transport *t, const struct fam *fam,
		      struct addr *addr)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = fam_socket(fam, SOCK_STREAM);

	if (fam->id == FAM_ZSOCK &&
	    setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, t->backend,
		       strlen(t->backend) + 1))
		die_errno("%s: ZSOCK_BACKEND %s", fam->name, t->backend);
	if (bind(fd, (void *)&in, sizeof(in)))
		die_errno("%s %s: bind", fam->name, t->backend);
	addr->len = sizeof(addr->ss);
	if (getsockname(fd, (void *)&addr->ss, &addr->len))
		die_errno("%s %s: getsockname", fam->name, t->backend);
	verify_bound(t, fam, fd);
	return fd;
}

static void connect_pair(struct transport *t, struct ctx *c)
{
	struct addr addr, unused;
	int listener = open_bound(t, &c->fam, &addr);

	if (listen(listener, 1))
		die_errno("%s %s: listen", c->fam.name, t->backend);
	c->fd[0] = open_bound(t, &c->fam, &unused);
	if (connect(c->fd[0], (void *)&addr.ss, addr.len))
		die_errno("%s %s: connect", c->fam.name, t->backend);
	c->fd[1] = accept(listener, NULL, NULL);
	if (c->fd[1] < 0)
		die_errno("%s %s: accept", c->fam.name, t->backend);
	close(listener);
}

static void *setup(struct transport *t, const struct fam *fam)
{
	int i, count = count_sockets(t);
	struct ctx *c;

	if (fam->id == FAM_UNIX)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		die("out of memory");
	c->fam = *fam;
	if (fam->id != FAM_ZSOCK) {
		c->fam.domain = t->domain;
		c->fam.stream_proto = t->protocol;
	}
	connect_pair(t, c);
	for (i = 0; i < 2; i++) {
		verify_carried(t, &c->fam, c->fd[i]);
		set_nodelay(&c->fam, c->fd[i]);
	}
	count = count_sockets(t) - count;
	if (count != (fam->id == FAM_ZSOCK ? 2 : 0))
		die("%s %s: %d more sockets in " SOCKETS_FILE, fam->name,
		    t->backend, count);
	return c;
}

static void pass_byte(int from, int to)
{
	char byte = 'z';

	if (send(from, &byte, 1, 0) != 1)
		die_errno("send");
	if (recv(to, &byte, 1, 0) != 1)
		die_errno("recv");
}

static void run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;

	while (ops--) {
		pass_byte(c->fd[0], c->fd[1]);
		pass_byte(c->fd[1], c->fd[0]);
	}
}

static void teardown(void *arg)
{
	struct ctx *c = arg;

	close(c->fd[0]);
	close(c->fd[1]);
	free(c);
}

static const char *missing(const struct transport *t)
{
	int fd = socket(t->domain, SOCK_STREAM, t->protocol);

	if (fd >= 0) {
		close(fd);
		return NULL;
	}
	switch (errno) {
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
	case ENOPROTOOPT:	/* MPTCP, where net.mptcp.enabled is 0 */
		return strerror(errno);
	default:
		die_errno("%s: socket", t->backend);
	}
}

static void report(const struct transport *t)
{
	printf("%-26s %s\n", t->backend,
	       t->fallback ? "fell back to TCP" : "did not fall back to TCP");
	json_number("fallback", t->fallback);
}

#define TRANSPORT(_t)							\
	static void *_t##_setup(const struct fam *fam)			\
	{								\
		return setup(&transport_##_t, fam);					\
	}								\
	static const char *_t##_missing(void)				\
	{								\
		return missing(&transport_##_t);			\
	}								\
	static void _t##_report(void)					\
	{								\
		report(&transport_##_t);				\
	}

TRANSPORT(mptcp)
TRANSPORT(smc)

#define CASE(_t, _what)							\
	{ .name = #_t, .what = _what, .batch = 1, .longer = 1, .more = 1, \
	  .missing = _t##_missing, .setup = _t##_setup, .run = run,	\
	  .teardown = teardown, .report = _t##_report }

static const struct bench transport_benches[] = {
	CASE(mptcp, "MPTCP round trip of 1 byte, by the backend"),
	CASE(smc, "AF_SMC round trip of 1 byte, by the backend"),
	{ 0 }
};
BENCH_CASES(transport_benches);
