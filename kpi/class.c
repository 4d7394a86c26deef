// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel sockets: traffic classes. Linux knows them as the priority of a
 * packet in this host, and its DSCP on the way.
 */
#include <linux/in6.h>
#include <linux/pkt_sched.h>
#include <linux/tcp.h>
#include <net/ip.h>

#include "kpi.h"

/* What a socket in the background may have on the way to it. */
#define ZSOCK_MGT_WINDOW	SZ_32K
/* As much as there can be; how much there is follows from SO_RCVBUF. */
#define ZSOCK_MGT_NO_WINDOW	SZ_1G

/* By RFC 4594, and RFC 8622 for what gives way to all others. */
static const struct zsock_class {
	int	tclass;
	u8	dscp;
	u8	priority;
} zsock_classes[] = {
	{ ZSOCK_TC_BE,		0,	TC_PRIO_BESTEFFORT },
	{ ZSOCK_TC_BK_SYS,	1,	TC_PRIO_FILLER },
	{ ZSOCK_TC_BK,		10,	TC_PRIO_BULK },
	{ ZSOCK_TC_RD,		18,	TC_PRIO_BESTEFFORT },
	{ ZSOCK_TC_OAM,		16,	TC_PRIO_BESTEFFORT },
	{ ZSOCK_TC_AV,		26,	TC_PRIO_INTERACTIVE_BULK },
	{ ZSOCK_TC_RV,		40,	TC_PRIO_INTERACTIVE_BULK },
	{ ZSOCK_TC_VI,		34,	TC_PRIO_INTERACTIVE },
	{ ZSOCK_TC_VO,		46,	TC_PRIO_INTERACTIVE },
	{ ZSOCK_TC_CTL,		48,	TC_PRIO_CONTROL },
};

static const struct zsock_class *zsock_class_find(int tclass)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(zsock_classes); i++)
		if (zsock_classes[i].tclass == tclass)
			return &zsock_classes[i];
	return NULL;
}

static int zsock_set_int(struct socket *sock, int level, int optname, int value)
{
	return zsock_call_setsockopt(sock, level, optname,
				     KERNEL_SOCKPTR(&value), sizeof(value));
}

/* An IPv6 socket may send IPv4, too. */
static int zsock_set_dscp(struct socket *sock, int dscp)
{
	struct sock *sk;
	int err;

	err = zsock_dispatch(sock, AF_UNSPEC);
	if (err)
		return err;
	sk = sock->sk;
	if (sk->sk_family != AF_INET && sk->sk_family != AF_INET6)
		return -EOPNOTSUPP;
	if (sk->sk_family == AF_INET6)
		err = zsock_set_int(sock, SOL_IPV6, IPV6_TCLASS, dscp << 2);
	return err ?: zsock_set_int(sock, SOL_IP, IP_TOS, dscp << 2);
}

/* Whichever gives way more, of what was set. */
static int zsock_class_apply(struct zsock_socket *so, int tclass, u8 mgt)
{
	const struct zsock_class *class;
	int err;

	if (mgt & ZSOCK_TRAFFIC_MGT_SO_BACKGROUND)
		tclass = ZSOCK_TC_BK_SYS;
	class = zsock_class_find(tclass);
	if (!class)
		return -EINVAL;
	/* This one may be refused; and it is set once more by IP_TOS. */
	err = zsock_set_int(so->sock, SOL_SOCKET, SO_PRIORITY, class->priority);
	if (!err)
		err = zsock_set_dscp(so->sock, class->dscp);
	return err ?: zsock_set_int(so->sock, SOL_SOCKET, SO_PRIORITY,
				    class->priority);
}

/**
 * zsock_settclassopt - set the traffic class
 * @so: socket
 * @optval: an int, ZSOCK_TC_*
 * @optlen: its length
 *
 * Sets the DSCP of what is sent, and its priority. A socket that has no family
 * yet becomes a dual-stack one. ZSOCK_TC_CTL is for privileged callers: see
 * zsock_setpriv().
 *
 * Return: 0; -EINVAL for another length or class; -EPERM; -EOPNOTSUPP where the
 * backend has no DSCP; -ESHUTDOWN.
 */
int zsock_settclassopt(struct zsock_socket *so, const void *optval,
		       size_t optlen)
{
	struct zsock_call call;
	int tclass, err;

	if (optlen != sizeof(tclass))
		return -EINVAL;
	memcpy(&tclass, optval, sizeof(tclass));
	err = zsock_enter(so, &call);
	if (err)
		return err;
	err = zsock_class_apply(so, tclass, READ_ONCE(so->mgt));
	if (!err)
		WRITE_ONCE(so->tclass, tclass);
	zsock_leave(so, &call);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_settclassopt);

