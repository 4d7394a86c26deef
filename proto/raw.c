// SPDX-License-Identifier: GPL-2.0
/*
 * Raw IP: any protocol number of IPv4 and IPv6, IPPROTO_RAW included. IP gives
 * them packets from socket() on, whether or not anybody has called them yet.
 */
#include "../zsock_int.h"

/* As with AF_INET, 0 is none. */
static const struct zsock_proto_id zsock_raw_ids[] = {
	{ SOCK_RAW, 1, IPPROTO_RAW },
};

ZSOCK_DEFINE_PROTO(raw) = {
	.name		= "raw",
	.owner		= THIS_MODULE,
	.ids		= zsock_raw_ids,
	.nids		= ARRAY_SIZE(zsock_raw_ids),
	.at_once	= true,
	.no_ports	= true,
	.permit		= zsock_permit_raw,
	.inner		= zsock_inner_asked,
	.no_pair	= true,
};
