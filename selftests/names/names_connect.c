// SPDX-License-Identifier: GPL-2.0
/*
 * Connecting to a host by its name: what the agent says, and what becomes of it. The agent is
 * the test's own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "resolver.h"
#ifdef HAVE_LIBURING
#include "ring.h"
#endif

/* Nothing answers at these: see black_holes(). And as /proc/net/tcp and tcp6 have them. */
#define HOLE4	"192.0.2.1"
#define HOLE6	"2001:db8::1"
#define SEEN4	"010200C0:"
#define SEEN6	"B80D0120000000000000000001000000:"

#define SOON	15000	/* ms: where there is nothing to wait for, on a slow machine */
#define DELAY	"/proc/sys/net/zsock/connect_delay"

/* ---- the agent ---- */

static struct resolver agent;
/* What it says to anything: addresses, or an error; after so many ms. */
static const char *said[33];
static int said_error, said_after;

static bool say(const struct resolver_query *query, struct resolver_answer *answer)
{
	int i;

	(void)query;
	if (said_after)
		zs_sleep_ms(said_after);
	for (i = 0; said[i]; i++)
		resolver_add(answer, said[i]);
	answer->error = said_error;
	return true;
}

#define says(...) says_(((const char *[]){ __VA_ARGS__, NULL }))

static void says_(const char **addresses)
{
	int i;

	for (i = 0; addresses[i]; i++)
		said[i] = addresses[i];
	said[i] = NULL;
}

/* ---- the network ---- */

/*
 * Addresses at which nothing answers, and nobody says so: a dummy device, whose packets
 * vanish.
 */
static int black_holes(void)
{
	return system("ip link add hole0 type dummy && ip link set hole0 up && "
		      "ip addr add 192.0.2.2/24 dev hole0 && "
		      "ip -6 addr add 2001:db8::2/64 dev hole0 nodad && "
		      "ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev hole0 && "
		      "ip -6 neigh add 2001:db8::1 lladdr 02:00:00:00:00:01 dev hole0") ? -1 : 0;
}

FIXTURE(names) {
	union zs_addr addr4, addr6;
	int l4, l6, port;
	struct sockaddr_zs to;
	socklen_t len;
};
FIXTURE_VARIANT(names) {
	int domain, before;	/* an option that dispatches is set first */
};
FIXTURE_VARIANT_ADD(names, auto) { .domain = 0 };
FIXTURE_VARIANT_ADD(names, dispatched) { .domain = 0, .before = 1 };

