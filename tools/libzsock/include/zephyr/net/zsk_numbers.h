/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Zephyr's numbers and Linux's. The headers give Linux's under every name, so
 * programs need this only where they store numbers or send them elsewhere, to a
 * modem that runs Zephyr for one.
 */
#ifndef _ZSOCK_ZEPHYR_NET_ZSK_NUMBERS_H
#define _ZSOCK_ZEPHYR_NET_ZSK_NUMBERS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum zsk_number_kind {
	ZSK_FAMILY = 1,		/* AF_* */
	ZSK_TYPE,		/* SOCK_* */
	ZSK_PROTOCOL,		/* IPPROTO_* */
	ZSK_LEVEL,		/* of options: SOL_* */
	ZSK_OPTION_SOCKET,	/* of level SOL_SOCKET: SO_* */
	ZSK_OPTION_TCP,		/* TCP_* */
	ZSK_OPTION_IP,		/* IP_* */
	ZSK_OPTION_IPV6,	/* IPV6_* */
	ZSK_OPTION_TLS,		/* TLS_* */
	ZSK_OPTION_CAN,		/* CAN_RAW_* */
	ZSK_SHUT,		/* SHUT_* */
	ZSK_EAI,		/* EAI_* */
	ZSK_PACKET,		/* PACKET_* of sll_pkttype */
	ZSK_CREDENTIAL,		/* TLS_CREDENTIAL_* */
	/* Masks of bits, which are translated one by one. */
	ZSK_MSG,		/* MSG_* */
	ZSK_POLL,		/* POLL* */
	ZSK_AI,			/* AI_* */
	ZSK_NI,			/* NI_* */
	ZSK_STAMP,		/* SOF_TIMESTAMPING_* */
	ZSK_SRC,		/* IPV6_PREFER_SRC_* */
};

struct zsk_number {
	enum zsk_number_kind kind;
	const char *name;
	int zephyr;
	int linux_;	/* linux is a macro in older C */
};

/* All of them; *count is how many. */
const struct zsk_number *zsk_numbers(size_t *count);

/* 0, or -ENOENT: the other side has no such. */
int zsk_number_to_linux(enum zsk_number_kind kind, int zephyr, int *number);
int zsk_number_to_zephyr(enum zsk_number_kind kind, int number, int *zephyr);

#ifdef __cplusplus
}
#endif

#endif
