#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Certificates and keys for the tests of TLS: good ones of every kind, and one of each kind that
# is to be refused. One process of openssl for each: they are dear in an emulator.
#
# usage: pki.sh [DIR]	without DIR, print where there are some, made now if need be
#
#	ca.crt int.crt		root and intermediate authority
#	otherca.crt		another root, which nobody is told to trust
#	rsa p256 p384 ed25519	servers: NAME.key, NAME.crt (with the intermediate behind it)
#	client			a client
#	wildcard		*.server.test
#	bare			without the intermediate
#	extra			with a certificate in between that has no business there
#	order			the intermediate first: no server can use it
#	expired future		in time
#	selfsigned stranger	of trust: by itself, by the other root
#	wrongname		other.test
#	usage keyusage		for clients only; a key that may sign papers only
#	weakkey sha1		RSA of 1024 bits; signed over SHA-1
#	notca pathlen		signed by what is no authority, by one too far down
#	NAME.one NAME.chain	the first certificate of NAME.crt, and what is behind it
#	psk psk.hex pskid	a pre-shared key, and what it is called
#	done			all of it is there

set -eu

here=$(dirname "$(readlink -f "$0")")
if [[ $# == 0 ]]; then
	# Made with the test programs, where that is fast. Or else once in the life of a machine.
	for dir in "$here/../bin/tls-pki" /tmp/zsock-tls-pki; do
		if [[ -e $dir/done && ! $here/pki.sh -nt $dir/done ]]; then
			readlink -f "$dir"
			exit
		fi
	done
	"$here/pki.sh" "$dir"
	echo "$dir"
	exit
fi

mkdir -p "$1"
cd "$1"
rm -f "done"

exec 3>&2 2>pki.log
trap 'status=$?; ((status == 0)) || cat pki.log >&3' EXIT

names=DNS:server.test,IP:127.0.0.1,IP:::1
ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
authority=(-addext "keyUsage=critical,keyCertSign,cRLSign")
leaf=(-addext "basicConstraints=critical,CA:FALSE")
server=("${leaf[@]}" -addext extendedKeyUsage=serverAuth)

# make NAME ISSUER SUBJECT OPTION...: NAME.key, and NAME.one that ISSUER signed
make()
{
	openssl req -x509 -CA "$2.one" -CAkey "$2.key" -nodes -keyout "$1.key" -out "$1.one" \
		-subj "/CN=$3" -days 3650 "${@:4}"
}

# root NAME SUBJECT
root()
{
	openssl req -x509 -nodes "${ec[@]}" -keyout "$1.key" -out "$1.one" -subj "/CN=$2" \
		-days 3650 "${authority[@]}"
	cp "$1.one" "$1.crt"
}

# A server's with the key of p256, and its chain: most of them differ in one thing alone.
like_p256()
{
	local name=$1 issuer=$2

	cp p256.key "$name.key"
	openssl req -x509 -CA "$issuer.one" -CAkey "$issuer.key" -new -key p256.key \
		-out "$name.one" -subj /CN=server.test -days 3650 "${@:3}"
	cat "$name.one" int.one >"$name.crt"
}

authorities()
{
	root ca "zsock test root"
	root otherca "another test root"
	make int ca "zsock test intermediate" "${ec[@]}" "${authority[@]}" \
		-addext basicConstraints=critical,CA:TRUE,pathlen:0
	cp int.one int.crt
}

servers()
{
	make p256 int server.test "${ec[@]}" "${server[@]}" -addext "subjectAltName=$names"
	make p384 int server.test -newkey ec -pkeyopt ec_paramgen_curve:P-384 \
		"${server[@]}" -addext "subjectAltName=$names"
	make ed25519 int server.test -newkey ed25519 "${server[@]}" -addext "subjectAltName=$names"
	make rsa int server.test -newkey rsa:2048 "${server[@]}" -addext "subjectAltName=$names"
	make client int "a client" "${ec[@]}" "${leaf[@]}" -addext extendedKeyUsage=clientAuth
	for n in p256 p384 ed25519 rsa client; do
		cat $n.one int.one >$n.crt
	done
	like_p256 wildcard int "${server[@]}" -addext "subjectAltName=DNS:*.server.test"
	like_p256 bare int "${server[@]}" -addext "subjectAltName=$names"
	cp bare.one bare.crt
	cp p256.key extra.key
	cat p256.one otherca.one int.one >extra.crt
	cp p256.key order.key
	cat int.one p256.one >order.crt
}

# "openssl ca" is the only one that can be told both dates.
dated()
{
	printf '%s\n' '[ca]' default_ca=c '[c]' database=db serial=serial new_certs_dir=. \
		policy=p default_md=sha256 unique_subject=no '[p]' commonName=supplied \
		'[x]' "subjectAltName=$names" extendedKeyUsage=serverAuth \
		basicConstraints=critical,CA:FALSE >ca.cnf
	: >db
	echo 01 >serial
	openssl req -new -key p256.key -subj /CN=server.test -out dated.csr
	while read -r name start end; do
		cp p256.key "$name.key"
		openssl ca -batch -config ca.cnf -extensions x -notext -cert int.one -keyfile int.key \
			-in dated.csr -startdate "$start" -enddate "$end" -out "$name.one"
		cat "$name.one" int.one >"$name.crt"
	done <<-EOT
		expired 20010101000000Z 20020101000000Z
		future 20480101000000Z 20490101000000Z
	EOT
}

refused()
{
	cp p256.key selfsigned.key
	openssl req -x509 -new -key p256.key -out selfsigned.crt -subj /CN=server.test -days 3650 \
		"${server[@]}" -addext "subjectAltName=$names"
	like_p256 stranger otherca "${server[@]}" -addext "subjectAltName=$names"
	cp stranger.one stranger.crt
	like_p256 wrongname int "${server[@]}" -addext subjectAltName=DNS:other.test
	like_p256 usage int "${leaf[@]}" -addext extendedKeyUsage=clientAuth \
		-addext "subjectAltName=$names"
	like_p256 keyusage int "${server[@]}" -addext "subjectAltName=$names" \
		-addext keyUsage=critical,nonRepudiation
	like_p256 sha1 int "${server[@]}" -addext "subjectAltName=$names" -sha1
	make weakkey int server.test -newkey rsa:1024 "${server[@]}" -addext "subjectAltName=$names"
	cat weakkey.one int.one >weakkey.crt
	like_p256 notca client "${server[@]}" -addext "subjectAltName=$names"
	cat notca.one client.one int.one >notca.crt
	make int2 int "too far down" "${ec[@]}" "${authority[@]}"
	like_p256 pathlen int2 "${server[@]}" -addext "subjectAltName=$names"
	cat pathlen.one int2.one int.one >pathlen.crt
}

psk()
{
	printf '%s' 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >psk.hex
	printf '\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f' >psk
	printf '\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f' >>psk
	printf '%s' zsock-test >pskid
}

# "openssl s_server" wants the first certificate apart from the others, and at least one of these.
chains()
{
	local crt name

	for crt in *.crt; do
		name=${crt%.crt}
		[[ -e $name.one ]] || cp "$crt" "$name.one"
		awk '/BEGIN/ { n++ } n > 1' "$crt" >"$name.chain"
		[[ -s $name.chain ]] || cp "$name.one" "$name.chain"
	done
}

authorities
servers
dated
refused
chains
psk
touch "done"
