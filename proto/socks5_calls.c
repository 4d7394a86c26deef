// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of a socket that has a SOCKS5 proxy. They are below those of the
 * handler: to a secure socket the tunnel is what TCP's connection is otherwise.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/splice.h>
#include <linux/tcp.h>
#include <net/inet_common.h>
#include <net/inet_sock.h>

#include <asm/ioctls.h>

#include "../names/naming.h"
#include "../tls/tls.h"
#include "socks5.h"

/* ---- where to ---- */

/*
 * A host by its name, or by that of ZSOCK_HOST. One that is looked up here is not:
 * the proxy does that, and the name is not told to anybody else.
 */
static int zsock_socks5_name(struct zsock_sock *zs, const void *addr, int len,
			     struct zsock_socks5_target *target)
{
	char name[ZSOCK_HOST_MAX + 1];
	__be16 port;
	int err;

	err = zsock_naming_target(zs, addr, len, name, &port);
	return err ?: zsock_socks5_target_name(target, name, strlen(name),
					       port);
}

/*
 * What connect() was given, for the proxy: 0, or the errno for the caller. Takes
 * the dispatch lock, inside which a proxy's is.
 */
static int zsock_socks5_target(struct zsock_sock *zs, const void *addr,
			       int len, struct zsock_socks5_target *target)
{
	int family, err;

	if (zsock_is_name(addr, len))
		return zsock_socks5_name(zs, addr, len, target);
	/* The socket's domain is to be respected all the same. */
	err = zsock_first_address(zs, addr, len, &family);
	return err ?: zsock_socks5_target_set(target, addr, len);
}

/* The socket's first call is a connect(): see that it has an inner socket. */
int zsock_socks5_dispatch(struct socket *sock, const void *addr, int len)
{
	struct zsock_socks5 *s5 = zsock_socks5(sock);
	const struct sockaddr *sa = addr;
	struct zsock_socks5_target target;
	struct sockaddr_storage proxy;
	int err, proxy_len;

	if (len >= (int)sizeof(sa->sa_family) && sa->sa_family == AF_UNSPEC)
		return zsock_dispatch(sock, AF_UNSPEC);
	err = zsock_socks5_target(zsock_sk(sock), addr, len, &target);
	if (err)
		return err;
	mutex_lock(&s5->lock);
	proxy = s5->proxy;
	proxy_len = s5->proxy_len;
	mutex_unlock(&s5->lock);
	/* Rules are asked about where the packets go. */
	return zsock_dispatch_addr(sock, proxy.ss_family, &proxy, proxy_len);
}

/* ---- connect() ---- */

static bool zsock_socks5_settled(const void *arg)
{
	return !zsock_socks5_busy(zsock_socks5_state(arg));
}

/* As sk_state, but that a connection which is none yet is in the making. */
int zsock_connect_state(const struct socket *sock)
{
	struct zsock_socks5 *s5 = zsock_socks5(sock);

	if (s5 && !zsock_socks5_settled(s5))
		return TCP_SYN_SENT;
	return inet_sk_state_load(sock->sk);
}

/* TCP forgets the connection, and what came on it. Under the lock. */
static int zsock_socks5_forget(struct zsock_socks5 *s5, int flags)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct socket *sock = s5->sock;
	int err;

	err = zsock_socks5_lower(sock)->connect(sock,
						(struct zsock_addr *)&none,
						sizeof(none), flags);
	if (err)
		return err;
	zsock_unwatch(&s5->watch);
	zsock_socks5_set_state(s5, ZSOCK_S5_IDLE);
	return 0;
}

/* A connection that failed makes room for another. Under the lock. */
int zsock_socks5_reset(struct zsock_socks5 *s5)
{
	int err = zsock_socks5_forget(s5, O_NONBLOCK);

	if (!err)
		WRITE_ONCE(s5->sock->sk->sk_err, 0);
	return err;
}

/* What connect() says of one that has failed. Under the lock. */
static int zsock_socks5_tell(struct zsock_socks5 *s5)
{
	int err = sock_error(s5->sock->sk) ?: -ECONNABORTED;

	zsock_socks5_reset(s5);
	return err;
}

