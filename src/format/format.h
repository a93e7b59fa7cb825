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

/* Levels that can have leaves, from level 0 on; a format has no more. */
#define PW_LEAF_LEVELS 5u

/* How roots and the two halves of the address space belong together. */
enum pw_halves {
	PW_HALVES_OWN,	  /* a root for each half, sized on its own: arm64 TTBR0 and TTBR1 */
	PW_HALVES_SIGNED, /* one root, addresses are sign-extended: x86-64, RISC-V */
	PW_HALVES_NONE,	  /* no upper half: the second stage of a translation */
};

/*
 * What a format is, as numbers. Constant for an algorithm, and what a handle is made from.
 * Input address sizes go from min_va_bits to max_va_bits in steps of va_step; where a step is more
 * than a bit, each size has one number of levels.
 */
#define PW_WHEN_CLEAR 0x40u /* pw_geometry.global: when the bit is clear, not when it is set */

struct pw_geometry {
	uint8_t granule_lg2; /* bytes of a table and of the smallest leaf */
	uint8_t index_lg2;   /* entries of a table */
	uint8_t max_levels;
	uint8_t leaf_levels; /* leaves are possible at levels 0 to leaf_levels - 1 */
	uint8_t min_va_bits;
	uint8_t max_va_bits;
	uint8_t va_step;
	uint8_t pa_bits;    /* output addresses are below 2^pa_bits */
	uint8_t concat_lg2; /* root tables that may lie side by side, as a power of two */
	uint8_t halves;	    /* enum pw_halves */
	bool live;	    /* there is maintenance for it: a CPU may be walking the tables */
	bool hw_ad;	    /* hardware always writes accessed and dirty bits */
	uint8_t unit_lg2;   /* of range invalidations (pw_flush.unit_lg2); 0: the granule */
	uint8_t global;	    /* bit of a leaf that matches every address space; 0: there is none */
	bool enc;	    /* an address bit may say encrypted, or shared: pw_table.enc_mask */
	/* Contiguous hint: entries of a group by level, as a power of two (0: none there). */
	uint8_t contig_lg2[PW_LEAF_LEVELS];
	uint32_t contig_cap; /* PW_CAP_*: only CPUs that have it know groups; 0: all do */
	uint32_t regimes;    /* bit r: PW_REGIME_r has this format */
};

/* How a live entry may become another one. */
enum pw_how {
	PW_HOW_STORE = 0, /* by one store; the invalidation that is owed can follow */
	PW_HOW_NT,    /* block to table and back: with pw_fmt.nt in between (arm64 FEAT_BBM 1) */
	PW_HOW_BREAK, /* break (invalid), invalidate, make */
};

struct pw_fmt {
	const struct pw_geometry *geo;

	/* What an entry of this level is. */
	enum pw_kind (*kind)(const struct pw_table *pt, uint64_t e, unsigned int level);
	/* Bits that decide kind(), publish(), stale(): entries that agree in them are one run.
	   What the handle makes reserved is among them, where hardware faults on it.
	   And the bits that raw changes may not touch (type and address). */
	uint64_t (*kind_mask)(const struct pw_table *pt, unsigned int level);
	uint64_t (*fixed_mask)(const struct pw_table *pt, unsigned int level);
	/* Bits of an entry that must not be as they are; of a leaf or a table. */
	uint64_t (*reserved)(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
			     unsigned int level);

	uint64_t (*leaf_pa)(const struct pw_table *pt, uint64_t e, unsigned int level);
	/* A leaf with these attribute bits at @pa; the leaf behind @e, one leaf size further. */
	uint64_t (*make_leaf)(uint64_t bits, uint64_t pa, unsigned int level);
	uint64_t (*next_leaf)(uint64_t e, unsigned int level);
	uint64_t (*table_pa)(const struct pw_table *pt, uint64_t e, unsigned int level);
	uint64_t (*make_table)(const struct pw_table *pt, uint64_t pa, unsigned int level);

	/* The bit of the contiguous hint, where the level has groups. */
	uint64_t (*contig_mask)(unsigned int level);
	/*
	 * Groups whose entries are all alike, their address bits saying how large the group is
	 * (RISC-V Svnapot); NULL where each entry of a group has its own address. The value that
	 * all entries of a group hold, from any flat leaf of it that has the hint; and back: slot
	 * @index of a table holds @e, which leaf is that? (@e itself when it has no hint; what has
	 * the hint and is no leaf becomes something that equals no leaf in any mask.)
	 */
	uint64_t (*group)(uint64_t e, unsigned int level);
	uint64_t (*flat)(uint64_t e, uint64_t index, unsigned int level);

	/* Bits that matter when the leaves of a run are compared with its first, @e; PW_IGNORE_*
	   left out. */
	uint64_t (*compare_mask)(const struct pw_table *pt, uint32_t ignore, uint64_t e,
				 unsigned int level);

