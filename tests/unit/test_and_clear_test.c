/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pw_test_and_clear(), every format, inactive and live: what was used is found once, whoever writes
 * meanwhile; groups are one; and what is owed is owed for dirty alone, and for nothing else.
 */
#include <stdlib.h>

#include "../env/env.h"
#include "../harness/harness.h"

#define A  PW_ATTR_ACCESSED
#define D  PW_ATTR_DIRTY
#define AD (A | D)

static struct world w;
static struct pw_use found[16];
static uint32_t nr_found;

static void keep(void *ctx, const struct pw_use *use)
{
	EXPECT_EQ(ctx == &w, true);
	if (nr_found < 16)
		found[nr_found] = *use;
	nr_found++;
}

static bool open_world(unsigned int format, bool hooked, bool live)
{
	struct world_options o = { .hooked = hooked,
				   .reshape = true,
				   .flags = live ? PW_TABLE_LIVE : 0,
				   .pa_base = format == WORLD_FAKE ? 0 : 1ull << 40,
				   .caps = PW_CAP_HAF | PW_CAP_HD };

	harness_note("format", format);
	harness_note("hooked", hooked);
	harness_note("live", live);
	if (!world_open(&w, &world_formats[format], &o))
		return false;
	if (live) {
		w.pt.flags |= PW_TABLE_LIVE;
		w.pt.exec = &w.exec;
	}
	return true;
}

static void each(void (*test)(void))
{
	for (unsigned int i = 0; i < 4 * WORLD_NR_FORMATS; i++) {
		if (!open_world(i / 4, i & 1, i & 2))
			return;
		test();
		EXPECT_EQ(w.violations, 0);
		EXPECT_EQ(w.asserts, 0);
		world_close(&w);
	}
}

/* The fake format has no dirty state. */
static uint32_t has(void)
{
	return w.format == &world_formats[WORLD_FAKE] ? A : AD;
}

/* Of leaves that were written to. */
static struct pw_attr used(void)
{
	struct pw_attr attr = world_attr(&w, PW_PERM_W);

	attr.flags |= w.format->flags & (AD | PW_ATTR_DBM);
	return attr;
}

static bool map(uint64_t off, uint64_t len, const struct pw_attr *attr, uint32_t flags)
{
	return EXPECT_EQ(pw_map(&w.pt, pw_range_len(w.pt.first.v + off, len), pw_pa_of(off), attr,
				flags, NULL, NULL),
			 0);
}

static int ask(uint64_t off, uint64_t len, uint32_t what, uint32_t flags, struct pw_gather *g,
	       struct pw_result *res)
{
	nr_found = 0;
	world_forget(&w);
	return pw_test_and_clear(&w.pt, pw_range_len(w.pt.first.v + off, len), what, flags, keep,
				 &w, g, res);
}

static uint64_t *slot_of(uint64_t off, uint32_t *level)
{
	struct pw_translation t;
	uint64_t pa;

	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(w.pt.first.v + off), &t), 0);
	pa = t.step[t.nr_steps - 1].entry_pa.v;
	if (level)
		*level = t.level;
	return world_virt(&w, pa, 8);
}

/* Accessed and dirty, as an entry says; arm64: dirty is a right, where there is DBM. */
static uint32_t use_of(uint64_t off)
{
	uint32_t level;
	uint64_t *slot = slot_of(off, &level);
	struct pw_attr attr;

	EXPECT_EQ(pw_attr_decode(&w.pt, *slot, level, &attr), 0);
	return attr.flags & AD;
}

static void expect_found(uint32_t i, uint64_t off, uint64_t len, uint32_t what)
{
	harness_note("found", i);
	EXPECT_EQ(found[i].range.first.v, w.pt.first.v + off);
	EXPECT_EQ(found[i].range.last.v, w.pt.first.v + off + len - 1);
	EXPECT_EQ(found[i].what, what);
}

