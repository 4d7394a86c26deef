// SPDX-License-Identifier: GPL-2.0
/*
 * Where pipes come from.
 */
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <linux/vm_sockets.h>

#include "addr.h"
#include "config.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "pipe.h"

#define BACKLOG	16

static struct listener listeners[LISTEN_MAX];
static unsigned int nlisteners;
static uid_t started_as;

/* ---- opening ---- */

static int bind_listen(struct listener *l, const void *addr, socklen_t len)
{
	const int on = 1;
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

	l->fd = socket(l->family, type, 0);
	if (l->fd < 0)
		return -errno;
	if (l->family != AF_UNIX)
		setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(l->fd, addr, len) || listen(l->fd, BACKLOG))
		return -errno;
	return 0;
}

/* A socket that nobody listens at any more is in the way of a new one. */
static void remove_stale(const struct sockaddr_un *sun, socklen_t len)
{
	struct stat st;
	int fd;

	if (lstat(sun->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)sun, len) &&
	    errno == ECONNREFUSED)
		unlink(sun->sun_path);
	close(fd);
}

/* A file's mode says who may use it: its owner. Names in "@" have none. */
static int open_unix(struct listener *l, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + n;
	mode_t mask;
	int ret;

	if (!n || n >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, path, n);
	l->family = AF_UNIX;
	if (*path == '@') {
		sun.sun_path[0] = '\0';
		return bind_listen(l, &sun, len);
	}
	remove_stale(&sun, len + 1);
	mask = umask(0177);
	ret = bind_listen(l, &sun, len + 1);
	umask(mask);
	if (!ret)
		l->path = path;
	return ret;
}

static bool parse_u32(const char *text, size_t len, unsigned int *n)
{
	char copy[16] = "", *end;
	unsigned long value;

	if (!len || len >= sizeof(copy) || *text < '0' || *text > '9')
		return false;
	memcpy(copy, text, len);
	value = strtoul(copy, &end, 10);
	*n = value;
	return !*end && value <= UINT32_MAX;
}

static int open_vsock(struct listener *l, const char *text)
{
	struct sockaddr_vm svm = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
	};
	const char *colon = strchr(text, ':');

	if (colon && !parse_u32(text, colon - text, &svm.svm_cid))
		return -EINVAL;
	if (colon)
		text = colon + 1;
	if (!parse_u32(text, strlen(text), &svm.svm_port))
		return -EINVAL;
	l->family = AF_VSOCK;
	return bind_listen(l, &svm, sizeof(svm));
}

static int open_tcp(struct listener *l, const char *text)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	const char *colon = strrchr(text, ':');
	char host[128] = "", *at = host;
	struct addrinfo *found;
	size_t len = colon ? colon - text : 0;
	int ret;

	if (!len || len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	if (*host == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		at++;
	}
	if (getaddrinfo(at, colon + 1, &hints, &found))
		return -EINVAL;
	l->family = found->ai_family;
	ret = bind_listen(l, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return ret;
}

static int open_one(struct listener *l, const char *where)
{
	l->watch.kind = WATCH_LISTENER;
	l->where = where;
	l->fd = -1;
	if (!strncmp(where, "unix:", 5))
		return open_unix(l, where + 5);
	if (!strncmp(where, "vsock:", 6))
		return open_vsock(l, where + 6);
	if (!strncmp(where, "tcp:", 4))
		return open_tcp(l, where + 4);
	return -EINVAL;
}

/**
 * listen_open() - all that the command line says
 *
 * Return: EXIT_OK, or what to end with; complaints have been made.
 */
int listen_open(void)
{
	unsigned int i;
	int ret;

	started_as = getuid();
	for (i = 0; i < config.nlisten; i++) {
		ret = open_one(&listeners[i], config.listen[i]);
		nlisteners = i + 1;
		if (ret) {
			log_say(LOG_ERR, "cannot listen at %s: %s",
				config.listen[i], ret == -EINVAL ?
				"not unix:PATH, vsock:[CID:]PORT or tcp:ADDRESS:PORT" :
				strerror(-ret));
			return ret == -EINVAL ? EXIT_USAGE : EXIT_KERNEL;
		}
	}
	return EXIT_OK;
}

int listen_watch(void)
{
	unsigned int i;

	for (i = 0; i < nlisteners; i++)
		if (!loop_add(listeners[i].fd, EPOLLIN, &listeners[i].watch))
			return -errno;
	return 0;
}

/* ---- accepting ---- */

union peer {
	struct sockaddr sa;
	struct sockaddr_vm vm;
	union addr addr;
};

/* Abstract names are everybody's: for root, and for who started this. */
static bool may_come(const struct listener *l, int fd, struct ucred *cred)
{
	socklen_t len = sizeof(*cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, &len))
		return false;
	return l->path || !cred->uid || cred->uid == started_as;
}

static bool welcome(const struct listener *l, int fd, const union peer *peer,
		    char from[64])
{
	const int on = 1;
	struct ucred cred;
	char text[ADDR_TEXT];

	if (l->family == AF_UNIX) {
		if (!may_come(l, fd, &cred))
			return false;
		snprintf(from, 64, "unix, pid %d", cred.pid);
	} else if (l->family == AF_VSOCK) {
		snprintf(from, 64, "vsock %u:%u", peer->vm.svm_cid,
			 peer->vm.svm_port);
	} else {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		snprintf(from, 64, "tcp %.58s", addr_text(&peer->addr, text));
	}
	return true;
}

/**
 * listen_accept() - somebody came
 */
void listen_accept(struct listener *l)
{
	static struct log_limit limit;
	union peer peer = { 0 };
	socklen_t len = sizeof(peer);
	char from[64];
	int fd = accept4(l->fd, &peer.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR)
			log_limited(&limit, LOG_WARNING, "cannot accept a pipe: %s",
				    strerror(errno));
		return;
	}
	if (welcome(l, fd, &peer, from)) {
		pipe_new(fd, from);
		return;
	}
	log_limited(&limit, LOG_WARNING, "refused a pipe: it is another user's");
	close(fd);
}

/**
 * listen_close() - no more pipes; where rights allow it, names are removed
 */
void listen_close(void)
{
	unsigned int i;

	for (i = 0; i < nlisteners; i++) {
		if (listeners[i].path)
			unlink(listeners[i].path);
		close(listeners[i].fd);
	}
}
