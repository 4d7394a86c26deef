// SPDX-License-Identifier: GPL-2.0
/* What else can be done with a socket's descriptor: pass it, inherit it, look at it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fuzz.h"

/* Over a pair of either family; a cycle of passed pairs is left for the collector. */
void run_rights(struct rng *r)
{
	int domain = zs_is_zsock() && rng_one_in(r, 2) ? zs_family : AF_UNIX;
	int pair[2], fd;

	if (socketpair(domain, rng_one_in(r, 2) ? SOCK_DGRAM : SOCK_STREAM, 0, pair)) {
		count(CALL_rights, -1);
		return;
	}
	fd = rng_one_in(r, 3) ? pair[rng_below(r, 2)] : pool_slot(r)->fd;
	if (pool_barred(fd))
		fd = pair[0];
	if (!count(CALL_rights, zs_send_fd(pair[0], fd)) && rng_one_in(r, 2))
		pool_put(r, zs_recv_fd(pair[1]), AF_INET, SOCK_STREAM);
	close(pair[0]);
	if (rng_one_in(r, 4))
		pool_put(r, pair[1], 0, SOCK_STREAM);
	else
		close(pair[1]);
}

/* So many calls in a child, which inherits all. Unkind to what it shares with its parent. */
static int in_child(struct rng *r, int flags)
{
	uint64_t seed = rng_next(r);
	unsigned int calls = 1 + rng_below(r, 30);
	pid_t pid;

	if (fork_depth)
		return -1;
	pid = fork();
	if (!pid) {
		fork_depth++;
		worker.seed = seed;
		if (flags && (unshare(flags) || zs_new_netns()))
			_exit(1);
		in_private_net = flags;
		worker_timer();
		worker_calls(255, calls);
		_exit(0);
	}
	return pid < 0 ? -1 : zs_wait(pid) ? -1 : 0;
}

void run_fork(struct rng *r)
{
	count(CALL_fork, in_child(r, 0));
}

/* The namespace ends with its sockets in whatever state they are. */
void run_namespace(struct rng *r)
{
	count(CALL_namespace, in_child(r, geteuid() ? CLONE_NEWUSER | CLONE_NEWNET :
				       CLONE_NEWNET));
}

void run_stat(struct rng *r)
{
	struct stat st;
	struct statx stx;
	int fd = pool_slot(r)->fd;

	if (rng_one_in(r, 2))
		count(CALL_stat, fstat(fd, &st));
	else
		count(CALL_stat, statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &stx));
}

void run_xattr(struct rng *r)
{
	static const char * const names[] = { "security.selinux", "user.zsock",
					      "system.sockprotoname", "security.capability" };
	const char *name = names[rng_below(r, 4)];
	int fd = pool_slot(r)->fd;
	char value[256];

	switch (rng_below(r, 3)) {
	case 0:
		count(CALL_xattr, fsetxattr(fd, name, value, rng_below(r, 64), 0));
		break;
	case 1:
		count(CALL_xattr, flistxattr(fd, value, rng_below(r, sizeof(value))));
		break;
	default:
		count(CALL_xattr, fgetxattr(fd, name, value, rng_below(r, sizeof(value))));
	}
}

void run_chown(struct rng *r)
{
	int fd = pool_slot(r)->fd;

	if (rng_one_in(r, 2))
		count(CALL_chown, fchown(fd, geteuid(), getegid()));
	else
		count(CALL_chown, fchmod(fd, rng_below(r, 0777)));
}

static long read_all(const char *path)
{
	char buf[4096];
	ssize_t got;
	long sum = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while ((got = read(fd, buf, sizeof(buf))) > 0 && sum < 1 << 20)
		sum += got;
	close(fd);
	return got < 0 && errno != EINTR ? -1 : sum;
}

void run_fdinfo(struct rng *r)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pool_slot(r)->fd);
	count(CALL_fdinfo, read_all(path));
}

void run_listing(struct rng *r)
{
	static const char * const paths[] = {
		"/proc/net/zsock", "/proc/net/zsock", "/proc/net/zsock_stat",
		"/proc/net/zsock_protocols", "/proc/net/tcp", "/proc/net/udp6",
	};

	count(CALL_listing, read_all(paths[rng_below(r, 6)]));
}

struct genl_msg {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	char attrs[64];
};

/* Any of the family's commands; the family's number is found by trying some. */
void run_dump(struct rng *r)
{
	struct genl_msg msg = {
		.nlh = { .nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN,
			 .nlmsg_flags = NLM_F_REQUEST | (rng_one_in(r, 3) ? NLM_F_ACK : NLM_F_DUMP) },
		.genl = { .cmd = rng_below(r, ZSOCK_CMD_MAX + 2), .version = 1 },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_GENERIC);
	long ret = -1;

	for (unsigned int type = GENL_MIN_ID + 1; type < GENL_MIN_ID + 24 && fd >= 0; type++) {
		msg.nlh.nlmsg_type = type;
		if (rng_one_in(r, 6))
			msg.nlh.nlmsg_len = NLMSG_HDRLEN + rng_below(r, 80);
		if (send(fd, &msg, sizeof(msg), 0) > 0 &&
		    recv(fd, memory_scratch(), rng_one_in(r, 4) ? 64 : 32768, 0) > 0)
			ret = 0;
	}
	count(CALL_dump, ret);
	if (fd >= 0)
		close(fd);
}

void run_pidfd(struct rng *r)
{
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	int of = pool_slot(r)->fd;
	int fd = pool_barred(of) || pidfd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, of, 0);

	count(CALL_pidfd, fd);
	pool_put(r, fd, AF_INET, SOCK_STREAM);
	if (pidfd >= 0)
		close(pidfd);
}

/* The inode without the socket: it outlives a close. */
void run_opath(struct rng *r)
{
	struct slot *s = pool_slot(r);
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
	fd = open(path, O_PATH | O_CLOEXEC);
	count(CALL_opath, fd);
	if (fd < 0)
		return;
	if (rng_one_in(r, 3))
		run_close(r);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (rng_one_in(r, 2) && chown(path, geteuid(), getegid()))
		errno = 0;
	if (rng_one_in(r, 2) && !stat(path, &st) && getxattr(path, "system.sockprotoname",
							     memory_scratch(), 64) < 0)
		errno = 0;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	close(fd);
}
