/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_ZSOCK: what the parts of the module share.
 *
 * Life of a socket
 *
 *	socket()	struct zsock_fresh: a placeholder sk that keeps
 *			SOL_SOCKET options; ops are zsock_fresh_ops
 *	first call	dispatch: the backend makes an inner socket, its sk is
 *			grafted onto the outer struct socket, ops become those
 *			of a struct zsock_table
 *	close()		the table's release: the inner one's, then ours
 *
 * The placeholder stays allocated until close(): a task that read sock->sk
 * just before the graft may still look at it.
 */
#ifndef _ZSOCK_INT_H
#define _ZSOCK_INT_H

#include <linux/cred.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>
#include <net/netns/generic.h>
#include <net/sock.h>
#include <net/zsock.h>

#include "include/compat/compat.h"
#include "include/compat/kunit.h"
#include "offload/policy.h"
#include "tls/cred.h"

/*
 * A handler or backend of this module: its file defines it with one of these,
 * and Kbuild's list makes the registry register it.
 */
#define ZSOCK_DEFINE_PROTO(id)				\
	extern const struct zsock_proto zsock_proto_##id;	\
	const struct zsock_proto zsock_proto_##id
#define ZSOCK_DEFINE_BACKEND(id)			\
	extern const struct zsock_backend zsock_backend_##id;	\
	const struct zsock_backend zsock_backend_##id

/* ---- pins: who uses a registered thing ---- */

/**
 * struct zsock_pin_count - one CPU's part of a struct zsock_pin
 * @taken: pins taken on this CPU
 * @put: pins put on this CPU, wherever they were taken
 */
struct zsock_pin_count {
	unsigned int	taken;
	unsigned int	put;
};

/**
 * struct zsock_pin - counts the users of a registered handler or backend
 * @users: one counter a CPU; only the sum means anything
 * @owner: module that is held for each user
 * @dead: unregistered, takes no new users
 *
 * Taking one is lock-free under rcu_read_lock(); see pin.c.
 */
struct zsock_pin {
	struct zsock_pin_count __percpu	*users;
	struct module			*owner;
	bool				dead;
};

int zsock_pin_init(struct zsock_pin *pin, struct module *owner);
void zsock_pin_free(struct zsock_pin *pin);
struct module *zsock_pin_module(const struct zsock_pin *pin);
bool zsock_pin_get(struct zsock_pin *pin);
void zsock_pin_dup(struct zsock_pin *pin);
void zsock_pin_put(struct zsock_pin *pin);
unsigned int zsock_pin_users(const struct zsock_pin *pin);
int zsock_pin_kill(struct zsock_pin *pin);
bool zsock_name_ok(const char *name);

/* ---- registered things ---- */

/**
 * struct zsock_service - one struct zsock_proto_id of a registered handler
 * @list: among those of its type, under RCU
 * @handler: who serves it
 * @id: what it serves
 */
struct zsock_service {
	struct list_head		list;
	struct zsock_handler		*handler;
	const struct zsock_proto_id	*id;
};

/**
 * struct zsock_handler - a registered struct zsock_proto
 * @proto: what was registered
 * @pin: its sockets
 * @list: in the registry, under RCU
 * @tables: the calls of its dispatched sockets, one for each kind of inner
 *	socket; added to under a mutex, read under RCU
 * @services: what it serves, @proto->nids of them
 */
struct zsock_handler {
	const struct zsock_proto	*proto;
	struct zsock_pin		pin;
	struct list_head		list;
	struct list_head		tables;
	struct zsock_service		services[];
};

/**
 * struct zsock_carrier - a registered struct zsock_backend
 * @backend: what was registered
 * @pin: its sockets
 * @list: in the registry, by priority, under RCU; or among those retired
 * @released: whom to tell when the last socket of one retired is gone
 */
struct zsock_carrier {
	const struct zsock_backend	*backend;
	struct zsock_pin		pin;
	struct list_head		list;
	void (*released)(const struct zsock_backend *backend);
};

/* What a socket's connections go by: proto/socks5.h. */
enum zsock_via {
	ZSOCK_VIA_NONE,		/* nothing */
	ZSOCK_VIA_PROXY,	/* a proxy, to which there is no tunnel yet */
	ZSOCK_VIA_TUNNEL,	/* a tunnel */
};

