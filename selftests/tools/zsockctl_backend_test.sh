#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsockctl backend: adding, deleting, watching and reconnecting backends behind a pipe.
# Runs as root in a tools/vm guest: it unloads the module.

set -u
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/tools/setup.sh
. "$here/setup.sh"

dir=$(mktemp -d) || exit 1
trap 'module_back; exec 8>&- 9>&-; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# within SECONDS COMMAND...: whether COMMAND succeeds in that time
within()
{
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return
		sleep 0.1
	done
}

# far COMMAND: have the other sides do it
far()
{
	local n

	n=$(grep -c "^done" far.log)
	echo "$1" >&8
	within 60 eval "((\$(grep -c '^done' far.log) > $n))"
}

# member NAME KEY: of a backend's JSON, or nothing
member()
{
	zsockctl -j backend list | sed 's/},{"name":/}\n{"name":/g' | grep "\"name\":\"$1\"" |
		sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

is_state() { [[ $(member "$1" state) == "$2" ]]; }
keepers() { pgrep -cx zsockctl; }
no_keepers() { [[ $(keepers) == 0 ]]; }

test_command_line()
{
	local args

	exits "backend help" 0 zsockctl backend help
	like "tells the commands" "$out" "*backend add*backend del*backend monitor*"
	while read -r args; do
		# shellcheck disable=SC2086 # words they are
		exits "wrong: $args" 1 zsockctl backend $args
	done <<-EOT
		add
		add m0
		add m0 --unix
		add m0 --unix /a --fd 0
		add m0 --unix /a more
		add m0 --fd 99
		add m0 --fd 0 --reconnect
		add m0 --vsock 2
		add m0 --vsock x:1
		add m0 --tcp ::1
		add m0 --tty /dev/null,123
		add m0 --unix /a --prio high
		add m0 --unix /a --netdev sixteen-letters-
		add sixteen-letters- --unix /a
		add m0 --nosuch
		del
		del a b
		del a --nosuch
		monitor me
	EOT
	exits "a server that is not there" 2 zsockctl backend add m0 --unix "$dir/nosuch"
	like "is told, with advice" "$err" "*unix:$dir/nosuch*No such file*server*"
	exits "a descriptor that is no socket" 2 zsockctl backend add m0 --fd 0 </dev/null
	exits "what is no terminal" 2 zsockctl backend add m0 --tty /dev/null
}

test_add()
{
	exits "add" 0 zsockctl backend add far0 --unix good --prio 250
	is "it is up" "$(member far0 state)" up
	is "its peer" "$(member far0 peer)" far
	is "its label" "$(member far0 label)" unix:good
	is "its priority" "$(member far0 priority)" 250
	like "the table has it" "$(zsockctl backend)" "*far0*250*up*far*unix:good*"
	like "native has no pipe" "$(zsockctl backend | awk '$1 == "native"')" "* -  *-  *-*"
	is "and no state" "$(member native state)" ""
	exits "the same name" 2 zsockctl backend add far0 --unix good
	like "is told" "$err" "*that name is there already*"
	exits "one that says something else" 2 zsockctl backend add far1 --unix garbage
	like "is told" "$err" "*does not speak the offload protocol*"
	exits "one that hangs up" 2 zsockctl backend add far1 --unix closes
	is "and is not there" "$(member far1 name)" ""
	exits "del native" 2 zsockctl backend del native
	exits "del of one that is not there" 2 zsockctl backend del far1
	like "is told" "$err" "*no backend of that name*"
	exits "an ordinary user" 2 setpriv --reuid 65534 --clear-groups zsockctl backend del far0
	like "is told why not" "$err" "*CAP_NET_ADMIN*"
	is "TAB knows what can be deleted" "$(bash --norc -c '. "$1"; COMP_WORDS=(zsockctl backend del f)
		COMP_CWORD=3; _zsockctl; echo "${COMPREPLY[*]}"' - "$top/tools/completion/zsockctl")" far0
	exits "del" 0 zsockctl backend del far0
	is "it is gone" "$(member far0 name)" ""
	# shellcheck disable=SC2016 # for python
	exits "a descriptor" 0 python3 -IS -c 'import os, socket
s = socket.socket(socket.AF_UNIX)
s.connect("good")
os.dup2(s.fileno(), 7)
os.execvp("zsockctl", "zsockctl backend add far2 --fd 7 --label tin-can".split())'
	is "with a label" "$(member far2 label)" tin-can
	zsockctl backend del far2
}

test_netdev()
{
	exits "add with a device" 0 zsockctl backend add far0 --unix good --netdev modem0
	like "it is there, and up" "$(ip link show modem0)" "*<NOARP,UP,LOWER_UP>*"
	is "and the list's" "$(zsockctl backend | awk '$1 == "far0" { print $7 }')" modem0
	is "it has no address" "$(ip -o address show dev modem0)" ""
	exits "ip link del is refused" 2 ip link del modem0
	ip netns add away
	exits "and so is moving it" 2 ip link set modem0 netns away
	ip netns del away
	exits "a device of that name cannot be added" 2 zsockctl backend add far1 --unix good --netdev modem0
	is "nor the backend" "$(member far1 name)" ""
	far cut
	check "its carrier goes with the pipe" \
		within 60 eval 'ip link show modem0 | grep NO-CARRIER'
	zsockctl backend del far0
	exits "and it with the backend" 1 ip link show modem0
}

# hold NAME: a program with a socket on that backend, bound, until let_go
hold()
{
	mkfifo release
	zsock-run --backend "$1" -- python3 -IS -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 0))
