/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Splitting at the ends of a range, every format, inactive and live: afterwards every address leads
 * where it led before, with the rights it had, but for what was asked to change; the pieces are the
 * largest that are legal; and nothing is allocated that is not needed.
 */
#include <stdlib.h>

#include "../env/env.h"
#include "../harness/harness.h"

static struct world w;

/* The largest leaf of the format that the arena's addresses allow, mapped at offset @at. */
static bool map_block(unsigned int level, uint64_t *at, uint32_t flags)
{
	uint64_t size = pw_table_leaf_size(&w.pt, level);
	struct pw_attr attr = world_attr(&w, PW_PERM_W);

	*at = size;
	if (w.pt.last.v - w.pt.first.v < 4 * size || 2 * size > w.pt.pa_max)
		return false;
	return EXPECT_EQ(pw_map(&w.pt, pw_range_len(w.pt.first.v + *at, size), pw_pa_of(size),
				&attr, flags, NULL, NULL),
			 0);
}

/* Pages of [first, first + size) lead to their offset from @pa, writable but for [lo, hi). */
static void expect_same(uint64_t first, uint64_t size, uint64_t pa, uint64_t lo, uint64_t hi)
{
	uint64_t page = world_page_bytes(&w), step = page, off;

	if (size / page > 2000)
		step = size / 997 & ~(page - 1);
	for (off = 0; off < size; off += step) {
		struct pw_translation t;
		bool changed = off >= lo && off < hi;
		uint64_t want = pa + off;

		harness_note("offset", off);
		if (!EXPECT_EQ(pw_translate(&w.pt, pw_va_of(w.pt.first.v + first + off), &t), 0))
			return;
		EXPECT_EQ(t.pa.v, want);
		EXPECT_EQ(!(t.perm & PW_PERM_W), changed);
	}
}

/*
 * The whole leaf was invalidated, not what was asked for alone: what a CPU holds of it may be used
 * for any address inside (A64-BBM-3, and the like of it for the others). One plan did.
 */
static void expect_invalidated(uint64_t first, uint64_t size)
{
	bool done = false;

	EXPECT(w.nr_plans <= WORLD_MAX_PLANS);
	for (uint32_t i = 0; i < w.nr_plans; i++) {
		done |= w.plan[i].plan.full >> w.pt.regime & 1u;
		for (uint32_t j = 0; j < w.plan[i].plan.nr_ranges; j++) {
			const struct pw_flush *f = &w.plan[i].range[j];

			done |= f->first.v <= first && f->last.v >= first + size - 1u;
		}
	}
	EXPECT(done);
}

static const struct pw_change *read_only(void)
{
	static struct pw_change c;

	c = (struct pw_change){ .perm_clear = w.format->no_write };
	return &c;
}

/* One page out of a leaf of @level: its first, one in the middle, its last. */
static void one_page(unsigned int level, unsigned int which, uint32_t flags)
{
	uint64_t page = world_page_bytes(&w), size = pw_table_leaf_size(&w.pt, level), at, off;
	struct pw_result res;
	uint32_t before;

	if (!map_block(level, &at, flags))
		return;
	off = which == 0 ? 0 : which == 1 ? (size / 2 + 3 * page) & ~(page - 1) : size - page;
	before = w.balance;
	world_forget(&w);
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(w.pt.first.v + at + off, page), read_only(), 0,
			     NULL, &res),
		  0);
	EXPECT_EQ(res.changed, page);
	EXPECT_EQ(w.balance - before, level); /* a table a level */
	expect_same(at, size, size, off, off + page);
	if (w.pt.flags & PW_TABLE_LIVE)
		expect_invalidated(w.pt.first.v + at, size);
	EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(w.pt.first.v + at, size), 0, NULL, &res), 0);
	EXPECT_EQ(res.changed, size);
	EXPECT_EQ(w.violations, 0);
	EXPECT_EQ(w.asserts, 0);
}

static bool yes(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	return true;
}

