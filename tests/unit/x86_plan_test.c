/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Plans as x86-64 instructions: the sequence as the printer writes it, INVLPGB's registers bit by
 * bit, and a little TLB after the manual's table of what each instruction drops, which must be
 * empty of what a plan says is stale, on this CPU and on one that is asked.
 */
#include <pagewalk/pagewalk.h>
#include <pagewalk/x86_plan.h>

#include "../harness/harness.h"
#include "plan_text.h"

#define UPPER 0xffff800000000000ull

static struct pw_x86_printer printer;

static struct pw_flush range(uint64_t first, uint64_t pages)
{
	return (struct pw_flush){ .first = pw_va_of(first),
				  .last = pw_va_of(first + (pages << 12) - 1),
				  .asid = 5,
				  .regime = PW_REGIME_X86,
				  .page_lg2 = 12 };
}

static struct pw_plan plan_of(const struct pw_flush *f, uint32_t nr)
{
	return (struct pw_plan){ .size = sizeof(struct pw_plan),
				 .before = PW_BEFORE_ALL,
				 .nr_ranges = nr,
				 .ranges = f };
}

/* What carrying out @f prints. */
static bool prints(const struct pw_flush *f, uint32_t nr, uint32_t caps, const char *want)
{
	struct pw_plan p = plan_of(f, nr);

	plan_text_clear();
	pw_x86_printer_init(&printer, plan_text_put, NULL);
	printer.e.caps = caps;
	printer.e.pcid = 5;
	printer.e.invlpgb_max = 8;
	printer.e.x.run(printer.e.x.ctx, &p);
	return EXPECT(plan_text_is(want));
}

#define OTHERS "mfence; lfence\nipi: the others likewise\n"

TEST(publishing_costs_nothing)
{
	struct pw_plan p = plan_of(NULL, 0);

	p.publish = 1;
	plan_text_clear();
	pw_x86_printer_init(&printer, plan_text_put, NULL);
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is(""));
}

TEST(few_pages_one_by_one)
{
	struct pw_flush f = range(UPPER, 2);

	prints(&f, 1, 0, "invlpg 0xffff800000000000\ninvlpg 0xffff800000001000\n" OTHERS);
	prints(&f, 1, PW_X86_PCIDE,
	       "invlpg 0xffff800000000000\ninvlpg 0xffff800000001000\n" OTHERS);
}

TEST(large_pages_need_one_each)
{
	struct pw_flush f = range(0, 1024);

	f.page_lg2 = 21;
	prints(&f, 1, 0, "invlpg 0x0000000000000000\ninvlpg 0x0000000000200000\n" OTHERS);
}

TEST(the_last_page_of_all)
{
	struct pw_flush f = range(0xfffffffffffff000ull, 1);

	prints(&f, 1, 0, "invlpg 0xfffffffffffff000\n" OTHERS);
}

TEST(many_pages_at_once)
{
	struct pw_flush f = range(0, 33);

	prints(&f, 1, 0, NULL); /* as many as it takes to be worth it */
	EXPECT_EQ(plan_text_lines(), 33 + 2);
	f = range(0, 34);
	prints(&f, 1, 0, "mov cr3, cr3\n" OTHERS);
	f.flags = PW_FLUSH_ANY_ASID; /* which CR3 does not reach */
	prints(&f, 1, 0, "cr4.pge off, on\n" OTHERS);
	prints(&f, 1, PW_X86_INVPCID,
	       "invpcid 2, pcid 0x0000000000000000, 0x0000000000000000\n" OTHERS);
}

TEST(another_pcid)
{
	struct pw_flush f = range(0x7000, 1);

	f.asid = 6;
	prints(&f, 1, PW_X86_PCIDE | PW_X86_INVPCID,
	       "invpcid 0, pcid 0x0000000000000006, 0x0000000000007000\n" OTHERS);
	prints(&f, 1, PW_X86_PCIDE, "cr4.pge off, on\n" OTHERS);
	f = range(0, 100);
	f.asid = 6;
	prints(&f, 1, PW_X86_PCIDE | PW_X86_INVPCID,
	       "invpcid 1, pcid 0x0000000000000006, 0x0000000000000000\n" OTHERS);
}