/**
 * struct zsock_table - the calls of a dispatched socket
 * @ops: what sock->ops points at: @next with the core's own calls on top
 * @next: @inner with the handler's calls on top
 * @inner: @lower with those on top that @via needs
 * @lower: @base with dual-stack addresses on top, where @dual
 * @base: @orig with the backend's calls on top, where it has any
 * @orig: the inner socket's own calls
 * @list: in the handler's tables
 * @dual: IPv4 addresses are to be mapped, see dual.c
 * @custom: the inner socket handles SOL_SOCKET options itself
 * @via: what connections go by
 * @named: for sockets that use hosts' names, see names/naming.c
 *
 * Never changes once it is in the list; freed with its handler.
 */
struct zsock_table {
	struct proto_ops	ops;
	struct proto_ops	next;
	struct proto_ops	inner;
	struct proto_ops	lower;
	struct proto_ops	base;
	struct proto_ops	orig;
	struct list_head	list;
	bool			dual;
	bool			custom;
	enum zsock_via		via;
	bool			named;
};

/* Whether @protocol is one of IPPROTO_TLS_*. */
static inline bool zsock_is_tls(int protocol)
{
	return protocol >= IPPROTO_TLS_1_0 && protocol <= IPPROTO_TLS_1_3;
}

/* ---- sockets ---- */

/**
 * struct zsock_sock - what the module knows of one outer socket
 * @sock: the outer socket; its inode's i_private points back here
 * @handler: pinned
 * @opener: who made @priv: @handler, or, pinned as well, the one before it
 * @carrier: pinned; NULL before dispatch
 * @table: NULL before dispatch, else published with release semantics
 * @fresh: the placeholder that this is part of; NULL for an accepted socket
 * @zn: namespace it is listed in
 * @bucket: of @zn's, the one it is listed in
 * @node: in @bucket
 * @priv: the handler's own
 * @socks5: its proxy, once an option about one was set
 * @family: that dispatch settled, of its addresses; AF_INET6 where it is both
 * @domain: asked for at socket(): AF_INET, AF_INET6, 0, or a handler's own; 0
 *	replaced where the protocol is one domain's alone
 * @protocol: asked for, 0 replaced by the default
 * @flags: ZSOCK_INFO_F_*
 * @busy: ZSOCK_BUSY_* bits
 */
struct zsock_sock {
	struct socket			*sock;
	struct zsock_handler		*handler;
	struct zsock_handler		*opener;
	struct zsock_carrier		*carrier;
	const struct zsock_table	*table;
	struct zsock_fresh		*fresh;
	struct zsock_net		*zn;
	struct zsock_bucket		*bucket;
	struct hlist_node		node;
	void				*priv;
	struct zsock_socks5		*socks5;
	u16				family;
	u16				domain;
	u16				protocol;
	u32				flags;
	unsigned long			busy;
};

#define ZSOCK_BUSY_ADDRFORM	0	/* in setsockopt(IPV6_ADDRFORM) */
#define ZSOCK_BUSY_ULP		1	/* the sk has ulp.c's ULP, until close() */
#define ZSOCK_BUSY_TABLE	2	/* another table is looked for */

/**
 * struct zsock_option - a SOL_SOCKET option kept until dispatch
 * @list: in the order in which they were set
 * @cred: of the task that set it: replay is judged as the setting was
 * @name: SO_*
 * @len: of @value
 * @value: as given, in the form that does not depend on the caller's ABI
 */
struct zsock_option {
	struct list_head	list;
	const struct cred	*cred;
	int			name;
	unsigned int		len;
	u8			value[16];
};

/**
 * struct zsock_fresh - a socket made by socket(), and its placeholder
 * @sk: what sock->sk is before dispatch; keeps the values that SOL_SOCKET
 *	options are read from
 * @zs: the socket
 * @lock: serialises dispatch with option setting and with other first calls.
 *	Taken before lock_sock(@sk) and before the inner sk's lock
 * @options: struct zsock_option, to be replayed. Under @lock
 * @noptions: how often one was set
 * @naming: hosts' names, see names/; NULL where it uses none. Published once
 * @pot: the inner struct socket, without its sk, where that may be needed yet
 * @backend: the backend asked for by name, or empty. Under @lock
 */
