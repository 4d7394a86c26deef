// SPDX-License-Identifier: GPL-2.0
/*
 * What <zephyr/posix/names.h> puts behind calls of C that have no twin of the
 * same type among Zephyr's. They get descriptors that are no sockets, too.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

#include "internal.h"

int zsk_posix_fcntl(int fd, int cmd, ...);
int zsk_posix_ioctl(int fd, unsigned long request, ...);
ssize_t zsk_posix_read(int fd, void *buf, size_t size);
ssize_t zsk_posix_write(int fd, const void *buf, size_t size);
int zsk_posix_poll(struct pollfd *fds, nfds_t nfds, int timeout);

int zsk_posix_fcntl(int fd, int cmd, ...)
{
	struct zsk__own *own = zsk__get(fd);
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, cmd);
	if (own) {
		ret = ZSK_CALL(own, fd, fd_vtable.ioctl, cmd, ap);
	} else {
		arg = va_arg(ap, void *);
		ret = fcntl(fd, cmd, arg);
	}
	va_end(ap);
	return ret;
}

int zsk_posix_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	int ret;

	va_start(ap, request);
	ret = zsock_ioctl(fd, request, ap);
	va_end(ap);
	return ret;
}

ssize_t zsk_posix_read(int fd, void *buf, size_t size)
{
	struct zsk__own *own = zsk__get(fd);

	return own ? ZSK_CALL(own, fd, fd_vtable.read, buf, size) :
		     read(fd, buf, size);
}

ssize_t zsk_posix_write(int fd, const void *buf, size_t size)
{
	struct zsk__own *own = zsk__get(fd);

	return own ? ZSK_CALL(own, fd, fd_vtable.write, buf, size) :
		     write(fd, buf, size);
}

int zsk_posix_poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
	if (nfds <= INT_MAX)
		return zsock_poll(fds, (int)nfds, timeout);
	errno = EINVAL;
	return -1;
}
