// SPDX-License-Identifier: GPL-2.0
/*
 * A program that knows nothing of TLS. What it says about its sockets is for the
 * test of "zsock-run --tls".
 *
 *	tlsprobe kinds PORT...	what sockets are: new, listening on an ephemeral
 *				port, connecting to each PORT, listening on it
 *	tlsprobe swap		whether listen() changes anything that was there
 *	tlsprobe again PORT	one socket: connect() fails, and once more to PORT
 *	tlsprobe poll PORT	epoll_ctl() first, then connect() without waiting
 *	tlsprobe retry PORT HOST HOST	one socket, two names for an address
 *	tlsprobe reach PORT HOW=HOST...	look each up, connect to the last
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/zsock.h>

/* ---- what a socket really is ---- */

static const char *kind(int fd)
{
	static struct zsock_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len))
		return "inet";
	return info.handler;
}

/* " http/1.1" if that was agreed upon */
static const char *protocol(int fd)
{
	static char text[sizeof(((struct zsock_info *)0)->alpn) + 2];
	struct zsock_info info = { 0 };
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len);
	snprintf(text, sizeof(text), "%s%s", info.alpn[0] ? " " : "", info.alpn);
	return text;
}

/* And what the program is told that it is. */
static void tell(const char *what, int fd)
{
	int domain = -1, protocol = -1;
	socklen_t len = sizeof(int);

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
	printf("%s=%s%s ", what, kind(fd),
	       protocol == IPPROTO_TCP && (domain == AF_INET ||
					   domain == AF_INET6) ? "" : "?");
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static void kinds_of_port(int port)
{
	struct sockaddr_in addr = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char what[32];

	connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	snprintf(what, sizeof(what), "to:%d", port);
	tell(what, fd);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	snprintf(what, sizeof(what), "on:%d", port);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 5))
		printf("%s=E%d ", what, errno);
	else
		tell(what, fd);
	close(fd);
}

static void kinds(char **ports)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	tell("new", fd);
	listen(fd, 5);
	tell("listening", fd);
	close(fd);
	for (; *ports; ports++)
		kinds_of_port(atoi(*ports));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	printf("udp=%s ", kind(fd));
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (fd < 0)
		printf("mptcp=E%d\n", errno);
	else
		printf("mptcp=%s\n", kind(fd));
}

/* ---- what there is of a socket ---- */

static const struct {
	int level, name, value;
} options[] = {
	{ SOL_SOCKET, SO_REUSEPORT, 1 },
	{ SOL_SOCKET, SO_KEEPALIVE, 1 },
	{ SOL_SOCKET, SO_OOBINLINE, 1 },
	{ SOL_SOCKET, SO_RCVLOWAT, 7 },
	{ SOL_SOCKET, SO_SNDBUF, 70000 },
	{ SOL_SOCKET, SO_RCVBUF, 60000 },
	{ SOL_SOCKET, SO_MARK, 77 },
	{ SOL_SOCKET, SO_BINDTOIFINDEX, 1 },
	{ SOL_IP, IP_TOS, 0x10 },
	{ SOL_IP, IP_TTL, 33 },
	{ SOL_IP, IP_FREEBIND, 1 },
	{ SOL_IPV6, IPV6_V6ONLY, 1 },
	{ SOL_IPV6, IPV6_TCLASS, 0x20 },
	{ SOL_IPV6, IPV6_UNICAST_HOPS, 44 },
	{ SOL_TCP, TCP_NODELAY, 1 },
	{ SOL_TCP, TCP_MAXSEG, 1000 },
	{ SOL_TCP, TCP_KEEPIDLE, 99 },
	{ SOL_TCP, TCP_KEEPINTVL, 98 },
	{ SOL_TCP, TCP_KEEPCNT, 9 },
	{ SOL_TCP, TCP_SYNCNT, 3 },
	{ SOL_TCP, TCP_DEFER_ACCEPT, 1 },
	{ SOL_TCP, TCP_USER_TIMEOUT, 12345 },
	{ SOL_TCP, TCP_NOTSENT_LOWAT, 4096 },
	{ SOL_SOCKET, SO_PRIORITY, 5 },
};

#define OPTIONS	(sizeof(options) / sizeof(options[0]))

struct state {
	int values[OPTIONS];
	struct timeval timeout;
	char congestion[16];
	struct sockaddr_in6 name;
	struct f_owner_ex owner;
	int flags, sig, fdflags[3];
};

