// SPDX-License-Identifier: GPL-2.0
/* Sockets behind a pipe: names, connections, listeners. */
#include <net/ip.h>
#include <net/tcp_states.h>

#include "remote.h"

/* ---- names ---- */

/* Low ports are a matter of permission, whoever has them in the end. */
static int zsock_remote_may_bind(const struct sock *sk, u16 port)
{
	const struct net *net = sock_net(sk);

	if (!port || !inet_port_requires_bind_service((struct net *)net, port))
		return 0;
	return ns_capable(net->user_ns, CAP_NET_BIND_SERVICE) ? 0 : -EACCES;
}

/* Binding to AF_UNSPEC is an old way to say INADDR_ANY. */
static bool zsock_remote_old_any(const struct zsock_rsk *rs, const void *addr,
				 int len)
{
	const struct sockaddr_in *sin = addr;

	return rs->family == AF_INET && len >= (int)sizeof(*sin) &&
	       sin->sin_family == AF_UNSPEC &&
	       sin->sin_addr.s_addr == htonl(INADDR_ANY);
}

int zsock_remote_bind(struct socket *sock, struct zsock_addr *addr, int len)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct zoff_addr to;
	int err;

	if (zsock_remote_old_any(rs, addr, len)) {
		any.sin_port = ((struct sockaddr_in *)addr)->sin_port;
		err = zsock_zoff_addr(rs, &any, sizeof(any), &to);
	} else {
		err = zsock_zoff_addr(rs, addr, len, &to);
	}
	if (!err)
		err = zsock_remote_may_bind(&rs->sk, le16_to_cpu(to.port));
	return err ?: zsock_rsk_name_call(rs, ZOFF_BIND, &to, sizeof(to));
}

/* A datagram socket gets a name by sending, too: ask. */
static int zsock_remote_name(struct zsock_rsk *rs, struct zoff_addr *name)
{
	bool known;
	int err;

	spin_lock(&rs->lock);
	known = rs->name.family && rs->name.port;
	spin_unlock(&rs->lock);
	if (!known && !READ_ONCE(rs->dead)) {
		err = zsock_rsk_name_call(rs, ZOFF_NAME, NULL, 0);
		if (err)
			return err;
	}
	spin_lock(&rs->lock);
	*name = rs->name;
	spin_unlock(&rs->lock);
	return 0;
}

/* To TCP one is closed, and has no peer, when both sides have shut it. */
static bool zsock_remote_has_peer(const struct zsock_rsk *rs)
{
	const struct sock *sk = &rs->sk;

	return rs->peer.port && READ_ONCE(sk->sk_state) == TCP_ESTABLISHED &&
	       !(rs->ended && READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN);
}

int zsock_remote_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct zoff_addr name;
	int err = 0;

	if (!peer) {
		err = zsock_remote_name(rs, &name);
	} else {
		spin_lock(&rs->lock);
		name = rs->peer;
		/* Two: accept() asks, and one that was reset is accepted. */
		if (peer == 2 ? !name.port : !zsock_remote_has_peer(rs))
			err = -ENOTCONN;
		spin_unlock(&rs->lock);
	}
	return err ?: zsock_zoff_sockaddr(rs, &name, addr);
}

/* ---- connect(): a stream's ---- */

static int zsock_remote_connect_send(struct zsock_rsk *rs,
				     const struct zoff_addr *to)
{
	u32 seq = zsock_pipe_seq(rs->pipe);
	struct sk_buff *skb;

	skb = zsock_message(ZOFF_CONNECT, rs->id, seq, to, sizeof(*to), NULL,
			    0);
	if (!skb)
		return -ENOMEM;
	spin_lock(&rs->lock);
	if (rs->dead) {
		spin_unlock(&rs->lock);
		kfree_skb(skb);
		return sock_error(&rs->sk) ?: -ECONNRESET;
	}
	rs->connect_seq = seq;
	rs->peer = *to;
	/* What was shut before there was a connection is not shut of this. */
	WRITE_ONCE(rs->sk.sk_shutdown, 0);
	WRITE_ONCE(rs->sk.sk_state, TCP_SYN_SENT);
	spin_unlock(&rs->lock);
	return zsock_tx_sock(rs, skb);
}

