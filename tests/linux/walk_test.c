/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What a kernel's walker promises, test by test; the recorded walks (replay.c) are the judge for
 * the one geometry they were made with, these run for every geometry.
 */
#include "stage.h"

#define A		      KERNEL_START
#define WALK(ops, start, end) walk_kernel_page_table_range_lockless(start, end, ops, NULL, NULL)

/* Callbacks left out, for the tests that need fewer. */
static struct mm_walk_ops with(bool pgd, bool p4d, bool pud, bool pmd, bool pte, bool hole)
{
	struct mm_walk_ops o = stage_ops;

	o.pgd_entry = pgd ? o.pgd_entry : NULL;
	o.p4d_entry = p4d ? o.p4d_entry : NULL;
	o.pud_entry = pud ? o.pud_entry : NULL;
	o.pmd_entry = pmd ? o.pmd_entry : NULL;
	o.pte_entry = pte ? o.pte_entry : NULL;
	o.pte_hole = hole ? o.pte_hole : NULL;
	return o;
}

static int install(unsigned long addr, unsigned long next, pte_t *pte, struct mm_walk *walk)
{
	(void)addr, (void)next, (void)pte, (void)walk;
	return 0;
}

TEST(empty_and_reversed_ranges_are_refused)
{
	stage_reset();
	EXPECT_EQ(WALK(&stage_ops, A, A), -22);
	EXPECT_EQ(WALK(&stage_ops, A + PAGE_SIZE, A), -22);
	EXPECT_EQ(WALK(&stage_ops, A, 0), -22);
	EXPECT_EQ(walk_page_range_novma(&init_mm, A, A, &stage_ops, NULL, NULL), -22);
	EXPECT_EQ(walk_page_range_debug(&init_mm, A, A, &stage_ops, NULL, NULL), -22);
	EXPECT_EQ(stage.nr_events, 0);
}

TEST(install_pte_is_refused_by_public_entry_points)
{
	struct mm_walk_ops o = stage_ops;

	stage_reset();
	o.install_pte = install;
	EXPECT_EQ(WALK(&o, A, A + PAGE_SIZE), -22);
	EXPECT_EQ(walk_kernel_page_table_range(A, A + PAGE_SIZE, &o, NULL, NULL), -22);
	EXPECT_EQ(walk_page_range_novma(&init_mm, A, A + PAGE_SIZE, &o, NULL, NULL), -22);
	EXPECT_EQ(walk_page_range_debug(&init_mm, A, A + PAGE_SIZE, &o, NULL, NULL), -22);
	EXPECT_EQ(stage.nr_events, 0);
}

/* The depth that a hole of each level has here: a folded level counts as the one above. */
static int depth_of(int level)
{
	int missing = 5 - PGTABLE_LEVELS;

	/* level 3 P4D, 2 PUD, 1 PMD; of the levels below the PGD the upper ones are missing */
	return level + 1 > 4 - missing ? 0 : 4 - level;
}

TEST(hole_depths)
{
	stage_reset();
	/* an empty root: one hole, where the topmost level that exists is */
	EXPECT_EQ(WALK(&stage_ops, A, A + PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(HOLE), 1);
	EXPECT_EQ(stage_event(HOLE, 0)->depth, 0);
	EXPECT_EQ(stage_count(PTE), 0);

	/* tables down to one PTE table: a hole behind it at each level that exists */
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A + PMD_SIZE, A + 2 * PMD_SIZE), 0);
	EXPECT_EQ(stage_event(HOLE, 0)->depth, depth_of(1));
#if PGTABLE_LEVELS > 3
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A + PUD_SIZE, A + 2 * PUD_SIZE), 0);
	EXPECT_EQ(stage_event(HOLE, 0)->depth, depth_of(2));
#endif
#if PGTABLE_LEVELS > 4
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A + P4D_SIZE, A + 2 * P4D_SIZE), 0);
	EXPECT_EQ(stage_event(HOLE, 0)->depth, depth_of(3));
#endif
}

