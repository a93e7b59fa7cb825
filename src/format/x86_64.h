/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * x86-64: 4-level and 5-level paging.
 *
 *   63   62:59  58:52  51:12                      11:9  8  7   6  5  4    3    2    1    0
 *   XD   key    soft   address                    soft  G  PS  D  A  PCD  PWT  U/S  R/W  P
 *
 * At level 0 (PTE) bit 7 is PAT. A leaf of level 1 or 2 (PDE, PDPTE with PS set) has PAT in bit
 * 12, and its address begins above it at the leaf's size. Of a table's entry P, R/W, U/S, PWT,
 * PCD, A, the address and XD have a meaning; the rest is ignored, but for PS, which is reserved
 * where no leaf can be.
 *
 * Source: Intel SDM Vol. 3A, "Paging" (chapter 4; newer printings: 5): "4-level paging and 5-level
 * paging" (4.5) for the formats, "Access rights" (4.6), "Paging and memory typing" (4.9). AMD APM
 * Vol. 2, 5.3 agrees but where said.
 *
 * Reserved bits. A walk that meets a present entry with one of them set ends in a page fault (the
 * RSVD bit of its error code), so such an entry is PW_KIND_BAD at every level, and reserved()
 * names the bits. Which they are depends on the handle: address bits above pa_max (MAXPHYADDR),
 * XD when EFER.NXE is clear, PS above the levels that may have leaves; and of large leaves the
 * address bits below their size, PAT excepted.
 *
 * Present-but-invalid leaves do not exist here. A processor may speculate through an entry with P
 * clear to the address in it, as if it were present (L1 terminal fault, CVE-2018-3620), so what is
 * not present must not hold the address of real memory, and that is what such a leaf would be.
 * Entries with P clear are somebody's and opaque: swap entries, Linux's PROT_NONE with its
 * inverted address.
 *
 * Encryption: the C-bit of AMD SME and SEV (APM Vol. 2, 7.10 and 15.34), or the shared bit of Intel
 * TDX, is an address bit of the handle. Tables are always private: the C-bit is set in the entries
 * that lead to them, the shared bit is clear.
 */
#ifndef PW_FORMAT_X86_64_H
#define PW_FORMAT_X86_64_H

#include "format.h"

#include <pagewalk/fields.h>

#define PW_X86_P	 (1ull << 0)
#define PW_X86_RW	 (1ull << 1)
#define PW_X86_US	 (1ull << 2)
#define PW_X86_A	 (1ull << 5)
#define PW_X86_D	 (1ull << 6)
#define PW_X86_PS	 (1ull << 7) /* a leaf, level 1 and up */
#define PW_X86_PAT	 (1ull << 7) /* level 0 */
#define PW_X86_PAT_LARGE (1ull << 12)
#define PW_X86_SOFT_LOW	 (7ull << 9)
#define PW_X86_SOFT_HIGH (0x7full << 52)
#define PW_X86_SOFT	 (PW_X86_SOFT_LOW | PW_X86_SOFT_HIGH)
#define PW_X86_ADDR	 0x000ffffffffff000ull
#define PW_X86_XD	 (1ull << 63)

/* what tables take away, as folded by inherit() */
#define PW_X86_ACC_RO	1u
#define PW_X86_ACC_USER 2u
#define PW_X86_ACC_XD	4u

#define PW_X86_LEAF_LEVELS 3u

PW_INLINE uint64_t pw_x86_size(unsigned int level)
{
	return 1ull << (12u + 9u * level);
}

/* The address bits of a leaf, the one that says encrypted among them. */
PW_INLINE uint64_t pw_x86_leaf_addr(unsigned int level)
{
	return PW_X86_ADDR & ~(pw_x86_size(level) - 1u);
}

/* Bits of a present entry that a walk faults on, whatever the entry is: see 4.5, the tables. */
PW_INLINE uint64_t pw_x86_never(const struct pw_table *pt)
{
	return (PW_X86_ADDR & ~pt->pa_max & ~pt->enc_mask) |
	       (pt->caps.flags & PW_CAP_NO_NX ? PW_X86_XD : 0);
}

/* And of a leaf of level 1 or up: address bits below its size, PAT's excepted. */
PW_INLINE uint64_t pw_x86_low_bits(unsigned int level)
{
	return level ? (pw_x86_size(level) - 1u) & PW_X86_ADDR & ~PW_X86_PAT_LARGE : 0;
}

PW_INLINE bool pw_x86_is_leaf(uint64_t e, unsigned int level)
{
	return level == 0 || (e & PW_X86_PS);
}

