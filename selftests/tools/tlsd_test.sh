#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsock-tlsd without the kernel module: its parts, handshakes over loopback with OpenSSL at the
# other end, its command line. With the argument "ktls" only the handshakes, and the kernel gets
# their keys, for which it needs TLS; without it the test's own record layer gets them.

set -u
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/tools/setup.sh
. "$here/setup.sh"
# shellcheck source=selftests/tools/options.sh
. "$top/selftests/tools/options.sh"

mode=${1:-}
dir=$(mktemp -d) || exit 1
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# Where they work, AddressSanitizer and its friends look on.
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
	"$here/progs/tlsd/build" tlsd "${flags[@]}"
}

# Compiling takes long in a guest, and UML has no room for sanitizers: "make selftests" did it.
built() { ln -s "$top/selftests/bin/progs/tlsd_test" tlsd && [[ -x tlsd ]]; }

handshakes()
{
	local status

	./tlsd "$mode" >out 2>err
	status=$?
	tap_from out
	is "the program says that all went well" "$status" 0
	is "and sanitizers have nothing to say" \
		"$(grep -E 'ERROR: |runtime error' err)" ""
}

# ---- the command line ----

test_usage()
{
	exits "--help: 0" 0 zsock-tlsd --help
	like "on stdout" "$out" "Usage: zsock-tlsd*--keylog*"
	exits "--version: 0" 0 zsock-tlsd -V
	like "is told" "$out" "zsock-tlsd *[0-9]"
	for args in "--nosuch" "argument" "--workers 0" "--workers 1x" "--workers 257" \
		"--ca-file x --no-system-ca" "--user"; do
		# shellcheck disable=SC2086
		exits "$args: 1" 1 zsock-tlsd $args
		like "$args: and where to look" "$err" "*zsock-tlsd --help*"
	done
}

test_refusals()
{
	local pid

	exits "a CA file that is not there: 1" 1 zsock-tlsd -f --ca-file /nonexistent
	like "is named" "$err" "*/nonexistent*"
	echo "no certificate" >bad.pem
	exits "a CA file without a certificate: 1" 1 zsock-tlsd --ca-file bad.pem
	like "is named, also from the background" "$err" "*bad.pem*"
	exits "a user that is not there: 2" 2 zsock-tlsd -f --user nosuchuser
	like "and what to do" "$err" "*nosuchuser*--user*"

	echo >keys && chmod 644 keys
	exits "a file for secrets that others may read: 1" 1 zsock-tlsd -f --keylog keys
	like "is refused" "$err" "*others may read it*"
	ln -s keys link
	exits "a link to one: 1" 1 zsock-tlsd -f --keylog link

	exec {pid}>pid
	flock "$pid"
	exits "a PID file that another one holds: 1" 1 zsock-tlsd -f --pid pid
	like "is told" "$err" "*another zsock-tlsd runs*"
	exec {pid}>&-
}

# As on any host where the module is not loaded.
test_without_module()
{
	exits "without the module: 2" 2 zsock-tlsd
	like "and what to do" "$err" "*not loaded*modprobe zsock*"
	exits "in the foreground, too: 2" 2 zsock-tlsd -f
	exits "without CAP_NET_ADMIN: 2" 2 setpriv --bounding-set=-net_admin \
		--reuid=65534 --clear-groups --inh-caps=-all zsock-tlsd -f
	like "and what to do" "$err" "*CAP_NET_ADMIN*root*"
	rm -f new
	exits "a file for secrets is made: 2" 2 zsock-tlsd -f --keylog new
	is "for root alone" "$(stat -c %a new)" 600
	like "with a warning" "$err" "*secrets of all connections*"
}

test_completion()
{
	# shellcheck source=tools/completion/zsock-tlsd
	. "$top/tools/completion/zsock-tlsd"
	is "completion: options" "$(completions zsock-tlsd --k)" "--keylog"
	is "completion: users" "$(completions zsock-tlsd --user nobod)" "nobody"
	is "completion: files" "$(cd "$dir" && completions zsock-tlsd --ca-file bad)" "bad.pem"
	completion_has_options zsock-tlsd
}

tap_begin
if [[ $mode == ktls ]]; then
	check "the parts were compiled without a warning" built
else
	check "the parts compile without a warning" build
fi
if [[ -x tlsd ]]; then
	handshakes
fi
if [[ $mode != ktls ]]; then
	test_usage
	test_refusals
	test_without_module
	test_completion
	manual_has_options zsock-tlsd
fi
tap_end
