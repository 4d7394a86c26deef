/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The random-call fuzzer: what its parts share.
 *
 * A run is a number of processes, each a chain of generations: a generation is forked, makes
 * a bounded number of calls from one to three threads that share their descriptors, and exits.
 * Every call is drawn from a generator seeded with (seed, process, generation, thread, number
 * of the call), so that what a call is does not depend on how the ones before it went.
 */
#ifndef ZSOCK_FUZZ_H
#define ZSOCK_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "zs.h"

/* ---- random.c ---- */

struct rng {
	uint64_t state;
};

void rng_seed(struct rng *r, uint64_t seed, uint64_t a, uint64_t b, uint64_t c);
uint64_t rng_next(struct rng *r);
/* 0 .. n - 1 */
unsigned int rng_below(struct rng *r, unsigned int n);
/* True once in n times. */
bool rng_one_in(struct rng *r, unsigned int n);
/* A number of the kind that bugs are made of. */
int rng_int(struct rng *r);
unsigned int rng_flags(struct rng *r, unsigned int sensible);

/* ---- memory.c ---- */

#define SCRATCH_SIZE	(256 * 1024)

/* A page or more of one's own, with nothing mapped behind it. One for each thread. */
void memory_init(void);
char *memory_scratch(void);
/* A pointer for `len` bytes: mostly good, now and then NULL, unmapped, read-only, kernel's. */
void *memory_pointer(struct rng *r, size_t len);
/* A good pointer whose last byte is the last one mapped. */
void *memory_tail(size_t len);
/* Mostly what fits. */
size_t memory_length(struct rng *r);

/* ---- pool.c: the descriptors under test, and where somebody listens ---- */

#define SLOTS	24

struct slot {
	int fd;
	int domain;
	int type;
};

void pool_init(void);
struct slot *pool_slot(struct rng *r);
/* A slot's descriptor; at times one that is no socket or not open. */
int pool_fd(struct rng *r);
/* Put it in a slot; what was there is closed. */
void pool_put(struct rng *r, int fd, int domain, int type);
void pool_close_all(void);
/* Move it to where the number itself says that it must not listen, however it is passed on. */
int pool_bar(int fd);
bool pool_barred(int fd);
/* Another number for it, barred as it is. */
int pool_dup(int fd);

struct shared_port {
	int port;
	int family;
	int type;
};

#define PORTS	32
#define PROCESSES_MAX	64

/* Shared by all processes of a run. */
struct shared {
	struct shared_port port[PORTS];
	unsigned long tried[128];
	unsigned long succeeded[128];
	unsigned long generations;
	/* Calls made by each process: one that makes none is hung. */
	unsigned long beat[PROCESSES_MAX];
};

extern struct shared *shared;

void port_add(struct rng *r, int fd, int type);
struct shared_port port_any(struct rng *r);

/* ---- addr.c ---- */

/* Any address, good or bad, for a socket of a domain and type; returns its length. */
socklen_t addr_any(struct rng *r, union zs_addr *addr, int domain, int type);
/* One of an own listener or receiver. */
socklen_t addr_peer(struct rng *r, union zs_addr *addr, int domain);

/* ---- counters ---- */

enum call {
#define CALL(name, weight, needed)	CALL_##name,
#include "calls.h"
#undef CALL
	CALLS
};

struct call_info {
	const char *name;
	unsigned int weight;
	/* 0: may fail always; 1: has to succeed at least once in a run */
	bool needed;
	void (*run)(struct rng *r);
};

extern const struct call_info call_info[CALLS];

/* Count a call: ret as returned by the system call. Returns ret. */
long count(enum call call, long ret);

/* ---- worker.c ---- */

struct worker {
	uint64_t seed;
	unsigned int process;
	unsigned int generation;
	unsigned int threads;
	unsigned int calls;
	bool verbose;
};

extern struct worker worker;
/* In a network namespace of its own, where devices may be changed. */
extern bool in_private_net;
/* Below another worker: a fork of a fork is enough. */
extern int fork_depth;

/* All of a generation; returns its exit status. */
int worker_run(void);
/* So many calls in this thread. */
void worker_calls(unsigned int thread, unsigned int calls);
void worker_timer(void);

/* ---- tls_agent.c ---- */

/* Shakes hands for everybody who can be found, as long as it is let. Does not return. */
void agent_forever(uint64_t seed) __attribute__((noreturn));

#define CALL(name, weight, needed)	void run_##name(struct rng *r);
#include "calls.h"
#undef CALL

#endif
