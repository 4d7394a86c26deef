// SPDX-License-Identifier: GPL-2.0
/*
 * Pipes for backends: connections to whoever carries the calls out.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "backend.h"
#include "zsockctl.h"

#define PATIENCE	10	/* seconds for a connection to be made */

/* ---- what the command line says ---- */

static int bad(const char *what, const char *text, const char *want)
{
	fprintf(stderr, "zsockctl: backend: \"%s\" is no %s: give %s\n", text,
		what, want);
	return EXIT_USAGE;
}

static bool parse_u32(const char *text, unsigned int *value)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	*value = n;
	return *text >= '0' && *text <= '9' && !*end && !errno && n <= UINT_MAX;
}

/* "HOST:PORT", "[::1]:PORT": the last colon counts. */
static bool split(const char *text, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (len && memchr(text, ':', len)) {
		return false;	/* IPv6 without brackets: which part is the port? */
	}
	if (!len || len >= size || !colon[1])
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	*port = colon + 1;
	return true;
}

/* As a background process sees it, whose directory is another. */
static int parse_path(struct pipe_spec *p, const char *text, size_t max)
{
	char cwd[PATH_MAX] = "";

	if (!*text)
		return bad("path", text, "a file's name");
	if (text[0] != '/' && text[0] != '@' && !getcwd(cwd, sizeof(cwd) - 1))
		return bad("path", text, "one that begins with /");
	if (cwd[0])
		strcat(cwd, "/");
	if (strlen(cwd) + strlen(text) >= max)
		return bad("path", text, "a shorter one");
	strcpy(p->path, cwd);
	strcat(p->path, text);
	return EXIT_OK;
}

static int parse_vsock(struct pipe_spec *p, const char *text)
{
	const char *port;
	char cid[32];

	if (!split(text, cid, sizeof(cid), &port) ||
	    !parse_u32(port, &p->number))
		return bad("vsock address", text, "CID:PORT");
	if (!strcmp(cid, "host"))
		p->cid = VMADDR_CID_HOST;
	else if (!strcmp(cid, "local"))
		p->cid = VMADDR_CID_LOCAL;
	else if (!parse_u32(cid, &p->cid))
		return bad("vsock address", text, "CID:PORT");
	return EXIT_OK;
}

static int parse_tcp(struct pipe_spec *p, const char *text)
{
	const char *port;

	if (!split(text, p->path, sizeof(p->path), &port) ||
	    strlen(port) >= sizeof(p->port))
		return bad("address", text, "HOST:PORT, or [ADDRESS]:PORT for IPv6");
	strcpy(p->port, port);
	return EXIT_OK;
}

static int parse_fd(struct pipe_spec *p, const char *text)
{
	unsigned int fd;

	if (!parse_u32(text, &fd) || fd > INT_MAX || fcntl(fd, F_GETFD) < 0)
		return bad("open descriptor", text, "the number of a connected stream socket");
	p->fd = fd;
	return EXIT_OK;
}

static int parse_tty(struct pipe_spec *p, const char *text)
{
	const char *comma = strrchr(text, ',');
	size_t len = comma ? (size_t)(comma - text) : strlen(text);
	char device[sizeof(p->path)] = "";
	unsigned int baud;

	if (len >= sizeof(device))
		return bad("path", text, "a shorter one");
	memcpy(device, text, len);
	if (comma) {
		if (!parse_u32(comma + 1, &baud) || baud > INT_MAX ||
		    !tty_baud_known(baud))
			return bad("speed", comma + 1, "one such as 115200");
		p->baud = baud;
	}
	return parse_path(p, device, sizeof(p->path));
}

/**
 * pipe_parse() - an option that says how to get to the other side
 * @p: to be filled in
 * @kind: of the option
 * @text: its value
 *
 * Return: an exit status; complaints have been made.
 */