/* Listeners on one port, of both families. */
FIXTURE_SETUP(names)
{
	int v6only = 1;

	ASSERT_EQ(0, zs_new_netns());
	self->l4 = zs_listener(AF_INET, AF_INET, &self->addr4);
	ASSERT_GE(self->l4, 0);
	self->port = zs_port(&self->addr4);
	zs_loopback(&self->addr6, AF_INET6, self->port);
	self->l6 = socket(AF_INET6, SOCK_STREAM, 0);
	ASSERT_GE(self->l6, 0);
	setsockopt(self->l6, SOL_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
	ASSERT_EQ(0, bind(self->l6, &self->addr6.sa, zs_len(AF_INET6)));
	ASSERT_EQ(0, listen(self->l6, 16));
	self->len = zs_name(&self->to, "host.test", self->port);
	memset(&agent, 0, sizeof(agent));
	agent.answer = say;
	said[0] = NULL;
	said_error = said_after = 0;
	ASSERT_EQ(0, resolver_start(&agent));
}

FIXTURE_TEARDOWN(names)
{
	resolver_stop(&agent);
	close(self->l4);
	close(self->l6);
}

#define new_socket() stream(variant->domain, variant->before)

static int stream(int domain, int before)
{
	int fd = zs_socket(domain, SOCK_STREAM, 0);

	if (fd >= 0 && before)
		zs_setint(fd, SOL_TCP, TCP_NODELAY, 1);
	return fd;
}

#define to_name(fd) (connect((fd), (struct sockaddr *)&self->to, self->len) ? errno : 0)

static int peer_family(int fd)
{
	union zs_addr addr;
	socklen_t len = sizeof(addr);

	return getpeername(fd, &addr.sa, &len) ? -errno : addr.sa.sa_family;
}

static bool talks(int fd, int listener)
{
	int peer = accept(listener, NULL, NULL);
	char c = 0;
	bool ok;

	if (peer < 0)
		return false;
	ok = send(fd, "x", 1, 0) == 1 && recv(peer, &c, 1, 0) == 1 && c == 'x' &&
	     send(peer, "y", 1, 0) == 1 && recv(fd, &c, 1, 0) == 1 && c == 'y';
	close(peer);
	return ok;
}

/* Whether it is, or comes to be, mentioned there. */
static bool mentions(const char *path, const char *what, int ms)
{
	long long end = zs_now_ms() + ms;
	bool found = false;
	char line[512];
	FILE *f;

	for (;;) {
		f = fopen(path, "re");
		while (f && !found && fgets(line, sizeof(line), f))
			found = strstr(line, what);
		if (f)
			fclose(f);
		if (found || zs_now_ms() >= end)
			return found;
		zs_sleep_ms(5);
	}
}

/* ---- one address ---- */

TEST_F(names, connects)
{
	int fd = new_socket();

	says("127.0.0.1");
	ASSERT_EQ(0, to_name(fd));
	EXPECT_EQ(AF_INET, peer_family(fd));
	EXPECT_TRUE(talks(fd, self->l4));
	EXPECT_EQ(EISCONN, to_name(fd));
	EXPECT_EQ(1, agent.asked);
	close(fd);
}

TEST_F(names, connects_ipv6)
{
	int fd = new_socket();

	says("::1");
	ASSERT_EQ(0, to_name(fd));
	EXPECT_EQ(AF_INET6, peer_family(fd));
	EXPECT_TRUE(talks(fd, self->l6));
	close(fd);
}

TEST_F(names, numbers_need_no_agent)
{
	static const struct {
		const char *name;
		int family;
	} all[] = { { "127.0.0.1", AF_INET }, { "::1", AF_INET6 } };
	int fd, i;

	for (i = 0; i < 2; i++) {
		fd = new_socket();
		self->len = zs_name(&self->to, all[i].name, self->port);
		EXPECT_EQ(0, to_name(fd));
		EXPECT_EQ(all[i].family, peer_family(fd));
		close(fd);
	}
	EXPECT_EQ(0, agent.asked);
}

TEST_F(names, no_name_at_all)
{
	static const char * const bad[] = {
		"127.1", "0x7f.0.0.1", "010.0.0.1", "2130706433", "1.2.3.4.5", "256.1.1.1",
		"a b", "a\tb", "a\x7f" "b", "\xc3\xa4.test", "::1::", "::1%lo", "fe80::1%nosuch",
		"1.2.3.4.",
	};
	unsigned int i;
	int fd = new_socket();

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		self->len = zs_name(&self->to, bad[i], self->port);
		EXPECT_EQ(EINVAL, to_name(fd))
			TH_LOG("%s", bad[i]);
	}
	self->len = zs_name(&self->to, "", self->port);
	EXPECT_EQ(EDESTADDRREQ, to_name(fd));
	self->len = 3;
	EXPECT_EQ(EINVAL, to_name(fd));
	EXPECT_EQ(0, agent.asked);
	EXPECT_EQ(variant->before, zs_dispatched(fd));
	close(fd);
}

TEST_F(names, errors)
{
	static const struct {
		int said, got;
	} all[] = {
		{ ENOENT, ENOENT }, { ENODATA, ENODATA }, { EREMOTEIO, EREMOTEIO },
		{ EPERM, EREMOTEIO }, { 0x80000000, EREMOTEIO }, { 0, ENODATA },
	};
	unsigned int i;
	int fd = new_socket();

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		said_error = all[i].said;
		EXPECT_EQ(all[i].got, to_name(fd));
	}
	/* The socket is as it was. */
	EXPECT_EQ(variant->before, zs_dispatched(fd));
	said_error = 0;
	says("127.0.0.1");
	EXPECT_EQ(0, to_name(fd));
	close(fd);
}

