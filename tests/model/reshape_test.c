/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Leaves of other sizes on the model, and other machines: random maps of blocks and groups, changes
 * that cover them in part, and sweeps that make them whole, at once and in batches. arm64 at each
 * level of FEAT_BBM, stage 2, x86-64, RISC-V. A verdict is a failure.
 *
 * What a size change in place lets happen by design is none (FEAT_BBM 2, x86 without the multihit
 * erratum, RISC-V: either translation is used until the invalidation): struct machine.either.
 */
#include <stdio.h>
#include <string.h>

#include <pagewalk/riscv_plan.h>
#include <pagewalk/x86_plan.h>

#include "../harness/harness.h"
#include "feed.h"
#include "watch.h"

#define PAGE  0x1000ull
#define BLOCK 0x200000ull
#define GROUP 0x10000ull

struct machine {
	uint32_t flags; /* PW_TABLE_* */
	uint32_t bbm;
	uint32_t caps;	    /* PW_CAP_* of the handle */
	uint32_t exec;	    /* of the executor */
	uint32_t features;  /* PWM_* */
	uint32_t regime;    /* of arm64: enum pw_regime */
	bool whole;	    /* without a reshaper */
	bool elsewhere;	    /* plans run from another PCID */
	const char *either; /* a rule */
};

static struct world world;
static struct pw_gather gather;
static struct pw_flush slots[4];
static const struct machine *now;
static unsigned int format; /* WORLD_* */
static uint64_t nr_ops, nr_done, nr_collapsed;
static bool allow;

static bool may_fault(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	return allow;
}

static struct pw_range at(uint64_t first, uint64_t size)
{
	return pw_range_len(world.pt.first.v + first, size);
}

/* Four blocks of two gigabytes: whole ones, groups, pages, and what begins or ends in them. */
static struct pw_range some_range(void)
{
	uint64_t first = harness_below(2) * BLOCK * 512 + harness_below(4) * BLOCK;

	switch (harness_below(5)) {
	case 0:
		return at(first, BLOCK * (1 + harness_below(2)));
	case 1:
		return at(first + harness_below(8) * GROUP, GROUP * (1 + harness_below(8)));
	case 2: /* from one block into the next */
		return at(first + BLOCK - 3 * PAGE, 5 * PAGE);
	default:
		return at(first + harness_below(40) * PAGE, PAGE * (1 + harness_below(20)));
	}
}

/* Who reaches pages, and with what rights, is the same for large parts: or nothing were alike. */
static struct pw_attr some_attr(uint64_t first)
{
	uint32_t part = (uint32_t)(first / BLOCK);
	struct pw_attr attr = world_attr(&world, part & 1 ? PW_PERM_W : 0);

	/* where an ASID's invalidations leave what is global */
	if (!world.pt.any_asid && format != WORLD_ARM64)
		attr.flags &= ~PW_ATTR_GLOBAL;
	if (format == WORLD_ARM64 && (part & 2) && !now->regime)
		attr.flags &= ~PW_ATTR_GLOBAL;
	/* nothing else sets it on RISC-V, and it says nothing on arm64 */
	if (attr.perm & PW_PERM_W)
		attr.flags |= PW_ATTR_DIRTY & world.format->flags & ~PW_ATTR_DBM;
	if (world.pt.caps.flags & (PW_CAP_HAF | PW_CAP_HD)) {
		if (attr.perm & PW_PERM_W)
			attr.flags |= PW_ATTR_DBM & world.format->flags;
		if (!harness_below(4))
			attr.flags &= ~PW_ATTR_ACCESSED;
	}
	return attr;
}

static int some_map(struct pw_gather *g)
{
	static const uint32_t flags[] = { 0, PW_CONTIGUOUS, PW_MAX_LEVEL(0),
					  PW_MAX_LEVEL(0) | PW_CONTIGUOUS };
	struct pw_range r = some_range();
	struct pw_attr attr = some_attr(r.first.v - world.pt.first.v);

	return watch_map(&world, r, pw_pa_of(0x40000000 + (r.first.v & 0x3fffffff)), &attr,
			 flags[harness_below(4)], g);
}

static int some_protect(struct pw_gather *g)
{
	struct pw_change c = { 0 };

	if (format == WORLD_ARM64 && !now->regime && !harness_below(4)) {
		c.flags_set = PW_ATTR_GLOBAL; /* that breaks what is not, at every level of BBM */
	} else if (harness_below(2)) {
		c.perm_set = PW_PERM_W;
		if (format == WORLD_RISCV64 || format == WORLD_RISCV64_G)
			c.flags_set = PW_ATTR_DIRTY;
	} else {
		c.perm_clear = world.format->no_write;
	}
	return watch_protect(&world, some_range(), &c, g);
}