TEST(one_page_out_of_every_leaf)
{
	for (unsigned int i = 0; i < 2 * WORLD_NR_FORMATS; i++) {
		for (unsigned int live = 0; live < 5; live++) {
			struct world_options o = { .hooked = i & 1,
						   .reshape = true,
						   .flags = live ? PW_TABLE_LIVE : 0,
						   .pa_base = 1ull << 40,
						   .caps = live == 3 ? PW_CAP_BBM_ABORTS_OK : 0 };

			harness_note("format", i / 2);
			harness_note("hooked", i & 1);
			harness_note("live", live);
			if (i / 2 == WORLD_FAKE)
				o.pa_base = 0;
			if (!world_open(&w, &world_formats[i / 2], &o))
				return;
			w.env.may_fault = yes;
			w.pt.caps.bbm_level = live ? live - 1 : 0;
			for (unsigned int level = 1; pw_table_leaf_ok(&w.pt, level); level++) {
				harness_note("level", level);
				for (unsigned int which = 0; which < 3; which++) {
					harness_note("which", which);
					one_page(level, which, 0);
				}
			}
			world_close(&w);
		}
	}
}

/*
 * Several ranges in one leaf. The first cut may not leave groups behind that the next one would
 * have to break where nobody was asked whether it may (RV-NAPOT-2).
 */
static struct pw_range part[5];
static bool gone; /* a page that nothing was to happen to */

static void expect_mapped(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct pw_translation t;
		uint64_t page = world_page_bytes(&w);

		gone |= pw_translate(&w.pt, part[i].first, &t) != 0;
		gone |= pw_translate(&w.pt, pw_va_of(part[i].first.v - page), &t) != 0;
		gone |= pw_translate(&w.pt, part[i].last, &t) != 0;
	}
}

static void watch_store(struct world *world, uint64_t *slot)
{
	(void)world, (void)slot;
	expect_mapped();
}

static void (*really_run)(void *ctx, const struct pw_plan *plan);

static void watch_run(void *ctx, const struct pw_plan *plan)
{
	expect_mapped();
	really_run(ctx, plan);
}

static void several_parts(unsigned int level, const uint8_t order[4])
{
	uint64_t page = world_page_bytes(&w), size = pw_table_leaf_size(&w.pt, level), at;
	uint64_t group = page << pw_table_contig_lg2(&w.pt, 0);
	uint64_t more = group > page && size > 4 * group ? group : 0;
	struct pw_change ro = { .perm_clear = w.format->no_write };
	struct pw_result res;
	uint32_t before;
	int err;

	if (!map_block(level, &at, 0))
		return;
	/* in one group, from one to the next, and in the last table there is */
	at += w.pt.first.v;
	part[order[0]] = pw_range_len(at + page, page);
	part[order[1]] = pw_range_len(at + 3 * page, page);
	part[order[2]] = pw_range_len(at + group + page, page + more);
	part[order[3]] = pw_range_len(at + size - page, page);
	part[4] = part[order[2]]; /* twice, and it cuts no more */
	gone = false;
	w.on_store = watch_store;
	world_forget(&w);
	before = w.balance;
	err = pw_protect_vec(&w.pt, part, 5, &ro, 0, NULL, &res);
	w.on_store = NULL;
	EXPECT_EQ(gone, false);
	if (err)
		EXPECT_EQ(err, PW_EBUSY);
	else
		EXPECT_EQ(res.changed, 4 * page + more);
	/* and not a page too many was asked for */
	EXPECT_EQ(w.balance - before, w.nr_gets);
	/* nothing but what the ranges cut is smaller than it has to be */
	if (!err && level == 1 && group > page) {
		struct pw_translation t;
		struct pw_attr attr;

		for (uint64_t off = 0; off < size; off += group) {
			bool cut = off < 2 * group + more || off + group == size;

			harness_note("offset", off);
			EXPECT_EQ(pw_translate(&w.pt, pw_va_of(at + off), &t), 0);
			EXPECT_EQ(pw_attr_decode(&w.pt, t.entry, t.level, &attr), 0);
			EXPECT_EQ(!(attr.flags & PW_ATTR_CONTIGUOUS), cut);
		}
	}
	EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(at, size), 0, NULL, NULL), 0);
	EXPECT_EQ(w.violations, 0);
}

static void each_unasked(unsigned int live, unsigned int format)
{
	static const uint8_t orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 } };
	struct world_options o = { .hooked = true,
				   .reshape = true,
				   .pa_base = format == WORLD_FAKE ? 0 : 1ull << 40,
				   .caps = PW_CAP_BBM_ABORTS_OK };

	harness_note("format", format);
	harness_note("live", live);
	if (!world_open(&w, &world_formats[format], &o))
		return;
	if (live) {
		w.pt.flags |= PW_TABLE_LIVE;
		w.pt.exec = &w.exec;
	}
	w.pt.caps.bbm_level = live ? live - 1 : 0;
	really_run = w.exec.run;
	w.exec.run = watch_run;
	for (unsigned int level = 1; pw_table_leaf_ok(&w.pt, level) && level < 3; level++) {
		harness_note("level", level);
		for (unsigned int i = 0; i < 3; i++)
			several_parts(level, orders[i]);
	}
	world_close(&w);
}

