// SPDX-License-Identifier: GPL-2.0
/* Addresses as text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* "[", an address with a zone, "]", ":", a port. */
#define TEXT_MAX	(INET6_ADDRSTRLEN + IFNAMSIZ + 10)

char *net_addr_ntop(sa_family_t family, const void *src, char *dst,
		    size_t size)
{
	return (char *)inet_ntop(family, src, dst, size);
}

int net_addr_pton(sa_family_t family, const char *src, void *dst)
{
	return inet_pton(family, src, dst) == 1 ? 0 : -EINVAL;
}

/* Digits alone, up to 65535; -1 otherwise. */
static int port_of(const char *text)
{
	int port = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		port = port * 10 + (*text - '0');
		if (port > 65535)
			return -1;
	}
	return port;
}

static bool parse(int family, const char *host, const char *port,
		  struct sockaddr *addr)
{
	struct sockaddr_in6 *sin6 = net_sin6(addr);
	struct sockaddr_in *sin = net_sin(addr);
	void *to = family == AF_INET ? (void *)&sin->sin_addr :
				       (void *)&sin6->sin6_addr;
	struct in6_addr tmp;
	int n = port ? port_of(port) : 0;

	if (n < 0 || inet_pton(family, host, &tmp) != 1)
		return false;
	memcpy(to, &tmp, family == AF_INET ? 4 : 16);
	addr->sa_family = family;
	if (port)
		sin->sin_port = htons(n);	/* in either, it is there */
	return true;
}

bool net_ipaddr_parse(const char *str, size_t len, struct sockaddr *addr)
{
	char text[TEXT_MAX + 1], *end;

	if (!str || !addr || len > TEXT_MAX || strnlen(str, len) != len)
		return false;
	memcpy(text, str, len);
	text[len] = '\0';
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		*end = '\0';
		return parse(AF_INET6, text + 1, end[1] ? end + 2 : NULL, addr);
	}
	end = strchr(text, ':');
	if (end && strchr(end + 1, ':'))
		return parse(AF_INET6, text, NULL, addr);
	if (end)
		*end++ = '\0';
	return parse(AF_INET, text, end, addr);
}

int net_port_set_default(struct sockaddr *addr, uint16_t port)
{
	struct sockaddr_in *sin = net_sin(addr);

	if (addr->sa_family != AF_INET && addr->sa_family != AF_INET6)
		return -EINVAL;
	if (!sin->sin_port)
		sin->sin_port = htons(port);
	return 0;
}

const char *net_family2str(sa_family_t family)
{
	switch (family) {
	case AF_UNSPEC:
		return "AF_UNSPEC";
	case AF_INET:
		return "AF_INET";
	case AF_INET6:
		return "AF_INET6";
	case AF_PACKET:
		return "AF_PACKET";
	case AF_CAN:
		return "AF_CAN";
	case AF_UNIX:
		return "AF_UNIX";
	}
	return NULL;
}
