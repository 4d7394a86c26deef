// SPDX-License-Identifier: GPL-2.0
/*
 * TLS that a backend does: the socket is the backend's, with all its options,
 * and the tags name credentials that are there. No socket() finds this handler;
 * one of "tls" has it from its dispatch on.
 */
#include "../tls/tls.h"

static int zsock_tls_whole_set(struct socket *sock, int level, int optname,
			       sockptr_t optval, unsigned int optlen)
{
	/* Dispatch is about to publish it. */
	if (!zsock_table(zsock_sk(sock)))
		return -EBUSY;
	if (level != SOL_TLS || !zsock_inner_ops(sock)->setsockopt)
		return -ENOPROTOOPT;
	return zsock_inner_ops(sock)->setsockopt(sock, level, optname, optval,
						 optlen);
}

static int zsock_tls_whole_get(struct socket *sock, int level, int optname,
			       sockptr_t optval, sockptr_t optlen)
{
	if (!zsock_table(zsock_sk(sock)))
		return -EBUSY;
	if (level != SOL_TLS || !zsock_inner_ops(sock)->getsockopt)
		return -ENOPROTOOPT;
	/* What a backend answers goes to a program's memory. */
	if (optval.is_kernel || optlen.is_kernel)
		return -EOPNOTSUPP;
	return zsock_inner_ops(sock)->getsockopt(sock, level, optname,
						 optval.user, optlen.user);
}

ZSOCK_DEFINE_PROTO(tls_whole) = {
	.name		= "tls-backend",
	.owner		= THIS_MODULE,
	.protocol	= IPPROTO_TLS_1_2,
	.setsockopt	= zsock_tls_whole_set,
	.getsockopt	= zsock_tls_whole_get,
	.no_pair	= true,
};
