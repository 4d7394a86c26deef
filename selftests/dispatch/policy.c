// SPDX-License-Identifier: GPL-2.0
/*
 * Policy: which rule a socket meets at its first call, and what comes of it. By netlink without
 * zsockctl, which has a test of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/genetlink.h>

#include "genl.h"
#include "kselftest_harness.h"
#include "mock.h"
#include "race.h"
#include "zs.h"

#define CGROUPS	"/tmp/zsock-policy-cgroup"

static struct genl_req req;

/* ---- rules ---- */

struct rule {
	const char *backend;	/* NULL: reject */
	const char *dst;
	bool has_len, has_uid;
	int len, uid;
	int dport, dport_last;	/* 0: not said */
	int proto, proto_last;
	uint64_t cgroup;
	int before;
	bool or_else;
};

#define RULE(...)	((struct rule){ __VA_ARGS__ })
#define LEN(bits)	.has_len = true, .len = bits
#define USER(number)	.has_uid = true, .uid = number

/* Of the last message: the id of a rule, and its counter. */
static uint32_t seen_id;
static uint64_t seen_hits;
static uint64_t hits_of[16];	/* of rules that were listed, in order */

static void see(const struct nlmsghdr *nlh)
{
	const char *p = (const char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const struct nlattr *attr;

	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(attr->nla_len)) {
		attr = (const struct nlattr *)p;
		if (attr->nla_type == ZSOCK_A_POLICY_ID)
			memcpy(&seen_id, attr + 1, sizeof(seen_id));
		if (attr->nla_type == ZSOCK_A_POLICY_HITS)
			memcpy(&seen_hits, attr + 1, sizeof(seen_hits));
	}
	if (req.messages <= (int)ARRAY_SIZE(hits_of))
		hits_of[req.messages - 1] = seen_hits;
}

static void put_dst(const char *text)
{
	unsigned char addr[16];

	if (inet_pton(AF_INET, text, addr) == 1)
		genl_put(&req, ZSOCK_A_POLICY_DST, addr, 4);
	else if (inet_pton(AF_INET6, text, addr) == 1)
		genl_put(&req, ZSOCK_A_POLICY_DST, addr, 16);
}

/* Its id, or -errno. */
static int add(struct rule r)
{
	int err;

	genl_begin(&req, ZSOCK_CMD_POLICY_ADD, 0);
	if (r.backend)
		genl_put(&req, ZSOCK_A_POLICY_BACKEND, r.backend, strlen(r.backend) + 1);
	else
		genl_put(&req, ZSOCK_A_POLICY_REJECT, NULL, 0);
	if (r.or_else)
		genl_put(&req, ZSOCK_A_POLICY_OR_ELSE, NULL, 0);
	if (r.dst)
		put_dst(r.dst);
	if (r.has_len)
		genl_put_u32(&req, ZSOCK_A_POLICY_DST_LEN, r.len);
	if (r.has_uid)
		genl_put_u32(&req, ZSOCK_A_POLICY_UID, r.uid);
	if (r.dport)
		genl_put_u32(&req, ZSOCK_A_POLICY_DPORT, r.dport);
	if (r.dport_last)
		genl_put_u32(&req, ZSOCK_A_POLICY_DPORT_LAST, r.dport_last);
	if (r.proto)
		genl_put_u32(&req, ZSOCK_A_POLICY_PROTO, r.proto);
	if (r.proto_last)
		genl_put_u32(&req, ZSOCK_A_POLICY_PROTO_LAST, r.proto_last);
	if (r.cgroup)
		genl_put(&req, ZSOCK_A_POLICY_CGROUP, &r.cgroup, sizeof(r.cgroup));
	if (r.before)
		genl_put_u32(&req, ZSOCK_A_POLICY_BEFORE, r.before);
	seen_id = 0;
	err = genl_talk(&req);
	return err ? -err : (int)seen_id;
}

/* One, or all with 0. 0 or -errno. */
static int del(uint32_t id)
{
	genl_begin(&req, ZSOCK_CMD_POLICY_DEL, 0);
	if (id)
		genl_put_u32(&req, ZSOCK_A_POLICY_ID, id);
	return -genl_talk(&req);
}

