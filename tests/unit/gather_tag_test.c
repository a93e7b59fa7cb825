/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What does not fit becomes a flush of one address space: in the gather, and, on every
 * architecture, what it takes to unmap more pages of a user than it is worth to invalidate one by
 * one. A global page among them needs everything.
 */
#include <pagewalk/riscv_plan.h>
#include <pagewalk/shared.h>
#include <pagewalk/x86_plan.h>

#include "../env/env.h"
#include "gather_env.h"
#include "plan_text.h"

/* The gather ---------------------------------------------------------------------------------- */

static struct pw_flush range_of(uint64_t page, uint64_t nr, uint16_t asid)
{
	return (struct pw_flush){ .first = { page << 12 },
				  .last = { ((page + nr) << 12) - 1 },
				  .asid = asid,
				  .page_lg2 = 12,
				  .granule_lg2 = 12 };
}

static void owe(struct pw_flush f)
{
	pw_gather_note(&g, 0, &f, PW_BEFORE_ALL);
}

static void begin(uint32_t nr)
{
	setup();
	exec.give_way = pw_gather_by_tag;
	g.max_ranges = nr;
}

static void expect_all_of(uint32_t i, uint16_t asid)
{
	EXPECT_EQ(g.ranges[i].flags, PW_FLUSH_ALL | PW_FLUSH_TABLES);
	EXPECT_EQ(g.ranges[i].asid, asid);
	EXPECT_EQ(g.ranges[i].first.v, 0);
	EXPECT_EQ(g.ranges[i].last.v, TOP);
	EXPECT_EQ(g.owed.full, 0);
}

TEST(too_many_pages_of_an_asid)
{
	begin(NR_SLOTS);
	owe(range_of(1, 1, 9));
	owe(range_of(8, 511, 7));
	EXPECT_EQ(g.owed.nr_ranges, 2);
	EXPECT_EQ(g.ranges[1].flags, 0);
	owe(range_of(4096, 1, 7)); /* 513 in all */
	EXPECT_EQ(g.owed.nr_ranges, 2);
	EXPECT_EQ(g.ranges[0].asid, 9);
	EXPECT_EQ(g.ranges[0].flags, 0);
	expect_all_of(1, 7);
}

TEST(what_comes_after_is_covered_or_let_in)
{
	begin(4);
	owe(range_of(8, 513, 7));
	expect_all_of(0, 7);
	owe(range_of(8192, 2, 7));
	EXPECT_EQ(g.owed.nr_ranges, 1);
	owe(range_of(8192, 2, 9)); /* another: as it is */
	EXPECT_EQ(g.owed.nr_ranges, 2);
	EXPECT_EQ(g.ranges[1].asid, 9);
	EXPECT_EQ(g.ranges[1].last.v, (8194ull << 12) - 1);
	owe(range_of(8194, 2, 9)); /* and its neighbour */
	EXPECT_EQ(g.owed.nr_ranges, 2);
	EXPECT_EQ(g.ranges[1].last.v, (8196ull << 12) - 1);
	owe(range_of(9000, 600, 9));
	EXPECT_EQ(g.owed.nr_ranges, 2);
	expect_all_of(0, 7);
	expect_all_of(1, 9);
}

TEST(no_slot_left)
{
	begin(2);
	owe(range_of(1, 1, 7));
	owe(range_of(3, 1, 7));
	owe(range_of(5, 1, 7));
	EXPECT_EQ(g.owed.nr_ranges, 1);
	expect_all_of(0, 7);
	owe(range_of(5, 1, 9));
	EXPECT_EQ(g.owed.nr_ranges, 2);
	owe(range_of(5, 1, 11)); /* no room, and none to be had */
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
	EXPECT_EQ(g.owed.nr_ranges, 0);

	begin(0);
	owe(range_of(1, 1, 7));
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
}

