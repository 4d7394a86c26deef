// SPDX-License-Identifier: GPL-2.0
/* Addresses as the program has them, and as they are on a pipe. */
#include <net/ipv6.h>

#include "remote.h"

static void zsock_zoff_in(const struct zsock_rsk *rs,
			  const struct sockaddr_in *sin, struct zoff_addr *res)
{
	memset(res, 0, sizeof(*res));
	res->port = cpu_to_le16(ntohs(sin->sin_port));
	if (rs->family == AF_INET) {
		res->family = cpu_to_le16(ZOFF_AF_INET);
		memcpy(res->addr, &sin->sin_addr, sizeof(sin->sin_addr));
		return;
	}
	res->family = cpu_to_le16(ZOFF_AF_INET6);
	ipv6_addr_set_v4mapped(sin->sin_addr.s_addr,
			       (struct in6_addr *)res->addr);
}

static void zsock_zoff_in6(const struct sockaddr_in6 *sin6,
			   struct zoff_addr *res)
{
	res->family = cpu_to_le16(ZOFF_AF_INET6);
	res->port = cpu_to_le16(ntohs(sin6->sin6_port));
	memcpy(res->addr, &sin6->sin6_addr, sizeof(sin6->sin6_addr));
	res->flow = cpu_to_le32(ntohl(sin6->sin6_flowinfo));
	res->scope = cpu_to_le32(sin6->sin6_scope_id);
}

/*
 * What the program gave: 0, -EINVAL for one that is too short, -EAFNOSUPPORT
 * for one of another family. AF_UNSPEC is the caller's. As AF_INET6 does, a
 * datagram socket of IPv6 takes addresses of IPv4.
 */
int zsock_zoff_addr(const struct zsock_rsk *rs, const void *addr, int len,
		    struct zoff_addr *res)
{
	const struct sockaddr *sa = addr;

	if (len < (int)sizeof(sa->sa_family))
		return -EINVAL;
	if (rs->family == AF_INET || (sa->sa_family == AF_INET &&
				      rs->sk.sk_type == SOCK_DGRAM)) {
		if (len < (int)sizeof(struct sockaddr_in))
			return -EINVAL;
		if (sa->sa_family != AF_INET)
			return -EAFNOSUPPORT;
		zsock_zoff_in(rs, addr, res);
		return 0;
	}
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (sa->sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	if (len < (int)sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 whole = {};

		memcpy(&whole, addr, SIN6_LEN_RFC2133);
		zsock_zoff_in6(&whole, res);
	} else {
		zsock_zoff_in6(addr, res);
	}
	return 0;
}

/* For the program: the length. Where there is none, all zeros of the family. */
int zsock_zoff_sockaddr(const struct zsock_rsk *rs,
			const struct zoff_addr *addr, void *res)
{
	struct sockaddr_in6 *sin6 = res;
	struct sockaddr_in *sin = res;
	__be16 port = htons(le16_to_cpu(addr->port));

	if (rs->family == AF_INET) {
		memset(sin, 0, sizeof(*sin));
		sin->sin_family = AF_INET;
		sin->sin_port = port;
		memcpy(&sin->sin_addr, addr->addr, sizeof(sin->sin_addr));
		return sizeof(*sin);
	}
	memset(sin6, 0, sizeof(*sin6));
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = port;
	memcpy(&sin6->sin6_addr, addr->addr, sizeof(sin6->sin6_addr));
	if (le16_to_cpu(addr->family) == ZOFF_AF_INET)
		ipv6_addr_set_v4mapped(*(__be32 *)addr->addr, &sin6->sin6_addr);
	sin6->sin6_flowinfo = htonl(le32_to_cpu(addr->flow));
	sin6->sin6_scope_id = le32_to_cpu(addr->scope);
	return sizeof(*sin6);
}

/* Whether what came through a pipe is an address, or with @none none. */
bool zsock_zoff_ok(const struct zoff_addr *addr, bool none)
{
	switch (le16_to_cpu(addr->family)) {
	case ZOFF_AF_INET:
		return !addr->flow && !addr->scope &&
		       !memchr_inv(addr->addr + 4, 0, sizeof(addr->addr) - 4);
	case ZOFF_AF_INET6:
		return true;
	case ZOFF_AF_NONE:
		return none;
	default:
		return false;
	}
}
