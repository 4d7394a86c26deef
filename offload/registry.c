// SPDX-License-Identifier: GPL-2.0
/* The backends that there are, in order of priority. */
#include <linux/rculist.h>
#include <linux/slab.h>

#include "../zsock_int.h"

static LIST_HEAD(zsock_carriers);
static DEFINE_MUTEX(zsock_carriers_lock);
/* How many have ZSOCK_BACKEND_F_INET. Written under the mutex. */
static unsigned int zsock_all_inet;

/* Those of this module: Kbuild lists them. */
#define X(name) extern const struct zsock_backend zsock_backend_##name;
ZSOCK_BUILTIN_BACKENDS
#undef X

static const struct zsock_backend * const zsock_builtin_backends[] = {
#define X(name) &zsock_backend_##name,
	ZSOCK_BUILTIN_BACKENDS
#undef X
};

void zsock_carrier_free(struct zsock_carrier *carrier)
{
	zsock_pin_free(&carrier->pin);
	kfree(carrier);
}

/* Whether a namespace may have both. */
static bool zsock_backends_meet(const struct zsock_backend *a,
				const struct zsock_backend *b)
{
	return !a->net || !b->net || net_eq(a->net, b->net);
}

static bool zsock_carrier_would(const struct zsock_carrier *carrier,
				const struct zsock_spec *spec)
{
	const struct zsock_backend *backend = carrier->backend;
	struct zsock_spec whole;

	if (READ_ONCE(carrier->pin.dead))
		return false;
	if (!zsock_backend_in(backend, spec->net))
		return false;
	if (backend->family && spec->family && backend->family != spec->family)
		return false;
	if (!spec->whole || !(backend->features & ZSOCK_BACKEND_F_TLS))
		return backend->is_supported(backend, spec);
	whole = *spec;
	whole.protocol = spec->whole;
	return backend->is_supported(backend, &whole);
}

/*
 * The first backend that would make @spec and has all of @features: the one
 * of @name unless that is empty; @only unless that is NULL. Pinned, or NULL.
 */
struct zsock_carrier *zsock_carrier_pick(const struct zsock_spec *spec,
					 const char *name,
					 const struct zsock_carrier *only,
					 u32 features)
{
	struct zsock_carrier *carrier;

	rcu_read_lock();
	list_for_each_entry_rcu(carrier, &zsock_carriers, list) {
		if (only && carrier != only)
			continue;
		if (name[0] && strcmp(carrier->backend->name, name))
			continue;
		if ((carrier->backend->features & features) != features)
			continue;
		if (zsock_carrier_would(carrier, spec) &&
		    zsock_pin_get(&carrier->pin))
			goto out;
	}
	carrier = NULL;
out:
	rcu_read_unlock();
	return carrier;
}

/* Whether IP sockets need not be asked about: one refuses none. */
bool zsock_carrier_all_inet(void)
{
	return READ_ONCE(zsock_all_inet);
}

/* Whether anyone would make @spec. */
bool zsock_carrier_any(const struct zsock_spec *spec)
{
	struct zsock_carrier *carrier;
	bool any = false;

	rcu_read_lock();
	list_for_each_entry_rcu(carrier, &zsock_carriers, list) {
		any = zsock_carrier_would(carrier, spec);
		if (any)
			break;
	}
	rcu_read_unlock();
	return any;
}

/* Whether @net has a backend of that name. */
bool zsock_carrier_known(const struct net *net, const char *name)
{
	struct zsock_carrier *carrier;
	bool known = false;

	rcu_read_lock();
	list_for_each_entry_rcu(carrier, &zsock_carriers, list)
		if (zsock_backend_in(carrier->backend, net) &&
		    !strcmp(carrier->backend->name, name))
			known = true;
	rcu_read_unlock();
	return known;
}

/* Call @fn for each until it says other than 0. @fn may sleep. */
int zsock_carriers_walk(int (*fn)(struct zsock_carrier *carrier, void *arg),
			void *arg)
{
	struct zsock_carrier *carrier;
	int ret = 0;

	mutex_lock(&zsock_carriers_lock);
	list_for_each_entry(carrier, &zsock_carriers, list) {
		ret = fn(carrier, arg);
		if (ret)
			break;
	}
	mutex_unlock(&zsock_carriers_lock);
	return ret;
}

static struct zsock_carrier *
zsock_carrier_lookup(const struct zsock_backend *backend)
{
	struct zsock_carrier *carrier;

	list_for_each_entry(carrier, &zsock_carriers, list)
		if (carrier->backend == backend)
			return carrier;
	return NULL;
}

/* Valid while the caller knows @backend to stay registered. */
struct zsock_carrier *zsock_carrier_of(const struct zsock_backend *backend)
{
	struct zsock_carrier *carrier;

	mutex_lock(&zsock_carriers_lock);
	carrier = zsock_carrier_lookup(backend);
	mutex_unlock(&zsock_carriers_lock);
	return carrier;
}

static bool zsock_backend_ok(const struct zsock_backend *backend)
{
	if (!zsock_name_ok(backend->name) || backend->family < 0 ||
	    backend->family >= AF_MAX)
		return false;
	if (!backend->is_supported || !backend->create)
		return false;
	return !(backend->features & ZSOCK_BACKEND_F_PAIR) ||
	       backend->socketpair;
}

