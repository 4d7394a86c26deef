// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces: a pipe must not be what keeps one there.
 *
 * A socket holds the namespace that it was made in, and a backend holds its
 * pipe until the namespace goes. So a pipe that has nothing to do with the
 * network is made in the first process's. And a process that keeps a pipe
 * going has to see by itself that it is alone.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend.h"

#define OWN	"/proc/self/ns/net"
#define FIRST	"/proc/1/ns/net"

/* Into the first process's namespace. What is to be given to ..._end(). */
int net_outer_begin(void)
{
	int home = open(OWN, O_RDONLY | O_CLOEXEC);
	int first = open(FIRST, O_RDONLY | O_CLOEXEC);

	/* Who may not makes it here. */
	if (home >= 0 && (first < 0 || setns(first, CLONE_NEWNET))) {
		close(home);
		home = -1;
	}
	if (first >= 0)
		close(first);
	return home;
}

void net_outer_end(int home)
{
	int error = errno;

	if (home < 0)
		return;
	if (setns(home, CLONE_NEWNET)) {
		perror("zsockctl: cannot go back to the network namespace");
		exit(2);
	}
	close(home);
	errno = error;
}

static bool same(const struct stat *st, const char *path)
{
	struct stat other;

	return !stat(path, &other) && st->st_ino == other.st_ino &&
	       st->st_dev == other.st_dev;
}

/* A name such as "ip netns add" gives: the namespace, mounted. */
static bool has_name(const struct stat *st)
{
	char line[4096], want[64];
	bool found = false;
	FILE *f;

	snprintf(want, sizeof(want), " net:[%lu] ", (unsigned long)st->st_ino);
	f = fopen("/proc/self/mountinfo", "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, want);
	if (f)
		fclose(f);
	return found;
}

/* A process in it that is not like this one. */
static bool has_others(const struct stat *st)
{
	const struct dirent *entry;
	char path[300];
	struct stat exe;
	bool found = false;
	DIR *proc;

	if (stat("/proc/self/exe", &exe))
		return true;
	proc = opendir("/proc");
	if (!proc)
		return true;
	while (!found && (entry = readdir(proc))) {
		if (!isdigit(entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		if (!same(st, path))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
		found = !same(&exe, path);
	}
	closedir(proc);
	return found;
}

/*
 * Whether nobody is left in this network namespace but processes like this
 * one, and it has no name. Not for the first process's.
 */
bool net_deserted(void)
{
	struct stat st;

	if (stat(OWN, &st) || same(&st, FIRST))
		return false;
	return !has_name(&st) && !has_others(&st);
}
