// SPDX-License-Identifier: GPL-2.0
/* Fault injection, by the kernel's debugfs and procfs files. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "zs.h"

#define FAULTS "/sys/kernel/debug"
#define FAIL_NTH "/proc/thread-self/fail-nth"

static int set_fault(const char *dir, const char *file, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), FAULTS "/%s/%s", dir, file);
	return zs_write_file(path, value);
}

/* No stack trace for each. */
bool faults_ready(void)
{
	if (access(FAIL_NTH, F_OK))
		return false;
	if (access(FAULTS "/failslab", F_OK) &&
	    system("mount -t debugfs debugfs " FAULTS " 2>/dev/null"))
		return false;
	if (set_fault("failslab", "ignore-gfp-wait", "N") ||
	    set_fault("failslab", "verbose", "0"))
		return false;
	if (!set_fault("fail_page_alloc", "ignore-gfp-wait", "N")) {
		set_fault("fail_page_alloc", "ignore-gfp-highmem", "N");
		set_fault("fail_page_alloc", "min-order", "0");
		set_fault("fail_page_alloc", "verbose", "0");
	}
	set_fault("fail_usercopy", "verbose", "0");
	return true;
}

static __thread int fail_fd = -1;

void faults_at(int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	if (fail_fd < 0)
		fail_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	/* The write copies from us: that may be what fails, once. */
	if (pwrite(fail_fd, text, len, 0) != len && pwrite(fail_fd, text, len, 0) != len)
		perror(FAIL_NTH);
}

int faults_left(void)
{
	char text[16] = "";

	/* May itself be the one that fails. */
	if (pread(fail_fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return atoi(text);
}

/* ---- other tasks' ---- */

int faults_often(int percent)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", percent);
	return set_fault("failslab", "task-filter", "Y") ||
	       set_fault("failslab", "times", "-1") ||
	       set_fault("failslab", "probability", text) ? -1 : 0;
}

/* Where the module's code begins, and how large it may be. */
static bool find_module(const char *module, unsigned long *start, unsigned long *size)
{
	char line[512], name[64];
	bool found = false;
	FILE *f = fopen("/proc/modules", "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%63s %lu %*s %*s %*s %lx", name, size, start) == 3 &&
			!strcmp(name, module);
	if (f)
		fclose(f);
	return found && *start;
}

int faults_within(const char *module, int depth)
{
	char number[16], from[32], to[32];
	unsigned long start = 0, size = 0;

	if (depth && !find_module(module, &start, &size))
		return -1;
	snprintf(number, sizeof(number), "%d", depth ? depth : 32);
	snprintf(from, sizeof(from), "%#lx", depth ? start : 0);
	snprintf(to, sizeof(to), "%#lx", depth ? start + size : ~0UL);
	return set_fault("failslab", "stacktrace-depth", number) ||
	       set_fault("failslab", "require-start", from) ||
	       set_fault("failslab", "require-end", to) ? -1 : 0;
}

static bool named(const char *pid, const char *name)
{
	char path[300], comm[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(comm, sizeof(comm), f))
		comm[0] = '\0';
	fclose(f);
	return !strncmp(comm, name, strlen(name));
}

int faults_mark(const char *name, bool on)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300];
	int marked = 0;

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !named(entry->d_name, name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/make-it-fail", entry->d_name);
		marked += !zs_write_file(path, on ? "1" : "0");
	}
	if (proc)
		closedir(proc);
	return marked;
}
