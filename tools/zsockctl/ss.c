// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl ss: AF_ZSOCK's sockets, in ss(8)'s manner.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/can.h>
#include <linux/if_packet.h>

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
"  -w, --raw        raw sockets\n"
"  -0, --packet     packet sockets\n"
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

/* What is wanted, and whether it is known who holds sockets. */
struct listing {
	struct ss_filter filter;
	bool scanned;
};

/* Of AF_PACKET and AF_CAN: all devices, or one, which may be gone. */
static const char *device_name(int index, char *buf, size_t size)
{
	char name[IF_NAMESIZE];

	if (!index)
		return "*";
	if (if_indextoname(index, name))
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "if%d", index);
	return buf;
}

/* A device, and what is heard there: all CAN frames, or an EtherType. */
static void show_device(int column, const char *key, const struct sockaddr *a)
{
	const struct sockaddr_can *can = (const void *)a;
	const struct sockaddr_ll *ll = (const void *)a;
	bool packet = a->sa_family == AF_PACKET;
	char buf[IF_NAMESIZE + 16], both[sizeof(buf) + 16], number[8] = "*";
	const char *name;

	name = device_name(packet ? ll->sll_ifindex : can->can_ifindex, buf,
			   sizeof(buf));
	if (packet)
		snprintf(number, sizeof(number), "0x%04x",
			 ntohs(ll->sll_protocol));
	snprintf(both, sizeof(both), "%s:%s", name, number);
	text(column, both);
	json_open(key, '{');
	json_str("device", name);
	if (packet)
		json_str("ethertype", number);
	json_close();
}

static void show_address(int column, const char *key, const struct sockaddr *a)
{
	char host[INET6_ADDRSTRLEN] = "*", scope[IF_NAMESIZE + 1] = "";
	char both[sizeof(host) + sizeof(scope) + 16], number[8] = "*";
	const struct sockaddr_in6 *in6 = (const void *)a;
	const struct sockaddr_in *in = (const void *)a;
	unsigned int port = 0;

	if (a && (a->sa_family == AF_PACKET || a->sa_family == AF_CAN)) {
		show_device(column, key, a);
		return;
	}
	if (a && a->sa_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		port = ntohs(in->sin_port);
	} else if (a && a->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		port = ntohs(in6->sin6_port);
		scope[0] = '%';
		if (!in6->sin6_scope_id ||
		    !if_indextoname(in6->sin6_scope_id, scope + 1))
			scope[0] = '\0';
	}
	if (port)
		snprintf(number, sizeof(number), "%u", port);
	snprintf(both, sizeof(both), strchr(host, ':') ? "[%s]%s:%s" : "%s%s:%s",
		 host, scope, number);
	text(column, both);

	json_open(key, '{');
	if (a) {
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

/* Where numbers are not those of protocols over IP, the handler tells more. */
static const char *netid(const struct zsk_sock *s, char *buf, size_t size)
{
	if (s->info->flags & ZSOCK_INFO_F_PAIR)
		return "pair";
	if (s->info->type == SOCK_RAW || s->info->domain == AF_PACKET ||
	    s->info->domain == AF_CAN)
		return s->info->handler;
	return protocol_name(s->info->protocol, buf, size);
}

static void show_socket(const struct zsk_sock *s, const struct ss_filter *f)
{
	char buf[16];

	list_row();
	field_str(NETID, "netid", netid(s, buf, sizeof(buf)));
	field_str(NOCOL, "type", type_name(s->info->type));
	field_str(NOCOL, "domain", family_name(s->info->domain, buf, sizeof(buf)));
	field_str(STATE, "state", ss_state(s));
	field_num(RECVQ, "recv_q", s->rxq);
	field_num(SENDQ, "send_q", s->txq);
	show_address(LOCAL, "local", s->local);
	show_address(REMOTE, "remote", s->remote);
	field_str(HANDLER, "handler", s->info->handler);
	json_str("backend", s->info->backend);
	text(BACKEND, s->info->backend[0] ? s->info->backend : "-");
	field_num(UID, "uid", s->uid);
	field_num(INODE, "inode", s->inode);
	show_flags(s->info->flags);
	if (f->processes)
		show_holders(s->inode);
	list_row_end();
}

static int show(const struct zsk_sock *s, void *arg)
{
	struct listing *l = arg;

	/* Not before it is known which sockets there are. */
	if (l->filter.processes && !l->scanned)
		holders_scan();
	l->scanned = true;
	if (ss_wanted(&l->filter, s))
		show_socket(s, &l->filter);
	return 0;
}

int ss_main(int argc, char **argv)
{
	int columns = sizeof(headers) / sizeof(headers[0]);
	struct listing l = { 0 };
	struct zsk *z;
	int ret;

	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return EXIT_OK;
	}
	argv[-1] = "zsockctl ss";	/* for getopt's complaints */
	ret = ss_parse(argc + 1, argv - 1, &l.filter);
	if (ret != EXIT_OK)
		return ret;
	z = kernel_open();
	if (!z)
		return EXIT_KERNEL;
	list_begin(headers, l.filter.processes ? columns : columns - 1,
		   !l.filter.no_header);
	return list_said(z, zsk_sock_list(z, show, &l));
}
