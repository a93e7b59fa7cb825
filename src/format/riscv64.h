/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * RISC-V page tables: Sv39, Sv48 and Sv57, and the G-stage of guests, Sv39x4, Sv48x4 and Sv57x4.
 * All have the same entries, and differ in the depth of the tables; a root of the G-stage is four
 * tables side by side.
 *
 *   63  62:61  60:59   58:54     53:10  9:8  7  6  5  4  3  2  1  0
 *   N   PBMT   (soft)  reserved  PPN    RSW  D  A  G  U  X  W  R  V
 *
 * Sources: RISC-V privileged specification, "Sv39: Page-Based 39-bit Virtual-Memory System" with
 * its "Virtual Address Translation Process", "Sv48", "Sv57", "Svnapot", "Svpbmt", "Svrsw60t59b";
 * hypervisor extension, "Guest Physical Address Translation". Our levels are the manual's.
 *
 * An entry with any of R, W and X is a leaf, whatever its level; one without is a table. So rights
 * are part of what an entry is, and a leaf without any right cannot be written down.
 *
 * Reserved, and a page fault where a valid entry has it: W without R; a table with U, A, D, N or
 * PBMT, or at level 0; a leaf above level 0 that is not aligned to its size; PBMT 3; bits of
 * extensions that the CPU lacks (pw_table.caps); N at level 0 with a PPN[3:0] that is not 0b1000,
 * and N above. Those are PW_KIND_BAD.
 *
 * NAPOT groups (Svnapot): 16 pages of level 0, aligned, 64K. All 16 entries are alike:
 *
 *      slot      0     1     2          15
 *      PPN       1238  1238  1238  ...  1238     the 8 says 64K; hardware puts the address's bits
 *      maps to   1230  1231  1232       123f     in its place
 *
 * "Flat" is an entry with N whose PPN is that of its own slot.
 *
 * Present-but-invalid is V clear, and all else as in a well-formed leaf; an operating system's
 * PROT_NONE pages look like that. Linux' swap entries have R, W and X clear and are none of ours.
 *
 * A and D are read as they are. Without Svadu hardware sets neither: an access to a page with A
 * clear, and a store to one with D clear, fault, and the handler sets them and goes on. So rights
 * (PW_PERM_*) are those of R, W and X alone, whatever A and D, with Svadu and without.
 *
 * In the first stage the rights are those of users (U) or the supervisor's; with sstatus.SUM the
 * supervisor reads and writes users' pages too, and never executes them. In the G-stage every
 * access is a user's: U must be set, and there is one privilege.
 */
#ifndef PW_FORMAT_RISCV64_H
#define PW_FORMAT_RISCV64_H

#include <pagewalk/fields.h>

#include "format.h"

#define PW_RV_V	       (1ull << 0)
#define PW_RV_R	       (1ull << 1)
#define PW_RV_W	       (1ull << 2)
#define PW_RV_X	       (1ull << 3)
#define PW_RV_RWX      (PW_RV_R | PW_RV_W | PW_RV_X)
#define PW_RV_U	       (1ull << 4)
#define PW_RV_G	       (1ull << 5)
#define PW_RV_A	       (1ull << 6)
#define PW_RV_D	       (1ull << 7)
#define PW_RV_RSW      (3ull << 8)
#define PW_RV_PPN      0x003ffffffffffc00ull
#define PW_RV_PPN_LG2  10u
#define PW_RV_NAPOT    (0xfull << 10) /* PPN[3:0] */
#define PW_RV_NAPOT64K (0x8ull << 10)
#define PW_RV_HIGH     (0x3ffull << 54) /* all below: reserved, or an extension's */
#define PW_RV_RESERVED (0x1full << 54)
#define PW_RV_SOFT_HI  (3ull << 59)
#define PW_RV_SOFT     (PW_RV_RSW | PW_RV_SOFT_HI) /* without Svrsw60t59b no leaf has the latter */
#define PW_RV_PBMT     (3ull << 61)
#define PW_RV_N	       (1ull << 63)

