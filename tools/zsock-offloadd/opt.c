// SPDX-License-Identifier: GPL-2.0
/*
 * The options that the protocol has.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/param.h>
#include <sys/socket.h>

#include <linux/zsock.h>

#include "pipe.h"
#include "rules.h"
#include "sock.h"

#define GET	1
#define SET	2
#define STRING	4	/* of any length */
#define MEMBER	8	/* struct ip_mreq, or ip_mreqn */
#define ADDRESS	16	/* struct in_addr, or ip_mreqn */
#define MEMBER6	32	/* struct ipv6_mreq */
/* As in the memory of a little-endian machine, and only there. */
#define STATE	(__BYTE_ORDER == __LITTLE_ENDIAN ? GET : 0)

struct option {
	unsigned short level, name;
	unsigned short flags;
};

static const struct option options[] = {
	{ SOL_SOCKET, SO_REUSEADDR, SET },
	{ SOL_SOCKET, SO_BROADCAST, SET },
	{ SOL_SOCKET, SO_KEEPALIVE, SET },
	{ SOL_SOCKET, SO_OOBINLINE, SET },
	{ SOL_SOCKET, SO_REUSEPORT, SET },
	{ IPPROTO_IP, IP_TOS, GET | SET },
	{ IPPROTO_IP, IP_TTL, GET | SET },
	{ IPPROTO_IP, IP_MTU_DISCOVER, GET | SET },
	{ IPPROTO_IP, IP_MTU, GET },
	{ IPPROTO_IP, IP_FREEBIND, GET | SET },
	{ IPPROTO_IP, IP_MINTTL, GET | SET },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, GET | SET },
	{ IPPROTO_IP, IP_MULTICAST_TTL, GET | SET },
	{ IPPROTO_IP, IP_MULTICAST_LOOP, GET | SET },
	{ IPPROTO_IP, IP_MULTICAST_IF, GET | SET | ADDRESS },
	{ IPPROTO_IP, IP_ADD_MEMBERSHIP, SET | MEMBER },
	{ IPPROTO_IP, IP_DROP_MEMBERSHIP, SET | MEMBER },
	{ IPPROTO_TCP, TCP_NODELAY, GET | SET },
	{ IPPROTO_TCP, TCP_MAXSEG, GET | SET },
	{ IPPROTO_TCP, TCP_CORK, GET | SET },
	{ IPPROTO_TCP, TCP_KEEPIDLE, GET | SET },
	{ IPPROTO_TCP, TCP_KEEPINTVL, GET | SET },
	{ IPPROTO_TCP, TCP_KEEPCNT, GET | SET },
	{ IPPROTO_TCP, TCP_SYNCNT, GET | SET },
	{ IPPROTO_TCP, TCP_LINGER2, GET | SET },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT, GET | SET },
	{ IPPROTO_TCP, TCP_WINDOW_CLAMP, GET | SET },
	{ IPPROTO_TCP, TCP_INFO, STATE },
	{ IPPROTO_TCP, TCP_QUICKACK, GET | SET },
	{ IPPROTO_TCP, TCP_CONGESTION, GET | SET | STRING },
	{ IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, GET | SET },
	{ IPPROTO_TCP, TCP_THIN_DUPACK, GET | SET },
	{ IPPROTO_TCP, TCP_CC_INFO, STATE },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, GET | SET },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, GET | SET },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, GET | SET },
	{ IPPROTO_IPV6, IPV6_MULTICAST_IF, GET | SET },
	{ IPPROTO_IPV6, IPV6_MULTICAST_HOPS, GET | SET },
	{ IPPROTO_IPV6, IPV6_MULTICAST_LOOP, GET | SET },
	{ IPPROTO_IPV6, IPV6_JOIN_GROUP, SET | MEMBER6 },
	{ IPPROTO_IPV6, IPV6_LEAVE_GROUP, SET | MEMBER6 },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, GET | SET },
	{ IPPROTO_IPV6, IPV6_MTU, GET | SET },
	{ IPPROTO_IPV6, IPV6_V6ONLY, GET | SET },
	{ IPPROTO_IPV6, IPV6_DONTFRAG, GET | SET },
	{ IPPROTO_IPV6, IPV6_TCLASS, GET | SET },
};

static unsigned int flags_of(const struct sock *s, uint32_t level,
			     uint32_t name)
{
	size_t i;

	/* There the module judges. Its descriptors are not to be had here. */
	if (level == SOL_TLS)
		return s->tls && name != TLS_CERT_VERIFY_CALLBACK ?
			GET | SET | STRING : 0;
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].level == level && options[i].name == name)
			return options[i].flags;
	return 0;
}

static bool length_right(unsigned int flags, size_t len)
{
	if (flags & STRING)
		return true;
	if (flags & (MEMBER | ADDRESS) && len == sizeof(struct ip_mreqn))
		return true;
	if (flags & MEMBER)
		return len == sizeof(struct ip_mreq);
	if (flags & MEMBER6)
		return len == sizeof(struct ipv6_mreq);
	return len == sizeof(int);	/* as long as struct in_addr is */
}

/* Who may not send to a group may not listen to it. */
static bool group_allowed(unsigned int flags, const void *value)
{
	union addr group = { 0 };

	if (flags & MEMBER6) {
		group.in6.sin6_family = AF_INET6;
		memcpy(&group.in6.sin6_addr, value, sizeof(struct in6_addr));
	} else {
		group.in.sin_family = AF_INET;
		memcpy(&group.in.sin_addr, value, sizeof(struct in_addr));
	}
	return rules_allow(RULES_TO, &group);
}

/* The number of an interface is behind the addresses. */
static const void *with_index(char *to, const void *value, size_t len)
{
	uint32_t index;

	memcpy(to, value, len);
	memcpy(&index, to + len - sizeof(index), sizeof(index));
	index = le32toh(index);
	memcpy(to + len - sizeof(index), &index, sizeof(index));
	return to;
}

int opt_set(struct sock *s, uint32_t level, uint32_t name, const void *value,
	    size_t len)
{
	unsigned int flags = flags_of(s, level, name);
	char mreq[sizeof(struct ipv6_mreq)];

	if (!(flags & SET))
		return ENOPROTOOPT;
	/* The client's matter: here it has to stay out of line. */
	if (level == SOL_SOCKET && name == SO_OOBINLINE && urgent_has(s))
		return ENOPROTOOPT;
	if (!length_right(flags, len))
		return EINVAL;
	if ((name == IP_ADD_MEMBERSHIP || name == IPV6_JOIN_GROUP) &&
	    flags & (MEMBER | MEMBER6) && !group_allowed(flags, value))
		return EPERM;
	if (flags & (MEMBER | MEMBER6 | ADDRESS) && len > sizeof(struct ip_mreq))
		value = with_index(mreq, value, len);
	return setsockopt(s->fd, level, name, value, len) ? errno : 0;
}

int opt_get(struct sock *s, uint32_t level, uint32_t name, void *value,
	    size_t *len)
{
	unsigned int flags = flags_of(s, level, name);
	socklen_t room = *len;

	if (!(flags & GET))
		return ENOPROTOOPT;
	if (getsockopt(s->fd, level, name, value, &room))
		return errno;
	*len = MIN(*len, room);
	return 0;
}
