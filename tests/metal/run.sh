#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# run.sh [--full] [ARCH...]: bare guests, with the MMU on: the library changes tables that a machine
# walks, and the machine says what it sees. --full makes as many comparisons as are worth making,
# and prints what each guest had to say; without, as many as fit into a minute. ARCH: of these
# architectures only.
set -u
cd "$(dirname "$0")/../.." || exit 1

out=${PW_BUILD:-build}/metal
full=
only=
for arg in "$@"; do
	case $arg in
	--full) full=1 ;;
	arm64 | x86 | riscv) only="$only $arg" ;;
	*)
		echo "usage: run.sh [--full] [arm64|x86|riscv]..." >&2
		exit 2
		;;
	esac
done
limit=${PW_METAL_LIMIT:-${full:+1200}} # seconds for one guest
limit=${limit:-120}
passed=0
failed=0
skipped=0

fail() {
	echo "FAIL: $1"
	failed=$((failed + 1))
}

skip() {
	echo "skipped: $1"
	skipped=$((skipped + 1))
}

finish() {
	[ "$skipped" -eq 0 ] && echo "$passed passed, $failed failed" ||
		echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
	exit
}

# checks DEFAULT FULL: how many comparisons
checks() {
	echo "checks=${full:+$2}" | sed "s/=$/=$1/"
}

sources() {
	for var in "$@"; do
		make -s --no-print-directory "print-$var"
	done
}

# A compiler for a target: this machine's own, or a cross compiler.
compiler_for() {
	case $(gcc -dumpmachine) in
	"$1"-*) echo gcc ;;
	*) echo "$1-linux-gnu-gcc" ;;
	esac
}

flags="-std=c11 -O2 -g -ffreestanding -fno-pie -fno-stack-protector -Wall -Wextra -Wconversion
	-Wshadow -Werror -Iinclude"

