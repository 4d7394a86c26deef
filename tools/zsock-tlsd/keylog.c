// SPDX-License-Identifier: GPL-2.0
/*
 * A file of secrets in the form that NSS made common, for who has to look into
 * traffic with a protocol analyser. Only when told to.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "keylog.h"

static int keylog_fd = -1;

/**
 * keylog_open() - write secrets to a file from now on
 * @path: of the file; what is in it stays
 *
 * A file that others may read is refused, and so is a link: secrets are not to
 * end where somebody else meant them to.
 *
 * Return: 0 or -errno.
 */
int keylog_open(const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
	struct stat st;

	keylog_fd = open(path, flags, 0600);
	if (keylog_fd < 0)
		return -errno;
	if (fstat(keylog_fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode) && (st.st_mode & 077))
		return -EPERM;
	return 0;
}

bool keylog_wanted(void)
{
	return keylog_fd >= 0;
}

/* One write, so that the lines of several threads do not mix. */
void keylog_write(const char *line)
{
	struct iovec iov[] = {
		{ (char *)line, strlen(line) },
		{ "\n", 1 },
	};

	if (keylog_fd >= 0 && writev(keylog_fd, iov, 2) < 0)
		return;		/* a full disk must not stop handshakes */
}
