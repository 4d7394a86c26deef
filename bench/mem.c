// SPDX-License-Identifier: GPL-2.0
/*
 * mem: kernel memory of an idle connected socket. Thousands of connections
 * are opened and what the kernel lost by it is divided by their number. Two
 * witnesses: free pages, which miss nothing, and the slabs' pages of
 * /proc/slabinfo, which say where it went. Beside pairs of one family there
 * is "zsock-client", AF_ZSOCK connected to AF_INET, so that what the
 * connecting and the accepted end cost can be told apart.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/membarrier.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "zbench.h"

#define MAX_CACHES	1024
#define MAX_MEM_ROUNDS	16
/* Caches that changed by less than this many bytes a socket are not listed. */
#define CACHE_NOISE	8

struct cache {
	char name[64];
	double bytes;		/* of its pages */
};

struct snapshot {
	double free, percpu, slab;
	int count;
	struct cache cache[MAX_CACHES];
};

static const struct combo {
	const char *name;
	enum fam_id client, server;
} combos[] = {
	{ "inet", FAM_INET, FAM_INET },
	{ "control", FAM_CONTROL, FAM_CONTROL },
	{ "zsock", FAM_ZSOCK, FAM_ZSOCK },
	{ "zsock-client", FAM_ZSOCK, FAM_INET },
	{ "unix", FAM_UNIX, FAM_UNIX },
};

/* All static, so that the program itself grows by nothing while it counts. */
static struct snapshot before, after;
static int (*fds)[2];
static double by_free[ARRAY_SIZE(combos)][MAX_MEM_ROUNDS];
static double by_slab[ARRAY_SIZE(combos)][MAX_MEM_ROUNDS];
static double by_cache[ARRAY_SIZE(combos)][MAX_CACHES];

static void write_one(const char *path)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	/* Some caches refuse; what is left then shows as spread. */
	if (write(fd, "1", 1) != 1)
		errno = 0;
	close(fd);
}

/* Empty slabs would count as used. */
static void shrink_slabs(void)
{
	static glob_t caches;
	size_t i;

	if (!caches.gl_pathc &&
	    glob("/sys/kernel/slab/*/shrink", 0, NULL, &caches))
		die("mem: no /sys/kernel/slab (not root, or not SLUB)");
	for (i = 0; i < caches.gl_pathc; i++)
		write_one(caches.gl_pathv[i]);
}

static double meminfo(const char *key)
{
	char line[128];
	FILE *file = fopen("/proc/meminfo", "r");
	double value = -1;

	if (!file)
		die_errno("/proc/meminfo");
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			value = strtod(line + strlen(key), NULL) * 1024;
	fclose(file);
	if (value < 0)
		die("/proc/meminfo: no %s", key);
	return value;
}

/* Pages on the CPUs' own lists are free, though not MemFree. */
static double listed_pages(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	double page = sysconf(_SC_PAGESIZE), sum = 0;
	unsigned long count;
	char line[128];

	if (!file)
		die_errno("/proc/zoneinfo");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %lu", &count) == 1)
			sum += count * page;
	fclose(file);
	return sum;
}

static double free_bytes(void)
{
	return meminfo("MemFree:") + listed_pages();
}

static void read_slabinfo(struct snapshot *snap)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	double page = sysconf(_SC_PAGESIZE);
	char line[512];

	if (!file)
		die_errno("/proc/slabinfo (needs root)");
	snap->count = 0;
	snap->slab = 0;
	while (fgets(line, sizeof(line), file)) {
		struct cache *c = &snap->cache[snap->count];
		unsigned long pages, slabs;

		if (sscanf(line, "%63s %*u %*u %*u %*u %lu : tunables "
			   "%*u %*u %*u : slabdata %*u %lu",
			   c->name, &pages, &slabs) != 3)
			continue;
		c->bytes = pages * slabs * page;
		snap->slab += c->bytes;
		if (++snap->count == MAX_CACHES)
			die("/proc/slabinfo: more than %d caches", MAX_CACHES);
	}
	fclose(file);
	if (!snap->count)
		die("/proc/slabinfo: nothing understood");
}

/*
 * Freed sockets wait for RCU, and for kfree_rcu()'s batches, which may take
 * five seconds: settled is what stays the same for a while.
 */
#define SETTLE_STEP_MS	500
#define SETTLE_SAME	4
#define SETTLE_BYTES	(64 * 1024)
#define SETTLE_STEPS	60

static void settle(void)
{
	double last = 0, now;
	int step, same = 0;

	for (step = 0; step < SETTLE_STEPS && same < SETTLE_SAME; step++) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		shrink_slabs();
		pause_ms(SETTLE_STEP_MS);
		now = free_bytes();
		same = fabs(now - last) < SETTLE_BYTES ? same + 1 : 0;
		last = now;
	}
}

