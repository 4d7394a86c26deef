#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsock-run: unmodified programs see no difference, and are on AF_ZSOCK all the same.
# Runs as root in a tools/vm guest: it unloads the module.

set -u
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/tools/setup.sh
. "$here/setup.sh"

# not in /tmp, which is mounted nosuid: some of this is about set-user-ID programs
dir=$(mktemp -d /var/tmp/zsock-run.XXXXXX) || exit 1
chmod 755 "$dir"
trap 'kill $(jobs -p) 2>/dev/null; module_back; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

all_taken="kinds: stream4=zsock dgram4=zsock stream6=zsock dgram6=zsock"
none_taken="kinds: stream4=inet dgram4=inet stream6=inet dgram6=inet"

# "make selftests" has compiled them.
programs()
{
	cp "$top"/selftests/bin/progs/{probe,wrap.so} .
}

counter() { awk -v name="$1" '$1 == name { print $2 }' /proc/net/zsock_stat; }

test_same()
{
	local before after modprobe

	# Hundreds of calls ask for protocols that exist nowhere: no modprobe for each.
	modprobe=$(</proc/sys/kernel/modprobe)
	echo >/proc/sys/kernel/modprobe
	./probe same >inet.txt || tap_not_ok "the probe itself works"
	before=$(counter SocketsCreated)
	exits "a program that looks at its sockets runs" 0 zsock-run -- ./probe same
	after=$(counter SocketsCreated)
	echo "$modprobe" >/proc/sys/kernel/modprobe
	echo "$out" >zsock.txt
	check "and sees what AF_INET would show it" diff inet.txt zsock.txt
	# 8 threads make 300 each
	check "on AF_ZSOCK sockets" test $((after - before)) -gt 2400
	is "without a word on stderr" "$err" ""
}

test_choice()
{
	run zsock-run -- ./probe kinds
	is "all four kinds are taken over" "$out" "$all_taken"
	run zsock-run ./probe kinds
	is "the -- may be left out" "$out" "$all_taken"
	run zsock-run --only stream -- ./probe kinds
	is "--only stream" "$out" "kinds: stream4=zsock dgram4=inet stream6=zsock dgram6=inet"
	run zsock-run --only dgram -- ./probe kinds
	is "--only dgram" "$out" "kinds: stream4=inet dgram4=zsock stream6=inet dgram6=zsock"
	run zsock-run --domain 4 -- ./probe kinds
	is "--domain 4" "$out" "kinds: stream4=zsock dgram4=zsock stream6=inet dgram6=inet"
	run zsock-run --domain=6 -- ./probe kinds
	is "--domain 6" "$out" "kinds: stream4=inet dgram4=inet stream6=zsock dgram6=zsock"
	run zsock-run --domain 6 --only dgram -- ./probe kinds
	is "--domain and --only together" "$out" "kinds: stream4=inet dgram4=inet stream6=inet dgram6=zsock"
	run zsock-run --backend native -- ./probe kinds
	is "--backend native" "$out" "${all_taken//=zsock/=zsock@native}"
}

test_raw()
{
	local taken="raw: raw4=zsock@native raw6=zsock@native frames=zsock@native packets=zsock@native"

	run zsock-run -- ./probe raw
	is "raw and packet sockets are left alone" "$out" \
		"raw: raw4=inet raw6=inet frames=inet packets=inet dgram4=zsock"
	run zsock-run --raw -- ./probe raw
	is "--raw" "$out" "$taken dgram4=zsock"
	run zsock-run --raw --only stream --domain 6 -- ./probe raw
	is "--raw with --only and --domain" "$out" "${taken/raw4=zsock@native/raw4=inet} dgram4=inet"
	run zsock-run --raw --backend native --socks5 127.0.0.1 -- ./probe raw
	is "--raw with what is not for raw sockets" "$out" "$taken dgram4=zsock@native"
	run zsock-run --raw -- setpriv --bounding-set -net_raw ./probe raw
	is "without the right to it" "$out" "raw: raw4=E1 raw6=E1 frames=E1 packets=E1 dgram4=zsock"
	./probe rawsame >inet.txt
	run zsock-run --raw -- ./probe rawsame
	echo "$out" >zsock.txt
	check "they look as ever" diff inet.txt zsock.txt
}