/* R, W and X are the neutral rights, one bit further up. */
#define PW_RV_RIGHTS 7u
_Static_assert(PW_PERM_R << 1 == PW_RV_R && PW_PERM_W << 1 == PW_RV_W &&
		       PW_PERM_X << 1 == PW_RV_X && PW_PERM_USER_R == PW_PERM_R << 3 &&
		       PW_PERM_USER_W == PW_PERM_W << 3 && PW_PERM_USER_X == PW_PERM_X << 3,
	       "rights are in the order of the bits");

#define PW_RV_LEAF_LEVELS 5u

/* PPN bits below a leaf's size. */
PW_INLINE uint64_t pw_rv_low_bits(unsigned int level)
{
	return ((1ull << (9u * level)) - 1u) << PW_RV_PPN_LG2;
}

/* Bits that have no meaning, or belong to extensions that are not there. */
PW_INLINE uint64_t pw_rv_zero_bits(const struct pw_table *pt)
{
	uint32_t caps = pt->caps.flags;

	return PW_RV_RESERVED | (caps & PW_CAP_SVNAPOT ? 0 : PW_RV_N) |
	       (caps & PW_CAP_SVPBMT ? 0 : PW_RV_PBMT) |
	       (caps & PW_CAP_SVRSW60T59B ? 0 : PW_RV_SOFT_HI);
}

/* Bits that are not as they must be, were the entry valid; "Virtual Address Translation Process" */
PW_INLINE uint64_t pw_rv_bad_bits(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	uint64_t bad = e & pw_rv_zero_bits(pt);

	if (!(e & PW_RV_RWX)) {
		bad |= e & (PW_RV_U | PW_RV_A | PW_RV_D | PW_RV_PBMT | PW_RV_N);
		return level ? bad : bad | PW_RV_RWX;
	}
	bad |= (e & PW_RV_W) & ~(e << 1); /* W without R */
	bad |= e & pw_rv_low_bits(level);
	if ((e & PW_RV_PBMT) == PW_RV_PBMT)
		bad |= PW_RV_PBMT;
	if ((e & PW_RV_N) && (level || (e & PW_RV_NAPOT) != PW_RV_NAPOT64K))
		bad |= PW_RV_N | (level ? 0 : e & PW_RV_NAPOT);
	return bad;
}

/* Any entry but an empty one. */
PW_COLD enum pw_kind pw_rv_kind_of(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	uint64_t bad = pw_rv_bad_bits(pt, e, level);

	if (e & PW_RV_V) {
		if (bad)
			return PW_KIND_BAD;
		return e & PW_RV_RWX ? PW_KIND_LEAF : PW_KIND_TABLE;
	}
	/* ours only in a leaf's form: made valid again it must be one */
	return (e & PW_RV_RWX) && !bad ? PW_KIND_INVALID : PW_KIND_NONPRESENT;
}

/* Tables and leaves that no extension has a say in are told at a glance: walks see little else. */
PW_INLINE enum pw_kind pw_rv_kind(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	if (level && (e & ~(PW_RV_PPN | PW_RV_RSW | PW_RV_G)) == PW_RV_V)
		return PW_KIND_TABLE;
	if ((e & (PW_RV_HIGH | PW_RV_R | PW_RV_V | pw_rv_low_bits(level))) == (PW_RV_R | PW_RV_V))
		return PW_KIND_LEAF;
	return e ? pw_rv_kind_of(pt, e, level) : PW_KIND_HOLE;
}

PW_INLINE uint64_t pw_rv_kind_mask(const struct pw_table *pt, unsigned int level)
{
	return PW_RV_V | PW_RV_RWX | pw_rv_low_bits(level) | pw_rv_zero_bits(pt) | PW_RV_PBMT |
	       PW_RV_N;
}

