/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The entry points of changes: argument checks, the two passes of an instance, and the debt.
 *
 *     check every range  ->  reserve table pages  ->  cut at the ends  ->  commit  ->  settle
 *        may refuse             may run out            cannot fail, and neither can     one plan
 *
 * Everything that can go wrong goes wrong before the first store.
 */
#include <pagewalk/change.h>

#include "gather.h"
#include "instance.h"
#include "pool.h"
#include "reshape.h"

/* Ranges that an operation without an open gather may owe before it is a full flush. */
#define OWN_RANGES 1u

PW_SMALL int pw_range_check(const struct pw_table *pt, struct pw_range range, uint64_t align)
{
	uint64_t first = range.first.v, last = range.last.v;
	/* where the half begins that is not the handle's: one is at 0, one ends at 2^64 */
	uint64_t other = 0 - (1ull << pt->va_bits) - pt->first.v;

	if (first > last || ((first | (last + 1u)) & (align - 1u)))
		return PW_EINVAL;
	if (((first - pt->first.v) | (last - pt->first.v)) >> pt->va_bits == 0)
		return 0;
	if (pt->instance->geo->halves == PW_HALVES_NONE)
		return PW_ERANGE; /* every address is canonical there */
	return ((first - other) | (last - other)) >> pt->va_bits ? PW_EINVAL : PW_ERANGE;
}

/* Remember where and why an operation is refused; addresses as the caller knows them. */
PW_SMALL int pw_refuse(struct pw_op *op, const struct pw_place *at, const uint64_t *table, int err)
{
	uint64_t base = op->pt->first.v;

	op->res.where.first.v = base + (at->ia < op->first ? op->first : at->ia);
	op->res.where.last.v = base + (at->last > op->last ? op->last : at->last);
	op->res.entry = at->e;
	op->res.level = at->level;
	if (table)
		op->res.entry_pa.v =
			op->table_pa[at->level] + (uint64_t)(at->slot - table) * sizeof(*table);
	return err;
}

/* Note leaves that may be cached, or walks through an entry: any address below reaches those. */
PW_SMALL void pw_note_stale(struct pw_op *op, const struct pw_place *at, uint64_t n)
{
	uint64_t first = at->ia >> at->shift << at->shift, last = first + (n << at->shift) - 1u;

	pw_op_stale(op, first < op->first ? op->first : first, last > op->last ? op->last : last,
		    at->level);
}

/*
 * How many tables does what the range covers of one empty entry need? Above top_leaf every
 * entry touched gets a table; at and below it only those that are covered in part, which can be
 * nowhere but at the two ends.
 */
PW_SMALL void pw_map_tables(struct pw_op *op, const struct pw_place *at)
{
	unsigned int level = at->level, shift = at->shift;

	for (; level > 0; level--, shift -= (unsigned int)op->pt->index_lg2) {
		uint64_t a = at->ia >> shift, b = at->last >> shift, nr = b - a + 1u;
		bool head = a << shift != at->ia, tail = (b + 1u) << shift != at->last + 1u;
		uint64_t ends = (uint64_t)head + (uint64_t)tail;

		op->nr_needed += level <= op->top_leaf && ends < nr ? ends : nr;
		/* the one that the range before ends in is counted */
		op->nr_needed -= (op->behind - 1u) >> shift == a;
	}
}

/*
 * What needs a reshaper; a handle without one is not linked with any.
 */
PW_SMALL int pw_partial(struct pw_op *op, const struct pw_place *at, uint64_t first, uint64_t last)
{
	const struct pw_reshaper *r = op->pt->reshaper;

	return r ? r->check(op, at, first, last) : PW_EBUSY;
}

PW_SMALL bool pw_must_break(const struct pw_op *op, const struct pw_place *at, uint64_t now)
{
	const struct pw_table *pt = op->pt;

	return (pt->flags & PW_TABLE_LIVE) &&
	       pt->instance->how(pt, at->e, now, at->level) != PW_HOW_STORE;
}

