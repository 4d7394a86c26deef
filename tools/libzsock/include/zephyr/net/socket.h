/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Zephyr's socket calls over AF_ZSOCK. What they return and set errno to is what
 * the calls of the same names do on Linux, unless libzsock-zephyr(7) says otherwise;
 * every one may be called by several threads at a time.
 *
 * CONFIG_NET_SOCKETS_POSIX_NAMES or CONFIG_POSIX_API, defined before, lets the
 * calls without prefix mean these, too. Then Linux's headers come with this one.
 */
#ifndef _ZSOCK_ZEPHYR_NET_SOCKET_H
#define _ZSOCK_ZEPHYR_NET_SOCKET_H

#include <errno.h>
#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#ifndef _LINUX_TCP_H
#include <netinet/tcp.h>
#endif
#include <zephyr/kernel.h>
#include <zephyr/net/dns_resolve.h>
#include <zephyr/net/net_ip.h>
#include <zephyr/net/socket_select.h>
#include <zephyr/sys/fdtable.h>

/* Without them Linux's headers have neither struct addrinfo nor struct ip_mreqn. */
#if defined(__GLIBC__) && !defined(__USE_MISC)
#error "libzsock needs -std=gnu11 or later, or -D_GNU_SOURCE"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- numbers: Linux's, and Zephyr's newer names for them ---- */

#define ZSOCK_POLLIN	POLLIN
#define ZSOCK_POLLPRI	POLLPRI
#define ZSOCK_POLLOUT	POLLOUT
#define ZSOCK_POLLERR	POLLERR
#define ZSOCK_POLLHUP	POLLHUP
#define ZSOCK_POLLNVAL	POLLNVAL

#define ZSOCK_MSG_PEEK		MSG_PEEK
#define ZSOCK_MSG_CTRUNC	MSG_CTRUNC
#define ZSOCK_MSG_TRUNC		MSG_TRUNC
#define ZSOCK_MSG_DONTWAIT	MSG_DONTWAIT
#define ZSOCK_MSG_WAITALL	MSG_WAITALL
#define ZSOCK_SHUT_RD		SHUT_RD
#define ZSOCK_SHUT_WR		SHUT_WR
#define ZSOCK_SHUT_RDWR		SHUT_RDWR

#define ZSOCK_SOL_SOCKET			SOL_SOCKET
#define ZSOCK_SO_DEBUG				SO_DEBUG
#define ZSOCK_SO_REUSEADDR			SO_REUSEADDR
#define ZSOCK_SO_TYPE				SO_TYPE
#define ZSOCK_SO_ERROR				SO_ERROR
#define ZSOCK_SO_DONTROUTE			SO_DONTROUTE
#define ZSOCK_SO_BROADCAST			SO_BROADCAST
#define ZSOCK_SO_SNDBUF				SO_SNDBUF
#define ZSOCK_SO_RCVBUF				SO_RCVBUF
#define ZSOCK_SO_KEEPALIVE			SO_KEEPALIVE
#define ZSOCK_SO_OOBINLINE			SO_OOBINLINE
#define ZSOCK_SO_PRIORITY			SO_PRIORITY
#define ZSOCK_SO_LINGER				SO_LINGER
#define ZSOCK_SO_REUSEPORT			SO_REUSEPORT
#define ZSOCK_SO_RCVLOWAT			SO_RCVLOWAT
#define ZSOCK_SO_SNDLOWAT			SO_SNDLOWAT
#define ZSOCK_SO_RCVTIMEO			SO_RCVTIMEO
#define ZSOCK_SO_SNDTIMEO			SO_SNDTIMEO
#define ZSOCK_SO_BINDTODEVICE			SO_BINDTODEVICE
#define ZSOCK_SO_ACCEPTCONN			SO_ACCEPTCONN
#define ZSOCK_SO_TIMESTAMPING			SO_TIMESTAMPING
#define ZSOCK_SO_PROTOCOL			SO_PROTOCOL
#define ZSOCK_SO_DOMAIN				SO_DOMAIN
#define ZSOCK_SO_TXTIME				SO_TXTIME
#define ZSOCK_SCM_TXTIME			SCM_TXTIME
#define ZSOCK_SOF_TIMESTAMPING_RX_HARDWARE	SOF_TIMESTAMPING_RX_HARDWARE
#define ZSOCK_SOF_TIMESTAMPING_TX_HARDWARE	SOF_TIMESTAMPING_TX_HARDWARE

