// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel sockets: reading options of IP and IPv6, as far as they are a number
 * that is in the socket.
 */
#include <net/dst.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>

#include "kpi.h"

/* Options that are a bit of inet_flags. */
static const struct zsock_ip_flag {
	u8	optname;
	u8	bit;
} zsock_ip_flags[] = {
	{ IP_PKTINFO,			INET_FLAGS_PKTINFO },
	{ IP_RECVTTL,			INET_FLAGS_TTL },
	{ IP_RECVTOS,			INET_FLAGS_TOS },
	{ IP_RECVOPTS,			INET_FLAGS_RECVOPTS },
	{ IP_RETOPTS,			INET_FLAGS_RETOPTS },
	{ IP_RECVORIGDSTADDR,		INET_FLAGS_ORIGDSTADDR },
	{ IP_RECVFRAGSIZE,		INET_FLAGS_RECVFRAGSIZE },
	{ IP_RECVERR,			INET_FLAGS_RECVERR },
	{ IP_RECVERR_RFC4884,		INET_FLAGS_RECVERR_RFC4884 },
	{ IP_FREEBIND,			INET_FLAGS_FREEBIND },
	{ IP_TRANSPARENT,		INET_FLAGS_TRANSPARENT },
	{ IP_MULTICAST_LOOP,		INET_FLAGS_MC_LOOP },
	{ IP_MULTICAST_ALL,		INET_FLAGS_MC_ALL },
	{ IP_BIND_ADDRESS_NO_PORT,	INET_FLAGS_BIND_ADDRESS_NO_PORT },
};

static const struct zsock_ip_flag zsock_ipv6_flags[] = {
	{ IPV6_RECVERR,			INET_FLAGS_RECVERR6 },
	{ IPV6_RECVERR_RFC4884,		INET_FLAGS_RECVERR6_RFC4884 },
	{ IPV6_FREEBIND,		INET_FLAGS_FREEBIND },
	{ IPV6_TRANSPARENT,		INET_FLAGS_TRANSPARENT },
	{ IPV6_MULTICAST_LOOP,		INET_FLAGS_MC6_LOOP },
	{ IPV6_MULTICAST_ALL,		INET_FLAGS_MC6_ALL },
	{ IPV6_DONTFRAG,		INET_FLAGS_DONTFRAG },
};

static int zsock_ip_flag(const struct sock *sk,
			 const struct zsock_ip_flag *flags, size_t n,
			 int optname, int *value)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (flags[i].optname != optname)
			continue;
		*value = test_bit(flags[i].bit, &inet_sk(sk)->inet_flags);
		return 0;
	}
	return ZSOCK_NO_OPTION;
}

/* Of the route that a connected socket has. */
static int zsock_ip_mtu(struct sock *sk, int *value)
{
	struct dst_entry *dst = sk_dst_get(sk);

	if (!dst)
		return -ENOTCONN;
	*value = dst_mtu(dst);
	dst_release(dst);
	return 0;
}

static int zsock_get_ip_int(struct sock *sk, int optname, int *value)
{
	const struct inet_sock *inet = inet_sk(sk);

	switch (optname) {
	case IP_TOS:
		*value = READ_ONCE(inet->tos);
		break;
	case IP_TTL:
		*value = READ_ONCE(inet->uc_ttl);
		if (*value < 0)
			*value = READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_default_ttl);
		break;
	case IP_MINTTL:
		*value = READ_ONCE(inet->min_ttl);
		break;
	case IP_MULTICAST_TTL:
		*value = READ_ONCE(inet->mc_ttl);
		break;
	case IP_MTU_DISCOVER:
		*value = READ_ONCE(inet->pmtudisc);
		break;
	case IP_LOCAL_PORT_RANGE:
		*value = READ_ONCE(inet->local_port_range);
		break;
	case IP_MTU:
		return zsock_ip_mtu(sk, value);
	default:
		return zsock_ip_flag(sk, zsock_ip_flags,
				     ARRAY_SIZE(zsock_ip_flags), optname,
				     value);
	}
	return 0;
}

static int zsock_hops(const struct sock *sk, int hops)
{
	return hops < 0 ? READ_ONCE(sock_net(sk)->ipv6.devconf_all->hop_limit) :
			  hops;
}

static int zsock_get_ipv6_int(struct sock *sk, int optname, int *value)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	switch (optname) {
	case IPV6_V6ONLY:
		*value = ipv6_only_sock(sk);
		break;
	case IPV6_TCLASS:
		*value = READ_ONCE(np->tclass);
		break;
	case IPV6_UNICAST_HOPS:
		*value = zsock_hops(sk, READ_ONCE(np->hop_limit));
		break;
	case IPV6_MULTICAST_HOPS:
		*value = zsock_hops(sk, READ_ONCE(np->mcast_hops));
		break;
	case IPV6_MULTICAST_IF:
		*value = READ_ONCE(np->mcast_oif);
		break;
	case IPV6_MTU_DISCOVER:
		*value = READ_ONCE(np->pmtudisc);
		break;
	case IPV6_MINHOPCOUNT:
		*value = READ_ONCE(np->min_hopcount);
		break;
	case IPV6_RECVPKTINFO:
		*value = np->rxopt.bits.rxinfo;
		break;
	case IPV6_RECVHOPLIMIT:
		*value = np->rxopt.bits.rxhlim;
		break;
	case IPV6_RECVTCLASS:
		*value = np->rxopt.bits.rxtclass;
		break;
	case IPV6_MTU:
		return zsock_ip_mtu(sk, value);
	default:
		return zsock_ip_flag(sk, zsock_ipv6_flags,
				     ARRAY_SIZE(zsock_ipv6_flags), optname,
				     value);
	}
	return 0;
}

/* Of a socket of IP: ZSOCK_NO_OPTION for those that are not here. */
int zsock_get_ip(struct sock *sk, int level, int optname, sockptr_t optval,
		 sockptr_t optlen)
{
	int value, err;

	if (level == SOL_IP)
		err = zsock_get_ip_int(sk, optname, &value);
	else if (sk->sk_family == AF_INET6)
		err = zsock_get_ipv6_int(sk, optname, &value);
	else
		err = ZSOCK_NO_OPTION;
	return err ?: zsock_put_option(optval, optlen, &value, sizeof(value));
}