PW_SMALL int pw_breakable(struct pw_op *op, const struct pw_place *at)
{
	const struct pw_reshaper *r = op->pt->reshaper;

	return r ? r->may_break(op, at) : PW_EBUSY;
}

PW_SMALL uint64_t pw_broken(struct pw_op *op, struct pw_place *at, uint64_t mask, uint64_t pattern)
{
	return op->pt->reshaper->brk(op, at, mask, pattern);
}

/* A table is out of the tree: free it, after the invalidation where a walk may be cached. */
PW_SMALL void pw_unlinked(struct pw_op *op, const struct pw_place *at, uint64_t *table)
{
	uint64_t pa = op->table_pa[at->level - 1u];

	op->res.nr_tables++;
	if (!(op->pt->flags & PW_TABLE_LIVE)) {
		pw_env_put_table(op->env, pa, table);
		return;
	}
	pw_note_stale(op, at, 1);
	op->stale_flags |= PW_FLUSH_TABLES;
	pw_gather_queue_table(op->gather, op->pt, pw_pa_of(pa), table);
}

PW_SMALL bool pw_stays_leaf(const struct pw_op *op, const struct pw_place *at, uint64_t now)
{
	enum pw_kind kind = op->pt->instance->kind(op->pt, now, at->level);

	return kind == PW_KIND_LEAF || kind == PW_KIND_INVALID;
}

/* W and X of either privilege; in a second stage W is for both of those that may have X. */
PW_SMALL bool pw_writable_and_executable(const struct pw_table *pt, uint32_t perm)
{
	if (pt->regime == PW_REGIME_STAGE2 || pt->regime == PW_REGIME_EPT)
		perm |= perm << 3 & PW_PERM_USER_W;
	return (perm & perm << 1) & (PW_PERM_X | PW_PERM_USER_X);
}

/* Reserved pages are a list: a page's first slot holds the next one, its second one its address. */
PW_SMALL uint64_t *pw_pool_take(struct pw_op *op, uint64_t *pa)
{
	uint64_t *page = op->pool;

	op->pool = (uint64_t *)(uintptr_t)pw_env_read(op->env, page);
	*pa = pw_env_read(op->env, page + 1);
	pw_env_write(op->env, page, 0); /* zeroed pages stay so */
	pw_env_write(op->env, page + 1, 0);
	return page;
}

/*
 * The gather that an operation notes its debt in: the caller's, the task's, or @own. It cannot
 * fail, for the handle's executor was checked.
 */
PW_SMALL int pw_op_gather(struct pw_op *op, struct pw_gather *gather, struct pw_gather *own,
			  struct pw_flush *slots, uint32_t nr)
{
	const struct pw_env *env = op->env;
	int err = 0;

	if (!(op->pt->flags & PW_TABLE_LIVE))
		return 0;
	if (!gather && env->current_gather && !pw_in_interrupt(env))
		gather = env->current_gather(env->ctx);
	if (!gather) {
		gather = own;
		err = pw_gather_init(own, op->pt->exec, slots, nr);
	}
	pw_gather_admit(gather, op->pt);
	op->gather = gather;
	return err;
}

/* Hand the debt of one range over to the gather. */
static void op_note(struct pw_op *op)
{
	const struct pw_table *pt = op->pt;
	uint32_t levels = op->stale_levels, some = levels | 1u << PW_MAX_LEVELS, lowest = 0;
	struct pw_flush flush = { 0 };

	if (!op->gather)
		return;
	for (; !(some & 1u); some >>= 1)
		lowest++;
	flush.first.v = pt->first.v + op->stale_first;
	flush.last.v = pt->first.v + op->stale_last;
	flush.asid = pt->asid;
	flush.regime = (uint8_t)pt->regime;
	flush.flags = op->stale_flags;
	if (pt->any_asid)
		flush.flags |= PW_FLUSH_ANY_ASID;
	flush.page_lg2 = (uint8_t)(pt->granule_lg2 + lowest * pt->index_lg2);
	flush.level = PW_FLUSH_LEVELS;
	if (levels == 1u << lowest && !(op->stale_flags & PW_FLUSH_TABLES))
		flush.level = (uint8_t)lowest;
	flush.granule_lg2 = (uint8_t)pt->granule_lg2;
	flush.unit_lg2 = pt->instance->geo->unit_lg2;
	pw_gather_note(op->gather, op->publish, levels ? &flush : NULL, op->before);
}

