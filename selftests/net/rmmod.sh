#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Loading and unloading: refused while sockets exist, done when they are gone, with every family
# number answered as it deserves, and again and again under traffic. Run as root where the module
# is loaded and may be unloaded (tools/vm run -- selftests/net/rmmod.sh). Prints TAP.

set -u

bin=$(cd "$(dirname "${BASH_SOURCE[0]}")/../bin" && pwd)
module=${ZSOCK_MODULE_DIR:?is set by tools/vm}/zsock.ko
family=/sys/module/zsock/parameters/family

passed=0
failed=0

echo "TAP version 13"

# result NAME STATUS
result()
{
	if (($2 == 0)); then
		((passed++))
		echo "ok $((passed + failed)) $1"
	else
		((failed++))
		echo "not ok $((passed + failed)) $1"
	fi
}

say()
{
	echo "# $*"
}

loaded()
{
	[[ -e $family ]]
}

# The last descriptor's file is put by a task of its own: give that a moment.
unload()
{
	local i

	for ((i = 0; i < 400; i++)); do
		rmmod zsock 2>/dev/null && return 0
		sleep 0.05
	done
	say "rmmod: still refused, $(cat /sys/module/zsock/refcnt) references"
	return 1
}

# Run "traffic" in the background; returns when it has sockets.
start_traffic()
{
	local traffic line

	exec {traffic}< <(exec "$bin/traffic" "$@")
	pid=$!
	read -r line <&"$traffic" && [[ $line == ready ]]
	line=$?
	exec {traffic}<&-
	return "$line"
}

test_refused_while_open()
{
	start_traffic 60000 hold || return 1
	if rmmod zsock 2>/dev/null; then
		say "unloaded under an open socket"
		return 1
	fi
	loaded || return 1
	# The kernel's own answer, without kmod's look at the reference count first.
	python3 -IS - <<-EOT || return 1
		import ctypes, errno, os, sys
		libc = ctypes.CDLL(None, use_errno=True)
		ret = libc.syscall(176, b"zsock", os.O_NONBLOCK)
		err = ctypes.get_errno()
		ok = ret == -1 and err in (errno.EBUSY, errno.EAGAIN)
		if not ok:
		    print("# delete_module:", ret, os.strerror(err))
		sys.exit(not ok)
	EOT
	kill "$pid"
	wait "$pid" 2>/dev/null
	unload && ! loaded && insmod "$module"
}

# A number that is taken, or that no family can have: the load fails and says why.
test_impossible_family()
{
	local number bad=0

	unload || return 1
	for number in 0 1 2 10 16 46 47 1000 -1 -18 x 99999999999; do
		dmesg -C
		if insmod "$module" family="$number" 2>/dev/null; then
			say "family=$number was taken"
			rmmod zsock
			bad=1
		fi
		loaded && bad=1
		# What is no number is refused before the module is asked.
		[[ $number == x || ${#number} -gt 5 ]] && continue
		dmesg | grep -qi 'zsock.*famil' || {
			say "family=$number: no word about it in the log"
			bad=1
		}
	done
	insmod "$module" || return 1
	return $bad
}

test_other_family()
{
	local number

	for number in 19 25; do
		unload && insmod "$module" family=$number || return 1
		[[ $(<$family) == "$number" ]] || return 1
		"$bin/traffic" 100 >/dev/null || return 1
	done
	unload && insmod "$module" && [[ $(<$family) == 18 ]]
}

test_reload_under_traffic()
{
	local i

	for ((i = 0; i < 20; i++)); do
		start_traffic 60000 || return 1
		# In the middle of it this must fail.
		rmmod zsock 2>/dev/null && {
			say "round $i: unloaded under traffic"
			return 1
		}
		kill "$pid" || {
			say "round $i: the traffic has stopped by itself"
			return 1
		}
		wait "$pid" 2>/dev/null
		unload || return 1
		# No socket without the module, and no crash.
		ZSOCK_TEST_FAMILY=18 "$bin/traffic" 1 2>/dev/null && return 1
		insmod "$module" || return 1
	done
}

# Everything that was registered is there once, and gone after.
test_leaves_nothing()
{
	unload || return 1
	[[ ! -e /proc/net/zsock && ! -e /proc/net/zsock_stat && ! -e /proc/net/zsock_protocols &&
		! -e /proc/sys/net/zsock && ! -e /sys/module/zsock ]] || return 1
	insmod "$module" || return 1
	[[ -e /proc/net/zsock && -e /proc/net/zsock_stat && -e /proc/net/zsock_protocols &&
		-e /proc/sys/net/zsock/access ]]
}

loaded || {
	echo "Bail out! the zsock module is not loaded"
	exit 1
}

for name in refused_while_open impossible_family other_family reload_under_traffic leaves_nothing; do
	"test_$name"
	result "rmmod.$name" $?
	loaded || insmod "$module" || {
		echo "Bail out! the module cannot be loaded again"
		exit 1
	}
done

echo "1..$((passed + failed))"
echo "# Totals: pass:$passed fail:$failed xfail:0 xpass:0 skip:0 error:0"
((failed == 0))
