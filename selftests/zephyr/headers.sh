#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# That sources compile with libzsock's headers, as C and C++, with gcc and clang where that is
# there, for 64 and 32 bits, with and without the names of POSIX, and that those mean libzsock's
# calls then. Runs on the host; that the module is not loaded there is a case of its own.

set -u
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
# shellcheck source=selftests/tools/tap.sh
. selftests/tools/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
inc=(-Itools/libzsock/include -Iinclude/uapi -Wall -Wextra -Werror)

# Every header, each alone, then all of them at once, after and before Linux's.
headers=$(cd tools/libzsock/include && find zephyr zsock -name '*.h' | sort)
linux='sys/socket.h netinet/in.h netinet/tcp.h arpa/inet.h netdb.h poll.h sys/select.h fcntl.h
	unistd.h sys/ioctl.h net/if.h netpacket/packet.h sys/un.h sys/time.h linux/can.h
	linux/if_ether.h linux/tls.h linux/net_tstamp.h pthread.h'
include() { printf '#include <%s>\n' "$@"; }

# compiles NAME COMPILER...: what is in $source, as it stands
compiles()
{
	local name=$1 out

	shift
	if out=$("$@" "${inc[@]}" -c -o "$work/o" "$source" 2>&1); then
		tap_ok "$name"
	else
		tap_not_ok "$name" "$*" "$(head -n 12 <<<"$out")"
	fi
}

each_alone()
{
	local header out problems=

	for header in $headers; do
		include "$header" >"$work/one.c"
		out=$("$@" "${inc[@]}" -c -o "$work/o" "$work/one.c" 2>&1) ||
			problems+="$header: $(head -n 3 <<<"$out")"$'\n'
	done
	is "each header by itself: $*" "$problems" ""
}

# shellcheck disable=SC2086
{
	include $linux $headers
	echo 'int f(void) { return zsock_socket(NET_AF_INET, NET_SOCK_STREAM, NET_IPPROTO_TLS_1_2); }'
} >"$work/after.c"
# shellcheck disable=SC2086
include $headers $linux >"$work/before.c"

cat >"$work/posix.c" <<'EOF'
#include <zephyr/net/socket.h>
struct ops { int (*close)(int); ssize_t (*recv)(int, void *, size_t, int); };
int f(struct ops *o)
{
	struct timeval tv = { 1, 0 };
	struct msghdr msg;
	struct pollfd p = { 0, POLLIN, 0 };
	struct addrinfo *ai;
	socklen_t len = 0;
	char b[64], c[64];
	fd_set set;
	int sv[2], n = socket(AF_INET, SOCK_STREAM, 0);

	memset(&msg, 0, sizeof(msg));
	FD_ZERO(&set);
	n += socketpair(AF_UNIX, SOCK_STREAM, 0, sv) + shutdown(n, SHUT_RD);
	n += bind(n, NULL, 0) + connect(n, NULL, 0) + listen(n, 1) + accept(n, NULL, NULL);
	n += send(n, b, 1, 0) + sendto(n, b, 1, 0, NULL, 0) + sendmsg(n, &msg, 0);
	n += recv(n, b, 1, 0) + recvfrom(n, b, 1, 0, NULL, NULL) + recvmsg(n, &msg, 0);
	n += fcntl(n, F_SETFL, O_NONBLOCK) + ioctl(n, FIONREAD, &n) + poll(&p, 1, 0);
	n += select(n, &set, NULL, NULL, &tv) + getsockopt(n, 1, 2, b, &len);
	n += setsockopt(n, 1, 2, b, 1) + getpeername(n, NULL, NULL) + getsockname(n, NULL, NULL);
	n += gethostname(b, 10) + inet_pton(AF_INET, "", b) + !inet_ntop(AF_INET, b, c, 9);
	n += getaddrinfo("", "", NULL, &ai) + !gai_strerror(1) + getnameinfo(NULL, 0, b, 1, c, 1, 0);
	n += read(n, b, 1) + write(n, b, 1) + close(n);
	freeaddrinfo(ai);
	return n + o->close(1) + (o->recv)(1, b, 1, 0);
}
EOF
# What is left undefined of the calls of C is what went past libzsock.
posix()
{
	local name=$1 left

	shift
	if ! "$@" "${inc[@]}" -DCONFIG_POSIX_API -c -o "$work/o" "$work/posix.c" 2>"$work/err"; then
		tap_not_ok "$name: $*" "$(head -n 12 "$work/err")"
		return
	fi
	left=$(nm -u "$work/o" | awk '$2 !~ /^(zsock_|zsk_|_GLOBAL_OFFSET_TABLE_|__stack_chk|memset|__fdelt_chk|_+x86)/ { print $2 }')
	is "$name: $*" "$left" ""
	is "$name, the calls: $*" "$(nm -u "$work/o" | grep -cE ' (zsock_|zsk_posix_)')" 31
}

