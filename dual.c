// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets whose domain nothing settled: IPv6 inside, taking both families.
 * IPv4 addresses go in as v4-mapped ones and come out as sockaddr_in.
 */
#include <linux/in6.h>
#include <net/ipv6.h>

#include "zsock_int.h"

/* What is below these calls; zsock_inner_ops() has them on top. */
static const struct proto_ops *zsock_dual_ops(const struct socket *sock)
{
	return &zsock_table(zsock_sk(sock))->base;
}

/* @in, if it is an IPv4 address, as v4-mapped in @out. */
bool zsock_map(const void *in, int len, struct sockaddr_in6 *out)
{
	const struct sockaddr_in *sin = in;

	if (!sin || len < (int)sizeof(*sin) || sin->sin_family != AF_INET)
		return false;
	memset(out, 0, sizeof(*out));
	out->sin6_family = AF_INET6;
	out->sin6_port = sin->sin_port;
	ipv6_addr_set_v4mapped(sin->sin_addr.s_addr, &out->sin6_addr);
	return true;
}

/* The other way, in place; @len is returned where @addr stays as it is. */
VISIBLE_IF_KUNIT
int zsock_unmap(void *addr, int len)
{
	struct sockaddr_in6 sin6;
	struct sockaddr_in *sin = addr;

	if (len < (int)sizeof(sin6))
		return len;
	memcpy(&sin6, addr, sizeof(sin6));
	if (sin6.sin6_family != AF_INET6 || !ipv6_addr_v4mapped(&sin6.sin6_addr))
		return len;
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = sin6.sin6_port;
	sin->sin_addr.s_addr = sin6.sin6_addr.s6_addr32[3];
	return sizeof(*sin);
}

static int zsock_dual_bind(struct socket *sock, struct zsock_addr *addr,
			   int len)
{
	struct sockaddr_in6 mapped;

	if (zsock_map(addr, len, &mapped)) {
		addr = (struct zsock_addr *)&mapped;
		len = sizeof(mapped);
	}
	return zsock_dual_ops(sock)->bind(sock, addr, len);
}

static int zsock_dual_connect(struct socket *sock, struct zsock_addr *addr,
			      int len, int flags)
{
	struct sockaddr_in6 mapped;

	if (zsock_map(addr, len, &mapped)) {
		addr = (struct zsock_addr *)&mapped;
		len = sizeof(mapped);
	}
	return zsock_dual_ops(sock)->connect(sock, addr, len, flags);
}

static int zsock_dual_getname(struct socket *sock, struct sockaddr *addr,
			      int peer)
{
	int len = zsock_dual_ops(sock)->getname(sock, addr, peer);

	return zsock_unmap(addr, len);
}

static int zsock_dual_sendmsg(struct socket *sock, struct msghdr *msg,
			      size_t size)
{
	const struct proto_ops *inner = zsock_dual_ops(sock);
	struct sockaddr_in6 mapped;
	int len = msg->msg_namelen;
	void *name = msg->msg_name;
	int ret;

	if (!zsock_map(name, len, &mapped))
		return inner->sendmsg(sock, msg, size);
	msg->msg_name = &mapped;
	msg->msg_namelen = sizeof(mapped);
	ret = inner->sendmsg(sock, msg, size);
	msg->msg_name = name;
	msg->msg_namelen = len;
	return ret;
}

static int zsock_dual_recvmsg(struct socket *sock, struct msghdr *msg,
			      size_t size, int flags)
{
	int ret = zsock_dual_ops(sock)->recvmsg(sock, msg, size, flags);

	if (ret >= 0 && msg->msg_name && msg->msg_namelen)
		msg->msg_namelen = zsock_unmap(msg->msg_name, msg->msg_namelen);
	return ret;
}

void zsock_dual_override(struct proto_ops *ops)
{
	ops->bind = zsock_dual_bind;
	ops->connect = zsock_dual_connect;
	ops->getname = zsock_dual_getname;
	ops->sendmsg = zsock_dual_sendmsg;
	ops->recvmsg = zsock_dual_recvmsg;
}
