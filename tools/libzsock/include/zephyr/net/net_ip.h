/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Families, protocols and addresses: Linux's own, under Zephyr's names, too.
 * Numbers are those of Linux; Documentation/libzsock.rst says why.
 */
#ifndef _ZSOCK_ZEPHYR_NET_NET_IP_H
#define _ZSOCK_ZEPHYR_NET_NET_IP_H

/* What lacks a guard against its twin is left out where the twin is there. */
#include <arpa/inet.h>
#include <endian.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#ifndef _LINUX_IF_PACKET_H
#ifndef __LINUX_IF_PACKET_H
#include <netpacket/packet.h>
#endif
#endif
#include <linux/can.h>
#include <linux/can/raw.h>
#include <linux/zsock.h>
#include <zephyr/types.h>
#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- families, types, protocols ---- */

#define NET_PF_UNSPEC	PF_UNSPEC
#define NET_PF_INET	PF_INET
#define NET_PF_INET6	PF_INET6
#define NET_PF_PACKET	PF_PACKET
#define NET_PF_CAN	PF_CAN
#define NET_PF_LOCAL	PF_LOCAL
#define NET_PF_UNIX	PF_UNIX
#define NET_AF_UNSPEC	AF_UNSPEC
#define NET_AF_INET	AF_INET
#define NET_AF_INET6	AF_INET6
#define NET_AF_PACKET	AF_PACKET
#define NET_AF_CAN	AF_CAN
#define NET_AF_LOCAL	AF_LOCAL
#define NET_AF_UNIX	AF_UNIX

#define NET_SOCK_STREAM	SOCK_STREAM
#define NET_SOCK_DGRAM	SOCK_DGRAM
#define NET_SOCK_RAW	SOCK_RAW

/* All of Ethernet's protocols: what ETH_P_ALL is. */
#ifndef IPPROTO_ETH_P_ALL
#define IPPROTO_ETH_P_ALL	3
#endif

#define NET_IPPROTO_IP		IPPROTO_IP
#define NET_IPPROTO_ICMP	IPPROTO_ICMP
#define NET_IPPROTO_IGMP	IPPROTO_IGMP
#define NET_IPPROTO_ETH_P_ALL	IPPROTO_ETH_P_ALL
#define NET_IPPROTO_IPIP	IPPROTO_IPIP
#define NET_IPPROTO_TCP		IPPROTO_TCP
#define NET_IPPROTO_UDP		IPPROTO_UDP
#define NET_IPPROTO_IPV6	IPPROTO_IPV6
#define NET_IPPROTO_ICMPV6	IPPROTO_ICMPV6
#define NET_IPPROTO_RAW		IPPROTO_RAW
#define NET_IPPROTO_TLS_1_0	IPPROTO_TLS_1_0
#define NET_IPPROTO_TLS_1_1	IPPROTO_TLS_1_1
#define NET_IPPROTO_TLS_1_2	IPPROTO_TLS_1_2
#define NET_IPPROTO_TLS_1_3	IPPROTO_TLS_1_3
#define NET_IPPROTO_DTLS_1_0	IPPROTO_DTLS_1_0
#define NET_IPPROTO_DTLS_1_2	IPPROTO_DTLS_1_2

#define NET_CAN_RAW		CAN_RAW
#define NET_SOL_CAN_BASE	SOL_CAN_BASE
#define NET_SOL_CAN_RAW		SOL_CAN_RAW
#define NET_CAN_RAW_FILTER	CAN_RAW_FILTER

/* ---- byte order ---- */

#define net_ntohs(x)	ntohs(x)
#define net_ntohl(x)	ntohl(x)
#define net_ntohll(x)	be64toh(x)
#define net_htons(x)	htons(x)
#define net_htonl(x)	htonl(x)
#define net_htonll(x)	htobe64(x)
#ifndef ntohll
#define ntohll(x)	be64toh(x)
#endif
#ifndef htonll
#define htonll(x)	htobe64(x)
#endif

/* ---- addresses ---- */