print("bound", s.getsockname()[1], flush=True)
sys.stdin.read()
print("error", s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), flush=True)' <release >held 2>&1 &
	holder=$!
	exec 9>release
	if within 20 grep "bound 4711" held; then
		tap_ok "$1 takes a socket"
	else
		tap_not_ok "$1 takes a socket" "$(<held)"
	fi
}

let_go()
{
	exec 9>&-
	wait "$holder"
	rm release
}

test_in_use()
{
	zsockctl backend add far0 --unix good
	hold far0
	exits "del while it has one" 2 zsockctl backend del far0
	like "is refused, with advice" "$err" "*has sockets*--force*"
	is "and it is there" "$(member far0 state)" up
	exits "del --force" 0 zsockctl backend del far0 --force
	is "it is gone" "$(member far0 name)" ""
	let_go
	is "its socket was reset" "$(tail -n 1 held)" "error 104"
}

test_monitor()
{
	zsockctl backend monitor >text 2>/dev/null &
	local text=$!
	zsockctl -j backend monitor >json 2>/dev/null &
	local json=$!

	# They have begun when they see one come.
	within 20 eval 'zsockctl backend add warm --unix good && zsockctl backend del warm
		grep -q warm text && grep -q warm json'
	zsockctl backend add far0 --unix good
	far cut
	within 60 is_state far0 down
	zsockctl backend add far1 --unix good
	zsockctl backend del far1
	zsockctl backend del far0
	check "monitor tells" within 60 grep "^deleted far0 unix:good" text
	is "each event once, in order" "$(awk '$2 == "far0" { print $1 }' text | xargs)" "up down deleted"
	is "likewise of one that is up" "$(awk '$2 == "far1" { print $1 }' text | xargs)" "up deleted"
	within 60 grep deleted.*far0 json
	check "in JSON, too" python3 -IS -c 'import json
events = [json.loads(line) for line in open("json")]
assert [e["event"] for e in events if e["name"] == "far0"] == ["up", "down", "deleted"], events'
	kill "$text" "$json"
	wait "$text" "$json"
	exits "an ordinary user may not" 2 setpriv --reuid 65534 --clear-groups zsockctl backend monitor
}

test_reconnect()
{
	local n

	exits "add --reconnect" 0 zsockctl backend add far0 --unix good --reconnect --netdev modem0
	is "a process stays" "$(keepers)" 1
	n=$(grep -c "^connected good" far.log)
	far cut
	check "cut, it comes back" within 60 eval "((\$(grep -c '^connected good' far.log) > $n))"
	check "and is up" within 60 is_state far0 up
	check "and so is its device" within 60 eval 'ip link show modem0 | grep LOWER_UP'
	far stop
	far cut
	check "it is down while nobody listens" within 60 is_state far0 down
	like "the list says so" "$(zsockctl backend)" "*far0*down*"
	sleep 1
	far start
	check "and comes back afterwards" within 60 is_state far0 up
	far stop
	far cut
	within 60 is_state far0 down
	zsockctl backend del far0
	check "deleted while down, the process ends" within 60 no_keepers
	far start
	exits "one that is cut before the process listens" 0 zsockctl backend add far1 --unix brief --reconnect
	check "comes back" within 60 grep "^connected brief" far.log
	check "and is up" within 60 is_state far1 up
	zsockctl backend del far1
	check "deleted, the process ends" within 60 no_keepers
}

test_tty()
{
	exits "a terminal" 0 zsockctl backend add tty0 --tty tty,115200
	is "it is up" "$(member tty0 state)" up
	hold tty0
	let_go
	is "without an error" "$(tail -n 1 held)" "error 0"
	zsockctl backend del tty0
	check "deleted, the process ends" within 60 no_keepers
}

# Nobody is left there but who reconnects.
test_namespace()
{
	local n

	n=$(grep -c "^disconnected good" far.log)
	exits "a backend of a namespace that ends" 0 \
		unshare -n "$top/tools/bin/zsockctl" backend add gone --unix good --reconnect
	check "the process ends" within 60 no_keepers
	check "and the pipe with it" \
		within 60 eval "((\$(grep -c '^disconnected good' far.log) > $n))"
}

# In a multicast group of generic netlink (16).
listens_to_events()
{
	awk -v pid="$1" '$2 == 16 && $3 == pid && $4 !~ /^0+$/ { found = 1 }
		END { exit !found }' /proc/net/netlink
}

test_no_module()
{
	zsockctl backend add far0 --unix good --reconnect
	zsockctl backend monitor >text 2>err &
	local monitor=$!

	# It says nothing when it has begun.
	within 60 listens_to_events "$monitor"
	if ! module_away; then
		tap_not_ok "the module can be unloaded" "$(lsmod | grep zsock)"
		kill "$monitor"
		return
	fi
	tap_ok "the module can be unloaded"
	check "who reconnects ends" within 60 no_keepers
	wait "$monitor"
	is "and monitor, with 2" $? 2
	like "which says why" "$(<err)" "*unloaded*"
	module_back
}

tap_begin
mkfifo commands
python3 -IS "$here/far.py" "$dir" <commands >far.log 2>&1 &
exec 8>commands
if within 30 grep ready far.log; then
	tap_ok "other sides are there"
	test_command_line
	test_add
	test_netdev
	test_in_use
	test_monitor
	test_reconnect
	test_tty
	test_namespace
	test_no_module
else
	tap_not_ok "other sides are there" "$(<far.log)"
fi
tap_end
