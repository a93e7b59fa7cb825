/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The contract of a descriptor format.
 *
 * A format is one header with plain static inline functions and a static const struct pw_fmt that
 * names them. The engine's algorithms are always-inline functions that take the struct as a
 * constant, so the calls below fold away; nothing here is called through a pointer at run time
 * but the few marked (cold), which an instance exports in its table of operations.
 *
 * A format knows bits and no algorithm; the engine knows algorithms and no bits. Level 0 is the
 * leaf-most one. All-zero is an empty entry in every format, at every level. A change of
 * attributes is a pair of masks (clear, set) of raw bits, so a format's encoding must be bitwise:
 * an attribute is a fixed set of bits at a level, whatever the other bits are.
 *
 * Adding a format: one header, one line in src/instance/, one row in the tests' table.
 */
#ifndef PW_FORMAT_FORMAT_H
#define PW_FORMAT_FORMAT_H

#include <pagewalk/change.h>
#include <pagewalk/iter.h>

#define PW_INLINE static inline __attribute__((always_inline))
/*
 * Compiled for size: the entry loops are written so that they cost the same either way (see
 * stretch.h; bench/instructions counts), and all around them runs once a run or less.
 */
#define PW_SMALL  __attribute__((cold))
/* Once a run or less: compiled for size, and not copied into the loops. */
#define PW_COLD	  static __attribute__((cold, noinline))

/* An attribute that is one bit of an entry; @inverted: the bit is clear when it is set. */
struct pw_attr_bit {
	uint16_t attr; /* PW_ATTR_* or PW_PERM_* */
	uint8_t bit;
	uint8_t inverted;
};

/* attr.c: add to the masks *@c and *@s what clearing and setting these attributes takes. */
void pw_attr_bits_change(const struct pw_attr_bit *bits, size_t nr, uint32_t clear, uint32_t set,
			 uint64_t *c, uint64_t *s);
/* attr.c: which of the attributes does an entry have? */
uint32_t pw_attr_bits_read(const struct pw_attr_bit *bits, size_t nr, uint64_t raw);

struct pw_fmt {
	const char *name;
	unsigned int granule_lg2; /* bytes of a table and of the smallest leaf */
	unsigned int index_lg2;	  /* entries of a table */
	unsigned int max_levels;
	unsigned int min_va_bits;
	unsigned int max_va_bits;
	unsigned int pa_bits;	  /* output addresses are below 2^pa_bits */
	unsigned int leaf_levels; /* leaves are possible at levels 0 to leaf_levels - 1 */
	uint32_t regimes;	  /* bit r: PW_REGIME_r has this format */

	/* What an entry of this level is, by its type bits alone. */
	enum pw_kind (*kind)(uint64_t e, unsigned int level);
	/* Bits that decide kind(), publish(), stale(): entries that agree in them are one run.
	   And the bits that raw changes may not touch (type and address). */
	uint64_t (*kind_mask)(unsigned int level);
	uint64_t (*fixed_mask)(unsigned int level);
	/* Bits that must be zero in an entry of this kind and level */
	uint64_t (*reserved)(enum pw_kind kind, unsigned int level);

	uint64_t (*leaf_pa)(uint64_t e, unsigned int level);
	/* A leaf with these attribute bits at @pa; the leaf behind @e, one leaf size further. */
	uint64_t (*make_leaf)(uint64_t bits, uint64_t pa, unsigned int level);
	uint64_t (*next_leaf)(uint64_t e, unsigned int level);
	uint64_t (*table_pa)(uint64_t e, unsigned int level);
	uint64_t (*make_table)(uint64_t pa, unsigned int level);

	/* Contiguous hint: entries of a group as a power of two (0: none here), and its bit. */
	unsigned int (*contig_lg2)(unsigned int level);
	uint64_t (*contig_mask)(unsigned int level);

	/* Bits that matter when the leaves of a run are compared with its first, @e; PW_IGNORE_*
	   left out. */
	uint64_t (*compare_mask)(uint32_t ignore, uint64_t e, unsigned int level);

	/* What tables take away: fold one table entry into @acc (0 at the root). */
	uint32_t (*inherit)(const struct pw_table *pt, uint32_t acc, uint64_t e,
			    unsigned int level);
	/* Effective PW_PERM_* of a leaf under @acc. */
	uint32_t (*perm)(const struct pw_table *pt, uint64_t e, unsigned int level, uint32_t acc);

	/* Maintenance: does a valid new entry have to be published? is @old stale after @new?
	   may a live @old become @new without break-before-make? */
	bool (*publish)(const struct pw_table *pt, uint64_t e, unsigned int level);
	bool (*stale)(uint64_t old, uint64_t now, unsigned int level);
	bool (*needs_bbm)(uint64_t old, uint64_t now, unsigned int level);

	/* (cold) neutral attributes at the edge; errors as pw_attr_encode(), pw_protect() say */
	int (*encode)(const struct pw_table *pt, const struct pw_attr *attr, unsigned int level,
		      uint64_t *raw);
	/* of a leaf, valid or not */
	void (*decode_leaf)(const struct pw_table *pt, uint64_t raw, unsigned int level,
			    struct pw_attr *attr);
	int (*change)(const struct pw_table *pt, const struct pw_change *change, unsigned int level,
		      uint64_t *clear, uint64_t *set);
};

/* Bytes that an entry of @level spans, as a power of two. */
PW_INLINE unsigned int pw_shift(const struct pw_fmt *f, unsigned int level)
{
	return f->granule_lg2 + level * f->index_lg2;
}

#endif
