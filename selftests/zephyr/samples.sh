#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The samples in tools/libzsock/samples, built against an installed libzsock alone, with each other
# and with OpenSSL. Runs as root in a tools/vm guest.

set -u
# shellcheck source=selftests/tls/lib.sh
. "$(dirname "$(readlink -f "$0")")/../tls/lib.sh"

SAMPLES=$TOP/selftests/bin/zephyr-samples
TCP=4242
TLS=4243

# What they get over AF_ZSOCK is counted there.
accepted() { sed -n 's/^Accepted  *//p' /proc/net/zsock_stat; }

# runs NAME WANTED COMMAND...: ends with status 0, and prints that
runs()
{
	local name=$1 wanted=$2 out

	shift 2
	if out=$(timeout "$LIMIT" "$@" 2>&1) && [[ $out == *"$wanted"* ]]; then
		tap_ok "$name"
	else
		tap_not_ok "$name" "$*: $out"
	fi
}

# fails NAME WANTED COMMAND...: ends with status 1, and prints that
fails()
{
	local name=$1 wanted=$2 out

	shift 2
	out=$(timeout "$LIMIT" "$@" 2>&1)
	if [[ $? == 1 && $out == *"$wanted"* ]]; then
		tap_ok "$name"
	else
		tap_not_ok "$name" "$*: $out"
	fi
}

# same_page NAME GOT WANTED: behind its header
same_page()
{
	if sed -n '1,/^\r$/!p' "$2" | cmp -s - "$3"; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "$(head -c 500 "$2")"
	fi
}

test_echo()
{
	local before

	PORT=$TLS peer_server "$SAMPLES/echo_server" $TCP "$PKI/p256.crt" "$PKI/p256.key" $TLS || return
	before=$(accepted)
	runs "TCP over IPv4" "100000 bytes came back" "$SAMPLES/echo_client" tcp 127.0.0.1 $TCP 100000
	runs "TCP over IPv6" "100000 bytes came back" "$SAMPLES/echo_client" tcp ::1 $TCP 100000
	runs "UDP" "20000 bytes came back" "$SAMPLES/echo_client" udp 127.0.0.1 $TCP 20000
	runs "TLS" "100000 bytes came back" \
		"$SAMPLES/echo_client" tls 127.0.0.1 $TLS 100000 "$PKI/ca.crt" server.test
	is "the server's connections are AF_ZSOCK's" $(($(accepted) - before)) 3
	fails "TLS, to a server of another name" connect \
		"$SAMPLES/echo_client" tls 127.0.0.1 $TLS 10 "$PKI/ca.crt" other.test
	fails "nobody serves" "Connection refused" "$SAMPLES/echo_client" tcp 127.0.0.1 1 10

	# openssl against the sample's server.
	: >answer
	openssl s_client -connect 127.0.0.1:$TLS -CAfile "$PKI/ca.crt" -verify_return_error \
		-servername server.test -quiet <feed2 >answer 2>s_client.err &
	PIDS+=($!)
	exec {FEED2}>feed2
	echo "hello, echo" >&"$FEED2"
	if wait_for "$LIMIT" has answer "^hello, echo$"; then
		tap_ok "openssl s_client gets an echo"
	else
		tap_not_ok "openssl s_client gets an echo" "$(<answer)" "$(tail -n 3 s_client.err)"
	fi
	exec {FEED2}>&-
	peers_end
}

test_http()
{
	mkdir -p www
	head -c 300000 /dev/urandom | base64 >www/page
	PORT=8000
	peer_server busybox httpd -f -p 127.0.0.1:$PORT -h www || return
	timeout "$LIMIT" "$SAMPLES/http_get" 127.0.0.1 $PORT /page >got
	is "http_get: its status" $? 0
	same_page "http_get: the page" got www/page
	peers_end

	cd www || return
	PORT=8443
	peer_server openssl s_server -accept $PORT -WWW -quiet -cert "$PKI/p256.one" \
		-key "$PKI/p256.key" -cert_chain "$PKI/int.one" || return
	timeout "$LIMIT" "$SAMPLES/http_get" 127.0.0.1 $PORT /page "$PKI/ca.crt" server.test >../got2
	is "http_get over TLS, from openssl s_server: its status" $? 0
	same_page "http_get over TLS: the page" ../got2 page
	fails "http_get over TLS, a name that is not the server's" connect \
		"$SAMPLES/http_get" 127.0.0.1 $PORT /page "$PKI/ca.crt" other.test
	fails "http_get over TLS, no such CA file" "No such file" \
		"$SAMPLES/http_get" 127.0.0.1 $PORT /page /nowhere server.test
	peers_end
	cd ..
}

tls_begin
# The samples' own tags.
trap 'zsockctl cred del 51; zsockctl cred del 52; tls_cleanup' EXIT
mkfifo feed2
# shellcheck disable=SC2119
agent_start || exit 1
tls_parts echo http
tap_end
