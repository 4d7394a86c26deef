// SPDX-License-Identifier: GPL-2.0
/*
 * Who is asked for a socket, in order: backends of the program, and the module.
 * The list only grows, so it is read without a lock.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>

#include "internal.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Of this and of every next: written with the lock, read without. */
static struct net_socket_register *first = &zsk__native_tls;

static struct net_socket_register *after(struct net_socket_register **link)
{
	return __atomic_load_n(link, __ATOMIC_ACQUIRE);
}

int zsk_socket_register(struct net_socket_register *backend)
{
	struct net_socket_register **link;

	if (!backend || !backend->is_supported || !backend->handler)
		return -EINVAL;
	pthread_mutex_lock(&lock);
	if (backend->registered) {
		pthread_mutex_unlock(&lock);
		return -EALREADY;
	}
	backend->registered = true;
	for (link = &first; *link; link = &(*link)->next)
		if ((*link)->prio > backend->prio)
			break;
	backend->next = *link;
	__atomic_store_n(link, backend, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* What the module does not have, another backend may. */
static bool lacks(const struct net_socket_register *r, int err)
{
	return (r == &zsk__native || r == &zsk__native_tls) &&
	       (err == EAFNOSUPPORT || err == EPROTONOSUPPORT ||
		err == ESOCKTNOSUPPORT);
}

int zsk__make(int family, int type, int proto)
{
	struct net_socket_register *r;
	int err = EAFNOSUPPORT, fd;

	for (r = after(&first); r; r = after(&r->next)) {
		if (r->family != AF_UNSPEC && r->family != family)
			continue;
		if (!r->is_supported(family, type, proto))
			continue;
		fd = r->handler(family, type, proto);
		if (fd >= 0 || !lacks(r, errno))
			return fd;
		err = errno;
	}
	errno = err;
	return -1;
}