/* The bits of a present entry that are reserved, and set. */
PW_INLINE uint64_t pw_x86_faults(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	uint64_t never = pw_x86_never(pt);

	if (pw_x86_is_leaf(e, level))
		never |= level < pt->leaf_levels ? pw_x86_low_bits(level) : PW_X86_PS;
	return e & never;
}

PW_INLINE enum pw_kind pw_x86_kind(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	if (!(e & PW_X86_P))
		return e ? PW_KIND_NONPRESENT : PW_KIND_HOLE;
	if (pw_x86_faults(pt, e, level))
		return PW_KIND_BAD;
	return pw_x86_is_leaf(e, level) ? PW_KIND_LEAF : PW_KIND_TABLE;
}

PW_INLINE uint64_t pw_x86_kind_mask(const struct pw_table *pt, unsigned int level)
{
	return PW_X86_P | (level ? PW_X86_PS : 0) | pw_x86_never(pt) | pw_x86_low_bits(level);
}

PW_INLINE uint64_t pw_x86_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	uint64_t addr = PW_X86_ADDR & ~(level ? PW_X86_PAT_LARGE : 0) & ~pt->enc_mask;

	return PW_X86_P | (level ? PW_X86_PS : 0) | addr | pw_x86_never(pt);
}

/* Of bad entries, too: that is what is wrong with them. */
PW_INLINE uint64_t pw_x86_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
				   unsigned int level)
{
	(void)kind;
	return e & PW_X86_P ? pw_x86_faults(pt, e, level) : 0;
}

PW_INLINE uint64_t pw_x86_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	return e & pw_x86_leaf_addr(level) & ~pt->enc_mask;
}

PW_INLINE uint64_t pw_x86_make_leaf(uint64_t bits, uint64_t pa, unsigned int level)
{
	(void)level;
	return bits | pa;
}

PW_INLINE uint64_t pw_x86_next_leaf(uint64_t e, unsigned int level)
{
	return e + pw_x86_size(level);
}

PW_INLINE uint64_t pw_x86_table_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)level;
	return e & PW_X86_ADDR & ~pt->enc_mask;
}

/* The bit that enc_mask is, in what is private to the machine. */
PW_INLINE uint64_t pw_x86_private(const struct pw_table *pt)
{
	return pt->flags & PW_TABLE_SHARED_BIT ? 0 : pt->enc_mask;
}

/*
 * Tables grant everything, so that leaves alone decide. A is set from the start: the first walk
 * would set it, by a locked write into a table that may be write-protected (a guest's, shadowed
 * or logged by its hypervisor) or that this side is about to change.
 */
PW_INLINE uint64_t pw_x86_make_table(const struct pw_table *pt, uint64_t pa, unsigned int level)
{
	(void)level;
	return pa | pw_x86_private(pt) | PW_X86_P | PW_X86_RW | PW_X86_US | PW_X86_A;
}

PW_INLINE uint64_t pw_x86_contig_mask(unsigned int level)
{
	(void)level;
	return 0;
}

PW_INLINE uint64_t pw_x86_compare_mask(const struct pw_table *pt, uint32_t ignore, uint64_t e,
				       unsigned int level)
{
	uint64_t mask = ~0ull;

	(void)e;
	if (ignore & PW_IGNORE_AD)
		mask &= ~(PW_X86_A | PW_X86_D);
	if (ignore & PW_IGNORE_SOFT)
		mask &= ~PW_X86_SOFT;
	if (ignore & PW_IGNORE_PA)
		mask &= ~(pw_x86_leaf_addr(level) & ~pt->enc_mask);
	return mask;
}

/* 4.6.1: an address is a user's, writable, if all entries say so, and not executable if one does */
PW_INLINE uint32_t pw_x86_inherit(const struct pw_table *pt, uint32_t acc, uint64_t e,
				  unsigned int level)
{
	(void)pt, (void)level;
	return acc | ((uint32_t)(~e >> 1) & (PW_X86_ACC_RO | PW_X86_ACC_USER)) |
	       ((uint32_t)(e >> 61) & PW_X86_ACC_XD);
}

/*
 * 4.6.1, "Determination of Access Rights". Supervisors read and write user pages unless SMAP is on
 * and execute them unless SMEP is; CR0.WP clear lets them write wherever they may read.
 */
