#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# The free-standing unit tests, and the real instructions on live tables, in a bare guest under
# qemu-system-aarch64: entered at EL1, at EL2 and at EL3.
set -u
cd "$(dirname "$0")/../.." || exit 1

out=${PW_BUILD:-build}/metal
qemu=${QEMU:-qemu-system-aarch64}
limit=120
passed=0
failed=0

finish() {
	echo "$passed passed, $failed failed$1"
	[ "$failed" -eq 0 ]
	exit
}

fail() {
	echo "FAIL: $1"
	failed=$((failed + 1))
}

if ! command -v "$qemu" >/dev/null; then
	echo "skipped: $qemu is not installed"
	finish ", 1 skipped"
fi
case $(gcc -dumpmachine) in
aarch64-*) cc=gcc ;;
*) cc=aarch64-linux-gnu-gcc ;;
esac
if ! command -v "$cc" >/dev/null; then
	fail "$cc is not installed"
	finish ""
fi

sources() {
	for var in "$@"; do
		make -s --no-print-directory "print-$var"
	done
}

# compile SOURCE OBJECT. No vector registers: nobody turned them on. Aligned accesses only:
# translation is off at first.
compile() {
	"$cc" -O2 -g -ffreestanding -mno-outline-atomics -mgeneral-regs-only -mstrict-align \
		-fno-pie -fno-stack-protector -Wall -Wextra -Wconversion -Wshadow -Werror \
		-Iinclude -c "$1" -o "$2"
}

# One guest with every test that needs no C library.
build() {
	rm -rf "$out"
	mkdir -p "$out"
	for src in $(sources PW_SRC PW_INSTANCE_SRC PW_PLATFORM_SRC PW_PLATFORM_ARM64_INSN_SRC) \
		tests/harness/harness.c tests/unit/arm64_test.c tests/unit/gather_test.c \
		tests/metal/start.S tests/metal/*.c; do
		compile "$src" "$out/$(echo "$src" | tr / _).o" || return 1
	done
	"$cc" -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
		-T tests/metal/guest.ld "$out"/*.o -o "$out/guest.elf"
}

# boot LEVEL MACHINE: enter the guest there; its last line counts
boot() {
	name=$1
	log=$out/$name.log
	timeout "$limit" "$qemu" -M "$2" -cpu max -m 128 -nodefaults -display none \
		-serial stdio -monitor none -semihosting-config enable=on,target=native \
		-kernel "$out/guest.elf" </dev/null >"$log" 2>&1
	status=$?
	counts=$(tail -n 1 "$log" | tr -d '\r' |
		sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
	if [ -z "$counts" ]; then
		tail -n 20 "$log"
		fail "$name: the guest ended without a result, status $status"
		return
	fi
	passed=$((passed + ${counts% *}))
	failed=$((failed + ${counts#* }))
	if [ "${counts#* }" -ne 0 ]; then
		tail -n 20 "$log" | sed "s/^/$name: /"
	elif [ "$status" -ne 0 ]; then
		fail "$name: exit status $status, though nothing failed"
	fi
}

if ! build; then
	fail "the guest does not build"
	finish ""
fi
boot el1 virt
boot el2 virt,virtualization=on
boot el3 virt,virtualization=on,secure=on
finish ""
