/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Backends behind a pipe: sockets that somebody else carries out. What goes
 * through the pipe is specified in Documentation/offload-protocol.rst.
 *
 *	remote.c	the backends, one namespace's each
 *	remote_netlink.c their commands
 *	remote_netdev.c	their network devices
 *	remote_pipe.c	a pipe: hello, keep-alive, its end
 *	remote_tx.c	writing to it, each socket in its turn
 *	remote_direct.c	writing to it without a copy
 *	remote_cork.c	what waits for more to be written
 *	remote_rx.c	reading from it
 *	remote_source.c	where what is read comes from
 *	remote_message.c what a message means for a socket
 *	remote_urgent.c	urgent data
 *	remote_sock.c	life of a socket
 *	remote_call.c	requests that wait for their reply
 *	remote_send.c	what sending has in common
 *	remote_connect.c, remote_stream.c, remote_dgram.c, remote_option.c,
 *	remote_addr.c	the socket calls
 *
 * Locks: a socket's (lock_sock) for calls that exclude each other; ->lock of the
 * socket for what messages change; ->lock of the pipe for its queues. In this
 * order, but no two of the last kinds at once. Who reads a pipe takes no socket's
 * lock_sock(): a program may hold that as long as it likes.
 */
#ifndef _ZSOCK_REMOTE_H
#define _ZSOCK_REMOTE_H

#include <linux/bvec.h>
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <uapi/linux/zsock_offload.h>

#include "../zsock_int.h"
#include "remote_netdev.h"

/* What this side offers; see struct zoff_hello. */
#define ZSOCK_PIPE_FEATURES	(ZOFF_F_STREAM | ZOFF_F_DGRAM | ZOFF_F_INET6 | \
				 ZOFF_F_TLS | ZOFF_F_MORE | \
				 ZOFF_F_URGENT)
#define ZSOCK_PIPE_WINDOW	(256 << 10)
/* As much for a stream whose program keeps up, but of all beyond that so much. */
#define ZSOCK_PIPE_WINDOW_MAX	(1024 << 10)
#define ZSOCK_PIPE_GROWN_MAX	(64 << 20)
#define ZSOCK_PIPE_SOCKETS	65536
#define ZSOCK_PIPE_SILENCE	15000
/* How long a reply and a hello are waited for. */
#define ZSOCK_PIPE_PATIENCE	(10 * HZ)
/* Bytes of a message that is no data. */
#define ZSOCK_MESSAGE_MAX	4096
/* Bytes that are read ahead. */
#define ZSOCK_RX_BUFFER		16384
/* Data of that many bytes is put together with what comes next. */
#define ZSOCK_RX_SMALL		1024
/*
 * A buffer of the pipe's is kept for data that is that part of it, and not more
 * than so many bytes of them: who sent them may be charged for them.
 */
#define ZSOCK_RX_PART		4
#define ZSOCK_RX_HELD		(16 << 20)
/* Bytes that a socket writes in its turn; pieces of a batch, at most 64. */
#define ZSOCK_TX_TURN		65536
#define ZSOCK_TX_PIECES		64
#define ZSOCK_TX_CREDITS	16
/* Bytes that may wait for what comes behind them. */
#define ZSOCK_CORK_MAX		512
/* Data of that many bytes is in pages of its own, which the pipe gets. */
#define ZSOCK_TX_PAGES		8192

/* Backends at once, of one user who is root in namespaces of his own alone. */
#define ZSOCK_REMOTES_OWNED_MAX	64

struct zsock_pipe;

/**
 * struct zsock_remote - a backend behind a pipe
 * @backend: as registered
 * @name: its name
 * @net: the namespace that has it; not held
 * @list: of all. Under zsock_remotes_lock
 * @owned: of those that count for a user. Likewise
 * @ref: users: the list, pipes
 * @netdev: its network device, if it has one
 * @change: held while it gets a pipe, or is deleted
 * @tell: held while listeners are told; inside @change
 * @told: they were told last that it is up. Under @tell
 * @lock: guards what follows
 * @label: what user space calls the pipe
 * @peer: what the other side calls itself
 * @pipe: the last one, held, or NULL
 * @up: @pipe works
 * @features: ZOFF_F_* of the last pipe
 * @error: errno that the last pipe broke with
 * @deleted: no more pipes. Written under @change
 */