/* How many there are, or -errno. */
static int list(void)
{
	int err;

	genl_begin(&req, ZSOCK_CMD_POLICY_GET, NLM_F_DUMP);
	err = genl_talk(&req);
	return err ? -err : req.messages;
}

FIXTURE(policy) { };

FIXTURE_SETUP(policy)
{
	genl_each = see;
	ASSERT_EQ(0, genl_open());
	ASSERT_EQ(0, del(0));
	ASSERT_EQ(0, mock_reset());
	/* Behind native: only rules bring a socket there. */
	ASSERT_EQ(0, mock_register('a', 200));
}

FIXTURE_TEARDOWN(policy)
{
	EXPECT_EQ(0, del(0));
	EXPECT_EQ(0, mock_reset());
}

/* ---- sockets: the name of their backend after a first call, or of the error ---- */

static const char *outcome(int fd, int err)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s", err ? strerrorname_np(err) : mock_backend_of(fd));
	if (fd >= 0)
		close(fd);
	return text;
}

/* A call that says nothing of where to. */
static const char *plain(int domain, int type, int proto)
{
	int fd = zs_socket(domain, type, proto);

	return outcome(fd, fd < 0 ? errno : -mock_first_call(fd));
}

static const char *tcp(void)
{
	return plain(AF_INET, SOCK_STREAM, 0);
}

static union zs_addr address(const char *text, int port)
{
	union zs_addr addr = { };

	if (inet_pton(AF_INET, text, &addr.in.sin_addr) == 1) {
		addr.in.sin_family = AF_INET;
		addr.in.sin_port = htons(port);
	} else {
		inet_pton(AF_INET6, text, &addr.in6.sin6_addr);
		addr.in6.sin6_family = AF_INET6;
		addr.in6.sin6_port = htons(port);
	}
	return addr;
}

/* connect() as the first call; that nobody answers is no matter, if there is a backend. */
static const char *connected(int domain, int type, const char *to, int port)
{
	union zs_addr addr = address(to, port);
	int fd = zs_socket(domain, type, 0);
	int err = connect(fd, &addr.sa, zs_len(addr.sa.sa_family)) ? errno : 0;

	return outcome(fd, zs_dispatched(fd) ? 0 : err);
}

static const char *sent(int domain, const char *to, int port)
{
	union zs_addr addr = address(to, port);
	int fd = zs_socket(domain, SOCK_DGRAM, 0);
	int err = sendto(fd, "x", 1, 0, &addr.sa, zs_len(addr.sa.sa_family)) < 0 ? errno : 0;

	return outcome(fd, zs_dispatched(fd) ? 0 : err);
}

/* ---- what comes of a rule ---- */

TEST_F(policy, without_rules)
{
	EXPECT_EQ(0, list());
	EXPECT_STREQ("native", tcp());
}

TEST_F(policy, first_match_wins)
{
	int first, second;

	first = add(RULE(.backend = MOCK_A));
	ASSERT_GT(first, 0);
	EXPECT_STREQ(MOCK_A, tcp());
	second = add(RULE(.backend = "native"));
	ASSERT_GT(second, first);
	EXPECT_STREQ(MOCK_A, tcp());
	ASSERT_EQ(0, del(second));
	ASSERT_GT(add(RULE(.backend = "native", .before = first)), second);
	EXPECT_EQ(2, list());
	EXPECT_STREQ("native", tcp());
	ASSERT_EQ(0, del(0));
	EXPECT_EQ(0, list());
	ASSERT_EQ(0, mock_unregister('a'));
	ASSERT_EQ(0, mock_register('a', 1));
	EXPECT_STREQ(MOCK_A, tcp());
}

/* A backend that is not there: no other way, until there is one. */
TEST_F(policy, absent_backend)
{
	int fd;

	ASSERT_GT(add(RULE(.backend = MOCK_B)), 0);
	EXPECT_STREQ("ENETDOWN", tcp());
	EXPECT_STREQ("ENETDOWN", plain(0, SOCK_DGRAM, 0));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	EXPECT_FALSE(zs_dispatched(fd));
	ASSERT_EQ(0, mock_register('b', 300));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_B, mock_backend_of(fd));
	close(fd);
}

