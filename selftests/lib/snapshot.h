/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every option of SOL_SOCKET that can be read, of one socket: two sockets with the same history
 * answer the same.
 */
#ifndef ZS_SNAPSHOT_H
#define ZS_SNAPSHOT_H

#include <stdbool.h>
#include <stdio.h>

#define ZS_SNAPSHOT_LAST 90

/*
 * How many options read differently; each is told on out. Those that are bound to differ are
 * left out: the cookie, and, with fresh set, family and protocol.
 */
int zs_snapshot_diff(int a, int b, bool fresh, FILE *out);

/* The name of an option of SOL_SOCKET, or its number. */
const char *zs_option_name(int option);

#endif