/* Shared by all address spaces: INVLPG reaches what is global, and nothing reaches the rest. */
TEST(any_pcid)
{
	struct pw_flush f = range(UPPER, 1);

	f.flags = PW_FLUSH_ANY_ASID;
	prints(&f, 1, PW_X86_PCIDE | PW_X86_ALL_GLOBAL, "invlpg 0xffff800000000000\n" OTHERS);
	prints(&f, 1, PW_X86_PCIDE | PW_X86_INVPCID,
	       "invpcid 2, pcid 0x0000000000000000, 0x0000000000000000\n" OTHERS);
	prints(&f, 1, 0, "invlpg 0xffff800000000000\n" OTHERS);

	/* walks are never global: INVLPG leaves those of other PCIDs (SDM 4.10.4.1) */
	f.flags |= PW_FLUSH_TABLES;
	prints(&f, 1, PW_X86_ALL_GLOBAL, "invlpg 0xffff800000000000\n" OTHERS);
	prints(&f, 1, PW_X86_PCIDE | PW_X86_ALL_GLOBAL, "cr4.pge off, on\n" OTHERS);
	prints(&f, 1, PW_X86_PCIDE | PW_X86_ALL_GLOBAL | PW_X86_INVPCID,
	       "invpcid 2, pcid 0x0000000000000000, 0x0000000000000000\n" OTHERS);
}

/* With page table isolation the user half has a PCID of its own, and the same tables. */
TEST(the_twin_of_a_pcid)
{
	struct pw_flush f = range(0x7000, 1);
	struct pw_plan p = plan_of(&f, 1);

	pw_x86_printer_init(&printer, plan_text_put, NULL);
	printer.e.caps = PW_X86_PCIDE | PW_X86_INVPCID;
	printer.e.pcid = 5;
	printer.e.twin = 0x800;
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is("invlpg 0x0000000000007000\n"
			    "invpcid 0, pcid 0x0000000000000805, 0x0000000000007000\n" OTHERS));
	f.flags = PW_FLUSH_ALL;
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is("mov cr3, cr3\n"
			    "invpcid 1, pcid 0x0000000000000805, 0x0000000000000000\n" OTHERS));
	printer.e.caps = PW_X86_PCIDE; /* nothing reaches the twin but everything */
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is("cr4.pge off, on\n" OTHERS));
}

TEST(broadcast)
{
	struct pw_flush f[2] = { range(0x1000, 10), range(UPPER, 512) };

	f[1].page_lg2 = 21;
	f[1].flags = PW_FLUSH_ANY_ASID | PW_FLUSH_TABLES;
	prints(f, 2, PW_X86_INVLPGB | PW_X86_PCIDE,
	       "invlpgb rax=0x0000000000001017, ecx=0x0000000000000007, "
	       "edx=0x0000000000050000\n"
	       "invlpgb rax=0x0000000000009017, ecx=0x0000000000000001, "
	       "edx=0x0000000000050000\n"
	       "invlpgb rax=0xffff80000000000d, ecx=0x0000000080000000, "
	       "edx=0x0000000000000000\n"
	       "tlbsync\n");
	f[0].flags = PW_FLUSH_ALL;
	prints(f, 1, PW_X86_INVLPGB | PW_X86_PCIDE,
	       "invlpgb rax=0x0000000000000006, ecx=0x0000000000000000, "
	       "edx=0x0000000000050000\n"
	       "tlbsync\n");
}

TEST(everything)
{
	struct pw_plan p = plan_of(NULL, 0);

	p.full = 1u << PW_REGIME_X86;
	pw_x86_printer_init(&printer, plan_text_put, NULL);
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is("cr4.pge off, on\n" OTHERS));
	printer.e.caps = PW_X86_INVLPGB;
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is("invlpgb rax=0x000000000000000c, ecx=0x0000000000000000, "
			    "edx=0x0000000000000000\ntlbsync\n"));
}

/* The EPT by root, never by address; INVLPGB does not reach it. */
TEST(guest_physical_addresses)
{
	struct pw_flush f[2] = { range(0x1000, 10), range(0x100000, 1) };
	struct pw_plan p = plan_of(f, 2);

	f[0].regime = f[1].regime = PW_REGIME_EPT;
	pw_x86_printer_init(&printer, plan_text_put, NULL);
	printer.e.eptp = 0x12345e;
	printer.e.caps = PW_X86_INVLPGB;
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is("invept 1, eptp 0x000000000012345e\n" OTHERS));
	p.full = 1u << PW_REGIME_EPT;
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is("invept 2, eptp 0x0000000000000000\n" OTHERS));
	/* with linear addresses in the same plan the others are asked as well */
	p.full = 0;
	f[0].regime = PW_REGIME_X86;
	f[0].last = pw_va_of(0x1fff);
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is("invlpg 0x0000000000001000\n"
			    "invept 1, eptp 0x000000000012345e\n" OTHERS));
}

static unsigned int completed;

static void on_complete(void *ctx, const struct pw_plan *plan)
{
	(void)ctx, (void)plan;
	completed++;
	EXPECT(plan_text_is("invlpg 0x0000000000001000\n" OTHERS));
}

