// SPDX-License-Identifier: GPL-2.0
/*
 * The supervisor: one call of socket(), from the kernel's question to the answer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seccomp.h"
#include "settings.h"

#define PATIENCE_MS	30000		/* with a process that makes a socket */

/* Refused for what we are, not for what the kernel says. */
#define NOT_ALIKE	EACCES

/* @err: 0 for "make the socket that you were asked for" */
static void answer(int listener, uint64_t id, int err)
{
	struct seccomp_notif_resp resp = {
		.id = id,
		.error = -err,
		.flags = err ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	/* ENOENT: nobody waits for it any more. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

static void answer_failure(int listener, uint64_t id, const struct call *call,
			   int err)
{
	/* Not without TLS, where that was asked for. */
	if (!wanted_secure(call->type, call->protocol) && wanted_may_stay(err))
		err = 0;
	answer(listener, id, err);
}

/*
 * Nobody is going to tell us when it connects or listens, and to which name: it
 * is made ready for both.
 */
static int make_secure(const struct call *call)
{
	int fd;

	/* As where there is no MPTCP: programs go on to TCP then. */
	if (call->protocol == IPPROTO_MPTCP) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	if (settings.nonsense) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(settings.family, call->type | SOCK_CLOEXEC,
		    ZSOCK_PROTO(call->domain, IPPROTO_TLS_1_2));
	if (fd < 0 || !settings.tls.has_hostname ||
	    !tls_set_hostname(fd, settings.tls.hostname))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

static int make(const struct call *call)
{
	bool secure = wanted_secure(call->type, call->protocol);
	int fd, err;

	if (secure)
		fd = make_secure(call);
	else
		fd = socket(settings.family, call->type | SOCK_CLOEXEC,
			    ZSOCK_PROTO(call->domain, call->protocol));
	if (fd < 0 ||
	    !wanted_furnish(fd, call->domain, call->type, secure))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* The descriptor is the program's own: its limits, its flags. */
static int hand_in(int listener, uint64_t id, const struct call *call, int fd)
{
	struct seccomp_notif_addfd add = {
		.id = id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = fd,
		.newfd_flags = call->type & SOCK_CLOEXEC ? O_CLOEXEC : 0,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
}

static void fulfil(int listener, uint64_t id, const struct call *call)
{
	int fd = make(call);

	if (fd < 0) {
		answer_failure(listener, id, call, errno);
		return;
	}
	if (hand_in(listener, id, call, fd) < 0)
		answer(listener, id, errno);	/* EMFILE, most likely */
	close(fd);
}

static bool still_waits(int listener, uint64_t id)
{
	return !ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
}

/* Nobody asked that TCP be protected, or go another way? */
static bool may_be_plain(void)
{
	return !wanted_secure(SOCK_STREAM, 0) && !settings.socks5.len;
}

/* In a process of its own: in the program's place, with its rights. */
static void serve_apart(int listener, const struct seccomp_notif *req,
			enum call_form form, struct call *call, int proc)
{
	/* The listener is to be gone as soon as the supervisor is. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (form == CALL_MEMORY) {
		/*
		 * The kernel cannot read it either; or we may not, and cannot
		 * tell what kind of socket is asked for.
		 */
		if (!call_read(req->pid, &req->data, call)) {
			answer(listener, req->id,
			       errno == EFAULT || may_be_plain() ? 0 :
								   NOT_ALIKE);
			return;
		}
		if (!still_waits(listener, req->id))
			return;
		if (!wanted(call->domain, call->type, call->protocol)) {
			answer(listener, req->id, 0);
			return;
		}
	}
	if (become(proc))
		fulfil(listener, req->id, call);
	else
		answer_failure(listener, req->id, call, NOT_ALIKE);
}

/* Until it has ended, however: it is not ours alone when it is as the program. */
static void await(pid_t pid)
{
	struct pollfd pfd = { .fd = syscall(SYS_pidfd_open, pid, 0),
			      .events = POLLIN };

	if (pfd.fd < 0 || poll(&pfd, 1, PATIENCE_MS) < 1)
		kill(pid, SIGKILL);
	if (pfd.fd >= 0)
		close(pfd.fd);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

static void delegate(int listener, const struct seccomp_notif *req,
		     enum call_form form, struct call *call, int proc)
{
	pid_t pid = fork();

	if (!pid) {
		serve_apart(listener, req, form, call, proc);
		_exit(0);
	}
	if (pid > 0)
		await(pid);
	/* Where it has answered, this comes too late, and does nothing. */
	answer(listener, req->id, pid > 0 ? EIO : ENOMEM);
}

/* Without it the kernel looks for the module in the middle of the call. */
static bool module_is_there(void)
{
	return !access(FAMILY_FILE, F_OK);
}

/**
 * serve() - answer a call
 * @listener: of the filter
 * @req: what it said
 *
 * Most are answered here. What may take its time, or takes other rights than
 * ours, is left to a process.
 */
void serve(int listener, const struct seccomp_notif *req)
{
	struct call call = { 0 };
	enum call_form form = call_decode(&req->data, &call);
	int proc;

	if (form == CALL_OTHER ||
	    (form == CALL_REGISTERS &&
	     !wanted(call.domain, call.type, call.protocol))) {
		answer(listener, req->id, 0);
		return;
	}
	proc = identity_open(req->pid);
	/* It is the caller's, unless the caller has gone. */
	if (!still_waits(listener, req->id))
		;
	else if (proc >= 0 && form == CALL_REGISTERS && module_is_there() &&
		 identity_ours(proc))
		fulfil(listener, req->id, &call);
	else
		delegate(listener, req, form, &call, proc);
	if (proc >= 0)
		close(proc);
}
