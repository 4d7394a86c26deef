// SPDX-License-Identifier: GPL-2.0
/* Names and addresses: C's resolver, unless the program has one of its own. */
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <unistd.h>

#include <zephyr/net/socket_offload.h>

#include "internal.h"

static const struct socket_dns_offload *_Atomic resolver;
static _Atomic bool resolver_off;

static const struct socket_dns_offload *in_use(void)
{
	return atomic_load(&resolver_off) ? NULL : atomic_load(&resolver);
}

void socket_offload_dns_register(const struct socket_dns_offload *ops)
{
	atomic_store(&resolver, ops);
}

int socket_offload_dns_deregister(const struct socket_dns_offload *ops)
{
	if (ops && atomic_compare_exchange_strong(&resolver, &ops, NULL))
		return 0;
	return -EINVAL;
}

void socket_offload_dns_enable(bool enable)
{
	atomic_store(&resolver_off, !enable);
}

bool socket_offload_dns_is_enabled(void)
{
	return in_use() != NULL;
}

/* C knows nothing of TLS: it is asked for what carries that. */
static int carrier(int proto)
{
	if (zsk__is_tls(proto))
		return IPPROTO_TCP;
	return zsk__is_dtls(proto) ? IPPROTO_UDP : 0;
}

int zsock_getaddrinfo(const char *host, const char *service,
		      const struct zsock_addrinfo *hints,
		      struct zsock_addrinfo **res)
{
	const struct socket_dns_offload *own = in_use();
	struct addrinfo plain, *ai;
	int ret;

	if (own)
		return own->getaddrinfo(host, service, hints, res);
	if (!hints || !carrier(hints->ai_protocol))
		return getaddrinfo(host, service, hints, res);
	plain = *hints;
	plain.ai_protocol = carrier(hints->ai_protocol);
	ret = getaddrinfo(host, service, &plain, res);
	if (!ret)
		for (ai = *res; ai; ai = ai->ai_next)
			ai->ai_protocol = hints->ai_protocol;
	return ret;
}

void zsock_freeaddrinfo(struct zsock_addrinfo *ai)
{
	const struct socket_dns_offload *own = in_use();

	if (own)
		own->freeaddrinfo(ai);
	else if (ai)
		freeaddrinfo(ai);
}

const char *zsock_gai_strerror(int errcode)
{
	return gai_strerror(errcode);
}

int zsock_getnameinfo(const struct sockaddr *addr, socklen_t addrlen,
		      char *host, socklen_t hostlen, char *serv,
		      socklen_t servlen, int flags)
{
	return getnameinfo(addr, addrlen, host, hostlen, serv, servlen, flags);
}

int zsock_gethostname(char *buf, size_t len)
{
	return gethostname(buf, len);
}

char *zsock_inet_ntop(sa_family_t family, const void *src, char *dst,
		      size_t size)
{
	return (char *)inet_ntop(family, src, dst, size);
}

int zsock_inet_pton(sa_family_t family, const char *src, void *dst)
{
	return inet_pton(family, src, dst);
}
