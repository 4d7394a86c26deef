// SPDX-License-Identifier: GPL-2.0
/*
 * Part of zsock.ko where the test modules are built and the kernel has KUnit:
 * lets the suites call what is the module's own.
 */
#include "../../names/names.h"
#include "../../netlink.h"
#include "../../offload/remote_netdev.h"
#include "../../offload/vsock.h"
#include "../../proto/socks5_wire.h"
#include "../../tls/tls.h"
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

EXPORT_SYMBOL_IF_KUNIT(zsock_remote_netdev_add);
EXPORT_SYMBOL_IF_KUNIT(zsock_remote_netdev_tie);
EXPORT_SYMBOL_IF_KUNIT(zsock_remote_netdev_del);
EXPORT_SYMBOL_IF_KUNIT(zsock_remote_netdev_link);

EXPORT_SYMBOL_IF_KUNIT(zsock_rule_matches);
EXPORT_SYMBOL_IF_KUNIT(zsock_rule_hits);
EXPORT_SYMBOL_IF_KUNIT(zsock_ask_address);
EXPORT_SYMBOL_IF_KUNIT(zsock_policy_init);
EXPORT_SYMBOL_IF_KUNIT(zsock_policy_free);
EXPORT_SYMBOL_IF_KUNIT(zsock_policy_ask);
EXPORT_SYMBOL_IF_KUNIT(zsock_policy_add);
EXPORT_SYMBOL_IF_KUNIT(zsock_policy_del);
EXPORT_SYMBOL_IF_KUNIT(zsock_policy_flush);

EXPORT_SYMBOL_IF_KUNIT(zsock_table_get);
EXPORT_SYMBOL_IF_KUNIT(zsock_table_via);
EXPORT_SYMBOL_IF_KUNIT(zsock_tables_free);
EXPORT_SYMBOL_IF_KUNIT(zsock_retable_begin);
EXPORT_SYMBOL_IF_KUNIT(zsock_retable_end);
EXPORT_SYMBOL_IF_KUNIT(zsock_ops_ours);

EXPORT_SYMBOL_IF_KUNIT(zsock_first_address);
EXPORT_SYMBOL_IF_KUNIT(zsock_option_family);
EXPORT_SYMBOL_IF_KUNIT(zsock_map);
EXPORT_SYMBOL_IF_KUNIT(zsock_unmap);

EXPORT_SYMBOL_IF_KUNIT(zsock_socks5_target_set);
EXPORT_SYMBOL_IF_KUNIT(zsock_socks5_target_name);
EXPORT_SYMBOL_IF_KUNIT(zsock_socks5_put_methods);
EXPORT_SYMBOL_IF_KUNIT(zsock_socks5_get_method);
EXPORT_SYMBOL_IF_KUNIT(zsock_socks5_put_auth);
EXPORT_SYMBOL_IF_KUNIT(zsock_socks5_get_status);
EXPORT_SYMBOL_IF_KUNIT(zsock_socks5_put_request);
EXPORT_SYMBOL_IF_KUNIT(zsock_socks5_get_reply);

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

EXPORT_SYMBOL_IF_KUNIT(zsock_vsock_map_init);
EXPORT_SYMBOL_IF_KUNIT(zsock_vsock_map_free);
EXPORT_SYMBOL_IF_KUNIT(zsock_vsock_map_add);
EXPORT_SYMBOL_IF_KUNIT(zsock_vsock_map_del);
EXPORT_SYMBOL_IF_KUNIT(zsock_vsock_map_used);
EXPORT_SYMBOL_IF_KUNIT(zsock_vsock_to);
EXPORT_SYMBOL_IF_KUNIT(zsock_vsock_from);

EXPORT_SYMBOL_IF_KUNIT(zsock_tls_conf_copy);
EXPORT_SYMBOL_IF_KUNIT(zsock_tls_conf_put);

EXPORT_SYMBOL_IF_KUNIT(zsock_genl);
EXPORT_SYMBOL_IF_KUNIT(zsock_nl_listeners);
EXPORT_SYMBOL_IF_KUNIT(zsock_agent_wq);
EXPORT_SYMBOL_IF_KUNIT(zsock_handshake_new);
EXPORT_SYMBOL_IF_KUNIT(zsock_handshake_submit);
EXPORT_SYMBOL_IF_KUNIT(zsock_request_finish);
EXPORT_SYMBOL_IF_KUNIT(zsock_request_cancel);
EXPORT_SYMBOL_IF_KUNIT(zsock_request_put);
EXPORT_SYMBOL_IF_KUNIT(zsock_handshake_next);
EXPORT_SYMBOL_IF_KUNIT(zsock_request_give_back);
EXPORT_SYMBOL_IF_KUNIT(zsock_handshake_find);
EXPORT_SYMBOL_IF_KUNIT(zsock_requests_agent_gone);
EXPORT_SYMBOL_IF_KUNIT(zsock_requests_full);

EXPORT_SYMBOL_IF_KUNIT(zsock_name_check);
EXPORT_SYMBOL_IF_KUNIT(zsock_name_of);
EXPORT_SYMBOL_IF_KUNIT(zsock_name_numeric);
EXPORT_SYMBOL_IF_KUNIT(zsock_answer_add);
EXPORT_SYMBOL_IF_KUNIT(zsock_answer_mix);
EXPORT_SYMBOL_IF_KUNIT(zsock_resolve_new);
EXPORT_SYMBOL_IF_KUNIT(zsock_request_submit);
EXPORT_SYMBOL_IF_KUNIT(zsock_request_next);
EXPORT_SYMBOL_IF_KUNIT(zsock_request_find);

EXPORT_SYMBOL_IF_KUNIT(zsock_tls_override_records);
EXPORT_SYMBOL_IF_KUNIT(zsock_tls_control);
EXPORT_SYMBOL_IF_KUNIT(zsock_tls_drain);
EXPORT_SYMBOL_IF_KUNIT(zsock_tls_send_close);
