/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCK_LOG_H
#define ZSOCK_LOG_H

#include <stdbool.h>
#include <syslog.h>
#include <time.h>

/* How often something that a peer or a program can provoke is told. */
struct log_limit {
	time_t since;		/* begin of the current period */
	unsigned int told, kept;
};

/* In front of every line. Each program has its own. */
extern const char daemon_name[];

extern bool log_verbose;

void log_open(bool foreground);
void log_say(int priority, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_limited(struct log_limit *limit, int priority, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Only with -v: arguments are not even looked at otherwise. */
#define log_debug(...) \
	do { \
		if (log_verbose) \
			log_say(LOG_DEBUG, __VA_ARGS__); \
	} while (0)

#endif /* ZSOCK_LOG_H */
