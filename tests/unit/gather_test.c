/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The gather: merging of ranges, full flushes, the order in which unlinked tables come back; lazy
 * MMU mode, state by state; and errors.
 */
#include "gather_env.h"

/* Initialisation and the empty gather */

TEST(init_refuses_what_cannot_work)
{
	struct pw_executor bad;

	setup();
	EXPECT_EQ(pw_gather_init(NULL, &exec, slots, 1), PW_EINVAL);
	EXPECT_EQ(pw_gather_init(&g, NULL, slots, 1), PW_EINVAL);
	EXPECT_EQ(pw_gather_init(&g, &exec, NULL, 1), PW_EINVAL);
	bad = exec;
	bad.run = NULL;
	EXPECT_EQ(pw_gather_init(&g, &bad, slots, 1), PW_EINVAL);
	bad = exec;
	bad.size = 0;
	EXPECT_EQ(pw_gather_init(&g, &bad, slots, 1), PW_EINVAL);
	EXPECT_EQ(pw_gather_init(&g, &exec, NULL, 0), 0);
	EXPECT_EQ(g.size, sizeof(g));
	EXPECT_EQ(g.max_pages, 512);
	bad = exec;
	bad.max_pages = 1u << 21; /* as with range operations */
	EXPECT_EQ(pw_gather_init(&g, &bad, slots, 1), 0);
	EXPECT_EQ(g.max_pages, 1u << 21);
}

TEST(empty_gather_owes_nothing)
{
	struct pw_plan plan;

	setup();
	EXPECT(!pw_gather_owes(&g));
	EXPECT_EQ(pw_gather_flush(&g), 0);
	EXPECT_EQ(rec.plans, 0);
	pw_gather_plan(&g, &plan);
	EXPECT_EQ(plan.size, sizeof(plan));
	EXPECT(pw_plan_empty(&plan));
}

TEST(plan_shows_what_is_owed)
{
	struct pw_flush f = pages(0x1000, 0x2fff);
	struct pw_plan plan;

	setup();
	pw_lazy_enable(&g, &env);
	pw_gather_publish(&g, &env);
	pw_gather_stale(&g, &env, &f, PW_BEFORE_ALL);
	pw_gather_plan(&g, &plan);
	EXPECT_EQ(rec.plans, 0);
	EXPECT(pw_gather_owes(&g));
	EXPECT_EQ(plan.publish, 1);
	EXPECT_EQ(plan.before, PW_BEFORE_ALL);
	EXPECT_EQ(plan.full, 0);
	EXPECT_EQ(plan.nr_ranges, 1);
	EXPECT_EQ(plan.ranges[0].last.v, 0x2fff);
	EXPECT_EQ(pw_gather_flush(&g), 1);
	EXPECT_EQ(rec.plan.publish, 1);
	EXPECT_EQ(rec.plan.before, PW_BEFORE_ALL);
	EXPECT_EQ(rec.range[0].first.v, 0x1000);
	EXPECT(!pw_gather_owes(&g));
	EXPECT_EQ(g.owed.before, PW_BEFORE_NOTHING);
}

TEST(stale_range_that_is_none_goes_to_the_assert_hook)
{
	struct pw_flush f = pages(0x2000, 0x1fff);

	setup();
	pw_gather_stale(&g, &env, &f, PW_BEFORE_ALL);
	EXPECT_EQ(rec.asserts, 1);
	f = pages(0, 0xfff);
	f.regime = PW_NR_REGIMES;
	pw_gather_stale(&g, &env, &f, PW_BEFORE_ALL);
	EXPECT_EQ(rec.asserts, 2);
	f = pages(0, 0xfff);
	f.page_lg2 = 64;
	pw_gather_stale(&g, &env, &f, PW_BEFORE_ALL);
	EXPECT_EQ(rec.asserts, 3);
	f = pages(0, 0xfff);
	pw_gather_stale(&g, &env, &f, PW_BEFORE_ALL + 1);
	EXPECT_EQ(rec.asserts, 4);
	EXPECT_EQ(rec.bug, PW_BUG_STALE_RANGE);
	EXPECT_EQ(rec.plans, 0);
	EXPECT(!pw_gather_owes(&g));
}

