/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The engine on the model: random changes of live tables, at once and in batches, and no verdict.
 * What the property tests check in memory and in plans is checked here in what CPUs may still do.
 */
#include <stdio.h>
#include <string.h>

#include "../harness/harness.h"
#include "watch.h"

static struct world world;
static struct pw_gather gather;
static struct pw_flush slots[4];
static uint64_t nr_ops, nr_done;

#define PAGE  0x1000ull
#define BLOCK 0x200000ull

static uint64_t base(void)
{
	return world.pt.first.v;
}

/* A few tables' worth of addresses, so that operations meet. */
static struct pw_range some_range(void)
{
	uint64_t first = harness_below(4) * BLOCK * 512 + harness_below(3) * BLOCK;
	uint64_t pages;

	switch (harness_below(4)) {
	case 0: /* a few pages */
		first += harness_below(32) * PAGE;
		pages = 1 + harness_below(40);
		break;
	case 1: /* blocks */
		pages = 512 * (1 + harness_below(3));
		break;
	case 2: /* groups */
		first += harness_below(4) * 16 * PAGE;
		pages = 16 * (1 + harness_below(4));
		break;
	default: /* the end of one table and the beginning of the next */
		first += BLOCK - 8 * PAGE;
		pages = 8 + harness_below(16);
		break;
	}
	return (struct pw_range){ pw_va_of(base() + first),
				  pw_va_of(base() + first + pages * PAGE - 1) };
}

static struct pw_attr some_attr(void)
{
	struct pw_attr attr = world_attr(&world, harness_below(2) ? PW_PERM_W : 0);

	if (!harness_below(4))
		attr.flags &= ~PW_ATTR_GLOBAL;
	if (!harness_below(8))
		attr.flags &= ~PW_ATTR_VALID;
	if (!(world.pt.flags & PW_TABLE_UPPER) && !harness_below(3))
		attr.perm |= PW_PERM_USER_R | (attr.perm & PW_PERM_W ? PW_PERM_USER_W : 0);
	/* what hardware writes to */
	if ((world.pt.caps.flags & PW_CAP_HD) && (attr.perm & PW_PERM_W) && harness_below(2))
		attr.flags |= PW_ATTR_DBM;
	if ((world.pt.caps.flags & PW_CAP_HAF) && !harness_below(4))
		attr.flags &= ~PW_ATTR_ACCESSED;
	return attr;
}

static void some_protect(struct pw_gather *g)
{
	struct pw_change c = { 0 };

	switch (harness_below(4)) {
	case 0:
		c.perm_set = PW_PERM_W;
		break;
	case 1:
		c.perm_clear = PW_PERM_W | PW_PERM_X;
		break;
	case 2:
		c.flags_clear = PW_ATTR_VALID;
		break;
	default:
		c.flags_set = PW_ATTR_VALID | PW_ATTR_GLOBAL;
		break;
	}
	nr_done += !watch_protect(&world, some_range(), &c, g);
}

static void operation(struct pw_gather *g)
{
	uint64_t what = harness_below(5);

	struct pw_range r = some_range();
	struct pw_attr attr = some_attr();
	/* mostly the same page for the same address, so that mapping again succeeds */
	uint64_t pa = 0x40000000 + (r.first.v & 0x3fffffff) +
		      (harness_below(8) ? 0 : PAGE * harness_below(8));

	nr_ops++;
	harness_note("operation", nr_ops);
	if (!harness_below(30))
		world.fail_at = world.nr_gets + 1;
	switch (what) {
	case 0:
	case 1:
		nr_done += !watch_map(&world, r, pw_pa_of(pa), &attr,
				      harness_below(2) ? PW_CONTIGUOUS : 0, g);
		break;
	case 2:
	case 3:
		nr_done += !watch_unmap(&world, r, harness_below(4) ? 0 : PW_KEEP_TABLES, g);
		break;
	default:
		some_protect(g);
		break;
	}
	world.fail_at = 0;
}

static void batch(void)
{
	EXPECT_EQ(pw_gather_init(&gather, &world.exec, slots, (uint32_t)harness_below(5)), 0);
	watch_lazy_begin(&world, &gather);
	for (uint64_t n = 1 + harness_below(4); n; n--)
		operation(&gather);
	watch_lazy_end(&world, &gather);
}

static void run(const struct world_format *format, uint32_t flags, uint32_t features, uint32_t caps)
{
	struct world_options o = { .hooked = true,
				   .flags = PW_TABLE_LIVE | flags,
				   .va_bits = 48,
				   .nr_pages = 96,
				   .caps = caps };
	uint32_t hints = harness_below(2) ? PW_CAP_TTL : 0;

	if (!world_open(&world, format, &o) || !watch_open_with(&world, features, hints))
		return;
	for (unsigned int n = 0; n < 60 && !watch_verdicts(); n++) {
		if (harness_below(4))
			operation(NULL);
		else
			batch();
		world_forget(&world);
	}
	watch_close();
	EXPECT_EQ(world.violations, 0);
	world_close(&world);
}

