// SPDX-License-Identifier: GPL-2.0
/* Socket options: any level and number, any length and value. */
#include <linux/can/raw.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include "fuzz.h"

#ifndef SOL_TLS
#define SOL_TLS	282
#endif
#ifndef TCP_ULP
#define TCP_ULP	31
#endif

/* Sizes that a privileged caller may force are memory for others to miss. */
static bool too_dear(int level, int name, const int *value, socklen_t len)
{
	/* A ring: blocks of a size, and how many. */
	if (level == SOL_PACKET && (name == PACKET_RX_RING || name == PACKET_TX_RING))
		return len < 8 || value[0] > 1 << 16 || value[1] > 16;
	if (level != SOL_SOCKET || len < sizeof(*value))
		return false;
	if (name != SO_SNDBUFFORCE && name != SO_RCVBUFFORCE)
		return false;
	return *value < 0 || *value > 1 << 20;
}

static int random_level(struct rng *r)
{
	static const int levels[] = { SOL_SOCKET, SOL_SOCKET, SOL_IP, SOL_IPV6, IPPROTO_TCP,
				      IPPROTO_TCP, IPPROTO_UDP, SOL_ZSOCK, SOL_TLS, SOL_ICMPV6,
				      SOL_PACKET, SOL_RAW, SOL_CAN_RAW };

	return rng_one_in(r, 20) ? rng_int(r) : levels[rng_below(r, 13)];
}

static int random_name(struct rng *r, int level)
{
	int name;

	if (rng_one_in(r, 30))
		return rng_int(r);
	if (level == SOL_UDP)
		return 100 + rng_below(r, 6);
	name = rng_below(r, level == SOL_ZSOCK ? 9 : level == SOL_TLS ? 22 : 84);
	/* See run_addrform(). */
	return level == SOL_IPV6 && name == IPV6_ADDRFORM ? IPV6_V6ONLY : name;
}

static void random_value(struct rng *r, void *value, size_t len)
{
	int *word = value;

	memset(value, rng_one_in(r, 4) ? 0xff : 0, len);
	for (size_t n = 0; n < len / sizeof(int); n++)
		if (rng_one_in(r, 2))
			word[n] = rng_int(r);
}

void run_setsockopt(struct rng *r)
{
	int level = random_level(r);
	int name = random_name(r, level);
	socklen_t len = rng_one_in(r, 3) ? rng_below(r, 256) : sizeof(int);
	int *value = memory_tail(256);

	random_value(r, value, 256);
	if (too_dear(level, name, value, len))
		return;
	if (rng_one_in(r, 30))
		len = rng_int(r);
	count(CALL_setsockopt, setsockopt(pool_fd(r), level, name,
					  rng_one_in(r, 20) ? memory_pointer(r, len) : value, len));
}

struct known {
	int level, name, size;
};

