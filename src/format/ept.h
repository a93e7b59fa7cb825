/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * EPT: Intel's second stage, guest-physical to physical addresses, 4 and 5 levels.
 *
 *   63   62    61   60   59    58   57   56:52  51:12    11    10  9  8  7     6     5:3   2  1  0
 *   #VE  soft  SPP  SSS  soft  PGW  VGP  soft   address  soft  XU  D  A  leaf  IPAT  type  X  W  R
 *
 * Of a table's entry R, W, X, XU, A and the address have a meaning; bits 6:3 are reserved, and so
 * is bit 7 where no leaf can be. At level 0 bit 7 is ignored.
 *
 * Source: Intel SDM Vol. 3C, "The Extended Page Table Mechanism (EPT)" (28.3; newer printings:
 * 29.3): "EPT Translation Mechanism" (.2, with the tables of formats), "EPT Misconfigurations"
 * (.3.1), "EPT and Memory Typing" (.7).
 *
 * An entry is present when one of R, W, X is set, or XU where mode-based execute control is on
 * (PW_CAP_MBE); without that control XU is ignored and X is execution in every mode. What is not
 * present and not zero is somebody's: KVM fills empty tables with bit 63 alone, so that accesses
 * exit instead of raising #VE.
 *
 * A walk that meets a present entry which makes no sense ends in an EPT misconfiguration: write
 * without read; execute without read where the processor has no such translations
 * (PW_CAP_EXEC_ONLY); a reserved bit; a reserved memory type. Such entries are PW_KIND_BAD at every
 * level, and reserved() names the bits.
 *
 * Rights are those of every access, whatever the guest's privilege: PW_PERM_R, _W, _X, and with
 * mode-based execute control PW_PERM_X for the guest's supervisor-mode addresses and _USER_X for
 * its user-mode ones.
 *
 * Present-but-invalid leaves do not exist, for the reason that x86_64.h gives. Bits 57, 58, 60 and
 * 61 belong to features of their own; they are kept as they are, and compared.
 */
#ifndef PW_FORMAT_EPT_H
#define PW_FORMAT_EPT_H

#include "format.h"

#include <pagewalk/fields.h>

#define PW_EPT_R	  (1ull << 0)
#define PW_EPT_W	  (1ull << 1)
#define PW_EPT_X	  (1ull << 2)
#define PW_EPT_RWX	  (PW_EPT_R | PW_EPT_W | PW_EPT_X)
#define PW_EPT_TYPE	  (7ull << 3)
#define PW_EPT_TABLE_RES  (0xfull << 3)
#define PW_EPT_LEAF	  (1ull << 7) /* level 1 and up */
#define PW_EPT_A	  (1ull << 8)
#define PW_EPT_D	  (1ull << 9)
#define PW_EPT_XU	  (1ull << 10)
#define PW_EPT_SOFT_11	  (1ull << 11)
#define PW_EPT_SOFT_56_52 (0x1full << 52)
#define PW_EPT_SOFT_59	  (1ull << 59)
#define PW_EPT_SOFT_62	  (1ull << 62)
#define PW_EPT_SOFT	  (PW_EPT_SOFT_11 | PW_EPT_SOFT_56_52 | PW_EPT_SOFT_59 | PW_EPT_SOFT_62)
#define PW_EPT_ADDR	  0x000ffffffffff000ull

#define PW_EPT_LEAF_LEVELS 3u

/* Memory types that are not reserved, as bits: UC, WC, WT, WP, WB. */
#define PW_EPT_TYPES 0x73u

PW_INLINE uint64_t pw_ept_size(unsigned int level)
{
	return 1ull << (12u + 9u * level);
}

PW_INLINE uint64_t pw_ept_leaf_addr(unsigned int level)
{
	return PW_EPT_ADDR & ~(pw_ept_size(level) - 1u);
}

