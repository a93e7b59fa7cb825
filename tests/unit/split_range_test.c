/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pw_split(), every format, inactive and live at each break-before-make level: no leaf of the range
 * is larger than asked for, all lead where they led, and nothing is cut that need not be.
 */
#include <stdlib.h>

#include "../env/env.h"
#include "../harness/harness.h"

static struct world w;
static uint32_t asked; /* may_fault() */
static bool answer;

static bool may_fault(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	asked++;
	return answer;
}

static bool open_world(unsigned int format, bool hooked, unsigned int live)
{
	struct world_options o = { .hooked = hooked,
				   .reshape = true,
				   .flags = live ? PW_TABLE_LIVE : 0,
				   .pa_base = format == WORLD_FAKE ? 0 : 1ull << 40,
				   .caps = live == 3 ? PW_CAP_BBM_ABORTS_OK : 0 };

	harness_note("format", format);
	harness_note("hooked", hooked);
	harness_note("live", live);
	if (!world_open(&w, &world_formats[format], &o))
		return false;
	if (live) { /* the table of formats is about those whose plans the harness carries out */
		w.pt.flags |= PW_TABLE_LIVE;
		w.pt.exec = &w.exec;
	}
	w.env.may_fault = may_fault;
	w.pt.caps.bbm_level = live ? live - 1 : 0;
	answer = true;
	asked = 0;
	return true;
}

static void each(void (*test)(void))
{
	for (unsigned int i = 0; i < 2 * WORLD_NR_FORMATS; i++) {
		for (unsigned int live = 0; live < 5; live++) {
			if (!open_world(i / 2, i & 1, live))
				return;
			test();
			EXPECT_EQ(w.violations, 0);
			EXPECT_EQ(w.asserts, 0);
			world_close(&w);
		}
	}
}

static uint64_t size_of(unsigned int level)
{
	return pw_table_leaf_size(&w.pt, level);
}

static uint64_t first_of(unsigned int level)
{
	return w.pt.first.v + size_of(level);
}

/* One leaf of @level at its first_of(), or what @flags make of the same bytes. */
static bool map_leaf(unsigned int level, uint32_t flags)
{
	struct pw_attr attr = world_attr(&w, PW_PERM_W);
	uint64_t size = size_of(level);

	if (!pw_table_leaf_ok(&w.pt, level) || w.pt.last.v - w.pt.first.v < 2 * size ||
	    2 * size > w.pt.pa_max)
		return false;
	return EXPECT_EQ(pw_map(&w.pt, pw_range_len(first_of(level), size), pw_pa_of(size), &attr,
				flags, NULL, NULL),
			 0);
}

static struct pw_sweep sweep_of(uint64_t first, uint64_t size)
{
	return (struct pw_sweep){ .range = pw_range_len(first, size),
				  .next = pw_va_of(first),
				  .budget = UINT64_MAX };
}

/* Every leaf of what map_leaf(@level) mapped; @lo to @hi: none above @max there, but @groups may
   be; outside, what is away from the edges by a group is as large as can be. */
static void expect_leaves(unsigned int level, uint64_t lo, uint64_t hi, unsigned int max,
			  bool groups)
{
	struct pw_range range = pw_range_len(first_of(level), size_of(level));
	uint64_t at = first_of(level), pa = size_of(level);
	struct pw_iter it;
	struct pw_run run;
	struct pw_attr attr;

	EXPECT_EQ(pw_iter_init(&it, &w.pt, range, PW_WANT_LEAVES | PW_WANT_HOLES, 0), 0);
	while (pw_iter_next(&it, &run) > 0) {
		bool inside = run.first.v <= hi && run.last.v >= lo;

		harness_note("at", run.first.v);
		EXPECT_EQ(run.kind, PW_RUN_LEAF);
		EXPECT_EQ(run.first.v, at);
		EXPECT_EQ(run.pa.v, pa);
		EXPECT_EQ(run.perm & PW_PERM_W, PW_PERM_W);
		EXPECT_EQ(pw_attr_decode(&w.pt, run.entry, run.level, &attr), 0);
		if (inside) {
			EXPECT(run.level <= max);
			EXPECT(groups || run.level < max || !(attr.flags & PW_ATTR_CONTIGUOUS));
		}
		at = run.last.v + 1;
		pa += run.last.v - run.first.v + 1;
	}
	EXPECT_EQ(at - 1, range.last.v);
}

