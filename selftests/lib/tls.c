// SPDX-License-Identifier: GPL-2.0
/*
 * Secure sockets: making them, connecting them to each other.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tls.h"

int tls_close_keep_errno(int fd)
{
	int err = errno;

	close(fd);
	errno = err;
	return -1;
}

bool tls_can_talk(int a, int b)
{
	char buf[8];

	return send(a, "ping", 4, 0) == 4 && recv(b, buf, 4, MSG_WAITALL) == 4 &&
	       send(b, "pong", 4, 0) == 4 && recv(a, buf, 4, MSG_WAITALL) == 4 &&
	       !memcmp(buf, "pong", 4);
}

int tls_socket(int domain, int version)
{
	return zs_socket(domain, SOCK_STREAM, zs_is_zsock() ? version : 0);
}

int tls_set_tags(int fd, const int *tags, int n)
{
	return setsockopt(fd, SOL_TLS, TLS_SEC_TAG_LIST, tags, n * sizeof(*tags));
}

int tls_set_tag(int fd, int tag)
{
	return tls_set_tags(fd, &tag, 1);
}

int tls_set_hostname(int fd, const char *name)
{
	return setsockopt(fd, SOL_TLS, TLS_HOSTNAME, name, name ? strlen(name) : 0);
}

int tls_set_ciphers(int fd, const int *ciphers, int n)
{
	return setsockopt(fd, SOL_TLS, TLS_CIPHERSUITE_LIST, ciphers,
			  n * sizeof(*ciphers));
}

int tls_setup_client(int fd)
{
	if (!zs_is_zsock())
		return 0;
	return tls_set_tag(fd, TLS_TAG_CA) || tls_set_hostname(fd, TLS_NAME) ? -1 : 0;
}

int tls_setup_server(int fd)
{
	return zs_is_zsock() ? tls_set_tag(fd, TLS_TAG_SERVER) : 0;
}

int tls_handshake_error(int fd, struct zsock_handshake_error *err)
{
	socklen_t len = sizeof(*err);

	memset(err, 0, sizeof(*err));
	return getsockopt(fd, SOL_ZSOCK, ZSOCK_HANDSHAKE_ERROR, err, &len);
}

int tls_listener(int domain, int family, union zs_addr *addr)
{
	socklen_t len = zs_loopback(addr, family, 0);
	int fd = tls_socket(domain, IPPROTO_TLS_1_2);

	if (fd < 0)
		return -1;
	if (tls_setup_server(fd) || bind(fd, &addr->sa, len) || listen(fd, 128) ||
	    getsockname(fd, &addr->sa, &len))
		return tls_close_keep_errno(fd);
	return fd;
}

int tls_connect(int domain, const union zs_addr *to, int cipher)
{
	int fd = tls_socket(domain, IPPROTO_TLS_1_2);

	if (fd < 0)
		return -1;
	if (tls_setup_client(fd) ||
	    (cipher && zs_is_zsock() && tls_set_ciphers(fd, &cipher, 1)) ||
	    connect(fd, &to->sa, zs_len(to->sa.sa_family)))
		return tls_close_keep_errno(fd);
	return fd;
}

int tls_pair(int domain, int family, int cipher, int fd[2])
{
	union zs_addr addr;
	int l = tls_listener(domain, family, &addr);

	if (l < 0)
		return -1;
	fd[0] = tls_connect(domain, &addr, cipher);
	if (fd[0] < 0)
		return tls_close_keep_errno(l);
	fd[1] = accept(l, NULL, NULL);
	tls_close_keep_errno(l);
	return fd[1] < 0 ? tls_close_keep_errno(fd[0]) : 0;
}

/* Neighbours, blocks and whole records that change places are noticed. */
static unsigned char pattern_byte(uint64_t offset)
{
	uint64_t word = (offset >> 3) * 0x9e3779b97f4a7c15ull;

	return word >> (8 * (offset & 7));
}

void tls_pattern(void *buf, uint64_t offset, size_t len)
{
	unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = pattern_byte(offset + i);
}

ssize_t tls_pattern_wrong(const void *buf, uint64_t offset, size_t len)
{
	const unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != pattern_byte(offset + i))
			return i;
	return -1;
}