PW_INLINE uint64_t pw_rv_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)level;
	return PW_RV_V | PW_RV_PPN | PW_RV_N | pw_rv_zero_bits(pt);
}

PW_INLINE uint64_t pw_rv_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
				  unsigned int level)
{
	return kind == PW_KIND_BAD ? pw_rv_bad_bits(pt, e, level) : 0;
}

/* No access gets through a leaf without U, and G has no meaning yet ("should be cleared"). */
PW_INLINE uint64_t pw_rv_g_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
				    unsigned int level)
{
	uint64_t bad = pw_rv_reserved(pt, e, kind, level);

	if (e & PW_RV_V)
		bad |= (e & PW_RV_G) | (e & PW_RV_RWX ? ~e & PW_RV_U : 0);
	return bad;
}

PW_INLINE uint64_t pw_rv_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return (e & PW_RV_PPN & ~pw_rv_low_bits(level)) << 2;
}

PW_INLINE uint64_t pw_rv_make_leaf(uint64_t bits, uint64_t pa, unsigned int level)
{
	(void)level;
	return bits | pa >> 2;
}

PW_INLINE uint64_t pw_rv_next_leaf(uint64_t e, unsigned int level)
{
	return e + (1ull << (PW_RV_PPN_LG2 + 9u * level));
}

PW_INLINE uint64_t pw_rv_table_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt, (void)level;
	return (e & PW_RV_PPN) << 2;
}

PW_INLINE uint64_t pw_rv_make_table(const struct pw_table *pt, uint64_t pa, unsigned int level)
{
	(void)pt, (void)level;
	return pa >> 2 | PW_RV_V;
}

PW_INLINE uint64_t pw_rv_contig_mask(unsigned int level)
{
	return level == 0 ? PW_RV_N : 0;
}

PW_INLINE uint64_t pw_rv_group(uint64_t e, unsigned int level)
{
	(void)level;
	return (e & ~PW_RV_NAPOT) | PW_RV_NAPOT64K;
}

/* What has N and is no group stands without rights: that is no leaf, whatever a mask leaves out. */
PW_INLINE uint64_t pw_rv_flat(uint64_t e, uint64_t index, unsigned int level)
{
	if (level || !(e & PW_RV_N))
		return e;
	if ((e & PW_RV_NAPOT) != PW_RV_NAPOT64K)
		return e & ~PW_RV_RWX;
	return (e & ~PW_RV_NAPOT) | (index << PW_RV_PPN_LG2 & PW_RV_NAPOT);
}

/* What makes a leaf a bad one counts always: address bits below its size, N without Svnapot. */
PW_INLINE uint64_t pw_rv_compare_mask(const struct pw_table *pt, uint32_t ignore, uint64_t e,
				      unsigned int level)
{
	uint64_t mask = ~0ull;

	(void)e;
	if (ignore & PW_IGNORE_AD)
		mask &= ~(PW_RV_A | PW_RV_D);
	if (ignore & PW_IGNORE_SOFT)
		mask &= ~PW_RV_SOFT;
	if (ignore & PW_IGNORE_CONTIGUOUS)
		mask &= ~pw_rv_contig_mask(level);
	if (ignore & PW_IGNORE_PA)
		mask &= ~PW_RV_PPN | pw_rv_low_bits(level);
	return mask | pw_rv_zero_bits(pt);
}

/* Tables take no rights away; all that is below one with G is global. */
#define PW_RV_ACC_GLOBAL 1u

PW_INLINE uint32_t pw_rv_inherit(const struct pw_table *pt, uint32_t acc, uint64_t e,
				 unsigned int level)
{
	(void)pt, (void)level;
	return acc | (e & PW_RV_G ? PW_RV_ACC_GLOBAL : 0);
}

PW_INLINE uint32_t pw_rv_g_inherit(const struct pw_table *pt, uint32_t acc, uint64_t e,
				   unsigned int level)
{
	(void)pt, (void)e, (void)level;
	return acc;
}

