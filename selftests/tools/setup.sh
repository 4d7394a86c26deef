# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For the tests of the tools, to be sourced first: the tree in $top, and an environment that does
# not depend on whose it is.

top=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
# Debian's programs, not wrappers that somebody has in front of them
PATH=$top/tools/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C
unset LD_PRELOAD
# shellcheck source=selftests/tools/tap.sh
. "$top/selftests/tools/tap.sh"
