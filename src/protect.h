/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Protect: change the attributes of leaves, a run of equal ones at a time.
 */
#ifndef PW_SRC_PROTECT_H
#define PW_SRC_PROTECT_H

#include "pass.h"

/* One run of equal leaves: the same flip for all of them. */
PW_INLINE int64_t pw_protect_run(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
				 struct pw_place *at)
{
	unsigned int level = at->level;
	uint64_t clear, set, mask, pattern, e = at->e;

	if (at->kind != PW_KIND_LEAF && at->kind != PW_KIND_INVALID) {
		at->did = PW_DID_PASS;
		return 1;
	}
	clear = op->clear[level];
	set = op->set[level];
	mask = clear | set | pw_run_mask(f, op->pt, e, level);
	pattern = e & mask;
	at->now = (e & ~clear) | set;
	if (at->now == e)
		return (int64_t)m->same(op->env, at->slot, at->left, mask, pattern);
	at->did = PW_DID_CHANGE | PW_DID_STORE;
	if (op->scan && pw_must_break(op, at, at->now))
		return (int64_t)pw_broken(op, at, mask, pattern);
	if ((op->pt->flags & PW_TABLE_LIVE) && (op->pt->caps.flags & (PW_CAP_HAF | PW_CAP_HD)))
		return (int64_t)m->flip_cas(op->env, at->slot, at->left, mask, pattern, clear, set);
	return (int64_t)m->flip(op->env, at->slot, at->left, mask, pattern, at->now ^ e);
}

#endif
