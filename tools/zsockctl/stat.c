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

static int no_counters(int error)
{
	if (error == ENOPROTOOPT)
		return kernel_not_loaded();
	fprintf(stderr, "zsockctl: cannot read the counters: %s\n",
		strerror(error));
	return EXIT_KERNEL;
}

/* What is wanted, and what there was of it. */
struct wanted {
	int argc;
	char **argv;
	bool begun;
	int shown;
};

/* An object in JSON, so that a script can say .Name */
static void begin(struct wanted *w)
{
	if (w->begun)
		return;
	w->begun = true;
	if (out_json)
		json_open(NULL, '{');
	else
		list_begin(headers, 2, true);
}

static void end(struct wanted *w)
{
	begin(w);
	if (out_json)
		json_close();
	else
		list_end();
}

static int show(const char *name, long long value, void *arg)
{
	struct wanted *w = arg;

	begin(w);
	if (!wanted(name, w->argc, w->argv))
		return 0;
	w->shown++;
	if (out_json) {
		json_num(name, value);
		return 0;
	}
	list_row();
	field_str(0, NULL, name);
	field_num(1, NULL, value);
	return 0;
}

int stat_main(int argc, char **argv)
{
	struct wanted w = { 0 };
	int ret;

	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return EXIT_OK;
	}
	if (argc && (abbreviates(argv[0], "show") || abbreviates(argv[0], "list"))) {
		argc--;
		argv++;
	}
	w.argc = argc;
	w.argv = argv;
	ret = zsk_stat_list(show, &w);
	if (ret)
		return no_counters(-ret);
	end(&w);
	if (w.shown || !argc)
		return EXIT_OK;
	fprintf(stderr, "zsockctl: no counter's name begins with \"%s\"\n",
		argv[0]);
	return EXIT_USAGE;
}
