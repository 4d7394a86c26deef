// SPDX-License-Identifier: GPL-2.0
/*
 * Namespaces and secure sockets: handshakes are their namespace's own, and when its last process
 * goes, with handshakes in every state, so does it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "race.h"
#include "zs.h"

/* ---- when a namespace goes ---- */

struct nsid_request {
	struct nlmsghdr nlh;
	struct rtgenmsg gen;
	char attrs[64];
};

static int nsid_socket;

static void put(struct nsid_request *req, int type, int value)
{
	struct rtattr *rta = (struct rtattr *)((char *)req + NLMSG_ALIGN(req->nlh.nlmsg_len));

	rta->rta_type = type;
	rta->rta_len = RTA_LENGTH(sizeof(value));
	memcpy(RTA_DATA(rta), &value, sizeof(value));
	req->nlh.nlmsg_len = NLMSG_ALIGN(req->nlh.nlmsg_len) + RTA_LENGTH(sizeof(value));
}

/* From now on the kernel tells of the end of the namespace that the process is in. 0 or -1. */
static int watch(pid_t pid)
{
	struct nsid_request req = {
		.nlh = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
			 .nlmsg_type = RTM_NEWNSID, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.gen = { .rtgen_family = AF_UNSPEC },
	};
	struct timeval tv = { 10, 0 };
	int group = RTNLGRP_NSID;
	struct nlmsgerr *err;
	char buf[512];

	put(&req, NETNSA_NSID, -1);
	put(&req, NETNSA_PID, pid);
	nsid_socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	setsockopt(nsid_socket, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (send(nsid_socket, &req, req.nlh.nlmsg_len, 0) < 0 ||
	    recv(nsid_socket, buf, sizeof(buf), 0) < (int)NLMSG_LENGTH(sizeof(*err)))
		return -1;
	err = NLMSG_DATA((struct nlmsghdr *)buf);
	if (err->error)
		return -1;
	return setsockopt(nsid_socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

/* Whether it ends within so many seconds. */
static bool ends(int seconds)
{
	struct timeval tv = { seconds, 0 };
	char buf[512];

	setsockopt(nsid_socket, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	while (recv(nsid_socket, buf, sizeof(buf), 0) > 0)
		if (((struct nlmsghdr *)buf)->nlmsg_type == RTM_DELNSID)
			return true;
	return false;
}

/* ---- handshakes in every state ---- */

static int tls_socket(void)
{
	return socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
}

struct state {
	struct agent agent;
	union zs_addr tcp, tls;
	int tcp_listener, listener;
	int fd, wire, program, connection;
	uint64_t id;
};

static int listen_on(int fd, union zs_addr *addr)
{
	socklen_t len = zs_loopback(addr, AF_INET, 0);

	if (bind(fd, &addr->sa, len) || listen(fd, 20))
		return -1;
	return getsockname(fd, &addr->sa, &len);
}

static int dial(const union zs_addr *addr, bool tls)
{
	int fd = tls ? tls_socket() : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, &addr->sa, sizeof(addr->in)) && errno != EINPROGRESS)
		return -1;
	return fd;
}

static int await(struct state *s, uint64_t *id)
{
	int fd;

	for (int tries = 0; tries < 10000; tries++) {
		fd = agent_accept(&s->agent, id);
		if (fd >= 0 || errno != EAGAIN)
			return fd;
		zs_sleep_ms(2);
	}
	return -1;
}

/* A client and a listener's connection each: open, under way, waiting; a question asked. */
static int in_every_state(struct state *s)
{
	struct zsock_verify_request request = { .result = 1 };
	uint64_t id;
	int wire;

	s->agent = (struct agent){ .alert = -1 };
	s->tcp_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->listener = tls_socket();
	if (agent_open(&s->agent) || listen_on(s->tcp_listener, &s->tcp) ||
	    listen_on(s->listener, &s->tls))
		return -1;
	for (int i = 0; i < 4; i++) {
		bool tls = i & 1;
		int fd = dial(tls ? &s->tcp : &s->tls, tls);

		wire = await(s, &id);
		if (fd < 0 || wire < 0)
			return -1;
		if (i >= 2)
			continue;
		if (agent_ktls(wire, 0x0304) || agent_done(&s->agent, id, 0))
			return -1;
		close(wire);
		s->connection = fd;
	}
	s->fd = tls_socket();
	s->program = zs_getint(s->fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK);
	connect(s->fd, &s->tcp.sa, sizeof(s->tcp.in));
	s->wire = await(s, &s->id);
	if (s->wire < 0 || write(s->agent.verify_fd, &request, sizeof(request)) < 0)
		return -1;
	/* These wait for an agent. */
	return dial(&s->tcp, true) < 0 || dial(&s->tls, false) < 0 ? -1 : 0;
}

FIXTURE(netns) {
	long refs;
	int un[2], go[2];
	pid_t pid;
};

FIXTURE_SETUP(netns)
{
	self->refs = race_module_refs();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->un));
	ASSERT_EQ(0, pipe(self->go));
}

FIXTURE_TEARDOWN(netns)
{
	for (int i = 0; i < 600 && race_module_refs() != self->refs; i++)
		zs_sleep_ms(50);
	EXPECT_EQ(self->refs, race_module_refs());
	close(nsid_socket);
}

