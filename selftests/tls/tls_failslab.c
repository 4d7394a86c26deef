// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that runs out under secure sockets. Each sequence, in which the test is the program and
 * the agent, is made again and again with its first, second, third ... allocation failing, until
 * none is left to fail; then the module's own threads lack memory while clients come. Nothing may
 * crash, leak or hang; what fails says why; afterwards all is as before.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "faults.h"
#include "race.h"
#include "zs.h"

#define HANDSHAKE	22
#define ALERT		21
#define LOST_MS		6000

static union zs_addr tcp_addr;
static int tcp_listener;
static int strange;
static const char *where = "";

/* What a call may say when memory, or a copy, failed under it, or an earlier call did. */
static long check(const char *what, long ret)
{
	static const int fine[] = {
		ENOMEM, ENOBUFS, EFAULT, EAGAIN, EINPROGRESS, EINVAL, EBADF, ENOTCONN, EPIPE,
		ECONNREFUSED, ECONNRESET, EDESTADDRREQ, EADDRINUSE, ENFILE, EISCONN, EALREADY,
		ENOENT, ECONNABORTED, ESHUTDOWN, EPROTO, ETIMEDOUT, ENOPROTOOPT, EBADMSG, EIO,
		EADDRNOTAVAIL, EOPNOTSUPP, EBUSY, ESRCH, EMSGSIZE, ENETUNREACH,
	};

	if (ret >= 0)
		return ret;
	for (unsigned int i = 0; i < ARRAY_SIZE(fine); i++)
		if (errno == fine[i])
			return ret;
	strange = errno;
	where = what;
	return ret;
}

static int tls_socket(void)
{
	return check("socket", socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				      ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2)));
}

static int tcp_socket(void)
{
	return check("socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/* It may be that an answer is lost. */
static int open_agent(struct agent *agent)
{
	*agent = (struct agent){ .alert = -1, .patience_ms = 200 };
	return check("agent_open", agent_open(agent));
}

/* The listener's own thread takes its time. */
static int await_handshake(struct agent *agent, uint64_t *id)
{
	int fd = -1;

	for (int i = 0; i < 20; i++) {
		fd = agent_accept(agent, id);
		if (fd >= 0 || errno != EAGAIN)
			break;
		zs_sleep_ms(5);
	}
	return check("agent_accept", fd);
}

/* ---- the sequences ---- */

static void options(int fd)
{
	int tags[] = { 0 }, ciphers[] = { 0x1301, 0xc02f };
	char buf[100];
	socklen_t len = sizeof(buf);

	check("tags", setsockopt(fd, SOL_TLS, TLS_SEC_TAG_LIST, tags, 0));
	check("hostname", setsockopt(fd, SOL_TLS, TLS_HOSTNAME, "a.test", 6));
	check("ciphers", setsockopt(fd, SOL_TLS, TLS_CIPHERSUITE_LIST, ciphers, sizeof(ciphers)));
	check("alpn", setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, "a\0b", 4));
	check("cache", zs_setint(fd, SOL_TLS, TLS_SESSION_CACHE, 1));
	check("alpn", getsockopt(fd, SOL_TLS, TLS_ALPN_LIST, buf, &len));
	check("purge", setsockopt(fd, SOL_TLS, TLS_SESSION_CACHE_PURGE, NULL, 0));
}

static void talk(int fd)
{
	char buf[100];

	check("send", send(fd, "data", 4, MSG_NOSIGNAL));
	zs_poll(fd, POLLIN, 0);
	check("peek", recv(fd, buf, sizeof(buf), MSG_PEEK));
	check("recv", recv(fd, buf, sizeof(buf), 0));
	check("recv", recv(fd, buf, sizeof(buf), 0));
	check("shutdown", shutdown(fd, SHUT_WR));
}

static void as_client(void)
{
	struct agent agent;
	char buf[100];
	uint64_t id;
	int fd, peer, wire;

	if (open_agent(&agent))
		return;
	fd = tls_socket();
	options(fd);
	check("connect", connect(fd, &tcp_addr.sa, sizeof(tcp_addr.in)));
	/* Where TCP's SYN found no memory it would be sent again. */
	zs_poll(tcp_listener, POLLIN, 20);
	peer = check("accept", accept4(tcp_listener, NULL, NULL, SOCK_NONBLOCK));
	wire = await_handshake(&agent, &id);
	check("wire", send(wire, "hello", 5, MSG_NOSIGNAL));
	check("wire", recv(wire, buf, sizeof(buf), 0));
	check("peer", recv(peer, buf, sizeof(buf), 0));
	check("keys", agent_ktls(wire, 0x0304));
	check("keys", agent_ktls(peer, 0x0304));
	errno = agent_done(&agent, agent.id, 0);
	check("done", errno ? -1 : 0);
	check("ticket", agent_send_record(peer, HANDSHAKE, "\4\0\0\1t", 5));
	check("data", send(peer, "data", 4, MSG_NOSIGNAL));
	check("close", agent_send_record(peer, ALERT, "\1\0", 2));
	talk(fd);
	close(fd);
}

static void as_server(void)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);
	int listener, client, wire, fd;
	struct agent agent;
	uint64_t id;

	if (open_agent(&agent))
		return;
	listener = tls_socket();
	options(listener);
	check("bind", bind(listener, &addr.sa, len));
	check("listen", listen(listener, 10));
	if (check("getsockname", getsockname(listener, &addr.sa, &len)))
		return;
	client = tcp_socket();
	check("connect", connect(client, &addr.sa, sizeof(addr.in)));
	wire = await_handshake(&agent, &id);
	check("keys", agent_ktls(wire, 0x0304));
	check("keys", agent_ktls(client, 0x0304));
	errno = agent_done(&agent, agent.id, 0);
	check("done", errno ? -1 : 0);
	fd = check("accept", accept4(listener, NULL, NULL, SOCK_NONBLOCK));
	check("data", send(client, "data", 4, MSG_NOSIGNAL));
	talk(fd);
	close(listener);
}