PW_COLD uint32_t pw_x86_perm(const struct pw_table *pt, uint64_t e, unsigned int level,
			     uint32_t acc)
{
	uint32_t caps = pt->caps.flags, perm = 0;
	bool w, x, user;

	acc = pw_x86_inherit(pt, acc, e, level);
	w = !(acc & PW_X86_ACC_RO);
	x = !(acc & PW_X86_ACC_XD);
	user = !(acc & PW_X86_ACC_USER);
	if (!user || !(caps & PW_CAP_SMAP))
		perm = PW_PERM_R | (w || (caps & PW_CAP_NO_WP) ? PW_PERM_W : 0);
	if (x && !(user && (caps & PW_CAP_SMEP)))
		perm |= PW_PERM_X;
	if (user)
		perm |= PW_PERM_USER_R | (w ? PW_PERM_USER_W : 0) | (x ? PW_PERM_USER_X : 0);
	return perm;
}

/*
 * The cold part: neutral attributes at the API's edge.
 */

static const struct pw_attr_bit pw_x86_flag_bits[] = {
	{ PW_ATTR_VALID, 0, 0 },
	{ PW_ATTR_ACCESSED, 5, 0 },
	{ PW_ATTR_DIRTY, 6, 0 },
	{ PW_ATTR_GLOBAL, 8, 0 },
};
#define PW_X86_BITS  pw_x86_flag_bits, sizeof(pw_x86_flag_bits) / sizeof(pw_x86_flag_bits[0])
#define PW_X86_ATTRS (PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY | PW_ATTR_GLOBAL)

/* Flags that leaves of this handle can have. */
PW_COLD uint32_t pw_x86_attrs(const struct pw_table *pt)
{
	return PW_X86_ATTRS | (pt->enc_mask ? PW_ATTR_ENCRYPTED : 0);
}

/* 12.12.2 (newer: 13.12.2), "IA32_PAT MSR": the types; all other values are reserved. */
static const uint8_t pw_x86_pat_type[] = {
	[0] = PW_MEM_DEVICE_nGnRnE, /* UC */
	[1] = PW_MEM_NORMAL_NC,	    /* WC */
	[2] = PW_MEM_OTHER,	    /* reserved */
	[3] = PW_MEM_OTHER,	    [4] = PW_MEM_NORMAL_WT, [5] = PW_MEM_WP,
	[6] = PW_MEM_NORMAL, /* WB */
	[7] = PW_MEM_UC_MINUS,
};

PW_COLD uint32_t pw_x86_memtype(uint64_t pat, uint32_t index)
{
	uint32_t type = (uint32_t)(pat >> (8u * index)) & 0xffu;

	return type < sizeof(pw_x86_pat_type) ? pw_x86_pat_type[type] : PW_MEM_OTHER;
}

PW_COLD int pw_x86_encode_memtype(const struct pw_table *pt, const struct pw_attr *attr,
				  unsigned int level, uint64_t *raw)
{
	uint32_t i = attr->mem_index;

	if (attr->memtype >= PW_MEM_OTHER || (attr->memtype == PW_MEM_INDEX && i > 7u))
		return PW_EINVAL;
	if (attr->memtype != PW_MEM_INDEX) {
		for (i = 0; pw_x86_memtype(pt->mair, i) != attr->memtype; i++)
			if (i == 7u)
				return PW_EOPNOTSUPP;
	}
	*raw |= (uint64_t)(i & 3u) << 3; /* PCD:PWT */
	if (i & 4u)
		*raw |= level ? PW_X86_PAT_LARGE : PW_X86_PAT;
	return 0;
}

/*
 * R/W, U/S and XD know eight combinations, and the control registers decide what each of them
 * grants: the one is taken that grants what is asked for, no more and no less. With CR0.WP clear
 * two supervisor pages are alike; the writable one is taken.
 */
PW_COLD int pw_x86_encode_perm(const struct pw_table *pt, uint32_t perm, uint64_t *raw)
{
	uint64_t never = pw_x86_never(pt), bits;
	unsigned int i;

	for (i = 0; i < 8u; i++) {
		bits = (i & 1u ? 0 : PW_X86_RW) | (i & 2u ? PW_X86_US : 0) |
		       (i & 4u ? PW_X86_XD : 0);
		if (!(bits & never) && pw_x86_perm(pt, bits, 0, 0) == perm) {
			*raw |= bits;
			return 0;
		}
	}
	return PW_EOPNOTSUPP;
}