static void take_state(const int fds[3], struct state *s)
{
	socklen_t len;
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < OPTIONS; i++) {
		len = sizeof(int);
		getsockopt(fds[0], options[i].level, options[i].name,
			   &s->values[i], &len);
	}
	len = sizeof(s->timeout);
	getsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &s->timeout, &len);
	len = sizeof(s->congestion);
	getsockopt(fds[0], SOL_TCP, TCP_CONGESTION, s->congestion, &len);
	len = sizeof(s->name);
	getsockname(fds[0], (struct sockaddr *)&s->name, &len);
	fcntl(fds[0], F_GETOWN_EX, &s->owner);
	s->sig = fcntl(fds[0], F_GETSIG);
	s->flags = fcntl(fds[0], F_GETFL);
	for (i = 0; i < 3; i++)
		s->fdflags[i] = fcntl(fds[i], F_GETFD);
}

static void furnish(int fd)
{
	struct f_owner_ex owner = { F_OWNER_PID, getpid() };
	struct timeval tv = { 3, 500000 };
	size_t i;

	for (i = 0; i < OPTIONS; i++)
		if (setsockopt(fd, options[i].level, options[i].name,
			       &options[i].value, sizeof(int)))
			printf("cannot set %d,%d: %s\n", options[i].level,
			       options[i].name, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_TCP, TCP_CONGESTION, "reno", 4);
	fcntl(fd, F_SETOWN_EX, &owner);
	fcntl(fd, F_SETSIG, SIGUSR1);
	fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC);
}

static int differs(const struct state *a, const struct state *b)
{
	size_t i;
	int n = 0;

	for (i = 0; i < OPTIONS; i++)
		if (a->values[i] != b->values[i])
			n += printf("option %d,%d: %d, %d\n", options[i].level,
				    options[i].name, a->values[i], b->values[i]);
	if (memcmp(&a->timeout, &b->timeout, sizeof(a->timeout)))
		n += printf("timeouts\n");
	if (strcmp(a->congestion, b->congestion))
		n += printf("congestion: %s, %s\n", a->congestion,
			    b->congestion);
	if (memcmp(&a->name, &b->name, sizeof(a->name)))
		n += printf("ports: %d, %d\n", ntohs(a->name.sin6_port),
			    ntohs(b->name.sin6_port));
	if (memcmp(&a->owner, &b->owner, sizeof(a->owner)) || a->sig != b->sig)
		n += printf("owner\n");
	if (a->flags != b->flags)
		n += printf("flags: %#x, %#x\n", a->flags, b->flags);
	if (memcmp(a->fdflags, b->fdflags, sizeof(a->fdflags)))
		n += printf("descriptors' flags\n");
	return n;
}

/* Past zsock-run, so that it has nothing to do with TLS. */
static void call_it(const struct sockaddr_in6 *to)
{
	int fd = syscall(SYS_socket, AF_INET6, SOCK_STREAM, 0);

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		printf("cannot connect: %s\n", strerror(errno));
	else if (write(fd, "x", 1) != 1)	/* for TCP_DEFER_ACCEPT */
		printf("cannot write\n");
}

static int watch(int ep, int fd, unsigned long long data)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLET,
		.data.u64 = data,
	};

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
}

static int swap(void)
{
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	int fds[3], ep[2] = { epoll_create1(0), epoll_create1(0) };
	unsigned long long heard = 0;
	struct state before, after;
	struct epoll_event event;
	int i;

	signal(SIGUSR1, SIG_IGN);
	fds[0] = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	furnish(fds[0]);
	fds[1] = dup(fds[0]);
	fds[2] = fcntl(fds[0], F_DUPFD_CLOEXEC, 700);
	if (bind(fds[0], (struct sockaddr *)&addr, sizeof(addr)))
		printf("cannot bind: %s\n", strerror(errno));
	watch(ep[0], fds[0], 0x1234567890abcdef);
	watch(ep[1], fds[0], 2);
	watch(ep[1], fds[2], 3);
	while (epoll_wait(ep[1], &event, 1, 0) > 0)
		;			/* that it is hung up */
	take_state(fds, &before);
	printf("%s ", kind(fds[0]));
	if (listen(fds[0], 5))
		printf("cannot listen: %s\n", strerror(errno));
	take_state(fds, &after);
	printf("%s %s %s\n", kind(fds[0]), kind(fds[1]), kind(fds[2]));
	i = differs(&before, &after);
	call_it(&after.name);
	if (epoll_wait(ep[0], &event, 1, 20000) == 1)
		heard = event.data.u64;
	printf("epoll: %#llx", heard);
	for (heard = 0; epoll_wait(ep[1], &event, 1, 100) == 1;)
		heard |= 1 << event.data.u64;
	printf(" %#llx accept: %s\n", heard,
	       accept(fds[1], NULL, NULL) < 0 ? strerror(errno) : "yes");
	return i;
}

