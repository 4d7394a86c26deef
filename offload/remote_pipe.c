// SPDX-License-Identifier: GPL-2.0
/*
 * A pipe, from hello to its end. Whoever finds it broken says so; that takes
 * no lock and does not sleep. A work takes it down then.
 */
#include <linux/ctype.h>
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "remote.h"

/* The number of a request: any but 0. */
u32 zsock_pipe_seq(struct zsock_pipe *pipe)
{
	u32 seq;

	do {
		seq = atomic_inc_return(&pipe->seq);
	} while (!seq);
	return seq;
}

/*
 * Nobody reads or writes any more. The backend and sockets may keep the pipe for
 * long, but not its socket: that holds a namespace, perhaps their own.
 */
static void zsock_pipe_leave(struct zsock_pipe *pipe)
{
	zsock_source_free(pipe);
	if (pipe->file)
		fput(pipe->file);
	pipe->file = NULL;
	pipe->sock = NULL;
}

static void zsock_pipe_free(struct zsock_pipe *pipe)
{
	WARN_ON_ONCE(!xa_empty(&pipe->socks));
	zsock_tx_free(pipe);
	xa_destroy(&pipe->socks);
	zsock_pipe_leave(pipe);
	zsock_remote_put(pipe->remote);
	mutex_destroy(&pipe->tx);
	kfree(pipe);
}

void zsock_pipe_put(struct zsock_pipe *pipe)
{
	if (refcount_dec_and_test(&pipe->ref))
		zsock_pipe_free(pipe);
}

/**
 * zsock_pipe_break - the pipe is of no more use
 * @pipe: the pipe
 * @error: errno that the first to find it says
 * @why: for the log, where the other side is to blame; or NULL
 *
 * Context: any.
 */
void zsock_pipe_break(struct zsock_pipe *pipe, int error, const char *why)
{
	bool first;

	spin_lock(&pipe->lock);
	first = !pipe->broken;
	if (first) {
		pipe->error = error;
		pipe->why = why;
		WRITE_ONCE(pipe->broken, true);
		/* Under the lock: who sees it broken can wait for its end. */
		queue_work(system_unbound_wq, &pipe->end);
	}
	spin_unlock(&pipe->lock);
	if (!first)
		return;
	complete_all(&pipe->hello);
	wake_up(&pipe->wait);
}

static void zsock_pipe_fail_all(struct zsock_pipe *pipe)
{
	struct zsock_rsk *rs;
	unsigned long id;

	/* Nobody adds one: each looks whether the pipe is broken after it did. */
	for (id = 0; ; id++) {
		xa_lock(&pipe->socks);
		rs = xa_find(&pipe->socks, &id, ULONG_MAX, XA_PRESENT);
		if (rs)
			sock_hold(&rs->sk);
		xa_unlock(&pipe->socks);
		if (!rs)
			return;
		zsock_rsk_fail(rs, ECONNRESET);
		zsock_rsk_forget(rs);
		sock_put(&rs->sk);
		cond_resched();
	}
}

static void zsock_pipe_stop_task(struct task_struct *task)
{
	kthread_stop(task);
	put_task_struct(task);
}

static void zsock_pipe_end(struct work_struct *work)
{
	struct zsock_pipe *pipe = container_of(work, struct zsock_pipe, end);

	kernel_sock_shutdown(pipe->sock, SHUT_RDWR);
	zsock_pipe_fail_all(pipe);
	zsock_pipe_stop_task(pipe->reader);
	zsock_pipe_stop_task(pipe->writer);
	/* Not before the reader is gone: a hello that it takes begins this. */
	cancel_delayed_work_sync(&pipe->alive);
	/* Those that came in while the reader was not stopped yet. */
	zsock_pipe_fail_all(pipe);
	zsock_tx_purge(pipe);
	zsock_pipe_leave(pipe);
	if (pipe->why)
		pr_notice("backend %s: the pipe is dropped: %s\n",
			  pipe->remote->name, pipe->why);
	zsock_remote_down(pipe);
	zsock_pipe_put(pipe);
}

/* Break it and see it down. The caller holds it. */
void zsock_pipe_stop(struct zsock_pipe *pipe)
{
	zsock_pipe_break(pipe, ENODEV, NULL);
	flush_work(&pipe->end);
}