static void runs(const struct world_format *format)
{
	uint64_t end = harness.now_ms() + harness.seconds * 1000 / 4, n = 0;

	nr_ops = nr_done = 0;
	while (!harness_failures() && (n < 40 || harness.now_ms() < end)) {
		bool dirty = harness_below(3) == 0;

		run(format, harness_below(2) ? PW_TABLE_UPPER : 0, dirty ? PWM_HAF | PWM_HD : 0,
		    dirty ? PW_CAP_HAF | PW_CAP_HD : 0);
		n++;
	}
	printf("%s: %llu operations, %llu done, no verdict, seed %llu\n", format->name,
	       (unsigned long long)nr_ops, (unsigned long long)nr_done,
	       (unsigned long long)harness.seed);
	EXPECT(nr_done * 3 > nr_ops);
}

TEST(engine_on_the_model_arm64)
{
	runs(&world_formats[WORLD_ARM64]);
}

TEST(engine_on_the_model_lpa2)
{
	runs(&world_formats[WORLD_LPA2]);
}

/*
 * Leaves are cut, and nothing else: every size that there is is in use at some time, and CPUs may
 * hold what was there before. FEAT_BBM 0, 1 and 3; 2 is handled like one of the last two.
 */
static bool yes(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	return true;
}

static void cut(struct pw_gather *g)
{
	static const uint32_t flags[] = { 0, PW_CONTIGUOUS, PW_MAX_LEVEL(1),
					  PW_MAX_LEVEL(1) | PW_CONTIGUOUS };
	uint32_t how = flags[harness_below(4)];
	uint64_t unit = how & PW_MAX_LEVEL_MASK ? BLOCK : PAGE;
	uint64_t first = harness_below(2) * 512 * BLOCK + harness_below(34) * BLOCK;
	uint64_t nr = 1 + harness_below(40);

	if (unit == PAGE)
		first += harness_below(512) * PAGE;
	nr_ops++;
	if (!harness_below(10)) /* a page given back while a batch is open is a verdict */
		world.fail_at = world.nr_gets + 1 + (g ? 0 : (uint32_t)harness_below(2));
	nr_done += !watch_split(&world, pw_range_len(base() + first, nr * unit),
				1 + harness_below(4000), how, g);
	world.fail_at = 0;
}

static void run_cuts(uint32_t bbm, bool dirty)
{
	struct world_options o = { .hooked = true,
				   .reshape = true,
				   .flags = PW_TABLE_LIVE,
				   .va_bits = 48,
				   .nr_pages = 128,
				   .caps = dirty ? PW_CAP_HAF | PW_CAP_HD : 0 };
	struct pw_attr attr;

	harness_note("bbm", bbm);
	if (!world_open(&world, &world_formats[WORLD_ARM64], &o))
		return;
	world.env.may_fault = yes;
	world.pt.caps.bbm_level = bbm;
	if (!watch_open(&world, (dirty ? PWM_HAF | PWM_HD : 0) | (bbm == 1 ? PWM_NT : 0)))
		return;
	attr = world_attr(&world, PW_PERM_W);
	/* a large leaf, and groups of blocks and of pages behind it */
	EXPECT_EQ(watch_map(&world, pw_range_len(base(), 512 * BLOCK), pw_pa_of(1ull << 30), &attr,
			    0, NULL),
		  0);
	EXPECT_EQ(watch_map(&world, pw_range_len(base() + 512 * BLOCK, 36 * BLOCK),
			    pw_pa_of(2ull << 30), &attr, PW_CONTIGUOUS, NULL),
		  0);
	for (unsigned int n = 0; n < 12 && !watch_verdicts(); n++) {
		if (harness_below(3)) {
			cut(NULL);
			continue;
		}
		EXPECT_EQ(pw_gather_init(&gather, &world.exec, slots, (uint32_t)harness_below(5)),
			  0);
		watch_lazy_begin(&world, &gather);
		for (uint64_t i = 1 + harness_below(3); i; i--)
			cut(&gather);
		watch_lazy_end(&world, &gather);
	}
	watch_close();
	EXPECT_EQ(world.violations, 0);
	world_close(&world);
}

