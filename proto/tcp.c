// SPDX-License-Identifier: GPL-2.0
/* TCP: what a stream socket is by default. */
#include <linux/net_tstamp.h>
#include <linux/tcp.h>
#include <net/inet_common.h>

#include "../zsock_int.h"

static const struct zsock_proto_id zsock_tcp_ids[] = {
	{ SOCK_STREAM, 0 },
	{ SOCK_STREAM, IPPROTO_TCP },
};

/* TCP has buffer sizes of its own. */
static void zsock_tcp_init_sk(struct sock *sk)
{
	const struct net *net = sock_net(sk);

	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(net->ipv4.sysctl_tcp_wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(net->ipv4.sysctl_tcp_rmem[1]));
}

/*
 * Upper-layer protocols put their own calls into the struct socket, out of our
 * sight, and kTLS's options have no numbers here: as if there were none.
 */
static int zsock_tcp_check_ulp(int level, int optname)
{
	return level == SOL_TCP && optname == TCP_ULP ? -ENOENT : 0;
}

/* TCP counts bytes from the connection on: refused before there is one. */
static int zsock_tcp_check_timestamping(struct socket *sock, int level,
					int optname, sockptr_t optval,
					unsigned int optlen)
{
	int flags;

	if (level != SOL_SOCKET || (optname != SO_TIMESTAMPING_OLD &&
				    optname != SO_TIMESTAMPING_NEW))
		return 0;
	if (optlen < sizeof(flags) || zsock_table(zsock_sk(sock)))
		return 0;
	if (copy_from_sockptr(&flags, optval, sizeof(flags)))
		return -EFAULT;
	return flags & SOF_TIMESTAMPING_OPT_ID ? -EINVAL : 0;
}

static int zsock_tcp_check_option(struct socket *sock, int level, int optname,
				  sockptr_t optval, unsigned int optlen)
{
	return zsock_tcp_check_ulp(level, optname) ?:
	       zsock_tcp_check_timestamping(sock, level, optname, optval,
					    optlen);
}

/* Marks the area for TCP_ZEROCOPY_RECEIVE, which may come on any TCP socket. */
static int zsock_tcp_mmap(struct file *file, struct socket *sock,
			  struct vm_area_struct *vma)
{
	if (!inet_stream_ops.mmap)
		return -ENODEV;
	return inet_stream_ops.mmap(file, sock, vma);
}

ZSOCK_DEFINE_PROTO(tcp) = {
	.name		= "tcp",
	.owner		= THIS_MODULE,
	.ids		= zsock_tcp_ids,
	.nids		= ARRAY_SIZE(zsock_tcp_ids),
	.protocol	= IPPROTO_TCP,
	.init_sk	= zsock_tcp_init_sk,
	.check_option	= zsock_tcp_check_option,
	.mmap		= zsock_tcp_mmap,
};
