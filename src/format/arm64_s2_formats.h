/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The formats of arm64 stage 2: one for each granule, and for 48-bit and 52-bit addresses, of input
 * and output alike. A first lookup at level 0 of 16K tables came with LPA2, so without it there
 * are three levels, and 48 bits need two tables side by side.
 *
 * No maintenance yet: it is by address of the input, and of what stage 1 made of it besides.
 *
 * Sources: Arm ARM (DDI 0487), D8.2 "Translation process": sizes, levels and concatenation for each
 * granule; D8.7 "The Contiguous bit".
 */
#ifndef PW_FORMAT_ARM64_S2_FORMATS_H
#define PW_FORMAT_ARM64_S2_FORMATS_H

#include "arm64_s2.h"

/* Leaves at 2 levels: 16K and 64K. */
PW_INLINE enum pw_kind pw_a64_s2_kind2(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_kind_of(e, level, 2, PW_A64_S2_INVALID);
}

/* Leaves at 3 levels: 4K, 16K with LPA2, 64K with 52-bit addresses. */
PW_INLINE enum pw_kind pw_a64_s2_kind3(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_kind_of(e, level, 3, PW_A64_S2_INVALID);
}

/* Leaves at 4 levels: 4K with LPA2. */
PW_INLINE enum pw_kind pw_a64_s2_kind4(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_kind_of(e, level, 4, PW_A64_S2_INVALID);
}

/* 48-bit output addresses */
PW_INLINE uint64_t pw_a64_s2_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt, (void)level;
	return PW_A64_TYPE | PW_A64_S2_INVALID | pw_a64_addr_mask(&pw_a64_4k);
}

PW_INLINE uint64_t pw_a64_s2_compare_mask(const struct pw_table *pt, uint32_t ignore, uint64_t e,
					  unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_compare(ignore, e & PW_A64_DBM, pw_a64_addr_mask(&pw_a64_4k));
}

/* LPA2 */
PW_INLINE uint64_t pw_a64_s2_lpa2_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt, (void)level;
	return PW_A64_TYPE | PW_A64_S2_INVALID | pw_a64_addr_mask(&pw_a64_4k_lpa2);
}

PW_INLINE uint64_t pw_a64_s2_lpa2_compare_mask(const struct pw_table *pt, uint32_t ignore,
					       uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_compare(ignore, e & PW_A64_DBM, pw_a64_addr_mask(&pw_a64_4k_lpa2));
}

/* 64K with 52-bit output addresses */
PW_INLINE uint64_t pw_a64_s2_64k_lpa_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt, (void)level;
	return PW_A64_TYPE | PW_A64_S2_INVALID | pw_a64_addr_mask(&pw_a64_64k_lpa);
}

PW_INLINE uint64_t pw_a64_s2_64k_lpa_compare_mask(const struct pw_table *pt, uint32_t ignore,
						  uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_compare(ignore, e & PW_A64_DBM, pw_a64_addr_mask(&pw_a64_64k_lpa));
}

PW_INLINE uint64_t pw_a64_s2_4k_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
					 unsigned int level)
{
	return pw_a64_s2_res0(pt, &pw_a64_4k, e, kind, level);
}

PW_INLINE uint64_t pw_a64_s2_4k_lpa2_reserved(const struct pw_table *pt, uint64_t e,
					      enum pw_kind kind, unsigned int level)
{
	return pw_a64_s2_res0(pt, &pw_a64_4k_lpa2, e, kind, level);
}

PW_INLINE uint64_t pw_a64_s2_16k_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
					  unsigned int level)
{
	return pw_a64_s2_res0(pt, &pw_a64_16k, e, kind, level);
}

PW_INLINE uint64_t pw_a64_s2_16k_lpa2_reserved(const struct pw_table *pt, uint64_t e,
					       enum pw_kind kind, unsigned int level)
{
	return pw_a64_s2_res0(pt, &pw_a64_16k_lpa2, e, kind, level);
}

