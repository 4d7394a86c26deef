// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run --seccomp: the supervisor, which answers the program's calls of
 * socket(). It is no child of the program, which did not ask for one: we are going
 * to be the program, and the supervisor is what stays behind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seccomp.h"
#include "settings.h"

enum { LINE = 3, OTHERS = 4, HIGH = 10 };

/* What is said on the line to the supervisor. */
static const char ready[] = "ready", got[] = "got it";

/*
 * Hold nothing that somebody waits to be let go of: a pipe, a terminal, a file
 * system. The line gets the number above.
 */
static int let_go(int line)
{
	int null = open("/dev/null", O_RDWR);

	/* Out of the way first: it may have a number below. */
	line = fcntl(line, F_DUPFD, HIGH);
	if (null < 0 || line < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
	    dup2(line, LINE) < 0 || close_range(OTHERS, ~0U, 0))
		return -1;
	return setsid() < 0 || chdir("/") ? -1 : 0;
}

/* Not the program's name, by which somebody looks for it. */
static void rename_us(char **argv)
{
	static const char name[] = "zsock-run: supervisor";
	char *end = argv[0] + strlen(argv[0]) + 1;
	size_t size;
	int i;

	for (i = 1; argv[i] && argv[i] == end; i++)
		end = argv[i] + strlen(argv[i]) + 1;
	size = end - argv[0];
	memset(argv[0], 0, size);
	memcpy(argv[0], name, size > sizeof(name) ? sizeof(name) : size - 1);
	prctl(PR_SET_NAME, "zsock-run-sup", 0, 0, 0);
}

/* What ends a group of processes waits for us; what looks into one does not see us. */
static int withdraw(int line, char **argv)
{
	struct rlimit files;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGCHLD, SIG_DFL);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (let_go(line) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	rename_us(argv);
	return identity_setup();
}

static int send_descriptor(int line, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { "l", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(line, &msg, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static int receive_descriptor(int line)
{
	char data, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &data, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(line, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

static int say_on(int line, const char *what)
{
	return send(line, what, strlen(what), MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static bool hear(int line, const char *what)
{
	char text[16];
	ssize_t n;

	do
		n = recv(line, text, sizeof(text), 0);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)strlen(what) && !memcmp(text, what, n);
}

__attribute__((noreturn))
static void be_supervisor(int line, char **argv)
{
	int listener;

	if (withdraw(line, argv) || say_on(LINE, ready))
		_exit(1);
	listener = receive_descriptor(LINE);
	if (listener < 0 || say_on(LINE, got))
		_exit(1);
	close(LINE);
	pool_run(listener);
}

/* Returns our end of the line, or -1 with a complaint made. */
static int start_supervisor(char **argv)
{
	int ends[2], status;
	pid_t pid = -1;

	if (!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		pid = fork();
	if (pid < 0) {
		complain("cannot start the supervisor:", strerror(errno));
		return -1;
	}
	if (!pid) {
		close(ends[0]);
		pid = fork();
		if (!pid)
			be_supervisor(ends[1], argv);
		_exit(pid < 0);
	}
	close(ends[1]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	if (hear(ends[0], ready))
		return ends[0];
	close(ends[0]);
	complain("", "the supervisor did not start: is /proc mounted?");
	return -1;
}

static void why_no_filter(int err)
{
	switch (err) {
	case EBUSY:
		complain("", "there is a supervisor of system calls already (zsock-run --seccomp, a container's): the kernel allows one");
		break;
	case EINVAL:
	case ENOSYS:
		complain("", "this kernel has no seccomp notifications");
		break;
	default:
		complain("cannot have system calls supervised:", strerror(err));
	}
}

/**
 * supervise() - from now on, socket() is answered by a supervisor
 * @argv: of main()
 *
 * This process and its children will never be without again; and never gain
 * rights by executing anything. The environment has been set.
 *
 * Return: 0, or -1; complaints have been made.
 */
int supervise(char **argv)
{
	void (*was)(int);
	int line, listener;

	if (!nabis) {
		complain("", "--seccomp does not know this kind of machine");
		return -1;
	}
	settings_read();
	/* Were it ignored, there would be no status to wait for. */
	was = signal(SIGCHLD, SIG_DFL);
	line = start_supervisor(argv);
	signal(SIGCHLD, was);
	if (line < 0)
		return -1;
	listener = filter_install();
	if (listener < 0) {
		why_no_filter(errno);
		close(line);
		return -1;
	}
	/* There is no way back: not with --fallback either. */
	if (send_descriptor(line, listener) || !hear(line, got)) {
		complain("", "the supervisor has ended");
		exit(EXIT_OWN_FAILURE);
	}
	close(listener);
	close(line);
	return 0;
}
