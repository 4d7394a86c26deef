// SPDX-License-Identifier: GPL-2.0
/*
 * The wire: the descriptor on which the agent does a handshake.
 *
 * A socket of its own on the connection's sk, with only the calls that a
 * handshake needs. It never waits: nothing of the agent's may be asleep in the
 * sk when that moves on. Every call holds the handshake's lock, so that none is
 * under way once the handshake is detached.
 */
#include <linux/file.h>
#include <linux/key.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/sizes.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <net/tcp.h>

#include "tls.h"

/* The wire's own sk: the connection's is not for generic code to find here. */
struct proto zsock_wire_prot = {
	.name		= "ZSOCK-WIRE",
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct sock),
};

static struct zsock_handshake *zsock_wire(const struct socket *sock)
{
	return SOCK_INODE((struct socket *)sock)->i_private;
}

/* The calls of the connection, or NULL where it is gone. Then unlock. */
static const struct proto_ops *zsock_wire_enter(struct zsock_handshake *hs)
{
	mutex_lock(&hs->lock);
	return hs->detached ? NULL : READ_ONCE(hs->pot->ops);
}

static void zsock_wire_leave(struct zsock_handshake *hs)
{
	mutex_unlock(&hs->lock);
}

/* Also serves the socket of an accept(), which has nothing of ours. */
static int zsock_wire_release(struct socket *sock)
{
	struct zsock_handshake *hs = zsock_wire(sock);

	struct sock *sk = sock->sk;

	if (!hs)
		return 0;
	sock->sk = NULL;
	sock_orphan(sk);
	sock_put(sk);
	SOCK_INODE(sock)->i_private = NULL;
	zsock_handshake_put(hs);
	return 0;
}

static int zsock_wire_getname(struct socket *sock, struct sockaddr *addr,
			      int peer)
{
	struct zsock_handshake *hs = zsock_wire(sock);
	const struct proto_ops *ops = zsock_wire_enter(hs);
	int ret = ops ? ops->getname(hs->pot, addr, peer) : -ESHUTDOWN;

	zsock_wire_leave(hs);
	return ret;
}

static __poll_t zsock_wire_poll(struct file *file, struct socket *sock,
				struct poll_table_struct *wait)
{
	struct zsock_handshake *hs = zsock_wire(sock);
	const struct proto_ops *ops;
	__poll_t mask = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP;

	poll_wait(file, &hs->wq, wait);
	ops = zsock_wire_enter(hs);
	if (ops)
		mask = ops->poll(file, hs->pot, NULL);
	zsock_wire_leave(hs);
	return mask;
}

static int zsock_wire_shutdown(struct socket *sock, int how)
{
	struct zsock_handshake *hs = zsock_wire(sock);
	const struct proto_ops *ops = zsock_wire_enter(hs);
	int ret = -EINVAL;

	if (!ops)
		ret = -ESHUTDOWN;
	else if (how == SHUT_WR)
		ret = ops->shutdown(hs->pot, how);
	zsock_wire_leave(hs);
	return ret;
}

/* ---- options: kTLS, and what makes a handshake quick ---- */

static bool zsock_wire_may_set(int level, int optname)
{
	if (level == SOL_TLS)
		return optname == TLS_TX || optname == TLS_RX ||
		       optname == TLS_RX_EXPECT_NO_PAD;
	return level == SOL_TCP &&
	       (optname == TCP_ULP || optname == TCP_NODELAY);
}

static void zsock_wire_lend(struct sock *sk, struct socket *to)
{
	write_lock_bh(&sk->sk_callback_lock);
	sk_set_socket(sk, to);
	write_unlock_bh(&sk->sk_callback_lock);
}

/*
 * kTLS puts its calls into sk->sk_socket, having taken those that are there for
 * all of its sockets: not the outer socket's, please.
 */
