// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel sockets: reading options. The kernel reads SOL_SOCKET into memory
 * of its own, and this module its own levels. TCP's and IP's getsockopt() write
 * to a program's memory and nothing else (do_tcp_getsockopt() and the like, for
 * BPF, are not exported). So options are here that are a value in the socket.
 */
#include <linux/tcp.h>
#include <linux/rcupdate.h>
#include <net/tcp.h>

#include "kpi.h"

/* Those that are asked for less often. */
static int zsock_get_tcp_more(const struct sock *sk, int optname, int *value)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct net *net = sock_net(sk);

	switch (optname) {
	case TCP_SYNCNT:
		*value = READ_ONCE(icsk->icsk_syn_retries) ?:
			 READ_ONCE(net->ipv4.sysctl_tcp_syn_retries);
		break;
	case TCP_LINGER2:
		*value = READ_ONCE(tp->linger2);
		if (*value >= 0)
			*value = (*value ?: READ_ONCE(net->ipv4.sysctl_tcp_fin_timeout)) / HZ;
		break;
	case TCP_NOTSENT_LOWAT:
		*value = READ_ONCE(tp->notsent_lowat);
		break;
	case TCP_FASTOPEN:
		*value = READ_ONCE(icsk->icsk_accept_queue.fastopenq.max_qlen);
		break;
	case TCP_FASTOPEN_CONNECT:
		*value = tp->fastopen_connect;
		break;
	case TCP_FASTOPEN_NO_COOKIE:
		*value = tp->fastopen_no_cookie;
		break;
	case TCP_INQ:
		*value = tp->recvmsg_inq;
		break;
	default:
		return ZSOCK_NO_OPTION;
	}
	return 0;
}

static int zsock_get_tcp_int(struct sock *sk, int optname, int *value)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct inet_connection_sock *icsk = inet_csk(sk);

	switch (optname) {
	case TCP_NODELAY:
		*value = !!(tp->nonagle & TCP_NAGLE_OFF);
		break;
	case TCP_CORK:
		*value = !!(tp->nonagle & TCP_NAGLE_CORK);
		break;
	case TCP_MAXSEG:
		*value = READ_ONCE(tp->mss_cache);
		break;
	case TCP_KEEPIDLE:
		*value = keepalive_time_when(tp) / HZ;
		break;
	case TCP_KEEPINTVL:
		*value = keepalive_intvl_when(tp) / HZ;
		break;
	case TCP_KEEPCNT:
		*value = keepalive_probes(tp);
		break;
	case TCP_USER_TIMEOUT:
		*value = READ_ONCE(icsk->icsk_user_timeout);
		break;
	case TCP_WINDOW_CLAMP:
		*value = READ_ONCE(tp->window_clamp);
		break;
	case TCP_QUICKACK:
		*value = !inet_csk_in_pingpong_mode(sk);
		break;
	default:
		return zsock_get_tcp_more(sk, optname, value);
	}
	return 0;
}

/* Always as long as it can be, as TCP tells it. */
static int zsock_get_congestion(const struct sock *sk, sockptr_t optval,
				sockptr_t optlen)
{
	char name[TCP_CA_NAME_MAX];

	rcu_read_lock();
	memcpy(name, READ_ONCE(inet_csk(sk)->icsk_ca_ops)->name, sizeof(name));
	rcu_read_unlock();
	return zsock_put_option(optval, optlen, name, sizeof(name));
}

static int zsock_get_tcp(struct sock *sk, int optname, sockptr_t optval,
			 sockptr_t optlen)
{
	struct tcp_info info;
	int value, err;

	if (!sk_is_tcp(sk))
		return -EOPNOTSUPP;
	if (optname == TCP_INFO) {
		tcp_get_info(sk, &info);
		return zsock_put_option(optval, optlen, &info, sizeof(info));
	}
	if (optname == TCP_CONGESTION)
		return zsock_get_congestion(sk, optval, optlen);
	lock_sock(sk);
	err = zsock_get_tcp_int(sk, optname, &value);
	release_sock(sk);
	return err ?: zsock_put_option(optval, optlen, &value, sizeof(value));
}

/* Only what is known to be a socket of IP has the fields. */
static int zsock_get_inner(struct socket *sock, int level, int optname,
			   sockptr_t optval, sockptr_t optlen)
{
	struct sock *sk;
	int err;

	err = zsock_dispatch(sock, zsock_option_family(level));
	if (err)
		return err;
	sk = sock->sk;
	if (!sk_is_tcp(sk) && !sk_is_udp(sk))
		return -EOPNOTSUPP;
	if (level == SOL_TCP)
		return zsock_get_tcp(sk, optname, optval, optlen);
	if (level == SOL_IP || level == SOL_IPV6)
		return zsock_get_ip(sk, level, optname, optval, optlen);
	return -EOPNOTSUPP;
}

static int zsock_get_option(struct socket *sock, int level, int optname,
			    sockptr_t optval, sockptr_t optlen)
{
	int err;

	if (level == SOL_SOCKET)
		return do_sock_getsockopt(sock, true, level, optname, optval,
					  optlen);
	if (level == SOL_ZSOCK || level == SOL_TLS)
		return zsock_get_own_option(sock, level, optname, optval,
					    optlen);
	err = zsock_get_inner(sock, level, optname, optval, optlen);
	return err == ZSOCK_NO_OPTION ? -EOPNOTSUPP : err;
}

/**
 * zsock_getsockopt - read an option
 * @so: socket
 * @level: SOL_SOCKET, SOL_TLS and SOL_ZSOCK with all of their options; SOL_TCP,
 *	SOL_IP and SOL_IPV6 with those that kpi.rst lists
 * @optname: its number
 * @optval: where it goes, in the kernel's memory
 * @optlen: room there, and then the length of it
 *
 * Return: 0; -EINVAL, -ENOPROTOOPT, ... as getsockopt(); -EOPNOTSUPP for an
 * option that can be read only into a program's memory; -ESHUTDOWN.
 */
int zsock_getsockopt(struct zsock_socket *so, int level, int optname,
		     void *optval, int *optlen)
{
	struct zsock_call call;
	int err;

	err = zsock_enter(so, &call);
	if (err)
		return err;
	err = zsock_get_option(so->sock, level, optname, KERNEL_SOCKPTR(optval),
			       KERNEL_SOCKPTR(optlen));
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_getsockopt);
