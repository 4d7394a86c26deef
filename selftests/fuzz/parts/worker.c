// SPDX-License-Identifier: GPL-2.0
/* One generation: threads that make random calls. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

struct worker worker;
bool in_private_net;
int fork_depth;

const struct call_info call_info[CALLS] = {
#define CALL(n, w, s)	[CALL_##n] = { #n, w, s, run_##n },
#include "calls.h"
#undef CALL
};

long count(enum call call, long ret)
{
	__atomic_add_fetch(&shared->tried[call], 1, __ATOMIC_RELAXED);
	if (ret >= 0)
		__atomic_add_fetch(&shared->succeeded[call], 1, __ATOMIC_RELAXED);
	if (worker.verbose)
		printf("#   = %ld%s%m\n", ret, ret < 0 ? " " : " ok; errno: ");
	return ret;
}

static enum call draw(struct rng *r)
{
	static unsigned int total;
	unsigned int at;

	if (!total) {
		unsigned int sum = 0;

		for (int i = 0; i < CALLS; i++)
			sum += call_info[i].weight;
		total = sum;
	}
	at = rng_below(r, total);
	for (int i = 0; i < CALLS; i++) {
		if (at < call_info[i].weight)
			return i;
		at -= call_info[i].weight;
	}
	return CALL_socket;
}

void worker_calls(unsigned int thread, unsigned int calls)
{
	for (unsigned int n = 0; n < calls; n++) {
		struct rng r;
		enum call call;

		rng_seed(&r, worker.seed, worker.process,
			 (uint64_t)worker.generation << 8 | thread, n);
		call = draw(&r);
		if (worker.verbose) {
			printf("# %u.%u: %s\n", thread, n, call_info[call].name);
			fflush(stdout);
		}
		call_info[call].run(&r);
		__atomic_add_fetch(&shared->beat[worker.process], 1, __ATOMIC_RELAXED);
	}
}

/* Blocking calls are part of the game; this thread's timer ends them. */
void worker_timer(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM };
	struct itimerspec every = {
		.it_value = { 0, 20 * 1000 * 1000 }, .it_interval = { 0, 20 * 1000 * 1000 },
	};
	timer_t timer;

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif
	ev.sigev_notify_thread_id = syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) || timer_settime(timer, 0, &every, NULL)) {
		perror("zsock_fuzz: timer");
		exit(2);
	}
}

static void nothing(int sig)
{
	(void)sig;
}

static void set_signals(void)
{
	struct sigaction act = { .sa_handler = nothing };

	sigaction(SIGALRM, &act, NULL);
	sigaction(SIGIO, &act, NULL);
	sigaction(SIGURG, &act, NULL);
	sigaction(SIGRTMIN + 1, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static void *thread_main(void *arg)
{
	memory_init();
	worker_timer();
	worker_calls((unsigned int)(uintptr_t)arg, worker.calls);
	return NULL;
}

int worker_run(void)
{
	/* Descriptors run out now and then; processes, files and memory never grow. */
	struct rlimit files = { 128, 128 }, size = { 1 << 20, 1 << 20 };
	pthread_t thread[8];
	unsigned int n;

	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_FSIZE, &size);
	set_signals();
	pool_init();
	for (n = 1; n < worker.threads; n++)
		if (pthread_create(&thread[n], NULL, thread_main, (void *)(uintptr_t)n))
			break;
	thread_main(NULL);
	while (--n)
		pthread_join(thread[n], NULL);
	/* Every other generation leaves the closing to exit. */
	if (worker.generation & 1)
		pool_close_all();
	return 0;
}
