#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsock-run --tls, --tls-server: unmodified programs speak TLS and do not know it. Runs as root in
# a tools/vm guest.

set -u
here=$(dirname "$(readlink -f "$0")")
# Certificates, the agent, waiting.
# shellcheck source=selftests/tls/lib.sh
. "$here/../tls/lib.sh"

# What is in certificates of pki.sh, what is not, and what two certificates share.
hosts="127.0.0.1 localhost server.test server.test. other.test
127.0.0.2 elsewhere.test server.test
::1 localhost six.test server.test"

# "make selftests" has compiled them.
programs()
{
	cp "$TOP"/selftests/bin/progs/{tlsprobe,names} .
}

# ---- the command line ----

# refused NAME PATTERN OPTION...: no program is started
refused()
{
	local name=$1 pattern=$2

	shift 2
	exits "$name: refused" 125 zsock-run "$@" -- touch started
	like "$name: says why" "$err" "$pattern"
	[[ ! -e started ]] || tap_not_ok "$name: the program was started"
	rm -f started
}

# What bash would make of the last word.
completed()
{
	(
		# shellcheck source=/dev/null
		. "$TOP/tools/completion/zsock-run"
		COMP_WORDS=(zsock-run "$@")
		COMP_CWORD=$#
		COMPREPLY=()
		_zsock_run
		echo "${COMPREPLY[*]}"
	)
}

test_command_line()
{
	local pair=(--cert "$PKI/p256.crt" --key "$PKI/p256.key")

	refused "options for TLS without it" "*need --tls*" --ca "$PKI/ca.crt"
	refused "--fallback" "*--fallback*without TLS*" --tls --fallback
	refused "--only dgram" "*stream*" --tls --only dgram
	refused "a host's name for clients" "*--hostname needs --tls*" \
		--tls-server "${pair[@]}" --hostname x
	refused "a certificate without its key" "*go together*" --tls --cert "$PKI/p256.crt"
	refused "a key without its certificate" "*go together*" --tls --key "$PKI/p256.key"
	refused "a server without a certificate" "*--cert and --key, or --tag*" --tls-server
	refused "a server that verifies by nothing" "*needs --ca or --tag*" \
		--tls-server "${pair[@]}" --verify required
	refused "a tag that is no number" "*'x1'*" --tls --tag x1
	refused "a tag that is too large" "*'2147483648'*" --tls --tag 2147483648
	refused "an empty tag in a list" "*'1,,2'*" --tls --tag 1,,2
	refused "too many tags" "*more tags*" --tls --tag 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17
	refused "a port that is none" "*'0'*" --tls --port 0
	refused "a port beyond" "*'80,65536'*" --tls --port 80,65536
	refused "another word for --verify" "*'maybe'*" --tls --verify maybe
	refused "a protocol without a name" "*'h2,'*" --tls --alpn h2,
	refused "a name that no host has" "*--hostname*Invalid*" --tls --hostname "a b"
	refused "a tag that is not there" "*no tag 77*" --tls --tag 77
	refused "a file without a name" "*name of a file*" --tls --ca ""
	refused "a file that is not there" "*nosuch.crt: No such file*" --tls --ca nosuch.crt
	refused "a file that is no certificate" "*ca.key: not a certificate*" --tls --ca "$PKI/ca.key"
	refused "a key of another certificate" "*do not match*" \
		--tls-server --cert "$PKI/p384.crt" --key "$PKI/p256.key"
	zsockctl cred add 70 cert "$PKI/p256.crt"
	refused "a tag without what a server needs" "*a certificate and its key*--tag 70*" \
		--tls-server --tag 70
	zsockctl cred del 70
	is "no credential stays behind" "$(tags)" ""
	mkdir -p stage/bin stage/lib
	cp "$TOP/tools/bin/zsock-run" stage/bin
	cp "$TOP/tools/lib/libzsock-run.so" stage/lib
	if [[ ! -e /usr/local/lib/zsock/zsock-run-creds ]]; then
		exits "without its helper" 125 stage/bin/zsock-run --tls --ca "$PKI/ca.crt" -- touch started
		like "it says so" "$err" "*zsock-run-creds*make install*"
	fi
	exits "the helper is nothing to call by hand" 1 "$TOP/tools/lib/zsock-run-creds" 1
	exits "nor for another process" 2 "$TOP/tools/lib/zsock-run-creds" 1 client "" "$PKI/ca.crt" "" ""
	is "the words of --verify can be completed" "$(completed --tls --verify o)" optional
	is "what comes after a file's name is an option" "$(completed --ca --x --tls-)" --tls-server
	exits "--help tells of TLS" 0 zsock-run --help
	like "with all of its options" "$out" "*--tls *--tls-server*--ca*--cert*--key*--tag*--verify*--hostname*--alpn*--port*"
}

