#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Secure sockets and peers that nobody should trust: certificates that are to be refused, peers
# that break the handshake in every way, somebody in between who changes records. What must not
# be: data that the peer did not send, an end that it did not announce, a wait without end, a
# good client that is kept waiting. Runs as root in a tools/vm guest.
#
# usage: hostile.sh [PART...]

set -u
# shellcheck source=selftests/tls/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

TIMEOUT=/proc/sys/net/zsock/handshake_timeout
trusting=(--tags "${TAG[ca]}" --hostname server.test)

# Until many says WORD of the port: what comes of earlier cases is passed over.
many_says()
{
	local line

	while read -rt "$LIMIT" -u "${MANY[0]}" line; do
		[[ $line != "$1 $PORT" ]] || return 0
	done
	return 1
}

# One process for all peers of peer.py, which takes long to begin.
py_ready()
{
	[[ ${MANY_PID:-} ]] || coproc MANY { exec "$LIB_DIR/peer.py" many 2>>many.err; }
	echo "$*" >&"${MANY[1]}"
	many_says ready || {
		tap_not_ok "the peer is ready" "$*" "$(<many.err)"
		return 1
	}
}

# So many connections that say nothing, which end with this peer.
stall()
{
	peer "$LIB_DIR/peer.py" stall "$PORT" "$1"
	wait_for "$LIMIT" has peer.out "^ready" || {
		tap_not_ok "$1 are connected" "$(<peer.err)"
		return 1
	}
}

# A server of one's own that is in order, and one client of it that is.
good_client()
{
	local AS=good

	client --tags "${TAG[ca]},${TAG[client]}" --hostname server.test --get /
	want "status of a good client" "$status" 0
	[[ $(stat -c %s good.out) == 1000 ]] || problems+="a good client got nothing"$'\n'
	said ms
	[[ $SAID ]] || SAID=999999
}

# ---- certificates ----

s_server()
{
	peer_server openssl s_server -accept "$PORT" -naccept 1 -brief \
		-cert "$PKI/$1.one" -key "$PKI/$1.key" -cert_chain "$PKI/$1.chain" "${@:2}"
}

bad_certificate()
{
	local problems='' name=$1 verify=$2 alert=$3 version

	for version in ${4:-tls1_2 tls1_3}; do
		problems=''
		next_port
		s_server "$name" "-$version" -cipher DEFAULT@SECLEVEL=0 || return
		client "${trusting[@]}"
		want "status" "$status" 2
		want_said connect ECONNABORTED verify "$verify" alert "$alert" received 0
		verdict "$version, refused: $name" "$problems"
		peers_end
	done
}

accepted_certificate()
{
	local problems='' what=$1 name=$2 verify=$3

	next_port
	s_server "$name" -cipher DEFAULT@SECLEVEL=0 || return
	client "${@:4}"
	want "status" "$status" 0
	want_said verify "$verify"
	verdict "$what: $name" "$problems"
	peers_end
}

test_certificates()
{
	bad_certificate expired 0x1 45
	bad_certificate future 0x200 42
	bad_certificate selfsigned 0x8 48
	bad_certificate stranger 0x8 48
	bad_certificate bare 0x8 48
	bad_certificate wrongname 0x4 42
	bad_certificate usage 0x1000 43
	bad_certificate keyusage 0x800 43 tls1_3
	bad_certificate weakkey 0x10000 '4[0-9]'
	bad_certificate sha1 0x4000 '4[0-9]'
	bad_certificate notca '0x*8' '4[0-9]'
	bad_certificate pathlen 0x8 '4[0-9]'
	accepted_certificate "in any order behind the first" extra 0 "${trusting[@]}"
	accepted_certificate "verification optional" expired 0x1 "${trusting[@]}" --verify optional
	accepted_certificate "no verification" selfsigned 0x80 --verify none
	exits "a chain in the wrong order" 0 zsockctl cred add 50 cert "$PKI/order.crt"
	exits "is that of another key" 2 zsockctl cred add 50 key "$PKI/order.key"
	zsockctl cred del 50
}

# A client's, to a server of ours that asks for one: the connection never surfaces.
bad_client_certificate()
{
	local problems='' name=$1

	server --tags "${TAG[p256]},${TAG[ca]}" --verify required --http 1000 || return
	peer openssl s_client -connect "$HOST:$PORT" -CAfile "$PKI/ca.crt" -cert "$PKI/$name.one" \
		-key "$PKI/$name.key" -cert_chain "$PKI/$name.chain" -cipher DEFAULT@SECLEVEL=0 -quiet
	printf 'GET / HTTP/1.0\r\n\r\n' >&"$FEED"
	peer_status
	want "status of openssl" $? 1
	has peer.err 'alert number (4[0-9])' || problems+="it was told no reason"$'\n'
	has z.err accept && problems+="it was accepted"$'\n'
	good_client
	verdict "refused of a client: $name" "$problems"
	peers_end
}

