/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Splitting all of a range: no leaf in it is larger than asked for afterwards.
 *
 *            first        last
 *              v            v
 *     [        .   1G       .       ]
 *              |            |
 *     [2M ~ 2M|T  T  T  T  T|2M ~ 2M]     T: tables of pages, where the range is; what lies beside
 *              4K ...     4K              it stays as large as is legal: groups (~), and blocks
 *
 * A bounded sweep. All that a leaf becomes is built out of sight, whatever number of levels that
 * is, and then one entry is replaced: one break, if it has to be one. Only where that is more than
 * the budget has left a leaf goes one level down, and the sweep comes back for its parts. A
 * contiguous group with something to split in it loses its hint first, as a whole.
 *
 * The pages are taken before the leaf is looked at, and may run out: the sweep ends there, with
 * everything before that done and the leaf as it was.
 *
 * Not reached from map, unmap and protect: who does not call it does not link it.
 */
#include <pagewalk/change.h>

#include "gather.h"
#include "instance.h"
#include "pool.h"
#include "reshape.h"

#define NOWHERE	   UINT64_MAX /* beyond any range: there are no pages to go on with */
#define OWN_RANGES 4u

/* What leaves become: */
struct aim {
	unsigned int level; /* theirs, and no higher one */
	bool groups;	    /* in groups, where they fill them; else none of this level stays */
};

/* A table under construction. */
struct part {
	uint64_t *table;
	uint64_t leaf;	      /* its first slot as a leaf, flat, without the hint */
	uint64_t ia;	      /* what it maps, from here on */
	uint64_t first, last; /* slots that the range covers, closed; first: the next to descend */
};

/* The slots of a table at @ia, each of 2^@shift bytes, that the range covers. */
static void touched(const struct pw_op *op, struct part *p, unsigned int shift)
{
	uint64_t end = p->ia + ((1ull << op->pt->index_lg2) << shift) - 1u;

	p->first = op->first > p->ia ? (op->first - p->ia) >> shift : 0;
	p->last = ((op->last < end ? op->last : end) - p->ia) >> shift;
}

/* Slot @i of a table as a leaf. */
static uint64_t leaf_of(const struct pw_table *pt, const struct part *p, uint64_t i,
			unsigned int level)
{
	const struct pw_fmt *f = pt->reshaper->f;
	uint64_t pa = f->leaf_pa(pt, p->leaf, level), bits = p->leaf ^ f->make_leaf(0, pa, level);

	return f->make_leaf(bits, pa + i * pw_leaf_size(pt, level), level);
}

static void put(struct pw_op *op, const struct part *p, uint64_t i, uint64_t end, uint64_t hint,
		unsigned int level)
{
	if (i < end)
		op->pt->reshaper->fill(op->env, p->table + i, end - i,
				       leaf_of(op->pt, p, i, level) | hint, level);
}

/*
 * Leaves for every slot. Groups that the range does not touch have the hint; of those that it does
 * none, unless these are leaves as they are to be and groups are wanted.
 */
static void fill_part(struct pw_op *op, const struct part *p, unsigned int level,
		      const struct aim *aim)
{
	const struct pw_table *pt = op->pt;
	uint64_t nr = 1ull << pt->index_lg2,
		 in_group = (1ull << pw_table_contig_lg2(pt, level)) - 1;
	uint64_t from = p->first & ~in_group, to = (p->last | in_group) + 1u;
	uint64_t hint = in_group ? pt->reshaper->f->contig_mask(level) : 0;

	if (level == aim->level && aim->groups)
		from = to = 0;
	put(op, p, 0, from, hint, level);
	put(op, p, from, to, 0, level);
	put(op, p, to, nr, hint, level);
}

/* A new table for @leaf of the level above @level, at @ia; the entry that leads to it. */
static uint64_t open_part(struct pw_op *op, struct part *p, uint64_t leaf, uint64_t ia,
			  unsigned int level, const struct aim *aim)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	uint64_t pa;

	p->table = pw_pool_take(op, &pa);
	p->leaf = f->child(leaf, level + 1u);
	p->ia = ia;
	op->res.nr_tables++;
	touched(op, p, (unsigned int)(op->pt->granule_lg2 + level * op->pt->index_lg2));
	fill_part(op, p, level, aim);
	return f->make_table(op->pt, pa, level + 1u);
}

/* Tables instead of the leaf of a span, as far down as @aim; none of them is in the tree yet. */
PW_COLD void build(struct pw_op *op, struct pw_span *s, const struct aim *aim)
{
	const struct pw_table *pt = op->pt;
	struct part part[PW_MAX_LEVELS];
	unsigned int level = s->level - 1u;

	s->nr_heads = 1;
	s->head[0].index = 0;
	s->head[0].entry = open_part(op, &part[level], s->leaf, s->ia, level, aim);
	s->head[0].table = part[level].table;
	while (level < s->level) {
		struct part *p = &part[level];
		uint64_t i;

		if (level == aim->level || p->first > p->last) { /* complete */
			pw_env_sync(op->env, p->table, 1ull << pt->index_lg2);
			level++;
			continue;
		}
		i = p->first++;
		pw_env_write(op->env, p->table + i,
			     open_part(op, &part[level - 1u], leaf_of(pt, p, i, level),
				       p->ia + i * pw_leaf_size(pt, level), level - 1u, aim));
		level--;
	}
}