#define net_in_addr		in_addr
#define net_in6_addr		in6_addr
#define net_sockaddr		sockaddr
#define net_sockaddr_in		sockaddr_in
#define net_sockaddr_in6	sockaddr_in6
#define net_sockaddr_ll		sockaddr_ll
#define net_sockaddr_can	sockaddr_can
#define net_sockaddr_un		sockaddr_un
#define net_sockaddr_storage	sockaddr_storage
#define net_sa_family_t		sa_family_t
#define net_socklen_t		socklen_t
#define net_iovec		iovec
#define net_msghdr		msghdr
#define net_cmsghdr		cmsghdr

#define NET_CMSG_LEN(len)		CMSG_LEN(len)
#define NET_CMSG_SPACE(len)		CMSG_SPACE(len)
#define NET_CMSG_DATA(cmsg)		CMSG_DATA(cmsg)
#define NET_CMSG_FIRSTHDR(msg)		CMSG_FIRSTHDR(msg)
#define NET_CMSG_NXTHDR(msg, cmsg)	CMSG_NXTHDR(msg, cmsg)

#define NET_PACKET_HOST		PACKET_HOST
#define NET_PACKET_BROADCAST	PACKET_BROADCAST
#define NET_PACKET_MULTICAST	PACKET_MULTICAST
#define NET_PACKET_OTHERHOST	PACKET_OTHERHOST
#define NET_PACKET_OUTGOING	PACKET_OUTGOING
#define NET_PACKET_LOOPBACK	PACKET_LOOPBACK
#define NET_PACKET_FASTROUTE	PACKET_FASTROUTE

#define net_in6addr_any		in6addr_any
#define net_in6addr_loopback	in6addr_loopback
#define NET_INADDR_ANY		INADDR_ANY
#define NET_INADDR_BROADCAST	INADDR_BROADCAST
#define NET_INET_ADDRSTRLEN	INET_ADDRSTRLEN
#define NET_INET6_ADDRSTRLEN	INET6_ADDRSTRLEN
#define NET_IN6ADDR_ANY_INIT	IN6ADDR_ANY_INIT
#define NET_IN6ADDR_LOOPBACK_INIT	IN6ADDR_LOOPBACK_INIT
#ifndef INADDR_ANY_INIT
#define INADDR_ANY_INIT		{ INADDR_ANY }
#endif
#ifndef INADDR_LOOPBACK_INIT
#define INADDR_LOOPBACK_INIT	{ htonl(INADDR_LOOPBACK) }
#endif
#define NET_INADDR_ANY_INIT	INADDR_ANY_INIT
#define NET_INADDR_LOOPBACK_INIT	INADDR_LOOPBACK_INIT
#define NET_IPV4_ADDR_LEN	INET_ADDRSTRLEN
#define NET_IPV6_ADDR_LEN	INET6_ADDRSTRLEN
#define NET_IPV4_ADDR_SIZE	4
#define NET_IPV6_ADDR_SIZE	16
#define NET_IFNAMSIZ		IFNAMSIZ

#define net_in_pktinfo	in_pktinfo
#define net_in6_pktinfo	in6_pktinfo
#define net_ip_mreq	ip_mreq
#define net_ip_mreqn	ip_mreqn
#define net_ipv6_mreq	ipv6_mreq
#define net_ifreq	ifreq
/* Zephyr's name of what others call ipv6mr_interface. */
#define ipv6mr_ifindex	ipv6mr_interface

