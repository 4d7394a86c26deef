// SPDX-License-Identifier: GPL-2.0
/* setsockopt() and getsockopt(), before and after dispatch. */
#include <linux/in6.h>
#include <linux/inet.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/inet_common.h>

#include "names/naming.h"
#include "zsock_int.h"

/* The family that an option at @level is about, or AF_UNSPEC. */
int zsock_option_family(int level)
{
	switch (level) {
	case SOL_IP:
		return AF_INET;
	case SOL_IPV6:
	case SOL_ICMPV6:
		return AF_INET6;
	default:
		return AF_UNSPEC;
	}
}

/* ---- SOL_ZSOCK ---- */

static int zsock_copy_name(char *name, sockptr_t optval, unsigned int optlen)
{
	if (!optlen || optlen > ZSOCK_NAME_MAX)
		return -EINVAL;
	memset(name, 0, ZSOCK_NAME_MAX);
	if (copy_from_sockptr(name, optval, optlen))
		return -EFAULT;
	/* With or without the NUL, but it has to fit with it. */
	if (name[ZSOCK_NAME_MAX - 1])
		return -EINVAL;
	return 0;
}

static int zsock_set_backend(struct zsock_sock *zs, sockptr_t optval,
			     unsigned int optlen)
{
	struct zsock_fresh *fresh = zs->fresh;
	char name[ZSOCK_NAME_MAX];
	int err;

	err = zsock_copy_name(name, optval, optlen);
	if (err)
		return err;
	/* The empty name takes the choice back. */
	if (name[0] && !zsock_carrier_known(sock_net(zs->sock->sk), name))
		return -ENODEV;

	if (fresh) {
		mutex_lock(&fresh->lock);
		if (!zs->table) {
			strscpy(fresh->backend, name, sizeof(fresh->backend));
			mutex_unlock(&fresh->lock);
			return 0;
		}
		mutex_unlock(&fresh->lock);
	}
	return strcmp(zs->carrier->backend->name, name) ? -EBUSY : 0;
}

int zsock_put_option(sockptr_t optval, sockptr_t optlen, const void *val,
		     int size)
{
	int len;

	if (copy_from_sockptr(&len, optlen, sizeof(len)))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min(len, size);
	if (copy_to_sockptr(optval, val, len) ||
	    copy_to_sockptr(optlen, &len, sizeof(len)))
		return -EFAULT;
	return 0;
}

