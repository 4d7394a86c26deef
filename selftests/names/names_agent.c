// SPDX-License-Identifier: GPL-2.0
/*
 * Agents that resolve names badly, late, or not at all; users who ask for too many; datagrams.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "resolver.h"

FIXTURE(agent) {
	struct resolver r;
	union zs_addr addr;
	int l, port;
	struct sockaddr_zs to;
	socklen_t len;
};

FIXTURE_SETUP(agent)
{
	ASSERT_EQ(0, zs_new_netns());
	self->l = zs_listener(AF_INET, AF_INET, &self->addr);
	ASSERT_GE(self->l, 0);
	self->port = zs_port(&self->addr);
	self->len = zs_name(&self->to, "host.test", self->port);
	memset(&self->r, 0, sizeof(self->r));
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/resolve_grace", "100"));
}

FIXTURE_TEARDOWN(agent)
{
	close(self->l);
}

#define to_name(fd) (connect((fd), (struct sockaddr *)&self->to, self->len) ? errno : 0)

/* A connection that is being made; the name is the agent's. */
#define begun(query) begin_(_metadata, self, query)

static int begin_(struct __test_metadata *_metadata, FIXTURE_DATA(agent) *self,
		  struct resolver_query *query)
{
	int fd = zs_socket(0, SOCK_STREAM, 0);

	zs_nonblock(fd, true);
	EXPECT_EQ(EINPROGRESS, to_name(fd));
	EXPECT_EQ(0, resolver_await(&self->r, query));
	return fd;
}

static int outcome(int fd)
{
	if (!zs_poll(fd, POLLOUT, 20000))
		return EINPROGRESS;
	return zs_getint(fd, SOL_SOCKET, SO_ERROR);
}

/* ---- what it is asked ---- */

TEST_F(agent, is_told_the_name_alone)
{
	struct resolver_answer answer = { 0 };
	struct resolver_query query, none;
	int fd;

	ASSERT_EQ(0, resolver_open(&self->r));
	EXPECT_EQ(EAGAIN, resolver_accept(&self->r, &none));
	fd = begun(&query);
	EXPECT_STREQ("host.test", query.name);
	EXPECT_EQ(0, query.family);
	EXPECT_EQ(0, query.uid);
	EXPECT_GT(query.timeout, 5000);
	EXPECT_LE(query.timeout, 10000);
	EXPECT_EQ(EAGAIN, resolver_accept(&self->r, &none));
	resolver_add(&answer, "127.0.0.1");
	EXPECT_EQ(0, resolver_done(&self->r, query.id, &answer));
	EXPECT_EQ(0, outcome(fd));
	close(fd);
	resolver_close(&self->r);
}

TEST_F(agent, needs_privilege)
{
	struct resolver_query query;
	int pid, fd;

	ASSERT_EQ(0, resolver_open(&self->r));
	fd = zs_socket(0, SOCK_STREAM, 0);
	zs_nonblock(fd, true);
	EXPECT_EQ(EINPROGRESS, to_name(fd));
	pid = fork();
	if (!pid) {
		struct resolver other = { 0 };

		if (zs_drop_root())
			_exit(1);
		/* It cannot join the group; asking is another matter. */
		resolver_open(&other);
		_exit(resolver_accept(&other, &query) == EPERM ? 0 : 2);
	}
	EXPECT_EQ(0, zs_wait(pid));
	close(fd);
	resolver_close(&self->r);
}

/* ---- what it answers ---- */

static void raw(struct resolver_answer *answer, const void *data, int len)
{
	memcpy(answer->addr[answer->n].data, data, len);
	answer->addr[answer->n++].len = len;
}

/* An answer that makes no sense is refused, and ends it. */
#define expect_nonsense(answer)							\
do {										\
	struct resolver_query query_;						\
	int fd_ = begun(&query_);						\
										\
	EXPECT_EQ(EINVAL, resolver_done(&self->r, query_.id, answer));		\
	EXPECT_EQ(EREMOTEIO, outcome(fd_));					\
	close(fd_);								\
} while (0)

