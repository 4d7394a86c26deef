// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl: look at AF_ZSOCK's sockets, handlers, backends and counters, and
 * keep its TLS credentials and its policy.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "zsockctl.h"

const char tool_name[] = "zsockctl";

/* In the order in which abbreviations are tried. */
static const struct object objects[] = {
	{ "ss", ss_main, "[ -tualp46H ] [ FILTER ... ]     sockets" },
	{ "backend", backend_main, "{ list | add | del | monitor } ...  offload backends" },
	{ "proto", proto_main, "[ list ]                      protocol handlers" },
	{ "stat", stat_main, "[ show ] [ NAME ... ]          counters" },
	{ "cred", cred_main, "{ list | add | show | del | allow | deny } ...  TLS credentials" },
	{ "vsock", vsock_main, "map { list | add | del } ...    addresses of AF_VSOCK contexts" },
	{ "policy", policy_main, "{ list | add | del | flush } ...  which backend a socket gets" },
	{ "info", info_main, "[ show ]                       the module itself" },
};

#define OBJECTS	(sizeof(objects) / sizeof(objects[0]))

static void usage(FILE *to)
{
	size_t i;

	fputs("Usage: zsockctl [ OPTIONS ] OBJECT [ COMMAND ]\n", to);
	for (i = 0; i < OBJECTS; i++)
		fprintf(to, "       zsockctl %s %s\n", objects[i].name,
			objects[i].help);
	fputs("       zsockctl OBJECT help\n"
	      "OPTIONS := { -j[son] | -p[retty] | -V[ersion] | -h[elp] }\n", to);
}

/* Nobody should take a list cut short by a full disk for the whole. */
static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "zsockctl: cannot write: %s\n",
			strerror(errno));
		return status ? status : EXIT_USAGE;
	}
	return status;
}

/* One of the options before OBJECT. Returns false if it is none. */
static bool take_option(const char *arg)
{
	arg++;
	if (*arg == '-')
		arg++;
	if (abbreviates(arg, "json")) {
		out_json = true;
	} else if (abbreviates(arg, "pretty")) {
		out_pretty = true;
	} else if (abbreviates(arg, "Version") || !strcmp(arg, "version")) {
		puts("zsockctl " VERSION);
		exit(finish(EXIT_OK));
	} else if (abbreviates(arg, "help")) {
		usage(stdout);
		exit(finish(EXIT_OK));
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	size_t i;
	int n;

	for (n = 1; n < argc && argv[n][0] == '-'; n++) {
		if (take_option(argv[n]))
			continue;
		fprintf(stderr, "Option \"%s\" is unknown, try \"zsockctl -help\".\n",
			argv[n]);
		return EXIT_USAGE;
	}
	if (n == argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	for (i = 0; i < OBJECTS; i++)
		if (abbreviates(argv[n], objects[i].name))
			return finish(objects[i].run(argc - n - 1,
						     argv + n + 1));
	if (abbreviates(argv[n], "help")) {
		usage(stdout);
		return finish(EXIT_OK);
	}
	fprintf(stderr, "Object \"%s\" is unknown, try \"zsockctl help\".\n",
		argv[n]);
	return EXIT_USAGE;
}
