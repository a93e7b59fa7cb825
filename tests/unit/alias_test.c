/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A permission change and all of its aliases, in one bracket.
 *
 * A kernel that makes 16,384 pages of its vmalloc area read-only has to do the same in its linear
 * map, where those pages lie scattered. Linux (arm64, rodata=full) does that page by page, and
 * executes 49,157 dsb, 32,820 isb and 16,385 tlbi, counted on a running 7.3 kernel. Here it is one
 * list of ranges, and one commit: a pair of dsb, an isb, and the invalidations of the runs that are
 * there.
 */
#include "../env/env.h"
#include "../harness/harness.h"

#define NR_PAGES    16384u
#define NR_FRAMES   (3u * NR_PAGES) /* of memory, of which a third is the vmalloc area's */
#define PAGE	    4096ull
#define VMALLOC	    0xffff800080000000ull
#define LINEAR	    0xffff000000000000ull
#define MEMORY	    0x40000000ull
#define MAX_BARRIER 4u

static struct world w;
static struct pw_arm64_counter counter;
static struct pw_range ranges[NR_PAGES + 1];
static struct pw_flush slots[NR_PAGES + 1];
static uint32_t frame[NR_PAGES];
static bool taken[NR_FRAMES];

static const struct pw_change ro = { .perm_clear = PW_PERM_W };

static void (*recorded)(void *ctx, const struct pw_plan *plan);

static void run(void *ctx, const struct pw_plan *plan)
{
	recorded(ctx, plan);
	counter.e.x.run(counter.e.x.ctx, plan);
}

/* Which frames the area has: each taken once, in no order. */
static void scatter(void)
{
	for (uint32_t i = 0; i < NR_FRAMES; i++)
		taken[i] = false;
	for (uint32_t i = 0; i < NR_PAGES; i++) {
		do
			frame[i] = (uint32_t)harness_below(NR_FRAMES);
		while (taken[frame[i]]);
		taken[frame[i]] = true;
	}
}

/* Invalidations that the linear map's runs take: of two pages and more at a time, with what is odd
   by itself; or each page by itself. */
static uint64_t tlbi_of_runs(uint64_t *nr_runs)
{
	uint64_t tlbi = 0;

	*nr_runs = 0;
	for (uint32_t i = 0, n; i < NR_FRAMES; i += n + 1) {
		for (n = 0; i + n < NR_FRAMES && taken[i + n]; n++)
			;
		*nr_runs += n > 0;
		tlbi += (n > 1) + n % 2;
	}
	return tlbi;
}

static uint64_t alias(uint32_t i)
{
	return LINEAR + frame[i] * PAGE;
}

/* Both maps, of pages, writable; and the list of what is to be read-only. */
static bool open_world(bool hooked, uint32_t caps)
{
	struct world_options o = { .hooked = hooked,
				   .flags = PW_TABLE_LIVE | PW_TABLE_UPPER,
				   .nr_pages = 200 };
	struct pw_attr attr;

	scatter();
	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return false;
	attr = world_attr(&w, PW_PERM_W);
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(LINEAR, NR_FRAMES * PAGE), pw_pa_of(MEMORY), &attr,
			 PW_MAX_LEVEL(0), NULL, NULL),
		  0);
	ranges[NR_PAGES] = pw_range_len(VMALLOC, NR_PAGES * PAGE);
	for (uint32_t i = 0; i < NR_PAGES; i++) {
		EXPECT_EQ(pw_map(&w.pt, pw_range_len(VMALLOC + i * PAGE, PAGE),
				 pw_pa_of(MEMORY + frame[i] * PAGE), &attr, 0, NULL, NULL),
			  0);
		ranges[i] = pw_range_len(alias(i), PAGE);
	}
	pw_arm64_counter_init(&counter);
	counter.e.caps = caps;
	if (caps & PW_CAP_TLBIRANGE)
		w.exec.max_pages = PW_ARM64_RANGE_MAX;
	recorded = w.exec.run;
	w.exec.run = run;
	world_forget(&w);
	return true;
}

/* Every page that was asked for, by both of its addresses, and no other. */
static void expect_read_only(void)
{
	struct pw_translation t;

	for (uint32_t i = 0; i < NR_PAGES; i++) {
		if (!EXPECT_EQ(pw_translate(&w.pt, pw_va_of(VMALLOC + i * PAGE), &t), 0))
			return;
		EXPECT_EQ(t.pa.v, MEMORY + frame[i] * PAGE);
		EXPECT(!(t.perm & PW_PERM_W));
	}
	for (uint32_t i = 0; i < NR_FRAMES; i++) {
		if (!EXPECT_EQ(pw_translate(&w.pt, pw_va_of(LINEAR + i * PAGE), &t), 0))
			return;
		EXPECT_EQ(!(t.perm & PW_PERM_W), taken[i]);
	}
}