TEST(any_asid_gives_way_with_everything)
{
	struct pw_flush f = range_of(1, 513, 0);

	begin(NR_SLOTS);
	owe(range_of(1, 513, 7));
	owe(range_of(1, 2, 9));
	f.flags = PW_FLUSH_ANY_ASID;
	owe(f);
	EXPECT_EQ(g.owed.full, 1u << PW_REGIME_EL10);
	EXPECT_EQ(g.owed.nr_ranges, 0);

	/* what is for any is not covered by one, whatever its number */
	begin(NR_SLOTS);
	owe(range_of(1, 513, 0));
	expect_all_of(0, 0);
	f = range_of(1, 1, 0);
	f.flags = PW_FLUSH_ANY_ASID;
	owe(f);
	EXPECT_EQ(g.owed.nr_ranges, 2);
	EXPECT_EQ(g.ranges[1].flags, PW_FLUSH_ANY_ASID);
}

TEST(other_regimes_are_other_tags)
{
	struct pw_flush f = range_of(1, 3, 7);

	begin(NR_SLOTS);
	f.regime = PW_REGIME_STAGE2;
	owe(f);
	owe(range_of(1, 513, 7));
	EXPECT_EQ(g.owed.nr_ranges, 2);
	EXPECT_EQ(g.ranges[0].regime, PW_REGIME_STAGE2);
	EXPECT_EQ(g.ranges[0].flags, 0);
	expect_all_of(1, 7);
}

/* What a unmap of a user's pages takes --------------------------------------------------------- */

static struct world w;
static struct pw_arm64_printer arm64;
static struct pw_x86_printer x86;
static struct pw_riscv_printer riscv;

static void vmid(void *ctx, uint16_t id, bool enter)
{
	(void)ctx;
	if (enter)
		plan_text_put(NULL, id == 0x2a ? "vmid 2a\n" : "vmid ?\n");
}

static bool open_world(unsigned int format, struct pw_executor *x)
{
	struct world_options o = { .pa_base = 1ull << 40 };

	harness_note("format", format);
	if (!world_open(&w, &world_formats[format], &o))
		return false;
	w.pt.flags |= PW_TABLE_LIVE;
	w.pt.exec = x;
	x->give_way = pw_gather_by_tag;
	return true;
}

/* 600 pages, one of them global. The text of their unmapping. */
static void unmap_pages(bool global)
{
	uint64_t page = world_page_bytes(&w);
	struct pw_range all = pw_range_len(w.pt.first.v + page, 600 * page);
	struct pw_attr attr = world_attr(&w, PW_PERM_W);

	attr.flags &= ~PW_ATTR_GLOBAL;
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(all.first.v, 599 * page), pw_pa_of(page), &attr,
			 PW_MAX_LEVEL(0), NULL, NULL),
		  0);
	if (global)
		attr.flags |= PW_ATTR_GLOBAL;
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(all.last.v + 1 - page, page), pw_pa_of(600 * page),
			 &attr, PW_MAX_LEVEL(0), NULL, NULL),
		  0);
	plan_text_clear();
	EXPECT_EQ(pw_unmap(&w.pt, all, PW_KEEP_TABLES, NULL, NULL), 0);
}

TEST(a_user_of_arm64)
{
	pw_arm64_printer_init(&arm64, plan_text_put, NULL);
	if (!open_world(WORLD_ARM64, &arm64.e.x))
		return;
	unmap_pages(false);
	EXPECT(plan_text_is("dsb ish\ntlbi aside1is, 0x002a000000000000\ndsb ish\nisb\n"));
	unmap_pages(true);
	EXPECT(plan_text_is("dsb ish\ntlbi vmalle1is\ndsb ish\nisb\n"));
	world_close(&w);
}