/* The bits that grant something: an entry without them is not present. */
PW_INLINE uint64_t pw_ept_rights(const struct pw_table *pt)
{
	return PW_EPT_RWX | (pt->caps.flags & PW_CAP_MBE ? PW_EPT_XU : 0);
}

PW_INLINE bool pw_ept_is_leaf(uint64_t e, unsigned int level)
{
	return level == 0 || (e & PW_EPT_LEAF);
}

PW_INLINE bool pw_ept_type_ok(uint64_t e)
{
	return PW_EPT_TYPES >> (e >> 3 & 7u) & 1u;
}

/* Rights that a present entry may not have, as it lacks R. */
PW_INLINE uint64_t pw_ept_bad_rights(const struct pw_table *pt, uint64_t e)
{
	if (e & PW_EPT_R)
		return 0;
	return e & (pt->caps.flags & PW_CAP_EXEC_ONLY ? PW_EPT_W : pw_ept_rights(pt));
}

/* Address bits that no entry may have, beyond the processor's physical addresses. */
PW_INLINE uint64_t pw_ept_never(const struct pw_table *pt)
{
	return PW_EPT_ADDR & ~pt->pa_max;
}

PW_INLINE uint64_t pw_ept_low_bits(unsigned int level)
{
	return (pw_ept_size(level) - 1u) & PW_EPT_ADDR;
}

/* The bits of a present entry that make a walk end in an EPT misconfiguration. */
PW_INLINE uint64_t pw_ept_faults(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	uint64_t bad = (e & pw_ept_never(pt)) | pw_ept_bad_rights(pt, e);

	if (!pw_ept_is_leaf(e, level))
		return bad | (e & PW_EPT_TABLE_RES);
	if (level >= pt->leaf_levels)
		return bad | PW_EPT_LEAF;
	return bad | (e & pw_ept_low_bits(level)) | (pw_ept_type_ok(e) ? 0 : e & PW_EPT_TYPE);
}

PW_INLINE enum pw_kind pw_ept_kind(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	if (!(e & pw_ept_rights(pt)))
		return e ? PW_KIND_NONPRESENT : PW_KIND_HOLE;
	if (pw_ept_faults(pt, e, level))
		return PW_KIND_BAD;
	return pw_ept_is_leaf(e, level) ? PW_KIND_LEAF : PW_KIND_TABLE;
}

PW_INLINE uint64_t pw_ept_kind_mask(const struct pw_table *pt, unsigned int level)
{
	return pw_ept_rights(pt) | PW_EPT_TYPE | (level ? PW_EPT_LEAF : 0) | pw_ept_never(pt) |
	       pw_ept_low_bits(level);
}

/* Rights and memory type are not among them: change() sees to those, and a look at each leaf. */
PW_INLINE uint64_t pw_ept_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt;
	return PW_EPT_ADDR | (level ? PW_EPT_LEAF : 0);
}

/* Of bad entries, too: that is what is wrong with them. */
PW_INLINE uint64_t pw_ept_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
				   unsigned int level)
{
	(void)kind;
	return e & pw_ept_rights(pt) ? pw_ept_faults(pt, e, level) : 0;
}

PW_INLINE uint64_t pw_ept_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return e & pw_ept_leaf_addr(level);
}

PW_INLINE uint64_t pw_ept_make_leaf(uint64_t bits, uint64_t pa, unsigned int level)
{
	(void)level;
	return bits | pa;
}

PW_INLINE uint64_t pw_ept_next_leaf(uint64_t e, unsigned int level)
{
	return e + pw_ept_size(level);
}

PW_INLINE uint64_t pw_ept_table_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return e & PW_EPT_ADDR;
}

/* All rights, so that leaves alone decide; A set, so that no walk has to (see x86_64.h). */
PW_INLINE uint64_t pw_ept_make_table(const struct pw_table *pt, uint64_t pa, unsigned int level)
{
	(void)level;
	return pa | pw_ept_rights(pt) | PW_EPT_A;
}

