// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses: those of the pipe, and those of the socket calls.
 */
#include <endian.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "addr.h"

static bool all_zero(const void *from, size_t len)
{
	const unsigned char *p = from;

	while (len--)
		if (*p++)
			return false;
	return true;
}

static bool parse_inet(const struct zoff_addr *wire, union addr *addr)
{
	addr->in.sin_family = AF_INET;
	addr->in.sin_port = htons(le16toh(wire->port));
	memcpy(&addr->in.sin_addr, wire->addr, 4);
	return all_zero(wire->addr + 4, sizeof(*wire) -
			offsetof(struct zoff_addr, addr) - 4);
}

static void parse_inet6(const struct zoff_addr *wire, union addr *addr)
{
	addr->in6.sin6_family = AF_INET6;
	addr->in6.sin6_port = htons(le16toh(wire->port));
	memcpy(&addr->in6.sin6_addr, wire->addr, 16);
	addr->in6.sin6_flowinfo = htonl(le32toh(wire->flow));
	addr->in6.sin6_scope_id = le32toh(wire->scope);
}

/**
 * addr_parse() - an address out of a message
 * @from: struct zoff_addr, at any alignment
 * @addr: set; of the family AF_UNSPEC where the message has none
 *
 * Return: false if it breaks the protocol.
 */
bool addr_parse(const void *from, union addr *addr)
{
	struct zoff_addr wire;

	memcpy(&wire, from, sizeof(wire));
	memset(addr, 0, sizeof(*addr));
	switch (le16toh(wire.family)) {
	case ZOFF_AF_NONE:
		addr->sa.sa_family = AF_UNSPEC;
		return all_zero(&wire, sizeof(wire));
	case ZOFF_AF_INET:
		return parse_inet(&wire, addr);
	case ZOFF_AF_INET6:
		parse_inet6(&wire, addr);
		return true;
	default:
		return false;
	}
}

/**
 * addr_build() - an address for a message
 * @addr: one without a port is none: the socket is not bound
 * @to: struct zoff_addr, at any alignment
 */
void addr_build(const union addr *addr, void *to)
{
	struct zoff_addr wire = { .port = htole16(addr_port(addr)) };

	if (!wire.port) {
		wire.family = ZOFF_AF_NONE;
	} else if (addr->sa.sa_family == AF_INET) {
		wire.family = htole16(ZOFF_AF_INET);
		memcpy(wire.addr, &addr->in.sin_addr, 4);
	} else {
		wire.family = htole16(ZOFF_AF_INET6);
		memcpy(wire.addr, &addr->in6.sin6_addr, 16);
		wire.flow = htole32(ntohl(addr->in6.sin6_flowinfo));
		wire.scope = htole32(addr->in6.sin6_scope_id);
	}
	memcpy(to, &wire, sizeof(wire));
}

socklen_t addr_len(const union addr *addr)
{
	switch (addr->sa.sa_family) {
	case AF_INET:
		return sizeof(addr->in);
	case AF_INET6:
		return sizeof(addr->in6);
	default:
		return sizeof(addr->sa);
	}
}

uint16_t addr_port(const union addr *addr)
{
	switch (addr->sa.sa_family) {
	case AF_INET:
		return ntohs(addr->in.sin_port);
	case AF_INET6:
		return ntohs(addr->in6.sin6_port);
	default:
		return 0;
	}
}

/**
 * addr_unmap() - the IPv4 address in an IPv6 one
 * @addr: any
 * @plain: set to the IPv4 address, or to what @addr is
 *
 * Return: whether it was a mapped one.
 */
bool addr_unmap(const union addr *addr, union addr *plain)
{
	*plain = *addr;
	if (addr->sa.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr))
		return false;
	memset(plain, 0, sizeof(*plain));
	plain->in.sin_family = AF_INET;
	plain->in.sin_port = addr->in6.sin6_port;
	memcpy(&plain->in.sin_addr, addr->in6.sin6_addr.s6_addr + 12, 4);
	return true;
}

/**
 * addr_settle() - what a destination means
 * @addr: 0.0.0.0 and :: become loopback, which is where the stack would send
 *
 * So that what the rules judge is what is used.
 */
void addr_settle(union addr *addr)
{
	uint32_t be = htonl(INADDR_LOOPBACK);
	union addr plain;

	if (addr_unmap(addr, &plain)) {
		if (!plain.in.sin_addr.s_addr)
			memcpy(addr->in6.sin6_addr.s6_addr + 12, &be, 4);
	} else if (addr->sa.sa_family == AF_INET) {
		if (!addr->in.sin_addr.s_addr)
			addr->in.sin_addr.s_addr = be;
	} else if (addr->sa.sa_family == AF_INET6 &&
		   IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr)) {
		addr->in6.sin6_addr = in6addr_loopback;
	}
}

const char *addr_text(const union addr *addr, char text[ADDR_TEXT])
{
	char host[INET6_ADDRSTRLEN];

	if (addr->sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &addr->in.sin_addr, host, sizeof(host));
		snprintf(text, ADDR_TEXT, "%s:%u", host, addr_port(addr));
	} else if (addr->sa.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &addr->in6.sin6_addr, host, sizeof(host));
		snprintf(text, ADDR_TEXT, "[%s]:%u", host, addr_port(addr));
	} else {
		snprintf(text, ADDR_TEXT, "none");
	}
	return text;
}
