// SPDX-License-Identifier: GPL-2.0
/*
 * Connecting secure sockets: connect(), accept(), poll() and their kin before,
 * during and after the handshake; handshakes that fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <linux/sockios.h>

#include "kselftest_harness.h"
#include "tls.h"

/* TLS alerts. */
#define HANDSHAKE_FAILURE	40
#define BAD_CERTIFICATE		42
#define UNKNOWN_CA		48
#define PROTOCOL_VERSION	70
#define CERTIFICATE_REQUIRED	116
#define NO_APPLICATION_PROTOCOL	120

FIXTURE(tls) {
	union zs_addr addr;
	socklen_t len;
	int l;
};
FIXTURE_VARIANT(tls) {
	int domain, family, cipher, version;
};
FIXTURE_VARIANT_ADD(tls, v13) {
	.domain = AF_INET, .family = AF_INET,
	.cipher = TLS13_AES_128_GCM, .version = 0x0304,
};
FIXTURE_VARIANT_ADD(tls, v12) {
	.domain = 0, .family = AF_INET6,
	.cipher = TLS12_AES_128_GCM, .version = 0x0303,
};

FIXTURE_SETUP(tls)
{
	zs_auto_family = variant->family;
	self->l = tls_listener(variant->domain, variant->family, &self->addr);
	ASSERT_GE(self->l, 0);
	self->len = zs_len(variant->family);
}

FIXTURE_TEARDOWN(tls)
{
	tls_agent_resume();
	close(self->l);
}

/* A client that is ready to connect to the fixture's listener. */
#define client() tls_client(variant->domain, variant->cipher)

static int tls_client(int domain, int cipher)
{
	int fd = tls_socket(domain, IPPROTO_TLS_1_2);

	if (fd >= 0 && (tls_setup_client(fd) ||
			(zs_is_zsock() && tls_set_ciphers(fd, &cipher, 1))))
		return tls_close_keep_errno(fd);
	return fd;
}

static int do_connect(int fd, const union zs_addr *addr)
{
	return connect(fd, &addr->sa, zs_len(addr->sa.sa_family)) ? errno : 0;
}

/* connect() that does not wait; the agent does not work on it yet. */
static int begin_connect(int fd, const union zs_addr *addr)
{
	tls_agent_pause();
	if (zs_nonblock(fd, true))
		return -1;
	return do_connect(fd, addr);
}

static int alert_of(int fd)
{
	struct zsock_handshake_error err;

	return tls_handshake_error(fd, &err) ? -2 : err.alert;
}

static bool alert_was_received(int fd)
{
	struct zsock_handshake_error err;

	return !tls_handshake_error(fd, &err) &&
	       err.flags & ZSOCK_HANDSHAKE_ERROR_F_RECEIVED;
}

/* ---- that works ---- */

TEST_F(tls, connect_and_accept)
{
	struct zsock_handshake_error err;
	struct zsock_info info;
	int fd[2], i;

	fd[0] = client();
	ASSERT_EQ(0, do_connect(fd[0], &self->addr));
	fd[1] = accept(self->l, NULL, NULL);
	ASSERT_GE(fd[1], 0);
	EXPECT_TRUE(tls_can_talk(fd[0], fd[1]));
	if (!zs_is_zsock())
		return;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, zs_get_info(fd[i], &info));
		EXPECT_EQ(variant->version, info.tls_version);
		EXPECT_EQ(variant->cipher, info.tls_cipher);
		EXPECT_EQ(ZSOCK_INFO_F_TLS_TX | ZSOCK_INFO_F_TLS_RX, info.flags &
			  (ZSOCK_INFO_F_TLS_TX | ZSOCK_INFO_F_TLS_RX));
		EXPECT_EQ(variant->cipher, zs_getint(fd[i], SOL_TLS, TLS_CIPHERSUITE_USED));
		ASSERT_EQ(0, tls_handshake_error(fd[i], &err));
		EXPECT_EQ(0, err.error);
		EXPECT_EQ(-1, err.alert);
	}
	EXPECT_EQ(0, zs_getint(fd[0], SOL_TLS, TLS_CERT_VERIFY_RESULT));
}

