// SPDX-License-Identifier: GPL-2.0
/*
 * A backend in a module of its own: the kernel's stack, for traffic that should
 * give way to all other. Its packets carry the DSCP "lower effort" (RFC 8622).
 *
 * It is asked after "native", so only those get it who ask for it by name:
 *
 *	setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, "background", 11)
 *	zsock-run --backend background -- rsync ...
 */
#include <linux/in6.h>
#include <net/ip.h>
#include <net/sock.h>
#include <net/zsock.h>

#define BACKGROUND_TOS	0x04	/* DSCP 000001, above the two ECN bits */

/* Asked with AF_UNSPEC at socket(), when the family may be open yet. */
static bool background_is_supported(const struct zsock_backend *backend,
				    const struct zsock_spec *spec)
{
	if (spec->type != SOCK_STREAM && spec->type != SOCK_DGRAM)
		return false;
	return spec->family == AF_UNSPEC || spec->family == AF_INET ||
	       spec->family == AF_INET6;
}

static int background_mark(struct socket *sock)
{
	int tclass = BACKGROUND_TOS;

	/* An IPv6 socket may send IPv4, too. */
	ip_sock_set_tos(sock->sk, BACKGROUND_TOS);
	if (sock->sk->sk_family != AF_INET6)
		return 0;
	return sock->ops->setsockopt(sock, SOL_IPV6, IPV6_TCLASS,
				     KERNEL_SOCKPTR(&tclass), sizeof(tclass));
}

static int background_create(const struct zsock_backend *backend,
			     const struct zsock_spec *spec, struct socket **res)
{
	int err;

	err = __sock_create(spec->net, spec->family, spec->type,
			    spec->protocol, res, spec->kern);
	if (err)
		return err;
	err = background_mark(*res);
	if (err)
		sock_release(*res);
	return err;
}

static const struct zsock_backend background = {
	.name		= "background",
	.owner		= THIS_MODULE,
	.priority	= 1000,
	.family		= AF_UNSPEC,
	.features	= ZSOCK_BACKEND_F_STREAM | ZSOCK_BACKEND_F_DGRAM |
			  ZSOCK_BACKEND_F_PLAIN_NETDEV,
	.is_supported	= background_is_supported,
	.create		= background_create,
};

static int __init background_init(void)
{
	return zsock_register_backend(&background);
}

static void __exit background_exit(void)
{
	zsock_unregister_backend(&background);
}

module_init(background_init);
module_exit(background_exit);

MODULE_DESCRIPTION("AF_ZSOCK sample: lower-effort traffic, as a backend");
MODULE_LICENSE("GPL");
