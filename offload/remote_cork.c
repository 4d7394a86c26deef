// SPDX-License-Identifier: GPL-2.0
/*
 * What is behind the last whole packet of large data for a vsock pipe. Packets
 * have 64 KiB there, and messages as much data beside their header: written as
 * they come each would take a second packet, for sixteen bytes, which costs
 * nearly what the first one does. So these few bytes wait for what comes behind
 * them: until somebody writes anything, until the program looks for an answer,
 * or until nothing has come for a moment, whichever is first.
 */
#include "../include/compat/timer.h"
#include "remote.h"

#define ZSOCK_CORK_PACKET	65536
#define ZSOCK_CORK_NS		(200 * NSEC_PER_USEC)

/* It is not set anew by each who adds to what waits: it looks for that itself. */
static enum hrtimer_restart zsock_cork_timer(struct hrtimer *timer)
{
	struct zsock_pipe *pipe = container_of(timer, struct zsock_pipe,
					       cork.timer);
	struct zsock_cork *cork = &pipe->cork;
	u32 seq = READ_ONCE(cork->seq);

	if (seq != cork->seen) {
		cork->seen = seq;
		hrtimer_forward_now(timer, ns_to_ktime(ZSOCK_CORK_NS));
		return HRTIMER_RESTART;
	}
	WRITE_ONCE(cork->due, true);
	wake_up(&pipe->wait);
	return HRTIMER_NORESTART;
}

/* In hard interrupts; with PREEMPT_RT, where a wake-up may sleep, in softirqs. */
void zsock_cork_init(struct zsock_pipe *pipe)
{
	zsock_hrtimer_setup(&pipe->cork.timer, zsock_cork_timer,
			    CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}

/* How many of @bytes, in one write, are to wait. */
size_t zsock_cork_rest(size_t bytes)
{
	size_t rest = bytes % ZSOCK_CORK_PACKET;

	return rest < bytes && rest <= ZSOCK_CORK_MAX ? rest : 0;
}

/* Under pipe->tx: @n bytes of @from wait, and nothing else does. */
void zsock_cork_keep(struct zsock_pipe *pipe, struct iov_iter *from, size_t n)
{
	struct zsock_cork *cork = &pipe->cork;

	WRITE_ONCE(cork->n, n);
	if (!n)
		return;
	/* From pages that are there, to memory of the kernel's. */
	WARN_ON_ONCE(copy_from_iter(cork->data, n, from) != n);
	WRITE_ONCE(cork->seq, cork->seq + 1);
	if (cork->armed)
		return;
	cork->armed = true;
	cork->seen = cork->seq;
	hrtimer_start(&cork->timer, ns_to_ktime(ZSOCK_CORK_NS),
		      HRTIMER_MODE_REL);
}

/* Under pipe->tx: bytes that are to be written now, and do not wait any more. */
size_t zsock_cork_take(struct zsock_pipe *pipe)
{
	struct zsock_cork *cork = &pipe->cork;
	size_t n = cork->n;

	WRITE_ONCE(cork->n, 0);
	/* The timer has ended when it says so. */
	if (READ_ONCE(cork->due)) {
		WRITE_ONCE(cork->due, false);
		cork->armed = false;
	}
	return n;
}

/* Nobody keeps anything any more. */
void zsock_cork_stop(struct zsock_pipe *pipe)
{
	hrtimer_cancel(&pipe->cork.timer);
}
