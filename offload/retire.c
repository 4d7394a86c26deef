// SPDX-License-Identifier: GPL-2.0
/*
 * Backends that were taken away from under their sockets: each stays until its
 * last socket is gone. Nobody tells when that is, since a pin is put without a
 * look at the others; so as long as there are any, they are looked at.
 */
#include <linux/workqueue.h>

#include "../zsock_int.h"

#define ZSOCK_REAP_EVERY	(HZ / 2)

static LIST_HEAD(zsock_retired);
static DEFINE_MUTEX(zsock_retired_lock);

static void zsock_reap(struct work_struct *work);
static DECLARE_DELAYED_WORK(zsock_reaper, zsock_reap);

/* Move those without sockets to @gone. Whether any stay. */
static bool zsock_reap_unused(struct list_head *gone)
{
	struct zsock_carrier *carrier, *tmp;
	bool stay;

	mutex_lock(&zsock_retired_lock);
	list_for_each_entry_safe(carrier, tmp, &zsock_retired, list)
		if (!zsock_pin_users(&carrier->pin))
			list_move_tail(&carrier->list, gone);
	stay = !list_empty(&zsock_retired);
	mutex_unlock(&zsock_retired_lock);
	return stay;
}

static void zsock_reap(struct work_struct *work)
{
	struct zsock_carrier *carrier, *tmp;
	struct module *owner;
	LIST_HEAD(gone);

	if (zsock_reap_unused(&gone))
		schedule_delayed_work(&zsock_reaper, ZSOCK_REAP_EVERY);
	list_for_each_entry_safe(carrier, tmp, &gone, list) {
		owner = zsock_pin_module(&carrier->pin);
		carrier->released(carrier->backend);
		zsock_carrier_free(carrier);
		module_put(owner);
	}
}

/* @carrier is in no list, and no reader has it. */
void zsock_carrier_retire(struct zsock_carrier *carrier)
{
	mutex_lock(&zsock_retired_lock);
	list_add_tail(&carrier->list, &zsock_retired);
	mutex_unlock(&zsock_retired_lock);
	schedule_delayed_work(&zsock_reaper, 0);
}

/* No socket is left: each held this module. */
void zsock_retired_exit(void)
{
	cancel_delayed_work_sync(&zsock_reaper);
	zsock_reap(NULL);
	WARN_ON_ONCE(!list_empty(&zsock_retired));
}