TEST_F(tls, names)
{
	union zs_addr a, b, peer;
	socklen_t len;
	int c, s;

	c = client();
	ASSERT_EQ(0, do_connect(c, &self->addr));
	len = sizeof(peer);
	s = accept4(self->l, &peer.sa, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ASSERT_GE(s, 0);
	EXPECT_EQ(self->len, len);
	EXPECT_EQ(FD_CLOEXEC, fcntl(s, F_GETFD));
	EXPECT_TRUE(fcntl(s, F_GETFL) & O_NONBLOCK);
	len = sizeof(a);
	ASSERT_EQ(0, getsockname(c, &a.sa, &len));
	EXPECT_TRUE(zs_same(&a, &peer));
	len = sizeof(a);
	ASSERT_EQ(0, getpeername(c, &a.sa, &len));
	EXPECT_TRUE(zs_same(&a, &self->addr));
	len = sizeof(a);
	ASSERT_EQ(0, getsockname(s, &a.sa, &len));
	EXPECT_TRUE(zs_same(&a, &self->addr));
	len = sizeof(b);
	ASSERT_EQ(0, getpeername(s, &b.sa, &len));
	EXPECT_TRUE(zs_same(&b, &peer));
}

TEST_F(tls, accepted_has_the_listeners_options)
{
	int tags[4], c, s;
	char alpn[16];
	socklen_t len;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, setsockopt(self->l, SOL_TLS, TLS_ALPN_LIST, "x\0y", 4));
	ASSERT_EQ(0, zs_setint(self->l, SOL_TCP, TCP_NODELAY, 1));
	c = client();
	ASSERT_EQ(0, do_connect(c, &self->addr));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	len = sizeof(tags);
	ASSERT_EQ(0, getsockopt(s, SOL_TLS, TLS_SEC_TAG_LIST, tags, &len));
	EXPECT_EQ(sizeof(int), len);
	EXPECT_EQ(TLS_TAG_SERVER, tags[0]);
	len = sizeof(alpn);
	ASSERT_EQ(0, getsockopt(s, SOL_TLS, TLS_ALPN_LIST, alpn, &len));
	EXPECT_EQ(4, len);
	EXPECT_EQ(1, zs_getint(s, SOL_TCP, TCP_NODELAY));
	/* And none that is changed later. */
	ASSERT_EQ(0, tls_set_tag(self->l, 77));
	len = sizeof(tags);
	ASSERT_EQ(0, getsockopt(s, SOL_TLS, TLS_SEC_TAG_LIST, tags, &len));
	EXPECT_EQ(TLS_TAG_SERVER, tags[0]);
}

TEST_F(tls, no_ulp_after_it)
{
	int c = client();

	ASSERT_EQ(0, do_connect(c, &self->addr));
	EXPECT_EQ(0, zs_setint(c, SOL_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(1, zs_getint(c, SOL_TCP, TCP_NODELAY));
	ZS_SKIP_UNLESS_ZSOCK();
	EXPECT_EQ(-1, setsockopt(c, SOL_TCP, TCP_ULP, "tls", 4));
	EXPECT_EQ(ENOENT, errno);
}

/* ---- connect() that does not wait ---- */

TEST_F(tls, nonblocking)
{
	int c = client(), s, err;
	char byte;

	err = begin_connect(c, &self->addr);
	if (zs_is_zsock()) {
		EXPECT_EQ(EINPROGRESS, err);
		zs_sleep_ms(50);
		/* Under way: ready for nothing, and not failed either. */
		EXPECT_EQ(0, zs_poll(c, POLLIN | POLLOUT | POLLRDHUP, 0));
		EXPECT_EQ(EALREADY, do_connect(c, &self->addr));
		EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
		EXPECT_EQ(-1, send(c, "x", 1, 0));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(-1, recv(c, &byte, 1, 0));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(0, zs_poll(self->l, POLLIN, 0));
	}
	tls_agent_resume();
	EXPECT_EQ(POLLOUT, zs_poll(c, POLLOUT, 20000));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, do_connect(c, &self->addr));
	EXPECT_EQ(EISCONN, do_connect(c, &self->addr));
	EXPECT_EQ(POLLIN, zs_poll(self->l, POLLIN, 10000));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	ASSERT_EQ(0, zs_nonblock(c, false));
	EXPECT_TRUE(tls_can_talk(c, s));
}

/* One that was asked for twice is waited for by a connect() that waits. */
TEST_F(tls, nonblocking_then_blocking)
{
	int c = client();

	begin_connect(c, &self->addr);
	ASSERT_EQ(0, zs_nonblock(c, false));
	tls_agent_resume();
	EXPECT_EQ(0, do_connect(c, &self->addr));
	EXPECT_EQ(EISCONN, do_connect(c, &self->addr));
}

TEST_F(tls, connect_within_sndtimeo)
{
	struct timeval tv = { 0, 200000 };
	int c = client();

	ZS_SKIP_UNLESS_ZSOCK();
	tls_agent_pause();
	ASSERT_EQ(0, setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	EXPECT_EQ(EINPROGRESS, do_connect(c, &self->addr));
	tls_agent_resume();
	EXPECT_EQ(POLLOUT, zs_poll(c, POLLOUT, 20000));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
}

TEST_F(tls, epoll_from_before)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int ep = epoll_create1(0), c = client(), s;

	/* Before it is dispatched; a fresh TCP socket says HUP, too. */
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, c, &ev));
	epoll_wait(ep, &ev, 1, 0);
	begin_connect(c, &self->addr);
	if (zs_is_zsock()) {
		while (epoll_wait(ep, &ev, 1, 50) == 1)
			EXPECT_EQ(0, ev.events & (EPOLLIN | EPOLLOUT | EPOLLERR));
	}
	tls_agent_resume();
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 10000));
	EXPECT_EQ(EPOLLOUT, ev.events & (EPOLLOUT | EPOLLERR | EPOLLHUP));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	/* That there is data is an edge. */
	while (epoll_wait(ep, &ev, 1, 50) == 1)
		EXPECT_EQ(0, ev.events & EPOLLIN);
	ASSERT_EQ(1, send(s, "x", 1, 0));
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 10000));
	EXPECT_TRUE(ev.events & EPOLLIN);
}