static int zsock_remote_connect_begin(struct socket *sock, const void *addr,
				      int len)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct zoff_addr to;
	int err;

	/* The credit of one that listened was for connections, not for bytes. */
	if (READ_ONCE(rs->sk.sk_state) != TCP_CLOSE || READ_ONCE(rs->listens))
		return -EISCONN;
	err = zsock_zoff_addr(rs, addr, len, &to);
	if (err)
		return err;
	err = zsock_remote_connect_send(rs, &to);
	if (!err)
		sock->state = SS_CONNECTING;
	return err;
}

static bool zsock_remote_connecting(const struct sock *sk)
{
	return READ_ONCE(sk->sk_state) == TCP_SYN_SENT;
}

/* That it failed is being told: the program may try another address. */
static void zsock_remote_connect_again(struct zsock_rsk *rs)
{
	spin_lock(&rs->lock);
	if (!rs->dead)
		WRITE_ONCE(rs->sk.sk_shutdown, 0);
	spin_unlock(&rs->lock);
}

static bool zsock_remote_decided(struct zsock_rsk *rs, size_t arg)
{
	return !zsock_remote_connecting(&rs->sk);
}

/* Wait for its end, with the sk locked. */
static int zsock_remote_connect_end(struct socket *sock, int flags, int begun)
{
	struct sock *sk = sock->sk;
	long timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	int err;

	/* However soon it ended, it is told later. */
	if (!timeo && (begun == -EINPROGRESS || zsock_remote_connecting(sk)))
		return begun;
	err = zsock_rsk_wait(zsock_rsk(sk), &timeo, true, zsock_remote_decided,
			     0);
	if (err)
		return err == -EAGAIN ? -EINPROGRESS : err;
	if (READ_ONCE(sk->sk_state) == TCP_ESTABLISHED) {
		sock->state = SS_CONNECTED;
		return 0;
	}
	sock->state = SS_UNCONNECTED;
	zsock_remote_connect_again(zsock_rsk(sk));
	return sock_error(sk) ?: -ECONNABORTED;
}

static int zsock_remote_connect_stream(struct socket *sock, const void *addr,
				       int len, int flags)
{
	int err = -EALREADY;

	switch (sock->state) {
	case SS_CONNECTED:
		return -EISCONN;
	case SS_CONNECTING:
		break;
	default:
		err = zsock_remote_connect_begin(sock, addr, len);
		if (err)
			return err;
		err = -EINPROGRESS;
	}
	return zsock_remote_connect_end(sock, flags, err);
}

/* ---- connect(): a datagram socket's ---- */

static int zsock_remote_connect_dgram(struct socket *sock, const void *addr,
				      int len)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	const struct sockaddr *sa = addr;
	struct zoff_addr to = {};
	int err;

	if (sa->sa_family != AF_UNSPEC) {
		err = zsock_zoff_addr(rs, addr, len, &to);
		if (err)
			return err;
	}
	err = zsock_rsk_name_call(rs, ZOFF_CONNECT, &to, sizeof(to));
	if (err)
		return err;
	spin_lock(&rs->lock);
	rs->peer = to;
	if (!rs->dead)
		WRITE_ONCE(rs->sk.sk_state,
			   to.family ? TCP_ESTABLISHED : TCP_CLOSE);
	spin_unlock(&rs->lock);
	sock->state = to.family ? SS_CONNECTED : SS_UNCONNECTED;
	return 0;
}

/* ---- listeners ---- */

/*
 * A backlog that grows is credit, one that shrinks is not taken back, nor is
 * any when the socket stops listening and begins again.
 */
