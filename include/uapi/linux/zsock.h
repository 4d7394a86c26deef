/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * AF_ZSOCK: the user-space ABI.
 *
 * A socket of this family is made with
 *
 *	socket(AF_ZSOCK, type, ZSOCK_PROTO(domain, protocol))
 *
 * and then used with the ordinary socket calls and plain sockaddr_in and
 * sockaddr_in6 addresses. See Documentation/abi.rst.
 */
#ifndef _UAPI_LINUX_ZSOCK_H
#define _UAPI_LINUX_ZSOCK_H

#include <linux/socket.h>
#include <linux/types.h>

/*
 * The default family number. The number in use is told by
 * /sys/module/zsock/parameters/family.
 */
#ifndef AF_ZSOCK
#define AF_ZSOCK		18
#endif
#ifndef PF_ZSOCK
#define PF_ZSOCK		AF_ZSOCK
#endif

/*
 * The protocol argument of socket(): @domain is AF_INET, AF_INET6 or 0 (to be
 * settled by the first address or IP-level option), @proto is 0 or one of
 * IPPROTO_*. With AF_PACKET @proto is an EtherType in network byte order,
 * htons(ETH_P_ALL); with AF_CAN it is CAN_RAW, CAN_BCM, ...
 */
#define ZSOCK_PROTO_SHIFT	16
#define ZSOCK_PROTO_MASK	0xffff
#define ZSOCK_PROTO(domain, proto) \
	(((domain) << ZSOCK_PROTO_SHIFT) | ((proto) & ZSOCK_PROTO_MASK))
#define ZSOCK_PROTO_DOMAIN(protocol)	((protocol) >> ZSOCK_PROTO_SHIFT)
#define ZSOCK_PROTO_NUMBER(protocol)	((protocol) & ZSOCK_PROTO_MASK)

/* Bytes of a host's name, without a NUL. */
#define ZSOCK_HOST_MAX		253

/**
 * struct sockaddr_zs - a host by its name, to connect() or send to
 * @zs_family: AF_ZSOCK, or the number that is in use
 * @zs_port: in network byte order
 * @zs_name: the name, up to a NUL or the end of the address; empty for that of
 *	the option ZSOCK_HOST, which takes longer ones
 */
struct sockaddr_zs {
	__kernel_sa_family_t	zs_family;
	__be16			zs_port;
	char			zs_name[124];
};

/* Secure protocols, by their minimum version. Macros: in.h has an enum. */
#ifndef IPPROTO_TLS_1_0
#define IPPROTO_TLS_1_0		256
#define IPPROTO_TLS_1_1		257
#define IPPROTO_TLS_1_2		258
#define IPPROTO_TLS_1_3		259
#define IPPROTO_DTLS_1_0	272
#define IPPROTO_DTLS_1_2	273
#endif

/* What is this family's alone. */
#ifndef SOL_ZSOCK
#define SOL_ZSOCK		0x7a73
#endif

/* Options at SOL_ZSOCK. */
#define ZSOCK_BACKEND		1	/* get, set: char[], a backend's name */
#define ZSOCK_INFO		2	/* get: struct zsock_info */
#define ZSOCK_HANDSHAKE_ERROR	3	/* get: struct zsock_handshake_error */
#define ZSOCK_SOCKS5		5	/* get, set: sockaddr_in or _in6, a proxy's */
#define ZSOCK_SOCKS5_AUTH	6	/* set: struct zsock_socks5_auth */
#define ZSOCK_HOST		7	/* get, set: string, a host's name */
#define ZSOCK_SOCKS5_ERROR	8	/* get: struct zsock_socks5_error */

/*
 * Options of secure sockets, by Zephyr's numbers. They take effect with the
 * next handshake; a listener's, with the next connection that it begins to
 * serve. Documentation/tls.rst has each of them.
 */
#ifndef SOL_TLS
#define SOL_TLS			282
#endif

