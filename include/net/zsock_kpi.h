/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_ZSOCK sockets for other modules of the kernel: what XNU's kpi_socket.h
 * offers there, by the same names with zsock_ in place of sock_. See
 * Documentation/kpi.rst; each function is described where it is defined, in
 * kpi/.
 *
 * A function returns 0 or a negative errno. Unless it says otherwise it may
 * sleep, wants process context and no spinlock held, may be called by several
 * threads at once, and says -ESHUTDOWN of a socket that is defunct.
 */
#ifndef _NET_ZSOCK_KPI_H
#define _NET_ZSOCK_KPI_H

#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <uapi/linux/zsock.h>

/*
 * A socket, as its user has it: opaque. It exists until its last reference is
 * given back, by zsock_close() or zsock_release().
 */
struct zsock_socket;

/**
 * typedef zsock_upcall_t - something can be done with a socket
 * @so: the socket; it is there until the upcall returns, whoever closes it
 * @cookie: as it was given together with the function
 * @may_sleep: whether the upcall may sleep, and use the socket. It is false
 *	where it was asked for by zsock_setupcalls_locked(): see there
 *
 * Comes when data is above the low-water mark, there is space to send, a
 * connection waits, a connect has ended, or the peer has closed. It is told
 * once: read, or accept, until -EAGAIN, or it may not be told again. One that
 * may sleep is never called twice at the same time for one socket.
 */
typedef void (*zsock_upcall_t)(struct zsock_socket *so, void *cookie,
			       bool may_sleep);

/**
 * typedef zsock_evupcall_t - something has happened to a socket
 * @so: the socket
 * @cookie: as given to zsock_catchevents()
 * @event: ZSOCK_EV_* bits, those asked for. With ZSOCK_EV_LOCKED it must not
 *	sleep: see zsock_setupcalls_locked()
 */
typedef void (*zsock_evupcall_t)(struct zsock_socket *so, void *cookie,
				 u32 event);

/**
 * typedef zsock_attach_t - a connection is about to be accepted
 * @so: what zsock_accept() is going to return; zsock_getlistener() tells whose
 * @cookie: as given to zsock_setattach()
 *
 * In the task that called zsock_accept(). May sleep, and set upcalls and
 * options on @so; must not close it.
 *
 * Return: 0, or a negative errno: the connection is closed, and zsock_accept()
 * returns that.
 */
typedef int (*zsock_attach_t)(struct zsock_socket *so, void *cookie);

/* A flag for zsock_accept(): the new socket has the listener's upcalls. */
#define MSG_USEUPCALL		0x1000000

/* Events: XNU's SO_FILT_HINT_*, as far as Linux can tell them. */
#define ZSOCK_EV_LOCKED		0x00000001	/* the upcall must not sleep */
#define ZSOCK_EV_CONNRESET	0x00000002	/* the peer reset it */
#define ZSOCK_EV_CANTRCVMORE	0x00000004	/* nothing more will come */
#define ZSOCK_EV_CANTSENDMORE	0x00000008	/* nothing more can be sent */
#define ZSOCK_EV_TIMEOUT	0x00000010	/* the peer does not answer */
#define ZSOCK_EV_NOSRCADDR	0x00000020	/* the address is gone */
#define ZSOCK_EV_CONNECTED	0x00001000	/* TLS's handshake included */
#define ZSOCK_EV_DISCONNECTED	0x00002000	/* or it did not come off */
#define ZSOCK_EV_DEFUNCT	0x80000000	/* defunct: it can be closed */
#define ZSOCK_EV_ALL		(ZSOCK_EV_CONNRESET | ZSOCK_EV_CANTRCVMORE | \
				 ZSOCK_EV_CANTSENDMORE | ZSOCK_EV_TIMEOUT | \
				 ZSOCK_EV_NOSRCADDR | ZSOCK_EV_CONNECTED | \
				 ZSOCK_EV_DISCONNECTED | ZSOCK_EV_DEFUNCT)

/* Traffic classes, for zsock_settclassopt(), by XNU's SO_TC_* numbers. */
#define ZSOCK_TC_BE		0	/* best effort: the default */
#define ZSOCK_TC_BK_SYS		100	/* background, the system's own */
#define ZSOCK_TC_BK		200	/* background */
#define ZSOCK_TC_RD		300	/* responsive data */
#define ZSOCK_TC_OAM		400	/* operation and management */
#define ZSOCK_TC_AV		500	/* multimedia, audio and video */
#define ZSOCK_TC_RV		600	/* responsive multimedia */
#define ZSOCK_TC_VI		700	/* interactive video */
#define ZSOCK_TC_VO		800	/* interactive voice */
#define ZSOCK_TC_CTL		900	/* network control */

