// SPDX-License-Identifier: GPL-2.0
/*
 * A program that knows nothing of AF_ZSOCK, and looks hard at its sockets.
 *
 *	probe same	print what must be the same with and without zsock-run
 *	probe kinds	print which sockets really are AF_ZSOCK ones
 *	probe raw	the same of raw and packet sockets
 *	probe rawsame	as "same", of those
 *	probe fd N	print what descriptor N is
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOL_ZSOCK	0x7a73	/* only 'kinds' knows: to tell on itself */
#define ZSOCK_BACKEND	1

static const char *self;

static void show_option(const char *what, int fd, int name, socklen_t size)
{
	unsigned char buf[16];
	socklen_t len = size, i;

	memset(buf, 0xee, sizeof(buf));
	errno = 4242;
	if (getsockopt(fd, SOL_SOCKET, name, buf, &len)) {
		printf(" %s/%d:E%d", what, (int)size, errno);
		return;
	}
	printf(" %s/%d:", what, (int)size);
	for (i = 0; i < sizeof(buf); i++)
		if (i < len || buf[i] != 0xee)	/* written past the end, too */
			printf("%02x", buf[i]);
	printf("(%d)%s", (int)len, errno == 4242 ? "" : " errno changed");
}

static void show(const char *what, int fd)
{
	printf("%s:", what);
	show_option("domain", fd, SO_DOMAIN, 4);
	show_option("type", fd, SO_TYPE, 4);
	show_option("protocol", fd, SO_PROTOCOL, 4);
	printf(" flags:%x,%x\n", fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
}

static int make(const char *what, int domain, int type, int protocol)
{
	int fd;

	errno = 4242;
	fd = socket(domain, type, protocol);
	printf("%s socket(%d,%#x,%d) ", what, domain, type, protocol);
	if (fd < 0)
		printf("E%d\n", errno);
	else
		show(errno == 4242 ? "is" : "errno changed, is", fd);
	return fd;
}

static void every_kind(void)
{
	static const int domains[] = { AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, 0, 99 };
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW,
		SOCK_SEQPACKET, 7, SOCK_STREAM | SOCK_NONBLOCK,
		SOCK_DGRAM | SOCK_CLOEXEC, SOCK_STREAM | 0x100000, 0, -1 };
	static const int protocols[] = { 0, 6, 17, 132, 136, 262, 1, 58, 255,
		256 + 6, 65535, 65536, 65536 + 6, -1 };
	size_t d, t, p;

	for (d = 0; d < sizeof(domains) / sizeof(int); d++)
		for (t = 0; t < sizeof(types) / sizeof(int); t++)
			for (p = 0; p < sizeof(protocols) / sizeof(int); p++)
				close(make("kind", domains[d], types[t],
					   protocols[p]));
}

static void lengths(int domain, int type)
{
	static const int sizes[] = { 0, 1, 2, 3, 4, 5, 8, 16, -1 };
	int fd = make("lengths", domain, type, 0);
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(int); i++) {
		show_option("domain", fd, SO_DOMAIN, sizes[i]);
		show_option("protocol", fd, SO_PROTOCOL, sizes[i]);
	}
	puts("");
	close(fd);
}

static void bad_calls(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), value = 0, pair[2];
	int file = open("/dev/null", O_RDONLY);
	socklen_t len = sizeof(value);

#define BAD(call) do { \
		errno = 0; \
		printf("bad %s: %d", #call, call); \
		printf(" E%d\n", errno); \
	} while (0)
	BAD(getsockopt(-1, SOL_SOCKET, SO_DOMAIN, &value, &len));
	BAD(getsockopt(file, SOL_SOCKET, SO_DOMAIN, &value, &len));
	BAD(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, (void *)8, &len));
	BAD(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, (void *)8));
	BAD(getsockopt(fd, SOL_SOCKET, 9999, &value, &len));
	BAD(getsockopt(fd, 9999, SO_DOMAIN, &value, &len));
	BAD(socketpair(AF_INET, SOCK_STREAM, 0, pair));
	BAD(socketpair(AF_INET6, SOCK_DGRAM, 0, pair));
	close(file);
	close(fd);
}

static void show_name(const char *what, int fd)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a;
	socklen_t len = sizeof(a);

	errno = 0;
	if (getsockname(fd, (struct sockaddr *)&a, &len))
		printf("%s E%d\n", what, errno);
	else	/* the port is at the same place in both; only whether there is one */
		printf("%s family %d len %d %s port\n", what, a.ss_family,
		       (int)len, in6->sin6_port ? "a" : "no");
	len = sizeof(a);
	printf("%s peer: %d", what, getpeername(fd, (struct sockaddr *)&a, &len));
	printf(" E%d\n", errno);
}

static socklen_t loopback(int domain, struct sockaddr_storage *a)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)a;
	struct sockaddr_in *in = (struct sockaddr_in *)a;

	memset(a, 0, sizeof(*a));
	a->ss_family = domain;
	if (domain == AF_INET) {
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*in);
	}
	in6->sin6_addr = in6addr_loopback;
	return sizeof(*in6);
}

/* From the first look to an accepted connection. */
static void life(int domain)
{
	struct sockaddr_storage a;
	socklen_t len;
	int l, c, s;

	l = make("life", domain, SOCK_STREAM, 0);
	show_name("unbound", l);
	show("named", l);
	len = loopback(domain, &a);
	printf("bind %d\n", bind(l, (struct sockaddr *)&a, len));
	show("bound", l);
	printf("listen %d\n", listen(l, 5));
	show_name("listener", l);
	show("listener", l);
	getsockname(l, (struct sockaddr *)&a, &len);
	c = socket(domain, SOCK_STREAM, IPPROTO_TCP);
	printf("connect %d\n", connect(c, (struct sockaddr *)&a, len));
	s = accept(l, NULL, NULL);
	show("client", c);
	show_name("client", c);
	show("accepted", s);
	show_name("accepted", s);
	close(s);
	close(c);
	close(l);

	c = make("life", domain, SOCK_DGRAM, 0);
	show_name("unbound", c);
	len = loopback(domain, &a);
	printf("bind %d\n", bind(c, (struct sockaddr *)&a, len));
	show("bound", c);
	close(c);
}

