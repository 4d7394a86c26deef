#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsock-run --seccomp: programs that LD_PRELOAD does not reach, and what is asked of the supervisor.
# Runs as root in a tools/vm guest: it unloads the module. Some parts can be named.

set -u
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/tools/setup.sh
. "$here/setup.sh"

dir=$(mktemp -d /var/tmp/zsock-seccomp.XXXXXX) || exit 1
chmod 755 "$dir"
trap 'kill $(jobs -p) 2>/dev/null; module_back; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

all_taken="kinds: stream4=zsock dgram4=zsock stream6=zsock dgram6=zsock"
none_taken="kinds: stream4=inet dgram4=inet stream6=inet dgram6=inet"
none_at_all="kinds: stream4=E13 dgram4=E13 stream6=E13 dgram6=E13"
nobody=("$(type -P setpriv)" --reuid 65534 --regid 65534 --clear-groups)

# "make selftests" has compiled them.
programs()
{
	cp "$top"/selftests/bin/progs/{probe,raw64,raw32,supervised,supervised_pie,go} .
}

# UML runs no 32-bit programs.
runs_32_bit() { [[ $(./raw32 socket 2>/dev/null) == "$none_taken"* ]]; }

supervisors() { grep -sl '^zsock-run-sup$' /proc/[0-9]*/comm | cut -d / -f 3; }
no_supervisor() { [[ ! $(supervisors) ]]; }
zombies() { grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null; }
no_zombie() { [[ ! $(zombies) ]]; }

# wait_until COMMAND...: for up to 25 s, which is less than the supervisor waits for its helpers
wait_until()
{
	local end=$((SECONDS + 25))

	until "$@"; do
		((SECONDS < end)) || return
		sleep 0.1
	done
}

# by_default NAME PROGRAM...: is taken over by itself, and refused with --preload
by_default()
{
	local name=$1

	shift
	exits "$name runs" 0 zsock-run -- "$@"
	is "$name is taken over" "$out" "$all_taken${suffix:-}"
	is "$name: without a word" "$err" ""
	exits "$name is out of LD_PRELOAD's reach" 125 zsock-run --preload -- "$@"
	like "$name: which says why" "$err" "${why:-*statically linked*}*not started*"
}

test_kinds_of_programs()
{
	local suffix=" unix=inet" why

	by_default "a static program without a C library" ./raw64 socket
	why="*written in Go*" suffix="" by_default "a dynamic program in Go" ./go kinds
	printf '#!%s/raw64\n' "$dir" >script
	chmod +x script
	run zsock-run -- ./script
	is "a script with a static interpreter" "$out" "$all_taken$suffix"
	run zsock-run --seccomp -- ./probe kinds
	is "an ordinary program, if asked for" "$out" "$all_taken"
	run zsock-run --seccomp -- env -i ./probe kinds
	is "with an empty environment" "$out" "$all_taken"
	run zsock-run --seccomp -- busybox sh -c './raw64 socket; (./probe kinds; true)'
	is "and children of all kinds" "$out" "$all_taken$suffix"$'\n'"$all_taken"
	exits "not both ways" 125 zsock-run --seccomp --preload -- true

	if runs_32_bit; then
		run ./raw64 x32
		if [[ $out == *stream4=E38* ]]; then
			run zsock-run -- ./raw64 x32
			is "x32's number, where there is no x32" "$out" "$all_taken unix=E38"
		fi
		run zsock-run -- ./raw64 int80
		is "a 32-bit call of a 64-bit program" "$out" "$all_taken$suffix"
		run zsock-run -- ./raw64 int80call
		is "socketcall() of a 64-bit program" "$out" "$all_taken$suffix"
		why="*another kind of machine*" by_default "a 32-bit program" ./raw32 socket
		run zsock-run -- ./raw32 socketcall
		is "its socketcall()" "$out" "$all_taken$suffix"
		run "${nobody[@]}" zsock-run -- ./raw32 socketcall
		is "an ordinary user's" "$out" "$all_taken$suffix"
		run zsock-run --only dgram -- ./raw32 socketcall
		is "with --only" "$out" "kinds: stream4=inet dgram4=zsock stream6=inet dgram6=zsock$suffix"
		run zsock-run -- ./raw32 bad
		is "bad pointers are the kernel's business" "$out" \
			"kinds: stream4=E14 dgram4=E14 stream6=E14 dgram6=E14 unix=E14"
	fi
}

