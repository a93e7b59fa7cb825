/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The ledger: one change, done three ways on three private copies of the tables, by the library
 * and with its own counter for executor. Nothing here is worked out on paper.
 *
 *   entry by entry   each entry is changed by a call of its own, which pays at once: a publish
 *                    barrier and an invalidation each (arm64: dsb ishst; isb, and dsb; tlbi; dsb;
 *                    isb)
 *   table hooks      lazy MMU mode around each PTE table, as the origin patch's pre_pte_table and
 *                    post_pte_table do: a publish barrier for each table; one invalidation, of the
 *                    whole range, at the end
 *   bracketed        one call: one publish barrier, one invalidation
 *
 * What is counted, the architecture says (struct arch_ledger).
 */
#include "arch.h"

/*
 * An executor for the first two ways: barriers now, by themselves, for such code writes an entry
 * and publishes it before it thinks of invalidating; invalidations after them, or kept for the end.
 * What is paid while lazy MMU mode is active cannot be kept: something is broken until it is made.
 */
struct apart {
	struct pw_executor x;
	const struct pw_executor *now;
	struct pw_gather *later;      /* NULL: invalidations are not kept */
	const struct pw_gather *lazy; /* with @later */
};

static void run_apart(void *ctx, const struct pw_plan *plan)
{
	struct apart *d = ctx;
	struct pw_plan publish = *plan, rest = *plan;
	bool keep = d->later && !pw_lazy_active(d->lazy, NULL);
	uint32_t i;

	publish.nr_ranges = 0;
	publish.full = 0;
	publish.before = PW_BEFORE_NOTHING;
	rest.publish = 0;
	if (!pw_plan_empty(&publish))
		d->now->run(d->now->ctx, &publish);
	if (!keep && !pw_plan_empty(&rest))
		d->now->run(d->now->ctx, &rest);
	for (i = 0; keep && i < plan->nr_ranges; i++)
		pw_gather_stale(d->later, NULL, &plan->ranges[i], plan->before);
}

/* Leaves that are gone through together: all are in groups, or none is. */
#define LEAVES_ALIKE ((uint32_t)PW_IGNORE_ALL & ~(uint32_t)PW_IGNORE_CONTIGUOUS)

/* One way: its own copy of the tables, its own counter. */
struct way {
	struct memory *memory;
	struct pw_table pt;
	struct pw_env env;
	const struct arch_ledger *count;
	union counter counter;
	const struct pw_executor *counted; /* the counter's */
	uint64_t entries;
};

/* There is nobody whom it could hurt. */
static bool may_fault(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	return true;
}

/* @exec: who hands the counter its plans; NULL: nobody comes between */
static int way_init(struct way *w, struct space *sp, unsigned int half,
		    const struct pw_executor *exec)
{
	struct pw_table_config cfg = sp->half[half].cfg;

	w->count = sp->arch->ledger;
	w->counted = w->count->start(&w->counter);
	w->memory = memory_new(sp->source, true, 1u << pw_instance_granule_lg2(cfg.instance));
	if (!w->memory)
		return PW_ENOMEM;
	w->env = *memory_env(w->memory);
	w->env.may_fault = may_fault;
	cfg.env = &w->env;
	cfg.reshaper = w->count->reshaper;
	cfg.exec = exec ? exec : w->counted;
	cfg.flags |= PW_TABLE_LIVE;
	return pw_table_init(&w->pt, &cfg);
}

/*
 * Code that goes entry by entry changes the entries of a contiguous group one by one, too. The
 * library refuses that, with reason; so this copy does without the hint, where that leaves the
 * group's entries as they are.
 */
static int forget_groups(struct way *w, struct pw_range range)
{
	const struct pw_change no_hint = { .raw_clear = w->count->hint };
	struct pw_table inactive = w->pt;

	if (!w->count->hint)
		return 0;
	inactive.flags &= ~(uint32_t)PW_TABLE_LIVE;
	return pw_protect(&inactive, range, &no_hint, 0, NULL, NULL);
}

/* Change the leaves of a run one at a time, or a group where there are groups still. */
static int each_leaf(struct way *w, const struct pw_run *run, const struct pw_change *change,
		     struct pw_gather *g)
{
	uint64_t size = pw_table_leaf_size(&w->pt, run->level), nr = run->nr, i;
	struct pw_attr attr;
	struct pw_result res;
	int err = pw_attr_decode(&w->pt, run->entry, run->level, &attr);

	if (!err && (attr.flags & PW_ATTR_CONTIGUOUS)) {
		size <<= pw_table_contig_lg2(&w->pt, run->level);
		nr >>= pw_table_contig_lg2(&w->pt, run->level);
	}
	for (i = 0; i < nr && !err; i++) {
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
				   LEAVES_ALIKE);
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
		.ignore = LEAVES_ALIKE,
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
	out_text("  ");
	out_text(name);
	out_dec(w->entries, 9);
	w->count->row(&w->counter);
	out_char('\n');
}

static void report(const struct options *o, const struct way ways[3])
{
	const struct arch_ledger *count = ways[0].count;

	out_text("ledger: what this change costs while the tables are live\n"
		 "                      entries");
	out_text(count->columns);
	out_char('\n');
	row("entry by entry      ", &ways[0]);
	row("origin patch's hooks", &ways[1]);
	row("bracketed           ", &ways[2]);
	if (o->verbose > 0)
		out_text(count->note);
}

int ledger(const struct options *o, struct space *sp, unsigned int half, struct pw_range range,
	   const struct pw_change *change)
{
	struct pw_flush slots[64], later_slots[64];
	struct pw_gather gather, later;
	struct way ways[3] = { 0 };
	struct apart at_once = {
		.x = { .size = sizeof(at_once.x), .ctx = &at_once, .run = run_apart },
	};
	struct apart d = { .x = { .size = sizeof(d.x), .ctx = &d, .run = run_apart },
			   .later = &later,
			   .lazy = &gather };
	struct pw_result res;
	int err = way_init(&ways[0], sp, half, &at_once.x);
	unsigned int i;

	if (!err)
		err = way_init(&ways[1], sp, half, &d.x);
	if (!err)
		err = way_init(&ways[2], sp, half, NULL);
	at_once.now = ways[0].counted;
	d.now = ways[1].counted;
	if (!err)
		err = pw_gather_init(&gather, &d.x, slots, 64);
	if (!err)
		err = pw_gather_init(&later, d.now, later_slots, 64);
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
	if (!err)
		report(o, ways);
	else
		complain("%s: ledger: %s", o->source, pw_strerror(err));
	for (i = 0; i < 3; i++)
		memory_free(ways[i].memory);
	return err;
}
