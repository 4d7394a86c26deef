#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zsockctl policy: what is said is what the kernel is told, and comes back. Runs as root in a
# tools/vm guest. What rules do is tested in dispatch/policy.c.

set -u
# shellcheck source=selftests/tools/setup.sh
. "$(dirname "$(readlink -f "$0")")/setup.sh"

dir=$(mktemp -d) || exit 1
trap 'zsockctl policy flush; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

policy() { zsockctl policy "$@"; }

# The rules without their numbers and counters.
rules() { zsockctl policy | awk 'NR > 1 { print $2, $3, $4, $5, $6, $7 }'; }

# one WANTED OPTION...: a rule of these options is listed so
one()
{
	local want=$1

	shift
	policy add "$@" || tap_not_ok "policy add $*"
	is "$*" "$(rules)" "$want"
	policy flush
}

test_rules()
{
	is "at first there are none" "$(rules)" ""
	one "- - - - - native" --backend native
	one "- - - - - modem0,or-else" --backend modem0 --or-else
	one "- - - - - reject" --reject
	one "65534 - - - - reject" --uid nobody --reject
	one "4294967294 - - - - reject" --uid=4294967294 --reject
	one "- - 10.0.0.0/8 - - reject" --dst 10.0.0.0/8 --reject
	one "- - 10.1.2.3/32 - - reject" --dst 10.1.2.3 --reject
	one "- - 0.0.0.0/0 - - reject" --dst 0.0.0.0/0 --reject
	one "- - 2001:db8::/32 - - reject" --dst 2001:db8::/32 --reject
	one "- - ::1/128 - - reject" --dst ::1 --reject
	one "- - 10.0.0.0/8 - - reject" --dst ::ffff:10.0.0.0/104 --reject
	one "- - - 443 - reject" --dport 443 --reject
	one "- - - 0-65535 - reject" --dport 0-65535 --reject
	one "- - - - udp reject" --proto udp --reject
	one "- - - - 4711 reject" --proto 4711 --reject
	one "- - - - tls1.0-tls1.3 reject" --proto tls --reject
	one "- - - - tls1.2-tls1.3 reject" --proto tls1.2-tls1.3 --reject
	one "65534 - 10.0.0.0/8 80-90 tcp modem0,or-else" --backend modem0 --proto tcp \
		--or-else --dport 80-90 --dst 10.0.0.0/8 --uid nobody
}

test_cgroup()
{
	local mnt

	mnt=$(findmnt -nt cgroup2 -o TARGET | head -n 1)
	if [[ ! $mnt ]]; then
		mnt=$dir/cgroup
		mkdir cgroup && mount -t cgroup2 none cgroup
	fi
	mkdir -p "$mnt/zsock-test/inner"
	one "- /zsock-test/inner - - - reject" --cgroup zsock-test/inner --reject
	one "- /zsock-test - - - reject" --cgroup /zsock-test --reject
	one "- /zsock-test - - - reject" --cgroup "$mnt/zsock-test" --reject
	one "- / - - - reject" --cgroup / --reject
	policy add --cgroup zsock-test/inner --backend native
	rmdir "$mnt/zsock-test/inner"
	like "a group that is gone has a number" "$(rules)" "- id:[0-9]* - - - native"
	rmdir "$mnt/zsock-test"
	policy flush
	exits "what is no group" 1 policy add --cgroup "$dir" --reject
	like "is named" "$err" "*$dir*no cgroup*"
	exits "nor there" 1 policy add --cgroup /zsock-test --reject
}