static void expect_barriers(void)
{
	EXPECT_EQ(counter.n.plans, 1);
	EXPECT_EQ(counter.n.dsb_ishst, 1);
	EXPECT_EQ(counter.n.dsb_ish, 1);
	EXPECT_EQ(counter.n.isb, 1);
	EXPECT(counter.n.dsb_ishst + counter.n.dsb_ish <= MAX_BARRIER);
}

static void close_world(void)
{
	expect_read_only();
	EXPECT_EQ(w.violations, 0);
	EXPECT_EQ(w.asserts, 0);
	world_close(&w);
}

/* With room for every run, and range operations: one for the area, and those of the runs. */
TEST(aliases_cost_one_commit)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		uint64_t nr_runs, tlbi;
		struct pw_result res;
		struct pw_gather g;

		harness_note("hooked", hooked);
		if (!open_world(hooked, PW_CAP_TLBIRANGE))
			return;
		tlbi = tlbi_of_runs(&nr_runs);
		EXPECT_EQ(pw_gather_init(&g, &w.exec, slots, NR_PAGES + 1), 0);
		EXPECT_EQ(pw_protect_vec(&w.pt, ranges, NR_PAGES + 1, &ro, PW_STRICT, &g, &res), 0);
		EXPECT_EQ(res.nr_entries, 2 * NR_PAGES);
		expect_barriers();
		EXPECT_EQ(counter.n.tlbi, tlbi + 1);
		EXPECT_EQ(counter.n.tlbi_full, 0);
		EXPECT(counter.n.tlbi < NR_PAGES); /* some lie side by side */
		EXPECT_EQ(w.plan[0].plan.nr_ranges, nr_runs + 1);
		close_world();
	}
}

/* The same by a call for each page, as Linux has it, but in lazy MMU mode. */
TEST(aliases_in_lazy_mode)
{
	uint64_t nr_runs, tlbi;
	struct pw_gather g;

	if (!open_world(false, PW_CAP_TLBIRANGE))
		return;
	tlbi = tlbi_of_runs(&nr_runs);
	EXPECT_EQ(pw_gather_init(&g, &w.exec, slots, NR_PAGES + 1), 0);
	pw_lazy_enable(&g, &w.env);
	for (uint32_t i = 0; i <= NR_PAGES; i++)
		EXPECT_EQ(pw_protect(&w.pt, ranges[i], &ro, 0, &g, NULL), 0);
	EXPECT_EQ(counter.n.plans, 0);
	pw_lazy_disable(&g, &w.env);
	expect_barriers();
	EXPECT_EQ(counter.n.tlbi, tlbi + 1);
	close_world();
}

/* Without range operations more than 512 pages are everything; so are more runs than there is room
   for. */
TEST(aliases_beyond_the_threshold)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct pw_gather g;

		harness_note("room", i);
		if (!open_world(false, i ? PW_CAP_TLBIRANGE : 0))
			return;
		EXPECT_EQ(pw_gather_init(&g, &w.exec, slots, i ? 64 : NR_PAGES + 1), 0);
		EXPECT_EQ(pw_protect_vec(&w.pt, ranges, NR_PAGES + 1, &ro, 0, &g, NULL), 0);
		expect_barriers();
		EXPECT_EQ(counter.n.tlbi, 1);
		EXPECT_EQ(counter.n.tlbi_full, 1);
		close_world();
	}
}

/* A page by itself at a time, and no threshold: what the bracket saves. */
TEST(aliases_without_a_bracket)
{
	if (!open_world(false, 0))
		return;
	for (uint32_t i = 0; i < NR_PAGES; i++)
		EXPECT_EQ(pw_protect(&w.pt, ranges[i], &ro, 0, NULL, NULL), 0);
	EXPECT_EQ(counter.n.dsb_ishst + counter.n.dsb_ish, 2 * NR_PAGES);
	EXPECT_EQ(counter.n.isb, NR_PAGES);
	EXPECT_EQ(counter.n.tlbi, NR_PAGES);
	EXPECT_EQ(pw_protect(&w.pt, ranges[NR_PAGES], &ro, 0, NULL, NULL), 0);
	EXPECT_EQ(counter.n.plans, NR_PAGES + 1);
	close_world();
}
