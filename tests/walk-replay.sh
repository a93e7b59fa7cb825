#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# Do the walks of a recording again: tests/walk-replay.sh [DIR]. DIR holds walks.log,
# ptonly-before.elf and ptonly.elf, each plain or as .xz; default: the one in tests/captures. The
# vocabulary is built for the geometry in the log's GEOM line. Ends with "N of M walks agree", and
# with status 0 if everything does.
set -u
dir=$(CDPATH='' cd -- "${1:-tests/captures/walks-arm64-linux-7.3}" 2>/dev/null && pwd)
. "$(dirname "$0")/lib.sh"

[ -n "$dir" ] || { echo "walk-replay: no folder ${1:-}" >&2; exit 2; }
work=$build/walk-replay
rm -rf "$work/log"
mkdir -p "$work"
tools/unpack-captures "$dir" "$work/log" || exit 2
for file in walks.log ptonly-before.elf ptonly.elf; do
	[ -s "$work/log/$file" ] || { echo "walk-replay: no $file in $dir" >&2; exit 2; }
done
# geometry KEY: its value in the GEOM line.
geometry() {
	sed -n "s/^GEOM .*$1=\([0-9][0-9]*\).*/\1/p" "$work/log/walks.log" | head -n 1
}
bits=$(geometry va_bits)
page=$(geometry page)
case $page/$bits in
4096/2[2-9] | 4096/3? | 4096/4? | 4096/5[0-2]) shift=12 ;;
16384/2[6-9] | 16384/3? | 16384/4? | 16384/5[0-2]) shift=14 ;;
65536/3? | 65536/4? | 65536/5[0-2]) shift=16 ;;
*)
	echo "walk-replay: walks.log: no GEOM line with page= and va_bits= that there can be" >&2
	exit 2
	;;
esac
flags="-std=c11 -g -O1 -D_GNU_SOURCE -Iinclude -Wall -Wextra -Wconversion -Wshadow -Werror
	-fsanitize=address,undefined -fno-sanitize-recover=all"

# newer FILE FOLDER...: is there a file in them that FILE was not made of?
newer() {
	newer_than=$1
	shift
	[ ! -e "$newer_than" ] || [ -n "$(find "$@" -type f -newer "$newer_than" | head -n 1)" ]
}

# What knows nothing of the geometry is compiled once.
core=$work/core.a
if newer "$core" include platform sources src sources.mk; then
	rm -rf "$work/core" "$core"
	mkdir -p "$work/core"
	for file in $(sources PW_SRC PW_INSTANCE_SRC PW_FIELDS_SRC PW_PLATFORM_SRC \
		PW_SOURCES_SRC); do
		# shellcheck disable=SC2086
		gcc $flags -c "$file" -o "$work/core/$(echo "$file" | tr / _).o" || exit 2
	done
	ar rcs "$core" "$work"/core/*.o
fi
program=$work/replay$shift-$bits
if newer "$program" include linux tests/linux/replay sources.mk "$core"; then
	# shellcheck disable=SC2046,SC2086
	gcc $flags "-DPW_LINUX_PAGE_SHIFT=$shift" "-DPW_LINUX_VA_BITS=$bits" \
		tests/linux/replay/*.c $(sources PW_LINUX_SRC) "$core" -o "$program" || exit 2
fi
"$program" "$work/log"
