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
PW_INLINE int pw_check_change(const struct pw_fmt *f, struct pw_op *op, const struct pw_place *at)
{
	unsigned int level = at->level;
	uint64_t e = at->e;
	uint64_t now = (e & ~op->clear[level]) | op->set[level];

	if (!pw_stays_leaf(op, at, now))
		return PW_EOPNOTSUPP;
	if (pw_must_break(op, at, now) && pw_breakable(op, at))
		return PW_EBUSY;
	if ((op->pt->flags & PW_TABLE_NO_WX) && now != e &&
	    pw_writable_and_executable(op->pt, f->perm(op->pt, now, level, 0)))
		return PW_EPERM;
	return 0;
}

/*
 * One leaf. Neither a block nor a contiguous group changes in part, for hardware may hold the group
 * as one entry (rule A64-CONT-3): what the range covers in part is cut first, or refused.
 */
PW_INLINE int pw_check_leaf(const struct pw_fmt *f, struct pw_op *op, struct pw_place *at)
{
	unsigned int lg2 = at->shift;
	uint64_t first, last;
	int err = 0;

	if (at->e & f->contig_mask(at->level))
		lg2 += f->geo->contig_lg2[at->level];
	first = at->ia >> lg2 << lg2;
	last = first + ((1ull << lg2) - 1u);
	if (first < op->first || last > op->last)
		err = pw_partial(op, at, first, last);
	if (!err && op->protect)
		err = pw_check_change(f, op, at);
	if (err) { /* the whole of it is refused */
		at->ia = first;
		at->last = last;
	}
	return err;
}

PW_INLINE int pw_check_entry(const struct pw_fmt *f, struct pw_op *op, struct pw_place *at)
{
	bool strict = op->flags & PW_STRICT;

	if (at->kind == PW_KIND_LEAF || at->kind == PW_KIND_INVALID)
		return pw_check_leaf(f, op, at);
	if (at->kind == PW_KIND_BAD)
		return at->level || strict ? PW_EDOM : 0;
	/* unmap removes what is not ours */
	return strict && (at->kind == PW_KIND_HOLE || op->protect) ? PW_ENOENT : 0;
}

PW_INLINE int64_t pw_edit_check_run(const struct pw_fmt *f, struct pw_op *op, struct pw_place *at)
{
	int err = pw_check_entry(f, op, at);

	if (err)
		return err;
	if (at->level || op->scan || at->left <= 2u)
		return 1;
	/* leaf-most, and rights alone: nothing but the two ends can be refused */
	return (int64_t)at->left - 1;
}

#endif
