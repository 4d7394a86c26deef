/* SPDX-License-Identifier: GPL-2.0 */
/* The agent's commands, for the generic-netlink family's list. */
#ifndef _ZSOCK_TLS_HANDSHAKE_NETLINK_H
#define _ZSOCK_TLS_HANDSHAKE_NETLINK_H

#include <linux/zsock.h>
#include <net/netlink.h>

struct genl_info;
struct sk_buff;

extern const struct nla_policy
zsock_handshake_policy[ZSOCK_A_HANDSHAKE_MAX + 1];

int zsock_handshake_nl_accept(struct sk_buff *skb, struct genl_info *info);
int zsock_handshake_nl_done(struct sk_buff *skb, struct genl_info *info);

#endif /* _ZSOCK_TLS_HANDSHAKE_NETLINK_H */
