// SPDX-License-Identifier: GPL-2.0
/*
 * The families that are compared, and the proof that a socket is of the
 * family it is said to be.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/zsock.h>

#include "zbench.h"

#define FAMILY_FILE	"/sys/module/zsock/parameters/family"

static struct fam fams[FAM_COUNT] = {
	[FAM_INET]	= { FAM_INET, "inet", AF_INET, 0, 0 },
	[FAM_CONTROL]	= { FAM_CONTROL, "control", AF_INET, 0, 0 },
	[FAM_ZSOCK]	= { FAM_ZSOCK, "zsock", AF_ZSOCK,
			    ZSOCK_PROTO(AF_INET, 0), ZSOCK_PROTO(AF_INET, 0) },
	[FAM_UNIX]	= { FAM_UNIX, "unix", AF_UNIX, 0, 0 },
	[FAM_LIB]	= { FAM_LIB, "openssl", AF_INET, 0, 0 },
	[FAM_LIBK]	= { FAM_LIBK, "openssl-ktls", AF_INET, 0, 0 },
};

const struct fam *fam_get(enum fam_id id)
{
	return &fams[id];
}

static bool read_family_number(int *number)
{
	FILE *file = fopen(FAMILY_FILE, "r");
	bool ok;

	if (!file)
		return false;
	ok = fscanf(file, "%d", number) == 1;
	fclose(file);
	return ok;
}

bool fam_available(const struct fam *fam, const char **why)
{
	int fd;

	if (fam->id == FAM_ZSOCK &&
	    !read_family_number(&fams[FAM_ZSOCK].domain)) {
		*why = "zsock.ko is not loaded (no " FAMILY_FILE ")";
		return false;
	}
	fd = socket(fam->domain, SOCK_STREAM, fam->stream_proto);
	if (fd < 0) {
		*why = strerror(errno);
		return false;
	}
	close(fd);
	return true;
}

int fam_socket(const struct fam *fam, int type)
{
	int proto = type == SOCK_DGRAM ? fam->dgram_proto : fam->stream_proto;
	int fd = socket(fam->domain, type, proto);

	if (fd < 0)
		die_errno("%s: socket", fam->name);
	return fd;
}

static void bind_somewhere(const struct fam *fam, int fd, int host,
			   struct addr *addr)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host),
	};
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int err;

	if (fam->id == FAM_UNIX)	/* an abstract name of the kernel's choice */
		err = bind(fd, (void *)&un, sizeof(un.sun_family));
	else
		err = bind(fd, (void *)&in, sizeof(in));
	if (err)
		die_errno("%s: bind", fam->name);
	addr->len = sizeof(addr->ss);
	if (getsockname(fd, (void *)&addr->ss, &addr->len))
		die_errno("%s: getsockname", fam->name);
}

int fam_listen(const struct fam *fam, int host, struct addr *addr)
{
	int fd = fam_socket(fam, SOCK_STREAM);

	bind_somewhere(fam, fd, host, addr);
	if (listen(fd, 1024))
		die_errno("%s: listen", fam->name);
	return fd;
}

int fam_bound_dgram(const struct fam *fam, struct addr *addr)
{
	int fd = fam_socket(fam, SOCK_DGRAM);

	bind_somewhere(fam, fd, 1, addr);
	return fd;
}

int fam_connect(const struct fam *fam, const struct addr *addr)
{
	int fd = fam_socket(fam, SOCK_STREAM);

	if (connect(fd, (const void *)&addr->ss, addr->len))
		die_errno("%s: connect", fam->name);
	return fd;
}

void fam_pair(const struct fam *fam, int listener, const struct addr *addr,
	      int fd[2])
{
	fd[0] = fam_connect(fam, addr);
	fd[1] = accept(listener, NULL, NULL);
	if (fd[1] < 0)
		die_errno("%s: accept", fam->name);
}

void fam_stream_pair(const struct fam *fam, int fd[2])
{
	struct addr addr;
	int listener = fam_listen(fam, 1, &addr);

	fam_pair(fam, listener, &addr, fd);
	fam_verify(fam, fd[0], true);
	fam_verify(fam, fd[1], true);
	close(listener);
}

static void verify_zsock(int fd, bool dispatched)
{
	struct zsock_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len))
		die_errno("zsock: getsockopt(ZSOCK_INFO)");
	if (!dispatched) {
		if (info.state != ZSOCK_STATE_FRESH || info.inner_family)
			die("zsock: dispatched before any call wanted it");
		return;
	}
	if (info.state != ZSOCK_STATE_DISPATCHED)
		die("zsock: state %u, not dispatched", info.state);
	if (info.inner_family != AF_INET)
		die("zsock: inner family %u, not AF_INET", info.inner_family);
	if (strcmp(info.backend, "native"))
		die("zsock: backend '%s', not native", info.backend);
}

/* Neither may an AF_INET socket be one of ours in disguise (zsock-run). */
static void verify_plain(const struct fam *fam, int fd)
{
	struct zsock_info info;
	socklen_t len = sizeof(info);
	int domain = -1;

	if (!getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len))
		die("%s: answers ZSOCK_INFO: it is an AF_ZSOCK socket",
		    fam->name);
	len = sizeof(domain);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) ||
	    domain != fam->domain)
		die("%s: SO_DOMAIN is %d", fam->name, domain);
}

void fam_verify(const struct fam *fam, int fd, bool dispatched)
{
	if (fam->id == FAM_ZSOCK)
		verify_zsock(fd, dispatched);
	else
		verify_plain(fam, fd);
}

void close_reset(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		die_errno("SO_LINGER");
	close(fd);
}

void set_buffers(int fd, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		die_errno("SO_SNDBUFFORCE, SO_RCVBUFFORCE (needs root)");
}

void set_nodelay(const struct fam *fam, int fd)
{
	int one = 1;

	if (fam->id != FAM_UNIX &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		die_errno("%s: TCP_NODELAY", fam->name);
}