/* Ranges */

TEST(note_never_pays)
{
	setup();
	note(0x1000, 0x1fff);
	pw_gather_note(&g, 1, NULL, PW_BEFORE_NOTHING);
	EXPECT_EQ(rec.plans, 0);
	EXPECT_EQ(g.owed.publish, 1);
	EXPECT_EQ(pw_gather_settle(&g, &env), 1);
	EXPECT_EQ(rec.plans, 1);
}

TEST(strongest_before_wins)
{
	struct pw_flush f = pages(0x1000, 0x1fff);

	setup();
	pw_gather_note(&g, 0, &f, PW_BEFORE_ALL);
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	EXPECT_EQ(g.owed.before, PW_BEFORE_ALL);
}

TEST(merge_adjacent_and_overlapping)
{
	setup();
	note(0x3000, 0x3fff);
	note(0x4000, 0x4fff); /* right behind */
	EXPECT_EQ(g.owed.nr_ranges, 1);
	note(0x2000, 0x2fff); /* right before */
	EXPECT_EQ(g.owed.nr_ranges, 1);
	note(0x1000, 0x2fff); /* overlaps */
	note(0x3000, 0x3fff); /* inside */
	EXPECT_EQ(g.owed.nr_ranges, 1);
	EXPECT(has_range(0x1000, 0x4fff));
	note(0x0000, 0x5fff); /* around */
	EXPECT_EQ(g.owed.nr_ranges, 1);
	EXPECT(has_range(0x0000, 0x5fff));
	note(0x7000, 0x7fff); /* a page away */
	EXPECT_EQ(g.owed.nr_ranges, 2);
}

TEST(merge_closes_gaps_between_older_ranges)
{
	setup();
	note(0x1000, 0x1fff);
	note(0x5000, 0x5fff);
	note(0x3000, 0x3fff);
	note(0x9000, 0x9fff);
	EXPECT_EQ(g.owed.nr_ranges, 4);
	note(0x2000, 0x4fff);
	EXPECT_EQ(g.owed.nr_ranges, 2);
	EXPECT(has_range(0x1000, 0x5fff));
	EXPECT(has_range(0x9000, 0x9fff));
}

TEST(merge_widens_to_whole_pages)
{
	setup();
	note(0x1800, 0x1800);
	EXPECT(has_range(0x1000, 0x1fff));
	note(0x2001, 0x2001);
	EXPECT_EQ(g.owed.nr_ranges, 1);
	EXPECT(has_range(0x1000, 0x2fff));
}

TEST(merge_does_not_wrap_at_the_ends)
{
	setup();
	note(0, 0xfff);
	note(TOP - 0xfff, TOP);
	EXPECT_EQ(g.owed.nr_ranges, 2);
	note(TOP - 0x1fff, TOP - 0x1000);
	EXPECT_EQ(g.owed.nr_ranges, 2);
	EXPECT(has_range(TOP - 0x1fff, TOP));
	EXPECT(has_range(0, 0xfff));
	note(TOP - 0xfff, TOP); /* inside one that ends at the top */
	EXPECT_EQ(g.owed.nr_ranges, 2);
	EXPECT_EQ(g.owed.full, 0);
}

TEST(merge_only_with_equal_tags)
{
	struct pw_flush f = pages(0x2000, 0x2fff);

	setup();
	note(0x1000, 0x1fff);
	f.asid = 2;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	f.asid = 1;
	f.flags = PW_FLUSH_TABLES;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	f.flags = PW_FLUSH_ANY_ASID;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	f.flags = 0;
	f.regime = PW_REGIME_EL2;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	f.regime = PW_REGIME_EL10;
	f.level = 1;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	f.level = 0;
	f.page_lg2 = 13;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	EXPECT_EQ(g.owed.nr_ranges, 7);
	EXPECT_EQ(g.owed.full, 0);
}

TEST(merge_ignores_the_asid_of_any_asid)
{
	struct pw_flush f = pages(0x1000, 0x1fff);

	setup();
	f.flags = PW_FLUSH_ANY_ASID;
	f.asid = 7;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	f.first.v += 0x1000;
	f.last.v += 0x1000;
	f.asid = 8;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	EXPECT_EQ(g.owed.nr_ranges, 1);
}