#define TLS_SEC_TAG_LIST		1	/* get, set: int[], tags */
#define TLS_HOSTNAME			2	/* set: string; empty: no check */
#define TLS_CIPHERSUITE_LIST		3	/* get, set: int[], IANA numbers */
#define TLS_CIPHERSUITE_USED		4	/* get: int */
#define TLS_PEER_VERIFY			5	/* set: int, TLS_PEER_VERIFY_* */
#define TLS_DTLS_ROLE			6	/* set: int, TLS_DTLS_ROLE_* */
#define TLS_ALPN_LIST			7	/* get, set: strings, each with its NUL */
#define TLS_DTLS_HANDSHAKE_TIMEOUT_MIN	8	/* get, set: u32, ms */
#define TLS_DTLS_HANDSHAKE_TIMEOUT_MAX	9	/* get, set: u32, ms */
#define TLS_CERT_NOCOPY			10	/* set: int, no effect */
#define TLS_NATIVE			11	/* set: int, not a backend's own TLS */
#define TLS_SESSION_CACHE		12	/* get, set: int, TLS_SESSION_CACHE_* */
#define TLS_SESSION_CACHE_PURGE		13	/* set: any: forget own sessions */
#define TLS_DTLS_CID			14	/* set: int, TLS_DTLS_CID_* */
#define TLS_DTLS_CID_STATUS		15	/* get: int */
#define TLS_DTLS_CID_VALUE		16	/* get, set: u8[] */
#define TLS_DTLS_PEER_CID_VALUE		17	/* get: u8[] */
#define TLS_DTLS_HANDSHAKE_ON_CONNECT	18	/* get, set: int */
#define TLS_CERT_VERIFY_RESULT		19	/* get: u32, ZSOCK_VERIFY_* */
#define TLS_CERT_VERIFY_CALLBACK	20	/* get: int, a new descriptor */

/* TLS_PEER_VERIFY */
#define TLS_PEER_VERIFY_NONE		0
#define TLS_PEER_VERIFY_OPTIONAL	1
#define TLS_PEER_VERIFY_REQUIRED	2

/* TLS_DTLS_ROLE; ZSOCK_A_HANDSHAKE_ROLE */
#define TLS_DTLS_ROLE_CLIENT		0
#define TLS_DTLS_ROLE_SERVER		1

/* TLS_SESSION_CACHE */
#define TLS_SESSION_CACHE_DISABLED	0
#define TLS_SESSION_CACHE_ENABLED	1

/* TLS_DTLS_CID */
#define TLS_DTLS_CID_DISABLED		0
#define TLS_DTLS_CID_SUPPORTED		1
#define TLS_DTLS_CID_ENABLED		2

/* TLS_CERT_VERIFY_RESULT: what was wrong with the peer's certificate. */
#define ZSOCK_VERIFY_EXPIRED		0x01
#define ZSOCK_VERIFY_REVOKED		0x02
#define ZSOCK_VERIFY_CN_MISMATCH	0x04	/* the name is another */
#define ZSOCK_VERIFY_NOT_TRUSTED	0x08	/* no CA of ours signed it */
#define ZSOCK_VERIFY_MISSING		0x40	/* there was none */
#define ZSOCK_VERIFY_SKIPPED		0x80	/* nobody looked */
#define ZSOCK_VERIFY_OTHER		0x0100
#define ZSOCK_VERIFY_FUTURE		0x0200	/* not yet valid */
#define ZSOCK_VERIFY_KEY_USAGE		0x0800
#define ZSOCK_VERIFY_EXT_KEY_USAGE	0x1000	/* as for a server, a client */
#define ZSOCK_VERIFY_BAD_MD		0x4000	/* a hash that is too weak */
#define ZSOCK_VERIFY_BAD_PK		0x8000	/* a kind of key not allowed */
#define ZSOCK_VERIFY_BAD_KEY		0x010000 /* too short a key */

/*
 * TLS_CERT_VERIFY_CALLBACK: the descriptor that getsockopt() gives. While it is
 * open, a handshake of the socket, or of a connection that the listener takes,
 * asks over it what to do about the peer's certificate, whatever was found
 * wrong. Each read() takes one request, followed by its @ncerts certificates,
 * the peer's own first, each as a __u32 length and that many bytes of DER. Each
 * write() is one reply. Nobody answering, a handshake ends at its time limit.
 */
struct zsock_verify_request {
	__u64	id;		/* to be repeated in the reply */
	__u32	result;		/* ZSOCK_VERIFY_* found, 0 if all is well */
	__u32	ncerts;
};

struct zsock_verify_reply {
	__u64	id;
	__u32	accept;		/* 1: go on, 0: refuse */
	__u32	reserved;	/* 0 */
};

#define ZSOCK_VERIFY_REQUEST_MAX	65536	/* bytes, with the certificates */