/* Traffic-management flags, by XNU's TRAFFIC_MGT_* numbers. */
#define ZSOCK_TRAFFIC_MGT_SO_BACKGROUND	0x01	/* gives way to all others */
#define ZSOCK_TRAFFIC_MGT_TCP_RECVBG	0x02	/* receives slowly, too */

/* Making, and the end: kpi/socket.c */
int zsock_socket(struct net *net, int domain, int type, int protocol,
		 zsock_upcall_t callback, void *cookie,
		 struct zsock_socket **new_so);
int zsock_socket_from_fd(int fd, struct zsock_socket **new_so);
void zsock_close(struct zsock_socket *so);
void zsock_retain(struct zsock_socket *so);
void zsock_release(struct zsock_socket *so);
int zsock_defunct(struct zsock_socket *so);
void zsock_upcall_barrier(void);

/* Connecting: kpi/connect.c, kpi/accept.c */
int zsock_bind(struct zsock_socket *so, const struct sockaddr *to, int len);
int zsock_connect(struct zsock_socket *so, const struct sockaddr *to, int len,
		  int flags);
int zsock_connectwait(struct zsock_socket *so, long timeout);
int zsock_listen(struct zsock_socket *so, int backlog);
int zsock_accept(struct zsock_socket *so, struct sockaddr *from, int fromlen,
		 int flags, zsock_upcall_t callback, void *cookie,
		 struct zsock_socket **new_so);
int zsock_setattach(struct zsock_socket *so, zsock_attach_t attach,
		    void *cookie);
struct zsock_socket *zsock_getlistener(struct zsock_socket *so);
int zsock_shutdown(struct zsock_socket *so, int how);

/* What a socket is: kpi/name.c */
int zsock_getpeername(struct zsock_socket *so, struct sockaddr *peername,
		      int len);
int zsock_getsockname(struct zsock_socket *so, struct sockaddr *sockname,
		      int len);
int zsock_getaddr(struct zsock_socket *so, struct sockaddr **psockname,
		  bool peername);
void zsock_freeaddr(struct sockaddr *sockname);
int zsock_gettype(struct zsock_socket *so, int *domain, int *type,
		  int *protocol);
bool zsock_isconnected(struct zsock_socket *so);
bool zsock_isnonblocking(struct zsock_socket *so);
bool zsock_iskernel(struct zsock_socket *so);

/* Data: kpi/io.c, kpi/receive_skb.c, kpi/send_skb.c */
int zsock_send(struct zsock_socket *so, struct msghdr *msg, int flags,
	       size_t *sentlen);
int zsock_receive(struct zsock_socket *so, struct msghdr *msg, int flags,
		  size_t *recvdlen);
int zsock_sendmbuf(struct zsock_socket *so, const struct msghdr *msg,
		   struct sk_buff *data, int flags, size_t *sentlen);
int zsock_receivembuf(struct zsock_socket *so, struct msghdr *msg,
		      struct sk_buff **data, int flags, size_t *recvlen);

/* Options: kpi/option.c, kpi/getsockopt.c, kpi/class.c */
int zsock_setsockopt(struct zsock_socket *so, int level, int optname,
		     const void *optval, int optlen);
int zsock_getsockopt(struct zsock_socket *so, int level, int optname,
		     void *optval, int *optlen);
int zsock_ioctl(struct zsock_socket *so, unsigned long request, void *argp);
int zsock_setpriv(struct zsock_socket *so, bool on);
int zsock_nointerrupt(struct zsock_socket *so, bool on);
int zsock_settclassopt(struct zsock_socket *so, const void *optval,
		       size_t optlen);
int zsock_gettclassopt(struct zsock_socket *so, void *optval, size_t *optlen);
void zsock_set_traffic_mgt_flags(struct zsock_socket *so, u8 flags);
void zsock_clear_traffic_mgt_flags(struct zsock_socket *so, u8 flags);
void zsock_set_traffic_mgt_flags_locked(struct zsock_socket *so, u8 flags);
void zsock_clear_traffic_mgt_flags_locked(struct zsock_socket *so, u8 flags);

/* Upcalls: kpi/upcall.c */
int zsock_setupcall(struct zsock_socket *so, zsock_upcall_t callback,
		    void *cookie);
int zsock_setupcalls(struct zsock_socket *so, zsock_upcall_t read_callback,
		     void *read_cookie, zsock_upcall_t write_callback,
		     void *write_cookie);
void zsock_setupcalls_locked(struct zsock_socket *so,
			     zsock_upcall_t read_callback, void *read_cookie,
			     zsock_upcall_t write_callback, void *write_cookie,
			     bool locked);
int zsock_catchevents(struct zsock_socket *so, zsock_evupcall_t callback,
		      void *cookie, u32 mask);
void zsock_catchevents_locked(struct zsock_socket *so,
			      zsock_evupcall_t callback, void *cookie,
			      u32 mask);

#endif /* _NET_ZSOCK_KPI_H */
