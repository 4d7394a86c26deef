// SPDX-License-Identifier: GPL-2.0
/*
 * tls-mem: memory of an idle TLS connection's end, the kernel's and the
 * program's. A process opens connections, each of which has carried some data
 * both ways; what the machine has less free then is divided by the ends.
 * The agent's memory is in that, too.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls.h"

#define MESSAGE		1000

static const struct kind {
	const char *name;
	enum fam_id fam;
	bool release;
} kinds[] = {
	{ "openssl", FAM_LIB, false },
	{ "control", FAM_LIB, false },
	/* With SSL_MODE_RELEASE_BUFFERS. */
	{ "openssl-release", FAM_LIB, true },
	{ "openssl-ktls", FAM_LIBK, false },
	{ "inet", FAM_INET, false },
	{ "zsock", FAM_ZSOCK, false },
};

static double bytes[ARRAY_SIZE(kinds)];

/* ---- in a process of its own ---- */

static void use(const struct tls_pair *pair)
{
	char data[MESSAGE] = "idle", back[MESSAGE];

	tls_send(&pair->client, data, MESSAGE);
	tls_recv(&pair->server, back, MESSAGE);
	tls_send(&pair->server, data, MESSAGE);
	tls_recv(&pair->client, back, MESSAGE);
	if (memcmp(data, back, MESSAGE))
		die("what came is not what was sent");
}

static double measure_kind(const struct kind *kind, unsigned int conns)
{
	struct tls_pair *pairs = calloc(conns, sizeof(*pairs));
	struct tls_maker m = {
		.version = TLS1_3_VERSION, .release = kind->release,
	};
	double before = 0, after;
	unsigned int i;

	if (!pairs)
		die("out of memory");
	/* So that the array is no part of what is measured. */
	memset(pairs, 0xff, conns * sizeof(*pairs));
	tls_maker_open(&m, fam_get(kind->fam));
	/* One for what there is once in a process. */
	for (i = 0; i < conns; i++) {
		if (i == 1)
			before = mem_settled();
		tls_pair_make(&m, &pairs[i]);
		use(&pairs[i]);
	}
	after = mem_settled();
	for (i = 0; i < conns; i++)
		tls_pair_close(&pairs[i]);
	return (before - after) / (2.0 * (conns - 1));
}

static double in_child(const struct kind *kind, unsigned int conns)
{
	double result;
	int fd[2], status;
	pid_t pid;

	if (pipe(fd))
		die_errno("pipe");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* A heap that grows by 2 MiB at a time is hard to measure. */
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		result = measure_kind(kind, conns);
		_exit(write(fd[1], &result, sizeof(result)) != sizeof(result));
	}
	close(fd[1]);
	if (read(fd[0], &result, sizeof(result)) != sizeof(result))
		die("tls-mem: %s: no result", kind->name);
	close(fd[0]);
	if (waitpid(pid, &status, 0) != pid || status)
		die("tls-mem: %s: status %#x", kind->name, status);
	return result;
}

/* ---- all of them ---- */

static void report(const struct kind *kind, double value)
{
	printf("%-11s %-16s %8.0f bytes an end\n", "tls-mem", kind->name, value);
	json_open(kind->name, '{');
	json_number("bytes", value);
	json_close('}');
}

static bool wanted(const struct kind *kind)
{
	return opt.fam[kind->fam];
}

static void run_tls_mem(void)
{
	unsigned int i;

	allow_descriptors(2 * opt.tls_mem_conns + 1000);
	tls_prepare();
	/* The agent, and caches of the kernel's, grow the first time. */
	if (opt.fam[FAM_ZSOCK])
		in_child(&kinds[ARRAY_SIZE(kinds) - 1], opt.tls_mem_conns);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (wanted(&kinds[i]))
			bytes[i] = in_child(&kinds[i], opt.tls_mem_conns);
	json_open("tls-mem", '{');
	json_string("what", "memory of an idle TLS connection's end");
	json_number("conns", opt.tls_mem_conns);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (wanted(&kinds[i]))
			report(&kinds[i], bytes[i]);
	json_close('}');
}

static const struct bench tls_mem_benches[] = {
	{ .name = "tls-mem", .what = "memory of an idle TLS connection's end", .whole = run_tls_mem },
	{ 0 }
};
BENCH_CASES(tls_mem_benches);
