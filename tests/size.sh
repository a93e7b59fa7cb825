#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# Budgets: what an arm64-4K map+unmap+protect+walk+gather link pulls in (aarch64 gcc -O2), and the
# stack that the deepest call chain of a public function needs.
set -u
. "$(dirname "$0")/lib.sh"

goal_text=12288
max_text=14656 # what it is today, rounded up; raised only for what was wrong (docs/adr/0007)
max_stack=1024
max_reshaper=1616 # of a handle that may cut, break and collapse: those pay on their way

out=$build/size
gcc=$(gcc_for aarch64)
flags="-std=c11 -O2 -ffreestanding -nostdlib -Iinclude -mgeneral-regs-only -mno-outline-atomics
	-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-pic
	-fcallgraph-info=su"

if [ -z "$gcc" ]; then
	fail "no gcc for aarch64"
	finish
fi
rm -rf "$out"
mkdir -p "$out"

compile() {
	for src in "$@"; do
		# shellcheck disable=SC2086
		$gcc $flags -c "$src" -o "$out/$(echo "$src" | tr / _).o" || return 1
	done
}

# Text of the link without the driver's own; read-only data counts as text.
text_size() {
	text_elf=$out/$1.elf
	shift
	ld=$($gcc -print-prog-name=ld)
	$ld -static --gc-sections --defsym=memcpy=0 --defsym=memset=0 --defsym=memcmp=0 \
		-o "$text_elf" "$@" || return 1
	"$($gcc -print-prog-name=size)" -A "$text_elf" | awk '/^\.(text|rodata|data\.rel\.ro)/ { n += $2 } END { print n }'
}

core=$(sources PW_SRC PW_INSTANCE_SRC PW_FIELDS_SRC PW_PLATFORM_SRC PW_PLATFORM_ARM64_INSN_SRC \
	PW_LINUX_SRC)
# shellcheck disable=SC2086
try "compile for aarch64" compile $core tests/size_driver.c
if [ "$failed" -gt 0 ]; then
	finish
fi

driver=$out/tests_size_driver.c.o
rm -f "$out/lib.a"
"$($gcc -print-prog-name=ar)" rcs "$out/lib.a" "$out"/src_*.o "$out"/platform_*.o
all=$(text_size all "$driver" "$out/lib.a") || all=
own=$("$($gcc -print-prog-name=size)" -A "$driver" | awk '/^\.(text|rodata)/ { n += $2 } END { print n }')
if [ -z "$all" ]; then
	fail "the link for arm64-4K"
else
	text=$((all - own))
	echo "text: $text bytes, goal $goal_text (arm64-4K direct, map+unmap+protect+walk+gather)"
	try "text size" [ "$text" -le "$max_text" ]
	# A link that dropped the library would be small, too.
	try "the link holds the library" [ "$text" -gt 1024 ]
fi

stack() {
	tools/stack-usage "$@" "$out"/src_[!i]*.ci "$out"/src_iter*.ci \
		"$out"/src_instance_arm64_4k_direct*.ci "$out"/platform_arm64_*.ci
}
stack --limit $max_stack
try "stack" stack --limit $max_stack
stack --reshaper --limit $max_reshaper
try "stack with a reshaper" stack --reshaper --limit $max_reshaper
refuse "a stack limit that is too low" stack --limit 16
finish
