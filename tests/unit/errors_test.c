/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Bad input to every function that changes tables: the documented error, and nothing changed: not
 * the tables, not the gather, not the page balance.
 */
#include <stdlib.h>

#include "../harness/harness.h"
#include "../ref/observe.h"

static const struct pw_change ro = { .perm_clear = PW_PERM_W };
static const struct pw_change rw = { .perm_set = PW_PERM_W };

/* A call of each function with the same range; @attr, @change and flags may be NULL or zero. */
struct call {
	struct pw_range range;
	uint64_t pa;
	struct pw_attr attr;
	struct pw_change change;
	uint32_t map_flags, unmap_flags, protect_flags;
};

enum { MAP = 1, UNMAP = 2, PROTECT = 4 };

/* A gather with a debt in it already. */
static struct pw_flush slots[4];
static struct pw_gather gather;

static void owe_something(struct world *w)
{
	struct pw_flush f = { .first = pw_va_of(0),
			      .last = pw_va_of(world_page_bytes(w) - 1),
			      .page_lg2 = (uint8_t)w->format->page_lg2 };

	EXPECT_EQ(pw_gather_init(&gather, &w->exec, slots, 4), 0);
	pw_lazy_enable(&gather, &w->env);
	pw_gather_stale(&gather, &w->env, &f, PW_BEFORE_STORES);
}

static bool same_gather(const struct pw_gather *old)
{
	return gather.enable_count == old->enable_count && gather.pause_count == old->pause_count &&
	       gather.owed.publish == old->owed.publish && gather.owed.before == old->owed.before &&
	       gather.owed.full == old->owed.full && gather.owed.nr_ranges == old->owed.nr_ranges &&
	       gather.owed.nr_freed == old->owed.nr_freed && gather.free_head.v == old->free_head.v;
}

/* Each of the functions in @which must refuse the call with @want, and change nothing. */
static void refused(struct world *w, const struct call *c, unsigned int which, int want)
{
	struct pw_mapping m = { c->range, pw_pa_of(c->pa) };
	struct pw_gather old = gather;
	uint8_t *before = world_snapshot(w);
	uint32_t balance = w->balance;
	struct pw_result res = { .changed = 1 };

	harness_note("first", c->range.first.v);
	harness_note("last", c->range.last.v);
	world_forget(w);
	if (which & MAP) {
		EXPECT_EQ(pw_map(&w->pt, c->range, m.pa, &c->attr, c->map_flags, &gather, &res),
			  want);
		EXPECT_EQ(res.changed, 0);
		EXPECT_EQ(pw_map_vec(&w->pt, &m, 1, &c->attr, c->map_flags, &gather, NULL), want);
	}
	if (which & UNMAP) {
		EXPECT_EQ(pw_unmap(&w->pt, c->range, c->unmap_flags, &gather, &res), want);
		EXPECT_EQ(res.changed, 0);
		EXPECT_EQ(pw_unmap_vec(&w->pt, &c->range, 1, c->unmap_flags, &gather, NULL), want);
	}
	if (which & PROTECT) {
		EXPECT_EQ(pw_protect(&w->pt, c->range, &c->change, c->protect_flags, &gather, &res),
			  want);
		EXPECT_EQ(res.changed, 0);
		EXPECT_EQ(pw_protect_vec(&w->pt, &c->range, 1, &c->change, c->protect_flags,
					 &gather, NULL),
			  want);
	}
	EXPECT(world_unchanged(w, before));
	EXPECT(same_gather(&old));
	EXPECT_EQ(w->balance, balance);
	EXPECT_EQ(w->stores + w->cas, 0);
	EXPECT_EQ(w->nr_plans, 0);
	free(before);
}

/* A good call; its range is mapped already, identically. */
static struct call good(struct world *w)
{
	uint64_t page = world_page_bytes(w);
	struct call c = { .range = pw_range_len(w->pt.first.v + 4 * page, 4 * page),
			  .pa = 4 * page,
			  .attr = world_attr(w, PW_PERM_W),
			  .change = ro };

	return c;
}

static void start(struct world *w)
{
	struct call c = good(w);

	owe_something(w);
	EXPECT_EQ(pw_map(&w->pt, c.range, pw_pa_of(c.pa), &c.attr, 0, NULL, NULL), 0);
}

static void finish(struct world *w)
{
	struct call c = good(w);

	EXPECT_EQ(pw_unmap(&w->pt, c.range, PW_STRICT, NULL, NULL), 0);
	pw_lazy_disable(&gather, &w->env);
}

/* Ranges ------------------------------------------------------------------------------------- */

