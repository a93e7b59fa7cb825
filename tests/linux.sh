#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# The kernel vocabulary: its tests for 2, 3, 4 and 5 levels (every folding), under ASan and UBSan,
# and recorded walks, done again: a real kernel's with 4 levels, hand-made ones with 3; and what a
# model of that kernel says, which agrees with it on its own walks: those walks with 3 levels, and
# random ones with every folding and page size.
set -u
. "$(dirname "$0")/lib.sh"

out=$build/linux
mkdir -p "$out"
flags="-std=c11 -g -O1 -D_GNU_SOURCE -Iinclude -Wall -Wextra -Wconversion -Wshadow -Werror
	-fsanitize=address,undefined -fno-sanitize-recover=all"
vocabulary="$(sources PW_LINUX_SRC)"
core=$out/core.a

# What knows nothing of the geometry is compiled once.
compile_core() {
	rm -rf "$out/core" "$core"
	mkdir -p "$out/core"
	for file in $(sources PW_SRC PW_PLATFORM_SRC); do
		# shellcheck disable=SC2086
		gcc $flags -c "$file" -o "$out/core/$(echo "$file" | tr / _).o" || return 1
	done
	ar rcs "$core" "$out"/core/*.o
}
try "the core" compile_core

# program NAME PAGE_SHIFT VA_BITS SOURCES...
program() {
	program_name=$1
	program_geometry="-DPW_LINUX_PAGE_SHIFT=$2 -DPW_LINUX_VA_BITS=$3"
	shift 3
	# shellcheck disable=SC2086
	gcc $flags $program_geometry "$@" $vocabulary "$core" -o "$out/$program_name"
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

# suite PAGE_SHIFT VA_BITS NAME...
suite() {
	suite_shift=$1
	suite_bits=$2
	shift 2
	for name; do
		if try "build $name for $suite_bits bits, page shift $suite_shift" \
			program "$name$suite_shift-$suite_bits" "$suite_shift" "$suite_bits" \
			"tests/linux/${name}_test.c" tests/linux/stage.c tests/harness/*.c; then
			run "$out/$name$suite_shift-$suite_bits"
		fi
	done
}

for bits in 30 39 48 52; do
	suite 12 "$bits" walk vma install pageattr
done
for geometry in "14 47" "16 42" "16 52"; do
	# shellcheck disable=SC2086
	suite $geometry walk vma install pageattr
done

model=$(sources PW_MODEL_SRC)
for source in examples/*.c; do
	name=$(basename "$source" .c)
	# shellcheck disable=SC2086
	try "build the example $name" program "$name" 12 48 "$source" $model \
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

# The recording of 3 levels with its log put through sed.
changed() {
	mkdir -p "$out/changed"
	cp "$out/walks39/ptonly-before.elf" "$out/walks39/ptonly.elf" "$out/changed"
	sed "$1" "$out/walks39/walks.log" >"$out/changed/walks.log"
	! cmp -s "$out/walks39/walks.log" "$out/changed/walks.log"
}

# A recording with one thing changed must not agree.
disagree() {
	try "$1: something is changed" changed "$2"
	refuse "$1" env PW_BUILD="$build" tests/walk-replay.sh "$out/changed"
}

# Nor one with a line that cannot be read, and the line is named.
named() {
	try "$1: something is changed" changed "$2"
	named_output=$(PW_BUILD=$build tests/walk-replay.sh "$out/changed" 2>&1)
	named_status=$?
	# shellcheck disable=SC2016
	try "$1: refused, and named" sh -c '[ "$1" -ne 0 ] && printf "%s" "$2" | grep -qE "$3"' \
		named "$named_status" "$named_output" "$3"
}

# One that says the same in other words must agree, by whatever name its folder goes.
agree() {
	try "$1: something is changed" changed "$2"
	try "$1" env PW_BUILD="$build" tests/walk-replay.sh "$out/changed/"
}

recorded=tests/captures/walks-arm64-linux-7.3
replay "a real kernel's, 4 levels" $recorded
try "the model makes a real kernel's callbacks" tests/linux/walk_model.py $recorded
if try "a real kernel's walks with 3 levels" \
	tests/linux/walk_sets.py refold $recorded "$out/refolded"; then
	replay "a real kernel's, with 3 levels" "$out/refolded"
fi
for geometry in "12 30" "12 39" "12 48" "12 52" "14 47" "16 42" "16 52"; do
	# shellcheck disable=SC2086
	if try "random walks, page shift and bits $geometry" \
		tests/linux/walk_sets.py random $recorded "$out/random" $geometry 1; then
		replay "random walks, page shift and bits $geometry" "$out/random"
	fi
done
if try "make walks with 3 levels" tests/linux/walks39.py "$out/walks39"; then
	replay "walks with 3 levels" "$out/walks39"
	disagree "a value changed" 's/ val=e8000050000703/ val=e8000050000702/'
	disagree "a return changed" '/^WALK hole-only/,/ = 0/s/ = 0/ = 1/'
	disagree "a callback missing" '/^  post_vma/d'
	disagree "a warning missing" 's/warns=3/warns=2/'
	disagree "a table with two names" 's/new=1600000404fffc3 vma=2040000000/new=3 vma=2040000000/'
	agree "a geometry in another order, with more in it" \
		's/^GEOM page=4096 levels=3 va_bits=39/GEOM pud=x va_bits=39 levels=3 page=4096/'
	agree "a geometry without the vmalloc area" 's/ vmalloc=[^ ]*//'
	agree "line ends of another system" 's/$/\r/'
	agree "lines that say nothing" 's/^PHASE .*/\n# a note\n&\n/'
	agree "a root that nobody walks" 's/^ROOT user.*/&\nROOT efi pa=40100000/'
	agree "no phase but the first" '1,/^PHASE locks/{/^PHASE locks/d}'
	named "a value that is none" 's/ ret=0$/ ret=zero/' 'walks.log:[0-9]+: .*LOCK'
	named "another number of levels" 's/levels=3/levels=4/' 'walks.log:4: .*geometry'
	named "pages of 8K" 's/page=4096/page=8192/' 'walks.log: no GEOM'
	named "no geometry" '/^GEOM/d' 'walks.log: no GEOM'
	named "a VMA out of order" '/^VMA 2000000000/{h;d};/^VMA 2040000000/{G}' \
		'walks.log:[0-9]+: the VMAs'
	named "a VMA without numbers" 's/^VMA 2000000000/VMA x/' 'walks.log:6: no VMA'
	named "a root that is no table" 's/^ROOT user pa=.*/ROOT user pa=7/' 'walks.log:5: no root'
	named "no root" '/^ROOT private/d' 'walks.log:[0-9]+: root= is none'
	named "a range that is no number" 's/\(WALK hole-only .* start=\)/\1x/' \
		'walks.log:[0-9]+: start= or end='
	named "a callback that nobody knows" 's/ops=pgd_entry,pte_hole/ops=pgd_entry,pte_hol/' \
		'walks.log:[0-9]+: ops= or rule='
	named "a rule that nobody knows" 's/rule=pud_entry#1:again/rule=pud_entry#1:repeat/' \
		'walks.log:[0-9]+: ops= or rule='
	named "a walk that nobody knows" 's/fn=walk_page_mapping/fn=walk_page_maping/' \
		'walks.log:[0-9]+: fn='
	named "a walk without its end" '/^WALK hole-only/,/ = 0/{/ = 0/d}' \
		'walks.log:[0-9]+: it does not end'
	named "callbacks of no walk" '/^WALK hole-only/,/ = 0/{/^WALK/d}' 'walks.log:[0-9]+: '
	mkdir -p "$out/a folder"
	xz -k -c "$out/walks39/walks.log" >"$out/a folder/walks.log.xz"
	cp "$out/walks39/ptonly-before.elf" "$out/walks39/ptonly.elf" "$out/a folder"
	try "a folder with a space, by make" make -s O="$build" walk-replay DIR="$out/a folder/"
	rm "$out/a folder/ptonly.elf"
	refuse "no second snapshot" make -s O="$build" walk-replay DIR="$out/a folder"
	refuse "no folder" make -s O="$build" walk-replay DIR="$out/nothing"
fi
finish
