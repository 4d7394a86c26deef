#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Secure sockets and other TLS software, in both directions: openssl, gnutls, curl, nginx. Runs as
# root in a tools/vm guest; with ZSOCK_TEST_PLAIN=1 anywhere, without AF_ZSOCK (see lib.sh).
#
# usage: interop.sh [PART...]	a part is a function below that begins with "test_"; none: all
#
# ZSOCK_TLS_BULK: how many bytes go through one connection (32 MiB)

set -u
# shellcheck source=selftests/tls/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

N=50000
exchange=(--send "$N" --expect --await "$N")
trusting=(--tags "${TAG[ca]}" --hostname server.test)

# Name, version, suite, certificate, openssl's words, gnutls' words ("-": once is enough).
SUITES="
aes128gcm 1.3 0x1301 p256 TLS_AES_128_GCM_SHA256 AES-128-GCM
aes256gcm-rsa 1.3 0x1302 rsa TLS_AES_256_GCM_SHA384 AES-256-GCM
chacha20-p384 1.3 0x1303 p384 TLS_CHACHA20_POLY1305_SHA256 CHACHA20-POLY1305
aes128ccm-ed25519 1.3 0x1304 ed25519 TLS_AES_128_CCM_SHA256 AES-128-CCM
aes128gcm 1.2 0xc02b p256 ECDHE-ECDSA-AES128-GCM-SHA256 AES-128-GCM
aes256gcm-p384 1.2 0xc02c p384 ECDHE-ECDSA-AES256-GCM-SHA384 AES-256-GCM
chacha20-ed25519 1.2 0xcca9 ed25519 ECDHE-ECDSA-CHACHA20-POLY1305 CHACHA20-POLY1305
aes128ccm 1.2 0xc0ac p256 ECDHE-ECDSA-AES128-CCM AES-128-CCM
aes128gcm-rsa 1.2 0xc02f rsa ECDHE-RSA-AES128-GCM-SHA256 AES-128-GCM
aes256gcm-rsa 1.2 0xc030 rsa ECDHE-RSA-AES256-GCM-SHA384 -
chacha20-rsa 1.2 0xcca8 rsa ECDHE-RSA-CHACHA20-POLY1305 -
"

