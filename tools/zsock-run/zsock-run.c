// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run: run an unmodified program with its sockets on AF_ZSOCK.
 *
 * The work is done by libzsock-run.so, inside the program. What is here makes
 * sure that it can work, and says so if not, rather than let a program quietly
 * run on AF_INET.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zsock-run.h"

static const char usage_text[] =
"Usage: zsock-run [OPTION...] [--] PROGRAM [ARG...]\n"
"Run PROGRAM with its AF_INET and AF_INET6 stream and datagram sockets made as\n"
"AF_ZSOCK sockets.\n"
"\n"
"  --backend NAME   put every socket on this offload backend\n"
"  --only TYPE      take over 'stream' or 'dgram' sockets only\n"
"  --domain FAMILY  take over sockets of IPv'4' or IPv'6' only\n"
"  --fallback       where AF_ZSOCK is not to be had, warn and use AF_INET\n"
"  -V, --version    print the version\n"
"  -h, --help       print this\n"
"\n"
"The exit status is PROGRAM's, or 125 if zsock-run fails itself, 126 if PROGRAM\n"
"cannot be executed, 127 if it is not found.\n";

static void complain(const char *what, const char *why)
{
	fprintf(stderr, "zsock-run: %s%s%s\n", what, *what ? " " : "", why);
}

__attribute__((noreturn))
static void usage_error(const char *what, const char *arg)
{
	if (what)
		fprintf(stderr, "zsock-run: %s '%s'\n", what, arg);
	fputs("Try 'zsock-run --help'.\n", stderr);
	exit(EXIT_OWN_FAILURE);
}

static const char *one_of(const char *arg, const char *a, const char *b,
			  const char *complaint)
{
	if (strcmp(arg, a) && strcmp(arg, b))
		usage_error(complaint, arg);
	return arg;
}

static void parse(int argc, char **argv, struct run_options *opt)
{
	static const struct option options[] = {
		{ "backend", required_argument, NULL, 'b' },
		{ "only", required_argument, NULL, 'o' },
		{ "domain", required_argument, NULL, 'd' },
		{ "fallback", no_argument, NULL, 'f' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	/* '+': what comes after PROGRAM is PROGRAM's */
	while ((c = getopt_long(argc, argv, "+Vh", options, NULL)) != -1) {
		switch (c) {
		case 'b':
			if (!*optarg || strlen(optarg) >= ZSOCK_NAME_MAX)
				usage_error("not a backend's name:", optarg);
			opt->backend = optarg;
			break;
		case 'o':
			opt->only = one_of(optarg, "stream", "dgram",
					   "--only takes 'stream' or 'dgram', not");
			break;
		case 'd':
			opt->domain = one_of(optarg, "4", "6",
					     "--domain takes 4 or 6, not");
			break;
		case 'f':
			opt->fallback = 1;
			break;
		case 'V':
			puts("zsock-run " VERSION);
			exit(0);
		case 'h':
			fputs(usage_text, stdout);
			exit(0);
		default:
			usage_error(NULL, NULL);
		}
	}
	if (optind == argc) {
		complain("", "no program to run");
		usage_error(NULL, NULL);
	}
}

static void set_or_unset(const char *name, const char *value)
{
	if (value ? setenv(name, value, 1) : unsetenv(name)) {
		perror("zsock-run: cannot set the environment");
		exit(EXIT_OWN_FAILURE);
	}
}

/* Is @lib one of the paths in @list? The linker takes spaces and colons. */
static int listed(const char *list, const char *lib)
{
	size_t len = strlen(lib);

	while (*list) {
		size_t n = strcspn(list, " :");

		if (n == len && !strncmp(list, lib, len))
			return 1;
		list += n;
		list += strspn(list, " :");
	}
	return 0;
}

/*
 * The user's own libraries stay, and stay in front: a wrapper of socket() there
 * sees what the program asked for and goes on to ours, and one that insists on
 * being the first (AddressSanitizer's) is.
 */
static void preload(const char *lib)
{
	const char *users = getenv("LD_PRELOAD");
	size_t size;
	char *both;

	if (!users || !*users) {
		set_or_unset("LD_PRELOAD", lib);
		return;
	}
	if (listed(users, lib))
		return;
	size = strlen(users) + strlen(lib) + 2;
	both = malloc(size);
	if (both)
		snprintf(both, size, "%s:%s", users, lib);
	set_or_unset("LD_PRELOAD", both ? both : lib);
	free(both);
}

static void export_options(const struct run_options *opt, int family)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", family);
	set_or_unset(ENV_FAMILY, number);
	set_or_unset(ENV_BACKEND, opt->backend);
	set_or_unset(ENV_ONLY, opt->only);
	set_or_unset(ENV_DOMAIN, opt->domain);
	set_or_unset(ENV_FALLBACK, opt->fallback ? "1" : NULL);
}

/*
 * Set the scene for the program.
 * Return: 0, or -1 if only --fallback lets it run at all.
 */
static int prepare(const struct run_options *opt, const char *program,
		   const char *path)
{
	char lib[PATH_MAX], why[PATH_MAX + 256];
	int family, ret = 0;

	if (find_library(lib, sizeof(lib))) {
		complain(LIBRARY_NAME, "is not beside zsock-run and not in " LIBDIR ": run 'make' or 'make install'");
		return -1;
	}
	if (strpbrk(lib, " :")) {
		complain(lib, "cannot be preloaded: LD_PRELOAD allows neither spaces nor colons in a path");
		return -1;
	}
	family = probe_family(opt, why, sizeof(why));
	if (family < 0) {
		complain("", why);
		return -1;
	}
	if (!preloadable(path, why, sizeof(why))) {
		complain(program, why);
		ret = -1;
	}
	/* Also where the program itself is out of reach: its children are not. */
	preload(lib);
	export_options(opt, family);
	return ret;
}

int main(int argc, char **argv)
{
	struct run_options opt = { 0 };
	char path[PATH_MAX];
	const char *program;
	int err;

	parse(argc, argv, &opt);
	program = argv[optind];
	err = find_program(program, path, sizeof(path));
	if (!err && prepare(&opt, program, path)) {
		if (!opt.fallback) {
			complain("", "not started (--fallback would run it on AF_INET)");
			return EXIT_OWN_FAILURE;
		}
		complain("warning:", "running it all the same, on AF_INET");
	}
	if (!err) {
		execvp(path, argv + optind);
		err = errno;
	}
	fprintf(stderr, "zsock-run: %s: %s\n", program, strerror(err));
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC;
}
