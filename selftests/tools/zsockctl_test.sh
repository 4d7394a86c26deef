#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsockctl: what it lists is true, its JSON is JSON, and it says no politely.
# Runs as root in a tools/vm guest: it unloads the module.

set -u
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/tools/setup.sh
. "$here/setup.sh"

dir=$(mktemp -d) || exit 1
chmod 755 "$dir"
trap 'let_go; module_back; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# hold ARG...: sockets.py in the background, with its sockets made when this returns
hold()
{
	mkfifo release
	zsock-run -- python3 -IS "$here/sockets.py" "$@" <release >held &
	holder=$!
	exec 9>release
	while ! grep -q ready held; do
		kill -0 $holder || return
		sleep 0.1
	done
}

let_go()
{
	[[ -n ${holder:-} ]] || return 0
	exec 9>&-
	wait "$holder"
	holder=
	rm -f release held
}

port_of() { awk -v name="$1" '$1 == name { print $2 }' held; }

# ports FILTER...: the local ports that a list has, sorted
ports()
{
	zsockctl ss -H "$@" | awk '{ sub(/.*:/, "", $5); print $5 }' | sort | xargs
}

# ports_are NAME "WHOSE..." FILTER...
ports_are()
{
	local name=$1 whose=$2 want

	shift 2
	want=$(for who in $whose; do port_of "$who"; done | sed 's/^0$/*/' | sort | xargs)
	is "$name" "$(ports "$@")" "$want"
}

test_command_line()
{
	exits "no arguments: usage, and 1" 1 zsockctl
	like "on stderr" "$err" "Usage: zsockctl*"
	is "and not on stdout" "$out" ""
	exits "help: usage, and 0" 0 zsockctl help
	like "on stdout" "$out" "Usage: zsockctl*backend*"
	for object in ss backend proto stat policy info; do
		exits "$object help" 0 zsockctl $object help
		like "$object help helps" "$out" "Usage: zsockctl $object*"
	done
	exits "an unknown object" 1 zsockctl nosuch
	like "is named, with advice" "$err" '*"nosuch" is unknown*zsockctl help*'
	exits "an unknown option" 1 zsockctl -x ss
	like "is named, with advice" "$err" '*"-x" is unknown*zsockctl -help*'
	for object in backend proto info; do
		exits "an unknown command of $object" 1 zsockctl $object flush
		like "$object: is named, with advice" "$err" "*\"flush\" is unknown*zsockctl $object help*"
		exits "garbage after a command of $object" 1 zsockctl $object show me
		is "$object: prints nothing then" "$out" ""
	done
	exits "an unknown filter" 1 zsockctl ss nosuch
	exits "an unknown option of ss" 1 zsockctl ss -x
	exits "a filter without its value" 1 zsockctl ss state
	exits "an unknown state" 1 zsockctl ss state sleeping
	like "is named" "$err" '*"sleeping"*'
	exits "-V" 0 zsockctl -V
	is "tells the module's version" "$out" "zsockctl $(</sys/module/zsock/version)"
	exits "an empty word is no abbreviation" 1 zsockctl ""
}

test_abbreviations()
{
	is "b l is backend list" "$(zsockctl b l)" "$(zsockctl backend list)"
	is "back is backend show" "$(zsockctl back)" "$(zsockctl backend show)"
	is "p is proto list" "$(zsockctl p)" "$(zsockctl proto list)"
	is "i is info show" "$(zsockctl i)" "$(zsockctl info show)"
	is "st is stat show" "$(zsockctl st SocketsD)" "$(zsockctl stat show SocketsD)"
	is "-js is -json" "$(zsockctl -js i)" "$(zsockctl -json info)"
	like "s is ss" "$(zsockctl s)" "Netid*State*Handler*"
}

