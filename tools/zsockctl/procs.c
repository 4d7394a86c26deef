// SPDX-License-Identifier: GPL-2.0
/*
 * Which processes hold which sockets, from /proc/PID/fd.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "procs.h"
#include "table.h"

static struct holder *holders;
static size_t holder_count;

static void read_name(int pid, char *name, size_t size)
{
	char path[32];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	name[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;			/* it has just ended */
	len = read(fd, name, size - 1);
	close(fd);
	if (len < 0)
		len = 0;
	if (len && name[len - 1] == '\n')
		len--;
	name[len] = '\0';
}

static void add(unsigned long inode, int pid, int fd, const char *name)
{
	struct holder *h;

	holders = grow(holders, holder_count, sizeof(*holders));
	h = &holders[holder_count++];
	h->inode = inode;
	h->pid = pid;
	h->fd = fd;
	snprintf(h->name, sizeof(h->name), "%s", name);
}

static void scan_process(int pid)
{
	struct dirent *entry;
	unsigned long inode;
	char name[32] = "";
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;			/* ended, or not ours to look into */
	while ((entry = readdir(dir))) {
		char target[64];
		ssize_t len;

		len = readlinkat(dirfd(dir), entry->d_name, target,
				 sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		if (!name[0])
			read_name(pid, name, sizeof(name));
		add(inode, pid, atoi(entry->d_name), name);
	}
	closedir(dir);
}

static int compare(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->fd - y->fd;
}

/**
 * holders_scan() - look through all processes
 *
 * A caller who is not root sees its own processes only, as with ss(8).
 */
void holders_scan(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		return;
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			scan_process(atoi(entry->d_name));
	closedir(proc);
	if (holder_count)
		qsort(holders, holder_count, sizeof(*holders), compare);
}

/**
 * holders_of() - who holds a socket
 * @inode: the socket's
 * @count: how many descriptors there are
 *
 * Return: the first of them.
 */
const struct holder *holders_of(unsigned long inode, int *count)
{
	size_t low = 0, high = holder_count, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (holders[mid].inode < inode)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < holder_count && holders[end].inode == inode;)
		end++;
	*count = end - low;
	return holders + low;
}
