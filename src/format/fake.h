/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * fake: a format for tests. Five levels of eight entries, pages of 256 bytes, and entries that are
 * scrambled differently at each level, so that code that confuses two levels, peeks at raw bits or
 * does arithmetic on raw entries breaks at once.
 *
 * The low byte and the other 56 bits of a plain entry are each rotated by an amount of its level's
 * own. That is a permutation of bits: zero stays zero, masks stay masks.
 *
 * Plain entry:
 *
 *   1:0    type: 0 empty or not ours, 1 leaf, 2 table, 3 reserved
 *   2      with type 0: a leaf that is present-but-invalid
 *   3      may not be written     4  may not be executed     5  accessed
 *   6      contiguous             7  user
 *   55:8   address
 *   58:56  memory index           62:59  software            63  non-global
 */
#ifndef PW_FORMAT_FAKE_H
#define PW_FORMAT_FAKE_H

#include <pagewalk/fields.h>

#include "format.h"

#define PW_FAKE_TYPE   3ull
#define PW_FAKE_LEAF   1ull
#define PW_FAKE_TABLE  2ull
#define PW_FAKE_KEPT   (1ull << 2)
#define PW_FAKE_RO     (1ull << 3)
#define PW_FAKE_XN     (1ull << 4)
#define PW_FAKE_A      (1ull << 5)
#define PW_FAKE_CONT   (1ull << 6)
#define PW_FAKE_USER   (1ull << 7)
#define PW_FAKE_ADDR   0x00ffffffffffff00ull
#define PW_FAKE_NG     (1ull << 63)
#define PW_FAKE_SOFT   (0xfull << 59)
#define PW_FAKE_MEM    (7ull << 56)
#define PW_FAKE_ACC_RO 1u
#define PW_FAKE_ACC_XN 2u

/*
 * The low byte and the rest are rotated on their own: the bits that say what an entry is stay in
 * the low byte, which a page's address leaves clear (the queue of freed tables relies on that).
 */
PW_INLINE uint64_t pw_fake_rotate(uint64_t v, unsigned int low, unsigned int high)
{
	uint64_t byte = v & 0xffu, rest = v >> 8;

	byte = (byte << low | byte >> (8u - low)) & 0xffu;
	rest = (rest << high | rest >> (56u - high)) & ((1ull << 56) - 1u);
	return rest << 8 | byte;
}

PW_INLINE uint64_t pw_fake_scramble(uint64_t plain, unsigned int level)
{
	return pw_fake_rotate(plain, (3u * level + 1u) & 7u, 7u + 11u * level);
}

PW_INLINE uint64_t pw_fake_plain(uint64_t e, unsigned int level)
{
	return pw_fake_rotate(e, 8u - ((3u * level + 1u) & 7u), 56u - (7u + 11u * level));
}

#define PW_FAKE_LEAF_LEVELS 3u

PW_INLINE enum pw_kind pw_fake_kind(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	uint64_t p = pw_fake_plain(e, level);

	(void)pt;
	switch (p & PW_FAKE_TYPE) {
	case 0:
		if (e == 0)
			return PW_KIND_HOLE;
		return (p & PW_FAKE_KEPT) && level < PW_FAKE_LEAF_LEVELS ? PW_KIND_INVALID :
									   PW_KIND_NONPRESENT;
	case PW_FAKE_LEAF:
		return level < PW_FAKE_LEAF_LEVELS ? PW_KIND_LEAF : PW_KIND_BAD;
	case PW_FAKE_TABLE:
		return level ? PW_KIND_TABLE : PW_KIND_BAD;
	default:
		return PW_KIND_BAD;
	}
}

PW_INLINE uint64_t pw_fake_kind_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt;
	return pw_fake_scramble(PW_FAKE_TYPE | PW_FAKE_KEPT | PW_FAKE_USER, level);
}

