// SPDX-License-Identifier: GPL-2.0
/*
 * What can be seen from outside: /proc/net/zsock, zsock_stat, zsock_protocols, fdinfo,
 * the tracepoints.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#include "kselftest_harness.h"
#include "trace.h"
#include "zs.h"

#define SOCKETS "/proc/self/net/zsock"
#define STAT "/proc/self/net/zsock_stat"

FIXTURE(proc) { int family; };
ZS_VARIANTS(proc);
FIXTURE_SETUP(proc)
{
	if (!zs_is_zsock())
		SKIP(return, "means nothing on AF_INET");
	if (geteuid())
		SKIP(return, "needs root");
	/* Counters and lists of one's own. */
	ASSERT_EQ(0, zs_new_netns());
	self->family = variant->family;
}

FIXTURE_TEARDOWN(proc)
{
}

/* The fields of a socket's line, found by its inode. */
struct line {
	char type[16], domain[16], state[16], handler[32], backend[32], local[80], remote[80];
	unsigned int proto, rxq, txq, uid;
	unsigned long inode;
};

static int find(unsigned long inode, struct line *l)
{
	FILE *f = fopen(SOCKETS, "re");
	char text[512];
	int ret = -1;

	while (f && fgets(text, sizeof(text), f)) {
		if (sscanf(text, "%15s %u %15s %15s %31s %31s %79s %79s %u %u %u %lu", l->type,
			   &l->proto, l->domain, l->state, l->handler, l->backend, l->local,
			   l->remote, &l->rxq, &l->txq, &l->uid, &l->inode) == 12 &&
		    l->inode == inode) {
			ret = 0;
			break;
		}
	}
	if (f)
		fclose(f);
	return ret;
}

static const char *shown(const union zs_addr *a)
{
	static char text[80];
	char ip[64];

	if (a->sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->in.sin_addr, ip, sizeof(ip));
		snprintf(text, sizeof(text), "%s:%d", ip, zs_port(a));
	} else {
		inet_ntop(AF_INET6, &a->in6.sin6_addr, ip, sizeof(ip));
		snprintf(text, sizeof(text), "[%s]:%d", ip, zs_port(a));
	}
	return text;
}

static const char *domain_name(int domain)
{
	return domain == AF_INET ? "inet" : domain == AF_INET6 ? "inet6" : "any";
}

TEST_F(proc, header)
{
	FILE *f = fopen(SOCKETS, "re");
	char text[256] = "";

	ASSERT_NE(NULL, f);
	ASSERT_NE(NULL, fgets(text, sizeof(text), f));
	EXPECT_STREQ("type proto domain state handler backend local remote rxq txq uid inode\n",
		     text);
	EXPECT_EQ(NULL, fgets(text, sizeof(text), f));
	fclose(f);
}