test_client_certificates()
{
	local name

	for name in p256 expired selfsigned stranger weakkey; do
		bad_client_certificate $name
	done
}

# ---- peers that break the handshake ----

set_timeout() { [[ $PLAIN ]] || echo "$1" >$TIMEOUT; }

# What connect() is to say of a server that does this, and whether at once.
broken_server()
{
	local problems='' how=$1 error=$2 alert=$3

	next_port
	py_ready serve "$PORT" "$how" || return
	client "${trusting[@]}"
	want "status" "$status" 2
	want_said connect "$error" alert "$alert"
	said ms
	((${SAID:-999999} < 5000)) || problems+="that took $SAID ms"$'\n'
	verdict "a server that does this: $how" "$problems"
	peers_end
}

test_broken_servers()
{
	set_timeout 2000
	broken_server garbage ECONNABORTED '*'
	broken_server http ECONNABORTED '*'
	broken_server oversized ECONNABORTED '*'
	broken_server too-large ECONNABORTED '*'
	broken_server wrong-version ECONNABORTED '*'
	broken_server data-first ECONNABORTED '*'
	broken_server garbage-hello ECONNABORTED '*'
	broken_server huge-hello ECONNABORTED '*'
	broken_server empty-records ECONNABORTED '*'
	broken_server ccs-flood ECONNABORTED '*'
	broken_server alert ECONNRESET 40
	broken_server close-notify 'ECONN@(RESET|ABORTED)' '*'
	broken_server reset ECONNRESET -1
	broken_server close 'ECONN@(RESET|ABORTED)' '*'
	broken_server half 'ECONN@(RESET|ABORTED)' '*'
	broken_server silent ETIMEDOUT '*'
	broken_server trickle ETIMEDOUT '*'
	set_timeout 10000
}

test_broken_clients()
{
	local problems how

	set_timeout 2000
	for how in garbage http oversized too-large wrong-version data-first garbage-hello huge-hello \
		empty-records ccs-flood alert close-notify reset close half; do
		problems=''
		server --tags "${TAG[p256]}" --http 1000 || return
		py_ready connect "$PORT" "$how" || return
		# It is told, or given up: nobody waits for ever.
		many_says "done" || problems+="its connection does not end"$'\n'
		has z.err accept && problems+="it was accepted"$'\n'
		good_client
		verdict "a client that does this: $how" "$problems"
		peers_end
	done
	set_timeout 10000
}

# ---- changed on the way ----

# Both speak: first one line, which arrives, then two, of which the first meets somebody.
tampered_client()
{
	local problems='' how=$1 error=$2 version=$3 expect=${4:-first}

	rm -f armed in
	next_port
	s_server p256 "-$version" || return
	local server=$PEER server_feed=$FEED
	FEED=
	next_port
	py_ready proxy "$PORT" $((PORT - 1)) down "$how" || return
	mkfifo in
	exec {keep}<>in
	INPUT=in ztls_in_background connect "${trusting[@]}" --cat
	tampered "$server_feed"
	exec {server_feed}>&- {keep}>&-
	kill "$server" 2>/dev/null
	judge_tampered "client" "$how, $version" "$error" "$expect"
}

tampered_server()
{
	local problems='' how=$1 error=$2 version=$3 expect=${4:-first}

	rm -f armed in
	mkfifo in
	exec {keep}<>in
	INPUT=in server --tags "${TAG[p256]}" --cat || return
	next_port
	py_ready proxy "$PORT" $((PORT - 1)) up "$how" || return
	FEED=
	peer openssl s_client -connect "$HOST:$PORT" -CAfile "$PKI/ca.crt" -quiet "-$version"
	tampered "$FEED"
	exec {keep}>&-
	judge_tampered "server" "$how, $version" "$error" "$expect"
}

# To a descriptor whose other end may have gone by now.
quietly() { echo "$1" >&"$2"; } 2>/dev/null

ztls_in_background()
{
	rm -f z.out z.err
	"$ZTLS" "$1" --timeout "$LIMIT" "${@:2}" "$HOST" "$PORT" >z.out 2>z.err <"$INPUT" &
	SERVER=$!
	PIDS+=("$SERVER")
}

tampered()
{
	# openssl that is fed during the handshake is easily confused.
	wait_for "$LIMIT" has z.err "(connect|accept)=" || problems+="no connection"$'\n'
	pause 0.1
	echo first >&"$1"
	wait_for "$LIMIT" has z.out "^first" || problems+="the first line did not come"$'\n'
	: >armed
	echo second >&"$1"
	pause 0.1
	quietly third "$1"
	server_status
}

