#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# What the compilers make of platform/*/insn.c: every barrier and every invalidation once each and no
# others. An operation by address takes a register, a full one none; those of RISC-V come in four
# forms, with x0 for what is missing.
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

# "address: word <tab> mnemonic <tab> operands" becomes "mnemonic operands", and "word WORD" behind it
disassemble() {
	"$objdump" -d "$1" | awk -F '\t' 'NF > 2 {
		line = $3
		for (i = 4; i <= NF; i++)
			line = line " " $i
		gsub(/[ \t]+/, " ", line)
		sub(/ $/, "", line)
		print line
		sub(/ *$/, "", $2)
		print "word " $2
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
# others DIR OBJDUMP COMPILER...: each line of $want, so many times, is in the listing
others() {
	name=$1
	file=platform/$2/insn.c
	objdump=$3
	shift 3
	try "$name: compile" compile "$out/$name.o" "$@"
	disassemble "$out/$name.o" >"$out/$name.s"
	printf '%s\n' "$want" | while read -r times pattern; do
		exactly "$times" "$pattern" "$out/$name.s" >/dev/null || echo "$times $pattern"
	done >"$out/$name.missing"
	try "$name: each instruction, once" test ! -s "$out/$name.missing"
	cat "$out/$name.missing"
}

reg='[a-z0-9]+'
# What a disassembler calls those of extensions is a matter of its age. As words: funct7, rs2, rs1.
rs1='(08|[1-9a-f][08])'
rs2='[1-9a-f]'
want="1 sfence.vma [^z][a-z0-9]*,$reg
1 sfence.vma $reg
1 sfence.vma zero,$reg
1 sfence.vma
1 word 62${rs2}${rs1}073
1 word 620${rs1}073
1 word 62${rs2}00073
1 word 62000073
1 word 16${rs2}${rs1}073
1 word 160${rs1}073
1 word 16${rs2}00073
1 word 16000073
1 word 66${rs2}${rs1}073
1 word 660${rs1}073
1 word 66${rs2}00073
1 word 66000073
1 word 18000073
1 word 18100073
1 fence rw,rw"
gcc=$(gcc_for riscv64)
if [ -n "$gcc" ]; then
	others riscv-gcc riscv "$($gcc -print-prog-name=objdump)" "$gcc" -march=rv64gc
	others riscv-clang riscv "$($gcc -print-prog-name=objdump)" \
		clang --target=riscv64-linux-gnu -march=rv64gc
else
	fail "no gcc for riscv64"
fi

want='1 invlpg \(.*\)
1 invpcid .*
2 mov %cr3,.*|mov .*,%cr3
3 mov %cr4,.*|mov .*,%cr4
1 invlpgb.*
1 tlbsync.*
1 invept .*
1 mfence
1 lfence'
gcc=$(gcc_for x86_64)
if [ -n "$gcc" ]; then
	others x86-gcc x86 "$($gcc -print-prog-name=objdump)" "$gcc"
	others x86-clang x86 "$($gcc -print-prog-name=objdump)" clang --target=x86_64-linux-gnu
else
	fail "no gcc for x86-64"
fi

# Elsewhere the files must be refused, not compile to nothing.
file=$(sources PW_PLATFORM_ARM64_INSN_SRC)
refuse "arm64 elsewhere" compile "$out/other.o" clang --target=x86_64-linux-gnu
file=$(sources PW_PLATFORM_RISCV_INSN_SRC)
refuse "RISC-V elsewhere" compile "$out/other.o" clang --target=x86_64-linux-gnu
file=$(sources PW_PLATFORM_X86_INSN_SRC)
refuse "x86-64 elsewhere" compile "$out/other.o" clang --target=aarch64-linux-gnu
finish
