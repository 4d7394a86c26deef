/* SPDX-License-Identifier: GPL-2.0 */
/* The backend "vsock": what its files share. */
#ifndef _ZSOCK_VSOCK_H
#define _ZSOCK_VSOCK_H

#include <linux/in6.h>
#include <linux/vm_sockets.h>
#include <net/genetlink.h>

#include "../zsock_int.h"

/* 240.0.0.0/4 */
#define ZSOCK_VSOCK_NET4	0xf0000000U
#define ZSOCK_VSOCK_MASK4	0xf0000000U

/**
 * struct zsock_vsock_entry - addresses and ports that stand for a context
 * @list: in the map, under RCU
 * @rcu: for freeing
 * @addr: IPv6 or v4-mapped; what the context is called, all of its bits
 * @bits: how many of them have to be the same, of 128
 * @first: the first of the program's ports
 * @last: the last of them
 * @cid: the context; VMADDR_CID_ANY for a wildcard to be bound to
 * @port: its port that @first stands for; the others follow
 */
struct zsock_vsock_entry {
	struct list_head	list;
	struct rcu_head		rcu;
	struct in6_addr		addr;
	u32			bits;
	u32			first;
	u32			last;
	u32			cid;
	u32			port;
};

/**
 * struct zsock_vsock_name - an address and a port, as programs have them
 * @ip: IPv6 or v4-mapped
 * @port: in host order
 */
struct zsock_vsock_name {
	struct in6_addr	ip;
	u16		port;
};

/* vsock_map.c */
int zsock_vsock_map_add(struct zsock_vsock_map *map,
			const struct zsock_vsock_entry *new);
int zsock_vsock_map_del(struct zsock_vsock_map *map,
			const struct zsock_vsock_entry *like);
int zsock_vsock_map_walk(struct zsock_vsock_map *map,
			 int (*fn)(const struct zsock_vsock_entry *e, void *arg),
			 void *arg);
bool zsock_vsock_to(const struct zsock_vsock_map *map,
		    const struct zsock_vsock_name *name,
		    struct sockaddr_vm *svm);
void zsock_vsock_from(const struct zsock_vsock_map *map,
		      const struct sockaddr_vm *svm, bool v4,
		      struct zsock_vsock_name *name);

/* vsock_netlink.c */
extern const struct nla_policy zsock_vsock_policy[];
int zsock_vsock_nl_add(struct sk_buff *skb, struct genl_info *info);
int zsock_vsock_nl_del(struct sk_buff *skb, struct genl_info *info);
int zsock_vsock_nl_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _ZSOCK_VSOCK_H */
