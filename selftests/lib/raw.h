/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the tests of raw, packet and CAN sockets. */
#ifndef ZS_RAW_H
#define ZS_RAW_H

#include <stdint.h>

#include "zs.h"

/* Of the Internet, over so many bytes. */
uint16_t raw_checksum(const void *data, size_t len);
/* An echo request in buf, with its checksum for IPv4; returns its length. */
size_t raw_echo(int family, void *buf, uint16_t id, uint16_t seq);
/*
 * Wait until an ICMP message of that type, id and number comes: 0 and where from, or -1 and
 * ETIME. header says whether IP's is in front of it.
 */
int raw_await(int fd, bool header, uint8_t type, uint16_t id, uint16_t seq, union zs_addr *from);
/* A filter that takes packets of that length and nothing else. */
int raw_take_length(int fd, unsigned int len);
/* An IPv4 packet with these bytes in it; returns its length. */
size_t raw_packet(void *buf, uint8_t protocol, const void *data, size_t len);

/*
 * Run fn(arg) in a process of its own, without root, or in a user namespace (with a network
 * namespace too), where it has all capabilities: what fn returns, 250 where that cannot be had.
 */
enum raw_who { RAW_NOBODY, RAW_OWN_USER_NS, RAW_OWN_NET_NS };
int raw_as(enum raw_who who, int (*fn)(void *arg), void *arg);

/* Whether this process is said to have used a privilege, or -1. */
int raw_superpriv(void);

#endif
