#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites about TLS in the kernel, selftests/kunit/kpi_tls*.c, with what they need:
# credentials, the
# agent, openssl's server; and without the agent. Runs as root in a tools/vm guest with KUnit.

# shellcheck source=selftests/tls/lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../tls/lib.sh"

NAME=zsock_kpi_tls
FILTER=/sys/module/kunit/parameters/filter_glob
ko=${ZSOCK_MODULE_DIR:?is set by tools/vm}/$NAME.ko

# suites GLOB COUNT OPTION...: each test of these suites, which are COUNT
suites()
{
	local glob=$1 count=$2 mark="zsock_kpi_tls $1" line name lines=() seen=0

	shift 2
	printf %s "$glob" >"$FILTER"
	echo "$mark" >/dev/kmsg
	insmod "$ko" "$@"
	rmmod "$NAME"
	mapfile -t lines < <(dmesg | sed "1,/$mark\$/d; s/^\[[^]]*\] *//")
	for line in "${lines[@]}"; do
		[[ $line =~ ^(not )?ok\ [0-9]+\ ([a-z0-9_]+) ]] || continue
		name=${BASH_REMATCH[2]}
		[[ $name != zsock_* ]] || { ((++seen)) && continue; }
		if [[ ${BASH_REMATCH[1]} ]]; then
			tap_not_ok "$name" "${lines[@]}"
		else
			tap_ok "$name"
		fi
	done
	((seen == count)) || tap_not_ok "all suites of $glob" "${lines[@]}"
}

tls_begin
creds
agent_start "$@"
suites "zsock_kpi_tls" 1
suites "zsock_kpi_tls_skb" 1
next_port
peer_server openssl s_server -accept "$PORT" -rev -quiet -cert "$PKI/p256.crt" \
	-cert_chain "$PKI/p256.crt" -key "$PKI/p256.key"
suites "zsock_kpi_tls_peer" 1 peer_port="$PORT"
peers_end
agent_end TERM
suites "zsock_kpi_tls_alone" 1
tap_end
