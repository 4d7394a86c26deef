/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The calls without prefix, as libzsock's. The declarations that Linux's headers
 * have made are made once more, with the name that the linker is to look for: so
 * no word of the program is replaced, members of structures that are called
 * close or send are left alone, and pointers to functions are right, too.
 *
 * Where glibc itself has put another name or an inline function in place
 * (_FORTIFY_SOURCE; large files and times on 32 bits), that cannot be done a
 * second time, and a macro with arguments does it.
 */
#ifndef _ZSOCK_ZEPHYR_POSIX_NAMES_H
#define _ZSOCK_ZEPHYR_POSIX_NAMES_H

#include <zephyr/net/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What has no twin of the same type among Zephyr's calls. */
int zsk_posix_fcntl(int fd, int cmd, ...);
int zsk_posix_ioctl(int fd, unsigned long request, ...);
ssize_t zsk_posix_read(int fd, void *buf, size_t size);
ssize_t zsk_posix_write(int fd, const void *buf, size_t size);
int zsk_posix_poll(struct pollfd *fds, nfds_t nfds, int timeout);
int zsk_posix_select(int nfds, fd_set *readfds, fd_set *writefds,
		     fd_set *exceptfds, struct timeval *timeout)
#if defined(_TIME_BITS) && _TIME_BITS == 64 && __SIZEOF_LONG__ == 4
	__asm__("zsk_posix_select_time64")
#endif
	;

#define ZSK_NAME(call, name)	extern __typeof__(call) call __asm__(name)

ZSK_NAME(socket, "zsock_socket");
ZSK_NAME(socketpair, "zsock_socketpair");
ZSK_NAME(close, "zsock_close");
ZSK_NAME(shutdown, "zsock_shutdown");
ZSK_NAME(bind, "zsock_bind");
ZSK_NAME(connect, "zsock_connect");
ZSK_NAME(listen, "zsock_listen");
ZSK_NAME(accept, "zsock_accept");
ZSK_NAME(send, "zsock_send");
ZSK_NAME(sendto, "zsock_sendto");
ZSK_NAME(getpeername, "zsock_getpeername");
ZSK_NAME(getsockname, "zsock_getsockname");
ZSK_NAME(inet_pton, "zsock_inet_pton");
ZSK_NAME(getaddrinfo, "zsock_getaddrinfo");
ZSK_NAME(freeaddrinfo, "zsock_freeaddrinfo");
ZSK_NAME(gai_strerror, "zsock_gai_strerror");
ZSK_NAME(getnameinfo, "zsock_getnameinfo");
ZSK_NAME(write, "zsk_posix_write");

#if defined(__USE_FORTIFY_LEVEL) && __USE_FORTIFY_LEVEL > 0
#define recv(fd, buf, len, flags)	zsock_recv(fd, buf, len, flags)
#define recvfrom(fd, buf, len, flags, addr, addrlen) \
	zsock_recvfrom(fd, buf, len, flags, addr, addrlen)
#define poll(fds, nfds, timeout)	zsk_posix_poll(fds, nfds, timeout)
#define read(fd, buf, len)		zsk_posix_read(fd, buf, len)
#define gethostname(buf, len)		zsock_gethostname(buf, len)
#define inet_ntop(family, src, dst, size)	zsock_inet_ntop(family, src, dst, size)
#else
ZSK_NAME(recv, "zsock_recv");
ZSK_NAME(recvfrom, "zsock_recvfrom");
ZSK_NAME(poll, "zsk_posix_poll");
ZSK_NAME(read, "zsk_posix_read");
ZSK_NAME(gethostname, "zsock_gethostname");
ZSK_NAME(inet_ntop, "zsock_inet_ntop");
#endif

#ifdef __USE_FILE_OFFSET64
#define fcntl(...)	zsk_posix_fcntl(__VA_ARGS__)
#else
ZSK_NAME(fcntl, "zsk_posix_fcntl");
#endif

#ifdef __USE_TIME_BITS64
#define ioctl(...)	zsk_posix_ioctl(__VA_ARGS__)
#define select(n, r, w, e, t)	zsk_posix_select(n, r, w, e, t)
#define sendmsg(fd, msg, flags)	zsock_sendmsg(fd, msg, flags)
#define recvmsg(fd, msg, flags)	zsock_recvmsg(fd, msg, flags)
#define getsockopt(fd, level, name, val, len) \
	zsock_getsockopt(fd, level, name, val, len)
#define setsockopt(fd, level, name, val, len) \
	zsock_setsockopt(fd, level, name, val, len)
#else
ZSK_NAME(ioctl, "zsk_posix_ioctl");
ZSK_NAME(select, "zsk_posix_select");
ZSK_NAME(sendmsg, "zsock_sendmsg");
ZSK_NAME(recvmsg, "zsock_recvmsg");
ZSK_NAME(getsockopt, "zsock_getsockopt");
ZSK_NAME(setsockopt, "zsock_setsockopt");
#endif

#ifdef __cplusplus
}
#endif

#endif
