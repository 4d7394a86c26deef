#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsock-offloadd without the kernel module: what it does with messages, with AddressSanitizer
# looking on; its command line.

set -u
# shellcheck source=selftests/tools/setup.sh
. "$(dirname "$(readlink -f "$0")")/setup.sh"
# shellcheck source=selftests/tools/options.sh
. "$top/selftests/tools/options.sh"
export PYTHONDONTWRITEBYTECODE=1

dir=$(mktemp -d) || exit 1
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
# As many descriptors as thousands of connections need at both ends.
ulimit -n "$(ulimit -Hn)"

sanitizers()
{
	echo 'int main(void) { return 0; }' >san.c
	gcc -fsanitize=address,undefined -o san san.c 2>/dev/null && ./san 2>/dev/null &&
		echo "-fsanitize=address,undefined -fno-sanitize-recover=undefined"
}

build()
{
	local flags

	read -ra flags < <(sanitizers)
	gcc -std=gnu11 -D_GNU_SOURCE -DVERSION='"test"' -O1 -g -Wall -Wextra -Wshadow -Werror \
		"${flags[@]}" -I"$top/include/uapi" -I"$top/tools/daemon" \
		-o offloadd "$top"/tools/{zsock-offloadd,daemon}/*.c
}

protocol()
{
	local status

	OFFLOADD=$dir/offloadd /usr/bin/python3 -ES "$top/selftests/offload/offloadd_test.py" >out 2>err
	status=$?
	tap_from out
	is "the program says that all went well" "$status" 0
}

# ---- the command line ----

test_usage()
{
	exits "--help: 0" 0 zsock-offloadd --help
	like "on stdout" "$out" "Usage: zsock-offloadd*--allow-bind*"
	exits "--version: 0" 0 zsock-offloadd -V
	like "is told" "$out" "zsock-offloadd *[0-9]"
	exits "no arguments: 1" 1 zsock-offloadd
	like "and what lacks" "$err" "*--listen*"
	for args in "--nosuch" "--fd 0 argument" "--fd x" "--window 16383" "--window 1x" \
		"--sockets 0" "--pipes 257" "--silence 999" "--internal x" "--allow" "--allow x" \
		"--allow 1.2.3.4/33" "--allow 1.2.3.4:65536" "--allow 1.2.3.4:2-1" \
		"--deny 1.2.3.4:" "--deny [::1" "--deny [::1]x" "--deny ::1/129" \
		"--allow-bind any:x" "--deny-bind 1.2.3/8"; do
		# shellcheck disable=SC2086
		exits "$args: 1" 1 zsock-offloadd $args
		like "$args: and where to look" "$err" "*zsock-offloadd --help*"
	done
}

test_refusals()
{
	local where pid

	for where in nosuch unix: tcp:1.2.3.4 tcp:x:1 vsock:x vsock:1:x vsock: tcp::1; do
		run zsock-offloadd -f --listen "$where"
		like "--listen $where: a complaint" "$status $err" "[12] *cannot listen at $where*"
	done
	exits "an address that is not the host's: 2" 2 zsock-offloadd -f --listen tcp:192.0.2.1:1
	exits "a descriptor that is not there: 1" 1 zsock-offloadd -f --fd 77
	exits "a user that is not there: 2" 2 zsock-offloadd -f --user nosuchuser --fd 0 </dev/null
	exits "--tls without the module: 2" 2 zsock-offloadd -f --tls --fd 0 </dev/null
	like "and what to do" "$err" "*modprobe zsock*"

	exec {pid}>pid
	flock "$pid"
	exits "a PID file that another one holds: 1" 1 zsock-offloadd -f --pid pid --fd 0 </dev/null
	like "is told" "$err" "*another zsock-offloadd runs*"
	exec {pid}>&-
}

# What it is in the background, and what it may do there.
test_daemon()
{
	local pid

	exits "into the background: 0" 0 zsock-offloadd --pid daemon.pid --listen "unix:$dir/sock" \
		--allow-bind any:80
	pid=$(<daemon.pid)
	is "the socket is for its owner" "$(stat -c %a sock)" 600
	if ((UID == 0)); then
		is "as nobody" "$(stat -c %U "/proc/$pid")" nobody
		is "with one capability" "$(awk '/^CapEff/ { print $2 }' "/proc/$pid/status")" \
			0000000000000400
		is "and never more" "$(awk '/^CapBnd/ { print $2 }' "/proc/$pid/status")" \
			0000000000000400
	fi
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.05
	done
	is "the PID file is empty at the end" "$(<daemon.pid)" ""
}

test_completion()
{
	# shellcheck source=tools/completion/zsock-offloadd
	. "$top/tools/completion/zsock-offloadd"
	is "completion: options" "$(completions zsock-offloadd --so)" "--sockets"
	is "completion: users" "$(completions zsock-offloadd --user nobod)" "nobody"
	is "completion: places" "$(completions zsock-offloadd --listen u)" "unix:"
	completion_has_options zsock-offloadd
}

tap_begin
check "it compiles without a warning" build
if [[ -x offloadd ]]; then
	protocol
fi
test_usage
test_refusals
test_daemon
test_completion
manual_has_options zsock-offloadd
tap_end
