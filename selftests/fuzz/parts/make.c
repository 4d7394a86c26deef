// SPDX-License-Identifier: GPL-2.0
/* Calls that make sockets, and those that give them addresses and peers. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "fuzz.h"

static const int domains[] = { AF_INET, AF_INET6, 0 };

static int good_domain(struct rng *r)
{
	return domains[rng_below(r, 3)];
}

static int make(int domain, int type)
{
	return zs_socket(domain, type, 0);
}

static int random_type(struct rng *r)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_STREAM, SOCK_DGRAM,
				     SOCK_RAW, SOCK_SEQPACKET, SOCK_RDM, SOCK_PACKET, 0 };

	return rng_one_in(r, 12) ? types[rng_below(r, 9)] : types[rng_below(r, 4)];
}

/*
 * Unknown numbers make the kernel look for a module each time, which takes long: they come
 * from a short list.
 */
static int random_proto(struct rng *r, int type)
{
	static const int odd[] = { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, 256, 272, 255, 65535 };

	if (rng_one_in(r, 60))
		return odd[rng_below(r, 7)];
	if (rng_one_in(r, 2))
		return 0;
	return type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
}

/* The same goes for domains that a kernel may have. */
static int random_domain(struct rng *r)
{
	if (rng_one_in(r, 200))
		return rng_below(r, AF_MAX);
	return rng_one_in(r, 16) ? AF_MAX + rng_below(r, 64) : good_domain(r);
}

/* Raw, packet, CAN and ICMP sockets. Closing a packet socket takes long: not many of those. */
static int make_kind(struct rng *r, int *domain, int *type)
{
	static const struct { int domain, type, proto; } kinds[] = {
		{ AF_INET, SOCK_RAW, 253 }, { AF_INET6, SOCK_RAW, 253 }, { 0, SOCK_RAW, 253 },
		{ 0, SOCK_RAW, IPPROTO_RAW }, { AF_INET, SOCK_RAW, IPPROTO_ICMP },
		{ AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 }, { AF_INET, SOCK_RAW, IPPROTO_TCP },
		{ AF_INET, SOCK_DGRAM, IPPROTO_ICMP }, { 0, SOCK_DGRAM, IPPROTO_ICMPV6 },
		{ AF_CAN, SOCK_RAW, 1 }, { AF_CAN, SOCK_DGRAM, 2 }, { 0, SOCK_RAW, 1 },
		{ AF_PACKET, SOCK_RAW, 0x300 }, { AF_PACKET, SOCK_DGRAM, 8 },
	};
	int i = rng_below(r, rng_one_in(r, 4) ? 14 : 12);

	*domain = kinds[i].domain;
	*type = kinds[i].type;
	return zs_socket(*domain, *type | SOCK_NONBLOCK, kinds[i].proto);
}

void run_kind(struct rng *r)
{
	int domain, type, fd;

	fd = count(CALL_kind, make_kind(r, &domain, &type));
	pool_put(r, fd, domain, type);
}

void run_socket(struct rng *r)
{
	int domain = random_domain(r);
	int type = random_type(r);
	int proto = random_proto(r, type);
	int flags = (rng_one_in(r, 2) ? SOCK_NONBLOCK : 0) | (rng_one_in(r, 4) ? SOCK_CLOEXEC : 0);
	int fd;

	if (rng_one_in(r, 100))
		fd = count(CALL_socket, socket(zs_family, type | flags, rng_int(r)));
	else
		fd = count(CALL_socket, zs_is_zsock() ?
			   socket(zs_family, type | flags, ZSOCK_PROTO(domain, proto)) :
			   zs_socket(domain, type | flags, proto));
	pool_put(r, fd, domain, type);
}

void run_socketpair(struct rng *r)
{
	int type = random_type(r);
	int domain = good_domain(r);
	int fd[2];
	int ret;

	if (rng_one_in(r, 20)) {
		count(CALL_socketpair, socketpair(zs_family, type, ZSOCK_PROTO(domain, 0),
						  memory_pointer(r, 8)) ? -1 : 0);
		return;
	}
	ret = count(CALL_socketpair, socketpair(zs_is_zsock() ? zs_family : AF_UNIX, type,
						zs_is_zsock() ? ZSOCK_PROTO(domain, 0) : 0, fd));
	if (ret)
		return;
	pool_put(r, fd[0], domain, type);
	pool_put(r, fd[1], domain, type);
}

