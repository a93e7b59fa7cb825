/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64 VMSAv8-64 stage 1 descriptors, 4K granule: the 48-bit form and the LPA2 (TCR.DS) form.
 *
 *   63     62:61    60       59        58:55  54   53   52    51   50
 *   NSTbl  APTable  XNTable  PXNTable  soft   UXN  PXN  Cont  DBM  GP
 *
 *   49:12            11  10  9:8  7:6  5   4:2   1:0
 *   output address   nG  AF  SH   AP   NS  Attr  type
 *
 * Sources: Arm ARM (DDI 0487), "VMSAv8-64 translation table format descriptors" and "Stage 1
 * permissions". With LPA2 output address bits [51:50] take the place of SH in bits [9:8], and
 * shareability comes from TCR.
 *
 * type: 0bx0 invalid; 0b01 block (level 1 and up; reserved at level 0); 0b11 page at level 0,
 * table above. Our level n is the architecture's level 3 - n.
 *
 * Present-but-invalid is Linux's convention: bit 0 clear, bit 11 (nG) set, all else as in the
 * valid leaf. An invalid entry without bit 11 that is not zero is somebody's (a swap entry).
 */
#ifndef PW_FORMAT_ARM64_S1_H
#define PW_FORMAT_ARM64_S1_H

#include "format.h"

#define PW_A64_VALID	 (1ull << 0)
#define PW_A64_TYPE	 3ull
#define PW_A64_TYPE_LEAF 3ull /* page at level 0 */
#define PW_A64_TYPE_TBL	 3ull /* table above */
#define PW_A64_TYPE_BLK	 1ull
#define PW_A64_ATTRINDX	 (7ull << 2)
#define PW_A64_NS	 (1ull << 5)
#define PW_A64_AP_EL0	 (1ull << 6) /* AP[1] */
#define PW_A64_AP_RO	 (1ull << 7) /* AP[2] */
#define PW_A64_SH	 (3ull << 8)
#define PW_A64_AF	 (1ull << 10)
#define PW_A64_NG	 (1ull << 11)
#define PW_A64_NT	 (1ull << 16) /* blocks only */
#define PW_A64_GP	 (1ull << 50)
#define PW_A64_DBM	 (1ull << 51)
#define PW_A64_CONT	 (1ull << 52)
#define PW_A64_PXN	 (1ull << 53)
#define PW_A64_UXN	 (1ull << 54) /* XN where there is one privilege */
#define PW_A64_SOFT	 (0xfull << 55)
#define PW_A64_PXNTABLE	 (1ull << 59)
#define PW_A64_XNTABLE	 (1ull << 60)
#define PW_A64_APTABLE0	 (1ull << 61) /* no EL0 access */
#define PW_A64_APTABLE1	 (1ull << 62) /* read-only */
#define PW_A64_ADDR48	 0x0000fffffffff000ull
#define PW_A64_ADDR50	 0x0003fffffffff000ull
#define PW_A64_ADDR_HI	 PW_A64_SH /* LPA2: output address [51:50] */

/* what a table takes away, as folded by inherit() */
#define PW_A64_ACC_PXN 1u
#define PW_A64_ACC_XN  2u
#define PW_A64_ACC_EL0 4u
#define PW_A64_ACC_RO  8u

PW_INLINE uint64_t pw_a64_leaf_type(unsigned int level)
{
	return level == 0 ? PW_A64_TYPE_LEAF : PW_A64_TYPE_BLK;
}

PW_INLINE uint64_t pw_a64_size(unsigned int level)
{
	return 1ull << (12u + 9u * level);
}

/* One privilege (EL2, EL3): XN in bit 54, AP[1] and nG without meaning. */
PW_INLINE bool pw_a64_one_privilege(uint32_t regime)
{
	return regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3;
}

/* Leaves at levels 0 to 2; 512G blocks come with DS=1. */
#define PW_A64_LEAF_LEVELS	3u
#define PW_A64_LPA2_LEAF_LEVELS 4u

PW_INLINE enum pw_kind pw_a64_kind_of(uint64_t e, unsigned int level, bool leaf_ok)
{
	if (e & PW_A64_VALID) {
		if (e & 2u)
			return level == 0 ? PW_KIND_LEAF : PW_KIND_TABLE;
		return level != 0 && leaf_ok ? PW_KIND_LEAF : PW_KIND_BAD;
	}
	if (e == 0)
		return PW_KIND_HOLE;
	/* ours only in a leaf's form: made valid again it must not become a table */
	if ((e & PW_A64_NG) && leaf_ok && (level == 0) == !!(e & 2u))
		return PW_KIND_INVALID;
	return PW_KIND_NONPRESENT;
}