/* The program is asked about a certificate. */
static void with_verdict(void)
{
	struct zsock_verify_request request = { .result = 1 };
	struct zsock_verify_reply reply = { .accept = 1 };
	struct agent agent;
	int fd, program;
	uint64_t id = 0;

	if (open_agent(&agent))
		return;
	fd = tls_socket();
	program = check("callback", zs_getint(fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK));
	zs_nonblock(program, true);
	check("connect", connect(fd, &tcp_addr.sa, sizeof(tcp_addr.in)));
	await_handshake(&agent, &id);
	reply.id = id;
	check("ask", write(agent.verify_fd, &request, sizeof(request)));
	check("question", read(program, &request, sizeof(request)));
	check("reply", write(program, &reply, sizeof(reply)));
	check("answer", read(agent.verify_fd, &reply, sizeof(reply)));
	close(program);
	check("abandon", shutdown(fd, SHUT_RDWR));
	/* And once more, of which the agent's death is the end. */
	check("connect", connect(fd, &tcp_addr.sa, sizeof(tcp_addr.in)));
	await_handshake(&agent, &id);
	agent_close(&agent);
}

/* ---- walking through them ---- */

FIXTURE(failslab) { long refs; int spare; };

FIXTURE_SETUP(failslab)
{
	socklen_t len = zs_loopback(&tcp_addr, AF_INET, 0);

	ASSERT_EQ(0, zs_new_netns());
	self->refs = race_module_refs();
	tcp_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ASSERT_EQ(0, bind(tcp_listener, &tcp_addr.sa, len));
	ASSERT_EQ(0, listen(tcp_listener, 1000));
	ASSERT_EQ(0, getsockname(tcp_listener, &tcp_addr.sa, &len));
	if (!faults_ready())
		SKIP(return, "the kernel injects no faults");
	faults_at(0);
	/* From this one on, all are a sequence's. */
	self->spare = dup(0);
	ASSERT_LE(0, self->spare);
}

FIXTURE_TEARDOWN(failslab)
{
	EXPECT_TRUE(race_all_gone());
	for (int i = 0; i < 600 && race_module_refs() != self->refs; i++)
		zs_sleep_ms(50);
	EXPECT_EQ(self->refs, race_module_refs());
}

static void clean(int from)
{
	close_range(from, ~0U, 0);
	while (accept4(tcp_listener, NULL, NULL, SOCK_NONBLOCK) >= 0)
		;
	close_range(from, ~0U, 0);
}

