/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SOCKS5 as it is on the wire: RFC 1928, and RFC 1929 for user and password.
 * Nothing here knows of sockets.
 */
#ifndef _ZSOCK_SOCKS5_WIRE_H
#define _ZSOCK_SOCKS5_WIRE_H

#include <linux/types.h>
#include <linux/zsock.h>

/* A name and a password are the largest that is sent, a name what is received. */
#define ZSOCK_SOCKS5_OUT_MAX	(3 + 255 + 255)
#define ZSOCK_SOCKS5_IN_MAX	(5 + 255 + 2)

/* Bytes of what the proxy answers; of a reply, those that tell its length. */
#define ZSOCK_SOCKS5_METHOD_LEN	2
#define ZSOCK_SOCKS5_STATUS_LEN	2
#define ZSOCK_SOCKS5_REPLY_HEAD	5

/* Methods. */
#define ZSOCK_SOCKS5_OPEN	0x00
#define ZSOCK_SOCKS5_PASSWORD	0x02
#define ZSOCK_SOCKS5_NO_METHOD	0xff

/**
 * struct zsock_socks5_target - where the proxy is to connect to
 * @atyp: kind of @addr: 1 IPv4, 3 a name, 4 IPv6
 * @len: bytes of @addr
 * @port: in network byte order
 * @addr: the address as on the wire, or the name
 */
struct zsock_socks5_target {
	u8	atyp;
	u8	len;
	__be16	port;
	u8	addr[255];
};

int zsock_socks5_target_set(struct zsock_socks5_target *target,
			    const void *addr, int len);
int zsock_socks5_target_name(struct zsock_socks5_target *target,
			     const char *name, size_t len, __be16 port);

size_t zsock_socks5_put_methods(u8 *out, bool password);
int zsock_socks5_get_method(const u8 *in, bool password);
size_t zsock_socks5_put_auth(u8 *out, const struct zsock_socks5_auth *auth);
int zsock_socks5_get_status(const u8 *in);
size_t zsock_socks5_put_request(u8 *out,
				const struct zsock_socks5_target *target);
int zsock_socks5_refusal(u8 reply);
int zsock_socks5_get_reply(const u8 *in, unsigned int len);

#endif /* _ZSOCK_SOCKS5_WIRE_H */
