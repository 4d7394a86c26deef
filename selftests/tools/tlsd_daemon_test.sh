#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsock-tlsd as a daemon: what it gives up, what it tells, how it ends, and what it survives. What
# it does with TLS is tested in selftests/tls. Runs as root in a tools/vm guest: it unloads the
# module.

set -u
# shellcheck source=selftests/tools/setup.sh
. "$(dirname "$(readlink -f "$0")")/setup.sh"
PATH+=:$top/selftests/bin

dir=$(mktemp -d) || exit 1
chmod 755 "$dir"
trap 'agents_end; module_back; zsockctl cred del 1; zsockctl cred del 2; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

agents=()
port=21000
exec {pause_fd}<> <(:)
pause() { read -rt "$1" -u "$pause_fd" || :; }

# within SECONDS COMMAND...: until it succeeds
within()
{
	local end=$((SECONDS + $1))

	until "${@:2}"; do
		((SECONDS <= end)) || return 1
		pause 0.05
	done
}

gone() { ! kill -0 "$1" 2>/dev/null; }
file_has() { grep -q "$2" "$1" 2>/dev/null; }

# agent LOG OPTION...: in the foreground of the background; leaves $agent
agent()
{
	local log=$1

	shift
	rm -f "$log"
	zsock-tlsd -f "$@" >"$log" 2>&1 &
	agent=$!
	agents+=("$agent")
	within 60 file_has "$log" "ready, with" || tap_not_ok "the agent starts" "$(<"$log")"
}

# agent_end [SIGNAL]: leaves $status
agent_end()
{
	kill "-${1:-TERM}" "$agent"
	wait "$agent" 2>/dev/null
	status=$?
}

agents_end()
{
	local pid

	for pid in "${agents[@]}"; do
		kill -9 "$pid"
		wait "$pid"
	done 2>/dev/null
	agents=()
}

certificates()
{
	# Of a test before this one: a certificate has to go with the key that is there.
	zsockctl cred del 1
	zsockctl cred del 2
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj /CN=one -addext subjectAltName=DNS:one.test -keyout one.key -out one.crt
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj /CN=two -addext subjectAltName=DNS:two.test -keyout two.key -out two.crt
	zsockctl cred add 1 cert one.crt replace && zsockctl cred add 1 key one.key replace &&
		zsockctl cred add 2 ca one.crt replace
} 2>certificates.log

# A handshake of a server of ours; s_client's options, what it says is in "client".
handshake()
{
	local server status

	((port++))
	ztls listen --tags 1 --timeout 60 127.0.0.1 $port >server 2>&1 </dev/null &
	server=$!
	within 60 file_has server port=
	timeout 60 openssl s_client -connect 127.0.0.1:$port "$@" </dev/null >client 2>&1
	wait $server
	status=$?
	((status == 0)) || cat server client
	return $status
}

# A handshake of a client of ours, with openssl's certificate NAME. Its status is ztls's.
client_of()
{
	local name=$1 server status

	((port++))
	timeout 90 openssl s_server -accept 127.0.0.1:$port -naccept 1 -quiet -cert "$name.crt" \
		-key "$name.key" >server 2>&1 </dev/null &
	server=$!
	within 60 eval "ss -Hltn 'sport = $port' | grep -q ."
	ztls connect --hostname "$name.test" --timeout 60 "${@:2}" 127.0.0.1 $port \
		>client 2>&1 </dev/null
	status=$?
	wait $server
	return $status
}

field() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }

# ---- in the background ----

