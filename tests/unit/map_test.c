/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pw_map(): the leaves it chooses, what it leaves alone, what it owes, and that a refusal at any
 * point leaves no trace.
 */
#include <stdlib.h>

#include "../harness/harness.h"
#include "../ref/observe.h"

static struct ref_map ref;

static int map(struct world *w, uint64_t at, uint64_t len, uint64_t pa, uint32_t perm,
	       uint32_t flags, struct pw_result *res)
{
	struct pw_attr attr = world_attr(w, perm);

	return pw_map(&w->pt, pw_range_len(w->pt.first.v + at, len), pw_pa_of(pa), &attr, flags,
		      NULL, res);
}

/* What is mapped must be the reference's idea of it, from an empty start. */
static void check_map(struct world *w, uint64_t at, uint64_t len, uint64_t pa, uint32_t flags)
{
	struct ref_geometry geo = observe_geometry(w);
	struct pw_attr attr = world_attr(w, PW_PERM_W);
	struct ref_result want;
	struct pw_result res;

	harness_note("at", at);
	harness_note("len", len);
	harness_note("pa", pa);
	ref_map_init(&ref, &geo);
	attr = ref_held(&geo, &attr);
	ref_do_map(&ref, at, at + (len - 1), pa, &attr, flags, &want);
	EXPECT_EQ(map(w, at, len, pa, PW_PERM_W, flags, &res), 0);
	EXPECT_EQ(res.changed, len);
	EXPECT_EQ(res.holes, 0);
	EXPECT_EQ(res.nr_entries, want.nr_entries);
	EXPECT_EQ(res.nr_tables, w->balance);
	observe_check(w, &ref, false);
	EXPECT_EQ(ref.nr_tables, w->balance);
	EXPECT_EQ(pw_unmap(&w->pt, pw_range_len(w->pt.first.v + at, len), PW_STRICT, NULL, NULL),
		  0);
	EXPECT_EQ(w->balance, 0);
}

/* Every level x every place an aligned leaf can be at the edges x neighbours. */
static void every_size_and_edge(struct world *w)
{
	uint64_t page = world_page_bytes(w), top = w->pt.last.v - w->pt.first.v;

	for (unsigned int level = 0; pw_table_leaf_ok(&w->pt, level); level++) {
		uint64_t size = pw_table_leaf_size(&w->pt, level);
		uint64_t last_pa = w->pt.pa_max - (size - 1);

		check_map(w, 0, size, last_pa, 0);
		check_map(w, top - (size - 1), size, 0, 0);
		check_map(w, top - (2 * size - 1), 2 * size, last_pa - size, 0);
		check_map(w, size, size, 3 * size, PW_CONTIGUOUS);
		check_map(w, size - page, size + 2 * page, 2 * size - page, 0);
		check_map(w, size - page, size + 2 * page, 2 * size - page, PW_CONTIGUOUS);
		if (level < 2)
			check_map(w, size, size, 3 * size + page, PW_CONTIGUOUS); /* no block */
		if (pw_table_contig_lg2(&w->pt, level)) {
			uint64_t group = size << pw_table_contig_lg2(&w->pt, level);

			check_map(w, group, group, 3 * group, PW_CONTIGUOUS);
			check_map(w, group, group, 3 * group, 0);
			check_map(w, group - page, group + 2 * page, 2 * group - page,
				  PW_CONTIGUOUS);
			check_map(w, group, 2 * group - size, group, PW_CONTIGUOUS);
			if (level < 2)
				check_map(w, group, group, group + size, PW_CONTIGUOUS);
		}
	}
	for (unsigned int level = 0; level < 2; level++)
		check_map(w, 0, pw_table_leaf_size(&w->pt, 1) * 2, 0, PW_MAX_LEVEL(level));
}

TEST(map_every_size_at_every_edge)
{
	struct world_options upper = { .flags = PW_TABLE_UPPER };

	world_each(NULL, every_size_and_edge);
	world_each(&upper, every_size_and_edge);
}

/* The same in the smallest and in an odd address space. */
TEST(map_small_address_spaces)
{
	static struct world w;

	for (unsigned int i = 0; i < WORLD_NR_FORMATS; i++) {
		const struct world_format *f = &world_formats[i];

		for (uint32_t bits = f->min_va_bits; bits <= f->max_va_bits; bits += f->va_step) {
			struct world_options o = { .va_bits = bits,
						   .flags = bits % 2 ? PW_TABLE_UPPER : 0 };
			uint64_t page, top;

			harness_note("format", i);
			harness_note("bits", bits);
			if (!world_open(&w, f, &o))
				return;
			page = world_page_bytes(&w);
			top = w.pt.last.v - w.pt.first.v;
			check_map(&w, 0, page, w.pt.pa_max - (page - 1), 0);
			check_map(&w, top - (page - 1), page, 0, 0);
			check_map(&w, top - (3 * page - 1), 3 * page, 5 * page, 0);
			if (top < page << 9)
				check_map(&w, 0, top + 1, 0, PW_CONTIGUOUS);
			world_close(&w);
		}
	}
}