TEST(parts_of_one_leaf_stay_mapped_where_nobody_was_asked)
{
	for (unsigned int format = 0; format < WORLD_NR_FORMATS; format++) {
		for (unsigned int live = 0; live < 5; live++)
			each_unasked(live, format);
	}
}

/* The bits of one entry of a group that are software's: nobody else has those */
static uint64_t soft_bits(unsigned int level, unsigned int soft)
{
	struct pw_attr attr = world_attr(&w, PW_PERM_W);
	uint64_t plain = 0, raw = 0;

	EXPECT_EQ(pw_attr_encode(&w.pt, &attr, level, &plain), 0);
	attr.soft = soft;
	EXPECT_EQ(pw_attr_encode(&w.pt, &attr, level, &raw), 0);
	return raw ^ plain;
}

static struct pw_attr look(uint64_t va)
{
	struct pw_translation t;
	struct pw_attr attr = { 0 };

	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(va), &t), 0);
	EXPECT_EQ(pw_attr_decode(&w.pt, t.entry, t.level, &attr), 0);
	return attr;
}

/* A page out of the fourth leaf of a group, or out of the second where that is all: each of them
   keeps what only it has. */
static void keeps_its_own(unsigned int level)
{
	uint64_t page = world_page_bytes(&w), size = pw_table_leaf_size(&w.pt, level);
	uint64_t nr = 1ull << pw_table_contig_lg2(&w.pt, level), first = w.pt.first.v + nr * size;
	uint64_t at = first + (nr > 4 ? 3 : nr - 1) * size + (level ? page : 0);
	struct pw_attr attr = world_attr(&w, PW_PERM_W);
	struct pw_translation t;

	if (nr < 2 || w.pt.last.v - w.pt.first.v < 3 * nr * size)
		return;
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(first, nr * size), pw_pa_of(nr * size), &attr,
			 PW_CONTIGUOUS | PW_MAX_LEVEL(level), NULL, NULL),
		  0);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(first), &t), 0);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t pa = t.step[t.nr_steps - 1].entry_pa.v + i * 8u;

		*world_slot(&w, pa & ~(w.page_size - 1), (pa & (w.page_size - 1)) / 8) |=
			soft_bits(level, i % 4);
	}
	EXPECT_EQ(look(first).flags & PW_ATTR_CONTIGUOUS, PW_ATTR_CONTIGUOUS);
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(at, page), read_only(), 0, NULL, NULL), 0);
	for (uint64_t i = 0; i < nr; i++) {
		harness_note("leaf", i);
		attr = look(first + i * size);
		EXPECT_EQ(attr.soft, i % 4);
		EXPECT_EQ(attr.flags & PW_ATTR_CONTIGUOUS & (level ? 0 : ~0u), 0);
		attr = look(first + (i + 1) * size - page);
		EXPECT_EQ(attr.soft, i % 4);
	}
	expect_same(first - w.pt.first.v, nr * size, nr * size, at - first, at - first + page);
	EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(first, nr * size), 0, NULL, NULL), 0);
	EXPECT_EQ(w.violations, 0);
}

TEST(leaves_of_a_group_keep_what_is_their_own)
{
	for (unsigned int i = 0; i < 2 * 5 * WORLD_NR_FORMATS; i++) {
		unsigned int live = i / 2 % 5, format = i / 10;
		struct world_options o = { .hooked = i & 1,
					   .reshape = true,
					   .pa_base = format == WORLD_FAKE ? 0 : 1ull << 40,
					   .caps = PW_CAP_BBM_ABORTS_OK };

		harness_note("format", format);
		harness_note("hooked", i & 1);
		harness_note("live", live);
		if (!world_open(&w, &world_formats[format], &o))
			return;
		if (live) {
			w.pt.flags |= PW_TABLE_LIVE;
			w.pt.exec = &w.exec;
		}
		w.env.may_fault = yes;
		w.pt.caps.bbm_level = live ? live - 1 : 0;
		for (unsigned int level = 0; pw_table_leaf_ok(&w.pt, level); level++) {
			harness_note("level", level);
			keeps_its_own(level);
		}
		world_close(&w);
	}
}

