// SPDX-License-Identifier: GPL-2.0
/* The addresses that an agent told of a name: nothing of it is believed. */
#include <net/ipv6.h>

#include "names.h"

/* A copy with nothing in it but the address, IPv4 where it is that. */
static int zsock_answer_take(union zsock_ip *ip, const void *addr, int len)
{
	const struct sockaddr_in6 *in6 = addr;
	const struct sockaddr_in *in = addr;

	memset(ip, 0, sizeof(*ip));
	if (len < (int)sizeof(in->sin_family))
		return -EINVAL;
	if (in->sin_family == AF_INET && len == sizeof(*in)) {
		ip->in.sin_family = AF_INET;
		ip->in.sin_addr = in->sin_addr;
		return 0;
	}
	if (in->sin_family != AF_INET6 || len != sizeof(*in6))
		return -EINVAL;
	if (ipv6_addr_v4mapped(&in6->sin6_addr)) {
		ip->in.sin_family = AF_INET;
		ip->in.sin_addr.s_addr = in6->sin6_addr.s6_addr32[3];
		return 0;
	}
	ip->in6.sin6_family = AF_INET6;
	ip->in6.sin6_addr = in6->sin6_addr;
	if (ipv6_addr_type(&in6->sin6_addr) & IPV6_ADDR_LINKLOCAL)
		ip->in6.sin6_scope_id = in6->sin6_scope_id;
	return 0;
}

/* "Any" is this host to connect(); a stream goes to one host. */
static bool zsock_answer_makes_sense(const union zsock_ip *ip, int type)
{
	__be32 v4 = ip->in.sin_addr.s_addr;

	if (ip->sa.sa_family == AF_INET6)
		return !ipv6_addr_any(&ip->in6.sin6_addr) &&
		       (type != SOCK_STREAM ||
			!ipv6_addr_is_multicast(&ip->in6.sin6_addr));
	if (ipv4_is_zeronet(v4))
		return false;
	return type != SOCK_STREAM ||
	       (!ipv4_is_multicast(v4) && !ipv4_is_lbcast(v4));
}

static bool zsock_answer_has(const struct zsock_answer *answer,
			     const union zsock_ip *ip)
{
	unsigned int i;

	for (i = 0; i < answer->n; i++)
		if (!memcmp(&answer->ip[i], ip, sizeof(*ip)))
			return true;
	return false;
}

/*
 * One more address, for a socket of @type that takes @family: 0, also where it
 * is of no use and left out, or -EINVAL for one that is none.
 */
int zsock_answer_add(struct zsock_answer *answer, const void *addr, int len,
		     int family, int type)
{
	union zsock_ip ip;
	int err;

	err = zsock_answer_take(&ip, addr, len);
	if (err)
		return err;
	if ((family && ip.sa.sa_family != family) ||
	    !zsock_answer_makes_sense(&ip, type) ||
	    zsock_answer_has(answer, &ip))
		return 0;
	if (answer->n == ARRAY_SIZE(answer->ip))
		return -EINVAL;
	answer->ip[answer->n++] = ip;
	return 0;
}

/*
 * As RFC 8305 has it: the families take turns, each in the agent's order, the
 * agent's first one first.
 */
void zsock_answer_mix(struct zsock_answer *answer)
{
	union zsock_ip sorted[ARRAY_SIZE(answer->ip)];
	unsigned int at[2] = { 0, 0 }, n = 0, turn;
	int first = answer->ip[0].sa.sa_family;

	for (turn = 0; n < answer->n; turn = !turn) {
		while (at[turn] < answer->n &&
		       (answer->ip[at[turn]].sa.sa_family != first) != turn)
			at[turn]++;
		if (at[turn] < answer->n)
			sorted[n++] = answer->ip[at[turn]++];
	}
	memcpy(answer->ip, sorted, n * sizeof(*sorted));
}