/* A quirk of old: AF_UNSPEC and INADDR_ANY bind an AF_INET socket. */
static void bind_unspec(void)
{
	struct sockaddr_in a = { .sin_family = AF_UNSPEC };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	errno = 0;
	printf("bind to AF_UNSPEC: %d", bind(fd, (struct sockaddr *)&a, sizeof(a)));
	printf(" E%d\n", errno);
	show_name("after that", fd);
	close(fd);
}

static int pass_over_unix(int fd)
{
	char data = 'x', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &data, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int pair[2], got = -1;

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	sendmsg(pair[0], &msg, 0);
	if (recvmsg(pair[1], &msg, 0) == 1)
		memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	close(pair[0]);
	close(pair[1]);
	return got;
}

/* The same socket, come by in every other way. */
static void handed_on(void)
{
	int fd = make("handed on", AF_INET, SOCK_STREAM, 0), other;
	char number[12];

	show("dup", other = dup(fd));
	close(other);
	show("passed", other = pass_over_unix(fd));
	close(other);
	fflush(stdout);
	if (!fork()) {
		show("forked", fd);
		close(make("child's", AF_INET6, SOCK_DGRAM, 0));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	if (!vfork()) {
		snprintf(number, sizeof(number), "%d", fd);
		execl(self, self, "fd", number, NULL);
		_exit(1);
	}
	wait(NULL);
	close(fd);
}

static volatile int signal_fd = -1, signal_domain;

static void in_handler(int sig)
{
	socklen_t len = sizeof(int);
	int domain = 0;

	(void)sig;
	signal_fd = socket(AF_INET, SOCK_STREAM, 0);
	getsockopt(signal_fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	signal_domain = domain;
}

static void from_a_signal(void)
{
	signal(SIGUSR1, in_handler);
	raise(SIGUSR1);
	printf("in a signal handler: %d, domain %d\n", signal_fd >= 0, signal_domain);
	close(signal_fd);
}

static void *many_sockets(void *arg)
{
	long bad = 0, i;

	for (i = 0; i < 300; i++) {
		int want = i & 1 ? AF_INET : AF_INET6, got = 0;
		int fd = socket(want, i & 2 ? SOCK_STREAM : SOCK_DGRAM, 0);
		socklen_t len = sizeof(got);

		bad += fd < 0 || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &got, &len) ||
		       got != want || close(fd);
	}
	(void)arg;
	return (void *)bad;
}

static void from_threads(void)
{
	pthread_t threads[8];
	long bad = 0;
	void *ret;
	int i;

	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, many_sockets, NULL);
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], &ret);
		bad += (long)ret;
	}
	printf("threads: %ld bad\n", bad);
}

static void no_descriptors(void)
{
	struct rlimit old, none = { 0 };

	getrlimit(RLIMIT_NOFILE, &old);
	none.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	make("no descriptors left:", AF_INET, SOCK_STREAM, 0);
	setrlimit(RLIMIT_NOFILE, &old);
}

static void kind_of(const char *name, int domain, int type, int protocol)
{
	char backend[16] = "";
	socklen_t len = sizeof(backend);
	int fd = socket(domain, type, protocol);

	if (fd < 0)
		printf(" %s=E%d", name, errno);
	else if (getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, backend, &len))
		printf(" %s=inet", name);
	else
		printf(" %s=zsock%s%s", name, *backend ? "@" : "", backend);
	close(fd);
}

static void kind(const char *name, int domain, int type)
{
	kind_of(name, domain, type, 0);
}

static void raw_kinds(void)
{
	printf("raw:");
	kind_of("raw4", AF_INET, SOCK_RAW, IPPROTO_ICMP);
	kind_of("raw6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	kind_of("frames", AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	kind_of("packets", AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	kind("dgram4", AF_INET, SOCK_DGRAM);
	puts("");
}

static void raw_same(void)
{
	make("raw", AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	make("raw", AF_INET6, SOCK_RAW, IPPROTO_RAW);
	make("raw", AF_INET, SOCK_RAW, 0);
	make("packet", AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
	make("packet", AF_PACKET, SOCK_DGRAM, 0);
	make("packet", AF_PACKET, SOCK_STREAM, 0);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc == 3 && !strcmp(argv[1], "fd")) {
		show("executed", atoi(argv[2]));
	} else if (argc == 2 && !strcmp(argv[1], "kinds")) {
		printf("kinds:");
		kind("stream4", AF_INET, SOCK_STREAM);
		kind("dgram4", AF_INET, SOCK_DGRAM);
		kind("stream6", AF_INET6, SOCK_STREAM);
		kind("dgram6", AF_INET6, SOCK_DGRAM);
		puts("");
	} else if (argc == 2 && !strcmp(argv[1], "raw")) {
		raw_kinds();
	} else if (argc == 2 && !strcmp(argv[1], "rawsame")) {
		raw_same();
	} else if (argc == 2 && !strcmp(argv[1], "same")) {
		every_kind();
		lengths(AF_INET, SOCK_STREAM);
		lengths(AF_INET6, SOCK_DGRAM);
		bad_calls();
		life(AF_INET);
		life(AF_INET6);
		bind_unspec();
		handed_on();
		from_a_signal();
		from_threads();
		no_descriptors();
	} else {
		return 1;
	}
	return 0;
}
