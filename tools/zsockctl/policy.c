// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl policy: rules that say which backend a socket gets.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <linux/zsock.h>

#include "../common/genl.h"
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

struct rule {
	const char *backend;
	bool reject, or_else;
	bool has_uid, has_cgroup, has_dport, has_proto, has_len;
	uint32_t uid, before;
	uint64_t cgroup;
	uint8_t dst[16];
	size_t dst_size;	/* 0 without one */
	uint32_t dst_len;
	uint16_t dport[2], proto[2];
};

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
static int parse_dst(const char *word, struct rule *r)
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
	r->has_len = slash;
	if (!slash)
		return EXIT_OK;
	if (arg_number("policy", slash + 1, 0, r->dst_size * 8,
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

static int take_option(int option, struct rule *r)
{
	switch (option) {
	case 'u':
		r->has_uid = true;
		return arg_user("policy", optarg, &r->uid);
	case 'c':
		r->has_cgroup = true;
		return cgroup_id(optarg, &r->cgroup);
	case 'd':
		return parse_dst(optarg, r);
	case 'p':
		r->has_dport = true;
		return parse_range(optarg, false, "port", r->dport);
	case 'P':
		r->has_proto = true;
		return parse_range(optarg, true, "protocol", r->proto);
	case 'b':
		r->backend = optarg;
		return strlen(optarg) < ZSOCK_NAME_MAX ? EXIT_OK :
		       nonsense(optarg, "name of a backend");
	case 'r':
		r->reject = true;
		return EXIT_OK;
	case 'o':
		r->or_else = true;
		return EXIT_OK;
	case 'B':
		return parse_id(optarg, &r->before);
	default:	/* getopt_long() has said what is wrong */
		return EXIT_USAGE;
	}
}

static void put_range(struct nlmsghdr *nlh, int attr, const uint16_t range[2])
{
	mnl_attr_put_u32(nlh, attr, range[0]);
	mnl_attr_put_u32(nlh, attr + 1, range[1]);
}

static void fill_rule(struct nlmsghdr *nlh, const void *arg)
{
	const struct rule *r = arg;

	if (r->has_uid)
		mnl_attr_put_u32(nlh, ZSOCK_A_POLICY_UID, r->uid);
	if (r->has_cgroup)
		mnl_attr_put_u64(nlh, ZSOCK_A_POLICY_CGROUP, r->cgroup);
	if (r->dst_size)
		mnl_attr_put(nlh, ZSOCK_A_POLICY_DST, r->dst_size, r->dst);
	if (r->has_len)
		mnl_attr_put_u32(nlh, ZSOCK_A_POLICY_DST_LEN, r->dst_len);
	if (r->has_dport)
		put_range(nlh, ZSOCK_A_POLICY_DPORT, r->dport);
	if (r->has_proto)
		put_range(nlh, ZSOCK_A_POLICY_PROTO, r->proto);
	if (r->backend)
		mnl_attr_put_strz(nlh, ZSOCK_A_POLICY_BACKEND, r->backend);
	if (r->reject)
		mnl_attr_put(nlh, ZSOCK_A_POLICY_REJECT, 0, NULL);
	if (r->or_else)
		mnl_attr_put(nlh, ZSOCK_A_POLICY_OR_ELSE, 0, NULL);
	if (r->before)
		mnl_attr_put_u32(nlh, ZSOCK_A_POLICY_BEFORE, r->before);
}

static void show_id(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_POLICY_MAX + 1];

	(void)arg;
	genl_attrs(nlh, tb, ZSOCK_A_POLICY_MAX);
	json_open(NULL, '{');
	json_num("id", attr_u32(tb[ZSOCK_A_POLICY_ID]));
	json_close();
}

/* @argv[-1] is the command: getopt_long() begins behind it. */
static int add(int argc, char **argv)
{
	struct rule r = { 0 };
	char name[] = "zsockctl";
	int option, ret;

	argv[-1] = name;
	while ((option = getopt_long(argc + 1, argv - 1, "", options, NULL)) != -1)
		if (take_option(option, &r))
			return EXIT_USAGE;
	if (optind <= argc)
		return unwanted_argument("policy", argv[optind - 1]);
	if (!r.backend == !r.reject || (r.reject && r.or_else))
		return wrong_words();
	ret = genl_send(ZSOCK_CMD_POLICY_ADD, false, fill_rule, &r, 0);
	if (ret == EXIT_OK && out_json)
		genl_each(show_id, NULL);
	return ret;
}

/* ---- del, flush ---- */

static void fill_id(struct nlmsghdr *nlh, const void *arg)
{
	const uint32_t *id = arg;

	if (*id)
		mnl_attr_put_u32(nlh, ZSOCK_A_POLICY_ID, *id);
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
		ret = genl_send(ZSOCK_CMD_POLICY_DEL, false, fill_id, &id, 0);
		if (ret != EXIT_OK)
			worst = ret;
	}
	return worst;
}

static int flush(int argc, char **argv)
{
	const uint32_t all = 0;

	if (argc)
		return unwanted_argument("policy", argv[0]);
	return genl_send(ZSOCK_CMD_POLICY_DEL, false, fill_id, &all, 0);
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
