/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Collapse, every format, inactive and live at each break-before-make level: what becomes larger,
 * and what must not.
 */
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

static uint64_t first_of(unsigned int level)
{
	return w.pt.first.v + pw_table_leaf_size(&w.pt, level);
}

/* [off, off + size) of a leaf of @level, as leaves up to @max; @skew: output address */
static bool map_part(unsigned int level, uint64_t off, uint64_t size, unsigned int max,
		     uint64_t skew)
{
	struct pw_attr attr = world_attr(&w, PW_PERM_W);

	return EXPECT_EQ(pw_map(&w.pt, pw_range_len(first_of(level) + off, size),
				pw_pa_of(pw_table_leaf_size(&w.pt, level) + off + skew), &attr,
				PW_MAX_LEVEL(max), NULL, NULL),
			 0);
}

static int collapse(unsigned int level, uint32_t flags, struct pw_result *res)
{
	struct pw_sweep sweep = {
		.range = pw_range_len(first_of(level), pw_table_leaf_size(&w.pt, level)),
		.next = pw_va_of(first_of(level)),
		.budget = UINT64_MAX,
	};
	int err = pw_collapse(&w.pt, &sweep, flags, NULL, res);

	EXPECT_EQ(sweep.done, true);
	return err;
}

/* Level and hint of the leaf at @off, and that it leads where it should. */
static void expect_leaf(unsigned int level, uint64_t off, unsigned int want, bool hint)
{
	struct pw_translation t;
	struct pw_attr attr;

	if (!EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(level) + off), &t), 0))
		return;
	EXPECT_EQ(t.level, want);
	EXPECT_EQ(t.pa.v, pw_table_leaf_size(&w.pt, level) + off);
	EXPECT_EQ(pw_attr_decode(&w.pt, t.entry, t.level, &attr), 0);
	EXPECT_EQ(!!(attr.flags & PW_ATTR_CONTIGUOUS), hint);
}

/* Every format, inactive (0) and live with FEAT_BBM 0 to 3 (1 to 4). */
static void each(void (*test)(void))
{
	for (unsigned int i = 0; i < 2 * WORLD_NR_FORMATS; i++) {
		for (unsigned int live = 0; live < 5; live++) {
			if (!open_world(i / 2, i & 1, live))
				return;
			if (pw_table_leaf_ok(&w.pt, 1))
				test();
			EXPECT_EQ(w.violations, 0);
			EXPECT_EQ(w.asserts, 0);
			world_close(&w);
		}
	}
}

/* Or faults in another way: by nT */
static bool breaks_blocks(void)
{
	uint32_t bbm = w.pt.caps.bbm_level;

	if (!world_live(&w) || w.format == &world_formats[WORLD_RISCV64] ||
	    w.format == &world_formats[WORLD_RISCV64_G])
		return false;
	if (w.format == &world_formats[WORLD_X86_64] || w.format == &world_formats[WORLD_EPT])
		return bbm < 2;
	return w.format == &world_formats[WORLD_FAKE] ? bbm < 3 : bbm <= 1;
}

static bool breaks_groups(void)
{
	if (!world_live(&w))
		return false;
	return w.format == &world_formats[WORLD_RISCV64] ||
	       w.format == &world_formats[WORLD_RISCV64_G] || w.pt.caps.bbm_level == 0;
}

/* A table of pages becomes a leaf; its page comes back. */
static void pages_to_block(void)
{
	uint64_t size = pw_table_leaf_size(&w.pt, 1);
	struct pw_sweep sweep = { .range = pw_range_len(first_of(1), size),
				  .next = pw_va_of(first_of(1)),
				  .budget = UINT64_MAX };
	struct pw_flush slots[4];
	struct pw_gather g;
	struct pw_result res;
	uint32_t before;

	if (!map_part(1, 0, size, 0, 0))
		return;
	before = w.balance;
	world_forget(&w);
	EXPECT_EQ(pw_gather_init(&g, &w.exec, slots, 4), 0);
	g.max_pages = 0; /* ranges, however long */
	EXPECT_EQ(pw_collapse(&w.pt, &sweep, PW_MAX_LEVEL(1), &g, &res), 0);
	EXPECT_EQ(res.changed, size);
	EXPECT_EQ(res.nr_entries, 1);
	EXPECT_EQ(res.nr_tables, 1);
	EXPECT_EQ(before - w.balance, 1);
	EXPECT_EQ(asked, breaks_blocks());
	EXPECT_EQ(w.nr_plans > 0, world_live(&w));
	if (w.nr_plans) {
		EXPECT_EQ(w.plan[0].range[0].first.v, first_of(1));
		EXPECT_EQ(w.plan[0].range[0].last.v, first_of(1) + size - 1);
		EXPECT_EQ(!!(w.plan[0].range[0].flags & PW_FLUSH_TABLES), true);
	}
	expect_leaf(1, 0, 1, false);
	expect_leaf(1, size - world_page_bytes(&w), 1, false);
	/* nothing is left to do */
	EXPECT_EQ(collapse(1, PW_CONTIGUOUS | PW_MAX_LEVEL(1), &res), 0);
	EXPECT_EQ(res.changed, 0);
}

