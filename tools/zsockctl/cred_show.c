// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl cred list, zsockctl cred show: what there is, and what is in it.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <linux/zsock.h>

#include "cred.h"
#include "out.h"
#include "zsockctl.h"

enum { TAG, TYPE, FORMAT, LENGTH, OWNER, ALLOWED };

static const char * const headers[] = {
	"Tag", "Type", "Format", "Length", "Owner", "Allowed",
};

static const char * const formats[] = {
	[ZSOCK_CRED_FORMAT_RAW] = "raw",
	[ZSOCK_CRED_FORMAT_PEM] = "pem",
	[ZSOCK_CRED_FORMAT_DER] = "der",
};

/* What is wanted, and whether it was there. */
struct wanted {
	bool all;
	int32_t tag;
	uint32_t type;
	int found;
};

static const char *format_name(uint32_t format)
{
	return format < sizeof(formats) / sizeof(formats[0]) ?
		formats[format] : "other";
}

static void show_allowed(const struct zsk_cred_info *c)
{
	char all[ZSOCK_CRED_ALLOWED_MAX * 11 + 1] = "";
	size_t len = 0, i;

	json_open("allowed", '[');
	for (i = 0; i < c->nallowed; i++) {
		json_num(NULL, c->allowed[i]);
		if (len < sizeof(all))
			len += snprintf(all + len, sizeof(all) - len, "%s%u",
					len ? "," : "", c->allowed[i]);
	}
	json_close();
	text(ALLOWED, all[0] ? all : "-");
}

static void show_fields(const struct zsk_cred_info *c)
{
	field_num(TAG, "tag", c->tag);
	field_str(TYPE, "type", cred_type_name(c->type));
	field_str(FORMAT, "format", format_name(c->format));
	field_num(LENGTH, "length", c->len);
	field_num(OWNER, "owner", c->owner);
	show_allowed(c);
}

static int show_row(const struct zsk_cred_info *c, void *arg)
{
	struct wanted *w = arg;

	if (!w->all && c->tag != w->tag)
		return 0;
	w->found++;
	list_row();
	show_fields(c);
	list_row_end();
	return 0;
}

static int show_list(struct wanted *w)
{
	struct zsk *z = kernel_open();

	if (!z)
		return EXIT_KERNEL;
	list_begin(headers, sizeof(headers) / sizeof(headers[0]), true);
	return list_said(z, zsk_cred_list(z, show_row, w));
}

int cred_list(void)
{
	struct wanted w = { .all = true };

	return show_list(&w);
}

/* JSON is text, and DER is not. */
static void json_base64(const char *key, const void *data, size_t len)
{
	unsigned char *out = malloc(4 * (len + 2) / 3 + 1);

	if (!out)
		return;
	EVP_EncodeBlock(out, data, len);
	json_str(key, (char *)out);
	free(out);
}

/* Whoever owns the tag wrote it: a terminal is shown none of its controls. */
static void show_plain(const char *data, size_t len)
{
	const bool terminal = isatty(STDOUT_FILENO);
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = data[i];

		if (terminal && !isprint(c) && c != '\n' && c != '\t')
			c = '?';
		putchar(c);
	}
}

static int show_data(const struct zsk_cred_info *c, void *arg)
{
	(void)arg;
	if (!out_json) {
		show_plain(c->data, c->len);
		return 0;
	}
	json_open(NULL, '{');
	show_fields(c);
	json_base64("data", c->data, c->len);
	json_close();
	return 0;
}

/* One, as it was given; or what a tag has. */
int cred_show(int argc, char **argv)
{
	struct wanted w = { 0 };
	struct zsk *z;
	int ret;

	if (!argc)
		return cred_list();
	if (argc > 2)
		return unwanted_argument("cred", argv[2]);
	if (parse_tag(argv[0], &w.tag) ||
	    (argc == 2 && parse_type(argv[1], &w.type)))
		return EXIT_USAGE;
	if (argc == 1) {
		ret = show_list(&w);
		if (ret != EXIT_OK || w.found)
			return ret;
		fprintf(stderr, "zsockctl: cred: no tag %d that you may use\n",
			w.tag);
		return EXIT_KERNEL;
	}
	z = kernel_open();
	return z ? kernel_said(z, zsk_cred_show(z, w.tag, w.type, show_data,
						NULL)) : EXIT_KERNEL;
}