static void expect_leaf(uint64_t va, unsigned int level, bool hint)
{
	struct pw_translation t;
	struct pw_attr attr;

	harness_note("leaf at", va);
	if (!EXPECT_EQ(pw_translate(&w.pt, pw_va_of(va), &t), 0))
		return;
	EXPECT_EQ(t.level, level);
	EXPECT_EQ(pw_attr_decode(&w.pt, t.entry, t.level, &attr), 0);
	EXPECT_EQ(!!(attr.flags & PW_ATTR_CONTIGUOUS), hint);
}

/* Some plan reached all of it. */
static bool invalidated(uint64_t first, uint64_t last)
{
	for (uint32_t i = 0; i < w.nr_plans && i < WORLD_MAX_PLANS; i++) {
		if (w.plan[i].plan.full >> w.pt.regime & 1u)
			return true;
		for (uint32_t j = 0; j < w.plan[i].plan.nr_ranges; j++)
			if (w.plan[i].range[j].first.v <= first &&
			    w.plan[i].range[j].last.v >= last)
				return true;
	}
	return false;
}

/* Can a live leaf not change its size by one store? */
static bool breaks(void)
{
	uint32_t bbm = w.pt.caps.bbm_level;

	if (!world_live(&w) || w.format == &world_formats[WORLD_RISCV64] ||
	    w.format == &world_formats[WORLD_RISCV64_G])
		return false;
	if (w.format == &world_formats[WORLD_X86_64] || w.format == &world_formats[WORLD_EPT])
		return bbm < 2;
	return w.format == &world_formats[WORLD_FAKE] ? bbm < 3 :
	       bbm == 2				      ? !(w.pt.caps.flags & PW_CAP_BBM_ABORTS_OK) :
							bbm < 2;
}

/* Each leaf, one level down. */
static void one_down(void)
{
	for (unsigned int level = 1; pw_table_leaf_ok(&w.pt, level); level++) {
		uint64_t size = size_of(level);
		struct pw_sweep s = sweep_of(first_of(level), size);
		uint32_t before = w.balance;
		struct pw_result res;

		harness_note("level", level);
		if (!map_leaf(level, 0))
			continue;
		before = w.balance;
		asked = 0;
		world_forget(&w);
		EXPECT_EQ(pw_split(&w.pt, &s, PW_MAX_LEVEL(level - 1), NULL, &res), 0);
		EXPECT_EQ(s.done, true);
		EXPECT_EQ(res.changed, size);
		EXPECT_EQ(res.nr_entries, 1);
		EXPECT_EQ(res.nr_tables, 1);
		EXPECT_EQ(w.balance - before, 1);
		EXPECT_EQ(asked, breaks());
		EXPECT_EQ(w.nr_plans > 0, world_live(&w));
		EXPECT(!world_live(&w) || invalidated(first_of(level), first_of(level) + size - 1));
		expect_leaf(first_of(level), level - 1, false);
		expect_leaves(level, first_of(level), first_of(level) + size - 1, level - 1, false);
		/* nothing is left to do */
		s = sweep_of(first_of(level), size);
		world_forget(&w);
		EXPECT_EQ(pw_split(&w.pt, &s, PW_MAX_LEVEL(level - 1), NULL, &res), 0);
		EXPECT_EQ(res.changed, 0);
		EXPECT_EQ(w.nr_plans + w.nr_gets, 0);
		EXPECT_EQ(s.done, true);
		EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(first_of(level), size), 0, NULL, NULL), 0);
	}
}

TEST(each_leaf_one_level_down)
{
	each(one_down);
}

/*
 * Three blocks in the middle of a leaf two levels up, in pages: one replacement, a table for the
 * leaf and one for each block. Beside them blocks, in groups where those are whole.
 */