TEST(pages_become_a_block)
{
	each(pages_to_block);
}

/* Without blocks: groups. Then the block after all. */
static void pages_to_groups(void)
{
	uint64_t size = pw_table_leaf_size(&w.pt, 1), page = world_page_bytes(&w);
	struct pw_result res;

	if (!pw_table_contig_lg2(&w.pt, 0) || !map_part(1, 0, size, 0, 0))
		return;
	EXPECT_EQ(collapse(1, PW_CONTIGUOUS | PW_MAX_LEVEL(0), &res), 0);
	EXPECT_EQ(res.changed, size);
	EXPECT_EQ(res.nr_tables, 0);
	EXPECT_EQ(asked, breaks_groups() ? (size / page) >> pw_table_contig_lg2(&w.pt, 0) : 0);
	expect_leaf(1, 0, 0, true);
	expect_leaf(1, page, 0, true);
	expect_leaf(1, size - page, 0, true);
	EXPECT_EQ(collapse(1, PW_CONTIGUOUS | PW_MAX_LEVEL(0), &res), 0);
	EXPECT_EQ(res.changed, 0);
	EXPECT_EQ(collapse(1, PW_MAX_LEVEL(1), &res), 0);
	EXPECT_EQ(res.nr_tables, 1);
	expect_leaf(1, size - page, 1, false);
}

TEST(pages_become_groups_become_a_block)
{
	each(pages_to_groups);
}

/* Blocks, one of them still a table of pages: two levels in one sweep. */
static void two_levels(void)
{
	uint64_t size, block = pw_table_leaf_size(&w.pt, 1);
	struct pw_result res;

	if (!pw_table_leaf_ok(&w.pt, 2))
		return;
	size = pw_table_leaf_size(&w.pt, 2);
	if (w.pt.last.v - w.pt.first.v < 2 * size || 2 * size > w.pt.pa_max)
		return;
	if (!map_part(2, 0, block, 0, 0) || !map_part(2, block, size - block, 1, 0))
		return;
	EXPECT_EQ(collapse(2, PW_MAX_LEVEL(2), &res), 0);
	EXPECT_EQ(res.nr_tables, 2);
	expect_leaf(2, 0, 2, false);
	expect_leaf(2, size - block, 2, false);
}

TEST(two_levels_in_one_sweep)
{
	each(two_levels);
}

/* A hole, other rights in one page, or an output address that is not aligned: nothing. */
static void unlike(void)
{
	uint64_t size = pw_table_leaf_size(&w.pt, 1), page = world_page_bytes(&w);
	struct pw_change ro = { .perm_clear = w.format->no_write };
	struct pw_range one = pw_range_len(first_of(1) + page, page);
	uint32_t flags = PW_CONTIGUOUS;
	struct pw_result res;
	unsigned int lg2 = pw_table_contig_lg2(&w.pt, 0);
	uint64_t rest = lg2 ? size - (page << lg2) : 0; /* every other group */

	if (!map_part(1, 0, size, 0, 0))
		return;
	EXPECT_EQ(pw_protect(&w.pt, one, &ro, 0, NULL, NULL), 0);
	EXPECT_EQ(collapse(1, flags, &res), 0);
	EXPECT_EQ(res.changed, rest);
	EXPECT_EQ(res.nr_tables, 0);
	expect_leaf(1, 0, 0, false);
	expect_leaf(1, size - page, 0, lg2);
	EXPECT_EQ(pw_unmap(&w.pt, one, 0, NULL, NULL), 0);
	EXPECT_EQ(collapse(1, flags, &res), 0);
	EXPECT_EQ(res.changed, 0);
	EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(first_of(1), size), 0, NULL, NULL), 0);
	if (!map_part(1, 0, size, 0, page))
		return;
	EXPECT_EQ(collapse(1, flags, &res), 0);
	EXPECT_EQ(res.changed, 0);
}