static int zsock_wire_set(struct zsock_handshake *hs,
			  const struct proto_ops *ops, int level, int optname,
			  void *value, unsigned int len)
{
	struct socket *pot = hs->pot;
	int ret;

	if (hs->home != pot) {
		pot->file = hs->home->file;
		zsock_wire_lend(hs->sk, pot);
	}
	ret = ops->setsockopt(pot, level, optname, KERNEL_SOCKPTR(value), len);
	if (hs->home != pot) {
		zsock_wire_lend(hs->sk, hs->home);
		pot->file = NULL;
	}
	return ret;
}

/* The largest is a struct tls12_crypto_info_*. */
#define ZSOCK_WIRE_VALUE_MAX	128

/* Nothing of the agent's memory is touched while something is locked. */
static int zsock_wire_setsockopt(struct socket *sock, int level, int optname,
				 sockptr_t optval, unsigned int optlen)
{
	struct zsock_handshake *hs = zsock_wire(sock);
	u8 value[ZSOCK_WIRE_VALUE_MAX] __aligned(8) = { };
	const struct proto_ops *ops;
	int ret = -ESHUTDOWN;

	if (!zsock_wire_may_set(level, optname))
		return -ENOPROTOOPT;
	if (optlen > sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(value, optval, optlen))
		return -EFAULT;
	/* Others put things into a struct socket that have no place there. */
	if (level == SOL_TCP && optname == TCP_ULP &&
	    memcmp(value, "tls", sizeof("tls")))
		return -ENOPROTOOPT;
	ops = zsock_wire_enter(hs);
	if (ops)
		ret = zsock_wire_set(hs, ops, level, optname, value, optlen);
	zsock_wire_leave(hs);
	memzero_explicit(value, sizeof(value));
	return ret;
}

/* ---- credentials ---- */

/* Takes a hold of its own: the copying may take its time. */
static int zsock_wire_hold_cred(struct zsock_handshake *hs, u64 serial,
				struct zsock_cred_ref *ref)
{
	unsigned int i;
	int err = -ENOENT;

	if (!zsock_wire_enter(hs))
		err = -ESHUTDOWN;
	for (i = 0; err == -ENOENT && i < hs->ncreds; i++)
		if (hs->creds[i].ref.serial == serial) {
			*ref = hs->creds[i].ref;
			key_get(ref->key);
			err = 0;
		}
	zsock_wire_leave(hs);
	return err;
}

/* What an agent that changes it has to put back. */
static int zsock_wire_get_nodelay(struct zsock_handshake *hs,
				  char __user *optval, int __user *optlen)
{
	int value = tcp_sk(hs->sk)->nonagle & TCP_NAGLE_OFF;

	return zsock_put_option(USER_SOCKPTR(optval), USER_SOCKPTR(optlen),
				&value, sizeof(value));
}

/* From the key to the agent's memory, and nowhere else. */
static int zsock_wire_getsockopt(struct socket *sock, int level, int optname,
				 char __user *optval, int __user *optlen)
{
	struct zsock_cred_ref ref;
	u64 serial;
	int len, err;

	if (level == SOL_TCP && optname == TCP_NODELAY)
		return zsock_wire_get_nodelay(zsock_wire(sock), optval, optlen);
	if (level != SOL_ZSOCK || optname != ZSOCK_HANDSHAKE_CRED)
		return -ENOPROTOOPT;
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < (int)sizeof(serial))
		return -EINVAL;
	if (copy_from_user(&serial, optval, sizeof(serial)))
		return -EFAULT;
	err = zsock_wire_hold_cred(zsock_wire(sock), serial, &ref);
	if (err)
		return err;
	if (ref.len > len)
		err = -EFBIG;
	else if (copy_to_user(optval, ref.data, ref.len) ||
		 put_user(ref.len, optlen))
		err = -EFAULT;
	zsock_cred_put(&ref);
	return err;
}

/* ---- bytes, by way of a buffer: see zsock_wire_setsockopt() ---- */

#define ZSOCK_WIRE_BYTES_MAX	SZ_16K

