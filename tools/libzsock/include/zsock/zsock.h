/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * libzsock: AF_ZSOCK's control plane for programs in C and C++. Credentials,
 * backends, policy, lists of what there is, and what a socket tells of itself.
 * Sockets are made and used with the ordinary calls. See libzsock(3).
 *
 * Results. A function that returns int returns 0, or what is said of it, or a
 * negative errno; it neither reads nor sets errno on purpose and prints nothing.
 * Wherever the module is asked, -ENOPROTOOPT is: it is not loaded.
 * -EOPNOTSUPP is: the module that is loaded is older than the request.
 *
 * Who owns what. Arguments are only read, during the call. What a callback is
 * given belongs to the library and is gone when the callback returns.
 *
 * Threads. A struct zsk is used by one thread at a time; different ones are
 * independent of each other. It asks about the network namespace, and with the
 * rights, of who opened it: credentials may be asked for only as long as the
 * effective user is the one it was then. A child process opens its own.
 * Nothing here may be called in a signal handler.
 *
 * Structures. Those that a program fills in are cleared first, and their member
 * size set to sizeof; members may be added at their ends, and 0 there means what
 * it did before. Those that callbacks get may grow, too: do not copy them by
 * sizeof. Strings end with a NUL and are never NULL, unless it is said.
 */
#ifndef ZSOCK_ZSOCK_H
#define ZSOCK_ZSOCK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <linux/zsock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a connection to the module ---- */

struct zsk;

/* Opens one. *z is set, to NULL where it fails. */
int zsk_open(struct zsk **z);

/* Closes it. NULL is none. */
void zsk_close(struct zsk *z);

/* What the kernel said, in words, when the last call with @z failed, or "". */
const char *zsk_why(const struct zsk *z);

/*
 * A list is fetched as a whole before the first callback, and once more if it
 * changed meanwhile. 1 if the last one changed each time: something may have
 * been there twice, or be missing.
 */
int zsk_list_changed(const struct zsk *z);

/*
 * Callbacks of lists return 0, to go on, or anything else, which ends the list
 * and is returned by the function. They may use the same connection.
 */

/* ---- the module ---- */

/*
 * The number of the address family, to be given to socket(). The module is not
 * loaded by this; AF_ZSOCK is what the number is then, unless a parameter
 * changes that.
 */
int zsk_family(void);

struct zsk_module {
	const char *version;
	uint32_t family;
	uint32_t access;	/* sysctl net.zsock.access */
};

typedef int (*zsk_module_fn)(const struct zsk_module *module, void *arg);
int zsk_module_get(struct zsk *z, zsk_module_fn fn, void *arg);

struct zsk_proto_id {
	uint32_t type;		/* SOCK_* */
	uint32_t number;	/* 0 is the default of the type */
	uint32_t last;		/* of a range, or 0 */
	uint32_t domains[8];	/* AF_*, then 0 */
};

struct zsk_proto {
	const char *name;
	const char *module;
	uint32_t sockets;	/* that use it, in all namespaces */
	size_t nids;
	const struct zsk_proto_id *ids;
};

/* The protocol handlers. */
typedef int (*zsk_proto_fn)(const struct zsk_proto *proto, void *arg);
int zsk_proto_list(struct zsk *z, zsk_proto_fn fn, void *arg);

/*
 * The counters of /proc/net/zsock_stat, in the network namespace that the
 * calling thread is in.
 */
typedef int (*zsk_stat_fn)(const char *name, long long value, void *arg);
int zsk_stat_list(zsk_stat_fn fn, void *arg);

/* ---- sockets ---- */

/* socket() with what it needs: a descriptor, close-on-exec if @type says so. */
int zsk_socket(int domain, int type, int protocol);

/*
 * What a socket of this family tells. One of another family says -EOPNOTSUPP or
 * -ENOPROTOOPT.
 */

/* ZSOCK_INFO. What an older module does not know of is 0. */
int zsk_info(int fd, struct zsock_info *info);

/* ZSOCK_HANDSHAKE_ERROR; likewise. */
int zsk_handshake_error(int fd, struct zsock_handshake_error *error);

/* ZSOCK_BACKEND: the one that is to carry @fd. -ENODEV: no such. */
int zsk_backend_use(int fd, const char *name);

struct zsk_sock {
	uint32_t inode;		/* of its file */
	uint32_t uid;		/* who opened it */
	uint32_t state;		/* as in <netinet/tcp.h> */
	uint32_t rxq, txq;	/* as ss(8) shows them */
	const struct zsock_info *info;	/* without alpn */
	const struct sockaddr *local;	/* NULL if there is none */
	const struct sockaddr *remote;
};

/* The sockets of the network namespace. */
typedef int (*zsk_sock_fn)(const struct zsk_sock *sock, void *arg);
int zsk_sock_list(struct zsk *z, zsk_sock_fn fn, void *arg);

