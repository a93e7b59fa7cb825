/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Splitting, at the two ends of a range and nowhere else.
 *
 *          first                          last
 *            v                              v
 *     [  1G  .  ][      1G      ][ 1G ][  . 1G  ]        the outer two are cut
 *       /    \
 *     [2M.2M.2M|2M ...]                                   into the largest pieces there are: groups
 *              /  \                                       of 2M, 2M, groups of 4K, 4K
 *            [4K|4K ...]
 *
 * A cut at an address builds the whole way down, one table a level, out of sight, and then replaces
 * one entry. A contiguous group that is cut loses its hint, and nothing else; where one of its
 * leaves is cut as well both happen in the same replacement. Two ends in one leaf, or in one group,
 * are one replacement, too, and so are the ends of several ranges in one leaf. So a page out of a
 * block costs one, whichever page it is.
 *
 * Children have every attribute of their parent. What the tables above take away is not among them,
 * so nothing is inherited twice; and the new tables take nothing away.
 */
#include "instance.h"
#include "reshape.h"

/* The index of @ia in a table of entries of 2^@shift bytes. */
static uint64_t index_of(const struct pw_table *pt, uint64_t ia, unsigned int shift)
{
	return ia >> shift & ((1ull << pt->index_lg2) - 1u);
}

static bool is_cut(uint64_t ia, unsigned int shift)
{
	return ia & ((1ull << shift) - 1u);
}

/* A leaf, without the hint. */
static uint64_t plain(const struct pw_fmt *f, uint64_t leaf, unsigned int level)
{
	return leaf & ~f->contig_mask(level);
}

/* Is the entry of 2^@shift bytes around @ia cut at @edge? */
static bool cuts_entry(uint64_t edge, uint64_t ia, unsigned int shift)
{
	return is_cut(edge, shift) && edge >> shift == ia >> shift;
}

/* Or at an end of a range that stands before the one under work in the list, and was counted? */
static bool counted(const struct pw_op *op, uint64_t ia, unsigned int shift)
{
	uint64_t base = op->pt->first.v, i;

	for (i = 0; i < op->index; i++) {
		const struct pw_range *r = &op->list.ranges[i];

		if (cuts_entry(r->first.v - base, ia, shift) ||
		    cuts_entry(r->last.v - base + 1u, ia, shift))
			return true;
	}
	return false;
}

/*
 * How many tables does a cut of one leaf take? One for each entry that is cut, at each level, and
 * that nobody else has counted: the other end of the range, or another range in the same entry.
 */
static uint64_t tables_for(const struct pw_op *op, const struct pw_place *at)
{
	uint64_t first = op->first, end = op->last + 1u, in = pw_in_entry(at), nr = 0;
	uint64_t leaf = at->ia & ~in;
	bool low = first > leaf, high = end - 1u < (leaf | in);
	unsigned int shift = at->shift, level = at->level;

	for (; level; level--, shift -= (unsigned int)op->pt->index_lg2) {
		if (low && is_cut(first, shift) && !counted(op, first, shift))
			nr++;
		if (high && is_cut(end, shift) && !cuts_entry(first, end, shift) &&
		    !counted(op, end, shift))
			nr++;
	}
	return nr;
}

PW_SMALL int pw_split_check(struct pw_op *op, const struct pw_place *at, uint64_t first,
			    uint64_t last)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	uint64_t nr = tables_for(op, at), leaf = plain(f, at->e, at->level);
	bool hint = at->e & f->contig_mask(at->level);
	uint64_t in = pw_in_entry(at), start = at->ia & ~in;
	bool cut = op->first > start || op->last < (start | in); /* by whomever it was counted */
	struct pw_place whole = *at;

	whole.ia = first;
	whole.last = last;
	if ((op->pt->flags & PW_TABLE_LIVE) && at->kind == PW_KIND_LEAF &&
	    pw_span_how(op->pt, leaf, hint, cut, at->level) != PW_HOW_STORE &&
	    pw_may_break(op, &whole))
		return PW_EBUSY;
	op->nr_needed += nr;
	op->split = true;
	return 0;
}

/* Tables that are made here are walked here again, by what the entries above them say. */
PW_SMALL int pw_split_reach(const struct pw_op *op)
{
	const uint64_t *page = op->pool;

	while (page) {
		if (!pw_tree_table(op->pt, pw_env_read(op->env, page + 1)))
			return PW_EFAULT;
		page = (const uint64_t *)(uintptr_t)pw_env_read(op->env, page);
	}
	return 0;
}

