// SPDX-License-Identifier: GPL-2.0
/*
 * A user of the in-kernel API: an echo server without a thread of its own. All
 * that it does it does in upcalls.
 *
 *	insmod zsock_kpi_echo.ko port=7007 tls_port=7008 tag=1
 *
 * Each connection has one buffer. What was read is sent before more is read, so
 * that a peer who does not read what it gets is not read from, either.
 */
#include <linux/in.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uio.h>
#include <net/zsock_kpi.h>

#define ECHO_BUFFER	SZ_16K
/* After so many rounds it is the turn of other connections. */
#define ECHO_ROUNDS	64

static ushort port = 7007;
module_param(port, ushort, 0444);
MODULE_PARM_DESC(port, "TCP port, 0 for none");

static ushort tls_port;
module_param(tls_port, ushort, 0444);
MODULE_PARM_DESC(tls_port, "port for TLS, 0 for none");

static int tag = 1;
module_param(tag, int, 0444);
MODULE_PARM_DESC(tag, "credentials of the TLS server");

/**
 * struct echo - a connection
 * @so: its socket
 * @list: among all connections; who takes it out closes it
 * @data: what was read
 * @sent: bytes of it that were sent
 * @len: bytes of it
 */
struct echo {
	struct zsock_socket	*so;
	struct list_head	list;
	size_t			sent;
	size_t			len;
	u8			data[ECHO_BUFFER];
};

static LIST_HEAD(echo_list);
static DEFINE_SPINLOCK(echo_lock);
static unsigned int echo_count;
module_param_named(connections, echo_count, uint, 0444);
MODULE_PARM_DESC(connections, "how many there are");

static struct zsock_socket *echo_listeners[2];

static void echo_list_add(struct echo *e)
{
	spin_lock(&echo_lock);
	list_add_tail(&e->list, &echo_list);
	echo_count++;
	spin_unlock(&echo_lock);
}

/* Take @e, or the first if it is NULL; NULL if another has taken it. */
static struct echo *echo_list_take(struct echo *e)
{
	spin_lock(&echo_lock);
	if (!e)
		e = list_first_entry_or_null(&echo_list, struct echo, list);
	else if (list_empty(&e->list))
		e = NULL;
	if (e) {
		list_del_init(&e->list);
		echo_count--;
	}
	spin_unlock(&echo_lock);
	return e;
}

/* In @e's own upcall, or for one that has none. */
static void echo_close(struct echo *e)
{
	if (!echo_list_take(e))
		return;
	zsock_close(e->so);
	kfree(e);
}

static int echo_receive(struct echo *e)
{
	struct kvec vec = { .iov_base = e->data, .iov_len = sizeof(e->data) };
	struct msghdr msg = { };

	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, vec.iov_len);
	e->sent = 0;
	return zsock_receive(e->so, &msg, MSG_DONTWAIT, &e->len);
}

static int echo_send(struct echo *e)
{
	struct kvec vec = {
		.iov_base	= e->data + e->sent,
		.iov_len	= e->len - e->sent,
	};
	struct msghdr msg = { };
	size_t sent;
	int err;

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, vec.iov_len);
	err = zsock_send(e->so, &msg, MSG_DONTWAIT, &sent);
	e->sent += sent;
	return err;
}

/* One step: 0 to go on, -EAGAIN to wait, or anything else for the end. */
static int echo_step(struct echo *e)
{
	int err;

	if (e->sent < e->len)
		return echo_send(e);
	err = echo_receive(e);
	if (!err && !e->len)
		return -ESHUTDOWN;
	return err;
}

static void echo_upcall(struct zsock_socket *so, void *cookie, bool may_sleep)
{
	struct echo *e = cookie;
	int i, err;

	for (i = 0; i < ECHO_ROUNDS; i++) {
		err = echo_step(e);
		if (err == -EAGAIN)
			return;
		if (err) {
			echo_close(e);
			return;
		}
	}
	/* Setting it has it called again. */
	zsock_setupcall(so, echo_upcall, e);
}

static int echo_accept(struct zsock_socket *so)
{
	struct echo *e = kzalloc(sizeof(*e), GFP_KERNEL);
	int err;

	if (!e)
		return -ENOMEM;
	err = zsock_accept(so, NULL, 0, MSG_DONTWAIT, NULL, NULL, &e->so);
	if (err) {
		kfree(e);
		return err;
	}
	echo_list_add(e);
	/* From here on it may be gone at any time. */
	if (zsock_setupcall(e->so, echo_upcall, e))
		echo_close(e);
	return 0;
}

static void echo_listen_upcall(struct zsock_socket *so, void *cookie,
			       bool may_sleep)
{
	int err;

	do {
		err = echo_accept(so);
	} while (!err || err == -ECONNABORTED);
}

static int echo_listen(int protocol, ushort number, struct zsock_socket *so)
{
	struct sockaddr_in addr = {
		.sin_family	= AF_INET,
		.sin_port	= htons(number),
	};
	int on = 1, err;

	err = zsock_setsockopt(so, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!err && protocol == IPPROTO_TLS_1_2)
		err = zsock_setsockopt(so, SOL_TLS, TLS_SEC_TAG_LIST, &tag,
				       sizeof(tag));
	if (!err)
		err = zsock_bind(so, (struct sockaddr *)&addr, sizeof(addr));
	return err ?: zsock_listen(so, SOMAXCONN);
}

static int echo_open(int protocol, ushort number, struct zsock_socket **res)
{
	struct zsock_socket *so;
	int err;

	if (!number)
		return 0;
	err = zsock_socket(&init_net, AF_INET, SOCK_STREAM, protocol,
			   echo_listen_upcall, NULL, &so);
	if (err)
		return err;
	err = echo_listen(protocol, number, so);
	if (err)
		zsock_close(so);
	else
		*res = so;
	return err;
}

/* The listeners first: then there are no new connections. */
static void echo_end(void)
{
	struct echo *e;

	zsock_close(echo_listeners[0]);
	zsock_close(echo_listeners[1]);
	while ((e = echo_list_take(NULL))) {
		zsock_close(e->so);
		kfree(e);
	}
	/* Of those that closed themselves the upcalls may still be returning. */
	zsock_upcall_barrier();
}

static int __init echo_init(void)
{
	int err;

	err = echo_open(IPPROTO_TCP, port, &echo_listeners[0]);
	if (!err)
		err = echo_open(IPPROTO_TLS_1_2, tls_port, &echo_listeners[1]);
	if (err)
		echo_end();
	return err;
}

static void __exit echo_exit(void)
{
	echo_end();
}

module_init(echo_init);
module_exit(echo_exit);

MODULE_DESCRIPTION("AF_ZSOCK sample: an echo server in the kernel");
MODULE_LICENSE("GPL");