static void two_down(void)
{
	uint64_t size, block = size_of(1), lo, hi;
	uint32_t before, lg2 = pw_table_contig_lg2(&w.pt, 1);
	struct pw_result res;
	struct pw_sweep s;

	if (!map_leaf(2, 0))
		return;
	size = size_of(2);
	lo = first_of(2) + size / 2 + block;
	hi = lo + 3 * block - 1;
	s = sweep_of(lo, 3 * block);
	before = w.balance;
	world_forget(&w);
	EXPECT_EQ(pw_split(&w.pt, &s, PW_CONTIGUOUS, NULL, &res), 0);
	EXPECT_EQ(s.done, true);
	EXPECT_EQ(res.changed, size);
	EXPECT_EQ(res.nr_entries, 1);
	EXPECT_EQ(res.nr_tables, 4);
	EXPECT_EQ(w.balance - before, 4);
	EXPECT_EQ(asked, breaks());
	EXPECT(!world_live(&w) || invalidated(first_of(2), first_of(2) + size - 1));
	expect_leaves(2, lo, hi, 0, true);
	expect_leaf(lo, 0, pw_table_contig_lg2(&w.pt, 0));
	expect_leaf(hi, 0, pw_table_contig_lg2(&w.pt, 0));
	expect_leaf(lo - 1, 1, false);
	if (lg2 > 2) /* of a group that the range touches */
		expect_leaf(hi + 1, 1, false);
	if (size / block > 8) { /* there are others */
		expect_leaf(first_of(2), 1, lg2);
		expect_leaf(first_of(2) + size - 1, 1, lg2);
	}
	/* and without groups: the same tables, other leaves */
	s = sweep_of(lo, 3 * block);
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), 0);
	EXPECT_EQ(res.nr_tables, 0);
	EXPECT_EQ(res.changed, pw_table_contig_lg2(&w.pt, 0) ? 3 * block : 0);
	expect_leaves(2, lo, hi, 0, false);
}

TEST(a_part_of_a_leaf_two_levels_down)
{
	each(two_down);
}

/* A group of blocks: no hint, where one of them is cut; the rest of its members stay blocks. */
static void group_of_blocks(void)
{
	unsigned int lg2 = pw_table_contig_lg2(&w.pt, 1);
	uint64_t block = size_of(1), first = w.pt.first.v + (block << lg2), lo = first + block;
	struct pw_attr attr = world_attr(&w, PW_PERM_W);
	struct pw_sweep s = sweep_of(lo, block);
	struct pw_result res;

	if (!lg2 || !pw_table_leaf_ok(&w.pt, 1))
		return;
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(first, block << lg2), pw_pa_of(block << lg2), &attr,
			 PW_CONTIGUOUS | PW_MAX_LEVEL(1), NULL, NULL),
		  0);
	expect_leaf(first, 1, true);
	world_forget(&w);
	EXPECT_EQ(pw_split(&w.pt, &s, PW_CONTIGUOUS, NULL, &res), 0);
	EXPECT_EQ(s.done, true);
	EXPECT_EQ(res.nr_tables, 1);
	EXPECT_EQ(res.nr_entries, (1u << lg2) + 1u);
	expect_leaf(first, 1, false);
	expect_leaf(lo, 0, pw_table_contig_lg2(&w.pt, 0));
	if (lg2 > 1)
		expect_leaf(lo + block, 1, false);
	EXPECT(!world_live(&w) || invalidated(first, first + (block << lg2) - 1));
}

TEST(a_group_of_blocks)
{
	each(group_of_blocks);
}

/* A page of a group of pages, from its middle on to the next group. */
static void groups_of_pages(void)
{
	unsigned int lg2 = pw_table_contig_lg2(&w.pt, 0);
	uint64_t page = world_page_bytes(&w), group = page << lg2, first;
	uint64_t nr = size_of(1) / group;
	struct pw_result res;
	struct pw_sweep s;

	if (!lg2 || !map_leaf(1, PW_CONTIGUOUS | PW_MAX_LEVEL(0)))
		return;
	first = first_of(1) + (nr / 2 - 1) * group + page;
	s = sweep_of(first, group);
	world_forget(&w);
	EXPECT_EQ(pw_split(&w.pt, &s, PW_CONTIGUOUS, NULL, &res), 0);
	EXPECT_EQ(res.changed, 0);
	EXPECT_EQ(s.done, true);
	s = sweep_of(first, group);
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), 0);
	EXPECT_EQ(s.done, true);
	EXPECT_EQ(res.changed, 2 * group);
	EXPECT_EQ(res.nr_tables, 0);
	EXPECT_EQ(w.nr_gets, 0);
	if (nr > 2)
		expect_leaf(first - page - 1, 0, true);
	expect_leaf(first - page, 0, false);
	expect_leaf(first - page + 2 * group - 1, 0, false);
	if (nr > 2)
		expect_leaf(first - page + 2 * group, 0, true);
	/* all others, behind plain ones; looking at those costs as much as there are */
	s = sweep_of(first_of(1), size_of(1));
	s.budget = (nr << lg2) / 2;
	for (uint32_t calls = 0; !s.done && calls <= nr; calls++) {
		EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), 0);
		EXPECT(s.done || !s.budget);
		EXPECT(calls || res.changed == (nr / 2 - 1) * group);
		s.budget = (nr << lg2) / 2;
	}
	EXPECT_EQ(s.done, true);
	expect_leaves(1, first_of(1), first_of(1) + size_of(1) - 1, 0, false);
	/* a hint below the level asked for says nothing about size */
	s = sweep_of(first_of(1), size_of(1));
	EXPECT_EQ(pw_split(&w.pt, &s, PW_MAX_LEVEL(1), NULL, &res), 0);
	EXPECT_EQ(res.changed, 0);
	expect_leaves(1, first, first + group - 1, 0, false);
}

