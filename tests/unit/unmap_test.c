/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pw_unmap(): holes, leaves covered in part, tables that become empty, and the order in which
 * stores, invalidation and freeing happen.
 */
#include <stdlib.h>

#include "../harness/harness.h"
#include "../ref/observe.h"

static struct ref_map ref;

static int map(struct world *w, uint64_t at, uint64_t len, uint64_t pa, uint32_t flags)
{
	struct pw_attr attr = world_attr(w, PW_PERM_W);

	return pw_map(&w->pt, pw_range_len(w->pt.first.v + at, len), pw_pa_of(pa), &attr, flags,
		      NULL, NULL);
}

static int unmap(struct world *w, uint64_t at, uint64_t len, uint32_t flags, struct pw_result *res)
{
	return pw_unmap(&w->pt, pw_range_len(w->pt.first.v + at, len), flags, NULL, res);
}

/* Holes are skipped and counted, or refused. */
static void holes(struct world *w)
{
	uint64_t page = world_page_bytes(w), base = w->pt.first.v;
	struct pw_result res;
	uint8_t *before;

	EXPECT_EQ(map(w, 2 * page, 2 * page, 0, 0), 0);
	before = world_snapshot(w);
	world_forget(w);
	EXPECT_EQ(unmap(w, page, 3 * page, PW_STRICT, &res), PW_ENOENT);
	EXPECT_EQ(res.where.first.v, base + page);
	EXPECT(res.where.last.v >= base + page);
	EXPECT(res.where.last.v < base + 2 * page);
	EXPECT_EQ(unmap(w, 2 * page, 3 * page, PW_STRICT, &res), PW_ENOENT);
	EXPECT(res.where.first.v >= base + 4 * page);
	EXPECT(res.where.last.v < base + 5 * page);
	EXPECT(world_unchanged(w, before));
	EXPECT_EQ(w->nr_plans, 0);
	free(before);
	EXPECT_EQ(unmap(w, page, 4 * page, 0, &res), 0);
	EXPECT_EQ(res.changed, 2 * page);
	EXPECT_EQ(res.holes, 2 * page);
	EXPECT_EQ(res.nr_entries, 2);
	EXPECT_EQ(res.nr_tables, w->pt.levels - 1);
	EXPECT_EQ(w->balance, 0);
	world_forget(w);
	/* Nothing left: the whole address space is a hole. */
	EXPECT_EQ(pw_unmap(&w->pt, pw_range_of(base, w->pt.last.v), 0, NULL, &res), 0);
	EXPECT_EQ(res.changed, 0);
	EXPECT_EQ(res.holes, w->pt.last.v - base + 1);
	EXPECT_EQ(w->stores, 0);
	EXPECT_EQ(w->nr_plans, 0);
}

TEST(unmap_holes)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };
	struct world_options upper = { .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };

	world_each(&live, holes);
	world_each(&upper, holes);
}

/* A block or a contiguous group that the range covers in part: named, and nothing changed. */
static void refuse_part(struct world *w, uint64_t at, uint64_t size, uint64_t first, uint64_t len)
{
	uint64_t base = w->pt.first.v;
	uint8_t *before = world_snapshot(w);
	struct pw_result res;

	world_forget(w);
	harness_note("first", first);
	harness_note("len", len);
	EXPECT_EQ(unmap(w, first, len, 0, &res), PW_EBUSY);
	EXPECT_EQ(res.changed, 0);
	/* The sub-range: inside the leaf, inside the range. */
	EXPECT(res.where.first.v >= base + at && res.where.first.v >= base + first);
	EXPECT(res.where.last.v < base + at + size && res.where.last.v < base + first + len);
	EXPECT(res.where.first.v <= res.where.last.v);
	EXPECT_EQ(w->stores + w->cas, 0);
	EXPECT_EQ(w->nr_plans, 0);
	EXPECT(world_unchanged(w, before));
	free(before);
}

static void parts(struct world *w)
{
	uint64_t page = world_page_bytes(w);

	for (unsigned int level = 0; pw_table_leaf_ok(&w->pt, level); level++) {
		uint64_t size = pw_table_leaf_size(&w->pt, level);
		uint64_t group = size << pw_table_contig_lg2(&w->pt, level);

		harness_note("level", level);
		if (level) {
			EXPECT_EQ(map(w, size, size, size, 0), 0);
			refuse_part(w, size, size, size, page);
			refuse_part(w, size, size, 2 * size - page, page);
			refuse_part(w, size, size, 0, size + page);
			refuse_part(w, size, size, 2 * size - page, 3 * page);
			refuse_part(w, size, size, size + page, size - 2 * page);
			EXPECT_EQ(unmap(w, size, size, PW_STRICT, NULL), 0);
		}
		if (group != size) {
			EXPECT_EQ(map(w, group, group, group, PW_CONTIGUOUS), 0);
			refuse_part(w, group, group, group, size);
			refuse_part(w, group, group, 0, group + size);
			refuse_part(w, group, group, 2 * group - size, size);
			EXPECT_EQ(unmap(w, group, group, PW_STRICT, NULL), 0);
		}
		EXPECT_EQ(w->balance, 0);
	}
}

