// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl policy list.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <linux/zsock.h>

#include "out.h"
#include "policy.h"
#include "zsockctl.h"

enum { ID, USER, CGROUP, DESTINATION, PORT, PROTOCOL, BACKEND, HITS };

static const char * const headers[] = {
	"Id", "User", "Cgroup", "Destination", "Port", "Protocol", "Backend",
	"Hits",
};

static void show_cgroup(const struct zsk_policy *p)
{
	char path[PATH_MAX];

	if (!(p->flags & ZSK_POLICY_CGROUP)) {
		text(CGROUP, "-");
		return;
	}
	json_num("cgroup_id", p->cgroup);
	if (cgroup_path(p->cgroup, path, sizeof(path))) {
		field_str(CGROUP, "cgroup", path);
		return;
	}
	snprintf(path, sizeof(path), "id:%llu", (unsigned long long)p->cgroup);
	text(CGROUP, path);
}

static void show_dst(const struct zsk_policy *p)
{
	char addr[INET6_ADDRSTRLEN], prefix[INET6_ADDRSTRLEN + 8];

	if (!(p->flags & ZSK_POLICY_DST)) {
		text(DESTINATION, "-");
		return;
	}
	if (!inet_ntop(p->dst_size == 4 ? AF_INET : AF_INET6, p->dst, addr,
		       sizeof(addr)))
		strcpy(addr, "?");
	snprintf(prefix, sizeof(prefix), "%s/%u", addr, p->dst_len);
	field_str(DESTINATION, "dst", prefix);
}

/* "80" or "80-90"; in JSON always both. */
static void show_range(int column, const char *key, bool given,
		       const uint16_t range[2],
		       const char *(*name)(unsigned int, char *, size_t))
{
	char a[16], b[16], both[40];

	if (!given) {
		text(column, "-");
		return;
	}
	json_open(key, '[');
	json_num(NULL, range[0]);
	json_num(NULL, range[1]);
	json_close();
	snprintf(both, sizeof(both), "%s", name(range[0], a, sizeof(a)));
	if (range[0] != range[1])
		snprintf(both, sizeof(both), "%s-%s",
			 name(range[0], a, sizeof(a)),
			 name(range[1], b, sizeof(b)));
	text(column, both);
}

static const char *number(unsigned int value, char *buf, size_t size)
{
	snprintf(buf, size, "%u", value);
	return buf;
}

static void show_verdict(const struct zsk_policy *p)
{
	const bool or_else = p->flags & ZSK_POLICY_OR_ELSE;
	const char *backend = p->backend ? p->backend : "";
	char buf[ZSOCK_NAME_MAX + 16];

	if (p->flags & ZSK_POLICY_REJECT) {
		text(BACKEND, "reject");
		json_bool("reject", true);
		return;
	}
	snprintf(buf, sizeof(buf), "%s%s", backend, or_else ? ",or-else" : "");
	text(BACKEND, buf);
	json_str("backend", backend);
	json_bool("or_else", or_else);
}

static int show(const struct zsk_policy *p, void *arg)
{
	(void)arg;
	list_row();
	field_num(ID, "id", p->id);
	if (p->flags & ZSK_POLICY_UID)
		field_num(USER, "uid", p->uid);
	else
		text(USER, "-");
	show_cgroup(p);
	show_dst(p);
	show_range(PORT, "dport", p->flags & ZSK_POLICY_DPORT, p->dport,
		   number);
	show_range(PROTOCOL, "proto", p->flags & ZSK_POLICY_PROTO, p->proto,
		   protocol_name);
	show_verdict(p);
	field_num(HITS, "hits", p->hits);
	list_row_end();
	return 0;
}

int policy_list(void)
{
	struct zsk *z = kernel_open();

	if (!z)
		return EXIT_KERNEL;
	list_begin(headers, sizeof(headers) / sizeof(headers[0]), true);
	return list_said(z, zsk_policy_list(z, show, NULL));
}
