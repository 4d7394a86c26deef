// SPDX-License-Identifier: GPL-2.0
/* SOCKS5: what is said to a proxy, and what its answers mean. */
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "socks5_wire.h"

#define ZSOCK_SOCKS5_VERSION	5
#define ZSOCK_SOCKS5_AUTH_VER	1	/* of RFC 1929 */
#define ZSOCK_SOCKS5_CONNECT	1

#define ZSOCK_SOCKS5_IPV4	1
#define ZSOCK_SOCKS5_NAME	3
#define ZSOCK_SOCKS5_IPV6	4

/* ---- where to ---- */

static int zsock_socks5_target_in(struct zsock_socks5_target *target,
				  const struct sockaddr_in *sin)
{
	target->atyp = ZSOCK_SOCKS5_IPV4;
	target->len = sizeof(sin->sin_addr);
	target->port = sin->sin_port;
	memcpy(target->addr, &sin->sin_addr, sizeof(sin->sin_addr));
	return 0;
}

/* A v4-mapped address means nothing to other hosts: it is the IPv4 one. */
static int zsock_socks5_target_in6(struct zsock_socks5_target *target,
				   const struct sockaddr_in6 *sin6)
{
	bool mapped = ipv6_addr_v4mapped(&sin6->sin6_addr);
	unsigned int skip = mapped ? 12 : 0;

	target->atyp = mapped ? ZSOCK_SOCKS5_IPV4 : ZSOCK_SOCKS5_IPV6;
	target->len = sizeof(sin6->sin6_addr) - skip;
	target->port = sin6->sin6_port;
	memcpy(target->addr, sin6->sin6_addr.s6_addr + skip, target->len);
	return 0;
}

/* @addr, as connect() was given it: 0, -EINVAL or -EAFNOSUPPORT. */
int zsock_socks5_target_set(struct zsock_socks5_target *target,
			    const void *addr, int len)
{
	const struct sockaddr *sa = addr;

	if (len < (int)sizeof(sa->sa_family))
		return -EINVAL;
	switch (sa->sa_family) {
	case AF_INET:
		if (len < (int)sizeof(struct sockaddr_in))
			return -EINVAL;
		return zsock_socks5_target_in(target, addr);
	case AF_INET6:
		if (len < SIN6_LEN_RFC2133)
			return -EINVAL;
		return zsock_socks5_target_in6(target, addr);
	default:
		return -EAFNOSUPPORT;
	}
}

/* A name of @len bytes, without a NUL; the proxy looks it up. */
int zsock_socks5_target_name(struct zsock_socks5_target *target,
			     const char *name, size_t len, __be16 port)
{
	if (!len || len > sizeof(target->addr) || memchr(name, 0, len))
		return -EINVAL;
	target->atyp = ZSOCK_SOCKS5_NAME;
	target->len = len;
	target->port = port;
	memcpy(target->addr, name, len);
	return 0;
}

/* ---- which way to authenticate ---- */

/* All that put something return how many bytes. */
size_t zsock_socks5_put_methods(u8 *out, bool password)
{
	out[0] = ZSOCK_SOCKS5_VERSION;
	out[1] = password ? 2 : 1;
	out[2] = ZSOCK_SOCKS5_OPEN;
	out[3] = ZSOCK_SOCKS5_PASSWORD;
	return password ? 4 : 3;
}

/* The method, one of those offered, or why there is none. */
int zsock_socks5_get_method(const u8 *in, bool password)
{
	if (in[0] != ZSOCK_SOCKS5_VERSION)
		return -EPROTO;
	switch (in[1]) {
	case ZSOCK_SOCKS5_OPEN:
		return in[1];
	case ZSOCK_SOCKS5_PASSWORD:
		return password ? in[1] : -EPROTO;
	case ZSOCK_SOCKS5_NO_METHOD:
		return -EACCES;
	default:
		return -EPROTO;
	}
}

/* ---- user and password ---- */

size_t zsock_socks5_put_auth(u8 *out, const struct zsock_socks5_auth *auth)
{
	u8 *p = out;

	*p++ = ZSOCK_SOCKS5_AUTH_VER;
	*p++ = auth->user_len;
	memcpy(p, auth->user, auth->user_len);
	p += auth->user_len;
	*p++ = auth->password_len;
	memcpy(p, auth->password, auth->password_len);
	p += auth->password_len;
	return p - out;
}

int zsock_socks5_get_status(const u8 *in)
{
	if (in[0] != ZSOCK_SOCKS5_AUTH_VER)
		return -EPROTO;
	return in[1] ? -EACCES : 0;
}

/* ---- the request ---- */

size_t zsock_socks5_put_request(u8 *out,
				const struct zsock_socks5_target *target)
{
	u8 *p = out;

	*p++ = ZSOCK_SOCKS5_VERSION;
	*p++ = ZSOCK_SOCKS5_CONNECT;
	*p++ = 0;
	*p++ = target->atyp;
	if (target->atyp == ZSOCK_SOCKS5_NAME)
		*p++ = target->len;
	memcpy(p, target->addr, target->len);
	p += target->len;
	memcpy(p, &target->port, sizeof(target->port));
	p += sizeof(target->port);
	return p - out;
}

/* What the proxy's refusal is to the program. */
int zsock_socks5_refusal(u8 reply)
{
	switch (reply) {
	case 1:	/* general failure */
		return -ECONNABORTED;
	case 2:	/* not allowed by ruleset */
		return -EACCES;
	case 3:	/* network unreachable */
		return -ENETUNREACH;
	case 4:	/* host unreachable */
		return -EHOSTUNREACH;
	case 5:	/* connection refused */
		return -ECONNREFUSED;
	case 6:	/* TTL expired */
		return -ETIMEDOUT;
	case 7:	/* command not supported */
		return -EOPNOTSUPP;
	case 8:	/* address type not supported */
		return -EAFNOSUPPORT;
	default:
		return -EPROTO;
	}
}

/*
 * The first @len bytes of a reply are there; the third is reserved, and says
 * nothing. Return: how many there are in all, or the errno. Where @len is as
 * many, the proxy has agreed.
 */
int zsock_socks5_get_reply(const u8 *in, unsigned int len)
{
	if (len < 2)
		return ZSOCK_SOCKS5_REPLY_HEAD;
	if (in[0] != ZSOCK_SOCKS5_VERSION)
		return -EPROTO;
	if (in[1])
		return zsock_socks5_refusal(in[1]);
	if (len < ZSOCK_SOCKS5_REPLY_HEAD)
		return ZSOCK_SOCKS5_REPLY_HEAD;
	switch (in[3]) {
	case ZSOCK_SOCKS5_IPV4:
		return 4 + 4 + 2;
	case ZSOCK_SOCKS5_NAME:
		return 5 + in[4] + 2;
	case ZSOCK_SOCKS5_IPV6:
		return 4 + 16 + 2;
	default:
		return -EPROTO;
	}
}
