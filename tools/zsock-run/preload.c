// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: makes a program's AF_INET and AF_INET6 sockets AF_ZSOCK ones.
 *
 * Only what a program would notice is wrapped: socket(), and getsockopt() for
 * SO_DOMAIN and SO_PROTOCOL. Nothing is remembered about a descriptor, since
 * dup(), fork(), exec() and SCM_RIGHTS would all make such a memory wrong: the
 * kernel is asked instead.
 *
 * A program may call socket() from a signal handler or in the child of a
 * fork(), so the wrappers neither lock nor allocate, and leave errno alone
 * where they succeed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "zsock-run.h"

#define EXPORT		__attribute__((visibility("default")))
#define TYPE_MASK	0xf		/* of socket()'s type; flags are above */

typedef int (*socket_fn)(int, int, int);
typedef int (*getsockopt_fn)(int, int, int, void *, socklen_t *);

static socket_fn next_socket;
static getsockopt_fn next_getsockopt;

static int family;
static int only_type;			/* 0: both */
static int only_domain;			/* 0: both */
static bool fallback;
static char backend[4 * ZSOCK_NAME_MAX];
static atomic_bool ready;

static void read_environment(void)
{
	const char *s;

	s = getenv(ENV_FAMILY);
	family = s ? zsock_family_parse(s) : -1;
	if (family < 0)
		family = zsock_family_read();
	if (family < 0)
		family = AF_ZSOCK;	/* socket() may load the module yet */

	s = getenv(ENV_ONLY);
	if (s)
		only_type = *s == 's' ? SOCK_STREAM : SOCK_DGRAM;

	s = getenv(ENV_DOMAIN);
	if (s)
		only_domain = *s == '4' ? AF_INET : AF_INET6;

	fallback = getenv(ENV_FALLBACK) != NULL;

	/* A copy: some programs write their title over the environment. */
	s = getenv(ENV_BACKEND);
	if (s)
		strncpy(backend, s, sizeof(backend) - 1);
}

/*
 * Runs before main(), or earlier still if the constructor of another library
 * opens a socket. There is one thread then.
 */
__attribute__((constructor))
static void setup(void)
{
	int saved = errno;

	if (atomic_load_explicit(&ready, memory_order_acquire))
		return;
	next_socket = (socket_fn)dlsym(RTLD_NEXT, "socket");
	next_getsockopt = (getsockopt_fn)dlsym(RTLD_NEXT, "getsockopt");
	read_environment();
	atomic_store_explicit(&ready, true, memory_order_release);
	errno = saved;
}

/* Through the next library, not the system call: it may be an LD_PRELOAD too. */
static int real_socket(int domain, int type, int protocol)
{
	if (next_socket)
		return next_socket(domain, type, protocol);
	return syscall(SYS_socket, domain, type, protocol);
}

static int real_getsockopt(int fd, int level, int name, void *val,
			   socklen_t *len)
{
	if (next_getsockopt)
		return next_getsockopt(fd, level, name, val, len);
	return syscall(SYS_getsockopt, fd, level, name, val, len);
}

/* Is this one of the sockets that zsock-run was asked to take over? */
static bool taken(int domain, int type, int protocol)
{
	type &= TYPE_MASK;
	if (domain != AF_INET && domain != AF_INET6)
		return false;
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return false;
	if (only_domain && domain != only_domain)
		return false;
	if (only_type && type != only_type)
		return false;
	return protocol >= 0 && protocol <= ZSOCK_PROTO_MASK;
}

/* May a socket that AF_ZSOCK refused with @err be an AF_INET one? */
static bool may_stay(int err)
{
	switch (err) {
	case EPROTONOSUPPORT:
	case ESOCKTNOSUPPORT:
		return true;	/* MPTCP, SCTP, ping sockets ... */
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EINVAL:
		return false;	/* AF_INET would say so too */
	}
	return fallback;
}

static int zsock_socket(int domain, int type, int protocol)
{
	int fd, err;

	fd = real_socket(family, type, ZSOCK_PROTO(domain, protocol));
	if (fd < 0 || !backend[0])
		return fd;
	if (!syscall(SYS_setsockopt, fd, SOL_ZSOCK, ZSOCK_BACKEND, backend,
		     strlen(backend)))
		return fd;
	err = errno;
	syscall(SYS_close, fd);		/* close() is a cancellation point */
	errno = err;
	return -1;
}

EXPORT int socket(int domain, int type, int protocol)
{
	int saved = errno;
	int fd;

	setup();
	if (!taken(domain, type, protocol))
		return real_socket(domain, type, protocol);

	fd = zsock_socket(domain, type, protocol);
	if (fd < 0) {
		if (!may_stay(errno))
			return -1;
		errno = saved;
		return real_socket(domain, type, protocol);
	}
	errno = saved;
	return fd;
}

/*
 * What the program asked for when it made @fd. Fails for a socket that is not
 * AF_ZSOCK, and for one of which no more is known than the kernel says anyway:
 * once a backend carries it, SO_DOMAIN and SO_PROTOCOL read as AF_INET's do.
 */
static bool asked_for(int fd, int name, int *value)
{
	struct zsock_info info;
	socklen_t len = sizeof(int);
	int domain;

	if (syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) ||
	    domain != family)
		return false;
	memset(&info, 0, sizeof(info));
	len = sizeof(info);
	if (syscall(SYS_getsockopt, fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len))
		return false;
	if (!info.domain)
		return false;	/* made as AF_ZSOCK by the program itself */
	*value = name == SO_DOMAIN ? info.domain : info.protocol;
	return true;
}

EXPORT int getsockopt(int fd, int level, int name, void *__restrict val,
		      socklen_t *__restrict len)
{
	int saved = errno;
	int value, ret;

	setup();
	ret = real_getsockopt(fd, level, name, val, len);
	if (ret || level != SOL_SOCKET ||
	    (name != SO_DOMAIN && name != SO_PROTOCOL))
		return ret;
	/* The kernel gave *len bytes of an int: replace as many. */
	if (asked_for(fd, name, &value))
		memcpy(val, &value, *len < sizeof(value) ? *len : sizeof(value));
	errno = saved;
	return 0;
}