struct zsock_fresh {
	struct sock		sk;	/* first: sk_alloc() made it */
	struct zsock_sock	zs;
	struct mutex		lock;
	struct list_head	options;
	unsigned int		noptions;
	struct zsock_naming	*naming;
	struct socket		*pot;
	char			backend[ZSOCK_NAME_MAX];
};

static inline struct zsock_fresh *zsock_fresh(struct sock *placeholder)
{
	return container_of(placeholder, struct zsock_fresh, sk);
}

/*
 * sockfs leaves i_private alone, and it is the one place in a struct socket
 * that nothing of the inner protocol uses.
 */
static inline struct zsock_sock *zsock_sk(const struct socket *sock)
{
	return SOCK_INODE((struct socket *)sock)->i_private;
}

/* The table of a dispatched socket, or NULL. */
static inline const struct zsock_table *zsock_table(const struct zsock_sock *zs)
{
	/* Pairs with zsock_publish(): who sees the table sees the inner sk. */
	return smp_load_acquire(&zs->table);
}

/* zsock_inner_ops() and zsock_priv(), where a call more for each would show. */
static inline const struct proto_ops *
__zsock_inner_ops(const struct socket *sock)
{
	return &zsock_table(zsock_sk(sock))->inner;
}

static inline void *__zsock_priv(const struct socket *sock)
{
	return zsock_sk(sock)->priv;
}

/* af_zsock.c */
extern struct proto zsock_prot;
int zsock_may_create(struct net *net, int kern);

/* sock.c */
int zsock_fresh_create(struct net *net, struct socket *sock,
		       struct zsock_handler *handler, u16 domain, u16 protocol,
		       int kern);
struct zsock_sock *zsock_child_alloc(struct zsock_sock *parent);
void zsock_child_attach(struct zsock_sock *zs, struct socket *sock,
			const struct zsock_table *table);
void zsock_child_free(struct zsock_sock *zs);
void zsock_sock_free(struct zsock_sock *zs);
int zsock_sock_init(void);
void zsock_sock_exit(void);

/* fresh.c */
extern const struct proto_ops zsock_fresh_ops;

/* table.c */
const struct zsock_table *zsock_table_get(struct zsock_handler *handler,
					  const struct zsock_backend *backend,
					  const struct proto_ops *inner,
					  bool dual, bool custom);
const struct zsock_table *zsock_table_via(struct zsock_handler *handler,
					  const struct zsock_table *like,
					  enum zsock_via via);
const struct zsock_table *zsock_table_on(struct zsock_handler *handler,
					 const struct zsock_backend *backend,
					 const struct proto_ops *inner,
					 bool dual, bool custom, bool named);
void zsock_tables_free(struct zsock_handler *handler);
bool zsock_ops_ours(const struct proto_ops *ops);

/* graft.c */
void zsock_graft(struct zsock_sock *zs, struct socket *inner,
		 struct zsock_carrier *carrier,
		 const struct zsock_table *table);
const struct zsock_table *zsock_retable_begin(struct zsock_sock *zs);
int zsock_retable_end(struct zsock_sock *zs, const struct zsock_table *table);
void zsock_rewrap(struct socket *sock);
void zsock_release_cb(struct sock *placeholder);

/* ---- connects that go on by themselves: await.c ---- */

/**
 * struct zsock_watch - somebody is told of a socket's events
 * @sock: the outer socket, NULL while nobody is
 * @entry: in its wait queue
 */
struct zsock_watch {
	struct socket			*sock;
	struct wait_queue_entry		entry;
};

void zsock_watch(struct zsock_watch *watch, struct socket *sock,
		 wait_queue_func_t func);
void zsock_unwatch(struct zsock_watch *watch);
void zsock_wake(struct socket *sock);
int zsock_wait_settled(struct socket *sock, bool (*settled)(const void *arg),
		       const void *arg, long *timeo);
long zsock_time_left(long timeo, unsigned long begun);

/* calls.c */
void zsock_calls_override(struct proto_ops *ops);

