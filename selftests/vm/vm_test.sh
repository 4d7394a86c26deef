#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Does tools/vm tell what happened? Runs on the host, prints TAP. The guests run side by side,
# which is one of the things tested.
#
# shellcheck disable=SC2317 # functions that are called by check

set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
vm=$top/tools/vm
work=$(mktemp -d)
export TMPDIR=$work/tmp
mkdir "$TMPDIR" "$work/shared" "$work/module"
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

failed=0
number=0
echo "TAP version 13"

check()
{
	local name=$1

	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
		failed=1
	fi
}

# Start a guest: its output goes to NAME.out and NAME.err, its status to NAME.status.
start()
{
	local name=$1

	shift
	(
		"$vm" "$@" >"$name.out" 2>"$name.err" </dev/null
		echo $? >"$name.status"
	) &
}

status()
{
	[[ $(<"$1.status") == "$2" ]] && return
	sed 's/^/# /' "$1.err"
	echo "# status $(<"$1.status"), not $2"
	return 1
}

says()
{
	grep -q -- "$2" "$1" && return
	sed 's/^/# /' "$1"
	echo "# no line is like: $2"
	return 1
}

absent()
{
	[[ ! -e $1 ]]
}

same()
{
	[[ $1 == "$2" ]] && return
	echo "# '$1', not '$2'"
	return 1
}

uml=(run --no-module --no-kmemleak)
qemu=(run --no-module --kernel qemu)
faults=$work/module/vm_faults.ko

cp "$here"/module/* module/
kdir=$("$top/tools/kernel/build-uml" --print debug) &&
	make -s -C "$kdir" "M=$work/module" ARCH=um modules >module.log 2>&1
check "a module for the UML kernel builds" test -e "$faults" || sed 's/^/# /' module.log

# shellcheck disable=SC2016 # for the guest's shell
in_guest='echo to stdout; echo to stderr >&2; echo real >"$1/shared/file"; echo gone >"$1/file"
	echo kernel says >/dev/kmsg; cat; exit 7'

# As many at a time as there is something to gain from.
start plain "${uml[@]}" --share "$work/shared" --log "$work/plain.log" -- sh -c "$in_guest" sh "$work"
start leak run --no-module --modules "$faults:fault=leak" -- true
start much "${uml[@]}" -- sh -c 'head -c 10000000 /dev/urandom >x; md5sum x >&2; cat x'
wait
start killed "${uml[@]}" -- sh -c 'kill -KILL $$'
start warn "${uml[@]}" --modules "$faults:fault=warn" -- true
start allowed "${uml[@]}" --modules "$faults:fault=warn" --allow 'WARNING: .*vm_faults' -- true
wait
start uaf "${uml[@]}" --modules "$faults:fault=use-after-free" -- true
start deadlock "${uml[@]}" --modules "$faults:fault=deadlock" -- true
start panic "${uml[@]}" -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60'
wait
start hang "${uml[@]}" --timeout 6 -- sleep 1234
start qemu "${qemu[@]}" --cpus 2 -- sh -c 'nproc; modprobe tls && lsmod; echo to stderr >&2; exit 3'
start qemu_panic "${qemu[@]}" -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60'
wait
# shellcheck disable=SC2016
(
	echo 'echo $((6 * 7)); exit 5' | "$vm" shell --no-module --no-kmemleak >shell.out 2>shell.err
	echo $? >shell.status
) &
start cpus run --no-module --cpus 2 -- true
start missing "${uml[@]}" --modules no_such_module -- true
wait

check "the status is the command's" status plain 7
check "stdout is stdout alone" same "$(<plain.out)" "to stdout"
check "stderr is stderr alone" same "$(<plain.err)" "to stderr"
check "the kernel's log has what the kernel says" says plain.log "kernel says"
check "what is written under --share is real" same "$(cat shared/file)" real
check "what is written elsewhere is gone" absent file
check "10 MB arrive as they are" same "$(md5sum <much.out | cut -c -32)" "$(cut -c -32 <much.err)"
check "128+signal when a signal ended it" status killed 137
check "WARN() is found" status warn 99
check "and shown" says warn.err "WARNING: .*vm_faults_init"
check "unless it is allowed" status allowed 0
check "a use after free is found" status uaf 99
check "and shown" says uaf.err "KASAN: slab-use-after-free"
check "lockdep's report is found" status deadlock 99
check "and shown" says deadlock.err "possible circular locking"
check "a leak is found" status leak 99
check "and shown" says leak.err "vm_faults_leak"
check "a panic is found" status panic 99
check "a command that hangs is ended" status hang 124
check "and it is shown where it hangs" says hang.err "task:sleep"
check "a shell gets its input" says shell.out 42
check "and its status counts" status shell 5
check "more than one CPU in UML is refused" status cpus 125
check "and the reason is given" says cpus.err "one CPU"
check "a module that is not built is named" says missing.err "no_such_module.ko is not built"
check "QEMU: the status is the command's" status qemu 3
check "QEMU: --cpus" says qemu.out "^2$"
check "QEMU: the stock kernel's modules load" says qemu.out "^tls"
check "QEMU: stderr is stderr alone" same "$(<qemu.err)" "to stderr"
check "QEMU: a panic is found" status qemu_panic 99

# A signal, when the guest runs.
"$vm" "${uml[@]}" --log "$work/term.log" -- sh -c 'echo running >/dev/kmsg; sleep 1234' &
pid=$!
for ((try = 0; try < 300; try++)); do
	grep -qs "running" term.log && break
	sleep 0.1
done
group=$(pgrep -P "$pid" | head -n 1)
kill -TERM "$pid"
wait "$pid"
check "TERM ends it" same $? 143
check "TERM leaves no process" same "$(pgrep -g "${group:-none}" 2>&1)" ""
check "nothing is left in TMPDIR" same "$(ls -A "$TMPDIR")" ""

echo "1..$number"
exit "$failed"
