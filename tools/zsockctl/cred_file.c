// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl cred: files of credentials. They are read without stdio, which would
 * keep a copy.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/zsock.h>

#include "cred.h"
#include "zsockctl.h"

static int complain(const char *path)
{
	fprintf(stderr, "zsockctl: cred: %s: %s\n", path, strerror(errno));
	return EXIT_USAGE;
}

static int read_all(int fd, const char *path, struct cred *c)
{
	ssize_t n;

	while (c->len <= ZSOCK_CRED_LEN_MAX) {
		n = read(fd, c->data + c->len, ZSOCK_CRED_LEN_MAX + 1 - c->len);
		if (n < 0)
			return complain(path);
		if (!n)
			return EXIT_OK;
		c->len += n;
	}
	fprintf(stderr, "zsockctl: cred: %s: %s: %d bytes are the most\n", path,
		strerror(EFBIG), ZSOCK_CRED_LEN_MAX);
	return EXIT_USAGE;
}

/**
 * cred_read() - read what is to be added
 * @path: of a file, or "-"
 * @c: its data and len are filled in
 */
int cred_read(const char *path, struct cred *c)
{
	bool in = !strcmp(path, "-");
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return complain(path);
	c->data = malloc(ZSOCK_CRED_LEN_MAX + 1);
	ret = c->data ? read_all(fd, path, c) : complain(path);
	if (!in)
		close(fd);
	return ret;
}

void cred_wipe(struct cred *c)
{
	if (c->data)
		explicit_bzero(c->data, ZSOCK_CRED_LEN_MAX + 1);
	free(c->data);
	free(c->spki);
}