static void zsock_count_inet(const struct zsock_backend *backend, int n)
{
	if (backend->features & ZSOCK_BACKEND_F_INET && !backend->net)
		WRITE_ONCE(zsock_all_inet, zsock_all_inet + n);
}

/* Behind all of the same priority; -EEXIST where the name is taken. */
static int zsock_carrier_insert(struct zsock_carrier *new)
{
	struct list_head *at = &zsock_carriers;
	struct zsock_carrier *carrier;

	list_for_each_entry(carrier, &zsock_carriers, list)
		if (zsock_backends_meet(carrier->backend, new->backend) &&
		    !strcmp(carrier->backend->name, new->backend->name))
			return -EEXIST;
	list_for_each_entry(carrier, &zsock_carriers, list) {
		if (carrier->backend->priority > new->backend->priority)
			break;
		at = &carrier->list;
	}
	list_add_rcu(&new->list, at);
	zsock_count_inet(new->backend, 1);
	return 0;
}

/**
 * zsock_register_backend - add a backend
 * @backend: the backend; stays the caller's, and where it is until
 *	zsock_unregister_backend() returned 0
 *
 * Sockets may be dispatched to it before this returns.
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL where a field breaks the rules of struct zsock_backend;
 * -EEXIST where the name is taken; -ENOMEM.
 */
int zsock_register_backend(const struct zsock_backend *backend)
{
	struct zsock_carrier *carrier;
	int err;

	if (!zsock_backend_ok(backend))
		return -EINVAL;
	carrier = kzalloc(sizeof(*carrier), GFP_KERNEL);
	if (!carrier)
		return -ENOMEM;
	carrier->backend = backend;
	err = zsock_pin_init(&carrier->pin, backend->owner);
	if (err)
		goto out_free;

	mutex_lock(&zsock_carriers_lock);
	err = zsock_carrier_insert(carrier);
	mutex_unlock(&zsock_carriers_lock);
	if (!err)
		return 0;

	zsock_pin_free(&carrier->pin);
out_free:
	kfree(carrier);
	return err;
}
EXPORT_SYMBOL_GPL(zsock_register_backend);

/**
 * zsock_unregister_backend - take a backend away
 * @backend: the backend
 *
 * Its network devices become plain ones. In a module's exit function it cannot
 * fail: sockets on the backend hold its module.
 *
 * Context: process, sleeps for an RCU grace period.
 * Return: 0; -EBUSY while it carries sockets or makes one, and it stays
 * registered; -ENOENT if it is not registered.
 */
int zsock_unregister_backend(const struct zsock_backend *backend)
{
	struct zsock_carrier *carrier;
	int err = -ENOENT;

	mutex_lock(&zsock_carriers_lock);
	carrier = zsock_carrier_lookup(backend);
	if (carrier) {
		err = zsock_pin_kill(&carrier->pin);
		if (!err) {
			list_del_rcu(&carrier->list);
			zsock_count_inet(backend, -1);
		}
	}
	mutex_unlock(&zsock_carriers_lock);
	if (err)
		return err;

	zsock_netdev_forget(carrier);
	/* Nobody is in the lists any more, nor in @backend's functions. */
	synchronize_rcu();
	zsock_carrier_free(carrier);
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_unregister_backend);

/**
 * zsock_retire_backend - take a backend away from under its sockets
 * @backend: the backend
 * @released: called with @backend when its last socket is gone, which may be
 *	before this returns; process context, no locks held
 *
 * It gets no new sockets, its devices become plain ones and its name is free.
 * The sockets that it has keep it and its module: what becomes of them is its
 * own business. @backend's module cannot be unloaded before @released returned.
 *
 * Context: process, sleeps for an RCU grace period.
 * Return: 0; -ENOENT if it is not registered, and @released is not called.
 */
int zsock_retire_backend(const struct zsock_backend *backend,
			 void (*released)(const struct zsock_backend *backend))
{
	struct zsock_carrier *carrier;

	mutex_lock(&zsock_carriers_lock);
	carrier = zsock_carrier_lookup(backend);
	if (carrier) {
		WRITE_ONCE(carrier->pin.dead, true);
		list_del_rcu(&carrier->list);
		zsock_count_inet(backend, -1);
	}
	mutex_unlock(&zsock_carriers_lock);
	if (!carrier)
		return -ENOENT;

	zsock_netdev_forget(carrier);
	/* Nobody is in the lists any more, and who took a pin has counted. */
	synchronize_rcu();
	__module_get(zsock_pin_module(&carrier->pin));
	carrier->released = released;
	zsock_carrier_retire(carrier);
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_retire_backend);

void zsock_backends_exit(void)
{
	int i;

	zsock_retired_exit();
	for (i = 0; i < ARRAY_SIZE(zsock_builtin_backends); i++)
		zsock_unregister_backend(zsock_builtin_backends[i]);
}

int __init zsock_backends_init(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(zsock_builtin_backends); i++) {
		err = zsock_register_backend(zsock_builtin_backends[i]);
		if (err) {
			zsock_backends_exit();
			return err;
		}
	}
	return 0;
}