test_backend_errors()
{
	exits "--backend with an unknown name stops" 125 zsock-run --backend nosuch -- ./probe kinds
	is "before the program runs" "$out" ""
	like "and says how to find the names" "$err" "*'nosuch'*zsockctl backend list*"
	exits "--backend with too long a name" 125 zsock-run --backend aaaaaaaaaaaaaaaa -- true
	exits "--backend with an empty name" 125 zsock-run --backend "" -- true
	exits "an unknown backend with --fallback" 0 zsock-run --fallback --backend nosuch -- ./probe kinds
	is "is AF_INET" "$out" "$none_taken"
	like "after a warning" "$err" "*'nosuch'*warning*AF_INET*"
}

test_children()
{
	run zsock-run -- sh -c './probe kinds; true'
	is "children inherit" "$out" "$all_taken"
	run zsock-run --only dgram --backend native -- sh -c 'sh -c "./probe kinds; true"; true'
	is "so do their children, with the options" "$out" \
		"kinds: stream4=inet dgram4=zsock@native stream6=inet dgram6=zsock@native"
	run zsock-run --only dgram --domain 4 --backend native -- zsock-run --only stream -- ./probe kinds
	is "the inner of two has its own options alone" "$out" \
		"kinds: stream4=zsock dgram4=inet stream6=zsock dgram6=inet"
	# shellcheck disable=SC2016
	run zsock-run -- zsock-run -- sh -c 'echo "$LD_PRELOAD" | grep -o libzsock-run | wc -l'
	is "and the library is there once" "$out" 1
	run zsock-run -- env -i ./probe kinds
	is "an emptied environment is respected" "$out" "$none_taken"
}

test_preload()
{
	run env LD_PRELOAD="$dir/wrap.so" zsock-run --only dgram -- ./probe kinds
	is "with a user's LD_PRELOAD sockets are taken over" "$out" \
		"kinds: stream4=inet dgram4=zsock stream6=inet dgram6=zsock"
	is "and the user's library sees what the program asked for" \
		"$(tail -n 4 <<<"$err" | xargs)" \
		"wrap: socket(2) wrap: socket(2) wrap: socket(10) wrap: socket(10)"
	# shellcheck disable=SC2016
	run env LD_PRELOAD="$dir/wrap.so" zsock-run -- sh -c 'echo "$LD_PRELOAD"'
	like "it stays in LD_PRELOAD" "$out" "$dir/wrap.so:*/libzsock-run.so"
	# The other order, which a user can make: then ours calls theirs.
	run env LD_PRELOAD="$(readlink -f "$top/tools/lib/libzsock-run.so"):$dir/wrap.so" ./probe kinds
	is "the library works in front of another, and without zsock-run" "$out" "$all_taken"
	like "which then is asked for AF_ZSOCK" "$err" "*socket($(</sys/module/zsock/parameters/family))*"
}

# refused NAME PATTERN PROGRAM...: where only LD_PRELOAD will do
refused()
{
	local name=$1 pattern=$2

	shift 2
	exits "$name: refused" 125 zsock-run --preload -- "$@"
	like "$name: says why" "$err" "$pattern"
	is "$name: has not run" "$out" ""
}

# patched OFFSET OCTAL: a probe with one byte of its ELF header changed
patched()
{
	cp probe odd
	printf "%b" "\\0$2" | dd of=odd bs=1 seek="$1" conv=notrunc status=none
}

test_unreachable_programs()
{
	refused "a static program" "*ldconfig is statically linked*" /sbin/ldconfig --version
	exits "a static program with --fallback runs" 0 zsock-run --preload --fallback -- /sbin/ldconfig --version
	like "and is warned of" "$err" "*statically linked*warning*"

	cp /sbin/ldconfig static
	printf '#!%s/static --version\n' "$dir" >script
	chmod +x script
	refused "a script with a static interpreter" "*./script is run by $dir/static, which is statically*" ./script
	printf '#!/usr/bin/env static\n' >script
	PATH=$dir:$PATH refused "a script with a static interpreter by env" "*script is run by *static*" ./script
	printf '#!/bin/sh\n./probe kinds\n' >script
	exits "a script with a dynamic interpreter" 0 zsock-run -- ./script
	is "is taken over" "$out" "$all_taken"
	printf './probe kinds\n' >script
	exits "a script without a first line" 0 zsock-run -- ./script
	is "is the shell's, and taken over" "$out" "$all_taken"

	patched 4 001
	refused "a 32-bit program" "*another kind of machine*" ./odd
	patched 18 363
	refused "a program for another processor" "*another kind of machine*" ./odd
	sed 's,/lib64/ld-linux-x86-64.so.2,/lib64/ld-musl--x86_64.so.1,' probe >odd
	refused "a program of another C library" "*another C library*ld-musl*" ./odd
}