/* R, W and X, as loads, stores and fetches see them; sstatus.MXR. */
PW_INLINE uint32_t pw_rv_rights(const struct pw_table *pt, uint64_t e)
{
	uint32_t rights = (uint32_t)(e >> 1) & PW_RV_RIGHTS;

	if ((rights & PW_PERM_X) && (pt->caps.flags & PW_CAP_MXR))
		rights |= PW_PERM_R;
	return rights;
}

PW_COLD uint32_t pw_rv_perm(const struct pw_table *pt, uint64_t e, unsigned int level, uint32_t acc)
{
	uint32_t rights = pw_rv_rights(pt, e);

	(void)level, (void)acc;
	if (!(e & PW_RV_U))
		return rights;
	return rights << 3 | (pt->caps.flags & PW_CAP_SUM ? rights & (PW_PERM_R | PW_PERM_W) : 0);
}

PW_COLD uint32_t pw_rv_g_perm(const struct pw_table *pt, uint64_t e, unsigned int level,
			      uint32_t acc)
{
	(void)level, (void)acc;
	return e & PW_RV_U ? pw_rv_rights(pt, e) : 0;
}

/*
 * The cold part: neutral attributes at the API's edge. @g: of the G-stage.
 */

static const struct pw_attr_bit pw_rv_flag_bits[] = {
	{ PW_ATTR_VALID, 0, 0 },
	{ PW_ATTR_ACCESSED, 6, 0 },
	{ PW_ATTR_DIRTY, 7, 0 },
	{ PW_ATTR_GLOBAL, 5, 0 }, /* the last: the G-stage has none */
};
#define PW_RV_BITS(g) pw_rv_flag_bits, sizeof(pw_rv_flag_bits) / sizeof(pw_rv_flag_bits[0]) - (g)

/* Flags that a leaf can have. */
#define PW_RV_ATTRS(g) \
	(PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY | ((g) ? 0 : PW_ATTR_GLOBAL))

/* Svpbmt, "PBMT": the memory's own attributes; cacheable off; strongly ordered, as I/O. */
static const uint8_t pw_rv_memtypes[] = {
	PW_MEM_NORMAL, PW_MEM_NORMAL_NC, PW_MEM_DEVICE_nGnRnE,
	PW_MEM_OTHER, /* reserved: no leaf has it */
};
#define PW_RV_NR_MEMTYPES 3u

PW_COLD int pw_rv_encode_memtype(const struct pw_table *pt, const struct pw_attr *attr,
				 uint64_t *raw)
{
	uint32_t i = attr->mem_index;

	if (attr->memtype >= PW_MEM_OTHER ||
	    (attr->memtype == PW_MEM_INDEX && i >= PW_RV_NR_MEMTYPES))
		return PW_EINVAL;
	if (attr->memtype != PW_MEM_INDEX) {
		for (i = 0; pw_rv_memtypes[i] != attr->memtype; i++)
			if (i == PW_RV_NR_MEMTYPES - 1u)
				return PW_EOPNOTSUPP;
	}
	if (i && !(pt->caps.flags & PW_CAP_SVPBMT))
		return PW_EOPNOTSUPP;
	*raw |= (uint64_t)i << 61;
	return 0;
}

/* R, W, X and U for exactly these rights, in *@raw. */
PW_COLD int pw_rv_encode_perm(const struct pw_table *pt, uint32_t perm, bool g, uint64_t *raw)
{
	uint32_t user = perm >> 3, rights = user ? user : perm;
	uint64_t e = (uint64_t)rights << 1 | (user || g ? PW_RV_U : 0);

	if ((e & (PW_RV_R | PW_RV_X)) == 0 || (e & PW_RV_W & ~(e << 1)) ||
	    (g ? pw_rv_g_perm(pt, e, 0, 0) : pw_rv_perm(pt, e, 0, 0)) != perm)
		return PW_EOPNOTSUPP;
	*raw |= e;
	return 0;
}

