// SPDX-License-Identifier: GPL-2.0
/*
 * Lists of application protocols, as RFC 7301 has them on the wire: each name
 * with its length in front.
 */
#include <string.h>

#include "alpn.h"

/**
 * alpn_wire() - from strings to the form on the wire
 * @names: strings, each with its NUL
 * @len: bytes of them
 * @wire: room for @len bytes
 * @wire_len: bytes that were needed; always @len
 *
 * Return: false for a name that is empty or too long, or has no NUL.
 */
bool alpn_wire(const char *names, size_t len, unsigned char *wire,
	       size_t *wire_len)
{
	const char *end = names + len;
	size_t n;

	*wire_len = len;
	while (names < end) {
		n = strnlen(names, end - names);
		if (!n || n > 255 || names + n == end)
			return false;
		*wire++ = n;
		memcpy(wire, names, n);
		wire += n;
		names += n + 1;
	}
	return true;
}

/* Where a name is in a list: at its length; NULL if it is not. */
const unsigned char *alpn_find(const unsigned char *wire, size_t wire_len,
			       const unsigned char *name, size_t len)
{
	const unsigned char *end = wire + wire_len;

	for (; wire < end && wire + 1 + *wire <= end; wire += 1 + *wire)
		if (*wire == len && !memcmp(wire + 1, name, len))
			return wire;
	return NULL;
}

/* The first of ours that is one of theirs: at its length, in their list. */
const unsigned char *alpn_choose(const unsigned char *ours, size_t ours_len,
				 const unsigned char *theirs, size_t theirs_len)
{
	const unsigned char *end = ours + ours_len, *found;

	for (; ours < end; ours += 1 + *ours) {
		found = alpn_find(theirs, theirs_len, ours + 1, *ours);
		if (found)
			return found;
	}
	return NULL;
}
