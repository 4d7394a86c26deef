// SPDX-License-Identifier: GPL-2.0
/*
 * A SOCKS5 proxy, for the sockets that the library or the supervisor makes.
 * Nothing here allocates or locks: the library calls it from socket().
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "socks5.h"

/* "ADDRESS PORT", as socks5_resolve() has it. */
static int parse_proxy(struct socks5_settings *s5, const char *words)
{
	char address[INET6_ADDRSTRLEN];
	const char *blank = strchr(words, ' ');
	long port = blank ? strtol(blank + 1, NULL, 10) : 0;

	if (port <= 0 || port > 65535 || blank - words >= (long)sizeof(address))
		return -1;
	memcpy(address, words, blank - words);
	address[blank - words] = '\0';
	if (inet_pton(AF_INET, address, &s5->addr.in.sin_addr) == 1) {
		s5->addr.in.sin_family = AF_INET;
		s5->addr.in.sin_port = htons(port);
		s5->len = sizeof(s5->addr.in);
	} else if (inet_pton(AF_INET6, address, &s5->addr.in6.sin6_addr) == 1) {
		s5->addr.in6.sin6_family = AF_INET6;
		s5->addr.in6.sin6_port = htons(port);
		s5->len = sizeof(s5->addr.in6);
	} else {
		return -1;
	}
	return 0;
}

/* "USER:PASSWORD"; a colon may be in the latter. */
static int parse_auth(struct zsock_socks5_auth *auth, const char *words)
{
	const char *colon = strchr(words, ':');
	size_t user = colon ? colon - words : 0;
	size_t password = colon ? strlen(colon + 1) : 0;

	if (!user || !password || user > sizeof(auth->user) ||
	    password > sizeof(auth->password))
		return -1;
	auth->user_len = user;
	auth->password_len = password;
	memcpy(auth->user, words, user);
	memcpy(auth->password, colon + 1, password);
	return 0;
}

/**
 * socks5_parse() - what sockets are to be given
 * @s5: is zeros
 * @proxy: words, or NULL: none
 * @auth: words, or NULL: none
 *
 * Return: 0, or -1 where they are nonsense.
 */
int socks5_parse(struct socks5_settings *s5, const char *proxy,
		 const char *auth)
{
	if (!proxy)
		return 0;
	if (parse_proxy(s5, proxy))
		return -1;
	return auth ? parse_auth(&s5->auth, auth) : 0;
}

/**
 * socks5_apply() - give a new socket its proxy
 * @s5: where there may be none
 * @fd: an AF_ZSOCK socket; datagram ones have no proxy
 *
 * Return: 0, or -1 and errno.
 */
int socks5_apply(const struct socks5_settings *s5, int fd)
{
	socklen_t len = sizeof(int);
	int type;

	if (!s5->len)
		return 0;
	if (syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len))
		return -1;
	if (type != SOCK_STREAM)
		return 0;
	if (s5->auth.user_len &&
	    syscall(SYS_setsockopt, fd, SOL_ZSOCK, ZSOCK_SOCKS5_AUTH, &s5->auth,
		    sizeof(s5->auth)))
		return -1;
	return syscall(SYS_setsockopt, fd, SOL_ZSOCK, ZSOCK_SOCKS5, &s5->addr,
		       s5->len) ? -1 : 0;
}

/* A listener has none. What is no socket of that kind says so, in vain. */
void socks5_remove(int fd)
{
	int saved = errno;

	syscall(SYS_setsockopt, fd, SOL_ZSOCK, ZSOCK_SOCKS5, "", 0);
	errno = saved;
}