/* Most that the options take. */
#define ZSOCK_TLS_TAGS_MAX		16
#define ZSOCK_TLS_HOSTNAME_MAX		255	/* without the NUL */
#define ZSOCK_TLS_CIPHERS_MAX		64
#define ZSOCK_TLS_ALPN_MAX		1024	/* bytes, with the NULs */

/**
 * struct zsock_handshake_error - what ZSOCK_HANDSHAKE_ERROR tells
 * @size: of the structure as the kernel knows it, whatever the buffer takes
 * @error: errno of the last handshake or of what ended the connection, 0 if
 *	nothing failed
 * @alert: TLS alert that was sent or received, or -1
 * @flags: ZSOCK_HANDSHAKE_ERROR_F_*
 * @verify: as TLS_CERT_VERIFY_RESULT
 *
 * Grows as struct zsock_info does.
 */
struct zsock_handshake_error {
	__u32	size;
	__s32	error;
	__s32	alert;
	__u32	flags;
	__u32	verify;
};

#define ZSOCK_HANDSHAKE_ERROR_F_RECEIVED (1U << 0) /* the peer sent the alert */

/**
 * struct zsock_socks5_auth - what ZSOCK_SOCKS5_AUTH takes, as RFC 1929 has it
 * @user_len: bytes of @user, 1 to 255
 * @password_len: bytes of @password, 1 to 255
 * @user: any bytes
 * @password: any bytes
 */
struct zsock_socks5_auth {
	__u8	user_len;
	__u8	password_len;
	__u8	user[255];
	__u8	password[255];
};

/* struct zsock_socks5_error: how far it had come */
enum zsock_socks5_stage {
	ZSOCK_SOCKS5_STAGE_NONE = 0,	/* nothing was tried */
	ZSOCK_SOCKS5_STAGE_PROXY = 1,	/* the connection to the proxy */
	ZSOCK_SOCKS5_STAGE_METHOD = 2,	/* which way to authenticate */
	ZSOCK_SOCKS5_STAGE_AUTH = 3,	/* user name and password */
	ZSOCK_SOCKS5_STAGE_REQUEST = 4,	/* the proxy's connection to the target */
	ZSOCK_SOCKS5_STAGE_UP = 5,	/* all done */
};

/**
 * struct zsock_socks5_error - what ZSOCK_SOCKS5_ERROR tells
 * @size: of the structure as the kernel knows it, whatever the buffer takes
 * @error: errno of the last connect() by way of the proxy, 0 if it did not fail
 * @stage: enum zsock_socks5_stage: where it failed, or is
 * @reply: the proxy's refusal: the method at _STAGE_METHOD, the status at
 *	_STAGE_AUTH, the reply field at _STAGE_REQUEST; -1 if it said none
 *
 * Grows as struct zsock_info does.
 */
struct zsock_socks5_error {
	__u32	size;
	__s32	error;
	__u32	stage;
	__s32	reply;
};

/* Names of handlers and backends, with the terminating NUL. */
#define ZSOCK_NAME_MAX		16

/* struct zsock_info: state */
enum zsock_state {
	ZSOCK_STATE_FRESH = 0,		/* not dispatched: no backend yet */
	ZSOCK_STATE_DISPATCHED = 1,	/* the backend carries the socket */
};

/* struct zsock_info: flags */
#define ZSOCK_INFO_F_DUAL	(1U << 0)	/* IPv6 inside, IPv4 shown as such */
#define ZSOCK_INFO_F_PAIR	(1U << 1)	/* one end of a socketpair() */
#define ZSOCK_INFO_F_ACCEPTED	(1U << 2)	/* made by accept() */
#define ZSOCK_INFO_F_TLS_TX	(1U << 3)	/* kTLS sends */
#define ZSOCK_INFO_F_TLS_RX	(1U << 4)	/* kTLS receives */
#define ZSOCK_INFO_F_SOCKS5	(1U << 5)	/* connects by way of a proxy */