/* Random notes with two tags against a set of pages: the same set, in ranges that never meet. */
static void check_against(const bool noted[2][64])
{
	bool held[2][64] = { { false } };

	for (uint32_t i = 0; i < g.owed.nr_ranges; i++) {
		unsigned int tag = slots[i].flags;

		EXPECT(slots[i].first.v <= slots[i].last.v);
		for (uint64_t p = slots[i].first.v / 4096; p <= slots[i].last.v / 4096; p++) {
			EXPECT(!held[tag][p]);
			held[tag][p] = true;
		}
		for (uint32_t k = 0; k < g.owed.nr_ranges; k++)
			EXPECT(slots[k].flags != tag || slots[k].first.v != slots[i].last.v + 1);
	}
	for (unsigned int p = 0; p < 64; p++)
		EXPECT(held[0][p] == noted[0][p] && held[1][p] == noted[1][p]);
}

TEST(merge_holds_exactly_what_was_noted)
{
	uint64_t seed = 20260501;

	for (unsigned int round = 0; round < 500; round++) {
		bool noted[2][64] = { { false } };

		setup();
		while (!g.owed.full) {
			struct pw_flush f;
			uint64_t first, nr;

			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			first = seed >> 58;
			nr = (seed >> 50 & 7) + 1;
			if (first + nr > 64)
				break;
			f = pages(first * 4096, (first + nr) * 4096 - 1);
			f.flags = seed >> 40 & PW_FLUSH_TABLES;
			pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
			for (uint64_t p = first; p < first + nr; p++)
				noted[f.flags][p] = true;
			if (!g.owed.full)
				check_against((const bool(*)[64])noted);
		}
	}
}

/* Full flushes */

TEST(overflow_with_no_slots)
{
	setup_slots(0);
	note(0x1000, 0x1fff);
	EXPECT_EQ(g.owed.nr_ranges, 0);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
	EXPECT_EQ(pw_gather_flush(&g), 1);
	EXPECT_EQ(rec.plan.full, 1u << PW_REGIME_EL10);
	EXPECT_EQ(rec.plan.before, PW_BEFORE_STORES);
	EXPECT(!pw_gather_owes(&g));
}

TEST(overflow_with_one_slot)
{
	setup_slots(1);
	note(0x1000, 0x1fff);
	note(0x2000, 0x2fff);
	EXPECT_EQ(g.owed.nr_ranges, 1);
	EXPECT_EQ(g.owed.full, 0);
	note(0x8000, 0x8fff);
	EXPECT_EQ(g.owed.nr_ranges, 0);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
	note(0x9000, 0x9fff); /* covered */
	EXPECT_EQ(g.owed.nr_ranges, 0);
}

TEST(overflow_with_many_slots)
{
	setup();
	for (uint64_t i = 0; i < NR_SLOTS; i++)
		note(i * 0x2000, i * 0x2000 + 0xfff);
	EXPECT_EQ(g.owed.nr_ranges, NR_SLOTS);
	EXPECT_EQ(g.owed.full, 0);
	note(0x1000, 0x1fff); /* fits: it joins two */
	EXPECT_EQ(g.owed.nr_ranges, NR_SLOTS - 1);
	note(0x800000, 0x800fff);
	EXPECT_EQ(g.owed.nr_ranges, NR_SLOTS);
	note(0x900000, 0x900fff);
	EXPECT_EQ(g.owed.nr_ranges, 0);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
}

TEST(overflow_keeps_other_regimes)
{
	struct pw_flush f = pages(0x1000, 0x1fff);

	setup_slots(3);
	note(0x1000, 0x1fff);
	f.regime = PW_REGIME_EL2;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	note(0x5000, 0x5fff);
	note(0x9000, 0x9fff);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
	EXPECT_EQ(g.owed.nr_ranges, 1);
	EXPECT_EQ(slots[0].regime, PW_REGIME_EL2);
	f.regime = PW_REGIME_EL3;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	f.regime = PW_REGIME_EL20;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	f.first.v = f.last.v = 0x7000;
	f.regime = PW_REGIME_EL3;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10 | 1u << PW_REGIME_EL3);
	EXPECT_EQ(g.owed.nr_ranges, 2);
}

