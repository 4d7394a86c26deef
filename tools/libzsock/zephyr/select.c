// SPDX-License-Identifier: GPL-2.0
/*
 * select(): the kernel's, or by way of poll() where the program implements some
 * of the sockets. Zephyr's leaves the time alone, so a copy is given away.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include "internal.h"

/* For programs with 64-bit times in a 32-bit library: their struct timeval. */
struct wide_timeval {
	int64_t sec;
	int64_t usec;
};

int zsk_posix_select(int nfds, fd_set *readfds, fd_set *writefds,
		     fd_set *exceptfds, struct timeval *timeout);
int zsk_select_time64(int nfds, zsock_fd_set *readfds, zsock_fd_set *writefds,
		      zsock_fd_set *exceptfds, struct wide_timeval *timeout);
int zsk_posix_select_time64(int nfds, fd_set *readfds, fd_set *writefds,
			    fd_set *exceptfds, struct wide_timeval *timeout);

BUILD_ASSERT(sizeof(zsock_fd_set) == sizeof(fd_set), "the same in memory");

static bool in(int fd, zsock_fd_set *set)
{
	return set && ZSOCK_FD_ISSET(fd, set);
}

/* Milliseconds, rounded up; -1: without end; -2: not a time. */
static int to_ms(const struct timeval *tv)
{
	if (!tv)
		return -1;
	if (tv->tv_sec < 0 || tv->tv_usec < 0 || tv->tv_usec >= 1000000)
		return -2;
	if (tv->tv_sec >= INT_MAX / 1000 - 1)
		return INT_MAX;
	return (int)(tv->tv_sec * 1000 + (tv->tv_usec + 999) / 1000);
}

static int result(const struct pollfd *fds, int n, zsock_fd_set *sets[3])
{
	static const short says[3] = {
		POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI,
	};
	int count = 0, i, s;

	for (i = 0; i < n; i++)
		for (s = 0; s < 3; s++) {
			if (!in(fds[i].fd, sets[s]))
				continue;
			if (fds[i].revents & says[s])
				count++;
			else
				ZSOCK_FD_CLR(fds[i].fd, sets[s]);
		}
	return count;
}

static int by_poll(int nfds, zsock_fd_set *sets[3], int timeout)
{
	struct pollfd fds[FD_SETSIZE];
	int n = 0, fd, ret, i;

	for (fd = 0; fd < nfds; fd++) {
		short events = (in(fd, sets[0]) ? POLLIN : 0) |
			       (in(fd, sets[1]) ? POLLOUT : 0) |
			       (in(fd, sets[2]) ? POLLPRI : 0);

		if (events) {
			fds[n].fd = fd;
			fds[n].events = events;
			fds[n++].revents = 0;
		}
	}
	ret = zsock_poll(fds, n, timeout);
	if (ret < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (fds[i].revents & POLLNVAL) {
			errno = EBADF;
			return -1;
		}
	return result(fds, n, sets);
}

int zsock_select(int nfds, zsock_fd_set *readfds, zsock_fd_set *writefds,
		 zsock_fd_set *exceptfds, struct zsock_timeval *timeout)
{
	zsock_fd_set *sets[3] = { readfds, writefds, exceptfds };
	struct timeval copy;
	int ms = to_ms(timeout);

	if (timeout)
		copy = *timeout;
	if (likely(!atomic_load_explicit(&zsk__owns, memory_order_relaxed)))
		return select(nfds, (fd_set *)readfds, (fd_set *)writefds,
			      (fd_set *)exceptfds, timeout ? &copy : NULL);
	if (nfds < 0 || nfds > FD_SETSIZE || ms == -2) {
		errno = EINVAL;
		return -1;
	}
	return by_poll(nfds, sets, ms);
}

int zsk_posix_select(int nfds, fd_set *readfds, fd_set *writefds,
		     fd_set *exceptfds, struct timeval *timeout)
{
	return zsock_select(nfds, (zsock_fd_set *)readfds,
			    (zsock_fd_set *)writefds,
			    (zsock_fd_set *)exceptfds, timeout);
}

int zsk_select_time64(int nfds, zsock_fd_set *readfds, zsock_fd_set *writefds,
		      zsock_fd_set *exceptfds, struct wide_timeval *timeout)
{
	struct timeval tv = { 0, 0 };

	if (timeout) {
		/* Longer than 68 years is as long. */
		tv.tv_sec = timeout->sec > INT_MAX ? INT_MAX : timeout->sec;
		tv.tv_usec = timeout->usec;
		if (timeout->sec < 0 || timeout->usec != tv.tv_usec)
			tv.tv_usec = -1;
	}
	return zsock_select(nfds, readfds, writefds, exceptfds,
			    timeout ? &tv : NULL);
}

int zsk_posix_select_time64(int nfds, fd_set *readfds, fd_set *writefds,
			    fd_set *exceptfds, struct wide_timeval *timeout)
{
	return zsk_select_time64(nfds, (zsock_fd_set *)readfds,
				 (zsock_fd_set *)writefds,
				 (zsock_fd_set *)exceptfds, timeout);
}