/**
 * struct zsock_info - what getsockopt(SOL_ZSOCK, ZSOCK_INFO) tells
 * @size: of the structure as the kernel knows it, whatever the buffer takes
 * @state: enum zsock_state
 * @flags: ZSOCK_INFO_F_*
 * @type: SOCK_STREAM, SOCK_DGRAM, ...
 * @domain: the domain asked for at socket(): AF_INET, AF_INET6 or 0
 * @protocol: the protocol asked for, 0 replaced by the default
 * @inner_family: family of the socket that carries the traffic, 0 if fresh
 * @inner_protocol: its protocol
 * @tls_version: TLS version on the wire, 0 for none
 * @tls_cipher: IANA cipher-suite number, 0 for none
 * @reserved: 0
 * @handler: name of the protocol handler
 * @backend: name of the backend, or the one chosen, or empty
 * @alpn: application protocol agreed by ALPN, or empty
 *
 * The structure only ever grows at its end. A caller passes the size it knows
 * as optlen and is given at most that many bytes.
 */
struct zsock_info {
	__u32	size;
	__u32	state;
	__u32	flags;
	__u16	type;
	__u16	domain;
	__u16	protocol;
	__u16	inner_family;
	__u16	inner_protocol;
	__u16	tls_version;
	__u16	tls_cipher;
	__u16	reserved;
	char	handler[ZSOCK_NAME_MAX];
	char	backend[ZSOCK_NAME_MAX];
	char	alpn[256];
};

/*
 * Generic netlink family "zsock". Documentation/netlink/zsock.yaml specifies
 * every command and attribute.
 */
#define ZSOCK_GENL_NAME		"zsock"
#define ZSOCK_GENL_VERSION	1

enum {
	ZSOCK_CMD_UNSPEC,
	ZSOCK_CMD_INFO_GET,		/* do: module version, family number */
	ZSOCK_CMD_PROTO_GET,		/* dump: protocol handlers */
	ZSOCK_CMD_BACKEND_GET,		/* dump: backends */
	ZSOCK_CMD_SOCK_GET,		/* dump: sockets of this namespace */
	ZSOCK_CMD_CRED_ADD,		/* do: add or replace a credential */
	ZSOCK_CMD_CRED_DEL,		/* do: delete one, or all of a tag */
	ZSOCK_CMD_CRED_GET,		/* do: one's data; dump: list, without */
	ZSOCK_CMD_CRED_ALLOW,		/* do: let another user use a tag */
	ZSOCK_CMD_CRED_DENY,		/* do: take that back */
	ZSOCK_CMD_HANDSHAKE_READY,	/* event: there is one to be accepted */
	ZSOCK_CMD_HANDSHAKE_ACCEPT,	/* do: take one; EAGAIN if none waits */
	ZSOCK_CMD_HANDSHAKE_DONE,	/* do: how it ended */
	ZSOCK_CMD_HANDSHAKE_TICKET,	/* event: a ticket came on a connection */
	ZSOCK_CMD_HANDSHAKE_PURGE,	/* event: forget sessions of a user */
	ZSOCK_CMD_BACKEND_ADD,		/* do: one behind a pipe */
	ZSOCK_CMD_BACKEND_PIPE,		/* do: another pipe, the old one is down */
	ZSOCK_CMD_BACKEND_DEL,		/* do: take one behind a pipe away */
	ZSOCK_CMD_BACKEND_UP,		/* event: its pipe works */
	ZSOCK_CMD_BACKEND_DOWN,		/* event: its pipe broke, or it was deleted */
	ZSOCK_CMD_VSOCK_ADD,		/* do: addresses that stand for a context */
	ZSOCK_CMD_VSOCK_DEL,		/* do: take that back */
	ZSOCK_CMD_VSOCK_GET,		/* dump: the map of this namespace */
	ZSOCK_CMD_POLICY_ADD,		/* do: one more rule; its id comes back */
	ZSOCK_CMD_POLICY_DEL,		/* do: one rule away, or all */
	ZSOCK_CMD_POLICY_GET,		/* dump: the rules, in order */
	ZSOCK_CMD_RESOLVE_READY,	/* event: there is one to be accepted */
	ZSOCK_CMD_RESOLVE_ACCEPT,	/* do: take one; EAGAIN if none waits */
	ZSOCK_CMD_RESOLVE_DONE,		/* do: the addresses, or why there are none */

	__ZSOCK_CMD_MAX,
	ZSOCK_CMD_MAX = __ZSOCK_CMD_MAX - 1
};

/* ZSOCK_CMD_INFO_GET */
enum {
	ZSOCK_A_INFO_UNSPEC,
	ZSOCK_A_INFO_VERSION,		/* string: of the module */
	ZSOCK_A_INFO_FAMILY,		/* u32: the address family's number */
	ZSOCK_A_INFO_ACCESS,		/* u32: net.zsock.access */

