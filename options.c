// SPDX-License-Identifier: GPL-2.0
/*
 * SOL_SOCKET options before dispatch.
 *
 * Each is applied to the placeholder, so that it is judged at once and reads
 * back true, and is kept to be applied to the inner socket at dispatch. Only
 * the last value of each is kept, so a socket keeps a bounded number of them.
 */
#include <linux/net_tstamp.h>
#include <linux/slab.h>

#include "zsock_int.h"

/* How many bytes of a value matter; the rest is not looked at. */
static unsigned int zsock_option_size(int name)
{
	switch (name) {
	case SO_LINGER:
		return sizeof(struct linger);
	case SO_RCVTIMEO_OLD:
	case SO_SNDTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
	case SO_SNDTIMEO_NEW:
		return sizeof(struct __kernel_sock_timeval);
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW:
		return sizeof(struct so_timestamping);
	case SO_TXTIME:
		return sizeof(struct sock_txtime);
	case SO_MAX_PACING_RATE:
		return sizeof(unsigned long);
	case SO_BINDTODEVICE:
		return IFNAMSIZ - 1;
	default:
		return sizeof(int);
	}
}

/*
 * What acts on more than a few fields of the socket is for the inner socket
 * alone. Filters are among these: who may attach one depends on the protocol,
 * and the program comes from memory that is gone at replay.
 */
static bool zsock_option_needs_inner(int name)
{
	switch (name) {
	case SO_ATTACH_FILTER:
	case SO_ATTACH_BPF:
	case SO_DETACH_FILTER:
	case SO_LOCK_FILTER:
	case SO_ATTACH_REUSEPORT_CBPF:
	case SO_ATTACH_REUSEPORT_EBPF:
	case SO_DETACH_REUSEPORT_BPF:
	case SO_RESERVE_MEM:
#ifdef SO_DEVMEM_DONTNEED
	case SO_DEVMEM_DONTNEED:
#endif
		return true;
	}
	return false;
}

static void zsock_option_free(struct zsock_option *opt)
{
	list_del(&opt->list);
	put_cred(opt->cred);
	kfree(opt);
}

/* 32-bit callers pass a struct that means something else at replay. */
static void zsock_option_widen(struct zsock_option *opt)
{
	struct __kernel_sock_timeval tv;
	struct __kernel_old_timeval old;
	s32 tv32[2];

	if (opt->name == SO_RCVTIMEO_OLD)
		opt->name = SO_RCVTIMEO_NEW;
	else if (opt->name == SO_SNDTIMEO_OLD)
		opt->name = SO_SNDTIMEO_NEW;
	else
		return;

	if (in_compat_syscall() && !COMPAT_USE_64BIT_TIME) {
		memcpy(tv32, opt->value, sizeof(tv32));
		tv.tv_sec = tv32[0];
		tv.tv_usec = tv32[1];
	} else {
		memcpy(&old, opt->value, sizeof(old));
		tv.tv_sec = old.tv_sec;
		tv.tv_usec = old.tv_usec;
	}
	BUILD_BUG_ON(sizeof(tv) > sizeof(opt->value));
	memcpy(opt->value, &tv, sizeof(tv));
	opt->len = sizeof(tv);
}

/* A name may mean another device by the time of dispatch. */
static void zsock_option_index(struct zsock_option *opt, const struct sock *sk)
{
	int ifindex = READ_ONCE(sk->sk_bound_dev_if);

	if (opt->name != SO_BINDTODEVICE)
		return;
	opt->name = SO_BINDTOIFINDEX;
	opt->len = sizeof(ifindex);
	memcpy(opt->value, &ifindex, sizeof(ifindex));
}

static struct zsock_option *zsock_option_copy(int name, sockptr_t optval,
					      unsigned int optlen)
{
	struct zsock_option *opt;

	opt = kzalloc(sizeof(*opt), GFP_KERNEL_ACCOUNT);
	if (!opt)
		return ERR_PTR(-ENOMEM);
	opt->name = name;
	opt->len = min(optlen, zsock_option_size(name));
	if (copy_from_sockptr(opt->value, optval, opt->len)) {
		kfree(opt);
		return ERR_PTR(-EFAULT);
	}
	return opt;
}

