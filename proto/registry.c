// SPDX-License-Identifier: GPL-2.0
/* The protocol handlers that there are. */
#include <linux/capability.h>
#include <linux/kmod.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "../zsock_int.h"

/* All, in order of registration; and for each type what is served, and by whom. */
static LIST_HEAD(zsock_handlers);
static struct list_head zsock_services[SOCK_MAX];
static DEFINE_MUTEX(zsock_handlers_lock);

/* Those of this module: Kbuild lists them. */
#define X(name) extern const struct zsock_proto zsock_proto_##name;
ZSOCK_BUILTIN_PROTOS
#undef X

static const struct zsock_proto * const zsock_builtin_protos[] = {
#define X(name) &zsock_proto_##name,
	ZSOCK_BUILTIN_PROTOS
#undef X
};

/* The domains that @proto names, up to a 0. */
const int *zsock_proto_domains(const struct zsock_proto *proto)
{
	static const int inet[] = { AF_INET, AF_INET6, 0 };

	return proto->domains ?: inet;
}

static bool zsock_proto_takes(const struct zsock_proto *proto, int domain)
{
	const int *d;

	if (!domain)
		return !proto->named;
	for (d = zsock_proto_domains(proto); *d; d++)
		if (*d == domain)
			return true;
	return false;
}

/* Whether @domain, as given to socket(), is one of the handler's. */
bool zsock_handler_takes(const struct zsock_handler *handler, int domain)
{
	return zsock_proto_takes(handler->proto, domain);
}

/* Whether that is so for what @id says. */
static bool zsock_id_takes(const struct zsock_proto *proto,
			   const struct zsock_proto_id *id, int domain)
{
	if (domain && id->domain)
		return domain == id->domain;
	return zsock_proto_takes(proto, domain);
}

static int zsock_id_last(const struct zsock_proto_id *id)
{
	return id->last ?: id->protocol;
}

static bool zsock_service_is(const struct zsock_service *service, int domain,
			     int protocol)
{
	const struct zsock_proto_id *id = service->id;

	return protocol >= id->protocol && protocol <= zsock_id_last(id) &&
	       zsock_id_takes(service->handler->proto, id, domain);
}

/* Pinned, or NULL. @domain and @number become what a 0 in them stands for. */
static struct zsock_handler *zsock_handler_lookup(int type, int *domain,
						  int *number)
{
	struct zsock_handler *handler = NULL;
	const struct zsock_service *service;

	rcu_read_lock();
	list_for_each_entry_rcu(service, &zsock_services[type], list) {
		if (!zsock_service_is(service, *domain, *number) ||
		    !zsock_pin_get(&service->handler->pin))
			continue;
		handler = service->handler;
		*domain = *domain ?: service->id->domain;
		*number = *number ?: handler->proto->protocol;
		break;
	}
	rcu_read_unlock();
	return handler;
}

/* Nobody serves it: is it the type, the domain, or the protocol? */
static int zsock_handler_missing(int type, int domain)
{
	const struct zsock_service *service;
	int err = -ESOCKTNOSUPPORT;

	rcu_read_lock();
	list_for_each_entry_rcu(service, &zsock_services[type], list) {
		err = -EPROTONOSUPPORT;
		if (zsock_handler_takes(service->handler, domain))
			break;
		err = -EAFNOSUPPORT;
	}
	rcu_read_unlock();
	return err;
}

/*
 * The handler for what socket() was asked for, pinned, with its module loaded
 * if need be. *@domain and *@number become what a 0 in them stands for.
 */
struct zsock_handler *zsock_handler_find(int type, int *domain, int *number)
{
	struct zsock_handler *handler;

	handler = zsock_handler_lookup(type, domain, number);
	if (!handler && *domain < AF_MAX) {
		request_module("net-pf-%d-proto-%d-type-%d", PF_ZSOCK, *number,
			       type);
		handler = zsock_handler_lookup(type, domain, number);
	}
	return handler ?: ERR_PTR(zsock_handler_missing(type, *domain));
}

/* The handler that is registered as @proto, pinned, or NULL. */
struct zsock_handler *zsock_handler_get(const struct zsock_proto *proto)
{
	struct zsock_handler *handler;

	rcu_read_lock();
	list_for_each_entry_rcu(handler, &zsock_handlers, list)
		if (handler->proto == proto && zsock_pin_get(&handler->pin))
			goto out;
	handler = NULL;
out:
	rcu_read_unlock();
	return handler;
}

/* Call @fn for each until it says other than 0. @fn may sleep. */
int zsock_handlers_walk(int (*fn)(struct zsock_handler *handler, void *arg),
			void *arg)
{
	struct zsock_handler *handler;
	int ret = 0;

	mutex_lock(&zsock_handlers_lock);
	list_for_each_entry(handler, &zsock_handlers, list) {
		ret = fn(handler, arg);
		if (ret)
			break;
	}
	mutex_unlock(&zsock_handlers_lock);
	return ret;
}

static bool zsock_id_ok(const struct zsock_proto *proto,
			const struct zsock_proto_id *id)
{
	if (id->type <= 0 || id->type >= SOCK_MAX)
		return false;
	if (id->protocol < 0 || id->last > ZSOCK_PROTO_MASK ||
	    id->protocol > ZSOCK_PROTO_MASK)
		return false;
	if (id->last && id->last < id->protocol)
		return false;
	return !id->domain || zsock_proto_takes(proto, id->domain);
}

static bool zsock_proto_ok(const struct zsock_proto *proto)
{
	unsigned int i;

	if (!zsock_name_ok(proto->name) || !proto->nids != !proto->ids)
		return false;
	if (proto->whole && (!proto->may_whole || !proto->hand_over))
		return false;
	for (i = 0; i < proto->nids; i++)
		if (!zsock_id_ok(proto, &proto->ids[i]))
			return false;
	return true;
}