PW_INLINE uint64_t pw_fake_fixed_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt;
	return pw_fake_scramble(PW_FAKE_TYPE | PW_FAKE_KEPT | PW_FAKE_ADDR, level);
}

PW_INLINE uint64_t pw_fake_low_bits(unsigned int level)
{
	return ((1ull << (8u + 3u * level)) - 1u) & PW_FAKE_ADDR;
}

PW_INLINE uint64_t pw_fake_reserved(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
				    unsigned int level)
{
	(void)pt;
	return kind == PW_KIND_LEAF ? e & pw_fake_scramble(pw_fake_low_bits(level), level) : 0;
}

PW_INLINE uint64_t pw_fake_leaf_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_fake_plain(e, level) & PW_FAKE_ADDR & ~pw_fake_low_bits(level);
}

PW_INLINE uint64_t pw_fake_make_leaf(uint64_t bits, uint64_t pa, unsigned int level)
{
	return bits | pw_fake_scramble(pa, level);
}

PW_INLINE uint64_t pw_fake_next_leaf(uint64_t e, unsigned int level)
{
	uint64_t p = pw_fake_plain(e, level);
	uint64_t pa = (p & PW_FAKE_ADDR) + (1ull << (8u + 3u * level));

	return pw_fake_scramble((p & ~PW_FAKE_ADDR) | (pa & PW_FAKE_ADDR), level);
}

PW_INLINE uint64_t pw_fake_table_pa(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt;
	return pw_fake_plain(e, level) & PW_FAKE_ADDR;
}

PW_INLINE uint64_t pw_fake_make_table(const struct pw_table *pt, uint64_t pa, unsigned int level)
{
	(void)pt;
	return pw_fake_scramble(pa | PW_FAKE_TABLE, level);
}

/* Groups of four pages at level 0, two blocks at level 1: another number at each level. */
PW_INLINE uint64_t pw_fake_contig_mask(unsigned int level)
{
	return level <= 1u ? pw_fake_scramble(PW_FAKE_CONT, level) : 0;
}

PW_INLINE uint64_t pw_fake_compare_mask(const struct pw_table *pt, uint32_t ignore, uint64_t e,
					unsigned int level)
{
	uint64_t mask = ~0ull;

	(void)pt, (void)e;
	if (ignore & PW_IGNORE_AD)
		mask &= ~PW_FAKE_A;
	if (ignore & PW_IGNORE_SOFT)
		mask &= ~PW_FAKE_SOFT;
	if (ignore & PW_IGNORE_CONTIGUOUS)
		mask &= ~PW_FAKE_CONT;
	if (ignore & PW_IGNORE_PA)
		mask &= ~PW_FAKE_ADDR;
	return pw_fake_scramble(mask, level);
}

PW_INLINE uint32_t pw_fake_inherit(const struct pw_table *pt, uint32_t acc, uint64_t e,
				   unsigned int level)
{
	uint64_t p = pw_fake_plain(e, level);

	(void)pt;
	return acc | ((p & PW_FAKE_RO) ? PW_FAKE_ACC_RO : 0) |
	       ((p & PW_FAKE_XN) ? PW_FAKE_ACC_XN : 0);
}

PW_COLD uint32_t pw_fake_perm(const struct pw_table *pt, uint64_t e, unsigned int level,
			      uint32_t acc)
{
	uint64_t p = pw_fake_plain(e, level);
	bool w = !(p & PW_FAKE_RO) && !(acc & PW_FAKE_ACC_RO);
	bool x = !(p & PW_FAKE_XN) && !(acc & PW_FAKE_ACC_XN);
	bool user = p & PW_FAKE_USER;

	(void)pt;
	return PW_PERM_R | (w ? PW_PERM_W : 0) | (x ? PW_PERM_X : 0) | (user ? PW_PERM_USER_R : 0) |
	       (user && w ? PW_PERM_USER_W : 0) | (user && x ? PW_PERM_USER_X : 0);
}