test_choice()
{
	run zsock-run --seccomp --only stream -- ./probe kinds
	is "--only stream" "$out" "kinds: stream4=zsock dgram4=inet stream6=zsock dgram6=inet"
	run zsock-run --seccomp --domain 6 --only dgram -- ./probe kinds
	is "--domain and --only together" "$out" "kinds: stream4=inet dgram4=inet stream6=inet dgram6=zsock"
	run zsock-run --seccomp --backend native -- ./probe kinds
	is "--backend native" "$out" "${all_taken//=zsock/=zsock@native}"
	run zsock-run --seccomp -- ./probe raw
	is "raw sockets are left alone" "$out" \
		"raw: raw4=inet raw6=inet frames=inet packets=inet dgram4=zsock"
	run zsock-run --seccomp --raw --only stream --domain 6 -- ./probe raw
	is "--raw with --only and --domain" "$out" \
		"raw: raw4=inet raw6=zsock@native frames=zsock@native packets=zsock@native dgram4=inet"
	run zsock-run --seccomp --raw -- ./probe kinds
	is "--raw, and the others as ever" "$out" "$all_taken"
	run zsock-run --seccomp --raw -- setpriv --bounding-set -net_raw ./probe raw
	is "--raw without the right to it" "$out" "raw: raw4=E1 raw6=E1 frames=E1 packets=E1 dgram4=zsock"
	exits "--backend with an unknown name stops" 125 zsock-run --seccomp --backend nosuch -- ./probe kinds
	exits "the library inside" 0 zsock-run --seccomp -- zsock-run --only dgram -- ./probe kinds
	is "takes its own" "$out" "$all_taken"
	exits "a second supervisor is one too many" 125 zsock-run --seccomp -- zsock-run --seccomp -- ./probe kinds
	like "which is explained" "$err" "*supervisor*already*not started*"
	run zsock-run --seccomp -- zsock-run --fallback --seccomp -- ./probe kinds
	is "with --fallback the first one goes on" "$out" "$all_taken"
	exits "--port is too much" 125 zsock-run --seccomp --tls --hostname x --port 1 -- ./probe kinds
	like "which is said" "$err" "*--port needs --preload*"
	exits "so is --tls without a name" 125 zsock-run --tls -- ./raw64 socket
	like "with the reason" "$err" "*needs --hostname*raw64 is statically linked*"
}

test_process()
{
	local pid sup

	exits "the program's status is passed on" 7 zsock-run -- busybox sh -c 'exit 7'
	# shellcheck disable=SC2016
	exits "and its death by a signal" 143 zsock-run -- busybox sh -c 'kill $$'
	exits "126 is 126" 126 zsock-run --seccomp -- "$here/tap.sh"
	check "no supervisor stays behind" wait_until no_supervisor

	zsock-run -- ./supervised listen 7001 >listener 2>&1 &
	pid=$!
	check "a program in the background" wait_until grep -q listens listener
	is "has the process id of zsock-run" "$(cat /proc/$pid/comm)" supervised
	is "has no child" "$(cat /proc/$pid/task/$pid/children)" ""
	sup=$(supervisors)
	is "has no descriptor that it did not make" "$(readlink /proc/$pid/fd/* | grep -c -e ^socket -e ^anon_inode)" 1
	like "the supervisor is called by its name" "$(tr '\0' ' ' </proc/"$sup"/cmdline)" "zsock-run: supervisor*"
	is "and holds nothing of ours" "$(readlink /proc/"$sup"/fd/* /proc/"$sup"/cwd | sort | uniq -c | xargs)" \
		"1 / 3 /dev/null 1 /proc 1 anon_inode:seccomp notify"
	is "in a session of its own" "$(ps -o sid= "$sup" | xargs)" "$sup"
	kill -TERM "$sup"
	kill $pid
	wait $pid
	is "a signal ends the program" $? 143
	check "and then the supervisor" wait_until no_supervisor
	# Others' children may be one for a moment.
	wait_until no_zombie
	is "there is no zombie" "$(zombies)" ""
	run bash -c 'zsock-run -- ./raw64 socket >&- 2>&- <&-; echo $?'
	is "all of it works without descriptors 0 to 2" "$out" 0
}

test_demands()
{
	exits "a storm of sockets, from threads and children" 0 zsock-run -- ./supervised storm
	is "each of them the right one" "$out" "storm: 0 bad"
	exits "flags" 0 zsock-run -- ./supervised flags
	if runs_32_bit; then
		exits "a thousand sockets" 0 zsock-run -- ./supervised many 1000
	else	# UML, where each of them takes long
		exits "many sockets" 0 zsock-run -- ./supervised many 100
	fi
	exits "no descriptors left" 0 zsock-run -- ./supervised_pie emfile
	exits "signals" 0 zsock-run -- ./supervised signals
	is "harm nothing" "$out" "signals: 0 bad, some came"
}