/**
 * struct zsock_socks5_call - what connect() was called with
 * @addr: as it was given
 * @len: bytes of it
 * @err: why it is of no use, or 0
 * @target: what it means to the proxy
 */
struct zsock_socks5_call {
	const void			*addr;
	int				len;
	int				err;
	struct zsock_socks5_target	target;
};

static int zsock_socks5_start(struct zsock_socks5 *s5,
			      const struct zsock_socks5_call *call)
{
	if (call->err)
		return call->err;
	s5->target = call->target;
	memset(&s5->peer, 0, sizeof(s5->peer));
	memcpy(&s5->peer, call->addr,
	       min_t(int, call->len, sizeof(s5->peer)));
	s5->peer_len = zsock_socks5_length(s5->peer.ss_family);
	return zsock_socks5_begin(s5);
}

/* A secure socket whose handshake failed has had TCP forget the connection. */
static bool zsock_socks5_gone(const struct zsock_socks5 *s5)
{
	return s5->sock->state == SS_UNCONNECTED &&
	       inet_sk_state_load(s5->sock->sk) == TCP_CLOSE;
}

/* -EINPROGRESS, -EALREADY, or all that is to be said. Under the lock. */
static int zsock_socks5_try(struct zsock_socks5 *s5,
			    const struct zsock_socks5_call *call)
{
	int err;

	if (s5->state == ZSOCK_S5_UP && zsock_socks5_gone(s5)) {
		err = zsock_socks5_via(s5, ZSOCK_VIA_PROXY);
		if (err)
			return err;
		zsock_socks5_set_state(s5, ZSOCK_S5_IDLE);
	}
	switch (s5->state) {
	case ZSOCK_S5_IDLE:
		return zsock_socks5_start(s5, call);
	case ZSOCK_S5_FAILED:
		return zsock_socks5_tell(s5);
	case ZSOCK_S5_UP:
		err = s5->told ? -EISCONN : 0;
		s5->told = true;
		return err;
	case ZSOCK_S5_CLOSED:
		return -EINVAL;
	default:
		return -EALREADY;
	}
}

/* What connect() says after it has waited. */
static int zsock_socks5_outcome(struct zsock_socks5 *s5)
{
	int err = -ECONNABORTED;

	mutex_lock(&s5->lock);
	if (s5->state == ZSOCK_S5_UP) {
		s5->told = true;
		err = 0;
	} else if (s5->state == ZSOCK_S5_FAILED) {
		err = zsock_socks5_tell(s5);
	}
	mutex_unlock(&s5->lock);
	return err;
}

/* To no address. The tunnel's end is that of the proxy's connection. */
static int zsock_socks5_disconnect(struct zsock_socks5 *s5, int flags)
{
	int err;

	mutex_lock(&s5->lock);
	err = zsock_socks5_via(s5, ZSOCK_VIA_PROXY);
	if (!err)
		err = zsock_socks5_forget(s5, flags);
	/* It is still there: as it was. */
	if (err && s5->state == ZSOCK_S5_UP)
		zsock_socks5_via(s5, ZSOCK_VIA_TUNNEL);
	mutex_unlock(&s5->lock);
	zsock_wake(s5->sock);
	return err;
}

static int zsock_socks5_connect(struct socket *sock, struct zsock_addr *addr,
				int len, int flags)
{
	long timeo = sock_sndtimeo(sock->sk, flags & O_NONBLOCK);
	struct zsock_socks5 *s5 = zsock_socks5(sock);
	struct zsock_socks5_call call = { .addr = addr, .len = len };
	unsigned long begun = jiffies;
	int err, waited;

	if (len >= (int)sizeof(sa_family_t) &&
	    ((struct sockaddr *)addr)->sa_family == AF_UNSPEC)
		return zsock_socks5_disconnect(s5, flags);
	call.err = zsock_socks5_target(zsock_sk(sock), addr, len,
				       &call.target);
	mutex_lock(&s5->lock);
	err = zsock_socks5_try(s5, &call);
	mutex_unlock(&s5->lock);
	if (err != -EINPROGRESS && err != -EALREADY)
		return err;
	/* The work could not have the lock before. */
	zsock_socks5_kick(s5);
	if (!timeo)
		return err;
	timeo = zsock_time_left(timeo, begun);
	waited = zsock_wait_settled(sock, zsock_socks5_settled, s5, &timeo);
	if (waited == -EAGAIN)
		return err;
	return waited ?: zsock_socks5_outcome(s5);
}