TEST_F(proc, life_of_a_stream_socket)
{
	union zs_addr srv, local;
	socklen_t len = sizeof(local);
	struct line line;
	int l, c, s;

	l = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, find(zs_inode(l), &line));
	EXPECT_STREQ("stream", line.type);
	EXPECT_EQ(IPPROTO_TCP, line.proto);
	EXPECT_STREQ(domain_name(variant->domain), line.domain);
	EXPECT_STREQ("FRESH", line.state);
	EXPECT_STREQ("tcp", line.handler);
	EXPECT_STREQ("-", line.backend);
	EXPECT_STREQ("-", line.local);
	EXPECT_STREQ("-", line.remote);
	EXPECT_EQ(0, line.rxq + line.txq + line.uid);

	ASSERT_EQ(0, bind(l, &srv.sa, zs_loopback(&srv, variant->family, 0)));
	ASSERT_EQ(0, getsockname(l, &srv.sa, &(socklen_t){ sizeof(srv) }));
	ASSERT_EQ(0, find(zs_inode(l), &line));
	EXPECT_STREQ("CLOSE", line.state);
	EXPECT_STREQ("native", line.backend);
	EXPECT_STREQ(shown(&srv), line.local);
	ASSERT_EQ(0, listen(l, 7));
	ASSERT_EQ(0, find(zs_inode(l), &line));
	EXPECT_STREQ("LISTEN", line.state);
	EXPECT_EQ(7, line.txq);
	EXPECT_EQ(0, line.rxq);
	c = zs_tcp_connect(variant->domain, &srv);
	ASSERT_GE(c, 0);
	ASSERT_EQ(POLLIN, zs_poll(l, POLLIN, 5000));
	ASSERT_EQ(0, find(zs_inode(l), &line));
	EXPECT_EQ(1, line.rxq);

	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	ASSERT_EQ(0, getsockname(c, &local.sa, &len));
	ASSERT_EQ(0, find(zs_inode(c), &line));
	EXPECT_STREQ("ESTAB", line.state);
	EXPECT_STREQ(shown(&local), line.local);
	EXPECT_STREQ(shown(&srv), line.remote);
	ASSERT_EQ(5, send(c, "bytes", 5, 0));
	ASSERT_EQ(POLLIN, zs_poll(s, POLLIN, 5000));
	ASSERT_EQ(0, find(zs_inode(s), &line));
	EXPECT_EQ(5, line.rxq);
	EXPECT_STREQ(shown(&local), line.remote);
	EXPECT_EQ(4, zs_count_lines(SOCKETS));
	close(c);
	EXPECT_EQ(3, zs_count_lines(SOCKETS));
}

TEST_F(proc, same_inode_as_proc_net_tcp)
{
	union zs_addr srv;
	char inode[32];
	int l = zs_listener(variant->domain, variant->family, &srv);

	snprintf(inode, sizeof(inode), "%lu", zs_inode(l));
	EXPECT_GE(zs_file_has(variant->family == AF_INET ? "/proc/self/net/tcp" :
			      "/proc/self/net/tcp6", inode), 0);
}

TEST_F(proc, uid)
{
	struct line line;
	int un[2], fd, pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, un));
	pid = fork();
	if (!pid)
		_exit(zs_drop_root() ||
		      zs_send_fd(un[0], zs_socket(variant->domain, SOCK_DGRAM, 0)));
	ASSERT_EQ(0, zs_wait(pid));
	fd = zs_recv_fd(un[1]);
	ASSERT_EQ(0, find(zs_inode(fd), &line));
	EXPECT_EQ(65534, line.uid);
	EXPECT_STREQ("dgram", line.type);
	EXPECT_STREQ("udp", line.handler);
}

/* Reading on while sockets come and go ends, and every socket that stays is seen. */
TEST_F(proc, read_while_it_changes)
{
	int stays = zs_socket(variant->domain, SOCK_STREAM, 0), pid, i;
	struct line line;

	pid = fork();
	if (!pid)
		for (;;)
			close(zs_socket(variant->domain, SOCK_STREAM, 0));
	for (i = 0; i < 100; i++)
		EXPECT_EQ(0, find(zs_inode(stays), &line));
	kill(pid, SIGKILL);
	zs_wait(pid);
}

/* The value of a counter. */
static long long stat_value(const char *name)
{
	FILE *f = fopen(STAT, "re");
	char n[64];
	long long v, found = -1;

	while (f && fscanf(f, "%63s %lld", n, &v) == 2)
		if (!strcmp(n, name))
			found = v;
	if (f)
		fclose(f);
	return found;
}

