// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: a call on an AF_INET or AF_INET6 socket (where the backend under test is
 * mptcp or smc, on one of that) and the same call on an AF_ZSOCK socket with the same history,
 * for every call in the table and every state in the list, must give the same result, the same
 * errno, the same data, and leave the socket in the same state.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <linux/sockios.h>

#include "kselftest_harness.h"
#include "zs.h"

/* What one side of a comparison works with. */
struct side {
	int fd;
	int peer;	/* the other end, where there is one */
	int family;
	union zs_addr srv;	/* a server of the socket's type */
	union zs_addr closed;	/* nobody listens there */
	int pipe[2];
	int file;
	/* What the call gave beside its result. */
	unsigned char out[160];
	size_t outlen;
};

/* Ports and descriptors differ from socket to socket: only whether they are 0 counts. */
static void note_addr(struct side *s, const union zs_addr *addr, socklen_t len)
{
	union zs_addr a = *addr;

	if (len >= sizeof(a.in.sin_family) + 2 && a.in.sin_port)
		a.in.sin_port = 1;
	memcpy(s->out, &len, sizeof(len));
	s->outlen = sizeof(len) + (len < sizeof(a) ? len : sizeof(a));
	memcpy(s->out + sizeof(len), &a, s->outlen - sizeof(len));
}

static void note(struct side *s, const void *data, size_t len)
{
	s->outlen = len < sizeof(s->out) ? len : sizeof(s->out);
	memcpy(s->out, data, s->outlen);
}

static int descriptor(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 1;
}

static socklen_t addr_of(struct side *s, union zs_addr *a, const char *which)
{
	int other = s->family == AF_INET ? AF_INET6 : AF_INET;

	if (!strcmp(which, "srv")) {
		*a = s->srv;
	} else if (!strcmp(which, "closed")) {
		*a = s->closed;
	} else if (!strcmp(which, "any")) {
		zs_any(a, s->family, 0);
	} else if (!strcmp(which, "loop")) {
		zs_loopback(a, s->family, 0);
	} else if (!strcmp(which, "other")) {
		zs_loopback(a, other, 1);
		/* Long enough for both, so that the length is not what is wrong. */
		return sizeof(a->ss);
	} else if (!strcmp(which, "unspec")) {
		zs_any(a, s->family, 0);
		a->sa.sa_family = AF_UNSPEC;
	} else if (!strcmp(which, "unspec-loop")) {
		zs_loopback(a, s->family, 0);
		a->sa.sa_family = AF_UNSPEC;
	} else if (!strcmp(which, "unix")) {
		zs_loopback(a, s->family, 0);
		a->sa.sa_family = AF_UNIX;
	} else if (!strcmp(which, "max")) {
		zs_loopback(a, s->family, 1);
		a->sa.sa_family = 0xffff;
	} else if (!strcmp(which, "mcast")) {
		zs_any(a, s->family, 9);
		if (s->family == AF_INET)
			a->in.sin_addr.s_addr = htonl(0xe0000001);
		else
			a->in6.sin6_addr.s6_addr[0] = 0xff;
	} else if (!strcmp(which, "bcast")) {
		zs_any(a, s->family, 9);
		if (s->family == AF_INET)
			a->in.sin_addr.s_addr = INADDR_BROADCAST;
	} else if (!strcmp(which, "foreign")) {
		zs_any(a, s->family, 9);
		if (s->family == AF_INET)
			a->in.sin_addr.s_addr = htonl(0xc0000201);
		else
			a->in6.sin6_addr.s6_addr[0] = 0x20;
	}
	return zs_len(s->family);
}

static int do_bind(struct side *s, const char *which, int len)
{
	union zs_addr a;
	socklen_t l = addr_of(s, &a, which);

	/* The two sides must not take a port from each other; that of a server is taken. */
	if (strcmp(which, "srv"))
		a.in.sin_port = 0;
	return bind(s->fd, &a.sa, len < 0 ? l : (socklen_t)len);
}

static int do_connect(struct side *s, const char *which, int len)
{
	union zs_addr a;
	socklen_t l = addr_of(s, &a, which);

	return connect(s->fd, &a.sa, len < 0 ? l : (socklen_t)len);
}

static int do_sendto(struct side *s, const char *which, int len, int flags)
{
	union zs_addr a;
	socklen_t l = addr_of(s, &a, which);

	return sendto(s->fd, "data", 4, flags, &a.sa, len < 0 ? l : (socklen_t)len);
}