/* One that does not take such sockets is as good as none. */
TEST_F(policy, backend_of_another_kind)
{
	ASSERT_GT(add(RULE(.backend = MOCK_A)), 0);
	ASSERT_EQ(0, mock_set('a', "supported", 1 << SOCK_DGRAM));
	EXPECT_STREQ("ENETDOWN", tcp());
	EXPECT_STREQ(MOCK_A, plain(AF_INET, SOCK_DGRAM, 0));
}

TEST_F(policy, or_else)
{
	ASSERT_GT(add(RULE(.backend = MOCK_B, .or_else = true)), 0);
	EXPECT_STREQ("native", tcp());
	ASSERT_GT(add(RULE(.backend = MOCK_A, .or_else = true)), 0);
	EXPECT_STREQ(MOCK_A, tcp());
	ASSERT_EQ(0, mock_register('b', 300));
	EXPECT_STREQ(MOCK_B, tcp());
	/* It is there, and down. */
	ASSERT_EQ(0, mock_set('b', "fail", ENETDOWN));
	EXPECT_STREQ(MOCK_A, tcp());
	ASSERT_EQ(0, mock_set('a', "fail", ENETDOWN));
	EXPECT_STREQ("native", tcp());
	ASSERT_GT(add(RULE(.backend = NULL)), 0);
	EXPECT_STREQ("EACCES", tcp());
	/* Any other error is the socket's. */
	ASSERT_EQ(0, mock_set('b', "fail", ENOMEM));
	EXPECT_STREQ("ENOMEM", tcp());
}

TEST_F(policy, down_without_or_else)
{
	ASSERT_GT(add(RULE(.backend = MOCK_A)), 0);
	ASSERT_EQ(0, mock_set('a', "fail", ENETDOWN));
	EXPECT_STREQ("ENETDOWN", tcp());
}

TEST_F(policy, reject)
{
	union zs_addr srv;
	int l, fd, pair[2];

	l = zs_listener(AF_INET, AF_INET, &srv);
	ASSERT_GE(l, 0);
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	ASSERT_GT(add(RULE(.backend = NULL)), 0);
	EXPECT_EQ(-1, connect(fd, &srv.sa, zs_len(AF_INET)));
	EXPECT_EQ(EACCES, errno);
	EXPECT_FALSE(zs_dispatched(fd));
	EXPECT_STREQ("EACCES", plain(0, SOCK_STREAM, 0));
	EXPECT_STREQ("EACCES", sent(AF_INET6, "::1", 9));
	/* A pair leads nowhere. */
	EXPECT_EQ(0, socketpair(zs_family, SOCK_STREAM, 0, pair));
	/* What has a backend keeps it: so does what a listener takes. */
	ASSERT_EQ(0, del(0));
	ASSERT_EQ(0, connect(fd, &srv.sa, zs_len(AF_INET)));
	ASSERT_GT(add(RULE(.backend = NULL)), 0);
	fd = accept(l, NULL, NULL);
	ASSERT_GE(fd, 0);
	EXPECT_STREQ("native", mock_backend_of(fd));
}

/* What the program says, and what the rule says: both, or nothing. */
TEST_F(policy, and_the_programs_choice)
{
	int fd;

	ASSERT_GT(add(RULE(.backend = MOCK_A)), 0);
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_choose(fd, MOCK_A));
	EXPECT_STREQ(MOCK_A, outcome(fd, -mock_first_call(fd)));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_choose(fd, "native"));
	EXPECT_STREQ("ENETDOWN", outcome(fd, -mock_first_call(fd)));
	ASSERT_EQ(0, del(0));
	ASSERT_GT(add(RULE(.backend = MOCK_A, .or_else = true)), 0);
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_choose(fd, "native"));
	EXPECT_STREQ("native", outcome(fd, -mock_first_call(fd)));
}

TEST_F(policy, and_a_device)
{
	int fd;

	ASSERT_EQ(0, mock_netdev('a', "lo"));
	ASSERT_GT(add(RULE(.backend = "native")), 0);
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	EXPECT_STREQ("ENETDOWN", outcome(fd, -mock_first_call(fd)));
	ASSERT_EQ(0, del(0));
	ASSERT_GT(add(RULE(.backend = MOCK_A)), 0);
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	EXPECT_STREQ(MOCK_A, outcome(fd, -mock_first_call(fd)));
}

