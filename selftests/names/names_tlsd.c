// SPDX-License-Identifier: GPL-2.0
/*
 * Hosts' names with zsock-tlsd: what the system's own resolver makes of them, and secure
 * sockets, which expect the host that was named. /etc/hosts and its kin are the test's own.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "proxy.h"
#include "resolver.h"
#include "tls.h"

static const char hosts[] =
	"127.0.0.1 server.test other.test four.test\n"
	"::1 server.test\n"
	"2001:db8::1 dark.test\n"
	"127.0.0.1 dark.test\n";

#define SOON	15000	/* ms: where there is nothing to wait for, on a slow machine */

FIXTURE(tlsd) {
	union zs_addr addr, plain;
	int l, p;
	struct sockaddr_zs to;
	socklen_t len;
};

FIXTURE_SETUP(tlsd)
{
	self->l = tls_listener(AF_INET, AF_INET, &self->addr);
	ASSERT_GE(self->l, 0);
	self->p = zs_listener(AF_INET, AF_INET, &self->plain);
	ASSERT_GE(self->p, 0);
}

FIXTURE_TEARDOWN(tlsd)
{
	tls_agent_resume();
	close(self->l);
	close(self->p);
}

#define to_name(fd) (connect((fd), (struct sockaddr *)&self->to, self->len) ? errno : 0)
#define to_plain(name) (self->len = zs_name(&self->to, name, zs_port(&self->plain)))
#define to_secure(name) (self->len = zs_name(&self->to, name, zs_port(&self->addr)))

static int plain(void)
{
	return zs_socket(0, SOCK_STREAM, 0);
}

/* Trusts the root, and has no name yet. */
static int secure(void)
{
	int fd = tls_socket(0, IPPROTO_TLS_1_2);

	return fd >= 0 && tls_set_tag(fd, TLS_TAG_CA) ? tls_close_keep_errno(fd) : fd;
}

static uint32_t verified(int fd)
{
	uint32_t result = -1;
	socklen_t len = sizeof(result);

	getsockopt(fd, SOL_TLS, TLS_CERT_VERIFY_RESULT, &result, &len);
	return result;
}

static bool echoes(int fd, int listener)
{
	int peer = accept(listener, NULL, NULL);
	char c = 0;
	bool ok = peer >= 0 && send(peer, "x", 1, 0) == 1 && recv(fd, &c, 1, 0) == 1 && c == 'x';

	close(peer);
	return ok;
}

TEST_F(tlsd, plain_name)
{
	int fd = plain();

	to_plain("four.test");
	EXPECT_EQ(0, to_name(fd));
	EXPECT_TRUE(echoes(fd, self->p));
	close(fd);
}

/* Both families are there, nobody listens on IPv6. */
TEST_F(tlsd, other_family)
{
	int fd = plain();

	to_plain("server.test");
	EXPECT_EQ(0, to_name(fd));
	close(fd);
	fd = zs_socket(AF_INET6, SOCK_STREAM, 0);
	EXPECT_EQ(ECONNREFUSED, to_name(fd));
	close(fd);
}

#define DELAY	"/proc/sys/net/zsock/connect_delay"

/* IPv6 comes first by RFC 6724, and says nothing. One by one takes eight times as long. */
TEST_F(tlsd, black_hole)
{
	int fd = plain();
	long long begun;

	to_plain("dark.test");
	ASSERT_EQ(0, zs_write_file(DELAY, "1000"));
	begun = zs_now_ms();
	EXPECT_EQ(0, to_name(fd));
	begun = zs_now_ms() - begun;
	EXPECT_EQ(0, zs_write_file(DELAY, "250"));
	EXPECT_GE(begun, 750);
	EXPECT_LT(begun, 8000);
	EXPECT_TRUE(echoes(fd, self->p));
	close(fd);
}

/* The name server does not answer. Meanwhile others are served. */
TEST_F(tlsd, slow_server)
{
	int many[40], fd, i, tries;
	long long begun = 3000;

	/* Again where the machine stood still, of all times. */
	for (tries = 0; tries < 3 && begun >= 2500; tries++) {
		for (i = 0; i < 40; i++) {
			char name[32];

			many[i] = plain();
			zs_nonblock(many[i], true);
			snprintf(name, sizeof(name), "nobody%d.test", i);
			to_plain(name);
			ASSERT_EQ(EINPROGRESS, to_name(many[i]));
		}
		zs_sleep_ms(100);
		begun = zs_now_ms();
		fd = tls_connect(AF_INET, &self->addr, 0);
		begun = zs_now_ms() - begun;
		EXPECT_GE(fd, 0);
		close(fd);
		EXPECT_TRUE(zs_poll(many[0], POLLOUT, 9000) & POLLERR);
		EXPECT_EQ(EREMOTEIO, zs_getint(many[0], SOL_SOCKET, SO_ERROR));
		for (i = 0; i < 40; i++)
			close(many[i]);
	}
	EXPECT_LT(begun, 2500);
}