/* Whether a call of socket() could mean both. */
static bool zsock_ids_meet(const struct zsock_proto *a,
			   const struct zsock_proto_id *ia,
			   const struct zsock_proto *b,
			   const struct zsock_proto_id *ib)
{
	const int *d;

	if (ia->protocol > zsock_id_last(ib) ||
	    ib->protocol > zsock_id_last(ia))
		return false;
	if (!a->named && !b->named)
		return true;
	for (d = zsock_proto_domains(a); *d; d++)
		if (zsock_id_takes(a, ia, *d) && zsock_id_takes(b, ib, *d))
			return true;
	return false;
}

static bool zsock_service_taken(const struct zsock_proto *proto,
				const struct zsock_proto_id *id)
{
	const struct zsock_service *service;

	list_for_each_entry(service, &zsock_services[id->type], list)
		if (zsock_ids_meet(service->handler->proto, service->id, proto,
				   id))
			return true;
	return false;
}

static bool zsock_proto_clashes(const struct zsock_proto *proto)
{
	struct zsock_handler *handler;
	unsigned int i;

	list_for_each_entry(handler, &zsock_handlers, list)
		if (!strcmp(handler->proto->name, proto->name))
			return true;
	for (i = 0; i < proto->nids; i++)
		if (zsock_service_taken(proto, &proto->ids[i]))
			return true;
	return false;
}

static void zsock_handler_insert(struct zsock_handler *handler)
{
	const struct zsock_proto *proto = handler->proto;
	struct zsock_service *service;
	unsigned int i;

	list_add_tail_rcu(&handler->list, &zsock_handlers);
	for (i = 0; i < proto->nids; i++) {
		service = &handler->services[i];
		service->handler = handler;
		service->id = &proto->ids[i];
		list_add_tail_rcu(&service->list,
				  &zsock_services[proto->ids[i].type]);
	}
}

static void zsock_handler_remove(struct zsock_handler *handler)
{
	unsigned int i;

	list_del_rcu(&handler->list);
	for (i = 0; i < handler->proto->nids; i++)
		list_del_rcu(&handler->services[i].list);
}

/**
 * zsock_register_proto - add a protocol handler
 * @proto: the handler; stays the caller's, and where it is until
 *	zsock_unregister_proto() returned 0
 *
 * Sockets may use it before this returns.
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL for a bad name or id; -EEXIST where the name or one of the
 * ids is another handler's; -ENOMEM.
 */
int zsock_register_proto(const struct zsock_proto *proto)
{
	struct zsock_handler *handler;
	int err;

	if (!zsock_proto_ok(proto))
		return -EINVAL;
	handler = kzalloc(struct_size(handler, services, proto->nids),
			  GFP_KERNEL);
	if (!handler)
		return -ENOMEM;
	handler->proto = proto;
	INIT_LIST_HEAD(&handler->tables);
	err = zsock_pin_init(&handler->pin, proto->owner);
	if (err)
		goto out_free;

	mutex_lock(&zsock_handlers_lock);
	if (zsock_proto_clashes(proto))
		err = -EEXIST;
	else
		zsock_handler_insert(handler);
	mutex_unlock(&zsock_handlers_lock);
	if (!err)
		return 0;

	zsock_pin_free(&handler->pin);
out_free:
	kfree(handler);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_register_proto);

static struct zsock_handler *zsock_handler_of(const struct zsock_proto *proto)
{
	struct zsock_handler *handler;

	list_for_each_entry(handler, &zsock_handlers, list)
		if (handler->proto == proto)
			return handler;
	return NULL;
}

/**
 * zsock_unregister_proto - take a protocol handler away
 * @proto: the handler
 *
 * In a module's exit function it cannot fail: sockets of the handler hold its
 * module.
 *
 * Context: process, sleeps for an RCU grace period.
 * Return: 0; -EBUSY while sockets use it, and it stays registered; -ENOENT if
 * it is not registered.
 */
int zsock_unregister_proto(const struct zsock_proto *proto)
{
	struct zsock_handler *handler;
	int err = -ENOENT;

	mutex_lock(&zsock_handlers_lock);
	handler = zsock_handler_of(proto);
	if (handler) {
		err = zsock_pin_kill(&handler->pin);
		if (!err)
			zsock_handler_remove(handler);
	}
	mutex_unlock(&zsock_handlers_lock);
	if (err)
		return err;

	/* Nobody is in the list any more, nor in @proto's functions. */
	synchronize_rcu();
	zsock_tables_free(handler);
	zsock_pin_free(&handler->pin);
	kfree(handler);
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_unregister_proto);

/**
 * zsock_permit_raw - a @permit for handlers whose sockets bypass the stack
 * @net: namespace that the socket is for
 *
 * Context: process.
 * Return: 0 where the caller has CAP_NET_RAW in the user namespace that @net
 * belongs to, else -EPERM: what AF_INET and AF_PACKET say.
 */
int zsock_permit_raw(const struct net *net)
{
	return ns_capable(net->user_ns, CAP_NET_RAW) ? 0 : -EPERM;
}
EXPORT_SYMBOL_GPL(zsock_permit_raw);

void zsock_protos_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(zsock_builtin_protos); i++)
		zsock_unregister_proto(zsock_builtin_protos[i]);
}

int __init zsock_protos_init(void)
{
	int i, err;

	for (i = 0; i < SOCK_MAX; i++)
		INIT_LIST_HEAD(&zsock_services[i]);
	for (i = 0; i < ARRAY_SIZE(zsock_builtin_protos); i++) {
		err = zsock_register_proto(zsock_builtin_protos[i]);
		if (err) {
			zsock_protos_exit();
			return err;
		}
	}
	return 0;
}
