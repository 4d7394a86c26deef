// SPDX-License-Identifier: GPL-2.0
/*
 * poll(). Where all descriptors are the kernel's it is the kernel's. Sockets that
 * the program implements are asked through ZFD_IOCTL_POLL_OFFLOAD, all of one
 * table at once. With those of one table and no others, the table waits; with a
 * mixture everybody is asked in turn, every SLICE milliseconds.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define SLICE	10
#define FEW	32

/* One descriptor: where it stands in the caller's array, and whose it is. */
struct asked {
	int index;
	struct zsk__own *own;	/* NULL: the kernel's */
};

struct mixture {
	struct pollfd *fds;	/* the kernel's first, then table by table */
	struct asked *asked;	/* in the same order */
	int n, kernel;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int by_owner(const void *a, const void *b)
{
	const struct asked *x = a, *y = b;
	uintptr_t p = x->own ? (uintptr_t)x->own->vtable : 0;
	uintptr_t q = y->own ? (uintptr_t)y->own->vtable : 0;

	if (p != q)
		return p < q ? -1 : 1;
	return x->index - y->index;
}

/* How many from @i on have one table. */
static int group(const struct mixture *m, int i)
{
	int end = i + 1;

	while (end < m->n &&
	       m->asked[end].own->vtable == m->asked[i].own->vtable)
		end++;
	return end - i;
}

/* @n sockets from @i on; how many of them are ready, or -1. */
static int ask(const struct mixture *m, int i, int n, int timeout)
{
	const struct zsk__own *own = m->asked[i].own;
	struct pollfd *fds = &m->fds[i];
	int ready = 0, j;

	for (j = 0; j < n; j++)
		fds[j].revents = own->vtable->ioctl ? 0 : POLLNVAL;
	if (own->vtable->ioctl &&
	    zvfs_fdtable_call_ioctl(own->vtable, own->obj,
				    ZFD_IOCTL_POLL_OFFLOAD, fds, n, timeout) < 0)
		return -1;
	for (j = 0; j < n; j++)
		ready += fds[j].revents != 0;
	return ready;
}

/* Everybody once; the kernel, or who comes first, for so long. */
static int round_once(const struct mixture *m, int timeout)
{
	int ready = 0, n = 0, ret, i;

	if (m->kernel) {
		ret = poll(m->fds, m->kernel, timeout);
		if (ret < 0)
			return -1;
		ready += ret;
		timeout = 0;
	}
	for (i = m->kernel; i < m->n; i += n) {
		n = group(m, i);
		ret = ask(m, i, n, ready ? 0 : timeout);
		if (ret < 0)
			return -1;
		ready += ret;
		timeout = 0;
	}
	return ready;
}

/* Until somebody is ready, or it fails, or the time is over. */
static int wait_for(const struct mixture *m, int timeout)
{
	int64_t end = now_ms() + timeout, left;
	int ret;

	if (!m->kernel && group(m, 0) == m->n)
		return ask(m, 0, m->n, timeout);
	ret = round_once(m, 0);
	while (!ret && timeout) {
		left = timeout < 0 ? SLICE : end - now_ms();
		if (left <= 0)
			break;
		ret = round_once(m, left < SLICE ? (int)left : SLICE);
		/* The kernel may have had it after the others were asked. */
	}
	return ret;
}

static int poll_mixture(struct pollfd *fds, int nfds, int timeout,
			struct mixture *m)
{
	int ret, i, err;

	for (i = 0; i < nfds; i++) {
		m->asked[i].index = i;
		m->asked[i].own = zsk__get(fds[i].fd);
	}
	qsort(m->asked, nfds, sizeof(*m->asked), by_owner);
	m->n = nfds;
	m->kernel = 0;
	for (i = 0; i < nfds; i++) {
		m->fds[i] = fds[m->asked[i].index];
		m->kernel += !m->asked[i].own;
	}
	ret = m->kernel == nfds ? poll(m->fds, nfds, timeout) :
	      wait_for(m, timeout);
	err = errno;
	for (i = 0; i < nfds; i++) {
		if (ret >= 0)
			fds[m->asked[i].index].revents = m->fds[i].revents;
		if (m->asked[i].own)
			zsk__put(m->asked[i].own, m->fds[i].fd);
	}
	errno = err;
	return ret;
}

int zsock_poll(struct zsock_pollfd *fds, int nfds, int timeout)
{
	struct pollfd few_fds[FEW];
	struct asked few_asked[FEW];
	struct mixture m = { few_fds, few_asked, 0, 0 };
	int ret = -1;

	if (likely(!atomic_load_explicit(&zsk__owns, memory_order_relaxed)) ||
	    nfds <= 0) {
		if (nfds >= 0)
			return poll(fds, nfds, timeout);
		errno = EINVAL;
		return -1;
	}
	if (nfds > FEW) {
		m.fds = calloc(nfds, sizeof(*m.fds));
		m.asked = calloc(nfds, sizeof(*m.asked));
	}
	if (m.fds && m.asked)
		ret = poll_mixture(fds, nfds, timeout, &m);
	else
		errno = ENOMEM;
	if (nfds > FEW) {
		int err = errno;

		free(m.fds);
		free(m.asked);
		errno = err;
	}
	return ret;
}
