#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsockctl cred: certificates and keys of every kind that openssl makes, and what is refused.
# Runs as root in a tools/vm guest.

set -u
# shellcheck source=selftests/tools/setup.sh
. "$(dirname "$(readlink -f "$0")")/setup.sh"

dir=$(mktemp -d) || exit 1
chmod 755 "$dir"
trap 'module_back; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

cred() { zsockctl cred "$@"; }

# as UID COMMAND...
as() { setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }

# both NAME CERT KEY: a certificate and its key go into a tag, in either order
both()
{
	exits "$1: certificate" 0 cred add 1 cert "$2"
	exits "$1: key" 0 cred add 1 key "$3"
	check "$1: comes back as it was" cmp "$2" <(cred show 1 cert)
	exits "$1: the key does not" 2 cred show 1 key
	is "$1: not a byte of it" "$out" ""
	cred del 1
	exits "$1: key first" 0 cred add 1 key "$3"
	exits "$1: then certificate" 0 cred add 1 cert "$2"
	cred del 1
}

test_kinds()
{
	for n in rsa p256 p384 ed25519; do
		both "$n, PEM" $n.crt $n.key
		both "$n, DER" $n.crt.der $n.key.der
	done
	both "rsa, PKCS #1" rsa.crt rsa1.key
	both "p256, SEC 1" p256.crt p256s.key
	both "p256, SEC 1 without the public half" p256.crt p256n.key
	both "p256, with EC PARAMETERS" p256p.crt p256p.key
}

test_mismatch()
{
	local a b

	while read -r a b; do
		cred add 2 cert "$a.crt"
		exits "key of $b with certificate of $a" 2 cred add 2 key "$b.key"
		like "says why" "$err" "*Invalid argument*do not match*"
		cred del 2
		cred add 2 key "$b.key"
		exits "certificate of $a with key of $b" 2 cred add 2 cert "$a.crt"
		cred del 2
	done <<-EOT
		rsa other
		p256 p256b
		ed25519 ed25519b
		p256 p384
		rsa ed25519
	EOT
	cred add 2 cert p256b.crt
	exits "a key without its public half is compared, too" 2 cred add 2 key p256n.key
	cred del 2
}

test_chains()
{
	cat p256.crt p384.crt rsa.crt p521.crt >chain.pem
	cat p256.crt.der p384.crt.der >chain.der
	both "a chain, PEM" chain.pem p256.key
	both "a chain, DER" chain.der p256.key
	exits "a bundle" 0 cred add 3 ca chain.pem
	exits "with text around it" 0 cred add 3 cert text.pem
	cat p384.crt p256.crt >order.pem
	cred del 3
	cred add 3 key p256.key
	exits "the first one's key is it that counts" 2 cred add 3 cert order.pem
	cred del 3
}

test_refused()
{
	cat p256.crt p256.key >mixed.pem
	head -c 400 rsa.crt >short.crt
	head -c 700 rsa.key.der >short.der
	sed '4s/./*/' rsa.crt >broken.crt
	: >empty
	head -c 70000 /dev/zero >large
	for words in "key locked.key" "cert rsa.pub" "key rsa.pub" "cert rsa.key" "key rsa.crt" \
		"cert short.crt" "key short.der" "cert broken.crt" "cert empty" "psk empty" \
		"cert large" "psk large" "cert nosuch"; do
		# shellcheck disable=SC2086
		exits "refused here: $words" 1 cred add 4 $words
	done
	# What the kernel refuses.
	for words in "cert mixed.pem" "key mixed.pem" "cert p521.crt" "key p521.key" "pskid rsa.crt"; do
		# shellcheck disable=SC2086
		exits "refused there: $words" 2 cred add 4 $words
	done
	# n of one and the rest of another: only arithmetic tells.
	python3 -IS - <<-'EOT'
		import re, subprocess
		der = lambda f: bytearray(open(f, "rb").read())
		a = der("rsa.key.der")
		a[-40] ^= 1
		open("forged.der", "wb").write(a)
	EOT
	exits "a key that is not consistent" 1 cred add 4 key forged.der
	is "nothing came of it" "$(cred list | wc -l)" 1
}

test_words()
{
	exits "help" 0 cred help
	like "helps" "$out" "Usage: zsockctl cred*add TAG TYPE*"
	for words in "add" "add 1" "add 1 cert" "add x cert rsa.crt" "add 1 certs rsa.crt" "nosuch" \
		"add 1 cert rsa.crt again" "add 99999999999 cert rsa.crt" "show x" "show 1 2" \
		"show 1 cert x" "del" "del 1 x" "del 1 cert x" "allow 1" "allow 1 uid" \
		"allow 1 uid nosuchuser" "allow 1 uid -1" "list x" "d 1"; do
		# shellcheck disable=SC2086
		exits "no command: $words" 1 cred $words
	done
	exits "a tag that is not there: show" 2 cred show 77
	exits "show, with type" 2 cred show 77 cert
	like "says so" "$err" "*No such file*"
	exits "del" 2 cred del 77
	exits "allow" 2 cred allow 77 uid 1
}