/*
 * Zephyr's number is that of Linux's SO_ZEROCOPY, so this is one of level
 * SOL_ZSOCK, which the calls below tell from the others of level SOL_SOCKET.
 */
#ifdef ZSOCK_SOCKS5
#define ZSOCK_SO_SOCKS5	((SOL_ZSOCK << 16) | ZSOCK_SOCKS5)
#else
#define ZSOCK_SO_SOCKS5	((SOL_ZSOCK << 16) | 5)
#endif
#ifndef SO_SOCKS5
#define SO_SOCKS5	ZSOCK_SO_SOCKS5
#endif

#define ZSOCK_TCP_NODELAY	TCP_NODELAY
#define ZSOCK_TCP_KEEPIDLE	TCP_KEEPIDLE
#define ZSOCK_TCP_KEEPINTVL	TCP_KEEPINTVL
#define ZSOCK_TCP_KEEPCNT	TCP_KEEPCNT

/* Not in every glibc. */
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE	51
#endif
#ifndef IPV6_ADDR_PREFERENCES
#define IPV6_ADDR_PREFERENCES	72
#endif
#ifndef IPV6_PREFER_SRC_TMP
#define IPV6_PREFER_SRC_TMP		0x0001
#define IPV6_PREFER_SRC_PUBLIC		0x0002
#define IPV6_PREFER_SRC_PUBTMP_DEFAULT	0x0100
#define IPV6_PREFER_SRC_COA		0x0004
#define IPV6_PREFER_SRC_HOME		0x0400
#define IPV6_PREFER_SRC_CGA		0x0008
#define IPV6_PREFER_SRC_NONCGA		0x0800
#endif

#define ZSOCK_IP_TOS			IP_TOS
#define ZSOCK_IP_TTL			IP_TTL
#define ZSOCK_IP_PKTINFO		IP_PKTINFO
#define ZSOCK_IP_RECVTTL		IP_RECVTTL
#define ZSOCK_IP_MTU			IP_MTU
#define ZSOCK_IP_MULTICAST_IF		IP_MULTICAST_IF
#define ZSOCK_IP_MULTICAST_TTL		IP_MULTICAST_TTL
#define ZSOCK_IP_MULTICAST_LOOP		IP_MULTICAST_LOOP
#define ZSOCK_IP_ADD_MEMBERSHIP		IP_ADD_MEMBERSHIP
#define ZSOCK_IP_DROP_MEMBERSHIP	IP_DROP_MEMBERSHIP
#define ZSOCK_IP_LOCAL_PORT_RANGE	IP_LOCAL_PORT_RANGE

