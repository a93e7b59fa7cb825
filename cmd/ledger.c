/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The ledger: one change, done three ways on three private copies of the tables, by the library
 * and with its own counter for executor. Nothing here is worked out on paper.
 *
 *   entry by entry   each entry is changed by a call of its own, which pays at once: a publish
 *                    barrier (dsb ishst; isb) and an invalidation (dsb; tlbi; dsb; isb) each
 *   table hooks      lazy MMU mode around each PTE table, as the origin patch's pre_pte_table and
 *                    post_pte_table do: a publish barrier for each table; one invalidation, of the
 *                    whole range, at the end
 *   bracketed        one call: one publish barrier, one invalidation
 */
#include <string.h>

#include <pagewalk/arm64.h>

#include "cmd.h"

/*
 * An executor for the first two ways: barriers now, by themselves, for such code writes an entry
 * and publishes it before it thinks of invalidating; invalidations after them, or kept for the end.
 */
struct apart {
	struct pw_executor x;
	const struct pw_executor *now;
	struct pw_gather *later; /* NULL: invalidations are not kept */
	const struct pw_env *env;
};

static void run_apart(void *ctx, const struct pw_plan *plan)
{
	struct apart *d = ctx;
	struct pw_plan publish = *plan, rest = *plan;
	uint32_t i;

	publish.nr_ranges = 0;
	publish.full = 0;
	publish.before = PW_BEFORE_NOTHING;
	rest.publish = 0;
	if (!pw_plan_empty(&publish))
		d->now->run(d->now->ctx, &publish);
	if (!d->later && !pw_plan_empty(&rest))
		d->now->run(d->now->ctx, &rest);
	for (i = 0; d->later && i < plan->nr_ranges; i++)
		pw_gather_stale(d->later, d->env, &plan->ranges[i], plan->before);
}

/* One way: its own copy of the tables, its own counter. */
struct way {
	struct memory *memory;
	struct pw_table pt;
	struct pw_arm64_counter counter;
	uint64_t entries;
	int err;
};

static int way_init(struct way *w, struct space *sp, unsigned int half,
		    const struct pw_executor *exec)
{
	struct pw_table_config cfg = sp->half[half].cfg;

	pw_arm64_counter_init(&w->counter);
	w->entries = 0;
	w->err = 0;
	w->memory = memory_new(sp->source, true, 1u << pw_instance_granule_lg2(cfg.instance));
	if (!w->memory)
		return PW_ENOMEM;
	cfg.env = memory_env(w->memory);
	cfg.exec = exec ? exec : &w->counter.e.x;
	cfg.flags |= PW_TABLE_LIVE;
	return pw_table_init(&w->pt, &cfg);
}

/*
 * Code that goes entry by entry changes the entries of a contiguous group one by one, too. The
 * library refuses that, with reason; so this copy does without the hint.
 */
static int forget_groups(struct way *w, struct pw_range range)
{
	static const struct pw_change no_hint = { .raw_clear = 1ull << 52 };
	struct pw_table inactive = w->pt;

	inactive.flags &= ~(uint32_t)PW_TABLE_LIVE;
	return pw_protect(&inactive, range, &no_hint, 0, NULL, NULL);
}

/* Change the leaves of a run one at a time. */
static int each_leaf(struct way *w, const struct pw_run *run, const struct pw_change *change,
		     struct pw_gather *g)
{
	uint64_t size = pw_table_leaf_size(&w->pt, run->level), i;
	struct pw_result res;
	int err = 0;

	for (i = 0; i < run->nr && !err; i++) {
		err = pw_protect(&w->pt, pw_range_len(run->first.v + i * size, size), change, 0, g,
				 &res);
		w->entries += res.nr_entries;
	}
	return err;
}

static int entry_by_entry(struct way *w, struct pw_range range, const struct pw_change *change)
{
	int err = forget_groups(w, range);
	struct pw_iter it;
	struct pw_run run;

	if (!err)
		err = pw_iter_init(&it, &w->pt, range, PW_WANT_LEAVES | PW_WANT_INVALID,
				   PW_IGNORE_ALL);
	while (!err && pw_iter_next(&it, &run) > 0) {
		if (run.kind != PW_RUN_BAD)
			err = each_leaf(w, &run, change, NULL);
	}
	return err;
}

