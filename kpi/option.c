// SPDX-License-Identifier: GPL-2.0
/* In-kernel sockets: options and ioctls; what this API itself has of them. */
#include <linux/in6.h>
#include <net/tcp.h>

#include <asm/ioctls.h>

#include "../tls/tls.h"
#include "kpi.h"

/**
 * zsock_setsockopt - set an option
 * @so: socket
 * @level: SOL_SOCKET, SOL_TLS, SOL_ZSOCK, SOL_TCP, SOL_IP, ...
 * @optname: its number
 * @optval: value, in the kernel's memory
 * @optlen: length of it
 *
 * Where a privilege is needed it is asked of the caller's credentials: see
 * zsock_setpriv(). Of a value that has pointers in it, these are still a
 * program's.
 *
 * Return: 0; -EINVAL, -ENOPROTOOPT, -EPERM, ... as setsockopt(); -ESHUTDOWN.
 */
int zsock_setsockopt(struct zsock_socket *so, int level, int optname,
		     const void *optval, int optlen)
{
	struct zsock_call call;
	int err;

	err = zsock_enter(so, &call);
	if (err)
		return err;
	err = do_sock_setsockopt(so->sock, false, level, optname,
				 KERNEL_SOCKPTR((void *)optval), optlen);
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_setsockopt);

/* ---- ioctl() ---- */

/* How many bytes of a secure socket can be read, TLS's own not counted. */
static int zsock_inq_tls(struct socket *sock, int *n)
{
	if (zsock_tls_state(zsock_priv(sock)) != ZSOCK_TLS_OPEN) {
		*n = 0;
		return inet_sk_state_load(sock->sk) == TCP_LISTEN ? -EINVAL : 0;
	}
	*n = zsock_tls_readable(sock);
	return min(*n, 0);
}

/* The protocol's ioctls that tell a number. */
static int zsock_count_ioctl(struct socket *sock, unsigned int cmd, int *n)
{
	struct sock *sk;
	int err;

	err = zsock_dispatch(sock, AF_UNSPEC);
	if (err)
		return err;
	sk = sock->sk;
	if (cmd == SIOCINQ && zsock_tls_is(sock))
		return zsock_inq_tls(sock, n);
	if (!sk->sk_prot->ioctl)
		return -ENOTTY;
	err = sk->sk_prot->ioctl(sk, cmd, n);
	return err == -ENOIOCTLCMD ? -ENOTTY : err;
}

static int zsock_do_ioctl(struct zsock_socket *so, unsigned int cmd, int *n)
{
	switch (cmd) {
	case FIONBIO:
		if (*n)
			set_bit(ZSOCK_KPI_NONBLOCK, &so->flags);
		else
			clear_bit(ZSOCK_KPI_NONBLOCK, &so->flags);
		return 0;
	case SIOCINQ:
	case SIOCOUTQ:
	case SIOCOUTQNSD:
	case SIOCATMARK:
		return zsock_count_ioctl(so->sock, cmd, n);
	default:
		return -ENOTTY;
	}
}

/**
 * zsock_ioctl - ioctl()
 * @so: socket
 * @request: FIONBIO, FIONREAD or SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK
 * @argp: an int, in the kernel's memory
 *
 * FIONBIO has the calls of this API on @so return instead of waiting, or not;
 * a program whose socket it is keeps its own O_NONBLOCK. What asks about
 * devices and routes is for other interfaces of the kernel.
 *
 * Return: 0; -ENOTTY for others; -EINVAL of a listener; -ESHUTDOWN.
 */
int zsock_ioctl(struct zsock_socket *so, unsigned long request, void *argp)
{
	struct zsock_call call;
	int err, n;

	err = zsock_enter(so, &call);
	if (err)
		return err;
	n = request == FIONBIO ? *(int *)argp : 0;
	err = zsock_do_ioctl(so, request, &n);
	if (!err && request != FIONBIO)
		*(int *)argp = n;
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_ioctl);

/* ---- who calls, and who may disturb ---- */

static int zsock_set_flag(struct zsock_socket *so, int flag, bool on)
{
	if (zsock_ended(so))
		return -ESHUTDOWN;
	if (on)
		set_bit(flag, &so->flags);
	else
		clear_bit(flag, &so->flags);
	return 0;
}

/**
 * zsock_setpriv - have calls on a socket judged as the kernel's own
 * @so: socket
 * @on: or as the calling task's again, as they are at first
 *
 * The kernel's credentials may bind to any port and set any option. An upcall
 * that may sleep has them anyway.
 *
 * Context: any.
 * Return: 0, or -ESHUTDOWN.
 */
int zsock_setpriv(struct zsock_socket *so, bool on)
{
	return zsock_set_flag(so, ZSOCK_KPI_PRIV, on);
}
EXPORT_SYMBOL_GPL(zsock_setpriv);

/**
 * zsock_nointerrupt - have signals not interrupt calls on a socket
 * @so: socket
 * @on: or have them do so again, as at first
 *
 * SIGKILL does in any case.
 *
 * Context: any.
 * Return: 0, or -ESHUTDOWN.
 */
int zsock_nointerrupt(struct zsock_socket *so, bool on)
{
	return zsock_set_flag(so, ZSOCK_KPI_NOINTR, on);
}
EXPORT_SYMBOL_GPL(zsock_nointerrupt);
