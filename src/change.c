/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The entry points of changes: argument checks, the two passes of an instance, and the debt.
 *
 *     check every range  ->  reserve table pages (map)  ->  commit every range  ->  settle
 *        may refuse             may run out                   cannot fail          one plan
 *
 * Everything that can go wrong goes wrong before the first store.
 */
#include <pagewalk/change.h>

#include "gather.h"
#include "instance.h"

/* Ranges that an operation without an open gather may owe before it is a full flush. */
#define OWN_RANGES 1u

static int refuse(struct pw_op *op, struct pw_range range, int err)
{
	op->res.where = range;
	return err;
}

/* 0 the lower half, 1 the upper half, -1 neither: the bits above va_bits are not all alike. */
static int half_of(const struct pw_table *pt, uint64_t va)
{
	uint64_t high = va >> pt->va_bits;

	if (high == 0)
		return 0;
	return high == ~0ull >> pt->va_bits ? 1 : -1;
}

PW_SMALL int pw_range_check(const struct pw_table *pt, struct pw_range range, uint64_t align)
{
	int first = half_of(pt, range.first.v), last = half_of(pt, range.last.v);

	if (range.first.v > range.last.v || (range.first.v & (align - 1u)) ||
	    ((range.last.v + 1u) & (align - 1u)))
		return PW_EINVAL;
	if (first < 0 || first != last)
		return PW_EINVAL;
	return first == !!(pt->flags & PW_TABLE_UPPER) ? 0 : PW_ERANGE;
}

static void op_init(struct pw_op *op, struct pw_table *pt, uint32_t flags)
{
	__builtin_memset(op, 0, sizeof(*op));
	op->pt = pt;
	op->env = pt->env;
	op->flags = flags;
	op->stale_first = 1; /* empty */
}

static int op_range(struct pw_op *op, struct pw_range range)
{
	int err = pw_range_check(op->pt, range, 1ull << op->pt->granule_lg2);

	if (err)
		return refuse(op, range, err);
	op->first = range.first.v - op->pt->first.v;
	op->last = range.last.v - op->pt->first.v;
	return 0;
}

/* Remember where and why an operation is refused; addresses as the caller knows them. */
PW_SMALL void pw_refuse(struct pw_op *op, uint64_t first, uint64_t last, unsigned int level,
			uint64_t e)
{
	op->res.where = pw_range_of(op->pt->first.v + first, op->pt->first.v + last);
	op->res.entry = e;
	op->res.level = level;
}

PW_SMALL bool pw_came_through(const struct pw_op *op, unsigned int level)
{
	uint64_t pa = op->table_pa[level - 1u];

	for (; level < op->pt->levels; level++) {
		if (op->table_pa[level] == pa)
			return true;
	}
	return false;
}

/* Note leaves that may be cached. */
PW_SMALL void pw_note_stale(struct pw_op *op, uint64_t first, uint64_t last, unsigned int level)
{
	if (op->stale_first > op->stale_last) {
		op->stale_first = first;
		op->stale_last = last;
		op->stale_min = level;
		op->stale_max = level;
		return;
	}
	if (first < op->stale_first)
		op->stale_first = first;
	if (last > op->stale_last)
		op->stale_last = last;
	if (level < op->stale_min)
		op->stale_min = level;
	if (level > op->stale_max)
		op->stale_max = level;
}

/*
 * How many tables does [@first, @last] need below one empty entry of @level? Above top_leaf every
 * entry touched gets a table; at and below it only those that are covered in part, which can be
 * nowhere but at the two ends.
 */
PW_SMALL uint64_t pw_map_tables(const struct pw_op *op, unsigned int level, uint64_t first,
				uint64_t last)
{
	uint64_t nr = 0;

	for (; level > 0; level--) {
		uint64_t span = pw_leaf_size(op->pt, level) - 1u;
		uint64_t a = first & ~span, b = last & ~span;
		bool head = first & span, tail = (last + 1u) & span;

		if (level > op->top_leaf)
			nr += (b - a) / (span + 1u) + 1u;
		else if (a == b)
			nr += head || tail;
		else
			nr += (uint64_t)head + (uint64_t)tail;
	}
	return nr;
}

static int op_pass(struct pw_op *op, enum pw_pass pass)
{
	op->pass = pass;
	return op->pt->instance->run_pass(op);
}