struct zsock_remote {
	struct zsock_backend	backend;
	char			name[ZSOCK_NAME_MAX];
	struct net		*net;
	struct list_head	list;
	struct list_head	owned;
	refcount_t		ref;
	struct zsock_remote_netdev netdev;
	struct mutex		change;
	struct mutex		tell;
	bool			told;
	spinlock_t		lock;
	char			label[ZSOCK_BACKEND_LABEL_MAX];
	char			peer[sizeof_field(struct zoff_hello, name) + 1];
	struct zsock_pipe	*pipe;
	bool			up;
	u32			features;
	int			error;
	bool			deleted;
};

/**
 * struct zsock_credit_message - a ZOFF_CREDIT as it is written
 * @hdr: its header
 * @credit: what it says
 */
struct zsock_credit_message {
	struct zoff_hdr		hdr;
	struct zoff_credit	credit;
};

/**
 * struct zsock_batch - messages that are being written together
 * @vec: their pieces
 * @nvec: how many
 * @bytes: in all of them
 * @written: of these
 * @paged: of these, what is in pages that nobody will write to again
 * @linear: a bit for each of @vec that is not
 * @splice: all of it is; the pipe may keep the pages instead of a copy
 * @frag: where the rest is put for that
 * @skbs: whose bytes they are
 * @credits: messages that are in no skb
 * @ncredits: how many
 */
struct zsock_batch {
	struct bio_vec			vec[ZSOCK_TX_PIECES];
	unsigned int			nvec;
	size_t				bytes;
	size_t				written;
	size_t				paged;
	u64				linear;
	bool				splice;
	struct page_frag		frag;
	struct sk_buff_head		skbs;
	struct zsock_credit_message	credits[ZSOCK_TX_CREDITS];
	unsigned int			ncredits;
};

/**
 * struct zsock_cork - the last bytes, which wait for more. Under pipe->tx
 * @data: these
 * @n: how many; read without pipe->tx, too
 * @seq: changes whenever they do
 * @seen: what @seq was when the timer looked; its own, while @armed
 * @armed: the timer runs, or has set @due
 * @due: they have waited long enough
 * @timer: tells that
 */
struct zsock_cork {
	u8		data[ZSOCK_CORK_MAX];
	u32		n;
	u32		seq;
	u32		seen;
	bool		armed;
	bool		due;
	struct hrtimer	timer;
};

/**
 * struct zsock_rx - what was read ahead: in @skb, or in @buf
 * @buf: ZSOCK_RX_BUFFER bytes
 * @head: the first that was not looked at
 * @tail: behind the last that was read
 * @few: ZSOCK_RX_SMALL bytes that came in pieces
 * @whole: the pipe can hand over its own buffers
 * @copying: it does not now, for one may have been read in part
 * @skbs: those that it handed over
 * @skb: the one that is looked at, or NULL
 * @off: bytes of it that were
 * @size: bytes of memory that it keeps
 */
struct zsock_rx {
	u8			*buf;
	size_t			head;
	size_t			tail;
	u8			*few;
	bool			whole;
	bool			copying;
	struct sk_buff_head	skbs;
	struct sk_buff		*skb;
	u32			off;
	u32			size;
};

