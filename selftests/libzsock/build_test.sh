#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# libzsock as it is installed: what it exports, that its headers compile in every language that
# they are for, that programs link with either library, and that it can be taken away again. On
# the host; nothing of it needs the module.

set -u
# shellcheck source=selftests/tools/setup.sh
. "$(dirname "$(readlink -f "$0")")/../tools/setup.sh"

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
root=$dir/root
lib=$root/usr/lib
export PKG_CONFIG_PATH=$lib/pkgconfig
mapfile -t maps < <(find "$top/tools/libzsock" -name '*.map' | sort)

flags() { pkg-config --define-variable=prefix="$root/usr" "$@" libzsock; }

# What the maps say, as NAME@@VERSION.
mapped()
{
	awk '/^[A-Z]/ { version = $1 }
	     /^\t[a-z]+:$/ { global = $1 == "global:" }
	     global && /^\t\t.*;$/ { sub(";", "", $1); print $1 "@@" version }' "${maps[@]}" | sort
}

test_exports()
{
	local strays

	is "the shared library exports what the maps say" \
		"$(nm -D --defined-only "$lib/libzsock.so.1" | awk '$2 == "T" { print $3 }' | sort)" \
		"$(mapped)"
	is "and no variables" "$(nm -D --defined-only "$lib/libzsock.so.1" | awk '$2 ~ /[BDRV]/')" ""
	is "its name is that of version 1" \
		"$(readelf -d "$lib/libzsock.so.1" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" libzsock.so.1
	is "every native function is declared, and every one that is declared is there" \
		"$(grep -o '\<zsk_[a-z_]*(' "$root/usr/include/zsock/zsock.h" | tr -d '(' | sort -u)" \
		"$(mapped | grep '@@ZSK_1' | sed 's/@.*//')"
	# The static one cannot hide what its files share: that has a prefix of its own.
	strays=$(nm --defined-only -g "$lib/libzsock.a" | awk 'NF == 3 { print $3 }' |
		grep -vE '^(zsk|zsock)_' | grep -vxF "$(mapped | sed 's/@.*//')")
	is "the static library has no other names" "$strays" ""
}

# compiles NAME COMPILER...: the header alone, without a warning
compiles()
{
	local name=$1

	shift
	check "$name" "$@" -Wall -Wextra -Werror -pedantic -I"$root/usr/include" \
		-fsyntax-only header.c
}

test_headers()
{
	local std

	cat >header.c <<-'EOT'
	#include <zsock/zsock.h>
	#include <zsock/zsock.h>
	int main(void)
	{
		struct zsk_policy p;
		struct zsk_cred c;

		p.size = sizeof(p);
		c.size = sizeof(c);
		return zsk_policy_add(0, &p, 0) + zsk_cred_put(0, &c) + ZSK_EVENT_UP;
	}
	EOT
	for std in c99 c11 c17 gnu11; do
		compiles "the header in $std" gcc -std=$std
	done
	for std in c++11 c++17 c++20; do
		compiles "the header in $std" g++ -x c++ -std=$std
	done
	compiles "the header for 32-bit programs" gcc -m32 -std=c11
	compiles "the header for 32-bit programs in C++" g++ -x c++ -m32 -std=c++17
	check "in strict C without extensions of this system" gcc -std=c99 -D_POSIX_C_SOURCE=200809L \
		-Werror -I"$root/usr/include" -fsyntax-only header.c
}

# The kernel's structures are the same for both, and so nothing else may differ.
test_32bit_sources()
{
	local source out=""

	for source in "$top"/tools/libzsock/*.c "$top"/tools/libzsock/zephyr/*.c; do
		out+=$(gcc -m32 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fPIC \
			-I"$top/include/uapi" -I"$root/usr/include" -c -o 32.o "$source" 2>&1) ||
			out+=" $source"
	done
	is "the library compiles for 32 bits" "$out" ""
}

# Without the module, as everywhere but in a guest; or with it.
test_programs()
{
	local want="-92 -92" cc

	[[ ! -e /sys/module/zsock ]] || want="$(</sys/module/zsock/parameters/family) 0"
	cat >prog.c <<-'EOT'
	#include <stdio.h>
	#include <zsock/zsock.h>
	int main(void)
	{
		struct zsk *z;
		int ret = zsk_open(&z);

		zsk_close(z);
		printf("%d %d\n", zsk_family(), ret);
		return 0;
	}
	EOT
	for cc in gcc "g++ -x c++"; do
		# shellcheck disable=SC2046,SC2086
		check "a program with the shared library: $cc" \
			$cc -o shared prog.c $(flags --cflags --libs)
		is "which it needs" "$(readelf -d shared | grep -c 'NEEDED.*libzsock.so.1')" 1
		is "and runs with" "$(LD_LIBRARY_PATH=$lib ./shared)" "$want"
	done
	# shellcheck disable=SC2046
	check "a program with the static library" gcc -o static prog.c \
		$(flags --cflags) "$lib/libzsock.a" -lmnl
	is "which needs none" "$(readelf -d static | grep -c libzsock)" 0
	is "and runs" "$(./static)" "$want"
	is "zsockctl needs no libzsock" "$(readelf -d "$top/tools/bin/zsockctl" | grep -c libzsock)" 0
}

# What an error leaves behind is for valgrind to find; what an answer does, for the guest's tests.
test_memory()
{
	check "nothing is left behind, nothing read that was not written" \
		valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=all --track-fds=no \
		./static
}

test_install()
{
	local all=$dir/all

	check "make install" make -s -C "$top/tools" install DESTDIR="$all" PREFIX=/usr
	check "there is a pkg-config file" test -s "$all/usr/lib/pkgconfig/libzsock.pc"
	is "in which nothing is left to be filled in" "$(grep -c @ "$all/usr/lib/pkgconfig/libzsock.pc")" 0
	is "all headers are there" "$(cd "$all/usr/include" && find zsock zephyr -name '*.h' | sort)" \
		"$(cd "$top/tools/libzsock/include" && find . -name '*.h' | sed 's|^\./||' | sort)"
	check "make uninstall" make -s -C "$top/tools" uninstall DESTDIR="$all" PREFIX=/usr
	is "nothing is left" "$(find "$all" ! -type d)" ""
	is "nor our directories" "$(find "$all" -mindepth 1 -type d -name 'zsock*' -o -type d -name 'zephyr*')" ""
	check "elsewhere" make -s -C "$top/tools" install-libzsock DESTDIR="$all" PREFIX=/opt/z \
		CLIBDIR=/opt/z/lib64
	is "the file says so" "$(pkg-config --variable=libdir "$all/opt/z/lib64/pkgconfig/libzsock.pc")" \
		/opt/z/lib64
}

tap_begin
check "make" make -s -C "$top/tools" all
check "make install-libzsock" make -s -C "$top/tools" install-libzsock DESTDIR="$root" PREFIX=/usr
test_exports
test_headers
test_32bit_sources
test_programs
test_memory
test_install
tap_end