PW_INLINE enum pw_kind pw_a64_kind(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_kind_of(e, level, level < PW_A64_LEAF_LEVELS);
}

PW_INLINE enum pw_kind pw_a64_lpa2_kind(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_a64_kind_of(e, level, level < PW_A64_LPA2_LEAF_LEVELS);
}

PW_INLINE uint64_t pw_a64_kind_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt, (void)level;
	return PW_A64_TYPE | PW_A64_NG | PW_A64_AP_EL0;
}

PW_INLINE uint64_t pw_a64_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt, (void)level;
	return PW_A64_TYPE | PW_A64_ADDR48;
}

PW_INLINE uint64_t pw_a64_lpa2_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt, (void)level;
	return PW_A64_TYPE | PW_A64_ADDR50 | PW_A64_ADDR_HI;
}

/* Address bits below the block's size are RES0, bit 16 (nT) excepted. */
PW_INLINE uint64_t pw_a64_low_bits(unsigned int level)
{
	return level ? ((pw_a64_size(level) - 1) & PW_A64_ADDR48 & ~PW_A64_NT) : 0;
}

PW_INLINE uint64_t pw_a64_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
				   unsigned int level)
{
	(void)pt;
	if (kind == PW_KIND_TABLE)
		return e & (3ull << 48);
	return kind == PW_KIND_LEAF ? e & ((3ull << 48) | pw_a64_low_bits(level)) : 0;
}

PW_INLINE uint64_t pw_a64_lpa2_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
					unsigned int level)
{
	(void)pt;
	return kind == PW_KIND_LEAF ? e & pw_a64_low_bits(level) : 0;
}

PW_INLINE uint64_t pw_a64_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return e & PW_A64_ADDR48 & ~(pw_a64_size(level) - 1);
}

PW_INLINE uint64_t pw_a64_lpa2_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return (e & PW_A64_ADDR50 & ~(pw_a64_size(level) - 1)) | ((e & PW_A64_ADDR_HI) << 42);
}

PW_INLINE uint64_t pw_a64_make_leaf(uint64_t bits, uint64_t pa, unsigned int level)
{
	(void)level;
	return bits | pa;
}

PW_INLINE uint64_t pw_a64_lpa2_addr(uint64_t pa)
{
	return (pa & PW_A64_ADDR50) | ((pa >> 42) & PW_A64_ADDR_HI);
}

PW_INLINE uint64_t pw_a64_lpa2_make_leaf(uint64_t bits, uint64_t pa, unsigned int level)
{
	(void)level;
	return bits | pw_a64_lpa2_addr(pa);
}

PW_INLINE uint64_t pw_a64_next_leaf(uint64_t e, unsigned int level)
{
	return e + pw_a64_size(level);
}

PW_INLINE uint64_t pw_a64_lpa2_next_leaf(uint64_t e, unsigned int level)
{
	uint64_t attrs = e & ~(PW_A64_ADDR50 | PW_A64_ADDR_HI);
	uint64_t pa = (e & PW_A64_ADDR50) | ((e & PW_A64_ADDR_HI) << 42);

	return attrs | pw_a64_lpa2_addr(pa + pw_a64_size(level));
}

PW_INLINE uint64_t pw_a64_table_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return e & PW_A64_ADDR48;
}

PW_INLINE uint64_t pw_a64_lpa2_table_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return (e & PW_A64_ADDR50) | ((e & PW_A64_ADDR_HI) << 42);
}

PW_INLINE uint64_t pw_a64_make_table(const struct pw_table *pt, uint64_t pa, unsigned int level)
{
	(void)pt, (void)level;
	return pa | PW_A64_TYPE_TBL;
}

PW_INLINE uint64_t pw_a64_lpa2_make_table(const struct pw_table *pt, uint64_t pa,
					  unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_lpa2_addr(pa) | PW_A64_TYPE_TBL;
}

/* Groups of 16 at each level: 64K, 32M, 16G; Arm ARM, "The Contiguous bit" */
PW_INLINE uint64_t pw_a64_contig_mask(unsigned int level)
{
	return level <= 2u ? PW_A64_CONT : 0;
}