/* Lists of any order and overlap in a leaf, or in a group: what is reserved is what it takes. */
static void any_list(unsigned int level)
{
	uint64_t page = world_page_bytes(&w), size = pw_table_leaf_size(&w.pt, level);
	uint64_t nr = 1ull << pw_table_contig_lg2(&w.pt, level), first = w.pt.first.v + nr * size;
	struct pw_attr attr = world_attr(&w, PW_PERM_W);
	struct pw_range list[6];
	uint32_t before;

	if (w.pt.last.v - w.pt.first.v < 3 * nr * size)
		return;
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(first, nr * size), pw_pa_of(nr * size), &attr,
			 PW_CONTIGUOUS | PW_MAX_LEVEL(level), NULL, NULL),
		  0);
	for (unsigned int i = 0; i < 6; i++) {
		/* near each other, and further away */
		uint64_t off = harness_random() % (nr * size / page), n = harness_random() % 40;

		off = harness_random() % 2 ? off : off % (nr * size / page / 64 + 1);
		n = off + n < nr * size / page ? n : nr * size / page - 1 - off;
		list[i] = pw_range_len(first + off * page, (n + 1) * page);
	}
	world_forget(&w);
	before = w.balance;
	EXPECT_EQ(pw_protect_vec(&w.pt, list, 6, read_only(), 0, NULL, NULL), 0);
	EXPECT_EQ(w.balance - before, w.nr_gets);
	for (unsigned int i = 0; i < 6; i++) {
		uint64_t off = list[i].first.v - first, len = list[i].last.v - list[i].first.v + 1;

		expect_same(list[i].first.v - w.pt.first.v, len, nr * size + off, 0, len);
	}
	EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(first, nr * size), 0, NULL, NULL), 0);
	EXPECT_EQ(w.violations, 0);
	EXPECT_EQ(w.asserts, 0);
}

TEST(lists_take_no_page_too_many)
{
	for (unsigned int i = 0; i < 5 * WORLD_NR_FORMATS; i++) {
		unsigned int live = i % 5, format = i / 5;
		struct world_options o = { .hooked = i & 1,
					   .reshape = true,
					   .pa_base = format == WORLD_FAKE ? 0 : 1ull << 40,
					   .caps = PW_CAP_BBM_ABORTS_OK };

		harness_note("format", format);
		harness_note("live", live);
		if (!world_open(&w, &world_formats[format], &o))
			return;
		if (live) {
			w.pt.flags |= PW_TABLE_LIVE;
			w.pt.exec = &w.exec;
		}
		w.env.may_fault = yes;
		w.pt.caps.bbm_level = live ? live - 1 : 0;
		for (unsigned int level = 1; level < 3 && pw_table_leaf_ok(&w.pt, level); level++) {
			harness_note("level", level);
			for (unsigned int n = 0; n < 4; n++)
				any_list(level);
		}
		world_close(&w);
	}
}

/* A page that get_table() hands out, and nobody finds again: refused before anything changes. */
static uint64_t out_of_reach;
static void *(*really_virt)(void *ctx, struct pw_pa pa, uint32_t len);

static void *short_sighted(void *ctx, struct pw_pa pa, uint32_t len)
{
	return pa.v == out_of_reach ? NULL : really_virt(ctx, pa, len);
}

/* The @n-th of those for the cut of a leaf of @level is like that; there are as many as levels. */
static void unreachable(unsigned int level, unsigned int n)
{
	uint64_t page = world_page_bytes(&w), at;
	uint32_t next, balance;
	struct pw_range range;
	uint8_t *before;

	if (!map_block(level, &at, 0))
		return;
	range = pw_range_len(w.pt.first.v + at + page, page);
	next = w.next;
	out_of_reach = w.base + (next + n) * w.page_size;
	really_virt = w.env.phys_to_virt;
	if (w.hooked)
		w.env.phys_to_virt = short_sighted;
	w.env.mem_last.v = out_of_reach - 1;
	before = world_snapshot(&w);
	balance = w.balance;
	world_forget(&w);
	EXPECT_EQ(pw_protect(&w.pt, range, read_only(), 0, NULL, NULL), n < level ? PW_EFAULT : 0);
	if (n < level) {
		w.next = next;
		EXPECT_EQ(pw_unmap(&w.pt, range, 0, NULL, NULL), PW_EFAULT);
		EXPECT_EQ(w.balance, balance);
		EXPECT(world_unchanged(&w, before));
		EXPECT_EQ(w.nr_plans, 0);
	}
	free(before);
	EXPECT_EQ(w.violations, 0);
	EXPECT_EQ(w.asserts, 0);
}

