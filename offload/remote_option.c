// SPDX-License-Identifier: GPL-2.0
/*
 * Options of sockets behind a pipe: those that mean something to an IP stack
 * travel, the socket's own stay here, and all others there are none of.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/slab.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <net/tcp_states.h>

#include <asm/ioctls.h>

#include "remote.h"

/* Longest value that travels: ZSOCK_TLS_ALPN_MAX. */
#define ZSOCK_OPTION_MAX	1024

/**
 * struct zsock_remote_option - one that travels
 * @level: SOL_*
 * @name: of the option
 * @kind: what its value is
 * @type: the only type of socket that has it, or 0
 */
struct zsock_remote_option {
	u16	level;
	u16	name;
	enum {
		ZSOCK_OPTION_INT,	/* an int; of one byte is enough */
		ZSOCK_OPTION_READ,	/* an int that is not set */
		ZSOCK_OPTION_INTS,	/* several of them */
		ZSOCK_OPTION_BYTES,	/* as it is in memory */
		ZSOCK_OPTION_TEXT,	/* likewise, and a name */
		ZSOCK_OPTION_STATE,	/* likewise, little-endian, not set */
		ZSOCK_OPTION_GROUP,	/* see zsock_remote_group() */
	}	kind;
	int	type;
};

#define ZSOCK_INT(level, name, type)	{ level, name, ZSOCK_OPTION_INT, type }
#define ZSOCK_READ(level, name)		{ level, name, ZSOCK_OPTION_READ, 0 }
#define ZSOCK_INTS(level, name, type)	{ level, name, ZSOCK_OPTION_INTS, type }
#define ZSOCK_BYTES(level, name, type)	{ level, name, ZSOCK_OPTION_BYTES, type }
#define ZSOCK_TEXT(level, name, type)	{ level, name, ZSOCK_OPTION_TEXT, type }
#define ZSOCK_STATE(level, name, type)	{ level, name, ZSOCK_OPTION_STATE, type }
#define ZSOCK_GROUP(level, name, type)	{ level, name, ZSOCK_OPTION_GROUP, type }

static const struct zsock_remote_option zsock_remote_options[] = {
	ZSOCK_INT(SOL_IP, IP_TOS, 0),
	ZSOCK_INT(SOL_IP, IP_TTL, 0),
	ZSOCK_INT(SOL_IP, IP_MTU_DISCOVER, 0),
	ZSOCK_READ(SOL_IP, IP_MTU),
	ZSOCK_INT(SOL_IP, IP_FREEBIND, 0),
	ZSOCK_INT(SOL_IP, IP_MINTTL, 0),
	ZSOCK_INT(SOL_IP, IP_BIND_ADDRESS_NO_PORT, 0),
	ZSOCK_INT(SOL_IP, IP_MULTICAST_TTL, SOCK_DGRAM),
	ZSOCK_INT(SOL_IP, IP_MULTICAST_LOOP, SOCK_DGRAM),
	ZSOCK_GROUP(SOL_IP, IP_MULTICAST_IF, SOCK_DGRAM),
	ZSOCK_GROUP(SOL_IP, IP_ADD_MEMBERSHIP, SOCK_DGRAM),
	ZSOCK_GROUP(SOL_IP, IP_DROP_MEMBERSHIP, SOCK_DGRAM),
	ZSOCK_INT(SOL_TCP, TCP_NODELAY, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_MAXSEG, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_CORK, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_KEEPIDLE, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_KEEPINTVL, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_KEEPCNT, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_SYNCNT, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_LINGER2, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_DEFER_ACCEPT, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_WINDOW_CLAMP, SOCK_STREAM),
	ZSOCK_STATE(SOL_TCP, TCP_INFO, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_QUICKACK, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_THIN_LINEAR_TIMEOUTS, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_THIN_DUPACK, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_USER_TIMEOUT, SOCK_STREAM),
	ZSOCK_INT(SOL_TCP, TCP_NOTSENT_LOWAT, SOCK_STREAM),
	ZSOCK_TEXT(SOL_TCP, TCP_CONGESTION, SOCK_STREAM),
	ZSOCK_STATE(SOL_TCP, TCP_CC_INFO, SOCK_STREAM),
	ZSOCK_INT(SOL_IPV6, IPV6_UNICAST_HOPS, 0),
	ZSOCK_INT(SOL_IPV6, IPV6_MULTICAST_IF, SOCK_DGRAM),
	ZSOCK_INT(SOL_IPV6, IPV6_MULTICAST_HOPS, SOCK_DGRAM),
	ZSOCK_INT(SOL_IPV6, IPV6_MULTICAST_LOOP, SOCK_DGRAM),
	ZSOCK_GROUP(SOL_IPV6, IPV6_ADD_MEMBERSHIP, SOCK_DGRAM),
	ZSOCK_GROUP(SOL_IPV6, IPV6_DROP_MEMBERSHIP, SOCK_DGRAM),
	ZSOCK_INT(SOL_IPV6, IPV6_MTU_DISCOVER, 0),
	ZSOCK_READ(SOL_IPV6, IPV6_MTU),
	ZSOCK_INT(SOL_IPV6, IPV6_V6ONLY, 0),
	ZSOCK_INT(SOL_IPV6, IPV6_TCLASS, 0),
	ZSOCK_INT(SOL_IPV6, IPV6_DONTFRAG, 0),
	ZSOCK_INTS(SOL_TLS, TLS_SEC_TAG_LIST, SOCK_STREAM),
	ZSOCK_TEXT(SOL_TLS, TLS_HOSTNAME, SOCK_STREAM),
	ZSOCK_INTS(SOL_TLS, TLS_CIPHERSUITE_LIST, SOCK_STREAM),
	ZSOCK_READ(SOL_TLS, TLS_CIPHERSUITE_USED),
	ZSOCK_INT(SOL_TLS, TLS_PEER_VERIFY, SOCK_STREAM),
	ZSOCK_TEXT(SOL_TLS, TLS_ALPN_LIST, SOCK_STREAM),
	ZSOCK_INT(SOL_TLS, TLS_SESSION_CACHE, SOCK_STREAM),
	ZSOCK_INT(SOL_TLS, TLS_SESSION_CACHE_PURGE, SOCK_STREAM),
	ZSOCK_READ(SOL_TLS, TLS_CERT_VERIFY_RESULT),
};

