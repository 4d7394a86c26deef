// SPDX-License-Identifier: GPL-2.0
/* Addresses: of one's own listeners, and of no use at all. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>
#include <linux/can.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "fuzz.h"

static void random_ipv4(struct rng *r, struct sockaddr_in *in)
{
	static const uint32_t known[] = {
		INADDR_LOOPBACK, INADDR_LOOPBACK, INADDR_LOOPBACK, INADDR_ANY, INADDR_BROADCAST,
		0x7f000002, 0xe0000001, 0xefffffff, 0x0a000001, 0x7fffffff,
	};

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(known[rng_below(r, 10)]);
}

static void random_ipv6(struct rng *r, struct sockaddr_in6 *in6)
{
	static const char * const known[] = {
		"::1", "::1", "::ffff:127.0.0.1", "::", "fe80::1", "ff02::1", "::127.0.0.1",
		"2001:db8::1", "::ffff:0.0.0.0", "ff01::fb",
	};

	in6->sin6_family = AF_INET6;
	inet_pton(AF_INET6, known[rng_below(r, 10)], &in6->sin6_addr);
	if (rng_one_in(r, 6))
		in6->sin6_scope_id = rng_int(r);
	if (rng_one_in(r, 8))
		in6->sin6_flowinfo = rng_int(r);
}

socklen_t addr_peer(struct rng *r, union zs_addr *addr, int domain)
{
	struct shared_port p = port_any(r);
	int family = domain ? domain : rng_below(r, 2) ? AF_INET : AF_INET6;

	if (domain == AF_INET6 && p.family == AF_INET) {
		zs_loopback(addr, AF_INET6, p.port);
		inet_pton(AF_INET6, "::ffff:127.0.0.1", &addr->in6.sin6_addr);
		return sizeof(addr->in6);
	}
	if (family != AF_INET && family != AF_INET6)
		family = AF_INET;
	return zs_loopback(addr, domain ? family : p.family, p.port);
}

/* Now and then an odd length. The bytes behind an address are random, too. */
static socklen_t random_length(struct rng *r, socklen_t good)
{
	if (!rng_one_in(r, 8))
		return good;
	return rng_one_in(r, 4) ? (socklen_t)rng_int(r) : rng_below(r, 130);
}

/* Of AF_PACKET and AF_CAN: a device. */
static socklen_t random_link(struct rng *r, union zs_addr *addr, int domain)
{
	struct sockaddr_ll *ll = (struct sockaddr_ll *)addr;
	struct sockaddr_can *can = (struct sockaddr_can *)addr;
	int index = rng_one_in(r, 4) ? rng_int(r) : (int)rng_below(r, 4);

	memset(addr, rng_one_in(r, 4) ? 0xff : 0, sizeof(*addr));
	addr->sa.sa_family = domain;
	if (domain == AF_CAN) {
		can->can_ifindex = index;
		return random_length(r, sizeof(*can));
	}
	ll->sll_ifindex = index;
	ll->sll_protocol = rng_one_in(r, 2) ? htons(ETH_P_ALL) : rng_int(r);
	ll->sll_halen = rng_one_in(r, 4) ? rng_int(r) : 6;
	return random_length(r, sizeof(*ll));
}

socklen_t addr_any(struct rng *r, union zs_addr *addr, int domain, int type)
{
	int family = domain == AF_INET || domain == AF_INET6 ? domain :
		     rng_below(r, 2) ? AF_INET : AF_INET6;
	socklen_t len;

	if ((domain == AF_PACKET || domain == AF_CAN) && !rng_one_in(r, 10))
		return random_link(r, addr, domain);
	if (rng_below(r, 5) < 2)
		return addr_peer(r, addr, domain);
	memset(addr, rng_one_in(r, 4) ? 0xff : 0, sizeof(*addr));
	if (rng_one_in(r, 6))
		family = family == AF_INET ? AF_INET6 : AF_INET;
	if (family == AF_INET) {
		random_ipv4(r, &addr->in);
		len = sizeof(addr->in);
	} else {
		memset(addr, 0, sizeof(*addr));
		random_ipv6(r, &addr->in6);
		len = sizeof(addr->in6);
	}
	/* The port is at the same place in both. Binding wants 0, most of the time. */
	addr->in.sin_port = rng_one_in(r, 4) ? htons(rng_int(r)) : 0;
	if (rng_one_in(r, 10))
		addr->sa.sa_family = rng_one_in(r, 2) ? AF_UNSPEC : rng_below(r, 50);
	if (addr->sa.sa_family == AF_UNIX)
		((struct sockaddr_un *)addr)->sun_path[0] = type & 1 ? '\0' : 'z';
	return random_length(r, len);
}
