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
#include <linux/tcp.h>
#include <linux/tls.h>

#include "tls.h"

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

	if (!hs)
		return 0;
	sock->sk = NULL;
	SOCK_INODE(sock)->i_private = NULL;
	zsock_handshake_put(hs);
	return 0;
}

static int zsock_wire_getname(struct socket *sock, struct sockaddr *addr,
			      int peer)
{
	struct zsock_handshake *hs = zsock_wire(sock);
	const struct proto_ops *ops = zsock_wire_enter(hs);
	int ret = ops ? ops->getname(sock, addr, peer) : -ESHUTDOWN;

	zsock_wire_leave(hs);
	return ret;
}

/* The sk's events go to the pot, which stays as long as this file. */
static __poll_t zsock_wire_poll(struct file *file, struct socket *sock,
				struct poll_table_struct *wait)
{
	struct zsock_handshake *hs = zsock_wire(sock);
	const struct proto_ops *ops;
	__poll_t mask = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP;

	sock_poll_wait(file, hs->pot, wait);
	ops = zsock_wire_enter(hs);
	if (ops)
		mask = ops->poll(file, sock, NULL);
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
		ret = ops->shutdown(sock, how);
	zsock_wire_leave(hs);
	return ret;
}

/* kTLS, and what makes a handshake quick. */
static bool zsock_wire_may_set(int level, int optname, sockptr_t optval,
			       unsigned int optlen)
{
	char ulp[4] = { };

	if (level == SOL_TLS)
		return optname == TLS_TX || optname == TLS_RX ||
		       optname == TLS_RX_EXPECT_NO_PAD;
	if (level != SOL_TCP)
		return false;
	if (optname != TCP_ULP)
		return optname == TCP_NODELAY;
	if (optlen < 3 || optlen > sizeof(ulp) ||
	    copy_from_sockptr(ulp, optval, optlen))
		return false;
	return !memcmp(ulp, "tls", sizeof(ulp));
}

/*
 * The name of the upper-layer protocol is ours, not read a second time: others
 * put things into a struct socket that have no place there.
 */
static int zsock_wire_setsockopt(struct socket *sock, int level, int optname,
				 sockptr_t optval, unsigned int optlen)
{
	struct zsock_handshake *hs = zsock_wire(sock);
	const struct proto_ops *ops;
	int ret = -ESHUTDOWN;

	if (!zsock_wire_may_set(level, optname, optval, optlen))
		return -ENOPROTOOPT;
	if (level == SOL_TCP && optname == TCP_ULP) {
		optval = KERNEL_SOCKPTR("tls");
		optlen = sizeof("tls");
	}
	ops = zsock_wire_enter(hs);
	if (ops)
		ret = ops->setsockopt(sock, level, optname, optval, optlen);
	zsock_wire_leave(hs);
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

/* From the key to the agent's memory, and nowhere else. */
static int zsock_wire_getsockopt(struct socket *sock, int level, int optname,
				 char __user *optval, int __user *optlen)
{
	struct zsock_cred_ref ref;
	u64 serial;
	int len, err;

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

static int zsock_wire_sendmsg(struct socket *sock, struct msghdr *msg,
			      size_t size)
{
	struct zsock_handshake *hs = zsock_wire(sock);
	const struct proto_ops *ops;
	int ret = -ESHUTDOWN;

	/* No zero-copy, no connecting, no records of another type. */
	msg->msg_flags &= MSG_NOSIGNAL | MSG_MORE | MSG_CMSG_COMPAT;
	msg->msg_flags |= MSG_DONTWAIT;
	msg->msg_controllen = 0;
	msg->msg_name = NULL;
	msg->msg_namelen = 0;
	ops = zsock_wire_enter(hs);
	if (ops)
		ret = ops->sendmsg(sock, msg, size);
	zsock_wire_leave(hs);
	return ret;
}

static int zsock_wire_recvmsg(struct socket *sock, struct msghdr *msg,
			      size_t size, int flags)
{
	struct zsock_handshake *hs = zsock_wire(sock);
	const struct proto_ops *ops;
	int ret = -ESHUTDOWN;

	if (flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK | MSG_CMSG_COMPAT))
		return -EOPNOTSUPP;
	ops = zsock_wire_enter(hs);
	if (ops)
		ret = ops->recvmsg(sock, msg, size, flags | MSG_DONTWAIT);
	zsock_wire_leave(hs);
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

	sock = sock_alloc();
	if (!sock)
		return ERR_PTR(-ENFILE);
	sock->type = SOCK_STREAM;
	sock->state = SS_CONNECTED;
	sock->ops = &zsock_wire_ops;
	__module_get(THIS_MODULE);
	/* SOL_SOCKET options are the program's to set. */
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
	sock->sk = hs->sk;
	SOCK_INODE(sock)->i_private = zsock_handshake_get(hs);
	return sock_alloc_file(sock, O_NONBLOCK, "zsock-handshake");
}
