// SPDX-License-Identifier: GPL-2.0
/*
 * Hosts' names. One thread has a line to the kernel and takes what is asked for
 * as long as one of a pool of others is free; each of these waits in
 * getaddrinfo(), as long as a name server takes. No handshake waits for that.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include <libmnl/libmnl.h>

#include "log.h"
#include "nl.h"
#include "resolver.h"
#include "timer.h"

#define STACK		(256 * 1024)	/* of a thread; getaddrinfo() likes some */
#define RETRY_MS	500		/* after an error of accept */

/* A name that is being looked for. */
struct job {
	struct job *next;
	struct name_request rq;
};

/*
 * @lock is for what follows it. Threads are made when there is work for them, and
 * stay. Nobody waits for them at the end: a name server may take its time.
 */
static struct {
	struct nl nl;
	pthread_t thread;
	int stop, woken;		/* eventfds */
	bool more;
	uint64_t retry;
	unsigned int max;

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job *first, **last;
	unsigned int threads, idle, waiting;
	bool ended;
} pool = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.work = PTHREAD_COND_INITIALIZER,
};

static atomic_ulong found, unknown, failed;

/* ---- a name ---- */

/* As the kernel takes them, the best first; what is too much is left out. */
static void fill(struct name_answer *answer, const struct addrinfo *ai)
{
	for (; ai && answer->n < ZSOCK_RESOLVE_ADDRESSES_MAX; ai = ai->ai_next) {
		if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)
			continue;
		memcpy(&answer->addr[answer->n++], ai->ai_addr, ai->ai_addrlen);
	}
}

static int error_of(int ret)
{
	switch (ret) {
	case EAI_NONAME:
		return ENOENT;
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
#endif
		return ENODATA;
	default:
		return EREMOTEIO;
	}
}

static void look_for(const struct name_request *rq, struct name_answer *answer)
{
	struct addrinfo hints = { .ai_family = rq->family, .ai_socktype = SOCK_STREAM };
	struct addrinfo *ai = NULL;
	int ret;

	memset(answer, 0, sizeof(*answer));
	ret = getaddrinfo(rq->name, NULL, &hints, &ai);
	if (!ret)
		fill(answer, ai);
	if (ai)
		freeaddrinfo(ai);
	if (ret)
		answer->error = error_of(ret);
	else if (!answer->n)
		answer->error = ENODATA;
	atomic_fetch_add(!answer->error ? &found :
			 answer->error == EREMOTEIO ? &failed : &unknown, 1);
	log_debug("name %s of uid %u: %u addresses%s%s", rq->name, rq->uid,
		  answer->n, ret ? ": " : "", ret ? gai_strerror(ret) : "");
}

/* ---- the pool ---- */

static void wake(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_say(LOG_ERR, "eventfd: %s", strerror(errno));
}

/* With the lock held. */
static struct job *next_job(void)
{
	struct job *job = pool.first;

	if (!job)
		return NULL;
	pool.first = job->next;
	if (!pool.first)
		pool.last = &pool.first;
	pool.waiting--;
	return job;
}

static void *pool_main(void *arg)
{
	struct name_answer answer;
	struct job *job;

	(void)arg;
	pthread_mutex_lock(&pool.lock);
	for (;;) {
		while (!(job = next_job())) {
			pool.idle++;
			pthread_cond_wait(&pool.work, &pool.lock);
			pool.idle--;
		}
		pthread_mutex_unlock(&pool.lock);
		look_for(&job->rq, &answer);
		pthread_mutex_lock(&pool.lock);
		/* Under the lock: the line is one. */
		if (!pool.ended)
			nl_resolved(&pool.nl, job->rq.id, &answer);
		free(job);
		wake(pool.woken);
	}
	return NULL;
}

/* With the lock held. Returns whether there is one more. */
static bool more_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool made;

	if (pool.threads == pool.max || pthread_attr_init(&attr))
		return false;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	made = !pthread_create(&thread, &attr, pool_main, NULL);
	pthread_attr_destroy(&attr);
	if (made)
		pool.threads++;
	return made;
}

/* With the lock held: whether a thread is free, or can be made. */
static bool may_take(void)
{
	return pool.idle > pool.waiting || pool.threads < pool.max;
}

/* ---- what the kernel asks for ---- */

static void on_ready(void *arg)
{
	(void)arg;
	pool.more = true;
	pool.retry = 0;
}

static const struct nl_events events = { .ready = on_ready };

