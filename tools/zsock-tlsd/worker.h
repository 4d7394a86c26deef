/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_WORKER_H
#define TLSD_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "conn.h"
#include "late.h"
#include "nl.h"
#include "timer.h"

/**
 * struct worker - a thread that does handshakes, as many at a time as it may
 * @thread: it
 * @number: from 0, for the log
 * @epfd: all that it waits for
 * @stop: eventfd; readable when it is to end
 * @nl: its line to the kernel
 * @failed: it ended by itself
 * @more: the kernel may have handshakes that wait
 * @retry: when to ask again after an error, or 0
 * @conns: handshakes that it does
 * @n: how many
 * @max: how many it may do at a time
 * @dead: those that are over, until no event can be about them
 * @timers: their deadlines
 * @late: connections on which tickets may still come
 */
struct worker {
	pthread_t thread;
	unsigned int number;
	int epfd, stop;
	struct nl nl;
	bool failed, more;
	uint64_t retry;
	struct conn *conns;
	unsigned int n, max;
	struct conn *dead;
	struct timer_heap timers;
	struct late_list late;
};

int worker_open(struct worker *w, unsigned int number, unsigned int max);
int worker_start(struct worker *w);
void worker_stop(struct worker *w);
void worker_close(struct worker *w);

#endif /* TLSD_WORKER_H */
