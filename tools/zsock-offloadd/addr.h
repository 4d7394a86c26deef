/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_ADDR_H
#define OFFLOADD_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/zsock_offload.h>

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

#define ADDR_TEXT	64

bool addr_parse(const void *wire, union addr *addr);
void addr_build(const union addr *addr, void *wire);
socklen_t addr_len(const union addr *addr);
uint16_t addr_port(const union addr *addr);
bool addr_unmap(const union addr *addr, union addr *plain);
void addr_settle(union addr *addr);
const char *addr_text(const union addr *addr, char text[ADDR_TEXT]);

#endif /* OFFLOADD_ADDR_H */