TEST_F(agent, nonsense)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct resolver_answer answer;
	int i;

	ASSERT_EQ(0, resolver_open(&self->r));
	memset(&answer, 0, sizeof(answer));
	for (i = 0; i < 17; i++) {
		char text[32];

		snprintf(text, sizeof(text), "127.0.0.%d", i + 1);
		resolver_add(&answer, text);
	}
	expect_nonsense(&answer);
	/* Good ones before it do not help. */
	for (i = 0; i < 5; i++) {
		memset(&answer, 0, sizeof(answer));
		resolver_add(&answer, "127.0.0.1");
		switch (i) {
		case 0:
			raw(&answer, &in, sizeof(in) - 1);
			break;
		case 1:
			raw(&answer, &in, 0);
			break;
		case 2:
			raw(&answer, &in6, sizeof(in));
			break;
		case 3:
			memcpy(&in6, &in, sizeof(in));
			raw(&answer, &in6, sizeof(in6));
			break;
		case 4:
			in.sin_family = AF_UNIX;
			raw(&answer, &in, sizeof(in));
			break;
		}
		expect_nonsense(&answer);
	}
	resolver_close(&self->r);
}

/* Addresses that nobody can mean are left out; duplicates count once. */
TEST_F(agent, useless_addresses)
{
	struct resolver_answer answer = { 0 };
	struct resolver_query query;
	int fd, i;

	ASSERT_EQ(0, resolver_open(&self->r));
	fd = begun(&query);
	resolver_add(&answer, "0.0.0.0");
	resolver_add(&answer, "::");
	resolver_add(&answer, "224.0.0.1");
	resolver_add(&answer, "255.255.255.255");
	resolver_add(&answer, "ff02::1");
	resolver_add(&answer, "::ffff:0.0.0.0");
	EXPECT_EQ(0, resolver_done(&self->r, query.id, &answer));
	EXPECT_EQ(ENODATA, outcome(fd));
	close(fd);

	memset(&answer, 0, sizeof(answer));
	fd = begun(&query);
	for (i = 0; i < 16; i++)
		resolver_add(&answer, i % 2 ? "127.0.0.1" : "::ffff:127.0.0.1");
	EXPECT_EQ(0, resolver_done(&self->r, query.id, &answer));
	EXPECT_EQ(0, outcome(fd));
	EXPECT_EQ(0, zs_poll(self->l, POLLIN, 0) == 0);
	close(accept(self->l, NULL, NULL));
	EXPECT_EQ(0, zs_poll(self->l, POLLIN, 50));
	close(fd);
	resolver_close(&self->r);
}

TEST_F(agent, twice_late_another)
{
	struct resolver_answer answer = { 0 };
	struct resolver other = { 0 };
	struct resolver_query query;
	int fd;

	ASSERT_EQ(0, resolver_open(&self->r));
	ASSERT_EQ(0, resolver_open(&other));
	resolver_add(&answer, "127.0.0.1");
	fd = begun(&query);
	/* One that another has, or nobody. */
	EXPECT_EQ(ENOENT, resolver_done(&other, query.id, &answer));
	EXPECT_EQ(ENOENT, resolver_done(&self->r, query.id + 1, &answer));
	EXPECT_EQ(0, resolver_done(&self->r, query.id, &answer));
	EXPECT_EQ(ENOENT, resolver_done(&self->r, query.id, &answer));
	EXPECT_EQ(0, outcome(fd));
	close(fd);
	/* Too late. Not so early that it is never asked for. */
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/resolve_timeout", "3000"));
	fd = begun(&query);
	EXPECT_EQ(ETIMEDOUT, outcome(fd));
	EXPECT_EQ(ENOENT, resolver_done(&self->r, query.id, &answer));
	close(fd);
	resolver_close(&other);
	resolver_close(&self->r);
}

/* ---- agents that are not there ---- */

