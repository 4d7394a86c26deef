// SPDX-License-Identifier: GPL-2.0
/*
 * zbench: AF_ZSOCK against AF_INET, call by call, and AF_UNIX for scale.
 *
 * CLOCK_MONOTONIC is the yardstick. In a guest whose clock counts instructions
 * (QEMU -icount shift=0) a nanosecond is an instruction; elsewhere it is time.
 * bench/run starts this in the right guests; Documentation/performance.rst
 * says what is measured and why in this way.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "zbench.h"

struct options opt = {
	.rounds = 15,
	.pass_ms = 20,
	.gap_ms = 50,
	.conns = 20000,
	.mem_conns = 5000,
	.mem_rounds = 2,
	.tls_mem_conns = 250,
	.tools = "tools/bin",
	.keys = "build/bench",
};

/* What BENCH_CASES() collects; the linker makes these names. */
extern const struct bench *const __start_bench_cases[];
extern const struct bench *const __stop_bench_cases[];

static void vdie(const char *reason, const char *fmt, va_list args)
{
	fflush(stdout);
	fputs("zbench: ", stderr);
	vfprintf(stderr, fmt, args);
	if (reason)
		fprintf(stderr, ": %s", reason);
	fputc('\n', stderr);
	exit(2);
}

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vdie(NULL, fmt, args);
	va_end(args);
	abort();
}

void die_errno(const char *fmt, ...)
{
	const char *reason = strerror(errno);
	va_list args;

	va_start(args, fmt);
	vdie(reason, fmt, args);
	va_end(args);
	abort();
}

void allow_descriptors(unsigned int count)
{
	struct rlimit limit = { count, count };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die_errno("RLIMIT_NOFILE %u (needs root)", count);
}

static void list_cases(void)
{
	const struct bench *const *cases, *bench;

	for (cases = __start_bench_cases; cases < __stop_bench_cases; cases++)
		for (bench = *cases; bench->name; bench++)
			printf("%-26s %s\n", bench->name, bench->what);
}

static void usage(FILE *to)
{
	fputs("usage: zbench [OPTION...] CASE...\n"
	      "  --families LIST   of inet,control,zsock,unix,openssl,openssl-ktls\n"
	      "                    (default: all; the last two have TLS cases only)\n"
	      "  --rounds N        passes of each family (15)\n"
	      "  --block N         take the fast ones of each N passes for one\n"
	      "  --pass-ms MS      length of a pass (20)\n"
	      "  --gap-ms MS       pause after a pass (50)\n"
	      "  --warmup S        wait until the guest is S seconds old\n"
	      "  --conns N         connections of `many' (20000)\n"
	      "  --mem-conns N, --mem-rounds N   of `mem' (5000, 2)\n"
	      "  --tls-mem-conns N of `tls-mem' (250)\n"
	      "  --tools DIR       of zsockctl and zsock-tlsd (tools/bin)\n"
	      "  --keys DIR        of ecdsa.crt, ecdsa.key, rsa.crt, rsa.key (build/bench)\n"
	      "  --json FILE       write every pass there\n"
	      "  --list            name the cases\n", to);
}

static void print_result(const struct bench *bench, const struct result *res)
{
	int id;

	for (id = 0; id < FAM_COUNT; id++) {
		const struct series *s = &res->fam[id];

		if (!s->used)
			continue;
		printf("%-26s %-12s %12.1f ns  ratio %.4f +- %.4f  spread %.3f %%",
		       bench->name, fam_get(id)->name, s->median, s->ratio,
		       s->ratio_error, s->spread * 100);
		if (s->lib_ratio > 0)
			printf("  to openssl %.4f +- %.4f", s->lib_ratio,
			       s->lib_error);
		putchar('\n');
	}
	fflush(stdout);
}

const struct bench *bench_find(const char *name)
{
	const struct bench *const *cases, *bench;

	for (cases = __start_bench_cases; cases < __stop_bench_cases; cases++)
		for (bench = *cases; bench->name; bench++)
			if (!strcmp(bench->name, name))
				return bench;
	die("no case '%s' (--list names them)", name);
}

static void tell_missing(const struct bench *bench, const char *why)
{
	printf("%-26s not measured: %s\n", bench->name, why);
	json_open(bench->name, '{');
	json_string("what", bench->what);
	json_string("missing", why);
	json_close('}');
}