/* ---- what a rule asks about ---- */

TEST_F(policy, destination_ipv4)
{
	ASSERT_GT(add(RULE(.backend = MOCK_A, .dst = "127.1.0.0", LEN(16))), 0);
	EXPECT_STREQ(MOCK_A, connected(AF_INET, SOCK_STREAM, "127.1.2.3", 9));
	EXPECT_STREQ("native", connected(AF_INET, SOCK_STREAM, "127.2.0.1", 9));
	EXPECT_STREQ(MOCK_A, connected(AF_INET, SOCK_DGRAM, "127.1.2.3", 9));
	EXPECT_STREQ(MOCK_A, sent(AF_INET, "127.1.0.0", 9));
	EXPECT_STREQ("native", sent(AF_INET, "127.0.255.255", 9));
	EXPECT_STREQ(MOCK_A, connected(0, SOCK_STREAM, "127.1.2.3", 9));
	EXPECT_STREQ(MOCK_A, sent(0, "127.1.2.3", 9));
	/* Mapped, to an IPv6 socket. */
	EXPECT_STREQ(MOCK_A, connected(AF_INET6, SOCK_STREAM, "::ffff:127.1.2.3", 9));
	EXPECT_STREQ("native", connected(AF_INET6, SOCK_STREAM, "::ffff:127.2.0.1", 9));
	EXPECT_STREQ("native", connected(AF_INET6, SOCK_STREAM, "::1", 9));
	EXPECT_STREQ("native", tcp());
}

TEST_F(policy, destination_ipv6)
{
	ASSERT_GT(add(RULE(.backend = MOCK_A, .dst = "::1")), 0);
	EXPECT_STREQ(MOCK_A, connected(AF_INET6, SOCK_STREAM, "::1", 9));
	EXPECT_STREQ(MOCK_A, connected(0, SOCK_DGRAM, "::1", 9));
	EXPECT_STREQ(MOCK_A, sent(AF_INET6, "::1", 9));
	/* To no address is to this host. */
	EXPECT_STREQ(MOCK_A, connected(AF_INET6, SOCK_STREAM, "::", 9));
	EXPECT_STREQ("native", connected(AF_INET, SOCK_STREAM, "127.0.0.1", 9));
	ASSERT_EQ(0, del(0));
	ASSERT_GT(add(RULE(.backend = MOCK_A, .dst = "::", LEN(0))), 0);
	EXPECT_STREQ(MOCK_A, connected(0, SOCK_STREAM, "::1", 9));
	EXPECT_STREQ("native", connected(0, SOCK_STREAM, "127.0.0.1", 9));
	EXPECT_STREQ("native", connected(AF_INET6, SOCK_STREAM, "::ffff:127.0.0.1", 9));
	ASSERT_EQ(0, del(0));
	/* A prefix may be written mapped as well. */
	ASSERT_GT(add(RULE(.backend = MOCK_A, .dst = "::ffff:127.0.0.0", LEN(104))), 0);
	EXPECT_STREQ(MOCK_A, connected(AF_INET, SOCK_STREAM, "0.0.0.0", 9));
}

TEST_F(policy, destination_port)
{
	ASSERT_GT(add(RULE(.backend = MOCK_A, .dport = 80, .dport_last = 90)), 0);
	ASSERT_GT(add(RULE(.backend = NULL, .dport = 443)), 0);
	EXPECT_STREQ("native", connected(AF_INET, SOCK_STREAM, "127.0.0.1", 79));
	EXPECT_STREQ(MOCK_A, connected(AF_INET, SOCK_STREAM, "127.0.0.1", 80));
	EXPECT_STREQ(MOCK_A, sent(AF_INET6, "::1", 90));
	EXPECT_STREQ("native", sent(AF_INET, "127.0.0.1", 91));
	EXPECT_STREQ("EACCES", connected(0, SOCK_STREAM, "::1", 443));
	EXPECT_STREQ("native", connected(0, SOCK_STREAM, "::1", 444));
}