TEST_F(tls, epoll_of_a_listener)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0), c[2], i;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->l, &ev));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	for (i = 0; i < 2; i++) {
		c[i] = client();
		ASSERT_EQ(0, do_connect(c[i], &self->addr));
		/* Each that is done is an edge. */
		ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 10000));
		EXPECT_EQ(EPOLLIN, ev.events);
	}
	ASSERT_EQ(0, zs_nonblock(self->l, true));
	EXPECT_GE(accept(self->l, NULL, NULL), 0);
	EXPECT_EQ(POLLIN, zs_poll(self->l, POLLIN, 20000));
	EXPECT_GE(accept(self->l, NULL, NULL), 0);
	EXPECT_EQ(0, zs_poll(self->l, POLLIN, 0));
	EXPECT_EQ(-1, accept(self->l, NULL, NULL));
	EXPECT_EQ(EAGAIN, errno);
}

/* ---- I/O before the handshake is done ---- */

static void *recv_one(void *arg)
{
	char byte = 0;

	return (void *)(recv(*(int *)arg, &byte, 1, 0) == 1 ? (long)byte : -(long)errno);
}

TEST_F(tls, recv_waits_for_the_handshake)
{
	pthread_t thread;
	void *got;
	int c = client(), s;

	ASSERT_EQ(EINPROGRESS, begin_connect(c, &self->addr));
	ASSERT_EQ(0, zs_nonblock(c, false));
	ASSERT_EQ(0, pthread_create(&thread, NULL, recv_one, &c));
	zs_sleep_ms(50);
	tls_agent_resume();
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	ASSERT_EQ(1, send(s, "!", 1, 0));
	ASSERT_EQ(0, pthread_join(thread, &got));
	EXPECT_EQ('!', (long)got);
}

TEST_F(tls, send_waits_for_the_handshake)
{
	int c = client(), s, pid;
	char buf[8];

	ASSERT_EQ(EINPROGRESS, begin_connect(c, &self->addr));
	ASSERT_EQ(0, zs_nonblock(c, false));
	pid = fork();
	if (!pid) {
		zs_sleep_ms(50);
		tls_agent_resume();
		_exit(0);
	}
	EXPECT_EQ(5, send(c, "early", 5, 0));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(5, recv(s, buf, 5, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "early", 5));
	EXPECT_EQ(0, zs_wait(pid));
}

