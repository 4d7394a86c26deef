// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: listens to how a program looks up addresses, to learn the
 * names of its peers. Programs that ask name servers themselves are not heard.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "preload.h"

typedef int (*getaddrinfo_fn)(const char *, const char *,
			      const struct addrinfo *, struct addrinfo **);
typedef struct hostent *(*byname_fn)(const char *);
typedef struct hostent *(*byname2_fn)(const char *, int);
typedef int (*byname_r_fn)(const char *, struct hostent *, char *, size_t,
			   struct hostent **, int *);
typedef int (*byname2_r_fn)(const char *, int, struct hostent *, char *, size_t,
			    struct hostent **, int *);

static getaddrinfo_fn next_getaddrinfo;
static byname_fn next_byname;
static byname2_fn next_byname2;
static byname_r_fn next_byname_r;
static byname2_r_fn next_byname2_r;

void resolve_setup(void)
{
	next_getaddrinfo = (getaddrinfo_fn)dlsym(RTLD_NEXT, "getaddrinfo");
	next_byname = (byname_fn)dlsym(RTLD_NEXT, "gethostbyname");
	next_byname2 = (byname2_fn)dlsym(RTLD_NEXT, "gethostbyname2");
	next_byname_r = (byname_r_fn)dlsym(RTLD_NEXT, "gethostbyname_r");
	next_byname2_r = (byname2_r_fn)dlsym(RTLD_NEXT, "gethostbyname2_r");
}

/* "127.1" and "fe80::1%eth0" are numbers, too. */
static bool is_number(const char *name)
{
	char text[INET6_ADDRSTRLEN];
	size_t len = strcspn(name, "%");
	unsigned char bytes[16];
	struct in_addr in;

	if (inet_aton(name, &in))
		return true;
	if (len >= sizeof(text))
		return false;
	memcpy(text, name, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, bytes) == 1;
}

/*
 * As certificates have it: without the dot at the end of a full name. What
 * cannot be in a certificate is no better than the number.
 */
static const char *clean(const char *name, char *buf, size_t size)
{
	size_t len = strlen(name), i;

	buf[0] = '\0';
	if (len && name[len - 1] == '.')
		len--;
	if (len >= size || is_number(name))
		return buf;
	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return buf;
	memcpy(buf, name, len);
	buf[len] = '\0';
	return buf;
}

static bool listening(void)
{
	setup();
	return settings.tls.client && !settings.tls.has_hostname;
}

static void heard_list(const char *name, const struct addrinfo *list)
{
	char buf[ZSOCK_TLS_HOSTNAME_MAX + 1];

	for (clean(name, buf, sizeof(buf)); list; list = list->ai_next)
		if (list->ai_addr)
			names_add(list->ai_addr, buf);
}

static void heard_host(const char *name, const struct hostent *host)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	char buf[ZSOCK_TLS_HOSTNAME_MAX + 1];
	char **addr;

	clean(name, buf, sizeof(buf));
	for (addr = host->h_addr_list; *addr; addr++) {
		if (host->h_addrtype == AF_INET) {
			memcpy(&in.sin_addr, *addr, sizeof(in.sin_addr));
			names_add((struct sockaddr *)&in, buf);
		} else if (host->h_addrtype == AF_INET6) {
			memcpy(&in6.sin6_addr, *addr, sizeof(in6.sin6_addr));
			names_add((struct sockaddr *)&in6, buf);
		}
	}
}

EXPORT int getaddrinfo(const char *node, const char *service,
		       const struct addrinfo *hints, struct addrinfo **res)
{
	bool hear = listening() && node;
	int ret, saved;

	if (!next_getaddrinfo)
		return EAI_SYSTEM;
	ret = next_getaddrinfo(node, service, hints, res);
	saved = errno;
	if (!ret && hear)
		heard_list(node, *res);
	errno = saved;
	return ret;
}

EXPORT struct hostent *gethostbyname(const char *name)
{
	bool hear = listening();
	struct hostent *host;

	if (!next_byname)
		return NULL;
	host = next_byname(name);
	if (host && hear)
		heard_host(name, host);
	return host;
}

EXPORT struct hostent *gethostbyname2(const char *name, int family)
{
	bool hear = listening();
	struct hostent *host;

	if (!next_byname2)
		return NULL;
	host = next_byname2(name, family);
	if (host && hear)
		heard_host(name, host);
	return host;
}

EXPORT int gethostbyname_r(const char *name, struct hostent *host, char *buf,
			   size_t size, struct hostent **res, int *err)
{
	bool hear = listening();
	int ret;

	if (!next_byname_r)
		return ENOSYS;
	ret = next_byname_r(name, host, buf, size, res, err);
	if (!ret && *res && hear)
		heard_host(name, *res);
	return ret;
}

EXPORT int gethostbyname2_r(const char *name, int family, struct hostent *host,
			    char *buf, size_t size, struct hostent **res,
			    int *err)
{
	bool hear = listening();
	int ret;

	if (!next_byname2_r)
		return ENOSYS;
	ret = next_byname2_r(name, family, host, buf, size, res, err);
	if (!ret && *res && hear)
		heard_host(name, *res);
	return ret;
}