static void bad_ranges(struct world *w)
{
	uint64_t page = world_page_bytes(w), first = w->pt.first.v, last = w->pt.last.v;
	uint64_t a = first + 4 * page;
	bool upper = w->pt.flags & PW_TABLE_UPPER;
	uint64_t beside = upper ? first - page : last + 1;
	const struct {
		uint64_t first, last;
		int err;
	} row[] = {
		/* misaligned */
		{ a + 1, a + page - 1, PW_EINVAL },
		{ a, a + page, PW_EINVAL },
		{ a, a + page - 2, PW_EINVAL },
		{ a + page / 2, a + page + page / 2 - 1, PW_EINVAL },
		{ a, a, PW_EINVAL },
		/* empty */
		{ a, a - 1, PW_EINVAL },
		{ 0, ~0ull, world_beside(w) }, /* what a length of 0 at 0 gives */
		/* reversed or wrapping */
		{ a + page, a - 1, PW_EINVAL },
		{ last - (page - 1), first + page - 1, PW_EINVAL },
		/* non-canonical: beside the half, and far away; at one end only */
		{ beside, beside + page - 1, world_beside(w) },
		{ 1ull << 63, (1ull << 63) + page - 1, world_beside(w) },
		{ 1ull << 62, (1ull << 62) + page - 1, world_beside(w) },
		{ upper ? beside : a, upper ? a + page - 1 : beside + page - 1, world_beside(w) },
		/* the other half */
		{ upper ? 0 : 0 - page, upper ? page - 1 : ~0ull, PW_ERANGE },
	};

	start(w);
	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct call c = good(w);

		harness_note("row", i);
		c.range = pw_range_of(row[i].first, row[i].last);
		refused(w, &c, MAP | UNMAP | PROTECT, row[i].err);
	}
	finish(w);
}

TEST(bad_ranges_are_refused)
{
	struct world_options lower = { .flags = PW_TABLE_LIVE };
	struct world_options upper = { .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };
	struct world_options small = { .flags = PW_TABLE_UPPER, .va_bits = 17 };

	world_each(&lower, bad_ranges);
	world_each(&upper, bad_ranges);
	world_each(&small, bad_ranges);
}

/* Output addresses --------------------------------------------------------------------------- */

static void bad_output(struct world *w)
{
	uint64_t page = world_page_bytes(w);
	struct call c;

	start(w);
	c = good(w);
	c.range = pw_range_len(w->pt.first.v + 16 * page, 4 * page);
	c.pa = page + 1;
	refused(w, &c, MAP, PW_EINVAL);
	c.pa = page / 2;
	refused(w, &c, MAP, PW_EINVAL);
	c.pa = w->pt.pa_max + 1;
	refused(w, &c, MAP, PW_ERANGE);
	c.pa = w->pt.pa_max + 1 - 3 * page; /* the last of four pages is beyond */
	refused(w, &c, MAP, PW_ERANGE);
	c.pa = 1ull << 63;
	refused(w, &c, MAP, PW_ERANGE);
	c.pa = 0 - 2 * page; /* wraps */
	refused(w, &c, MAP, PW_ERANGE);
	finish(w);
}

TEST(bad_output_addresses_are_refused)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, bad_output);
}

/* Bits --------------------------------------------------------------------------------------- */

static void bad_bits(struct world *w)
{
	uint64_t page = world_page_bytes(w);
	struct pw_range news = pw_range_len(w->pt.first.v + 16 * page, page);
	struct call c;

	start(w);
	for (unsigned int bit = 0; bit < 32; bit++) {
		c = good(w);
		c.range = news;
		harness_note("bit", bit);
		if (1u << bit & ~(PW_CONTIGUOUS | PW_MAX_LEVEL_MASK)) {
			c.map_flags = 1u << bit;
			refused(w, &c, MAP, PW_EINVAL);
		}
		c = good(w);
		if (1u << bit & ~(PW_STRICT | PW_KEEP_TABLES)) {
			c.unmap_flags = 1u << bit;
			refused(w, &c, UNMAP, PW_EINVAL);
		}
		if (1u << bit & ~PW_STRICT) {
			c.protect_flags = 1u << bit;
			refused(w, &c, PROTECT, PW_EINVAL);
		}
		c = good(w);
		c.range = news;
		if (1u << bit & ~PW_PERM_ALL) {
			c.attr.perm |= 1u << bit;
			refused(w, &c, MAP, PW_EINVAL);
			c.range = good(w).range;
			c.change = (struct pw_change){ .perm_set = 1u << bit };
			refused(w, &c, PROTECT, PW_EINVAL);
			c.change = (struct pw_change){ .perm_clear = 1u << bit };
			refused(w, &c, PROTECT, PW_EINVAL);
		}
		c = good(w);
		c.range = news;
		if (1u << bit & ~PW_ATTR_ALL) {
			c.attr.flags |= 1u << bit;
			refused(w, &c, MAP, PW_EINVAL);
			c.range = good(w).range;
			c.change = (struct pw_change){ .flags_set = 1u << bit };
			refused(w, &c, PROTECT, PW_EINVAL);
			c.change = (struct pw_change){ .flags_clear = 1u << bit };
			refused(w, &c, PROTECT, PW_EINVAL);
		}
	}
	/* The contiguous hint is the engine's to set. */
	c = good(w);
	c.change = (struct pw_change){ .flags_set = PW_ATTR_CONTIGUOUS };
	refused(w, &c, PROTECT, PW_EOPNOTSUPP);
	c.change = (struct pw_change){ .flags_clear = PW_ATTR_CONTIGUOUS };
	refused(w, &c, PROTECT, PW_EOPNOTSUPP);
	finish(w);
}

