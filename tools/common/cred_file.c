// SPDX-License-Identifier: GPL-2.0
/*
 * Files of credentials. They are read without stdio, which would keep a copy.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cred.h"
#include "tool.h"

static int complain(const char *path)
{
	fprintf(stderr, "%s: %s: %s\n", tool_name, path, strerror(errno));
	return EXIT_USAGE;
}

static int read_all(int fd, const char *path, struct cred *c)
{
	ssize_t n;

	while (c->len < c->room) {
		n = read(fd, c->data + c->len, c->room - c->len);
		if (n < 0)
			return complain(path);
		if (!n)
			return EXIT_OK;
		c->len += n;
	}
	fprintf(stderr, "%s: %s: %s: %zu bytes are the most\n", tool_name, path,
		strerror(EFBIG), c->room - 1);
	return EXIT_USAGE;
}

/**
 * cred_read() - read what is to be added
 * @path: of a file, or "-"
 * @max: bytes of it
 * @c: its path, data and len are filled in
 */
int cred_read(const char *path, size_t max, struct cred *c)
{
	bool in = !strcmp(path, "-");
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return complain(path);
	c->path = path;
	c->room = max + 1;
	c->data = malloc(c->room);
	ret = c->data ? read_all(fd, path, c) : complain(path);
	if (!in)
		close(fd);
	return ret;
}

void cred_wipe(struct cred *c)
{
	if (c->data)
		explicit_bzero(c->data, c->room);
	free(c->data);
	free(c->spki);
}
