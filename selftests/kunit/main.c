// SPDX-License-Identifier: GPL-2.0
/* zsock_kunit: all suites, and what several of them need. */
#include <kunit/resource.h>
#include <linux/net.h>

#include "suites.h"

static void zsock_kunit_sock_release(void *sock)
{
	sock_release(sock);
}

struct socket *zsock_kunit_socket(struct kunit *test, struct net *net, int type,
				  int domain, int protocol)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, 0,
			sock_create_kern(net, zsock_family(), type,
					 ZSOCK_PROTO(domain, protocol), &sock));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, zsock_kunit_sock_release,
						  sock));
	return sock;
}

void zsock_kunit_release(struct kunit *test, struct socket *sock)
{
	kunit_release_action(test, zsock_kunit_sock_release, sock);
}

static bool zsock_kunit_is_supported(const struct zsock_backend *backend,
				     const struct zsock_spec *spec)
{
	return true;
}

static int zsock_kunit_create(const struct zsock_backend *backend,
			      const struct zsock_spec *spec,
			      struct socket **res)
{
	return -EIO;
}

struct zsock_backend zsock_kunit_backend(const char *name, int priority)
{
	return (struct zsock_backend){
		.name		= name,
		.owner		= THIS_MODULE,
		.priority	= priority,
		.is_supported	= zsock_kunit_is_supported,
		.create		= zsock_kunit_create,
	};
}

kunit_test_suites(&zsock_pin_suite, &zsock_registry_suite, &zsock_spec_suite,
		  &zsock_table_suite, &zsock_address_suite, &zsock_dual_suite,
		  &zsock_options_suite, &zsock_kernel_suite, &zsock_net_suite,
		  &zsock_cred_suite, &zsock_cred_store_suite, &zsock_conf_suite,
		  &zsock_handshake_suite, &zsock_handshake_time_suite,
		  &zsock_handshake_race_suite, &zsock_records_suite,
		  &zsock_policy_suite, &zsock_rules_suite, &zsock_vsock_suite,
		  &zsock_remote_netdev_suite, &zsock_kpi_suite,
		  &zsock_kpi_skb_suite, &zsock_kpi_upcall_suite,
		  &zsock_socks5_suite, &zsock_names_suite);

MODULE_DESCRIPTION("KUnit suites of AF_ZSOCK");
MODULE_LICENSE("GPL");
ZSOCK_IMPORT_KUNIT();
