/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Shared mode, one changer at a time: what exclusive mode does likewise, what is refused, and what
 * the environment is told.
 */
#include "shared_env.h"

#define MAX_RUNS 32u

/* What is mapped: leaves of each level, where to, and how. */
static uint32_t runs(const struct world *world, struct pw_run *run)
{
	struct pw_iter it;
	uint32_t n = 0;

	EXPECT_EQ(pw_iter_init(&it, &world->pt, pw_range_of(world->pt.first.v, world->pt.last.v),
			       PW_WANT_LEAVES | PW_WANT_INVALID | PW_WANT_NONPRESENT, 0),
		  0);
	while (n < MAX_RUNS && pw_iter_next(&it, &run[n]) > 0)
		n++;
	return n;
}

static void expect_runs(const struct world *world, const struct pw_run *want, uint32_t nr)
{
	struct pw_run now[MAX_RUNS];

	if (!EXPECT_EQ(runs(world, now), nr))
		return;
	for (uint32_t i = 0; i < nr; i++) {
		harness_note("run", i);
		EXPECT_EQ(now[i].first.v, want[i].first.v);
		EXPECT_EQ(now[i].last.v, want[i].last.v);
		EXPECT_EQ(now[i].pa.v, want[i].pa.v);
		EXPECT_EQ(now[i].entry, want[i].entry);
		EXPECT_EQ(now[i].level, want[i].level);
		EXPECT_EQ(now[i].nr, want[i].nr);
	}
}

/* The same debt: publishing or not, what it waits for, and every page invalidated. */
static void expect_debt(const struct world *world, const struct pw_plan *want, uint64_t first,
			uint64_t len)
{
	const struct world_plan *p = &world->plan[0];

	if (!world_live(world))
		return;
	EXPECT_EQ(world->nr_plans, !pw_plan_empty(want));
	if (!world->nr_plans)
		return;
	EXPECT_EQ(p->plan.publish, want->publish);
	EXPECT_EQ(p->plan.before, want->before);
	EXPECT_EQ(p->plan.full | p->plan.nr_ranges, want->full | want->nr_ranges);
	if (p->plan.nr_ranges) {
		EXPECT(p->range[0].first.v <= world->pt.first.v + first);
		EXPECT(p->range[0].last.v >= world->pt.first.v + first + len - 1);
	}
}

/* Pages, blocks and what lies between: what exclusive mode makes of them. */
static void like_exclusive(struct world *world)
{
	uint64_t page = world_page_bytes(world), block = pw_table_leaf_size(&world->pt, 1);
	uint64_t at = block - 3 * page, len = 2 * block + 7 * page;
	struct pw_attr attr = world_attr(world, PW_PERM_W);
	struct pw_change ro = { .perm_clear = world->format->no_write };
	struct pw_range range = pw_range_len(world->pt.first.v + at, len);
	struct pw_run mapped[MAX_RUNS], read_only[MAX_RUNS];
	struct pw_result one, two;
	struct pw_plan plan[2];
	uint32_t nr[2], tables;

	if (world->pt.last.v - world->pt.first.v < 4 * block)
		return;
	world_forget(world);
	EXPECT_EQ(pw_map(&world->pt, range, pw_pa_of(at), &attr, 0, NULL, &one), 0);
	plan[0] = world->plan[0].plan;
	nr[0] = runs(world, mapped);
	world_forget(world);
	EXPECT_EQ(pw_protect(&world->pt, range, &ro, 0, NULL, NULL), 0);
	plan[1] = world->plan[0].plan;
	nr[1] = runs(world, read_only);
	EXPECT_EQ(pw_unmap(&world->pt, range, 0, NULL, NULL), 0);
	EXPECT_EQ(world->balance, 0);

	world_forget(world);
	EXPECT_EQ(map(world, at, len, at, 0, &two), 0);
	EXPECT_EQ(two.changed, one.changed);
	EXPECT_EQ(two.nr_entries, one.nr_entries);
	EXPECT_EQ(two.nr_tables, one.nr_tables);
	expect_runs(world, mapped, nr[0]);
	expect_debt(world, &plan[0], at, len);
	/* again: all there */
	tables = world->balance;
	EXPECT_EQ(map(world, at, len, at, 0, &two), 0);
	EXPECT_EQ(two.changed, 0);
	EXPECT_EQ(world->balance, tables);
	world_forget(world);
	EXPECT_EQ(protect(world, at, len, PW_STRICT, &two), 0);
	EXPECT_EQ(two.changed, len);
	expect_runs(world, read_only, nr[1]);
	expect_debt(world, &plan[1], at, len);
	EXPECT_EQ(protect(world, at, len, 0, &two), 0);
	EXPECT_EQ(two.changed, 0);
	/* nobody counts, so tables stay, empty */
	world_forget(world);
	EXPECT_EQ(unmap(world, at, len, PW_STRICT, &two), 0);
	EXPECT_EQ(two.changed, len);
	EXPECT_EQ(two.nr_tables, 0);
	EXPECT_EQ(world->balance, tables);
	expect_runs(world, NULL, 0);
	if (world_live(world)) {
		EXPECT_EQ(world->nr_plans, 1);
		EXPECT_EQ(world->plan[0].plan.before, PW_BEFORE_ALL);
	}
	EXPECT_EQ(unmap(world, at, len, 0, &two), 0);
	EXPECT_EQ(two.changed, 0);
	EXPECT_EQ(two.holes, len);
	EXPECT_EQ(pw_unmap(&world->pt, range, 0, NULL, NULL), 0);
	EXPECT_EQ(world->balance, 0);
}

