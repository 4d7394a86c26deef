/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* __ASSERT(), where CONFIG_ASSERT is set: a message, and abort(). */
#ifndef _ZSOCK_ZEPHYR_SYS_ASSERT_H
#define _ZSOCK_ZEPHYR_SYS_ASSERT_H

#include <stdlib.h>
#include <zephyr/sys/printk.h>

#ifdef CONFIG_ASSERT
#define __ASSERT(test, ...) do {					\
		if (!(test)) {						\
			fprintf(stderr, "ASSERTION FAIL [%s] @ %s:%d\n",	\
				#test, __FILE__, __LINE__);		\
			fprintf(stderr, "\t" __VA_ARGS__);		\
			fputc('\n', stderr);				\
			abort();					\
		}							\
	} while (0)
#else
#define __ASSERT(test, ...)	((void)sizeof(!!(test)))
#endif
#define __ASSERT_NO_MSG(test)	__ASSERT(test, " ")

#endif