/* ---- names ---- */

/* The peer is whom the program asked for, not the proxy. */
static int zsock_socks5_getname(struct socket *sock, struct sockaddr *addr,
				int peer)
{
	struct zsock_socks5 *s5 = zsock_socks5(sock);
	int len;

	len = zsock_socks5_lower(sock)->getname(sock, addr, peer);
	if (!peer || len < 0)
		return len;
	mutex_lock(&s5->lock);
	if (s5->state == ZSOCK_S5_UP) {
		memcpy(addr, &s5->peer, s5->peer_len);
		len = s5->peer_len;
	} else {
		len = -ENOTCONN;
	}
	mutex_unlock(&s5->lock);
	return len;
}

/* ---- until there is a tunnel ---- */

/*
 * Whether the lower call is to be made, once a connection is not in the making:
 * 1, 0, or an errno. Without a tunnel there is nothing to send to, or to read
 * but a proxy's words; and by the time that the lower call looks, another thread
 * may have begun to connect.
 */
static int zsock_socks5_await(struct socket *sock, long timeo)
{
	struct zsock_socks5 *s5 = zsock_socks5(sock);
	int err;

	err = zsock_wait_settled(sock, zsock_socks5_settled, s5, &timeo);
	return err ?: zsock_socks5_state(s5) == ZSOCK_S5_UP;
}