/* A table is out of the tree: free it, after the invalidation where a walk may be cached. */
PW_SMALL void pw_unlinked(struct pw_op *op, uint64_t pa, uint64_t *virt)
{
	op->res.nr_tables++;
	if (!(op->pt->flags & PW_TABLE_LIVE)) {
		pw_env_put_table(op->env, pa, virt);
		return;
	}
	op->stale_tables = 1;
	pw_gather_queue_table(op->gather, op->pt, pw_pa_of(pa), virt);
}

PW_SMALL bool pw_writable_and_executable(uint32_t perm)
{
	return (perm & (PW_PERM_W | PW_PERM_X)) == (PW_PERM_W | PW_PERM_X) ||
	       (perm & (PW_PERM_USER_W | PW_PERM_USER_X)) == (PW_PERM_USER_W | PW_PERM_USER_X);
}

/* Hand the debt of one range over to the gather. */
static void op_note(struct pw_op *op, uint32_t before)
{
	const struct pw_table *pt = op->pt;
	bool stale = op->stale_first <= op->stale_last;
	struct pw_flush flush = { 0 };

	if (!(pt->flags & PW_TABLE_LIVE) || (!stale && !op->publish))
		return;
	if (stale) {
		flush.first.v = pt->first.v + op->stale_first;
		flush.last.v = pt->first.v + op->stale_last;
		flush.asid = pt->asid;
		flush.regime = (uint8_t)pt->regime;
		flush.flags = (uint8_t)((op->stale_tables ? PW_FLUSH_TABLES : 0) |
					(pt->any_asid ? PW_FLUSH_ANY_ASID : 0));
		flush.page_lg2 = (uint8_t)(pt->granule_lg2 + op->stale_min * pt->index_lg2);
		flush.level = PW_FLUSH_LEVELS;
		if (op->stale_min == op->stale_max && !op->stale_tables)
			flush.level = (uint8_t)op->stale_min;
	}
	pw_gather_note(op->gather, op->publish, stale ? &flush : NULL, before);
	op->publish = 0;
	op->stale_tables = 0;
	op->stale_first = 1;
	op->stale_last = 0;
}

/* The gather that an operation notes its debt in: the caller's, the task's, or @own. */
static void op_gather(struct pw_op *op, struct pw_gather *gather, struct pw_gather *own,
		      struct pw_flush *slots)
{
	const struct pw_env *env = op->env;
	int err;

	if (!(op->pt->flags & PW_TABLE_LIVE))
		return;
	if (!gather && env->current_gather && !pw_in_interrupt(env))
		gather = env->current_gather(env->ctx);
	if (!gather) {
		err = pw_gather_init(own, op->pt->exec, slots, OWN_RANGES);
		pw_assert(env, err == 0);
		gather = own;
	}
	pw_gather_admit(gather, op->pt);
	op->gather = gather;
}

/* The end of every operation: tell the caller what happened. */
static int op_done(struct pw_op *op, struct pw_result *res, int err)
{
	if (err) {
		op->res.changed = 0;
		op->res.holes = 0;
		op->res.nr_entries = 0;
		op->res.nr_tables = 0;
	}
	if (res)
		*res = op->res;
	return err;
}

/* Reserved pages are a list, linked through their own first two slots. */
static void pool_link(const struct pw_op *op, uint64_t *page, uint64_t pa, uint64_t virt)
{
	if (op->pt->instance->hooked) {
		pw_env_store(op->env, page, pa);
		pw_env_store(op->env, page + 1, virt);
	} else {
		/* atomic: the page may be linked while a lock-free reader is on its way to it */
		pw_direct_store(op->env, page, pa);
		pw_direct_store(op->env, page + 1, virt);
	}
}

/* Pages taken and not used go back. */
static void pool_release(struct pw_op *op)
{
	const struct pw_env *env = op->env;
	bool hooked = op->pt->instance->hooked;

	while (op->pool) {
		uint64_t *page = op->pool, pa = op->pool_pa, next;

		op->pool_pa = hooked ? pw_env_load(env, page) : pw_direct_load(env, page);
		next = hooked ? pw_env_load(env, page + 1) : pw_direct_load(env, page + 1);
		op->pool = (uint64_t *)(uintptr_t)next;
		if (env->flags & PW_ENV_ZEROED)
			pool_link(op, page, 0, 0); /* hand it back as it came */
		pw_env_put_table(env, pa, page);
	}
}