TEST(unknown_bits_are_refused)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, bad_bits);
}

static void cannot_express(struct world *w)
{
	const struct pw_change no_read = { .perm_clear = PW_PERM_R };
	struct ref_regime r = observe_regime(w);
	uint64_t page = world_page_bytes(w);
	unsigned int nr = 0;
	struct call c;

	start(w);
	for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++) {
		c = good(w);
		c.range = pw_range_len(w->pt.first.v + 16 * page, page);
		c.attr.perm = perm;
		if (ref_can_say(&r, 0, perm))
			continue;
		harness_note("perm", perm);
		refused(w, &c, MAP, PW_EOPNOTSUPP);
		nr++;
	}
	EXPECT(nr >= 32);
	c = good(w);
	c.change = no_read;
	if (!ref_can_say(&r, 0, PW_PERM_W))
		refused(w, &c, PROTECT, PW_EOPNOTSUPP);
	if (w->format->type[0].memtype != PW_MEM_INDEX) {
		c = good(w);
		c.range = pw_range_len(w->pt.first.v + 16 * page, page);
		/* in none of the tests' tables of types */
		c.attr.memtype = w->pt.regime == PW_REGIME_STAGE2 ? PW_MEM_NORMAL_TAGGED :
								    PW_MEM_DEVICE_GRE;
		refused(w, &c, MAP, PW_EOPNOTSUPP);
	}
	finish(w);
}

TEST(what_no_entry_can_say_is_refused)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, cannot_express);
}

/* Damage ------------------------------------------------------------------------------------- */

/* A table outside memory in the way: named with address and value. */
static void damaged(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	uint64_t first = w->pt.first.v, outside = world_table(w, page, 1), slot;
	struct pw_translation t;
	struct pw_result res;
	struct call c;

	start(w);
	c = good(w);
	EXPECT_EQ(pw_translate(&w->pt, c.range.first, &t), 0);
	slot = t.step[w->pt.levels - 2].entry_pa.v; /* of the first block */
	*world_slot(w, slot, 1) = outside;
	c.range = pw_range_len(first, 2 * block);
	c.pa = 0;
	/* From the good part into the bad one. */
	refused(w, &c, MAP | UNMAP | PROTECT, PW_EFAULT);
	c.range = pw_range_len(first + block, page);
	refused(w, &c, MAP | UNMAP | PROTECT, PW_EFAULT);
	EXPECT_EQ(pw_unmap(&w->pt, c.range, 0, &gather, &res), PW_EFAULT);
	EXPECT_EQ(res.entry, outside);
	EXPECT_EQ(res.entry_pa.v, slot + 8);
	EXPECT_EQ(res.level, 1);
	EXPECT(res.where.first.v >= first + block && res.where.last.v <= first + 2 * block - 1);
	*world_slot(w, slot, 1) = 0;
	finish(w);
}

TEST(bad_tables_are_refused)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };
	struct world_options upper = { .flags = PW_TABLE_UPPER };

	world_each(&live, damaged);
	world_each(&upper, damaged);
}

/* The root itself. */
static void root_outside(struct world *w)
{
	uint64_t page = world_page_bytes(w);
	struct pw_translation t;
	struct call c = good(w);
	struct pw_result res;
	struct pw_iter it;
	struct pw_run run;

	owe_something(w);
	w->cfg.root.v = 16 * page;
	EXPECT_EQ(pw_table_init(&w->pt, &w->cfg), 0);
	refused(w, &c, MAP | UNMAP | PROTECT, PW_EFAULT);
	EXPECT_EQ(pw_unmap(&w->pt, c.range, 0, &gather, &res), PW_EFAULT);
	EXPECT(res.where.first.v <= c.range.first.v && res.where.last.v >= c.range.last.v);
	EXPECT_EQ(pw_translate(&w->pt, c.range.first, &t), PW_EFAULT);
	EXPECT_EQ(t.nr_steps, 0);
	EXPECT_EQ(pw_iter_init(&it, &w->pt, c.range, PW_WANT_LEAVES, 0), 0);
	EXPECT_EQ(pw_iter_next(&it, &run), 1);
	EXPECT_EQ(run.kind, PW_RUN_BAD);
	EXPECT_EQ(run.err, PW_EFAULT);
	EXPECT_EQ(pw_iter_next(&it, &run), 0);
	pw_lazy_disable(&gather, &w->env);
}

