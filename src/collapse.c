/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Collapse: leaves that say the same and lie side by side become fewer and larger ones.
 *
 *     [4K 4K 4K ... 4K]  ->  [2M]         a table whose leaves are all alike: its parent's entry
 *     [.][4K * 16][.]    ->  [.][64K][.]  else its groups, by the hint
 *
 * A bounded sweep. Tables are looked at from the bottom up, each when the sweep leaves it: what
 * became a leaf there is one of those that its parent may become. A table is tried as a whole
 * first, so that nothing is broken twice on the way to a block. Between two calls nothing is kept
 * but the place in struct pw_sweep; a table that was begun in one call and is left in another is
 * looked at as a whole there, for all of it is in the sweep's range.
 *
 * Not reached from map, unmap and protect: who does not call it does not link it.
 */
#include <pagewalk/change.h>

#include "gather.h"
#include "instance.h"
#include "reshape.h"

#define OWN_RANGES 4u

/* Leaves of a table, side by side. */
struct row {
	const uint64_t *slot;
	uint64_t index; /* of the first slot in its table */
	uint64_t nr;
	unsigned int level;

	uint64_t leaf;	   /* found: the first, flat, without the hint, with the use of all */
	enum pw_kind kind; /* found: a leaf, valid or not */
	bool hint;	   /* found: some have it */
};

/* Are they leaves, all valid or all not, that continue each other, alike but for use and hint, well
   aligned? */
static bool row_alike(const struct pw_table *pt, struct row *r, unsigned int lg2)
{
	const struct pw_fmt *f = pt->reshaper->f;
	uint64_t i, contig = f->contig_mask(r->level), x = 0, mask = 0;

	for (i = 0; i < r->nr; i++) {
		uint64_t raw = pw_env_read(pt->env, r->slot + i), e = raw;

		enum pw_kind kind = f->kind(pt, raw, r->level);

		if ((kind != PW_KIND_LEAF && kind != PW_KIND_INVALID) ||
		    f->reserved(pt, raw, kind, r->level))
			return false;
		if (f->flat)
			e = f->flat(raw, r->index + i, r->level);
		r->hint |= (e & contig) != 0;
		e &= ~contig;
		if (!i) {
			if (f->leaf_pa(pt, e, r->level) & ((1ull << lg2) - 1u))
				return false;
			r->leaf = x = e;
			r->kind = kind; /* of all, for what says so is compared */
			mask = f->compare_mask(pt, PW_IGNORE_AD | PW_IGNORE_CONTIGUOUS, e,
					       r->level);
			continue;
		}
		x = f->next_leaf(x, r->level);
		if ((e ^ x) & mask)
			return false;
		r->leaf = f->merge(pt, r->leaf, e, r->level);
	}
	return true;
}

/*
 * May what maps @size bytes at @ia become what it is to become, this way? The first refusal is
 * remembered, and the sweep goes on.
 */
static bool allowed(struct pw_op *op, enum pw_how how, uint64_t ia, uint64_t size,
		    const struct pw_spot *spot)
{
	struct pw_place at = { .ia = ia, .last = ia + size - 1u };

	if (!(op->pt->flags & PW_TABLE_LIVE) || how == PW_HOW_STORE || !pw_may_break(op, &at))
		return true;
	if (!op->split) {
		op->res.where = pw_range_of(op->pt->first.v + at.ia, op->pt->first.v + at.last);
		op->res.entry_pa.v = spot->step[spot->level].entry_pa;
		op->res.entry = spot->step[spot->level].entry;
		op->res.level = spot->level;
	}
	op->split = true;
	return false;
}

/* A leaf of @level that says itself that it is global. */
PW_COLD uint64_t made_global(const struct pw_table *pt, uint64_t leaf, unsigned int level)
{
	struct pw_change c = { .flags_set = PW_ATTR_GLOBAL };
	uint64_t clear = 0, set = 0;

	(void)pt->reshaper->f->change(pt, &c, level, &clear, &set); /* cannot be refused there */
	return (leaf & ~clear) | set;
}

