// SPDX-License-Identifier: GPL-2.0
/*
 * Two backends whose every answer user space decides. Their sockets are the
 * kernel's own, so traffic flows; a mark tells whose they are.
 */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <net/sock.h>

#include "mock.h"

static struct mock_backend *mock_of(const struct zsock_backend *backend)
{
	return (struct mock_backend *)container_of(backend, struct mock_backend, table);
}

static bool mock_is_supported(const struct zsock_backend *backend,
			      const struct zsock_spec *spec)
{
	struct mock_backend *mock = mock_of(backend);

	atomic_inc(&mock->asked);
	return READ_ONCE(mock->supported) & BIT(spec->type);
}

/* For the test to read; the last of several at a time wins. */
static void mock_note(struct mock_backend *mock, const struct zsock_spec *spec)
{
	snprintf(mock->last, sizeof(mock->last),
		 "family=%d type=%d protocol=%d outer=%d kern=%d uid=%u",
		 spec->family, spec->type, spec->protocol, spec->outer_protocol,
		 spec->kern, from_kuid(&init_user_ns, current_euid()));
}

/* Until the test lets go of it; not for ever, where it has failed. */
static int mock_hold(const struct mock_backend *mock, unsigned int number)
{
	unsigned long end = jiffies + 120 * HZ;
	unsigned int from;

	while ((from = READ_ONCE(mock->hold)) && number >= from &&
	       time_before(jiffies, end)) {
		if (READ_ONCE(mock->interruptible) && signal_pending(current))
			return -ERESTARTSYS;
		usleep_range(1000, 2000);
	}
	return 0;
}

static int mock_create(const struct zsock_backend *backend,
		       const struct zsock_spec *spec, struct socket **res)
{
	struct mock_backend *mock = mock_of(backend);
	unsigned int number = atomic_inc_return(&mock->creates);
	int err;

	mock_note(mock, spec);
	err = mock_hold(mock, number);
	if (err)
		return err;
	/* After that: a test lets it fail while it is held. */
	err = READ_ONCE(mock->fail);
	if (err)
		return -err;
	err = __sock_create(spec->net, spec->family, spec->type,
			    READ_ONCE(mock->protocol) ?: spec->protocol, res,
			    spec->kern);
	if (!err)
		WRITE_ONCE((*res)->sk->sk_mark, mock->mark);
	return err;
}

/* Nobody connects these: what is tested is who was asked for a pair. */
static int mock_socketpair(const struct zsock_backend *backend,
			   const struct zsock_spec *spec, struct socket *res[2])
{
	int err;

	atomic_inc(&mock_of(backend)->pairs);
	err = __sock_create(spec->net, AF_UNIX, spec->type, 0, &res[0],
			    spec->kern);
	if (err)
		return err;
	err = __sock_create(spec->net, AF_UNIX, spec->type, 0, &res[1],
			    spec->kern);
	if (!err)
		err = res[0]->ops->socketpair(res[0], res[1]);
	else
		res[1] = NULL;
	if (!err)
		return 0;
	if (res[1])
		sock_release(res[1]);
	sock_release(res[0]);
	return err;
}

#define MOCK_BACKEND(x, number) {					\
	.calls		= {						\
		.owner		= THIS_MODULE,				\
		.is_supported	= mock_is_supported,			\
		.create		= mock_create,				\
		.socketpair	= mock_socketpair,			\
	},								\
	.name		= "mock" #x,					\
	.priority	= 200,						\
	.features	= ZSOCK_BACKEND_F_STREAM | ZSOCK_BACKEND_F_DGRAM, \
	.supported	= ~0U,						\
	.mark		= number,					\
}

struct mock_backend mock_backends[MOCK_BACKENDS] = {
	MOCK_BACKEND(a, 0xa),
	MOCK_BACKEND(b, 0xb),
};

/* What is to be registered: the controls as they are now. */
static void mock_fill(struct mock_backend *mock)
{
	struct zsock_backend *table = &mock->table;

	*table = mock->calls;
	strscpy(mock->table_name, mock->name, sizeof(mock->table_name));
	table->name = mock->flaw & MOCK_FLAW_NO_NAME ? NULL : mock->table_name;
	table->priority = mock->priority;
	table->family = mock->family;
	table->features = mock->features;
	if (mock->flaw & MOCK_FLAW_NO_SUPPORTED)
		table->is_supported = NULL;
	if (mock->flaw & MOCK_FLAW_NO_CREATE)
		table->create = NULL;
	if (mock->flaw & MOCK_FLAW_NO_PAIR)
		table->socketpair = NULL;
}

/* Callers hold the lock of the module's parameters. */
int mock_backend_register(struct mock_backend *mock, bool on)
{
	int err;

	if (!on) {
		err = zsock_unregister_backend(&mock->table);
		if (!err)
			mock->registered = false;
		return err;
	}
	/* The same table once more is for the core to refuse. */
	if (!mock->registered)
		mock_fill(mock);
	err = zsock_register_backend(&mock->table);
	if (!err)
		mock->registered = true;
	return err;
}

/* Put @mock, or nothing, behind the device of the caller's namespace. */
int mock_backend_netdev(struct mock_backend *mock, const char *name)
{
	struct net_device *dev;
	int err = -ENODEV;

	rtnl_lock();
	dev = __dev_get_by_name(current->nsproxy->net_ns, name);
	if (dev)
		err = zsock_backend_set_netdev(mock ? &mock->table : NULL, dev);
	rtnl_unlock();
	return err;
}

void mock_backends_exit(void)
{
	int i;

	for (i = 0; i < MOCK_BACKENDS; i++)
		if (mock_backends[i].registered)
			mock_backend_register(&mock_backends[i], false);
}