TEST(pgd_and_p4d_ignore_actions)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, 2 * PAGE_SIZE), 0);
	stage_rule(PGD, 1, ACTION_CONTINUE, 0);
	EXPECT_EQ(WALK(&stage_ops, A, A + 2 * PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(PTE), 2);
	stage_rule(P4D, 1, ACTION_AGAIN, 0);
	EXPECT_EQ(WALK(&stage_ops, A, A + 2 * PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(P4D), 1);
	EXPECT_EQ(stage_count(PTE), 2);
}

TEST(continue_skips_the_subtree)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, 2 * PMD_SIZE), 0);
	stage_rule(PMD, 1, ACTION_CONTINUE, 0);
	EXPECT_EQ(WALK(&stage_ops, A, A + 2 * PMD_SIZE), 0);
	EXPECT_EQ(stage_count(PMD), 2);
	EXPECT_EQ(stage_count(PTE), PTRS_PER_PTE);
	stage_rule(PUD, 1, ACTION_CONTINUE, 0);
	EXPECT_EQ(WALK(&stage_ops, A, A + 2 * PMD_SIZE), 0);
	EXPECT_EQ(stage_count(PMD), PTRS_PER_PMD > 1 ? 0 : 1);
}

TEST(again_repeats_with_a_fresh_action)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, PMD_SIZE), 0);
	stage_rule(PMD, 1, ACTION_AGAIN, 0);
	EXPECT_EQ(WALK(&stage_ops, A + PAGE_SIZE, A + 3 * PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(PMD), 2); /* the second time SUBTREE: no third */
	EXPECT_EQ(stage_event(PMD, 1)->addr, A + PAGE_SIZE);
	EXPECT_EQ(stage_event(PMD, 1)->next, A + 3 * PAGE_SIZE);
	EXPECT_EQ(stage_count(PTE), 2);
	stage_rule(PTE, 1, ACTION_AGAIN, 0);
	EXPECT_EQ(WALK(&stage_ops, A, A + 2 * PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(PMD), 2); /* the table is finished, then the PMD comes again */
	EXPECT_EQ(stage_count(PTE), 4);
	EXPECT_EQ(stage_count(PRE_PTE), 2);
	EXPECT_EQ(stage_count(POST_PTE), 2);
}

TEST(an_error_beats_an_action)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	stage_rule(PMD, 1, ACTION_AGAIN, -4);
	EXPECT_EQ(WALK(&stage_ops, A, A + PAGE_SIZE), -4);
	EXPECT_EQ(stage_count(PMD), 1);
	stage_rule(PUD, 1, ACTION_CONTINUE, 4);
	EXPECT_EQ(WALK(&stage_ops, A, A + PAGE_SIZE), 4);
}

static int split(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	uint64_t *table = stage.frame[stage.used], old = pmd_val(pmdp_get(pmd)), i;

	(void)addr, (void)next;
	if (!pmd_leaf(pmdp_get(pmd)))
		return 0;
	for (i = 0; i < PTRS_PER_PTE; i++)
		table[i] = (old | PTE_TABLE_BIT) + i * PAGE_SIZE;
	set_pmd(pmd, __pmd((PA_BASE + stage.used++ * PAGE_SIZE) | PMD_TYPE_TABLE));
	walk->action = ACTION_SUBTREE;
	return 0;
}

TEST(a_pmd_entry_that_splits_sees_the_new_ptes)
{
	struct mm_walk_ops o = stage_ops;

	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	set_pmd(stage_pmd(A), __pmd(0x80000000 | SECT_KERNEL));
	o.pmd_entry = split;
	stage_forget();
	EXPECT_EQ(WALK(&o, A, A + 3 * PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(PTE), 3);
	EXPECT_EQ(pte_pfn(ptep_get(stage_pte(A + 2 * PAGE_SIZE))), (0x80000000 >> PAGE_SHIFT) + 2);
}

TEST(a_leaf_is_told_and_not_descended_into)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	set_pmd(stage_pmd(A), __pmd(0x80000000 | SECT_KERNEL));
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A, A + PMD_SIZE), 0);
	EXPECT_EQ(stage_count(PMD), 1);
	EXPECT_EQ(stage_count(PTE), 0);
	EXPECT_EQ(stage_count(HOLE), 0);
}