/* Options that programs set, with values that they take. */
static const struct known known[] = {
	{ SOL_SOCKET, SO_REUSEADDR, 4 }, { SOL_SOCKET, SO_REUSEPORT, 4 },
	{ SOL_SOCKET, SO_LINGER, 8 }, { SOL_SOCKET, SO_KEEPALIVE, 4 },
	{ SOL_SOCKET, SO_RCVTIMEO, 16 }, { SOL_SOCKET, SO_SNDTIMEO, 16 },
	{ SOL_SOCKET, SO_SNDBUF, 4 }, { SOL_SOCKET, SO_RCVBUF, 4 },
	{ SOL_SOCKET, SO_PRIORITY, 4 }, { SOL_SOCKET, SO_MARK, 4 },
	{ SOL_SOCKET, SO_TIMESTAMPING, 4 }, { SOL_SOCKET, SO_TIMESTAMPNS, 4 },
	{ SOL_SOCKET, SO_INCOMING_CPU, 4 }, { SOL_SOCKET, SO_ZEROCOPY, 4 },
	{ SOL_SOCKET, SO_TXTIME, 8 }, { SOL_SOCKET, SO_BINDTOIFINDEX, 4 },
	{ SOL_SOCKET, SO_PEEK_OFF, 4 }, { SOL_SOCKET, SO_RCVLOWAT, 4 },
	{ SOL_SOCKET, SO_PASSCRED, 4 }, { SOL_SOCKET, SO_MAX_PACING_RATE, 8 },
	{ SOL_SOCKET, SO_BUSY_POLL, 4 }, { SOL_SOCKET, SO_PREFER_BUSY_POLL, 4 },
	{ SOL_SOCKET, 73 /* SO_RESERVE_MEM */, 4 }, { SOL_SOCKET, 74 /* SO_TXREHASH */, 4 },
	{ SOL_SOCKET, SO_LOCK_FILTER, 4 }, { SOL_SOCKET, SO_RXQ_OVFL, 4 },
	{ SOL_SOCKET, SO_NO_CHECK, 4 }, { SOL_SOCKET, SO_DONTROUTE, 4 },
	{ IPPROTO_TCP, TCP_NODELAY, 4 }, { IPPROTO_TCP, TCP_CORK, 4 },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT, 4 }, { IPPROTO_TCP, TCP_USER_TIMEOUT, 4 },
	{ IPPROTO_TCP, TCP_FASTOPEN, 4 }, { IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 4 },
	{ IPPROTO_TCP, TCP_KEEPIDLE, 4 }, { IPPROTO_TCP, TCP_WINDOW_CLAMP, 4 },
	{ IPPROTO_TCP, TCP_INQ, 4 }, { IPPROTO_TCP, TCP_TX_DELAY, 4 },
	{ IPPROTO_TCP, TCP_SAVE_SYN, 4 }, { IPPROTO_TCP, TCP_MAXSEG, 4 },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, 4 }, { IPPROTO_TCP, TCP_LINGER2, 4 },
	{ SOL_IP, IP_TOS, 4 }, { SOL_IP, IP_TTL, 4 }, { SOL_IP, IP_PKTINFO, 4 },
	{ SOL_IP, IP_RECVERR, 4 }, { SOL_IP, IP_FREEBIND, 4 }, { SOL_IP, IP_TRANSPARENT, 4 },
	{ SOL_IP, IP_MULTICAST_IF, 12 }, { SOL_IP, IP_ADD_MEMBERSHIP, 12 },
	{ SOL_IP, IP_OPTIONS, 8 }, { SOL_IP, IP_BIND_ADDRESS_NO_PORT, 4 },
	{ SOL_IPV6, IPV6_V6ONLY, 4 }, { SOL_IPV6, IPV6_RECVPKTINFO, 4 },
	{ SOL_IPV6, IPV6_TCLASS, 4 }, { SOL_IPV6, IPV6_UNICAST_HOPS, 4 },
	{ SOL_IPV6, IPV6_JOIN_GROUP, 20 }, { SOL_IPV6, IPV6_RECVERR, 4 },
	{ SOL_IPV6, 33 /* IPV6_FLOWINFO_SEND */, 4 }, { SOL_IPV6, IPV6_TRANSPARENT, 4 },
	{ IPPROTO_UDP, UDP_CORK, 4 }, { IPPROTO_UDP, UDP_SEGMENT, 4 },
	{ IPPROTO_UDP, UDP_GRO, 4 }, { IPPROTO_UDP, UDP_ENCAP, 4 },
};

void run_setsockopt_known(struct rng *r)
{
	const struct known *k = &known[rng_below(r, sizeof(known) / sizeof(known[0]))];
	static const char * const devices[] = { "lo", "", "nonesuch", "lo" };
	const char *device = devices[rng_below(r, 4)];
	int value[5] = { rng_below(r, 3), rng_below(r, 3), rng_below(r, 2) };

	if (rng_one_in(r, 12)) {
		count(CALL_setsockopt_known, setsockopt(pool_fd(r), SOL_SOCKET, SO_BINDTODEVICE,
							device, strlen(device)));
		return;
	}
	if (k->name == SO_SNDBUF || k->name == SO_RCVBUF || rng_one_in(r, 4))
		value[0] = rng_below(r, 100000);
	if (k->size == 12)
		value[0] = htonl(0xe0000009);
	count(CALL_setsockopt_known, setsockopt(pool_fd(r), k->level, k->name, value, k->size));
}

void run_getsockopt(struct rng *r)
{
	int level = random_level(r);
	int name = random_name(r, level);
	socklen_t len = rng_one_in(r, 3) ? rng_below(r, 1024) : sizeof(int);
	socklen_t *lenp = rng_one_in(r, 30) ? memory_pointer(r, 4) : &len;

	if (rng_one_in(r, 20))
		len = rng_int(r);
	count(CALL_getsockopt, getsockopt(pool_fd(r), level, name, memory_pointer(r, len), lenp));
}