/* ulp.c */
bool zsock_ulp_occupy(struct sock *sk);
void zsock_ulp_vacate(struct sock *sk);

/* dual.c */
void zsock_dual_override(struct proto_ops *ops);
bool zsock_map(const void *in, int len, struct sockaddr_in6 *out);
#if IS_ENABLED(CONFIG_KUNIT)
int zsock_unmap(void *addr, int len);
#endif

/* addr.c */
int zsock_first_address(const struct zsock_sock *zs, const void *addr, int len,
			int *family);

/* sockopt.c */
int zsock_call_setsockopt(struct socket *sock, int level, int optname,
			  sockptr_t optval, unsigned int optlen);
int zsock_get_own_option(struct socket *sock, int level, int optname,
			 sockptr_t optval, sockptr_t optlen);
int zsock_call_getsockopt(struct socket *sock, int level, int optname,
			  char __user *optval, int __user *optlen);
int zsock_option_family(int level);
int zsock_put_option(sockptr_t optval, sockptr_t optlen, const void *val,
		     int size);

/* options.c: SOL_SOCKET before dispatch */
#define ZSOCK_FORWARD	1	/* the option is for the inner socket */
int zsock_options_set(struct zsock_sock *zs, int optname, sockptr_t optval,
		      unsigned int optlen);
int zsock_options_replay(struct zsock_fresh *fresh, struct socket *inner);
void zsock_options_free(struct zsock_fresh *fresh);

/* info.c */
void zsock_info_fill(const struct zsock_sock *zs, struct zsock_info *info);

/* proto/registry.c */
struct zsock_handler *zsock_handler_find(int type, int *domain, int *number);
struct zsock_handler *zsock_handler_get(const struct zsock_proto *proto);
const int *zsock_proto_domains(const struct zsock_proto *proto);
bool zsock_handler_takes(const struct zsock_handler *handler, int domain);
int zsock_handlers_walk(int (*fn)(struct zsock_handler *handler, void *arg),
			void *arg);
int zsock_protos_init(void);
void zsock_protos_exit(void);

/* proto/socks5*.c */
bool zsock_socks5_on(const struct zsock_sock *zs);
int zsock_socks5_dispatch(struct socket *sock, const void *addr, int len);
int zsock_connect_state(const struct socket *sock);
bool zsock_socks5_option(int optname);
int zsock_socks5_setsockopt(struct zsock_sock *zs, int optname,
			    sockptr_t optval, unsigned int optlen);
int zsock_socks5_getsockopt(struct zsock_sock *zs, int optname,
			    sockptr_t optval, sockptr_t optlen);
bool zsock_socks5_copies(const struct zsock_sock *zs);
int zsock_socks5_check_option(const struct zsock_sock *zs, int level,
			      int optname);
void zsock_socks5_override(struct proto_ops *ops, enum zsock_via via);
void zsock_socks5_close(struct zsock_sock *zs);
void zsock_socks5_free(struct zsock_sock *zs);
int zsock_socks5_init(void);
void zsock_socks5_exit(void);

/* offload/registry.c */
struct zsock_carrier *zsock_carrier_pick(const struct zsock_spec *spec,
					 const char *name,
					 const struct zsock_carrier *only,
					 u32 features);
bool zsock_carrier_all_inet(void);
bool zsock_carrier_any(const struct zsock_spec *spec);
bool zsock_carrier_known(const struct net *net, const char *name);

/* Whether @backend is there in @net. */
static inline bool zsock_backend_in(const struct zsock_backend *backend,
				    const struct net *net)
{
	return !backend->net || net_eq(backend->net, net);
}

struct zsock_carrier *zsock_carrier_of(const struct zsock_backend *backend);
int zsock_carriers_walk(int (*fn)(struct zsock_carrier *carrier, void *arg),
			void *arg);
void zsock_carrier_free(struct zsock_carrier *carrier);
int zsock_backends_init(void);
void zsock_backends_exit(void);

/* offload/retire.c */
void zsock_carrier_retire(struct zsock_carrier *carrier);
void zsock_retired_exit(void);

/* offload/remote.c: backends behind a pipe */
int zsock_remotes_init(void);
void zsock_remotes_exit(void);