	__ZSOCK_A_INFO_MAX,
	ZSOCK_A_INFO_MAX = __ZSOCK_A_INFO_MAX - 1
};

/* ZSOCK_CMD_PROTO_GET */
enum {
	ZSOCK_A_PROTO_UNSPEC,
	ZSOCK_A_PROTO_NAME,		/* string */
	ZSOCK_A_PROTO_ID,		/* nest, repeated: ZSOCK_A_PROTO_ID_* */
	ZSOCK_A_PROTO_MODULE,		/* string */
	ZSOCK_A_PROTO_SOCKETS,		/* u32: sockets using it, all namespaces */

	__ZSOCK_A_PROTO_MAX,
	ZSOCK_A_PROTO_MAX = __ZSOCK_A_PROTO_MAX - 1
};

enum {
	ZSOCK_A_PROTO_ID_UNSPEC,
	ZSOCK_A_PROTO_ID_TYPE,		/* u32: SOCK_* */
	ZSOCK_A_PROTO_ID_NUMBER,	/* u32: protocol number */
	ZSOCK_A_PROTO_ID_LAST,		/* u32: of a range that begins with it */
	ZSOCK_A_PROTO_ID_DOMAIN,	/* u32, repeated: where it is that */

	__ZSOCK_A_PROTO_ID_MAX,
	ZSOCK_A_PROTO_ID_MAX = __ZSOCK_A_PROTO_ID_MAX - 1
};

/* ZSOCK_CMD_BACKEND_GET */
enum {
	ZSOCK_A_BACKEND_UNSPEC,
	ZSOCK_A_BACKEND_NAME,		/* string */
	ZSOCK_A_BACKEND_PRIORITY,	/* s32: the lower is asked first */
	ZSOCK_A_BACKEND_FAMILY,		/* u32: AF_*, 0 is any */
	ZSOCK_A_BACKEND_FEATURES,	/* u32: ZSOCK_BACKEND_F_* */
	ZSOCK_A_BACKEND_MODULE,		/* string */
	ZSOCK_A_BACKEND_SOCKETS,	/* u32: sockets on it, all namespaces */
	ZSOCK_A_BACKEND_IFINDEX,	/* u32, repeated: devices of this namespace */
	ZSOCK_A_BACKEND_FD,		/* s32: the pipe, a connected stream socket */
	ZSOCK_A_BACKEND_LABEL,		/* string: what user space calls the pipe */
	ZSOCK_A_BACKEND_NETDEV,		/* string: a device of that name, to be made */
	ZSOCK_A_BACKEND_FORCE,		/* flag: even if it has sockets */
	ZSOCK_A_BACKEND_STATE,		/* u32: ZSOCK_BACKEND_STATE_* */
	ZSOCK_A_BACKEND_PEER,		/* string: what the other side calls itself */
	ZSOCK_A_BACKEND_ERROR,		/* u32: errno that the pipe broke with */

	__ZSOCK_A_BACKEND_MAX,
	ZSOCK_A_BACKEND_MAX = __ZSOCK_A_BACKEND_MAX - 1
};

/* Most bytes of ZSOCK_A_BACKEND_LABEL, with the NUL. */
#define ZSOCK_BACKEND_LABEL_MAX		128

/*
 * Those who administer the namespace can join it: ZSOCK_CMD_BACKEND_UP, _DOWN,
 * with name and label; _DOWN with the error, ENODEV where it was deleted.
 */
#define ZSOCK_GENL_BACKEND	"backend"

/* ZSOCK_A_BACKEND_STATE: one behind a pipe; others have none. */
#define ZSOCK_BACKEND_STATE_UP		1
#define ZSOCK_BACKEND_STATE_DOWN	2	/* sockets get ENETDOWN */

/* ZSOCK_A_BACKEND_FEATURES */
#define ZSOCK_BACKEND_F_STREAM		(1U << 0)	/* SOCK_STREAM */
#define ZSOCK_BACKEND_F_DGRAM		(1U << 1)	/* SOCK_DGRAM */
#define ZSOCK_BACKEND_F_PLAIN_NETDEV	(1U << 2)	/* on devices of the kernel's stack */
#define ZSOCK_BACKEND_F_PAIR		(1U << 3)	/* socketpair() */
#define ZSOCK_BACKEND_F_TLS		(1U << 4)	/* does TLS itself */
#define ZSOCK_BACKEND_F_INET		(1U << 5)	/* refuses no IPv4 or IPv6 socket */

