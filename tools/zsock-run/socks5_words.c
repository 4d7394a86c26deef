// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run's options for a SOCKS5 proxy. It is looked up once, here: programs
 * are told addresses.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "socks5.h"

#define HOST_MAX	256

/* "HOST", "HOST:PORT", "[V6]:PORT", "V6": the two, or -1. */
static int split(const char *arg, char *host, const char **port)
{
	const char *end = NULL, *colon = strrchr(arg, ':');

	*port = SOCKS5_PORT;
	if (*arg == '[') {
		end = strchr(++arg, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -1;
		if (end[1])
			*port = end + 2;
	} else if (colon && strchr(arg, ':') == colon) {
		end = colon;
		*port = colon + 1;
	} else {
		end = arg + strlen(arg);
	}
	if (end == arg || end - arg >= HOST_MAX || !**port)
		return -1;
	memcpy(host, arg, end - arg);
	host[end - arg] = '\0';
	return 0;
}

/**
 * socks5_resolve() - an address of a proxy
 * @arg: as on the command line
 * @why: what is wrong
 *
 * Return: "ADDRESS PORT", or NULL.
 */
const char *socks5_resolve(const char *arg, const char **why)
{
	struct addrinfo hints = {
		.ai_family	= AF_INET,	/* of use to all sockets */
		.ai_socktype	= SOCK_STREAM,
	};
	static char words[NI_MAXHOST + NI_MAXSERV + 1];
	char host[HOST_MAX], name[NI_MAXHOST], service[NI_MAXSERV];
	struct addrinfo *all;
	const char *port;
	int err;

	*why = "is not HOST or HOST:PORT";
	if (split(arg, host, &port))
		return NULL;
	err = getaddrinfo(host, port, &hints, &all);
	if (err) {
		hints.ai_family = AF_UNSPEC;
		err = getaddrinfo(host, port, &hints, &all);
	}
	if (err) {
		*why = gai_strerror(err);
		return NULL;
	}
	err = getnameinfo(all->ai_addr, all->ai_addrlen, name, sizeof(name),
			  service, sizeof(service),
			  NI_NUMERICHOST | NI_NUMERICSERV);
	freeaddrinfo(all);
	/* The scope of a link-local address would have to go along. */
	if (err || strchr(name, '%') || !strcmp(service, "0"))
		return NULL;
	snprintf(words, sizeof(words), "%s %s", name, service);
	return words;
}

/**
 * socks5_read_auth() - user and password
 * @path: a file, of whose first line they are
 * @why: what is wrong
 *
 * Return: "USER:PASSWORD", or NULL.
 */
const char *socks5_read_auth(const char *path, const char **why)
{
	struct socks5_settings s5 = { 0 };
	static char line[2 * 255 + 3];
	FILE *f = fopen(path, "re");

	*why = "has no USER:PASSWORD of at most 255 bytes each in its first line";
	if (!f) {
		*why = strerror(errno);
		return NULL;
	}
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return socks5_parse(&s5, "127.0.0.1 1", line) ? NULL : line;
}