test_death()
{
	run zsock-run -- busybox sh -c "kill -9 \$(grep -l zsock-run-su[p] /proc/[0-9]*/comm | cut -d / -f 3); ./raw64 socket"
	is "without a supervisor there is ENOSYS" "$out" \
		"kinds: stream4=E38 dgram4=E38 stream6=E38 dgram6=E38 unix=inet"
	# The next one is told who its supervisor is: that is not to be this one, on its way out.
	wait_until no_supervisor
	# shellcheck disable=SC2016
	run zsock-run -- busybox timeout 60 busybox sh -c \
		'./supervised dead $(grep -l zsock-run-su[p] /proc/[0-9]*/comm | cut -d / -f 3)'
	is "also for calls under way" "$out" "dead: ENOSYS, AF_UNIX is there"
	wait_until no_supervisor
	is "none is left" "$(supervisors)" ""
}

test_rights()
{
	local alike="zsock of user 65534, group 65534, here" other="E13"

	run zsock-run -- ./supervised owner
	is "a socket is its user's" "$out" "zsock of user 0, group 0, here"
	run zsock-run --seccomp -- "${nobody[@]}" ./supervised owner
	is "of the one that the program has become" "$out" "$alike"
	run "${nobody[@]}" zsock-run -- ./supervised owner
	is "an ordinary user's program" "$out" "$alike"
	run zsock-run --seccomp -- setpriv --groups 3,4 --bounding-set -net_admin ./supervised owner
	is "other groups, fewer capabilities" "$out" "zsock of user 0, group 0, here"
	run zsock-run --seccomp -- unshare -n ./supervised owner
	is "another network namespace" "$out" "zsock of user 0, group 0, here"
	run zsock-run --seccomp -- "${nobody[@]}" unshare -n -r ./supervised owner
	is "another user namespace, and its network" "$out" "zsock of user 0, group 0, here"
	run "${nobody[@]}" zsock-run --seccomp -- unshare -n -r ./supervised owner
	is "an ordinary user's" "$out" "zsock of user 0, group 0, here"
	run "${nobody[@]}" zsock-run --seccomp -- unshare -U ./supervised owner
	is "a user namespace without a user" "$out" "$alike"

	# What the supervisor's rights are too few for.
	run "${nobody[@]}" zsock-run -- ./supervised hidden
	is "a program that hides what it is gets an error" "$out" "$other"
	run "${nobody[@]}" zsock-run --fallback -- ./supervised hidden
	is "or AF_INET with --fallback" "$out" inet
	run zsock-run -- ./supervised hidden
	is "from root it cannot hide" "$out" zsock

	# What is not permitted to the program is not permitted by the supervisor.
	echo 1 >/proc/sys/net/zsock/access
	run zsock-run --seccomp -- "${nobody[@]}" ./probe kinds
	is "rights that were given up are not the supervisor's to give" "$out" "${none_at_all//E13/E1}"
	run zsock-run --seccomp -- ./probe kinds
	is "those that were not are" "$out" "$all_taken"
	echo 2 >/proc/sys/net/zsock/access
}

# in_cgroup DIR PROGRAM...: an ordinary user's, under a supervisor that is not moved
in_cgroup()
{
	local dir=$1

	shift
	mkfifo -m 666 go.fifo
	"${nobody[@]}" zsock-run --seccomp "${fallback[@]}" -- sh -c 'read -r x <go.fifo; exec "$@"' sh "$@" >moved 2>&1 &
	wait_until grep -q '^sh$' /proc/$!/comm
	echo $! >"$dir/cgroup.procs"
	echo go >go.fifo
	wait
	rm go.fifo
}

