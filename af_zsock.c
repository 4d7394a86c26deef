// SPDX-License-Identifier: GPL-2.0
/*
 * AF_ZSOCK: a socket family that bridges ordinary socket calls to pluggable
 * protocol handlers and pluggable offload backends.
 *
 * This file is the family itself: socket(), and loading and unloading.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/module.h>

#include "agent/request.h"
#include "tls/tls.h"
#include "trace.h"
#include "zsock_int.h"

#define ZSOCK_VERSION	"0.1.0"

static int zsock_family_number = AF_ZSOCK;
module_param_named(family, zsock_family_number, int, 0444);
MODULE_PARM_DESC(family, "address family number (default 18, which mainline reserves and does not use)");

struct proto zsock_prot = {
	.name		= "ZSOCK",
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct zsock_fresh),
	.release_cb	= zsock_release_cb,
};

/**
 * zsock_family - the address family's number
 *
 * Context: any.
 * Return: the number in use, AF_ZSOCK unless a module parameter said another.
 */
int zsock_family(void)
{
	return zsock_family_number;
}
EXPORT_SYMBOL_GPL(zsock_family);

static int zsock_check_access(struct net *net)
{
	switch (READ_ONCE(zsock_net(net)->access)) {
	case ZSOCK_ACCESS_ALL:
		return 0;
	case ZSOCK_ACCESS_ADMIN:
		return ns_capable(net->user_ns, CAP_NET_ADMIN) ? 0 : -EPERM;
	default:
		return -EACCES;
	}
}

/*
 * Whether the caller may have sockets of this family, or credentials for
 * them, at all. The initial
 * namespace's word holds for all: others are anybody's to make.
 */
int zsock_may_create(struct net *net, int kern)
{
	int err = 0;

	if (kern)
		return 0;
	if (!net_eq(net, &init_net))
		err = zsock_check_access(&init_net);
	return err ?: zsock_check_access(net);
}

/* Whether @handler and some backend would have such a socket. */
static int zsock_may_carry(struct net *net, struct zsock_handler *handler,
			   int type, int domain, int number, int kern)
{
	const struct zsock_proto *proto = handler->proto;
	struct zsock_spec spec;
	int err = 0;

	if (proto->permit && !kern)
		err = proto->permit(net);
	if (err)
		return err;
	if (!proto->domains && zsock_carrier_all_inet())
		return 0;
	zsock_spec_init(&spec, handler, net, type, domain, number, kern);
	return zsock_carrier_any(&spec) ? 0 : -EAFNOSUPPORT;
}

/* Some have something to receive from now on: see struct zsock_proto. */
static int zsock_begin(struct socket *sock)
{
	const struct zsock_sock *zs = zsock_sk(sock);
	const struct zsock_proto *proto = zs->handler->proto;
	int err;

	if (!proto->at_once || (!zs->domain && !proto->domains))
		return 0;
	err = zsock_dispatch(sock, AF_UNSPEC);
	if (err)
		sock->ops->release(sock);
	return err;
}

static int zsock_create(struct net *net, struct socket *sock, int protocol,
			int kern)
{
	struct zsock_net *zn = zsock_net(net);
	struct zsock_handler *handler;
	int domain, number;
	int err;

	err = zsock_may_create(net, kern);
	if (err) {
		zsock_stat_inc(zn, DENIED);
		return err;
	}
	if (protocol < 0)
		return -EINVAL;
	domain = ZSOCK_PROTO_DOMAIN(protocol);
	number = ZSOCK_PROTO_NUMBER(protocol);

	handler = zsock_handler_find(sock->type, &domain, &number);
	if (IS_ERR(handler))
		return PTR_ERR(handler);
	err = zsock_may_carry(net, handler, sock->type, domain, number, kern);
	if (err) {
		zsock_pin_put(&handler->pin);
		return err;
	}
	err = zsock_fresh_create(net, sock, handler, domain, number, kern);
	if (err)
		return err;
	zsock_stat_inc(zn, CREATED);
	trace_zsock_create(zsock_sk(sock));
	return zsock_begin(sock);
}

static struct net_proto_family zsock_net_family = {
	.create	= zsock_create,
	.owner	= THIS_MODULE,
};

static int __init zsock_register_family(void)
{
	int family = zsock_family_number;
	int err;

	if (family <= AF_UNSPEC || family >= AF_MAX) {
		pr_err("family=%d is no address family number: 1 to %d are\n",
		       family, AF_MAX - 1);
		return -EINVAL;
	}
	zsock_net_family.family = family;
	err = sock_register(&zsock_net_family);
	if (err)
		pr_err("address family %d is taken (%d); load with family=N for a free number N\n",
		       family, err);
	return err;
}

/* In order; undone backwards. The family comes last: it opens the door. */
static const struct zsock_part {
	int (*init)(void);
	void (*exit)(void);
} zsock_parts[] = {
	{ zsock_sock_init,	zsock_sock_exit },
	{ zsock_protos_init,	zsock_protos_exit },
	{ zsock_backends_init,	zsock_backends_exit },
	{ zsock_netdev_init,	zsock_netdev_exit },
	{ zsock_cred_key_init,	zsock_cred_key_exit },
	{ zsock_kpi_init,	zsock_kpi_exit },
	{ zsock_net_init,	zsock_net_exit },
	{ zsock_agent_init,	zsock_agent_exit },
	{ zsock_tls_init,	zsock_tls_exit },
	{ zsock_socks5_init,	zsock_socks5_exit },
	{ zsock_remotes_init,	zsock_remotes_exit },
	{ zsock_netlink_init,	zsock_netlink_exit },
};

static void zsock_undo(int n)
{
	while (n--)
		zsock_parts[n].exit();
}

static int __init zsock_init(void)
{
	int i, err;

	err = proto_register(&zsock_prot, 1);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(zsock_parts); i++) {
		err = zsock_parts[i].init();
		if (err)
			goto out;
	}
	err = zsock_register_family();
	if (err)
		goto out;
	return 0;
out:
	zsock_undo(i);
	proto_unregister(&zsock_prot);
	return err;
}

/* No socket exists: each holds the module. */
static void __exit zsock_exit(void)
{
	sock_unregister(zsock_family_number);
	zsock_undo(ARRAY_SIZE(zsock_parts));
	proto_unregister(&zsock_prot);
	/* Callbacks of ours may still be under way. */
	rcu_barrier();
}

module_init(zsock_init);
module_exit(zsock_exit);

MODULE_DESCRIPTION("AF_ZSOCK socket family");
MODULE_LICENSE("GPL");
MODULE_VERSION(ZSOCK_VERSION);
MODULE_ALIAS_NETPROTO(PF_ZSOCK);