# for_suites FUNCTION: with the fields of each line
for_suites()
{
	local line

	while read -r -u 8 -a line; do
		[[ ${#line[@]} == 0 ]] || "$1" "${line[@]}"
	done 8<<<"$SUITES"
}

declare -A WIRE=([1.2]=0x0303 [1.3]=0x0304)

# openssl_suite VERSION NAME: the option that leaves it this one
openssl_suite()
{
	if [[ $1 == 1.3 ]]; then
		echo "-ciphersuites $2"
	else
		echo "-cipher $2"
	fi
}

# ---- the steps that all have in common ----

# What ztls says about a connection that ought to be this.
want_suite()
{
	want_said version "${WIRE[$1]}" cipher "$2" used "$2" tx 1 rx 1
}

want_exchange()
{
	want "status of ztls" "$status" 0
	want_said received "$N" recv eof
	cmp -s sample peer.out || problems+="the peer did not get what was sent"$'\n'
}

# The stand-in does not know.
want_alpn() { [[ $PLAIN ]] || want_said alpn "$1"; }

s_server() { peer_server openssl s_server -accept "$PORT" -naccept "${NACCEPT:-1}" "$@"; }

s_client()
{
	peer openssl s_client -connect "$HOST:$PORT" -CAfile "$PKI/ca.crt" -verify_return_error \
		-verify_hostname server.test -servername server.test -ign_eof "$@"
}

own() { echo "-cert $PKI/$1.one -key $PKI/$1.key -cert_chain $PKI/int.one"; }

# ---- openssl ----

client_suite()
{
	local problems='' name=$1 version=$2 suite=$3 cert=$4

	next_port
	# shellcheck disable=SC2046
	s_server -brief $(own "$cert") "-tls${version/./_}" $(openssl_suite "$version" "$5") || return
	cat sample >&"$FEED"
	client "${trusting[@]}" --ciphers "$suite" "${exchange[@]}"
	peer_status
	want_exchange
	want_suite "$version" "$suite"
	verdict "client, openssl: TLS $version $name" "$problems"
	peers_end
}

server_suite()
{
	local problems='' name=$1 version=$2 suite=$3 cert=$4

	server --tags "${TAG[$cert]}" --ciphers "$suite" "${exchange[@]}" || return
	# shellcheck disable=SC2046
	s_client -brief "-tls${version/./_}" $(openssl_suite "$version" "$5")
	cat sample >&"$FEED"
	server_status
	peer_status
	want "status of openssl" $? 0
	want_exchange
	want_suite "$version" "$suite"
	verdict "server, openssl: TLS $version $name" "$problems"
	peers_end
}

test_openssl_servers() { for_suites client_suite; }
test_openssl_clients() { for_suites server_suite; }

# Without being told: the best that both know, and the socket's own minimum.
test_openssl_versions()
{
	local problems number other expect

	while read -r number other expect; do
		problems=''
		next_port
		# shellcheck disable=SC2046
		s_server -brief $(own p256) ${other:+-tls$other} || return
		cat sample >&"$FEED"
		client --version "$number" "${trusting[@]}" "${exchange[@]}"
		peer_status
		if [[ $expect == refused ]]; then
			want "status of ztls" "$status" 2
		else
			want_exchange
			want_said version "$expect"
		fi
		verdict "client, openssl: IPPROTO_TLS_1_$number to ${other:-any}: $expect" "$problems"
		peers_end
	done <<-EOT
		0 1_3 0x0304
		0 1_2 0x0303
		1 1_2 0x0303
		2 1_2 0x0303
		3 1_2 refused
	EOT
}

psk_options() { echo "-psk $(<"$PKI/psk.hex") -psk_identity $(<"$PKI/pskid")"; }

# Version and suites for PSKs: openssl takes SHA-256 for one that says nothing of a hash.
PSK_SUITES="
1.3 0x1301 TLS_AES_128_GCM_SHA256
1.3 0x1303 TLS_CHACHA20_POLY1305_SHA256
1.2 0x00a8 PSK-AES128-GCM-SHA256
1.2 0xccac ECDHE-PSK-CHACHA20-POLY1305
1.2 0xc0a4 PSK-AES128-CCM
"

test_openssl_psk()
{
	local problems version suite name

	while read -r -u 8 version suite name; do
		[[ $version ]] || continue
		problems=''
		next_port
		# shellcheck disable=SC2046
		s_server -brief -nocert $(psk_options) "-tls${version/./_}" \
			$(openssl_suite "$version" "$name") || return
		cat sample >&"$FEED"
		client --tags "${TAG[psk]}" --ciphers "$suite" "${exchange[@]}"
		peer_status
		want_exchange
		want_suite "$version" "$suite"
		verdict "client, openssl: TLS $version PSK $name" "$problems"
		peers_end

		problems=''
		server --tags "${TAG[psk]}" --ciphers "$suite" "${exchange[@]}" || return
		# shellcheck disable=SC2046
		peer openssl s_client -connect "$HOST:$PORT" -ign_eof -brief $(psk_options) \
			"-tls${version/./_}" $(openssl_suite "$version" "$name")
		cat sample >&"$FEED"
		server_status
		peer_status
		want_exchange
		want_suite "$version" "$suite"
		verdict "server, openssl: TLS $version PSK $name" "$problems"
		peers_end
	done 8<<<"$PSK_SUITES"
}

# Fed at once, s_server does the handshake in passing, and tells nothing of it.
feed_later()
{
	{
		wait_for "$LIMIT" has peer.err "^Protocol version"
		cat sample
	} >&"$FEED" &
	PIDS+=("$!")
}

test_openssl_mutual()
{
	local problems version

	for version in 1.2 1.3; do
		problems=''
		next_port
		# shellcheck disable=SC2046
		s_server -brief $(own p256) "-tls${version/./_}" -Verify 5 -verify_return_error \
			-CAfile "$PKI/ca.crt" || return
		feed_later
		client --tags "${TAG[ca]},${TAG[client]}" --hostname server.test "${exchange[@]}"
		peer_status
		want_exchange
		has peer.err "a client" || problems+="the peer saw no certificate"$'\n'
		verdict "client, openssl: TLS $version with a certificate of its own" "$problems"
		peers_end

		problems=''
		server --tags "${TAG[p256]},${TAG[ca]}" --verify required "${exchange[@]}" || return
		# shellcheck disable=SC2046
		s_client -brief "-tls${version/./_}" $(own client)
		cat sample >&"$FEED"
		server_status
		peer_status
		want_exchange
		want_said verify 0
		verdict "server, openssl: TLS $version, client with a certificate" "$problems"
		peers_end

		problems=''
		server --tags "${TAG[p256]},${TAG[ca]}" --verify optional "${exchange[@]}" || return
		# shellcheck disable=SC2046
		s_client -brief "-tls${version/./_}"
		cat sample >&"$FEED"
		server_status
		want_exchange
		verdict "server, openssl: TLS $version, optional, client without" "$problems"
		peers_end
	done
}

test_openssl_alpn()
{
	local problems version

	for version in 1.2 1.3; do
		problems=''
		next_port
		# shellcheck disable=SC2046
		s_server -brief $(own p256) "-tls${version/./_}" -alpn "http/1.1,h2" || return
		cat sample >&"$FEED"
		client "${trusting[@]}" --alpn "h2,spdy/3" "${exchange[@]}"
		peer_status
		want_exchange
		want_alpn h2
		verdict "client, openssl: TLS $version ALPN" "$problems"
		peers_end

		problems=''
		server --tags "${TAG[p256]}" --alpn "h2,http/1.1" "${exchange[@]}" || return
		# shellcheck disable=SC2046
		s_client "-tls${version/./_}" -alpn "spdy/3,http/1.1"
		cat sample >&"$FEED"
		server_status
		peer_status
		want "status of openssl" $? 0
		want "status of ztls" "$status" 0
		want_said received "$N" recv eof
		want_alpn http/1.1
		has peer.out "ALPN protocol: http/1.1" || problems+="the peer saw another"$'\n'
		peers_end
		verdict "server, openssl: TLS $version ALPN" "$problems"
	done
}

# How often openssl took up a session, by the server's and the client's word.
hits() { sed -n 's/^ *\([0-9]*\) session cache hits$/\1/p' peer.out; }
reused() { grep -cE '^Reused' peer.out; }

test_openssl_resumption()
{
	local problems what version extra

	while read -r what version extra; do
		problems=''
		next_port
		# shellcheck disable=SC2046,SC2086
		NACCEPT=3 s_server -WWW $(own p256) "-tls${version/./_}" $extra || return
		rm -f tags/session
		client "${trusting[@]}" --cache 1 --count 3 --get /sample
		peer_status
		want "status of ztls" "$status" 0
		want "resumed" "$(hits)" 2
		cat sample sample sample | cmp -s - z.out || problems+="not what was sent"$'\n'
		peers_end
		verdict "client, openssl: TLS $version resumption, $what" "$problems"

		[[ $what == ticket ]] || continue
		problems=''
		next_port
		# shellcheck disable=SC2046,SC2086
		NACCEPT=2 s_server -WWW $(own p256) "-tls${version/./_}" $extra || return
		client "${trusting[@]}" --cache 0 --count 2 --get /sample
		peer_status
		want "status of ztls" "$status" 0
		want "resumed" "$(hits)" 0
		peers_end
		verdict "client, openssl: TLS $version no resumption without the cache" "$problems"
	done <<-EOT
		ticket 1.3
		ticket 1.2
		id 1.2 -no_ticket
	EOT
	[[ $PLAIN ]] || server_resumption
}

server_resumption()
{
	local problems what version extra try

	while read -r what version extra; do
		problems=''
		server --tags "${TAG[p256]}" --cache 1 --http 1000 --count 2 || return
		for try in out in; do
			# shellcheck disable=SC2046,SC2086
			s_client "-tls${version/./_}" $extra -sess_$try session.pem
			printf 'GET / HTTP/1.0\r\n\r\n' >&"$FEED"
			peer_status
			want "status of openssl" $? 0
		done
		want resumed "$(reused)" 1
		server_status
		want "status of ztls" "$status" 0
		peers_end
		verdict "server, openssl: TLS $version resumption, $what" "$problems"
	done <<-EOT
		ticket 1.3
		ticket 1.2
		id 1.2 -no_ticket
	EOT
}

test_openssl_addresses()
{
	local problems HOST name

	for HOST in 127.0.0.1 ::1; do
		problems=''
		next_port
		# shellcheck disable=SC2046
		s_server -brief $(own p256) || return
		cat sample >&"$FEED"
		client --tags "${TAG[ca]}" --hostname "$HOST" "${exchange[@]}"
		peer_status
		want_exchange
		verdict "client, openssl: a certificate for $HOST" "$problems"
		peers_end
	done
	while read -r name cert result; do
		problems=''
		next_port
		# shellcheck disable=SC2046
		s_server -brief $(own "$cert") || return
		cat sample >&"$FEED"
		client --tags "${TAG[ca]}" --hostname "$name" "${exchange[@]}"
		peer_status
		want "status of ztls" "$status" "$result"
		verdict "client, openssl: the name $name, certificate $cert: $result" "$problems"
		peers_end
	done <<-EOT
		www.server.test wildcard 0
		server.test wildcard 2
		a.www.server.test wildcard 2
		SERVER.test p256 0
		127.0.0.2 p256 2
	EOT
}

# Each size of writes: records that are small, just full, just too full, many.
test_openssl_sizes()
{
	local problems size total

	for size in 1 7 16384 16385 100000 1048576; do
		total=$((size < 100 ? 3000 : 2000000))
		problems=''
		next_port
		# shellcheck disable=SC2046
		s_server -brief $(own p256) || return
		client "${trusting[@]}" --send $total --size $size
		peer_status
		want "status of ztls" "$status" 0
		"$TOP/selftests/bin/ztls" pattern $total | cmp -s - peer.out ||
			problems+="the peer did not get what was sent"$'\n'
		verdict "client, openssl: writes of $size bytes" "$problems"
		peers_end
	done
}

# Much through one connection, in each direction; what openssl gets is told by a checksum.
test_openssl_bulk()
{
	local problems='' bulk=${ZSOCK_TLS_BULK:-$((32 << 20))} began sum

	sum=$("$TOP/selftests/bin/ztls" pattern "$bulk" | sha256sum)
	next_port
	peer_server bash -c 'openssl s_server -quiet -naccept 1 "$@" | sha256sum' - \
		-accept "$PORT" -cert "$PKI/p256.one" -key "$PKI/p256.key" \
		-cert_chain "$PKI/int.one" || return
	began=$(ms)
	client "${trusting[@]}" --send "$bulk" --size 1048576
	peer_status
	want "status of ztls" "$status" 0
	want "checksum" "$(<peer.out)" "$sum"
	echo "# $bulk bytes to openssl: $(($(ms) - began)) ms"
	verdict "client, openssl: $bulk bytes through one connection" "$problems"
	peers_end

	problems=''
	server --tags "${TAG[p256]}" --expect --no-shutdown --size 1048576 || return
	began=$(ms)
	"$TOP/selftests/bin/ztls" pattern "$bulk" |
		openssl s_client -connect "$HOST:$PORT" -brief >peer.out 2>peer.err
	server_status
	want "status of ztls" "$status" 0
	want_said received "$bulk" recv eof
	echo "# $bulk bytes from openssl: $(($(ms) - began)) ms"
	verdict "server, openssl: $bulk bytes through one connection" "$problems"
	peers_end
}

# ---- gnutls ----

priority()
{
	echo "--priority=NORMAL:-VERS-ALL:+VERS-TLS$1:-CIPHER-ALL:+$2${3:+:$3}"
}

gnutls_serv()
{
	peer_server gnutls-serv --echo --port "$PORT" --x509certfile "$PKI/$1.crt" \
		--x509keyfile "$PKI/$1.key" "${@:2}"
}

gnutls_cli()
{
	rm -f gnutls.log
	peer gnutls-cli --logfile=gnutls.log --port "$PORT" --x509cafile "$PKI/ca.crt" \
		--verify-hostname server.test --sni-hostname server.test "$@" "$HOST"
}

# Its echo server is made for lines.
text_input()
{
	seq -f "line %g of what is sent" 1 2000 >text
	INPUT=text
	TEXT=(--cat --await "$(stat -c %s text)")
}

# gnutls-cli says good-bye when its input ends, and only then: end that when all has come.
all_came()
{
	# A process each time: not too often.
	pause 0.1
	[[ $(stat -c %s peer.out) == "$N" ]]
}

gnutls_talk()
{
	cat sample >&"$FEED"
	wait_for "$LIMIT" all_came
	feed_end
	server_status
	peer_status
	want_exchange
}

# And waits for the peer's.
patient=(--send "$N" --expect --no-shutdown)

gnutls_client_suite()
{
	local problems='' name=$1 version=$2 suite=$3 cert=$4

	[[ $6 != - ]] || return
	next_port
	gnutls_serv "$cert" "$(priority "$version" "$6")" || return
	client "${trusting[@]}" --ciphers "$suite" "${TEXT[@]}"
	want "status of ztls" "$status" 0
	want_suite "$version" "$suite"
	cmp -s text z.out || problems+="the echo is not what was sent"$'\n'
	verdict "client, gnutls: TLS $version $name" "$problems"
	peers_end
}

gnutls_server_suite()
{
	local problems='' name=$1 version=$2 suite=$3 cert=$4

	[[ $6 != - ]] || return
	server --tags "${TAG[$cert]}" --ciphers "$suite" "${patient[@]}" || return
	gnutls_cli "$(priority "$version" "$6")"
	gnutls_talk
	want_suite "$version" "$suite"
	verdict "server, gnutls: TLS $version $name" "$problems"
	peers_end
}

test_gnutls_servers()
{
	local INPUT TEXT

	text_input
	for_suites gnutls_client_suite
}

test_gnutls_clients() { for_suites gnutls_server_suite; }

test_gnutls_psk()
{
	local problems INPUT TEXT version suite

	printf '%s:%s\n' "$(<"$PKI/pskid")" "$(<"$PKI/psk.hex")" >psk.txt
	while read -r version suite; do
		problems=''
		text_input
		next_port
		peer_server gnutls-serv --echo --port "$PORT" --pskpasswd psk.txt \
			"$(priority "$version" AES-128-GCM:+PSK:+ECDHE-PSK)" || return
		client --tags "${TAG[psk]}" --ciphers "$suite" "${TEXT[@]}"
		want "status of ztls" "$status" 0
		want_suite "$version" "$suite"
		cmp -s text z.out || problems+="the echo is not what was sent"$'\n'
		verdict "client, gnutls: TLS $version PSK" "$problems"
		peers_end

		problems=''
		INPUT=/dev/null
		server --tags "${TAG[psk]}" --ciphers "$suite" "${patient[@]}" || return
		peer gnutls-cli --logfile=gnutls.log --port "$PORT" --pskusername "$(<"$PKI/pskid")" \
			--pskkey "$(<"$PKI/psk.hex")" \
			"$(priority "$version" AES-128-GCM:-KX-ALL:+PSK:+ECDHE-PSK)" "$HOST"
		gnutls_talk
		want_suite "$version" "$suite"
		verdict "server, gnutls: TLS $version PSK" "$problems"
		peers_end
	done <<-EOT
		1.3 0x1301
		1.2 0x00a8
	EOT
}

test_gnutls_mutual()
{
	local problems INPUT TEXT

	problems=''
	text_input
	next_port
	gnutls_serv p256 --require-client-cert --verify-client-cert --x509cafile "$PKI/ca.crt" ||
		return
	client --tags "${TAG[ca]},${TAG[client]}" --hostname server.test "${TEXT[@]}"
	want "status of ztls" "$status" 0
	cmp -s text z.out || problems+="the echo is not what was sent"$'\n'
	verdict "client, gnutls: with a certificate of its own" "$problems"
	peers_end

	problems=''
	INPUT=/dev/null
	server --tags "${TAG[p256]},${TAG[ca]}" --verify required --alpn "h2,http/1.1" \
		"${patient[@]}" || return
	gnutls_cli --x509certfile "$PKI/client.crt" --x509keyfile "$PKI/client.key" --alpn h2
	gnutls_talk
	want_alpn h2
	verdict "server, gnutls: client with a certificate, ALPN" "$problems"
	peers_end
}

test_gnutls_resumption()
{
	local problems version

	[[ ! $PLAIN ]] || return 0
	for version in 1.2 1.3; do
		problems=''
		server --tags "${TAG[p256]}" --cache 1 --echo --count 2 || return
		gnutls_cli "$(priority "$version" AES-128-GCM)" --resume --waitresumption
		feed_end
		peer_status
		want "status of gnutls-cli" $? 0
		has gnutls.log "This is a resumed session" || problems+="no session was resumed"$'\n'
		server_status
		want "status of ztls" "$status" 0
		verdict "server, gnutls: TLS $version resumption" "$problems"
		peers_end
	done
}

# ---- curl ----

fetch()
{
	curl --silent --show-error --max-time "$LIMIT" --cacert "$PKI/ca.crt" \
		--resolve "server.test:$PORT:$HOST" "$@" "https://server.test:$PORT/file" \
		>curl.out 2>peer.err
}

test_curl()
{
	local problems words

	while read -r words; do
		problems=''
		server --tags "${TAG[p256]}" --alpn http/1.1 --http $N || return
		# shellcheck disable=SC2086
		fetch $words
		want "status of curl" $? 0
		cmp -s sample curl.out || problems+="curl did not get what was sent"$'\n'
		server_status
		want "status of ztls" "$status" 0
		verdict "server, curl ${words:-as it is}" "$problems"
		peers_end
	done <<-EOT

		--tls-max 1.2
		--tlsv1.3
		--tlsv1.3 --tls13-ciphers TLS_CHACHA20_POLY1305_SHA256
		--tls-max 1.2 --ciphers ECDHE-ECDSA-AES256-GCM-SHA384
	EOT
	problems=''
	server --tags "${TAG[p256]},${TAG[ca]}" --verify required --http $N || return
	fetch --cert "$PKI/client.crt" --key "$PKI/client.key"
	want "status of curl" $? 0
	server_status
	want "status of ztls" "$status" 0
	verdict "server, curl with a certificate" "$problems"
	peers_end
}

# ---- nginx ----

nginx_config()
{
	cat <<-EOT
		daemon off;
		master_process off;
		pid $DIR/nginx.pid;
		error_log stderr;
		events { worker_connections 64; }
		http {
			log_format seen '\$ssl_protocol \$ssl_cipher \$ssl_session_reused '
				'\$ssl_alpn_protocol \$ssl_client_verify \$status';
			access_log $DIR/access.log seen;
			client_body_temp_path $DIR/tmp;
			proxy_temp_path $DIR/tmp;
			fastcgi_temp_path $DIR/tmp;
			uwsgi_temp_path $DIR/tmp;
			scgi_temp_path $DIR/tmp;
			root $DIR;
			sendfile on;
			ssl_certificate $PKI/p256.crt;
			ssl_certificate_key $PKI/p256.key;
			ssl_protocols TLSv1.2 TLSv1.3;
			ssl_session_cache shared:x:1m;
			server { listen 127.0.0.1:$NGINX ssl http2; }
			server {
				listen 127.0.0.1:$((NGINX + 1)) ssl;
				ssl_client_certificate $PKI/ca.crt;
				ssl_verify_client on;
				ssl_verify_depth 5;
			}
			server {
				listen 127.0.0.1:$((NGINX + 2));
				location / {
					proxy_pass https://127.0.0.1:$((NGINX + 3));
					proxy_ssl_verify on;
					proxy_ssl_verify_depth 5;
					proxy_ssl_trusted_certificate $PKI/ca.crt;
					proxy_ssl_name server.test;
					proxy_ssl_server_name on;
				}
			}
		}
	EOT
}

# Of the log, the last line.
seen() { tail -n 1 access.log; }

nginx_client()
{
	local problems=''

	client "${trusting[@]}" --get /sample "${@:3}"
	want "status of ztls" "$status" 0
	cmp -s sample z.out || problems+="not what nginx has"$'\n'
	wait_for 5 has access.log "$2" || problems+="nginx saw: $(seen)"$'\n'
	verdict "client, nginx: $1" "$problems"
	: >access.log
}

test_nginx()
{
	local problems='' NGINX

	chmod 755 .
	: >access.log
	NGINX=$PORT
	((PORT += 4))
	nginx_config >nginx.conf
	PORT=$NGINX peer_server nginx -p "$DIR" -e stderr -c "$DIR/nginx.conf" || return
	local PORT=$NGINX
	nginx_client "TLS 1.3" "TLSv1.3 .* 200$"
	nginx_client "TLS 1.2" "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 .* 200$" --ciphers 0xc02b
	nginx_client "ALPN" " http/1.1 NONE 200$" --alpn http/1.1
	nginx_resumption "TLS 1.3"
	nginx_resumption "TLS 1.2" --ciphers 0xc02b
	PORT=$((NGINX + 1))
	nginx_client "with a certificate" " SUCCESS 200$" --tags "${TAG[ca]},${TAG[client]}"
	nginx_proxy
	peers_end
}

nginx_resumption()
{
	local problems=''

	rm -f tags/session
	client "${trusting[@]}" "${@:2}" --get /sample --cache 1 --count 2
	want "status of ztls" "$status" 0
	wait_for 5 has access.log " r .* 200$" || problems+="nginx saw: $(<access.log)"$'\n'
	want resumed "$(grep -c ' r .* 200$' access.log)" 1
	verdict "client, nginx: resumption, $1" "$problems"
	: >access.log
}

# nginx as the client: whoever speaks HTTP to it is handed on to ztls.
nginx_proxy()
{
	local problems=''

	PORT=$((NGINX + 2))
	server --tags "${TAG[p256]}" --http $N || return
	curl --silent --max-time "$LIMIT" "http://127.0.0.1:$((NGINX + 2))/" >curl.out
	want "status of curl" $? 0
	cmp -s sample curl.out || problems+="not what was sent"$'\n'
	server_status
	want "status of ztls" "$status" 0
	verdict "server, nginx as a client" "$problems"
}

ALL=(openssl_servers openssl_clients openssl_versions openssl_psk openssl_mutual openssl_alpn
	openssl_resumption openssl_addresses openssl_sizes openssl_bulk
	gnutls_servers gnutls_clients gnutls_psk gnutls_mutual gnutls_resumption curl nginx)

tls_begin
check "credentials" creds
agent_start --verbose || exit
[[ $# != 0 ]] || set -- "${ALL[@]}"
tls_parts "$@"
if [[ ! $PLAIN ]]; then
	check "the agent is still there" kill -0 "$AGENT"
fi
tap_end
