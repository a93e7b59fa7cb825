/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The formats of arm64 stage 1: one for each granule, and for 48-bit and 52-bit output addresses.
 *
 * What the input address size may be depends on other features than the output's: without LPA2,
 * 4K and 16K end at 48 bits; 64K reaches 52 (FEAT_LVA) with either size of output addresses. The
 * least is TxSZ = 48, and 47 with 64K, as FEAT_TTST allows.
 *
 * Sources: Arm ARM (DDI 0487), D8.2 "Translation process": sizes and levels of each granule; D8.7
 * "The Contiguous bit".
 */
#ifndef PW_FORMAT_ARM64_S1_FORMATS_H
#define PW_FORMAT_ARM64_S1_FORMATS_H

#include "arm64_s1.h"

/* Leaves at 2 levels: 16K and 64K. */
PW_INLINE enum pw_kind pw_a64_kind2(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_kind_of(e, level, 2, PW_A64_NG);
}

/* Leaves at 3 levels: 4K, 16K with LPA2, 64K with 52-bit output addresses. */
PW_INLINE enum pw_kind pw_a64_kind3(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_kind_of(e, level, 3, PW_A64_NG);
}

/* Leaves at 4 levels: 4K with LPA2. */
PW_INLINE enum pw_kind pw_a64_kind4(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_kind_of(e, level, 4, PW_A64_NG);
}

/* 48-bit output addresses */
PW_INLINE uint64_t pw_a64_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)level;
	return pw_a64_fixed(pt, pw_a64_addr_mask(&pw_a64_4k));
}

PW_INLINE uint64_t pw_a64_compare_mask(const struct pw_table *pt, uint32_t ignore, uint64_t e,
				       unsigned int level)
{
	(void)level;
	return pw_a64_compare(ignore, pw_a64_dirty_state(pt, e), pw_a64_addr_mask(&pw_a64_4k));
}

/* LPA2 */
PW_INLINE uint64_t pw_a64_lpa2_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)level;
	return pw_a64_fixed(pt, pw_a64_addr_mask(&pw_a64_4k_lpa2));
}

PW_INLINE uint64_t pw_a64_lpa2_compare_mask(const struct pw_table *pt, uint32_t ignore, uint64_t e,
					    unsigned int level)
{
	(void)level;
	return pw_a64_compare(ignore, pw_a64_dirty_state(pt, e), pw_a64_addr_mask(&pw_a64_4k_lpa2));
}

/* 64K with 52-bit output addresses */
PW_INLINE uint64_t pw_a64_64k_lpa_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)level;
	return pw_a64_fixed(pt, pw_a64_addr_mask(&pw_a64_64k_lpa));
}

PW_INLINE uint64_t pw_a64_64k_lpa_compare_mask(const struct pw_table *pt, uint32_t ignore,
					       uint64_t e, unsigned int level)
{
	(void)level;
	return pw_a64_compare(ignore, pw_a64_dirty_state(pt, e), pw_a64_addr_mask(&pw_a64_64k_lpa));
}

PW_INLINE uint64_t pw_a64_4k_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
				      unsigned int level)
{
	(void)pt;
	return e & pw_a64_addr_res0(&pw_a64_4k, kind, level);
}

PW_INLINE uint64_t pw_a64_4k_lpa2_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
					   unsigned int level)
{
	(void)pt;
	return e & pw_a64_addr_res0(&pw_a64_4k_lpa2, kind, level);
}

PW_INLINE uint64_t pw_a64_16k_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
				       unsigned int level)
{
	(void)pt;
	return e & pw_a64_addr_res0(&pw_a64_16k, kind, level);
}

PW_INLINE uint64_t pw_a64_16k_lpa2_reserved(const struct pw_table *pt, uint64_t e,
					    enum pw_kind kind, unsigned int level)
{
	(void)pt;
	return e & pw_a64_addr_res0(&pw_a64_16k_lpa2, kind, level);
}

PW_INLINE uint64_t pw_a64_64k_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
				       unsigned int level)
{
	(void)pt;
	return e & pw_a64_addr_res0(&pw_a64_64k, kind, level);
}

PW_INLINE uint64_t pw_a64_64k_lpa_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
					   unsigned int level)
{
	(void)pt;
	return e & pw_a64_addr_res0(&pw_a64_64k_lpa, kind, level);
}

/* Everything of an address, whatever the granule; with LPA2 shareability is in TCR. */
#define PW_A64_FIXED (PW_A64_ATTRINDX | PW_A64_NS | PW_A64_SH | 0x0003fffffffff000ull)

PW_INLINE enum pw_how pw_a64_how(const struct pw_table *pt, uint64_t old, uint64_t now,
				 unsigned int level)
{
	return pw_a64_how_of(pt, old, now, level, PW_A64_FIXED, PW_A64_NG);
}

#define PW_A64_REGIMES \
	(1u << PW_REGIME_EL10 | 1u << PW_REGIME_EL2 | 1u << PW_REGIME_EL20 | 1u << PW_REGIME_EL3)