TEST(groups_of_pages_that_a_range_touches)
{
	each(groups_of_pages);
}

/* may_fault() says no: refused where it would be broken, named, and the others are done. */
static void refused(void)
{
	uint64_t size = size_of(1);
	struct pw_sweep s = sweep_of(first_of(1) - size, 3 * size);
	struct pw_result res;
	uint8_t *was;

	if (!map_leaf(1, 0))
		return;
	answer = false;
	was = world_snapshot(&w);
	world_forget(&w);
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), breaks() ? PW_EBUSY : 0);
	EXPECT_EQ(s.done, true);
	if (breaks()) {
		EXPECT_EQ(res.where.first.v, first_of(1));
		EXPECT_EQ(res.where.last.v, first_of(1) + size - 1);
		EXPECT_EQ(res.level, 1);
		EXPECT_EQ(res.changed, 0);
		EXPECT_EQ(w.nr_gets, 0);
		EXPECT(world_unchanged(&w, was));
		w.env.may_fault = NULL;
		s = sweep_of(first_of(1), size);
		EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, NULL), PW_EBUSY);
	} else {
		expect_leaf(first_of(1), 0, false);
	}
	free(was);
}

TEST(refused_where_it_may_not_fault)
{
	each(refused);
}

/* No page left at the n-th request: what was done before stays, and it goes on from there. */
static void no_pages(void)
{
	uint64_t block = size_of(1), lo;
	struct pw_result res;
	struct pw_sweep s;

	for (uint32_t at = 1; at <= 5; at++) {
		uint8_t *was;
		uint32_t before;

		if (!map_leaf(2, PW_MAX_LEVEL(at == 5 ? 1 : 2)))
			return;
		lo = first_of(2) + size_of(2) / 2 + block;
		s = sweep_of(lo, 3 * block);
		was = world_snapshot(&w);
		before = w.balance;
		world_forget(&w);
		w.fail_at = at == 5 ? 2 : at; /* the fifth: blocks, the first is done */
		harness_note("fails at", at);
		EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), PW_ENOMEM);
		EXPECT_EQ(s.done, false);
		if (at == 5) {
			EXPECT_EQ(w.balance - before, 1);
			EXPECT_EQ(s.next.v, lo + block);
			EXPECT_EQ(res.where.first.v, lo + block);
			EXPECT_EQ(res.where.last.v, lo + 2 * block - 1);
			EXPECT_EQ(res.changed, block);
		} else {
			EXPECT_EQ(w.balance, before);
			EXPECT_EQ(s.next.v, lo);
			EXPECT_EQ(res.where.first.v, first_of(2));
			EXPECT_EQ(res.where.last.v, first_of(2) + size_of(2) - 1);
			EXPECT_EQ(w.nr_plans, 0);
			EXPECT(world_unchanged(&w, was));
		}
		free(was);
		w.fail_at = 0;
		EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), 0);
		EXPECT_EQ(s.done, true);
		EXPECT_EQ(w.balance - before, at == 5 ? 3 : 4);
		expect_leaves(2, lo, lo + 3 * block - 1, 0, false);
		world_mark_linked(&w);
		EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(first_of(2), size_of(2)), 0, NULL, NULL), 0);
		EXPECT_EQ(w.balance, 0);
	}
}

