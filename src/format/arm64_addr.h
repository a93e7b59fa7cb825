/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64 VMSAv8-64 descriptors, both stages: type and address, for every granule and address size.
 *
 * type: 0bx0 invalid; 0b01 block (level 1 and up; reserved at level 0); 0b11 page at level 0,
 * table above. Our level n is the architecture's level 3 - n.
 *
 * The output address stands in its own bits, those above 47 excepted (there attributes begin):
 *
 *   48-bit     [47:12]  all granules; the bits below the granule are RES0
 *   LPA2       [49:12], and PA[51:50] in [9:8], where shareability was; 4K and 16K (TCR.DS)
 *   64K LPA    [47:16], and PA[51:48] in [15:12]; a 52-bit output size (TCR.IPS)
 *
 * Blocks, by our levels:
 *
 *   granule   1      2      3
 *   4K        2M     1G     512G with LPA2
 *   16K       32M    64G with LPA2
 *   64K       512M   4T with a 52-bit output size
 *
 * Sources: Arm ARM (DDI 0487), D8.3 "Translation table descriptor formats": "VMSAv8-64 descriptor
 * formats"; D8.2 for the levels of each granule.
 */
#ifndef PW_FORMAT_ARM64_ADDR_H
#define PW_FORMAT_ARM64_ADDR_H

#include "format.h"

/* Bits that mean the same in both stages. */
#define PW_A64_VALID	 (1ull << 0)
#define PW_A64_TYPE	 3ull
#define PW_A64_TYPE_LEAF 3ull /* page at level 0 */
#define PW_A64_TYPE_TBL	 3ull /* table above */
#define PW_A64_TYPE_BLK	 1ull
#define PW_A64_SH	 (3ull << 8)
#define PW_A64_AF	 (1ull << 10)
#define PW_A64_NT	 (1ull << 16) /* blocks only */
#define PW_A64_DBM	 (1ull << 51)
#define PW_A64_CONT	 (1ull << 52)
#define PW_A64_SOFT	 (0xfull << 55)

#define PW_A64_ADDR48	   0x0000fffffffff000ull
#define PW_A64_ADDR50	   0x0003fffffffff000ull
#define PW_A64_LPA2_HIGH   PW_A64_SH /* output address [51:50] */
#define PW_A64_64K_HIGH	   0xf000ull /* output address [51:48] */
#define PW_A64_64K_LPA_LOW (PW_A64_ADDR48 & ~PW_A64_64K_HIGH)

/* Where entries have the output address; constant wherever it is used. */
struct pw_a64_form {
	uint64_t addr;	 /* bits that stand in their own place */
	uint64_t high;	 /* the field of those above them */
	uint8_t high_up; /* that many places further up they belong */
	uint8_t granule_lg2;
	uint8_t index_lg2;
};

static const struct pw_a64_form pw_a64_4k = { PW_A64_ADDR48, 0, 0, 12, 9 };
static const struct pw_a64_form pw_a64_4k_lpa2 = { PW_A64_ADDR50, PW_A64_LPA2_HIGH, 42, 12, 9 };
static const struct pw_a64_form pw_a64_16k = { PW_A64_ADDR48, 0, 0, 14, 11 };
static const struct pw_a64_form pw_a64_16k_lpa2 = { PW_A64_ADDR50, PW_A64_LPA2_HIGH, 42, 14, 11 };
static const struct pw_a64_form pw_a64_64k = { PW_A64_ADDR48, 0, 0, 16, 13 };
static const struct pw_a64_form pw_a64_64k_lpa = { PW_A64_64K_LPA_LOW, PW_A64_64K_HIGH, 36, 16,
						   13 };

PW_INLINE uint64_t pw_a64_size(const struct pw_a64_form *form, unsigned int level)
{
	return 1ull << (form->granule_lg2 + (unsigned int)form->index_lg2 * level);
}

PW_INLINE uint64_t pw_a64_leaf_type(unsigned int level)
{
	return level == 0 ? PW_A64_TYPE_LEAF : PW_A64_TYPE_BLK;
}

/*
 * @invalid: what marks an entry that is not valid as present-but-invalid. Only in a leaf's form:
 * made valid again it must not become a table.
 */
PW_INLINE enum pw_kind pw_a64_kind_of(uint64_t e, unsigned int level, unsigned int leaf_levels,
				      uint64_t invalid)
{
	bool leaf_ok = level < leaf_levels;

	if (e & PW_A64_VALID) {
		if (e & 2u)
			return level == 0 ? PW_KIND_LEAF : PW_KIND_TABLE;
		return level != 0 && leaf_ok ? PW_KIND_LEAF : PW_KIND_BAD;
	}
	if (e == 0)
		return PW_KIND_HOLE;
	if ((e & invalid) && leaf_ok && (level == 0) == !!(e & 2u))
		return PW_KIND_INVALID;
	return PW_KIND_NONPRESENT;
}

/* The bits of an entry that hold an address. */
PW_INLINE uint64_t pw_a64_addr_mask(const struct pw_a64_form *form)
{
	return form->addr | form->high;
}

