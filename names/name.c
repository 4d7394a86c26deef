// SPDX-License-Identifier: GPL-2.0
/* What is a host's name, and names that are addresses. */
#include <linux/ctype.h>
#include <linux/inet.h>
#include <net/ipv6.h>

#include "names.h"

/*
 * @len bytes, which are all of it: 0 or -EINVAL. Whether there is such a host is
 * for the agent to say; what no host's name has does not get there. Names in
 * other scripts are to be given as they are in the DNS (xn--...).
 */
int zsock_name_check(const char *name, size_t len)
{
	size_t i;

	if (!len || len > ZSOCK_HOST_MAX)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || !isgraph(name[i]))
			return -EINVAL;
	return 0;
}

/*
 * What a struct sockaddr_zs of @len bytes says: 0, @name, perhaps empty, and
 * *@port, or -EINVAL.
 */
int zsock_name_of(const void *addr, int len, char *name, __be16 *port)
{
	const struct sockaddr_zs *zs = addr;
	size_t room, n;

	if (len < (int)offsetof(struct sockaddr_zs, zs_name) ||
	    len > (int)sizeof(*zs))
		return -EINVAL;
	room = len - offsetof(struct sockaddr_zs, zs_name);
	n = strnlen(zs->zs_name, room);
	*port = zs->zs_port;
	memcpy(name, zs->zs_name, n);
	name[n] = '\0';
	return n ? zsock_name_check(name, n) : 0;
}

/* Whether the last label is a number, as no host's in the DNS is. */
static bool zsock_name_ends_in_number(const char *name)
{
	size_t len = strlen(name), i;

	if (len && name[len - 1] == '.')
		len--;
	for (i = len; i > 0 && name[i - 1] != '.'; i--)
		;
	if (i == len)
		return false;
	if (len - i >= 2 && name[i] == '0' && tolower(name[i + 1]) == 'x')
		return true;
	for (; i < len; i++)
		if (!isdigit(name[i]))
			return false;
	return true;
}

/*
 * Four decimal numbers, and nothing that some read otherwise than others do:
 * 127.1, 0x7f.0.0.1 and 010.0.0.1 are neither addresses here nor names.
 */
static int zsock_name_ipv4(const char *name, union zsock_ip *ip)
{
	char again[INET_ADDRSTRLEN];
	const char *end;

	if (!in4_pton(name, -1, (u8 *)&ip->in.sin_addr, -1, &end) || *end)
		return -EINVAL;
	snprintf(again, sizeof(again), "%pI4", &ip->in.sin_addr);
	if (strcmp(again, name))
		return -EINVAL;
	ip->in.sin_family = AF_INET;
	return 0;
}

/* With a zone, which only link-local addresses have. */
static int zsock_name_ipv6(struct net *net, const char *name,
			   union zsock_ip *ip)
{
	struct sockaddr_storage ss = { };
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&ss;

	/* A port of its own, which it takes as text. */
	if (inet_pton_with_scope(net, AF_INET6, name, "0", &ss))
		return -EINVAL;
	if (strchr(name, '%') &&
	    !(ipv6_addr_type(&in6->sin6_addr) & IPV6_ADDR_LINKLOCAL))
		return -EINVAL;
	ip->in6 = *in6;
	return 0;
}

/*
 * Whether @name is an address: 1 and *@ip, 0 for a name, or -EINVAL for what is
 * neither.
 */
int zsock_name_numeric(struct net *net, const char *name, union zsock_ip *ip)
{
	int err;

	memset(ip, 0, sizeof(*ip));
	if (strchr(name, ':'))
		err = zsock_name_ipv6(net, name, ip);
	else if (zsock_name_ends_in_number(name))
		err = zsock_name_ipv4(name, ip);
	else
		return 0;
	return err ?: 1;
}

void zsock_ip_set_port(union zsock_ip *ip, __be16 port)
{
	if (ip->sa.sa_family == AF_INET)
		ip->in.sin_port = port;
	else
		ip->in6.sin6_port = port;
}
