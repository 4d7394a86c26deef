#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsock-run --socks5: unmodified programs, and a proxy that was written by others. Runs as root in a
# tools/vm guest.

set -u
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/tools/setup.sh
. "$here/setup.sh"

dir=$(mktemp -d /tmp/zsock-socks5.XXXXXX) || exit 1
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

counter() { awk -v name="$1" '$1 == name { print $2 }' /proc/net/zsock_stat; }

# wait_for FILE: a listener has its port, in hexadecimal, in /proc/net/FILE
wait_for()
{
	local i

	for ((i = 0; i < 600; i++)); do
		grep -q ":$2 .* 0A " "/proc/net/$1" && return
		sleep 0.1
	done
	return 1
}

# A web server that reads no more than it has to; a proxy for all, one with a password.
servers()
{
	cat >serve <<-'EOT'
		#!/bin/sh
		while read -r line && [ "${#line}" -gt 1 ]; do :; done
		printf 'HTTP/1.0 200 OK\r\n\r\nhello %s\n' "$SOCAT_PEERADDR"
	EOT
	chmod +x serve
	socat TCP4-LISTEN:8080,fork,reuseaddr EXEC:./serve >serve.log 2>&1 &
	socat TCP6-LISTEN:8081,fork,reuseaddr,ipv6only EXEC:./serve >serve.log 2>&1 &
	microsocks -i 127.0.0.1 -p 1080 >open.log 2>&1 &
	microsocks -i 127.0.0.1 -p 1081 -u user -P 'se:cret' >closed.log 2>&1 &
}

listening()
{
	wait_for tcp 1F90 && wait_for tcp6 1F91 && wait_for tcp 0438 && wait_for tcp 0439
}

# through NAME WANTED OPTION... -- URL: curl comes there by the proxy, and by nothing else
through()
{
	local name=$1 want=$2 options=() before after

	shift 2
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	before=$(counter Socks5Tunnels)
	run zsock-run "${options[@]}" -- curl -sS -m 60 "$2"
	after=$(counter Socks5Tunnels)
	is "$name" "$out" "$want"
	is "$name: by the proxy" $((after - before)) 1
}

# fails NAME PATTERN PORT OPTION...: no connection to that port, for that reason
fails()
{
	local name=$1 pattern=$2 port=$3

	shift 3
	exits "$name" 1 zsock-run "$@" -- bash -c ": </dev/tcp/127.0.0.1/$port"
	like "$name: and why" "$err" "$pattern"
}

test_curl()
{
	through "curl" "hello 127.0.0.1" --socks5 127.0.0.1 -- http://127.0.0.1:8080/
	like "the proxy knows of it" "$(<open.log)" "*connected to 127.0.0.1:8080*"
	through "an IPv6 target, an IPv4 proxy" "hello [0000:0000:0000:0000:0000:0000:0000:0001]" \
		--socks5 localhost:1080 -- "http://[::1]:8081/"
	through "a filter instead of the library" "hello 127.0.0.1" --seccomp --socks5 127.0.0.1:1080 -- \
		http://127.0.0.1:8080/
	fails "nobody at the target" "*refused*" 8082 --socks5 127.0.0.1
	fails "nobody at the proxy" "*refused*" 8080 --socks5 127.0.0.1:8082
}

test_password()
{
	local before

	echo "user:se:cret" >auth
	echo "user:wrong" >wrong
	before=$(counter Socks5Failed)
	through "with a password" "hello 127.0.0.1" --socks5 127.0.0.1:1081 --socks5-auth auth -- \
		http://127.0.0.1:8080/
	fails "with a wrong one" "*Permission denied*" 8080 --socks5 127.0.0.1:1081 --socks5-auth wrong
	fails "without one" "*Permission denied*" 8080 --socks5 127.0.0.1:1081
	is "both are counted" $(($(counter Socks5Failed) - before)) 2
}

# A program that connects may listen as well.
test_listener()
{
	zsock-run --socks5 127.0.0.1 -- socat TCP4-LISTEN:8090,reuseaddr EXEC:'echo listened' >listener.log 2>&1 &
	check "a program under it can listen" wait_for tcp 1F9A
	is "and is called" "$(socat -u TCP4:127.0.0.1:8090 -)" "listened"
}

# refused NAME PATTERN OPTION...: no program is started
refused()
{
	local name=$1 pattern=$2

	shift 2
	exits "$name: refused" 125 zsock-run "$@" -- touch started
	like "$name: says why" "$err" "$pattern"
	check "$name: nothing is started" test ! -e started
	rm -f started
}

test_command_line()
{
	: >empty
	refused "a port that is none" "*--socks5 '127.0.0.1:x'*" --socks5 127.0.0.1:x
	refused "port 0" "*--socks5*" --socks5 127.0.0.1:0
	refused "no host" "*HOST*" --socks5 :1080
	refused "half a bracket" "*HOST*" --socks5 "[::1"
	refused "a password for nobody" "*--socks5-auth needs --socks5*" --socks5-auth auth
	refused "no such file" "*No such file*" --socks5 127.0.0.1 --socks5-auth nosuchfile
	refused "an empty file" "*USER:PASSWORD*" --socks5 127.0.0.1 --socks5-auth empty
	refused "--fallback" "*without the proxy*" --socks5 127.0.0.1 --fallback
	refused "--only dgram" "*stream*" --socks5 127.0.0.1 --only dgram
	# An IPv6 proxy is for IPv6 sockets.
	exits "a bracketed address is taken" 0 zsock-run --socks5 "[::1]:1080" -- true
}

tap_begin
servers
check "servers and proxies are there" listening
test_curl
test_password
test_listener
test_command_line
tap_end
