/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64 VMSAv8-64 stage 2 descriptors: the attributes, and the formats. Type and address are
 * arm64_addr.h's.
 *
 *   63:59      58:55  54:53  52    51    50    49:12            11    10  9:8  7:6   5:2      1:0
 *   not ours   soft   XN     Cont  DBM   RES0  output address   FnXS  AF  SH   S2AP  MemAttr  type
 *
 * With LPA2 output address bits [51:50] take the place of SH in bits [9:8]. A table has no
 * attributes: bits [63:59] are RES0 there, and nothing is taken away on the way down.
 *
 * Permissions. S2AP says what may be read and written, at EL1 and EL0 alike: that is PW_PERM_R and
 * PW_PERM_W, and the user's are neither reported nor accepted. Without FEAT_XNX execution has one
 * bit, too: PW_PERM_X is for both. With it (PW_CAP_XNX) PW_PERM_X is EL1's and PW_PERM_USER_X
 * EL0's:
 *
 *   XN[1:0]   EL1   EL0
 *   00        yes   yes
 *   01        no    yes
 *   10        no    no
 *   11        yes   no
 *
 * so the bit that says no to EL0 turns the other one's meaning round, and a change has to name
 * both rights, or neither.
 *
 * Memory types. MemAttr is no index but the type itself; what the two stages together make of it
 * is not ours to say. With FEAT_S2FWB (HCR_EL2.FWB, PW_CAP_FWB) it means something else.
 *
 * No entry has an ASID: all are PW_ATTR_GLOBAL. In a Realm's tables the lowest software bit is NS.
 *
 * Present-but-invalid: bit 0 clear, bit 50 set, which is RES0 in a valid leaf; so nothing is lost
 * when a leaf goes that way and back. An invalid entry without it that is not zero is somebody's
 * (hypervisors keep a page's owner there).
 *
 * The first lookup may find up to 16 tables side by side; how many levels there are below is the
 * hypervisor's choice (VTCR_EL2.SL0), within what the input address size allows.
 *
 * Sources: Arm ARM (DDI 0487), D8.3 "VMSAv8-64 descriptor formats", D8.4 "Stage 2 permissions",
 * D8.6 "Stage 2 memory type and Cacheability attributes", D8.2 "Concatenated translation tables".
 */
#ifndef PW_FORMAT_ARM64_S2_H
#define PW_FORMAT_ARM64_S2_H

#include "arm64_addr.h"

#define PW_A64_S2_READ	  (1ull << 6) /* S2AP[0] */
#define PW_A64_S2_WRITE	  (1ull << 7) /* S2AP[1] */
#define PW_A64_S2_INVALID (1ull << 50)
#define PW_A64_S2_XN0	  (1ull << 53)
#define PW_A64_S2_XN1	  (1ull << 54)
#define PW_A64_S2_TABLE	  (0x1full << 59) /* RES0 in a table */

PW_INLINE uint64_t pw_a64_s2_kind_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt, (void)level;
	return PW_A64_TYPE | PW_A64_S2_INVALID;
}

PW_INLINE uint64_t pw_a64_s2_res0(const struct pw_table *pt, const struct pw_a64_form *form,
				  uint64_t e, enum pw_kind kind, unsigned int level)
{
	uint64_t attrs = 0;

	if (kind == PW_KIND_TABLE)
		attrs = PW_A64_S2_TABLE;
	else if (kind == PW_KIND_LEAF)
		attrs = PW_A64_S2_INVALID | (pt->caps.flags & PW_CAP_XNX ? 0 : PW_A64_S2_XN0);
	return e & (attrs | pw_a64_addr_res0(form, kind, level));
}

PW_INLINE uint32_t pw_a64_s2_inherit(const struct pw_table *pt, uint32_t acc, uint64_t e,
				     unsigned int level)
{
	(void)pt, (void)acc, (void)e, (void)level;
	return 0;
}

