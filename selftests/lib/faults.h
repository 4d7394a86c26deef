/* SPDX-License-Identifier: GPL-2.0 */
/* Fault injection: allocations, pages and copies that fail, one of a thread's or many of many's. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>

/* Every allocation may fail, those that could wait, too. Whether the kernel can do that. */
bool faults_ready(void);
/* The n-th of this thread's from now on fails; 0: none. */
void faults_at(int nth);
/* How much was left to count down: 0 means that something was made to fail. */
int faults_left(void);
/*
 * Only those made by a module itself: its own functions are among the last depth callers. 0, or -1.
 * depth 0 is the end of that.
 */
int faults_within(const char *module, int depth);
/* So many in a hundred of those of tasks that are marked fail; 0: none. */
int faults_often(int percent);
/* Mark the tasks whose name begins so. Returns how many there are. */
int faults_mark(const char *name, bool on);

#endif
