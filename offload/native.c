// SPDX-License-Identifier: GPL-2.0
/* The kernel's own stack. */
#include <linux/security.h>

#include "../zsock_int.h"

static bool zsock_native_is_supported(const struct zsock_backend *backend,
				      const struct zsock_spec *spec)
{
	return spec->family == AF_UNSPEC || spec->family == AF_INET ||
	       spec->family == AF_INET6 || spec->native;
}

/* kern as at socket(): checks, accounting and references are a user's. */
static int zsock_native_create(const struct zsock_backend *backend,
			       const struct zsock_spec *spec,
			       struct socket **res)
{
	return __sock_create(spec->net, spec->family, spec->type,
			     spec->protocol, res, spec->kern);
}

/* IP has no pairs. AF_UNIX has, and needs no address and no device. */
static int zsock_native_socketpair(const struct zsock_backend *backend,
				   const struct zsock_spec *spec,
				   struct socket *res[2])
{
	int err;

	err = __sock_create(spec->net, AF_UNIX, spec->type, 0, &res[0],
			    spec->kern);
	if (err)
		return err;
	err = __sock_create(spec->net, AF_UNIX, spec->type, 0, &res[1],
			    spec->kern);
	if (err)
		goto out_first;
	err = security_socket_socketpair(res[0], res[1]);
	if (!err)
		err = res[0]->ops->socketpair(res[0], res[1]);
	if (!err)
		return 0;
	sock_release(res[1]);
out_first:
	sock_release(res[0]);
	return err;
}

ZSOCK_DEFINE_BACKEND(native) = {
	.name		= "native",
	.owner		= THIS_MODULE,
	.priority	= 100,
	.family		= AF_UNSPEC,
	.features	= ZSOCK_BACKEND_F_STREAM | ZSOCK_BACKEND_F_DGRAM |
			  ZSOCK_BACKEND_F_PLAIN_NETDEV | ZSOCK_BACKEND_F_PAIR |
			  ZSOCK_BACKEND_F_INET,
	.several	= true,
	.is_supported	= zsock_native_is_supported,
	.create		= zsock_native_create,
	.socketpair	= zsock_native_socketpair,
};
