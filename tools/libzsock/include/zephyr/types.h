/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* Zephyr's fixed-width types: C's. */
#ifndef _ZSOCK_ZEPHYR_TYPES_H
#define _ZSOCK_ZEPHYR_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#endif
