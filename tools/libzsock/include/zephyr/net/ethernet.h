/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The protocols of Ethernet, for packet sockets; in the host's byte order. */
#ifndef _ZSOCK_ZEPHYR_NET_ETHERNET_H
#define _ZSOCK_ZEPHYR_NET_ETHERNET_H

#include <linux/if_ether.h>
#include <zephyr/net/net_ip.h>

#define NET_ETH_PTYPE_ALL	ETH_P_ALL
#define NET_ETH_PTYPE_ARP	ETH_P_ARP
#define NET_ETH_PTYPE_IP	ETH_P_IP
#define NET_ETH_PTYPE_IPV6	ETH_P_IPV6
#define NET_ETH_PTYPE_VLAN	ETH_P_8021Q
#define NET_ETH_PTYPE_LLDP	ETH_P_LLDP
#define NET_ETH_PTYPE_PTP	ETH_P_1588
#define NET_ETH_ADDR_LEN	ETH_ALEN
#define NET_ETH_MTU		ETH_DATA_LEN

#endif
