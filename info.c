// SPDX-License-Identifier: GPL-2.0
/* What getsockopt(ZSOCK_INFO) and the listings tell of a socket. */
#include <linux/inet.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "zsock_int.h"

/* Safe against a concurrent dispatch; the socket cannot go. */
void zsock_info_fill(const struct zsock_sock *zs, struct zsock_info *info)
{
	const struct zsock_backend *backend;
	const struct sock *sk;

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->flags = READ_ONCE(zs->flags);
	if (zsock_socks5_on(zs))
		info->flags |= ZSOCK_INFO_F_SOCKS5;
	info->type = zs->sock->type;
	info->domain = zs->domain;
	info->protocol = zs->protocol;
	strscpy(info->handler, zs->handler->proto->name, sizeof(info->handler));

	if (zs->handler->proto->info)
		zs->handler->proto->info(zs->sock, info);
	if (!zsock_table(zs)) {
		info->state = ZSOCK_STATE_FRESH;
		/* Written under a mutex; a torn name is at worst an odd one. */
		strscpy(info->backend, zs->fresh->backend,
			sizeof(info->backend));
		return;
	}
	backend = zs->carrier->backend;
	sk = zs->sock->sk;
	info->state = ZSOCK_STATE_DISPATCHED;
	info->inner_family = READ_ONCE(sk->sk_family);
	info->inner_protocol = sk->sk_protocol;
	if (backend->info)
		backend->info(zs->sock, info);
	strscpy(info->backend, backend->name, sizeof(info->backend));
}

static void zsock_view_in(const struct sock *sk, struct sockaddr_storage *addr,
			  bool remote)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct sockaddr_in *sin = (struct sockaddr_in *)addr;

	sin->sin_family = AF_INET;
	sin->sin_port = remote ? inet->inet_dport : inet->inet_sport;
	sin->sin_addr.s_addr = remote ? inet->inet_daddr : inet->inet_rcv_saddr;
}

#if IS_ENABLED(CONFIG_IPV6)
static void zsock_view_in6(const struct zsock_sock *zs, const struct sock *sk,
			   struct sockaddr_storage *addr, bool remote)
{
	const struct in6_addr *ip = remote ? &sk->sk_v6_daddr :
					     &sk->sk_v6_rcv_saddr;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)addr;

	if (zs->flags & ZSOCK_INFO_F_DUAL && ipv6_addr_v4mapped(ip)) {
		zsock_view_in(sk, addr, remote);
		return;
	}
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = remote ? inet_sk(sk)->inet_dport :
				   inet_sk(sk)->inet_sport;
	sin6->sin6_addr = *ip;
	sin6->sin6_scope_id = ipv6_iface_scope_id(ip, sk->sk_bound_dev_if);
}
#else
static void zsock_view_in6(const struct zsock_sock *zs, const struct sock *sk,
			   struct sockaddr_storage *addr, bool remote)
{
}
#endif

static void zsock_view_address(const struct zsock_sock *zs,
			       const struct sock *sk,
			       struct sockaddr_storage *addr, bool remote)
{
	const struct zsock_backend *backend = zs->carrier->backend;
	const struct zsock_proto *proto = zs->handler->proto;

	if (backend->name_of) {
		backend->name_of(zs->sock, remote, addr);
		return;
	}
	if (proto->name_of) {
		proto->name_of(zs->sock, remote, addr);
		return;
	}
	switch (READ_ONCE(sk->sk_family)) {
	case AF_INET:
		zsock_view_in(sk, addr, remote);
		break;
	case AF_INET6:
		zsock_view_in6(zs, sk, addr, remote);
		break;
	}
}

static void zsock_view_queues(const struct sock *sk, struct zsock_view *view)
{
	const struct tcp_sock *tp;

	if (view->state == TCP_LISTEN) {
		view->rxq = READ_ONCE(sk->sk_ack_backlog);
		view->txq = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	if (!sk_is_tcp(sk)) {
		view->rxq = sk_rmem_alloc_get(sk);
		view->txq = sk_wmem_alloc_get(sk);
		return;
	}
	tp = tcp_sk(sk);
	view->rxq = max_t(int, READ_ONCE(tp->rcv_nxt) -
			       READ_ONCE(tp->copied_seq), 0);
	view->txq = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_una);
}

/* Under the lock of @zs's bucket, which keeps sock->sk. */
void zsock_view_fill(const struct zsock_sock *zs, struct zsock_view *view)
{
	const struct sock *sk = READ_ONCE(zs->sock->sk);

	memset(view, 0, sizeof(*view));
	zsock_info_fill(zs, &view->info);
	view->uid = READ_ONCE(sk->sk_uid);
	view->inode = SOCK_INODE(zs->sock)->i_ino;
	view->state = TCP_CLOSE;
	if (view->info.state != ZSOCK_STATE_DISPATCHED)
		return;
	/* The one read above may have been the placeholder. */
	sk = zs->sock->sk;
	view->state = inet_sk_state_load(sk);
	zsock_view_address(zs, sk, &view->local, false);
	zsock_view_address(zs, sk, &view->remote, true);
	zsock_view_queues(sk, view);
}