/* The hint for the leaves of a table: whole groups have it but for the one that @ia cuts. */
static void fill_table(struct pw_op *op, uint64_t *table, uint64_t leaf, unsigned int level,
		       unsigned int shift, uint64_t ia)
{
	const struct pw_table *pt = op->pt;
	const struct pw_reshaper *r = pt->reshaper;
	uint64_t nr = 1ull << pt->index_lg2, group = 1ull << pw_table_contig_lg2(pt, level);
	uint64_t at = index_of(pt, ia, shift) & ~(group - 1u), hint = 0, step = 1ull << shift;
	uint64_t bits = leaf, pa = r->f->leaf_pa(pt, leaf, level);

	if (group > 1u)
		hint = r->f->contig_mask(level);
	if (!is_cut(ia, shift + pw_table_contig_lg2(pt, level)))
		at = nr; /* at a group's edge: none is cut */
	/* three stretches; a leaf for each, made from the address of its first */
	bits = leaf ^ r->f->make_leaf(0, pa, level);
	if (at)
		r->fill(op->env, table, at < nr ? at : nr, leaf | hint, level);
	if (at >= nr)
		return;
	pa += at * step;
	r->fill(op->env, table + at, group, r->f->make_leaf(bits, pa, level), level);
	pa += group * step;
	if (at + group < nr)
		r->fill(op->env, table + at + group, nr - at - group,
			r->f->make_leaf(bits, pa, level) | hint, level);
}

/*
 * Tables instead of @leaf of @level, as far down as a cut at @ia asks for; the entry that leads to
 * the first of them. None of them is in the tree yet.
 */
static uint64_t build(struct pw_op *op, uint64_t leaf, unsigned int level, unsigned int shift,
		      uint64_t ia, uint64_t **first)
{
	const struct pw_table *pt = op->pt;
	const struct pw_fmt *f = pt->reshaper->f;
	uint64_t head = 0, *link = NULL, pa;

	*first = NULL;
	while (is_cut(ia, shift)) {
		uint64_t *table = pw_pool_take(op, &pa), entry = f->make_table(pt, pa, level);

		op->res.nr_tables++;
		if (link)
			pw_env_write(op->env, link, entry);
		else
			head = entry;
		if (!*first)
			*first = table;
		leaf = f->child(leaf, level);
		level--;
		shift -= (unsigned int)pt->index_lg2;
		fill_table(op, table, leaf, level, shift, ia);
		pw_env_sync(op->env, table, 1ull << pt->index_lg2);
		link = table + index_of(pt, ia, shift);
		leaf = plain(f,
			     f->flat ? f->flat(pw_env_read(op->env, link), index_of(pt, ia, shift),
					       level) :
				       pw_env_read(op->env, link),
			     level);
	}
	return head;
}

/* A group in a table that is not in the tree: without its hint. */
static void forget_hint(struct pw_op *op, uint64_t *table, uint64_t index, unsigned int level)
{
	const struct pw_reshaper *r = op->pt->reshaper;
	uint64_t group = 1ull << pw_table_contig_lg2(op->pt, level), at = index & ~(group - 1u);
	uint64_t e = pw_env_read(op->env, table + at);

	if (r->f->flat)
		e = r->f->flat(e, at, level);
	r->fill(op->env, table + at, group, plain(r->f, e, level), level);
}

/* A second cut, at @ia, in tables that are not in the tree: below the leaf of @level. */
static void cut_again(struct pw_op *op, uint64_t *table, unsigned int level, unsigned int shift,
		      uint64_t ia)
{
	const struct pw_table *pt = op->pt;
	const struct pw_fmt *f = pt->reshaper->f;

	for (;;) {
		uint64_t i, e, *below;

		level--;
		shift -= (unsigned int)pt->index_lg2;
		i = index_of(pt, ia, shift);
		e = pw_env_read(op->env, table + i);
		if (f->kind(pt, e, level) == PW_KIND_TABLE) {
			table = pw_tree_table(pt, f->table_pa(pt, e, level));
			continue;
		}
		if ((e & f->contig_mask(level)) &&
		    is_cut(ia, shift + pw_table_contig_lg2(pt, level)))
			forget_hint(op, table, i, level);
		if (is_cut(ia, shift)) {
			e = plain(f, pw_env_read(op->env, table + i), level);
			pw_env_write(op->env, table + i, build(op, e, level, shift, ia, &below));
		}
		pw_env_sync(op->env, table, 1ull << pt->index_lg2);
		return;
	}
}

PW_SMALL void pw_span_at(const struct pw_table *pt, const struct pw_spot *spot, uint64_t ia,
			 struct pw_span *s)
{
	const struct pw_fmt *f = pt->reshaper->f;
	uint64_t e = spot->step[spot->level].entry, back = 0, i;
	unsigned int lg2 = 0;

	*s = (struct pw_span){ .level = spot->level, .shift = spot->shift };
	s->hint = e & f->contig_mask(s->level);
	if (s->hint)
		lg2 = pw_hinted_lg2(pt, s->level, s->shift);
	s->nr = 1ull << lg2;
	back = spot->index & (s->nr - 1u);
	s->index = spot->index - back;
	s->slot = (uint64_t *)(uintptr_t)(spot->slot - back);
	s->ia = ia >> (s->shift + lg2) << (s->shift + lg2);
	s->live = (pt->flags & PW_TABLE_LIVE) && spot->kind == PW_KIND_LEAF;
	s->leaf = pw_env_read(pt->env, s->slot);
	if (f->flat)
		s->leaf = f->flat(s->leaf, s->index, s->level);
	s->leaf = plain(f, s->leaf, s->level);
	for (i = 1; i < s->nr; i++) /* one use for all */
		s->leaf = f->merge(pt, s->leaf, pw_env_read(pt->env, s->slot + i), s->level);
}

