// SPDX-License-Identifier: GPL-2.0
/* TLS: TCP with a handshake after connect(), and kTLS after that. */
#include <linux/kmod.h>
#include <linux/once.h>
#include <linux/slab.h>
#include <net/tcp.h>
#include <net/tls.h>

#include "../tls/tls.h"

static const struct zsock_proto_id zsock_tls_ids[] = {
	{ SOCK_STREAM, IPPROTO_TLS_1_0 },
	{ SOCK_STREAM, IPPROTO_TLS_1_1 },
	{ SOCK_STREAM, IPPROTO_TLS_1_2 },
	{ SOCK_STREAM, IPPROTO_TLS_1_3 },
};

struct zsock_tls *zsock_tls_new(struct zsock_tls_conf *conf)
{
	struct zsock_tls *tls;

	tls = kzalloc(sizeof(*tls), GFP_KERNEL_ACCOUNT);
	if (!tls)
		return NULL;
	refcount_set(&tls->ref, 1);
	mutex_init(&tls->lock);
	mutex_init(&tls->listening);
	mutex_init(&tls->control);
	INIT_DELAYED_WORK(&tls->work, zsock_tls_work);
	tls->conf = zsock_tls_conf_get(conf);
	tls->result.alert = -1;
	return tls;
}

void zsock_tls_put(struct zsock_tls *tls)
{
	if (!refcount_dec_and_test(&tls->ref))
		return;
	zsock_tls_listener_free(tls->listener);
	zsock_tls_conf_put(tls->conf);
	kfree(tls->name);
	kfree_sensitive(tls->message);
	mutex_destroy(&tls->control);
	mutex_destroy(&tls->listening);
	mutex_destroy(&tls->lock);
	kfree(tls);
}

/* kTLS, in time for the first handshake. An agent may load it, too. */
static void zsock_tls_load(void)
{
	request_module("tcp-ulp-tls");
}

static int zsock_tls_sock_open(struct socket *sock, void **priv)
{
	struct zsock_tls_conf *conf = zsock_tls_conf_new();
	struct zsock_tls *tls;

	DO_ONCE_SLEEPABLE(zsock_tls_load);
	if (!conf)
		return -ENOMEM;
	tls = zsock_tls_new(conf);
	zsock_tls_conf_put(conf);
	if (!tls)
		return -ENOMEM;
	tls->sock = sock;
	*priv = tls;
	return 0;
}

static void zsock_tls_sock_free(void *priv)
{
	zsock_tls_put(priv);
}

/* Nobody else has the socket; its work and its handshakes may be under way. */
static void zsock_tls_sock_close(struct socket *sock)
{
	struct zsock_tls *tls = zsock_priv(sock);

	/* The work may be about to do so, too. */
	mutex_lock(&tls->lock);
	zsock_unwatch(&tls->watch);
	mutex_unlock(&tls->lock);
	cancel_delayed_work_sync(&tls->work);
	zsock_tls_listen_stop(tls);
	zsock_tls_abandon(tls, -ECONNABORTED);
	/* A handshake that failed has watched for what TCP makes of it. */
	zsock_unwatch(&tls->watch);
	zsock_tls_pot_empty(sock);
	if (zsock_tls_state(tls) != ZSOCK_TLS_OPEN)
		return;
	/* An abortion is no proper end. */
	if (sock_flag(sock->sk, SOCK_LINGER) && !sock->sk->sk_lingertime)
		return;
	zsock_tls_drain(sock, tls);
	zsock_tls_send_close(sock, tls);
}

static void zsock_tls_inner(struct zsock_spec *spec)
{
	spec->protocol = IPPROTO_TCP;
}

static void zsock_tls_init_sk(struct sock *sk)
{
	const struct net *net = sock_net(sk);

	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(net->ipv4.sysctl_tcp_wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(net->ipv4.sysctl_tcp_rmem[1]));
}

/* Whatever is not kTLS's is nothing that a program's data may go to. */
static void zsock_tls_override(struct proto_ops *ops)
{
	if (zsock_tls_is_ktls(ops))
		zsock_tls_override_records(ops);
	else
		zsock_tls_override_waiting(ops);
}

static void zsock_tls_info(const struct socket *sock, struct zsock_info *info)
{
	const struct zsock_tls *tls = zsock_priv(sock);

	if (zsock_tls_state(tls) != ZSOCK_TLS_OPEN)
		return;
	info->flags |= ZSOCK_INFO_F_TLS_TX | ZSOCK_INFO_F_TLS_RX;
	info->tls_version = tls->result.version;
	info->tls_cipher = tls->result.cipher;
	strscpy(info->alpn, tls->result.alpn, sizeof(info->alpn));
}

extern const struct zsock_proto zsock_proto_tls_whole;

ZSOCK_DEFINE_PROTO(tls) = {
	.name		= "tls",
	.owner		= THIS_MODULE,
	.ids		= zsock_tls_ids,
	.nids		= ARRAY_SIZE(zsock_tls_ids),
	.protocol	= IPPROTO_TLS_1_2,
	.init_sk	= zsock_tls_init_sk,
	.inner		= zsock_tls_inner,
	.check_option	= zsock_tls_check_option,
	.copies		= zsock_tls_copies,
	.setsockopt	= zsock_tls_setsockopt,
	.getsockopt	= zsock_tls_getsockopt,
	.override	= zsock_tls_override,
	.open		= zsock_tls_sock_open,
	.accept		= zsock_tls_accept,
	.close		= zsock_tls_sock_close,
	.free		= zsock_tls_sock_free,
	.info		= zsock_tls_info,
	.whole		= &zsock_proto_tls_whole,
	.may_whole	= zsock_tls_may_whole,
	.hand_over	= zsock_tls_hand_whole,
	.no_pair	= true,
	.to_host	= zsock_tls_named,
	.host_again	= zsock_tls_again,
	.host_connected	= zsock_tls_connected_by,
};

MODULE_SOFTDEP("pre: tls");
