/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Secure sockets: what their parts share.
 *
 *	conf.c sockopt.c	what a program asks for, at SOL_TLS
 *	handshake.c		requests to the agent: see agent/
 *	handshake_netlink.c	the agent's commands
 *	wire.c			the descriptor that the agent works on
 *	connect.c listen.c	whose handshakes they are
 *	charge.c		whose memory a listener's connections are
 *	wait.c			calls of a socket that has none behind it yet
 *	record.c cork.c control.c
 *				calls of one that has: kTLS carries it
 *
 * A handshake has a pot: a struct socket with TCP's own calls, on the same sk as
 * the outer socket. The agent's calls are made with it, and while kTLS is
 * attached sk->sk_socket is the pot: that is where kTLS looks for the calls that
 * it builds on, and puts its own. Of a connection that a listener took the pot
 * is the only struct socket until accept() gives it another.
 */
#ifndef _ZSOCK_TLS_TLS_H
#define _ZSOCK_TLS_TLS_H

#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "../agent/request.h"
#include "../zsock_int.h"

/* TLS versions as on the wire. */
#define ZSOCK_TLS_1_2	0x0303
#define ZSOCK_TLS_1_3	0x0304

/* ---- conf.c ---- */

/**
 * struct zsock_tls_conf - what was set at SOL_TLS
 * @ref: a socket, its handshakes, connections that it accepted
 * @ntags: of @tags
 * @nciphers: of @ciphers, 0 for the agent's choice
 * @alpn_len: bytes of @alpn
 * @tags: credentials to be used
 * @ciphers: IANA numbers, in order
 * @alpn: strings, each with its NUL
 * @hostname: of the peer, or NULL
 * @no_name_check: the peer's name does not matter
 * @verify: TLS_PEER_VERIFY_*, or -1 for what the role has by default
 * @native: TLS_NATIVE
 * @cache: TLS_SESSION_CACHE_*
 * @role: TLS_DTLS_ROLE_*
 * @on_connect: TLS_DTLS_HANDSHAKE_ON_CONNECT
 * @cid: TLS_DTLS_CID_*
 * @cid_len: bytes of @cid_value
 * @cid_value: TLS_DTLS_CID_VALUE
 * @timeout_min: TLS_DTLS_HANDSHAKE_TIMEOUT_MIN, ms
 * @timeout_max: TLS_DTLS_HANDSHAKE_TIMEOUT_MAX, ms
 * @verifier: asks the program about certificates, or NULL
 *
 * Does not change while more than one refers to it.
 */
struct zsock_tls_conf {
	refcount_t	ref;
	u16		ntags;
	u16		nciphers;
	u16		alpn_len;
	int		*tags;
	u16		*ciphers;
	char		*alpn;
	char		*hostname;
	bool		no_name_check;
	s8		verify;
	bool		native;
	bool		cache;
	u8		role;
	bool		on_connect;
	u8		cid;
	u8		cid_len;
	u8		cid_value[32];
	u32		timeout_min;
	u32		timeout_max;
	struct zsock_verifier *verifier;
};

struct zsock_tls_conf *zsock_tls_conf_new(void);
struct zsock_tls_conf *zsock_tls_conf_copy(const struct zsock_tls_conf *old);
void zsock_tls_conf_put(struct zsock_tls_conf *conf);

static inline struct zsock_tls_conf *
zsock_tls_conf_get(struct zsock_tls_conf *conf)
{
	refcount_inc(&conf->ref);
	return conf;
}

/* ---- a secure socket ---- */

enum zsock_tls_state {
	ZSOCK_TLS_IDLE,		/* not connected */
	ZSOCK_TLS_CONNECTING,	/* TCP's part */
	ZSOCK_TLS_HANDSHAKING,	/* the agent's */
	ZSOCK_TLS_OPEN,		/* kTLS is there */
	ZSOCK_TLS_FAILED,	/* the handshake did not come off */
	ZSOCK_TLS_LISTEN,
};