each_alone gcc -std=gnu11
each_alone g++ -x c++ -std=c++17
for source in "$work/after.c" "$work/before.c"; do
	name="all headers, Linux's too: $(basename "$source")"
	for cc in gcc clang; do
		command -v $cc >/dev/null || continue
		for std in gnu11 gnu17; do
			compiles "$name: $cc $std" $cc -std=$std -O2
		done
	done
	compiles "$name: C11, -D_GNU_SOURCE" gcc -std=c11 -D_GNU_SOURCE
	for cxx in g++ clang++; do
		command -v $cxx >/dev/null || continue
		compiles "$name: $cxx C++17" $cxx -x c++ -std=c++17 -O2
		compiles "$name: $cxx gnu++20, POSIX names" $cxx -x c++ -std=gnu++20 -DCONFIG_POSIX_API
	done
	compiles "$name: 32 bits" gcc -m32
	compiles "$name: 32 bits, long times and files" gcc -m32 -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
done
for flags in "" -D_FILE_OFFSET_BITS=64 -D_FORTIFY_SOURCE=2 "-m32" \
	"-m32 -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64"; do
	# shellcheck disable=SC2086
	posix "POSIX names" gcc -O2 $flags
done
posix "POSIX names" g++ -x c++ -std=c++17 -O2

# A strict standard leaves half of them out: that is said, not found out later.
source=$work/after.c
if gcc -std=c11 "${inc[@]}" -c -o "$work/o" "$source" 2>&1 | grep -q 'libzsock needs -std=gnu11'; then
	tap_ok "-std=c11 alone is refused in words"
else
	tap_not_ok "-std=c11 alone is refused in words"
fi

# The module is not loaded here: both say so, in Zephyr's errors.
cat >"$work/absent.c" <<'EOF'
#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>
int main(void)
{
	int sv[2], fd = zsock_socket(AF_INET, SOCK_STREAM, 0);
	size_t len = 0;

	if (fd != -1 || errno != EAFNOSUPPORT)
		return 1;
	if (zsock_socketpair(AF_UNIX, SOCK_STREAM, 0, sv) != -1 || errno != EAFNOSUPPORT)
		return 2;
	if (tls_credential_add(1, TLS_CREDENTIAL_PSK, "0123456789abcdef", 16) != -EACCES)
		return 3;
	if (tls_credential_get(1, TLS_CREDENTIAL_PSK_ID, NULL, &len) != -EACCES)
		return 4;
	return tls_credential_delete(1, TLS_CREDENTIAL_PSK) == -EACCES ? 0 : 5;
}
EOF
if [[ -e /sys/module/zsock ]]; then
	echo "# zsock is loaded on this machine: that it is not cannot be tried"
else
	check "the absent module is built for" gcc "${inc[@]}" -o "$work/absent" "$work/absent.c" \
		tools/lib/libzsock.a -lmnl
	check "the module is not there" "$work/absent"
fi
tap_end
