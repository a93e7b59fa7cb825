/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Live entries that are replaced while hardware writes access and dirty bits to them: between the
 * engine's load and its store, and after its store by what a CPU still holds. No use is lost.
 */
#include "../env/env.h"
#include "../harness/harness.h"

#define AF (1ull << 10)
#define RO (1ull << 7) /* with DBM: clean */

static struct world w;

/* arm64 4K, hooked, whose hardware writes use; @live: FEAT_BBM of a live handle, and one more */
static bool open_arm64(unsigned int live)
{
	struct world_options o = { .hooked = true,
				   .reshape = true,
				   .flags = live ? PW_TABLE_LIVE : 0,
				   .pa_base = 1ull << 40,
				   .caps = PW_CAP_HAF | PW_CAP_HD | PW_CAP_BBM_ABORTS_OK };

	harness_note("live", live);
	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return false;
	w.pt.caps.bbm_level = live ? live - 1 : 0;
	return true;
}

static bool yes(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	return true;
}

/* A group of @level at its own size, writable, clean and not accessed; its first address. */
static uint64_t map_group(unsigned int level)
{
	uint64_t size = pw_table_leaf_size(&w.pt, level) * 16;
	struct pw_attr attr = world_attr(&w, PW_PERM_W);

	attr.flags = (attr.flags | PW_ATTR_DBM) & ~(PW_ATTR_ACCESSED | PW_ATTR_DIRTY);
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(w.pt.first.v + size, size), pw_pa_of(size), &attr,
			 PW_CONTIGUOUS | PW_MAX_LEVEL(level), NULL, NULL),
		  0);
	w.env.may_fault = yes;
	return w.pt.first.v + size;
}

static uint64_t *slot_of(uint64_t va)
{
	struct pw_translation t;
	uint64_t pa;

	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(va), &t), 0);
	pa = t.step[t.nr_steps - 1].entry_pa.v;
	return world_slot(&w, pa & ~4095ull, (pa & 4095u) / 8);
}

/* How all pages of [first, first + size) are used. */
static void expect_use(uint64_t first, uint64_t size, uint64_t mask, uint64_t use)
{
	for (uint64_t off = 0; off < size; off += 4096) {
		harness_note("offset", off);
		if (!EXPECT_EQ(*slot_of(first + off) & mask, use))
			return;
	}
}

/* Hardware writes to one entry at the first invalidation, whatever is left of the group. */
static uint64_t *hit, hit_use;
static uint32_t nr_hits;
static void (*really_run)(void *ctx, const struct pw_plan *plan);

static void late_run(void *ctx, const struct pw_plan *plan)
{
	if (nr_hits++ == 0 && (*hit & 1))
		*hit = (*hit | hit_use) & ~RO;
	really_run(ctx, plan);
}

static void set_soft(uint64_t at)
{
	struct pw_change soft = { .raw_set = 1ull << 55 };

	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(at, 4096), &soft, 0, NULL, NULL), 0);
}

TEST(use_that_a_group_is_told_after_its_hint_went)
{
	for (unsigned int i = 0; i < 6; i++) {
		unsigned int level = i & 1;
		uint64_t first, size;

		harness_note("level", level);
		if (!open_arm64(2 + i / 2))
			return;
		first = map_group(level);
		size = pw_table_leaf_size(&w.pt, level);
		hit = slot_of(first + 9 * size);
		hit_use = AF;
		nr_hits = 0;
		really_run = w.exec.run;
		w.exec.run = late_run;
		set_soft(first + 3 * size + (level ? 0x5000 : 0));
		EXPECT(nr_hits > 0);
		EXPECT_EQ(*hit & (1ull << 52), 0);
		expect_use(first, 16 * size, AF | RO, AF);
		EXPECT_EQ(w.violations, 0);
		world_close(&w);
	}
}

/* Hardware writes to the entry that the engine's n-th load has just read: a leaf that it may use */
static uint64_t nr_loads, hit_load, *loaded;
static uint64_t (*really_load)(void *ctx, const uint64_t *slot);