static void operation(struct pw_gather *g)
{
	int err;

	nr_ops++;
	harness_note("operation", nr_ops);
	allow = harness_below(8);
	if (!harness_below(30))
		world.fail_at = world.nr_gets + 1;
	switch (harness_below(8)) {
	case 0:
	case 1:
	case 2:
		err = some_map(g);
		break;
	case 3:
		err = watch_unmap(&world, some_range(), 0, g);
		break;
	case 4:
	case 5:
		if (!now->whole) {
			uint32_t before = world.balance;

			err = watch_collapse(&world, at(harness_below(2) * BLOCK * 512, 4 * BLOCK),
					     harness_below(2) ? PW_CONTIGUOUS : 0, g);
			nr_collapsed += world.balance < before;
			break;
		}
		/* fall through */
	default:
		err = some_protect(g);
		break;
	}
	nr_done += !err;
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

static void run(const struct machine *m)
{
	struct world_options o = { .hooked = true,
				   .reshape = !m->whole,
				   .flags = PW_TABLE_LIVE | m->flags,
				   .va_bits = 48,
				   .nr_pages = 96,
				   .caps = m->caps,
				   .regime = m->regime,
				   .pa_base = 1ull << 40 };

	now = m;
	if (!world_open(&world, &world_formats[format], &o))
		return;
	world.pt.flags |= PW_TABLE_LIVE; /* the table of formats speaks of some only */
	world.pt.caps.bbm_level = m->bbm;
	world.env.may_fault = may_fault;
	if (m->exec & PW_CAP_TLBIRANGE)
		world.exec.max_pages = PW_ARM64_RANGE_MAX;
	if (!watch_open_with(&world, m->features, m->exec))
		return;
	watch_either(m->either);
	if (m->elsewhere)
		feed_from_another_pcid();
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

/* Each machine in turn. A minority of operations may be refused: what is in the way, no pages. */
static void runs(unsigned int which, const struct machine *m, unsigned int nr)
{
	uint64_t end = harness.now_ms() + harness.seconds * 1000 / 8;

	format = which;
	nr_ops = nr_done = nr_collapsed = 0;
	for (unsigned int n = 0; !harness_failures() && (n < 12 * nr || harness.now_ms() < end);
	     n++) {
		harness_note("machine", n % nr);
		run(&m[n % nr]);
	}
	printf("%s: %llu operations, %llu done, %llu collapses, no verdict, seed %llu\n",
	       world_formats[format].name, (unsigned long long)nr_ops, (unsigned long long)nr_done,
	       (unsigned long long)nr_collapsed, (unsigned long long)harness.seed);
	EXPECT(nr_done * 3 > nr_ops);
	EXPECT(nr_collapsed > 0);
}

TEST(reshape_arm64)
{
	static const struct machine m[] = {
		{ .flags = PW_TABLE_UPPER },
		{ .caps = PW_CAP_HAF | PW_CAP_HD,
		  .exec = PW_CAP_TLBIRANGE,
		  .features = PWM_HAF | PWM_HD },
		{ .flags = PW_TABLE_UPPER, .bbm = 1, .exec = PW_CAP_TTL, .features = PWM_NT },
		{ .bbm = 1, .caps = PW_CAP_HAF | PW_CAP_HD, .features = PWM_NT | PWM_HAF | PWM_HD },
		{ .flags = PW_TABLE_UPPER,
		  .bbm = 2,
		  .caps = PW_CAP_BBM_ABORTS_OK,
		  .either = "A64-BBM-5" },
		{ .flags = PW_TABLE_UPPER, .bbm = 3, .exec = PW_CAP_TLBIRANGE | PW_CAP_TTL },
		{ .bbm = 3, .caps = PW_CAP_HAF | PW_CAP_HD, .features = PWM_HAF | PWM_HD },
	};

	runs(WORLD_ARM64, m, 7);
}

/* A load of a block, still on its way while the block is broken: the invalidation waits for it. */
TEST(a_break_waits_for_older_loads)
{
	struct world_options o = { .hooked = true,
				   .reshape = true,
				   .flags = PW_TABLE_LIVE | PW_TABLE_UPPER,
				   .va_bits = 48,
				   .nr_pages = 96,
				   .pa_base = 1ull << 40 };
	struct pw_change c = { .perm_clear = PW_PERM_W };
	struct pw_attr attr;

	if (!world_open(&world, &world_formats[WORLD_ARM64], &o))
		return;
	world.env.may_fault = may_fault;
	allow = true;
	if (!watch_open(&world, 0))
		return;
	attr = world_attr(&world, PW_PERM_W);
	EXPECT_EQ(watch_map(&world, at(0, BLOCK), pw_pa_of(0x40000000), &attr, 0, NULL), 0);
	watch_load_before(at(0, BLOCK));
	EXPECT_EQ(watch_protect(&world, at(PAGE, PAGE), &c, NULL), 0);
	EXPECT_EQ(watch_verdicts(), 0);
	watch_close();
	world_close(&world);
}

/* Tables of one privilege, without ASIDs; those of EL2 with E2H are like those of EL1. */
TEST(reshape_arm64_el2_and_el3)
{
	static const struct machine m[] = {
		{ .regime = PW_REGIME_EL2 },
		{ .regime = PW_REGIME_EL2,
		  .caps = PW_CAP_HAF | PW_CAP_HD,
		  .exec = PW_CAP_TLBIRANGE,
		  .features = PWM_HAF | PWM_HD },
		{ .regime = PW_REGIME_EL2, .bbm = 3, .exec = PW_CAP_TLBIRANGE | PW_CAP_TTL },
		{ .regime = PW_REGIME_EL3 },
		{ .regime = PW_REGIME_EL3, .bbm = 1, .exec = PW_CAP_TTL, .features = PWM_NT },
		{ .regime = PW_REGIME_EL20, .flags = PW_TABLE_UPPER, .exec = PW_CAP_TLBIRANGE },
	};

	runs(WORLD_ARM64, m, 6);
}

TEST(reshape_arm64_stage2)
{
	static const struct machine m[] = {
		{ .bbm = 0 },
		{ .bbm = 0, .exec = PW_CAP_TLBIRANGE, .whole = true },
		{ .bbm = 1, .exec = PW_CAP_TTL, .features = PWM_NT },
		{ .bbm = 3, .exec = PW_CAP_TLBIRANGE },
	};

	runs(WORLD_S2_4K, m, 4);
}

TEST(reshape_x86)
{
	static const struct machine m[] = {
		{ .flags = PW_TABLE_UPPER, .exec = PW_X86_ALL_GLOBAL, .features = PWM_X2APIC },
		{ .flags = PW_TABLE_UPPER, .exec = PW_X86_INVPCID, .whole = true },
		{ .exec = PW_X86_PCIDE | PW_X86_INVPCID, .features = PWM_PCID },
		{ .exec = PW_X86_PCIDE | PW_X86_INVPCID, .features = PWM_PCID, .elsewhere = true },
		{ .exec = PW_X86_PCIDE | PW_X86_INVLPGB,
		  .bbm = 2,
		  .features = PWM_PCID,
		  .either = "X86-SIZE-1" },
	};

	runs(WORLD_X86_64, m, 5);
}

/* The EPT: INVEPT of a root, with and without accessed and dirty flags. */
TEST(reshape_ept)
{
	static const struct machine m[] = {
		{ .features = PWM_X2APIC, .either = "X86-SIZE-1" },
		{ .whole = true },
		{ .caps = PW_CAP_HAF | PW_CAP_HD, .either = "X86-SIZE-1" },
		{ .caps = PW_CAP_HAF | PW_CAP_HD | PW_CAP_MBE, .bbm = 2, .either = "X86-SIZE-1" },
		{ .caps = PW_CAP_EXEC_ONLY, .either = "X86-SIZE-1" },
	};

	runs(WORLD_EPT, m, 5);
}

TEST(reshape_riscv)
{
	static const struct machine m[] = {
		{ .flags = PW_TABLE_UPPER, .either = "RV-TLB-8" },
		{ .flags = PW_TABLE_UPPER, .whole = true },
		{ .caps = PW_CAP_SVADU,
		  .exec = PW_RISCV_SVINVAL,
		  .features = PWM_SVADU | PWM_SVINVAL,
		  .either = "RV-TLB-8" },
		{ .caps = PW_CAP_FIX_UP, .either = "RV-TLB-8" },
		{ .caps = PW_CAP_SVVPTC, .features = PWM_SVVPTC, .either = "RV-TLB-8" },
	};

	runs(WORLD_RISCV64, m, 5);
}

/* The G-stage: four pages of a root, VMIDs, and HFENCE.GVMA. */
TEST(reshape_riscv_g_stage)
{
	static const struct machine m[] = {
		{ .either = "RV-TLB-8" },
		{ .whole = true },
		{ .caps = PW_CAP_SVADU,
		  .exec = PW_RISCV_SVINVAL,
		  .features = PWM_SVADU | PWM_SVINVAL,
		  .either = "RV-TLB-8" },
		{ .caps = PW_CAP_FIX_UP, .either = "RV-TLB-8" },
		{ .caps = PW_CAP_SVVPTC, .features = PWM_SVVPTC, .either = "RV-TLB-8" },
	};

	runs(WORLD_RISCV64_G, m, 5);
}
