// SPDX-License-Identifier: GPL-2.0
/*
 * Programs on AF_VSOCK that think in IP addresses: the calls with an address in
 * them. An AF_VSOCK port has 32 bits, a program's has 16; whatever is bound here
 * without a port named gets one that fits.
 */
#include <linux/random.h>
#include <net/af_vsock.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "vsock.h"

static const struct zsock_vsock_map *zsock_vsock_map(const struct zsock_sock *zs)
{
	return &zs->zn->vsock;
}

/* ---- addresses in ---- */

static int zsock_vsock_name_in(const struct sockaddr_in *sin, int len,
			       struct zsock_vsock_name *name)
{
	if (len < (int)sizeof(*sin))
		return -EINVAL;
	if (sin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	ipv6_addr_set_v4mapped(sin->sin_addr.s_addr, &name->ip);
	name->port = ntohs(sin->sin_port);
	return 0;
}

static int zsock_vsock_name_in6(const struct sockaddr_in6 *sin6, int len,
				struct zsock_vsock_name *name)
{
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (sin6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	name->ip = sin6->sin6_addr;
	name->port = ntohs(sin6->sin6_port);
	return 0;
}

static int zsock_vsock_name(const struct zsock_sock *zs, const void *addr,
			    int len, struct zsock_vsock_name *name)
{
	return zs->family == AF_INET ? zsock_vsock_name_in(addr, len, name) :
				       zsock_vsock_name_in6(addr, len, name);
}

/* ---- addresses out ---- */

static int zsock_vsock_tell(const struct zsock_sock *zs,
			    const struct sockaddr_vm *svm, void *addr)
{
	struct sockaddr_in6 *sin6 = addr;
	struct sockaddr_in *sin = addr;
	struct zsock_vsock_name name;

	zsock_vsock_from(zsock_vsock_map(zs), svm, zs->family == AF_INET,
			 &name);
	if (zs->family == AF_INET) {
		memset(sin, 0, sizeof(*sin));
		sin->sin_family = AF_INET;
		sin->sin_port = htons(name.port);
		sin->sin_addr.s_addr = name.ip.s6_addr32[3];
		return sizeof(*sin);
	}
	memset(sin6, 0, sizeof(*sin6));
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(name.port);
	sin6->sin6_addr = name.ip;
	return sizeof(*sin6);
}

static int zsock_vsock_ask(struct socket *sock, struct sockaddr_vm *svm,
			   int peer)
{
	struct sockaddr_storage ss;
	int len = zsock_backend_ops(sock)->getname(sock, (struct sockaddr *)&ss,
						   peer);

	if (len < 0)
		return len;
	if (len < (int)sizeof(*svm))
		return -EINVAL;
	memcpy(svm, &ss, sizeof(*svm));
	return 0;
}

/*
 * A socket that was not bound to a context stays without one in its own name
 * when it is connected. Where the peer is on this very machine, so is it.
 */
static int zsock_vsock_getname(struct socket *sock, struct sockaddr *addr,
			       int peer)
{
	struct sockaddr_vm svm, other;
	int err;

	err = zsock_vsock_ask(sock, &svm, peer);
	if (err)
		return err;
	if (!peer && svm.svm_cid == VMADDR_CID_ANY &&
	    !zsock_vsock_ask(sock, &other, 1) &&
	    other.svm_cid == VMADDR_CID_LOCAL)
		svm.svm_cid = VMADDR_CID_LOCAL;
	return zsock_vsock_tell(zsock_sk(sock), &svm, addr);
}

/* For listings, which may not sleep. */
void zsock_vsock_name_of(const struct socket *sock, bool peer,
			 struct sockaddr_storage *addr)
{
	const struct vsock_sock *vsk = vsock_sk(sock->sk);
	struct sockaddr_vm svm = peer ? vsk->remote_addr : vsk->local_addr;