static int do_name(struct side *s, int peer, socklen_t len)
{
	union zs_addr a;
	int ret;

	memset(&a, 0, sizeof(a));
	ret = peer ? getpeername(s->fd, &a.sa, &len) : getsockname(s->fd, &a.sa, &len);
	if (!ret)
		note_addr(s, &a, len);
	return ret;
}

static int do_accept(struct side *s, int flags, socklen_t len)
{
	union zs_addr a;
	int ret;

	memset(&a, 0, sizeof(a));
	ret = descriptor(accept4(s->fd, &a.sa, &len, flags));
	if (ret > 0)
		note_addr(s, &a, len);
	return ret;
}

static int do_recv(struct side *s, size_t size, int flags)
{
	char buf[64] = "";
	int ret = recv(s->fd, buf, size, flags);

	note(s, buf, sizeof(buf));
	return ret;
}

static int do_recvmsg(struct side *s, socklen_t namelen, size_t control, int flags)
{
	char buf[16] = "", ctl[256];
	struct iovec iov = { buf, sizeof(buf) };
	union zs_addr a;
	struct msghdr msg = {
		.msg_name = namelen ? &a : NULL, .msg_namelen = namelen,
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl, .msg_controllen = control,
	};
	int ret, info[3];

	memset(&a, 0, sizeof(a));
	ret = recvmsg(s->fd, &msg, flags);
	if (ret < 0)
		return ret;
	info[0] = msg.msg_namelen;
	info[1] = msg.msg_flags;
	info[2] = msg.msg_controllen;
	note(s, info, sizeof(info));
	return ret;
}

static int do_sendmsg(struct side *s, socklen_t namelen, size_t iovlen, size_t control, int flags)
{
	char ctl[64] = "";
	struct iovec iov = { "data", 4 };
	struct msghdr msg = {
		.msg_name = namelen ? &s->srv : NULL, .msg_namelen = namelen,
		.msg_iov = &iov, .msg_iovlen = iovlen,
		.msg_control = control ? ctl : NULL, .msg_controllen = control,
	};

	return sendmsg(s->fd, &msg, flags);
}

static int do_ioctl(struct side *s, unsigned long request, const char *name)
{
	struct ifreq ifr;
	int ret;

	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, name);
	if (!*name)
		ifr.ifr_ifindex = 1;
	ret = ioctl(s->fd, request, &ifr);
	if (!ret)
		note(s, &ifr, sizeof(ifr));
	return ret;
}

static int do_poll(struct side *s)
{
	int mask = zs_poll(s->fd, 0x3fff, 0);

	note(s, &mask, sizeof(mask));
	return mask;
}

static int do_sendfile(struct side *s)
{
	off_t pos = 0;

	return sendfile(s->fd, s->file, &pos, 4);
}

static int do_splice_to(struct side *s)
{
	if (write(s->pipe[1], "data", 4) != 4)
		return -2;
	return splice(s->pipe[0], NULL, s->fd, NULL, 4, 0);
}

static int do_option(struct side *s, int level, int option, int value)
{
	int ret = setsockopt(s->fd, level, option, &value, sizeof(value));

	value = zs_getint(s->fd, level, option);
	note(s, &value, sizeof(value));
	return ret;
}

static int do_get(struct side *s, int level, int option)
{
	int value = zs_getint(s->fd, level, option);

	note(s, &value, sizeof(value));
	return value == -1 ? -1 : 0;
}

static int do_mmap(struct side *s, int prot)
{
	void *p = mmap(NULL, 4096, prot, MAP_SHARED, s->fd, 0);

	return p == MAP_FAILED ? -1 : munmap(p, 4096);
}

#define BAD ((void *)8)

