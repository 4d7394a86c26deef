/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernels. Nothing outside this directory asks for a
 * kernel version; what cannot be told by version is probed for in Kbuild.
 */
#ifndef _ZSOCK_COMPAT_H
#define _ZSOCK_COMPAT_H

#include <linux/cgroup.h>
#include <linux/net.h>
#include <linux/sched/mm.h>
#include <linux/version.h>
#include <net/sock.h>

/*
 * Without SOCK_CUSTOM_SOCKOPT an address family does not see SOL_SOCKET
 * options being set, and could not keep them for the inner socket.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#error "zsock needs Linux 6.7 or later"
#endif

/* The address type of bind() and connect() in struct proto_ops. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define zsock_addr	sockaddr_unsized
#else
#define zsock_addr	sockaddr
#endif

/*
 * accept()'s last arguments. ZSOCK_ACCEPT_ARGS declares them,
 * ZSOCK_ACCEPT_PASS hands them on.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define ZSOCK_ACCEPT_ARGS	struct proto_accept_arg *arg
#define ZSOCK_ACCEPT_PASS	arg
#define ZSOCK_ACCEPT_FLAGS	(arg->flags)
#else
#define ZSOCK_ACCEPT_ARGS	int flags, bool kern
#define ZSOCK_ACCEPT_PASS	flags, kern
#define ZSOCK_ACCEPT_FLAGS	(flags)
#endif

/* Take a connection for the kernel's own use, waiting for it or not. */
static inline int zsock_accept_kernel(const struct proto_ops *ops,
				      struct socket *sock,
				      struct socket *newsock, bool nonblock)
{
	int flags = nonblock ? O_NONBLOCK : 0;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	struct proto_accept_arg arg = {
		.flags	= flags,
		.kern	= true,
	};

	return ops->accept(sock, newsock, &arg);
#else
	return ops->accept(sock, newsock, flags, true);
#endif
}

static inline int zsock_accept_now(const struct proto_ops *ops,
				   struct socket *sock, struct socket *newsock)
{
	return zsock_accept_kernel(ops, sock, newsock, true);
}

/* A socket of the kernel's own holds its namespace from now on. */
static inline void zsock_hold_net(struct sock *sk)
{
	lock_sock(sk);
	if (!sk->sk_net_refcnt) {
#ifdef ZSOCK_HAVE_NET_UPGRADE
		sk_net_refcnt_upgrade(sk);
#else
		__netns_tracker_free(sock_net(sk), &sk->ns_tracker, false);
		sk->sk_net_refcnt = 1;
		get_net_track(sock_net(sk), &sk->ns_tracker, GFP_KERNEL);
		sock_inuse_add(sock_net(sk), 1);
#endif
	}
	release_sock(sk);
}

/*
 * The core prefers getsockopt_iter() over getsockopt(); ours has to win.
 * The hook was backported, so its presence is probed for in Kbuild.
 */
static inline void zsock_drop_getsockopt_iter(struct proto_ops *ops)
{
#ifdef ZSOCK_HAVE_GETSOCKOPT_ITER
	ops->getsockopt_iter = NULL;
#endif
}

/* A tracepoint's string is remembered from its declaration since 6.10. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define zsock_assign_str(dst, src)	__assign_str(dst)
#else
#define zsock_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* The memory cgroup that pays for @sk's buffers, or NULL; it has bits beside it since 6.18. */
static inline struct mem_cgroup *zsock_memcg(const struct sock *sk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return mem_cgroup_from_sk(sk);
#elif defined(CONFIG_MEMCG)
	return sk->sk_memcg;
#else
	return NULL;
#endif
}

static inline void zsock_set_memcg(struct sock *sk, struct mem_cgroup *memcg)
{
#ifdef CONFIG_MEMCG
	sk->sk_memcg = memcg;
#endif
}

static inline void zsock_swap_memcg(struct sock *a, struct sock *b)
{
#ifdef CONFIG_MEMCG
	swap(a->sk_memcg, b->sk_memcg);
#endif
}

/* @sk, which nobody else has yet, is in @opener's control group (v2) as well. */
static inline void zsock_share_cgroup(struct sock *sk, struct sock *opener)
{
#ifdef CONFIG_SOCK_CGROUP_DATA
	struct cgroup *old = sock_cgroup_ptr(&sk->sk_cgrp_data);
	struct cgroup *new = sock_cgroup_ptr(&opener->sk_cgrp_data);

	cgroup_get(new);
	cgroup_bpf_get(new);
	sk->sk_cgrp_data = opener->sk_cgrp_data;
	cgroup_bpf_put(old);
	cgroup_put(old);
#endif
}

/* What this task allocates is charged to whom @sk is, until it leaves. */
static inline struct mem_cgroup *zsock_memcg_enter(const struct sock *sk)
{
	return set_active_memcg(zsock_memcg(sk));
}

static inline void zsock_memcg_leave(struct mem_cgroup *old)
{
	set_active_memcg(old);
}

#endif /* _ZSOCK_COMPAT_H */