test_rights()
{
	cp probe suid
	chown nobody suid
	chmod 4755 suid
	refused "a set-user-ID program" "*set-user-ID*" ./suid kinds
	exits "nor by default" 125 zsock-run -- ./suid kinds
	exits "nor with --seccomp" 125 zsock-run --seccomp -- ./suid kinds
	like "which says why, too" "$err" "*suid is set-user-ID*"
	chown root suid
	chmod 4755 suid
	run zsock-run -- ./suid kinds
	is "set-user-ID to who we are is nothing to refuse" "$out" "$all_taken"
	cp probe sgid
	chgrp nogroup sgid
	chmod 2755 sgid
	refused "a set-group-ID program" "*set-group-ID*" ./sgid kinds

	cp suid /tmp/suid.$$
	chown nobody /tmp/suid.$$
	chmod 4755 /tmp/suid.$$
	if findmnt -no OPTIONS -T /tmp | grep -q nosuid; then
		run zsock-run -- /tmp/suid.$$ kinds
		is "on a file system mounted nosuid it gains nothing" "$out" "$all_taken"
	fi
	rm -f /tmp/suid.$$

	cp probe caps
	python3 -IS -c 'import os, struct
os.setxattr("caps", "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))'
	refused_as_nobody
	run zsock-run -- ./caps kinds
	is "which root does not gain" "$out" "$all_taken"
}

refused_as_nobody()
{
	exits "a program with file capabilities, for others than root" 125 \
		setpriv --reuid 65534 --clear-groups zsock-run -- ./caps kinds
	like "says why" "$err" "*file capabilities*"
	run setpriv --reuid 65534 --clear-groups zsock-run -- ./probe kinds
	is "an ordinary user may use zsock-run" "$out" "$all_taken"
}

test_exit_codes()
{
	exits "the program's status is passed on" 7 zsock-run -- sh -c 'exit 7'
	# shellcheck disable=SC2016
	exits "and its death by a signal" 143 zsock-run -- sh -c 'kill $$'
	exits "127 for a program that is not found" 127 zsock-run -- nosuchprogram
	like "with a message" "$err" "zsock-run: nosuchprogram: No such file*"
	exits "127 for a path that is not there" 127 zsock-run -- ./nosuchprogram
	exits "127 for an empty name" 127 zsock-run -- ""
	exits "126 for a file without the x bit" 126 zsock-run -- "$here/tap.sh"
	exits "126 for a directory" 126 zsock-run -- /usr
	exits "125 for no program" 125 zsock-run
	exits "125 for an unknown option" 125 zsock-run --nosuch -- true
	exits "125 for --only with another word" 125 zsock-run --only raw -- true
	like "which is named" "$err" "*raw*"
	exits "125 for --domain with another number" 125 zsock-run --domain 5 -- true
	exits "options after PROGRAM are the program's" 0 zsock-run echo --only raw
	is "and arrive" "$out" "--only raw"
	exits "-h helps" 0 zsock-run -h
	like "on stdout" "$out" "Usage:*--fallback*"
	exits "-V tells the version" 0 zsock-run -V
	is "the module's" "$out" "zsock-run $(</sys/module/zsock/version)"
}

test_access()
{
	local was

	was=$(</proc/sys/net/zsock/access)
	# Once the probe of zsock-run has succeeded:
	run zsock-run -- sh -c 'echo 0 >/proc/sys/net/zsock/access; ./probe kinds'
	is "a refusal later is the program's error" "$out" \
		"kinds: stream4=E13 dgram4=E13 stream6=E13 dgram6=E13"
	exits "a refusal at once stops" 125 zsock-run -- ./probe kinds
	like "and names the sysctl" "$err" "*net.zsock.access*"
	exits "with --fallback it does not" 0 zsock-run --fallback -- ./probe kinds
	is "and the sockets are AF_INET's" "$out" "$none_taken"
	echo 2 >/proc/sys/net/zsock/access
	run zsock-run --fallback -- sh -c 'echo 0 >/proc/sys/net/zsock/access; ./probe kinds'
	is "so they are for a later refusal" "$out" "$none_taken"
	echo "$was" >/proc/sys/net/zsock/access
	run zsock-run --fallback -- ./probe kinds
	is "--fallback changes nothing where nothing is wrong" "$out" "$all_taken"
	is "and warns of nothing" "$err" ""
}

test_library()
{
	check "make install" make -s -C "$top/tools" install DESTDIR="$dir/stage" PREFIX=/usr
	run "$dir/stage/usr/bin/zsock-run" -- ./probe kinds
	is "an installed zsock-run finds the library beside it" "$out" "$all_taken"
	mkdir -p "a b/bin" "a b/lib"
	cp "$top/tools/bin/zsock-run" "a b/bin"
	cp "$top/tools/lib/libzsock-run.so" "a b/lib"
	exits "a path that LD_PRELOAD cannot name" 125 "a b/bin/zsock-run" -- true
	like "is explained" "$err" "*a b/lib/libzsock-run.so*LD_PRELOAD*"
	rm "$dir/stage/usr/lib/zsock/libzsock-run.so"
	if [[ ! -e /usr/local/lib/zsock/libzsock-run.so ]]; then
		exits "no library at all" 125 "$dir/stage/usr/bin/zsock-run" -- true
		like "is explained, too" "$err" "*libzsock-run.so*make install*"
	fi
}

fetch()
{
	local url=$1 connects

	connects=$(counter Connects)
	rm -f copy
	check "curl $url" zsock-run -- curl -g -sS -f --retry 20 --retry-connrefused --retry-delay 1 -o copy "$url"
	check "is the file" cmp file copy
	check "and was AF_ZSOCK" test "$(counter Connects)" -gt "$connects"
}

test_real_programs()
{
	exits "python3's asyncio" 0 zsock-run -- python3 -IS "$here/asyncio_echo.py"
	is "is content" "$out" "asyncio is content"

	head -c 3000000 /dev/urandom >file
	zsock-run -- python3 -IS -m http.server --bind 127.0.0.1 8341 >/dev/null 2>&1 &
	zsock-run -- python3 -IS -m http.server --bind ::1 8342 >/dev/null 2>&1 &
	fetch http://127.0.0.1:8341/file
	fetch "http://[::1]:8342/file"
	check "curl on AF_INET reaches a server on AF_ZSOCK" \
		curl -sS -f -o copy http://127.0.0.1:8341/file
	kill "$(jobs -p | head -n 1)" "$(jobs -p | tail -n 1)"
	wait
}

test_no_module()
{
	if ! module_away; then
		tap_not_ok "the module can be unloaded" "$(lsmod | grep zsock)"
		return
	fi
	tap_ok "the module can be unloaded"
	exits "without the module zsock-run stops" 125 zsock-run -- ./probe kinds
	is "before the program runs" "$out" ""
	like "and says what to do" "$err" "*modprobe zsock*--fallback*"
	# shellcheck disable=SC2016
	exits "with --fallback the program runs" 3 zsock-run --fallback -- sh -c './probe kinds; env | grep -c -e ZSOCK_RUN -e LD_PRELOAD; exit 3'
	is "unchanged, on AF_INET" "$out" "$none_taken"$'\n'0
	like "after a warning" "$err" "*warning*AF_INET*"
	exits "a program that is not found is still 127" 127 zsock-run -- nosuchprogram
	test_autoload
	check "the module can be loaded again" module_back
	run zsock-run -- ./probe kinds
	is "and is used again" "$out" "$all_taken"
}

# Here the kernel's modprobe is a script, which loads the module as "options zsock family=27"
# in modprobe.d would: the socket call that loaded it fails nevertheless.
test_autoload()
{
	local modprobe

	modprobe=$(</proc/sys/kernel/modprobe)
	cat >modprobe <<-EOT
		#!/bin/sh
		case "\$*" in *net-pf-18) exec insmod $(find "$MODULE_DIR" -name zsock.ko) family=27 ;; esac
		exit 1
	EOT
	chmod +x modprobe
	echo "$PWD/modprobe" >/proc/sys/kernel/modprobe
	exits "an installed module is loaded by zsock-run" 0 zsock-run -- ./probe kinds
	is "and used, with the family number that it was given" "$out" "$all_taken"
	is "which was another one" "$(cat /sys/module/zsock/parameters/family)" 27
	run env LD_PRELOAD="$(readlink -f "$top/tools/lib/libzsock-run.so")" ./probe kinds
	is "the library finds that out by itself, too" "$out" "$all_taken"
	echo "$modprobe" >/proc/sys/kernel/modprobe
	check "that one is unloaded" rmmod zsock
}

tap_begin
check "the programs of this test are there" programs
test_same
test_choice
test_raw
test_backend_errors
test_children
test_preload
test_unreachable_programs
test_rights
test_exit_codes
test_access
test_library
test_real_programs
test_no_module
tap_end
