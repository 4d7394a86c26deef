// SPDX-License-Identifier: GPL-2.0
/*
 * Short passes of the families in turn, so that whatever drifts in the guest
 * drifts under all of them alike, and a ratio is taken between neighbours.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zbench.h"

/* The first rounds of a case fill caches and hash tables; they do not count. */
#define WARM_ROUNDS	2

double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Linear between ranks; @part 0.5 is the median. */
static double quantile(const double *values, int count, double part)
{
	double sorted[MAX_ROUNDS], rank = part * (count - 1);
	int low = (int)rank;

	memcpy(sorted, values, count * sizeof(*values));
	qsort(sorted, count, sizeof(*sorted), compare);
	if (low + 1 >= count)
		return sorted[count - 1];
	return sorted[low] + (rank - low) * (sorted[low + 1] - sorted[low]);
}

double median_of(const double *values, int count)
{
	return quantile(values, count, 0.5);
}

/*
 * Where the clock is the host's, others take the processor away from time to
 * time: the fast ones of opt.block neighbouring passes tell what it costs.
 */
#define UNDISTURBED	0.1

static void series_condense(struct series *s)
{
	int i, count = s->count / opt.block;

	for (i = 0; i < count; i++)
		s->pass[i] = quantile(&s->pass[i * opt.block], opt.block,
				      UNDISTURBED);
	s->count = count;
}

/* Half the 95 % confidence interval of the median: a box plot's notch. */
static double error_of(const double *values, int count)
{
	return 1.58 * (quantile(values, count, 0.75) -
		       quantile(values, count, 0.25)) / sqrt(count);
}

void series_add(struct series *s, double value)
{
	if (s->count == MAX_ROUNDS)
		die("more than %d rounds", MAX_ROUNDS);
	s->used = true;
	s->pass[s->count++] = value;
}

static double ratio_to(const struct series *s, const struct series *base,
		       double *error)
{
	double ratio[MAX_ROUNDS];
	int i;

	for (i = 0; i < s->count; i++)
		ratio[i] = s->pass[i] / base->pass[i];
	*error = error_of(ratio, s->count);
	return median_of(ratio, s->count);
}

void series_finish(struct series *s, const struct series *base)
{
	if (!s->used)
		return;
	s->median = median_of(s->pass, s->count);
	s->error = error_of(s->pass, s->count) / s->median;
	s->spread = (quantile(s->pass, s->count, 0.9) -
		     quantile(s->pass, s->count, 0.1)) / s->median;
	s->ratio = ratio_to(s, base, &s->ratio_error);
}

/*
 * A pass leaves work behind: RCU callbacks, retransmission timers that nobody
 * deleted. Given a pause it is done there, not in the next family's pass.
 */
void pause_ms(double ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = fmod(ms, 1000) * 1e6,
	};

	nanosleep(&ts, NULL);
}

static double one_pass(const struct bench *bench, void *ctx, unsigned int ops)
{
	double (*clock)(void) = bench->clock ? bench->clock : now_ns;
	double start = clock(), end;

	bench->run(ctx, ops);
	end = clock();
	pause_ms(opt.gap_ms);
	return (end - start) / ops;
}

/* As many operations as take opt.pass_ms in the family that is compared with. */
static unsigned int calibrate(const struct bench *bench, void *ctx)
{
	unsigned int batch = bench->batch;
	double want = opt.pass_ms * 1e6 * bench->longer;
	double each;

	one_pass(bench, ctx, batch);
	each = one_pass(bench, ctx, batch);
	if (each * batch < want)
		each = one_pass(bench, ctx, batch * 8);
	return batch * (unsigned int)fmax(1, round(want / (each * batch)));
}

/* No family always follows the same other one. */
static void shuffle(int order[FAM_COUNT])
{
	static uint32_t seed = 1;
	int i;

	for (i = FAM_COUNT - 1; i > 0; i--) {
		int j, swap = order[i];

		seed = seed * 1664525 + 1013904223;
		j = (seed >> 16) % (i + 1);
		order[i] = order[j];
		order[j] = swap;
	}
}

/* Whom the families of @bench are compared with. */
static enum fam_id base_of(const struct bench *bench)
{
	if (bench->versus_pipe)
		return FAM_UNIX;
	return bench->versus_lib ? FAM_LIB : FAM_INET;
}