/* With DBM set AP[2] is the dirty state; else it is a right, and counts. */
PW_INLINE uint64_t pw_a64_compare(uint32_t ignore, uint64_t e, uint64_t addr)
{
	uint64_t mask = ~0ull;

	if (ignore & PW_IGNORE_AD)
		mask &= ~(PW_A64_AF | (e & PW_A64_DBM ? PW_A64_AP_RO : 0));
	if (ignore & PW_IGNORE_SOFT)
		mask &= ~PW_A64_SOFT;
	if (ignore & PW_IGNORE_CONTIGUOUS)
		mask &= ~PW_A64_CONT;
	if (ignore & PW_IGNORE_PA)
		mask &= ~addr;
	return mask;
}

PW_INLINE uint64_t pw_a64_compare_mask(const struct pw_table *pt, uint32_t ignore, uint64_t e,
				       unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_compare(ignore, e, PW_A64_ADDR48);
}

PW_INLINE uint64_t pw_a64_lpa2_compare_mask(const struct pw_table *pt, uint32_t ignore, uint64_t e,
					    unsigned int level)
{
	(void)pt, (void)level;
	return pw_a64_compare(ignore, e, PW_A64_ADDR50 | PW_A64_ADDR_HI);
}

PW_INLINE uint32_t pw_a64_inherit(const struct pw_table *pt, uint32_t acc, uint64_t e,
				  unsigned int level)
{
	(void)level;
	if (pt->caps.flags & PW_CAP_HPD)
		return 0;
	return acc | (uint32_t)(e >> 59 & 0xfu);
}

/*
 * Arm ARM, "Stage 1 permissions": privileged code may always read. Memory that EL0 may write is
 * never privileged-executable. DBM makes a read-only entry writable: hardware clears AP[2] at the
 * first write (and where it does not, an operating system does the same in its fault handler).
 */
PW_COLD uint32_t pw_a64_perm(const struct pw_table *pt, uint64_t e, unsigned int level,
			     uint32_t acc)
{
	/* bits as 0 or 1; an entry's upper half is where acc's bits come from, see inherit() */
	uint32_t ro = ((uint32_t)(e >> 7 & ~(e >> 51)) | acc >> 3) & 1u, w = ro ^ 1u;
	uint32_t user = (uint32_t)(e >> 6) & ~(acc >> 2) & 1u;
	uint32_t pxn = ((uint32_t)(e >> 53) | acc) & 1u;
	uint32_t xn = ((uint32_t)(e >> 54) | acc >> 1) & 1u;
	uint32_t wxn = pt->caps.flags & PW_CAP_WXN ? w : 0;

	(void)level;
	if (pw_a64_one_privilege(pt->regime))
		return PW_PERM_R | w << 1 | ((xn | wxn) ^ 1u) << 2;
	pxn |= (user & w) | wxn;
	xn |= user & wxn;
	return PW_PERM_R | w << 1 | (pxn ^ 1u) << 2 | user << 3 | (user & w) << 4 | (xn ^ 1u) << 5;
}

/* A privileged mapping may not fault: Linux's rule for kernel entries, and ours. */
PW_INLINE bool pw_a64_publish(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)level;
	return (e & PW_A64_VALID) && (pw_a64_one_privilege(pt->regime) || !(e & PW_A64_AP_EL0));
}

/* An invalid entry is never cached (rule IWZCBG); software bits are not part of a translation. */
PW_INLINE bool pw_a64_stale(uint64_t old, uint64_t now, unsigned int level)
{
	(void)level;
	return (old & PW_A64_VALID) && ((old ^ now) & ~PW_A64_SOFT);
}

/* Rule RWHZWS: memory type, shareability, output address space, global over non-global. */
PW_INLINE bool pw_a64_bbm(uint64_t old, uint64_t now, uint64_t share)
{
	uint64_t diff = old ^ now;

	if (!(old & now & PW_A64_VALID))
		return false;
	return (diff & (PW_A64_ATTRINDX | PW_A64_NS | PW_A64_CONT | share)) ||
	       (old & ~now & PW_A64_NG);
}

PW_INLINE bool pw_a64_needs_bbm(uint64_t old, uint64_t now, unsigned int level)
{
	(void)level;
	return pw_a64_bbm(old, now, PW_A64_SH);
}

PW_INLINE bool pw_a64_lpa2_needs_bbm(uint64_t old, uint64_t now, unsigned int level)
{
	(void)level;
	return pw_a64_bbm(old, now, 0);
}

/*
 * The cold part: neutral attributes at the API's edge.
 */