/* Three pages, a hole, another page. */
static void pages(void)
{
	uint64_t page = world_page_bytes(&w), at = page * 2;
	struct pw_attr attr = used();
	struct pw_result res;

	if (!map(at, 3 * page, &attr, PW_MAX_LEVEL(0)) ||
	    !map(at + 4 * page, page, &attr, PW_MAX_LEVEL(0)))
		return;
	EXPECT_EQ(use_of(at), has());
	EXPECT_EQ(ask(at, 6 * page, AD, PW_TEST_ONLY, NULL, &res), 0);
	EXPECT_EQ(nr_found, 4);
	EXPECT_EQ(res.changed + res.nr_entries + w.cas + w.stores + w.nr_plans, 0);
	EXPECT_EQ(use_of(at), has());

	EXPECT_EQ(ask(at, 6 * page, AD, 0, NULL, &res), 0);
	EXPECT_EQ(nr_found, 4);
	for (uint32_t i = 0; i < 4; i++)
		expect_found(i, at + (i < 3 ? i : 4) * page, page, has());
	EXPECT_EQ(res.changed, 4 * page);
	EXPECT_EQ(res.nr_entries, 4);
	EXPECT_EQ(res.holes, 2 * page);
	EXPECT_EQ(w.nr_plans, world_live(&w));
	if (w.nr_plans) { /* the last level, those pages and no others */
		const struct world_plan *p = &w.plan[0];

		EXPECT_EQ(p->plan.publish + p->plan.full, 0);
		EXPECT_EQ(p->plan.before,
			  w.pt.regime == PW_REGIME_STAGE2 ? PW_BEFORE_ALL : PW_BEFORE_STORES);
		EXPECT_EQ(p->plan.nr_ranges, 2);
		EXPECT_EQ(p->range[0].first.v, w.pt.first.v + at);
		EXPECT_EQ(p->range[0].last.v, w.pt.first.v + at + 3 * page - 1);
		EXPECT_EQ(p->range[1].first.v, w.pt.first.v + at + 4 * page);
		EXPECT_EQ(p->range[1].last.v, w.pt.first.v + at + 5 * page - 1);
		EXPECT_EQ(p->range[0].level, 0);
		EXPECT_EQ(p->range[0].flags & (PW_FLUSH_TABLES | PW_FLUSH_ALL), 0);
	}
	EXPECT_EQ(use_of(at), 0);
	EXPECT_EQ(use_of(at + 4 * page), 0);

	EXPECT_EQ(ask(at, 6 * page, AD, 0, NULL, &res), 0);
	EXPECT_EQ(nr_found + w.cas + w.nr_plans, 0);
	EXPECT_EQ(res.changed, 0);
}

TEST(what_was_used_is_found_once)
{
	each(pages);
}

/* Accessed alone: dirty stays, and nothing is owed. Dirty alone: accessed stays. */
static void one_of_two(void)
{
	uint64_t page = world_page_bytes(&w);
	struct pw_attr attr = used();

	if (!map(page, page, &attr, PW_MAX_LEVEL(0)))
		return;
	EXPECT_EQ(ask(page, page, A, 0, NULL, NULL), 0);
	EXPECT_EQ(nr_found, 1);
	expect_found(0, page, page, A);
	/* the fake format, which no CPU has, flushes for every change */
	EXPECT_EQ(w.nr_plans, world_live(&w) && has() == A);
	EXPECT_EQ(use_of(page), has() & D);
	EXPECT_EQ(ask(page, page, D, 0, NULL, NULL), 0);
	EXPECT_EQ(nr_found, has() == AD);
	EXPECT_EQ(w.nr_plans, world_live(&w) && has() == AD);
	EXPECT_EQ(use_of(page), 0);
}

TEST(accessed_owes_nothing_and_dirty_does)
{
	each(one_of_two);
}

/* One entry of a group was used; one page of another is asked for. */
static void groups(void)
{
	unsigned int lg2 = pw_table_contig_lg2(&w.pt, 0);
	uint64_t page = world_page_bytes(&w), group = page << lg2, bits;
	struct pw_attr attr = used();
	uint64_t *slot;

	if (!lg2 || !map(group, 2 * group, &attr, PW_CONTIGUOUS | PW_MAX_LEVEL(0)))
		return;
	slot = slot_of(group + page, NULL);
	bits = *slot;
	EXPECT_EQ(ask(group, 2 * group, AD, 0, NULL, NULL), 0);
	EXPECT_EQ(nr_found, 2);
	expect_found(0, group, group, has());
	expect_found(1, 2 * group, group, has());
	bits ^= *slot;
	*slot ^= bits;
	EXPECT_EQ(ask(2 * group - page, page, AD, PW_TEST_ONLY, NULL, NULL), 0);
	EXPECT_EQ(nr_found, 1);
	EXPECT_EQ(ask(group, 2 * group, AD, PW_TEST_ONLY, NULL, NULL), 0);
	EXPECT_EQ(nr_found, 1);
	EXPECT_EQ(ask(2 * group - page, 2 * page, AD, 0, NULL, NULL), 0);
	EXPECT_EQ(nr_found, 1);
	expect_found(0, group, group, has());
	if (world_live(&w) && has() == AD) {
		EXPECT_EQ(w.plan[0].range[0].first.v, w.pt.first.v + group);
		EXPECT_EQ(w.plan[0].range[0].last.v, w.pt.first.v + 2 * group - 1);
	}
	EXPECT_EQ(use_of(group + page), 0);
}