/* How many tables does the leaf of @level at @ia take? */
static uint64_t tables_for(const struct pw_op *op, uint64_t ia, unsigned int level,
			   const struct aim *aim)
{
	uint64_t size = pw_leaf_size(op->pt, level), first = ia & ~(size - 1u), nr = 0;
	uint64_t last = first + size - 1u;
	unsigned int shift = (unsigned int)(op->pt->granule_lg2 + level * op->pt->index_lg2);

	if (first < op->first)
		first = op->first;
	if (last > op->last)
		last = op->last;
	for (; level > aim->level; level--, shift -= (unsigned int)op->pt->index_lg2)
		nr += (last >> shift) - (first >> shift) + 1u;
	return nr;
}

/* Where a walk ends, without its steps, which need not lie on the stack any longer. */
struct end {
	struct pw_span s; /* of a leaf */
	unsigned int level;
	unsigned int shift;
	bool leaf;
	uint64_t index;	      /* of its slot in its table, which is here: */
	const uint64_t *slot; /* NULL: the root is out of reach */
};

/* The first refusal is remembered, and the sweep goes on. */
static void refuse(struct pw_op *op, int *err, int why, const struct pw_spot *spot, uint64_t ia,
		   uint64_t size)
{
	if (*err)
		return;
	*err = why;
	ia &= ~(size - 1u);
	op->res.where = pw_range_of(op->pt->first.v + ia, op->pt->first.v + (ia + (size - 1u)));
	op->res.entry_pa.v = spot->step[spot->level].entry_pa;
	op->res.entry = spot->step[spot->level].entry;
	op->res.level = spot->level;
}

/* May what is at the end be replaced, with as many tables? Asked before pages are taken. */
static bool allowed(struct pw_op *op, const struct end *e, bool to_table)
{
	const struct pw_span *s = &e->s;
	struct pw_place at = { .ia = s->ia, .last = s->ia + ((s->nr << s->shift) - 1u) };

	return !s->live ||
	       pw_span_how(op->pt, s->leaf, s->hint, to_table, s->level) == PW_HOW_STORE ||
	       !pw_may_break(op, &at);
}

/* Is that a leaf, or a group, that has to become another one? */
static bool too_large(const struct end *e, const struct aim *aim)
{
	return e->leaf &&
	       (e->level > aim->level || (e->level == aim->level && e->s.hint && !aim->groups));
}

/* Down to the entry that decides about @ia; what must be split there and may not is refused. */
PW_COLD bool look(struct pw_op *op, uint64_t ia, const struct aim *aim, struct end *e, int *err)
{
	const struct pw_table *pt = op->pt;
	struct pw_spot spot;
	int bad = pt->instance->walk(pt, &spot, ia, 0);

	e->level = spot.level;
	e->shift = spot.shift;
	e->slot = spot.slot;
	e->index = spot.index;
	e->leaf = !bad && (spot.kind == PW_KIND_LEAF || spot.kind == PW_KIND_INVALID);
	if (bad || spot.kind == PW_KIND_BAD)
		refuse(op, err, bad ? bad : PW_EDOM, &spot, ia, 1ull << spot.shift);
	if (!e->leaf)
		return false;
	pw_span_at(pt, &spot, ia, &e->s);
	if (!too_large(e, aim))
		return false;
	if (allowed(op, e, !e->s.hint))
		return true;
	refuse(op, err, PW_EBUSY, &spot, ia, e->s.nr << e->s.shift);
	return false;
}

/* How many slots, from that of @e on, are nothing that has to lose its hint? */
static uint64_t plain_slots(const struct pw_op *op, const struct end *e)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	uint64_t nr = (1ull << op->pt->index_lg2) - e->index, hint = f->contig_mask(e->level), i;

	if (e->level + 1u == op->pt->levels)
		return 1; /* those of a root may be more, or fewer */
	for (i = 1; i < nr; i++) {
		uint64_t raw = pw_env_read(op->env, e->slot + i);
		enum pw_kind kind;

		if (!(raw & hint))
			continue;
		kind = f->kind(op->pt, raw, e->level);
		if (kind == PW_KIND_LEAF || kind == PW_KIND_INVALID)
			break;
	}
	return i;
}