# ---- credentials for the run ----

tags() { zsockctl cred list | awk 'NR > 1 { print $1 ":" $2 }' | xargs; }
no_tags() { [[ ! $(tags) ]]; }

test_credentials()
{
	local files=(--ca "$PKI/ca.crt" --cert "$PKI/p256.crt" --key "$PKI/p256.key") pid

	run zsock-run --tls "${files[@]}" -- zsockctl cred list
	is "while the program runs there is one tag" "$(awk 'NR > 1 { print $1 }' <<<"$out" | sort -u | wc -l)" 1
	like "a negative one" "$out" "*-[0-9]*ca *cert *key *"
	check "and none when it has ended" wait_for 60 no_tags

	run zsock-run --tls --tag 5 --ca "$PKI/ca.crt" -- true
	like "a tag of --tag that is not there" "$err" "*no tag 5*"
	zsockctl cred add 5 ca "$PKI/otherca.crt"
	# shellcheck disable=SC2016
	run zsock-run --tls --tag 5 --ca "$PKI/ca.crt" -- sh -c 'echo "$ZSOCK_RUN_TLS_TAGS"'
	like "--tag and --ca add up" "$out" "5,-[0-9]*"
	check "what was there stays, the other goes" wait_for 60 test_only_five
	zsockctl cred del 5

	zsock-run --tls "${files[@]}" -- sleep 1000 &
	pid=$!
	check "a program in the background has them" wait_for 60 test_three
	is "with the process id that zsock-run had" "$(cat /proc/$pid/comm)" sleep
	is "and no child" "$(cat /proc/$pid/task/$pid/children)" ""
	kill -KILL $pid
	wait $pid 2>/dev/null
	check "killed, it has none" wait_for 60 no_tags

	cat /etc/ssl/certs/ca-certificates.crt >bundle.crt
	if (($(stat -c %s bundle.crt) > 61440)); then
		run zsock-run --tls --ca bundle.crt -- zsockctl cred list
		check "a bundle larger than a credential is several" test "$(wc -l <<<"$out")" -gt 2
		is "with all of the certificates" "$(bundle_length "$out")" "$(stat -c %s bundle.crt)"
	fi
	check "which all go" wait_for 60 no_tags

	zsock-run --tls --ca "$PKI/ca.crt" -- ./nosuchprogram 2>/dev/null
	is "no program, no credential" "$(tags)" ""
	run setpriv --reuid 65534 --clear-groups zsock-run --tls --ca "$PKI/ca.crt" -- zsockctl cred list
	like "they belong to who runs it" "$out" "*ca *pem*65534*"
	check "and go, too" wait_for 60 no_tags
}

test_only_five() { [[ $(tags) == 5:ca ]]; }
test_three() { [[ $(tags) == -*:ca\ -*:cert\ -*:key ]]; }
bundle_length() { awk 'NR > 1 { sum += $4 } END { print sum }' <<<"$1"; }

# ---- which sockets ----