static uint64_t late_load(void *ctx, const uint64_t *slot)
{
	uint64_t e = really_load(ctx, slot);

	if ((e & 1) && (e & 1ull << 51) && ++nr_loads == hit_load) {
		loaded = world_slot(&w, w.base, (uint64_t)(slot - world_slot(&w, w.base, 0)));
		*loaded |= AF;
	}
	return e;
}

/* False: there is no such load. */
static bool one_window(unsigned int live, unsigned int level, uint64_t n)
{
	uint64_t first, size, *slot, i;

	harness_note("load", n);
	if (!open_arm64(live))
		return false;
	first = map_group(level);
	size = pw_table_leaf_size(&w.pt, level);
	slot = slot_of(first);
	/* what a CPU does at the invalidation makes the engine write to every entry once more */
	really_run = w.exec.run;
	w.exec.run = late_run;
	nr_hits = 0;
	hit = slot + 9;
	hit_use = 0;
	hit_load = n;
	nr_loads = 0;
	really_load = w.env.load;
	w.env.load = late_load;
	set_soft(first + 3 * size + (level ? 0x5000 : 0));
	w.env.load = really_load;
	i = (uint64_t)(loaded - slot);
	if (nr_loads >= n)
		EXPECT_EQ(*(i < 16 ? slot_of(first + i * size) : loaded) & AF, AF);
	if (n == 1)
		expect_use(first, 16 * size, live > 1 ? RO : 0, 0);
	EXPECT_EQ(w.violations, 0);
	world_close(&w);
	return nr_loads >= n;
}

TEST(use_that_comes_between_load_and_store)
{
	for (unsigned int i = 0; i < 8; i++) {
		uint64_t n = 1;

		harness_note("level", i & 1);
		while (one_window(1 + i / 2, i & 1, n))
			n++;
		EXPECT(n > 16);
	}
}

/* A group that is broken: never are some of its entries valid as they were, and others as they
   are to be, whatever bits of them differ. */
#define TYPE (7ull << 2)
static const uint64_t *watched;
static bool mixed;

static void watch_group(void)
{
	uint32_t types = 0;

	for (unsigned int i = 0; i < 16; i++) {
		if (watched[i] & 1)
			types |= 1u << (watched[i] >> 2 & 7u);
	}
	mixed |= types & (types - 1);
}

static void watch_store(struct world *world, uint64_t *slot)
{
	(void)world, (void)slot;
	watch_group();
}

static void watch_run(void *ctx, const struct pw_plan *plan)
{
	watch_group();
	really_run(ctx, plan);
}

/* Bits in which entries differ that the change touches as well: the access flag, and soft ones */
TEST(a_group_is_broken_as_a_whole)
{
	static const uint64_t differ[] = { 0, 1u << 5, 1, 1u << 15, 0xaaaa, 0x7fff };

	for (unsigned int i = 0; i < 6; i++) {
		const struct pw_change c = { .raw_clear = TYPE | 1ull << 56,
					     .raw_set = 1u << 2 | 1ull << 55,
					     .flags_set = PW_ATTR_ACCESSED };
		uint64_t first, old[16];
		struct pw_result res;

		if (!open_arm64(1))
			return;
		w.pt.caps.flags &= ~(PW_CAP_HAF | PW_CAP_HD);
		harness_note("differ", differ[i]);
		first = map_group(0);
		for (unsigned int n = 0; n < 16; n++) {
			if (differ[i] >> n & 1)
				*slot_of(first + n * 4096u) |= AF | 3ull << 55;
			old[n] = *slot_of(first + n * 4096u);
		}
		watched = slot_of(first);
		mixed = false;
		world_forget(&w);
		really_run = w.exec.run;
		w.exec.run = watch_run;
		w.on_store = watch_store;
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(first, 65536), &c, 0, NULL, &res), 0);
		watch_group();
		EXPECT_EQ(mixed, false);
		EXPECT_EQ(res.changed, 65536);
		EXPECT_EQ(res.nr_entries, 16);
		/* one invalidation while they are broken, and none after that */
		EXPECT_EQ(w.nr_plans, 2);
		EXPECT_EQ(w.plan[0].plan.nr_ranges, 1);
		EXPECT_EQ(w.plan[0].range[0].first.v, first);
		EXPECT_EQ(w.plan[0].range[0].last.v, first + 65535);
		EXPECT_EQ(w.plan[1].plan.nr_ranges, 0);
		EXPECT_EQ(w.plan[1].plan.full, 0);
		EXPECT_EQ(w.plan[1].plan.publish, 1);
		for (unsigned int n = 0; n < 16; n++)
			EXPECT_EQ(watched[n],
				  (old[n] & ~(TYPE | 1ull << 56)) | 1u << 2 | 1ull << 55 | AF);
		EXPECT_EQ(w.violations, 0);
		world_close(&w);
	}
}