TEST(pages_run_out)
{
	each(no_pages);
}

/* One table at a time: a level at first, then block by block. */
static void budget(void)
{
	uint64_t block = size_of(1), lo, slots = 1ull << w.format->index_lg2;
	uint32_t calls = 0;
	struct pw_result res;
	struct pw_sweep s;

	if (!map_leaf(2, 0))
		return;
	lo = first_of(2) + size_of(2) / 2 + block;
	s = sweep_of(lo, 3 * block);
	while (!s.done && calls < 100) {
		uint32_t before = w.balance;

		s.budget = slots;
		EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), 0);
		EXPECT_EQ(s.budget, 0);
		EXPECT_EQ(w.balance - before, 1);
		if (!calls) {
			EXPECT_EQ(s.next.v, lo);
			expect_leaf(lo, 1, false);
		}
		calls++;
	}
	EXPECT_EQ(calls, 4);
	expect_leaves(2, lo, lo + 3 * block - 1, 0, false);
	if (size_of(2) / block > 8)
		expect_leaf(first_of(2), 1, pw_table_contig_lg2(&w.pt, 1));
}

/* A page that get_table() hands out and nobody finds again: refused before anything changes. */
TEST(pages_that_nobody_finds_again)
{
	for (unsigned int live = 0; live < 5; live++) {
		struct pw_result res;
		struct pw_sweep s;
		uint32_t before;
		uint8_t *was;

		if (!open_world(WORLD_ARM64, false, live))
			return;
		if (!map_leaf(2, PW_MAX_LEVEL(2)))
			return;
		s = sweep_of(first_of(2) + size_of(1), size_of(1));
		was = world_snapshot(&w);
		before = w.balance;
		world_forget(&w);
		w.env.mem_last.v = w.base + (w.next + 1u) * w.page_size - 1u; /* one is found */
		EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), PW_EFAULT);
		EXPECT_EQ(s.done, false);
		EXPECT_EQ(w.balance, before);
		EXPECT(world_unchanged(&w, was));
		EXPECT_EQ(w.nr_plans, 0);
		free(was);
		world_close(&w);
	}
}

TEST(a_budget_and_a_level_at_a_time)
{
	each(budget);
}

/* Walkers that are not coherent: every table, and then the entry that leads to the first. */
static uint64_t synced[8], nr_synced;

static void sync_table(void *ctx, const void *ptr, size_t len)
{
	(void)ctx, (void)ptr;
	if (nr_synced < 8)
		synced[nr_synced++] = len;
}

TEST(tables_are_synced_before_they_are_linked)
{
	struct pw_sweep s;

	if (!open_world(WORLD_ARM64, false, 4) || !map_leaf(2, 0))
		return;
	w.env.sync_table = sync_table;
	nr_synced = 0;
	s = sweep_of(first_of(2), 2 * size_of(1));
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, NULL), 0);
	EXPECT_EQ(nr_synced, 4);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(synced[i], i < 3 ? 4096 : 8);
	world_close(&w);
}

/*
 * Present-but-invalid leaves are cut, too, stay what they are, and owe nothing; but on RISC-V,
 * where it may be cached that the entry that now leads to a table was not valid.
 */
static void invalid(void)
{
	struct pw_change c = { .flags_clear = PW_ATTR_VALID };
	struct pw_sweep s = sweep_of(first_of(1), size_of(1));
	uint64_t page = world_page_bytes(&w);
	bool fence = world_live(&w) &&
		     w.format->regimes & (1u << PW_REGIME_RISCV | 1u << PW_REGIME_RISCV_G);
	struct pw_translation t;
	struct pw_result res;

	if (!w.format->can_be_invalid || !map_leaf(1, 0))
		return;
	EXPECT_EQ(pw_protect(&w.pt, s.range, &c, 0, NULL, NULL), 0);
	answer = false;
	world_forget(&w);
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), 0);
	EXPECT_EQ(res.nr_tables, 1);
	EXPECT_EQ(w.nr_plans, fence);
	EXPECT_EQ(asked, 0);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(1) + page), &t), PW_ENOENT);
	EXPECT_EQ(t.kind, PW_KIND_INVALID);
	EXPECT_EQ(t.level, 0);
	EXPECT_EQ(t.pa.v, size_of(1) + page);
}