PW_COLD int pw_x86_encode(const struct pw_table *pt, const struct pw_attr *attr, unsigned int level,
			  uint64_t *raw)
{
	uint32_t flags = attr->flags;
	uint64_t clear = 0;
	int err;

	if (level >= pt->leaf_levels)
		return PW_ERANGE;
	if ((attr->perm & ~PW_PERM_ALL) || (flags & ~PW_ATTR_ALL) || attr->soft > 0x3ffu ||
	    attr->share > 3u || attr->share == 1u || attr->key > 15u)
		return PW_EINVAL;
	if ((flags & ~pw_x86_attrs(pt)) || !(flags & PW_ATTR_VALID) || attr->perm_index)
		return PW_EOPNOTSUPP;
	*raw = (uint64_t)(attr->soft & 7u) << 9 | (uint64_t)(attr->soft >> 3) << 52 |
	       (uint64_t)attr->key << 59 | (level ? PW_X86_PS : 0);
	pw_attr_bits_change(PW_X86_BITS, 0, flags, &clear, raw);
	if (!(flags & PW_ATTR_ENCRYPTED) == !!(pt->flags & PW_TABLE_SHARED_BIT))
		*raw |= pt->enc_mask;
	err = pw_x86_encode_memtype(pt, attr, level, raw);
	return err ? err : pw_x86_encode_perm(pt, attr->perm, raw);
}

PW_COLD void pw_x86_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				struct pw_attr *attr)
{
	uint64_t pat = level ? PW_X86_PAT_LARGE : PW_X86_PAT;

	attr->flags = pw_attr_bits_read(PW_X86_BITS, raw);
	if (pt->enc_mask && (raw & pt->enc_mask) == pw_x86_private(pt))
		attr->flags |= PW_ATTR_ENCRYPTED;
	attr->perm = pw_x86_perm(pt, raw, level, 0);
	attr->mem_index = ((uint32_t)(raw >> 3) & 3u) | (raw & pat ? 4u : 0);
	attr->memtype = pw_x86_memtype(pt->mair, attr->mem_index);
	attr->share = 0;
	attr->soft = ((uint32_t)(raw >> 9) & 7u) | ((uint32_t)(raw >> 52) & 0x7fu) << 3;
	attr->key = (uint32_t)(raw >> 59) & 15u;
	attr->perm_index = 0;
}

#define PW_X86_WRITE (PW_PERM_W | PW_PERM_USER_W)
#define PW_X86_EXEC  (PW_PERM_X | PW_PERM_USER_X)

/*
 * Is what a change asks for had, whatever the entry was before? @off and @on are disjoint.
 *
 * A page that becomes a user's: all its rights must be said, and be what the bits then grant. One
 * that stops being a user's: what SMAP and SMEP kept from supervisors must be said. Else nobody
 * knows whose the page is: a right of the user alone cannot be given, nor be taken without the
 * supervisors'.
 */
PW_COLD bool pw_x86_perm_ok(const struct pw_table *pt, uint32_t off, uint32_t on)
{
	uint32_t caps = pt->caps.flags, said = off | on, perm;
	uint64_t e;

	if ((off & PW_PERM_R) || ((off & PW_PERM_W) && (caps & PW_CAP_NO_WP)) ||
	    ((off & PW_X86_EXEC) && (caps & PW_CAP_NO_NX)))
		return false;
	if (on & PW_PERM_USER_R) {
		e = PW_X86_US | (on & PW_X86_WRITE ? PW_X86_RW : 0) |
		    (on & PW_X86_EXEC ? 0 : PW_X86_XD);
		perm = pw_x86_perm(pt, e, 0, 0);
		return (said & PW_X86_WRITE) && (said & PW_X86_EXEC) && !(on & ~perm) &&
		       !(off & perm);
	}
	if (on & (PW_PERM_USER_W | PW_PERM_USER_X))
		return false;
	if (off & PW_PERM_USER_R)
		return !((caps & PW_CAP_SMAP) && !(said & PW_PERM_W)) &&
		       !((caps & PW_CAP_SMEP) && !(said & PW_PERM_X));
	return !((off & PW_PERM_USER_W) && !(off & PW_PERM_W)) &&
	       !((off & PW_PERM_USER_X) && !(off & PW_PERM_X));
}