TEST(shared_does_what_exclusive_does)
{
	struct world_options o = { .reshape = true };
	struct world_options live = { .reshape = true, .flags = PW_TABLE_LIVE };
	struct world_options upper = { .reshape = true, .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };

	world_each(&o, like_exclusive);
	world_each_live(&live, like_exclusive);
	world_each_live(&upper, like_exclusive);
}

/* The end of the address space, where offsets must not wrap. */
static void last_page(struct world *world)
{
	uint64_t page = world_page_bytes(world);
	uint64_t at = world->pt.last.v - world->pt.first.v - (page - 1);
	struct pw_result res;

	EXPECT_EQ(map(world, at, page, 0, 0, &res), 0);
	EXPECT_EQ(res.changed, page);
	EXPECT_EQ(protect(world, at, page, PW_STRICT, &res), 0);
	EXPECT_EQ(unmap(world, at, page, PW_STRICT, &res), 0);
	EXPECT_EQ(res.changed, page);
}

TEST(shared_at_the_last_page)
{
	struct world_options o = { .reshape = true };
	struct world_options upper = { .reshape = true, .flags = PW_TABLE_UPPER };

	world_each(&o, last_page);
	world_each(&upper, last_page);
}

/* What is refused, where, and what was done before that. */
static void refusals(struct world *world)
{
	uint64_t page = world_page_bytes(world), block = pw_table_leaf_size(&world->pt, 1);
	uint64_t base = world->pt.first.v;
	struct pw_change bad = { .perm_clear = ~0u };
	struct pw_attr attr = world_attr(world, 0);
	struct pw_result res;

	if (world->pt.last.v - base < 4 * block)
		return;
	EXPECT_EQ(map(world, page + 1, page, 0, 0, &res), PW_EINVAL);
	EXPECT_EQ(map(world, 0, page, 0, PW_CONTIGUOUS, &res), PW_EINVAL);
	EXPECT_EQ(map(world, 0, page, 0, PW_STRICT, &res), PW_EINVAL);
	EXPECT_EQ(unmap(world, 0, page, PW_CONTIGUOUS, &res), PW_EINVAL);
	EXPECT_EQ(pw_map_shared(&world->pt, pw_range_len(base, page), pw_pa_of(0), NULL, 0, NULL,
				&res),
		  PW_EINVAL);
	EXPECT_EQ(pw_protect_shared(&world->pt, pw_range_len(base, page), &bad, 0, NULL, &res),
		  PW_EINVAL);
	EXPECT_EQ(world->balance, 0);

	/* something else is there, third page of five */
	EXPECT_EQ(map_exclusive(world, 3 * page, page, 8 * page), 0);
	EXPECT_EQ(map(world, page, 5 * page, page, 0, &res), PW_EEXIST);
	EXPECT_EQ(res.where.first.v, base + 3 * page);
	EXPECT_EQ(res.where.last.v, base + 6 * page - 1);
	EXPECT_EQ(res.level, 0);
	EXPECT_EQ(res.changed, 2 * page);
	EXPECT(res.entry != 0);
	EXPECT_EQ(*(uint64_t *)world_virt(world, res.entry_pa.v, 8), res.entry);

	/* a hole, under PW_STRICT */
	EXPECT_EQ(unmap(world, page, 5 * page, PW_STRICT, &res), PW_ENOENT);
	EXPECT_EQ(res.where.first.v, base + 4 * page);
	EXPECT_EQ(res.changed, 3 * page);
	EXPECT_EQ(protect(world, page, page, PW_STRICT, &res), PW_ENOENT);
	EXPECT_EQ(protect(world, page, page, 0, &res), 0);
	EXPECT_EQ(res.holes, page);

	/* a part of a block */
	EXPECT_EQ(map_exclusive(world, block, block, block), 0);
	EXPECT_EQ(unmap(world, block - page, 2 * page, 0, &res), PW_EBUSY);
	EXPECT_EQ(res.where.first.v, base + block);
	EXPECT_EQ(res.level, 1);
	EXPECT_EQ(protect(world, 2 * block - page, 2 * page, 0, &res), PW_EBUSY);
	EXPECT_EQ(unmap(world, block, block, 0, &res), 0);

	/* no page for a table: what was mapped stays */
	EXPECT_EQ(map(world, 3 * block - page, page, 0, 0, &res), 0);
	EXPECT_EQ(pw_unmap(&world->pt, pw_range_len(base + 2 * block, block), 0, NULL, NULL), 0);
	world->fail_at = world->nr_gets + 2;
	EXPECT_EQ(map(world, 3 * block - page, 2 * page, 0, 0, &res), PW_ENOMEM);
	world->fail_at = 0;
	EXPECT_EQ(res.where.first.v, base + 3 * block);
	EXPECT_EQ(res.changed, page);
	EXPECT_EQ(pw_map_shared(&world->pt, pw_range_len(base + 3 * block, page), pw_pa_of(0),
				&attr, 0, NULL, &res),
		  0);
	EXPECT_EQ(pw_unmap(&world->pt, pw_range_len(base, 4 * block), 0, NULL, NULL), 0);
	EXPECT_EQ(world->balance, 0);
}

