#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# selftests/backends/run on vsock: with the transport to oneself, and a map of the loopback
# addresses, in a network namespace that is given up afterwards.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# Built in, or a module that nothing loads by itself.
modprobe -q vsock_loopback || :
exec unshare --net bash -euo pipefail -c '
	ip link set lo up
	tools/bin/zsockctl vsock map add 127.0.0.1 local
	tools/bin/zsockctl vsock map add ::1 local
	exec selftests/backends/run "$@"' vsock.sh "$@"
