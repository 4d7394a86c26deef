// SPDX-License-Identifier: GPL-2.0
/*
 * Secure sockets: making them, their options, and the peers that they talk to. What shakes hands
 * for them is in tls_agent.c.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent.h"
#include "fuzz.h"

static int random_version(struct rng *r)
{
	return IPPROTO_TLS_1_0 + rng_below(r, 4);
}

static int random_domain(struct rng *r)
{
	static const int domains[] = { AF_INET, AF_INET6, 0 };

	return domains[rng_below(r, 3)];
}

static int make(struct rng *r, int domain, int flags)
{
	if (!zs_is_zsock())
		return -1;
	return socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC | flags,
		      ZSOCK_PROTO(domain, random_version(r)));
}

static int family_for(struct rng *r, int domain)
{
	return domain ? domain : rng_below(r, 2) ? AF_INET : AF_INET6;
}

/* ---- options ---- */

/* What a program would ask for, and some of what none would. */
static int set_one(struct rng *r, int fd)
{
	static const int numbers[] = {
		TLS_PEER_VERIFY, TLS_DTLS_ROLE, TLS_NATIVE, TLS_SESSION_CACHE, TLS_CERT_NOCOPY,
		TLS_DTLS_CID, TLS_DTLS_HANDSHAKE_ON_CONNECT, TLS_DTLS_HANDSHAKE_TIMEOUT_MIN,
	};
	static const char * const lists[] = { "a", "a\0b", "h2\0http/1.1", "" };
	static const int lengths[] = { 2, 4, 12, 0 };
	int values[17], which = rng_below(r, 4);

	for (int i = 0; i < 17; i++)
		values[i] = rng_below(r, 4) ? 0x1301 + (int)rng_below(r, 3) : rng_int(r);
	switch (rng_below(r, 8)) {
	case 0:
		/* A tag that is there would be luck: mostly none at all. */
		return setsockopt(fd, SOL_TLS, TLS_SEC_TAG_LIST, values,
				  rng_one_in(r, 10) ? 4 * rng_below(r, 18) : 0);
	case 1:
		return setsockopt(fd, SOL_TLS, TLS_CIPHERSUITE_LIST, values, 4 * rng_below(r, 3));
	case 2:
		return setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, lists[which], lengths[which]);
	case 3:
		return setsockopt(fd, SOL_TLS, TLS_HOSTNAME, "a.test", rng_below(r, 8));
	case 4:
		return setsockopt(fd, SOL_TLS, TLS_SESSION_CACHE_PURGE, NULL, 0);
	case 5:
		return setsockopt(fd, SOL_TLS, TLS_DTLS_CID_VALUE, values, rng_below(r, 40));
	default:
		return zs_setint(fd, SOL_TLS, numbers[rng_below(r, 8)], rng_below(r, 3));
	}
}

void run_tls_options(struct rng *r)
{
	int fd = pool_fd(r), ret = -1;

	for (unsigned int n = 1 + rng_below(r, 4); n; n--)
		ret = set_one(r, fd);
	count(CALL_tls_options, ret);
}

void run_tls_get(struct rng *r)
{
	socklen_t len = rng_one_in(r, 4) ? (socklen_t)rng_int(r) : 1024;
	int level = rng_one_in(r, 4) ? SOL_ZSOCK : SOL_TLS;

	count(CALL_tls_get, getsockopt(pool_fd(r), level, 1 + rng_below(r, 21),
				       memory_pointer(r, 1024),
				       rng_one_in(r, 30) ? memory_pointer(r, 4) : &len));
}

/* The descriptor over which the program is asked; what is read there is answered, or not. */
void run_tls_verdict(struct rng *r)
{
	struct zsock_verify_reply reply = { .accept = rng_below(r, 3) };
	int fd = rng_one_in(r, 2) ? zs_getint(pool_fd(r), SOL_TLS, TLS_CERT_VERIFY_CALLBACK) :
				    pool_fd(r);
	int ret = fd < 0 ? -1 : 0;

	zs_nonblock(fd, true);
	if (read(fd, memory_scratch(), rng_below(r, 4) ? 65536 : rng_below(r, 100)) >= 16)
		memcpy(&reply.id, memory_scratch(), sizeof(reply.id));
	if (!rng_one_in(r, 4) && write(fd, &reply, sizeof(reply)) < 0)
		errno = 0;
	count(CALL_tls_verdict, ret);
	pool_put(r, fd, 0, 0);
}

/* ---- sockets ---- */

void run_tls_socket(struct rng *r)
{
	int domain = random_domain(r);
	int fd = make(r, domain, rng_one_in(r, 2) ? SOCK_NONBLOCK : 0);

	count(CALL_tls_socket, fd);
	if (fd >= 0 && rng_one_in(r, 2))
		set_one(r, fd);
	pool_put(r, fd, domain, SOCK_STREAM);
}