/* Nothing is owed yet. */
static void op_forget(struct pw_op *op)
{
	op->publish = false;
	op->stale_flags = 0;
	op->stale_levels = 0;
	op->stale_first = UINT64_MAX;
	op->stale_last = 0;
}

/* What cannot wait for the end, not in lazy MMU mode either; and with it what waited before. */
PW_SMALL void pw_op_note(struct pw_op *op)
{
	op_note(op);
	op_forget(op);
}

/*
 * What is invalidated in the middle of an operation may fault until it is made again; an older load
 * must not pass that (A64-TLBI-2b), whatever the operation owes in the end.
 */
PW_SMALL void pw_op_pay(struct pw_op *op)
{
	uint8_t before = op->before;

	op->before = PW_BEFORE_ALL;
	pw_op_note(op);
	op->before = before;
	if (op->gather)
		(void)pw_gather_flush(op->gather);
}

/* Leaves beyond the range as well: an entry that is replaced is invalidated as a whole. */
PW_SMALL void pw_op_stale(struct pw_op *op, uint64_t first, uint64_t last, unsigned int level)
{
	if (first < op->stale_first)
		op->stale_first = first;
	if (last > op->stale_last)
		op->stale_last = last;
	op->stale_levels = (uint8_t)(op->stale_levels | 1u << level);
}

/*
 * The @i-th range of the list, as offsets; for map also its output addresses and the largest leaf
 * that may be used.
 */
static int map_aim(struct pw_op *op, const struct pw_mapping *map)
{
	const struct pw_table *pt = op->pt;
	uint64_t pa = map->pa.v;
	uint32_t cap = (op->flags & PW_MAX_LEVEL_MASK) >> 8;
	unsigned int level = 1, levels = (unsigned int)pt->leaf_levels;

	if ((pa & ((1ull << pt->granule_lg2) - 1u)) || op->first < op->behind)
		return PW_EINVAL;
	if (pa > pt->pa_max || op->last - op->first > pt->pa_max - pa)
		return PW_ERANGE;
	op->delta = pa - op->first;
	if (cap && cap < levels)
		levels = cap;
	while (level < levels && !(op->delta & (pw_leaf_size(pt, level) - 1u)))
		level++;
	op->top_leaf = (uint8_t)(level - 1u);
	return 0;
}

PW_SMALL int pw_op_aim(struct pw_op *op, size_t i)
{
	bool map = op->pass <= PW_PASS_MAP;
	const struct pw_range *range = map ? &op->list.maps[i].range : &op->list.ranges[i];
	int err = pw_range_check(op->pt, *range, 1ull << op->pt->granule_lg2);

	op->behind = op->last + 1u;
	op->first = range->first.v - op->pt->first.v;
	op->last = range->last.v - op->pt->first.v;
	op->index = i;
	op_forget(op);
	if (!err && map)
		err = map_aim(op, &op->list.maps[i]);
	if (err)
		op->res.where = *range;
	return err;
}

/* One pass over every range of the list. */
static int op_each(struct pw_op *op, enum pw_pass pass)
{
	size_t i;
	int err;

	op->pass = (uint8_t)pass;
	op->last = UINT64_MAX; /* nothing comes before the first one */
	for (i = 0; i < op->nr; i++) {
		err = pw_op_aim(op, i);
		if (!err)
			err = op->pt->instance->run_pass(op);
		if (err)
			return err;
		pw_op_note(op);
	}
	return 0;
}