/* What TCP says where there is no connection. */
static int zsock_socks5_nothing(struct sock *sk)
{
	int err = sock_error(sk);

	if (err || READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		return err;
	return -ENOTCONN;
}

static int zsock_socks5_sendmsg(struct socket *sock, struct msghdr *msg,
				size_t size)
{
	int ret;

	/* It would go past the proxy. */
	if (msg->msg_flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	ret = zsock_socks5_await(sock, sock_sndtimeo(sock->sk, msg->msg_flags &
						     MSG_DONTWAIT));
	if (ret < 0)
		return ret;
	if (!ret)
		return sk_stream_error(sock->sk, msg->msg_flags, -EPIPE);
	return zsock_socks5_lower(sock)->sendmsg(sock, msg, size);
}

static int zsock_socks5_recvmsg(struct socket *sock, struct msghdr *msg,
				size_t size, int flags)
{
	int ret;

	if (flags & MSG_ERRQUEUE)
		return zsock_socks5_lower(sock)->recvmsg(sock, msg, size,
							 flags);
	ret = zsock_socks5_await(sock, sock_rcvtimeo(sock->sk, flags &
						     MSG_DONTWAIT));
	if (ret < 0)
		return ret;
	if (!ret)
		return zsock_socks5_nothing(sock->sk);
	return zsock_socks5_lower(sock)->recvmsg(sock, msg, size, flags);
}

static ssize_t zsock_socks5_splice_read(struct socket *sock, loff_t *ppos,
					struct pipe_inode_info *pipe,
					size_t len, unsigned int flags)
{
	bool nonblock = sock->file->f_flags & O_NONBLOCK ||
			flags & SPLICE_F_NONBLOCK;
	const struct proto_ops *lower;
	int ret;

	ret = zsock_socks5_await(sock, sock_rcvtimeo(sock->sk, nonblock));
	if (ret < 0)
		return ret;
	if (!ret)
		return zsock_socks5_nothing(sock->sk);
	lower = zsock_socks5_lower(sock);
	if (!lower->splice_read)
		return copy_splice_read(sock->file, ppos, pipe, len, flags);
	return lower->splice_read(sock, ppos, pipe, len, flags);
}

/* A connection that is not there yet is ready for nothing. */
static __poll_t zsock_socks5_poll(struct file *file, struct socket *sock,
				  struct poll_table_struct *wait)
{
	sock_poll_wait(file, sock, wait);
	if (!zsock_socks5_settled(zsock_socks5(sock)))
		return 0;
	return zsock_socks5_lower(sock)->poll(file, sock, NULL);
}

/* SOCKS5 can listen, too, in a way that is not listen()'s. */
static int zsock_socks5_listen(struct socket *sock, int backlog)
{
	return -EOPNOTSUPP;
}

/* As with TCP, a connection that is in the making is given up. */
static int zsock_socks5_shutdown(struct socket *sock, int how)
{
	struct zsock_socks5 *s5 = zsock_socks5(sock);
	bool busy;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	mutex_lock(&s5->lock);
	busy = zsock_socks5_busy(s5->state);
	if (busy)
		zsock_socks5_drop(s5, -ECONNRESET);
	mutex_unlock(&s5->lock);
	if (!busy)
		return zsock_socks5_lower(sock)->shutdown(sock, how);
	zsock_wake(sock);
	return 0;
}

/* TCP's counts are of what is said to the proxy. */
static bool zsock_socks5_counts(struct socket *sock, unsigned int cmd)
{
	if (cmd != SIOCINQ && cmd != SIOCOUTQ && cmd != SIOCOUTQNSD)
		return false;
	return zsock_socks5_state(zsock_socks5(sock)) != ZSOCK_S5_UP &&
	       zsock_socks5_state(zsock_socks5(sock)) != ZSOCK_S5_IDLE;
}

static int zsock_socks5_ioctl(struct socket *sock, unsigned int cmd,
			      unsigned long arg)
{
	if (zsock_socks5_counts(sock, cmd))
		return put_user(0, (int __user *)arg);
	return zsock_socks5_lower(sock)->ioctl(sock, cmd, arg);
}

#ifdef CONFIG_COMPAT
static int zsock_socks5_compat_ioctl(struct socket *sock, unsigned int cmd,
				     unsigned long arg)
{
	const struct proto_ops *lower = zsock_socks5_lower(sock);

	if (zsock_socks5_counts(sock, cmd))
		return put_user(0, (int __user *)compat_ptr(arg));
	return lower->compat_ioctl ? lower->compat_ioctl(sock, cmd, arg) :
				     -ENOIOCTLCMD;
}
#endif

/*
 * Those that write to the program's memory with the sk locked: no connect()
 * begins meanwhile, see zsock_socks5_copies().
 */
static int zsock_socks5_get_locked(struct socket *sock, int level, int optname,
				   char __user *optval, int __user *optlen)
{
	struct zsock_socks5 *s5 = zsock_socks5(sock);
	int err = -EBUSY;

	mutex_lock(&s5->lock);
	if (!zsock_socks5_busy(s5->state))
		err = zsock_socks5_lower(sock)->getsockopt(sock, level, optname,
							   optval, optlen);
	mutex_unlock(&s5->lock);
	return err;
}

static int zsock_socks5_pass_getsockopt(struct socket *sock, int level,
					int optname, char __user *optval,
					int __user *optlen)
{
	/* It reads what the proxy says. */
	if (level == SOL_TCP && optname == TCP_ZEROCOPY_RECEIVE)
		return -ENOTCONN;
	if (zsock_tls_writes_locked(level, optname))
		return zsock_socks5_get_locked(sock, level, optname, optval,
					       optlen);
	return zsock_socks5_lower(sock)->getsockopt(sock, level, optname,
						    optval, optlen);
}

/* The calls in @ops are the lower ones. */
void zsock_socks5_override(struct proto_ops *ops, enum zsock_via via)
{
	if (via == ZSOCK_VIA_NONE)
		return;
	ops->connect = zsock_socks5_connect;
	ops->getname = zsock_socks5_getname;
	if (via == ZSOCK_VIA_TUNNEL)
		return;
	ops->poll = zsock_socks5_poll;
	ops->ioctl = zsock_socks5_ioctl;
#ifdef CONFIG_COMPAT
	ops->compat_ioctl = zsock_socks5_compat_ioctl;
#endif
	ops->listen = zsock_socks5_listen;
	ops->shutdown = zsock_socks5_shutdown;
	ops->sendmsg = zsock_socks5_sendmsg;
	ops->recvmsg = zsock_socks5_recvmsg;
	ops->splice_read = zsock_socks5_splice_read;
	if (ops->getsockopt)
		ops->getsockopt = zsock_socks5_pass_getsockopt;
	/* What goes past all that. */
	ops->splice_eof = NULL;
	ops->sendmsg_locked = NULL;
	ops->read_sock = NULL;
	ops->read_skb = NULL;
	ops->peek_len = NULL;
}
