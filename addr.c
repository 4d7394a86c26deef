// SPDX-License-Identifier: GPL-2.0
/* What the address of a first call says of the family that is wanted. */
#include <linux/in.h>
#include <linux/in6.h>
#include <net/ipv6.h>

#include "zsock_int.h"

static int zsock_address_min(int family)
{
	return family == AF_INET6 ? SIN6_LEN_RFC2133 : sizeof(struct sockaddr_in);
}

/*
 * A socket with a domain: refuse here what the inner socket would refuse, so
 * that a failed call leaves the socket undispatched. An IPv6 datagram socket
 * takes IPv4 addresses.
 */
static int zsock_check_domain(const struct zsock_sock *zs, int family, int len)
{
	int domain = zs->domain;

	if (domain != AF_INET && domain != AF_INET6)
		return 0;
	if (family == AF_UNSPEC)
		return 0;
	if (family == domain || (domain == AF_INET6 && family == AF_INET &&
				 zs->sock->type == SOCK_DGRAM))
		return len < zsock_address_min(family) ? -EINVAL : 0;
	return len < zsock_address_min(domain) ? -EINVAL : -EAFNOSUPPORT;
}

/*
 * Judge @addr, which bind(), connect() or sendmsg() was given as the first
 * call on @zs: 0 and the family to dispatch to in *@family (AF_UNSPEC where
 * the address does not tell), or the errno for the caller.
 */
int zsock_first_address(const struct zsock_sock *zs, const void *addr, int len,
			int *family)
{
	const struct sockaddr *sa = addr;

	*family = AF_UNSPEC;
	if (len < (int)sizeof(sa->sa_family))
		return -EINVAL;
	if (zs->domain)
		return zsock_check_domain(zs, sa->sa_family, len);
	/* Another family's socket than IP has to say its domain. */
	switch (sa->sa_family) {
	case AF_UNSPEC:
		return 0;
	case AF_INET:
	case AF_INET6:
		if (len < zsock_address_min(sa->sa_family))
			return -EINVAL;
		*family = sa->sa_family;
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}
