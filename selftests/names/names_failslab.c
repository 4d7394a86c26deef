// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that runs out while a socket connects to a name, or by way of a proxy: each allocation of
 * the calls fails in turn, then those of the module's workers do, at random. Nothing may crash,
 * leak or hang; what fails says why; afterwards all is as before.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "faults.h"
#include "race.h"
#include "resolver.h"
#include "socks5.h"

/* Deeper there are the tables of routes, which lack a tracker and say so in the kernel's log. */
#define NEAR	10

static const struct proxy_step script[] = {
	GET(ASK), PUT(OPEN), GET(4 + 1 + 9 + 2), PUT(GRANTED), ECHO,
};

static struct proxy proxy;
static struct resolver agent;
static union zs_addr bound;
static int listener, strange;
static const char *where = "";

static bool say(const struct resolver_query *query, struct resolver_answer *answer)
{
	(void)query;
	resolver_add(answer, "::1");
	resolver_add(answer, "127.0.0.1");
	return true;
}

/* What may be said when memory, or a copy, failed under it, or an earlier call did. */
static int fine(const char *what, int err)
{
	static const int all[] = {
		0, ENOMEM, ENOBUFS, EFAULT, EAGAIN, EINPROGRESS, EALREADY, EBADF, EISCONN, EPIPE,
		ENOTCONN, ECONNREFUSED, ECONNRESET, ECONNABORTED, EDESTADDRREQ, EINVAL, ESRCH,
		ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT, ENFILE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (err == all[i])
			return err;
	strange = err;
	where = what;
	return err;
}

#define check(what, call) fine(what, (call) < 0 ? errno : 0)

static void outcome(int fd)
{
	char c;
	int err;

	if (fd < 0)
		return;
	/* An agent, or a proxy, answers; a time limit is no answer. */
	if (!zs_poll(fd, POLLOUT, 8000))
		fine("outcome", ETIME);
	/* Reading it may be what fails. */
	err = zs_getint(fd, SOL_SOCKET, SO_ERROR);
	fine("SO_ERROR", err < 0 ? errno : err);
	check("send", send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
	check("recv", recv(fd, &c, 1, MSG_DONTWAIT));
	check("shutdown", shutdown(fd, SHUT_RDWR));
	close(fd);
}

static int new_socket(int type, int before)
{
	int fd = zs_socket(0, type | SOCK_NONBLOCK, 0);

	check("socket", fd);
	if (before)
		check("option", zs_setint(fd, SOL_TCP, TCP_NODELAY, 1));
	return fd;
}

/* ---- the sequences ---- */

static void connect_to(int before, const char *name)
{
	struct sockaddr_zs to;
	socklen_t len = zs_name(&to, name, zs_port(&bound));
	int fd = new_socket(SOCK_STREAM, before);

	check("host", setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "host.test", 9));
	if (fine("connect", connect(fd, (void *)&to, len) ? errno : 0) != EINPROGRESS)
		close(fd);
	else
		outcome(fd);
	close(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
}

static void to_name(void)
{
	connect_to(0, "");
}

static void to_name_dispatched(void)
{
	connect_to(1, "host.test");
}

static void datagram(void)
{
	struct sockaddr_zs to;
	socklen_t len = zs_name(&to, "host.test", zs_port(&bound));
	int fd = new_socket(SOCK_DGRAM, 0), i;

	for (i = 0; i < 3; i++) {
		check("sendto", sendto(fd, "x", 1, MSG_DONTWAIT, (void *)&to, len));
		zs_sleep_ms(1);
	}
	close(fd);
}

static void by_proxy(int before)
{
	struct sockaddr_zs to;
	socklen_t len = zs_name(&to, "", 443);
	int fd = new_socket(SOCK_STREAM, before);
	struct zsock_socks5_error err;
	socklen_t errlen = sizeof(err);

	check("auth", set_auth(fd, "user", 4, "secret", 6));
	check("auth", setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5_AUTH, "", 0));
	check("host", setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "host.test", 9));
	if (fine("proxy", set_proxy(fd, &proxy) ? errno : 0) ||
	    fine("host", setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "host.test", 9) ? errno : 0) ||
	    fine("connect", connect(fd, (void *)&to, len) ? errno : 0) != EINPROGRESS) {
		close(fd);
		return;
	}
	check("error", getsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5_ERROR, &err, &errlen));
	outcome(fd);
}

static void through_proxy(void)
{
	by_proxy(0);
}

static void through_proxy_dispatched(void)
{
	by_proxy(1);
}

/* ---- walking through them ---- */

FIXTURE(failslab) {
	long refs;
};
FIXTURE_VARIANT(failslab) {
	void (*sequence)(void);
};
FIXTURE_VARIANT_ADD(failslab, name) { .sequence = to_name };
FIXTURE_VARIANT_ADD(failslab, name_dispatched) { .sequence = to_name_dispatched };
FIXTURE_VARIANT_ADD(failslab, datagram) { .sequence = datagram };
FIXTURE_VARIANT_ADD(failslab, proxy) { .sequence = through_proxy };
FIXTURE_VARIANT_ADD(failslab, proxy_dispatched) { .sequence = through_proxy_dispatched };

FIXTURE_SETUP(failslab)
{
	ASSERT_EQ(0, zs_new_netns());
	self->refs = race_module_refs();
	listener = zs_listener(AF_INET, AF_INET, &bound);
	ASSERT_GE(listener, 0);
	ASSERT_EQ(0, zs_nonblock(listener, true));
	ASSERT_EQ(0, proxy_start(&proxy, AF_INET, script));
	memset(&agent, 0, sizeof(agent));
	agent.answer = say;
	ASSERT_EQ(0, resolver_start(&agent));
}

FIXTURE_TEARDOWN(failslab)
{
	resolver_stop(&agent);
	proxy_stop(&proxy);
	close(listener);
	EXPECT_TRUE(race_all_gone());
	for (int i = 0; i < 100 && race_module_refs() != self->refs; i++)
		zs_sleep_ms(20);
	EXPECT_EQ(self->refs, race_module_refs());
}

TEST_F(failslab, calls)
{
	int nth, left = 0;

	if (!faults_ready())
		SKIP(return, "the kernel injects no faults");
	ASSERT_EQ(0, faults_within("zsock", NEAR));
	variant->sequence();
	ASSERT_EQ(0, strange);
	/* Every sixth one; the others when the clock says so. */
	for (nth = 1 + time(NULL) % 6; nth < 500 && !left; nth += 6) {
		faults_at(nth);
		variant->sequence();
		left = faults_left();
		faults_at(0);
		EXPECT_EQ(0, strange) {
			TH_LOG("failure %d: %s: %s", nth, where, strerror(strange));
		}
		strange = 0;
	}
	faults_within("zsock", 0);
	TH_LOG("up to %d", nth);
	EXPECT_GT(left, 0);
	EXPECT_GT(nth, 5);
}

/* A tenth of what the workers ask for is not there. */
TEST_F(failslab, workers)
{
	int i;

	if (!faults_ready())
		SKIP(return, "the kernel injects no faults");
	ASSERT_EQ(0, faults_within("zsock", NEAR));
	ASSERT_EQ(0, faults_often(10));
	for (i = 0; i < 5; i++) {
		faults_mark("kworker/u", true);
		variant->sequence();
		EXPECT_EQ(0, strange) {
			TH_LOG("round %d: %s: %s", i, where, strerror(strange));
		}
		strange = 0;
	}
	faults_mark("kworker/u", false);
	faults_often(0);
	faults_within("zsock", 0);
	variant->sequence();
	EXPECT_EQ(0, strange);
}

TEST_HARNESS_MAIN