/* What follows a group and is like it is broken in the same run, but is no group of its own. */
TEST(what_follows_a_broken_group_is_none)
{
	const struct pw_change c = { .raw_clear = TYPE, .raw_set = 1u << 2 };
	struct pw_attr attr;
	uint64_t first, *slot;
	struct pw_result res;

	if (!open_arm64(1))
		return;
	first = map_group(0);
	attr = world_attr(&w, PW_PERM_W);
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(first + 65536, 3 * 4096), pw_pa_of(first + 65536),
			 &attr, 0, NULL, NULL),
		  0);
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(first + 65536 + 5 * 4096, 4096),
			 pw_pa_of(first + 65536 + 5 * 4096), &attr, 0, NULL, NULL),
		  0);
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(first, 2 * 65536), &c, 0, NULL, &res), 0);
	EXPECT_EQ(res.nr_entries, 16 + 4);
	EXPECT_EQ(res.holes, 12 * 4096);
	slot = slot_of(first);
	for (unsigned int n = 16; n < 32; n++) {
		bool mapped = n < 19 || n == 21;

		harness_note("n", n);
		EXPECT_EQ(slot[n] & 1u, mapped);
		EXPECT_EQ(slot[n] != 0, mapped);
	}
	world_close(&w);
}

/* The same for protect alone, of bits that hardware writes: the n-th load reads what is not true
   any more when the entry is changed. */
TEST(protect_of_what_hardware_writes_meanwhile)
{
	static const struct pw_change change[] = { { .flags_clear = PW_ATTR_ACCESSED },
						   { .flags_set = PW_ATTR_ACCESSED } };

	for (unsigned int i = 0; i < 2; i++) {
		uint64_t n = 0, first, used;

		do {
			harness_note("load", ++n);
			if (!open_arm64(4))
				return;
			first = map_group(0);
			hit_load = n;
			nr_loads = 0;
			loaded = NULL;
			really_load = w.env.load;
			w.env.load = late_load;
			EXPECT_EQ(pw_protect(&w.pt, pw_range_len(first, 65536), &change[i], 0, NULL,
					     NULL),
				  0);
			w.env.load = really_load;
			used = 0;
			for (unsigned int page = 0; page < 16; page++)
				used += !!(*slot_of(first + page * 4096u) & AF);
			/* clear: one may have been used since, no more; set: all are */
			EXPECT(i ? used == 16 : used <= 1);
			EXPECT_EQ(w.asserts, 0);
			EXPECT_EQ(w.violations, 0);
			world_close(&w);
		} while (loaded);
		EXPECT(n > 16);
	}
}

/* A page out of a block: what follows on nothing, or on nT, is published; what was there in place
   all along need not be. Unmap owes no publish barrier of its own. */
TEST(the_end_of_a_fault_is_published)
{
	for (unsigned int live = 1; live < 5; live++) {
		bool publish = false;
		uint64_t first;

		if (!open_arm64(live))
			return;
		first = map_group(1);
		world_forget(&w);
		EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(first + 0x5000, 4096), 0, NULL, NULL), 0);
		for (unsigned int i = 0; i < w.nr_plans; i++) {
			publish |= w.plan[i].plan.publish;
			EXPECT_EQ(i == 0 && w.plan[i].plan.publish, false);
		}
		EXPECT_EQ(publish, live <= 2);
		world_close(&w);
	}
}
