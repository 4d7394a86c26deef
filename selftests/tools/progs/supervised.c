// SPDX-License-Identifier: GPL-2.0
/*
 * A program, linked statically, that makes demands on zsock-run's supervisor.
 * Each word is a test; it prints what it found, and exits with 1 if that is wrong.
 *
 *	storm		many threads and children make many sockets
 *	flags		SOCK_CLOEXEC and SOCK_NONBLOCK
 *	many N		N of them at a time, up to 1000
 *	emfile		no descriptor left
 *	signals		handlers run all the time
 *	dead PID	the supervisor is killed in the middle of a storm
 *	slow N		N calls at a time, which take long; prints the milliseconds
 *	owner		prints the user that the socket belongs to; is it in our netns?
 *	hidden		not dumpable; prints the error, or the kind
 *	listen PORT	listens, says so, and waits
 *	cost N		prints the nanoseconds that a socket() and a close() take
 *	after N		prints those of a getsockopt() and a getppid()
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SOL_ZSOCK	0x7a73
#define ZSOCK_BACKEND	1
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE	71
#endif

static const char *argument;

static int is_zsock(int fd)
{
	char backend[16];
	socklen_t len = sizeof(backend);

	return fd >= 0 &&
	       !getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, backend, &len);
}

static int open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 2000; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* ---- storm ---- */

#define SOCKETS		24

static void *make_many(void *arg)
{
	long bad = 0, i;

	for (i = 0; i < SOCKETS; i++) {
		int domain = i & 1 ? AF_INET : AF_INET6;
		int type = i & 2 ? SOCK_STREAM : SOCK_DGRAM;
		int fd = socket(domain, type, 0);
		int got = 0;
		socklen_t len = sizeof(got);

		/* Whose answer is it? Families that stay are in between, too. */
		bad += !is_zsock(fd) ||
		       getsockopt(fd, SOL_SOCKET, SO_TYPE, &got, &len) ||
		       got != type || close(fd);
		fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		bad += is_zsock(fd) || close(fd);
	}
	(void)arg;
	return (void *)bad;
}

static long threads(int n)
{
	pthread_t thread[16];
	long bad = 0;
	void *ret;
	int i;

	for (i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, make_many, NULL))
			return 1;
	for (i = 0; i < n; i++) {
		pthread_join(thread[i], &ret);
		bad += (long)ret;
	}
	return bad;
}

static int storm(void)
{
	int i, status, before = open_fds();
	long bad = 0;

	for (i = 0; i < 3; i++)
		if (!fork())
			_exit(threads(4) != 0);
	bad = threads(8);
	while (wait(&status) > 0)
		bad += status != 0;
	bad += open_fds() != before;
	printf("storm: %ld bad\n", bad);
	return bad != 0;
}

/* ---- what the descriptor is like ---- */

static int flags(void)
{
	static const int types[] = { 0, SOCK_CLOEXEC, SOCK_NONBLOCK,
				     SOCK_CLOEXEC | SOCK_NONBLOCK };
	int i, bad = 0, fd;

	close(0);	/* the lowest number that is free, as ever */
	for (i = 0; i < 4; i++) {
		fd = socket(AF_INET, SOCK_STREAM | types[i], 0);
		bad += fd != 0 || !is_zsock(fd);
		bad += !!(fcntl(fd, F_GETFD) & FD_CLOEXEC) !=
		       !!(types[i] & SOCK_CLOEXEC);
		bad += !!(fcntl(fd, F_GETFL) & O_NONBLOCK) !=
		       !!(types[i] & SOCK_NONBLOCK);
		close(fd);
	}
	errno = 0;
	bad += socket(AF_INET, SOCK_STREAM | 0x100000, 0) >= 0 ||
	       errno != EINVAL;
	printf("flags: %d bad\n", bad);
	return bad != 0;
}

static int many(void)
{
	struct rlimit limit = { 1100, 1100 };
	int fds[1000], i, bad = 0, n = atoi(argument);

	bad += setrlimit(RLIMIT_NOFILE, &limit) != 0;
	for (i = 0; i < n; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		bad += !is_zsock(fds[i]);
	}
	for (i = 0; i < n; i++)
		bad += close(fds[i]) != 0;
	printf("many: %d bad\n", bad);
	return bad != 0;
}

static int emfile(void)
{
	struct rlimit old, none;
	int i, fd, bad = 0, before = open_fds();

	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	for (i = 0; i < 20; i++) {
		errno = 0;
		bad += socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EMFILE;
	}
	setrlimit(RLIMIT_NOFILE, &old);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	bad += !is_zsock(fd) || close(fd) || open_fds() != before;
	printf("emfile: %d bad\n", bad);
	return bad != 0;
}