PW_INLINE uint64_t pw_ept_contig_mask(unsigned int level)
{
	(void)level;
	return 0;
}

PW_INLINE uint64_t pw_ept_compare_mask(const struct pw_table *pt, uint32_t ignore, uint64_t e,
				       unsigned int level)
{
	uint64_t mask = ~0ull;

	(void)pt, (void)e;
	if (ignore & PW_IGNORE_AD)
		mask &= ~(PW_EPT_A | PW_EPT_D);
	if (ignore & PW_IGNORE_SOFT)
		mask &= ~PW_EPT_SOFT;
	if (ignore & PW_IGNORE_PA)
		mask &= ~pw_ept_leaf_addr(level);
	return mask;
}

/* An entry's rights as PW_PERM_*: R, W and X are numbered alike. */
PW_INLINE uint32_t pw_ept_granted(const struct pw_table *pt, uint64_t e)
{
	uint32_t rights = (uint32_t)(e & pw_ept_rights(pt));

	return (rights & (uint32_t)PW_EPT_RWX) | (rights >> 5 & PW_PERM_USER_X);
}

/* What tables take away: the PW_PERM_* that one of them lacks. */
PW_INLINE uint32_t pw_ept_inherit(const struct pw_table *pt, uint32_t acc, uint64_t e,
				  unsigned int level)
{
	(void)level;
	return acc | (pw_ept_granted(pt, ~e));
}

/* 28.3.3.2, "EPT Violations": an access needs its right in every entry of the walk. */
PW_COLD uint32_t pw_ept_perm(const struct pw_table *pt, uint64_t e, unsigned int level,
			     uint32_t acc)
{
	(void)level;
	return pw_ept_granted(pt, e) & ~acc;
}

/*
 * The cold part: neutral attributes at the API's edge.
 */

static const struct pw_attr_bit pw_ept_flag_bits[] = {
	{ PW_ATTR_IGNORE_PAT, 6, 0 },
	{ PW_ATTR_ACCESSED, 8, 0 },
	{ PW_ATTR_DIRTY, 9, 0 },
	{ PW_ATTR_SUPPRESS_VE, 63, 0 },
};
#define PW_EPT_BITS pw_ept_flag_bits, sizeof(pw_ept_flag_bits) / sizeof(pw_ept_flag_bits[0])
#define PW_EPT_ATTRS                                                             \
	(PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY | PW_ATTR_IGNORE_PAT | \
	 PW_ATTR_SUPPRESS_VE)

/* 28.3.7 (29.3.7): the types, numbered as those of the MTRRs. */
static const uint8_t pw_ept_type_name[8] = {
	PW_MEM_DEVICE_nGnRnE, PW_MEM_NORMAL_NC, PW_MEM_OTHER,  PW_MEM_OTHER,
	PW_MEM_NORMAL_WT,     PW_MEM_WP,	PW_MEM_NORMAL, PW_MEM_OTHER,
};

PW_COLD int pw_ept_encode_type(const struct pw_attr *attr, uint64_t *raw)
{
	uint32_t i = attr->mem_index;

	if (attr->memtype >= PW_MEM_OTHER || (attr->memtype == PW_MEM_INDEX && i > 7u))
		return PW_EINVAL;
	if (attr->memtype != PW_MEM_INDEX) {
		for (i = 0; pw_ept_type_name[i] != attr->memtype; i++)
			if (i == 7u)
				return PW_EOPNOTSUPP;
	}
	*raw |= (uint64_t)i << 3;
	return pw_ept_type_ok(*raw) ? 0 : PW_EOPNOTSUPP;
}

/* An entry's rights from PW_PERM_*. */
PW_COLD uint64_t pw_ept_rights_of(uint32_t perm)
{
	return (perm & PW_EPT_RWX) | (uint64_t)(perm & PW_PERM_USER_X) << 5;
}