test_lists()
{
	like "backend list has native" "$(zsockctl backend list)" "*native*any*stream,dgram*"
	like "proto list has tcp and udp" "$(zsockctl proto list)" "*tcp*stream:*udp*dgram:*"
	is "proto list has what the kernel lists" \
		"$(zsockctl proto list | awk 'NR > 1 { print $1 }' | sort | xargs)" \
		"$(awk 'NR > 1 { print $1 }' /proc/net/zsock_protocols | sort -u | xargs)"
	is "stat is what the kernel counts" \
		"$(zsockctl stat | awk 'NR > 1 { print $1, $2 }')" \
		"$(awk '{ print $1, $2 }' /proc/net/zsock_stat)"
	is "stat NAME is one of them" "$(zsockctl stat socketscr | awk 'NR > 1 { print $1 }')" SocketsCreated
	exits "stat with an unknown name" 1 zsockctl stat nosuch
	like "info has the version" "$(zsockctl info)" "*version*$(</sys/module/zsock/version)*"
	like "and the family" "$(zsockctl info)" "*family*$(</sys/module/zsock/parameters/family)*"
	echo 1 >/proc/sys/net/zsock/access
	like "and the sysctl" "$(zsockctl info)" "*access*1 (CAP_NET_ADMIN)*"
	echo 2 >/proc/sys/net/zsock/access
	like "as it is now" "$(zsockctl info)" "*access*2 (everybody)*"
	exits "a full disk is an error" 1 sh -c 'exec zsockctl backend list >/dev/full'
	exits "for JSON, too" 1 sh -c 'exec zsockctl -j info >/dev/full'
}

test_filters()
{
	ports_are "ss: the connected ones" "client4 client6 server4 server6 udp4 udp6 waiting"
	ports_are "-l: those that wait" "listener4 listener6 bound4 bound6" -l
	ports_are "-a: all" "fresh listener4 listener6 bound4 bound6 client4 client6
		server4 server6 udp4 udp6 waiting" -a
	ports_are "-t: streams" "client4 client6 server4 server6 waiting" -t
	ports_are "-u: datagrams" "udp4 udp6" -u
	ports_are "-tu: both" "client4 client6 server4 server6 udp4 udp6 waiting" -tu
	ports_are "-lt" "listener4 listener6" -lt
	ports_are "--listening --udp" "bound4 bound6" --listening --udp
	ports_are "-4" "client4 server4 udp4 waiting" -4
	ports_are "-6" "client6 server6 udp6" -6
	ports_are "-a6u" "udp6 bound6" -a6u
	ports_are "state listen" "listener4 listener6" state listen
	ports_are "state ESTABLISHED" "client4 client6 server4 server6 udp4 udp6 waiting" state ESTABLISHED
	ports_are "state fresh" "fresh" state fresh
	ports_are "handler udp" "udp4 udp6" handler udp
	ports_are "handler udp state unconn" "bound4 bound6" handler udp state unconn
	ports_are "backend native" "listener4 listener6 bound4 bound6 client4 client6
		server4 server6 udp4 udp6 waiting" -a backend native
	ports_are "handler nosuch: none" "" -a handler nosuch
	is "-H leaves the header out" "$(zsockctl ss -H handler nosuch)" ""
	is "which else is there" "$(zsockctl ss handler nosuch | wc -l)" 1
}

# field PORT COLUMN OPTION...: of the socket with that local port, and no peer where -l
field()
{
	local port=$1 column=$2

	shift 2
	zsockctl ss -H "$@" | awk -v port=":$port" -v column="$column" '
		substr($5, length($5) - length(port) + 1) == port { print $column }'
}

test_columns()
{
	local listener client

	listener=$(port_of listener4)
	client=$(port_of client4)
	is "a connection waits in the listener's queue" "$(field "$listener" 3 -lt)" 1
	is "which has room for" "$(field "$listener" 4 -lt)" 7
	is "the peer of a client" "$(field "$client" 6 -t)" "127.0.0.1:$listener"
	is "an IPv6 address" "$(field "$(port_of client6)" 5 -t)" "[::1]:$(port_of client6)"
	is "unread bytes" "$(zsockctl ss -Ht | awk -v peer="127.0.0.1:$client" '$6 == peer { print $3 }')" 123
	is "a UDP socket without a peer" "$(field "$(port_of bound4)" 6 -lu)" "0.0.0.0:*"
	is "a fresh one has no backend" "$(zsockctl ss -H state fresh | awk '{ print $5, $6, $7, $8 }')" "*:* *:* tcp -"
	is "the inode is that of the descriptor" "socket:[$(field "$client" 10 -t)]" \
		"$(readlink "/proc/$holder/fd/$(awk '$1 == "client4" { print $3 }' held)")"
	is "the uid" "$(field "$client" 9 -t)" 0
	is "-p tells process and descriptor" "$(field "$client" 11 -tp)" \
		"users:((\"python3\",pid=$holder,fd=$(awk '$1 == "client4" { print $3 }' held)))"
}

# The sockets in zsockctl's list and in the kernel's own are the same.
test_same_as_proc()
{
	is "$1: as many sockets as /proc/net/zsock has" "$(zsockctl ss -aH | wc -l)" \
		"$(($(wc -l </proc/net/zsock) - 1))"
	is "$1: the same ones" "$(zsockctl ss -aH | awk '{ print $10 }' | sort)" \
		"$(awk 'NR > 1 { print $12 }' /proc/net/zsock | sort)"
}