test_psk()
{
	printf 'secret' | cred add -5 psk -
	printf 'somebody' >id
	exits "an identity, a negative tag" 0 cred add -5 pskid id
	is "the identity can be read" "$(cred show -5 pskid)" somebody
	exits "the key cannot" 2 cred show -5 psk
	exits "a second one" 2 cred add -5 pskid id
	like "is there" "$err" "*File exists*"
	printf 'another' >id
	exits "replace" 0 cred add -5 pskid id replace
	is "replaces" "$(cred show -5 pskid)" another
	exits "an abbreviation does" 0 cred add -5 pskid id rep
	cred del -5
}

test_list()
{
	cred add 10 cert p256.crt
	cred add 10 key p256.key
	printf x | cred add 9 psk -
	cred allow 10 uid nobody
	cred allow 10 uid 1234
	is "list" "$(cred list | awk 'NR > 1 { print $1, $2, $3, $5, $6 }' | xargs)" \
		"9 psk raw 0 - 10 cert pem 0 65534,1234 10 key pem 0 65534,1234"
	is "show TAG: that one" "$(cred show 10 | awk 'NR > 1 { print $1, $2 }' | xargs)" "10 cert 10 key"
	zsockctl -j cred list >list.json
	is "JSON" "$(python3 -IS -c 'import json
for c in json.load(open("list.json")):
    print(c["tag"], c["type"], c["format"], c["length"] > 0, c["owner"], c["allowed"])' | xargs)" \
		"9 psk raw True 0 [] 10 cert pem True 0 [65534, 1234] 10 key pem True 0 [65534, 1234]"
	zsockctl -j cred show 10 cert >one.json
	check "JSON with data" python3 -IS -c 'import base64, json
c = json.load(open("one.json"))
assert base64.b64decode(c["data"]) == open("p256.crt", "rb").read()'
	cred deny 10 uid nobody
	exits "deny twice" 2 cred deny 10 uid nobody
	is "deny" "$(cred show 10 | awk 'NR == 2 { print $6 }')" 1234
	exits "of others: nothing is seen" 2 as 4321 zsockctl cred show 10
	exits "nor read" 2 as 4321 zsockctl cred show 10 cert
	like "says so" "$err" "*Permission denied*"
	exits "who may use it sees it" 0 as 1234 zsockctl cred show 10
	exits "and does not read it" 2 as 1234 zsockctl cred show 10 cert
	exits "nor takes it away" 2 as 1234 zsockctl cred del 10
	chmod 644 p256.crt
	exits "one of their own" 0 as 1234 zsockctl cred add 11 cert p256.crt
	is "is theirs" "$(cred show 11 | awk 'NR == 2 { print $5 }')" 1234
	exits "and is taken away by the administrator" 0 cred del 11
	cred del 10
	cred del 9
}

test_quota()
{
	local i limit=/proc/sys/kernel/keys/maxkeys most

	# A small one: 200 takes long.
	most=$(<$limit)
	echo 20 >$limit
	for ((i = 100; i < 150; i++)); do
		printf x | as 1300 zsockctl cred add $i psk - 2>err || break
	done
	like "quota" "$(<err)" "*quota of keys is used up*"
	check "not before it is" test $((i - 100)) -gt 10 -a $((i - 100)) -le 20
	echo "$most" >$limit
	for ((; i >= 100; i--)); do
		cred del $i 2>/dev/null
	done
	is "all is gone" "$(cred list | wc -l)" 1
}

# The module takes all of it with it, and keys of its type.
test_unload()
{
	cred add 1 cert rsa.crt
	cred add 1 key rsa.key
	printf x | as 1300 zsockctl cred add 2 psk -
	like "keys are there" "$(</proc/keys)" "*.zsock_cr*"
	# Not in a subshell: module_back has to know.
	module_away
	is "unloading with credentials" $? 0
	is "leaves no key" "$(grep -c zsock_cr /proc/keys)" 0
	module_back
	is "loading again" $? 0
	is "begins with none" "$(cred list | wc -l)" 1
}

tap_begin
if ! cp "$top"/selftests/bin/cred-files/* .; then
	tap_not_ok "cred_files.sh has made what is needed"
	tap_end
	exit 1
fi
test_kinds
test_mismatch
test_chains
test_refused
test_words
test_psk
test_list
test_quota
test_unload
tap_end