/* Those at SOL_SOCKET that are not this side's alone. */
static bool zsock_remote_travels(int optname)
{
	switch (optname) {
	case SO_REUSEADDR:
	case SO_REUSEPORT:
	case SO_BROADCAST:
	case SO_KEEPALIVE:
	case SO_OOBINLINE:
		return true;
	default:
		return false;
	}
}

static const struct zsock_remote_option *
zsock_remote_option(const struct zsock_rsk *rs, int level, int optname)
{
	const struct zsock_remote_option *o = zsock_remote_options;
	int i;

	for (i = 0; i < ARRAY_SIZE(zsock_remote_options); i++, o++)
		if (o->level == level && o->name == optname)
			break;
	if (i == ARRAY_SIZE(zsock_remote_options) ||
	    (o->type && o->type != rs->sk.sk_type) ||
	    (level == SOL_TLS && rs->protocol == IPPROTO_TCP) ||
	    (o->kind == ZSOCK_OPTION_STATE &&
	     IS_ENABLED(CONFIG_CPU_BIG_ENDIAN)) ||
	    (level == SOL_IPV6 && rs->family != AF_INET6))
		return NULL;
	return o;
}

static int zsock_remote_set(struct zsock_rsk *rs, int level, int optname,
			    const void *value, size_t len)
{
	struct zoff_opt opt = {
		.level	= cpu_to_le32(level),
		.name	= cpu_to_le32(optname),
	};

	return zsock_rsk_call(rs, ZOFF_SETOPT, &opt, sizeof(opt), value, len,
			      NULL, NULL);
}

static int zsock_remote_set_int(struct zsock_rsk *rs, int level, int optname,
				sockptr_t optval, unsigned int optlen)
{
	__le32 wire;
	u8 byte;
	int val;

	if (optlen >= sizeof(val)) {
		if (copy_from_sockptr(&val, optval, sizeof(val)))
			return -EFAULT;
	} else if (optlen && level == SOL_IP) {
		if (copy_from_sockptr(&byte, optval, sizeof(byte)))
			return -EFAULT;
		val = byte;
	} else {
		return -EINVAL;
	}
	wire = cpu_to_le32(val);
	return zsock_remote_set(rs, level, optname, &wire, sizeof(wire));
}

/*
 * A group and an interface. What has no number of an interface goes in the older,
 * shorter form; a number is the far side's, as in the scope of an address. Bytes to be
 * sent, or an errno.
 */
