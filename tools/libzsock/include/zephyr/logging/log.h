/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* Zephyr's logging, thinly: lines on standard error. */
#ifndef _ZSOCK_ZEPHYR_LOGGING_LOG_H
#define _ZSOCK_ZEPHYR_LOGGING_LOG_H

#include <zephyr/sys/printk.h>
#include <zephyr/sys/util.h>

#define LOG_LEVEL_NONE	0
#define LOG_LEVEL_ERR	1
#define LOG_LEVEL_WRN	2
#define LOG_LEVEL_INF	3
#define LOG_LEVEL_DBG	4

#ifndef CONFIG_LOG_DEFAULT_LEVEL
#define CONFIG_LOG_DEFAULT_LEVEL	LOG_LEVEL_INF
#endif

#ifdef __cplusplus
extern "C" {
#endif

void zsk_log(int level, const char *module, const char *fmt, ...)
	__printf_like(3, 4);
void zsk_log_hexdump(int level, const char *module, const void *data,
		     size_t len, const char *what);

#ifdef __cplusplus
}
#endif

#define ZSK_LOG_MODULE(name, level, ...)				\
	static const char zsk_log_module[] __unused = #name;		\
	enum { zsk_log_level = (level) }

/* The level is the second argument, or the default. */
#define LOG_MODULE_REGISTER(...) \
	ZSK_LOG_MODULE(__VA_ARGS__, CONFIG_LOG_DEFAULT_LEVEL, 0)
#define LOG_MODULE_DECLARE(...)	LOG_MODULE_REGISTER(__VA_ARGS__)

#define ZSK_LOG(level, ...) do {					\
		if ((int)(level) <= (int)zsk_log_level)			\
			zsk_log(level, zsk_log_module, __VA_ARGS__);	\
	} while (0)
#define ZSK_LOG_HEX(level, data, len, what) do {			\
		if ((int)(level) <= (int)zsk_log_level)			\
			zsk_log_hexdump(level, zsk_log_module, data,	\
					len, what);			\
	} while (0)

#define LOG_ERR(...)	ZSK_LOG(LOG_LEVEL_ERR, __VA_ARGS__)
#define LOG_WRN(...)	ZSK_LOG(LOG_LEVEL_WRN, __VA_ARGS__)
#define LOG_INF(...)	ZSK_LOG(LOG_LEVEL_INF, __VA_ARGS__)
#define LOG_DBG(...)	ZSK_LOG(LOG_LEVEL_DBG, __VA_ARGS__)
#define LOG_PRINTK(...)	zsk_printk(__VA_ARGS__)
#define LOG_RAW(...)	zsk_printk(__VA_ARGS__)

#define LOG_HEXDUMP_ERR(d, l, w)	ZSK_LOG_HEX(LOG_LEVEL_ERR, d, l, w)
#define LOG_HEXDUMP_WRN(d, l, w)	ZSK_LOG_HEX(LOG_LEVEL_WRN, d, l, w)
#define LOG_HEXDUMP_INF(d, l, w)	ZSK_LOG_HEX(LOG_LEVEL_INF, d, l, w)
#define LOG_HEXDUMP_DBG(d, l, w)	ZSK_LOG_HEX(LOG_LEVEL_DBG, d, l, w)

#endif
