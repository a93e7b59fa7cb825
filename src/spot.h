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

/* An entry on the way. */
struct pw_spot_step {
	uint64_t table_pa; /* of the table that it is in */
	uint64_t entry_pa;
	uint64_t entry; /* what it held */
	uint32_t acc;	/* what the tables above take away */
};

/* A place in the tables: an entry, and the way that led there, by level: set from the root's down
   to that of the entry. */
struct pw_spot {
	const uint64_t *slot; /* of the entry; NULL: the root is out of reach */
	uint64_t index;	      /* of that slot in its table */
	struct pw_spot_step step[PW_MAX_LEVELS];
	uint64_t flat; /* the entry; of a leaf, as it stands for its slot alone (pw_flat) */
	uint64_t pa;   /* where a leaf maps to, or where a table lies */
	unsigned int level;
	unsigned int shift; /* of the level: bytes that the entry spans, as a power of two */
	enum pw_kind kind; /* of the entry; BAD also where the table it points to is out of reach */
};

/* What a run under construction expects next. */
struct pw_growth {
	uint64_t expect;
	uint64_t mask;
	uint64_t index; /* of the first slot in its table */
	uint64_t room;	/* leaves up to the last output address: the first is no neighbour of it */
	bool leaf;	/* consecutive leaves; else equal entries */
};

#define PW_SPOT_AS_CPU PW_MAX_LEVELS /* a @stop: none, and tables may contain themselves */

/* Was the table at @pa entered already, on the way to an entry of @level? */
PW_INLINE bool pw_spot_seen(const struct pw_table *pt, const struct pw_spot *s, unsigned int level,
			    uint64_t pa)
{
	for (; level < pt->levels; level++) {
		if (s->step[level].table_pa == pa)
			return true;
	}
	return false;
}

/*
 * The walk of @ia as hardware does it, down to the first entry that is no table, or to one of level
 * @stop. Every entry is read once. A CPU goes through a table that contains itself; to everybody
 * else (@stop is a level) the entry that leads back is a bad one.
 *
 * Return: 0; PW_ELOOP the entry leads back; PW_EFAULT the table that it points to, or the root, is
 * out of reach.
 */
PW_INLINE int pw_spot_walk(const struct pw_fmt *f, const struct pw_mem *m, pw_kind_fn *kind,
			   const struct pw_table *pt, struct pw_spot *s, uint64_t ia,
			   unsigned int stop)
{
	unsigned int level = (unsigned int)pt->levels - 1u, shift = pw_shift(f, level);
	uint32_t len = (uint32_t)pt->root_bytes, acc = 0;
	uint64_t i = pt->root_skip + (ia >> shift), pa = pt->root.v, e = 0;
	struct pw_spot_step *step = &s->step[level];
	const uint64_t *table;
	int err = 0;

	*step = (struct pw_spot_step){ .table_pa = pa };
	s->slot = NULL;
	s->level = level;
	s->shift = shift;
	for (; (table = m->table(pt->env, pa, len)); step--, level--) {
		e = m->load(pt->env, table + i);
		step->table_pa = pa;
		step->entry_pa = pa + i * sizeof(e);
		step->entry = e;
		step->acc = acc;
		s->slot = table + i;
		s->index = i;
		s->level = level;
		s->shift = shift;
		s->kind = kind(pt, e, level);
		if (s->kind != PW_KIND_TABLE || level == stop)
			break;
		pa = f->table_pa(pt, e, level);
		if (stop != PW_SPOT_AS_CPU &&
		    (pw_spot_seen(pt, s, level, pa) || pw_of_root(f, pt, pa))) {
			s->kind = PW_KIND_BAD;
			err = PW_ELOOP;
			break;
		}
		acc = f->inherit(pt, acc, e, level);
		len = pw_table_bytes(f);
		shift -= f->geo->index_lg2;
		i = ia >> shift & ((1ull << f->geo->index_lg2) - 1u);
	}
	if (!table) {
		s->kind = PW_KIND_BAD;
		err = PW_EFAULT;
	}
	if (s->kind == PW_KIND_LEAF || s->kind == PW_KIND_INVALID) {
		e = pw_flat(f, e, i, level);
		pa = f->leaf_pa(pt, e, level);
	}
	s->flat = e;
	s->pa = pa;
	return err;
}

/* translate.c: a byte address, tagged or not, as an offset in the handle's half; PW_EINVAL,
   PW_ERANGE as pw_translate() says */
int pw_translate_aim(const struct pw_table *pt, struct pw_va va, uint64_t *ia);

/*
 * The same, address only: the form that a million translations take. Nothing is kept on the way.
 * Return: as pw_translate().
 */
PW_INLINE int pw_spot_lookup(const struct pw_fmt *f, const struct pw_mem *m,
			     const struct pw_table *pt, struct pw_va va, struct pw_pa *pa)
{
	unsigned int level = (unsigned int)pt->levels - 1u, shift = pw_shift(f, level);
	uint64_t ia = va.v - pt->first.v, i = pt->root_skip + (ia >> shift);
	const uint64_t *table;

	if (ia >> pt->va_bits) {
		int err = pw_translate_aim(pt, va, &ia);

		if (err)
			return err;
		i = pt->root_skip + (ia >> shift);
	}
	table = m->table_inline(pt->env, pt->root.v, (uint32_t)pt->root_bytes);
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
