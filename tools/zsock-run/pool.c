// SPDX-License-Identifier: GPL-2.0
/*
 * The supervisor: its threads. One waits for the next call, and leaves that to
 * another one while it serves the call, so that none waits for one that is slow.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp.h"

#define THREADS_MAX	64
#define STACK_SIZE	(256 * 1024)

static pthread_mutex_t lead = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t count = PTHREAD_MUTEX_INITIALIZER;
static int threads, busy;		/* under count */
static int listener;
static size_t req_size = sizeof(struct seccomp_notif);

static void start_thread(void);

/* The kernel's structure may be longer than the one that we know. */
static struct seccomp_notif *new_request(void)
{
	struct seccomp_notif_sizes sizes;

	if (!syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) &&
	    sizes.seccomp_notif > req_size)
		req_size = sizes.seccomp_notif;
	return malloc(req_size);
}

/* Under lead. Ends all of us when the last process with the filter has ended. */
static void next_request(struct seccomp_notif *req)
{
	struct pollfd pfd = { .fd = listener, .events = POLLIN };

	for (;;) {
		pfd.revents = 0;
		if (poll(&pfd, 1, -1) < 0) {
			if (errno != EINTR && errno != EAGAIN &&
			    errno != ENOMEM)
				_exit(1);
			continue;
		}
		if (pfd.revents & (POLLHUP | POLLERR | POLLNVAL))
			_exit(0);
		memset(req, 0, req_size);
		/* ENOENT: a signal was quicker. */
		if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, req))
			return;
	}
}

static void set_busy(int change)
{
	bool all;

	pthread_mutex_lock(&count);
	busy += change;
	all = busy == threads;
	pthread_mutex_unlock(&count);
	if (all)
		start_thread();
}

static void *work(void *arg)
{
	struct seccomp_notif *req = arg;

	for (;;) {
		pthread_mutex_lock(&lead);
		next_request(req);
		set_busy(1);
		pthread_mutex_unlock(&lead);
		serve(listener, req);
		set_busy(-1);
	}
	return NULL;
}

/* Without it the others have more to do. */
static void start_thread(void)
{
	struct seccomp_notif *req = NULL;
	pthread_attr_t attr;
	pthread_t thread;
	bool room;

	pthread_mutex_lock(&count);
	room = threads < THREADS_MAX;
	threads += room;
	pthread_mutex_unlock(&count);
	if (!room)
		return;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	req = new_request();
	if (!req || pthread_create(&thread, &attr, work, req)) {
		free(req);
		pthread_mutex_lock(&count);
		threads--;
		pthread_mutex_unlock(&count);
	}
	pthread_attr_destroy(&attr);
}

/**
 * pool_run() - answer calls, until there is nobody left who could make any
 * @fd: the listener
 */
__attribute__((noreturn))
void pool_run(int fd)
{
	struct seccomp_notif *req = new_request();

	if (!req)
		_exit(1);
	listener = fd;
	threads = 1;
	work(req);
	_exit(1);
}
