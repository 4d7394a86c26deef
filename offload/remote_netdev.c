// SPDX-License-Identifier: GPL-2.0
/*
 * The network device of a backend behind a pipe: a name to bind sockets to,
 * counters, and a carrier that says whether the pipe works. No packet goes
 * through it.
 */
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include "../include/compat/netdev.h"
#include "../zsock_int.h"
#include "remote_netdev.h"

/* What the device knows of its backend. */
struct zsock_remote_priv {
	struct zsock_remote_netdev	*nd;
};

/*
 * Under RTNL, by whomever it is unregistered: the backend, or the end of its
 * namespace. The core waits for an RCU grace period before the device is freed.
 */
static void zsock_remote_uninit(struct net_device *dev)
{
	struct zsock_remote_priv *priv = netdev_priv(dev);

	RCU_INIT_POINTER(priv->nd->dev, NULL);
}

/* Packets are of the kernel's own stack, which is not behind this device. */
static netdev_tx_t zsock_remote_xmit(struct sk_buff *skb,
				     struct net_device *dev)
{
	dev_core_stats_tx_dropped_inc(dev);
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops zsock_remote_dev_ops = {
	.ndo_uninit		= zsock_remote_uninit,
	.ndo_start_xmit		= zsock_remote_xmit,
	.ndo_get_stats64	= dev_get_tstats64,
};

static void zsock_remote_drvinfo(struct net_device *dev,
				 struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "zsock", sizeof(info->driver));
}

static const struct ethtool_ops zsock_remote_ethtool = {
	.get_drvinfo	= zsock_remote_drvinfo,
	.get_link	= ethtool_op_get_link,
};

static const struct device_type zsock_remote_type = {
	.name	= "zsock",
};

/*
 * No rtnl_link_ops: "ip link del" is refused, since the backend is what is to
 * be deleted, and it may be in use.
 */
static void zsock_remote_setup(struct net_device *dev)
{
	dev->netdev_ops = &zsock_remote_dev_ops;
	dev->ethtool_ops = &zsock_remote_ethtool;
	SET_NETDEV_DEVTYPE(dev, &zsock_remote_type);
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_NOARP;
	/* IPv6 would give itself an address, and ask for routers. */
	dev->priv_flags |= IFF_NO_QUEUE | IFF_NO_ADDRCONF;
	/* Larger than any message's data: nothing is cut to fit. */
	dev->mtu = 65536;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->needs_free_netdev = true;
	/* The backend is this namespace's. */
	zsock_netdev_stay(dev);
	netif_carrier_off(dev);
}

/* Without '%': the name is to be the one that was asked for. */
static bool zsock_remote_name_ok(const char *name)
{
	return dev_valid_name(name) && !strchr(name, '%');
}

/**
 * zsock_remote_netdev_add - make a backend's device
 * @nd: has none
 * @net: the namespace that it is in, to its end
 * @name: of the device
 *
 * It is down, without carrier, and a plain device before
 * zsock_remote_netdev_tie().
 *
 * Context: process, takes RTNL.
 * Return: 0; -EINVAL for what is no name; -EEXIST where it is taken; -ENOMEM.
 */
int zsock_remote_netdev_add(struct zsock_remote_netdev *nd, struct net *net,
			    const char *name)
{
	struct zsock_remote_priv *priv;
	struct net_device *dev;
	int err;

	if (!zsock_remote_name_ok(name))
		return -EINVAL;
	dev = alloc_netdev(sizeof(*priv), name, NET_NAME_USER,
			   zsock_remote_setup);
	if (!dev)
		return -ENOMEM;
	priv = netdev_priv(dev);
	priv->nd = nd;
	dev_net_set(dev, net);
	rtnl_lock();
	err = register_netdevice(dev);
	if (!err)
		rcu_assign_pointer(nd->dev, dev);
	rtnl_unlock();
	if (err)
		free_netdev(dev);
	return err;
}

/**
 * zsock_remote_netdev_tie - put a backend behind its device, which goes up
 * @nd: has a device
 * @backend: the backend, registered
 *
 * Context: process, takes RTNL.
 * Return: 0 or a negative errno: -ENODEV where the device is gone.
 */
int zsock_remote_netdev_tie(struct zsock_remote_netdev *nd,
			    const struct zsock_backend *backend)
{
	struct net_device *dev;
	int err = -ENODEV;

	rtnl_lock();
	dev = rtnl_dereference(nd->dev);
	if (dev)
		err = zsock_backend_set_netdev(backend, dev);
	if (!err)
		err = dev_open(dev, NULL);
	rtnl_unlock();
	return err;
}

/**
 * zsock_remote_netdev_del - take a backend's device away
 * @nd: may be freed an RCU grace period after the last call with it
 *
 * Context: process, takes RTNL, sleeps for an RCU grace period.
 */
void zsock_remote_netdev_del(struct zsock_remote_netdev *nd)
{
	struct net_device *dev;

	rtnl_lock();
	dev = rtnl_dereference(nd->dev);
	if (dev)
		unregister_netdevice(dev);
	rtnl_unlock();
}

/**
 * zsock_remote_netdev_link - say whether the pipe works
 * @nd: the backend's
 * @up: it does
 *
 * Context: any.
 */
void zsock_remote_netdev_link(struct zsock_remote_netdev *nd, bool up)
{
	struct net_device *dev;

	rcu_read_lock();
	dev = rcu_dereference(nd->dev);
	if (dev && up)
		netif_carrier_on(dev);
	else if (dev)
		netif_carrier_off(dev);
	rcu_read_unlock();
}