test_daemon()
{
	local pid

	exits "into the background: 0" 0 zsock-tlsd --pid pid --workers 3
	pid=$(<pid)
	check "there it is" kill -0 "$pid"
	# Beside these the first thread, and the one that names are asked of.
	is "with as many workers as it should have" "$(field "$pid" Threads)" 5
	check "and does handshakes at once" handshake
	exits "a second one with that PID file is refused" 1 zsock-tlsd --pid pid
	like "and told why" "$err" "*another zsock-tlsd runs*"
	is "the PID file is as it was" "$(<pid)" "$pid"

	is "it is nobody" "$(field "$pid" Uid)" "$(id -u nobody)"
	is "with nobody's group" "$(field "$pid" Gid)" "$(id -g nobody)"
	is "in no other" "$(grep ^Groups: "/proc/$pid/status" | cut -f 2 | xargs)" ""
	for set in CapPrm CapEff; do
		is "$set is CAP_NET_ADMIN" "$(field "$pid" $set)" 0000000000001000
	done
	for set in CapInh CapAmb; do
		is "$set is empty" "$(field "$pid" $set)" 0000000000000000
	done
	is "CapBnd is CAP_NET_ADMIN" "$(field "$pid" CapBnd)" 0000000000001000
	is "it gains no rights" "$(field "$pid" NoNewPrivs)" 1
	is "it dumps no core" \
		"$(awk '/core file size/ { print $5, $6 }' "/proc/$pid/limits")" "0 0"
	is "its memory is not nobody's to read" "$(stat -c %U "/proc/$pid/mem")" root
	exits "not even by another of nobody's" 1 setpriv --reuid=nobody --clear-groups \
		cat "/proc/$pid/maps"

	kill -TERM "$pid"
	check "it ends when told" within 60 gone "$pid"
	is "the PID file is empty" "$(<pid)" ""
}

test_ends()
{
	local sig

	for sig in TERM INT; do
		agent log
		agent_end $sig
		is "$sig: 0" "$status" 0
		like "$sig: what it did is logged" "$(<log)" "*handshakes: 0 done*"
	done
}

test_notify()
{
	rm -f notify notified
	socat -u UNIX-RECV:"$dir/notify",mode=777 CREATE:notified &
	within 60 test -S notify
	NOTIFY_SOCKET=$dir/notify agent log
	check "systemd is told when it is ready" within 60 file_has notified READY=1
	agent_end
	check "and when it ends" within 60 file_has notified STOPPING=1
	kill %socat 2>/dev/null
}

# ---- what it tells ----

test_log()
{
	agent log -v
	check "a handshake" handshake
	check "-v: it is logged" within 60 file_has log "done: version 0x304, suite 0x1301"
	client_of two --tags 2
	is "a client that does not trust: it fails" $? 2
	check "-v: and why" within 60 file_has log "failed: self.signed certificate"
	kill -USR1 "$agent"
	check "USR1: counters" within 60 file_has log "1 done (0 resumed), 1 failed"
	agent_end

	agent log
	handshake
	client_of two --tags 2
	agent_end
	is "without -v no peer is logged" "$(grep -c 'handshake [0-9]' log)" 0
	like "but counted" "$(<log)" "*1 done*1 failed*"
}

# Both ends agree on the secrets; nothing else could have known them.
test_keylog()
{
	rm -f keys theirs
	agent log --keylog "$dir/keys"
	check "with a key log: a handshake" handshake -keylogfile "$dir/theirs"
	agent_end
	is "the secrets are the peer's" "$(sort keys | grep TRAFFIC_SECRET)" \
		"$(sort theirs | grep TRAFFIC_SECRET)"
	is "there are four" "$(grep -c TRAFFIC_SECRET keys)" 4
	is "for root's eyes only" "$(stat -c '%a %U' keys)" "600 root"

	rm -f keys theirs
	agent log
	handshake -keylogfile "$dir/theirs"
	agent_end
	check "without: the peer has secrets" grep -q TRAFFIC_SECRET theirs
	check "and we have written none" test ! -e keys
}

# ---- whom clients trust ----

test_trust_store()
{
	cp one.crt trusted.crt
	chmod 644 trusted.crt
	agent log --ca-file "$dir/trusted.crt"
	check "a client without a CA trusts who is in --ca-file" client_of one
	client_of two
	is "and nobody else" $? 2
	cp two.crt trusted.crt
	kill -HUP "$agent"
	check "HUP: it is read again" within 60 client_of two
	client_of one
	is "and the old one is forgotten" $? 2
	echo rubbish >trusted.crt
	kill -HUP "$agent"
	check "HUP: rubbish is complained about" within 60 file_has log "keeping the old one"
	check "and changes nothing" client_of two
	agent_end

	agent log --no-system-ca
	client_of one
	is "--no-system-ca: nobody is trusted" $? 2
	check "but for whom the socket names" client_of one --tags 2
	agent_end
}