static int pool_reserve(struct pw_op *op)
{
	const struct pw_env *env = op->env;
	uint64_t i;

	for (i = 0; i < op->nr_needed; i++) {
		uint64_t pa, *page = pw_env_get_table(env, &pa);

		if (!page) {
			pool_release(op);
			return PW_ENOMEM;
		}
		pool_link(op, page, op->pool_pa, (uint64_t)(uintptr_t)op->pool);
		op->pool = page;
		op->pool_pa = pa;
	}
	return 0;
}

/*
 * Map
 */

/* The raw attributes of a leaf of each level that can be one. */
static int map_encode(struct pw_op *op, const struct pw_attr *attr)
{
	const struct pw_instance *inst = op->pt->instance;
	unsigned int level;

	if (!attr || (op->flags & ~(PW_CONTIGUOUS | PW_MAX_LEVEL_MASK)) ||
	    (attr->flags & PW_ATTR_CONTIGUOUS))
		return PW_EINVAL;
	for (level = 0; level < op->pt->levels && inst->leaf_ok(level); level++) {
		int err = inst->encode(op->pt, attr, level, &op->bits[level]);

		if (err)
			return err;
	}
	if ((op->pt->flags & PW_TABLE_NO_WX) &&
	    pw_writable_and_executable(inst->perm(op->pt, op->bits[0], 0, 0)))
		return PW_EPERM;
	return 0;
}

/* One mapping: its output addresses, and the largest leaf that may be used. */
static int map_aim(struct pw_op *op, const struct pw_mapping *map)
{
	const struct pw_instance *inst = op->pt->instance;
	uint64_t pa = map->pa.v, max = op->pt->pa_max, size;
	uint32_t cap = (op->flags & PW_MAX_LEVEL_MASK) >> 8;
	unsigned int level;
	int err = op_range(op, map->range);

	if (err)
		return err;
	if (pa & ((1ull << op->pt->granule_lg2) - 1u))
		return refuse(op, map->range, PW_EINVAL);
	if (pa > max || op->last - op->first > max - pa)
		return refuse(op, map->range, PW_ERANGE);
	op->delta = pa - op->first;
	op->top_leaf = 0;
	for (level = 1; level < op->pt->levels && inst->leaf_ok(level); level++) {
		size = pw_leaf_size(op->pt, level);
		if ((cap && level >= cap) || (op->delta & (size - 1u)))
			break;
		op->top_leaf = level;
	}
	return 0;
}

static int map_check(struct pw_op *op, const struct pw_mapping *maps, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		int err = map_aim(op, &maps[i]);

		if (!err && i && maps[i].range.first.v <= maps[i - 1].range.last.v)
			err = refuse(op, maps[i].range, PW_EINVAL);
		if (!err)
			err = op_pass(op, PW_PASS_MAP_CHECK);
		if (err)
			return err;
	}
	return 0;
}

PW_SMALL int pw_map_vec(struct pw_table *pt, const struct pw_mapping *maps, size_t nr,
			const struct pw_attr *attr, uint32_t flags, struct pw_gather *gather,
			struct pw_result *res)
{
	struct pw_flush slots[OWN_RANGES];
	struct pw_gather own;
	struct pw_op op;
	size_t i;
	int err;

	op_init(&op, pt, flags);
	if (nr == 0 || !maps)
		return op_done(&op, res, PW_EINVAL);
	op.res.where = maps[0].range;
	err = map_encode(&op, attr);
	if (!err)
		err = map_check(&op, maps, nr);
	if (!err)
		err = pool_reserve(&op);
	if (err)
		return op_done(&op, res, err);

	op_gather(&op, gather, &own, slots);
	for (i = 0; i < nr; i++) {
		err = map_aim(&op, &maps[i]);
		if (!err)
			err = op_pass(&op, PW_PASS_MAP);
		pw_assert(pt->env, err == 0);
		op_note(&op, PW_BEFORE_NOTHING);
	}
	pool_release(&op);
	if (op.gather)
		(void)pw_gather_settle(op.gather, op.env);
	return op_done(&op, res, 0);
}

PW_SMALL int pw_map(struct pw_table *pt, struct pw_range range, struct pw_pa pa,
		    const struct pw_attr *attr, uint32_t flags, struct pw_gather *gather,
		    struct pw_result *res)
{
	struct pw_mapping map = { range, pa };

	return pw_map_vec(pt, &map, 1, attr, flags, gather, res);
}

