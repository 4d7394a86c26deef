// SPDX-License-Identifier: GPL-2.0
/* net.zsock.*, one set for each network namespace. */
#include <linux/slab.h>

#include "zsock_int.h"

static const int zsock_handshake_most = 1 << 20;
static const int zsock_handshake_longest = 3600 * 1000;
static const int zsock_connect_longest = 10 * 1000;

static const struct ctl_table zsock_sysctls[] = {
	{
		.procname	= "access",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_TWO,
	},
	{
		.procname	= "handshake_max",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= (void *)&zsock_handshake_most,
	},
	{
		.procname	= "handshake_timeout",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= (void *)&zsock_handshake_longest,
	},
	{
		.procname	= "handshake_grace",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= (void *)&zsock_handshake_longest,
	},
	{
		.procname	= "socks5_timeout",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= (void *)&zsock_handshake_longest,
	},
	{
		.procname	= "resolve_max",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= (void *)&zsock_handshake_most,
	},
	{
		.procname	= "resolve_timeout",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= (void *)&zsock_handshake_longest,
	},
	{
		.procname	= "resolve_grace",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= (void *)&zsock_handshake_longest,
	},
	{
		.procname	= "connect_delay",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= (void *)&zsock_connect_longest,
	},
};

int zsock_sysctl_init(struct net *net)
{
	struct zsock_net *zn = zsock_net(net);
	const size_t n = ARRAY_SIZE(zsock_sysctls);
	struct ctl_table *table;

	/* An empty entry ends it for kernels that look for one. */
	table = kcalloc(n + 1, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	memcpy(table, zsock_sysctls, sizeof(zsock_sysctls));
	table[0].data = &zn->access;
	table[1].data = &zn->handshakes.max;
	table[2].data = &zn->handshakes.timeout;
	table[3].data = &zn->handshakes.grace;
	table[4].data = &zn->socks5_timeout;
	table[5].data = &zn->names.max;
	table[6].data = &zn->names.timeout;
	table[7].data = &zn->names.grace;
	table[8].data = &zn->connect_delay;

	zn->sysctl = register_net_sysctl_sz(net, "net/zsock", table, n);
	if (!zn->sysctl) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

void zsock_sysctl_exit(struct net *net)
{
	struct zsock_net *zn = zsock_net(net);
	const struct ctl_table *table = zn->sysctl->ctl_table_arg;

	unregister_net_sysctl_table(zn->sysctl);
	kfree(table);
}