TEST_F(tls, io_under_way)
{
	struct timeval tv = { 0, 100000 };
	int c = client(), n = -1, pipefd[2];
	long long began;
	char byte;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, pipe(pipefd));
	ASSERT_EQ(EINPROGRESS, begin_connect(c, &self->addr));
	ASSERT_EQ(0, zs_nonblock(c, false));
	ASSERT_EQ(0, setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	began = zs_now_ms();
	EXPECT_EQ(-1, recv(c, &byte, 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_GE(zs_now_ms() - began, 70);
	EXPECT_EQ(-1, recv(c, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, recv(c, &byte, 1, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, send(c, "x", 1, MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, splice(c, NULL, pipefd[1], NULL, 1, SPLICE_F_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, ioctl(c, SIOCINQ, &n));
	EXPECT_EQ(0, n);
	EXPECT_EQ(-1, zs_getint(c, SOL_TLS, TLS_CIPHERSUITE_USED));
	EXPECT_EQ(ENOTCONN, errno);
}

TEST_F(tls, io_without_a_connection)
{
	int c = client();
	char byte;

	EXPECT_EQ(-1, recv(c, &byte, 1, 0));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(-1, send(c, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(-1, recv(self->l, &byte, 1, 0));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(-1, accept(c, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shutdown(c, SHUT_WR));
	EXPECT_EQ(ENOTCONN, errno);
}

/* ---- listeners ---- */

/* A plain TCP connection to the listener: no handshake comes of it. */
static int tcp_to(const union zs_addr *addr)
{
	int fd = socket(addr->sa.sa_family, SOCK_STREAM, 0);

	return fd >= 0 && do_connect(fd, addr) ? tls_close_keep_errno(fd) : fd;
}

TEST_F(tls, only_finished_ones)
{
	int stalled[5], garbage, c, s, i;

	ZS_SKIP_UNLESS_ZSOCK();
	for (i = 0; i < 5; i++)
		ASSERT_GE(stalled[i] = tcp_to(&self->addr), 0);
	ASSERT_GE(garbage = tcp_to(&self->addr), 0);
	EXPECT_EQ(9, send(garbage, "garbage\r\n", 9, 0));
	EXPECT_EQ(0, zs_poll(self->l, POLLIN, 200));
	ASSERT_EQ(0, zs_nonblock(self->l, true));
	EXPECT_EQ(-1, accept(self->l, NULL, NULL));
	EXPECT_EQ(EAGAIN, errno);
	/* They are in nobody's way. */
	c = client();
	ASSERT_EQ(0, do_connect(c, &self->addr));
	EXPECT_EQ(POLLIN, zs_poll(self->l, POLLIN, 20000));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	ASSERT_EQ(0, zs_nonblock(self->l, false));
	EXPECT_TRUE(tls_can_talk(c, s));
	EXPECT_EQ(0, zs_poll(self->l, POLLIN, 0));
	/* And are told, those who say nothing, when the listener goes. */
	close(self->l);
	for (i = 0; i < 5; i++)
		EXPECT_NE(0, zs_poll(stalled[i], POLLIN, 20000));
	EXPECT_TRUE(tls_can_talk(c, s));
}

TEST_F(tls, small_backlog)
{
	int c[6], i, s;

	ASSERT_EQ(0, listen(self->l, 2));
	for (i = 0; i < 6; i++) {
		c[i] = client();
		ASSERT_EQ(0, zs_nonblock(c[i], true));
		ASSERT_EQ(EINPROGRESS, do_connect(c[i], &self->addr));
	}
	/* Whoever found no place comes again, as TCP does. */
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(POLLIN, zs_poll(self->l, POLLIN, 60000));
		s = accept(self->l, NULL, NULL);
		EXPECT_GE(s, 0);
		EXPECT_EQ(2, send(s, "ok", 2, 0));
	}
	for (i = 0; i < 6; i++)
		EXPECT_EQ(POLLIN, zs_poll(c[i], POLLIN, 20000));
}

/* No descriptor for it: it waits, and is not lost. */
TEST_F(tls, accept_without_descriptors)
{
	struct rlimit limit, none;
	int c = client(), s;

	ASSERT_EQ(0, do_connect(c, &self->addr));
	ASSERT_EQ(POLLIN, zs_poll(self->l, POLLIN, 20000));
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = 0;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	s = accept(self->l, NULL, NULL);
	EXPECT_EQ(-1, s);
	EXPECT_EQ(EMFILE, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_TRUE(tls_can_talk(c, s));
}

TEST_F(tls, closing_a_listener)
{
	int done = client(), c = client();
	char byte;

	ASSERT_EQ(0, do_connect(done, &self->addr));
	ASSERT_EQ(POLLIN, zs_poll(self->l, POLLIN, 20000));
	ASSERT_EQ(EINPROGRESS, begin_connect(c, &self->addr));
	zs_sleep_ms(50);
	ASSERT_EQ(0, close(self->l));
	/* Nobody took it, nobody will. */
	EXPECT_NE(0, zs_poll(done, POLLIN, 20000));
	EXPECT_LE(recv(done, &byte, 1, MSG_DONTWAIT), 0);
	tls_agent_resume();
	EXPECT_NE(0, zs_poll(c, POLLOUT, 20000));
	if (zs_is_zsock()) {
		EXPECT_EQ(ECONNRESET, zs_getint(c, SOL_SOCKET, SO_ERROR));
	}
}

TEST_F(tls, shutdown_of_a_listener)
{
	int c = client();

	ASSERT_EQ(EINPROGRESS, begin_connect(c, &self->addr));
	ASSERT_EQ(0, shutdown(self->l, SHUT_RD));
	tls_agent_resume();
	EXPECT_NE(0, zs_poll(c, POLLOUT, 20000));
	EXPECT_EQ(-1, accept(self->l, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
	/* It can be one again, at another port where none was asked for. */
	ASSERT_EQ(0, listen(self->l, 5));
	ASSERT_EQ(0, getsockname(self->l, &self->addr.sa, &self->len));
	c = client();
	ASSERT_EQ(0, do_connect(c, &self->addr));
	EXPECT_GE(accept(self->l, NULL, NULL), 0);
}

static void *accept_one(void *arg)
{
	int fd = accept(*(int *)arg, NULL, NULL);

	return (void *)(fd < 0 ? -(long)errno : (long)fd);
}

TEST_F(tls, two_wait_in_accept)
{
	pthread_t thread[2];
	void *got[2];
	int c[2], i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, accept_one, &self->l));
	for (i = 0; i < 2; i++) {
		c[i] = client();
		EXPECT_EQ(0, do_connect(c[i], &self->addr));
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], &got[i]));
		EXPECT_GE((long)got[i], 0);
	}
	EXPECT_NE(got[0], got[1]);
}

TEST_F(tls, accept_ends_by_shutdown)
{
	pthread_t thread;
	void *got;

	ASSERT_EQ(0, pthread_create(&thread, NULL, accept_one, &self->l));
	zs_sleep_ms(50);
	ASSERT_EQ(0, shutdown(self->l, SHUT_RDWR));
	ASSERT_EQ(0, pthread_join(thread, &got));
	EXPECT_EQ(-EINVAL, (long)got);
}

/* ---- giving up ---- */

TEST_F(tls, close_under_way)
{
	int c = client();

	ASSERT_EQ(EINPROGRESS, begin_connect(c, &self->addr));
	zs_sleep_ms(20);
	EXPECT_EQ(0, close(c));
	tls_agent_resume();
	if (zs_is_zsock()) {
		EXPECT_EQ(0, zs_poll(self->l, POLLIN, 200));
	}
	c = client();
	EXPECT_EQ(0, do_connect(c, &self->addr));
}

static atomic_int connecting;

static void *connect_blocking(void *arg)
{
	void **args = arg;

	connecting = gettid();
	return (void *)(long)do_connect(*(int *)args[0], args[1]);
}

TEST_F(tls, shutdown_under_way)
{
	int c = client();
	void *args[] = { &c, &self->addr }, *got;
	pthread_t thread;

	ZS_SKIP_UNLESS_ZSOCK();
	tls_agent_pause();
	connecting = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, connect_blocking, args));
	while (!connecting)
		zs_sleep_ms(5);
	ASSERT_TRUE(zs_asleep(connecting));
	zs_sleep_ms(100);
	EXPECT_EQ(0, shutdown(c, SHUT_RDWR));
	ASSERT_EQ(0, pthread_join(thread, &got));
	EXPECT_EQ(ECONNABORTED, (long)got);
}

static void nothing(int sig __attribute__((unused))) { }

TEST_F(tls, a_signal_under_way)
{
	struct sigaction sa = { .sa_handler = nothing };
	int c = client();

	ZS_SKIP_UNLESS_ZSOCK();
	sigaction(SIGALRM, &sa, NULL);
	tls_agent_pause();
	/* More than one: the first may come before connect() is there. */
	ualarm(100000, 100000);
	EXPECT_EQ(EINTR, do_connect(c, &self->addr));
	ualarm(0, 0);
	/* As with TCP: it goes on. */
	EXPECT_EQ(0, zs_poll(c, POLLOUT, 0));
	tls_agent_resume();
	EXPECT_EQ(POLLOUT, zs_poll(c, POLLOUT, 20000));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
}

/* ---- handshakes that fail ---- */

TEST_F(tls, closed_port)
{
	union zs_addr none;
	int c = client();

	zs_closed_port(variant->family, SOCK_STREAM, &none);
	EXPECT_EQ(ECONNREFUSED, do_connect(c, &none));
	/* Another try, without waiting. */
	ASSERT_EQ(0, zs_nonblock(c, true));
	EXPECT_EQ(EINPROGRESS, do_connect(c, &none));
	EXPECT_TRUE(zs_poll(c, POLLOUT, 20000) & POLLERR);
	EXPECT_EQ(ECONNREFUSED, zs_getint(c, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
	/* As with TCP, the first one after that says once more that it failed. */
	ASSERT_EQ(0, zs_nonblock(c, false));
	EXPECT_EQ(ECONNABORTED, do_connect(c, &self->addr));
	EXPECT_EQ(0, do_connect(c, &self->addr));
}

TEST_F(tls, authority_that_is_not_ours)
{
	struct zsock_handshake_error err;
	int c = client(), i;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, tls_set_tag(c, TLS_TAG_STRANGER));
	/* As often as one likes. */
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(ECONNABORTED, do_connect(c, &self->addr));
		ASSERT_EQ(0, tls_handshake_error(c, &err));
		EXPECT_EQ(ECONNABORTED, err.error);
		EXPECT_EQ(UNKNOWN_CA, err.alert);
		EXPECT_EQ(0, err.flags);
		EXPECT_EQ(ZSOCK_VERIFY_NOT_TRUSTED, err.verify);
		EXPECT_EQ(ZSOCK_VERIFY_NOT_TRUSTED,
			  zs_getint(c, SOL_TLS, TLS_CERT_VERIFY_RESULT));
	}
	EXPECT_EQ(0, zs_poll(self->l, POLLIN, 100));
	/* The same socket, and who is trusted. */
	ASSERT_EQ(0, tls_set_tag(c, TLS_TAG_CA));
	EXPECT_EQ(0, do_connect(c, &self->addr));
	ASSERT_EQ(0, tls_handshake_error(c, &err));
	EXPECT_EQ(0, err.error);
	EXPECT_EQ(0, err.verify);
}

TEST_F(tls, failure_of_a_nonblocking_one)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	int c = client(), ep = epoll_create1(0);
	char byte;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, tls_set_tag(c, TLS_TAG_STRANGER));
	ASSERT_EQ(0, zs_nonblock(c, true));
	ASSERT_EQ(EINPROGRESS, do_connect(c, &self->addr));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, c, &ev));
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 10000));
	EXPECT_TRUE(ev.events & EPOLLERR);
	EXPECT_TRUE(ev.events & EPOLLOUT);
	EXPECT_EQ(ECONNABORTED, zs_getint(c, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, zs_getint(c, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(-1, send(c, "secret", 6, MSG_NOSIGNAL));
	EXPECT_EQ(-1, recv(c, &byte, 1, 0));
	EXPECT_EQ(-1, zs_getint(c, SOL_TLS, TLS_CIPHERSUITE_USED));
}

TEST_F(tls, names_and_levels)
{
	static const struct {
		int tag, level;
		const char *name;
		bool null;
		int err;
		uint32_t verify;
	} cases[] = {
		{ TLS_TAG_CA, -1, "other.test", false, ECONNABORTED, ZSOCK_VERIFY_CN_MISMATCH },
		{ TLS_TAG_STRANGER, -1, "other.test", false, ECONNABORTED,
		  ZSOCK_VERIFY_CN_MISMATCH | ZSOCK_VERIFY_NOT_TRUSTED },
		/* Nobody said who is meant: anybody's certificate would do. */
		{ TLS_TAG_CA, -1, NULL, false, ECONNABORTED, ZSOCK_VERIFY_CN_MISMATCH },
		{ TLS_TAG_CA, -1, NULL, true, 0, 0 },
		{ TLS_TAG_CA, 2, "server.test", false, 0, 0 },
		{ TLS_TAG_CA, 2, "SERVER.TEST", false, 0, 0 },
		{ TLS_TAG_CA, 2, "server.test.", false, 0, 0 },
		{ TLS_TAG_CA, 2, "127.0.0.1", false, 0, 0 },
		{ TLS_TAG_CA, 2, "127.0.0.2", false, ECONNABORTED, ZSOCK_VERIFY_CN_MISMATCH },
		{ TLS_TAG_STRANGER, 1, "server.test", false, 0, ZSOCK_VERIFY_NOT_TRUSTED },
		{ TLS_TAG_CA, 1, "other.test", false, 0, ZSOCK_VERIFY_CN_MISMATCH },
		{ TLS_TAG_STRANGER, 0, "other.test", false, 0, ZSOCK_VERIFY_SKIPPED },
	};
	unsigned int i;
	int c;

	ZS_SKIP_UNLESS_ZSOCK();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		c = tls_socket(variant->domain, IPPROTO_TLS_1_2);
		ASSERT_EQ(0, tls_set_tag(c, cases[i].tag));
		ASSERT_EQ(0, tls_set_ciphers(c, &variant->cipher, 1));
		if (cases[i].name || cases[i].null)
			ASSERT_EQ(0, tls_set_hostname(c, cases[i].name));
		if (cases[i].level >= 0)
			ASSERT_EQ(0, zs_setint(c, SOL_TLS, TLS_PEER_VERIFY, cases[i].level));
		EXPECT_EQ(cases[i].err, do_connect(c, &self->addr)) {
			TH_LOG("case %u", i);
		}
		EXPECT_EQ(cases[i].verify, zs_getint(c, SOL_TLS, TLS_CERT_VERIFY_RESULT)) {
			TH_LOG("case %u", i);
		}
		close(c);
	}
}

/* The peer has a reason to refuse: which it tells by an alert. */
TEST_F(tls, refused_by_the_peer)
{
	int other = TLS12_CHACHA20, mine = TLS13_AES_256_GCM, c = client();

	ZS_SKIP_UNLESS_ZSOCK();
	if (variant->version == 0x0303) {
		other = TLS13_CHACHA20;
		mine = TLS12_AES_256_GCM;
	}
	ASSERT_EQ(0, tls_set_ciphers(c, &mine, 1));
	ASSERT_EQ(0, tls_set_ciphers(self->l, &other, 1));
	EXPECT_EQ(ECONNRESET, do_connect(c, &self->addr));
	EXPECT_TRUE(alert_was_received(c));
	EXPECT_TRUE(alert_of(c) == PROTOCOL_VERSION || alert_of(c) == HANDSHAKE_FAILURE) {
		TH_LOG("alert %d", alert_of(c));
	}
	EXPECT_EQ(0, zs_poll(self->l, POLLIN, 100));
}

TEST_F(tls, minimum_version)
{
	int c = tls_socket(variant->domain, IPPROTO_TLS_1_3);
	struct zsock_info info;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, tls_setup_client(c));
	ASSERT_EQ(0, tls_set_ciphers(self->l, &variant->cipher, 1));
	if (variant->version == 0x0303) {
		EXPECT_EQ(ECONNRESET, do_connect(c, &self->addr));
		return;
	}
	EXPECT_EQ(0, do_connect(c, &self->addr));
	ASSERT_EQ(0, zs_get_info(c, &info));
	EXPECT_EQ(0x0304, info.tls_version);
}

