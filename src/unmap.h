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
	if (!at->apart) {
		m->zero(op->env, at->slot, n);
		at->did = PW_DID_CHANGE | PW_DID_STORE;
	}
	return (int64_t)n;
}

/* Down into the table that @at leads to: does it go as a whole? */
PW_INLINE bool pw_unmap_doomed(const struct pw_op *op, const struct pw_place *at)
{
	return !(op->flags & PW_KEEP_TABLES) && at->last - at->ia == pw_in_entry(at);
}

/* Up from the table @child, which @at leads to; @doomed: it goes as a whole. */
PW_INLINE void pw_unmap_leave(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
			      const struct pw_place *at, uint64_t *child, bool doomed)
{
	uint64_t nr = 1ull << f->geo->index_lg2;

	if (op->flags & PW_KEEP_TABLES)
		return;
	if (!doomed && m->empty(op->env, child, nr) != nr)
		return;
	/* A parent that goes as a whole keeps its slots: nobody will come this way again. */
	if (!at->apart) {
		m->store(op->env, at->slot, 0);
		pw_env_sync(op->env, at->slot, 1);
	}
	pw_unlinked(op, at, child);
}

#endif