static int tls_listener(struct rng *r, int domain, union zs_addr *addr)
{
	int fd = make(r, domain, rng_one_in(r, 4) ? 0 : SOCK_NONBLOCK);
	socklen_t len = zs_loopback(addr, family_for(r, domain), 0);

	if (fd < 0)
		return -1;
	if (rng_one_in(r, 2))
		set_one(r, fd);
	len = sizeof(*addr) < len ? sizeof(*addr) : len;
	if (bind(fd, &addr->sa, len) || listen(fd, rng_below(r, 10))) {
		close(fd);
		return -1;
	}
	len = sizeof(*addr);
	getsockname(fd, &addr->sa, &len);
	return fd;
}

/* One that others find, with TLS or without. */
void run_tls_listener(struct rng *r)
{
	int domain = random_domain(r);
	union zs_addr addr;
	int fd = tls_listener(r, domain, &addr);

	count(CALL_tls_listener, fd);
	if (fd >= 0)
		port_add(r, fd, SOCK_STREAM);
	pool_put(r, fd, domain, SOCK_STREAM);
}

/* A client of somebody's listener, who need not know anything of TLS. */
void run_tls_connection(struct rng *r)
{
	int domain = random_domain(r);
	int fd = make(r, domain, rng_one_in(r, 3) ? 0 : SOCK_NONBLOCK);
	union zs_addr addr;
	socklen_t len = addr_peer(r, &addr, domain);
	int ret = -1;

	if (fd >= 0) {
		if (rng_one_in(r, 2))
			set_one(r, fd);
		ret = connect(fd, &addr.sa, len);
		if (ret && errno == EINPROGRESS)
			ret = 0;
	}
	count(CALL_tls_connection, ret);
	pool_put(r, fd, domain, SOCK_STREAM);
}

/* ---- peers that have the agent's keys, and say anything ---- */

/* A client without TLS that has the keys, or whatever else there is. */
void run_tls_keys(struct rng *r)
{
	int version = rng_one_in(r, 3) ? 0x0303 : 0x0304, fd;
	union zs_addr addr;
	socklen_t len;

	if (rng_one_in(r, 2)) {
		count(CALL_tls_keys, agent_ktls(pool_slot(r)->fd, version));
		return;
	}
	len = addr_peer(r, &addr, AF_INET);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	connect(fd, &addr.sa, len);
	zs_poll(fd, POLLOUT, 5);
	count(CALL_tls_keys, agent_ktls(fd, version));
	pool_put(r, fd, AF_INET, SOCK_STREAM);
}

void run_tls_record(struct rng *r)
{
	static const char * const bytes[] = {
		"\1\0", "\2\52", "\1\132", "\4\0\0\5abcde", "\30\0\0\1\0", "\0\0\0\0", "\1\0\0\0",
		"\4\377\377\377", "data", "",
	};
	static const int lengths[] = { 2, 2, 2, 9, 5, 4, 4, 4, 4, 0 };
	static const int types[] = { 20, 21, 21, 22, 22, 23, 24, 0, 255 };
	unsigned int which = rng_below(r, 10);
	int fd = pool_fd(r), ret = -1;

	for (unsigned int n = 1 + rng_below(r, 5); n; n--)
		ret = agent_send_record(fd, types[rng_below(r, 9)], bytes[which], lengths[which]);
	count(CALL_tls_record, ret);
}

/* ---- all of it, for once ---- */

/*
 * A connection that somebody's agent may or may not bring about, in which there is then data. The
 * peer stays in the pool, and so does the socket.
 */
void run_tls_exchange(struct rng *r)
{
	union zs_addr addr;
	int listener = tls_listener(r, AF_INET, &addr), peer, fd = -1, ret = -1;
	char c;

	if (listener < 0) {
		count(CALL_tls_exchange, -1);
		return;
	}
	zs_nonblock(listener, true);
	peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	connect(peer, &addr.sa, sizeof(addr.in));
	for (int tries = 0; fd < 0 && tries < 10; tries++) {
		zs_poll(listener, POLLIN, 20);
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	}
	if (fd >= 0 && !agent_ktls(peer, 0x0304) && send(peer, "x", 1, MSG_NOSIGNAL) == 1) {
		zs_poll(fd, POLLIN, 20);
		if (recv(fd, &c, 1, MSG_DONTWAIT) == 1)
			ret = 0;
	}
	count(CALL_tls_exchange, ret);
	close(listener);
	pool_put(r, peer, AF_INET, SOCK_STREAM);
	pool_put(r, fd, AF_INET, SOCK_STREAM);
}
