// SPDX-License-Identifier: GPL-2.0
/*
 * What a network namespace needs for the backend under test to be there. Backends behind a
 * pipe, and the map of AF_VSOCK, are one namespace's own: one that a test makes has neither.
 */
#include <errno.h>
#include <linux/vm_sockets.h>
#include <linux/zsock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bring.h"
#include "far.h"

/* Two connected sockets of AF_VSOCK on this machine. */
static int vsock_pair(int sv[2])
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK, .svm_port = VMADDR_PORT_ANY, .svm_cid = VMADDR_CID_LOCAL,
	};
	int l = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);

	sv[0] = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sv[1] = -1;
	if (!bind(l, (struct sockaddr *)&addr, len) && !listen(l, 1) &&
	    !getsockname(l, (struct sockaddr *)&addr, &len) &&
	    !connect(sv[0], (struct sockaddr *)&addr, len))
		sv[1] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	close(l);
	return sv[1] < 0 ? -1 : 0;
}

/* A server of this namespace, on a pipe that nobody else has. It dies with the test. */
static int serve(int fd)
{
	int pid = fork();
	char number[12];

	if (pid)
		return pid < 0 ? -1 : 0;
	/* Not the end of the pipe: this process is what keeps the namespace, and so the pipe. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(number, sizeof(number), "%d", dup(fd));
	freopen("/dev/null", "w", stderr);
	execl("tools/bin/zsock-offloadd", "zsock-offloadd", "-f", "--user", "root",
	      "--sockets", "20000", "--allow", "0.0.0.0/0", "--allow", "::/0",
	      "--allow-bind", "0.0.0.0/0", "--allow-bind", "::/0", "--fd", number, NULL);
	_exit(127);
}

static int remote(const char *pipe)
{
	int sv[2], err;

	if (strcmp(pipe, "vsock") ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) :
				    vsock_pair(sv))
		return -1;
	err = serve(sv[1]) ? errno : far_give(ZSOCK_CMD_BACKEND_ADD, "remote", NULL, sv[0]);
	close(sv[0]);
	close(sv[1]);
	errno = err;
	return err ? -1 : 0;
}

int zs_bring_backend(void)
{
	const char *pipe = getenv("ZSOCK_TEST_PIPE");
	const char *backend = getenv("ZSOCK_TEST_BACKEND");

	if (pipe)
		return remote(pipe);
	if (backend && !strcmp(backend, "vsock"))
		return system("tools/bin/zsockctl vsock map add 127.0.0.1 local &&"
			      "tools/bin/zsockctl vsock map add ::1 local") ? -1 : 0;
	return 0;
}
