// SPDX-License-Identifier: GPL-2.0
/* The little of Zephyr's kernel that sources with sockets use: time and text. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>

static int64_t start;	/* ns; written once, before main() */

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

__attribute__((constructor))
static void set_start(void)
{
	start = now();
}

/* Microseconds that are left if a signal comes before the end. */
static int64_t sleep_us(int64_t us)
{
	struct timespec ts, left = { 0, 0 };

	if (us <= 0) {
		sched_yield();
		return 0;
	}
	ts.tv_sec = us / USEC_PER_SEC;
	ts.tv_nsec = us % USEC_PER_SEC * NSEC_PER_USEC;
	if (!nanosleep(&ts, &left))
		return 0;
	return (int64_t)left.tv_sec * USEC_PER_SEC +
	       (left.tv_nsec + NSEC_PER_USEC - 1) / NSEC_PER_USEC;
}

static int32_t at_most(int64_t n)
{
	return n > INT32_MAX ? INT32_MAX : (int32_t)n;
}

int32_t k_sleep(k_timeout_t timeout)
{
	if (timeout.ticks < 0) {
		pause();
		return SYS_FOREVER_MS;
	}
	return at_most((sleep_us(timeout.ticks) + 999) / 1000);
}

int32_t k_msleep(int32_t ms)
{
	return k_sleep(K_MSEC(ms));
}

int32_t k_usleep(int32_t us)
{
	return at_most(sleep_us(us));
}

void k_busy_wait(uint32_t us)
{
	int64_t end = now() + (int64_t)us * NSEC_PER_USEC;

	while (now() < end)
		;
}

void k_yield(void)
{
	sched_yield();
}

int64_t k_uptime_get(void)
{
	return (now() - start) / NSEC_PER_MSEC;
}

uint32_t k_uptime_seconds(void)
{
	return (uint32_t)(k_uptime_get() / MSEC_PER_SEC);
}

uint64_t k_cycle_get_64(void)
{
	return now() - start;
}

uint32_t k_cycle_get_32(void)
{
	return (uint32_t)k_cycle_get_64();
}

void zsk_vprintk(const char *fmt, va_list ap)
{
	vprintf(fmt, ap);
	fflush(stdout);
}

void zsk_printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	zsk_vprintk(fmt, ap);
	va_end(ap);
}

static void begin(int level, const char *module)
{
	static const char *const levels[] = { "", "err", "wrn", "inf", "dbg" };
	int64_t us = (now() - start) / NSEC_PER_USEC;

	fprintf(stderr, "[%02d:%02d:%02d.%03d,%03d] <%s> %s: ",
		(int)(us / 3600000000LL), (int)(us / 60000000 % 60),
		(int)(us / 1000000 % 60), (int)(us / 1000 % 1000),
		(int)(us % 1000),
		level > 0 && level < (int)ARRAY_SIZE(levels) ? levels[level] :
							       "???",
		module);
}

void zsk_log(int level, const char *module, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	flockfile(stderr);	/* a line is one thread's */
	begin(level, module);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	funlockfile(stderr);
	errno = err;
}

void zsk_log_hexdump(int level, const char *module, const void *data,
		     size_t len, const char *what)
{
	const unsigned char *p = data;
	int err = errno;
	size_t i;

	flockfile(stderr);
	begin(level, module);
	fputs(what, stderr);
	for (i = 0; i < len; i++)
		fprintf(stderr, "%s%02x", i % 16 ? " " : "\n\t", p[i]);
	fputc('\n', stderr);
	funlockfile(stderr);
	errno = err;
}
