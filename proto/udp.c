// SPDX-License-Identifier: GPL-2.0
/* UDP: what a datagram socket is by default. */
#include "../zsock_int.h"

static const struct zsock_proto_id zsock_udp_ids[] = {
	{ SOCK_DGRAM, 0 },
	{ SOCK_DGRAM, IPPROTO_UDP },
};

ZSOCK_DEFINE_PROTO(udp) = {
	.name		= "udp",
	.owner		= THIS_MODULE,
	.ids		= zsock_udp_ids,
	.nids		= ARRAY_SIZE(zsock_udp_ids),
	.protocol	= IPPROTO_UDP,
};
