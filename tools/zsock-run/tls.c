// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: TLS for programs that know nothing of it.
 *
 * A socket has to be made a TLS one at socket(), when nobody knows yet what it
 * will be used for. Where programs may connect by TLS, all their TCP sockets are
 * made so: what this library does not see of them cannot be without TLS then.
 * The others are replaced, in the same descriptor, when connect() or listen()
 * tells: listeners that are to be plain ones, or that alone are to have TLS; and
 * connections to other ports than those of --port.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload.h"

typedef int (*connect_fn)(int, const struct sockaddr *, socklen_t);
typedef int (*listen_fn)(int, int);

static connect_fn next_connect;
static listen_fn next_listen;

void tls_setup(void)
{
	next_connect = (connect_fn)dlsym(RTLD_NEXT, "connect");
	next_listen = (listen_fn)dlsym(RTLD_NEXT, "listen");
	resolve_setup();
	say_setup();
}

/* What a TCP socket that TLS concerns is made as: 0, or -1 and errno. */
int tls_protocol(int *protocol)
{
	/* As where there is no MPTCP: programs go on to TCP then. */
	if (*protocol == IPPROTO_MPTCP) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	if (settings.nonsense) {
		errno = EINVAL;
		return -1;
	}
	if (settings.tls.client)
		*protocol = IPPROTO_TLS_1_2;
	return 0;
}

/* A TCP socket that this library made, or might have made. */
static bool ours(int fd, struct zsock_info *info)
{
	return ask_info(fd, info) && info->domain &&
	       info->type == SOCK_STREAM &&
	       (info->protocol == IPPROTO_TCP ||
		info->protocol == IPPROTO_TLS_1_2);
}

/* Make @fd what it is to be: 0, or -1 and errno. */
static int settle(int fd, const struct zsock_info *info, bool secure)
{
	if (secure == (info->protocol == IPPROTO_TLS_1_2))
		return 0;
	return replace_socket(fd, info,
			      secure ? IPPROTO_TLS_1_2 : IPPROTO_TCP);
}

/* The connection may still be there, closing, and is none for connect(). */
static bool has_failed(int fd)
{
	struct zsock_handshake_error failure = { 0 };
	socklen_t len = sizeof(failure);

	return !syscall(SYS_getsockopt, fd, SOL_ZSOCK, ZSOCK_HANDSHAKE_ERROR,
			&failure, &len) && failure.error;
}

/* Only the first connect() decides; the second asks how the first gets on. */
static bool under_way(int fd, const struct zsock_info *info)
{
	unsigned char state;		/* tcpi_state, the first of tcp_info */
	socklen_t len = sizeof(state);

	if (info->state == ZSOCK_STATE_FRESH || has_failed(fd))
		return false;
	return !syscall(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, &state,
			&len) &&
	       state != TCP_CLOSE;
}

static bool port_of(const struct sockaddr *addr, socklen_t len, uint16_t *port)
{
	if (addr->sa_family == AF_INET && len >= sizeof(struct sockaddr_in))
		*port = ((const struct sockaddr_in *)addr)->sin_port;
	else if (addr->sa_family == AF_INET6 &&
		 len >= offsetof(struct sockaddr_in6, sin6_scope_id))
		*port = ((const struct sockaddr_in6 *)addr)->sin6_port;
	else
		return false;
	*port = ntohs(*port);
	return true;
}

/* The peer's name: as told, as looked up, or else the address as it is. */
static int set_name(int fd, const struct sockaddr *addr)
{
	char name[ZSOCK_TLS_HOSTNAME_MAX + 1];

	if (settings.tls.has_hostname)
		return tls_set_hostname(fd, settings.tls.hostname);
	if (!names_find(addr, name, sizeof(name)))
		names_numeric(addr, name, sizeof(name));
	return tls_set_hostname(fd, name);
}

static int before_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct zsock_info info;
	bool secure;
	uint16_t port;

	if (!ours(fd, &info) || under_way(fd, &info) ||
	    !addr || len < sizeof(addr->sa_family) || !port_of(addr, len, &port))
		return 0;
	secure = tls_port_chosen(&settings.tls, port);
	if (settle(fd, &info, secure))
		return -1;
	return secure ? set_name(fd, addr) : 0;
}

EXPORT int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len)
{
	const struct sockaddr *addr = to.__sockaddr__;
	int saved = errno, ret;

	setup();
	if (settings.tls.client && before_connect(fd, addr, len))
		return -1;
	errno = saved;
	ret = next_connect ? next_connect(fd, addr, len) :
			     syscall(SYS_connect, fd, addr, len);
	if (ret)
		tls_explain(fd, errno);
	return ret;
}

static bool listens(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return !syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_ACCEPTCONN, &value,
			&len) && value;
}

static int before_listen(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	struct zsock_info info;
	uint16_t port = 0;

	if (!ours(fd, &info) || listens(fd))
		return 0;
	if (!syscall(SYS_getsockname, fd, &addr, &len))
		port_of((struct sockaddr *)&addr, len, &port);
	return settle(fd, &info, settings.tls.server &&
				 tls_port_chosen(&settings.tls, port));
}

EXPORT int listen(int fd, int backlog)
{
	int saved = errno;

	setup();
	if (wanted_secure(SOCK_STREAM, 0) && before_listen(fd))
		return -1;
	if (settings.socks5.len)
		socks5_remove(fd);
	errno = saved;
	return next_listen ? next_listen(fd, backlog) :
			     syscall(SYS_listen, fd, backlog);
}