static int zsock_get_info(struct zsock_sock *zs, int optname, sockptr_t optval,
			  sockptr_t optlen)
{
	struct zsock_info *info;
	int err;

	info = kzalloc(sizeof(*info), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	zsock_info_fill(zs, info);
	if (optname == ZSOCK_BACKEND)
		err = zsock_put_option(optval, optlen, info->backend,
				       strlen(info->backend) + 1);
	else
		err = zsock_put_option(optval, optlen, info, sizeof(*info));
	kfree(info);
	return err;
}

/* ---- all other levels ---- */

/* The device that SO_BINDTODEVICE or SO_BINDTOIFINDEX names; 0 is none. */
static int zsock_named_device(struct zsock_sock *zs, int optname,
			      const char *value, unsigned int len)
{
	struct net_device *dev;
	int ifindex = 0;

	if (optname == SO_BINDTOIFINDEX) {
		if (len < sizeof(ifindex))
			return -EINVAL;
		memcpy(&ifindex, value, sizeof(ifindex));
		return max(ifindex, 0);
	}
	if (!value[0])
		return 0;
	rcu_read_lock();
	dev = dev_get_by_name_rcu(sock_net(zs->sock->sk), value);
	if (dev)
		ifindex = dev->ifindex;
	rcu_read_unlock();
	return dev ? ifindex : -ENODEV;
}

/* Whether a dispatched socket may be bound to device @ifindex. */
static int zsock_check_device(struct zsock_sock *zs, int ifindex)
{
	const struct zsock_carrier *carrier;
	u32 features = zs->carrier->backend->features;

	if (ifindex <= 0)
		return ifindex;
	carrier = zsock_netdev_carrier(sock_net(zs->sock->sk), ifindex);
	if (carrier)
		return carrier == zs->carrier ? 0 : -EBUSY;
	return features & ZSOCK_BACKEND_F_PLAIN_NETDEV ? 0 : -EBUSY;
}

static int zsock_forward_socket(struct zsock_sock *zs,
				const struct zsock_table *table, int optname,
				sockptr_t optval, unsigned int optlen)
{
	if (table->custom)
		return table->next.setsockopt(zs->sock, SOL_SOCKET, optname,
					      optval, optlen);
	return sock_setsockopt(zs->sock, SOL_SOCKET, optname, optval, optlen);
}

/* The value is judged and used from one copy. */
static int zsock_forward_device(struct zsock_sock *zs,
				const struct zsock_table *table, int optname,
				sockptr_t optval, unsigned int optlen)
{
	char value[IFNAMSIZ] = { };
	int err;

	optlen = min_t(unsigned int, optlen, sizeof(value) - 1);
	if (copy_from_sockptr(value, optval, optlen))
		return -EFAULT;
	err = zsock_check_device(zs, zsock_named_device(zs, optname, value,
							optlen));
	if (err)
		return err;
	return zsock_forward_socket(zs, table, optname, KERNEL_SOCKPTR(value),
				    optlen);
}

/*
 * IPV6_ADDRFORM leaves IPv4 calls behind in sock->ops: have a table for them
 * beforehand. Until zsock_rewrap() has put that there, another thread may come
 * past the module. SOL_SOCKET options have to go on to where they belong then,
 * and no upper-layer protocol may put calls of its own there, too: kTLS would
 * even take ours for all of its sockets.
 */
static int zsock_addrform(struct zsock_sock *zs,
			  const struct zsock_table *table, sockptr_t optval,
			  unsigned int optlen)
{
	struct socket *sock = zs->sock;
	struct sock *sk = sock->sk;
	bool occupied;
	int err;

	if (!zsock_table_get(zs->handler, zs->carrier->backend,
			     sock->type == SOCK_STREAM ? &inet_stream_ops :
							 &inet_dgram_ops,
			     false, table->custom))
		return -ENOMEM;
	occupied = sk_is_tcp(sk) && zsock_ulp_occupy(sk);
	if (!table->custom)
		clear_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
	err = table->next.setsockopt(sock, SOL_IPV6, IPV6_ADDRFORM, optval,
				     optlen);
	if (!zsock_ops_ours(READ_ONCE(sock->ops)))
		zsock_rewrap(sock);
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
	if (err && occupied)
		zsock_ulp_vacate(sk);
	else if (occupied)
		set_bit(ZSOCK_BUSY_ULP, &zs->busy);
	return err;
}

/* One at a time for a socket, without waiting: the sk may be locked for long. */
static int zsock_forward_addrform(struct zsock_sock *zs, sockptr_t optval,
				  unsigned int optlen)
{
	int err;

	if (test_and_set_bit_lock(ZSOCK_BUSY_ADDRFORM, &zs->busy))
		return -EBUSY;
	/* It would take the calls away that a proxy needs. */
	if (zsock_table(zs)->via)
		err = -EBUSY;
	else
		err = zsock_addrform(zs, zsock_table(zs), optval, optlen);
	clear_bit_unlock(ZSOCK_BUSY_ADDRFORM, &zs->busy);
	return err;
}

static int zsock_forward_setsockopt(struct zsock_sock *zs, int level,
				    int optname, sockptr_t optval,
				    unsigned int optlen)
{
	const struct zsock_table *table = zsock_table(zs);

	if (level == SOL_SOCKET) {
		if (optname == SO_BINDTODEVICE || optname == SO_BINDTOIFINDEX)
			return zsock_forward_device(zs, table, optname, optval,
						    optlen);
		return zsock_forward_socket(zs, table, optname, optval, optlen);
	}
	if (!table->next.setsockopt)
		return -EOPNOTSUPP;
	if (level == SOL_IPV6 && optname == IPV6_ADDRFORM)
		return zsock_forward_addrform(zs, optval, optlen);
	return table->next.setsockopt(zs->sock, level, optname, optval, optlen);
}

/* An option of the inner socket's. */
static int zsock_inner_setsockopt(struct socket *sock, int level, int optname,
				  sockptr_t optval, unsigned int optlen)
{
	struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_proto *proto = zs->handler->proto;
	int err = 0;

	if (proto->check_option)
		err = proto->check_option(sock, level, optname, optval, optlen);
	if (!err)
		err = zsock_socks5_check_option(zs, level, optname);
	if (err)
		return err;
	if (!zsock_table(zs)) {
		if (level == SOL_SOCKET)
			err = zsock_options_set(zs, optname, optval, optlen);
		else
			err = zsock_dispatch(sock, zsock_option_family(level))
			      ?: ZSOCK_FORWARD;
		if (err != ZSOCK_FORWARD)
			return err;
	}
	return zsock_forward_setsockopt(zs, level, optname, optval, optlen);
}

/* What is copied in any case, and at most; no option that is longer is known. */
#define ZSOCK_COPY_MIN	1024
#define ZSOCK_COPY_MAX	SZ_64K

/* From a copy; what is behind the value is not somebody else's memory. */
static int zsock_copied_setsockopt(struct socket *sock, int level, int optname,
				   sockptr_t optval, unsigned int optlen)
{
	void *value;
	int err;

	if (optlen > ZSOCK_COPY_MAX)
		return -EBUSY;
	value = kvzalloc(max(optlen, ZSOCK_COPY_MIN), GFP_KERNEL_ACCOUNT);
	if (!value)
		return -ENOMEM;
	if (copy_from_sockptr(value, optval, optlen))
		err = -EFAULT;
	else
		err = zsock_inner_setsockopt(sock, level, optname,
					     KERNEL_SOCKPTR(value), optlen);
	kvfree(value);
	return err;
}

/* ->setsockopt of every AF_ZSOCK socket. */
int zsock_call_setsockopt(struct socket *sock, int level, int optname,
			  sockptr_t optval, unsigned int optlen)
{
	struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_proto *proto = zs->handler->proto;

	if (level == SOL_ZSOCK && optname == ZSOCK_BACKEND)
		return zsock_set_backend(zs, optval, optlen);
	/* A name's connection goes there directly by now. */
	if (level == SOL_ZSOCK && zsock_socks5_option(optname) &&
	    zsock_naming_busy(zs))
		return -EALREADY;
	if (level == SOL_ZSOCK && zsock_socks5_option(optname))
		return zsock_socks5_setsockopt(zs, optname, optval, optlen);
	if (level == SOL_ZSOCK && optname == ZSOCK_HOST)
		return zsock_naming_set_host(zs, optval, optlen);
	/* kTLS's own numbers are not to be reached: see abi.rst. */
	if (level == SOL_ZSOCK || level == SOL_TLS)
		return proto->setsockopt ?
		       proto->setsockopt(sock, level, optname, optval, optlen) :
		       -ENOPROTOOPT;
	if ((proto->copies && proto->copies(sock)) || zsock_socks5_copies(zs))
		return zsock_copied_setsockopt(sock, level, optname, optval,
					       optlen);
	return zsock_inner_setsockopt(sock, level, optname, optval, optlen);
}

/* Options of this module and of handlers, into memory of either kind. */
int zsock_get_own_option(struct socket *sock, int level, int optname,
			 sockptr_t optval, sockptr_t optlen)
{
	struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_proto *proto = zs->handler->proto;

	if (level == SOL_ZSOCK &&
	    (optname == ZSOCK_BACKEND || optname == ZSOCK_INFO))
		return zsock_get_info(zs, optname, optval, optlen);
	if (level == SOL_ZSOCK && zsock_socks5_option(optname))
		return zsock_socks5_getsockopt(zs, optname, optval, optlen);
	if (level == SOL_ZSOCK && optname == ZSOCK_HOST)
		return zsock_naming_get_host(zs, optval, optlen);
	return proto->getsockopt ?
	       proto->getsockopt(sock, level, optname, optval, optlen) :
	       -ENOPROTOOPT;
}

/* ->getsockopt of every AF_ZSOCK socket; SOL_SOCKET does not come here. */
int zsock_call_getsockopt(struct socket *sock, int level, int optname,
			  char __user *optval, int __user *optlen)
{
	const struct zsock_table *table;
	int err;

	if (level == SOL_ZSOCK || level == SOL_TLS)
		return zsock_get_own_option(sock, level, optname,
					    USER_SOCKPTR(optval),
					    USER_SOCKPTR(optlen));
	err = zsock_dispatch(sock, zsock_option_family(level));
	if (err)
		return err;
	table = zsock_table(zsock_sk(sock));
	if (!table->next.getsockopt)
		return -EOPNOTSUPP;
	return table->next.getsockopt(sock, level, optname, optval, optlen);
}