/*
 * Which of the bits change, when not all rights are named: R, W and X, whoever has them. Rights of
 * the user are taken away together with the supervisor's (which of them has the page, the page
 * knows); to give them means to say it all. 1: a leaf might lose all rights, or keep W without R.
 */
PW_COLD int pw_rv_change_rights(const struct pw_table *pt, uint32_t clear, uint32_t set,
				uint64_t *c, uint64_t *s)
{
	if (set >> 3 || (clear >> 3 & ~clear))
		return PW_EOPNOTSUPP;
	clear &= PW_RV_RIGHTS;
	/* a leaf that stays one without R has X, and with MXR is read all the same */
	if ((pt->caps.flags & PW_CAP_MXR) && (clear & (PW_PERM_R | PW_PERM_X)) == PW_PERM_R)
		return PW_EOPNOTSUPP;
	if (set & PW_PERM_W) {
		if (clear & PW_PERM_R)
			return PW_EOPNOTSUPP;
		set |= PW_PERM_R; /* to be written is to be read */
	}
	if (clear == PW_RV_RIGHTS)
		return PW_EOPNOTSUPP;
	*c |= (uint64_t)clear << 1;
	*s |= (uint64_t)set << 1;
	return (clear & (PW_PERM_R | PW_PERM_X)) && !(set & PW_PERM_R);
}

PW_COLD int pw_rv_change_perm(const struct pw_table *pt, uint32_t clear, uint32_t set, bool g,
			      uint64_t *c, uint64_t *s)
{
	uint32_t all = g ? PW_RV_RIGHTS : PW_PERM_ALL;

	clear &= ~set;
	if (((clear | set) & all) != all)
		return (clear | set) & ~all ? PW_EOPNOTSUPP :
					      pw_rv_change_rights(pt, clear, set, c, s);
	*c |= PW_RV_RWX | PW_RV_U;
	return (clear | set) & ~all ? PW_EOPNOTSUPP : pw_rv_encode_perm(pt, set, g, s);
}

PW_COLD int pw_rv_encode_leaf(const struct pw_table *pt, const struct pw_attr *attr,
			      unsigned int level, bool g, uint64_t *raw)
{
	uint32_t caps = pt->caps.flags, flags = attr->flags;
	uint64_t clear = 0;
	int err;

	if (level >= pt->leaf_levels)
		return PW_ERANGE;
	if ((attr->perm & ~PW_PERM_ALL) || (flags & ~PW_ATTR_ALL) || attr->share > 3u ||
	    attr->share == 1u || attr->soft > (caps & PW_CAP_SVRSW60T59B ? 15u : 3u))
		return PW_EINVAL;
	if ((flags & ~(PW_RV_ATTRS(g) | PW_ATTR_CONTIGUOUS)) || attr->key || attr->perm_index)
		return PW_EOPNOTSUPP;
	*raw = (uint64_t)(attr->soft & 3u) << 8 | (uint64_t)(attr->soft >> 2) << 59;
	if (flags & PW_ATTR_CONTIGUOUS) {
		if (!pw_rv_contig_mask(level))
			return PW_ERANGE;
		if (!(caps & PW_CAP_SVNAPOT))
			return PW_EOPNOTSUPP;
		*raw |= PW_RV_N | PW_RV_NAPOT64K;
	}
	err = pw_rv_encode_memtype(pt, attr, raw);
	if (!err)
		err = pw_rv_encode_perm(pt, attr->perm, g, raw);
	pw_attr_bits_change(PW_RV_BITS(g), 0, flags, &clear, raw);
	return err;
}

PW_INLINE int pw_rv_encode(const struct pw_table *pt, const struct pw_attr *attr,
			   unsigned int level, uint64_t *raw)
{
	return pw_rv_encode_leaf(pt, attr, level, false, raw);
}