/* 4K */
static const struct pw_geometry pw_geo_arm64_4k = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 4,
	.leaf_levels = 3,
	.min_va_bits = 16,
	.max_va_bits = 48,
	.va_step = 1,
	.pa_bits = 48,
	.halves = PW_HALVES_OWN,
	.live = true,
	.contig_lg2 = { 4, 4, 4 },
	.global = PW_WHEN_CLEAR | 11, /* nG */
	.regimes = PW_A64_REGIMES,
};

static const struct pw_fmt pw_fmt_arm64_4k = {
	.geo = &pw_geo_arm64_4k,
	.kind = pw_a64_kind3,
	.kind_mask = pw_a64_kind_mask,
	.fixed_mask = pw_a64_fixed_mask,
	.reserved = pw_a64_4k_reserved,
	.leaf_pa = pw_a64_4k_leaf_pa,
	.make_leaf = pw_a64_make_leaf,
	.next_leaf = pw_a64_4k_next_leaf,
	.table_pa = pw_a64_4k_table_pa,
	.make_table = pw_a64_make_table,
	.contig_mask = pw_a64_4k_contig_mask,
	.compare_mask = pw_a64_compare_mask,
	.inherit = pw_a64_inherit,
	.perm = pw_a64_perm,
	.publish = pw_a64_publish,
	.stale = pw_a64_stale,
	.how = pw_a64_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_merge,
	.unused = pw_a64_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_encode,
	.decode_leaf = pw_a64_decode_leaf,
	.change = pw_a64_change,
};

/* 4K, LPA2 */
static const struct pw_geometry pw_geo_arm64_4k_lpa2 = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 5,
	.leaf_levels = 4,
	.min_va_bits = 16,
	.max_va_bits = 52,
	.va_step = 1,
	.pa_bits = 52,
	.halves = PW_HALVES_OWN,
	.live = true,
	.unit_lg2 = 16,
	.contig_lg2 = { 4, 4, 4 },
	.global = PW_WHEN_CLEAR | 11, /* nG */
	.regimes = PW_A64_REGIMES,
};

static const struct pw_fmt pw_fmt_arm64_4k_lpa2 = {
	.geo = &pw_geo_arm64_4k_lpa2,
	.kind = pw_a64_kind4,
	.kind_mask = pw_a64_kind_mask,
	.fixed_mask = pw_a64_lpa2_fixed_mask,
	.reserved = pw_a64_4k_lpa2_reserved,
	.leaf_pa = pw_a64_4k_lpa2_leaf_pa,
	.make_leaf = pw_a64_lpa2_make_leaf,
	.next_leaf = pw_a64_4k_lpa2_next_leaf,
	.table_pa = pw_a64_4k_lpa2_table_pa,
	.make_table = pw_a64_lpa2_make_table,
	.contig_mask = pw_a64_4k_contig_mask,
	.compare_mask = pw_a64_lpa2_compare_mask,
	.inherit = pw_a64_inherit,
	.perm = pw_a64_perm,
	.publish = pw_a64_publish,
	.stale = pw_a64_stale,
	.how = pw_a64_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_merge,
	.unused = pw_a64_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_lpa2_encode,
	.decode_leaf = pw_a64_lpa2_decode_leaf,
	.change = pw_a64_change,
};

/* 16K */
static const struct pw_geometry pw_geo_arm64_16k = {
	.granule_lg2 = 14,
	.index_lg2 = 11,
	.max_levels = 4,
	.leaf_levels = 2,
	.min_va_bits = 16,
	.max_va_bits = 48,
	.va_step = 1,
	.pa_bits = 48,
	.halves = PW_HALVES_OWN,
	.live = true,
	.contig_lg2 = { 7, 5 },
	.global = PW_WHEN_CLEAR | 11, /* nG */
	.regimes = PW_A64_REGIMES,
};

static const struct pw_fmt pw_fmt_arm64_16k = {
	.geo = &pw_geo_arm64_16k,
	.kind = pw_a64_kind2,
	.kind_mask = pw_a64_kind_mask,
	.fixed_mask = pw_a64_fixed_mask,
	.reserved = pw_a64_16k_reserved,
	.leaf_pa = pw_a64_16k_leaf_pa,
	.make_leaf = pw_a64_make_leaf,
	.next_leaf = pw_a64_16k_next_leaf,
	.table_pa = pw_a64_16k_table_pa,
	.make_table = pw_a64_make_table,
	.contig_mask = pw_a64_large_contig_mask,
	.compare_mask = pw_a64_compare_mask,
	.inherit = pw_a64_inherit,
	.perm = pw_a64_perm,
	.publish = pw_a64_publish,
	.stale = pw_a64_stale,
	.how = pw_a64_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_merge,
	.unused = pw_a64_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_encode,
	.decode_leaf = pw_a64_decode_leaf,
	.change = pw_a64_change,
};

/* 16K, LPA2 */
static const struct pw_geometry pw_geo_arm64_16k_lpa2 = {
	.granule_lg2 = 14,
	.index_lg2 = 11,
	.max_levels = 4,
	.leaf_levels = 3,
	.min_va_bits = 16,
	.max_va_bits = 52,
	.va_step = 1,
	.pa_bits = 52,
	.halves = PW_HALVES_OWN,
	.live = true,
	.unit_lg2 = 16,
	.contig_lg2 = { 7, 5 },
	.global = PW_WHEN_CLEAR | 11, /* nG */
	.regimes = PW_A64_REGIMES,
};

