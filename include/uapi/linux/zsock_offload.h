/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Socket calls over a pipe, version 1: what backends of AF_ZSOCK that are added
 * by "zsockctl backend add" speak with whoever carries the calls out.
 * Documentation/offload-protocol.rst specifies it; this is its bytes.
 *
 * The *client* has the program's sockets, the *server* carries them out. All
 * numbers are little-endian.
 */
#ifndef _UAPI_LINUX_ZSOCK_OFFLOAD_H
#define _UAPI_LINUX_ZSOCK_OFFLOAD_H

#include <linux/types.h>

#define ZOFF_MAGIC		"zsockoff"	/* 8 bytes, no NUL */
#define ZOFF_VERSION		1

/**
 * struct zoff_hdr - begins every message
 * @length: bytes that follow, at most ZOFF_LENGTH_MAX
 * @type: enum zoff_type
 * @flags: 0, or as the type says
 * @sock: which socket, 0 where the message is about none
 * @seq: number of a request, which its reply repeats; otherwise 0
 */
struct zoff_hdr {
	__le32	length;
	__le16	type;
	__le16	flags;
	__le32	sock;
	__le32	seq;
};

/* Most that a message has behind its header; most data in it. */
#define ZOFF_LENGTH_MAX		66560
#define ZOFF_DATA_MAX		65536
/* Bytes that a datagram costs beside those in it. */
#define ZOFF_DGRAM_COST		256
/* Smallest and largest window that a HELLO may offer. */
#define ZOFF_WINDOW_MIN		16384
#define ZOFF_WINDOW_MAX		(16 << 20)
/* Ids that the server chooses, for connections that it accepted. */
#define ZOFF_SOCK_SERVER	0x80000000U

enum zoff_type {
	/* Either, about the pipe */
	ZOFF_HELLO	= 1,	/* struct zoff_hello; the first from each side */
	ZOFF_PING	= 2,	/* request, nothing behind it */
	ZOFF_PONG	= 3,	/* its reply */

	/* Requests of the client */
	ZOFF_OPEN	= 16,	/* struct zoff_open */
	ZOFF_BIND	= 17,	/* struct zoff_addr; reply: the name */
	ZOFF_CONNECT	= 18,	/* struct zoff_addr; reply: the name, when it is done */
	ZOFF_LISTEN	= 19,	/* struct zoff_listen; reply: the name */
	ZOFF_SHUTDOWN	= 20,	/* struct zoff_shutdown */
	ZOFF_SETOPT	= 21,	/* struct zoff_opt, the value */
	ZOFF_GETOPT	= 22,	/* struct zoff_opt, le32 room; reply: the value */
	ZOFF_NAME	= 23,	/* reply: the name */
	ZOFF_CLOSE	= 24,	/* reply: the last message about the socket */

	/* Of the server */
	ZOFF_REPLY	= 32,	/* struct zoff_reply, what the request says */
	ZOFF_INCOMING	= 33,	/* struct zoff_incoming; a listener has a connection */
	ZOFF_END	= 34,	/* no more data will come: the peer's FIN */
	ZOFF_ERROR	= 35,	/* struct zoff_reply: what SO_ERROR is to tell */
	ZOFF_URGENT	= 36,	/* struct zoff_urgent, with ZOFF_F_URGENT */

	/* Either, about a socket */
	ZOFF_DATA	= 48,	/* bytes of a stream, flags ZOFF_DATA_* */
	ZOFF_DGRAM	= 49,	/* struct zoff_addr, a datagram */
	ZOFF_CREDIT	= 50,	/* struct zoff_credit */
};

/* @flags of ZOFF_CLOSE: a connection is reset, what was not sent is lost. */
#define ZOFF_CLOSE_ABORT	1

/* @flags of ZOFF_DATA with ZOFF_F_MORE, from the client: more follows soon. */
#define ZOFF_DATA_MORE		1
/* And with ZOFF_F_URGENT, from both: this one byte is urgent. */
#define ZOFF_DATA_URGENT	2

