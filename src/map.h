/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Map. The check finds what is in the way and counts the tables that will be needed; the caller
 * of both passes reserves exactly those; the commit fills and cannot fail.
 *
 * A new table is filled before it is linked: its entries below the range's first one are emptied
 * when it is taken, those behind the last one when the walk leaves it, and only then does its
 * parent's slot get it, with release order. A fresh table is never read.
 */
#ifndef PW_SRC_MAP_H
#define PW_SRC_MAP_H

#include "pass.h"

/* What may differ between an entry that is there and the one we would write. */
#define PW_MAP_IGNORE (PW_IGNORE_AD | PW_IGNORE_SOFT | PW_IGNORE_CONTIGUOUS)

/* Is the entry what we would have written there? */
PW_INLINE bool pw_map_identical(const struct pw_fmt *f, const struct pw_op *op,
				const struct pw_place *at)
{
	uint64_t pa = (at->ia & ~pw_in_entry(at)) + op->delta;
	uint64_t mask = f->compare_mask(op->pt, PW_MAP_IGNORE, at->e, at->level);
	uint64_t e = pw_flat(f, at->e, at->ia >> at->shift, at->level);

	return !(pa & pw_in_entry(at)) &&
	       !((e ^ f->make_leaf(op->set[at->level], pa, at->level)) & mask);
}

PW_INLINE int64_t pw_map_check_run(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
				   const struct pw_place *at)
{
	if (at->kind == PW_KIND_HOLE) {
		if (at->level == 0)
			return (int64_t)m->empty(op->env, at->slot, at->left);
		pw_map_tables(op, at);
		return 1;
	}
	if (at->kind == PW_KIND_BAD)
		return PW_EDOM;
	if (at->kind == PW_KIND_NONPRESENT || !pw_map_identical(f, op, at))
		return PW_EEXIST;
	op->identical = true;
	return 1;
}

/* Write @nr leaves that continue each other, beginning with @e. */
PW_INLINE void pw_map_leaves(const struct pw_fmt *f, const struct pw_mem *m,
			     const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t e,
			     unsigned int level)
{
	uint64_t *end = slot + nr;

	if (nr & 1u) {
		m->store(env, slot++, e);
		e = f->next_leaf(e, level);
	}
	for (; slot < end; slot += 2) {
		m->store(env, slot, e);
		e = f->next_leaf(e, level);
		m->store(env, slot + 1, e);
		e = f->next_leaf(e, level);
	}
}

/* The same for whole groups whose entries are all alike. */
PW_INLINE void pw_map_groups(const struct pw_fmt *f, const struct pw_mem *m,
			     const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t e,
			     unsigned int level)
{
	uint64_t i, in_group = (1ull << pw_contig_lg2(f, level)) - 1u, same = e;

	for (i = 0; i < nr; i++) {
		if (!(i & in_group))
			same = f->group(e, level);
		m->store(env, slot + i, same);
		e = f->next_leaf(e, level);
	}
}

/* Fill @nr empty slots of one table; whole groups get the contiguous hint when asked for. */
PW_INLINE void pw_map_fill(const struct pw_fmt *f, const struct pw_mem *m, const struct pw_op *op,
			   const struct pw_place *at, uint64_t nr)
{
	unsigned int level = at->level, shift = at->shift, lg2 = f->geo->contig_lg2[level];
	uint64_t span = (1ull << (shift + lg2)) - 1u, pos = at->ia, *slot = at->slot;
	bool groups = (op->flags & PW_CONTIGUOUS) && lg2 && !(op->delta & span);

	while (nr) {
		uint64_t n = nr, e = f->make_leaf(op->set[level], pos + op->delta, level);

		if (groups && (pos & span)) { /* up to the next group */
			uint64_t to_group = ((pos | span) + 1u - pos) >> shift;

			n = to_group < n ? to_group : n;
		} else if (groups && n >> lg2) {
			n = n >> lg2 << lg2;
			e |= f->contig_mask(level);
		}
		if (f->group && (e & f->contig_mask(level)))
			pw_map_groups(f, m, op->env, slot, n, e, level);
		else
			pw_map_leaves(f, m, op->env, slot, n, e, level);
		slot += n;
		pos += n << shift;
		nr -= n;
	}
}

/* A reserved page for the table below an empty slot; empty what lies before the range. */
PW_INLINE uint64_t *pw_map_new_table(const struct pw_fmt *f, const struct pw_mem *m,
				     struct pw_op *op, const struct pw_place *at)
{
	uint64_t *t = pw_pool_take(op, &op->table_pa[at->level - 1u]);

	if (!(op->env->flags & PW_ENV_ZEROED))
		m->zero(op->env, t, pw_index(f, at->ia, at->shift - f->geo->index_lg2));
	op->res.nr_tables++;
	return t;
}

/* How many slots, from this hole on, become leaves? Those that are empty and covered wholly. */
PW_INLINE uint64_t pw_map_room(const struct pw_mem *m, const struct pw_op *op,
			       const struct pw_place *at)
{
	uint64_t whole = (op->last - at->ia + 1u) >> at->shift;

	if (at->level > op->top_leaf || (at->ia & pw_in_entry(at)))
		return 0;
	if (whole > at->left)
		whole = at->left;
	/* nothing but empty slots here: it is new, or the check looked */
	if (at->apart || (at->level == 0 && !op->identical))
		return whole;
	return m->empty(op->env, at->slot, whole);
}

/* 0: the slot must get a table. */
PW_INLINE int64_t pw_map_run(const struct pw_fmt *f, const struct pw_mem *m, const struct pw_op *op,
			     struct pw_place *at)
{
	uint64_t n;

	if (at->kind != PW_KIND_HOLE)
		return 1; /* identical, the check said */
	n = pw_map_room(m, op, at);
	if (!n)
		return 0;
	pw_map_fill(f, m, op, at, n);
	at->now = op->set[at->level];
	at->did = PW_DID_CHANGE | PW_DID_STORE;
	return (int64_t)n;
}

/* Up from the new table @child, which @at is to lead to: complete it, then link it. */
PW_INLINE void pw_map_leave(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
			    const struct pw_place *at, uint64_t *child)
{
	uint64_t nr = 1ull << f->geo->index_lg2;
	uint64_t next = pw_index(f, at->ia, at->shift - f->geo->index_lg2) + 1u;
	uint64_t link = f->make_table(op->pt, op->table_pa[at->level - 1u], at->level);

	if (!(op->env->flags & PW_ENV_ZEROED))
		m->zero(op->env, child + next, nr - next);
	pw_env_sync(op->env, child, nr);
	m->store_release(op->env, at->slot, link);
	pw_env_sync(op->env, at->slot, 1);
	/* RISC-V: that it was empty may be cached, and as what is no leaf (RV-PUB-2, RV-TLB-2) */
	if (!at->apart && (op->pt->flags & PW_TABLE_LIVE) && f->stale(op->pt, 0, link, at->level)) {
		op->stale_flags |= PW_FLUSH_TABLES;
		pw_note_stale(op, at, 1);
	}
}

#endif