/* Be heard, and see that the other side can be. */
static void zsock_pipe_alive(struct work_struct *work)
{
	struct zsock_pipe *pipe = container_of(to_delayed_work(work),
					       struct zsock_pipe, alive);
	unsigned long heard = READ_ONCE(pipe->heard);
	unsigned long said = READ_ONCE(pipe->said);
	struct sk_buff *ping;

	if (time_after(jiffies, heard +
		       msecs_to_jiffies(ZSOCK_PIPE_SILENCE))) {
		zsock_pipe_break(pipe, ETIMEDOUT, "nothing was heard from it");
		return;
	}
	if (pipe->silence && time_after(jiffies, said + pipe->silence / 4)) {
		ping = zsock_message(ZOFF_PING, 0, zsock_pipe_seq(pipe), NULL,
				     0, NULL, 0);
		if (ping) {
			atomic_inc(&pipe->pings);
			zsock_tx_urgent(pipe, ping);
		}
	}
	queue_delayed_work(system_wq, &pipe->alive,
			   clamp(pipe->silence / 8, HZ / 10UL, 1UL * HZ));
}

/* ---- hello ---- */

static bool zsock_pipe_name_ok(const u8 *name, size_t size)
{
	size_t i, len = strnlen(name, size);

	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || !isprint(name[i]))
			return false;
	return !memchr_inv(name + len, 0, size - len);
}

static bool zsock_pipe_hello_ok(const struct zoff_hello *hello)
{
	u32 window = le32_to_cpu(hello->window);
	u32 silence = le32_to_cpu(hello->silence);

	return !memcmp(hello->magic, ZOFF_MAGIC, sizeof(hello->magic)) &&
	       hello->version && !hello->reserved &&
	       window >= ZOFF_WINDOW_MIN && window <= ZOFF_WINDOW_MAX &&
	       (!silence || (silence >= 1000 && silence <= 600000)) &&
	       zsock_pipe_name_ok(hello->name, sizeof(hello->name));
}

/* The other side's. 0 or -EPROTO. */
int zsock_pipe_hello(struct zsock_pipe *pipe, const struct zoff_hello *hello)
{
	if (!zsock_pipe_hello_ok(hello))
		return -EPROTO;
	pipe->features = le32_to_cpu(hello->features) &
			 ZSOCK_PIPE_FEATURES;
	if (!(pipe->features & (ZOFF_F_STREAM | ZOFF_F_DGRAM)))
		return -EPROTO;
	pipe->window = le32_to_cpu(hello->window);
	pipe->limit = min_t(u32, le32_to_cpu(hello->sockets),
			    ZSOCK_PIPE_SOCKETS);
	pipe->silence = msecs_to_jiffies(le32_to_cpu(hello->silence));
	memcpy(pipe->peer, hello->name, sizeof(hello->name));
	mod_delayed_work(system_wq, &pipe->alive, HZ / 10);
	complete_all(&pipe->hello);
	return 0;
}

static int zsock_pipe_say_hello(struct zsock_pipe *pipe)
{
	struct zoff_hello hello = {
		.version	= cpu_to_le32(ZOFF_VERSION),
		.features	= cpu_to_le32(ZSOCK_PIPE_FEATURES),
		.window		= cpu_to_le32(ZSOCK_PIPE_WINDOW),
		.sockets	= cpu_to_le32(ZSOCK_PIPE_SOCKETS),
		.silence	= cpu_to_le32(ZSOCK_PIPE_SILENCE),
	};
	struct sk_buff *skb;

	memcpy(hello.magic, ZOFF_MAGIC, sizeof(hello.magic));
	snprintf(hello.name, sizeof(hello.name), "zsock %s",
		 THIS_MODULE->version);
	skb = zsock_message(ZOFF_HELLO, 0, 0, &hello, sizeof(hello), NULL, 0);
	return skb ? zsock_tx_urgent(pipe, skb) : -ENOMEM;
}

