// SPDX-License-Identifier: GPL-2.0
/*
 * zsock_kpi_bench: two echo servers in the kernel, the same but for the sockets
 * that they use. One is of the in-kernel API. The other has TCP sockets of the
 * kernel's own, a work for each connection, and in the place of upcalls a
 * sk_data_ready that queues it. For bench/kpi.c.
 */
#include <linux/in.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/zsock_kpi.h>

#define BUFFER	SZ_4K
#define CONNS	8

#define KPI_PORT	7101
#define PLAIN_PORT	7102

static struct sockaddr_in loopback(ushort port)
{
	return (struct sockaddr_in){
		.sin_family	= AF_INET,
		.sin_port	= htons(port),
		.sin_addr	= { cpu_to_be32(INADDR_LOOPBACK) },
	};
}

/* ---- the in-kernel API ---- */

static struct zsock_socket *kpi_listener;
static struct zsock_socket *kpi_conn[CONNS];
static u8 kpi_buffer[CONNS][BUFFER];

static void kpi_echo(struct zsock_socket *so, void *cookie, bool may_sleep)
{
	struct kvec vec = { .iov_base = cookie };
	struct msghdr msg = { };
	size_t n;

	for (;;) {
		vec.iov_len = BUFFER;
		iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, BUFFER);
		if (zsock_receive(so, &msg, MSG_DONTWAIT, &n) || !n)
			return;
		vec.iov_len = n;
		iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, n);
		zsock_send(so, &msg, MSG_DONTWAIT, NULL);
	}
}

static void kpi_accept(struct zsock_socket *so, void *cookie, bool may_sleep)
{
	int i, on = 1;

	for (i = 0; i < CONNS; i++) {
		if (kpi_conn[i])
			continue;
		if (zsock_accept(so, NULL, 0, MSG_DONTWAIT, NULL, NULL,
				 &kpi_conn[i]))
			return;
		zsock_setsockopt(kpi_conn[i], SOL_TCP, TCP_NODELAY, &on,
				 sizeof(on));
		zsock_setupcalls(kpi_conn[i], kpi_echo, kpi_buffer[i], NULL,
				 NULL);
	}
}

static int kpi_begin(void)
{
	struct sockaddr_in addr = loopback(KPI_PORT);
	int err;

	err = zsock_socket(&init_net, AF_INET, SOCK_STREAM, 0, kpi_accept, NULL,
			   &kpi_listener);
	if (err)
		return err;
	err = zsock_bind(kpi_listener, (struct sockaddr *)&addr, sizeof(addr));
	return err ?: zsock_listen(kpi_listener, CONNS);
}

static void kpi_end(void)
{
	int i;

	zsock_close(kpi_listener);
	for (i = 0; i < CONNS; i++)
		zsock_close(kpi_conn[i]);
}

/* ---- TCP's own sockets ---- */

struct plain {
	struct socket		*sock;
	struct work_struct	work;
	void			(*data_ready)(struct sock *sk);
	u8			buffer[BUFFER];
};

static struct workqueue_struct *plain_wq;
static struct plain plain_listener;
static struct plain plain_conn[CONNS];

static void plain_data_ready(struct sock *sk)
{
	struct plain *p;

	read_lock_bh(&sk->sk_callback_lock);
	p = sk->sk_user_data;
	if (p)
		queue_work(plain_wq, &p->work);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void plain_watch(struct plain *p)
{
	struct sock *sk = p->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	p->data_ready = sk->sk_data_ready;
	sk->sk_user_data = p;
	sk->sk_data_ready = plain_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	/* What came before that. */
	queue_work(plain_wq, &p->work);
}

static void plain_unwatch(struct plain *p)
{
	struct sock *sk;

	if (!p->sock)
		return;
	sk = p->sock->sk;
	write_lock_bh(&sk->sk_callback_lock);
	if (p->data_ready)
		sk->sk_data_ready = p->data_ready;
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
	cancel_work_sync(&p->work);
	sock_release(p->sock);
}

static void plain_echo(struct work_struct *work)
{
	struct plain *p = container_of(work, struct plain, work);
	struct kvec vec = { .iov_base = p->buffer };
	struct msghdr msg = { };
	int n;

	for (;;) {
		vec.iov_len = BUFFER;
		msg.msg_flags = 0;
		n = kernel_recvmsg(p->sock, &msg, &vec, 1, BUFFER,
				   MSG_DONTWAIT);
		if (n <= 0)
			return;
		vec.iov_len = n;
		msg.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
		kernel_sendmsg(p->sock, &msg, &vec, 1, n);
	}
}

static void plain_accept(struct work_struct *work)
{
	int i;

	for (i = 0; i < CONNS; i++) {
		struct plain *p = &plain_conn[i];

		if (p->sock)
			continue;
		if (kernel_accept(plain_listener.sock, &p->sock, O_NONBLOCK))
			return;
		tcp_sock_set_nodelay(p->sock->sk);
		INIT_WORK(&p->work, plain_echo);
		plain_watch(p);
	}
}

static int plain_begin(void)
{
	struct sockaddr_in addr = loopback(PLAIN_PORT);
	int err;

	plain_wq = alloc_workqueue("zsock_kpi_bench", 0, WQ_MAX_ACTIVE);
	if (!plain_wq)
		return -ENOMEM;
	INIT_WORK(&plain_listener.work, plain_accept);
	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, 0,
			       &plain_listener.sock);
	if (err)
		return err;
	err = kernel_bind(plain_listener.sock, (struct sockaddr *)&addr,
			  sizeof(addr));
	if (!err)
		err = kernel_listen(plain_listener.sock, CONNS);
	if (!err)
		plain_watch(&plain_listener);
	return err;
}

static void plain_end(void)
{
	int i;

	plain_unwatch(&plain_listener);
	for (i = 0; i < CONNS; i++)
		plain_unwatch(&plain_conn[i]);
	if (plain_wq)
		destroy_workqueue(plain_wq);
}

/* ---- both ---- */

static void kpi_bench_exit(void)
{
	kpi_end();
	plain_end();
}

static int __init kpi_bench_init(void)
{
	int err;

	err = kpi_begin();
	if (!err)
		err = plain_begin();
	if (err)
		kpi_bench_exit();
	return err;
}

module_init(kpi_bench_init);
module_exit(kpi_bench_exit);

MODULE_DESCRIPTION("AF_ZSOCK: echo servers in the kernel, to be compared");
MODULE_LICENSE("GPL");