static void zsock_remote_listens(struct zsock_rsk *rs, u32 backlog)
{
	struct sock *sk = &rs->sk;

	spin_lock(&rs->lock);
	if (!rs->listens)
		rs->rx_room = backlog;
	else if (backlog > sk->sk_max_ack_backlog)
		rs->rx_room += backlog - sk->sk_max_ack_backlog;
	WRITE_ONCE(rs->listens, rs->listens + 1);
	WRITE_ONCE(sk->sk_max_ack_backlog,
		   max(backlog, sk->sk_max_ack_backlog));
	if (!rs->dead)
		WRITE_ONCE(sk->sk_state, TCP_LISTEN);
	spin_unlock(&rs->lock);
}

/*
 * The far side refused. If it never listened its credit is for bytes, as it was;
 * where only another backlog was refused, it goes on to listen.
 */
static void zsock_remote_listens_not(struct zsock_rsk *rs)
{
	struct sock *sk = &rs->sk;

	spin_lock(&rs->lock);
	WRITE_ONCE(rs->listens, rs->listens - 1);
	if (!rs->listens) {
		rs->rx_room = ZSOCK_PIPE_WINDOW;
		WRITE_ONCE(sk->sk_max_ack_backlog, 0);
		WRITE_ONCE(sk->sk_state, TCP_CLOSE);
	}
	spin_unlock(&rs->lock);
}

int zsock_remote_listen(struct socket *sock, int backlog)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct zoff_listen listen;
	struct sock *sk = sock->sk;
	u32 n;
	int err;

	if (sock->type != SOCK_STREAM)
		return -EOPNOTSUPP;
	lock_sock(sk);
	err = -EINVAL;
	if (sock->state != SS_UNCONNECTED ||
	    (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN))
		goto out;
	/* TCP lets one more in than it was told. */
	n = clamp(backlog, 0, READ_ONCE(sock_net(sk)->core.sysctl_somaxconn)) +
	    1;
	listen.backlog = cpu_to_le32(n);
	/* Connections may come before the reply is looked at. */
	zsock_remote_listens(rs, n);
	release_sock(sk);
	err = zsock_rsk_name_call(rs, ZOFF_LISTEN, &listen, sizeof(listen));
	lock_sock(sk);
	/* Who was killed does not know: it may listen. */
	if (err && err != -EINTR)
		zsock_remote_listens_not(rs);
out:
	release_sock(sk);
	return err;
}

static struct zsock_rsk *zsock_remote_child(struct zsock_rsk *rs)
{
	struct zsock_rsk *child;

	spin_lock(&rs->lock);
	child = list_first_entry_or_null(&rs->children, struct zsock_rsk,
					 child);
	if (child) {
		list_del_init(&child->child);
		sk_acceptq_removed(&rs->sk);
	}
	spin_unlock(&rs->lock);
	return child;
}

static bool zsock_remote_acceptable(struct zsock_rsk *rs, size_t arg)
{
	return !list_empty_careful(&rs->children) ||
	       READ_ONCE(rs->sk.sk_state) != TCP_LISTEN;
}

int zsock_remote_accept(struct socket *sock, struct socket *newsock,
			bool nonblock)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk), *child;
	struct sock *sk = sock->sk;
	long timeo = sock_rcvtimeo(sk, nonblock);
	int err;

	lock_sock(sk);
	do {
		err = -EINVAL;
		child = NULL;
		if (READ_ONCE(sk->sk_state) != TCP_LISTEN)
			break;
		err = zsock_rsk_wait(rs, &timeo, true, zsock_remote_acceptable,
				     0);
		if (!err)
			child = zsock_remote_child(rs);
	} while (!err && !child);
	release_sock(sk);
	if (!child)
		return READ_ONCE(rs->dead) && READ_ONCE(rs->listens) ?
		       sock_error(sk) ?: -ECONNRESET : err;
	zsock_rsk_taken(rs, 1);
	newsock->state = SS_CONNECTED;
	sock_graft(&child->sk, newsock);
	return 0;
}

/* ---- shutdown() ---- */

