#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# Each example says what it should, and ends well. PW_EXAMPLES: the folder they are in.
set -u
. "$(dirname "$0")/lib.sh"

examples=${PW_EXAMPLES:-$build/examples}

# What the model finds, without where and why.
findings() {
	printf '%s\n' "$1" | grep -oE '^pagewalk: [A-Z]+: [A-Z0-9-]+|^map_page.*' | uniq -c |
		sed 's/^ *//'
}

# says NAME [FILTER]: the example's output is what stands on standard input.
says() {
	says_want=$(cat)
	says_got=$("$examples/$1" 2>&1)
	says_status=$?
	[ -z "${2:-}" ] || says_got=$("$2" "$says_got")
	if [ "$says_status" -eq 0 ] && [ "$says_got" = "$says_want" ]; then
		passed=$((passed + 1))
	else
		fail "$1, status $says_status:"
		printf '%s\n' "$says_got"
	fi
}

says dirty <<'EOF'
pages 0 to 4:
  0x10000000-0x10004000: flush of 4 pages
  0x20000000-0x20002000: flush of 2 pages
  returned 0, 6 pages, 2 flushes, 6 pages invalidated, 0 sections open
all, with an error in the second process:
  0x10000000-0x10008000: flush of 3 pages
  0x20000000-0x20006000: flush of 1 pages
  returned -4, 4 pages, 2 flushes, 4 pages invalidated, 0 sections open
all:
  0x10000000-0x10008000: flush of 0 pages
  0x20000000-0x20006000: flush of 2 pages
  returned 0, 2 pages, 1 flushes, 2 pages invalidated, 0 sections open
what was written:
  0x10000000-0x10008000: flush of 7 pages
  0x20000000-0x20006000: flush of 5 pages
  returned 0, 12 pages, 2 flushes, 12 pages invalidated, 0 sections open
  pages that were written: 0x7f
and since:
  0x10000000-0x10008000: flush of 0 pages
  0x20000000-0x20006000: flush of 0 pages
  returned 0, 0 pages, 0 flushes, 0 pages invalidated, 0 sections open
  pages that were written: 0x0
a write later:
  0x10000000-0x10008000: flush of 0 pages
  0x20000000-0x20006000: flush of 1 pages
  returned 0, 1 pages, 1 flushes, 1 pages invalidated, 0 sections open
  pages that were written: 0x8
EOF

says guard <<'EOF'
into nothing: 0, installed 4, tables made 3
over guards: 0, installed 2, kept 2
into a huge page: 0, installed 8, unmapped 8, tables made 1
removal: 0, removed 14, the huge page is whole
installation by the public walk: -22
EOF

says map_page findings <<'EOF'
3 pagewalk: ERROR: A64-PUB-1
5 pagewalk: ERROR: A64-PUB-2
1 pagewalk: ERROR: A64-BBM-1
1 map_page() as it was: 9 findings; with its barriers: 0
EOF

says mincore <<'EOF'
area: +3 -2 +5 -502 +512 -512 +1; PMDs asked 3
hugetlb: -512 +512; PMDs asked 0
a table goes away: -512 +512; PMDs asked 2
the huge page is whole: yes
EOF

says pageattr <<'EOF'
1024 pages in 3 PTE tables are made read-only:
  no hooks                          1024 publish barriers (dsb ishst; isb)
  hooks around each PTE table          3 publish barriers (dsb ishst; isb)
  the whole operation bracketed        1 publish barriers (dsb ishst; isb)
  bracketed, with the hooks            3 publish barriers (dsb ishst; isb)
EOF

says ptdump <<'EOF'
0xffff800000000000-0xffff800000008000       32K PTE rw- rw-
0xffff800000008000-0xffff80000000c000       16K PTE r-x r-x
0xffff80000000c000-0xffff800000200000     2000K PTE --- ---
0xffff800000200000-0xffff800000400000     2048K PMD --- ---
0xffff800000400000-0xffff800000410000       64K PTE rwx rwx
0xffff800000410000-0xffff800000600000     1984K PTE --- ---
0xffff800000600000-0xffff800000800000     2048K PMD r-x r-x
0xffff800000800000-0xffff800000810000       64K PTE rwx rw-
0xffff800000810000-0xffff800000a00000     1984K PTE --- ---
0xffff800000a00000-0xffff800040000000  1038336K PMD --- ---
0xffff800040000000-0xffff800080000000  1048576K PUD --- ---
0xffff800080000000-0xffff800080001000        4K PTE rw- rw-
0xffff800080001000-0xffff800080200000     2044K PTE --- ---
0xffff800080200000-0xffff8000c0000000  1046528K PMD --- ---
0xffff8000c0000000-0xffff800100000000  1048576K PUD --- ---
16 pages are writable and executable
EOF

says riscv_pageattr <<'EOF'
whole blocks: 0; P4D 0, PUD 0, PMD 3, PTE 10, holes 1; publish barriers 1
read-only pages: 6 of 6, 4 of 4
a hole, and a larger block: 0; P4D 0, PUD 1, PMD 0, PTE 0, holes 1; publish barriers 1
a part of a block: -22; P4D 0, PUD 0, PMD 0, PTE 2, holes 0; publish barriers 1
EOF

says vcpu_faults <<'EOF'
faults: done, 4096 pages, 9 tables linked
balloon: done, 4096 pages, 9 tables unlinked
after the grace period: 9 tables to be used again
EOF

# The page that shows both APIs side by side: its code compiles, and both do the same.
page() {
	# shellcheck disable=SC2016
	sed -n '/^```c$/,/^```$/{/^```/d;p}' "$1" >"$build/kernel-and-native.c" &&
		gcc -std=c11 -D_GNU_SOURCE -Iinclude -Wall -Wextra -Werror \
			-include "$build/kernel-and-native.c" tests/linux/side_by_side.c "$build/libpagewalk-linux.a" \
			"$build/libpagewalk.a" -o "$build/side_by_side" &&
		"$build/side_by_side"
}
try "the code of docs/kernel-and-native.md" page docs/kernel-and-native.md

# Nobody is forgotten.
for source in examples/*.c; do
	name=$(basename "$source" .c)
	grep -q "^says $name " tests/examples.sh || fail "examples/$name.c has no test"
done
finish