/* What a call finds to be done before it: nothing, as a rule. */
static void prelude(struct rng *r, int fd)
{
	static const int names[] = { SO_REUSEADDR, SO_REUSEPORT, SO_KEEPALIVE, SO_ZEROCOPY,
				     SO_TIMESTAMP, SO_OOBINLINE, SO_BROADCAST, SO_PRIORITY };
	struct linger linger = { 1, rng_below(r, 2) };

	for (unsigned int n = rng_below(r, 4); n; n--)
		zs_setint(fd, SOL_SOCKET, names[rng_below(r, 8)], rng_below(r, 2));
	if (rng_one_in(r, 6))
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	if (rng_one_in(r, 6))
		zs_setint(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (rng_one_in(r, 12))
		zs_setint(fd, IPPROTO_TCP, TCP_FASTOPEN, 5);
	if (rng_one_in(r, 12))
		zs_setint(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
}

static int family_for(struct rng *r, int domain)
{
	return domain ? domain : rng_below(r, 2) ? AF_INET : AF_INET6;
}

/* A listener that others find. */
void run_listener(struct rng *r)
{
	int domain = good_domain(r);
	bool block = rng_one_in(r, 4);
	union zs_addr addr;
	int fd = make(domain, SOCK_STREAM | (block ? 0 : SOCK_NONBLOCK));
	socklen_t len = zs_loopback(&addr, family_for(r, domain), 0);
	int ret = -1;

	if (fd >= 0) {
		prelude(r, fd);
		if (rng_one_in(r, 4) || !bind(fd, &addr.sa, len))
			ret = listen(fd, rng_below(r, 20));
	}
	count(CALL_listener, ret);
	if (!ret)
		port_add(r, fd, SOCK_STREAM);
	pool_put(r, fd, domain, SOCK_STREAM);
}

/* A datagram socket that others find. */
void run_receiver(struct rng *r)
{
	int domain = good_domain(r);
	union zs_addr addr;
	int fd = make(domain, SOCK_DGRAM | (rng_one_in(r, 2) ? SOCK_NONBLOCK : 0));
	socklen_t len = zs_loopback(&addr, family_for(r, domain), 0);
	int ret = -1;

	if (fd >= 0) {
		prelude(r, fd);
		ret = bind(fd, &addr.sa, len);
	}
	count(CALL_receiver, ret);
	if (!ret)
		port_add(r, fd, SOCK_DGRAM);
	pool_put(r, fd, domain, SOCK_DGRAM);
}

/* A client of somebody's listener. */
void run_connection(struct rng *r)
{
	int type = rng_one_in(r, 4) ? SOCK_DGRAM : SOCK_STREAM;
	int domain = good_domain(r);
	union zs_addr addr;
	int fd = make(domain, type | (rng_one_in(r, 3) ? SOCK_NONBLOCK : 0));
	socklen_t len = addr_peer(r, &addr, domain);
	int ret = -1;

	if (fd >= 0) {
		prelude(r, fd);
		ret = connect(fd, &addr.sa, len);
		if (ret && errno == EINPROGRESS)
			ret = 0;
	}
	count(CALL_connection, ret);
	pool_put(r, fd, domain, type);
}

void run_bind(struct rng *r)
{
	struct slot *s = pool_slot(r);
	union zs_addr *addr = memory_tail(sizeof(*addr));
	socklen_t len = addr_any(r, addr, s->domain, s->type);

	if (rng_one_in(r, 20))
		addr = memory_pointer(r, len);
	count(CALL_bind, bind(pool_fd(r), &addr->sa, len));
}

void run_connect(struct rng *r)
{
	struct slot *s = pool_slot(r);
	union zs_addr *addr = memory_tail(sizeof(*addr));
	socklen_t len = addr_any(r, addr, s->domain, s->type);

	if (rng_one_in(r, 8)) {
		addr->sa.sa_family = AF_UNSPEC;
		len = sizeof(addr->in);
	}
	if (rng_one_in(r, 30))
		addr = memory_pointer(r, len);
	count(CALL_connect, connect(rng_one_in(r, 20) ? pool_fd(r) : s->fd, &addr->sa, len));
}

void run_listen(struct rng *r)
{
	int fd = pool_fd(r);
	int ret;

	if (pool_barred(fd))
		return;
	ret = count(CALL_listen, listen(fd, rng_int(r)));
	if (!ret)
		port_add(r, fd, SOCK_STREAM);
}

void run_accept(struct rng *r)
{
	struct slot *s = pool_slot(r);
	int domain = s->domain, type = s->type;
	socklen_t len = rng_one_in(r, 4) ? (socklen_t)rng_int(r) : sizeof(union zs_addr);
	int flags = rng_one_in(r, 2) ? SOCK_NONBLOCK : 0;
	int fd;

	if (rng_one_in(r, 20))
		flags = rng_int(r);
	if (rng_one_in(r, 2))
		fd = accept4(s->fd, NULL, NULL, flags);
	else
		fd = accept4(s->fd, memory_pointer(r, sizeof(union zs_addr)), &len, flags);
	pool_put(r, count(CALL_accept, fd), domain, type);
}

void run_getsockname(struct rng *r)
{
	socklen_t len = rng_one_in(r, 3) ? (socklen_t)rng_int(r) : sizeof(union zs_addr);
	void *lenp = rng_one_in(r, 20) ? memory_pointer(r, 4) : &len;

	count(CALL_getsockname, getsockname(pool_fd(r), memory_pointer(r, 128), lenp));
}

void run_getpeername(struct rng *r)
{
	socklen_t len = rng_one_in(r, 3) ? (socklen_t)rng_int(r) : sizeof(union zs_addr);

	count(CALL_getpeername, getpeername(pool_fd(r), memory_pointer(r, 128), &len));
}

void run_shutdown(struct rng *r)
{
	count(CALL_shutdown, shutdown(pool_fd(r), rng_one_in(r, 10) ? rng_int(r) :
				      (int)rng_below(r, 3)));
}

/* At times the slot goes on naming the number, as a confused program would. */
void run_close(struct rng *r)
{
	struct slot *s = pool_slot(r);
	int fd = rng_one_in(r, 20) ? s->fd : __atomic_exchange_n(&s->fd, -1, __ATOMIC_SEQ_CST);

	count(CALL_close, fd > 2 ? close(fd) : -1);
}

void run_dup(struct rng *r)
{
	struct slot *s = pool_slot(r), *to = pool_slot(r);
	int fd = s->fd, over = to->fd;

	if (rng_one_in(r, 2) && over > 2 && pool_barred(fd) == pool_barred(over))
		count(CALL_dup, dup2(fd, over));
	else
		pool_put(r, count(CALL_dup, pool_dup(fd)), s->domain, s->type);
}
