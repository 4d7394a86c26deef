// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run: run an unmodified program with its sockets on AF_ZSOCK.
 *
 * The work is done by libzsock-run.so, inside the program, or by a supervisor
 * beside it. What is here makes sure that they can work, and says so if not,
 * rather than let a program quietly run on AF_INET.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zsock-run.h"

void complain(const char *what, const char *why)
{
	fprintf(stderr, "zsock-run: %s%s%s\n", what, *what ? " " : "", why);
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

static const char *role(const struct run_options *opt)
{
	if (opt->tls_client)
		return opt->tls_server ? "both" : "client";
	return opt->tls_server ? "server" : NULL;
}

static void export_options(const struct run_options *opt, int family)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", family);
	set_or_unset(ENV_FAMILY, number);
	set_or_unset(ENV_BACKEND, opt->backend);
	set_or_unset(ENV_ONLY, opt->only);
	set_or_unset(ENV_DOMAIN, opt->domain);
	set_or_unset(ENV_RAW, opt->raw ? "1" : NULL);
	set_or_unset(ENV_FALLBACK, opt->fallback ? "1" : NULL);
	set_or_unset(ENV_SOCKS5, opt->socks5);
	set_or_unset(ENV_SOCKS5_AUTH, opt->socks5_auth);
	set_or_unset(ENV_TLS, role(opt));
	set_or_unset(ENV_TLS_TAGS, opt->tags);
	set_or_unset(ENV_TLS_PORTS, opt->ports);
	set_or_unset(ENV_TLS_ALPN, opt->alpn);
	set_or_unset(ENV_TLS_VERIFY, opt->verify);
	set_or_unset(ENV_TLS_HOSTNAME, opt->hostname);
}

/* Find the library, in a place that LD_PRELOAD can name. */
static int find_library(char *lib, size_t size)
{
	if (find_beside(LIBRARY_NAME, lib, size)) {
		complain(LIBRARY_NAME, "is not beside zsock-run and not in " LIBDIR ": run 'make' or 'make install'");
		return -1;
	}
	if (strpbrk(lib, " :")) {
		complain(lib, "cannot be preloaded: LD_PRELOAD allows neither spaces nor colons in a path");
		return -1;
	}
	return 0;
}

/*
 * A filter sees socket(), and nothing that comes after. Return: what to say
 * about an option that needs more, or NULL.
 */
static const char *too_much_for_seccomp(const struct run_options *opt)
{
	int verifies = !opt->verify || !strcmp(opt->verify, "required");

	if (opt->ports)
		return "--port needs --preload: --seccomp does not see connect() and listen()";
	if (opt->tls_client && verifies && !opt->hostname)
		return "--tls needs --hostname with --seccomp, which does not see names being looked up";
	return NULL;
}

/*
 * By which way is the program reached? @why: why not by LD_PRELOAD, if so
 */
static enum reach choose(const struct run_options *opt, const char *path,
			 char *why, size_t size)
{
	enum reach able = reachable(path, why, size);
	enum reach reach = opt->reach == AS_FITS ? able : opt->reach;
	const char *wrong = NULL;

	/* A filter reaches all but those that gain rights. */
	if (able == OUT_OF_REACH || (able == BY_SECCOMP && reach == BY_PRELOAD))
		return OUT_OF_REACH;
	if (reach == BY_SECCOMP)
		wrong = too_much_for_seccomp(opt);
	if (!wrong)
		return reach;
	complain("", wrong);
	return OUT_OF_REACH;
}

/*
 * Set the scene for the program.
 * Return: 0, or -1 if only --fallback lets it run at all.
 */
static int prepare(struct run_options *opt, char **argv, const char *path)
{
	char lib[PATH_MAX], why[PATH_MAX + 256];
	enum reach reach;
	int family;

	if (opt->reach != BY_SECCOMP && find_library(lib, sizeof(lib)))
		return -1;
	family = probe_family(opt, why, sizeof(why));
	if (family < 0) {
		complain("", why);
		return -1;
	}
	reach = choose(opt, path, why, sizeof(why));
	/* It leaves something behind until we end. */
	if (reach != OUT_OF_REACH && load_credentials(opt))
		return -1;
	export_options(opt, family);
	if (reach == BY_SECCOMP && !supervise(argv))
		return 0;
	/* Also where the program itself is out of reach: its children are not. */
	if (opt->reach != BY_SECCOMP)
		preload(lib);
	if (reach == BY_PRELOAD)
		return 0;
	if (*why)
		complain(argv[optind], why);
	return -1;
}

int main(int argc, char **argv)
{
	struct run_options opt = { 0 };
	char path[PATH_MAX];
	const char *program;
	int err;

	parse_options(argc, argv, &opt);
	program = argv[optind];
	err = find_program(program, path, sizeof(path));
	if (!err && prepare(&opt, argv, path)) {
		if (!opt.fallback) {
			complain("", opt.tls_client || opt.tls_server ?
				 "not started" :
				 "not started (--fallback would run it on AF_INET)");
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
