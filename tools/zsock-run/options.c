// SPDX-License-Identifier: GPL-2.0
/*
 * The command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "socks5.h"
#include "tls_settings.h"
#include "zsock-run.h"

static const char usage_text[] =
"Usage: zsock-run [OPTION...] [--] PROGRAM [ARG...]\n"
"Run PROGRAM with its AF_INET and AF_INET6 stream and datagram sockets made as\n"
"AF_ZSOCK sockets.\n"
"\n"
"  --backend NAME   put every socket on this offload backend\n"
"  --only TYPE      take over 'stream' or 'dgram' sockets only\n"
"  --domain FAMILY  take over sockets of IPv'4' or IPv'6' only\n"
"  --raw            take over raw and packet (AF_PACKET) sockets, too\n"
"  --socks5 HOST[:PORT]   TCP connections go by way of this proxy\n"
"  --socks5-auth FILE     user:password for it, in the first line of FILE\n"
"  --fallback       where AF_ZSOCK is not to be had, warn and use AF_INET\n"
"  --preload        reach PROGRAM by LD_PRELOAD, or not at all\n"
"  --seccomp        reach it by a seccomp filter, as is done by default where it\n"
"                   is statically linked, written in Go, or of another C library\n"
"\n"
"  --tls            TLS for the TCP connections that PROGRAM makes\n"
"  --tls-server     TLS for those that it accepts\n"
"  --ca FILE        verify the peer's certificate with these; else a client does\n"
"                   with those that the system has\n"
"  --cert FILE      PROGRAM's own certificate, and those that lead to its root\n"
"  --key FILE       the private key of it\n"
"  --tag N[,N...]   use the credentials of these tags (see zsockctl)\n"
"  --verify HOW     the peer's certificate is 'required', is looked at if there\n"
"                   is one ('optional'), or is not asked for ('none')\n"
"  --hostname NAME  the peer's name, whatever PROGRAM looked up; \"\" for any\n"
"  --alpn L[,L...]  application protocols to be agreed upon\n"
"  --port P[,P...]  TLS only for connections to these ports, and listeners on them\n"
"\n"
"  -V, --version    print the version\n"
"  -h, --help       print this\n"
"\n"
"The exit status is PROGRAM's, or 125 if zsock-run fails itself, 126 if PROGRAM\n"
"cannot be executed, 127 if it is not found.\n";

enum {
	OPT_BACKEND = 256, OPT_ONLY, OPT_DOMAIN, OPT_RAW, OPT_FALLBACK,
	OPT_SOCKS5, OPT_SOCKS5_AUTH,
	OPT_PRELOAD, OPT_SECCOMP, OPT_TLS, OPT_TLS_SERVER, OPT_CA, OPT_CERT, OPT_KEY, OPT_TAG, OPT_VERIFY,
	OPT_HOSTNAME, OPT_ALPN, OPT_PORT,
};

static const struct option options[] = {
	{ "backend", required_argument, NULL, OPT_BACKEND },
	{ "only", required_argument, NULL, OPT_ONLY },
	{ "domain", required_argument, NULL, OPT_DOMAIN },
	{ "raw", no_argument, NULL, OPT_RAW },
	{ "socks5", required_argument, NULL, OPT_SOCKS5 },
	{ "socks5-auth", required_argument, NULL, OPT_SOCKS5_AUTH },
	{ "fallback", no_argument, NULL, OPT_FALLBACK },
	{ "preload", no_argument, NULL, OPT_PRELOAD },
	{ "seccomp", no_argument, NULL, OPT_SECCOMP },
	{ "tls", no_argument, NULL, OPT_TLS },
	{ "tls-server", no_argument, NULL, OPT_TLS_SERVER },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "tag", required_argument, NULL, OPT_TAG },
	{ "verify", required_argument, NULL, OPT_VERIFY },
	{ "hostname", required_argument, NULL, OPT_HOSTNAME },
	{ "alpn", required_argument, NULL, OPT_ALPN },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

__attribute__((noreturn))
static void usage_error(const char *what, const char *arg)
{
	if (what)
		fprintf(stderr, "zsock-run: %s '%s'\n", what, arg);
	fputs("Try 'zsock-run --help'.\n", stderr);
	exit(EXIT_OWN_FAILURE);
}

__attribute__((noreturn))
static void contradiction(const char *why)
{
	complain("", why);
	usage_error(NULL, NULL);
}

static const char *one_of(const char *arg, const char *a, const char *b,
			  const char *complaint)
{
	if (strcmp(arg, a) && strcmp(arg, b))
		usage_error(complaint, arg);
	return arg;
}

static const char *backend_name(const char *arg)
{
	if (!*arg || strlen(arg) >= ZSOCK_NAME_MAX)
		usage_error("not a backend's name:", arg);
	return arg;
}

static void take_reach(enum reach reach, struct run_options *opt)
{
	if (opt->reach != AS_FITS && opt->reach != reach)
		contradiction("--preload and --seccomp exclude each other");
	opt->reach = reach;
}

/* What @read makes of @arg. */
static const char *words_of(const char *(*read)(const char *arg,
						const char **why),
			    const char *option, const char *arg)
{
	const char *why, *words = read(arg, &why);

	if (words)
		return words;
	fprintf(stderr, "zsock-run: %s '%s': %s\n", option, arg, why);
	usage_error(NULL, NULL);
}