judge_tampered()
{
	local got

	mapfile -t got <z.out
	want "status" "$status" 3
	want_said recv "$3"
	want "what came" "${got[*]}" "$4"
	verdict "$1: $2" "$problems"
	peers_end
}

test_tampering()
{
	local how error version expect role

	# Each way with each version would be twice as long. (The type that is seen on the wire
	# means nothing in TLS 1.3, and kTLS does not look at it.)
	while read -r how version error expect; do
		for role in client server; do
			"tampered_$role" "$how" "$error" "$version" "$expect" || return
		done
	done <<-EOT
		flip tls1_2 EBADMSG first
		flip tls1_3 EBADMSG first
		flip-tag tls1_3 EBADMSG first
		type tls1_2 EBADMSG first
		longer tls1_2 EBADMSG first
		shorter tls1_3 EBADMSG first
		oversized tls1_2 EMSGSIZE first
		replay tls1_2 EBADMSG first second
		replay tls1_3 EBADMSG first second
		drop tls1_3 EBADMSG first
		swap tls1_2 EBADMSG first
		inject tls1_3 EBADMSG first
		inject-close tls1_2 EBADMSG first
		inject-close tls1_3 EBADMSG first
		inject-alert tls1_2 EBADMSG first
		truncate tls1_3 ECONNRESET first
		fin tls1_2 ECONNRESET first
		fin tls1_3 ECONNRESET first
		reset tls1_3 ECONNRESET first
	EOT
}

# ---- after the handshake ----

# A command of openssl's to itself: k and K renew keys, r and R negotiate anew.
commanded()
{
	local problems='' role=$1 version=$2 command=$3 error=$4

	rm -f in
	mkfifo in
	exec {keep}<>in
	if [[ $role == client ]]; then
		next_port
		peer_server openssl s_server -accept "$PORT" -naccept 1 -cert "$PKI/p256.one" \
			-key "$PKI/p256.key" -cert_chain "$PKI/int.one" "-$version" || return
		INPUT=in ztls_in_background connect "${trusting[@]}" --cat
	else
		INPUT=in server --tags "${TAG[p256]}" --cat || return
		peer openssl s_client -connect "$HOST:$PORT" "-$version"
	fi
	wait_for "$LIMIT" has z.err "(connect|accept)=" || problems+="no connection"$'\n'
	pause 0.1
	echo first >&"$FEED"
	wait_for "$LIMIT" has z.out "^first" || problems+="the first line did not come"$'\n'
	echo "$command" >&"$FEED"
	pause 0.2
	quietly third "$FEED"
	exec {keep}>&-
	server_status
	want_said recv "$error"
	verdict "$role: $version, openssl is told '$command'" "$problems"
	peers_end
}

test_commands()
{
	commanded client tls1_3 k EKEYEXPIRED
	commanded client tls1_3 K EKEYEXPIRED
	commanded server tls1_3 k EKEYEXPIRED
	commanded server tls1_3 K EKEYEXPIRED
	# It is declined; openssl does not take that well.
	commanded client tls1_2 r ECONNRESET
	commanded server tls1_2 R ECONNRESET
}

# ---- many of them ----

test_stalled()
{
	local problems='' began

	set_timeout 60000
	server --tags "${TAG[p256]}" --backlog 1024 --http 1000 || return
	stall 500 || return
	began=$(ms)
	good_client
	# Behind them it would be a minute, their time limit. (It takes a quarter of a second, but
	# neither is the machine idle, nor has the agent seen all of them when this one comes.)
	((SAID < 10000)) || problems+="connect() took $SAID ms"$'\n'
	echo "# with 500 stalled, connect() took $SAID ms, all of it $(($(ms) - began))"
	verdict "500 stalled clients, and a good one" "$problems"
	peers_end

	# More than there are places for: the stalled ones give way.
	problems=''
	server --tags "${TAG[p256]}" --backlog 16 --http 1000 || return
	stall 30 || return
	good_client
	((SAID < 15000)) || problems+="connect() took $SAID ms"$'\n'
	echo "# with 30 stalled and a backlog of 16, connect() took $SAID ms"
	verdict "a backlog full of stalled clients, and a good one" "$problems"
	peers_end
	set_timeout 10000
}

ALL=(certificates client_certificates broken_servers broken_clients tampering commands stalled)

tls_begin
check "credentials" creds
agent_start --verbose || exit
[[ $# != 0 ]] || set -- "${ALL[@]}"
tls_parts "$@"
check "the agent is still there" kill -0 "$AGENT"
tap_end
