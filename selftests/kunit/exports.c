// SPDX-License-Identifier: GPL-2.0
/*
 * Part of zsock.ko where the test modules are built and the kernel has KUnit:
 * lets the suites call what is the module's own.
 */
#include "../../zsock_int.h"

EXPORT_SYMBOL_IF_KUNIT(zsock_pin_init);
EXPORT_SYMBOL_IF_KUNIT(zsock_pin_free);
EXPORT_SYMBOL_IF_KUNIT(zsock_pin_get);
EXPORT_SYMBOL_IF_KUNIT(zsock_pin_dup);
EXPORT_SYMBOL_IF_KUNIT(zsock_pin_put);
EXPORT_SYMBOL_IF_KUNIT(zsock_pin_users);
EXPORT_SYMBOL_IF_KUNIT(zsock_pin_kill);
EXPORT_SYMBOL_IF_KUNIT(zsock_name_ok);

EXPORT_SYMBOL_IF_KUNIT(zsock_handler_find);
EXPORT_SYMBOL_IF_KUNIT(zsock_handler_takes);
EXPORT_SYMBOL_IF_KUNIT(zsock_handlers_walk);
EXPORT_SYMBOL_IF_KUNIT(zsock_carrier_pick);
EXPORT_SYMBOL_IF_KUNIT(zsock_carrier_any);
EXPORT_SYMBOL_IF_KUNIT(zsock_carrier_known);
EXPORT_SYMBOL_IF_KUNIT(zsock_carrier_of);
EXPORT_SYMBOL_IF_KUNIT(zsock_carriers_walk);
EXPORT_SYMBOL_IF_KUNIT(zsock_netdev_carrier);
EXPORT_SYMBOL_IF_KUNIT(zsock_spec_init);

EXPORT_SYMBOL_IF_KUNIT(zsock_table_get);
EXPORT_SYMBOL_IF_KUNIT(zsock_tables_free);
EXPORT_SYMBOL_IF_KUNIT(zsock_ops_ours);

EXPORT_SYMBOL_IF_KUNIT(zsock_first_address);
EXPORT_SYMBOL_IF_KUNIT(zsock_option_family);
EXPORT_SYMBOL_IF_KUNIT(zsock_map);
EXPORT_SYMBOL_IF_KUNIT(zsock_unmap);

EXPORT_SYMBOL_IF_KUNIT(zsock_net_id);
EXPORT_SYMBOL_IF_KUNIT(zsock_stat_read);

EXPORT_SYMBOL_IF_KUNIT(zsock_der_take);
EXPORT_SYMBOL_IF_KUNIT(zsock_cred_parse);
EXPORT_SYMBOL_IF_KUNIT(zsock_cred_add);
EXPORT_SYMBOL_IF_KUNIT(zsock_cred_del);
EXPORT_SYMBOL_IF_KUNIT(zsock_cred_read);
EXPORT_SYMBOL_IF_KUNIT(zsock_cred_allow);
EXPORT_SYMBOL_IF_KUNIT(zsock_cred_deny);
EXPORT_SYMBOL_IF_KUNIT(zsock_cred_next);
EXPORT_SYMBOL_IF_KUNIT(zsock_cred_get_tag);
EXPORT_SYMBOL_IF_KUNIT(zsock_cred_put);
EXPORT_SYMBOL_IF_KUNIT(zsock_creds_init);
EXPORT_SYMBOL_IF_KUNIT(zsock_creds_free);
