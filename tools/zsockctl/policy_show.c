// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl policy list.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <linux/zsock.h>

#include "../common/genl.h"
#include "out.h"
#include "policy.h"
#include "zsockctl.h"

enum { ID, USER, CGROUP, DESTINATION, PORT, PROTOCOL, BACKEND, HITS };

static const char * const headers[] = {
	"Id", "User", "Cgroup", "Destination", "Port", "Protocol", "Backend",
	"Hits",
};

static uint64_t attr_u64(const struct nlattr *attr)
{
	uint64_t value = 0;

	if (attr && mnl_attr_get_payload_len(attr) == sizeof(value))
		memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return value;
}

static void show_cgroup(const struct nlattr *attr)
{
	char path[PATH_MAX];
	uint64_t id;

	if (!attr) {
		text(CGROUP, "-");
		return;
	}
	id = attr_u64(attr);
	json_num("cgroup_id", id);
	if (cgroup_path(id, path, sizeof(path))) {
		field_str(CGROUP, "cgroup", path);
		return;
	}
	snprintf(path, sizeof(path), "id:%llu", (unsigned long long)id);
	text(CGROUP, path);
}

static void show_dst(const struct nlattr *dst, const struct nlattr *len)
{
	char addr[INET6_ADDRSTRLEN], prefix[INET6_ADDRSTRLEN + 8];
	int family;

	if (!dst) {
		text(DESTINATION, "-");
		return;
	}
	family = mnl_attr_get_payload_len(dst) == 4 ? AF_INET : AF_INET6;
	if (!inet_ntop(family, mnl_attr_get_payload(dst), addr, sizeof(addr)))
		strcpy(addr, "?");
	snprintf(prefix, sizeof(prefix), "%s/%u", addr, attr_u32(len));
	field_str(DESTINATION, "dst", prefix);
}

/* "80" or "80-90"; in JSON always both. */
static void show_range(int column, const char *key, const struct nlattr *first,
		       const struct nlattr *last,
		       const char *(*name)(unsigned int, char *, size_t))
{
	char a[16], b[16], both[40];

	if (!first) {
		text(column, "-");
		return;
	}
	json_open(key, '[');
	json_num(NULL, attr_u32(first));
	json_num(NULL, attr_u32(last));
	json_close();
	snprintf(both, sizeof(both), "%s",
		 name(attr_u32(first), a, sizeof(a)));
	if (attr_u32(first) != attr_u32(last))
		snprintf(both, sizeof(both), "%s-%s",
			 name(attr_u32(first), a, sizeof(a)),
			 name(attr_u32(last), b, sizeof(b)));
	text(column, both);
}

static const char *number(unsigned int value, char *buf, size_t size)
{
	snprintf(buf, size, "%u", value);
	return buf;
}

static void show_verdict(const struct nlattr **tb)
{
	const bool or_else = tb[ZSOCK_A_POLICY_OR_ELSE];
	char buf[ZSOCK_NAME_MAX + 16];

	if (tb[ZSOCK_A_POLICY_REJECT]) {
		text(BACKEND, "reject");
		json_bool("reject", true);
		return;
	}
	snprintf(buf, sizeof(buf), "%s%s",
		 attr_str(tb[ZSOCK_A_POLICY_BACKEND]),
		 or_else ? ",or-else" : "");
	text(BACKEND, buf);
	json_str("backend", attr_str(tb[ZSOCK_A_POLICY_BACKEND]));
	json_bool("or_else", or_else);
}

static void show(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_POLICY_MAX + 1];

	(void)arg;
	genl_attrs(nlh, tb, ZSOCK_A_POLICY_MAX);
	list_row();
	field_num(ID, "id", attr_u32(tb[ZSOCK_A_POLICY_ID]));
	if (tb[ZSOCK_A_POLICY_UID])
		field_num(USER, "uid", attr_u32(tb[ZSOCK_A_POLICY_UID]));
	else
		text(USER, "-");
	show_cgroup(tb[ZSOCK_A_POLICY_CGROUP]);
	show_dst(tb[ZSOCK_A_POLICY_DST], tb[ZSOCK_A_POLICY_DST_LEN]);
	show_range(PORT, "dport", tb[ZSOCK_A_POLICY_DPORT],
		   tb[ZSOCK_A_POLICY_DPORT_LAST], number);
	show_range(PROTOCOL, "proto", tb[ZSOCK_A_POLICY_PROTO],
		   tb[ZSOCK_A_POLICY_PROTO_LAST], protocol_name);
	show_verdict(tb);
	field_num(HITS, "hits", attr_u64(tb[ZSOCK_A_POLICY_HITS]));
	list_row_end();
}

int policy_list(void)
{
	return list_dump(ZSOCK_CMD_POLICY_GET, headers,
			 sizeof(headers) / sizeof(headers[0]), show, NULL);
}
