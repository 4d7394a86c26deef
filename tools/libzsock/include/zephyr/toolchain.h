/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* What sources for Zephyr write for the compiler. */
#ifndef _ZSOCK_ZEPHYR_TOOLCHAIN_H
#define _ZSOCK_ZEPHYR_TOOLCHAIN_H

#include <zephyr/types.h>

#ifdef __cplusplus
#define BUILD_ASSERT(cond, ...)	static_assert(cond, "" __VA_ARGS__)
#else
#define BUILD_ASSERT(cond, ...)	_Static_assert(cond, "" __VA_ARGS__)
#endif

#ifndef __packed
#define __packed	__attribute__((__packed__))
#endif
#ifndef __aligned
#define __aligned(x)	__attribute__((__aligned__(x)))
#endif
#ifndef __unused
#define __unused	__attribute__((__unused__))
#endif
#ifndef __maybe_unused
#define __maybe_unused	__attribute__((__unused__))
#endif
#ifndef __weak
#define __weak		__attribute__((__weak__))
#endif
#ifndef __noinit
#define __noinit
#endif
#ifndef __printf_like
#define __printf_like(f, a)	__attribute__((__format__(printf, f, a)))
#endif
#ifndef likely
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#endif
#ifndef ARG_UNUSED
#define ARG_UNUSED(x)	(void)(x)
#endif
#ifndef CODE_UNREACHABLE
#define CODE_UNREACHABLE	__builtin_unreachable()
#endif

#endif
