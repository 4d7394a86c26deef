/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the Zephyr layer share. Names begin with zsk__, since a
 * static library has no other way to keep them to itself.
 */
#ifndef LIBZSOCK_ZEPHYR_INTERNAL_H
#define LIBZSOCK_ZEPHYR_INTERNAL_H

#include <stdatomic.h>

#include <zephyr/net/socket.h>

/* ---- fdtable.c: sockets that the program implements ---- */

struct zsk__own {
	_Atomic unsigned int state;	/* see fdtable.c */
	uint32_t mode;
	const struct fd_op_vtable *vtable;
	void *obj;
};

/* How many there are: while none is, no call looks further. */
extern _Atomic int zsk__owns;

/* NULL, or one that stays until zsk__put(), which leaves errno alone. */
struct zsk__own *zsk__find(int fd);
void zsk__put(struct zsk__own *own, int fd);
/* The number is one of the table, though not, or not any more, a socket. */
bool zsk__busy(int fd);
/* -1 and EBADF if another thread was quicker. */
int zsk__close(struct zsk__own *own, int fd);

static inline struct zsk__own *zsk__get(int fd)
{
	if (likely(!atomic_load_explicit(&zsk__owns, memory_order_relaxed)))
		return NULL;
	return zsk__find(fd);
}

static inline const struct socket_op_vtable *zsk__ops(const struct zsk__own *own)
{
	return (const struct socket_op_vtable *)own->vtable;
}

/* Calls a member of the table, or EOPNOTSUPP, and lets go of @own. */
#define ZSK_CALL(own, fd, member, ...) ({				\
	const struct socket_op_vtable *ops__ = zsk__ops(own);		\
	__typeof__(ops__->member((own)->obj, ##__VA_ARGS__)) ret__ = -1; \
									\
	if (ops__->member)						\
		ret__ = ops__->member((own)->obj, ##__VA_ARGS__);	\
	else								\
		errno = EOPNOTSUPP;					\
	zsk__put(own, fd);						\
	ret__;								\
})

/* ---- register.c ---- */

/* A socket from who is asked first and can; -1 and errno. */
int zsk__make(int family, int type, int proto);

/* ---- native.c: those of the module ---- */

extern struct net_socket_register zsk__native_tls, zsk__native;
int zsk__native_pair(int family, int type, int proto, int *sv);

/* ---- numbers.c ---- */

bool zsk__is_tls(int proto);
bool zsk__is_dtls(int proto);
/* Where Linux has an option that the headers call so. */
void zsk__option(int *level, int *name);
/* The protocol of packet sockets, as the module wants it. */
int zsk__packet_protocol(int proto);

#endif
