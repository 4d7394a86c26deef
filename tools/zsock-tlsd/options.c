// SPDX-License-Identifier: GPL-2.0
/*
 * The command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "options.h"
#include "resolver.h"

const char daemon_name[] = "zsock-tlsd";

static const char usage_text[] =
"Usage: zsock-tlsd [OPTION...]\n"
"Do the TLS handshakes of AF_ZSOCK sockets in this network namespace, and resolve\n"
"the names of hosts that they connect to.\n"
"\n"
"  -f, --foreground   stay in the foreground, and log to stderr as well\n"
"      --workers N    threads that do handshakes (default: as many as CPUs)\n"
"      --resolvers N  names that are looked for at a time (default: 32)\n"
"      --no-resolve   leave names to another\n"
"      --user NAME    user to become if started as root (default: nobody)\n"
"      --ca-file FILE whom clients without a CA certificate of their own trust\n"
"                     (default: the system's trust store)\n"
"      --no-system-ca such clients trust nobody\n"
"      --keylog FILE  append all secrets to FILE: whoever reads it can decrypt\n"
"                     the traffic\n"
"      --pid FILE     write the process ID to FILE\n"
"  -v, --verbose      log each handshake\n"
"  -V, --version      print the version\n"
"  -h, --help         print this\n";

__attribute__((noreturn))
static void usage_error(const char *what, const char *arg)
{
	if (what)
		fprintf(stderr, "zsock-tlsd: %s '%s'\n", what, arg);
	fputs("Try 'zsock-tlsd --help'.\n", stderr);
	exit(EXIT_USAGE);
}

static unsigned int number(const char *arg, long max, const char *wrong)
{
	char *end;
	long n = strtol(arg, &end, 10);

	if (end == arg || *end || n < 1 || n > max)
		usage_error(wrong, arg);
	return n;
}

/* Options that are only long have numbers that are no characters. */
enum { WORKERS = 256, RESOLVERS, NO_RESOLVE, USER, CA_FILE, NO_SYSTEM_CA, KEYLOG, PID };

static const struct option long_options[] = {
	{ "foreground", no_argument, NULL, 'f' },
	{ "workers", required_argument, NULL, WORKERS },
	{ "resolvers", required_argument, NULL, RESOLVERS },
	{ "no-resolve", no_argument, NULL, NO_RESOLVE },
	{ "user", required_argument, NULL, USER },
	{ "ca-file", required_argument, NULL, CA_FILE },
	{ "no-system-ca", no_argument, NULL, NO_SYSTEM_CA },
	{ "keylog", required_argument, NULL, KEYLOG },
	{ "pid", required_argument, NULL, PID },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void take(int c, struct options *opt)
{
	switch (c) {
	case 'f':
		opt->foreground = true;
		break;
	case WORKERS:
		opt->workers = number(optarg, WORKERS_MAX,
				      "--workers takes a number from 1 to 256, not");
		break;
	case RESOLVERS:
		opt->resolvers = number(optarg, RESOLVERS_MAX,
					"--resolvers takes a number from 1 to 256, not");
		break;
	case NO_RESOLVE:
		opt->no_resolve = true;
		break;
	case USER:
		opt->user = optarg;
		break;
	case CA_FILE:
		opt->ca_file = optarg;
		break;
	case NO_SYSTEM_CA:
		opt->no_system_ca = true;
		break;
	case KEYLOG:
		opt->keylog = optarg;
		break;
	case PID:
		opt->pid_file = optarg;
		break;
	case 'v':
		log_verbose = true;
		break;
	case 'V':
		puts("zsock-tlsd " VERSION);
		exit(EXIT_OK);
	case 'h':
		fputs(usage_text, stdout);
		exit(EXIT_OK);
	default:
		usage_error(NULL, NULL);
	}
}

void options_parse(int argc, char **argv, struct options *opt)
{
	int c;

	memset(opt, 0, sizeof(*opt));
	opt->user = "nobody";
	opt->resolvers = RESOLVERS_DEFAULT;
	while ((c = getopt_long(argc, argv, "fvVh", long_options, NULL)) != -1)
		take(c, opt);
	if (optind < argc)
		usage_error("an argument that is not wanted:", argv[optind]);
	if (opt->ca_file && opt->no_system_ca)
		usage_error("with --no-system-ca there is no use for --ca-file",
			    opt->ca_file);
}
