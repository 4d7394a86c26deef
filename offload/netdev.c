// SPDX-License-Identifier: GPL-2.0
/*
 * Offloaded network devices: binding a socket to one dispatches it to the
 * backend behind the device.
 */
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "../zsock_int.h"

/**
 * struct zsock_netdev - one offloaded device
 * @dev: not held: its unregistration ends the entry
 * @carrier: the backend behind it; its unregistration ends the entry
 * @list: of all, under RCU
 * @rcu: for freeing
 */
struct zsock_netdev {
	const struct net_device		*dev;
	const struct zsock_carrier	*carrier;
	struct list_head		list;
	struct rcu_head			rcu;
};

static LIST_HEAD(zsock_netdevs);
static DEFINE_MUTEX(zsock_netdevs_lock);

/* The backend behind device @ifindex, or NULL. For comparing, not for use. */
const struct zsock_carrier *zsock_netdev_carrier(struct net *net, int ifindex)
{
	const struct zsock_carrier *carrier = NULL;
	const struct net_device *dev;
	struct zsock_netdev *nd;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, ifindex);
	list_for_each_entry_rcu(nd, &zsock_netdevs, list)
		if (dev && nd->dev == dev)
			carrier = nd->carrier;
	rcu_read_unlock();
	return carrier;
}

/* Whether device @ifindex is there, and has been set up. */
bool zsock_netdev_up(struct net *net, int ifindex)
{
	const struct net_device *dev;
	bool up;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, ifindex);
	up = dev && READ_ONCE(dev->flags) & IFF_UP;
	rcu_read_unlock();
	return up;
}

/* Index of the @nth device of @carrier in @net, or 0. */
int zsock_netdev_ifindex(struct net *net, const struct zsock_carrier *carrier,
			 unsigned int nth)
{
	struct zsock_netdev *nd;
	int ifindex = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(nd, &zsock_netdevs, list) {
		if (nd->carrier != carrier || !net_eq(dev_net(nd->dev), net))
			continue;
		if (!nth--) {
			ifindex = nd->dev->ifindex;
			break;
		}
	}
	rcu_read_unlock();
	return ifindex;
}

static void zsock_netdev_del(struct zsock_netdev *nd)
{
	list_del_rcu(&nd->list);
	kfree_rcu(nd, rcu);
}

/* End the association of @dev, or all of @carrier's: the one that is given. */
static void zsock_netdev_drop(const struct net_device *dev,
			      const struct zsock_carrier *carrier)
{
	struct zsock_netdev *nd, *tmp;

	list_for_each_entry_safe(nd, tmp, &zsock_netdevs, list)
		if (nd->dev == dev || nd->carrier == carrier)
			zsock_netdev_del(nd);
}

void zsock_netdev_forget(const struct zsock_carrier *carrier)
{
	mutex_lock(&zsock_netdevs_lock);
	zsock_netdev_drop(NULL, carrier);
	mutex_unlock(&zsock_netdevs_lock);
}

/**
 * zsock_backend_set_netdev - say which backend is behind a network device
 * @backend: a registered backend, or NULL: @dev is a plain device again
 * @dev: a registered device; no reference is kept
 *
 * A socket bound to @dev before its dispatch goes to @backend, and to no other;
 * while @dev is down, to none.
 * A device has one backend at the most: the last one said. The association
 * ends with the device or with the backend, and when the device moves to
 * another network namespace.
 *
 * Context: process, may sleep; the caller keeps @dev registered.
 * Return: 0; -ENOENT if @backend is not registered; -ENODEV if @dev is not;
 * -ENOMEM.
 */
int zsock_backend_set_netdev(const struct zsock_backend *backend,
			     struct net_device *dev)
{
	const struct zsock_carrier *carrier = NULL;
	struct zsock_netdev *nd = NULL;

	if (dev->reg_state != NETREG_REGISTERED)
		return -ENODEV;
	if (backend) {
		carrier = zsock_carrier_of(backend);
		if (!carrier)
			return -ENOENT;
		nd = kzalloc(sizeof(*nd), GFP_KERNEL);
		if (!nd)
			return -ENOMEM;
		nd->dev = dev;
		nd->carrier = carrier;
	}
	mutex_lock(&zsock_netdevs_lock);
	zsock_netdev_drop(dev, ERR_PTR(-ENOENT));
	if (nd)
		list_add_tail_rcu(&nd->list, &zsock_netdevs);
	mutex_unlock(&zsock_netdevs_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(zsock_backend_set_netdev);

static int zsock_netdev_event(struct notifier_block *nb, unsigned long event,
			      void *ptr)
{
	if (event == NETDEV_UNREGISTER) {
		mutex_lock(&zsock_netdevs_lock);
		zsock_netdev_drop(netdev_notifier_info_to_dev(ptr),
				  ERR_PTR(-ENOENT));
		mutex_unlock(&zsock_netdevs_lock);
	}
	return NOTIFY_DONE;
}

static struct notifier_block zsock_netdev_notifier = {
	.notifier_call = zsock_netdev_event,
};

int __init zsock_netdev_init(void)
{
	return register_netdevice_notifier(&zsock_netdev_notifier);
}

void zsock_netdev_exit(void)
{
	unregister_netdevice_notifier(&zsock_netdev_notifier);
}
