/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Test-and-clear: what was used since somebody asked last, and forget it.
 *
 *     entry      [A D]   [A .]   [. .]      found: accessed, dirty | accessed | nothing
 *     after      [. .]   [. .]   [. .]      owed:  invalidation    | nothing  | nothing
 *
 * Hardware writes the same bits meanwhile, so an entry is exchanged against the value that was
 * looked at, or looked at again: what is found is what was taken out, and what hardware writes a
 * moment later stays for the next time (rule A64-AD-1, X86-AD-3, RV-AD-1).
 *
 * A CPU that holds an entry does not look at the table again. It may go on writing to a page by a
 * cached entry that says "dirty already", so dirty state that was cleared counts for nothing until
 * that entry is gone: the invalidation is owed (A64-AD-2, X86-AD-2 and its like). Of accesses that
 * would make it miss some for a while, and ages are an estimate: nothing is owed. What is stale is
 * the format's to say (pw_fmt.stale), here as elsewhere.
 *
 * A contiguous group has one use for all of its entries, which hardware may write to any of them:
 * it is looked at, cleared and reported as a whole (A64-CONT-4, -5, RV-NAPOT-3).
 *
 * Tables are read in their order, each to its end: one walk for each, not for each leaf.
 *
 * Not reached from map, unmap and protect: who does not call it does not link it.
 */
#include <pagewalk/change.h>

#include "gather.h"
#include "instance.h"
#include "reshape.h"

#define OWN_RANGES 8u
#define USE	   (PW_ATTR_ACCESSED | PW_ATTR_DIRTY)
/* Hardware sets each of the two at most once while we look. More is somebody else. */
#define TRIES	   8u

/* What to look for, and who wants to know. */
struct quest {
	uint32_t what;
	void (*found)(void *ctx, const struct pw_use *use);
	void *ctx;
};

/* Slots of one table, from an entry that is no table on. */
struct strip {
	uint64_t *slot;
	uint64_t index; /* of it, in its table */
	uint64_t nr;	/* in the range */
	uint64_t ia;
	unsigned int level;
	unsigned int shift;
};

/* A leaf, or a group. */
struct leaves {
	uint64_t *slot;
	uint64_t nr;
	uint64_t first; /* what they map, as ia, closed */
	uint64_t last;
	unsigned int level;
};

/* Which of @what does an entry have? */
static uint32_t use_of(const struct pw_table *pt, uint64_t e, uint32_t what, unsigned int level)
{
	const struct pw_fmt *f = pt->reshaper->f;
	uint32_t use = 0;

	if (f->unused(pt, e, what & PW_ATTR_ACCESSED, level) != e)
		use |= PW_ATTR_ACCESSED;
	if (f->unused(pt, e, what & PW_ATTR_DIRTY, level) != e)
		use |= PW_ATTR_DIRTY;
	return use;
}

/* What is owed for a leaf or a group. */
struct debt {
	bool stale;    /* a CPU may hold what it was, and go by it */
	uint8_t flags; /* struct pw_op.stale_flags */
};

/* One entry: what it had, and has no more. */
static uint32_t clear_one(struct pw_op *op, uint64_t *slot, uint32_t what, unsigned int level,
			  struct debt *debt)
{
	const struct pw_table *pt = op->pt;
	const struct pw_fmt *f = pt->reshaper->f;
	uint64_t old = pw_env_read(op->env, slot), now;
	unsigned int tries = 0;

	for (;;) {
		now = f->unused(pt, old, what, level);
		if (now == old)
			return 0;
		if (pw_env_try(op->env, slot, &old, now))
			break;
		if (++tries > TRIES) {
			pw_env_bug(op->env, PW_BUG_FOREIGN_CHANGE);
			return 0;
		}
	}
	pw_env_sync(op->env, slot, 1);
	op->res.nr_entries++;
	if ((pt->flags & PW_TABLE_LIVE) && f->stale(pt, old, now, level)) {
		debt->stale = true;
		if (pw_is_global(pt->instance->geo, old))
			debt->flags |= PW_FLUSH_ANY_ASID;
	}
	return use_of(pt, old, what, level);
}

/* The invalidation of one leaf or group; what lies apart from it is noted before. */
static void owe(struct pw_op *op, const struct leaves *l, uint8_t flags)
{
	if (op->stale_levels && op->stale_last + 1u != l->first)
		pw_op_note(op);
	op->stale_flags |= flags;
	pw_op_stale(op, l->first, l->last, l->level);
}

static void look_at(struct pw_op *op, const struct quest *q, const struct leaves *l)
{
	uint64_t base = op->pt->first.v, i;
	struct pw_use use = { .range = pw_range_of(base + l->first, base + l->last),
			      .level = l->level };
	struct debt debt = { 0 };

	for (i = 0; i < l->nr; i++) {
		uint64_t *slot = l->slot + i;

		use.what |= op->flags & PW_TEST_ONLY ?
				    use_of(op->pt, pw_env_read(op->env, slot), q->what, l->level) :
				    clear_one(op, slot, q->what, l->level, &debt);
	}
	if (!use.what)
		return;
	if (!(op->flags & PW_TEST_ONLY))
		op->res.changed += l->last - l->first + 1u;
	if (debt.stale)
		owe(op, l, debt.flags);
	if (q->found)
		q->found(q->ctx, &use);
}