TEST(what_is_not_alike_stays)
{
	each(unlike);
}

/* A range that covers a part of the table: no block, and no group that it cuts. */
static void partial(void)
{
	uint64_t size = pw_table_leaf_size(&w.pt, 1), page = world_page_bytes(&w);
	struct pw_sweep sweep = { .range = pw_range_len(first_of(1) + page, size - page),
				  .next = pw_va_of(first_of(1) + page),
				  .budget = UINT64_MAX };
	struct pw_result res;

	if (!map_part(1, 0, size, 0, 0))
		return;
	EXPECT_EQ(pw_collapse(&w.pt, &sweep, PW_CONTIGUOUS, NULL, &res), 0);
	EXPECT_EQ(res.nr_tables, 0);
	expect_leaf(1, page, 0, false);
	expect_leaf(1, size - page, 0, pw_table_contig_lg2(&w.pt, 0));
}

TEST(a_range_that_covers_a_part)
{
	each(partial);
}

/* may_fault() says no: refused where it would be broken, and named; else not asked. */
static void refused(void)
{
	uint64_t size = pw_table_leaf_size(&w.pt, 1);
	bool broken = breaks_blocks();
	struct pw_result res;

	if (!map_part(1, 0, size, 0, 0))
		return;
	answer = false;
	EXPECT_EQ(collapse(1, 0, &res), broken ? PW_EBUSY : 0);
	EXPECT_EQ(res.nr_tables, !broken);
	expect_leaf(1, 0, !broken, false);
	if (!broken)
		return;
	EXPECT_EQ(res.where.first.v, first_of(1));
	EXPECT_EQ(res.where.last.v, first_of(1) + size - 1);
	EXPECT_EQ(res.level, 1);
	w.env.may_fault = NULL;
	EXPECT_EQ(collapse(1, 0, &res), PW_EBUSY);
}

TEST(refused_where_it_may_not_fault)
{
	each(refused);
}

/* A budget of one table, three tables: three calls, each a block further. */
static void budget(void)
{
	uint64_t size = pw_table_leaf_size(&w.pt, 1);
	struct pw_sweep sweep = { .range = pw_range_len(first_of(1), 3 * size),
				  .next = pw_va_of(first_of(1)) };
	struct pw_result res;

	if (w.pt.last.v - w.pt.first.v < 4 * size || 4 * size > w.pt.pa_max ||
	    !map_part(1, 0, 3 * size, 0, 0))
		return;
	for (unsigned int i = 1; i <= 3; i++) {
		EXPECT_EQ(sweep.done, false);
		sweep.budget = 1;
		EXPECT_EQ(pw_collapse(&w.pt, &sweep, PW_MAX_LEVEL(1), NULL, &res), 0);
		EXPECT_EQ(res.nr_tables, 1);
		EXPECT_EQ(sweep.budget, 0);
		expect_leaf(1, (i - 1) * size, 1, false);
		if (i < 3) {
			EXPECT_EQ(sweep.next.v, first_of(1) + i * size);
			expect_leaf(1, i * size, 0, false);
		}
	}
	EXPECT_EQ(sweep.done, true);
}

TEST(a_budget_and_where_it_stopped)
{
	each(budget);
}

/* Hardware's last word: one page is written to while its table is being taken away. */
static uint64_t *late_slot, late_value;
static uint32_t nr_late;

static void late(struct world *world, uint64_t *slot)
{
	(void)world;
	if (nr_late++ == 0 && slot != late_slot)
		*late_slot = late_value;
}

TEST(use_is_not_lost)
{
	for (unsigned int live = 1; live < 5; live++) {
		struct pw_translation t;
		struct pw_attr attr;
		struct pw_change c = { .flags_clear = PW_ATTR_ACCESSED | PW_ATTR_DIRTY };
		uint64_t size;

		if (!open_world(WORLD_X86_64, true, live))
			return;
		size = pw_table_leaf_size(&w.pt, 1);
		if (!map_part(1, 0, size, 0, 0))
			return;
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(first_of(1), size), &c, 0, NULL, NULL), 0);
		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(1) + 4096 * 7), &t), 0);
		late_slot = world_slot(&w, t.step[t.nr_steps - 1].entry_pa.v & ~4095ull, 7);
		late_value = *late_slot | 0x60; /* A, D */
		nr_late = 0;
		w.on_store = late;
		EXPECT_EQ(collapse(1, 0, NULL), 0);
		w.on_store = NULL;
		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(1)), &t), 0);
		EXPECT_EQ(t.level, 1);
		EXPECT_EQ(pw_attr_decode(&w.pt, t.entry, t.level, &attr), 0);
		EXPECT_EQ(attr.flags & (PW_ATTR_ACCESSED | PW_ATTR_DIRTY),
			  PW_ATTR_ACCESSED | PW_ATTR_DIRTY);
		EXPECT_EQ(nr_late > 0, true);
		world_close(&w);
	}
}

