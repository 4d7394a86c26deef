// SPDX-License-Identifier: GPL-2.0
/*
 * CAN: raw frames (CAN_RAW), the broadcast manager (CAN_BCM), ISO 15765-2
 * (CAN_ISOTP), J1939 (CAN_J1939), as far as the kernel has them. Whether it
 * does, and which of them is of which type, says AF_CAN at socket().
 */
#include <linux/can.h>

#include "../zsock_int.h"

static const struct zsock_proto_id zsock_can_ids[] = {
	{ SOCK_RAW, CAN_RAW, CAN_NPROTO - 1 },
	{ SOCK_DGRAM, CAN_RAW, CAN_NPROTO - 1 },
};

static const int zsock_can_domains[] = { AF_CAN, 0 };

/* J1939's would sleep, and the broadcast manager has none. */
static void zsock_can_name_of(const struct socket *sock, bool peer,
			      struct sockaddr_storage *addr)
{
	int protocol = zsock_sk(sock)->protocol;

	if (!peer && (protocol == CAN_RAW || protocol == CAN_ISOTP))
		zsock_inner_ops(sock)->getname((struct socket *)sock,
					       (struct sockaddr *)addr, 0);
}

ZSOCK_DEFINE_PROTO(can) = {
	.name		= "can",
	.owner		= THIS_MODULE,
	.ids		= zsock_can_ids,
	.nids		= ARRAY_SIZE(zsock_can_ids),
	.domains	= zsock_can_domains,
	.named		= true,
	.native		= true,
	.at_once	= true,
	.no_ports	= true,
	.inner		= zsock_inner_asked,
	.name_of	= zsock_can_name_of,
	.no_pair	= true,
};
