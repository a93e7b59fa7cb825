/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What an instance offers to those who read: the walk of one address, and how far a run goes on in
 * one table.
 *
 * The cursor of the iterator (iter.c) and the translations (translate.c) are built from these once
 * for all formats: they run once a run, or once an address. The walk and the loop over entries are
 * compiled for each instance.
 */
#ifndef PW_SRC_SPOT_H
#define PW_SRC_SPOT_H

#include "pass.h"

/* A table on the way to an entry. */
struct pw_spot_step {
	uint64_t table_pa;
	uint64_t entry; /* what it held */
	uint32_t acc;	/* what the tables above take away */
};

/* A place in the tables: an entry, and the way that led there, by level: set from the root's down
   to that of the entry. */
struct pw_spot {
	const uint64_t *table; /* that of the entry; NULL: the root is out of reach */
	struct pw_spot_step step[PW_MAX_LEVELS];
	uint64_t flat; /* the entry; of a leaf, as it stands for its slot alone (pw_flat) */
	uint64_t pa;   /* where a leaf maps to, or where a table lies */
	unsigned int level;
	enum pw_kind kind; /* of the entry; BAD also where the table it points to is out of reach */
};

/* What a run under construction expects next. */
struct pw_growth {
	uint64_t expect;
	uint64_t mask;
	uint64_t index; /* of the first slot in its table */
	bool leaf;	/* consecutive leaves; else equal entries */
};

/*
 * The walk of @ia as hardware does it, down to the first entry that is no table, or to one of level
 * @stop. Every entry is read once.
 *
 * Return: 0; PW_EFAULT the table that s->entry[s->level] points to, or the root, is out of reach.
 */
PW_INLINE int pw_spot_walk(const struct pw_fmt *f, const struct pw_mem *m,
			   const struct pw_table *pt, struct pw_spot *s, uint64_t ia,
			   unsigned int stop)
{
	unsigned int level = (unsigned int)pt->levels - 1u, shift = pw_shift(f, level);
	uint32_t len = (uint32_t)pt->root_bytes, acc = 0;
	uint64_t i = pt->root_skip + (ia >> shift), pa = pt->root.v, e = 0;
	struct pw_spot_step *step = &s->step[level];
	const uint64_t *table;
	enum pw_kind kind = PW_KIND_BAD;

	*step = (struct pw_spot_step){ .table_pa = pa };
	s->table = NULL;
	s->level = level;
	for (; (table = m->table(pt->env, pa, len)); step--, level--) {
		e = m->load(pt->env, table + i);
		step->table_pa = pa;
		step->entry = e;
		step->acc = acc;
		s->table = table;
		s->level = level;
		kind = f->kind(pt, e, level);
		if (kind != PW_KIND_TABLE || level == stop)
			break;
		pa = f->table_pa(pt, e, level);
		acc = f->inherit(pt, acc, e, level);
		len = pw_table_bytes(f);
		shift -= f->geo->index_lg2;
		i = ia >> shift & ((1ull << f->geo->index_lg2) - 1u);
	}
	if (!table)
		kind = PW_KIND_BAD;
	if (kind == PW_KIND_LEAF || kind == PW_KIND_INVALID) {
		e = pw_flat(f, e, i, level);
		pa = f->leaf_pa(pt, e, level);
	}
	s->flat = e;
	s->kind = kind;
	s->pa = pa;
	return table ? 0 : PW_EFAULT;
}

/*
 * The same, address only: the form that a million translations take. Nothing is kept on the way.
 * Return: 0; PW_ENOENT, PW_EDOM, PW_EFAULT as pw_translate().
 */
PW_INLINE int pw_spot_lookup(const struct pw_fmt *f, const struct pw_mem *m,
			     const struct pw_table *pt, uint64_t ia, struct pw_pa *pa)
{
	unsigned int level = (unsigned int)pt->levels - 1u, shift = pw_shift(f, level);
	const uint64_t *table = m->table_inline(pt->env, pt->root.v, (uint32_t)pt->root_bytes);
	uint64_t i = pt->root_skip + (ia >> shift);

	while (table) {
		uint64_t e = m->load(pt->env, table + i);
		enum pw_kind kind = f->kind(pt, e, level);

		if (kind == PW_KIND_LEAF) {
			pa->v = f->leaf_pa(pt, pw_flat(f, e, i, level), level) |
				(ia & ((1ull << shift) - 1u));
			return 0;
		}
		if (kind != PW_KIND_TABLE)
			return kind == PW_KIND_BAD ? PW_EDOM : PW_ENOENT;
		table = m->table_inline(pt->env, f->table_pa(pt, e, level), pw_table_bytes(f));
		level--;
		shift -= f->geo->index_lg2;
		i = ia >> shift & ((1ull << f->geo->index_lg2) - 1u);
	}
	return PW_EFAULT;
}

/* Which entry of the table of @level stands for @ia. */
static inline uint64_t pw_spot_index(const struct pw_table *pt, uint64_t ia, unsigned int level)
{
	uint64_t i = ia >> (pt->granule_lg2 + level * pt->index_lg2);

	return level + 1u < pt->levels ? i & ((1ull << pt->index_lg2) - 1u) : i + pt->root_skip;
}

/* Where that entry lies. */
static inline uint64_t pw_spot_entry_pa(const struct pw_table *pt, const struct pw_spot *s,
					uint64_t ia, unsigned int level)
{
	return s->step[level].table_pa + pw_spot_index(pt, ia, level) * sizeof(uint64_t);
}

/*
 * How many of @nr slots continue a run? Four at a time; the entry that differs is found alone, and
 * so is each of a group whose entries are all alike (pw_fmt.flat).
 */
PW_INLINE uint64_t pw_run_grow(const struct pw_fmt *f, const struct pw_mem *m,
			       const struct pw_env *env, const uint64_t *slot, uint64_t nr,
			       struct pw_growth *g, unsigned int level)
{
	const uint64_t *p = slot, *end = slot + nr, *quick = end;
	uint64_t x = g->expect, mask = g->mask;
	uint64_t hint = f->flat ? f->contig_mask(level) : 0, fast = mask | hint;

	x &= ~(hint & ~mask);
	if (!g->leaf) {
		p += m->same(env, slot, nr, fast, x & mask & ~hint);
		if (!f->flat)
			return (uint64_t)(p - slot);
	}
	if (!g->leaf || (x & hint))
		quick = slot;
	for (; quick - p >= 4; p += 4) {
		uint64_t here = x, off = m->load(env, p) ^ x;

		/* one after the other: few registers */
		x = f->next_leaf(x, level);
		off |= m->load(env, p + 1) ^ x;
		x = f->next_leaf(x, level);
		off |= m->load(env, p + 2) ^ x;
		x = f->next_leaf(x, level);
		off |= m->load(env, p + 3) ^ x;
		x = f->next_leaf(x, level);
		if (off & fast) {
			x = here;
			break;
		}
	}
	while (p < end &&
	       !((pw_flat(f, m->load(env, p), g->index + (uint64_t)(p - slot), level) ^ x) &
		 mask)) {
		if (g->leaf)
			x = f->next_leaf(x, level);
		p++;
	}
	g->expect = x;
	return (uint64_t)(p - slot);
}

#endif
