/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zbench: what its parts share. One process, one thread: both ends of every
 * connection belong to the same task, so that nothing depends on a scheduler
 * and the count of a pass is the count of the calls in it.
 */
#ifndef ZBENCH_H
#define ZBENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Ends the program: a benchmark that went wrong has no figures to show. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void die_errno(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
/* Descriptors that the case may have open. */
void allow_descriptors(unsigned int count);

/* families (family.c) */

enum fam_id {
	FAM_INET,
	FAM_CONTROL,		/* AF_INET once more: the noise of the method */
	FAM_ZSOCK,
	FAM_UNIX,
	FAM_LIB,		/* AF_INET, where OpenSSL does the TLS */
	FAM_LIBK,		/* the same, and OpenSSL uses kTLS */
	FAM_COUNT,
};

struct fam {
	enum fam_id id;
	const char *name;
	int domain;
	int stream_proto;
	int dgram_proto;
};

struct addr {
	struct sockaddr_storage ss;
	socklen_t len;
};

const struct fam *fam_get(enum fam_id id);
/* False, and why, where the kernel has no such family. */
bool fam_available(const struct fam *fam, const char **why);
int fam_socket(const struct fam *fam, int type);
/* A listening stream socket; @host picks the loopback address 127.0.0.@host. */
int fam_listen(const struct fam *fam, int host, struct addr *addr);
/* A bound datagram socket. */
int fam_bound_dgram(const struct fam *fam, struct addr *addr);
int fam_connect(const struct fam *fam, const struct addr *addr);
/* A connected stream pair over @listener. */
void fam_pair(const struct fam *fam, int listener, const struct addr *addr,
	      int fd[2]);
/* A connected pair that is made and verified, with its listener closed. */
void fam_stream_pair(const struct fam *fam, int fd[2]);
/* Ends the program unless @fd really is what @fam says it is. */
void fam_verify(const struct fam *fam, int fd, bool dispatched);
/* close() with a reset, so that no TIME_WAIT stays behind. */
void close_reset(int fd);
void set_buffers(int fd, int bytes);
void set_nodelay(const struct fam *fam, int fd);

/* passes (pass.c) */

#define MAX_ROUNDS	8000

/*
 * What allocates and frees wants longer passes, for slabs and RCU work in lots.
 * Where little else is done, how full the slabs happen to be shows through all
 * the same: there the median is taken of more passes.
 */
#define LONGER		5
#define MORE		4
/* What agrees to 0.05 % after a few rounds, or has but a rough target. */
#define FEWER		0.5
#define FEWEST		0.2

struct series {
	bool used;
	int count;
	double pass[MAX_ROUNDS];	/* nanoseconds (instructions) an operation */
	double median;
	double error;		/* of the median, a part of it */
	double spread;		/* (90th - 10th percentile) / median */
	double ratio;		/* median over the rounds of pass / inet's pass */
	double ratio_error;	/* its 95 % confidence interval is +- this */
	double lib_ratio;	/* the same, to OpenSSL in user space; or 0 */
	double lib_error;
};

struct result {
	unsigned int ops;	/* in a pass */
	int rounds;
	struct series fam[FAM_COUNT];
};

struct bench {
	const char *name;
	const char *what;	/* one operation, in words */
	unsigned int batch;	/* ops is a multiple of this */
	unsigned int longer;	/* passes are opt.pass_ms times this */
	double more;		/* rounds are opt.rounds times this */
	bool tls;		/* OpenSSL takes part, AF_UNIX does not */
	bool versus_lib;	/* OpenSSL in the place of bare AF_INET */
	bool versus_pipe;	/* AF_UNIX, which is the pipe, in its place */
	/* Why the kernel has nothing to measure here, NULL: it has. */
	const char *(*missing)(void);
	/* Returns NULL for a family that does not take part. */
	void *(*setup)(const struct fam *fam);
	void (*run)(void *ctx, unsigned int ops);
	void (*teardown)(void *ctx);
	double (*clock)(void);	/* what counts, where it is not now_ns() */
	void (*report)(void);	/* what else there is to tell */
	void (*whole)(void);	/* alone, and no passes: it does all by itself */
};

struct options {
	bool fam[FAM_COUNT];
	int rounds;
	int block;		/* of rounds that count as one, by the fast ones */
	double pass_ms;
	double gap_ms;		/* pause after each */
	double warmup_s;
	unsigned int conns;	/* of `many` */
	unsigned int mem_conns;
	int mem_rounds;
	unsigned int tls_mem_conns;
	const char *tools;	/* where zsockctl and zsock-tlsd are */
	const char *keys;	/* where certificates and their keys are */
};

extern struct options opt;

double now_ns(void);
void pause_ms(double ms);
double median_of(const double *values, int count);
void series_add(struct series *s, double value);
void series_finish(struct series *s, const struct series *base);
/* Measures @bench for every family of opt.fam, pass by pass in turn. */
void measure(const struct bench *bench, struct result *res);
/* Burns time until the guest has settled: see Documentation/performance.rst. */
void warm_up(void);

/* cases */

/*
 * A file's cases, an array that ends with an empty one. Nothing else here has
 * to know of them; figures.py says what becomes of their figures.
 */
#define BENCH_CASES(_array)						\
	static const struct bench *const _array##_cases			\
	__attribute__((used, section("bench_cases"))) = _array

const struct bench *bench_find(const char *name);

/* What there is free once everything has settled (mem.c). */
double mem_settled(void);

/* results (json.c) */

void json_begin(const char *path);
void json_end(void);
void json_open(const char *key, char bracket);	/* key NULL in an array */
void json_close(char bracket);
void json_number(const char *key, double value);
void json_string(const char *key, const char *value);
void json_series(const char *key, const struct series *s);
void json_result(const struct bench *bench, const struct result *res);

#endif
