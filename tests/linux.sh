#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# The kernel vocabulary: its tests for 2, 3, 4 and 5 levels (every folding), under ASan and UBSan,
# and recorded walks, done again: a real kernel's with 4 levels, hand-made ones with 3; and what a
# model of that kernel says, which agrees with it on its own walks: those walks with 3 levels, and
# random ones with every folding.
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
	for name in walk vma install pageattr; do
		if try "build $name for $bits bits" program "$name$bits" "$bits" \
			"tests/linux/${name}_test.c" tests/linux/stage.c tests/harness/*.c; then
			run "$out/$name$bits"
		fi
	done
done

model=$(sources PW_MODEL_SRC)
for source in examples/*.c; do
	name=$(basename "$source" .c)
	# shellcheck disable=SC2086
	try "build the example $name" program "$name" 48 "$source" $model \
		src/instance/arm64_s2_4k_direct.c
done
PW_EXAMPLES=$out run tests/examples.sh

# replay NAME DIR: adds the walks that agree, and those that do not; one more for all the rest.
replay() {
	replay_output=$(PW_BUILD=$build tests/walk-replay.sh "$2" 2>&1)
	replay_status=$?
	replay_last=$(printf '%s\n' "$replay_output" | tail -n 1)
	replay_agree=${replay_last%% of *}
	replay_all=${replay_last#* of }
	replay_all=${replay_all%% walks agree*}
	case $replay_agree$replay_all in
	*[!0-9]* | '')
		fail "replay of $1 ended without its counts"
		printf '%s\n' "$replay_output" | tail -n 20
		return
		;;
	esac
	passed=$((passed + replay_agree))
	failed=$((failed + replay_all - replay_agree))
	try "replay of $1: lock calls, snapshot, native walks" [ "$replay_status" -eq 0 ]
	[ "$replay_status" -eq 0 ] || printf '%s\n' "$replay_output" | tail -n 40
}

# A recording with one thing changed must not agree.
disagree() {
	mkdir -p "$out/changed"
	cp "$out/walks39/ptonly-before.elf" "$out/walks39/ptonly.elf" "$out/changed"
	sed "$2" "$out/walks39/walks.log" >"$out/changed/walks.log"
	if cmp -s "$out/walks39/walks.log" "$out/changed/walks.log"; then
		fail "$1: nothing changed"
	else
		refuse "$1" env PW_BUILD="$build" tests/walk-replay.sh "$out/changed"
	fi
}

recorded=tests/captures/walks-arm64-linux-7.3
replay "a real kernel's, 4 levels" $recorded
try "the model makes a real kernel's callbacks" tests/linux/walk_model.py $recorded
if try "a real kernel's walks with 3 levels" \
	tests/linux/walk_sets.py refold $recorded "$out/refolded"; then
	replay "a real kernel's, with 3 levels" "$out/refolded"
fi
for bits in 30 39 48 52; do
	if try "random walks, $bits bits" \
		tests/linux/walk_sets.py random $recorded "$out/random$bits" 12 $bits $bits; then
		replay "random walks, $bits bits" "$out/random$bits"
	fi
done
if try "make walks with 3 levels" tests/linux/walks39.py "$out/walks39"; then
	replay "walks with 3 levels" "$out/walks39"
	disagree "a value changed" 's/ val=e8000050000703/ val=e8000050000702/'
	disagree "a return changed" '/^WALK hole-only/,/ = 0/s/ = 0/ = 1/'
	disagree "a callback missing" '/^  post_vma/d'
	disagree "a warning missing" 's/warns=3/warns=2/'
	disagree "a table with two names" 's/new=1600000404fffc3 vma=2040000000/new=3 vma=2040000000/'
fi
finish
