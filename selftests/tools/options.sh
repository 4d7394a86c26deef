# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Whether a daemon's completion and manual page know its options. After setup.sh.

options_of() { "$1" --help | grep -o -- '--[a-z-]*' | sort -u; }

# completions WORD...: what there is to choose from for the last
completions()
{
	# shellcheck disable=SC2034
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	"_${1//-/_}"
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

completion_has_options()
{
	is "completion: has all options" "$(completions "$1" --)" "$(options_of "$1" | xargs)"
}

# shellcheck disable=SC2154 # $top is of setup.sh
manual_has_options()
{
	local option missing=

	for option in $(options_of "$1"); do
		grep -qF -- "${option//-/\\-}" "$top/Documentation/man/$1.8" ||
			missing+=" $option"
	done
	is "the manual page has all options" "$missing" ""
}