TEST_F(tls, alpn)
{
	int c = client(), s, i, fd[2];
	struct zsock_info info;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, setsockopt(self->l, SOL_TLS, TLS_ALPN_LIST, "b\0c\0d", 6));
	ASSERT_EQ(0, setsockopt(c, SOL_TLS, TLS_ALPN_LIST, "a\0d\0c", 6));
	ASSERT_EQ(0, do_connect(c, &self->addr));
	s = accept(self->l, NULL, NULL);
	fd[0] = c;
	fd[1] = s;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, zs_get_info(fd[i], &info));
		/* The server's order counts. */
		EXPECT_STREQ("c", info.alpn);
	}
	c = client();
	ASSERT_EQ(0, setsockopt(c, SOL_TLS, TLS_ALPN_LIST, "x", 2));
	EXPECT_EQ(ECONNRESET, do_connect(c, &self->addr));
	EXPECT_EQ(NO_APPLICATION_PROTOCOL, alert_of(c));
	EXPECT_TRUE(alert_was_received(c));
	/* Who offers none gets none. */
	c = client();
	ASSERT_EQ(0, do_connect(c, &self->addr));
	ASSERT_EQ(0, zs_get_info(c, &info));
	EXPECT_STREQ("", info.alpn);
}

TEST_F(tls, mutual)
{
	static const int own[] = { TLS_TAG_SERVER, TLS_TAG_CA };
	static const int mine[] = { TLS_TAG_CA, TLS_TAG_CLIENT };
	int c = client(), s;
	char byte;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, tls_set_tags(self->l, own, 2));
	ASSERT_EQ(0, zs_setint(self->l, SOL_TLS, TLS_PEER_VERIFY, TLS_PEER_VERIFY_REQUIRED));
	/* Without one. In TLS 1.3 the client is done before the server has seen it. */
	if (variant->version == 0x0303) {
		EXPECT_EQ(ECONNRESET, do_connect(c, &self->addr));
		EXPECT_EQ(HANDSHAKE_FAILURE, alert_of(c));
	} else {
		EXPECT_EQ(0, do_connect(c, &self->addr));
		EXPECT_EQ(-1, recv(c, &byte, 1, 0));
		EXPECT_EQ(ECONNRESET, errno);
		EXPECT_EQ(CERTIFICATE_REQUIRED, alert_of(c));
	}
	EXPECT_TRUE(alert_was_received(c));
	EXPECT_EQ(0, zs_poll(self->l, POLLIN, 100));
	c = client();
	ASSERT_EQ(0, tls_set_tags(c, mine, 2));
	ASSERT_EQ(0, do_connect(c, &self->addr));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(0, zs_getint(s, SOL_TLS, TLS_CERT_VERIFY_RESULT));
	EXPECT_TRUE(tls_can_talk(c, s));
	/* Where it need not have one, that can be seen. */
	ASSERT_EQ(0, zs_setint(self->l, SOL_TLS, TLS_PEER_VERIFY, TLS_PEER_VERIFY_OPTIONAL));
	c = client();
	ASSERT_EQ(0, do_connect(c, &self->addr));
	s = accept(self->l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_EQ(ZSOCK_VERIFY_MISSING, zs_getint(s, SOL_TLS, TLS_CERT_VERIFY_RESULT));
}

