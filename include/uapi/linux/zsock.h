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
 * IPPROTO_*.
 */
#define ZSOCK_PROTO_SHIFT	16
#define ZSOCK_PROTO_MASK	0xffff
#define ZSOCK_PROTO(domain, proto) \
	(((domain) << ZSOCK_PROTO_SHIFT) | ((proto) & ZSOCK_PROTO_MASK))
#define ZSOCK_PROTO_DOMAIN(protocol)	((protocol) >> ZSOCK_PROTO_SHIFT)
#define ZSOCK_PROTO_NUMBER(protocol)	((protocol) & ZSOCK_PROTO_MASK)

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
#define ZSOCK_HANDSHAKE_ERROR	3	/* get: reserved for secure sockets */

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

	__ZSOCK_A_BACKEND_MAX,
	ZSOCK_A_BACKEND_MAX = __ZSOCK_A_BACKEND_MAX - 1
};

/* ZSOCK_A_BACKEND_FEATURES */
#define ZSOCK_BACKEND_F_STREAM		(1U << 0)	/* SOCK_STREAM */
#define ZSOCK_BACKEND_F_DGRAM		(1U << 1)	/* SOCK_DGRAM */
#define ZSOCK_BACKEND_F_PLAIN_NETDEV	(1U << 2)	/* on devices of the kernel's stack */
#define ZSOCK_BACKEND_F_PAIR		(1U << 3)	/* socketpair() */
#define ZSOCK_BACKEND_F_TLS		(1U << 4)	/* does TLS itself */
#define ZSOCK_BACKEND_F_INET		(1U << 5)	/* refuses no IPv4 or IPv6 socket */

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
