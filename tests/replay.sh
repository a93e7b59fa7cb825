#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# pagewalk replay and pagewalk rules: exit status, what they say, and that docs/rules.md is what the
# model's table makes of it.
set -u
. "$(dirname "$0")/lib.sh"

tool=$build/pagewalk
out=$build/replay
mkdir -p "$out"

# trace NAME LINE...: a text trace
trace() {
	trace_name=$1
	shift
	{
		echo "pagewalk-trace 1"
		printf '%s\n' "$@"
	} >"$out/$trace_name"
}

# status WANTED TEXT COMMAND...: the exit status, and a text that the output has
status() {
	status_want=$1
	status_text=$2
	shift 2
	status_out=$("$@" 2>&1)
	status_got=$?
	[ "$status_got" -eq "$status_want" ] || { echo "status $status_got"; echo "$status_out"; return 1; }
	case $status_out in
	*"$status_text"*) ;;
	*)
		echo "no '$status_text' in: $status_out"
		return 1
		;;
	esac
}

tables='snapshot 0 0x10000 0x11003
snapshot 0 0x11000 0x12003
snapshot 0 0x12000 0x13003
snapshot 0 0x13000 0x0060000080000f03
root 0 lower 0x10000 1
isb 0'
trace fine "$tables" 'store 0 0x13000 0' 'dsb 0 ish' 'tlbi 0 vae1is va=0 asid=1' 'dsb 0 ish' \
	'isb 0' 'contract 0 unmap 0 0xfff'
trace findings "$tables" 'store 0 0x13000 0 @mm/unmap.c:17' 'contract 0 unmap 0 0xfff @mm/unmap.c:20'
trace broken "$tables" 'store 0 0x13000 0' 'contract 0 unmap 0 0xfff' 'dsb 0 perhaps' 'isb 0'
trace late-config "$tables" 'config cpus 2'
trace foreign-step "$tables" 'invlpg 0 0'
trace no-cpu "$tables" 'isb 60'
trace register 'root 0 lower 0x10001 1'
trace barrier 'mfence 0'
printf 'pagewalk-trace 9\n' >"$out/version"
: >"$out/empty"

try "a clean trace" status 0 "12 records, 0 findings" "$tool" replay "$out/fine"
try "a finding" status 1 "A64-TLBI-1" "$tool" replay "$out/findings"
try "a finding names its place" status 1 "at mm/unmap.c:17" "$tool" replay "$out/findings"
try "counts only" status 1 "8 records, 1 findings" "$tool" replay -q "$out/findings"
refuse "-q has no reports" sh -c "$tool replay -q $out/findings | grep -q A64"
try "standard input" status 1 "1 findings" sh -c "$tool replay - <$out/findings"
try "a malformed line" status 3 "line 10: expected a kind of barrier" "$tool" replay "$out/broken"
try "what came before counts" status 3 "A64-TLBI-1" "$tool" replay "$out/broken"
try "late configuration" status 3 "line 8: expected no config" "$tool" replay "$out/late-config"
try "another machine's step" status 3 "a step that this machine has" "$tool" replay "$out/foreign-step"
try "no such CPU" status 3 "a CPU that the configuration has" "$tool" replay "$out/no-cpu"
try "a register is no address" status 3 "line 2: expected the root's physical address" \
	"$tool" replay "$out/register"
try "another machine's barrier" status 3 "line 2: expected a barrier of this architecture" \
	"$tool" replay "$out/barrier"
try "a version to come" status 3 "line 1: expected" "$tool" replay "$out/version"
try "an empty file" status 3 "line 1: expected" "$tool" replay "$out/empty"
try "no such file" status 3 "nowhere" "$tool" replay "$out/nowhere"
# Names of places: what is too long, or no name, is not another one, and none commands a terminal.
try "a site's name is too long" status 3 "line 2: expected at most 4095 bytes" \
	sh -c "printf 'pagewalk-trace 1\nisb 0 @%05000d\n' 0 | $tool replay -"
try "the longest name" status 0 "1 records" \
	sh -c "printf 'pagewalk-trace 1\nisb 0 @%04095d\n' 0 | $tool replay -"
try "a site's name with a zero" status 3 "line 2: expected a site's name without" \
	sh -c "printf 'pagewalk-trace 1\nisb 0 @a\0b\n' | $tool replay -"
