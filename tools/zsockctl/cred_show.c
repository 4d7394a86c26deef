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
#include "../common/genl.h"
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

static void show_allowed(const struct nlmsghdr *nlh)
{
	char all[ZSOCK_CRED_ALLOWED_MAX * 11 + 1] = "";
	const struct nlattr *attr;
	size_t len = 0;

	json_open("allowed", '[');
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != ZSOCK_A_CRED_UID)
			continue;
		json_num(NULL, attr_u32(attr));
		if (len < sizeof(all))
			len += snprintf(all + len, sizeof(all) - len, "%s%u",
					len ? "," : "", attr_u32(attr));
	}
	json_close();
	text(ALLOWED, all[0] ? all : "-");
}

static void show_fields(const struct nlmsghdr *nlh, const struct nlattr **tb)
{
	field_num(TAG, "tag", (int32_t)attr_u32(tb[ZSOCK_A_CRED_TAG]));
	field_str(TYPE, "type",
		  cred_type_name(attr_u32(tb[ZSOCK_A_CRED_TYPE])));
	field_str(FORMAT, "format",
		  format_name(attr_u32(tb[ZSOCK_A_CRED_FORMAT])));
	field_num(LENGTH, "length", attr_u32(tb[ZSOCK_A_CRED_LENGTH]));
	field_num(OWNER, "owner", attr_u32(tb[ZSOCK_A_CRED_OWNER]));
	show_allowed(nlh);
}

static void show_row(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_CRED_MAX + 1];
	struct wanted *w = arg;

	genl_attrs(nlh, tb, ZSOCK_A_CRED_MAX);
	if (!w->all && (int32_t)attr_u32(tb[ZSOCK_A_CRED_TAG]) != w->tag)
		return;
	w->found++;
	list_row();
	show_fields(nlh, tb);
	list_row_end();
}

static int show_list(struct wanted *w)
{
	return list_dump(ZSOCK_CMD_CRED_GET, headers,
			 sizeof(headers) / sizeof(headers[0]), show_row, w);
}

int cred_list(void)
{
	struct wanted w = { .all = true };

	return show_list(&w);
}

static void fill_get(struct nlmsghdr *nlh, const void *arg)
{
	const struct wanted *w = arg;

	mnl_attr_put_u32(nlh, ZSOCK_A_CRED_TAG, w->tag);
	mnl_attr_put_u32(nlh, ZSOCK_A_CRED_TYPE, w->type);
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

static void show_data(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_CRED_MAX + 1];
	const struct nlattr *data;

	(void)arg;
	genl_attrs(nlh, tb, ZSOCK_A_CRED_MAX);
	data = tb[ZSOCK_A_CRED_DATA];
	if (!data)
		return;
	if (!out_json) {
		show_plain(mnl_attr_get_payload(data),
			   mnl_attr_get_payload_len(data));
		return;
	}
	json_open(NULL, '{');
	show_fields(nlh, tb);
	json_base64("data", mnl_attr_get_payload(data),
		    mnl_attr_get_payload_len(data));
	json_close();
}

/* One, as it was given; or what a tag has. */
int cred_show(int argc, char **argv)
{
	struct wanted w = { 0 };
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
	ret = genl_send(ZSOCK_CMD_CRED_GET, false, fill_get, &w, 0);
	if (ret == EXIT_OK)
		genl_each(show_data, NULL);
	return ret;
}
