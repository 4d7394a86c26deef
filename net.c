// SPDX-License-Identifier: GPL-2.0
/* What the module keeps for each network namespace. */
#include <linux/hash.h>

#include "agent/request.h"
#include "tls/tls.h"
#include "zsock_int.h"

unsigned int zsock_net_id __read_mostly;

void zsock_list(struct zsock_sock *zs)
{
	struct zsock_bucket *bucket;

	bucket = &zs->zn->buckets[hash_ptr(zs, ZSOCK_BUCKET_BITS)];
	zs->bucket = bucket;
	spin_lock(&bucket->lock);
	hlist_add_head(&zs->node, &bucket->head);
	spin_unlock(&bucket->lock);
}

/* After this nobody finds the socket: its sk may go. */
void zsock_unlist(struct zsock_sock *zs)
{
	struct zsock_bucket *bucket = zs->bucket;

	spin_lock(&bucket->lock);
	__hlist_del(&zs->node);
	spin_unlock(&bucket->lock);
}

u64 zsock_stat_read(const struct zsock_net *zn, enum zsock_stat which)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(zn->stats, cpu)->count[which]);
	return sum;
}

static int __net_init zsock_net_enter(struct net *net)
{
	struct zsock_net *zn = zsock_net(net);
	int i, err;

	zn->access = ZSOCK_ACCESS_ALL;
	for (i = 0; i < ZSOCK_BUCKETS; i++) {
		spin_lock_init(&zn->buckets[i].lock);
		INIT_HLIST_HEAD(&zn->buckets[i].head);
	}
	zsock_creds_init(&zn->creds);
	zsock_requests_init(&zn->handshakes);
	mutex_init(&zn->purge);
	zsock_requests_init(&zn->names);
	zn->connect_delay = ZSOCK_CONNECT_DELAY;
	zsock_vsock_map_init(&zn->vsock);
	zsock_policy_init(&zn->policy);
	zsock_kpi_net_init(zn);
	zn->socks5_timeout = ZSOCK_SOCKS5_TIMEOUT;
	zn->stats = alloc_percpu(struct zsock_stats);
	if (!zn->stats)
		return -ENOMEM;
	err = zsock_sysctl_init(net);
	if (err)
		goto out_stats;
	err = zsock_proc_init(net);
	if (err)
		goto out_sysctl;
	return 0;

out_sysctl:
	zsock_sysctl_exit(net);
out_stats:
	free_percpu(zn->stats);
	return err;
}

static void __net_exit zsock_net_leave(struct net *net)
{
	struct zsock_net *zn = zsock_net(net);
	int i;

	/* The kernel's own sockets do not hold the namespace. */
	zsock_kpi_net_exit(zn);
	zsock_proc_exit(net);
	zsock_sysctl_exit(net);
	zsock_creds_free(&zn->creds);
	zsock_requests_free(&zn->handshakes);
	mutex_destroy(&zn->purge);
	zsock_requests_free(&zn->names);
	zsock_vsock_map_free(&zn->vsock);
	zsock_policy_free(&zn->policy);
	/* Every other socket held the namespace. */
	for (i = 0; i < ZSOCK_BUCKETS; i++)
		WARN_ON_ONCE(!hlist_empty(&zn->buckets[i].head));
	free_percpu(zn->stats);
}

static struct pernet_operations zsock_net_ops = {
	.init	= zsock_net_enter,
	.exit	= zsock_net_leave,
	.id	= &zsock_net_id,
	.size	= sizeof(struct zsock_net),
};

int __init zsock_net_init(void)
{
	return register_pernet_subsys(&zsock_net_ops);
}

void zsock_net_exit(void)
{
	unregister_pernet_subsys(&zsock_net_ops);
}
