# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For the shell tests of TLS: certificates, the agent, credentials, peers. To be sourced.
#
# With ZSOCK_TEST_PLAIN=1 nothing of AF_ZSOCK is needed: in the place of ztls there is then
# tls/plain, which is openssl, so what a test expects is what is true of other TLS software. What
# needs more is not run then.

LIB_DIR=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
TOP=$(readlink -f "$LIB_DIR/../..")
PATH=$TOP/tools/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C
unset LD_PRELOAD

# shellcheck source=selftests/tools/tap.sh
. "$LIB_DIR/../tools/tap.sh"

PLAIN=${ZSOCK_TEST_PLAIN:-}
ZTLS=$TOP/selftests/bin/ztls
[[ ! $PLAIN ]] || ZTLS=$LIB_DIR/plain

# Who has which tag; see also lib/tls.h.
declare -A TAG=([p256]=1 [ca]=2 [client]=3 [psk]=4 [stranger]=5 [rsa]=6 [p384]=7 [ed25519]=8)

HOST=127.0.0.1
INPUT=/dev/null
AS=z
PORT=20000
PIDS=()
FEED=
AGENT=

# Not a process for each pause.
exec {PAUSE_FD}<> <(:)
pause() { read -rt "$1" -u "$PAUSE_FD" || :; }

ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# Wait up to so many seconds until a command succeeds.
wait_for()
{
	local end=$((SECONDS + $1))

	until "${@:2}"; do
		((SECONDS <= end)) || return 1
		pause 0.02
	done
}

# A zombie is: bash does not always collect its children before it is told to.
gone()
{
	local stat

	{ IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ $stat == *') Z '* ]]
}

# ---- begin and end ----

tls_begin()
{
	DIR=$(mktemp -d) && PKI=$("$LIB_DIR/pki.sh") || exit 1
	chmod 755 "$DIR"
	cd "$DIR" || exit 1
	trap tls_cleanup EXIT
	# A peer that has gone is nothing to die of.
	trap '' PIPE
	mkdir tags
	export ZTLS_TAGS=$DIR/tags
	# What is slow: each step has this many seconds.
	LIMIT=${ZSOCK_TLS_LIMIT:-60}
	tap_begin
	[[ ! $PLAIN ]] || ZSOCK_TEST_FAMILY=inet
	export ZSOCK_TEST_FAMILY
	"$TOP/selftests/bin/ztls" pattern 50000 >sample
}

# Another test's certificate would not go with a key that is left.
creds_end()
{
	local tag

	[[ ! $PLAIN ]] || return 0
	for tag in tags/*; do
		zsockctl cred del "${tag#tags/}" 2>/dev/null
	done
}

# tls_parts PART...: each function test_PART
tls_parts()
{
	local part

	for part; do
		"test_$part"
		peers_end
	done
}

tls_cleanup()
{
	peers_end
	agent_end TERM
	creds_end
	cd /
	rm -rf "$DIR"
}

# Those started here, and no others.
peers_end()
{
	local pid

	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${PIDS[@]}"; do
		wait "$pid" 2>/dev/null
	done
	PIDS=()
	feed_end
} 2>/dev/null

feed_end()
{
	[[ ! $FEED ]] || exec {FEED}>&-
	FEED=
}

# ---- the agent ----

# In somebody's multicast group: generic netlink (16), any group at all.
agent_there()
{
	local eth groups

	while read -r _ eth _ groups _; do
		[[ $eth == 16 && $groups != 00000000 ]] && return 0
	done </proc/self/net/netlink
	return 1
}

agent_absent() { ! agent_there; }

agent_start()
{
	[[ ! $PLAIN ]] || return 0
	zsock-tlsd -f "$@" >>"$DIR/agent.log" 2>&1 &
	AGENT=$!
	wait_for 30 agent_there || {
		tap_not_ok "the agent starts" "$(tail "$DIR/agent.log")"
		return 1
	}
}

# agent_end SIGNAL
agent_end()
{
	[[ $AGENT ]] || return 0
	kill "-$1" "$AGENT" 2>/dev/null
	wait "$AGENT" 2>/dev/null
	AGENT=
	wait_for 10 agent_absent
}

# ---- credentials ----

# cred TAG TYPE FILE: FILE is one of pki.sh's, or has a slash in it
cred()
{
	local file=$3

	[[ $file == */* ]] || file=$PKI/$file
	mkdir -p "tags/$1"
	cp "$file" "tags/$1/$2"
	[[ $PLAIN ]] || zsockctl cred add "$1" "$2" "$file" replace
}

# A server's or client's certificate and key.
cred_pair()
{
	cred "$1" cert "$2.crt" && cred "$1" key "$2.key"
}

