// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl proto: what protocols there are, and what they are asked for by.
 */
#include <stdio.h>
#include <string.h>

#include <linux/zsock.h>

#include "out.h"
#include "zsockctl.h"

static const char help[] =
"Usage: zsockctl proto [ list ]\n";

enum { NAME, SOCKETS, MODULE, IDS };

static const char * const headers[] = {
	"Name", "Sockets", "Module", "Type:Protocol",
};

/* Where it is that. */
static void show_domains(const struct zsk_proto_id *id)
{
	char buf[16];
	size_t i;

	json_open("domains", '[');
	for (i = 0; i < sizeof(id->domains) / sizeof(id->domains[0]); i++)
		if (id->domains[i])
			json_str(NULL, family_name(id->domains[i], buf,
						   sizeof(buf)));
	json_close();
}

/* A socket type and a protocol number, or a range of them: raw:1-255. */
static void show_id(const struct zsk_proto_id *id, char *all, size_t size)
{
	const char *type = type_name(id->type);
	size_t len = strlen(all);
	const char *protocol;
	char buf[32];

	protocol = protocol_name(id->number, buf, sizeof(buf));
	if (id->last) {
		snprintf(buf, sizeof(buf), "%u-%u", id->number, id->last);
		protocol = buf;
	}
	snprintf(all + len, size - len, "%s%s:%s", len ? "," : "", type,
		 protocol);
	json_open(NULL, '{');
	json_str("type", type);
	json_num("number", id->number);
	if (id->last)
		json_num("last", id->last);
	json_str("protocol", protocol);
	show_domains(id);
	json_close();
}

static void show_ids(const struct zsk_proto *p)
{
	char all[512] = "";
	size_t i;

	json_open("ids", '[');
	for (i = 0; i < p->nids; i++)
		show_id(&p->ids[i], all, sizeof(all));
	json_close();
	text(IDS, all[0] ? all : "-");
}

static int show(const struct zsk_proto *p, void *arg)
{
	(void)arg;
	list_row();
	field_str(NAME, "name", p->name);
	field_num(SOCKETS, "sockets", p->sockets);
	field_str(MODULE, "module", p->module);
	show_ids(p);
	list_row_end();
	return 0;
}

int proto_main(int argc, char **argv)
{
	int ret = list_only("proto", help, argc, argv);
	struct zsk *z;

	if (ret >= 0)
		return ret;
	z = kernel_open();
	if (!z)
		return EXIT_KERNEL;
	list_begin(headers, sizeof(headers) / sizeof(headers[0]), true);
	return list_said(z, zsk_proto_list(z, show, NULL));
}