/**
 * struct zsock_pipe - a pipe
 * @ref: users: the backend, the pipe's own tasks, sockets
 * @remote: whose it is; held
 * @file: of @sock; held, until the pipe has ended
 * @sock: a connected stream socket
 * @vsock: that is one of AF_VSOCK
 * @hello: the other side said it, or will not
 * @features: ZOFF_F_* in use
 * @window: bytes that the other side takes at first
 * @limit: sockets that the other side takes
 * @silence: the other side's patience, jiffies, 0 if it has no end
 * @peer: what the other side calls itself
 * @socks: the sockets by their ids, each held
 * @next: where to look for an id that is free
 * @count: how many sockets
 * @seq: number of the last request
 * @lock: guards @ready, @urgent, @broken, and the sockets' queues
 * @ready: sockets that have something to be written, each held
 * @urgent: messages of the pipe's own
 * @broken: nothing more is to be written or believed
 * @error: errno that it broke with
 * @why: for the log, or NULL
 * @tx: held by who writes
 * @batch: what is being written. Under @tx
 * @direct: a header, before what is in a program's pages. Under @tx
 * @tight: room for large data was waited for in vain
 * @cork: what comes before all else that is written. Under @tx
 * @wait: where the writer waits
 * @reader: task that reads
 * @writer: task that writes where others must not wait
 * @rx: the reader's
 * @held: bytes of the pipe's own buffers that wait to be read by programs
 * @grown: bytes of windows beyond ZSOCK_PIPE_WINDOW
 * @heard: jiffies when something was last read
 * @said: jiffies when something was last written
 * @alive: looks at these
 * @pings: that were not answered
 * @end: takes it down
 */
struct zsock_pipe {
	refcount_t		ref;
	struct zsock_remote	*remote;
	struct file		*file;
	struct socket		*sock;
	bool			vsock;
	struct completion	hello;
	u32			features;
	u32			window;
	u32			limit;
	unsigned long		silence;
	char			peer[sizeof_field(struct zoff_hello, name) + 1];
	struct xarray		socks;
	u32			next;
	atomic_t		count;
	atomic_t		seq;
	spinlock_t		lock;
	struct list_head	ready;
	struct sk_buff_head	urgent;
	bool			broken;
	int			error;
	const char		*why;
	struct mutex		tx;
	struct zsock_batch	batch;
	struct zoff_hdr		direct;
	bool			tight;
	struct zsock_cork	cork;
	wait_queue_head_t	wait;
	struct task_struct	*reader;
	struct task_struct	*writer;
	struct zsock_rx		rx;
	atomic_long_t		held;
	atomic_long_t		grown;
	unsigned long		heard;
	unsigned long		said;
	struct delayed_work	alive;
	atomic_t		pings;
	struct work_struct	end;
};

/**
 * struct zsock_call - a request that a task waits for
 * @seq: of the request, 0 if there is none
 * @done: the reply came, or none will
 * @error: what it said
 * @data: what it said beside that, to be freed
 * @len: bytes of it
 */
struct zsock_call {
	u32	seq;
	bool	done;
	int	error;
	void	*data;
	size_t	len;
};

/**
 * struct zsock_urgent - a stream's urgent byte, of which there is one at most
 * @state: whether there is one
 * @byte: what it is
 * @coming: it was announced, and is not in the queue yet; without @state it will
 *	be as other bytes are
 * @ahead: bytes that are still to come before it then
 * @left: bytes that are still to be read before it
 * @mark: it in the queue, or NULL
 */
struct zsock_urgent {
	enum {
		ZSOCK_URGENT_NONE,
		ZSOCK_URGENT_VALID,
		ZSOCK_URGENT_READ,	/* by MSG_OOB */
	}		state;
	u8		byte;
	bool		coming;
	u32		ahead;
	u32		left;
	struct sk_buff	*mark;
};