PW_INLINE int pw_rv_g_encode(const struct pw_table *pt, const struct pw_attr *attr,
			     unsigned int level, uint64_t *raw)
{
	return pw_rv_encode_leaf(pt, attr, level, true, raw);
}

PW_COLD void pw_rv_decode(const struct pw_table *pt, uint64_t raw, unsigned int level, bool g,
			  struct pw_attr *attr)
{
	attr->flags = pw_attr_bits_read(PW_RV_BITS(g), raw) |
		      (raw & pw_rv_contig_mask(level) ? PW_ATTR_CONTIGUOUS : 0);
	attr->perm = g ? pw_rv_g_perm(pt, raw, level, 0) : pw_rv_perm(pt, raw, level, 0);
	attr->mem_index = (uint32_t)(raw >> 61) & 3u;
	attr->memtype = pw_rv_memtypes[attr->mem_index];
	attr->share = 0;
	attr->soft = ((uint32_t)(raw >> 8) & 3u) | ((uint32_t)(raw >> 59) & 3u) << 2;
	attr->key = 0;
	attr->perm_index = 0;
}

PW_INLINE void pw_rv_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				 struct pw_attr *attr)
{
	pw_rv_decode(pt, raw, level, false, attr);
}

PW_INLINE void pw_rv_g_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				   struct pw_attr *attr)
{
	pw_rv_decode(pt, raw, level, true, attr);
}

/* Raw bits of R, W, X and PBMT may make a leaf bad, or a table: each is looked at. */
PW_COLD int pw_rv_change_leaf(const struct pw_table *pt, const struct pw_change *change, bool g,
			      uint64_t *clear, uint64_t *set)
{
	uint32_t on = change->flags_set, off = change->flags_clear & ~on;
	uint64_t raw = change->raw_clear | change->raw_set;
	int err;

	*clear = 0;
	*set = 0;
	if ((on | off) & ~PW_RV_ATTRS(g))
		return PW_EOPNOTSUPP;
	err = pw_rv_change_perm(pt, change->perm_clear, change->perm_set, g, clear, set);
	pw_attr_bits_change(PW_RV_BITS(g), off, on, clear, set);
	if (err)
		return err;
	/* each leaf is looked at where some may be a group that has to be broken, see how() */
	return (raw & (PW_RV_RWX | PW_RV_PBMT)) ||
	       ((pt->flags & PW_TABLE_LIVE) && (pt->caps.flags & PW_CAP_SVNAPOT));
}

PW_INLINE int pw_rv_change(const struct pw_table *pt, const struct pw_change *change,
			   unsigned int level, uint64_t *clear, uint64_t *set)
{
	(void)level;
	return pw_rv_change_leaf(pt, change, false, clear, set);
}

PW_INLINE int pw_rv_g_change(const struct pw_table *pt, const struct pw_change *change,
			     unsigned int level, uint64_t *clear, uint64_t *set)
{
	(void)level;
	return pw_rv_change_leaf(pt, change, true, clear, set);
}

/* Facts: where the fields stand. The last row is the first stage's alone. */
#define PW_RV_ALL_LEVELS 0x1fu
#define PW_RV_SV39	 "RISC-V privileged specification, Sv39"