#define ZSOCK_IPV6_UNICAST_HOPS			IPV6_UNICAST_HOPS
#define ZSOCK_IPV6_MULTICAST_IF			IPV6_MULTICAST_IF
#define ZSOCK_IPV6_MULTICAST_HOPS		IPV6_MULTICAST_HOPS
#define ZSOCK_IPV6_MULTICAST_LOOP		IPV6_MULTICAST_LOOP
#define ZSOCK_IPV6_ADD_MEMBERSHIP		IPV6_ADD_MEMBERSHIP
#define ZSOCK_IPV6_DROP_MEMBERSHIP		IPV6_DROP_MEMBERSHIP
#define ZSOCK_IPV6_JOIN_GROUP			IPV6_JOIN_GROUP
#define ZSOCK_IPV6_LEAVE_GROUP			IPV6_LEAVE_GROUP
#define ZSOCK_IPV6_MTU				IPV6_MTU
#define ZSOCK_IPV6_V6ONLY			IPV6_V6ONLY
#define ZSOCK_IPV6_RECVPKTINFO			IPV6_RECVPKTINFO
#define ZSOCK_IPV6_PKTINFO			IPV6_PKTINFO
#define ZSOCK_IPV6_RECVHOPLIMIT			IPV6_RECVHOPLIMIT
#define ZSOCK_IPV6_HOPLIMIT			IPV6_HOPLIMIT
#define ZSOCK_IPV6_ADDR_PREFERENCES		IPV6_ADDR_PREFERENCES
#define ZSOCK_IPV6_PREFER_SRC_TMP		IPV6_PREFER_SRC_TMP
#define ZSOCK_IPV6_PREFER_SRC_PUBLIC		IPV6_PREFER_SRC_PUBLIC
#define ZSOCK_IPV6_PREFER_SRC_PUBTMP_DEFAULT	IPV6_PREFER_SRC_PUBTMP_DEFAULT
#define ZSOCK_IPV6_PREFER_SRC_COA		IPV6_PREFER_SRC_COA
#define ZSOCK_IPV6_PREFER_SRC_HOME		IPV6_PREFER_SRC_HOME
#define ZSOCK_IPV6_PREFER_SRC_CGA		IPV6_PREFER_SRC_CGA
#define ZSOCK_IPV6_PREFER_SRC_NONCGA		IPV6_PREFER_SRC_NONCGA
#define ZSOCK_IPV6_TCLASS			IPV6_TCLASS
#define ZSOCK_SOMAXCONN				SOMAXCONN

/* Level SOL_TLS: <linux/zsock.h> has most of them. */
#ifndef TLS_MAX_FRAGMENT_LENGTH
#define TLS_MAX_FRAGMENT_LENGTH	21
#endif
#define TLS_CERT_NOCOPY_NONE		0
#define TLS_CERT_NOCOPY_OPTIONAL	1
#define TLS_DTLS_CID_STATUS_DISABLED		0
#define TLS_DTLS_CID_STATUS_DOWNLINK		1
#define TLS_DTLS_CID_STATUS_UPLINK		2
#define TLS_DTLS_CID_STATUS_BIDIRECTIONAL	3
#define TLS_MFL_DISABLED	0
#define TLS_MFL_512		1
#define TLS_MFL_1024		2
#define TLS_MFL_2048		3
#define TLS_MFL_4096		4

