/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* printk() of a program: its standard output, written at once. */
#ifndef _ZSOCK_ZEPHYR_SYS_PRINTK_H
#define _ZSOCK_ZEPHYR_SYS_PRINTK_H

#include <stdarg.h>
#include <stdio.h>
#include <zephyr/toolchain.h>

#ifdef __cplusplus
extern "C" {
#endif

void zsk_printk(const char *fmt, ...) __printf_like(1, 2);
void zsk_vprintk(const char *fmt, va_list ap) __printf_like(1, 0);

#ifdef __cplusplus
}
#endif

#define printk		zsk_printk
#define vprintk		zsk_vprintk
#define snprintk	snprintf
#define vsnprintk	vsnprintf

#endif