# kinds NAME WANTED OPTION...
kinds()
{
	local name=$1 wanted=$2

	shift 2
	run zsock-run "$@" -- ./tlsprobe kinds 4433 4480
	is "$name" "$out" "$wanted"
}

test_kinds()
{
	zsockctl cred add 5 cert "$PKI/p256.crt"
	zsockctl cred add 5 key "$PKI/p256.key"
	kinds "without TLS" "new=tcp listening=tcp to:4433=tcp on:4433=tcp to:4480=tcp on:4480=tcp udp=udp mptcp=inet"
	kinds "--tls: all but listeners" \
		"new=tls listening=tcp to:4433=tls on:4433=tcp to:4480=tls on:4480=tcp udp=udp mptcp=E93" --tls
	kinds "--tls --port: those to that port" \
		"new=tls listening=tcp to:4433=tls on:4433=tcp to:4480=tcp on:4480=tcp udp=udp mptcp=E93" \
		--tls --port 4433,4434
	kinds "--tls-server: listeners" \
		"new=tcp listening=tls to:4433=tcp on:4433=tls to:4480=tcp on:4480=tls udp=udp mptcp=E93" \
		--tls-server --tag 5
	kinds "--tls-server --port: those on that port" \
		"new=tcp listening=tcp to:4433=tcp on:4433=tcp to:4480=tcp on:4480=tls udp=udp mptcp=E93" \
		--tls-server --tag 5 --port 4480
	kinds "both" \
		"new=tls listening=tls to:4433=tls on:4433=tls to:4480=tls on:4480=tls udp=udp mptcp=E93" \
		--tls --tls-server --tag 5
	kinds "both, of one port" \
		"new=tls listening=tcp to:4433=tls on:4433=tls to:4480=tcp on:4480=tcp udp=udp mptcp=E93" \
		--tls --tls-server --tag 5 --port 4433
	kinds "the inner of two has its own options alone" \
		"new=tcp listening=tcp to:4433=tcp on:4433=tcp to:4480=tcp on:4480=tcp udp=udp mptcp=inet" \
		--tls --port 4433 -- zsock-run
	run env ZSOCK_RUN_TLS=client ZSOCK_RUN_TLS_PORTS=nonsense \
		LD_PRELOAD="$TOP/tools/lib/libzsock-run.so" ./tlsprobe kinds 4433
	like "an environment that makes no sense makes no socket" "$out" "new=inet? *to:4433=inet? *"

	run zsock-run --tls --port 4433 -- ./tlsprobe again 4433
	is "a socket that connects twice, the second time with TLS" "$out" "first=tcp E111 then=tls "
	run zsock-run --tls --port 1 -- ./tlsprobe again 4433
	is "and the other way round" "$out" "first=tls E111 then=tcp "
}

# What a socket is given before listen() is there after it, in the other kind of socket.
test_swap()
{
	exits "the program that looks at it works" 0 zsock-run -- ./tlsprobe swap
	is "where nothing is replaced" "$out" $'tcp tcp tcp tcp\nepoll: 0x1234567890abcdef 0xc accept: yes'
	exits "a plain socket in the place of a TLS one: the same options, flags, port" 0 \
		zsock-run --tls -- ./tlsprobe swap
	is "the same descriptors, the same epoll sets" "$out" \
		$'tls tcp tcp tcp\nepoll: 0x1234567890abcdef 0xc accept: yes'
	exits "a TLS socket in the place of a plain one: the same options, flags, port" 0 \
		zsock-run --tls-server --tag 5 -- ./tlsprobe swap
	# Who calls there speaks no TLS: nobody is to be accepted.
	like "the same descriptors" "$out" "tcp tls tls tls"$'\n'"epoll: 0 0 accept: *unavailable"
	zsockctl cred del 5
}

# ---- without an agent, and with one ----