#define ZSOCK_SOL_TLS					SOL_TLS
#define ZSOCK_TLS_SEC_TAG_LIST				TLS_SEC_TAG_LIST
#define ZSOCK_TLS_HOSTNAME				TLS_HOSTNAME
#define ZSOCK_TLS_CIPHERSUITE_LIST			TLS_CIPHERSUITE_LIST
#define ZSOCK_TLS_CIPHERSUITE_USED			TLS_CIPHERSUITE_USED
#define ZSOCK_TLS_PEER_VERIFY				TLS_PEER_VERIFY
#define ZSOCK_TLS_DTLS_ROLE				TLS_DTLS_ROLE
#define ZSOCK_TLS_ALPN_LIST				TLS_ALPN_LIST
#define ZSOCK_TLS_DTLS_HANDSHAKE_TIMEOUT_MIN		TLS_DTLS_HANDSHAKE_TIMEOUT_MIN
#define ZSOCK_TLS_DTLS_HANDSHAKE_TIMEOUT_MAX		TLS_DTLS_HANDSHAKE_TIMEOUT_MAX
#define ZSOCK_TLS_CERT_NOCOPY				TLS_CERT_NOCOPY
#define ZSOCK_TLS_NATIVE				TLS_NATIVE
#define ZSOCK_TLS_SESSION_CACHE				TLS_SESSION_CACHE
#define ZSOCK_TLS_SESSION_CACHE_PURGE			TLS_SESSION_CACHE_PURGE
#define ZSOCK_TLS_DTLS_CID				TLS_DTLS_CID
#define ZSOCK_TLS_DTLS_CID_STATUS			TLS_DTLS_CID_STATUS
#define ZSOCK_TLS_DTLS_CID_VALUE			TLS_DTLS_CID_VALUE
#define ZSOCK_TLS_DTLS_PEER_CID_VALUE			TLS_DTLS_PEER_CID_VALUE
#define ZSOCK_TLS_DTLS_HANDSHAKE_ON_CONNECT		TLS_DTLS_HANDSHAKE_ON_CONNECT
#define ZSOCK_TLS_CERT_VERIFY_RESULT			TLS_CERT_VERIFY_RESULT
#define ZSOCK_TLS_CERT_VERIFY_CALLBACK			TLS_CERT_VERIFY_CALLBACK
#define ZSOCK_TLS_MAX_FRAGMENT_LENGTH			TLS_MAX_FRAGMENT_LENGTH
#define ZSOCK_TLS_PEER_VERIFY_NONE			TLS_PEER_VERIFY_NONE
#define ZSOCK_TLS_PEER_VERIFY_OPTIONAL			TLS_PEER_VERIFY_OPTIONAL
#define ZSOCK_TLS_PEER_VERIFY_REQUIRED			TLS_PEER_VERIFY_REQUIRED
#define ZSOCK_TLS_DTLS_ROLE_CLIENT			TLS_DTLS_ROLE_CLIENT
#define ZSOCK_TLS_DTLS_ROLE_SERVER			TLS_DTLS_ROLE_SERVER
#define ZSOCK_TLS_CERT_NOCOPY_NONE			TLS_CERT_NOCOPY_NONE
#define ZSOCK_TLS_CERT_NOCOPY_OPTIONAL			TLS_CERT_NOCOPY_OPTIONAL
#define ZSOCK_TLS_SESSION_CACHE_DISABLED		TLS_SESSION_CACHE_DISABLED
#define ZSOCK_TLS_SESSION_CACHE_ENABLED			TLS_SESSION_CACHE_ENABLED
#define ZSOCK_TLS_DTLS_CID_DISABLED			TLS_DTLS_CID_DISABLED
#define ZSOCK_TLS_DTLS_CID_SUPPORTED			TLS_DTLS_CID_SUPPORTED
#define ZSOCK_TLS_DTLS_CID_ENABLED			TLS_DTLS_CID_ENABLED
#define ZSOCK_TLS_DTLS_CID_STATUS_DISABLED		TLS_DTLS_CID_STATUS_DISABLED
#define ZSOCK_TLS_DTLS_CID_STATUS_DOWNLINK		TLS_DTLS_CID_STATUS_DOWNLINK
#define ZSOCK_TLS_DTLS_CID_STATUS_UPLINK		TLS_DTLS_CID_STATUS_UPLINK
#define ZSOCK_TLS_DTLS_CID_STATUS_BIDIRECTIONAL		TLS_DTLS_CID_STATUS_BIDIRECTIONAL
#define ZSOCK_TLS_MFL_DISABLED				TLS_MFL_DISABLED
#define ZSOCK_TLS_MFL_512				TLS_MFL_512
#define ZSOCK_TLS_MFL_1024				TLS_MFL_1024
#define ZSOCK_TLS_MFL_2048				TLS_MFL_2048
#define ZSOCK_TLS_MFL_4096				TLS_MFL_4096

/* Zephyr has 0x800, for what RFC 5014 adds, which glibc's resolver does not do. */
#ifndef AI_EXTFLAGS
#define AI_EXTFLAGS	0x800
#endif
/* In glibc only with _GNU_SOURCE or _DEFAULT_SOURCE. */
#ifndef NI_MAXHOST
#define NI_MAXHOST	1025
#endif