TEST(a_nonpresent_pmd_is_told_and_not_descended_into)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	*stage_pmd(A) = __pmd(0xdead000);
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A, A + PMD_SIZE), 0);
	EXPECT_EQ(stage_count(PMD), 1);
	EXPECT_EQ(stage_count(PTE), 0);
	EXPECT_EQ(stage_count(HOLE), 0);
}

TEST(nobody_below_no_descent)
{
	struct mm_walk_ops o;

	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	stage_forget();
	o = with(false, false, true, false, false, true);
	EXPECT_EQ(WALK(&o, A, A + PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(PUD), 1);
	EXPECT_EQ(stage_count(PRE), PGTABLE_LEVELS < 3 ? 1 : PGTABLE_LEVELS - 2);
	stage_forget();
	o = with(false, false, false, false, false, true); /* holes alone: nothing is entered */
	EXPECT_EQ(WALK(&o, A, A + PGDIR_SIZE), 0);
	EXPECT_EQ(stage_count(HOLE), 0);
}

TEST(empty_ptes_go_to_pte_entry)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A, A + 5 * PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(PTE), 5);
	EXPECT_EQ(stage_count(HOLE), 0);
}

TEST(unaligned_ranges)
{
	const unsigned long p = PAGE_SIZE;
	const struct {
		unsigned long start, end;
		unsigned int calls;
	} rows[] = {
		{ p + 0x123, p + 0x124, 1 },	 { p + p / 2, 4 * p, 3 }, { p, 3 * p + 1, 3 },
		{ p + p / 2, 4 * p + p / 4, 3 }, /* the last page is never visited */
		{ p + p / 4, 4 * p + p / 2, 4 }, { 0, p / 2, 1 },	  { p, 2 * p, 1 },
	};
	unsigned int i;

	stage_reset();
	EXPECT_EQ(stage_map(A, PMD_SIZE), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		harness_note("row", i);
		stage_forget();
		EXPECT_EQ(WALK(&stage_ops, A + rows[i].start, A + rows[i].end), 0);
		EXPECT_EQ(stage_count(PTE), rows[i].calls);
		EXPECT_EQ(stage_event(PTE, 0)->addr, A + rows[i].start);
		EXPECT_EQ(stage_event(PTE, 0)->next, A + rows[i].start + PAGE_SIZE);
	}
}

TEST(a_range_that_ends_at_the_top_terminates)
{
	stage_reset();
	EXPECT_EQ(WALK(&stage_ops, ~0ul - PAGE_SIZE, ~0ul), 0);
	EXPECT_EQ(stage_count(HOLE), 1);
	EXPECT_EQ(stage_map(~0ul << PMD_SHIFT, PMD_SIZE - PAGE_SIZE), 0);
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, ~0ul - PAGE_SIZE + 1, ~0ul), 0);
	EXPECT_EQ(stage_count(PTE), 1);
	EXPECT_EQ(stage_event(PTE, 0)->next, 0); /* modulo 2^64 */
}

TEST(a_short_range_at_zero_stays_in_its_page)
{
	stage_reset();
	EXPECT_EQ(stage_map(0x1000, PAGE_SIZE), 0);
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, 0, 0x800), 0);
	EXPECT_EQ(stage_count(PTE), 1);
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, 0x10, 0x11), 0);
	EXPECT_EQ(stage_count(PTE), 1);
}

