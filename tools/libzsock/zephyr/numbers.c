// SPDX-License-Identifier: GPL-2.0
/*
 * Zephyr's numbers, Linux's, and what is done about those that differ: the one
 * place for it. The headers give Linux's number under Zephyr's name wherever
 * Linux has the thing, since addresses carry families and programs include
 * Linux's headers, too. What is left to translate while a program runs is here.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>
#include <zephyr/net/zsk_numbers.h>

#include "internal.h"

#define N(kind, name, zephyr)	{ ZSK_##kind, #name, zephyr, name }

static const struct zsk_number numbers[] = {
	N(FAMILY, AF_UNSPEC, 0),
	N(FAMILY, AF_INET, 1),
	N(FAMILY, AF_INET6, 2),
	N(FAMILY, AF_PACKET, 3),
	N(FAMILY, AF_CAN, 4),
	N(FAMILY, AF_UNIX, 6),

	N(TYPE, SOCK_STREAM, 1),
	N(TYPE, SOCK_DGRAM, 2),
	N(TYPE, SOCK_RAW, 3),

	N(PROTOCOL, IPPROTO_IP, 0),
	N(PROTOCOL, IPPROTO_ICMP, 1),
	N(PROTOCOL, IPPROTO_IGMP, 2),
	N(PROTOCOL, IPPROTO_ETH_P_ALL, 3),
	N(PROTOCOL, IPPROTO_IPIP, 4),
	N(PROTOCOL, IPPROTO_TCP, 6),
	N(PROTOCOL, IPPROTO_UDP, 17),
	N(PROTOCOL, IPPROTO_IPV6, 41),
	N(PROTOCOL, IPPROTO_ICMPV6, 58),
	N(PROTOCOL, IPPROTO_RAW, 255),
	N(PROTOCOL, IPPROTO_TLS_1_0, 256),
	N(PROTOCOL, IPPROTO_TLS_1_1, 257),
	N(PROTOCOL, IPPROTO_TLS_1_2, 258),
	N(PROTOCOL, IPPROTO_TLS_1_3, 259),
	N(PROTOCOL, IPPROTO_DTLS_1_0, 272),
	N(PROTOCOL, IPPROTO_DTLS_1_2, 273),

	N(LEVEL, SOL_SOCKET, 1),
	N(LEVEL, IPPROTO_IP, 0),
	N(LEVEL, IPPROTO_TCP, 6),
	N(LEVEL, IPPROTO_IPV6, 41),
	N(LEVEL, SOL_CAN_RAW, 101),
	N(LEVEL, SOL_TLS, 282),

	N(OPTION_SOCKET, SO_DEBUG, 1),
	N(OPTION_SOCKET, SO_REUSEADDR, 2),
	N(OPTION_SOCKET, SO_TYPE, 3),
	N(OPTION_SOCKET, SO_ERROR, 4),
	N(OPTION_SOCKET, SO_DONTROUTE, 5),
	N(OPTION_SOCKET, SO_BROADCAST, 6),
	N(OPTION_SOCKET, SO_SNDBUF, 7),
	N(OPTION_SOCKET, SO_RCVBUF, 8),
	N(OPTION_SOCKET, SO_KEEPALIVE, 9),
	N(OPTION_SOCKET, SO_OOBINLINE, 10),
	N(OPTION_SOCKET, SO_PRIORITY, 12),
	N(OPTION_SOCKET, SO_LINGER, 13),
	N(OPTION_SOCKET, SO_REUSEPORT, 15),
	N(OPTION_SOCKET, SO_RCVLOWAT, 18),
	N(OPTION_SOCKET, SO_SNDLOWAT, 19),
	N(OPTION_SOCKET, SO_RCVTIMEO, 20),
	N(OPTION_SOCKET, SO_SNDTIMEO, 21),
	N(OPTION_SOCKET, SO_BINDTODEVICE, 25),
	N(OPTION_SOCKET, SO_ACCEPTCONN, 30),
	N(OPTION_SOCKET, SO_TIMESTAMPING, 37),
	N(OPTION_SOCKET, SO_PROTOCOL, 38),
	N(OPTION_SOCKET, SO_DOMAIN, 39),
	N(OPTION_SOCKET, SO_SOCKS5, 60),
	N(OPTION_SOCKET, SO_TXTIME, 61),

	N(OPTION_TCP, TCP_NODELAY, 1),
	N(OPTION_TCP, TCP_KEEPIDLE, 2),
	N(OPTION_TCP, TCP_KEEPINTVL, 3),
	N(OPTION_TCP, TCP_KEEPCNT, 4),

	N(OPTION_IP, IP_TOS, 1),
	N(OPTION_IP, IP_TTL, 2),
	N(OPTION_IP, IP_PKTINFO, 8),
	N(OPTION_IP, IP_RECVTTL, 12),
	N(OPTION_IP, IP_MTU, 14),
	N(OPTION_IP, IP_MULTICAST_IF, 32),
	N(OPTION_IP, IP_MULTICAST_TTL, 33),
	N(OPTION_IP, IP_MULTICAST_LOOP, 34),
	N(OPTION_IP, IP_ADD_MEMBERSHIP, 35),
	N(OPTION_IP, IP_DROP_MEMBERSHIP, 36),
	N(OPTION_IP, IP_LOCAL_PORT_RANGE, 51),

	N(OPTION_IPV6, IPV6_UNICAST_HOPS, 16),
	N(OPTION_IPV6, IPV6_MULTICAST_IF, 17),
	N(OPTION_IPV6, IPV6_MULTICAST_HOPS, 18),
	N(OPTION_IPV6, IPV6_MULTICAST_LOOP, 19),
	N(OPTION_IPV6, IPV6_ADD_MEMBERSHIP, 20),
	N(OPTION_IPV6, IPV6_DROP_MEMBERSHIP, 21),
	N(OPTION_IPV6, IPV6_MTU, 24),
	N(OPTION_IPV6, IPV6_V6ONLY, 26),
	N(OPTION_IPV6, IPV6_RECVPKTINFO, 49),
	N(OPTION_IPV6, IPV6_PKTINFO, 50),
	N(OPTION_IPV6, IPV6_RECVHOPLIMIT, 51),
	N(OPTION_IPV6, IPV6_HOPLIMIT, 52),
	N(OPTION_IPV6, IPV6_TCLASS, 67),
	N(OPTION_IPV6, IPV6_ADDR_PREFERENCES, 72),

	N(OPTION_TLS, TLS_SEC_TAG_LIST, 1),
	N(OPTION_TLS, TLS_HOSTNAME, 2),
	N(OPTION_TLS, TLS_CIPHERSUITE_LIST, 3),
	N(OPTION_TLS, TLS_CIPHERSUITE_USED, 4),
	N(OPTION_TLS, TLS_PEER_VERIFY, 5),
	N(OPTION_TLS, TLS_DTLS_ROLE, 6),
	N(OPTION_TLS, TLS_ALPN_LIST, 7),
	N(OPTION_TLS, TLS_DTLS_HANDSHAKE_TIMEOUT_MIN, 8),
	N(OPTION_TLS, TLS_DTLS_HANDSHAKE_TIMEOUT_MAX, 9),
	N(OPTION_TLS, TLS_CERT_NOCOPY, 10),
	N(OPTION_TLS, TLS_NATIVE, 11),
	N(OPTION_TLS, TLS_SESSION_CACHE, 12),
	N(OPTION_TLS, TLS_SESSION_CACHE_PURGE, 13),
	N(OPTION_TLS, TLS_DTLS_CID, 14),
	N(OPTION_TLS, TLS_DTLS_CID_STATUS, 15),
	N(OPTION_TLS, TLS_DTLS_CID_VALUE, 16),
	N(OPTION_TLS, TLS_DTLS_PEER_CID_VALUE, 17),
	N(OPTION_TLS, TLS_DTLS_HANDSHAKE_ON_CONNECT, 18),
	N(OPTION_TLS, TLS_CERT_VERIFY_RESULT, 19),
	N(OPTION_TLS, TLS_CERT_VERIFY_CALLBACK, 20),
	N(OPTION_TLS, TLS_MAX_FRAGMENT_LENGTH, 21),

	N(OPTION_CAN, CAN_RAW_FILTER, 1),

	N(SHUT, SHUT_RD, 0),
	N(SHUT, SHUT_WR, 1),
	N(SHUT, SHUT_RDWR, 2),

	N(EAI, EAI_BADFLAGS, -1),
	N(EAI, EAI_NONAME, -2),
	N(EAI, EAI_AGAIN, -3),
	N(EAI, EAI_FAIL, -4),
	N(EAI, EAI_NODATA, -5),
	N(EAI, EAI_FAMILY, -6),
	N(EAI, EAI_SOCKTYPE, -7),
	N(EAI, EAI_SERVICE, -8),
	N(EAI, EAI_ADDRFAMILY, -9),
	N(EAI, EAI_MEMORY, -10),
	N(EAI, EAI_SYSTEM, -11),
	N(EAI, EAI_OVERFLOW, -12),

	N(PACKET, PACKET_HOST, 0),
	N(PACKET, PACKET_BROADCAST, 1),
	N(PACKET, PACKET_MULTICAST, 2),
	N(PACKET, PACKET_OTHERHOST, 3),
	N(PACKET, PACKET_OUTGOING, 4),
	N(PACKET, PACKET_LOOPBACK, 5),
	N(PACKET, PACKET_FASTROUTE, 6),

	N(CREDENTIAL, TLS_CREDENTIAL_NONE, 0),
	N(CREDENTIAL, TLS_CREDENTIAL_CA_CERTIFICATE, 1),
	N(CREDENTIAL, TLS_CREDENTIAL_PUBLIC_CERTIFICATE, 2),
	N(CREDENTIAL, TLS_CREDENTIAL_PRIVATE_KEY, 3),
	N(CREDENTIAL, TLS_CREDENTIAL_PSK, 4),
	N(CREDENTIAL, TLS_CREDENTIAL_PSK_ID, 5),

	N(MSG, MSG_PEEK, 0x02),
	N(MSG, MSG_CTRUNC, 0x08),
	N(MSG, MSG_TRUNC, 0x20),
	N(MSG, MSG_DONTWAIT, 0x40),
	N(MSG, MSG_WAITALL, 0x100),

	N(POLL, POLLIN, 0x01),
	N(POLL, POLLPRI, 0x02),
	N(POLL, POLLOUT, 0x04),
	N(POLL, POLLERR, 0x08),
	N(POLL, POLLHUP, 0x10),
	N(POLL, POLLNVAL, 0x20),

	N(AI, AI_PASSIVE, 0x01),
	N(AI, AI_CANONNAME, 0x02),
	N(AI, AI_NUMERICHOST, 0x04),
	N(AI, AI_V4MAPPED, 0x08),
	N(AI, AI_ALL, 0x10),
	N(AI, AI_ADDRCONFIG, 0x20),
	N(AI, AI_NUMERICSERV, 0x400),

	N(NI, NI_NUMERICHOST, 0x01),
	N(NI, NI_NUMERICSERV, 0x02),
	N(NI, NI_NOFQDN, 0x04),
	N(NI, NI_NAMEREQD, 0x08),
	N(NI, NI_DGRAM, 0x10),

	N(STAMP, SOF_TIMESTAMPING_RX_HARDWARE, 0x01),
	N(STAMP, SOF_TIMESTAMPING_TX_HARDWARE, 0x02),

	N(SRC, IPV6_PREFER_SRC_TMP, 0x01),
	N(SRC, IPV6_PREFER_SRC_PUBLIC, 0x02),
	N(SRC, IPV6_PREFER_SRC_COA, 0x04),
	N(SRC, IPV6_PREFER_SRC_CGA, 0x08),
	N(SRC, IPV6_PREFER_SRC_PUBTMP_DEFAULT, 0x100),
	N(SRC, IPV6_PREFER_SRC_HOME, 0x400),
	N(SRC, IPV6_PREFER_SRC_NONCGA, 0x800),
};

const struct zsk_number *zsk_numbers(size_t *count)
{
	*count = ARRAY_SIZE(numbers);
	return numbers;
}

static bool is_mask(enum zsk_number_kind kind)
{
	return kind >= ZSK_MSG;
}

/* One number, or one bit. */
static int one(enum zsk_number_kind kind, bool to_linux, int from, int *to)
{
	const struct zsk_number *n;

	for (n = numbers; n < numbers + ARRAY_SIZE(numbers); n++) {
		if (n->kind != kind || from != (to_linux ? n->zephyr : n->linux_))
			continue;
		*to = to_linux ? n->linux_ : n->zephyr;
		return 0;
	}
	return -ENOENT;
}