/**
 * struct zsock_rsk - a socket that is carried out at the other end of a pipe
 * @sk: the socket. sk_state is TCP_CLOSE, TCP_SYN_SENT, TCP_ESTABLISHED or
 *	TCP_LISTEN; written under @lock
 * @pipe: held
 * @id: its number
 * @family: AF_INET or AF_INET6: of its addresses
 * @protocol: IPPROTO_*, which @sk must not say
 * @lock: guards what follows, up to @ready
 * @name: its own, family 0 where it is not known
 * @peer: whom it is connected to, likewise
 * @open_seq: of the ZOFF_OPEN that has no reply
 * @connect_seq: of a stream's ZOFF_CONNECT, likewise
 * @shut_seq: of the ZOFF_SHUTDOWN, likewise
 * @close_seq: of the ZOFF_CLOSE, likewise
 * @call: another request
 * @dead: it was reset, or the pipe broke
 * @closed: the program closed it
 * @ended: the peer will send no more
 * @held: the last ZOFF_DATA said that more follows; see ZOFF_DATA_MORE
 * @tx_credit: bytes that the other side takes
 * @rx_room: bytes, of a listener connections, that the other side may send
 * @rx_taken: that the program took, and that were not given back
 * @rx_window: the most that @rx_room may be, of a stream
 * @rx_queued: bytes of a stream that wait to be read
 * @urg: its urgent byte, and what is known of that
 * @listens: requests to listen that were not refused: connections may come
 * @children: connections of a listener, to be accepted
 * @child: among those of its listener
 * @ready: in the pipe's list; under the pipe's lock, like @txq and @credit
 * @txq: messages
 * @credit: to be given to the other side
 * @inq: every recvmsg() tells what is left to be read.
 * @call_lock: one call at a time
 * @call_wait: where it waits
 * @last: the ZOFF_CLOSE, made when there was memory
 */
struct zsock_rsk {
	struct sock		sk;	/* first: sk_alloc() made it */
	struct zsock_pipe	*pipe;
	u32			id;
	int			family;
	int			protocol;
	spinlock_t		lock;
	struct zoff_addr	name;
	struct zoff_addr	peer;
	u32			open_seq;
	u32			connect_seq;
	u32			shut_seq;
	u32			close_seq;
	struct zsock_call	call;
	bool			dead;
	bool			closed;
	bool			ended;
	bool			held;
	u32			tx_credit;
	u32			rx_room;
	u32			rx_taken;
	u32			rx_window;
	u32			rx_queued;
	struct zsock_urgent	urg;
	u32			listens;
	struct list_head	children;
	struct list_head	child;
	struct list_head	ready;
	struct sk_buff_head	txq;
	u32			credit;
	bool			inq;
	struct mutex		call_lock;
	wait_queue_head_t	call_wait;
	struct sk_buff		*last;
};

/* In skb->cb of what was received. */
struct zsock_rx_cb {
	u32			taken;	/* bytes of a stream's, or not its data */
	u32			end;	/* where a stream's end */
	u32			held;	/* of pipe->held */
	struct zoff_addr	from;	/* a datagram's sender */
};

static_assert(sizeof(struct zsock_rx_cb) <= SOCK_SKB_CB_OFFSET);

#define ZSOCK_RX_CB(skb)	((struct zsock_rx_cb *)(skb)->cb)

static inline struct zsock_rsk *zsock_rsk(struct sock *sk)
{
	return container_of(sk, struct zsock_rsk, sk);
}

/* remote.c */
struct zsock_remote *zsock_remote_get(const struct net *net, const char *name);
void zsock_remote_put(struct zsock_remote *remote);
int zsock_remote_add(struct net *net, const struct zsock_remote *like,
		     const char *netdev, struct file *file);
int zsock_remote_pipe(struct zsock_remote *remote, const char *label,
		      struct file *file);
int zsock_remote_del(struct zsock_remote *remote, bool force);
void zsock_remote_down(struct zsock_pipe *pipe);
struct zsock_remote *zsock_remote_of(const struct zsock_backend *backend);
struct zsock_pipe *zsock_remote_pipe_get(struct zsock_remote *remote);
bool zsock_remotes_quiet(void);

/* remote_netlink.c */
void zsock_remote_nl_event(struct zsock_remote *remote, u8 cmd, int error);

/* remote_pipe.c */
struct zsock_pipe *zsock_pipe_new(struct zsock_remote *remote,
				  struct file *file);
int zsock_pipe_greet(struct zsock_pipe *pipe);
void zsock_pipe_break(struct zsock_pipe *pipe, int error, const char *why);
void zsock_pipe_stop(struct zsock_pipe *pipe);
void zsock_pipe_put(struct zsock_pipe *pipe);
u32 zsock_pipe_seq(struct zsock_pipe *pipe);
int zsock_pipe_hello(struct zsock_pipe *pipe, const struct zoff_hello *hello);

