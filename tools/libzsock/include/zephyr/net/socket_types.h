/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* Zephyr's time values are C's. */
#ifndef _ZSOCK_ZEPHYR_NET_SOCKET_TYPES_H
#define _ZSOCK_ZEPHYR_NET_SOCKET_TYPES_H

#include <sys/time.h>
#include <zephyr/types.h>

#define zsock_timeval	timeval

#endif