static int translate(enum zsk_number_kind kind, bool to_linux, int from, int *to)
{
	unsigned int left = from, bit;
	int all = 0, part, ret;

	if (!is_mask(kind))
		return one(kind, to_linux, from, to);
	while (left) {
		bit = left & -left;
		ret = one(kind, to_linux, (int)bit, &part);
		if (ret)
			return ret;
		all |= part;
		left &= ~bit;
	}
	*to = all;
	return 0;
}

int zsk_number_to_linux(enum zsk_number_kind kind, int zephyr, int *number)
{
	return translate(kind, true, zephyr, number);
}

int zsk_number_to_zephyr(enum zsk_number_kind kind, int number, int *zephyr)
{
	return translate(kind, false, number, zephyr);
}

bool zsk__is_tls(int proto)
{
	return proto >= IPPROTO_TLS_1_0 && proto <= IPPROTO_TLS_1_3;
}

bool zsk__is_dtls(int proto)
{
	return proto == IPPROTO_DTLS_1_0 || proto == IPPROTO_DTLS_1_2;
}

/* What Zephyr has at SOL_SOCKET, and the module at a level of its own. */
void zsk__option(int *level, int *name)
{
	if (likely(*level != SOL_SOCKET || *name >> 16 != SOL_ZSOCK))
		return;
	*level = SOL_ZSOCK;
	*name &= 0xffff;
}

/*
 * Linux wants a protocol of Ethernet in network byte order. Zephyr takes "all of
 * them" in either, and IPPROTO_RAW, which asks for the same.
 */
int zsk__packet_protocol(int proto)
{
	if (proto == ETH_P_ALL || proto == IPPROTO_RAW)
		return htons(ETH_P_ALL);
	return proto;
}
