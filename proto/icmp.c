// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP datagram sockets: echo requests without privilege. Who may have one says
 * net.ipv4.ping_group_range, which AF_INET asks when it makes the inner socket:
 * at socket().
 */
#include "../zsock_int.h"

static const struct zsock_proto_id zsock_icmp_ids[] = {
	{ SOCK_DGRAM, IPPROTO_ICMP, .domain = AF_INET },
	{ SOCK_DGRAM, IPPROTO_ICMPV6, .domain = AF_INET6 },
};

ZSOCK_DEFINE_PROTO(icmp) = {
	.name		= "icmp",
	.owner		= THIS_MODULE,
	.ids		= zsock_icmp_ids,
	.nids		= ARRAY_SIZE(zsock_icmp_ids),
	.at_once	= true,
	.no_ports	= true,
	.inner		= zsock_inner_asked,
	.no_pair	= true,
};