TEST(shared_names_what_it_refuses)
{
	struct world_options o = { .reshape = true };
	struct world_options live = { .reshape = true, .flags = PW_TABLE_LIVE };

	world_each(&o, refusals);
	world_each_live(&live, refusals);
}

/* Without a reshaper there are no accessors to look up. */
TEST(shared_needs_a_reshaper)
{
	struct world_options o = { 0 };
	struct pw_result res;

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	EXPECT_EQ(map(&w, 0, 0x1000, 0, 0, &res), PW_EOPNOTSUPP);
	EXPECT_EQ(unmap(&w, 0, 0x1000, 0, &res), PW_EOPNOTSUPP);
	EXPECT_EQ(protect(&w, 0, 0x1000, 0, &res), PW_EOPNOTSUPP);
	world_close(&w);
}

/* Writable and executable, and what would have to be broken; a table that leads back. */
TEST(shared_policies)
{
	struct pw_change x = { .perm_set = PW_PERM_X }, type = { .raw_set = 1u << 2 };
	struct pw_range range = pw_range_len(0, 0x1000);
	uint64_t root, entry;
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE | PW_TABLE_NO_WX, 0))
		return;
	EXPECT_EQ(map(&w, 0, 0x1000, 0, 0, &res), 0);
	EXPECT_EQ(pw_protect_shared(&w.pt, range, &x, 0, NULL, &res), PW_EPERM);
	EXPECT_EQ(pw_protect_shared(&w.pt, range, &type, 0, NULL, &res), PW_EBUSY);
	EXPECT_EQ(res.changed, 0);
	root = w.pt.root.v;
	entry = *world_slot(&w, root, 0);
	*world_slot(&w, root, 1) = root | 3u;
	EXPECT_EQ(unmap(&w, 1ull << 30, 0x1000, 0, &res), PW_ELOOP);
	*world_slot(&w, root, 1) = 0x1003;
	EXPECT_EQ(unmap(&w, 1ull << 30, 0x1000, 0, &res), PW_EFAULT);
	EXPECT_EQ(res.entry, 0x1003);
	*world_slot(&w, root, 1) = 0;
	EXPECT_EQ(*world_slot(&w, root, 0), entry);
	world_close(&w);
}

