/* SPDX-License-Identifier: GPL-2.0 */
/* The network device of a backend behind a pipe. */
#ifndef _ZSOCK_REMOTE_NETDEV_H
#define _ZSOCK_REMOTE_NETDEV_H

#include <linux/netdevice.h>

struct zsock_backend;

/**
 * struct zsock_remote_netdev - a backend's device, if it has one
 * @dev: the device. Written under RTNL, read under RCU. NULL where there is
 *	none, and from its unregistration on, whoever did that
 *
 * Part of the backend's own structure, zeroed at first. Every function but
 * zsock_remote_netdev_tie() takes one without a device, and does nothing.
 */
struct zsock_remote_netdev {
	struct net_device __rcu	*dev;
};

int zsock_remote_netdev_add(struct zsock_remote_netdev *nd, struct net *net,
			    const char *name);
int zsock_remote_netdev_tie(struct zsock_remote_netdev *nd,
			    const struct zsock_backend *backend);
void zsock_remote_netdev_del(struct zsock_remote_netdev *nd);
void zsock_remote_netdev_link(struct zsock_remote_netdev *nd, bool up);

/* One message with @bytes of a program's data came, or went. Any context. */
static inline void zsock_remote_netdev_rx(struct zsock_remote_netdev *nd,
					  unsigned int bytes)
{
	struct net_device *dev;

	/* The counters are for one writer at a time on each CPU. */
	rcu_read_lock_bh();
	dev = rcu_dereference_bh(nd->dev);
	if (dev)
		dev_sw_netstats_rx_add(dev, bytes);
	rcu_read_unlock_bh();
}

static inline void zsock_remote_netdev_tx(struct zsock_remote_netdev *nd,
					  unsigned int bytes)
{
	struct net_device *dev;

	rcu_read_lock_bh();
	dev = rcu_dereference_bh(nd->dev);
	if (dev)
		dev_sw_netstats_tx_add(dev, 1, bytes);
	rcu_read_unlock_bh();
}

#endif /* _ZSOCK_REMOTE_NETDEV_H */