/* What the entry holds while the invalidation of the table runs: nothing, nT, or the leaf. */
static const uint64_t *watched;
static uint64_t seen[8];
static uint32_t nr_seen;
static void (*really_run)(void *ctx, const struct pw_plan *plan);

static void run(void *ctx, const struct pw_plan *plan)
{
	if (nr_seen < 8)
		seen[nr_seen++] = *watched;
	really_run(ctx, plan);
}

TEST(what_is_there_meanwhile)
{
	for (unsigned int i = 0; i < 4 * WORLD_X86_64; i++) { /* every format of arm64 */
		/* FEAT_BBM 2 where aborts are handled, as open_world() says, is in place */
		static const uint64_t want[] = { 0, 1ull << 16, 0, 0 };
		uint64_t bytes, pa;
		struct pw_translation t;
		unsigned int live = i % 4 + 1;

		if (!open_world(i / 4, false, live) ||
		    !map_part(1, 0, pw_table_leaf_size(&w.pt, 1), 0, 0))
			return;
		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(1)), &t), 0);
		bytes = 8ull << w.format->index_lg2;
		pa = t.step[t.nr_steps - 2].entry_pa.v;
		watched = world_slot(&w, pa & ~(bytes - 1), (pa & (bytes - 1)) / 8);
		really_run = w.exec.run;
		w.exec.run = run;
		nr_seen = 0;
		EXPECT_EQ(collapse(1, 0, NULL), 0);
		EXPECT_EQ(nr_seen > 0, true);
		EXPECT_EQ(!!seen[0], live > 1);
		/* what follows on nothing, or on nT, must be seen; else it was all along */
		EXPECT_EQ(w.plan[w.nr_plans - 1].plan.publish, live <= 2);
		/* nT and nothing else is different from the block that is to be */
		EXPECT_EQ(live > 1 ? seen[0] ^ *watched : 0, want[live - 1]);
		EXPECT_EQ(*watched & 1ull << 16, 0); /* and not for good */
		EXPECT_EQ(*watched & 3u, 1);
		world_close(&w);
	}
}

/* A table that takes writing away: a leaf in its place would give it back. */
TEST(a_table_that_takes_rights_away)
{
	struct pw_translation t;
	struct pw_result res;

	if (!open_world(WORLD_X86_64, false, 0) ||
	    !map_part(1, 0, pw_table_leaf_size(&w.pt, 1), 0, 0))
		return;
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(1)), &t), 0);
	*world_slot(&w, t.step[t.nr_steps - 2].entry_pa.v & ~4095ull,
		    (t.step[t.nr_steps - 2].entry_pa.v & 4095u) / 8) &= ~2ull;
	EXPECT_EQ(collapse(1, 0, &res), 0);
	EXPECT_EQ(res.changed, 0);
	expect_leaf(1, 0, 0, false);
	world_close(&w);
}

/* A table that makes what is below it global (RISC-V): the leaf in its place says so itself. */
TEST(a_table_that_is_global)
{
	for (unsigned int i = 0; i < 6; i++) {
		struct pw_attr attr;
		struct pw_translation t;
		uint64_t size;

		if (!open_world(WORLD_RISCV64, i & 1, i & 2 ? 1 : 0))
			return;
		size = pw_table_leaf_size(&w.pt, 1);
		attr = world_attr(&w, PW_PERM_W);
		attr.flags &= ~PW_ATTR_GLOBAL;
		EXPECT_EQ(pw_map(&w.pt, pw_range_len(first_of(1), size), pw_pa_of(size), &attr,
				 PW_MAX_LEVEL(0), NULL, NULL),
			  0);
		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(1)), &t), 0);
		if (i < 4)
			*world_slot(&w, t.step[t.nr_steps - 2].entry_pa.v & ~4095ull,
				    (t.step[t.nr_steps - 2].entry_pa.v & 4095u) / 8) |= 1u << 5;
		EXPECT_EQ(collapse(1, PW_MAX_LEVEL(1), NULL), 0);
		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(1)), &t), 0);
		EXPECT_EQ(t.level, 1);
		EXPECT_EQ(pw_attr_decode(&w.pt, t.entry, 1, &attr), 0);
		EXPECT_EQ(!!(attr.flags & PW_ATTR_GLOBAL), i < 4);
		world_close(&w);
	}
}

