/* SPDX-License-Identifier: GPL-2.0 */
/* Hosts by their names: what the calls of a socket need of it. */
#ifndef _ZSOCK_NAMES_NAMING_H
#define _ZSOCK_NAMES_NAMING_H

#include "../zsock_int.h"

/* Whether @addr is a struct sockaddr_zs, as far as its family tells. */
static inline bool zsock_is_name(const void *addr, int len)
{
	const struct sockaddr *sa = addr;

	return len >= (int)sizeof(sa->sa_family) &&
	       sa->sa_family == zsock_family();
}

/* What is kept of @zs's names, or NULL. */
static inline struct zsock_naming *zsock_naming_of(const struct zsock_sock *zs)
{
	/* Pairs with zsock_naming_get(). */
	return zs->fresh ? smp_load_acquire(&zs->fresh->naming) : NULL;
}

/* naming.c */
bool zsock_naming_busy(const struct zsock_sock *zs);
int zsock_naming_await(struct zsock_sock *zs, long timeo);
bool zsock_naming_wants_calls(const struct zsock_sock *zs);
void zsock_naming_override(struct proto_ops *ops);
void zsock_naming_close(struct zsock_sock *zs);
int zsock_naming_set_host(struct zsock_sock *zs, sockptr_t optval,
			  unsigned int optlen);
int zsock_naming_get_host(struct zsock_sock *zs, sockptr_t optval,
			  sockptr_t optlen);

int zsock_naming_target(struct zsock_sock *zs, const void *addr, int len,
			char *name, __be16 *port);

/* connect.c */
#define ZSOCK_NAME_PROXIED	2	/* there is a proxy, which is told it */
int zsock_name_connect(struct socket *sock, const void *addr, int len,
		       int flags);
int zsock_naming_passes(struct zsock_sock *zs, const void *addr, int len);
bool zsock_naming_stop(struct zsock_sock *zs, int err);

/* lookup.c */
int zsock_name_sendmsg(struct socket *sock, struct msghdr *msg);

#endif /* _ZSOCK_NAMES_NAMING_H */