/* Identical mappings ------------------------------------------------------------------------- */

static void nothing_to_do(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	struct pw_change old = { .flags_clear = PW_ATTR_ACCESSED };
	struct pw_result res;
	uint8_t *before;

	EXPECT_EQ(map(w, block - page, block + page, 2 * block - page, PW_PERM_W, 0, NULL), 0);
	EXPECT_EQ(pw_protect(&w->pt, pw_range_len(w->pt.first.v + block, block), &old, 0, NULL,
			     NULL),
		  0);
	before = world_snapshot(w);
	world_forget(w);
	EXPECT_EQ(map(w, block - page, block + page, 2 * block - page, PW_PERM_W, 0, &res), 0);
	EXPECT_EQ(res.changed, 0);
	EXPECT_EQ(res.nr_entries, 0);
	EXPECT_EQ(res.nr_tables, 0);
	EXPECT_EQ(map(w, block + page, page, 2 * block + page, PW_PERM_W, 0, NULL),
		  0); /* in a block */
	EXPECT_EQ(w->stores, 0);
	EXPECT_EQ(w->cas, 0);
	EXPECT_EQ(w->nr_plans, 0);
	EXPECT(world_unchanged(w, before));
	free(before);
	/* One more page: only that is written. */
	world_forget(w);
	EXPECT_EQ(map(w, block - 2 * page, block + 2 * page, 2 * block - 2 * page, PW_PERM_W, 0,
		      &res),
		  0);
	EXPECT_EQ(res.changed, page);
	EXPECT_EQ(res.nr_entries, 1);
	EXPECT_EQ(w->stores, w->hooked ? 1 : 0);
}

TEST(map_again_writes_nothing)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(NULL, nothing_to_do);
	world_each(&live, nothing_to_do);
}

/* A page that hardware made dirty is the same mapping as when it was clean. */
TEST(map_again_over_a_dirty_page)
{
	struct world_options o = { .caps = PW_CAP_HAF | PW_CAP_HD, .flags = PW_TABLE_LIVE };
	static struct world w;
	struct pw_translation t;
	struct pw_attr attr;

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	attr = world_attr(&w, PW_PERM_W);
	attr.flags |= PW_ATTR_DBM;
	attr.flags &= ~PW_ATTR_ACCESSED;
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(0, 4096), pw_pa_of(0), &attr, 0, NULL, NULL), 0);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0), &t), 0);
	EXPECT(t.entry >> 7 & 1); /* clean */
	*world_slot(&w, t.step[3].entry_pa.v, 0) = (t.entry & ~(1ull << 7)) | 1ull << 10;
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(0, 4096), pw_pa_of(0), &attr, 0, NULL, NULL), 0);
	EXPECT_EQ(*world_slot(&w, t.step[3].entry_pa.v, 0), (t.entry & ~(1ull << 7)) | 1ull << 10);
	world_close(&w);
}

static void something_else(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	uint64_t base = w->pt.first.v;
	struct pw_result res;
	uint8_t *before;

	EXPECT_EQ(map(w, 3 * page, page, 0, 0, 0, NULL), 0);
	EXPECT_EQ(map(w, 2 * block, block, 2 * block, 0, 0, NULL), 0);
	before = world_snapshot(w);
	world_forget(w);
	/* Another address, other rights, a block in the way, pages in the way of a block. */
	EXPECT_EQ(map(w, 0, 8 * page, 0, 0, 0, &res), PW_EEXIST);
	EXPECT_EQ(res.where.first.v, base + 3 * page);
	EXPECT_EQ(res.where.last.v, base + 4 * page - 1);
	EXPECT_EQ(res.level, 0);
	EXPECT_EQ(res.changed, 0);
	EXPECT_EQ(map(w, 3 * page, page, 0, PW_PERM_W, 0, NULL), PW_EEXIST);
	EXPECT_EQ(map(w, 2 * block + page, page, 0, 0, 0, &res), PW_EEXIST);
	EXPECT_EQ(res.level, 1);
	EXPECT(res.where.first.v >= base + 2 * block);
	EXPECT(res.where.last.v <= base + 3 * block - 1);
	EXPECT_EQ(map(w, 0, block, 4 * block, 0, 0, NULL), PW_EEXIST);
	EXPECT_EQ(map(w, 0, 4 * block, 0, 0, 0, NULL), PW_EEXIST);
	EXPECT_EQ(w->stores + w->cas, 0);
	EXPECT_EQ(w->nr_plans, 0);
	EXPECT(world_unchanged(w, before));
	free(before);
}