TEST_F(agent, none)
{
	int fd = zs_socket(0, SOCK_STREAM, 0), i;
	long long begun = zs_now_ms();

	EXPECT_EQ(ESRCH, to_name(fd));
	begun = zs_now_ms() - begun;
	EXPECT_FALSE(zs_dispatched(fd));
	EXPECT_GE(zs_file_has("/proc/net/zsock_stat", "ResolveFailed 1"), 0);
	/* The grace of the fixture, not that of a second or two: the machine may have stood still. */
	for (i = 0; i < 5 && begun >= 2000; i++) {
		begun = zs_now_ms();
		EXPECT_EQ(ESRCH, to_name(fd));
		begun = zs_now_ms() - begun;
	}
	EXPECT_LT(begun, 2000);
	close(fd);
}

/* What a dead agent had is for the next one. */
TEST_F(agent, dies)
{
	struct resolver_answer answer = { 0 };
	struct resolver next = { 0 };
	struct resolver_query query;
	uint64_t id;
	int fd;

	ASSERT_EQ(0, resolver_open(&self->r));
	fd = begun(&query);
	id = query.id;
	ASSERT_EQ(0, resolver_open(&next));
	EXPECT_EQ(EAGAIN, resolver_accept(&next, &query));
	resolver_close(&self->r);
	ASSERT_EQ(0, resolver_await(&next, &query));
	EXPECT_EQ(id, query.id);
	resolver_add(&answer, "127.0.0.1");
	EXPECT_EQ(0, resolver_done(&next, id, &answer));
	EXPECT_EQ(0, outcome(fd));
	close(fd);
	/* And without a next one. */
	fd = zs_socket(0, SOCK_STREAM, 0);
	zs_nonblock(fd, true);
	EXPECT_EQ(EINPROGRESS, to_name(fd));
	EXPECT_EQ(0, resolver_await(&next, &query));
	resolver_close(&next);
	EXPECT_EQ(ESRCH, outcome(fd));
	close(fd);
}

/* ---- too many ---- */

static int ask_many(const struct sockaddr_zs *to, int n, int *fds)
{
	int i;

	for (i = 0; i < n; i++) {
		fds[i] = zs_socket(0, SOCK_STREAM, 0);
		zs_nonblock(fds[i], true);
		connect(fds[i], (const struct sockaddr *)to, sizeof(*to));
		if (errno != EINPROGRESS)
			return errno;
	}
	return 0;
}

TEST_F(agent, one_user_does_not_starve_another)
{
	struct rlimit files = { 4096, 4096 };
	struct resolver_answer answer = { 0 };
	struct resolver_query query;
	int pid, fd, i, room[2];
	char c;

	ASSERT_EQ(0, resolver_open(&self->r));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/resolve_max", "1000"));
	/* So many take their time. */
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/resolve_timeout", "120000"));
	ASSERT_EQ(0, pipe(room));
	pid = fork();
	if (!pid) {
		static int fds[1001];
		int err;

		if (zs_drop_root())
			_exit(1);
		/* Half of all. */
		err = ask_many(&self->to, 1000, fds);
		if (write(room[1], "x", 1) != 1)
			_exit(3);
		pause();
		_exit(err);
	}
	ASSERT_EQ(1, read(room[0], &c, 1));
	/* Root's comes after 500 of the other's, and is the second to be answered. */
	self->len = zs_name(&self->to, "root.test", self->port);
	fd = zs_socket(0, SOCK_STREAM, 0);
	zs_nonblock(fd, true);
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, resolver_accept(&self->r, &query));
		if (!strcmp(query.name, "root.test"))
			break;
	}
	ASSERT_STREQ("root.test", query.name);
	resolver_add(&answer, "127.0.0.1");
	EXPECT_EQ(0, resolver_done(&self->r, query.id, &answer));
	EXPECT_EQ(0, outcome(fd));
	for (i = 0; !resolver_accept(&self->r, &query); i++)
		EXPECT_NE(0, query.uid);
	EXPECT_GE(i, 498);
	EXPECT_LE(i, 500);
	kill(pid, SIGKILL);
	zs_wait(pid);
	close(fd);
	resolver_close(&self->r);
}

