// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl info: is the module there, which one, and who may use it?
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/zsock.h>

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

/* What is to be shown, once it is known that it is there. */
struct module {
	bool loaded;
	char version[64];
	uint32_t family, access;
};

static int keep(const struct zsk_module *m, void *arg)
{
	struct module *to = arg;

	snprintf(to->version, sizeof(to->version), "%s", m->version);
	to->family = m->family;
	to->access = m->access;
	return 0;
}

static void show_loaded(const struct module *m)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", m->family);
	line("version", m->version);
	line("family", number);
	line("access", access_meaning(m->access));
	json_str("version", m->version);
	json_num("family", m->family);
	json_num("access", m->access);
}

static void show(const struct module *m)
{
	if (out_json)
		json_open(NULL, '{');
	else
		list_begin(headers, 2, false);
	line("loaded", m->loaded ? "yes" : "no");
	json_bool("loaded", m->loaded);
	if (m->loaded)
		show_loaded(m);
	if (out_json)
		json_close();
	else
		list_end();
}

int info_main(int argc, char **argv)
{
	int ret = list_only("info", help, argc, argv);
	struct module m = { 0 };
	struct zsk *z;

	if (ret >= 0)
		return ret;
	/* Asking by netlink could load it, which is not what was asked for. */
	m.loaded = !access(MODULE_DIR, F_OK);
	if (m.loaded) {
		z = kernel_open();
		ret = z ? kernel_said(z, zsk_module_get(z, keep, &m)) :
			  EXIT_KERNEL;
		if (ret != EXIT_OK)
			return ret;
	}
	show(&m);
	return EXIT_OK;
}