PW_INLINE bool pw_fake_publish(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	uint64_t p = pw_fake_plain(e, level);

	(void)pt;
	return (p & PW_FAKE_TYPE) == PW_FAKE_LEAF && !(p & PW_FAKE_USER);
}

PW_INLINE bool pw_fake_stale(const struct pw_table *pt, uint64_t old, uint64_t now,
			     unsigned int level)
{
	(void)pt;
	if ((pw_fake_plain(old, level) & PW_FAKE_TYPE) == 0)
		return false;
	return (pw_fake_plain(old ^ now, level) & ~PW_FAKE_SOFT) != 0;
}

/* The strictest there is: everything but rights is broken first, unless bbm_level says more. */
PW_INLINE enum pw_how pw_fake_how(const struct pw_table *pt, uint64_t old, uint64_t now,
				  unsigned int level)
{
	uint64_t o = pw_fake_plain(old, level), n = pw_fake_plain(now, level), diff = o ^ n;

	if (!(o & PW_FAKE_TYPE) || !(n & PW_FAKE_TYPE))
		return PW_HOW_STORE;
	if (diff & PW_FAKE_TYPE)
		return pt->caps.bbm_level > 2u ? PW_HOW_STORE : PW_HOW_BREAK;
	if ((diff & PW_FAKE_CONT) && !pt->caps.bbm_level)
		return PW_HOW_BREAK;
	return (diff & (PW_FAKE_MEM | PW_FAKE_ADDR)) || (o & ~n & PW_FAKE_NG) ? PW_HOW_BREAK :
										PW_HOW_STORE;
}

PW_INLINE uint64_t pw_fake_child(uint64_t e, unsigned int level)
{
	return pw_fake_scramble(pw_fake_plain(e, level), level - 1u);
}

PW_INLINE uint64_t pw_fake_parent(uint64_t e, unsigned int level)
{
	return pw_fake_scramble(pw_fake_plain(e, level), level + 1u);
}

PW_INLINE uint64_t pw_fake_merge(const struct pw_table *pt, uint64_t e, uint64_t other,
				 unsigned int level)
{
	(void)pt;
	return e | (other & pw_fake_scramble(PW_FAKE_A, level));
}

PW_INLINE uint64_t pw_fake_unused(const struct pw_table *pt, uint64_t e, uint32_t what,
				  unsigned int level)
{
	(void)pt;
	return what & PW_ATTR_ACCESSED ? e & ~pw_fake_scramble(PW_FAKE_A, level) : e;
}

/* An invalid entry keeps its leaf's form but for the type, which has to be found again. */
PW_INLINE uint64_t pw_fake_broken_mask(unsigned int level)
{
	return pw_fake_scramble(PW_FAKE_LEAF, level);
}

PW_COLD int pw_fake_encode_perm(uint32_t perm, uint64_t *p)
{
	uint32_t user = (perm >> 3) & 7u, priv = perm & 7u;

	if (!(perm & PW_PERM_R) || (user && user != priv))
		return PW_EOPNOTSUPP; /* the user has what the kernel has, or nothing */
	*p |= (perm & PW_PERM_W ? 0 : PW_FAKE_RO) | (perm & PW_PERM_X ? 0 : PW_FAKE_XN) |
	      (user ? PW_FAKE_USER : 0);
	return 0;
}