/* Say hello and wait for the other side's: 0 or a negative errno. */
int zsock_pipe_greet(struct zsock_pipe *pipe)
{
	long left;
	int err;

	/* Where it is broken already, why is told below. */
	err = zsock_pipe_say_hello(pipe);
	if (err && !READ_ONCE(pipe->broken))
		return err;
	left = wait_for_completion_interruptible_timeout(&pipe->hello,
							 ZSOCK_PIPE_PATIENCE);
	if (left < 0)
		return left;
	if (!left)
		return -ETIMEDOUT;
	if (READ_ONCE(pipe->broken))
		return pipe->error ? -pipe->error : -EPROTO;
	return 0;
}

/* ---- making one ---- */

static int zsock_pipe_check(const struct file *file)
{
	struct socket *sock = sock_from_file((struct file *)file);

	if (!sock)
		return -ENOTSOCK;
	if (sock->type != SOCK_STREAM)
		return -EINVAL;
	/* Not one that is behind a pipe itself: no chain of them. */
	switch (READ_ONCE(sock->sk->sk_family)) {
	case AF_UNIX:
	case AF_VSOCK:
	case AF_INET:
	case AF_INET6:
		break;
	default:
		return -EINVAL;
	}
	return READ_ONCE(sock->state) == SS_CONNECTED ? 0 : -ENOTCONN;
}

static struct task_struct *zsock_pipe_task(struct zsock_pipe *pipe,
					   int (*work)(void *data),
					   const char *what)
{
	struct task_struct *task;

	task = kthread_create(work, pipe, "zsock-%s/%s", what,
			      pipe->remote->name);
	return IS_ERR(task) ? task : get_task_struct(task);
}

static int zsock_pipe_start(struct zsock_pipe *pipe)
{
	pipe->reader = zsock_pipe_task(pipe, zsock_rx_work, "rx");
	if (IS_ERR(pipe->reader))
		return PTR_ERR(pipe->reader);
	pipe->writer = zsock_pipe_task(pipe, zsock_tx_work, "tx");
	if (IS_ERR(pipe->writer)) {
		zsock_pipe_stop_task(pipe->reader);
		return PTR_ERR(pipe->writer);
	}
	/*
	 * The reader last: what it reads may end the pipe, and both tasks with it,
	 * before this one runs again.
	 */
	wake_up_process(pipe->writer);
	wake_up_process(pipe->reader);
	return 0;
}

static void zsock_pipe_init(struct zsock_pipe *pipe)
{
	refcount_set(&pipe->ref, 1);
	init_completion(&pipe->hello);
	xa_init_flags(&pipe->socks, XA_FLAGS_ALLOC);
	spin_lock_init(&pipe->lock);
	INIT_LIST_HEAD(&pipe->ready);
	__skb_queue_head_init(&pipe->urgent);
	__skb_queue_head_init(&pipe->batch.skbs);
	mutex_init(&pipe->tx);
	init_waitqueue_head(&pipe->wait);
	zsock_cork_init(pipe);
	INIT_DELAYED_WORK(&pipe->alive, zsock_pipe_alive);
	INIT_WORK(&pipe->end, zsock_pipe_end);
	pipe->heard = jiffies;
	pipe->said = jiffies;
}

/*
 * A pipe for @remote over @file, of which it takes a reference of its own. The
 * caller gets one of the two references to it; the other is its own, until it
 * ends.
 */
struct zsock_pipe *zsock_pipe_new(struct zsock_remote *remote,
				  struct file *file)
{
	struct zsock_pipe *pipe;
	int err = zsock_pipe_check(file);

	if (err)
		return ERR_PTR(err);
	pipe = kzalloc(sizeof(*pipe), GFP_KERNEL_ACCOUNT);
	if (!pipe)
		return ERR_PTR(-ENOMEM);
	zsock_pipe_init(pipe);
	refcount_inc(&remote->ref);
	pipe->remote = remote;
	pipe->file = get_file(file);
	pipe->sock = sock_from_file(file);
	pipe->vsock = pipe->sock->sk->sk_family == AF_VSOCK;
	/* Its own: once it is started its end may come, and puts that. */
	refcount_inc(&pipe->ref);
	err = zsock_source_init(pipe);
	if (!err)
		err = zsock_pipe_start(pipe);
	if (err) {
		zsock_pipe_put(pipe);
		zsock_pipe_put(pipe);
		return ERR_PTR(err);
	}
	return pipe;
}