/* ---- credentials ---- */

TEST_F(tls, no_such_tag)
{
	int c = client();

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, tls_set_tag(c, 4711));
	EXPECT_EQ(ENOENT, do_connect(c, &self->addr));
	ASSERT_EQ(0, zs_nonblock(c, true));
	EXPECT_EQ(EINPROGRESS, do_connect(c, &self->addr));
	EXPECT_TRUE(zs_poll(c, POLLOUT, 20000) & POLLERR);
	EXPECT_EQ(ENOENT, zs_getint(c, SOL_SOCKET, SO_ERROR));
	ASSERT_EQ(0, zs_nonblock(c, false));
	ASSERT_EQ(0, tls_set_tag(c, TLS_TAG_CA));
	/* As in closed_port: once more that it failed. */
	EXPECT_NE(0, do_connect(c, &self->addr));
	EXPECT_EQ(0, do_connect(c, &self->addr));
}

TEST_F(tls, a_listener_without_credentials)
{
	int c = client();

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, tls_set_tag(self->l, 4711));
	EXPECT_EQ(ECONNRESET, do_connect(c, &self->addr));
	ASSERT_EQ(0, tls_set_tags(self->l, NULL, 0));
	EXPECT_EQ(ECONNRESET, do_connect(c, &self->addr));
	EXPECT_EQ(0, zs_poll(self->l, POLLIN, 100));
	ASSERT_EQ(0, tls_set_tag(self->l, TLS_TAG_SERVER));
	EXPECT_EQ(0, do_connect(c, &self->addr));
}