/* offload/vsock.c, offload/vsock_map.c */
struct zsock_vsock_map;
void zsock_vsock_override(const struct zsock_backend *backend,
			  struct proto_ops *ops);
void zsock_vsock_name_of(const struct socket *sock, bool peer,
			 struct sockaddr_storage *addr);
void zsock_vsock_map_init(struct zsock_vsock_map *map);
void zsock_vsock_map_free(struct zsock_vsock_map *map);
bool zsock_vsock_map_used(const struct zsock_vsock_map *map);

/* offload/netdev.c */
const struct zsock_carrier *zsock_netdev_carrier(struct net *net, int ifindex);
bool zsock_netdev_up(struct net *net, int ifindex);
int zsock_netdev_ifindex(struct net *net, const struct zsock_carrier *carrier,
			 unsigned int nth);
void zsock_netdev_forget(const struct zsock_carrier *carrier);
int zsock_netdev_init(void);
void zsock_netdev_exit(void);

/* offload/dispatch.c */
int zsock_dispatch_addr(struct socket *sock, int family, const void *to,
			int len);

/* For a call that goes nowhere. */
static inline int zsock_dispatch(struct socket *sock, int family)
{
	return zsock_dispatch_addr(sock, family, NULL, 0);
}

int zsock_dispatch_pair(struct socket *a, struct socket *b);
void zsock_spec_init(struct zsock_spec *spec, const struct zsock_handler *handler,
		     struct net *net, int type, int domain, int protocol,
		     int kern);

/* ---- per network namespace: net.c ---- */

enum zsock_stat {
	ZSOCK_STAT_CREATED,
	ZSOCK_STAT_CLOSED,
	ZSOCK_STAT_DENIED,
	ZSOCK_STAT_DISPATCHED,
	ZSOCK_STAT_DISPATCH_FAILED,
	ZSOCK_STAT_CONNECTS,
	ZSOCK_STAT_CONNECT_FAILED,
	ZSOCK_STAT_ACCEPTED,
	ZSOCK_STAT_PAIRS,
	ZSOCK_STAT_HANDSHAKES,
	ZSOCK_STAT_HANDSHAKE_RESUMED,
	ZSOCK_STAT_HANDSHAKE_FAILED,
	ZSOCK_STAT_SOCKS5_TUNNELS,
	ZSOCK_STAT_SOCKS5_FAILED,
	ZSOCK_STAT_RESOLVED,
	ZSOCK_STAT_RESOLVE_FAILED,
	__ZSOCK_STAT_MAX,
};

struct zsock_stats {
	u64	count[__ZSOCK_STAT_MAX];
};

#define ZSOCK_BUCKET_BITS	6
#define ZSOCK_BUCKETS		BIT(ZSOCK_BUCKET_BITS)

/**
 * struct zsock_bucket - some of a namespace's sockets
 * @lock: guards @head; a socket on it keeps its sock->sk while it is held
 * @head: struct zsock_sock
 */
struct zsock_bucket {
	spinlock_t		lock;
	struct hlist_head	head;
};

#define ZSOCK_REQUEST_MAX	4096
#define ZSOCK_REQUEST_TIMEOUT	10000
#define ZSOCK_REQUEST_GRACE	2000

/* As RFC 8305 recommends. */
#define ZSOCK_CONNECT_DELAY	250

#define ZSOCK_SOCKS5_TIMEOUT	30000

#define ZSOCK_SHARE_BITS	5

/**
 * struct zsock_requests - requests of one kind to agents, under way
 * @lock: guards @pending, @accepted, @count, and what is in the lists
 * @pending: users who have some that no agent has; their turns
 * @accepted: an agent has them
 * @count: in both
 * @shares: whose these are, by user
 * @untold: there was no memory to tell the agents of the first one
 * @nobody: there was no agent in this namespace when it was looked for last
 * @nobody_since: jiffies
 * @agents: portids of those that have accepted and are still there
 * @max: net.zsock.*_max: no more than that at once
 * @timeout: net.zsock.*_timeout, ms
 * @grace: net.zsock.*_grace, ms: how long to wait for an agent
 */
