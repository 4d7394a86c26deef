// SPDX-License-Identifier: GPL-2.0
/* A proxy that does and says what a script has. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "proxy.h"

/* Until @fd has something to read: true, or false where it is time to stop. */
static bool readable(struct proxy *p, int fd, int ms)
{
	struct pollfd pfd[2] = {
		{ .fd = p->stop[0], .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	return poll(pfd, 2, ms) > 0 && !pfd[0].revents;
}

static bool get(struct proxy *p, int fd, int len)
{
	int n;

	while (len) {
		if (!readable(p, fd, -1) || p->ngot + len > PROXY_KEPT)
			return false;
		n = recv(fd, p->got + p->ngot, len, 0);
		if (n <= 0)
			return false;
		p->ngot += n;
		len -= n;
	}
	return true;
}

static bool drip(struct proxy *p, int fd, const struct proxy_step *step)
{
	struct pollfd pfd = { .fd = p->stop[0], .events = POLLIN };
	int i;

	for (i = 0; i < step->len; i++) {
		if (poll(&pfd, 1, step->ms) > 0 ||
		    send(fd, step->data + i, 1, MSG_NOSIGNAL) != 1)
			return false;
	}
	return true;
}

static bool echo(struct proxy *p, int fd)
{
	char buf[4096];
	int n;

	for (;;) {
		if (!readable(p, fd, -1))
			return false;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n <= 0)
			return false;
		if (send(fd, buf, n, MSG_NOSIGNAL) != n)
			return false;
	}
}

static bool pass_on(int from, int to)
{
	char buf[4096];
	int n = recv(from, buf, sizeof(buf), 0);

	return n > 0 && send(to, buf, n, MSG_NOSIGNAL) == n;
}

static bool relay(struct proxy *p, int fd)
{
	int to = socket(p->to.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd pfd[3] = {
		{ .fd = p->stop[0], .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
		{ .fd = to, .events = POLLIN },
	};

	if (!connect(to, &p->to.sa, zs_len(p->to.sa.sa_family))) {
		while (poll(pfd, 3, -1) > 0 && !pfd[0].revents &&
		       (!pfd[1].revents || pass_on(fd, to)) &&
		       (!pfd[2].revents || pass_on(to, fd)))
			;
	}
	close(to);
	return false;
}

/* Until the other side has closed; what it sends meanwhile is kept, too. */
static bool hold(struct proxy *p, int fd)
{
	while (get(p, fd, 1))
		;
	return false;
}

static bool step_done(struct proxy *p, int fd, const struct proxy_step *step)
{
	struct linger reset = { 1, 0 };
	struct pollfd pfd = { .fd = p->stop[0], .events = POLLIN };

	switch (step->act) {
	case PROXY_GET:
		return get(p, fd, step->len);
	case PROXY_PUT:
		return send(fd, step->data, step->len, MSG_NOSIGNAL) == step->len;
	case PROXY_DRIP:
		return drip(p, fd, step);
	case PROXY_WAIT:
		return !poll(&pfd, 1, step->ms);
	case PROXY_PAUSE:
		while (p->held && !poll(&pfd, 1, 2))
			;
		return !pfd.revents;
	case PROXY_HOLD:
		return hold(p, fd);
	case PROXY_ECHO:
		return echo(p, fd);
	case PROXY_RELAY:
		return relay(p, fd);
	case PROXY_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		return false;
	default:
		return false;
	}
}

static void *serve(void *arg)
{
	const struct proxy_step *step;
	struct proxy *p = arg;
	int fd;

	while (readable(p, p->l, -1)) {
		fd = accept(p->l, NULL, NULL);
		if (fd < 0)
			continue;
		p->nconns++;
		p->ngot = 0;
		step = p->steps;
		while (step_done(p, fd, step))
			step++;
		close(fd);
	}
	return NULL;
}

int proxy_start(struct proxy *p, int family, const struct proxy_step *steps)
{
	socklen_t len = zs_loopback(&p->addr, family, 0);

	p->steps = steps;
	p->nconns = 0;
	p->ngot = 0;
	p->l = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->l < 0 || pipe(p->stop))
		return -1;
	if (bind(p->l, &p->addr.sa, len) || listen(p->l, 16) ||
	    getsockname(p->l, &p->addr.sa, &len))
		return -1;
	return pthread_create(&p->thread, NULL, serve, p) ? -1 : 0;
}

void proxy_stop(struct proxy *p)
{
	close(p->stop[1]);
	pthread_join(p->thread, NULL);
	close(p->stop[0]);
	close(p->l);
}