/* Are these the rights of an entry that is present and no misconfiguration? */
PW_COLD bool pw_ept_rights_ok(const struct pw_table *pt, uint64_t rights)
{
	return (rights & pw_ept_rights(pt)) && !pw_ept_bad_rights(pt, rights);
}

PW_COLD int pw_ept_encode(const struct pw_table *pt, const struct pw_attr *attr, unsigned int level,
			  uint64_t *raw)
{
	uint32_t flags = attr->flags, soft = attr->soft;
	uint64_t rights = pw_ept_rights_of(attr->perm), clear = 0;

	if (level >= pt->leaf_levels)
		return PW_ERANGE;
	if ((attr->perm & ~PW_PERM_ALL) || (flags & ~PW_ATTR_ALL) || soft > 0xffu ||
	    attr->share > 3u || attr->share == 1u)
		return PW_EINVAL;
	if ((flags & ~PW_EPT_ATTRS) || !(flags & PW_ATTR_VALID) || attr->key || attr->perm_index ||
	    pw_ept_granted(pt, rights) != attr->perm || !pw_ept_rights_ok(pt, rights))
		return PW_EOPNOTSUPP;
	*raw = rights | (level ? PW_EPT_LEAF : 0) | (uint64_t)(soft & 1u) << 11 |
	       (uint64_t)(soft >> 1 & 0x1fu) << 52 | (uint64_t)(soft >> 6 & 1u) << 59 |
	       (uint64_t)(soft >> 7) << 62;
	pw_attr_bits_change(PW_EPT_BITS, 0, flags, &clear, raw);
	return pw_ept_encode_type(attr, raw);
}

PW_COLD void pw_ept_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				struct pw_attr *attr)
{
	attr->flags = PW_ATTR_VALID | pw_attr_bits_read(PW_EPT_BITS, raw);
	attr->perm = pw_ept_perm(pt, raw, level, 0);
	attr->mem_index = (uint32_t)(raw >> 3) & 7u;
	attr->memtype = pw_ept_type_name[attr->mem_index];
	attr->share = 0;
	attr->soft = ((uint32_t)(raw >> 11) & 1u) | ((uint32_t)(raw >> 52) & 0x1fu) << 1 |
		     ((uint32_t)(raw >> 59) & 1u) << 6 | ((uint32_t)(raw >> 62) & 1u) << 7;
	attr->key = 0;
	attr->perm_index = 0;
}

/* Rights and memory type of a leaf, as far as they go. */
PW_COLD bool pw_ept_leaf_ok(const struct pw_table *pt, uint64_t e)
{
	return pw_ept_rights_ok(pt, e) && pw_ept_type_ok(e);
}

/* Of the leaves that there can be, do all stay leaves (0), or some (1)? PW_EOPNOTSUPP: none. */
PW_COLD int pw_ept_stay(const struct pw_table *pt, uint64_t clear, uint64_t set)
{
	bool all = true, any = false;
	uint32_t i;

	for (i = 0; i < 128u; i++) {
		uint64_t e = (i & 63u) | (i & 64u ? PW_EPT_XU : 0);

		if (!pw_ept_leaf_ok(pt, e))
			continue;
		if (pw_ept_leaf_ok(pt, (e & ~clear) | set))
			any = true;
		else
			all = false;
	}
	if (all)
		return 0;
	return any ? 1 : PW_EOPNOTSUPP;
}

/* The raw masks count: they may touch rights and memory type, and are held to the same. */
PW_COLD int pw_ept_change(const struct pw_table *pt, const struct pw_change *change,
			  unsigned int level, uint64_t *clear, uint64_t *set)
{
	uint32_t on = change->flags_set, off = change->flags_clear & ~on;
	uint32_t perms = change->perm_clear | change->perm_set;

	(void)level;
	*set = pw_ept_rights_of(change->perm_set);
	*clear = pw_ept_rights_of(change->perm_clear) & ~*set;
	if (((on | off) & ~PW_EPT_ATTRS) || (off & PW_ATTR_VALID) ||
	    pw_ept_granted(pt, pw_ept_rights_of(perms)) != perms)
		return PW_EOPNOTSUPP;
	pw_attr_bits_change(PW_EPT_BITS, off, on, clear, set);
	return pw_ept_stay(pt, *clear | change->raw_clear,
			   (*set & ~change->raw_clear) | change->raw_set);
}

