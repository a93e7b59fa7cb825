#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# Each public header is the first and only include of a file: C99, C11, C17 and C++, gcc and clang.
# linux.h takes the kernel's names, struct mm_walk with a member "private" among them: C only, and
# GNU C at that.
set -u
. "$(dirname "$0")/lib.sh"

out=$build/headers
mkdir -p "$out"
warn="-Wall -Wextra -Wundef -Wshadow -Werror -Iinclude -fsyntax-only"

# alone COMPILER... HEADER: the header twice, so that its guard is tried as well
alone() {
	alone_header=$1
	shift
	printf '#include <%s>\n#include <%s>\n' "$alone_header" "$alone_header" | "$@" -
}

for path in include/pagewalk/*.h; do
	[ -e "$path" ] || break
	header=pagewalk/${path##*/}
	for cc in gcc clang; do
		if [ "$header" = pagewalk/linux.h ]; then
			# shellcheck disable=SC2086
			try "$header, $cc gnu11" alone "$header" $cc -std=gnu11 $warn -xc
			continue
		fi
		for std in c99 c11 c17; do
			# shellcheck disable=SC2086
			try "$header, $cc $std" alone "$header" $cc -std=$std -pedantic $warn -xc
		done
	done
	[ "$header" = pagewalk/linux.h ] && continue
	for cxx in g++ clang++; do
		# shellcheck disable=SC2086
		try "$header, $cxx" alone "$header" $cxx -std=c++17 -pedantic $warn -xc++
	done
done

# Such a test would miss nothing: a header that needs another one first is refused.
printf 'struct pw_needs { uint64_t x; };\n' >"$out/broken.h"
refuse "a header that does not stand alone" alone broken.h gcc -std=c11 "-I$out" -fsyntax-only -xc
[ "$passed" -gt 1 ] || fail "no public headers"
finish