#define CALLS(X)							\
	X(do_bind(s, "loop", -1)) X(do_bind(s, "any", -1))		\
	X(do_bind(s, "other", -1)) X(do_bind(s, "unspec", -1))		\
	X(do_bind(s, "unspec-loop", -1)) X(do_bind(s, "unix", -1))	\
	X(do_bind(s, "max", -1)) X(do_bind(s, "foreign", -1))		\
	X(do_bind(s, "mcast", -1)) X(do_bind(s, "srv", -1))		\
	X(do_bind(s, "loop", 0)) X(do_bind(s, "loop", 1))		\
	X(do_bind(s, "loop", 2)) X(do_bind(s, "loop", 8))		\
	X(do_bind(s, "loop", 15)) X(do_bind(s, "loop", 16))		\
	X(do_bind(s, "loop", 23)) X(do_bind(s, "loop", 24))		\
	X(do_bind(s, "loop", 27)) X(do_bind(s, "loop", 128))		\
	X(do_bind(s, "loop", 129)) X(do_bind(s, "unspec", 2))		\
	X(do_bind(s, "loop", 0x7fffffff)) X(bind(s->fd, NULL, 16))	\
	X(bind(s->fd, BAD, 16)) X(bind(s->fd, NULL, 0))			\
	X(do_connect(s, "srv", -1)) X(do_connect(s, "closed", -1))	\
	X(do_connect(s, "any", -1)) X(do_connect(s, "other", -1))	\
	X(do_connect(s, "unspec", -1)) X(do_connect(s, "unspec", 2))	\
	X(do_connect(s, "unspec", 16)) X(do_connect(s, "unix", -1))	\
	X(do_connect(s, "max", -1)) X(do_connect(s, "mcast", -1))	\
	X(do_connect(s, "bcast", -1)) X(do_connect(s, "loop", -1))	\
	X(do_connect(s, "srv", 0)) X(do_connect(s, "srv", 1))		\
	X(do_connect(s, "srv", 2)) X(do_connect(s, "srv", 15))		\
	X(do_connect(s, "srv", 16)) X(do_connect(s, "srv", 23))		\
	X(do_connect(s, "srv", 24)) X(do_connect(s, "srv", 128))	\
	X(do_connect(s, "srv", 129)) X(connect(s->fd, NULL, 16))	\
	X(connect(s->fd, BAD, 28)) X(connect(s->fd, NULL, 0))		\
	X(listen(s->fd, 0)) X(listen(s->fd, 5)) X(listen(s->fd, -1))	\
	X(descriptor(accept(s->fd, NULL, NULL)))			\
	X(do_accept(s, 0, 128)) X(do_accept(s, 0, 3))			\
	X(do_accept(s, SOCK_CLOEXEC, 0)) X(do_accept(s, 1, 128))	\
	X(do_accept(s, 0, -1))						\
	X(accept(s->fd, BAD, NULL)) X(accept(s->fd, BAD, BAD))		\
	X(do_name(s, 0, 128)) X(do_name(s, 0, 5)) X(do_name(s, 0, 0))	\
	X(do_name(s, 0, -1)) X(do_name(s, 1, 128)) X(do_name(s, 1, 5))	\
	X(do_name(s, 1, -1)) X(getsockname(s->fd, NULL, NULL))		\
	X(getpeername(s->fd, BAD, BAD))					\
	X(send(s->fd, "x", 1, 0)) X(send(s->fd, "", 0, 0))		\
	X(send(s->fd, NULL, 0, 0)) X(send(s->fd, BAD, 10, 0))		\
	X(send(s->fd, "x", 1, MSG_OOB)) X(send(s->fd, "x", 1, MSG_MORE))	\
	X(send(s->fd, "x", 1, MSG_EOR)) X(send(s->fd, "x", 1, MSG_DONTROUTE))	\
	X(send(s->fd, "x", 1, MSG_CONFIRM)) X(send(s->fd, "x", 1, MSG_PROXY))	\
	X(send(s->fd, "x", 1, MSG_ZEROCOPY)) X(send(s->fd, "x", 1, MSG_FASTOPEN))	\
	X(send(s->fd, "x", 1, MSG_ERRQUEUE)) X(send(s->fd, "x", 1, MSG_BATCH))	\
	X(send(s->fd, "x", 1, 0x08000000)) X(send(s->fd, "x", 1, 0x00800000))	\
	X(do_sendto(s, "srv", -1, 0)) X(do_sendto(s, "closed", -1, 0))	\
	X(do_sendto(s, "other", -1, 0)) X(do_sendto(s, "unspec", -1, 0))	\
	X(do_sendto(s, "unix", -1, 0)) X(do_sendto(s, "loop", -1, 0))	\
	X(do_sendto(s, "bcast", -1, 0)) X(do_sendto(s, "srv", 0, 0))	\
	X(do_sendto(s, "srv", 1, 0)) X(do_sendto(s, "srv", 2, 0))	\
	X(do_sendto(s, "srv", 15, 0)) X(do_sendto(s, "srv", 16, 0))	\
	X(do_sendto(s, "srv", 24, 0)) X(do_sendto(s, "srv", 128, 0))	\
	X(do_sendto(s, "srv", 129, 0)) X(do_sendto(s, "unspec", 2, 0))	\
	X(do_sendto(s, "srv", -1, MSG_FASTOPEN))			\
	X(do_sendto(s, "other", -1, MSG_FASTOPEN))			\
	X(do_sendto(s, "srv", 1, MSG_FASTOPEN))				\
	X(do_sendto(s, "closed", -1, MSG_FASTOPEN))			\
	X(sendto(s->fd, "x", 1, 0, NULL, 16)) X(sendto(s->fd, "x", 1, 0, BAD, 16))	\
	X(do_sendmsg(s, 0, 1, 0, 0)) X(do_sendmsg(s, 0, 0, 0, 0))	\
	X(do_sendmsg(s, 16, 1, 0, 0)) X(do_sendmsg(s, 28, 1, 0, 0))	\
	X(do_sendmsg(s, 200, 1, 0, 0)) X(do_sendmsg(s, 0, 2000, 0, 0))	\
	X(do_sendmsg(s, 0, 1, 8, 0)) X(do_sendmsg(s, 0, 1, 64, 0))	\
	X(do_sendmsg(s, 28, 1, 64, 0)) X(do_sendmsg(s, -1, 1, 0, 0))	\
	X(sendmsg(s->fd, BAD, 0)) X(recvmsg(s->fd, BAD, 0))		\
	X(do_recv(s, 10, 0)) X(do_recv(s, 0, 0)) X(do_recv(s, 2, MSG_PEEK))	\
	X(do_recv(s, 10, MSG_OOB)) X(do_recv(s, 10, MSG_ERRQUEUE))	\
	X(do_recv(s, 2, MSG_TRUNC)) X(do_recv(s, 2, MSG_TRUNC | MSG_PEEK))	\
	X(do_recv(s, 60, MSG_WAITALL)) X(do_recv(s, 10, MSG_CMSG_CLOEXEC))	\
	X(do_recv(s, 10, MSG_DONTWAIT | MSG_OOB | MSG_PEEK))		\
	X(recv(s->fd, NULL, 0, 0)) X(recv(s->fd, BAD, 10, 0))		\
	X(do_recvmsg(s, 128, 256, 0)) X(do_recvmsg(s, 3, 0, 0))		\
	X(do_recvmsg(s, 0, 4, MSG_PEEK)) X(do_recvmsg(s, 128, 256, MSG_ERRQUEUE))	\
	X(shutdown(s->fd, SHUT_RD)) X(shutdown(s->fd, SHUT_WR))		\
	X(shutdown(s->fd, SHUT_RDWR)) X(shutdown(s->fd, 3)) X(shutdown(s->fd, -1))	\
	X(do_poll(s)) X(do_mmap(s, PROT_READ)) X(do_mmap(s, PROT_READ | PROT_WRITE))	\
	X(do_sendfile(s)) X(do_splice_to(s))				\
	X(splice(s->fd, NULL, s->pipe[1], NULL, 4, 0))			\
	X(read(s->fd, BAD, 0)) X(write(s->fd, BAD, 0)) X(lseek(s->fd, 0, SEEK_SET))	\
	X(do_ioctl(s, FIONREAD, "")) X(do_ioctl(s, SIOCATMARK, ""))	\
	X(do_ioctl(s, SIOCOUTQ, "")) X(do_ioctl(s, SIOCOUTQNSD, ""))	\
	X(do_ioctl(s, SIOCGPGRP, "")) X(do_ioctl(s, SIOCGSTAMP, ""))	\
	X(do_ioctl(s, SIOCGSTAMPNS, "")) X(do_ioctl(s, SIOCGIFNAME, ""))	\
	X(do_ioctl(s, SIOCGIFFLAGS, "lo")) X(do_ioctl(s, SIOCGIFINDEX, "lo"))	\
	X(do_ioctl(s, SIOCGIFADDR, "lo")) X(do_ioctl(s, SIOCGIFMTU, "lo"))	\
	X(do_ioctl(s, SIOCGIFADDR, "nosuch")) X(do_ioctl(s, SIOCGIFNETMASK, "lo"))	\
	X(do_ioctl(s, SIOCGIFINDEX, "nosuch")) X(do_ioctl(s, 0x8953, ""))	\
	X(do_ioctl(s, SIOCPROTOPRIVATE, "")) X(do_ioctl(s, SIOCDEVPRIVATE, "lo"))	\
	X(do_ioctl(s, 0, "")) X(do_ioctl(s, 0xffffffff, "")) X(do_ioctl(s, TIOCOUTQ + 1, ""))	\
	X(ioctl(s->fd, FIONREAD, BAD)) X(ioctl(s->fd, SIOCGIFCONF, BAD))	\
	X(ioctl(s->fd, SIOCADDRT, BAD)) X(ioctl(s->fd, SIOCGSTAMP, BAD))	\
	X(ioctl(s->fd, SIOCGIFNAME, NULL)) X(ioctl(s->fd, SIOCSPGRP, BAD))	\
	X(do_option(s, SOL_SOCKET, SO_KEEPALIVE, 1)) X(do_option(s, SOL_SOCKET, SO_RCVBUF, 9000))	\
	X(do_option(s, SOL_SOCKET, SO_RCVLOWAT, 3)) X(do_option(s, SOL_SOCKET, SO_PEEK_OFF, 1))	\
	X(do_option(s, SOL_SOCKET, SO_BINDTOIFINDEX, 1)) X(do_option(s, SOL_SOCKET, 9999, 1))	\
	X(do_option(s, IPPROTO_TCP, 1, 1)) X(do_option(s, IPPROTO_TCP, 9999, 1))	\
	X(do_option(s, IPPROTO_TCP, 4, 30)) X(do_option(s, IPPROTO_TCP, 23, 5))	\
	X(do_option(s, IPPROTO_UDP, 1, 1)) X(do_option(s, IPPROTO_UDP, 103, 500))	\
	X(do_option(s, IPPROTO_UDP, 104, 1)) X(do_option(s, IPPROTO_UDP, 9999, 1))	\
	X(do_option(s, 254, 1, 1)) X(do_option(s, -1, 1, 1)) X(do_option(s, 255, 3, 1))	\
	X(do_get(s, SOL_SOCKET, SO_ERROR)) X(do_get(s, SOL_SOCKET, SO_ACCEPTCONN))	\
	X(do_get(s, SOL_SOCKET, SO_TYPE)) X(do_get(s, SOL_SOCKET, SO_SNDBUF))	\
	X(do_get(s, IPPROTO_TCP, 2)) X(do_get(s, IPPROTO_TCP, 9999))	\
	X(do_get(s, IPPROTO_UDP, 9999)) X(do_get(s, 254, 1))		\
	X(fcntl(s->fd, F_GETFL)) X(fcntl(s->fd, F_SETPIPE_SZ, 4096))	\
	X(ftruncate(s->fd, 0)) X(fsync(s->fd))