/* The table that the entry of @level for @ia leads to becomes a leaf there. False: it does not. */
PW_COLD bool to_leaf(struct pw_op *op, uint64_t ia, unsigned int level)
{
	const struct pw_table *pt = op->pt;
	const struct pw_fmt *f = pt->reshaper->f;
	struct row r = { .nr = 1ull << pt->index_lg2, .level = level - 1u };
	struct pw_joint j = { .ia = ia, .level = level };
	struct pw_spot spot;
	uint32_t acc;

	if (pt->instance->walk(pt, &spot, ia, level) || spot.level != level ||
	    spot.kind != PW_KIND_TABLE)
		return false;
	j.old = spot.step[level].entry;
	j.slot = (uint64_t *)(uintptr_t)spot.slot;
	j.table_pa = f->table_pa(pt, j.old, level);
	j.table = pw_tree_table(pt, j.table_pa);
	if (!j.table)
		return false;
	r.slot = j.table;
	if (!row_alike(pt, &r, spot.shift))
		return false;
	/* what the table's own entry takes away would be given back; what it gives, kept */
	acc = f->inherit(pt, spot.step[level].acc, j.old, level);
	if (acc & ~spot.step[level].acc & f->acc_global)
		r.leaf = made_global(pt, r.leaf, r.level);
	j.child = r.leaf;
	j.leaf = f->parent(r.leaf, r.level);
	if (f->kind(pt, j.leaf, level) != r.kind || f->reserved(pt, j.leaf, r.kind, level) ||
	    f->perm(pt, j.leaf, level, spot.step[level].acc) != f->perm(pt, r.leaf, r.level, acc))
		return false;
	if (allowed(op, f->how(pt, j.old, j.leaf, level), ia, 1ull << spot.shift, &spot))
		pw_join(op, &j);
	return true;
}

/* What is to be a group at @ia, if it can be and may. Its walk's steps need not lie on the stack
   while the gather pays. */
PW_COLD bool find_group(struct pw_op *op, uint64_t ia, unsigned int level, struct pw_span *s)
{
	const struct pw_table *pt = op->pt;
	unsigned int lg2 = pw_table_contig_lg2(pt, level);
	struct row r = { .nr = 1ull << lg2, .level = level };
	struct pw_spot spot;

	if (pt->instance->walk(pt, &spot, ia, level) || spot.level != level)
		return false;
	r.slot = spot.slot;
	r.index = spot.index;
	if (!row_alike(pt, &r, spot.shift + lg2) || r.hint)
		return false;
	*s = (struct pw_span){ .slot = (uint64_t *)(uintptr_t)spot.slot,
			       .nr = r.nr,
			       .index = r.index,
			       .ia = ia,
			       .level = level,
			       .shift = spot.shift,
			       .leaf = r.leaf,
			       .live = (pt->flags & PW_TABLE_LIVE) && r.kind == PW_KIND_LEAF,
			       .group = true };
	return allowed(op, pw_group_how(pt, r.leaf, level), ia, r.nr << spot.shift, &spot);
}

/* The leaves of a group at @ia get the hint. */
PW_COLD void to_group(struct pw_op *op, uint64_t ia, unsigned int level)
{
	struct pw_span s;

	if (!find_group(op, ia, level, &s))
		return;
	pw_replace(op, &s);
	op->res.changed += s.nr << s.shift;
	op->res.nr_entries += s.nr;
	pw_op_note(op);
}

/* The sweep leaves a table of @level, of which [first, last] is in its range. */
static void leave_table(struct pw_op *op, unsigned int level, uint64_t first, uint64_t last)
{
	const struct pw_table *pt = op->pt;
	uint64_t size = pw_leaf_size(pt, level), in = (size << pt->index_lg2) - 1u;

	if (level < op->top_leaf && !(first & in) && last - first == in &&
	    to_leaf(op, first, level + 1u))
		return;
	if (!(op->flags & PW_CONTIGUOUS) || !pw_table_contig_lg2(pt, level))
		return;
	in = (size << pw_table_contig_lg2(pt, level)) - 1u;
	first = (first + in) & ~in;
	for (; first <= last && last - first >= in; first += in + 1u)
		to_group(op, first, level);
}

