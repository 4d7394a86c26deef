// SPDX-License-Identifier: GPL-2.0
/* One socket: how it is made, and what it tells of itself. */
#include <string.h>
#include <unistd.h>

#include "internal.h"

int zsk_socket(int domain, int type, int protocol)
{
	int family = zsk_family();
	int fd;

	/* Where it is not loaded, socket() may load it, under this number. */
	if (family < 0)
		family = AF_ZSOCK;
	if (domain < 0 || domain > INT16_MAX || protocol < 0 ||
	    protocol > ZSOCK_PROTO_MASK)
		return -EINVAL;
	fd = socket(family, type, ZSOCK_PROTO(domain, protocol));
	return fd < 0 ? -errno : fd;
}

/*
 * What callers have room for: what the structures were in version 1.0. Where
 * the kernel's grow, a function that fills more in needs a new symbol version.
 */
_Static_assert(sizeof(struct zsock_info) == 316, "not that of ZSK_1.0");
_Static_assert(sizeof(struct zsock_handshake_error) == 20, "not that of ZSK_1.0");

/* Of one that is shorter, as older modules give it, the rest is 0. */
static int get(int fd, int option, void *to, socklen_t size)
{
	memset(to, 0, size);
	return getsockopt(fd, SOL_ZSOCK, option, to, &size) ? -errno : 0;
}

int zsk_info(int fd, struct zsock_info *info)
{
	return get(fd, ZSOCK_INFO, info, sizeof(*info));
}

int zsk_handshake_error(int fd, struct zsock_handshake_error *error)
{
	return get(fd, ZSOCK_HANDSHAKE_ERROR, error, sizeof(*error));
}

int zsk_backend_use(int fd, const char *name)
{
	if (!name)
		return -EINVAL;
	return setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name,
			  strlen(name) + 1) ? -errno : 0;
}

/* ---- all of them ---- */

struct reader {
	zsk_sock_fn fn;
	void *arg;
};

/* NULL unless there is enough of it for what it says it is. */
static const struct sockaddr *address(struct sockaddr_storage *to,
				      const struct nlattr *attr)
{
	memset(to, 0, sizeof(*to));
	return zsk__copy(to, sizeof(*to), attr) >= sizeof(to->ss_family) ?
	       (struct sockaddr *)to : NULL;
}

static int read_one(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_SOCK_MAX + 1];
	struct sockaddr_storage local, remote;
	struct zsock_info info = { 0 };
	const struct reader *r = arg;
	struct zsk_sock s;

	zsk__attrs(nlh, tb, ZSOCK_A_SOCK_MAX);
	zsk__copy(&info, sizeof(info), tb[ZSOCK_A_SOCK_INFO]);
	s.info = &info;
	s.inode = zsk__u32(tb[ZSOCK_A_SOCK_INODE]);
	s.uid = zsk__u32(tb[ZSOCK_A_SOCK_UID]);
	s.state = zsk__u32(tb[ZSOCK_A_SOCK_STATE]);
	s.rxq = zsk__u32(tb[ZSOCK_A_SOCK_RXQ]);
	s.txq = zsk__u32(tb[ZSOCK_A_SOCK_TXQ]);
	s.local = address(&local, tb[ZSOCK_A_SOCK_LOCAL]);
	s.remote = address(&remote, tb[ZSOCK_A_SOCK_REMOTE]);
	return r->fn(&s, r->arg);
}

int zsk_sock_list(struct zsk *z, zsk_sock_fn fn, void *arg)
{
	struct reader r = { fn, arg };

	return zsk__list(z, ZSOCK_CMD_SOCK_GET, read_one, &r);
}
