/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Unmap. A table that the range covers as a whole is unlinked as a whole ("doomed"): its leaves
 * are counted, for the caller and for the invalidation that is owed, but not cleared. A table at
 * an edge of the range is unlinked as well when nothing is left in it.
 *
 * An unlinked table of a live handle is still reachable through cached table walks, so it goes to
 * the gather, which frees it after the invalidation (rule ALL-FREE-1).
 */
#ifndef PW_SRC_UNMAP_H
#define PW_SRC_UNMAP_H

#include "pass.h"

/* One run of entries of the same kind: leaves, or what else is neither empty nor a table. */
PW_INLINE int64_t pw_unmap_run(const struct pw_fmt *f, const struct pw_mem *m,
			       const struct pw_op *op, struct pw_place *at)
{
	uint64_t mask = pw_run_mask(f, op->pt, at->e, at->level), n = 1;

	if (at->kind == PW_KIND_HOLE) {
		at->did = PW_DID_PASS;
		return 1;
	}
	at->did = PW_DID_CHANGE;
	at->now = 0;
	if (at->kind != PW_KIND_NONPRESENT) /* that may look like a hole under the mask */
		n = m->same(op->env, at->slot, at->left, mask, at->e & mask);
	if (!(op->doomed & (1u << at->level))) {
		m->zero(op->env, at->slot, n);
		at->did = PW_DID_CHANGE | PW_DID_STORE;
	}
	return (int64_t)n;
}

/* Down into the table below @level: does it go as a whole? */
PW_INLINE void pw_unmap_enter(const struct pw_fmt *f, struct pw_op *op, unsigned int level,
			      uint64_t ia)
{
	uint64_t span = (1ull << pw_shift(f, level)) - 1u;
	uint32_t bit = 1u << (level - 1u);

	op->doomed = (uint8_t)(op->doomed & ~bit);
	if (!(op->flags & PW_KEEP_TABLES) && !(ia & span) && (ia | span) <= op->last)
		op->doomed = (uint8_t)(op->doomed | bit);
}

/* Up from the table @child, which @slot of @level leads to; @ia lies inside it. */
PW_INLINE void pw_unmap_leave(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
			      uint64_t *slot, unsigned int level, uint64_t ia, uint64_t *child)
{
	uint64_t nr = 1ull << f->geo->index_lg2, first, last;
	uint32_t bit = 1u << (level - 1u);
	bool doomed = op->doomed & bit;

	op->doomed = (uint8_t)(op->doomed & ~bit);
	if (op->flags & PW_KEEP_TABLES)
		return;
	if (!doomed && m->empty(op->env, child, nr) != nr)
		return;
	/* A parent that goes as a whole keeps its slots: nobody will come this way again. */
	if (!(op->doomed & (1u << level))) {
		m->store(op->env, slot, 0);
		pw_env_sync(op->env, slot, 1);
	}
	/* Cached walks: any address below reaches them, so what the range covers is enough. */
	first = ia & ~((1ull << pw_shift(f, level)) - 1u);
	last = pw_entry_last(f, ia, level);
	pw_note_stale(op, first < op->first ? op->first : first, last > op->last ? op->last : last,
		      level);
	pw_unlinked(op, op->table_pa[level - 1u], child);
}

#endif