struct hooked_walk {
	struct way *way;
	const struct pw_change *change;
	struct pw_gather *gather;
};

static int hook_pre(struct pw_walk *walk, unsigned int level, struct pw_range range)
{
	struct hooked_walk *hw = walk->priv;

	(void)range;
	if (level == 0)
		pw_lazy_enable(hw->gather, walk->pt->env);
	return PW_WALK_NEXT;
}

static void hook_post(struct pw_walk *walk, unsigned int level, struct pw_range range)
{
	struct hooked_walk *hw = walk->priv;

	(void)range;
	if (level == 0)
		pw_lazy_disable(hw->gather, walk->pt->env);
}

static int hook_run(struct pw_walk *walk, const struct pw_run *run)
{
	struct hooked_walk *hw = walk->priv;

	return run->kind == PW_RUN_BAD ? 0 : each_leaf(hw->way, run, hw->change, hw->gather);
}

static int table_hooks(struct way *w, struct pw_range range, const struct pw_change *change,
		       struct pw_gather *gather)
{
	static const struct pw_walk_ops ops = {
		.want = PW_WANT_LEAVES | PW_WANT_INVALID,
		.ignore = PW_IGNORE_ALL,
		.run = hook_run,
		.pre_table = hook_pre,
		.post_table = hook_post,
	};
	struct hooked_walk hw = { w, change, gather };
	int err = forget_groups(w, range);

	return err ? err : pw_walk_range(&w->pt, range, &ops, &hw);
}

static void row(const char *name, const struct way *w)
{
	const struct pw_arm64_counts *n = &w->counter.n;

	out_text("  ");
	out_text(name);
	out_dec(w->entries, 9);
	out_dec(n->publish, 18);
	out_dec(n->tlbi, 8);
	out_dec(n->dsb_ishst + n->dsb_ish, 8);
	out_dec(n->isb, 8);
	out_text(n->tlbi_full ? "  (full flush)\n" : "\n");
}

int ledger_arm64(const struct options *o, struct space *sp, unsigned int half,
		 struct pw_range range, const struct pw_change *change)
{
	struct pw_flush slots[64], later_slots[64];
	struct pw_gather gather, later;
	struct way ways[3] = { 0 };
	struct apart at_once = {
		.x = { .size = sizeof(at_once.x), .ctx = &at_once, .run = run_apart },
		.now = &ways[0].counter.e.x
	};
	struct apart d = { .x = { .size = sizeof(d.x), .ctx = &d, .run = run_apart },
			   .now = &ways[1].counter.e.x,
			   .later = &later };
	struct pw_result res;
	int err = way_init(&ways[0], sp, half, &at_once.x);
	unsigned int i;

	if (!err)
		err = way_init(&ways[1], sp, half, &d.x);
	if (!err)
		err = way_init(&ways[2], sp, half, NULL);
	if (!err)
		err = pw_gather_init(&gather, &d.x, slots, 64);
	if (!err)
		err = pw_gather_init(&later, &ways[1].counter.e.x, later_slots, 64);
	if (!err)
		err = entry_by_entry(&ways[0], range, change);
	if (!err) {
		gather.max_pages = 0; /* the threshold is the final flush's business */
		pw_lazy_enable(&later, NULL);
		err = table_hooks(&ways[1], range, change, &gather);
		pw_lazy_disable(&later, NULL);
	}
	if (!err) {
		err = pw_protect(&ways[2].pt, range, change, 0, NULL, &res);
		ways[2].entries = res.nr_entries;
	}
	if (!err) {
		out_text("ledger: what this change costs while the tables are live\n"
			 "                      entries  publish barriers    tlbi     dsb     "
			 "isb\n");
		row("entry by entry      ", &ways[0]);
		row("origin patch's hooks", &ways[1]);
		row("bracketed           ", &ways[2]);
		if (o->verbose > 0)
			out_text("  a publish barrier is dsb ishst; isb, counted under dsb and "
				 "isb as well; in the\n  last row the invalidation's own serve "
				 "for it; more than 512 pages are\n  invalidated by one full "
				 "flush\n");
	} else {
		complain("%s: ledger: %s", o->source, pw_strerror(err));
	}
	for (i = 0; i < 3; i++)
		memory_free(ways[i].memory);
	return err;
}