static void zsock_remote_shut(struct zsock_rsk *rs, u32 what)
{
	struct zoff_shutdown how = { .how = cpu_to_le32(what) };
	u32 seq = zsock_pipe_seq(rs->pipe);
	struct sk_buff *skb;

	skb = zsock_message(ZOFF_SHUTDOWN, rs->id, seq, &how, sizeof(how),
			    NULL, 0);
	/* The close() that comes says the same. */
	if (!skb)
		return;
	spin_lock(&rs->lock);
	if (rs->shut_seq) {
		/* A listener's: one that is under way will do. */
		spin_unlock(&rs->lock);
		kfree_skb(skb);
		return;
	}
	rs->shut_seq = seq;
	spin_unlock(&rs->lock);
	zsock_tx_sock(rs, skb);
}

static void zsock_remote_unlisten(struct zsock_rsk *rs)
{
	spin_lock(&rs->lock);
	WRITE_ONCE(rs->sk.sk_state, TCP_CLOSE);
	spin_unlock(&rs->lock);
	rs->sk.sk_state_change(&rs->sk);
	zsock_remote_shut(rs, ZOFF_SHUT_RD);
	zsock_rsk_drop_children(rs);
}

/* What was shut before. */
static int zsock_remote_shut_here(struct zsock_rsk *rs, int how)
{
	struct sock *sk = &rs->sk;
	int old;

	spin_lock(&rs->lock);
	old = sk->sk_shutdown;
	WRITE_ONCE(sk->sk_shutdown, old | how);
	spin_unlock(&rs->lock);
	return old;
}

int zsock_remote_shutdown(struct socket *sock, int how)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct sock *sk = sock->sk;
	int old, err = 0;

	/* 0, 1, 2 are made a mask. */
	how++;
	if ((how & ~SHUTDOWN_MASK) || !how)
		return -EINVAL;
	lock_sock(sk);
	switch (READ_ONCE(sk->sk_state)) {
	case TCP_LISTEN:
		if (how & RCV_SHUTDOWN)
			zsock_remote_unlisten(rs);
		break;
	case TCP_ESTABLISHED:
		old = zsock_remote_shut_here(rs, how);
		/* connect() need not be told again that it succeeded. */
		if (sock->state == SS_CONNECTING)
			sock->state = SS_CONNECTED;
		/* To TCP it is closed when both sides have said so. */
		if (rs->ended && old & SEND_SHUTDOWN)
			err = -ENOTCONN;
		if (how & SEND_SHUTDOWN && !(old & SEND_SHUTDOWN) &&
		    sk->sk_type == SOCK_STREAM)
			zsock_remote_shut(rs, ZOFF_SHUT_WR);
		break;
	case TCP_CLOSE:
		zsock_remote_shut_here(rs, how);
		fallthrough;
	default:
		err = -ENOTCONN;
	}
	/* Whoever waits in another call is to see it. */
	sk->sk_state_change(sk);
	release_sock(sk);
	return err;
}

/* ---- connect() as such ---- */

/*
 * AF_UNSPEC: no connection is given up, for which the far side would have to
 * make another socket; where there is none it is as with TCP.
 */
static int zsock_remote_disconnect(struct socket *sock)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);

	switch (READ_ONCE(rs->sk.sk_state)) {
	case TCP_LISTEN:
		zsock_remote_unlisten(rs);
		break;
	case TCP_CLOSE:
		if (!READ_ONCE(rs->dead))
			break;
		fallthrough;
	default:
		return -EOPNOTSUPP;
	}
	zsock_remote_connect_again(rs);
	sock->state = SS_UNCONNECTED;
	return 0;
}

int zsock_remote_connect(struct socket *sock, struct zsock_addr *addr, int len,
			 int flags)
{
	const struct sockaddr *sa = (struct sockaddr *)addr;
	struct sock *sk = sock->sk;
	int err;

	if (len < (int)sizeof(sa->sa_family))
		return -EINVAL;
	if (sock->type != SOCK_STREAM)
		return zsock_remote_connect_dgram(sock, addr, len);
	lock_sock(sk);
	if (sa->sa_family == AF_UNSPEC)
		err = zsock_remote_disconnect(sock);
	else
		err = zsock_remote_connect_stream(sock, addr, len, flags);
	release_sock(sk);
	return err;
}
