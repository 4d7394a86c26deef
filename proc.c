// SPDX-License-Identifier: GPL-2.0
/* /proc/net/zsock, zsock_stat and zsock_protocols. */
#include <linux/can.h>
#include <linux/if_packet.h>
#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/tcp_states.h>

#include "zsock_int.h"

/* ---- zsock: one line a socket ---- */

static const char * const zsock_states[] = {
	[TCP_ESTABLISHED]	= "ESTAB",
	[TCP_SYN_SENT]		= "SYN-SENT",
	[TCP_SYN_RECV]		= "SYN-RECV",
	[TCP_FIN_WAIT1]		= "FIN-WAIT-1",
	[TCP_FIN_WAIT2]		= "FIN-WAIT-2",
	[TCP_TIME_WAIT]		= "TIME-WAIT",
	[TCP_CLOSE]		= "CLOSE",
	[TCP_CLOSE_WAIT]	= "CLOSE-WAIT",
	[TCP_LAST_ACK]		= "LAST-ACK",
	[TCP_LISTEN]		= "LISTEN",
	[TCP_CLOSING]		= "CLOSING",
};

static const char *zsock_state_name(const struct zsock_view *view)
{
	if (view->info.state == ZSOCK_STATE_FRESH)
		return "FRESH";
	if (view->state < 0 || view->state >= ARRAY_SIZE(zsock_states) ||
	    !zsock_states[view->state])
		return "UNKNOWN";
	return zsock_states[view->state];
}

static const char *zsock_type_name(int type)
{
	switch (type) {
	case SOCK_STREAM:
		return "stream";
	case SOCK_DGRAM:
		return "dgram";
	case SOCK_RAW:
		return "raw";
	case SOCK_SEQPACKET:
		return "seqpacket";
	default:
		return "other";
	}
}

static const char *zsock_domain_name(int domain)
{
	switch (domain) {
	case AF_UNSPEC:
		return "any";
	case AF_INET:
		return "inet";
	case AF_INET6:
		return "inet6";
	case AF_PACKET:
		return "packet";
	case AF_CAN:
		return "can";
	default:
		return "other";
	}
}

/* All devices, or one of them, which may be gone. */
static void zsock_seq_device(struct seq_file *m, int ifindex)
{
	struct net_device *dev;

	if (!ifindex) {
		seq_puts(m, " *");
		return;
	}
	rcu_read_lock();
	dev = dev_get_by_index_rcu(seq_file_net(m), ifindex);
	if (dev)
		seq_printf(m, " %s", dev->name);
	else
		seq_printf(m, " if%d", ifindex);
	rcu_read_unlock();
}

static void zsock_seq_address(struct seq_file *m,
			      const struct sockaddr_storage *addr)
{
	const struct sockaddr_ll *sll = (const struct sockaddr_ll *)addr;
	const struct sockaddr_can *can = (const struct sockaddr_can *)addr;

	switch (addr->ss_family) {
	case AF_INET:
	case AF_INET6:
		seq_printf(m, " %pISpc", addr);
		break;
	case AF_PACKET:
		zsock_seq_device(m, sll->sll_ifindex);
		seq_printf(m, ":0x%04x", ntohs(sll->sll_protocol));
		break;
	case AF_CAN:
		zsock_seq_device(m, can->can_ifindex);
		break;
	default:
		seq_puts(m, " -");
	}
}

static void zsock_seq_sock(struct seq_file *m, const struct zsock_sock *zs)
{
	struct zsock_view view;
	const struct zsock_info *info = &view.info;

	zsock_view_fill(zs, &view);
	seq_printf(m, "%s %u %s %s %s %s", zsock_type_name(info->type),
		   info->protocol, zsock_domain_name(info->domain),
		   zsock_state_name(&view), info->handler,
		   info->backend[0] ? info->backend : "-");
	zsock_seq_address(m, &view.local);
	zsock_seq_address(m, &view.remote);
	seq_printf(m, " %u %u %u %lu\n", view.rxq, view.txq,
		   from_kuid_munged(seq_user_ns(m), view.uid), view.inode);
}

/* A position is a bucket; each is shown whole, under its lock. */
static void *zsock_seq_start(struct seq_file *m, loff_t *pos)
{
	if (!*pos)
		return SEQ_START_TOKEN;
	if (*pos > ZSOCK_BUCKETS)
		return NULL;
	return &zsock_net(seq_file_net(m))->buckets[*pos - 1];
}

static void *zsock_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return zsock_seq_start(m, pos);
}

static void zsock_seq_stop(struct seq_file *m, void *v)
{
}

static int zsock_seq_show(struct seq_file *m, void *v)
{
	struct zsock_bucket *bucket = v;
	const struct zsock_sock *zs;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "type proto domain state handler backend local remote rxq txq uid inode\n");
		return 0;
	}
	spin_lock(&bucket->lock);
	hlist_for_each_entry(zs, &bucket->head, node)
		zsock_seq_sock(m, zs);
	spin_unlock(&bucket->lock);
	cond_resched();
	return 0;
}