TEST(a_group_is_one)
{
	each(groups);
}

/* A block, asked for by one of its pages, beside a table of pages and a hole. */
static void blocks(void)
{
	uint64_t page = world_page_bytes(&w), size = pw_table_leaf_size(&w.pt, 1);
	struct pw_attr attr = used();

	if (!pw_table_leaf_ok(&w.pt, 1) || !map(size, size, &attr, PW_MAX_LEVEL(1)) ||
	    !map(2 * size, page, &attr, PW_MAX_LEVEL(0)))
		return;
	EXPECT_EQ(ask(size + page, size, AD, 0, NULL, NULL), 0);
	EXPECT_EQ(nr_found, 2);
	expect_found(0, size, size, has());
	expect_found(1, 2 * size, page, has());
	EXPECT_EQ(found[0].level, 1);
	EXPECT_EQ(found[1].level, 0);
	EXPECT_EQ(use_of(size), 0);
	EXPECT_EQ(use_of(2 * size), 0);
}

TEST(blocks_are_one)
{
	each(blocks);
}

/* Hardware writes between the look and the exchange: that is found, too. */
static uint64_t late_bits, nr_late;
static bool (*really_cas)(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val);

static bool late_cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	if (nr_late) {
		nr_late--;
		*slot ^= late_bits;
	}
	return really_cas(ctx, slot, old, val);
}

static void late(void)
{
	uint64_t page = world_page_bytes(&w), *slot;
	struct pw_attr attr = used();

	if (!w.hooked || has() != AD || !map(page, page, &attr, PW_MAX_LEVEL(0)))
		return;
	slot = slot_of(page, NULL);
	late_bits = *slot;
	EXPECT_EQ(ask(page, page, D, 0, NULL, NULL), 0);
	late_bits ^= *slot; /* dirty */
	really_cas = w.env.cas;
	w.env.cas = late_cas;
	nr_late = 1;
	EXPECT_EQ(ask(page, page, AD, 0, NULL, NULL), 0);
	EXPECT_EQ(nr_found, 1);
	expect_found(0, page, page, AD);
	EXPECT_EQ(w.cas, 2);
	EXPECT_EQ(use_of(page), 0);
	/* somebody who never stops is no hardware */
	*slot ^= late_bits;
	late_bits = 1ull << 58;
	nr_late = 1000;
	EXPECT_EQ(ask(page, page, AD, 0, NULL, NULL), 0);
	EXPECT_EQ(w.asserts, 1);
	w.asserts = 0;
}

TEST(hardware_writes_meanwhile)
{
	each(late);
}

/* Walkers that are not coherent see it: each entry that was written, and no other. */
static uint64_t nr_synced;

static void sync_table(void *ctx, const void *ptr, size_t len)
{
	(void)ctx, (void)ptr;
	nr_synced += len;
}

TEST(entries_are_synced)
{
	struct pw_attr attr;

	if (!open_world(WORLD_ARM64, false, true))
		return;
	attr = used();
	if (!map(0x1000, 0x3000, &attr, 0))
		return;
	w.env.sync_table = sync_table;
	nr_synced = 0;
	EXPECT_EQ(ask(0x1000, 0x2000, AD, 0, NULL, NULL), 0);
	EXPECT_EQ(ask(0x1000, 0x2000, AD, 0, NULL, NULL), 0);
	EXPECT_EQ(nr_synced, 16);
	world_close(&w);
}

/* The debt of dirty waits in a batch, and of every page apart. */
TEST(in_a_batch)
{
	struct pw_flush slots[4];
	struct pw_gather g;
	struct pw_attr attr;

	if (!open_world(WORLD_ARM64, false, true))
		return;
	attr = used();
	if (!map(0x1000, 0x4000, &attr, 0))
		return;
	EXPECT_EQ(pw_gather_init(&g, &w.exec, slots, 4), 0);
	pw_lazy_enable(&g, &w.env);
	EXPECT_EQ(ask(0x1000, 0x1000, AD, 0, &g, NULL), 0);
	EXPECT_EQ(ask(0x3000, 0x1000, AD, 0, &g, NULL), 0);
	EXPECT_EQ(w.nr_plans, 0);
	EXPECT_EQ(g.owed.nr_ranges, 2);
	pw_lazy_disable(&g, &w.env);
	EXPECT_EQ(w.nr_plans, 1);
	world_close(&w);
}

