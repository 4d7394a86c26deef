/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites about secure sockets of the in-kernel API share. */
#ifndef _ZSOCK_KUNIT_KPI_TLS_H
#define _ZSOCK_KUNIT_KPI_TLS_H

#include "kpi.h"

extern struct kunit_suite zsock_kpi_tls_suite;
extern struct kunit_suite zsock_kpi_tls_peer_suite;
extern struct kunit_suite zsock_kpi_tls_alone_suite;
extern struct kunit_suite zsock_kpi_tls_skb_suite;

/* Suites of either version; what else a version means is the handler's. */
#define KPI_TLS_1_2_SUITE	0xc02b
#define KPI_TLS_1_3_SUITE	0x1301
#define KPI_TLS_TIME		(20 * HZ)

/* Who trusts which root: the tags of selftests/lib/tls.h. */
#define KPI_TAG_SERVER		1
#define KPI_TAG_CA		2
#define KPI_TAG_STRANGER	5

struct zsock_socket *kpi_tls_listen(struct kunit *test,
				    struct sockaddr_in *addr);
/* Cipher: one to insist on, or 0. */
struct zsock_socket *kpi_tls_client(struct kunit *test, int version, int tag,
				    int cipher);
/* A connection, whose handshake is done. */
struct kpi_pair kpi_tls_pair(struct kunit *test, int version, int cipher);

#endif /* _ZSOCK_KUNIT_KPI_TLS_H */
