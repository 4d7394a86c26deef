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

/* Those of --raw, of which neither streams nor datagrams are asked for. */
static bool is_raw(int domain, int type)
{
	return domain == AF_PACKET || (type & SOCKET_TYPE_MASK) == SOCK_RAW;
}

static bool wanted_type(int domain, int type)
{
	type &= SOCKET_TYPE_MASK;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW)
		return false;
	if (is_raw(domain, type))
		return settings.raw && type != SOCK_STREAM;
	return !settings.only_type || type == settings.only_type;
}

static bool wanted_domain(int domain)
{
	if (domain == AF_PACKET)
		return settings.raw;
	if (domain != AF_INET && domain != AF_INET6)
		return false;
	return !settings.only_domain || domain == settings.only_domain;
}

/* Is this one of the sockets that zsock-run was asked to take over? */
bool wanted(int domain, int type, int protocol)
{
	return wanted_domain(domain) && wanted_type(domain, type) &&
	       protocol >= 0 && protocol <= ZSOCK_PROTO_MASK;
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

/*
 * Give a new socket what was asked for: 0, or -1 and errno. A raw one has its
 * backend from the beginning, and is no connection that a proxy could make.
 */
int wanted_furnish(int fd, int domain, int type, bool tls)
{
	if (is_raw(domain, type))
		return 0;
	if (settings.backend[0] &&
	    syscall(SYS_setsockopt, fd, SOL_ZSOCK, ZSOCK_BACKEND,
		    settings.backend, strlen(settings.backend)))
		return -1;
	if (socks5_apply(&settings.socks5, fd))
		return -1;
	return tls && tls_settings_apply(&settings.tls, fd) ? -1 : 0;
}