static void run_case(const char *name)
{
	const struct bench *bench = bench_find(name);
	const char *why = bench->missing ? bench->missing() : NULL;
	static struct result res;

	if (why) {
		tell_missing(bench, why);
		return;
	}
	if (bench->whole) {
		bench->whole();
		return;
	}
	measure(bench, &res);
	print_result(bench, &res);
	json_result(bench, &res);
}

static void choose_families(char *list)
{
	char *name;
	int id;

	for (name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		for (id = 0; id < FAM_COUNT; id++)
			if (!strcmp(name, fam_get(id)->name))
				break;
		if (id == FAM_COUNT)
			die("no family '%s'", name);
		opt.fam[id] = true;
	}
	if (!opt.fam[FAM_INET])
		die("--families: inet is what the others are compared with");
}

/* A family that was asked for and is not there is an error, not a gap. */
static void check_families(void)
{
	const char *why;
	int id;

	for (id = 0; id < FAM_COUNT; id++)
		if (opt.fam[id] && !fam_available(fam_get(id), &why))
			die("%s: %s", fam_get(id)->name, why);
}

enum {
	OPT_FAMILIES = 256, OPT_ROUNDS, OPT_BLOCK, OPT_PASS_MS, OPT_GAP_MS, OPT_WARMUP,
	OPT_CONNS, OPT_MEM_CONNS, OPT_MEM_ROUNDS, OPT_TLS_MEM_CONNS, OPT_TOOLS, OPT_KEYS,
	OPT_JSON, OPT_LIST, OPT_HELP,
};

static const struct option longopts[] = {
	{ "families", required_argument, NULL, OPT_FAMILIES },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "block", required_argument, NULL, OPT_BLOCK },
	{ "pass-ms", required_argument, NULL, OPT_PASS_MS },
	{ "gap-ms", required_argument, NULL, OPT_GAP_MS },
	{ "warmup", required_argument, NULL, OPT_WARMUP },
	{ "conns", required_argument, NULL, OPT_CONNS },
	{ "mem-conns", required_argument, NULL, OPT_MEM_CONNS },
	{ "mem-rounds", required_argument, NULL, OPT_MEM_ROUNDS },
	{ "tls-mem-conns", required_argument, NULL, OPT_TLS_MEM_CONNS },
	{ "tools", required_argument, NULL, OPT_TOOLS },
	{ "keys", required_argument, NULL, OPT_KEYS },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "list", no_argument, NULL, OPT_LIST },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 }
};

static double number(const char *text, double least, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (!*text || *end || !(value >= least && value <= most))
		die("'%s' is not a number from %g to %g", text, least, most);
	return value;
}

static const char *parse(int argc, char **argv)
{
	const char *json = NULL;
	char all[] = "inet,control,zsock,unix,openssl,openssl-ktls";
	char *families = all;
	int c;

	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		switch (c) {
		case OPT_FAMILIES:
			families = optarg;
			break;
		case OPT_ROUNDS:
			opt.rounds = number(optarg, 3, MAX_ROUNDS / MORE);
			break;
		case OPT_BLOCK:
			opt.block = number(optarg, 1, MAX_ROUNDS / 3);
			break;
		case OPT_PASS_MS:
			opt.pass_ms = number(optarg, 0.1, 10000);
			break;
		case OPT_GAP_MS:
			opt.gap_ms = number(optarg, 0, 10000);
			break;
		case OPT_WARMUP:
			opt.warmup_s = number(optarg, 0, 3600);
			break;
		case OPT_CONNS:
			opt.conns = number(optarg, 1, 200000);
			break;
		case OPT_MEM_CONNS:
			opt.mem_conns = number(optarg, 1, 25000);
			break;
		case OPT_MEM_ROUNDS:
			opt.mem_rounds = number(optarg, 1, 16);
			break;
		case OPT_TLS_MEM_CONNS:
			opt.tls_mem_conns = number(optarg, 10, 10000);
			break;
		case OPT_TOOLS:
			opt.tools = optarg;
			break;
		case OPT_KEYS:
			opt.keys = optarg;
			break;
		case OPT_JSON:
			json = optarg;
			break;
		case OPT_LIST:
			list_cases();
			exit(0);
		case OPT_HELP:
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (opt.block > opt.rounds / 3)
		die("--block wants three times as many --rounds");
	choose_families(families);
	return json;
}

int main(int argc, char **argv)
{
	const char *json = parse(argc, argv);
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	check_families();
	json_begin(json);
	if (opt.warmup_s > 0)
		warm_up();
	json_open("cases", '{');
	for (i = optind; i < argc; i++)
		run_case(argv[i]);
	json_close('}');
	json_end();
	return 0;
}