static int zsock_wire_send(struct zsock_handshake *hs, void *buf, size_t size,
			   int flags)
{
	struct msghdr msg = {
		.msg_flags = (flags & (MSG_NOSIGNAL | MSG_MORE)) | MSG_DONTWAIT,
	};
	struct kvec vec = { buf, size };
	const struct proto_ops *ops;
	int ret = -ESHUTDOWN;

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, size);
	ops = zsock_wire_enter(hs);
	if (ops)
		ret = ops->sendmsg(hs->pot, &msg, size);
	zsock_wire_leave(hs);
	return ret;
}

static int zsock_wire_sendmsg(struct socket *sock, struct msghdr *msg,
			      size_t size)
{
	void *buf;
	int ret;

	size = min_t(size_t, size, ZSOCK_WIRE_BYTES_MAX);
	buf = kvmalloc(max_t(size_t, size, 1), GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (copy_from_iter_full(buf, size, &msg->msg_iter))
		ret = zsock_wire_send(zsock_wire(sock), buf, size,
				      msg->msg_flags);
	else
		ret = -EFAULT;
	kvfree(buf);
	return ret;
}

static int zsock_wire_recv(struct zsock_handshake *hs, void *buf, size_t size,
			   int flags)
{
	struct msghdr msg = { };
	struct kvec vec = { buf, size };
	const struct proto_ops *ops;
	int ret = -ESHUTDOWN;

	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, size);
	ops = zsock_wire_enter(hs);
	if (ops)
		ret = ops->recvmsg(hs->pot, &msg, size, flags | MSG_DONTWAIT);
	zsock_wire_leave(hs);
	return ret;
}

static int zsock_wire_recvmsg(struct socket *sock, struct msghdr *msg,
			      size_t size, int flags)
{
	void *buf;
	int ret;

	if (flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK | MSG_CMSG_COMPAT))
		return -EOPNOTSUPP;
	size = min_t(size_t, size, ZSOCK_WIRE_BYTES_MAX);
	buf = kvmalloc(max_t(size_t, size, 1), GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	ret = zsock_wire_recv(zsock_wire(sock), buf, size, flags & MSG_PEEK);
	if (ret > 0 && copy_to_iter(buf, ret, &msg->msg_iter) != ret)
		ret = -EFAULT;
	kvfree(buf);
	return ret;
}

static const struct proto_ops zsock_wire_ops = {
	.family		= PF_INET,
	.owner		= THIS_MODULE,
	.release	= zsock_wire_release,
	.bind		= sock_no_bind,
	.connect	= sock_no_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= sock_no_accept,
	.getname	= zsock_wire_getname,
	.poll		= zsock_wire_poll,
	.ioctl		= sock_no_ioctl,
	.listen		= sock_no_listen,
	.shutdown	= zsock_wire_shutdown,
	.setsockopt	= zsock_wire_setsockopt,
	.getsockopt	= zsock_wire_getsockopt,
	.sendmsg	= zsock_wire_sendmsg,
	.recvmsg	= zsock_wire_recvmsg,
	.mmap		= sock_no_mmap,
};

/* A file for @hs, of which it holds a reference. */
struct file *zsock_wire_open(struct zsock_handshake *hs)
{
	struct socket *sock;
	struct sock *sk;

	sock = sock_alloc();
	if (!sock)
		return ERR_PTR(-ENFILE);
	sk = sk_alloc(hs->rq.net, PF_INET, GFP_KERNEL, &zsock_wire_prot, 1);
	if (!sk) {
		sock_release(sock);
		return ERR_PTR(-ENOMEM);
	}
	sock->type = SOCK_STREAM;
	sock->state = SS_CONNECTED;
	sock_init_data(sock, sk);
	sock->ops = &zsock_wire_ops;
	__module_get(THIS_MODULE);
	/* SOL_SOCKET options are the program's to set. */
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
	SOCK_INODE(sock)->i_private = zsock_handshake_get(hs);
	return sock_alloc_file(sock, O_NONBLOCK, "zsock-handshake");
}