test_no_agent()
{
	python3 -IS -c 'import socket
s = socket.create_server(("127.0.0.1", 4433), backlog=20)
while True: c = s.accept()[0]; c.recv(1); c.close()' &
	PIDS+=("$!")
	wait_for "$LIMIT" listening 4433
	run zsock-run --tls -- ./tlsprobe reach 4433 ai=127.0.0.1
	is "without an agent connect() fails: ESRCH" "$out" "E3"
	is "and the user is told why" "$err" "zsock-run: no TLS handshake: zsock-tlsd is not running"
	run zsock-run --tls -- curl -sS http://127.0.0.1:4433/
	like "also where connect() does not wait" "$err" "zsock-run: *zsock-tlsd is not running"$'\n'"curl: (*"
	run zsock-run --tls -- sh -c './tlsprobe reach 4433 ai=127.0.0.1 2>&-'
	is "a program without stderr is told nothing" "$out$err" E3
	peers_end
}

# www NAME OPTION...: openssl's server, with the files of this directory
www()
{
	next_port
	openssl s_server -WWW -accept "$PORT" -cert "$PKI/$1.crt" -key "$PKI/$1.key" \
		-cert_chain "$PKI/$1.crt" "${@:2}" >www.out 2>&1 &
	PIDS+=("$!")
	wait_for "$LIMIT" listening "$PORT" || tap_not_ok "openssl s_server listens" "$(<www.out)"
}

# reach NAME WANTED OPTION... -- LOOKUP...
reach()
{
	local name=$1 wanted=$2 options=()

	shift 2
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	run zsock-run --tls "${options[@]}" -- ./tlsprobe reach "$PORT" "$@"
	is "$name" "$out" "$wanted"
}

test_names()
{
	local ca=(--ca "$PKI/ca.crt")

	exits "the table of names" 0 ./names
	www p256
	reach "getaddrinfo()" reached "${ca[@]}" -- ai=server.test
	reach "gethostbyname()" reached "${ca[@]}" -- h=server.test
	reach "gethostbyname2()" reached "${ca[@]}" -- h2=server.test
	reach "gethostbyname_r()" reached "${ca[@]}" -- hr=server.test
	reach "gethostbyname2_r()" reached "${ca[@]}" -- h2r=server.test
	reach "a dot at the end" reached "${ca[@]}" -- ai=server.test.
	reach "an address is looked for as such" reached "${ca[@]}" -- ai=127.0.0.1
	reach "also if it was never looked up" reached "${ca[@]}" -- none=127.0.0.1
	reach "an address that is not in the certificate" E103 "${ca[@]}" -- none=127.0.0.2
	reach "another name" E103 "${ca[@]}" -- ai=other.test
	like "which is said" "$err" "*TLS handshake failed: *another name*"
	reach "the last name counts" reached "${ca[@]}" -- ai=other.test h=server.test
	reach "the last name counts, whichever it is" E103 "${ca[@]}" -- ai=server.test ai=other.test
	reach "a number forgets the name" reached "${ca[@]}" -- ai=other.test ai=127.0.0.1
	reach "each address has its own" reached "${ca[@]}" -- ai=elsewhere.test ai=server.test
	reach "--hostname overrides" reached "${ca[@]}" --hostname server.test -- ai=other.test
	reach "--hostname overrides, wrong or not" E103 "${ca[@]}" --hostname other.test -- ai=server.test
	reach "--hostname ''" reached "${ca[@]}" --hostname "" -- ai=other.test
	reach "another CA" E103 --ca "$PKI/otherca.crt" -- ai=server.test
	like "which is said" "$err" "*TLS handshake failed: *signed by none*"
	reach "no CA is the system's" E103 -- ai=server.test
	reach "--verify none" reached --verify none -- ai=other.test
	reach "--verify optional" reached --verify optional -- ai=other.test
	reach "--port of another" reached --port 1 -- ai=other.test
	reach "IPv6" reached "${ca[@]}" -- ai=six.test h=server.test ai=::1
	reach "IPv6, another name" E103 "${ca[@]}" -- ai=six.test

	run zsock-run --tls "${ca[@]}" -- ./tlsprobe retry "$PORT" other.test server.test
	is "a socket whose handshake failed connects anew" "$out" "E103 reached "
	run zsock-run --tls "${ca[@]}" --hostname server.test -- ./tlsprobe poll "$PORT"
	is "epoll before connect(), with TLS" "$out" "tls: event 0x4 of 4711, E0"
	run zsock-run --tls "${ca[@]}" --port 1 -- ./tlsprobe poll "$PORT"
	is "epoll before connect(), and a plain socket after it" "$out" "tcp: event 0x4 of 4711, E0"
	peers_end
}