TEST(threshold)
{
	setup();
	note(0, 256 * 4096 - 1);
	note(1024 * 4096, 1280 * 4096 - 1);
	EXPECT_EQ(g.owed.full, 0); /* 512 pages in two ranges */
	note(0x800000, 0x800fff);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
	EXPECT_EQ(g.owed.nr_ranges, 0);
}

TEST(threshold_of_one_range)
{
	setup();
	note(0, 512 * 4096 - 1);
	EXPECT_EQ(g.owed.full, 0);
	EXPECT_EQ(g.owed.nr_ranges, 1);
	pw_gather_flush(&g);
	note(0, 512 * 4096);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
	pw_gather_flush(&g);
	g.max_pages = 1;
	note(0, 0xfff);
	EXPECT_EQ(g.owed.full, 0);
	note(0x1000, 0x1fff);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
}

TEST(threshold_counts_pages_of_their_size)
{
	struct pw_flush f = pages(0, (512ull << 21) - 1);

	setup();
	f.page_lg2 = 21;
	f.level = 1;
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	EXPECT_EQ(g.owed.full, 0);
	EXPECT_EQ(g.owed.nr_ranges, 1);
}

TEST(threshold_of_the_whole_address_space)
{
	struct pw_flush f = pages(0, TOP);

	setup();
	note(0, TOP);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
	pw_gather_flush(&g);
	f.page_lg2 = 0; /* 2^64 pages */
	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
	pw_gather_flush(&g);
	g.max_pages = 0; /* never */
	note(0, TOP);
	EXPECT_EQ(g.owed.full, 0);
	EXPECT_EQ(g.owed.nr_ranges, 1);
}

/* Freed tables */

static void queue(unsigned int n)
{
	arena[n][0] = TOP;
	pw_gather_admit(&g, &table);
	pw_gather_queue_table(&g, &table, table_pa(n), arena[n]);
}

static void expect_freed_after_run(unsigned int nr)
{
	unsigned int seen = 0;

	EXPECT_EQ(rec.nr, nr + 1);
	EXPECT_EQ(rec.event[0], RUN);
	for (unsigned int i = 1; i <= nr; i++) {
		EXPECT_EQ(rec.event[i], FREE);
		seen |= 1u << (rec.freed[i].v - BASE_PA) / 4096;
	}
	EXPECT_EQ(seen, (1u << nr) - 1);
}

TEST(freed_tables_come_back_after_the_invalidation)
{
	setup();
	pw_lazy_enable(&g, &env);
	note(0, 0xfff);
	for (unsigned int i = 0; i < NR_TABLES; i++) {
		queue(i);
		/* Low bits clear: no walker takes it for a present entry. */
		EXPECT_EQ(arena[i][0] & 0xfff, 0);
	}
	EXPECT_EQ(rec.nr, 0);
	EXPECT(pw_gather_owes(&g));
	pw_lazy_disable(&g, &env);
	EXPECT_EQ(rec.plan.nr_freed, NR_TABLES);
	expect_freed_after_run(NR_TABLES);
	EXPECT(!pw_gather_owes(&g));
}

TEST(freed_tables_go_through_the_grace_period)
{
	setup();
	exec.free_after_grace = rec_grace;
	env.put_table = NULL;
	note(0, 0xfff);
	queue(0);
	queue(1);
	pw_gather_flush(&g);
	expect_freed_after_run(2);
}

TEST(freed_tables_without_a_plan)
{
	setup();
	queue(2);
	EXPECT(pw_gather_owes(&g));
	EXPECT_EQ(pw_gather_flush(&g), 0);
	EXPECT_EQ(rec.nr, 1);
	EXPECT_EQ(rec.event[0], FREE);
	EXPECT(!pw_gather_owes(&g));
}

TEST(freed_tables_through_hooks)
{
	setup();
	env.phys_offset = 0;
	env.phys_to_virt = hook_virt;
	env.load = hook_load;
	env.store = hook_store;
	env.cas = hook_cas;
	init_table(&pw_arm64_4k_hooked);
	note(0, 0xfff);
	for (unsigned int i = 0; i < NR_TABLES; i++)
		queue(i);
	EXPECT_EQ(rec.hook_stores, NR_TABLES); /* one store each */
	pw_gather_flush(&g);
	expect_freed_after_run(NR_TABLES);
	EXPECT_EQ(rec.hook_stores, NR_TABLES);
	EXPECT_EQ(rec.hook_loads, NR_TABLES);
}