# build OUT SCRIPT COMPILER FLAGS SOURCES...: a guest; what it is made of is compiled side by side
build() {
	build_out=$1
	build_script=$2
	build_cc=$3
	build_flags=$4
	shift 4
	rm -rf "$build_out"
	mkdir -p "$build_out"
	# shellcheck disable=SC2086,SC2016
	printf '%s\n' "$@" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I '{}' sh -c '
		src=$1 out=$2
		shift 2
		exec "$@" -c "$src" -o "$out/$(echo "$src" | tr / _).o"
	' sh '{}' "$build_out" "$build_cc" $flags $build_flags || return 1
	"$build_cc" -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
		-T "$build_script" "$build_out"/*.o -o "$build_out/guest.elf"
}

# guest ARCH QEMU TARGET FLAGS SOURCES...: is it asked for, is all there, and does it build?
guest() {
	guest_arch=$1
	case "${only:- $1} " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
	qemu=$2
	guest_cc=$(compiler_for "$3")
	guest_flags=$4
	shift 4
	if ! command -v "$qemu" >/dev/null; then
		skip "$guest_arch: $qemu is not installed"
		return 1
	fi
	if ! command -v "$guest_cc" >/dev/null; then
		fail "$guest_arch: $guest_cc is not installed"
		return 1
	fi
	# shellcheck disable=SC2046
	if ! build "$out/$guest_arch" "tests/metal/$guest_arch/guest.ld" "$guest_cc" "$guest_flags" \
		$(sources PW_SRC PW_PLATFORM_SRC) tests/harness/harness.c tests/metal/*.c \
		tests/metal/"$guest_arch"/*.S tests/metal/"$guest_arch"/board.c \
		tests/metal/"$guest_arch"/*_test.c "$@"; then
		fail "$guest_arch: the guest does not build"
		return 1
	fi
	deviations=$(deviations_of qemu "$("$qemu" --version |
		sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')")
}

# The engine's own tests: all that need no files, and random operations on tables of all formats, a
# few of each ("seconds=0").
engine_tests() {
	echo tests/property/property_test.c
	for name in alias arm64 arm64_fields arm64_formats arm64_range arm64_regimes arm64_regs \
		arm64_s2 collapse ept errors format gather gather_tag iter link map protect \
		reentry replace riscv riscv_map riscv_napot riscv_plan shared shared_race split \
		split_range table test_and_clear translate unmap vec walk x86 x86_plan \
		x86_tables; do
		echo "tests/unit/${name}_test.c"
	done
}

# engine SOURCES...: a guest of the same kind that runs those as they are; libc/ is what they want of
# a C library.
engine() {
	if [ -z "$full" ]; then
		skip "$guest_arch-engine: the engine's own tests take minutes under emulation (--full)"
		return 1
	fi
	# shellcheck disable=SC2046
	if ! build "$out/$guest_arch-engine" "tests/metal/$guest_arch/guest.ld" "$guest_cc" \
		"$guest_flags -O1 -isystem tests/metal/libc" \
		$(sources PW_SRC PW_INSTANCE_SRC PW_FIELDS_SRC PW_PLATFORM_SRC) tests/harness/harness.c \
		tests/env/*.c tests/ref/*.c tests/metal/*.c tests/metal/libc/*.c \
		tests/metal/"$guest_arch"/*.S tests/metal/"$guest_arch"/board.c \
		$(engine_tests) "$@"; then
		fail "$guest_arch: the engine's tests do not build"
		return 1
	fi
}

# deviations_of ORACLE VERSION: names from tests/oracle/deviations.txt, on one line
deviations_of() {
	awk -F '\t' -v oracle="$1" -v version="$2" '
		!/^#/ && NF && $2 == oracle && index(version ".", $3 ".") == 1 { printf "%s ", $1 }
	' tests/oracle/deviations.txt
}

# boot NAME STATUS COMMAND...: run a guest, whose last line counts; STATUS is how success looks
boot() {
	boot_name=$1
	boot_want=$2
	shift 2
	boot_log=$out/$boot_name.log
	timeout "$limit" "$@" </dev/null >"$boot_log" 2>&1
	boot_status=$?
	if [ "$boot_status" -eq 77 ]; then
		skip "$boot_name: $(tail -n 1 "$boot_log")"
		return
	fi
	[ "$boot_status" -ne 124 ] || echo "$boot_name: hangs, killed after $limit seconds"
	boot_counts=$(tail -n 1 "$boot_log" | tr -d '\r' |
		sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
	if [ -z "$boot_counts" ]; then
		tail -n 20 "$boot_log" | sed "s/^/$boot_name: /"
		fail "$boot_name: the guest ended without a result, status $boot_status"
		return
	fi
	passed=$((passed + ${boot_counts% *}))
	failed=$((failed + ${boot_counts#* }))
	if [ "${boot_counts#* }" -ne 0 ]; then
		tail -n 20 "$boot_log" | sed "s/^/$boot_name: /"
	elif [ "$boot_status" -ne "$boot_want" ]; then
		fail "$boot_name: exit status $boot_status, though nothing failed"
	elif [ -n "$full" ]; then
		sed "s/^/$boot_name: /" "$boot_log"
	fi
}

mkdir -p "$out"

# arm64: entered at EL1, at EL2 and at EL3 ------------------------------------------------------

# arm64 NAME GUEST CPU MACHINE OPTIONS: what the CPU cannot do, the guest says.
arm64() {
	boot "arm64-$1" 0 "$qemu" -M "$4" -cpu "$3" -m 1536 -nodefaults -display none \
		-serial stdio -monitor none \
		-semihosting-config "enable=on,target=native,arg=$5" \
		-kernel "$out/$2/guest.elf"
	sed -n 's/^left out: //p' "$out/arm64-$1.log" >"$out/left-out"
	while read -r arm64_what; do
		skip "arm64-$1: $arm64_what"
	done <"$out/left-out"
}

# No vector registers: nobody turned them on. Aligned accesses only: translation is off at first.
# shellcheck disable=SC2046
if guest arm64 qemu-system-aarch64 aarch64 "-mno-outline-atomics -mgeneral-regs-only -mstrict-align" \
	$(sources PW_PLATFORM_ARM64_INSN_SRC) src/instance/arm64_*_direct.c \
	src/instance/arm64_4k_hooked.c src/instance/fake_direct.c \
	tests/unit/arm64_test.c tests/unit/gather_test.c tests/metal/arm64/boot.c; then
	options="$deviations$(checks 8000 30000)"
	arm64 max-el1 arm64 max virt "$options"
	arm64 max-el2 arm64 max virt,virtualization=on "$options"
	# no more than that it gets there
	arm64 max-el3 arm64 max virt,virtualization=on,secure=on "${deviations}checks=100"
	arm64 a57-el1 arm64 cortex-a57 virt "$options"
	arm64 a57-el2 arm64 cortex-a57 virt,virtualization=on "$options"
	if engine tests/metal/arm64/boot.c $(sources PW_PLATFORM_ARM64_INSN_SRC); then
		arm64 engine arm64-engine max virt "seconds=0"
	fi
fi

# x86-64: the emulator, and the same guest under KVM ----------------------------------------------

# x86 NAME GUEST CPU WORDS: the exit device's status is 2 * value + 1.
x86() {
	x86_name=$1
	x86_guest=$2
	x86_cpu=$3
	shift 3
	boot "x86-$x86_name" 1 "$qemu" -cpu "$x86_cpu" -m 256 -nodefaults -display none \
		-serial stdio -monitor none -no-reboot \
		-device isa-debug-exit,iobase=0xf4,iosize=4 \
		-kernel "$out/$x86_guest/guest.elf" -append "$deviations$*"
}

under_kvm() {
	if [ "$(uname -m)" != x86_64 ]; then
		skip "x86-kvm: this machine is no x86-64"
	elif ! gcc -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wconversion -Wshadow -Werror \
		tests/metal/x86/kvm.c -o "$out/x86/kvm"; then
		fail "tests/metal/x86/kvm.c does not build"
	else
		boot x86-kvm 0 "$out/x86/kvm" "$out/x86/guest.elf" "$@"
	fi
}

# No red zone: a trap would write over it.
# shellcheck disable=SC2046
if guest x86 qemu-system-x86_64 x86_64 "-mgeneral-regs-only -mno-red-zone -fcf-protection=none" \
	src/instance/x86_64_direct.c tests/metal/x86/boot.c \
	$(sources PW_PLATFORM_X86_INSN_SRC); then
	x86 max x86 max "$(checks 50000 1000000)"
	x86 52-bits x86 max,phys-bits=52 "$(checks 10000 300000)"
	x86 qemu64 x86 qemu64 "$(checks 10000 300000)"
	under_kvm "$(checks 1000 20000)"
	# shellcheck disable=SC2046
	if engine tests/metal/x86/boot.c $(sources PW_PLATFORM_X86_INSN_SRC); then
		x86 engine x86-engine max "engine seconds=0"
	fi
fi

# RISC-V: with and without what entries can say beyond the base ----------------------------------

# The guest cannot find out which extensions there are: it is told, as by the deviations, in words
# that QEMU loads to where it looks for them (board.h).
riscv() {
	riscv_name=$1
	riscv_guest=$2
	riscv_cpu=rv64
	for word in $3; do
		riscv_cpu=$riscv_cpu,$word=true
	done
	printf '%s\0' "$deviations$3 $4" >"$out/riscv/$riscv_name.words"
	boot "riscv-$riscv_name" 0 "$qemu" -M virt -cpu "$riscv_cpu" -m 256 -nodefaults \
		-display none -serial stdio -monitor none -bios none -kernel "$out/$riscv_guest/guest.elf" \
		-device "loader,file=$out/riscv/$riscv_name.words,addr=0x8bfff000,force-raw=on"
}

# No floating point: nobody turned it on.
# shellcheck disable=SC2046
if guest riscv qemu-system-riscv64 riscv64 \
	"-march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany" \
	src/instance/riscv64_direct.c tests/metal/riscv/boot.c \
	$(sources PW_PLATFORM_RISCV_INSN_SRC); then
	riscv base riscv "" "$(checks 10000 400000)"
	riscv all riscv "svnapot svpbmt svinval" "$(checks 10000 400000)"
	riscv svpbmt riscv svpbmt "$(checks 3000 100000)"
	riscv svnapot riscv svnapot "$(checks 3000 100000)"
	# shellcheck disable=SC2046
	if engine tests/metal/riscv/boot.c $(sources PW_PLATFORM_RISCV_INSN_SRC); then
		riscv engine riscv-engine "svnapot svpbmt" "engine seconds=0"
	fi
fi

finish