/* The raw attributes of a leaf of each level that can be one. */
static int map_encode(struct pw_op *op, const struct pw_attr *attr)
{
	const struct pw_table *pt = op->pt;
	unsigned int level;

	if (!attr || (attr->flags & PW_ATTR_CONTIGUOUS))
		return PW_EINVAL;
	if (!pw_table_contig_lg2(pt, 0)) /* the CPU knows none */
		op->flags &= ~PW_CONTIGUOUS;
	for (level = 0; level < pt->leaf_levels; level++) {
		int err = pt->instance->encode(pt, attr, level, &op->set[level]);

		if (err)
			return err;
	}
	if ((pt->flags & PW_TABLE_NO_WX) &&
	    pw_writable_and_executable(pt, pt->instance->perm(pt, op->set[0], 0, 0)))
		return PW_EPERM;
	return 0;
}

/* The masks of each level that can have leaves, whoever made them, and whether the check must look
   at every leaf. */
static int protect_masks(struct pw_op *op, const struct pw_change *c)
{
	const struct pw_table *pt = op->pt;
	uint64_t raw;
	unsigned int level;

	if (!c || ((c->perm_clear | c->perm_set) & ~PW_PERM_ALL) ||
	    ((c->flags_clear | c->flags_set) & ~PW_ATTR_ALL))
		return PW_EINVAL;
	raw = c->raw_clear | c->raw_set;
	for (level = 0; level < pt->instance->geo->leaf_levels; level++) {
		uint64_t *clear = &op->clear[level], *set = &op->set[level];
		int err = pt->instance->change(pt, c, level, clear, set);

		if (err >= 0 && (raw & pt->instance->fixed_mask(pt, level)))
			err = PW_EINVAL;
		if (err < 0)
			return err;
		op->scan |= err > 0;
		*clear |= c->raw_clear;
		*set = (*set & ~c->raw_clear) | c->raw_set;
	}
	op->protect = true;
	op->valid = (c->flags_set & PW_ATTR_VALID) | (c->raw_set != 0);
	/* Rights alone never need break-before-make; everything else might. */
	if ((pt->flags & PW_TABLE_NO_WX) ||
	    ((pt->flags & PW_TABLE_LIVE) && (c->flags_clear | c->flags_set | raw)))
		op->scan = true;
	/* like unmap: an older load must not pass the invalidation of its page, nor any of a second
	   stage (A64-TLBI-2b) */
	if (!(c->flags_clear & PW_ATTR_VALID) && pt->regime != PW_REGIME_STAGE2)
		op->before = PW_BEFORE_STORES;
	return 0;
}

PW_SMALL int pw_op_arguments(struct pw_op *op, enum pw_pass commit, union pw_wanted wanted)
{
	uint32_t known = PW_STRICT;

	if (commit == PW_PASS_MAP)
		known = PW_CONTIGUOUS | PW_MAX_LEVEL_MASK;
	else if (commit == PW_PASS_UNMAP)
		known |= PW_KEEP_TABLES;
	op->scan = op->flags & PW_STRICT;
	if (!op->nr || !op->list.ranges)
		return PW_EINVAL;
	op->res.where = *op->list.ranges; /* a mapping begins with its range */
	if (op->flags & ~known)
		return PW_EINVAL;
	op->valid = commit == PW_PASS_MAP;
	if (op->valid)
		return map_encode(op, wanted.attr);
	op->before = PW_BEFORE_ALL;
	if (commit == PW_PASS_PROTECT)
		return protect_masks(op, wanted.change);
	return 0;
}

/*
 * What this batch made invalid may be cached until the batch pays. An entry there that becomes
 * valid again before that would be a break-before-make whose invalidation is missing (A64-BBM-9),
 * so the batch pays first where the two meet.
 */
static void op_catch_up(struct pw_op *op, bool map)
{
	const struct pw_plan *owed = &op->gather->owed;
	bool meet = owed->full >> op->pt->regime & 1u;
	size_t i, j;

	for (i = 0; i < op->nr; i++) {
		const struct pw_range *r = map ? &op->list.maps[i].range : &op->list.ranges[i];

		for (j = 0; j < owed->nr_ranges; j++)
			meet |= r->first.v <= owed->ranges[j].last.v &&
				owed->ranges[j].first.v <= r->last.v;
	}
	if (meet)
		(void)pw_gather_flush(op->gather);
}

