// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl proto: what protocols there are, and what they are asked for by.
 */
#include <stdio.h>
#include <string.h>

#include <linux/zsock.h>

#include "../common/genl.h"
#include "out.h"
#include "zsockctl.h"

static const char help[] =
"Usage: zsockctl proto [ list ]\n";

enum { NAME, SOCKETS, MODULE, IDS };

static const char * const headers[] = {
	"Name", "Sockets", "Module", "Type:Protocol",
};

/* One pair of a socket type and a protocol number. */
static void show_id(const struct nlattr *nest, char *all, size_t size)
{
	const char *type = "other", *protocol = "default";
	const struct nlattr *attr;
	size_t len = strlen(all);
	uint32_t number = 0;
	char buf[16];

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == ZSOCK_A_PROTO_ID_TYPE)
			type = type_name(attr_u32(attr));
		if (mnl_attr_get_type(attr) == ZSOCK_A_PROTO_ID_NUMBER)
			number = attr_u32(attr);
	}
	protocol = protocol_name(number, buf, sizeof(buf));
	snprintf(all + len, size - len, "%s%s:%s", len ? "," : "", type,
		 protocol);
	json_open(NULL, '{');
	json_str("type", type);
	json_num("number", number);
	json_str("protocol", protocol);
	json_close();
}

static void show_ids(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;
	char all[512] = "";

	json_open("ids", '[');
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == ZSOCK_A_PROTO_ID)
			show_id(attr, all, sizeof(all));
	json_close();
	text(IDS, all[0] ? all : "-");
}

static void show(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_PROTO_MAX + 1];

	(void)arg;
	genl_attrs(nlh, tb, ZSOCK_A_PROTO_MAX);
	list_row();
	field_str(NAME, "name", attr_str(tb[ZSOCK_A_PROTO_NAME]));
	field_num(SOCKETS, "sockets", attr_u32(tb[ZSOCK_A_PROTO_SOCKETS]));
	field_str(MODULE, "module", attr_str(tb[ZSOCK_A_PROTO_MODULE]));
	show_ids(nlh);
	list_row_end();
}

int proto_main(int argc, char **argv)
{
	int ret = list_only("proto", help, argc, argv);

	if (ret >= 0)
		return ret;
	return list_dump(ZSOCK_CMD_PROTO_GET, headers,
			 sizeof(headers) / sizeof(headers[0]), show, NULL);
}