PW_COLD int pw_fake_encode(const struct pw_table *pt, const struct pw_attr *attr,
			   unsigned int level, uint64_t *raw)
{
	uint32_t known = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED | PW_ATTR_CONTIGUOUS;
	uint64_t p;
	int err;

	if (level >= pt->leaf_levels)
		return PW_ERANGE;
	if ((attr->perm & ~PW_PERM_ALL) || (attr->flags & ~PW_ATTR_ALL) || attr->soft > 15u ||
	    attr->mem_index > 7u)
		return PW_EINVAL;
	if ((attr->flags & ~known) || attr->memtype != PW_MEM_INDEX || attr->key ||
	    attr->perm_index)
		return PW_EOPNOTSUPP;
	p = (uint64_t)attr->soft << 59 | (uint64_t)attr->mem_index << 56;
	if (attr->flags & PW_ATTR_CONTIGUOUS) {
		if (!pw_fake_contig_mask(level))
			return PW_ERANGE;
		p |= PW_FAKE_CONT;
	}
	err = pw_fake_encode_perm(attr->perm, &p);
	p |= attr->flags & PW_ATTR_VALID ? PW_FAKE_LEAF : PW_FAKE_KEPT;
	p |= attr->flags & PW_ATTR_GLOBAL ? 0 : PW_FAKE_NG;
	p |= attr->flags & PW_ATTR_ACCESSED ? PW_FAKE_A : 0;
	*raw = pw_fake_scramble(p, level);
	return err;
}

PW_COLD void pw_fake_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				 struct pw_attr *attr)
{
	uint64_t p = pw_fake_plain(raw, level);

	attr->perm = pw_fake_perm(pt, raw, level, 0);
	attr->flags = (p & PW_FAKE_TYPE ? PW_ATTR_VALID : 0) |
		      (p & PW_FAKE_NG ? 0 : PW_ATTR_GLOBAL) |
		      (p & PW_FAKE_A ? PW_ATTR_ACCESSED : 0) |
		      (p & PW_FAKE_CONT && level <= 1u ? PW_ATTR_CONTIGUOUS : 0);
	attr->memtype = PW_MEM_INDEX;
	attr->mem_index = (uint32_t)(p >> 56) & 7u;
	attr->share = 0;
	attr->soft = (uint32_t)(p >> 59) & 15u;
	attr->key = 0;
	attr->perm_index = 0;
}

PW_COLD int pw_fake_change_perm(uint32_t clear, uint32_t set, uint64_t *c, uint64_t *s)
{
	clear &= ~set;
	if ((clear & PW_PERM_R) || ((clear | set) & (PW_PERM_USER_W | PW_PERM_USER_X)))
		return PW_EOPNOTSUPP;
	*s |= (clear & PW_PERM_W ? PW_FAKE_RO : 0) | (clear & PW_PERM_X ? PW_FAKE_XN : 0) |
	      (set & PW_PERM_USER_R ? PW_FAKE_USER : 0);
	*c |= (set & PW_PERM_W ? PW_FAKE_RO : 0) | (set & PW_PERM_X ? PW_FAKE_XN : 0) |
	      (clear & PW_PERM_USER_R ? PW_FAKE_USER : 0);
	return 0;
}

PW_COLD int pw_fake_change(const struct pw_table *pt, const struct pw_change *change,
			   unsigned int level, uint64_t *clear, uint64_t *set)
{
	uint32_t fc = change->flags_clear & ~change->flags_set, fs = change->flags_set;
	uint64_t c = 0, s = 0;
	int err;

	(void)pt;
	if ((fc | fs) & ~(PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED))
		return PW_EOPNOTSUPP;
	err = pw_fake_change_perm(change->perm_clear, change->perm_set, &c, &s);
	if (fc & PW_ATTR_VALID) {
		c |= PW_FAKE_TYPE;
		s |= PW_FAKE_KEPT;
	}
	if (fs & PW_ATTR_VALID) {
		c |= PW_FAKE_TYPE | PW_FAKE_KEPT;
		s |= PW_FAKE_LEAF;
	}
	c |= (fs & PW_ATTR_GLOBAL ? PW_FAKE_NG : 0) | (fc & PW_ATTR_ACCESSED ? PW_FAKE_A : 0);
	s |= (fc & PW_ATTR_GLOBAL ? PW_FAKE_NG : 0) | (fs & PW_ATTR_ACCESSED ? PW_FAKE_A : 0);
	*clear = pw_fake_scramble(c, level);
	*set = pw_fake_scramble(s, level);
	return err;
}