test_order()
{
	local first second

	zsockctl -j policy add --uid 1 --reject >id
	first=$(tr -dc 0-9 <id)
	is "-j: the number of the rule" "$(<id)" "{\"id\":$first}"
	policy add --uid 2 --reject
	policy add --uid 3 --reject --before $((first + 1))
	is "one before another" "$(rules | cut -d ' ' -f 1 | xargs)" "1 3 2"
	exits "before one that is not there" 2 policy add --reject --before 4711
	exits "delete two" 0 policy del "$first" $((first + 2))
	is "one is left" "$(rules)" "2 - - - - reject"
	exits "of two, one is there" 2 policy del 4711 $((first + 1))
	is "it is deleted" "$(rules)" ""
	policy add --reject
	second=$(zsockctl policy | awk 'NR > 1 { print $1 }')
	check "numbers are not used again" test "$second" -gt $((first + 2))
	policy flush
}

test_refused()
{
	while read -r words; do
		# shellcheck disable=SC2086
		exits "no rule: $words" 1 policy add $words
	done <<-EOT
		--uid 1
		--backend a --reject
		--reject --or-else
		--reject more
		more --reject
		--reject --nosuch
		--reject --uid
		--reject --uid nosuchuser
		--reject --uid -1
		--reject --dst 10.0.0
		--reject --dst 10.0.0.0/33
		--reject --dst ::/129
		--reject --dst 10.0.0.0/
		--reject --dst example.com
		--reject --dport http
		--reject --dport 65536
		--reject --dport 90-80
		--reject --dport 80-
		--reject --proto nosuch
		--reject --proto 65536
		--reject --before 0
		--reject --before x
		--backend a-name-of-sixteen
	EOT
	exits "what the kernel refuses" 2 policy add --reject --dst 10.0.0.1/8
	like "and why" "$err" "*Invalid argument: bits beyond*"
	exits "an ordinary user" 2 setpriv --reuid 65534 --clear-groups --inh-caps=-all \
		"$top/tools/bin/zsockctl" policy add --reject
	like "is told why" "$err" "*Operation not permitted*"
	is "no rule came of it" "$(rules)" ""
	for words in "nosuch" "d 1" "f" "del" "del x" "del 0" "flush 1" "list 1"; do
		# shellcheck disable=SC2086
		exits "no command: $words" 1 policy $words
	done
	exits "help" 0 policy help
	like "helps" "$out" "Usage: zsockctl policy*--cgroup*"
	is "po is policy" "$(zsockctl po l)" "$(policy list)"
}

# By way of a program, and the counter.
test_used()
{
	policy add --dst 127.0.0.1 --dport 4711 --proto tcp --reject
	run zsock-run -- bash -c 'echo >/dev/tcp/127.0.0.1/4711'
	like "a program is refused" "$err" "*Permission denied*"
	run zsock-run -- bash -c 'echo >/dev/tcp/127.0.0.1/4712'
	like "for that port alone" "$err" "*Connection refused*"
	is "which is counted" "$(zsockctl policy | awk 'NR > 1 { print $8 }')" 1
	policy add --uid 7 --backend b --or-else
	zsockctl -j -p policy >list.json
	check "JSON" python3 -IS - <<-'EOT'
		import json
		one, two = json.load(open("list.json"))
		assert one.pop("id") > 0
		assert one == {"dst": "127.0.0.1/32", "dport": [4711, 4711], "proto": [6, 6],
		               "reject": True, "hits": 1}, one
		assert two["uid"] == 7 and two["backend"] == "b" and two["or_else"] is True
		assert two["hits"] == 0 and "dst" not in two
	EOT
	policy flush
}

completed()
{
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	_zsockctl
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

test_completion()
{
	# shellcheck source=tools/completion/zsockctl
	. "$top/tools/completion/zsockctl"
	is "completion: commands" "$(completed zsockctl policy f)" flush
	is "completion: has all options" "$(completed zsockctl policy add --)" \
		"$(zsockctl policy help | grep -oE -- '--[a-z-]+' | sort -u | xargs)"
	is "completion: backends" "$(completed zsockctl policy add --backend na)" native
}

tap_begin
test_rules
test_cgroup
test_order
test_refused
test_used
test_completion
tap_end
