/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of the behaviour tests. Every program linked with them runs over AF_ZSOCK, or,
 * with ZSOCK_TEST_FAMILY=inet in its environment, over AF_INET and AF_INET6: that is how
 * the expectations are shown to be those of the kernel's own sockets. With ZSOCK_TEST_BACKEND
 * set, zs_socket() chooses that backend for the types of ZSOCK_TEST_TYPES, which are "stream"
 * where it is not set; selftests/backends/run does that.
 */
#ifndef ZS_H
#define ZS_H

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <linux/zsock.h>

union zs_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage ss;
};

/* The address family under test, and whether that is AF_ZSOCK. */
extern int zs_family;
bool zs_is_zsock(void);

/*
 * What AF_INET's counterpart of a domain-0 socket is: there is none, so the fixtures say
 * which family their addresses have.
 */
extern int zs_auto_family;

/* A socket of the family under test; domain is AF_INET, AF_INET6 or 0. */
int zs_socket(int domain, int type, int proto);

/*
 * The kernel's own socket that one of zs_socket() should behave like: of AF_INET or AF_INET6,
 * or where there is such a thing the one that the backend under test has inside.
 */
int zs_model(int family, int type);

/* Addresses. All return the length to pass. */
socklen_t zs_loopback(union zs_addr *addr, int family, int port);
socklen_t zs_any(union zs_addr *addr, int family, int port);
socklen_t zs_len(int family);
int zs_port(const union zs_addr *addr);
bool zs_same(const union zs_addr *a, const union zs_addr *b);

/* Connected and bound sockets on the loopback address. -1 and errno when it fails. */
int zs_listener(int domain, int family, union zs_addr *bound);
int zs_tcp_connect(int domain, const union zs_addr *to);
int zs_tcp_pair(int domain, int family, int fd[2]);
int zs_udp_bound(int domain, int family, union zs_addr *bound);
int zs_udp_pair(int domain, int family, int fd[2]);
/* A port on the loopback address that nobody listens on, and that nobody gets by chance. */
void zs_closed_port(int family, int type, union zs_addr *addr);

/* An int option's value, or -1. */
int zs_getint(int fd, int level, int name);
int zs_setint(int fd, int level, int name, int value);

/* revents, 0 on timeout, -errno. */
int zs_poll(int fd, short events, int ms);
int zs_nonblock(int fd, bool on);
long long zs_now_ms(void);
void zs_sleep_ms(int ms);
/*
 * Whether @attempt succeeds, for what is true for so many ms only: one that fails and took longer,
 * since the machine stood still, is made again.
 */
bool zs_in_time(bool (*attempt)(void *arg), void *arg, int ms);

/* Give up root for good. The caller is a process of its own. */
int zs_drop_root(void);
/* A network namespace of one's own with lo up, and with the backend under test in it. */
int zs_new_netns(void);
int zs_write_file(const char *path, const char *text);
/*
 * What the kernel loads modules by: put away, so that none is looked for, and put back. For who
 * asks for many that do not exist, which takes its time. Once at a time; 0 or -1.
 */
int zs_no_modprobe(void);
int zs_modprobe_again(void);
/* First line of the file that has all the blank-separated words of want, or -1. */
int zs_file_has(const char *path, const char *want);
/* Lines in the file, or -1. */
int zs_count_lines(const char *path);
unsigned long zs_inode(int fd);

/* ZSOCK_INFO_*; 0 or -1. */
int zs_get_info(int fd, struct zsock_info *info);
bool zs_dispatched(int fd);

/* Wait for a child: its exit status, or 128 + the signal that killed it. */
int zs_wait(int pid);
/*
 * Wait until that process, or thread, sleeps in a call, as one does that has begun to wait.
 * False where it does not.
 */
bool zs_asleep(int pid);
/* Send a descriptor over a Unix socket; receive one. */
int zs_send_fd(int sock, int fd);
int zs_recv_fd(int sock);

/*
 * Most behaviour is the same whatever the domain and the family of addresses: one variant
 * each. The including file has kselftest_harness.h included.
 */
#define ZS_VARIANTS(fixture)							\
FIXTURE_VARIANT(fixture) {							\
	int domain;								\
	int family;								\
};										\
FIXTURE_VARIANT_ADD(fixture, ipv4) { .domain = AF_INET, .family = AF_INET };	\
FIXTURE_VARIANT_ADD(fixture, ipv6) { .domain = AF_INET6, .family = AF_INET6 };	\
FIXTURE_VARIANT_ADD(fixture, auto4) { .domain = 0, .family = AF_INET };	\
FIXTURE_VARIANT_ADD(fixture, auto6) { .domain = 0, .family = AF_INET6 }

/* A fixture that only knows its variant. */
#define ZS_FIXTURE(fixture)							\
FIXTURE(fixture) { int family; };						\
ZS_VARIANTS(fixture);								\
FIXTURE_SETUP(fixture)								\
{										\
	zs_auto_family = self->family = variant->family;			\
}										\
FIXTURE_TEARDOWN(fixture) { }							\
struct zs_swallow_semicolon

#define ZS_SKIP_UNLESS_ZSOCK()							\
do {										\
	if (!zs_is_zsock())							\
		SKIP(return, "means nothing on AF_INET");			\
} while (0)

#endif
