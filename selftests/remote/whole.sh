#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# TLS that a backend behind a pipe does: zsock-offloadd, with this host's own AF_ZSOCK. The
# backend's priority is behind "native", which carries the server's own sockets.

# shellcheck source=selftests/tls/lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../tls/lib.sh"

CLIENT=$LIB_DIR/../remote/whole.py

pipe_start()
{
	zsock-offloadd -f --user root --tls --allow 0.0.0.0/0 --listen "unix:$DIR/pipe" \
		2>offloadd.log &
	PIDS+=($!)
	# The file is there before it listens.
	wait_for "$LIMIT" has offloadd.log ready &&
		zsockctl backend add whole0 --unix "$DIR/pipe" --prio 300
}

pipe_end() { zsockctl backend del whole0 --force; }

# run NAME WANTED... -- ARGUMENT...: what the client prints is what is wanted
run()
{
	local name=$1 wanted=() got

	shift
	while [[ $1 != -- ]]; do
		wanted+=("$1")
		shift
	done
	got=$(python3 -IS "$CLIENT" "${@:2}" 2>&1)
	if [[ $got == "$(printf '%s\n' "${wanted[@]}")" ]]; then
		tap_ok "$name"
	else
		tap_not_ok "$name" "got: $got" "$(<offloadd.log)"
	fi
}

reply_server()
{
	next_port
	openssl s_server -accept "$PORT" -quiet -rev -naccept 1 -tls1_2 -cert "$PKI/p256.crt" \
		-key "$PKI/p256.key" -cert_chain "$PKI/p256.crt" >/dev/null 2>&1 &
	PIDS+=($!)
	wait_for "$LIMIT" listening "$PORT"
}

tls_begin
creds
agent_start "$@"
pipe_start || {
	tap_not_ok "there is a backend that does TLS" "$(<offloadd.log)"
	tap_end
	exit
}
zsockctl backend list >shown
if has shown 'whole0 .*tls'; then
	tap_ok "the backend says that it does TLS"
else
	tap_not_ok "the backend says that it does TLS" "$(<shown)"
fi
reply_server
run "a connection, carried whole" "tls-backend whole0" 0xc02b "6 olleh" -- whole0 "$PORT" "${TAG[ca]}"
reply_server
run "the tag is the other side's to judge" ECONNABORTED -- whole0 "$PORT" "${TAG[stranger]}"
reply_server
run "TLS here, over its TCP: not to be had" ENOTSUP -- whole0 "$PORT" "${TAG[ca]}" native
run "a callback cannot go along" ENOTSUP -- whole0 "$PORT" "${TAG[ca]}" callback
pipe_end
tap_end
