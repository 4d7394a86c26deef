// SPDX-License-Identifier: GPL-2.0
/*
 * The command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/zsock_offload.h>

#include "config.h"
#include "internal.h"
#include "log.h"
#include "rules.h"

const char daemon_name[] = "zsock-offloadd";

struct config config = {
	.user = "nobody",
	.fd = -1,
	.window = WINDOW_DEFAULT,
	.sockets = SOCKETS_DEFAULT,
	.pipes = PIPES_DEFAULT,
	.silence = SILENCE_DEFAULT,
	.name = "zsock-offloadd " VERSION,
};

static const char usage_text[] =
"Usage: zsock-offloadd [OPTION...] --listen WHERE...\n"
"       zsock-offloadd [OPTION...] --fd N\n"
"Carry out the socket calls of AF_ZSOCK backends that are at the other end of a\n"
"pipe, with this host's sockets.\n"
"\n"
"      --listen WHERE   take pipes there: unix:PATH, vsock:[CID:]PORT or\n"
"                       tcp:ADDRESS:PORT; several may be given\n"
"      --fd N           one pipe is descriptor N; end with it\n"
"      --allow TO       whom programs may reach: PREFIX[:PORT[-PORT]]\n"
"      --deny TO        and whom not; the first that fits decides\n"
"      --allow-bind AT  where programs may be reached\n"
"      --deny-bind AT   and where not\n"
"      --tls            do TLS, too, with this host's AF_ZSOCK\n"
"      --internal ADDR  answer what is sent there, without any stack: the ports\n"
"                       7 echo, 9 discard, 19 chargen; for measuring\n"
"      --window N       bytes that may wait for each socket (default: 262144)\n"
"      --sockets N      sockets of each pipe (default: 4096)\n"
"      --pipes N        pipes at a time (default: 16)\n"
"      --silence MS     drop clients that say nothing for so long (default:\n"
"                       60000; 0: never)\n"
"  -f, --foreground     stay in the foreground, and log to stderr as well\n"
"      --user NAME      user to become if started as root (default: nobody)\n"
"      --pid FILE       write the process ID to FILE\n"
"  -v, --verbose        log each socket\n"
"  -V, --version        print the version\n"
"  -h, --help           print this\n";

__attribute__((noreturn))
static void usage_error(const char *what, const char *arg)
{
	if (what)
		fprintf(stderr, "zsock-offloadd: %s '%s'\n", what, arg);
	fputs("Try 'zsock-offloadd --help'.\n", stderr);
	exit(EXIT_USAGE);
}

static unsigned int number(const char *name, const char *arg, long min,
			   long max)
{
	char what[96];
	char *end;
	long n = strtol(arg, &end, 10);

	if (end != arg && !*end && n >= min && n <= max)
		return n;
	snprintf(what, sizeof(what), "--%s takes a number from %ld to %ld, not",
		 name, min, max);
	usage_error(what, arg);
}

/* Options that are only long have numbers that are no characters. */
enum { LISTEN = 256, FD, ALLOW, DENY, ALLOW_BIND, DENY_BIND, TLS, INTERNAL,
       WINDOW, SOCKETS, PIPES, SILENCE, USER, PID };

static const struct option long_options[] = {
	{ "listen", required_argument, NULL, LISTEN },
	{ "fd", required_argument, NULL, FD },
	{ "allow", required_argument, NULL, ALLOW },
	{ "deny", required_argument, NULL, DENY },
	{ "allow-bind", required_argument, NULL, ALLOW_BIND },
	{ "deny-bind", required_argument, NULL, DENY_BIND },
	{ "tls", no_argument, NULL, TLS },
	{ "internal", required_argument, NULL, INTERNAL },
	{ "window", required_argument, NULL, WINDOW },
	{ "sockets", required_argument, NULL, SOCKETS },
	{ "pipes", required_argument, NULL, PIPES },
	{ "silence", required_argument, NULL, SILENCE },
	{ "foreground", no_argument, NULL, 'f' },
	{ "user", required_argument, NULL, USER },
	{ "pid", required_argument, NULL, PID },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void add_rule(enum rules_kind kind, bool allow, const char *text)
{
	if (!rules_add(kind, allow, text))
		usage_error("not PREFIX[:PORT[-PORT]]:", text);
}

static void add_listen(const char *where)
{
	if (config.nlisten == LISTEN_MAX)
		usage_error("too many places to listen at:", where);
	config.listen[config.nlisten++] = where;
}

static bool take_number(int c, const char *arg)
{
	switch (c) {
	case FD:
		config.fd = number("fd", arg, 0, 65535);
		return true;
	case WINDOW:
		config.window = number("window", arg, ZOFF_WINDOW_MIN,
				       ZOFF_WINDOW_MAX);
		return true;
	case SOCKETS:
		config.sockets = number("sockets", arg, 1, SOCKETS_MAX);
		return true;
	case PIPES:
		config.pipes = number("pipes", arg, 1, PIPES_MAX);
		return true;
	case SILENCE:
		config.silence = number("silence", arg, 0, 600000);
		if (config.silence && config.silence < 1000)
			usage_error("--silence takes 0, or at least 1000, not",
				    arg);
		return true;
	default:
		return false;
	}
}

static bool take_rule(int c, const char *arg)
{
	switch (c) {
	case ALLOW:
	case DENY:
		add_rule(RULES_TO, c == ALLOW, arg);
		return true;
	case ALLOW_BIND:
	case DENY_BIND:
		add_rule(RULES_AT, c == ALLOW_BIND, arg);
		return true;
	default:
		return false;
	}
}

static void take(int c)
{
	if (take_number(c, optarg) || take_rule(c, optarg))
		return;
	switch (c) {
	case LISTEN:
		add_listen(optarg);
		break;
	case INTERNAL:
		if (!internal_set(optarg))
			usage_error("--internal takes an address, not", optarg);
		break;
	case TLS:
		config.tls = true;
		break;
	case 'f':
		config.foreground = true;
		break;
	case USER:
		config.user = optarg;
		break;
	case PID:
		config.pid_file = optarg;
		break;
	case 'v':
		log_verbose = true;
		break;
	case 'V':
		puts("zsock-offloadd " VERSION);
		exit(EXIT_OK);
	case 'h':
		fputs(usage_text, stdout);
		exit(EXIT_OK);
	default:
		usage_error(NULL, NULL);
	}
}

void config_parse(int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "fvVh", long_options, NULL)) != -1)
		take(c);
	if (optind < argc)
		usage_error("an argument that is not wanted:", argv[optind]);
	if (!config.nlisten && config.fd < 0)
		usage_error("nothing to do without --listen or", "--fd");
}