static const struct pw_fmt pw_fmt_arm64_16k_lpa2 = {
	.geo = &pw_geo_arm64_16k_lpa2,
	.kind = pw_a64_kind3,
	.kind_mask = pw_a64_kind_mask,
	.fixed_mask = pw_a64_lpa2_fixed_mask,
	.reserved = pw_a64_16k_lpa2_reserved,
	.leaf_pa = pw_a64_16k_lpa2_leaf_pa,
	.make_leaf = pw_a64_lpa2_make_leaf,
	.next_leaf = pw_a64_16k_lpa2_next_leaf,
	.table_pa = pw_a64_16k_lpa2_table_pa,
	.make_table = pw_a64_lpa2_make_table,
	.contig_mask = pw_a64_large_contig_mask,
	.compare_mask = pw_a64_lpa2_compare_mask,
	.inherit = pw_a64_inherit,
	.perm = pw_a64_perm,
	.publish = pw_a64_publish,
	.stale = pw_a64_stale,
	.how = pw_a64_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_merge,
	.unused = pw_a64_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_lpa2_encode,
	.decode_leaf = pw_a64_lpa2_decode_leaf,
	.change = pw_a64_change,
};

/* 64K */
static const struct pw_geometry pw_geo_arm64_64k = {
	.granule_lg2 = 16,
	.index_lg2 = 13,
	.max_levels = 3,
	.leaf_levels = 2,
	.min_va_bits = 17,
	.max_va_bits = 52,
	.va_step = 1,
	.pa_bits = 48,
	.halves = PW_HALVES_OWN,
	.live = true,
	.contig_lg2 = { 5, 5 },
	.global = PW_WHEN_CLEAR | 11, /* nG */
	.regimes = PW_A64_REGIMES,
};

static const struct pw_fmt pw_fmt_arm64_64k = {
	.geo = &pw_geo_arm64_64k,
	.kind = pw_a64_kind2,
	.kind_mask = pw_a64_kind_mask,
	.fixed_mask = pw_a64_fixed_mask,
	.reserved = pw_a64_64k_reserved,
	.leaf_pa = pw_a64_64k_leaf_pa,
	.make_leaf = pw_a64_make_leaf,
	.next_leaf = pw_a64_64k_next_leaf,
	.table_pa = pw_a64_64k_table_pa,
	.make_table = pw_a64_make_table,
	.contig_mask = pw_a64_large_contig_mask,
	.compare_mask = pw_a64_compare_mask,
	.inherit = pw_a64_inherit,
	.perm = pw_a64_perm,
	.publish = pw_a64_publish,
	.stale = pw_a64_stale,
	.how = pw_a64_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_merge,
	.unused = pw_a64_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_encode,
	.decode_leaf = pw_a64_decode_leaf,
	.change = pw_a64_change,
};

/* 64K, 52-bit output addresses */
static const struct pw_geometry pw_geo_arm64_64k_lpa = {
	.granule_lg2 = 16,
	.index_lg2 = 13,
	.max_levels = 3,
	.leaf_levels = 3,
	.min_va_bits = 17,
	.max_va_bits = 52,
	.va_step = 1,
	.pa_bits = 52,
	.halves = PW_HALVES_OWN,
	.live = true,
	.contig_lg2 = { 5, 5 },
	.global = PW_WHEN_CLEAR | 11, /* nG */
	.regimes = PW_A64_REGIMES,
};

static const struct pw_fmt pw_fmt_arm64_64k_lpa = {
	.geo = &pw_geo_arm64_64k_lpa,
	.kind = pw_a64_kind3,
	.kind_mask = pw_a64_kind_mask,
	.fixed_mask = pw_a64_64k_lpa_fixed_mask,
	.reserved = pw_a64_64k_lpa_reserved,
	.leaf_pa = pw_a64_64k_lpa_leaf_pa,
	.make_leaf = pw_a64_64k_lpa_make_leaf,
	.next_leaf = pw_a64_64k_lpa_next_leaf,
	.table_pa = pw_a64_64k_lpa_table_pa,
	.make_table = pw_a64_64k_lpa_make_table,
	.contig_mask = pw_a64_large_contig_mask,
	.compare_mask = pw_a64_64k_lpa_compare_mask,
	.inherit = pw_a64_inherit,
	.perm = pw_a64_perm,
	.publish = pw_a64_publish,
	.stale = pw_a64_stale,
	.how = pw_a64_how,
	.child = pw_a64_child,
	.parent = pw_a64_parent,
	.merge = pw_a64_merge,
	.unused = pw_a64_unused,
	.broken_mask = pw_a64_broken_mask,
	.nt = PW_A64_NT,
	.encode = pw_a64_encode,
	.decode_leaf = pw_a64_decode_leaf,
	.change = pw_a64_change,
};

#endif