TEST_F(names, bind_takes_addresses)
{
	int fd = new_socket();

	EXPECT_EQ(-1, bind(fd, (struct sockaddr *)&self->to, self->len));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	close(fd);
}

/* ---- several ---- */

TEST_F(names, next_on_refusal)
{
	int fd = new_socket();

	close(self->l6);
	self->l6 = -1;
	says("::1", "127.0.0.1");
	ASSERT_EQ(0, to_name(fd));
	EXPECT_EQ(AF_INET, peer_family(fd));
	EXPECT_TRUE(talks(fd, self->l4));
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	close(fd);
}

TEST_F(names, next_on_no_route)
{
	int fd = new_socket();

	says("2001:db8:1::1", "198.51.100.1", "127.0.0.1");
	ASSERT_EQ(0, to_name(fd));
	EXPECT_EQ(AF_INET, peer_family(fd));
	close(fd);
}

TEST_F(names, all_fail)
{
	int fd = new_socket();

	close(self->l4);
	close(self->l6);
	self->l4 = self->l6 = -1;
	says("198.51.100.1", "::1", "127.0.0.1", "2001:db8:1::1");
	/* What is most telling. */
	EXPECT_EQ(ECONNREFUSED, to_name(fd));
	says("198.51.100.1");
	EXPECT_EQ(ENETUNREACH, to_name(fd));
	close(fd);
}

/*
 * The second answers while the first does not say anything. One after the other takes eight times
 * as long as both.
 */
TEST_F(names, black_hole)
{
	int fd = new_socket(), delay = variant->before ? 250 * 8 : 1000;
	long long begun;

	ASSERT_EQ(0, black_holes());
	if (!variant->before)
		ASSERT_EQ(0, zs_write_file(DELAY, "1000"));
	says(HOLE6, "127.0.0.1");
	begun = zs_now_ms();
	ASSERT_EQ(0, to_name(fd));
	begun = zs_now_ms() - begun;
	EXPECT_EQ(AF_INET, peer_family(fd));
	/* By ticks, which may be behind the clock. */
	EXPECT_GE(begun, delay * 3 / 4);
	EXPECT_LT(begun, delay * 8);
	EXPECT_TRUE(talks(fd, self->l4));
	close(fd);
}

/* RFC 8305: the families take turns, whatever the order in each. */
TEST_F(names, families_take_turns)
{
	long long begun;
	/* A race, which a dispatched socket has not. */
	int fd = stream(variant->domain, 0);

	ASSERT_EQ(0, black_holes());
	says(HOLE6, "2001:db8::3", "2001:db8::4", "127.0.0.1");
	ASSERT_EQ(0, zs_write_file(DELAY, "1500"));
	begun = zs_now_ms();
	ASSERT_EQ(0, to_name(fd));
	begun = zs_now_ms() - begun;
	EXPECT_GE(begun, 1125);
	/* Not as the fourth. */
	EXPECT_LT(begun, 3 * 1500);
	close(fd);
}

/* ---- not waiting ---- */

TEST_F(names, nonblocking)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	int fd = new_socket(), ep = epoll_create1(0);

	agent.held = true;
	says("127.0.0.1");
	zs_nonblock(fd, true);
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	EXPECT_EQ(EALREADY, to_name(fd));
	EXPECT_EQ(0, zs_poll(fd, POLLIN | POLLOUT, 0));
	EXPECT_EQ(-1, send(fd, "x", 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, recv(fd, &ev, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	agent.held = false;
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, SOON));
	EXPECT_EQ(EPOLLOUT, ev.events);
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, to_name(fd));
	EXPECT_EQ(EISCONN, to_name(fd));
	zs_nonblock(fd, false);
	EXPECT_TRUE(talks(fd, self->l4));
	close(ep);
	close(fd);
}