PW_INLINE uint64_t pw_a64_s2_64k_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
					  unsigned int level)
{
	return pw_a64_s2_res0(pt, &pw_a64_64k, e, kind, level);
}

PW_INLINE uint64_t pw_a64_s2_64k_lpa_reserved(const struct pw_table *pt, uint64_t e,
					      enum pw_kind kind, unsigned int level)
{
	return pw_a64_s2_res0(pt, &pw_a64_64k_lpa, e, kind, level);
}

/* MemAttr, shareability, address; no entry is global or not. */
#define PW_A64_S2_FIXED ((0xfull << 2) | PW_A64_SH | 0x0003fffffffff000ull)

PW_INLINE enum pw_how pw_a64_s2_how(const struct pw_table *pt, uint64_t old, uint64_t now,
				    unsigned int level)
{
	return pw_a64_how_of(pt, old, now, level, PW_A64_S2_FIXED, 0);
}

/* 4K */
static const struct pw_geometry pw_geo_arm64_s2_4k = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 4,
	.leaf_levels = 3,
	.min_va_bits = 16,
	.max_va_bits = 48,
	.va_step = 1,
	.pa_bits = 48,
	.concat_lg2 = 4,
	.halves = PW_HALVES_NONE,
	.live = true,
	.contig_lg2 = { 4, 4, 4 },
	.regimes = 1u << PW_REGIME_STAGE2,
};

static const struct pw_fmt pw_fmt_arm64_s2_4k = {
	.geo = &pw_geo_arm64_s2_4k,
	.kind = pw_a64_s2_kind3,
	.kind_mask = pw_a64_s2_kind_mask,
	.fixed_mask = pw_a64_s2_fixed_mask,
	.reserved = pw_a64_s2_4k_reserved,
	.leaf_pa = pw_a64_4k_leaf_pa,
	.make_leaf = pw_a64_make_leaf,
	.next_leaf = pw_a64_4k_next_leaf,
	.table_pa = pw_a64_4k_table_pa,
	.make_table = pw_a64_make_table,
	.contig_mask = pw_a64_4k_contig_mask,
	.compare_mask = pw_a64_s2_compare_mask,
	.inherit = pw_a64_s2_inherit,
	.perm = pw_a64_s2_perm,
	.publish = pw_a64_s2_publish,
	.stale = pw_a64_s2_stale,
	.how = pw_a64_s2_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_s2_merge,
	.unused = pw_a64_s2_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_s2_encode,
	.decode_leaf = pw_a64_s2_decode_leaf,
	.change = pw_a64_s2_change,
};

/* 4K, LPA2 */
static const struct pw_geometry pw_geo_arm64_s2_4k_lpa2 = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 5,
	.leaf_levels = 4,
	.min_va_bits = 16,
	.max_va_bits = 52,
	.va_step = 1,
	.pa_bits = 52,
	.concat_lg2 = 4,
	.halves = PW_HALVES_NONE,
	.live = true,
	.unit_lg2 = 16,
	.contig_lg2 = { 4, 4, 4 },
	.regimes = 1u << PW_REGIME_STAGE2,
};

static const struct pw_fmt pw_fmt_arm64_s2_4k_lpa2 = {
	.geo = &pw_geo_arm64_s2_4k_lpa2,
	.kind = pw_a64_s2_kind4,
	.kind_mask = pw_a64_s2_kind_mask,
	.fixed_mask = pw_a64_s2_lpa2_fixed_mask,
	.reserved = pw_a64_s2_4k_lpa2_reserved,
	.leaf_pa = pw_a64_4k_lpa2_leaf_pa,
	.make_leaf = pw_a64_lpa2_make_leaf,
	.next_leaf = pw_a64_4k_lpa2_next_leaf,
	.table_pa = pw_a64_4k_lpa2_table_pa,
	.make_table = pw_a64_lpa2_make_table,
	.contig_mask = pw_a64_4k_contig_mask,
	.compare_mask = pw_a64_s2_lpa2_compare_mask,
	.inherit = pw_a64_s2_inherit,
	.perm = pw_a64_s2_perm,
	.publish = pw_a64_s2_publish,
	.stale = pw_a64_s2_stale,
	.how = pw_a64_s2_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_s2_merge,
	.unused = pw_a64_s2_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_s2_lpa2_encode,
	.decode_leaf = pw_a64_s2_lpa2_decode_leaf,
	.change = pw_a64_s2_change,
};

