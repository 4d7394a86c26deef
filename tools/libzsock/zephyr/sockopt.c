// SPDX-License-Identifier: GPL-2.0
/*
 * Options. Their numbers are translated in numbers.c; here is what is done about
 * values that Zephyr has in another form than Linux.
 */
#include <errno.h>
#include <linux/net_tstamp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zsock/zsock.h>

#include "internal.h"

/*
 * Zephyr has small integers and booleans where Linux wants an int. A name, that
 * of a device, may be as short.
 */
static int set_small(int sock, int name, const void *val, socklen_t len)
{
	uint8_t byte;
	uint16_t two;
	int wide;

	if (len == 1) {
		memcpy(&byte, val, 1);
		wide = byte;
	} else {
		memcpy(&two, val, 2);
		wide = two;
	}
	return setsockopt(sock, SOL_SOCKET, name, &wide, sizeof(wide));
}

/* Zephyr turns it on, and has one clock; Linux asks for the clock. */
static int set_txtime(int sock, const void *val, socklen_t len)
{
	struct sock_txtime txtime = { .clockid = CLOCK_TAI };
	unsigned char any = 0;

	while (len)
		any |= ((const unsigned char *)val)[--len];
	if (any)
		return setsockopt(sock, SOL_SOCKET, SO_TXTIME, &txtime,
				  sizeof(txtime));
	errno = EINVAL;		/* Linux has no way back */
	return -1;
}

static int set_socket(int sock, int name, const void *val, socklen_t len)
{
	if (!val)
		return setsockopt(sock, SOL_SOCKET, name, val, len);
	if (name == SO_TXTIME && len && len <= sizeof(int))
		return set_txtime(sock, val, len);
	if ((len == 1 || len == 2) && name != SO_BINDTODEVICE)
		return set_small(sock, name, val, len);
	return setsockopt(sock, SOL_SOCKET, name, val, len);
}

/*
 * Strings one after the other, each with its NUL, as the module has them: the
 * last byte is one, and no string is empty. Pointers never look like that where
 * they have 64 bits, since two of their bytes are 0; nor, of 32 bits, where the
 * last of them does not point into the lowest 16 MiB.
 */
static bool is_strings(const char *val, socklen_t len)
{
	socklen_t i;

	if (!len || val[0] == '\0' || val[len - 1] != '\0')
		return false;
	for (i = 1; i < len; i++)
		if (val[i] == '\0' && val[i - 1] == '\0')
			return false;
	return true;
}

/* In Zephyr the list is an array of pointers to strings. */
static int set_alpn(int sock, const void *val, socklen_t len)
{
	char all[ZSOCK_TLS_ALPN_MAX];
	const char *name;
	size_t used = 0, size, i;

	if (!val || !len || is_strings(val, len))
		return setsockopt(sock, SOL_TLS, TLS_ALPN_LIST, val, len);
	if (len % sizeof(name)) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < len / sizeof(name); i++) {
		memcpy(&name, (const char *)val + i * sizeof(name),
		       sizeof(name));
		size = name ? strlen(name) + 1 : 0;
		if (size < 2 || size > sizeof(all) - used) {
			errno = EINVAL;
			return -1;
		}
		memcpy(all + used, name, size);
		used += size;
	}
	return setsockopt(sock, SOL_TLS, TLS_ALPN_LIST, all, used);
}

int zsock_setsockopt(int sock, int level, int optname, const void *optval,
		     socklen_t optlen)
{
	struct zsk__own *own = zsk__get(sock);

	if (own)
		return ZSK_CALL(own, sock, setsockopt, level, optname, optval,
				optlen);
	zsk__option(&level, &optname);
	if (level == SOL_SOCKET)
		return set_socket(sock, optname, optval, optlen);
	if (level == SOL_TLS && optname == TLS_ALPN_LIST)
		return set_alpn(sock, optval, optlen);
	return setsockopt(sock, level, optname, optval, optlen);
}

/*
 * What was asked for at zsock_socket(), as Zephyr has it: Linux's says what
 * carries the socket, and AF_ZSOCK before something does. False where the module
 * does not know, as of a pair, or of a socket that is not its own.
 */
static bool asked_for(int sock, int name, int *value)
{
	struct zsock_info info;

	if (zsk_info(sock, &info) || !info.domain)
		return false;
	*value = name == SO_DOMAIN ? info.domain : info.protocol;
	return true;
}

static int get_asked(int sock, int name, void *val, socklen_t *len)
{
	int value;

	if (!val || !len || !asked_for(sock, name, &value))
		return getsockopt(sock, SOL_SOCKET, name, val, len);
	if ((int)*len < 0) {
		errno = EINVAL;
		return -1;
	}
	if (*len > sizeof(value))
		*len = sizeof(value);
	memcpy(val, &value, *len);
	return 0;
}

int zsock_getsockopt(int sock, int level, int optname, void *optval,
		     socklen_t *optlen)
{
	struct zsk__own *own = zsk__get(sock);

	if (own)
		return ZSK_CALL(own, sock, getsockopt, level, optname, optval,
				optlen);
	zsk__option(&level, &optname);
	if (level == SOL_SOCKET &&
	    (optname == SO_DOMAIN || optname == SO_PROTOCOL))
		return get_asked(sock, optname, optval, optlen);
	return getsockopt(sock, level, optname, optval, optlen);
}