/* As another user: its socket, the administrator's tag. */
static int try_as(unsigned int uid, const union zs_addr *addr, int fd)
{
	int pid = fork();

	if (pid)
		return zs_wait(pid);
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(254);
	if (fd < 0)
		fd = tls_client(0, TLS13_AES_128_GCM);
	_exit(fd < 0 ? 253 : do_connect(fd, addr));
}

TEST_F(tls, a_tag_of_another)
{
	ZS_SKIP_UNLESS_ZSOCK();
	EXPECT_EQ(EACCES, try_as(1000, &self->addr, -1));
	/* Who opened the socket counts, not who calls connect(). */
	EXPECT_EQ(0, try_as(1000, &self->addr, client()));
	ASSERT_EQ(0, tls_cred_allow(TLS_TAG_CA, 1001));
	EXPECT_EQ(0, try_as(1001, &self->addr, -1));
	EXPECT_EQ(EACCES, try_as(1000, &self->addr, -1));
}

/* What is taken away stays with who has it. */
TEST_F(tls, credentials_that_go)
{
	int c = client(), s;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, tls_cred_file(100, ZSOCK_CRED_CA, "ca.crt"));
	ASSERT_EQ(0, tls_set_tag(c, 100));
	ASSERT_EQ(EINPROGRESS, begin_connect(c, &self->addr));
	zs_sleep_ms(50);
	ASSERT_EQ(0, tls_cred_del(100));
	tls_agent_resume();
	EXPECT_EQ(POLLOUT, zs_poll(c, POLLOUT, 20000));
	ASSERT_EQ(0, zs_nonblock(c, false));
	EXPECT_EQ(0, do_connect(c, &self->addr));
	s = accept(self->l, NULL, NULL);
	EXPECT_TRUE(tls_can_talk(c, s));
	c = client();
	ASSERT_EQ(0, tls_set_tag(c, 100));
	EXPECT_EQ(ENOENT, do_connect(c, &self->addr));
}

int main(int argc, char **argv)
{
	return tls_main(argc, argv, test_harness_run);
}