/* Whose first call says nothing of where to, meets no rule about it; nor later. */
TEST_F(policy, destination_after_another_call)
{
	union zs_addr addr = address("127.0.0.1", 9);
	union zs_addr unspec = { .sa.sa_family = AF_UNSPEC };
	union zs_addr any;
	int fd;

	ASSERT_GT(add(RULE(.backend = NULL, .dst = "127.0.0.0", LEN(8))), 0);
	EXPECT_STREQ("EACCES", connected(AF_INET, SOCK_DGRAM, "127.0.0.1", 9));
	fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	zs_any(&any, AF_INET, 0);
	ASSERT_EQ(0, bind(fd, &any.sa, zs_len(AF_INET)));
	EXPECT_EQ(0, connect(fd, &addr.sa, zs_len(AF_INET)));
	close(fd);
	fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	connect(fd, &unspec.sa, sizeof(unspec.in));
	EXPECT_TRUE(zs_dispatched(fd));
	close(fd);
}

TEST_F(policy, protocol)
{
	ASSERT_GT(add(RULE(.backend = MOCK_A, .proto = IPPROTO_UDP)), 0);
	EXPECT_STREQ("native", tcp());
	EXPECT_STREQ(MOCK_A, plain(AF_INET, SOCK_DGRAM, 0));
	EXPECT_STREQ(MOCK_A, plain(AF_INET6, SOCK_DGRAM, IPPROTO_UDP));
	ASSERT_EQ(0, del(0));
	ASSERT_GT(add(RULE(.backend = NULL, .proto = IPPROTO_TLS_1_2, .proto_last = IPPROTO_TLS_1_3)), 0);
	EXPECT_STREQ("EACCES", plain(AF_INET, SOCK_STREAM, IPPROTO_TLS_1_2));
	EXPECT_STREQ("EACCES", plain(AF_INET, SOCK_STREAM, IPPROTO_TLS_1_3));
	EXPECT_STREQ("native", tcp());
}

/* The opener, who need not be who calls. */
TEST_F(policy, user)
{
	int pair[2], fd, pid;

	ASSERT_GT(add(RULE(.backend = MOCK_A, USER(65534))), 0);
	EXPECT_STREQ("native", tcp());
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = fork();
	if (!pid) {
		if (zs_drop_root())
			_exit(1);
		fd = zs_socket(AF_INET, SOCK_STREAM, 0);
		_exit(zs_send_fd(pair[1], fd) || strcmp(MOCK_A, tcp()));
	}
	EXPECT_EQ(0, zs_wait(pid));
	fd = zs_recv_fd(pair[0]);
	ASSERT_GE(fd, 0);
	EXPECT_STREQ(MOCK_A, outcome(fd, -mock_first_call(fd)));
}

static int cgroup_make(const char *path, uint64_t *id)
{
	struct stat st;

	if ((mkdir(path, 0755) && errno != EEXIST) || stat(path, &st))
		return -1;
	*id = st.st_ino;
	return 0;
}

/* The backend of a socket that is made in that cgroup: 0 if it is @name. */
static int in_cgroup(const char *procs, const char *name)
{
	int pid = fork();

	if (!pid)
		_exit(zs_write_file(procs, "0") ? 2 : !!strcmp(name, tcp()));
	return zs_wait(pid);
}

TEST_F(policy, cgroup)
{
	uint64_t parent, child, other;

	if (mkdir(CGROUPS, 0755) && errno != EEXIST)
		ASSERT_EQ(0, errno);
	ASSERT_EQ(0, mount("none", CGROUPS, "cgroup2", 0, NULL));
	ASSERT_EQ(0, cgroup_make(CGROUPS "/parent", &parent));
	ASSERT_EQ(0, cgroup_make(CGROUPS "/parent/child", &child));
	ASSERT_EQ(0, cgroup_make(CGROUPS "/other", &other));
	ASSERT_GT(add(RULE(.backend = MOCK_A, .cgroup = parent)), 0);
	EXPECT_STREQ("native", tcp());
	EXPECT_EQ(0, in_cgroup(CGROUPS "/parent/cgroup.procs", MOCK_A));
	EXPECT_EQ(0, in_cgroup(CGROUPS "/parent/child/cgroup.procs", MOCK_A));
	EXPECT_EQ(0, in_cgroup(CGROUPS "/other/cgroup.procs", "native"));
	ASSERT_EQ(0, del(0));
	ASSERT_GT(add(RULE(.backend = MOCK_A, .cgroup = child)), 0);
	EXPECT_EQ(0, in_cgroup(CGROUPS "/parent/cgroup.procs", "native"));
	EXPECT_EQ(0, in_cgroup(CGROUPS "/parent/child/cgroup.procs", MOCK_A));
	/* The rule stays, whatever becomes of the group. */
	EXPECT_EQ(0, rmdir(CGROUPS "/parent/child"));
	EXPECT_EQ(0, cgroup_make(CGROUPS "/parent/child", &child));
	EXPECT_EQ(0, in_cgroup(CGROUPS "/parent/child/cgroup.procs", "native"));
	rmdir(CGROUPS "/parent/child");
	rmdir(CGROUPS "/parent");
	rmdir(CGROUPS "/other");
	EXPECT_EQ(0, umount(CGROUPS));
}