/* From an entry to the address in it, and back; bits below the granule are no part of it. */
PW_INLINE uint64_t pw_a64_get_addr(const struct pw_a64_form *form, uint64_t e, uint64_t size)
{
	return (e & form->addr & ~(size - 1u)) | (e & form->high) << form->high_up;
}

PW_INLINE uint64_t pw_a64_put_addr(const struct pw_a64_form *form, uint64_t pa)
{
	return (pa & form->addr) | (pa >> form->high_up & form->high);
}

PW_INLINE uint64_t pw_a64_next(const struct pw_a64_form *form, uint64_t e, unsigned int level)
{
	uint64_t size = pw_a64_size(form, level), mask = pw_a64_addr_mask(form);

	if (!form->high)
		return e + size;
	return (e & ~mask) | pw_a64_put_addr(form, pw_a64_get_addr(form, e, 1) + size);
}

/*
 * Address bits that are RES0: above the address where attributes have not yet begun (a table's
 * bit 50 too), and below the size of what is pointed to, bit 16 of a block (nT) excepted.
 */
PW_INLINE uint64_t pw_a64_addr_res0(const struct pw_a64_form *form, enum pw_kind kind,
				    unsigned int level)
{
	uint64_t low = PW_A64_ADDR48 & ~PW_A64_NT & ~form->high;

	if (kind == PW_KIND_TABLE)
		return (7ull << 48 & ~form->addr) | (low & (pw_a64_size(form, 0) - 1u));
	if (kind == PW_KIND_LEAF)
		return (3ull << 48 & ~form->addr) | (low & (pw_a64_size(form, level) - 1u));
	return 0;
}

/*
 * What ignoring some attributes leaves to compare. With DBM set, bit 7 is the dirty state (AP[2],
 * or S2AP[1]); else it is a right, and counts.
 */
PW_INLINE uint64_t pw_a64_compare(uint32_t ignore, bool dirty_state, uint64_t addr)
{
	uint64_t mask = ~0ull;

	if (ignore & PW_IGNORE_AD)
		mask &= ~(PW_A64_AF | (dirty_state ? 1ull << 7 : 0));
	if (ignore & PW_IGNORE_SOFT)
		mask &= ~PW_A64_SOFT;
	if (ignore & PW_IGNORE_CONTIGUOUS)
		mask &= ~PW_A64_CONT;
	if (ignore & PW_IGNORE_PA)
		mask &= ~addr;
	return mask;
}

/* Groups of 16 at levels 0 to 2: 64K, 32M, 16G; Arm ARM, "The Contiguous bit" */
PW_INLINE uint64_t pw_a64_4k_contig_mask(unsigned int level)
{
	return level <= 2u ? PW_A64_CONT : 0;
}

/* 16K: 128 pages and 32 blocks, 2M and 1G; 64K: 32 and 32, 2M and 16G. */
PW_INLINE uint64_t pw_a64_large_contig_mask(unsigned int level)
{
	return level <= 1u ? PW_A64_CONT : 0;
}

/* The contract's functions, by address size where that is all they need. */

PW_INLINE uint64_t pw_a64_make_leaf(uint64_t bits, uint64_t pa, unsigned int level)
{
	(void)level;
	return bits | pa;
}

PW_INLINE uint64_t pw_a64_lpa2_make_leaf(uint64_t bits, uint64_t pa, unsigned int level)
{
	(void)level;
	return bits | pw_a64_put_addr(&pw_a64_4k_lpa2, pa);
}

PW_INLINE uint64_t pw_a64_64k_lpa_make_leaf(uint64_t bits, uint64_t pa, unsigned int level)
{
	(void)level;
	return bits | pw_a64_put_addr(&pw_a64_64k_lpa, pa);
}

PW_INLINE uint64_t pw_a64_make_table(const struct pw_table *pt, uint64_t pa, unsigned int level)
{
	(void)pt;
	return pw_a64_make_leaf(PW_A64_TYPE_TBL, pa, level);
}

PW_INLINE uint64_t pw_a64_lpa2_make_table(const struct pw_table *pt, uint64_t pa,
					  unsigned int level)
{
	(void)pt;
	return pw_a64_lpa2_make_leaf(PW_A64_TYPE_TBL, pa, level);
}

PW_INLINE uint64_t pw_a64_64k_lpa_make_table(const struct pw_table *pt, uint64_t pa,
					     unsigned int level)
{
	(void)pt;
	return pw_a64_64k_lpa_make_leaf(PW_A64_TYPE_TBL, pa, level);
}

/* And by granule. */

PW_INLINE uint64_t pw_a64_4k_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_get_addr(&pw_a64_4k, e, pw_a64_size(&pw_a64_4k, level));
}

PW_INLINE uint64_t pw_a64_4k_next_leaf(uint64_t e, unsigned int level)
{
	return pw_a64_next(&pw_a64_4k, e, level);
}

PW_INLINE uint64_t pw_a64_4k_table_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_get_addr(&pw_a64_4k, e, pw_a64_size(&pw_a64_4k, 0));
}

PW_INLINE uint64_t pw_a64_4k_lpa2_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_get_addr(&pw_a64_4k_lpa2, e, pw_a64_size(&pw_a64_4k_lpa2, level));
}