trace escape "$tables" "store 0 0x13000 0 @$(printf '\033[31m')" 'contract 0 unmap 0 0xfff'
try "no escape from a name" status 1 "CPU 0 at ?[31m" "$tool" replay "$out/escape"
printf 'pagewalk-trace 1\r\nconfig arch x86\r\nmfence 0\r\n' >"$out/crlf"
try "lines of another system" status 0 "2 records" "$tool" replay "$out/crlf"
printf 'pagewalk-trace 1\rmfence 0\n' >"$out/cr"
try "half an end of a line" status 3 "line 1: expected" "$tool" replay "$out/cr"

# One report for findings of one rule from one place; others, and those without a place, each.
trace many "$tables" 'snapshot 0 0x13008 0x0060000080001f03' 'snapshot 0 0x13010 0x0060000080002f03' \
	'store 0 0x13000 0 @a:1' 'contract 0 unmap 0 0xfff @a:2' \
	'store 0 0x13008 0 @a:1' 'contract 0 unmap 0x1000 0x1fff @a:2' \
	'store 0 0x13010 0 @a:3' 'contract 0 unmap 0x2000 0x2fff @a:2'
try "more like this" status 1 "A64-TLBI-1, changed at a:1: 1 more like this" \
	"$tool" replay "$out/many"
try "all are counted" status 1 "14 records, 3 findings" "$tool" replay "$out/many"
sed 's/ @.*//' "$out/many" >"$out/nowhere-in-the-code"
# reports FILE NUMBER
reports() {
	[ "$("$tool" replay "$1" | grep -c '^pagewalk: ERROR')" -eq "$2" ]
}
try "a report for each place" reports "$out/many" 2
try "and for each without one" reports "$out/nowhere-in-the-code" 3

try "usage" status 2 "which source" "$tool" replay
try "one trace at a time" status 2 "too much" "$tool" replay "$out/fine" "$out/fine"

# What ends too early is malformed, whatever could be made of it: 0xf is not 0xfff.
head -c -3 "$out/fine" >"$out/short"
try "the last line is cut" status 3 "line 13: expected the end of the line" "$tool" replay "$out/short"
try "a directory" status 3 "Is a directory" "$tool" replay "$out"
try "an error in reading" status 3 "Input/output error" "$tool" replay /proc/self/mem

# stopped SIGNAL STATUS: what was found is told, and that it is not all
stopped() {
	rm -f "$out/pipe"
	mkfifo "$out/pipe"
	"$tool" replay "$out/pipe" >"$out/stopped" 2>&1 &
	stopped_pid=$!
	{
		cat "$out/findings"
		sleep 1
		kill -s "$1" "$stopped_pid"
		sleep 1
	} >"$out/pipe"
	wait "$stopped_pid"
	stopped_got=$?
	cat "$out/stopped"
	[ "$stopped_got" -eq "$2" ] && grep -q A64-TLBI-1 "$out/stopped" &&
		grep -q "8 records, 1 findings" "$out/stopped" &&
		grep -q "interrupted" "$out/stopped"
}
try "interrupted" stopped INT 130
try "terminated" stopped TERM 143

# The binary form: the same verdicts.
try "bench writes binary traces" "$build/bench/model" write "$out/binary" 20000
try "a binary trace" status 0 "findings" "$tool" replay -q "$out/binary"
head -c 100 "$out/binary" >"$out/cut"
try "a binary trace that is cut" status 3 "record 4: expected 32 bytes" "$tool" replay "$out/cut"
{ head -c 32 "$out/binary"; head -c 32 /dev/zero; } >"$out/zeros"
"$build/bench/model" write "$out/long" 2000000
try "progress on a long trace" status 0 "pagewalk: 2000000 records, 0 findings" \
	"$tool" replay -v "$out/long"
refuse "no progress unasked" sh -c "$tool replay $out/long 2>&1 | grep -q '^pagewalk:'"
rm -f "$out/long"
# a site of record type 2, in pieces without end
{
	head -c 32 "$out/binary"
	i=0
	while [ $i -lt 200 ]; do
		printf '\002\000\030\000\001\000\000\000aaaaaaaaaaaaaaaaaaaaaaaa'
		i=$((i + 1))
	done
} >"$out/endless"
try "a site's name without end" status 3 "expected at most 4095 bytes of a site's name" \
	"$tool" replay "$out/endless"
try "a record of zeros" status 3 "record 2: expected an operation" "$tool" replay "$out/zeros"

try "all rules" status 0 "A64-TLBI-2 " "$tool" rules
try "a rule in full" status 0 "Source: Arm ARM" "$tool" rules A64-TLBI-2
try "no such rule" status 2 "no rule 'B99'" "$tool" rules B99
"$tool" rules markdown >"$out/rules.md"
try "docs/rules.md is up to date" cmp "$out/rules.md" docs/rules.md
finish