TEST(completion_comes_last)
{
	struct pw_flush f = range(0x1000, 1);
	struct pw_plan p = plan_of(&f, 1);

	completed = 0;
	pw_x86_printer_init(&printer, plan_text_put, NULL);
	printer.e.x.complete = on_complete;
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT_EQ(completed, 1);
}

/* Registers of INVLPGB, each field by itself. */
TEST(invlpgb_field_by_field)
{
	struct pw_x86_invlpgb_range r = { .nr = 1 };
	struct pw_x86_invlpgb o;

	for (unsigned int bit = 0; bit < 64; bit++) {
		r.va = pw_va_of(1ull << bit);
		o = pw_x86_invlpgb_operand(&r);
		EXPECT_EQ(o.rax, 5 | (bit >= 12 ? 1ull << bit : 0));
		EXPECT_EQ(o.ecx, 0);
		EXPECT_EQ(o.edx, 0);
	}
	r.va = pw_va_of(0);
	for (uint32_t nr = 1; nr <= 65536; nr++) {
		r.nr = nr;
		EXPECT_EQ(pw_x86_invlpgb_operand(&r).ecx, nr - 1);
	}
	r.nr = 1;
	r.large = true;
	EXPECT_EQ(pw_x86_invlpgb_operand(&r).ecx, 1u << 31);
	r.large = false;
	for (unsigned int bit = 0; bit < 16; bit++) {
		r.pcid = (uint16_t)(1u << bit);
		r.has_pcid = false;
		EXPECT_EQ(pw_x86_invlpgb_operand(&r).edx, 0);
		r.has_pcid = true;
		EXPECT_EQ(pw_x86_invlpgb_operand(&r).edx, bit < 12 ? 1u << (16 + bit) : 0);
		EXPECT_EQ(pw_x86_invlpgb_operand(&r).rax, 7);
	}
	r = (struct pw_x86_invlpgb_range){ .asid = 0x8001, .global = true, .leaf = true };
	o = pw_x86_invlpgb_operand(&r);
	EXPECT_EQ(o.rax, 4 | 8 | 16);
	EXPECT_EQ(o.edx, 0x8001);
}

TEST(counter_counts)
{
	struct pw_x86_counter c;
	struct pw_flush f = range(0, 3);
	struct pw_plan p = plan_of(&f, 1);

	pw_x86_counter_init(&c);
	p.publish = 1;
	c.e.x.run(c.e.x.ctx, &p);
	EXPECT_EQ(c.n.plans, 1);
	EXPECT_EQ(c.n.publish, 1);
	EXPECT_EQ(c.n.invlpg, 3);
	EXPECT_EQ(c.n.full, 0);
	EXPECT_EQ(c.n.remote, 1);
	c.e.caps = PW_X86_INVPCID | PW_X86_PCIDE;
	c.e.x.run(c.e.x.ctx, &p);
	EXPECT_EQ(c.n.invpcid, 3);
	EXPECT_EQ(c.n.full, 0);
	f = range(0, 99);
	c.e.x.run(c.e.x.ctx, &p);
	EXPECT_EQ(c.n.invpcid, 4);
	EXPECT_EQ(c.n.full, 1);
	c.e.caps = PW_X86_INVLPGB;
	c.e.x.run(c.e.x.ctx, &p);
	EXPECT_EQ(c.n.invlpgb, 99);
	EXPECT_EQ(c.n.tlbsync, 1);
	EXPECT_EQ(c.n.remote, 3);
	f.regime = PW_REGIME_EPT;
	c.e.x.run(c.e.x.ctx, &p);
	EXPECT_EQ(c.n.full, 2);
}

/* --- a little TLB ----------------------------------------------------------------------------- */

#define PAGES 48u
#define PCIDS 3u

/* [cpu][pcid][page]: a leaf that is not global; [..][PCIDS]: one that is */
static bool tlb[2][PCIDS + 1][PAGES];
static unsigned int cpu;
static uint16_t current[2];
static struct pw_x86_executor peers[2];

static void drop(unsigned int c, unsigned int pcid, unsigned int first, unsigned int last)
{
	for (; first <= last && first < PAGES; first++)
		tlb[c][pcid][first] = false;
}

static unsigned int page_of(struct pw_va va)
{
	return (unsigned int)(va.v >> 12);
}

static void do_invlpg(void *ctx, struct pw_va va)
{
	(void)ctx;
	drop(cpu, current[cpu], page_of(va), page_of(va));
	drop(cpu, PCIDS, page_of(va), page_of(va));
}