static int zsock_remote_group(int level, int optname, void *value, size_t len)
{
	bool only_if = optname == IP_MULTICAST_IF;
	struct ipv6_mreq *mreq6 = value;
	struct ip_mreqn *mreqn = value;

	if (level == SOL_IPV6) {
		if (len < sizeof(*mreq6))
			return -EINVAL;
		cpu_to_le32s(&mreq6->ipv6mr_ifindex);
		return sizeof(*mreq6);
	}
	if (len >= sizeof(*mreqn) && mreqn->imr_ifindex) {
		cpu_to_le32s(&mreqn->imr_ifindex);
		return sizeof(*mreqn);
	}
	if (len >= sizeof(struct ip_mreq) && !only_if)
		return sizeof(struct ip_mreq);
	if (len < sizeof(mreqn->imr_address) || !only_if)
		return -EINVAL;
	if (len >= sizeof(struct ip_mreq))
		mreqn->imr_multiaddr = mreqn->imr_address;
	return sizeof(mreqn->imr_address);
}

/* Those that look at packets, or have each leave at its own time. */
static bool zsock_remote_lacks(int optname)
{
	switch (optname) {
	case SO_ATTACH_FILTER:
	case SO_ATTACH_BPF:
	case SO_ATTACH_REUSEPORT_CBPF:
	case SO_ATTACH_REUSEPORT_EBPF:
	case SO_TXTIME:
		return true;
	default:
		return false;
	}
}

/* Of an option that is this side's own: 0 and *@val, or an errno. */
static int zsock_remote_own_int(sockptr_t optval, unsigned int optlen, int *val)
{
	if (optlen < sizeof(*val))
		return -EINVAL;
	return copy_from_sockptr(val, optval, sizeof(*val)) ? -EFAULT : 0;
}

/* With urgent data that comes apart it is a matter of this side. */
static int zsock_remote_set_inline(struct sock *sk, sockptr_t optval,
				   unsigned int optlen)
{
	int val, err = zsock_remote_own_int(optval, optlen, &val);

	if (!err)
		zsock_urgent_set_inline(zsock_rsk(sk), val);
	return err;
}

/* The far side's answer first: where it refuses, nothing has changed. */
static int zsock_remote_set_socket(struct socket *sock, int optname,
				   sockptr_t optval, unsigned int optlen)
{
	int err = 0, val;

	if (zsock_remote_lacks(optname))
		return -ENOPROTOOPT;
	if (optname == SO_OOBINLINE &&
	    zsock_rsk(sock->sk)->pipe->features & ZOFF_F_URGENT)
		return zsock_remote_set_inline(sock->sk, optval, optlen);
	if (zsock_remote_travels(optname))
		err = zsock_remote_set_int(zsock_rsk(sock->sk), SOL_SOCKET,
					   optname, optval, optlen);
	if (err)
		return err;
	if (optname != SO_REUSEPORT)
		return sock_setsockopt(sock, SOL_SOCKET, optname, optval,
				       optlen);
	/* The generic code knows it of IP sockets only. */
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;
	sock->sk->sk_reuseport = !!val;
	return 0;
}

/* TCP_INQ is about what is here. */
static bool zsock_remote_is_inq(const struct zsock_rsk *rs, int level,
				int optname)
{
	return level == SOL_TCP && optname == TCP_INQ &&
	       rs->sk.sk_type == SOCK_STREAM;
}

static int zsock_remote_set_inq(struct zsock_rsk *rs, sockptr_t optval,
				unsigned int optlen)
{
	int val, err = zsock_remote_own_int(optval, optlen, &val);

	if (err)
		return err;
	if (val < 0 || val > 1)
		return -EINVAL;
	WRITE_ONCE(rs->inq, val);
	return 0;
}

int zsock_remote_setsockopt(struct socket *sock, int level, int optname,
			    sockptr_t optval, unsigned int optlen)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	const struct zsock_remote_option *o;
	void *value;
	int err;
	int len;

	if (level == SOL_SOCKET)
		return zsock_remote_set_socket(sock, optname, optval, optlen);
	if (zsock_remote_is_inq(rs, level, optname))
		return zsock_remote_set_inq(rs, optval, optlen);
	o = zsock_remote_option(rs, level, optname);
	if (!o || o->kind == ZSOCK_OPTION_READ ||
	    o->kind == ZSOCK_OPTION_STATE)
		return -ENOPROTOOPT;
	if (o->kind == ZSOCK_OPTION_INT)
		return zsock_remote_set_int(rs, level, optname, optval, optlen);
	if (!optlen || optlen > ZSOCK_OPTION_MAX ||
	    (o->kind == ZSOCK_OPTION_INTS && optlen % sizeof(int)))
		return -EINVAL;
	value = memdup_sockptr(optval, optlen);
	if (IS_ERR(value))
		return PTR_ERR(value);
	if (o->kind == ZSOCK_OPTION_INTS)
		cpu_to_le32_array(value, optlen / sizeof(int));
	len = optlen;
	if (o->kind == ZSOCK_OPTION_GROUP)
		len = zsock_remote_group(level, optname, value, len);
	err = len < 0 ? len : zsock_remote_set(rs, level, optname, value, len);
	kfree(value);
	return err;
}