/*
 * ZSOCK_CMD_POLICY_*: a rule is for sockets that are as all of its attributes
 * from UID to PROTO_LAST say, and has either a backend or REJECT. The first
 * that matches counts. Documentation/policy.rst has the rest.
 */
enum {
	ZSOCK_A_POLICY_UNSPEC,
	ZSOCK_A_POLICY_ID,		/* u32: which; never used again */
	ZSOCK_A_POLICY_BEFORE,		/* u32: id of the one to add it before */
	ZSOCK_A_POLICY_UID,		/* u32: whose socket */
	ZSOCK_A_POLICY_CGROUP,		/* u64: id of a cgroup that it is in, or below */
	ZSOCK_A_POLICY_DST,		/* 4 or 16 bytes: where its first call goes to */
	ZSOCK_A_POLICY_DST_LEN,		/* u32: bits of that; all, if absent */
	ZSOCK_A_POLICY_DPORT,		/* u32: to which port; or the first of them */
	ZSOCK_A_POLICY_DPORT_LAST,	/* u32: and the last */
	ZSOCK_A_POLICY_PROTO,		/* u32: of socket(); or the first of them */
	ZSOCK_A_POLICY_PROTO_LAST,	/* u32: and the last */
	ZSOCK_A_POLICY_BACKEND,		/* string: it, or ENETDOWN where it is not there */
	ZSOCK_A_POLICY_REJECT,		/* flag: EACCES */
	ZSOCK_A_POLICY_OR_ELSE,		/* flag: not ENETDOWN: go on with the next rule */
	ZSOCK_A_POLICY_HITS,		/* u64: sockets that it was found for */

	__ZSOCK_A_POLICY_MAX,
	ZSOCK_A_POLICY_MAX = __ZSOCK_A_POLICY_MAX - 1
};

/* Rules of a namespace: ENOSPC beyond. */
#define ZSOCK_POLICY_RULES_MAX	1024

/* ZSOCK_CMD_SOCK_GET */
enum {
	ZSOCK_A_SOCK_UNSPEC,
	ZSOCK_A_SOCK_INODE,		/* u32 */
	ZSOCK_A_SOCK_UID,		/* u32, as seen from the reader's namespace */
	ZSOCK_A_SOCK_INFO,		/* struct zsock_info, up to and with backend */
	ZSOCK_A_SOCK_STATE,		/* u32: TCP_ESTABLISHED, ... as in sk_state */
	ZSOCK_A_SOCK_LOCAL,		/* struct sockaddr_in or sockaddr_in6 */
	ZSOCK_A_SOCK_REMOTE,		/* struct sockaddr_in or sockaddr_in6 */
	ZSOCK_A_SOCK_RXQ,		/* u32: bytes, or connections of a listener */
	ZSOCK_A_SOCK_TXQ,		/* u32: bytes, or backlog of a listener */

	__ZSOCK_A_SOCK_MAX,
	ZSOCK_A_SOCK_MAX = __ZSOCK_A_SOCK_MAX - 1
};

/* ZSOCK_CMD_CRED_* */
enum {
	ZSOCK_A_CRED_UNSPEC,
	ZSOCK_A_CRED_TAG,		/* s32 */
	ZSOCK_A_CRED_TYPE,		/* u32: ZSOCK_CRED_* */
	ZSOCK_A_CRED_DATA,		/* binary: as in the file */
	ZSOCK_A_CRED_REPLACE,		/* flag: even if there is one */
	ZSOCK_A_CRED_PUBLIC,		/* binary: SubjectPublicKeyInfo of a key */
	ZSOCK_A_CRED_ROOM,		/* u32: bytes of data that one can take */
	ZSOCK_A_CRED_UID,		/* u32: another user; repeated in a list */
	ZSOCK_A_CRED_FORMAT,		/* u32: ZSOCK_CRED_FORMAT_* */
	ZSOCK_A_CRED_LENGTH,		/* u32: bytes of data */
	ZSOCK_A_CRED_OWNER,		/* u32: uid of who made the tag */

	__ZSOCK_A_CRED_MAX,
	ZSOCK_A_CRED_MAX = __ZSOCK_A_CRED_MAX - 1
};