TEST_F(names, nonblocking_failure)
{
	int fd = new_socket();

	said_after = 50;
	said_error = ENOENT;
	zs_nonblock(fd, true);
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	EXPECT_EQ(POLLOUT | POLLERR | POLLHUP, zs_poll(fd, POLLOUT, SOON));
	EXPECT_EQ(ENOENT, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	/* As TCP's: told already. */
	EXPECT_EQ(ECONNABORTED, to_name(fd));
	EXPECT_EQ(EINPROGRESS, to_name(fd));
	EXPECT_EQ(POLLOUT | POLLERR | POLLHUP, zs_poll(fd, POLLOUT, SOON));
	EXPECT_EQ(ENOENT, to_name(fd));
	close(fd);
}

TEST_F(names, send_timeout)
{
	struct timeval tv = { .tv_usec = 100000 };
	int fd = new_socket();

	agent.held = true;
	says("127.0.0.1");
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(EINPROGRESS, to_name(fd));
	agent.held = false;
	EXPECT_EQ(POLLOUT, zs_poll(fd, POLLOUT, SOON));
	EXPECT_EQ(0, to_name(fd));
	close(fd);
}

static void on_alarm(int sig)
{
	(void)sig;
}

TEST_F(names, signal)
{
	/* Again and again: the first may come before the call. */
	struct itimerval often = { { 0, 50000 }, { 0, 50000 } }, never = { 0 };
	struct sigaction sa = { .sa_handler = on_alarm };
	int fd = new_socket();

	sigaction(SIGALRM, &sa, NULL);
	agent.held = true;
	says("127.0.0.1");
	setitimer(ITIMER_REAL, &often, NULL);
	EXPECT_EQ(EINTR, to_name(fd));
	setitimer(ITIMER_REAL, &never, NULL);
	agent.held = false;
	/* It goes on, and a second call waits for it. */
	EXPECT_EQ(0, to_name(fd));
	close(fd);
}

/* ---- in the middle of it ---- */

TEST_F(names, close_while_resolving)
{
	int fd = new_socket(), i;

	agent.held = true;
	says("127.0.0.1");
	zs_nonblock(fd, true);
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	while (!agent.asked)
		zs_sleep_ms(5);
	close(fd);
	agent.held = false;
	for (i = 0; i < SOON / 10 && !agent.refused; i++)
		zs_sleep_ms(10);
	EXPECT_EQ(1, agent.refused);
	EXPECT_EQ(0, zs_poll(self->l4, POLLIN, 100));
}

TEST_F(names, close_while_connecting)
{
	int fd = new_socket();

	ASSERT_EQ(0, black_holes());
	says(HOLE6, HOLE4);
	zs_nonblock(fd, true);
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	/* Where there is a race, both of them. */
	EXPECT_TRUE(mentions("/proc/net/tcp6", SEEN6, SOON));
	EXPECT_TRUE(variant->before || mentions("/proc/net/tcp", SEEN4, SOON));
	close(fd);
	EXPECT_FALSE(mentions("/proc/net/tcp6", SEEN6, 0));
	EXPECT_FALSE(mentions("/proc/net/tcp", SEEN4, 0));
}

TEST_F(names, shutdown_while_connecting)
{
	int fd = new_socket();

	ASSERT_EQ(0, black_holes());
	says(HOLE6, HOLE4);
	zs_nonblock(fd, true);
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	zs_sleep_ms(100);
	EXPECT_EQ(0, shutdown(fd, SHUT_RDWR));
	EXPECT_TRUE(zs_poll(fd, POLLOUT, SOON) & POLLHUP);
	EXPECT_EQ(ECONNRESET, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	close(fd);
}

TEST_F(names, forget_while_connecting)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = new_socket();

	ASSERT_EQ(0, black_holes());
	says(HOLE6, HOLE4);
	zs_nonblock(fd, true);
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	zs_sleep_ms(50);
	EXPECT_EQ(0, connect(fd, &none, sizeof(none)));
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	zs_nonblock(fd, false);
	says("127.0.0.1", "::1");
	EXPECT_EQ(0, to_name(fd));
	close(fd);
}

/* Another call that needs TCP's socket does not get one of several. */
TEST_F(names, calls_while_connecting)
{
	union zs_addr addr;
	socklen_t len = sizeof(addr);
	int fd = stream(variant->domain, 0), one = 1;

	ASSERT_EQ(0, black_holes());
	says(HOLE6, HOLE4);
	zs_nonblock(fd, true);
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	EXPECT_EQ(-1, getsockname(fd, &addr.sa, &len));
	EXPECT_EQ(EALREADY, errno);
	EXPECT_EQ(-1, setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one)));
	EXPECT_EQ(EALREADY, errno);
	EXPECT_EQ(-1, connect(fd, &self->addr4.sa, zs_len(AF_INET)));
	EXPECT_EQ(EALREADY, errno);
	EXPECT_EQ(-1, listen(fd, 1));
	EXPECT_EQ(-ENOTCONN, peer_family(fd));
	EXPECT_FALSE(zs_dispatched(fd));
	close(fd);
}

