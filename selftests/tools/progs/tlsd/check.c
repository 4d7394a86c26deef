// SPDX-License-Identifier: GPL-2.0
/*
 * Results: "ok NAME" or "not ok NAME", after a line for each check that failed.
 */
#include <stdarg.h>
#include <stdio.h>

#include "t.h"

static char name[256];
static unsigned int wrong, passed, failed;

void t_begin(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	wrong = 0;
}

bool t_check(bool ok, const char *file, int line, const char *what)
{
	if (ok)
		return true;
	printf("# %s: %s:%d: %s\n", name, file, line, what);
	wrong++;
	return false;
}

bool t_check_eq(long long got, long long want, const char *file, int line,
		const char *what)
{
	if (got == want)
		return true;
	printf("# %s: %s:%d: %s: got %lld (0x%llx), not %lld (0x%llx)\n", name,
	       file, line, what, got, got, want, want);
	wrong++;
	return false;
}

void t_end(void)
{
	printf("%s %s\n", wrong ? "not ok" : "ok", name);
	fflush(stdout);
	if (wrong)
		failed++;
	else
		passed++;
}

int t_status(void)
{
	return failed || !passed;
}
