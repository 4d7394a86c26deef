// SPDX-License-Identifier: GPL-2.0
/*
 * Which cgroup a socket belongs to when one task opens it and another makes its
 * first call (Documentation/security.rst): the opener's; but for the BPF programs
 * that are run as an inner socket is created, which the caller's cgroup has.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "zs.h"

/* A mount of our own: where, and whether, the system has one does not matter. */
#define MNT	"/tmp/zsock-test-cgroup"
#define OPENER	MNT "/opener"
#define CALLER	MNT "/caller"

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

/* A program that refuses whatever it is asked. */
static int refusing_program(int type, int attach_type)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = attach_type,
		.insns = (uintptr_t)code,
		.insn_cnt = ARRAY_SIZE(code),
		.license = (uintptr_t)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* Refuse @attach_type in @cgroup, until the cgroup is gone. 0 or -1. */
static int refuse(const char *cgroup, int type, int attach_type)
{
	int dir = open(cgroup, O_RDONLY | O_DIRECTORY);
	int prog = refusing_program(type, attach_type);
	union bpf_attr attr = {
		.target_fd = dir,
		.attach_bpf_fd = prog,
		.attach_type = attach_type,
	};
	int ret = -1;

	if (dir >= 0 && prog >= 0)
		ret = bpf(BPF_PROG_ATTACH, &attr);
	close(dir);
	close(prog);
	return ret;
}

static int enter(const char *cgroup)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	return zs_write_file(path, "0");
}

static int getname(int fd)
{
	union zs_addr name;
	socklen_t len = sizeof(name);

	return getsockname(fd, &name.sa, &len);
}

/* A socket that was opened in OPENER, and this process in CALLER. */
FIXTURE(cgroup) {
	union zs_addr srv;
	int fd;
};

FIXTURE_SETUP(cgroup)
{
	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	if (mkdir(MNT, 0755))
		ASSERT_EQ(EEXIST, errno);
	ASSERT_EQ(0, mount("zsock-test", MNT, "cgroup2", 0, NULL));
	ASSERT_EQ(0, mkdir(OPENER, 0755));
	ASSERT_EQ(0, mkdir(CALLER, 0755));
	ASSERT_GE(zs_listener(AF_INET, AF_INET, &self->srv), 0);
	ASSERT_EQ(0, enter(OPENER));
	self->fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, enter(CALLER));
}

FIXTURE_TEARDOWN(cgroup)
{
	close(self->fd);
	enter(MNT);
	rmdir(OPENER);
	rmdir(CALLER);
	umount2(MNT, MNT_DETACH);
	rmdir(MNT);
}

TEST_F(cgroup, creation_is_judged_for_the_caller)
{
	ASSERT_EQ(0, refuse(CALLER, BPF_PROG_TYPE_CGROUP_SOCK,
			    BPF_CGROUP_INET_SOCK_CREATE));
	EXPECT_EQ(-1, getname(self->fd));
	EXPECT_EQ(EPERM, errno);
	EXPECT_FALSE(zs_dispatched(self->fd));
	/* Nothing was lost by that. */
	ASSERT_EQ(0, enter(OPENER));
	EXPECT_EQ(0, getname(self->fd));
	EXPECT_TRUE(zs_dispatched(self->fd));
}

TEST_F(cgroup, creation_is_not_judged_for_the_opener)
{
	ASSERT_EQ(0, refuse(OPENER, BPF_PROG_TYPE_CGROUP_SOCK,
			    BPF_CGROUP_INET_SOCK_CREATE));
	EXPECT_EQ(0, getname(self->fd));
}

TEST_F(cgroup, connect_is_judged_for_the_opener)
{
	ASSERT_EQ(0, refuse(OPENER, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
			    BPF_CGROUP_INET4_CONNECT));
	EXPECT_EQ(-1, connect(self->fd, &self->srv.sa, zs_len(AF_INET)));
	EXPECT_EQ(EPERM, errno);
}

TEST_F(cgroup, connect_is_not_judged_for_the_caller)
{
	ASSERT_EQ(0, refuse(CALLER, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
			    BPF_CGROUP_INET4_CONNECT));
	EXPECT_EQ(0, connect(self->fd, &self->srv.sa, zs_len(AF_INET)));
}

TEST_HARNESS_MAIN