/* What is set while it connects holds for the connection. */
TEST_F(names, options_while_connecting)
{
	int fd = new_socket();

	agent.held = true;
	says("127.0.0.1");
	zs_setint(fd, SOL_SOCKET, SO_PRIORITY, 3);
	zs_nonblock(fd, true);
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	zs_setint(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	agent.held = false;
	ASSERT_EQ(POLLOUT, zs_poll(fd, POLLOUT, SOON));
	ASSERT_TRUE(zs_dispatched(fd));
	EXPECT_EQ(1, zs_getint(fd, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(3, zs_getint(fd, SOL_SOCKET, SO_PRIORITY));
	close(fd);
}

/* ---- ZSOCK_HOST ---- */

TEST_F(names, host_option)
{
	char name[254], got[300];
	socklen_t len = sizeof(got);
	int fd = new_socket();

	memset(name, 'a', sizeof(name));
	EXPECT_EQ(-1, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, name, 254));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "a\0b", 3));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "a b", 3));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, got, &len));
	EXPECT_EQ(1, len);
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, name, 253));
	len = sizeof(got);
	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, got, &len));
	EXPECT_EQ(254, len);
	EXPECT_EQ(0, memcmp(got, name, 253));
	EXPECT_EQ(variant->before, zs_dispatched(fd));
	says("127.0.0.1");
	self->len = zs_name(&self->to, "", self->port);
	EXPECT_EQ(0, to_name(fd));
	EXPECT_EQ(1, agent.asked);
	close(fd);
}

TEST_F(names, host_option_taken_back)
{
	int fd = new_socket();

	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "host.test", 10));
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "", 0));
	self->len = zs_name(&self->to, "", self->port);
	EXPECT_EQ(EDESTADDRREQ, to_name(fd));
	close(fd);
}

/* ---- domains ---- */

TEST_F(names, domains)
{
	int fd;

	says("::1", "127.0.0.1");
	fd = stream(AF_INET, variant->before);
	EXPECT_EQ(0, to_name(fd));
	EXPECT_EQ(AF_INET, peer_family(fd));
	close(fd);
	says("127.0.0.1", "::1");
	fd = stream(AF_INET6, variant->before);
	EXPECT_EQ(0, to_name(fd));
	EXPECT_EQ(AF_INET6, peer_family(fd));
	close(fd);
	says("::1");
	fd = stream(AF_INET, variant->before);
	EXPECT_EQ(ENODATA, to_name(fd));
	self->len = zs_name(&self->to, "::1", self->port);
	EXPECT_EQ(EAFNOSUPPORT, to_name(fd));
	close(fd);
}

#ifdef HAVE_LIBURING
/* ---- io_uring ---- */

static int uring_connect(struct io_uring *ring, int fd, struct sockaddr_zs *to, socklen_t len)
{
	io_uring_prep_connect(io_uring_get_sqe(ring), fd, (struct sockaddr *)to, len);
	return ring_finish(ring, NULL);
}