/* Global pages by any ASID, others by theirs, also when one follows the other. */
TEST(tags)
{
	struct pw_attr attr;

	if (!open_world(WORLD_ARM64, false, true))
		return;
	attr = used();
	if (!map(0x3000, 0x1000, &attr, 0))
		return;
	attr.flags &= ~PW_ATTR_GLOBAL;
	if (!map(0x1000, 0x1000, &attr, 0))
		return;
	EXPECT_EQ(ask(0x1000, 0x3000, D, 0, NULL, NULL), 0);
	EXPECT_EQ(w.plan[0].plan.nr_ranges, 2);
	EXPECT_EQ(w.plan[0].range[0].flags, 0);
	EXPECT_EQ(w.plan[0].range[0].asid, 0x2a);
	EXPECT_EQ(w.plan[0].range[1].flags, PW_FLUSH_ANY_ASID);
	world_close(&w);
}

/* arm64 without DBM: bit 7 is a right, and stays. Invalid leaves are used by nobody. */
TEST(what_has_no_use)
{
	struct pw_change c = { .flags_clear = PW_ATTR_VALID };
	struct pw_attr attr;
	struct pw_result res;
	uint64_t was;

	if (!open_world(WORLD_ARM64, false, true))
		return;
	attr = world_attr(&w, PW_PERM_W);
	if (!map(0x1000, 0x2000, &attr, 0))
		return;
	was = *slot_of(0x1000, NULL);
	EXPECT_EQ(ask(0x1000, 0x1000, D, 0, NULL, NULL), 0);
	EXPECT_EQ(nr_found + w.nr_plans, 0);
	EXPECT_EQ(*slot_of(0x1000, NULL), was);
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0x2000, 0x1000), &c, 0, NULL, NULL), 0);
	EXPECT_EQ(ask(0x2000, 0x1000, AD, 0, NULL, &res), 0);
	EXPECT_EQ(nr_found, 0);
	EXPECT_EQ(res.holes, 0x1000);
	/* a part of a large hole */
	EXPECT_EQ(ask((1ull << 30) + 0x1000, 0x3000, AD, 0, NULL, &res), 0);
	EXPECT_EQ(res.holes, 0x3000);
	world_close(&w);
}

/* A table out of reach ends it, and is named; what came before was reported. */
TEST(bad_tables)
{
	uint64_t size = 1ull << 21;
	struct pw_attr attr;
	struct pw_result res;
	uint64_t *slot;

	if (!open_world(WORLD_ARM64, false, false))
		return;
	attr = used();
	if (!map(size, 3 * size, &attr, PW_MAX_LEVEL(1)))
		return;
	slot = slot_of(2 * size, NULL);
	*slot = world_table(&w, 1ull << 30, 1);
	EXPECT_EQ(ask(size, 3 * size, AD, 0, NULL, &res), PW_EFAULT);
	EXPECT_EQ(nr_found, 1);
	EXPECT_EQ(res.where.first.v, 2 * size);
	EXPECT_EQ(res.where.last.v, 3 * size - 1);
	EXPECT_EQ(res.entry, *slot);
	EXPECT_EQ(use_of(3 * size), AD);
	/* a block that is larger than any may be */
	slot = world_slot(&w, w.pt.root.v, 5);
	*slot = 0x401;
	EXPECT_EQ(ask(5ull << 39, 4096, AD, 0, NULL, &res), PW_EDOM);
	EXPECT_EQ(res.where.first.v, 5ull << 39);
	EXPECT_EQ(res.level, 3);
	world_close(&w);
}

TEST(arguments)
{
	struct pw_range page = pw_range_len(0x1000, 0x1000);

	if (!open_world(WORLD_ARM64, false, false))
		return;
	EXPECT_EQ(pw_test_and_clear(&w.pt, page, 0, 0, NULL, NULL, NULL, NULL), PW_EINVAL);
	EXPECT_EQ(pw_test_and_clear(&w.pt, page, PW_ATTR_VALID, 0, NULL, NULL, NULL, NULL),
		  PW_EINVAL);
	EXPECT_EQ(pw_test_and_clear(&w.pt, page, A, PW_STRICT, NULL, NULL, NULL, NULL), PW_EINVAL);
	EXPECT_EQ(pw_test_and_clear(&w.pt, pw_range_len(1, 0x1000), A, 0, NULL, NULL, NULL, NULL),
		  PW_EINVAL);
	EXPECT_EQ(pw_test_and_clear(&w.pt, page, A, 0, NULL, NULL, NULL, NULL), 0);
	w.pt.reshaper = NULL;
	EXPECT_EQ(pw_test_and_clear(&w.pt, page, A, 0, NULL, NULL, NULL, NULL), PW_EOPNOTSUPP);
	world_close(&w);
}