/**
 * struct zsock_tls_result - how a handshake ended
 * @error: errno, 0 if well
 * @alert: sent or received, or -1
 * @flags: ZSOCK_HANDSHAKE_ERROR_F_*
 * @verify: ZSOCK_VERIFY_*
 * @version: on the wire
 * @cipher: IANA number
 * @resumed: from a session cache
 * @alpn: agreed, or empty
 */
struct zsock_tls_result {
	int	error;
	int	alert;
	u32	flags;
	u32	verify;
	u16	version;
	u16	cipher;
	bool	resumed;
	char	alpn[256];
};

/**
 * struct zsock_tls - what the handler keeps of a socket
 * @ref: the socket, its handshakes: these may end while it is being closed
 * @sock: the outer socket; NULL for one that accept() has not finished yet
 * @lock: for what changes a state, @conf, @handshake, @callers
 * @listening: held while it begins to listen or stops that; outside @lock
 * @state: enum zsock_tls_state; read without @lock
 * @callers: threads in the inner socket's connect(), and that have its sk locked
 * @told: connect() has said how it ended
 * @err_told: of a failure another call has, or SO_ERROR; under the lock of
 *	@sock's queue
 * @conf: what is asked for
 * @name: of the host that the program connects to, or NULL
 * @handshake: a client's own that is under way
 * @listener: a listener's connections, from the first listen() on
 * @watch: the outer socket's events, while it connects or listens
 * @work: what they lead to
 * @result: of the last handshake, and of what ended the connection
 * @control: held by who takes records that are no data
 * @ncontrol: such records since there was data, or for some time
 * @control_begun: when @ncontrol was 0, in jiffies
 * @rx_error: what recv() says for ever, once something has gone wrong
 * @rx_end: the peer has said that it is done, or @rx_error is set
 * @rx_data: data has come
 * @rx_shut: shutdown(SHUT_RD)
 * @tx_end: close_notify or a fatal alert was sent, or was to be
 * @senders: calls that may hold kTLS's lock for sending
 * @cork: the last TCP_CORK that was set
 * @server: role
 * @id: of the handshake
 * @agent: portid of who did it
 * @tickets: that the agent was sent
 * @message: a handshake message that came in part
 * @message_len: bytes of it
 */
struct zsock_tls {
	refcount_t			ref;
	struct socket			*sock;
	struct mutex			lock;
	struct mutex			listening;
	u8				state;
	bool				told;
	bool				err_told;
	unsigned int			callers;
	struct zsock_tls_conf		*conf;
	char				*name;
	struct zsock_handshake		*handshake;
	struct zsock_tls_listener	*listener;
	struct zsock_watch		watch;
	struct delayed_work		work;
	struct zsock_tls_result		result;

	struct mutex			control;
	unsigned int			ncontrol;
	unsigned long			control_begun;
	int				rx_error;
	bool				rx_end;
	bool				rx_data;
	bool				rx_shut;
	bool				cork;
	bool				server;
	unsigned long			tx_end;
	atomic_t			senders;
	u64				id;
	u32				agent;
	unsigned int			tickets;
	unsigned int			message_len;
	u8				*message;
};

extern struct workqueue_struct *zsock_tls_wq;

struct zsock_tls *zsock_tls_new(struct zsock_tls_conf *conf);
void zsock_tls_put(struct zsock_tls *tls);
bool zsock_tls_attached(const struct sock *sk);

/* The state, and with it all that was written before it. */
static inline u8 zsock_tls_state(const struct zsock_tls *tls)
{
	/* Pairs with zsock_tls_set_state(). */
	return smp_load_acquire(&tls->state);
}

static inline void zsock_tls_set_state(struct zsock_tls *tls, u8 state)
{
	/* Pairs with zsock_tls_state(). */
	smp_store_release(&tls->state, state);
}

/* Whether recv() has no more to tell than @tls->rx_error. */
static inline bool zsock_tls_rx_ended(const struct zsock_tls *tls)
{
	/* Pairs with zsock_tls_rx_end(). */
	return smp_load_acquire(&tls->rx_end);
}

static inline void zsock_tls_rx_end(struct zsock_tls *tls)
{
	/* Pairs with zsock_tls_rx_ended(). */
	smp_store_release(&tls->rx_end, true);
}

extern const struct zsock_proto zsock_proto_tls;

