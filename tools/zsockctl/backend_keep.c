// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl backend add --reconnect: a background process that gives the
 * backend another pipe when one breaks, until it is deleted.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "zsockctl.h"

#define WAIT_FIRST	100	/* ms between two attempts, doubled each time */
#define WAIT_MOST	10000
#define LOOK_EVERY	5000	/* ms: is anybody left in the namespace? */

enum state { UNKNOWN, UP, DOWN, GONE };

struct keeper {
	const struct backend *backend;
	struct zsk_monitor *events;
	enum state state;
};

static int note_listed(const struct zsk_backend *b, void *arg)
{
	struct keeper *k = arg;

	if (strcmp(b->name, k->backend->name))
		return 0;
	/* One without a pipe is somebody else's, of the same name. */
	switch (b->state) {
	case ZSOCK_BACKEND_STATE_UP:
		k->state = UP;
		break;
	case ZSOCK_BACKEND_STATE_DOWN:
		k->state = DOWN;
		break;
	}
	return 0;
}

/* How it is: at first, and where events were lost. */
static void look(struct keeper *k)
{
	struct zsk *z = kernel_open();

	k->state = GONE;
	if (!z || kernel_said(z, zsk_backend_list(z, note_listed, k)))
		k->state = kernel_error == ENOPROTOOPT ? GONE : DOWN;
}

static int note_event(const struct zsk_event *e, void *arg)
{
	struct keeper *k = arg;

	if (e->event == ZSK_EVENT_LOST)
		look(k);
	else if (e->event == ZSK_EVENT_UNLOADED)
		k->state = GONE;
	if (strcmp(e->name, k->backend->name))
		return 0;
	if (e->event == ZSK_EVENT_UP)
		k->state = UP;
	else if (e->event == ZSK_EVENT_DOWN)
		k->state = DOWN;
	else if (e->event == ZSK_EVENT_DELETED)
		k->state = GONE;
	return 0;
}

/* Events of @ms milliseconds, or until the state is another one. */
static void listen_for(struct keeper *k, long ms)
{
	enum state before = k->state;
	struct timespec now, end;
	long left = ms;

	clock_gettime(CLOCK_MONOTONIC, &end);
	while (k->state == before && left > 0) {
		int ret = zsk_monitor_read(k->events, left, note_event, k);

		if (ret && ret != -EAGAIN && ret != -EINTR)
			k->state = GONE;
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = ms - (now.tv_sec - end.tv_sec) * 1000 -
		       (now.tv_nsec - end.tv_nsec) / 1000000;
	}
}

/* One attempt. The kernel tells by an event that it was the right one. */
static void attempt(struct keeper *k)
{
	const struct backend *b = k->backend;
	int fd = pipe_open(&b->pipe);

	if (fd < 0 || backend_give(b, true, fd) == EXIT_OK)
		return;
	switch (kernel_error) {
	case ENOENT:
	case ENOPROTOOPT:
		k->state = GONE;
		break;
	case EBUSY:
		look(k);
		break;
	}
}

/* Until it is up, or gone. */
static void reconnect(struct keeper *k)
{
	long wait = WAIT_FIRST;

	syslog(LOG_NOTICE, "backend %s: %s is down", k->backend->name,
	       k->backend->pipe.label);
	while (k->state == DOWN) {
		attempt(k);
		/* Not all at once, where many lost the same server. */
		listen_for(k, wait + rand() % (wait / 2));
		wait = wait * 2 < WAIT_MOST ? wait * 2 : WAIT_MOST;
		if (k->state == DOWN && net_deserted())
			k->state = GONE;
	}
	if (k->state == UP)
		syslog(LOG_NOTICE, "backend %s: %s is up again",
		       k->backend->name, k->backend->pipe.label);
}

static void keep(struct keeper *k)
{
	while (k->state != GONE) {
		if (k->state == DOWN)
			reconnect(k);
		else
			listen_for(k, LOOK_EVERY);
		if (k->state == UP && net_deserted())
			break;
	}
}

/* ---- a process of its own ---- */

static void be_daemon(void)
{
	int null = open("/dev/null", O_RDWR);
	int i;

	for (i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	if (null > 2)
		close(null);
}

/* Tell the waiting parent on @ready how it began, then stay. */
static void child(const struct backend *b, int ready)
{
	struct keeper k = { .backend = b };
	char status;

	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	if (fork())
		_exit(0);
	srand(getpid());
	if (!chdir("/"))
		k.events = backend_events();
	status = k.events ? EXIT_OK : EXIT_KERNEL;
	/* What happened before it listened is seen now. */
	if (k.events)
		look(&k);
	if (write(ready, &status, 1) != 1 || status != EXIT_OK)
		_exit(1);
	close(ready);
	be_daemon();
	openlog("zsockctl", LOG_PID, LOG_DAEMON);
	keep(&k);
	_exit(0);
}

/* Nothing that the caller had open is to stay open because of it. */
static void close_others(int ready)
{
	if (ready > 3)
		close_range(3, ready - 1, 0);
	close_range(ready + 1, ~0U, 0);
}

/**
 * backend_keep() - have a backend reconnected
 * @backend: the backend, whose pipe works
 *
 * Return: an exit status; the process is there, and listens.
 */
int backend_keep(const struct backend *backend)
{
	char status = EXIT_KERNEL;
	int p[2];
	pid_t pid;

	fflush(NULL);
	if (pipe(p)) {
		perror("zsockctl: backend: no background process");
		return EXIT_KERNEL;
	}
	pid = fork();
	if (!pid) {
		close_others(p[1]);
		child(backend, p[1]);
	}
	close(p[1]);
	if (pid < 0)
		perror("zsockctl: backend: no background process");
	else if (read(p[0], &status, 1) != 1)
		fputs("zsockctl: backend: the background process ended, and nobody will reconnect\n",
		      stderr);
	close(p[0]);
	return status;
}
