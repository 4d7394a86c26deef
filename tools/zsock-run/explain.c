// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: why there is no connection. The program knows nothing of TLS
 * and reports an errno, which says little to who asked for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload.h"

/* Once in a process each: it may go on to fail a thousand times. */
static atomic_flag said_agent = ATOMIC_FLAG_INIT;
static atomic_flag said_failure = ATOMIC_FLAG_INIT;

static const struct {
	uint32_t bit;
	const char *text;
} faults[] = {
	{ ZSOCK_VERIFY_EXPIRED, ", has expired" },
	{ ZSOCK_VERIFY_FUTURE, ", is not valid yet" },
	{ ZSOCK_VERIFY_REVOKED, ", is revoked" },
	{ ZSOCK_VERIFY_CN_MISMATCH, ", is for another name" },
	{ ZSOCK_VERIFY_NOT_TRUSTED, ", is signed by none of the CAs given" },
	{ ZSOCK_VERIFY_MISSING, ", is missing" },
	{ ZSOCK_VERIFY_KEY_USAGE, ", is for another usage" },
	{ ZSOCK_VERIFY_EXT_KEY_USAGE, ", is for another purpose" },
	{ ZSOCK_VERIFY_BAD_MD, ", has a hash that is too weak" },
	{ ZSOCK_VERIFY_BAD_PK, ", has a kind of key that is not allowed" },
	{ ZSOCK_VERIFY_BAD_KEY, ", has a key that is too short" },
	{ ZSOCK_VERIFY_OTHER, ", is not acceptable" },
};

/* "the peer's certificate is for another name, has expired" */
static bool certificate(uint32_t verify, char *text, size_t size)
{
	bool first = true;
	size_t i, len;

	len = strlen(strcpy(text, "the peer's certificate"));
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const char *s = faults[i].text + first;	/* no comma */

		if (!(verify & faults[i].bit) || len + strlen(s) >= size)
			continue;
		strcpy(text + len, s);
		len += strlen(s);
		first = false;
	}
	return !first;
}

static const char *reason(const struct zsock_handshake_error *failure,
			  char *buf, size_t size)
{
	if (failure->flags & ZSOCK_HANDSHAKE_ERROR_F_RECEIVED)
		return "the peer refused it";
	if (certificate(failure->verify, buf, size))
		return buf;
	switch (failure->error) {
	case ENOENT:
		return "a tag has no such credential, or is gone";
	case EACCES:
		return "the tag belongs to another user, see 'zsockctl cred'";
	default:
		return strerrordesc_np(failure->error) ?: "?";
	}
}

/**
 * tls_explain() - tell the user why connect() failed, if TLS is the reason
 * @fd: the socket
 * @err: what the program gets
 *
 * errno stays.
 */
void tls_explain(int fd, int err)
{
	struct zsock_handshake_error failure = { 0 };
	socklen_t len = sizeof(failure);
	int saved = errno;
	char buf[256];

	if (!settings.tls.client || !err || err == EINPROGRESS ||
	    syscall(SYS_getsockopt, fd, SOL_ZSOCK, ZSOCK_HANDSHAKE_ERROR,
		    &failure, &len))
		goto out;
	/* The peer's reset may have come in between, and be what is read. */
	if (err == ESRCH || failure.error == ESRCH) {
		if (!atomic_flag_test_and_set(&said_agent))
			say("no TLS handshake: zsock-tlsd is not running", NULL);
	} else if (failure.error) {
		if (!atomic_flag_test_and_set(&said_failure))
			say("the TLS handshake failed: ",
			    reason(&failure, buf, sizeof(buf)));
	}
out:
	errno = saved;
}