# ---- real programs ----

test_openssl_server()
{
	head -c 300000 /dev/urandom >file
	www p256
	exits "curl http:// fetches from openssl s_server" 0 zsock-run --tls --ca "$PKI/ca.crt" -- \
		curl -sS -f -o copy "http://server.test:$PORT/file"
	check "what it has" cmp file copy
	is "and says nothing" "$err" ""
	run zsock-run --tls --ca "$PKI/otherca.crt" -- curl -sS -o copy2 "http://server.test:$PORT/file"
	like "another CA is refused" "$err" "*signed by none*curl: (7)*"
	run zsock-run --tls --ca "$PKI/ca.crt" -- curl -sS -o copy2 "http://other.test:$PORT/file"
	like "another name is refused" "$err" "*another name*curl: (7)*"
	check "nothing came" test ! -e copy2
	run zsock-run --tls --port 1 -- curl -sS -m 10 "http://server.test:$PORT/file"
	check "without TLS there is no answer" test "$status" -ne 0
	peers_end

	www p256 -alpn http/1.1 -Verify 1 -CAfile "$PKI/ca.crt" -verify_return_error
	run zsock-run --tls --ca "$PKI/ca.crt" -- curl -sS "http://server.test:$PORT/sample"
	check "a server that wants a certificate is not content with none" test "$status" -ne 0
	exits "a client's certificate" 0 zsock-run --tls --ca "$PKI/ca.crt" \
		--cert "$PKI/client.crt" --key "$PKI/client.key" -- \
		curl -sS -f -o copy3 "http://server.test:$PORT/sample"
	check "is what it wants" cmp sample copy3
	reach "the protocol is what both have" "reached http/1.1" --ca "$PKI/ca.crt" \
		--cert "$PKI/client.crt" --key "$PKI/client.key" --alpn h2,http/1.1 -- ai=server.test
	peers_end
}

# web OPTION...: python3's server, with TLS
web()
{
	next_port
	zsock-run --tls-server "$@" -- python3 -IS -m http.server --bind 127.0.0.1 "$PORT" \
		>web.out 2>&1 &
	WEB=$!
	PIDS+=("$WEB")
	wait_for "$LIMIT" listening "$PORT" || tap_not_ok "python3 listens" "$(<web.out)"
}

test_python_server()
{
	local pair=(--cert "$PKI/p256.crt" --key "$PKI/p256.key")

	web "${pair[@]}" --alpn http/1.1
	exits "curl https:// fetches from python3 -m http.server" 0 \
		curl -sS -f --cacert "$PKI/ca.crt" -o copy -v "https://server.test:$PORT/file"
	check "what it has" cmp file copy
	like "and agrees on the protocol" "$err" "*server accepted http/1.1*"
	exits "curl that trusts others does not" 60 \
		curl -sS --cacert "$PKI/otherca.crt" "https://server.test:$PORT/file"
	exits "curl http:// gets no answer" 52 curl -sS -m 60 "http://server.test:$PORT/file"
	exits "curl http:// with zsock-run --tls does" 0 zsock-run --tls --ca "$PKI/ca.crt" -- \
		curl -sS -f -o copy4 "http://server.test:$PORT/file"
	check "the file, from kernel to kernel" cmp file copy4
	run zsockctl ss -al
	like "zsockctl shows a TLS listener" "$out" "*LISTEN*:$PORT*tls*native*"
	peers_end
	check "its credentials go with it" wait_for 60 no_tags

	web "${pair[@]}" --ca "$PKI/ca.crt" --verify required
	run curl -sS --cacert "$PKI/ca.crt" "https://server.test:$PORT/sample"
	check "a server that verifies refuses a client without a certificate" test "$status" -ne 0
	exits "and lets one with a certificate" 0 curl -sS -f --cacert "$PKI/ca.crt" \
		--cert "$PKI/client.crt" --key "$PKI/client.key" -o copy5 "https://server.test:$PORT/sample"
	check "have it" cmp sample copy5
	peers_end
}