TEST_F(names, uring)
{
	struct io_uring ring;
	int fd, ret;

	ret = io_uring_queue_init(4, &ring, 0);
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring");
	ASSERT_EQ(0, ret);
	said_after = 50;
	says("::1", "127.0.0.1");
	fd = new_socket();
	EXPECT_EQ(0, uring_connect(&ring, fd, &self->to, self->len));
	EXPECT_TRUE(talks(fd, self->l6));
	EXPECT_EQ(-EISCONN, uring_connect(&ring, fd, &self->to, self->len));
	close(fd);
	said[0] = NULL;
	said_error = ENOENT;
	fd = new_socket();
	EXPECT_EQ(-ENOENT, uring_connect(&ring, fd, &self->to, self->len));
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_ERROR));
	close(fd);
	io_uring_queue_exit(&ring);
}

/* What becomes of one address is not the end of it. */
TEST_F(names, uring_slow)
{
	struct io_uring ring;
	int fd, ret;

	ret = io_uring_queue_init(4, &ring, 0);
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring");
	ASSERT_EQ(0, ret);
	if (system("tc qdisc add dev lo root netem delay 20ms 2>/dev/null"))
		SKIP(return, "the kernel delays no packets");
	close(self->l6);
	self->l6 = -1;
	says("::1", "127.0.0.2", "127.0.0.1");
	fd = new_socket();
	EXPECT_EQ(0, uring_connect(&ring, fd, &self->to, self->len));
	EXPECT_TRUE(talks(fd, self->l4));
	close(fd);
	io_uring_queue_exit(&ring);
}

/* A request that is taken back leaves the connection, as a signal does. */
TEST_F(names, uring_cancelled)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int fd, ret, i;

	ret = io_uring_queue_init(4, &ring, 0);
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring");
	ASSERT_EQ(0, ret);
	agent.held = true;
	says("127.0.0.1");
	fd = new_socket();
	io_uring_prep_connect(io_uring_get_sqe(&ring), fd, (struct sockaddr *)&self->to, self->len);
	io_uring_submit(&ring);
	while (!agent.asked)
		zs_sleep_ms(5);
	io_uring_prep_cancel(io_uring_get_sqe(&ring), NULL, IORING_ASYNC_CANCEL_ANY);
	io_uring_submit(&ring);
	for (i = 0; i < 2; i++) {
		struct __kernel_timespec ts = { 15, 0 };

		ASSERT_EQ(0, io_uring_wait_cqe_timeout(&ring, &cqe, &ts));
		io_uring_cqe_seen(&ring, cqe);
	}
	agent.held = false;
	EXPECT_EQ(0, to_name(fd));
	EXPECT_TRUE(talks(fd, self->l4));
	close(fd);
	io_uring_queue_exit(&ring);
}

static int uring_send(struct io_uring *ring, int fd, struct sockaddr_zs *to, socklen_t len)
{
	struct iovec iov = { .iov_base = (char []){ "hi" }, .iov_len = 2 };
	struct msghdr msg = {
		.msg_name = to, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1,
	};

	io_uring_prep_sendmsg(io_uring_get_sqe(ring), fd, &msg, 0);
	return ring_finish(ring, NULL);
}

TEST_F(names, uring_datagram)
{
	union zs_addr bound;
	int srv = zs_udp_bound(AF_INET, AF_INET, &bound), fd, ret;
	struct io_uring ring;
	char buf[8];

	ret = io_uring_queue_init(4, &ring, 0);
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring");
	ASSERT_EQ(0, ret);
	said_after = 50;
	says("127.0.0.1");
	self->len = zs_name(&self->to, "host.test", zs_port(&bound));
	fd = zs_socket(variant->domain, SOCK_DGRAM, 0);
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "", 0));
	if (variant->before)
		ASSERT_EQ(0, zs_setint(fd, SOL_IP, IP_TOS, 0));
	EXPECT_EQ(2, uring_send(&ring, fd, &self->to, self->len));
	EXPECT_EQ(2, recv(srv, buf, sizeof(buf), 0));
	io_uring_queue_exit(&ring);
	close(srv);
	close(fd);
}
#endif

/* The policy knows where it really goes: see policy.rst. */

TEST_HARNESS_MAIN
