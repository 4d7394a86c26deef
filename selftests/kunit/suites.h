/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of zsock_kunit.ko: a suite each, and what several of them need. */
#ifndef _ZSOCK_KUNIT_SUITES_H
#define _ZSOCK_KUNIT_SUITES_H

#include <kunit/test.h>

#include "../../zsock_int.h"

extern struct kunit_suite zsock_pin_suite;
extern struct kunit_suite zsock_registry_suite;
extern struct kunit_suite zsock_spec_suite;
extern struct kunit_suite zsock_table_suite;
extern struct kunit_suite zsock_address_suite;
extern struct kunit_suite zsock_dual_suite;
extern struct kunit_suite zsock_options_suite;
extern struct kunit_suite zsock_kernel_suite;
extern struct kunit_suite zsock_net_suite;
extern struct kunit_suite zsock_cred_suite;
extern struct kunit_suite zsock_cred_store_suite;
extern struct kunit_suite zsock_conf_suite;
extern struct kunit_suite zsock_handshake_suite;
extern struct kunit_suite zsock_handshake_time_suite;
extern struct kunit_suite zsock_handshake_race_suite;
extern struct kunit_suite zsock_records_suite;
extern struct kunit_suite zsock_policy_suite;
extern struct kunit_suite zsock_rules_suite;
extern struct kunit_suite zsock_vsock_suite;
extern struct kunit_suite zsock_names_suite;
extern struct kunit_suite zsock_remote_netdev_suite;
extern struct kunit_suite zsock_kpi_suite;
extern struct kunit_suite zsock_kpi_skb_suite;
extern struct kunit_suite zsock_kpi_upcall_suite;
extern struct kunit_suite zsock_socks5_suite;

/* A socket of this family that the kernel itself opened; released with the test. */
struct socket *zsock_kunit_socket(struct kunit *test, struct net *net, int type,
				  int domain, int protocol);
/* Release one earlier than that. */
void zsock_kunit_release(struct kunit *test, struct socket *sock);

/* A backend that takes anything and makes nothing, to be filled in. */
struct zsock_backend zsock_kunit_backend(const char *name, int priority);

#endif /* _ZSOCK_KUNIT_SUITES_H */
