/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The macros that sources for Zephyr take from its <zephyr/sys/util.h>. */
#ifndef _ZSOCK_ZEPHYR_SYS_UTIL_H
#define _ZSOCK_ZEPHYR_SYS_UTIL_H

#include <zephyr/toolchain.h>

#define ZSK_STRINGIFY(s)	#s
#ifndef STRINGIFY
#define STRINGIFY(s)		ZSK_STRINGIFY(s)
#endif
#define ZSK_CONCAT(a, b)	a##b
#ifndef CONCAT
#define CONCAT(a, b)		ZSK_CONCAT(a, b)
#endif

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#endif
#ifndef ARRAY_INDEX
#define ARRAY_INDEX(a, p)	((p) - (a))
#endif
#ifndef SIZEOF_FIELD
#define SIZEOF_FIELD(t, f)	sizeof(((t *)0)->f)
#endif
#ifndef CONTAINER_OF
#define CONTAINER_OF(p, t, f)	((t *)(void *)((char *)(p) - offsetof(t, f)))
#endif

#ifndef BIT
#define BIT(n)			(1UL << (n))
#endif
#ifndef BIT64
#define BIT64(n)		(1ULL << (n))
#endif
#ifndef BIT_MASK
#define BIT_MASK(n)		(BIT(n) - 1UL)
#endif
#ifndef IS_BIT_SET
#define IS_BIT_SET(v, n)	((((v) >> (n)) & 1) != 0)
#endif
#ifndef WRITE_BIT
#define WRITE_BIT(v, n, set)	((v) = (set) ? (v) | BIT(n) : (v) & ~BIT(n))
#endif

/* C++ has its own, in a namespace of functions that macros would break. */
#ifndef __cplusplus
#ifndef MIN
#define MIN(a, b)		((a) < (b) ? (a) : (b))
#endif
#ifndef MAX
#define MAX(a, b)		((a) > (b) ? (a) : (b))
#endif
#ifndef CLAMP
#define CLAMP(v, lo, hi)	((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))
#endif
#endif
#ifndef ROUND_UP
#define ROUND_UP(x, a)		((((unsigned long)(x) + (a) - 1) / (a)) * (a))
#endif
#ifndef ROUND_DOWN
#define ROUND_DOWN(x, a)	(((unsigned long)(x) / (a)) * (a))
#endif
#ifndef DIV_ROUND_UP
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#endif
#ifndef KB
#define KB(x)			((x) << 10)
#define MB(x)			(KB(x) << 10)
#endif

#ifndef POINTER_TO_INT
#define POINTER_TO_INT(p)	((int)(intptr_t)(p))
#define INT_TO_POINTER(i)	((void *)(intptr_t)(i))
#define POINTER_TO_UINT(p)	((unsigned int)(uintptr_t)(p))
#define UINT_TO_POINTER(u)	((void *)(uintptr_t)(u))
#endif

/*
 * IS_ENABLED(CONFIG_X): 1 where CONFIG_X is defined as 1, else 0. Pasted to
 * ZSK_SET_, a 1 becomes two arguments, and what comes second is the answer.
 */
#define ZSK_SET_1		ignored,
#define ZSK_SECOND(a, b, ...)	b
#define ZSK_ENABLED_3(x)	ZSK_SECOND(x 1, 0, 0)
#define ZSK_ENABLED_2(x)	ZSK_ENABLED_3(ZSK_SET_##x)
#define ZSK_ENABLED_1(x)	ZSK_ENABLED_2(x)
#ifndef IS_ENABLED
#define IS_ENABLED(option)	ZSK_ENABLED_1(option)
#endif

#endif
