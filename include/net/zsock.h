/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_ZSOCK: what a module uses to add a protocol handler or a backend.
 *
 * A *handler* says what a protocol means: which inner socket it needs and
 * which socket calls it changes. A *backend* makes inner sockets. Both are
 * const tables, registered by name; the core never writes to them.
 */
#ifndef _NET_ZSOCK_H
#define _NET_ZSOCK_H

#include <linux/module.h>
#include <linux/net.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <uapi/linux/zsock.h>

struct file;
struct net_device;
struct vm_area_struct;
struct zsock_sock;

/**
 * struct zsock_spec - the inner socket that is wanted
 * @net: namespace of the outer socket; a backend's socket belongs to it too
 * @family: AF_INET, AF_INET6 or what the handler's domain says. AF_UNSPEC
 *	while socket() only asks whether anyone could carry the socket at all
 * @type: SOCK_STREAM, SOCK_DGRAM, ...
 * @protocol: protocol of the inner socket, as the handler wants it
 * @outer_protocol: protocol that the program asked for
 * @whole: what @protocol is for a backend with ZSOCK_BACKEND_F_TLS, or 0 where
 *	it is the same
 * @kern: 1 for a socket that the kernel itself opened, to be passed on to
 *	__sock_create()
 * @native: the kernel's own socket() makes it, whatever @family is
 *
 * Owned by the caller; valid during the call that it is passed to.
 */
struct zsock_spec {
	struct net	*net;
	int		family;
	int		type;
	int		protocol;
	int		outer_protocol;
	int		whole;
	int		kern;
	bool		native;
};

/**
 * struct zsock_backend - one who makes inner sockets
 * @name: unique, at most ZSOCK_NAME_MAX - 1 characters, no blanks
 * @owner: module of the functions; pinned by every socket on the backend
 * @priority: the lower is asked first; equals in order of registration
 * @family: the only family that it makes, or AF_UNSPEC for any
 * @features: ZSOCK_BACKEND_F_*; with ZSOCK_BACKEND_F_INET @is_supported agrees
 *	to whatever is asked for AF_INET and AF_INET6
 * @net: the only network namespace that has it, or NULL: all have. No
 *	reference is held: its owner unregisters it when the namespace goes
 * @several: several of its sockets may be connecting in place of one, of which
 *	the outer socket takes one when that is connected; its functions are
 *	called with the inner struct socket until then. False with @override
 * @is_supported: Whether it can make such a socket. Called under
 *	rcu_read_lock(): must not sleep. With @spec->family AF_UNSPEC the
 *	question is about any family. Required.
 * @create: Make the socket: 0 and *@res, or a negative errno. Process
 *	context, may sleep; runs with the credentials of the task that called
 *	socket(). Holds no lock but the one that serialises the first call of
 *	this very socket. On success @res has an ->ops whose owner is pinned
 *	(as __sock_create() leaves it) and a ->sk; both pass to the core, which
 *	takes the sk out and grafts it onto the outer socket: the functions in
 *	->ops are called with the outer struct socket from then on. Required.
 * @socketpair: Make two sockets of that kind, connected to each other. The
 *	same rules as for @create. NULL where @features lack
 *	ZSOCK_BACKEND_F_PAIR.
 * @info: Set @inner_family and @inner_protocol of ZSOCK_INFO where those of the
 *	sk do not tell. Any context. May be NULL.
 * @name_of: For listings: the name of a socket, or its @peer's, into *@addr,
 *	which is all zeros and stays so where there is none. Under a spinlock.
 *	NULL: as of an IP socket, if it is one.
 * @override: Replace calls in a copy of the inner socket's proto_ops, below
 *	those of the handler and those that map addresses of dual-stack sockets.
 *	Called for each kind of inner socket, what accept() gives included, and
 *	more than once for some: it depends on nothing but @ops. The functions
 *	put there find the original with zsock_backend_ops(). ->owner,
 *	->release and ->family must stay as they are. May be NULL.
 *
 * Never changes while it is registered with zsock_register_backend(). Each
 * function is told which one it is called for, so that one who has several can
 * have each in a structure of its own.
 */
