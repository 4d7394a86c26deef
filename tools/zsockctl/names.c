// SPDX-License-Identifier: GPL-2.0
/*
 * What numbers are called. No files are read: /etc/protocols may not exist.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/zsock.h>

#include "zsockctl.h"

struct name {
	unsigned int number;
	const char *name;
};

static const char *lookup(const struct name *names, size_t count,
			  unsigned int number)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

#define LOOKUP(names, number) \
	lookup(names, sizeof(names) / sizeof((names)[0]), number)

const char *type_name(unsigned int type)
{
	static const struct name types[] = {
		{ SOCK_STREAM, "stream" },
		{ SOCK_DGRAM, "dgram" },
		{ SOCK_RAW, "raw" },
		{ SOCK_SEQPACKET, "seqpacket" },
	};
	const char *name = LOOKUP(types, type);

	return name ? name : "other";
}

static const struct name protocols[] = {
	{ 0, "default" },
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_UDPLITE, "udplite" },
	{ IPPROTO_ICMP, "icmp" },
	{ IPPROTO_ICMPV6, "icmp6" },
	{ IPPROTO_TLS_1_0, "tls1.0" },
	{ IPPROTO_TLS_1_1, "tls1.1" },
	{ IPPROTO_TLS_1_2, "tls1.2" },
	{ IPPROTO_TLS_1_3, "tls1.3" },
	{ IPPROTO_DTLS_1_0, "dtls1.0" },
	{ IPPROTO_DTLS_1_2, "dtls1.2" },
};

/* A name that stands for one or several; false if there is none like that. */
bool protocol_number(const char *name, uint16_t range[2])
{
	size_t i;

	if (!strcmp(name, "tls")) {
		range[0] = IPPROTO_TLS_1_0;
		range[1] = IPPROTO_TLS_1_3;
		return true;
	}
	if (!strcmp(name, "dtls")) {
		range[0] = IPPROTO_DTLS_1_0;
		range[1] = IPPROTO_DTLS_1_2;
		return true;
	}
	for (i = 1; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (!strcmp(name, protocols[i].name)) {
			range[0] = range[1] = protocols[i].number;
			return true;
		}
	}
	return false;
}

const char *protocol_name(unsigned int protocol, char *buf, size_t size)
{
	const char *name = LOOKUP(protocols, protocol);

	if (name)
		return name;
	snprintf(buf, size, "%u", protocol);
	return buf;
}

const char *family_name(unsigned int family, char *buf, size_t size)
{
	static const struct name families[] = {
		{ 0, "any" },
		{ AF_UNIX, "unix" },
		{ AF_INET, "inet" },
		{ AF_INET6, "inet6" },
		{ AF_PACKET, "packet" },
		{ AF_CAN, "can" },
	};
	const char *name = LOOKUP(families, family);

	if (name)
		return name;
	snprintf(buf, size, "%u", family);
	return buf;
}