/* Roots side by side are all the root: none of them is a table further down. */
TEST(shared_roots_side_by_side)
{
	struct world_options o = { .reshape = true, .va_bits = 42 };
	struct pw_result res;

	if (!world_open(&w, &world_formats[WORLD_S2_4K], &o))
		return;
	*world_slot(&w, w.base, 1) = (w.base + 4096) | 3u;
	EXPECT_EQ(map(&w, 1ull << 30, 0x1000, 0, 0, &res), PW_ELOOP);
	EXPECT_EQ(unmap(&w, 1ull << 30, 0x1000, 0, &res), PW_ELOOP);
	EXPECT_EQ(protect(&w, 1ull << 30, 0x1000, 0, &res), PW_ELOOP);
	EXPECT_EQ(*world_slot(&w, w.base + 4096, 0), 0);
	world_close(&w);
}

/* A contiguous group, in part and as a whole. */
TEST(shared_groups)
{
	struct pw_attr attr;
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	attr = world_attr(&w, PW_PERM_W);
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(0x10000, 0x10000), pw_pa_of(0x10000), &attr,
			 PW_CONTIGUOUS, NULL, NULL),
		  0);
	EXPECT_EQ(protect(&w, 0x10000, 0xf000, 0, &res), PW_EBUSY);
	EXPECT_EQ(unmap(&w, 0x1f000, 0x2000, 0, &res), PW_EBUSY);
	EXPECT_EQ(res.changed, 0);
	EXPECT_EQ(protect(&w, 0x10000, 0x10000, 0, &res), 0);
	EXPECT_EQ(unmap(&w, 0x10000, 0x10000, 0, &res), 0);
	EXPECT_EQ(res.nr_entries, 16);
	world_close(&w);
}

/* Walkers that are not coherent, and pages that nobody can reach -------------------------- */

static struct {
	const void *ptr[16];
	size_t len[16];
	unsigned int nr;
} synced;

static void sync_table(void *ctx, const void *ptr, size_t len)
{
	(void)ctx;
	synced.ptr[synced.nr % 16] = ptr;
	synced.len[synced.nr++ % 16] = len;
}

/* Every slot that is written, and a new table before its link. */
TEST(shared_tells_what_it_wrote)
{
	uint64_t *top, *low;
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	count_tables(&w);
	w.env.sync_table = sync_table;
	synced.nr = 0;
	EXPECT_EQ(map(&w, 0x4000, 0x1000, 0, 0, &res), 0);
	top = world_slot(&w, *world_slot(&w, w.pt.root.v, 0) & 0xfffffffff000, 0);
	low = world_slot(&w, *top & 0xfffffffff000, 0);
	EXPECT_EQ(synced.nr, 5);
	EXPECT(synced.ptr[0] == top && synced.len[0] == 4096);
	EXPECT(synced.ptr[1] == world_slot(&w, w.pt.root.v, 0) && synced.len[1] == 8);
	EXPECT(synced.ptr[2] == low && synced.len[2] == 4096);
	EXPECT(synced.ptr[3] == top && synced.len[3] == 8);
	EXPECT(synced.ptr[4] == low + 4 && synced.len[4] == 8);
	synced.nr = 0;
	EXPECT_EQ(unmap(&w, 0x4000, 0x1000, 0, &res), 0);
	EXPECT_EQ(synced.nr, 3);
	EXPECT(synced.ptr[0] == low + 4);
	EXPECT(synced.ptr[1] == top);
	EXPECT(synced.ptr[2] == world_slot(&w, w.pt.root.v, 0));
	world_close(&w);
}

