// SPDX-License-Identifier: GPL-2.0
/*
 * A terminal as a pipe: bytes go between it and a socket, in the background.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "backend.h"

static const struct {
	int baud;
	speed_t speed;
} speeds[] = {
	{ 1200, B1200 }, { 2400, B2400 }, { 4800, B4800 }, { 9600, B9600 },
	{ 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 },
	{ 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 },
	{ 500000, B500000 }, { 576000, B576000 }, { 921600, B921600 },
	{ 1000000, B1000000 }, { 1152000, B1152000 }, { 1500000, B1500000 },
	{ 2000000, B2000000 }, { 2500000, B2500000 }, { 3000000, B3000000 },
	{ 3500000, B3500000 }, { 4000000, B4000000 },
};

#define SPEEDS	(sizeof(speeds) / sizeof(speeds[0]))

static speed_t speed_of(int baud)
{
	size_t i;

	for (i = 0; i < SPEEDS; i++)
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	return B0;
}

bool tty_baud_known(int baud)
{
	return speed_of(baud) != B0;
}

static int set_raw(int fd, int baud)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return -1;
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (baud)
		cfsetspeed(&t, speed_of(baud));
	return tcsetattr(fd, TCSANOW, &t);
}

/* Raw, non-blocking, and nobody else's; what was on its way is dropped. */
int tty_open(const char *device, int baud)
{
	int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -1;
	if (!set_raw(fd, baud) && !ioctl(fd, TIOCEXCL)) {
		tcflush(fd, TCIOFLUSH);
		return fd;
	}
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* ---- between the two ---- */

struct way {
	int from, to;
	size_t head, tail;
	char buf[65536];
};

/* Whether there is an end of it. */
static bool over(ssize_t n)
{
	return !n || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static bool move(struct way *w, short in, short out)
{
	ssize_t n;

	if (w->head == w->tail && in) {
		n = read(w->from, w->buf, sizeof(w->buf));
		if (over(n))
			return false;
		w->head = 0;
		w->tail = n > 0 ? n : 0;
		out = 1;
	}
	if (w->head < w->tail && out) {
		n = write(w->to, w->buf + w->head, w->tail - w->head);
		if (over(n))
			return false;
		w->head += n > 0 ? n : 0;
	}
	return true;
}

static short wanted(const struct way *reads, const struct way *writes)
{
	return (reads->head == reads->tail ? POLLIN : 0) |
	       (writes->head < writes->tail ? POLLOUT : 0);
}

/* Until one side ends. */
static void shovel(int tty, int sock)
{
	static struct way up, down;
	struct pollfd p[2] = { { .fd = tty }, { .fd = sock } };
	const short ended = POLLERR | POLLHUP | POLLNVAL;

	up.from = down.to = tty;
	up.to = down.from = sock;
	for (;;) {
		p[0].events = wanted(&up, &down);
		p[1].events = wanted(&down, &up);
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		/* What came before the end is still moved. */
		if (!move(&up, p[0].revents & POLLIN, p[1].revents & POLLOUT) ||
		    !move(&down, p[1].revents & POLLIN, p[0].revents & POLLOUT))
			return;
		if ((p[0].revents & ended && !(p[0].revents & POLLIN)) ||
		    (p[1].revents & ended && !(p[1].revents & POLLIN)))
			return;
	}
}

/* Nothing of what the caller had open stays but these two. */
static void keep_only(int *tty, int *sock)
{
	int null = open("/dev/null", O_RDWR);
	int a = fcntl(*tty, F_DUPFD, 8), b = fcntl(*sock, F_DUPFD, 8);
	int i;

	if (null < 0 || a < 0 || b < 0)
		_exit(1);
	for (i = 0; i < 3; i++)
		dup2(null, i);
	*tty = dup2(a, 3);
	*sock = dup2(b, 4);
	close_range(5, ~0U, 0);
}

static void background(int tty, int sock)
{
	/* Out of a namespace that it does not need. */
	net_outer_begin();
	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (chdir("/"))
		_exit(1);
	keep_only(&tty, &sock);
	fcntl(sock, F_SETFL, O_NONBLOCK);
	shovel(tty, sock);
	_exit(0);
}

/* A socket whose other end is the terminal, by way of a process. */
int tty_pipe(const struct pipe_spec *pipe)
{
	int tty = tty_open(pipe->path, pipe->baud);
	int sv[2], home, ret, error;
	pid_t pid;

	if (tty < 0)
		return -1;
	home = net_outer_begin();
	ret = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv);
	net_outer_end(home);
	pid = ret ? -1 : fork();
	if (!pid) {
		close(sv[0]);
		background(tty, sv[1]);
	}
	error = errno;
	close(tty);
	if (!ret)
		close(sv[1]);
	if (!ret && pid < 0)
		close(sv[0]);
	errno = error;
	return pid < 0 ? -1 : sv[0];
}
