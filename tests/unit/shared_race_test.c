/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Shared mode when somebody else is faster, whom the compare-and-swap hook plays; and the counts of
 * tables, by which the last one out knows that it is.
 */
#include "shared_env.h"

/* Somebody else is faster -------------------------------------------------------------------- */

/* Before compare-and-swap number @when (from 1 on), @play writes to the slot. */
static struct {
	uint64_t when;
	uint64_t (*play)(uint64_t *slot);
	uint64_t played; /* what the slot held then */
} other;

static void on_cas(struct world *world, uint64_t *slot)
{
	if (world->cas == other.when)
		other.played = other.play(slot);
}

static void play(uint64_t when, uint64_t (*what)(uint64_t *slot))
{
	other.when = when;
	other.play = what;
	w.cas = 0;
	w.on_cas = on_cas;
}

static uint64_t play_page(uint64_t *slot)
{
	return *slot = 0x123000 | 3u | 1u << 10;
}

static uint64_t play_dirty(uint64_t *slot)
{
	return *slot &= ~(1ull << 7); /* AP[2], with DBM */
}

static uint64_t play_cleared(uint64_t *slot)
{
	return *slot = 0;
}

/* A leaf in the range: that is no changer of ours, and what was done before stays. */
TEST(shared_foreign_change)
{
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	EXPECT_EQ(map(&w, 0, 0x1000, 0, 0, &res), 0); /* the tables */
	EXPECT_EQ(unmap(&w, 0, 0x1000, 0, &res), 0);
	play(3, play_page);
	world_forget(&w);
	w.cas = 0;
	EXPECT_EQ(map(&w, 0x4000, 0x5000, 0, 0, &res), PW_EAGAIN);
	EXPECT_EQ(res.where.first.v, 0x6000);
	EXPECT_EQ(res.where.last.v, 0x8fff);
	EXPECT_EQ(res.changed, 0x2000);
	EXPECT_EQ(res.entry, other.played);
	EXPECT_EQ(w.nr_plans, 1); /* the debt of the two */
	EXPECT(w.plan[0].plan.publish);
	play(2, play_cleared);
	EXPECT_EQ(protect(&w, 0x4000, 0x2000, 0, &res), PW_EAGAIN);
	EXPECT_EQ(res.where.first.v, 0x5000);
	EXPECT_EQ(res.changed, 0x1000);
	play(1, play_page);
	EXPECT_EQ(unmap(&w, 0x4000, 0x1000, 0, &res), PW_EAGAIN);
	EXPECT_EQ(res.where.first.v, 0x4000);
	EXPECT_EQ(unmap(&w, 0x4000, 0x1000, 0, &res), 0);
	world_close(&w);
}

static uint64_t again; /* how often */

static uint64_t play_again(uint64_t *slot)
{
	other.when++;
	again++;
	return *slot ^= 1u << 10; /* the access flag */
}

/* Hardware is no foreign changer: what it writes stays, and it is not waited for without end. */
TEST(shared_keeps_what_hardware_writes)
{
	struct pw_attr attr;
	struct pw_translation t;
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE, PW_CAP_HAF | PW_CAP_HD))
		return;
	attr = world_attr(&w, PW_PERM_W);
	attr.flags = (attr.flags | PW_ATTR_DBM) & ~PW_ATTR_DIRTY;
	EXPECT_EQ(pw_map_shared(&w.pt, pw_range_len(0x4000, 0x2000), pw_pa_of(0x4000), &attr, 0,
				NULL, &res),
		  0);
	play(1, play_dirty);
	{
		struct pw_change soft = { .raw_set = 1ull << 55 };

		EXPECT_EQ(pw_protect_shared(&w.pt, pw_range_len(0x4000, 0x1000), &soft, 0, NULL,
					    &res),
			  0);
	}
	EXPECT_EQ(w.cas, 2);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0x4000), &t), 0);
	EXPECT_EQ(t.entry, other.played | 1ull << 55);
	again = 0;
	play(1, play_again);
	EXPECT_EQ(unmap(&w, 0x5000, 0x1000, 0, &res), PW_EAGAIN);
	EXPECT_EQ(again, 8);
	w.on_cas = NULL;
	EXPECT_EQ(unmap(&w, 0x4000, 0x2000, 0, &res), 0);
	EXPECT_EQ(res.changed, 0x2000);
	world_close(&w);
}

static uint64_t other_table;

static uint64_t play_table(uint64_t *slot)
{
	return *slot = other_table | 3u;
}