TEST(invalid_leaves)
{
	each(invalid);
}

/* Hardware uses the block while its table is being filled: every page was used, then. */
static uint64_t *used_slot, used_bits;

static void use(struct world *world, uint64_t *slot)
{
	if (used_slot && slot != used_slot) {
		(void)world;
		*used_slot |= used_bits;
		used_slot = NULL;
	}
}

TEST(use_is_not_lost)
{
	static const uint32_t ad = PW_ATTR_ACCESSED | PW_ATTR_DIRTY;

	for (unsigned int live = 1; live < 5; live++) {
		struct pw_change c = { .flags_clear = ad };
		struct pw_translation t;
		struct pw_attr attr;
		struct pw_sweep s;

		if (!open_world(WORLD_X86_64, true, live) || !map_leaf(2, 0))
			return;
		s = sweep_of(first_of(2), size_of(1));
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(first_of(2), size_of(2)), &c, 0, NULL,
				     NULL),
			  0);
		EXPECT_EQ(pw_translate(&w.pt, s.next, &t), 0);
		used_slot = world_slot(&w, t.step[t.nr_steps - 1].entry_pa.v & ~4095ull,
				       (t.step[t.nr_steps - 1].entry_pa.v & 4095u) / 8);
		used_bits = 0x60; /* A, D */
		w.on_store = use;
		EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, NULL), 0);
		w.on_store = NULL;
		EXPECT(!used_slot);
		for (uint64_t off = 0; off < size_of(2);
		     off += off < size_of(1) ? 4096 : size_of(1)) {
			harness_note("offset", off);
			EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(2) + off), &t), 0);
			EXPECT_EQ(t.level, off < size_of(1) ? 0 : 1);
			EXPECT_EQ(pw_attr_decode(&w.pt, t.entry, t.level, &attr), 0);
			EXPECT_EQ(attr.flags & ad, ad);
		}
		world_close(&w);
	}
}

/* A bad entry is named, and what lies behind it is done. */
TEST(bad_entries)
{
	struct pw_translation t;
	struct pw_result res;
	struct pw_sweep s;
	uint64_t *slot;

	if (!open_world(WORLD_ARM64, false, 0) || !map_leaf(2, PW_MAX_LEVEL(1)))
		return;
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(2)), &t), 0);
	slot = world_slot(&w, t.step[t.nr_steps - 1].entry_pa.v & ~4095ull, 1);
	*slot = world_table(&w, 1ull << 30, 1); /* beyond memory */
	s = sweep_of(first_of(2), 3 * size_of(1));
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, &res), PW_EFAULT);
	EXPECT_EQ(s.done, true);
	EXPECT_EQ(res.where.first.v, first_of(2) + size_of(1));
	EXPECT_EQ(res.where.last.v, first_of(2) + 2 * size_of(1) - 1);
	EXPECT_EQ(res.entry, *slot);
	EXPECT_EQ(res.nr_tables, 2);
	expect_leaf(first_of(2) + 2 * size_of(1), 0, false);
	world_close(&w);
}

TEST(arguments)
{
	struct pw_sweep s;

	if (!open_world(WORLD_ARM64, false, 0))
		return;
	s = sweep_of(w.pt.first.v, 8192);
	s.next.v = w.pt.first.v + 8192;
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, NULL), PW_EINVAL);
	s.next.v = w.pt.first.v + 1;
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, NULL), PW_EINVAL);
	s.next.v = w.pt.first.v;
	EXPECT_EQ(pw_split(&w.pt, &s, PW_STRICT, NULL, NULL), PW_EINVAL);
	EXPECT_EQ(pw_split(&w.pt, &s, PW_MAX_LEVEL(3), NULL, NULL), PW_EINVAL); /* no such leaf */
	EXPECT_EQ(pw_split(&w.pt, &s, PW_MAX_LEVEL(1), NULL, NULL), PW_EINVAL); /* not aligned */
	EXPECT_EQ(pw_split(&w.pt, NULL, 0, NULL, NULL), PW_EINVAL);
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, NULL), 0);
	EXPECT_EQ(s.done, true);
	w.pt.reshaper = NULL;
	EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, NULL), PW_EOPNOTSUPP);
	world_close(&w);
}