TEST(engine_cuts_on_the_model)
{
	static const uint32_t bbm[] = { 0, 1, 3 };
	uint64_t end = harness.now_ms() + harness.seconds * 1000 / 4, n;

	nr_ops = nr_done = 0;
	for (n = 0; !harness_failures() && (n < 16 || harness.now_ms() < end); n++)
		run_cuts(bbm[n % 3], n % 2);
	printf("cuts: %llu operations, %llu done, no verdict, seed %llu\n",
	       (unsigned long long)nr_ops, (unsigned long long)nr_done,
	       (unsigned long long)harness.seed);
	EXPECT(nr_done * 3 > nr_ops * 2);
}

/* What is linked first leads to a table, not to leaves. */
TEST(two_levels_at_once_on_the_model)
{
	for (uint32_t bbm = 0; bbm < 2; bbm++) {
		struct world_options o = {
			.hooked = true, .reshape = true, .flags = PW_TABLE_LIVE, .va_bits = 48
		};
		struct pw_attr attr;

		if (!world_open(&world, &world_formats[WORLD_ARM64], &o))
			return;
		world.env.may_fault = yes;
		world.pt.caps.bbm_level = bbm;
		if (!watch_open(&world, bbm == 1 ? PWM_NT : 0))
			return;
		attr = world_attr(&world, PW_PERM_W);
		EXPECT_EQ(watch_map(&world, pw_range_len(base(), 512 * BLOCK), pw_pa_of(1ull << 30),
				    &attr, 0, NULL),
			  0);
		EXPECT_EQ(watch_split(&world, pw_range_len(base(), PAGE), UINT64_MAX, 0, NULL), 0);
		EXPECT_EQ(watch_verdicts(), 0);
		watch_close();
		world_close(&world);
	}
}

/* That a verdict would be seen: an executor that forgets the barrier before the TLBI. */
static void forgetful(void *ctx, const struct pw_plan *plan)
{
	struct pw_plan p = *plan;

	(void)ctx;
	p.before = PW_BEFORE_NOTHING;
	p.publish = 0;
	pw_arm64_run_plan(&p, ctx);
}

TEST(a_missing_barrier_is_seen)
{
	struct world_options o = { .hooked = true, .flags = PW_TABLE_LIVE, .va_bits = 48 };
	struct pw_range r = { pw_va_of(0x1000), pw_va_of(0x4fff) };
	struct pw_attr attr;

	if (!world_open(&world, &world_formats[WORLD_ARM64], &o) || !watch_open(&world, 0))
		return;
	attr = world_attr(&world, PW_PERM_W);
	EXPECT_EQ(watch_map(&world, r, pw_pa_of(0x80000000), &attr, 0, NULL), 0);
	EXPECT_EQ(watch_verdicts(), 0);
	watch_tolerate(true);
	world.exec.run = forgetful;
	world.exec.ctx = watch_executor();
	EXPECT_EQ(watch_unmap(&world, r, 0, NULL), 0);
	EXPECT(strstr(watch_rules(), "A64-TLBI-2 ") != NULL);
	watch_close();
	world_close(&world);
}

/* The entry that maps @pa. */
static uint64_t *leaf_slot(uint64_t pa)
{
	for (uint64_t at = 0; at < 90 * PAGE; at += 8) {
		uint64_t *slot = world_virt(&world, world.base + at, 8);

		if ((*slot & 0xfffffffff003) == (pa | 3))
			return slot;
	}
	return NULL;
}

/* Two read-only pages with the same bytes may be exchanged live; with other bytes they may not. */
TEST(contents_are_compared)
{
	struct world_options o = {
		.hooked = true, .flags = PW_TABLE_LIVE, .va_bits = 48, .nr_pages = 96
	};
	struct pw_range r = { pw_va_of(0x1000), pw_va_of(0x1fff) };

	for (unsigned int differ = 0; differ < 2; differ++) {
		struct pw_attr attr;
		uint64_t *slot, a, val;

		if (!world_open(&world, &world_formats[WORLD_ARM64], &o) || !watch_open(&world, 0))
			return;
		attr = world_attr(&world, 0);
		a = world.base + 90 * PAGE;
		memset(world_virt(&world, a, 2 * PAGE), 0x5a, 2 * PAGE);
		*(uint8_t *)world_virt(&world, a + 2 * PAGE - 1, 1) ^= (uint8_t)differ;
		EXPECT_EQ(watch_map(&world, r, pw_pa_of(a), &attr, 0, NULL), 0);
		slot = leaf_slot(a);
		if (!EXPECT(slot != NULL))
			return;
		watch_tolerate(true);
		val = *slot + PAGE;
		pwm_store(watch_model(), 0, world.base + (uint64_t)((uint8_t *)slot - world.memory),
			  val, PWM_CAS);
		EXPECT_EQ(watch_verdicts(), differ);
		EXPECT_EQ(strstr(watch_rules(), "A64-BBM-1 ") != NULL, differ);
		watch_close();
		world_close(&world);
	}
}
