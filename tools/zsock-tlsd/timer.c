// SPDX-License-Identifier: GPL-2.0
/*
 * Deadlines, in a binary heap: with thousands of peers that say nothing, only
 * the next deadline matters.
 */
#include <stdlib.h>
#include <time.h>

#include "timer.h"

uint64_t timer_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void place(struct timer_heap *heap, struct timer *timer, size_t at)
{
	heap->all[at - 1] = timer;
	timer->at = at;
}

static void sift_up(struct timer_heap *heap, struct timer *timer)
{
	size_t at = timer->at;

	while (at > 1 && heap->all[at / 2 - 1]->when > timer->when) {
		place(heap, heap->all[at / 2 - 1], at);
		at /= 2;
	}
	place(heap, timer, at);
}

static void sift_down(struct timer_heap *heap, struct timer *timer)
{
	size_t at = timer->at, child;

	while ((child = 2 * at) <= heap->n) {
		if (child < heap->n &&
		    heap->all[child]->when < heap->all[child - 1]->when)
			child++;
		if (heap->all[child - 1]->when >= timer->when)
			break;
		place(heap, heap->all[child - 1], at);
		at = child;
	}
	place(heap, timer, at);
}

static bool make_room(struct timer_heap *heap)
{
	size_t room = heap->room ? 2 * heap->room : 64;
	struct timer **all;

	if (heap->n < heap->room)
		return true;
	all = realloc(heap->all, room * sizeof(*all));
	if (!all)
		return false;
	heap->all = all;
	heap->room = room;
	return true;
}

/* A timer that is set already has to be cancelled first. */
bool timer_set(struct timer_heap *heap, struct timer *timer, uint64_t when)
{
	if (!make_room(heap))
		return false;
	timer->when = when;
	place(heap, timer, ++heap->n);
	sift_up(heap, timer);
	return true;
}

void timer_cancel(struct timer_heap *heap, struct timer *timer)
{
	struct timer *last;
	size_t at = timer->at;

	if (!at)
		return;
	timer->at = 0;
	last = heap->all[--heap->n];
	if (last == timer)
		return;
	place(heap, last, at);
	sift_up(heap, last);
	sift_down(heap, last);
}

struct timer *timer_first(const struct timer_heap *heap)
{
	return heap->n ? heap->all[0] : NULL;
}

void timer_heap_free(struct timer_heap *heap)
{
	free(heap->all);
	heap->all = NULL;
	heap->n = 0;
	heap->room = 0;
}