/* The generic code grants these by family, and not to ours. */
static bool zsock_option_for_inet(const struct zsock_sock *zs, int name)
{
	if (name != SO_ZEROCOPY && name != SO_REUSEPORT)
		return false;
	return !zs->handler->proto->domains;
}

static int zsock_option_set_inet(struct sock *sk,
				 const struct zsock_option *opt)
{
	int val;

	memcpy(&val, opt->value, sizeof(val));
	if (opt->name == SO_ZEROCOPY && (val < 0 || val > 1))
		return -EINVAL;
	lock_sock(sk);
	if (opt->name == SO_ZEROCOPY)
		sock_valbool_flag(sk, SOCK_ZEROCOPY, val);
	else
		sk->sk_reuseport = !!val;
	release_sock(sk);
	return 0;
}

static int zsock_option_apply(struct zsock_sock *zs, struct zsock_option *opt)
{
	if (opt->name != SO_BINDTODEVICE && opt->len < sizeof(int))
		return -EINVAL;
	if (zsock_option_for_inet(zs, opt->name))
		return zsock_option_set_inet(&zs->fresh->sk, opt);
	return sock_setsockopt(zs->sock, SOL_SOCKET, opt->name,
			       KERNEL_SOCKPTR(opt->value), opt->len);
}

static void zsock_option_keep(struct zsock_fresh *fresh,
			      struct zsock_option *opt)
{
	struct zsock_option *old, *tmp;

	zsock_option_widen(opt);
	zsock_option_index(opt, &fresh->sk);
	opt->cred = get_current_cred();
	list_for_each_entry_safe(old, tmp, &fresh->options, list)
		if (old->name == opt->name)
			zsock_option_free(old);
	list_add_tail(&opt->list, &fresh->options);
	fresh->noptions++;
}

/*
 * Set a SOL_SOCKET option on an undispatched socket: 0, an errno, or
 * ZSOCK_FORWARD: it is dispatched (now), go on to the inner socket.
 */
int zsock_options_set(struct zsock_sock *zs, int optname, sockptr_t optval,
		      unsigned int optlen)
{
	struct zsock_fresh *fresh = zs->fresh;
	struct zsock_option *opt;
	int err;

	if (zsock_option_needs_inner(optname))
		return zsock_dispatch(zs->sock, AF_UNSPEC) ?: ZSOCK_FORWARD;

	opt = zsock_option_copy(optname, optval, optlen);
	if (IS_ERR(opt))
		return PTR_ERR(opt);
	mutex_lock(&fresh->lock);
	if (zs->table) {
		err = ZSOCK_FORWARD;
	} else {
		err = zsock_option_apply(zs, opt);
		if (!err)
			zsock_option_keep(fresh, opt);
	}
	mutex_unlock(&fresh->lock);
	if (err)
		kfree(opt);
	return err;
}

static int zsock_option_replay(struct zsock_option *opt, struct socket *inner)
{
	const struct cred *old = override_creds(opt->cred);
	sockptr_t val = KERNEL_SOCKPTR(opt->value);
	int err;

	if (test_bit(SOCK_CUSTOM_SOCKOPT, &inner->flags))
		err = inner->ops->setsockopt(inner, SOL_SOCKET, opt->name, val,
					     opt->len);
	else
		err = sock_setsockopt(inner, SOL_SOCKET, opt->name, val,
				      opt->len);
	revert_creds(old);
	return err;
}

/* Set on @inner all that was kept. Under the dispatch lock. */
int zsock_options_replay(struct zsock_fresh *fresh, struct socket *inner)
{
	struct zsock_option *opt;
	int err;

	list_for_each_entry(opt, &fresh->options, list) {
		err = zsock_option_replay(opt, inner);
		if (err)
			return err;
	}
	return 0;
}

void zsock_options_free(struct zsock_fresh *fresh)
{
	struct zsock_option *opt, *tmp;

	list_for_each_entry_safe(opt, tmp, &fresh->options, list)
		zsock_option_free(opt);
}