/* Whether this module does TLS for @sock, which may change at dispatch only. */
static inline bool zsock_tls_is(const struct socket *sock)
{
	return READ_ONCE(zsock_sk(sock)->handler)->proto == &zsock_proto_tls;
}

static inline struct zsock_tls *zsock_tls_get(struct zsock_tls *tls)
{
	refcount_inc(&tls->ref);
	return tls;
}

/* sockopt.c */
bool zsock_tls_copies(const struct socket *sock);
int zsock_tls_check_option(struct socket *sock, int level, int optname,
			   sockptr_t optval, unsigned int optlen);
bool zsock_tls_writes_locked(int level, int optname);
int zsock_tls_setsockopt(struct socket *sock, int level, int optname,
			 sockptr_t optval, unsigned int optlen);
int zsock_tls_getsockopt(struct socket *sock, int level, int optname,
			 sockptr_t optval, sockptr_t optlen);

/* connect.c */
int zsock_tls_connect(struct socket *sock, struct zsock_addr *addr, int len,
		      int flags);
void zsock_tls_connect_work(struct zsock_tls *tls);
int zsock_tls_named(struct socket *sock, const char *name);
int zsock_tls_again(struct socket *sock);
void zsock_tls_connected_by(struct socket *sock);
struct zsock_tls_conf *zsock_tls_conf_for(struct zsock_tls *tls, u8 role);
int zsock_tls_wait(struct zsock_tls *tls, long *timeo);
void zsock_tls_abandon(struct zsock_tls *tls, int err);
void zsock_tls_watch(struct zsock_tls *tls);
int zsock_tls_failure(struct zsock_tls *tls);
void zsock_tls_pot_empty(struct socket *sock);
void zsock_tls_meet(const struct proto_ops *ops);
bool zsock_tls_is_ktls(const struct proto_ops *ops);
void zsock_tls_work(struct work_struct *work);

/* listen.c */
int zsock_tls_listen(struct socket *sock, int backlog);
int zsock_tls_accept(struct socket *sock, struct socket *newsock, bool nonblock,
		     void **priv);
void zsock_tls_listen_work(struct zsock_tls *tls);
bool zsock_tls_acceptable(struct zsock_tls *tls);
void zsock_tls_listen_stop(struct zsock_tls *tls);
void zsock_tls_listener_free(struct zsock_tls_listener *listener);

/* charge.c */
bool zsock_tls_charge(const struct sock *listener, struct sock *sk);

/* wait.c, record.c */
void zsock_tls_override_waiting(struct proto_ops *ops);
void zsock_tls_override_records(struct proto_ops *ops);
int zsock_tls_readable(struct socket *sock);
int zsock_tls_read_sock(struct socket *sock, read_descriptor_t *desc,
			sk_read_actor_t actor);
int zsock_tls_pass_getsockopt(struct socket *sock, int level, int optname,
			      char __user *optval, int __user *optlen);

/* cork.c */
int zsock_tls_tx_several(struct socket *sock, struct zsock_tls *tls,
			 struct msghdr *msg, size_t size);
int zsock_tls_pass_setsockopt(struct socket *sock, int level, int optname,
			      sockptr_t optval, unsigned int optlen);

/* control.c */
#define ZSOCK_TLS_AGAIN		1	/* taken: try again */
#define ZSOCK_TLS_NOTHING	2	/* there was no record */
#define ZSOCK_TLS_DATA		3	/* there was data */
int zsock_tls_control(struct socket *sock, struct zsock_tls *tls);
int zsock_tls_fatal(struct socket *sock, struct zsock_tls *tls, u8 alert,
		    int err);
void zsock_tls_drain(struct socket *sock, struct zsock_tls *tls);
void zsock_tls_send_close(struct socket *sock, struct zsock_tls *tls);
bool zsock_tls_rx_expects(const struct zsock_tls *tls);
int zsock_tls_rx_fault(struct socket *sock, struct zsock_tls *tls, int err);
int zsock_tls_rx_broken(struct zsock_tls *tls, int err);

/* ---- handshakes: handshake.c ---- */

/**
 * struct zsock_handshake_cred - a credential that a handshake may use
 * @tag: where it was
 * @type: ZSOCK_CRED_*
 * @ref: held until the handshake ends
 */
