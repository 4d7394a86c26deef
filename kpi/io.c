// SPDX-License-Identifier: GPL-2.0
/* In-kernel sockets: data in the caller's memory. */
#include "kpi.h"

/**
 * zsock_send - send data
 * @so: socket
 * @msg: what, and of a datagram where to: msg_iter, msg_name and msg_control
 *	are of the kernel's memory; msg_iter says how much of it is left
 * @flags: MSG_DONTWAIT, MSG_MORE, MSG_SPLICE_PAGES, ... as sendmsg()
 * @sentlen: how many bytes were sent, or NULL
 *
 * There is no SIGPIPE.
 *
 * Return: 0; -EAGAIN where it was not to wait; -EPIPE, -ENOTCONN, ... as
 * sendmsg(); -ESHUTDOWN.
 */
int zsock_send(struct zsock_socket *so, struct msghdr *msg, int flags,
	       size_t *sentlen)
{
	struct zsock_call call;
	int ret;

	ret = zsock_enter(so, &call);
	if (ret)
		return ret;
	msg->msg_flags = flags | zsock_dontwait(so, flags) | MSG_NOSIGNAL;
	ret = sock_sendmsg(so->sock, msg);
	zsock_leave(so, &call);
	if (sentlen)
		*sentlen = max(ret, 0);
	return min(ret, 0);
}
EXPORT_SYMBOL_GPL(zsock_send);

/**
 * zsock_receive - receive data
 * @so: socket
 * @msg: where to, as with zsock_send(); msg_name is NULL or has room for a
 *	struct sockaddr_storage; msg_flags tells of MSG_TRUNC and the like
 * @flags: MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, ... as recvmsg()
 * @recvdlen: how many bytes came, 0 at the end of a stream, or NULL
 *
 * Return: 0; -EAGAIN where it was not to wait; -ECONNRESET, -ENOTCONN, ... as
 * recvmsg(); -ESHUTDOWN.
 */
int zsock_receive(struct zsock_socket *so, struct msghdr *msg, int flags,
		  size_t *recvdlen)
{
	struct zsock_call call;
	int ret;

	ret = zsock_enter(so, &call);
	if (ret)
		return ret;
	msg->msg_flags = 0;
	ret = sock_recvmsg(so->sock, msg, flags | zsock_dontwait(so, flags));
	zsock_leave(so, &call);
	if (recvdlen)
		*recvdlen = max(ret, 0);
	return min(ret, 0);
}
EXPORT_SYMBOL_GPL(zsock_receive);