	if (svm.svm_port != VMADDR_PORT_ANY)
		zsock_vsock_tell(zsock_sk(sock), &svm, addr);
}

/* ---- the calls ---- */

static int zsock_vsock_bind_to(struct socket *sock, struct sockaddr_vm *svm)
{
	return zsock_backend_ops(sock)->bind(sock, (struct zsock_addr *)svm,
					     sizeof(*svm));
}

/* To any port that is free and that a program can be told. */
static int zsock_vsock_bind_free(struct socket *sock, struct sockaddr_vm *svm)
{
	int low, high, i, n, at;
	int err = -EADDRINUSE;

	inet_get_local_port_range(sock_net(sock->sk), &low, &high);
	n = high - low + 1;
	at = get_random_u32_below(n);
	for (i = 0; i < n && err == -EADDRINUSE; i++) {
		svm->svm_port = low + (at + i) % n;
		err = zsock_vsock_bind_to(sock, svm);
		cond_resched();
	}
	return err;
}

/* Before a call that would give it a port itself. */
static int zsock_vsock_autobind(struct socket *sock)
{
	struct sockaddr_vm svm;
	int err;

	err = zsock_vsock_ask(sock, &svm, 0);
	if (err || svm.svm_port != VMADDR_PORT_ANY)
		return err;
	err = zsock_vsock_bind_free(sock, &svm);
	/* Another thread was faster. */
	return err == -EINVAL ? 0 : err;
}

static int zsock_vsock_bind(struct socket *sock, struct zsock_addr *addr,
			    int len)
{
	const struct zsock_sock *zs = zsock_sk(sock);
	struct zsock_vsock_name name;
	struct sockaddr_vm svm;
	int err;

	err = zsock_vsock_name(zs, addr, len, &name);
	if (err)
		return err;
	if (!zsock_vsock_to(zsock_vsock_map(zs), &name, &svm))
		return -EADDRNOTAVAIL;
	return name.port ? zsock_vsock_bind_to(sock, &svm) :
			   zsock_vsock_bind_free(sock, &svm);
}

/* As IP has it: to connect to the wildcard is to connect to oneself. */
static void zsock_vsock_self(struct zsock_vsock_name *name)
{
	if (ipv6_addr_any(&name->ip))
		name->ip = in6addr_loopback;
	else if (ipv6_addr_v4mapped(&name->ip) && !name->ip.s6_addr32[3])
		ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), &name->ip);
}

/*
 * Whether io_uring connects: to a file that waits, without waiting. It does so
 * again at each event of the socket, of which vsock tells some before there is
 * a connection, and goes on where the answer is -EINPROGRESS.
 */
static bool zsock_vsock_retried(const struct socket *sock, int flags)
{
	return flags & O_NONBLOCK && sock->file &&
	       !(READ_ONCE(sock->file->f_flags) & O_NONBLOCK);
}

/* In the words of IP. */
static int zsock_vsock_connect_error(const struct socket *sock, int flags,
				     int err)
{
	switch (err) {
	case -EALREADY:
		return zsock_vsock_retried(sock, flags) ? -EINPROGRESS : err;
	case -ECONNRESET:	/* nobody listens */
		return -ECONNREFUSED;
	case -ENODEV:		/* no transport to such a context */
		return -ENETUNREACH;
	default:
		return err;
	}
}

static int zsock_vsock_connect(struct socket *sock, struct zsock_addr *addr,
			       int len, int flags)
{
	const struct zsock_sock *zs = zsock_sk(sock);
	struct zsock_vsock_name name;
	struct sockaddr_vm svm;
	int err;

	err = zsock_vsock_name(zs, addr, len, &name);
	if (err)
		return err;
	zsock_vsock_self(&name);
	if (!zsock_vsock_to(zsock_vsock_map(zs), &name, &svm))
		return -ENETUNREACH;
	if (sock->state == SS_UNCONNECTED) {
		err = zsock_vsock_autobind(sock);
		if (err)
			return err;
	}
	err = zsock_backend_ops(sock)->connect(sock, (struct zsock_addr *)&svm,
					       sizeof(svm), flags);
	return zsock_vsock_connect_error(sock, flags, err);
}

static int zsock_vsock_listen(struct socket *sock, int backlog)
{
	int err = 0;

	if (sock->state == SS_UNCONNECTED)
		err = zsock_vsock_autobind(sock);
	return err ?: zsock_backend_ops(sock)->listen(sock, backlog);
}

void zsock_vsock_override(const struct zsock_backend *backend,
			  struct proto_ops *ops)
{
	ops->bind = zsock_vsock_bind;
	ops->connect = zsock_vsock_connect;
	ops->listen = zsock_vsock_listen;
	ops->getname = zsock_vsock_getname;
}
