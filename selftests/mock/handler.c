// SPDX-License-Identifier: GPL-2.0
/*
 * Two handlers. "mockstream" is TCP under another number, with some calls
 * replaced: what is sent arrives in capitals. "mockdomain" has a domain of its
 * own, AF_UNIX, and asks a permission.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "mock.h"

/* How many bytes one call takes: a short count is a stream's right. */
#define MOCK_CHUNK	4096

int mock_permit_errno;
int mock_option_errno;
atomic_t mock_overrides;
atomic_t mock_getnames;
atomic_t mock_upper;

/* ---- mockstream ---- */

static int mock_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	atomic_inc(&mock_getnames);
	return zsock_inner_ops(sock)->getname(sock, addr, peer);
}

/* @msg again, with other data. */
static int mock_send_buffer(struct socket *sock, struct msghdr *msg, char *buf,
			    size_t size)
{
	struct iov_iter iter = msg->msg_iter;
	struct kvec vec = { .iov_base = buf, .iov_len = size };
	int ret;

	iov_iter_kvec(&msg->msg_iter, ITER_SOURCE, &vec, 1, size);
	ret = zsock_inner_ops(sock)->sendmsg(sock, msg, size);
	msg->msg_iter = iter;
	if (ret > 0)
		atomic_add(ret, &mock_upper);
	return ret;
}

static int mock_sendmsg(struct socket *sock, struct msghdr *msg, size_t size)
{
	size_t i, n = min_t(size_t, size, MOCK_CHUNK);
	int ret = -EFAULT;
	char *buf;

	buf = kmalloc(MOCK_CHUNK, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (copy_from_iter(buf, n, &msg->msg_iter) == n) {
		for (i = 0; i < n; i++)
			buf[i] = toupper(buf[i]);
		ret = mock_send_buffer(sock, msg, buf, n);
	}
	kfree(buf);
	return ret;
}

static void mock_override(struct proto_ops *ops)
{
	atomic_inc(&mock_overrides);
	ops->getname = mock_getname;
	ops->sendmsg = mock_sendmsg;
}

static void mock_inner(struct zsock_spec *spec)
{
	spec->protocol = IPPROTO_TCP;
}

/* A value that no other socket has, to be recognised. */
static void mock_init_sk(struct sock *sk)
{
	WRITE_ONCE(sk->sk_rcvbuf, 54321);
}

static int mock_check_option(struct socket *sock, int level, int optname,
			     sockptr_t optval, unsigned int optlen)
{
	return level == SOL_TCP ? -READ_ONCE(mock_option_errno) : 0;
}

struct mock_handler mock_stream = {
	.table	= {
		.owner		= THIS_MODULE,
		.init_sk	= mock_init_sk,
		.inner		= mock_inner,
		.check_option	= mock_check_option,
		.override	= mock_override,
	},
	.name	= "mockstream",
	.type	= SOCK_STREAM,
	.number	= 200,
};

/* ---- mockdomain ---- */

static const int mock_domains[] = { AF_UNIX, 0 };

static int mock_permit(const struct net *net)
{
	return -READ_ONCE(mock_permit_errno);
}

static void mock_domain_inner(struct zsock_spec *spec)
{
	spec->protocol = 0;
}

struct mock_handler mock_domain = {
	.table	= {
		.owner		= THIS_MODULE,
		.domains	= mock_domains,
		.permit		= mock_permit,
		.inner		= mock_domain_inner,
	},
	.name	= "mockdomain",
	.type	= SOCK_DGRAM,
	.number	= 201,
};

/* ---- both ---- */

static void mock_handler_fill(struct mock_handler *mock)
{
	mock->id.type = mock->type;
	mock->id.protocol = mock->number;
	mock->table.ids = &mock->id;
	mock->table.nids = 1;
	mock->table.protocol = mock->number;
	strscpy(mock->table_name, mock->name, sizeof(mock->table_name));
	mock->table.name = mock->table_name;
}

/* Callers hold the lock of the module's parameters. */
int mock_handler_register(struct mock_handler *mock, bool on)
{
	int err;

	if (!on) {
		err = zsock_unregister_proto(&mock->table);
		if (!err)
			mock->registered = false;
		return err;
	}
	if (!mock->registered)
		mock_handler_fill(mock);
	err = zsock_register_proto(&mock->table);
	if (!err)
		mock->registered = true;
	return err;
}

void mock_handlers_exit(void)
{
	if (mock_stream.registered)
		mock_handler_register(&mock_stream, false);
	if (mock_domain.registered)
		mock_handler_register(&mock_domain, false);
}
