// SPDX-License-Identifier: GPL-2.0
/*
 * A JSON writer: commas, indentation and escapes.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "out.h"

#define DEPTH	8

static char closing[DEPTH];	/* the brackets that are open */
static bool used[DEPTH + 1];	/* something stands there: a comma comes next */
static int depth;

static void newline(void)
{
	if (out_pretty)
		printf("\n%*s", depth * 4, "");
}

/* Length of the UTF-8 sequence at @s, 0 if it is not valid. */
static int utf8_length(const unsigned char *s)
{
	int len, i;

	if (*s < 0x80)
		return 1;
	if (*s >= 0xc2 && *s <= 0xdf)
		len = 2;
	else if ((*s & 0xf0) == 0xe0)
		len = 3;
	else if (*s >= 0xf0 && *s <= 0xf4)
		len = 4;
	else
		return 0;
	for (i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* longer than needed, a surrogate, or beyond the last character */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/* A process may call itself anything, and JSON is UTF-8. */
static void quoted(const char *value)
{
	const unsigned char *s = (const unsigned char *)value;

	putchar('"');
	while (*s) {
		int len = utf8_length(s);

		if (!len) {
			fputs("\\ufffd", stdout);
			len = 1;
		} else if (*s == '"' || *s == '\\') {
			printf("\\%c", *s);
		} else if (*s < 0x20 || *s == 0x7f) {
			printf("\\u%04x", *s);
		} else {
			fwrite(s, 1, len, stdout);
		}
		s += len;
	}
	putchar('"');
}

static void before_value(const char *key)
{
	if (used[depth])
		putchar(',');
	used[depth] = true;
	if (depth)
		newline();
	if (!key)
		return;
	quoted(key);
	fputs(out_pretty ? ": " : ":", stdout);
}

void json_open(const char *key, char bracket)
{
	if (!out_json)
		return;
	assert(depth < DEPTH);
	before_value(key);
	putchar(bracket);
	closing[depth++] = bracket == '[' ? ']' : '}';
	used[depth] = false;
}

void json_close(void)
{
	bool filled = used[depth];

	if (!out_json)
		return;
	assert(depth > 0);
	depth--;
	if (filled)
		newline();
	putchar(closing[depth]);
	if (!depth) {
		putchar('\n');
		used[0] = false;	/* what follows stands for itself */
	}
}

void json_str(const char *key, const char *value)
{
	if (!out_json)
		return;
	before_value(key);
	quoted(value);
}

void json_num(const char *key, int64_t value)
{
	if (!out_json)
		return;
	before_value(key);
	printf("%lld", (long long)value);
}

void json_bool(const char *key, bool value)
{
	if (!out_json)
		return;
	before_value(key);
	fputs(value ? "true" : "false", stdout);
}