TEST(map_never_replaces)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, something_else);
}

/* A table in the way is used, not replaced by a block. */
static void table_in_the_way(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	struct pw_range range = pw_range_len(w->pt.first.v, page);
	struct pw_result res;

	EXPECT_EQ(map(w, 0, page, 0, 0, 0, NULL), 0);
	EXPECT_EQ(pw_unmap(&w->pt, range, PW_KEEP_TABLES, NULL, NULL), 0);
	EXPECT_EQ(w->balance, w->pt.levels - 1);
	EXPECT_EQ(map(w, 0, block, block, 0, 0, &res), 0);
	EXPECT_EQ(res.nr_entries, 1ull << w->format->index_lg2);
	EXPECT_EQ(res.nr_tables, 0);
	EXPECT_EQ(w->balance, w->pt.levels - 1);
}

TEST(map_uses_tables_that_are_there)
{
	world_each(NULL, table_in_the_way);
}

/* Pages -------------------------------------------------------------------------------------- */

/*
 * A page request that fails, at every n: tables, gather and page balance are as before, and the
 * first n that does not fail maps everything.
 */
static void fail_at_every_request(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	uint64_t at = 5 * block - page;
	struct pw_flush slots[4];
	struct pw_gather g, empty;
	struct pw_result res;
	unsigned int n = 0;
	int err;

	EXPECT_EQ(map(w, 5 * block + 2 * page, page, 0, PW_PERM_W, 0, NULL), 0);
	EXPECT_EQ(pw_gather_init(&g, &w->exec, slots, 4), 0);
	pw_lazy_enable(&g, &w->env);
	empty = g;
	do {
		struct pw_attr attr = world_attr(w, 0);
		uint8_t *before = world_snapshot(w);
		uint32_t balance = w->balance;

		world_forget(w);
		w->fail_at = ++n;
		harness_note("n", n);
		err = pw_map(&w->pt, pw_range_len(w->pt.first.v + at, 2 * page), pw_pa_of(0), &attr,
			     0, &g, &res);
		if (err) {
			EXPECT_EQ(err, PW_ENOMEM);
			EXPECT_EQ(res.changed, 0);
			EXPECT_EQ(res.nr_tables, 0);
			EXPECT(world_unchanged(w, before));
			EXPECT_EQ(w->balance, balance);
			EXPECT_EQ(w->stores + w->cas, 0);
			EXPECT_EQ(g.owed.publish, empty.owed.publish);
			EXPECT_EQ(g.owed.nr_ranges, empty.owed.nr_ranges);
			EXPECT_EQ(g.owed.full, empty.owed.full);
			EXPECT_EQ(g.owed.nr_freed, empty.owed.nr_freed);
			EXPECT(!pw_gather_owes(&g));
		}
		free(before);
	} while (err && n < 10);
	EXPECT_EQ(err, 0);
	EXPECT_EQ(n, 2); /* one table was missing */
	pw_lazy_disable(&g, &w->env);
	w->fail_at = 0;
}

TEST(map_fails_at_every_page_request)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, fail_at_every_request);
}

/* From nothing, through several tables at once. */
static void fail_from_nothing(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	uint8_t *before = world_snapshot(w);
	uint32_t most = (uint32_t)w->pt.levels; /* two leaf tables, and one of each level above */

	for (unsigned int n = 1; n <= most; n++) {
		world_forget(w);
		w->fail_at = n;
		harness_note("n", n);
		EXPECT_EQ(map(w, block - page, 2 * page, 0, 0, 0, NULL), PW_ENOMEM);
		EXPECT_EQ(w->balance, 0);
		EXPECT(world_unchanged(w, before));
	}
	world_forget(w);
	w->fail_at = most + 1;
	EXPECT_EQ(map(w, block - page, 2 * page, 0, 0, 0, NULL), 0);
	EXPECT_EQ(w->balance, most);
	EXPECT_EQ(w->nr_gets, most);
	free(before);
}

TEST(map_fails_from_nothing)
{
	struct world_options zeroed = { .zeroed = true };

	world_each(NULL, fail_from_nothing);
	world_each(&zeroed, fail_from_nothing);
}

/* Debts -------------------------------------------------------------------------------------- */

/* N pages in T tables: one publish barrier for the whole call, and no invalidation. */
TEST(map_owes_one_publish_barrier)
{
	struct world_options o = { .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };
	struct pw_arm64_counter c;
	static struct world w;

	pw_arm64_counter_init(&c);
	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	w.cfg.exec = &c.e.x;
	EXPECT_EQ(pw_table_init(&w.pt, &w.cfg), 0);
	EXPECT_EQ(map(&w, 0x1ff000, 0x402000, 0x1000, 0, 0, NULL), 0);
	EXPECT_EQ(c.n.publish, 1);
	EXPECT_EQ(c.n.dsb_ishst, 1);
	EXPECT_EQ(c.n.isb, 1);
	EXPECT_EQ(c.n.tlbi, 0);
	EXPECT_EQ(c.n.dsb_ish, 0);
	world_close(&w);
}