/* Nothing is to be done at @ia; where is the next place that is not known to be like that? */
static uint64_t skip(const struct pw_op *op, const struct end *e, uint64_t ia,
		     const struct aim *aim, uint64_t *cost)
{
	const struct pw_table *pt = op->pt;
	bool groups = !aim->groups && pw_table_contig_lg2(pt, aim->level);
	uint64_t size = 1ull << e->shift, n = 1;

	if (e->leaf && too_large(e, aim)) /* it was refused */
		return (ia | ((e->s.nr << e->shift) - 1u)) + 1u;
	if (e->level > aim->level || !e->slot)
		return (ia | (size - 1u)) + 1u;
	if (e->level == aim->level && groups)
		n = plain_slots(op, e);
	else if (groups) /* a table below those that may be groups */
		size = pw_leaf_size(pt, aim->level);
	else /* nothing in this table is, or is above one that is */
		size = pw_leaf_size(pt, aim->level) << pt->index_lg2;
	*cost = n;
	return (ia & ~(size - 1u)) + n * size;
}

/* Replace the span, with tables or without, by what was reserved. */
static void replace(struct pw_op *op, struct pw_span *s, const struct aim *aim)
{
	if (!s->hint)
		build(op, s, aim);
	pw_replace(op, s);
	op->res.changed += s->nr << s->shift;
	op->res.nr_entries += s->nr;
	pw_op_note(op);
}

/* From @ia on; returns where the next step is, beyond the range at its end. */
static uint64_t step(struct pw_op *op, uint64_t ia, const struct aim *aim, struct pw_sweep *sweep,
		     int *err)
{
	uint64_t cost = 1, slots = 1ull << op->pt->index_lg2, nr = 0, next = ia;
	struct aim now = *aim;
	struct end e;
	int fault;

	if (look(op, ia, aim, &e, err)) {
		cost = e.s.nr;
		if (!e.s.hint) {
			nr = tables_for(op, ia, e.level, aim);
			cost = nr * slots;
		}
		if (cost > sweep->budget && nr > 1u) {
			now = (struct aim){ .level = e.level - 1u,
					    .groups = aim->groups && e.level - 1u == aim->level };
			nr = 1;
			cost = slots;
		}
		op->nr_needed = nr;
		fault = pw_pool_reserve(op);
		if (!fault)
			fault = pw_split_reach(op);
		if (fault) {
			pw_pool_release(op);
			*err = fault;
			op->res.where.first.v = op->pt->first.v + e.s.ia;
			op->res.where.last.v = op->res.where.first.v + ((e.s.nr << e.s.shift) - 1u);
			return NOWHERE;
		}
		replace(op, &e.s, &now);
		if (now.level == aim->level && (!e.s.hint || e.level == aim->level))
			next = e.s.ia + (e.s.nr << e.s.shift);
	} else {
		next = skip(op, &e, ia, aim, &cost);
	}
	sweep->budget -= cost < sweep->budget ? cost : sweep->budget;
	return next;
}

static int split_arguments(struct pw_op *op, const struct pw_sweep *sweep, struct aim *aim)
{
	const struct pw_table *pt = op->pt;
	uint32_t cap = (op->flags & PW_MAX_LEVEL_MASK) >> 8;
	uint64_t size;
	int err;

	if (!pt->reshaper)
		return PW_EOPNOTSUPP;
	aim->level = cap ? cap - 1u : 0;
	aim->groups = op->flags & PW_CONTIGUOUS;
	if (!sweep || (op->flags & ~(PW_CONTIGUOUS | PW_MAX_LEVEL_MASK)) ||
	    !pw_table_leaf_ok(pt, aim->level))
		return PW_EINVAL;
	op->res.where = sweep->range;
	size = pw_leaf_size(pt, aim->level);
	err = pw_range_check(pt, sweep->range, size);
	if (err)
		return err;
	if (sweep->next.v < sweep->range.first.v || sweep->next.v > sweep->range.last.v ||
	    (sweep->next.v & (size - 1u)))
		return PW_EINVAL;
	op->first = sweep->range.first.v - pt->first.v;
	op->last = sweep->range.last.v - pt->first.v;
	op->res.where = (struct pw_range){ 0 };
	return 0;
}

int pw_split(struct pw_table *pt, struct pw_sweep *sweep, uint32_t flags, struct pw_gather *gather,
	     struct pw_result *res)
{
	struct pw_op op = { .pt = pt, .env = pt->env, .flags = flags };
	struct pw_flush slots[OWN_RANGES];
	struct pw_gather own;
	struct aim aim;
	uint64_t ia, next;
	int err = split_arguments(&op, sweep, &aim);

	op.before = PW_BEFORE_ALL;
	op.stale_first = UINT64_MAX; /* nothing is */
	if (!err && !sweep->done) {
		if (pw_op_gather(&op, gather, &own, slots, OWN_RANGES))
			pw_env_bug(op.env, PW_BUG_COMMIT);
		next = sweep->next.v - pt->first.v;
		do {
			ia = next;
			next = step(&op, ia, &aim, sweep, &err);
		} while (next <= op.last && sweep->budget);
		if (next == NOWHERE)
			next = ia;
		sweep->done = next > op.last;
		if (!sweep->done)
			sweep->next.v = pt->first.v + next;
		if (op.gather)
			(void)pw_gather_settle(op.gather, op.env);
	}
	if (res)
		*res = op.res;
	return err;
}
