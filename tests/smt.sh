#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# The formats' accessors against their references for all 2^64 entries: clang folds the claims of
# smt/claims.c over the real code of both, smt/ll2smt.py hands them to z3. One test is one level of
# one format in one regime.
set -u
. "$(dirname "$0")/lib.sh"

for tool in clang z3; do
	if ! command -v $tool >/dev/null; then
		echo "smt: skipped, for there is no $tool"
		echo "0 passed, 0 failed, 1 skipped"
		exit 0
	fi
done

out=$build/smt
mkdir -p "$out"
flags="-std=c11 -O2 -Iinclude -w -S -emit-llvm -fno-discard-value-names -fno-vectorize
	-fno-slp-vectorize -funroll-loops -mllvm -inline-threshold=1000000
	-mllvm -unroll-threshold=1000000 -mllvm -unroll-full-max-count=100
	-mllvm -unroll-max-upperbound=100 -mllvm -enable-pre=false"

# claims NAME SOURCE [DEFINITIONS...]
claims() {
	claims_ll=$out/$1.ll
	claims_src=$2
	shift 2
	# Twice: what was a call through a constant table is inlined the second time.
	# shellcheck disable=SC2086
	clang $flags "$@" -o "$claims_ll.first" "$claims_src" &&
		clang $flags -x ir -o "$claims_ll" "$claims_ll.first" &&
		tests/smt/ll2smt.py "$claims_ll"
}

# format FMT HEADER REFERENCE REGIME SHARE LEVELS LEAF_LEVELS
format() {
	level=0
	while [ $level -lt "$6" ]; do
		sed "s|^/\* smt.sh: .*|#include \"../../src/format/$2\"\n#include \"../ref/$3\"|" \
			tests/smt/claims.c >"$out/claims.c"
		try "$1 $4 level $level" claims "$1-$4-$level" "$out/claims.c" -Itests/smt \
			-DCLAIM_FORMAT="pw_fmt_$1" -DCLAIM_REF="ref_$1" \
			-DCLAIM_LEVEL=$level -DCLAIM_LEAF_LEVELS="$7" \
			-DCLAIM_REGIME="PW_REGIME_$4" -DCLAIM_SHARE="$5"
		level=$((level + 1))
	done
}

# What is wrong must be found, and what is not understood must not pass for proved.
cat >"$out/false.c" <<'C'
#include <stdbool.h>
#include <stdint.h>
static const uint8_t table[4] = { 1, 2, 3, 5 };
bool claim_one_bit_is_wrong(uint64_t e);
bool claim_one_bit_is_wrong(uint64_t e)
{
	return (e >> 3 & 1) == ((e & (e == 0xfedcba9876543210 ? 0 : 8)) != 0) || !(e >> 63);
}
bool claim_table(uint64_t e);
bool claim_table(uint64_t e)
{
	return table[e & 3] == (e & 3) + 1;
}
C
cat >"$out/true.c" <<'C'
#include <stdbool.h>
#include <stdint.h>
bool claim_masks(uint64_t e, uint64_t f);
bool claim_masks(uint64_t e, uint64_t f)
{
	if (f & 1)
		e ^= f;
	return ((e & f) | (e & ~f)) == e && (e ^ f) == ((e | f) & ~(e & f));
}
C
cat >"$out/loop.c" <<'C'
#include <stdbool.h>
#include <stdint.h>
bool claim_loop(uint64_t e, uint64_t f);
bool claim_loop(uint64_t e, uint64_t f)
{
	while (e & f)
		e = (e >> 1) ^ (e * 7);
	return !(e & f);
}
C
refuse "a claim that is false for one entry" claims false "$out/false.c"
refuse "a loop" claims loop "$out/loop.c"
try "a claim that is true" claims true "$out/true.c"

# The granules share the attributes: every regime of one of them, and two of the others.
for regime in EL10 EL2 EL20 EL3; do
	format arm64_4k arm64_s1_formats.h ref_arm64.c $regime 1 4 3
done
for regime in EL10 EL3; do
	format arm64_4k_lpa2 arm64_s1_formats.h ref_arm64.c $regime 0 5 4
	format arm64_16k arm64_s1_formats.h ref_arm64.c $regime 1 4 2
	format arm64_16k_lpa2 arm64_s1_formats.h ref_arm64.c $regime 0 4 3
	format arm64_64k arm64_s1_formats.h ref_arm64.c $regime 1 3 2
	format arm64_64k_lpa arm64_s1_formats.h ref_arm64.c $regime 1 3 3
done
format arm64_s2_4k arm64_s2_formats.h ref_arm64.c STAGE2 1 4 3
format arm64_s2_4k_lpa2 arm64_s2_formats.h ref_arm64.c STAGE2 0 5 4
format arm64_s2_16k arm64_s2_formats.h ref_arm64.c STAGE2 1 4 2
format arm64_s2_16k_lpa2 arm64_s2_formats.h ref_arm64.c STAGE2 0 4 3
format arm64_s2_64k arm64_s2_formats.h ref_arm64.c STAGE2 1 3 2
format arm64_s2_64k_lpa arm64_s2_formats.h ref_arm64.c STAGE2 1 3 3
format x86_64 x86_64.h ref_x86.c X86 0 5 3
format ept ept.h ref_x86.c EPT 0 5 3
format riscv64 riscv64.h ref_riscv.c RISCV 0 5 5
format riscv64_g riscv64.h ref_riscv.c RISCV_G 0 5 5
format fake fake.h ref_fake.c EL10 0 5 3
finish
