// SPDX-License-Identifier: GPL-2.0
/*
 * DER: elements with a tag of one byte and a length of up to three. Nothing is
 * copied and nothing recurses; every call takes at least one byte or fails.
 */
#include <linux/string.h>

#include "cred.h"

/* Length of the header at @der, with the value's length in @n; 0: malformed. */
static size_t zsock_der_header(const struct zsock_der *der, size_t *n)
{
	const u8 *p = der->p;

	if (der->len < 2 || (p[0] & 0x1f) == 0x1f)
		return 0;
	if (p[1] < 0x80) {
		*n = p[1];
		return 2;
	}
	/* The shortest form alone; none of ours is longer than 64 KiB. */
	if (p[1] == 0x81 && der->len >= 3 && p[2] >= 0x80) {
		*n = p[2];
		return 3;
	}
	if (p[1] == 0x82 && der->len >= 4 && p[2]) {
		*n = p[2] << 8 | p[3];
		return 4;
	}
	return 0;
}

/* Take the first element, which is to have that tag; false if it is not one. */
bool zsock_der_take(struct zsock_der *der, u8 tag, struct zsock_der *value)
{
	size_t n, header = zsock_der_header(der, &n);

	if (!header || der->p[0] != tag || n > der->len - header)
		return false;
	value->p = der->p + header;
	value->len = n;
	der->p += header + n;
	der->len -= header + n;
	return true;
}

/* Leave the first element out, whatever it is. */
bool zsock_der_skip(struct zsock_der *der)
{
	struct zsock_der value;

	return zsock_der_take(der, zsock_der_tag(der), &value);
}

/* An integer that is not negative, in its shortest form. */
bool zsock_der_uint(struct zsock_der *der, struct zsock_der *value)
{
	if (!zsock_der_take(der, ZSOCK_DER_INTEGER, value) || !value->len)
		return false;
	if (value->p[0])
		return value->p[0] < 0x80;
	return value->len == 1 || value->p[1] >= 0x80;
}

/* A string of bits that are whole bytes; @tag is the string's or what hides it. */
bool zsock_der_bits(struct zsock_der *der, u8 tag, struct zsock_der *value)
{
	if (!zsock_der_take(der, tag, value) || !value->len || value->p[0])
		return false;
	value->p++;
	value->len--;
	return true;
}

bool zsock_der_is(const struct zsock_der *der, const void *bytes, size_t len)
{
	return der->len == len && !memcmp(der->p, bytes, len);
}