/* SDM, "Caching Translation Information" of VMX: what is not present is not cached. */
PW_INLINE bool pw_ept_stale(const struct pw_table *pt, uint64_t old, uint64_t now,
			    unsigned int level)
{
	(void)level;
	return (old & pw_ept_rights(pt)) &&
	       ((old ^ now) & ~(PW_EPT_SOFT | PW_EPT_A | (now & ~old & PW_EPT_D)));
}

/* As for linear addresses: a leaf of another size goes through not-present, but see there. */
PW_INLINE enum pw_how pw_ept_how(const struct pw_table *pt, uint64_t old, uint64_t now,
				 unsigned int level)
{
	bool both = (old & pw_ept_rights(pt)) && (now & pw_ept_rights(pt));

	return both && level && ((old ^ now) & PW_EPT_LEAF) && pt->caps.bbm_level < 2u ?
		       PW_HOW_BREAK :
		       PW_HOW_STORE;
}

PW_INLINE uint64_t pw_ept_child(uint64_t e, unsigned int level)
{
	return level > 1u ? e : e & ~PW_EPT_LEAF;
}

PW_INLINE uint64_t pw_ept_parent(uint64_t e, unsigned int level)
{
	(void)level;
	return e | PW_EPT_LEAF;
}

PW_INLINE uint64_t pw_ept_merge(const struct pw_table *pt, uint64_t e, uint64_t other,
				unsigned int level)
{
	(void)pt, (void)level;
	return e | (other & (PW_EPT_A | PW_EPT_D));
}

PW_INLINE uint64_t pw_ept_unused(const struct pw_table *pt, uint64_t e, uint32_t what,
				 unsigned int level)
{
	(void)pt, (void)level;
	return e &
	       ~((what & PW_ATTR_ACCESSED ? PW_EPT_A : 0) | (what & PW_ATTR_DIRTY ? PW_EPT_D : 0));
}

static const struct pw_geometry pw_geo_ept = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 5,
	.leaf_levels = PW_EPT_LEAF_LEVELS,
	.min_va_bits = 48,
	.max_va_bits = 57,
	.va_step = 9,
	.pa_bits = 52,
	.halves = PW_HALVES_NONE,
	.live = true,
	.hw_ad = true,
	.regimes = 1u << PW_REGIME_EPT,
};

static const struct pw_fmt pw_fmt_ept = {
	.geo = &pw_geo_ept,
	.kind = pw_ept_kind,
	.kind_mask = pw_ept_kind_mask,
	.fixed_mask = pw_ept_fixed_mask,
	.reserved = pw_ept_reserved,
	.leaf_pa = pw_ept_leaf_pa,
	.make_leaf = pw_ept_make_leaf,
	.next_leaf = pw_ept_next_leaf,
	.table_pa = pw_ept_table_pa,
	.make_table = pw_ept_make_table,
	.contig_mask = pw_ept_contig_mask,
	.compare_mask = pw_ept_compare_mask,
	.inherit = pw_ept_inherit,
	.perm = pw_ept_perm,
	.publish = pw_no_publish,
	.stale = pw_ept_stale,
	.how = pw_ept_how,
	.child = pw_ept_child,
	.parent = pw_ept_parent,
	.merge = pw_ept_merge,
	.unused = pw_ept_unused,
	.broken_mask = pw_no_broken_mask,
	.encode = pw_ept_encode,
	.decode_leaf = pw_ept_decode_leaf,
	.change = pw_ept_change,
};

