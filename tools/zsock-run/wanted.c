// SPDX-License-Identifier: GPL-2.0
/*
 * Which sockets are taken over, and what they are given. The library asks this
 * inside the program, the supervisor beside it.
 *
 * Nothing here allocates or locks: the library calls it from socket().
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "settings.h"

/* Is this one of the sockets that zsock-run was asked to take over? */
bool wanted(int domain, int type, int protocol)
{
	type &= SOCKET_TYPE_MASK;
	if (domain != AF_INET && domain != AF_INET6)
		return false;
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return false;
	if (settings.only_domain && domain != settings.only_domain)
		return false;
	if (settings.only_type && type != settings.only_type)
		return false;
	return protocol >= 0 && protocol <= ZSOCK_PROTO_MASK;
}

/* May a socket that AF_ZSOCK refused with @err be an AF_INET one? */
bool wanted_may_stay(int err)
{
	/* It would go past the proxy. */
	if (settings.socks5.len)
		return false;
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
	return settings.fallback;
}

/* Is it one that TLS was asked for? It must not be without. */
bool wanted_secure(int type, int protocol)
{
	if ((type & SOCKET_TYPE_MASK) != SOCK_STREAM)
		return false;
	if (!settings.tls.client && !settings.tls.server && !settings.nonsense)
		return false;
	return !protocol || protocol == IPPROTO_TCP ||
	       protocol == IPPROTO_MPTCP;
}

/* Give a new socket what was asked for: 0, or -1 and errno. */
int wanted_furnish(int fd, bool tls)
{
	if (settings.backend[0] &&
	    syscall(SYS_setsockopt, fd, SOL_ZSOCK, ZSOCK_BACKEND,
		    settings.backend, strlen(settings.backend)))
		return -1;
	if (socks5_apply(&settings.socks5, fd))
		return -1;
	return tls && tls_settings_apply(&settings.tls, fd) ? -1 : 0;
}
