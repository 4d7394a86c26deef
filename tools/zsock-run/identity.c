// SPDX-License-Identifier: GPL-2.0
/*
 * Whose socket it is. A socket that the supervisor made for a program with other
 * rights, or in another place, would be more or less than the program's own: so
 * what can matter is read for both and compared. What cannot be read is not
 * the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seccomp.h"

static int proc_fd = -1;

/* What was true at the beginning. Only the control group can change. */
static struct identity supervisor;

/**
 * identity_open() - a hold on a thread
 * @tid: its number
 *
 * Return: a descriptor that is never another thread's, or -1.
 */
int identity_open(uint32_t tid)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", tid);
	return openat(proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* A whole file, as text. */
static bool read_text(int dir, const char *name, char *text, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;
	int err;

	if (fd < 0)
		return false;
	while ((n = read(fd, text + len, size - len)) > 0)
		len += n;
	err = errno;
	close(fd);
	errno = err;
	if (n || len == size)
		return false;
	text[len] = '\0';
	return true;
}

static bool read_link(int dir, const char *name, char *text, size_t size)
{
	ssize_t n = readlinkat(dir, name, text, size);

	if (n <= 0 || (size_t)n == size)
		return false;
	text[n] = '\0';
	return true;
}

/* Keep the lines that matter, in place. */
static bool choose_lines(char *text)
{
	static const char * const names[] = {
		"Uid:", "Gid:", "Groups:", "CapPrm:", "CapEff:",
	};
	char *to = text, *line;
	size_t i, len;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		/* They come in this order, and never first. */
		line = strstr(to, names[i]);
		while (line && (line == text || line[-1] != '\n'))
			line = strstr(line + 1, names[i]);
		if (!line)
			return false;
		len = strcspn(line, "\n") + 1;
		if (line[len - 1] != '\n')
			return false;
		memmove(to, line, len);
		to += len;
	}
	*to = '\0';
	return true;
}

/* "-" where no security module labels anything. */
static bool read_label(int dir, char *text, size_t size)
{
	if (read_text(dir, "attr/current", text, size))
		return true;
	strcpy(text, "-");
	return errno == EINVAL || errno == ENOENT;
}

/**
 * identity_read_ids() - who a thread is, alone
 * @proc: from identity_open()
 * @id: its ids are filled in
 *
 * User and group numbers are those of the reader's user namespace.
 *
 * Return: false if that cannot be told.
 */
bool identity_read_ids(int proc, struct identity *id)
{
	return read_text(proc, "status", id->ids, sizeof(id->ids)) &&
	       choose_lines(id->ids);
}

/* All of it. */
bool identity_read(int proc, struct identity *id)
{
	return identity_read_ids(proc, id) &&
	       read_text(proc, "cgroup", id->cgroup, sizeof(id->cgroup)) &&
	       read_label(proc, id->label, sizeof(id->label)) &&
	       read_link(proc, "ns/net", id->net, sizeof(id->net)) &&
	       read_link(proc, "ns/user", id->user, sizeof(id->user));
}

bool identity_read_own(struct identity *id)
{
	int proc = openat(proc_fd, "thread-self",
			  O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = proc >= 0 && identity_read(proc, id);

	if (proc >= 0)
		close(proc);
	return ok;
}

/**
 * identity_setup() - find /proc, while it is sure to be there; and ourselves
 *
 * Return: 0, or -1 if it is not there, or another PID namespace's.
 */
int identity_setup(void)
{
	char link[16] = "";

	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0 ||
	    readlinkat(proc_fd, "self", link, sizeof(link) - 1) < 0 ||
	    atoi(link) != getpid())
		return -1;
	return identity_read_own(&supervisor) ? 0 : -1;
}

bool identity_same(const struct identity *a, const struct identity *b)
{
	return !strcmp(a->ids, b->ids) && !strcmp(a->cgroup, b->cgroup) &&
	       !strcmp(a->label, b->label) && !strcmp(a->net, b->net) &&
	       !strcmp(a->user, b->user);
}

/**
 * identity_ours() - is a thread as the supervisor is?
 * @proc: from identity_open()
 *
 * Threads of the supervisor are all alike.
 */
bool identity_ours(int proc)
{
	struct identity theirs;
	char cgroup[sizeof(theirs.cgroup)];

	if (!identity_read(proc, &theirs) ||
	    !read_text(proc_fd, "self/cgroup", cgroup, sizeof(cgroup)) ||
	    strcmp(theirs.cgroup, cgroup))
		return false;
	strcpy(theirs.cgroup, supervisor.cgroup);
	return identity_same(&theirs, &supervisor);
}

/**
 * identity_field() - one of the lines of ids
 * @id: from identity_read()
 * @name: "Uid:" and so on
 *
 * Return: what follows the name.
 */
const char *identity_field(const struct identity *id, const char *name)
{
	return strstr(id->ids, name) + strlen(name);
}