static const struct pw_field pw_rv_fields[] = {
	{ "V", 0, 0, PW_IN_LEAF | PW_IN_TABLE, PW_RV_ALL_LEVELS, PW_ATTR_VALID, PW_RV_SV39 },
	{ "R", 1, 1, PW_IN_LEAF, PW_RV_ALL_LEVELS, 0, PW_RV_SV39 },
	{ "W", 2, 2, PW_IN_LEAF, PW_RV_ALL_LEVELS, 0, PW_RV_SV39 },
	{ "X", 3, 3, PW_IN_LEAF, PW_RV_ALL_LEVELS, 0, PW_RV_SV39 },
	{ "U", 4, 4, PW_IN_LEAF, PW_RV_ALL_LEVELS, 0, PW_RV_SV39 },
	{ "A", 6, 6, PW_IN_LEAF, PW_RV_ALL_LEVELS, PW_ATTR_ACCESSED, PW_RV_SV39 },
	{ "D", 7, 7, PW_IN_LEAF, PW_RV_ALL_LEVELS, PW_ATTR_DIRTY, PW_RV_SV39 },
	{ "RSW", 8, 9, PW_IN_LEAF | PW_IN_TABLE, PW_RV_ALL_LEVELS, 0, PW_RV_SV39 },
	{ "PPN", 10, 53, PW_IN_LEAF | PW_IN_TABLE, PW_RV_ALL_LEVELS, 0, PW_RV_SV39 },
	{ "reserved", 54, 58, PW_IN_LEAF | PW_IN_TABLE, PW_RV_ALL_LEVELS, 0, PW_RV_SV39 },
	{ "RSW60T59B", 59, 60, PW_IN_LEAF | PW_IN_TABLE, PW_RV_ALL_LEVELS, 0,
	  "RISC-V privileged specification, Svrsw60t59b" },
	{ "PBMT", 61, 62, PW_IN_LEAF, PW_RV_ALL_LEVELS, 0,
	  "RISC-V privileged specification, Svpbmt" },
	{ "N", 63, 63, PW_IN_LEAF, 0x01u, PW_ATTR_CONTIGUOUS,
	  "RISC-V privileged specification, Svnapot" },
	{ "G", 5, 5, PW_IN_LEAF | PW_IN_TABLE, PW_RV_ALL_LEVELS, PW_ATTR_GLOBAL, PW_RV_SV39 },
};
#define PW_RV_NR_FIELDS (sizeof(pw_rv_fields) / sizeof(pw_rv_fields[0]))

/*
 * An entry with V clear may be cached, too ("Supervisor Memory-Management Fence Instruction"): a
 * fence is owed for what becomes valid, unless Svvptc bounds the time until it is seen, or the
 * caller's fault handler fences and retries.
 */
PW_INLINE bool pw_rv_stale(const struct pw_table *pt, uint64_t old, uint64_t now,
			   unsigned int level)
{
	(void)level;
	if (!(old & PW_RV_V))
		return (now & PW_RV_V) && !(pt->caps.flags & (PW_CAP_SVVPTC | PW_CAP_FIX_UP));
	return (old ^ now) & ~(PW_RV_SOFT | (old & PW_RV_A) | (now & ~old & (PW_RV_A | PW_RV_D)));
}

/*
 * Either of two translations may be used until a fence, and it is well defined that one is; so a
 * leaf may change its size in place. A NAPOT group may not, nor its rights: its entries are made
 * invalid, fenced, and written anew (Svnapot). What hardware and software may write to one of them
 * alone is no such change.
 */
PW_INLINE enum pw_how pw_rv_how(const struct pw_table *pt, uint64_t old, uint64_t now,
				unsigned int level)
{
	(void)pt, (void)level;
	return (old & now & PW_RV_V) && ((old | now) & PW_RV_N) &&
			       ((old ^ now) & ~(PW_RV_SOFT | PW_RV_A | PW_RV_D)) ?
		       PW_HOW_BREAK :
		       PW_HOW_STORE;
}

PW_INLINE uint64_t pw_rv_broken_mask(unsigned int level)
{
	(void)level;
	return PW_RV_V;
}

/* Leaves of all sizes look alike. */
PW_INLINE uint64_t pw_rv_child(uint64_t e, unsigned int level)
{
	(void)level;
	return e;
}

PW_INLINE uint64_t pw_rv_merge(const struct pw_table *pt, uint64_t e, uint64_t other,
			       unsigned int level)
{
	(void)pt, (void)level;
	return e | (other & (PW_RV_A | PW_RV_D));
}

PW_INLINE uint64_t pw_rv_unused(const struct pw_table *pt, uint64_t e, uint32_t what,
				unsigned int level)
{
	(void)pt, (void)level;
	return e &
	       ~((what & PW_ATTR_ACCESSED ? PW_RV_A : 0) | (what & PW_ATTR_DIRTY ? PW_RV_D : 0));
}