TEST_F(agent, no_room)
{
	int fd = zs_socket(0, SOCK_STREAM, 0);

	ASSERT_EQ(0, resolver_open(&self->r));
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/resolve_max", "0"));
	EXPECT_EQ(ENOBUFS, to_name(fd));
	EXPECT_FALSE(zs_dispatched(fd));
	close(fd);
	resolver_close(&self->r);
}

/* ---- races ---- */

static bool say_loopback(const struct resolver_query *query, struct resolver_answer *answer)
{
	(void)query;
	resolver_add(answer, "::1");
	resolver_add(answer, "127.0.0.1");
	return true;
}

struct racer {
	struct sockaddr_zs *to;
	int fd, err;
};

static void *race_connect(void *arg)
{
	struct racer *r = arg;

	r->err = connect(r->fd, (struct sockaddr *)r->to, sizeof(*r->to)) ? errno : 0;
	return NULL;
}

TEST_F(agent, two_threads_connect)
{
	struct racer r[2];
	pthread_t t[2];
	int i, n, fd;

	self->r.answer = say_loopback;
	ASSERT_EQ(0, resolver_start(&self->r));
	for (n = 0; n < 40; n++) {
		fd = zs_socket(0, SOCK_STREAM, 0);
		for (i = 0; i < 2; i++) {
			r[i].to = &self->to;
			r[i].fd = fd;
			pthread_create(&t[i], NULL, race_connect, &r[i]);
		}
		for (i = 0; i < 2; i++)
			pthread_join(t[i], NULL);
		EXPECT_TRUE(!r[0].err || !r[1].err);
		for (i = 0; i < 2; i++)
			EXPECT_TRUE(!r[i].err || r[i].err == EISCONN);
		close(accept(self->l, NULL, NULL));
		close(fd);
	}
	resolver_stop(&self->r);
}

static void *race_shutdown(void *arg)
{
	shutdown(*(int *)arg, SHUT_RDWR);
	return NULL;
}

/* close() and shutdown() at every moment of it. */
TEST_F(agent, ends_at_any_time)
{
	pthread_t t;
	int n, fd;

	self->r.answer = say_loopback;
	ASSERT_EQ(0, resolver_start(&self->r));
	for (n = 0; n < 150; n++) {
		fd = zs_socket(0, SOCK_STREAM, 0);
		zs_nonblock(fd, true);
		ASSERT_EQ(EINPROGRESS, to_name(fd));
		usleep(n * 40);
		if (n % 2) {
			pthread_create(&t, NULL, race_shutdown, &fd);
			pthread_join(t, NULL);
		}
		close(fd);
	}
	resolver_stop(&self->r);
}

/* ---- datagrams ---- */

#define UDP_TEST_SETUP()							\
	union zs_addr bound;							\
	int srv = zs_udp_bound(AF_INET, AF_INET, &bound), fd;			\
	char buf[16];								\
										\
	self->r.answer = say_loopback;						\
	ASSERT_EQ(0, resolver_start(&self->r));					\
	ASSERT_GE(srv, 0);							\
	self->len = zs_name(&self->to, "host.test", zs_port(&bound))

TEST_F(agent, udp_connect)
{
	UDP_TEST_SETUP();
	fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_EQ(0, to_name(fd));
	EXPECT_EQ(2, send(fd, "hi", 2, 0));
	EXPECT_EQ(2, recv(srv, buf, sizeof(buf), 0));
	/* Once more, as UDP lets one. */
	EXPECT_EQ(0, to_name(fd));
	EXPECT_EQ(2, send(fd, "hi", 2, 0));
	EXPECT_EQ(2, recv(srv, buf, sizeof(buf), 0));
	close(fd);
	close(srv);
	resolver_stop(&self->r);
}

TEST_F(agent, udp_sendto)
{
	int i;

	UDP_TEST_SETUP();
	fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(2, sendto(fd, "hi", 2, 0, (struct sockaddr *)&self->to, self->len));
		EXPECT_EQ(2, recv(srv, buf, sizeof(buf), 0));
	}
	/* Addresses go, too. */
	EXPECT_EQ(2, sendto(fd, "yo", 2, 0, &bound.sa, zs_len(AF_INET)));
	EXPECT_EQ(2, recv(srv, buf, sizeof(buf), 0));
	self->len = zs_name(&self->to, "127.0.0.1", zs_port(&bound));
	EXPECT_EQ(2, sendto(fd, "yo", 2, 0, (struct sockaddr *)&self->to, self->len));
	EXPECT_EQ(2, recv(srv, buf, sizeof(buf), 0));
	close(fd);
	close(srv);
	resolver_stop(&self->r);
}

