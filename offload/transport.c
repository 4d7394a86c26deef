// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own other transports: stream sockets of other families that
 * carry what a program takes for TCP. Each behaves as its family does;
 * Documentation/backends.rst tells where that is not as TCP does.
 */
#include <linux/in.h>

#include "../zsock_int.h"

/* Protocols of AF_SMC: the number of one is no public header's. See af_smc(7). */
#define ZSOCK_SMCPROTO_SMC	0
#define ZSOCK_SMCPROTO_SMC6	1

static bool
zsock_transport_is_supported(const struct zsock_backend *backend,
			     const struct zsock_spec *spec);
static int zsock_transport_create(const struct zsock_backend *backend,
				  const struct zsock_spec *spec,
				  struct socket **res);

#define ZSOCK_DEFINE_TRANSPORT(id, prio, more, ...)			\
	ZSOCK_DEFINE_BACKEND(id) = {					\
		.name		= #id,					\
		.owner		= THIS_MODULE,				\
		.priority	= (prio),				\
		.family		= AF_UNSPEC,				\
		.features	= ZSOCK_BACKEND_F_STREAM | (more),	\
		.is_supported	= zsock_transport_is_supported,		\
		.create		= zsock_transport_create,		\
		__VA_ARGS__						\
	}

/* Behind the native stack: for whoever asks for them. */
ZSOCK_DEFINE_TRANSPORT(mptcp, 200, ZSOCK_BACKEND_F_PLAIN_NETDEV);
ZSOCK_DEFINE_TRANSPORT(smc, 210, ZSOCK_BACKEND_F_PLAIN_NETDEV);
ZSOCK_DEFINE_TRANSPORT(vsock, 220, 0, .override = zsock_vsock_override,
		       .name_of = zsock_vsock_name_of);

/**
 * struct zsock_transport - one of them
 * @backend: its backend
 * @there: the kernel that this is built for has it, maybe in a module
 * @allowed: Whether a namespace has it, under RCU. NULL: all have.
 * @inet: family and protocol of what carries an IPv4 socket
 * @inet6: and of what carries an IPv6 socket
 */
struct zsock_transport {
	const struct zsock_backend	*backend;
	bool				there;
	bool (*allowed)(const struct net *net);
	struct {
		int	family;
		int	protocol;
	} inet, inet6;
};

/*
 * Where it has a map: AF_VSOCK leads out of a namespace, and whoever forbids a
 * program to open that (seccomp) need not know of this.
 */
static bool zsock_vsock_allowed(const struct net *net)
{
	return zsock_vsock_map_used(&zsock_net(net)->vsock);
}

static const struct zsock_transport zsock_transports[] = {
	{
		.backend	= &zsock_backend_mptcp,
		.there		= IS_ENABLED(CONFIG_MPTCP),
		.inet		= { AF_INET, IPPROTO_MPTCP },
		.inet6		= { AF_INET6, IPPROTO_MPTCP },
	},
	{
		.backend	= &zsock_backend_smc,
		.there		= IS_ENABLED(CONFIG_SMC),
		.inet		= { AF_SMC, ZSOCK_SMCPROTO_SMC },
		.inet6		= { AF_SMC, ZSOCK_SMCPROTO_SMC6 },
	},
	{
		.backend	= &zsock_backend_vsock,
		.there		= IS_ENABLED(CONFIG_VSOCKETS),
		.allowed	= zsock_vsock_allowed,
		.inet		= { AF_VSOCK, 0 },
		.inet6		= { AF_VSOCK, 0 },
	},
};

static const struct zsock_transport *
zsock_transport_of(const struct zsock_backend *backend)
{
	const struct zsock_transport *t = zsock_transports;

	while (t->backend != backend)
		t++;
	return t;
}

/* kTLS works on TCP's own sockets alone: secure sockets go elsewhere. */
static bool zsock_transport_carries(const struct zsock_spec *spec)
{
	if (spec->type != SOCK_STREAM || spec->protocol != IPPROTO_TCP)
		return false;
	if (zsock_is_tls(spec->outer_protocol))
		return false;
	return spec->family == AF_UNSPEC || spec->family == AF_INET ||
	       spec->family == AF_INET6;
}

static bool
zsock_transport_is_supported(const struct zsock_backend *backend,
			     const struct zsock_spec *spec)
{
	const struct zsock_transport *t = zsock_transport_of(backend);

	return t->there && zsock_transport_carries(spec) &&
	       (!t->allowed || t->allowed(spec->net));
}

/*
 * __sock_create() loads a family's or protocol's module, as socket() does. One
 * that is not there after all is a backend that cannot be had.
 */
static int zsock_transport_create(const struct zsock_backend *backend,
				  const struct zsock_spec *spec,
				  struct socket **res)
{
	const struct zsock_transport *t = zsock_transport_of(backend);
	bool inet6 = spec->family == AF_INET6;
	int err;

	err = __sock_create(spec->net, inet6 ? t->inet6.family : t->inet.family,
			    spec->type,
			    inet6 ? t->inet6.protocol : t->inet.protocol, res,
			    spec->kern);
	switch (err) {
	case -EAFNOSUPPORT:
	case -ESOCKTNOSUPPORT:
	case -EPROTONOSUPPORT:
	case -ENOPROTOOPT:	/* MPTCP, where net.mptcp.enabled is 0 */
		return -ENETDOWN;
	default:
		return err;
	}
}
