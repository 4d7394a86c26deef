#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsock-tlsd is not there, comes late, is killed: before, during and after a handshake. And what
# users without privilege try: to be the agent, to have somebody's key, to use somebody's tag.
# Runs as root in a tools/vm guest.
#
# usage: agent.sh [PART...]	a part is a function below that begins with "test_"; none: all

set -u
# shellcheck source=selftests/tls/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

SYSCTL=/proc/sys/net/zsock
ANYBODY=4321
trusting=(--tags "${TAG[ca]}" --hostname server.test)

as() { setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }

# So long that what ends sooner has not waited for it.
no_time_limit() { echo 600000 >$SYSCTL/handshake_timeout; }
usual_limits()
{
	echo 10000 >$SYSCTL/handshake_timeout
	echo 2000 >$SYSCTL/handshake_grace
}

s_server()
{
	peer_server openssl s_server -accept "$PORT" -naccept "${NACCEPT:-1}" -quiet \
		-cert "$PKI/p256.one" -key "$PKI/p256.key" -cert_chain "$PKI/int.one" "$@"
}

s_client() { peer openssl s_client -connect "$HOST:$PORT" -CAfile "$PKI/ca.crt" -quiet; }

py_ready()
{
	peer "$LIB_DIR/peer.py" "$@"
	wait_for "$LIMIT" has peer.out "^ready" || {
		tap_not_ok "the peer is ready" "$*" "$(<peer.err)"
		return 1
	}
}

# What is between two times is less than so many ms.
within_ms()
{
	local took=$(($(ms) - $2))

	((took < $1)) || problems+="that took $took ms"$'\n'
}

# ztls connect in the background, in the place of a server
client_in_background()
{
	rm -f z.out z.err
	"$ZTLS" connect --timeout "$LIMIT" "$@" "$HOST" "$PORT" >z.out 2>z.err <"$INPUT" &
	SERVER=$!
	PIDS+=("$SERVER")
}

# A client of openssl's is served by the server that is there.
good_client()
{
	s_client
	printf 'GET / HTTP/1.0\r\n\r\n' >&"$FEED"
	peer_status
	want "status of a good client" $? 0
	has peer.out "^Content-Length: 1000" || problems+="a good client got nothing"$'\n'
}

# A handshake, as proof that there is an agent.
works()
{
	next_port
	s_server || return
	client "${trusting[@]}"
	want "status of another client" "$status" 0
	peers_end
}

# ---- there is none ----

test_never_started()
{
	local problems='' began

	next_port
	s_server || return
	began=$(ms)
	client "${trusting[@]}"
	within_ms 30000 "$began"
	(($(ms) - began >= 2000)) || problems+="an agent had no time to come"$'\n'
	want "status" "$status" 2
	want_said connect ESRCH error ESRCH alert -1
	verdict "no agent: connect() says so" "$problems"
	peers_end

	problems=''
	server --tags "${TAG[p256]}" --http 1000 || return
	s_client
	peer_status
	want "status of a client" $? '[1-9]*([0-9])'
	has z.err accept && problems+="it was accepted"$'\n'
	agent_start --verbose || return
	good_client
	server_status
	want "status of ztls" "$status" 0
	verdict "no agent: a server's clients are turned away, until one comes" "$problems"
	peers_end
	agent_end TERM
}

test_comes_late()
{
	local problems=''

	echo 600000 >$SYSCTL/handshake_grace
	no_time_limit
	next_port
	s_server || return
	INPUT=sample client_in_background "${trusting[@]}" --cat
	pause 1
	has z.err connect && problems+="it did not wait"$'\n'
	agent_start --verbose || return
	wait_for "$LIMIT" has z.err connect=ok || problems+="nobody served it"$'\n'
	verdict "an agent that comes late serves who waits" "$problems"
	peers_end
	agent_end TERM
	usual_limits
}

# ---- it is killed ----

