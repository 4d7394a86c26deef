#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The echo server of samples/kpi-echo/kpi_echo.c by TLS: the kernel is a TLS server, with the agent for
# the handshakes. Runs as root in a tools/vm guest.

# shellcheck source=selftests/tls/lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../tls/lib.sh"

KPI_DIR=$LIB_DIR/../kpi
ECHO=/sys/module/zsock_kpi_echo
ko=${ZSOCK_MODULE_DIR:?is set by tools/vm}/zsock_kpi_echo.ko

# ok NAME COMMAND...
ok()
{
	local name=$1 said

	shift
	if said=$("$@" 2>&1); then
		tap_ok "$name"
	else
		tap_not_ok "$name" "$said" "$(tail -n 5 "$DIR/agent.log" 2>/dev/null)"
	fi
}

has_no_connections() { [[ $(<"$ECHO/parameters/connections") == 0 ]]; }

clients() { python3 -IS "$KPI_DIR/tls_echo.py" "$PORT" "$PKI/ca.crt"; }

# openssl's own client, and what it was told about the connection.
s_client()
{
	peer openssl s_client -connect "127.0.0.1:$PORT" -CAfile "$PKI/ca.crt" \
		-verify_return_error -verify_hostname server.test -servername server.test -quiet
	echo "hello" >&"$FEED"
	wait_for "$LIMIT" has peer.out '^hello$' || cat peer.err
	# It does not end by itself, and "ok" runs this in a shell of its own.
	peers_end
	has peer.out '^hello$'
}

# The module goes while one client is connected, and one is in the middle of a handshake.
unload()
{
	local raw

	exec {raw}<>"/dev/tcp/127.0.0.1/$PORT"
	peer openssl s_client -connect "127.0.0.1:$PORT" -quiet
	wait_for 20 connected
	rmmod zsock_kpi_echo
	exec {raw}>&-
	peers_end
	[[ ! -e $ECHO ]]
}

connected() { [[ $(<"$ECHO/parameters/connections") != 0 ]]; }

refused() { ! insmod "$ko" port=0 tls_port=7008 tag="${TAG[p256]}" && [[ ! -e $ECHO ]]; }

tls_begin
creds
agent_start "$@"
PORT=7008
ok "the module has a TLS server" insmod "$ko" port=7009 tls_port=$PORT tag="${TAG[p256]}"
ok "openssl's client has an echo" s_client
ok "clients of both versions, large and small, many, plain ones" clients
ok "no connection is left" wait_for 20 has_no_connections
ok "the module goes under its connections" unload

# A port that is taken: nothing of the module stays.
openssl s_server -accept 7008 -quiet -cert "$PKI/p256.crt" -key "$PKI/p256.key" >/dev/null 2>&1 &
PIDS+=($!)
wait_for "$LIMIT" listening 7008
ok "a port that is taken" refused
tap_end