TEST_F(policy, everything_at_once)
{
	struct rule r = RULE(.backend = NULL, .dst = "127.0.0.1", USER(0), .dport = 7,
			     .proto = IPPROTO_TCP);

	ASSERT_GT(add(r), 0);
	EXPECT_STREQ("EACCES", connected(AF_INET, SOCK_STREAM, "127.0.0.1", 7));
	EXPECT_STREQ("native", connected(AF_INET, SOCK_STREAM, "127.0.0.1", 8));
	EXPECT_STREQ("native", connected(AF_INET, SOCK_DGRAM, "127.0.0.1", 7));
	EXPECT_STREQ("native", connected(AF_INET, SOCK_STREAM, "127.0.0.2", 7));
}

/* ---- counters, namespaces, who may ---- */

TEST_F(policy, hits)
{
	ASSERT_GT(add(RULE(.backend = MOCK_B, .or_else = true)), 0);
	ASSERT_GT(add(RULE(.backend = MOCK_A, .proto = IPPROTO_UDP)), 0);
	ASSERT_GT(add(RULE(.backend = MOCK_B, .proto = IPPROTO_TCP)), 0);
	EXPECT_STREQ(MOCK_A, plain(AF_INET, SOCK_DGRAM, 0));
	/* It is tried for both families: one socket all the same. */
	EXPECT_STREQ("ENETDOWN", plain(0, SOCK_STREAM, 0));
	EXPECT_EQ(3, list());
	EXPECT_EQ(2, hits_of[0]);
	EXPECT_EQ(1, hits_of[1]);
	EXPECT_EQ(1, hits_of[2]);
}

TEST_F(policy, namespaces)
{
	int pid;

	ASSERT_GT(add(RULE(.backend = NULL)), 0);
	pid = fork();
	if (!pid) {
		if (zs_new_netns() || genl_open())
			_exit(1);
		if (list() || strcmp("native", tcp()))
			_exit(2);
		if (add(RULE(.backend = MOCK_A)) != 1 || strcmp(MOCK_A, tcp()))
			_exit(3);
		/* It goes with what it has. */
		_exit(list() != 1);
	}
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_EQ(1, list());
	EXPECT_STREQ("EACCES", tcp());
}

TEST_F(policy, who_may)
{
	int id = add(RULE(.backend = MOCK_A)), pid;

	ASSERT_GT(id, 0);
	pid = fork();
	if (!pid) {
		if (zs_drop_root() || genl_open())
			_exit(1);
		if (add(RULE(.backend = "native")) != -EPERM || del(id) != -EPERM ||
		    del(0) != -EPERM)
			_exit(2);
		_exit(list() != 1);
	}
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_EQ(1, list());
	/* Root of a user namespace may where the network namespace is its own. */
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER) || genl_open())
			_exit(1);
		if (add(RULE(.backend = "native")) != -EPERM)
			_exit(2);
		if (unshare(CLONE_NEWNET) || genl_open())
			_exit(3);
		_exit(add(RULE(.backend = "native")) != 1);
	}
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_EQ(1, list());
}

/* ---- what is no rule ---- */

