# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
# shellcheck shell=sh disable=SC2034
#
# What the test scripts share; sourced from the repository's root.

cd "$(dirname "$0")/.." || exit 1

build=${PW_BUILD:-build}
passed=0
failed=0

# try NAME COMMAND...: one test; the command's output is shown when it fails.
try() {
	try_name=$1
	shift
	if try_output=$("$@" 2>&1); then
		passed=$((passed + 1))
		[ -z "${PW_VERBOSE:-}" ] || echo "ok: $try_name"
	else
		failed=$((failed + 1))
		echo "FAIL: $try_name"
		echo "  \$ $*"
		printf '%s\n' "$try_output" | head -n 40 | sed 's/^/  | /'
	fi
}

# refuse NAME COMMAND...: the command must fail.
refuse() {
	refuse_name=$1
	shift
	# shellcheck disable=SC2016
	try "$refuse_name" sh -c '! "$@"' refuse "$@"
}

# fail NAME: a test that failed already.
fail() {
	failed=$((failed + 1))
	echo "FAIL: $1"
}

finish() {
	[ $((passed + failed)) -gt 0 ] || fail "nothing was tested"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}

# sources VARIABLE...: what sources.mk lists
sources() {
	for sources_var in "$@"; do
		make -s --no-print-directory "print-$sources_var"
	done
}

# A compiler for a target, or nothing.
gcc_for() {
	case $(gcc -dumpmachine) in
	"$1"-*) echo gcc ;;
	*) command -v "$1-linux-gnu-gcc" ;;
	esac
}
