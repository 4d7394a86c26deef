// SPDX-License-Identifier: GPL-2.0
/*
 * Pins: counting the users of a registered handler or backend.
 *
 * Two counters a CPU, so that sockets on different CPUs share no cache line:
 * pins taken and pins put. A sum over all CPUs is not a snapshot, so the pins
 * put are summed first. Where as many were taken, there was a time without a
 * user; and once the pin is dead, only a user makes another.
 */
#include <linux/ctype.h>
#include <linux/rcupdate.h>

#include "zsock_int.h"

int zsock_pin_init(struct zsock_pin *pin, struct module *owner)
{
	pin->users = alloc_percpu(struct zsock_pin_count);
	if (!pin->users)
		return -ENOMEM;
	pin->owner = owner;
	pin->dead = false;
	return 0;
}

void zsock_pin_free(struct zsock_pin *pin)
{
	free_percpu(pin->users);
}

/* Every socket holds this module already. */
struct module *zsock_pin_module(const struct zsock_pin *pin)
{
	return pin->owner == THIS_MODULE ? NULL : pin->owner;
}

/* Take one, if it may still be taken. Under rcu_read_lock(). */
bool zsock_pin_get(struct zsock_pin *pin)
{
	struct module *owner = zsock_pin_module(pin);

	if (READ_ONCE(pin->dead) || (owner && !try_module_get(owner)))
		return false;
	this_cpu_inc(pin->users->taken);
	return true;
}

/* Take another; the caller holds one. */
void zsock_pin_dup(struct zsock_pin *pin)
{
	__module_get(zsock_pin_module(pin));
	this_cpu_inc(pin->users->taken);
}

void zsock_pin_put(struct zsock_pin *pin)
{
	struct module *owner = zsock_pin_module(pin);

	/* Whoever sees this one put sees those that it was the parent of. */
	smp_mb();
	this_cpu_inc(pin->users->put);
	if (owner)
		module_put(owner);
}

unsigned int zsock_pin_users(const struct zsock_pin *pin)
{
	unsigned int taken = 0, put = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		put += READ_ONCE(per_cpu_ptr(pin->users, cpu)->put);
	/* Pairs with the one in zsock_pin_put(). */
	smp_mb();
	for_each_possible_cpu(cpu)
		taken += READ_ONCE(per_cpu_ptr(pin->users, cpu)->taken);
	return taken - put;
}

/* No more users: 0, or -EBUSY and it lives on. May sleep. */
int zsock_pin_kill(struct zsock_pin *pin)
{
	WRITE_ONCE(pin->dead, true);
	/* Those who saw it alive have counted themselves after this. */
	synchronize_rcu();
	if (!zsock_pin_users(pin))
		return 0;
	WRITE_ONCE(pin->dead, false);
	return -EBUSY;
}

/* A name is shown in blank-separated listings and passed in options. */
bool zsock_name_ok(const char *name)
{
	size_t len = name ? strnlen(name, ZSOCK_NAME_MAX) : 0;
	size_t i;

	if (!len || len == ZSOCK_NAME_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || !isgraph(name[i]))
			return false;
	return true;
}