static void walk(struct __test_metadata *_metadata, int from, void (*sequence)(void))
{
	int nth, left = 0;

	/* Neither the peer's nor the test's own: they are none of the module's business. */
	ASSERT_EQ(0, faults_within("zsock", 24));
	/* Once without: caches are filled, modules loaded. */
	sequence();
	clean(from);
	ASSERT_EQ(0, strange);
	/* Every second one; the others when the clock says so. */
	for (nth = 1 + time(NULL) % 2; nth < 3000 && !left; nth += 2) {
		faults_at(nth);
		sequence();
		left = faults_left();
		faults_at(0);
		EXPECT_EQ(0, strange) {
			TH_LOG("failure %d: %s: %s", nth, where, strerror(strange));
		}
		strange = 0;
		clean(from);
	}
	faults_within("zsock", 0);
	TH_LOG("up to %d", nth);
	EXPECT_GT(left, 0);
	EXPECT_GT(nth, 20);
}

TEST_F_TIMEOUT(failslab, client, 150)
{
	walk(_metadata, self->spare, as_client);
}

TEST_F_TIMEOUT(failslab, server, 150)
{
	walk(_metadata, self->spare, as_server);
}

TEST_F_TIMEOUT(failslab, verdict, 150)
{
	walk(_metadata, self->spare, with_verdict);
}

/* ---- the module's own threads ---- */

static union zs_addr served;
static int listener;
static atomic_bool over;
static atomic_uint answered, turned_away, forgotten;

static void *server_main(void *arg)
{
	while (!over) {
		int fd;

		if (!zs_poll(listener, POLLIN, 20))
			continue;
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
		if (fd < 0)
			continue;
		send(fd, "answer", 6, MSG_NOSIGNAL);
		close(fd);
	}
	return arg;
}

/* Answered or turned away, but never left alone. */
static void one_client(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char c;

	(void)arg;
	if (connect(fd, &served.sa, sizeof(served.in)))
		turned_away++;
	else if (!(zs_poll(fd, POLLIN, LOST_MS) & POLLIN))
		forgotten++;
	else if (recv(fd, &c, 1, MSG_DONTWAIT) == 1)
		answered++;
	else
		turned_away++;
	close(fd);
}

/* Kernel threads come and go; the unbound ones do the module's work. */
static void mark_workers(void *arg)
{
	(void)arg;
	faults_mark("kworker/u", true);
	zs_sleep_ms(50);
}

TEST_F_TIMEOUT(failslab, workers, 100)
{
	void (*const fn[])(void *) = { one_client, one_client, one_client, mark_workers };
	socklen_t len = zs_loopback(&served, AF_INET, 0);
	struct agent agent = { .alert = -1 };
	unsigned int before;
	pthread_t server;

	ASSERT_EQ(0, agent_start(&agent));
	listener = tls_socket();
	ASSERT_EQ(0, bind(listener, &served.sa, len));
	ASSERT_EQ(0, listen(listener, 20));
	ASSERT_EQ(0, getsockname(listener, &served.sa, &len));
	ASSERT_EQ(0, pthread_create(&server, NULL, server_main, NULL));
	one_client(NULL);
	EXPECT_EQ(1, answered);
	EXPECT_LT(0, faults_mark("kworker/u", true));
	/* Not TCP's: it forgets its FIN where it finds no memory. */
	ASSERT_EQ(0, faults_within("zsock", 8));
	ASSERT_EQ(0, faults_often(20));
	EXPECT_GT(race_storm(fn, 4, NULL, 6000), 20);
	ASSERT_EQ(0, faults_often(0));
	faults_within("zsock", 0);
	faults_mark("kworker/u", false);
	TH_LOG("%u answered, %u turned away", answered, turned_away);
	EXPECT_EQ(0, forgotten);
	EXPECT_LT(5, answered);
	EXPECT_LT(0, turned_away);
	/* And all works as before. */
	before = answered;
	for (int i = 0; i < 10; i++)
		one_client(NULL);
	EXPECT_EQ(before + 10, answered);
	over = true;
	pthread_join(server, NULL);
	agent_stop(&agent);
	close(listener);
}

TEST_HARNESS_MAIN