/*
 * Unmap and protect
 */

/* A list of ranges: check all of them, then commit all of them, then one plan. */
static int change_ranges(struct pw_op *op, const struct pw_range *ranges, size_t nr,
			 enum pw_pass commit, uint32_t before, struct pw_gather *gather)
{
	struct pw_flush slots[OWN_RANGES];
	struct pw_gather own;
	size_t i;
	int err;

	for (i = 0; i < nr; i++) {
		err = op_range(op, ranges[i]);
		if (!err)
			err = op_pass(op, PW_PASS_EDIT_CHECK);
		if (err)
			return err;
	}
	op_gather(op, gather, &own, slots);
	for (i = 0; i < nr; i++) {
		err = op_range(op, ranges[i]);
		if (!err)
			err = op_pass(op, commit);
		pw_assert(op->env, err == 0);
		op_note(op, before);
	}
	if (op->gather)
		(void)pw_gather_settle(op->gather, op->env);
	return 0;
}

PW_SMALL int pw_unmap_vec(struct pw_table *pt, const struct pw_range *ranges, size_t nr,
			  uint32_t flags, struct pw_gather *gather, struct pw_result *res)
{
	struct pw_op op;
	int err;

	op_init(&op, pt, flags);
	if (nr == 0 || !ranges || (flags & ~(PW_STRICT | PW_KEEP_TABLES)))
		return op_done(&op, res, PW_EINVAL);
	op.scan = flags & PW_STRICT;
	err = change_ranges(&op, ranges, nr, PW_PASS_UNMAP, PW_BEFORE_ALL, gather);
	return op_done(&op, res, err);
}

PW_SMALL int pw_unmap(struct pw_table *pt, struct pw_range range, uint32_t flags,
		      struct pw_gather *gather, struct pw_result *res)
{
	return pw_unmap_vec(pt, &range, 1, flags, gather, res);
}

/* The masks of each level that can have leaves, and whether the check must look at every leaf. */
static int protect_masks(struct pw_op *op, const struct pw_change *c)
{
	const struct pw_instance *inst = op->pt->instance;
	unsigned int level;

	if (!c || (op->flags & ~PW_STRICT) || ((c->perm_clear | c->perm_set) & ~PW_PERM_ALL) ||
	    ((c->flags_clear | c->flags_set) & ~PW_ATTR_ALL))
		return PW_EINVAL;
	for (level = 0; level < op->pt->levels && inst->leaf_ok(level); level++) {
		int err = inst->change(op->pt, c, level, &op->clear[level], &op->set[level]);

		if (err)
			return err;
		if ((c->raw_clear | c->raw_set) & inst->fixed_mask(level))
			return PW_EINVAL;
		op->clear[level] |= c->raw_clear;
		op->set[level] = (op->set[level] & ~c->raw_clear) | c->raw_set;
	}
	op->protect = true;
	/* Rights alone never need break-before-make; everything else might. */
	op->scan = (op->flags & PW_STRICT) || (op->pt->flags & PW_TABLE_NO_WX) ||
		   ((op->pt->flags & PW_TABLE_LIVE) &&
		    (c->flags_clear || c->flags_set || c->raw_clear || c->raw_set));
	return 0;
}

PW_SMALL int pw_protect_vec(struct pw_table *pt, const struct pw_range *ranges, size_t nr,
			    const struct pw_change *change, uint32_t flags,
			    struct pw_gather *gather, struct pw_result *res)
{
	struct pw_op op;
	uint32_t before = PW_BEFORE_STORES;
	int err;

	op_init(&op, pt, flags);
	if (nr == 0 || !ranges)
		return op_done(&op, res, PW_EINVAL);
	op.res.where = ranges[0];
	err = protect_masks(&op, change);
	/* like unmap: an older load of a page must not pass its invalidation (A64-TLBI-2b) */
	if (!err && (change->flags_clear & PW_ATTR_VALID))
		before = PW_BEFORE_ALL;
	if (!err)
		err = change_ranges(&op, ranges, nr, PW_PASS_PROTECT, before, gather);
	return op_done(&op, res, err);
}

PW_SMALL int pw_protect(struct pw_table *pt, struct pw_range range, const struct pw_change *change,
			uint32_t flags, struct pw_gather *gather, struct pw_result *res)
{
	return pw_protect_vec(pt, &range, 1, change, flags, gather, res);
}
