#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Locked upcalls on several CPUs, by selftests/mock/kpi_locked.c: loading that is the test.
# Runs as root in a tools/vm guest with two CPUs.

# shellcheck source=selftests/tools/tap.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../tools/tap.sh"

NAME=zsock_kpi_locked
ko=${ZSOCK_MODULE_DIR:?is set by tools/vm}/$NAME.ko

said() { dmesg | sed -n "s/^.*$NAME: //p"; }

tap_begin
if insmod "$ko"; then
	tap_ok "$NAME.close_waits"
	check "$NAME.unloads" rmmod "$NAME"
else
	mapfile -t lines < <(said)
	tap_not_ok "$NAME.close_waits" "${lines[@]}"
fi
said | sed 's/^/# /'
tap_end