/* ---- connecting ---- */

static void again(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in addr = loopback(1);

	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		printf("connected? ");
	tell("first", fd);
	addr = loopback(port);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		printf("E%d ", errno);
	tell("then", fd);
	puts("");
}

/* How the name is looked up. */
static int look_up(const char *how, const char *host, int port,
		   struct sockaddr_storage *addr)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;
	struct hostent *ent = NULL, buf;
	char number[8], space[4096];
	int err;

	memset(addr, 0, sizeof(*addr));
	if (!strcmp(how, "ai")) {
		snprintf(number, sizeof(number), "%d", port);
		if (getaddrinfo(host, number, &hints, &list))
			return -1;
		memcpy(addr, list->ai_addr, list->ai_addrlen);
		freeaddrinfo(list);
		return 0;
	}
	if (!strcmp(how, "none")) {	/* only an address, never looked up */
		in->sin_addr.s_addr = inet_addr(host);
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return 0;
	}
	if (!strcmp(how, "h"))
		ent = gethostbyname(host);
	else if (!strcmp(how, "h2"))
		ent = gethostbyname2(host, AF_INET);
	else if (!strcmp(how, "hr"))
		gethostbyname_r(host, &buf, space, sizeof(space), &ent, &err);
	else if (!strcmp(how, "h2r"))
		gethostbyname2_r(host, AF_INET, &buf, space, sizeof(space),
				 &ent, &err);
	if (!ent)
		return -1;
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	memcpy(&in->sin_addr, ent->h_addr_list[0], 4);
	return 0;
}

/* Each HOW=HOST is looked up; the last one is connected to. */
static int reach(int port, char **lookups)
{
	struct sockaddr_storage addr;
	char *host = NULL;
	int fd;

	for (; *lookups; lookups++) {
		host = strchr(*lookups, '=');
		*host++ = '\0';
		if (look_up(*lookups, host, port, &addr))
			return printf("cannot look up %s\n", host);
	}
	fd = socket(addr.ss_family, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		printf("E%d\n", errno);
	else
		printf("reached%s\n", protocol(fd));
	return 0;
}

static void retry(int port, const char *one, const char *other)
{
	struct sockaddr_storage addr;
	int fd, i;

	fd = socket(AF_INET, SOCK_STREAM, 0);
	for (i = 0; i < 2; i++) {
		if (look_up("h", i ? other : one, port, &addr))
			printf("cannot look up ");
		else if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
			printf("E%d ", errno);
		else
			printf("reached ");
	}
	puts("");
}

static void poll_first(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in addr = loopback(port);
	int ep = epoll_create1(0), err = -1;
	socklen_t len = sizeof(err);
	struct epoll_event event = {
		.events = EPOLLOUT | EPOLLET,
		.data.u64 = 4711,
	};

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
	while (epoll_wait(ep, &event, 1, 0) > 0)
		;			/* that it is hung up */
	connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	event.data.u64 = 0;
	epoll_wait(ep, &event, 1, 20000);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	printf("%s: event %#x of %d, E%d\n", kind(fd), event.events,
	       (int)event.data.u64, err);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2 && !strcmp(argv[1], "kinds"))
		kinds(argv + 2);
	else if (argc == 2 && !strcmp(argv[1], "swap"))
		return swap();
	else if (argc == 3 && !strcmp(argv[1], "again"))
		again(atoi(argv[2]));
	else if (argc == 3 && !strcmp(argv[1], "poll"))
		poll_first(atoi(argv[2]));
	else if (argc == 5 && !strcmp(argv[1], "retry"))
		retry(atoi(argv[2]), argv[3], argv[4]);
	else if (argc > 3 && !strcmp(argv[1], "reach"))
		return reach(atoi(argv[2]), argv + 3);
	else
		return 2;
	return 0;
}