test_others()
{
	is "another network namespace has others" "$(unshare -n "$top/tools/bin/zsockctl" ss -aH)" ""
	run setpriv --reuid 65534 --clear-groups zsockctl ss -aH
	is "an ordinary user sees all sockets" "$(wc -l <<<"$out")" 12
	run setpriv --reuid 65534 --clear-groups zsockctl ss -ap
	is "and not other users' processes" "$(grep -c users: <<<"$out")" 0
}

# All of them in one go: Python takes its time to start in an emulator.
test_json()
{
	local n=0 words

	while read -r words; do
		n=$((n + 1))
		# shellcheck disable=SC2086 # words they are
		zsockctl $words >"$n.json"
	done <<-EOT
		-j ss -ap
		-j -p ss -ap
		-j ss handler nosuch
		-j -p ss handler nosuch
		-j backend list
		-j -p proto list
		-j stat
		-j -p stat show sock
		-j info
		-j vsock map
	EOT
	check "python3 -m json.tool takes it" python3 -IS -m json.tool 1.json /dev/null
	check "all JSON is JSON, and says the same" python3 -IS - "$n" held <<-'EOT'
		import json, sys
		got = {n: json.load(open(f"{n}.json", encoding="utf-8")) for n in range(1, int(sys.argv[1]) + 1)}
		assert got[1] == got[2] and len(got[1]) == 12
		assert got[3] == got[4] == []
		assert [b["name"] for b in got[5]] == ["native", "mptcp", "smc", "vsock"]
		assert "dgram" in got[5][0]["features"] and got[5][0]["priority"] == 100
		assert {i["number"] for p in got[6] if p["name"] == "tcp" for i in p["ids"]} == {0, 6}
		assert got[7]["Connects"] >= 3 and set(got[8]) < set(got[7])
		assert got[9]["loaded"] is True and got[9]["access"] == 2
		assert got[10] == []
		held = dict((line.split()[0], int(line.split()[1])) for line in open(sys.argv[2]) if " " in line)
		client = [s for s in got[1] if s["local"].get("port") == held["client6"]]
		assert len(client) == 1 and client[0]["remote"] == {"address": "::1", "port": held["listener6"]}
		assert client[0]["netid"] == "tcp" and client[0]["domain"] == "inet6"
		fresh = [s for s in got[1] if s["state"] == "FRESH"]
		assert len(fresh) == 1 and fresh[0]["local"] == {} and fresh[0]["backend"] == ""
		server = [s for s in got[1] if s["recv_q"] == 123]
		assert len(server) == 1 and "accepted" in server[0]["flags"]
		assert {p["name"] for s in got[1] for p in s["processes"]} == {"python3"}
	EOT
}

# what COLUMN... FILTER: of each socket, in order
columns()
{
	local fields=$1

	shift
	zsockctl ss -H "$@" | awk -v fields="$fields" '{
		n = split(fields, f, " ")
		for (i = 1; i <= n; i++)
			printf "%s%s", $f[i], i < n ? " " : "\n"
	}' | sort
}

test_kinds()
{
	hold kinds || { tap_not_ok "sockets of other kinds"; return; }
	is "a raw socket has its protocol for a port" "$(columns "1 2 5 6 7 8" -aw4)" \
		"raw UNCONN 0.0.0.0:6 0.0.0.0:* raw native"
	is "one without a domain waits for it" "$(columns "1 5 7 8" state fresh)" "raw *:* raw -"
	is "packet sockets have a device and an EtherType" "$(columns "1 5 6 7 8" -a0)" \
		"packet *:0x0003 *:* packet native
packet lo:0x0800 *:* packet native"
	is "ICMP" "$(columns "1 5 7" -au)" "icmp6 [::]:* icmp"
	is "CAN" "$(columns "1 5 7" -a handler can)" "can *:* can"
	zsockctl -j ss -a >kinds.json
	check "in JSON, too" python3 -IS -c '
import json
all = {s["handler"] + s["type"]: s for s in json.load(open("kinds.json"))}
assert all["packetdgram"]["local"] == {"device": "lo", "ethertype": "0x0800"}
assert all["packetraw"]["local"] == {"device": "*", "ethertype": "0x0003"}
assert all["packetraw"]["domain"] == "packet" and all["packetraw"]["remote"] == {}
assert all["icmpdgram"]["domain"] == "inet6" and all["canraw"]["domain"] == "can"'
	test_same_as_proc "other kinds"
	let_go
	zsockctl -j proto >proto.json
	check "protocols have ranges and domains" python3 -IS -c '
import json
all = {p["name"]: p["ids"] for p in json.load(open("proto.json"))}
assert [(i["type"], i["number"], i["last"], i["domains"]) for i in all["raw"]] == \
	[("raw", 1, 255, ["inet", "inet6"])]
assert [i["domains"] for i in all["icmp"]] == [["inet"], ["inet6"]]
assert {i["type"] for i in all["packet"]} == {"raw", "dgram"}
assert "last" not in all["tcp"][0]'
	like "as a table, too" "$(zsockctl proto)" "*raw:1-255*packet*dgram:0-65535*"
}

