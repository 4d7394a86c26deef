// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of network devices, as AF_PACKET has them. The protocol is an
 * EtherType in network byte order, in which AF_PACKET takes it, too; 0 receives
 * nothing. Everything else receives from socket() on.
 */
#include "../zsock_int.h"

static const struct zsock_proto_id zsock_packet_ids[] = {
	{ SOCK_RAW, 0, ZSOCK_PROTO_MASK },
	{ SOCK_DGRAM, 0, ZSOCK_PROTO_MASK },
};

static const int zsock_packet_domains[] = { AF_PACKET, 0 };

/* AF_PACKET's own takes no lock. There are no peers. */
static void zsock_packet_name_of(const struct socket *sock, bool peer,
				 struct sockaddr_storage *addr)
{
	if (!peer)
		zsock_inner_ops(sock)->getname((struct socket *)sock,
					       (struct sockaddr *)addr, 0);
}

ZSOCK_DEFINE_PROTO(packet) = {
	.name		= "packet",
	.owner		= THIS_MODULE,
	.ids		= zsock_packet_ids,
	.nids		= ARRAY_SIZE(zsock_packet_ids),
	.domains	= zsock_packet_domains,
	.named		= true,
	.native		= true,
	.at_once	= true,
	.no_ports	= true,
	.permit		= zsock_permit_raw,
	.inner		= zsock_inner_asked,
	.name_of	= zsock_packet_name_of,
	.no_pair	= true,
};