TEST(freed_tables_in_metadata)
{
	setup();
	env.table_metadata = hook_metadata;
	note(0, 0xfff);
	for (unsigned int i = 0; i < NR_TABLES; i++) {
		queue(i);
		EXPECT_EQ(arena[i][0], TOP); /* untouched */
	}
	pw_gather_flush(&g);
	expect_freed_after_run(NR_TABLES);
	EXPECT_EQ(rec.metadata, 2 * NR_TABLES);
}

static void *no_virt(void *ctx, struct pw_pa pa, uint32_t len)
{
	(void)ctx;
	(void)pa;
	(void)len;
	return NULL;
}

TEST(freed_table_out_of_reach_goes_to_the_assert_hook)
{
	setup();
	queue(0);
	env.phys_to_virt = no_virt;
	pw_gather_flush(&g);
	EXPECT_EQ(rec.asserts, 1);
	EXPECT_EQ(rec.bug, PW_BUG_LOST_TABLE);
	EXPECT_EQ(rec.nr, 0);
	EXPECT(!pw_gather_owes(&g));
}

TEST(freed_tables_of_another_environment_flush_first)
{
	struct pw_env other;

	setup();
	other = env;
	pw_lazy_enable(&g, &env);
	note(0, 0xfff);
	queue(0);
	queue(1);
	table.env = &other;
	queue(2);
	expect_freed_after_run(2);
	EXPECT_EQ(g.owed.nr_freed, 1);
	note(0, 0xfff);
	pw_lazy_disable(&g, &env);
	EXPECT_EQ(rec.nr, 5);
	EXPECT_EQ(rec.event[3], RUN);
	EXPECT_EQ(rec.event[4], FREE);
	EXPECT_EQ(rec.freed[4].v, table_pa(2).v);
}

/* The size of a table is what phys_to_virt() is asked for, so one queue holds one size. */
TEST(freed_tables_of_another_format_flush_first)
{
	setup();
	note(0, 0xfff);
	queue(0);
	init_table(&pw_fake_direct);
	queue(1);
	expect_freed_after_run(1);
	EXPECT_EQ(g.owed.nr_freed, 1);
	pw_gather_flush(&g);
	EXPECT_EQ(rec.nr, 3);
	EXPECT_EQ(rec.event[2], FREE);
}

/* Lazy MMU mode: when may a debt wait, when is it paid? */

TEST(lazy_off_pays_at_once)
{
	struct pw_flush f = pages(0x1000, 0x1fff);

	setup();
	pw_gather_publish(&g, &env);
	EXPECT_EQ(rec.plans, 1);
	EXPECT_EQ(rec.plan.publish, 1);
	EXPECT_EQ(rec.plan.nr_ranges, 0);
	pw_gather_stale(&g, &env, &f, PW_BEFORE_STORES);
	EXPECT_EQ(rec.plans, 2);
	EXPECT_EQ(rec.plan.publish, 0);
	EXPECT_EQ(rec.plan.nr_ranges, 1);
	EXPECT(!pw_gather_owes(&g));
}

TEST(lazy_active_after_enable)
{
	setup();
	EXPECT(!pw_lazy_active(&g, &env));
	pw_lazy_enable(&g, &env);
	EXPECT(pw_lazy_active(&g, &env));
	EXPECT(pw_lazy_active(&g, NULL));
	pw_gather_publish(&g, &env);
	EXPECT_EQ(rec.plans, 0);
	EXPECT_EQ(pw_gather_settle(&g, &env), 0);
	EXPECT_EQ(rec.plans, 0);
}

TEST(lazy_active_after_nested_enable_and_nested_disable)
{
	setup();
	pw_lazy_enable(&g, &env);
	pw_lazy_enable(&g, &env);
	EXPECT(pw_lazy_active(&g, &env));
	pw_lazy_disable(&g, &env);
	EXPECT(pw_lazy_active(&g, &env));
	pw_gather_publish(&g, &env);
	EXPECT_EQ(rec.plans, 0);
}

