// SPDX-License-Identifier: GPL-2.0
/*
 * The options that the protocol has.
 */
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
#define MEMBER	8	/* struct ip_mreq */
#define ADDRESS	16	/* struct in_addr */

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
	{ IPPROTO_TCP, TCP_QUICKACK, GET | SET },
	{ IPPROTO_TCP, TCP_CONGESTION, GET | SET | STRING },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, GET | SET },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, GET | SET },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, GET | SET },
	{ IPPROTO_IPV6, IPV6_MULTICAST_HOPS, GET | SET },
	{ IPPROTO_IPV6, IPV6_MULTICAST_LOOP, GET | SET },
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

static size_t length_of(unsigned int flags)
{
	if (flags & MEMBER)
		return sizeof(struct ip_mreq);
	return sizeof(int);	/* as long as struct in_addr is */
}

/* Who may not send to a group may not listen to it. */
static int judge_group(const void *value)
{
	union addr group = { .in.sin_family = AF_INET };
	struct ip_mreq mreq;

	memcpy(&mreq, value, sizeof(mreq));
	group.in.sin_addr = mreq.imr_multiaddr;
	return rules_allow(RULES_TO, &group) ? 0 : EPERM;
}

int opt_set(struct sock *s, uint32_t level, uint32_t name, const void *value,
	    size_t len)
{
	unsigned int flags = flags_of(s, level, name);

	if (!(flags & SET))
		return ENOPROTOOPT;
	if (!(flags & STRING) && len != length_of(flags))
		return EINVAL;
	if (flags & MEMBER && name == IP_ADD_MEMBERSHIP && judge_group(value))
		return EPERM;
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
