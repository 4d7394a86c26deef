// SPDX-License-Identifier: GPL-2.0
/* In-kernel sockets: what one is, and whom it is connected with. */
#include <linux/slab.h>
#include <net/tcp_states.h>

#include "../proto/socks5.h"
#include "../tls/tls.h"
#include "kpi.h"

/* Whether data can pass: a proxy's and TLS's handshakes are done. Any context. */
bool zsock_sock_connected(const struct socket *sock)
{
	const struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_socks5 *s5;
	int state;

	if (!zsock_table(zs))
		return false;
	s5 = READ_ONCE(zs->socks5);
	if (s5 && zsock_socks5_busy(zsock_socks5_state(s5)))
		return false;
	if (zsock_tls_is(sock) && zsock_tls_state(zs->priv) != ZSOCK_TLS_OPEN)
		return false;
	state = zsock_connect_state(sock);
	return (1 << state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT |
			       TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2);
}

/* The address's length, or a negative errno. */
static int zsock_name(struct zsock_socket *so, bool peer,
		      struct sockaddr_storage *addr)
{
	struct socket *sock = so->sock;
	struct zsock_call call;
	int ret;

	ret = zsock_enter(so, &call);
	if (ret)
		return ret;
	memset(addr, 0, sizeof(*addr));
	ret = READ_ONCE(sock->ops)->getname(sock, (struct sockaddr *)addr,
					    peer);
	zsock_leave(so, &call);
	return ret;
}

static int zsock_copy_name(struct zsock_socket *so, bool peer,
			   struct sockaddr *addr, int len)
{
	struct sockaddr_storage name;
	int ret;

	if (len < 0)
		return -EINVAL;
	ret = zsock_name(so, peer, &name);
	if (ret < 0)
		return ret;
	memcpy(addr, &name, min(ret, len));
	return 0;
}

/**
 * zsock_getpeername - the address that a socket is connected with
 * @so: socket
 * @peername: where it goes
 * @len: room there; what is longer is cut off
 *
 * Return: 0; -ENOTCONN; -EINVAL if @len is negative; -ESHUTDOWN.
 */
int zsock_getpeername(struct zsock_socket *so, struct sockaddr *peername,
		      int len)
{
	return zsock_copy_name(so, true, peername, len);
}
EXPORT_SYMBOL_GPL(zsock_getpeername);

/**
 * zsock_getsockname - a socket's own address
 * @so: socket
 * @sockname: where it goes
 * @len: room there; what is longer is cut off
 *
 * Return: 0; -EINVAL if @len is negative; -ESHUTDOWN; an error of the dispatch.
 */
int zsock_getsockname(struct zsock_socket *so, struct sockaddr *sockname,
		      int len)
{
	return zsock_copy_name(so, false, sockname, len);
}
EXPORT_SYMBOL_GPL(zsock_getsockname);

/**
 * zsock_getaddr - an address of a socket, in memory of its own
 * @so: socket
 * @psockname: the address, to be freed with zsock_freeaddr()
 * @peername: the peer's, not its own
 *
 * Return: 0; -ENOMEM; as zsock_getpeername() and zsock_getsockname().
 */
int zsock_getaddr(struct zsock_socket *so, struct sockaddr **psockname,
		  bool peername)
{
	struct sockaddr_storage name;
	void *addr;
	int ret;

	ret = zsock_name(so, peername, &name);
	if (ret < 0)
		return ret;
	/* Whoever reads it may do so by the type of any family. */
	addr = kmemdup(&name, sizeof(name), GFP_KERNEL);
	if (!addr)
		return -ENOMEM;
	*psockname = addr;
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_getaddr);

/**
 * zsock_freeaddr - free what zsock_getaddr() gave
 * @sockname: the address, or NULL
 *
 * Context: any.
 */
void zsock_freeaddr(struct sockaddr *sockname)
{
	kfree(sockname);
}
EXPORT_SYMBOL_GPL(zsock_freeaddr);

/**
 * zsock_gettype - what a socket was opened as
 * @so: socket
 * @domain: AF_INET, AF_INET6, or 0; the parameter may be NULL, as the others
 * @type: SOCK_STREAM, ...
 * @protocol: IPPROTO_*; where it was opened with 0, what that stands for
 *
 * Return: 0, or -ESHUTDOWN.
 */
int zsock_gettype(struct zsock_socket *so, int *domain, int *type,
		  int *protocol)
{
	const struct zsock_sock *zs;
	struct zsock_call call;
	int err;

	err = zsock_enter(so, &call);
	if (err)
		return err;
	zs = zsock_sk(so->sock);
	if (domain)
		*domain = zs->domain;
	if (type)
		*type = so->sock->type;
	if (protocol)
		*protocol = zs->protocol;
	zsock_leave(so, &call);
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_gettype);

/**
 * zsock_isconnected - whether a socket is connected
 * @so: socket
 *
 * A secure socket is when its handshake has succeeded. One that the peer has
 * closed, or that was shut down in one direction, still is.
 *
 * Context: any, locked upcalls included.
 * Return: whether it is; false if it is defunct.
 */
bool zsock_isconnected(struct zsock_socket *so)
{
	bool connected;

	if (!zsock_enter_count(so))
		return false;
	connected = zsock_sock_connected(so->sock);
	zsock_leave_count(so);
	return connected;
}
EXPORT_SYMBOL_GPL(zsock_isconnected);

/**
 * zsock_isnonblocking - whether calls on a socket return instead of waiting
 * @so: socket
 *
 * The ioctl FIONBIO says whether they do. Of a program's socket it is also the
 * program's O_NONBLOCK.
 *
 * Context: any, locked upcalls included.
 * Return: whether they do.
 */
bool zsock_isnonblocking(struct zsock_socket *so)
{
	bool nonblock = test_bit(ZSOCK_KPI_NONBLOCK, &so->flags);

	if (nonblock || !so->file ||
	    !zsock_enter_count(so))
		return nonblock;
	nonblock = READ_ONCE(so->file->f_flags) & O_NONBLOCK;
	zsock_leave_count(so);
	return nonblock;
}
EXPORT_SYMBOL_GPL(zsock_isnonblocking);

/**
 * zsock_iskernel - whether the kernel itself opened a socket
 * @so: socket
 *
 * Context: any, locked upcalls included.
 * Return: true, but for those of zsock_socket_from_fd(), and what these accept.
 */
bool zsock_iskernel(struct zsock_socket *so)
{
	return !test_bit(ZSOCK_KPI_USER, &so->flags);
}
EXPORT_SYMBOL_GPL(zsock_iskernel);