PW_INLINE uint64_t pw_a64_4k_lpa2_next_leaf(uint64_t e, unsigned int level)
{
	return pw_a64_next(&pw_a64_4k_lpa2, e, level);
}

PW_INLINE uint64_t pw_a64_4k_lpa2_table_pa(const struct pw_table *pt, uint64_t e,
					   unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_get_addr(&pw_a64_4k_lpa2, e, pw_a64_size(&pw_a64_4k_lpa2, 0));
}

PW_INLINE uint64_t pw_a64_16k_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_get_addr(&pw_a64_16k, e, pw_a64_size(&pw_a64_16k, level));
}

PW_INLINE uint64_t pw_a64_16k_next_leaf(uint64_t e, unsigned int level)
{
	return pw_a64_next(&pw_a64_16k, e, level);
}

PW_INLINE uint64_t pw_a64_16k_table_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_get_addr(&pw_a64_16k, e, pw_a64_size(&pw_a64_16k, 0));
}

PW_INLINE uint64_t pw_a64_16k_lpa2_leaf_pa(const struct pw_table *pt, uint64_t e,
					   unsigned int level)
{
	(void)pt;
	return pw_a64_get_addr(&pw_a64_16k_lpa2, e, pw_a64_size(&pw_a64_16k_lpa2, level));
}

PW_INLINE uint64_t pw_a64_16k_lpa2_next_leaf(uint64_t e, unsigned int level)
{
	return pw_a64_next(&pw_a64_16k_lpa2, e, level);
}

PW_INLINE uint64_t pw_a64_16k_lpa2_table_pa(const struct pw_table *pt, uint64_t e,
					    unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_get_addr(&pw_a64_16k_lpa2, e, pw_a64_size(&pw_a64_16k_lpa2, 0));
}

PW_INLINE uint64_t pw_a64_64k_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_get_addr(&pw_a64_64k, e, pw_a64_size(&pw_a64_64k, level));
}

PW_INLINE uint64_t pw_a64_64k_next_leaf(uint64_t e, unsigned int level)
{
	return pw_a64_next(&pw_a64_64k, e, level);
}

PW_INLINE uint64_t pw_a64_64k_table_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_get_addr(&pw_a64_64k, e, pw_a64_size(&pw_a64_64k, 0));
}

PW_INLINE uint64_t pw_a64_64k_lpa_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_get_addr(&pw_a64_64k_lpa, e, pw_a64_size(&pw_a64_64k_lpa, level));
}

PW_INLINE uint64_t pw_a64_64k_lpa_next_leaf(uint64_t e, unsigned int level)
{
	return pw_a64_next(&pw_a64_64k_lpa, e, level);
}

PW_INLINE uint64_t pw_a64_64k_lpa_table_pa(const struct pw_table *pt, uint64_t e,
					   unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_get_addr(&pw_a64_64k_lpa, e, pw_a64_size(&pw_a64_64k_lpa, 0));
}

/*
 * FEAT_BBM. Level 2 may answer a change of size with a TLB conflict abort until the old entry is
 * invalidated: without somebody who handles that it is level 1.
 */
PW_INLINE uint32_t pw_a64_bbm_level(const struct pw_table *pt)
{
	uint32_t level = pt->caps.bbm_level;

	return level == 2u && !(pt->caps.flags & PW_CAP_BBM_ABORTS_OK) ? 1u : level;
}

/*
 * Break-before-make: rules RWHZWS (memory type, shareability, output address, address space, and
 * global over non-global; @fixed: where those bits are, @ng: the last one), RKFLJB (size; FEAT_BBM
 * 1 with nT, 2 and 3 in place) and RKHRBC (contiguity; in place from FEAT_BBM 1 on).
 */
PW_INLINE enum pw_how pw_a64_how_of(const struct pw_table *pt, uint64_t old, uint64_t now,
				    unsigned int level, uint64_t fixed, uint64_t ng)
{
	uint64_t diff = old ^ now;
	uint32_t bbm = pw_a64_bbm_level(pt);

	if (!(old & now & PW_A64_VALID))
		return PW_HOW_STORE;
	if (level && (diff & 2u)) /* a block becomes a table, or the other way round */
		return bbm == 0 ? PW_HOW_BREAK : bbm == 1u ? PW_HOW_NT : PW_HOW_STORE;
	if ((diff & fixed) || (old & ~now & ng) || (bbm == 0 && (diff & PW_A64_CONT)))
		return PW_HOW_BREAK;
	return PW_HOW_STORE;
}

/* Pages and blocks differ in bit 1, and blocks alone have nT. */
PW_INLINE uint64_t pw_a64_child(uint64_t e, unsigned int level)
{
	return (e & ~PW_A64_NT) | (level == 1u ? 2u : 0);
}

PW_INLINE uint64_t pw_a64_parent(uint64_t e, unsigned int level)
{
	return level == 0 ? e & ~2ull : e;
}

PW_INLINE uint64_t pw_a64_broken_mask(unsigned int level)
{
	(void)level;
	return PW_A64_VALID;
}

#endif