/* Check, reserve, commit, settle. */
static int op_work(struct pw_op *op, enum pw_pass commit, struct pw_gather *gather)
{
	struct pw_flush slots[OWN_RANGES];
	struct pw_gather own;
	int err = op_each(op, commit == PW_PASS_MAP ? PW_PASS_MAP_CHECK : PW_PASS_EDIT_CHECK);

	if (!err)
		err = pw_pool_reserve(op);
	if (!err && op->split)
		err = op->pt->reshaper->reach(op);
	if (!err && pw_op_gather(op, gather, &own, slots, OWN_RANGES))
		pw_env_bug(op->env, PW_BUG_COMMIT);
	if (!err) {
		if (op->valid && op->gather && op->gather->owed.before == PW_BEFORE_ALL)
			op_catch_up(op, commit == PW_PASS_MAP);
		if (op->split)
			op->pt->reshaper->cut(op);
		if (op_each(op, commit))
			pw_env_bug(op->env, PW_BUG_COMMIT);
	}
	pw_pool_release(op);
	if (op->gather)
		(void)pw_gather_settle(op->gather, op->env);
	op->gather = NULL; /* @own ends here */
	return err;
}

/* Every operation, from its arguments to its end. */
PW_COLD int op_run(struct pw_table *pt, union pw_list list, size_t nr, uint32_t flags,
		   struct pw_gather *gather, struct pw_result *res, enum pw_pass commit,
		   union pw_wanted wanted)
{
	struct pw_op op = { .pt = pt, .env = pt->env, .list = list, .nr = nr, .flags = flags };
	int err = pw_op_arguments(&op, commit, wanted);

	if (!err)
		err = op_work(&op, commit, gather);
	if (res)
		*res = op.res;
	return err;
}

PW_SMALL int pw_map_vec(struct pw_table *pt, const struct pw_mapping *maps, size_t nr,
			const struct pw_attr *attr, uint32_t flags, struct pw_gather *gather,
			struct pw_result *res)
{
	return op_run(pt, (union pw_list){ .maps = maps }, nr, flags, gather, res, PW_PASS_MAP,
		      (union pw_wanted){ .attr = attr });
}

PW_SMALL int pw_map(struct pw_table *pt, struct pw_range range, struct pw_pa pa,
		    const struct pw_attr *attr, uint32_t flags, struct pw_gather *gather,
		    struct pw_result *res)
{
	struct pw_mapping map = { range, pa };

	return pw_map_vec(pt, &map, 1, attr, flags, gather, res);
}

PW_SMALL int pw_unmap_vec(struct pw_table *pt, const struct pw_range *ranges, size_t nr,
			  uint32_t flags, struct pw_gather *gather, struct pw_result *res)
{
	return op_run(pt, (union pw_list){ .ranges = ranges }, nr, flags, gather, res,
		      PW_PASS_UNMAP, (union pw_wanted){ .attr = NULL });
}

PW_SMALL int pw_unmap(struct pw_table *pt, struct pw_range range, uint32_t flags,
		      struct pw_gather *gather, struct pw_result *res)
{
	return pw_unmap_vec(pt, &range, 1, flags, gather, res);
}

PW_SMALL int pw_protect_vec(struct pw_table *pt, const struct pw_range *ranges, size_t nr,
			    const struct pw_change *change, uint32_t flags,
			    struct pw_gather *gather, struct pw_result *res)
{
	return op_run(pt, (union pw_list){ .ranges = ranges }, nr, flags, gather, res,
		      PW_PASS_PROTECT, (union pw_wanted){ .change = change });
}

PW_SMALL int pw_protect(struct pw_table *pt, struct pw_range range, const struct pw_change *change,
			uint32_t flags, struct pw_gather *gather, struct pw_result *res)
{
	return pw_protect_vec(pt, &range, 1, change, flags, gather, res);
}