/* 16K */
static const struct pw_geometry pw_geo_arm64_s2_16k = {
	.granule_lg2 = 14,
	.index_lg2 = 11,
	.max_levels = 3,
	.leaf_levels = 2,
	.min_va_bits = 16,
	.max_va_bits = 48,
	.va_step = 1,
	.pa_bits = 48,
	.concat_lg2 = 4,
	.halves = PW_HALVES_NONE,
	.live = true,
	.contig_lg2 = { 7, 5 },
	.regimes = 1u << PW_REGIME_STAGE2,
};

static const struct pw_fmt pw_fmt_arm64_s2_16k = {
	.geo = &pw_geo_arm64_s2_16k,
	.kind = pw_a64_s2_kind2,
	.kind_mask = pw_a64_s2_kind_mask,
	.fixed_mask = pw_a64_s2_fixed_mask,
	.reserved = pw_a64_s2_16k_reserved,
	.leaf_pa = pw_a64_16k_leaf_pa,
	.make_leaf = pw_a64_make_leaf,
	.next_leaf = pw_a64_16k_next_leaf,
	.table_pa = pw_a64_16k_table_pa,
	.make_table = pw_a64_make_table,
	.contig_mask = pw_a64_large_contig_mask,
	.compare_mask = pw_a64_s2_compare_mask,
	.inherit = pw_a64_s2_inherit,
	.perm = pw_a64_s2_perm,
	.publish = pw_a64_s2_publish,
	.stale = pw_a64_s2_stale,
	.how = pw_a64_s2_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_s2_merge,
	.unused = pw_a64_s2_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_s2_encode,
	.decode_leaf = pw_a64_s2_decode_leaf,
	.change = pw_a64_s2_change,
};

/* 16K, LPA2 */
static const struct pw_geometry pw_geo_arm64_s2_16k_lpa2 = {
	.granule_lg2 = 14,
	.index_lg2 = 11,
	.max_levels = 4,
	.leaf_levels = 3,
	.min_va_bits = 16,
	.max_va_bits = 52,
	.va_step = 1,
	.pa_bits = 52,
	.concat_lg2 = 4,
	.halves = PW_HALVES_NONE,
	.live = true,
	.unit_lg2 = 16,
	.contig_lg2 = { 7, 5 },
	.regimes = 1u << PW_REGIME_STAGE2,
};

static const struct pw_fmt pw_fmt_arm64_s2_16k_lpa2 = {
	.geo = &pw_geo_arm64_s2_16k_lpa2,
	.kind = pw_a64_s2_kind3,
	.kind_mask = pw_a64_s2_kind_mask,
	.fixed_mask = pw_a64_s2_lpa2_fixed_mask,
	.reserved = pw_a64_s2_16k_lpa2_reserved,
	.leaf_pa = pw_a64_16k_lpa2_leaf_pa,
	.make_leaf = pw_a64_lpa2_make_leaf,
	.next_leaf = pw_a64_16k_lpa2_next_leaf,
	.table_pa = pw_a64_16k_lpa2_table_pa,
	.make_table = pw_a64_lpa2_make_table,
	.contig_mask = pw_a64_large_contig_mask,
	.compare_mask = pw_a64_s2_lpa2_compare_mask,
	.inherit = pw_a64_s2_inherit,
	.perm = pw_a64_s2_perm,
	.publish = pw_a64_s2_publish,
	.stale = pw_a64_s2_stale,
	.how = pw_a64_s2_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_s2_merge,
	.unused = pw_a64_s2_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_s2_lpa2_encode,
	.decode_leaf = pw_a64_s2_lpa2_decode_leaf,
	.change = pw_a64_s2_change,
};