/* Attributes that are one bit of a leaf: the flags, and the permissions of two privileges. */
static const struct pw_attr_bit pw_a64_flag_bits[] = {
	{ PW_ATTR_VALID, 0, 0 },   { PW_ATTR_NS, 5, 0 },       { PW_ATTR_ACCESSED, 10, 0 },
	{ PW_ATTR_GLOBAL, 11, 1 }, { PW_ATTR_GUARDED, 50, 0 }, { PW_ATTR_DBM, 51, 0 },
};
static const struct pw_attr_bit pw_a64_perm_bits[] = {
	{ PW_PERM_USER_R, 6, 0 },
	{ PW_PERM_W, 7, 1 },
	{ PW_PERM_X, 53, 1 },
	{ PW_PERM_USER_X, 54, 1 },
};
#define PW_A64_BITS(table) (table), sizeof(table) / sizeof((table)[0])

/* Flags that a leaf can have. */
#define PW_A64_ATTRS                                                                       \
	(PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED | PW_ATTR_DIRTY | PW_ATTR_DBM | \
	 PW_ATTR_CONTIGUOUS | PW_ATTR_GUARDED | PW_ATTR_NS)

/* The MAIR bytes that have a name; Arm ARM, MAIR_EL1. */
static const uint8_t pw_a64_mair_of[] = {
	[PW_MEM_NORMAL] = 0xff,	     [PW_MEM_NORMAL_TAGGED] = 0xf0, [PW_MEM_NORMAL_NC] = 0x44,
	[PW_MEM_NORMAL_WT] = 0xbb,   [PW_MEM_DEVICE_nGnRnE] = 0x00, [PW_MEM_DEVICE_nGnRE] = 0x04,
	[PW_MEM_DEVICE_nGRE] = 0x08, [PW_MEM_DEVICE_GRE] = 0x0c,
};

PW_COLD uint32_t pw_a64_memtype(uint64_t mair, uint32_t index)
{
	uint32_t type = PW_MEM_NORMAL;

	while (type < PW_MEM_OTHER && pw_a64_mair_of[type] != (mair >> (8u * index) & 0xffu))
		type++;
	return type;
}

PW_COLD int pw_a64_encode_memtype(const struct pw_table *pt, const struct pw_attr *attr,
				  uint64_t *raw)
{
	uint32_t i = attr->mem_index;

	if (attr->memtype >= PW_MEM_OTHER || (attr->memtype == PW_MEM_INDEX && i > 7u))
		return PW_EINVAL;
	if (attr->memtype != PW_MEM_INDEX) {
		for (i = 0; pw_a64_mair_of[attr->memtype] != (pt->mair >> (8u * i) & 0xffu); i++)
			if (i == 7u)
				return PW_EOPNOTSUPP;
	}
	*raw |= (uint64_t)i << 2;
	return 0;
}

/*
 * One mask each: what to clear and what to set so that permissions change as asked. AP[1] with
 * AP[2] clear gives EL0 both rights: what happens to writing must be said as well.
 */
PW_COLD int pw_a64_change_perm(const struct pw_table *pt, uint32_t clear, uint32_t set, uint64_t *c,
			       uint64_t *s)
{
	clear &= ~set;
	if ((clear & PW_PERM_R) ||
	    ((set & PW_PERM_USER_W) && (~set & (PW_PERM_W | PW_PERM_USER_R))) ||
	    ((set & PW_PERM_USER_R) && !(set & PW_PERM_USER_W) && !(clear & PW_PERM_W)) ||
	    ((clear & PW_PERM_USER_W) && !(clear & (PW_PERM_USER_R | PW_PERM_W))))
		return PW_EOPNOTSUPP;
	if (pw_a64_one_privilege(pt->regime)) {
		if ((clear | set) & (PW_PERM_USER_R | PW_PERM_USER_W | PW_PERM_USER_X))
			return PW_EOPNOTSUPP;
		/* the one XN is where user's is */
		clear = (clear & PW_PERM_W) | (clear & PW_PERM_X) << 3;
		set = (set & PW_PERM_W) | (set & PW_PERM_X) << 3;
	}
	if (clear & PW_PERM_W)
		*c |= PW_A64_DBM;
	pw_attr_bits_change(PW_A64_BITS(pw_a64_perm_bits), clear, set, c, s);
	return 0;
}