/* ---- signals ---- */

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

/* Only that a call is interrupted is allowed, and only without SA_RESTART. */
static int under_signals(int sa_flags, int *interrupted)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = sa_flags };
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { 0 };
	int i, fd, bad = 0;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (i = 0; i < 100; i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 && errno == EINTR)
			++*interrupted;
		else
			bad += !is_zsock(fd) || close(fd);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	return bad;
}

static int signals(void)
{
	int interrupted = 0, bad, before = open_fds();

	bad = under_signals(SA_RESTART, &interrupted);
	bad += interrupted;
	bad += under_signals(0, &interrupted);
	bad += open_fds() != before;
	printf("signals: %d bad, %s\n", bad, handled ? "some came" : "none came");
	return bad != 0;
}

/* ---- the supervisor ---- */

static atomic_long made, refused, other;

static void *until_refused(void *arg)
{
	int fd;

	while (!refused && !other) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd >= 0) {
			close(fd);
			made++;
		} else if (errno == ENOSYS) {
			refused++;
		} else {
			other++;
		}
	}
	(void)arg;
	return NULL;
}

static int dead(void)
{
	pthread_t thread[8];
	int i;

	for (i = 0; i < 8; i++)
		pthread_create(&thread[i], NULL, until_refused, NULL);
	while (made < 100)
		usleep(1000);
	kill(atoi(argument), SIGKILL);
	for (i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	i = socket(AF_UNIX, SOCK_STREAM, 0);
	printf("dead: %s, AF_UNIX is %s\n",
	       refused && !other ? "ENOSYS" : "something else",
	       i >= 0 ? "there" : "gone");
	return !refused || other || i < 0;
}

static void *one(void *arg)
{
	close(socket(AF_INET, SOCK_STREAM, 0));
	return arg;
}

static int slow(void)
{
	long long start = now_ns();
	pthread_t thread[16];
	int i, n = atoi(argument);

	for (i = 0; i < n; i++)
		pthread_create(&thread[i], NULL, one, NULL);
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	printf("%lld\n", (now_ns() - start) / 1000000);
	return 0;
}

/* ---- whose it is ---- */

static unsigned long long netns_of(int fd)
{
	unsigned long long cookie = 0;
	socklen_t len = sizeof(cookie);

	getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len);
	return cookie;
}

static int owner(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int here = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat st;

	if (fd < 0) {
		printf("E%d\n", errno);
		return 1;
	}
	fstat(fd, &st);
	printf("%s of user %d, group %d, %s\n", is_zsock(fd) ? "zsock" : "inet",
	       (int)st.st_uid, (int)st.st_gid,
	       netns_of(fd) == netns_of(here) ? "here" : "elsewhere");
	return 0;
}

static int hidden(void)
{
	int fd;

	prctl(PR_SET_DUMPABLE, 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		printf("E%d\n", errno);
	else
		puts(is_zsock(fd) ? "zsock" : "inet");
	return 0;
}

static int listener(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_port = htons(atoi(argument));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		return 1;
	puts("listens");
	fflush(stdout);
	pause();
	return 0;
}

/* ---- what it costs ---- */

static int cost(void)
{
	int i, n = atoi(argument);
	long long start;

	for (i = 0; i < 50; i++)
		close(socket(AF_INET, SOCK_STREAM, 0));
	start = now_ns();
	for (i = 0; i < n; i++)
		close(socket(AF_INET, SOCK_STREAM, 0));
	printf("%lld\n", (now_ns() - start) / n);
	return 0;
}

static int after(void)
{
	int i, n = atoi(argument), value;
	socklen_t len = sizeof(value);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	long long start, middle;

	start = now_ns();
	for (i = 0; i < n; i++)
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len);
	middle = now_ns();
	for (i = 0; i < n; i++)
		syscall(SYS_getppid);
	printf("%lld %lld\n", (middle - start) / n, (now_ns() - middle) / n);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} tests[] = {
		{ "storm", storm }, { "flags", flags }, { "many", many },
		{ "emfile", emfile }, { "signals", signals }, { "dead", dead },
		{ "slow", slow }, { "owner", owner }, { "hidden", hidden },
		{ "listen", listener }, { "cost", cost }, { "after", after },
	};
	size_t i;

	argument = argc > 2 ? argv[2] : "0";
	for (i = 0; argc > 1 && i < sizeof(tests) / sizeof(tests[0]); i++)
		if (!strcmp(argv[1], tests[i].name))
			return tests[i].run();
	return 2;
}