static bool no_page;
static void *(*world_phys_to_virt)(void *ctx, struct pw_pa pa, uint32_t len);

static void *phys_to_virt(void *ctx, struct pw_pa pa, uint32_t len)
{
	return no_page && pa.v != w.pt.root.v ? NULL : world_phys_to_virt(ctx, pa, len);
}

/* A page from get_table() that phys_to_virt() does not know; an environment from before counts. */
TEST(shared_and_strange_environments)
{
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	world_phys_to_virt = w.env.phys_to_virt;
	w.env.phys_to_virt = phys_to_virt;
	no_page = true;
	EXPECT_EQ(map(&w, 0x4000, 0x1000, 0, 0, &res), PW_EFAULT);
	EXPECT_EQ(w.balance, 0);
	no_page = false;
	count_tables(&w);
	w.env.size = (uint32_t)offsetof(struct pw_env, table_users);
	EXPECT_EQ(map(&w, 0x4000, 0x1000, 0, 0, &res), 0);
	EXPECT_EQ(unmap(&w, 0x4000, 0x1000, 0, &res), 0);
	EXPECT_EQ(w.balance, 2);
	world_close(&w);
}

/* Entries that are no leaves: reserved ones, and those of others. */
TEST(shared_entries_of_others)
{
	struct world_options deep = { .reshape = true, .va_bits = 48 };
	uint64_t low, *slot;
	struct pw_result res;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	EXPECT_EQ(map(&w, 0x4000, 0x1000, 0x4000, 0, &res), 0);
	low = *world_slot(&w, *world_slot(&w, w.pt.root.v, 0) & 0xfffffffff000, 0);
	slot = world_slot(&w, low & 0xfffffffff000, 5);
	*slot = 1; /* a block descriptor, where there are none */
	EXPECT_EQ(map(&w, 0x5000, 0x1000, 0x5000, 0, &res), PW_EDOM);
	EXPECT_EQ(unmap(&w, 0x5000, 0x1000, PW_STRICT, &res), PW_EDOM);
	EXPECT_EQ(protect(&w, 0x5000, 0x1000, PW_STRICT, &res), PW_EDOM);
	EXPECT_EQ(protect(&w, 0x5000, 0x1000, 0, &res), 0);
	EXPECT_EQ(res.holes, 0x1000);
	EXPECT_EQ(unmap(&w, 0x5000, 0x1000, 0, &res), 0);
	EXPECT_EQ(*slot, 0);
	*slot = world_foreign(&w, 0);
	EXPECT_EQ(map(&w, 0x5000, 0x1000, 0x5000, 0, &res), PW_EEXIST);
	EXPECT_EQ(protect(&w, 0x5000, 0x1000, 0, &res), 0);
	EXPECT_EQ(res.holes, 0x1000);
	EXPECT_EQ(unmap(&w, 0x5000, 0x1000, 0, &res), 0);
	EXPECT_EQ(res.changed, 0x1000);
	world_close(&w);

	/* above the leaf-most level it is not passed over */
	if (!world_open(&w, &world_formats[WORLD_ARM64], &deep))
		return;
	*world_slot(&w, w.pt.root.v, 0) = 1;
	EXPECT_EQ(unmap(&w, 0x5000, 0x1000, 0, &res), PW_EDOM);
	EXPECT_EQ(res.level, 3);
	world_close(&w);
}

