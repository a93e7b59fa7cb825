#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# origin.sh: the origin patch, measured. A bare arm64 guest (tests/origin/origin_test.c) makes kernel
# pages read-only in every way that there is, and a plugin in QEMU (tests/origin/plugin.c) counts the
# barriers and invalidations that the CPU executes. Prints the table, and fails where a count is
# another one than docs/origin-patch.md says.
set -u
. "$(dirname "$0")/lib.sh"

limit=${PW_METAL_LIMIT:-120} # seconds for the guest
qemu="qemu-system-aarch64"
out=$build/origin
page=docs/origin-patch.md

# What has to be counted: row, publish barriers, dsb, isb, tlbi, of these ranges; and what the row is.
# For the changes of 1 GiB, dsb and isb are two and one more than the publish barriers: what the one
# invalidation takes, whose barriers publish as well where both are paid at once.
rows() {
	cat <<-'END'
		1 2 7 4 6 3 a sequence known beforehand
		2 262144 262146 262145 1 1 262144 pages: barriers for each entry
		3 512 514 513 1 1 262144 pages: pre_pte_table, post_pte_table
		4 1 3 2 1 1 262144 pages: a bracket around the walk
		5 0 2 1 1 1 262144 pages: set_memory_ro()
		6 0 2 1 1 1 262144 pages: pw_protect()
		7 16385 49155 32770 16385 1 16384 and aliases: each by itself
		8 0 2 1 1025 1025 16384 and aliases in 1024 runs: set_memory_ro()
		9 0 2 1 16385 1 16384 and aliases in 16384 runs: set_memory_ro()
		10 0 2 1 1 0 the same, room for 64 ranges
		11 0 2 1 1025 1025 16384 and aliases in 1024 runs: pw_protect_vec()
	END
}

finish_skipped() {
	echo "skipped: $1"
	echo "$passed passed, $failed failed, 1 skipped"
	[ "$failed" -eq 0 ]
	exit
}

build_guest() {
	# No vector registers: nobody turned them on. Aligned accesses only: translation is off at first.
	guest_flags="-std=c11 -O2 -g -ffreestanding -fno-pie -fno-stack-protector -Wall -Wextra
		-Wconversion -Wshadow -Werror -Iinclude -mno-outline-atomics -mgeneral-regs-only
		-mstrict-align -DPW_LINUX_VA_BITS=39"
	for src in $(sources PW_SRC PW_PLATFORM_SRC PW_PLATFORM_ARM64_INSN_SRC PW_LINUX_SRC) \
		src/instance/arm64_4k_direct.c tests/harness/harness.c tests/metal/mem.c tests/metal/options.c \
		tests/metal/arm64/start.S tests/metal/arm64/board.c tests/origin/origin_test.c; do
		# shellcheck disable=SC2086
		"$cc" $guest_flags -c "$src" -o "$out/$(echo "$src" | tr / _).o" || return 1
	done
	"$cc" -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
		-T tests/metal/arm64/guest.ld "$out"/*.o -o "$out/guest.elf"
}

# build_plugin API
build_plugin() {
	gcc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wconversion -Wshadow -Werror -shared -fPIC \
		-fvisibility=hidden -DPLUGIN_API="$1" tests/origin/plugin.c -o "$out/plugin-$1.so"
}

# Status 3: this version of the interface is not the machine's.
run_guest() {
	rm -f "$out/counts"
	timeout "$limit" "$qemu" -M virt -cpu max -smp 1 -m 2048 -nodefaults -display none \
		-serial stdio -monitor none -semihosting-config enable=on,target=native \
		-plugin "$out/plugin-$1.so,out=$out/counts" -kernel "$out/guest.elf" \
		</dev/null >"$out/log" 2>&1
	run_status=$?
	! grep -q 'requires API version' "$out/log" || return 3
	return "$run_status"
}

# One line of the table.
line() {
	printf '%-51s %7s %7s %7s %6s %6s\n' "$@"
}

mkdir -p "$out"
rm -f "$out"/*.o
command -v "$qemu" >/dev/null || finish_skipped "$qemu is not installed"
cc=$(gcc_for aarch64)
[ -n "$cc" ] || finish_skipped "no compiler for aarch64"
"$qemu" -help | grep -q '^-plugin' || finish_skipped "this QEMU was built without plugins"
try "the guest builds" build_guest
for api in 1 2 3 4 5 6 7 8 9; do
	try "the plugin builds, interface version $api" build_plugin "$api"
	run_guest "$api"
	status=$?
	[ "$status" -eq 3 ] || break
done
[ "$status" -ne 3 ] || finish_skipped "$(head -n 1 "$out/log")"
[ "$failed" -eq 0 ] || finish

[ "$status" -ne 124 ] || echo "the guest hangs, killed after $limit seconds"
if [ "$status" -eq 0 ] && grep -q '^[0-9]* passed, 0 failed' "$out/log" && [ -s "$out/counts" ]; then
	passed=$((passed + 1))
else
	tail -n 20 "$out/log"
	fail "the guest, status $status"
fi

{
	line '' publish dsb isb tlbi ranges
	rows | while read -r row _ _ _ _ _ name; do
		# shellcheck disable=SC2046
		line "$name" $(awk -v row="$row" '$1 == row { print $2, $3, $4, $5, $6 }' "$out/counts")
	done
} | tee "$out/table"
rows >"$out/rows"
while read -r row want_publish want_dsb want_isb want_tlbi want_ranges name; do
	want="$row $want_publish $want_dsb $want_isb $want_tlbi $want_ranges"
	if grep -qxF "$want" "$out/counts"; then
		passed=$((passed + 1))
	else
		fail "$name: not publish $want_publish, dsb $want_dsb, isb $want_isb, tlbi $want_tlbi, ranges $want_ranges"
	fi
done <"$out/rows"
# shellcheck disable=SC2016
try "$page has the table" sh -c \
	'sed -n "/^    .* publish/,/^$/s/^    //p" "$1" | diff - "$2"' diff "$page" "$out/table"
finish