/* DBM makes an entry writable that is clean: hardware sets S2AP[1] at the first write. */
PW_COLD uint32_t pw_a64_s2_perm(const struct pw_table *pt, uint64_t e, unsigned int level,
				uint32_t acc)
{
	uint32_t perm = (e & PW_A64_S2_READ ? PW_PERM_R : 0) |
			(e & (PW_A64_S2_WRITE | PW_A64_DBM) ? PW_PERM_W : 0);

	(void)level, (void)acc;
	if (!(pt->caps.flags & PW_CAP_XNX))
		return perm | (e & PW_A64_S2_XN1 ? 0 : PW_PERM_X);
	return perm | (!(e & PW_A64_S2_XN0) == !(e & PW_A64_S2_XN1) ? PW_PERM_X : 0) |
	       (e & PW_A64_S2_XN1 ? 0 : PW_PERM_USER_X);
}

/* Everything that is valid has to be seen by walks that come later: there is no fault to retry. */
PW_INLINE bool pw_a64_s2_publish(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return e & PW_A64_VALID;
}

/* As of stage 1: invalid entries are not cached, and a cleared access flag may be seen late. */
PW_INLINE bool pw_a64_s2_stale(const struct pw_table *pt, uint64_t old, uint64_t now,
			       unsigned int level)
{
	(void)pt, (void)level;
	return (old & PW_A64_VALID) && ((old ^ now) & ~(PW_A64_SOFT | (old & PW_A64_AF)));
}

/* What hardware may write: the access flag, and S2AP[1] where it is the dirty state. */
PW_INLINE uint64_t pw_a64_s2_merge(const struct pw_table *pt, uint64_t e, uint64_t other,
				   unsigned int level)
{
	(void)pt, (void)level;
	e |= other & PW_A64_AF;
	return e & PW_A64_DBM ? e | (other & PW_A64_S2_WRITE) : e;
}

PW_INLINE uint64_t pw_a64_s2_unused(const struct pw_table *pt, uint64_t e, uint32_t what,
				    unsigned int level)
{
	(void)pt, (void)level;
	if (what & PW_ATTR_ACCESSED)
		e &= ~PW_A64_AF;
	return (what & PW_ATTR_DIRTY) && (e & PW_A64_DBM) ? e & ~PW_A64_S2_WRITE : e;
}

/* Attributes that are one bit of a leaf: the flags, and of the permissions what S2AP says. */
static const struct pw_attr_bit pw_a64_s2_flag_bits[] = {
	{ PW_ATTR_VALID, 0, 0 },
	{ PW_ATTR_ACCESSED, 10, 0 },
	{ PW_ATTR_DBM, 51, 0 },
	{ PW_ATTR_CONTIGUOUS, 52, 0 },
};
static const struct pw_attr_bit pw_a64_s2_perm_bits[] = {
	{ PW_PERM_R, 6, 0 },
	{ PW_PERM_W, 7, 0 },
};

PW_INLINE uint32_t pw_a64_s2_perms(const struct pw_table *pt)
{
	return PW_PERM_R | PW_PERM_W | PW_PERM_X |
	       (pt->caps.flags & PW_CAP_XNX ? PW_PERM_USER_X : 0);
}

/* XN for what may be executed from now on. */
PW_INLINE uint64_t pw_a64_s2_xn(const struct pw_table *pt, uint32_t perm)
{
	if (!(pt->caps.flags & PW_CAP_XNX))
		return perm & PW_PERM_X ? 0 : PW_A64_S2_XN1;
	if (perm & PW_PERM_USER_X)
		return perm & PW_PERM_X ? 0 : PW_A64_S2_XN0;
	return PW_A64_S2_XN1 | (perm & PW_PERM_X ? PW_A64_S2_XN0 : 0);
}

PW_COLD int pw_a64_s2_change_perm(const struct pw_table *pt, uint32_t clear, uint32_t set,
				  uint64_t *c, uint64_t *s)
{
	uint32_t exec = pw_a64_s2_perms(pt) & (PW_PERM_X | PW_PERM_USER_X);

	clear &= ~set;
	if ((clear | set) & ~pw_a64_s2_perms(pt))
		return PW_EOPNOTSUPP;
	if ((clear | set) & exec) {
		if (exec & ~(clear | set))
			return PW_EOPNOTSUPP;
		*c |= PW_A64_S2_XN1 | (exec & PW_PERM_USER_X ? PW_A64_S2_XN0 : 0);
		*s |= pw_a64_s2_xn(pt, set);
	}
	if (clear & PW_PERM_W)
		*c |= PW_A64_DBM;
	pw_attr_bits_change(pw_a64_s2_perm_bits, 2, clear, set, c, s);
	return 0;
}