TEST(a_guest_of_arm64)
{
	pw_arm64_printer_init(&arm64, plan_text_put, NULL);
	arm64.e.vmid = vmid;
	if (!open_world(WORLD_S2_4K, &arm64.e.x))
		return;
	unmap_pages(false);
	EXPECT(plan_text_is("dsb ish\nvmid 2a\ntlbi vmalls12e1is\ndsb ish\ndsb ish\nisb\n"));
	world_close(&w);
}

/* What is for any tag is no tag's: neither ASID 0 nor VMID 0 stands for all of them. */
TEST(any_tag_of_arm64)
{
	struct pw_flush f = range_of(8, 1, 7);
	struct pw_plan p = {
		.size = sizeof(p), .before = PW_BEFORE_ALL, .nr_ranges = 1, .ranges = &f
	};

	pw_arm64_printer_init(&arm64, plan_text_put, NULL);
	arm64.e.vmid = vmid;
	f.flags = PW_FLUSH_ALL | PW_FLUSH_ANY_ASID;
	plan_text_clear();
	pw_arm64_run_plan(&p, &arm64.e);
	EXPECT(plan_text_is("dsb ish\ntlbi vmalle1is\ndsb ish\nisb\n"));

	/* a guest's tables that several VMIDs have */
	if (!open_world(WORLD_S2_4K, &arm64.e.x))
		return;
	w.pt.any_asid = 1;
	unmap_pages(false);
	EXPECT(plan_text_is("dsb ish\ntlbi alle1is\ndsb ish\nisb\n"));
	plan_text_clear();
	f.regime = PW_REGIME_STAGE2;
	f.flags = PW_FLUSH_ANY_ASID;
	pw_arm64_run_plan(&p, &arm64.e);
	EXPECT(plan_text_is("dsb ish\nvmid ?\ntlbi alle1is\ndsb ish\ndsb ish\nisb\n"));
	world_close(&w);
}

TEST(a_user_of_x86)
{
	pw_x86_printer_init(&x86, plan_text_put, NULL);
	x86.e.x.remote = NULL;
	if (!open_world(WORLD_X86_64, &x86.e.x))
		return;
	unmap_pages(false);
	EXPECT(plan_text_is("mov cr3, cr3\n"));
	unmap_pages(true);
	EXPECT(plan_text_is("cr4.pge off, on\n"));
	x86.e.caps = PW_X86_PCIDE | PW_X86_INVPCID;
	x86.e.pcid = 1;
	unmap_pages(false);
	EXPECT(plan_text_is("invpcid 1, pcid 0x000000000000002a, 0x0000000000000000\n"));
	unmap_pages(true);
	EXPECT(plan_text_is("invpcid 2, pcid 0x0000000000000000, 0x0000000000000000\n"));
	world_close(&w);
}

TEST(a_user_of_riscv)
{
	pw_riscv_printer_init(&riscv, plan_text_put, NULL);
	riscv.e.x.remote = NULL;
	if (!open_world(WORLD_RISCV64, &riscv.e.x))
		return;
	unmap_pages(false);
	EXPECT(plan_text_is("sfence.vma x0, 0x000000000000002a\n"));
	unmap_pages(true);
	EXPECT(plan_text_is("sfence.vma x0, x0\n"));
	world_close(&w);
}

/* Counted, too: one operation without an address. */
TEST(counted)
{
	struct pw_arm64_counter c;

	pw_arm64_counter_init(&c);
	if (!open_world(WORLD_ARM64, &c.e.x))
		return;
	unmap_pages(false);
	EXPECT_EQ(c.n.tlbi, 1);
	EXPECT_EQ(c.n.tlbi_full, 1);
	EXPECT_EQ(c.n.plans, 3); /* both mappings were published */
	world_close(&w);
}

