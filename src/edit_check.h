/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What unmap and protect check before the first store. Tables are read, and leaves only where
 * something could be refused: at the ends of the range (groups, blocks), and all of them under
 * PW_STRICT and where a change could need break-before-make, make a page writable and executable,
 * or leave no leaf behind (op->scan). So an ordinary change of rights reads each leaf once, in its
 * commit.
 *
 * An entry of the leaf-most level with a reserved encoding never translates; it is passed over
 * like a hole, unless PW_STRICT.
 */
#ifndef PW_SRC_EDIT_CHECK_H
#define PW_SRC_EDIT_CHECK_H

#include "pass.h"

/* What else protect asks of a leaf that is covered as a whole. */
PW_INLINE int pw_check_change(const struct pw_fmt *f, const struct pw_op *op, uint64_t e,
			      unsigned int level)
{
	uint64_t now = (e & ~op->clear[level]) | op->set[level];

	if (f->geo->rights_are_kind) {
		enum pw_kind kind = f->kind(op->pt, now, level);

		if (kind != PW_KIND_LEAF && kind != PW_KIND_INVALID)
			return PW_EOPNOTSUPP;
	}
	if ((op->pt->flags & PW_TABLE_LIVE) && f->needs_bbm(e, now, level))
		return PW_EBUSY;
	if ((op->pt->flags & PW_TABLE_NO_WX) && now != e &&
	    pw_writable_and_executable(f->perm(op->pt, now, level, 0)))
		return PW_EPERM;
	return 0;
}

/*
 * One leaf. Neither a block nor a contiguous group changes in part: hardware may hold the group as
 * one entry (rule A64-CONT-3).
 */
PW_INLINE int pw_check_leaf(const struct pw_fmt *f, const struct pw_op *op, struct pw_place *at)
{
	unsigned int lg2 = pw_shift(f, at->level);
	uint64_t span;

	if (at->e & f->contig_mask(at->level))
		lg2 += pw_contig_lg2(f, at->level);
	span = (1ull << lg2) - 1u;
	at->last = at->ia | span;
	at->ia &= ~span;
	if (at->ia < op->first || at->last > op->last)
		return PW_EBUSY;
	return op->protect ? pw_check_change(f, op, at->e, at->level) : 0;
}

PW_INLINE int pw_check_entry(const struct pw_fmt *f, const struct pw_op *op, struct pw_place *at)
{
	bool strict = op->flags & PW_STRICT;

	if (at->kind == PW_KIND_LEAF || at->kind == PW_KIND_INVALID)
		return pw_check_leaf(f, op, at);
	if (at->kind == PW_KIND_BAD)
		return at->level || strict ? PW_EDOM : 0;
	/* unmap removes what is not ours */
	return strict && (at->kind == PW_KIND_HOLE || op->protect) ? PW_ENOENT : 0;
}

PW_INLINE int64_t pw_edit_check_run(const struct pw_fmt *f, const struct pw_op *op,
				    struct pw_place *at)
{
	uint64_t ia = at->ia;
	int err = pw_check_entry(f, op, at);

	if (err)
		return err;
	at->ia = ia;
	if (at->level || op->scan || at->left <= 2u)
		return 1;
	/* leaf-most, and rights alone: nothing but the two ends can be refused */
	return (int64_t)at->left - 1;
}

#endif