/* RISC-V: a leaf without rights would be a table. */
TEST(shared_leaves_stay_leaves)
{
	struct world_options o = { .reshape = true, .hooked = true };
	struct pw_change none = { .perm_clear = PW_PERM_R | PW_PERM_W }; /* X is not there */
	struct pw_attr attr;
	struct pw_result res;

	if (!world_open(&w, &world_formats[WORLD_RISCV64], &o))
		return;
	attr = world_attr(&w, 0);
	EXPECT_EQ(pw_map_shared(&w.pt, pw_range_len(0x4000, 0x1000), pw_pa_of(0), &attr, 0, NULL,
				&res),
		  0);
	EXPECT_EQ(pw_protect_shared(&w.pt, pw_range_len(0x4000, 0x1000), &none, 0, NULL, &res),
		  PW_EOPNOTSUPP);
	EXPECT_EQ(res.where.first.v, 0x4000);
	world_close(&w);
}

/* An invalidation by tag does not find what is global: it is for any (SDM, INVPCID; SFENCE.VMA). */
static void invalidates_for_any(unsigned int format, bool global)
{
	struct world_options o = { .reshape = true };
	struct pw_change ro = { .perm_clear = world_formats[format].no_write };
	struct pw_range range = pw_range_len(0x4000, 0x1000);
	uint8_t any = global ? PW_FLUSH_ANY_ASID : 0;
	struct pw_attr attr;

	harness_note("format", format);
	if (!world_open(&w, &world_formats[format], &o))
		return;
	w.pt.flags |= PW_TABLE_LIVE;
	attr = world_attr(&w, PW_PERM_W);
	if (!global)
		attr.flags &= ~PW_ATTR_GLOBAL;
	EXPECT_EQ(pw_map_shared(&w.pt, range, pw_pa_of(0), &attr, 0, NULL, NULL), 0);
	world_forget(&w);
	EXPECT_EQ(pw_protect_shared(&w.pt, range, &ro, 0, NULL, NULL), 0);
	EXPECT_EQ(w.nr_plans, 1);
	EXPECT_EQ(w.plan[0].range[0].flags, any);
	EXPECT_EQ(pw_unmap_shared(&w.pt, range, 0, NULL, NULL), 0);
	EXPECT_EQ(w.nr_plans, 2);
	EXPECT_EQ(w.plan[1].range[0].flags, any);
	world_close(&w);
}

TEST(shared_global_leaves)
{
	static const uint8_t formats[] = { WORLD_ARM64, WORLD_X86_64, WORLD_RISCV64 };

	for (unsigned int i = 0; i < sizeof(formats); i++) {
		invalidates_for_any(formats[i], true);
		invalidates_for_any(formats[i], false);
	}
}

/* The batch ---------------------------------------------------------------------------------- */

/* What the gather owes is paid before addresses become valid again (A64-BBM-9); else it waits. */
TEST(shared_in_lazy_mode)
{
	struct pw_range range = pw_range_len(0x4000, 0x1000);
	struct pw_flush slots[4];
	struct pw_gather g;
	struct pw_attr attr;

	if (!open_arm64(PW_TABLE_LIVE, 0))
		return;
	attr = world_attr(&w, PW_PERM_W);
	EXPECT_EQ(pw_gather_init(&g, &w.exec, slots, 4), 0);
	pw_lazy_enable(&g, &w.env);
	EXPECT_EQ(pw_map_shared(&w.pt, range, pw_pa_of(0), &attr, 0, &g, NULL), 0);
	EXPECT_EQ(w.nr_plans, 0);
	EXPECT_EQ(pw_unmap_shared(&w.pt, range, 0, &g, NULL), 0);
	EXPECT_EQ(w.nr_plans, 0);
	EXPECT_EQ(pw_map_shared(&w.pt, range, pw_pa_of(0), &attr, 0, &g, NULL), 0);
	EXPECT_EQ(w.nr_plans, 1);
	EXPECT_EQ(w.plan[0].plan.nr_ranges, 1);
	pw_lazy_disable(&g, &w.env);
	EXPECT_EQ(w.nr_plans, 2);
	world_close(&w);
}