/* Where a walk for @ia ends: level and shift. Its steps need not lie on the stack any longer. */
PW_COLD unsigned int end_of_walk(const struct pw_table *pt, uint64_t ia, unsigned int *shift)
{
	struct pw_spot spot;

	(void)pt->instance->walk(pt, &spot, ia, 0); /* what is out of reach is passed over */
	*shift = spot.shift;
	return spot.level;
}

/* From @ia on; returns where the next step is, beyond the range at its end. */
static uint64_t step(struct pw_op *op, uint64_t ia, uint64_t *cost)
{
	const struct pw_table *pt = op->pt;
	unsigned int shift, level = end_of_walk(pt, ia, &shift);
	uint64_t end;

	*cost = 1;
	if (!level) { /* leaf-most: the table at once */
		shift += (unsigned int)pt->index_lg2;
		*cost = 1ull << pt->index_lg2;
	}
	end = ia | ((1ull << shift) - 1u);
	if (end > op->last)
		end = op->last;
	for (; level < pt->levels; level++) {
		uint64_t in = (pw_leaf_size(pt, level) << pt->index_lg2) - 1u, first;

		if (level + 1u == pt->levels)
			in = (1ull << pt->va_bits) - 1u;
		if (end != op->last && (end & in) != in)
			break;
		first = end & ~in;
		leave_table(op, level, first < op->first ? op->first : first, end);
	}
	return end + 1u;
}

static int collapse_arguments(struct pw_op *op, const struct pw_sweep *sweep)
{
	const struct pw_table *pt = op->pt;
	uint32_t cap = (op->flags & PW_MAX_LEVEL_MASK) >> 8;
	int err;

	if (!pt->reshaper)
		return PW_EOPNOTSUPP;
	if (!sweep || (op->flags & ~(PW_CONTIGUOUS | PW_MAX_LEVEL_MASK)))
		return PW_EINVAL;
	op->res.where = sweep->range;
	err = pw_range_check(pt, sweep->range, 1ull << pt->granule_lg2);
	if (err)
		return err;
	if (sweep->next.v < sweep->range.first.v || sweep->next.v > sweep->range.last.v ||
	    (sweep->next.v & ((1ull << pt->granule_lg2) - 1u)))
		return PW_EINVAL;
	op->first = sweep->range.first.v - pt->first.v;
	op->last = sweep->range.last.v - pt->first.v;
	while (pw_table_leaf_ok(pt, op->top_leaf + 1u) && (!cap || op->top_leaf + 1u < cap))
		op->top_leaf++;
	return 0;
}

int pw_collapse(struct pw_table *pt, struct pw_sweep *sweep, uint32_t flags,
		struct pw_gather *gather, struct pw_result *res)
{
	struct pw_op op = { .pt = pt, .env = pt->env, .flags = flags };
	struct pw_flush slots[OWN_RANGES];
	struct pw_gather own;
	uint64_t ia, cost;
	int err = collapse_arguments(&op, sweep);

	op.before = PW_BEFORE_ALL;
	op.stale_first = UINT64_MAX; /* nothing is */
	if (!err && !sweep->done) {
		op.res.where = (struct pw_range){ 0 };
		if (pw_op_gather(&op, gather, &own, slots, OWN_RANGES))
			pw_env_bug(op.env, PW_BUG_COMMIT);
		ia = sweep->next.v - pt->first.v;
		do {
			ia = step(&op, ia, &cost);
			sweep->budget -= cost < sweep->budget ? cost : sweep->budget;
		} while (ia <= op.last && sweep->budget);
		sweep->done = ia > op.last;
		if (!sweep->done)
			sweep->next.v = pt->first.v + ia;
		if (op.gather)
			(void)pw_gather_settle(op.gather, op.env);
		if (op.split)
			err = PW_EBUSY;
	}
	if (res)
		*res = op.res;
	return err;
}