#define ZSOCK_IN6_IS_ADDR_UNSPECIFIED(a)	IN6_IS_ADDR_UNSPECIFIED(a)
#define ZSOCK_IN6_IS_ADDR_LOOPBACK(a)		IN6_IS_ADDR_LOOPBACK(a)
#define ZSOCK_IN6_IS_ADDR_MULTICAST(a)		IN6_IS_ADDR_MULTICAST(a)
#define ZSOCK_IN6_IS_ADDR_LINKLOCAL(a)		IN6_IS_ADDR_LINKLOCAL(a)
#define ZSOCK_IN6_IS_ADDR_SITELOCAL(a)		IN6_IS_ADDR_SITELOCAL(a)
#define ZSOCK_IN6_IS_ADDR_V4MAPPED(a)		IN6_IS_ADDR_V4MAPPED(a)
#define ZSOCK_IN6_IS_ADDR_MC_GLOBAL(a)		IN6_IS_ADDR_MC_GLOBAL(a)
#define ZSOCK_IN6_IS_ADDR_MC_NODELOCAL(a)	IN6_IS_ADDR_MC_NODELOCAL(a)
#define ZSOCK_IN6_IS_ADDR_MC_LINKLOCAL(a)	IN6_IS_ADDR_MC_LINKLOCAL(a)
#define ZSOCK_IN6_IS_ADDR_MC_SITELOCAL(a)	IN6_IS_ADDR_MC_SITELOCAL(a)
#define ZSOCK_IN6_IS_ADDR_MC_ORGLOCAL(a)	IN6_IS_ADDR_MC_ORGLOCAL(a)

static inline struct sockaddr_in *net_sin(const struct sockaddr *addr)
{
	return (struct sockaddr_in *)(void *)addr;
}

static inline struct sockaddr_in6 *net_sin6(const struct sockaddr *addr)
{
	return (struct sockaddr_in6 *)(void *)addr;
}

static inline struct sockaddr *net_sad(const struct sockaddr_storage *addr)
{
	return (struct sockaddr *)(void *)addr;
}

static inline struct sockaddr_can *net_can_ptr(const struct sockaddr_can *addr)
{
	return (struct sockaddr_can *)(void *)addr;
}

static inline struct sockaddr_ll *net_sll(const struct sockaddr_ll *addr)
{
	return (struct sockaddr_ll *)(void *)addr;
}

static inline bool net_ipv4_addr_cmp(const struct in_addr *a,
				     const struct in_addr *b)
{
	return a->s_addr == b->s_addr;
}

static inline bool net_ipv6_addr_cmp(const struct in6_addr *a,
				     const struct in6_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

#define net_ipaddr_copy(dest, src)	(*(dest) = *(src))
#define net_ipv4_addr_copy_raw(dest, src)	memcpy(dest, src, 4)
#define net_ipv6_addr_copy_raw(dest, src)	memcpy(dest, src, 16)

static inline bool net_ipv4_is_addr_unspecified(const struct in_addr *addr)
{
	return addr->s_addr == 0;
}

static inline bool net_ipv4_is_addr_loopback(const struct in_addr *addr)
{
	return (ntohl(addr->s_addr) >> 24) == 127;
}

static inline bool net_ipv4_is_addr_mcast(const struct in_addr *addr)
{
	return (ntohl(addr->s_addr) >> 28) == 14;
}

static inline bool net_ipv4_is_ll_addr(const struct in_addr *addr)
{
	return (ntohl(addr->s_addr) >> 16) == 0xa9fe;
}

static inline bool net_ipv6_is_addr_unspecified(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_UNSPECIFIED(addr);
}

static inline bool net_ipv6_is_addr_loopback(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_LOOPBACK(addr);
}

static inline bool net_ipv6_is_addr_mcast(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_MULTICAST(addr);
}

static inline bool net_ipv6_is_ll_addr(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_LINKLOCAL(addr);
}

static inline bool net_ipv6_addr_is_v4_mapped(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_V4MAPPED(addr);
}

/* ---- text ---- */

/* NULL and errno as inet_ntop() does; the result is @dst. */
char *net_addr_ntop(sa_family_t family, const void *src, char *dst,
		    size_t size);

/* 0, or -EINVAL: not an address, or of another family. */
int net_addr_pton(sa_family_t family, const char *src, void *dst);

/*
 * An address, perhaps with a port: "192.0.2.1", "192.0.2.1:80", "2001:db8::1",
 * "[2001:db8::1]:80". The port is left as it is where @str has none. @addr has
 * room for either family.
 */
bool net_ipaddr_parse(const char *str, size_t len, struct sockaddr *addr);

/* -EINVAL: a family that has no ports. */
int net_port_set_default(struct sockaddr *addr, uint16_t port);

/* "AF_INET" and so on. */
const char *net_family2str(sa_family_t family);

#ifdef __cplusplus
}
#endif

#endif