static const struct pw_geometry pw_geo_riscv64 = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 5,
	.leaf_levels = PW_RV_LEAF_LEVELS,
	.min_va_bits = 39,
	.max_va_bits = 57,
	.global = 5,
	.halves = PW_HALVES_SIGNED,
	.live = true,
	.regimes = 1u << PW_REGIME_RISCV,
	.va_step = 9,
	.pa_bits = 56,
	.contig_lg2 = { 4 },
	.contig_cap = PW_CAP_SVNAPOT,
};

static const struct pw_fmt pw_fmt_riscv64 = {
	.geo = &pw_geo_riscv64,
	.kind = pw_rv_kind,
	.kind_mask = pw_rv_kind_mask,
	.fixed_mask = pw_rv_fixed_mask,
	.reserved = pw_rv_reserved,
	.leaf_pa = pw_rv_leaf_pa,
	.make_leaf = pw_rv_make_leaf,
	.next_leaf = pw_rv_next_leaf,
	.table_pa = pw_rv_table_pa,
	.make_table = pw_rv_make_table,
	.contig_mask = pw_rv_contig_mask,
	.group = pw_rv_group,
	.flat = pw_rv_flat,
	.compare_mask = pw_rv_compare_mask,
	.inherit = pw_rv_inherit,
	.acc_global = PW_RV_ACC_GLOBAL,
	.perm = pw_rv_perm,
	.publish = pw_no_publish,
	.stale = pw_rv_stale,
	.how = pw_rv_how,
	.child = pw_rv_child,
	.parent = pw_rv_child,
	.merge = pw_rv_merge,
	.unused = pw_rv_unused,
	.broken_mask = pw_rv_broken_mask,
	.encode = pw_rv_encode,
	.decode_leaf = pw_rv_decode_leaf,
	.change = pw_rv_change,
};

/* Guest physical addresses: two bits more, for the four root tables, and no upper half. */
static const struct pw_geometry pw_geo_riscv64_g = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.max_levels = 5,
	.leaf_levels = PW_RV_LEAF_LEVELS,
	.min_va_bits = 41,
	.max_va_bits = 59,
	.concat_lg2 = 2,
	.halves = PW_HALVES_NONE,
	.live = true,
	.regimes = 1u << PW_REGIME_RISCV_G,
	.va_step = 9,
	.pa_bits = 56,
	.contig_lg2 = { 4 },
	.contig_cap = PW_CAP_SVNAPOT,
};

static const struct pw_fmt pw_fmt_riscv64_g = {
	.geo = &pw_geo_riscv64_g,
	.kind = pw_rv_kind,
	.kind_mask = pw_rv_kind_mask,
	.fixed_mask = pw_rv_fixed_mask,
	.reserved = pw_rv_g_reserved,
	.leaf_pa = pw_rv_leaf_pa,
	.make_leaf = pw_rv_make_leaf,
	.next_leaf = pw_rv_next_leaf,
	.table_pa = pw_rv_table_pa,
	.make_table = pw_rv_make_table,
	.contig_mask = pw_rv_contig_mask,
	.group = pw_rv_group,
	.flat = pw_rv_flat,
	.compare_mask = pw_rv_compare_mask,
	.inherit = pw_rv_g_inherit,
	.perm = pw_rv_g_perm,
	.publish = pw_no_publish,
	.stale = pw_rv_stale,
	.how = pw_rv_how,
	.child = pw_rv_child,
	.parent = pw_rv_child,
	.merge = pw_rv_merge,
	.unused = pw_rv_unused,
	.broken_mask = pw_rv_broken_mask,
	.encode = pw_rv_g_encode,
	.decode_leaf = pw_rv_g_decode_leaf,
	.change = pw_rv_g_change,
};

#endif