/*
 * ZSOCK_CMD_HANDSHAKE_*. The agent joins the multicast group
 * ZSOCK_GENL_HANDSHAKE, accepts until EAGAIN, and again at each
 * ZSOCK_CMD_HANDSHAKE_READY. It does the handshake over the descriptor, attaches
 * kTLS in both directions to it as tls(7) users do, and reports. To accept and
 * what follows needs CAP_NET_ADMIN in the namespace's user namespace.
 */
#define ZSOCK_GENL_HANDSHAKE	"handshake"

enum {
	ZSOCK_A_HANDSHAKE_UNSPEC,
	ZSOCK_A_HANDSHAKE_ID,		/* u64: which; never used again */
	ZSOCK_A_HANDSHAKE_FD,		/* s32: the connection, non-blocking */
	ZSOCK_A_HANDSHAKE_ROLE,		/* u32: TLS_DTLS_ROLE_* */
	ZSOCK_A_HANDSHAKE_VERSION,	/* u32: 0x0303, 0x0304; at least, or used */
	ZSOCK_A_HANDSHAKE_TIMEOUT,	/* u32: ms left */
	ZSOCK_A_HANDSHAKE_HOSTNAME,	/* string: of the peer */
	ZSOCK_A_HANDSHAKE_NO_NAME_CHECK, /* flag: the peer's name is not checked */
	ZSOCK_A_HANDSHAKE_VERIFY,	/* u32: TLS_PEER_VERIFY_* */
	ZSOCK_A_HANDSHAKE_CIPHERS,	/* binary: u16[], in order; none: the default */
	ZSOCK_A_HANDSHAKE_ALPN,		/* strings, each with its NUL; one if used */
	ZSOCK_A_HANDSHAKE_CACHE,	/* flag: sessions may be cached, used again */
	ZSOCK_A_HANDSHAKE_UID,		/* u32: whose socket it is */
	ZSOCK_A_HANDSHAKE_CRED,		/* nest, repeated: ZSOCK_A_HANDSHAKE_CRED_* */
	ZSOCK_A_HANDSHAKE_ERROR,	/* u32: errno, 0 if it succeeded */
	ZSOCK_A_HANDSHAKE_ALERT,	/* u32: alert that was sent or received */
	ZSOCK_A_HANDSHAKE_ALERT_RECEIVED, /* flag: the peer sent it */
	ZSOCK_A_HANDSHAKE_CIPHER,	/* u32: IANA number of the suite used */
	ZSOCK_A_HANDSHAKE_VERIFY_RESULT, /* u32: ZSOCK_VERIFY_* */
	ZSOCK_A_HANDSHAKE_RESUMED,	/* flag: a cached session was used */
	ZSOCK_A_HANDSHAKE_DATA,		/* binary: a message */
	ZSOCK_A_HANDSHAKE_VERIFY_FD,	/* s32: ask the program over this */
	ZSOCK_A_HANDSHAKE_LAST,		/* flag: none waited behind it */

	__ZSOCK_A_HANDSHAKE_MAX,
	ZSOCK_A_HANDSHAKE_MAX = __ZSOCK_A_HANDSHAKE_MAX - 1
};

/* ZSOCK_A_HANDSHAKE_CRED */
enum {
	ZSOCK_A_HANDSHAKE_CRED_UNSPEC,
	ZSOCK_A_HANDSHAKE_CRED_TAG,	/* s32 */
	ZSOCK_A_HANDSHAKE_CRED_TYPE,	/* u32: ZSOCK_CRED_* */
	ZSOCK_A_HANDSHAKE_CRED_FORMAT,	/* u32: ZSOCK_CRED_FORMAT_* */
	ZSOCK_A_HANDSHAKE_CRED_LENGTH,	/* u32: bytes */
	ZSOCK_A_HANDSHAKE_CRED_SERIAL,	/* u64: of these very bytes, see below */

	__ZSOCK_A_HANDSHAKE_CRED_MAX,
	ZSOCK_A_HANDSHAKE_CRED_MAX = __ZSOCK_A_HANDSHAKE_CRED_MAX - 1
};

/*
 * An option at SOL_ZSOCK of the descriptor of a handshake, while that is under
 * way: the bytes of a credential. On entry the buffer begins with its serial
 * number, a __u64. EFBIG if it is too small for the bytes. Not a message, of
 * which others might keep copies.
 */
