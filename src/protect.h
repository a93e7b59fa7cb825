/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Protect: change the attributes of leaves, a run of equal ones at a time.
 */
#ifndef PW_SRC_PROTECT_H
#define PW_SRC_PROTECT_H

#include "pass.h"

/* One run of equal leaves: the same flip for all of them, and the debt noted once. */
PW_INLINE uint64_t pw_protect_leaves(const struct pw_fmt *f, const struct pw_mem *m,
				     struct pw_op *op, const struct pw_place *at)
{
	unsigned int level = at->level;
	uint64_t clear = op->clear[level], set = op->set[level], e = at->e;
	uint64_t mask = clear | set | f->kind_mask(level), pattern = e & mask;
	uint64_t now = (e & ~clear) | set, n;
	bool live = op->pt->flags & PW_TABLE_LIVE;

	if (now == e)
		return m->same(op->env, at->slot, at->left, mask, pattern);
	if (live && (op->pt->caps.flags & (PW_CAP_HAF | PW_CAP_HD)))
		n = m->flip_cas(op->env, at->slot, at->left, mask, pattern, clear, set);
	else
		n = m->flip(op->env, at->slot, at->left, mask, pattern, now ^ e);
	op->res.changed += n << pw_shift(f, level);
	op->res.nr_entries += n;
	if (live) {
		op->publish |= f->publish(op->pt, now, level);
		if (f->stale(e, now, level))
			pw_note_stale(op, at->ia, pw_run_last(f, op, at, n), level);
	}
	pw_env_sync(op->env, at->slot, n);
	return n;
}

PW_INLINE int64_t pw_protect_run(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
				 const struct pw_place *at)
{
	if (at->kind == PW_KIND_LEAF || at->kind == PW_KIND_INVALID)
		return (int64_t)pw_protect_leaves(f, m, op, at);
	op->res.holes += pw_run_last(f, op, at, 1) - at->ia + 1u;
	return 1;
}

#endif