static void expect_invalid(unsigned int want, bool hint)
{
	struct pw_translation t;
	struct pw_attr attr;

	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first_of(1)), &t), PW_ENOENT);
	EXPECT_EQ(t.kind, PW_KIND_INVALID);
	EXPECT_EQ(t.level, want);
	EXPECT_EQ(t.pa.v, pw_table_leaf_size(&w.pt, 1));
	EXPECT_EQ(pw_attr_decode(&w.pt, t.entry, t.level, &attr), 0);
	EXPECT_EQ(!!(attr.flags & PW_ATTR_CONTIGUOUS), hint);
}

/* Present-but-invalid leaves that are alike become one, or groups, that is so, too; with one that
   is valid among them they stay. Nobody is asked: nothing there could be used. */
static void invalid(void)
{
	uint64_t size = pw_table_leaf_size(&w.pt, 1), page = world_page_bytes(&w);
	struct pw_range all = pw_range_len(first_of(1), size);
	struct pw_range last = pw_range_len(first_of(1) + size - page, page);
	struct pw_change off = { .flags_clear = PW_ATTR_VALID };
	struct pw_change on = { .flags_set = w.format->base & (PW_ATTR_VALID | PW_ATTR_GLOBAL) };
	uint64_t group = page << pw_table_contig_lg2(&w.pt, 0);
	struct pw_result res;

	if (!w.format->can_be_invalid || !map_part(1, 0, size, 0, 0))
		return;
	EXPECT_EQ(pw_protect(&w.pt, all, &off, 0, NULL, NULL), 0);
	EXPECT_EQ(pw_protect(&w.pt, last, &on, 0, NULL, NULL), 0);
	answer = false;
	EXPECT_EQ(collapse(1, PW_MAX_LEVEL(1), &res), 0);
	EXPECT_EQ(res.changed, 0);
	world_forget(&w);
	EXPECT_EQ(collapse(1, PW_CONTIGUOUS | PW_MAX_LEVEL(0), &res), 0);
	EXPECT_EQ(res.changed, group > page ? size - group : 0);
	EXPECT_EQ(w.nr_plans, 0);
	expect_invalid(0, group > page);
	EXPECT_EQ(pw_protect(&w.pt, last, &off, 0, NULL, NULL), 0);
	world_forget(&w);
	EXPECT_EQ(collapse(1, PW_CONTIGUOUS | PW_MAX_LEVEL(1), &res), 0);
	EXPECT_EQ(res.changed, size);
	EXPECT_EQ(res.nr_tables, 1);
	EXPECT_EQ(asked, 0);
	/* walks may be cached, and nothing becomes valid */
	EXPECT_EQ(w.nr_plans, world_live(&w));
	EXPECT_EQ(w.plan[0].plan.publish, 0);
	expect_invalid(1, false);
	EXPECT_EQ(pw_protect(&w.pt, all, &on, 0, NULL, NULL), 0);
	expect_leaf(1, size - page, 1, false);
}

TEST(invalid_leaves_become_one_that_is_invalid)
{
	each(invalid);
}

TEST(arguments)
{
	struct pw_sweep s = { 0 };

	if (!open_world(WORLD_ARM64, false, 0))
		return;
	s.range = pw_range_len(w.pt.first.v, 8192);
	s.next.v = w.pt.first.v + 8192;
	EXPECT_EQ(pw_collapse(&w.pt, &s, 0, NULL, NULL), PW_EINVAL);
	s.next.v = w.pt.first.v;
	EXPECT_EQ(pw_collapse(&w.pt, &s, PW_STRICT, NULL, NULL), PW_EINVAL);
	EXPECT_EQ(pw_collapse(&w.pt, NULL, 0, NULL, NULL), PW_EINVAL);
	w.pt.reshaper = NULL;
	EXPECT_EQ(pw_collapse(&w.pt, &s, 0, NULL, NULL), PW_EOPNOTSUPP);
	world_close(&w);
}