/* Down to the first entry for @ia that is no table, and what the range covers behind it there. */
PW_COLD int find(struct pw_op *op, uint64_t ia, struct strip *s)
{
	const struct pw_table *pt = op->pt;
	uint64_t end = op->last, table_end;
	struct pw_spot spot;
	int err = pt->instance->walk(pt, &spot, ia, 0);

	if (!err && spot.kind == PW_KIND_BAD && spot.level)
		err = PW_EDOM;
	if (err) {
		uint64_t in = (1ull << spot.shift) - 1u;

		op->res.where = pw_range_of(pt->first.v + (ia & ~in), pt->first.v + (ia | in));
		op->res.entry_pa.v = spot.step[spot.level].entry_pa;
		op->res.entry = spot.step[spot.level].entry;
		op->res.level = spot.level;
		return err;
	}
	*s = (struct strip){ .slot = (uint64_t *)(uintptr_t)spot.slot,
			     .index = spot.index,
			     .ia = ia & ~((1ull << spot.shift) - 1u),
			     .level = spot.level,
			     .shift = spot.shift };
	if (s->level + 1u < pt->levels) {
		table_end = ia | ((1ull << (s->shift + pt->index_lg2)) - 1u);
		if (table_end < end)
			end = table_end;
	}
	s->nr = (end >> s->shift) - (ia >> s->shift) + 1u;
	return 0;
}

/* Is there a leaf at slot @i of a strip, and which others share its use? */
static bool leaves_at(const struct pw_table *pt, const struct strip *s, uint64_t i, uint64_t e,
		      struct leaves *l)
{
	const struct pw_fmt *f = pt->reshaper->f;
	unsigned int lg2 = 0;
	uint64_t back;

	if (f->kind(pt, e, s->level) != PW_KIND_LEAF)
		return false;
	if (e & f->contig_mask(s->level))
		lg2 = pw_hinted_lg2(pt, s->level, s->shift);
	back = (s->index + i) & ((1ull << lg2) - 1u);
	*l = (struct leaves){ .slot = s->slot + i - back,
			      .nr = 1ull << lg2,
			      .first = s->ia + ((i - back) << s->shift),
			      .level = s->level };
	l->last = l->first + ((l->nr << s->shift) - 1u);
	return true;
}

/* What a hole, or what else is no leaf, covers of the range. */
static void pass_over(struct pw_op *op, uint64_t first, uint64_t last)
{
	if (first < op->first)
		first = op->first;
	if (last > op->last)
		last = op->last;
	op->res.holes += last - first + 1u;
}

/* A strip; returns where to go on: behind it, or at a table in it. */
static uint64_t look_along(struct pw_op *op, const struct quest *q, const struct strip *s)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	struct leaves l;
	uint64_t i = 0;

	while (i < s->nr) {
		uint64_t at = s->ia + (i << s->shift), e = pw_env_read(op->env, s->slot + i);
		enum pw_kind kind = f->kind(op->pt, e, s->level);

		/* that one, and a bad one that is, is the walk's business */
		if (s->level && i && (kind == PW_KIND_TABLE || kind == PW_KIND_BAD))
			return at;
		if (!leaves_at(op->pt, s, i, e, &l)) {
			pass_over(op, at, at + ((1ull << s->shift) - 1u));
			i++;
			continue;
		}
		look_at(op, q, &l);
		i = ((l.last + 1u - s->ia) >> s->shift);
	}
	return s->ia + (i << s->shift);
}

static int quest_arguments(struct pw_op *op, struct pw_range range, const struct quest *q)
{
	const struct pw_table *pt = op->pt;
	int err;

	if (!pt->reshaper)
		return PW_EOPNOTSUPP;
	op->res.where = range;
	if (!q->what || (q->what & ~(uint32_t)USE) || (op->flags & ~PW_TEST_ONLY))
		return PW_EINVAL;
	err = pw_range_check(pt, range, 1ull << pt->granule_lg2);
	if (err)
		return err;
	op->first = range.first.v - pt->first.v;
	op->last = range.last.v - pt->first.v;
	op->res.where = (struct pw_range){ 0 };
	return 0;
}

int pw_test_and_clear(struct pw_table *pt, struct pw_range range, uint32_t what, uint32_t flags,
		      void (*found)(void *ctx, const struct pw_use *use), void *ctx,
		      struct pw_gather *gather, struct pw_result *res)
{
	struct pw_op op = { .pt = pt, .env = pt->env, .flags = flags };
	struct quest q = { what, found, ctx };
	struct pw_flush slots[OWN_RANGES];
	struct pw_gather own;
	struct strip s;
	uint64_t ia;
	int err = quest_arguments(&op, range, &q);

	/* in a second stage an older load must not pass it either (A64-TLBI-2b) */
	op.before = pt->regime == PW_REGIME_STAGE2 ? PW_BEFORE_ALL : PW_BEFORE_STORES;
	op.stale_first = UINT64_MAX; /* nothing is */
	if (!err) {
		if (pw_op_gather(&op, gather, &own, slots, OWN_RANGES))
			pw_env_bug(op.env, PW_BUG_COMMIT);
		for (ia = op.first; !err && ia <= op.last;) {
			err = find(&op, ia, &s);
			if (!err)
				ia = look_along(&op, &q, &s);
		}
		pw_op_note(&op);
		if (op.gather)
			(void)pw_gather_settle(op.gather, op.env);
	}
	if (res)
		*res = op.res;
	return err;
}