/* remote_tx.c */
void zsock_hdr_init(struct zoff_hdr *hdr, u32 len, u16 type, u32 id, u32 seq);
bool zsock_tx_idle(struct zsock_rsk *rs);
void zsock_tx_rest(struct zsock_pipe *pipe, struct sk_buff *skb);
void zsock_tx_again_if_due(struct zsock_pipe *pipe);
void zsock_tx_push(struct zsock_pipe *pipe);
struct sk_buff *zsock_message(u16 type, u32 id, u32 seq, const void *body,
			      size_t len, const void *more, size_t morelen);
void zsock_message_seal(struct sk_buff *skb, u16 type, u32 id, u32 seq);
int zsock_tx_urgent(struct zsock_pipe *pipe, struct sk_buff *skb);
int zsock_tx_sock(struct zsock_rsk *rs, struct sk_buff *skb);
int zsock_tx_data(struct zsock_rsk *rs, struct sk_buff *skb);
void zsock_tx_credit(struct zsock_rsk *rs, u32 more);
int zsock_tx_work(void *data);
void zsock_tx_purge(struct zsock_pipe *pipe);
void zsock_tx_free(struct zsock_pipe *pipe);

/* remote_cork.c */
void zsock_cork_init(struct zsock_pipe *pipe);
size_t zsock_cork_rest(size_t bytes);
void zsock_cork_keep(struct zsock_pipe *pipe, struct iov_iter *from, size_t n);
size_t zsock_cork_take(struct zsock_pipe *pipe);
void zsock_cork_stop(struct zsock_pipe *pipe);

/* remote_direct.c */
bool zsock_tx_direct(struct zsock_rsk *rs, struct iov_iter *from, u32 len,
		     u16 flags, long timeo);

/* remote_source.c */
int zsock_source_init(struct zsock_pipe *pipe);
void zsock_source_free(struct zsock_pipe *pipe);
int zsock_source_read(struct zsock_pipe *pipe, const struct iov_iter *to,
		      int flags);
int zsock_source_more(struct zsock_pipe *pipe);
void zsock_source_drop(struct zsock_rx *rx);
int zsock_source_copy(struct zsock_rx *rx, struct iov_iter *to, size_t n);
int zsock_rx_take(struct zsock_pipe *pipe, void *to, size_t len);
const void *zsock_rx_see(struct zsock_pipe *pipe, size_t len);
int zsock_rx_skip(struct zsock_pipe *pipe, size_t len);

/* Bytes that are there. */
static inline size_t zsock_rx_have(const struct zsock_rx *rx)
{
	return rx->skb ? rx->skb->len - rx->off : rx->tail - rx->head;
}

/* remote_rx.c */
int zsock_rx_work(void *data);
int zsock_rx_run(struct zsock_pipe *pipe, u32 len);
struct sk_buff *zsock_rx_skb(struct zsock_pipe *pipe, struct sock *sk,
			     size_t len);
struct sk_buff *zsock_rx_skb_of(struct sock *sk, const void *data, size_t len);
struct sk_buff *zsock_rx_keep(struct zsock_pipe *pipe, u32 len);
void zsock_rx_own(struct sk_buff *skb, struct sock *sk);

/* remote_message.c */
const char *zsock_rx_message(struct zsock_pipe *pipe,
			     const struct zoff_hdr *hdr);

/* remote_urgent.c */
bool zsock_urgent_in_line(const struct zsock_rsk *rs);
bool zsock_urgent_passed_over(const struct zsock_rsk *rs,
			      const struct sk_buff *skb);
bool zsock_urgent_at(struct zsock_rsk *rs, size_t where);
u32 zsock_urgent_consume(struct zsock_rsk *rs, struct sk_buff *skb, u32 n,
			 struct sk_buff_head *done);
