// SPDX-License-Identifier: GPL-2.0
/* What agents are told of their own accord. */
#include "../netlink.h"
#include "request.h"

/* Whether anybody listens to @group: in any namespace, that is. */
bool zsock_nl_listeners(struct net *net, unsigned int group)
{
	return genl_has_listeners(&zsock_genl, net, group);
}

/* One that has room for @room bytes of attributes, or NULL. */
struct sk_buff *zsock_nl_event(u8 cmd, size_t room, void **hdr)
{
	struct sk_buff *skb = genlmsg_new(room, GFP_KERNEL);

	*hdr = skb ? genlmsg_put(skb, 0, 0, &zsock_genl, 0, cmd) : NULL;
	if (*hdr)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

/*
 * There is something for the agents to accept: 0, -ESRCH if none is in that
 * namespace or has room for it, or another errno: there was no memory, and
 * nobody was told. An agent that has no room is told so by ENOBUFS, and looks.
 */
int zsock_nl_ready(struct net *net, u8 cmd, unsigned int group)
{
	struct sk_buff *skb;
	void *hdr;

	if (!zsock_nl_listeners(net, group))
		return -ESRCH;
	skb = zsock_nl_event(cmd, 0, &hdr);
	if (!skb)
		return -ENOMEM;
	genlmsg_end(skb, hdr);
	return genlmsg_multicast_netns(&zsock_genl, net, skb, 0, group,
				       GFP_KERNEL);
}
