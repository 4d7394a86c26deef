/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_TIMER_H
#define TLSD_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Something with a deadline: in a heap at @at, counted from 1; 0: in none. */
struct timer {
	uint64_t when;		/* ms, as timer_now() has it */
	size_t at;
};

/* The earliest is the first. */
struct timer_heap {
	struct timer **all;
	size_t n, room;
};

uint64_t timer_now(void);
bool timer_set(struct timer_heap *heap, struct timer *timer, uint64_t when);
void timer_cancel(struct timer_heap *heap, struct timer *timer);
struct timer *timer_first(const struct timer_heap *heap);
void timer_heap_free(struct timer_heap *heap);

#endif /* TLSD_TIMER_H */