#define ZSOCK_HANDSHAKE_CRED	4	/* get: u8[] */

/*
 * ZSOCK_CMD_RESOLVE_*: hosts' names. The agent joins the multicast group
 * ZSOCK_GENL_RESOLVE, accepts until EAGAIN, and again at each
 * ZSOCK_CMD_RESOLVE_READY. It may have several at a time, and reports them in
 * any order. To accept and what follows needs CAP_NET_ADMIN in the namespace's
 * user namespace.
 */
#define ZSOCK_GENL_RESOLVE	"resolve"

enum {
	ZSOCK_A_RESOLVE_UNSPEC,
	ZSOCK_A_RESOLVE_ID,		/* u64: which; never used again */
	ZSOCK_A_RESOLVE_NAME,		/* string: of the host */
	ZSOCK_A_RESOLVE_FAMILY,		/* u32: AF_INET, AF_INET6, 0 for both */
	ZSOCK_A_RESOLVE_UID,		/* u32: whose socket it is */
	ZSOCK_A_RESOLVE_TIMEOUT,	/* u32: ms left */
	ZSOCK_A_RESOLVE_ERROR,		/* u32: 0, ENOENT, ENODATA, EREMOTEIO */
	ZSOCK_A_RESOLVE_ADDRESS,	/* repeated: struct sockaddr_in or _in6 */

	__ZSOCK_A_RESOLVE_MAX,
	ZSOCK_A_RESOLVE_MAX = __ZSOCK_A_RESOLVE_MAX - 1
};

/* Addresses in an answer: EINVAL beyond, and the answer is none. */
#define ZSOCK_RESOLVE_ADDRESSES_MAX	16

/*
 * ZSOCK_CMD_VSOCK_*: what addresses stand for which AF_VSOCK context, with the
 * backend "vsock". To add and delete needs CAP_NET_ADMIN in the namespace's user
 * namespace.
 */
enum {
	ZSOCK_A_VSOCK_UNSPEC,
	ZSOCK_A_VSOCK_ADDRESS,		/* binary: 4 or 16 bytes */
	ZSOCK_A_VSOCK_BITS,		/* u32: that have to be the same */
	ZSOCK_A_VSOCK_PORT_FIRST,	/* u16; none: all ports */
	ZSOCK_A_VSOCK_PORT_LAST,	/* u16; none: the first alone */
	ZSOCK_A_VSOCK_CID,		/* u32: the context; -1: this machine's */
	ZSOCK_A_VSOCK_CID_PORT,		/* u32: that the first stands for */

	__ZSOCK_A_VSOCK_MAX,
	ZSOCK_A_VSOCK_MAX = __ZSOCK_A_VSOCK_MAX - 1
};

/* Entries of a namespace: ENOSPC beyond. */
#define ZSOCK_VSOCK_MAP_MAX	4096

/* ZSOCK_A_CRED_TYPE: a tag has at most one credential of each. */
enum zsock_cred_type {
	ZSOCK_CRED_NONE = 0,
	ZSOCK_CRED_CA = 1,		/* certificates to verify a peer with */
	ZSOCK_CRED_CERT = 2,		/* one's own certificate, and its chain */
	ZSOCK_CRED_KEY = 3,		/* private key of that certificate */
	ZSOCK_CRED_PSK = 4,		/* pre-shared key */
	ZSOCK_CRED_PSK_ID = 5,		/* what the pre-shared key is called */
};

#define ZSOCK_CRED_TYPE_MAX	ZSOCK_CRED_PSK_ID

/* ZSOCK_A_CRED_FORMAT */
enum zsock_cred_format {
	ZSOCK_CRED_FORMAT_RAW = 0,	/* PSKs and identities: any bytes */
	ZSOCK_CRED_FORMAT_PEM = 1,
	ZSOCK_CRED_FORMAT_DER = 2,
};

/* Bytes of a certificate or key, of a PSK, of an identity: EFBIG beyond. */
#define ZSOCK_CRED_LEN_MAX	61440
#define ZSOCK_CRED_PSK_MAX	512
#define ZSOCK_CRED_PSK_ID_MAX	256
/* Tags of a namespace, other users of a tag: ENOSPC beyond. */
#define ZSOCK_CRED_TAGS_MAX	4096
#define ZSOCK_CRED_ALLOWED_MAX	64

#endif /* _UAPI_LINUX_ZSOCK_H */
