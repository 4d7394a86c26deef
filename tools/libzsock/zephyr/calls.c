// SPDX-License-Identifier: GPL-2.0
/*
 * The calls that are Linux's, unless the program implements the socket. Each is
 * as thin as can be: a descriptor of the module goes straight to the kernel.
 */
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "internal.h"

int zsock_socket(int family, int type, int proto)
{
	return zsk__make(family, type, proto);
}

int zsock_socketpair(int family, int type, int proto, int *sv)
{
	return zsk__native_pair(family, type, proto, sv);
}

int zsock_close(int sock)
{
	struct zsk__own *own = zsk__get(sock);

	if (own)
		return zsk__close(own, sock);
	if (likely(!atomic_load_explicit(&zsk__owns, memory_order_relaxed)) ||
	    !zsk__busy(sock))
		return close(sock);
	errno = EBADF;
	return -1;
}

int zsock_shutdown(int sock, int how)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, shutdown, how) : shutdown(sock, how);
}

int zsock_bind(int sock, const struct sockaddr *addr, socklen_t addrlen)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, bind, addr, addrlen) :
		     bind(sock, addr, addrlen);
}

int zsock_connect(int sock, const struct sockaddr *addr, socklen_t addrlen)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, connect, addr, addrlen) :
		     connect(sock, addr, addrlen);
}

int zsock_listen(int sock, int backlog)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, listen, backlog) :
		     listen(sock, backlog);
}

int zsock_accept(int sock, struct sockaddr *addr, socklen_t *addrlen)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, accept, addr, addrlen) :
		     accept(sock, addr, addrlen);
}

ssize_t zsock_sendto(int sock, const void *buf, size_t len, int flags,
		     const struct sockaddr *dest_addr, socklen_t addrlen)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, sendto, buf, len, flags, dest_addr,
			      addrlen) :
		     sendto(sock, buf, len, flags, dest_addr, addrlen);
}

ssize_t zsock_send(int sock, const void *buf, size_t len, int flags)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, sendto, buf, len, flags, NULL, 0) :
		     send(sock, buf, len, flags);
}

ssize_t zsock_sendmsg(int sock, const struct msghdr *msg, int flags)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, sendmsg, msg, flags) :
		     sendmsg(sock, msg, flags);
}

ssize_t zsock_recvfrom(int sock, void *buf, size_t max_len, int flags,
		       struct sockaddr *src_addr, socklen_t *addrlen)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, recvfrom, buf, max_len, flags,
			      src_addr, addrlen) :
		     recvfrom(sock, buf, max_len, flags, src_addr, addrlen);
}

ssize_t zsock_recv(int sock, void *buf, size_t max_len, int flags)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, recvfrom, buf, max_len, flags, NULL,
			      NULL) :
		     recv(sock, buf, max_len, flags);
}

ssize_t zsock_recvmsg(int sock, struct msghdr *msg, int flags)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, recvmsg, msg, flags) :
		     recvmsg(sock, msg, flags);
}

int zsock_getpeername(int sock, struct sockaddr *addr, socklen_t *addrlen)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, getpeername, addr, addrlen) :
		     getpeername(sock, addr, addrlen);
}

int zsock_getsockname(int sock, struct sockaddr *addr, socklen_t *addrlen)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, getsockname, addr, addrlen) :
		     getsockname(sock, addr, addrlen);
}

static int own_ioctl(struct zsk__own *own, int fd, unsigned int request, ...)
{
	va_list ap;
	int ret;

	va_start(ap, request);
	ret = ZSK_CALL(own, fd, fd_vtable.ioctl, request, ap);
	va_end(ap);
	return ret;
}

int zsock_fcntl(int sock, int cmd, int flags)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? own_ioctl(own, sock, cmd, flags) : fcntl(sock, cmd, flags);
}

/* Every request that sockets have takes one argument, a pointer or a long. */
int zsock_ioctl(int sock, unsigned long request, va_list ap)
{
	struct zsk__own *own = zsk__get(sock);

	return own ? ZSK_CALL(own, sock, fd_vtable.ioctl, request, ap) :
		     ioctl(sock, request, va_arg(ap, void *));
}

/*
 * The cookie of a socket is not 0, is no other's, and is the same whatever
 * descriptor it is asked through: what one needs of an address nobody follows.
 */
void *zsock_get_context_object(int sock)
{
	struct zsk__own *own = zsk__get(sock);
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	void *obj;

	if (own) {
		obj = own->obj;
		zsk__put(own, sock);
		return obj;
	}
	if (getsockopt(sock, SOL_SOCKET, SO_COOKIE, &cookie, &len))
		return NULL;
	return (void *)(uintptr_t)cookie;
}
