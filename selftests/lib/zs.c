// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of the behaviour tests: sockets, addresses, waiting.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "zs.h"

int zs_family;
int zs_auto_family = AF_INET;

/* Before main: a test must not run over a family that is not there and call that a result. */
static void __attribute__((constructor)) zs_init(void)
{
	const char *env = getenv("ZSOCK_TEST_FAMILY");
	FILE *f;

	signal(SIGPIPE, SIG_IGN);
	if (env && !strcmp(env, "inet")) {
		zs_family = AF_INET;
		return;
	}
	if (env) {
		zs_family = atoi(env);
		return;
	}
	f = fopen("/sys/module/zsock/parameters/family", "re");
	if (!f || fscanf(f, "%d", &zs_family) != 1) {
		printf("Bail out! the zsock module is not loaded\n");
		exit(1);
	}
	fclose(f);
}

bool zs_is_zsock(void)
{
	return zs_family != AF_INET;
}

/* Whether sockets of that type are to be on another backend than the one first asked. */
static bool on_backend(int type)
{
	const char *types = getenv("ZSOCK_TEST_TYPES");

	type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	return strstr(types ? types : "stream",
		      type == SOCK_STREAM ? "stream" : type == SOCK_DGRAM ? "dgram" : "other");
}

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* Not AF_ZSOCK: what the backend would have inside. */
static int direct_socket(int domain, int type, int proto, const char *backend)
{
	if (!backend || !on_backend(type))
		return socket(domain, type, proto);
	if (!strcmp(backend, "mptcp"))
		return socket(domain, type, IPPROTO_MPTCP);
	if (!strcmp(backend, "smc"))
		return socket(AF_SMC, type, domain == AF_INET6);
	printf("Bail out! no family that could be opened directly is like %s\n", backend);
	exit(1);
}

int zs_model(int family, int type)
{
	const char *backend = getenv("ZSOCK_TEST_BACKEND");

	/* Those have no family of their own that could be opened here. */
	if (backend && strcmp(backend, "mptcp") && strcmp(backend, "smc"))
		backend = NULL;
	return direct_socket(family, type, 0, backend);
}

int zs_socket(int domain, int type, int proto)
{
	const char *backend = getenv("ZSOCK_TEST_BACKEND");
	int fd;

	if (!zs_is_zsock())
		return direct_socket(domain ? domain : zs_auto_family, type, proto, backend);
	fd = socket(zs_family, type, ZSOCK_PROTO(domain, proto));
	if (fd >= 0 && backend && on_backend(type) &&
	    setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, backend, strlen(backend))) {
		/* A test must not run on another backend and call that a result. */
		printf("Bail out! ZSOCK_BACKEND %s: %s\n", backend, strerror(errno));
		exit(1);
	}
	return fd;
}

socklen_t zs_len(int family)
{
	return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

socklen_t zs_any(union zs_addr *addr, int family, int port)
{
	memset(addr, 0, sizeof(*addr));
	addr->sa.sa_family = family;
	if (family == AF_INET)
		addr->in.sin_port = htons(port);
	else
		addr->in6.sin6_port = htons(port);
	return zs_len(family);
}

socklen_t zs_loopback(union zs_addr *addr, int family, int port)
{
	socklen_t len = zs_any(addr, family, port);

	if (family == AF_INET)
		addr->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		addr->in6.sin6_addr = in6addr_loopback;
	return len;
}

int zs_port(const union zs_addr *addr)
{
	return ntohs(addr->sa.sa_family == AF_INET ? addr->in.sin_port : addr->in6.sin6_port);
}

bool zs_same(const union zs_addr *a, const union zs_addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family || zs_port(a) != zs_port(b))
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return !memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr));
}

static int close_keep_errno(int fd)
{
	int err = errno;

	close(fd);
	errno = err;
	return -1;
}

static int bound(int domain, int family, int type, union zs_addr *addr)
{
	socklen_t len = zs_loopback(addr, family, 0);
	int fd = zs_socket(domain, type, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, &addr->sa, len) || getsockname(fd, &addr->sa, &len))
		return close_keep_errno(fd);
	return fd;
}

int zs_listener(int domain, int family, union zs_addr *addr)
{
	int fd = bound(domain, family, SOCK_STREAM, addr);

	if (fd >= 0 && listen(fd, 128))
		return close_keep_errno(fd);
	return fd;
}

int zs_udp_bound(int domain, int family, union zs_addr *addr)
{
	return bound(domain, family, SOCK_DGRAM, addr);
}

int zs_tcp_connect(int domain, const union zs_addr *to)
{
	int fd = zs_socket(domain, SOCK_STREAM, 0);

	if (fd >= 0 && connect(fd, &to->sa, zs_len(to->sa.sa_family)))
		return close_keep_errno(fd);
	return fd;
}

int zs_tcp_pair(int domain, int family, int fd[2])
{
	union zs_addr addr;
	int l = zs_listener(domain, family, &addr);

	if (l < 0)
		return -1;
	fd[0] = zs_tcp_connect(domain, &addr);
	if (fd[0] < 0)
		return close_keep_errno(l);
	fd[1] = accept(l, NULL, NULL);
	close_keep_errno(l);
	return fd[1] < 0 ? close_keep_errno(fd[0]) : 0;
}

int zs_udp_pair(int domain, int family, int fd[2])
{
	union zs_addr a, b;
	socklen_t len = zs_len(family);

	fd[0] = zs_udp_bound(domain, family, &a);
	if (fd[0] < 0)
		return -1;
	fd[1] = zs_udp_bound(domain, family, &b);
	if (fd[1] < 0)
		return close_keep_errno(fd[0]);
	if (!connect(fd[0], &b.sa, len) && !connect(fd[1], &a.sa, len))
		return 0;
	close_keep_errno(fd[0]);
	return close_keep_errno(fd[1]);
}

void zs_closed_port(int family, int type, union zs_addr *addr)
{
	/*
	 * Below those that the kernel gives: a socket that is bound by itself could have it
	 * otherwise, and talk to itself.
	 */
	static int port = 20000;
	int fd = socket(family, type, 0);

	while (bind(fd, &addr->sa, zs_loopback(addr, family, port))) {
		if (errno != EADDRINUSE) {
			perror("zs_closed_port");
			break;
		}
		port++;
	}
	close(fd);
}

int zs_getint(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) ? -1 : value;
}

int zs_setint(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

int zs_poll(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, ms);

	return n < 0 ? -errno : n ? p.revents : 0;
}

int zs_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

long long zs_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void zs_sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

bool zs_in_time(bool (*attempt)(void *arg), void *arg, int ms)
{
	int tries;

	for (tries = 0; tries < 20; tries++) {
		long long begun = zs_now_ms();

		if (attempt(arg))
			return true;
		if (zs_now_ms() - begun < ms)
			return false;
	}
	return false;
}

unsigned long zs_inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

int zs_get_info(int fd, struct zsock_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, info, &len);
}

bool zs_dispatched(int fd)
{
	struct zsock_info info;

	return !zs_get_info(fd, &info) && info.state == ZSOCK_STATE_DISPATCHED;
}
