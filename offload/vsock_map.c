// SPDX-License-Identifier: GPL-2.0
/*
 * What IP addresses stand for which AF_VSOCK context, in a network namespace.
 * Both ways: a program's address to a context and its port, and back. IPv4
 * addresses are v4-mapped ones here.
 */
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/vm_sockets.h>
#include <net/ipv6.h>

#include "vsock.h"

void zsock_vsock_map_init(struct zsock_vsock_map *map)
{
	mutex_init(&map->lock);
	INIT_LIST_HEAD(&map->entries);
}

/* The namespace goes. */
void zsock_vsock_map_free(struct zsock_vsock_map *map)
{
	struct zsock_vsock_entry *e, *tmp;

	list_for_each_entry_safe(e, tmp, &map->entries, list)
		kfree(e);
	mutex_destroy(&map->lock);
}

/* The same addresses and ports, whatever they stand for. */
static bool zsock_vsock_same(const struct zsock_vsock_entry *a,
			     const struct zsock_vsock_entry *b)
{
	return a->bits == b->bits &&
	       ipv6_prefix_equal(&a->addr, &b->addr, a->bits) &&
	       a->first == b->first && a->last == b->last;
}

static struct zsock_vsock_entry *
zsock_vsock_lookup(struct zsock_vsock_map *map,
		   const struct zsock_vsock_entry *like)
{
	struct zsock_vsock_entry *e;

	list_for_each_entry(e, &map->entries, list)
		if (zsock_vsock_same(e, like))
			return e;
	return NULL;
}

/* The longer prefix is asked first, then the fewer ports. */
static bool zsock_vsock_before(const struct zsock_vsock_entry *a,
			       const struct zsock_vsock_entry *b)
{
	if (a->bits != b->bits)
		return a->bits > b->bits;
	return a->last - a->first < b->last - b->first;
}

static bool zsock_vsock_entry_ok(const struct zsock_vsock_entry *e)
{
	if (e->bits > 128 || e->first > e->last || e->last > U16_MAX)
		return false;
	/* The last one is VMADDR_PORT_ANY. */
	return e->port < VMADDR_PORT_ANY - (e->last - e->first);
}

