/* SPDX-License-Identifier: GPL-2.0 */
/* The generic-netlink family, for those of its commands that are elsewhere. */
#ifndef _ZSOCK_NETLINK_H
#define _ZSOCK_NETLINK_H

#include <net/genetlink.h>

extern struct genl_family zsock_genl;

/* Its multicast groups, by their places in the family's list. */
enum {
	ZSOCK_NL_GROUP_HANDSHAKE,
	ZSOCK_NL_GROUP_BACKEND,
	ZSOCK_NL_GROUP_RESOLVE,
};

#endif /* _ZSOCK_NETLINK_H */