struct zsock_handshake_cred {
	int			tag;
	u32			type;
	struct zsock_cred_ref	ref;
};

/**
 * struct zsock_handshake - a request to the agent
 * @rq: what it has of every request; the wire's file has a reference, too
 * @owned: in a listener's busy or ready ones, under the listener's lock
 * @sk: the connection; holds the namespace
 * @pot: with TCP's own calls; of a client the outer socket's, else the
 *	handshake's until accept() has it
 * @home: whose wait queue has the connection's events
 * @wait: in that queue
 * @wq: where the agent waits
 * @tls: whose it is
 * @lock: held by a call on the wire; taken to make @detached true
 * @detached: the wire leads nowhere any more
 * @conf: what is asked for
 * @role: TLS_DTLS_ROLE_*
 * @version: at least
 * @rcvlowat: SO_RCVLOWAT of the connection, which is 1 meanwhile
 * @done: called once, unless the owner cancelled
 * @owner: @done's own
 * @result: what the agent told
 * @ncreds: of @creds
 * @creds: credentials to be used
 */
struct zsock_handshake {
	struct zsock_request	rq;
	struct list_head	owned;
	struct sock		*sk;
	struct socket		*pot;
	struct socket		*home;
	struct wait_queue_entry	wait;
	wait_queue_head_t	wq;
	struct zsock_tls	*tls;
	struct mutex		lock;
	bool			detached;
	struct zsock_tls_conf	*conf;
	u8			role;
	u16			version;
	int			rcvlowat;
	void			(*done)(struct zsock_handshake *hs, int err);
	void			*owner;
	struct zsock_tls_result	result;
	unsigned int		ncreds;
	struct zsock_handshake_cred creds[];
};

struct zsock_handshake *
zsock_handshake_new(struct socket *sock, struct zsock_tls *tls,
		    struct socket *pot, u8 role);
int zsock_handshake_submit(struct zsock_handshake *hs,
			   void (*done)(struct zsock_handshake *hs, int err),
			   void *owner);
struct zsock_handshake *zsock_handshake_next(struct net *net, u32 portid);
struct zsock_handshake *zsock_handshake_find(struct net *net, u64 id,
					     u32 portid);
int zsock_tls_init(void);
void zsock_tls_exit(void);

static inline struct zsock_handshake *
zsock_handshake_of(struct zsock_request *rq)
{
	return container_of(rq, struct zsock_handshake, rq);
}

static inline struct zsock_handshake *
zsock_handshake_get(struct zsock_handshake *hs)
{
	zsock_request_get(&hs->rq);
	return hs;
}

static inline void zsock_handshake_put(struct zsock_handshake *hs)
{
	zsock_request_put(&hs->rq);
}

/* As zsock_request_finish(); a @hs that succeeded has to have kTLS. */
static inline bool zsock_handshake_finish(struct zsock_handshake *hs, int err)
{
	return zsock_request_finish(&hs->rq, err);
}

/* As zsock_request_cancel(). */
static inline bool zsock_handshake_cancel(struct zsock_handshake *hs)
{
	return zsock_request_cancel(&hs->rq);
}

/* wire.c */
extern struct proto zsock_wire_prot;
struct file *zsock_wire_open(struct zsock_handshake *hs);

/* handshake_netlink.c */
void zsock_handshake_nl_ticket(struct net *net, u32 portid, u64 id,
			       const void *data, unsigned int len);
int zsock_handshake_nl_purge(struct net *net, kuid_t uid);

/* verify.c */
struct zsock_verifier;
int zsock_verifier_fd(struct zsock_tls *tls, struct file **file);
struct file *zsock_verifier_ask(struct zsock_verifier *verifier, u64 id);
struct zsock_verifier *zsock_verifier_get(struct zsock_verifier *verifier);
void zsock_verifier_put(struct zsock_verifier *verifier);

/* hand_whole.c */
bool zsock_tls_may_whole(const struct socket *sock);
int zsock_tls_hand_whole(struct socket *sock, struct socket *inner);

#endif /* _ZSOCK_TLS_TLS_H */
