// SPDX-License-Identifier: GPL-2.0
/* Helpers of the stress tests: threads that start at once. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "race.h"
#include "zs.h"

#define RACE_PATIENCE_MS	20000

struct contest {
	struct race *race;
	pthread_barrier_t start, end;
	unsigned int n;
	bool stop;
};

struct contestant {
	struct contest *contest;
	unsigned int number;
};

static void skew(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	/* Half of the time none at all: both at the barrier's end. */
	if (*state >> 31)
		return;
	for (volatile unsigned int n = (*state >> 16) & 0xfff; n; n--)
		;
}

static void *contestant_main(void *arg)
{
	struct contestant *c = arg;
	struct contest *contest = c->contest;
	uint32_t state = (uintptr_t)&state ^ c->number * 2654435761u;

	for (;;) {
		pthread_barrier_wait(&contest->start);
		if (contest->stop)
			return NULL;
		skew(&state);
		contest->race->run[c->number](contest->race->arg);
		pthread_barrier_wait(&contest->end);
	}
}

/* ZSOCK_RACE_TIMES=20 in the environment: twenty times as long. */
static long long race_end(int ms)
{
	const char *times = getenv("ZSOCK_RACE_TIMES");

	return zs_now_ms() + (times ? atoll(times) : 1) * ms;
}

unsigned long race_run(struct race *race, int ms)
{
	struct contestant c[RACE_MAX];
	pthread_t thread[RACE_MAX];
	struct contest contest = { .race = race };
	unsigned long rounds = 0;
	long long end, patience;
	bool good = true;

	while (contest.n < RACE_MAX && race->run[contest.n])
		contest.n++;
	pthread_barrier_init(&contest.start, NULL, contest.n + 1);
	pthread_barrier_init(&contest.end, NULL, contest.n + 1);
	for (unsigned int i = 0; i < contest.n; i++) {
		c[i] = (struct contestant){ &contest, i };
		/* Half a contest would hang: nothing else to be done. */
		if (pthread_create(&thread[i], NULL, contestant_main, &c[i])) {
			perror("pthread_create");
			_exit(1);
		}
	}
	/* Not before the threads are there; and a busy machine takes longer to its rounds. */
	end = race_end(ms);
	patience = end + RACE_PATIENCE_MS;
	while (good && (zs_now_ms() < end ||
			(rounds <= race->more_than && zs_now_ms() < patience))) {
		race->before(race->arg);
		pthread_barrier_wait(&contest.start);
		pthread_barrier_wait(&contest.end);
		good = race->after(race->arg);
		rounds++;
	}
	contest.stop = true;
	pthread_barrier_wait(&contest.start);
	for (unsigned int i = 0; i < contest.n; i++)
		pthread_join(thread[i], NULL);
	return rounds;
}

struct storm {
	void (*fn)(void *arg);
	void *arg;
	long long end;
	unsigned long calls;
};

static void *storm_main(void *arg)
{
	struct storm *s = arg;

	do {
		s->fn(s->arg);
		s->calls++;
	} while (zs_now_ms() < s->end);
	return NULL;
}

unsigned long race_storm(void (*const fn[])(void *arg), unsigned int n, void *arg, int ms)
{
	struct storm s[32];
	pthread_t thread[32];
	unsigned long calls = 0;
	unsigned int i;

	for (i = 0; i < n && i < 32; i++) {
		s[i] = (struct storm){ fn[i], arg, race_end(ms), 0 };
		if (pthread_create(&thread[i], NULL, storm_main, &s[i]))
			break;
	}
	while (i--) {
		pthread_join(thread[i], NULL);
		calls += s[i].calls;
	}
	return calls;
}

bool race_all_gone(void)
{
	for (int tries = 0; tries < 600; tries++) {
		if (zs_count_lines("/proc/self/net/zsock") == 1)
			return true;
		zs_sleep_ms(50);
	}
	return false;
}

long race_module_settled(long refs)
{
	for (int tries = 0; tries < 600 && race_module_refs() != refs; tries++)
		zs_sleep_ms(50);
	return race_module_refs();
}

long race_module_refs(void)
{
	FILE *f = fopen("/sys/module/zsock/refcnt", "re");
	long refs = -1;

	if (f && fscanf(f, "%ld", &refs) != 1)
		refs = -1;
	if (f)
		fclose(f);
	return refs;
}
