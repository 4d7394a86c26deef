# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# TAP for the tests of the tools, which are shell scripts. To be sourced.

TAP_COUNT=0
TAP_FAILED=0

tap_begin() { echo "TAP version 13"; }

tap_end()
{
	[[ ! ${TAP_ERR:-} ]] || rm -f "$TAP_ERR"
	echo "1..$TAP_COUNT"
	echo "# $((TAP_COUNT - TAP_FAILED)) passed, $TAP_FAILED failed"
	((TAP_FAILED == 0 && TAP_COUNT > 0))
}

tap_ok()
{
	echo "ok $((++TAP_COUNT)) $1"
}

# tap_not_ok NAME [DETAIL...]
tap_not_ok()
{
	echo "not ok $((++TAP_COUNT)) $1"
	((++TAP_FAILED))
	shift
	[[ $# == 0 ]] || printf '%s\n' "$@" | sed 's/^/#   /'
}

# check NAME COMMAND...: passes if COMMAND succeeds
check()
{
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		tap_ok "$name"
	else
		tap_not_ok "$name" "failed: $*" "$out"
	fi
}

# is NAME GOT WANTED
is()
{
	if [[ $2 == "$3" ]]; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "got:    $2" "wanted: $3"
	fi
}

# like NAME GOT PATTERN: a bash pattern
like()
{
	# shellcheck disable=SC2053
	if [[ $2 == $3 ]]; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "got:    $2" "wanted: $3"
	fi
}

# tap_from FILE: the lines of a program as TAP: "ok NAME", "not ok NAME", before that "# WHY"
tap_from()
{
	local line why=()

	while read -r line; do
		case $line in
		"ok "*) tap_ok "${line#ok }" ;;
		"not ok "*) tap_not_ok "${line#not ok }" "${why[@]}" ;;
		"# "*) why+=("$line") && continue ;;
		*) tap_not_ok "a line that is none: $line" ;;
		esac
		why=()
	done <"$1"
}

# run COMMAND...: leaves $status, $out and $err
run()
{
	# One file for all: processes are dear in an emulator.
	: "${TAP_ERR:=$(mktemp)}"
	# shellcheck disable=SC2034
	out=$("$@" 2>"$TAP_ERR")
	status=$?
	# shellcheck disable=SC2034
	err=$(<"$TAP_ERR")
}

# exits NAME STATUS COMMAND...: run, and judge the status
exits()
{
	local name=$1 want=$2

	shift 2
	run "$@"
	if ((status == want)); then
		tap_ok "$name"
	else
		tap_not_ok "$name" "$*" "exited with $status, not $want" "$out" "$err"
	fi
}

# ---- the module, for tests of its absence ----

MODULE_DIR=${ZSOCK_MODULE_DIR:-}
MODULES_GONE=()

# Unload zsock, and what depends on it; nothing can bring it back by itself then.
module_away()
{
	local m

	modprobe_was=$(</proc/sys/kernel/modprobe)
	echo >/proc/sys/kernel/modprobe
	MODULES_GONE=(zsock)
	for m in /sys/module/zsock/holders/*; do
		[[ -e $m ]] || continue
		m=${m##*/}
		module_remove "$m" || return
		MODULES_GONE+=("$m")
	done
	module_remove zsock
}

# What has ended a moment ago may hold it for another: the kernel lets go of files afterwards.
module_remove()
{
	local end=$((SECONDS + 30))

	until rmmod "$1" 2>/dev/null; do
		if ((SECONDS > end)); then
			rmmod "$1"
			return
		fi
		sleep 0.2
	done
}

module_back()
{
	local m

	[[ ${#MODULES_GONE[@]} -gt 0 ]] || return 0
	for m in "${MODULES_GONE[@]}"; do
		[[ -e /sys/module/$m ]] || insmod "$(find "$MODULE_DIR" -name "$m.ko" | head -n 1)" || return
	done
	MODULES_GONE=()
	echo "$modprobe_was" >/proc/sys/kernel/modprobe
}