void zsock_urgent_ordinary(struct zsock_rsk *rs, u32 len);
const char *zsock_urgent_notice(struct zsock_rsk *rs,
				const struct zoff_urgent *urgent);
bool zsock_urgent_due(struct zsock_rsk *rs);
bool zsock_urgent_refused(struct zsock_rsk *rs);
void zsock_urgent_queue(struct zsock_rsk *rs, struct sk_buff *skb);
int zsock_urgent_recv(struct zsock_rsk *rs, struct msghdr *msg, size_t size,
		      int flags);
void zsock_urgent_set_inline(struct zsock_rsk *rs, bool on);

/* remote_sock.c */
extern struct proto zsock_remote_prot;
int zsock_remote_create(const struct zsock_backend *backend,
			const struct zsock_spec *spec, struct socket **res);
int zsock_remote_release(struct socket *sock);
int zsock_rsk_child(struct zsock_rsk *listener,
		    const struct zoff_incoming *in);
struct zsock_rsk *zsock_rsk_get(struct zsock_pipe *pipe, u32 id);
void zsock_rsk_forget(struct zsock_rsk *rs);
void zsock_rsk_fail(struct zsock_rsk *rs, int error);
void zsock_rsk_close(struct zsock_rsk *rs, bool abort);
void zsock_rsk_drop_children(struct zsock_rsk *rs);
void zsock_rsk_taken(struct zsock_rsk *rs, u32 n);
int zsock_rsk_wait(struct zsock_rsk *rs, long *timeo, bool locked,
		   bool (*cond)(struct zsock_rsk *rs, size_t arg), size_t arg);

/* remote_send.c */
u32 zsock_rsk_claim(struct zsock_rsk *rs, u32 least, u32 most);
void zsock_rsk_unclaim(struct zsock_rsk *rs, u32 n);
void zsock_rsk_want_room(struct sock *sk);
int zsock_rsk_control(struct zsock_rsk *rs, struct msghdr *msg);
struct sk_buff *zsock_rsk_skb(struct zsock_rsk *rs, struct msghdr *msg,
			      size_t before, size_t head, size_t len);

/* remote_call.c */
int zsock_rsk_call(struct zsock_rsk *rs, u16 type, const void *body, size_t len,
		   const void *more, size_t morelen, void *reply, size_t *got);
int zsock_rsk_name_call(struct zsock_rsk *rs, u16 type, const void *body,
			size_t len);
bool zsock_rsk_reply(struct zsock_rsk *rs, u32 seq, int error, void **data,
		     size_t len);

/* remote_addr.c */
int zsock_zoff_addr(const struct zsock_rsk *rs, const void *addr, int len,
		    struct zoff_addr *res);
int zsock_zoff_sockaddr(const struct zsock_rsk *rs,
			const struct zoff_addr *addr, void *res);
bool zsock_zoff_ok(const struct zoff_addr *addr, bool none);

/* remote_connect.c */
int zsock_remote_bind(struct socket *sock, struct zsock_addr *addr, int len);
int zsock_remote_connect(struct socket *sock, struct zsock_addr *addr, int len,
			 int flags);
int zsock_remote_getname(struct socket *sock, struct sockaddr *addr, int peer);
int zsock_remote_listen(struct socket *sock, int backlog);
int zsock_remote_accept(struct socket *sock, struct socket *newsock,
			bool nonblock);
int zsock_remote_shutdown(struct socket *sock, int how);

/* remote_option.c */
int zsock_remote_setsockopt(struct socket *sock, int level, int optname,
			    sockptr_t optval, unsigned int optlen);
int zsock_remote_getsockopt(struct socket *sock, int level, int optname,
			    char __user *optval, int __user *optlen);
int zsock_remote_inq(struct zsock_rsk *rs);
int zsock_remote_ioctl(struct socket *sock, unsigned int cmd,
		       unsigned long arg);

/* remote_stream.c, remote_dgram.c */
extern const struct proto_ops zsock_remote_stream_ops;
extern const struct proto_ops zsock_remote_dgram_ops;

#endif /* _ZSOCK_REMOTE_H */