creds()
{
	local name

	# Nor would it go with what another test has left.
	for name in "${TAG[@]}"; do
		[[ $PLAIN ]] || zsockctl cred del "$name" 2>/dev/null
	done
	for name in p256 rsa p384 ed25519 client; do
		cred_pair "${TAG[$name]}" "$name" || return
	done
	cred "${TAG[ca]}" ca ca.crt && cred "${TAG[stranger]}" ca otherca.crt &&
		cred "${TAG[psk]}" psk psk && cred "${TAG[psk]}" pskid pskid
}

# ---- peers ----

next_port() { ((PORT++)); }

# Some TCP socket listens on the port. The file is read as a whole: for each line that bash
# reads by itself the kernel would make all of it again, with a minute's closed connections.
listening()
{
	local want file text

	printf -v want %04X "$1"
	for file in /proc/self/net/tcp /proc/self/net/tcp6; do
		read -rd '' text <"$file"
		[[ ! $text =~ :"$want"\ 0+:0000\ 0A ]] || return 0
	done
	return 1
}

# peer COMMAND...: in the background; $FEED is its stdin, files peer.out and peer.err its output
peer()
{
	feed_end
	rm -f feed peer.out peer.err
	mkfifo feed
	"$@" <feed >peer.out 2>peer.err &
	PEER=$!
	PIDS+=("$PEER")
	exec {FEED}>feed
}

# peer_server COMMAND...: until it listens on $PORT
peer_server()
{
	peer "$@"
	wait_for "$LIMIT" listening "$PORT" || {
		tap_not_ok "the peer listens" "$*" "$(tail -n 5 peer.err)"
		return 1
	}
}

# Its status, when it has ended by itself.
peer_status()
{
	wait_for "$LIMIT" gone "$PEER" || {
		kill "$PEER"
		return 124
	}
	wait "$PEER"
}

# has FILE PATTERN: a regular expression that one of its lines matches. No process.
has()
{
	local line

	[[ -e $1 ]] || return
	while IFS= read -r line; do
		[[ ! $line =~ $2 ]] || return 0
	done <"$1"
	return 1
}

# client OPTION...: ztls connect to $PORT; leaves $status, files z.out and z.err. With another
# $AS than z other files, so that it and a server do not write into the same.
client()
{
	"$ZTLS" connect --timeout "$LIMIT" "$@" "$HOST" "$PORT" >"$AS.out" 2>"$AS.err" <"$INPUT"
	# shellcheck disable=SC2034
	status=$?
}

# server OPTION...: ztls listen in the background, on the next port; its pid in $SERVER
server()
{
	next_port
	rm -f z.out z.err
	"$ZTLS" listen --timeout "$LIMIT" "$@" "$HOST" "$PORT" >z.out 2>z.err <"$INPUT" &
	SERVER=$!
	PIDS+=("$SERVER")
	wait_for "$LIMIT" has z.err "^ztls: port=" || {
		tap_not_ok "ztls listens" "$(<z.err)"
		return 1
	}
}

# Where a process hangs.
stacks()
{
	local task

	for task in /proc/"$1"/task/*/; do
		echo "$task $(<"$task/comm"):"
		cat "$task/stack"
	done 2>/dev/null
}

# The server's status, when it has ended by itself.
server_status()
{
	wait_for "$LIMIT" gone "$SERVER" || {
		problems+="ztls does not end: $(stacks "$SERVER")"$'\n'
		kill "$SERVER"
		status=124
		return
	}
	wait "$SERVER"
	status=$?
}

# said KEY: into $SAID, the last value that ztls told. No process.
said()
{
	local line

	SAID=
	while IFS= read -r line; do
		[[ ! "$line " =~ ^ztls:.*\ $1=([^\ ]*)\  ]] || SAID=${BASH_REMATCH[1]}
	done <"$AS.err"
}

# What there is to be seen when something went wrong.
details()
{
	local file

	for file in z.err good.err peer.err; do
		[[ ! -s $file ]] || sed "s/^/$file: /" "$file" | tail -n 12
	done
	[[ ! -s agent.log ]] || sed "s/^/agent.log: /" agent.log | tail -n 8
}

# verdict NAME PROBLEMS: passes where there are none
verdict()
{
	if [[ ! $2 ]]; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "$2" "$(details)"
	fi
}

# want WHAT GOT WANTED: adds to $problems what is not as wanted; WANTED is a pattern
want()
{
	# shellcheck disable=SC2053
	[[ $2 == $3 ]] || problems+="$1: got $2, wanted $3"$'\n'
}

# want_said KEY WANTED...
want_said()
{
	while (($# > 1)); do
		said "$1"
		want "$1" "$SAID" "$2"
		shift 2
	done
}