/**
 * zsock_gettclassopt - read the traffic class
 * @so: socket
 * @optval: where it goes, an int
 * @optlen: room there, and then its length
 *
 * Context: any.
 * Return: 0; -EINVAL if there is no room.
 */
int zsock_gettclassopt(struct zsock_socket *so, void *optval, size_t *optlen)
{
	int tclass = READ_ONCE(so->tclass);

	if (*optlen < sizeof(tclass))
		return -EINVAL;
	memcpy(optval, &tclass, sizeof(tclass));
	*optlen = sizeof(tclass);
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_gettclassopt);

/* ---- traffic management ---- */

/* In a call. What cannot be had is no reason to fail: these are hints. */
void zsock_mgt_apply(struct zsock_socket *so)
{
	u8 mgt = READ_ONCE(so->mgt);

	zsock_class_apply(so, READ_ONCE(so->tclass), mgt);
	if (sk_is_tcp(so->sock->sk))
		zsock_set_int(so->sock, SOL_TCP, TCP_WINDOW_CLAMP,
			      mgt & ZSOCK_TRAFFIC_MGT_TCP_RECVBG ?
			      ZSOCK_MGT_WINDOW : ZSOCK_MGT_NO_WINDOW);
}

static void zsock_mgt_change(struct zsock_socket *so, u8 set, u8 clear)
{
	unsigned long flags;

	spin_lock_irqsave(&so->lock, flags);
	WRITE_ONCE(so->mgt, (so->mgt | set) & ~clear);
	spin_unlock_irqrestore(&so->lock, flags);
	set_bit(ZSOCK_KPI_MGT, &so->flags);
}

static void zsock_mgt_change_now(struct zsock_socket *so, u8 set, u8 clear)
{
	struct zsock_call call;

	zsock_mgt_change(so, set, clear);
	if (zsock_enter(so, &call))
		return;
	if (test_and_clear_bit(ZSOCK_KPI_MGT, &so->flags))
		zsock_mgt_apply(so);
	zsock_leave(so, &call);
}

/**
 * zsock_set_traffic_mgt_flags - have a socket give way to others
 * @so: socket
 * @flags: ZSOCK_TRAFFIC_MGT_SO_BACKGROUND: what it sends is of the lowest
 *	class, whatever zsock_settclassopt() says;
 *	ZSOCK_TRAFFIC_MGT_TCP_RECVBG: it lets a TCP peer send but little at once
 *
 * Others are ignored.
 */
void zsock_set_traffic_mgt_flags(struct zsock_socket *so, u8 flags)
{
	zsock_mgt_change_now(so, flags, 0);
}
EXPORT_SYMBOL_GPL(zsock_set_traffic_mgt_flags);

/**
 * zsock_clear_traffic_mgt_flags - have it not give way any more
 * @so: socket
 * @flags: as with zsock_set_traffic_mgt_flags()
 */
void zsock_clear_traffic_mgt_flags(struct zsock_socket *so, u8 flags)
{
	zsock_mgt_change_now(so, 0, flags);
}
EXPORT_SYMBOL_GPL(zsock_clear_traffic_mgt_flags);

/**
 * zsock_set_traffic_mgt_flags_locked - the same where it is not to sleep
 * @so: socket
 * @flags: as with zsock_set_traffic_mgt_flags()
 *
 * It is done a little later.
 *
 * Context: any, locked upcalls included.
 */
void zsock_set_traffic_mgt_flags_locked(struct zsock_socket *so, u8 flags)
{
	zsock_mgt_change(so, flags, 0);
	zsock_upcalls_look(so, 0, 0);
}
EXPORT_SYMBOL_GPL(zsock_set_traffic_mgt_flags_locked);

/**
 * zsock_clear_traffic_mgt_flags_locked - the same where it is not to sleep
 * @so: socket
 * @flags: as with zsock_set_traffic_mgt_flags()
 *
 * It is done a little later.
 *
 * Context: any, locked upcalls included.
 */
void zsock_clear_traffic_mgt_flags_locked(struct zsock_socket *so, u8 flags)
{
	zsock_mgt_change(so, 0, flags);
	zsock_upcalls_look(so, 0, 0);
}
EXPORT_SYMBOL_GPL(zsock_clear_traffic_mgt_flags_locked);