static const struct pw_geometry pw_geo_fake = {
	.granule_lg2 = 8,
	.index_lg2 = 3,
	.max_levels = 5,
	.leaf_levels = PW_FAKE_LEAF_LEVELS,
	.min_va_bits = 12,
	.max_va_bits = 23,
	.va_step = 1,
	.pa_bits = 56,
	.halves = PW_HALVES_OWN,
	.live = true,
	.contig_lg2 = { 2, 1 },
	.regimes = 1u << PW_REGIME_EL10,
};

static const struct pw_fmt pw_fmt_fake = {
	.geo = &pw_geo_fake,
	.kind = pw_fake_kind,
	.kind_mask = pw_fake_kind_mask,
	.fixed_mask = pw_fake_fixed_mask,
	.reserved = pw_fake_reserved,
	.leaf_pa = pw_fake_leaf_pa,
	.make_leaf = pw_fake_make_leaf,
	.next_leaf = pw_fake_next_leaf,
	.table_pa = pw_fake_table_pa,
	.make_table = pw_fake_make_table,
	.contig_mask = pw_fake_contig_mask,
	.compare_mask = pw_fake_compare_mask,
	.inherit = pw_fake_inherit,
	.perm = pw_fake_perm,
	.publish = pw_fake_publish,
	.stale = pw_fake_stale,
	.how = pw_fake_how,
	.child = pw_fake_child,
	.parent = pw_fake_parent,
	.merge = pw_fake_merge,
	.unused = pw_fake_unused,
	.broken_mask = pw_fake_broken_mask,
	.encode = pw_fake_encode,
	.decode_leaf = pw_fake_decode_leaf,
	.change = pw_fake_change,
};

/*
 * Where the fields stand, by level: plain bit n of the low byte is at (n + 3 * level + 1) % 8, of
 * the rest at 8 + (n - 8 + 7 + 11 * level) % 56. A field that goes round is two.
 */
#define PW_FAKE_SOURCE "this file"
#define PW_FAKE_BOTH   (PW_IN_LEAF | PW_IN_TABLE)