descriptors()
{
	local all=("/proc/$AGENT/fd"/*)

	echo ${#all[@]}
}

# It has one descriptor more than before, the wire.
has_taken() { (($(descriptors) > $1)); }

test_killed_during_connect()
{
	local problems='' before began

	no_time_limit
	agent_start --verbose || return
	next_port
	py_ready serve "$PORT" silent || return
	before=$(descriptors)
	client_in_background "${trusting[@]}"
	wait_for "$LIMIT" has_taken "$before" || problems+="the agent did not begin"$'\n'
	began=$(ms)
	agent_end KILL
	server_status
	within_ms 20000 "$began"
	want "status" "$status" 2
	want_said connect ECONNABORTED alert -1 received 0
	peers_end
	agent_start --verbose || return
	works
	verdict "killed during connect(): that one fails, the next does not" "$problems"
	agent_end TERM
	usual_limits
}

test_killed_during_accept()
{
	local problems='' before began

	no_time_limit
	agent_start --verbose || return
	server --tags "${TAG[p256]}" --http 1000 || return
	before=$(descriptors)
	py_ready connect "$PORT" silent || return
	wait_for "$LIMIT" has_taken "$before" || problems+="the agent did not begin"$'\n'
	began=$(ms)
	agent_end KILL
	# It waits for the end of its connection.
	peer_status
	want "the client is told" $? 0
	within_ms 20000 "$began"
	has z.err accept && problems+="it was accepted"$'\n'
	agent_start --verbose || return
	good_client
	server_status
	want "status of ztls" "$status" 0
	verdict "killed during a server's handshake: that one fails, the next does not" "$problems"
	peers_end
	agent_end TERM
	usual_limits
}

# "first" is said before, "second" after; the end is an orderly one.
test_killed_after()
{
	local problems='' keep version role

	for role in client server; do
		for version in 1_2 1_3; do
			problems=''
			rm -f in
			mkfifo in
			agent_start --verbose || return
			"open_$role" "$version" || return
			wait_for "$LIMIT" has z.err "=ok" || problems+="no connection"$'\n'
			pause 0.1
			echo "first to ztls" >&"$FEED"
			echo "first from ztls" >&"$keep"
			wait_for "$LIMIT" has z.out "^first" || problems+="ztls got nothing"$'\n'
			wait_for "$LIMIT" has peer.out "^first" || problems+="openssl got nothing"$'\n'
			agent_end KILL
			echo "second to ztls" >&"$FEED"
			echo "second from ztls" >&"$keep"
			wait_for "$LIMIT" has z.out "^second" || problems+="ztls got no more"$'\n'
			wait_for "$LIMIT" has peer.out "^second" || problems+="openssl got no more"$'\n'
			# The client has nothing more to say; the server answers that.
			if [[ $role == client ]]; then
				exec {keep}>&-
			else
				echo Q >&"$FEED"
			fi
			wait_for "$LIMIT" has z.err "recv=" || problems+="no end"$'\n'
			want_said recv eof
			verdict "killed after a $role's handshake, $version: nobody notices" "$problems"
			[[ $role == client ]] || exec {keep}>&-
			peers_end
		done
	done
}

open_client()
{
	next_port
	peer_server openssl s_server -accept "$PORT" -naccept 1 -cert "$PKI/p256.one" \
		-key "$PKI/p256.key" -cert_chain "$PKI/int.one" "-tls$1" || return
	INPUT=in client_in_background "${trusting[@]}" --cat
	# Not before: ztls would have it, too, and never see the end.
	exec {keep}>in
}

open_server()
{
	exec {keep}<>in
	INPUT=in server --tags "${TAG[p256]}" --cat || return
	peer openssl s_client -connect "$HOST:$PORT" -CAfile "$PKI/ca.crt" "-tls$1"
}

# ---- users ----

test_not_everybody_is_an_agent()
{
	exits "anybody: is no agent" 2 as $ANYBODY zsock-tlsd -f
	like "anybody: is told why" "$out$err" "*CAP_NET_ADMIN*"
	exits "root of a user namespace: is none of this network namespace" 2 \
		as $ANYBODY unshare -Ur zsock-tlsd -f
	like "root of a user namespace: is told why" "$out$err" "*CAP_NET_ADMIN*"
	check "nobody is one now" agent_absent
}

test_keys_are_not_read()
{
	local who tag what problems=''

	for who in 0 $ANYBODY; do
		while read -r tag what; do
			run as "$who" zsockctl cred show "${TAG[$tag]}" "$what"
			want "$who, $what: status" "$status" 2
			want "$who, $what: output" "$out" ''
		done <<-EOT
			p256 key
			psk psk
		EOT
	done
	verdict "keys are read by nobody" "$problems"
}

test_tags_of_others()
{
	local problems='' ZTLS=$DIR/as_anybody

	printf '#!/bin/sh\nexec setpriv --reuid %s --regid %s --clear-groups %s "$@"\n' \
		$ANYBODY $ANYBODY "$TOP/selftests/bin/ztls" >"$ZTLS"
	chmod 755 "$ZTLS"
	agent_start --verbose || return

	next_port
	NACCEPT=2 s_server -Verify 3 -verify_return_error -CAfile "$PKI/ca.crt" || return
	client --tags "${TAG[ca]},${TAG[client]}" --hostname server.test
	want "status" "$status" 2
	want_said connect EACCES error EACCES
	verdict "a client with somebody's tag: refused" "$problems"
	peers_end

	problems=''
	next_port
	NACCEPT=2 s_server || return
	zsockctl cred allow "${TAG[ca]}" uid $ANYBODY
	client "${trusting[@]}"
	want "status, allowed" "$status" 0
	zsockctl cred deny "${TAG[ca]}" uid $ANYBODY
	client "${trusting[@]}"
	want "status, allowed no more" "$status" 2
	want_said connect EACCES
	verdict "a client with somebody's tag: as long as he allows it" "$problems"
	peers_end

	problems=''
	server --tags "${TAG[p256]}" --http 1000 || return
	s_client
	peer_status
	want "status of openssl" $? '[1-9]*([0-9])'
	has z.err accept && problems+="it was accepted"$'\n'
	zsockctl cred allow "${TAG[p256]}" uid $ANYBODY
	good_client
	server_status
	want "status, allowed" "$status" 0
	zsockctl cred deny "${TAG[p256]}" uid $ANYBODY
	verdict "a server with somebody's tag: as long as he allows it" "$problems"
	peers_end
	agent_end TERM
}

ALL=(never_started comes_late killed_during_connect killed_during_accept killed_after
	not_everybody_is_an_agent keys_are_not_read tags_of_others)

shopt -s extglob
tls_begin
check "credentials" creds
[[ $# != 0 ]] || set -- "${ALL[@]}"
tls_parts "$@"
tap_end