/* 0, -EINVAL, -EEXIST, -ENOSPC, -ENOMEM. @new is copied. */
int zsock_vsock_map_add(struct zsock_vsock_map *map,
			const struct zsock_vsock_entry *new)
{
	struct list_head *at = &map->entries;
	struct zsock_vsock_entry *e, *copy;
	int err = -EEXIST;

	if (!zsock_vsock_entry_ok(new))
		return -EINVAL;
	copy = kmemdup(new, sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	mutex_lock(&map->lock);
	if (zsock_vsock_lookup(map, new))
		goto out;
	err = -ENOSPC;
	if (map->count == ZSOCK_VSOCK_MAP_MAX)
		goto out;
	list_for_each_entry(e, &map->entries, list) {
		if (zsock_vsock_before(new, e))
			break;
		at = &e->list;
	}
	list_add_rcu(&copy->list, at);
	map->count++;
	mutex_unlock(&map->lock);
	return 0;
out:
	mutex_unlock(&map->lock);
	kfree(copy);
	return err;
}

/* 0 or -ENOENT. */
int zsock_vsock_map_del(struct zsock_vsock_map *map,
			const struct zsock_vsock_entry *like)
{
	struct zsock_vsock_entry *e;

	mutex_lock(&map->lock);
	e = zsock_vsock_lookup(map, like);
	if (e) {
		list_del_rcu(&e->list);
		map->count--;
	}
	mutex_unlock(&map->lock);
	if (!e)
		return -ENOENT;
	kfree_rcu(e, rcu);
	return 0;
}

/* Whether there are any. */
bool zsock_vsock_map_used(const struct zsock_vsock_map *map)
{
	return !list_empty(&map->entries);
}

static bool zsock_vsock_is_any(const struct in6_addr *ip)
{
	return ipv6_addr_any(ip) ||
	       (ipv6_addr_v4mapped(ip) && !ip->s6_addr32[3]);
}

/* A wildcard stands for every context of this machine, and for nothing else. */
static bool zsock_vsock_takes(const struct zsock_vsock_entry *e,
			      const struct zsock_vsock_name *name)
{
	bool any = e->cid == VMADDR_CID_ANY;

	if (any != zsock_vsock_is_any(&name->ip))
		return false;
	if (!ipv6_prefix_equal(&e->addr, &name->ip, e->bits))
		return false;
	return !name->port || (name->port >= e->first && name->port <= e->last);
}

/*
 * What @name stands for: false where nothing does. A port 0 stays one. A
 * wildcard needs no entry.
 */
bool zsock_vsock_to(const struct zsock_vsock_map *map,
		    const struct zsock_vsock_name *name,
		    struct sockaddr_vm *svm)
{
	const struct zsock_vsock_entry *e;
	bool found = zsock_vsock_is_any(&name->ip);

	memset(svm, 0, sizeof(*svm));
	svm->svm_family = AF_VSOCK;
	svm->svm_cid = VMADDR_CID_ANY;
	svm->svm_port = name->port;
	rcu_read_lock();
	list_for_each_entry_rcu(e, &map->entries, list) {
		if (!zsock_vsock_takes(e, name))
			continue;
		svm->svm_cid = e->cid;
		if (name->port)
			svm->svm_port = e->port + (name->port - e->first);
		found = true;
		break;
	}
	rcu_read_unlock();
	return found;
}

static bool zsock_vsock_is_v4(const struct zsock_vsock_entry *e)
{
	return e->bits >= 96 && ipv6_addr_v4mapped(&e->addr);
}

/* No entry tells: addresses that nobody else has. */
static void zsock_vsock_synthetic(u32 cid, bool v4, struct in6_addr *ip)
{
	if (cid == VMADDR_CID_ANY) {
		memset(ip, 0, sizeof(*ip));
		if (v4)
			ipv6_addr_set_v4mapped(0, ip);
	} else if (v4) {
		ipv6_addr_set_v4mapped(htonl(ZSOCK_VSOCK_NET4 |
					     (cid & ~ZSOCK_VSOCK_MASK4)), ip);
	} else {
		/* fd76:736f:636b::/96: "vsock" in the bits of a ULA */
		ipv6_addr_set(ip, htonl(0xfd76736f), htonl(0x636b0000), 0,
			      htonl(cid));
	}
}

/*
 * What @svm is called; with @v4, by an IPv4 address. The entry that has its
 * port, else one that has its context; there always is a name.
 */
void zsock_vsock_from(const struct zsock_vsock_map *map,
		      const struct sockaddr_vm *svm, bool v4,
		      struct zsock_vsock_name *name)
{
	const struct zsock_vsock_entry *e, *best = NULL;

	name->port = svm->svm_port == VMADDR_PORT_ANY ? 0 : svm->svm_port;
	zsock_vsock_synthetic(svm->svm_cid, v4, &name->ip);
	rcu_read_lock();
	list_for_each_entry_rcu(e, &map->entries, list) {
		if (e->cid != svm->svm_cid || (v4 && !zsock_vsock_is_v4(e)))
			continue;
		if (svm->svm_port >= e->port &&
		    svm->svm_port - e->port <= e->last - e->first) {
			name->port = e->first + (svm->svm_port - e->port);
			best = e;
			break;
		}
		if (!best)
			best = e;
	}
	/* That of a wildcard stays a wildcard. */
	if (best && best->cid != VMADDR_CID_ANY)
		name->ip = best->addr;
	rcu_read_unlock();
}

/* Call @fn for each until it says other than 0. @fn may sleep. */
int zsock_vsock_map_walk(struct zsock_vsock_map *map,
			 int (*fn)(const struct zsock_vsock_entry *e, void *arg),
			 void *arg)
{
	const struct zsock_vsock_entry *e;
	int ret = 0;

	mutex_lock(&map->lock);
	list_for_each_entry(e, &map->entries, list) {
		ret = fn(e, arg);
		if (ret)
			break;
	}
	mutex_unlock(&map->lock);
	return ret;
}
