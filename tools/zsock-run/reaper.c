// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run-creds: what stays behind, to delete the credentials in the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "creds.h"

enum { PIDFD = 3, REPORT = 4, OTHERS = 5, HIGH = 10 };

/*
 * Hold nothing that somebody waits to be let go of: a pipe, a terminal, a file
 * system. The descriptors that are needed get the numbers above.
 */
static int let_go(int pidfd, int report)
{
	int null = open("/dev/null", O_RDWR);

	/* Out of the way first: they may have those numbers the other way round. */
	pidfd = fcntl(pidfd, F_DUPFD, HIGH);
	report = fcntl(report, F_DUPFD, HIGH);
	if (null < 0 || pidfd < 0 || report < 0 ||
	    dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || dup2(pidfd, PIDFD) < 0 ||
	    dup2(report, REPORT) < 0 || close_range(OTHERS, ~0U, 0))
		return -1;
	return setsid() < 0 || chdir("/") ? -1 : 0;
}

/* All signals are blocked, so that what ends a group of processes waits for us. */
__attribute__((noreturn))
static void reap(const struct run_tags *tags)
{
	struct pollfd pfd = { .fd = PIDFD, .events = POLLIN };

	while (poll(&pfd, 1, -1) < 1)
		if (errno != EINTR && errno != EAGAIN && errno != ENOMEM)
			break;
	run_tags_delete(tags);
	_exit(EXIT_OK);
}

/**
 * reaper_start() - start the process that deletes them
 * @pidfd: the process with whose end it does
 * @tags: what is to be deleted
 *
 * Return: 0, or -1; complaints have been made.
 */
int reaper_start(int pidfd, const struct run_tags *tags)
{
	int report[2];
	pid_t pid = -1;
	char ok = 0;

	if (!pipe2(report, O_CLOEXEC))
		pid = fork();
	if (pid < 0) {
		fprintf(stderr, "%s: cannot start another process: %s\n",
			tool_name, strerror(errno));
		return -1;
	}
	if (!pid) {
		if (let_go(pidfd, report[1]) || write(REPORT, "y", 1) != 1)
			_exit(EXIT_KERNEL);
		close(REPORT);
		reap(tags);
	}
	close(report[1]);
	if (read(report[0], &ok, 1) == 1)
		return 0;
	fprintf(stderr, "%s: cannot stay behind to delete the credentials\n",
		tool_name);
	return -1;
}