PW_COLD int pw_x86_change_perm(const struct pw_table *pt, uint32_t off, uint32_t on, uint64_t *c,
			       uint64_t *s)
{
	off &= ~on;
	if (!pw_x86_perm_ok(pt, off, on))
		return PW_EOPNOTSUPP;
	/* a user's right that goes with U/S needs no bit of its own */
	if (off & PW_PERM_USER_R)
		off &= ~(uint32_t)(PW_PERM_USER_W | PW_PERM_USER_X);
	*s |= on & PW_X86_WRITE ? PW_X86_RW : 0;
	*c |= !(on & PW_X86_WRITE) && (off & PW_X86_WRITE) ? PW_X86_RW : 0;
	*c |= on & PW_X86_EXEC ? PW_X86_XD : 0;
	*s |= !(on & PW_X86_EXEC) && (off & PW_X86_EXEC) ? PW_X86_XD : 0;
	*s |= on & PW_PERM_USER_R ? PW_X86_US : 0;
	*c |= off & PW_PERM_USER_R ? PW_X86_US : 0;
	return 0;
}

PW_COLD int pw_x86_change(const struct pw_table *pt, const struct pw_change *change,
			  unsigned int level, uint64_t *clear, uint64_t *set)
{
	uint32_t on = change->flags_set, off = change->flags_clear & ~on;
	uint64_t private = pw_x86_private(pt);

	(void)level;
	*clear = 0;
	*set = 0;
	if (((on | off) & ~pw_x86_attrs(pt)) || (off & PW_ATTR_VALID))
		return PW_EOPNOTSUPP;
	pw_attr_bits_change(PW_X86_BITS, off, on, clear, set);
	if ((on | off) & PW_ATTR_ENCRYPTED) {
		*clear |= pt->enc_mask;
		*set |= on & PW_ATTR_ENCRYPTED ? private : pt->enc_mask & ~private;
	}
	return pw_x86_change_perm(pt, change->perm_clear, change->perm_set, clear, set);
}

/* What an entry translates: all but what software keeps, and what hardware has yet to set. */
PW_INLINE bool pw_x86_stale(const struct pw_table *pt, uint64_t old, uint64_t now,
			    unsigned int level)
{
	(void)pt, (void)level;
	/* A set is seen whenever; A cleared is an estimate's business (4.10.4.3 of the SDM). D
	   cleared is not: a cached entry would go on without setting it again. */
	return (old & PW_X86_P) &&
	       ((old ^ now) & ~(PW_X86_SOFT | PW_X86_A | (now & ~old & PW_X86_D)));
}

/*
 * A leaf of another size. The SDM (4.10.2.3) lets a processor use either of the two until the old
 * one is invalidated, which is harmless while they say the same; but some raise a machine check
 * when a fetch finds both (CVE-2018-12207). So the entry is made not-present in between, unless the
 * caller says that its processors do without: a bbm_level of 2 or more.
 */
PW_INLINE enum pw_how pw_x86_how(const struct pw_table *pt, uint64_t old, uint64_t now,
				 unsigned int level)
{
	bool both = old & now & PW_X86_P;

	return both && level && ((old ^ now) & PW_X86_PS) && pt->caps.bbm_level < 2u ?
		       PW_HOW_BREAK :
		       PW_HOW_STORE;
}

/* PAT is elsewhere at level 0, where its place in larger leaves is an address bit. */
PW_INLINE uint64_t pw_x86_child(uint64_t e, unsigned int level)
{
	if (level > 1u)
		return e;
	return (e & ~(PW_X86_PS | PW_X86_PAT_LARGE)) | (e & PW_X86_PAT_LARGE ? PW_X86_PAT : 0);
}

PW_INLINE uint64_t pw_x86_parent(uint64_t e, unsigned int level)
{
	if (level)
		return e;
	return (e & ~PW_X86_PAT) | (e & PW_X86_PAT ? PW_X86_PAT_LARGE : 0) | PW_X86_PS;
}

PW_INLINE uint64_t pw_x86_merge(const struct pw_table *pt, uint64_t e, uint64_t other,
				unsigned int level)
{
	(void)pt, (void)level;
	return e | (other & (PW_X86_A | PW_X86_D));
}

PW_INLINE uint64_t pw_x86_unused(const struct pw_table *pt, uint64_t e, uint32_t what,
				 unsigned int level)
{
	(void)pt, (void)level;
	return e &
	       ~((what & PW_ATTR_ACCESSED ? PW_X86_A : 0) | (what & PW_ATTR_DIRTY ? PW_X86_D : 0));
}

static const struct pw_geometry pw_geo_x86_64 = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 5,
	.leaf_levels = PW_X86_LEAF_LEVELS,
	.min_va_bits = 48,
	.max_va_bits = 57,
	.va_step = 9,
	.pa_bits = 52,
	.global = 8,
	.halves = PW_HALVES_SIGNED,
	.live = true,
	.hw_ad = true,
	.enc = true,
	.regimes = 1u << PW_REGIME_X86,
};

