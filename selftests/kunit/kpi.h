/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites about the in-kernel API share. */
#ifndef _ZSOCK_KUNIT_KPI_H
#define _ZSOCK_KUNIT_KPI_H

#include <linux/completion.h>
#include <linux/in.h>
#include <linux/kthread.h>
#include <linux/uio.h>
#include <net/zsock_kpi.h>

#include "suites.h"

/**
 * struct kpi_pair - a connection, both of whose ends are the test's
 * @listener: which it came from
 * @client: who connected
 * @server: what zsock_accept() gave
 * @addr: the listener's
 */
struct kpi_pair {
	struct zsock_socket	*listener;
	struct zsock_socket	*client;
	struct zsock_socket	*server;
	struct sockaddr_in	addr;
};

/* A socket that is closed with the test; and earlier than that. */
struct zsock_socket *kpi_open(struct kunit *test, int domain, int type,
			      int protocol);
void kpi_own(struct kunit *test, struct zsock_socket *so);
void kpi_close(struct kunit *test, struct zsock_socket *so);
/* One that somebody else closes. */
void kpi_disown(struct kunit *test, struct zsock_socket *so);

/* Bound to a port of the loop-back address, which is returned. */
struct sockaddr_in kpi_bind(struct kunit *test, struct zsock_socket *so);
struct zsock_socket *kpi_listen(struct kunit *test, int backlog,
				struct sockaddr_in *addr);
struct kpi_pair kpi_pair(struct kunit *test);
int kpi_connect(struct zsock_socket *so, const struct sockaddr_in *addr,
		int flags);

/* Bytes, or a negative errno. */
int kpi_send(struct zsock_socket *so, const void *data, size_t len, int flags);
int kpi_receive(struct zsock_socket *so, void *data, size_t len, int flags);
/* Send until there is no space. */
size_t kpi_fill(struct kunit *test, struct zsock_socket *so);
size_t kpi_drain(struct kunit *test, struct zsock_socket *so, size_t len);

#endif /* _ZSOCK_KUNIT_KPI_H */