TEST_F(agent, udp_sendto_nonblocking)
{
	long long begun;
	ssize_t n = -1;
	int i;

	UDP_TEST_SETUP();
	fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	begun = zs_now_ms();
	EXPECT_EQ(-1, sendto(fd, "hi", 2, MSG_DONTWAIT, (struct sockaddr *)&self->to, self->len));
	EXPECT_EQ(EAGAIN, errno);
	for (i = 0; i < 1000 && n < 0; i++) {
		zs_sleep_ms(20);
		n = sendto(fd, "hi", 2, MSG_DONTWAIT, (struct sockaddr *)&self->to, self->len);
	}
	EXPECT_EQ(2, n);
	/* An answer serves for a second: then it is asked for again. */
	EXPECT_TRUE(self->r.asked == 1 || zs_now_ms() - begun > 900);
	EXPECT_EQ(2, recv(srv, buf, sizeof(buf), 0));
	close(fd);
	close(srv);
	resolver_stop(&self->r);
}

/* Bound before: ZSOCK_HOST says that names are to come. */
TEST_F(agent, udp_bound)
{
	union zs_addr any;

	UDP_TEST_SETUP();
	fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_EQ(0, bind(fd, &any.sa, zs_any(&any, AF_INET, 0)));
	EXPECT_EQ(-1, sendto(fd, "hi", 2, 0, (struct sockaddr *)&self->to, self->len));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "", 0));
	EXPECT_EQ(2, sendto(fd, "hi", 2, 0, (struct sockaddr *)&self->to, self->len));
	EXPECT_EQ(2, recv(srv, buf, sizeof(buf), 0));
	close(fd);
	close(srv);
	resolver_stop(&self->r);
}

struct sender {
	struct sockaddr_zs to;
	socklen_t len;
	int fd, err;
	bool over;
};

static void *send_to(void *arg)
{
	struct sender *s = arg;

	s->err = sendto(s->fd, "hi", 2, 0, (struct sockaddr *)&s->to, s->len) < 0 ? errno : 0;
	s->over = true;
	return NULL;
}

/*
 * Who waits for an answer is awake and has not seen it when another asks something else, in vain:
 * there is nothing more to wait for.
 */
TEST_F(agent, udp_another_name_in_between)
{
	struct resolver_answer answer = { 0 };
	struct sender s = { .over = false };
	struct resolver_query query;
	pthread_t t;
	int i, n;

	ASSERT_EQ(0, resolver_open(&self->r));
	resolver_add(&answer, "127.0.0.1");
	s.fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	s.len = zs_name(&s.to, "slow.test", self->port);
	for (n = 0; n < 20; n++) {
		s.over = false;
		ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/resolve_max", "10"));
		ASSERT_EQ(0, pthread_create(&t, NULL, send_to, &s));
		ASSERT_EQ(0, resolver_await(&self->r, &query));
		/* It sleeps. */
		zs_sleep_ms(10);
		ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/resolve_max", "0"));
		EXPECT_EQ(0, resolver_done(&self->r, query.id, &answer));
		EXPECT_EQ(-1, sendto(s.fd, "hi", 2, MSG_DONTWAIT, (struct sockaddr *)&self->to,
				     self->len));
		EXPECT_EQ(ENOBUFS, errno);
		for (i = 0; i < 4000 && !s.over; i++)
			zs_sleep_ms(5);
		ASSERT_TRUE(s.over);
		pthread_join(t, NULL);
		EXPECT_TRUE(!s.err || s.err == ENOBUFS);
	}
	close(s.fd);
	resolver_close(&self->r);
}

TEST_HARNESS_MAIN