/* A root has no entries for more than a half: Linux reads what lies behind it. */
TEST(a_range_must_stay_in_one_half_of_the_address_space)
{
	const unsigned long half = 1ul << VA_BITS;

	stage_reset();
	EXPECT_EQ(WALK(&stage_ops, half - PAGE_SIZE, half), 0);
	EXPECT_EQ(WALK(&stage_ops, half - PAGE_SIZE, half + 1), -22);
	EXPECT_EQ(WALK(&stage_ops, 0, ~0ul), -22);
	EXPECT_EQ(apply_to_existing_page_range(&init_mm, half - PAGE_SIZE, PAGE_SIZE, NULL, NULL),
		  0);
	EXPECT_EQ(apply_to_existing_page_range(&init_mm, half - PAGE_SIZE, 2 * PAGE_SIZE, NULL,
					       NULL),
		  -22);
}

TEST(positive_returns_come_back_from_every_callback)
{
	enum event_kind kinds[] = { PGD, P4D, PUD, PMD, PTE, PRE };
	unsigned int i;

	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		harness_note("kind", kinds[i]);
		stage_rule(kinds[i], 1, -1, 7);
		EXPECT_EQ(WALK(&stage_ops, A, A + PAGE_SIZE), 7);
	}
	stage_rule(HOLE, 1, -1, 9);
	EXPECT_EQ(WALK(&stage_ops, A + PMD_SIZE, A + 2 * PMD_SIZE), 9);
}

/* Test 21: the table goes away between pud_entry and the descent; here the PMD empties itself. */
static int vanish(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)addr, (void)next;
	*pmd = __pmd(0);
	walk->action = ACTION_AGAIN;
	return 0;
}

TEST(a_table_that_vanishes_becomes_a_hole)
{
	struct mm_walk_ops o = stage_ops;

	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	o.pmd_entry = vanish;
	stage_forget();
	EXPECT_EQ(WALK(&o, A, A + PMD_SIZE), 0);
	EXPECT_EQ(stage_count(HOLE), 1);
	EXPECT_EQ(stage_count(PTE), 0);
}

#if PGTABLE_LEVELS > 2
/* Test 22: pre_table is the last moment before the PMD level looks at its PUD again. */
static int to_leaf(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)addr, (void)next, (void)walk;
	*pud = __pud(0x80000000 | SECT_KERNEL);
	stage.event[stage.nr_events++] = (struct event){ PUD, addr, next, 0, NULL };
	return 0;
}

TEST(a_pud_that_turns_into_a_leaf_is_not_descended_into)
{
	struct mm_walk_ops o = stage_ops;

	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	o.pud_entry = to_leaf;
	stage_forget();
	EXPECT_EQ(WALK(&o, A, A + PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(PUD), 1);
	EXPECT_EQ(stage_count(PMD), 0);
}
#endif

TEST(every_table_has_its_hooks)
{
	unsigned int i;
	int level = PGTABLE_LEVELS - 1;

	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A, A + PAGE_SIZE), 0);
	EXPECT_EQ(stage_count(PRE), PGTABLE_LEVELS);
	EXPECT_EQ(stage_count(POST), PGTABLE_LEVELS);
	for (i = 0; i < PGTABLE_LEVELS; i++) {
		EXPECT_EQ(stage_event(PRE, i)->depth, level - (int)i);
		EXPECT_EQ(stage_event(POST, i)->depth, (int)i);
	}
	EXPECT_EQ(stage_count(PRE_PTE), 1);
	EXPECT_EQ(stage_count(POST_PTE), 1);
}

TEST(post_runs_on_every_way_out_but_after_a_failed_pre)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, 4 * PAGE_SIZE), 0);
	stage_rule(PTE, 2, -1, -5);
	EXPECT_EQ(WALK(&stage_ops, A, A + 4 * PAGE_SIZE), -5);
	EXPECT_EQ(stage_count(POST), PGTABLE_LEVELS);
	EXPECT_EQ(stage_count(POST_PTE), 1);
	/* the PTE table's pre fails: its post and its pte hooks do not run, the others' do */
	stage_rule(PRE, PGTABLE_LEVELS, -1, -6);
	EXPECT_EQ(WALK(&stage_ops, A, A + 4 * PAGE_SIZE), -6);
	EXPECT_EQ(stage_count(POST), PGTABLE_LEVELS - 1);
	EXPECT_EQ(stage_count(PRE_PTE), 0);
	EXPECT_EQ(stage_count(PTE), 0);
}