/* AP[2:1], PXN and UXN know 16 of the 64 combinations; the others are refused. */
PW_COLD int pw_a64_encode_perm(const struct pw_table *pt, uint32_t perm, uint64_t *raw)
{
	uint32_t all = PW_PERM_ALL;
	uint64_t clear = 0;

	if (pw_a64_one_privilege(pt->regime)) {
		all = PW_PERM_R | PW_PERM_W | PW_PERM_X;
		*raw |= PW_A64_AP_EL0; /* RES1 */
	}
	/* what EL0 may write is never privileged-executable */
	if ((perm & (PW_PERM_USER_W | PW_PERM_X)) == (PW_PERM_USER_W | PW_PERM_X))
		return PW_EOPNOTSUPP;
	return pw_a64_change_perm(pt, all & ~perm, perm, &clear, raw);
}

/* A leaf's bits but for its address; the shareability only where @share, its SH field, is. */
PW_COLD int pw_a64_encode_leaf(const struct pw_table *pt, const struct pw_attr *attr,
			       unsigned int level, uint32_t share, uint64_t *raw)
{
	uint32_t flags = attr->flags;
	uint64_t clear = 0;
	int err;

	if ((attr->perm & ~PW_PERM_ALL) || (flags & ~PW_ATTR_ALL) || attr->soft > 15u ||
	    attr->share > 3u || attr->share == 1u)
		return PW_EINVAL;
	/* what arm64 has not; and DBM means writable */
	if ((flags & ~PW_A64_ATTRS) || attr->key || attr->perm_index ||
	    ((flags & PW_ATTR_DBM) && !(attr->perm & PW_PERM_W)))
		return PW_EOPNOTSUPP;
	if ((flags & PW_ATTR_CONTIGUOUS) && !pw_a64_contig_mask(level))
		return PW_ERANGE;
	*raw = (uint64_t)attr->soft << 55 | (uint64_t)share << 8 | pw_a64_leaf_type(level);
	err = pw_a64_encode_memtype(pt, attr, raw);
	if (!err)
		err = pw_a64_encode_perm(pt, attr->perm, raw);
	pw_attr_bits_change(PW_A64_BITS(pw_a64_flag_bits), ~flags, flags, &clear, raw);
	if (pw_a64_one_privilege(pt->regime))
		*raw &= ~PW_A64_NG;
	if (!(flags & PW_ATTR_VALID))
		*raw = (*raw & ~PW_A64_VALID) | PW_A64_NG;
	if (flags & PW_ATTR_CONTIGUOUS)
		*raw |= PW_A64_CONT;
	if ((flags & PW_ATTR_DBM) && !(flags & PW_ATTR_DIRTY))
		*raw |= PW_A64_AP_RO; /* writable, clean */
	return err;
}

PW_INLINE int pw_a64_encode(const struct pw_table *pt, const struct pw_attr *attr,
			    unsigned int level, uint64_t *raw)
{
	return level < PW_A64_LEAF_LEVELS ? pw_a64_encode_leaf(pt, attr, level, attr->share, raw) :
					    PW_ERANGE;
}

PW_INLINE int pw_a64_lpa2_encode(const struct pw_table *pt, const struct pw_attr *attr,
				 unsigned int level, uint64_t *raw)
{
	return level < PW_A64_LPA2_LEAF_LEVELS ? pw_a64_encode_leaf(pt, attr, level, 0, raw) :
						 PW_ERANGE;
}

PW_COLD void pw_a64_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				struct pw_attr *attr)
{
	uint32_t flags = pw_attr_bits_read(PW_A64_BITS(pw_a64_flag_bits), raw);

	if (pw_a64_one_privilege(pt->regime))
		flags |= PW_ATTR_GLOBAL;
	if ((flags & PW_ATTR_DBM) && !(raw & PW_A64_AP_RO))
		flags |= PW_ATTR_DIRTY;
	if (raw & pw_a64_contig_mask(level))
		flags |= PW_ATTR_CONTIGUOUS;
	attr->flags = flags;
	attr->perm = pw_a64_perm(pt, raw, level, 0);
	attr->mem_index = (uint32_t)(raw >> 2) & 7u;
	attr->memtype = pw_a64_memtype(pt->mair, attr->mem_index);
	attr->share = (uint32_t)(raw >> 8) & 3u;
	attr->soft = (uint32_t)(raw >> 55) & 15u;
	attr->key = 0;
	attr->perm_index = 0;
}

PW_INLINE void pw_a64_lpa2_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				       struct pw_attr *attr)
{
	pw_a64_decode_leaf(pt, raw, level, attr);
	attr->share = 0; /* in TCR */
}

/*
 * Validity and globality share bit 11: making a leaf invalid sets it, and making it valid leaves
 * it set (non-global) unless the change also sets PW_ATTR_GLOBAL.
 */
