/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What an instance offers to those who read: stand somewhere, read the entry, go down; how far a
 * run goes on in one table; and the fast translation of one address.
 *
 * The cursor of the iterator (iter.c) and the full translation (translate.c) are built from these
 * once for all formats: they run once a run, or a few times an address. The loop over entries
 * (pw_run_grow) and pw_lookup_pa() are compiled for each instance.
 */
#ifndef PW_SRC_SPOT_H
#define PW_SRC_SPOT_H

#include "pass.h"

/* A place in the tables: an entry of a table, and the way that led there. */
struct pw_spot {
	const uint64_t *table;
	uint64_t path
		[PW_MAX_LEVELS]; /* physical addresses of this table and those above, by level */
	uint64_t e;		 /* the entry */
	uint64_t pa;		 /* where a leaf maps to, or where a table lies */
	uint64_t entry_pa;
	unsigned int level;
	enum pw_kind kind;
	uint32_t acc; /* what the tables above take away */
};

/* What a run under construction expects next. */
struct pw_growth {
	uint64_t expect;
	uint64_t mask;
	bool leaf; /* consecutive leaves; else equal entries */
};

/* Stand at the top. PW_EFAULT: the root lies outside memory. */
PW_INLINE int pw_spot_root(const struct pw_fmt *f, const struct pw_mem *m,
			   const struct pw_table *pt, struct pw_spot *s)
{
	s->level = (unsigned int)pt->levels - 1u;
	s->acc = 0;
	s->e = 0;
	s->pa = 0;
	s->kind = PW_KIND_BAD;
	s->path[s->level] = pt->root.v;
	s->entry_pa = pt->root.v;
	s->table = m->table(pt->env, pt->root.v, pw_root_bytes(f, pt));
	return s->table ? 0 : PW_EFAULT;
}

/* Read the entry for @ia in the table where @s stands. */
PW_INLINE void pw_spot_read(const struct pw_fmt *f, const struct pw_mem *m,
			    const struct pw_table *pt, struct pw_spot *s, uint64_t ia)
{
	uint64_t i = pw_index(f, pt, ia, s->level);

	s->e = m->load(pt->env, s->table + i);
	s->entry_pa = s->path[s->level] + i * sizeof(s->e);
	s->kind = f->kind(s->e, s->level);
	s->pa = 0;
	if (s->kind == PW_KIND_TABLE)
		s->pa = f->table_pa(s->e, s->level);
	else if (s->kind == PW_KIND_LEAF || s->kind == PW_KIND_INVALID)
		s->pa = f->leaf_pa(s->e, s->level);
}

/* Into the table that the entry points to. PW_EFAULT: it lies outside memory. */
PW_INLINE int pw_spot_down(const struct pw_fmt *f, const struct pw_mem *m,
			   const struct pw_table *pt, struct pw_spot *s)
{
	const uint64_t *table = m->table(pt->env, s->pa, pw_table_bytes(f));

	if (!table)
		return PW_EFAULT;
	s->acc = f->inherit(pt, s->acc, s->e, s->level);
	s->level--;
	s->path[s->level] = s->pa;
	s->table = table;
	return 0;
}

/* How many of @nr slots continue a run? Four at a time; the entry that differs is found alone. */
PW_INLINE uint64_t pw_run_grow(const struct pw_fmt *f, const struct pw_mem *m,
			       const struct pw_env *env, const uint64_t *slot, uint64_t nr,
			       struct pw_growth *g, unsigned int level)
{
	const uint64_t *p = slot, *end = slot + nr;
	uint64_t x = g->expect, mask = g->mask;

	if (!g->leaf)
		return m->same(env, slot, nr, mask, x & mask);
	while (end - p >= 4) {
		uint64_t x1 = f->next_leaf(x, level), x2 = f->next_leaf(x1, level);
		uint64_t x3 = f->next_leaf(x2, level);

		if (((m->load(env, p) ^ x) | (m->load(env, p + 1) ^ x1) |
		     (m->load(env, p + 2) ^ x2) | (m->load(env, p + 3) ^ x3)) &
		    mask)
			break;
		x = f->next_leaf(x3, level);
		p += 4;
	}
	while (p < end && !((m->load(env, p) ^ x) & mask)) {
		x = f->next_leaf(x, level);
		p++;
	}
	g->expect = x;
	return (uint64_t)(p - slot);
}

/* The fast translation: the walk of one address as hardware does it, address only. */
PW_INLINE int pw_lookup_pa(const struct pw_fmt *f, const struct pw_mem *m,
			   const struct pw_table *pt, uint64_t ia, struct pw_pa *pa)
{
	unsigned int level = (unsigned int)pt->levels - 1u;
	unsigned int shift = pw_shift(f, level);
	const uint64_t *t = m->table(pt->env, pt->root.v, pw_root_bytes(f, pt));
	uint64_t i = ia >> shift;

	while (t) {
		uint64_t e = m->load(pt->env, t + i);
		enum pw_kind kind = f->kind(e, level);

		if (kind == PW_KIND_LEAF) {
			pa->v = f->leaf_pa(e, level) | (ia & ((1ull << shift) - 1u));
			return 0;
		}
		if (kind != PW_KIND_TABLE)
			return kind == PW_KIND_BAD ? PW_EDOM : PW_ENOENT;
		t = m->table(pt->env, f->table_pa(e, level), pw_table_bytes(f));
		level--;
		shift -= f->index_lg2;
		i = ia >> shift & ((1ull << f->index_lg2) - 1u);
	}
	return PW_EFAULT;
}

#endif
