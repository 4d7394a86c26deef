// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: where a socket is known: which descriptors refer to it, and
 * which epoll sets watch it. Nobody has kept account of that; /proc tells.
 *
 * No stdio, no opendir(): see preload.c for who calls.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload.h"

#define EPOLL_LINK	"anon_inode:[eventpoll]"
#define LINE		128

/* "/proc/self/fdinfo/", and the number */
static void fd_path(char *path, const char *dir, int fd)
{
	char digits[12];
	int n = 0;

	path = stpcpy(path, dir);
	do {
		digits[n++] = '0' + fd % 10;
		fd /= 10;
	} while (fd);
	while (n)
		*path++ = digits[--n];
	*path = '\0';
}

static int read_link(int fd, char *link, size_t size)
{
	char path[32];
	ssize_t len;

	fd_path(path, "/proc/self/fd/", fd);
	len = syscall(SYS_readlinkat, AT_FDCWD, path, link, size - 1);
	if (len < 0)
		return -1;
	link[len] = '\0';
	return 0;
}

/* The number behind @key in @line; @base is 10 or 16. */
static bool field(const char *line, const char *key, unsigned int base,
		  unsigned long long *value)
{
	const char *p = strstr(line, key);
	unsigned int digit;

	if (!p)
		return false;
	for (p += strlen(key); *p == ' '; p++)
		;
	for (*value = 0;; p++) {
		if (*p >= '0' && *p <= '9')
			digit = *p - '0';
		else if (*p >= 'a' && *p <= 'f')
			digit = *p - 'a' + 10;
		else
			return true;
		if (digit >= base)
			return true;
		*value = *value * base + digit;
	}
}

static bool is_place(const struct places *places, int fd)
{
	int i;

	for (i = 0; i < places->nfds; i++)
		if (places->fds[i].fd == fd)
			return true;
	return false;
}

/* "tfd: 7 events: 19 data: 7  pos:0 ino:8a3b sdev:8", one for each watch */
static int take_line(struct places *places, int epfd, const char *line,
		     ino_t inode)
{
	unsigned long long fd, events, data, ino;

	if (!field(line, "tfd:", 10, &fd) ||
	    !field(line, "events:", 16, &events) ||
	    !field(line, "data:", 16, &data) ||
	    !field(line, "ino:", 16, &ino) || ino != inode ||
	    !is_place(places, fd))
		return 0;
	if (places->nwatches == PLACES_MAX) {
		errno = ENOSPC;
		return -1;
	}
	places->watches[places->nwatches++] = (struct watch) {
		.epfd = epfd,
		.fd = fd,
		.events = events,
		.data = data,
	};
	return 0;
}

static int take_lines(struct places *places, int epfd, int info, ino_t inode)
{
	char buf[1024], line[LINE];
	size_t len = 0;
	ssize_t n, i;

	while ((n = syscall(SYS_read, info, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++) {
			if (buf[i] != '\n') {
				if (len < sizeof(line) - 1)
					line[len++] = buf[i];
				continue;
			}
			line[len] = '\0';
			len = 0;
			if (take_line(places, epfd, line, inode))
				return -1;
		}
	}
	return n;
}

/* Does the epoll set @epfd watch any of the places? */
static int look_at_epoll(struct places *places, int epfd, ino_t inode)
{
	char path[32];
	int info, ret;

	fd_path(path, "/proc/self/fdinfo/", epfd);
	info = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -1;
	ret = take_lines(places, epfd, info, inode);
	syscall(SYS_close, info);
	return ret;
}

static int add_place(struct places *places, int fd)
{
	if (places->nfds == PLACES_MAX) {
		errno = EMFILE;
		return -1;
	}
	places->fds[places->nfds++] = (struct place) {
		.fd = fd,
		.flags = syscall(SYS_fcntl, fd, F_GETFD) & FD_CLOEXEC ?
			 O_CLOEXEC : 0,
	};
	return 0;
}

static int descriptor(const char *name)
{
	int fd = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		fd = 10 * fd + (*name - '0');
	return *name ? -1 : fd;
}

/* Call @look for each descriptor. It may be one that is gone by then. */
static int each_fd(int dir, struct places *places,
		   int (*look)(struct places *places, int fd, const void *arg),
		   const void *arg)
{
	char buf[2048];
	struct dirent64 *entry;
	long n, at;
	int fd;

	syscall(SYS_lseek, dir, 0, SEEK_SET);
	while ((n = syscall(SYS_getdents64, dir, buf, sizeof(buf))) > 0) {
		for (at = 0; at < n; at += entry->d_reclen) {
			entry = (struct dirent64 *)(buf + at);
			fd = descriptor(entry->d_name);
			if (fd >= 0 && fd != dir && look(places, fd, arg))
				return -1;
		}
	}
	return n;
}

/* Another descriptor of the socket that @name is the link of? */
static int look_for_socket(struct places *places, int fd, const void *name)
{
	char link[64];

	if (read_link(fd, link, sizeof(link)) || strcmp(link, name))
		return 0;
	return add_place(places, fd);
}

static int look_for_epoll(struct places *places, int fd, const void *inode)
{
	char link[64];

	if (read_link(fd, link, sizeof(link)) || strcmp(link, EPOLL_LINK))
		return 0;
	return look_at_epoll(places, fd, *(const ino_t *)inode);
}

/**
 * places_find() - find out where a socket is known
 * @fd: a descriptor of it
 * @places: the descriptors, and the epoll sets that watch them
 *
 * Only those of this process; and where there is no /proc, only @fd.
 *
 * Return: 0, or -1 and errno.
 */
int places_find(int fd, struct places *places)
{
	struct stat st;
	char link[64];
	int dir, ret;

	places->nfds = 0;
	places->nwatches = 0;
	if (read_link(fd, link, sizeof(link)) || fstat(fd, &st))
		return add_place(places, fd);
	dir = syscall(SYS_openat, AT_FDCWD, "/proc/self/fd",
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	ret = each_fd(dir, places, look_for_socket, link);
	if (!ret)
		ret = each_fd(dir, places, look_for_epoll, &st.st_ino);
	syscall(SYS_close, dir);
	return ret;
}
