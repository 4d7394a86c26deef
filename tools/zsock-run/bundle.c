// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run-creds: authorities to be trusted. A credential is smaller than the
 * bundle of those that the web trusts, but a socket may use several tags.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "creds.h"

static const char begin[] = "-----BEGIN ";

static int too_big(const char *path)
{
	fprintf(stderr, "%s: %s: %s\n", tool_name, path, strerror(EFBIG));
	return EXIT_USAGE;
}

/* Where the next block begins, or the end of it all. */
static size_t next_block(const struct cred *all, size_t from)
{
	const unsigned char *p;

	if (from >= all->len)
		return all->len;
	p = memmem(all->data + from, all->len - from, begin, strlen(begin));
	return p ? (size_t)(p - all->data) : all->len;
}

/* As many blocks as one credential holds: where they end. */
static size_t part_end(const struct cred *all, size_t start)
{
	size_t end = start, next;

	while (end < all->len) {
		next = next_block(all, end + strlen(begin));
		if (next - start > ZSOCK_CRED_LEN_MAX)
			break;
		end = next;
	}
	return end;
}

static int add_part(struct run_tags *tags, int nth, const struct cred *all,
		    size_t start, size_t end)
{
	struct cred c = {
		.tag = tags->first - nth,
		.type = ZSOCK_CRED_CA,
		.path = all->path,
		.data = all->data + start,
		.len = end - start,
	};
	int ret = cred_check(&c);

	if (ret == EXIT_OK)
		ret = cred_add(&c);
	if (ret == EXIT_OK && tags->used <= nth)
		tags->used = nth + 1;
	return ret;
}

static int add_parts(struct run_tags *tags, const struct cred *all)
{
	size_t start = next_block(all, 0), end;
	int ret = EXIT_OK, nth;

	for (nth = 0; start < all->len && ret == EXIT_OK; nth++) {
		end = part_end(all, start);
		if (end == start || nth == tags->room)
			return too_big(all->path);
		ret = add_part(tags, nth, all, start, end);
		start = end;
	}
	return ret;
}

/**
 * bundle_add() - add a file of certificates, to as many tags as it takes
 * @tags: those to be used
 * @path: the file
 *
 * Return: an exit status; complaints have been made.
 */
int bundle_add(struct run_tags *tags, const char *path)
{
	struct cred all = { 0 };
	int ret;

	ret = cred_read(path, (size_t)tags->room * ZSOCK_CRED_LEN_MAX, &all);
	if (ret != EXIT_OK)
		;
	else if (all.len <= ZSOCK_CRED_LEN_MAX)
		ret = add_part(tags, 0, &all, 0, all.len);
	else if (cred_is_pem(&all))
		ret = add_parts(tags, &all);
	else
		ret = too_big(path);
	cred_wipe(&all);
	return ret;
}