# Both ends in one program, in TLS: 40 connections, non-blocking and by epoll.
test_asyncio()
{
	exits "python3's asyncio" 0 zsock-run --tls --tls-server --ca "$PKI/ca.crt" \
		--cert "$PKI/p256.crt" --key "$PKI/p256.key" -- python3 -IS "$here/asyncio_echo.py"
	is "is content" "$out" "asyncio is content"
	# Each of its sockets is replaced by a plain one.
	exits "python3's asyncio, with TLS for another port alone" 0 \
		zsock-run --tls --port 1 -- python3 -IS "$here/asyncio_echo.py"
	is "is content, too" "$out" "asyncio is content"
}

# By --seccomp, which sees socket() and nothing else; for static programs that is the way.
test_seccomp()
{
	local ca=(--ca "$PKI/ca.crt") pair=(--cert "$PKI/p256.crt" --key "$PKI/p256.key")
	local all="new=tls? listening=tls to:4433=tls on:4433=tls to:4480=tls on:4480=tls udp=udp mptcp=E93"

	kinds "--seccomp --tls: all" "$all" --seccomp --tls --hostname x
	kinds "--seccomp --tls-server: all" "$all" --seccomp --tls-server "${pair[@]}"
	www p256
	exits "a static program fetches by https" 0 zsock-run --tls "${ca[@]}" --hostname server.test -- \
		busybox wget -q -O copy6 "http://127.0.0.1:$PORT/sample"
	check "what the server has" cmp sample copy6
	run zsock-run --tls "${ca[@]}" --hostname other.test -- \
		busybox wget -q -O copy7 "http://127.0.0.1:$PORT/sample"
	check "not under another name" test "$status" -ne 0 -a ! -s copy7
	reach "--seccomp --verify none" reached --seccomp --verify none -- ai=other.test
	reach "--seccomp --verify optional" reached --seccomp --verify optional -- ai=other.test
	run zsock-run --seccomp --tls-server "${pair[@]}" -- ./tlsprobe reach "$PORT" none=127.0.0.1
	is "a server's own connections have no name, and fail" "$out" E103
	run zsock-run --seccomp --tls "${ca[@]}" --hostname server.test -- \
		setpriv --reuid 65534 --clear-groups ./tlsprobe reach "$PORT" none=127.0.0.1
	is "another user may not use the tag" "$out" E13
	peers_end

	next_port
	zsock-run --tls-server "${pair[@]}" --alpn http/1.1 -- busybox httpd -f -p "127.0.0.1:$PORT" -h . &
	PIDS+=("$!")
	wait_for "$LIMIT" listening "$PORT"
	exits "a static program serves by https" 0 \
		curl -sS -f --cacert "$PKI/ca.crt" -o copy8 -v "https://server.test:$PORT/sample"
	check "what it has" cmp sample copy8
	like "with the protocol that it is told" "$err" "*server accepted http/1.1*"
	peers_end
}

tls_begin
echo "$hosts" >hosts
check "names for addresses" mount --bind hosts /etc/hosts
check "the programs of this test are there" programs
test_command_line
test_credentials
test_kinds
test_swap
test_no_agent
# shellcheck disable=SC2119
if agent_start; then
	test_names
	test_openssl_server
	test_python_server
	test_asyncio
	test_seccomp
fi
tap_end