/* The other one's table is linked first: ours goes back, and the page is mapped in theirs. */
TEST(shared_uses_the_table_that_was_first)
{
	uint64_t balance;
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	other_table = world_page(&w);
	play(1, play_table);
	EXPECT_EQ(map(&w, 0x4000, 0x1000, 0x4000, 0, &res), 0);
	EXPECT_EQ(*world_slot(&w, w.pt.root.v, 0), other_table | 3u);
	EXPECT_EQ(res.nr_tables, 1); /* below theirs */
	balance = w.balance;
	EXPECT_EQ(balance, 2);
	EXPECT(*world_slot(&w, other_table, 0) & 1u);
	w.on_cas = NULL;
	EXPECT_EQ(w.violations, 0);
	world_close(&w);
}

/* Counted tables ----------------------------------------------------------------------------- */

/* The last one out unlinks: after the invalidation, and after the grace period. */
static void last_one_out(struct world *world)
{
	uint64_t page = world_page_bytes(world), block = pw_table_leaf_size(&world->pt, 1);
	uint32_t tables, order[3] = { 0 };
	struct pw_result res;

	if (world->pt.last.v - world->pt.first.v < 4 * block)
		return;
	count_tables(world);
	EXPECT_EQ(map(world, block, 2 * page, 0, 0, &res), 0);
	tables = world->balance;
	EXPECT_EQ(map(world, block + 4 * page, page, 0, 0, &res), 0);
	EXPECT_EQ(map(world, 2 * block, block, 0, PW_MAX_LEVEL(0), &res), 0);
	EXPECT_EQ(world->balance, tables + 1);
	EXPECT_EQ(unmap(world, block, 2 * page, 0, &res), 0);
	EXPECT_EQ(res.nr_tables, 0);
	EXPECT_EQ(unmap(world, 2 * block, block, 0, &res), 0);
	EXPECT_EQ(res.nr_tables, 1);
	EXPECT_EQ(world->balance, tables);
	world_forget(world);
	EXPECT_EQ(unmap(world, block + 4 * page, page, PW_KEEP_TABLES, &res), 0);
	EXPECT_EQ(world->balance, tables);
	EXPECT_EQ(map(world, block + 4 * page, page, 0, 0, &res), 0);
	world_forget(world);
	EXPECT_EQ(unmap(world, block + 4 * page, page, 0, &res), 0);
	EXPECT_EQ(res.nr_tables, tables);
	EXPECT_EQ(world->balance, 0);
	for (uint32_t i = 0; i < world->nr_events; i++) {
		if (world->event[i] == WORLD_RUN)
			order[0] = i + 1;
		if (world->event[i] == WORLD_GRACE && !order[1])
			order[1] = i + 1;
		if (world->event[i] == WORLD_PUT && !order[2])
			order[2] = i + 1;
	}
	EXPECT(order[0] && order[0] < order[1] && order[1] < order[2]);
	EXPECT_EQ(world->nr_plans, 1);
	EXPECT(world->plan[0].plan.full || (world->plan[0].range[0].flags & PW_FLUSH_TABLES));
	EXPECT_EQ(world->violations, 0);
}

TEST(shared_last_one_out_unlinks)
{
	struct world_options live = { .reshape = true, .flags = PW_TABLE_LIVE };

	world_each_live(&live, last_one_out);
}

/* Not without the executor's grace period, and not where no CPU walks: who knows who looks? */
TEST(shared_unlinks_for_readers_that_are_known)
{
	struct pw_result res;

	for (int live = 0; live < 2; live++) {
		if (!open_arm64(live ? PW_TABLE_LIVE : 0, 0))
			return;
		count_tables(&w);
		if (live)
			w.exec.free_after_grace = NULL;
		EXPECT_EQ(map(&w, 0x4000, 0x1000, 0x4000, 0, &res), 0);
		EXPECT_EQ(unmap(&w, 0x4000, 0x1000, 0, &res), 0);
		EXPECT_EQ(res.nr_tables, 0);
		EXPECT_EQ(w.balance, 2);
		world_close(&w);
	}
}