/* One page: of a user by its tag, a global one whatever the tag; cut, broken or not. */
TEST(a_single_page)
{
	struct pw_change ro = { .perm_clear = PW_PERM_W };
	struct pw_attr attr;

	for (unsigned int global = 0; global < 2; global++) {
		struct world_options o = { .pa_base = 1ull << 40, .reshape = true };
		struct pw_range block;

		pw_arm64_printer_init(&arm64, plan_text_put, NULL);
		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		w.pt.flags |= PW_TABLE_LIVE;
		w.pt.exec = &arm64.e.x;
		w.pt.caps.bbm_level = 3;
		attr = world_attr(&w, PW_PERM_W);
		if (!global)
			attr.flags &= ~PW_ATTR_GLOBAL;
		block = pw_range_len(1ull << 21, 1ull << 21);
		EXPECT_EQ(pw_map(&w.pt, block, pw_pa_of(1ull << 21), &attr, 0, NULL, NULL), 0);
		plan_text_clear();
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(block.first.v, 4096), &ro, 0, NULL, NULL),
			  0);
		EXPECT(plan_text_is(global ? "dsb ishst\ntlbi vaale1is, 0x0000000000000200\n"
					     "dsb ish\nisb\n"
					     "dsb ishst\ntlbi vaale1is, 0x0000000000000200\n"
					     "dsb ish\nisb\n" :
					     "dsb ishst\ntlbi vale1is, 0x002a000000000200\n"
					     "dsb ish\nisb\n"
					     "dsb ishst\ntlbi vale1is, 0x002a000000000200\n"
					     "dsb ish\nisb\n"));
		world_close(&w);
	}
}

/* RISC-V: what becomes valid is fenced, too, and no fence of an address space orders what is
   global: a page that is mapped, and one that was broken and made again. */
static bool may_fault(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	return true;
}

static void becomes_valid(bool shared, uint32_t flags, const char *map, const char *cut)
{
	struct world_options o = { .pa_base = 1ull << 40, .reshape = true };
	struct pw_range page = pw_range_len(0x11000, 0x1000);
	struct pw_change ro = { .perm_clear = PW_PERM_W };
	struct pw_attr attr;

	pw_riscv_printer_init(&riscv, plan_text_put, NULL);
	riscv.e.x.remote = NULL;
	if (!world_open(&w, &world_formats[WORLD_RISCV64], &o))
		return;
	w.pt.flags |= PW_TABLE_LIVE;
	w.pt.exec = &riscv.e.x;
	w.env.may_fault = may_fault;
	attr = world_attr(&w, PW_PERM_W);
	attr.flags = (attr.flags & ~PW_ATTR_GLOBAL) | flags;
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(0, 0x1000), pw_pa_of(0), &attr, 0, NULL, NULL), 0);
	plan_text_clear();
	if (shared)
		EXPECT_EQ(pw_map_shared(&w.pt, page, pw_pa_of(0), &attr, 0, NULL, NULL), 0);
	else
		EXPECT_EQ(pw_map(&w.pt, page, pw_pa_of(0), &attr, 0, NULL, NULL), 0);
	EXPECT(plan_text_is(map));
	EXPECT_EQ(pw_unmap(&w.pt, page, 0, NULL, NULL), 0);
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(0x10000, 0x10000), pw_pa_of(0), &attr, PW_CONTIGUOUS,
			 NULL, NULL),
		  0);
	/* the group loses its hint: broken, invalidated, made, and then the page's right */
	plan_text_clear();
	riscv.e.max_single = 1;
	EXPECT_EQ(pw_protect(&w.pt, page, &ro, 0, NULL, NULL), 0);
	EXPECT(plan_text_is(cut));
	world_close(&w);
}

TEST(a_global_page_becomes_valid)
{
	for (unsigned int shared = 0; shared < 2; shared++) {
		becomes_valid(shared, PW_ATTR_GLOBAL, "sfence.vma 0x0000000000011000, x0\n",
			      "sfence.vma x0, x0\nsfence.vma x0, x0\n"
			      "sfence.vma 0x0000000000011000, x0\n");
		becomes_valid(shared, 0, "sfence.vma 0x0000000000011000, 0x000000000000002a\n",
			      "sfence.vma x0, 0x000000000000002a\n"
			      "sfence.vma x0, 0x000000000000002a\n"
			      "sfence.vma 0x0000000000011000, 0x000000000000002a\n");
	}
}

