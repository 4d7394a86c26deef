// SPDX-License-Identifier: GPL-2.0
/*
 * Become as the program is: for a socket of a program that has given up rights,
 * or has gone into another namespace or control group, a process of the
 * supervisor's follows it, makes the socket, and ends.
 *
 * Each step may fail. In the end it is compared what came of it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp.h"

#define GROUPS_MAX	2048
#define CGROUP_ROOT	"/sys/fs/cgroup"

/* Version 2 alone: "0::/path". */
static void enter_cgroup(const struct identity *want)
{
	char path[sizeof(want->cgroup) + sizeof(CGROUP_ROOT) + 16];
	int fd;

	if (strncmp(want->cgroup, "0::/", 4))
		return;
	snprintf(path, sizeof(path), CGROUP_ROOT "%.*s/cgroup.procs",
		 (int)strcspn(want->cgroup + 3, "\n"), want->cgroup + 3);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

static int enter(int proc, const char *name, int type)
{
	int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -1;
	ret = setns(fd, type);
	close(fd);
	return ret;
}

/*
 * Into the network namespace first, by the rights that we have. Who has none gets
 * them by entering a user namespace of his own.
 */
static void enter_namespaces(int proc, const struct identity *want,
			     const struct identity *have)
{
	bool net = strcmp(want->net, have->net);

	if (net && !enter(proc, "ns/net", CLONE_NEWNET))
		net = false;
	if (strcmp(want->user, have->user))
		enter(proc, "ns/user", CLONE_NEWUSER);
	if (net)
		enter(proc, "ns/net", CLONE_NEWNET);
}

/* The numbers of a line. Returns how many. */
static int numbers(const char *text, unsigned int *to, int max)
{
	char *end;
	int n = 0;

	for (; n < max; n++, text = end) {
		text += strspn(text, " \t");
		if (*text < '0' || *text > '9')
			break;
		to[n] = strtoul(text, &end, 10);
	}
	return n;
}

static void take_groups(const struct identity *want,
			const struct identity *have)
{
	const char *a = identity_field(want, "Groups:");
	const char *b = identity_field(have, "Groups:");
	size_t len = strcspn(a, "\n") + 1;
	gid_t groups[GROUPS_MAX];

	/* It may be forbidden, even to set what is there. */
	if (strncmp(a, b, len))
		setgroups(numbers(a, groups, GROUPS_MAX), groups);
}

/* Real, effective, saved, and that of files. */
static void take_ids(const struct identity *want)
{
	unsigned int id[4] = { 0 };

	if (numbers(identity_field(want, "Gid:"), id, 4) == 4) {
		setresgid(id[0], id[1], id[2]);
		setfsgid(id[3]);
	}
	if (numbers(identity_field(want, "Uid:"), id, 4) == 4) {
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		setresuid(id[0], id[1], id[2]);
		setfsuid(id[3]);
	}
}

static void take_caps(const struct identity *want)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };
	unsigned long long permitted, effective;

	if (syscall(SYS_capget, &head, data))
		return;
	permitted = strtoull(identity_field(want, "CapPrm:"), NULL, 16);
	effective = strtoull(identity_field(want, "CapEff:"), NULL, 16);
	data[0].permitted = permitted;
	data[1].permitted = permitted >> 32;
	data[0].effective = effective;
	data[1].effective = effective >> 32;
	syscall(SYS_capset, &head, data);
}

/**
 * become() - go where a thread is, and have the rights that it has
 * @proc: from identity_open()
 *
 * Only for a process with one thread, which is to end soon.
 *
 * Return: false if we are not as it is, in something that matters.
 */
bool become(int proc)
{
	static struct identity want, have;
	pid_t parent = getppid();

	if (!identity_read(proc, &want) || !identity_read_own(&have))
		return false;
	if (identity_same(&want, &have))
		return true;
	if (strcmp(want.cgroup, have.cgroup))
		enter_cgroup(&want);
	enter_namespaces(proc, &want, &have);
	/* The numbers are other ones in another user namespace. */
	if (!identity_read_ids(proc, &want) || !identity_read_own(&have))
		return false;
	if (strcmp(want.ids, have.ids)) {
		take_groups(&want, &have);
		take_ids(&want);
		take_caps(&want);
	}
	/* Both are gone with the rights. Nobody else is to look into us. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != parent)
		return false;
	return identity_read_own(&have) && identity_same(&want, &have);
}