TEST(lazy_nested_disable_flushes)
{
	setup();
	pw_lazy_enable(&g, &env);
	pw_lazy_enable(&g, &env);
	pw_gather_publish(&g, &env);
	pw_lazy_disable(&g, &env);
	EXPECT_EQ(rec.plans, 1);
	EXPECT(!pw_gather_owes(&g));
}

TEST(lazy_inactive_in_pause)
{
	setup();
	pw_lazy_enable(&g, &env);
	pw_gather_publish(&g, &env);
	pw_lazy_pause(&g, &env);
	EXPECT_EQ(rec.plans, 1); /* the first pause flushes */
	EXPECT(!pw_lazy_active(&g, &env));
	pw_gather_publish(&g, &env);
	EXPECT_EQ(rec.plans, 2);
	EXPECT_EQ(pw_gather_settle(&g, &env), 0);
}

TEST(lazy_enable_disable_pause_resume_inside_pause_stay_inactive)
{
	setup();
	pw_lazy_enable(&g, &env);
	pw_lazy_pause(&g, &env);
	pw_lazy_enable(&g, &env);
	EXPECT(!pw_lazy_active(&g, &env));
	pw_lazy_disable(&g, &env);
	EXPECT(!pw_lazy_active(&g, &env));
	pw_lazy_pause(&g, &env);
	EXPECT(!pw_lazy_active(&g, &env));
	pw_lazy_resume(&g, &env);
	EXPECT(!pw_lazy_active(&g, &env));
	/* More disables than enables, all of them inside the pause: none counts. */
	pw_lazy_disable(&g, &env);
	pw_lazy_disable(&g, &env);
	EXPECT_EQ(rec.asserts, 0);
	EXPECT_EQ(g.enable_count, 1);
	pw_lazy_resume(&g, &env);
	EXPECT(pw_lazy_active(&g, &env));
}

TEST(lazy_active_after_resume)
{
	setup();
	pw_lazy_enable(&g, &env);
	pw_lazy_pause(&g, &env);
	pw_lazy_resume(&g, &env);
	EXPECT(pw_lazy_active(&g, &env));
	pw_gather_publish(&g, &env);
	EXPECT_EQ(rec.plans, 0);
}

TEST(lazy_inactive_after_last_disable)
{
	setup();
	pw_lazy_enable(&g, &env);
	pw_lazy_enable(&g, &env);
	pw_lazy_disable(&g, &env);
	pw_gather_publish(&g, &env);
	pw_lazy_disable(&g, &env);
	EXPECT_EQ(rec.plans, 1);
	EXPECT(!pw_lazy_active(&g, &env));
	pw_gather_publish(&g, &env);
	EXPECT_EQ(rec.plans, 2);
}

TEST(lazy_pause_without_enable)
{
	setup();
	pw_lazy_pause(&g, &env);
	pw_lazy_enable(&g, &env);
	pw_lazy_resume(&g, &env);
	EXPECT(!pw_lazy_active(&g, &env));
	EXPECT_EQ(rec.asserts, 0);
}

TEST(lazy_interrupt_pays_at_once)
{
	struct pw_flush f = pages(0x1000, 0x1fff);

	setup();
	pw_lazy_enable(&g, &env);
	note(0x8000, 0x8fff);
	rec.in_interrupt = true;
	EXPECT(!pw_lazy_active(&g, &env));
	pw_gather_publish(&g, &env);
	EXPECT_EQ(rec.plans, 1);
	EXPECT_EQ(rec.plan.publish, 1);
	EXPECT_EQ(rec.plan.nr_ranges, 0);
	pw_gather_stale(&g, &env, &f, PW_BEFORE_ALL);
	EXPECT_EQ(rec.plans, 2);
	EXPECT_EQ(rec.plan.before, PW_BEFORE_ALL);
	EXPECT_EQ(rec.plan.nr_ranges, 1);
	EXPECT_EQ(rec.range[0].first.v, 0x1000);
	/* The interrupted task's debt is where it was: a handler may come in the middle of it. */
	EXPECT_EQ(g.owed.nr_ranges, 1);
	EXPECT(has_range(0x8000, 0x8fff));
	EXPECT_EQ(g.owed.before, PW_BEFORE_STORES);
	EXPECT_EQ(g.owed.publish, 0);
	f.last.v = 0x2fff;
	g.max_pages = 1; /* holds there as well */
	pw_gather_stale(&g, &env, &f, PW_BEFORE_ALL);
	EXPECT_EQ(rec.plan.nr_ranges, 0);
	EXPECT_EQ(rec.plan.full, 1u << PW_REGIME_EL10);
	EXPECT_EQ(pw_gather_settle(&g, &env), 1);
	rec.in_interrupt = false;
	EXPECT(pw_lazy_active(&g, &env));
}