#define ZSOCK_AI_PASSIVE	AI_PASSIVE
#define ZSOCK_AI_CANONNAME	AI_CANONNAME
#define ZSOCK_AI_NUMERICHOST	AI_NUMERICHOST
#define ZSOCK_AI_V4MAPPED	AI_V4MAPPED
#define ZSOCK_AI_ALL		AI_ALL
#define ZSOCK_AI_ADDRCONFIG	AI_ADDRCONFIG
#define ZSOCK_AI_NUMERICSERV	AI_NUMERICSERV
#define ZSOCK_AI_EXTFLAGS	AI_EXTFLAGS
#define ZSOCK_NI_NUMERICHOST	NI_NUMERICHOST
#define ZSOCK_NI_NUMERICSERV	NI_NUMERICSERV
#define ZSOCK_NI_NOFQDN		NI_NOFQDN
#define ZSOCK_NI_NAMEREQD	NI_NAMEREQD
#define ZSOCK_NI_DGRAM		NI_DGRAM
#define ZSOCK_NI_MAXHOST	NI_MAXHOST

/* ---- structures: C's own ---- */

#define zsock_pollfd	pollfd
#define zsock_addrinfo	addrinfo

/* ---- the calls ---- */

/*
 * @family: AF_INET, AF_INET6, AF_PACKET, AF_CAN, or 0 for either of the first
 * two. @proto may be one of IPPROTO_TLS_*. Backends of the program are asked,
 * too. EAFNOSUPPORT: the module zsock is not loaded, either.
 */
int zsock_socket(int family, int type, int proto);
/* AF_UNIX, or what the module makes pairs of. */
int zsock_socketpair(int family, int type, int proto, int *sv);
int zsock_close(int sock);
int zsock_shutdown(int sock, int how);
int zsock_bind(int sock, const struct sockaddr *addr, socklen_t addrlen);
int zsock_connect(int sock, const struct sockaddr *addr, socklen_t addrlen);
int zsock_listen(int sock, int backlog);
int zsock_accept(int sock, struct sockaddr *addr, socklen_t *addrlen);
ssize_t zsock_send(int sock, const void *buf, size_t len, int flags);
ssize_t zsock_sendto(int sock, const void *buf, size_t len, int flags,
		     const struct sockaddr *dest_addr, socklen_t addrlen);
ssize_t zsock_sendmsg(int sock, const struct msghdr *msg, int flags);
ssize_t zsock_recv(int sock, void *buf, size_t max_len, int flags);
ssize_t zsock_recvfrom(int sock, void *buf, size_t max_len, int flags,
		       struct sockaddr *src_addr, socklen_t *addrlen);
ssize_t zsock_recvmsg(int sock, struct msghdr *msg, int flags);
int zsock_fcntl(int sock, int cmd, int flags);
int zsock_ioctl(int sock, unsigned long request, va_list ap);
int zsock_poll(struct zsock_pollfd *fds, int nfds, int timeout);
int zsock_getsockopt(int sock, int level, int optname, void *optval,
		     socklen_t *optlen);
int zsock_setsockopt(int sock, int level, int optname, const void *optval,
		     socklen_t optlen);
int zsock_getpeername(int sock, struct sockaddr *addr, socklen_t *addrlen);
int zsock_getsockname(int sock, struct sockaddr *addr, socklen_t *addrlen);

/* Not to be followed: the same for all descriptors of one socket. */
void *zsock_get_context_object(int sock);

int zsock_gethostname(char *buf, size_t len);
char *zsock_inet_ntop(sa_family_t family, const void *src, char *dst,
		      size_t size);
int zsock_inet_pton(sa_family_t family, const char *src, void *dst);
/* Hints may have one of IPPROTO_TLS_* as protocol; so has the result, then. */
int zsock_getaddrinfo(const char *host, const char *service,
		      const struct zsock_addrinfo *hints,
		      struct zsock_addrinfo **res);
void zsock_freeaddrinfo(struct zsock_addrinfo *ai);
const char *zsock_gai_strerror(int errcode);
int zsock_getnameinfo(const struct sockaddr *addr, socklen_t addrlen,
		      char *host, socklen_t hostlen, char *serv,
		      socklen_t servlen, int flags);