/* Memory types that have a name, by PW_CAP_FWB; the others are a MemAttr, or not there. */
#define PW_A64_S2_NO_TYPE 0xffu
static const uint8_t pw_a64_s2_memattr[2][PW_MEM_OTHER] = {
	{
		[PW_MEM_NORMAL] = 0xf,
		[PW_MEM_NORMAL_TAGGED] = PW_A64_S2_NO_TYPE,
		[PW_MEM_NORMAL_NC] = 0x5,
		[PW_MEM_NORMAL_WT] = 0xa,
		[PW_MEM_DEVICE_nGnRnE] = 0x0,
		[PW_MEM_DEVICE_nGnRE] = 0x1,
		[PW_MEM_DEVICE_nGRE] = 0x2,
		[PW_MEM_DEVICE_GRE] = 0x3,
		[PW_MEM_UC_MINUS] = PW_A64_S2_NO_TYPE,
		[PW_MEM_WP] = PW_A64_S2_NO_TYPE,
	},
	{
		[PW_MEM_NORMAL] = 0x6, /* write-back, whatever stage 1 says; 7: as stage 1 says */
		[PW_MEM_NORMAL_TAGGED] = PW_A64_S2_NO_TYPE,
		[PW_MEM_NORMAL_NC] = 0x5,
		[PW_MEM_NORMAL_WT] = PW_A64_S2_NO_TYPE,
		[PW_MEM_DEVICE_nGnRnE] = 0x0,
		[PW_MEM_DEVICE_nGnRE] = 0x1,
		[PW_MEM_DEVICE_nGRE] = 0x2,
		[PW_MEM_DEVICE_GRE] = 0x3,
		[PW_MEM_UC_MINUS] = PW_A64_S2_NO_TYPE,
		[PW_MEM_WP] = PW_A64_S2_NO_TYPE,
	},
};

PW_INLINE const uint8_t *pw_a64_s2_memattrs(const struct pw_table *pt)
{
	return pw_a64_s2_memattr[pt->caps.flags & PW_CAP_FWB ? 1 : 0];
}

PW_COLD uint32_t pw_a64_s2_memtype(const struct pw_table *pt, uint32_t memattr)
{
	uint32_t type = PW_MEM_NORMAL;

	while (type < PW_MEM_OTHER && pw_a64_s2_memattrs(pt)[type] != memattr)
		type++;
	return type;
}

PW_COLD int pw_a64_s2_encode_memtype(const struct pw_table *pt, const struct pw_attr *attr,
				     uint64_t *raw)
{
	uint32_t memattr = attr->mem_index;

	if (attr->memtype >= PW_MEM_OTHER || (attr->memtype == PW_MEM_INDEX && memattr > 15u))
		return PW_EINVAL;
	if (attr->memtype != PW_MEM_INDEX)
		memattr = pw_a64_s2_memattrs(pt)[attr->memtype];
	if (memattr == PW_A64_S2_NO_TYPE)
		return PW_EOPNOTSUPP;
	*raw |= (uint64_t)memattr << 2;
	return 0;
}

/* Flags that a leaf of this level can have; groups are where the granule's contig_mask() says. */
PW_INLINE uint32_t pw_a64_s2_flags(const struct pw_table *pt, unsigned int level)
{
	uint32_t flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED | PW_ATTR_DIRTY |
			 PW_ATTR_DBM;

	return level < (pt->granule_lg2 == 12u ? 3u : 2u) ? flags | PW_ATTR_CONTIGUOUS : flags;
}

