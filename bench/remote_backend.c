// SPDX-License-Identifier: GPL-2.0
/* A backend behind a pipe: made, used by name, and taken away again. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vm_sockets.h>
#include <linux/zsock.h>

#include "remote.h"

/* Nobody's (RFC 5737); the server answers for it. */
#define ADDRESS	"192.0.2.1"

/* Started with @fd open under the same number, and nothing else of ours. */
static pid_t start(const char *tool, int fd, char *const argv[])
{
	char path[4096];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", opt.tools, tool);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A copy, for the other has FD_CLOEXEC, but where it is that itself. */
	if (fd >= 0 && (fd == 3 ? fcntl(fd, F_SETFD, 0) : dup2(fd, 3)) < 0)
		_exit(126);
	execv(path, argv);
	_exit(127);
}

static void run(const char *tool, int fd, char *const argv[])
{
	int status;

	if (waitpid(start(tool, fd, argv), &status, 0) < 0)
		die_errno("waitpid");
	if (status)
		die("%s %s %s failed (status %#x)", argv[0], argv[1], argv[2],
		    status);
}

/* ---- pipes ---- */

static void vsock_listen(int fd, struct sockaddr_vm *svm)
{
	socklen_t len = sizeof(*svm);

	if (bind(fd, (void *)svm, len) || listen(fd, 1) ||
	    getsockname(fd, (void *)svm, &len))
		die_errno("vsock: listening");
}

static void vsock_pair(int fd[2])
{
	struct sockaddr_vm svm = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL,
		.svm_port = VMADDR_PORT_ANY,
	};
	int listener = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fd[0] = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || fd[0] < 0)
		die_errno("vsock: socket");
	vsock_listen(listener, &svm);
	if (connect(fd[0], (void *)&svm, sizeof(svm)))
		die_errno("vsock: connect");
	fd[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd[1] < 0)
		die_errno("vsock: accept");
	close(listener);
}

const char *remote_no_vsock(void)
{
	int fd;

	if (system("modprobe -q vsock_loopback"))
		return "no vsock_loopback";
	fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	if (fd < 0)
		return "no AF_VSOCK";
	close(fd);
	return NULL;
}

void remote_pipe(enum remote_pipe kind, int fd[2])
{
	if (kind == REMOTE_VSOCK)
		vsock_pair(fd);
	else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		die_errno("socketpair");
}

/* ---- backends ---- */

void remote_start(struct remote *r, enum remote_pipe kind)
{
	static unsigned int count;
	char *const server[] = {
		"zsock-offloadd", "-f", "--user", "root", "--fd", "3",
		"--internal", ADDRESS, NULL,
	};
	char *const add[] = {
		"zsockctl", "backend", "add", r->name, "--fd", "3", "--prio",
		"1", NULL,
	};
	int fd[2];

	snprintf(r->name, sizeof(r->name), "bench%u", count++);
	remote_pipe(kind, fd);
	r->pid = start("zsock-offloadd", fd[1], server);
	run("zsockctl", fd[0], add);
	close(fd[0]);
	close(fd[1]);
}

void remote_stop(struct remote *r)
{
	char *const del[] = {
		"zsockctl", "backend", "del", r->name, "--force", NULL,
	};

	run("zsockctl", -1, del);
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
}

/* That this is the backend that is measured. */
static void verify(const struct remote *r, int fd)
{
	struct zsock_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len))
		die_errno("zsock: getsockopt(ZSOCK_INFO)");
	if (info.state != ZSOCK_STATE_DISPATCHED ||
	    strcmp(info.backend, r->name))
		die("zsock: backend '%s', not %s", info.backend, r->name);
}

int remote_connect(const struct remote *r, unsigned int port)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int fd = fam_socket(fam_get(FAM_ZSOCK), SOCK_STREAM);

	inet_pton(AF_INET, ADDRESS, &in.sin_addr);
	if (setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, r->name, strlen(r->name)))
		die_errno("zsock: ZSOCK_BACKEND %s", r->name);
	if (connect(fd, (void *)&in, sizeof(in)))
		die_errno("zsock: connect");
	verify(r, fd);
	return fd;
}
