// SPDX-License-Identifier: GPL-2.0
/*
 * Where the program is, and where what belongs to us is.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zsock-run.h"

/* 0, or the errno that execve() would give */
static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode) || access(path, X_OK))
		return EACCES;
	return 0;
}

/**
 * find_program() - look for a program as execvp() does
 * @name: a path, or a name to be looked for along PATH
 * @path: where it is
 * @size: of @path
 *
 * Return: 0, or EACCES if only such were found as cannot be executed, or
 * another errno.
 */
int find_program(const char *name, char *path, size_t size)
{
	const char *dir = getenv("PATH");
	int worst = ENOENT;

	if (!*name)
		return ENOENT;
	if (strchr(name, '/')) {
		if ((size_t)snprintf(path, size, "%s", name) >= size)
			return ENAMETOOLONG;
		return executable(path);
	}
	if (!dir)
		dir = "/bin:/usr/bin";
	for (;;) {
		int len = strcspn(dir, ":");
		int err;

		/* An empty element is the current directory. */
		if ((size_t)snprintf(path, size, "%.*s/%s", len ? len : 1,
				     len ? dir : ".", name) < size) {
			err = executable(path);
			if (!err)
				return 0;
			if (err == EACCES)
				worst = err;
		}
		if (!dir[len])
			return worst;
		dir += len + 1;
	}
}

/**
 * find_beside() - the library and the helper that belong to this executable
 * @name: of the file
 * @path: where it is
 * @size: of @path
 *
 * It is looked for relative to the executable first, so that a tree which was
 * built but not installed, and one installed elsewhere than planned, both work.
 *
 * Return: 0, or -1 if it is nowhere.
 */
int find_beside(const char *name, char *path, size_t size)
{
	static const char * const beside[] = {
		"/../lib/zsock",	/* bin and lib/zsock, installed */
		"/../lib",		/* bin and lib, built */
	};
	char exe[PATH_MAX], try[PATH_MAX + 64], real[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	size_t i;

	if (len > 0) {
		exe[len] = '\0';
		*strrchr(exe, '/') = '\0';
		for (i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
			snprintf(try, sizeof(try), "%s%s/%s", exe, beside[i],
				 name);
			if (realpath(try, real))
				goto found;
		}
	}
	snprintf(try, sizeof(try), LIBDIR "/%s", name);
	if (!realpath(try, real))
		return -1;
found:
	return (size_t)snprintf(path, size, "%s", real) < size ? 0 : -1;
}