struct zsock_backend {
	const char	*name;
	struct module	*owner;
	int		priority;
	int		family;
	u32		features;
	struct net	*net;
	bool		several;
	bool		(*is_supported)(const struct zsock_backend *backend,
					const struct zsock_spec *spec);
	int		(*create)(const struct zsock_backend *backend,
				  const struct zsock_spec *spec,
				  struct socket **res);
	int		(*socketpair)(const struct zsock_backend *backend,
				      const struct zsock_spec *spec,
				      struct socket *res[2]);
	void		(*info)(const struct socket *sock,
				struct zsock_info *info);
	void		(*name_of)(const struct socket *sock, bool peer,
				   struct sockaddr_storage *addr);
	void		(*override)(const struct zsock_backend *backend,
				    struct proto_ops *ops);
};

/**
 * struct zsock_proto_id - one thing that a program can ask for
 * @type: SOCK_STREAM, SOCK_DGRAM, ...
 * @protocol: number as in socket(); 0 makes the handler the default for @type
 * @last: of a range of numbers that begins with @protocol; 0 for that one alone
 * @domain: the only one of the handler's domains in which it is that, for which
 *	0 stands then; 0 where it is in all of them
 */
struct zsock_proto_id {
	int	type;
	int	protocol;
	int	last;
	int	domain;
};

/**
 * struct zsock_proto - a protocol handler
 * @name: unique, at most ZSOCK_NAME_MAX - 1 characters, no blanks
 * @owner: module of the functions; pinned by every socket of the handler
 * @ids: the (type, protocol) pairs that it serves, in each of its domains unique
 *	over all handlers
 * @nids: how many; 0 for one that is only another's @whole
 * @protocol: the number that a program's 0 stands for
 * @domains: zero-terminated list of domains it takes beside 0, or NULL for
 *	AF_INET and AF_INET6
 * @named: It does not take 0: the program has to name the domain. Protocol
 *	numbers are the domain's, and no rule about protocols is for them.
 * @native: With @domains: the backend "native" makes the inner sockets.
 * @at_once: Its sockets have something to receive from socket() on, or an
 *	error that socket() is to tell: dispatch them there. One whose domain is
 *	0, with nothing in @domains or @ids to stand for it, waits for a call
 *	that says the family, and is never dual-stack.
 * @no_ports: What is at the place of a port in an address is none.
 * @permit: Whether the caller of socket() may have one: 0 or a negative
 *	errno. Process context. NULL permits everybody.
 * @init_sk: Give a fresh placeholder the defaults that SOL_SOCKET options of
 *	such a socket read as before dispatch (buffer sizes, ...). Process
 *	context; nobody else sees @sk yet. May be NULL.
 * @inner: Change @spec, which says @protocol at first, to the inner socket
 *	that is needed. Any context. May be NULL.
 * @check_option: Judge an option that is to be set, before it is kept,
 *	dispatched for, or forwarded: 0 to let it pass or a negative errno. At
 *	every level but SOL_ZSOCK and SOL_TLS. Process context, no locks held.
 *	May be NULL.
 * @copies: Whether the value of an option is to be copied before the inner
 *	socket sees it: then it takes at most 1024 bytes, else -EBUSY. Process
 *	context. NULL is no.
 * @setsockopt: Options at SOL_TLS, and those at SOL_ZSOCK that the core does
 *	not know. Process context, no locks held. NULL is -ENOPROTOOPT.
 * @getsockopt: likewise; the kernel itself may ask, for memory of its own.
 * @mmap: Answer mmap() before dispatch. Under mmap_lock: no sk may be locked.
 *	NULL is -ENODEV.
 * @override: Replace calls in a copy of the inner socket's proto_ops. Called
 *	once for each kind of inner socket, not for each socket. The functions
 *	put there find the original with zsock_inner_ops(). The core puts its
 *	own ->owner, ->release, ->connect, ->accept, ->setsockopt, ->getsockopt
 *	and ->show_fdinfo on top, which go on to those of @ops; ->release and
 *	->family must stay as they are. May be NULL.
 * @open: Make what the handler keeps of a new socket: 0 and *@priv, which
 *	zsock_priv() gives, or a negative errno. Process context; nobody else
 *	sees @sock yet. May be NULL.
 * @accept: In place of ->accept: Give @newsock a connection's sk and inner
 *	->ops, and *@priv. May be NULL.
 * @close: The socket is being closed, the inner sk still there if it was
 *	dispatched. Process context, may sleep; no call is under way or will
 *	come. May be NULL.
 * @free: The end of what @open or @accept made. Required with either.
 * @info: Add to what ZSOCK_INFO tells. Any context. May be NULL.
 * @name_of: For listings, of a dispatched socket: as @name_of of struct
 *	zsock_backend, which goes before it. May be NULL.
 * @whole: The handler of a socket from when a backend with ZSOCK_BACKEND_F_TLS
 *	carries it, which does all of the protocol; registered, without @ids,
 *	@open, or @free. NULL where no backend can.
 * @may_whole: Whether one may. Under the lock that serialises the first call.
 *	Required with @whole.
 * @hand_over: Set on @inner what the program has set on @sock. Likewise.
 * @no_pair: socketpair() makes none of these.
 * @to_host: The program has called connect() with the host's name @name, or, NULL,
 *	with an address: 0 or -ENOMEM. Under the lock that serialises the first
 *	call, or as connect() is. May be NULL.
 * @host_again: connect() to a host is to begin on a socket that has its inner
 *	socket: where an earlier connection has failed, and that was told, make
 *	room for another. 0 or negative errno. As @to_host. May be NULL.
 * @host_connected: The socket is about to have, or has, an inner socket that the core
 *	connected to that host, not with the handler's ->connect. Under the lock
 *	that serialises the first call; events wake the wait queue afterwards.
 *	May be NULL.
 *
 * Const and static in its module; registered with zsock_register_proto().
 */
