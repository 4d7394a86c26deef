// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl info: is the module there, which one, and who may use it?
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/zsock.h>

#include "../common/genl.h"
#include "out.h"
#include "zsockctl.h"

#define MODULE_DIR	"/sys/module/zsock"

static const char help[] =
"Usage: zsockctl info [ show ]\n";

static const char * const headers[] = { "Name", "Value" };

/* A line of the table, a member of the object */
static void line(const char *name, const char *value)
{
	if (!out_json) {
		list_row();
		text(0, name);
		text(1, value);
	}
}

static const char *access_meaning(uint32_t value)
{
	switch (value) {
	case 0: return "0 (nobody)";
	case 1: return "1 (CAP_NET_ADMIN)";
	case 2: return "2 (everybody)";
	default: return "unknown";
	}
}

static void show_loaded(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_INFO_MAX + 1];
	uint32_t family, access;
	char number[16];

	(void)arg;
	genl_attrs(nlh, tb, ZSOCK_A_INFO_MAX);
	family = attr_u32(tb[ZSOCK_A_INFO_FAMILY]);
	access = attr_u32(tb[ZSOCK_A_INFO_ACCESS]);
	snprintf(number, sizeof(number), "%u", family);
	line("version", attr_str(tb[ZSOCK_A_INFO_VERSION]));
	line("family", number);
	line("access", access_meaning(access));
	json_str("version", attr_str(tb[ZSOCK_A_INFO_VERSION]));
	json_num("family", family);
	json_num("access", access);
}

int info_main(int argc, char **argv)
{
	/* Asking by netlink could load it, which is not what was asked for. */
	bool loaded = !access(MODULE_DIR, F_OK);
	int ret = list_only("info", help, argc, argv);

	if (ret >= 0)
		return ret;
	if (loaded) {
		ret = genl_ask(ZSOCK_CMD_INFO_GET, false);
		if (ret != EXIT_OK)
			return ret;
	}
	if (out_json)
		json_open(NULL, '{');
	else
		list_begin(headers, 2, false);
	line("loaded", loaded ? "yes" : "no");
	json_bool("loaded", loaded);
	if (loaded)
		genl_each(show_loaded, NULL);
	if (out_json)
		json_close();
	else
		list_end();
	return EXIT_OK;
}