TEST(roots_outside_memory_are_refused)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, root_outside);
}

/* At the top, where a leaf cannot be. */
TEST(reserved_encodings_are_refused)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		struct world_options o = { .hooked = hooked, .flags = PW_TABLE_LIVE };
		static struct world w;
		struct pw_result res;
		struct call c;

		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		start(&w);
		c = good(&w);
		*world_slot(&w, w.base, 1) = 0x8000000401; /* a block of 512G needs LPA2 */
		c.range = pw_range_len(1ull << 39, 4096);
		refused(&w, &c, MAP | UNMAP | PROTECT, PW_EDOM);
		EXPECT_EQ(pw_protect(&w.pt, c.range, &ro, 0, &gather, &res), PW_EDOM);
		EXPECT_EQ(res.entry, 0x8000000401);
		EXPECT_EQ(res.entry_pa.v, w.base + 8);
		EXPECT_EQ(res.level, 3);
		*world_slot(&w, w.base, 1) = 0;
		finish(&w);
		world_close(&w);
	}
}

/* At the leaf-most level it never translates: a hole to protect, removed by unmap, in map's way. */
TEST(reserved_leaves)
{
	struct world_options o = { .flags = PW_TABLE_LIVE };
	static struct world w;
	struct pw_translation t;
	struct pw_result res;
	struct call c;

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	start(&w);
	c = good(&w);
	EXPECT_EQ(pw_translate(&w.pt, c.range.first, &t), 0);
	*world_slot(&w, t.step[3].entry_pa.v, 1) = 0x1234401;
	c.protect_flags = PW_STRICT;
	refused(&w, &c, PROTECT, PW_EDOM);
	EXPECT_EQ(pw_map(&w.pt, c.range, pw_pa_of(c.pa), &c.attr, 0, NULL, &res) < 0, true);
	EXPECT_EQ(pw_protect(&w.pt, c.range, &ro, 0, NULL, &res), 0);
	EXPECT_EQ(res.changed, 3 * 4096);
	EXPECT_EQ(res.holes, 4096);
	EXPECT_EQ(*world_slot(&w, t.step[3].entry_pa.v, 1), 0x1234401);
	EXPECT_EQ(pw_unmap(&w.pt, c.range, 0, NULL, &res), 0);
	EXPECT_EQ(w.balance, 0);
	pw_lazy_disable(&gather, &w.env);
	world_close(&w);
}

/*
 * Tables that contain themselves. What is below such an entry is reached as a table and as a
 * mapping of it: to change it in one role would change it in the other, to free it would free what
 * is still in use. So it is refused, wherever in the range it is.
 */
static void cyclic(struct world *w, uint64_t table, uint64_t index, uint64_t target, uint32_t level)
{
	struct call c = good(w);

	*world_slot(w, table, index) = world_table(w, target, level);
	c.range = pw_range_of(w->pt.first.v, w->pt.last.v);
	refused(w, &c, UNMAP | PROTECT, PW_ELOOP);
	/* Where the range does not reach, it does not matter. */
	EXPECT_EQ(pw_protect(&w->pt, good(w).range, &ro, PW_STRICT, NULL, NULL), 0);
	EXPECT_EQ(pw_protect(&w->pt, good(w).range, &rw, PW_STRICT, NULL, NULL), 0);
	*world_slot(w, table, index) = 0;
}

static void cycles(struct world *w)
{
	uint64_t last = (1ull << w->format->index_lg2) - 1;
	uint32_t top = (uint32_t)w->pt.levels - 1;
	struct pw_translation t;

	start(w);
	EXPECT_EQ(pw_translate(&w->pt, good(w).range.first, &t), 0);
	/* the root in itself, as some kernels have it */
	cyclic(w, w->base, world_last_index(w), w->base, top);
	if (w->root_pages > 1) /* any of those side by side there */
		cyclic(w, w->base, world_last_index(w), w->base + w->page_size, top);
	for (uint32_t s = 1; s < top; s++) {
		uint64_t table = t.step[s].entry_pa.v & ~(w->page_size - 1);

		harness_note("step", s);
		cyclic(w, table, last, table, top - s);
		cyclic(w, table, last - 1, w->base, top - s);
		if (w->root_pages > 1)
			cyclic(w, table, last - 1, w->base + w->page_size, top - s);
	}
	finish(w);
}

TEST(cyclic_tables_are_refused)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, cycles);
	live.va_bits = 42; /* roots side by side */
	live.nr_pages = 128;
	world_each(&live, cycles);
}
