/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between kernels: network devices. */
#ifndef _ZSOCK_COMPAT_NETDEV_H
#define _ZSOCK_COMPAT_NETDEV_H

#include <linux/netdevice.h>

/*
 * A device that stays in its network namespace. The member was renamed, and
 * that was backported, so Kbuild probes for it.
 */
static inline void zsock_netdev_stay(struct net_device *dev)
{
#if defined(ZSOCK_HAVE_NETNS_IMMUTABLE)
	dev->netns_immutable = true;
#elif defined(ZSOCK_HAVE_NETNS_LOCAL)
	dev->netns_local = true;
#else
	dev->features |= NETIF_F_NETNS_LOCAL;
#endif
}

#endif /* _ZSOCK_COMPAT_NETDEV_H */