	/* What tables take away: fold one table entry into @acc (0 at the root). */
	uint32_t (*inherit)(const struct pw_table *pt, uint32_t acc, uint64_t e,
			    unsigned int level);
	/* The bit of that which makes all leaves below global, where a table can say so. */
	uint32_t acc_global;
	/* Effective PW_PERM_* of a leaf under @acc. */
	uint32_t (*perm)(const struct pw_table *pt, uint64_t e, unsigned int level, uint32_t acc);

	/* Maintenance, asked of live tables only (geo->live): does a valid new entry have to be
	   published? is @old stale after @now? how may a live @old become @now? */
	bool (*publish)(const struct pw_table *pt, uint64_t e, unsigned int level);
	bool (*stale)(const struct pw_table *pt, uint64_t old, uint64_t now, unsigned int level);
	enum pw_how (*how)(const struct pw_table *pt, uint64_t old, uint64_t now,
			   unsigned int level);

	/*
	 * Other sizes, of flat leaves without the hint. The first of the leaves one level down that
	 * together are @e; the leaf one level up whose first part is @e (its address is aligned).
	 * What hardware wrote about use (accessed, dirty) in @other, too; and the use of @e wiped
	 * out, of PW_ATTR_ACCESSED and PW_ATTR_DIRTY what @what names.
	 */
	uint64_t (*child)(uint64_t e, unsigned int level);
	uint64_t (*parent)(uint64_t e, unsigned int level);
	uint64_t (*merge)(const struct pw_table *pt, uint64_t e, uint64_t other,
			  unsigned int level);
	uint64_t (*unused)(const struct pw_table *pt, uint64_t e, uint32_t what,
			   unsigned int level);
	/* Bits of a leaf that break it when they are cleared and make it again when they are set,
	   everything else kept; 0 where how() breaks no leaf that stays one. */
	uint64_t (*broken_mask)(unsigned int level);
	/* A block that is about to change its size (arm64 nT), which may fault meanwhile; how()
	   says where it is wanted. */
	uint64_t nt;

	/* (cold) neutral attributes at the edge; errors as pw_attr_encode(), pw_protect() say.
	   change() may be 1: whether a leaf stays one depends on the leaf (RISC-V: without rights
	   it is a table; EPT: it is not present; arm64 has a bit that marks what is not valid), so
	   each is looked at first. */
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
	return f->geo->granule_lg2 + level * f->geo->index_lg2;
}

/* Does a leaf match every address space? An invalidation by tag does not reach it, then. */
PW_INLINE bool pw_is_global(const struct pw_geometry *g, uint64_t e)
{
	return g->global &&
	       (e >> (g->global & 63u) & 1u) != (g->global & PW_WHEN_CLEAR) / PW_WHEN_CLEAR;
}

/*
 * May what a CPU holds of an entry that was @old and is @now match every address space? What
 * becomes valid counts, where it owes an invalidation (RISC-V): no fence of one address space
 * orders it.
 */
PW_INLINE bool pw_any_tag(const struct pw_geometry *g, uint64_t old, uint64_t now)
{
	return pw_is_global(g, g->global & PW_WHEN_CLEAR ? old : old | now);
}

/* Entries of a contiguous group of @level, as a power of two. */
PW_INLINE unsigned int pw_contig_lg2(const struct pw_fmt *f, unsigned int level)
{
	return level < PW_LEAF_LEVELS ? f->geo->contig_lg2[level] : 0;
}

/* The leaf in slot @index of a table; see pw_fmt.flat. */
PW_INLINE uint64_t pw_flat(const struct pw_fmt *f, uint64_t e, uint64_t index, unsigned int level)
{
	return f->flat ? f->flat(e, index, level) : e;
}

/*
 * Bits in which the leaves of a run agree with its first one, @e: whether it is global, for that
 * says how what is stale has to be invalidated, and in a group of entries that are
 * all alike the address bits that make it a group as well.
 */
PW_INLINE uint64_t pw_run_mask(const struct pw_fmt *f, const struct pw_table *pt, uint64_t e,
			       unsigned int level)
{
	uint64_t mask = f->kind_mask(pt, level);

	if (f->geo->global)
		mask |= 1ull << (f->geo->global & 63u);
	if (f->group && (e & f->contig_mask(level)))
		mask |= f->group(0, level) | ~f->group(~0ull, level);
	return mask;
}

/* For formats whose new entries need no barrier of their own. */
PW_INLINE bool pw_no_publish(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)pt, (void)e, (void)level;
	return false;
}

/* For formats that never break a leaf that stays one. */
PW_INLINE uint64_t pw_no_broken_mask(unsigned int level)
{
	(void)level;
	return 0;
}

#endif