/* A table that is dead is not entered, by anybody. */
TEST(shared_stays_out_of_a_dead_table)
{
	struct pw_result res;
	uint64_t *count;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	count_tables(&w);
	EXPECT_EQ(map(&w, 0x4000, 0x1000, 0x4000, 0, &res), 0);
	count = table_users(&w, pw_pa_of(*world_slot(&w, w.pt.root.v, 0) & 0xfffffffff000));
	EXPECT_EQ(*count, 2); /* the table below; a changer's is taken when it is inside */
	*count = UINT64_MAX;
	world_forget(&w);
	EXPECT_EQ(map(&w, 0x8000, 0x1000, 0x8000, 0, &res), PW_EAGAIN);
	EXPECT_EQ(res.where.first.v, 0x8000);
	EXPECT(w.loads < 32); /* nor waited for without end */
	EXPECT_EQ(unmap(&w, 0x4000, 0x1000, 0, &res), PW_EAGAIN);
	EXPECT_EQ(*count, UINT64_MAX);
	*count = 2;
	EXPECT_EQ(unmap(&w, 0x4000, 0x1000, 0, &res), 0);
	EXPECT_EQ(w.balance, 0);
	world_close(&w);
}

/* Exclusive mode counts nothing: its tables stay, and so does a counted one that it mapped in. */
TEST(shared_beside_tables_of_exclusive_mode)
{
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	count_tables(&w);
	EXPECT_EQ(map_exclusive(&w, 0x4000, 0x1000, 0x4000), 0);
	EXPECT_EQ(unmap(&w, 0x4000, 0x1000, 0, &res), 0);
	EXPECT_EQ(res.nr_tables, 0);
	EXPECT_EQ(w.balance, 2);
	for (uint32_t i = 0; i < w.nr_pages; i++)
		EXPECT_EQ(users[i], 0);
	EXPECT_EQ(map(&w, 0x200000, 0x1000, 0, 0, &res), 0); /* a counted one */
	EXPECT_EQ(map_exclusive(&w, 0x205000, 0x1000, 0x5000), 0);
	EXPECT_EQ(unmap(&w, 0x200000, 0x1000, 0, &res), 0);
	EXPECT_EQ(res.nr_tables, 0);
	EXPECT_EQ(unmap(&w, 0x205000, 0x1000, 0, &res), 0);
	EXPECT_EQ(res.nr_tables, 0);
	EXPECT_EQ(w.balance, 3);
	EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(0, 0x400000), 0, NULL, NULL), 0);
	EXPECT_EQ(w.balance, 0);
	world_close(&w);
}

/* Counts after races that were lost: what was not written was not counted. */
TEST(shared_counts_what_was_written)
{
	struct pw_result res;
	uint64_t *top, *low;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	count_tables(&w);
	EXPECT_EQ(map(&w, 0x4000, 0x1000, 0x4000, 0, &res), 0);
	top = table_users(&w, pw_pa_of(*world_slot(&w, w.pt.root.v, 0) & 0xfffffffff000));
	low = table_users(
		&w, pw_pa_of(*world_slot(&w, *world_slot(&w, w.pt.root.v, 0) & 0xfffffffff000, 0) &
			     0xfffffffff000));
	EXPECT_EQ(*top, 2);
	EXPECT_EQ(*low, 2);
	play(1, play_page);
	EXPECT_EQ(map(&w, 0x8000, 0x1000, 0x8000, 0, &res), PW_EAGAIN);
	EXPECT_EQ(*low, 2);
	other_table = world_page(&w);
	play(1, play_table);
	EXPECT_EQ(map(&w, 0x200000, 0x1000, 0, 0, &res), 0);
	EXPECT_EQ(*top, 2); /* theirs is counted by them */
	w.on_cas = NULL;
	world_close(&w);
}

/* A range that ends with its table: the one that is unlinked is invalidated, not the next one. */
TEST(shared_invalidates_the_table_that_goes)
{
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	count_tables(&w);
	EXPECT_EQ(map(&w, 0x3ff000, 0x1000, 0, 0, &res), 0);
	EXPECT_EQ(map(&w, 0x400000, 0x1000, 0, 0, &res), 0);
	EXPECT_EQ(unmap(&w, 0x400000, 0x1000, PW_KEEP_TABLES, &res), 0);
	EXPECT_EQ(map(&w, 0x401000, 0x1000, 0, 0, &res), 0);
	world_forget(&w);
	EXPECT_EQ(unmap(&w, 0x3ff000, 0x2000, 0, &res), 0);
	EXPECT_EQ(res.nr_tables, 1);
	EXPECT_EQ(w.plan[0].plan.nr_ranges, 1);
	EXPECT_EQ(w.plan[0].range[0].first.v, 0x3ff000);
	EXPECT(w.plan[0].range[0].last.v < 0x400000);
	world_close(&w);
}
