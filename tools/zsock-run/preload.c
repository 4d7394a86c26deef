// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: makes a program's AF_INET and AF_INET6 sockets AF_ZSOCK ones.
 *
 * Only what a program would notice is wrapped: socket(), and getsockopt() for
 * SO_DOMAIN and SO_PROTOCOL; and for TLS what tls.c and resolve.c have. Nothing is
 * remembered about a descriptor, since dup(), fork(), exec() and SCM_RIGHTS
 * would all make such a memory wrong: the kernel is asked instead.
 *
 * A program may call socket() from a signal handler or in the child of a
 * fork(), so the wrappers neither lock nor allocate, and leave errno alone
 * where they succeed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload.h"

typedef int (*socket_fn)(int, int, int);
typedef int (*getsockopt_fn)(int, int, int, void *, socklen_t *);

static socket_fn next_socket;
static getsockopt_fn next_getsockopt;

/*
 * Runs before main(), or earlier still if the constructor of another library
 * opens a socket. There is one thread then.
 */
__attribute__((constructor))
void setup(void)
{
	static atomic_bool ready;
	int saved = errno;

	if (atomic_load_explicit(&ready, memory_order_acquire))
		return;
	next_socket = (socket_fn)dlsym(RTLD_NEXT, "socket");
	next_getsockopt = (getsockopt_fn)dlsym(RTLD_NEXT, "getsockopt");
	settings_read();
	tls_setup();
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

/* An AF_ZSOCK socket, with what was asked for of TLS if @tls; -1 and errno. */
int make_socket(int domain, int type, int protocol, bool tls)
{
	int fd, err;

	fd = real_socket(settings.family, type, ZSOCK_PROTO(domain, protocol));
	if (fd < 0 || !wanted_furnish(fd, domain, type, tls))
		return fd;
	err = errno;
	syscall(SYS_close, fd);		/* close() is a cancellation point */
	errno = err;
	return -1;
}

EXPORT int socket(int domain, int type, int protocol)
{
	int saved = errno;
	bool secure;
	int fd;

	setup();
	if (!wanted(domain, type, protocol))
		return real_socket(domain, type, protocol);

	secure = wanted_secure(type, protocol);
	if (secure && tls_protocol(&protocol))
		return -1;
	fd = make_socket(domain, type, protocol,
			 secure && protocol == IPPROTO_TLS_1_2);
	if (fd < 0) {
		/* Not without TLS, where that was asked for. */
		if (secure || !wanted_may_stay(errno))
			return -1;
		errno = saved;
		return real_socket(domain, type, protocol);
	}
	errno = saved;
	return fd;
}

/* False for a socket that is not AF_ZSOCK. */
bool ask_info(int fd, struct zsock_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !syscall(SYS_getsockopt, fd, SOL_ZSOCK, ZSOCK_INFO, info, &len);
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
	    domain != settings.family)
		return false;
	if (!ask_info(fd, &info) || !info.domain)
		return false;	/* made as AF_ZSOCK by the program itself */
	if (name == SO_DOMAIN)
		*value = info.domain;
	else if (wanted_secure(SOCK_STREAM, 0) && info.protocol == IPPROTO_TLS_1_2)
		*value = IPPROTO_TCP;
	else
		*value = info.protocol;
	return true;
}

EXPORT int getsockopt(int fd, int level, int name, void *__restrict val,
		      socklen_t *__restrict len)
{
	int saved = errno;
	int value, ret;

	setup();
	ret = real_getsockopt(fd, level, name, val, len);
	if (ret || level != SOL_SOCKET)
		return ret;
	switch (name) {
	case SO_DOMAIN:
	case SO_PROTOCOL:
		/* The kernel gave *len bytes of an int: replace as many. */
		if (asked_for(fd, name, &value))
			memcpy(val, &value,
			       *len < sizeof(value) ? *len : sizeof(value));
		break;
	case SO_ERROR:
		/* How a connect() that did not wait ended. */
		if (*len == sizeof(value)) {
			memcpy(&value, val, sizeof(value));
			tls_explain(fd, value);
		}
		break;
	}
	errno = saved;
	return 0;
}