/* A request with one attribute more than a good one. */
static int add_with(int attr, const void *data, size_t len)
{
	genl_begin(&req, ZSOCK_CMD_POLICY_ADD, 0);
	genl_put(&req, ZSOCK_A_POLICY_BACKEND, "native", 7);
	genl_put(&req, attr, data, len);
	return genl_talk(&req);
}

static int add_u32(int attr, uint32_t value)
{
	return add_with(attr, &value, sizeof(value));
}

TEST_F(policy, malformed)
{
	static const char zero[32];
	uint32_t none = -1;

	genl_begin(&req, ZSOCK_CMD_POLICY_ADD, 0);
	EXPECT_EQ(EINVAL, genl_talk(&req));
	EXPECT_EQ(EINVAL, add_with(ZSOCK_A_POLICY_REJECT, NULL, 0));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = NULL, .or_else = true)));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "")));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "two words")));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "sixteen-letters-")));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "a", .dst = "10.0.0.1", LEN(8))));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "a", .dst = "10.0.0.0", LEN(33))));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "a", .dst = "2001:db8::1", LEN(64))));
	EXPECT_EQ(-ERANGE, add(RULE(.backend = "a", .dst = "::", LEN(129))));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "a", LEN(8))));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "a", .dport = 2, .dport_last = 1)));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "a", .dport_last = 1)));
	EXPECT_EQ(-EINVAL, add(RULE(.backend = "a", .proto = 7, .proto_last = 6)));
	EXPECT_EQ(-ENOENT, add(RULE(.backend = "a", .before = 4711)));
	EXPECT_EQ(ERANGE, add_u32(ZSOCK_A_POLICY_DPORT, 65536));
	EXPECT_EQ(ERANGE, add_u32(ZSOCK_A_POLICY_PROTO, 65536));
	EXPECT_EQ(EINVAL, add_u32(ZSOCK_A_POLICY_UID, none));
	EXPECT_EQ(EINVAL, add_with(ZSOCK_A_POLICY_UID, zero, 2));
	EXPECT_EQ(EINVAL, add_with(ZSOCK_A_POLICY_CGROUP, zero, 4));
	for (size_t len = 0; len <= 16; len++) {
		if (len == 4 || len == 16)
			continue;
		EXPECT_EQ(EINVAL, add_with(ZSOCK_A_POLICY_DST, zero, len));
	}
	EXPECT_NE(0, add_with(ZSOCK_A_POLICY_DST, zero, 17));
	EXPECT_EQ(EINVAL, add_u32(ZSOCK_A_POLICY_MAX + 1, 0));
	EXPECT_EQ(0, list());
	EXPECT_EQ(-ENOENT, del(4711));
}

TEST_F(policy, as_many_as_there_may_be)
{
	for (int i = 0; i < ZSOCK_POLICY_RULES_MAX; i++)
		ASSERT_GT(add(RULE(.backend = "native", USER(100000 + i))), 0);
	EXPECT_EQ(-ENOSPC, add(RULE(.backend = "native")));
	EXPECT_EQ(ZSOCK_POLICY_RULES_MAX, list());
	EXPECT_STREQ("native", tcp());
	ASSERT_EQ(0, del(0));
	EXPECT_GT(add(RULE(.backend = MOCK_A)), 0);
	EXPECT_STREQ(MOCK_A, tcp());
}

/* Rules that come and go while sockets ask for them. */
static void dispatch_some(void *arg __attribute__((unused)))
{
	int fd = zs_socket(AF_INET, SOCK_DGRAM, 0);

	mock_first_call(fd);
	close(fd);
}

static void change_some(void *arg)
{
	int id = add(RULE(.backend = MOCK_B, .or_else = true));

	add(RULE(.backend = "native", .before = id));
	add(RULE(.backend = MOCK_A));
	if (list() < 3 || del(id))
		*(int *)arg = 1;
	del(0);
}

TEST_F(policy, changes_while_asked)
{
	void (*const fn[])(void *) = { dispatch_some, change_some, dispatch_some };
	int bad = 0;

	EXPECT_GT(race_storm(fn, ARRAY_SIZE(fn), &bad, 1500), 0);
	EXPECT_EQ(0, bad);
	EXPECT_EQ(0, list());
	EXPECT_STREQ("native", tcp());
}

TEST_HARNESS_MAIN