/* One cut of a span in a head that there is already: false if there is none at @ia. */
static bool head_cut(struct pw_op *op, const struct pw_span *s, uint64_t ia)
{
	uint64_t i = (ia - s->ia) >> s->shift;
	unsigned int h;

	for (h = 0; h < s->nr_heads; h++) {
		if (s->head[h].index == i) {
			cut_again(op, s->head[h].table, s->level, s->shift, ia);
			return true;
		}
	}
	return false;
}

/* One cut of a span, there or in a head of its own. */
PW_COLD void span_cut(struct pw_op *op, struct pw_span *s, uint64_t ia)
{
	uint64_t i = (ia - s->ia) >> s->shift, leaf;
	struct pw_head *head = &s->head[s->nr_heads];

	if (!is_cut(ia, s->shift) || head_cut(op, s, ia))
		return;
	leaf = pw_span_leaf(op->pt, s, i, pw_env_read(op->env, s->slot + i), s->leaf);
	head->index = i;
	head->entry = build(op, leaf, s->level, s->shift, ia, &head->table);
	s->nr_heads++;
}

static bool in_span(const struct pw_span *s, uint64_t ia)
{
	return ia > s->ia && ia - s->ia < s->nr << s->shift;
}

/*
 * Of the list's ranges, the first one that may reach behind @va: a list in ascending order is
 * searched, for one of thousands of scattered pages is cut thousands of times.
 */
static size_t first_behind(struct pw_op *op, uint64_t va)
{
	const struct pw_range *r = op->list.ranges;
	size_t i = 1, from = 0, to = op->nr;

	if (op->order == PW_ORDER_UNKNOWN) {
		while (i < op->nr && r[i - 1u].last.v < r[i].first.v)
			i++;
		op->order = i < op->nr ? PW_ORDER_NONE : PW_ORDER_ASCENDING;
	}
	if (op->order == PW_ORDER_NONE)
		return 0;
	while (from < to) {
		i = from + (to - from) / 2u;
		if (r[i].last.v < va)
			from = i + 1u;
		else
			to = i;
	}
	return from;
}

/*
 * The other ranges' cuts of what becomes tables here, in the same replacement: a group that is made
 * now, and that the next range cuts, would have to be broken, and for that nobody was asked.
 */
static void cut_others(struct pw_op *op, struct pw_span *s)
{
	uint64_t va = op->pt->first.v + s->ia, last = va + ((s->nr << s->shift) - 1u);
	size_t i;

	if (!s->nr_heads)
		return;
	for (i = first_behind(op, va); i < op->nr; i++) {
		const struct pw_range *r = &op->list.ranges[i];
		uint64_t first = r->first.v - op->pt->first.v;
		uint64_t end = r->last.v - op->pt->first.v + 1u;

		if (op->order == PW_ORDER_ASCENDING && r->first.v > last)
			break;
		if (in_span(s, first))
			(void)head_cut(op, s, first);
		if (in_span(s, end))
			(void)head_cut(op, s, end);
	}
}

/*
 * What a cut at @ia cuts: is there such a leaf or group? Apart from the cut, for a walk's steps
 * need not lie on the stack while the gather pays.
 */
PW_COLD bool find_span(const struct pw_table *pt, uint64_t ia, struct pw_span *s)
{
	struct pw_spot spot;

	if (pt->instance->walk(pt, &spot, ia, 0) ||
	    (spot.kind != PW_KIND_LEAF && spot.kind != PW_KIND_INVALID))
		return false;
	pw_span_at(pt, &spot, ia, s);
	return ia != s->ia;
}

/*
 * Cut at @ia, and at @other if that is inside the same leaf or group. Returns whether it is, so
 * that there is nothing left to do there.
 */
static bool cut_at(struct pw_op *op, uint64_t ia, uint64_t other)
{
	struct pw_span s;
	bool both;

	if (!find_span(op->pt, ia, &s))
		return false;
	both = in_span(&s, other);
	span_cut(op, &s, ia);
	if (both)
		span_cut(op, &s, other);
	cut_others(op, &s);
	pw_replace(op, &s);
	return both;
}

/* The ends of the range under work. */
static void cut_range(struct pw_op *op)
{
	uint64_t first = op->first, end = op->last + 1u;
	bool done = cut_at(op, first, end);

	/* the end of the half cuts nothing */
	if (!done && end >> op->pt->va_bits == 0)
		(void)cut_at(op, end, end);
}

/*
 * Cut the leaves at the ends of every range. Entries that were replaced in place are of another
 * size only; before their rights change, what was cached of the old size has to be gone.
 */
PW_SMALL void pw_split_cut(struct pw_op *op)
{
	size_t i;

	op->pass = PW_PASS_EDIT_CHECK;
	for (i = 0; i < op->nr; i++) {
		if (pw_op_aim(op, i))
			pw_env_bug(op->env, PW_BUG_COMMIT);
		cut_range(op);
		pw_op_note(op);
	}
	pw_op_pay(op);
}