# A process may have any name; this one holds what JSON and terminals dislike.
test_names()
{
	local name=$'a"\\\e[\n\xff\xc3\xa4'

	hold set "$name" || { tap_not_ok "the sockets with an odd name"; return; }
	zsockctl -j ss -tp >odd.json
	check "an odd name is valid JSON" python3 -IS -c '
import json
names = {p["name"] for s in json.load(open("odd.json", encoding="utf-8")) for p in s["processes"]}
assert names == {"a\"\\\x1b[\n\ufffd\u00e4"}, names'
	is "and not control characters on the terminal" "$(zsockctl ss -tp | grep -c $'[\x01-\x09\x0b-\x1f]')" 0
	let_go
}

# A netlink message holds some hundreds at most.
test_many()
{
	hold many 300 || { tap_not_ok "300 sockets"; return; }
	is "300 sockets are listed" "$(zsockctl ss -H state fresh | wc -l)" 300
	test_same_as_proc "300 sockets"
	zsockctl -j ss -ap >many.json
	check "in JSON, too, each once" python3 -IS -c '
import json
many = json.load(open("many.json", encoding="utf-8"))
assert len(many) == len({s["inode"] for s in many}) == 300
assert all(len(s["processes"]) == 1 for s in many)'
	is "and counted by their handler" "$(zsockctl proto list | awk '$1 == "tcp" { print $2 }')" 300
	let_go
	is "and gone afterwards" "$(zsockctl ss -aH | wc -l)" 0
}

test_no_module()
{
	if ! module_away; then
		tap_not_ok "the module can be unloaded" "$(lsmod | grep zsock)"
		return
	fi
	tap_ok "the module can be unloaded"
	for object in ss backend proto stat policy; do
		exits "$object without the module" 2 zsockctl $object
		like "$object: says what to do" "$err" "*not loaded*modprobe zsock*"
		exits "$object in JSON without the module" 2 zsockctl -j $object
		is "$object: prints nothing" "$out" ""
	done
	exits "info without the module" 0 zsockctl info
	is "says that" "$out" "loaded no"
	run zsockctl -j info
	is "in JSON, too" "$out" '{"loaded":false}'
	check "the module can be loaded again" module_back
	exits "and is seen again" 0 zsockctl ss
}

# complete_words FILE FUNCTION WORD...: what TAB after the last word offers
complete_words()
{
	local file=$1 function=$2

	shift 2
	bash --norc -c 'source "$1"; function=$2; shift 2
		COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
		$function; echo "${COMPREPLY[*]}"' - "$top/tools/completion/$file" "$function" "$@"
}

test_completion()
{
	is "TAB completes objects" "$(complete_words zsockctl _zsockctl zsockctl b)" backend
	is "and options" "$(complete_words zsockctl _zsockctl zsockctl ss --li)" --listening
	is "and states" "$(complete_words zsockctl _zsockctl zsockctl ss state l)" "last-ack listen"
	is "and handlers" "$(complete_words zsockctl _zsockctl zsockctl ss handler '')" \
		"$(zsockctl proto list | awk 'NR > 1 { print $1 }' | xargs)"
	is "and counters" "$(complete_words zsockctl _zsockctl zsockctl stat Acc)" Accepted
	is "and zsock-run's options" "$(complete_words zsock-run _zsock_run zsock-run --fa)" --fallback
	is "and its backends" "$(complete_words zsock-run _zsock_run zsock-run --backend n)" native
}

tap_begin
test_command_line
test_completion
test_abbreviations
test_lists
if hold set; then
	tap_ok "sockets of every kind are there"
	test_filters
	test_columns
	test_same_as_proc "one of each kind"
	test_others
	test_json
	let_go
else
	tap_not_ok "sockets of every kind are there"
fi
test_kinds
test_names
test_many
test_no_module
tap_end
