// SPDX-License-Identifier: GPL-2.0
/*
 * What a daemon has to say: to syslog, and in the foreground to stderr.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"

#define LIMIT_PERIOD	10	/* seconds */
#define LIMIT_LINES	5	/* in one of them */

bool log_verbose;

static bool to_stderr = true, to_syslog;
static bool to_journal;		/* stderr is the journal's: no second copy */
static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;

/**
 * log_open() - say where the lines go from now on
 * @foreground: to stderr as well
 *
 * Before it they go to stderr, which is where who started it looks.
 */
void log_open(bool foreground)
{
	to_stderr = foreground;
	to_journal = foreground && getenv("JOURNAL_STREAM");
	to_syslog = !to_journal;
	if (to_syslog)
		openlog(daemon_name, LOG_PID, LOG_DAEMON);
}

/* One line, one write: those of several threads do not mix. */
static void write_stderr(int priority, const char *line)
{
	if (to_journal)
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "%s: %s\n", daemon_name, line);
}

static void say(int priority, const char *fmt, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, args);
	if (to_stderr)
		write_stderr(priority, line);
	if (to_syslog)
		syslog(priority, "%s", line);
}

void log_say(int priority, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(priority, fmt, args);
	va_end(args);
}

/* Returns whether a line may be written, and how many were not since the last. */
static bool may_say(struct log_limit *limit, unsigned int *kept)
{
	time_t now = time(NULL);
	bool may;

	pthread_mutex_lock(&limit_lock);
	if (now - limit->since >= LIMIT_PERIOD || now < limit->since) {
		limit->since = now;
		limit->told = 0;
	}
	may = limit->told < LIMIT_LINES;
	*kept = 0;
	if (may) {
		limit->told++;
		*kept = limit->kept;
		limit->kept = 0;
	} else {
		limit->kept++;
	}
	pthread_mutex_unlock(&limit_lock);
	return may;
}

/**
 * log_limited() - say what may happen very often
 * @limit: of this kind of line
 * @priority: as syslog() has it
 * @fmt: as printf() has it
 */
void log_limited(struct log_limit *limit, int priority, const char *fmt, ...)
{
	unsigned int kept;
	va_list args;

	if (!may_say(limit, &kept))
		return;
	if (kept)
		log_say(priority, "%u lines like the next were left out", kept);
	va_start(args, fmt);
	say(priority, fmt, args);
	va_end(args);
}
