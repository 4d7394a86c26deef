// SPDX-License-Identifier: GPL-2.0
/*
 * The number under which the family is registered.
 *
 * Nothing here allocates: the preloaded library calls it too.
 */
#include <fcntl.h>
#include <unistd.h>

#include "zsock-run.h"

/**
 * zsock_family_parse() - a family number from text
 * @text: decimal digits, a newline may follow
 *
 * Return: the number, or -1 if @text holds none that a family can have.
 */
int zsock_family_parse(const char *text)
{
	int n = 0;

	if (*text < '0' || *text > '9')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++) {
		n = n * 10 + (*text - '0');
		if (n > 255)
			return -1;
	}
	if (*text != '\0' && *text != '\n')
		return -1;
	return n;
}

/**
 * zsock_family_read() - ask the loaded module
 *
 * Return: its family number, or -1 if it is not loaded (or sysfs not mounted).
 */
int zsock_family_read(void)
{
	char text[16];
	ssize_t len;
	int fd;

	fd = open(FAMILY_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -1;
	text[len] = '\0';
	return zsock_family_parse(text);
}
