/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Races on purpose: in every round all contestants start at once, with a random skew of a few
 * microseconds, on something that was made for this round.
 */
#ifndef RACE_H
#define RACE_H

#include <stdbool.h>

#define RACE_MAX	8

struct race {
	/* Each round: before and after are called by one thread, nobody else runs. */
	void (*before)(void *arg);
	void (*run[RACE_MAX])(void *arg);
	/* False ends the race. */
	bool (*after)(void *arg);
	void *arg;
	/* The least that there is to be: more rounds than so many, for which it takes its time. */
	unsigned long more_than;
};

/* So many milliseconds of rounds; returns how many there were, 0 when it could not start. */
unsigned long race_run(struct race *race, int ms);

/* Threads without rounds: each calls its function again and again for so many milliseconds. */
unsigned long race_storm(void (*const fn[])(void *arg), unsigned int n, void *arg, int ms);

/* Wait until nothing of AF_ZSOCK is left in this namespace: no socket, whatever its state. */
bool race_all_gone(void);
/* How many hold the module, or -1. */
long race_module_refs(void);
/* The same, when they are so many again, or some seconds later. */
long race_module_settled(long refs);

/*
 * In a test of kselftest_harness.h: so many milliseconds of rounds. r_->what is empty at the
 * end, or what went wrong.
 */
#define RACE_ROUNDS(r_, ms_, before_, after_, ...)				\
do {										\
	struct race race = { before_, { __VA_ARGS__ }, after_, r_ };		\
	unsigned long rounds_;							\
										\
	/* What is loaded and filled the first time. */				\
	race_run(&race, 100);							\
	rounds_ = race_run(&race, ms_);						\
	TH_LOG("%lu rounds", rounds_);						\
	EXPECT_GT(rounds_, 0);							\
	EXPECT_STREQ("", (r_)->what);						\
} while (0)

#endif
