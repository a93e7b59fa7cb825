#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# What the compilers make of platform/arm64/insn.c: every barrier and every TLBI of enum
# pw_arm64_tlbi, once each and no others. An operation by address takes a register, a full one none.
set -u
. "$(dirname "$0")/lib.sh"

out=$build/insn
file=$(sources PW_PLATFORM_ARM64_INSN_SRC)
flags="-std=c11 -O2 -ffreestanding -Wall -Wextra -Werror -Iinclude"
by_address="vae1is vale1is vaae1is vaale1is aside1is vae2is vale2is vae3is vale3is
	rvae1is rvale1is rvaae1is rvaale1is rvae2is rvale2is rvae3is rvale3is
	ipas2e1is ipas2le1is ripas2e1is ripas2le1is"
without="vmalle1is alle2is alle3is vmalls12e1is alle1is"

case $(gcc -dumpmachine) in
aarch64-*) objdump=objdump ;;
*) objdump=aarch64-linux-gnu-objdump ;;
esac

# "address: word <tab> mnemonic <tab> operands" becomes "mnemonic operands"
disassemble() {
	"$objdump" -d "$1" | awk -F '\t' 'NF > 2 {
		line = $3
		for (i = 4; i <= NF; i++)
			line = line " " $i
		gsub(/[ \t]+/, " ", line)
		sub(/ $/, "", line)
		print line
	}'
}

compile() {
	compile_obj=$1
	shift
	# shellcheck disable=SC2086
	"$@" $flags -c "$file" -o "$compile_obj"
}

# exactly NUMBER PATTERN LISTING: so many lines match the pattern as a whole
exactly() {
	found=$(grep -c -E -x -e "$2" "$3")
	[ "$found" -eq "$1" ] || { echo "found $found"; return 1; }
}

# check NAME COMPILER...
check() {
	name=$1
	listing=$out/$name.s
	shift
	try "$name: compile" compile "$out/$name.o" "$@"
	disassemble "$out/$name.o" >"$listing"
	for op in "dsb ishst" "dsb ish" isb; do
		try "$name: $op" exactly 1 "$op" "$listing"
	done
	for op in $by_address; do
		try "$name: tlbi $op" exactly 1 "tlbi $op, x[0-9]+" "$listing"
	done
	for op in $without; do
		try "$name: tlbi $op" exactly 1 "tlbi $op" "$listing"
	done
	try "$name: no other tlbi" exactly 26 "tlbi .*" "$listing"
	try "$name: no other barrier" exactly 3 "dsb .*|dmb .*|isb.*" "$listing"
}

mkdir -p "$out"
rm -f "$out"/*
gcc=$(gcc_for aarch64)
if [ -n "$gcc" ]; then
	check gcc "$gcc"
else
	fail "no gcc for aarch64"
fi
check clang clang --target=aarch64-linux-gnu
# Elsewhere the file must be refused, not compile to nothing.
refuse "another target" compile "$out/other.o" clang --target=x86_64-linux-gnu
finish
