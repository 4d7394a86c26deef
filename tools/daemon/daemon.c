// SPDX-License-Identifier: GPL-2.0
/*
 * Going into the background, and telling who started a daemon that it works.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "daemon.h"
#include "log.h"

static int ready_fd = -1;	/* the parent waits at the other end */
static int pid_fd = -1;

/* The parent's status is the child's, until the child is ready. */
__attribute__((noreturn))
static void wait_until_ready(int fd, pid_t child)
{
	int status = 0;
	char byte;

	if (read(fd, &byte, 1) == 1)
		_exit(0);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1);
}

/**
 * daemon_fork() - go on in a child, with the parent waiting for daemon_ready()
 */
void daemon_fork(void)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) || (pid = fork()) < 0) {
		log_say(LOG_ERR, "cannot go into the background: %s",
			strerror(errno));
		exit(1);
	}
	if (pid) {
		close(fds[1]);
		wait_until_ready(fds[0], pid);
	}
	close(fds[0]);
	ready_fd = fds[1];
	setsid();
}

/*
 * Complaints were for whoever started it; from now on there is the log. Files
 * have been opened by names that were relative, perhaps.
 */
static void let_go(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (chdir("/"))
		log_say(LOG_WARNING, "cannot change to /: %s", strerror(errno));
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

/**
 * daemon_pidfile() - write the process ID where others look for it
 * @path: the file; locked as long as this process lives
 *
 * It is emptied at the end, not removed: that takes rights to the directory,
 * which are given up.
 *
 * Return: 0 or -errno: -EWOULDBLOCK where another one holds it.
 */
int daemon_pidfile(const char *path)
{
	char text[32];
	int len;

	pid_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (pid_fd < 0)
		return -errno;
	if (flock(pid_fd, LOCK_EX | LOCK_NB))
		return -errno;
	len = snprintf(text, sizeof(text), "%d\n", getpid());
	if (ftruncate(pid_fd, 0) || write(pid_fd, text, len) != len)
		return -errno;
	return 0;
}

/* What sd_notify() does, for units with Type=notify. */
static void notify(const char *what)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (!len || len >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, len);
	if (sun.sun_path[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, what, strlen(what), MSG_NOSIGNAL, (struct sockaddr *)&sun,
	       offsetof(struct sockaddr_un, sun_path) + len);
	close(fd);
}

/**
 * daemon_ready() - tell who waits for it that work is accepted
 */
void daemon_ready(void)
{
	notify("READY=1");
	if (ready_fd < 0)
		return;
	let_go();
	if (write(ready_fd, "", 1) != 1)
		log_say(LOG_WARNING, "nobody waited for this to be ready");
	close(ready_fd);
	ready_fd = -1;
}

void daemon_end(void)
{
	notify("STOPPING=1");
	if (pid_fd >= 0 && ftruncate(pid_fd, 0))
		log_say(LOG_WARNING, "cannot empty the PID file: %s",
			strerror(errno));
}
