/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Of Zephyr's kernel only what sources that use sockets need beside them: time,
 * sleep, printk(), and macros. No threads, semaphores, work queues: those of
 * Linux are there.
 */
#ifndef _ZSOCK_ZEPHYR_KERNEL_H
#define _ZSOCK_ZEPHYR_KERNEL_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zephyr/types.h>
#include <zephyr/toolchain.h>
#include <zephyr/sys/util.h>
#include <zephyr/sys/printk.h>
#include <zephyr/sys/__assert.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MSEC_PER_SEC
#define MSEC_PER_SEC	1000U
#endif
#ifndef USEC_PER_MSEC
#define USEC_PER_MSEC	1000U
#endif
#ifndef USEC_PER_SEC
#define USEC_PER_SEC	1000000U
#endif
#ifndef NSEC_PER_USEC
#define NSEC_PER_USEC	1000U
#endif
#ifndef NSEC_PER_MSEC
#define NSEC_PER_MSEC	1000000U
#endif
#ifndef NSEC_PER_SEC
#define NSEC_PER_SEC	1000000000U
#endif

/* A time to wait; a tick is a microsecond, and -1 is without end. */
typedef int64_t k_ticks_t;
typedef struct {
	k_ticks_t ticks;
} k_timeout_t;

static inline k_timeout_t zsk_timeout(k_ticks_t us)
{
	k_timeout_t timeout = { us };

	return timeout;
}

#define K_NO_WAIT	zsk_timeout(0)
#define K_FOREVER	zsk_timeout(-1)
#define K_USEC(t)	zsk_timeout((t) > 0 ? (k_ticks_t)(t) : 0)
#define K_MSEC(t)	zsk_timeout((t) > 0 ? (k_ticks_t)(t) * 1000 : 0)
#define K_SECONDS(t)	zsk_timeout((t) > 0 ? (k_ticks_t)(t) * 1000000 : 0)
#define K_MINUTES(t)	K_SECONDS((k_ticks_t)(t) * 60)
#define K_HOURS(t)	K_SECONDS((k_ticks_t)(t) * 3600)
#define K_TIMEOUT_EQ(a, b)	((a).ticks == (b).ticks)

#define SYS_FOREVER_MS	(-1)
#define SYS_FOREVER_US	(-1)

/* They return what was left of the time when a signal came, else 0. */
int32_t k_sleep(k_timeout_t timeout);
int32_t k_msleep(int32_t ms);
int32_t k_usleep(int32_t us);
void k_busy_wait(uint32_t us);
void k_yield(void);

/* Since the program started. */
int64_t k_uptime_get(void);
uint32_t k_uptime_seconds(void);
/* A counter of nanoseconds. */
uint32_t k_cycle_get_32(void);
uint64_t k_cycle_get_64(void);

static inline uint32_t k_uptime_get_32(void)
{
	return (uint32_t)k_uptime_get();
}

static inline int64_t k_uptime_delta(int64_t *reftime)
{
	int64_t now = k_uptime_get(), delta = now - *reftime;

	*reftime = now;
	return delta;
}

static inline uint32_t sys_clock_hw_cycles_per_sec(void)
{
	return NSEC_PER_SEC;
}

#define k_cyc_to_ns_floor64(c)	((uint64_t)(c))
#define k_cyc_to_us_floor32(c)	((uint32_t)((c) / NSEC_PER_USEC))
#define k_cyc_to_ms_floor32(c)	((uint32_t)((c) / NSEC_PER_MSEC))

/* What a process holds, its threads have: nothing is to be granted. */
static inline void k_object_access_grant(const void *object, void *thread)
{
	(void)object;
	(void)thread;
}

static inline void *k_malloc(size_t size)
{
	return malloc(size);
}

static inline void *k_calloc(size_t n, size_t size)
{
	return calloc(n, size);
}

static inline void k_free(void *p)
{
	free(p);
}

#ifdef __cplusplus
}
#endif

#endif
