/* SPDX-License-Identifier: GPL-2.0 */
/* io_uring in tests; for where there is liburing (HAVE_LIBURING). */
#ifndef RING_H
#define RING_H

#include <liburing.h>

/* Submit what is prepared, wait for one completion: its result, flags where wanted. */
static inline int ring_finish(struct io_uring *ring, unsigned int *flags)
{
	struct __kernel_timespec ts = { 20, 0 };
	struct io_uring_cqe *cqe;
	int ret;

	io_uring_submit(ring);
	ret = io_uring_wait_cqe_timeout(ring, &cqe, &ts);
	if (ret)
		return ret;
	ret = cqe->res;
	if (flags)
		*flags = cqe->flags;
	io_uring_cqe_seen(ring, cqe);
	return ret;
}

#endif