/**
 * struct zoff_hello - what each side is
 * @magic: ZOFF_MAGIC
 * @version: the newest that it speaks; the lower of the two is used
 * @features: ZOFF_F_*; those of both are in use
 * @window: bytes that it takes for each socket before it has given credit
 * @sockets: how many sockets it can have at once
 * @silence: ms after which a silent other side may be taken for dead
 * @reserved: 0
 * @name: for logs, NUL-padded, printable
 */
struct zoff_hello {
	__u8	magic[8];
	__le32	version;
	__le32	features;
	__le32	window;
	__le32	sockets;
	__le32	silence;
	__le32	reserved;
	__u8	name[32];
};

#define ZOFF_F_STREAM	1
#define ZOFF_F_DGRAM	2
#define ZOFF_F_INET6	4
#define ZOFF_F_TLS	8	/* does TLS itself */
#define ZOFF_F_MORE	16	/* ZOFF_DATA_MORE, and ZOFF_DATA of no bytes */
#define ZOFF_F_URGENT	32	/* ZOFF_DATA_URGENT, ZOFF_URGENT */

/* struct zoff_addr: family */
#define ZOFF_AF_NONE	0
#define ZOFF_AF_INET	4
#define ZOFF_AF_INET6	6

/**
 * struct zoff_addr - an address
 * @family: ZOFF_AF_*
 * @port: a number
 * @addr: as on the wire; of IPv4 the first four bytes, then zeros
 * @flow: flow label and class
 * @scope: scope of a link-local address, as the server numbers them
 */
struct zoff_addr {
	__le16	family;
	__le16	port;
	__u8	addr[16];
	__le32	flow;
	__le32	scope;
};

/* struct zoff_open: type */
#define ZOFF_STREAM	1
#define ZOFF_DATAGRAM	2

/**
 * struct zoff_open - ZOFF_OPEN
 * @family: ZOFF_AF_INET or ZOFF_AF_INET6
 * @type: ZOFF_STREAM or ZOFF_DATAGRAM
 * @protocol: 6 TCP, 17 UDP; with ZOFF_F_TLS also 256 to 259
 */
struct zoff_open {
	__le16	family;
	__le16	type;
	__le32	protocol;
};

/**
 * struct zoff_listen - ZOFF_LISTEN
 * @backlog: connections that may be on their way to the client at once: the
 *	listener's first credit. A later ZOFF_LISTEN adds what it has more
 */
struct zoff_listen {
	__le32	backlog;
};

#define ZOFF_SHUT_RD	1
#define ZOFF_SHUT_WR	2

/**
 * struct zoff_shutdown - ZOFF_SHUTDOWN
 * @how: ZOFF_SHUT_RD, ZOFF_SHUT_WR or both
 */
struct zoff_shutdown {
	__le32	how;
};

/**
 * struct zoff_opt - an option, by Linux's numbers
 * @level: SOL_*
 * @name: of the option
 */
struct zoff_opt {
	__le32	level;
	__le32	name;
};

/**
 * struct zoff_reply - how a request ended, or an error that came by itself
 * @error: 0, or an errno by Linux's numbers
 */
struct zoff_reply {
	__le32	error;
};

/**
 * struct zoff_urgent - the peer has sent urgent data
 * @ahead: bytes of ZOFF_DATA that will come before it
 * @byte: what it is; also to come as ZOFF_DATA_URGENT
 * @reserved: 0
 */
struct zoff_urgent {
	__le32	ahead;
	__u8	byte;
	__u8	reserved[3];
};

/**
 * struct zoff_incoming - a connection that a listener took
 * @sock: its id, with ZOFF_SOCK_SERVER
 * @name: its own name
 * @peer: the other's
 */
struct zoff_incoming {
	__le32			sock;
	struct zoff_addr	name;
	struct zoff_addr	peer;
};

/**
 * struct zoff_credit - more may be sent
 * @more: bytes; of a listener, connections
 */
struct zoff_credit {
	__le32	more;
};

#endif /* _UAPI_LINUX_ZSOCK_OFFLOAD_H */