/* Classic BPF: accept all, cut, or nonsense. */
void run_filter(struct rng *r)
{
	static const int names[] = { SO_ATTACH_FILTER, SO_ATTACH_FILTER,
				     SO_ATTACH_REUSEPORT_CBPF, SO_DETACH_FILTER,
				     SO_DETACH_REUSEPORT_BPF, SO_ATTACH_BPF,
				     SO_ATTACH_REUSEPORT_EBPF };
	struct sock_filter *code = memory_tail(16 * sizeof(*code));
	struct sock_fprog prog = { 1 + rng_below(r, 3), code };
	int name = names[rng_below(r, 7)];

	memset(code, 0, 16 * sizeof(*code));
	code[0] = code[1] = (struct sock_filter){ BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 };
	code[prog.len - 1] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0, rng_one_in(r, 3) ?
						   rng_below(r, 100) : 0xffffffff };
	if (rng_one_in(r, 6))
		random_value(r, code, 16 * sizeof(*code));
	if (rng_one_in(r, 10))
		prog.len = rng_int(r);
	if (rng_one_in(r, 20))
		prog.filter = memory_pointer(r, 8);
	count(CALL_filter, setsockopt(pool_fd(r), SOL_SOCKET, name, &prog,
				      rng_one_in(r, 10) ? rng_below(r, 20) : sizeof(prog)));
}

void run_backend(struct rng *r)
{
	static const char * const names[] = { "native", "", "nonesuch",
					      "a-name-that-is-longer-than-fits" };
	const char *name = names[rng_below(r, 4)];
	struct zsock_info info;
	socklen_t len = rng_one_in(r, 4) ? rng_below(r, 600) : sizeof(info);

	if (rng_one_in(r, 2))
		count(CALL_backend, setsockopt(pool_fd(r), SOL_ZSOCK, ZSOCK_BACKEND, name,
					       strlen(name) + rng_below(r, 2)));
	else
		count(CALL_backend, getsockopt(pool_fd(r), SOL_ZSOCK, 1 + rng_below(r, 3),
					       memory_pointer(r, len), &len));
}

/* tcp_zerocopy_receive, of addresses where nothing or something else is mapped. */
void run_zerocopy_receive(struct rng *r)
{
	uint64_t zc[8] = { 0 };
	socklen_t len = rng_one_in(r, 3) ? rng_below(r, 64) : 64;

	zc[0] = (uint64_t)(uintptr_t)memory_pointer(r, 4096) & ~4095UL;
	zc[1] = 4096 * (1 + rng_below(r, 4));
	if (rng_one_in(r, 2)) {
		zc[3] = (uint64_t)(uintptr_t)memory_pointer(r, 4096);
		zc[4] = rng_below(r, 8192);
	}
	count(CALL_zerocopy_receive, getsockopt(pool_fd(r), IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE,
						zc, &len));
}

void run_ulp(struct rng *r)
{
	static const char * const names[] = { "tls", "smc", "espintcp", "mptcp", "nonesuch" };
	const char *name = names[rng_below(r, 5)];
	char keys[64];

	if (rng_one_in(r, 2)) {
		count(CALL_ulp, setsockopt(pool_fd(r), IPPROTO_TCP, TCP_ULP, name, strlen(name)));
		return;
	}
	random_value(r, keys, sizeof(keys));
	count(CALL_ulp, setsockopt(pool_fd(r), SOL_TLS, 1 + rng_below(r, 22), keys,
				   rng_below(r, 64)));
}

/*
 * A connection to a v4-mapped address can become an IPv4 one. It must not listen after that:
 * what an AF_INET6 socket then accepts has its IPv6 part in the listener, which may be freed
 * first (tcp_v4_syn_recv_sock() of Linux 6.12 leaves ->pinet6 as it was copied).
 */
void run_addrform(struct rng *r)
{
	int domain = rng_one_in(r, 2) ? AF_INET6 : 0;
	int type = rng_one_in(r, 2) ? SOCK_DGRAM : SOCK_STREAM;
	struct shared_port p = port_any(r);
	int fd = zs_socket(domain, type, 0);
	int only = 0, family = AF_INET;
	union zs_addr addr;

	if (fd < 0)
		return;
	/* Makes one of domain 0 an IPv6 one. */
	setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	zs_loopback(&addr, AF_INET6, p.port);
	addr.in6.sin6_addr = (struct in6_addr){ .s6_addr = { [10] = 0xff, 0xff, 127, 0, 0, 1 } };
	connect(fd, &addr.sa, sizeof(addr.in6));
	if (type == SOCK_STREAM)
		fd = pool_bar(fd);
	if (fd < 0)
		return;
	pool_put(r, fd, domain, type);
	count(CALL_addrform, setsockopt(fd, SOL_IPV6, IPV6_ADDRFORM, &family, sizeof(family)));
}

void run_repair(struct rng *r)
{
	int fd = pool_fd(r);
	int value = rng_below(r, 3);
	int ret = setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &value, sizeof(value));

	value = rng_int(r);
	setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &(int){ rng_below(r, 4) }, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &value, sizeof(value));
	if (rng_one_in(r, 2)) {
		value = 0;
		setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &value, sizeof(value));
	}
	count(CALL_repair, ret);
}