/* ---- secure ---- */

TEST_F(tlsd, name_is_expected)
{
	int fd = secure();

	to_secure("server.test");
	ASSERT_EQ(0, to_name(fd));
	EXPECT_EQ(0, verified(fd));
	EXPECT_TRUE(echoes(fd, self->l));
	EXPECT_EQ(EISCONN, to_name(fd));
	close(fd);
}

TEST_F(tlsd, another_name_is_not)
{
	int fd = secure();

	to_secure("other.test");
	EXPECT_EQ(ECONNABORTED, to_name(fd));
	EXPECT_EQ(ZSOCK_VERIFY_CN_MISMATCH, verified(fd));
	close(fd);
}

TEST_F(tlsd, option_wins)
{
	int fd = secure();

	ASSERT_EQ(0, tls_set_hostname(fd, TLS_NAME));
	to_secure("other.test");
	EXPECT_EQ(0, to_name(fd));
	EXPECT_TRUE(echoes(fd, self->l));
	close(fd);
	fd = secure();
	ASSERT_EQ(0, tls_set_hostname(fd, "elsewhere.test"));
	to_secure("server.test");
	EXPECT_EQ(ECONNABORTED, to_name(fd));
	close(fd);
	fd = secure();
	ASSERT_EQ(0, tls_set_hostname(fd, NULL));
	to_secure("other.test");
	EXPECT_EQ(0, to_name(fd));
	EXPECT_TRUE(echoes(fd, self->l));
	close(fd);
}

/* What a name was is forgotten when an address is given. */
TEST_F(tlsd, address_after_a_name)
{
	int fd = secure();

	self->len = zs_name(&self->to, "server.test", 1);
	EXPECT_EQ(ECONNREFUSED, to_name(fd));
	EXPECT_EQ(-1, connect(fd, &self->addr.sa, zs_len(AF_INET)));
	EXPECT_EQ(ECONNABORTED, errno);
	close(fd);
}

TEST_F(tlsd, secure_nonblocking)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	int fd = secure(), ep = epoll_create1(0);

	zs_nonblock(fd, true);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	/* An unconnected stream is hung up. */
	epoll_wait(ep, &ev, 1, 0);
	to_secure("server.test");
	tls_agent_pause();
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 300));
	EXPECT_EQ(-1, send(fd, "x", 1, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(EALREADY, to_name(fd));
	tls_agent_resume();
	do {
		ASSERT_EQ(1, epoll_wait(ep, &ev, 1, SOON));
	} while (!zs_poll(fd, POLLOUT, 0));
	EXPECT_EQ(EPOLLOUT, ev.events);
	EXPECT_EQ(0, to_name(fd));
	EXPECT_EQ(EISCONN, to_name(fd));
	zs_nonblock(fd, false);
	EXPECT_TRUE(echoes(fd, self->l));
	close(ep);
	close(fd);
}

/* The inner socket was there before. */
TEST_F(tlsd, secure_dispatched)
{
	int fd = secure();

	ASSERT_EQ(0, zs_setint(fd, SOL_TCP, TCP_NODELAY, 1));
	to_secure("server.test");
	ASSERT_EQ(0, to_name(fd));
	EXPECT_EQ(0, verified(fd));
	EXPECT_TRUE(echoes(fd, self->l));
	close(fd);
	fd = secure();
	ASSERT_EQ(0, zs_setint(fd, SOL_TCP, TCP_NODELAY, 1));
	to_secure("other.test");
	EXPECT_EQ(ECONNABORTED, to_name(fd));
	close(fd);
}

/* A handshake that failed leaves a socket for another name, or the same. */
TEST_F(tlsd, again_after_a_failure)
{
	int fd = secure();

	to_secure("other.test");
	EXPECT_EQ(ECONNABORTED, to_name(fd));
	EXPECT_EQ(ECONNABORTED, to_name(fd));
	to_secure("server.test");
	ASSERT_EQ(0, to_name(fd));
	EXPECT_EQ(0, verified(fd));
	EXPECT_TRUE(echoes(fd, self->l));
	EXPECT_EQ(EISCONN, to_name(fd));
	close(fd);
	/* What was not told is told first. */
	fd = secure();
	zs_nonblock(fd, true);
	to_secure("other.test");
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	EXPECT_TRUE(zs_poll(fd, POLLOUT, SOON) & POLLERR);
	to_secure("server.test");
	EXPECT_EQ(ECONNABORTED, to_name(fd));
	ASSERT_EQ(EINPROGRESS, to_name(fd));
	EXPECT_EQ(POLLOUT, zs_poll(fd, POLLOUT, SOON));
	EXPECT_EQ(0, to_name(fd));
	zs_nonblock(fd, false);
	EXPECT_TRUE(echoes(fd, self->l));
	close(fd);
}

/* ---- by way of a proxy, which is told the name that is expected ---- */

static int secure_by(const struct proxy *p)
{
	int fd = secure();

	return setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, &p->addr, sizeof(p->addr.in)) ?
	       tls_close_keep_errno(fd) : fd;
}

