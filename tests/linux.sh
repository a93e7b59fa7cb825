#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# The kernel vocabulary: its tests for 2, 3, 4 and 5 levels (every folding), under ASan and UBSan,
# and the walks that a real kernel recorded, done again (4 levels).
set -u
. "$(dirname "$0")/lib.sh"

out=$build/linux
mkdir -p "$out"
flags="-std=c11 -g -O1 -D_GNU_SOURCE -Iinclude -Wall -Wextra -Wconversion -Wshadow -Werror
	-fsanitize=address,undefined -fno-sanitize-recover=all"
core="$(sources PW_SRC PW_PLATFORM_SRC)"
vocabulary="$(sources PW_LINUX_SRC)"

# program NAME VA_BITS SOURCES...
program() {
	program_name=$1
	program_bits=$2
	shift 2
	# shellcheck disable=SC2086
	gcc $flags -DPW_LINUX_VA_BITS="$program_bits" "$@" $vocabulary $core -o "$out/$program_name"
}

# run PROGRAM ARGUMENTS...: adds its counts to ours.
run() {
	run_output=$("$@" 2>&1)
	run_last=$(printf '%s\n' "$run_output" | tail -n 1)
	run_passed=${run_last%% passed*}
	run_failed=${run_last##*, }
	run_failed=${run_failed%% failed*}
	case $run_passed$run_failed in
	*[!0-9]* | '')
		fail "$* ended without its counts"
		printf '%s\n' "$run_output" | tail -n 20
		return
		;;
	esac
	passed=$((passed + run_passed))
	failed=$((failed + run_failed))
	[ "$run_failed" -eq 0 ] || printf '%s\n' "$run_output" | tail -n 40
}

for bits in 30 39 48 52; do
	for name in walk pageattr; do
		if try "build $name for $bits bits" program "$name$bits" "$bits" \
			"tests/linux/${name}_test.c" tests/linux/stage.c tests/harness/*.c; then
			run "$out/$name$bits"
		fi
	done
done

tools/unpack-captures tests/captures "$build/captures" >/dev/null || fail "unpack the captures"
# shellcheck disable=SC2046
if try "build the replay" program replay 48 tests/linux/replay.c $(sources PW_SOURCES_SRC); then
	run "$out/replay" "$build/captures/walks-arm64-linux-7.3"
fi
finish
