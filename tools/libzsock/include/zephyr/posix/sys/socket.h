/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* Linux's own, and libzsock's calls under their names. */
#ifndef _ZSOCK_ZEPHYR_POSIX_SYS_SOCKET_H
#define _ZSOCK_ZEPHYR_POSIX_SYS_SOCKET_H

#include <sys/socket.h>
#include <zephyr/posix/names.h>

#endif
