// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl policy: rules that say which backend a socket gets.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <linux/zsock.h>

#include "out.h"
#include "policy.h"
#include "zsockctl.h"

static const char help[] =
"Usage: zsockctl policy [ list ]\n"
"       zsockctl policy add [ MATCH ... ] { --backend NAME [ --or-else ] | --reject }\n"
"                           [ --before ID ]\n"
"       zsockctl policy del ID ...\n"
"       zsockctl policy flush\n"
"MATCH := { --uid USER | --cgroup PATH | --dst ADDRESS[/LENGTH] |\n"
"           --dport PORT[-PORT] | --proto PROTOCOL[-PROTOCOL] }\n";

static int wrong_words(void)
{
	fputs(help, stderr);
	return EXIT_USAGE;
}

static int nonsense(const char *word, const char *what)
{
	fprintf(stderr, "zsockctl: policy: \"%s\" is no %s\n", word, what);
	return EXIT_USAGE;
}

/* ---- what a rule is made of ---- */

/* ADDRESS or ADDRESS/LENGTH */
static int parse_dst(const char *word, struct zsk_policy *r)
{
	const char *slash = strchr(word, '/');
	char addr[INET6_ADDRSTRLEN] = "";
	size_t len = slash ? (size_t)(slash - word) : strlen(word);
	long long bits;

	if (len < sizeof(addr))
		memcpy(addr, word, len);
	if (inet_pton(AF_INET, addr, r->dst) == 1)
		r->dst_size = 4;
	else if (inet_pton(AF_INET6, addr, r->dst) == 1)
		r->dst_size = 16;
	else
		return nonsense(word, "address");
	r->flags |= ZSK_POLICY_DST;
	r->dst_len = r->dst_size * 8;
	if (!slash)
		return EXIT_OK;
	if (arg_number("policy", slash + 1, 0, r->dst_len,
		       "length of a prefix", &bits))
		return EXIT_USAGE;
	r->dst_len = bits;
	return EXIT_OK;
}

/* One of a range: a number, or for protocols a name, which may be two. */
static int parse_end(const char *word, bool names, const char *what,
		     uint16_t range[2])
{
	long long value;

	if (names && protocol_number(word, range))
		return EXIT_OK;
	if (arg_number("policy", word, 0, UINT16_MAX, what, &value))
		return EXIT_USAGE;
	range[0] = range[1] = value;
	return EXIT_OK;
}

static int parse_range(const char *word, bool names, const char *what,
		       uint16_t range[2])
{
	const char *dash = strchr(word, '-');
	uint16_t last[2];
	char first[32];

	if (!dash)
		return parse_end(word, names, what, range);
	snprintf(first, sizeof(first), "%.*s", (int)(dash - word), word);
	if (parse_end(first, names, what, range) ||
	    parse_end(dash + 1, names, what, last))
		return EXIT_USAGE;
	range[1] = last[1];
	return range[0] <= range[1] ? EXIT_OK : nonsense(word, what);
}

static int parse_id(const char *word, uint32_t *id)
{
	long long value;
	int ret = arg_number("policy", word, 1, UINT32_MAX, "id of a rule",
			     &value);

	*id = value;
	return ret;
}

/* ---- add ---- */

static const struct option options[] = {
	{ "uid", required_argument, NULL, 'u' },
	{ "cgroup", required_argument, NULL, 'c' },
	{ "dst", required_argument, NULL, 'd' },
	{ "dport", required_argument, NULL, 'p' },
	{ "proto", required_argument, NULL, 'P' },
	{ "backend", required_argument, NULL, 'b' },
	{ "reject", no_argument, NULL, 'r' },
	{ "or-else", no_argument, NULL, 'o' },
	{ "before", required_argument, NULL, 'B' },
	{ }
};

