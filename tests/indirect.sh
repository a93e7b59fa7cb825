#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# No instance's object holds an indirect call in a loop: gcc, clang and aarch64 gcc at -O2. Once as
# it is built, and once without jump tables, whose targets a disassembly does not show: a loop
# through one would not be seen as a loop.
set -u
. "$(dirname "$0")/lib.sh"

out=$build/indirect
base="-std=c11 -O2 -ffreestanding -nostdlib -Iinclude"
mkdir -p "$out"

# object NAME SOURCE COMPILER...: compile, and link so that every jump has an address
object() {
	object_elf=$out/$1.elf
	object_src=$2
	shift 2
	# shellcheck disable=SC2086
	"$@" $base -c "$object_src" -o "$object_elf.o" &&
		"$(binutil ld "$@")" -static -e 0 --unresolved-symbols=ignore-all \
			-o "$object_elf" "$object_elf.o"
}

# clang without a target of its own uses gcc's tools.
binutil() {
	case $2 in
	*gcc) "$2" "-print-prog-name=$1" ;;
	*) gcc "-print-prog-name=$1" ;;
	esac
}

clean() {
	object "$@" || return 1
	clean_elf=$out/$1.elf
	shift 2
	tools/loop-calls "$(binutil objdump "$@")" "$clean_elf"
}

cat >"$out/bad.c" <<'C'
void visit(void (*f)(int), int n);
void visit(void (*f)(int), int n)
{
	for (int i = 0; i < n; i++)
		f(i);
}
C
cat >"$out/good.c" <<'C'
int visit(int (*f)(int), const int *p, int n);
int visit(int (*f)(int), const int *p, int n)
{
	int sum = 0;

	for (int i = 0; i < n; i++)
		sum += *(const volatile int *)&p[i];
	return f(sum) + 1;
}
C

# flags COMPILER: what the core is compiled with there
flags() {
	case $1 in
	*aarch64*) echo "-mgeneral-regs-only -mno-outline-atomics" ;;
	*) [ "$(gcc -dumpmachine | cut -d- -f1)" != x86_64 ] || echo "-mgeneral-regs-only" ;;
	esac
}

instances=$(sources PW_INSTANCE_SRC)
[ -n "$instances" ] || fail "no instances"
for cc in gcc clang aarch64-linux-gnu-gcc; do
	if ! command -v $cc >/dev/null; then
		fail "no $cc"
		continue
	fi
	for src in $instances; do
		name=$(basename "$src" .c)-$cc
		# shellcheck disable=SC2046
		try "$name" clean "$name" "$src" $cc $(flags $cc)
		# shellcheck disable=SC2046
		try "$name, no jump tables" clean "$name-nojt" "$src" $cc $(flags $cc) -fno-jump-tables
	done
	refuse "an indirect call in a loop ($cc)" clean "bad-$cc" "$out/bad.c" $cc
	try "an indirect call behind a loop ($cc)" clean "good-$cc" "$out/good.c" $cc
done
finish
