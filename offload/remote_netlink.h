/* SPDX-License-Identifier: GPL-2.0 */
/* Backends behind a pipe: what the control plane needs of them. */
#ifndef _ZSOCK_REMOTE_NETLINK_H
#define _ZSOCK_REMOTE_NETLINK_H

#include <net/genetlink.h>
#include <net/zsock.h>

extern const struct nla_policy zsock_remote_policy[ZSOCK_A_BACKEND_MAX + 1];

int zsock_remote_nl_add(struct sk_buff *skb, struct genl_info *info);
int zsock_remote_nl_pipe(struct sk_buff *skb, struct genl_info *info);
int zsock_remote_nl_del(struct sk_buff *skb, struct genl_info *info);
int zsock_remote_nl_fill(struct sk_buff *skb,
			 const struct zsock_backend *backend);

#endif /* _ZSOCK_REMOTE_NETLINK_H */
