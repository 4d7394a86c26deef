// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl vsock map: what addresses stand for which AF_VSOCK context.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vm_sockets.h>
#include <linux/zsock.h>

#include "out.h"
#include "zsockctl.h"

static const char help[] =
"Usage: zsockctl vsock map [ list ]\n"
"       zsockctl vsock map add PREFIX[:PORT[-PORT]] CID[:PORT]\n"
"       zsockctl vsock map del PREFIX[:PORT[-PORT]]\n"
"PREFIX := { IPV4[/BITS] | '['IPV6[/BITS]']' | IPV6[/BITS] }\n"
"CID := { NUMBER | local | host | any }\n";

enum { PREFIX, PORTS, CID, CID_PORT };

static const char * const headers[] = { "Prefix", "Ports", "CID", "CID-Port" };

static const struct {
	const char *name;
	uint32_t cid;
} cids[] = {
	{ "local", VMADDR_CID_LOCAL },
	{ "host", VMADDR_CID_HOST },
	{ "any", VMADDR_CID_ANY },
};

static int wrong(const char *word, const char *what)
{
	fprintf(stderr, "zsockctl: vsock: \"%s\" is no %s, try \"zsockctl vsock help\"\n",
		word, what);
	return EXIT_USAGE;
}

static int parse_number(const char *word, unsigned long long min,
			unsigned long long max, uint32_t *value)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(word, &end, 10);
	if (errno || *word < '0' || *word > '9' || *end || n < min || n > max)
		return EXIT_USAGE;
	*value = n;
	return EXIT_OK;
}

/* PORT or PORT-PORT */
static int parse_ports(char *word, struct zsk_vsock *e)
{
	char *dash = strchr(word, '-');
	uint32_t first, last;

	if (dash)
		*dash++ = '\0';
	if (parse_number(word, 1, UINT16_MAX, &first))
		return EXIT_USAGE;
	last = first;
	if (dash && parse_number(dash, first, UINT16_MAX, &last))
		return EXIT_USAGE;
	e->port_first = first;
	e->port_last = last;
	return EXIT_OK;
}

/* ADDRESS or ADDRESS/BITS */
static int parse_address(char *word, struct zsk_vsock *e)
{
	char *slash = strchr(word, '/');

	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, word, e->address) == 1)
		e->address_size = 4;
	else if (inet_pton(AF_INET6, word, e->address) == 1)
		e->address_size = 16;
	else
		return EXIT_USAGE;
	e->bits = e->address_size * 8;
	return slash ? parse_number(slash, 0, e->bits, &e->bits) : EXIT_OK;
}

/* A colon is part of an IPv6 address, unless brackets say where that ends. */
static int parse_prefix(const char *word, struct zsk_vsock *e)
{
	char *copy = strdup(word), *at = copy, *ports = NULL;
	int ret = EXIT_USAGE;

	if (!copy)
		return wrong(word, "prefix");
	if (*at == '[') {
		ports = strchr(++at, ']');
		if (!ports)
			goto out;
		*ports++ = '\0';
		if (*ports && *ports != ':')
			goto out;
	} else if (strchr(at, ':') == strrchr(at, ':')) {
		ports = strchr(at, ':');
	}
	if (ports && *ports)
		*ports++ = '\0';
	else
		ports = NULL;
	ret = parse_address(at, e);
	if (ret == EXIT_OK && ports)
		ret = parse_ports(ports, e);
out:
	free(copy);
	return ret == EXIT_OK ? ret : wrong(word, "prefix");
}

