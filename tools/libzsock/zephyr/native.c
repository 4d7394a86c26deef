// SPDX-License-Identifier: GPL-2.0
/* Sockets of the family AF_ZSOCK. */
#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include <zsock/zsock.h>

#include "internal.h"

/* Of the family; it changes only when the module is loaded with another. */
static _Atomic int number = AF_ZSOCK;

/* Whether there is another number to be tried than @tried. */
static bool look_again(int tried)
{
	int now = zsk_family();

	if (now < 0 || now == tried)
		return false;
	atomic_store_explicit(&number, now, memory_order_relaxed);
	return true;
}

static int make(int family, int type, int proto)
{
	int af = atomic_load_explicit(&number, memory_order_relaxed), fd;

	if (proto < 0 || proto > ZSOCK_PROTO_MASK) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	if (family == AF_PACKET)
		proto = zsk__packet_protocol(proto);
	fd = socket(af, type, ZSOCK_PROTO(family, proto));
	if (fd >= 0 || errno != EAFNOSUPPORT)
		return fd;
	if (!look_again(af)) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return socket(atomic_load_explicit(&number, memory_order_relaxed), type,
		      ZSOCK_PROTO(family, proto));
}

int zsk__native_pair(int family, int type, int proto, int *sv)
{
	int af = atomic_load_explicit(&number, memory_order_relaxed), ret;

	if (proto < 0 || proto > ZSOCK_PROTO_MASK ||
	    (family == AF_UNIX && proto)) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	/* Every pair of the module is carried by AF_UNIX. */
	if (family == AF_UNIX)
		family = AF_UNSPEC;
	ret = socketpair(af, type, ZSOCK_PROTO(family, proto), sv);
	if (!ret || errno != EAFNOSUPPORT)
		return ret;
	if (!look_again(af)) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return socketpair(atomic_load_explicit(&number, memory_order_relaxed),
			  type, ZSOCK_PROTO(family, proto), sv);
}

/* What exactly there is only the module knows: see lacks() in register.c. */
static bool has_family(int family)
{
	return family == AF_UNSPEC || family == AF_INET || family == AF_INET6 ||
	       family == AF_PACKET || family == AF_CAN;
}

static bool takes(int family, int type, int proto)
{
	(void)type;
	return has_family(family) && !zsk__is_tls(proto) && !zsk__is_dtls(proto);
}

static bool takes_tls(int family, int type, int proto)
{
	(void)type;
	return has_family(family) && (zsk__is_tls(proto) || zsk__is_dtls(proto));
}

struct net_socket_register zsk__native = {
	.name = "zsock",
	.prio = CONFIG_NET_SOCKETS_PRIORITY_DEFAULT,
	.family = AF_UNSPEC,
	.is_supported = takes,
	.handler = make,
	.registered = true,
};

struct net_socket_register zsk__native_tls = {
	.name = "zsock-tls",
	.prio = CONFIG_NET_SOCKETS_TLS_PRIORITY,
	.family = AF_UNSPEC,
	.is_supported = takes_tls,
	.handler = make,
	.next = &zsk__native,
	.registered = true,
};