static void user_pages(struct world *w)
{
	uint64_t page = world_page_bytes(w);
	struct pw_attr attr = world_attr(w, PW_PERM_USER_R);

	attr.flags &= ~PW_ATTR_GLOBAL;
	EXPECT_EQ(pw_map(&w->pt, pw_range_len(w->pt.first.v, page), pw_pa_of(0), &attr, 0, NULL,
			 NULL),
		  0);
	EXPECT_EQ(w->nr_plans, 0); /* user entries may fault */
	attr = world_attr(w, 0);
	attr.flags &= ~PW_ATTR_VALID;
	EXPECT_EQ(pw_map(&w->pt, pw_range_len(w->pt.first.v + page, page), pw_pa_of(0), &attr, 0,
			 NULL, NULL),
		  0);
	EXPECT_EQ(w->nr_plans, 0); /* nothing became valid */
	EXPECT_EQ(map(w, 2 * page, page, 0, 0, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(w->plan[0].plan.publish, 1);
	EXPECT_EQ(w->plan[0].plan.nr_ranges, 0);
	EXPECT_EQ(w->plan[0].plan.full, 0);
}

TEST(map_owes_nothing_where_faults_are_fine)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each_live(&live, user_pages);
}

static void inactive(struct world *w)
{
	EXPECT_EQ(map(w, 0, world_page_bytes(w), 0, 0, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 0);
}

TEST(map_of_an_inactive_handle_owes_nothing)
{
	world_each(NULL, inactive);
}

/* A new table is complete before its entry appears, and on a live handle published before. */
static uint64_t bad_links;

static void check_links(struct world *w, uint64_t *slot)
{
	/* The parent's old value is still there: whatever is linked below must be whole. */
	struct ref_regime r = observe_regime(w);

	(void)slot;
	bad_links += !ref_collect(&r, &ref);
}

static void whole_tables(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);

	bad_links = 0;
	w->on_store = check_links;
	EXPECT_EQ(map(w, block - page, block + 2 * page, page, 0, PW_MAX_LEVEL(0), NULL), 0);
	check_links(w, NULL);
	EXPECT_EQ(bad_links, 0);
}

TEST(map_links_whole_tables)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, whole_tables);
}

/* Every store is made visible to walkers that are not coherent, and before the barrier. */
static struct {
	uint64_t *stored[4096];
	uint32_t nr;
	uint32_t unsynced_at_run;
} sync_log;

static void log_store(struct world *w, uint64_t *slot)
{
	(void)w;
	if (sync_log.nr < 4096)
		sync_log.stored[sync_log.nr++] = slot;
}

static void sync_table(void *ctx, const void *ptr, size_t len)
{
	const uint8_t *from = ptr;
	uint32_t left = 0;

	(void)ctx;
	for (uint32_t i = 0; i < sync_log.nr; i++) {
		const uint8_t *slot = (const uint8_t *)sync_log.stored[i];

		if (slot < from || slot + 8 > from + len)
			sync_log.stored[left++] = sync_log.stored[i];
	}
	sync_log.nr = left;
}

static void (*plain_run)(void *ctx, const struct pw_plan *plan);

static void checked_run(void *ctx, const struct pw_plan *plan)
{
	sync_log.unsynced_at_run += sync_log.nr;
	plain_run(ctx, plan);
}

static void syncs(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	const struct pw_change ro = { .perm_clear = PW_PERM_W };
	struct pw_range range = pw_range_len(w->pt.first.v + block - page, 3 * page);

	if (!w->hooked)
		return;
	sync_log.nr = 0;
	sync_log.unsynced_at_run = 0;
	w->on_store = log_store;
	w->env.sync_table = sync_table;
	plain_run = w->exec.run;
	w->exec.run = checked_run;
	EXPECT_EQ(map(w, block - page, 3 * page, 0, PW_PERM_W, 0, NULL), 0);
	EXPECT_EQ(sync_log.nr, 0);
	EXPECT_EQ(pw_protect(&w->pt, range, &ro, 0, NULL, NULL), 0);
	EXPECT_EQ(sync_log.nr, 0);
	/* What is written into unlinked tables is nobody's business any more. */
	EXPECT_EQ(pw_unmap(&w->pt, range, PW_KEEP_TABLES, NULL, NULL), 0);
	EXPECT_EQ(sync_log.nr, 0);
	EXPECT_EQ(sync_log.unsynced_at_run, 0);
	EXPECT(w->stores > 0);
}

TEST(changes_are_synced_before_the_barrier)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, syncs);
}
