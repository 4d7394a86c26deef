/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zsock-run-creds: what its parts share.
 */
#ifndef ZSOCK_RUN_CREDS_H
#define ZSOCK_RUN_CREDS_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/zsock.h>

#include "../common/cred.h"
#include "../common/tool.h"

/*
 * Tags of this run: @first, @first - 1, ... At most @room of them may be used,
 * and @used have something in them.
 */
struct run_tags {
	int32_t first;
	int room;
	int used;
};

/* given.c */
int given_check(const char *list, bool server, struct run_tags *tags);

/* run_tags.c */
int run_tags_choose(struct run_tags *tags);
void run_tags_delete(const struct run_tags *tags);

/* bundle.c */
int bundle_add(struct run_tags *tags, const char *path);

/* reaper.c */
int reaper_start(int pidfd, const struct run_tags *tags);

#endif /* ZSOCK_RUN_CREDS_H */