static void take_option(int c, struct run_options *opt)
{
	switch (c) {
	case OPT_BACKEND:
		opt->backend = backend_name(optarg);
		break;
	case OPT_ONLY:
		opt->only = one_of(optarg, "stream", "dgram",
				   "--only takes 'stream' or 'dgram', not");
		break;
	case OPT_DOMAIN:
		opt->domain = one_of(optarg, "4", "6",
				     "--domain takes 4 or 6, not");
		break;
	case OPT_RAW:
		opt->raw = 1;
		break;
	case OPT_SOCKS5:
		opt->socks5 = words_of(socks5_resolve, "--socks5", optarg);
		break;
	case OPT_SOCKS5_AUTH:
		opt->socks5_auth = words_of(socks5_read_auth, "--socks5-auth",
					    optarg);
		break;
	case OPT_FALLBACK:
		opt->fallback = 1;
		break;
	case OPT_PRELOAD:
	case OPT_SECCOMP:
		take_reach(c == OPT_PRELOAD ? BY_PRELOAD : BY_SECCOMP, opt);
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

/* Returns 0 if it is not one of those for TLS. */
static int take_tls_option(int c, struct run_options *opt)
{
	const char **word;

	switch (c) {
	case OPT_TLS:
		opt->tls_client = 1;
		return 1;
	case OPT_TLS_SERVER:
		opt->tls_server = 1;
		return 1;
	case OPT_CA:
		word = &opt->ca;
		break;
	case OPT_CERT:
		word = &opt->cert;
		break;
	case OPT_KEY:
		word = &opt->key;
		break;
	case OPT_TAG:
		word = &opt->tags;
		break;
	case OPT_VERIFY:
		word = &opt->verify;
		break;
	case OPT_HOSTNAME:
		word = &opt->hostname;
		break;
	case OPT_ALPN:
		word = &opt->alpn;
		break;
	case OPT_PORT:
		word = &opt->ports;
		break;
	default:
		return 0;
	}
	*word = optarg;
	return 1;
}

static void judge_proxy(const struct run_options *opt)
{
	if (opt->socks5_auth && !opt->socks5)
		contradiction("--socks5-auth needs --socks5");
	if (opt->socks5 && opt->fallback)
		contradiction("--fallback would be without the proxy");
	if (opt->socks5 && opt->only && *opt->only == 'd')
		contradiction("--socks5 needs stream sockets");
}

/* "--ca $FILE" of a variable that is not set is not to be no CA. */
static void judge_files(const struct run_options *opt)
{
	if ((opt->ca && !*opt->ca) || (opt->cert && !*opt->cert) ||
	    (opt->key && !*opt->key))
		contradiction("--ca, --cert and --key need the name of a file");
}

static void judge_words(const struct run_options *opt)
{
	struct tls_words words = {
		.tags = opt->tags,
		.ports = opt->ports,
		.alpn = opt->alpn,
		.verify = opt->verify,
		.hostname = opt->hostname,
	};
	struct tls_settings tls;
	const char *why = tls_settings_parse(&tls, &words);

	if (why)
		usage_error(why, words.wrong);
}

/* What cannot come to a handshake is said now, where somebody reads it. */
static void judge_combination(const struct run_options *opt)
{
	int any = opt->ca || opt->cert || opt->key || opt->tags ||
		  opt->verify || opt->hostname || opt->alpn || opt->ports;
	int tls = opt->tls_client || opt->tls_server;
	int verifies = opt->verify && strcmp(opt->verify, "none");

	if (any && !tls)
		contradiction("options for TLS need --tls or --tls-server");
	if (!tls)
		return;
	if (opt->fallback)
		contradiction("--fallback would be without TLS");
	if (opt->only && *opt->only == 'd')
		contradiction("TLS needs stream sockets");
	if (opt->hostname && !opt->tls_client)
		contradiction("--hostname needs --tls: a client has no name");
	if (!opt->cert != !opt->key)
		contradiction("--cert and --key go together");
	if (opt->tls_server && !opt->cert && !opt->tags)
		contradiction("--tls-server needs --cert and --key, or --tag");
	/* A client trusts whom the system trusts; who calls it is not that. */
	if (opt->tls_server && verifies && !opt->ca && !opt->tags)
		contradiction("--verify of a server needs --ca or --tag");
}

/**
 * parse_options() - understand the command line, or exit
 * @argc: of main()
 * @argv: of main(); optind is left at the program
 * @opt: what was asked for
 */
void parse_options(int argc, char **argv, struct run_options *opt)
{
	int c;

	/* '+': what comes after PROGRAM is PROGRAM's */
	while ((c = getopt_long(argc, argv, "+Vh", options, NULL)) != -1)
		if (!take_tls_option(c, opt))
			take_option(c, opt);
	if (optind == argc)
		contradiction("no program to run");
	judge_proxy(opt);
	judge_files(opt);
	judge_words(opt);
	judge_combination(opt);
}