TEST(pages_that_nobody_finds_again)
{
	for (unsigned int i = 0; i < 20 * WORLD_NR_FORMATS; i++) {
		static const uint8_t levels[] = { 1, 1, 2, 2, 2 }, ns[] = { 0, 1, 0, 1, 2 };
		unsigned int level = levels[i / 4 % 5], n = ns[i / 4 % 5];
		struct world_options o = { .hooked = i & 1,
					   .reshape = true,
					   .flags = i & 2 ? PW_TABLE_LIVE : 0,
					   .pa_base = i / 20 == WORLD_FAKE ? 0 : 1ull << 40 };

		harness_note("i", i);
		harness_note("level", level);
		harness_note("n", n);
		if (!world_open(&w, &world_formats[i / 20], &o))
			return;
		w.env.may_fault = yes;
		if (pw_table_leaf_ok(&w.pt, level))
			unreachable(level, n);
		world_close(&w);
	}
}

/*
 * A hint that somebody set where there is no group: the root has two entries, and a group of theirs
 * would have 16. What lies behind the root in memory is nobody's business.
 */
static void hint_in_a_small_root(bool live, uint32_t bbm, unsigned int what)
{
	struct world_options o = { .reshape = true, .va_bits = 31, .pa_base = 1ull << 40 };
	struct pw_change change = { .perm_clear = PW_PERM_W };
	struct pw_range page = pw_range_len(0x4000, 0x1000);
	struct pw_sweep s = { .range = page, .next = page.first, .budget = 512 };
	uint64_t leaf;

	harness_note("live", live);
	harness_note("bbm", bbm);
	harness_note("what", what);
	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	w.pt.flags |= live ? PW_TABLE_LIVE : 0;
	w.pt.caps.bbm_level = bbm;
	w.env.may_fault = yes;
	EXPECT_EQ(pw_table_root_size(&w.pt), 16);
	for (uint64_t i = 0; i < 2; i++) {
		struct pw_attr attr = world_attr(&w, PW_PERM_W);

		EXPECT_EQ(pw_map(&w.pt, pw_range_len(i << 30, 1ull << 30), pw_pa_of(i << 30), &attr,
				 0, NULL, NULL),
			  0);
		*world_slot(&w, w.base, i) |= 1ull << 52;
	}
	leaf = *world_slot(&w, w.base, 0);
	for (uint64_t i = 2; i < 32; i++)
		*world_slot(&w, w.base, i) = leaf;
	if (what == 0)
		EXPECT_EQ(pw_protect(&w.pt, page, &change, 0, NULL, NULL), 0);
	else if (what == 1)
		EXPECT_EQ(pw_split(&w.pt, &s, 0, NULL, NULL), 0);
	else
		EXPECT_EQ(pw_test_and_clear(&w.pt, page, PW_ATTR_ACCESSED, 0, NULL, NULL, NULL,
					    NULL),
			  0);
	EXPECT(*world_slot(&w, w.base, 0) != leaf);
	for (uint64_t i = 2; i < 32; i++)
		EXPECT_EQ(*world_slot(&w, w.base, i), leaf);
	world_close(&w);
}

TEST(hints_where_there_is_no_group)
{
	for (unsigned int i = 0; i < 24; i++)
		hint_in_a_small_root(i & 1, i >> 1 & 3, i / 8);
}

/* And one where there is, of blocks that the handle would not make: all of them lose it. */
TEST(hints_of_blocks_that_the_handle_would_not_make)
{
	struct world_options o = { .reshape = true, .va_bits = 39, .pa_base = 1ull << 40 };
	struct pw_change change = { .perm_clear = PW_PERM_W };
	uint64_t block = 1ull << 21, table;
	struct pw_attr attr;

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	attr = world_attr(&w, PW_PERM_W);
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(0, 16 * block), pw_pa_of(0), &attr, PW_CONTIGUOUS,
			 NULL, NULL),
		  0);
	table = *world_slot(&w, w.base, 0) & 0xfffffffff000;
	EXPECT(*world_slot(&w, table, 15) & 1ull << 52);
	w.cfg.leaf_levels = 1;
	EXPECT_EQ(pw_table_init(&w.pt, &w.cfg), 0);
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(block, 0x1000), &change, 0, NULL, NULL), 0);
	for (uint64_t i = 0; i < 16; i++)
		EXPECT_EQ(*world_slot(&w, table, i) & 1ull << 52, 0);
	world_close(&w);
}
