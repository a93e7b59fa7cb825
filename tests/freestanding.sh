#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# The core and the kernel vocabulary without a C library: compiled for each target the way kernels
# and firmware compile, linked to one object, which may leave nothing undefined but memcpy, memset
# and memcmp.
set -u
. "$(dirname "$0")/lib.sh"

out=$build/freestanding
base="-std=c11 -O2 -ffreestanding -nostdlib -nostdinc -Iinclude -Wall -Wextra -Wconversion -Wshadow
	-Wvla -Wundef -Wmissing-prototypes -Werror"
core=$(sources PW_SRC PW_INSTANCE_SRC PW_FIELDS_SRC PW_PLATFORM_SRC PW_LINUX_SRC PW_MODEL_SRC)
arm64=$(sources PW_PLATFORM_ARM64_INSN_SRC)
riscv=$(sources PW_PLATFORM_RISCV_INSN_SRC)
x86=$(sources PW_PLATFORM_X86_INSN_SRC)

# nm -u prints one "U name" a line.
undefined() {
	nm -u "$1" | awk '{ print $NF }' | grep -vxE 'memcpy|memset|memcmp'
}

# Names a static library gives its user: all of them start with the library's prefix, or they meet
# the kernel's own at the last link.
foreign() {
	nm -g --defined-only "$1" | awk 'NF == 3 && $3 !~ /^pwm?_/ { print $3 }'
}

compile_all() {
	compile_dir=$1
	compile_ld=$2
	shift 2
	rm -rf "$compile_dir"
	mkdir -p "$compile_dir"
	for src in $files; do
		obj=$compile_dir/$(echo "$src" | tr / _).o
		# -nostdinc drops the compiler's own stdint.h as well: give that back.
		# shellcheck disable=SC2086
		"$@" $base -isystem "$("$@" -print-file-name=include)" -c "$src" -o "$obj" || return 1
	done
	$compile_ld -r -o "$compile_dir.o" "$compile_dir"/*.o || return 1
	left=$(undefined "$compile_dir.o")
	[ -z "$left" ] || { echo "undefined:" "$left"; return 1; }
	left=$(foreign "$compile_dir.o")
	[ -z "$left" ] || { echo "global names without the prefix:" "$left"; return 1; }
}

# target NAME FILES LINKER COMPILER...
target() {
	target_name=$1
	files=$2
	target_ld=$3
	shift 3
	try "$target_name" compile_all "$out/$(echo "$target_name" | tr ' ' -)" "$target_ld" "$@"
}

# arch NAME TRIPLE FILES FLAGS...: with gcc (its own linker) and clang (lld)
arch() {
	arch_name=$1
	triple=$2
	arch_files=$3
	shift 3
	gcc=$(gcc_for "${triple%%-*}")
	if [ -n "$gcc" ]; then
		target "$arch_name gcc" "$arch_files" "$($gcc -print-prog-name=ld)" "$gcc" "$@"
	else
		fail "$arch_name: no gcc for $triple"
	fi
	target "$arch_name clang" "$arch_files" "ld.lld" clang "--target=$triple" "$@"
}

mkdir -p "$out"
arch x86-64 x86_64-linux-gnu "$core $x86"
arch x86-64-kernel x86_64-linux-gnu "$core $x86" \
	-mno-sse -mno-red-zone -mgeneral-regs-only -mcmodel=kernel -fno-pic
arch aarch64 aarch64-linux-gnu "$core $arm64" -mgeneral-regs-only -mno-outline-atomics
arch rv64gc riscv64-linux-gnu "$core $riscv" -march=rv64gc -mabi=lp64d
arch rv64imac riscv64-linux-gnu "$core $riscv" -march=rv64imac -mabi=lp64

# A function of the C library must be noticed.
printf 'int puts(const char *);\nint f(void);\nint f(void) { return puts("x"); }\n' >"$out/bad.c"
files=$out/bad.c
refuse "a call of puts()" compile_all "$out/bad" "$(gcc -print-prog-name=ld)" gcc
printf 'int walk(void);\nint walk(void) { return 0; }\n' >"$out/bad.c"
refuse "a global name without the prefix" compile_all "$out/bad" "$(gcc -print-prog-name=ld)" gcc
[ -n "$core" ] || fail "no sources"
finish