PW_COLD int pw_a64_change(const struct pw_table *pt, const struct pw_change *change,
			  unsigned int level, uint64_t *clear, uint64_t *set)
{
	uint32_t on = change->flags_set, off = change->flags_clear & ~on;
	bool one = pw_a64_one_privilege(pt->regime);

	(void)level;
	*clear = 0;
	*set = 0;
	/* a group's business; a permission unless DBM is set; not there; what invalid means */
	if (((on | off) & (PW_ATTR_CONTIGUOUS | PW_ATTR_DIRTY | ~PW_A64_ATTRS)) ||
	    (one && (off & PW_ATTR_GLOBAL)) || ((off & PW_ATTR_VALID) && (on & PW_ATTR_GLOBAL)))
		return PW_EOPNOTSUPP;
	pw_attr_bits_change(PW_A64_BITS(pw_a64_flag_bits), off, on, clear, set);
	if (off & PW_ATTR_VALID)
		*set |= PW_A64_NG;
	if (one && (on & PW_ATTR_VALID))
		*clear |= PW_A64_NG;
	return pw_a64_change_perm(pt, change->perm_clear, change->perm_set, clear, set);
}

#define PW_A64_REGIMES \
	(1u << PW_REGIME_EL10 | 1u << PW_REGIME_EL2 | 1u << PW_REGIME_EL20 | 1u << PW_REGIME_EL3)

static const struct pw_geometry pw_geo_arm64_4k = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 4,
	.leaf_levels = PW_A64_LEAF_LEVELS,
	.min_va_bits = 16,
	.max_va_bits = 48,
	.va_step = 1,
	.pa_bits = 48,
	.halves = PW_HALVES_OWN,
	.live = true,
	.contig_lg2 = { 4, 4, 4 },
	.regimes = PW_A64_REGIMES,
};

static const struct pw_fmt pw_fmt_arm64_4k = {
	.geo = &pw_geo_arm64_4k,
	.kind = pw_a64_kind,
	.kind_mask = pw_a64_kind_mask,
	.fixed_mask = pw_a64_fixed_mask,
	.reserved = pw_a64_reserved,
	.leaf_pa = pw_a64_leaf_pa,
	.make_leaf = pw_a64_make_leaf,
	.next_leaf = pw_a64_next_leaf,
	.table_pa = pw_a64_table_pa,
	.make_table = pw_a64_make_table,
	.contig_mask = pw_a64_contig_mask,
	.compare_mask = pw_a64_compare_mask,
	.inherit = pw_a64_inherit,
	.perm = pw_a64_perm,
	.publish = pw_a64_publish,
	.stale = pw_a64_stale,
	.needs_bbm = pw_a64_needs_bbm,
	.encode = pw_a64_encode,
	.decode_leaf = pw_a64_decode_leaf,
	.change = pw_a64_change,
};

static const struct pw_geometry pw_geo_arm64_4k_lpa2 = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 5,
	.leaf_levels = PW_A64_LPA2_LEAF_LEVELS,
	.min_va_bits = 16,
	.max_va_bits = 52,
	.va_step = 1,
	.pa_bits = 52,
	.halves = PW_HALVES_OWN,
	.live = true,
	.contig_lg2 = { 4, 4, 4 },
	.regimes = PW_A64_REGIMES,
};

static const struct pw_fmt pw_fmt_arm64_4k_lpa2 = {
	.geo = &pw_geo_arm64_4k_lpa2,
	.kind = pw_a64_lpa2_kind,
	.kind_mask = pw_a64_kind_mask,
	.fixed_mask = pw_a64_lpa2_fixed_mask,
	.reserved = pw_a64_lpa2_reserved,
	.leaf_pa = pw_a64_lpa2_leaf_pa,
	.make_leaf = pw_a64_lpa2_make_leaf,
	.next_leaf = pw_a64_lpa2_next_leaf,
	.table_pa = pw_a64_lpa2_table_pa,
	.make_table = pw_a64_lpa2_make_table,
	.contig_mask = pw_a64_contig_mask,
	.compare_mask = pw_a64_lpa2_compare_mask,
	.inherit = pw_a64_inherit,
	.perm = pw_a64_perm,
	.publish = pw_a64_publish,
	.stale = pw_a64_stale,
	.needs_bbm = pw_a64_lpa2_needs_bbm,
	.encode = pw_a64_lpa2_encode,
	.decode_leaf = pw_a64_lpa2_decode_leaf,
	.change = pw_a64_change,
};

#endif