TEST_F(proc, counters)
{
	union zs_addr srv, closed;
	int l, c, s, pair[2];
	long long dispatched;

	EXPECT_EQ(0, stat_value("SocketsCreated"));
	l = zs_listener(variant->domain, variant->family, &srv);
	EXPECT_EQ(1, stat_value("SocketsCreated"));
	EXPECT_EQ(1, stat_value("Dispatched"));
	c = zs_tcp_connect(variant->domain, &srv);
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(1, stat_value("Connects"));
	EXPECT_EQ(1, stat_value("Accepted"));
	EXPECT_EQ(0, stat_value("ConnectFailed"));
	close(s);
	close(c);
	close(l);
	zs_closed_port(variant->family, SOCK_STREAM, &closed);
	EXPECT_EQ(-1, zs_tcp_connect(variant->domain, &closed));
	EXPECT_EQ(1, stat_value("ConnectFailed"));
	ASSERT_EQ(0, socketpair(zs_family, SOCK_STREAM, 0, pair));
	EXPECT_EQ(1, stat_value("SocketPairs"));
	close(pair[0]);
	close(pair[1]);
	EXPECT_EQ(0, stat_value("DispatchFailed"));
	/* Accepted sockets are closed, too, and count apart from those that were created. */
	EXPECT_EQ(stat_value("SocketsCreated") + 1, stat_value("SocketsClosed"));
	/* A socket closed before its first call never reached a backend. */
	dispatched = stat_value("Dispatched");
	close(zs_socket(variant->domain, SOCK_STREAM, 0));
	EXPECT_EQ(stat_value("SocketsCreated") + 1, stat_value("SocketsClosed"));
	EXPECT_EQ(dispatched, stat_value("Dispatched"));
}

TEST_F(proc, protocols)
{
	EXPECT_EQ(0, zs_file_has("/proc/self/net/zsock_protocols",
				 "handler type proto sockets module"));
	EXPECT_GT(zs_file_has("/proc/self/net/zsock_protocols", "tcp stream 6 zsock"), 0);
	EXPECT_GT(zs_file_has("/proc/self/net/zsock_protocols", "udp dgram 17 zsock"), 0);
}

TEST_F(proc, fdinfo)
{
	char path[64];
	int fd = zs_socket(variant->domain, SOCK_STREAM, 0), i;

	/* Fresh and dispatched, it can be read and says something. */
	for (i = 0; i < 2; i++) {
		union zs_addr a;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		EXPECT_GE(zs_count_lines(path), 4);
		bind(fd, &a.sa, zs_loopback(&a, variant->family, 0));
	}
}

/* ---- tracepoints: error is in failslab.c, nothing else makes a dispatch fail ---- */

static int enable_all(bool on)
{
	static const char * const events[] = {
		"create", "dispatch", "connect", "accept", "error", "release",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (zs_trace_enable(events[i], on))
			return -1;
	return 0;
}

TEST_F(proc, tracepoints)
{
	union zs_addr srv;
	unsigned long ino_l, ino_c, ino_s;
	int l, c, s;

	if (!zs_trace_ready())
		SKIP(return, "the kernel has no tracefs");
	ASSERT_EQ(0, zs_trace_clear());
	ASSERT_EQ(0, enable_all(true));
	l = zs_listener(variant->domain, variant->family, &srv);
	c = zs_socket(variant->domain, SOCK_STREAM, 0);
	ASSERT_EQ(0, connect(c, &srv.sa, zs_len(variant->family)));
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	ino_l = zs_inode(l);
	ino_c = zs_inode(c);
	ino_s = zs_inode(s);
	close(s);
	close(c);
	close(l);
	ASSERT_EQ(0, enable_all(false));
	EXPECT_EQ(1, zs_trace_count("create", ino_l));
	EXPECT_EQ(1, zs_trace_count("create", ino_c));
	EXPECT_EQ(1, zs_trace_count("dispatch", ino_l));
	EXPECT_EQ(1, zs_trace_count("dispatch", ino_c));
	EXPECT_GE(zs_trace_count("connect", ino_c), 1);
	EXPECT_EQ(1, zs_trace_count("accept", ino_s));
	EXPECT_EQ(1, zs_trace_count("release", ino_l));
	EXPECT_EQ(1, zs_trace_count("release", ino_c));
	EXPECT_EQ(1, zs_trace_count("release", ino_s));
	EXPECT_EQ(0, zs_trace_count("error", 0));
}

TEST_HARNESS_MAIN