static bool takes_part(const struct bench *bench, enum fam_id id)
{
	if (!opt.fam[id])
		return false;
	switch (id) {
	case FAM_INET:
		return !bench->versus_lib;
	case FAM_UNIX:
		return !bench->tls;
	case FAM_LIB:
	case FAM_LIBK:
		return bench->tls;
	default:
		return true;
	}
}

static void finish(const struct bench *bench, struct result *res)
{
	const struct series *lib = &res->fam[FAM_LIB];
	int id;

	for (id = 0; id < FAM_COUNT; id++)
		if (opt.block > 1)
			series_condense(&res->fam[id]);
	for (id = 0; id < FAM_COUNT; id++) {
		struct series *s = &res->fam[id];

		series_finish(s, &res->fam[base_of(bench)]);
		if (s->used && lib->used)
			s->lib_ratio = ratio_to(s, lib, &s->lib_error);
	}
}

/* One pass of each family that has a @ctx. */
static void one_round(const struct bench *bench, void *ctx[FAM_COUNT],
		      struct result *res, bool counts)
{
	static int order[FAM_COUNT] = { 0, 1, 2, 3, 4, 5 };
	double value;
	int i;

	shuffle(order);
	for (i = 0; i < FAM_COUNT; i++) {
		if (!ctx[order[i]])
			continue;
		value = one_pass(bench, ctx[order[i]], res->ops);
		if (counts)
			series_add(&res->fam[order[i]], value);
	}
}

void measure(const struct bench *bench, struct result *res)
{
	void *ctx[FAM_COUNT] = { 0 };
	int round, id;

	memset(res, 0, sizeof(*res));
	if (!takes_part(bench, base_of(bench)))
		die("%s: --families needs %s, with which the others are compared",
		    bench->name, fam_get(base_of(bench))->name);
	for (id = 0; id < FAM_COUNT; id++)
		if (takes_part(bench, id))
			ctx[id] = bench->setup(fam_get(id));
	res->rounds = fmax(3, opt.rounds * bench->more);
	res->ops = calibrate(bench, ctx[base_of(bench)]);
	for (round = -WARM_ROUNDS; round < res->rounds; round++)
		one_round(bench, ctx, res, round >= 0);
	finish(bench, res);
	for (id = 0; id < FAM_COUNT; id++)
		if (ctx[id])
			bench->teardown(ctx[id]);
}

/*
 * Early in its life the guest is slower: wait until it is opt.warmup_s old,
 * then until neighbouring passes agree.
 */
#define WARM_PASSES	6
#define WARM_AGREE	0.003
#define WARM_LIMIT_S	60

void warm_up(void)
{
	const struct bench *bench = bench_find("tcp-rr");
	void *ctx = bench->setup(fam_get(FAM_INET));
	unsigned int ops = calibrate(bench, ctx);
	double pass[WARM_PASSES], age, spread = 1;
	int count = 0;

	json_open("warmup", '[');
	do {
		struct timespec ts;

		clock_gettime(CLOCK_BOOTTIME, &ts);
		age = ts.tv_sec + ts.tv_nsec / 1e9;
		memmove(pass, pass + 1, sizeof(pass) - sizeof(pass[0]));
		pass[WARM_PASSES - 1] = one_pass(bench, ctx, ops);
		if (count % 32 == 0) {
			json_open(NULL, '{');
			json_number("age_s", age);
			json_number("ns", pass[WARM_PASSES - 1]);
			json_close('}');
		}
		if (++count >= WARM_PASSES)
			spread = (quantile(pass, WARM_PASSES, 1) -
				  quantile(pass, WARM_PASSES, 0)) /
				 median_of(pass, WARM_PASSES);
	} while (age < opt.warmup_s ||
		 (spread > WARM_AGREE && age < opt.warmup_s + WARM_LIMIT_S));
	json_close(']');
	if (spread > WARM_AGREE)
		fprintf(stderr, "zbench: warm-up: passes still differ by %.2f %%\n",
			spread * 100);
	json_number("warmup_age_s", age);
	json_number("warmup_spread", spread);
	bench->teardown(ctx);
}
