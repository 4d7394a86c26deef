/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_LATE_H
#define TLSD_LATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "handshake.h"

/* Most that a worker waits for, and for how long. */
#define LATE_MAX	256
#define LATE_SECONDS	60

struct late;

/**
 * struct late_list - connections on which tickets may still come
 * @first: the latest
 * @n: how many
 */
struct late_list {
	struct late *first;
	unsigned int n;
};

void late_add(struct late_list *list, struct handshake *hs);
bool late_message(struct late_list *list, uint64_t id, const uint8_t *msg,
		  size_t len);
void late_purge(struct late_list *list, uint32_t uid);
void late_expire(struct late_list *list, time_t now);
void late_clear(struct late_list *list);

#endif /* TLSD_LATE_H */
