/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What unmap and protect check before the first store. Tables are read, and leaves only where
 * something could be refused: at the ends of the range (groups, blocks), and all of them under
 * PW_STRICT and where a change could need break-before-make or make a page writable and
 * executable (op->scan). So an ordinary change of rights reads each leaf once, in its commit.
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
PW_INLINE int pw_check_leaf(const struct pw_fmt *f, struct pw_op *op, uint64_t e, uint64_t ia,
			    unsigned int level)
{
	unsigned int lg2 = pw_shift(f, level);
	uint64_t span, first, last;
	int err = PW_EBUSY;

	if (e & f->contig_mask(level))
		lg2 += f->contig_lg2(level);
	span = (1ull << lg2) - 1u;
	first = ia & ~span;
	last = ia | span;
	if (first >= op->first && last <= op->last)
		err = op->protect ? pw_check_change(f, op, e, level) : 0;
	if (err)
		pw_refuse(op, first < op->first ? op->first : first,
			  last > op->last ? op->last : last, level, e);
	return err;
}

PW_INLINE int pw_check_entry(const struct pw_fmt *f, struct pw_op *op, uint64_t e,
			     enum pw_kind kind, uint64_t ia, unsigned int level)
{
	uint64_t last = pw_entry_last(f, ia, level);
	bool strict = op->flags & PW_STRICT;
	int err = 0;

	if (kind == PW_KIND_LEAF || kind == PW_KIND_INVALID)
		return pw_check_leaf(f, op, e, ia, level);
	if (kind == PW_KIND_BAD)
		err = level || strict ? PW_EDOM : 0;
	else if (strict &&
		 (kind == PW_KIND_HOLE || op->protect)) /* unmap removes what is not ours */
		err = PW_ENOENT;
	if (err)
		pw_refuse(op, ia, last < op->last ? last : op->last, level, e);
	return err;
}

PW_INLINE int64_t pw_edit_check_run(const struct pw_fmt *f, const struct pw_mem *m,
				    struct pw_op *op, const struct pw_place *at)
{
	int err = pw_check_entry(f, op, at->e, at->kind, at->ia, at->level);

	if (err)
		return err;
	(void)m;
	if (at->level || op->scan || at->left <= 2u)
		return 1;
	/* leaf-most, and rights alone: nothing but the two ends can be refused */
	return (int64_t)at->left - 1;
}

#endif