static int zsock_remote_get_inq(const struct zsock_rsk *rs,
				char __user *optval, int __user *optlen)
{
	int val = READ_ONCE(rs->inq);
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min_t(unsigned int, len, sizeof(val));
	if (put_user(len, optlen) || copy_to_user(optval, &val, len))
		return -EFAULT;
	return 0;
}

static int zsock_remote_ask(struct zsock_rsk *rs,
			    const struct zsock_remote_option *o, void *value,
			    size_t *len)
{
	struct zoff_opt opt = {
		.level	= cpu_to_le32(o->level),
		.name	= cpu_to_le32(o->name),
	};
	__le32 room = cpu_to_le32(*len);
	int err;

	err = zsock_rsk_call(rs, ZOFF_GETOPT, &opt, sizeof(opt), &room,
			     sizeof(room), value, len);
	if (err || o->kind >= ZSOCK_OPTION_BYTES)
		return err;
	if (*len % sizeof(__le32) ||
	    (o->kind != ZSOCK_OPTION_INTS && *len != sizeof(__le32)))
		return -EIO;
	le32_to_cpu_array(value, *len / sizeof(__le32));
	return 0;
}

static int zsock_remote_give(struct zsock_rsk *rs,
			     const struct zsock_remote_option *o, void *value,
			     int room, char __user *optval, int __user *optlen)
{
	size_t len = ZSOCK_OPTION_MAX;
	int err = zsock_remote_ask(rs, o, value, &len);

	if (err)
		return err;
	len = min_t(size_t, len, room);
	if (put_user((int)len, optlen) || copy_to_user(optval, value, len))
		return -EFAULT;
	return 0;
}

int zsock_remote_getsockopt(struct socket *sock, int level, int optname,
			    char __user *optval, int __user *optlen)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	const struct zsock_remote_option *o;
	void *value;
	int room, err;

	if (zsock_remote_is_inq(rs, level, optname))
		return zsock_remote_get_inq(rs, optval, optlen);
	o = zsock_remote_option(rs, level, optname);
	if (!o)
		return -ENOPROTOOPT;
	if (get_user(room, optlen))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	value = kmalloc(ZSOCK_OPTION_MAX, GFP_KERNEL_ACCOUNT);
	if (!value)
		return -ENOMEM;
	err = zsock_remote_give(rs, o, value, room, optval, optlen);
	kfree(value);
	return err;
}

/* ---- ioctl() ---- */

int zsock_remote_inq(struct zsock_rsk *rs)
{
	const struct sk_buff *skb;
	int n;

	spin_lock(&rs->lock);
	n = rs->rx_queued;
	/* Up to the mark. */
	if (rs->urg.state && !zsock_urgent_in_line(rs))
		n = min_t(u32, n, rs->urg.left);
	skb = skb_peek(&rs->sk.sk_receive_queue);
	if (rs->sk.sk_type == SOCK_DGRAM)
		n = skb ? skb->len : 0;
	spin_unlock(&rs->lock);
	return n;
}

int zsock_remote_ioctl(struct socket *sock, unsigned int cmd,
		       unsigned long arg)
{
	struct sock *sk = sock->sk;
	int n;

	if (sk->sk_type != SOCK_STREAM &&
	    (cmd == SIOCOUTQNSD || cmd == SIOCATMARK))
		return -ENOIOCTLCMD;
	switch (cmd) {
	case SIOCINQ:
		if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
			return -EINVAL;
		n = zsock_remote_inq(zsock_rsk(sk));
		break;
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
			return -EINVAL;
		n = sk_wmem_alloc_get(sk);
		break;
	case SIOCATMARK:
		n = zsock_urgent_at(zsock_rsk(sk), 0);
		break;
	default:
		return -ENOIOCTLCMD;
	}
	return put_user(n, (int __user *)arg);
}
