#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsock-offloadd --tls, with the module and the agent. Runs as root in a tools/vm guest.

set -u
# shellcheck source=selftests/tools/setup.sh
. "$(dirname "$(readlink -f "$0")")/setup.sh"
export PYTHONDONTWRITEBYTECODE=1

dir=$(mktemp -d) || exit 1
chmod 755 "$dir"
trap 'zsockctl cred del 1 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
ip link set lo up

credentials()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
		-out cert.pem -days 2 -subj /CN=here || return
	zsockctl cred add 1 cert cert.pem && zsockctl cred add 1 key key.pem &&
		zsockctl cred allow 1 uid nobody
}

tap_begin
check "the agent starts" zsock-tlsd --pid "$dir/agent"
check "credentials that the server may use" credentials
/usr/bin/python3 -ES "$top/selftests/offload/offloadd_test.py" tls >out 2>err
status=$?
tap_from out
is "the program says that all went well" "$status" 0
kill "$(<"$dir/agent")"
tap_end
