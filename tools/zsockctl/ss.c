// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl ss: AF_ZSOCK's sockets, in ss(8)'s manner.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/genl.h"
#include "out.h"
#include "procs.h"
#include "ss.h"
#include "zsockctl.h"

static const char help[] =
"Usage: zsockctl ss [ OPTIONS ] [ FILTER ... ]\n"
"  -a, --all        all sockets, not only connected ones\n"
"  -l, --listening  sockets that wait for peers, and no others\n"
"  -t, --tcp        stream sockets\n"
"  -u, --udp        datagram sockets\n"
"  -4, --ipv4       sockets with IPv4 addresses\n"
"  -6, --ipv6       sockets with IPv6 addresses\n"
"  -p, --processes  who holds them\n"
"  -H, --no-header  no header line\n"
"  -n, --numeric    nothing: addresses are never looked up\n"
"FILTER := { state STATE | handler NAME | backend NAME }\n"
"STATE := { established | syn-sent | syn-recv | fin-wait-1 | fin-wait-2 |\n"
"           time-wait | unconn | close-wait | last-ack | listen | closing |\n"
"           fresh }\n";

enum {
	NETID, STATE, RECVQ, SENDQ, LOCAL, REMOTE, HANDLER, BACKEND, UID, INODE,
	PROCESS,
};

static const char * const headers[] = {
	"Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port",
	"Peer Address:Port", "Handler", "Backend", "Uid", "Inode", "Process",
};

static void copy_attr(void *to, size_t size, const struct nlattr *attr)
{
	size_t len;

	if (!attr)
		return;
	len = mnl_attr_get_payload_len(attr);
	memcpy(to, mnl_attr_get_payload(attr), len < size ? len : size);
}

static void parse(const struct nlmsghdr *nlh, struct zsocket *s)
{
	const struct nlattr *tb[ZSOCK_A_SOCK_MAX + 1];

	memset(s, 0, sizeof(*s));
	genl_attrs(nlh, tb, ZSOCK_A_SOCK_MAX);
	copy_attr(&s->info, sizeof(s->info), tb[ZSOCK_A_SOCK_INFO]);
	copy_attr(&s->local, sizeof(s->local), tb[ZSOCK_A_SOCK_LOCAL]);
	copy_attr(&s->remote, sizeof(s->remote), tb[ZSOCK_A_SOCK_REMOTE]);
	s->inode = attr_u32(tb[ZSOCK_A_SOCK_INODE]);
	s->uid = attr_u32(tb[ZSOCK_A_SOCK_UID]);
	s->state = attr_u32(tb[ZSOCK_A_SOCK_STATE]);
	s->rxq = attr_u32(tb[ZSOCK_A_SOCK_RXQ]);
	s->txq = attr_u32(tb[ZSOCK_A_SOCK_TXQ]);
}

static void show_address(int column, const char *key, const union address *a)
{
	char host[INET6_ADDRSTRLEN] = "*", scope[IF_NAMESIZE + 1] = "";
	char both[sizeof(host) + sizeof(scope) + 16], number[8] = "*";
	unsigned int port = 0;

	if (a->sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof(host));
		port = ntohs(a->in.sin_port);
	} else if (a->sa.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof(host));
		port = ntohs(a->in6.sin6_port);
		scope[0] = '%';
		if (!a->in6.sin6_scope_id ||
		    !if_indextoname(a->in6.sin6_scope_id, scope + 1))
			scope[0] = '\0';
	}
	if (port)
		snprintf(number, sizeof(number), "%u", port);
	snprintf(both, sizeof(both), strchr(host, ':') ? "[%s]%s:%s" : "%s%s:%s",
		 host, scope, number);
	text(column, both);

	json_open(key, '{');
	if (a->sa.sa_family) {
		json_str("address", host);
		if (scope[0])
			json_str("device", scope + 1);
		json_num("port", port);
	}
	json_close();
}

static void show_flags(uint32_t flags)
{
	static const char * const names[] = {
		"dual", "pair", "accepted", "tls-tx", "tls-rx",
	};
	size_t i;

	json_open("flags", '[');
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & 1U << i)
			json_str(NULL, names[i]);
	json_close();
}

/* users:(("curl",pid=12,fd=5)) */
static void show_holders(unsigned long inode)
{
	int count, i;
	const struct holder *h = holders_of(inode, &count);
	size_t size = 16 + count * 96;
	char *all = malloc(size);
	size_t len = 0;

	if (!all)
		return;
	all[0] = '\0';
	json_open("processes", '[');
	for (i = 0; i < count; i++, h++) {
		len += snprintf(all + len, size - len,
				"%s(\"%s\",pid=%d,fd=%d)",
				i ? "," : "users:(", h->name, h->pid, h->fd);
		json_open(NULL, '{');
		json_str("name", h->name);
		json_num("pid", h->pid);
		json_num("fd", h->fd);
		json_close();
	}
	json_close();
	if (count)
		snprintf(all + len, size - len, ")");
	text(PROCESS, all);
	free(all);
}

static void show_socket(const struct zsocket *s, const struct ss_filter *f)
{
	char buf[16];

	list_row();
	field_str(NETID, "netid", s->info.flags & ZSOCK_INFO_F_PAIR ? "pair" :
		  protocol_name(s->info.protocol, buf, sizeof(buf)));
	field_str(NOCOL, "type", type_name(s->info.type));
	field_str(NOCOL, "domain", family_name(s->info.domain, buf, sizeof(buf)));
	field_str(STATE, "state", ss_state(s));
	field_num(RECVQ, "recv_q", s->rxq);
	field_num(SENDQ, "send_q", s->txq);
	show_address(LOCAL, "local", &s->local);
	show_address(REMOTE, "remote", &s->remote);
	field_str(HANDLER, "handler", s->info.handler);
	json_str("backend", s->info.backend);
	text(BACKEND, s->info.backend[0] ? s->info.backend : "-");
	field_num(UID, "uid", s->uid);
	field_num(INODE, "inode", s->inode);
	show_flags(s->info.flags);
	if (f->processes)
		show_holders(s->inode);
	list_row_end();
}

static void show(const struct nlmsghdr *nlh, void *arg)
{
	const struct ss_filter *f = arg;
	struct zsocket s;

	parse(nlh, &s);
	if (ss_wanted(f, &s))
		show_socket(&s, f);
}

int ss_main(int argc, char **argv)
{
	struct ss_filter f = { 0 };
	int columns = sizeof(headers) / sizeof(headers[0]);
	int ret;

	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return EXIT_OK;
	}
	argv[-1] = "zsockctl ss";	/* for getopt's complaints */
	ret = ss_parse(argc + 1, argv - 1, &f);
	if (ret != EXIT_OK)
		return ret;
	ret = genl_ask(ZSOCK_CMD_SOCK_GET, true);
	if (ret != EXIT_OK)
		return ret;
	if (f.processes)
		holders_scan();
	list_begin(headers, f.processes ? columns : columns - 1, !f.no_header);
	genl_each(show, &f);
	list_end();
	return EXIT_OK;
}