struct zsock_proto {
	const char			*name;
	struct module			*owner;
	const struct zsock_proto_id	*ids;
	unsigned int			nids;
	int				protocol;
	const int			*domains;
	bool				named;
	bool				native;
	bool				at_once;
	bool				no_ports;
	int	(*permit)(const struct net *net);
	void	(*init_sk)(struct sock *sk);
	void	(*inner)(struct zsock_spec *spec);
	int	(*check_option)(struct socket *sock, int level, int optname,
				sockptr_t optval, unsigned int optlen);
	bool	(*copies)(const struct socket *sock);
	int	(*setsockopt)(struct socket *sock, int level, int optname,
			      sockptr_t optval, unsigned int optlen);
	int	(*getsockopt)(struct socket *sock, int level, int optname,
			      sockptr_t optval, sockptr_t optlen);
	int	(*mmap)(struct file *file, struct socket *sock,
			struct vm_area_struct *vma);
	void	(*override)(struct proto_ops *ops);
	int	(*open)(struct socket *sock, void **priv);
	int	(*accept)(struct socket *sock, struct socket *newsock,
			  bool nonblock, void **priv);
	void	(*close)(struct socket *sock);
	void	(*free)(void *priv);
	void	(*info)(const struct socket *sock, struct zsock_info *info);
	void	(*name_of)(const struct socket *sock, bool peer,
			   struct sockaddr_storage *addr);
	const struct zsock_proto	*whole;
	bool	(*may_whole)(const struct socket *sock);
	int	(*hand_over)(struct socket *sock, struct socket *inner);
	bool	no_pair;
	int	(*to_host)(struct socket *sock, const char *name);
	int	(*host_again)(struct socket *sock);
	void	(*host_connected)(struct socket *sock);
};

/**
 * zsock_inner_asked - an @inner for handlers that serve a range of protocols
 * @spec: gets the protocol number that the program gave
 */
static inline void zsock_inner_asked(struct zsock_spec *spec)
{
	spec->protocol = spec->outer_protocol;
}

int zsock_permit_raw(const struct net *net);

int zsock_register_proto(const struct zsock_proto *proto);
int zsock_unregister_proto(const struct zsock_proto *proto);

int zsock_register_backend(const struct zsock_backend *backend);
int zsock_unregister_backend(const struct zsock_backend *backend);
int zsock_retire_backend(const struct zsock_backend *backend,
			 void (*released)(const struct zsock_backend *backend));
int zsock_backend_set_netdev(const struct zsock_backend *backend,
			     struct net_device *dev);

const struct proto_ops *zsock_inner_ops(const struct socket *sock);
const struct proto_ops *zsock_backend_ops(const struct socket *sock);
void *zsock_priv(const struct socket *sock);
int zsock_family(void);

#endif /* _NET_ZSOCK_H */
