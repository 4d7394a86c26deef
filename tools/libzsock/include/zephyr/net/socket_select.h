/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* select(), with Zephyr's names. Its sets are those of C. */
#ifndef _ZSOCK_ZEPHYR_NET_SOCKET_SELECT_H
#define _ZSOCK_ZEPHYR_NET_SOCKET_SELECT_H

#include <string.h>
#include <sys/select.h>
#include <zephyr/net/socket_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As fd_set has it in memory, under a name that can be declared before. */
struct zsock_fd_set {
	unsigned long bits[FD_SETSIZE / (8 * sizeof(unsigned long))];
};
typedef struct zsock_fd_set zsock_fd_set;

#define ZSOCK_FD_SETSIZE	FD_SETSIZE
#define ZSK_FD_BITS		((int)(8 * sizeof(unsigned long)))

static inline void ZSOCK_FD_ZERO(zsock_fd_set *set)
{
	memset(set, 0, sizeof(*set));
}

/* Descriptors that no set has room for are in none. */
static inline int ZSOCK_FD_ISSET(int fd, zsock_fd_set *set)
{
	if (fd < 0 || fd >= ZSOCK_FD_SETSIZE)
		return 0;
	return (set->bits[fd / ZSK_FD_BITS] >> (fd % ZSK_FD_BITS)) & 1;
}

static inline void ZSOCK_FD_CLR(int fd, zsock_fd_set *set)
{
	if (fd >= 0 && fd < ZSOCK_FD_SETSIZE)
		set->bits[fd / ZSK_FD_BITS] &= ~(1UL << (fd % ZSK_FD_BITS));
}

static inline void ZSOCK_FD_SET(int fd, zsock_fd_set *set)
{
	if (fd >= 0 && fd < ZSOCK_FD_SETSIZE)
		set->bits[fd / ZSK_FD_BITS] |= 1UL << (fd % ZSK_FD_BITS);
}

/* The time is only read, other than with Linux's select(). */
int zsock_select(int nfds, zsock_fd_set *readfds, zsock_fd_set *writefds,
		 zsock_fd_set *exceptfds, struct zsock_timeval *timeout)
#if defined(_TIME_BITS) && _TIME_BITS == 64 && __SIZEOF_LONG__ == 4
	__asm__("zsk_select_time64")
#endif
	;

#ifdef __cplusplus
}
#endif

#endif