#define AS_CASE(call)	case __COUNTER__ - CALL_BASE: return call;
#define AS_NAME(call)	#call,

enum { CALL_BASE = __COUNTER__ + 1 };

static long make_call(struct side *s, int nr)
{
	switch (nr) {
	CALLS(AS_CASE)
	}
	return -3;
}

static const char * const call_names[] = { CALLS(AS_NAME) };

/* Those that settle a family are compared where it is settled by the domain. */
static const struct { int level[2], option, value; } family_options[] = {
	{ { IPPROTO_IP, IPPROTO_IPV6 }, 1, 1 }, { { IPPROTO_IP, IPPROTO_IPV6 }, 2, 64 },
	{ { IPPROTO_IP, IPPROTO_IPV6 }, 8, 1 }, { { IPPROTO_IP, IPPROTO_IPV6 }, 11, 1 },
	{ { IPPROTO_IP, IPPROTO_IPV6 }, 16, 1 }, { { IPPROTO_IPV6, IPPROTO_IP }, 26, 1 },
	{ { IPPROTO_IPV6, IPPROTO_IP }, 1, 2 }, { { IPPROTO_IPV6, IPPROTO_IP }, 49, 1 },
	{ { IPPROTO_IP, IPPROTO_IPV6 }, 9999, 1 }, { { IPPROTO_IPV6, IPPROTO_IP }, 9999, 1 },
};