struct zsock_requests {
	spinlock_t		lock;
	struct list_head	pending;
	struct list_head	accepted;
	int			count;
	struct hlist_head	shares[1 << ZSOCK_SHARE_BITS];
	bool			untold;
	bool			nobody;
	unsigned long		nobody_since;
	struct xarray		agents;
	int			max;
	int			timeout;
	int			grace;
};

/**
 * struct zsock_vsock_map - what addresses stand for which AF_VSOCK context
 * @lock: guards the rest; @entries are read under RCU
 * @entries: struct zsock_vsock_entry, in the order in which they are asked
 * @count: how many
 */
struct zsock_vsock_map {
	struct mutex		lock;
	struct list_head	entries;
	unsigned int		count;
};

/**
 * struct zsock_net - the module's state in one network namespace
 * @stats: counters, a set a CPU
 * @access: net.zsock.access, ZSOCK_ACCESS_*
 * @sysctl: handle of the sysctl table
 * @creds: TLS credentials
 * @handshakes: TLS handshakes
 * @purge: held by who has all TLS sessions of a user's forgotten
 * @names: names that are being resolved
 * @connect_delay: net.zsock.connect_delay, ms: from one address to the next
 * @vsock: the map of the backend "vsock"
 * @policy: rules, which backend a socket gets
 * @kpi_lock: guards @kpi
 * @kpi: struct zsock_socket, those that the kernel opened
 * @socks5_timeout: net.zsock.socks5_timeout, ms
 * @buckets: all sockets
 */
struct zsock_net {
	struct zsock_stats __percpu	*stats;
	int				access;
	struct ctl_table_header		*sysctl;
	struct zsock_creds		creds;
	struct zsock_requests		handshakes;
	struct mutex			purge;
	struct zsock_requests		names;
	int				connect_delay;
	struct zsock_vsock_map		vsock;
	struct zsock_policy		policy;
	spinlock_t			kpi_lock;
	struct list_head		kpi;
	int				socks5_timeout;
	struct zsock_bucket		buckets[ZSOCK_BUCKETS];
};

enum {
	ZSOCK_ACCESS_NOBODY,
	ZSOCK_ACCESS_ADMIN,
	ZSOCK_ACCESS_ALL,
};

extern unsigned int zsock_net_id;

static inline struct zsock_net *zsock_net(const struct net *net)
{
	return net_generic(net, zsock_net_id);
}

#define zsock_stat_inc(zn, which)					\
	this_cpu_inc((zn)->stats->count[ZSOCK_STAT_##which])

void zsock_list(struct zsock_sock *zs);
void zsock_unlist(struct zsock_sock *zs);
u64 zsock_stat_read(const struct zsock_net *zn, enum zsock_stat which);
int zsock_net_init(void);
void zsock_net_exit(void);

/* kpi/socket.c: the kernel's own sockets */
void zsock_kpi_net_init(struct zsock_net *zn);
void zsock_kpi_net_exit(struct zsock_net *zn);
int zsock_kpi_init(void);
void zsock_kpi_exit(void);

/* sysctl.c */
int zsock_sysctl_init(struct net *net);
void zsock_sysctl_exit(struct net *net);

/* proc.c */
int zsock_proc_init(struct net *net);
void zsock_proc_exit(struct net *net);

/* netlink.c */
int zsock_netlink_init(void);
void zsock_netlink_exit(void);

/* ---- addresses and queues of a listed socket: show.c ---- */

/**
 * struct zsock_view - what listings show of a socket
 * @info: as by ZSOCK_INFO
 * @local: its name, family 0 where there is none
 * @remote: its peer's name, likewise
 * @state: sk_state
 * @rxq: bytes to be read, or connections to be accepted
 * @txq: bytes not yet sent or acknowledged, or the backlog
 * @uid: of its opener
 * @inode: of its file
 */
struct zsock_view {
	struct zsock_info	info;
	struct sockaddr_storage	local;
	struct sockaddr_storage	remote;
	int			state;
	u32			rxq;
	u32			txq;
	kuid_t			uid;
	unsigned long		inode;
};

void zsock_view_fill(const struct zsock_sock *zs, struct zsock_view *view);

#endif /* _ZSOCK_INT_H */