/*
 * A table that is linked changes an entry that is no leaf: a fence with an address does not order
 * that (SFENCE.VMA: "only ... leaf page table entries"), and what was empty may be cached.
 */
TEST(a_table_is_linked_on_riscv)
{
	struct world_options o = { .pa_base = 1ull << 40, .reshape = true };
	struct pw_range page = pw_range_len(0x11000, 0x1000), next = pw_range_len(0x12000, 0x1000);
	struct pw_attr attr;

	for (unsigned int shared = 0; shared < 4; shared++) {
		harness_note("shared", shared);
		o.caps = shared & 2 ? PW_CAP_SVVPTC : 0;
		pw_riscv_printer_init(&riscv, plan_text_put, NULL);
		riscv.e.x.remote = NULL;
		if (!world_open(&w, &world_formats[WORLD_RISCV64], &o))
			return;
		w.pt.flags |= PW_TABLE_LIVE;
		w.pt.exec = &riscv.e.x;
		attr = world_attr(&w, PW_PERM_W);
		attr.flags &= ~PW_ATTR_GLOBAL;
		plan_text_clear();
		EXPECT_EQ(shared & 1 ?
				  pw_map_shared(&w.pt, page, pw_pa_of(0), &attr, 0, NULL, NULL) :
				  pw_map(&w.pt, page, pw_pa_of(0), &attr, 0, NULL, NULL),
			  0);
		EXPECT(plan_text_is(o.caps ? "" : "sfence.vma x0, 0x000000000000002a\n"));
		plan_text_clear();
		EXPECT_EQ(shared & 1 ?
				  pw_map_shared(&w.pt, next, pw_pa_of(0), &attr, 0, NULL, NULL) :
				  pw_map(&w.pt, next, pw_pa_of(0), &attr, 0, NULL, NULL),
			  0);
		EXPECT(plan_text_is(
			o.caps ? "" : "sfence.vma 0x0000000000012000, 0x000000000000002a\n"));

		/* present-but-invalid leaves are no debt; the way to them is one */
		attr.flags &= ~PW_ATTR_VALID;
		plan_text_clear();
		EXPECT_EQ(pw_map(&w.pt, pw_range_len(1ull << 30, 0x1000), pw_pa_of(0), &attr, 0,
				 NULL, NULL),
			  0);
		EXPECT(plan_text_is(o.caps ? "" : "sfence.vma x0, 0x000000000000002a\n"));
		world_close(&w);
	}
}

/* The same where it takes the place of a leaf that is present-but-invalid: a page of it, valid. */
TEST(an_invalid_block_is_cut_on_riscv)
{
	struct world_options o = { .pa_base = 1ull << 40, .reshape = true };
	struct pw_change valid = { .flags_set = PW_ATTR_VALID };
	struct pw_attr attr;

	pw_riscv_printer_init(&riscv, plan_text_put, NULL);
	riscv.e.x.remote = NULL;
	if (!world_open(&w, &world_formats[WORLD_RISCV64], &o))
		return;
	w.pt.flags |= PW_TABLE_LIVE;
	w.pt.exec = &riscv.e.x;
	attr = world_attr(&w, PW_PERM_W);
	attr.flags &= ~(uint32_t)(PW_ATTR_GLOBAL | PW_ATTR_VALID);
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(0, 1ull << 21), pw_pa_of(0), &attr, 0, NULL, NULL), 0);
	plan_text_clear();
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0x4000, 0x1000), &valid, 0, NULL, NULL), 0);
	EXPECT(plan_text_is("sfence.vma x0, 0x000000000000002a\n"
			    "sfence.vma 0x0000000000004000, 0x000000000000002a\n"));
	world_close(&w);
}