#define ASK_NAME(len) GET(3), PUT("\x05\x00"), GET(4 + 1 + (len) + 2),	\
	PUT("\x05\x00\x00\x01\x0a\x00\x00\x01\x04\x38"), RELAY

TEST_F(tlsd, proxied_name_is_expected)
{
	static const struct proxy_step server[] = { ASK_NAME(11) }, other[] = { ASK_NAME(10) };
	struct proxy p = { .to = self->addr };
	int i, fd;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, proxy_start(&p, AF_INET, i & 1 ? other : server));
		to_secure(i & 1 ? "other.test" : "server.test");
		fd = secure_by(&p);
		/* Another name that nobody means. */
		if (i & 2) {
			ASSERT_EQ(0, zs_setint(fd, SOL_TCP, TCP_NODELAY, 1));
			ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, "not.test", 8));
		}
		EXPECT_EQ(i & 1 ? ECONNABORTED : 0, to_name(fd));
		EXPECT_EQ(i & 1 ? ZSOCK_VERIFY_CN_MISMATCH : 0, verified(fd));
		close(fd);
		proxy_stop(&p);
	}
}

TEST_F(tlsd, proxied_host_option_is_expected)
{
	static const struct proxy_step server[] = { ASK_NAME(11) }, other[] = { ASK_NAME(10) };
	struct proxy p = { .to = self->addr };
	const char *name;
	int i, fd;

	to_secure("");
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, proxy_start(&p, AF_INET, i & 1 ? other : server));
		fd = secure_by(&p);
		if (i & 2)
			ASSERT_EQ(0, zs_setint(fd, SOL_TCP, TCP_NODELAY, 1));
		name = i & 1 ? "other.test" : "server.test";
		ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_HOST, name, strlen(name)));
		EXPECT_EQ(i & 1 ? ECONNABORTED : 0, to_name(fd));
		EXPECT_EQ(i & 1 ? ZSOCK_VERIFY_CN_MISMATCH : 0, verified(fd));
		close(fd);
		proxy_stop(&p);
	}
}

/* An address takes it back there, too. */
TEST_F(tlsd, proxied_address_after_a_name)
{
	static const struct proxy_step no[] = {
		GET(3), PUT("\x05\x00"), GET(4 + 1 + 11 + 2),
		PUT("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"), END,
	};
	static const struct proxy_step yes[] = {
		GET(3), PUT("\x05\x00"), GET(10),
		PUT("\x05\x00\x00\x01\x0a\x00\x00\x01\x04\x38"), RELAY,
	};
	struct proxy p = { .to = self->addr };
	int fd;

	ASSERT_EQ(0, proxy_start(&p, AF_INET, no));
	fd = secure_by(&p);
	to_secure("server.test");
	EXPECT_EQ(ECONNREFUSED, to_name(fd));
	proxy_stop(&p);
	ASSERT_EQ(0, proxy_start(&p, AF_INET, yes));
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_SOCKS5, &p.addr, sizeof(p.addr.in)));
	EXPECT_EQ(-1, connect(fd, &self->addr.sa, zs_len(AF_INET)));
	EXPECT_EQ(ECONNABORTED, errno);
	close(fd);
	proxy_stop(&p);
}

/* ---- the surroundings ---- */

static int instead_of(const char *path, const char *text)
{
	char mine[] = "/mnt/names-XXXXXX";
	int fd = mkstemp(mine);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchmod(fd, 0644) || close(fd) || mount(mine, path, NULL, MS_BIND, NULL))
		return -1;
	return unlink(mine);
}

static int own_files(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/mnt", "tmpfs", 0, NULL))
		return -1;
	return instead_of("/etc/hosts", hosts) ||
	       instead_of("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n") ||
	       instead_of("/etc/resolv.conf",
			  "nameserver 192.0.2.1\noptions timeout:3 attempts:1\n") ? -1 : 0;
}

/* In the tests' namespace, in which the agent is, too. */
static int run(int argc, char **argv)
{
	if (system("ip link add hole0 type dummy && ip link set hole0 up && "
		   "ip addr add 192.0.2.2/24 dev hole0 && "
		   "ip -6 addr add 2001:db8::2/64 dev hole0 nodad && "
		   "ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev hole0 && "
		   "ip -6 neigh add 2001:db8::1 lladdr 02:00:00:00:00:01 dev hole0")) {
		printf("Bail out! no dummy device\n");
		return 1;
	}
	return test_harness_run(argc, argv);
}

int main(int argc, char **argv)
{
	if (own_files()) {
		printf("Bail out! files of one's own: %s\n", strerror(errno));
		return 1;
	}
	return tls_main(argc, argv, run);
}