/* A child in a namespace of its own; it does what it is to do when told to. */
#define IN_NAMESPACE(...)							\
do {										\
	char c_;								\
										\
	self->pid = fork();							\
	if (!self->pid) {							\
		struct state s = { .fd = -1 };					\
										\
		if (zs_new_netns() || in_every_state(&s) ||			\
		    write(self->un[0], "r", 1) != 1)				\
			_exit(1);						\
		__VA_ARGS__;							\
		if (read(self->go[0], &c_, 1) != 1)				\
			_exit(2);						\
		_exit(0);							\
	}									\
	ASSERT_EQ(1, read(self->un[1], &c_, 1));				\
	ASSERT_EQ(0, watch(self->pid))						\
		TH_LOG("%s", strerror(errno));					\
} while (0)

static int let_go(FIXTURE_DATA(netns) *self)
{
	if (write(self->go[1], "", 1) != 1)
		return -1;
	return zs_wait(self->pid);
}

TEST_F(netns, exit)
{
	IN_NAMESPACE();
	EXPECT_FALSE(ends(1));
	EXPECT_EQ(0, let_go(self));
	EXPECT_TRUE(ends(20));
}

TEST_F(netns, killed)
{
	IN_NAMESPACE();
	ASSERT_EQ(0, kill(self->pid, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, zs_wait(self->pid));
	EXPECT_TRUE(ends(20));
}

/* A socket that was passed out holds it; its handshake has lost its agent. */
TEST_F(netns, socket_passed_out)
{
	int fd;

	IN_NAMESPACE(zs_send_fd(self->un[0], s.fd));
	fd = zs_recv_fd(self->un[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, let_go(self));
	EXPECT_NE(0, zs_poll(fd, POLLOUT, 20000));
	EXPECT_EQ(ECONNABORTED, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_FALSE(ends(1));
	close(fd);
	EXPECT_TRUE(ends(20));
}

/* An open connection, of which the peer is gone. */
TEST_F(netns, connection_passed_out)
{
	char buf[10];
	int fd;

	IN_NAMESPACE(zs_send_fd(self->un[0], s.connection));
	fd = zs_recv_fd(self->un[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, let_go(self));
	EXPECT_NE(0, zs_poll(fd, POLLIN, 20000));
	EXPECT_GE(0, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	close(fd);
	EXPECT_TRUE(ends(20));
}

/* An agent's descriptor outlives all that it was for. */
TEST_F(netns, wire_passed_out)
{
	char buf[10];
	int fd;

	IN_NAMESPACE(zs_send_fd(self->un[0], s.wire));
	fd = zs_recv_fd(self->un[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, let_go(self));
	for (int i = 0; i < 1000 && (recv(fd, buf, 1, 0) >= 0 || errno != ESHUTDOWN); i++)
		zs_sleep_ms(20);
	EXPECT_EQ(-1, recv(fd, buf, 1, 0));
	EXPECT_EQ(ESHUTDOWN, errno);
	close(fd);
	EXPECT_TRUE(ends(20));
}

/* The program's side of a question does not hold the namespace, and is of no use any more. */
TEST_F(netns, question_passed_out)
{
	char buf[100];
	int fd;

	IN_NAMESPACE(zs_send_fd(self->un[0], s.program));
	fd = zs_recv_fd(self->un[1]);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, zs_nonblock(fd, true));
	EXPECT_EQ(0, let_go(self));
	EXPECT_TRUE(ends(20));
	EXPECT_EQ(-1, read(fd, buf, sizeof(buf)));
	EXPECT_EQ(EAGAIN, errno);
	close(fd);
}

/* ---- whose handshakes they are ---- */

/* An agent serves its own namespace, and knows of no other. */
TEST_F(netns, agents_of_others)
{
	struct agent agent = { .alert = -1 };
	uint64_t id;

	IN_NAMESPACE();
	ASSERT_EQ(0, agent_open(&agent));
	EXPECT_EQ(-1, agent_accept(&agent, &id));
	EXPECT_EQ(EAGAIN, errno);
	/* Numbers are not a namespace's, but the right to end one is. */
	for (id = 1; id < 200; id++)
		EXPECT_EQ(ENOENT, agent_done(&agent, id, ECONNABORTED));
	EXPECT_EQ(0, let_go(self));
	EXPECT_TRUE(ends(20));
	agent_close(&agent);
}

/* Who is root in a namespace of his own is its agent, and nobody else's. */
TEST_F(netns, unprivileged)
{
	struct agent agent = { .alert = -1 };
	int ret, pid = fork();
	struct state s;
	uint64_t id;

	if (!pid) {
		if (zs_drop_root())
			_exit(3);
		/* Not even in the group. */
		if (!agent_open(&agent) || agent_accept(&agent, &id) != -1 || errno != EPERM)
			_exit(4);
		if (unshare(CLONE_NEWUSER))
			_exit(253);
		_exit(zs_new_netns() || in_every_state(&s) ? 5 : 0);
	}
	ret = zs_wait(pid);
	if (ret == 253)
		SKIP(return, "no user namespaces for the unprivileged here");
	EXPECT_EQ(0, ret);
}

/* The limits are each namespace's own. */
TEST_F(netns, limits)
{
	int fd, pid = fork();
	union zs_addr addr;

	if (!pid) {
		if (zs_new_netns() ||
		    listen_on(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), &addr) ||
		    zs_write_file("/proc/sys/net/zsock/handshake_max", "0"))
			_exit(1);
		fd = tls_socket();
		zs_nonblock(fd, false);
		_exit(connect(fd, &addr.sa, sizeof(addr.in)) == -1 && errno == ENOBUFS ? 0 : 2);
	}
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_LE(0, zs_file_has("/proc/sys/net/zsock/handshake_max", "4096"));
}

TEST_HARNESS_MAIN
