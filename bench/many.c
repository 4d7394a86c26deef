// SPDX-License-Identifier: GPL-2.0
/*
 * many: 20,000 connections are opened, every one carries a byte both ways,
 * and a cycle of connect, accept and close costs what it cost with none open.
 */
#include <stdlib.h>
#include <unistd.h>

#include "zbench.h"

/*
 * One address has some 28,000 ephemeral ports to be reached from; where most
 * are taken, AF_INET's own search for one gets slow. Spread the connections.
 */
#define HOSTS		8

static int (*fds)[2];

static void open_many(const struct fam *fam)
{
	struct addr addr[HOSTS];
	int listener[HOSTS];
	unsigned int i;

	for (i = 0; i < HOSTS; i++)
		listener[i] = fam_listen(fam, 2 + i, &addr[i]);
	for (i = 0; i < opt.conns; i++)
		fam_pair(fam, listener[i % HOSTS], &addr[i % HOSTS], fds[i]);
	for (i = 0; i < HOSTS; i++)
		close(listener[i]);
}

static void pass_byte(int from, int to, char byte)
{
	char got = 0;

	if (send(from, &byte, 1, 0) != 1)
		die_errno("many: send");
	if (recv(to, &got, 1, 0) != 1 || got != byte)
		die_errno("many: recv: got %d for %d", got, byte);
}

/* Every connection is what it should be, and leads where it should. */
static void use_many(const struct fam *fam)
{
	unsigned int i;

	for (i = 0; i < opt.conns; i++) {
		fam_verify(fam, fds[i][0], true);
		fam_verify(fam, fds[i][1], true);
		pass_byte(fds[i][0], fds[i][1], i * 7 + 1);
		pass_byte(fds[i][1], fds[i][0], i * 11 + 3);
	}
}

static void close_many(void)
{
	unsigned int i;

	for (i = 0; i < opt.conns; i++) {
		close_reset(fds[i][0]);
		close(fds[i][1]);
	}
}

/*
 * A cycle that leaves no TIME_WAIT: those would pile up between the two
 * measurements and be taken for the price of open connections.
 */
static double cycle_pass(const struct fam *fam, int listener,
			 const struct addr *addr, unsigned int ops)
{
	double start = now_ns(), end;
	unsigned int i;
	int fd[2];

	for (i = 0; i < ops; i++) {
		fam_pair(fam, listener, addr, fd);
		close_reset(fd[0]);
		close(fd[1]);
	}
	end = now_ns();
	pause_ms(opt.gap_ms);
	return (end - start) / ops;
}

/* Fewer than elsewhere: thousands of cycles a pass agree to 0.1 %. */
#define MANY_ROUNDS	9

static struct series cycle_cost(const struct fam *fam)
{
	struct series s = { 0 };
	struct addr addr;
	int i, listener = fam_listen(fam, 1, &addr);
	double each = cycle_pass(fam, listener, &addr, 20);
	unsigned int ops = LONGER * opt.pass_ms * 1e6 / each + 1;

	cycle_pass(fam, listener, &addr, ops);
	for (i = 0; i < opt.rounds && i < MANY_ROUNDS; i++)
		series_add(&s, cycle_pass(fam, listener, &addr, ops));
	series_finish(&s, &s);
	close(listener);
	return s;
}

/* Compared with before and after, so that a drift of the guest's cancels. */
static void report(const struct fam *fam, const struct series *before,
		   const struct series *full, const struct series *after)
{
	double growth = 2 * full->median / (before->median + after->median);
	double error = full->error + (before->error + after->error) / 2;

	printf("%-11s %-8s %12.1f ns a cycle with none, %.1f with %u, "
	       "%.1f afterwards: x %.4f +- %.4f\n", "many", fam->name,
	       before->median, full->median, opt.conns, after->median,
	       growth, error);
	json_open(fam->name, '{');
	json_series("before", before);
	json_series("open", full);
	json_series("after", after);
	json_number("growth", growth);
	json_number("growth_error", error);
	json_close('}');
}

static void many_family(const struct fam *fam)
{
	struct series before, full, after;

	before = cycle_cost(fam);
	open_many(fam);
	use_many(fam);
	full = cycle_cost(fam);
	close_many();
	after = cycle_cost(fam);
	report(fam, &before, &full, &after);
}

static void run_many(void)
{
	int id;

	fds = malloc(opt.conns * sizeof(*fds));
	if (!fds)
		die("out of memory");
	allow_descriptors(2 * opt.conns + 1000);
	json_open("many", '{');
	json_string("what", "connect, accept, close with many connections open");
	json_number("conns", opt.conns);
	for (id = 0; id < FAM_COUNT; id++)
		if (opt.fam[id] && id != FAM_LIB && id != FAM_LIBK)
			many_family(fam_get(id));
	json_close('}');
	free(fds);
}

static const struct bench many_benches[] = {
	{ .name = "many", .what = "20,000 connections, and what one more costs", .whole = run_many },
	{ 0 }
};
BENCH_CASES(many_benches);