int pipe_parse(struct pipe_spec *p, enum pipe_kind kind, const char *text)
{
	static const char * const names[] = {
		[PIPE_UNIX] = "unix", [PIPE_VSOCK] = "vsock", [PIPE_TCP] = "tcp",
		[PIPE_FD] = "fd", [PIPE_TTY] = "tty",
	};

	if (p->kind) {
		fputs("zsockctl: backend: more than one of --unix, --vsock, --tcp, --fd and --tty: give one\n",
		      stderr);
		return EXIT_USAGE;
	}
	p->kind = kind;
	snprintf(p->label, sizeof(p->label), "%s:%s", names[kind], text);
	switch (kind) {
	case PIPE_UNIX:
		return parse_path(p, text, sizeof(((struct sockaddr_un *)NULL)->sun_path));
	case PIPE_VSOCK:
		return parse_vsock(p, text);
	case PIPE_TCP:
		return parse_tcp(p, text);
	case PIPE_FD:
		return parse_fd(p, text);
	default:
		return parse_tty(p, text);
	}
}

/* ---- connections ---- */

/* For connect(), which takes it for how long it may wait; not for the kernel. */
static int set_patience(int fd, int seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static int close_with(int fd, int error)
{
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static int connect_to(int fd, const void *addr, socklen_t len)
{
	if (fd < 0)
		return -1;
	if (set_patience(fd, PATIENCE) || connect(fd, addr, len) ||
	    set_patience(fd, 0))
		/* so connect() says that it took too long */
		return close_with(fd, errno == EAGAIN || errno == EINPROGRESS ?
				  ETIMEDOUT : errno);
	return fd;
}

static int open_unix(const struct pipe_spec *p)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(un);
	int home = -1, fd;

	memcpy(un.sun_path, p->path, strlen(p->path) + 1);
	if (p->path[0] == '@') {	/* a name in this network namespace */
		un.sun_path[0] = '\0';
		len = offsetof(struct sockaddr_un, sun_path) + strlen(p->path);
	} else {
		home = net_outer_begin();
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	net_outer_end(home);
	return connect_to(fd, &un, len);
}

static int open_vsock(const struct pipe_spec *p)
{
	struct sockaddr_vm vm = {
		.svm_family = AF_VSOCK,
		.svm_cid = p->cid,
		.svm_port = p->number,
	};

	return connect_to(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), &vm,
			  sizeof(vm));
}

static int open_tcp(const struct pipe_spec *p)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *all, *a;
	int fd = -1, one = 1, ret;

	ret = getaddrinfo(p->path, p->port, &hints, &all);
	if (ret) {
		errno = ret == EAI_SYSTEM ? errno : ret == EAI_AGAIN ? EAGAIN : ENXIO;
		return -1;
	}
	for (a = all; a && fd < 0; a = a->ai_next)
		fd = connect_to(socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0),
				a->ai_addr, a->ai_addrlen);
	ret = errno;
	freeaddrinfo(all);
	errno = ret;
	/* The kernel writes what belongs together in one go. */
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/**
 * pipe_open() - connect
 * @p: to where
 *
 * Return: a descriptor, or -1 with errno.
 */
int pipe_open(const struct pipe_spec *p)
{
	switch (p->kind) {
	case PIPE_UNIX:
		return open_unix(p);
	case PIPE_VSOCK:
		return open_vsock(p);
	case PIPE_TCP:
		return open_tcp(p);
	case PIPE_FD:
		return p->fd;
	default:
		return tty_pipe(p);
	}
}

/* What may help where pipe_open() failed with @error. */
const char *pipe_advice(const struct pipe_spec *p, int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return p->kind == PIPE_TTY ? "is the device there?" :
		       "does the server run, and listen there?";
	case ENXIO:
		return p->kind == PIPE_TCP ? "no such host or port is known" :
		       "is the device there?";
	case ENODEV:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return p->kind == PIPE_VSOCK ?
		       "this kernel has no way to that CID (modprobe vsock_loopback or a VM's transport)" :
		       "is the address right?";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ETIMEDOUT:
		return "is the way there open?";
	case EACCES:
	case EPERM:
		return "this user may not";
	case EBUSY:
		return "somebody else uses it";
	case ENOTTY:
		return "it is no terminal";
	default:
		return "try again";
	}
}