/* ---- TLS credentials ---- */

/*
 * @type is one of ZSOCK_CRED_*. -EEXIST: there is one; -EACCES: the tag is
 * another user's; -EFBIG: too large; -EINVAL: not what @type says it is;
 * -ENOSPC, -EDQUOT: no room, in the namespace or for the user.
 */
int zsk_cred_add(struct zsk *z, int tag, int type, const void *cred,
		 size_t len);

struct zsk_cred {
	size_t size;		/* of this */
	int tag;
	int type;
	const void *data;
	size_t len;
	/* Of a private key, to be compared with the certificate; or NULL. */
	const void *public_key;	/* SubjectPublicKeyInfo, DER */
	size_t public_key_len;
	int replace;		/* 1: even if there is one */
};

int zsk_cred_put(struct zsk *z, const struct zsk_cred *cred);

/*
 * Copies one to @cred. *len is the room there, and then what was copied; it
 * stays as it is where that fails. -EFBIG: more than that, or none, or @cred is
 * NULL; -ENOENT: no such, or not for this user; -EACCES: private keys and
 * pre-shared keys are not handed out.
 */
int zsk_cred_get(struct zsk *z, int tag, int type, void *cred, size_t *len);

/* All of the tag where @type is ZSOCK_CRED_NONE. */
int zsk_cred_delete(struct zsk *z, int tag, int type);

struct zsk_cred_info {
	int tag;
	int type;
	uint32_t format;	/* ZSOCK_CRED_FORMAT_* */
	uint32_t owner;		/* user */
	size_t len;
	const void *data;	/* NULL in a list */
	size_t nallowed;
	const uint32_t *allowed;	/* other users */
};

typedef int (*zsk_cred_fn)(const struct zsk_cred_info *cred, void *arg);

/* Those of the tags that the user owns or may use. */
int zsk_cred_list(struct zsk *z, zsk_cred_fn fn, void *arg);

/* One of them, with its data; errors as for zsk_cred_get(). */
int zsk_cred_show(struct zsk *z, int tag, int type, zsk_cred_fn fn, void *arg);

/* Lets another user use a tag, and takes that back. */
int zsk_cred_allow(struct zsk *z, int tag, uint32_t uid);
int zsk_cred_deny(struct zsk *z, int tag, uint32_t uid);

/* ---- backends ---- */

struct zsk_backend {
	const char *name;
	const char *module;
	int32_t priority;	/* the lower is asked first */
	uint32_t family;	/* AF_*, 0 is any */
	uint32_t features;	/* ZSOCK_BACKEND_F_* */
	uint32_t sockets;	/* on it, in all namespaces */
	size_t nifindexes;
	const uint32_t *ifindexes;	/* its devices in this namespace */
	/* Of one behind a pipe; of others 0 and empty. */
	uint32_t state;		/* ZSOCK_BACKEND_STATE_* */
	uint32_t error;		/* errno that the pipe broke with, if it is down */
	const char *peer;	/* what the other side calls itself */
	const char *label;	/* what was given with the pipe */
};

/* In the order in which they are asked. */
typedef int (*zsk_backend_fn)(const struct zsk_backend *backend, void *arg);
int zsk_backend_list(struct zsk *z, zsk_backend_fn fn, void *arg);

struct zsk_backend_new {
	size_t size;		/* of this */
	const char *name;
	int fd;			/* a connected stream socket */
	const char *label;	/* what the pipe is called; or NULL */
	const char *netdev;	/* a device to be made, by name; or NULL */
	int has_priority;	/* 1: priority is one; 0: the module's choice */
	int32_t priority;
};

/*
 * A backend behind a pipe, at whose other end somebody speaks the offload
 * protocol. The kernel keeps the pipe: the caller may close its descriptor. It
 * waits for the other side, ten seconds at most. -EPERM without CAP_NET_ADMIN;
 * -EEXIST: the name is taken; -EPROTO, -ETIMEDOUT, -ECONNRESET, -EPIPE: it is
 * not spoken there; -ENOTSOCK, -ENOTCONN, -EINVAL: not a pipe that will do;
 * -EDQUOT: one user's namespaces have too many.
 */
int zsk_backend_add(struct zsk *z, const struct zsk_backend_new *backend);

/* Another pipe for one whose pipe is down. -ENOENT: no such; -EBUSY: it is up. */
int zsk_backend_pipe(struct zsk *z, const char *name, int fd,
		     const char *label);

/*
 * -EBUSY: it has sockets, unless @force is 1, and they are reset. -EPERM: not
 * one that was added so, or no CAP_NET_ADMIN; -ENOENT: no such.
 */
int zsk_backend_delete(struct zsk *z, const char *name, int force);

/* ---- what happens to backends ---- */