TEST(lazy_interrupt_mode_calls_do_nothing)
{
	setup();
	rec.in_interrupt = true;
	pw_lazy_enable(&g, &env);
	pw_lazy_pause(&g, &env);
	EXPECT_EQ(g.enable_count, 0);
	EXPECT_EQ(g.pause_count, 0);
	rec.in_interrupt = false;
	pw_lazy_enable(&g, &env);
	pw_gather_publish(&g, &env);
	rec.in_interrupt = true;
	pw_lazy_disable(&g, &env);
	pw_lazy_resume(&g, &env);
	EXPECT_EQ(rec.asserts, 0);
	EXPECT_EQ(rec.plans, 0);
	rec.in_interrupt = false;
	EXPECT(pw_lazy_active(&g, &env));
}

TEST(lazy_unbalanced_calls_go_to_the_assert_hook)
{
	setup();
	pw_lazy_disable(&g, &env);
	EXPECT_EQ(rec.asserts, 1);
	EXPECT_EQ(rec.bug, PW_BUG_LAZY_DISABLE);
	EXPECT_EQ(g.enable_count, 0);
	pw_lazy_resume(&g, &env);
	EXPECT_EQ(rec.asserts, 2);
	EXPECT_EQ(rec.bug, PW_BUG_LAZY_RESUME);
	EXPECT_EQ(g.pause_count, 0);
	g.enable_count = UINT32_MAX;
	pw_lazy_enable(&g, &env);
	EXPECT_EQ(rec.asserts, 3);
	EXPECT_EQ(rec.bug, PW_BUG_LAZY_DEPTH);
	EXPECT_EQ(g.enable_count, UINT32_MAX);
	rec.bug = 0;
	g.pause_count = UINT32_MAX;
	pw_lazy_pause(&g, &env);
	EXPECT_EQ(rec.asserts, 4);
	EXPECT_EQ(rec.bug, PW_BUG_LAZY_DEPTH);
	EXPECT_EQ(g.pause_count, UINT32_MAX);
}

/* Errors: the values are the asm-generic errno numbers */

static bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

TEST(errors_have_pinned_values_and_texts)
{
	EXPECT_EQ(PW_EPERM, -1);
	EXPECT_EQ(PW_ENOENT, -2);
	EXPECT_EQ(PW_EAGAIN, -11);
	EXPECT_EQ(PW_ENOMEM, -12);
	EXPECT_EQ(PW_EFAULT, -14);
	EXPECT_EQ(PW_EBUSY, -16);
	EXPECT_EQ(PW_EEXIST, -17);
	EXPECT_EQ(PW_EINVAL, -22);
	EXPECT_EQ(PW_EDOM, -33);
	EXPECT_EQ(PW_ERANGE, -34);
	EXPECT_EQ(PW_ELOOP, -40);
	EXPECT_EQ(PW_EOPNOTSUPP, -95);
	EXPECT(same_text(pw_errname(PW_EINVAL), "PW_EINVAL"));
	EXPECT(same_text(pw_errname(0), "PW_OK"));
	EXPECT(same_text(pw_errname(-1000), "PW_E?"));
	EXPECT(same_text(pw_errname(1), "PW_E?"));
	EXPECT(same_text(pw_strerror(PW_EFAULT), "a table lies outside the environment's memory"));
	EXPECT(same_text(pw_strerror(0), "success"));
	EXPECT(same_text(pw_strerror(-1000), "unknown error"));
}
