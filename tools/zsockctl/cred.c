// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl cred: TLS credentials.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/zsock.h>

#include "cred.h"
#include "zsockctl.h"

static const char help[] =
"Usage: zsockctl cred [ list ]\n"
"       zsockctl cred add TAG TYPE FILE|- [ replace ]\n"
"       zsockctl cred show TAG [ TYPE ]\n"
"       zsockctl cred del TAG [ TYPE ]\n"
"       zsockctl cred { allow | deny } TAG uid UID\n"
"TYPE := { ca | cert | key | psk | pskid }\n";

static const char * const types[] = {
	[ZSOCK_CRED_CA] = "ca",
	[ZSOCK_CRED_CERT] = "cert",
	[ZSOCK_CRED_KEY] = "key",
	[ZSOCK_CRED_PSK] = "psk",
	[ZSOCK_CRED_PSK_ID] = "pskid",
};

const char *cred_type_name(uint32_t type)
{
	return type && type <= ZSOCK_CRED_TYPE_MAX ? types[type] : "other";
}

/* In full: "p" for "psk" would be an accident that waits to happen. */
int parse_type(const char *word, uint32_t *type)
{
	for (*type = 1; *type <= ZSOCK_CRED_TYPE_MAX; ++*type)
		if (!strcmp(word, types[*type]))
			return EXIT_OK;
	fprintf(stderr, "zsockctl: cred: no type is called \"%s\", try \"zsockctl cred help\"\n",
		word);
	return EXIT_USAGE;
}

int parse_tag(const char *word, int32_t *tag)
{
	long long value;
	int ret = arg_number("cred", word, INT_MIN, INT_MAX, "tag", &value);

	*tag = value;
	return ret;
}

static int wrong_words(void)
{
	fputs(help, stderr);
	return EXIT_USAGE;
}

/* ---- add, del ---- */

static int add(int argc, char **argv)
{
	struct cred c = { 0 };
	int ret;

	if (argc < 3 || argc > 4 ||
	    (argc == 4 && !abbreviates(argv[3], "replace")))
		return wrong_words();
	c.replace = argc == 4;
	if (parse_tag(argv[0], &c.tag) || parse_type(argv[1], &c.type))
		return EXIT_USAGE;
	ret = cred_read(argv[2], ZSOCK_CRED_LEN_MAX, &c);
	if (ret == EXIT_OK)
		ret = cred_check(&c);
	if (ret == EXIT_OK)
		ret = cred_add(&c);
	cred_wipe(&c);
	return ret;
}

static int del(int argc, char **argv)
{
	uint32_t type = ZSOCK_CRED_NONE;
	int32_t tag;

	if (argc < 1 || argc > 2)
		return wrong_words();
	if (parse_tag(argv[0], &tag) ||
	    (argc == 2 && parse_type(argv[1], &type)))
		return EXIT_USAGE;
	return cred_del(tag, type);
}

/* ---- allow, deny ---- */

static int permit(int (*change)(struct zsk *z, int tag, uint32_t uid),
		  int argc, char **argv)
{
	struct zsk *z;
	uint32_t uid;
	int32_t tag;

	if (argc != 3 || !abbreviates(argv[1], "uid"))
		return wrong_words();
	if (parse_tag(argv[0], &tag) || arg_user("cred", argv[2], &uid))
		return EXIT_USAGE;
	z = kernel_open();
	return z ? kernel_said(z, change(z, tag, uid)) : EXIT_KERNEL;
}

/* ---- the object ---- */

int cred_main(int argc, char **argv)
{
	if (!argc)
		return cred_list();
	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (abbreviates(argv[0], "list") || !strcmp(argv[0], "lst"))
		return argc > 1 ? unwanted_argument("cred", argv[1]) :
				  cred_list();
	if (abbreviates(argv[0], "show"))
		return cred_show(argc - 1, argv + 1);
	if (abbreviates(argv[0], "add"))
		return add(argc - 1, argv + 1);
	if (abbreviates(argv[0], "allow"))
		return permit(zsk_cred_allow, argc - 1, argv + 1);
	if (!strcmp(argv[0], "del") || !strcmp(argv[0], "delete"))
		return del(argc - 1, argv + 1);
	if (!strcmp(argv[0], "deny"))
		return permit(zsk_cred_deny, argc - 1, argv + 1);
	return unknown_command("cred", argv[0]);
}