static int parse_cid(const char *word, struct zsk_vsock *e)
{
	char *copy = strdup(word), *port;
	int ret = EXIT_USAGE;
	size_t i;

	if (!copy)
		return wrong(word, "context");
	port = strchr(copy, ':');
	if (port)
		*port++ = '\0';
	for (i = 0; i < sizeof(cids) / sizeof(cids[0]); i++) {
		if (!strcmp(copy, cids[i].name)) {
			e->cid = cids[i].cid;
			ret = EXIT_OK;
		}
	}
	if (ret != EXIT_OK)
		ret = parse_number(copy, 0, UINT32_MAX - 1ULL, &e->cid);
	if (ret == EXIT_OK && port)
		ret = parse_number(port, 1, UINT32_MAX - 1ULL, &e->cid_port);
	free(copy);
	return ret == EXIT_OK ? ret : wrong(word, "context");
}

/* ---- add, del ---- */

static int add(int argc, char **argv)
{
	struct zsk_vsock e = { .size = sizeof(e) };
	struct zsk *z;

	if (argc != 2) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	if (parse_prefix(argv[0], &e) || parse_cid(argv[1], &e))
		return EXIT_USAGE;
	z = kernel_open();
	return z ? kernel_said(z, zsk_vsock_add(z, &e)) : EXIT_KERNEL;
}

static int del(int argc, char **argv)
{
	struct zsk_vsock e = { .size = sizeof(e) };
	struct zsk *z;

	if (argc != 1) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	if (parse_prefix(argv[0], &e))
		return EXIT_USAGE;
	z = kernel_open();
	return z ? kernel_said(z, zsk_vsock_delete(z, &e)) : EXIT_KERNEL;
}

/* ---- list ---- */

static void show_prefix(const struct zsk_vsock *v)
{
	char ip[INET6_ADDRSTRLEN] = "?";
	char buf[INET6_ADDRSTRLEN + 8];

	inet_ntop(v->address_size == 4 ? AF_INET : AF_INET6, v->address, ip,
		  sizeof(ip));
	snprintf(buf, sizeof(buf), "%s/%u", ip, v->bits);
	field_str(PREFIX, "prefix", buf);
}

static void show_ports(uint32_t first, uint32_t last)
{
	char buf[32];

	json_num("first_port", first);
	json_num("last_port", last);
	if (first == last)
		snprintf(buf, sizeof(buf), "%u", first);
	else
		snprintf(buf, sizeof(buf), "%u-%u", first, last);
	text(PORTS, first == 1 && last == UINT16_MAX ? "all" : buf);
}

static void show_cid(uint32_t cid)
{
	const char *name = NULL;
	char buf[16];
	size_t i;

	for (i = 0; i < sizeof(cids) / sizeof(cids[0]); i++)
		if (cids[i].cid == cid)
			name = cids[i].name;
	snprintf(buf, sizeof(buf), "%u", cid);
	json_num("cid", cid);
	text(CID, name ? name : buf);
}

static int show(const struct zsk_vsock *v, void *arg)
{
	(void)arg;
	list_row();
	show_prefix(v);
	show_ports(v->port_first, v->port_last);
	show_cid(v->cid);
	field_num(CID_PORT, "cid_port", v->cid_port);
	list_row_end();
	return 0;
}

static int list(void)
{
	struct zsk *z = kernel_open();

	if (!z)
		return EXIT_KERNEL;
	list_begin(headers, sizeof(headers) / sizeof(headers[0]), true);
	return list_said(z, zsk_vsock_list(z, show, NULL));
}

/* ---- the object ---- */

int vsock_main(int argc, char **argv)
{
	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (!argc) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	if (!abbreviates(argv[0], "map"))
		return unknown_command("vsock", argv[0]);
	argc--;
	argv++;
	if (!argc)
		return list();
	if (abbreviates(argv[0], "list") || !strcmp(argv[0], "lst"))
		return argc > 1 ? unwanted_argument("vsock", argv[1]) : list();
	if (abbreviates(argv[0], "add"))
		return add(argc - 1, argv + 1);
	if (!strcmp(argv[0], "del") || !strcmp(argv[0], "delete"))
		return del(argc - 1, argv + 1);
	return unknown_command("vsock", argv[0]);
}