static const struct pw_fmt pw_fmt_x86_64 = {
	.geo = &pw_geo_x86_64,
	.kind = pw_x86_kind,
	.kind_mask = pw_x86_kind_mask,
	.fixed_mask = pw_x86_fixed_mask,
	.reserved = pw_x86_reserved,
	.leaf_pa = pw_x86_leaf_pa,
	.make_leaf = pw_x86_make_leaf,
	.next_leaf = pw_x86_next_leaf,
	.table_pa = pw_x86_table_pa,
	.make_table = pw_x86_make_table,
	.contig_mask = pw_x86_contig_mask,
	.compare_mask = pw_x86_compare_mask,
	.inherit = pw_x86_inherit,
	.perm = pw_x86_perm,
	.publish = pw_no_publish,
	.stale = pw_x86_stale,
	.how = pw_x86_how,
	.child = pw_x86_child,
	.parent = pw_x86_parent,
	.merge = pw_x86_merge,
	.unused = pw_x86_unused,
	.broken_mask = pw_no_broken_mask,
	.encode = pw_x86_encode,
	.decode_leaf = pw_x86_decode_leaf,
	.change = pw_x86_change,
};

/* Levels, as bits: leaves; tables; and entries of any level. */
#define PW_X86_LEAVES  0x07u
#define PW_X86_TABLES  0x1eu
#define PW_X86_ANY     0x1fu
#define PW_X86_BOTH    (PW_IN_LEAF | PW_IN_TABLE)
#define PW_X86_SOURCE  "Intel SDM Vol. 3A, 4.5.4 (5.5.4), Tables 4-14 to 4-20"
#define PW_X86_SOURCE9 "Intel SDM Vol. 3A, 4.9.2 (5.9.2), Paging and Memory Typing"

static const struct pw_field pw_x86_64_field[] = {
	{ "P", 0, 0, PW_X86_BOTH, PW_X86_ANY, PW_ATTR_VALID, PW_X86_SOURCE },
	{ "R/W", 1, 1, PW_X86_BOTH, PW_X86_ANY, 0, PW_X86_SOURCE },
	{ "U/S", 2, 2, PW_X86_BOTH, PW_X86_ANY, 0, PW_X86_SOURCE },
	{ "PWT", 3, 3, PW_X86_BOTH, PW_X86_ANY, 0, PW_X86_SOURCE9 },
	{ "PCD", 4, 4, PW_X86_BOTH, PW_X86_ANY, 0, PW_X86_SOURCE9 },
	{ "A", 5, 5, PW_X86_BOTH, PW_X86_ANY, PW_ATTR_ACCESSED, PW_X86_SOURCE },
	{ "D", 6, 6, PW_IN_LEAF, PW_X86_LEAVES, PW_ATTR_DIRTY, PW_X86_SOURCE },
	{ "PAT", 7, 7, PW_IN_LEAF, 0x01, 0, PW_X86_SOURCE9 },
	{ "PS", 7, 7, PW_IN_LEAF, 0x06, 0, PW_X86_SOURCE },
	{ "PS", 7, 7, PW_IN_TABLE, PW_X86_TABLES, 0, PW_X86_SOURCE },
	{ "G", 8, 8, PW_IN_LEAF, PW_X86_LEAVES, PW_ATTR_GLOBAL, PW_X86_SOURCE },
	{ "ignored (software)", 9, 11, PW_IN_LEAF, PW_X86_LEAVES, 0, PW_X86_SOURCE },
	{ "PAT", 12, 12, PW_IN_LEAF, 0x06, 0, PW_X86_SOURCE9 },
	{ "address", 12, 51, PW_IN_TABLE, PW_X86_TABLES, 0, PW_X86_SOURCE },
	{ "address", 12, 51, PW_IN_LEAF, 0x01, 0, PW_X86_SOURCE },
	{ "address", 21, 51, PW_IN_LEAF, 0x02, 0, PW_X86_SOURCE },
	{ "address", 30, 51, PW_IN_LEAF, 0x04, 0, PW_X86_SOURCE },
	{ "ignored (software)", 52, 58, PW_IN_LEAF, PW_X86_LEAVES, 0, PW_X86_SOURCE },
	{ "protection key", 59, 62, PW_IN_LEAF, PW_X86_LEAVES, 0, PW_X86_SOURCE },
	{ "XD", 63, 63, PW_X86_BOTH, PW_X86_ANY, 0, PW_X86_SOURCE },
};

#endif