# ---- what it survives ----

# Peers that connect and say nothing cost no time, and stop nobody.
test_stalled()
{
	local before after server stalled i

	agent log --workers 1
	((port++))
	ztls listen --tags 1 --backlog 500 --timeout 60 127.0.0.1 $port >server 2>&1 </dev/null &
	server=$!
	within 60 file_has server port=
	python3 -IS - $port >stalled <<-'EOT' &
		import socket, sys, time
		made = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(300)]
		for one in made[:100]:
		    one.send(b"\x16\x03\x01\x02")
		print("ready", flush=True)
		time.sleep(60)
	EOT
	stalled=$!
	check "300 peers that are silent" within 60 file_has stalled ready
	# Who polls takes all of it, each time. On a busy host, a little looks like more, and it may
	# still be with their beginning.
	for ((i = 0; i < 6; i++)); do
		before=$(awk '{ print $14 + $15 }' "/proc/$agent/stat")
		pause 3
		after=$(awk '{ print $14 + $15 }' "/proc/$agent/stat")
		((after - before >= 100)) || break
	done
	check "take no time (of 300 ticks: $((after - before)))" test $((after - before)) -lt 100
	timeout 60 openssl s_client -connect 127.0.0.1:$port </dev/null >client 2>&1
	wait $server
	is "a good one is served meanwhile" $? 0
	kill $stalled
	wait $stalled 2>/dev/null
	agent_end
	is "it ends in order" "$status" 0
}

descriptors() { find "/proc/$agent/fd" -mindepth 1 | wc -l; }
# When its last handshake has been put away, which its peers do not wait for.
descriptors_are() { (($(descriptors) == $1)); }

test_descriptors()
{
	local before=0 same=0 i

	agent log --workers 1
	handshake
	while ((same < 10)); do
		pause 0.1
		if descriptors_are "$before"; then
			((++same))
		else
			before=$(descriptors) same=0
		fi
	done
	for ((i = 0; i < 2; i++)); do
		handshake
		client_of two --tags 2
	done
	within 60 descriptors_are "$before"
	is "no descriptor is left behind" "$(descriptors)" "$before"
	agent_end
}

test_reload_module()
{
	agent log
	check "a handshake" handshake
	module_away
	is "the module goes" $? 0
	check "the agent sees that" within 60 file_has log "was unloaded"
	module_back
	is "the module comes back" $? 0
	check "the agent sees that, too" within 60 file_has log "is back"
	certificates
	check "and does handshakes" handshake
	agent_end
	is "it ends in order" "$status" 0
}

test_several()
{
	local first

	agent log1 --workers 1
	first=$agent
	agent log2 --workers 1
	check "two agents: a handshake" handshake
	agent_end KILL
	check "one is killed: a handshake" handshake
	agent=$first
	agent_end
	is "the other ends in order" "$status" 0
	check "every handshake was done once" \
		grep -qE "handshakes: [12] done" log1
}

# Root of a user namespace can be an agent there, and become nobody else.
test_user_namespace()
{
	cat >inside <<-'EOT'
		ip link set lo up
		zsock-tlsd -f >log 2>&1 &
		agent=$!
		for ((i = 0; i < 200; i++)); do
			grep -q "ready, with" log && break
			sleep 0.1
		done
		certificates && handshake
		status=$?
		kill $agent
		wait $agent
		exit $status
	EOT
	export -f certificates handshake within pause file_has
	export port pause_fd
	check "in a user namespace: a handshake" unshare -Urn bash inside
	check "with a warning" file_has log "cannot become user"
}

tap_begin
check "certificates" certificates
test_daemon
test_ends
test_notify
test_log
test_keylog
test_trust_store
test_stalled
test_descriptors
test_several
test_user_namespace
test_reload_module
tap_end