TEST(unmap_names_what_is_covered_in_part)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, parts);
}

/* Not-present entries that are not ours, and present-but-invalid leaves, go as well. */
static void others(struct world *w)
{
	struct pw_attr attr = world_attr(w, PW_PERM_W);
	uint64_t page = world_page_bytes(w);
	struct pw_translation t;
	struct pw_result res;
	int err;

	if (w->format->can_be_invalid)
		attr.flags &= ~PW_ATTR_VALID;
	EXPECT_EQ(pw_map(&w->pt, pw_range_len(w->pt.first.v, 2 * page), pw_pa_of(0), &attr, 0, NULL,
			 NULL),
		  0);
	EXPECT_EQ(pw_translate(&w->pt, pw_va_of(w->pt.first.v + page), &t),
		  w->format->can_be_invalid ? PW_ENOENT : 0);
	*world_slot(w, t.step[t.nr_steps - 1].entry_pa.v, 0) = world_foreign(w, 0);
	world_forget(w);
	/* Whether an entry that is not ours is a hole: strictly and in the count alike. */
	err = unmap(w, 0, 2 * page, PW_STRICT, &res);
	EXPECT(err == 0 || err == PW_ENOENT);
	if (err) {
		EXPECT_EQ(unmap(w, 0, 2 * page, 0, &res), 0);
		EXPECT(res.holes > 0);
	}
	EXPECT_EQ(res.changed + res.holes, 2 * page);
	EXPECT_EQ(w->balance, 0);
	observe_iterate(w, &ref);
	EXPECT_EQ(ref.nr, 0);
}

TEST(unmap_removes_what_is_not_valid)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, others);
}

/* Order -------------------------------------------------------------------------------------- */

