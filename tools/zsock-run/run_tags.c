// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run-creds: tags that nobody has.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "../common/kernel.h"
#include "creds.h"

#define TRIES	10

/* Is a tag that we can see one of those? */
static int look(const struct zsk_cred_info *c, void *arg)
{
	struct run_tags *tags = arg;

	if (c->tag <= tags->first && c->tag > tags->first - tags->room)
		tags->used++;
	return 0;
}

static int count_used(struct run_tags *tags)
{
	struct zsk *z = kernel_open();

	tags->used = 0;
	return z ? kernel_said(z, zsk_cred_list(z, look, tags)) : EXIT_KERNEL;
}

/**
 * run_tags_choose() - choose tags that are free
 * @tags: its room is given
 *
 * They are negative, which those that people choose hardly are, and random.
 * Tags of others may not be seen; to add to such a tag is refused.
 *
 * Return: an exit status; complaints have been made.
 */
int run_tags_choose(struct run_tags *tags)
{
	int tries, ret = EXIT_OK;
	uint32_t random;

	if (tags->room < 1) {
		fprintf(stderr, "%s: --tag names all that a socket takes: none is left for --ca and --cert\n",
			tool_name);
		return EXIT_USAGE;
	}
	for (tries = 0; tries < TRIES && ret == EXIT_OK; tries++) {
		if (getrandom(&random, sizeof(random), 0) < 0)
			break;
		tags->first = -1 - (int32_t)(random % (INT_MAX - tags->room));
		ret = count_used(tags);
		if (ret == EXIT_OK && !tags->used)
			return EXIT_OK;
	}
	tags->used = 0;
	if (ret == EXIT_OK)
		fprintf(stderr, "%s: cannot find a free tag\n", tool_name);
	return ret == EXIT_OK ? EXIT_KERNEL : ret;
}

void run_tags_delete(const struct run_tags *tags)
{
	int i;

	for (i = 0; i < tags->used; i++)
		cred_del(tags->first - i, ZSOCK_CRED_NONE);
}
