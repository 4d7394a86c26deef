// SPDX-License-Identifier: GPL-2.0
/*
 * A protocol handler in a module of its own: TCP for requests and replies. It
 * is protocol 201, a socket of it never waits to fill a segment (TCP_NODELAY),
 * and a program cannot turn that off.
 *
 *	socket(AF_ZSOCK, SOCK_STREAM, ZSOCK_PROTO(AF_INET, 201))
 */
#include <linux/tcp.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/zsock.h>

#define NODELAY_PROTOCOL	201

static const struct zsock_proto_id nodelay_ids[] = {
	{ SOCK_STREAM, NODELAY_PROTOCOL },
};

/* What SO_SNDBUF and SO_RCVBUF read before dispatch. */
static void nodelay_init_sk(struct sock *sk)
{
	const struct net *net = sock_net(sk);

	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(net->ipv4.sysctl_tcp_wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(net->ipv4.sysctl_tcp_rmem[1]));
}

/* On the wire it is TCP. */
static void nodelay_inner(struct zsock_spec *spec)
{
	spec->protocol = IPPROTO_TCP;
}

static int nodelay_check_option(struct socket *sock, int level, int optname,
				sockptr_t optval, unsigned int optlen)
{
	int val;

	if (level != SOL_TCP || optname != TCP_NODELAY)
		return 0;
	if (optlen < sizeof(val))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;
	return val ? 0 : -EPERM;
}

/* An end of a socketpair() is none: the pair is carried by AF_UNIX. */
static void nodelay_set(struct sock *sk)
{
	if (sk_is_tcp(sk))
		tcp_sock_set_nodelay(sk);
}

static int nodelay_connect(struct socket *sock, struct sockaddr *addr, int len,
			   int flags)
{
	nodelay_set(sock->sk);
	return zsock_inner_ops(sock)->connect(sock, addr, len, flags);
}

static int nodelay_accept(struct socket *sock, struct socket *newsock,
			  struct proto_accept_arg *arg)
{
	int err = zsock_inner_ops(sock)->accept(sock, newsock, arg);

	if (!err)
		nodelay_set(newsock->sk);
	return err;
}

static void nodelay_override(struct proto_ops *ops)
{
	ops->connect = nodelay_connect;
	ops->accept = nodelay_accept;
}

static const struct zsock_proto nodelay = {
	.name		= "nodelay",
	.owner		= THIS_MODULE,
	.ids		= nodelay_ids,
	.nids		= ARRAY_SIZE(nodelay_ids),
	.protocol	= NODELAY_PROTOCOL,
	.init_sk	= nodelay_init_sk,
	.inner		= nodelay_inner,
	.check_option	= nodelay_check_option,
	.override	= nodelay_override,
};

static int __init nodelay_init(void)
{
	return zsock_register_proto(&nodelay);
}

static void __exit nodelay_exit(void)
{
	zsock_unregister_proto(&nodelay);
}

module_init(nodelay_init);
module_exit(nodelay_exit);

MODULE_DESCRIPTION("AF_ZSOCK sample: TCP that never waits, as a protocol handler");
MODULE_LICENSE("GPL");
/* The first socket(AF_ZSOCK, SOCK_STREAM, 201) loads the module: 201, type 1. */
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_ZSOCK, 201, 1);