static const struct pw_field pw_fake_field[] = {
	{ "type", 1, 2, PW_IN_LEAF, 0x01, 0, PW_FAKE_SOURCE },
	{ "kept", 3, 3, PW_IN_LEAF, 0x01, 0, PW_FAKE_SOURCE },
	{ "RO", 4, 4, PW_IN_LEAF, 0x01, 0, PW_FAKE_SOURCE },
	{ "XN", 5, 5, PW_IN_LEAF, 0x01, 0, PW_FAKE_SOURCE },
	{ "A", 6, 6, PW_IN_LEAF, 0x01, PW_ATTR_ACCESSED, PW_FAKE_SOURCE },
	{ "contiguous", 7, 7, PW_IN_LEAF, 0x01, PW_ATTR_CONTIGUOUS, PW_FAKE_SOURCE },
	{ "user", 0, 0, PW_IN_LEAF, 0x01, 0, PW_FAKE_SOURCE },
	{ "address", 15, 62, PW_IN_LEAF, 0x01, 0, PW_FAKE_SOURCE },
	{ "memory index", 63, 63, PW_IN_LEAF, 0x01, 0, PW_FAKE_SOURCE },
	{ "memory index", 8, 9, PW_IN_LEAF, 0x01, 0, PW_FAKE_SOURCE },
	{ "software", 10, 13, PW_IN_LEAF, 0x01, 0, PW_FAKE_SOURCE },
	{ "nG", 14, 14, PW_IN_LEAF, 0x01, PW_ATTR_GLOBAL, PW_FAKE_SOURCE },
	{ "type", 4, 5, PW_FAKE_BOTH, 0x02, 0, PW_FAKE_SOURCE },
	{ "kept", 6, 6, PW_IN_LEAF, 0x02, 0, PW_FAKE_SOURCE },
	{ "RO", 7, 7, PW_FAKE_BOTH, 0x02, 0, PW_FAKE_SOURCE },
	{ "XN", 0, 0, PW_FAKE_BOTH, 0x02, 0, PW_FAKE_SOURCE },
	{ "A", 1, 1, PW_IN_LEAF, 0x02, PW_ATTR_ACCESSED, PW_FAKE_SOURCE },
	{ "contiguous", 2, 2, PW_IN_LEAF, 0x02, PW_ATTR_CONTIGUOUS, PW_FAKE_SOURCE },
	{ "user", 3, 3, PW_IN_LEAF, 0x02, 0, PW_FAKE_SOURCE },
	{ "address", 26, 63, PW_FAKE_BOTH, 0x02, 0, PW_FAKE_SOURCE },
	{ "address", 8, 17, PW_FAKE_BOTH, 0x02, 0, PW_FAKE_SOURCE },
	{ "memory index", 18, 20, PW_IN_LEAF, 0x02, 0, PW_FAKE_SOURCE },
	{ "software", 21, 24, PW_IN_LEAF, 0x02, 0, PW_FAKE_SOURCE },
	{ "nG", 25, 25, PW_IN_LEAF, 0x02, PW_ATTR_GLOBAL, PW_FAKE_SOURCE },
	{ "type", 7, 7, PW_FAKE_BOTH, 0x04, 0, PW_FAKE_SOURCE },
	{ "type", 0, 0, PW_FAKE_BOTH, 0x04, 0, PW_FAKE_SOURCE },
	{ "kept", 1, 1, PW_IN_LEAF, 0x04, 0, PW_FAKE_SOURCE },
	{ "RO", 2, 2, PW_FAKE_BOTH, 0x04, 0, PW_FAKE_SOURCE },
	{ "XN", 3, 3, PW_FAKE_BOTH, 0x04, 0, PW_FAKE_SOURCE },
	{ "A", 4, 4, PW_IN_LEAF, 0x04, PW_ATTR_ACCESSED, PW_FAKE_SOURCE },
	{ "user", 6, 6, PW_IN_LEAF, 0x04, 0, PW_FAKE_SOURCE },
	{ "address", 37, 63, PW_FAKE_BOTH, 0x04, 0, PW_FAKE_SOURCE },
	{ "address", 8, 28, PW_FAKE_BOTH, 0x04, 0, PW_FAKE_SOURCE },
	{ "memory index", 29, 31, PW_IN_LEAF, 0x04, 0, PW_FAKE_SOURCE },
	{ "software", 32, 35, PW_IN_LEAF, 0x04, 0, PW_FAKE_SOURCE },
	{ "nG", 36, 36, PW_IN_LEAF, 0x04, PW_ATTR_GLOBAL, PW_FAKE_SOURCE },
	{ "type", 2, 3, PW_IN_TABLE, 0x08, 0, PW_FAKE_SOURCE },
	{ "RO", 5, 5, PW_IN_TABLE, 0x08, 0, PW_FAKE_SOURCE },
	{ "XN", 6, 6, PW_IN_TABLE, 0x08, 0, PW_FAKE_SOURCE },
	{ "address", 48, 63, PW_IN_TABLE, 0x08, 0, PW_FAKE_SOURCE },
	{ "address", 8, 39, PW_IN_TABLE, 0x08, 0, PW_FAKE_SOURCE },
	{ "type", 5, 6, PW_IN_TABLE, 0x10, 0, PW_FAKE_SOURCE },
	{ "RO", 0, 0, PW_IN_TABLE, 0x10, 0, PW_FAKE_SOURCE },
	{ "XN", 1, 1, PW_IN_TABLE, 0x10, 0, PW_FAKE_SOURCE },
	{ "address", 59, 63, PW_IN_TABLE, 0x10, 0, PW_FAKE_SOURCE },
	{ "address", 8, 50, PW_IN_TABLE, 0x10, 0, PW_FAKE_SOURCE },
};

#endif