struct zsk_monitor;

enum {
	ZSK_EVENT_UP = 1,	/* its pipe works */
	ZSK_EVENT_DOWN = 2,	/* its pipe broke */
	ZSK_EVENT_DELETED = 3,
	ZSK_EVENT_LOST = 4,	/* events were, there were too many: list them */
	ZSK_EVENT_UNLOADED = 5	/* the module was: none will come any more */
};

struct zsk_event {
	int event;		/* ZSK_EVENT_*; ignore what is unknown */
	uint32_t error;		/* down: errno that the pipe broke with, or 0 */
	int has_error;		/* 1: the module said one */
	const char *name;	/* of the backend; lost, unloaded: empty */
	const char *label;
};

/*
 * From here on events are kept, until they are read or are too many. -EPERM
 * without CAP_NET_ADMIN.
 */
int zsk_monitor_open(struct zsk_monitor **m);
void zsk_monitor_close(struct zsk_monitor *m);

/* To be waited on for POLLIN with others. Neither read nor close it. */
int zsk_monitor_fd(const struct zsk_monitor *m);

/*
 * Waits for @timeout ms at most, -1 for ever, and calls @fn for each event that
 * came, whatever that returns. What @fn returned if that is not 0; -EAGAIN:
 * nothing came in time; -EINTR: a signal; -ENODEV: the module was unloaded, as
 * an event before has told.
 */
typedef int (*zsk_event_fn)(const struct zsk_event *event, void *arg);
int zsk_monitor_read(struct zsk_monitor *m, int timeout, zsk_event_fn fn,
		     void *arg);

/* ---- policy: which backend a socket gets ---- */

/* What a rule looks at; and what it does. */
#define ZSK_POLICY_UID		(1U << 0)
#define ZSK_POLICY_CGROUP	(1U << 1)
#define ZSK_POLICY_DST		(1U << 2)
#define ZSK_POLICY_DPORT	(1U << 3)
#define ZSK_POLICY_PROTO	(1U << 4)
#define ZSK_POLICY_REJECT	(1U << 16)	/* no backend, but EACCES */
#define ZSK_POLICY_OR_ELSE	(1U << 17)	/* the next rule if it is not there */

struct zsk_policy {
	size_t size;		/* of this */
	uint32_t flags;		/* ZSK_POLICY_*; those members count */
	uint32_t uid;
	uint64_t cgroup;	/* inode number of its directory */
	uint8_t dst[16];	/* network order */
	uint32_t dst_size;	/* 4 or 16 bytes of that */
	uint32_t dst_len;	/* bits that count; the others are 0 */
	uint16_t dport[2];	/* first and last */
	uint16_t proto[2];	/* of socket(); first and last */
	const char *backend;	/* NULL with ZSK_POLICY_REJECT */
	uint32_t before;	/* id of the rule to add it before; 0: behind all */
	/* In lists alone. */
	uint32_t id;
	uint64_t hits;		/* sockets that it was found for */
};

/*
 * @id may be NULL. -EPERM without CAP_NET_ADMIN; -EINVAL: see zsk_why();
 * -ENOENT: there is no rule @before; -ENOSPC: there are too many.
 */
int zsk_policy_add(struct zsk *z, const struct zsk_policy *policy,
		   uint32_t *id);
int zsk_policy_delete(struct zsk *z, uint32_t id);
int zsk_policy_flush(struct zsk *z);

/* In order: the first that matches counts. */
typedef int (*zsk_policy_fn)(const struct zsk_policy *policy, void *arg);
int zsk_policy_list(struct zsk *z, zsk_policy_fn fn, void *arg);

/* ---- what addresses stand for AF_VSOCK contexts ---- */

struct zsk_vsock {
	size_t size;		/* of this */
	uint8_t address[16];	/* network order */
	uint32_t address_size;	/* 4 or 16 bytes of that */
	uint32_t bits;		/* that have to be the same */
	uint16_t port_first;	/* 0: all ports */
	uint16_t port_last;	/* 0: the first alone */
	uint32_t cid;		/* (uint32_t)-1: this machine's */
	uint32_t cid_port;	/* that the first stands for; 0: the same number */
};

/* -EPERM without CAP_NET_ADMIN; -EEXIST; -ENOENT; -ENOSPC; -EINVAL. */
int zsk_vsock_add(struct zsk *z, const struct zsk_vsock *vsock);
/* The prefix and the ports say which. */
int zsk_vsock_delete(struct zsk *z, const struct zsk_vsock *vsock);

typedef int (*zsk_vsock_fn)(const struct zsk_vsock *vsock, void *arg);
int zsk_vsock_list(struct zsk *z, zsk_vsock_fn fn, void *arg);

#ifdef __cplusplus
}
#endif

#endif /* ZSOCK_ZSOCK_H */