TEST(a_table_outside_memory_is_not_touched)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	*stage_pmd(A) = __pmd(0x7000000000 | PMD_TYPE_TABLE);
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A, A + PAGE_SIZE), -14);
	EXPECT_EQ(stage_count(PTE), 0);
	EXPECT_EQ(apply_to_existing_page_range(&init_mm, A, PAGE_SIZE, NULL, NULL), -14);
#if PGTABLE_LEVELS > 2
	*stage_pud(A) = __pud(0x7000000000 | PUD_TYPE_TABLE);
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A, A + PAGE_SIZE), -14);
	EXPECT_EQ(stage_count(PUD), 1);
	EXPECT_EQ(stage_count(PMD), 0);
	EXPECT_EQ(apply_to_existing_page_range(&init_mm, A, PAGE_SIZE, NULL, NULL), -14);
#endif
#if PGTABLE_LEVELS > 3
	p4d_offset(pgd_offset_k(A), A)->p4d = 0x7000000000 | P4D_TYPE_TABLE;
	stage_forget();
	EXPECT_EQ(WALK(&stage_ops, A, A + PAGE_SIZE), -14);
	EXPECT_EQ(stage_count(P4D), 1);
	EXPECT_EQ(stage_count(PUD), 0);
	EXPECT_EQ(apply_to_existing_page_range(&init_mm, A, PAGE_SIZE, NULL, NULL), -14);
#endif
}

TEST(locks_are_asserted_as_each_entry_point_says)
{
	struct mm_walk_ops o = stage_ops;

	stage_reset();
	stage.held_init_mm = 'n';
	EXPECT_EQ(WALK(&o, A, A + PAGE_SIZE), 0);
	EXPECT_EQ(stage.warnings, 0);
	EXPECT_EQ(walk_kernel_page_table_range(A, A + PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(stage.warnings, 1);
	EXPECT_EQ(walk_page_range_debug(&init_mm, A, A + PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(stage.warnings, 3);
	EXPECT_EQ(walk_page_range_novma(&init_mm, A, A + PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(stage.warnings, 4);
	o.walk_lock = PGWALK_NOLOCK;
	EXPECT_EQ(walk_page_range_novma(&init_mm, A, A + PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(stage.warnings, 4);
	EXPECT_EQ(WALK(&o, A, A + PAGE_SIZE), -22); /* PGWALK_NOLOCK is novma's alone */
	EXPECT_EQ(walk_page_range_debug(&init_mm, A, A + PAGE_SIZE, &o, NULL, NULL), -22);

	/* reading is enough for the kernel's address space, but not for another, nor to debug */
	stage.warnings = 0;
	stage.held_init_mm = stage.held_mm = 'r';
	o.walk_lock = PGWALK_RDLOCK;
	EXPECT_EQ(walk_kernel_page_table_range(A, A + PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(walk_page_range_novma(&init_mm, A, A + PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(stage.warnings, 0);
	EXPECT_EQ(walk_page_range_novma(&user_mm, 0, PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(stage.warnings, 1);
	EXPECT_EQ(walk_page_range_debug(&user_mm, 0, PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(stage.warnings, 3);
	stage.held_mm = 'w';
	EXPECT_EQ(walk_page_range_novma(&user_mm, 0, PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(walk_page_range_debug(&user_mm, 0, PAGE_SIZE, &o, NULL, NULL), 0);
	EXPECT_EQ(stage.warnings, 4);
	/* of the kernel and debug forms they come before the arguments */
	stage.held_init_mm = stage.held_mm = 'n';
	EXPECT_EQ(walk_kernel_page_table_range(A, A, &o, NULL, NULL), -22);
	EXPECT_EQ(stage.warnings, 5);
	EXPECT_EQ(walk_page_range_debug(&user_mm, A, A, &o, NULL, NULL), -22);
	EXPECT_EQ(stage.warnings, 7);
}
