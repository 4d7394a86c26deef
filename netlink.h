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

/* agent/event.c */
bool zsock_nl_listeners(struct net *net, unsigned int group);
struct sk_buff *zsock_nl_event(u8 cmd, size_t room, void **hdr);
int zsock_nl_ready(struct net *net, u8 cmd, unsigned int group);

#endif /* _ZSOCK_NETLINK_H */
