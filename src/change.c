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

PW_SMALL int pw_range_check(const struct pw_table *pt, struct pw_range range, uint64_t align)
{
	uint64_t first = range.first.v, last = range.last.v;
	/* where the half begins that is not the handle's */
	uint64_t other = pt->flags & PW_TABLE_UPPER ? 0 : 0 - (1ull << pt->va_bits);

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

/* Note leaves that may be cached. */
PW_SMALL void pw_note_stale(struct pw_op *op, uint64_t first, uint64_t last, unsigned int level)
{
	if (op->stale_first > op->stale_last) {
		op->stale_first = first;
		op->stale_last = last;
		op->stale_min = (uint8_t)level;
		op->stale_max = (uint8_t)level;
		return;
	}
	if (first < op->stale_first)
		op->stale_first = first;
	if (last > op->stale_last)
		op->stale_last = last;
	if (level < op->stale_min)
		op->stale_min = (uint8_t)level;
	if (level > op->stale_max)
		op->stale_max = (uint8_t)level;
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

/* A table is out of the tree: free it, after the invalidation where a walk may be cached. */
PW_SMALL void pw_unlinked(struct pw_op *op, uint64_t pa, uint64_t *virt)
{
	op->res.nr_tables++;
	if (!(op->pt->flags & PW_TABLE_LIVE)) {
		pw_env_put_table(op->env, pa, virt);
		return;
	}
	op->stale_tables = true;
	pw_gather_queue_table(op->gather, op->pt, pw_pa_of(pa), virt);
}

PW_SMALL bool pw_writable_and_executable(uint32_t perm)
{
	return (perm & (PW_PERM_W | PW_PERM_X)) == (PW_PERM_W | PW_PERM_X) ||
	       (perm & (PW_PERM_USER_W | PW_PERM_USER_X)) == (PW_PERM_USER_W | PW_PERM_USER_X);
}

/*
 * Reserved pages are a list, linked through their own first two slots. The stores are atomic: a
 * page may be linked while a lock-free reader is on its way to it.
 */
PW_SMALL static uint64_t pool_load(const struct pw_op *op, const uint64_t *slot)
{
	return op->pt->instance->hooked ? pw_env_load(op->env, slot) :
					  pw_direct_load(op->env, slot);
}

PW_SMALL static void pool_store(const struct pw_op *op, uint64_t *slot, uint64_t val)
{
	if (op->pt->instance->hooked)
		pw_env_store(op->env, slot, val);
	else
		pw_direct_store(op->env, slot, val);
}

/* Pages taken and not used go back. */
static void pool_release(struct pw_op *op)
{
	while (op->pool) {
		uint64_t *page = op->pool, pa = op->pool_pa;

		op->pool_pa = pool_load(op, page);
		op->pool = (uint64_t *)(uintptr_t)pool_load(op, page + 1);
		if (op->env->flags & PW_ENV_ZEROED) { /* hand it back as it came */
			pool_store(op, page, 0);
			pool_store(op, page + 1, 0);
		}
		pw_env_put_table(op->env, pa, page);
	}
}

static int pool_reserve(struct pw_op *op)
{
	uint64_t i;

	for (i = 0; i < op->nr_needed; i++) {
		uint64_t pa, *page = pw_env_get_table(op->env, &pa);

		if (!page) {
			pool_release(op);
			return PW_ENOMEM;
		}
		pool_store(op, page, op->pool_pa);
		pool_store(op, page + 1, (uint64_t)(uintptr_t)op->pool);
		op->pool = page;
		op->pool_pa = pa;
	}
	return 0;
}

/* The gather that an operation notes its debt in: the caller's, the task's, or @own. */
static void op_gather(struct pw_op *op, struct pw_gather *gather, struct pw_gather *own,
		      struct pw_flush *slots)
{
	const struct pw_env *env = op->env;

	if (!(op->pt->flags & PW_TABLE_LIVE))
		return;
	if (!gather && env->current_gather && !pw_in_interrupt(env))
		gather = env->current_gather(env->ctx);
	if (!gather) {
		if (pw_gather_init(own, op->pt->exec, slots, OWN_RANGES))
			pw_env_bug(env, PW_BUG_COMMIT); /* not reached: the handle was checked */
		gather = own;
	}
	pw_gather_admit(gather, op->pt);
	op->gather = gather;
}

/* Hand the debt of one range over to the gather. */
static void op_note(struct pw_op *op)
{
	const struct pw_table *pt = op->pt;
	bool stale = op->stale_first <= op->stale_last;
	struct pw_flush flush = { 0 };

	if (!op->gather || (!stale && !op->publish))
		return;
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
	pw_gather_note(op->gather, op->publish, stale ? &flush : NULL, op->before);
	op->publish = false;
	op->stale_tables = false;
	op->stale_first = 1;
	op->stale_last = 0;
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
	unsigned int level = 1;

	if ((pa & ((1ull << pt->granule_lg2) - 1u)) ||
	    (map > op->maps && map->range.first.v <= map[-1].range.last.v))
		return PW_EINVAL;
	if (pa > pt->pa_max || op->last - op->first > pt->pa_max - pa)
		return PW_ERANGE;
	op->delta = pa - op->first;
	while (level < pt->leaf_levels && !(cap && level >= cap) &&
	       !(op->delta & (pw_leaf_size(pt, level) - 1u)))
		level++;
	op->top_leaf = (uint8_t)(level - 1u);
	return 0;
}

static int op_aim(struct pw_op *op, size_t i)
{
	bool map = op->pass <= PW_PASS_MAP;
	struct pw_range range = map ? op->maps[i].range : op->ranges[i];
	int err = pw_range_check(op->pt, range, 1ull << op->pt->granule_lg2);

	op->first = range.first.v - op->pt->first.v;
	op->last = range.last.v - op->pt->first.v;
	if (!err && map)
		err = map_aim(op, &op->maps[i]);
	if (err)
		op->res.where = range;
	return err;
}

/* One pass over every range of the list. */
static int op_each(struct pw_op *op, enum pw_pass pass)
{
	size_t i;
	int err;

	op->pass = (uint8_t)pass;
	for (i = 0; i < op->nr; i++) {
		err = op_aim(op, i);
		if (!err)
			err = op->pt->instance->run_pass(op);
		if (err)
			return err;
		op_note(op);
	}
	return 0;
}

/* Check, reserve, commit, settle. */
static int op_work(struct pw_op *op, enum pw_pass check, enum pw_pass commit,
		   struct pw_gather *gather)
{
	struct pw_flush slots[OWN_RANGES];
	struct pw_gather own;
	int err = op_each(op, check);

	if (!err)
		err = pool_reserve(op);
	if (err)
		return err;
	op_gather(op, gather, &own, slots);
	if (op_each(op, commit))
		pw_env_bug(op->env, PW_BUG_COMMIT);
	pool_release(op);
	if (op->gather)
		(void)pw_gather_settle(op->gather, op->env);
	op->gather = NULL; /* @own ends here */
	return 0;
}

/* The end of every operation, of one whose arguments are refused (@err) as well. */
PW_COLD int op_run(struct pw_op *op, int err, enum pw_pass check, enum pw_pass commit,
		   struct pw_gather *gather, struct pw_result *res)
{
	if (!err)
		err = op_work(op, check, commit, gather);
	if (res)
		*res = op->res;
	return err;
}

/*
 * The arguments that all operations have; a list begins with a range, whatever it is a list of.
 * PW_EINVAL: no list, or flags that are not @known.
 */
PW_COLD int op_init(struct pw_op *op, struct pw_table *pt, const struct pw_range *list, size_t nr,
		    uint32_t flags, uint32_t known)
{
	__builtin_memset(op, 0, sizeof(*op));
	op->pt = pt;
	op->env = pt->env;
	op->flags = flags;
	op->ranges = list;
	op->nr = nr;
	op->stale_first = 1; /* empty */
	if (nr == 0 || !list)
		return PW_EINVAL;
	op->res.where = list[0];
	return flags & ~known ? PW_EINVAL : 0;
}

/*
 * Map
 */

/* The raw attributes of a leaf of each level that can be one. */
static int map_encode(struct pw_op *op, const struct pw_attr *attr)
{
	const struct pw_table *pt = op->pt;
	unsigned int level;

	if (!attr || (attr->flags & PW_ATTR_CONTIGUOUS))
		return PW_EINVAL;
	for (level = 0; level < pt->leaf_levels; level++) {
		int err = pt->instance->encode(pt, attr, level, &op->set[level]);

		if (err)
			return err;
	}
	if ((pt->flags & PW_TABLE_NO_WX) &&
	    pw_writable_and_executable(pt->instance->perm(pt, op->set[0], 0, 0)))
		return PW_EPERM;
	return 0;
}

PW_SMALL int pw_map_vec(struct pw_table *pt, const struct pw_mapping *maps, size_t nr,
			const struct pw_attr *attr, uint32_t flags, struct pw_gather *gather,
			struct pw_result *res)
{
	struct pw_op op;
	int err = op_init(&op, pt, maps ? &maps->range : NULL, nr, flags,
			  PW_CONTIGUOUS | PW_MAX_LEVEL_MASK);

	op.maps = maps;
	if (!pw_table_contig_lg2(pt, 0))
		op.flags &= ~PW_CONTIGUOUS;
	if (!err)
		err = map_encode(&op, attr);
	return op_run(&op, err, PW_PASS_MAP_CHECK, PW_PASS_MAP, gather, res);
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

PW_SMALL int pw_unmap_vec(struct pw_table *pt, const struct pw_range *ranges, size_t nr,
			  uint32_t flags, struct pw_gather *gather, struct pw_result *res)
{
	struct pw_op op;
	int err = op_init(&op, pt, ranges, nr, flags, PW_STRICT | PW_KEEP_TABLES);

	op.scan = flags & PW_STRICT;
	op.before = PW_BEFORE_ALL;
	return op_run(&op, err, PW_PASS_EDIT_CHECK, PW_PASS_UNMAP, gather, res);
}

PW_SMALL int pw_unmap(struct pw_table *pt, struct pw_range range, uint32_t flags,
		      struct pw_gather *gather, struct pw_result *res)
{
	return pw_unmap_vec(pt, &range, 1, flags, gather, res);
}

/* The masks of each level that can have leaves, and whether the check must look at every leaf. */
static int protect_masks(struct pw_op *op, const struct pw_change *c)
{
	const struct pw_table *pt = op->pt;
	unsigned int level;

	if (!c || ((c->perm_clear | c->perm_set) & ~PW_PERM_ALL) ||
	    ((c->flags_clear | c->flags_set) & ~PW_ATTR_ALL))
		return PW_EINVAL;
	for (level = 0; level < pt->leaf_levels; level++) {
		int err = pt->instance->change(pt, c, level, &op->clear[level], &op->set[level]);

		if (err < 0)
			return err;
		op->scan |= err > 0;
	}
	op->protect = true;
	/* Rights alone never need break-before-make; everything else might. */
	op->scan |= (op->flags & PW_STRICT) || (pt->flags & PW_TABLE_NO_WX) ||
		    ((pt->flags & PW_TABLE_LIVE) &&
		     (c->flags_clear | c->flags_set | c->raw_clear | c->raw_set));
	/* like unmap: an older load of a page must not pass its invalidation (A64-TLBI-2b) */
	op->before = c->flags_clear & PW_ATTR_VALID ? PW_BEFORE_ALL : PW_BEFORE_STORES;
	return 0;
}

PW_SMALL int pw_protect_vec(struct pw_table *pt, const struct pw_range *ranges, size_t nr,
			    const struct pw_change *change, uint32_t flags,
			    struct pw_gather *gather, struct pw_result *res)
{
	struct pw_op op;
	int err = op_init(&op, pt, ranges, nr, flags, PW_STRICT);

	if (!err)
		err = protect_masks(&op, change);
	return op_run(&op, err, PW_PASS_EDIT_CHECK, PW_PASS_PROTECT, gather, res);
}

PW_SMALL int pw_protect(struct pw_table *pt, struct pw_range range, const struct pw_change *change,
			uint32_t flags, struct pw_gather *gather, struct pw_result *res)
{
	return pw_protect_vec(pt, &range, 1, change, flags, gather, res);
}