/* ---- states ---- */

static int state_bind(struct side *s)
{
	return do_bind(s, "loop", -1);
}

static int state_listen(struct side *s)
{
	return do_bind(s, "loop", -1) || listen(s->fd, 4);
}

/* A connection waits to be accepted. */
static int state_pending(struct side *s)
{
	union zs_addr a;
	socklen_t len = sizeof(a);

	if (state_listen(s) || getsockname(s->fd, &a.sa, &len))
		return -1;
	s->peer = socket(s->family, SOCK_STREAM, 0);
	return connect(s->peer, &a.sa, len) || zs_poll(s->fd, POLLIN, 5000) != POLLIN;
}

static int server_fd;

static int state_connect(struct side *s)
{
	union zs_addr a;
	socklen_t len = sizeof(a);

	if (connect(s->fd, &s->srv.sa, zs_len(s->family)) && errno != EINPROGRESS)
		return -1;
	if (zs_poll(s->fd, POLLOUT, 5000) != POLLOUT)
		return -1;
	if (zs_getint(s->fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM) {
		s->peer = accept(server_fd, NULL, NULL);
		return s->peer < 0;
	}
	/* A peer that only this socket hears. */
	s->peer = dup(server_fd);
	return getsockname(s->fd, &a.sa, &len);
}

static int give(struct side *s, const char *data, size_t len, int flags)
{
	union zs_addr a;
	socklen_t alen = sizeof(a);

	if (getsockname(s->fd, &a.sa, &alen))
		return -1;
	if (zs_getint(s->fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM)
		alen = 0;
	if (sendto(s->peer, data, len, flags, alen ? &a.sa : NULL, alen) != (ssize_t)len)
		return -1;
	return zs_poll(s->fd, POLLIN | POLLPRI, 5000) <= 0;
}

static int state_data(struct side *s)
{
	return state_connect(s) || give(s, "some data", 9, 0);
}

static int state_urgent(struct side *s)
{
	return state_connect(s) || give(s, "urgent!", 7, MSG_OOB);
}

static int state_shut_rd(struct side *s)
{
	return state_connect(s) || shutdown(s->fd, SHUT_RD);
}

static int state_shut_wr(struct side *s)
{
	int left = 1, tries;

	if (state_connect(s) || shutdown(s->fd, SHUT_WR))
		return -1;
	if (zs_getint(s->fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM)
		return 0;
	/* The FIN counts as unsent until the peer has acknowledged it. */
	for (tries = 0; left && tries < 1000; tries++) {
		if (ioctl(s->fd, SIOCOUTQ, &left))
			return -1;
		zs_sleep_ms(left ? 1 : 0);
	}
	return left;
}

static int state_peer_closed(struct side *s)
{
	return state_connect(s) || shutdown(s->peer, SHUT_WR) ||
	       zs_poll(s->fd, POLLRDHUP, 5000) <= 0;
}

static int state_peer_reset(struct side *s)
{
	struct linger lin = { 1, 0 };

	if (state_connect(s) || setsockopt(s->peer, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin)))
		return -1;
	close(s->peer);
	s->peer = -1;
	return zs_poll(s->fd, POLLRDHUP, 5000) <= 0;
}

static int state_refused(struct side *s)
{
	do_connect(s, "closed", -1);
	if (zs_getint(s->fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM && send(s->fd, "x", 1, 0) != 1)
		return -1;
	return zs_poll(s->fd, 0, 5000) <= 0;
}

static int state_disconnected(struct side *s)
{
	return state_connect(s) || do_connect(s, "unspec", -1);
}

static int state_none(struct side *s __attribute__((unused)))
{
	return 0;
}

/* ---- the comparison ---- */

struct outcome {
	long ret;
	int err;
	int mask;
	int error;
	size_t outlen;
	unsigned char out[160];
	unsigned char names[2][64];
};

static void observe(struct side *s, struct outcome *o)
{
	memcpy(o->out, s->out, s->outlen);
	o->outlen = s->outlen;
	o->mask = zs_poll(s->fd, 0x3fff, 0);
	o->error = zs_getint(s->fd, SOL_SOCKET, SO_ERROR);
	memset(s->out, 0, sizeof(s->out));
	memset(o->names, 0, sizeof(o->names));
	if (!do_name(s, 0, 128))
		memcpy(o->names[0], s->out, 40);
	memset(s->out, 0, sizeof(s->out));
	if (!do_name(s, 1, 128))
		memcpy(o->names[1], s->out, 40);
}

FIXTURE(parity) {
	struct side model;
	int server;
	int compared;
	int differ;
};

FIXTURE_VARIANT(parity) {
	int domain;
	int family;
	int type;
};

FIXTURE_VARIANT_ADD(parity, stream4) { AF_INET, AF_INET, SOCK_STREAM };
FIXTURE_VARIANT_ADD(parity, stream6) { AF_INET6, AF_INET6, SOCK_STREAM };
FIXTURE_VARIANT_ADD(parity, dgram4) { AF_INET, AF_INET, SOCK_DGRAM };
FIXTURE_VARIANT_ADD(parity, dgram6) { AF_INET6, AF_INET6, SOCK_DGRAM };
FIXTURE_VARIANT_ADD(parity, stream_auto4) { 0, AF_INET, SOCK_STREAM };
FIXTURE_VARIANT_ADD(parity, stream_auto6) { 0, AF_INET6, SOCK_STREAM };
FIXTURE_VARIANT_ADD(parity, dgram_auto4) { 0, AF_INET, SOCK_DGRAM };
FIXTURE_VARIANT_ADD(parity, dgram_auto6) { 0, AF_INET6, SOCK_DGRAM };

FIXTURE_SETUP(parity)
{
	socklen_t len = zs_loopback(&self->model.srv, variant->family, 0);

	zs_auto_family = variant->family;
	if (!geteuid())
		ASSERT_EQ(0, zs_new_netns());
	self->model.family = variant->family;
	self->model.peer = -1;
	ASSERT_EQ(0, pipe2(self->model.pipe, O_NONBLOCK));
	self->model.file = memfd_create("file", 0);
	ASSERT_EQ(4, write(self->model.file, "data", 4));
	zs_closed_port(variant->family, variant->type, &self->model.closed);
	server_fd = socket(variant->family, variant->type, 0);
	ASSERT_EQ(0, bind(server_fd, &self->model.srv.sa, len));
	ASSERT_EQ(0, getsockname(server_fd, &self->model.srv.sa, &len));
	if (variant->type == SOCK_STREAM)
		ASSERT_EQ(0, listen(server_fd, 1000));
}

FIXTURE_TEARDOWN(parity)
{
}

static void open_side(struct side *s, const struct side *model, int fd)
{
	*s = *model;
	s->fd = fd;
}

static void close_side(struct side *s)
{
	char buf[64];

	close(s->fd);
	if (s->peer >= 0)
		close(s->peer);
	while (read(s->pipe[0], buf, sizeof(buf)) > 0)
		;
	/* Whatever the call sent to the server is not for the next one. */
	while (recv(server_fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
}

/* Connections that a call made and nobody took. */
static void drain_server(void)
{
	int fd;

	fcntl(server_fd, F_SETFL, O_NONBLOCK);
	while ((fd = accept(server_fd, NULL, NULL)) >= 0)
		close(fd);
	fcntl(server_fd, F_SETFL, 0);
}

/* 0: done; else the state cannot be reached with this socket. */
static int run_side(struct side *s, int (*reach)(struct side *), int nr, struct outcome *o)
{
	memset(o, 0, sizeof(*o));
	if (reach(s))
		return -1;
	memset(s->out, 0, sizeof(s->out));
	s->outlen = 0;
	errno = 0;
	if (nr < (int)ARRAY_SIZE(call_names)) {
		o->ret = make_call(s, nr);
	} else {
		int level = family_options[nr - ARRAY_SIZE(call_names)].level[s->family != AF_INET];

		o->ret = do_option(s, level, family_options[nr - ARRAY_SIZE(call_names)].option,
				   family_options[nr - ARRAY_SIZE(call_names)].value);
	}
	o->err = o->ret < 0 ? errno : 0;
	observe(s, o);
	return 0;
}

/*
 * Where the design promises more than AF_INET keeps. "A failed call changes nothing": AF_INET
 * binds a datagram socket without a port to one and then finds the address to be wrong, or that
 * there is none. "An address of
 * another family: EAFNOSUPPORT": UDP over IPv6 says EINVAL if it is neither of its two.
 */
static bool promised(struct outcome *a, const struct outcome *b, bool fresh)
{
	struct outcome like = *b;

	if (a->ret != -1 || b->ret != -1)
		return false;
	if (fresh && a->err == EINVAL && b->err == EAFNOSUPPORT)
		like.err = EINVAL;
	/* The name differs in the port, which is noted as 0 or 1. */
	if (!b->names[0][6] && !b->names[0][7])
		memcpy(like.names[0] + 6, a->names[0] + 6, 2);
	return !memcmp(a, &like, sizeof(like));
}

/* A name as getsockname() gave it: the length, then the address. */
static void report_name(const char *what, const unsigned char *a, const unsigned char *b)
{
	int i;

	if (!memcmp(a, b, 40))
		return;
	fprintf(stderr, " %s ", what);
	for (i = 4; i < 12; i++)
		fprintf(stderr, "%02x", a[i]);
	fprintf(stderr, "/");
	for (i = 4; i < 12; i++)
		fprintf(stderr, "%02x", b[i]);
}

static void report(const char *state, int nr, const struct outcome *a, const struct outcome *b)
{
	char option[40];
	int f = nr - (int)ARRAY_SIZE(call_names);

	if (f >= 0)
		snprintf(option, sizeof(option), "family_option(%d, %d)",
			 family_options[f].level[zs_auto_family != AF_INET],
			 family_options[f].option);
	fprintf(stderr, "# %s, %s: expected %ld %s, got %ld %s;", state,
		nr < (int)ARRAY_SIZE(call_names) ? call_names[nr] : option,
		a->ret, a->err ? strerrorname_np(a->err) : "-",
		b->ret, b->err ? strerrorname_np(b->err) : "-");
	if (a->mask != b->mask)
		fprintf(stderr, " poll %x/%x", a->mask, b->mask);
	if (a->error != b->error)
		fprintf(stderr, " SO_ERROR %d/%d", a->error, b->error);
	if (a->outlen != b->outlen || memcmp(a->out, b->out, a->outlen))
		fprintf(stderr, " data");
	report_name("getsockname", a->names[0], b->names[0]);
	report_name("getpeername", a->names[1], b->names[1]);
	fprintf(stderr, "\n");
}

/*
 * Every call on a fresh socket; in the other states each test takes every so many, so that all
 * of it stays within a minute on the slowest kernel. ZSOCK_PARITY=all takes them all.
 */
static int stride(int domain, int (*reach)(struct side *))
{
	const char *env = getenv("ZSOCK_PARITY");

	if (reach == state_none || (env && !strcmp(env, "all")))
		return 1;
	return domain ? 11 : 37;
}

static void compare(struct __test_metadata *_metadata, FIXTURE_DATA(parity) *self,
		    const FIXTURE_VARIANT(parity) *variant, const char *state,
		    int (*reach)(struct side *))
{
	int nr, calls = ARRAY_SIZE(call_names) + ARRAY_SIZE(family_options);
	int type = variant->type | SOCK_NONBLOCK;
	int step = stride(variant->domain, reach);

	for (nr = strlen(state) % step; nr < calls; nr += step) {
		struct side ref, s;
		struct outcome a, b;
		int r1, r2;

		open_side(&ref, &self->model, zs_model(variant->family, type));
		open_side(&s, &self->model, zs_socket(variant->domain, type, 0));
		r1 = run_side(&ref, reach, nr, &a);
		r2 = run_side(&s, reach, nr, &b);
		ASSERT_EQ(0, r1);
		ASSERT_EQ(0, r2);
		self->compared++;
		if (memcmp(&a, &b, sizeof(a)) && !promised(&a, &b, reach == state_none)) {
			self->differ++;
			report(state, nr, &a, &b);
		}
		close_side(&ref);
		close_side(&s);
		if (variant->type == SOCK_STREAM)
			drain_server();
	}
	EXPECT_EQ(0, self->differ);
}

#define PARITY(name, reach, needs_stream, settles)				\
TEST_F(parity, name)								\
{										\
	if (needs_stream && variant->type != SOCK_STREAM)			\
		SKIP(return, "for streams only");				\
	if (!settles && !variant->domain)					\
		SKIP(return, "nothing settled the family: no counterpart");	\
	compare(_metadata, self, variant, #name, reach);			\
}

PARITY(fresh, state_none, false, false)
PARITY(bound, state_bind, false, true)
PARITY(listening, state_listen, true, true)
PARITY(pending, state_pending, true, true)
PARITY(connected, state_connect, false, true)
PARITY(data_waits, state_data, false, true)
PARITY(urgent_waits, state_urgent, true, true)
PARITY(shut_for_reading, state_shut_rd, false, true)
PARITY(shut_for_writing, state_shut_wr, false, true)
PARITY(peer_closed, state_peer_closed, true, true)
PARITY(peer_reset, state_peer_reset, true, true)
PARITY(refused, state_refused, false, true)
PARITY(disconnected, state_disconnected, false, true)

TEST_HARNESS_MAIN