/* A leaf's bits but for its address; the shareability only where @share, its SH field, is. */
PW_COLD int pw_a64_s2_encode_leaf(const struct pw_table *pt, const struct pw_attr *attr,
				  unsigned int level, uint32_t share, uint64_t *raw)
{
	uint32_t flags = attr->flags, alien = flags & ~pw_a64_s2_flags(pt, level);
	uint64_t clear = 0;
	int err;

	if ((attr->perm & ~PW_PERM_ALL) || (flags & ~PW_ATTR_ALL) || attr->soft > 15u ||
	    attr->share > 3u || attr->share == 1u)
		return PW_EINVAL;
	if (level >= pt->leaf_levels || alien == PW_ATTR_CONTIGUOUS)
		return PW_ERANGE;
	if (alien || attr->key || attr->perm_index || (attr->perm & ~pw_a64_s2_perms(pt)) ||
	    ((flags & PW_ATTR_DBM) && !(attr->perm & PW_PERM_W)))
		return PW_EOPNOTSUPP;
	*raw = (uint64_t)attr->soft << 55 | (uint64_t)share << 8 | pw_a64_leaf_type(level) |
	       pw_a64_s2_xn(pt, attr->perm);
	err = pw_a64_s2_encode_memtype(pt, attr, raw);
	pw_attr_bits_change(pw_a64_s2_perm_bits, 2, 0, attr->perm, &clear, raw);
	pw_attr_bits_change(pw_a64_s2_flag_bits, 4, 0, flags, &clear, raw);
	if (!(flags & PW_ATTR_VALID))
		*raw = (*raw & ~PW_A64_VALID) | PW_A64_S2_INVALID;
	if ((flags & PW_ATTR_DBM) && !(flags & PW_ATTR_DIRTY))
		*raw &= ~PW_A64_S2_WRITE; /* writable, clean */
	return err;
}

PW_INLINE int pw_a64_s2_encode(const struct pw_table *pt, const struct pw_attr *attr,
			       unsigned int level, uint64_t *raw)
{
	return pw_a64_s2_encode_leaf(pt, attr, level, attr->share, raw);
}

PW_INLINE int pw_a64_s2_lpa2_encode(const struct pw_table *pt, const struct pw_attr *attr,
				    unsigned int level, uint64_t *raw)
{
	return pw_a64_s2_encode_leaf(pt, attr, level, 0, raw);
}

PW_COLD void pw_a64_s2_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				   struct pw_attr *attr)
{
	uint32_t flags = pw_attr_bits_read(pw_a64_s2_flag_bits, 4, raw) &
			 pw_a64_s2_flags(pt, level);

	if ((flags & PW_ATTR_DBM) && (raw & PW_A64_S2_WRITE))
		flags |= PW_ATTR_DIRTY;
	attr->flags = flags | PW_ATTR_GLOBAL;
	attr->perm = pw_a64_s2_perm(pt, raw, level, 0);
	attr->mem_index = (uint32_t)(raw >> 2) & 15u;
	attr->memtype = pw_a64_s2_memtype(pt, attr->mem_index);
	attr->share = (uint32_t)(raw >> 8) & 3u;
	attr->soft = (uint32_t)(raw >> 55) & 15u;
	attr->key = 0;
	attr->perm_index = 0;
}

PW_INLINE void pw_a64_s2_lpa2_decode_leaf(const struct pw_table *pt, uint64_t raw,
					  unsigned int level, struct pw_attr *attr)
{
	pw_a64_s2_decode_leaf(pt, raw, level, attr);
	attr->share = 0; /* in VTCR */
}

PW_COLD int pw_a64_s2_change(const struct pw_table *pt, const struct pw_change *change,
			     unsigned int level, uint64_t *clear, uint64_t *set)
{
	uint32_t on = change->flags_set, off = change->flags_clear & ~on;

	*clear = 0;
	*set = 0;
	/* a group's business; a permission unless DBM is set; not there */
	if (((on | off) & (PW_ATTR_CONTIGUOUS | PW_ATTR_DIRTY | ~pw_a64_s2_flags(pt, level))) ||
	    (off & PW_ATTR_GLOBAL))
		return PW_EOPNOTSUPP;
	pw_attr_bits_change(pw_a64_s2_flag_bits, 4, off, on, clear, set);
	if (off & PW_ATTR_VALID)
		*set |= PW_A64_S2_INVALID;
	if (on & PW_ATTR_VALID)
		*clear |= PW_A64_S2_INVALID;
	return pw_a64_s2_change_perm(pt, change->perm_clear, change->perm_set, clear, set);
}

#endif