static int take_option(int option, struct zsk_policy *r)
{
	switch (option) {
	case 'u':
		r->flags |= ZSK_POLICY_UID;
		return arg_user("policy", optarg, &r->uid);
	case 'c':
		r->flags |= ZSK_POLICY_CGROUP;
		return cgroup_id(optarg, &r->cgroup);
	case 'd':
		return parse_dst(optarg, r);
	case 'p':
		r->flags |= ZSK_POLICY_DPORT;
		return parse_range(optarg, false, "port", r->dport);
	case 'P':
		r->flags |= ZSK_POLICY_PROTO;
		return parse_range(optarg, true, "protocol", r->proto);
	case 'b':
		r->backend = optarg;
		return strlen(optarg) < ZSOCK_NAME_MAX ? EXIT_OK :
		       nonsense(optarg, "name of a backend");
	case 'r':
		r->flags |= ZSK_POLICY_REJECT;
		return EXIT_OK;
	case 'o':
		r->flags |= ZSK_POLICY_OR_ELSE;
		return EXIT_OK;
	case 'B':
		return parse_id(optarg, &r->before);
	default:	/* getopt_long() has said what is wrong */
		return EXIT_USAGE;
	}
}

static int add_rule(const struct zsk_policy *r)
{
	struct zsk *z = kernel_open();
	uint32_t id = 0;
	int ret;

	if (!z)
		return EXIT_KERNEL;
	ret = kernel_said(z, zsk_policy_add(z, r, &id));
	if (ret == EXIT_OK && out_json) {
		json_open(NULL, '{');
		json_num("id", id);
		json_close();
	}
	return ret;
}

/* @argv[-1] is the command: getopt_long() begins behind it. */
static int add(int argc, char **argv)
{
	struct zsk_policy r = { .size = sizeof(r) };
	char name[] = "zsockctl";
	int option;

	argv[-1] = name;
	while ((option = getopt_long(argc + 1, argv - 1, "", options, NULL)) != -1)
		if (take_option(option, &r))
			return EXIT_USAGE;
	if (optind <= argc)
		return unwanted_argument("policy", argv[optind - 1]);
	if (!r.backend == !(r.flags & ZSK_POLICY_REJECT) ||
	    !(~r.flags & (ZSK_POLICY_REJECT | ZSK_POLICY_OR_ELSE)))
		return wrong_words();
	return add_rule(&r);
}

/* ---- del, flush ---- */

static int del_rule(uint32_t id)
{
	struct zsk *z = kernel_open();

	return z ? kernel_said(z, zsk_policy_delete(z, id)) : EXIT_KERNEL;
}

/* All that can be deleted, whatever becomes of the others. */
static int del(int argc, char **argv)
{
	int worst = EXIT_OK, ret, i;
	uint32_t id;

	if (!argc)
		return wrong_words();
	for (i = 0; i < argc; i++)
		if (parse_id(argv[i], &id))
			return EXIT_USAGE;
	for (i = 0; i < argc; i++) {
		parse_id(argv[i], &id);
		ret = del_rule(id);
		if (ret != EXIT_OK)
			worst = ret;
	}
	return worst;
}

static int flush(int argc, char **argv)
{
	struct zsk *z;

	if (argc)
		return unwanted_argument("policy", argv[0]);
	z = kernel_open();
	return z ? kernel_said(z, zsk_policy_flush(z)) : EXIT_KERNEL;
}

/* ---- the object ---- */

/* What changes something is not abbreviated by accident. */
int policy_main(int argc, char **argv)
{
	if (!argc)
		return policy_list();
	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (abbreviates(argv[0], "list") || abbreviates(argv[0], "show") ||
	    !strcmp(argv[0], "lst"))
		return argc > 1 ? unwanted_argument("policy", argv[1]) :
				  policy_list();
	if (abbreviates(argv[0], "add"))
		return add(argc - 1, argv + 1);
	if (!strcmp(argv[0], "del") || !strcmp(argv[0], "delete"))
		return del(argc - 1, argv + 1);
	if (!strcmp(argv[0], "flush"))
		return flush(argc - 1, argv + 1);
	return unknown_command("policy", argv[0]);
}