static const struct seq_operations zsock_seq_ops = {
	.start	= zsock_seq_start,
	.next	= zsock_seq_next,
	.stop	= zsock_seq_stop,
	.show	= zsock_seq_show,
};

/* ---- zsock_stat ---- */

static const char * const zsock_stat_names[] = {
	[ZSOCK_STAT_CREATED]		= "SocketsCreated",
	[ZSOCK_STAT_CLOSED]		= "SocketsClosed",
	[ZSOCK_STAT_DENIED]		= "SocketsDenied",
	[ZSOCK_STAT_DISPATCHED]		= "Dispatched",
	[ZSOCK_STAT_DISPATCH_FAILED]	= "DispatchFailed",
	[ZSOCK_STAT_CONNECTS]		= "Connects",
	[ZSOCK_STAT_CONNECT_FAILED]	= "ConnectFailed",
	[ZSOCK_STAT_ACCEPTED]		= "Accepted",
	[ZSOCK_STAT_PAIRS]		= "SocketPairs",
	[ZSOCK_STAT_HANDSHAKES]		= "Handshakes",
	[ZSOCK_STAT_HANDSHAKE_RESUMED]	= "HandshakeResumed",
	[ZSOCK_STAT_HANDSHAKE_FAILED]	= "HandshakeFailed",
	[ZSOCK_STAT_SOCKS5_TUNNELS]	= "Socks5Tunnels",
	[ZSOCK_STAT_SOCKS5_FAILED]	= "Socks5Failed",
	[ZSOCK_STAT_RESOLVED]		= "Resolved",
	[ZSOCK_STAT_RESOLVE_FAILED]	= "ResolveFailed",
};

static int zsock_stat_show(struct seq_file *m, void *v)
{
	const struct zsock_net *zn = zsock_net(seq_file_single_net(m));
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(zsock_stat_names) != __ZSOCK_STAT_MAX);
	for (i = 0; i < __ZSOCK_STAT_MAX; i++)
		seq_printf(m, "%-16s %llu\n", zsock_stat_names[i],
			   zsock_stat_read(zn, i));
	return 0;
}

/* ---- zsock_protocols: one line for each (type, protocol), or for none ---- */

static void zsock_protocols_domains(struct seq_file *m,
				    const struct zsock_proto *proto,
				    const struct zsock_proto_id *id)
{
	const int *d;
	bool first = true;

	for (d = zsock_proto_domains(proto); *d; d++) {
		if (id->domain && id->domain != *d)
			continue;
		seq_printf(m, "%c%s", first ? ' ' : ',', zsock_domain_name(*d));
		first = false;
	}
	seq_putc(m, '\n');
}

static void zsock_protocols_users(struct seq_file *m,
				  struct zsock_handler *handler)
{
	const struct module *owner = handler->proto->owner;

	seq_printf(m, " %u %s", zsock_pin_users(&handler->pin),
		   owner ? owner->name : "kernel");
}

static int zsock_protocols_line(struct zsock_handler *handler, void *arg)
{
	const struct zsock_proto *proto = handler->proto;
	const struct zsock_proto_id *id;
	struct seq_file *m = arg;
	unsigned int i;

	if (!proto->nids) {
		seq_printf(m, "%s - -", proto->name);
		zsock_protocols_users(m, handler);
		seq_puts(m, " -\n");
	}
	for (i = 0; i < proto->nids; i++) {
		id = &proto->ids[i];
		seq_printf(m, "%s %s %d", proto->name,
			   zsock_type_name(id->type), id->protocol);
		if (id->last)
			seq_printf(m, "-%d", id->last);
		zsock_protocols_users(m, handler);
		zsock_protocols_domains(m, proto, id);
	}
	return 0;
}

static int zsock_protocols_show(struct seq_file *m, void *v)
{
	seq_puts(m, "handler type proto sockets module domains\n");
	return zsock_handlers_walk(zsock_protocols_line, m);
}

int zsock_proc_init(struct net *net)
{
	struct proc_dir_entry *dir = net->proc_net;

	if (!proc_create_net("zsock", 0444, dir, &zsock_seq_ops,
			     sizeof(struct seq_net_private)))
		return -ENOMEM;
	if (!proc_create_net_single("zsock_stat", 0444, dir, zsock_stat_show,
				    NULL))
		goto out_zsock;
	if (!proc_create_net_single("zsock_protocols", 0444, dir,
				    zsock_protocols_show, NULL))
		goto out_stat;
	return 0;

out_stat:
	remove_proc_entry("zsock_stat", dir);
out_zsock:
	remove_proc_entry("zsock", dir);
	return -ENOMEM;
}

void zsock_proc_exit(struct net *net)
{
	remove_proc_entry("zsock_protocols", net->proc_net);
	remove_proc_entry("zsock_stat", net->proc_net);
	remove_proc_entry("zsock", net->proc_net);
}