/* With the lock held; @job is taken over. */
static void give(struct job *job)
{
	static struct log_limit limit;
	struct name_answer none = { .error = EREMOTEIO };

	if (pool.idle <= pool.waiting && !more_threads() && !pool.threads) {
		log_limited(&limit, LOG_ERR, "no thread for a name: %s",
			    strerror(errno));
		nl_resolved(&pool.nl, job->rq.id, &none);
		free(job);
		return;
	}
	job->next = NULL;
	*pool.last = job;
	pool.last = &job->next;
	pool.waiting++;
	pthread_cond_signal(&pool.work);
}

static void take_failed(int error)
{
	static struct log_limit limit;

	if (error == EAGAIN)
		return;
	if (error == ENOBUFS) {
		pool.more = true;
		return;
	}
	pool.retry = timer_now() + RETRY_MS;
	if (error == ENOENT)
		pool.nl.family = 0;
	else
		log_limited(&limit, LOG_ERR, "cannot accept a name: %s",
			    strerror(error));
}

/* With the lock held. */
static void take_one(void)
{
	struct job *job = calloc(1, sizeof(*job));
	int ret;

	pool.more = false;
	if (!pool.nl.family)
		nl_read(&pool.nl);
	ret = job ? nl_accept_name(&pool.nl, &job->rq) : -ENOMEM;
	if (ret) {
		free(job);
		take_failed(-ret);
		return;
	}
	pool.more = true;
	give(job);
}

/* ---- the thread that has the line ---- */

static int time_to_wait(void)
{
	uint64_t now = timer_now();

	if (!pool.retry)
		return -1;
	return pool.retry > now ? (int)(pool.retry - now) : 0;
}

static void drain(int fd)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		log_say(LOG_ERR, "eventfd: %s", strerror(errno));
}

/* Returns whether to go on. */
static bool wait_for_more(void)
{
	struct pollfd pfd[] = {
		{ .fd = pool.stop, .events = POLLIN },
		{ .fd = pool.woken, .events = POLLIN },
		{ .fd = mnl_socket_get_fd(pool.nl.sock), .events = POLLIN },
		{ .fd = mnl_socket_get_fd(pool.nl.multicast), .events = POLLIN },
	};
	int ret = 0;

	poll(pfd, 4, time_to_wait());
	if (pfd[0].revents)
		return false;
	if (pfd[1].revents)
		drain(pool.woken);
	pthread_mutex_lock(&pool.lock);
	if (pfd[2].revents || pfd[3].revents)
		ret = nl_read(&pool.nl);
	if (pool.retry && timer_now() >= pool.retry) {
		pool.retry = 0;
		pool.more = true;
	}
	pthread_mutex_unlock(&pool.lock);
	if (ret)
		log_say(LOG_CRIT, "names: lost the kernel: %s", strerror(-ret));
	return !ret;
}

static void *run(void *arg)
{
	(void)arg;
	do {
		pthread_mutex_lock(&pool.lock);
		while (pool.more && may_take())
			take_one();
		pthread_mutex_unlock(&pool.lock);
	} while (wait_for_more());
	return NULL;
}

/* ---- from outside ---- */

/**
 * resolver_start() - resolve names from now on
 * @threads: names at a time, at the most
 * @why: the kernel's own words about an error
 * @room: bytes of @why
 *
 * Return: 0, or -errno: -EPROTONOSUPPORT where the module does not ask for names.
 */
int resolver_start(unsigned int threads, char *why, unsigned int room)
{
	int ret;

	pool.max = threads;
	pool.last = &pool.first;
	pool.stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pool.woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool.stop < 0 || pool.woken < 0)
		return -errno;
	ret = nl_open(&pool.nl, ZSOCK_GENL_RESOLVE, &events, NULL);
	if (!ret)
		ret = -pthread_create(&pool.thread, NULL, run, NULL);
	if (ret) {
		strncpy(why, pool.nl.why, room - 1);
		nl_close(&pool.nl);
		pool.max = 0;
	}
	return ret;
}

/* No answer is given any more; who looks for one ends with the process. */
void resolver_stop(void)
{
	if (!pool.max)
		return;
	wake(pool.stop);
	pthread_join(pool.thread, NULL);
	pthread_mutex_lock(&pool.lock);
	pool.ended = true;
	nl_close(&pool.nl);
	pthread_mutex_unlock(&pool.lock);
}

void resolver_stats(void)
{
	if (pool.max)
		log_say(LOG_INFO, "names: %lu found, %lu unknown, %lu failed",
			atomic_load(&found), atomic_load(&unknown),
			atomic_load(&failed));
}
