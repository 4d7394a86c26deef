#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Certificates and keys of every kind that openssl makes, for zsockctl_cred_test.sh. "make
# selftests" has them made: openssl is dear in an emulator.
#
# usage: cred_files.sh DIR

set -eu

mkdir -p "$1"
cd "$1"
rm -f "done"

exec 3>&2 2>log
trap 'status=$?; ((status == 0)) || cat log >&3' EXIT

# pair NAME GENPKEY-OPTION...: NAME.key, NAME.crt, both in PEM
pair()
{
	openssl genpkey "${@:2}" -out "$1.key"
	certificate "$1"
}

certificate() { openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 3650 -out "$1.crt"; }

for n in rsa other; do
	pair $n -algorithm RSA -pkeyopt rsa_keygen_bits:2048
done
for n in p256 p256b; do
	pair $n -algorithm EC -pkeyopt ec_paramgen_curve:P-256
done
pair p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
pair p521 -algorithm EC -pkeyopt ec_paramgen_curve:P-521
for n in ed25519 ed25519b; do
	pair $n -algorithm ED25519
done
for n in rsa p256 p384 ed25519; do
	openssl x509 -in $n.crt -outform DER -out $n.crt.der
	openssl pkey -in $n.key -outform DER -out $n.key.der
done
# PKCS #1; SEC 1, with the public half and without; with EC PARAMETERS.
openssl rsa -in rsa.key -traditional -out rsa1.key
openssl ec -in p256.key -out p256s.key
openssl ec -in p256.key -no_public -out p256n.key
openssl ecparam -name prime256v1 -genkey -out p256p.key
certificate p256p
# What is refused, and text around what is not.
openssl x509 -in rsa.crt -text -out text.pem
openssl pkey -in rsa.key -aes128 -passout pass:x -out locked.key
openssl pkey -in rsa.key -pubout -out rsa.pub
touch "done"
