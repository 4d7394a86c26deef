#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run programs of the behaviour tests on a backend behind a pipe to zsock-offloadd:
# remote.sh unix|vsock ARGUMENT... are the pipe and what "run" is told.

TOP=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
DIR=$(mktemp -d) || exit 1
chmod 755 "$DIR"

die()
{
	echo "Bail out! $*"
	exit 1
}

cleanup()
{
	"$TOP/tools/bin/zsockctl" backend del remote --force 2>/dev/null
	[[ ! $SERVER ]] || kill "$SERVER"
	rm -rf "$DIR"
}

SERVER=
trap cleanup EXIT
case $1 in
unix)
	listen=unix:$DIR/pipe
	add=(--unix "$DIR/pipe")
	;;
vsock)
	modprobe -q vsock_loopback
	listen=vsock:7000
	add=(--vsock 1:7000)
	;;
*)
	die "unix or vsock?"
	;;
esac
# Tests with a network namespace of their own have a pipe of that kind there.
export ZSOCK_TEST_PIPE=$1
shift

"$TOP/tools/bin/zsock-offloadd" -f --user root --sockets 20000 --allow 0.0.0.0/0 --allow ::/0 \
	--allow-bind 0.0.0.0/0 --allow-bind ::/0 --listen "$listen" 2>"$DIR/log" &
SERVER=$!
for ((i = 0; i < 300; i++)); do
	! grep -q ready "$DIR/log" || break
	sleep 0.1
done
"$TOP/tools/bin/zsockctl" backend add remote "${add[@]}" --prio 300 2>"$DIR/error" ||
	die "no backend: $(<"$DIR/error")"
"$TOP/selftests/backends/run" "$@"
status=$?
# What drops a pipe is said there.
! grep dropped "$DIR/log" && ((status == 0))
