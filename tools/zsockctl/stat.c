// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl stat: the counters of this network namespace.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "out.h"
#include "zsockctl.h"

#define STAT_FILE	"/proc/net/zsock_stat"

static const char help[] =
"Usage: zsockctl stat [ show ] [ NAME ... ]\n"
"NAME is the beginning of a counter's name, in either case of letters.\n";

static const char * const headers[] = { "Name", "Value" };

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strncasecmp(name, argv[i], strlen(argv[i])))
			return true;
	return !argc;
}

static int no_file(void)
{
	if (errno == ENOENT)
		fputs("zsockctl: the zsock module is not loaded: load it with 'modprobe zsock' or 'insmod zsock.ko'\n",
		      stderr);
	else
		fprintf(stderr, "zsockctl: %s: %s\n", STAT_FILE,
			strerror(errno));
	return EXIT_KERNEL;
}

/* An object in JSON, so that a script can say .Name */
static int show(FILE *file, int argc, char **argv)
{
	long long value;
	char name[64];
	int shown = 0;

	if (out_json)
		json_open(NULL, '{');
	else
		list_begin(headers, 2, true);
	while (fscanf(file, "%63s %lld", name, &value) == 2) {
		if (!wanted(name, argc, argv))
			continue;
		shown++;
		if (out_json) {
			json_num(name, value);
			continue;
		}
		list_row();
		field_str(0, NULL, name);
		field_num(1, NULL, value);
	}
	if (out_json)
		json_close();
	else
		list_end();
	return shown;
}

int stat_main(int argc, char **argv)
{
	FILE *file;
	int shown;

	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (argc && (abbreviates(argv[0], "show") || abbreviates(argv[0], "list"))) {
		argc--;
		argv++;
	}
	file = fopen(STAT_FILE, "re");
	if (!file)
		return no_file();
	shown = show(file, argc, argv);
	fclose(file);
	if (shown || !argc)
		return EXIT_OK;
	fprintf(stderr, "zsockctl: no counter's name begins with \"%s\"\n",
		argv[0]);
	return EXIT_USAGE;
}
