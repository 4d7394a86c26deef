/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* Names that the program, or a library of it, resolves by itself. */
#ifndef _ZSOCK_ZEPHYR_NET_SOCKET_OFFLOAD_H
#define _ZSOCK_ZEPHYR_NET_SOCKET_OFFLOAD_H

#include <zephyr/net/net_ip.h>
#include <zephyr/net/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct socket_dns_offload {
	int (*getaddrinfo)(const char *node, const char *service,
			   const struct zsock_addrinfo *hints,
			   struct zsock_addrinfo **res);
	void (*freeaddrinfo)(struct zsock_addrinfo *res);
};

/*
 * zsock_getaddrinfo() asks @ops from then on, and zsock_freeaddrinfo() gives it
 * what came from there; results of another origin are to be freed before.
 */
void socket_offload_dns_register(const struct socket_dns_offload *ops);
/* -EINVAL: another one is registered, or none. */
int socket_offload_dns_deregister(const struct socket_dns_offload *ops);
/* It is enabled until it is disabled. */
void socket_offload_dns_enable(bool enable);
/* One is registered, and not disabled. */
bool socket_offload_dns_is_enabled(void);

#ifdef __cplusplus
}
#endif

#endif
