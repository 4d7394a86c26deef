/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets that connect by way of a proxy of lib/proxy.h: what their tests share. For a fixture
 * with "struct proxy proxy" and "bool started".
 */
#ifndef SOCKS5_H
#define SOCKS5_H

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "proxy.h"

/* What a proxy says, and what it is asked for an IPv4 target without a password. */
#define OPEN		"\x05\x00"
#define WITH_PASSWORD	"\x05\x02"
#define GRANTED		"\x05\x00\x00\x01\x0a\x00\x00\x01\x04\x38"
#define REFUSED(n)	"\x05" n "\x00\x01\x00\x00\x00\x00\x00\x00"
#define ASK		3
#define REQUEST4	10

/* Where no script leads: nothing of ours is there. */
static inline socklen_t target4(union zs_addr *to)
{
	memset(to, 0, sizeof(*to));
	to->in.sin_family = AF_INET;
	to->in.sin_port = htons(4711);
	to->in.sin_addr.s_addr = htonl(0xc6336401);	/* 198.51.100.1 */
	return sizeof(to->in);
}

static inline socklen_t target6(union zs_addr *to)
{
	memset(to, 0, sizeof(*to));
	to->in6.sin6_family = AF_INET6;
	to->in6.sin6_port = htons(4711);
	inet_pton(AF_INET6, "2001:db8::47", &to->in6.sin6_addr);
	return sizeof(to->in6);
}

static inline socklen_t target(union zs_addr *to, int family)
{
	return family == AF_INET ? target4(to) : target6(to);
}

static inline int set_proxy(int fd, const struct proxy *p)
{
	return setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, &p->addr,
			  zs_len(p->addr.sa.sa_family));
}

static inline int set_auth(int fd, const char *user, int ulen, const char *password, int plen)
{
	struct zsock_socks5_auth auth = { .user_len = ulen, .password_len = plen };

	memcpy(auth.user, user, ulen);
	memcpy(auth.password, password, plen);
	return setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5_AUTH, &auth, sizeof(auth));
}

static inline int client(const struct proxy *p, int domain)
{
	int fd = zs_socket(domain, SOCK_STREAM, 0);

	if (fd >= 0 && set_proxy(fd, p)) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline int go4(int fd)
{
	union zs_addr to;
	socklen_t len = target4(&to);

	return connect(fd, &to.sa, len) ? errno : 0;
}

static inline bool echoes(int fd)
{
	char buf[8];

	return send(fd, "ping!", 5, 0) == 5 && recv(fd, buf, 5, MSG_WAITALL) == 5 &&
	       !memcmp(buf, "ping!", 5);
}

static inline int so_error(int fd)
{
	return zs_getint(fd, SOL_SOCKET, SO_ERROR);
}

static inline struct zsock_socks5_error failure(int fd)
{
	struct zsock_socks5_error err = { 0 };
	socklen_t len = sizeof(err);

	if (getsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5_ERROR, &err, &len) || len != sizeof(err) ||
	    err.size != sizeof(err))
		err.error = -1;
	return err;
}

#define SCRIPT(...)								\
do {										\
	static const struct proxy_step script_[] = { __VA_ARGS__, END };	\
										\
	ASSERT_FALSE(self->started);						\
	ASSERT_EQ(0, proxy_start(&self->proxy, AF_INET, script_));		\
	self->started = true;							\
} while (0)

#define NEXT_SCRIPT(...)							\
do {										\
	if (self->started)							\
		proxy_stop(&self->proxy);					\
	self->started = false;							\
	SCRIPT(__VA_ARGS__);							\
} while (0)

#endif