double mem_settled(void)
{
	settle();
	return free_bytes();
}

static void take(struct snapshot *snap)
{
	settle();
	read_slabinfo(snap);
	snap->free = free_bytes();
	snap->percpu = meminfo("Percpu:");
}

/* A descriptor table never shrinks: grow it before anything is counted. */
static void grow_fd_table(int descriptors)
{
	int fd = dup2(0, descriptors);

	if (fd < 0)
		die_errno("mem: dup2(0, %d)", descriptors);
	close(fd);
}

static void open_all(const struct combo *combo)
{
	const struct fam *client = fam_get(combo->client);
	const struct fam *server = fam_get(combo->server);
	struct addr addr;
	int listener = fam_listen(server, 1, &addr);
	unsigned int i;

	for (i = 0; i < opt.mem_conns; i++) {
		fds[i][0] = fam_connect(client, &addr);
		fds[i][1] = accept(listener, NULL, NULL);
		if (fds[i][1] < 0)
			die_errno("%s: accept", server->name);
		fam_verify(client, fds[i][0], true);
		fam_verify(server, fds[i][1], true);
	}
	close(listener);
}

static void close_all(void)
{
	unsigned int i;

	for (i = 0; i < opt.mem_conns; i++) {
		close_reset(fds[i][0]);
		close(fds[i][1]);
	}
}

/* Caches come and go with modules; they are matched by name. */
static double bytes_before(const char *name)
{
	int i;

	for (i = 0; i < before.count; i++)
		if (!strcmp(before.cache[i].name, name))
			return before.cache[i].bytes;
	return 0;
}

static void one_combo(int which, int round)
{
	double sockets = 2.0 * opt.mem_conns;
	int i;

	take(&before);
	open_all(&combos[which]);
	take(&after);
	close_all();
	if (round < 0)
		return;
	by_free[which][round] = (before.free - after.free) / sockets;
	by_slab[which][round] = (after.slab - before.slab + after.percpu -
				 before.percpu) / sockets;
	for (i = 0; i < after.count; i++)
		by_cache[which][i] = (after.cache[i].bytes -
			bytes_before(after.cache[i].name)) / sockets;
}

static void report_combo(int which)
{
	const double *values = by_free[which];
	double low = INFINITY, high = -INFINITY;
	int i;

	for (i = 0; i < opt.mem_rounds; i++) {
		low = fmin(low, values[i]);
		high = fmax(high, values[i]);
	}
	printf("%-11s %-12s %8.0f bytes a socket (%.0f .. %.0f), %.0f in slabs\n",
	       "mem", combos[which].name, median_of(values, opt.mem_rounds),
	       low, high, median_of(by_slab[which], opt.mem_rounds));
	json_open(combos[which].name, '{');
	json_number("bytes", median_of(values, opt.mem_rounds));
	json_number("low", low);
	json_number("high", high);
	json_number("slab_bytes",
		    median_of(by_slab[which], opt.mem_rounds));
	json_open("caches", '{');
	for (i = 0; i < after.count; i++)
		if (fabs(by_cache[which][i]) > CACHE_NOISE)
			json_number(after.cache[i].name, by_cache[which][i]);
	json_close('}');
	json_close('}');
}

static bool wanted(const struct combo *combo)
{
	return opt.fam[combo->client] && opt.fam[combo->server];
}

static void run_mem(void)
{
	int round, i, count = ARRAY_SIZE(combos);

	fds = malloc(opt.mem_conns * sizeof(*fds));
	if (!fds)
		die("out of memory");
	memset(fds, 0xff, opt.mem_conns * sizeof(*fds));
	allow_descriptors(2 * opt.mem_conns + 1000);
	grow_fd_table(2 * opt.mem_conns + 64);
	/* Round -1 lets hash tables and the like grow; it does not count. */
	for (round = -1; round < opt.mem_rounds; round++)
		for (i = 0; i < count; i++)
			if (wanted(&combos[i]) && (round >= 0 || i == 0))
				one_combo(i, round);
	json_open("mem", '{');
	json_string("what", "kernel memory of an idle connected socket");
	json_number("conns", opt.mem_conns);
	json_number("rounds", opt.mem_rounds);
	for (i = 0; i < count; i++)
		if (wanted(&combos[i]))
			report_combo(i);
	json_close('}');
	free(fds);
}

static const struct bench mem_benches[] = {
	{ .name = "mem", .what = "kernel memory of an idle connected socket", .whole = run_mem },
	{ 0 }
};
BENCH_CASES(mem_benches);
