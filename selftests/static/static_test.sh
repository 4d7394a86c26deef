#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What can be said of the kernel code without running it: checkpatch --strict, sparse and W=1,
# kernel-doc, and the few rules of this project that a machine can check. Runs on the host.

set -uo pipefail
shopt -s nullglob

cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
# shellcheck source=selftests/tools/tap.sh
. selftests/tools/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

kdir=/lib/modules/$(tools/kernel/stock-release)/build || exit 1
uml=$(tools/kernel/build-uml debug 2>/dev/null | tail -n 1) || exit 1
scripts=$(readlink -f "$uml/source")/scripts

sources=(./*.c zsock_int.h proto/*.[ch] offload/*.[ch] agent/*.[ch]
	names/*.[ch] tls/*.[ch] kpi/*.[ch])
test_sources=(selftests/mock/*.[ch] selftests/kunit/*.[ch] samples/*.c samples/kpi-echo/*.c)
headers=(include/net/*.h include/uapi/linux/*.h)

# Of checkpatch's types these are wrong for what the project does:
#   CONST_STRUCT         tables of calls are composed at run time, and const from then on
#   LINUX_VERSION_CODE, CONSTANT_COMPARISON  what include/compat is for
#   MACRO_ARG_UNUSED, COMPLEX_MACRO, TRAILING_SEMICOLON  lists of declarations, and compat
#   UNCOMMENTED_DEFINITION  kernel-doc says it above the structure
# and in a header of trace events, whose macros are laid out as in the kernel's own:
#   PARENTHESIS_ALIGNMENT, OPEN_ENDED_LINE, MACRO_ARG_REUSE
# and in the modules for tests, which export the functions of others to be tested:
#   EXPORT_SYMBOL, MACRO_ARG_REUSE, STATIC_CONST_CHAR_ARRAY
common=CONST_STRUCT,COMPLEX_MACRO,TRAILING_SEMICOLON,UNCOMMENTED_DEFINITION
compat=$common,LINUX_VERSION_CODE,CONSTANT_COMPARISON,MACRO_ARG_UNUSED,EXPORT_SYMBOL
tests=$common,EXPORT_SYMBOL,MACRO_ARG_REUSE,STATIC_CONST_CHAR_ARRAY
trace=$common,PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE,MACRO_ARG_REUSE

checkpatch()
{
	local ignore=$1

	shift
	"$scripts/checkpatch.pl" --no-tree --strict --terse --show-types --quiet \
		--ignore "$ignore" -f "$@" | { ! grep -v '^total: 0 errors, 0 warnings, 0 checks'; }
}

sparse_and_w1()
{
	cp -r Kbuild ./*.c ./*.h include proto offload agent names tls kpi selftests samples "$work/"
	if ! make -C "$kdir" M="$work" W=1 C=1 ZSOCK_TESTS=1 modules >"$work/log" 2>&1; then
		cat "$work/log"
		return 1
	fi
	# Both write "file:line:column: warning: ...".
	! grep -E 'warning|error' "$work/log"
}

kernel_doc()
{
	"$scripts/kernel-doc" -none -Wall -Werror "$@"
}

compiles()
{
	local compiler=$1 language=$2

	printf '#include <linux/zsock.h>\nstruct zsock_info i;\nint p = ZSOCK_PROTO(2, 6);\n' |
		"$compiler" -x "$language" -Wall -Wextra -Werror -pedantic \
			-Iinclude/uapi -c -o /dev/null -
}

nothing_matches()
{
	! git grep -nE "$@"
}

shells()
{
	local scripts_of

	mapfile -t scripts_of < <(git grep -lE '^#!/bin/(ba)?sh|^# shellcheck shell' -- . ':!*.py')
	shellcheck -x "${scripts_of[@]}"
}

tap_begin
check "checkpatch --strict: sources" checkpatch "$common" "${sources[@]}"
check "checkpatch --strict: modules for tests" checkpatch "$tests" "${test_sources[@]}"
check "checkpatch --strict: headers" checkpatch "$common" "${headers[@]}"
check "checkpatch --strict: compat" checkpatch "$compat" include/compat/*.h
check "checkpatch --strict: trace events" checkpatch "$trace" trace.h
check "sparse and W=1 say nothing" sparse_and_w1
check "kernel-doc" kernel_doc "${headers[@]}" zsock_int.h table.c af_zsock.c proto/registry.c \
	offload/registry.c offload/netdev.c kpi/*.[ch]
check "the uapi header in C" compiles gcc c
check "the uapi header in C++" compiles g++ c++
check "kernel versions only in include/compat" nothing_matches \
	'LINUX_VERSION_CODE|KERNEL_VERSION\(' -- '*.c' '*.h' ':!include/compat'
check "no marks of unfinished work" nothing_matches -w 'TODO|FIXME|XXX|HACK' -- \
	'*.c' '*.h' 'tools/*' 'bench/*'
check "shellcheck" shells
tap_end