test_cgroup()
{
	local root=/sys/fs/cgroup pid fallback=()

	mkdir -p $root 2>/dev/null
	findmnt -n -t cgroup2 $root >/dev/null || mount -t cgroup2 none $root
	check "control groups are there" mkdir -p $root/zsock-one $root/zsock-two
	# shellcheck disable=SC2016
	zsock-run --seccomp -- bash -c 'echo $$ >/sys/fs/cgroup/zsock-one/cgroup.procs; exec ./supervised listen 7002' >listener2 2>&1 &
	pid=$!
	check "a program that has moved" wait_until grep -q listens listener2
	run ss -tlnH --cgroup "sport = 7002"
	like "has its sockets where it is" "$out" "*cgroup:/zsock-one*"
	kill $pid
	wait $pid
	in_cgroup $root/zsock-two ./probe kinds
	is "where the supervisor may not follow there is an error" "$(<moved)" "$none_at_all"
	fallback=(--fallback)
	in_cgroup $root/zsock-two ./probe kinds
	is "or AF_INET" "$(<moved)" "$none_taken"
	wait_until rmdir $root/zsock-one $root/zsock-two
}

fetch()
{
	local name=$1 connects

	shift
	connects=$(awk '$1 == "Connects" { print $2 }' /proc/net/zsock_stat)
	rm -f copy
	check "$name fetches" "$@"
	check "the file" cmp file copy
	check "by AF_ZSOCK" test "$(awk '$1 == "Connects" { print $2 }' /proc/net/zsock_stat)" -gt "$connects"
}

test_real_programs()
{
	local server

	head -c 300000 /dev/urandom >file
	zsock-run -- busybox httpd -f -p 127.0.0.1:8351 -h "$dir" &
	server=$!
	fetch "static busybox's wget" zsock-run -- busybox sh -c \
		'until busybox wget -q -O copy http://127.0.0.1:8351/file; do sleep 0.2; done'
	fetch "curl" zsock-run --seccomp -- curl -sS -f -o copy http://127.0.0.1:8351/file
	fetch "python" zsock-run --seccomp -- python3 -IS -c 'import urllib.request as u
open("copy", "wb").write(u.urlopen("http://127.0.0.1:8351/file").read())'
	check "its server is on AF_ZSOCK" grep -q 8351 <(zsockctl ss -al)
	kill $server
	wait
}

# Who makes a socket for another user: that user can kill it, and harms nobody else.
helper_of_nobody()
{
	local pid

	for pid in $(supervisors); do
		grep -qs '^Uid:.65534' "/proc/$pid/status" && helper=$pid && return
	done
	return 1
}

# Calls that take as long as we like: the kernel's modprobe waits for us. By a read(): nine loops
# with a sleep leave a busy machine no time, and a supervisor waits for no helper for ever.
slow_modprobe()
{
	: >begun
	mkfifo go_on
	cat >modprobe <<-EOT
		#!/bin/sh
		echo begun >>$dir/begun
		read -r go_on <$dir/go_on
		exit 1
	EOT
	chmod +x modprobe
	echo "$dir/modprobe" >/proc/sys/kernel/modprobe
}

have_begun() { (($(wc -l <begun) >= $1)); }

# One call that takes long does not keep the others waiting.
test_slow()
{
	local go_on helper='' wait='until [ -e gone ]; do sleep 0.1; done'

	zsock-run -- busybox sh -c "$wait; exec ./supervised slow 8" >slow.txt 2>&1 &
	check "a program that waits" wait_until grep -q busybox /proc/$!/comm
	zsock-run -- busybox sh -c "${nobody[*]} ./supervised owner; $wait
		${nobody[*]} ./supervised owner; ${nobody[*]} ./supervised owner" >killed.txt 2>&1 &
	check "another, with children of other users" wait_until test -s killed.txt
	if ! module_away; then
		tap_not_ok "does not keep the module" "$(lsmod | grep zsock)"
		return
	fi
	slow_modprobe
	touch gone
	check "nine calls are under way at a time" wait_until have_begun 9
	wait_until helper_of_nobody
	check "one of them by a helper that is another user" test "$helper"
	check "whom that user can kill" "${nobody[@]}" kill -9 "$helper"
	# A line for each, and for whoever still comes.
	exec {go_on}<>go_on
	printf '%0200d' 0 | tr 0 '\n' >&"$go_on"
	wait
	is "that call fails, and no other" "$(<killed.txt)" \
		"zsock of user 65534, group 65534, here"$'\n'E5$'\n'E97
	like "the others end, too" "$(<slow.txt)" "[0-9]*[0-9]"
	check "the module can be loaded again" module_back
	run zsock-run -- ./raw64 socket
	is "and is used again" "$out$err" "$all_taken unix=inet"
}

tap_begin
check "the programs of this test are there" programs
parts=("$@")
((${#parts[@]})) || parts=(kinds_of_programs choice process demands death rights cgroup real_programs slow)
for part in "${parts[@]}"; do
	"test_$part"
done
tap_end