/* ---- backends in the program itself ---- */

#ifndef CONFIG_NET_SOCKETS_PRIORITY_DEFAULT
#define CONFIG_NET_SOCKETS_PRIORITY_DEFAULT	50	/* the module's */
#endif
#ifndef CONFIG_NET_SOCKETS_TLS_PRIORITY
#define CONFIG_NET_SOCKETS_TLS_PRIORITY		45	/* for IPPROTO_TLS_* */
#endif
#ifndef CONFIG_NET_SOCKETS_OFFLOAD_PRIORITY
#define CONFIG_NET_SOCKETS_OFFLOAD_PRIORITY	40
#endif
#define NET_SOCKET_DEFAULT_PRIO	CONFIG_NET_SOCKETS_PRIORITY_DEFAULT

/* The first member is what zvfs_finalize_fd() is given. Any but it may be NULL. */
struct socket_op_vtable {
	struct fd_op_vtable fd_vtable;
	int (*shutdown)(void *obj, int how);
	int (*bind)(void *obj, const struct sockaddr *addr, socklen_t addrlen);
	int (*connect)(void *obj, const struct sockaddr *addr,
		       socklen_t addrlen);
	int (*listen)(void *obj, int backlog);
	int (*accept)(void *obj, struct sockaddr *addr, socklen_t *addrlen);
	ssize_t (*sendto)(void *obj, const void *buf, size_t len, int flags,
			  const struct sockaddr *dest_addr, socklen_t addrlen);
	ssize_t (*recvfrom)(void *obj, void *buf, size_t max_len, int flags,
			    struct sockaddr *src_addr, socklen_t *addrlen);
	int (*getsockopt)(void *obj, int level, int optname, void *optval,
			  socklen_t *optlen);
	int (*setsockopt)(void *obj, int level, int optname,
			  const void *optval, socklen_t optlen);
	ssize_t (*sendmsg)(void *obj, const struct msghdr *msg, int flags);
	ssize_t (*recvmsg)(void *obj, struct msghdr *msg, int flags);
	int (*getpeername)(void *obj, struct sockaddr *addr,
			   socklen_t *addrlen);
	int (*getsockname)(void *obj, struct sockaddr *addr,
			   socklen_t *addrlen);
};

/* @next and @registered are libzsock's. */
struct net_socket_register {
	const char *name;
	int prio;
	int family;
	bool is_offloaded;
	bool (*is_supported)(int family, int type, int proto);
	int (*handler)(int family, int type, int proto);
	struct net_socket_register *next;
	bool registered;
};

/*
 * Backends are asked in the order of their priorities, the lower number first;
 * equal numbers in order of registration, and the module, which is there from
 * the start, before them. There is no way back: code that registers one stays.
 * -EINVAL: a handler is missing; -EALREADY: it is registered.
 */
int zsk_socket_register(struct net_socket_register *backend);

#define ZSK_SOCKET_REGISTER(_name, _prio, _family, _supported, _handler, _off)	\
	static struct net_socket_register zsk_register_##_name = {		\
		#_name, _prio, _family, _off, _supported, _handler, 0, 0	\
	};									\
	__attribute__((constructor))						\
	static void zsk_register_it_##_name(void)				\
	{									\
		zsk_socket_register(&zsk_register_##_name);			\
	}									\
	struct net_socket_register

/* As Zephyr has them; a semicolon follows. */
#define NET_SOCKET_REGISTER(name, prio, family, is_supported, handler)		\
	ZSK_SOCKET_REGISTER(name, prio, family, is_supported, handler, false)
#define NET_SOCKET_OFFLOAD_REGISTER(name, prio, family, is_supported, handler)	\
	ZSK_SOCKET_REGISTER(name, prio, family, is_supported, handler, true)

#ifdef __cplusplus
}
#endif

#if defined(CONFIG_NET_SOCKETS_POSIX_NAMES) || defined(CONFIG_POSIX_API)
#include <zephyr/posix/names.h>
#endif

#endif
