/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Plans as RISC-V fences: the sequence as the printer writes it, and little caches of leaves and of
 * pointers after the manual's list of what each fence orders, which must be empty of what a plan
 * says is stale, on this hart and on one that is asked.
 */
#include <pagewalk/pagewalk.h>
#include <pagewalk/riscv_plan.h>

#include "../harness/harness.h"
#include "plan_text.h"

static struct pw_riscv_printer printer;

static struct pw_flush range(uint64_t first, uint64_t pages)
{
	return (struct pw_flush){ .first = pw_va_of(first),
				  .last = pw_va_of(first + (pages << 12) - 1),
				  .asid = 5,
				  .regime = PW_REGIME_RISCV,
				  .page_lg2 = 12 };
}

static struct pw_plan plan_of(const struct pw_flush *f, uint32_t nr)
{
	return (struct pw_plan){ .size = sizeof(struct pw_plan),
				 .before = PW_BEFORE_ALL,
				 .nr_ranges = nr,
				 .ranges = f };
}

static bool prints(const struct pw_flush *f, uint32_t nr, uint32_t full, uint32_t caps,
		   const char *want)
{
	struct pw_plan p = plan_of(f, nr);

	p.full = full;
	plan_text_clear();
	pw_riscv_printer_init(&printer, plan_text_put, NULL);
	printer.e.caps = caps;
	printer.e.x.run(printer.e.x.ctx, &p);
	return EXPECT(plan_text_is(want));
}

#define OTHERS "fence rw, rw\nremote: the other harts likewise\n"
#define ASID   ", 0x0000000000000005\n"

TEST(nothing_to_do)
{
	struct pw_plan p = plan_of(NULL, 0);

	p.publish = 1; /* with Svvptc nothing is owed; without it, there would be ranges */
	plan_text_clear();
	pw_riscv_printer_init(&printer, plan_text_put, NULL);
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT(plan_text_is(""));
}

TEST(leaves_by_address)
{
	struct pw_flush f = range(0x1000, 2);

	prints(&f, 1, 0, 0,
	       "sfence.vma 0x0000000000001000" ASID "sfence.vma 0x0000000000002000" ASID OTHERS);
	f.flags = PW_FLUSH_ANY_ASID;
	f.last.v -= 0x1000;
	prints(&f, 1, 0, 0, "sfence.vma 0x0000000000001000, x0\n" OTHERS);
}

/* A pointer is ordered only by a fence without an address. */
TEST(tables_without_address)
{
	struct pw_flush f = range(0x1000, 1);

	f.flags = PW_FLUSH_TABLES;
	prints(&f, 1, 0, 0, "sfence.vma x0" ASID OTHERS);
	f.flags |= PW_FLUSH_ANY_ASID;
	prints(&f, 1, 0, 0, "sfence.vma x0, x0\n" OTHERS);
}

TEST(many_and_all)
{
	struct pw_flush f = range(0, 64);

	prints(&f, 1, 0, 0, NULL);
	EXPECT_EQ(plan_text_lines(), 64 + 2);
	f = range(0, 65);
	prints(&f, 1, 0, 0, "sfence.vma x0" ASID OTHERS);
	f = range(0, 1);
	f.flags = PW_FLUSH_ALL;
	prints(&f, 1, 0, 0, "sfence.vma x0" ASID OTHERS);
	prints(&f, 1, 1u << PW_REGIME_RISCV, 0, "sfence.vma x0, x0\n" OTHERS);
	f = range(0, 1024);
	f.page_lg2 = 21; /* two leaves of 2M */
	prints(&f, 1, 0, 0,
	       "sfence.vma 0x0000000000000000" ASID "sfence.vma 0x0000000000200000" ASID OTHERS);
	f = range(0xfffffffffffff000ull, 1);
	prints(&f, 1, 0, 0, "sfence.vma 0xfffffffffffff000" ASID OTHERS);
}

TEST(svinval_in_brackets)
{
	struct pw_flush f[2] = { range(0x1000, 1), range(0x9000, 1) };

	f[1].regime = PW_REGIME_RISCV_G;
	prints(f, 2, 0, PW_RISCV_SVINVAL,
	       "sfence.w.inval\nsinval.vma 0x0000000000001000" ASID
	       "hinval.gvma 0x0000000000002400" ASID "sfence.inval.ir\n" OTHERS);
	prints(f, 2, 1u << PW_REGIME_RISCV, PW_RISCV_SVINVAL,
	       "sfence.w.inval\nsinval.vma x0, x0\n"
	       "hinval.gvma 0x0000000000002400" ASID "sfence.inval.ir\n" OTHERS);
}

/* Guest-physical addresses come shifted right by 2. */
TEST(guest_physical_addresses)
{
	struct pw_flush f = range(0x40000000, 1);

	f.regime = PW_REGIME_RISCV_G;
	prints(&f, 1, 0, 0, "hfence.gvma 0x0000000010000000" ASID OTHERS);
	f.flags = PW_FLUSH_TABLES;
	prints(&f, 1, 0, 0, "hfence.gvma x0" ASID OTHERS);
	prints(&f, 1, 1u << PW_REGIME_RISCV_G, 0, "hfence.gvma x0, x0\n" OTHERS);
}