/* Levels, as bits: leaves; tables; and entries of any level. */
#define PW_EPT_LEAVES 0x07u
#define PW_EPT_TABLES 0x1eu
#define PW_EPT_ANY    0x1fu
#define PW_EPT_BOTH   (PW_IN_LEAF | PW_IN_TABLE)
#define PW_EPT_SOURCE "Intel SDM Vol. 3C, 28.3.2 (29.3.2), EPT Translation Mechanism"

static const struct pw_field pw_ept_field[] = {
	{ "read", 0, 0, PW_EPT_BOTH, PW_EPT_ANY, 0, PW_EPT_SOURCE },
	{ "write", 1, 1, PW_EPT_BOTH, PW_EPT_ANY, 0, PW_EPT_SOURCE },
	{ "execute", 2, 2, PW_EPT_BOTH, PW_EPT_ANY, 0, PW_EPT_SOURCE },
	{ "memory type", 3, 5, PW_IN_LEAF, PW_EPT_LEAVES, 0, PW_EPT_SOURCE },
	{ "reserved", 3, 6, PW_IN_TABLE, PW_EPT_TABLES, 0, PW_EPT_SOURCE },
	{ "ignore PAT", 6, 6, PW_IN_LEAF, PW_EPT_LEAVES, PW_ATTR_IGNORE_PAT, PW_EPT_SOURCE },
	{ "leaf", 7, 7, PW_IN_LEAF, 0x06, 0, PW_EPT_SOURCE },
	{ "leaf", 7, 7, PW_IN_TABLE, PW_EPT_TABLES, 0, PW_EPT_SOURCE },
	{ "accessed", 8, 8, PW_EPT_BOTH, PW_EPT_ANY, PW_ATTR_ACCESSED, PW_EPT_SOURCE },
	{ "dirty", 9, 9, PW_IN_LEAF, PW_EPT_LEAVES, PW_ATTR_DIRTY, PW_EPT_SOURCE },
	{ "user-mode execute", 10, 10, PW_EPT_BOTH, PW_EPT_ANY, 0, PW_EPT_SOURCE },
	{ "ignored (software)", 11, 11, PW_IN_LEAF, PW_EPT_LEAVES, 0, PW_EPT_SOURCE },
	{ "address", 12, 51, PW_IN_TABLE, PW_EPT_TABLES, 0, PW_EPT_SOURCE },
	{ "address", 12, 51, PW_IN_LEAF, 0x01, 0, PW_EPT_SOURCE },
	{ "address", 21, 51, PW_IN_LEAF, 0x02, 0, PW_EPT_SOURCE },
	{ "address", 30, 51, PW_IN_LEAF, 0x04, 0, PW_EPT_SOURCE },
	{ "ignored (software)", 52, 56, PW_IN_LEAF, PW_EPT_LEAVES, 0, PW_EPT_SOURCE },
	{ "verify guest paging", 57, 57, PW_IN_LEAF, PW_EPT_LEAVES, 0, PW_EPT_SOURCE },
	{ "paging-write access", 58, 58, PW_IN_LEAF, PW_EPT_LEAVES, 0, PW_EPT_SOURCE },
	{ "ignored (software)", 59, 59, PW_IN_LEAF, PW_EPT_LEAVES, 0, PW_EPT_SOURCE },
	{ "supervisor shadow stack", 60, 60, PW_IN_LEAF, PW_EPT_LEAVES, 0, PW_EPT_SOURCE },
	{ "sub-page write permissions", 61, 61, PW_IN_LEAF, 0x01, 0, PW_EPT_SOURCE },
	{ "ignored (software)", 62, 62, PW_IN_LEAF, PW_EPT_LEAVES, 0, PW_EPT_SOURCE },
	{ "suppress #VE", 63, 63, PW_IN_LEAF, PW_EPT_LEAVES, PW_ATTR_SUPPRESS_VE, PW_EPT_SOURCE },
};

#endif