/* Unlink, invalidate with walks, then free; leaves only: the last level is enough. */
static void order(struct world *w)
{
	uint64_t page = world_page_bytes(w), base = w->pt.first.v;
	const struct world_plan *p = &w->plan[0];
	bool any;

	EXPECT_EQ(map(w, 0, 4 * page, 0, 0), 0);
	EXPECT_EQ(world_mark_linked(w), w->pt.levels);
	world_forget(w);
	EXPECT_EQ(unmap(w, page, page, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(p->plan.publish, 0);
	EXPECT_EQ(p->plan.before, PW_BEFORE_ALL);
	EXPECT_EQ(p->plan.full, 0);
	EXPECT_EQ(p->plan.nr_ranges, 1);
	EXPECT_EQ(p->plan.nr_freed, 0);
	EXPECT_EQ(p->range[0].first.v, base + page);
	EXPECT_EQ(p->range[0].last.v, base + 2 * page - 1);
	EXPECT_EQ(p->range[0].flags & PW_FLUSH_TABLES, 0);
	/* global pages are of any, whatever the handle's; the fake format's never are */
	any = w->pt.flags & PW_TABLE_UPPER || w->format != &world_formats[WORLD_FAKE];
	EXPECT_EQ(p->range[0].flags & PW_FLUSH_ANY_ASID, any ? PW_FLUSH_ANY_ASID : 0);
	EXPECT_EQ(p->range[0].page_lg2, w->format->page_lg2);
	EXPECT_EQ(p->range[0].level, 0);
	EXPECT_EQ(p->range[0].regime, PW_REGIME_EL10);
	EXPECT_EQ(w->nr_events, 1);
	world_forget(w);
	EXPECT_EQ(unmap(w, 0, 8 * page, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(p->plan.before, PW_BEFORE_ALL);
	EXPECT_EQ(p->plan.nr_ranges, 1);
	EXPECT_EQ(p->plan.nr_freed, w->pt.levels - 1);
	EXPECT(p->range[0].flags & PW_FLUSH_TABLES);
	EXPECT(p->range[0].first.v <= base);
	EXPECT(p->range[0].last.v >= base + 4 * page - 1);
	EXPECT_EQ(w->event[0], WORLD_RUN);
	for (unsigned int i = 1; i < w->nr_events; i++)
		EXPECT_EQ(w->event[i], i % 2 ? WORLD_GRACE : WORLD_PUT);
	EXPECT_EQ(w->nr_events, 1 + 2 * (w->pt.levels - 1));
	EXPECT_EQ(w->balance, 0);
}

TEST(unmap_frees_after_the_invalidation)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };
	struct world_options upper = { .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };

	world_each_live(&live, order);
	world_each_live(&upper, order);
}

/* In lazy MMU mode the tables wait for the flush, however many operations later. */
static void lazy(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	struct pw_flush slots[8];
	struct pw_gather g;
	uint32_t balance;

	EXPECT_EQ(map(w, 0, page, 0, 0), 0);
	EXPECT_EQ(map(w, 3 * block, page, 0, 0), 0);
	balance = w->balance;
	world_mark_linked(w);
	world_forget(w);
	EXPECT_EQ(pw_gather_init(&g, &w->exec, slots, 8), 0);
	pw_lazy_enable(&g, &w->env);
	EXPECT_EQ(pw_unmap(&w->pt, pw_range_len(w->pt.first.v, page), 0, &g, NULL), 0);
	EXPECT_EQ(pw_unmap(&w->pt, pw_range_len(w->pt.first.v + 3 * block, page), 0, &g, NULL), 0);
	EXPECT_EQ(w->nr_events, 0);
	EXPECT_EQ(w->balance, balance);
	EXPECT(pw_gather_owes(&g));
	pw_lazy_disable(&g, &w->env);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(w->event[0], WORLD_RUN);
	EXPECT_EQ(w->balance, 0);
	EXPECT(!pw_gather_owes(&g));
	/* The environment's gather is used when none is given. */
	EXPECT_EQ(map(w, 0, page, 0, 0), 0);
	world_mark_linked(w);
	world_forget(w);
	pw_lazy_enable(&g, &w->env);
	w->current = &g;
	EXPECT_EQ(unmap(w, 0, page, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 0);
	EXPECT(pw_gather_owes(&g));
	/* In an interrupt handler nothing waits. */
	w->in_interrupt = true;
	EXPECT_EQ(map(w, 0, page, 0, 0), 0);
	EXPECT_EQ(w->nr_plans, 1);
	w->in_interrupt = false;
	w->current = NULL;
	pw_lazy_disable(&g, &w->env);
	EXPECT(!pw_gather_owes(&g));
	EXPECT_EQ(w->balance, w->pt.levels - 1);
}

TEST(unmap_in_lazy_mode_waits)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each_live(&live, lazy);
}

/* Counted as instructions: N pages are N operations, the leaf-only form unless tables go. */
TEST(unmap_debts_as_instructions)
{
	struct world_options o = { .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };
	struct pw_arm64_counter c;
	static struct world w;

	pw_arm64_counter_init(&c);
	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	w.cfg.exec = &c.e.x;
	EXPECT_EQ(pw_table_init(&w.pt, &w.cfg), 0);
	EXPECT_EQ(map(&w, 0x1f8000, 0x10000, 0, 0), 0); /* 16 pages in two tables */
	c.n = (struct pw_arm64_counts){ 0 };
	EXPECT_EQ(unmap(&w, 0x1f8000, 0xf000, 0, NULL), 0);
	EXPECT_EQ(c.n.plans, 1);
	EXPECT_EQ(c.n.publish, 0);
	EXPECT_EQ(c.n.tlbi_full, 0);
	EXPECT_EQ(c.n.tlbi, 15);
	EXPECT_EQ(c.n.dsb_ishst, 0);
	EXPECT_EQ(c.n.dsb_ish, 2); /* before, and completion */
	EXPECT_EQ(c.n.isb, 1);
	world_close(&w);
}

/* More pages than the threshold: everything of the regime, once. */
TEST(unmap_of_many_pages_is_a_full_flush)
{
	struct world_options o = { .flags = PW_TABLE_LIVE };
	static struct world w;

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	EXPECT_EQ(map(&w, 0x1000, 513 * 4096ull, 0x2000, 0), 0);
	world_mark_linked(&w);
	world_forget(&w);
	EXPECT_EQ(unmap(&w, 0x1000, 513 * 4096ull, 0, NULL), 0);
	EXPECT_EQ(w.nr_plans, 1);
	EXPECT_EQ(w.plan[0].plan.full, 1u << PW_REGIME_EL10);
	EXPECT_EQ(w.plan[0].plan.nr_ranges, 0);
	EXPECT_EQ(w.balance, 0);
	EXPECT_EQ(w.violations, 0);
	world_close(&w);
}

/* An inactive handle owes nothing, and its tables come back at once. */
static void inactive(struct world *w)
{
	EXPECT_EQ(map(w, 0, world_page_bytes(w), 0, 0), 0);
	EXPECT_EQ(unmap(w, 0, world_page_bytes(w), 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 0);
	EXPECT_EQ(w->balance, 0);
}

TEST(unmap_of_an_inactive_handle_owes_nothing)
{
	world_each(NULL, inactive);
}