static unsigned int completed;

static void on_complete(void *ctx, const struct pw_plan *plan)
{
	(void)ctx, (void)plan;
	completed++;
	EXPECT(plan_text_is("sfence.vma 0x0000000000001000" ASID OTHERS));
}

TEST(completion_comes_last)
{
	struct pw_flush f = range(0x1000, 1);
	struct pw_plan p = plan_of(&f, 1);

	completed = 0;
	pw_riscv_printer_init(&printer, plan_text_put, NULL);
	printer.e.x.complete = on_complete;
	plan_text_clear();
	printer.e.x.run(printer.e.x.ctx, &p);
	EXPECT_EQ(completed, 1);
}

TEST(counter_counts)
{
	struct pw_riscv_counter c;
	struct pw_flush f[2] = { range(0, 3), range(0, 1) };
	struct pw_plan p = plan_of(f, 2);

	pw_riscv_counter_init(&c);
	f[1].regime = PW_REGIME_RISCV_G;
	p.publish = 1;
	c.e.x.run(c.e.x.ctx, &p);
	EXPECT_EQ(c.n.plans, 1);
	EXPECT_EQ(c.n.publish, 1);
	EXPECT_EQ(c.n.sfence, 3);
	EXPECT_EQ(c.n.hfence, 1);
	EXPECT_EQ(c.n.full, 0);
	EXPECT_EQ(c.n.remote, 1);
	c.e.caps = PW_RISCV_SVINVAL;
	f[0].flags = PW_FLUSH_TABLES;
	c.e.x.run(c.e.x.ctx, &p);
	EXPECT_EQ(c.n.sinval, 2);
	EXPECT_EQ(c.n.full, 1);
}

/* --- little caches ---------------------------------------------------------------------------- */

#define PAGES 80u
#define ASIDS 3u

/* [hart][asid][page]; [..][ASIDS]: global. Pointers: one for each address space. */
static bool leaf[2][ASIDS + 1][PAGES], pointer[2][ASIDS + 1];
static unsigned int hart;
static struct pw_riscv_executor peers[2];

static void drop(const struct pw_riscv_fence *f)
{
	for (unsigned int a = 0; a <= ASIDS; a++) {
		if (f->has_rs2 && (a == ASIDS || a != f->rs2))
			continue;
		for (unsigned int i = 0; i < PAGES; i++) {
			if (!f->has_rs1 || f->rs1 >> 12 == i)
				leaf[hart][a][i] = false;
		}
		if (!f->has_rs1)
			pointer[hart][a] = false;
	}
}

static void do_fence(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	drop(f);
}

static bool bracket;

static void do_inval(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	EXPECT(bracket);
	drop(f);
}

static void do_begin(void *ctx)
{
	(void)ctx;
	bracket = true;
}

static void do_end(void *ctx)
{
	(void)ctx;
	bracket = false;
}

static void do_nothing(void *ctx)
{
	(void)ctx;
}

static void do_remote(void *ctx, const struct pw_plan *plan)
{
	(void)ctx;
	hart = 1;
	pw_riscv_run_local(plan, &peers[1]);
	hart = 0;
}

static const struct pw_riscv_ops cache_ops = {
	.sfence_vma = do_fence,
	.sinval_vma = do_inval,
	.sfence_w_inval = do_begin,
	.sfence_inval_ir = do_end,
	.fence = do_nothing,
};

TEST(nothing_stale_is_left)
{
	for (unsigned int n = 0; n < 20000; n++) {
		uint64_t first = harness_below(PAGES), nr = 1 + harness_below(PAGES - first);
		struct pw_flush f = range(first << 12, nr);
		struct pw_plan p = plan_of(&f, 1);
		bool found = false;

		f.asid = (uint16_t)harness_below(ASIDS);
		f.flags = (uint8_t)harness_below(4);
		for (hart = 2; hart-- > 0;) {
			pw_riscv_executor_init(&peers[hart], &cache_ops, NULL);
			peers[hart].caps = (uint32_t)harness_below(2);
			peers[hart].x.remote = do_remote;
			for (unsigned int a = 0; a <= ASIDS; a++) {
				pointer[hart][a] = true;
				for (unsigned int i = 0; i < PAGES; i++)
					leaf[hart][a][i] = true;
			}
		}
		hart = 0;
		harness_note("first", first);
		harness_note("pages", nr);
		harness_note("flags", f.flags);
		peers[0].x.run(peers[0].x.ctx, &p);
		EXPECT(!bracket);
		for (unsigned int h = 0; h < 2; h++) {
			for (unsigned int a = 0; a <= ASIDS; a++) {
				if (!(f.flags & PW_FLUSH_ANY_ASID) && a != f.asid)
					continue;
				for (uint64_t i = first; i < first + nr; i++)
					found |= leaf[h][a][i];
				found |= (f.flags & PW_FLUSH_TABLES) && pointer[h][a];
			}
		}
		EXPECT(!found);
	}
}
