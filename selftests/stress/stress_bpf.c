// SPDX-License-Identifier: GPL-2.0
/*
 * What reaches into a socket from the side: sockmaps and SOCK_DESTROY. A placeholder must not
 * be taken for a TCP socket, a dispatched one must behave as one.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "race.h"
#include "zs.h"

#ifndef SOCK_DESTROY
#define SOCK_DESTROY	21
#endif

FIXTURE(aside) { int family; int map; };
ZS_VARIANTS(aside);

static int make_sockmap(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4,
		.max_entries = 8,
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int put_in_map(int map, unsigned int key, int fd)
{
	union bpf_attr attr = {
		.map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)&fd,
	};

	return syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

static int take_from_map(int map, unsigned int key)
{
	union bpf_attr attr = { .map_fd = map, .key = (uintptr_t)&key };

	return syscall(SYS_bpf, BPF_MAP_DELETE_ELEM, &attr, sizeof(attr));
}

FIXTURE_SETUP(aside)
{
	zs_auto_family = self->family = variant->family;
	ASSERT_EQ(zs_new_netns(), 0);
	self->map = make_sockmap();
}

FIXTURE_TEARDOWN(aside)
{
	if (self->map >= 0)
		close(self->map);
	if (zs_is_zsock())
		EXPECT_TRUE(race_all_gone());
}

/* Nothing is in there to be redirected; it stays usable. */
TEST_F(aside, sockmap_refuses_fresh)
{
	int fd;

	if (self->map < 0)
		SKIP(return, "no sockmap here");
	fd = zs_socket(variant->domain, SOCK_STREAM, 0);
	EXPECT_EQ(put_in_map(self->map, 0, fd), -1);
	EXPECT_TRUE(errno == EOPNOTSUPP || errno == EINVAL)
		TH_LOG("%s", strerror(errno));
	EXPECT_EQ(take_from_map(self->map, 0), -1);
	close(fd);
}

static bool echoes(const int *fd)
{
	char byte = 0;

	return send(fd[0], "m", 1, 0) == 1 && recv(fd[1], &byte, 1, 0) == 1 && byte == 'm';
}

TEST_F(aside, sockmap_takes_connected)
{
	int fd[2];

	if (self->map < 0)
		SKIP(return, "no sockmap here");
	for (int i = 0; i < 50; i++) {
		ASSERT_EQ(zs_tcp_pair(variant->domain, variant->family, fd), 0);
		ASSERT_EQ(put_in_map(self->map, 1, fd[0]), 0);
		ASSERT_EQ(put_in_map(self->map, 2, fd[1]), 0);
		ASSERT_TRUE(echoes(fd));
		/* Taken out first, closed while in it, or replaced. */
		if (i % 3 == 0) {
			ASSERT_EQ(take_from_map(self->map, 1), 0);
			ASSERT_TRUE(echoes(fd));
		}
		close(fd[i & 1]);
		close(fd[!(i & 1)]);
	}
}

TEST_F(aside, sockmap_takes_datagrams)
{
	int fd[2];

	if (self->map < 0)
		SKIP(return, "no sockmap here");
	ASSERT_EQ(zs_udp_pair(variant->domain, variant->family, fd), 0);
	ASSERT_EQ(put_in_map(self->map, 3, fd[0]), 0);
	ASSERT_EQ(put_in_map(self->map, 4, fd[1]), 0);
	ASSERT_TRUE(echoes(fd));
	close(fd[0]);
	close(fd[1]);
}

/* ---- SOCK_DESTROY, as "ss -K" does it ---- */

struct destroy {
	struct nlmsghdr nlh;
	struct inet_diag_req_v2 req;
};

static int destroy(int fd)
{
	int nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG), err;
	struct destroy msg = {
		.nlh = { sizeof(msg), SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
		.req = { .sdiag_protocol = IPPROTO_TCP, .idiag_states = -1 },
	};
	union zs_addr me, peer;
	socklen_t len = sizeof(me), plen = sizeof(peer);
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr err;
		char more[256];
	} ack;

	if (getsockname(fd, &me.sa, &len) || getpeername(fd, &peer.sa, &plen))
		return -1;
	msg.req.sdiag_family = me.sa.sa_family;
	msg.req.id.idiag_sport = me.in.sin_port;
	msg.req.id.idiag_dport = peer.in.sin_port;
	memset(msg.req.id.idiag_cookie, 0xff, sizeof(msg.req.id.idiag_cookie));
	if (me.sa.sa_family == AF_INET) {
		memcpy(msg.req.id.idiag_src, &me.in.sin_addr, 4);
		memcpy(msg.req.id.idiag_dst, &peer.in.sin_addr, 4);
	} else {
		memcpy(msg.req.id.idiag_src, &me.in6.sin6_addr, 16);
		memcpy(msg.req.id.idiag_dst, &peer.in6.sin6_addr, 16);
	}
	err = send(nl, &msg, sizeof(msg), 0) < 0 || recv(nl, &ack, sizeof(ack), 0) < 0 ? -errno :
	      ack.err.error;
	close(nl);
	return err;
}

TEST_F(aside, destroyed_by_diag)
{
	int fd[2], err;
	char byte;

	ASSERT_EQ(zs_tcp_pair(variant->domain, variant->family, fd), 0);
	err = destroy(fd[0]);
	if (err == -EOPNOTSUPP || err == -ENOENT)
		SKIP(return, "no SOCK_DESTROY here");
	ASSERT_EQ(err, 0);
	EXPECT_EQ(zs_getint(fd[0], SOL_SOCKET, SO_ERROR), ECONNABORTED);
	EXPECT_EQ(recv(fd[0], &byte, 1, MSG_DONTWAIT), 0);
	EXPECT_EQ(recv(fd[1], &byte, 1, 0), -1);
	EXPECT_EQ(errno, ECONNRESET);
	close(fd[0]);
	close(fd[1]);
}

TEST_HARNESS_MAIN
