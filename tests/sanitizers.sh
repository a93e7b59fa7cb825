#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# The test programs, library included, and the command on damaged dumps under AddressSanitizer and UndefinedBehaviorSanitizer with
# gcc and clang, and the threaded ones under ThreadSanitizer.
set -u
. "$(dirname "$0")/lib.sh"

out=$build/sanitizers
mkdir -p "$out"
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

# From gcc 13 and clang 15 on frames are taken from a heap, unless told otherwise, to notice uses
# after a return; with as many calls of small functions as here that costs a hundredfold.
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:exitcode=99
# Property tests run for a shorter time: each step costs several times as much.
export PW_TEST_SECONDS="${PW_TEST_SECONDS:-2}"

# suite PROGRAM: it must pass, and say so
suite() {
	suite_output=$("$1" 2>&1)
	suite_status=$?
	printf '%s\n' "$suite_output" | tail -n 30
	[ "$suite_status" -eq 0 ] &&
		printf '%s\n' "$suite_output" | tail -n 1 | grep -qxE '[0-9]+ passed, 0 failed(, [0-9]+ skipped)?'
}

# kind NAME COMPILER SANITIZERS PROGRAMS
kind() {
	kind_dir=$out/$1
	kind_bins=
	for src in $4; do
		kind_bins="$kind_bins $kind_dir/${src%.c}"
	done
	[ -n "$kind_bins" ] || { fail "$1: no test programs"; return; }
	# shellcheck disable=SC2086
	try "$1: build" make --no-print-directory -j"$jobs" O="$kind_dir" CC="$2" SANITIZE="$3" $kind_bins
	for bin in $kind_bins; do
		[ -x "$bin" ] && try "$1: ${bin##*/}" suite "$bin"
	done
}

# The command, and dumps that are damaged at random.
damaged() {
	damaged_dir=$out/asan-$1
	try "asan-$1: build the command" make --no-print-directory -j"$jobs" O="$damaged_dir" CC="$1" \
		SANITIZE=address,undefined tool
	try "asan-$1: damaged dumps" env PW_SANITIZED="$damaged_dir/pagewalk" tests/dumps.py 1 10
}

asan=$(sources PW_TESTS_ASAN)
tsan=$(sources PW_TESTS_TSAN)
for cc in gcc clang; do
	kind "asan-$cc" $cc address,undefined "$asan"
	damaged "$cc"
done
kind tsan-gcc gcc thread "$tsan"

# The sanitizers are really on: each must stop a program with its kind of mistake.
cat >"$out/asan.c" <<'C'
#include <stdlib.h>
int main(int argc, char **argv)
{
	char *p = malloc((size_t)argc);

	(void)argv;
	return p[argc];
}
C
cat >"$out/undefined.c" <<'C'
int main(int argc, char **argv)
{
	(void)argv;
	return 1 << (argc + 31);
}
C
cat >"$out/thread.c" <<'C'
#include <pthread.h>
static int shared;
static void *bump(void *arg)
{
	for (int i = 0; i < 100000; i++)
		shared++;
	return arg;
}
int main(void)
{
	pthread_t a, b;

	pthread_create(&a, 0, bump, 0);
	pthread_create(&b, 0, bump, 0);
	pthread_join(a, 0);
	pthread_join(b, 0);
	return 0;
}
C
for probe in gcc:address:asan clang:address:asan gcc:undefined:undefined clang:undefined:undefined \
	gcc:thread:thread; do
	cc=${probe%%:*}
	file=${probe##*:}
	san=${probe#*:}
	san=${san%:*}
	try "$cc -fsanitize=$san is there" "$cc" -g -pthread "-fsanitize=$san" \
		-fno-sanitize-recover=all "$out/$file.c" -o "$out/probe-$file-$cc"
	refuse "$cc -fsanitize=$san notices" "$out/probe-$file-$cc"
done
finish