/* 64K */
static const struct pw_geometry pw_geo_arm64_s2_64k = {
	.granule_lg2 = 16,
	.index_lg2 = 13,
	.max_levels = 3,
	.leaf_levels = 2,
	.min_va_bits = 17,
	.max_va_bits = 48,
	.va_step = 1,
	.pa_bits = 48,
	.concat_lg2 = 4,
	.halves = PW_HALVES_NONE,
	.live = true,
	.contig_lg2 = { 5, 5 },
	.regimes = 1u << PW_REGIME_STAGE2,
};

static const struct pw_fmt pw_fmt_arm64_s2_64k = {
	.geo = &pw_geo_arm64_s2_64k,
	.kind = pw_a64_s2_kind2,
	.kind_mask = pw_a64_s2_kind_mask,
	.fixed_mask = pw_a64_s2_fixed_mask,
	.reserved = pw_a64_s2_64k_reserved,
	.leaf_pa = pw_a64_64k_leaf_pa,
	.make_leaf = pw_a64_make_leaf,
	.next_leaf = pw_a64_64k_next_leaf,
	.table_pa = pw_a64_64k_table_pa,
	.make_table = pw_a64_make_table,
	.contig_mask = pw_a64_large_contig_mask,
	.compare_mask = pw_a64_s2_compare_mask,
	.inherit = pw_a64_s2_inherit,
	.perm = pw_a64_s2_perm,
	.publish = pw_a64_s2_publish,
	.stale = pw_a64_s2_stale,
	.how = pw_a64_s2_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_s2_merge,
	.unused = pw_a64_s2_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_s2_encode,
	.decode_leaf = pw_a64_s2_decode_leaf,
	.change = pw_a64_s2_change,
};

/* 64K, 52-bit output addresses */
static const struct pw_geometry pw_geo_arm64_s2_64k_lpa = {
	.granule_lg2 = 16,
	.index_lg2 = 13,
	.max_levels = 3,
	.leaf_levels = 3,
	.min_va_bits = 17,
	.max_va_bits = 52,
	.va_step = 1,
	.pa_bits = 52,
	.concat_lg2 = 4,
	.halves = PW_HALVES_NONE,
	.live = true,
	.contig_lg2 = { 5, 5 },
	.regimes = 1u << PW_REGIME_STAGE2,
};

static const struct pw_fmt pw_fmt_arm64_s2_64k_lpa = {
	.geo = &pw_geo_arm64_s2_64k_lpa,
	.kind = pw_a64_s2_kind3,
	.kind_mask = pw_a64_s2_kind_mask,
	.fixed_mask = pw_a64_s2_64k_lpa_fixed_mask,
	.reserved = pw_a64_s2_64k_lpa_reserved,
	.leaf_pa = pw_a64_64k_lpa_leaf_pa,
	.make_leaf = pw_a64_64k_lpa_make_leaf,
	.next_leaf = pw_a64_64k_lpa_next_leaf,
	.table_pa = pw_a64_64k_lpa_table_pa,
	.make_table = pw_a64_64k_lpa_make_table,
	.contig_mask = pw_a64_large_contig_mask,
	.compare_mask = pw_a64_s2_64k_lpa_compare_mask,
	.inherit = pw_a64_s2_inherit,
	.perm = pw_a64_s2_perm,
	.publish = pw_a64_s2_publish,
	.stale = pw_a64_s2_stale,
	.how = pw_a64_s2_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_s2_merge,
	.unused = pw_a64_s2_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_s2_encode,
	.decode_leaf = pw_a64_s2_decode_leaf,
	.change = pw_a64_s2_change,
};

#endif