static void do_reload_cr3(void *ctx)
{
	(void)ctx;
	drop(cpu, current[cpu], 0, PAGES);
}

static void do_all(void *ctx)
{
	(void)ctx;
	for (unsigned int p = 0; p <= PCIDS; p++)
		drop(cpu, p, 0, PAGES);
}

static void do_invpcid(void *ctx, enum pw_x86_invpcid type, uint16_t pcid, struct pw_va va)
{
	if (type == PW_X86_INVPCID_ADDRESS)
		drop(cpu, pcid, page_of(va), page_of(va));
	else if (type == PW_X86_INVPCID_PCID)
		drop(cpu, pcid, 0, PAGES);
	else
		do_all(ctx);
}

static void do_invlpgb(void *ctx, const struct pw_x86_invlpgb *o)
{
	unsigned int first = o->rax & 1 ? (unsigned int)(o->rax >> 12) : 0;
	unsigned int last = o->rax & 1 ? first + (o->ecx & 0xffff) : PAGES;

	(void)ctx;
	EXPECT(o->rax & 4);
	EXPECT(!(o->ecx >> 31));
	for (unsigned int c = 0; c < 2; c++) {
		for (unsigned int p = 0; p < PCIDS; p++) {
			if (!(o->rax & 2) || (o->edx >> 16 & 0xfff) == p)
				drop(c, p, first, last);
		}
		if (o->rax & 8)
			drop(c, PCIDS, first, last);
	}
}

static void do_nothing(void *ctx)
{
	(void)ctx;
}

static void do_remote(void *ctx, const struct pw_plan *plan)
{
	(void)ctx;
	cpu = 1;
	pw_x86_run_local(plan, &peers[1]);
	cpu = 0;
}

static const struct pw_x86_ops tlb_ops = {
	.invlpg = do_invlpg,
	.invpcid = do_invpcid,
	.reload_cr3 = do_reload_cr3,
	.toggle_pge = do_all,
	.invlpgb = do_invlpgb,
	.tlbsync = do_nothing,
	.fence = do_nothing,
};

/* Is anything left that @f says is stale? Without PCIDs everything is tagged with none (0). */
static bool left(const struct pw_flush *f, bool pcid, bool all_global)
{
	bool any = f->flags & PW_FLUSH_ANY_ASID;
	/* cached walks have a PCID, whatever they lead to */
	bool tagged = !all_global || (f->flags & PW_FLUSH_TABLES);
	unsigned int first = page_of(f->first), last = page_of(f->last);
	bool found = false;

	for (unsigned int c = 0; c < 2; c++) {
		for (unsigned int i = first; i <= last && i < PAGES; i++) {
			for (unsigned int p = 0; p < PCIDS; p++) {
				bool mine = pcid ? (any ? tagged : p == f->asid) : p == current[c];

				found |= mine && tlb[c][p][i];
			}
			found |= any && tlb[c][PCIDS][i];
		}
	}
	return found;
}

TEST(nothing_stale_is_left)
{
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t first = harness_below(PAGES), nr = 1 + harness_below(PAGES - first);
		struct pw_flush f[2] = { range(first << 12, nr), range(0, 1) };
		struct pw_plan p = plan_of(f, 2);
		uint32_t caps = (uint32_t)harness_below(16);

		f[0].asid = (uint16_t)(caps & PW_X86_PCIDE ? harness_below(PCIDS) : 0);
		f[1].asid = f[0].asid;
		f[0].flags = (uint8_t)((harness_below(2) ? PW_FLUSH_ANY_ASID : 0) |
				       (harness_below(2) ? PW_FLUSH_TABLES : 0));
		if (harness_below(8) == 0)
			f[1].flags = PW_FLUSH_ALL;
		for (unsigned int c = 0; c < 2; c++) {
			current[c] = (uint16_t)(caps & PW_X86_PCIDE ? harness_below(PCIDS) : 0);
			pw_x86_executor_init(&peers[c], &tlb_ops, NULL);
			peers[c].caps = caps;
			peers[c].pcid = current[c];
			peers[c].invlpgb_max = 1 + (uint32_t)harness_below(9);
			peers[c].x.remote = do_remote;
			for (unsigned int t = 0; t <= PCIDS; t++) {
				for (unsigned int j = 0; j < PAGES; j++)
					tlb[c][t][j] = true;
			}
		}
		cpu = 0;
		harness_note("caps", caps);
		harness_note("first", first);
		harness_note("pages", nr);
		harness_note("flags", f[0].flags);
		peers[0].x.run(peers[0].x.ctx, &p);
		EXPECT(!left(&f[0], caps & PW_X86_PCIDE, caps & PW_X86_ALL_GLOBAL));
	}
}
