/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* CAN sockets: Zephyr's frames and filters are in memory what Linux's are. */
#ifndef _ZSOCK_ZEPHYR_NET_SOCKETCAN_H
#define _ZSOCK_ZEPHYR_NET_SOCKETCAN_H

#include <zephyr/net/net_ip.h>

typedef uint32_t socketcan_id_t;

/* With CONFIG_CAN_FD_MODE that of CAN FD; CAN_RAW_FD_FRAMES turns those on. */
#ifdef CONFIG_CAN_FD_MODE
#define SOCKETCAN_MAX_DLEN	64U
#else
#define SOCKETCAN_MAX_DLEN	8U
#endif

struct socketcan_frame {
	socketcan_id_t can_id;	/* with CAN_EFF_FLAG, _RTR_FLAG, _ERR_FLAG */
	uint8_t len;
	uint8_t flags;		/* CANFD_* */
	uint8_t res0;
	uint8_t res1;
	uint8_t data[SOCKETCAN_MAX_DLEN];
};

struct socketcan_filter {
	socketcan_id_t can_id;
	socketcan_id_t can_mask;
};

BUILD_ASSERT(sizeof(struct socketcan_filter) == sizeof(struct can_filter),
	     "as Linux has it");

#endif
