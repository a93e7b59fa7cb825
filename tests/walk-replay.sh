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
page=$(sed -n 's/^GEOM .*page=\([0-9][0-9]*\).*/\1/p' "$work/log/walks.log" | head -n 1)
[ "${page:-4096}" -eq 4096 ] || {
	echo "walk-replay: walks.log: pages of $page bytes; <pagewalk/linux.h> is for 4096" >&2
	exit 2
}
bits=$(sed -n 's/^GEOM .*va_bits=\([0-9][0-9]*\).*/\1/p' "$work/log/walks.log" | head -n 1)
case $bits in
2[2-9] | 3? | 4? | 5[0-2]) ;;
*)
	echo "walk-replay: walks.log: no GEOM line with va_bits= of 22 to 52" >&2
	exit 2
	;;
esac
program=$work/replay$bits
code="include linux platform sources src tests/linux/replay sources.mk"
# shellcheck disable=SC2046,SC2086
if [ ! -x "$program" ] || [ -n "$(find $code -type f -newer "$program" | head -n 1)" ]; then
	gcc -std=c11 -g -O1 -D_GNU_SOURCE -Iinclude -Wall -Wextra -Wconversion -Wshadow -Werror \
		-fsanitize=address,undefined -fno-sanitize-recover=all "-DPW_LINUX_VA_BITS=$bits" \
		tests/linux/replay/*.c $(sources PW_SRC PW_INSTANCE_SRC PW_FIELDS_SRC PW_PLATFORM_SRC \
			PW_LINUX_SRC PW_SOURCES_SRC) -o "$program" || exit 2
fi
"$program" "$work/log"
