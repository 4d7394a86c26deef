/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernels. Nothing outside this directory asks for a
 * kernel version; what cannot be told by version is probed for in Kbuild.
 */
#ifndef _ZSOCK_COMPAT_H
#define _ZSOCK_COMPAT_H

#include <linux/net.h>
#include <linux/splice.h>
#include <linux/sysctl.h>
#include <linux/version.h>
#include <net/genetlink.h>
#include <net/sock.h>

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
#else
#define ZSOCK_ACCEPT_ARGS	int flags, bool kern
#define ZSOCK_ACCEPT_PASS	flags, kern
#endif

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

/* splice() from a socket whose family has no call of its own for it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
static inline ssize_t zsock_copy_splice_read(struct file *file, loff_t *ppos,
					     struct pipe_inode_info *pipe,
					     size_t len, unsigned int flags)
{
	return generic_file_splice_read(file, ppos, pipe, len, flags);
}
#else
static inline ssize_t zsock_copy_splice_read(struct file *file, loff_t *ppos,
					     struct pipe_inode_info *pipe,
					     size_t len, unsigned int flags)
{
	return copy_splice_read(file, ppos, pipe, len, flags);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define register_net_sysctl_sz(net, path, table, size) \
	register_net_sysctl(net, path, table)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define genl_info_dump(cb)	genl_dumpit_info(cb)
#endif

/* A tracepoint's string is remembered from its declaration since 6.10. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define zsock_assign_str(dst, src)	__assign_str(dst)
#else
#define zsock_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* The memory cgroup that pays for @sk's buffers. */
static inline void zsock_swap_memcg(struct sock *a, struct sock *b)
{
#ifdef CONFIG_MEMCG
	swap(a->sk_memcg, b->sk_memcg);
#endif
}

#endif /* _ZSOCK_COMPAT_H */
