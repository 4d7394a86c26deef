// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"
#include "zs.h"

#define TRACING "/sys/kernel/tracing"

bool zs_trace_ready(void)
{
	if (access(TRACING "/events", F_OK) &&
	    system("mount -t tracefs tracefs " TRACING " 2>/dev/null"))
		return false;
	return !access(TRACING "/events/zsock", F_OK);
}

int zs_trace_clear(void)
{
	return zs_write_file(TRACING "/trace", "\n");
}

int zs_trace_enable(const char *event, bool on)
{
	char path[128];

	snprintf(path, sizeof(path), TRACING "/events/zsock/zsock_%s/enable", event);
	return zs_write_file(path, on ? "1" : "0");
}

int zs_trace_count(const char *event, unsigned long inode)
{
	char name[64], ino[64], text[512];
	FILE *f = fopen(TRACING "/trace", "re");
	int n = 0;

	snprintf(name, sizeof(name), "zsock_%s:", event);
	snprintf(ino, sizeof(ino), "=%lu ", inode);
	while (f && fgets(text, sizeof(text), f)) {
		/* The last field of a line ends with a blank as well, then. */
		text[strcspn(text, "\n")] = ' ';
		n += strstr(text, name) && (!inode || strstr(text, ino));
	}
	if (f)
		fclose(f);
	return n;
}
